"""What crosses the border, and how: every row of the crossing table, in this process and in a sandbox."""

from __future__ import annotations

import builtins
import gc
import io
import itertools
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from grader import Rng, expect, fetch, has, in_worker, many, observe, rng_state
from grader.errors import AuthorError, Mismatch, StudentError, SubmissionDied
from grader.sandbox.server import ForkServer
from grader.student import Remote

sys.path.insert(0, str(Path(__file__).parent))
import tiny

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    with ForkServer() as server:
        yield server


@pytest.fixture(params=tiny.KINDS)
def place(request: pytest.FixtureRequest) -> Iterator[tiny.Near | tiny.Far]:
    """Where students live: in this process, and in a sandboxed worker."""
    if request.param == "local":
        place: tiny.Near | tiny.Far = tiny.Near()
    else:
        place = tiny.Far(request.getfixturevalue("server"))
    yield place
    place.close()


@pytest.fixture
def far(server: ForkServer) -> Iterator[tiny.Far]:
    place = tiny.Far(server)
    yield place
    place.close()


# by value --------------------------------------------------------------------------------------------------

PLAIN = [
    None,
    True,
    False,
    0,
    -7,
    2**63,
    -(2**64),
    3**500,
    0.1,
    -0.0,
    5e-324,
    float("inf"),
    1 + 2j,
    complex(-0.0, 3),
    "",
    "Grüße ✓",
    b"\x00\xff",
    [],
    (),
    {},
    [1, [2.5, (3, "x")], None],
    (1, (2, [3])),
    {"a": 1, 2: [True, None], "t": (1,)},
    [()],
    {"": {}},
]


def types_of(value):
    """The value with the type of each part, so that 1, 1.0 and True differ."""
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [types_of(v) for v in value]
    if isinstance(value, dict):
        return "dict", [(types_of(k), types_of(v)) for k, v in value.items()]
    return type(value).__name__, repr(value)


def test_plain_values_keep_their_exact_types(place):
    """None, bool, int, float, complex, str, bytes, list, tuple and dict cross with exact types both ways"""
    student = place.student(
        """
        def echo(x):
            return x
        def seen(x):
            if isinstance(x, (list, tuple)):
                return [type(x).__name__, [seen(v) for v in x]]
            if isinstance(x, dict):
                return ["dict", [[seen(k), seen(v)] for k, v in x.items()]]
            return [type(x).__name__, repr(x)]
        """
    )
    for value in PLAIN:
        assert types_of(student.echo(value)) == types_of(value)
        there = student.seen(value)
        assert repr(there).replace("[", "(").replace("]", ")") == repr(types_of(value)).replace(
            "[", "("
        ).replace("]", ")")


def test_nan_crosses(place):
    """NaN arrives as NaN"""
    student = place.student("def echo(x): return x, x != x")
    back, differs = student.echo(float("nan"))
    assert back != back and differs is True


def test_arguments_are_copies(place):
    """what a function does to its list and dict arguments stays there"""
    student = place.student("def spoil(a, b): a.append(1); b['x'] = 1; return len(a)")
    a, b = [], {}
    assert student.spoil(a, b) == 1
    assert a == [] and b == {}


def test_keywords_cross(place):
    """keyword arguments arrive by name"""
    student = place.student("def f(a, *, b=1, **more): return a, b, more")
    assert student.f(1, b=[2], c=(3,)) == (1, [2], {"c": (3,)})


BASE = np.arange(24.0).reshape(4, 6)
LAYOUTS = {
    "C": BASE.copy(),
    "Fortran": np.asfortranarray(BASE),
    "transposed": BASE.T,
    "strided": BASE[::2, ::3],
    "negative": BASE[::-1],
    "negative both": BASE[::-1, ::-2],
    "broadcast": np.broadcast_to(BASE[:1], (4, 6)),
    "broadcast number": np.broadcast_to(np.float64(3.0), (2, 2)),
    "3-D slice": np.arange(60).reshape(3, 4, 5)[:, 1:3, ::-1],
    "0-d": np.array(2.5),
    "empty": np.zeros((0, 3)),
    "one entry": np.ones((1, 1)),
    "column": BASE[:, 2:3],
    "float32": np.arange(3, dtype=np.float32),
    "int8": np.array([-128, 127], dtype=np.int8),
    "uint64": np.array([2**64 - 1], dtype=np.uint64),
    "bool": np.array([[True, False]]),
    "complex64": np.array([1 + 2j], dtype=np.complex64),
    "float16": np.array([1.5, np.inf], dtype=np.float16),
}
ABOUT = """
def about(x):
    f = x.flags
    return (list(x.shape), str(x.dtype), list(x.strides), f.c_contiguous, f.f_contiguous, f.writeable, x.tolist())
def echo(x):
    return x
"""


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("locked", [False, True], ids=["writeable", "read-only"])
def test_arrays_keep_their_layout(place, name, locked):
    """an array arrives with its values, dtype, strides and flags: C, Fortran, strided, negative, broadcast"""
    array = LAYOUTS[name] if "broadcast" in name else LAYOUTS[name].view()
    if locked:
        array.flags.writeable = False
    shape, dtype, strides, c, fortran, writeable, values = place.student(ABOUT).about(array)
    assert (tuple(shape), dtype, values) == (array.shape, str(array.dtype), array.tolist())
    assert (c, fortran) == (array.flags.c_contiguous, array.flags.f_contiguous)
    assert writeable == array.flags.writeable
    if array.size:
        assert tuple(strides) == array.strides


def test_layouts_inside_containers(place):
    """arrays in lists, tuples and dicts keep their layout as well"""
    student = place.student("def f(xs): return [xs[0].flags.f_contiguous, xs[1]['a'].strides]")
    fortran, negative = np.asfortranarray(BASE), BASE[::-1]
    assert student.f([fortran, {"a": negative}]) == [True, negative.strides]


def test_results_keep_dtype_and_shape(place):
    """a returned array has the dtype, shape and values that it had there"""
    student = place.student(ABOUT)
    for array in LAYOUTS.values():
        back = student.echo(array)
        assert type(back) is np.ndarray
        assert back.dtype == array.dtype and back.shape == array.shape
        assert back.tobytes() == array.tobytes()


def test_results_are_read_only(place):
    """a result is a read-only copy: writing into it would be lost"""
    back = place.student(ABOUT).echo(np.ones(3))
    with pytest.raises(ValueError, match="read-only"):
        back[0] = 2.0


