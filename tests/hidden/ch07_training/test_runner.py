"""Hidden tests of ch07: Runner trains, evaluates and remembers, with a model, an optimizer and a loss of our own."""

import math

import numpy as np
import pytest

from grader import draw_curve, draw_region, expect, fetch, in_worker, observe, points, refuses


@in_worker
def a_runner(student, W, lr, table, in_place):
    """A Runner of the student's with parts of ours, and the model, which keeps a diary.

    Without `table`: scores = X W, half the mean square of scores - y, and steps of gradient descent. With it: the
    score of every row is W[0, 0], the loss is table[W[0, 0]], and every step adds 1 to W. The metric is the sum
    of the scores minus twice the sum of y.
    in_place : whether a step changes the array in params or puts a new one there.
    A layer inside of the model, model.part, has a mode of its own, which train() and eval() set as well.
    """

    class Part:
        def __init__(self):
            self.params, self.grads, self.training = {}, {}, True

        def sublayers(self):
            return []

        def parameters(self):
            return []

        def forward(self, x):
            return x

        def backward(self, dout):
            return dout

        def zero_grad(self):
            pass

        def train(self):
            self.training = True

        def eval(self):
            self.training = False

    class Model:
        def __init__(self):
            self.params, self.grads = {"W": np.array(W)}, {"W": np.zeros_like(W)}
            self.training, self.diary, self.part = True, [], Part()

        def __deepcopy__(self, memo):  # whoever works on a copy writes into the same diary
            other = object.__new__(type(self))
            memo[id(self)], memo[id(self.diary)] = other, self.diary
            vars(other).update(__import__("copy").deepcopy(vars(self), memo))
            return other

        def forward(self, X):
            mode = "training" if self.training else "evaluation"
            half = "" if self.part.training == self.training else ", the layer inside in the other mode"
            self.diary.append(f"forward in {mode}{half}")
            self.X = X
            return X @ self.params["W"] if table is None else np.full((len(X), 1), self.params["W"][0, 0])

        def backward(self, dout):
            self.diary.append("backward")
            self.grads["W"] += self.X.T @ dout
            return dout @ self.params["W"].T

        def sublayers(self):
            return [self.part]

        def parameters(self):
            yield self, "W"

        def zero_grad(self):
            self.grads["W"][...] = 0.0

        def train(self):
            self.training = self.part.training = True

        def eval(self):
            self.training = self.part.training = False

    class Steps:
        def step(self):
            model.diary.append("step")
            move = -lr * model.grads["W"] if table is None else 1.0
            if in_place:
                model.params["W"] += move
            else:
                model.params["W"] = model.params["W"] + move

        def zero_grad(self):
            model.zero_grad()

    def metric(scores, y):
        if scores.shape != y.shape:
            raise ValueError("scores and y differ in shape")
        return np.sum(scores) - 2 * np.sum(y)

    def loss_fn(scores, y):
        if table is not None:
            return table[int(scores[0, 0])], np.zeros_like(scores)
        return np.mean((scores - y) ** 2) / 2, (scores - y) / len(y)

    model = Model()
    return student.Runner(model, Steps(), loss_fn, metric), model


def rows(rng, n):
    """Inputs (n, 2) and targets (n, 1)."""
    return rng.normal(size=(n, 2)), rng.normal(size=(n, 1))


def judged(W, X, y):
    """Loss and metric, entry by entry."""
    scores = [float(x @ W[:, 0]) for x in X]
    loss = sum((s - t[0]) ** 2 / 2 for s, t in zip(scores, y)) / len(X)
    return float(loss), sum(scores) - 2 * float(y.sum())


def descent(W, lr, X, y, epochs):
    """W before the first step and after each step of gradient descent."""
    path = [W]
    for _ in range(epochs):
        path.append(path[-1] - lr * sum(np.outer(x, x @ path[-1] - t) for x, t in zip(X, y)) / len(X))
    return path


def curve(runner, name):
    """One list of runner.history."""
    entries = expect("runner.history", runner.history).keys(name)[name].sequence()
    for entry in entries[:1]:
        expect(f"an entry of history[{name!r}]", entry).is_float()
    return expect(f"runner.history[{name!r}]", np.array([float(e) for e in entries]))


