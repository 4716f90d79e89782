"""Typical wrong answers of chapter 14."""

import itertools

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch04_losses.losses import softmax_cross_entropy
from ch06_layers.layers import Flatten, Linear, ReLU, Sequential
from ch10_optimizers.optimizers import SGD, ArrayDataset, DataLoader, Momentum
from ch13_convolution.convolution import Conv2d, MaxPool2d
from ch14_blocks import blocks as right
from grader import mistake

EARNS_WITHOUT_KNOWING = {
    "SmallCNN": "it is nothing but the list of its layers, and a class that knows nothing keeps __init__",
}

# joining --------------------------------------------------------------------------------------------------------


@mistake("M255", of="concat_channels", caught_by="test_channels_are_joined_in_order")
def concat_along_the_width(parts):
    """Axis -1 is the width of an image; channels are axis 1."""
    return np.concatenate([as_float(p) for p in parts], axis=-1)


@mistake("M255b", of="concat_channels", caught_by="test_channels_are_joined_in_order")
def concat_along_the_batch(parts):
    """Axis 0 holds the images of the batch; channels are axis 1."""
    return np.concatenate([as_float(p) for p in parts], axis=0)


@mistake("CH14-concat-sum", of="concat_channels", caught_by="test_channels_are_joined_in_order")
def concat_that_adds(parts):
    """Inception joins its branches; adding them up is what a residual block does with x."""
    parts = [as_float(p) for p in parts]
    return sum(parts[1:], parts[0].copy())


@mistake("CH14-concat-reversed", of="concat_channels", caught_by="test_channels_are_joined_in_order")
def concat_backwards(parts):
    """The channels stand in the wrong order; keep that of the list, since backward cuts in this order."""
    return np.concatenate([as_float(p) for p in reversed(parts)], axis=1)


@mistake("CH14-concat-shared", of="concat_channels", caught_by="test_joining_makes_a_new_array")
def concat_that_gives_a_single_part_back(parts):
    """With one part the result is that part itself; whoever changes one changes both. Return a copy."""
    parts = [as_float(p) for p in parts]
    return parts[0] if len(parts) == 1 else right.concat_channels(parts)


@mistake("M257", of="concat_channels_backward", caught_by="test_the_gradient_is_cut_in_order")
def cut_in_reverse_order(dout, sizes):
    """The sizes are used in reverse order, which fits where they are equal; keep the order of the forward list."""
    return right.concat_channels_backward(dout, sizes[::-1])[::-1]


@mistake("CH14-cut-equal", of="concat_channels_backward", caught_by="test_the_gradient_is_cut_in_order")
def cut_into_equal_pieces(dout, sizes):
    """The parts need not have equally many channels; cut by the sizes."""
    return [part.copy() for part in np.array_split(as_float(dout), len(sizes), axis=1)]


@mistake(
    "CH14-cut-sizes-as-ends", of="concat_channels_backward", caught_by="test_the_gradient_is_cut_in_order"
)
def cut_at_the_sizes(dout, sizes):
    """np.split wants the places where to cut, not the lengths of the pieces; add the sizes up first."""
    return [part.copy() for part in np.split(as_float(dout), sizes[:-1], axis=1)]


@mistake("CH14-cut-width", of="concat_channels_backward", caught_by="test_the_gradient_is_cut_in_order")
def cut_along_the_width(dout, sizes):
    """The gradient is cut along the width; channels are axis 1."""
    return [part.copy() for part in np.split(as_float(dout), np.cumsum(sizes)[:-1], axis=3)]


@mistake("CH14-cut-views", of="concat_channels_backward", caught_by="test_the_parts_are_arrays_of_their_own")
def cut_without_copies(dout, sizes):
    """The parts are views of dout: changing one changes the others' common array. Copy each."""
    return np.split(as_float(dout), np.cumsum(sizes)[:-1], axis=1)


# Inception ------------------------------------------------------------------------------------------------------


@mistake("M256", of="Inception", caught_by="test_inception_input_gradient")
class InceptionLastBranchOnly(right.Inception):
    """x went into four branches, so four gradients come back and add up; only the last one is returned here."""

    def backward(self, dout):
        one, five, three, pooled = right.concat_channels_backward(dout, [16, 24, 24, 24])
        self.one.backward(one)
        self.five_reduce.backward(self.five.backward(five))
        self.three_reduce.backward(self.three_a.backward(self.three_b.backward(three)))
        return self.pool.backward(self.pool_one.backward(pooled))


