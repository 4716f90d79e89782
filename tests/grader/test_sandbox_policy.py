"""The wall around a worker: the list, its compiled form, and a real process behind it."""

from __future__ import annotations

import ast
import copy
import errno
import functools
import importlib.util
import itertools
import json
import os
import platform
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from grader.errors import AuthorError
from grader.sandbox import policy

if sys.platform != "linux":
    pytest.skip("seccomp is a matter of Linux", allow_module_level=True)
fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")

INSIDE = Path(policy.__file__).with_name("inside")


def load(path: Path) -> ModuleType:
    """Import a file that is in no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


bpf = load(Path(__file__).with_name("bpf.py"))
lockdown = load(INSIDE / "lockdown.py")

EPERM = bpf.ERRNO | errno.EPERM
ENOSYS = bpf.ERRNO | errno.ENOSYS
ALLOW = bpf.ALLOW
NUMBERS = json.loads(policy.NUMBERS.read_text(encoding="utf-8"))
PROGRAMS = {arch: bpf.Program((policy.FILTERS / f"{arch}.bpf").read_bytes()) for arch in policy.ARCHITECTURES}
RULES = {arch: {rule.name: rule for rule in policy.rules_for(arch)} for arch in policy.ARCHITECTURES}

each_arch = pytest.mark.parametrize("arch", policy.ARCHITECTURES)
ALL_ONES = 2**64 - 1


def ask(arch: str, name: str, *arguments: int) -> int:
    """What the shipped filter answers to a call by name."""
    return PROGRAMS[arch].run(bpf.AUDIT[arch], NUMBERS[arch][name], arguments)


def allowed(arch: str, name: str, *arguments: int) -> bool:
    """Is it let through? Anything but yes or EPERM fails the test."""
    answer = ask(arch, name, *arguments)
    assert answer in (ALLOW, EPERM), f"{name} {arguments}: {answer:#x}"
    return answer == ALLOW


# -- the list, read in the plainest way ----------------------------------------------------------------------


def meets(where: policy.Where, arguments: tuple[int, ...]) -> bool:
    seen = arguments[where.argument] & where.mask
    return seen <= where.value if where.at_most else seen == where.value


def by_the_list(arch: str, name: str | None, arguments: tuple[int, ...]) -> int:
    """The action that the readable list demands."""
    if name in policy.UNKNOWN:
        return ENOSYS
    rule = RULES[arch].get(name or "")
    if rule and any(all(meets(where, arguments) for where in case) for case in rule.cases):
        return ALLOW
    return EPERM


def around(where: policy.Where) -> set[int]:
    """Values on both sides of one demand: neighbours, sign bits, and each single bit of all 64 turned."""
    near = {
        0,
        1,
        where.value,
        where.value - 1,
        where.value + 1,
        -1,
        -6,
        -where.value,
        2**32 - 1,
        2**31,
        2**63,
    }
    near |= {where.value ^ (1 << bit) for bit in range(64)}
    near |= {2**32 | where.value, ALL_ONES ^ where.value, where.value | where.mask ^ ALL_ONES}
    return {value & ALL_ONES for value in near}


def samples(rule: policy.Rule | None) -> list[tuple[int, ...]]:
    """Arguments worth asking about: noise for all, and for each case of a rule every pair of edges."""
    noise = random.Random(rule.name if rule else "none")

    def some() -> list[int]:
        return [
            noise.choice((0, 1, noise.getrandbits(31), noise.getrandbits(64), ALL_ONES)) for _ in range(6)
        ]

    found = [(0,) * 6, (ALL_ONES,) * 6, *(tuple(some()) for _ in range(4))]
    for case in rule.cases if rule else ():
        good = [next(v for v in sorted(around(where)) if meets(where, (v,) * 6)) for where in case]
        for where in case:
            for value in around(where):
                for others_good in (True, False):
                    arguments = some()
                    for other, fitting in zip(case, good, strict=True):
                        if others_good:
                            arguments[other.argument] = fitting
                    arguments[where.argument] = value
                    found.append(tuple(arguments))
        if len(case) > 1:
            edges = [[where.value, good[i], 2**32, 2**63, ALL_ONES] for i, where in enumerate(case)]
            for combination in itertools.product(*edges):
                arguments = some()
                for where, value in zip(case, combination, strict=True):
                    arguments[where.argument] = value
                found.append(tuple(arguments))
    return found


@functools.cache
def questions(arch: str) -> list[tuple[int, int, tuple[int, ...], int]]:
    """(audit, number, arguments, demanded action) for all numbers, and for other architectures' doors."""
    names = {number: name for name, number in NUMBERS[arch].items()}
    found = []
    for number in range(policy.HIGHEST_NUMBER + 1):
        name = names.get(number)
        for arguments in samples(RULES[arch].get(name or "")):
            found.append((bpf.AUDIT[arch], number, arguments, by_the_list(arch, name, arguments)))
        found += [
            (audit, number, (), bpf.KILL_PROCESS) for other, audit in bpf.AUDIT.items() if other != arch
        ]
    for number in (0x4000_0000, 0x4000_0001, 0x4000_0000 + 39, 2**31, 2**32 - 2):
        found.append((bpf.AUDIT[arch], number, (), bpf.KILL_PROCESS if arch == "x86_64" else EPERM))
    return [*found, *((bpf.AUDIT[arch], number, (), EPERM) for number in (2**30 - 1, 2**32 - 1))]


