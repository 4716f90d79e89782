"""Wrong programs that students write in chapter 06, and what to say to them."""

import copy

import numpy as np

from grader import mistake
from ch03_activations.activations import leaky_relu, relu, relu_backward, sigmoid, sigmoid_backward, tanh
from ch03_activations.activations import tanh_backward
from ch06_layers import layers as reference
from ch06_layers.layers import (
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
    as_float,
    linear_backward,
    linear_forward,
)

# zero_grad, train and eval return nothing, so a program that "does it and returns zeros" is the right one.
EARNS_WITHOUT_KNOWING = {"Layer": "zero_grad, train and eval have an effect and no result"}

# linear_forward ------------------------------------------------------------------------------------------------


@mistake("M129", of="linear_forward", caught_by="test_forward_matches_the_formula")
def forward_with_weights_out_in(X, W, b):
    """In this kit W is (D_in, D_out) and X W needs no transpose; (D_out, D_in) is the way PyTorch stores it."""
    X, W, b = as_float(X), as_float(W), as_float(b)
    return X @ W.T + b


@mistake("M130", of="linear_forward", caught_by="test_forward_keeps_both_axes")
def forward_that_drops_axes(X, W, b):
    """One example is still a batch: the result has two axes, (1, D_out), also for a single row or column."""
    return np.squeeze(linear_forward(X, W, b))


@mistake("CH06-no-bias", of="linear_forward", caught_by="test_forward_matches_the_formula")
def forward_without_bias(X, W, b):
    """The bias is missing: every score in column j gets b[j] added."""
    return as_float(X) @ as_float(W)


@mistake("CH06-broadcast", of="linear_forward", caught_by="test_forward_refuses_shapes_that_do_not_fit")
def forward_that_broadcasts(X, W, b):
    """numpy adds almost any b to the scores without complaint; compare the shapes before you add."""
    return as_float(X) @ as_float(W) + as_float(b)


@mistake("CH06-float64-only", of="linear_forward", caught_by="test_forward_takes_any_kind_of_array")
def forward_in_float64(X, W, b):
    """float32 arrays become float64 here; np.zeros makes float64 unless it is told the dtype."""
    Z = np.zeros((len(X), np.shape(W)[-1]))
    Z += linear_forward(X, W, b)
    return Z


# linear_backward -----------------------------------------------------------------------------------------------


def checked(dout, X, W):
    """The three as float arrays, refused where the reference refuses them."""
    linear_backward(dout, X, W)
    return as_float(dout), as_float(X), as_float(W)


@mistake(
    "M109",
    of="linear_backward",
    caught_by=("test_backward_weight_gradient", "test_backward_with_as_many_inputs_as_outputs"),
)
def backward_with_dw_transposed(dout, X, W):
    """dW is transposed. It must look like W, (D_in, D_out); with square matrices no error message tells you."""
    dout, X, W = checked(dout, X, W)
    return dout @ W.T, dout.T @ X, dout.sum(axis=0)


@mistake(
    "M110",
    of="linear_backward",
    caught_by=("test_backward_input_gradient", "test_backward_with_as_many_inputs_as_outputs"),
)
def backward_through_w_as_it_is(dout, X, W):
    """dX goes back through W transposed: feature i collects W[i, j] from every output j."""
    dout, X, W = checked(dout, X, W)
    return dout @ W, X.T @ dout, dout.sum(axis=0)


@mistake("M111", of="linear_backward", caught_by="test_backward_bias_gradient")
def backward_with_mean_bias(dout, X, W):
    """db is a sum over the batch. The mean over the examples is taken in the loss, so dout holds 1/N already."""
    dout, X, W = checked(dout, X, W)
    return dout @ W.T, X.T @ dout, dout.mean(axis=0)


@mistake("M112", of="linear_backward", caught_by="test_backward_bias_gradient")
def backward_with_one_bias(dout, X, W):
    """Each output has a bias of its own: sum over the rows only, not over everything."""
    dout, X, W = checked(dout, X, W)
    return dout @ W.T, X.T @ dout, np.full(W.shape[1], dout.sum())


@mistake("CH06-bias-axis", of="linear_backward", caught_by=("test_backward_bias_gradient",))
def backward_with_bias_over_outputs(dout, X, W):
    """db was summed over the outputs; the batch is axis 0, and b[j] acts on column j."""
    dout, X, W = checked(dout, X, W)
    return dout @ W.T, X.T @ dout, dout.sum(axis=1)


@mistake("CH06-bias-two-axes", of="linear_backward", caught_by="test_backward_bias_gradient")
def backward_with_two_axes_for_bias(dout, X, W):
    """db has the shape of b, one axis; (1, D_out) would grow every later array by an axis."""
    dout, X, W = checked(dout, X, W)
    return dout @ W.T, X.T @ dout, dout.sum(axis=0, keepdims=True)


