"""Hidden tests of ch10: ArrayDataset, DataLoader, split_indices."""

from collections import Counter

import numpy as np
import pytest

from grader import Rng, battery, expect, fetch, in_worker, observe, points, refuses, rng_state


def an_rng(rng):
    """A generator for the student's code, another one in each test."""
    return Rng(int(rng.integers(2**31)))


def pair(call, value):
    """The two parts of a pair (X, y); an object of the student's own might be looped over without end."""
    value = fetch(value)
    words = "it is not a pair (X, y)."
    expect(call, value).satisfies(value is None or isinstance(value, (tuple, list)), words)
    return expect(call, value).unpack("X", "y")


def joined(lists):
    """One list of all their entries."""
    return [entry for each in lists for entry in each]


# ArrayDataset --------------------------------------------------------------------------------------------------


@points(1, of="ArrayDataset")
def test_dataset_rows_by_index_array(student, rng):
    """dataset[array of ints] is the pair (X[array], y[array]), in that order, repetitions included"""
    X, y = rng.normal(size=(7, 3)), rng.integers(0, 5, size=7)
    dataset = student.ArrayDataset(X, y)
    for index in ([4, 0, 6], [2, 2, 5, 2], [3], [-1, -7]):
        rows, labels = pair("dataset[index]", dataset[np.array(index)])
        rows.close_to([X[i] for i in index])
        labels.equals(np.array([y[i] for i in index]))


@points(1, of="ArrayDataset")
def test_dataset_rows_by_int_and_slice(student, rng):
    """dataset[3] is one row and its label, dataset[2:6:2] some of both"""
    X, y = rng.normal(size=(7, 3)), rng.integers(0, 5, size=7)
    dataset = student.ArrayDataset(X, y)
    for i in (0, 3, 6, -2):
        row, label = pair("dataset[i]", dataset[i])
        row.close_to(X[i])
        label.close_to(int(y[i]), rtol=0, atol=0)  # an int, numpy's or not, or an array without axes
    for start, stop, step in ((2, 6, 2), (None, 3, None), (5, 100, None), (None, None, -1)):
        rows, labels = pair("dataset[slice]", dataset[start:stop:step])
        rows.close_to(X[start:stop:step])
        labels.equals(y[start:stop:step])


@points(0.5, of="ArrayDataset")
def test_dataset_length(student, rng):
    """len(dataset) is the number of rows"""
    for n in (1, 4, 13):
        dataset = student.ArrayDataset(rng.normal(size=(n, 2)), np.zeros(n, dtype=int))
        expect("len(dataset)", len(dataset)).equals(n)


@points(0.5, of="ArrayDataset", needs="test_dataset_rows_by_index_array")
def test_dataset_takes_any_kind_of_rows(student, rng):
    """a dataset holds images and (N, 1) targets as well, and keeps their dtypes"""
    images = rng.normal(size=(5, 2, 4, 4)).astype(np.float32)
    targets = rng.integers(0, 2, size=(5, 1)).astype(np.uint8)
    dataset = student.ArrayDataset(images, targets)
    rows, labels = pair("dataset[index]", dataset[np.array([3, 1])])
    rows.has_dtype(np.float32).equals(images[[3, 1]])
    labels.has_dtype(np.uint8).equals(targets[[3, 1]])
    pixels = rng.integers(0, 256, size=(5, 3)).astype(np.uint8)
    rows, labels = pair("dataset[index]", student.ArrayDataset(pixels, targets[:, 0] / 2)[np.array([0, 4])])
    rows.has_dtype(np.uint8).equals(pixels[[0, 4]])
    labels.has_dtype(np.float64).equals(targets[[0, 4], 0] / 2)


@points(0.5, of="ArrayDataset", needs="test_dataset_rows_by_index_array")
def test_dataset_refuses_other_lengths(student, rng):
    """a dataset raises ValueError if X and y differ in length"""
    for n, m in ((4, 3), (3, 4), (4, 1)):
        X, y = rng.normal(size=(n, 2)), np.zeros(m)
        refuses("ArrayDataset(X, y) of different lengths", ValueError, student.ArrayDataset, X, y)


