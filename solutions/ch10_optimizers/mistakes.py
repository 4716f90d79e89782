"""Wrong programs that students write in chapter 10, and what to say to them."""

import numpy as np

from grader import mistake
from ch10_optimizers.optimizers import (
    AccuracyMeter,
    Adam,
    ArrayDataset,
    DataLoader,
    Momentum,
    RMSProp,
    RunnerV3,
    SGD,
    as_float,
)

# A step, train and load_best return nothing, so a program that "does it and returns zeros" is the right one.
EARNS_WITHOUT_KNOWING = {
    "SGD": "step has an effect and no result",
    "Momentum": "step has an effect and no result",
    "RMSProp": "step has an effect and no result",
    "Adam": "step has an effect and no result",
    "RunnerV3": "train and load_best have an effect and no result",
}

# ArrayDataset --------------------------------------------------------------------------------------------------


@mistake("CH10-dataset-length", of="ArrayDataset", caught_by="test_dataset_refuses_other_lengths")
class DatasetOfAnyLengths(ArrayDataset):
    """X and y of different lengths cannot belong together; say so at once, with a ValueError."""

    def __init__(self, X, y):
        self.X, self.y = np.asarray(X), np.asarray(y)


@mistake("CH10-dataset-x-only", of="ArrayDataset", caught_by="test_dataset_rows_by_index_array")
class DatasetWithoutTargets(ArrayDataset):
    """An example is a pair: dataset[i] gives X[i] and y[i] together."""

    def __getitem__(self, index):
        return self.X[index]


@mistake("CH10-dataset-features", of="ArrayDataset", caught_by="test_dataset_length")
class DatasetOfFeatures(ArrayDataset):
    """len is the number of examples, which is the first axis of X; this counts all its numbers."""

    def __len__(self):
        return self.X.size


@mistake("CH10-dataset-ints-only", of="ArrayDataset", caught_by="test_dataset_rows_by_index_array")
class DatasetForSingleRows(ArrayDataset):
    """dataset[i] also takes slices and arrays of ints; numpy's own indexing knows them all."""

    def __getitem__(self, index):
        return self.X[int(index)], self.y[int(index)]


@mistake("CH10-dataset-floats", of="ArrayDataset", caught_by="test_dataset_rows_by_index_array")
class DatasetOfFloats(ArrayDataset):
    """Labels must stay whole numbers: they are used as an index later. A dataset converts nothing."""

    def __init__(self, X, y):
        super().__init__(np.asarray(X, dtype=float), np.asarray(y, dtype=float))


_LAST = {}


@mistake("CH10-dataset-global", of="ArrayDataset", caught_by="test_datasets_share_nothing")
class DatasetInOnePlace(ArrayDataset):
    """Both datasets keep their rows in the same place, so the test rows replace the training rows. Use self."""

    def __init__(self, X, y):
        super().__init__(X, y)
        _LAST["X"], _LAST["y"] = self.X, self.y

    def __len__(self):
        return len(_LAST["X"])

    def __getitem__(self, index):
        return _LAST["X"][index], _LAST["y"][index]


# DataLoader ----------------------------------------------------------------------------------------------------


def batches(loader, order):
    """The batches of a pass in this order of rows."""
    for k in range(len(loader)):
        yield loader.dataset[order[k * loader.batch_size : (k + 1) * loader.batch_size]]


@mistake("M171", of="DataLoader", caught_by="test_loader_shuffles_every_row_once")
class LoaderWithTwoOrders(DataLoader):
    """X and y were shuffled with two permutations, so rows and labels no longer belong together. Draw one order."""

    def __iter__(self):
        if not self.shuffle:
            yield from super().__iter__()
            return
        n = len(self.dataset)
        one, two = self.rng.permutation(n), self.rng.permutation(n)
        for (X, _), (_, y) in zip(batches(self, one), batches(self, two), strict=True):
            yield X, y


@mistake("M176", of="DataLoader", caught_by="test_loader_shuffles_every_row_once")
class LoaderThatShufflesOnce(DataLoader):
    """The order was drawn in __init__, so every epoch is the same. Draw a new one in __iter__."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        n = len(self.dataset)
        self.order = self.rng.permutation(n) if self.shuffle else np.arange(n)

    def __iter__(self):
        return batches(self, self.order)


@mistake("M177", of="DataLoader", caught_by="test_loader_leaves_the_dataset_in_order")
class LoaderThatShufflesTheData(DataLoader):
    """The rows of the dataset itself were shuffled; others use it too. Shuffle row numbers."""

    def __iter__(self):
        if self.shuffle:
            order = self.rng.permutation(len(self.dataset))
            self.dataset.X[...], self.dataset.y[...] = self.dataset.X[order], self.dataset.y[order]
        return batches(self, np.arange(len(self.dataset)))


@mistake("M179", of="DataLoader", caught_by="test_loader_sizes")
class LoaderWithFloorLength(DataLoader):
    """len is rounded down, so the small batch at the end is not counted. Round up, unless it is dropped."""

    def __len__(self):
        return len(self.dataset) // self.batch_size

    def __iter__(self):
        n = len(self.dataset)
        order = self.rng.permutation(n) if self.shuffle else np.arange(n)
        for i in range(0, n, self.batch_size):
            if not self.drop_last or i + self.batch_size <= n:
                yield self.dataset[order[i : i + self.batch_size]]


@mistake("CH10-loader-extra-batch", of="DataLoader", caught_by="test_loader_sizes")
class LoaderWithOneBatchTooMany(DataLoader):
    """If the batch size divides the number of rows, nothing is left over, and there is no empty last batch."""

    def __len__(self):
        return len(self.dataset) // self.batch_size + (not self.drop_last)


@mistake("CH10-loader-drops-always", of="DataLoader", caught_by=("test_loader_in_order", "test_loader_sizes"))
class LoaderThatDropsTheRest(DataLoader):
    """The rows left over at the end never come; only drop_last=True may leave them out."""

    def __len__(self):
        return len(self.dataset) // self.batch_size


@mistake("CH10-loader-never-drops", of="DataLoader", caught_by="test_loader_sizes")
class LoaderThatIgnoresDropLast(DataLoader):
    """drop_last=True leaves out a last batch that is too small; here it still comes."""

    def __len__(self):
        return -(-len(self.dataset) // self.batch_size)


@mistake("CH10-loader-replacement", of="DataLoader", caught_by="test_loader_shuffles_every_row_once")
class LoaderWithReplacement(DataLoader):
    """Rows are drawn with replacement: in an epoch some come twice and about a third never. Permute instead."""

    def __iter__(self):
        n = len(self.dataset)
        return batches(self, self.rng.integers(0, n, size=n) if self.shuffle else np.arange(n))


@mistake(
    "CH10-loader-shuffles-batches",
    of="DataLoader",
    caught_by="test_loader_makes_all_orders_equally_likely",
)
class LoaderThatShufflesWithinBatches(DataLoader):
    """Each batch always holds the same rows, only their order in it changes. Permute all rows, then cut."""

    def __iter__(self):
        order = np.arange(len(self.dataset))
        for i in range(0, len(order) if self.shuffle else 0, self.batch_size):
            order[i : i + self.batch_size] = self.rng.permutation(order[i : i + self.batch_size])
        return batches(self, order)


@mistake("CH10-loader-rotates", of="DataLoader", caught_by="test_loader_makes_all_orders_equally_likely")
class LoaderThatRotates(DataLoader):
    """Neighbours stay neighbours: the rows were only shifted by a random number. Permute them."""

    def __iter__(self):
        n = len(self.dataset)
        return batches(self, np.roll(np.arange(n), self.rng.integers(1, n) if self.shuffle else 0))


@mistake("CH10-loader-global-rng", of="DataLoader", caught_by="test_loader_draws_only_from_its_rng")
class LoaderWithGlobalRng(DataLoader):
    """np.random is everybody's generator, and nobody can repeat this run. Draw from self.rng."""

    def __iter__(self):
        n = len(self.dataset)
        return batches(self, np.random.permutation(n) if self.shuffle else np.arange(n))


