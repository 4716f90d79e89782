"""Chapter 13: convolution and pooling. The same few weights, at every place of an image.

Images are (N, C, H, W): N images, C channels, H rows, W columns. Kernels are (F, C, kh, kw): F kernels, each as
deep as the image and kh rows by kw columns large. An image of F channels comes out, one for each kernel.
"Convolution" means what it means in all neural network libraries: the kernel is laid on the image as it is, not
turned around (mathematicians call that cross-correlation).

`Flatten` of chapter 06 belongs to this chapter as well; it is imported here and does not have to be written.
"""

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch06_layers.layers import Flatten as Flatten, Layer


# Sizes and padding ---------------------------------------------------------------------------------------------


def conv_output_size(n, k, stride=1, pad=0):
    """Number of places at which a window of k pixels fits on a line of n pixels.

    out = floor((n + 2 * pad - k) / stride) + 1

    Parameters
    ----------
    n : int
        Pixels in the line, before padding.
    k : int
        Pixels in the window, k >= 1.
    stride : int
        Pixels from one place to the next, stride >= 1.
    pad : int
        Zeros added at EACH end of the line, pad >= 0.

    Returns
    -------
    int
        At least 1. Pixels at the end on which no whole window fits any more are left over.

    Raises
    ------
    ValueError
        If the window is longer than the padded line, or if k or stride is below 1 or pad below 0.

    >>> conv_output_size(7, 3, stride=2)
    3
    """
    ### BEGIN SOLUTION
    if k < 1 or stride < 1 or pad < 0:
        raise ValueError(f"k={k}, stride={stride}, pad={pad}: k and stride at least 1, pad at least 0")
    if k > n + 2 * pad:
        raise ValueError(f"a window of {k} does not fit into {n} pixels with padding {pad}")
    return (n + 2 * pad - k) // stride + 1
    ### END SOLUTION


def pad2d(x, p):
    """Images with a border of p zeros on all four sides.

    out[n, c, p + i, p + j] = x[n, c, i, j],   and 0 everywhere else

    Parameters
    ----------
    x : (N, C, H, W) float array
    p : int
        Width of the border in pixels, p >= 0.

    Returns
    -------
    (N, C, H + 2p, W + 2p) array
        A new array, for p = 0 too; float32 if x is float32. x is not changed.

    Raises
    ------
    ValueError
        If p is negative.

    >>> pad2d(np.array([[[[5.0]]]]), 1)
    array([[[[0., 0., 0.],
             [0., 5., 0.],
             [0., 0., 0.]]]])
    """
    x = as_float(x)
    ### BEGIN SOLUTION
    return np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    ### END SOLUTION


# Convolution ---------------------------------------------------------------------------------------------------


def conv2d_forward(x, w, b, stride=1, pad=0):
    """Convolve a batch of images with F kernels.

    out[n, f, i, j] = b[f] + sum over c, u, v of xp[n, c, i*stride + u, j*stride + v] * w[f, c, u, v]

    where xp is x with a border of `pad` zeros. The kernel is not flipped. H may differ from W, kh from kw.

    Parameters
    ----------
    x : (N, C, H, W) float array
    w : (F, C, kh, kw) float array
        F kernels; each has as many channels as the image.
    b : (F,) float array
        One number for each kernel, the same at every place.
    stride, pad : int
        The same for rows and columns; see conv_output_size.

    Returns
    -------
    out : (N, F, H', W') array
        H' = conv_output_size(H, kh, stride, pad), W' = conv_output_size(W, kw, stride, pad). A new array, float32
        if x, w and b are all float32. The arguments are not changed.
    cache : anything
        Whatever your conv2d_backward needs. Every call has its own.

    Raises
    ------
    ValueError
        If x or w does not have four axes, if their C differ, if b is not exactly (F,), or if the kernel does not
        fit into the padded image.

    Loops in Python are welcome. 16 images of (3, 8, 8) with 8 kernels of (3, 3, 3) should take less than a second;
    seven nested loops take about a tenth of one.

    >>> x = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]])
    >>> w = np.array([[[[0.0, 1.0], [2.0, 3.0]]]])
    >>> out, cache = conv2d_forward(x, w, np.array([0.0]))
    >>> out
    array([[[[25., 31.],
             [43., 49.]]]])
    """
    x, w, b = as_float(x), as_float(w), as_float(b)
    ### BEGIN SOLUTION
    if x.ndim != 4 or w.ndim != 4 or x.shape[1] != w.shape[1] or b.shape != w.shape[:1]:
        raise ValueError(f"x {x.shape}, w {w.shape} and b {b.shape} do not fit together")
    kh, kw = w.shape[2:]
    conv_output_size(x.shape[2], kh, stride, pad)  # refuses sizes that do not fit
    conv_output_size(x.shape[3], kw, stride, pad)
    windows = np.lib.stride_tricks.sliding_window_view(pad2d(x, pad), (kh, kw), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]  # (N, C, H', W', kh, kw)
    out = np.tensordot(windows, w, axes=((1, 4, 5), (1, 2, 3))) + b  # (N, H', W', F)
    return np.ascontiguousarray(out.transpose(0, 3, 1, 2)), (x.shape, windows, w, stride, pad)
    ### END SOLUTION


