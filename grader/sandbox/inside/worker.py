"""A worker: one process that holds one student's code and answers the trusted side.

It closes every file, drops its user where it can, limits itself, loads the filter and only then reads the
student's source from its one socket (file descriptor 0). From then on nothing it says is believed unchecked.
"""

from __future__ import annotations

import builtins
import io
import os
import random
import signal
import socket
import sys
from os import sched_yield
from time import monotonic  # ours stays what it is, whatever the student does to the modules

import lockdown
import numpy as np
import servant as servants
import wire

PRINT_LIMIT = 8 * 1024  # characters of printed text kept per request


class LimitedText(io.TextIOBase):
    """Where print() goes: keeps the beginning, counts the rest, never fails."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self):
        self.parts = []
        self.kept = 0
        self.lost = 0

    def writable(self):
        return True

    def write(self, text):
        room = PRINT_LIMIT - self.kept
        if room > 0:
            part = text[:room]
            self.parts.append(part)
            self.kept += len(part)
            self.lost += len(text) - len(part)
        else:
            self.lost += len(text)
        return len(text)

    def take(self):
        text = servants.encodable("".join(self.parts))
        if self.lost:
            text += f"\n... ({self.lost} more characters)"
        self.parts, self.kept, self.lost = [], 0, 0
        return text


class Out:
    """An object that stays here and travels as a handle."""

    __slots__ = ("label", "number")

    def __init__(self, number, label):
        self.number = number
        self.label = label


class Stub:
    """A callable or object of the trusted side. Every use is a question asked over the socket."""

    __name__ = __qualname__ = "f"  # students print these

    def __init__(self, line, number):
        object.__setattr__(self, "_line", line)
        object.__setattr__(self, "_number", number)

    def __call__(self, *args, **kwargs):
        return self._line.ask(self._number, "call", [list(args), kwargs])

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return self._line.ask(self._number, "attr", [name])

    def __setattr__(self, name, value):
        if name.startswith("_"):
            raise AttributeError(name)
        self._line.ask(self._number, "setattr", [name, value])

    def __getitem__(self, key):
        return self._line.ask(self._number, "item", [key])

    def __setitem__(self, key, value):
        self._line.ask(self._number, "setitem", [key, value])

    def __contains__(self, key):
        return self._line.ask(self._number, "contains", [key])

    def __len__(self):
        return self._line.ask(self._number, "len", [])

    def __iter__(self):
        return iter(self._line.ask(self._number, "iter", []))

    def __bool__(self):
        return True

    def keys(self):
        return list(self)

    def values(self):
        return [self[k] for k in self]

    def items(self):
        return [(k, self[k]) for k in self]


class Line:
    """The socket, the servant and the translation between them."""

    def __init__(self, sock):
        self.sock = sock
        self.servant = servants.Servant()
        self.stubs = {}
        self.current = 0
        self.ask_again = 0.0  # seconds
        self.encoder = wire.Encoder(self.encode_other, limited=True)
        self.decoder = wire.Decoder(
            {
                wire.HANDLE: lambda p: self.servant.handles[p[0]],
                wire.NAME: self.servant.named,
                wire.RNG: lambda p: self.servant.rng(p[0], p[1]),
                wire.OBJECT: self.stub,
            },
            strict=False,
        )

    def stub(self, number):
        if number not in self.stubs:
            self.stubs[number] = Stub(self, number)
        return self.stubs[number]

    def encode_other(self, value):
        if type(value) is Out:
            return wire.HANDLE, [value.number, value.label]
        if type(value) is Stub:
            return wire.OBJECT, value._number
        raise wire.TooLarge(f"a value of type {type(value).__name__} inside")

    def handle(self, value):
        if type(value) is Stub:
            return value
        return Out(self.servant.keep(value), servants.builtin_name(type(value))[:64])

    # frames ----------------------------------------------------------------------------------------------

    def read(self):
        header = self.read_exactly(wire.LENGTH.size)
        return self.read_exactly(wire.LENGTH.unpack(header)[0])

    def read_exactly(self, size):
        parts = []
        while size:
            part = self.receive(min(size, 1 << 20))
            if not part:
                os._exit(0)  # the grader has hung up
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def receive(self, most):
        """What comes next. Where there are cores enough it is asked for again and again at first, which is faster."""
        if self.ask_again:
            end = monotonic() + self.ask_again
            while monotonic() < end:
                try:
                    return self.sock.recv(most, socket.MSG_DONTWAIT)
                except BlockingIOError:
                    sched_yield()
        return self.sock.recv(most)

    def send(self, message):
        self.sock.sendall(self.encoder.frame(message))

    # serving ---------------------------------------------------------------------------------------------

    def serve(self):
        while True:
            self.answer(self.read())

    def answer(self, body):
        """Do what one frame asks and answer it."""
        outer = self.current
        try:
            message = self.decoder.unpack(body)
        except servants.Missing as error:
            # the id stands first in the map, but the frame did not decode: ask for it without operands
            message = self.without_operands(body)
            self.send({"id": message["id"], "exc": self.servant.describe(error), **self.extras([])})
            return
        self.current = message["id"]
        try:
            getattr(self, "do_" + message["do"])(message)
        finally:
            self.current = outer

    def without_operands(self, body):
        blind = {code: (lambda p: None) for code in (wire.HANDLE, wire.NAME, wire.RNG, wire.OBJECT)}
        return wire.Decoder(blind, strict=False).unpack(body)

    def do_load(self, message):
        self.ask_again = message["ask_again"]
        self.servant.load(message["sources"], message["filenames"], message["main"], message["tolerant"])
        names = sorted(
            n for n in vars(self.servant.module or object) if isinstance(n, str) and n.isidentifier()
        )
        self.send(
            {
                "id": message["id"],
                "ok": {
                    "problems": self.servant.problems[:20],
                    "names": names[:500],
                    "loaded": self.servant.module is not None,
                },
                **self.extras([]),
            }
        )

    def do_selftest(self, message):
        self.send({"id": message["id"], "ok": lockdown.self_test()})

    def do_run(self, message):
        self.servant.release(message["release"])
        with servants.recording_warnings() as records:
            try:
                value, live, seen = self.servant.execute(message["op"], message["observe"])
                reply = {"ok": servants.export(value, self.handle, live=live)}
                if seen is not None:
                    reply["seen"] = seen
            except BaseException as error:
                reply = {"exc": self.described(error)}
            reply.update(self.extras(records))
        try:
            frame = self.encoder.frame({"id": message["id"], **reply})
        except (wire.TooLarge, RecursionError, MemoryError) as error:
            text = f"the result is too large: {servants.text_of(error)}"
            exc = self.servant.describe(servants.Unsupported(text))
            frame = self.encoder.frame({"id": message["id"], "exc": exc})
        self.sock.sendall(frame)

    def described(self, error):
        seen = self.servant.describe(error)
        token = getattr(error, "nnkata_token", None)
        if type(token) is int:
            seen["token"] = token
        return seen

    def extras(self, records):
        extras = {}
        found = servants.seen_warnings(records)
        if found:
            extras["warnings"] = found
        printed = sys.stdout.take() if isinstance(sys.stdout, LimitedText) else ""
        if printed:
            extras["printed"] = printed
        return extras

    # asking the trusted side -----------------------------------------------------------------------------

    def ask(self, number, kind, operands):
        """Use an object of the trusted side; meanwhile it may ask us something in turn."""
        plain = servants.export(operands, self.handle)
        self.send({"id": self.current, "ask": number, "kind": kind, "with": plain})
        while True:
            body = self.read()
            try:
                message = self.decoder.unpack(body)
            except servants.Missing:  # a name in it that the module does not have
                if "do" not in self.without_operands(body):
                    raise  # our question was answered with that name: an error of the student's call
                self.answer(body)
                continue
            if "do" in message:
                self.answer(body)
                continue
            if "raise" in message:
                raise self.returned(message["raise"])
            return message["ok"]

    def returned(self, told):
        """An exception that began on the trusted side, as the built-in class it is."""
        base = getattr(builtins, told["type"], Exception)
        try:
            error = type(base.__name__, (base,), {"nnkata_token": told["token"]})(told["text"])
        except Exception:
            error = type("Exception", (Exception,), {"nnkata_token": told["token"]})(told["text"])
        return error


def run(fd, uid, zygote, blob, config):
    """Become a worker; never returns. What goes wrong before the student's code is ours and is said so."""
    sock = socket.socket(fileno=os.dup(fd))
    try:
        os.setsid()
        os.dup2(fd, 0)
        null = os.open(os.devnull, os.O_WRONLY)  # its own: flags of a shared open file would be a channel
        os.dup2(null, 1)
        os.dup2(null, 2)
        sock.detach()
        os.closerange(3, 4096)
        sock = socket.socket(fileno=0)
        become_worker(uid, zygote, config)
        line = Line(sock)
        warm_up(line)
        if blob is not None:
            lockdown.load_filter(blob)
    except BaseException as error:
        text = f"{type(error).__name__}: {error}"
        sock.sendall(wire.Encoder(None).frame({"ready": 0, "error": text[:500]}))
        os._exit(70)
    line.send({"ready": os.getpid(), "uid": uid})
    line.serve()


