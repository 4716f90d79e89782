"""`kata similar`: copies are found in disguise, stub and common answers are not, hostile files cost only themselves."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.class_file.record import update_record
from grader.cli import kata
from grader.course import Course
from grader.errors import UsageError
from grader.similar import find_alike, read_alike
from grader.store import Store

sys.path.insert(0, str(Path(__file__).parent))
import tiny

linux = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
pytestmark = pytest.mark.usefixtures("detector")

STUB = '''import numpy as np


def table(n):
    """A table."""
    given = {"rows": [1, 2, 3], "columns": (4, 5, 6), "names": ["a", "b", "c"], "sizes": {"x": 1, "y": 2}}
    for key in sorted(given):
        print(key, given[key], len(given[key]), repr(given), sep="; ", end="\\n", flush=True)
    raise NotImplementedError("table is not written yet")
'''
ORIGINAL = """
def table(n):
    # my own idea
    rows = []
    for i in range(n):
        row = [0] * n
        for j, value in enumerate(row):
            if (i + j) % 3 == 0 and value is not None:
                row[j] = max(i, j) ** 2 - min(i, j)
            elif i * j > n:
                row[j] = -(i // (j + 1)) if j else n
        rows.append(tuple(reversed(row)))
    return [r for r in rows if sum(r) != 0] or None
"""
DISGUISED = '''
def table(size):
    """Completely different."""
    result = []


    for a in range(size):
        line = [0] * size     # zeros
        for b, entry in enumerate(line):
            if (a + b) % 3 == 0 and entry is not None:
                line[b] = max(a, b) ** 2 - min(a, b)
            elif a * b > size:
                line[b] = -(a // (b + 1)) if b else size
        result.append(tuple(reversed(line)))
    return [z for z in result if sum(z) != 0] or None
'''


@pytest.fixture(scope="session")
def detector() -> None:
    pytest.importorskip("copydetect", reason="copydetect comes with the extra instructor")


@pytest.fixture
def course(tmp_path: Path) -> Course:
    course = tiny.make_course(tmp_path / "course")
    tiny.write(tmp_path / "course" / "exercises" / "ch01_tiny" / "tiny.py", STUB)
    return course


def own_work(seed: int) -> str:
    """A program like no other: statements drawn at random."""
    rng = random.Random(seed)
    ways = [
        "x[{a}] = {b} * y",
        "for k in range({a}): total += k ** {b}",
        "while z > {a}: z //= {b} + 2",
        "print('{a}', {b})",
    ]
    ways += [
        "if y < {a} or not x: return {b}",
        "x = [v for v in y if v != {a}]",
        "z, y = y @ z.T, {a}",
        "assert len(x) == {a}, {b}",
    ]
    ways += [
        "y = {{k: v + {a} for k, v in x.items()}}",
        "z = lambda q: q[{a}:{b}]",
        "try: x.pop({a})\n    except KeyError: y -= {b}",
    ]
    body = "\n    ".join(
        rng.choice(ways).format(a=rng.randrange(10**6), b=rng.randrange(10**6)) for _ in range(25)
    )
    return f"def table(x, y, z):\n    total = 0\n    {body}\n    return total\n"


def pairs(course: Course, folder: Path, **options: object) -> list[tuple[str, str]]:
    found = find_alike([folder], [course.chapter("ch01")], **options)
    return [(p.a, p.b) for one in found for p in one.pairs]


def test_a_copy_in_disguise_is_found_and_only_it(tmp_path, course):
    """other names, comments and layout do not hide a copy; work of one's own is not accused"""
    folder = tiny.hand_in(
        tmp_path / "s", student01=ORIGINAL, student02=DISGUISED, **{f"own{n}": own_work(n) for n in range(6)}
    )
    found = find_alike([folder], [course.chapter("ch01")])
    assert [(p.a, p.b) for p in found[0].pairs] == [("student01", "student02")]
    pair = found[0].pairs[0]
    assert pair.share_a > 0.9 and pair.share_b > 0.9 and pair.same_lines == 0
    assert pair.lines_a[0][0] <= 5 and pair.lines_a[-1][1] >= 13
    assert all(1 <= a <= b <= DISGUISED.count("\n") + 1 for a, b in pair.lines_b)


def test_the_stub_does_not_count(tmp_path, course):
    """what everybody was given is not alike"""
    folder = tiny.hand_in(
        tmp_path / "s",
        student01=STUB + own_work(1),
        student02=STUB + own_work(2),
        student03=STUB,
        student04=STUB,
    )
    assert pairs(course, folder) == []


def test_what_many_have_written_does_not_count(tmp_path, course):
    """in a class of eight, an answer that six share is the ordinary one; two who share more are told"""
    many = {f"student0{n}": ORIGINAL + own_work(n) for n in range(1, 7)}
    folder = tiny.hand_in(tmp_path / "s", **many, copy1=own_work(50), copy2=own_work(50))
    assert pairs(course, folder) == [("copy1", "copy2")]


def test_the_same_class_gives_the_same_pairs(tmp_path, course):
    """two runs agree to the digit"""
    folder = tiny.hand_in(
        tmp_path / "s", student01=ORIGINAL, student02=DISGUISED, student03=ORIGINAL + own_work(3)
    )
    first, second = (find_alike([folder], [course.chapter("ch01")]) for _ in range(2))
    assert first == second and len(first[0].pairs) == 3


@linux
def test_notebooks_and_broken_files(tmp_path, course):
    """a notebook is compared by its code; what cannot be read is named, what is broken or huge does no harm"""
    cells = [
        {
            "cell_type": "code",
            "source": DISGUISED,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "id": "a",
        }
    ]
    folder = tiny.hand_in(
        tmp_path / "s",
        student01=ORIGINAL,
        empty="",
        broken="def table(:\n  '''" + "(" * 5000,
        quotes="'" * 3000 + "\\" * 3000,
        large="x = 1\n" * 100_000,
    )
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    tiny.write(folder / "student02" / "tiny.ipynb", json.dumps(notebook))
    (folder / "bytes").mkdir()
    (folder / "bytes" / "tiny.py").write_bytes(b"\xff\x00\xfe\x80")
    found = find_alike([folder], [course.chapter("ch01")])[0]
    assert [(p.a, p.b) for p in found.pairs] == [("student01", "student02")]
    assert "bytes" in [s for s, _ in found.skipped]


def test_a_file_that_keeps_the_tokenizer_busy_is_left_out():
    """after its time it is named as skipped, the others are compared"""
    program = (
        "import json, grader.similar_child as child; child.SECONDS_PER_FILE = 0.2;"
        f"files = {{'slow': 'x = (1, 2)\\n' * 300_000, 'a': {ORIGINAL!r}, 'b': {DISGUISED!r}}};"
        "print(json.dumps(child.compare('', files, common=3, least=50, share=0.5, most=9)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "MPLBACKEND": "Agg"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=True, timeout=60
    )
    told = json.loads(done.stdout)
    assert [s for s, _ in told["skipped"]] == ["slow"]
    assert [(p["a"], p["b"]) for p in told["pairs"]] == [("a", "b")]


def test_the_command_writes_beside_the_results(tmp_path, course):
    """kata similar GRADES compares what was graded into it, says that it is a hint, and changes no mark"""
    folder = tiny.hand_in(tmp_path / "s", student01=ORIGINAL, Two=DISGUISED, student03=own_work(3))
    tiny.write(folder / "class.toml", 'roster = "roster.csv"\n')
    tiny.write(folder / "roster.csv", "id,name\nstudent01,One\nstudent02,Two\nstudent03,Three\n")
    out = tmp_path / "grades"
    Store(out).close()
    update_record(out, folder / "class.toml", [folder], {})
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file() and p.suffix != ".db"}
    done = CliRunner().invoke(kata, ["similar", str(out), "--course", str(course.root)])
    assert done.exit_code == 0, done.output
    assert "student01 and student02" in done.output and "never a verdict" in done.output
    told = json.loads((out / "similar.json").read_text("utf-8"))
    assert "never a verdict" in told["note"] and told["schema"] == "nnkata/similar/v1"
    assert [(p.a, p.b) for p in read_alike(out)[0].pairs] == [("student01", "student02")]
    assert all(p.read_bytes() == data for p, data in before.items())


def test_nothing_to_compare(tmp_path, course):
    """one submission is compared with none; submissions that are gone are asked for"""
    folder = tiny.hand_in(tmp_path / "s", student01=ORIGINAL)
    done = CliRunner().invoke(kata, ["similar", str(folder), "--course", str(course.root)])
    assert done.exit_code == 0 and "nothing to compare" in done.output
    out = tmp_path / "grades"
    Store(out).close()
    done = CliRunner().invoke(kata, ["similar", str(out), "--course", str(course.root)])
    assert isinstance(done.exception, UsageError) and "are gone" in str(done.exception)
    assert read_alike(out) == []
