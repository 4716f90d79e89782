"""Chapter 07: training. XOR falls, the moon bends.

A model of chapter 06 gives scores, a loss of chapter 04 judges them. What is missing is the loop around both:
forward, loss, backward, step, clear. Here every step uses all rows; chapter 10 takes them in batches.

In this chapter `model` is a layer of chapter 06, nested to any depth, and `loss_fn` a function of chapter 04:
loss_fn(scores, y) returns (loss, dscores), the mean over the rows and its gradient.
"""

from itertools import pairwise

import numpy as np
from ch00_toolbox.toolbox import accuracy
from ch04_losses.losses import bce_with_logits, softmax_cross_entropy
from ch06_layers.layers import Linear, Sequential, Tanh


def network(sizes, rng):
    """Given: linear layers of these sizes with a Tanh between each two, none after the last.

    network([2, 8, 1], rng) is the 2-8-1 network of the handout: 2 inputs, 8 hidden units, 1 score.
    """
    layers = []
    for d_in, d_out in pairwise(sizes):
        layers += [Linear(d_in, d_out, rng), Tanh()]
    return Sequential(*layers[:-1])


class BatchGD:
    """Gradient descent: moves every parameter of a model against its gradient.

    w = w - lr * gradient

    Parameters
    ----------
    model : Layer of chapter 06
        model.parameters() gives the pairs (layer, name) of all parameters, those of nested layers included. The
        parameter is layer.params[name], its gradient layer.grads[name]; names are 'W', 'b' or anything else.
    lr : float
        The learning rate, kept as the attribute lr. It may be changed between two steps.

    >>> layer = Linear(1, 1, np.random.default_rng(0))
    >>> layer.params["W"], layer.grads["W"] = np.array([[5.0]]), np.array([[4.0]])
    >>> BatchGD(layer, lr=0.25).step()
    >>> layer.params["W"]
    array([[4.]])
    """

    def __init__(self, model, lr):
        self.model = model
        self.lr = lr

    def step(self):
        """One step for every parameter.

        It uses what stands in params, in grads and in lr at the time of the call, and leaves grads as they
        are. The dtype of a parameter stays. Whether its array is changed in place or replaced by a new one is
        left open. Returns nothing.
        """
        ### BEGIN SOLUTION
        for layer, name in self.model.parameters():
            layer.params[name] -= self.lr * layer.grads[name]
        ### END SOLUTION

    def zero_grad(self):
        """Set all gradients of the model to zero; parameters stay as they are. Returns nothing."""
        ### BEGIN SOLUTION
        self.model.zero_grad()
        ### END SOLUTION


def train_step(model, loss_fn, opt, X, y):
    """One step of training with all rows: forward, loss, backward, step, clear, in this order.

    Parameters
    ----------
    model : Layer of chapter 06
        Its gradients are zero when train_step is called.
    loss_fn : function (scores, y) -> (loss, dscores)
    opt : BatchGD of that model, or any other object with step() and zero_grad()
        step() is called once. zero_grad() is the way to clear: afterwards all gradients are zero again.
    X : (N, ...) array
    y : array
        Targets, passed on to loss_fn as they are. X and y are not changed.

    Returns
    -------
    float
        The loss before the step, that is, of the parameters that the gradient belongs to. A Python float.

    Raises
    ------
    Exception
        Whatever loss_fn raises, a ValueError for y of the wrong shape for example, is passed on. No step has
        been taken then.

    With W = 0 the score is 0. The label is 1, so the loss is log 2 and its gradient for the score -0.5:

    >>> model = Linear(1, 1, np.random.default_rng(0), init="zeros")
    >>> train_step(model, bce_with_logits, BatchGD(model, lr=1.0), np.array([[3.0]]), np.array([[1.0]]))
    0.6931471805599453
    >>> model.params["W"]
    array([[1.5]])
    """
    ### BEGIN SOLUTION
    loss, dscores = loss_fn(model.forward(X), y)
    model.backward(dscores)
    opt.step()
    opt.zero_grad()
    return float(loss)
    ### END SOLUTION


