"""Functions that are coroutines and asynchronous generators.

{"attack": "P53", "class": [19], "base": "bad_a", "A": "raised", "B": "raised", "C": "raised failed"}
"""

async def linear_forward(X, W, b):
    return np.zeros((len(X), W.shape[1]))


async def softmax_cross_entropy(logits, y):
    yield 0.0


async def sgd_step(params, grads, lr):
    return {}
