"""Wrong programs that students write in chapter 07, and what to say to them."""

import numpy as np

from grader import mistake
from ch07_training import training as reference
from ch07_training.training import (
    BatchGD,
    Runner,
    accuracy,
    bce_with_logits,
    softmax_cross_entropy,
    train_step,
)

# step and zero_grad have an effect and no result, so "does it and returns zeros" is the right program.
EARNS_WITHOUT_KNOWING = {
    "BatchGD": "step and zero_grad have an effect and no result",
    "Runner": "train, load_best, save and load have an effect and no result",
}

# BatchGD -------------------------------------------------------------------------------------------------------


@mistake("M144", of="BatchGD", caught_by=("test_step_moves_every_parameter", "test_xor"))
class StepForWeightsOnly(BatchGD):
    """Your optimizer moves 'W' and skips the biases. On XOR the accuracy is still 4 of 4; the loss tells."""

    def step(self):
        for layer, name in self.model.parameters():
            if name == "W":
                layer.params[name] = layer.params[name] - self.lr * layer.grads[name]


@mistake("CH07-uphill", of="BatchGD", caught_by="test_step_moves_every_parameter")
class StepUphill(BatchGD):
    """The sign is wrong: the gradient points uphill, a step goes against it."""

    def step(self):
        for layer, name in self.model.parameters():
            layer.params[name] = layer.params[name] + self.lr * layer.grads[name]


@mistake("CH07-top-level", of="BatchGD", caught_by="test_step_moves_every_parameter")
class StepForDirectSublayers(BatchGD):
    """Only the layers directly inside the model are moved; model.parameters() reaches every depth."""

    def step(self):
        for layer in self.model.sublayers():
            for name in layer.params:
                layer.params[name] = layer.params[name] - self.lr * layer.grads[name]


@mistake("CH07-arrays-of-the-beginning", of="BatchGD", caught_by="test_step_looks_anew_each_time")
class StepOnOldArrays(BatchGD):
    """The arrays were looked up once, in the beginning; when params gets a new array, the old one is moved."""

    def __init__(self, model, lr):
        super().__init__(model, lr)
        self.found = [(layer.params[name], layer.grads[name]) for layer, name in model.parameters()]

    def step(self):
        for w, g in self.found:
            w -= self.lr * g


@mistake("CH07-rebinds-the-name", of="BatchGD", caught_by="test_step_moves_every_parameter")
class StepOnALocalName(BatchGD):
    """w = w - lr * g gives the local name another array; the one in params stays. Write it back into params."""

    def step(self):
        for layer, name in self.model.parameters():
            w = layer.params[name]
            w = w - self.lr * layer.grads[name]


@mistake("CH07-step-clears", of="BatchGD", caught_by="test_step_leaves_the_gradients")
class StepThatClears(BatchGD):
    """step clears the gradients as well. That is convenient until somebody wants to look at them; zero_grad does it."""

    def step(self):
        super().step()
        self.model.zero_grad()


@mistake("CH07-zero-grad-top-only", of="BatchGD", caught_by="test_zero_grad_clears_the_model")
class ZeroGradOfTheTop(BatchGD):
    """Only the model's own gradients are cleared, not those of the layers inside it."""

    def zero_grad(self):
        for grad in self.model.grads.values():
            grad[...] = 0.0


@mistake("CH07-step-float64", of="BatchGD", caught_by="test_step_keeps_float32")
class StepInFloat64(BatchGD):
    """A float32 network should stay one: np.float64(lr) times a float32 array is float64."""

    def step(self):
        for layer, name in self.model.parameters():
            layer.params[name] = layer.params[name] - np.float64(self.lr) * layer.grads[name]


# train_step ----------------------------------------------------------------------------------------------------


@mistake(
    "M131",
    of="train_step",
    caught_by=("test_train_steps_follow_the_gradient", "test_train_step_leaves_no_gradient"),
)
def step_without_clearing(model, loss_fn, opt, X, y):
    """The gradients are never cleared, so the next step adds its own to the old sum. Accuracy hardly notices."""
    loss, dscores = loss_fn(model.forward(X), y)
    model.backward(dscores)
    opt.step()
    return float(loss)


