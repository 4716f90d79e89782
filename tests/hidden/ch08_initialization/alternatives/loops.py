"""Correct in another way: plain Python loops, one random number after another."""

import math

import numpy as np
from ch00_toolbox.toolbox import as_float


def each(shape, number):
    """An array of this shape from one call for each entry."""
    out = np.empty(shape, dtype=np.float64)
    for index in np.ndindex(out.shape):
        out[index] = number()
    return out


def init_zeros(shape):
    return each(shape, lambda: 0.0)


def init_constant(shape, c):
    return each(shape, lambda: float(c))


def init_normal(shape, std, rng):
    numbers = iter(rng.standard_normal(math.prod(shape)).tolist())
    return each(shape, lambda: std * next(numbers))


def init_uniform(shape, low, high, rng):
    numbers = iter(rng.random(math.prod(shape)).tolist())
    return each(shape, lambda: low + (high - low) * next(numbers))


def fan_in_out(shape):
    if len(shape) not in (2, 4):
        raise ValueError("a shape has 2 or 4 sizes here")
    shape = [int(n) for n in shape]
    if len(shape) == 2:
        return [shape[0], shape[1]]
    area = shape[2] * shape[3]
    return [shape[1] * area, shape[0] * area]


def xavier_normal(shape, rng):
    return init_normal(shape, math.sqrt(2 / sum(fan_in_out(shape))), rng)


def xavier_uniform(shape, rng):
    a = math.sqrt(3) * math.sqrt(2 / sum(fan_in_out(shape)))
    return init_uniform(shape, -a, a, rng)


def he_normal(shape, rng):
    return init_normal(shape, math.sqrt(2 / fan_in_out(shape)[0]), rng)


def hidden_units_identical(W, tol=0):
    rows = np.asarray(W, dtype=float).tolist()
    for row in rows:
        for j in range(len(row)):
            for k in range(j):
                if not abs(row[j] - row[k]) <= tol:
                    return False
    return True


def permute_hidden(W1, b1, W2, perm):
    W1, b1, W2 = as_float(W1), as_float(b1), as_float(W2)
    if sorted(int(p) for p in perm) != list(range(len(b1))):
        raise ValueError("perm is no permutation")
    V1, c1, V2 = np.empty(W1.shape, W1.dtype), np.empty(b1.shape, b1.dtype), np.empty(W2.shape, W2.dtype)
    for j, p in enumerate(perm):
        for i in range(len(W1)):
            V1[i, j] = W1[i, p]
        c1[j] = b1[p]
        for k in range(W2.shape[1]):
            V2[j, k] = W2[p, k]
    return [V1, c1, V2]


CURVES = {
    "identity": lambda t: t,
    "sigmoid": lambda t: 1 / (1 + math.exp(-t)) if t >= 0 else math.exp(t) / (1 + math.exp(t)),
    "tanh": math.tanh,
    "relu": lambda t: max(t, 0.0),
    "leaky_relu": lambda t: t if t > 0 else 0.01 * t,
}


def weights(shape, init, rng):
    if callable(init):
        return init(shape, rng)
    if init == "zeros":
        return init_zeros(shape)
    named = {"xavier": xavier_normal, "he": he_normal}
    return named[init](shape, rng) if init in named else init_normal(shape, init, rng)


def activation_scales(widths, act, init, x, rng):
    if act not in CURVES:
        raise ValueError("no such activation")
    h, scales = np.array(x, dtype=float), []
    for layer in range(1, len(widths)):
        W = weights((widths[layer - 1], widths[layer]), init, rng)
        after = []
        for row in h:
            outputs = []
            for j in range(W.shape[1]):
                total = 0.0
                for i in range(W.shape[0]):
                    total += row[i] * W[i, j]
                outputs.append(CURVES[act](total))
            after.append(outputs)
        h = np.array(after)
        scales.append(math.fsum(t * t for row in after for t in row) / h.size)
    return scales