@mistake("CH14-inception-mean", of="Inception", caught_by="test_inception_input_gradient")
class InceptionMean(right.Inception):
    """The four gradients are averaged; a variable that is used four times gets the sum."""

    def backward(self, dout):
        return super().backward(dout) / 4


@mistake(
    "CH14-inception-no-pool-gradient", of="Inception", caught_by="test_each_branch_sends_its_gradient_back"
)
class InceptionForgetsThePool(right.Inception):
    """The gradient of the fourth branch does not come back through the pooling."""

    def backward(self, dout):
        one, five, three, pooled = right.concat_channels_backward(dout, [16, 24, 24, 24])
        self.pool_one.backward(pooled)
        dx = self.one.backward(one) + self.five_reduce.backward(self.five.backward(five))
        return dx + self.three_reduce.backward(self.three_a.backward(self.three_b.backward(three)))


@mistake(
    "M257b",
    of="Inception",
    caught_by=("test_inception_input_gradient", "test_each_branch_sends_its_gradient_back"),
)
class InceptionSwapsBranches(right.Inception):
    """The gradients of the 5x5 and of the 3x3 branch are swapped: both have 24 channels, so no shape complains."""

    def backward(self, dout):
        one, three, five, pooled = right.concat_channels_backward(dout, [16, 24, 24, 24])
        return super().backward(right.concat_channels([one, five, three, pooled]))


@mistake("CH14-inception-order", of="Inception", caught_by="test_inception_forward")
class InceptionOtherOrder(right.Inception):
    """The branches are joined in another order than 1x1, 5x5, 3x3, pool."""

    def forward(self, x):
        one, five, three, pooled = right.concat_channels_backward(super().forward(x), [16, 24, 24, 24])
        return right.concat_channels([one, three, five, pooled])

    def backward(self, dout):
        one, three, five, pooled = right.concat_channels_backward(dout, [16, 24, 24, 24])
        return super().backward(right.concat_channels([one, five, three, pooled]))


@mistake("CH14-inception-relu", of="Inception", caught_by="test_inception_forward")
class InceptionWithRelu(right.Inception):
    """There is no activation inside this block; the relu at the end cuts its negative outputs off."""

    def forward(self, x):
        self.mask = super().forward(x) > 0
        return super().forward(x) * self.mask

    def backward(self, dout):
        return super().backward(dout * self.mask)


@mistake("CH14-inception-chain", of="Inception", caught_by="test_inception_forward")
class InceptionPoolAfter(right.Inception):
    """In the fourth branch the pooling comes first and the 1x1 convolution second; near the border the order matters."""

    def forward(self, x):
        one = self.one.forward(x)
        five = self.five.forward(self.five_reduce.forward(x))
        three = self.three_b.forward(self.three_a.forward(self.three_reduce.forward(x)))
        pooled = self.pool.forward(self.pool_one.forward(x))
        return right.concat_channels([one, five, three, pooled])


@mistake("CH14-inception-one-conv", of="Inception", caught_by="test_inception_forward")
class InceptionSkipsAConvolution(right.Inception):
    """The third branch has two 3x3 convolutions after the 1x1; one is left out."""

    def forward(self, x):
        one = self.one.forward(x)
        five = self.five.forward(self.five_reduce.forward(x))
        three = self.three_a.forward(self.three_reduce.forward(x))
        pooled = self.pool_one.forward(self.pool.forward(x))
        return right.concat_channels([one, five, three, pooled])


# ResidualBlock --------------------------------------------------------------------------------------------------


@mistake("M260", of="ResidualBlock", caught_by="test_residual_forward")
class ReluBeforeTheSum(right.ResidualBlock):
    """The sum comes first and the last relu after it; here relu is applied to f alone, so the output can be negative."""

    def forward(self, x):
        x = np.asarray(x, dtype=np.float64)
        return x + self.relu2.forward(self.conv2.forward(self.relu1.forward(self.conv1.forward(x))))

    def backward(self, dout):
        return dout + self.conv1.backward(self.relu1.backward(self.conv2.backward(self.relu2.backward(dout))))


