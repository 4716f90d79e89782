"""cross_entropy, entropy and kl_divergence: measures of distributions, for one or for many."""

import math

import numpy as np

from grader import battery, expect, observe, points, refuses


def cross_entropy_by_loops(p, q):
    """-sum p log q of two rows; p = 0 adds nothing, q = 0 where p > 0 makes it inf."""
    total = 0.0
    for a, b in zip(p, q, strict=True):
        if a > 0:
            total += a * -math.log(b) if b > 0 else math.inf
    return total


def each_row(p, q):
    return [cross_entropy_by_loops(a, b) for a, b in zip(p.tolist(), q.tolist(), strict=True)]


def distributions(rng, rows, classes):
    """Random rows that sum to 1."""
    weights = rng.exponential(size=(rows, classes))
    return weights / weights.sum(axis=1, keepdims=True)


def keeps_to_itself(call, function, *args):
    """B1 and B12: arguments stay as they are, the result is a new array."""
    battery.leaves_arguments_alone(call, function, *args)
    battery.returns_new_arrays(call, function, *args)


def without_a_warning(call, function, *args):
    """The result of a call of which the stub promises that it warns of nothing."""
    seen = observe(function, *args)
    noisy = [text for category, text, _ in seen.warnings if category == "RuntimeWarning"]
    words = "numpy warned, and the stub promises that it does not. Which logarithm is not needed?"
    expect(call, seen.value).satisfies(not noisy, words)
    return seen.value


def whole(classes, *columns):
    """Certain distributions, in whole numbers as floats."""
    return np.eye(classes)[list(columns)]


# cross_entropy ---------------------------------------------------------------------------------------------


@points(1, of="cross_entropy")
def test_cross_entropy_matches_the_formula(student, rng):
    """cross_entropy agrees with the formula, for many pairs and for a single one"""
    for rows, classes in ((6, 4), (3, 3), (1, 5)):
        p, q = distributions(rng, rows, classes), distributions(rng, rows, classes)
        expect("cross_entropy(p, q)", student.cross_entropy(p, q)).close_to(each_row(p, q))
        single = student.cross_entropy(p[0], q[0])
        expect("cross_entropy(p, q) of single distributions", single).close_to(each_row(p, q)[0])


