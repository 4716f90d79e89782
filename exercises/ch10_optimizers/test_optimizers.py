"""Visible tests of chapter 10. Small fixed numbers that you can check by hand."""

import numpy as np

from grader import Rng, checks, expect, fetch, refuses

X = np.array([[0.0, 10.0], [1.0, 11.0], [2.0, 12.0], [3.0, 13.0]])  # (4, 2)
Y = np.array([0, 1, 0, 2])


@checks("ArrayDataset")
def test_dataset_gives_pairs(student):
    """dataset[1] is one row and its label, dataset[[3, 0]] two of both"""
    dataset = student.ArrayDataset(X, Y)
    row, label = expect("dataset[1]", dataset[1]).unpack("X", "y")
    row.close_to([1.0, 11.0])
    label.close_to(1)
    rows, labels = expect("dataset[np.array([3, 0])]", dataset[np.array([3, 0])]).unpack("X", "y")
    rows.close_to([[3.0, 13.0], [0.0, 10.0]])
    labels.equals(np.array([2, 0]))


@checks("ArrayDataset")
def test_dataset_knows_its_length(student):
    """len(dataset) is 4, and X and y of different lengths are refused"""
    expect("len(dataset)", len(student.ArrayDataset(X, Y))).equals(4)
    refuses("ArrayDataset(X, y) with 4 rows and 3 labels", ValueError, student.ArrayDataset, X, Y[:3])


def numbers(student, n, **options):
    """A loader over the numbers 0 to n - 1: each row is its own number, and its label is 100 more."""
    rows = np.arange(float(n))
    return student.DataLoader(student.ArrayDataset(rows[:, None], 100 + rows), **options)


@checks("DataLoader")
def test_loader_of_ten_rows(student):
    """10 rows in batches of 4 come as 4, 4 and 2; with drop_last as 4 and 4"""
    for options, length, last in (
        ({}, 3, [108.0, 109.0]),
        ({"drop_last": True}, 2, [104.0, 105.0, 106.0, 107.0]),
    ):
        loader = numbers(student, 10, batch_size=4, **options)
        expect("len(loader)", len(loader)).equals(length)
        batches = expect("list(loader)", list(loader)).sequence(length)
        _, labels = expect("the last batch", batches[-1]).unpack("X", "y")
        labels.close_to(last)


@checks("DataLoader")
def test_loader_shuffles_anew(student):
    """with shuffle all 12 rows come in every epoch, with their labels, in a new order"""
    loader = numbers(student, 12, batch_size=5, shuffle=True, rng=Rng(0))
    orders = []
    for _ in range(2):
        order = []
        for batch in loader:
            rows, labels = expect("a batch", batch).unpack("X", "y")
            rows = rows.array()
            labels.close_to(100 + rows[:, 0], hint="One order for X and y.")
            order += [int(i) for i in rows[:, 0]]
        expect("the rows of an epoch, sorted", sorted(order)).equals(list(range(12)))
        orders.append(order)
    expect("loader", None).satisfies(orders[0] != orders[1], "two epochs have the same order.")


@checks("min_max_fit")
def test_min_max_fit_by_hand(student):
    """the columns of X go from 0 to 3 and from 10 to 13"""
    lo, hi = expect("min_max_fit(X)", student.min_max_fit(X)).unpack("lo", "hi")
    lo.close_to([0.0, 10.0])
    hi.close_to([3.0, 13.0])


@checks("min_max_apply")
def test_min_max_apply_by_hand(student):
    """with lo = [0, 5] and hi = [4, 5], [1, 7] becomes [0.25, 2]: a constant column is only moved"""
    got = student.min_max_apply(np.array([[1.0, 7.0]]), np.array([0.0, 5.0]), np.array([4.0, 5.0]))
    expect("min_max_apply([[1, 7]], lo, hi)", got).close_to([[0.25, 2.0]])


@checks("standardize_fit")
def test_standardize_fit_by_hand(student):
    """the column 1, 3, 5, 7 has mean 4 and standard deviation sqrt(5); a column of 0.1 has 0"""
    rows = np.array([[1.0, 0.1], [3.0, 0.1], [5.0, 0.1], [7.0, 0.1]])
    mean, std = expect("standardize_fit(X)", student.standardize_fit(rows)).unpack("mean", "std")
    mean.close_to([4.0, 0.1])
    std.close_to([2.2360679774997896, 0.0], hint="Divide by N, then take the root.")
    _, std = expect("standardize_fit of 7 rows", student.standardize_fit(np.full((7, 1), 0.1))).unpack(
        "mean", "std"
    )
    std.close_to([0.0], atol=0, hint="Rounding leaves 1e-17 here; what do you know of a constant column?")


