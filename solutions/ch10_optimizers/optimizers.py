"""Chapter 10: data pipeline and optimizers. Which rows, when, how far, and how well.

Data come as arrays X (N, ...) and y, one entry of y for each row of X. A loader deals them out in batches, an
optimizer turns gradients into steps, a runner puts it all together. Models are layers of chapter 06: every
optimizer walks over model.parameters(), which gives pairs (layer, name).
"""

from pathlib import Path

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch04_losses.losses import softmax_cross_entropy
from ch06_layers.layers import Linear, Sequential, Tanh


def _data_file(name):
    """Given: where the course keeps a data file, beside the chapters."""
    here = Path(__file__).resolve().parent
    places = [here.parent / "data" / name, here.parent.parent / "exercises" / "data" / name]
    for path in places:
        if path.is_file():
            return path
    raise FileNotFoundError(f"{name} is not in {places[0].parent}")


def load_iris():
    """Given: Fisher's irises. X (150, 4) float64 in cm, y (150,) ints: 0 setosa, 1 versicolor, 2 virginica.

    Columns: sepal length, sepal width, petal length, petal width. The rows are sorted by class, 50 of each, so
    shuffle before you cut. New arrays at each call. Grading calls no loader: hidden tests pass X and y.
    """
    with np.load(_data_file("iris.npz")) as data:
        return data["tenths"] / 10, data["y"].astype(np.int64)


def load_digits():
    """Given: handwritten digits. X (1797, 64) float64, grey values 0 to 16 of 8 x 8 pixels, y (1797,) ints 0 to 9.

    Row by row: X[n].reshape(8, 8) is an image. New arrays at each call.
    """
    with np.load(_data_file("digits.npz")) as data:
        return data["pixels"].astype(np.float64), data["y"].astype(np.int64)


def check_columns(X, *statistics):
    """Given: raise ValueError unless X is (N, D) with N >= 1, and everything else is (D,)."""
    if X.ndim != 2 or len(X) == 0:
        raise ValueError(f"X has shape {X.shape}, expected (N, D) with at least one row")
    for each in statistics:
        if each.shape != X.shape[1:]:
            raise ValueError(f"X has shape {X.shape}, its statistics {each.shape}, expected {X.shape[1:]}")


class ArrayDataset:
    """Inputs and targets side by side: a dataset answers "which".

    Parameters
    ----------
    X : (N, ...) array
        One row for each example; images may have more axes.
    y : (N, ...) array
        One entry for each row of X: (N,) class labels, or (N, 1) targets.

    len(dataset) is N. dataset[i] is the pair (X[i], y[i]) for an int i, a slice or an array of ints, in the
    order of the array, repetitions included. The dtypes stay. Nothing is ever changed in X or y; whether the
    dataset keeps them or copies of them is left open.

    Raises
    ------
    ValueError
        If X and y differ in length.

    >>> dataset = ArrayDataset(np.array([[1.0], [2.0], [3.0]]), np.array([0, 1, 0]))
    >>> len(dataset)
    3
    >>> dataset[np.array([2, 0])]
    (array([[3.],
           [1.]]), array([0, 0]))
    """

    def __init__(self, X, y):
        ### BEGIN SOLUTION
        self.X, self.y = np.asarray(X), np.asarray(y)
        if len(self.X) != len(self.y):
            raise ValueError(f"X has {len(self.X)} rows, y has {len(self.y)} entries")
        ### END SOLUTION

    def __len__(self):
        """N, the number of examples."""
        ### BEGIN SOLUTION
        return len(self.X)
        ### END SOLUTION

    def __getitem__(self, index):
        """The pair (X[index], y[index])."""
        ### BEGIN SOLUTION
        return self.X[index], self.y[index]
        ### END SOLUTION