@mistake(
    "M114", of="linear_backward", caught_by=("test_backward_weight_gradient", "test_backward_bias_gradient")
)
def backward_divided_by_the_batch(dout, X, W):
    """dW and db are divided by N here, and the loss has done that already. Some courses divide in the layer."""
    dout, X, W = checked(dout, X, W)
    return dout @ W.T, X.T @ dout / len(X), dout.mean(axis=0)


@mistake("CH06-backward-order", of="linear_backward", caught_by="test_backward_input_gradient")
def backward_in_another_order(dout, X, W):
    """All three are there, in another order: dX comes first, then dW, then db."""
    dout, X, W = checked(dout, X, W)
    return X.T @ dout, dout.sum(axis=0), dout @ W.T


@mistake("CH06-backward-drops-axes", of="linear_backward", caught_by="test_backward_keeps_the_axes")
def backward_that_drops_axes(dout, X, W):
    """Each gradient has exactly the shape of its array, also where a size is 1; squeeze takes axes away."""
    dout, X, W = checked(dout, X, W)
    return np.squeeze(dout @ W.T), np.squeeze(X.T @ dout), dout.sum(axis=0)


@mistake(
    "CH06-backward-unchecked", of="linear_backward", caught_by="test_backward_refuses_shapes_that_do_not_fit"
)
def backward_unchecked(dout, X, W):
    """Some shapes that do not fit slip through the matrix products; compare them before you multiply."""
    dout, X, W = as_float(dout), as_float(X), as_float(W)
    return dout @ W.T, X.T @ dout, dout.sum(axis=0)


# Layer ---------------------------------------------------------------------------------------------------------


@mistake("M127", of="Layer", caught_by="test_parameters_of_layers_within_layers")
class LayerWithOwnParametersOnly(Layer):
    """parameters() stops at this layer: what lies in its sub-layers will never be trained."""

    def parameters(self):
        return [(self, name) for name in self.params]


@mistake("M127b", of="Layer", caught_by="test_parameters_of_layers_within_layers")
class LayerThatLooksOneLevelDown(Layer):
    """One level is visited; a network inside a network inside a network needs the question passed on."""

    def parameters(self):
        return [(layer, name) for layer in (self, *self.sublayers()) for name in layer.params]


@mistake("CH06-parameters-last-first", of="Layer", caught_by="test_parameters_of_layers_within_layers")
class LayerWithOwnParametersLast(Layer):
    """A layer's own parameters come first, then those of the layers inside."""

    def parameters(self):
        for layer in self.sublayers():
            yield from layer.parameters()
        for name in self.params:
            yield self, name


@mistake("M116", of="Layer", caught_by="test_zero_grad_works_in_place")
class LayerWithNewGradDict(Layer):
    """grads became another dict; whoever kept the old one goes on with old gradients. Clear what is there."""

    def zero_grad(self):
        self.grads = {name: np.zeros_like(grad) for name, grad in self.grads.items()}
        for layer in self.sublayers():
            layer.zero_grad()


@mistake("M116b", of="Layer", caught_by="test_zero_grad_works_in_place")
class LayerWithNewGradArrays(Layer):
    """New arrays of zeros were put into grads; whoever kept the old arrays goes on with old gradients."""

    def zero_grad(self):
        for name in self.grads:
            self.grads[name] = np.zeros_like(self.grads[name])
        for layer in self.sublayers():
            layer.zero_grad()


@mistake("CH06-grads-emptied", of="Layer", caught_by="test_zero_grad_of_one_layer")
class LayerThatEmptiesGrads(Layer):
    """After zero_grad the keys are still there and the arrays are zero; here they are gone."""

    def zero_grad(self):
        self.grads.clear()
        for layer in self.sublayers():
            layer.zero_grad()


@mistake("CH06-grads-times-zero", of="Layer", caught_by="test_zero_grad_of_one_layer")
class LayerThatMultipliesByZero(Layer):
    """inf times 0 is nan: after one overflow the gradients never become numbers again. Assign the zero."""

    def zero_grad(self):
        with np.errstate(invalid="ignore"):
            for grad in self.grads.values():
                grad *= 0.0
        for layer in self.sublayers():
            layer.zero_grad()


@mistake("CH06-zero-grad-here-only", of="Layer", caught_by="test_zero_grad_reaches_layers_within_layers")
class LayerThatClearsItselfOnly(Layer):
    """zero_grad stops at this layer; the gradients of the layers inside go on growing."""

    def zero_grad(self):
        for grad in self.grads.values():
            grad[...] = 0.0


@mistake("CH06-eval-here-only", of="Layer", caught_by="test_train_and_eval_reach_layers_within_layers")
class LayerThatSwitchesItselfOnly(Layer):
    """The flag changes here only; a dropout layer inside the network would never hear of it."""

    def train(self):
        self.training = True

    def eval(self):
        self.training = False


@mistake("CH06-eval-one-level", of="Layer", caught_by="test_train_and_eval_reach_layers_within_layers")
class LayerThatSwitchesOneLevel(Layer):
    """The flag of direct sub-layers is set by hand; ask them to switch, then they pass it on."""

    def train(self):
        for layer in (self, *self.sublayers()):
            layer.training = True

    def eval(self):
        for layer in (self, *self.sublayers()):
            layer.training = False