def set_mode(model, training):
    """Training or eval mode for a model and the layer inside of it."""
    model.train() if training else model.eval()


def expect_mode(call, model, training):
    """The mode of a model and of the layer inside of it after this call."""
    expect(f"model.training after {call}", model.training).equals(training)
    hint = "train() and eval() reach all layers, setting model.training only the outermost."
    expect(f"training of a layer inside, after {call}", model.part.training).equals(training, hint)


# evaluate and predict ------------------------------------------------------------------------------------------


@points(1.5, of="Runner")
def test_evaluate_gives_loss_and_metric(student, rng):
    """evaluate gives the loss and the metric of the model as it is"""
    W = rng.normal(size=(2, 1))
    runner, model = a_runner(student, W, 0.1, None, True)
    for n in (4, 1, 7):
        X, y = rows(rng, n)
        loss, score = expect("runner.evaluate(X, y)", runner.evaluate(X, y)).unpack("loss", "score")
        want = judged(W, X, y)
        loss.is_float().close_to(want[0])
        score.is_float().close_to(want[1], hint="metric(scores, y), in this order.")
        W = rng.normal(size=(2, 1))
        model.params["W"] = W


@points(1.5, of="Runner", needs="test_evaluate_gives_loss_and_metric")
def test_evaluate_leaves_no_trace(student, rng):
    """evaluate changes no parameter, no gradient, no history, and not its rows"""
    W, g = rng.normal(size=(2, 1)), rng.normal(size=(2, 1))
    runner, model = a_runner(student, W, 0.1, None, True)
    model.grads["W"] = g
    for f in (runner.evaluate, runner.evaluate):
        seen = observe(f, *rows(rng, 3))
        expect("runner.evaluate(X, y)", None).satisfies(not seen.modified, "it changed X or y.")
    expect("the parameters after evaluate", model.params["W"]).close_to(W, rtol=0, atol=0)
    expect("the gradients after evaluate", model.grads["W"]).close_to(g, rtol=0, atol=0)
    hint = "evaluate looks; no backward, no step, no gradient, and eval mode."
    expect("what happened", sorted(set(fetch(model.diary)))).equals(["forward in evaluation"], hint)
    for name in ("train_loss", "dev_loss", "dev_score"):
        curve(runner, name).has_shape(0)
    expect("runner.best_epoch", runner.best_epoch).equals(None)


@points(1, of="Runner", needs="test_evaluate_gives_loss_and_metric")
def test_evaluate_leaves_the_mode_as_it_was(student, rng):
    """evaluate computes in eval mode, and leaves training mode or eval mode as it found it"""
    runner, model = a_runner(student, rng.normal(size=(2, 1)), 0.1, None, True)
    for before in (True, False, True):
        set_mode(model, before)
        runner.evaluate(*rows(rng, 2))
        expect_mode("evaluate", model, before)
    expect("the modes of the forward passes", sorted(set(fetch(model.diary)))).equals(
        ["forward in evaluation"]
    )


@points(1.5, of="Runner")
def test_predict_gives_scores(student, rng):
    """predict gives the raw scores, in eval mode, and leaves the mode as it was"""
    W = rng.normal(size=(2, 1))
    runner, model = a_runner(student, W, 0.1, None, True)
    for before, n in ((True, 4), (False, 1)):
        set_mode(model, before)
        X, _ = rows(rng, n)
        got = expect("runner.predict(X)", runner.predict(X))
        got.close_to([[float(x @ W[:, 0])] for x in X], hint="Scores, neither probabilities nor classes.")
        expect_mode("predict", model, before)
    expect("what happened", sorted(set(fetch(model.diary)))).equals(["forward in evaluation"])


# train ---------------------------------------------------------------------------------------------------------


@points(2, of="Runner", needs="test_evaluate_gives_loss_and_metric")
def test_train_follows_the_gradient(student, rng):
    """train takes one step with all rows in each epoch, and notes the loss before it"""
    for in_place in (True, False):
        W = rng.normal(size=(2, 1))
        runner, model = a_runner(student, W, 0.3, None, in_place)
        model.grads["W"] = np.array([[50.0], [-70.0]])  # from before; does not count
        (X, y), dev = rows(rng, 6), rows(rng, 3)
        runner.train(X, y, *dev, 4)
        path = descent(W, 0.3, X, y, 4)
        hint = "In each epoch: forward, loss, backward, step, clear, with the training rows."
        expect("the parameters after train", model.params["W"]).close_to(path[-1], hint=hint)
        want = [judged(w, X, y)[0] for w in path[:-1]]
        curve(runner, "train_loss").close_to(want, hint="The first entry is the loss before any step.")