def departures(program: bpf.Program, arch: str) -> Iterator[str]:
    """Where a filter and the list disagree."""
    for audit, number, arguments, want in questions(arch):
        have = program.run(audit, number, arguments)
        if have != want:
            yield f"{audit:#x} {number} {[hex(a) for a in arguments]}: {have:#x}, not {want:#x}"


# -- the compiled filters against the list -------------------------------------------------------------------


@each_arch
def test_every_number_gets_the_action_of_the_list(arch):
    """the shipped filter agrees with the readable list on every number and around every argument rule"""
    assert list(departures(PROGRAMS[arch], arch)) == []


@each_arch
def test_every_change_of_the_filter_is_noticed(arch):
    """turning any comparison or dropping any mask of the filter makes it depart from the list"""
    code = PROGRAMS[arch].code
    unnoticed = []
    for at, (kind, jt, jf, k) in enumerate(code):
        if kind in bpf.COMPARE:
            changed = (kind, jf, jt, k)
        elif kind == bpf.AND:
            changed = (kind, jt, jf, 0)
        else:
            continue
        program = copy.copy(PROGRAMS[arch])
        program.code = [*code[:at], changed, *code[at + 1 :]]
        if next(departures(program, arch), None) is None:
            unnoticed.append((at, code[at]))
    assert unnoticed == []


@each_arch
def test_names_that_are_absent_are_those_without_a_number(arch):
    """the list says for each architecture exactly which names it never had"""
    names = {rule.name for group in policy.GROUPS for rule in group.rules} | set(policy.UNKNOWN)
    assert {name for name in names if name not in NUMBERS[arch]} == policy.ABSENT[arch]


def test_a_name_stands_once():
    """no system call is in two groups, where one rule would widen the other unseen"""
    names = [rule.name for group in policy.GROUPS for rule in group.rules]
    assert len(names) == len(set(names))
    assert all(group.reason for group in policy.GROUPS)


@each_arch
def test_another_architecture_is_killed(arch):
    """a call that comes in by another architecture's door ends the process, whatever its number"""
    for other, audit in bpf.AUDIT.items():
        if other != arch:
            numbers = (*range(policy.HIGHEST_NUMBER + 1), 2**31, 2**32 - 1)
            assert {PROGRAMS[arch].run(audit, number) for number in numbers} == {bpf.KILL_PROCESS}
    assert PROGRAMS[arch].run(0, 0) == bpf.KILL_PROCESS


def test_x32_is_killed():
    """numbers of the x32 table end the process; -1, which no table has, is refused"""
    program, audit = PROGRAMS["x86_64"], bpf.AUDIT["x86_64"]
    numbers = [0x4000_0000 + number for number in (*range(policy.HIGHEST_NUMBER + 1), 2**20, 2**29)]
    numbers += [2**31, 2**32 - 2]
    assert {program.run(audit, number) for number in numbers} == {bpf.KILL_PROCESS}
    assert program.run(audit, -1) == EPERM
    assert program.run(audit, 0x3FFF_FFFF) == EPERM


@each_arch
def test_filter_fits_the_kernel(arch):
    """the shipped filter is far below the kernel's 4096 instructions and has four answers"""
    assert len(PROGRAMS[arch].code) < 400
    actions = {k for code, _, _, k in PROGRAMS[arch].code if code == bpf.RETURN}
    assert actions == {ALLOW, EPERM, ENOSYS, bpf.KILL_PROCESS}


# -- facts that do not come from the list --------------------------------------------------------------------

