"""The operations of Value: data, local derivatives, numbers on either side, and whole expressions.

Expected derivatives come from complex steps: f(x + ih) for h = 1e-30 has the imaginary part h f'(x), exact to
rounding. `Number` does the forward arithmetic of Value with complex numbers.
"""

import cmath
import math

import numpy as np

from grader import expect, in_worker, points, refuses

STEP = 1e-30


class Number:
    """A complex number with the operations of Value."""

    def __init__(self, z):
        self.z = z.z if isinstance(z, Number) else complex(z)

    def __add__(self, other):
        return Number(self.z + Number(other).z)

    def __sub__(self, other):
        return Number(self.z - Number(other).z)

    def __mul__(self, other):
        return Number(self.z * Number(other).z)

    def __truediv__(self, other):
        return Number(self.z / Number(other).z)

    def __pow__(self, k):
        return Number(self.z**k)

    def __neg__(self):
        return Number(-self.z)

    def __radd__(self, number):
        return Number(number) + self

    def __rsub__(self, number):
        return Number(number) - self

    def __rmul__(self, number):
        return Number(number) * self

    def __rtruediv__(self, number):
        return Number(number) / self

    def exp(self):
        return Number(cmath.exp(self.z))

    def log(self):
        return Number(cmath.log(self.z))

    def relu(self):
        return Number(self.z if self.z.real > 0 else 0.0)

    def tanh(self):
        return Number(cmath.tanh(self.z))

    def sigmoid(self):
        return Number(1.0 / (1.0 + cmath.exp(-self.z)))


def value_and_gradient(f, at):
    """f at real numbers, and its derivative with respect to each of them."""
    points_near = [
        [Number(complex(x, STEP if i == k else 0.0)) for i, x in enumerate(at)] for k in range(len(at))
    ]
    results = [f(*near).z for near in points_near]
    return results[0].real, np.array([z.imag / STEP for z in results])


def check(student, call, f, *at):
    """data and gradients of the student's f(Value, ...) at these numbers."""
    value, gradient = value_and_gradient(f, at)
    leaves = [student.Value(float(x)) for x in at]
    out = f(*leaves)
    expect(f"({call}).data", out.data).close_to(value, rtol=1e-9)
    out.backward()
    for name, leaf, slope in zip("abcd", leaves, gradient, strict=False):
        expect(f"{name}.grad for y = {call}", leaf.grad).close_to(slope, rtol=1e-8)


def apart(rng, count, low=0.3, high=2.0):
    """Numbers of both signs, away from 0."""
    return [float(v) for v in rng.uniform(low, high, size=count) * rng.choice([-1.0, 1.0], size=count)]


@in_worker
def outputs_and_gradients(student, programs):
    found = []
    for leaves, steps in programs:
        n = [student.Value(x) for x in leaves]
        for step in steps:
            n.append(eval(step, {"n": n}))
        n[-1].backward()
        found.append([float(n[-1].data)] + [float(leaf.grad) for leaf in n[: len(leaves)]])
    return found


def random_program(rng, leaves, length):
    """Steps such as "n[0] * n[3]", all harmless: no kink near, no division by nearly 0, nothing large."""
    nodes, steps = [Number(x) for x in leaves], []
    while len(steps) < length:
        i, j = (int(k) for k in rng.integers(0, len(nodes), size=2))
        if rng.random() < 0.6:  # go on with what is new, so that the graph becomes deep
            i = len(nodes) - 1
        a, b = f"n[{i}]", f"n[{j}]"
        c = round(float(rng.uniform(0.5, 2.0)), 3)
        forms = [f"{a} + {b}", f"{a} - {b}", f"{b} - {a}", f"{a} * {b}", f"{a} / {b}", f"{b} / {a}", f"-{a}"]
        forms += [f"{a} + {c}", f"{c} + {a}", f"{a} - {c}", f"{c} - {a}", f"{a} * {c}", f"{c} * {a}"]
        forms += [f"{a} / {c}", f"{c} / {a}", f"{a} ** 2", f"{a} ** 3", f"{a} ** -1", f"{a} ** {c}"]
        forms += [f"{a}.{name}()" for name in ("exp", "log", "relu", "tanh", "sigmoid")]
        form = forms[int(rng.integers(len(forms)))]
        operand = nodes[j if form == f"{a} / {b}" else i].z.real
        if any(sign in form for sign in ("/", "log", "relu", "**")) and abs(operand) < 0.3:
            continue
        if ("log" in form or form == f"{a} ** {c}") and operand < 0:
            continue
        new = eval(form, {"n": nodes})
        if 0.01 < abs(new.z.real) < 6.0 or ("relu" in form and new.z == 0):
            nodes.append(new)
            steps.append(form)
    return steps


