"""Visible tests: the examples of the handout."""

import numpy as np

from grader import checks, expect


@checks("slope")
def test_slope_of_a_square(student):
    """slope of x * x at 3 is 6"""
    expect("slope(f, x, h)", student.slope(lambda x: x * x, 3.0, 0.5)).close_to(6.0)


@checks("descend")
def test_two_steps(student):
    """two steps on w * w"""
    got = student.descend(lambda w: 2 * w, np.array([1.0, -2.0]), 0.25, 2)
    expect("descend(gradient, w, lr, steps)", got).close_to([0.25, -0.5])


@checks("History")
def test_two_losses(student):
    """two losses are counted"""
    history = student.History()
    history.append(2.0)
    history.append(1.0)
    expect("len(history)", len(history)).equals(2)
    expect("history.best", history.best).close_to(1.0)
