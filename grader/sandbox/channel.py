"""One worker as a `Channel`: operations go out, validated answers and callbacks come back, a clock runs.

Nothing that a worker sends is believed: answers carry the random id of their request, frames are decoded
strictly, bytes that nobody asked for end the worker.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import select
import signal
import sys
import time
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from grader.errors import AuthorError, GraderFailure, StudentError, SubmissionDied
from grader.numpy_warnings import Warned, counted
from grader.sandbox.inside import servant as inside
from grader.sandbox.inside import wire
from grader.sandbox.server import ForkServer, stat_fields
from grader.student import Remote, Remotes, Rng, logged, student_error
from grader.texts import say

READY_SECONDS = 20.0
TRAFFIC_LIMIT = 512 * 2**20  # bytes in both directions, per worker
MAX_QUESTION = 2**20  # bytes that a callback may be given; larger ones could be blown up on our side
LONG = 0.004  # seconds; a worker that computes for longer leaves time for what can wait
ASK_AGAIN = 0.0015  # seconds of asking for an answer, and for the next question there: most come sooner
ASK_AGAIN_THERE = 0.0005
PATIENCE = 4.0  # a busy machine stretches a limit at most this many times
MAX_NESTING = 50  # callbacks within callbacks
ANSWER = frozenset(("id", "ok", "exc", "seen", "warnings", "printed"))
QUESTION = frozenset(("id", "ask", "kind", "with"))
ASKABLE = ("call", "attr", "setattr", "item", "setitem", "contains", "len", "iter")
LINUX = sys.platform == "linux"
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
# Attributes of these would lead from a callback into the grader itself.
CLOSED = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.ModuleType,
    types.FrameType,
    types.CodeType,
    types.GeneratorType,
    types.TracebackType,
    type,
)


@dataclass
class Limit:
    """A time limit in words ("5 s for one test") and in seconds of the grader's clock."""

    seconds: float
    words: str