NEVER = """
    open openat openat2 creat stat lstat newfstatat statx access faccessat faccessat2 readlink
    readlinkat
    getdents getdents64 getcwd chdir fchdir chroot mkdir mkdirat rmdir unlink unlinkat rename renameat
    renameat2
    link linkat symlink symlinkat mknod mknodat chmod fchmod fchmodat chown fchown fchownat lchown
    truncate
    ftruncate fallocate utimensat setxattr fsetxattr getxattr mount umount2 pivot_root open_tree
    move_mount fsopen
    name_to_handle_at open_by_handle_at inotify_init1 inotify_add_watch fanotify_init statfs fstatfs
    socket socketpair connect bind listen accept accept4 sendmsg sendmmsg recvmsg recvmmsg setsockopt
    getsockopt
    getsockname getpeername shutdown
    fork vfork execve execveat unshare setns wait4 waitid setsid setpgid
    kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_send_signal pidfd_getfd
    alarm setitimer timer_create timer_settime timerfd_create signalfd signalfd4 mq_open mq_notify
    ptrace process_vm_readv process_vm_writev process_madvise kcmp
    setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid capset personality
    setrlimit setpriority sched_setaffinity sched_setscheduler sched_setparam sched_setattr ioprio_set
    memfd_create memfd_secret shmget shmat shmctl semget semop msgget msgsnd msgrcv mlock mlock2
    mlockall
    remap_file_pages pkey_mprotect mincore userfaultfd mbind set_mempolicy move_pages migrate_pages
    io_uring_setup io_uring_enter io_uring_register io_setup io_submit bpf perf_event_open keyctl
    add_key
    request_key seccomp landlock_create_ruleset init_module finit_module delete_module kexec_load reboot
    swapon
    splice tee vmsplice sendfile copy_file_range flock fsync pipe pipe2 eventfd eventfd2
    arch_prctl modify_ldt iopl ioperm syslog uname sysinfo acct quotactl settimeofday clock_settime
    adjtimex
    getpriority getpgid getsid sched_getparam sched_getscheduler get_robust_list membarrier futex_waitv
"""


@each_arch
def test_nothing_reaches_out(arch):
    """no call on a path, socket, process, signal, user or limit is let through with any arguments"""
    here = [name for name in NEVER.split() if name in NUMBERS[arch]]
    assert len(here) > 150
    assert not set(here) & set(RULES[arch])
    for name in here:
        for arguments in samples(None):
            assert ask(arch, name, *arguments) == EPERM, name


@each_arch
def test_fcntl_sets_no_owner(arch):
    """no command of fcntl among 2048 sets an owner, a signal, a lock, a lease or the size of a pipe"""
    known = {fcntl.F_DUPFD, fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL, fcntl.F_SETFL, fcntl.F_DUPFD_CLOEXEC}
    assert {command for command in range(2048) if allowed(arch, "fcntl", 0, command, 0)} == known
    set_owner_ex, set_pipe_size = 15, 1031
    for refused in (
        fcntl.F_SETOWN,
        fcntl.F_SETSIG,
        set_owner_ex,
        fcntl.F_SETLK,
        fcntl.F_SETLEASE,
        set_pipe_size,
    ):
        assert not allowed(arch, "fcntl", 0, refused, os.getpid())
    assert not any(allowed(arch, "fcntl", 0, high << 32 | 8, 1) for high in (1, 2**31, 2**32 - 1))
    assert not any(allowed(arch, "fcntl", 0, high << 32 | fcntl.F_SETFL, 0) for high in (1, 2**31))


@each_arch
def test_fcntl_sets_no_signal_driven_mode(arch):
    """F_SETFL may set O_NONBLOCK; O_ASYNC and O_DIRECT are refused, alone and among other bits"""
    direct = {"x86_64": 0o40000, "aarch64": 0o200000}[arch]
    assert allowed(arch, "fcntl", 0, fcntl.F_SETFL, os.O_RDWR | os.O_NONBLOCK | os.O_APPEND)
    for bits in (0o20000, direct, 1 << 32, 1 << 63, ALL_ONES):  # the first is O_ASYNC
        assert not allowed(arch, "fcntl", 0, fcntl.F_SETFL, bits)
        assert not allowed(arch, "fcntl", 0, fcntl.F_SETFL, bits | os.O_NONBLOCK | os.O_RDWR)


@each_arch
def test_ioctl_does_five_things(arch):
    """of all 65536 requests below 0x10000 only five are let through, and nothing above"""
    names = ("TCGETS", "FIONREAD", "FIOCLEX", "FIONCLEX", "FIONBIO")
    known = {getattr(termios, name) for name in names}
    assert {request for request in range(0x10000) if allowed(arch, "ioctl", 0, request)} == known
    assert not any(
        allowed(arch, "ioctl", 0, request | 1 << bit) for request in known for bit in range(32, 64)
    )
    for refused in (termios.TIOCSTI, termios.FIOASYNC, 0x8901, 0x8902, 0x802C542A):  # FIOSETOWN, SIOCSPGRP
        assert not allowed(arch, "ioctl", 0, refused)


