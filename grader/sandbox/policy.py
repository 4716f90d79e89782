"""What a worker may ask of the kernel: one readable list, compiled to the filters that are shipped as data.

A worker is born with everything it needs already open and imported, so the list is short: use what is
open, compute, wait, start threads, end. It holds no system call that takes a path, makes a socket or a
process, sends a signal or raises a limit. All else is answered with EPERM, numbers unknown today included.

    python -m grader.sandbox.policy      write filters/*.bpf and filters/numbers.json again (needs libseccomp)

Compiling needs libseccomp and pyseccomp; grading needs neither, only the data files.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import platform
import struct
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import AuthorError

FILTERS = Path(__file__).with_name("filters")
NUMBERS = FILTERS / "numbers.json"
ARCHITECTURES = ("x86_64", "aarch64")
HIGHEST_NUMBER = 600  # numbers.json covers 0 to this; the newest calls of 2025 lie below 470

_ALL_BITS = 0xFFFF_FFFF_FFFF_FFFF
_UPPER_HALF = 0xFFFF_FFFF_0000_0000


# -- the language of the list --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Where:
    """One demand on one argument: `argument & mask` equals `value`, or is at most `value`.

    All 64 bits of the register count, although the kernel reads an int from many of them: what it would
    cut off is refused, never ignored.
    """

    argument: int
    value: int
    mask: int = _ALL_BITS
    at_most: bool = False


def equals(argument: int, value: int) -> Where:
    """The argument is exactly `value`."""
    return Where(argument, value)


def at_most(argument: int, value: int) -> Where:
    """The argument, read as an unsigned number, is at most `value`; so a negative one is refused."""
    return Where(argument, value, at_most=True)


def only_bits(argument: int, bits: int) -> Where:
    """The argument has no bit outside `bits`."""
    return Where(argument, 0, mask=_ALL_BITS & ~bits)


def no_bits(argument: int, bits: int) -> Where:
    """The argument has none of `bits`, and nothing in its upper half."""
    return Where(argument, 0, mask=_UPPER_HALF | bits)


@dataclass(frozen=True)
class Rule:
    """One allowed system call. It must meet all demands of at least one case; no cases: always allowed."""

    name: str
    cases: tuple[tuple[Where, ...], ...] = ((),)


@dataclass(frozen=True)
class Group:
    """Rules that share one reason."""

    reason: str
    rules: tuple[Rule, ...]


def _always(names: str) -> tuple[Rule, ...]:
    return tuple(Rule(name) for name in names.split())


def _one_of(name: str, argument: int, *values: int) -> Rule:
    return Rule(name, tuple((equals(argument, value),) for value in values))


# -- constants of the kernel that are the same on both architectures -----------------------------------------

_MSG_DONTWAIT, _MSG_WAITALL, _MSG_NOSIGNAL = 0x40, 0x100, 0x4000
_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_SETFL, _F_DUPFD_CLOEXEC = 0, 1, 2, 3, 4, 1030
# Access mode, O_APPEND, O_NONBLOCK and O_LARGEFILE. The last is 0o100000 on x86_64 and 0o400000 on aarch64;
# each is O_NOFOLLOW on the other, which F_SETFL ignores. Not among them: O_ASYNC (signals), O_DIRECT.
_STATUS_FLAGS = 0o3 | 0o2000 | 0o4000 | 0o100000 | 0o400000
_TCGETS, _FIONREAD, _FIONBIO, _FIONCLEX, _FIOCLEX = 0x5401, 0x541B, 0x5421, 0x5450, 0x5451
_READ_WRITE = 0x1 | 0x2
_MAP_LOCKED, _MAP_HUGETLB = 0x2000, 0x40000
_MADV = {
    "DONTNEED": 4,
    "FREE": 8,
    "HUGEPAGE": 14,
    "NOHUGEPAGE": 15,
    "GUARD_INSTALL": 102,
    "GUARD_REMOVE": 103,
}
_FUTEX_PRIVATE, _FUTEX_CLOCK_REALTIME = 128, 256
_FUTEX_WAITS = (0, 9)  # WAIT, WAIT_BITSET
_FUTEX_WAKES = (1, 3, 4, 5, 10)  # WAKE, REQUEUE, CMP_REQUEUE, WAKE_OP, WAKE_BITSET
# VM FS FILES SIGHAND THREAD SYSVSEM SETTLS PARENT_SETTID CHILD_CLEARTID: glibc's pthread_create. The one of
# musl adds CLONE_DETACHED, which the kernel ignores.
_THREAD_OF_GLIBC, _THREAD_OF_MUSL = 0x3D0F00, 0x7D0F00
_CLOCK_MONOTONIC, _CLOCK_TAI = 1, 11
_PR_SET_NAME = 15

# -- the list ------------------------------------------------------------------------------------------------

GROUPS: tuple[Group, ...] = (
    Group(
        "use and close what is open already; nothing here opens anything",
        _always("read write readv writev lseek close dup dup2 dup3 fstat"),
    ),
    Group(
        "talk over the socket that is open: no address, no out-of-band data, no error queue",
        (
            Rule("sendto", ((only_bits(3, _MSG_DONTWAIT | _MSG_NOSIGNAL), equals(4, 0)),)),
            Rule("recvfrom", ((only_bits(3, _MSG_DONTWAIT | _MSG_WAITALL | _MSG_NOSIGNAL), equals(4, 0)),)),
        ),
    ),
    Group(
        "flags of a descriptor, but no owner and no O_ASYNC: those make the kernel signal other processes",
        (
            Rule(
                "fcntl",
                (
                    *(
                        (equals(1, command),)
                        for command in (_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_DUPFD_CLOEXEC)
                    ),
                    (equals(1, _F_SETFL), only_bits(2, _STATUS_FLAGS)),
                ),
            ),
        ),
    ),
    Group(
        "is it a terminal, how many bytes wait, close-on-exec, non-blocking; no TIOCSTI, no FIOSETOWN",
        (_one_of("ioctl", 1, _TCGETS, _FIONREAD, _FIOCLEX, _FIONCLEX, _FIONBIO),),
    ),
    Group(
        "wait for a descriptor",
        _always("poll ppoll select pselect6 epoll_create1 epoll_ctl epoll_wait epoll_pwait"),
    ),
    Group(
        "memory, counted by RLIMIT_AS; never executable, so no native code of the student's own",
        (
            *_always("munmap mremap brk"),
            # Huge pages come from a pool of the whole machine, locked ones escape the accounting of root.
            Rule("mmap", ((only_bits(2, _READ_WRITE), no_bits(3, _MAP_LOCKED | _MAP_HUGETLB)),)),
            Rule("mprotect", ((only_bits(2, _READ_WRITE),),)),
            # Not MERGEABLE (pages shared with other processes can be told by timing), not HWPOISON.
            _one_of("madvise", 2, *_MADV.values()),
        ),
    ),
    Group(
        "threads, in exactly the form of the C library: a process made by clone has other flags",
        (
            _one_of("clone", 0, _THREAD_OF_GLIBC, _THREAD_OF_MUSL),
            *_always("set_robust_list rseq gettid sched_yield getcpu"),
            Rule("sched_getaffinity", ((equals(0, 0),),)),
        ),
    ),
    Group(
        "locks between threads; waking is for this process only, priority inheritance for nobody",
        (
            Rule(
                "futex",
                (
                    *(
                        (Where(1, op, mask=_ALL_BITS & ~(_FUTEX_PRIVATE | _FUTEX_CLOCK_REALTIME)),)
                        for op in _FUTEX_WAITS
                    ),
                    *((equals(1, op | _FUTEX_PRIVATE),) for op in _FUTEX_WAKES),
                ),
            ),
        ),
    ),
    Group(
        "clocks and sleep; a negative clock is the CPU time of another process",
        (
            Rule("clock_gettime", ((at_most(0, _CLOCK_TAI),),)),
            Rule("clock_getres", ((at_most(0, _CLOCK_TAI),),)),
            Rule("clock_nanosleep", ((at_most(0, _CLOCK_MONOTONIC),),)),
            *_always("nanosleep gettimeofday time times getrusage"),
        ),
    ),
    Group(
        "handlers for signals from outside; nothing here sends one, abort() ends by a fault instead",
        _always("rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall"),
    ),
    Group(
        "who am I, what are my limits, randomness, the name of a thread",
        (
            *_always("getpid getppid getuid geteuid getgid getegid getrandom"),
            Rule("prlimit64", ((equals(0, 0), equals(2, 0)),)),  # read one's own, set none
            _one_of("prctl", 0, _PR_SET_NAME),
        ),
    ),
    Group("end", _always("exit exit_group")),
)

# glibc asks for a thread by clone3 first, whose flags lie in memory where a filter cannot look. "No such
# call" makes it fall back to clone.
UNKNOWN: tuple[str, ...] = ("clone3",)

# Names of the list that an architecture never had.
ABSENT: dict[str, frozenset[str]] = {
    "x86_64": frozenset(),
    "aarch64": frozenset({"dup2", "poll", "select", "epoll_wait", "time"}),
}


def rules_for(arch: str) -> Iterator[Rule]:
    """The rules of GROUPS that exist on `arch`, in order."""
    for group in GROUPS:
        for rule in group.rules:
            if rule.name not in ABSENT[arch]:
                yield rule


# -- data files ----------------------------------------------------------------------------------------------


def shipped_filter(machine: str | None = None) -> bytes | None:
    """The compiled filter for a machine, or None where there is none.

    Parameters
    ----------
    machine : as `platform.machine()` gives it; by default this machine and this Python.
    """
    if machine is None:
        # A 32-bit Python on a 64-bit kernel is a foreign architecture: the filter would kill it.
        if sys.platform != "linux" or struct.calcsize("P") != 8:
            return None
        machine = platform.machine()
    if machine not in ARCHITECTURES:
        return None
    return (FILTERS / f"{machine}.bpf").read_bytes()


def _seccomp() -> Any:
    try:
        import pyseccomp
    except (ImportError, RuntimeError) as error:
        raise AuthorError(
            f"The filters cannot be compiled here: {error}. Install libseccomp 2.5 or newer and pyseccomp."
        ) from None
    return pyseccomp


def libseccomp_version() -> str:
    """Version of the libseccomp that compiles here, such as "2.5.4".

    Raises
    ------
    AuthorError
        If there is none.
    """

    class Version(ctypes.Structure):
        _fields_ = [(name, ctypes.c_uint) for name in ("major", "minor", "micro")]

    function = _seccomp()._libseccomp.seccomp_version
    function.restype = ctypes.POINTER(Version)
    version = function().contents
    return f"{version.major}.{version.minor}.{version.micro}"


def compile_filter(arch: str) -> bytes:
    """Compile the list for one architecture, on any machine.

    Parameters
    ----------
    arch : one of ARCHITECTURES.

    Returns
    -------
    bytes
        An array of `struct sock_filter`, little-endian.

    Raises
    ------
    AuthorError
        If libseccomp or pyseccomp is missing, or a name of the list is unknown to it.
    """
    seccomp = _seccomp()
    number_of_arch = getattr(seccomp.Arch, arch.upper())
    made = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    # A call through another architecture's door (int 0x80, x32) has other numbers: never look it up here.
    made.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)
    if number_of_arch != seccomp.system_arch():
        made.add_arch(number_of_arch)
        made.remove_arch(seccomp.system_arch())

    def number_of(name: str) -> int:
        if seccomp.resolve_syscall(number_of_arch, name) < 0:
            raise AuthorError(
                f"libseccomp knows no system call {name!r} on {arch}. Add it to ABSENT in policy.py."
            )
        # Rules are given in numbers of the machine that compiles; libseccomp translates them.
        return seccomp.resolve_syscall(seccomp.Arch.NATIVE, name)

    for rule in rules_for(arch):
        for case in rule.cases:
            demands = []
            for where in case:
                if where.at_most:
                    demands.append(seccomp.Arg(where.argument, seccomp.LE, where.value))
                elif where.mask == _ALL_BITS:
                    demands.append(seccomp.Arg(where.argument, seccomp.EQ, where.value))
                else:
                    demands.append(seccomp.Arg(where.argument, seccomp.MASKED_EQ, where.mask, where.value))
            made.add_rule_exactly(seccomp.ALLOW, number_of(rule.name), *demands)
    for name in UNKNOWN:
        made.add_rule_exactly(seccomp.ERRNO(errno.ENOSYS), number_of(name))
    with tempfile.TemporaryFile() as file:
        made.export_bpf(file)
        file.seek(0)
        return file.read()


def number_table(arch: str) -> dict[str, int]:
    """Every system call from 0 to HIGHEST_NUMBER that libseccomp knows on `arch`: name -> number."""
    seccomp = _seccomp()
    number_of_arch = getattr(seccomp.Arch, arch.upper())
    table: dict[str, int] = {}
    for number in range(HIGHEST_NUMBER + 1):
        try:
            name = seccomp.resolve_syscall(number_of_arch, number).decode()
        except ValueError:
            continue
        table[name] = number
    return table


def main() -> None:
    """Write the data files again and say what came out."""
    numbers: dict[str, Any] = {"libseccomp": libseccomp_version()}
    for arch in ARCHITECTURES:
        blob = compile_filter(arch)
        path = FILTERS / f"{arch}.bpf"
        path.write_bytes(blob)
        numbers[arch] = number_table(arch)
        digest = hashlib.sha256(blob).hexdigest()
        sys.stdout.write(f"{path.name}: {len(blob)} bytes, {len(blob) // 8} instructions, sha256 {digest}\n")
    NUMBERS.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