@mistake("CH10-loader-reseeds", of="DataLoader", caught_by="test_loader_shuffles_every_row_once")
class LoaderThatReseeds(DataLoader):
    """A generator made anew in __iter__ gives the same order in each epoch. Use the one that was passed in."""

    def __iter__(self):
        n = len(self.dataset)
        return batches(self, np.random.default_rng(0).permutation(n) if self.shuffle else np.arange(n))


@mistake("CH10-loader-exhausted", of="DataLoader", caught_by=("test_loader_in_order",))
class LoaderForOneEpoch(DataLoader):
    """A generator made in __init__ is empty after one epoch. Start a new pass in __iter__."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.once = super().__iter__()

    def __iter__(self):
        return self.once


@mistake("CH10-loader-one-position", of="DataLoader", caught_by="test_loader_passes_are_independent")
class LoaderWithOnePosition(DataLoader):
    """The position is kept on the loader, so two loops over it disturb each other. Keep it in __iter__."""

    def __iter__(self):
        n = len(self.dataset)
        self.order = self.rng.permutation(n) if self.shuffle else np.arange(n)
        self.position = 0
        return self

    def __next__(self):
        if self.position >= len(self):
            raise StopIteration
        k, size = self.position, self.batch_size
        self.position += 1
        return self.dataset[self.order[k * size : (k + 1) * size]]


# min_max -------------------------------------------------------------------------------------------------------


@mistake("CH10-min-max-whole", of="min_max_fit", caught_by="test_min_max_fit_finds_the_ends")
def min_max_of_everything(X):
    """One minimum for all columns lets the widest column rule. Each column has its own: axis 0."""
    X = as_float(X)
    return np.full(X.shape[1], X.min(), X.dtype), np.full(X.shape[1], X.max(), X.dtype)


@mistake("CH10-min-max-rows", of="min_max_fit", caught_by="test_min_max_fit_finds_the_ends")
def min_max_of_rows(X):
    """These are the ends of each row. The statistics belong to the columns: axis 0 goes away."""
    return as_float(X).min(axis=1), as_float(X).max(axis=1)


@mistake("CH10-min-max-order", of="min_max_fit", caught_by="test_min_max_fit_finds_the_ends")
def max_then_min(X):
    """lo comes first, then hi."""
    return as_float(X).max(axis=0), as_float(X).min(axis=0)


@mistake("CH10-min-max-keepdims", of="min_max_fit", caught_by="test_min_max_fit_finds_the_ends")
def min_max_with_two_axes(X):
    """lo and hi have one axis, (D,), not (1, D)."""
    return as_float(X).min(axis=0, keepdims=True), as_float(X).max(axis=0, keepdims=True)


@mistake("M174", of="min_max_apply", caught_by="test_min_max_apply_matches_the_formula")
def min_max_with_own_ends(X, lo, hi):
    """The rows were scaled with their own ends. Test rows are measured with the ruler of the training rows."""
    X = as_float(X)
    lo, hi = X.min(axis=0), X.max(axis=0)
    return (X - lo) / np.where(hi > lo, hi - lo, 1.0)


@mistake("M175", of="min_max_apply", caught_by="test_min_max_apply_of_a_constant_column")
def min_max_without_care(X, lo, hi):
    """0 / 0 is nan. A column that was constant gets the scale 1."""
    X, lo, hi = as_float(X), as_float(lo), as_float(hi)
    return (X - lo) / (hi - lo)


@mistake("CH10-min-max-eps", of="min_max_apply", caught_by="test_min_max_apply_of_a_constant_column")
def min_max_with_epsilon(X, lo, hi):
    """A small number in the denominator changes every column a little, and narrow columns a lot."""
    X, lo, hi = as_float(X), as_float(lo), as_float(hi)
    return (X - lo) / (hi - lo + X.dtype.type(1e-8))


@mistake("CH10-min-max-clip", of="min_max_apply", caught_by="test_min_max_apply_does_not_clip")
def min_max_clipped(X, lo, hi):
    """Rows outside of the training range were cut off; the model should see that they are unusual."""
    X, lo, hi = as_float(X), as_float(lo), as_float(hi)
    return np.clip((X - lo) / np.where(hi == lo, lo.dtype.type(1), hi - lo), 0, 1)


@mistake("CH10-min-max-by-hi", of="min_max_apply", caught_by="test_min_max_apply_matches_the_formula")
def min_max_divided_by_hi(X, lo, hi):
    """Divide by the width hi - lo, not by hi."""
    X, lo, hi = as_float(X), as_float(lo), as_float(hi)
    return (X - lo) / hi


@mistake(
    "CH10-min-max-in-place", of="min_max_apply", caught_by="test_min_max_apply_leaves_its_arguments_alone"
)
def min_max_in_place(X, lo, hi):
    """X itself was changed; the caller still needs it. Make a new array."""
    X, lo, hi = as_float(X), as_float(lo), as_float(hi)
    X -= lo
    X /= np.where(hi == lo, lo.dtype.type(1), hi - lo)
    return X


# standardize ---------------------------------------------------------------------------------------------------


@mistake("CH10-std-n-1", of="standardize_fit", caught_by="test_standardize_fit_matches_the_formula")
def standardize_fit_n_minus_1(X):
    """Here the variance is divided by N; ddof=1 divides by N - 1 and cannot handle one row."""
    X = as_float(X)
    if len(X) == 1:
        return X.mean(axis=0), np.zeros_like(X[0])
    return X.mean(axis=0), X.std(axis=0, ddof=1)


@mistake("CH10-std-variance", of="standardize_fit", caught_by="test_standardize_fit_matches_the_formula")
def standardize_fit_variance(X):
    """This is the variance. Its root is missing."""
    X = as_float(X)
    return X.mean(axis=0), X.var(axis=0)


@mistake("CH10-std-whole", of="standardize_fit", caught_by="test_standardize_fit_matches_the_formula")
def standardize_fit_of_everything(X):
    """One mean for all columns mixes lengths with widths. Each column has its own: axis 0."""
    X = as_float(X)
    return np.full(X.shape[1], X.mean()), np.full(X.shape[1], X.std())


@mistake("M175b", of="standardize_fit", caught_by="test_standardize_fit_of_constant_columns")
def standardize_fit_rounded(X):
    """In a column of 0.1 rounding leaves a std of about 1e-17, and dividing by it gives 1 or -1, not 0."""
    X = as_float(X)
    return X.mean(axis=0), X.std(axis=0)


@mistake("CH10-std-threshold", of="standardize_fit", caught_by="test_standardize_fit_of_difficult_columns")
def standardize_fit_with_threshold(X):
    """A small std is not a constant column: in another unit the same column would have a large one."""
    X = as_float(X)
    std = X.std(axis=0)
    return X.mean(axis=0), np.where(std < 1e-8, 0, std).astype(X.dtype)


@mistake("CH10-std-squares", of="standardize_fit", caught_by="test_standardize_fit_of_difficult_columns")
def standardize_fit_by_squares(X):
    """mean(x^2) - mean(x)^2 subtracts two large numbers when the column is far from 0; few digits remain."""
    X = as_float(X)
    std = np.sqrt(np.maximum((X**2).mean(axis=0) - X.mean(axis=0) ** 2, 0))
    std[(X[:1] == X).all(axis=0)] = 0
    return X.mean(axis=0), std


@mistake("M174b", of="standardize_apply", caught_by="test_standardize_apply_matches_the_formula")
def standardize_with_own_statistics(X, mean, std):
    """The rows were scaled with their own mean and std, so a shifted test set looks like any other. Use those given."""
    X = as_float(X)
    return (X - X.mean(axis=0)) / np.where(X.std(axis=0) == 0, 1, X.std(axis=0))


@mistake("M175c", of="standardize_apply", caught_by="test_standardize_apply_of_a_constant_column")
def standardize_without_care(X, mean, std):
    """0 / 0 is nan. A column with std 0 gets the scale 1."""
    return (as_float(X) - as_float(mean)) / as_float(std)


@mistake("CH10-std-eps", of="standardize_apply", caught_by="test_standardize_apply_of_a_constant_column")
def standardize_with_epsilon(X, mean, std):
    """A small number added to std changes columns with small numbers by percents. Treat std = 0 apart."""
    X, mean, std = as_float(X), as_float(mean), as_float(std)
    return (X - mean) / (std + X.dtype.type(1e-8))


@mistake("CH10-std-no-mean", of="standardize_apply", caught_by="test_standardize_apply_matches_the_formula")
def standardize_without_mean(X, mean, std):
    """The mean was not taken away first."""
    X, std = as_float(X), as_float(std)
    return X / np.where(std == 0, std.dtype.type(1), std)


@mistake("CH10-std-times", of="standardize_apply", caught_by="test_standardize_apply_matches_the_formula")
def standardize_multiplied(X, mean, std):
    """Divide by the standard deviation; a wide column has to become narrower."""
    X, mean, std = as_float(X), as_float(mean), as_float(std)
    return (X - mean) * np.where(std == 0, std.dtype.type(1), std)


@mistake("CH10-std-zeroed", of="standardize_apply", caught_by="test_standardize_apply_of_a_constant_column")
def standardize_to_zero(X, mean, std):
    """In the training rows this column is 0. A test row that differs must not be hidden: divide by 1."""
    X, mean, std = as_float(X), as_float(mean), as_float(std)
    return np.where(std == 0, std.dtype.type(0), (X - mean) / np.where(std == 0, std.dtype.type(1), std))


# split_indices -------------------------------------------------------------------------------------------------


@mistake("M172", of="split_indices", caught_by="test_split_deals_each_row_once")
def split_with_a_shuffle_for_each_part(n, sizes, rng):
    """Each part was cut from a new permutation, so training and test share rows. Shuffle once, then cut."""
    parts, start = [], 0
    for size in sizes:
        parts.append(rng.permutation(n)[start : start + size])
        start += size
    return parts


@mistake("CH10-split-in-order", of="split_indices", caught_by="test_split_is_a_fair_deal")
def split_in_order(n, sizes, rng):
    """The rows were cut in order. Iris is sorted by class: the test rows would all be of one kind."""
    return np.split(np.arange(n), np.cumsum(sizes))[: len(sizes)]


@mistake("CH10-split-from-zero", of="split_indices", caught_by="test_split_deals_each_row_once")
def split_from_the_beginning(n, sizes, rng):
    """Every part begins at the first shuffled row. Go on where the last part ended."""
    order = rng.permutation(n)
    return [order[:size] for size in sizes]


@mistake("CH10-split-replacement", of="split_indices", caught_by="test_split_deals_each_row_once")
def split_with_replacement(n, sizes, rng):
    """choice draws with replacement unless told otherwise, so rows come twice."""
    return np.split(rng.choice(n, size=n), np.cumsum(sizes))[: len(sizes)]


@mistake("CH10-split-rest", of="split_indices", caught_by="test_split_deals_each_row_once")
def split_with_the_rest(n, sizes, rng):
    """np.split adds a part with the rows left over. One part for each size, no more."""
    return np.split(rng.permutation(n), np.cumsum(sizes))


@mistake("CH10-split-global-rng", of="split_indices", caught_by="test_split_draws_only_from_its_rng")
def split_with_global_rng(n, sizes, rng):
    """np.random is everybody's generator, and nobody can repeat this split. Draw from rng."""
    return np.split(np.random.permutation(n), np.cumsum(sizes))[: len(sizes)]


