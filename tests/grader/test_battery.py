"""The battery: each demand passes a right student and fails a wrong one, here and in a sandbox."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from grader import Rng, battery, expect, observe, same_results, student_gradient
from grader.errors import Mismatch, StudentError
from grader.feedback import explain
from grader.sandbox.server import ForkServer

sys.path.insert(0, str(Path(__file__).parent))
import tiny

Z = np.array([[0.7353, -1.9171, 4.3717], [0.2939, 8.1913, 5.5937], [1.0, -2.0, 3.0], [2.5, 0.5, -1.5]])
WHOLE = np.array([[1.0, -2.0, 3.0], [4.0, 0.0, 5.0]])
LABELS = np.array([0, 2, 1, 1])
SECRETS = ("7353", "9171", "3717", "2939", "1913", "5937")

HEAD = """
import random, warnings
import numpy as np

def as_float(x):
    x = np.asarray(x)
    return x if x.dtype in (np.float32, np.float64) else x.astype(np.float64)

def softmax(z):
    z = as_float(z)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def loss(z, y):
    n = len(z)
    p = softmax(z)
    d = p.copy()
    d[np.arange(n), y] -= 1
    return float(-np.mean(np.log(p[np.arange(n), y]))), d / n

def square(x): return x ** 2
def normal(shape, rng): return rng.normal(size=shape)

class Linear:
    def __init__(self):
        self.params = {"W": np.ones((3, 2)), "b": np.zeros(2)}
        self.zero_grad()
    def zero_grad(self): self.grads = {k: np.zeros_like(v) for k, v in self.params.items()}
    def forward(self, x):
        self.x = x
        return x @ self.params["W"] + self.params["b"]
    def backward(self, dout):
        self.grads["W"] = self.grads["W"] + self.x.T @ dout
        self.grads["b"] = self.grads["b"] + dout.sum(axis=0)
        return dout @ self.params["W"].T