@each_arch
def test_clone_makes_threads_only(arch):
    """clone is let through with the flags of glibc's and musl's threads; one bit more or less is refused"""
    threads = (0x3D0F00, 0x7D0F00)
    assert all(allowed(arch, "clone", flags, 1, 2, 3, 4) for flags in threads)
    near = {flags ^ 1 << bit for flags in threads for bit in range(64)} - set(threads)
    processes = {signal.SIGCHLD, 0x1200011, 0x4111, 0, 0x100, 0x10000000, ALL_ONES}  # fork, vfork, namespaces
    assert not any(allowed(arch, "clone", flags, 1, 2, 3, 4) for flags in near | processes)
    assert ask(arch, "clone3", 1, 88) == ENOSYS


@each_arch
def test_prctl_names_a_thread_and_nothing_else(arch):
    """PR_SET_NAME is the only option of prctl; the others, PR_SET_MM and PR_SET_PTRACER too, are refused"""
    options = (*range(256), 0x59616D61, 0x53564D41, 1 << 32 | 15, 1 << 63 | 15)
    assert [option for option in options if allowed(arch, "prctl", option, 1, 2, 3, 4)] == [15]


@each_arch
def test_limits_can_be_read_by_their_owner_and_set_by_nobody(arch):
    """prlimit64 works on the process itself, without new values"""
    assert all(allowed(arch, "prlimit64", 0, which, 0, 0x7FFF0000) for which in range(16))
    assert not any(
        allowed(arch, "prlimit64", 0, 7, new) for new in (1, 0x7FFF0000, 1 << 32, 1 << 47, ALL_ONES)
    )
    assert not any(allowed(arch, "prlimit64", pid, 7, 0) for pid in (1, os.getpid(), 1 << 32, ALL_ONES))


@each_arch
def test_clocks_of_other_processes_are_refused(arch):
    """a negative clock, in 32 or 64 bits, is a process or a file; only the clocks of the system are read"""
    for name in ("clock_gettime", "clock_getres"):
        assert all(allowed(arch, name, clock, 1) for clock in range(8))
        for pid, kind in itertools.product((0, 1, os.getppid(), 2**22), range(8)):
            clock = ~pid << 3 | kind
            assert not allowed(arch, name, clock, 1)
            assert not allowed(arch, name, clock & 0xFFFF_FFFF, 1)
        assert not allowed(arch, name, 1 << 32, 1)
    assert [clock for clock in range(64) if allowed(arch, "clock_nanosleep", clock, 0, 1, 0)] == [0, 1]


@each_arch
def test_locks_wake_this_process_only(arch):
    """futex waits and wakes; waking is private, priority inheritance and the oldest operation are refused"""
    private, realtime = 128, 256
    waits = {op | extra for op in (0, 9) for extra in (0, private, realtime, private | realtime)}
    wakes = {op | private for op in (1, 3, 4, 5, 10)}
    assert {op for op in range(4096) if allowed(arch, "futex", 1, op, 2)} == waits | wakes
    assert not any(allowed(arch, "futex", 1, op | 1 << 32, 2) for op in waits | wakes)


@each_arch
def test_memory_is_never_executable(arch):
    """memory can be read and written; no code, no huge or locked pages, no merging with others"""
    for protection in range(16):
        assert allowed(arch, "mmap", 0, 4096, protection, 0x22, ALL_ONES, 0) == (protection < 4)
        assert allowed(arch, "mprotect", 4096, 4096, protection) == (protection < 4)
    stack_and_dropped = (
        0x22,
        0x4022,
        0x20022,
        0x32,
        0x21,
        0x28,
    )  # the last: MAP_DROPPABLE, used by getrandom
    assert all(allowed(arch, "mmap", 0, 4096, 3, flags) for flags in stack_and_dropped)
    assert not any(allowed(arch, "mmap", 0, 4096, 3, 0x22 | extra) for extra in (0x2000, 0x40000, 0x42000))
    assert {advice for advice in range(256) if allowed(arch, "madvise", 0, 4096, advice)} == {
        4,
        8,
        14,
        15,
        102,
        103,
    }


@each_arch
def test_the_channel_carries_plain_bytes(arch):
    """sendto and recvfrom take no address and no MSG_OOB, MSG_PEEK, MSG_ERRQUEUE, MSG_ZEROCOPY or the like"""
    good = {"sendto": {0x40, 0x4000}, "recvfrom": {0x40, 0x100, 0x4000}}
    for name, flags in good.items():
        assert allowed(arch, name, 0, 1, 2, sum(flags))
        assert {1 << bit for bit in range(64) if allowed(arch, name, 0, 1, 2, 1 << bit)} == flags
        assert not allowed(arch, name, 0, 1, 2, 0, 0x7FFF0000, 16)
        assert not allowed(arch, name, 0, 1, 2, 0, 1 << 32, 16)