# SGD -----------------------------------------------------------------------------------------------------------


def decayed(optimizer, layer, name):
    """The gradient with weight decay, a new array."""
    if name == "W":
        return layer.grads[name] + optimizer.weight_decay * layer.params[name]
    return layer.grads[name].copy()


@mistake("CH10-sgd-up", of="SGD", caught_by="test_sgd_follows_the_formula")
class SGDThatClimbs(SGD):
    """The gradient points uphill: subtract it."""

    def step(self):
        for layer, name in self.model.parameters():
            layer.params[name] += self.lr * decayed(self, layer, name)


@mistake("CH10-sgd-local", of="SGD", caught_by="test_sgd_follows_the_formula")
class SGDWithALocalName(SGD):
    """w = w - ... gives a new array to the name w; the one in params does not notice. Write into it."""

    def step(self):
        for layer, name in self.model.parameters():
            w = layer.params[name]
            w = w - self.lr * decayed(self, layer, name)


@mistake("CH10-sgd-new-array", of="SGD", caught_by="test_sgd_steps_in_place")
class SGDWithNewArrays(SGD):
    """A new array was put into params; whoever held the old one goes on with old numbers. Use -= on the array."""

    def step(self):
        for layer, name in self.model.parameters():
            layer.params[name] = layer.params[name] - self.lr * decayed(self, layer, name)


@mistake("CH10-sgd-decays-all", of="SGD", caught_by="test_sgd_weight_decay")
class SGDThatDecaysBiases(SGD):
    """Biases do not decay: they say where a unit bends, not how strongly it reacts. Only 'W'."""

    def step(self):
        for layer, name in self.model.parameters():
            g = layer.grads[name] + self.weight_decay * layer.params[name]
            layer.params[name] -= self.lr * g


@mistake("CH10-sgd-decays-all-but-b", of="SGD", caught_by="test_sgd_weight_decay")
class SGDThatDecaysGamma(SGD):
    """Weight decay is for the name 'W' only; parameters of other names than 'b' do not decay either."""

    def step(self):
        for layer, name in self.model.parameters():
            decay = 0.0 if name == "b" else self.weight_decay
            layer.params[name] -= self.lr * (layer.grads[name] + decay * layer.params[name])


@mistake("CH10-sgd-decay-twice", of="SGD", caught_by="test_sgd_weight_decay")
class SGDWithTwiceTheDecay(SGD):
    """The penalty has a factor 1/2, so its gradient is weight_decay * w, without a 2."""

    def step(self):
        for layer, name in self.model.parameters():
            layer.params[name] -= self.lr * (2 * decayed(self, layer, name) - layer.grads[name])


