"""Forty submissions of one chapter: 20 right, 12 partly wrong, 6 that crash at import, one loop, one 2 GB hog."""

from __future__ import annotations

import re
from pathlib import Path

REFERENCE = re.sub(
    r" *### (BEGIN|END) SOLUTION\n",
    "",
    (Path(__file__).parent / "solutions/ch01_net/net.py").read_text("utf-8"),
)

LOOPS = (
    "    return dout @ W.T, X.T @ dout, dout.sum(axis=0)\n",
    "    dX, dW = np.zeros_like(X), np.zeros_like(W)\n    for n in range(len(X)):\n        dX[n] = W @ dout[n]\n"
    "        dW += np.outer(X[n], dout[n])\n    return dX, dW, dout.sum(axis=0)\n",
)
RIGHT = [
    (),
    LOOPS,
    ("    return np.maximum(z, 0)\n", "    return np.where(z > 0, z, 0)\n"),
    ("    return X @ W + b\n", "    return np.einsum('nd,dm->nm', X, W) + b\n"),
    (
        "[p - lr * g for p, g in zip(params, grads)]",
        "[np.subtract(p, lr * g) for p, g in zip(params, grads)]",
    ),
]
WRONG = [
    ("1 / (1 + e), e / (1 + e))", "1 / (1 + e), 1 / (1 + e))"),
    ("    return np.maximum(z, 0)\n", "    return np.abs(z)\n"),
    ("e.sum(axis=1, keepdims=True)\n", "e.sum()\n"),
    ("z - z.max(axis=1, keepdims=True))\n    return", "z)\n    return"),
    (".mean()), dz / n", ".sum()), dz / n"),
    ("dz / n", "dz"),
    ("X @ W + b", "X @ W"),
    ("X.T @ dout", "X.T @ dout / len(X)"),
    ("dout @ W.T", "dout @ W.T * 2"),
    ("p - lr * g", "p + lr * g"),
    ("    return [p - lr", "    raise NotImplementedError\n    return [p - lr"),
    ("    return dout @ W.T", "    return None\n    return dout @ W.T"),
]
CRASHES = [
    "import torch\n",
    "print(undefined_name)\n",
    "def broken(:\n    pass\n",
    "raise RuntimeError('my notes')\n",
    "import sys\nsys.exit(0)\n",
    "x = input('size? ')\n",
]
LOOP = ("    return [p - lr * g", "    while True:\n        pass\n    return [p - lr * g")
HOG = ("    return np.maximum(z, 0)\n", "    np.ones(2 * 2**27)\n    return np.maximum(z, 0)\n")


def changed(change: tuple[str, ...]) -> str:
    """The reference with one text replaced, which must be there."""
    if not change:
        return REFERENCE
    assert change[0] in REFERENCE, change
    return REFERENCE.replace(change[0], change[1], 1)


def sources() -> dict[str, str]:
    """Student -> text of net.py. The last two are the loop and the hog."""
    texts = [changed(RIGHT[i % len(RIGHT)]) + f"# submission {i}\n" for i in range(20)]
    texts += [changed(change) for change in WRONG]
    texts += [REFERENCE + crash for crash in CRASHES]
    texts += [changed(LOOP), changed(HOG)]
    return {f"student{i:02}": text for i, text in enumerate(texts, 1)}


def write(folder: Path, students: dict[str, str]) -> Path:
    """One folder per student with `ch01_net/net.py`, as a class hands in."""
    for student, text in students.items():
        path = folder / student / "ch01_net" / "net.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
