"""Hidden tests of ch14: the small convolutional network, and training on handwritten digits."""

from pathlib import Path

import numpy as np

from grader import Rng, draw_curve, expect, in_worker, points

SHAPES = [(8, 1, 3, 3), (8,), (16, 8, 3, 3), (16,), (64, 10), (10,)]


def conv(x, w, b):
    xp = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    out = np.zeros((len(x), len(w), *x.shape[2:])) + b[:, None, None]
    for u, v in np.ndindex(3, 3):
        part = xp[:, :, u : u + x.shape[2], v : v + x.shape[3]]
        out += np.tensordot(part, w[:, :, u, v], axes=(1, 1)).transpose(0, 3, 1, 2)
    return out


def halved(x):
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))


def small_cnn(x, p):
    """The scores of SmallCNN by its formula."""
    h = halved(np.maximum(conv(x, p[0], p[1]), 0))
    h = halved(np.maximum(conv(h, p[2], p[3]), 0))
    return h.reshape(len(x), -1) @ p[4] + p[5]


# SmallCNN -------------------------------------------------------------------------------------------------------


@points(1.5, of="SmallCNN")
def test_small_cnn_scores(student, rng):
    """SmallCNN: conv, relu, pool, twice, then a linear layer"""
    model = student.SmallCNN(Rng(int(rng.integers(2**31))), dtype=np.float64)
    p = []
    for (layer, name), shape in zip(
        expect("the parameters", model.parameters()).sequence(6), SHAPES, strict=True
    ):
        expect("a parameter of SmallCNN", layer.params[name]).has_shape(*shape)
        p.append(rng.normal(size=shape) / 3)
        layer.params[name] = p[-1]
    x = rng.normal(size=(3, 1, 8, 8))
    expect("model.forward(x)", model.forward(x)).close_to(small_cnn(x, p))


@points(1, of="SmallCNN", needs="test_small_cnn_scores")
def test_small_cnn_starts_right(student):
    """SmallCNN starts with He's deviations and zero biases, in float32 unless told otherwise"""
    model = student.SmallCNN(Rng(4))
    for (layer, name), shape in zip(
        expect("the parameters", model.parameters()).sequence(6), SHAPES, strict=True
    ):
        array = expect("a parameter of SmallCNN", layer.params[name])
        array.has_dtype(np.float32)
        if name == "b":
            array.close_to(np.zeros(shape, dtype=np.float32))
        else:
            fan_in = shape[0] if len(shape) == 2 else shape[1] * 9
            ratio = float(array.array(shape).std() / np.sqrt(2 / fan_in))
            # 72 numbers at least: the ratio of a sample's deviation is within 1 +- 0.35 for any seed that counts
            expect("the deviation of a weight, as a share of He's", ratio).between(0.65, 1.35)
    got = model.forward(np.zeros((2, 1, 8, 8)))
    expect("model.forward(x)", got).has_dtype(np.float32)


@in_worker
def weights_in_turn(student, seed, single):
    """The weights of a SmallCNN, and those of its three layers made one after the other with the same seed."""
    import numpy as np

    dtype = np.float32 if single else np.float64
    model = student.SmallCNN(np.random.default_rng(seed), dtype=dtype)
    rng = np.random.default_rng(seed)
    parts = [
        student.Conv2d(1, 8, 3, rng, pad=1, init="he", dtype=dtype),
        student.Conv2d(8, 16, 3, rng, pad=1, init="he", dtype=dtype),
        student.Linear(64, 10, rng, init="he", dtype=dtype),
    ]
    return (
        [np.array(layer.params[name]) for layer, name in model.parameters() if name == "W"],
        [np.array(part.params["W"]) for part in parts],
    )


@points(0.5, of="SmallCNN", needs="test_small_cnn_starts_right")
def test_small_cnn_draws_in_turn(student, rng):
    """the first convolution draws first, the linear layer last, each with 'he'"""
    for single in (True, False):
        mine, parts = weights_in_turn(student, int(rng.integers(2**31)), single)
        names = ("the first convolution", "the second convolution", "the linear layer")
        for name, got, want in zip(names, mine, parts, strict=True):
            expect(f"W of {name}", got).close_to(want, rtol=1e-6, hint="init='he', and draws in this order.")


@points(0.5, of="SmallCNN", needs="test_small_cnn_scores")
def test_small_cnn_gradient(student, rng):
    """SmallCNN.backward goes back through all layers"""
    model = student.SmallCNN(Rng(6), dtype=np.float64)
    p = []
    for layer, name in expect("the parameters", model.parameters()).sequence(6):
        p.append(expect("a parameter", layer.params[name]).array())
    x, dout = rng.normal(size=(1, 1, 8, 8)), rng.normal(size=(1, 10))
    model.forward(x)
    expect("model.backward(dout)", model.backward(dout)).gradient(lambda v: small_cnn(v, p), at=x, dout=dout)


# train_digits ---------------------------------------------------------------------------------------------------


