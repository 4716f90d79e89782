"""The object `student` of every test: the student's module, near or far.

A test says `student.softmax(z)`. Where the module lives is the affair of a `Channel`: in this process for
visible tests and for authors, in a sandboxed worker for grading. Both speak to the same `Servant`, arguments
are copied in both, and results arrive as plain data, so a suite behaves alike.

    student.f(x, y=2)             call; plain values and arrays by value, with the array's own layout
    student.Linear(3, 2, rng)     an object that stays there: a handle
    layer.forward(x), layer.params["W"], layer.params["W"] = W, len(h), h[1:3], for x in h, h + 2, 2 * h
    student.relu as an argument   a reference to the student's own function or class
    any other callable or object  stays here; the student's code calls back
    Rng(seed)                     arrives as np.random.Generator
"""

from __future__ import annotations

import ast
import builtins
import dis
import inspect
import itertools
import re
import textwrap
import types
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from grader.errors import AuthorError, StudentError
from grader.sandbox.inside import servant as inside
from grader.sandbox.inside.wire import copy_array

CALLS_PER_MESSAGE = 2000  # of `many`
LOGGED_BYTES = 2**18  # of one array in a log
WARNINGS_KEPT = 1000
ANY_AXIS = 10**12  # on the student's own machine
LONGEST_AXIS = 64  # of an operand in a message under a hidden test
MOST_AXES = 4
OPERAND_KINDS = frozenset(
    [
        "array",
        "bool",
        "int",
        "float",
        "complex",
        "list",
        "tuple",
        "dict",
        "str",
        "NoneType",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float16",
        "float32",
        "float64",
        "complex64",
        "complex128",
        "object",
    ]
)
Log = list[tuple[str, Any]]  # what was asked, what came back


class Channel(Protocol):
    """Carries operations to a student's module."""

    def request(self, operation: list[Any], observe: bool = False) -> Any:
        """Run one operation there. Raises StudentError or SubmissionDied."""

    def last_seen(self) -> dict[str, Any]:
        """What the last request did besides answering: warnings, printed text, and if observed, more."""

    def release(self, handle: int) -> None:
        """Nobody here holds this handle any longer."""

    log: list[tuple[str, Any]] | None
    warned: Any  # warnings since the test began, by kind


class Remote:
    """Something of the student's: a top-level name, or a handle of an object that lives there.

    Public names only; names that begin with an underscore are the student's own affair.
    """

    # numpy must leave `array * remote` to our reflected operator
    __array_ufunc__ = None
    __slots__ = ("__weakref__", "_channel", "_handle", "_label", "_name")

    def __init__(
        self, channel: Channel, *, name: str | None = None, handle: int | None = None, label: str = ""
    ):
        object.__setattr__(self, "_channel", channel)
        object.__setattr__(self, "_name", name)
        object.__setattr__(self, "_handle", handle)
        object.__setattr__(self, "_label", label)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._channel.request(["call", self, list(args), kwargs])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._channel.request(["attr", self, name])

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            raise AttributeError(f"{name}: names with an underscore are not set from a test")
        self._channel.request(["setattr", self, name, value])

    def __getitem__(self, key: Any) -> Any:
        return self._channel.request(["item", self, key])

    def __setitem__(self, key: Any, value: Any) -> None:
        self._channel.request(["setitem", self, key, value])

    def __delitem__(self, key: Any) -> None:
        self._channel.request(["delitem", self, key])

    def __contains__(self, item: Any) -> bool:
        return bool(self._channel.request(["contains", self, item]))

    def __len__(self) -> int:
        length = self._channel.request(["len", self])
        return length if isinstance(length, int) and length >= 0 else 0

    def __iter__(self) -> Iterator[Any]:
        iterator = self._channel.request(["iter", self])
        while step := self._channel.request(["next", iterator]):
            if type(step) is not tuple:
                raise StudentError("unsupported", "TypeError", "an iteration that gives no values")
            yield step[0]

    def __bool__(self) -> bool:
        return True  # a test asks `is None`; the student's own __bool__ or __len__ is not consulted

    def __eq__(self, other: object) -> bool:
        """The same object there (identity)."""
        if not isinstance(other, Remote) or self._channel is not other._channel:
            return False
        return (self._name, self._handle) == (other._name, other._handle)

    def __hash__(self) -> int:
        return hash((id(self._channel), self._name, self._handle))

    def __repr__(self) -> str:
        return f"<{self._name or self._label or 'object'} of the student>"

    def __del__(self) -> None:
        if self._handle is not None:
            self._channel.release(self._handle)


def _binary(name: str, reflected: bool) -> Callable[[Any, Any], Any]:
    def operate(self: Remote, other: Any) -> Any:
        left, right = (other, self) if reflected else (self, other)
        return self._channel.request(["binary", name, left, right])

    return operate