def conv2d_backward(dout, cache):
    """Gradients of a convolution, from the gradient of the loss with respect to its output.

    The forward formula says which x, w and b each out[n, f, i, j] was made of. Every one of them receives
    dout[n, f, i, j] times what it was multiplied by, and what arrives at one place is added up.

    Parameters
    ----------
    dout : (N, F, H', W') float array
        dout[n, f, i, j] is the derivative of the loss with respect to out[n, f, i, j]. If the loss is a mean over
        the batch, its 1/N is in dout already.
    cache : what your conv2d_forward returned together with out

    Returns
    -------
    dx, dw, db : new arrays of the shapes of x, w and b
        dx is for x without its border. Pixels that no window ever touched have gradient 0. float32 if dout and
        all of x, w, b are float32. Neither dout nor the cache is changed: backward may be called again.

    Raises
    ------
    ValueError
        If dout does not have exactly the shape of out.

    >>> x, w = np.array([[[[1.0, 2.0, 3.0]]]]), np.array([[[[10.0, 20.0]]]])
    >>> out, cache = conv2d_forward(x, w, np.array([0.0]))
    >>> dx, dw, db = conv2d_backward(np.array([[[[1.0, 1.0]]]]), cache)
    >>> dx, dw, db
    (array([[[[10., 30., 20.]]]]), array([[[[3., 5.]]]]), array([2.]))
    """
    dout = as_float(dout)
    ### BEGIN SOLUTION
    (N, C, H, W), windows, w, stride, pad = cache
    F, _, kh, kw = w.shape
    rows, columns = windows.shape[2:4]
    if dout.shape != (N, F, rows, columns):
        raise ValueError(f"dout has shape {dout.shape}, expected {(N, F, rows, columns)}")
    db = dout.sum(axis=(0, 2, 3))
    dw = np.tensordot(dout, windows, axes=((0, 2, 3), (0, 2, 3)))  # (F, C, kh, kw)
    dwindows = np.tensordot(dout, w, axes=(1, 0)).transpose(0, 3, 1, 2, 4, 5)  # (N, C, H', W', kh, kw)
    dxp = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=dwindows.dtype)
    for u in range(kh):
        for v in range(kw):
            down = slice(u, u + rows * stride, stride)
            right = slice(v, v + columns * stride, stride)
            dxp[:, :, down, right] += dwindows[..., u, v]
    return dxp[:, :, pad : pad + H, pad : pad + W].copy(), dw, db
    ### END SOLUTION


def im2col(x, kh, kw, stride=1, pad=0):
    """Bonus. All windows of all images as the rows of one matrix, so that a convolution is one matrix product.

    cols[(n*H' + i)*W' + j, (c*kh + u)*kw + v] = xp[n, c, i*stride + u, j*stride + v]

    where xp is x with a border of `pad` zeros, and H', W' are as in conv2d_forward. With w of (F, C, kh, kw),
    cols @ w.reshape(F, -1).T + b holds all outputs, one row for each place, one column for each kernel.

    Parameters
    ----------
    x : (N, C, H, W) float array
    kh, kw : int
        Rows and columns of the window.
    stride, pad : int

    Returns
    -------
    (N*H'*W', C*kh*kw) array
        A new array; float32 if x is float32.

    >>> im2col(np.array([[[[1.0, 2.0, 3.0]]]]), 1, 2)
    array([[1., 2.],
           [2., 3.]])
    """
    x = as_float(x)
    ### BEGIN SOLUTION
    windows = np.lib.stride_tricks.sliding_window_view(pad2d(x, pad), (kh, kw), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride].transpose(0, 2, 3, 1, 4, 5)  # (N, H', W', C, kh, kw)
    return windows.reshape(-1, x.shape[1] * kh * kw).copy()
    ### END SOLUTION