class DataLoader:
    """Deals a dataset out in batches, over and over: a loader answers "when".

    Parameters
    ----------
    dataset : ArrayDataset, or anything with a length N and pairs dataset[array of ints]
        It is never changed; only row numbers are shuffled.
    batch_size : int >= 1
        B. May be larger than N.
    shuffle : bool
        False: rows in order, and nothing is drawn from rng. True: every pass has a new order, drawn from rng,
        each of the N! orders equally likely; X and y stay together.
    rng : np.random.Generator or None
        The only source of random numbers; needed if shuffle is True.
    drop_last : bool
        False: the last batch holds what is left over and may be smaller; it is never empty. True: a last batch
        of fewer than B rows is left out.

    A loop over the loader is one pass (one epoch) and gives pairs (X_batch, y_batch). Passes are independent:
    the next begins at the beginning, also if the one before it was broken off or is still going on. len(loader)
    is the number of batches of a pass.

    Raises
    ------
    ValueError
        If batch_size is below 1, or shuffle is True without an rng (given).

    >>> loader = DataLoader(ArrayDataset(np.zeros((5, 1)), np.array([0, 1, 2, 3, 4])), batch_size=2)
    >>> len(loader)
    3
    >>> [y for X, y in loader]
    [array([0, 1]), array([2, 3]), array([4])]
    """

    def __init__(self, dataset, batch_size, shuffle=False, rng=None, drop_last=False):
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}, expected at least 1")
        if shuffle and rng is None:
            raise ValueError("shuffle=True needs an rng")
        self.dataset, self.batch_size = dataset, batch_size
        self.shuffle, self.rng, self.drop_last = shuffle, rng, drop_last

    def __len__(self):
        """Number of batches of one pass."""
        ### BEGIN SOLUTION
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)
        ### END SOLUTION

    def __iter__(self):
        """A new pass over the batches."""
        ### BEGIN SOLUTION
        n = len(self.dataset)
        order = self.rng.permutation(n) if self.shuffle else np.arange(n)
        for k in range(len(self)):
            yield self.dataset[order[k * self.batch_size : (k + 1) * self.batch_size]]
        ### END SOLUTION


def min_max_fit(X):
    """Smallest and largest entry of each column, to be learned from the training rows only.

    lo[d] = min over n of X[n, d],   hi[d] = max over n of X[n, d]

    Parameters
    ----------
    X : (N, D) array, N >= 1
        Not changed.

    Returns
    -------
    lo, hi : (D,) arrays
        New arrays. float32 if X is, else float64.

    >>> min_max_fit(np.array([[1.0, 8.0], [3.0, 8.0]]))
    (array([1., 8.]), array([3., 8.]))
    """
    X = as_float(X)
    check_columns(X)
    ### BEGIN SOLUTION
    return X.min(axis=0), X.max(axis=0)
    ### END SOLUTION


def min_max_apply(X, lo, hi):
    """Move and stretch each column such that lo becomes 0 and hi becomes 1.

    out[n, d] = (X[n, d] - lo[d]) / (hi[d] - lo[d]),   with 1 in place of hi[d] - lo[d] where that is 0

    Parameters
    ----------
    X : (N, D) array
        Training, dev or test rows; not changed.
    lo, hi : (D,) arrays
        From min_max_fit of the training rows.

    Returns
    -------
    (N, D) array
        A new array; float32 if all three are float32, else float64. Rows outside of the training range become
        less than 0 or more than 1: nothing is clipped.

    >>> min_max_apply(np.array([[2.0, 8.0], [5.0, 9.0]]), np.array([1.0, 8.0]), np.array([3.0, 8.0]))
    array([[0.5, 0. ],
           [2. , 1. ]])
    """
    X, lo, hi = as_float(X), as_float(lo), as_float(hi)
    check_columns(X, lo, hi)
    ### BEGIN SOLUTION
    span = hi - lo
    span[span == 0] = 1.0
    return (X - lo) / span
    ### END SOLUTION


def standardize_fit(X):
    """Mean and standard deviation of each column, to be learned from the training rows only.

    mean[d] = (1/N) * sum over n of X[n, d]
    std[d]  = sqrt((1/N) * sum over n of (X[n, d] - mean[d])^2),   exactly 0 if all X[n, d] are equal

    Parameters
    ----------
    X : (N, D) array, N >= 1
        Not changed.

    Returns
    -------
    mean, std : (D,) arrays
        New arrays. float32 if X is, else float64.

    Divided by N, not N - 1. A column is constant if its entries are equal, and only then: rounding can make
    the formula give 1e-17 in a column of 0.1, and a column of honest 1e-6 is not constant. Right also for columns
    far from 0, such as 1e6 plus a little.

    >>> standardize_fit(np.array([[1.0, 8.0], [3.0, 8.0]]))
    (array([2., 8.]), array([1., 0.]))
    """
    X = as_float(X)
    check_columns(X)
    ### BEGIN SOLUTION
    mean, std = X.mean(axis=0), X.std(axis=0)
    std[np.ptp(X, axis=0) == 0] = 0.0
    return mean, std
    ### END SOLUTION


