"""The border holds: hostile frames end the worker and nothing else, honest values arrive as they were."""

from __future__ import annotations

import math
import re
import struct
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grader.errors import AuthorError, GraderFailure, StudentError, SubmissionDied
from grader.sandbox import channel as channels
from grader.sandbox.inside import wire
from grader.sandbox.server import ForkServer
from grader.student import Student, has, many, observe

sys.path.insert(0, str(Path(__file__).parent))
import tiny

msgpack = pytest.importorskip("msgpack")

BOUNDED = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    if sys.platform != "linux":
        pytest.skip("the sandbox needs Linux")
    with ForkServer() as server:
        yield server


@pytest.fixture
def far(server: ForkServer) -> Iterator[tiny.Far]:
    place = tiny.Far(server)
    yield place
    place.close()


# bytes made by hand ----------------------------------------------------------------------------------------


def ext(code: int, payload: bytes) -> bytes:
    return b"\xc9" + struct.pack(">Ib", len(payload), code) + payload


def pack(value) -> bytes:
    return msgpack.packb(value, use_bin_type=True)


def array(dtype, shape, raw, strides=None, writeable=True) -> bytes:
    header = pack([dtype, shape, strides, writeable])
    return struct.pack("<H", len(header)) + header + raw


def tuples(depth: int) -> bytes:
    body = b"\x90"
    for _ in range(depth):
        body = b"\x91" + ext(wire.TUPLE, body)
    return body


def array_of(*bodies: bytes) -> bytes:
    return b"\xdd" + struct.pack(">I", len(bodies)) + b"".join(bodies)


