"""Hidden tests of ch12: the layer Dropout."""

import numpy as np

from grader import Rng, battery, expect, fetch, in_worker, observe, points, refuses, rng_state


def an_rng(rng):
    """A generator for the student's code, another one in each test."""
    return Rng(int(rng.integers(2**31)))


def numbers(rng, *shape):
    """Numbers that are not zero, so that out / x is the mask."""
    return rng.uniform(0.5, 2.0, size=shape) * rng.choice([-1.0, 1.0], size=shape)


def forward(layer, x):
    """The output and the mask that it shows."""
    out = expect("layer.forward(x)", layer.forward(x)).array(x.shape)
    return out, out / x


def check_backward(rng, layer, mask):
    """backward passes the gradient through this mask."""
    dout = rng.normal(size=mask.shape)
    got = expect("layer.backward(dout)", layer.backward(dout))
    got.close_to(dout * mask, hint="backward goes through the mask of the last forward.")


# forward -------------------------------------------------------------------------------------------------------


@points(1.5, of="Dropout")
def test_layer_drops_in_training(student, rng):
    """in training forward switches entries off with probability p and scales the others"""
    for p in (0.2, 0.5, 0.8):
        x = numbers(rng, 60, 50)
        _, mask = forward(student.Dropout(p, an_rng(rng)), x)
        near = np.where(mask > 0.5 / (1 - p), 1 / (1 - p), 0.0)
        expect("layer.forward(x) / x", mask).close_to(near, hint="An entry becomes 0 or x / (1 - p).")
        share = float(np.mean(mask == 0))  # standard deviation at most 0.0092
        expect("the share of zeros", share).between(p - 0.06, p + 0.06, "p is the probability to drop.")


@points(1, of="Dropout", needs="test_layer_drops_in_training")
def test_layer_draws_a_mask_for_each_forward(student, rng):
    """every forward in training draws a new mask, another one for each row"""
    layer = student.Dropout(0.5, an_rng(rng))
    x = numbers(rng, 20, 10)
    masks = [forward(layer, x)[1] == 0 for _ in range(4)]
    for k in range(3):
        same = float(np.mean(masks[k] == masks[k + 1]))  # 0.5, standard deviation 0.035
        expect("the share of entries with the same fate in two forwards", same).between(0.25, 0.75)
    rows = {row.tobytes() for row in masks[0]}
    expect("the rows of the mask", len(rows)).at_least(10, "They are all alike.")
    columns = {column.tobytes() for column in masks[0].T}
    expect("the columns of the mask", len(columns)).at_least(8, "They are all alike.")


@points(1, of="Dropout", needs="test_layer_drops_in_training")
def test_layer_rests_outside_of_training(student, rng):
    """after eval() forward returns the numbers of x and draws nothing; after train() it drops again"""
    source = an_rng(rng)
    layer = student.Dropout(0.5, source)
    x = numbers(rng, 20, 10)
    layer.eval()
    for _ in range(2):
        got = expect("layer.forward(x) after eval()", layer.forward(x))
        got.close_to(x, hint="Inverted dropout has no scale left for this mode.")
    got.satisfies(rng_state(student, source) == rng_state(student, Rng(source.seed)), "draws from rng.")
    layer.train()
    _, mask = forward(layer, x)
    expect("layer.forward(x) after train()", mask).satisfies(0 < np.mean(mask == 0) < 1, "drops nothing.")


@points(0.5, of="Dropout", needs="test_layer_drops_in_training")
def test_layer_at_the_ends(student, rng):
    """p = 0 drops nothing, p = 1 everything, and p may be changed later"""
    x = numbers(rng, 12, 10)
    layer = student.Dropout(0.0, an_rng(rng))
    expect("layer.forward(x) with p = 0", layer.forward(x)).close_to(x)
    check_backward(rng, layer, np.ones((12, 10)))
    layer.p = 1.0
    expect("layer.forward(x) with p = 1", layer.forward(x)).close_to(np.zeros((12, 10)))
    check_backward(rng, layer, np.zeros((12, 10)))
    layer.p = 0.75
    out, mask = forward(layer, x)
    expect("layer.forward(x) with p = 0.75", out).close_to(np.where(mask > 2, 4 * x, 0.0))
    expect("the share of zeros", float(np.mean(mask == 0))).between(0.5, 0.97)
    check_backward(rng, layer, mask)


