"""Locking a worker in, from inside: user, limits, filter, and the proof that they hold.

The fork server calls `prepare()` once. Every worker then calls, in this order and before it has read one
byte of a submission:

    drop_user(uid)               only if the fork server runs as root
    die_with_parent(parent_pid)  after drop_user: a change of user clears it
    set_limits(memory, seconds)
    load_filter(blob)            last; from here on nothing can be opened

Whatever any of them raises, the worker must end (`os._exit`) without reading on: a worker that is locked
in by half is not locked in. Only the standard library is imported here, and nothing of the kit.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import math
import mmap
import os
import resource
import select
import signal
import socket
import struct
import sys
import threading
import time

MEMORY_FLOOR = 256 << 20  # bytes of address space; below this numpy itself fails in odd places
STACK_BYTES = 8 << 20
OPEN_FILES = 64
NICENESS = 5

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_TSYNC = 1
_INSTRUCTION_BYTES = 8
_MOST_INSTRUCTIONS = 4096

# System calls that Python has no function for, or whose errno it hides.
NUMBERS = {
    "x86_64": {
        "bpf": 321,
        "clone3": 435,
        "io_uring_setup": 425,
        "keyctl": 250,
        "openat2": 437,
        "pidfd_open": 434,
        "prlimit64": 302,
        "process_vm_readv": 310,
        "ptrace": 101,
        "seccomp": 317,
        "sendmsg": 46,
        "sendto": 44,
        "unshare": 272,
    },
    "aarch64": {
        "bpf": 280,
        "clone3": 435,
        "io_uring_setup": 425,
        "keyctl": 219,
        "openat2": 437,
        "pidfd_open": 434,
        "prlimit64": 261,
        "process_vm_readv": 270,
        "ptrace": 117,
        "seccomp": 277,
        "sendmsg": 211,
        "sendto": 206,
        "unshare": 97,
    },
}


class _Program(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


class _Kernel:
    """Functions of the C library, looked up before the fork: a worker only calls them."""

    def __init__(self) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        self.prctl = library.prctl
        self.prctl.argtypes = (ctypes.c_int, *(ctypes.c_ulong,) * 4)
        self.prctl.restype = ctypes.c_int
        self.syscall = library.syscall
        self.syscall.argtypes = (ctypes.c_long, *(ctypes.c_ulong,) * 6)
        self.syscall.restype = ctypes.c_long
        # A 32-bit Python on a 64-bit kernel has other numbers.
        machine = os.uname().machine if struct.calcsize("P") == 8 else ""
        self.numbers = NUMBERS.get(machine, {}) if sys.platform == "linux" else {}


_kernel: _Kernel | None = None


def prepare() -> None:
    """Look up all that the other functions need. The fork server calls it once, before the first fork.

    Raises
    ------
    OSError, AttributeError
        If the C library has no prctl or syscall, as on macOS.
    """
    global _kernel
    if _kernel is None:
        _kernel = _Kernel()


def _prepared() -> _Kernel:
    prepare()
    assert _kernel is not None
    return _kernel


def _raise_errno(what: str) -> None:
    number = ctypes.get_errno()
    raise OSError(number, f"{what}: {os.strerror(number)}")


def _prctl(option: int, value: int, what: str) -> None:
    if _prepared().prctl(option, value, 0, 0, 0) != 0:
        _raise_errno(what)


def _call(name: str, *arguments: int) -> int:
    """A raw system call. KeyError if its number is unknown on this machine."""
    kernel = _prepared()
    padded = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    result = kernel.syscall(kernel.numbers[name], *padded)
    if result == -1:
        _raise_errno(name)
    return result


# -- the four steps ------------------------------------------------------------------------------------------


def drop_user(uid: int) -> None:
    """Become `uid` and group `uid` for good, without any other group. Only for a worker that is root.

    Parameters
    ----------
    uid : not 0, and used for nothing else on this machine; it need not be in /etc/passwd.

    Raises
    ------
    ValueError
        If uid is not positive.
    OSError
        If the kernel refuses, or if root could be had back afterwards.
    """
    if uid <= 0:
        raise ValueError(f"a worker cannot run as uid {uid}")
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    if os.getresuid() != (uid,) * 3 or os.getresgid() != (uid,) * 3 or os.getgroups():
        raise PermissionError(errno.EPERM, "the user was not changed")
    # Asked of the kernel: a capability that survived (securebits) shows only by what it allows.
    for regain in (os.setuid, os.setgid):
        try:
            regain(0)
        except PermissionError:
            continue
        raise PermissionError(errno.EPERM, f"root can be had back by {regain.__name__}(0)")


def die_with_parent(parent_pid: int) -> None:
    """Be killed when the fork server ends, and be closed to debuggers of the same user.

    Call it after `drop_user`, which clears both. The kernel means the thread that forked: a parent must
    fork from a thread that lives as long as it does.

    Parameters
    ----------
    parent_pid : `os.getpid()` of the fork server, taken before the fork.

    Raises
    ------
    ProcessLookupError
        If the fork server has ended meanwhile, so that its signal will never come.
    OSError
        If the kernel refuses.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, "PR_SET_PDEATHSIG")
    _prctl(_PR_SET_DUMPABLE, 0, "PR_SET_DUMPABLE")
    if os.getppid() != parent_pid:
        raise ProcessLookupError(errno.ESRCH, "the fork server has ended")