EIGHT = struct.pack("<d", 1.5)
HOSTILE_VALUES = {
    "nothing": b"",
    "reserved byte": b"\xc1",
    "cut off": b"\x92\x01",
    "trailing bytes": b"\x01\x02",
    "bad utf-8": b"\xa1\xff",
    "lists 17 deep": b"\x91" * 17 + b"\x90",
    "lists 600 deep": b"\x91" * 600 + b"\x90",
    "lists 100,000 deep": b"\x91" * 100_000 + b"\x90",
    "tuples 17 deep": tuples(17),
    "tuples 300 deep": tuples(300),
    "tuples 3,000 deep": tuples(3_000),
    "map of 2^32 - 1": b"\xdf\xff\xff\xff\xff",
    "list of 2^32 - 1": b"\xdd\xff\xff\xff\xff",
    "text of 2^32 - 1": b"\xdb\xff\xff\xff\xff",
    "bytes of 2^32 - 1": b"\xc6\xff\xff\xff\xff",
    "extension of 2^32 - 1": b"\xc9\xff\xff\xff\xff\x01",
    "long text": pack("x" * (wire.MAX_TEXT + 1)),
    "long bytes": pack(b"x" * (wire.MAX_TEXT + 1)),
    "long list": pack([0] * (wire.MAX_NODES + 1)),
    "many short lists": pack([[0] * 200] * 200),
    "many empty dicts": array_of(*[array_of(*[b"\x80"] * 3_000)] * 30),
    "many keys": pack(dict.fromkeys(range(wire.MAX_KEYS + 1), 0)),
    "keys of another kind": pack({1.5: 0}),
    "None as a key": b"\x81\xc0\x00",
    "a list as a key": b"\x81\x90\x00",
    "Timestamp of 4 bytes": b"\xd6\xff" + b"\x00" * 4,
    "Timestamp of 8 bytes": b"\xd7\xff" + b"\x00" * 8,
    "Timestamp of 12 bytes": b"\xc7\x0c\xff" + b"\x00" * 12,
    "malformed Timestamp": b"\xc7\x05\xff" + b"\x00" * 5,
    "unknown extension": ext(42, b""),
    "negative extension": ext(-7, b""),
    "slice": ext(wire.SLICE, pack([0, 1, 2])),
    "Ellipsis": ext(wire.ELLIPSIS, b""),
    "name": ext(wire.NAME, pack("softmax")),
    "rng": ext(wire.RNG, pack([1, 2])),
    "object never passed": ext(wire.OBJECT, pack(12345)),
    "object that is no number": ext(wire.OBJECT, pack("1")),
    "handle 0": ext(wire.HANDLE, pack([0, "x"])),
    "handle -1": ext(wire.HANDLE, pack([-1, "x"])),
    "handle with a long label": ext(wire.HANDLE, pack([1, "x" * 65])),
    "handle of three": ext(wire.HANDLE, pack([1, "x", 2])),
    "handle of text": ext(wire.HANDLE, pack(["1", "x"])),
    "strides of another number": ext(wire.ARRAY, array("<f8", [1], EIGHT, strides=[8, 8])),
    "a deep list as strides": ext(wire.ARRAY, array("<f8", [1], EIGHT, strides=[[[[[]]]]])),
    "tuple of a dict": ext(wire.TUPLE, pack({})),
    "tuple with trailing bytes": ext(wire.TUPLE, b"\x90\x90"),
    "short complex": ext(wire.COMPLEX_NUMBER, b"\0" * 15),
    "int of letters": ext(wire.BIG_INT, b"0x12"),
    "int of other digits": ext(wire.BIG_INT, "٣".encode()),
    "endless int": ext(wire.BIG_INT, b"9" * 5_000),
    "objects as dtype": ext(wire.ARRAY, array("|O", [1], EIGHT)),
    "text as dtype": ext(wire.ARRAY, array("<U2", [1], EIGHT)),
    "void as dtype": ext(wire.ARRAY, array("|V8", [1], EIGHT)),
    "big-endian dtype": ext(wire.ARRAY, array(">f8", [1], EIGHT)),
    "dates as dtype": ext(wire.ARRAY, array("<M8[ns]", [1], EIGHT)),
    "long double": ext(wire.ARRAY, array("<f16", [1], EIGHT * 2)),
    "dtype of fields": ext(wire.ARRAY, array("i4,i4", [1], EIGHT)),
    "dtype that is no text": ext(wire.ARRAY, array(["<f8"], [1], EIGHT)),
    "bool of 2": ext(wire.ARRAY, array("|b1", [3], b"\x00\x01\x02")),
    "scalar bool of 255": ext(wire.SCALAR, array("|b1", [], b"\xff")),
    "too few bytes": ext(wire.ARRAY, array("<f8", [2], EIGHT)),
    "too many bytes": ext(wire.ARRAY, array("<f8", [1], EIGHT * 2)),
    "negative axis": ext(wire.ARRAY, array("<f8", [-1, -1], EIGHT)),
    "axis of 2^62": ext(wire.ARRAY, array("<f8", [2**62, 8], b"")),
    "axes that overflow": ext(wire.ARRAY, array("<f8", [2**26] * 10, b"")),
    "axis of True": ext(wire.ARRAY, array("<f8", [True], EIGHT)),
    "axis of 1.0": ext(wire.ARRAY, array("<f8", [1.0], EIGHT)),
    "shape that is no list": ext(wire.ARRAY, array("<f8", 1, EIGHT)),
    "17 axes": ext(wire.ARRAY, array("<f8", [1] * 17, EIGHT)),
    "array of one byte": ext(wire.ARRAY, b"\x00"),
    "array without header": ext(wire.ARRAY, b"\xff\x00\x01"),
    "long header": ext(wire.ARRAY, struct.pack("<H", 5000) + b"\x90" * 5000),
    "header of three": ext(wire.ARRAY, struct.pack("<H", 4) + b"\x93\x01\x02\x03"),
    "scalar with a shape": ext(wire.SCALAR, array("<f8", [1], EIGHT)),
}


def strict() -> wire.Decoder:
    """The decoder as a channel has it, with nothing passed yet."""

    def handle(payload):
        match payload:
            case [int(number), str(label)] if number > 0 and len(label) <= 64:
                return number
        raise wire.WireError("a malformed handle")

    def thing(payload):
        raise wire.WireError("an object that was not passed")

    return wire.Decoder({wire.HANDLE: handle, wire.OBJECT: thing}, strict=True)