def col2im(cols, x_shape, kh, kw, stride=1, pad=0):
    """Bonus. The way back from im2col for gradients: every entry of cols is ADDED at the pixel it came from.

    dx[n, c, h, w] = sum of all cols[r, s] into which im2col copies x[n, c, h, w]

    This is not the inverse of im2col but its adjoint: for every x and cols,
    sum(im2col(x) * cols) = sum(x * col2im(cols)). A pixel that lies in four windows is added four times, one in no
    window is 0, and what came from the border is dropped.

    Parameters
    ----------
    cols : (N*H'*W', C*kh*kw) float array
        Ordered as im2col orders it.
    x_shape : tuple (N, C, H, W)
        Without the border.
    kh, kw, stride, pad : int

    Returns
    -------
    (N, C, H, W) array
        A new array; float32 if cols is float32. cols is not changed.

    >>> col2im(np.array([[1.0, 2.0], [3.0, 4.0]]), (1, 1, 1, 3), 1, 2)
    array([[[[1., 5., 4.]]]])
    """
    cols = as_float(cols)
    ### BEGIN SOLUTION
    N, C, H, W = x_shape
    rows, columns = conv_output_size(H, kh, stride, pad), conv_output_size(W, kw, stride, pad)
    windows = cols.reshape(N, rows, columns, C, kh, kw).transpose(0, 3, 1, 2, 4, 5)  # (N, C, H', W', kh, kw)
    dxp = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=cols.dtype)
    for u in range(kh):
        for v in range(kw):
            down = slice(u, u + rows * stride, stride)
            right = slice(v, v + columns * stride, stride)
            dxp[:, :, down, right] += windows[..., u, v]
    return dxp[:, :, pad : pad + H, pad : pad + W].copy()
    ### END SOLUTION


# Pooling -------------------------------------------------------------------------------------------------------


def maxpool2d_forward(x, k, stride=None):
    """The largest number in each k by k window, each channel by itself.

    out[n, c, i, j] = max over u, v in 0..k-1 of x[n, c, i*stride + u, j*stride + v]

    There is no padding. H may differ from W; windows may overlap (stride < k) or leave gaps (stride > k).

    Parameters
    ----------
    x : (N, C, H, W) float array
    k : int
        Rows and columns of the window.
    stride : int or None
        None means k: windows side by side.

    Returns
    -------
    out : (N, C, H', W') array
        H' = conv_output_size(H, k, stride), W' = conv_output_size(W, k, stride). A new array; float32 if x is
        float32. x is not changed.
    cache : anything
        Whatever your maxpool2d_backward needs. Every call has its own.

    Raises
    ------
    ValueError
        If x does not have four axes or the window does not fit into the image.

    >>> out, cache = maxpool2d_forward(np.array([[[[1.0, 2.0, 5.0, 0.0], [4.0, 3.0, 0.0, 0.0]]]]), 2)
    >>> out
    array([[[[4., 5.]]]])
    """
    x = as_float(x)
    stride = k if stride is None else stride
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, C, H, W)")
    conv_output_size(x.shape[2], k, stride)  # refuses sizes that do not fit
    conv_output_size(x.shape[3], k, stride)
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))[:, :, ::stride, ::stride]
    windows = windows.reshape(*windows.shape[:4], k * k)
    winner = windows.argmax(axis=-1)  # the first one, row by row, if there are several
    return windows.max(axis=-1), (x, winner, k, stride)
    ### END SOLUTION


def maxpool2d_backward(dout, cache):
    """Gradient of max pooling with respect to x.

    Each dout[n, c, i, j] goes, whole, to the one pixel that was the maximum of its window. If several pixels were,
    it goes to the FIRST of them, row by row from the top, left to right. Where windows overlap, one pixel can
    be the maximum of several: then the gradients add up.

    Parameters
    ----------
    dout : (N, C, H', W') float array
    cache : what your maxpool2d_forward returned together with out

    Returns
    -------
    (N, C, H, W) array
        A new array of the shape of x; float32 if dout and x are float32. Neither dout nor the cache is changed.

    Raises
    ------
    ValueError
        If dout does not have exactly the shape of out.

    >>> out, cache = maxpool2d_forward(np.array([[[[1.0, 2.0], [4.0, 3.0]]]]), 2)
    >>> maxpool2d_backward(np.array([[[[7.0]]]]), cache)
    array([[[[0., 0.],
             [7., 0.]]]])

    Frameworks disagreed on ties for years; PyTorch takes the first maximum, and so do we.
    """
    dout = as_float(dout)
    ### BEGIN SOLUTION
    x, winner, k, stride = cache
    if dout.shape != winner.shape:
        raise ValueError(f"dout has shape {dout.shape}, expected {winner.shape}")
    rows, columns = winner.shape[2:]
    dx = np.zeros(x.shape, dtype=dout.dtype)
    for u in range(k):
        for v in range(k):
            down = slice(u, u + rows * stride, stride)
            right = slice(v, v + columns * stride, stride)
            dx[:, :, down, right] += np.where(winner == u * k + v, dout, 0)
    return dx
    ### END SOLUTION