@each_arch
def test_affinity_is_asked_of_oneself(arch):
    """sched_getaffinity answers for pid 0 only, so it does not tell which processes exist"""
    assert allowed(arch, "sched_getaffinity", 0, 128, 1)
    assert not any(allowed(arch, "sched_getaffinity", pid, 128, 1) for pid in (1, os.getpid(), 1 << 32))


# -- compiling -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def version():
    """Version of the libseccomp here; tests that need it are skipped without."""
    try:
        return policy.libseccomp_version()
    except AuthorError as error:
        pytest.skip(str(error))


@each_arch
def test_compiling_again_gives_the_shipped_filter(version, arch):
    """the data files come from this list: same meaning with any libseccomp, same bytes with the same one"""
    blob = policy.compile_filter(arch)
    assert list(departures(bpf.Program(blob), arch)) == []
    if version == NUMBERS["libseccomp"] and platform.machine() == "x86_64":
        assert blob == (policy.FILTERS / f"{arch}.bpf").read_bytes(), "run python -m grader.sandbox.policy"


@each_arch
def test_numbers_are_those_of_libseccomp(version, arch):
    """the table of numbers beside the filters agrees with libseccomp, which may know newer calls"""
    table = policy.number_table(arch)
    assert {name: table.get(name) for name in NUMBERS[arch]} == NUMBERS[arch]
    if version == NUMBERS["libseccomp"]:
        assert table == NUMBERS[arch]


@pytest.mark.usefixtures("version")
def test_an_unknown_name_is_named(monkeypatch):
    """a name that no architecture has stops the compiler with that name"""
    group = policy.Group("a slip of the pen", (policy.Rule("raed"),))
    monkeypatch.setattr(policy, "GROUPS", (*policy.GROUPS, group))
    with pytest.raises(AuthorError, match="'raed' on aarch64"):
        policy.compile_filter("aarch64")


def test_no_libseccomp_is_one_clear_line(monkeypatch):
    """without pyseccomp the compiler says what to install; the shipped data needs neither"""
    monkeypatch.setitem(sys.modules, "pyseccomp", None)
    with pytest.raises(AuthorError, match="Install libseccomp"):
        policy.compile_filter("x86_64")
    assert policy.shipped_filter("aarch64") == (policy.FILTERS / "aarch64.bpf").read_bytes()


def test_a_machine_without_a_filter_gets_none():
    """an unknown processor has no filter; nobody's filter is used in its place"""
    assert policy.shipped_filter("riscv64") is None
    assert policy.shipped_filter("i686") is None


def test_numbers_inside_are_those_of_the_table():
    """the few numbers that the worker carries itself agree with the table"""
    assert set(lockdown.NUMBERS) == set(policy.ARCHITECTURES)
    for arch, numbers in lockdown.NUMBERS.items():
        assert numbers == {name: NUMBERS[arch][name] for name in numbers}


# -- the simulator -------------------------------------------------------------------------------------------


def test_simulator_computes_as_written():
    """loads, masks, compares and jumps of a small program written by hand do what BPF says"""
    word = 16 + 8 * 2  # low half of argument 2
    program = bpf.Program(
        bpf.instruction(bpf.LOAD, word)
        + bpf.instruction(bpf.AND, 0xF0)
        + bpf.instruction(0x25, 0x40, 0, 1)  # A > 0x40 ?
        + bpf.instruction(bpf.JUMP, 2)
        + bpf.instruction(0x45, 0x10, 0, 1)  # A & 0x10 ?
        + bpf.instruction(bpf.RETURN, 1)
        + bpf.instruction(bpf.LOAD, word + 4)
        + bpf.instruction(0x15, 7, 0, 1)  # high half == 7 ?
        + bpf.instruction(bpf.RETURN, 2)
        + bpf.instruction(0x35, 9, 0, 1)  # high half >= 9 ?
        + bpf.instruction(bpf.RETURN, 3)
        + bpf.instruction(bpf.RETURN, 4)
    )
    cases = {
        0x10: 1,
        0x3F: 1,
        0x40: 4,
        0x2F: 4,
        7 << 32: 2,
        9 << 32: 3,
        8 << 32: 4,
        7 << 32 | 0x90: 2,
        0x90: 4,
    }
    assert {value: program.run(0, 0, (0, 0, value)) for value in cases} == cases


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"1234",
        bpf.instruction(bpf.RETURN, 0) * 4097,
        bpf.instruction(bpf.LOAD, 0),
        bpf.instruction(bpf.LOAD, 64) + bpf.instruction(bpf.RETURN, 0),
        bpf.instruction(bpf.LOAD, 2) + bpf.instruction(bpf.RETURN, 0),
        bpf.instruction(0x15, 0, 1, 0) + bpf.instruction(bpf.RETURN, 0),
        bpf.instruction(bpf.JUMP, 1) + bpf.instruction(bpf.RETURN, 0),
        bpf.instruction(0x87, 0) + bpf.instruction(bpf.RETURN, 0),
    ],
)
def test_simulator_refuses_what_the_kernel_refuses(blob):
    """empty, cut, endless, escaping and unknown programs are no filters"""
    with pytest.raises(bpf.BadProgram):
        bpf.Program(blob)