# one operation at a time -------------------------------------------------------------------------------------


@points(1, of="Value")
def test_value_adds(student, rng):
    """the sum of values has the right data, a float, and the gradient 1 for each of them"""
    check(student, "a + b + c", lambda a, b, c: a + b + c, *apart(rng, 3))
    three = student.Value(3)
    five = three + student.Value(2)
    for name, value, number in (("Value(3)", three, 3.0), ("Value(3) + Value(2)", five, 5.0)):
        expect(f"({name}).data", value.data).close_to(number).is_float()
        expect(f"({name}).grad", value.grad).close_to(0.0, hint="Nothing has been differentiated yet.")


@points(1, of="Value")
def test_value_multiplies(student, rng):
    """the product of values has the right data and gradients, at 0 as well"""
    check(student, "a * b + c", lambda a, b, c: a * b + c, *apart(rng, 3))
    check(student, "a * b", lambda a, b: a * b, 0.0, 3.0)
    check(student, "a * b", lambda a, b: a * b, -2.0, 0.0)


@points(1, of="Value")
def test_value_subtracts_and_negates(student, rng):
    """differences and -a have the right data and gradients"""
    check(student, "a - b + c", lambda a, b, c: a - b + c, *apart(rng, 3))
    check(student, "a + (b - c)", lambda a, b, c: a + (b - c), *apart(rng, 3))
    check(student, "-a + b", lambda a, b: -a + b, *apart(rng, 2))


@points(1.25, of="Value")
def test_value_divides(student, rng):
    """quotients have the right data and gradients, for numerator and denominator of any sign"""
    for a, b in ((1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)):
        sizes = rng.uniform(0.4, 2.5, size=3)
        check(student, "a / b + c", lambda a, b, c: a / b + c, a * sizes[0], b * sizes[1], sizes[2])
    check(student, "a / b + b", lambda a, b: a / b + b, 0.0, -4.0)


@points(1.25, of="Value")
def test_value_raises_to_a_power(student, rng):
    """a ** k has the right data and gradient for whole, negative and broken k, and for negative a"""
    a, c = (float(v) for v in rng.uniform(0.5, 2.0, size=2))
    for k in (2, 3, 1, -1, -2, 0.5, -1.5, 2.0, 5):
        check(student, "a ** k + c", lambda a, c, k=k: a**k + c, a, c)
    for k in (2, 3, -1, -2, 3.0):
        check(student, "a ** k + c for a negative a", lambda a, c, k=k: a**k + c, -a, c)


@points(0.5, of="Value", needs="test_value_raises_to_a_power")
def test_value_raises_zero_to_a_power(student):
    """a ** k is right at 0 for k = 0, 1, 2, 3, and a ** 0 is 1 with gradient 0 everywhere"""
    for a, k, data, slope in (
        (0.0, 0, 1, 0),
        (0.0, 1, 0, 1),
        (0.0, 2, 0, 0),
        (0.0, 3, 0, 0),
        (5.0, 0, 1, 0),
        (-5.0, 0, 1, 0),
    ):
        leaf = student.Value(a)
        out = leaf**k
        out.backward()
        expect("(a ** k).data", out.data).close_to(float(data))
        expect("a.grad for y = a ** k", leaf.grad).close_to(float(slope))


@points(1, of="Value")
def test_value_exp_and_log(student, rng):
    """exp and the natural logarithm have the right data and gradients"""
    for a in (*apart(rng, 2), 0.0, -8.0, 5.0):
        check(student, "a.exp() + b", lambda a, b: a.exp() + b, a, 1.5)
    for number in (-300.0, 300.0):
        a = student.Value(number)
        y = a.exp()
        y.backward()
        want, hint = math.exp(number), "Was something clipped?"
        expect("a.exp().data far out", y.data).close_to(want, atol=0, hint=hint)
        expect("a.grad for y = a.exp() far out", a.grad).close_to(want, atol=0, hint=hint)
    for a in (float(rng.uniform(1.2, 4.0)), float(rng.uniform(0.1, 0.8)), 1.0, 1e-3):
        check(student, "a.log() + b", lambda a, b: a.log() + b, a, 1.5)


