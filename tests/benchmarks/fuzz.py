"""Throws mutated bytes at everything that reads what students send.

    python tests/benchmarks/fuzz.py [--minutes 10] [--only wire|zip|notebook] [--seed N]

Targets: the decoder of what a worker answers, the zip files that are handed in, the notebooks. Each may accept or
refuse in its own way; anything else (another exception, a crash, too much time or memory) is a finding. It is shrunk,
printed with the command that repeats it, and the exit code is 1. A short part of this runs in the test-suite.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "grader"))

import zips

from grader.intake.archive import Archive
from grader.intake.files import File, Folder, Refused
from grader.notebook_read import Unreadable, extract
from grader.sandbox.inside import wire

LIMIT = 1 << 20  # bytes of one member
SECONDS = 5.0  # for one input; the notebooks' child has its own limit
MIB = 1 << 20
SOURCE = "import numpy as np\n\n\ndef double(x):\n    return 2 * np.asarray(x)\n"
# Values at which sizes, counts and kinds go wrong, as bytes of a header.
EDGES = [
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xff",
    b"\x00\x80",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
]
EDGES += [b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08"]


# inputs ------------------------------------------------------------------------------------------------------


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes], edges: Sequence[bytes] = EDGES) -> bytes:
    """One of the seeds with up to eight changes: bytes overwritten, put in, cut out, repeated, cut off."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(["overwrite", "edge", "insert", "delete", "repeat", "cut"]))
        at = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.integers(1, 40))
        if kind == "overwrite":
            piece = draw(st.binary(min_size=1, max_size=8))
            data[at : at + len(piece)] = piece
        elif kind == "edge":
            piece = draw(st.sampled_from(edges))
            data[at : at + len(piece)] = piece
        elif kind == "insert":
            data[at:at] = draw(st.binary(max_size=20))
        elif kind == "delete":
            del data[at : at + length]
        elif kind == "repeat":
            data[at:at] = data[at : at + length] * draw(st.integers(1, 30))
        else:
            del data[at:]
    return bytes(data)


def mutated_zips() -> st.SearchStrategy[bytes]:
    """Honest and broken archives, changed."""
    honest = [
        zips.zipped({"tiny.py": SOURCE}),
        zips.zipped({"work/ch01_tiny/tiny.py": SOURCE, "a/": "", "b.bin": bytes(300)}),
        zips.zipped({"tiny.py": SOURCE, "Zoë/tiny.ipynb": zips.notebook(SOURCE)}, method=0),
        zips.zipped({}),
    ]
    broken = [made for make, _ in zips.BROKEN.values() if len(made := make("tiny.py", SOURCE)) < 5_000]
    return mutated(honest * 4 + broken)


def frames() -> st.SearchStrategy[bytes]:
    """Honest answers of a worker, changed; and what has the form of an answer with anything in it."""
    values: list[Any] = [
        None, True, 7, -(2**70), 0.5, 1 + 2j, "text", b"bytes", [1, [2.0, "x"]], (1, (2, ())), {"a": 1, "b": [None]},
        np.arange(12.0).reshape(3, 4), np.zeros((2, 0, 3), np.int32), np.float32(3.5), np.array(True), [np.ones(3)] * 4,
        {"id": 5, "ok": (np.eye(3), "done")},
    ]  # fmt: skip
    seeds = [wire.Encoder(other=_other, limited=True).frame(value)[wire.LENGTH.size :] for value in values]
    # Type bytes of msgpack: maps, lists, texts, bytes, extensions of every width.
    edges = [bytes([b]) for b in (0x80, 0x8F, 0x90, 0x9F, *range(0xC0, 0xE0), 0xFF)] + EDGES
    return mutated(seeds, edges) | st.binary(max_size=200)


def _other(value: Any) -> Any:
    raise TypeError(type(value).__name__)


def notebooks() -> st.SearchStrategy[bytes]:
    """Notebooks with changed bytes, and JSON in which every value may be of the wrong kind."""
    odd = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=6,
    )
    lines = st.sampled_from(
        ["x = 1", "def double(x):", "    return 2 * x", "%%time", "!ls", "for i in range(3):", "'''", "(", "\\",
         "x = !ls", "import os; os.abort()", "class A: pass", "\t\tx", "é = 2", "if x:", "double?", "async def f(): pass"]
    )  # fmt: skip
    source = st.lists(lines, max_size=6).map("\n".join) | st.lists(lines.map("{}\n".format), max_size=6) | odd
    cell = st.fixed_dictionaries(
        {"cell_type": st.sampled_from(["code", "markdown", "raw"]) | odd, "source": source},
        optional={"metadata": odd, "outputs": odd, "id": odd, "input": source},
    )
    book = st.fixed_dictionaries(
        {"cells": st.lists(cell | odd, max_size=5) | odd},
        optional={
            "metadata": odd,
            "nbformat": st.sampled_from([4, 3, 2]) | odd,
            "nbformat_minor": odd,
            "worksheets": odd,
        },
    )
    encodings = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"])
    whole = st.builds(lambda b, e: json.dumps(b).encode(e), book | odd, encodings)
    seed = zips.notebook(SOURCE).encode()
    return whole | mutated(
        [seed], [b"[" * 2_000, b'{"a":' * 2_000, b"\\ud800", b"NaN", b"1e999", b"\x00", b"\xff"]
    )