REHEARSAL = """
import numpy as np


def softmax(z):
    if z is None:
        raise ValueError("rehearsal")
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


class Linear:
    def __init__(self, rng):
        self.params = {"W": np.ones((2, 2)), "b": np.zeros(2)}

    def forward(self, X):
        return np.where(X @ self.params["W"] + self.params["b"] > 0, X, 0.0)
"""


def warm_up(line):
    """Do once what every submission does, before there is one: a fork owns its memory only when it has touched it."""
    servant = servants.Servant()
    with servants.recording_warnings():
        servant.load({"rehearsal": REHEARSAL}, {"rehearsal": "rehearsal.py"}, "rehearsal", True)
        z = np.array([[0.0, 1.0], [2.0, 3.0]])
        value, live, _ = servant.execute(["call", servant.named("softmax"), [z], {}])
        servant.execute(["slopes", servant.named("softmax"), [z], 0, 1e-5, None, 0, 9])
        servant.execute(["call", servant.named("Linear")(None).forward, [z], {}])
    frame = line.encoder.frame({"id": 1, "ok": servants.export((value, 1.0), line.handle, live=live)})
    line.decoder.unpack(frame[wire.LENGTH.size :])
    servant.unload()


def become_worker(uid, zygote, config):
    """Signals, user, limits and the standard streams."""
    os.umask(0o077)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if uid > 0:
        lockdown.drop_user(uid)
    lockdown.die_with_parent(zygote)
    lockdown.set_limits(config["memory"], config["cpu"], config["tasks"])
    sys.stdin = sys.__stdin__ = io.StringIO("")
    sys.stdout = sys.__stdout__ = LimitedText()
    sys.stderr = sys.__stderr__ = sys.stdout
    random.seed(0)
    np.random.seed(0)
