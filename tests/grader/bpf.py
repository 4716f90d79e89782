"""A simulator of classic BPF as seccomp uses it: what would the kernel answer to this system call?

Only for tests. It knows the instructions that a compiled allow-list consists of and refuses every other one,
so a filter for any architecture can be examined on any machine.
"""

from __future__ import annotations

import operator
import struct
from collections.abc import Sequence

KILL_PROCESS = 0x8000_0000
ERRNO = 0x0005_0000
ALLOW = 0x7FFF_0000

# Values of `arch` in struct seccomp_data.
AUDIT = {
    "x86_64": 0xC000_003E,
    "aarch64": 0xC000_00B7,
    "i386": 0x4000_0003,
    "arm": 0x4000_0028,
    "riscv64": 0xC000_00F3,
    "ppc64le": 0xC000_0015,
    "s390x": 0x8000_0016,
}

LOAD, AND, JUMP, RETURN = 0x20, 0x54, 0x05, 0x06  # A = data[k]; A &= k; skip k; return k
COMPARE = {0x15: operator.eq, 0x25: operator.gt, 0x35: operator.ge, 0x45: operator.and_}  # A with k; jt or jf

_DATA_BYTES = 64  # struct seccomp_data: u32 nr, u32 arch, u64 instruction_pointer, u64 args[6]
_MOST_INSTRUCTIONS = 4096


class BadProgram(ValueError):
    """The kernel would not accept this filter, or this simulator does not know an instruction of it."""


def instruction(code: int, k: int, jt: int = 0, jf: int = 0) -> bytes:
    """One struct sock_filter {u16 code; u8 jt; u8 jf; u32 k}, little-endian."""
    return struct.pack("<HBBI", code, jt, jf, k)


class Program:
    """A filter, checked as the kernel checks it when it is loaded.

    Parameters
    ----------
    blob : array of struct sock_filter.

    Raises
    ------
    BadProgram
        If it is empty or too long, jumps or runs past its end, or reads outside the data.
    """

    def __init__(self, blob: bytes):
        if len(blob) % 8 or not 0 < len(blob) // 8 <= _MOST_INSTRUCTIONS:
            raise BadProgram(f"{len(blob)} bytes are not a filter")
        self.code: list[tuple[int, int, int, int]] = list(struct.iter_unpack("<HBBI", blob))
        for at, (code, jt, jf, k) in enumerate(self.code):
            left = len(self.code) - at - 1  # instructions after this one
            if code not in (LOAD, AND, JUMP, RETURN, *COMPARE):
                raise BadProgram(f"instruction {at} is unknown: {code:#x}")
            if code == LOAD and (k % 4 or k + 4 > _DATA_BYTES):
                raise BadProgram(f"instruction {at} reads at {k}")
            if (code in COMPARE and max(jt, jf) >= left) or (code == JUMP and k >= left):
                raise BadProgram(f"instruction {at} jumps past the end")
        if self.code[-1][0] != RETURN:
            raise BadProgram("the last instruction does not return")

    def run(self, arch: int, number: int, arguments: Sequence[int] = ()) -> int:
        """What the filter returns for one system call: ALLOW, ERRNO | errno, KILL_PROCESS.

        Parameters
        ----------
        arch : an AUDIT value.
        number : number of the call; the filter sees 32 bits of it.
        arguments : up to six, each modulo 2**64; those that are missing are 0.
        """
        args = [value & 0xFFFF_FFFF_FFFF_FFFF for value in (*arguments, *(0,) * 6)][:6]
        words = struct.unpack("<16I", struct.pack("<IIQ6Q", number & 0xFFFF_FFFF, arch, 0, *args))
        accumulator = at = 0
        while True:
            code, jt, jf, k = self.code[at]
            at += 1
            if code == LOAD:
                accumulator = words[k // 4]
            elif code in COMPARE:
                at += jt if COMPARE[code](accumulator, k) else jf
            elif code == AND:
                accumulator &= k
            elif code == JUMP:
                at += k
            else:
                return k