@pytest.mark.parametrize("name", HOSTILE_VALUES)
def test_hostile_bytes_are_a_wire_error(name):
    """bytes that break a rule raise WireError and nothing else, quickly and in little memory"""
    body = HOSTILE_VALUES[name]
    decoder = strict()
    tracemalloc.start()
    started = time.perf_counter()
    try:
        with pytest.raises(wire.WireError) as caught:
            decoder.value(body)
        assert time.perf_counter() - started < 1.0
        assert tracemalloc.get_traced_memory()[1] < 4 * len(body) + 3_000_000
    finally:
        tracemalloc.stop()
    assert re.fullmatch(r"[\w ,:.'-]{1,80}", str(caught.value)), "nothing of the frame may be repeated"
    assert decoder.value(pack([1, (2).__abs__()])) == [1, 2], "the decoder goes on after an error"


def test_deep_tuples_do_not_reach_the_c_stack():
    """tuples in tuples are refused by depth, not by a crash of this process (it did crash at 200)"""
    assert strict().value(tuples(14)) is not None
    for depth in (17, 200, 2_000, 20_000):
        with pytest.raises(wire.WireError, match="deeper"):
            strict().value(tuples(depth))


def test_empty_containers_are_counted_while_unpacking():
    """a frame of empty dicts, a byte each, is refused before it fills the memory"""
    body = array_of(*[array_of(*[b"\x80"] * 15_000)] * 60)  # 0.9 MB that would become 65 MB
    tracemalloc.start()
    with pytest.raises(wire.WireError, match="entries"):
        strict().value(body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6_000_000


@given(st.binary(max_size=300))
@BOUNDED
@example(b"")
@example(b"\xdf\xff\xff\xff\xff" + b"\x00" * 64)
def test_random_bytes_only_ever_raise_wire_error(body):
    """whatever bytes come, the decoder gives a known value or raises WireError"""
    try:
        value = strict().value(body)
    except wire.WireError:
        return
    assert known(value)


@given(st.integers(1, 11), st.binary(max_size=120))
@BOUNDED
def test_random_extensions_only_ever_raise_wire_error(code, payload):
    """the same for random payloads of every extension type"""
    try:
        value = strict().value(ext(code, payload))
    except wire.WireError:
        return
    assert known(value)


@given(st.data())
@BOUNDED
def test_damaged_frames_only_ever_raise_wire_error(data):
    """the same for honest frames with bytes changed, cut or added"""
    body = bytearray(encoded(data.draw(VALUES)))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body)))
        body[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    try:
        value = strict().value(bytes(body))
    except wire.WireError:
        return
    assert known(value)


def known(value) -> bool:
    if isinstance(value, (list, tuple)):
        return type(value) in (list, tuple) and all(map(known, value))
    if isinstance(value, dict):
        return all(type(k) in (str, int) for k in value) and all(map(known, value.values()))
    if isinstance(value, np.generic):
        return value.dtype.str in wire.DTYPES
    if type(value) is np.ndarray:
        return value.dtype.str in wire.DTYPES and not value.flags.writeable
    return type(value) in (type(None), bool, int, float, complex, str, bytes)


# honest values ---------------------------------------------------------------------------------------------


@st.composite
def arrays(draw) -> np.ndarray:
    dtype = np.dtype(draw(st.sampled_from(sorted(wire.DTYPES))))
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=3)))
    count = math.prod(shape)
    if dtype.kind == "b":
        flat = np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)), dtype=dtype)
    else:
        size = count * dtype.itemsize
        flat = np.frombuffer(draw(st.binary(min_size=size, max_size=size)), dtype=dtype)
    made = flat.reshape(shape).copy()
    layout = draw(st.sampled_from(["C", "F", "flip", "step", "broadcast"]))
    if layout == "F":
        made = np.asfortranarray(made)
    elif layout == "flip":
        made = np.ascontiguousarray(made[::-1])[::-1] if made.ndim else made
    elif layout == "step" and made.ndim:
        made = np.repeat(made, 2, axis=0)[::2]
    elif layout == "broadcast":
        made = np.broadcast_to(made, (2, *made.shape))
    if draw(st.booleans()):
        made = made.view()
        made.flags.writeable = False
    return made


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**200), 2**200),
    st.floats(),
    st.complex_numbers(),
    TEXT,
    st.binary(max_size=20),
    arrays(),
    arrays().filter(lambda a: a.size > 0).map(lambda a: a.ravel()[0]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.one_of(TEXT, st.integers(-(2**63), 2**64 - 1)), inner, max_size=4),
    ),
    max_leaves=12,
)