def test_an_array_argument_is_a_copy(place):
    """writing into an argument does not reach the test's array"""
    student = place.student("def f(x): x[:] = 7; return x")
    x = np.zeros(3)
    assert student.f(x).tolist() == [7, 7, 7]
    assert x.tolist() == [0, 0, 0]


def test_big_endian_arrays_arrive_little_endian(far):
    """an array in foreign byte order arrives with the same values"""
    assert far.student(ABOUT).about(np.arange(3, dtype=">f8"))[-1] == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    "code", ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]
)
def test_numpy_scalars_keep_their_dtype(place, code):
    """a numpy scalar stays one, with its dtype, in both directions"""
    value = np.dtype(code).type(1)
    student = place.student("def f(x): return type(x).__name__, x")
    name, back = student.f(value)
    assert name == type(value).__name__
    assert type(back) is type(value) and back == value and back.dtype == np.dtype(code)


def test_foreign_arrays_do_not_cross(far):
    """arrays of text or objects are refused: as an object the student could tell them to write files"""
    student = far.student("def f(x): return 1")
    for array in (
        np.array(["a"]),
        np.array([None]),
        np.ma.masked_array([1.0], [True]),
        np.datetime64("2020-01-01"),
    ):
        with pytest.raises(AuthorError, match="cannot cross"):
            student.f(array)
    assert student.f(1) == 1


# random numbers --------------------------------------------------------------------------------------------


def test_rng_arrives_as_a_generator(place):
    """Rng(seed) arrives as np.random.Generator and draws what an equal generator here draws"""
    student = place.student("def f(rng): return type(rng).__name__, rng.normal(size=3)")
    rng = Rng(5)
    name, drawn = student.f(rng)
    assert name == "Generator"
    assert (
        drawn.tolist()
        == np.random.default_rng(5).normal(size=3).tolist()
        == rng.generator().normal(size=3).tolist()
    )


def test_one_rng_goes_on_drawing(place):
    """the same Rng passed twice is one generator that goes on; two of one seed are two"""
    student = place.student("def f(rng): return rng.random()\ndef same(a, b): return a is b")
    rng, here = Rng(3), np.random.default_rng(3)
    assert [student.f(rng), student.f(rng)] == [here.random(), here.random()]
    assert student.f(Rng(3)) == np.random.default_rng(3).random()
    assert student.same(rng, rng) is True
    assert student.same(rng, Rng(3)) is False


def test_a_spawned_generator_counts_as_use(place):
    """rng.spawn does not move the state, but it is seen"""
    student = place.student("def f(rng): return rng.spawn(1)[0].normal()")
    rng, fresh = Rng(11), Rng(11)
    student.f(rng)
    assert rng_state(student, rng) != rng_state(student, fresh)


def test_a_function_of_ours_has_a_name(place):
    """what is passed in can be printed by its name"""
    student = place.student("def f(g): return f'{g.__name__} gives {g(2.0)}'")
    assert student.f(lambda v: 2 * v).endswith(" gives 4.0")


def test_the_state_of_an_rng_can_be_asked_for(place):
    """rng_state tells whether and how far the generator was used"""
    student = place.student("def f(rng): return rng.normal(size=4)")
    rng, fresh, here = Rng(11), Rng(11), np.random.default_rng(11)
    assert rng_state(student, rng) == rng_state(student, fresh)
    student.f(rng)
    here.normal(size=4)
    state = rng_state(student, rng)
    assert state != rng_state(student, fresh)
    assert state == {"name": "PCG64", "state": here.bit_generator.state["state"], "spawned": 0}


def test_a_generator_itself_is_refused(far):
    """a Generator cannot cross; the error names Rng"""
    with pytest.raises(AuthorError, match="Pass Rng"):
        far.student("def f(x): return 1").f(np.random.default_rng(0))


# the student's own functions -------------------------------------------------------------------------------


def test_student_functions_and_classes_as_arguments(place):
    """student.relu as an argument is the student's own function, a class his own class"""
    student = place.student(
        """
        def relu(x): return max(x, 0)
        class Box:
            def __init__(self, v): self.v = v
        def apply(f, x): return f(x)
        def is_own(f): return f is relu
        def build(cls, v): return cls(v)
        def in_list(fs, x): return [f(x) for f in fs]
        """
    )
    assert student.apply(student.relu, -3) == 0
    assert student.is_own(student.relu) is True
    assert student.build(student.Box, 4).v == 4
    assert student.in_list([student.relu, student.relu], 5) == [5, 5]


# the test's own functions and objects ----------------------------------------------------------------------


class Spy:
    """A recording layer."""

    def __init__(self):
        self.calls = []
        self.params = {"W": np.ones((2, 2)), "b": np.zeros(2)}
        self.grads = {"W": np.full((2, 2), 0.5), "b": np.ones(2)}
        self.training = True

    def forward(self, x, scale=1.0):
        self.calls.append(("forward", np.array(x), scale))
        return scale * x @ self.params["W"]

    def backward(self, dout):
        self.calls.append(("backward", np.array(dout), None))
        return dout @ self.params["W"].T

    def _secret(self):
        return "secret"


USER = """
import numpy as np
def run(layer, x):
    y = layer.forward(x, scale=2.0)
    return y, layer.backward(np.ones_like(y))
def step(layers, rate):
    for layer in layers:
        for key in layer.params:
            layer.params[key] = layer.params[key] - rate * layer.grads[key]
def look(layer):
    p = layer.params
    return [sorted(p), sorted(p.keys()), len(p), "W" in p, "V" in p, [k for k, v in p.items()],
            len(list(p.values())), p.get("V", 7), bool(p)]
def off(layer):
    layer.training = False
    return layer.training
def under(layer):
    found = []
    for name in ("_secret", "__wrapped__", "__globals__"):
        try:
            found.append(getattr(layer, name))
        except AttributeError:
            found.append("refused")
    return found
"""


def test_a_trusted_callable_is_called_back(place):
    """a function of the test is called back with values and keywords, and its result arrives"""
    student = place.student("def f(g, x): return [g(x, power=2), g(x + 1)]")
    seen = []

    def g(x, power=1):
        seen.append((x, power))
        return x**power

    assert student.f(g, 3) == [9, 4]
    assert seen == [(3, 2), (4, 1)]


