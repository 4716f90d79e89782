"""Wrong programs as students type them: id of the rule, source, exercise, arguments, what the message has to say.

The arguments are those of a test. `Linear` is used by its `forward`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

X = np.arange(15.0).reshape(5, 3)
W = np.ones((4, 2))
Y = np.array([0, 1, 2, 0, 1])
HEAD = "import numpy as np\n\n\n"

Wrong = tuple[str, str, str, tuple[Any, ...], tuple[str, ...]]


def body(text: str, parameters: str = "z", name: str = "f") -> str:
    """A file with one function."""
    rows = "\n".join(f"    {row}" for row in text.split("\n"))
    return f"{HEAD}def {name}({parameters}):\n{rows}\n"


# fmt: off
# The file does not load: no function is called.
UNREADABLE: list[tuple[str, str, tuple[str, ...]]] = [
    ("syntax.colon", HEAD + "def f(z)\n    return z\n", ("line 4: `def f(z)`", "colon is missing")),
    ("syntax.colon", body("if z.sum() > 0\n    return z"), ("line 5", "colon is missing")),
    ("syntax.never-closed", body("return np.exp(z - z.max(axis=1)"), ("line 5", "( is never closed", "missing )")),
    ("syntax.unmatched", body("return np.exp(z))"), ("one ) too many",)),
    ("syntax.brackets", body("return np.zeros((3, 4])"), ("wrong order",)),
    ("syntax.quote", body("return params['W]"), ("closing quote is missing",)),
    ("syntax.triple-quote", HEAD + 'def f(z):\n    """Rows sum to one.\n    return z\n', ("line 5", "three quotes",)),
    ("syntax.equals", body("if z = 0:\n    return 1"), ("To compare two values write ==",)),
    ("syntax.comma", body("return np.sum(z axis=1)"), ("A comma",)),
    ("syntax.print", body("print z\nreturn z"), ("print(...)",)),
    ("syntax.outside", HEAD + "def f(z):\n    e = np.exp(z)\nreturn e\n", ("line 6: `return e`", "indented")),
    ("syntax.number", body("return 2x"), ("2 * x",)),
    ("syntax.character", body("return z − 1"), ("copied text",)),
    ("syntax.assign", body("np.exp(z) = e\nreturn e"), ("left side of =",)),
    ("syntax.positional", body("return np.sum(axis=1, z)"), ("come after",)),
    ("syntax.guess", body("lambda = 0.1\nreturn z * lambda"), ("lambda is a word of Python",)),
    ("syntax.guess", body("if z > 0 && z < 1:\n    return z"), ("and, or, not",)),
    ("syntax.colon", body("if 1:\n    return z\nelse if 2:\n    return -z"), ("elif",)),
    ("syntax.guess", body("z++\nreturn z"), ("x += 1",)),
    ("indent.expected", HEAD + "def f(z):\nreturn z\n", ("line 5: `return z`", "four spaces deeper")),
    ("indent.unexpected", body("e = np.exp(z)\n  return e"), ("deeper than the one above",)),
    ("indent.unindent", HEAD + "def f(z):\n    if 1:\n        e = z\n      return e\n", ("line 7", "no line above")),
    ("indent.tabs", HEAD + "def f(z):\n    if 1:\n        e = z\n\treturn e\n", ("line 7", "Tabs and spaces")),
]

