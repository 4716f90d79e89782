"""Correct in another way: boolean masks, copies written into, and homogeneous matrices."""

import numpy as np
from ch00_toolbox.toolbox import as_float


def float_pair(dout, saved):
    dout, saved = as_float(dout), as_float(saved)
    if dout.shape != saved.shape:
        raise ValueError("shapes differ")
    return dout, saved


def sigmoid(z):
    z = as_float(z)
    out = np.empty_like(z)
    right = z >= 0
    out[right] = 1.0 / (1.0 + np.exp(-z[right]))
    small = np.exp(z[~right])
    out[~right] = small / (1.0 + small)
    return out


def sigmoid_backward(dout, a):
    dout, a = float_pair(dout, a)
    grad = a - np.square(a)
    grad *= dout
    return grad


def tanh(z):
    z = as_float(z)
    e = np.exp(-2.0 * np.abs(z))
    return np.sign(z) * (1.0 - e) / (1.0 + e)


def tanh_backward(dout, a):
    dout, a = float_pair(dout, a)
    return dout * (1.0 - a) * (1.0 + a)


def relu(z, out=None):
    out = np.array(as_float(z))
    out[out < 0] = 0.0
    return out


def relu_backward(dout, z):
    dout, z = float_pair(dout, z)
    grad = dout.copy()
    grad[z <= 0] = 0.0
    return grad


def leaky_relu(z, slope=0.01):
    out = np.array(as_float(z))
    out[out <= 0] *= slope
    return out


def leaky_relu_backward(dout, z, slope=0.01):
    dout, z = float_pair(dout, z)
    grad = dout.copy()
    grad[z <= 0] *= slope
    return grad


def collapse_linear(Ws, bs):
    if len(Ws) == 0 or len(Ws) != len(bs):
        raise ValueError("one bias for each weight matrix")
    # [x, 1] @ [[W, 0], [b, 1]] = [x @ W + b, 1]: with a row of biases, an affine map is one matrix.
    total = None
    for W, b in zip(map(as_float, Ws), map(as_float, bs)):
        layer = np.zeros((W.shape[0] + 1, W.shape[1] + 1), dtype=np.result_type(W, b))
        layer[:-1, :-1], layer[-1, :-1], layer[-1, -1] = W, b, 1.0
        total = layer if total is None else np.einsum("ij,jk->ik", total, layer)
    return [total[:-1, :-1].copy(), total[-1, :-1].copy()]


def output_activation(task):
    tasks = ("binary", "multiclass", "regression")
    return ("sigmoid", "softmax", "identity")[tasks.index(task)]


def elu(z, alpha=1.0):
    out = np.array(as_float(z))
    left = out <= 0
    out[left] = alpha * (np.exp(out[left]) - 1.0)
    return out


def elu_backward(dout, z, alpha=1.0):
    dout, z = float_pair(dout, z)
    grad = dout.copy()
    left = z <= 0
    grad[left] *= alpha * np.exp(z[left])
    return grad


def softplus(z):
    z = as_float(z)
    out = np.empty_like(z)
    right = z > 0
    out[right] = z[right] + np.log1p(np.exp(-z[right]))
    out[~right] = np.log1p(np.exp(z[~right]))
    return out


def softplus_backward(dout, z):
    dout, z = float_pair(dout, z)
    grad = sigmoid(z)
    grad *= dout
    return grad


def swish(z, beta=1.0):
    out = sigmoid(beta * as_float(z))
    out *= as_float(z)
    return out


def swish_backward(dout, z, beta=1.0):
    dout, z = float_pair(dout, z)
    s, value = sigmoid(beta * z), swish(z, beta)
    return dout * (beta * value + s * (1.0 - beta * value))


def hard_sigmoid(z):
    z = as_float(z)
    out = 0.25 * z + 0.5
    out[z <= -2] = 0.0
    out[z >= 2] = 1.0
    return out


def hard_sigmoid_backward(dout, z):
    dout, z = float_pair(dout, z)
    grad = 0.25 * dout
    grad[(z <= -2) | (z >= 2)] = 0.0
    return grad


def hard_tanh(z):
    out = np.array(as_float(z))
    out[out < -1] = -1.0
    out[out > 1] = 1.0
    return out


def hard_tanh_backward(dout, z):
    dout, z = float_pair(dout, z)
    grad = dout.copy()
    grad[np.abs(z) >= 1] = 0.0
    return grad