def test_arrays_cross_in_callbacks(place):
    """a callback gets arrays and returns arrays"""
    student = place.student("def f(g, x): return g(x).sum(axis=0)")
    got = student.f(lambda x: 2 * x, BASE.T)
    assert got.tolist() == (2 * BASE.T).sum(axis=0).tolist()


def test_a_callback_may_keep_and_change_its_array(place):
    """a callback owns the array it is given"""
    student = place.student("import numpy as np\ndef f(g): return g(np.zeros(2))")

    def g(x):
        x[0] = 5.0
        return x

    assert student.f(g).tolist() == [5.0, 0.0]


def test_a_spy_layer_records(place):
    """an object of the test is used by its public methods and attributes"""
    spy = Spy()
    y, dx = place.student(USER).run(spy, np.ones((3, 2)))
    assert y.tolist() == (2.0 * np.ones((3, 2)) @ np.ones((2, 2))).tolist()
    assert dx.shape == (3, 2)
    assert [c[0] for c in spy.calls] == ["forward", "backward"]
    assert spy.calls[0][2] == 2.0


def test_trusted_dicts_are_live(place):
    """layer.params of the test's object is live: what the student sets is set here"""
    one, two = Spy(), Spy()
    place.student(USER).step([one, two], 0.1)
    for spy in (one, two):
        assert np.allclose(spy.params["W"], 0.95)
        assert np.allclose(spy.params["b"], -0.1)


def test_trusted_dicts_are_looked_into(place):
    """keys, values, items, len, in and get work on a dict of the test"""
    assert place.student(USER).look(Spy()) == [
        ["W", "b"], ["W", "b"], 2, True, False, ["W", "b"], 2, 7, True,
    ]  # fmt: skip


def test_attributes_of_the_tests_object_can_be_set(place):
    """the student may set a public attribute of the test's object"""
    spy = Spy()
    assert place.student(USER).off(spy) is False
    assert spy.training is False


def test_underscore_names_of_the_tests_object_are_refused(far):
    """names with an underscore of a test's object are an AttributeError there"""
    assert far.student(USER).under(Spy()) == ["refused"] * 3
    student = far.student("def f(o):\n    try: o._x = 1\n    except AttributeError: return 'refused'")
    assert student.f(Spy()) == "refused"


def test_attributes_of_functions_are_refused(far):
    """functions, methods, classes and modules of the test have no attributes there; asking is no crime"""
    student = far.student(
        "def f(o): return [hasattr(o, n) for n in ('forward', 'calls', 'func_globals', 'mro')]"
    )
    for thing in (test_nan_crosses, Spy().forward, Spy, np.tanh, len):
        assert not any(student.f(thing))
    assert (
        far.student("def f(o): return o.run.hasattr if hasattr(o.forward, 'calls') else 'no'").f(Spy())
        == "no"
    )


def test_the_tests_class_can_be_used_as_a_factory(place):
    """a class of the test can be called there; its instances are objects of the test"""
    student = place.student("def f(cls, x): layer = cls(); return layer.forward(x)")
    assert student.f(Spy, np.ones((1, 2))).tolist() == [[2.0, 2.0]]


def test_an_object_that_comes_back_is_itself(place):
    """an object of the test that the student returns is the same object here, in containers too"""
    student = place.student("def f(o): return o\ndef g(o): return [o, (1, o)], {'k': o}")
    spy = Spy()
    if place.kind == "worker":  # in this process an own object comes back as a handle
        assert student.f(spy) is spy
        (a, (_, b)), d = student.g(spy)
        assert a is spy and b is spy and d["k"] is spy


def test_a_callbacks_exception_comes_back_as_itself(place):
    """an exception raised in a callback passes through the student's code as the same object"""
    student = place.student("def f(g):\n    return g(1)")
    for error in (
        ValueError("mine"),
        KeyError("k"),
        Mismatch("m", "d"),
        ZeroDivisionError(),
        OSError(2, "no"),
    ):

        def g(x, error=error):
            raise error

        with pytest.raises(type(error)) as caught:
            student.f(g)
        assert caught.value is error


def test_a_student_may_catch_a_callbacks_exception(place):
    """the student's code sees a callback's exception as the built-in class it is"""
    student = place.student(
        """
        def f(g):
            try:
                g(1)
            except ValueError as error:
                return "caught: " + str(error)
        """
    )

    def g(x):
        raise ValueError("mine")

    assert student.f(g) == "caught: mine"


def test_an_exception_after_a_caught_one_is_the_students(place):
    """an exception that the student raises while handling a callback's is his own"""
    student = place.student(
        """
        def f(g):
            try:
                g(1)
            except ValueError:
                pass
            raise KeyError("own")
        """
    )

    def g(x):
        raise ValueError("mine")

    with pytest.raises(StudentError) as caught:
        student.f(g)
    assert caught.value.type_name == "KeyError" and caught.value.line == 7


def test_a_wrong_use_of_a_callback_is_the_students(place):
    """calling f with wrong arguments, or using it as something else, is the student's own exception"""
    student = place.student(
        """
        def no_argument(f):
            return f()
        def as_list(f):
            return f[0]
        def as_object(f):
            return f.weights
        """
    )
    for line, name in ((3, "no_argument"), (5, "as_list"), (7, "as_object")):
        with pytest.raises((TypeError, AttributeError)) as caught:
            getattr(student, name)(lambda x: x)
        assert isinstance(caught.value, StudentError)
        assert (caught.value.line, caught.value.function) == (line, name)


def test_a_callbacks_large_answer_is_the_students(far):
    """an answer that the student's arguments made too large to cross is a ValueError there"""
    student = far.student(
        "import numpy as np\ndef f(g):\n    return g(np.zeros((9_000_000, 1), dtype=np.int8))"
    )
    with pytest.raises(ValueError, match="too large") as caught:
        student.f(lambda x: x + np.zeros(2))
    assert isinstance(caught.value, StudentError)


SWALLOWS = """
def f(g):
    try:
        g("text")
    except Exception as error:
        seen = [str(error), repr(error.args), type(error).__name__, repr(error.__cause__), repr(vars(error))]
        return " ".join(seen)
"""