@points(1.5, of="Runner", needs="test_train_follows_the_gradient")
def test_train_watches_the_dev_rows(student, rng):
    """history holds loss and metric of the dev rows after the step of each epoch"""
    W = rng.normal(size=(2, 1))
    runner, _ = a_runner(student, W, 0.3, None, True)
    (X, y), dev = rows(rng, 6), rows(rng, 3)
    runner.train(X, y, *dev, 5)
    want = [judged(w, *dev) for w in descent(W, 0.3, X, y, 5)[1:]]
    hint = "The dev rows are judged after the step of their epoch."
    curve(runner, "dev_loss").close_to([loss for loss, _ in want], hint=hint)
    curve(runner, "dev_score").close_to([score for _, score in want], hint=hint)


@points(1, of="Runner", needs="test_train_follows_the_gradient")
def test_train_is_in_training_mode(student, rng):
    """every step is computed in training mode, every look at the dev rows in eval mode"""
    runner, model = a_runner(student, rng.normal(size=(2, 1)), 0.1, None, True)
    model.eval()
    runner.train(*rows(rng, 3), *rows(rng, 2), 3)
    diary = list(fetch(model.diary))
    taught = [diary[i - 1] for i, event in enumerate(diary) if event == "backward"]
    looks = [
        event for i, event in enumerate(diary) if diary[i + 1 : i + 2] != ["backward"] and "forward" in event
    ]
    expect("the forward passes that were learned from", taught).equals(["forward in training"] * 3)
    expect("the modes of the other forward passes", sorted(set(looks))).equals(["forward in evaluation"])


@points(1, of="Runner", needs="test_train_follows_the_gradient")
def test_train_may_be_called_again(student, rng):
    """a second call of train goes on: same model, same history"""
    W = rng.normal(size=(2, 1))
    runner, model = a_runner(student, W, 0.2, None, True)
    (X, y), dev = rows(rng, 6), rows(rng, 3)
    runner.train(X, y, *dev, 2)
    runner.train(X, y, *dev, 0)
    runner.train(X, y, *dev, 3)
    path = descent(W, 0.2, X, y, 5)
    expect("the parameters after both", model.params["W"]).close_to(path[-1])
    curve(runner, "train_loss").close_to([judged(w, X, y)[0] for w in path[:-1]])
    curve(runner, "dev_loss").close_to([judged(w, *dev)[0] for w in path[1:]])


@in_worker
def lengths_at_log(student, runner, data, epochs):
    """How long the lists of runner.history are whenever log is called."""
    noted = []

    def log(epoch, train_loss, dev_loss):
        noted.append([len(runner.history[name]) for name in ("train_loss", "dev_loss", "dev_score")])

    runner.train(*data, epochs, log)
    return noted


@points(0.75, of="Runner", needs="test_train_follows_the_gradient")
def test_train_reports_to_log(student, rng):
    """log is called at the end of each epoch with its number, counted from 1, and the two losses"""
    W = rng.normal(size=(2, 1))
    runner, _ = a_runner(student, W, 0.2, None, True)
    (X, y), dev = rows(rng, 6), rows(rng, 3)
    lines = []

    def log(epoch, train_loss, dev_loss):
        lines.append((epoch, train_loss, dev_loss))

    runner.train(X, y, *dev, 2, log=log)
    runner.train(X, y, *dev, 1)
    runner.train(X, y, *dev, 1, log)
    path = descent(W, 0.2, X, y, 4)
    expect("how often log was called", len(lines)).equals(3)
    for k, line in zip((1, 2, 4), lines):
        expect("the epoch that log got", line[0]).equals(k)
        expect("the training loss that log got", line[1]).close_to(judged(path[k - 1], X, y)[0])
        expect("the dev loss that log got", line[2]).close_to(judged(path[k], *dev)[0])
    noted = lengths_at_log(student, runner, (X, y, *dev), 2)
    hint = "log comes at the end of the epoch, after the numbers were added."
    expect("the lengths of the lists of history when log was called", noted).equals([[5] * 3, [6] * 3], hint)