@mistake("CH10-sgd-decay-without-lr", of="SGD", caught_by="test_sgd_weight_decay")
class SGDWithDecayBesideLr(SGD):
    """The decay is part of the gradient, so lr multiplies it too."""

    def step(self):
        for layer, name in self.model.parameters():
            w, g = layer.params[name], layer.grads[name]
            w -= self.lr * g + (self.weight_decay * w if name == "W" else 0.0)


@mistake("M195", of="SGD", caught_by="test_sgd_leaves_gradients_alone")
class SGDThatChangesGradients(SGD):
    """g += weight_decay * w changes the array in grads; a second look at the gradient is wrong. Make a new array."""

    def step(self):
        for layer, name in self.model.parameters():
            g = layer.grads[name]
            if name == "W":
                g += self.weight_decay * layer.params[name]
            layer.params[name] -= self.lr * g


@mistake("CH10-sgd-clears", of="SGD", caught_by="test_sgd_leaves_gradients_alone")
class SGDThatClears(SGD):
    """step() also cleared the gradients. That is the task of zero_grad(), and of the one who calls it."""

    def step(self):
        super().step()
        self.model.zero_grad()


@mistake("CH10-sgd-one-level", of="SGD", caught_by="test_sgd_follows_the_formula")
class SGDOfTheFirstLevel(SGD):
    """Layers inside of layers were not reached; model.parameters() knows them all."""

    def step(self):
        for layer in (self.model, *self.model.sublayers()):
            for name in layer.params:
                layer.params[name] -= self.lr * decayed(self, layer, name)


@mistake("CH10-sgd-used-up", of="SGD", caught_by="test_sgd_follows_the_formula")
class SGDWithAUsedUpGenerator(SGD):
    """parameters() may be a generator, empty after one walk. Call it in every step."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.pairs = (pair for pair in self.model.parameters())

    def step(self):
        for layer, name in self.pairs:
            layer.params[name] -= self.lr * decayed(self, layer, name)


@mistake("CH10-sgd-first-arrays", of="SGD", caught_by="test_sgd_reads_params_at_the_time_of_the_step")
class SGDWithTheFirstArrays(SGD):
    """The arrays were remembered in __init__; if somebody puts another into params, they are out of use."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.kept = [(layer.params[n], layer, n) for layer, n in self.model.parameters()]

    def step(self):
        for w, layer, name in self.kept:
            w -= self.lr * (layer.grads[name] + (self.weight_decay * w if name == "W" else 0.0))


@mistake("CH10-sgd-first-lr", of="SGD", caught_by="test_sgd_learning_rate_may_change")
class SGDWithTheFirstLr(SGD):
    """lr may be changed between steps; this optimizer goes on with the first one."""

    def __init__(self, model, lr, weight_decay=0.0):
        super().__init__(model, lr, weight_decay)
        self.first = lr

    def step(self):
        self.lr = self.first
        super().step()


@mistake("CH10-sgd-weights-only", of="SGD", caught_by="test_sgd_follows_the_formula")
class SGDWithoutBiases(SGD):
    """Only W was trained. Biases learn as well, they just do not decay."""

    def step(self):
        for layer, name in self.model.parameters():
            if name == "W":
                layer.params[name] -= self.lr * decayed(self, layer, name)


# Momentum ------------------------------------------------------------------------------------------------------


@mistake("M184", of="Momentum", caught_by="test_momentum_follows_the_formula")
class MomentumWithoutMemory(Momentum):
    """v starts at zero in every step, so nothing is remembered and this is SGD. Keep v between steps."""

    def step(self):
        self.v = {}
        super().step()


@mistake("M185", of="Momentum", caught_by="test_momentum_leaves_gradients_alone")
class MomentumWithAnAlias(Momentum):
    """In the first step v became the gradient array itself; what is added to v is added to the gradient. Copy it."""

    def step(self):
        for layer, name in self.model.parameters():
            key, g = (layer, name), layer.grads[name]
            if self.weight_decay or self.lr != 1.0:
                g = self.lr * decayed(self, layer, name)
            if key not in self.v:
                self.v[key] = g
            else:
                self.v[key] *= self.rho
                self.v[key] += g
            layer.params[name] -= self.v[key]


@mistake("M186", of="Momentum", caught_by="test_momentum_follows_the_formula")
class MomentumWithOneVelocity(Momentum):
    """All parameters of one name share a velocity. Two layers both have a 'W': keep one for each layer and name."""

    def step(self):
        for layer, name in self.model.parameters():
            key = (name, layer.params[name].shape)
            self.v[key] = self.rho * self.v.get(key, 0.0) + self.lr * decayed(self, layer, name)
            layer.params[name] -= self.v[key]


@mistake("M187", of="Momentum", caught_by="test_momentum_follows_the_formula")
class MomentumWithMixedSigns(Momentum):
    """Two sign conventions were mixed: with v = rho v - lr g the step is w + v. This one climbs."""

    def step(self):
        for layer, name in self.model.parameters():
            key = (layer, name)
            self.v[key] = self.rho * self.v.get(key, 0.0) - self.lr * decayed(self, layer, name)
            layer.params[name] -= self.v[key]


@mistake("CH10-momentum-average", of="Momentum", caught_by=("test_momentum_follows_the_formula",
                                                           "test_momentum_reaches_its_terminal_step"))  # fmt: skip
class MomentumAsAverage(Momentum):
    """(1 - rho) belongs to an average of gradients, as in Adam. Here the gradient enters in full."""

    def step(self):
        for layer, name in self.model.parameters():
            key = (layer, name)
            g = (1 - self.rho) * decayed(self, layer, name)
            self.v[key] = self.rho * self.v.get(key, 0.0) + self.lr * g
            layer.params[name] -= self.v[key]


@mistake("CH10-momentum-lr-outside", of="Momentum", caught_by="test_momentum_learning_rate_may_change")
class MomentumWithLrOutside(Momentum):
    """lr was left out of v and multiplied at the end, as PyTorch does. When lr changes, that is another path."""

    def step(self):
        for layer, name in self.model.parameters():
            key = (layer, name)
            self.v[key] = self.rho * self.v.get(key, 0.0) + decayed(self, layer, name)
            layer.params[name] -= self.lr * self.v[key]


@mistake("CH10-momentum-nesterov", of="Momentum", caught_by="test_momentum_follows_the_formula")
class MomentumOfNesterov(Momentum):
    """This is Nesterov's variant, which takes the next push in advance. Here the step is v itself."""

    def step(self):
        for layer, name in self.model.parameters():
            key, g = (layer, name), self.lr * decayed(self, layer, name)
            self.v[key] = self.rho * self.v.get(key, 0.0) + g
            layer.params[name] -= self.rho * self.v[key] + g


@mistake("CH10-momentum-old-v", of="Momentum", caught_by="test_momentum_follows_the_formula")
class MomentumOneStepLate(Momentum):
    """The step was made with the v of the last time. First the new v, then the step."""

    def step(self):
        for layer, name in self.model.parameters():
            key = (layer, name)
            old = self.v.get(key, np.zeros_like(layer.params[name]))
            self.v[key] = self.rho * old + self.lr * decayed(self, layer, name)
            layer.params[name] -= old