# -- a real process behind the wall --------------------------------------------------------------------------

START = f"""
import errno, json, os, signal, sys, threading, time
sys.path.insert(0, {str(INSIDE)!r})
import lockdown
lockdown.prepare()
blob = bytes.fromhex(sys.argv[1])
uid = int(sys.argv[2])
def lock(memory=1 << 30, seconds=20, tasks=None):
    if uid:
        lockdown.drop_user(uid)
    lockdown.die_with_parent(os.getppid())
    lockdown.set_limits(memory, seconds, tasks)
    lockdown.load_filter(blob)
def say(value):
    os.write(1, json.dumps(value).encode() + b"\\n")
"""
UID = 64123  # an account that no machine has

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
accounts = pytest.mark.parametrize("uid", [0, pytest.param(UID, marks=as_root)], ids=["same user", "own uid"])


def child(code: str, uid: int = 0, blob: bytes | None = None) -> subprocess.CompletedProcess[str]:
    """Run code in a new Python; `lock()` locks it in, `say(value)` reports."""
    given = (blob if blob is not None else policy.shipped_filter() or b"").hex()
    command = [sys.executable, "-I", "-c", START + textwrap.dedent(code), given, str(uid)]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )


def said(code: str, uid: int = 0, blob: bytes | None = None):
    """What code reported; the test fails if it ended badly."""
    done = child(code, uid, blob)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def wall():
    """Skip where no filter can be loaded: another processor, or a kernel or container that refuses."""
    if policy.shipped_filter() is None:
        pytest.skip(f"there is no filter for {sys.platform} on {platform.machine()}")
    answer = said("""
        try:
            lockdown.load_filter(blob)
        except OSError as error:
            say(errno.errorcode[error.errno])
        else:
            say("loaded")
    """)
    if answer != "loaded":
        pytest.skip(f"this machine refuses filters: {answer}")


SELF_TEST = "import numpy\nlock(tasks=lockdown.task_ceiling())\nsay(lockdown.self_test())"


@accounts
@pytest.mark.usefixtures("wall")
def test_a_worker_is_sealed(uid):
    """behind the wall every forbidden probe is refused and memory, threads, time and numpy work"""
    report = said(SELF_TEST, uid)
    assert lockdown.missing(report) == []
    assert set(report) == {*lockdown.MUST_FAIL, *lockdown.MUST_WORK}
    assert {report[name] for name in lockdown.MUST_FAIL} == {"EPERM", "ENOSYS"}
    assert {report[name] for name in lockdown.MUST_WORK} == {"ok"}


def test_the_self_test_can_fail():
    """without a filter the same probes get through or fail for another reason: all are missing"""
    report = said("import numpy\nsay(lockdown.self_test())")
    lacking = {line.partition(":")[0] for line in lockdown.missing(report)}
    always = {
        "open",
        "stat",
        "listdir",
        "getcwd",
        "unlink",
        "chmod",
        "mkdir",
        "fork",
        "execve",
        "socket_unix",
    }
    always |= {"kill_self", "kill_thread", "set_owner", "set_async", "setuid", "setrlimit", "sendmsg"}
    always |= {"executable_memory", "memory_limit", "limits"}
    assert always <= lacking
    assert report["open"] == report["fork"] == report["kill_self"] == "allowed"
    assert report["unlink"] == report["execve"] == "ENOENT"
    assert report["numpy"] == report["threads"] == "ok"


def test_an_incomplete_report_is_not_sealed():
    """a probe that gives no answer, another errno or a failure counts as missing"""
    good = dict.fromkeys(lockdown.MUST_FAIL, "EPERM") | dict.fromkeys(lockdown.MUST_WORK, "ok")
    assert lockdown.missing(good) == []
    assert len(lockdown.missing({})) == len(good)
    assert lockdown.missing(good | {"open": "ENOENT"}) == ["open: ENOENT"]
    assert lockdown.missing(good | {"fork": "allowed"}) == ["fork: allowed"]
    assert lockdown.missing(good | {"numpy": "failed: x"}) == ["numpy: failed: x"]
    del good["kill_parent"]
    assert lockdown.missing(good) == ["kill_parent: no answer"]


