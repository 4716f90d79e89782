"""Visible tests of chapter 07. Small fixed numbers that you can check by hand, and XOR."""

import numpy as np

from grader import Rng, checks, expect, in_worker

X1, Y1 = np.array([[3.0]]), np.array([[1.0]])  # one row, one label
LOG2 = 0.6931471805599453


def one_weight(student):
    """A Linear with one weight and one bias, both 0."""
    return student.Linear(1, 1, Rng(0), init="zeros")


def a_runner(student, lr=1.0):
    """A Runner for the network with one weight."""
    model = one_weight(student)
    return student.Runner(model, student.BatchGD(model, lr), student.bce_with_logits, student.accuracy), model


@checks("BatchGD")
def test_step_by_hand(student):
    """a weight of 5 with the gradient 4 goes to 4 with lr = 0.25; the bias moves as well"""
    layer = one_weight(student)
    layer.params["W"], layer.params["b"] = np.array([[5.0]]), np.array([1.0])
    layer.grads["W"], layer.grads["b"] = np.array([[4.0]]), np.array([-8.0])
    opt = student.BatchGD(layer, 0.25)
    opt.step()
    expect('layer.params["W"] after step()', layer.params["W"]).close_to([[4.0]])
    expect('layer.params["b"] after step()', layer.params["b"]).close_to([3.0])


@checks("BatchGD")
def test_zero_grad_clears(student):
    """zero_grad() sets the gradients of all layers of a network to zero"""
    model = student.Sequential(one_weight(student))
    layer = model.layers[0]
    layer.grads["W"] = np.array([[4.0]])
    student.BatchGD(model, 0.25).zero_grad()
    expect('layer.grads["W"] after zero_grad()', layer.grads["W"]).close_to([[0.0]])


@checks("train_step")
def test_train_step_by_hand(student):
    """with W = 0, x = 3 and label 1 the loss is log 2, and W goes to 1.5 with lr = 1"""
    model = one_weight(student)
    opt = student.BatchGD(model, 1.0)
    got = expect("train_step(...)", student.train_step(model, student.bce_with_logits, opt, X1, Y1))
    got.close_to(LOG2, hint="The loss before the step.")
    expect('model.params["W"]', model.params["W"]).close_to([[1.5]])
    expect('model.grads["W"] after train_step', model.grads["W"]).close_to([[0.0]], hint="Clear at the end.")


@checks("train_step")
def test_xor_falls(student):
    """a 2-8-1 network with tanh solves XOR in 1000 steps of lr = 1"""
    X, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])
    model = student.network([2, 8, 1], Rng(0))
    opt = student.BatchGD(model, 1.0)
    for _ in range(1000):
        loss = student.train_step(model, student.bce_with_logits, opt, X, y)
    expect("the loss after 1000 steps", loss).at_most(0.01)
    scores = expect("the scores", model.forward(X)).array((4, 1))
    expect("XOR by your network", (scores > 0).astype(int).ravel()).equals(np.array([0, 1, 1, 0]))