def test_a_failed_check_in_a_callback_stays_failed(far):
    """a check of the test that fails in a callback is remembered, though the student's code swallows it"""
    channel = far.channel(SWALLOWS)
    student = tiny.Student(channel)

    def check(x):
        expect("the argument of f", x).close_to(0.7353)

    def plain(x):
        assert x == 0.7353, "expected 0.7353"

    for g in (check, plain):
        seen = student.f(g)
        assert "7353" not in seen and "expected" not in seen, "what a check knows does not cross"
        assert isinstance(channel.failed_check, AssertionError)
        channel.begin(tiny.Limit(5.0, "5 s"))
        assert channel.failed_check is None


def test_callbacks_may_call_the_student_again(place):
    """a callback may call the student, whose function calls back again"""
    student = place.student(
        """
        def down(f, n):
            return [n] if n == 0 else [n] + f(n - 1)
        def twice(x): return 2 * x
        def use(f): return f(4) + 1
        """
    )

    def f(n):
        return student.down(f, n)

    assert student.down(f, 5) == [5, 4, 3, 2, 1, 0]
    assert student.use(lambda x: student.twice(x)) == 9


def test_a_failing_inner_call_passes_through(place):
    """an exception of the student in a call from a callback is the student's, with its line"""
    student = place.student("def bad(x):\n    return 1 / 0\ndef use(f):\n    return f(4)")
    with pytest.raises(ZeroDivisionError) as caught:
        student.use(lambda x: student.bad(x))
    assert isinstance(caught.value, StudentError) and caught.value.line == 2


def test_a_missing_name_inside_a_callback(place):
    """a callback that asks for a name the module lacks gets `missing`, and the worker goes on"""
    student = place.student("def use(f):\n    return f(4)\ndef one(): return 1")
    with pytest.raises(StudentError) as caught:
        student.use(lambda x: student.nothing(x))
    assert (caught.value.kind, caught.value.text) == ("missing", "nothing")
    assert student.one() == 1


def test_endless_recursion_through_callbacks_ends(far):
    """functions that call each other through the test without end meet a RecursionError, not a crash"""
    student = far.student("def down(f, n):\n    return f(n + 1)\ndef one(): return 1")

    def f(n):
        return student.down(f, n)

    with pytest.raises(RecursionError):
        student.down(f, 0)
    assert student.one() == 1


def test_an_object_kept_from_an_earlier_test_is_dead(far):
    """a stub that the student kept from an earlier test is a ReferenceError, never another object"""
    channel = far.channel("kept = []\ndef f(g):\n    kept.append(g)\n    return kept[0](1)")
    student = tiny.Student(channel)
    assert student.f(lambda x: "first") == "first"
    channel.begin(tiny.Limit(5.0, "5 s"))
    with pytest.raises(ReferenceError):
        student.f(lambda x: "second")
    assert channel.died is None


def test_a_binary_file_object_crosses(place):
    """np.savez and np.load of the student work on a BytesIO of the test"""
    student = place.student(
        """
        import numpy as np
        def save(file, **arrays): np.savez(file, **arrays)
        def load(file):
            with np.load(file) as data:
                return {k: data[k] for k in data.files}
        """
    )
    file = io.BytesIO()
    student.save(file, W=BASE, b=np.arange(3))
    file.seek(0)
    with np.load(file) as data:
        assert data["W"].tolist() == BASE.tolist()
    file.seek(0)
    back = student.load(file)
    assert back["W"].tolist() == BASE.tolist() and back["b"].dtype == np.int64


# handles ---------------------------------------------------------------------------------------------------

BOXES = """
import gc, weakref
import numpy as np
alive = weakref.WeakSet()
class Box:
    def __init__(self, v, **kw):
        self.v = v
        self.params = {"W": np.ones(2), "n": 1}
        self._hidden = 1
        alive.add(self)
    def get(self, extra=0): return self.v + extra
    def me(self): return self
    def child(self): return Box(self.v + 1)
    def pair(self): return self, [self, Box(0)]
    def __len__(self): return 3
    def __getitem__(self, key):
        if isinstance(key, slice): return ["slice", key.start, key.stop, key.step]
        if key is Ellipsis: return "ellipsis"
        if isinstance(key, tuple): return list(map(str, key))
        return self.v * 10 + key
    def __setitem__(self, key, value): self.v = [key, value]
    def __delitem__(self, key): self.v = "deleted %s" % key
    def __contains__(self, item): return item == self.v
    def __add__(self, o): return "%s + %s" % (self.v, getattr(o, "v", o))
    def __radd__(self, o): return "%s r+ %s" % (o, self.v)
    def __sub__(self, o): return "%s - %s" % (self.v, o)
    def __rsub__(self, o): return "%s r- %s" % (o, self.v)
    def __mul__(self, o): return Box(self.v * getattr(o, "v", o))
    def __rmul__(self, o): return "r*"
    def __truediv__(self, o): return "/"
    def __rtruediv__(self, o): return "r/"
    def __floordiv__(self, o): return "//"
    def __rfloordiv__(self, o): return "r//"
    def __mod__(self, o): return "%"
    def __rmod__(self, o): return "r%"
    def __pow__(self, o): return "**"
    def __rpow__(self, o): return "r**"
    def __neg__(self): return Box(-self.v)
    def __pos__(self): return "+"
    def __abs__(self): return "abs"
    def __lt__(self, o): return "<"
    def __le__(self, o): return "<="
    def __gt__(self, o): return ">"
    def __ge__(self, o): return ">="
class Plain: pass
class Node:
    __array_ufunc__ = None
    def __matmul__(self, o): return "@"
    def __rmatmul__(self, o): return "r@"
    def __rmul__(self, o): return "r*"
def steps(n):
    for i in range(n):
        log.append(i)
        yield Box(i)
log = []
def logged(): return list(log)
def endless():
    i = 0
    while True:
        i += 1
        yield i
def bad():
    yield 1
    raise KeyError("late")
def show(cb):
    b = Box(5)
    cb(b)
    cb(None)
    return b
def living():
    gc.collect()
    return len(alive)
"""


def test_handles_are_called_and_read(place):
    """an object stays there: its attributes, methods and results can be used from here"""
    box = place.student(BOXES).Box(4)
    assert isinstance(box, Remote)
    assert box.v == 4
    assert box.get() == 4 and box.get(extra=2) == 6
    assert box.child().v == 5
    box.v = 9
    assert box.get() == 9


