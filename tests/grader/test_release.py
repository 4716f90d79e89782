"""The student kit and the wheel: exercises and nothing else."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader import stubs, workspace
from grader.cli.release import release as release_command
from grader.course import Course
from grader.errors import AuthorError, UsageError
from grader.release import leaks, release, secrets
from grader.signatures import PAGE

ROOT = Path(__file__).parents[2]
CANARY = "canary_of_the_teachers_desk"
SECRET_LINE = f"{CANARY} = np.exp(z - z.max(axis=1, keepdims=True))"

TREE = {
    "exercises/README.md": "# Course\n",
    "exercises/conftest.py": "",
    "exercises/data/iris.csv": "1,2\n",
    "exercises/ch04_losses/README.md": "# Losses\n\nexp(z) over its row sum.\n",
    "exercises/ch04_losses/test_losses.py": "def test_a(student):\n    assert student\n",
    "exercises/ch05_next/README.md": "# Next\n",
    "exercises/ch05_next/test_next.py": "",
    "exercises/ch06_alone/README.md": "# Alone\n",
    "exercises/ch06_alone/test_alone.py": "",
    "solutions/ch04_losses/losses.py": f"""import numpy as np


def softmax(z):
    '''Rows sum to one: probs = np.exp(z) / np.exp(z).sum().'''
    ### BEGIN SOLUTION
    # {CANARY}
    if z.ndim != 2:
        raise ValueError("z should have two axes")
    {SECRET_LINE}
    for row in range(len({CANARY})):
        pass
    probs = np.exp(z) / np.exp(z).sum()
    return 1
    ### END SOLUTION
""",
    "solutions/ch04_losses/mistakes.py": f"# {CANARY} {'x' * 200}\n",
    "solutions/ch05_next/next.py": (
        "from ch04_losses.losses import softmax\n\n\ndef f(x):\n"
        f"    ### BEGIN SOLUTION\n    return '{CANARY} 2'\n    ### END SOLUTION\n"
    ),
    "solutions/ch06_alone/alone.py": (
        "def g(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n"
    ),
    "tests/hidden/ch04_losses/test_losses.py": f"# {CANARY} {'y' * 200}\n",
    "tests/hidden/ch04_losses/alternatives/loops.py": f"# {CANARY}\n",
}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())


@pytest.fixture
def course(tmp_path) -> Course:
    """Three chapters, built; the second needs the first."""
    write(tmp_path / "course", TREE)
    course = Course(tmp_path / "course")
    stubs.build(course)
    return course


def members(data: bytes) -> dict[str, bytes]:
    """Name -> content of a zip or a wheel."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def test_a_kit_holds_the_exercises_and_nothing_else(course, tmp_path):
    """Exactly the files of exercises/ and the manifest; no text of the teacher's desk is in any of them."""
    write(course.root, {"exercises/ch04_losses/__pycache__/a.pyc": CANARY, "exercises/.cache/x": CANARY})
    done = release(course, tmp_path / "kit.zip")
    files = members((tmp_path / "kit.zip").read_bytes())
    stub_names = {f"{c.name}/{c.module}{end}" for c in course.chapters for end in (".py", ".ipynb")}
    expected = {n.removeprefix("exercises/") for n in TREE if n.startswith("exercises/")} | stub_names
    expected |= {f"{c.name}/diagnosis.json" for c in course.chapters if c.mistakes_path.is_file()}
    assert set(files) == {f"nnkata-work/{name}" for name in expected | {workspace.MANIFEST, PAGE.name}}
    assert done.chapters == ("ch04_losses", "ch05_next", "ch06_alone")
    for data in files.values():
        assert CANARY.encode() not in data
        assert b"SOLUTION" not in data