# what must hold ----------------------------------------------------------------------------------------------


class _Bytes(File):
    """A file in memory."""

    def __init__(self, data: bytes):
        super().__init__("work.zip", Path("work.zip"))
        self.data = data

    def read(self, limit: int) -> bytes:
        if len(self.data) > limit:
            raise Refused("is too large", self.data[:limit])
        return self.data


def read_archive(data: bytes) -> tuple[int, int]:
    """List an archive and read all members: how many were read, how many refused."""
    try:
        todo: list[Folder] = [Archive(_Bytes(data)).root]
    except Refused as refusal:
        _check_line(refusal)
        return 0, 1
    read = refused = 0
    while todo:
        for entry in todo.pop().entries():
            if isinstance(entry, Folder):
                todo.append(entry)
                continue
            try:
                assert len(entry.read(LIMIT)) <= LIMIT
                read += 1
            except Refused as refusal:
                _check_line(refusal)
                refused += 1
    return read, refused


def decode_frame(data: bytes) -> None:
    """Decode a frame of a worker: a value of plain kinds, or a WireError."""
    decoder = wire.Decoder({}, strict=True)
    tracemalloc.start()
    try:
        decoder.value(data)
    except wire.WireError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8 * MIB + 64 * len(data), f"{peak} bytes for a frame of {len(data)}"


def read_notebook(data: bytes) -> None:
    """Extract a notebook: a source that can be sent on, with one-line notes, or a reason."""
    try:
        extracted = extract(data, "tiny.ipynb")
    except Unreadable as reason:
        _check_line(reason)
        return
    extracted.text.encode("utf-8")
    compile(extracted.text, "tiny.ipynb", "exec", dont_inherit=True)  # the texts of this fuzzer are short
    for note in extracted.notes:
        _check_line(note)


def _check_line(text: object) -> None:
    """A reason or a note is one line of bounded length."""
    assert "\n" not in str(text) and 0 < len(str(text)) < 2_000, text


def timely(target: Callable[[bytes], object]) -> Callable[[bytes], None]:
    """The target, which must not take long."""

    def run(data: bytes) -> None:
        started = time.monotonic()
        target(data)
        seconds = time.monotonic() - started
        assert seconds < SECONDS, f"{seconds:.1f} s for {len(data)} bytes"

    return run


TARGETS: dict[str, tuple[Callable[[], st.SearchStrategy[bytes]], Callable[[bytes], object], int]] = {
    "wire": (frames, decode_frame, 1_000),
    "zip": (mutated_zips, read_archive, 500),
    "notebook": (notebooks, read_notebook, 50),  # a process each
}


def run_round(name: str, seed: int, examples: int) -> None:
    """One round of one target; hypothesis shrinks and raises what it finds."""
    strategy, target, _ = TARGETS[name]
    test = given(strategy())(timely(target))
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    test = settings(max_examples=examples, deadline=None, database=None, suppress_health_check=quiet)(test)
    hypothesis.seed(seed)(test)()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--only", choices=sorted(TARGETS))
    parser.add_argument("--seed", type=int, default=0, help="of the first round; rounds count up from it")
    parser.add_argument("--rounds", type=int, help="at most that many, whatever the minutes")
    options = parser.parse_args()
    names = [options.only] if options.only else sorted(TARGETS)
    end = time.monotonic() + 60 * options.minutes
    seed, done = options.seed, dict.fromkeys(names, 0)
    while time.monotonic() < end and (options.rounds is None or seed < options.seed + options.rounds):
        for name in names:
            try:
                run_round(name, seed, TARGETS[name][2])
            except BaseException:
                print(
                    f"\nFound with: python tests/benchmarks/fuzz.py --only {name} --seed {seed} --rounds 1\n",
                    file=sys.stderr,
                )
                raise
            done[name] += TARGETS[name][2]
            if time.monotonic() >= end:
                break
        seed += 1
    print(", ".join(f"{name}: {count} inputs" for name, count in done.items()) + ". Nothing found.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