@points(0.5, of="ArrayDataset", needs=("test_dataset_rows_by_index_array", "test_dataset_length"))
def test_datasets_share_nothing(student, rng):
    """two datasets, of training and of test rows, know nothing of each other"""
    X, y = rng.normal(size=(4, 2)), np.arange(4)
    one, two = student.ArrayDataset(X, y), student.ArrayDataset(-X[:3], 10 + y[:3])
    for dataset, rows, labels in ((one, X, y), (two, -X[:3], 10 + y[:3])):
        got_X, got_y = pair("dataset[index]", dataset[np.array([2, 0])])
        got_X.close_to(rows[[2, 0]])
        got_y.equals(labels[[2, 0]])
        expect("len(dataset)", len(dataset)).equals(len(rows))


# DataLoader ----------------------------------------------------------------------------------------------------


@in_worker
def passes(student, X, y, times, options, rng):
    """Some passes of a loader over these rows, its len, and traces that it may have left."""

    class Rows:
        def __init__(self):
            self.X, self.y, self.asked = np.array(X), np.array(y), []

        def __len__(self):
            return len(self.X)

        def __getitem__(self, index):
            self.asked.append(str(type(index).__name__))
            return self.X[index], self.y[index]

    rows = Rows()
    before = np.random.get_state()
    loader = student.DataLoader(rows, rng=rng, **options)
    length = len(loader)
    seen = [[tuple(batch) for batch in loader] for _ in range(times)]
    after = np.random.get_state()
    touched = before[2] != after[2] or not np.array_equal(before[1], after[1])
    return {"passes": seen, "len": length, "X": rows.X, "y": rows.y, "global": touched, "asked": rows.asked}


def numbered(n):
    """Rows that can be told apart: X[i] = (i, 10 i), y[i] = 100 + i."""
    i = np.arange(float(n))
    return np.stack([i, 10 * i], axis=1), 100 + i


def rows_of(call, batches):
    """The row numbers of the batches of one pass; X and y must belong together."""
    found = []
    for batch in batches:
        X, y = expect(f"a batch of {call}", batch).unpack("X", "y")
        X = X.array()
        y = y.array()
        together = X.ndim == 2 and y.shape == X.shape[:1] and X.shape[1] == 2
        expect(call, batch).satisfies(together, "a batch is a pair (X, y) with as many rows in X as in y.")
        words = "rows of X and entries of y do not belong together. One order for both."
        expect(call, batch).satisfies(np.array_equal(X[:, 0] + 100, y), words)
        expect(call, batch).satisfies(np.array_equal(10 * X[:, 0], X[:, 1]), "rows were taken apart.")
        found.append([int(i) for i in X[:, 0]])
    return found


@points(1, of="DataLoader")
def test_loader_in_order(student, rng):
    """10 rows in batches of 4 come as 4, 4 and 2, in order, in every pass"""
    X, y = numbered(10)
    for each in passes(student, X, y, 3, {"batch_size": 4}, None)["passes"]:
        rows = rows_of("loader", each)
        expect("the rows of a pass", rows).equals([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]])


@pytest.mark.parametrize("n, size, drop, sizes", [
    (10, 4, True, [4, 4]), (12, 4, False, [4, 4, 4]), (12, 4, True, [4, 4, 4]), (3, 5, False, [3]),
    (3, 5, True, []), (3, 1, False, [1, 1, 1]), (9, 4, False, [4, 4, 1]), (5, 5, True, [5]),
])  # fmt: skip
@points(0.25, of="DataLoader")
def test_loader_sizes(student, rng, n, size, drop, sizes):
    """batches have the right sizes with and without drop_last, and len(loader) counts them"""
    X, y = numbered(n)
    seen = passes(student, X, y, 1, {"batch_size": size, "drop_last": drop}, None)
    rows = rows_of("loader", seen["passes"][0])
    expect("the sizes of the batches", [len(batch) for batch in rows]).equals(sizes)
    expect("the rows of a pass", joined(rows)).equals(list(range(sum(sizes))))
    expect("len(loader)", seen["len"]).equals(len(sizes))


@points(0.25, of="DataLoader", needs="test_loader_in_order")
def test_loader_asks_for_arrays_of_rows(student, rng):
    """the dataset is asked for dataset[array of ints] and nothing else: it need not know slices or lists"""
    X, y = numbered(7)
    for options in ({"batch_size": 3}, {"batch_size": 3, "shuffle": True}):
        asked = set(passes(student, X, y, 1, options, an_rng(rng))["asked"])
        kinds = ", ".join(sorted(asked)) or "nothing"
        words = f"the dataset was indexed with {kinds}, expected an array of row numbers."
        expect("loader", None).satisfies(asked == {"ndarray"}, words)