RAISES: list[Wrong] = [
    ("name.unknown", body("e = np.exp(z)\nreturn e / e.sum(axis=1, keepdims=true)"), "f", (X,), ("line 6: `true`", "it is written True")),
    ("name.unknown", body("total = z.sum()\nreturn totl / 2"), "f", (X,), ("`totl`", "Did you mean total?")),
    ("name.unknown", "def f(z):\n    return np.exp(z)\n", "f", (X,), ("line 2", "import numpy as np")),
    ("name.unknown", body("return exp(z)"), "f", (X,), ("Write np.exp",)),
    ("name.unknown", body("return math.exp(1)"), "f", (X,), ("import math",)),
    ("name.unknown", body("return torch.tensor(z)"), "f", (X,), ("Only numpy is used",)),
    ("name.local", body("for row in z[:0]:\n    total = row.sum()\nreturn total"), "f", (X,), ("`total`", "branch or loop that was not run")),
    ("import.module", body("import torch\nreturn torch.exp(z)"), "f", (X,), ("no module torch", "Only numpy is used")),
    ("import.module", body("from ch3_activation.activations import sigmoid\nreturn sigmoid(z)"), "f", (X,), ("from ch03_activations.activations import",)),
    ("import.module", body("import nunpy as np\nreturn np.exp(z)"), "f", (X,), ("spelled numpy",)),
    ("import.name", body("from math import softplus\nreturn softplus(z)"), "f", (X,), ("no softplus",)),
    ("attribute.numpy", body("return np.expp(z)"), "f", (X,), ("numpy has no expp", "np.exp")),
    ("attribute.numpy", body("return np.product(z)"), "f", (X,), ("removed from numpy", "np.prod")),
    ("attribute.numpy", body("return z.astype(np.float)"), "f", (X,), ("removed from numpy; use float",)),
    ("attribute.array", body("return z.exp()"), "f", (X,), ("np.exp(x)",)),
    ("attribute.array", body("z.append(1)\nreturn z"), "f", (X,), ("Arrays do not grow",)),
    ("attribute.none", body("rows = [3, 1].sort()\nreturn rows.index(1)"), "f", (X,), ("None here", "rows is None")),
    ("attribute.list", body("rows = [1, 2]\nreturn rows.shape"), "f", (X,), ("np.array", "rows is a list of 2")),
    ("attribute.number", body("return z.sum().append(1)"), "f", (X,), ("single number",)),
    ("attribute.own", HEAD + "class Linear:\n    def __init__(self):\n        self.weights = 1\n\n    def forward(self, X):\n        return X * self.weight\n", "Linear", (X,), ("no weight", "Did you mean weights?")),
    ("name.unknown", HEAD + "class Linear:\n    def __init__(self):\n        self.bias = 1\n\n    def forward(self, X):\n        return X * bias\n", "Linear", (X,), ("self.bias",)),
    ("call.many", body("return z", ""), "f", (X,), ("more arguments", "as it was given: `def f(z):`", "Yours is `def f():`")),
    ("call.missing", body("return z", "z, axis"), "f", (X,), ("without axis", "Yours is `def f(z, axis):`")),
    ("call.many", HEAD + "class Linear:\n    def forward(X):\n        return X\n", "Linear", (X,), ("Linear.forward", "Yours is `def forward(X):`")),
    ("call.keyword", body("return np.sum(z, axs=1)"), "f", (X,), ("no argument axs",)),
    ("call.array", body("return z(0)"), "f", (X,), ("x[0]",)),
    ("call.number", body("return 2(z + 1)"), "f", (X,), ("operator missing",)),
    ("type.none", body("best = None\nreturn z + best"), "f", (X,), ("best is None",)),
    ("type.zeros-shape", body("return np.zeros(3, 4)"), "f", (X,), ("np.zeros((3, 4))",)),
    ("type.float-count", body("return [i for i in range(len(z) / 2)]"), "f", (X,), ("// gives a whole number",)),
    ("type.scalar-index", body("import math\nreturn math.exp(z)"), "f", (X,), ("np.exp takes arrays", "z has shape (5, 3)")),
    ("type.cast", body("z = np.array([1, 2])\nz -= 0.5\nreturn z"), "f", (X,), ("`z -= 0.5`", "array of whole numbers")),
    ("type.list-operand", body("rows = [1.0, 2.0]\nreturn rows - 1"), "f", (X,), ("do not calculate", "rows is a list of 2")),
    ("type.operands", body("return {} - 1"), "f", (X,), ("- does not work between a dict and a whole number",)),
    ("shape.split", body("return np.split(z, 2)"), "f", (X,), ("places of the cuts",)),
    ("type.list-index", body("rows = z.tolist()\nreturn rows[0, 1]"), "f", (X,), ("np.array", "rows is a list of 5")),
    ("type.no-loop", body("return [i for i in len(z)]"), "f", (X,), ("range(n)",)),
    ("type.no-unpack", body("n, d = z.sum()\nreturn n"), "f", (X,), ("unpacked",)),
    ("type.key", body("return {z: 1}"), "f", (X,), ("key of a dict",)),
    ("type.no-items", body("return np.zeros[3]"), "f", (X,), ("called with parentheses",)),
    ("index.axis", body("return z[0].sum(axis=1)"), "f", (X,), ("no axis 1", "array has 1")),
    ("index.too-many", body("row = z[0]\nreturn row[0, 1]"), "f", (X,), ("row has shape (3,)",)),
    ("index.array", body("return z[len(z)]"), "f", (X,), ("beyond the end of axis 0", "z has shape (5, 3)")),
    ("index.list", body("return [1, 2][2]"), "f", (X,), ("beyond the end",)),
    ("index.float", body("return z[len(z) / 2]"), "f", (X,), ("whole numbers",)),
    ("index.boolean", body("mask = z[0] > 0\nreturn z[mask]"), "f", (X,), ("mask", "mask has shape (3,)")),
    ("index.pairs", body("return z[np.arange(4), np.arange(5) % 3]"), "f", (X,), ("np.arange(len(y))",)),
    ("key", body("params = {'W': z}\nreturn params['w']"), "f", (X,), ("no key w", "Did you mean W?")),
    ("shape.broadcast", body("return z / z.sum(axis=1)"), "f", (X,), ("line 5: `z / z.sum(axis=1)`", "keepdims=True", "z has shape (5, 3), z.sum(axis=1) has shape (5,)")),
    ("shape.broadcast", body("return np.maximum(z, np.ones(5))"), "f", (X,), ("z has shape (5, 3), np.ones(5) has shape (5,)",)),
    ("shape.matmul", body("return X @ W", "X, W"), "f", (X, W), ("`X @ W`", "rows of the right", "X has shape (5, 3), W has shape (4, 2)")),
    ("shape.matmul", body("return np.dot(X, W) + 1", "X, W"), "f", (X, W), ("`np.dot(X, W)`", "X has shape (5, 3), W has shape (4, 2)")),
    ("shape.matmul", HEAD + "class Linear:\n    def __init__(self):\n        self.params = {'W': np.ones((4, 2))}\n\n    def forward(self, X):\n        return X @ self.params['W'] + 1\n", "Linear", (X,), ("X has shape (5, 3), self.params['W'] has shape (4, 2)",)),
    ("shape.matmul", body("return (X - 1).T @ X.T", "X"), "f", (X,), ("X.T has shape (3, 5)",)),
    ("shape.matmul-scalar", body("return z @ 2"), "f", (X,), ("write *",)),
    ("shape.reshape", body("return z.reshape(4, -1)"), "f", (X,), ("number of entries", "z has shape (5, 3)")),
    ("shape.ranks", body("return np.concatenate([z, z[0]])"), "f", (X,), ("same number of axes", "z has shape (5, 3), z[0] has shape (3,)",)),
    ("shape.concatenate", body("return np.concatenate([X, W])", "X, W"), "f", (X, W), ("other lengths", "X has shape (5, 3), W has shape (4, 2)")),
    ("shape.remapped", body("return np.einsum('ij,jk->ik', X, W)", "X, W"), "f", (X, W), ("letter of the einsum", "W has shape (4, 2)")),
    ("shape.einsum", body("return np.einsum('ijk->ik', z)"), "f", (X,), ("one letter for each axis",)),
    ("shape.in-place", body("b = np.zeros(3)\nb += z\nreturn b"), "f", (X,), ("`b += z`", "b has shape (3,), z has shape (5, 3)")),
    ("shape.assign", body("out = np.zeros((5, 2))\nout[0] = z[0]\nreturn out"), "f", (X,), ("another shape", "out[0] has shape (2,)")),
    ("shape.rows", body("return np.array([[1, 2], [3]])"), "f", (X,), ("different lengths",)),
    ("shape.transpose", body("return z.transpose(0, 2, 1)"), "f", (X,), ("each axis", "z has shape (5, 3)")),
    ("shape.empty", body("return z[:0].max()"), "f", (X,), ("array is empty",)),
    ("value.truth", body("if z > 0:\n    return z\nreturn 0 * z"), "f", (X,), ("np.where", "z has shape (5, 3)")),
    ("value.truth", body("return max(0, z)"), "f", (X,), ("np.where",)),
    ("value.too-few", body("n, d, c = z.shape, 1\nreturn n"), "f", (X,), ("fewer values",)),
    ("value.too-many", body("n = 1\na, b = z\nreturn n"), "f", (X,), ("more values than names",)),
    ("value.nan-to-int", body("return int(np.log(-1.0 * np.ones(1))[0])"), "f", (X,), ("nan",)),
    ("arithmetic.zero", body("return sum([]) / len([])"), "f", (X,), ("divided by 0",)),
    ("arithmetic.overflow", body("import math\nreturn math.exp(1000)"), "f", (X,), ("709",)),
    ("limit.recursion", body("return f(z) + 1"), "f", (X,), ("calls itself",)),
    ("limit.memory-array", body("return np.zeros((10**7, 10**7))"), "f", (X,), ("far too large",)),
    ("world.exit", body("exit()"), "f", (X,), ("return",)),
    ("world.assert", body("assert z.ndim == 1"), "f", (X,), ("assert of your own",)),
]