def make_xor():
    """The four points of XOR: the label is 1 where exactly one of the two inputs is 1.

    Returns
    -------
    X : (4, 2) float64 array
        The rows 00, 01, 10, 11 in this order.
    y : (4, 1) float64 array
        Of 0.0 and 1.0, one row for each row of X. Not (4,): it stands beside scores of shape (4, 1).

    New arrays at each call.

    >>> X, y = make_xor()
    >>> X[2], y[2]
    (array([1., 0.]), array([1.]))
    """
    ### BEGIN SOLUTION
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = np.array([[0.0], [1.0], [1.0], [0.0]])
    return X, y
    ### END SOLUTION


def make_moons(n, noise, rng):
    """Two half circles that reach into each other, with noise, in random order.

    class 0: (cos t, sin t)              for n // 2 angles t
    class 1: (1 - cos t, 0.5 - sin t)    for the other n - n // 2 angles t
    In each class the angles are evenly spaced from 0 to pi, both included.
    X = point + noise * e,   e standard normal, drawn for each coordinate of each point by itself

    Parameters
    ----------
    n : int >= 4
        Number of points of both classes together.
    noise : float >= 0
        Standard deviation of the noise. It belongs to X; y stays exactly 0 and 1.
    rng : np.random.Generator
        The only source of random numbers: the noise and the order of the rows. How it is used is left open.

    Returns
    -------
    X : (n, 2) float64 array
    y : (n, 1) float64 array
        The classes as 0.0 and 1.0. The rows are in random order, every order equally likely; X and y go
        together.

    Without noise and with four points these are (1, 0) and (-1, 0) of class 0, (0, 0.5) and (2, 0.5) of class 1:

    >>> X, y = make_moons(4, 0.0, np.random.default_rng(0))
    >>> X[y[:, 0] == 1].sum(axis=0)
    array([2., 1.])

    Source: the geometry of scikit-learn and of NNDL. NNDL's noise of 0.5 blurs the moons away; use 0.1.
    """
    ### BEGIN SOLUTION
    upper, lower = np.linspace(0, np.pi, n // 2), np.linspace(0, np.pi, n - n // 2)
    X = np.concatenate(
        [
            np.stack([np.cos(upper), np.sin(upper)], axis=1),
            np.stack([1 - np.cos(lower), 0.5 - np.sin(lower)], axis=1),
        ]
    )
    y = np.concatenate([np.zeros((len(upper), 1)), np.ones((len(lower), 1))])
    X = X + noise * rng.normal(size=X.shape)
    order = rng.permutation(n)
    return X[order], y[order]
    ### END SOLUTION


class Runner:
    """Trains a model, watches it on dev rows, remembers the best parameters, saves and loads.

    Parameters
    ----------
    model : Layer of chapter 06
    optimizer : BatchGD of that model, or any other object with step() and zero_grad()
    loss_fn : function (scores, y) -> (loss, dscores)
    metric : function (scores, y) -> float
        Such as accuracy of chapter 00. It gets the scores of the model and the y that evaluate was given.

    Attributes
    ----------
    history : dict of lists of floats, one entry for each epoch
        'train_loss'   what train_step returned: the loss BEFORE the step of that epoch
        'dev_loss', 'dev_score'   what evaluate gave on the dev rows AFTER the step of that epoch
    best_loss, best_epoch : float and int
        Lowest dev loss so far and the epoch it belongs to; the first one if there are several. inf and None
        at first. A dev loss of nan is never the best.

    Epochs are counted from 1. train may be called again: it goes on from there, with the same history.

    >>> model = Linear(1, 1, np.random.default_rng(0), init="zeros")
    >>> runner = Runner(model, BatchGD(model, lr=1.0), bce_with_logits, accuracy)
    >>> X, y = np.array([[3.0]]), np.array([[1.0]])
    >>> runner.train(X, y, X, y, epochs=2)
    >>> runner.history["train_loss"][0], runner.history["dev_score"], runner.best_epoch
    (0.6931471805599453, [1.0, 1.0], 2)
    """

    def __init__(self, model, optimizer, loss_fn, metric):
        self.model, self.optimizer, self.loss_fn, self.metric = model, optimizer, loss_fn, metric
        self.history = {"train_loss": [], "dev_loss": [], "dev_score": []}
        self.best_loss = float("inf")
        self.best_epoch = None

    def evaluate(self, X, y):
        """Loss and metric of the model as it is, without a trace.

        Parameters
        ----------
        X : (N, ...) array
        y : array
            Not changed, X neither.

        Returns
        -------
        loss, score : Python floats

        The model computes in eval mode (model.eval()); afterwards model.training is what it was before, True
        or False. Parameters, gradients, history and the best parameters do not change.
        """
        ### BEGIN SOLUTION
        scores = self.predict(X)
        return float(self.loss_fn(scores, y)[0]), float(self.metric(scores, y))
        ### END SOLUTION

    def predict(self, X):
        """Scores of the model for the rows of X, raw as they leave the last layer, (N, C).

        In eval mode and without a trace, like evaluate.
        """
        ### BEGIN SOLUTION
        was_training = self.model.training
        self.model.eval()
        scores = self.model.forward(X)
        if was_training:
            self.model.train()
        return scores
        ### END SOLUTION

    def train(self, X, y, X_dev, y_dev, epochs, log=None):
        """Train for some epochs. Each is one step with all rows of X, then a look at the dev rows.

        Parameters
        ----------
        X, y : arrays
            The rows to train on; the only ones that move the parameters.
        X_dev, y_dev : arrays
            The rows to judge with.
        epochs : int
        log : function or None
            Called at the end of each epoch as log(epoch, train_loss, dev_loss), with the numbers that were
            just added to history. With log=print you can watch.

        The step is computed in training mode (model.train()), the dev rows in eval mode. If the dev loss is
        LOWER than all before, the parameters are copied; the copy does not change when training goes on.
        Gradients from before do not count: they are cleared at the beginning (given). Returns nothing.
        """
        self.optimizer.zero_grad()
        ### BEGIN SOLUTION
        for _ in range(epochs):
            self.model.train()
            train_loss = train_step(self.model, self.loss_fn, self.optimizer, X, y)
            dev_loss, dev_score = self.evaluate(X_dev, y_dev)
            self.history["train_loss"].append(train_loss)
            self.history["dev_loss"].append(dev_loss)
            self.history["dev_score"].append(dev_score)
            epoch = len(self.history["train_loss"])
            if dev_loss < self.best_loss:
                self.best_loss, self.best_epoch = dev_loss, epoch
                self.best = [layer.params[name].copy() for layer, name in self.model.parameters()]
            if log is not None:
                log(epoch, train_loss, dev_loss)
        ### END SOLUTION

    def load_best(self):
        """Put copies of the best parameters back into the model.

        Training may go on from there; load_best afterwards still finds the best ones.

        Raises
        ------
        RuntimeError
            If there is no best epoch yet (given).
        """
        if self.best_epoch is None:
            raise RuntimeError("there is no best model yet; train first")
        ### BEGIN SOLUTION
        for (layer, name), saved in zip(self.model.parameters(), self.best):
            layer.params[name] = saved.copy()
        ### END SOLUTION

    def save(self, path):
        """Write the parameters of the model, as they are now, to a npz file.

        Parameters
        ----------
        path : str or Path of a file with a name that ends in .npz, or a binary file open for writing

        The file holds one array for each parameter, biases included, exactly as it is; the names in the file
        are yours. Arrays only: np.load reads it with its default, allow_pickle=False. Several layers may have
        parameters of the same name. Nothing changes in the model. Returns nothing.
        """
        ### BEGIN SOLUTION
        arrays = [layer.params[name] for layer, name in self.model.parameters()]
        np.savez(path, **{f"p{i}": array for i, array in enumerate(arrays)})
        ### END SOLUTION

    def load(self, path):
        """Read parameters that save of a Runner with the same kind of model has written.

        Parameters
        ----------
        path : str or Path, or a binary file open for reading, at its beginning

        Afterwards the model computes exactly what the saved one did. History, best_loss and best_epoch stay as
        they are. Returns nothing.

        Raises
        ------
        ValueError
            If the file lacks an array of the right shape for a parameter of this model; nothing is broadcast. The
            model is then as before.
        """
        ### BEGIN SOLUTION
        pairs = list(self.model.parameters())
        with np.load(path) as file:
            arrays = [file[f"p{i}"] for i in range(len(file.files))]
        if [a.shape for a in arrays] != [layer.params[name].shape for layer, name in pairs]:
            raise ValueError(f"{path} holds the parameters of another model")
        for (layer, name), array in zip(pairs, arrays):
            layer.params[name] = array
        ### END SOLUTION


def decision_grid(model, xlim, ylim, n):
    """Scores of a model with two inputs on a square grid of points, ready for plt.contourf(xx, yy, zz).

    xx[i, j] = x_j,   yy[i, j] = y_i,   zz[i, j] = score of the point (x_j, y_i)
    x_0 to x_{n-1} evenly spaced from xlim[0] to xlim[1], both included; y_0 to y_{n-1} likewise in ylim.

    Parameters
    ----------
    model : Layer of chapter 06
        Takes (N, 2) with columns x, y and returns scores (N, 1).
    xlim, ylim : pairs of floats
    n : int >= 2
        Points in each direction, n * n in all.

    Returns
    -------
    xx, yy, zz : (n, n) arrays
        The row number i belongs to y, as in a picture, the column number j to x.

    Computed in eval mode; afterwards model.training is what it was before. Parameters and gradients do not
    change.

    >>> model = Linear(2, 1, np.random.default_rng(0))
    >>> model.params["W"] = np.array([[1.0], [10.0]])
    >>> xx, yy, zz = decision_grid(model, (0, 1), (0, 2), 2)
    >>> zz
    array([[ 0.,  1.],
           [20., 21.]])
    """
    ### BEGIN SOLUTION
    xx, yy = np.meshgrid(np.linspace(*xlim, n), np.linspace(*ylim, n))
    was_training = model.training
    model.eval()
    zz = model.forward(np.stack([xx.ravel(), yy.ravel()], axis=1)).reshape(n, n)
    if was_training:
        model.train()
    return xx, yy, zz
    ### END SOLUTION


def overfits_tiny_batch(model_fn, X, y, steps=1000, lr=0.5):
    """The first test of any new network: can it learn a handful of rows by heart?

    A model of model_fn is trained with BatchGD(model, lr) for this number of steps, each with all rows. It
    passes if it then classifies every row rightly, in the sense of accuracy in chapter 00.

    Parameters
    ----------
    model_fn : function without arguments that returns a new model
        Called once.
    X : (N, D) array
        Few rows, about 20.
    y : (N, 1) array of 0 and 1 for a model with one score, or (N,) int array of classes for one with C scores
        In the first case the loss is bce_with_logits, in the second softmax_cross_entropy.
    steps : int >= 0
    lr : float

    Returns
    -------
    bool
        A plain True or False. A network that fails here has a mistake or is too small; do not go on to large
        data with it.

    It learns in training mode and is judged in eval mode. X and y are not changed.

    >>> overfits_tiny_batch(lambda: network([2, 8, 1], np.random.default_rng(0)), *make_xor())
    True
    """
    ### BEGIN SOLUTION
    model = model_fn()
    loss_fn = bce_with_logits if y.ndim == 2 else softmax_cross_entropy
    optimizer = BatchGD(model, lr)
    model.train()
    for _ in range(steps):
        train_step(model, loss_fn, optimizer, X, y)
    model.eval()
    return accuracy(model.forward(X), y) == 1.0
    ### END SOLUTION