def task_ceiling(headroom: int = 1024) -> int | None:
    """A value for the `tasks` of `set_limits`: what runs on this machine now, plus `headroom`.

    For the fork server, which can still read files. None where the kernel does not tell.
    """
    try:
        with open("/proc/loadavg", encoding="ascii") as file:
            return int(file.read().split()[3].partition("/")[2]) + headroom
    except (OSError, ValueError, IndexError):
        return None


def set_limits(memory_bytes: int, cpu_seconds: int, tasks: int | None = None) -> None:
    """Lower the resource limits of this process, hard, and its priority. No limit is ever raised.

    Parameters
    ----------
    memory_bytes : address space, at least MEMORY_FLOOR.
    cpu_seconds : the process gets SIGXCPU then and SIGKILL one second later; at least 1.
    tasks : RLIMIT_NPROC, see `task_ceiling`; None leaves it. The kernel compares it with the number of all
        threads of the user, on the whole machine, so it stops a flood of threads and nothing smaller.

    Raises
    ------
    ValueError
        If memory_bytes or cpu_seconds is too small.
    OSError
        If the kernel refuses.
    """
    if memory_bytes < MEMORY_FLOOR:
        raise ValueError(f"a worker needs {MEMORY_FLOOR} bytes of address space, not {memory_bytes}")
    if cpu_seconds < 1:
        raise ValueError("a worker needs at least 1 second of processor time")
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_MEMLOCK, 0)
    if hasattr(resource, "RLIMIT_MSGQUEUE"):
        _lower(resource.RLIMIT_MSGQUEUE, 0)
    _lower(resource.RLIMIT_NOFILE, OPEN_FILES)
    _lower(resource.RLIMIT_STACK, STACK_BYTES)
    _lower(resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1)
    if tasks is not None:
        _lower(resource.RLIMIT_NPROC, tasks)
    with contextlib.suppress(OSError):  # a matter of manners, not of security
        os.nice(NICENESS)
    _lower(resource.RLIMIT_AS, memory_bytes)


def _lower(which: int, soft: int, hard: int | None = None) -> None:
    hard = soft if hard is None else hard
    _, ceiling = resource.getrlimit(which)
    if ceiling != resource.RLIM_INFINITY:
        hard = min(hard, ceiling)
    resource.setrlimit(which, (min(soft, hard), hard))


def load_filter(blob: bytes) -> None:
    """Lock every thread of this process into a compiled filter. There is no way back.

    Parameters
    ----------
    blob : an array of `struct sock_filter`, as `grader.sandbox.policy` compiles it.

    Raises
    ------
    ValueError
        If blob cannot be a filter.
    OSError
        With the errno of the kernel if it refuses. The process is then NOT locked in.
    """
    count, rest = divmod(len(blob), _INSTRUCTION_BYTES)
    if rest or not 0 < count <= _MOST_INSTRUCTIONS:
        raise ValueError(f"{len(blob)} bytes are no filter")
    if "seccomp" not in _prepared().numbers:
        raise OSError(errno.ENOSYS, "no filter for this kind of machine")
    _prctl(_PR_SET_NO_NEW_PRIVS, 1, "PR_SET_NO_NEW_PRIVS")
    held = ctypes.create_string_buffer(blob, len(blob))
    program = _Program(count, ctypes.addressof(held))
    # seccomp(2) and not prctl(2), for TSYNC: with prctl a thread that some library had started before
    # would stay outside the wall, in the same memory as the student's code.
    left_out = _call(
        "seccomp", _SECCOMP_SET_MODE_FILTER, _SECCOMP_FILTER_FLAG_TSYNC, ctypes.addressof(program)
    )
    if left_out != 0:
        raise OSError(errno.EBUSY, f"thread {left_out} could not be locked in")