@pytest.mark.usefixtures("wall")
def test_the_kernel_agrees_with_the_simulator():
    """a real process asks for every number that the list does not allow and gets the simulated answer"""
    arch = platform.machine()
    free = {NUMBERS[arch][name] for name in RULES[arch]}
    hooks = {335, 336}  # uretprobe and uprobe of x86_64: the kernel's own, served before any filter
    numbers = [n for n in range(policy.HIGHEST_NUMBER + 1) if n not in free | hooks]
    answers = said(f"""
        import ctypes
        lock()
        call = lockdown._prepared().syscall
        answers = []
        for number in {numbers}:
            ctypes.set_errno(0)
            answers.append([call(number, 0, 0, 0, 0, 0, 0), ctypes.get_errno()])
        say(answers)
    """)
    simulated = [PROGRAMS[arch].run(bpf.AUDIT[arch], number) & 0xFFFF for number in numbers]
    assert len(numbers) > 500
    assert answers == [[-1, code] for code in simulated]


@pytest.mark.usefixtures("wall")
def test_the_x32_door_kills():
    """a number of the x32 table ends a real process by SIGSYS"""
    if platform.machine() != "x86_64":
        pytest.skip("x32 is a part of x86_64")
    done = child(
        "lock()\nsay('locked')\nlockdown._prepared().syscall(0x40000000 + 39, 0, 0, 0, 0, 0, 0)\nsay('alive')"
    )
    assert done.returncode == -signal.SIGSYS
    assert done.stdout.split() == ['"locked"']


@pytest.mark.usefixtures("wall")
def test_the_32_bit_door_kills():
    """int 0x80 with getpid of i386, in code that was mapped before the wall, ends a real process"""
    if platform.machine() != "x86_64":
        pytest.skip("int 0x80 is a door of x86_64")
    done = child("""
        import ctypes, mmap
        area = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        area.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20; int 0x80; ret
        door = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(area)))
        lock()
        say("locked")
        door()
        say("alive")
    """)
    assert done.returncode in (-signal.SIGSYS, -signal.SIGSEGV)  # the latter: a kernel without 32-bit entry
    assert done.stdout.split() == ['"locked"']


@pytest.mark.usefixtures("wall")
def test_a_thread_from_before_is_locked_in_too():
    """a thread that some library had started before the filter was loaded is inside the wall as well"""
    answer = said("""
        begin, heard = threading.Event(), []
        def late():
            begin.wait(10)
            try:
                os.stat("/")
            except OSError as error:
                heard.append(errno.errorcode[error.errno])
            else:
                heard.append("allowed")
        thread = threading.Thread(target=late)
        thread.start()
        lock()
        begin.set()
        thread.join()
        say(heard)
    """)
    assert answer == ["EPERM"]


@pytest.mark.usefixtures("wall")
def test_abort_ends_the_process():
    """abort() cannot signal its own process and ends it by a fault instead"""
    done = child("lock()\nsay('locked')\nos.abort()")
    assert done.returncode in (-signal.SIGSEGV, -signal.SIGILL, -signal.SIGTRAP, -signal.SIGABRT)
    assert done.stdout.split() == ['"locked"']


def test_a_refused_filter_is_an_error():
    """load_filter raises what the kernel said, or ValueError for bytes that cannot be a filter"""
    if platform.machine() not in policy.ARCHITECTURES:
        pytest.skip("there is no filter for this machine")
    answer = said(
        """
        try:
            lockdown.load_filter(blob)
        except OSError as error:
            os.stat("/")
            say(errno.errorcode[error.errno])
        """,
        blob=bpf.instruction(0xFFFF, 0),
    )
    assert answer in ("EINVAL", "EPERM", "ENOSYS")  # the last two: a container that refuses every filter
    for blob in (b"", b"1234567", b"\0" * 8 * 4097):
        with pytest.raises(ValueError, match="no filter"):
            lockdown.load_filter(blob)


def test_limits_are_set_hard_and_never_raised():
    """set_limits gives the documented values, soft and hard; a limit that was lower stays"""
    answer = said("""
        import resource as r
        r.setrlimit(r.RLIMIT_NOFILE, (20, 32))
        r.setrlimit(r.RLIMIT_STACK, (1 << 20, 2 << 20))
        niceness = os.nice(0)
        lockdown.set_limits(512 << 20, 7)
        names = "AS CPU FSIZE NOFILE CORE MEMLOCK MSGQUEUE STACK".split()
        limits = {name: r.getrlimit(getattr(r, "RLIMIT_" + name)) for name in names}
        limits["nice"] = os.nice(0) - niceness
        say(limits)
    """)
    assert answer == {
        "AS": [512 << 20, 512 << 20],
        "CPU": [7, 8],
        "FSIZE": [0, 0],
        "NOFILE": [32, 32],
        "CORE": [0, 0],
        "MEMLOCK": [0, 0],
        "MSGQUEUE": [0, 0],
        "STACK": [2 << 20, 2 << 20],
        "nice": 5,
    }