@points(0.5, of="cross_entropy", needs="test_cross_entropy_matches_the_formula")
def test_cross_entropy_skips_impossible_classes(student, rng):
    """a class with p = 0 adds nothing to cross_entropy, also if its q is 0"""
    p = np.array([[0.0, 0.25, 0.75], [0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])
    q = np.array([[0.0, 0.5, 0.5], [0.5, 0.25, 0.25], [1.0, 0.0, 0.0]])
    expect("cross_entropy(p, q)", student.cross_entropy(p, q)).close_to(
        each_row(p, q), hint="0 * log 0 is 0 here."
    )


@points(0.5, of="cross_entropy", needs="test_cross_entropy_matches_the_formula")
def test_cross_entropy_is_infinite_for_the_impossible(student):
    """cross_entropy is inf, without a warning, where q is 0 although p is not, and only there"""
    p = np.array([[0.5, 0.5, 0.0], [1e-9, 0.5, 0.5 - 1e-9], [0.5, 0.5, 0.0], [1e-30, 1.0, 0.0]])
    q = np.array([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])
    hint = "An event that was held to be impossible surprises without limit."
    expect("cross_entropy(p, q)", student.cross_entropy(p, q)).close_to(
        [math.inf, math.inf, math.log(2), math.inf], hint=hint
    )
    without_a_warning("cross_entropy(p, q) with a q of 0", student.cross_entropy, p, q)


@points(0.5, of="cross_entropy", needs="test_cross_entropy_matches_the_formula")
def test_cross_entropy_of_a_certain_truth(student, rng):
    """if the truth is one-hot, cross_entropy is -log q of that class; it is smallest for q = p"""
    q = distributions(rng, 4, 3)
    p = whole(3, 2, 0, 1, 1)
    want = [-math.log(q[row, column]) for row, column in enumerate((2, 0, 1, 1))]
    expect("cross_entropy(p, q)", student.cross_entropy(p, q)).close_to(want)
    # far from the truth it may grow beyond any constant that is added inside the logarithm
    tiny = np.array([[1 - 1e-30, 1e-30]])
    expect("cross_entropy(p, q)", student.cross_entropy(whole(2, 1), tiny)).close_to([30 * math.log(10)])


@points(0.25, of="cross_entropy", needs="test_cross_entropy_matches_the_formula")
def test_cross_entropy_refuses_other_shapes(student, rng):
    """cross_entropy of two different shapes raises ValueError and does not broadcast"""
    p = distributions(rng, 4, 3)
    for first, second in ((p, p[0]), (p, p[:1]), (p[:, :1], p)):
        call = f"cross_entropy(p, q) for shapes {first.shape} and {second.shape}"
        refuses(call, ValueError, student.cross_entropy, first, second)


@points(0.25, of="cross_entropy", needs="test_cross_entropy_matches_the_formula")
def test_cross_entropy_takes_any_dtype_and_layout(student, rng):
    """cross_entropy keeps float32, converts integers and accepts any memory layout"""
    p, q = distributions(rng, 4, 3), distributions(rng, 4, 3)
    call = "cross_entropy(p, q)"
    battery.keeps_float32(call, student.cross_entropy, p, q)
    battery.accepts_integers(call, student.cross_entropy, whole(3, 2, 0, 1), whole(3, 2, 0, 0))
    battery.accepts_any_layout(call, student.cross_entropy, p, q)


@points(0.25, of="cross_entropy", needs="test_cross_entropy_matches_the_formula")
def test_cross_entropy_leaves_its_arguments_alone(student, rng):
    """cross_entropy does not change p or q"""
    p = np.array([[0.0, 0.25, 0.75], [0.5, 0.5, 0.0]])
    q = np.array([[0.0, 0.5, 0.5], [0.5, 0.25, 0.25]])
    keeps_to_itself("cross_entropy(p, q)", student.cross_entropy, p, q)


# entropy ---------------------------------------------------------------------------------------------------


@points(1, of="entropy")
def test_entropy_matches_the_formula(student, rng):
    """entropy agrees with the formula, for many distributions and for a single one"""
    for rows, classes in ((6, 4), (3, 3), (1, 5)):
        p = distributions(rng, rows, classes)
        expect("entropy(p)", student.entropy(p)).close_to(each_row(p, p))
        expect("entropy(p) of a single distribution", student.entropy(p[0])).close_to(each_row(p, p)[0])


@points(0.75, of="entropy", needs="test_entropy_matches_the_formula")
def test_entropy_of_certainty_is_zero(student):
    """entropy is 0 for a certain distribution; impossible classes add nothing, and nearly impossible ones count"""
    p = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.5, 0.0, 0.5]])
    expect("entropy(p)", student.entropy(p)).close_to([0, 0, math.log(2)], hint="0 * log 0 is 0 here.")
    expect("entropy(p) of a single distribution", student.entropy(p[1])).close_to(0.0)
    without_a_warning("entropy(p) with a p of 0", student.entropy, p)
    nearly = np.array([[1e-9, 1 - 1e-9]])
    call = expect("entropy(p) of a nearly certain distribution", student.entropy(nearly))
    call.close_to(each_row(nearly, nearly), rtol=1e-6, atol=0, hint="Was something clipped or added?")


@points(0.75, of="entropy", needs="test_entropy_matches_the_formula")
def test_entropy_is_largest_for_the_uniform_distribution(student, rng):
    """entropy of C equal probabilities is log(C), and no distribution has more"""
    for classes in (2, 3, 10):
        uniform = np.full((1, classes), 1 / classes)
        expect("entropy(p)", student.entropy(uniform)).close_to([math.log(classes)])
    call = expect("entropy(p)", student.entropy(distributions(rng, 2000, 3)))
    values = call.array((2000,))
    call.satisfies((values <= math.log(3) + 1e-12).all(), "more than log(C) for some distributions.")
    call.satisfies((values > 0).all(), "not above 0 for some uncertain distributions.")


@points(0.25, of="entropy", needs="test_entropy_matches_the_formula")
def test_entropy_leaves_its_argument_alone(student):
    """entropy does not change p"""
    keeps_to_itself("entropy(p)", student.entropy, np.array([[0.0, 0.25, 0.75], [0.5, 0.5, 0.0]]))


@points(0.25, of="entropy", needs="test_entropy_matches_the_formula")
def test_entropy_takes_any_dtype_and_layout(student, rng):
    """entropy keeps float32, converts integers and accepts any memory layout"""
    p = distributions(rng, 4, 3)
    battery.keeps_float32("entropy(p)", student.entropy, p)
    battery.accepts_integers("entropy(p)", student.entropy, whole(3, 2, 0, 1))
    battery.accepts_any_layout("entropy(p)", student.entropy, p)


# kl_divergence ---------------------------------------------------------------------------------------------