@points(0.25, of="Value", needs=("test_value_exp_and_log", "test_value_raises_to_a_power"))
def test_value_refuses_what_has_no_answer(student):
    """the logarithm of 0 or less is a ValueError, a Value as exponent a TypeError"""
    a, b = student.Value(2.0), student.Value(3.0)
    refuses("a ** b", TypeError, lambda: a**b)
    for number in (0.0, -1.0):
        refuses("a.log() where a is not positive", ValueError, student.Value(number).log)


@points(0.75, of="Value")
def test_value_relu(student, rng):
    """relu keeps positive numbers; the gradient passes there and nowhere else"""
    for a in (*apart(rng, 3), 1e-9, -1e-9, 30.0, -30.0):
        check(student, "a.relu() + b", lambda a, b: a.relu() + b, a, -2.0)


@points(0.5, of="Value", needs="test_value_relu")
def test_value_relu_at_the_kink(student):
    """the derivative of relu at 0 is 0"""
    for zero in (0.0, -0.0):
        a = student.Value(zero)
        y = a.relu() * 3
        y.backward()
        expect("a.relu().data", a.relu().data).close_to(0.0)
        expect("a.grad for y = a.relu() * 3", a.grad).close_to(0.0, hint="What does the stub say of 0?")


@points(1, of="Value")
def test_value_tanh_and_sigmoid(student, rng):
    """tanh and sigmoid have the right data and gradients"""
    for a in (*apart(rng, 3), 0.0, 4.0, -4.0):
        check(student, "a.tanh() + b", lambda a, b: a.tanh() + b, a, 1.5)
        check(student, "a.sigmoid() + b", lambda a, b: a.sigmoid() + b, a, 1.5)


@points(0.5, of="Value", needs="test_value_tanh_and_sigmoid")
def test_value_tanh_and_sigmoid_far_out(student):
    """tanh and sigmoid of huge numbers are right and have the gradient 0"""
    for size in (800.0, 1e4, 1e300):
        for name, ends in (("tanh", (-1.0, 1.0)), ("sigmoid", (0.0, 1.0))):
            for a, end in zip((-size, size), ends, strict=True):
                leaf = student.Value(a)
                out = getattr(leaf, name)()
                out.backward()
                expect(f"a.{name}().data for a huge a", out.data).close_to(end)
                expect(f"a.grad for y = a.{name}() and a huge a", leaf.grad).close_to(0.0)


@points(1.5, of="Value")
def test_value_meets_numbers(student, rng):
    """a number may stand on either side of + - * /, and the order counts"""
    forms = {
        "a + 2": lambda a: a + 2,
        "2 + a": lambda a: 2 + a,
        "a - 1": lambda a: a - 1,
        "1 - a": lambda a: 1 - a,
        "a * 3": lambda a: a * 3,
        "3 * a": lambda a: 3 * a,
        "a / 4": lambda a: a / 4,
        "1 / a": lambda a: 1 / a,
        "2.5 - a * 0.5": lambda a: 2.5 - a * 0.5,
        "-1.5 / (a + 4.0)": lambda a: -1.5 / (a + 4.0),
        "a + a0 where a0 is a numpy number": lambda a: a + np.float64(0.25),
        "a0 * a where a0 is a numpy number": lambda a: np.float64(0.25) * a,
    }
    for call, f in forms.items():
        check(student, call, f, float(rng.uniform(0.5, 3.0)))
    check(student, "1 / a", forms["1 / a"], float(rng.uniform(-3.0, -0.5)))


