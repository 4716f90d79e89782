"""Hidden tests of ch09: products of random matrices, dead units."""

import math

import numpy as np

from grader import Rng, battery, expect, many, observe, points

CALL = "product_of_gaussians(k, d, sigma, rng)"


def product(student, rng, k, d, sigma):
    """One product, as an array on this side."""
    got = student.product_of_gaussians(k, d, sigma, Rng(int(rng.integers(2**31))))
    return expect(CALL, got).array((d, d))


def numbers(student, rng, k, sigma, count):
    """Products of k numbers (1 by 1 matrices), count of them, from one generator."""
    shared = Rng(int(rng.integers(2**31)))
    got = many(student.product_of_gaussians, [(k, 1, sigma, shared)] * count)
    return np.array([expect(CALL, value).array((1, 1))[0, 0] for value in got])


@points(1, of="product_of_gaussians")
def test_product_of_few_matrices(student, rng):
    """the mean square of the entries of product_of_gaussians is d^(k-1) sigma^(2k)"""
    # measured: 0.75 to 1.37 in 1000 products of five matrices, less in those of fewer
    for k, d, sigma in ((1, 60, 0.5), (2, 60, 1.0), (3, 60, 0.2), (5, 60, 2.0)):
        square = float(np.mean(product(student, rng, k, d, sigma) ** 2))
        wanted = d ** (k - 1) * sigma ** (2 * k)
        share = expect(f"the mean square of {CALL}, relative to d^(k-1) sigma^(2k)", square / wanted)
        share.between(0.6, 1.6, "Each of the k matrices counts once, and @ multiplies matrices.")


@points(1, of="product_of_gaussians")
def test_product_of_independent_matrices(student, rng):
    """every matrix in product_of_gaussians is a new one"""
    # Two independent numbers have a negative product half of the time, the square of one never has.
    two = numbers(student, rng, 2, 1.0, 60)
    words = "the product of two random numbers was never negative. Is one matrix used again and again?"
    expect(CALL, two[:3]).satisfies(np.any(two < 0), words)
    expect(CALL, two[:3]).satisfies(np.any(two > 0), "the product of two random numbers was never positive.")
    # log of a normal number: mean -0.635, variance pi^2/8. The power of one number would stray far more.
    logs = np.log(np.abs(numbers(student, rng, 40, 1.0, 150)))
    mean, std = 40 * -0.6351814, math.sqrt(40 * math.pi**2 / 8)
    expect("the mean logarithm of 40 factors", float(logs.mean())).between(mean - 3.5, mean + 3.5)
    words = "Is every matrix drawn anew?"
    expect("the spread of the logarithm of 40 factors", float(logs.std())).between(
        0.6 * std, 1.5 * std, words
    )


@points(0.5, of="product_of_gaussians", needs="test_product_of_few_matrices")
def test_product_of_no_matrix(student, rng):
    """product_of_gaussians of k = 0 is the identity matrix, of k = 1 one matrix of normal numbers"""
    for d in (1, 3):
        got = student.product_of_gaussians(0, d, 1.0, Rng(1))
        expect("product_of_gaussians(0, d, sigma, rng)", got).close_to(np.eye(d))
    one = product(student, rng, 1, 150, 3.0)
    expect("the mean of one matrix", float(one.mean())).between(-0.15, 0.15)
    expect("the standard deviation of one matrix", float(one.std())).between(2.91, 3.09)
    beyond = float(np.mean(np.abs(one) > 6.0))
    expect("the share beyond two standard deviations", beyond).between(0.035, 0.056, "Is it normal?")


@points(1, of="product_of_gaussians", needs="test_product_of_few_matrices")
def test_product_explodes_and_vanishes(student, rng):
    """a product of 100 matrices of 4 by 4 explodes with sigma 1 and vanishes with sigma 0.1"""
    # measured in 1000 seeds: 6e19 to 3e29, 7e-82 to 4e-71, 3e-13 to 7e-2
    for sigma, low, high in ((1.0, 1e15, 1e35), (0.1, 1e-85, 1e-65), (0.5, 1e-15, 1e5)):
        shared = Rng(int(rng.integers(2**31)))
        for value in many(student.product_of_gaussians, [(100, 4, sigma, shared)] * 5):
            largest = float(np.max(np.abs(expect(CALL, value).array((4, 4)))))
            expect("the largest entry of a product of 100 matrices", largest).between(low, high)


