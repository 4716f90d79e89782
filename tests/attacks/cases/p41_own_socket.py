"""Turns the one socket that it has to other addresses, and passes files over it.

{"attack": "P41", "class": [11], "base": "bad_a", "level": "sealed", "A": "failed", "B": "passed",
 "C": "passed"}
"""

import array
import socket


def linear_forward(X, W, b):
    mine = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, 0)
    try:
        for attempt in (
            lambda: mine.connect("@UNIX@"),
            lambda: mine.connect("\0@ABSTRACT@"),
            lambda: mine.bind("\0nnkata-attack"),
            lambda: mine.listen(),
            lambda: mine.accept(),
            lambda: mine.shutdown(socket.SHUT_WR),
            lambda: mine.sendto(b"x", "@UNIX@"),
            lambda: mine.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]))]),
            lambda: mine.recvmsg(1, 100, socket.MSG_DONTWAIT),
            lambda: mine.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30),
            lambda: mine.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12),
            lambda: mine.send(b"x", socket.MSG_OOB),
        ):
            try:
                attempt()
            except OSError:
                continue
            raise OverflowError("the socket can be turned")
    finally:
        mine.detach()
    return np.zeros((len(X), W.shape[1]))
