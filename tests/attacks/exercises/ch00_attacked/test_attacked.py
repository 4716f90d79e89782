"""Visible tests: the examples of the handout."""

import numpy as np

from grader import checks, expect


@checks("linear_forward")
def test_two_rows(student):
    """linear_forward of two rows"""
    X, W, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, -1.0], [0.0, 2.0]]), np.array([0.5, -0.5])
    expect("linear_forward(X, W, b)", student.linear_forward(X, W, b)).close_to([[1.5, 2.5], [3.5, 4.5]])


@checks("softmax_cross_entropy")
def test_equal_scores(student):
    """equal scores of two classes cost log 2"""
    got = student.softmax_cross_entropy(np.zeros((2, 2)), np.array([0, 0]))
    loss, dlogits = expect("softmax_cross_entropy(logits, y)", got).unpack("loss", "dlogits")
    loss.close_to(np.log(2))
    dlogits.close_to([[-0.25, 0.25], [-0.25, 0.25]])


@checks("sgd_step")
def test_one_step(student):
    """one step with learning rate 0.5"""
    got = student.sgd_step({"w": np.array([1.0, 2.0])}, {"w": np.array([2.0, -2.0])}, 0.5)
    expect("sgd_step(params, grads, lr)", got).keys("w")["w"].close_to([0.0, 3.0])