# A typical wrong answer for each chapter: chapter, exercise, what is typed, what is said about the cause.
BY_CHAPTER: list[tuple[str, str, str, tuple[str, ...]]] = [
    ("ch00_toolbox", "one_hot", "def one_hot(y, num_classes):\n    return np.eye(num_classes)[y - 1]\n", ("Classes count from 0",)),
    ("ch01_perceptron", "perceptron_step", "def perceptron_step(w, b, x, y):\n    changed = bool(y * (w @ x + b) < 0)\n    if changed:\n        w, b = w + y * x, b + y\n    return w.copy(), float(b), changed\n", ("nothing ever moves; use <=",)),
    ("ch02_descent", "mse_1d_grad", "def mse_1d_grad(w, x, y):\n    return float(2 * np.sum((w * x - y) * x))\n", ("exactly 3 times too large", "the mean over the batch")),
    ("ch02_descent", "gd", "def gd(grad_fn, w0, lr, steps):\n    w = np.array(w0, dtype=float)\n    history = [w]\n    for _ in range(steps):\n        w -= lr * grad_fn(w)\n        history.append(w)\n    return np.array(history)\n", ("append a copy",)),
    ("ch03_activations", "tanh_backward", "def tanh_backward(dout, a):\n    return dout * (1 - a)\n", ("1 minus its square",)),
    ("ch03_activations", "sigmoid", "def sigmoid(z):\n    return np.exp(z) / (1 + np.exp(z))\n", ("1 nan of 2", "exp of more than 709 is inf")),
    ("ch04_losses", "softmax_cross_entropy", "def softmax_cross_entropy(z, y):\n    e = np.exp(z - z.max(axis=1, keepdims=True))\n    p = e / e.sum(axis=1, keepdims=True)\n    loss = -np.log(p[np.arange(len(y)), y]).mean()\n    p[np.arange(len(y)), y] -= 1\n    return float(loss), p\n", ("loss of softmax_cross_entropy(z, y) is inf", "log(0) is -inf")),
    ("ch04_losses", "softmax", "def softmax(z):\n    e = np.exp(z - z.max(axis=1))\n    return e / np.sum(e, axes=1)\n", ("np.sum(e, axes=1)", "no argument axes")),
    ("ch05_autograd", "mul_gate_backward", "def mul_gate_backward(dout, x, y):\n    return dout * x, dout * y\n", ("multiplied by the other one",)),
    ("ch06_layers", "linear_backward", "def linear_backward(dout, X, W):\n    return dout @ W, X.T @ dout, dout.sum(axis=0)\n", ("dout has shape (2, 2), W has shape (3, 2)", "W transposed")),
    ("ch06_layers", "linear_forward", "def linear_forward(X, W, b):\n    print(X @ W + b)\n", ("returned None", "print shows it, return gives it back")),
    ("ch07_training", "BatchGD", "class BatchGD:\n    def __init__(self, model, lr):\n        self.model, self.lr = model, lr\n\n    def step(self):\n        for layer in self.model.sublayers():\n            layer.params['W'] -= self.learning_rate * layer.grads['W']\n\n    def zero_grad(self):\n        self.model.zero_grad()\n", ("Only the layers directly inside the model are moved",)),
    ("ch08_initialization", "xavier_normal", "def xavier_normal(shape, rng):\n    fan_in, fan_out = shape\n    return rng.normal(0.0, 2 / (fan_in + fan_out), size=shape)\n", ("the variance; the standard deviation is its square root",)),
    ("ch08_initialization", "init_normal", "def init_normal(shape, std, rng):\n    return np.random.randn(shape) * std\n", ("np.random.randn(shape)", "rng.normal(size=shape)")),
    ("ch09_stability", "dead_units", "def dead_units(activations):\n    return (activations == 0).any(axis=0)\n", ("it has to be zero for all of them",)),
    ("ch10_optimizers", "standardize_apply", "def standardize_apply(X, mean, std):\n    return (X - mean) / std\n", ("divided by 0",)),
    ("ch11_selection", "poly_features", "def poly_features(x, degree):\n    return np.stack([x**k for k in range(degree + 1)], axis=1)\n", ("divided by i!",)),
    ("ch12_regularization", "dropout_forward", "def dropout_forward(x, p, rng, train=True):\n    if not train:\n        return x.copy(), np.ones_like(x)\n    mask = (rng.random(x.shape) >= p).astype(float)\n    return x * mask, mask\n", ("Divide by 1 - p",)),
    ("ch12_regularization", "l2_penalty", "def l2_penalty(Ws, lam):\n    return lam * np.sum(Ws**2)\n", ("Lists and tuples do not calculate", "Ws[0] has shape")),
    ("ch13_convolution", "conv_output_size", "def conv_output_size(n, k, stride=1, pad=0):\n    return (n + 2 * pad - k) / stride + 1\n", ("Divide whole numbers with //",)),
    ("ch13_convolution", "pad2d", "def pad2d(x, p):\n    return np.pad(x, p)\n", ("pads all four axes",)),
    ("ch14_blocks", "concat_channels", "def concat_channels(parts):\n    return np.concatenate(parts)\n", ("parts[0] has shape (1, 1, 1, 2), parts[1] has shape (1, 2, 1, 2)", "channels are axis 1")),
    ("ch14_blocks", "concat_channels_backward", "def concat_channels_backward(dout, sizes):\n    return np.split(dout, len(sizes), axis=1)\n", ("np.split with a number cuts into equal parts",)),
]
# fmt: on