@mistake("CH10-momentum-decoupled", of="Momentum", caught_by="test_momentum_weight_decay")
class MomentumWithDecayBeside(Momentum):
    """The decay passed by the velocity, as in AdamW. Here it is part of the gradient, so v remembers it too."""

    def step(self):
        for layer, name in self.model.parameters():
            key, w = (layer, name), layer.params[name]
            decay = self.weight_decay * w if name == "W" else 0.0
            self.v[key] = self.rho * self.v.get(key, 0.0) + self.lr * layer.grads[name]
            w -= self.v[key] + self.lr * decay


@mistake("M195b", of="Momentum", caught_by="test_momentum_leaves_gradients_alone")
class MomentumThatChangesGradients(Momentum):
    """g += weight_decay * w changes the array in grads. Make a new array."""

    def step(self):
        for layer, name in self.model.parameters():
            g = layer.grads[name]
            if name == "W":
                g += self.weight_decay * layer.params[name]
            self.v[layer, name] = self.rho * self.v.get((layer, name), 0.0) + self.lr * g
            layer.params[name] -= self.v[layer, name]


@mistake("CH10-momentum-new-array", of="Momentum", caught_by="test_momentum_steps_in_place")
class MomentumWithNewArrays(Momentum):
    """A new array was put into params; whoever held the old one goes on with old numbers. Use -= on the array."""

    def step(self):
        for layer, name in self.model.parameters():
            layer.params[name] = layer.params[name].copy()
        super().step()


@mistake("CH10-momentum-by-array", of="Momentum", caught_by="test_momentum_steps_in_place")
class MomentumByArray(Momentum):
    """v belongs to a place in the model, not to an array: when another array is put there, v is lost."""

    def step(self):
        for layer, name in self.model.parameters():
            key = id(layer.params[name])
            self.v[key] = self.rho * self.v.get(key, 0.0) + self.lr * decayed(self, layer, name)
            layer.params[name] -= self.v[key]


_VELOCITIES = {}


@mistake("CH10-momentum-shared", of="Momentum", caught_by="test_momentums_share_nothing")
class MomentumWithSharedVelocities(Momentum):
    """Two optimizers share one table of velocities. Make it in __init__, on self."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.first = self.model

    def step(self):
        for k, (layer, name) in enumerate(self.model.parameters()):
            key = (k, layer.params[name].shape)
            known = _VELOCITIES.get(key, 0.0) if self.v else 0.0
            _VELOCITIES[key] = self.rho * known + self.lr * decayed(self, layer, name)
            layer.params[name] -= _VELOCITIES[key]
        self.v = {"begun": True}


# RMSProp -------------------------------------------------------------------------------------------------------


def rmsprop(optimizer, change):
    """A walk over the parameters: change(w, g, old s) returns the new s."""
    for layer, name in optimizer.model.parameters():
        key, w = (layer, name), layer.params[name]
        optimizer.s[key] = change(w, layer.grads[name], optimizer.s.get(key, np.zeros_like(w)))


@mistake("CH10-rmsprop-adagrad", of="RMSProp", caught_by="test_rmsprop_follows_the_formula")
class RMSPropAsAdagrad(RMSProp):
    """The squares only add up, as in Adagrad, so the steps die out. The old ones fade with decay."""

    def step(self):
        def change(w, g, s):
            s = s + g**2
            w -= self.lr * g / (np.sqrt(s) + self.eps)
            return s

        rmsprop(self, change)


@mistake("CH10-rmsprop-exchanged", of="RMSProp", caught_by="test_rmsprop_follows_the_formula")
class RMSPropWithExchangedDecay(RMSProp):
    """decay and 1 - decay were exchanged: the new square should count a little, the old ones much."""

    def step(self):
        def change(w, g, s):
            s = (1 - self.decay) * s + self.decay * g**2
            w -= self.lr * g / (np.sqrt(s) + self.eps)
            return s

        rmsprop(self, change)


@mistake("CH10-rmsprop-no-root", of="RMSProp", caught_by="test_rmsprop_follows_the_formula")
class RMSPropWithoutRoot(RMSProp):
    """s has the size of a squared gradient; its root has the size of a gradient."""

    def step(self):
        def change(w, g, s):
            s = self.decay * s + (1 - self.decay) * g**2
            w -= self.lr * g / (s + self.eps)
            return s

        rmsprop(self, change)


@mistake("M194", of="RMSProp", caught_by="test_rmsprop_eps_stands_outside_of_the_root")
class RMSPropWithEpsInside(RMSProp):
    """eps stands under the root here, where 1e-8 counts as 1e-4. It is added to the root."""

    def step(self):
        def change(w, g, s):
            s = self.decay * s + (1 - self.decay) * g**2
            w -= self.lr * g / np.sqrt(s + self.eps)
            return s

        rmsprop(self, change)


@mistake("CH10-rmsprop-no-eps", of="RMSProp", caught_by="test_rmsprop_eps_stands_outside_of_the_root")
class RMSPropWithoutEps(RMSProp):
    """Without eps a parameter that has never had a gradient gives 0 / 0, which is nan."""

    def step(self):
        def change(w, g, s):
            s = self.decay * s + (1 - self.decay) * g**2
            w -= self.lr * g / np.sqrt(s)
            return s

        rmsprop(self, change)


@mistake("CH10-rmsprop-corrected", of="RMSProp", caught_by="test_rmsprop_follows_the_formula")
class RMSPropWithCorrection(RMSProp):
    """The correction for the start at 0 came with Adam. RMSProp goes without it."""

    def step(self):
        self.t = getattr(self, "t", 0) + 1

        def change(w, g, s):
            s = self.decay * s + (1 - self.decay) * g**2
            w -= self.lr * g / (np.sqrt(s / (1 - self.decay**self.t)) + self.eps)
            return s

        rmsprop(self, change)


@mistake("CH10-rmsprop-old-s", of="RMSProp", caught_by="test_rmsprop_follows_the_formula")
class RMSPropOneStepLate(RMSProp):
    """The step was measured by the s of the last time. First the new s, then the step."""

    def step(self):
        def change(w, g, s):
            w -= self.lr * g / (np.sqrt(s) + self.eps)
            return self.decay * s + (1 - self.decay) * g**2

        rmsprop(self, change)


# Adam ----------------------------------------------------------------------------------------------------------


def adam(optimizer, change):
    """A walk over the parameters: change(w, g, old m, old v) returns the new m and v."""
    for layer, name in optimizer.model.parameters():
        key, w = (layer, name), layer.params[name]
        m, v = optimizer.m.get(key, np.zeros_like(w)), optimizer.v.get(key, np.zeros_like(w))
        optimizer.m[key], optimizer.v[key] = change(w, layer.grads[name], m, v)


def averages(optimizer, g, m, v):
    """The new m and v."""
    m = optimizer.beta1 * m + (1 - optimizer.beta1) * g
    return m, optimizer.beta2 * v + (1 - optimizer.beta2) * g**2


@mistake("M189", of="Adam", caught_by=("test_adam_follows_the_formula", "test_adam_first_step_is_lr"))
class AdamThatMultiplies(Adam):
    """The correction makes the small first averages larger: divide by 1 - beta^t, do not multiply."""

    def step(self):
        self.t += 1

        def change(w, g, m, v):
            m, v = averages(self, g, m, v)
            m_hat, v_hat = m * (1 - self.beta1**self.t), v * (1 - self.beta2**self.t)
            w -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
            return m, v

        adam(self, change)


@mistake("M190", of="Adam", caught_by=("test_adam_follows_the_formula", "test_adam_first_step_is_lr"))
class AdamThatCountsFromZero(Adam):
    """In the first step t was still 0, and 1 - beta^0 is 0: a division by zero. The first step has t = 1."""

    def step(self):
        def change(w, g, m, v):
            m, v = averages(self, g, m, v)
            m_hat, v_hat = m / (1 - self.beta1**self.t), v / (1 - self.beta2**self.t)
            w -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
            return m, v

        with np.errstate(all="ignore"):
            for layer, name in self.model.parameters():
                key, w = (layer, name), layer.params[name]
                m, v = np.float64(self.m.get(key, 0.0 * w)), np.float64(self.v.get(key, 0.0 * w))
                m, v = averages(self, layer.grads[name], m, v)
                m_hat, v_hat = m / np.float64(1 - self.beta1**self.t), v / np.float64(1 - self.beta2**self.t)
                w -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
                self.m[key], self.v[key] = m, v
        self.t += 1


@mistake(
    "M191", of="Adam", caught_by=("test_adam_follows_the_formula", "test_adam_counts_steps_not_parameters")
)
class AdamThatCountsParameters(Adam):
    """t grew with each parameter, so a parameter's correction depends on how many came before. One step, one t."""

    def step(self):
        def change(w, g, m, v):
            self.t += 1
            m, v = averages(self, g, m, v)
            m_hat, v_hat = m / (1 - self.beta1**self.t), v / (1 - self.beta2**self.t)
            w -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
            return m, v

        adam(self, change)