@points(0.5, of="product_of_gaussians", needs="test_product_of_few_matrices")
def test_product_draws_only_from_its_rng(student, rng):
    """product_of_gaussians draws from the rng it is given and from nothing else"""
    seed = int(rng.integers(2**31))
    make = lambda g: observe(student.product_of_gaussians, 3, 2, 1.0, g)  # noqa: E731
    battery.draws_only_from_its_rng(CALL, make, student, seed=seed)
    shared = Rng(seed)
    one, two = make(shared).value, make(shared).value
    words = "a second call with the same rng gives the same numbers. Do not seed anew."
    expect(CALL, one).satisfies(bool(np.all(one != two)), words)


# dead_units ---------------------------------------------------------------------------------------

DEAD = "dead_units(activations)"


def dead_by_loops(activations):
    """The definition as written."""
    return np.array([all(row[j] == 0 for row in activations) for j in range(activations.shape[1])])


def check_dead(student, activations, hint=""):
    expect(DEAD, student.dead_units(activations)).equals(dead_by_loops(activations), hint=hint)


@points(1, of="dead_units")
def test_dead_means_zero_for_all_rows(student, rng):
    """dead_units is True for a column that is 0 in every row, and for no other"""
    A = np.maximum(rng.normal(size=(6, 5)), 0.0)
    A[:, 1] = A[:, 4] = 0.0
    A[0, 0], A[:, 2], A[5, 2] = 1.0, 0.0, 1e-300  # alive in the last row only, and hardly
    A[:, 3], A[0, 3] = 0.0, 2.0
    check_dead(student, A)
    check_dead(student, np.ascontiguousarray(A[:, ::-1]))
    square = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 2.0, 3.0]])
    check_dead(student, square, hint="One answer for each column; the rows are the examples.")


@points(1, of="dead_units")
def test_dead_is_about_zero_not_about_sums(student):
    """dead_units is not misled by negative numbers"""
    hint = "A unit that answers 1 and -1 is alive."
    check_dead(student, np.array([[1.0, 0.0, -2.0], [-1.0, 0.0, -2.0]]), hint)
    check_dead(student, np.array([[-1.0, -0.0], [-3.0, 0.0]]), hint)
    check_dead(student, np.array([[0.0, -1e-9], [0.0, 0.0], [0.0, -1e-300]]), hint)


@points(0.5, of="dead_units", needs="test_dead_means_zero_for_all_rows")
def test_dead_units_of_small_arrays(student):
    """dead_units is right for one example, for one unit, and for nan"""
    check_dead(student, np.array([[0.0, 2.0, 0.0]]))
    check_dead(student, np.array([[0.0], [0.0]]))
    check_dead(student, np.array([[0.0], [1.0]]))
    check_dead(student, np.array([[np.nan, 0.0], [0.0, 0.0]]))


@points(0.5, of="dead_units", needs="test_dead_means_zero_for_all_rows")
def test_dead_units_behind_a_bias_of_minus_eight(student, rng):
    """a bias of -8 kills a relu layer and no leaky one"""
    z = rng.normal(size=(50, 2)) @ (0.01 * rng.normal(size=(2, 4))) - 8.0
    check_dead(student, np.maximum(z, 0.0))
    check_dead(student, np.where(z > 0, z, 0.01 * z))
    z[3, 2] = 0.5
    check_dead(student, np.maximum(z, 0.0))


@points(0.25, of="dead_units", needs="test_dead_means_zero_for_all_rows")
def test_dead_units_behaves(student):
    """dead_units takes integers, float32 and any memory layout, and changes nothing"""
    A = np.array([[0.0, 0.0, 2.0], [0.0, 3.0, 1.0], [0.0, 0.0, 0.0]])
    battery.leaves_arguments_alone(DEAD, student.dead_units, A)
    battery.accepts_any_layout(DEAD, student.dead_units, A)
    battery.accepts_integers(DEAD, student.dead_units, A)
    check_dead(student, A.astype(np.float32))
