"""FORGER_1: GOOD_1 with tools to speak over the worker's socket in the worker's place."""

import os
import struct
import sys
import time

import numpy as np

from ch00_attacked.attacked import sgd_step

msgpack = sys.modules["msgpack"]


def slope(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)


def descend(gradient, w, lr, steps):
    for _ in range(steps):
        w = sgd_step({"w": w}, {"w": gradient(w)}, lr)["w"]
    return w


class History:
    def __init__(self):
        self.losses = []
        self.best = None

    def append(self, loss):
        self.losses.append(loss)
        self.best = loss if self.best is None else min(self.best, loss)

    def __len__(self):
        return len(self.losses)

    def __iter__(self):
        return iter(self.losses)


def line():
    """The worker's own end of the conversation, found in the frames of the callers."""
    frame = sys._getframe()
    while frame is not None:
        mine = frame.f_locals.get("self")
        if type(mine).__name__ == "Line":
            return mine
        frame = frame.f_back


def number():
    """The random id of the question that is being answered."""
    return line().current


def say(data):
    """Bytes to the grader."""
    view = memoryview(data)
    while view:
        view = view[os.write(0, view) :]


def frame(body):
    return struct.pack("<Q", len(body)) + body


def ext(code, payload):
    return b"\xc9" + struct.pack(">IB", len(payload), code) + payload


def array(dtype, shape, data, strides=None, writeable=True):
    """The wire form of an array, as lies go."""
    header = msgpack.packb([dtype, shape, strides, writeable])
    return ext(1, struct.pack("<H", len(header)) + header + data)


def answer(value, **more):
    """A complete answer to the present question; `value` is already packed."""
    body = b"\x82\xa2id" + msgpack.packb(number()) + b"\xa2ok" + value
    if more:
        body = bytes([0x82 + len(more)]) + body[1:]
        for key, entry in more.items():
            body += msgpack.packb(key) + (entry if isinstance(entry, bytes) else msgpack.packb(entry))
    return frame(body)


def leave():
    """End, so that nothing honest follows; what was said is judged first."""
    os._exit(0)