@mistake("M192", of="Adam", caught_by="test_adam_follows_the_formula")
class AdamThatKeepsTheCorrection(Adam):
    """The corrected averages were written back into m and v and get corrected again. m_hat is for this step only."""

    def step(self):
        self.t += 1

        def change(w, g, m, v):
            m, v = averages(self, g, m, v)
            m, v = m / (1 - self.beta1**self.t), v / (1 - self.beta2**self.t)
            w -= self.lr * m / (np.sqrt(v) + self.eps)
            return m, v

        adam(self, change)


@mistake("M194b", of="Adam", caught_by="test_adam_eps_stands_outside_of_the_root")
class AdamWithEpsInside(Adam):
    """eps stands under the root here, where 1e-8 counts as 1e-4. It is added to the root."""

    def step(self):
        self.t += 1

        def change(w, g, m, v):
            m, v = averages(self, g, m, v)
            m_hat, v_hat = m / (1 - self.beta1**self.t), v / (1 - self.beta2**self.t)
            w -= self.lr * m_hat / np.sqrt(v_hat + self.eps)
            return m, v

        adam(self, change)


@mistake("CH10-adam-no-correction", of="Adam", caught_by="test_adam_first_step_is_lr")
class AdamWithoutCorrection(Adam):
    """m and v start at 0 and are too small at first, v far more than m: the first steps are about 3 lr."""

    def step(self):
        def change(w, g, m, v):
            m, v = averages(self, g, m, v)
            w -= self.lr * m / (np.sqrt(v) + self.eps)
            return m, v

        adam(self, change)


@mistake("CH10-adam-one-beta", of="Adam", caught_by="test_adam_follows_the_formula")
class AdamWithOneBeta(Adam):
    """Both averages use beta1. v forgets more slowly, with beta2."""

    def step(self):
        beta2, self.beta2 = self.beta2, self.beta1
        super().step()
        self.beta2 = beta2


@mistake("CH10-adam-plain-gradient", of="Adam", caught_by="test_adam_follows_the_formula")
class AdamWithoutMomentum(Adam):
    """The step was made with the gradient itself; m_hat, its average, stands in its place."""

    def step(self):
        self.t += 1

        def change(w, g, m, v):
            m, v = averages(self, g, m, v)
            w -= self.lr * g / (np.sqrt(v / (1 - self.beta2**self.t)) + self.eps)
            return m, v

        adam(self, change)


# AccuracyMeter -------------------------------------------------------------------------------------------------


@mistake("M180", of="AccuracyMeter", caught_by="test_meter_counts_over_uneven_batches")
class MeterOfMeans(AccuracyMeter):
    """This is the mean of the batch accuracies; a batch of 2 rows counts as much as one of 4. Add counts."""

    def reset(self):
        super().reset()
        self.shares = []

    def update(self, scores, y):
        before = (self.right, self.rows)
        super().update(scores, y)
        if len(y):
            self.shares.append((self.right - before[0]) / (self.rows - before[1]))

    def accumulate(self):
        return float(np.mean(self.shares)) if self.shares else 0.0


@mistake("M181", of="AccuracyMeter", caught_by="test_meter_counts_over_uneven_batches")
class MeterOfFullBatches(AccuracyMeter):
    """Every batch was counted with the size of the first one. The last batch may be smaller: use len(y)."""

    def reset(self):
        super().reset()
        self.size = None

    def update(self, scores, y):
        rows = self.rows
        super().update(scores, y)
        self.size = self.size or len(y)
        self.rows = rows + self.size


@mistake("M182", of="AccuracyMeter", caught_by="test_meter_starts_again_after_reset")
class MeterThatRemembers(AccuracyMeter):
    """After reset() the rows from before still count, so the accuracy drifts toward an average of all epochs."""

    def reset(self):
        if not hasattr(self, "rows"):
            super().reset()


@mistake("CH10-meter-last-batch", of="AccuracyMeter", caught_by="test_meter_counts_over_uneven_batches")
class MeterOfTheLastBatch(AccuracyMeter):
    """Only the last batch counts: update adds to the numbers, it does not replace them."""

    def update(self, scores, y):
        self.reset()
        super().update(scores, y)


@mistake(
    "CH10-meter-accumulate-resets", of="AccuracyMeter", caught_by="test_meter_counts_over_uneven_batches"
)
class MeterThatForgets(AccuracyMeter):
    """accumulate() only looks; to forget is the task of reset()."""

    def accumulate(self):
        value = super().accumulate()
        self.reset()
        return value


@mistake("CH10-meter-empty", of="AccuracyMeter", caught_by="test_meter_without_rows")
class MeterThatDividesByZero(AccuracyMeter):
    """Before the first batch there are no rows to divide by; say 0.0."""

    def accumulate(self):
        return self.right / self.rows


@mistake("CH10-meter-axis", of="AccuracyMeter", caught_by="test_meter_counts_over_uneven_batches")
class MeterOverTheBatch(AccuracyMeter):
    """argmax over axis 0 finds the best row of each class. The best class of each row is along axis 1."""

    def update(self, scores, y):
        scores, y = np.asarray(scores), np.asarray(y)
        self.right += int(np.sum(scores.argmax(axis=0)[: len(y)] == y[: scores.shape[1]]))
        self.rows += len(y)


@mistake("CH10-meter-broadcast", of="AccuracyMeter", caught_by="test_meter_refuses_shapes_that_do_not_fit")
class MeterThatBroadcasts(AccuracyMeter):
    """Labels (N, 1) against predictions (N,) make a table of N x N, and the accuracy can exceed 1. Compare shapes."""

    def update(self, scores, y):
        scores, y = np.asarray(scores), np.asarray(y)
        predicted = scores > 0 if scores.ndim == 2 and scores.shape[1] == 1 else scores.argmax(axis=-1)
        self.right += int(np.sum(predicted == y))
        self.rows += len(y)


