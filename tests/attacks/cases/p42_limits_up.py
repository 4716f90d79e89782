"""Raises its own limits and its priority, and makes memory executable.

{"attack": "P42", "class": [16], "base": "bad_a", "level": "sealed", "A": "failed", "B": "passed",
 "C": "passed"}
"""

import ctypes
import mmap
import os


def limits():
    import resource

    for which in range(16):
        soft, hard = resource.getrlimit(which)
        try:
            resource.setrlimit(which, (hard, hard))
        except (OSError, ValueError):
            continue
        raise OverflowError("a limit was set")
    raise OSError("refused")


def executable():
    area = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(area))
    library = ctypes.CDLL(None, use_errno=True)
    if library.mprotect(ctypes.c_void_p(address), 4096, 7) != 0:
        raise OSError(ctypes.get_errno(), "refused")


def linear_forward(X, W, b):
    for attempt in (
        limits,
        executable,
        lambda: os.nice(-20),
        lambda: os.sched_setaffinity(0, {0}),
        lambda: os.setpriority(os.PRIO_PROCESS, 0, -20),
        lambda: os.setuid(0),
        lambda: os.setgroups([0]),
        lambda: mmap.mmap(-1, 4096, prot=7),
    ):
        try:
            attempt()
        except (OSError, ImportError):
            continue
        raise OverflowError("a limit was raised")
    return np.zeros((len(X), W.shape[1]))
