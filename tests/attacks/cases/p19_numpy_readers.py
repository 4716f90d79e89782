"""Reads files by the ways of numpy, of io and of the import system.

{"attack": "P19", "class": [9], "base": "bad_a", "level": "sealed", "A": "failed", "B": "passed",
 "C": "passed"}
"""

import importlib.machinery
import io
import linecache
import os
import tokenize


def linear_forward(X, W, b):
    path = "@COURSE@/solutions/ch00_attacked/attacked.py"
    ways = (
        lambda: np.fromfile(path, dtype=np.uint8),
        lambda: np.loadtxt(path, dtype=str),
        lambda: np.memmap(path, mode="r"),
        lambda: np.load(path, allow_pickle=True),
        lambda: np.genfromtxt(path),
        lambda: io.FileIO(path).read(),
        lambda: io.open_code(path).read(),
        lambda: tokenize.open(path).read(),
        lambda: os.open(path, os.O_RDONLY),
        lambda: os.stat(path),
        lambda: os.readlink("/proc/self/exe"),
        lambda: importlib.machinery.SourceFileLoader("x", path).get_data(path),
        lambda: linecache.getlines(path)[0],
    )
    for way in ways:
        try:
            way()
        except (OSError, IndexError):
            continue
        raise OverflowError("a file can be read")
    return np.zeros((len(X), W.shape[1]))