@points(0.75, of="Runner", needs="test_train_follows_the_gradient")
def test_runners_share_nothing(student, rng):
    """two runners have a history and a best model each"""
    (X, y), dev = rows(rng, 4), rows(rng, 2)
    W = rng.normal(size=(2, 1))
    one, _ = a_runner(student, W, 0.1, None, True)
    two, model = a_runner(student, W, 0.3, None, True)
    two.train(X, y, *dev, 1)
    one.train(X, y, *dev, 3)
    curve(one, "train_loss").has_shape(3)
    curve(two, "train_loss").has_shape(1)
    expect("best_epoch of a runner that trained for one epoch", two.best_epoch).equals(1)
    two.load_best()
    expect("its parameters after load_best()", model.params["W"]).close_to(descent(W, 0.3, X, y, 1)[1])


# the best parameters -------------------------------------------------------------------------------------------

ROWS = (np.zeros((2, 1)), np.zeros((2, 1)))


def trained_along(student, table, epochs, in_place=True):
    """A runner whose dev loss after epoch e is table[e]; the parameter after epoch e is e, the metric 2 e."""
    runner, model = a_runner(student, np.zeros((1, 1)), 1.0, [float(loss) for loss in table], in_place)
    runner.train(*ROWS, *ROWS, epochs)
    return runner, model


def expect_best(runner, model, epoch, loss):
    """best_epoch, best_loss, and what load_best puts into the model."""
    expect("runner.best_epoch", runner.best_epoch).equals(epoch)
    expect("runner.best_loss", runner.best_loss).close_to(float(loss))
    runner.load_best()
    hint = "Keep a copy of the parameters of the best epoch; the arrays themselves go on changing."
    got = expect("the parameter after load_best()", model.params["W"])
    got.close_to([[float(epoch)]], hint=hint)


@pytest.mark.parametrize("table, best", [
    ([0.1, 5, 4, 2, 3, 6], 3), ([9, 1, 2, 3, 4, 5], 1), ([9, 8, 7, 6, 5, 4], 5), ([-9, 5, -1, 3, -0.5, 4], 2),
])  # fmt: skip
@points(0.5, of="Runner")
def test_best_has_the_lowest_dev_loss(student, table, best):
    """the best epoch is the one with the lowest dev loss, whatever the metric says, and load_best brings it back"""
    for in_place in (True, False):
        runner, model = trained_along(student, table, 5, in_place)
        expect_best(runner, model, best, table[best])


@points(0.75, of="Runner", needs="test_best_has_the_lowest_dev_loss")
def test_best_is_the_first_of_equals(student):
    """of equal dev losses the first one is the best, and nan never is"""
    for table, best in (([9, 3, 2, 4, 2, 2], 2), ([9, math.nan, 3, math.nan, 5, 4], 2)):
        runner, model = trained_along(student, table, 5)
        expect_best(runner, model, best, table[best])


@pytest.mark.parametrize("in_place", [True, False])
@points(0.75, of="Runner", needs="test_best_has_the_lowest_dev_loss")
def test_best_survives_more_training(student, in_place):
    """the best parameters stay the best ones when training goes on, after load_best as well"""
    table = [9, 4, 2, 3, 5, 8, 7, 6, 1, 0.5]
    runner, model = trained_along(student, table, 3, in_place)
    expect_best(runner, model, 2, 2)
    runner.train(*ROWS, *ROWS, 2)  # from 2 to 4: losses 3 and 5
    expect_best(runner, model, 2, 2)
    runner.train(*ROWS, *ROWS, 6)  # from 2 to 8: the last is better, it is the eleventh epoch
    expect("runner.best_epoch", runner.best_epoch).equals(11)
    expect("runner.best_loss", runner.best_loss).close_to(1.0)
    runner.train(*ROWS, *ROWS, 1)
    runner.load_best()
    expect("the parameter after load_best()", model.params["W"]).close_to([[9.0]])