@checks("make_xor")
def test_xor_points(student):
    """XOR is 0, 1, 1, 0 for the rows 00, 01, 10, 11, and y has the shape (4, 1)"""
    X, y = expect("make_xor()", student.make_xor()).unpack("X", "y")
    X.close_to([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y.close_to([[0.0], [1.0], [1.0], [0.0]])


@checks("make_moons")
def test_four_points_of_the_moons(student):
    """without noise and with n = 4 the moons are (1, 0), (-1, 0) and (0, 0.5), (2, 0.5)"""
    X, y = expect("make_moons(4, 0.0, rng)", student.make_moons(4, 0.0, Rng(0))).unpack("X", "y")
    points, labels = X.array((4, 2)), y.array((4, 1))
    found = sorted([*row, label] for row, label in zip(points.round(9).tolist(), labels[:, 0].tolist()))
    expect("the rows (x, y, class), sorted", np.array(found)).close_to(
        [[-1.0, 0.0, 0.0], [0.0, 0.5, 1.0], [1.0, 0.0, 0.0], [2.0, 0.5, 1.0]]
    )


@checks("Runner")
def test_runner_looks(student):
    """evaluate gives log 2 and a wrong answer for W = 0 and label 1; predict gives the score 0"""
    runner, _ = a_runner(student)
    loss, score = expect("runner.evaluate(X, y)", runner.evaluate(X1, Y1)).unpack("loss", "score")
    loss.close_to(LOG2)
    score.close_to(0.0)
    expect("runner.predict(X)", runner.predict(X1)).close_to([[0.0]])


@checks("Runner")
def test_runner_trains(student):
    """history begins with log 2, the losses fall, the last epoch is the best"""
    runner, _ = a_runner(student)
    runner.train(X1, Y1, X1, Y1, 5)
    losses = expect('runner.history["train_loss"]', runner.history["train_loss"]).sequence(5)
    expect("the first loss", losses[0]).close_to(LOG2, hint="The loss before any step.")
    falls = losses == sorted(losses, reverse=True)
    expect("the losses", falls).satisfies(falls, "they do not fall from epoch to epoch.")
    expect("runner.best_epoch", runner.best_epoch).equals(5)


@checks("Runner")
def test_runner_remembers_the_best(student):
    """with dev rows that disagree the first epoch is the best, and load_best goes back to it"""
    runner, model = a_runner(student)
    runner.train(X1, Y1, X1, 1 - Y1, 3)
    runner.load_best()
    expect("runner.best_epoch", runner.best_epoch).equals(1)
    expect('model.params["W"] after load_best()', model.params["W"]).close_to([[1.5]])


@checks("Runner")
def test_runner_saves_and_loads(student, tmp_path):
    """what save wrote, load brings into another model"""
    runner, model = a_runner(student)
    other, copy = a_runner(student)
    model.params["W"], model.params["b"] = np.array([[0.1]]), np.array([-0.3])
    path = str(tmp_path / "model.npz")
    runner.save(path)
    other.load(path)
    expect('params["W"] of the other model', copy.params["W"]).close_to([[0.1]], rtol=0, atol=0)
    expect('params["b"] of the other model', copy.params["b"]).close_to([-0.3], rtol=0, atol=0)


@checks("decision_grid")
def test_grid_by_hand(student):
    """for the score x + 10 y the grid of 2 by 2 points is [[0, 1], [20, 21]]"""
    model = student.Linear(2, 1, Rng(0))
    model.params["W"] = np.array([[1.0], [10.0]])
    got = expect("decision_grid(model, (0, 1), (0, 2), 2)", student.decision_grid(model, (0, 1), (0, 2), 2))
    xx, yy, zz = got.unpack("xx", "yy", "zz")
    xx.close_to([[0.0, 1.0], [0.0, 1.0]])
    yy.close_to([[0.0, 0.0], [2.0, 2.0]])
    zz.close_to([[0.0, 1.0], [20.0, 21.0]])


@in_worker
def tiny_batch_verdicts(student, X, y):
    """What overfits_tiny_batch says of a 2-8-1 network and of a linear layer."""
    rng = np.random.default_rng(0)
    return (
        student.overfits_tiny_batch(lambda: student.network([2, 8, 1], rng), X, y),
        student.overfits_tiny_batch(lambda: student.Linear(2, 1, rng), X, y, steps=200),
    )


@checks("overfits_tiny_batch")
def test_tiny_batch(student):
    """a 2-8-1 network learns XOR by heart, one without hidden units does not"""
    X, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])
    hidden, straight = tiny_batch_verdicts(student, X, y)
    expect("overfits_tiny_batch of a 2-8-1 network", hidden).equals(True)
    expect("overfits_tiny_batch of a linear layer", straight).equals(False)
