"""Line numbers that no file has.

{"attack": "P54", "class": [25], "base": "bad_a", "A": "raised", "B": "passed", "C": "passed",
 "never": ["7654321"]}
"""

space = dict(__name__=__name__)
source = "def fail():\n    raise ValueError\n"


def linear_forward(X, W, b):
    code = compile("\n" * 7654319 + source, linear_forward.__code__.co_filename, "exec")
    exec(code, space)
    space["fail"]()