def softmax_gradient(X, y, W, b):
    """Loss and gradients of one linear layer with softmax cross-entropy."""
    z = X @ W + b
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    d = np.exp(log_p)
    d[np.arange(len(y)), y] -= 1
    d /= len(y)
    return -log_p[np.arange(len(y)), y].mean(), X.T @ d, d.sum(axis=0)


def momentum_run(X, y, W, b, epochs, lr, batches):
    """The whole training of a linear model: losses of each epoch and the parameters at the end."""
    vW, vb, losses = np.zeros_like(W), np.zeros_like(b), []
    for epoch in range(epochs):
        step = lr / 10 if epoch >= 0.8 * epochs else lr
        seen = []
        for rows in batches(epoch):
            loss, gW, gb = softmax_gradient(X[rows], y[rows], W, b)
            vW, vb = 0.9 * vW + step * gW, 0.9 * vb + step * gb
            W, b = W - vW, b - vb
            seen.append(loss)
        losses.append(np.mean(seen))
    return losses, W, b


@in_worker
def linear_run(student, X, y, X_test, y_test, W, b, seed, options, dirty):
    """Train one linear layer from given numbers; the result and the parameters."""
    import numpy as np

    layer = student.Linear(W.shape[0], W.shape[1], np.random.default_rng(0))
    layer.params["W"], layer.params["b"] = W.copy(), b.copy()
    if dirty:
        layer.grads["W"] += 3.0
    found = student.train_digits(layer, X, y, X_test, y_test, np.random.default_rng(seed), **options)
    return dict(found), layer.params["W"], layer.params["b"]


def linear_case(rng, n=13, d=4, c=3):
    X, y = rng.normal(size=(n, d)), rng.integers(0, c, size=n)
    return (
        X,
        y,
        rng.normal(size=(6, d)),
        rng.integers(0, c, size=6),
        rng.normal(size=(d, c)),
        rng.normal(size=c),
    )


@points(2, of="train_digits")
def test_the_run_of_a_linear_model(student, rng):
    """train_digits follows softmax cross-entropy, Momentum and the step sizes exactly, seen with one batch per epoch"""
    X, y, X_test, y_test, W, b = linear_case(rng)
    for epochs, lr, dirty in ((10, 0.05, False), (7, 0.3, True), (1, 0.5, False), (5, 0.1, False)):
        options = {"epochs": epochs, "lr": lr, "batch_size": 50}
        found, W_end, b_end = expect(
            "train_digits", linear_run(student, X, y, X_test, y_test, W, b, 1, options, dirty)
        ).unpack("the dict", "W", "b")
        losses, W_right, b_right = momentum_run(X, y, W, b, epochs, lr, lambda e: [slice(None)])
        got = found.keys("loss", "train_accuracy", "test_accuracy")
        for value, right in zip(got["loss"].sequence(epochs), losses, strict=True):
            expect("a number in 'loss'", value).close_to(right, rtol=1e-6)
        W_end.close_to(W_right, rtol=1e-6)
        b_end.close_to(b_right, rtol=1e-6)
        for name, (inputs, labels) in {"train_accuracy": (X, y), "test_accuracy": (X_test, y_test)}.items():
            share = np.mean((inputs @ W_right + b_right).argmax(axis=1) == labels)
            got[name].close_to(share)


@points(1.5, of="train_digits", needs="test_the_run_of_a_linear_model")
def test_the_run_in_batches(student, rng):
    """train_digits goes through the shuffled batches of a DataLoader"""
    X, y, X_test, y_test, W, b = linear_case(rng)
    seed = int(rng.integers(2**31))
    orders = batches_of_loader(student, len(X), 4, 3, seed)
    options = {"epochs": 3, "lr": 0.1, "batch_size": 4}
    losses, W_right, b_right = momentum_run(
        X, y, W, b, 3, 0.1, lambda e: [np.array(rows) for rows in orders[e]]
    )
    y_test = (X_test @ W_right + b_right).argmax(axis=1)
    y_test[4:] = (y_test[4:] + 1) % 3  # of six rows the last two are wrong: a second batch of its own
    found, W_end, _ = expect(
        "train_digits", linear_run(student, X, y, X_test, y_test, W, b, seed, options, False)
    ).unpack("the dict", "W", "b")
    for value, right in zip(found.keys("loss")["loss"].sequence(3), losses, strict=True):
        expect("a number in 'loss'", value).close_to(
            right, rtol=1e-6, hint="The mean of the batch losses of an epoch."
        )
    W_end.close_to(W_right, rtol=1e-6)
    share = found.keys("test_accuracy")["test_accuracy"]
    share.close_to(4 / 6, hint="The share of all rows, not a mean over batches.")


@in_worker
def batches_of_loader(student, n, size, epochs, seed):
    """The rows of each batch as the course's DataLoader gives them."""
    import numpy as np

    data = student.ArrayDataset(np.arange(n).reshape(n, 1), np.arange(n))
    loader = student.DataLoader(data, size, shuffle=True, rng=np.random.default_rng(seed))
    return [[[int(v) for v in y] for _, y in loader] for _ in range(epochs)]