def standardize_apply(X, mean, std):
    """Move and stretch each column such that the training rows have mean 0 and standard deviation 1.

    out[n, d] = (X[n, d] - mean[d]) / std[d],   with 1 in place of std[d] where that is 0

    Parameters
    ----------
    X : (N, D) array
        Training, dev or test rows; not changed.
    mean, std : (D,) arrays
        From standardize_fit of the training rows.

    Returns
    -------
    (N, D) array
        A new array; float32 if all three are float32, else float64.

    >>> standardize_apply(np.array([[4.0, 9.0]]), np.array([2.0, 8.0]), np.array([1.0, 0.0]))
    array([[2., 1.]])
    """
    X, mean, std = as_float(X), as_float(mean), as_float(std)
    check_columns(X, mean, std)
    ### BEGIN SOLUTION
    return (X - mean) / np.where(std == 0, std.dtype.type(1), std)
    ### END SOLUTION


def split_indices(n, sizes, rng):
    """Deal the row numbers 0 to n - 1 into parts, such as training, dev and test rows.

    Parameters
    ----------
    n : int >= 0
    sizes : sequence of ints >= 0
        How many rows each part gets. Their sum may be less than n: the other rows are in no part.
    rng : np.random.Generator
        The only source of random numbers. Every way to deal is equally likely.

    Returns
    -------
    list of int arrays
        Part k has sizes[k] row numbers, in any order. No row number is in two parts, or twice in one.

    Raises
    ------
    ValueError
        If a size is negative or the sizes need more than n rows (given).

    >>> [len(part) for part in split_indices(10, [7, 2], np.random.default_rng(0))]
    [7, 2]
    """
    if any(size < 0 for size in sizes) or sum(sizes) > n:
        raise ValueError(f"sizes are {list(sizes)}, expected numbers from 0 on with a sum of at most {n}")
    ### BEGIN SOLUTION
    order = rng.permutation(n)
    parts, start = [], 0
    for size in sizes:
        parts.append(order[start : start + size])
        start += size
    return parts
    ### END SOLUTION


class Optimizer:
    """Given: what all optimizers have in common. An optimizer changes the parameters of one model.

    model is a layer of chapter 06, nested to any depth: for every pair (layer, name) of model.parameters() the
    parameter is layer.params[name] and its gradient layer.grads[name]. lr is the learning rate; it may be
    changed between two steps, and the next step uses the new one.

    What holds for step() of all of them:

    - It reads params and grads as they are at the time of the step, and changes the arrays in params in place:
      they stay the same objects with the same dtype, so that whoever holds one of them sees the new numbers.
    - It leaves grads as they are. zero_grad() clears them.
    - What an optimizer remembers from step to step it keeps for each parameter apart, and for itself: not in
      the model, not shared with another optimizer.
    """

    def __init__(self, model, lr):
        self.model = model
        self.lr = lr

    def step(self):
        raise NotImplementedError(f"{type(self).__name__} has no step")

    def zero_grad(self):
        model = self.model
        model.zero_grad()


class SGD(Optimizer):
    """Gradient descent with whatever gradient is there, that of a batch for example.

    g = gradient + weight_decay * w   for a parameter with the name 'W';   g = gradient for every other name
    w = w - lr * g

    Parameters
    ----------
    model : Layer of chapter 06
    lr : float
    weight_decay : float
        Factor of the weights in the gradient: what the penalty (weight_decay / 2) * sum(W**2) adds to it. Only
        for 'W': biases and parameters of other names do not decay.

    With w = 5, a gradient of 4, lr = 0.1 and weight_decay = 0.2, g is 4 + 1:

    >>> layer = Linear(1, 1, np.random.default_rng(0))
    >>> layer.params["W"][...], layer.grads["W"][...] = 5.0, 4.0
    >>> SGD(layer, lr=0.1, weight_decay=0.2).step()
    >>> layer.params["W"]
    array([[4.5]])
    """

    def __init__(self, model, lr, weight_decay=0.0):
        super().__init__(model, lr)
        self.weight_decay = weight_decay

    def step(self):
        """One step for every parameter of the model, in place."""
        ### BEGIN SOLUTION
        for layer, name in self.model.parameters():
            w, g = layer.params[name], layer.grads[name]
            if name == "W":
                g = g + self.weight_decay * w
            w -= self.lr * g
        ### END SOLUTION