@points(1, of="kl_divergence")
def test_kl_divergence_matches_the_formula(student, rng):
    """kl_divergence agrees with the formula, for many pairs and for a single one"""
    for rows, classes in ((6, 4), (3, 3), (1, 5)):
        p, q = distributions(rng, rows, classes), distributions(rng, rows, classes)
        want = np.subtract(each_row(p, q), each_row(p, p))
        expect("kl_divergence(p, q)", student.kl_divergence(p, q)).close_to(want)
        single = student.kl_divergence(p[0], q[0])
        expect("kl_divergence(p, q) of single distributions", single).close_to(want[0])


@points(0.5, of="kl_divergence", needs="test_kl_divergence_matches_the_formula")
def test_kl_divergence_is_zero_only_for_equals(student, rng):
    """kl_divergence is 0 for p = q, above 0 otherwise, and it has a direction"""
    p, q = distributions(rng, 500, 3), distributions(rng, 500, 3)
    expect("kl_divergence(p, p)", student.kl_divergence(p, p)).close_to(np.zeros(500), atol=1e-12)
    call = expect("kl_divergence(p, q)", student.kl_divergence(p, q))
    there = call.array((500,))
    back = expect("kl_divergence(q, p)", student.kl_divergence(q, p)).array((500,))
    call.satisfies((there > 0).all(), "not above 0 for some pairs that differ.")
    call.satisfies((np.abs(there - back) > 1e-9).any(), "the same in both directions.")


@points(0.5, of="kl_divergence", needs="test_kl_divergence_matches_the_formula")
def test_kl_divergence_is_cross_entropy_for_a_certain_truth(student, rng):
    """if the truth is one-hot, kl_divergence is -log q of that class, just as cross-entropy"""
    q = distributions(rng, 4, 3)
    want = [-math.log(q[row, column]) for row, column in enumerate((2, 0, 1, 1))]
    hint = "0 * log 0 is 0 here."
    expect("kl_divergence(p, q)", student.kl_divergence(whole(3, 2, 0, 1, 1), q)).close_to(want, hint=hint)


@points(0.25, of="kl_divergence", needs="test_kl_divergence_matches_the_formula")
def test_kl_divergence_is_infinite_for_the_impossible(student):
    """kl_divergence is inf, without a warning, where q is 0 although p is not, and not where both are 0"""
    p = np.array([[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [1e-30, 1.0, 0.0]])
    q = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])
    expect("kl_divergence(p, q)", student.kl_divergence(p, q)).close_to([math.inf, 0, math.inf])
    without_a_warning("kl_divergence(p, q) with a q of 0", student.kl_divergence, p, q)


@points(0.25, of="kl_divergence", needs="test_kl_divergence_matches_the_formula")
def test_kl_divergence_of_a_tiny_belief(student):
    """kl_divergence is finite for every q above 0, however small"""
    p, q = np.array([[0.5, 0.25, 0.25]]), np.array([[1e-310, 0.5, 0.5]])
    want = cross_entropy_by_loops(p[0], q[0]) - cross_entropy_by_loops(p[0], p[0])
    hint = "Which step overflows, although its logarithm would not?"
    expect("kl_divergence(p, q)", student.kl_divergence(p, q)).close_to([want], rtol=1e-6, hint=hint)


@points(0.25, of="kl_divergence", needs="test_kl_divergence_matches_the_formula")
def test_kl_divergence_refuses_other_shapes(student, rng):
    """kl_divergence of two different shapes raises ValueError and does not broadcast"""
    p = distributions(rng, 4, 3)
    for first, second in ((p, p[0]), (p, p[:1]), (p[:, :1], p)):
        call = f"kl_divergence(p, q) for shapes {first.shape} and {second.shape}"
        refuses(call, ValueError, student.kl_divergence, first, second)


@points(0.25, of="kl_divergence", needs="test_kl_divergence_matches_the_formula")
def test_kl_divergence_takes_any_dtype_and_layout(student, rng):
    """kl_divergence keeps float32, converts integers and accepts any memory layout"""
    p, q = distributions(rng, 4, 3), distributions(rng, 4, 3)
    call = "kl_divergence(p, q)"
    battery.keeps_float32(call, student.kl_divergence, p, q)
    battery.accepts_integers(call, student.kl_divergence, whole(3, 2, 0, 1), whole(3, 2, 0, 0))
    battery.accepts_any_layout(call, student.kl_divergence, p, q)


@points(0.25, of="kl_divergence", needs="test_kl_divergence_matches_the_formula")
def test_kl_divergence_leaves_its_arguments_alone(student):
    """kl_divergence does not change p or q"""
    p = np.array([[0.0, 0.25, 0.75], [0.5, 0.5, 0.0]])
    q = np.array([[0.0, 0.5, 0.5], [0.5, 0.25, 0.25]])
    keeps_to_itself("kl_divergence(p, q)", student.kl_divergence, p, q)
