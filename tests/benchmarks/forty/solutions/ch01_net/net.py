"""A small network: the class of the benchmark writes these seven functions."""

import numpy as np


def sigmoid(z):
    """1 / (1 + exp(-z)), without overflow. z : array. Returns an array of the same shape."""
    ### BEGIN SOLUTION
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))
    ### END SOLUTION


def relu(z):
    """max(z, 0), entry by entry. z : array. Returns an array of the same shape."""
    ### BEGIN SOLUTION
    return np.maximum(z, 0)
    ### END SOLUTION


def softmax(z):
    """Probabilities of each row. z : (N, C). Returns (N, C)."""
    ### BEGIN SOLUTION
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
    ### END SOLUTION


def cross_entropy(z, y):
    """Mean loss of scores z (N, C) for labels y (N,), and its gradient: (loss, dz)."""
    ### BEGIN SOLUTION
    n = len(y)
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    dz = np.exp(log_p)
    dz[np.arange(n), y] -= 1
    return float(-log_p[np.arange(n), y].mean()), dz / n
    ### END SOLUTION


def linear_forward(X, W, b):
    """X W + b. X : (N, D), W : (D, M), b : (M,). Returns (N, M)."""
    ### BEGIN SOLUTION
    return X @ W + b
    ### END SOLUTION


def linear_backward(dout, X, W):
    """Gradients (dX, dW, db) of linear_forward for the gradient dout (N, M) from above."""
    ### BEGIN SOLUTION
    return dout @ W.T, X.T @ dout, dout.sum(axis=0)
    ### END SOLUTION


def sgd_step(params, grads, lr):
    """New parameters p - lr * g, as a list of arrays; the old ones stay as they are."""
    ### BEGIN SOLUTION
    return [p - lr * g for p, g in zip(params, grads)]
    ### END SOLUTION