def avgpool2d_forward(x, k, stride=None, pad=0):
    """The mean of each k by k window, each channel by itself.

    out[n, c, i, j] = (1 / k^2) * sum over u, v in 0..k-1 of xp[n, c, i*stride + u, j*stride + v]

    where xp is x with a border of `pad` zeros. The zeros of the border count: the divisor is always k^2, also for
    a window that lies partly on the border.

    Parameters
    ----------
    x : (N, C, H, W) float array
    k : int
        Rows and columns of the window.
    stride : int or None
        None means k: windows side by side.
    pad : int

    Returns
    -------
    out : (N, C, H', W') array
        Sizes as in conv2d_forward with kh = kw = k. A new array; float32 if x is float32. x is not changed.
    cache : anything
        Whatever your avgpool2d_backward needs. Every call has its own.

    Raises
    ------
    ValueError
        If x does not have four axes or the window does not fit into the padded image.

    >>> out, cache = avgpool2d_forward(np.array([[[[1.0, 2.0], [3.0, 6.0]]]]), 2)
    >>> out
    array([[[[3.]]]])

    As PyTorch with count_include_pad=True, its default.
    """
    x = as_float(x)
    stride = k if stride is None else stride
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, C, H, W)")
    conv_output_size(x.shape[2], k, stride, pad)  # refuses sizes that do not fit
    conv_output_size(x.shape[3], k, stride, pad)
    windows = np.lib.stride_tricks.sliding_window_view(pad2d(x, pad), (k, k), axis=(2, 3))
    out = windows[:, :, ::stride, ::stride].mean(axis=(4, 5))
    return out, (x.shape, out.shape, k, stride, pad)
    ### END SOLUTION


def avgpool2d_backward(dout, cache):
    """Gradient of average pooling with respect to x.

    Every pixel of a window had the same weight in the mean, on the border too. Where windows overlap, the gradients
    add up.

    Parameters
    ----------
    dout : (N, C, H', W') float array
    cache : what your avgpool2d_forward returned together with out

    Returns
    -------
    (N, C, H, W) array
        A new array of the shape of x, without the border; float32 if dout and x are float32. Neither dout nor the
        cache is changed.

    Raises
    ------
    ValueError
        If dout does not have exactly the shape of out.

    >>> out, cache = avgpool2d_forward(np.array([[[[1.0, 2.0], [3.0, 6.0]]]]), 2)
    >>> avgpool2d_backward(np.array([[[[8.0]]]]), cache)
    array([[[[2., 2.],
             [2., 2.]]]])
    """
    dout = as_float(dout)
    ### BEGIN SOLUTION
    (N, C, H, W), out_shape, k, stride, pad = cache
    if dout.shape != out_shape:
        raise ValueError(f"dout has shape {dout.shape}, expected {out_shape}")
    rows, columns = out_shape[2:]
    dxp = np.zeros((N, C, H + 2 * pad, W + 2 * pad), dtype=dout.dtype)
    for u in range(k):
        for v in range(k):
            down = slice(u, u + rows * stride, stride)
            right = slice(v, v + columns * stride, stride)
            dxp[:, :, down, right] += dout / k**2
    return dxp[:, :, pad : pad + H, pad : pad + W].copy()
    ### END SOLUTION


# Counting ------------------------------------------------------------------------------------------------------


def conv_parameters(c_in, c_out, k):
    """Number of parameters of a convolution with c_out kernels of k by k pixels, biases included.

    Parameters
    ----------
    c_in, c_out, k : int
        Channels in, channels out (the number of kernels), rows and columns of a kernel.

    Returns
    -------
    int

    >>> conv_parameters(1, 2, 2)
    10
    """
    ### BEGIN SOLUTION
    return c_out * (c_in * k * k + 1)
    ### END SOLUTION