"""


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    if sys.platform != "linux":
        pytest.skip("the sandbox needs Linux")
    with ForkServer() as server:
        yield server


@pytest.fixture(params=tiny.KINDS)
def place(request: pytest.FixtureRequest) -> Iterator[tiny.Near | tiny.Far]:
    place = tiny.Near() if request.param == "local" else tiny.Far(request.getfixturevalue("server"))
    yield place
    place.close()


# (what to check, what must fail it: source that replaces a function, and words of the message)
DEMANDS = {
    "leaves arguments alone": (
        lambda s: battery.leaves_arguments_alone("softmax(z)", s.softmax, Z),
        [
            ("def softmax(z):\n    z -= z.max(axis=1, keepdims=True)\n    e = np.exp(z)\n    return e / e.sum(axis=1, keepdims=True)",
             "changed its argument number 1. Work on a new array"),
            ("def softmax(z):\n    if not z.flags.writeable: return 0 * z\n    return 1 * z", "with read-only arguments"),
        ],
    ),
    "names a changed keyword": (
        lambda s: battery.leaves_arguments_alone("square(x)", s.square, x=Z),
        [("def square(x):\n    x *= x\n    return x", "changed its argument number 'x'")],
    ),
    "accepts any layout": (
        lambda s: battery.accepts_any_layout("softmax(z)", s.softmax, Z),
        [
            ("def softmax(z): return z.ravel(order='K').reshape(z.shape) * 1.0", "with a Fortran-ordered array"),
            ("def softmax(z): return z * 1.0 if z.strides[-1] == z.itemsize or z.flags.f_contiguous else z * 2.0", "with a strided array"),
            ("def softmax(z): return z * 1.0 if z.strides[0] >= 0 else z * 2.0", "with a negatively strided array"),
            ("def softmax(z): return z * 1.0 if z.strides[0] else z * 2.0", "with a broadcast (stride 0) array"),
        ],
    ),
    "keeps float32": (
        lambda s: battery.keeps_float32("softmax(z)", s.softmax, Z),
        [
            ("def softmax(z): return np.asarray(z, dtype=float) * 2", "with float32 input has dtype float64, expected float32"),
            ("def softmax(z): return z * (1 if z.dtype == np.float64 else np.float32(1.01))", "with float32 input"),
            ("def softmax(z): return z.astype(np.float16).astype(z.dtype) if z.dtype == np.float32 else z", "with float32 input"),
        ],
    ),
    "keeps float32 in tuples": (
        lambda s: battery.keeps_float32("loss(z, y)", s.loss, Z, LABELS),
        [("def loss(z, y): return 1.0, np.asarray(z, dtype=float)", "part 2 of loss(z, y) with float32 input has dtype float64")],
    ),
    "accepts integers": (
        lambda s: battery.accepts_integers("softmax(z)", s.softmax, WHOLE),
        [
            ("def softmax(z): return z / 2 if z.dtype.kind == 'f' else z // 2 * 1.0", "with integer input"),
            ("def softmax(z): return z * 2", "whole numbers, expected floating-point"),
        ],
    ),
    "keeps a batch of one": (
        lambda s: battery.keeps_a_batch_of_one("softmax(z)", s.softmax, Z),
        [
            ("def softmax(z): return np.squeeze(z * 2.0)", "for one row has shape (3,), expected (1, 3)"),
            ("def softmax(z): return z - z.mean(axis=0)", "for one row"),
            ("def softmax(z): return z.sum()", "expected an array"),
            ("def softmax(z): return np.array(z.sum())", "expected one row for each of the 4 rows"),
        ],
    ),
    "treats rows alone": (
        lambda s: battery.treats_rows_alone("softmax(z)", s.softmax, Z),
        [
            ("def softmax(z): return z - z[0]", "with rows in another order"),
            ("def softmax(z): return np.sort(z, axis=0)", "Each row stands for itself."),
            ("def softmax(z): return z.sum(axis=1)[:2]", "expected one row for each of the 4 rows"),
        ],
    ),
    "averages over the batch": (
        lambda s: battery.averages_over_the_batch("loss(z, y)", s.loss, Z, LABELS),
        [
            ("def loss(z, y): return float(np.sum(z)), np.ones_like(z) / len(z)", "with the batch twice"),
            ("def loss(z, y): return float(np.mean(z)), np.ones_like(z)", "The gradient of a mean holds 1/N."),
            ("def loss(z, y): return float(z[0, 0]), z / len(z)", "The order of the rows must not matter."),
            ("def loss(z, y): return float(np.mean(z))", "expected a list or tuple"),
            ("def loss(z, y): return float(np.mean(z)), z[0]", "has shape (3,), expected (4, 3)"),
        ],
    ),
    "stays finite": (
        lambda s: battery.stays_finite("softmax(z)", s.softmax, 1e3 * Z),
        [
            ("def softmax(z):\n    e = np.exp(z)\n    return e / e.sum(axis=1, keepdims=True)", "nan of 12 entries"),
            ("def softmax(z):\n    e = np.exp(z)\n    return np.nan_to_num(e / e.sum(axis=1, keepdims=True))", "with huge input: overflow. The stub promises"),
            ("def softmax(z):\n    warnings.warn('secret ' + repr(z), RuntimeWarning)\n    return z", "a RuntimeWarning"),
            ("def softmax(z): return 'text'", "returned text"),
            ("def softmax(z): return None", "returned None"),
        ],
    ),
    "stays finite in each part": (
        lambda s: battery.stays_finite("loss(z, y)", s.loss, Z, LABELS),
        [
            ("def loss(z, y): return float('nan'), z", "is nan"),
            ("def loss(z, y): return np.float64('inf'), z", "is inf"),
            ("def loss(z, y): return 1.0, z * np.nan", "12 nan of 12 entries"),
            ("def loss(z, y): return {'a': [1.0, float('inf')]}", "is inf"),
        ],
    ),
    "draws only from its rng": (
        lambda s: battery.draws_only_from_its_rng("normal((3, 2), rng)", lambda rng: observe(s.normal, (3, 2), rng), s),
        [
            ("def normal(shape, rng): return np.random.normal(size=shape)", "uses a global random generator"),
            ("def normal(shape, rng): random.random(); return rng.normal(size=shape)", "uses a global random generator"),
            ("def normal(shape, rng):\n    np.random.seed(0)\n    return rng.normal(size=shape)", "uses a global random generator"),
            ("def normal(shape, rng): return np.random.default_rng(0).normal(size=shape)", "does not draw from the rng"),
            ("def normal(shape, rng): return np.zeros(shape)", "does not draw from the rng"),
            ("calls = []\ndef normal(shape, rng):\n    calls.append(1)\n    return rng.normal(size=shape) + len(calls)", "called again with the same seed"),
        ],
    ),
    "returns new arrays": (
        lambda s: battery.returns_new_arrays("square(x)", s.square, Z),
        [
            ("def square(x): return x", "returned memory of its argument number 1"),
            ("def square(x): return x[1:]", "returned memory of its argument number 1"),
            ("def square(x): return [x.T]", "returned memory of its argument number 1"),
        ],
    ),
    "accumulates gradients": (
        lambda s: battery.accumulates_gradients("layer", s.Linear(), Z, Z[:, :2]),
        [
            ("Linear.backward = lambda self, d: self.grads.update(W=self.x.T @ d, b=d.sum(axis=0))", "Gradients add up (+=) until zero_grad is called"),
            ("zero = Linear.zero_grad\nLinear.zero_grad = lambda self: None if hasattr(self, 'grads') else zero(self)", "after zero_grad"),
            ("xs = []\nold = Linear.backward\ndef back(self, d):\n    self.x = xs.pop(0)\n    old(self, d)\nLinear.backward = back\nLinear.forward = lambda self, x: xs.append(x)", "backward belongs to the last forward"),
            ("old = Linear.backward\ndef gone(self, d):\n    old(self, d)\n    self.grads = {'W': self.grads['W']}\nLinear.backward = gone", "has no key 'b'"),
            ("def none(self): self.grads = None\nLinear.zero_grad = Linear.backward = lambda self, *a: none(self)", "layer.grads returned None"),
            ("Linear.zero_grad = Linear.backward = lambda self, *a: setattr(self, 'grads', [1, 2])", "expected a dict"),
        ],
    ),
    "a float": (
        lambda s: expect("loss", s.loss(Z, LABELS)[0]).is_float(),
        [("def loss(z, y): return np.ones(1), z", "expected a float. float(...) makes one."), ("def loss(z, y): return 1, z", "expected a float")],
    ),
}  # fmt: skip
WRONG = [(name, source, words) for name, (_, wrongs) in DEMANDS.items() for source, words in wrongs]


@pytest.mark.parametrize("name", DEMANDS)
def test_right_students_pass(place, name):
    """a correct function meets the demand"""
    DEMANDS[name][0](place.student(HEAD))


@pytest.mark.parametrize(
    ("name", "source", "words"), WRONG, ids=[f"{n}-{i}" for i, (n, _, _) in enumerate(WRONG)]
)
def test_wrong_students_fail(place, name, source, words):
    """a function that breaks the demand gets a Mismatch that says how, without a value of the test"""
    student = place.student(f"{HEAD}\n{source}\n")
    with pytest.raises(Mismatch) as caught:
        DEMANDS[name][0](student)
    message = caught.value.message
    assert words in message
    assert not any(secret in message for secret in (*SECRETS, "secret")), message


def test_layouts_are_what_their_names_say():
    """each layout holds the values of the array, the broadcast one its first row"""
    found = dict(battery.layouts(Z))
    assert found["Fortran-ordered"].flags.f_contiguous and not found["Fortran-ordered"].flags.c_contiguous
    assert not found["strided"].flags.c_contiguous
    assert found["negatively strided"].strides[0] < 0
    assert found["broadcast (stride 0)"].strides[0] == 0
    for name, other in found.items():
        assert np.array_equal(other, Z) or (name.startswith("broadcast") and np.array_equal(other[-1], Z[0]))
    assert [n for n, _ in battery.layouts(np.arange(3))] == ["strided", "negatively strided"]


def test_integer_arguments_stay_as_they_are(place):
    """labels are not turned into floats by the dtype checks"""
    student = place.student(
        "import numpy as np\ndef f(x, y):\n    assert y.dtype.kind == 'i'\n    return x * (1 if x.dtype.kind == 'f' else 1.0)"
    )
    battery.keeps_float32("f(x, y)", student.f, Z, LABELS[:, None])
    battery.accepts_integers("f(x, y)", student.f, WHOLE, LABELS[:2, None])


# whatever a student returns --------------------------------------------------------------------------------------

ODD = [
    "None", "True", "3", "10**400", "-10**400", "1.5", "float('nan')", "float('inf')", "1j", "'text'", "b'x'", "[]", "()", "{}",
    "[1, 2]", "[[1], [2, 3]]", "(1.0, None)", "(None, None)", "(np.ones((4, 3)), 1.0)", "(1.0, np.ones((4, 3)))", "(1.0, 'x')",
    "('a', np.ones((4, 3)))", "{'a': 1}", "{1: np.ones(3)}", "{(1, 2): 3}", "{1, 2}", "(i for i in range(3))", "Thing()", "Thing",
    "F(2.0)", "P(1.0, np.ones((4, 3)))", "np.float64(2.0)", "np.float16(2.0)", "np.int32(3)", "np.bool_(True)", "np.longdouble(1.0)",
    "np.str_('q')", "np.datetime64('2020-01-01')", "np.complex64(1j)", "np.array(2.0)", "np.array([])", "np.zeros((0, 3))",
    "np.ones(4)", "np.ones((4, 3))", "np.ones((3, 4))", "np.ones((4, 1))", "np.ones((4, 3), int)", "np.ones((4, 3), bool)",
    "np.ones((4, 3), 'u1')", "np.ones((4, 3), 'f2')", "np.ones((4, 3), 'f4')", "np.ones((4, 3), complex)",
    "np.full((4, 3), np.nan)", "np.full((4, 3), np.inf)", "np.array([1, None], dtype=object)", "np.array(['a'])",
    "np.ones((4, 3)).view(A)", "np.ma.masked_array([1.0], [True])", "np.ones((4, 3), '>f8')", "np.full((4, 3), -2**63)",
    "np.full((4, 3), 1e308)", "1e308", "(1.0, np.full((4, 3), 1e308))", "(float('nan'), np.ones((4, 3)))", "range(3)", "print", "np",
    "slice(1)", "Ellipsis", "-0.0", "[np.ones(2), {1}]",
]  # fmt: skip
ZOO = (
    """