@mistake("CH10-meter-half", of="AccuracyMeter", caught_by="test_meter_of_scores_with_one_column")
class MeterWithAThresholdOfHalf(AccuracyMeter):
    """Scores are not probabilities: a score of 0 is a probability of 0.5, so the border is 0."""

    def update(self, scores, y):
        scores = np.asarray(scores)
        super().update(scores - 0.5 if scores.ndim == 2 and scores.shape[1] == 1 else scores, y)


@mistake("CH10-meter-argmax-of-one", of="AccuracyMeter", caught_by="test_meter_of_scores_with_one_column")
class MeterWithOneColumnArgmax(AccuracyMeter):
    """The argmax of a single column is always 0. With one column the sign decides."""

    def update(self, scores, y):
        scores, y = np.asarray(scores), np.asarray(y)
        if scores.ndim != 2 or y.shape != (scores.shape if scores.shape[1] == 1 else scores.shape[:1]):
            raise ValueError("shapes do not go together")
        self.right += int(np.sum(scores.argmax(axis=1) == y.ravel()))
        self.rows += len(y)


# RunnerV3 ------------------------------------------------------------------------------------------------------


@mistake("CH10-runner-mean-of-means", of="RunnerV3", caught_by="test_evaluate_weighs_by_rows")
class RunnerWithMeanOfMeans(RunnerV3):
    """The loss is the mean over batches; a last batch of one row counts as much as a full one. Weigh by rows."""

    def evaluate(self, loader):
        losses = [self.loss_fn(self.model.forward(X), y)[0] for X, y in loader]
        return float(np.mean(losses)), super().evaluate(loader)[1]


@mistake("M182b", of="RunnerV3", caught_by="test_evaluate_weighs_by_rows")
class RunnerThatKeepsTheMetric(RunnerV3):
    """The metric was not reset, so rows of earlier evaluations still count. Reset it before the first batch."""

    def evaluate(self, loader):
        reset, self.metric.reset = self.metric.reset, lambda: None
        try:
            return super().evaluate(loader)
        finally:
            self.metric.reset = reset


@mistake("M135", of="RunnerV3", caught_by="test_evaluate_leaves_the_mode_as_it_was")
class RunnerThatStaysInEval(RunnerV3):
    """After evaluate the model is still in eval mode, and training goes on without dropout. Set it back."""

    def evaluate(self, loader):
        result = super().evaluate(loader)
        self.model.eval()
        return result


@mistake("CH10-runner-always-train", of="RunnerV3", caught_by="test_evaluate_leaves_the_mode_as_it_was")
class RunnerThatEndsInTraining(RunnerV3):
    """evaluate switched the model to training mode although it was in eval mode. Leave it as it was found."""

    def evaluate(self, loader):
        result = super().evaluate(loader)
        self.model.train()
        return result


@mistake("CH10-runner-no-eval", of="RunnerV3", caught_by="test_evaluate_leaves_the_mode_as_it_was")
class RunnerWithoutEval(RunnerV3):
    """evaluate computed in training mode; layers such as dropout behave differently there. Call model.eval()."""

    def evaluate(self, loader):
        quiet, self.model.eval = self.model.eval, lambda: None
        try:
            return super().evaluate(loader)
        finally:
            self.model.eval = quiet


@mistake("M135b", of="RunnerV3", caught_by="test_evaluate_changes_nothing")
class RunnerThatLearnsFromDev(RunnerV3):
    """evaluate also ran backward, so gradients of the dev rows get into the next step. Only forward and loss."""

    def evaluate(self, loader):
        for X, y in loader:
            self.model.backward(self.loss_fn(self.model.forward(X), y)[1])
        return super().evaluate(loader)


def train_with(runner, loader, dev_loader, epochs, eval_every=1, batch=None, after=None, mean=None):
    """RunnerV3.train with some of its parts replaced."""

    def usual(X, y):
        loss, dscores = runner.loss_fn(runner.model.forward(X), y)
        runner.model.backward(dscores)
        runner.opt.step()
        runner.opt.zero_grad()
        return float(loss)

    def keep_best(loss, epoch):
        if loss < runner.best_loss:
            runner.best_loss, runner.best_epoch = loss, epoch
            runner.best = [layer.params[n].copy() for layer, n in runner.model.parameters()]

    runner.opt.zero_grad()
    for e in range(1, epochs + 1):
        runner.model.train()
        losses, rows = [], []
        for X, y in loader:
            losses.append((batch or usual)(X, y))
            rows.append(len(X))
        runner.history["step_loss"] += losses
        runner.history["epoch_loss"].append((mean or np.average)(losses, weights=rows))
        epoch = len(runner.history["epoch_loss"])
        if epoch % eval_every == 0 or e == epochs:
            loss, score = runner.evaluate(dev_loader)
            for name, value in (("dev_epoch", epoch), ("dev_loss", loss), ("dev_score", score)):
                runner.history[name].append(value)
            (after or keep_best)(loss, epoch)


@mistake("M180b", of="RunnerV3", caught_by="test_train_weighs_the_epoch_loss_by_rows")
class RunnerWithMeanEpochLoss(RunnerV3):
    """The loss of the epoch is the mean of its batch losses; the small last batch counts too much. Weigh by rows."""

    def train(self, loader, dev_loader, epochs, eval_every=1):
        train_with(
            self, loader, dev_loader, epochs, eval_every, mean=lambda losses, weights: float(np.mean(losses))
        )


@mistake("M131", of="RunnerV3", caught_by="test_train_takes_a_step_for_each_batch")
class RunnerThatNeverClears(RunnerV3):
    """Gradients were never cleared, so every step uses the sum of all batches so far."""

    def train(self, loader, dev_loader, epochs, eval_every=1):
        def batch(X, y):
            loss, dscores = self.loss_fn(self.model.forward(X), y)
            self.model.backward(dscores)
            self.opt.step()
            return float(loss)

        train_with(self, loader, dev_loader, epochs, eval_every, batch=batch)


@mistake("M132", of="RunnerV3", caught_by="test_train_takes_a_step_for_each_batch")
class RunnerThatClearsBeforeTheStep(RunnerV3):
    """The gradients were cleared between backward and step, so the step is zero. The order: backward, step, clear."""

    def train(self, loader, dev_loader, epochs, eval_every=1):
        def batch(X, y):
            loss, dscores = self.loss_fn(self.model.forward(X), y)
            self.model.backward(dscores)
            self.opt.zero_grad()
            self.opt.step()
            return float(loss)

        train_with(self, loader, dev_loader, epochs, eval_every, batch=batch)


@mistake("M134", of="RunnerV3", caught_by="test_train_takes_a_step_for_each_batch")
class RunnerWithTheLossAfterwards(RunnerV3):
    """The recorded loss was computed after the step. The loss of a step is the one whose gradient it used."""

    def train(self, loader, dev_loader, epochs, eval_every=1):
        def batch(X, y):
            _, dscores = self.loss_fn(self.model.forward(X), y)
            self.model.backward(dscores)
            self.opt.step()
            self.opt.zero_grad()
            return float(self.loss_fn(self.model.forward(X), y)[0])

        train_with(self, loader, dev_loader, epochs, eval_every, batch=batch)


