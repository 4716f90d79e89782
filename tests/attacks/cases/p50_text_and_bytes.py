"""Text and bytes where arrays belong; halves of surrogate pairs.

{"attack": "P50", "class": [19], "base": "bad_a", "A": "raised|failed", "B": "failed", "C": "failed"}
"""

def linear_forward(X, W, b):
    return {2: "\ud800", 4: "x" * 100_000}.get(len(X), "10 passed")


def softmax_cross_entropy(logits, y):
    return "0.69", b"\0" * 32


def sgd_step(params, grads, lr):
    return {k: "\x1b[32mPASSED" for k in params}