# -- the proof -----------------------------------------------------------------------------------------------

# A path that cannot exist: an attempt on it harms nothing, and without a filter it says ENOENT, not EPERM.
_NOWHERE = "/nnkata-self-test/there is no such place"
_MSG_OOB = 1
_PTRACE_PEEKDATA = 2
_PROCESS_CLOCK = 2
_LARGEST = 0xFFFF_FFFF_FFFF_FFFF  # RLIM_INFINITY of the kernel; Python calls it -1

REFUSED = ("EPERM", "ENOSYS")  # what a blocked probe must report; any other errno came from behind the wall


def _try_open() -> None:
    os.close(os.open("/", os.O_RDONLY))


def _try_socket(family: int) -> None:
    socket.socket(family, socket.SOCK_STREAM).close()


def _try_fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _try_memfd() -> None:
    os.close(os.memfd_create("probe"))


def _try_pidfd() -> None:
    os.close(_call("pidfd_open", os.getpid()))


def _set_limit(which: int, soft: int, hard: int) -> None:
    # `resource.setrlimit` makes a ValueError of EPERM.
    pair = (ctypes.c_ulong * 2)(soft & _LARGEST, hard & _LARGEST)
    _call("prlimit64", 0, which, ctypes.addressof(pair), 0)


def _try_setrlimit() -> None:
    _set_limit(resource.RLIMIT_NOFILE, *resource.getrlimit(resource.RLIMIT_NOFILE))


def _try_raise_limits() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    _set_limit(resource.RLIMIT_CORE, hard, hard if hard == resource.RLIM_INFINITY else hard + 1)


def _try_async() -> None:
    flags = fcntl.fcntl(0, fcntl.F_GETFL)
    fcntl.fcntl(0, fcntl.F_SETFL, flags | os.O_ASYNC)
    fcntl.fcntl(0, fcntl.F_SETFL, flags)


def _try_clock_of_parent() -> None:
    time.clock_gettime((~os.getppid() << 3) | _PROCESS_CLOCK)


def _try_executable_memory() -> None:
    mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_EXEC).close()


def _try_send_out_of_band() -> None:
    # No byte is sent, so even an open wall puts nothing on the worker's channel.
    held = ctypes.create_string_buffer(1)
    _call("sendto", 0, ctypes.addressof(held), 0, _MSG_OOB, 0, 0)


# In this order: fork must be tried while there is one thread.
_FORBIDDEN = {
    "open": _try_open,
    "openat2": lambda: _call("openat2", 0, 0, 0, 0),
    "stat": lambda: os.stat("/"),
    "listdir": lambda: os.listdir("/"),
    "getcwd": os.getcwd,
    "unlink": lambda: os.unlink(_NOWHERE),
    "chmod": lambda: os.chmod(_NOWHERE, 0o600),
    "mkdir": lambda: os.mkdir(_NOWHERE),
    "socket_inet": lambda: _try_socket(socket.AF_INET),
    "socket_unix": lambda: _try_socket(socket.AF_UNIX),
    "sendmsg": lambda: _call("sendmsg", 0, 0, 0),
    "send_out_of_band": _try_send_out_of_band,
    "fork": _try_fork,
    "execve": lambda: os.execve(_NOWHERE, [_NOWHERE], {}),
    "clone3": lambda: _call("clone3", 0, 0),
    "unshare": lambda: _call("unshare", 0),
    "kill_parent": lambda: os.kill(os.getppid(), 0),
    "kill_self": lambda: os.kill(os.getpid(), 0),
    "kill_thread": lambda: signal.pthread_kill(threading.get_ident(), 0),
    "set_owner": lambda: fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid()),
    "set_async": _try_async,
    "ptrace": lambda: _call("ptrace", _PTRACE_PEEKDATA, os.getppid(), 0, 0),
    "process_vm_readv": lambda: _call("process_vm_readv", os.getppid(), 0, 0, 0, 0, 0),
    "pidfd_open": _try_pidfd,
    "clock_of_parent": _try_clock_of_parent,
    "setuid_root": lambda: os.setuid(0),
    "setuid": lambda: os.setresuid(-1, -1, -1),
    "setrlimit": _try_setrlimit,
    "raise_limits": _try_raise_limits,
    "memfd_create": _try_memfd,
    "executable_memory": _try_executable_memory,
    "keyctl": lambda: _call("keyctl", 0, 0, 0),
    "bpf": lambda: _call("bpf", 0, 0, 0),
    "io_uring": lambda: _call("io_uring_setup", 0, 0),
}


