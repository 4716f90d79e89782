"""Correct in another way: normal numbers by Box and Muller, permutation matrices, no Linear, generators."""

from collections import namedtuple

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch03_activations import activations

Fans = namedtuple("Fans", "fan_in fan_out")
Hidden = namedtuple("Hidden", "W1 b1 W2")


def init_zeros(shape, dtype=float):
    return init_constant(shape, 0.0)


def init_constant(shape, c):
    return np.ones(shape) * c


def init_normal(shape, std, rng, mean=0.0):
    radius = np.sqrt(-2.0 * np.log1p(-rng.random(shape)))
    return mean + std * radius * np.cos(2.0 * np.pi * rng.random(shape))


def init_uniform(shape, low, high, rng):
    t = rng.random(shape)
    return np.clip((1.0 - t) * low + t * high, low, high)


def fan_in_out(shape):
    sizes = np.array(shape, dtype=int)
    match len(sizes):
        case 2:
            return Fans(*sizes)
        case 4:
            area = sizes[2:].prod()
            return Fans(sizes[1] * area, sizes[0] * area)
    raise ValueError("2 or 4 sizes")


def xavier_normal(shape, rng):
    return rng.standard_normal(shape) / np.sqrt(np.mean(fan_in_out(shape)))


def xavier_uniform(shape, rng):
    a = np.sqrt(3.0 / np.mean(fan_in_out(shape)))
    return a * (2.0 * rng.random(shape) - 1.0)


def he_normal(shape, rng):
    return np.sqrt(2.0) * rng.normal(size=shape) * fan_in_out(shape).fan_in ** -0.5


def hidden_units_identical(W, tol=0.0):
    W = np.array(W, dtype=float)
    if W.shape[1] == 1:
        return np.True_
    return (np.abs(W[:, :, None] - W[:, None, :]) <= tol).all()


def permute_hidden(W1, b1, W2, perm):
    W1, b1, W2 = map(as_float, (W1, b1, W2))
    H = len(b1)
    if len(perm) != H or set(np.asarray(perm).tolist()) != set(range(H)):
        raise ValueError("each unit once")
    P = np.zeros((H, H), dtype=np.float32)
    P[perm, range(H)] = 1
    return Hidden(W1 @ P, b1 @ P, P.T @ W2)


def activation_scales(widths, act, init, x, rng):
    f = (lambda z: z) if act == "identity" else getattr(activations, act)
    init = {"xavier": xavier_normal, "he": he_normal}.get(init, init) if isinstance(init, str) else init
    sizes = iter(widths)
    h, d_in, scales = as_float(x), next(sizes), ()
    for d_out in sizes:
        if init == "zeros":
            W = init_zeros((d_in, d_out))
        else:
            W = init((d_in, d_out), rng) if callable(init) else init_normal((d_in, d_out), init, rng)
        h, d_in = f(np.einsum("ni,ij->nj", h, W)), d_out
        scales += (float(np.einsum("nj,nj->", h, h)) / h.size,)
    return scales