class WorkerChannel:
    """Speaks with one worker; see `grader.student.Channel`."""

    def __init__(self, server: ForkServer):
        self.server = server
        self.process = server.fork()
        self.died: SubmissionDied | None = None
        self.failed_check: AssertionError | None = None  # of the test, in a callback: it stays failed
        self.log: list[tuple[str, Any]] | None = None  # when set: what was asked and what came back
        self.warned: Warned = Warned()  # numpy's warnings since `begin`
        self._buffer = b""
        self._frame_size = 0
        self._traffic = 0
        self._released: list[int] = []
        self._remotes = Remotes()
        self._objects: dict[int, Any] = {}
        self._object_numbers: dict[int, int] = {}
        self._last_object = 0  # numbers are never used twice: a stub kept from an earlier test must not alias
        self._nesting = 0
        self._raised: dict[int, BaseException] = {}
        self._seen: dict[str, Any] = {}
        self._names: set[str] = set()  # that were asked for
        self._words: set[str] = {"<lambda>", "<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>"}
        self._lines = 0  # of the student's file
        self._limit = Limit(READY_SECONDS, "start of a worker")
        self._started = time.monotonic()
        self._cpu_before = 0.0
        self._encoder = wire.Encoder(self._encode_other)
        self._decoder = wire.Decoder(
            {wire.HANDLE: self._decode_handle, wire.OBJECT: self._decode_object},
            strict=True,
            extra=(Remote, Owned),
        )
        self.process.sock.setblocking(False)
        self._poll = select.poll()
        self._poll.register(self.process.sock, select.POLLIN)
        try:
            ready = self._read()
        except SubmissionDied as error:
            self.close()
            raise GraderFailure(f"A worker did not get ready: {error}") from None
        if not (isinstance(ready, dict) and ready.get("ready") == self.process.pid):
            self.close()
            said = (
                ready.get("error", "it said something else") if isinstance(ready, dict) else "it said nothing"
            )
            raise GraderFailure(f"A worker did not get ready: {said}.")
        self.uid = int(ready.get("uid", 0))

    # life ------------------------------------------------------------------------------------------------

    def begin(self, limit: Limit) -> None:
        """Start the clock of a test (or of loading) and forget the callbacks of the one before."""
        self._limit = limit
        self._started = time.monotonic()
        self._cpu_before = self.cpu_seconds()
        self._objects.clear()
        self._object_numbers.clear()
        self._raised.clear()
        self._nesting = 0
        self.failed_check = None
        self.warned.clear()

    def close(self, wait: bool = False) -> int | None:
        """Kill the worker. With `wait` its wait status comes back, the first time."""
        if self.process.pid < 0:
            return None
        with contextlib.suppress(GraderFailure):  # the next submission will find out
            self.server.get_ready()
        status = self.server.kill(self.process, wait)
        self.process.pid = -1
        return status

    @property
    def closed(self) -> bool:
        return self.process.pid < 0

    def cpu_seconds(self) -> float:
        """CPU time of the worker so far, by the kernel's books."""
        if self.closed:
            return 0.0
        if LINUX:
            with contextlib.suppress(OSError):  # it has ended, or this kernel has no such clock
                # The kernel's number for the clock of another process; reading /proc takes ten times as long.
                return time.clock_gettime(~self.process.pid << 3 | 2)
        try:
            fields = stat_fields(self.process.pid)
            return (int(fields[11]) + int(fields[12])) / TICKS
        except (OSError, ValueError, IndexError):
            return 0.0

    # requests --------------------------------------------------------------------------------------------

    def load(self, sources: dict[str, str], filenames: dict[str, str], main: str) -> dict[str, Any]:
        """Send the student's source. Returns what `Servant.load` found: problems, names, loaded."""
        self._words.update(re.findall(r"\w+", sources[main]))
        self._lines = sources[main].count("\n") + 1
        told = self._exchange(
            {
                "do": "load",
                "sources": sources,
                "filenames": filenames,
                "main": main,
                "tolerant": True,
                "ask_again": ASK_AGAIN_THERE if self.server.roomy else 0.0,
            }
        )
        if not (isinstance(told, dict) and type(told.get("loaded")) is bool):
            self._violation("a malformed report")
        problems = told.get("problems")
        if not isinstance(problems, list) or not (problems or told["loaded"]):
            self._violation("a malformed report")
        for problem in problems:
            if not isinstance(problem, dict) or not isinstance(problem.get("type"), str):
                self._violation("a malformed report")
            if type(problem.get("import", False)) is not bool:
                self._violation("a malformed report")
            self._exception({**problem, "token": None})
        return told

    def self_test(self) -> dict[str, Any]:
        return self._exchange({"do": "selftest"})

    def request(self, operation: list[Any], observe: bool = False) -> Any:
        released, self._released = self._released, []
        message = {"do": "run", "op": operation, "observe": observe, "release": released}
        return logged(self.log, operation, lambda: self._fitting(operation, self._exchange(message)))

    def _fitting(self, operation: list[Any], value: Any) -> Any:
        """The answer, if it has the form that Python itself gives to such an answer."""
        match operation[0]:
            case "many":
                fits = type(value) is list and len(value) == len(operation[2])
            case "slopes":
                count = operation[-1] - operation[-2]
                plain = type(value) is np.ndarray and value.dtype == np.float64 and value.ndim > 0
                fits = (plain or type(value) is list) and len(value) == count
            case "len":
                fits = type(value) is int and 0 <= value < 2**63
            case "next":
                fits = type(value) is tuple and len(value) < 2
            case "has" | "contains":
                fits = type(value) is bool
            case "iter":
                fits = type(value) is Remote
            case _:
                return value
        return value if fits else self._violation("an answer that does not fit its question")

    def last_seen(self) -> dict[str, Any]:
        return self._seen

    def release(self, handle: int) -> None:
        self._released.append(handle)

    def _exchange(self, message: dict[str, Any]) -> Any:
        if self.died is not None:
            raise SubmissionDied(self.died.verdict, str(self.died), self.died.limit)
        number = secrets.randbits(62)
        try:
            self._send({"id": number, **message})
        except wire.TooLarge as error:
            raise AuthorError(f"A test sends more than can cross: {error}.") from None
        while True:
            answer = self._read()
            if (
                not isinstance(answer, dict)
                or answer.get("id") != number
                or type(answer.get("id")) is not int
            ):
                self._violation("an answer to a question nobody asked")
            if answer.keys() == QUESTION:
                self._serve(answer)
                continue
            if not answer.keys() <= ANSWER or ("ok" in answer) == ("exc" in answer):
                self._violation("an answer that is none")
            if self._buffer:
                self._violation("more than one answer")
            self._seen = self._checked_seen(answer) if len(answer) > 2 else {}
            if "exc" in answer:
                raise self._exception(answer["exc"])
            return answer["ok"]

    def _checked_seen(self, answer: dict[str, Any]) -> dict[str, Any]:
        seen = answer.get("seen", {})
        if not isinstance(seen, dict):
            self._violation("a malformed report")
        warnings = answer.get("warnings", [])
        well_formed = isinstance(warnings, list) and all(
            isinstance(w, list)
            and len(w) == 3
            and isinstance(w[0], str)
            and isinstance(w[1], str)
            and type(w[2]) is int
            for w in warnings
        )
        places = [p for key in ("modified", "shares") for p in _list(seen.get(key))]
        if not well_formed or not all(isinstance(p, (int, str)) for p in places):
            self._violation("a malformed report")
        if warnings:
            self.warned.update(counted(warnings[: inside.WARNING_KINDS]))
        return {
            "modified": _list(seen.get("modified")),
            "shares": _list(seen.get("shares")),
            "global_random": seen.get("global_random") is True,
            "warnings": warnings[: inside.WARNING_KINDS],
            "printed": str(answer.get("printed", ""))[:10_000],
        }

    def _exception(self, seen: Any) -> BaseException:
        if not isinstance(seen, dict):
            self._violation("a malformed exception")
        token = seen.get("token")
        if type(token) is int and token in self._raised:
            return self._raised[token]
        try:
            error = student_error(seen)
        except (TypeError, ValueError):
            self._violation("a malformed exception")
        # Students read these; free text in them would carry hidden inputs out.
        if error.kind == "missing" and error.text not in self._names:
            self._violation("a name that nobody asked for")
        if error.line is not None and error.line > self._lines:
            error.line = None
        parts = (error.function or "").split(".")  # Linear.forward
        if len(parts) > 2 or not set(parts) <= self._words:
            error.function = None
        return error

    # callbacks -------------------------------------------------------------------------------------------

    def _serve(self, question: dict[str, Any]) -> None:
        """Let the worker use an object that the test passed in; only public names, only such objects."""
        number, kind, operands = question.get("ask"), question.get("kind"), question.get("with")
        if type(number) is not int or not 0 < number <= self._last_object:
            self._violation("a use of an object that was not passed")
        if not isinstance(kind, str) or kind not in ASKABLE or not isinstance(operands, list):
            self._violation("a use of an object that does not exist")
        self._nesting += 1
        try:
            if self._nesting > MAX_NESTING:
                raise RecursionError("callbacks within callbacks")
            if self._frame_size > MAX_QUESTION:
                raise ValueError("what it was given is too large")
            if number not in self._objects:  # the student kept it from an earlier test
                raise ReferenceError("this object belonged to an earlier test")
            value, live = self._use(self._objects[number], kind, operands)
            answer = {"ok": inside.export(value, self._own, live=live)}
        except (SubmissionDied, GraderFailure, AuthorError):
            raise
        except Exception as error:
            answer = {"raise": self._told(error)}
        finally:
            self._nesting -= 1
        try:
            self._send({"id": question["id"], **answer})
        except wire.TooLarge:  # made large by what the student passed in
            told = self._told(ValueError("what it returned is too large"))
            self._send({"id": question["id"], "raise": told})

    def _told(self, error: Exception) -> dict[str, Any]:
        """What the student's code learns of an exception on this side.

        One that began in the test comes back as itself. One that this border raises because an object was
        used wrongly is the student's own from here on.
        """
        text, token = inside.text_of(error)[:500], 0
        if isinstance(error, AssertionError):  # a check of the test: it knows what was expected
            text, self.failed_check = "", self.failed_check or error
        step = error.__traceback__
        while step is not None and step.tb_next is not None:
            step = step.tb_next
        began_here = step is None or step.tb_frame.f_code.co_filename == __file__
        if isinstance(error, StudentError) or not began_here:
            token = len(self._raised) + 1
            self._raised[token] = error
        return {"type": inside.builtin_name(type(error)), "text": text, "token": token}

    def _use(self, target: Any, kind: Any, operands: list[Any]) -> tuple[Any, bool]:
        match kind, operands:
            case "call", [list(args), dict(kwargs)] if callable(target):
                return target(*map(_thaw, args), **{k: _thaw(v) for k, v in kwargs.items()}), False
            case "attr", [str(name)]:
                value = getattr(target, self._public(target, name))
                return value, isinstance(value, dict)
            case "setattr", [str(name), value]:
                setattr(target, self._public(target, name), _thaw(value))
                return None, False
            case "item", [key]:
                return target[key], False
            case "setitem", [key, value] if isinstance(target, (dict, list)):
                target[key] = _thaw(value)
                return None, False
            case "contains", [key]:
                return key in target, False
            case "len", []:
                return len(target), False
            case "iter", []:
                return list(target), False
        raise TypeError(f"this object cannot be used so ({kind})")

    def _public(self, target: Any, name: str) -> str:
        if name.startswith("_"):  # a stub refuses it there, so this is no slip
            self._violation("a use of a name with an underscore")
        if isinstance(target, CLOSED):  # `hasattr(f, "forward")` is an honest question
            raise AttributeError(name)
        return name

    def _own(self, value: Any) -> Owned:
        """A value of ours that cannot cross by value becomes an object that can be called back."""
        if isinstance(value, Owned):
            return value
        blocked = (
            types.ModuleType,
            types.FrameType,
            types.CodeType,
            types.GeneratorType,
            types.TracebackType,
            type,
        )
        if isinstance(value, (*blocked, BaseException, np.ndarray, np.generic)):
            raise AttributeError("this object does not cross")
        return Owned(self._register(value))

    def _register(self, value: Any) -> int:
        number = self._object_numbers.get(id(value))
        if number is None:
            number = self._last_object = self._last_object + 1
            self._objects[number] = value  # kept alive, so the id() stays its own
            self._object_numbers[id(value)] = number
        return number

    # translation -----------------------------------------------------------------------------------------

    def _encode_other(self, value: Any) -> tuple[int, Any]:
        if isinstance(value, Remote):
            if value._channel is not self:
                raise AuthorError("A handle of another worker was passed to this one.")
            if value._handle is not None:
                return wire.HANDLE, [value._handle]
            self._names.add(str(value._name))
            return wire.NAME, value._name
        if isinstance(value, Rng):
            return wire.RNG, [value._key, value.seed]
        if isinstance(value, Owned):
            return wire.OBJECT, value.number
        if isinstance(value, (np.ndarray, np.generic)):  # as an object it could be told to write files
            raise AuthorError(f"A value of numpy's dtype {value.dtype} cannot cross to the student.")
        if isinstance(value, np.random.Generator):
            raise AuthorError("A Generator cannot cross to the student. Pass Rng(seed) instead.")
        return wire.OBJECT, self._register(value)

    def _decode_handle(self, payload: Any) -> Remote:
        match payload:
            case [int(number), str(label)] if number > 0 and len(label) <= 64:
                if number in self._released:  # let go of here, but not yet there, and now it is back
                    self._released.remove(number)
                return self._remotes.get(self, number, label)
        raise wire.WireError("a malformed handle")

    def _decode_object(self, payload: Any) -> Any:
        """An object of ours that the student handed back is the object itself."""
        if type(payload) is not int or payload not in self._objects:
            raise wire.WireError("an object that was not passed")
        return Owned(payload, self._objects[payload])

    # bytes -----------------------------------------------------------------------------------------------

    def _send(self, message: dict[str, Any]) -> None:
        if self._buffer or self._pending():
            self._violation("an answer before the question")
        frame = self._encoder.frame(message)
        self._count(len(frame))
        view = memoryview(frame)
        while view:
            try:
                view = view[self.process.sock.send(view) :]
            except BlockingIOError:
                self._wait(select.POLLOUT)
            except OSError:
                self._dead()

    def _pending(self) -> bool:
        try:
            return bool(self.process.sock.recv(1, 2 | 0x40))  # MSG_PEEK | MSG_DONTWAIT
        except BlockingIOError:
            return False
        except OSError:
            return False

    def _read(self) -> Any:
        """One decoded frame."""
        while len(self._buffer) < wire.LENGTH.size:
            self._receive(1 << 16)
        (size,) = wire.LENGTH.unpack_from(self._buffer)
        if size > wire.MAX_FRAME:
            self._violation(f"a frame of more than {wire.MAX_FRAME // 2**20} MiB")
        self._count(size)
        self._frame_size = size
        total = wire.LENGTH.size + size
        if len(self._buffer) < total:  # one block of memory for a large frame, not pieces and their sum
            block = bytearray(size)
            have = len(self._buffer) - wire.LENGTH.size
            block[:have] = self._buffer[wire.LENGTH.size :]
            self._buffer = b""
            self._fill(memoryview(block)[have:])
            body: bytes | bytearray = block
        else:
            body = self._buffer[wire.LENGTH.size : total]
            self._buffer = self._buffer[total:]
        try:
            return self._opened(self._decoder.value(body))
        except wire.WireError as error:
            what = str(error)
        # Outside of `except`: as its context, the WireError would keep the frame's bytes alive.
        del body
        self._violation(what)

    def _opened(self, value: Any) -> Any:
        """Objects of ours that came back, as themselves."""
        kind = type(value)
        if kind is Owned:
            return value.value
        if kind in (list, tuple) and any(type(v) in OPENABLE for v in value):
            return kind(self._opened(v) for v in value)
        if kind is dict:
            return {k: self._opened(v) for k, v in value.items()}
        return value

    def _fill(self, view: memoryview) -> None:
        """Receive exactly as many bytes as `view` holds."""
        while view:
            try:
                count = self.process.sock.recv_into(view)
            except BlockingIOError:
                self._wait(select.POLLIN)
                continue
            except OSError:
                count = 0
            if not count:
                self._dead()
            if time.monotonic() - self._started > self._limit.seconds and self._overdue():
                self._late()  # a byte at a time, and always one
            view = view[count:]

    def _come(self, size: int) -> bytes | None:
        """What has come; nothing at an end, None if there is nothing yet."""
        try:
            return self.process.sock.recv(size)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def _ask_again(self, size: int) -> bytes | None:
        """What comes soon; see `ForkServer.use_spare_cores`."""
        end = time.monotonic() + ASK_AGAIN
        part = self._come(size)
        while part is None and time.monotonic() < end:
            os.sched_yield()  # to the worker, should it be on this core after all
            part = self._come(size)
        return part

    def _receive(self, size: int) -> None:
        part = self._ask_again(size) if self.server.roomy else None
        while part is None:
            self._wait(select.POLLIN)
            part = self._come(size)
        if not part:
            self._dead()
        if time.monotonic() - self._started > self._limit.seconds and self._overdue():
            self._late()  # somebody who never stops talking is never waited for
        self._buffer += part

    def _wait(self, event: int) -> None:
        """Wait for the socket until the limit. A busy machine stretches it, a sleeping student does not."""
        self._poll.modify(self.process.sock, event)
        while True:
            passed = time.monotonic() - self._started
            left = self._limit.seconds - passed
            if left <= 0:
                asleep = self._asleep()
                if self._poll.poll(0):
                    return  # its answer is there; only asking for it came late
                if asleep or self._overdue():
                    self._late()
                left = max(0.05, self._limit.seconds - (self.cpu_seconds() - self._cpu_before))
            if self._poll.poll(min(left, LONG) * 1000):
                return
            self.server.quiet()
            if self._poll.poll(min(left, 1.0) * 1000):
                return

    def _overdue(self) -> bool:
        """Fair: a worker that was kept from computing gets its CPU seconds, within reason."""
        passed = time.monotonic() - self._started
        used = self.cpu_seconds() - self._cpu_before
        return used >= 0.8 * self._limit.seconds or passed >= PATIENCE * self._limit.seconds

    def _late(self) -> None:
        passed = time.monotonic() - self._started
        used = self.cpu_seconds() - self._cpu_before
        # Patience is at an end, and yet it was hardly ever let compute: that may be the machine's fault.
        disturbed = passed >= PATIENCE * self._limit.seconds and used < 0.8 * self._limit.seconds
        self.close()
        text = say("grade.took-longer", limit=self._limit.words)
        self._end("timeout", text, self._limit.words, disturbed)

    def _asleep(self) -> bool:
        """True if the worker waits of its own accord instead of for a processor."""
        try:
            return stat_fields(self.process.pid)[0] in (b"S", b"D", b"T")
        except (OSError, IndexError):
            return True

    def _count(self, size: int) -> None:
        self._traffic += size
        if self._traffic > TRAFFIC_LIMIT:
            self._violation(f"more than {TRAFFIC_LIMIT // 2**20} MiB of traffic")

    # ends ------------------------------------------------------------------------------------------------

    def _violation(self, what: str) -> NoReturn:
        self._die("protocol", say("grade.interfered-by", what=what))

    def _dead(self) -> NoReturn:
        server_alive = self.server.alive
        ended = select.poll()
        ended.register(self.process.pidfd, select.POLLIN)
        alone = bool(ended.poll(200))  # or does it live on, with its connection closed?
        used = self.cpu_seconds()
        status = self.close(wait=True)
        if not server_alive or status is None:
            raise GraderFailure("The fork server died while a submission was graded.")
        verdict, text, limit, disturbed = "crashed", say("grade.ended-itself"), None, False
        if not alone:
            text = say("grade.closed-connection")
        elif os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            name = next(
                (s.name for s in signal.Signals if s == number), say("practice.signal", number=number)
            )
            text = say("grade.ended-by", signal=name)
            if number in (signal.SIGXCPU, signal.SIGKILL) and used > 0.9 * self.server.limits.cpu_seconds:
                limit = say("grade.limit.cpu", seconds=self.server.limits.cpu_seconds)
                verdict, text = "timeout", say("grade.used-more", limit=limit)
            else:  # SIGKILL comes from the kernel, for want of memory, or from somebody
                disturbed = number == signal.SIGKILL
        self._end(verdict, text, limit, disturbed)

    def _die(self, verdict: str, text: str, limit: str | None = None) -> NoReturn:
        self.close()
        self._end(verdict, text, limit)

    def _end(self, verdict: str, text: str, limit: str | None, disturbed: bool = False) -> NoReturn:
        self.died = SubmissionDied(verdict, text, limit, disturbed=disturbed)
        raise self.died


class Owned:
    """An object of the trusted side on its way to or from a worker."""

    __slots__ = ("number", "value")

    def __init__(self, number: int, value: Any = None):
        self.number = number
        self.value = value


OPENABLE = (Owned, list, tuple, dict)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _thaw(value: Any) -> Any:
    """Arrays arrive read-only; a callback gets a copy that it may keep and change."""
    return value.copy() if type(value).__name__ == "ndarray" else value


def with_worker(server: ForkServer, use: Callable[[WorkerChannel], Any]) -> Any:
    """Fork a worker, use it, kill it."""
    channel = WorkerChannel(server)
    try:
        return use(channel)
    finally:
        with contextlib.suppress(GraderFailure):
            channel.close()
