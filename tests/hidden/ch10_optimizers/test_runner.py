"""Hidden tests of ch10: RunnerV3, with a model, an optimizer, a loss and a metric of our own."""

import itertools
import math

import numpy as np
import pytest

from grader import expect, fetch, in_worker, observe, points, refuses


@in_worker
def a_runner(student, W, lr, table):
    """A RunnerV3 of the student's with parts of ours, and a diary of what it does with them.

    Without `table`: scores = X W, half the mean square of scores - y, and steps W -= lr * gradient. With it: the
    score of every row is W[0, 0], the loss is table[W[0, 0]], and every step adds 1 to W. All scores lie near 0,
    and the metric is the sum of its labels over the number of its rows. A layer inside of the model, model.part, has
    a mode of its own, which train() and eval() set as well.
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
            if table is None:
                model.params["W"] -= lr * model.grads["W"]
            else:
                model.params["W"] += 1.0

        def zero_grad(self):
            model.zero_grad()

    class Labels:
        def __init__(self):
            self.reset()
            self.total, self.rows = 50.0, 7  # something from before

        def reset(self):
            self.total, self.rows = 0.0, 0

        def update(self, scores, y):
            if scores.shape != y.shape:
                raise ValueError("scores and y of one batch have different shapes")
            self.total += float(y.sum())
            self.rows += len(y)

        def accumulate(self):
            return self.total / self.rows

    def loss_fn(scores, y):
        if table is not None:
            return table[int(scores[0, 0])], np.zeros_like(scores)
        return float(np.mean((scores - y) ** 2) / 2), (scores - y) / len(y)

    model = Model()
    return student.RunnerV3(model, Steps(), loss_fn, Labels()), model


def some_batches(rng, sizes):
    """Batches of inputs (n, 2) and targets (n, 1)."""
    return [(rng.normal(size=(n, 2)), rng.normal(size=(n, 1))) for n in sizes]


def loss_at(W, X, y):
    """Half the mean square, entry by entry."""
    return sum(float(x @ W[:, 0] - t[0]) ** 2 / 2 for x, t in zip(X, y)) / len(X)


def over_rows(W, batches):
    """The mean loss and the mean label over all rows of all batches."""
    rows = sum(len(X) for X, _ in batches)
    return sum(loss_at(W, X, y) * len(X) for X, y in batches) / rows, float(
        sum(y.sum() for _, y in batches) / rows
    )


def descent(W, lr, batches, epochs):
    """What training has to do: the losses before each step, the epoch losses and W after each epoch."""
    W, losses, means, path = np.array(W), [], [], []
    for _ in range(epochs):
        total = rows = 0
        for X, y in batches:
            loss = loss_at(W, X, y)
            losses.append(loss)
            total, rows = total + loss * len(X), rows + len(X)
            gradient = sum(np.outer(x, x @ W - t) for x, t in zip(X, y)) / len(X)
            W = W - lr * gradient
        means.append(total / rows)
        path.append(W)
    return losses, means, path


def curve(runner, name):
    """One list of runner.history as an array."""
    entries = expect("runner.history", runner.history).keys(name)[name].sequence()
    return np.array(entries, dtype=float)


# evaluate ------------------------------------------------------------------------------------------------------


@points(1.5, of="RunnerV3")
def test_evaluate_weighs_by_rows(student, rng):
    """evaluate gives loss and metric over all rows, in batches of 4, 4 and 1 as in one batch"""
    W = rng.normal(size=(2, 1))
    runner, _ = a_runner(student, W, 0.1, None)
    for sizes in ((4, 4, 1), (9,), (1, 2, 3)):
        batches = some_batches(rng, sizes)
        loss, score = expect("runner.evaluate(loader)", runner.evaluate(batches)).unpack("loss", "score")
        want = over_rows(W, batches)
        loss.is_float().close_to(want[0], hint="A batch counts by its number of rows.")
        score.close_to(want[1], hint="Reset the metric before, update it with every batch.")


@in_worker
def through_loaders(student, runner, batches, dev, epochs):
    """evaluate(dev) and train(batches, dev, epochs) with loaders of ours, and how often each was looped over.

    As a DataLoader they have a batch_size, which the last batch does not reach.
    """

    class Loader:
        def __init__(self, pairs):
            self.pairs, self.batch_size, self.loops = pairs, len(pairs[0][0]), 0

        def __len__(self):
            return len(self.pairs)

        def __iter__(self):
            self.loops += 1
            return iter(self.pairs)

    first, second, third = Loader(dev), Loader(batches), Loader(dev)
    evaluated = runner.evaluate(first)
    runner.train(second, third, epochs)
    return evaluated, first.loops, second.loops, third.loops


@points(0.5, of="RunnerV3", needs=("test_evaluate_weighs_by_rows", "test_train_takes_a_step_for_each_batch"))
def test_loaders_are_looped_over_once(student, rng):
    """each loader is looped over once an epoch or evaluation, and a small last batch counts by its rows"""
    W = rng.normal(size=(2, 1))
    runner, _ = a_runner(student, W, 0.1, None)
    batches, dev = some_batches(rng, (4, 4, 1)), some_batches(rng, (3, 1))
    evaluated, *loops = through_loaders(student, runner, batches, dev, 2)
    loss, score = expect("runner.evaluate(loader)", evaluated).unpack("loss", "score")
    want = over_rows(W, dev)
    loss.close_to(want[0], hint="The last batch may have fewer rows than batch_size.")
    score.close_to(want[1])
    got = expect('history["epoch_loss"]', curve(runner, "epoch_loss"))
    got.close_to(descent(W, 0.1, batches, 2)[1], hint="The last batch may have fewer rows than batch_size.")
    for name, times, often in zip(("evaluate", "train, loader", "train, dev_loader"), loops, (1, 2, 2)):
        words = f"looped over {times} times, expected {often}: once an epoch or evaluation."
        expect(f"the loader of {name}", None).satisfies(times == often, words)


@points(1, of="RunnerV3", needs="test_evaluate_weighs_by_rows")
def test_evaluate_changes_nothing(student, rng):
    """evaluate leaves parameters, gradients, history and the best model as they are"""
    W, g = rng.normal(size=(2, 1)), rng.normal(size=(2, 1))
    runner, model = a_runner(student, W, 0.1, None)
    model.grads["W"] = g
    batches = some_batches(rng, (3, 2))
    seen = observe(runner.evaluate, batches)
    expect("runner.evaluate(loader)", None).satisfies(not seen.modified, "it changed the batches.")
    expect("the parameters after evaluate", model.params["W"]).close_to(W, rtol=0, atol=0)
    expect("the gradients after evaluate", model.grads["W"]).close_to(g, rtol=0, atol=0)
    hint = "evaluate computes a loss and a score; no backward, no step, no gradient."
    expect("what happened", sorted(set(fetch(model.diary)))).equals(["forward in evaluation"], hint)
    history = fetch(runner.history)
    lengths = {name: len(history[name]) for name in ("step_loss", "epoch_loss", "dev_loss", "dev_score")}
    expect("the lengths in history after evaluate", lengths).equals(dict.fromkeys(lengths, 0))
    expect("runner.best_epoch", runner.best_epoch).equals(None)


@points(1, of="RunnerV3", needs="test_evaluate_weighs_by_rows")
def test_evaluate_leaves_the_mode_as_it_was(student, rng):
    """evaluate computes in eval mode, and leaves training mode or eval mode as it found it"""
    runner, model = a_runner(student, rng.normal(size=(2, 1)), 0.1, None)
    for before in (True, False, True):
        model.train() if before else model.eval()
        runner.evaluate(some_batches(rng, (2, 2)))
        expect("model.training after evaluate", model.training).equals(before)
        hint = "train() and eval() reach all layers, setting model.training only the outermost."
        expect("training of a layer inside, after evaluate", model.part.training).equals(before, hint)
    expect("the forward passes of evaluate", sorted(set(fetch(model.diary)))).equals(
        ["forward in evaluation"]
    )


# train ---------------------------------------------------------------------------------------------------------


@points(2, of="RunnerV3")
def test_train_takes_a_step_for_each_batch(student, rng):
    """train takes one step for each batch, with the gradient of that batch alone"""
    W = rng.normal(size=(2, 1))
    runner, model = a_runner(student, W, 0.2, None)
    model.grads["W"] = np.array([[50.0], [-70.0]])  # from before; does not count
    batches = some_batches(rng, (4, 3, 2))
    runner.train(batches, batches[:1], 3)
    losses, _, path = descent(W, 0.2, batches, 3)
    hint = "For each batch: forward, loss, backward, step, clear the gradients."
    expect("the parameters after train", model.params["W"]).close_to(path[-1], hint=hint)
    got = expect('history["step_loss"]', curve(runner, "step_loss"))
    got.close_to(losses, hint="The loss before the step that it causes.")


@points(1, of="RunnerV3", needs="test_train_takes_a_step_for_each_batch")
def test_train_weighs_the_epoch_loss_by_rows(student, rng):
    """the loss of an epoch is the mean over its rows, not over its batches"""
    W = rng.normal(size=(2, 1))
    runner, _ = a_runner(student, W, 0.1, None)
    batches = some_batches(rng, (5, 5, 1))
    runner.train(batches, batches[:1], 4)
    want = descent(W, 0.1, batches, 4)[1]
    got = expect('history["epoch_loss"]', curve(runner, "epoch_loss"))
    got.close_to(want, hint="A batch counts by its number of rows.")


@pytest.mark.parametrize(
    "epochs, every, when", [(3, 1, [1, 2, 3]), (7, 3, [3, 6, 7]), (4, 2, [2, 4]), (2, 5, [2])]
)
@points(0.4, of="RunnerV3", needs="test_train_takes_a_step_for_each_batch")
def test_train_evaluates_now_and_then(student, rng, epochs, every, when):
    """the dev rows are looked at after every eval_every-th epoch and after the last one"""
    W = rng.normal(size=(2, 1))
    runner, _ = a_runner(student, W, 0.1, None)
    batches, dev = some_batches(rng, (4, 2)), some_batches(rng, (3, 3, 1))
    runner.train(batches, dev, epochs, eval_every=every)
    path = descent(W, 0.1, batches, epochs)[2]
    want = [over_rows(path[epoch - 1], dev) for epoch in when]
    expect('history["dev_epoch"]', curve(runner, "dev_epoch")).close_to(np.array(when, dtype=float))
    expect('history["dev_loss"]', curve(runner, "dev_loss")).close_to([loss for loss, _ in want])
    expect('history["dev_score"]', curve(runner, "dev_score")).close_to([score for _, score in want])


@points(0.75, of="RunnerV3", needs="test_train_takes_a_step_for_each_batch")
def test_train_is_in_training_mode(student, rng):
    """every batch of training is computed in training mode, every dev batch in eval mode"""
    runner, model = a_runner(student, rng.normal(size=(2, 1)), 0.1, None)
    model.eval()
    batches, dev = some_batches(rng, (3, 2)), some_batches(rng, (2, 2))
    runner.train(batches, dev, 2)
    # How many passes a batch takes is the student's affair, so are several dev batches at once.
    passes = [word for word, _ in itertools.groupby(w for w in fetch(model.diary) if w.startswith("forward"))]
    epoch = ["forward in training", "forward in evaluation"]
    expect("the modes of the forward passes of two epochs, in turn", passes).equals(epoch * 2)


@points(0.75, of="RunnerV3", needs="test_train_takes_a_step_for_each_batch")
def test_train_may_be_called_again(student, rng):
    """a second call of train goes on: same model, same history, epochs counted on"""
    W = rng.normal(size=(2, 1))
    runner, model = a_runner(student, W, 0.1, None)
    batches = some_batches(rng, (4, 2))
    runner.train(batches, batches, 1, eval_every=2)
    runner.train(batches, batches, 4, eval_every=2)
    losses, means, path = descent(W, 0.1, batches, 5)
    expect("the parameters after both", model.params["W"]).close_to(path[-1])
    expect('history["step_loss"]', curve(runner, "step_loss")).close_to(losses)
    expect('history["epoch_loss"]', curve(runner, "epoch_loss")).close_to(means)
    expect('history["dev_epoch"]', curve(runner, "dev_epoch")).close_to([1.0, 2.0, 4.0, 5.0])


@points(0.5, of="RunnerV3", needs="test_train_takes_a_step_for_each_batch")
def test_runners_share_nothing(student, rng):
    """two runners have a history each"""
    batches = some_batches(rng, (4, 2))
    one, _ = a_runner(student, rng.normal(size=(2, 1)), 0.1, None)
    two, _ = a_runner(student, rng.normal(size=(2, 1)), 0.1, None)
    one.train(batches, batches, 2)
    two.train(batches, batches, 1)
    expect("the number of steps of the first", len(curve(one, "step_loss"))).equals(4)
    expect("the number of steps of the second", len(curve(two, "step_loss"))).equals(2)


# the best model ------------------------------------------------------------------------------------------------


def trained_along(student, table, epochs, **options):
    """A runner whose dev loss after epoch e is table[e]; the parameter after epoch e is e."""
    runner, model = a_runner(student, np.zeros((1, 1)), 1.0, [float(loss) for loss in table])
    batch = [(np.zeros((2, 1)), np.zeros((2, 1)))]
    runner.train(batch, batch, epochs, **options)
    return runner, model, batch


def expect_best(runner, model, epoch, loss):
    """best_epoch, best_loss, and what load_best puts into the model."""
    expect("runner.best_epoch", runner.best_epoch).equals(epoch)
    expect("runner.best_loss", runner.best_loss).close_to(float(loss))
    runner.load_best()
    hint = "Keep a copy of the parameters of the best evaluation; the arrays themselves go on changing."
    got = expect("the parameter after load_best()", model.params["W"])
    got.close_to([[float(epoch)]], hint=hint)


@pytest.mark.parametrize("table, best", [
    ([0.1, 5, 4, 2, 3, 6], 3), ([9, 1, 2, 3, 4, 5], 1), ([9, 8, 7, 6, 5, 4], 5), ([-9, 1, -3, 3, -0.5, 4], 2),
])  # fmt: skip
@points(0.4, of="RunnerV3")
def test_best_model_has_the_lowest_dev_loss(student, rng, table, best):
    """load_best brings back the parameters with the lowest dev loss"""
    runner, model, _ = trained_along(student, table, 5)
    expect_best(runner, model, best, table[best])


@points(0.75, of="RunnerV3", needs="test_best_model_has_the_lowest_dev_loss")
def test_best_model_is_the_first_of_equals(student, rng):
    """of equal dev losses the first one is the best, and nan never is"""
    for table, best in (([9, 3, 2, 4, 2, 2], 2), ([9, math.nan, 3, math.nan, 5, 4], 2)):
        runner, model, _ = trained_along(student, table, 5)
        expect_best(runner, model, best, table[best])


@points(0.5, of="RunnerV3", needs="test_best_model_has_the_lowest_dev_loss")
def test_best_model_is_among_the_evaluated_ones(student, rng):
    """epochs without an evaluation cannot be the best"""
    runner, model, _ = trained_along(student, [9, 1, 5, 2, 4, 3, 6, 8], 7, eval_every=2)
    expect_best(runner, model, 4, 4)


@points(1, of="RunnerV3", needs="test_best_model_has_the_lowest_dev_loss")
def test_best_model_survives_more_training(student, rng):
    """the best model stays the best when training goes on, after load_best as well"""
    table = [9, 4, 2, 3, 5, 8, 7, 6, 1, 0.5]
    runner, model, batch = trained_along(student, table, 3)
    expect_best(runner, model, 2, 2)
    runner.train(batch, batch, 2)  # from 2 to 4: losses 3 and 5
    expect_best(runner, model, 2, 2)
    runner.train(batch, batch, 6)  # from 2 to 8: the last is better
    expect("runner.best_loss", runner.best_loss).close_to(1.0)
    runner.train(batch, batch, 1)
    runner.load_best()
    expect("the parameter after load_best()", model.params["W"]).close_to([[9.0]])


@points(0.25, of="RunnerV3", needs="test_best_model_has_the_lowest_dev_loss")
def test_best_model_before_any_evaluation(student, rng):
    """a new runner has best_epoch None and best_loss inf, and nothing to load"""
    runner, _ = a_runner(student, np.zeros((1, 1)), 1.0, None)
    expect("runner.best_epoch", runner.best_epoch).equals(None)
    expect("runner.best_loss", runner.best_loss).close_to(math.inf)
    refuses("load_best() of a new runner", RuntimeError, runner.load_best)
