"""Correct in another way: plain Python loops over every entry, with the math module."""

import math

import numpy as np
from ch00_toolbox.toolbox import as_float
from ch06_layers.layers import LeakyReLU, Linear, ReLU, Sequential, Sigmoid, Tanh


def product_of_gaussians(k, d, sigma, rng):
    P = [[float(i == j) for j in range(d)] for i in range(d)]
    for _ in range(k):
        M = [[sigma * rng.standard_normal() for _ in range(d)] for _ in range(d)]
        P = [[sum(M[i][l] * P[l][j] for l in range(d)) for j in range(d)] for i in range(d)]
    return np.array(P)


def gradient_norms(model, loss_fn, X, y):
    model.zero_grad()
    scores = model.forward(X)
    _, dscores = loss_fn(scores, y)
    model.backward(dscores)
    norms = []
    for layer, name in model.parameters():
        if name == "W":
            norms.append(math.sqrt(math.fsum(float(v) ** 2 for v in layer.grads["W"].ravel())))
    for layer, name in model.parameters():
        layer.grads[name][...] = 0
    return norms


def dead_units(activations):
    dead = []
    for j in range(activations.shape[1]):
        alive = False
        for n in range(activations.shape[0]):
            if activations[n, j] != 0:
                alive = True
        dead.append(not alive)
    return np.array(dead, dtype=bool)


def each(f, g):
    """f of every entry, as an array of the same dtype."""
    g = as_float(g)
    out = np.empty(g.shape, dtype=g.dtype)
    for i in np.ndindex(g.shape):
        out[i] = f(g[i])
    return out


def clip_by_value(grads, limit):
    return [each(lambda v: limit if v > limit else -limit if v < -limit else v, g) for g in grads]


def clip_by_norm(grads, max_norm):
    total = 0.0
    for g in grads:
        for v in as_float(g).ravel():
            total += float(v) * float(v)
    total = math.sqrt(total)
    factor = max_norm / total if total > max_norm else 1.0
    return [each(lambda v: v * factor, g) for g in grads], total


def deep_mlp(widths, act, init, rng):
    kinds = {"sigmoid": Sigmoid, "tanh": Tanh, "relu": ReLU, "leaky_relu": LeakyReLU, "identity": None}
    if act not in kinds:
        raise ValueError("no such activation")
    layers = []
    for k in range(len(widths) - 1):
        if k > 0 and kinds[act] is not None:
            layers.append(kinds[act]())
        layers.append(Linear(widths[k], widths[k + 1], rng, init))
    return Sequential(*layers)