@points(2, of="DataLoader")
def test_loader_shuffles_every_row_once(student, rng):
    """with shuffle every row comes once in a pass, with its own label, and each pass has a new order"""
    n = 23
    X, y = numbered(n)
    options = {"batch_size": 5, "shuffle": True}
    orders = []
    for each in passes(student, X, y, 3, options, an_rng(rng))["passes"]:
        rows = rows_of("loader", each)
        expect("the sizes of the batches", [len(batch) for batch in rows]).equals([5, 5, 5, 5, 3])
        orders.append(joined(rows))
        expect("the rows of a pass, sorted", sorted(orders[-1])).equals(list(range(n)))
    words = "two passes have the same order. Permute anew in each pass."
    expect("loader", None).satisfies(len(set(map(tuple, orders))) == 3, words)
    expect("loader", None).satisfies(list(range(n)) not in orders, "a pass is not shuffled.")


@points(1, of="DataLoader", needs="test_loader_shuffles_every_row_once")
def test_loader_makes_all_orders_equally_likely(student, rng):
    """4 rows in batches of 2 come in all 24 orders, about equally often"""
    X, y = numbered(4)
    found = passes(student, X, y, 1200, {"batch_size": 2, "shuffle": True}, an_rng(rng))["passes"]
    counts = Counter(tuple(int(i) for batch in each for i in batch[0][:, 0]) for each in found)
    words = "some orders come far too seldom. Permute all rows, not only batches or the rows of a batch."
    # binomial, 1200 draws of 1/24: mean 50, standard deviation 6.9; six of them to both sides
    expect("loader", None).satisfies(len(counts) == 24 and min(counts.values()) >= 9, words)
    expect("loader", None).satisfies(max(counts.values()) <= 92, "some orders come far too often.")


@points(0.5, of="DataLoader", needs="test_loader_shuffles_every_row_once")
def test_loader_leaves_the_dataset_in_order(student, rng):
    """shuffling does not change the dataset"""
    X, y = numbered(12)
    seen = passes(student, X, y, 2, {"batch_size": 5, "shuffle": True}, an_rng(rng))
    hint = "Shuffle row numbers, not rows."
    expect("dataset.X after two passes", seen["X"]).equals(X, hint)
    expect("dataset.y after two passes", seen["y"]).equals(y, hint)


@points(0.5, of="DataLoader", needs="test_loader_shuffles_every_row_once")
def test_loader_drops_other_rows_each_time(student, rng):
    """with shuffle and drop_last the rows left out change from pass to pass"""
    X, y = numbered(11)
    options = {"batch_size": 4, "shuffle": True, "drop_last": True}
    left_out = set()
    for each in passes(student, X, y, 12, options, an_rng(rng))["passes"]:
        rows = rows_of("loader", each)
        expect("the sizes of the batches", [len(batch) for batch in rows]).equals([4, 4])
        flat = joined(rows)
        expect("the number of different rows of a pass", len(set(flat))).equals(8)
        left_out |= set(range(11)) - set(flat)
    expect("loader", None).satisfies(len(left_out) > 5, "nearly the same rows are left out in every pass.")


@points(1, of="DataLoader", needs=("test_loader_shuffles_every_row_once", "test_loader_in_order"))
def test_loader_draws_only_from_its_rng(student, rng):
    """the order comes from rng alone, and without shuffle nothing is drawn"""
    X, y = numbered(12)
    seed = int(rng.integers(2**31))
    orders = []
    for _ in range(2):
        generator = Rng(seed)
        seen = passes(student, X, y, 2, {"batch_size": 5, "shuffle": True}, generator)
        words = "it uses the global random generator. Draw from the rng that was passed in."
        expect("loader", None).satisfies(not seen["global"], words)
        orders.append([rows_of("loader", each) for each in seen["passes"]])
        drawn = rng_state(student, generator) != rng_state(student, Rng(seed))
        expect("loader", None).satisfies(drawn, "it does not draw from the rng that was passed in.")
    expect("the rows of two passes, same seed", orders[1]).equals(orders[0])
    generator = Rng(seed)
    passes(student, X, y, 2, {"batch_size": 5}, generator)
    same = rng_state(student, generator) == rng_state(student, Rng(seed))
    expect("loader", None).satisfies(same, "it draws from rng although shuffle is False.")