def encoded(value) -> bytes:
    frame = wire.Encoder(None, limited=True).frame(value)
    assert wire.LENGTH.unpack(frame[:8])[0] == len(frame) - 8
    return frame[8:]


def same(a, b, layout: bool) -> bool:
    """Equal in value and exact type; of arrays also the layout, if asked."""
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y, layout) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k], layout) for k in a)
    if isinstance(a, np.ndarray):
        alike = a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        if layout and a.size:
            steps = [[s for n, s in zip(x.shape, x.strides, strict=True) if n > 1] for x in (a, b)]
            alike &= steps[0] == steps[1] and a.flags.writeable == b.flags.writeable
        return alike
    if isinstance(a, np.generic):
        return a.tobytes() == b.tobytes()
    if isinstance(a, complex):
        return struct.pack("<dd", a.real, a.imag) == struct.pack("<dd", b.real, b.imag)
    if isinstance(a, float):
        return struct.pack("<d", a) == struct.pack("<d", b)
    return a == b


@given(VALUES)
@BOUNDED
def test_values_survive_the_way_to_the_trusted_side(value):
    """what an honest worker sends is decoded to the same values, types and dtypes"""
    back = strict().value(encoded(value))
    assert same(value, back, layout=False)
    assert known(back)


@given(VALUES)
@BOUNDED
def test_values_and_layouts_survive_the_way_to_a_worker(value):
    """what the trusted side sends arrives with the memory layout of each array"""
    back = wire.Decoder({}, strict=False).value(encoded(value))
    assert same(value, back, layout=True)


@given(arrays())
@BOUNDED
def test_a_copy_has_the_layout_and_memory_of_its_own(made):
    """copy_array keeps values, strides and flags and shares nothing"""
    copy = wire.copy_array(made)
    assert same(made, copy, layout=True)
    assert not np.shares_memory(made, copy)


def test_a_view_into_a_large_array_crosses_small():
    """strides that span more than 64 MiB are not re-created, the values are"""
    big = np.zeros((3, 2**25), dtype=np.float32)
    view = big[:, :: 2**24]
    view[...] = [[1, 2], [3, 4], [5, 6]]
    back = wire.copy_array(view)
    assert back.tolist() == view.tolist() and back.base is None


