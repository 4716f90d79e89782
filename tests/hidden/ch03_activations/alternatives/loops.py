"""Correct in another way: plain Python loops over every entry, with the math module."""

import math

import numpy as np
from ch00_toolbox.toolbox import as_float


def float_pair(dout, saved):
    dout, saved = as_float(dout), as_float(saved)
    if dout.shape != saved.shape:
        raise ValueError("shapes differ")
    return dout, saved


def each(f, *arrays):
    """f of the entries of arrays of one shape, as an array of their dtype."""
    out = np.empty(arrays[0].shape, dtype=arrays[0].dtype)
    for index in np.ndindex(out.shape):
        out[index] = f(*(float(a[index]) for a in arrays))
    return out


def one_sigmoid(t):
    if t >= 0:
        return 1.0 / (1.0 + math.exp(-t))
    return math.exp(t) / (1.0 + math.exp(t))


def sigmoid(z):
    return each(one_sigmoid, as_float(z))


def sigmoid_backward(dout, a):
    dout, a = float_pair(dout, a)
    return each(lambda d, s: d * s * (1.0 - s), dout, a)


def tanh(z):
    return each(math.tanh, as_float(z))


def tanh_backward(dout, a):
    dout, a = float_pair(dout, a)
    return each(lambda d, t: d * (1.0 - t * t), dout, a)


def relu(z):
    return each(lambda t: max(t, 0.0), as_float(z))


def relu_backward(dout, z):
    dout, z = float_pair(dout, z)
    return each(lambda d, t: d if t > 0 else 0.0, dout, z)


def leaky_relu(z, slope=0.01):
    return each(lambda t: t if t > 0 else slope * t, as_float(z))


def leaky_relu_backward(dout, z, slope=0.01):
    dout, z = float_pair(dout, z)
    return each(lambda d, t: d if t > 0 else slope * d, dout, z)


def collapse_linear(Ws, bs):
    if len(Ws) == 0 or len(Ws) != len(bs):
        raise ValueError("one bias for each weight matrix")
    Ws, bs = [as_float(W) for W in Ws], [as_float(b) for b in bs]
    weights, bias = Ws[0].tolist(), bs[0].tolist()
    for V, c in zip(Ws[1:], bs[1:]):
        V, c = V.tolist(), c.tolist()
        columns = range(len(c))
        bias = [sum(bias[i] * V[i][j] for i in range(len(V))) + c[j] for j in columns]
        weights = [[sum(row[i] * V[i][j] for i in range(len(V))) for j in columns] for row in weights]
    dtype = np.result_type(*Ws, *bs)
    return np.array(weights, dtype=dtype), np.array(bias, dtype=dtype)


def output_activation(task):
    if task == "binary":
        return "sigmoid"
    if task == "multiclass":
        return "softmax"
    if task == "regression":
        return "identity"
    raise ValueError(task)


def elu(z, alpha=1.0):
    return each(lambda t: t if t > 0 else alpha * math.expm1(t), as_float(z))


def elu_backward(dout, z, alpha=1.0):
    dout, z = float_pair(dout, z)
    return each(lambda d, t: d if t > 0 else d * alpha * math.exp(t), dout, z)


def softplus(z):
    return each(lambda t: t + math.log1p(math.exp(-t)) if t > 0 else math.log1p(math.exp(t)), as_float(z))


def softplus_backward(dout, z):
    dout, z = float_pair(dout, z)
    return each(lambda d, t: d * one_sigmoid(t), dout, z)


def swish(z, beta=1.0):
    return each(lambda t: t * one_sigmoid(beta * t), as_float(z))


def swish_backward(dout, z, beta=1.0):
    dout, z = float_pair(dout, z)
    return each(
        lambda d, t: d * one_sigmoid(beta * t) * (1.0 + beta * t * (1.0 - one_sigmoid(beta * t))), dout, z
    )


def hard_sigmoid(z):
    return each(lambda t: min(max(0.25 * t + 0.5, 0.0), 1.0), as_float(z))


def hard_sigmoid_backward(dout, z):
    dout, z = float_pair(dout, z)
    return each(lambda d, t: 0.25 * d if -2 < t < 2 else 0.0, dout, z)


def hard_tanh(z):
    return each(lambda t: min(max(t, -1.0), 1.0), as_float(z))


def hard_tanh_backward(dout, z):
    dout, z = float_pair(dout, z)
    return each(lambda d, t: d if -1 < t < 1 else 0.0, dout, z)