@in_worker
def tangled_passes(student, X, y, shuffle):
    """A pass that is broken off, then a whole one; two passes at the same time, batch by batch."""

    class Rows:
        def __len__(self):
            return len(X)

        def __getitem__(self, index):
            return X[index], y[index]

    loader = student.DataLoader(Rows(), 2, shuffle=shuffle, rng=np.random.default_rng(1))
    for _ in loader:
        break
    whole = [tuple(batch) for batch in loader]
    first, second = [], []
    for one, two in zip(loader, loader):
        first.append(tuple(one))
        second.append(tuple(two))
    return whole, first, second


@points(1, of="DataLoader", needs=("test_loader_shuffles_every_row_once", "test_loader_in_order"))
def test_loader_passes_are_independent(student, rng):
    """a pass begins at the beginning, after one that was broken off and beside one that goes on"""
    X, y = numbered(7)
    for shuffle in (False, True):
        whole, first, second = tangled_passes(student, X, y, shuffle)
        for name, each in (
            ("after one broken off", whole),
            ("beside another", first),
            ("beside another", second),
        ):
            flat = joined(rows_of(f"loader, a pass {name},", each))
            expect(f"the rows of a pass {name}, sorted", sorted(flat)).equals(list(range(7)))


# split_indices -------------------------------------------------------------------------------------------------


def the_parts(value, sizes):
    """The row numbers of each part, checked for their form."""
    call = "split_indices(n, sizes, rng)"
    parts = expect(call, value).sequence(len(sizes))
    for part, size in zip(parts, sizes):
        expect(f"a part of {call}", part).satisfies(
            isinstance(fetch(part), np.ndarray) and part.dtype.kind in "iu", "it is not an array of ints."
        )
        expect(f"a part of {call}", part).has_shape(size)
    return [[int(i) for i in part] for part in parts]


@pytest.mark.parametrize("n, sizes", [(150, [120, 15, 15]), (10, [4, 3]), (5, [0, 5, 0]), (4, [1, 1, 1, 1])])
@points(0.75, of="split_indices")
def test_split_deals_each_row_once(student, rng, n, sizes):
    """the parts have their sizes, and no row number comes twice"""
    parts = the_parts(student.split_indices(n, sizes, an_rng(rng)), sizes)
    flat = joined(parts)
    in_range = all(0 <= i < n for i in flat)
    expect("split_indices(n, sizes, rng)", None).satisfies(in_range, "not all numbers lie in 0 to n - 1.")
    words = "a row number is in two parts, or twice in one. Shuffle once, then cut."
    expect("split_indices(n, sizes, rng)", None).satisfies(len(set(flat)) == len(flat), words)


@in_worker
def many_splits(student, n, sizes, times, rng):
    """Some splits with one rng, each as a table: in which part is row i (-1: in none)?"""
    table = np.full((times, n), -1)
    for row in table:
        for k, part in enumerate(student.split_indices(n, sizes, rng)):
            row[part] = k
    return table


@points(1, of="split_indices", needs="test_split_deals_each_row_once")
def test_split_is_a_fair_deal(student, rng):
    """every row is equally likely to be in each part, and so is every pair of rows"""
    times = 1500
    where = np.asarray(many_splits(student, 6, [3, 2], times, an_rng(rng)))
    # row i in part 0, 1, none with probability 1/2, 1/3, 1/6; six standard deviations to both sides
    for k, p in ((0, 1 / 2), (1, 1 / 3), (-1, 1 / 6)):
        off = np.abs((where == k).sum(axis=0) - times * p) / np.sqrt(times * p * (1 - p))
        words = "some rows go into some parts too often. Shuffle before you cut."
        expect("split_indices(n, sizes, rng)", None).satisfies(off.max() < 6, words)
    # two rows both in part 0: 3/6 * 2/5
    together = np.array([((where[:, i] == 0) & (where[:, j] == 0)).sum() for i in range(6) for j in range(i)])
    off = np.abs(together - times * 0.2) / np.sqrt(times * 0.2 * 0.8)
    words = "some rows are together too often. Shuffle all of them."
    expect("split_indices(n, sizes, rng)", None).satisfies(off.max() < 6, words)


@points(0.5, of="split_indices", needs="test_split_deals_each_row_once")
def test_split_draws_only_from_its_rng(student, rng):
    """split_indices draws from its rng and from nothing else"""
    battery.draws_only_from_its_rng(
        "split_indices(n, sizes, rng)",
        lambda generator: observe(student.split_indices, 20, [12, 5], generator),
        student,
        seed=int(rng.integers(2**31)),
    )