@points(0.5, of="Runner", needs="test_best_has_the_lowest_dev_loss")
def test_best_before_any_training(student, rng):
    """a new runner has best_epoch None and best_loss inf, and nothing to load"""
    runner, _ = a_runner(student, np.zeros((1, 1)), 1.0, None, True)
    expect("runner.best_epoch", runner.best_epoch).equals(None)
    expect("runner.best_loss", runner.best_loss).close_to(math.inf)
    refuses("load_best() of a new runner", RuntimeError, runner.load_best)


# all together --------------------------------------------------------------------------------------------------


@in_worker
def learn_moons(student, X, y, X_dev, y_dev, params, lr, epochs):
    """A 2-16-1 network with tanh of ours, trained by the student's Runner and BatchGD; parameters and best score."""

    class Net:
        def __init__(self):
            self.params = {name: np.array(value) for name, value in params.items()}
            self.grads = {name: np.zeros_like(value) for name, value in params.items()}
            self.training = True

        def forward(self, x):
            self.x = x
            self.h = np.tanh(x @ self.params["V"] + self.params["c"])
            return self.h @ self.params["W"] + self.params["b"]

        def backward(self, dout):
            dz = (dout @ self.params["W"].T) * (1 - self.h**2)
            self.grads["W"] += self.h.T @ dout
            self.grads["b"] += dout.sum(axis=0)
            self.grads["V"] += self.x.T @ dz
            self.grads["c"] += dz.sum(axis=0)
            return dz @ self.params["V"].T

        def sublayers(self):
            return []

        def parameters(self):
            return [(self, name) for name in self.params]

        def zero_grad(self):
            for grad in self.grads.values():
                grad[...] = 0.0

        def train(self):
            self.training = True

        def eval(self):
            self.training = False

    def loss_fn(scores, y):
        p = 1 / (1 + np.exp(-scores))
        return float(np.mean(np.logaddexp(0, scores) - y * scores)), (p - y) / len(y)

    def metric(scores, y):
        return float(np.mean((scores > 0) == y))

    net = Net()
    runner = student.Runner(net, student.BatchGD(net, lr), loss_fn, metric)
    runner.train(X, y, X_dev, y_dev, epochs)
    try:
        losses = {name: [float(v) for v in runner.history[name]] for name in ("train_loss", "dev_loss")}
    except Exception:
        losses = {}  # other tests judge the history
    runner.load_best()
    return net.params, runner.evaluate(X_dev, y_dev)[1], losses


def two_moons(n, rng):
    """n points on two half circles with noise 0.1."""
    t, upper = rng.uniform(0, math.pi, size=n), np.arange(n) % 2 == 0
    x, y = np.where(upper, np.cos(t), 1 - np.cos(t)), np.where(upper, np.sin(t), 0.5 - np.sin(t))
    return np.stack([x, y], axis=1) + 0.1 * rng.normal(size=(n, 2)), (~upper).astype(float)[:, None]


@points(1.5, of="Runner", needs="test_train_follows_the_gradient", seconds=30)
def test_moons(student, rng):
    """the border bends: a 2-16-1 network trained by your Runner has 97 % of new moons right, in the median of three"""
    found = []
    for _ in range(3):
        X, y = two_moons(300, rng)
        X_dev, y_dev = two_moons(200, rng)
        params = {
            "V": rng.normal(size=(2, 16)) * np.sqrt(2 / 18),
            "c": np.zeros(16),
            "W": rng.normal(size=(16, 1)) * np.sqrt(2 / 17),
            "b": np.zeros(1),
        }
        trained, score, losses = learn_moons(student, X, y, X_dev, y_dev, params, 2.0, 500)
        V, c, W, b = (
            expect(f"the trained {n}", trained[n]).array(params[n].shape) for n in ("V", "c", "W", "b")
        )
        right = float(np.mean((np.tanh(X_dev @ V + c) @ W + b > 0) == y_dev))
        if not found:  # the first of the three
            draw_curve("Loss of each epoch on two moons", losses)
            draw_region(
                "Two moons, the best parameters",
                lambda p, V=V, c=c, W=W, b=b: np.tanh(p @ V + c) @ W + b > 0,
                X,
                y,
            )
        expect("the score that evaluate gives", score).close_to(right)
        found.append(right)
    # Measured: 149 of 150 seeds at least 0.98, one stuck at 0.895; a linear model has about 0.88.
    expect("the median share of the dev rows that are right", float(np.median(found))).at_least(0.97)
