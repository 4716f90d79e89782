"""The fork server: a process with numpy imported that forks one worker per submission.

It is started by `grader.sandbox.server` with a clean environment, never sees a submission and never holds an
expected value. Its control socket (SEQPACKET) knows two messages:

    b"F" + uid, with one socket attached    fork a worker that serves that socket; answer: pid, with a pidfd
    b"W" + pid                              reap that worker; answer: its wait status, or -1
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import struct
import sys
import types

FORK = struct.Struct("<ci")
REPLY = struct.Struct("<qq")


def inert_matplotlib():
    """`import matplotlib.pyplot as plt` works in a worker and draws nothing."""

    class Inert:
        def __call__(self, *args, **kwargs):
            return Inert()

        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            return Inert()

        def __iter__(self):
            return iter((Inert(), Inert()))  # fig, ax = plt.subplots()

        def __enter__(self):
            return self

        def __exit__(self, *exc):
            return None

        def __getitem__(self, key):
            return Inert()

        def __setitem__(self, key, value):
            pass

    class InertModule(types.ModuleType):
        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            return Inert()

    for name in ("matplotlib", "matplotlib.pyplot", "matplotlib.figure", "matplotlib.axes", "matplotlib.cm"):
        module = InertModule(name)
        module.__path__ = []
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)


def preload(names):
    """Import what students may import; after the filter is loaded no file can be opened."""
    for name in names:
        with contextlib.suppress(ImportError):  # a module that this Python does not have
            importlib.import_module(name)
    only_what_is_there("numpy")
    inert_matplotlib()


def only_what_is_there(name):
    """`from numpy import *` must not ask for submodules that are imported on demand, which is too late here."""
    module = sys.modules[name]
    module.__all__ = [n for n in module.__all__ if n in vars(module)]


def warm_up():
    """Run what imports lazily or allocates once, so that workers inherit it."""
    import numpy as np

    a = np.eye(3)
    np.linalg.svd(a)
    np.array2string(a)
    repr(np.float64(1.0))
    np.random.default_rng(0).normal(size=3)
    np.einsum("ij,jk->ik", a, a)
    str(np.datetime64("2020-01-01"))
    "".encode("ascii"), "".encode("latin-1"), "".encode("utf-16")
    import warnings

    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        np.exp(np.array([1000.0]))


def main():
    config = json.loads(sys.argv[1])
    sys.path[:0] = [config["inside"]]
    sys.path += [p for p in config["packages"] if p not in sys.path]
    import lockdown
    import msgpack  # noqa: F401  (wire imports it when first used, which would be too late)
    import worker

    control = socket.socket(fileno=config["control"])
    preload(config["modules"])
    warm_up()
    blob = None
    if config["filter"]:
        with open(config["filter"], "rb") as file:
            blob = file.read()
    lockdown.prepare()
    lockdown.die_with_parent(config["parent"])
    config["tasks"] = lockdown.task_ceiling()
    sys.path[:] = []
    sys.path_importer_cache.clear()
    sys.argv[:] = [""]
    os.environ.clear()
    os.chdir("/")
    gc.collect()
    gc.freeze()
    zygote = os.getpid()
    children = set()
    control.send(b"ready")
    while True:
        try:
            message, fds, _, _ = socket.recv_fds(control, 64, 1)
        except ConnectionError:  # the grader hung up before it had read every reply
            break
        if not message:
            break
        if message[:1] == b"F":
            (_, uid) = FORK.unpack(message)
            pid = os.fork()
            if pid == 0:
                try:
                    worker.run(fds[0], uid, zygote, blob, config)
                finally:
                    os._exit(70)
            children.add(pid)
            os.close(fds[0])
            pidfd = os.pidfd_open(pid)
            socket.send_fds(control, [REPLY.pack(pid, 0)], [pidfd])
            os.close(pidfd)
        elif message[:1] == b"W":
            (_, pid) = FORK.unpack(message)
            status = -1
            if pid in children:
                _, status = os.waitpid(pid, 0)
                children.discard(pid)
            control.send(REPLY.pack(pid, status))
    for pid in children:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    os._exit(0)  # nothing is left to be tidied up, and the grader waits


if __name__ == "__main__":
    main()
