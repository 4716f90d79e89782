"""The part of `grader.similar` that meets student code: a process of its own, with limits, that reads and writes JSON.

Copydetect tokenizes with Pygments, whose regular expressions a hostile file may keep busy; a file that takes too long is
left out. Called as `python -c "from grader.similar_child import main; main()"`; PYTHONHASHSEED=0 makes it repeatable.
"""

from __future__ import annotations

import bisect
import io
import json
import math
import signal
import sys
from collections import Counter
from itertools import combinations
from typing import Any

from copydetect import CodeFingerprint, compare_files
from copydetect.utils import get_token_coverage

K = 25  # characters of normalised code in one fingerprint, Copydetect's own default
LETTERS = 12  # of a line, below which two equal lines mean nothing
SECONDS_PER_FILE = 5


class TooSlow(Exception):
    """A file keeps the tokenizer busy."""


def main() -> None:
    """Read {stub, files, common, least, share} from standard input, write {pairs, skipped} to standard output."""
    asked = json.load(sys.stdin)
    json.dump(compare(**asked), sys.stdout)


def compare(
    stub: str, files: dict[str, str], common: float, least: int, share: float, most: int
) -> dict[str, Any]:
    """Compare all files of one chapter with each other.

    Parameters
    ----------
    stub : the chapter as it was handed out; what stands in it is ignored.
    files : student -> source.
    common : what more than this many students have is ordinary and ignored.
    least : characters of normalised code that a pair must share.
    share : of one of both files, that must be shared.
    most : pairs that are given back, the most alike first.
    """
    ignored = set(_fingerprint("stub", stub).hashes)
    prints, skipped = {}, []
    for student, text in files.items():
        try:
            prints[student] = _fingerprint(student, text)
        except TooSlow:
            skipped.append([student, f"its code took more than {SECONDS_PER_FILE} s to split into words"])
        except (ValueError, RecursionError, IndexError, MemoryError) as error:
            skipped.append([student, f"the detector cannot read it ({type(error).__name__})"])
    having = Counter(h for one in prints.values() for h in one.hashes)
    ignored |= {h for h, n in having.items() if n > common}
    for one in prints.values():
        one.hashes -= ignored
        one.hash_idx = {h: places for h, places in one.hash_idx.items() if h in one.hashes}
        one.token_coverage = get_token_coverage(one.hash_idx, K, len(one.filtered_code))
    lines = _rare_lines(stub, {s: files[s] for s in prints}, common)
    pairs = []
    for a, b in combinations(sorted(prints), 2):
        both = len(prints[a].hashes & prints[b].hashes)
        smaller = min(len(prints[a].hashes), len(prints[b].hashes))
        if both and both >= 0.3 * share * smaller:
            pairs.append(_pair(a, b, prints[a], prints[b], lines[a] & lines[b]))
    alike = [p for p in pairs if p["length"] >= least and max(p["share_a"], p["share_b"]) >= share]
    alike.sort(key=lambda p: (-max(p["share_a"], p["share_b"]), -p["length"], p["a"], p["b"]))
    return {"pairs": alike[:most], "found": len(alike), "compared": len(prints), "skipped": skipped}


def _fingerprint(name: str, text: str) -> CodeFingerprint:
    def stop(*_: object) -> None:
        raise TooSlow(name)

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS_PER_FILE, SECONDS_PER_FILE)
    try:
        if len(text) < K:
            text += "\n" * K
        return CodeFingerprint("code.py", K, 1, filter=True, language="python", fp=io.StringIO(text))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _rare_lines(stub: str, files: dict[str, str], common: float) -> dict[str, set[str]]:
    """Of each student, the lines that are long enough to mean something and that few others have."""
    given = {line.strip() for line in stub.splitlines()}
    lines = {
        s: {w for line in text.splitlines() if len(w := line.strip()) >= LETTERS} - given
        for s, text in files.items()
    }
    having = Counter(line for own in lines.values() for line in own)
    return {s: {line for line in own if having[line] <= common} for s, own in lines.items()}


def _pair(a: str, b: str, first: CodeFingerprint, second: CodeFingerprint, same: set[str]) -> dict[str, Any]:
    length, shares, slices = compare_files(first, second)
    share_a, share_b = (min(1.0, float(s)) if math.isfinite(s) else 0.0 for s in shares)
    return {
        "a": a,
        "b": b,
        "share_a": round(share_a, 3),
        "share_b": round(share_b, 3),
        "length": int(length),
        "same_lines": len(same),
        "lines_a": _line_ranges(first.raw_code, slices[0]),
        "lines_b": _line_ranges(second.raw_code, slices[1]),
    }


def _line_ranges(text: str, slices: Any) -> list[list[int]]:
    """Where, as ranges of line numbers; those that touch are one."""
    starts = [0] + [i + 1 for i, c in enumerate(text) if c == "\n"]
    ranges: list[list[int]] = []
    for start, end in sorted(zip(*slices)):
        first, last = (
            bisect.bisect_right(starts, int(start)),
            bisect.bisect_right(starts, max(int(start), int(end) - 1)),
        )
        if ranges and first <= ranges[-1][1] + 1:
            ranges[-1][1] = max(ranges[-1][1], last)
        else:
            ranges.append([first, last])
    return ranges