@mistake("CH06-training-on-class", of="Layer", caught_by="test_train_and_eval_of_one_layer")
class LayerWithSharedFlag(Layer):
    """training was set on the class, so that one layer switches all others."""

    def __init__(self):
        super().__init__()
        del self.training

    training = True

    def train(self):
        LayerWithSharedFlag.training = True

    def eval(self):
        LayerWithSharedFlag.training = False


# Linear --------------------------------------------------------------------------------------------------------


@mistake("M115", of="Linear", caught_by="test_linear_layer_adds_gradients_up")
class LinearThatOverwrites(Linear):
    """Each backward overwrites the gradients; here they add up until zero_grad, so that several paths can count."""

    def backward(self, dout):
        dout = np.asarray(dout, dtype=self.params["W"].dtype)
        dx, dW, db = linear_backward(dout, self.x, self.params["W"])
        self.grads["W"] = dW
        if "b" in self.grads:
            self.grads["b"] = db
        return dx


@mistake("M117", of="Linear", caught_by="test_linear_layers_share_nothing")
class LinearWithSharedInput(Linear):
    """The input is kept on the class, where the next layer overwrites it. Keep it on self."""

    def forward(self, x):
        out = super().forward(x)
        LinearWithSharedInput.kept = self.x
        return out

    def backward(self, dout):
        self.x = LinearWithSharedInput.kept
        return super().backward(dout)


SHARED_PARAMS, SHARED_GRADS = {}, {}


@mistake("CH06-params-on-class", of="Linear", caught_by="test_linear_layers_share_nothing")
class LinearWithSharedDicts(Linear):
    """params and grads are made once, in the class, and every layer writes into the same dicts."""

    def __init__(self, d_in, d_out, rng, init="xavier", bias=True, dtype=np.float64):
        super().__init__(d_in, d_out, rng, init, bias, dtype)
        for shared, own in ((SHARED_PARAMS, self.params), (SHARED_GRADS, self.grads)):
            shared.clear()
            shared.update(own)
        self.params, self.grads = SHARED_PARAMS, SHARED_GRADS


ONE_RNG = np.random.default_rng(0)


@mistake("M124", of="Linear", caught_by="test_linear_layer_draws_only_from_its_rng")
class LinearWithItsOwnRng(Linear):
    """The weights come from a generator of the class's own. Draw from the rng that is passed in."""

    def __init__(self, d_in, d_out, rng, init="xavier", bias=True, dtype=np.float64):
        super().__init__(d_in, d_out, ONE_RNG, init, bias, dtype)


@mistake("M125", of="Linear", caught_by="test_linear_layer_draws_only_from_its_rng")
class LinearThatSeedsAnew(Linear):
    """Every layer seeds anew, so equal shapes get equal weights. Pass one rng on from layer to layer."""

    def __init__(self, d_in, d_out, rng, init="xavier", bias=True, dtype=np.float64):
        super().__init__(d_in, d_out, np.random.default_rng(0), init, bias, dtype)


@mistake("M129b", of="Linear", caught_by="test_linear_layer_starts_with_its_parameters")
class LinearWithWeightsOutIn(Linear):
    """W is stored as (d_out, d_in) here, PyTorch's way; in this kit it is (d_in, d_out)."""

    def __init__(self, d_in, d_out, rng, init="xavier", bias=True, dtype=np.float64):
        super().__init__(d_out, d_in, rng, init, bias, dtype)
        if bias:
            self.params["b"], self.grads["b"] = np.zeros(d_out, dtype=dtype), np.zeros(d_out, dtype=dtype)

    def forward(self, x):
        self.x = np.asarray(x, dtype=self.params["W"].dtype)
        return reference.linear_forward(self.x, self.params["W"].T, self.params["b"])


@mistake("CH06-kept-weights", of="Linear", caught_by="test_linear_layer_reads_its_params_each_time")
class LinearWithKeptWeights(Linear):
    """forward uses weights that were put aside earlier; look them up in params at each call."""

    def forward(self, x):
        if not hasattr(self, "kept"):
            self.kept = dict(self.params)
        now, self.params = self.params, self.kept
        out = super().forward(x)
        self.params = now
        return out


@mistake("CH06-first-forward", of="Linear", caught_by="test_linear_layer_remembers_the_last_forward")
class LinearWithFirstInput(Linear):
    """The layer goes back through its first input; each forward replaces what backward will use."""

    def forward(self, x):
        first = getattr(self, "x", None)
        out = super().forward(x)
        if first is not None and first.shape == self.x.shape:
            self.x = first
        return out

    def backward(self, dout):
        return super().backward(dout)


@mistake("CH06-random-bias", of="Linear", caught_by="test_linear_layer_starts_with_its_parameters")
class LinearWithRandomBias(Linear):
    """b starts at zero; only W has to be random to break the symmetry."""

    def __init__(self, d_in, d_out, rng, init="xavier", bias=True, dtype=np.float64):
        super().__init__(d_in, d_out, rng, init, bias, dtype)
        if bias:
            self.params["b"] = rng.normal(size=d_out).astype(dtype)