def _use_memory() -> None:
    with mmap.mmap(-1, 8 << 20) as area:
        area[:4] = b"data"
        assert area[:4] == b"data"
    block = bytearray(8 << 20)
    block[-1] = 1


def _use_memory_limit() -> None:
    limit, hard = resource.getrlimit(resource.RLIMIT_AS)
    assert limit == hard != resource.RLIM_INFINITY, "there is no limit"
    try:
        mmap.mmap(-1, limit).close()
    except OSError as error:
        outcome = error.errno
    else:
        outcome = 0
    assert outcome == errno.ENOMEM, f"the limit is not kept (errno {outcome})"


def _use_limits() -> None:
    for name, most in (("CORE", 0), ("FSIZE", 0), ("NOFILE", OPEN_FILES), ("STACK", STACK_BYTES)):
        _, hard = resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))
        assert 0 <= hard <= most, f"RLIMIT_{name} is {hard}"
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    assert hard != resource.RLIM_INFINITY, "RLIMIT_CPU is not set"


def _use_descriptors() -> None:
    assert os.write(1, b"") == 0
    copy = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 3)
    poller = select.poll()
    poller.register(copy, select.POLLIN)
    poller.poll(0)
    os.close(copy)


def _use_time() -> None:
    begin = time.monotonic()
    time.sleep(0.0005)
    assert time.monotonic() > begin
    for read in (time.time, time.perf_counter, time.process_time, time.thread_time):
        assert read() >= 0


def _use_random() -> None:
    assert len(os.urandom(16)) == 16


def _use_threads() -> None:
    done: list[int] = []
    lock = threading.Lock()

    def work(number: int) -> None:
        with lock:
            done.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert sorted(done) == [0, 1, 2], f"{len(done)} of 3 threads ran"


def _use_numpy() -> None:
    numpy = sys.modules.get("numpy")
    assert numpy is not None, "the fork server has not imported numpy"
    size = 128
    left = numpy.arange(size * size, dtype=float).reshape(size, size) / size**2
    product = left @ left.T
    by_hand = math.fsum(float(x) * float(y) for x, y in zip(left[3], left[77], strict=True))
    assert abs(float(product[3, 77]) - by_hand) < 1e-9, "a matrix product is wrong"


_NEEDED = {
    "memory": _use_memory,
    "memory_limit": _use_memory_limit,
    "limits": _use_limits,
    "descriptors": _use_descriptors,
    "time": _use_time,
    "random": _use_random,
    "threads": _use_threads,
    "numpy": _use_numpy,
}

MUST_FAIL = tuple(_FORBIDDEN)
MUST_WORK = tuple(_NEEDED)


def self_test() -> dict[str, str]:
    """Try what a worker must not do and what it must be able to do. For a throw-away worker.

    Descriptor 0 must be open. Harmless without a filter too: nothing is written, signalled or kept.

    Returns
    -------
    dict
        For each name of MUST_FAIL the name of the errno ("EPERM") or "allowed"; for each of MUST_WORK "ok"
        or "failed: ...". `missing` judges it.
    """
    report: dict[str, str] = {}
    for name, attempt in _FORBIDDEN.items():
        try:
            attempt()
        except OSError as error:
            report[name] = errno.errorcode.get(error.errno or 0, f"errno {error.errno}")
        except Exception as error:
            report[name] = f"not tried: {type(error).__name__}"
        else:
            report[name] = "allowed"
    for name, use in _NEEDED.items():
        try:
            use()
        except Exception as error:
            report[name] = f"failed: {type(error).__name__}: {error}"[:200]
        else:
            report[name] = "ok"
    return report


def missing(report: dict[str, str]) -> list[str]:
    """What a report of `self_test` lacks of full isolation, as "probe: outcome"; [] means sealed.

    For the trusted side. A probe that is absent from the report counts as lacking.
    """
    lacking = [name for name in MUST_FAIL if report.get(name) not in REFUSED]
    lacking += [name for name in MUST_WORK if report.get(name) != "ok"]
    return [f"{name}: {report.get(name, 'no answer')}" for name in lacking]