# backward ------------------------------------------------------------------------------------------------------


@points(1.5, of="Dropout")
def test_layer_backward_uses_the_mask_of_forward(student, rng):
    """backward goes through the mask of the forward pass, and may be called again"""
    for shape in ((8, 6), (60,), (2, 4, 2, 4)):
        layer = student.Dropout(0.4, an_rng(rng))
        out, mask = forward(layer, numbers(rng, *shape))
        expect("layer.forward(x)", out).satisfies(0 < np.mean(mask == 0) < 1, "drops nothing or everything.")
        for _ in range(2):
            check_backward(rng, layer, mask)


@points(0.5, of="Dropout", needs="test_layer_backward_uses_the_mask_of_forward")
def test_layer_backward_where_x_is_zero(student, rng):
    """backward knows which zeros of the output were dropped, and which are zeros of x"""
    layer = student.Dropout(0.25, an_rng(rng))
    expect("layer.forward(zeros)", layer.forward(np.zeros((40, 40)))).close_to(np.zeros((40, 40)))
    got = expect("layer.backward(ones)", layer.backward(np.ones((40, 40)))).array((40, 40))
    near = np.where(got > 0.5, 4 / 3, 0.0)
    expect("layer.backward(ones)", got).close_to(
        near, hint="The mask of forward, with its scale; where x is 0 it cannot be read off the output."
    )
    share = float(np.mean(got == 0))  # standard deviation 0.011
    expect("the share of zeros in layer.backward(ones)", share).between(0.18, 0.32)


@points(1, of="Dropout", needs="test_layer_backward_uses_the_mask_of_forward")
def test_layer_backward_belongs_to_the_last_forward(student, rng):
    """backward belongs to the last forward, whatever mode is switched on afterwards"""
    layer = student.Dropout(0.5, an_rng(rng))
    x = numbers(rng, 8, 6)
    forward(layer, numbers(rng, 3, 6))
    forward(layer, x)
    _, mask = forward(layer, x)
    check_backward(rng, layer, mask)
    layer.eval()
    check_backward(rng, layer, mask)
    layer.forward(x)
    check_backward(rng, layer, np.ones((8, 6)))
    layer.train()
    check_backward(rng, layer, np.ones((8, 6)))


@points(1, of="Dropout", needs="test_layer_backward_uses_the_mask_of_forward")
def test_layers_share_only_their_rng(student, rng):
    """two layers with the same rng take turns in drawing, and keep a mask each"""
    source = an_rng(rng)
    one, two = student.Dropout(0.5, source), student.Dropout(0.5, source)
    x = numbers(rng, 20, 10)
    _, first = forward(one, x)
    _, second = forward(two, x)
    same = float(np.mean((first == 0) == (second == 0)))
    expect("the share of entries with the same fate in two layers", same).between(0.25, 0.75)
    check_backward(rng, one, first)
    check_backward(rng, two, second)


@points(0.5, of="Dropout", needs="test_layer_drops_in_training")
def test_layer_draws_only_from_its_rng(student, rng):
    """the same seed gives the same masks, and no other generator is used"""
    x = numbers(rng, 6, 5)
    battery.draws_only_from_its_rng(
        "layer.forward(x)", lambda r: observe(student.Dropout(0.5, r).forward, x), student
    )


@points(0.5, of="Dropout", needs="test_layer_drops_in_training")
def test_layer_is_a_layer(student, rng):
    """Dropout begins in training, has no parameters, and zero_grad does no harm"""
    layer = student.Dropout(0.5, an_rng(rng))
    expect("layer.training", layer.training).equals(True)
    expect("layer.params", fetch(layer.params)).equals({})
    expect("layer.parameters()", layer.parameters()).sequence(0)
    _, mask = forward(layer, numbers(rng, 6, 5))
    layer.zero_grad()
    check_backward(rng, layer, mask)


