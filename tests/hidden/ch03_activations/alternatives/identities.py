"""Correct in another way: algebraic identities without a branch, and collapse by probing the stack."""

from collections import namedtuple

import numpy as np
from ch00_toolbox.toolbox import as_float

Layer = namedtuple("Layer", "W b")


def float_pair(dout, saved):
    dout, saved = as_float(dout), as_float(saved)
    if dout.shape != saved.shape:
        raise ValueError("shapes differ")
    return dout, saved


def step(z, at_zero):
    """1 right of 0, 0 left of 0."""
    return np.heaviside(z, z.dtype.type(at_zero))


def sigmoid(z):
    z = as_float(z)
    return np.exp(-np.logaddexp(0.0, -z))


def sigmoid_backward(dout, a):
    dout, a = float_pair(dout, a)
    return np.multiply(dout, a * (1 - a))


def tanh(z):
    return 2.0 * sigmoid(2.0 * as_float(z)) - 1.0


def tanh_backward(dout, a):
    dout, a = float_pair(dout, a)
    return dout - dout * a**2


def relu(z):
    z = as_float(z)
    return (np.abs(z) + z) / 2


def relu_backward(dout, z):
    dout, z = float_pair(dout, z)
    return dout * step(z, 0.0)


def leaky_relu(z, slope=0.01, *, negative_slope=None):
    z = as_float(z)
    slope = slope if negative_slope is None else negative_slope
    return z * (slope + (1.0 - slope) * step(z, 0.0))


def leaky_relu_backward(dout, z, slope=0.01):
    dout, z = float_pair(dout, z)
    return dout * (z > 0) + dout * (z <= 0) * slope


def collapse_linear(Ws, bs):
    if len(Ws) == 0 or len(Ws) != len(bs):
        raise ValueError("one bias for each weight matrix")
    Ws, bs = [as_float(W) for W in Ws], [as_float(b) for b in bs]

    def stack(X):
        for W, b in zip(Ws, bs):
            X = X @ W + b
        return X

    dtype = np.result_type(*Ws, *bs)
    b = stack(np.zeros((1, len(Ws[0])), dtype=dtype))[0]
    return Layer(stack(np.eye(len(Ws[0]), dtype=dtype)) - b, b)


def output_activation(task):
    match task:
        case "binary":
            name = "sigmoid"
        case "multiclass":
            name = "softmax"
        case "regression":
            name = "identity"
        case _:
            raise ValueError(f"unknown task {task}")
    return name


def elu(z, alpha=1.0):
    z = as_float(z)
    return relu(z) + alpha * np.expm1(-relu(-z))


def elu_backward(dout, z, alpha=1.0):
    dout, z = float_pair(dout, z)
    return dout * step(z, 0.0) + dout * alpha * step(-z, 1.0) * np.exp(-relu(-z))


def softplus(z):
    return np.logaddexp(0.0, as_float(z))


def softplus_backward(dout, z):
    dout, z = float_pair(dout, z)
    return dout * np.exp(z - np.logaddexp(0.0, z))


def swish(z, beta=1.0):
    z = as_float(z)
    return z * sigmoid(beta * z)


def swish_backward(dout, z, beta=1.0):
    dout, z = float_pair(dout, z)
    s = sigmoid(beta * z)
    return dout * s + dout * s * (1 - s) * beta * z


def hard_sigmoid(z):
    z = as_float(z)
    return (
        (np.abs(z + 2) - np.abs(z - 2)) / 8 + 0.5 if np.all(np.abs(z) < 1e6) else np.clip(z / 4 + 0.5, 0, 1)
    )


def hard_sigmoid_backward(dout, z):
    dout, z = float_pair(dout, z)
    return dout * (step(z + 2, 0.0) - step(z - 2, 1.0)) / 4


def hard_tanh(z):
    return np.minimum(np.maximum(as_float(z), -1), 1)


def hard_tanh_backward(dout, z):
    dout, z = float_pair(dout, z)
    return np.multiply(dout, np.less(np.abs(z), 1))