@mistake(
    "M261", of="ResidualBlock", caught_by=("test_residual_input_gradient", "test_zero_weights_leave_relu")
)
class SkipForgottenInBackward(right.ResidualBlock):
    """The way around is missing in backward: add the gradient of the sum itself. That is the +1."""

    def backward(self, dout):
        ds = self.relu2.backward(dout)
        return self.conv1.backward(self.relu1.backward(self.conv2.backward(ds)))


@mistake(
    "CH14-skip-before-relu",
    of="ResidualBlock",
    caught_by=("test_residual_input_gradient", "test_zero_weights_leave_relu"),
)
class SkipTakesDout(right.ResidualBlock):
    """What goes around f is the gradient of the sum, after the last relu's mask; dout itself has not gone through it."""

    def backward(self, dout):
        ds = self.relu2.backward(dout)
        return dout + self.conv1.backward(self.relu1.backward(self.conv2.backward(ds)))


@mistake("CH14-no-skip", of="ResidualBlock", caught_by="test_residual_forward")
class NoSkip(right.ResidualBlock):
    """x is not added: this is a plain stack of two convolutions."""

    def forward(self, x):
        return self.relu2.forward(self.conv2.forward(self.relu1.forward(self.conv1.forward(x))))

    def backward(self, dout):
        return self.conv1.backward(self.relu1.backward(self.conv2.backward(self.relu2.backward(dout))))


@mistake("CH14-no-inner-relu", of="ResidualBlock", caught_by="test_residual_forward")
class NoInnerRelu(right.ResidualBlock):
    """Between the two convolutions there is a relu; without it two linear maps are one."""

    def forward(self, x):
        return self.relu2.forward(x + self.conv2.forward(self.conv1.forward(x)))

    def backward(self, dout):
        ds = self.relu2.backward(dout)
        return ds + self.conv1.backward(self.conv2.backward(ds))


@mistake("CH14-no-last-relu", of="ResidualBlock", caught_by="test_residual_forward")
class NoLastRelu(right.ResidualBlock):
    """The block ends with relu(x + f(x)); the last relu is missing."""

    def forward(self, x):
        return x + self.conv2.forward(self.relu1.forward(self.conv1.forward(x)))

    def backward(self, dout):
        return dout + self.conv1.backward(self.relu1.backward(self.conv2.backward(dout)))


@mistake("M262", of="ResidualBlock", caught_by="test_residual_backward_may_come_again")
class AddsInPlace(right.ResidualBlock):
    """`x += f` changes the caller's own array, and what conv1 has kept of it; make a new one."""

    def forward(self, x):
        x = np.asarray(x, dtype=self.conv1.params["W"].dtype)
        x += self.conv2.forward(self.relu1.forward(self.conv1.forward(x)))
        return self.relu2.forward(x)


@mistake("CH14-one-relu", of="ResidualBlock", caught_by="test_residual_input_gradient")
class OneReluAtTwoPlaces(right.ResidualBlock):
    """One ReLU object stands at two places, and its second forward overwrites what the first one kept."""

    def __init__(self, c, rng, dtype=np.float64):
        super().__init__(c, rng, dtype)
        self.relu1 = self.relu2


# shapes and memory ----------------------------------------------------------------------------------------------


@mistake("CH14-trace-batch", of="shape_trace", caught_by="test_shapes_on_the_way")
def trace_with_the_batch(model, input_shape):
    """The batch axis is no part of the answer; leave the 1 in front out."""
    x = np.zeros((1, *input_shape))
    shapes = [x.shape]
    for layer in model.layers:
        x = layer.forward(x)
        shapes.append(x.shape)
    return shapes


@mistake("CH14-trace-no-input", of="shape_trace", caught_by="test_shapes_on_the_way")
def trace_without_the_input(model, input_shape):
    """The list begins with the shape of the input."""
    return right.shape_trace(model, input_shape)[1:]


@mistake("CH14-trace-only-end", of="shape_trace", caught_by="test_shapes_on_the_way")
def trace_of_the_ends(model, input_shape):
    """One entry for each layer; only the first and the last shape are here."""
    shapes = right.shape_trace(model, input_shape)
    return [shapes[0], shapes[-1]]


@mistake("CH14-trace-eval", of="shape_trace", caught_by="test_tracing_changes_nothing")
def trace_that_leaves_eval_mode(model, input_shape):
    """After tracing the model is in eval mode; whoever trains on has no dropout any more."""
    model.eval()
    return right.shape_trace(model, input_shape)


