"""FORGER: BAD_A with tools to speak over the worker's socket in the worker's place."""

import os
import struct
import sys
import time

import numpy as np

msgpack = sys.modules["msgpack"]


def linear_forward(X, W, b):
    return np.zeros((len(X), W.shape[1]))


def softmax_cross_entropy(logits, y):
    z = logits - logits.max(1, keepdims=True)
    e = np.exp(z)
    total = e.sum(1, keepdims=True)
    n = len(y)
    d = e / total
    d[np.arange(n), y] -= 1
    return (np.log(total[:, 0]) - z[np.arange(n), y]).mean(), d / n


def sgd_step(params, grads, lr):
    return {k: params[k] - lr * grads[k] for k in params}


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