@in_worker
def watched(student, X, y, X_test, y_test):
    """Train a model that writes down in which mode it saw which rows; those of X_test follow after those of X."""
    import numpy as np

    seen = []
    known = np.concatenate([X, X_test])[:, 0]

    class Watch(student.Layer):
        def forward(self, x):
            rows = [int(np.argmin(abs(known - v))) for v in np.asarray(x)[:, 0]]
            seen.append([bool(self.training), rows])
            return x

        def backward(self, dout):
            return dout

    model = student.Sequential(Watch(), student.Linear(X.shape[1], 3, np.random.default_rng(0)))
    model.eval()  # whoever has just judged it
    student.train_digits(model, X, y, X_test, y_test, np.random.default_rng(0), epochs=2, batch_size=5)
    return seen, bool(model.training), [bool(np.any(layer.grads[name])) for layer, name in model.parameters()]


@points(1, of="train_digits", needs="test_the_run_of_a_linear_model")
def test_modes_of_training_and_judging(student, rng):
    """batches in training mode, accuracies in eval mode on all rows, training mode at the end"""
    X, y, X_test, y_test, _, _ = linear_case(rng, n=12)
    seen, training, _ = expect("train_digits", watched(student, X, y, X_test, y_test)).sequence(3)
    learned = [len(rows) for mode, rows in seen if mode]
    expect("rows seen in training mode, pass by pass", learned).equals([5, 5, 2, 5, 5, 2])
    last = max(i for i, (mode, _) in enumerate(seen) if mode)
    before, after = (
        sorted({r for mode, rows in part if not mode for r in rows}) for part in (seen[:last], seen[last:])
    )
    hint = "X_test is for the accuracy after the last epoch, and for nothing else."
    expect("rows of X_test seen before training has ended", [r for r in before if r >= 12]).equals([], hint)
    hint = "The accuracies after the last epoch are those of all rows, computed in eval mode."
    expect("rows of X_train and X_test seen in eval mode after training", after).equals(list(range(18)), hint)
    expect("model.training afterwards", training).equals(True)


@in_worker
def digits_run(student, X, y, seed, kind):
    """Train on digits: the result and the parameters at the end; the unseen rows are not here."""
    import numpy as np

    rng = np.random.default_rng(seed)
    if kind == "cnn":
        model, options = student.SmallCNN(rng), {"epochs": 10, "lr": 0.02}
    else:
        layers = (
            student.Linear(64, 64, rng, init="he"),
            student.ReLU(),
            student.Linear(64, 10, rng, init="he"),
        )
        model, options = student.Sequential(*layers), {"epochs": 20, "lr": 0.05}
    found = student.train_digits(model, X, y, X[:50], y[:50], rng, **options)
    return dict(found), [np.asarray(layer.params[name]) for layer, name in model.parameters()]


def digits(rng):
    """(X_train, y_train, X_test, y_test), another split for each course secret."""
    with np.load(Path(__file__).parents[3] / "exercises" / "data" / "digits.npz") as data:
        X, y = data["pixels"].astype(np.float64) / 16, data["y"].astype(int)
    order = rng.permutation(len(X))
    X, y = X[order], y[order]
    return X[:1347], y[:1347], X[1347:], y[1347:]


@points(1.5, of="train_digits", needs="test_the_run_of_a_linear_model")
def test_a_dense_network_reads_digits(student, rng):
    """64-64-10 with ReLU: at least 92 % of digits that it has never seen"""
    X, y, X_test, y_test = digits(rng)
    found = digits_run(student, X, y, int(rng.integers(2**31)), "dense")
    _, p = expect("train_digits", found).unpack("dict", "parameters")
    draw_curve("Digits, 64-64-10, epoch by epoch", found[0])
    W1, b1, W2, b2 = (np.asarray(a) for a in p.sequence(4))
    scores = np.maximum(X_test @ W1 + b1, 0) @ W2 + b2
    expect(
        "the share of right answers on unseen digits", float(np.mean(scores.argmax(axis=1) == y_test))
    ).at_least(0.92)


@points(
    2,
    of="train_digits",
    needs=("test_the_run_of_a_linear_model", "test_a_dense_network_reads_digits"),
    seconds=60,
)
def test_a_convolutional_network_reads_digits(student, rng):
    """SmallCNN: at least 90 % of digits that it has never seen, 93 % of those that it learned from"""
    X, y, X_test, y_test = digits(rng)
    images = X.reshape(-1, 1, 8, 8).astype(np.float32)
    _, p = expect("train_digits", digits_run(student, images, y, int(rng.integers(2**31)), "cnn")).unpack(
        "dict", "parameters"
    )
    arrays = [np.asarray(a, dtype=np.float64) for a in p.sequence(6)]
    for inputs, labels, bound in ((X, y, 0.93), (X_test, y_test, 0.90)):
        share = float(np.mean(small_cnn(inputs.reshape(-1, 1, 8, 8), arrays).argmax(axis=1) == labels))
        expect("the share of right answers", share).at_least(bound)  # measured: 0.940 and 0.920 at least