@mistake("CH06-uniform", of="Linear", caught_by=("test_linear_layer_xavier", "test_linear_layer_he"))
class LinearWithUniformWeights(Linear):
    """The spread is right and the distribution is uniform; the stub asks for a normal one."""

    def __init__(self, d_in, d_out, rng, init="xavier", bias=True, dtype=np.float64):
        super().__init__(d_in, d_out, rng, init, bias, dtype)
        if isinstance(init, str) and init != "zeros":
            a = np.sqrt(6 / (d_in + d_out if init == "xavier" else d_in))
            self.params["W"] = rng.uniform(-a, a, size=(d_in, d_out)).astype(dtype)


def with_std(xavier, he):
    """__init__ with other standard deviations; the callables get d_in and d_out."""

    def __init__(self, d_in, d_out, rng, init="xavier", bias=True, dtype=np.float64):
        std = {"xavier": xavier, "he": he}.get(init if isinstance(init, str) else None)
        Linear.__init__(self, d_in, d_out, rng, init if std is None else float(std(d_in, d_out)), bias, dtype)

    return __init__


@mistake("CH06-variance-as-std", of="Linear", caught_by=("test_linear_layer_xavier", "test_linear_layer_he"))
class LinearWithVarianceAsStd(Linear):
    """2 / (d_in + d_out) is the variance; rng.normal wants its square root, the standard deviation."""

    __init__ = with_std(lambda i, o: 2 / (i + o), lambda i, o: 2 / i)


@mistake("CH06-he-fan-out", of="Linear", caught_by="test_linear_layer_he")
class LinearWithHeOfOutputs(Linear):
    """He counts the inputs of a unit, d_in; here d_out is used."""

    __init__ = with_std(lambda i, o: np.sqrt(2 / (i + o)), lambda i, o: np.sqrt(2 / o))


@mistake("CH06-xavier-one", of="Linear", caught_by="test_linear_layer_xavier")
class LinearWithXavierOfInputs(Linear):
    """This is the older rule 1 / d_in; Xavier's compromise counts inputs and outputs, 2 / (d_in + d_out)."""

    __init__ = with_std(lambda i, o: np.sqrt(1 / i), lambda i, o: np.sqrt(2 / i))


@mistake("CH06-float-ignored", of="Linear", caught_by="test_linear_layer_given_std")
class LinearThatIgnoresAFloat(Linear):
    """A float as init is a standard deviation; here it is taken as a factor of the Xavier weights."""

    def __init__(self, d_in, d_out, rng, init="xavier", bias=True, dtype=np.float64):
        super().__init__(d_in, d_out, rng, "xavier" if isinstance(init, float) else init, bias, dtype)
        if isinstance(init, float):
            self.params["W"] *= init


@mistake("CH06-init-shared", of="Linear", caught_by="test_linear_layer_callable_init")
class LinearThatKeepsTheArrayOfInit(Linear):
    """The array that init returned is kept itself: two layers may now hold the same weights. Copy it."""

    def __init__(self, d_in, d_out, rng, init="xavier", bias=True, dtype=np.float64):
        super().__init__(d_in, d_out, rng, init, bias, dtype)
        if callable(init):
            self.params["W"] = np.asarray(init((d_in, d_out), rng), dtype=dtype)


@mistake("CH06-unknown-init", of="Linear", caught_by="test_linear_layer_refuses_an_unknown_init")
class LinearThatTakesAnyName(Linear):
    """A misspelt init silently becomes 'xavier'; raise ValueError for a name you do not know."""

    def __init__(self, d_in, d_out, rng, init="xavier", bias=True, dtype=np.float64):
        known = not isinstance(init, str) or init in ("xavier", "he", "zeros")
        super().__init__(d_in, d_out, rng, init if known else "xavier", bias, dtype)


@mistake("CH06-bias-always", of="Linear", caught_by="test_linear_layer_without_bias")
class LinearThatKeepsItsBias(Linear):
    """With bias=False there is no 'b' at all; a b of zeros would be trained and would not stay zero."""

    def __init__(self, d_in, d_out, rng, init="xavier", bias=True, dtype=np.float64):
        super().__init__(d_in, d_out, rng, init, True, dtype)


@mistake("CH06-dtype-ignored", of="Linear", caught_by="test_linear_layer_in_float32")
class LinearInFloat64(Linear):
    """dtype is ignored: the parameters are float64 whatever was asked for."""

    def __init__(self, d_in, d_out, rng, init="xavier", bias=True, dtype=np.float64):
        super().__init__(d_in, d_out, rng, init, bias)


