"""Function names that are HTML, terminal codes and formulas of a spreadsheet.

{"attack": "P54", "class": [26], "base": "bad_a", "A": "raised", "B": "raised", "C": "raised",
 "never": ["<script>", "\x1b", "=HYPERLINK"]}
"""

def rename(function, name):
    function.__code__ = function.__code__.replace(co_name=name, co_qualname=name)
    return function


def fail():
    raise ValueError


def linear_forward(X, W, b):
    rename(fail, "<script>alert(1)</script>")()


def softmax_cross_entropy(logits, y):
    rename(fail, "\x1b[2J\x1b[32mPASSED")()


def sgd_step(params, grads, lr):
    rename(fail, '=HYPERLINK("http://example.org")')()