def test_handles_have_the_operators_in_both_directions(place):
    """operators work with a handle on either side, with numbers, arrays and other handles"""
    student = place.student(BOXES)
    a, b, array = student.Box(2), student.Box(3), np.ones(2)
    assert (a + 1, 1 + a, a + b) == ("2 + 1", "1 r+ 2", "2 + 3")
    assert (a - 1, 1 - a) == ("2 - 1", "1 r- 2")
    assert ((a * b).v, (a * 4).v, 4 * a) == (6, 8, "r*")
    assert (a / 1, 1 / a, a // 1, 1 // a, a % 1, 1 % a) == ("/", "r/", "//", "r//", "%", "r%")
    assert (a**2, 2**a) == ("**", "r**")
    node = student.Node()
    assert (node @ array, array @ node, array * node, np.float64(2.0) * node) == ("@", "r@", "r*", "r*")
    assert ((-a).v, +a, abs(a)) == (-2, "+", "abs")
    assert (a < 1, a <= 1, a > 1, a >= 1) == ("<", "<=", ">", ">=")


def test_items_slices_len_and_in(place):
    """len, in, items and slices work on a handle, tuples and Ellipsis too"""
    box = place.student(BOXES).Box(4)
    assert len(box) == 3
    assert 4 in box and 5 not in box
    assert (box[2], box[1:3], box[::2], box[...]) == (
        42,
        ["slice", 1, 3, None],
        ["slice", None, None, 2],
        "ellipsis",
    )
    assert box[1, 2] == ["1", "2"]
    box[1:2] = 7
    assert box.v[1] == 7
    del box[3]
    assert box.v == "deleted 3"


def test_slices_of_an_arrays_own_kind(place):
    """a slice in a tuple reaches an indexed object whole"""
    student = place.student(
        "class A:\n    def __getitem__(self, k): return [k[0].stop, k[1] is Ellipsis, k[2]]"
    )
    assert student.A()[:3, ..., 1] == [3, True, 1]


def test_identity_is_equality_of_handles(place):
    """handles are equal if they are the same object there"""
    student = place.student(BOXES)
    box = student.Box(1)
    me, (again, other) = box.pair()
    assert box.me() == box and me == box and again == box and hash(me) == hash(box)
    assert other != box and student.Box(1) != box
    assert box != 1
    assert student.Box == student.Box and student.Box != student.Plain


def test_a_handle_passed_back_is_the_object(place):
    """a handle as an argument is the object itself there"""
    student = place.student("class A: pass\ndef same(a, b, c): return a is b and a is c[0]")
    a = student.A()
    assert student.same(a, a, [a]) is True
    assert student.same(a, student.A(), [a]) is False


def test_iteration_is_lazy(place):
    """a generator of the student is stepped through, not run ahead"""
    student = place.student(BOXES)
    first = list(itertools.islice(student.steps(100), 2))
    assert [b.v for b in first] == [0, 1]
    assert len(student.logged()) <= 3
    assert list(itertools.islice(student.endless(), 4)) == [1, 2, 3, 4]
    assert [b.v for b in student.steps(3)] == [0, 1, 2]


def test_iteration_raises_where_the_student_raises(place):
    """an exception in the middle of an iteration comes at its place"""
    steps = iter(place.student(BOXES).bad())
    assert next(steps) == 1
    with pytest.raises(KeyError):
        next(steps)


def test_what_cannot_be_looped_over(place):
    """looping, len and items of an object without them are the student's TypeError"""
    thing = place.student(BOXES).Plain()
    for use in (
        lambda: list(thing),
        lambda: len(thing),
        lambda: thing[0],
        lambda: thing + 1,
        lambda: thing(),
    ):
        with pytest.raises(StudentError) as caught:
            use()
        assert caught.value.type_name == "TypeError"
    with pytest.raises(AttributeError):
        _ = thing.nothing


def test_underscore_names_are_refused(place):
    """names that begin with an underscore are neither read nor set from a test"""
    student = place.student(BOXES)
    box = student.Box(1)
    for use in (lambda: box._hidden, lambda: box.__dict__, lambda: student._x, lambda: student.__builtins__):
        with pytest.raises(AttributeError):
            use()
    with pytest.raises(AttributeError):
        box._hidden = 2


def test_params_are_live(place):
    """layer.params is live: an item set here is set there; fetch gives a copy"""
    student = place.student(BOXES + "\ndef w(box): return box.params['W'].tolist()")
    box = student.Box(1)
    params = box.params
    assert isinstance(params, Remote)
    params["W"] = np.array([3.0, 4.0])
    assert student.w(box) == [3.0, 4.0]
    assert sorted(params) == ["W", "n"] and len(params) == 2 and "W" in params
    copy = fetch(params)
    assert type(copy) is dict and copy["W"].tolist() == [3.0, 4.0]
    copy["W"] = None
    assert student.w(box) == [3.0, 4.0]
    assert {k: fetch(v) for k, v in params.items()}.keys() == {"W", "n"}


def test_names_are_fetched(place):
    """a constant of the module is fetched by value"""
    student = place.student("LIMIT = [1, 2]\nTABLE = {'a': 1}")
    assert fetch(student.LIMIT) == [1, 2]
    assert fetch(student.TABLE) == {"a": 1}
    assert fetch(7) == 7


def test_handles_are_released(place):
    """an object that nobody here holds any longer is let go there"""
    student = place.student(BOXES)
    boxes = [student.Box(i) for i in range(5)]
    assert student.living() == 5
    del boxes[1:]
    gc.collect()
    student.living()  # carries the news
    assert student.living() == 1
    assert boxes[0].v == 0


def test_a_handle_that_a_callback_saw_can_be_returned(place):
    """an object shown to a callback, dropped here and returned after all, is alive"""
    student = place.student(BOXES)
    box = student.show(lambda b: None)
    assert student.living() == 1  # carries the release of the callback's handle
    assert box.v == 5


def test_a_handle_of_another_worker_is_the_authors_error(far):
    """handles do not wander between workers"""
    one, two = far.student(BOXES), far.student(BOXES)
    with pytest.raises(AuthorError, match="another worker"):
        two.show(one.Box(1))


# many calls ------------------------------------------------------------------------------------------------


def test_many_calls_in_one_message(place):
    """many() gives the result of each call, in order, and of one entry with pick"""
    student = place.student("def f(x, y=1): return x * y, [x]\ndef g(x): return x + 1")
    assert many(student.g, [(i,) for i in range(5)]) == [1, 2, 3, 4, 5]
    assert many(student.f, [(2, 3), (4,)]) == [(6, [2]), (4, [4])]
    assert many(student.f, [(2, 3), (4,)], pick=0) == [6, 4]
    assert many(student.f, [(2, 3)], pick=1) == [[2]]
    assert many(student.g, []) == []


def test_many_more_calls_than_one_message(place):
    """more calls than fit into one message go in several"""
    student = place.student("def g(x): return x + 1")
    assert many(student.g, ((i,) for i in range(4500))) == list(range(1, 4501))


def test_many_stops_at_an_exception(place):
    """an exception in one of many calls is raised"""
    with pytest.raises(ZeroDivisionError):
        many(place.student("def g(x): return 1 / x").g, [(1,), (0,)])


# probes ----------------------------------------------------------------------------------------------------


@in_worker
def descend(student, w, steps: int, rate=0.1, *, trace: bool = True) -> list:
    """Loop beside the student's code."""
    seen = []
    for _ in range(steps):
        w = w - rate * student.slope(w)
        seen.append(float(np.sum(w)))
    scale = math.sqrt(4.0)  # noqa: F821  (np and math are there)
    return w, [s * scale for s in seen] if trace else None


@in_worker
def kinds(student, make):
    """Objects of the student are themselves inside a probe."""
    return [type(make(i)).__name__ for i in range(3)], hasattr(student, "slope"), student._private


def test_probes_run_beside_the_students_code(place):
    """a probe loops over the student's module and returns raw data"""
    student = place.student(
        "_private = 3\ndef slope(w): return 2 * w\nclass Box:\n    def __init__(self, i): pass"
    )
    w, trace = descend(student, np.array([1.0, 2.0]), 3)
    assert np.allclose(w, np.array([1.0, 2.0]) * 0.8**3)
    assert np.allclose(trace, [6 * 0.8, 6 * 0.8**2, 6 * 0.8**3])
    assert descend(student, np.ones(1), 2, rate=0.5, trace=False)[1] is None
    assert kinds(student, student.Box) == (["Box"] * 3, True, 3)


def test_a_probe_raises_what_the_student_raises(place):
    """an exception of the student inside a probe has the student's line"""
    with pytest.raises(StudentError) as caught:
        descend(place.student("def slope(w):\n    return w.nothing"), np.ones(1), 3)
    assert (caught.value.type_name, caught.value.line, caught.value.function) == (
        "AttributeError",
        2,
        "slope",
    )


def foreign(student):
    return expect("f()", student.f())


def foreign_inside(student):
    return [BASE for _ in range(2)]


def odd_default(student, x=BASE):
    return x


@pytest.mark.parametrize("function", [foreign, foreign_inside])
def test_probes_with_foreign_names_are_refused(function):
    """a probe that uses another name than np, math and built-ins is the author's error, at import"""
    with pytest.raises(AuthorError, match=r"test_student\.py:\d+: a probe may use np, math and built-ins"):
        in_worker(function)


def test_probes_with_closures_or_arrays_as_defaults_are_refused():
    """a probe cannot carry values of this side along"""
    secret = 5

    def closure(student):
        return secret

    with pytest.raises(AuthorError, match="cannot use secret from outside"):
        in_worker(closure)
    with pytest.raises(AuthorError, match="default of a probe"):
        in_worker(odd_default)


# looking on ------------------------------------------------------------------------------------------------

LOOK = """
import random, warnings
import numpy as np
def in_place(x, y=None):
    if y is not None: y[0] = -1
    x *= 2
    return x.copy()
def view(x, y): return y[1:]
def nested(x): return {"a": [x.T]}
def same(x): return x
def pure(x): return x + 1
def inside(xs): xs[0][0] = 9
def seeds(): np.random.seed(0)
def draws(): return np.random.rand()
def plain(): return random.random()
def own(rng): return rng.random()
def warns(n):
    for i in range(n): warnings.warn("careful")
    np.exp(np.array([1000.0]))
    return n
def says(text, n):
    for _ in range(n): print(text, end="")
    return len(text)
"""


def test_observe_sees_modified_arguments(place):
    """observe tells which arguments were changed, by position or keyword, containers looked into"""
    student = place.student(LOOK)
    assert observe(student.in_place, np.ones(2)).modified == (0,)
    assert observe(student.in_place, np.ones(2), y=np.ones(2)).modified == (0, "y")
    assert observe(student.inside, [np.ones(2)]).modified == (0,)
    seen = observe(student.pure, np.ones(2))
    assert seen.modified == () and seen.shares == () and seen.value.tolist() == [2, 2]


def test_observe_sees_shared_memory(place):
    """observe tells with which arguments the result shares memory"""
    student = place.student(LOOK)
    assert observe(student.view, np.ones(3), np.ones(3)).shares == (1,)
    assert observe(student.view, np.ones(3), y=np.ones(3)).shares == ("y",)
    assert observe(student.nested, BASE).shares == (0,)
    assert observe(student.same, BASE).shares == (0,)


def test_observe_sees_global_generators(place):
    """observe tells whether np.random or random was used or seeded"""
    student = place.student(LOOK)
    for name in ("seeds", "draws", "plain"):
        assert observe(getattr(student, name)).global_random is True
    assert observe(student.own, Rng(1)).global_random is False


def test_observe_sees_warnings(place):
    """warnings are counted by category and text; none is raised or shown"""
    student = place.student(LOOK)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seen = observe(student.warns, 3)
    assert seen.value == 3
    assert seen.warnings == (
        ("UserWarning", "careful", 3),
        ("RuntimeWarning", "overflow encountered in exp", 1),
    )


def test_observe_sees_what_was_printed(far):
    """printed text is kept up to a limit and counted beyond it"""
    student = far.student(LOOK)
    assert observe(student.says, "hello", 2).printed == "hellohello"
    printed = observe(student.says, "x" * 1000, 100).printed
    assert len(printed) < 10_000 and printed.endswith("more characters)")
    assert observe(student.pure, 1).printed == ""


def test_text_without_utf8_is_spelled_out(far):
    """half a surrogate pair in printed text, a warning or an exception costs nothing"""
    student = far.student(
        """
        import warnings
        def says(): print("a" + chr(0xd800)); return 1
        def warns(): warnings.warn(chr(0xdfff)); return 2
        def fails(): raise ValueError(chr(0xd800))
        """
    )
    assert observe(student.says).printed == "a\\ud800\n"
    assert observe(student.warns).warnings == (("UserWarning", "\\udfff", 1),)
    with pytest.raises(StudentError) as caught:
        student.fails()
    assert caught.value.text == "\\ud800"


# what does not cross ---------------------------------------------------------------------------------------

UNSUPPORTED = """
import collections
import numpy as np
class Own(float): pass
class Sub(np.ndarray): pass
class Liar(int):
    def __eq__(self, other): return True
    __hash__ = int.__hash__
def a_set(): return {1, 2}
def objects(): return np.array([1, None])
def texts(): return np.array(["a"])
def dates(): return np.array(["2020-01-01"], dtype="M8[D]")
def subclass(): return np.ones(3).view(Sub)
def matrix(): return np.ma.masked_array([1.0], [False])
def long_double(): return np.ones(2, dtype=np.longdouble)
def own_float(): return Own(1.0)
def liar(): return Liar(3)
def generator(): return (i for i in range(3))
def function(): return len
def module(): return np
def frozen(): return frozenset((1,))
def text_scalar(): return np.str_("a")
"""


@pytest.mark.parametrize(
    "name", [n.split("(")[0][4:] for n in UNSUPPORTED.splitlines() if n.startswith("def ")]
)
def test_unsupported_values_become_handles(place, name):
    """a set, an array of objects, a subclass of ndarray or float: a handle, which expect refuses"""
    value = getattr(place.student(UNSUPPORTED), name)()
    assert isinstance(value, Remote)
    for judge in (
        lambda: expect("f()", value).close_to(1.0),
        lambda: expect("f()", value).equals(3),
        lambda: expect("f()", value).number(),
        lambda: expect("f()", value).is_float(),
    ):
        with pytest.raises(StudentError) as caught:
            judge()
        assert caught.value.kind == "unsupported"


def test_unsupported_values_in_containers(place):
    """an odd value in a list or dict is a handle there, its neighbours cross"""
    first, rest = place.student("def f(): return [1, {'a': {1}, 'b': 2}]").f()
    assert first == 1 and isinstance(rest["a"], Remote) and rest["b"] == 2
    odd = place.student("def f(): return {(1, 2): 3}").f()
    assert isinstance(odd, Remote) and odd[(1, 2)] == 3


@pytest.mark.parametrize(
    "expression",
    ["'x' * 70_000", "[0.0] * 30_000", "b'x' * 70_000", "{i: 0 for i in range(2000)}", "10 ** 2000", "nest(20)", "'\\ud800'",
     "np.ones((1,) * 20)", "np.zeros(70 * 2**20, dtype=np.int8)", "[tuple(range(100))] * 300"],
)  # fmt: skip
def test_what_is_too_large_is_no_crime(far, expression):
    """a result beyond the limits of the wire is `unsupported`; the worker lives on"""
    student = far.student(
        f"""
        import numpy as np
        def nest(n): return [nest(n - 1)] if n else 1
        def f(): return {expression}
        def one(): return 1
        """
    )
    with pytest.raises(StudentError) as caught:
        student.f()
    assert caught.value.kind == "unsupported" and "too large" in caught.value.text
    assert student.one() == 1


def test_results_up_to_the_limits_cross(far):
    """long lists, texts and deep nests just below the limits cross"""
    student = far.student(
        """
        import numpy as np
        def nest(n): return (nest(n - 1),) if n else 1
        def f(): return [list(range(9_000)), (0.5,) * 9_000], "x" * 65_536, {i: i for i in range(900)}
        def big(): return np.zeros(60 * 2**20, dtype=np.int8)
        """
    )
    lists, text, table = student.f()
    assert len(lists[0]) == len(lists[1]) == 9_000 and len(text) == 65_536 and len(table) == 900
    deep = student.nest(14)
    for _ in range(14):
        assert type(deep) is tuple
        (deep,) = deep
    assert student.big().nbytes == 60 * 2**20


def test_a_test_that_sends_too_much_is_told_so(far):
    """an argument beyond the limit of a frame is the author's error"""
    with pytest.raises(AuthorError, match="more than can cross"):
        far.student("def f(x): return 1").f(np.zeros(70 * 2**20, dtype=np.int8))


# names and exceptions --------------------------------------------------------------------------------------


def test_missing_names(place):
    """a name that the module lacks is `missing`, at its use and as an argument; has() tells beforehand"""
    student = place.student("def f(x): return 1")
    assert has(student, "f") is True and has(student, "g") is False
    for use in (
        lambda: student.g(1),
        lambda: student.f(student.g),
        lambda: student.f([{"a": student.g}]),
        lambda: student.g.x,
    ):
        with pytest.raises(NameError) as caught:
            use()
        assert (caught.value.kind, caught.value.text) == ("missing", "g")
    assert student.f(1) == 1


EXCEPTIONS = sorted(
    n
    for n, c in vars(builtins).items()
    if isinstance(c, type) and issubclass(c, Exception) and not issubclass(c, (Warning, BaseExceptionGroup))
)
STEERS = {"StopIteration", "StopAsyncIteration", "AssertionError"}


def test_built_in_exceptions_are_themselves(place):
    """a raised built-in exception is an instance of StudentError and of its own class"""
    student = place.student(
        """
        import builtins
        def fail(name):
            cls = getattr(builtins, name)
            if name == "UnicodeDecodeError": raise cls("utf-8", b"x", 0, 1, "why")
            if name == "UnicodeEncodeError": raise cls("utf-8", "x", 0, 1, "why")
            if name == "UnicodeTranslateError": raise cls("x", 0, 1, "why")
            raise cls("why")
        """
    )
    for name in EXCEPTIONS:
        with pytest.raises(StudentError) as caught:
            student.fail(name)
        error, cls = caught.value, getattr(builtins, name)
        if cls in (IOError, EnvironmentError):
            cls = OSError
        assert error.type_name == cls.__name__ and "why" in error.text
        assert error.kind == ("unwritten" if cls is NotImplementedError else "raised")
        steers = name in STEERS or issubclass(cls, (SyntaxError, UnicodeError))
        assert isinstance(error, cls) is not steers or cls is Exception, name


def test_own_exception_classes_are_their_built_in_base(place):
    """the name of a self-made exception class does not travel; numpy's LinAlgError is a ValueError"""
    student = place.student(
        """
        import numpy as np
        class Secret(KeyError): pass
        class Worse(Exception): pass
        def own(): raise Secret("k")
        def worse(): raise Worse()
        def singular(): return np.linalg.inv(np.zeros((2, 2)))
        """
    )
    with pytest.raises(KeyError) as caught:
        student.own()
    assert caught.value.type_name == "KeyError" and "Secret" not in str(caught.value)
    with pytest.raises(StudentError) as caught:
        student.worse()
    assert caught.value.type_name == "Exception" and "Worse" not in str(caught.value)
    with pytest.raises(ValueError, match="Singular") as caught:
        student.singular()
    assert caught.value.type_name == "ValueError" and caught.value.line == 7


def test_exceptions_that_end_programs(place):
    """SystemExit, GeneratorExit and bare BaseExceptions of the student are StudentErrors"""
    student = place.student(
        """
        class Odd(BaseException): pass
        def leave(): exit_code = 1; raise SystemExit(exit_code)
        def gone(): raise GeneratorExit
        def odd(): raise Odd
        """
    )
    for name in ("leave", "gone", "odd"):
        with pytest.raises(StudentError):
            getattr(student, name)()


def test_text_line_and_function_of_an_exception(place):
    """an exception tells its text and the innermost line of the student's own file"""
    student = place.student(
        """
        import numpy as np
        def outer(x):
            return inner(x)
        def inner(x):
            return np.ones(2) + np.ones(3)
        def long(): raise ValueError("x" * 10_000)
        def odd():
            class Bad(Exception):
                def __str__(self): raise RuntimeError
            raise Bad
        """
    )
    with pytest.raises(ValueError) as caught:
        student.outer(1)
    error = caught.value
    assert "broadcast" in error.text and (error.line, error.function) == (6, "inner")
    assert [(n, f) for _, n, f in error.trace] == [(4, "outer"), (6, "inner")]
    with pytest.raises(ValueError) as caught:
        student.long()
    assert len(caught.value.text) == 2000
    with pytest.raises(StudentError) as caught:
        student.odd()
    assert caught.value.text == ""


def test_not_written_yet(place):
    """NotImplementedError is `unwritten`, with its line"""
    with pytest.raises(NotImplementedError) as caught:
        place.student('def f(x):\n    raise NotImplementedError("f is not written yet")').f(1)
    assert (caught.value.kind, caught.value.line) == ("unwritten", 2)


def test_two_servants_do_not_share_a_module():
    """two students of one chapter in this process are two modules"""
    near = tiny.Near()
    one, two = near.student("def f(): return 1"), near.student("def f(): return 2")
    assert (one.f(), two.f()) == (1, 2)
    near.close()


# time and memory -------------------------------------------------------------------------------------------

ENDS = """
import os, sys, time
import numpy as np
def one(): return 1
def spin():
    while True: pass
def sleep(): time.sleep(60)
def call_for_ever(f):
    while True: f(1)
def leave(): os._exit(3)
def recurse(n=0): return recurse(n + 1) + 1
def huge(): return np.ones((1 << 34,))
def hog():
    kept = []
    while True:
        try: kept.append(bytearray(1 << 20))
        except MemoryError: pass
def shout():
    line = "x" * 1024
    for _ in range(1 << 20): print(line)
    return 1
def segfault():
    import ctypes
    ctypes.string_at(0)
def eat_c_stack():
    sys.setrecursionlimit(10**9)
    class A:
        def __getattr__(self, name): return getattr(self, name + "x")
    x = []
    for _ in range(10**5): x = [x]
    return repr(x)
"""


@pytest.mark.parametrize("name", ["spin", "sleep"])
def test_what_never_ends_is_stopped_near_its_limit(far, name):
    """an endless loop and a sleep are `timeout`, near the limit, and the message names the limit"""
    student = far.student(ENDS, seconds=0.4)
    started = time.monotonic()
    with pytest.raises(SubmissionDied) as caught:
        getattr(student, name)()
    assert 0.35 < time.monotonic() - started < 2.5
    assert (caught.value.verdict, caught.value.limit) == ("timeout", "0.4 s for one test")
    assert "0.4 s for one test" in str(caught.value)


def test_endless_callbacks_are_stopped(far):
    """somebody who never stops calling back meets the limit as well"""
    student = far.student(ENDS, seconds=0.4)
    started = time.monotonic()
    with pytest.raises(SubmissionDied) as caught:
        student.call_for_ever(lambda x: x)
    assert caught.value.verdict == "timeout" and time.monotonic() - started < 2.5


def test_a_slow_test_does_not_cost_the_student(far):
    """time that the trusted side itself took does not make an answer late"""
    student = far.student(ENDS, seconds=0.2)
    time.sleep(0.5)
    assert student.one() == 1


def test_a_dead_worker_stays_dead(far):
    """after its end every request repeats the verdict"""
    student = far.student(ENDS)
    for _ in range(2):
        with pytest.raises(SubmissionDied) as caught:
            student.leave()
        assert caught.value.verdict == "crashed"


@pytest.mark.parametrize("name", ["recurse", "huge"])
def test_what_python_notices_is_an_exception(far, name):
    """endless recursion and a huge array are exceptions; the worker lives on"""
    student = far.student(ENDS)
    with pytest.raises((RecursionError, MemoryError)) as caught:
        getattr(student, name)()
    assert isinstance(caught.value, StudentError)
    assert student.one() == 1


def test_a_gigabyte_of_printing(far):
    """1 GB of printed text is counted, not kept"""
    seen = observe(far.student(ENDS, seconds=20).shout)
    assert seen.value == 1 and len(seen.printed) < 10_000


@pytest.mark.parametrize(
    ("name", "verdicts"),
    [("leave", {"crashed"}), ("segfault", {"crashed", "raised"}), ("hog", {"timeout", "crashed", "raised"}),
     ("eat_c_stack", {"crashed", "raised", "timeout"})],
)  # fmt: skip
def test_every_end_costs_only_its_own_worker(far, name, verdicts):
    """exit, segmentation fault, memory hog and C recursion end one worker; the next one works"""
    before = far.server.pid
    student = far.student(ENDS, seconds=1.0)
    with pytest.raises((SubmissionDied, StudentError)) as caught:
        getattr(student, name)()
    assert getattr(caught.value, "verdict", "raised") in verdicts
    assert far.student(ENDS).one() == 1
    assert far.server.alive and far.server.pid == before