@mistake("CH06-half-a-dtype", of="Linear", caught_by="test_linear_layer_in_float32")
class LinearWithFloat64Bias(Linear):
    """W is float32 and b is float64, and the sum of the two is float64 again. Both need the dtype."""

    def __init__(self, d_in, d_out, rng, init="xavier", bias=True, dtype=np.float64):
        super().__init__(d_in, d_out, rng, init, bias, dtype)
        if bias:
            self.params["b"], self.grads["b"] = np.zeros(d_out), np.zeros(d_out)


@mistake("CH06-step-in-backward", of="Linear", caught_by="test_linear_layer_passes_change_no_params")
class LinearThatLearnsInBackward(Linear):
    """backward only computes gradients. The step comes later, when every layer has its gradients."""

    def backward(self, dout):
        dx = super().backward(dout)
        for name in self.params:
            self.params[name] = self.params[name] - 0.1 * self.grads[name]
        return dx


@mistake("CH06-linear-three-axes", of="Linear", caught_by="test_linear_layer_refuses_shapes_that_do_not_fit")
class LinearThatFlattens(Linear):
    """Linear takes (N, d_in) and nothing else; an image goes through Flatten first, where you can see it."""

    def forward(self, x):
        return super().forward(np.reshape(x, (-1, self.params["W"].shape[0])))


# Sigmoid, Tanh, ReLU, LeakyReLU, Flatten -----------------------------------------------------------------------


@mistake("M117b", of="Sigmoid", caught_by="test_sigmoid_layer_memory")
class SigmoidWithSharedOutput(Sigmoid):
    """The output is kept on the class, so the last Sigmoid that ran decides for all. Keep it on self."""

    def forward(self, x):
        SigmoidWithSharedOutput.kept = sigmoid(x)
        return self.kept

    def backward(self, dout):
        return sigmoid_backward(dout, SigmoidWithSharedOutput.kept)


STORE = {}


@mistake("M119", of="Sigmoid", caught_by="test_sigmoid_layer_memory")
class SigmoidWithOneStore(Sigmoid):
    """One store serves all layers, sorted by shape: a layer of the same width gets the values of another one."""

    def forward(self, x):
        out = sigmoid(x)
        STORE[out.shape] = out
        return out

    def backward(self, dout):
        return sigmoid_backward(dout, STORE.get(np.shape(dout), np.zeros(1)))


@mistake("CH06-sigmoid-of-input", of="Sigmoid", caught_by="test_sigmoid_layer_passes")
class SigmoidThatKeepsItsInput(Sigmoid):
    """sigmoid_backward wants the OUTPUT a, since the derivative is a (1 - a); here it gets the input."""

    def forward(self, x):
        self.x = as_float(x)
        return sigmoid(x)

    def backward(self, dout):
        return sigmoid_backward(dout, self.x)


@mistake("CH06-sigmoid-forgotten", of="Sigmoid", caught_by="test_sigmoid_layer_passes")
class SigmoidThatPassesOn(Sigmoid):
    """backward hands dout on as it is; the derivative of the activation is missing."""

    def backward(self, dout):
        return np.array(as_float(dout))


@mistake("CH06-tanh-of-input", of="Tanh", caught_by="test_tanh_layer_passes")
class TanhThatKeepsItsInput(Tanh):
    """tanh_backward wants the OUTPUT a, since the derivative is 1 - a^2; here it gets the input."""

    def forward(self, x):
        self.x = as_float(x)
        return tanh(x)

    def backward(self, dout):
        return tanh_backward(dout, self.x)


@mistake("CH06-tanh-twice", of="Tanh", caught_by="test_tanh_layer_passes")
class TanhThatAppliesItAgain(Tanh):
    """What was kept is the output already; tanh is applied to it a second time."""

    def backward(self, dout):
        return tanh_backward(dout, tanh(self.out))


@mistake("M117c", of="Tanh", caught_by="test_tanh_layer_memory")
class TanhWithSharedOutput(Tanh):
    """The output is kept on the class, so the last Tanh that ran decides for all. Keep it on self."""

    def forward(self, x):
        TanhWithSharedOutput.kept = tanh(x)
        return self.kept

    def backward(self, dout):
        return tanh_backward(dout, TanhWithSharedOutput.kept)


@mistake("CH06-relu-dout-in-place", of="ReLU", caught_by="test_relu_layer_manners")
class ReLUThatWritesIntoDout(ReLU):
    """The zeros are written into the caller's dout; another branch may still need it. Work on a new array."""

    def backward(self, dout):
        if np.shape(dout) != np.shape(self.x):
            raise ValueError("dout has another shape")
        dout[np.asarray(self.x) <= 0] = 0
        return dout


@mistake("CH06-relu-x-in-place", of="ReLU", caught_by="test_relu_layer_manners")
class ReLUThatWritesIntoX(ReLU):
    """The zeros are written into the caller's x: what went in is not there any more afterwards."""

    def forward(self, x):
        self.x = x = as_float(x)
        x[x < 0] = 0
        return x


@mistake("CH06-relu-mask-of-dout", of="ReLU", caught_by="test_relu_layer_passes")
class ReLUWithMaskOfDout(ReLU):
    """Whether a gradient passes depends on the sign of x, not on the sign of the gradient."""

    def backward(self, dout):
        return relu(dout)


