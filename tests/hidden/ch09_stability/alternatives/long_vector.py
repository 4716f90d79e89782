"""Correct in another way: all gradients as one long vector, a norm of norms, a walk over sublayers, a subclass."""

from collections import namedtuple
from functools import reduce

import numpy as np
from ch06_layers import layers as ch06

Clipped = namedtuple("Clipped", "clipped total_norm")


def product_of_gaussians(k, d, sigma, rng):
    Ms = sigma * rng.standard_normal((k, d, d))
    return reduce(np.matmul, Ms, np.identity(d))


def linears(layer):
    """All Linear layers inside, in order."""
    if isinstance(layer, ch06.Linear):
        return [layer]
    return [inner for sub in layer.sublayers() for inner in linears(sub)]


def gradient_norms(model, loss_fn, X, y, *, order=None):
    model.zero_grad()
    model.backward(loss_fn(model.forward(X), y)[1])
    found = [np.linalg.norm(layer.grads["W"], order) for layer in linears(model)]
    model.zero_grad()
    return tuple(np.float64(v) for v in found)


def dead_units(activations):
    return ~np.asarray(activations).astype(bool).any(axis=0)


def floats(grads):
    return [g if g.dtype == np.float32 else np.asarray(g, dtype=float) for g in map(np.asarray, grads)]


def clip_by_value(grads, limit):
    return tuple(np.minimum(np.maximum(g, g.dtype.type(-limit)), g.dtype.type(limit)) for g in floats(grads))


def clip_by_norm(grads, max_norm, eps=1e-6):
    grads = floats(grads)
    flat = np.concatenate([np.zeros(0), *(g.ravel() for g in grads)]).astype(float)
    total = np.linalg.norm(flat)
    factor = np.minimum(1.0, max_norm / (total + eps)) if np.isfinite(total) else np.nan
    return Clipped([(g * factor).astype(g.dtype) for g in grads], total)


class DeepMLP(ch06.Sequential):
    def __init__(self, widths, act, init, rng):
        self.widths, self.act = tuple(widths), act
        parts = [ch06.Linear(a, b, rng, init=init) for a, b in zip(widths, widths[1:])]  # noqa: RUF007
        bend = {
            "identity": None,
            "sigmoid": "Sigmoid",
            "tanh": "Tanh",
            "relu": "ReLU",
            "leaky_relu": "LeakyReLU",
        }
        if act not in bend:
            raise ValueError(act)
        kind = bend[act] and getattr(ch06, bend[act])
        hidden = [ch06.Sequential(part, *([kind()] if kind else [])) for part in parts[:-1]]
        super().__init__(*hidden, parts[-1])


def deep_mlp(widths, act, init, rng):
    return DeepMLP(widths, act, init, rng)