@mistake("M132", of="train_step", caught_by=("test_train_step_is_one_step", "test_xor"))
def step_with_cleared_gradients(model, loss_fn, opt, X, y):
    """The gradients are erased between backward and step: the parameters never move. Clear after the step."""
    loss, dscores = loss_fn(model.forward(X), y)
    model.backward(dscores)
    opt.zero_grad()
    opt.step()
    return float(loss)


@mistake("M134", of="train_step", caught_by="test_train_step_is_one_step")
def step_with_loss_afterwards(model, loss_fn, opt, X, y):
    """The loss was computed again after the step. Report the one of the parameters that the gradient belongs to."""
    train_step(model, loss_fn, opt, X, y)
    return float(loss_fn(model.forward(X), y)[0])


@mistake("CH07-step-before-backward", of="train_step", caught_by="test_train_step_is_one_step")
def step_before_backward(model, loss_fn, opt, X, y):
    """The step comes before backward, when all gradients are still zero; nothing moves."""
    loss, dscores = loss_fn(model.forward(X), y)
    opt.step()
    model.backward(dscores)
    opt.zero_grad()
    return float(loss)


@mistake("CH07-clears-first-only", of="train_step", caught_by="test_train_step_leaves_no_gradient")
def step_that_clears_first(model, loss_fn, opt, X, y):
    """Clearing first works too, as in PyTorch; this kit clears last, so that no old gradient lies about afterwards."""
    opt.zero_grad()
    loss, dscores = loss_fn(model.forward(X), y)
    model.backward(dscores)
    opt.step()
    return float(loss)


@mistake("CH07-two-steps", of="train_step", caught_by="test_train_step_is_one_step")
def two_steps(model, loss_fn, opt, X, y):
    """There are two steps in one; both move along the same gradient."""
    loss, dscores = loss_fn(model.forward(X), y)
    model.backward(dscores)
    opt.step()
    opt.step()
    opt.zero_grad()
    return float(loss)


@mistake("CH07-reshapes-y", of="train_step", caught_by="test_train_step_passes_errors_on")
def step_that_repairs_targets(model, loss_fn, opt, X, y):
    """y of a wrong shape is bent until it fits, which hides a mistake; pass it on, the loss will refuse it."""
    scores = model.forward(X)
    loss, dscores = loss_fn(scores, np.resize(y, scores.shape))
    model.backward(dscores)
    opt.step()
    opt.zero_grad()
    return float(loss)


@mistake("CH07-step-returns-pair", of="train_step", caught_by="test_train_step_is_one_step")
def step_that_returns_the_pair(model, loss_fn, opt, X, y):
    """The loss function returns two things; train_step returns the first of them only."""
    pair = loss_fn(model.forward(X), y)
    model.backward(pair[1])
    opt.step()
    opt.zero_grad()
    return pair


# make_xor ------------------------------------------------------------------------------------------------------

SHARED_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
SHARED_Y = np.array([[0.0], [1.0], [1.0], [0.0]])


@mistake("M145", of="make_xor", caught_by="test_xor_points")
def xor_with_flat_labels():
    """y has one axis. Beside scores of shape (4, 1) it would broadcast to 4 x 4; make it (4, 1)."""
    return SHARED_X.copy(), SHARED_Y[:, 0].copy()


@mistake("CH07-or", of="make_xor", caught_by="test_xor_points")
def xor_that_is_or():
    """That is OR: XOR is 0 again where both inputs are 1."""
    return SHARED_X.copy(), np.array([[0.0], [1.0], [1.0], [1.0]])


@mistake("CH07-xor-integers", of="make_xor", caught_by="test_xor_points")
def xor_of_integers():
    """The arrays hold integers; write 0.0 and 1.0, or the first step in place will raise or round."""
    return SHARED_X.astype(int), SHARED_Y.astype(int)