def dense_parameters(d_in, d_out):
    """Number of parameters of a fully connected layer, biases included.

    Parameters
    ----------
    d_in, d_out : int

    Returns
    -------
    int

    >>> dense_parameters(3, 2)
    8
    """
    ### BEGIN SOLUTION
    return d_in * d_out + d_out
    ### END SOLUTION


def conv_multiplications(c_in, c_out, k, h_out, w_out):
    """Number of multiplications of a convolution for ONE image, as its formula is written.

    Count the products x * w in the formula of conv2d_forward. Padding zeros are multiplied like any other number;
    adding a bias is no multiplication.

    Parameters
    ----------
    c_in, c_out, k : int
        Channels in, channels out, rows and columns of a kernel.
    h_out, w_out : int
        Rows and columns of the OUTPUT.

    Returns
    -------
    int

    >>> conv_multiplications(1, 1, 2, 3, 1)
    12
    """
    ### BEGIN SOLUTION
    return c_out * h_out * w_out * c_in * k * k
    ### END SOLUTION


def receptive_field(kernels, strides=None):
    """Rows (or columns) of the input that one number at the end of a stack of layers depends on.

    Of one pixel after the last layer, ask which pixels before it were looked at, and so on back to the input.
    Pooling counts like a convolution: it has a window and a stride. Padding plays no role.

    Parameters
    ----------
    kernels : list of L ints
        Window sizes, first layer first.
    strides : list of L ints, or None
        Strides of the same layers; None means all 1.

    Returns
    -------
    int
        1 for no layer at all.

    Raises
    ------
    ValueError
        If strides has another length than kernels.

    >>> receptive_field([3])
    3
    >>> receptive_field([2, 3], strides=[2, 1])
    6
    """
    ### BEGIN SOLUTION
    strides = [1] * len(kernels) if strides is None else strides
    if len(strides) != len(kernels):
        raise ValueError(f"{len(kernels)} kernels, {len(strides)} strides")
    size = 1
    for k, stride in zip(reversed(kernels), reversed(strides)):
        size = (size - 1) * stride + k
    return size
    ### END SOLUTION


# Layers --------------------------------------------------------------------------------------------------------


class Conv2d(Layer):
    """A convolution as a layer, with the interface of Layer of chapter 06: (N, c_in, H, W) in, (N, c_out, H', W') out.

    Parameters
    ----------
    c_in, c_out : int
        Channels in and out; c_out is the number of kernels.
    k : int
        Rows and columns of each kernel.
    rng : np.random.Generator
        The only source of random numbers. A second layer made with the same rng goes on drawing from it.
    stride, pad : int
    init : where W comes from
        'he'      normal distribution, mean 0, standard deviation sqrt(2 / (c_in * k^2))
        'xavier'  normal distribution, mean 0, standard deviation sqrt(2 / ((c_in + c_out) * k^2))
        'zeros'   all zero
        a float   normal distribution, mean 0, with this standard deviation
        callable  init(shape, rng) returns W, shape is the tuple (c_out, c_in, k, k); the layer keeps a copy
        As in Linear; what one output number is made of is c_in * k^2 numbers here. b is zero at first.
    dtype : np.float64 or np.float32
        Of the parameters and of their gradients.

    params['W'] is (c_out, c_in, k, k), params['b'] is (c_out,). forward uses what stands in params at the time of
    the call. Outputs and input gradients have the dtype of the parameters, whatever the dtype of x and dout.
    backward ADDS to grads (chapter 06), returns the input gradient and belongs to the last forward of this layer.

    Raises
    ------
    ValueError
        If init is another string, or if init(shape, rng) has another shape.

    >>> layer = Conv2d(1, 1, 2, np.random.default_rng(0), init="zeros")
    >>> layer.params["W"].shape, layer.params["b"]
    ((1, 1, 2, 2), array([0.]))
    >>> layer.params["W"] = np.array([[[[0.0, 1.0], [2.0, 3.0]]]])
    >>> layer.forward(np.array([[[[1.0, 2.0], [4.0, 5.0]]]]))
    array([[[[25.]]]])
    """

    def __init__(self, c_in, c_out, k, rng, stride=1, pad=0, init="he", dtype=np.float64):
        super().__init__()
        self.stride = stride
        self.pad = pad
        ### BEGIN SOLUTION
        shape = (c_out, c_in, k, k)
        if callable(init):
            W = np.array(init(shape, rng), dtype=dtype)
        elif isinstance(init, str) and init == "zeros":
            W = np.zeros(shape, dtype=dtype)
        else:
            stds = {"he": np.sqrt(2 / (c_in * k * k)), "xavier": np.sqrt(2 / ((c_in + c_out) * k * k))}
            if isinstance(init, str) and init not in stds:
                raise ValueError(f"init is {init!r}, expected 'he', 'xavier', 'zeros', a float or a callable")
            std = stds[init] if isinstance(init, str) else init
            W = rng.normal(0.0, std, size=shape).astype(dtype)
        if W.shape != shape:
            raise ValueError(f"init returned shape {W.shape}, expected {shape}")
        self.params = {"W": W, "b": np.zeros(c_out, dtype=dtype)}
        self.grads = {name: np.zeros_like(value) for name, value in self.params.items()}
        ### END SOLUTION

    def forward(self, x):
        """The convolution of x (N, c_in, H, W) with params, stride and pad of this layer.

        Raises
        ------
        ValueError
            If x is not (N, c_in, H, W) or the kernel does not fit.
        """
        x = np.asarray(x, dtype=self.params["W"].dtype)
        ### BEGIN SOLUTION
        out, self.cache = conv2d_forward(x, self.params["W"], self.params["b"], self.stride, self.pad)
        return out
        ### END SOLUTION

    def backward(self, dout):
        """Add the gradients of W and b to grads and return that of x, for a dout of the shape of the output.

        Raises
        ------
        ValueError
            If dout has another shape than the output of the last forward.
        """
        dout = np.asarray(dout, dtype=self.params["W"].dtype)
        ### BEGIN SOLUTION
        dx, dw, db = conv2d_backward(dout, self.cache)
        self.grads["W"] += dw
        self.grads["b"] += db
        return dx
        ### END SOLUTION


