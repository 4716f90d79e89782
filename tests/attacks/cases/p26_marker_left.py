"""Leaves a marker wherever something might outlive it: modules, shared memory, keyrings, locks, sockets.

{"attack": "P26", "class": [13], "base": "good", "level": "sealed", "A": "passed", "B": "passed",
 "C": "passed"}
"""

import ctypes
import os
import socket

MARKER = "-".join(("nnkata", "marker", "@MARKER@"))
np.nnkata_marker = MARKER
np.random.nnkata_marker = [MARKER] * 1000
call = ctypes.CDLL(None, use_errno=True).syscall


def leave_in_file(path):
    with open(path, "w") as file:
        file.write(MARKER)


def leave_in_socket():
    place = socket.socket(socket.AF_UNIX)
    place.bind("\0" + MARKER)


def lock():
    import fcntl

    fcntl.flock(os.open(np.__file__, os.O_RDONLY), fcntl.LOCK_EX)


for attempt in (
    lambda: leave_in_file("/dev/shm/nnkata_attack_marker"),
    lambda: leave_in_file("/tmp/nnkata_attack_marker"),
    leave_in_socket,
    lock,
    lambda: call(248, b"user", MARKER.encode(), MARKER.encode(), len(MARKER), -3),
    lambda: os.memfd_create(MARKER),
    lambda: os.environ.__setitem__("NNKATA_MARKER", MARKER),
):
    try:
        attempt()
    except Exception:
        pass