@mistake("CH07-xor-shared", of="make_xor", caught_by="test_xor_is_new_each_time")
def xor_that_is_shared():
    """Every caller gets the same arrays; what one of them changes, the next one finds."""
    return SHARED_X, SHARED_Y


# make_moons ----------------------------------------------------------------------------------------------------


@mistake("M146", of="make_moons", caught_by=("test_moons_noise",))
def moons_with_noisy_labels(n, noise, rng):
    """Noise was added to y as well. It belongs to X; labels are exactly 0 and 1."""
    X, y = reference.make_moons(n, noise, rng)
    return X, y + noise * rng.normal(size=y.shape)


@mistake("M146b", of="make_moons", caught_by="test_moons_without_noise")
def moons_out_of_balance(n, noise, rng):
    """The classes are drawn by coin; n // 2 points belong to class 0 and the others to class 1."""
    labels = rng.integers(0, 2, size=n)
    t = rng.uniform(0, np.pi, size=n)
    x = np.where(labels == 0, np.cos(t), 1 - np.cos(t))
    y = np.where(labels == 0, np.sin(t), 0.5 - np.sin(t))
    return np.stack([x, y], axis=1) + noise * rng.normal(size=(n, 2)), labels[:, None].astype(float)


@mistake("CH07-moons-in-order", of="make_moons", caught_by="test_moons_are_shuffled")
def moons_in_order(n, noise, rng):
    """First all points of class 0, then all of class 1: the rows were not shuffled."""
    X, y = reference.make_moons(n, noise, rng)
    order = np.argsort(y[:, 0], kind="stable")
    return X[order], y[order]


@mistake("CH07-moons-torn", of="make_moons", caught_by="test_moons_without_noise")
def moons_shuffled_apart(n, noise, rng):
    """X and y were shuffled by two different orders, so labels no longer belong to their points."""
    X, y = reference.make_moons(n, noise, rng)
    return X, rng.permutation(y)


@mistake("CH07-moons-do-not-interlock", of="make_moons", caught_by="test_moons_without_noise")
def moons_beside_each_other(n, noise, rng):
    """The second half circle has the wrong place: it is (1 - cos t, 0.5 - sin t)."""
    X, y = reference.make_moons(n, 0.0, rng)
    X[y[:, 0] == 1, 1] += 0.5
    return X + noise * rng.normal(size=X.shape), y