class MaxPool2d(Layer):
    """Max pooling as a layer: (N, C, H, W) in, (N, C, H', W') out. No parameters.

    Parameters
    ----------
    k : int
    stride : int or None
        None means k.

    float32 stays float32, as in maxpool2d_forward.

    >>> layer = MaxPool2d(2)
    >>> layer.forward(np.array([[[[1.0, 2.0], [4.0, 3.0]]]]))
    array([[[[4.]]]])
    >>> layer.backward(np.array([[[[7.0]]]]))
    array([[[[0., 0.],
             [7., 0.]]]])
    """

    def __init__(self, k, stride=None):
        super().__init__()
        self.k = k
        self.stride = k if stride is None else stride

    def forward(self, x):
        """maxpool2d_forward with k and stride of this layer: the output alone."""
        ### BEGIN SOLUTION
        out, self.cache = maxpool2d_forward(x, self.k, self.stride)
        return out
        ### END SOLUTION

    def backward(self, dout):
        """Gradient with respect to the x of the last forward; a dout of another shape is a ValueError."""
        ### BEGIN SOLUTION
        return maxpool2d_backward(dout, self.cache)
        ### END SOLUTION


class AvgPool2d(Layer):
    """Average pooling as a layer: (N, C, H, W) in, (N, C, H', W') out. No parameters.

    Parameters
    ----------
    k : int
    stride : int or None
        None means k.
    pad : int
        Zeros on the border; they count in the mean.

    float32 stays float32, as in avgpool2d_forward.

    >>> layer = AvgPool2d(2)
    >>> layer.forward(np.array([[[[1.0, 2.0], [3.0, 6.0]]]]))
    array([[[[3.]]]])
    >>> layer.backward(np.array([[[[8.0]]]]))
    array([[[[2., 2.],
             [2., 2.]]]])
    """

    def __init__(self, k, stride=None, pad=0):
        super().__init__()
        self.k = k
        self.stride = k if stride is None else stride
        self.pad = pad

    def forward(self, x):
        """avgpool2d_forward with k, stride and pad of this layer: the output alone."""
        ### BEGIN SOLUTION
        out, self.cache = avgpool2d_forward(x, self.k, self.stride, self.pad)
        return out
        ### END SOLUTION

    def backward(self, dout):
        """Gradient with respect to the x of the last forward; a dout of another shape is a ValueError."""
        ### BEGIN SOLUTION
        return avgpool2d_backward(dout, self.cache)
        ### END SOLUTION