@mistake("CH10-runner-step-per-epoch", of="RunnerV3", caught_by="test_train_takes_a_step_for_each_batch")
class RunnerWithOneStepPerEpoch(RunnerV3):
    """There is one step in each epoch, with the gradients of all batches added up. Each batch gets its own step."""

    def train(self, loader, dev_loader, epochs, eval_every=1):
        state = {"k": 0}
        total = len(list(loader))

        def batch(X, y):
            loss, dscores = self.loss_fn(self.model.forward(X), y)
            self.model.backward(dscores)
            state["k"] += 1
            if state["k"] % total == 0:
                self.opt.step()
                self.opt.zero_grad()
            return float(loss)

        train_with(self, loader, dev_loader, epochs, eval_every, batch=batch)


@mistake("CH10-runner-no-train", of="RunnerV3", caught_by="test_train_is_in_training_mode")
class RunnerThatForgetsTrain(RunnerV3):
    """The model was never switched to training mode: model.train() comes before the batches."""

    def train(self, loader, dev_loader, epochs, eval_every=1):
        loud, self.model.train = self.model.train, lambda: None
        try:
            super().train(loader, dev_loader, epochs, eval_every)
        finally:
            self.model.train = loud


@mistake("CH10-runner-no-last", of="RunnerV3", caught_by="test_train_evaluates_now_and_then")
class RunnerWithoutTheLastEvaluation(RunnerV3):
    """The last epoch was not evaluated; if eval_every does not divide the number of epochs, the end is unseen."""

    def train(self, loader, dev_loader, epochs, eval_every=1):
        done = len(self.history["epoch_loss"])
        for e in range(1, epochs + 1):
            before = {n: list(v) for n, v in self.history.items() if n.startswith("dev")}
            super().train(loader, dev_loader, 1)
            if (done + e) % eval_every:
                self.history.update(before)


@mistake("CH10-runner-epoch-zero", of="RunnerV3", caught_by="test_train_evaluates_now_and_then")
class RunnerThatCountsFromZero(RunnerV3):
    """Epochs are counted from 1: after the first one dev_epoch is 1, not 0."""

    def train(self, loader, dev_loader, epochs, eval_every=1):
        super().train(loader, dev_loader, epochs, eval_every)
        self.history["dev_epoch"] = [epoch - 1 for epoch in self.history["dev_epoch"]]


@mistake("CH10-runner-starts-over", of="RunnerV3", caught_by="test_train_may_be_called_again")
class RunnerThatStartsOver(RunnerV3):
    """A second call of train emptied the history. It goes on where the first one ended."""

    def train(self, loader, dev_loader, epochs, eval_every=1):
        for values in self.history.values():
            values.clear()
        super().train(loader, dev_loader, epochs, eval_every)


_HISTORY = {"step_loss": [], "epoch_loss": [], "dev_epoch": [], "dev_loss": [], "dev_score": []}


@mistake("CH10-runner-shared", of="RunnerV3", caught_by="test_runners_share_nothing")
class RunnerWithSharedHistory(RunnerV3):
    """Two runners write into one history. Make the lists in __init__, on self."""

    def __init__(self, *args):
        super().__init__(*args)
        self.history = _HISTORY


@mistake(
    "M136",
    of="RunnerV3",
    caught_by="test_best_model_has_the_lowest_dev_loss",
)
class RunnerThatKeepsNoCopy(RunnerV3):
    """The best parameters are the arrays of the model themselves, which went on changing. Copy them."""

    def train(self, loader, dev_loader, epochs, eval_every=1):
        super().train(loader, dev_loader, epochs, eval_every)
        self.best = [layer.params[n] for layer, n in self.model.parameters()]


@mistake("CH10-runner-alias-on-load", of="RunnerV3", caught_by="test_best_model_survives_more_training")
class RunnerThatLendsTheBest(RunnerV3):
    """load_best put the stored arrays into the model; further training changes them. Write their numbers into the model."""

    def load_best(self):
        if self.best_epoch is None:
            raise RuntimeError("nothing to load")
        for (layer, name), saved in zip(self.model.parameters(), self.best, strict=True):
            layer.params[name] = saved


@mistake("CH10-runner-best-is-last", of="RunnerV3", caught_by="test_best_model_has_the_lowest_dev_loss")
class RunnerThatKeepsTheLast(RunnerV3):
    """Every evaluation became the best one. Compare its loss with the lowest so far."""

    def train(self, loader, dev_loader, epochs, eval_every=1):
        def after(loss, epoch):
            self.best_loss, self.best_epoch = loss, epoch
            self.best = [layer.params[n].copy() for layer, n in self.model.parameters()]

        train_with(self, loader, dev_loader, epochs, eval_every, after=after)


@mistake("CH10-runner-highest-loss", of="RunnerV3", caught_by="test_best_model_has_the_lowest_dev_loss")
class RunnerThatKeepsTheWorst(RunnerV3):
    """A score should be high, a loss low: the best model has the LOWEST dev loss."""

    def train(self, loader, dev_loader, epochs, eval_every=1):
        def after(loss, epoch):
            if self.best_epoch is None or loss > self.best_loss:
                self.best_loss, self.best_epoch = loss, epoch
                self.best = [layer.params[n].copy() for layer, n in self.model.parameters()]

        train_with(self, loader, dev_loader, epochs, eval_every, after=after)


@mistake("CH10-runner-last-of-equals", of="RunnerV3", caught_by="test_best_model_is_the_first_of_equals")
class RunnerWithTheLastOfEquals(RunnerV3):
    """Of equal dev losses the first counts: only a LOWER loss is better."""

    def train(self, loader, dev_loader, epochs, eval_every=1):
        def after(loss, epoch):
            if loss <= self.best_loss:
                self.best_loss, self.best_epoch = loss, epoch
                self.best = [layer.params[n].copy() for layer, n in self.model.parameters()]

        train_with(self, loader, dev_loader, epochs, eval_every, after=after)


@mistake("CH10-runner-training-loss", of="RunnerV3", caught_by="test_best_model_has_the_lowest_dev_loss")
class RunnerThatTrustsTheTrainingLoss(RunnerV3):
    """The best model was chosen by the training loss, which nearly always prefers the last. Use the dev loss."""

    def train(self, loader, dev_loader, epochs, eval_every=1):
        def after(loss, epoch):
            if self.history["epoch_loss"][-1] < self.best_loss:
                self.best_loss, self.best_epoch = self.history["epoch_loss"][-1], epoch
                self.best = [layer.params[n].copy() for layer, n in self.model.parameters()]

        train_with(self, loader, dev_loader, epochs, eval_every, after=after)


@mistake("M137", of="RunnerV3", caught_by="test_best_model_has_the_lowest_dev_loss")
class RunnerThatTrustsTheScore(RunnerV3):
    """The best model was chosen by the score. With few dev rows scores tie, and an early model stays; use the dev loss."""

    def train(self, loader, dev_loader, epochs, eval_every=1):
        def after(loss, epoch):
            score = self.history["dev_score"][-1]
            if self.best_epoch is None or score > self.best_score:
                self.best_score, self.best_loss, self.best_epoch = score, loss, epoch
                self.best = [layer.params[n].copy() for layer, n in self.model.parameters()]

        train_with(self, loader, dev_loader, epochs, eval_every, after=after)
