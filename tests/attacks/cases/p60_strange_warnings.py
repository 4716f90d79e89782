"""Warnings whose category and text are not what they should be.

{"attack": "P60", "class": [17], "base": "bad_a", "A": "raised", "B": "passed", "C": "passed",
 "note": "Recording a warning asks for its text, and that is a SystemExit of the student's own."}
"""

import warnings


class Text(Warning):
    def __str__(self):
        raise SystemExit(0)


def linear_forward(X, W, b):
    warnings.warn(Text("x"))
    warnings.warn("\ud800\x1b[2J")
    warnings.warn("x" * 10**6, type("<script>", (UserWarning,), {"__module__": "builtins"}))
    return np.zeros((len(X), W.shape[1]))