@checks("standardize_apply")
def test_standardize_apply_by_hand(student):
    """with mean = [4, 5] and std = [2, 0], [5, 7] becomes [0.5, 2]: a constant column is only moved"""
    got = student.standardize_apply(np.array([[5.0, 7.0]]), np.array([4.0, 5.0]), np.array([2.0, 0.0]))
    expect("standardize_apply([[5, 7]], mean, std)", got).close_to([[0.5, 2.0]])


@checks("split_indices")
def test_split_like_nndl(student):
    """150 rows into 120, 15 and 15: each row is in exactly one part"""
    parts = expect(
        "split_indices(150, [120, 15, 15], rng)", student.split_indices(150, [120, 15, 15], Rng(0))
    )
    parts = [fetch(part) for part in parts.sequence(3)]
    expect("the sizes of the parts", [len(part) for part in parts]).equals([120, 15, 15])
    together = sorted(int(i) for part in parts for i in part)
    expect("all parts together, sorted", together).equals(list(range(150)), "Shuffle once, then cut.")


class Weights:
    """A model with the parameters W and b and nothing else."""

    def __init__(self, W, b=0.0):
        self.params = {"W": np.array(W), "b": np.array(b)}
        self.grads = {"W": np.zeros_like(self.params["W"]), "b": np.zeros_like(self.params["b"])}

    def parameters(self):
        yield self, "W"
        yield self, "b"


def steps_of(model, opt, gradients):
    """W after a step with each of these gradients."""
    found = []
    for g in gradients:
        model.grads["W"][...] = g
        opt.step()
        found.append(model.params["W"].copy())
    return found


@checks("SGD")
def test_sgd_by_hand(student):
    """w = 5 with gradients 4 and -2 and lr 0.1 goes to 4.6 and 4.8"""
    model = Weights([[5.0]])
    path = steps_of(model, student.SGD(model, lr=0.1), [4.0, -2.0])
    for got, want in zip(path, (4.6, 4.8)):
        expect("W after a step", got).close_to([[want]])


@checks("SGD")
def test_sgd_weight_decay_by_hand(student):
    """with weight_decay 0.5 and no gradient W = 2 goes to 1.9, b = 2 stays"""
    model = Weights([[2.0]], [2.0])
    student.SGD(model, lr=0.1, weight_decay=0.5).step()
    expect("W after a step", model.params["W"]).close_to([[1.9]])
    expect("b after a step", model.params["b"]).close_to([2.0], hint="Biases do not decay.")


@checks("Momentum")
def test_momentum_by_hand(student):
    """a constant gradient 2 with lr 0.1 and rho 0.9: steps of 0.2, 0.38 and 0.542"""
    model = Weights([[0.0]])
    path = steps_of(model, student.Momentum(model, lr=0.1, rho=0.9), [2.0, 2.0, 2.0])
    for got, want in zip(path, (-0.2, -0.58, -1.122)):
        expect("W after a step", got).close_to([[want]])


@checks("Momentum")
def test_momentum_of_cs231n(student):
    """Momentum gives the numbers of the CS231n course for its evenly spaced inputs"""
    w, dw = np.linspace(-0.4, 0.6, 20).reshape(4, 5), np.linspace(-0.6, 0.4, 20).reshape(4, 5)
    v = np.linspace(0.6, 0.9, 20).reshape(4, 5)  # theirs has the opposite sign
    model = Weights(np.zeros((4, 5)))
    opt = student.Momentum(model, lr=1e-3, rho=0.9)
    model.grads["W"][...] = -v / 1e-3  # a first step that leaves just this velocity
    opt.step()
    model.params["W"][...], model.grads["W"][...] = w, dw
    opt.step()
    got = expect("W after the step", model.params["W"]).array((4, 5))
    expect("the first row of W", got[0]).close_to(
        [0.1406, 0.20738947, 0.27417895, 0.34096842, 0.40775789], atol=1e-8
    )
    expect("the last entry of W", float(got[-1, -1])).close_to(1.4096, atol=1e-8)


@checks("RMSProp")
def test_rmsprop_by_hand(student):
    """the first step is lr / sqrt(1 - decay): 0.2 for lr 0.1 and decay 0.75, up or down"""
    for g, want in ((3.0, 0.8), (-50.0, 1.2)):
        model = Weights([[1.0]])
        (got,) = steps_of(model, student.RMSProp(model, lr=0.1, decay=0.75), [g])
        expect("W after a step", got).close_to([[want]], rtol=1e-6)