@points(0.5, of="Dropout", needs="test_layer_backward_uses_the_mask_of_forward")
def test_layer_leaves_its_arguments_alone(student, rng):
    """forward and backward change neither x nor dout and return new arrays, in both modes"""
    x, dout = numbers(rng, 5, 4), rng.normal(size=(5, 4))
    for p in (0.5, 0.0):
        layer = student.Dropout(p, an_rng(rng))
        for mode in (layer.train, layer.eval):
            mode()
            seen = observe(layer.forward, x)
            call = expect("layer.forward(x)", seen.value)
            call.satisfies(not seen.modified, "x was changed.")
            call.satisfies(not seen.shares, "the output shares its memory with x. Return a new array.")
            battery.leaves_arguments_alone("layer.backward(dout)", layer.backward, dout)
            battery.returns_new_arrays("layer.backward(dout)", layer.backward, dout)


@points(0.5, of="Dropout", needs="test_layer_backward_uses_the_mask_of_forward")
def test_layer_refuses_what_does_not_fit(student, rng):
    """a p outside of [0, 1] and a dout of another shape are ValueErrors"""
    for p in (-0.1, 1.5, float("nan")):
        refuses(f"Dropout({p}, rng)", ValueError, student.Dropout, p, an_rng(rng))
    layer = student.Dropout(0.5, an_rng(rng))
    for mode in (layer.train, layer.eval):
        mode()
        layer.forward(numbers(rng, 5, 4))
        for shape in ((4, 5), (1, 4), (5, 1), (4,), (1, 5, 4)):
            refuses("layer.backward of a dout of another shape", ValueError, layer.backward, np.ones(shape))


@points(0.5, of="Dropout", needs="test_layer_backward_uses_the_mask_of_forward")
def test_layer_keeps_float32(student, rng):
    """float32 stays float32 in both modes and both directions, and integers become float64"""
    x = rng.integers(1, 9, size=(5, 4))
    for mode in ("train", "eval"):
        for value, dtype in ((x.astype(np.float32), np.float32), (x, np.float64)):
            layer = student.Dropout(0.2, an_rng(rng))
            getattr(layer, mode)()
            expect("layer.forward(x)", layer.forward(value)).has_dtype(dtype)
            got = expect("layer.backward(dout)", layer.backward(np.ones((5, 4), dtype=dtype)))
            got.has_dtype(dtype)


@in_worker
def gradients_of_a_linear_model(student, X, y, w, p, rng, draws):
    """Gradient for X of the squared error of a linear model behind the student's dropout, mask after mask."""
    layer = student.Dropout(p, rng)
    found = []
    for _ in range(draws):
        error = layer.forward(X) @ w - y
        found.append(layer.backward(np.outer(error, w)))
    return np.array(found)


@points(
    1,
    of="Dropout",
    needs=("test_layer_drops_in_training", "test_layer_backward_uses_the_mask_of_forward"),
    seconds=10,
)
def test_dropout_is_a_penalty_on_average(student, rng):
    """averaged over many masks, dropout before a linear model adds the gradient of a penalty on x**2 * w**2"""
    X, y, w, p, draws = numbers(rng, 5, 4), rng.normal(size=5), numbers(rng, 4), 0.3, 2000
    got = gradients_of_a_linear_model(student, X, y, w, p, an_rng(rng), draws)
    got = expect("layer.backward(dout), mask after mask", got).array((draws, 5, 4))
    # E[mask] = 1 and E[mask**2] = 1 / (1 - p): the square of an entry costs p / (1 - p) more
    want = np.outer(X @ w - y, w) + p / (1 - p) * X * w**2
    off = np.abs(got.mean(axis=0) - want)
    allowed = 6 * got.std(axis=0) / np.sqrt(draws) + 1e-12  # 6 standard errors
    worst = float((off / allowed).max())
    expect("how far the mean gradient is off, in units of what chance explains", worst).at_most(1.0)
