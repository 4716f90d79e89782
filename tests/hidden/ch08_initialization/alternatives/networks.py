"""Correct in another way: built from the layers of chapter 06, fans through np.prod, masks and sorting."""

from itertools import pairwise

import numpy as np
from ch06_layers import layers

KINDS = {"sigmoid": layers.Sigmoid, "tanh": layers.Tanh, "relu": layers.ReLU, "leaky_relu": layers.LeakyReLU}


def init_constant(shape, c):
    W = np.empty(shape)
    W[...] = c
    return W


def init_zeros(shape):
    return np.zeros(tuple(shape), order="F")


def init_normal(shape, std, rng):
    W = rng.standard_normal(size=shape)
    W *= std
    return W


def init_uniform(shape, low, high, rng):
    return rng.uniform(size=shape, low=low, high=high)


def fan_in_out(shape):
    if len(shape) == 2:
        return tuple(shape)
    if len(shape) != 4:
        raise ValueError(shape)
    return int(np.prod(shape[1:])), int(np.prod(shape)) // shape[1]


def xavier_std(shape):
    fan_in, fan_out = fan_in_out(shape)
    return ((fan_in + fan_out) / 2) ** -0.5


def xavier_normal(shape, rng):
    return rng.normal(scale=xavier_std(shape), size=shape)


def xavier_uniform(shape, rng):
    limit = xavier_std(shape) * 3**0.5
    return rng.uniform(-limit, limit, shape)


def he_normal(shape, rng):
    return init_normal(shape, (2 / fan_in_out(shape)[0]) ** 0.5, rng)


def hidden_units_identical(W, tol=0):
    ordered = np.sort(np.asarray(W, dtype=np.float64), axis=1)
    if ordered.shape[1] == 1:
        return True
    return not bool(np.any(~(ordered[:, -1] <= ordered[:, 0] + tol)))


def permute_hidden(W1, b1, W2, perm):
    units = np.bincount(perm, minlength=len(b1))  # a negative number is a ValueError here
    if len(units) != len(b1) or np.any(units != 1):
        raise ValueError("not a permutation")
    keep = [np.asarray(a) if np.asarray(a).dtype == np.float32 else np.array(a, float) for a in (W1, b1, W2)]
    return (
        np.take(keep[0], perm, axis=1),
        np.take(keep[1], perm),
        np.vstack([keep[2][unit] for unit in perm]),
    )


def activation_scales(widths, act, init, x, rng):
    if act not in ("identity", *KINDS):
        raise ValueError(act)
    parts, seen = [], []
    for a, b in pairwise(widths):
        one = [layers.Linear(a, b, rng, init=init, bias=False)]
        parts.append(layers.Sequential(*one, *([] if act == "identity" else [KINDS[act]()])))
    for part in parts:
        x = part.forward(x)
        seen.append(np.float64(np.square(x).mean()))
    return seen
