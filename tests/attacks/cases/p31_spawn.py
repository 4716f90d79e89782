"""Starts processes by posix_spawn, vfork, forkpty, clone and multiprocessing.

{"attack": "P31", "class": [14], "base": "bad_a", "level": "sealed", "A": "failed", "B": "passed",
 "C": "passed"}
"""

import ctypes
import os


def pool():
    import multiprocessing

    multiprocessing.Pool(2)


def by_number(number, *arguments):
    library = ctypes.CDLL(None, use_errno=True)
    if library.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def linear_forward(X, W, b):
    for attempt in (
        lambda: os.posix_spawn("/bin/sleep", ["sleep", "20"], {}),
        lambda: os.spawnv(os.P_NOWAIT, "/bin/sleep", ["sleep", "20"]),
        os.forkpty,
        pool,
        lambda: by_number(56, 17, 0, 0, 0, 0),  # clone(SIGCHLD)
        lambda: by_number(58),  # vfork
        lambda: by_number(435, 0, 0),  # clone3
        lambda: os.popen("true"),
    ):
        try:
            attempt()
        except (OSError, ImportError):
            continue
        raise OverflowError("a process was made")
    return np.zeros((len(X), W.shape[1]))