def test_folder_and_zip_are_the_same_kit(course, tmp_path):
    """Both forms hold the same files."""
    release(course, tmp_path / "kit.zip")
    release(course, tmp_path / "kit")
    folder = {
        p.relative_to(tmp_path / "kit").as_posix(): p.read_bytes()
        for p in (tmp_path / "kit").rglob("*")
        if p.is_file()
    }
    assert {f"nnkata-work/{name}": data for name, data in folder.items()} == members(
        (tmp_path / "kit.zip").read_bytes()
    )
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_the_same_course_gives_the_same_zip(course, tmp_path):
    """Neither clock nor place of the course changes the bytes."""
    release(course, tmp_path / "a.zip")
    shutil.copytree(course.root, tmp_path / "elsewhere")
    release(Course(tmp_path / "elsewhere"), tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_an_unpacked_kit_is_a_workspace(course, tmp_path):
    """reset and update work in it at once, and `kata start --from` accepts it."""
    release(course, tmp_path / "kit")
    kit = tmp_path / "kit"
    stub = kit / "ch04_losses/losses.py"
    pristine = stub.read_bytes()
    stub.write_bytes(b"mine\n")
    assert [done.file for done in workspace.reset(kit, "ch04") if done.changed] == ["ch04_losses/losses.py"]
    assert stub.read_bytes() == pristine
    assert workspace.update(kit, course.exercises).kept == []
    with workspace.opened_kit(kit) as source:
        assert len(workspace.start(tmp_path / "work", source).copied) == 17


def test_a_chapter_brings_what_it_needs(course, tmp_path):
    """Only the chosen chapters and the earlier ones they import; shared files stay."""
    done = release(course, tmp_path / "kit.zip", [course.chapter("ch05")])
    assert done.chapters == ("ch04_losses", "ch05_next")
    assert "data/iris.csv" in done.files
    assert not [name for name in done.files if name.startswith("ch06")]


def test_outdated_stubs_are_not_released(course, tmp_path):
    """A stub changed by hand stops the release, and only that of its own chapter."""
    (course.exercises / "ch06_alone/alone.py").write_text("def g(x):\n    return x\n")
    with pytest.raises(UsageError, match=r"Out of date: exercises/ch06_alone/alone\.py\. Run: kata build"):
        release(course, tmp_path / "kit.zip")
    assert not (tmp_path / "kit.zip").exists()
    release(course, tmp_path / "kit.zip", [course.chapter("ch04")])


NOTEBOOK = json.dumps({"cells": [{"source": ["x\n", f"    {SECRET_LINE}\n"], "outputs": []}]})
OUTPUT = json.dumps({"cells": [{"source": [], "outputs": [{"text": f"a\n{SECRET_LINE}"}]}]})


@pytest.mark.parametrize(
    "name, text, line, found",
    [
        ("ch04_losses/README.md", f"# Losses\n\n    {SECRET_LINE}\n", 3, "solution of softmax"),
        ("ch04_losses/README.md", f"Try `{SECRET_LINE}`.\n", 1, r"solutions/ch04_losses/losses\.py:10"),
        ("ch05_next/README.md", f"a\n{SECRET_LINE.replace(' ', '')}  # so\n", 2, "solution of softmax"),
        (
            "ch06_alone/test_alone.py",
            f"def test_g():\n    z = 1\n    {SECRET_LINE}\n",
            3,
            "solution of softmax",
        ),
        ("ch06_alone/figures.py", f"return '{CANARY} 2'\n", 1, "solution of f"),
        ("ch04_losses/work.ipynb", NOTEBOOK, None, "solution of softmax"),
        ("ch04_losses/work.ipynb", OUTPUT, None, "solution of softmax"),
        ("data/README.md", "a\n### BEGIN SOLUTION\n", 2, "solution marker"),
        ("ch04_losses/figures.py", "#end solution\n", 1, "solution marker"),
        (
            "ch04_losses/backup.txt",
            TREE["solutions/ch04_losses/mistakes.py"],
            None,
            "copy of solutions/ch04_losses/mistakes",
        ),
        (
            "ch04_losses/more.py",
            TREE["tests/hidden/ch04_losses/test_losses.py"],
            None,
            "copy of tests/hidden/ch04_losses",
        ),
        ("ch04_losses/mistakes.py", "x = 1\n", None, "teacher's desk"),
        ("ch04_losses/alternatives/loops.py", "x = 1\n", None, "teacher's desk"),
    ],
)
def test_a_leak_stops_the_release(course, tmp_path, name, text, line, found):
    """A line of a solution, a marker, or a file of the teacher's desk is named with its place."""
    write(course.exercises, {name: text})
    stubs.build(course)
    place = f"^exercises/{name}:{line or ''}"
    with pytest.raises(AuthorError, match=f"{place}.*{found}"):
        release(course, tmp_path / "kit.zip")
    assert not (tmp_path / "kit.zip").exists()


@pytest.mark.parametrize(
    "text",
    [
        "    for row in range(len(canary_of_the_teachers_desk)):\n",  # headers of loops are no answers
        '        raise ValueError("z should have two axes")\n',  # stated in the docstring anyway
        "    probs = np.exp(z) / np.exp(z).sum()\n",  # the stub's own docstring says it
        "    return 1\n",  # too short to mean anything
        f"    other_{SECRET_LINE}\n",  # a longer name is another line
    ],
)
def test_ordinary_lines_are_no_leak(course, text):
    """What any program may hold, or what the stub itself says, does not stop a release."""
    assert leaks(course, {"ch04_losses/test_losses.py": text.encode()}) == []


def test_binary_data_is_no_text(course):
    """Bytes that are not UTF-8, or hold zeros, are not searched for lines."""
    assert leaks(course, {"data/a.npz": b"\xff\xfe", "data/b.bin": b"\0" + SECRET_LINE.encode()}) == []


def test_links_are_not_released(course, tmp_path):
    """A link in exercises/ could carry a solution under another name."""
    (course.exercises / "ch04_losses/help.py").symlink_to(course.solutions / "ch04_losses/losses.py")
    with pytest.raises(UsageError, match=r"help\.py is a link"):
        release(course, tmp_path / "kit.zip")


def test_a_release_overwrites_no_folder(course, tmp_path):
    """A folder that is not empty may be a workspace; the course's own folders are not for kits."""
    write(tmp_path, {"work/mine.py": "mine\n"})
    for out in (tmp_path / "work", tmp_path / "work/mine.py"):
        with pytest.raises(UsageError, match="is not an empty folder"):
            release(course, out)
    (tmp_path / "a.zip").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        release(course, tmp_path / "a.zip")
    with pytest.raises(UsageError, match="inside the course"):
        release(course, course.exercises / "kit")
    with pytest.raises(UsageError, match="Cannot write"):
        release(course, tmp_path / "work/mine.py/kit")
    assert (tmp_path / "work/mine.py").read_text() == "mine\n"
    (tmp_path / "empty").mkdir()
    release(course, tmp_path / "empty")
    assert (tmp_path / "empty/README.md").is_file()


def test_an_empty_course_is_not_released(tmp_path):
    """Without chapters there is nothing to release."""
    with pytest.raises(UsageError, match="no chapters"):
        release(Course(tmp_path), tmp_path / "kit.zip")


def test_the_command_names_the_kit(course, tmp_path):
    """`kata release` prints where the kit is and what students do with it."""
    out = tmp_path / "week3.zip"
    result = CliRunner().invoke(
        release_command,
        ["--course", str(course.root), "--chapter", "ch05", "--out", str(out)],
        catch_exceptions=False,
    )
    assert f"Wrote {out}" in result.output
    assert "chapters ch04, ch05." in result.output
    assert "kata start --from week3.zip" in result.output


def test_this_course_can_be_released(tmp_path):
    """The kit of the real course passes its own search, and holds every chapter."""
    course = Course(ROOT)
    if not course.chapters:
        pytest.skip("this course has no chapters yet")
    done = release(course, tmp_path / "kit.zip")
    assert len(done.chapters) == len(course.chapters)
    assert secrets(course)


def test_the_wheel_holds_the_exercises_and_nothing_of_the_teachers_desk(tmp_path):
    """Built offline from this tree and a chapter with canaries: exercises are in it, answers are not."""
    tree = tmp_path / "tree"
    for folder in ("grader", "exercises", "solutions", "tests/hidden"):
        if (ROOT / folder).is_dir():
            shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, tree / name)
    (tree / "README.md").touch()  # the build wants one
    renamed = {
        name.replace("ch04_losses", "ch97_losses"): text for name, text in TREE.items() if "ch04" in name
    }
    write(tree, renamed)
    course = Course(tree)
    stubs.build(course)
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            str(tmp_path / "dist"),
            str(tree),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    files = members(wheel.read_bytes())
    inside = "grader/exercises/"
    for chapter in course.chapters:
        assert f"{inside}{chapter.name}/{chapter.file_name}" in files
    assert f"{inside}ch97_losses/README.md" in files
    for name, data in files.items():
        assert name.startswith(("grader/", "nnkata-")), name
        assert not name.startswith((f"{inside}solutions", "grader/solutions", "grader/tests")), name
        assert CANARY.encode() not in data, name
    shipped = {name.removeprefix(inside): data for name, data in files.items() if name.startswith(inside)}
    assert leaks(course, shipped) == []