@mistake("CH14-bytes-largest", of="activation_bytes", caught_by="test_memory_in_prediction")
def bytes_of_the_largest_layer(shapes, batch, itemsize=4, training=True):
    """A layer at work needs its input and its output at the same time: the largest pair of neighbours."""
    if training:
        return right.activation_bytes(shapes, batch, itemsize)
    return batch * itemsize * max(int(np.prod(s)) for s in shapes)


@mistake("CH14-bytes-always-all", of="activation_bytes", caught_by="test_memory_in_prediction")
def bytes_without_training(shapes, batch, itemsize=4, training=True):
    """In prediction nothing is kept for backward; only two neighbours are needed at a time."""
    return right.activation_bytes(shapes, batch, itemsize)


@mistake("CH14-bytes-sum-of-axes", of="activation_bytes", caught_by="test_memory_in_training")
def bytes_of_summed_axes(shapes, batch, itemsize=4, training=True):
    """An array of shape (10, 24, 24) holds 10 * 24 * 24 numbers; multiply the entries, do not add them."""
    sizes = [sum(s) for s in shapes]
    return (
        batch
        * itemsize
        * (sum(sizes) if training or len(sizes) == 1 else max(map(sum, itertools.pairwise(sizes))))
    )


@mistake("CH14-bytes-no-batch", of="activation_bytes", caught_by="test_memory_in_training")
def bytes_of_one_image(shapes, batch, itemsize=4, training=True):
    """Every image of the batch has its own activations; the batch size is missing."""
    return right.activation_bytes(shapes, 1, itemsize, training)


@mistake("CH14-bytes-int32", of="activation_bytes", caught_by="test_memory_of_a_large_batch")
def bytes_in_32_bits(shapes, batch, itemsize=4, training=True):
    """A 32-bit number ends at 2147483647; count bytes with Python's own integers."""
    return int(np.array(right.activation_bytes(shapes, batch, itemsize, training)).astype(np.int32))


@mistake("CH14-bytes-batch-of-batch", of="activation_bytes", caught_by="test_memory_in_prediction")
def bytes_of_first_pair(shapes, batch, itemsize=4, training=True):
    """The first two layers need not be the largest pair; look at all neighbours."""
    return right.activation_bytes(shapes if training else shapes[:2], batch, itemsize, training)


# residual_gradient_norm -----------------------------------------------------------------------------------------


def _chain(depth, scale, residual, rng, skip=True, slope=lambda b: 1 - b**2, divide=True, order=reversed):
    h = rng.normal(size=(1, 16))
    Ws = [rng.normal(0.0, scale / np.sqrt(16), size=(16, 16)) for _ in range(depth)]
    branches = []
    for W in Ws:
        b = np.tanh(h @ W)
        branches.append(b)
        h = h + b if residual else b
    dh = np.ones_like(h)
    for W, b in zip(order(Ws), order(branches)):
        through = (dh * slope(b)) @ W.T
        dh = dh + through if residual and skip else through
    return float(np.linalg.norm(dh) / (4 if divide else 1))


@mistake("M261b", of="residual_gradient_norm", caught_by="test_gradient_through_the_chain")
def chain_without_the_skip_in_backward(depth, scale, residual, rng):
    """Forward adds h, so backward adds the gradient itself; without it the gradient vanishes all the same."""
    return _chain(depth, scale, residual, rng, skip=False)


@mistake("CH14-chain-no-slope", of="residual_gradient_norm", caught_by="test_gradient_through_the_chain")
def chain_without_tanh_slope(depth, scale, residual, rng):
    """The slope of tanh, 1 - tanh^2, is missing."""
    return _chain(depth, scale, residual, rng, slope=lambda b: 1.0)


@mistake("CH14-chain-sigmoid-slope", of="residual_gradient_norm", caught_by="test_gradient_through_the_chain")
def chain_with_the_slope_of_sigmoid(depth, scale, residual, rng):
    """a (1 - a) is the slope of the sigmoid; that of tanh is 1 - a^2."""
    return _chain(depth, scale, residual, rng, slope=lambda b: b * (1 - b))


@mistake(
    "CH14-chain-not-divided",
    of="residual_gradient_norm",
    caught_by=("test_gradient_through_the_chain", "test_chains_without_layers_or_weights"),
)
def chain_norm_not_divided(depth, scale, residual, rng):
    """The norm is not divided by that of the ones, which is 4."""
    return _chain(depth, scale, residual, rng, divide=False)