@mistake("CH07-moons-open-end", of="make_moons", caught_by="test_moons_without_noise")
def moons_without_their_ends(n, noise, rng):
    """The last angle is missing: the angles run from 0 to pi, both included."""
    t = [np.linspace(0, np.pi, k, endpoint=False) for k in (n // 2, n - n // 2)]
    X = np.concatenate([np.c_[np.cos(t[0]), np.sin(t[0])], np.c_[1 - np.cos(t[1]), 0.5 - np.sin(t[1])]])
    y = np.repeat([0.0, 1.0], [n // 2, n - n // 2])[:, None]
    order = rng.permutation(n)
    return (X + noise * rng.normal(size=X.shape))[order], y[order]


@mistake("CH07-moons-one-noise-for-both", of="make_moons", caught_by="test_moons_noise")
def moons_pushed_diagonally(n, noise, rng):
    """Both coordinates of a point get the same noise; draw one number for each coordinate."""
    X, y = reference.make_moons(n, 0.0, rng)
    return X + noise * rng.normal(size=(n, 1)), y


@mistake("CH07-moons-uniform-noise", of="make_moons", caught_by="test_moons_noise")
def moons_with_uniform_noise(n, noise, rng):
    """The noise is uniform; a normal distribution was asked for, with standard deviation noise."""
    X, y = reference.make_moons(n, 0.0, rng)
    return X + noise * rng.uniform(-1, 1, size=(n, 2)), y


@mistake("CH07-moons-variance", of="make_moons", caught_by="test_moons_noise")
def moons_with_noise_as_variance(n, noise, rng):
    """noise is the standard deviation, not the variance: no square root of it."""
    return reference.make_moons(n, np.sqrt(noise), rng)


@mistake("CH07-moons-global-rng", of="make_moons", caught_by="test_moons_draw_from_their_rng")
def moons_from_the_global_rng(n, noise, rng):
    """np.random draws from one generator for the whole program; draw from the rng that was passed in."""
    return reference.make_moons(n, noise, np.random.default_rng(np.random.randint(2**31)))


# Runner --------------------------------------------------------------------------------------------------------


@mistake("M135", of="Runner", caught_by="test_evaluate_leaves_no_trace")
class RunnerThatLearnsFromDevRows(Runner):
    """evaluate calls train_step, so it trains on the rows it should only look at. Forward and loss are enough."""

    def evaluate(self, X, y):
        result = super().evaluate(X, y)
        train_step(self.model, self.loss_fn, self.optimizer, X, y)
        return result


@mistake(
    "M135b",
    of="Runner",
    caught_by=("test_evaluate_leaves_the_mode_as_it_was", "test_predict_gives_scores"),
)
class RunnerThatStaysInEval(Runner):
    """After evaluate the model is still in eval mode: from then on dropout is off in training as well."""

    def predict(self, X):
        self.model.eval()
        return self.model.forward(X)


@mistake("M135c", of="Runner", caught_by="test_evaluate_leaves_the_mode_as_it_was")
class RunnerThatAlwaysReturnsToTraining(Runner):
    """A model that was in eval mode before is in training mode now; note the mode before and bring it back."""

    def predict(self, X):
        self.model.eval()
        scores = self.model.forward(X)
        self.model.train()
        return scores


@mistake("M135d", of="Runner", caught_by=("test_evaluate_leaves_no_trace", "test_predict_gives_scores"))
class RunnerWithoutEvalMode(Runner):
    """The dev rows are judged in training mode: with dropout (chapter 12) the result would be noise."""

    def predict(self, X):
        return self.model.forward(X)


@mistake("CH07-eval-mode-in-training", of="Runner", caught_by="test_train_is_in_training_mode")
class RunnerThatTrainsInWhateverMode(Runner):
    """The mode is left as it was found, also when it was eval; call model.train() before each step."""

    def train(self, X, y, X_dev, y_dev, epochs, log=None):
        begin = type(self.model).train
        try:
            type(self.model).train = lambda model: None
            super().train(X, y, X_dev, y_dev, epochs, log)
        finally:
            type(self.model).train = begin


@mistake("CH07-metric-order", of="Runner", caught_by="test_evaluate_gives_loss_and_metric")
class RunnerThatSwapsTheMetric(Runner):
    """metric gets the scores first and the targets second."""

    def evaluate(self, X, y):
        scores = self.predict(X)
        return float(self.loss_fn(scores, y)[0]), float(self.metric(y, scores))


@mistake("CH07-predict-classes", of="Runner", caught_by="test_predict_gives_scores")
class RunnerThatPredictsClasses(Runner):
    """predict returns classes; here it returns the raw scores, so that everybody can decide by himself."""

    def predict(self, X):
        return (super().predict(X) > 0).astype(float)


class LoopedRunner(Runner):
    """Runner.train in pieces that the mistakes below replace."""

    def train(self, X, y, X_dev, y_dev, epochs, log=None):
        self.optimizer.zero_grad()
        for epoch in range(self.first_epoch(), self.first_epoch() + epochs):
            self.model.train()
            self.one_epoch(X, y, X_dev, y_dev)
            loss = self.history["dev_loss"][-1]
            if self.is_better(loss, self.history["dev_score"]):
                self.best_loss, self.best_epoch = loss, epoch
                self.best = self.keep()
            if log is not None:
                self.report(log, epoch)

    def first_epoch(self):
        return len(self.history["train_loss"]) + 1

    def one_epoch(self, X, y, X_dev, y_dev):
        self.note(train_step(self.model, self.loss_fn, self.optimizer, X, y), *self.evaluate(X_dev, y_dev))

    def note(self, *numbers):
        for name, number in zip(("train_loss", "dev_loss", "dev_score"), numbers):
            self.history[name].append(number)

    def is_better(self, loss, scores):
        return loss < self.best_loss

    def keep(self):
        return [layer.params[name].copy() for layer, name in self.model.parameters()]

    def report(self, log, epoch):
        log(epoch, self.history["train_loss"][-1], self.history["dev_loss"][-1])


@mistake("M134b", of="Runner", caught_by="test_train_follows_the_gradient")
class RunnerThatNotesTheLossAfterwards(LoopedRunner):
    """history[0] should be the loss before any step; here the training rows are judged again after it."""

    def one_epoch(self, X, y, X_dev, y_dev):
        train_step(self.model, self.loss_fn, self.optimizer, X, y)
        self.note(self.evaluate(X, y)[0], *self.evaluate(X_dev, y_dev))


@mistake("CH07-dev-before-the-step", of="Runner", caught_by="test_train_watches_the_dev_rows")
class RunnerThatLooksTooEarly(LoopedRunner):
    """The dev rows are judged before the step; then the best parameters and the best loss do not belong together."""

    def one_epoch(self, X, y, X_dev, y_dev):
        judged = self.evaluate(X_dev, y_dev)
        self.note(train_step(self.model, self.loss_fn, self.optimizer, X, y), *judged)


@mistake("CH07-dev-rows-swapped", of="Runner", caught_by=("test_train_watches_the_dev_rows",))
class RunnerThatJudgesOnTrainingRows(LoopedRunner):
    """The dev loss is the loss of the training rows; dev rows are the ones the model has not learned from."""

    def one_epoch(self, X, y, X_dev, y_dev):
        super().one_epoch(X, y, X, y)


@mistake("CH07-trains-on-dev", of="Runner", caught_by="test_train_follows_the_gradient")
class RunnerThatTrainsOnTheDevRows(LoopedRunner):
    """The steps are taken with the dev rows; only X and y may move the parameters."""

    def one_epoch(self, X, y, X_dev, y_dev):
        super().one_epoch(X_dev, y_dev, X_dev, y_dev)


@mistake(
    "M136", of="Runner", caught_by=("test_best_has_the_lowest_dev_loss", "test_best_survives_more_training")
)
class RunnerWithAReference(LoopedRunner):
    """The best parameters are kept by reference and follow the training. Copy the arrays."""

    def keep(self):
        return [layer.params[name] for layer, name in self.model.parameters()]


@mistake("M137", of="Runner", caught_by="test_best_has_the_lowest_dev_loss")
class RunnerThatTrustsTheMetric(LoopedRunner):
    """The best epoch is chosen by the metric. On few dev rows many epochs tie; choose by the dev loss."""

    def is_better(self, loss, scores):
        return scores[-1] > max(scores[:-1], default=-np.inf)


@mistake("CH07-last-of-equals", of="Runner", caught_by="test_best_is_the_first_of_equals")
class RunnerThatPrefersTheLast(LoopedRunner):
    """Of equal losses the first one is the best: < and not <=."""

    def is_better(self, loss, scores):
        return loss <= self.best_loss


@mistake("CH07-nan-is-best", of="Runner", caught_by="test_best_is_the_first_of_equals")
class RunnerThatTakesNan(LoopedRunner):
    """not (loss >= best) is True for nan. A dev loss of nan is never the best."""

    def is_better(self, loss, scores):
        return not loss >= self.best_loss


@mistake("CH07-best-starts-anew", of="Runner", caught_by="test_best_survives_more_training")
class RunnerThatForgetsTheBest(Runner):
    """A second train forgets what was the best so far; it should go on from there."""

    def train(self, X, y, X_dev, y_dev, epochs, log=None):
        self.best_loss = float("inf")
        super().train(X, y, X_dev, y_dev, epochs, log)


@mistake("CH07-history-starts-anew", of="Runner", caught_by="test_train_may_be_called_again")
class RunnerThatForgetsItsHistory(Runner):
    """A second train begins a new history; it should append to the old one."""

    def train(self, X, y, X_dev, y_dev, epochs, log=None):
        self.history = {name: [] for name in self.history}
        super().train(X, y, X_dev, y_dev, epochs, log)


@mistake("CH07-epochs-from-zero", of="Runner", caught_by="test_best_has_the_lowest_dev_loss")
class RunnerThatCountsFromZero(LoopedRunner):
    """Epochs are counted from 1."""

    def first_epoch(self):
        return len(self.history["train_loss"])


@mistake("CH07-log-first-only", of="Runner", caught_by="test_train_reports_to_log")
class RunnerThatLogsWithoutEpoch(LoopedRunner):
    """log gets three arguments: the epoch, the training loss and the dev loss."""

    def report(self, log, epoch):
        log(self.history["train_loss"][-1], self.history["dev_loss"][-1])


SHARED_HISTORY = {"train_loss": [], "dev_loss": [], "dev_score": []}


@mistake("CH07-shared-history", of="Runner", caught_by="test_runners_share_nothing")
class RunnerWithASharedHistory(Runner):
    """All Runners write into one history: it was made once, for the class, and not in __init__ for each."""

    def __init__(self, model, optimizer, loss_fn, metric):
        super().__init__(model, optimizer, loss_fn, metric)
        self.history = SHARED_HISTORY
        for entries in self.history.values():
            entries.clear()


@mistake("M140", of="Runner", caught_by="test_best_survives_more_training")
class RunnerThatHandsOutTheBest(Runner):
    """load_best puts the saved arrays themselves into the model; the next step changes them. Put copies there."""

    def load_best(self):
        if self.best_epoch is None:
            raise RuntimeError("there is no best model yet; train first")
        for (layer, name), saved in zip(self.model.parameters(), self.best):
            layer.params[name] = saved


LAST_LOADED = {}


@mistake("M140b", of="Runner", caught_by="test_loaded_models_share_nothing")
class RunnerThatLoadsSharedArrays(Runner):
    """Two models that load the same file hold the same arrays, so that training one moves the other."""

    def load(self, path):
        super().load(path)
        for i, (layer, name) in enumerate(self.model.parameters()):
            array = layer.params[name]
            key = (i, array.tobytes())
            layer.params[name] = LAST_LOADED.setdefault(key, array)


@mistake("M139", of="Runner", caught_by="test_file_holds_plain_arrays")
class RunnerThatPickles(Runner):
    """The file holds a pickled object, which np.load refuses for good reason. Save plain arrays, one for each parameter."""

    def save(self, path):
        arrays = np.empty(len(list(self.model.parameters())), dtype=object)
        for i, (layer, name) in enumerate(self.model.parameters()):
            arrays[i] = layer.params[name]
        np.savez(path, arrays=arrays)

    def load(self, path):
        with np.load(path, allow_pickle=True) as file:
            for (layer, name), array in zip(self.model.parameters(), file["arrays"], strict=True):
                if array.shape != layer.params[name].shape:
                    raise ValueError("another model")
                layer.params[name] = array


@mistake("M139b", of="Runner", caught_by="test_load_brings_back_what_save_wrote")
class RunnerThatSavesOneW(Runner):
    """All layers write their W under the same name, so only the last one is in the file. Give each its own name."""

    def save(self, path):
        np.savez(path, **{name: layer.params[name] for layer, name in self.model.parameters()})

    def load(self, path):
        with np.load(path) as file:
            for layer, name in self.model.parameters():
                if file[name].shape == layer.params[name].shape:
                    layer.params[name] = file[name]


@mistake("M139c", of="Runner", caught_by="test_load_brings_back_what_save_wrote")
class RunnerThatSavesNoBiases(Runner):
    """The biases are not in the file; save every parameter, whatever its name."""

    def save(self, path):
        weights = [layer.params[name] for layer, name in self.model.parameters() if name == "W"]
        np.savez(path, *weights)

    def load(self, path):
        with np.load(path) as file:
            layers = [layer for layer, name in self.model.parameters() if name == "W"]
            for i, layer in enumerate(layers):
                layer.params["W"] = file[f"arr_{i}"]


@mistake("CH07-load-broadcasts", of="Runner", caught_by="test_load_refuses_another_model")
class RunnerThatBroadcastsOnLoad(Runner):
    """array[...] = saved stretches a (1, 2) over a (3, 2) without complaint; compare the shapes first."""

    def load(self, path):
        with np.load(path) as file:
            for i, (layer, name) in enumerate(self.model.parameters()):
                layer.params[name][...] = file[f"p{i}"]


@mistake("CH07-load-half", of="Runner", caught_by="test_load_refuses_another_model")
class RunnerThatLoadsHalf(Runner):
    """The first parameters are overwritten before the misfit is noticed; check all shapes before you change any."""

    def load(self, path):
        with np.load(path) as file:
            for i, (layer, name) in enumerate(self.model.parameters()):
                if f"p{i}" not in file or file[f"p{i}"].shape != layer.params[name].shape:
                    raise ValueError("another model")
                layer.params[name] = file[f"p{i}"]


# decision_grid -------------------------------------------------------------------------------------------------


@mistake("M147", of="decision_grid", caught_by="test_grid_matches_the_formula")
def grid_with_axes_swapped(model, xlim, ylim, n):
    """The picture is mirrored: the model got (y, x). Feed the columns in the order of the data."""
    xx, yy, _ = reference.decision_grid(model, xlim, ylim, n)
    return xx, yy, model.forward(np.c_[yy.ravel(), xx.ravel()]).reshape(n, n)


@mistake("M147b", of="decision_grid", caught_by="test_grid_matches_the_formula")
def grid_by_matrix_index(model, xlim, ylim, n):
    """x runs down the rows here: rows belong to y, columns to x, as in a picture."""
    return tuple(part.T for part in reference.decision_grid(model, xlim, ylim, n))


@mistake("M147c", of="decision_grid", caught_by="test_grid_matches_the_formula")
def grid_upside_down(model, xlim, ylim, n):
    """y runs from top to bottom; row 0 belongs to ylim[0]."""
    xx, yy, zz = reference.decision_grid(model, xlim, ylim, n)
    return xx, yy[::-1], zz[::-1]


@mistake("CH07-grid-column", of="decision_grid", caught_by="test_grid_matches_the_formula")
def grid_as_a_column(model, xlim, ylim, n):
    """zz is still the column that the model returned; bring it into the form of xx."""
    xx, yy, zz = reference.decision_grid(model, xlim, ylim, n)
    return xx, yy, zz.reshape(-1, 1)


@mistake("CH07-grid-open-end", of="decision_grid", caught_by="test_grid_matches_the_formula")
def grid_without_the_last_line(model, xlim, ylim, n):
    """The last value of each direction is missing: both limits are included."""
    step = (xlim[1] - xlim[0]) / n, (ylim[1] - ylim[0]) / n
    xx, yy = np.meshgrid(xlim[0] + step[0] * np.arange(n), ylim[0] + step[1] * np.arange(n))
    return xx, yy, model.forward(np.c_[xx.ravel(), yy.ravel()]).reshape(n, n)


@mistake("CH07-grid-in-training-mode", of="decision_grid", caught_by="test_grid_is_computed_in_eval_mode")
def grid_in_training_mode(model, xlim, ylim, n):
    """The grid was computed in training mode; with dropout the border would be speckled. model.eval() first."""
    xx, yy, _ = reference.decision_grid(model, xlim, ylim, n)
    return xx, yy, model.forward(np.c_[xx.ravel(), yy.ravel()]).reshape(n, n)


@mistake("CH07-grid-stays-in-eval", of="decision_grid", caught_by="test_grid_is_computed_in_eval_mode")
def grid_that_stays_in_eval(model, xlim, ylim, n):
    """After the picture the model is still in eval mode."""
    model.eval()
    return reference.decision_grid(model, xlim, ylim, n)


# overfits_tiny_batch -------------------------------------------------------------------------------------------


def trained(model_fn, X, y, steps, lr, loss_fn=None):
    """A model after its steps."""
    model = model_fn()
    opt = BatchGD(model, lr)
    model.train()
    for _ in range(steps):
        train_step(model, loss_fn or (bce_with_logits if y.ndim == 2 else softmax_cross_entropy), opt, X, y)
    model.eval()
    return model


@mistake("CH07-tiny-always", of="overfits_tiny_batch", caught_by="test_tiny_batch_of_two_classes")
def tiny_batch_always_passes(model_fn, X, y, steps=1000, lr=0.5):
    """Every network passes this test. It must say False when a row is still wrong."""
    trained(model_fn, X, y, steps, lr)
    return True


@mistake("CH07-tiny-mostly", of="overfits_tiny_batch", caught_by=("test_tiny_batch_of_many_classes",))
def tiny_batch_nearly_right(model_fn, X, y, steps=1000, lr=0.5):
    """19 of 20 rows are not all rows. A sound network learns a handful of rows completely."""
    return accuracy(trained(model_fn, X, y, steps, lr).forward(X), y) >= 0.9


@mistake("CH07-tiny-untrained", of="overfits_tiny_batch", caught_by="test_tiny_batch_of_two_classes")
def tiny_batch_of_another_model(model_fn, X, y, steps=1000, lr=0.5):
    """model_fn was called twice: one model was trained, another one judged."""
    trained(model_fn, X, y, steps, lr)
    return accuracy(model_fn().forward(X), y) == 1.0


@mistake("CH07-tiny-steps", of="overfits_tiny_batch", caught_by="test_tiny_batch_takes_its_steps")
def tiny_batch_of_1000_steps(model_fn, X, y, steps=1000, lr=0.5):
    """steps is ignored; it is the budget that the caller grants."""
    return accuracy(trained(model_fn, X, y, 1000, lr).forward(X), y) == 1.0


@mistake("CH07-tiny-lr", of="overfits_tiny_batch", caught_by="test_tiny_batch_takes_its_steps")
def tiny_batch_with_its_own_lr(model_fn, X, y, steps=1000, lr=0.5):
    """lr is ignored; pass it on to BatchGD."""
    return accuracy(trained(model_fn, X, y, steps, 0.5).forward(X), y) == 1.0


@mistake("CH07-tiny-training-mode", of="overfits_tiny_batch", caught_by="test_tiny_batch_modes")
def tiny_batch_judged_in_training(model_fn, X, y, steps=1000, lr=0.5):
    """The model is judged in training mode; with dropout a perfect network could fail."""
    model = trained(model_fn, X, y, steps, lr)
    model.train()
    return accuracy(model.forward(X), y) == 1.0


@mistake(
    "CH07-tiny-labels-changed", of="overfits_tiny_batch", caught_by="test_tiny_batch_leaves_its_rows_alone"
)
def tiny_batch_that_shuffles(model_fn, X, y, steps=1000, lr=0.5):
    """The caller's rows were changed in place; work on copies if you want them in another form."""
    verdict = reference.overfits_tiny_batch(model_fn, X, y, steps, lr)
    y[...] = y[::-1].copy()
    X[...] = X[::-1].copy()
    return verdict


@mistake("CH07-tiny-one-loss", of="overfits_tiny_batch", caught_by="test_tiny_batch_of_many_classes")
def tiny_batch_with_one_loss(model_fn, X, y, steps=1000, lr=0.5):
    """Class numbers need softmax_cross_entropy; bce_with_logits is for one score and labels (N, 1)."""
    return accuracy(trained(model_fn, X, y, steps, lr, bce_with_logits).forward(X), y) == 1.0
