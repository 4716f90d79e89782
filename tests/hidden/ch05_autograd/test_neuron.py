"""neuron_terms: values by loops, finite differences, form."""

import math

import numpy as np

from grader import battery, expect, observe, points, refuses

CALL = "neuron_terms(x, w, b, dl_dz_next, w_next)"


def logistic(z):
    return 1.0 / (1.0 + math.exp(-z))


def by_loops(x, w, b, dl_dz_next, w_next):
    """The three terms, one product after the other; the slope of the logistic function as a difference of exps."""
    z = float(b)
    for d in range(len(x)):
        z += float(x[d]) * float(w[d])
    slope = 1.0 / (math.exp(z / 2) + math.exp(-z / 2)) ** 2
    dl_dz = 0.0
    for k in range(len(w_next)):
        dl_dz += slope * float(w_next[k]) * float(dl_dz_next[k])
    return np.array(x, dtype=float), dl_dz, np.array([dl_dz * float(v) for v in x])


def random_neuron(rng, D, K):
    x, w = rng.normal(size=D), rng.normal(size=D)
    return x, w, float(rng.normal()), rng.normal(size=K), rng.normal(size=K)


def terms(value, call=CALL):
    """The three expectations, in the order of the docstring."""
    found = expect(call, value).keys("dz_dw", "dl_dz", "dl_dw")
    return found["dz_dw"], found["dl_dz"], found["dl_dw"]


@points(0.75, of="neuron_terms")
def test_neuron_terms_of_the_forward_pass(student, rng):
    """dz_dw is what z changes by when a weight changes"""
    for D, K in ((3, 2), (2, 4), (1, 1)):
        x, w, b, dl_dz_next, w_next = random_neuron(rng, D, K)
        got, _, _ = terms(student.neuron_terms(x, w, b, dl_dz_next, w_next))
        got.gradient(lambda v, x=x, b=b: float(np.sum(x * v)) + b, at=w)


@points(1, of="neuron_terms")
def test_neuron_terms_of_the_backward_pass(student, rng):
    """dl_dz is a float and collects what comes from all next neurons, through weights and sigmoid"""
    for D, K in ((3, 2), (2, 4), (4, 1), (1, 3)):
        args = random_neuron(rng, D, K)
        _, got, _ = terms(student.neuron_terms(*args))
        got.is_float().close_to(by_loops(*args)[1])


@points(1.25, of="neuron_terms")
def test_neuron_terms_multiply_to_the_gradient(student, rng):
    """dl_dw agrees with finite differences of the loss"""
    for D, K in ((3, 2), (3, 3), (5, 1), (1, 4)):
        x, w, b, dl_dz_next, w_next = random_neuron(rng, D, K)
        dl_dz_next, w_next = np.abs(dl_dz_next) + 0.5, np.abs(w_next) + 0.5  # a sum that cannot cancel
        _, _, got = terms(student.neuron_terms(x, w, b, dl_dz_next, w_next))

        def loss(v, x=x, b=b, c=dl_dz_next, u=w_next):
            return float(np.sum(c * u)) * logistic(float(np.sum(x * v)) + b)

        got.gradient(loss, at=w)


@points(0.5, of="neuron_terms")
def test_neuron_terms_by_hand(student):
    """the neuron of the lecture notes, and gradients that cancel, by hand"""
    x, w = np.array([-1.0, -2.0, 1.0]), np.array([2.0, -3.0, -3.0])
    first, middle, last = terms(student.neuron_terms(x, w, 0.0, np.array([1.0]), np.array([1.0])))
    slope = logistic(1.0) * (1.0 - logistic(1.0))
    first.close_to(x)
    middle.close_to(slope)
    last.close_to([-slope, -2 * slope, slope])
    args = (np.zeros(2), np.ones(2), 0.0, np.array([4.0, -2.0]), np.array([1.0, 2.0]))
    first, middle, last = terms(student.neuron_terms(*args))
    first.close_to([0.0, 0.0])
    middle.close_to(0.0)
    last.close_to([0.0, 0.0])


@points(0.5, of="neuron_terms", needs="test_neuron_terms_multiply_to_the_gradient")
def test_neuron_terms_of_a_saturated_neuron(student):
    """for z in the thousands dl_dz and dl_dw are 0, and no warning appears"""
    for sign in (1.0, -1.0):
        x = np.array([1000.0, 2000.0])
        seen = observe(student.neuron_terms, x, np.full(2, sign), 5.0, np.ones(2), np.ones(2))
        first, middle, last = terms(seen.value)
        first.close_to(x)
        middle.close_to(0.0)
        last.close_to([0.0, 0.0])
        middle.satisfies(not seen.warnings, "there was a warning. Which exp was too large?")


@points(0.25, of="neuron_terms", needs="test_neuron_terms_multiply_to_the_gradient")
def test_neuron_terms_refuse_what_does_not_fit(student, rng):
    """x and w, and the two arrays of the next layer, must agree in shape"""
    x, w, b, dl_dz_next, w_next = random_neuron(rng, 3, 2)
    refuses(
        f"{CALL} with a weight missing", ValueError, student.neuron_terms, x, w[:2], b, dl_dz_next, w_next
    )
    one = dl_dz_next[:1]
    refuses(f"{CALL} with a neuron missing", ValueError, student.neuron_terms, x, w, b, one, w_next)


@points(0.5, of="neuron_terms", needs="test_neuron_terms_multiply_to_the_gradient")
def test_neuron_terms_behave(student, rng):
    """neuron_terms leaves its arguments alone and returns new arrays"""
    args = random_neuron(rng, 3, 2)
    battery.leaves_arguments_alone(CALL, student.neuron_terms, *args)
    seen = observe(student.neuron_terms, *args)
    judged = expect(CALL, seen.value)
    judged.satisfies(not seen.shares, "a result shares memory with an argument. Return new arrays.")
    first, _, last = terms(seen.value)
    first.close_to(args[0])
    last.close_to(by_loops(*args)[2])
    other = random_neuron(rng, 3, 2)
    for neuron in (other, args):
        for got, want in zip(terms(student.neuron_terms(*neuron)), by_loops(*neuron), strict=True):
            got.close_to(want)


@points(0.5, of="neuron_terms", needs="test_neuron_terms_multiply_to_the_gradient")
def test_neuron_terms_suit_any_array(student, rng):
    """neuron_terms takes integers and any memory layout, and keeps float32"""
    args = random_neuron(rng, 4, 3)
    battery.accepts_any_layout(CALL, student.neuron_terms, *args)
    battery.keeps_float32(CALL, student.neuron_terms, *args)
    whole = [np.round(2 * a) if isinstance(a, np.ndarray) else 0.5 for a in args]
    battery.accepts_integers(CALL, student.neuron_terms, *whole)
