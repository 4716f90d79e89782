"""Hidden tests of ch09: deep networks, and the gradient norms of their layers."""

import dataclasses
import math
from itertools import pairwise

import numpy as np

from grader import Rng, battery, expect, fetch, in_worker, numeric_gradient, observe, points

CURVES = {
    "identity": lambda z: z,
    "sigmoid": lambda z: np.exp(-np.logaddexp(0.0, -z)),
    "tanh": np.tanh,
    "relu": lambda z: np.where(z > 0, z, 0.0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
}


def network(x, Ws, bs, act):
    """Scores of a network of ours: the activation after every layer but the last."""
    for k, (W, b) in enumerate(zip(Ws, bs)):
        x = np.einsum("ni,ij->nj", x, W) + b
        if k < len(Ws) - 1:
            x = CURVES[act](x)
    return x


def an_rng(rng):
    """A generator for the student's code, another one in each test."""
    return Rng(int(rng.integers(2**31)))


def some_parameters(rng, widths, std=0.7):
    """Weights and biases for a network of these widths."""
    return [std * rng.normal(size=s) for s in pairwise(widths)], [
        0.3 * rng.normal(size=h) for h in widths[1:]
    ]


def two_moons(rng, n=100, noise=0.1):
    """Points on two half circles, and which one (0 or 1)."""
    t = np.pi * rng.random((n, 1))
    y = np.arange(n)[:, None] % 2
    X = np.where(y == 0, np.hstack([np.cos(t), np.sin(t)]), np.hstack([1 - np.cos(t), 0.5 - np.sin(t)]))
    return X + noise * rng.normal(size=(n, 2)), y.astype(float)


# gradient_norms -----------------------------------------------------------------------------------

CALL = "gradient_norms(model, loss_fn, X, y)"


@in_worker
def norms_of_a_network(
    student, act, Ws, bs, X, y, dirt=0.0, nested=False, calls=1, training=True, loss="squares"
):
    """gradient_norms of a network with these parameters; and what is left of the network afterwards."""

    def of(name):  # the layers of chapter 06; the stub imports them
        here = getattr(student, name, None)
        return here if here else getattr(__import__("ch06_layers.layers", fromlist=[name]), name)

    X.flags.writeable = False
    rng, layers, linears = np.random.default_rng(0), [], []
    for k, W in enumerate(Ws):
        has_bias = bs[k] is not None
        layer = of("Linear")(W.shape[0], W.shape[1], rng, bias=has_bias)
        layer.params["W"] = W.copy()
        if has_bias:
            layer.params["b"] = bs[k].copy()
        for grad in layer.grads.values():
            grad[...] = dirt
        linears.append(layer)
        layers.append(layer)
        if k < len(Ws) - 1 and act != "identity":
            layers.append(
                of({"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "ReLU", "leaky_relu": "LeakyReLU"}[act])()
            )
    if len(Ws) == 1:
        model = layers[0]
    elif nested:
        inner = of("Sequential")(*layers[1:-2])
        model = of("Sequential")(layers[0], of("Sequential")(of("Sequential")(inner, layers[-2])), layers[-1])
    else:
        model = of("Sequential")(*layers)
    if not training:
        model.eval()
    seen = []

    def loss_fn(scores, targets):
        seen.append(targets is y)
        if loss == "squares":
            return float(((scores - targets) ** 2).sum() / len(scores)), 2 * (scores - targets) / len(scores)
        p = np.exp(-np.logaddexp(0.0, -scores))
        return float((np.logaddexp(0.0, scores) - scores * targets).sum() / len(scores)), (p - targets) / len(
            scores
        )

    norms = [student.gradient_norms(model, loss_fn, X, y) for _ in range(calls)]
    return {
        "norms": norms[-1],
        "losses": seen,
        "grads": [grad for layer in linears for grad in layer.grads.values()],
        "W": [layer.params["W"] for layer in linears],
        "b": [layer.params.get("b") for layer in linears],
        "training": [layer.training for layer in [model, *layers]],
    }


def numeric_norms(act, Ws, bs, X, y):
    """Norms of the numerical gradients of the mean squared error, one weight matrix at a time."""
    norms = []
    for k, W in enumerate(Ws):

        def loss(V, k=k):
            scores = network(X, [*Ws[:k], V, *Ws[k + 1 :]], [0.0 if b is None else b for b in bs], act)
            return float(np.sum((scores - y) ** 2) / len(X))

        norms.append(float(np.linalg.norm(numeric_gradient(loss, W).value)))
    return norms


def check_norms(student, rng, widths, act, n=5, **options):
    """The norms are those of the numerical gradients, in order."""
    Ws, bs = some_parameters(rng, widths)
    if options.pop("bias", True) is False:
        bs = [None] * len(bs)
    X, y = rng.normal(size=(n, widths[0])), rng.normal(size=(n, widths[-1]))
    seen = norms_of_a_network(student, act, Ws, bs, X, y, **options)
    got = expect(CALL, seen["norms"]).sequence(len(Ws))
    for k, (norm, want) in enumerate(zip(got, numeric_norms(act, Ws, bs, X, y)), 1):
        expect(f"the gradient norm of Linear {k}", norm).close_to(want, rtol=1e-5, batch=n)
    return seen, Ws, bs


@points(2.5, of="gradient_norms")
def test_norms_agree_with_finite_differences(student, rng):
    """gradient_norms gives the norm of the numerical gradient of every W, from the input to the output"""
    check_norms(student, rng, [3, 5, 4, 2], "tanh")
    check_norms(student, rng, [2, 4, 1], "sigmoid", n=3)


@points(1, of="gradient_norms", needs="test_norms_agree_with_finite_differences")
def test_norms_do_not_count_old_gradients(student, rng):
    """gradient_norms is not misled by gradients from before, and gives the same again"""
    check_norms(student, rng, [3, 4, 2], "tanh", dirt=5.0)
    check_norms(student, rng, [3, 4, 2], "tanh", calls=3)
    for broken in (math.nan, math.inf):
        check_norms(student, rng, [3, 4, 2], "tanh", dirt=broken)


@in_worker
def norms_beside_other_parameters(student, W, X, others):
    """gradient_norms of a Linear that has parameters of other names as well, for the sum of the scores."""
    here = getattr(student, "Linear", None)
    linear = here if here else __import__("ch06_layers.layers", fromlist=["Linear"]).Linear
    layer = linear(W.shape[0], W.shape[1], np.random.default_rng(0))
    layer.params["W"] = W.copy()
    for name, value in others.items():
        layer.params[name], layer.grads[name] = np.array(value), np.ones(value.shape)
    return student.gradient_norms(layer, lambda scores, y: (scores.sum(), np.ones(scores.shape)), X, None)


@points(0.5, of="gradient_norms", needs="test_norms_agree_with_finite_differences")
def test_norms_of_parameters_called_w(student, rng):
    """gradient_norms counts the parameters with the name 'W' and no others, other matrices neither"""
    W, X = rng.normal(size=(3, 2)), rng.normal(size=(4, 3))
    for name, shape in (("gamma", (2,)), ("V", (3, 2)), ("W2", (2, 2)), ("w", (3, 2))):
        norms = norms_beside_other_parameters(student, W, X, {name: np.ones(shape)})
        found = expect(f"{CALL}, with another parameter {name!r},", norms)
        (norm,) = found.sequence(1)
        # The gradient of the sum of the scores: in each column of dW the column sums of X.
        want = math.sqrt(2 * sum(float(column.sum()) ** 2 for column in X.T))
        expect("the gradient norm of W", norm).close_to(want)


@points(1, of="gradient_norms", needs="test_norms_agree_with_finite_differences")
def test_norms_leave_the_network_clean(student, rng):
    """gradient_norms leaves all gradients zero, and parameters and training flags as they were"""
    for training in (True, False):
        seen, Ws, bs = check_norms(student, rng, [3, 4, 2], "tanh", dirt=3.0, training=training)
        for grad in seen["grads"]:
            expect("a gradient of the model afterwards", grad).close_to(np.zeros(grad.shape), rtol=0, atol=0)
        for W, V, b, c in zip(Ws, seen["W"], bs, seen["b"]):
            expect("W afterwards", V).close_to(W, rtol=0, atol=0)
            expect("b afterwards", c).close_to(b, rtol=0, atol=0)
        expect("the training flags afterwards", seen["training"]).equals([training] * len(seen["training"]))


@points(1, of="gradient_norms", needs="test_norms_agree_with_finite_differences")
def test_norms_of_other_networks(student, rng):
    """gradient_norms works for a single Linear, for layers without bias and for networks within networks"""
    check_norms(student, rng, [3, 2], "identity")
    check_norms(student, rng, [3, 4, 2], "tanh", bias=False)
    check_norms(student, rng, [3, 4, 4, 3, 2], "tanh", nested=True)
    check_norms(student, rng, [3, 4, 2], "tanh", n=1)


@points(0.5, of="gradient_norms", needs="test_norms_agree_with_finite_differences")
def test_norms_are_floats_of_one_pass(student, rng):
    """gradient_norms calls loss_fn once, with y as it is, and returns Python floats"""
    seen, _, _ = check_norms(student, rng, [3, 4, 2], "sigmoid")
    expect("the calls of loss_fn (is y the one that was passed in?)", seen["losses"]).equals([True])
    for norm in expect(CALL, seen["norms"]).sequence(2):
        expect("a gradient norm", norm).is_float()


def scaled(rng, widths, std):
    """Normal weights with standard deviation std(fan_in, fan_out), and biases of zero."""
    return [rng.normal(0.0, std(*s), size=s) for s in pairwise(widths)], [np.zeros(h) for h in widths[1:]]


def xavier(fan_in, fan_out):
    return math.sqrt(2 / (fan_in + fan_out))


def he(fan_in, fan_out):
    return math.sqrt(2 / fan_in)


@points(1, of="gradient_norms", needs="test_norms_agree_with_finite_differences")
def test_norms_show_vanishing(student, rng):
    """gradient_norms shows that ten sigmoid layers lose the gradient, and that tanh and relu keep it"""
    # log10 of last / first, 10 hidden layers of 32, 100 moons, 400 seeds: sigmoid 4.4 to 7.1 (median 6.2), tanh with
    # Xavier -0.6 to 0.7, relu with He -0.5 to 1.4. The median of three strays less.
    for act, std, low, high in (("sigmoid", xavier, 3, 9), ("tanh", xavier, -2, 2), ("relu", he, -2, 2)):
        decades = []
        for _ in range(3):
            X, y = two_moons(rng)
            Ws, bs = scaled(rng, [2, *[32] * 10, 1], std)
            seen = norms_of_a_network(student, act, Ws, bs, X, y, loss="cross-entropy")
            norms = [expect("a gradient norm", v).number() for v in expect(CALL, seen["norms"]).sequence(11)]
            decades.append(math.log10(max(norms[-1], 1e-300) / max(norms[0], 1e-300)))
        name = f"log10 of the last norm over the first ({act})"
        expect(name, sorted(decades)[1]).between(low, high)


@points(1, of="gradient_norms", needs="test_norms_agree_with_finite_differences")
def test_norms_show_dead_relus(student, rng):
    """gradient_norms of a relu network with biases of -8 are exactly 0, those of a leaky one are not"""
    X, y = two_moons(rng)
    Ws, _ = scaled(rng, [2, 3, 3, 3, 3, 1], lambda fan_in, fan_out: 0.01)
    bs = [np.full(W.shape[1], -8.0) for W in Ws]
    for act in ("relu", "leaky_relu"):
        seen = norms_of_a_network(student, act, Ws, bs, X, y, loss="cross-entropy")
        for norm in expect(CALL, seen["norms"]).sequence(5):
            judged = expect(f"a gradient norm of a {act} network with biases of -8", norm)
            if act == "relu":
                judged.close_to(0.0, rtol=0, atol=0)
            else:  # 1e-17 to 2e-15 in the first layer, 0.07 in the last one (200 seeds)
                judged.between(1e-19, 1.0)


# deep_mlp -----------------------------------------------------------------------------------------

MLP = "deep_mlp(widths, act, init, rng)"


@in_worker
def passes(student, widths, act, Ws, bs, X, dout):
    """Forward and backward of a deep_mlp with these parameters."""
    model = student.deep_mlp(widths, act, "xavier", np.random.default_rng(0))
    places = list(model.parameters())
    shapes = {key: [layer.params[name].shape for layer, name in places if name == key] for key in "Wb"}
    values = {"W": list(Ws), "b": list(bs)}
    for layer, name in places:
        layer.params[name] = values[name].pop(0)
    out = model.forward(X)
    dx = model.backward(dout)
    grads = [layer.grads[name] for layer, name in places if name == "W"]
    return {"count": len(places), "shapes": shapes, "out": out, "dx": dx, "grads": grads}


def check_passes(student, rng, widths, act, n=4):
    """A deep_mlp with parameters of ours computes what it should, forward and back."""
    Ws, bs = some_parameters(rng, widths)
    X, dout = rng.normal(size=(n, widths[0])), rng.normal(size=(n, widths[-1]))
    seen = passes(student, widths, act, Ws, bs, X, dout)
    expect("the number of parameters of the network", seen["count"]).equals(2 * len(Ws))
    for key, ours in (("W", Ws), ("b", bs)):
        shapes = [tuple(shape) for shape in seen["shapes"][key]]
        expect(f"the shapes of {key} in the network", shapes).equals([a.shape for a in ours])
    expect(f"model.forward(x) with {act!r}", seen["out"]).close_to(
        network(X, Ws, bs, act), hint="Where does an activation stand, and where not?"
    )
    return seen, Ws, bs, X, dout


@points(2, of="deep_mlp")
def test_mlp_forward(student, rng):
    """deep_mlp stacks Linear and activation, and ends in raw scores"""
    for act in ("tanh", "sigmoid"):
        check_passes(student, rng, [3, 5, 4, 2], act)
        check_passes(student, rng, [2, 3, 1], act)


@points(1.5, of="deep_mlp")
def test_mlp_with_every_activation(student, rng):
    """deep_mlp knows its five activations"""
    for act in CURVES:
        check_passes(student, rng, [3, 4, 4, 3], act)


@points(1.5, of="deep_mlp", needs="test_mlp_forward")
def test_mlp_backward(student, rng):
    """the gradients of a deep_mlp are the numerical ones: every activation remembers its own input"""
    for act in ("tanh", "sigmoid", "identity"):
        seen, Ws, bs, X, dout = check_passes(student, rng, [3, 4, 4, 4, 2], act)
        got = expect(f"model.backward(dout) with {act!r}", seen["dx"])
        got.gradient(lambda v, a=act, W=Ws, b=bs: network(v, W, b, a), at=X, dout=dout)

        def of_first(V, a=act, W=Ws, b=bs, X=X):
            return network(X, [V, *W[1:]], b, a)

        got = expect("the gradient of the first W", seen["grads"][0])
        got.gradient(of_first, at=Ws[0], dout=dout)
    # the kinks of relu: with positive weights and inputs, and half of the biases far below, none is near
    for act in ("relu", "leaky_relu"):
        widths = [3, 4, 4, 4, 2]
        Ws = [rng.uniform(0.2, 0.6, size=s) for s in pairwise(widths)]
        bs = [np.where(np.arange(h) % 2 == k % 2, 0.5, -30.0) for k, h in enumerate(widths[1:-1])] + [
            np.zeros(2)
        ]
        X, dout = rng.uniform(0.5, 1.5, size=(4, 3)), rng.normal(size=(4, 2))
        seen = passes(student, widths, act, Ws, bs, X, dout)
        got = expect(f"model.backward(dout) with {act!r}", seen["dx"])
        got.gradient(lambda v, a=act, W=Ws, b=bs: network(v, W, b, a), at=X, dout=dout)


@points(0.5, of="deep_mlp", needs="test_mlp_forward")
def test_mlp_of_one_layer(student, rng):
    """a deep_mlp of two widths is a single Linear"""
    for act in ("relu", "identity"):
        check_passes(student, rng, [3, 2], act)
    check_passes(student, rng, [1, 1, 1], "tanh", n=1)


@in_worker
def starts(student, widths, act, init, seed):
    """The parameters of a fresh deep_mlp: twice from one generator. What a callable init was given, if asked."""
    rng, shapes, rngs = np.random.default_rng(seed), [], []

    def recorder(shape, given):
        shapes.append([int(n) for n in shape])
        rngs.append(given is rng)
        return np.arange(shape[0] * shape[1]).reshape(shape) + 100.0 * len(shapes)

    both = []
    for _ in range(2):
        model = student.deep_mlp(widths, act, recorder if init == "recorder" else init, rng)
        pairs = list(model.parameters())
        both.append({key: [layer.params[name] for layer, name in pairs if name == key] for key in "Wb"})
    return both[0], both[1], shapes, rngs


@points(1, of="deep_mlp")
def test_mlp_hands_init_to_every_layer(student, rng):
    """deep_mlp hands its init to every Linear, from the first to the last, with its own rng"""
    widths = [3, 4, 2, 5]
    first, _, shapes, rngs = starts(student, widths, "relu", "recorder", 1)
    expect("the shapes that init was given", shapes).equals([[3, 4], [4, 2], [2, 5]] * 2)
    expect("was it the rng of the caller?", rngs).equals([True] * 6)
    for k, W in enumerate(first["W"], 1):
        want = np.arange(W.size).reshape(W.shape) + 100.0 * k
        expect(f"W of Linear {k}", W).has_dtype(np.float64).close_to(want)
    for k, b in enumerate(first["b"], 1):
        expect(f"b of Linear {k}", b).close_to(np.zeros(widths[k]))


@points(1, of="deep_mlp")
def test_mlp_starts_at_the_right_scale(student, rng):
    """deep_mlp knows 'xavier', 'he', 'zeros' and a standard deviation"""
    widths = [300, 100, 200]
    for init, stds in (
        ("xavier", [math.sqrt(2 / 400), math.sqrt(2 / 300)]),
        ("he", [math.sqrt(2 / 300), math.sqrt(2 / 100)]),
        ("zeros", [0.0, 0.0]),
        (0.05, [0.05, 0.05]),
    ):
        first, second, _, _ = starts(student, widths, "relu", init, int(rng.integers(2**31)))
        for k, std in enumerate(stds):
            # 20 000 numbers and more: the standard deviation is known to 0.5 %
            W = expect(f"W of Linear {k + 1} with init {init!r}", first["W"][k]).array(
                tuple(widths[k : k + 2])
            )
            expect(f"the standard deviation of W with init {init!r}", float(W.std())).between(
                0.96 * std, 1.04 * std
            )
            if std:
                words = "a second network of the same rng has the same weights. Do not seed anew."
                expect(MLP, W).satisfies(bool(np.all(second["W"][k] != W)), words)


@points(0.5, of="deep_mlp", needs="test_mlp_forward")
def test_mlp_draws_only_from_its_rng(student, rng):
    """deep_mlp draws from the rng it is given and from nothing else"""

    def weights(generator):
        seen = observe(student.deep_mlp, [3, 4, 2], "tanh", "he", generator)
        pairs = expect("model.parameters()", seen.value.parameters()).sequence(4)
        return dataclasses.replace(seen, value=[fetch(layer.params)[name] for layer, name in pairs])

    battery.draws_only_from_its_rng(MLP, weights, student, seed=int(rng.integers(2**31)))


@in_worker
def first_and_last(student, widths, act, init, X, y, seed):
    """The gradients of the first and the last W of a fresh deep_mlp, for the binary cross-entropy."""
    model = student.deep_mlp(widths, act, init, np.random.default_rng(seed))
    scores = model.forward(X)
    model.backward((np.exp(-np.logaddexp(0.0, -scores)) - y) / len(X))
    grads = [layer.grads["W"] for layer, name in model.parameters() if name == "W"]
    return grads[0], grads[-1]


@points(1, of="deep_mlp", needs="test_mlp_forward")
def test_mlp_vanishes_with_sigmoid_only(student, rng):
    """ten layers of deep_mlp lose the gradient with sigmoid and keep it with tanh and relu"""
    # the measured ranges stand in test_norms_show_vanishing
    for act, init, low, high in (
        ("sigmoid", "xavier", 3, 9),
        ("tanh", "xavier", -2, 2),
        ("relu", "he", -2, 2),
    ):
        decades = []
        for _ in range(3):
            X, y = two_moons(rng)
            seed = int(rng.integers(2**31))
            first, last = first_and_last(student, [2, *[32] * 10, 1], act, init, X, y, seed)
            first = np.linalg.norm(expect("the gradient of the first W", first).array((2, 32)))
            last = np.linalg.norm(expect("the gradient of the last W", last).array((32, 1)))
            decades.append(math.log10(max(last, 1e-300) / max(first, 1e-300)))
        name = f"log10 of the last gradient norm over the first ({act}, {init})"
        expect(name, sorted(decades)[1]).between(low, high)