@mistake("CH06-relu-at-zero", of="ReLU", caught_by="test_relu_layer_at_zero")
class ReLUThatPassesAtZero(ReLU):
    """At x = 0 this course takes the derivative 0, as PyTorch does; >= lets the gradient through."""

    def backward(self, dout):
        relu_backward(dout, self.x)
        return np.where(as_float(self.x) >= 0, as_float(dout), 0).astype(as_float(dout).dtype)


@mistake("M117d", of="ReLU", caught_by="test_relu_layer_memory")
class ReLUWithSharedInput(ReLU):
    """The input is kept on the class, so the last ReLU that ran decides for all. Keep it on self."""

    def forward(self, x):
        ReLUWithSharedInput.kept = x
        return relu(x)

    def backward(self, dout):
        return relu_backward(dout, ReLUWithSharedInput.kept)


@mistake("CH06-leaky-default", of="LeakyReLU", caught_by="test_leaky_relu_layer_slopes")
class LeakyReLUWithDefaultSlope(LeakyReLU):
    """backward forgets the slope of this layer and uses the default of leaky_relu_backward."""

    def backward(self, dout):
        return reference.leaky_relu_backward(dout, self.x)


@mistake("CH06-leaky-maximum", of="LeakyReLU", caught_by="test_leaky_relu_layer_slopes")
class LeakyReLUByMaximum(LeakyReLU):
    """max(x, slope * x) is the leaky ReLU only for slopes between 0 and 1."""

    def forward(self, x):
        self.x = x = as_float(x)
        return np.maximum(x, self.slope * x)


@mistake("CH06-leaky-slope-on-class", of="LeakyReLU", caught_by="test_leaky_relu_layer_memory")
class LeakyReLUWithOneSlope(LeakyReLU):
    """The slope is kept on the class: making a second layer changes the first one."""

    def __init__(self, slope=0.01):
        Layer.__init__(self)
        LeakyReLUWithOneSlope.slope = slope

    def forward(self, x):
        self.x = x
        return leaky_relu(x, LeakyReLUWithOneSlope.slope)


@mistake("M126", of="Flatten", caught_by=("test_flatten_forward", "test_flatten_backward"))
class FlattenByTransposing(Flatten):
    """The shape is right and the numbers are mixed up between the examples: reshape keeps the order in memory."""

    def forward(self, x):
        x = np.asarray(x)
        self.shape_in, self.shape_out = x.shape, (len(x), x[0].size)
        return x.reshape(-1, len(x)).T


@mistake("M126b", of="Flatten", caught_by=("test_flatten_forward", "test_flatten_backward"))
class FlattenColumnFirst(Flatten):
    """order='F' lets the first axis run fastest; here the last one does, in forward and in backward."""

    def forward(self, x):
        x = np.asarray(x)
        self.shape_in, self.shape_out = x.shape, (len(x), x[0].size)
        return x.reshape((len(x), -1), order="F")

    def backward(self, dout):
        super().backward(dout)
        return np.asarray(dout).reshape(self.shape_in, order="F")


@mistake("CH06-flatten-everything", of="Flatten", caught_by="test_flatten_forward")
class FlattenEverything(Flatten):
    """The whole batch became one row; the examples have to stay apart, one row each."""

    def forward(self, x):
        x = np.asarray(x)
        self.shape_in, self.shape_out = x.shape, (x.size,)
        return x.reshape(-1)


@mistake("CH06-flatten-stays-flat", of="Flatten", caught_by="test_flatten_backward")
class FlattenWithoutWayBack(Flatten):
    """backward hands the flat gradient on; the layer below expects the shape of its own output."""

    def backward(self, dout):
        super().backward(dout)
        return np.array(dout)


@mistake("CH06-flatten-any-size", of="Flatten", caught_by="test_flatten_manners")
class FlattenThatTakesAnyShape(Flatten):
    """reshape takes anything of the right size, also a dout whose axes were exchanged; compare the shape first."""

    def backward(self, dout):
        return np.reshape(dout, self.shape_in)


@mistake("M117e", of="Flatten", caught_by="test_flatten_memory")
class FlattenWithSharedShape(Flatten):
    """The shape is kept on the class, so another Flatten decides how this one goes back. Keep it on self."""

    def forward(self, x):
        out = super().forward(x)
        FlattenWithSharedShape.kept = self.shape_in
        return out

    def backward(self, dout):
        super().backward(dout)
        return np.reshape(dout, FlattenWithSharedShape.kept)


# Sequential ----------------------------------------------------------------------------------------------------


@mistake(
    "CH06-backward-forwards",
    of="Sequential",
    caught_by=("test_sequential_backward_in_reverse", "test_sequential_gradients_of_a_network"),
)
class SequentialNotReversed(Sequential):
    """backward runs in the order of forward; the gradient comes from the end, so the last layer is the first."""

    def backward(self, dout):
        for layer in self.layers:
            dout = layer.backward(dout)
        return dout