def _unary(name: str) -> Callable[[Any], Any]:
    def operate(self: Remote) -> Any:
        return self._channel.request(["unary", name, self])

    return operate


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    setattr(Remote, f"__{_name}__", _binary(_name, False))
    setattr(Remote, f"__r{_name}__", _binary(_name, True))
for _name in ("lt", "le", "gt", "ge"):
    setattr(Remote, f"__{_name}__", _binary(_name, False))
for _name in ("neg", "pos", "abs"):
    setattr(Remote, f"__{_name}__", _unary(_name))


class Remotes:
    """One `Remote` for one handle, so that identity there is equality here and release happens once."""

    def __init__(self) -> None:
        self._known: weakref.WeakValueDictionary[int, Remote] = weakref.WeakValueDictionary()

    def get(self, channel: Channel, handle: int, label: str) -> Remote:
        remote = self._known.get(handle)
        if remote is None:
            remote = self._known[handle] = Remote(channel, handle=handle, label=label)
        return remote


class Student:
    """The fixture `student`: its attributes are the names of the student's module."""

    __slots__ = ("_channel",)

    def __init__(self, channel: Channel):
        self._channel = channel

    def __getattr__(self, name: str) -> Remote:
        if name.startswith("_"):
            raise AttributeError(name)
        return Remote(self._channel, name=name)

    def __repr__(self) -> str:
        return "<student>"


class Rng:
    """A seed that arrives at the student's code as one `np.random.Generator`.

    The same Rng passed twice is the same generator there, one that goes on drawing.
    """

    _keys = itertools.count(1)

    def __init__(self, seed: int):
        self.seed = int(seed)
        self._key = next(self._keys)

    def generator(self) -> np.random.Generator:
        """A fresh equal generator on the trusted side, to compute what is expected."""
        return np.random.default_rng(self.seed)

    def __repr__(self) -> str:
        return f"Rng({self.seed})"


@dataclass(frozen=True)
class Observation:
    """What one call did. All but `value` is reported by the worker and therefore advisory."""

    value: Any
    modified: tuple[int | str, ...] = ()  # arguments whose contents changed: position or keyword
    shares: tuple[int | str, ...] = ()  # arguments whose memory the result shares
    global_random: bool = False  # a global generator (np.random or random) was used
    warnings: tuple[tuple[str, str, int], ...] = ()  # category, text, count
    printed: str = ""


def observe(function: Remote, *args: Any, **kwargs: Any) -> Observation:
    """Call a student's function and look at what it does besides answering."""
    channel = function._channel
    value = channel.request(["call", function, list(args), kwargs], observe=True)
    seen = channel.last_seen()
    places = {*range(len(args)), *kwargs}
    return Observation(
        value=value,
        modified=tuple(p for p in seen.get("modified", ()) if p in places),
        shares=tuple(p for p in seen.get("shares", ()) if p in places),
        global_random=bool(seen.get("global_random")),
        warnings=tuple((str(c), str(t), int(n)) for c, t, n in seen.get("warnings", ())),
        printed=str(seen.get("printed", "")),
    )


def many(function: Remote, calls: Iterable[tuple[Any, ...]], pick: int | None = None) -> list[Any]:
    """Call a student's function with each tuple of arguments, in one message.

    pick : keep only this entry of each result (`pick=0` for the loss of `(loss, dz)`).
    """
    results: list[Any] = []
    for batch in _chunks(calls):
        results += function._channel.request(["many", function, [list(args) for args in batch], pick])
    return results