@mistake("CH14-chain-forward-order", of="residual_gradient_norm", caught_by="test_gradient_through_the_chain")
def chain_in_forward_order(depth, scale, residual, rng):
    """Backward begins with the last layer; here it begins with the first."""
    return _chain(depth, scale, residual, rng, order=list)


# files ----------------------------------------------------------------------------------------------------------


def _idx(data, order="big", head=(8, 16), check=True):
    magic = int.from_bytes(data[:4], order)
    if magic not in (2049, 2051):
        raise ValueError(f"magic number {magic}")
    axes = 1 if magic == 2049 else 3
    start = head[0] if axes == 1 else head[1]
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], order) for i in range(axes)]
    numbers = np.frombuffer(data[start:], dtype=np.uint8)
    if not check:
        numbers = numbers[: int(np.prod(shape))]
    return numbers.reshape(shape if check else [-1, *shape[1:]]).copy()


@mistake("M264", of="read_idx", caught_by=("test_images_are_read", "test_labels_are_read"))
def idx_little_endian(source):
    """The magic number came out as 50855936 or so: the bytes are in the other order. Use '>i4', the most significant first."""
    return _idx(right.read_bytes(source), order="little")


@mistake("M267", of="read_idx", caught_by="test_labels_are_read")
def idx_labels_with_long_header(source):
    """The header of a label file has 8 bytes, not 16; the first eight labels were lost."""
    data = right.read_bytes(source)
    if data[:4] == b"\x00\x00\x08\x01":
        return np.frombuffer(data[16:], dtype=np.uint8).copy()
    return _idx(data)


@mistake("CH14-idx-columns-first", of="read_idx", caught_by="test_images_are_read")
def idx_column_by_column(source):
    """Images are stored row by row; these are read column by column."""
    found = right.read_idx(source)
    if found.ndim == 1:
        return found
    n, rows, columns = found.shape
    return found.reshape(n, columns, rows).transpose(0, 2, 1).copy()


@mistake("CH14-idx-flat", of="read_idx", caught_by="test_images_are_read")
def idx_flat(source):
    """Images keep their rows and columns: (n, rows, columns)."""
    found = right.read_idx(source)
    return found.reshape(len(found), -1) if found.ndim == 3 else found


@mistake("CH14-idx-square", of="read_idx", caught_by="test_images_are_read")
def idx_always_28(source):
    """Rows and columns stand in the header; not every file has 28."""
    found = right.read_idx(source)
    return found.reshape(-1, 28, 28) if found.ndim == 3 else found


@mistake("CH14-idx-float", of="read_idx", caught_by="test_images_are_read")
def idx_as_float(source):
    """read_idx gives the numbers as they are in the file, uint8; scaling is the next function's work."""
    return right.read_idx(source) / 255.0


@mistake("CH14-idx-longer", of="read_idx", caught_by="test_broken_files_are_refused")
def idx_that_ignores_the_rest(source):
    """A file with more or fewer bytes than its header says is damaged; say so instead of reading a part."""
    return _idx(right.read_bytes(source), check=False)


@mistake("CH14-idx-any-magic", of="read_idx", caught_by="test_broken_files_are_refused")
def idx_of_any_magic(source):
    """The magic number is not checked; any file of the right length is taken."""
    data = right.read_bytes(source)
    return right.read_idx(
        (b"\x00\x00\x08\x01" if len(data) > 3 and data[3] == 1 else b"\x00\x00\x08\x03") + data[4:]
    )


@mistake("CH14-idx-readonly", of="read_idx", caught_by="test_what_was_read_may_be_changed")
def idx_read_only(source):
    """np.frombuffer gives a view of the bytes, which cannot be written to; copy it."""
    data = right.read_bytes(source)
    found = right.read_idx(data)
    return np.frombuffer(data[8 if found.ndim == 1 else 16 :], dtype=np.uint8).reshape(found.shape)


def _loaded(folder, flatten, scale=lambda x: x.astype(np.float32) / 255, labels=lambda y: y.astype(np.int64)):
    found = []
    for name in ("train", "t10k"):
        images = right.read_idx(right.find_idx(folder, f"{name}-images-idx3-ubyte"))
        wanted = right.read_idx(right.find_idx(folder, f"{name}-labels-idx1-ubyte"))
        if len(images) != len(wanted):
            raise ValueError("not equally many")
        n, rows, columns = images.shape
        found += [
            scale(images).reshape((n, rows * columns) if flatten else (n, 1, rows, columns)),
            labels(wanted),
        ]
    return tuple(found)