@points(2, of="Value")
def test_value_hands_on_what_comes_from_above(student, rng):
    """the chain rule: each operation multiplies what comes from above by its local derivative"""
    forms = {
        "(2*a + 3*b) * c": lambda a, b, c: (2 * a + 3 * b) * c,
        "(2*a - 3*b) * c": lambda a, b, c: (2 * a - 3 * b) * c,
        "(2*a) * (3*b) * c": lambda a, b, c: (2 * a) * (3 * b) * c,
        "(2*a) / (3*b) * c": lambda a, b, c: (2 * a) / (3 * b) * c,
        "(2*a + b) ** 3 * c": lambda a, b, c: (2 * a + b) ** 3 * c,
        "-(2*a) * c - b": lambda a, b, c: -(2 * a) * c - b,
        "(1 - 2*a) * c + b": lambda a, b, c: (1 - 2 * a) * c + b,
        "3 / (2*a) * c + b": lambda a, b, c: 3 / (2 * a) * c + b,
        "(2*a).exp() * c + b": lambda a, b, c: (2 * a).exp() * c + b,
        "(2*a).log() * c + b": lambda a, b, c: (2 * a).log() * c + b,
        "(2*a).relu() * c + b": lambda a, b, c: (2 * a).relu() * c + b,
        "(2*a).tanh() * c + b": lambda a, b, c: (2 * a).tanh() * c + b,
        "(2*a).sigmoid() * c + b": lambda a, b, c: (2 * a).sigmoid() * c + b,
        "((a * b).tanh() * c).exp()": lambda a, b, c: ((a * b).tanh() * c).exp(),
        "((a * b).sigmoid().log() * c).sigmoid()": lambda a, b, c: ((a * b).sigmoid().log() * c).sigmoid(),
    }
    for call, f in forms.items():
        a, b = (float(v) for v in rng.uniform(0.4, 1.5, size=2))
        check(student, call, f, a, b, -1.7)


# whole expressions -------------------------------------------------------------------------------------------


@points(2.5, of="Value")
def test_value_differentiates_random_expressions(student, rng):
    """100 random expressions of ten operations have the right values and gradients"""
    programs, want = [], []
    while len(programs) < 100:
        leaves = apart(rng, 3)
        steps = random_program(rng, leaves, 10)

        def run(*numbers, steps=steps):
            n = list(numbers)
            for step in steps:
                n.append(eval(step, {"n": n}))
            return n[-1]

        value, gradient = value_and_gradient(run, leaves)
        if gradient.any():
            programs.append((leaves, steps))
            want.append([value, *gradient])
    got = np.array(outputs_and_gradients(student, programs))
    scale = np.abs(want).max(
        axis=1, keepdims=True
    )  # entries that cancel are judged by the largest of the row
    judged = expect("values and gradients of 100 random expressions", got / np.maximum(scale, 1.0))
    judged.close_to(np.array(want) / np.maximum(scale, 1.0), rtol=1e-9, atol=1e-9)


@points(1.5, of="Value")
def test_value_reproduces_published_numbers(student):
    """three expressions from lecture notes and from micrograd have the published values and gradients"""
    a, b = student.Value(-4.0), student.Value(2.0)
    c, d = a + b, a * b + b**3
    c = c + (c + 1)
    c = c + (1 + c - a)
    d = d + (d * 2 + (a + b).relu())
    d = d + (3 * d + (b - a).relu())
    square = (c - d) ** 2
    g = square / 2.0 + 10.0 / square
    g.backward()
    expect("g.data", g.data).close_to(24.7041, atol=5e-5)
    expect("a.grad", a.grad).close_to(138.8338, atol=5e-5)
    expect("b.grad", b.grad).close_to(645.5773, atol=5e-5)

    x = student.Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    y = (z * z).relu() + q + q * x
    y.backward()
    expect("y.data", y.data).close_to(-20.0)
    expect("x.grad", x.grad).close_to(46.0)

    check(
        student,
        "(a + b.sigmoid()) / (a.sigmoid() + (a + b) ** 2)",
        lambda a, b: (a + b.sigmoid()) / (a.sigmoid() + (a + b) ** 2),
        3.0,
        -4.0,
    )


@points(1, of="Value")
def test_value_makes_softmax_out_of_gates(student, rng):
    """the loss -log(p[y]) of a softmax made of exp, + and / has the gradient p - one_hot(y)"""
    for p in ([0.2, 0.3, 0.5], rng.dirichlet(np.ones(4))):
        for label in range(len(p)):
            scores = [student.Value(float(np.log(v)) + 1.0) for v in p]
            powers = [s.exp() for s in scores]
            total = powers[0]
            for power in powers[1:]:
                total = total + power
            loss = -(powers[label] / total).log()
            loss.backward()
            expect("loss.data", loss.data).close_to(-float(np.log(p[label])))
            got = np.array([expect("the gradient of a score", s.grad).number() for s in scores])
            want = np.array([float(v) - (k == label) for k, v in enumerate(p)])
            expect("the gradients of the scores", got).close_to(want)