class Momentum(Optimizer):
    """Gradient descent that remembers its last step.

    g = gradient + weight_decay * w   for a parameter with the name 'W';   g = gradient for every other name
    v = rho * v + lr * g              one v for each parameter, of its shape, 0 before the first step
    w = w - v

    Parameters
    ----------
    model : Layer of chapter 06
    lr : float
    rho : float in [0, 1)
        How much of the last step is kept. With rho = 0 this is SGD.
    weight_decay : float
        As in SGD.

    If the gradient stays the same, the step v grows to lr * g / (1 - rho).

    The same gradient 4 twice, lr = 0.1, rho = 0.5: the steps are 0.4 and 0.5 * 0.4 + 0.4 = 0.6:

    >>> layer = Linear(1, 1, np.random.default_rng(0))
    >>> layer.params["W"][...], layer.grads["W"][...] = 5.0, 4.0
    >>> opt = Momentum(layer, lr=0.1, rho=0.5)
    >>> opt.step()
    >>> layer.params["W"]
    array([[4.6]])
    >>> opt.step()
    >>> layer.params["W"]
    array([[4.]])

    PyTorch has v = rho * v + g and w = w - lr * v: the same path while lr stays the same. In CS231n v has the
    opposite sign.
    """

    def __init__(self, model, lr, rho=0.9, weight_decay=0.0):
        super().__init__(model, lr)
        self.rho = rho
        self.weight_decay = weight_decay
        self.v = {}  # for step to fill

    def step(self):
        """One step for every parameter of the model, in place."""
        ### BEGIN SOLUTION
        for layer, name in self.model.parameters():
            w, g = layer.params[name], layer.grads[name]
            if name == "W":
                g = g + self.weight_decay * w
            self.v[layer, name] = self.rho * self.v.get((layer, name), 0.0) + self.lr * g
            w -= self.v[layer, name]
        ### END SOLUTION


class RMSProp(Optimizer):
    """Bonus. Steps measured by the usual size of the gradient, each entry for itself.

    s = decay * s + (1 - decay) * gradient^2    one s for each parameter, of its shape, 0 before the first step
    w = w - lr * gradient / (sqrt(s) + eps)

    Parameters
    ----------
    model : Layer of chapter 06
    lr : float
    decay : float in [0, 1)
    eps : float
        Outside of the root. Where all gradients have been 0, nothing moves.

    With decay = 0.75 the first s is gradient^2 / 4, so the first step is 2 * lr, whatever the gradient:

    >>> layer = Linear(1, 1, np.random.default_rng(0))
    >>> layer.params["W"][...], layer.grads["W"][...] = 5.0, 3.0
    >>> RMSProp(layer, lr=0.1, decay=0.75).step()
    >>> layer.params["W"].round(6)
    array([[4.8]])
    """

    def __init__(self, model, lr, decay=0.99, eps=1e-8):
        super().__init__(model, lr)
        self.decay = decay
        self.eps = eps
        self.s = {}  # for step to fill

    def step(self):
        """One step for every parameter of the model, in place."""
        ### BEGIN SOLUTION
        for layer, name in self.model.parameters():
            w, g = layer.params[name], layer.grads[name]
            self.s[layer, name] = self.decay * self.s.get((layer, name), 0.0) + (1 - self.decay) * g**2
            w -= self.lr * g / (np.sqrt(self.s[layer, name]) + self.eps)
        ### END SOLUTION