@checks("Adam")
def test_adam_by_hand(student):
    """with a constant gradient every step of Adam is lr, for a gradient of 0.01 as for one of 1000"""
    for g in (0.01, 1000.0):
        model = Weights([[1.0]])
        path = steps_of(model, student.Adam(model, lr=0.1), [g] * 3)
        for got, want in zip(path, (0.9, 0.8, 0.7)):
            expect("W after a step", got).close_to([[want]], rtol=1e-5)


@checks("AccuracyMeter")
def test_meter_by_hand(student):
    """3 of 4, 4 of 4 and 0 of 2 right: 7 of 10, not the mean of the three"""
    meter = student.AccuracyMeter()
    one = np.array([[0.0, 1.0]])  # predicts class 1
    for labels in ([1, 1, 0, 1], [1, 1, 1, 1], [0, 0]):
        meter.update(np.repeat(one, len(labels), axis=0), np.array(labels))
    expect("meter.accumulate()", meter.accumulate()).close_to(0.7, hint="Add counts, divide once.")
    meter.reset()
    expect("meter.accumulate() after reset()", meter.accumulate()).close_to(0.0)


class Model:
    """On our side: the score of every row is w. Each step of Steps moves w by 1."""

    def __init__(self):
        self.w, self.training = 0.0, True

    def forward(self, x):
        return np.full((len(x), 1), self.w)

    def backward(self, dout):
        return dout

    def zero_grad(self):
        pass

    def train(self):
        self.training = True

    def eval(self):
        self.training = False

    def parameters(self):
        return []


class Steps:
    """An optimizer for it."""

    def __init__(self, model):
        self.model = model

    def step(self):
        self.model.w += 1.0

    def zero_grad(self):
        pass


class Rows:
    """A metric that counts rows."""

    def reset(self):
        self.rows = 0

    def update(self, scores, y):
        self.rows += len(y)

    def accumulate(self):
        return float(self.rows)


def mean_of_targets(scores, y):
    """A loss that looks at the targets only."""
    return float(np.mean(y)), np.zeros_like(scores)


def mean_square(scores, y):
    """A loss that is 0 where the scores are right."""
    return float(np.mean((scores - y) ** 2)), np.zeros_like(scores)


@checks("RunnerV3")
def test_runner_weighs_by_rows(student):
    """batches of 4 rows with loss 1 and of 1 row with loss 6 have a mean loss of 2, not 3.5"""
    model = Model()
    runner = student.RunnerV3(model, Steps(model), mean_of_targets, Rows())
    batches = [(np.zeros((4, 2)), np.ones((4, 1))), (np.zeros((1, 2)), np.full((1, 1), 6.0))]
    loss, score = expect("runner.evaluate(loader)", runner.evaluate(batches)).unpack("loss", "score")
    loss.close_to(2.0, hint="A batch counts by its number of rows.")
    score.close_to(5.0)
    runner.train(batches, batches, 2)
    history = expect("runner.history", runner.history).keys("step_loss", "epoch_loss", "dev_epoch")
    expect('history["step_loss"]', np.array(history["step_loss"].sequence(4))).close_to([1.0, 6.0, 1.0, 6.0])
    expect('history["epoch_loss"]', np.array(history["epoch_loss"].sequence(2))).close_to([2.0, 2.0])
    expect('history["dev_epoch"]', history["dev_epoch"].sequence(2)).equals([1, 2])


@checks("RunnerV3")
def test_runner_keeps_the_best(student):
    """the epoch with the lowest dev loss is the best one"""
    model = Model()
    runner = student.RunnerV3(model, Steps(model), mean_square, Rows())
    batch = [(np.zeros((2, 1)), np.full((2, 1), 3.25))]
    runner.train(batch, batch, 5)  # w is 1, 2, 3, 4, 5 after the epochs
    expect("runner.best_epoch", runner.best_epoch).equals(3)
    expect("runner.best_loss", runner.best_loss).close_to(0.0625)


@checks("RunnerV3")
def test_iris_pipeline(student):
    """everything together: 60 epochs of Iris, and most of the 30 test rows are right"""
    runner, train, dev, test = student.iris_pipeline(Rng(0))
    runner.train(train, dev, 60, eval_every=10)
    runner.load_best()
    _, score = expect("runner.evaluate(test)", runner.evaluate(test)).unpack("loss", "score")
    score.at_least(0.8)