@mistake(
    "CH06-same-dout",
    of="Sequential",
    caught_by=("test_sequential_backward_in_reverse", "test_sequential_gradients_of_a_network"),
)
class SequentialWithTheSameDout(Sequential):
    """Every layer gets the gradient from above the network; each one needs what the layer after it returned."""

    def backward(self, dout):
        dx = dout
        for layer in reversed(self.layers):
            dx = layer.backward(dout)
        return dx


@mistake("CH06-reverse-in-place", of="Sequential", caught_by="test_sequential_runs_as_often_as_asked")
class SequentialThatTurnsAround(Sequential):
    """reverse() turns the list of the network itself around: the next forward runs backwards."""

    def backward(self, dout):
        self.layers.reverse()
        for layer in self.layers:
            dout = layer.backward(dout)
        return dout


@mistake("CH06-no-input-gradient", of="Sequential", caught_by="test_sequential_backward_in_reverse")
class SequentialWithoutInputGradient(Sequential):
    """backward of a network returns the gradient of its input too; a network can be a layer of another one."""

    def backward(self, dout):
        super().backward(dout)


@mistake("M127c", of="Sequential", caught_by="test_sequential_parameters")
class SequentialThatListsItsOwnLayers(Sequential):
    """A network inside this network has empty params; ask each layer for its parameters()."""

    def parameters(self):
        for layer in self.layers:
            for name in layer.params:
                yield layer, name


@mistake(
    "CH06-no-sublayers",
    of="Sequential",
    caught_by=("test_sequential_parameters", "test_sequential_zero_grad", "test_sequential_train_and_eval"),
)
class SequentialWithoutSublayers(Sequential):
    """sublayers() gives nothing, so parameters, zero_grad, train and eval never get inside the network."""

    def sublayers(self):
        return []


@mistake("CH06-copied-layers", of="Sequential", caught_by="test_sequential_holds_the_layers_themselves")
class SequentialOfCopies(Sequential):
    """The network holds copies; a change of the layer that was passed in is not seen."""

    def __init__(self, *layers):
        super().__init__()
        self.layers = [copy.deepcopy(layer) for layer in layers]


EVERY_LAYER = []


@mistake("CH06-one-list-of-layers", of="Sequential", caught_by="test_sequential_runs_as_often_as_asked")
class SequentialWithOneList(Sequential):
    """The list of layers belongs to the class: the layers of a second network are put into the first one."""

    def __init__(self, *layers):
        super().__init__()
        EVERY_LAYER.extend(layers)
        self.layers = EVERY_LAYER


# two_layer_grads -----------------------------------------------------------------------------------------------


def start(X, y, W1, b1, W2, b2):
    """A1 and dS of the reference, to go wrong from there."""
    A1 = sigmoid(X @ W1 + b1)
    S = A1 @ W2 + b2
    e = np.exp(S - S.max(axis=1, keepdims=True))
    dS = e / e.sum(axis=1, keepdims=True)
    dS[np.arange(len(y)), y] -= 1
    return A1, dS / len(y)


def as_dict(X, A1, dZ1, dS):
    """The gradients, once dZ1 and dS are known."""
    return {"W1": X.T @ dZ1, "b1": dZ1.sum(axis=0), "W2": A1.T @ dS, "b2": dS.sum(axis=0)}


@mistake("M120", of="two_layer_grads", caught_by="test_two_layers_hidden_gradients")
def two_layers_with_the_output_error(X, y, W1, b1, W2, b2):
    """The hidden units get the summed output error itself; it has to travel back through W2, unit by unit."""
    X, W1, b1, W2, b2 = map(as_float, (X, W1, b1, W2, b2))
    A1, dS = start(X, y, W1, b1, W2, b2)
    return as_dict(X, A1, dS.sum(axis=1, keepdims=True) * A1 * (1 - A1), dS)


@mistake("M121", of="two_layer_grads", caught_by="test_two_layers_hidden_gradients")
def two_layers_with_the_new_w2(X, y, W1, b1, W2, b2):
    """W2 took its step before the error went back through it. First all gradients, then the update."""
    X, W1, b1, W2, b2 = map(as_float, (X, W1, b1, W2, b2))
    A1, dS = start(X, y, W1, b1, W2, b2)
    W2 = W2 - 0.1 * A1.T @ dS
    return as_dict(X, A1, (dS @ W2.T) * A1 * (1 - A1), dS)


@mistake("M122", of="two_layer_grads", caught_by="test_two_layers_hidden_gradients")
def two_layers_without_the_derivative(X, y, W1, b1, W2, b2):
    """The derivative of the hidden sigmoid is missing between the two layers."""
    X, W1, b1, W2, b2 = map(as_float, (X, W1, b1, W2, b2))
    A1, dS = start(X, y, W1, b1, W2, b2)
    return as_dict(X, A1, dS @ W2.T, dS)


