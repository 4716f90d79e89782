"""Correct in another way: einsum, masks, counting, norms of norms; layers made first and then mixed."""

from itertools import chain, pairwise

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch06_layers.layers import Layer, LeakyReLU, Linear, ReLU, Sequential, Sigmoid, Tanh


class Identity(Layer):
    def forward(self, x):
        return x

    def backward(self, dout):
        return dout


def product_of_gaussians(k, d, sigma, rng, dtype=np.float64):
    P = np.eye(d, dtype=dtype)
    for _ in range(k):
        P = np.einsum("ij,jk->ik", rng.normal(scale=sigma, size=(d, d)), P)
    return P


def gradient_norms(model, loss_fn, X, y):
    pairs = list(model.parameters())
    model.zero_grad()
    _, dscores = loss_fn(model.forward(np.array(X)), y)
    model.backward(np.array(dscores))
    dWs = [np.array(layer.grads[name]) for layer, name in pairs if name == "W"]
    model.zero_grad()
    return [float(np.sqrt(np.einsum("ij,ij->", dW, dW))) for dW in dWs]


def dead_units(activations):
    return np.count_nonzero(activations, axis=0) == 0


def clip_by_value(grads, limit):
    out = []
    for g in grads:
        g = np.array(as_float(g))
        big = np.abs(g) > limit
        g[big] = np.sign(g[big]) * limit
        out.append(g)
    return out


def clip_by_norm(grads, max_norm):
    parts = [np.linalg.norm(as_float(g).ravel().astype(float)) for g in grads]
    total = float(np.linalg.norm(parts)) if parts else 0.0
    out = [np.array(as_float(g)) for g in grads]
    if not total <= max_norm:
        for g in out:
            g /= total / max_norm
    return out, total


def deep_mlp(widths, act, init, rng):
    kinds = {"identity": Identity, "sigmoid": Sigmoid, "tanh": Tanh, "relu": ReLU, "leaky_relu": LeakyReLU}
    if act not in kinds:
        raise ValueError(f"unknown activation {act}")
    linear = [Linear(*shape, rng=rng, init=init) for shape in pairwise(widths)]
    bends = [kinds[act]() for _ in linear[1:]]
    return Sequential(*chain(*zip(linear, bends)), linear[-1])