def test_an_honest_worker_asks_before_it_sends():
    """the limited encoder refuses exactly what the strict decoder would refuse"""

    def nest(depth, kind):
        value = kind()
        for _ in range(depth - 1):
            value = kind((value,))
        return value

    cases = [
        ("x" * wire.MAX_TEXT, "x" * (wire.MAX_TEXT + 1)),
        ("ü" * (wire.MAX_TEXT // 2), "ü" * (wire.MAX_TEXT // 2 + 1)),
        (b"x" * wire.MAX_TEXT, b"x" * (wire.MAX_TEXT + 1)),
        ([0] * wire.MAX_NODES, [0] * (wire.MAX_NODES + 1)),
        (dict.fromkeys(range(wire.MAX_KEYS), 0), dict.fromkeys(range(wire.MAX_KEYS + 1), 0)),
        (nest(wire.MAX_DEPTH, list), nest(wire.MAX_DEPTH + 1, list)),
        (nest(wire.MAX_DEPTH, tuple), nest(wire.MAX_DEPTH + 1, tuple)),
        (np.zeros((1,) * wire.MAX_NDIM), np.zeros((1,) * (wire.MAX_NDIM + 1))),
        (2**4095, 2**4096),
        ([[]] * (wire.MAX_NODES // 2), [[]] * (wire.MAX_NODES // 2 + 1)),
    ]
    for good, bad in cases:
        body = encoded(good)
        assert same(strict().value(body), good, layout=False)
        with pytest.raises(wire.TooLarge):
            encoded(bad)
        if type(bad) is not int:
            with pytest.raises(wire.WireError):
                strict().value(wire.Encoder(None).frame(bad)[8:])


# a hostile peer --------------------------------------------------------------------------------------------

PEER = """
import os, struct, sys, threading, time
import msgpack

def line():
    frame = sys._getframe()
    while not hasattr(frame.f_locals.get("self"), "servant"):
        frame = frame.f_back
    return frame.f_locals["self"]

def ident():
    return line().current

def raw(data):
    while data:
        data = data[os.write(0, data):]

def framed(body):
    raw(struct.pack("<Q", len(body)) + body)

def say(**message):
    framed(msgpack.packb({"id": ident(), **message}))

def answer_with(body):
    "a well-formed answer around the bytes of one value"
    framed(b"\\x82\\xa2id" + msgpack.packb(ident()) + b"\\xa2ok" + body)
    time.sleep(30)

def ask(f, number, kind, operands, extra=()):
    say(ask=number, kind=kind, **{"with": operands}, **dict(extra))
    reply = os.read(0, 1 << 16)
    return reply.hex()

def run(f, code):
    scope = dict(globals(), f=f)
    exec(code, scope)
    time.sleep(30)

def honest(x):
    return x + 1

def hold(f):
    return f
"""


def hostile(far: tiny.Far) -> Student:
    return far.student(PEER, seconds=8.0)


def must_be_protocol(far: tiny.Far, use) -> SubmissionDied:
    """Run an attack; it must end its worker at once, with the verdict protocol, and nothing else."""
    pid = far.server.pid
    started = time.monotonic()
    with pytest.raises(SubmissionDied) as caught:
        use(hostile(far))
    assert caught.value.verdict == "protocol", caught.value
    assert time.monotonic() - started < 4.0
    assert far.student("def f(): return 1").f() == 1
    assert far.server.alive and far.server.pid == pid
    return caught.value


@pytest.mark.parametrize("name", HOSTILE_VALUES)
def test_a_hostile_answer_ends_its_worker(far, name):
    """an answer that breaks a rule of the wire is `protocol`; the fork server goes on"""
    error = must_be_protocol(far, lambda student: student.answer_with(HOSTILE_VALUES[name]))
    assert str(error).startswith("The submission interfered with its connection to the grader")


class Target:
    """What a test passes to the student."""

    def __init__(self):
        self.used = 0
        self.inner = {"W": 1.0}
        self._hidden = "secret"

    def use(self):
        self.used += 1
        return self.used

    @property
    def module(self):
        return math

    @property
    def frame(self):
        return sys._getframe()

    @property
    def cls(self):
        return Target

    @property
    def generator(self):
        return (i for i in range(3))

    @property
    def texts(self):
        return np.array(["a"])


QUESTIONS = {
    "underscore attribute": (1, "attr", ["_hidden"]),
    "dunder attribute": (1, "attr", ["__class__"]),
    "init of the object": (1, "attr", ["__init__"]),
    "setting an underscore": (1, "setattr", ["_hidden", 1]),
    "setting a dunder": (1, "setattr", ["__class__", 1]),
    "object 0": (0, "call", [[], {}]),
    "object -1": (-1, "call", [[], {}]),
    "object 2": (2, "call", [[], {}]),
    "object 2^70": (2**63, "call", [[], {}]),
    "object True": (True, "attr", ["used"]),
    "object 1.0": (1.0, "attr", ["used"]),
    "object None": (None, "attr", ["used"]),
    "object of text": ("1", "attr", ["used"]),
    "object of a list": ([1], "attr", ["used"]),
    "unknown kind": (1, "eval", ["1"]),
    "kind that is no text": (1, 5, ["used"]),
    "kind None": (1, None, ["used"]),
    "operands that are no list": (1, "attr", "used"),
    "no operands": (1, "attr", None),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_hostile_questions_end_their_worker(far, name):
    """asking for underscore names, unknown objects or unknown uses is `protocol`"""
    target = Target()
    number, kind, operands = QUESTIONS[name]
    must_be_protocol(far, lambda student: student.ask(target, number, kind, operands))
    assert target.used == 0 and target._hidden == "secret"


@pytest.mark.parametrize(
    ("kind", "operands"),
    [("attr", [1]), ("attr", []), ("call", []), ("call", [[]]), ("call", [[], [], []]), ("call", [[], {}]), ("item", []),
     ("item", [0]), ("setitem", [0, 1]), ("contains", [1]), ("len", []), ("iter", []), ("len", [1]), ("setattr", ["x"])],
)  # fmt: skip
def test_uses_that_do_not_fit_are_a_type_error(far, kind, operands):
    """calling, indexing or measuring an object that cannot be is a TypeError there, as in Python"""
    reply = bytes.fromhex(hostile(far).ask(Target(), 1, kind, operands))
    told = msgpack.unpackb(reply[8:])
    assert told["raise"]["type"] == "TypeError"


@pytest.mark.parametrize("name", ["module", "frame", "cls", "generator", "texts"])
def test_what_leads_into_the_grader_does_not_cross(far, name):
    """modules, frames, classes, generators and arrays of text are refused as attributes of a test's object"""
    reply = bytes.fromhex(hostile(far).ask(Target(), 1, "attr", [name]))
    assert msgpack.unpackb(reply[8:])["raise"]["type"] == "AttributeError"


@pytest.mark.parametrize("attribute", ["func_globals", "f", "use", "real", "register"])
def test_functions_have_no_attributes(far, attribute):
    """no attribute of a function, method or class of the test can be read"""

    def function():
        return 1

    function.f = function.use = function.register = "secret"
    for thing in (function, Target().use, Target, math, print):
        reply = bytes.fromhex(hostile(far).ask(thing, 1, "attr", [attribute]))
        told = msgpack.unpackb(reply[8:])
        assert told["raise"]["type"] == "AttributeError" and "secret" not in str(told)


FRAMES = {
    "unknown id": "framed(msgpack.packb({'id': 1, 'ok': 1}))",
    "no id": "framed(msgpack.packb({'ok': 1}))",
    "id as text": "framed(msgpack.packb({'id': str(ident()), 'ok': 1}))",
    "id as float": "framed(msgpack.packb({'id': float(ident()), 'ok': 1}))",
    "id None": "framed(msgpack.packb({'id': None, 'ok': 1}))",
    "id off by one": "framed(msgpack.packb({'id': ident() + 1, 'ok': 1}))",
    "list": "framed(msgpack.packb([1, 2]))",
    "number": "framed(msgpack.packb(5))",
    "neither ok nor exc": "say()",
    "both ok and exc": "say(ok=1, exc={'type': 'ValueError'})",
    "a score": "say(ok=1, score=100)",
    "a question with an answer": "say(ask=1, kind='call', ok=1, **{'with': [[], {}]})",
    "half a question": "say(ask=1)",
    "exc that is no dict": "say(exc=[1])",
    "exc with a bad trace": "say(exc={'type': 'ValueError', 'trace': [[1, 2]]})",
    "exc with a trace of numbers": "say(exc={'type': 'ValueError', 'trace': 5})",
    "a missing name nobody asked for": "say(exc={'kind': 'missing', 'type': 'NameError', 'text': 'secret'})",
    "seen that is no dict": "say(ok=1, seen=[1])",
    "warnings of the wrong form": "say(ok=1, warnings=[['a', 'b']])",
    "warnings counted in text": "say(ok=1, warnings=[['a', 'b', 'c']])",
    "modified with floats": "say(ok=1, seen={'modified': [1.5]})",
    "two answers": "m = msgpack.packb({'id': ident(), 'ok': 1}); p = struct.pack('<Q', len(m)) + m; raw(p + p)",
    "answer and a byte": "m = msgpack.packb({'id': ident(), 'ok': 1}); raw(struct.pack('<Q', len(m)) + m + b'x')",
    "length 2^64 - 1": "raw(b'\\xff' * 8 + b'x' * 100)",
    "length 2^63": "raw(struct.pack('<Q', 2**63))",
    "length one too many": f"raw(struct.pack('<Q', {wire.MAX_FRAME + 1}))",
    "noise": "raw(bytes(range(256)) * 40)",
    "question and more": "m = msgpack.packb({'id': ident(), 'ask': 1, 'kind': 'call', 'with': [[], {}]}); raw((struct.pack('<Q', len(m)) + m) * 2)",
}  # fmt: skip


@pytest.mark.parametrize("name", FRAMES)
def test_frames_out_of_turn_end_their_worker(far, name):
    """wrong ids, second answers, malformed reports and oversize lengths are `protocol`"""
    must_be_protocol(far, lambda student: student.run(lambda: 1, FRAMES[name]))


def test_exceptions_with_odd_fields_are_still_the_students(far):
    """an exception described with nonsense is a StudentError, whatever its fields are"""
    for exc in (
        "{}",
        "{'type': 5, 'text': [1], 'line': 'x', 'kind': 'passed', 'function': {}}",
        "{'type': 'SystemExit', 'line': -1, 'trace': None}",
        "{'type': 'print', 'line': 10**6}",
        "{'type': '__import__', 'function': 'secret input'}",
        "{'type': 'StopIteration'}",
        "{'type': 'AssertionError'}",
        "{'type': 'ValueError', 'token': 1}",
        "{'type': 'ValueError', 'token': True}",
    ):
        with pytest.raises(StudentError) as caught:
            hostile(far).run(None, f"say(exc={exc})")
        error = caught.value
        assert error.kind == "raised" and error.function is None
        assert error.line is None or error.line < 100
        assert not isinstance(error, (AssertionError, StopIteration, SystemExit))


LOADS = {
    "no dict": "5",
    "no problems": "{'loaded': True}",
    "problems that are no list": "{'loaded': True, 'problems': 'x'}",
    "a problem that is no dict": "{'loaded': True, 'problems': [1]}",
    "a problem without type": "{'loaded': True, 'problems': [{'line': 1}]}",
    "a type of bytes": "{'loaded': True, 'problems': [{'type': b'x'}]}",
    "a trace of a number": "{'loaded': True, 'problems': [{'type': 'ValueError', 'trace': 5}]}",
    "a trace of numbers": "{'loaded': False, 'problems': [{'type': 'ValueError', 'trace': [1, 2]}]}",
    "import as a number": "{'loaded': True, 'problems': [{'type': 'ValueError', 'import': 5}]}",
    "not loaded without reason": "{'loaded': False, 'problems': []}",
    "loaded as a number": "{'loaded': 1, 'problems': []}",
}


@pytest.mark.parametrize("name", LOADS)
def test_forged_reports_of_loading_end_their_worker(far, name):
    """whether a file loads is told in one form only; everything else is `protocol`"""
    channel = channels.WorkerChannel(far.server)
    far.channels.append(channel)
    channel.begin(tiny.Limit(5.0, "5 s"))
    with pytest.raises(SubmissionDied) as caught:
        channel.load(
            {tiny.MODULE: PEER + f"\nsay(ok={LOADS[name]})\nos._exit(0)\n"},
            {tiny.MODULE: tiny.FILE},
            tiny.MODULE,
        )
    assert caught.value.verdict == "protocol"


@pytest.mark.parametrize(
    ("use", "forged"),
    [
        (lambda s: many(s.honest, [(1,), (2,)]), "[]"),
        (lambda s: many(s.honest, [(1,), (2,)]), "[1, 2, 3]"),
        (lambda s: many(s.honest, [(1,), (2,)]), "5"),
        (lambda s: many(s.honest, [(1,)]), "'x'"),
        (lambda s: len(s.thing), "10 ** 1000"),
        (lambda s: len(s.thing), "-1"),
        (lambda s: len(s.thing), "True"),
        (lambda s: list(iter(s.thing)), "[1]"),
        (lambda s: 1 in s.thing, "[1]"),
        (lambda s: has(s, "thing"), "1"),
    ],
)
def test_answers_that_do_not_fit_their_question(far, use, forged):
    """Python's own answers (a length, yes or no, as many values as calls) have one form; others are `protocol`"""
    source = (
        PEER
        + f"""
thing = [1]
servant = line().servant
for name in ("many", "len", "iter", "contains", "has"):
    setattr(type(servant), "do_" + name, lambda self, *a: {forged})
"""
    )
    with pytest.raises(SubmissionDied) as caught:
        use(far.student(source))
    assert caught.value.verdict == "protocol"


def test_reports_about_arguments_that_do_not_exist_are_left_out(far):
    """`modified` and `shares` name arguments of the call, or nothing"""
    student = hostile(far)
    seen = observe(
        student.run, None, "say(ok=1, seen={'modified': [0, 7, -1, 'secret', 2**60], 'shares': ['f', 'x']})"
    )
    assert (seen.modified, seen.shares) == ((0,), ())


def test_an_answer_before_the_next_question_is_noticed(far):
    """bytes that lie in wait for the next question end the worker"""
    student = hostile(far)
    assert student.honest(1) == 2
    code = (
        "def late():\n time.sleep(0.05)\n framed(msgpack.packb({'id': 1, 'ok': 1}))\n"
        "threading.Thread(target=late).start()\nsay(ok=1)"
    )
    assert student.run(None, code) == 1
    time.sleep(0.3)
    with pytest.raises(SubmissionDied) as caught:
        student.honest(1)
    assert caught.value.verdict == "protocol"


def test_traffic_is_limited(far, monkeypatch):
    """a worker that keeps the grader busy with bytes is ended"""
    monkeypatch.setattr(channels, "TRAFFIC_LIMIT", 2**20)
    student = hostile(far)
    with pytest.raises(SubmissionDied) as caught:
        student.run(lambda x: None, "while True: f(bytes(50_000))")
    assert caught.value.verdict == "protocol" and "traffic" in str(caught.value)


def test_a_frame_that_never_ends_is_a_timeout(far):
    """bytes dripped one by one do not hold the grader longer than the limit"""
    student = far.student(PEER, seconds=0.4)
    started = time.monotonic()
    with pytest.raises(SubmissionDied) as caught:
        student.run(None, "raw(struct.pack('<Q', 2**26))\nwhile True: raw(b'x')")
    assert caught.value.verdict == "timeout" and time.monotonic() - started < 3.0


def test_a_worker_that_hangs_up_has_crashed(far):
    """closing the connection is `crashed`"""
    with pytest.raises(SubmissionDied) as caught:
        hostile(far).run(None, "os.close(0); os._exit(0)")
    assert caught.value.verdict == "crashed"


def test_a_worker_that_closes_its_connection_has_crashed(far):
    """a worker that hangs up and lives on is `crashed`, however long it took, not out of CPU time"""
    student = hostile(far)
    with pytest.raises(SubmissionDied) as caught:
        student.run(None, "time.sleep(1.1); os.close(0); time.sleep(30)")
    assert caught.value.verdict == "crashed" and "closed its connection" in str(caught.value)


def test_a_worker_that_does_not_read_is_a_timeout(far):
    """a worker that leaves a large question unread meets the limit"""
    channel = far.channel(PEER, seconds=0.4)
    student = Student(channel)

    def reply():
        return np.zeros(2**22)

    with pytest.raises(SubmissionDied) as caught:
        student.run(reply, "say(ask=1, kind='call', **{'with': [[], {}]}); time.sleep(60)")
    assert caught.value.verdict == "timeout"


def test_a_failing_callback_tells_no_more_than_its_text(far):
    """the student learns the built-in class and the text of a callback's exception, no traceback"""

    class Private(KeyError):
        pass

    def f():
        raise Private("text")

    told = msgpack.unpackb(bytes.fromhex(hostile(far).ask(f, 1, "call", [[], {}]))[8:])
    assert told["raise"] == {"type": "KeyError", "text": "'text'", "token": 1}


def test_an_error_of_the_author_in_a_callback_is_not_the_students(far):
    """an AuthorError that begins in a callback reaches the grader, not the student"""

    def f():
        raise AuthorError("wrong suite")

    with pytest.raises(AuthorError, match="wrong suite"):
        hostile(far).ask(f, 1, "call", [[], {}])


def test_a_dead_fork_server_is_a_failure_of_the_grader():
    """if the fork server dies, no verdict is given; the next worker comes from a new one"""
    if sys.platform != "linux":
        pytest.skip("the sandbox needs Linux")
    with ForkServer() as server:
        place = tiny.Far(server)
        student = place.student(PEER)
        assert server._process is not None
        server._process.kill()
        server._process.wait()
        with pytest.raises(GraderFailure):
            student.honest(1)
        assert place.student(PEER).honest(1) == 2
        place.close()