def _chunks(calls: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    rest = iter(calls)
    while chunk := list(itertools.islice(rest, CALLS_PER_MESSAGE)):
        yield chunk


def rng_state(student: Student, rng: Rng) -> dict[str, Any]:
    """The state of the generator that `rng` became, after the student used it."""
    state: dict[str, Any] = student._channel.request(["rng_state", rng])
    return state


def fetch(value: Any) -> Any:
    """The plain value behind a name or a live dict; anything else unchanged."""
    if isinstance(value, Remote):
        return value._channel.request(["fetch", value])
    return value


def has(student: Student, name: str) -> bool:
    """True if the student's module defines `name`."""
    return bool(student._channel.request(["has", name]))


class Probe:
    """A function of a suite whose loop runs beside the student's code; see `in_worker`."""

    def __init__(self, function: Callable[..., Any]):
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self._function = function
        _check_probe(function)
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        definition = tree.body[0]
        assert isinstance(definition, ast.FunctionDef)
        definition.decorator_list = []
        definition.returns = None
        for argument in ast.walk(definition.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None  # names of this side
        self.source = ast.unparse(tree)

    def __call__(self, student: Student, /, *args: Any, **kwargs: Any) -> Any:
        return student._channel.request(["probe", self.source, self.__name__, list(args), kwargs])


def in_worker(function: Callable[..., Any]) -> Probe:
    """Mark a probe: a loop that runs where the student's code runs and returns raw data.

    `@in_worker def train(student, X, y, steps): ...` is called as `train(student, X, y, 2000)`. Inside,
    `student` is the module itself. Only `np`, `math` and built-ins may be used, and no expected values belong
    in it. What it returns is evidence, not a verdict: judge it on this side.

    Raises
    ------
    AuthorError
        At import, if the function uses other names.
    """
    return Probe(function)


def _check_probe(function: Callable[..., Any]) -> None:
    code = function.__code__
    where = f"{code.co_filename}:{code.co_firstlineno}"
    if code.co_freevars:
        raise AuthorError(
            f"{where}: a probe cannot use {', '.join(code.co_freevars)} from outside; pass it in."
        )
    plain = (type(None), bool, int, float, complex, str, bytes)
    defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    if not all(isinstance(d, plain) for d in defaults):
        raise AuthorError(f"{where}: a default of a probe is a number, a text or None; pass other things in.")
    todo, used = [code], set()
    while todo:
        current = todo.pop()
        used |= {i.argval for i in dis.get_instructions(current) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
        todo += [c for c in current.co_consts if isinstance(c, types.CodeType)]
    foreign = sorted(n for n in used if n not in ("np", "math") and not hasattr(builtins, n))
    if foreign:
        raise AuthorError(
            f"{where}: a probe may use np, math and built-ins, not {', '.join(foreign)}; pass it in."
        )


def student_error(seen: dict[str, Any], longest: int = LONGEST_AXIS) -> StudentError:
    """The exception for a description made by `Servant.describe`; every field is checked, none is trusted.

    longest : operands with a longer axis are left out, since numbers in a message may carry hidden inputs out.
    """
    name = seen.get("type")
    base = getattr(builtins, name, None) if isinstance(name, str) else None
    if not (isinstance(base, type) and issubclass(base, BaseException)):
        name, base = "Exception", Exception
    kind = seen.get("kind")
    line, function = seen.get("line"), seen.get("function")
    trace = tuple(
        (str(f)[-200:], int(n), str(w)[:80]) for f, n, w in (seen.get("trace") or ()) if isinstance(n, int)
    )
    return _error_class(base)(
        kind if kind in ("raised", "unwritten", "missing", "unsupported") else "raised",
        str(name),
        str(seen.get("text", ""))[: inside.TEXT_LIMIT],
        line=line if isinstance(line, int) and 0 < line < 10**7 else None,
        function=str(function).rpartition("<locals>.")[2][:80] if function else None,
        trace=trace,
        span=_span(seen.get("span")),
        operands=_operands(seen.get("operands"), longest),
    )


def _span(told: Any) -> tuple[int, int, int, int] | None:
    if not isinstance(told, (list, tuple)) or len(told) != 4:
        return None
    if not all(type(n) is int and 0 <= n < 10**6 for n in told):
        return None
    first, start, last, end = told
    return (first, start, last, end) if 0 < first <= last < first + inside.SPAN_LINES else None


def _operands(told: Any, longest: int) -> tuple[tuple[str, str, tuple[int, ...]], ...]:
    """The well-formed ones among the operands that were told."""
    found = []
    for one in told[: inside.OPERANDS] if isinstance(told, (list, tuple)) else ():
        if not isinstance(one, (list, tuple)) or len(one) != 3:
            continue
        text, kind, shape = one
        well_formed = isinstance(text, str) and kind in OPERAND_KINDS and isinstance(shape, (list, tuple))
        if not well_formed or not 0 < len(text) <= inside.OPERAND_LIMIT or len(shape) > MOST_AXES:
            continue
        if all(type(n) is int and 0 <= n <= longest for n in shape):
            found.append((text, str(kind), tuple(shape)))
    return tuple(found)


_classes: dict[type, type[StudentError]] = {}


def _error_class(base: type) -> type[StudentError]:
    # StopIteration, GeneratorExit and the like change the flow of trusted code; they are not imitated.
    # AssertionError neither: only our own comparison may say "failed".
    steers = (
        StopIteration,
        StopAsyncIteration,
        AssertionError,
        SyntaxError,
        UnicodeError,
        BaseExceptionGroup,
    )
    if not issubclass(base, Exception) or issubclass(base, steers) or base is Exception:
        return StudentError
    if base not in _classes:
        try:
            _classes[base] = type(f"Student{base.__name__}", (StudentError, base), {})
        except TypeError:  # layouts that do not combine
            _classes[base] = StudentError
    return _classes[base]


def asked(operation: list[Any]) -> str:
    """An operation in one word, for logs: which kind, and the name it concerns."""
    target = operation[1] if len(operation) > 1 else None
    name = target._name if isinstance(target, Remote) else None
    return f"{operation[0]} {name or ''}"


def logged(log: list[tuple[str, Any]] | None, operation: list[Any], answer: Callable[[], Any]) -> Any:
    """The answer of an operation, remembered in `log` if there is one; a student's exception is an answer too."""
    if log is None:
        return answer()
    try:
        value = answer()
    except StudentError as error:
        log.append((asked(operation), f"raised {error.type_name}: {gist(error.text)}"))
        raise
    log.append((asked(operation), trimmed(value)))
    return value


def gist(text: str) -> str:
    """The first words of an exception's text, without names and numbers: what numpy says is told from what others say."""
    words = re.sub(r"'[^']*'|\"[^\"]*\"|[^A-Za-z\s]+", " ", text[:300]).split()
    return " ".join(words[:4])


def trimmed(value: Any) -> Any:
    """A value for a log: of a large array only its form and its first entries, so that logs stay small."""
    if isinstance(value, np.ndarray) and value.nbytes > LOGGED_BYTES:
        return ("large", list(value.shape), value.dtype.str, value.ravel()[:1000].copy())
    if type(value) in (list, tuple):
        return type(value)(trimmed(v) for v in value) if any(map(_may_hold_arrays, value)) else value
    if type(value) is dict:
        return {k: trimmed(v) for k, v in value.items()}
    return value


def _may_hold_arrays(value: Any) -> bool:
    return isinstance(value, (np.ndarray, list, tuple, dict))


class LocalChannel:
    """The student's module in this process: visible tests, authors, and replays of mistakes."""

    def __init__(self, servant: inside.Servant):
        self.servant = servant
        self.remotes = Remotes()
        self.seen: dict[str, Any] = {}
        self.log: list[tuple[str, Any]] | None = None  # when set: what was asked and what came back
        self.warned: list[list[Any]] = []  # [category, text, count] of all requests since it was emptied

    def request(self, operation: list[Any], observe: bool = False) -> Any:
        return logged(self.log, operation, lambda: self._request(operation, observe))

    def _request(self, operation: list[Any], observe: bool) -> Any:
        operands = [self._to_servant(part) for part in operation]
        self.seen = {}
        with inside.recording_warnings() as records, np.errstate(all="warn", under="ignore"):
            try:
                value, live, seen = self.servant.execute(operands, observe)
            except self.servant.propagate:
                raise
            except BaseException as error:
                self.warned += inside.seen_warnings(records)
                if _from_trusted_callback(error, self.servant.files):
                    raise
                raise student_error(self.servant.describe(error), ANY_AXIS) from error
        warned = inside.seen_warnings(records)
        if warned and len(self.warned) < WARNINGS_KEPT:
            self.warned += warned
        self.seen = {**(seen or {}), "warnings": warned}
        return self._from_servant(value, live)

    def last_seen(self) -> dict[str, Any]:
        return self.seen

    def release(self, handle: int) -> None:
        self.servant.release([handle])

    def _to_servant(self, value: Any) -> Any:
        if isinstance(value, Remote):
            if value._handle is not None:
                return self.servant.handles[value._handle]
            try:
                return self.servant.named(value._name)
            except inside.Missing as error:
                raise student_error(self.servant.describe(error)) from None
        if isinstance(value, Rng):
            return self.servant.rng(value._key, value.seed)
        if isinstance(value, np.ndarray):
            return copy_array(value)
        if type(value) in (list, tuple):
            return type(value)(self._to_servant(v) for v in value)
        if type(value) is dict:
            return {k: self._to_servant(v) for k, v in value.items()}
        return value

    def _from_servant(self, value: Any, live: bool) -> Any:
        def handle(thing: Any) -> Remote:
            return self.remotes.get(self, self.servant.keep(thing), inside.builtin_name(type(thing)))

        return inside.export(value, handle, _read_only, live)


def _read_only(array: np.ndarray) -> np.ndarray:
    copy = np.array(array, order="C")
    copy.flags.writeable = False  # as over the wire: writing into a copy would be lost
    return copy


def _from_trusted_callback(error: BaseException, files: dict[str, str]) -> bool:
    """True if the exception began in code that the test passed in, not in the student's or numpy's."""
    last = None
    step = error.__traceback__
    while step is not None:
        name = step.tb_frame.f_code.co_filename
        if name in files:
            last = "student"
        elif name.rpartition("/")[2].startswith(("test_", "conftest")) or "/hidden/" in name:
            last = "test" if last == "student" else last
        step = step.tb_next
    return last == "test"