import collections
import numpy as np
class F(float): pass
class A(np.ndarray): pass
class Thing:
    def zero_grad(self): pass
P = collections.namedtuple("P", "a b")
class Layer:
    def __init__(self, make): self.make, self.grads = make, {"W": make(), "b": make()}
    def zero_grad(self): self.grads = {"W": self.make(), "b": self.make()}
    def forward(self, x): return self.make()
    def backward(self, d): return self.make()
class Other(Layer):
    def zero_grad(self): self.grads = self.make()
"""
    + "\n".join(f"def f{i}(*args, **kwargs): return {odd}" for i, odd in enumerate(ODD))
    + "\n"
)
JUDGEMENTS = {
    "B1": lambda s, f: battery.leaves_arguments_alone("f(x)", f, Z),
    "B2": lambda s, f: battery.accepts_any_layout("f(x)", f, Z),
    "B3": lambda s, f: battery.keeps_float32("f(x)", f, Z),
    "B4": lambda s, f: battery.keeps_a_batch_of_one("f(x)", f, Z),
    "B5": lambda s, f: battery.accepts_integers("f(x)", f, Z),
    "B6": lambda s, f: battery.treats_rows_alone("f(x)", f, Z),
    "B7": lambda s, f: battery.averages_over_the_batch("f(x)", f, Z, LABELS),
    "B8": lambda s, f: battery.stays_finite("f(x)", f, 1e3 * Z),
    "B9": lambda s, f: battery.draws_only_from_its_rng("f(x)", lambda rng: observe(f, (3, 2), rng), s),
    "B11": lambda s, f: battery.accumulates_gradients("layer", s.Layer(f), Z, Z[:, :2]),
    "B11 grads": lambda s, f: battery.accumulates_gradients("layer", s.Other(f), Z, Z[:, :2]),
    "B12": lambda s, f: battery.returns_new_arrays("f(x)", f, Z),
    "close number": lambda s, f: expect("f(x)", f(Z)).close_to(0.123, batch=4),
    "close array": lambda s, f: expect("f(x)", f(Z)).close_to(Z + 5, batch=4, upstream=Z),
    "close integers": lambda s, f: expect("f(x)", f(Z)).close_to(np.zeros((4, 3), int)),
    "close bools": lambda s, f: expect("f(x)", f(Z)).close_to(np.zeros((4, 3), bool)),
    "close complex": lambda s, f: expect("f(x)", f(Z)).close_to(np.zeros((4, 3), complex)),
    "equals array": lambda s, f: expect("f(x)", f(Z)).equals(np.zeros((4, 3), int)),
    "equals list": lambda s, f: expect("f(x)", f(Z)).equals([1, 2, np.zeros(3)]),
    "gradient": lambda s, f: expect("f(x)", f(Z)).gradient(lambda x: np.sum(x**3), at=Z),
    "own gradient": lambda s, f: expect("f(x)", Z).gradient(student_gradient(f, (Z,))),
    "own gradient pick": lambda s, f: expect("f(x)", Z).gradient(student_gradient(f, (Z,), pick=0)),
    "own gradient dout": lambda s, f: expect("f(x)", Z).gradient(
        student_gradient(f, (Z,), dout=np.ones((4, 3)))
    ),
    "unpack": lambda s, f: [p.number() for p in expect("f(x)", f(Z)).unpack("a", "b")],
    "keys": lambda s, f: expect("f(x)", f(Z)).keys("W"),
    "array": lambda s, f: expect("f(x)", f(Z)).array((2, 2)),
    "bounds": lambda s, f: expect("f(x)", f(Z)).between(7, 8),
    "same": lambda s, f: same_results("f(x)", f(Z), f(Z)),
    "same as pair": lambda s, f: same_results("f(x)", f(Z), (Z, Z)),
    "pair same as": lambda s, f: same_results("f(x)", (Z, Z), f(Z)),
}


@pytest.mark.parametrize("judgement", JUDGEMENTS)
def test_no_return_value_is_the_graders_fault(judgement):
    """whatever a student returns, a judgement passes or is a Mismatch or StudentError: never `grader_error`"""
    near = tiny.Near()
    student = near.student(ZOO)
    for i, odd in enumerate(ODD):
        try:
            with np.errstate(all="ignore"):
                JUDGEMENTS[judgement](student, getattr(student, f"f{i}"))
        except (Mismatch, StudentError) as error:
            found = explain(error, "x.py", "f").verdict
        except BaseException as error:
            found = f"{type(error).__name__}: {error}"
        else:
            found = "passed"
        assert found in ("passed", "failed", "raised"), f"{judgement} of {odd}"
    near.close()


def test_an_rng_that_is_not_used_twice_is_new_each_time(place):
    """the battery's generators do not depend on what was drawn before"""
    student = place.student(HEAD)
    for _ in range(2):
        battery.draws_only_from_its_rng("normal", lambda rng: observe(student.normal, (2,), rng), student)
    assert np.array_equal(student.normal((2,), Rng(7)), student.normal((2,), Rng(7)))