def test_senseless_limits_are_refused():
    """less memory than numpy needs, or no time at all, is a ValueError and changes nothing"""
    with pytest.raises(ValueError, match="address space"):
        lockdown.set_limits((256 << 20) - 1, 10)
    with pytest.raises(ValueError, match="processor time"):
        lockdown.set_limits(1 << 30, 0)


@pytest.mark.usefixtures("wall")
def test_a_loop_is_ended_by_the_processor_limit():
    """a worker that ignores SIGXCPU is killed one second after its limit"""
    begin = time.monotonic()
    done = child("signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nlock(seconds=1)\nwhile True: pass")
    assert done.returncode == -signal.SIGKILL
    assert time.monotonic() - begin < 30


@as_root
@pytest.mark.usefixtures("wall")
def test_a_flood_of_threads_is_stopped():
    """`tasks` bounds the threads of a uid, so no worker can use up the machine's process numbers"""
    answer = said(
        """
        import _thread
        threading.stack_size(256 << 10)
        lock(tasks=40)
        gate, count = _thread.allocate_lock(), 0
        gate.acquire()
        try:
            while count < 400:
                _thread.start_new_thread(gate.acquire, ())
                count += 1
        except RuntimeError:
            pass
        say(count)
        os._exit(0)
        """,
        uid=UID + 1,
    )
    assert answer == 39


def test_the_ceiling_of_tasks_is_above_what_runs():
    """task_ceiling is the number of tasks on the machine plus the headroom"""
    low, high = lockdown.task_ceiling(0), lockdown.task_ceiling(5000)
    assert low is not None and high is not None
    assert 0 < low < high


@as_root
def test_root_cannot_be_had_back():
    """drop_user leaves one uid, one gid and no group, and no way back"""
    answer = said(
        """
        lockdown.drop_user(uid)
        ways = []
        for way in (lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.seteuid(0),
                    lambda: os.setgid(0), lambda: os.setgroups([0]), lambda: os.chown("/", 0, 0)):
            try:
                way()
            except PermissionError:
                continue
            ways.append("open")
        say([os.getresuid(), os.getresgid(), os.getgroups(), ways])
        """,
        uid=UID,
    )
    assert answer == [[UID] * 3, [UID] * 3, [], []]


@as_root
def test_a_capability_that_survives_is_noticed():
    """with securebits that keep root's capabilities drop_user raises instead of pretending"""
    answer = said(
        """
        SECBIT_NO_SETUID_FIXUP = 4
        lockdown._prctl(28, SECBIT_NO_SETUID_FIXUP, "PR_SET_SECUREBITS")
        try:
            lockdown.drop_user(uid)
        except PermissionError as error:
            say(str(error))
        """,
        uid=UID,
    )
    assert "root can be had back" in answer


def test_a_worker_never_runs_as_root():
    """drop_user refuses uid 0 and negative ones before it does anything"""
    for uid in (0, -1):
        with pytest.raises(ValueError, match="cannot run as uid"):
            lockdown.drop_user(uid)


@accounts
def test_a_worker_dies_with_its_parent(uid):
    """when the fork server is killed its worker is gone too, with and without a change of user"""
    code = f"""
        parent = os.getpid()
        if os.fork() == 0:
            if {uid}:
                lockdown.drop_user({uid})
            lockdown.die_with_parent(parent)
            os.write(1, b"ready")
            time.sleep(60)
            os._exit(0)
        time.sleep(60)
    """
    command = [sys.executable, "-I", "-c", START + textwrap.dedent(code), "", "0"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.read(5) == b"ready"
        begin = time.monotonic()
        parent.kill()
        assert parent.stdout.read() == b""  # ends when the last holder of the pipe, the worker, is gone
        assert time.monotonic() - begin < 20


def test_a_worker_whose_parent_is_gone_is_told():
    """die_with_parent raises if the process that forked is not the parent any more"""
    answer = said("""
        try:
            lockdown.die_with_parent(os.getppid() + 1)
        except ProcessLookupError:
            say("gone")
    """)
    assert answer == "gone"


def test_a_worker_is_closed_to_debuggers():
    """after die_with_parent the process is not dumpable"""
    answer = said("""
        before = lockdown._prepared().prctl(3, 0, 0, 0, 0)
        lockdown.die_with_parent(os.getppid())
        say([before, lockdown._prepared().prctl(3, 0, 0, 0, 0)])
    """)
    assert answer == [1, 0]


def test_inside_imports_the_standard_library_only():
    """lockdown.py runs beside the student's code and brings nothing of the kit with it"""
    imported = set()
    for node in ast.walk(ast.parse((INSIDE / "lockdown.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0] if not node.level else ".")
    assert {"ctypes", "os", "resource"} <= imported
    assert imported <= sys.stdlib_module_names