class Adam(Optimizer):
    """Bonus. Momentum and RMSProp together, both corrected for their start at 0.

    t = t + 1                                    t counts the steps of the optimizer: 1 in the first one
    m = beta1 * m + (1 - beta1) * gradient       one m and one v for each parameter, of its shape, 0 before the
    v = beta2 * v + (1 - beta2) * gradient^2     first step
    m_hat = m / (1 - beta1^t),   v_hat = v / (1 - beta2^t)     not kept: m and v go on without the correction
    w = w - lr * m_hat / (sqrt(v_hat) + eps)

    Parameters
    ----------
    model : Layer of chapter 06
    lr : float
    beta1, beta2 : float in [0, 1)
    eps : float
        Outside of the root.

    In the first step m_hat is the gradient and v_hat its square: every entry moves by lr.

    >>> layer = Linear(1, 1, np.random.default_rng(0))
    >>> layer.params["W"][...], layer.grads["W"][...] = 5.0, -3.0
    >>> Adam(layer, lr=0.1).step()
    >>> layer.params["W"].round(6)
    array([[5.1]])

    Source: Kingma and Ba (2015), Algorithm 1.
    """

    def __init__(self, model, lr, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(model, lr)
        self.beta1, self.beta2, self.eps = beta1, beta2, eps
        self.t = 0
        self.m, self.v = {}, {}  # for step to fill

    def step(self):
        """One step for every parameter of the model, in place."""
        ### BEGIN SOLUTION
        self.t += 1
        for layer, name in self.model.parameters():
            key, w, g = (layer, name), layer.params[name], layer.grads[name]
            self.m[key] = self.beta1 * self.m.get(key, 0.0) + (1 - self.beta1) * g
            self.v[key] = self.beta2 * self.v.get(key, 0.0) + (1 - self.beta2) * g**2
            m_hat = self.m[key] / (1 - self.beta1**self.t)
            v_hat = self.v[key] / (1 - self.beta2**self.t)
            w -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
        ### END SOLUTION


class AccuracyMeter:
    """Accuracy over many batches: counts add up, means of batches do not.

    accumulate() = (number of rows right so far) / (number of rows so far),   0.0 if there are none

    A row is right under the rules of accuracy in chapter 00: scores (N, C) with C >= 2 and labels y (N,), the
    first of the highest scores is predicted; or scores (N, 1) and y (N, 1) of 0 and 1, class 1 is predicted where
    the score is above 0.

    >>> meter = AccuracyMeter()
    >>> meter.update(np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]]), np.array([0, 0, 0]))
    >>> meter.update(np.array([[1.0, 0.0]]), np.array([1]))
    >>> meter.accumulate()
    0.75
    """

    def __init__(self):
        self.reset()

    def reset(self):
        """Forget everything."""
        ### BEGIN SOLUTION
        self.right = 0
        self.rows = 0
        ### END SOLUTION

    def update(self, scores, y):
        """Add the rows of one batch.

        Parameters
        ----------
        scores : (N, C) or (N, 1) array, N >= 0
        y : (N,) or (N, 1) array

        Neither is changed.

        Raises
        ------
        ValueError
            For any other pair of shapes. Nothing is counted then.
        """
        scores, y = np.asarray(scores), np.asarray(y)
        ### BEGIN SOLUTION
        if scores.ndim != 2 or y.shape != (scores.shape if scores.shape[1] == 1 else scores.shape[:1]):
            raise ValueError(f"scores of shape {scores.shape} do not go with labels of shape {y.shape}")
        predicted = scores > 0 if scores.shape[1] == 1 else scores.argmax(axis=1)
        self.right += int(np.sum(predicted == y))
        self.rows += len(y)
        ### END SOLUTION

    def accumulate(self):
        """The accuracy so far, a float. May be asked at any time; it changes nothing."""
        ### BEGIN SOLUTION
        return self.right / self.rows if self.rows else 0.0
        ### END SOLUTION


class RunnerV3:
    """Trains a model batch by batch, watches it on dev rows and remembers the best one.

    Parameters
    ----------
    model : Layer of chapter 06
    opt : an optimizer of that model, with step() and zero_grad()
    loss_fn : function (scores, y) -> (loss, dscores), the mean over the batch, as in chapter 04
    metric : AccuracyMeter, or anything with reset(), update(scores, y), accumulate()

    A loader is a DataLoader or anything else, such as a list, that gives pairs (X, y) each time it is looped
    over, with at least one row in all. Batches may differ in size.

    Attributes
    ----------
    history : dict of lists of floats or ints
        'step_loss'   for each batch, its loss before the step it caused
        'epoch_loss'  for each epoch, the mean of these over all ROWS: sum of n * loss / sum of n, n rows each
        'dev_epoch', 'dev_loss', 'dev_score'   for each evaluation: after which epoch, and what evaluate gave
    best_loss, best_epoch : float and int
        Of the evaluation with the lowest dev loss, the first if there are several; inf and None before the
        first. A dev loss of nan is never the best.

    Epochs are counted from 1. train may be called again: it goes on from there, with the same history.
    """

    def __init__(self, model, opt, loss_fn, metric):
        self.model, self.opt, self.loss_fn, self.metric = model, opt, loss_fn, metric
        self.history = {"step_loss": [], "epoch_loss": [], "dev_epoch": [], "dev_loss": [], "dev_score": []}
        self.best_loss = float("inf")
        self.best_epoch = None

    def evaluate(self, loader):
        """Loss and score over all rows of a loader.

        Parameters
        ----------
        loader : see above; looped over once

        Returns
        -------
        loss : float
            The mean over all ROWS, as for 'epoch_loss'.
        score : float
            The metric over all rows, and over nothing else: it is reset before.

        The model is in eval mode (model.eval()) while it computes; then model.training is as it was before.
        Parameters, grads, history and the best model do not change.
        """
        ### BEGIN SOLUTION
        was_training = self.model.training
        self.model.eval()
        self.metric.reset()
        total = rows = 0
        for X, y in loader:
            scores = self.model.forward(X)
            total += float(self.loss_fn(scores, y)[0]) * len(X)
            rows += len(X)
            self.metric.update(scores, y)
        if was_training:
            self.model.train()
        return total / rows, self.metric.accumulate()
        ### END SOLUTION

    def train(self, loader, dev_loader, epochs, eval_every=1):
        """Train for some epochs: for each batch forward, loss, backward, step, clear the gradients.

        Parameters
        ----------
        loader : see above; looped over once in each epoch
        dev_loader : see above; for evaluations
        epochs : int
        eval_every : int >= 1
            After each epoch whose number can be divided by it, and after the last epoch of this call, the
            model is evaluated on dev_loader. If the dev loss is LOWER than all before, the parameters are
            copied; the copy does not change when training goes on.

        The model is in training mode (model.train()) for every batch. Gradients from before do not count: they
        are cleared at the beginning (given). Returns nothing.
        """
        self.opt.zero_grad()
        ### BEGIN SOLUTION
        for e in range(1, epochs + 1):
            self.model.train()
            total = rows = 0
            for X, y in loader:
                loss, dscores = self.loss_fn(self.model.forward(X), y)
                self.model.backward(dscores)
                self.opt.step()
                self.opt.zero_grad()
                self.history["step_loss"].append(float(loss))
                total += float(loss) * len(X)
                rows += len(X)
            self.history["epoch_loss"].append(total / rows)
            epoch = len(self.history["epoch_loss"])
            if epoch % eval_every == 0 or e == epochs:
                loss, score = self.evaluate(dev_loader)
                self.history["dev_epoch"].append(epoch)
                self.history["dev_loss"].append(loss)
                self.history["dev_score"].append(score)
                if loss < self.best_loss:
                    self.best_loss, self.best_epoch = loss, epoch
                    self.best = [layer.params[name].copy() for layer, name in self.model.parameters()]
        ### END SOLUTION

    def load_best(self):
        """Put the parameters of the best evaluation back into the model.

        Training may go on from there; load_best afterwards still finds the best one.

        Raises
        ------
        RuntimeError
            If nothing was evaluated yet (given).
        """
        if self.best_epoch is None:
            raise RuntimeError("there is no best model yet; train first")
        ### BEGIN SOLUTION
        for (layer, name), saved in zip(self.model.parameters(), self.best, strict=True):
            layer.params[name][...] = saved
        ### END SOLUTION


def iris_pipeline(rng, batch_size=16, lr=0.1):
    """Given: everything above put together on Iris, ready to train.

    90 rows to train on, 30 dev rows, 30 test rows, dealt once; columns standardized with the training rows;
    a network 4-8-3 with tanh; softmax cross-entropy; SGD.

    Returns
    -------
    runner : RunnerV3
    train, dev, test : DataLoaders
    """
    X, y = load_iris()
    parts = split_indices(len(X), [90, 30, 30], rng)
    mean, std = standardize_fit(X[parts[0]])
    sets = [ArrayDataset(standardize_apply(X[rows], mean, std), y[rows]) for rows in parts]
    train = DataLoader(sets[0], batch_size, shuffle=True, rng=rng)
    dev, test = DataLoader(sets[1], batch_size), DataLoader(sets[2], batch_size)
    model = Sequential(Linear(4, 8, rng), Tanh(), Linear(8, 3, rng))
    runner = RunnerV3(model, SGD(model, lr), softmax_cross_entropy, AccuracyMeter())
    return runner, train, dev, test