@mistake("CH06-derivative-of-scores", of="two_layer_grads", caught_by="test_two_layers_hidden_gradients")
def two_layers_with_z_for_a(X, y, W1, b1, W2, b2):
    """The derivative a (1 - a) was formed with Z1, the input of the sigmoid; a is its output."""
    X, W1, b1, W2, b2 = map(as_float, (X, W1, b1, W2, b2))
    A1, dS = start(X, y, W1, b1, W2, b2)
    Z1 = X @ W1 + b1
    return as_dict(X, A1, (dS @ W2.T) * Z1 * (1 - Z1), dS)


@mistake(
    "CH06-sum-not-mean",
    of="two_layer_grads",
    caught_by=("test_two_layers_output_gradients", "test_two_layers_hidden_gradients"),
)
def two_layers_without_the_mean(X, y, W1, b1, W2, b2):
    """The loss is a mean over the batch, so its gradient holds 1/N; this is the gradient of the sum."""
    X, W1, b1, W2, b2 = map(as_float, (X, W1, b1, W2, b2))
    A1, dS = start(X, y, W1, b1, W2, b2)
    dS = dS * len(X)
    return as_dict(X, A1, (dS @ W2.T) * A1 * (1 - A1), dS)


@mistake(
    "CH06-mean-twice",
    of="two_layer_grads",
    caught_by=("test_two_layers_output_gradients", "test_two_layers_hidden_gradients"),
)
def two_layers_with_the_mean_again(X, y, W1, b1, W2, b2):
    """Divided by N twice: once in dL/dS and once more in each layer."""
    X, W1, b1, W2, b2 = map(as_float, (X, W1, b1, W2, b2))
    A1, dS = start(X, y, W1, b1, W2, b2)
    grads = as_dict(X, A1, (dS @ W2.T) * A1 * (1 - A1), dS)
    return {name: grad / len(X) for name, grad in grads.items()}


@mistake(
    "CH06-softmax-derivative-again",
    of="two_layer_grads",
    caught_by=("test_two_layers_output_gradients", "test_two_layers_hidden_gradients"),
)
def two_layers_with_an_output_derivative(X, y, W1, b1, W2, b2):
    """(p - onehot) is the derivative with respect to the scores already; p (1 - p) comes on top by mistake."""
    X, W1, b1, W2, b2 = map(as_float, (X, W1, b1, W2, b2))
    A1, dS = start(X, y, W1, b1, W2, b2)
    p = dS * len(X)
    p[np.arange(len(y)), y] += 1
    dS = dS * p * (1 - p)
    return as_dict(X, A1, (dS @ W2.T) * A1 * (1 - A1), dS)


@mistake("CH06-exp-overflow", of="two_layer_grads", caught_by="test_two_layers_with_huge_scores")
def two_layers_with_plain_exp(X, y, W1, b1, W2, b2):
    """exp(1000) is inf; take the largest score of each row away before exp, as in chapter 04."""
    X, W1, b1, W2, b2 = map(as_float, (X, W1, b1, W2, b2))
    A1 = sigmoid(X @ W1 + b1)
    e = np.exp(A1 @ W2 + b2)
    dS = e / e.sum(axis=1, keepdims=True)
    dS[np.arange(len(y)), y] -= 1
    dS = dS / len(y)
    return as_dict(X, A1, (dS @ W2.T) * A1 * (1 - A1), dS)


@mistake("CH06-step-inside", of="two_layer_grads", caught_by="test_two_layers_leaves_everything_as_it_was")
def two_layers_that_learns(X, y, W1, b1, W2, b2):
    """The weights of the caller were changed. This function computes gradients; the step is somebody else's."""
    A1, dS = start(as_float(X), y, *map(as_float, (W1, b1, W2, b2)))
    grads = as_dict(as_float(X), A1, (dS @ as_float(W2).T) * A1 * (1 - A1), dS)
    for value, name in ((W1, "W1"), (b1, "b1"), (W2, "W2"), (b2, "b2")):
        value -= 0.1 * grads[name]
    return grads


# count_parameters ----------------------------------------------------------------------------------------------


@mistake("CH06-count-weights", of="count_parameters", caught_by="test_count_parameters_of_one_layer")
def count_weights_only(model):
    """The biases are parameters too."""
    return sum(layer.params[name].size for layer, name in model.parameters() if name == "W")


@mistake("CH06-count-arrays", of="count_parameters", caught_by="test_count_parameters_of_one_layer")
def count_arrays(model):
    """This counts arrays; wanted is how many numbers they hold."""
    return len(list(model.parameters()))


@mistake("CH06-count-rows", of="count_parameters", caught_by="test_count_parameters_of_one_layer")
def count_rows(model):
    """len of a matrix is the number of its rows; wanted is the number of its entries."""
    return sum(len(layer.params[name]) for layer, name in model.parameters())


@mistake("M127d", of="count_parameters", caught_by="test_count_parameters_of_a_network")
def count_one_level(model):
    """Only the direct layers were counted; a network inside the network has its own layers."""
    parts = [model, *model.sublayers()]
    return sum(value.size for layer in parts for value in layer.params.values())