@mistake(
    "M265",
    of="load_fashion_mnist",
    caught_by=("test_four_files_are_loaded", "test_all_images_have_one_scale"),
)
def load_scaled_by_picture(folder, flatten=True):
    """Each image is divided by its own largest value, so dark ones become bright; divide all by 255."""
    return _loaded(
        folder,
        flatten,
        lambda x: x.astype(np.float32) / np.maximum(x.max(axis=(1, 2), keepdims=True), 1).astype(np.float32),
    )


@mistake("CH14-load-scaled-by-set", of="load_fashion_mnist", caught_by="test_four_files_are_loaded")
def load_scaled_by_set(folder, flatten=True):
    """The largest value of a set is not always 255; divide by 255 itself."""
    return _loaded(
        folder,
        flatten,
        lambda x: x.astype(np.float32) / np.float32(x.max()) if x.max() else x.astype(np.float32),
    )


@mistake("M266", of="load_fashion_mnist", caught_by="test_four_files_are_loaded")
def load_whole_numbers(folder, flatten=True):
    """uint8 divided by uint8 as whole numbers is 0 or 1; convert to float32 first."""
    return _loaded(folder, flatten, lambda x: (x // np.uint8(255)).astype(np.float32))


@mistake("CH14-load-not-scaled", of="load_fashion_mnist", caught_by="test_four_files_are_loaded")
def load_not_scaled(folder, flatten=True):
    """The grey values still go up to 255; divide by 255."""
    return _loaded(folder, flatten, lambda x: x.astype(np.float32))


@mistake("CH14-load-256", of="load_fashion_mnist", caught_by="test_four_files_are_loaded")
def load_divided_by_256(folder, flatten=True):
    """The largest grey value is 255, so white should be 1; divide by 255, not by 256."""
    return _loaded(folder, flatten, lambda x: x.astype(np.float32) / 256)


@mistake("CH14-load-float64", of="load_fashion_mnist", caught_by="test_four_files_are_loaded")
def load_float64(folder, flatten=True):
    """60 000 images in float64 take twice the memory; convert to float32."""
    return _loaded(folder, flatten, lambda x: x / 255)


@mistake("CH14-load-uint8-labels", of="load_fashion_mnist", caught_by="test_four_files_are_loaded")
def load_uint8_labels(folder, flatten=True):
    """Labels are int64, so that arithmetic with them does not wrap around at 255."""
    return _loaded(folder, flatten, labels=lambda y: y)


@mistake("CH14-load-swapped", of="load_fashion_mnist", caught_by="test_four_files_are_loaded")
def load_test_first(folder, flatten=True):
    """The training set comes first: Xtr, ytr, Xte, yte."""
    a, b, c, d = right.load_fashion_mnist(folder, flatten)
    return c, d, a, b


@mistake("CH14-load-grouped", of="load_fashion_mnist", caught_by="test_four_files_are_loaded")
def load_images_first(folder, flatten=True):
    """The order is Xtr, ytr, Xte, yte, not images first and labels last."""
    a, b, c, d = right.load_fashion_mnist(folder, flatten)
    return a, c, b, d


@mistake("CH14-load-channel-last", of="load_fashion_mnist", caught_by="test_images_of_one_channel")
def load_channel_last(folder, flatten=True):
    """The channel axis is axis 1: (n, 1, rows, columns)."""
    a, b, c, d = right.load_fashion_mnist(folder, flatten)
    return (a, b, c, d) if flatten else (np.moveaxis(a, 1, 3), b, np.moveaxis(c, 1, 3), d)


@mistake("CH14-load-no-channel", of="load_fashion_mnist", caught_by="test_images_of_one_channel")
def load_without_channel(folder, flatten=True):
    """A convolution wants (n, channels, rows, columns); a grey image has one channel, and its axis is missing."""
    a, b, c, d = right.load_fashion_mnist(folder, flatten)
    return (a, b, c, d) if flatten else (a[:, 0], b, c[:, 0], d)


# the network and its training -----------------------------------------------------------------------------------


@mistake("CH14-cnn-no-relu", of="SmallCNN", caught_by="test_small_cnn_scores")
class CnnWithoutRelu(Sequential):
    """Without an activation between them the two convolutions are one linear map."""

    def __init__(self, rng, dtype=np.float32):
        super().__init__(
            *(Conv2d(1, 8, 3, rng, pad=1, dtype=dtype), MaxPool2d(2)),
            *(Conv2d(8, 16, 3, rng, pad=1, dtype=dtype), MaxPool2d(2)),
            *(Flatten(), Linear(64, 10, rng, init="he", dtype=dtype)),
        )


@mistake("CH14-cnn-last-relu", of="SmallCNN", caught_by="test_small_cnn_scores")
class CnnWithReluAtTheEnd(right.SmallCNN):
    """The scores may be negative; no relu after the last layer."""

    def __init__(self, rng, dtype=np.float32):
        super().__init__(rng, dtype)
        self.layers.append(ReLU())


@mistake("CH14-cnn-xavier", of="SmallCNN", caught_by="test_small_cnn_starts_right")
class CnnWithXavier(Sequential):
    """Behind a relu He's initialisation keeps the size of the signal; Xavier's halves it in every layer."""

    def __init__(self, rng, dtype=np.float32):
        super().__init__(
            *(Conv2d(1, 8, 3, rng, pad=1, init="xavier", dtype=dtype), ReLU(), MaxPool2d(2)),
            *(Conv2d(8, 16, 3, rng, pad=1, init="xavier", dtype=dtype), ReLU(), MaxPool2d(2)),
            *(Flatten(), Linear(64, 10, rng, dtype=dtype)),
        )


@mistake("CH14-cnn-float64", of="SmallCNN", caught_by="test_small_cnn_starts_right")
class CnnInFloat64(Sequential):
    """The dtype is not handed to the layers, which are float64 then."""

    def __init__(self, rng, dtype=np.float32):
        super().__init__(*right.SmallCNN(rng, np.float64).layers)


@mistake("CH14-cnn-one-relu", of="SmallCNN", caught_by="test_small_cnn_gradient")
class CnnWithOneRelu(Sequential):
    """One ReLU object stands at two places, and its second forward overwrites what the first one kept."""

    def __init__(self, rng, dtype=np.float32):
        layers = right.SmallCNN(rng, dtype).layers
        layers[4] = layers[1]
        super().__init__(*layers)


def _trained(model, X_train, y_train, X_test, y_test, rng, epochs, lr, batch_size, **change):
    loader = DataLoader(
        ArrayDataset(X_train, y_train), batch_size, shuffle=change.get("shuffle", True), rng=rng
    )
    opt = change.get("optimizer", lambda m: Momentum(m, lr, rho=change.get("rho", 0.9)))(model)
    if change.get("clean", True):
        opt.zero_grad()
    model.train()
    losses = []
    for epoch in range(epochs):
        opt.lr = change.get("schedule", lambda e: lr / 10 if e >= 0.8 * epochs else lr)(epoch)
        seen = []
        for X, y in loader:
            loss, dscores = softmax_cross_entropy(model.forward(X), y)
            model.backward(dscores)
            opt.step()
            if change.get("clear", True):
                opt.zero_grad()
            seen.append(float(loss))
        losses.append(change.get("reduce", np.mean)(seen))
    if change.get("eval", True):
        model.eval()
    found = {
        "train_accuracy": right.accuracy(model.forward(X_train), y_train),
        "test_accuracy": right.accuracy(model.forward(X_test), y_test),
    }
    if change.get("back", True):
        model.train()
    return {"loss": [float(v) for v in losses], **found}


@mistake("CH14-train-no-clear", of="train_digits", caught_by="test_the_run_of_a_linear_model")
def train_without_clearing(model, X_train, y_train, X_test, y_test, rng, epochs=10, lr=0.02, batch_size=32):
    """Gradients add up until zero_grad is called; call it after each step."""
    return _trained(model, X_train, y_train, X_test, y_test, rng, epochs, lr, batch_size, clear=False)


@mistake("CH14-train-dirty", of="train_digits", caught_by="test_the_run_of_a_linear_model")
def train_with_old_gradients(model, X_train, y_train, X_test, y_test, rng, epochs=10, lr=0.02, batch_size=32):
    """Gradients from before the training count in its first step; clear them first."""
    return _trained(model, X_train, y_train, X_test, y_test, rng, epochs, lr, batch_size, clean=False)


@mistake("CH14-train-sgd", of="train_digits", caught_by="test_the_run_of_a_linear_model")
def train_with_sgd(model, X_train, y_train, X_test, y_test, rng, epochs=10, lr=0.02, batch_size=32):
    """The steps are those of plain SGD. Use one Momentum with rho 0.9, the same in all epochs."""
    return _trained(
        model, X_train, y_train, X_test, y_test, rng, epochs, lr, batch_size, optimizer=lambda m: SGD(m, lr)
    )


@mistake("CH14-train-no-schedule", of="train_digits", caught_by="test_the_run_of_a_linear_model")
def train_with_one_step_size(model, X_train, y_train, X_test, y_test, rng, epochs=10, lr=0.02, batch_size=32):
    """In the last fifth of the epochs the step size is lr / 10."""
    return _trained(
        model, X_train, y_train, X_test, y_test, rng, epochs, lr, batch_size, schedule=lambda e: lr
    )


@mistake("CH14-train-schedule-late", of="train_digits", caught_by="test_the_run_of_a_linear_model")
def train_with_late_schedule(model, X_train, y_train, X_test, y_test, rng, epochs=10, lr=0.02, batch_size=32):
    """Epochs count from 0: the small step begins with epoch 8 of 10, e >= 0.8 * epochs, not after it."""
    return _trained(
        model,
        X_train,
        y_train,
        X_test,
        y_test,
        rng,
        epochs,
        lr,
        batch_size,
        schedule=lambda e: lr / 10 if e > 0.8 * epochs else lr,
    )


@mistake("CH14-train-no-shuffle", of="train_digits", caught_by="test_the_run_in_batches")
def train_without_shuffling(model, X_train, y_train, X_test, y_test, rng, epochs=10, lr=0.02, batch_size=32):
    """The rows come in the same order in every epoch; the DataLoader shuffles with rng."""
    return _trained(model, X_train, y_train, X_test, y_test, rng, epochs, lr, batch_size, shuffle=False)


@mistake("CH14-train-last-loss", of="train_digits", caught_by="test_the_run_in_batches")
def train_with_the_last_batch_loss(
    model, X_train, y_train, X_test, y_test, rng, epochs=10, lr=0.02, batch_size=32
):
    """'loss' holds for each epoch the mean over its batches, not the loss of the last batch."""
    return _trained(
        model, X_train, y_train, X_test, y_test, rng, epochs, lr, batch_size, reduce=lambda s: s[-1]
    )


@mistake("CH14-train-no-eval", of="train_digits", caught_by="test_modes_of_training_and_judging")
def train_judged_in_training_mode(
    model, X_train, y_train, X_test, y_test, rng, epochs=10, lr=0.02, batch_size=32
):
    """Accuracies are computed in eval mode; a dropout layer would spoil them."""
    return _trained(model, X_train, y_train, X_test, y_test, rng, epochs, lr, batch_size, eval=False)


@mistake("CH14-train-stays-eval", of="train_digits", caught_by="test_modes_of_training_and_judging")
def train_that_stays_in_eval_mode(
    model, X_train, y_train, X_test, y_test, rng, epochs=10, lr=0.02, batch_size=32
):
    """Afterwards the model is in training mode again."""
    return _trained(model, X_train, y_train, X_test, y_test, rng, epochs, lr, batch_size, back=False)


@mistake(
    "CH14-train-on-test",
    of="train_digits",
    caught_by=("test_the_run_of_a_linear_model", "test_modes_of_training_and_judging"),
)
def train_on_test_rows(model, X_train, y_train, X_test, y_test, rng, epochs=10, lr=0.02, batch_size=32):
    """The test rows were learned as well, so the test accuracy says nothing about unseen pictures."""
    X, y = np.concatenate([X_train, X_test]), np.concatenate([y_train, y_test])
    return _trained(model, X, y, X_test, y_test, rng, epochs, lr, batch_size)


@mistake("CH14-train-swapped", of="train_digits", caught_by="test_the_run_of_a_linear_model")
def train_with_swapped_accuracies(
    model, X_train, y_train, X_test, y_test, rng, epochs=10, lr=0.02, batch_size=32
):
    """The two accuracies are swapped."""
    found = right.train_digits(model, X_train, y_train, X_test, y_test, rng, epochs, lr, batch_size)
    return {**found, "train_accuracy": found["test_accuracy"], "test_accuracy": found["train_accuracy"]}
