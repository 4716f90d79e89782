"""kata submit: one file with the student's work, checked, and accepted by kata grade."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader import workspace
from grader.cli.common import few
from grader.errors import UsageError
from grader.progress import run_and_keep
from grader.submit import Handed, fingerprint, submit

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = ("ch00_toolbox", "ch03_activations", "ch04_losses", "ch06_layers")
SIGMOID = "    z = as_float(z)\n    return 1 / (1 + np.exp(-z))\n"


@pytest.fixture(scope="module")
def kit(tmp_path_factory) -> Path:
    """A kit of a few chapters."""
    folder = tmp_path_factory.mktemp("kit")
    for name in CHAPTERS:
        for path in (ROOT / "exercises" / name).glob(f"*{name[5:]}.*"):
            (folder / name).mkdir(exist_ok=True)
            (folder / name / path.name).write_bytes(path.read_bytes())
    (folder / "conftest.py").write_bytes((ROOT / "exercises/conftest.py").read_bytes())
    return folder


@pytest.fixture
def work(tmp_path, kit) -> Path:
    folder = tmp_path / "my work"
    workspace.start(folder, kit)
    return folder


def put(work: Path, chapter: str, old: str, new: str) -> Path:
    path = work / chapter / f"{chapter[5:]}.py"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def write_sigmoid(work: Path) -> Path:
    stub = '    raise NotImplementedError("sigmoid is not written yet")\n'
    return put(work, "ch03_activations", stub, SIGMOID)


def make(work: Path, *wanted: str, out: Path | None = None) -> Handed:
    return submit(work, wanted, out, lambda root, chosen: run_and_keep(root, chosen, last=False))


def kata(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from grader.cli import main; main()", *arguments],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=90, encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"} | variables,
    )  # fmt: skip


def test_nothing_written_is_nothing_to_hand_in(work):
    """without work there is no bundle, and the next step is named"""
    with pytest.raises(UsageError, match=r"nothing of yours to hand in yet.*kata next"):
        make(work)
    assert not list(work.glob("*.zip"))


def test_what_is_in_it(work):
    """chapters with work, each with what is done, wrong and to do; nothing else"""
    write_sigmoid(work)
    done = make(work)
    assert done.path == work / "my work.zip" and done.written and done.sound
    assert zipfile.ZipFile(done.path).namelist() == ["ch03_activations/activations.py"]
    (state,) = done.chapters
    assert state.wrong == ["sigmoid"] or state.done == ["sigmoid"]
    assert "tanh" in state.unwritten and not state.problem


def test_the_same_work_gives_the_same_bytes(work, tmp_path):
    """the bundle depends on names and contents only; its fingerprint not even on line ends"""
    path = write_sigmoid(work)
    first = make(work, out=tmp_path / "a.zip")
    os.utime(path, (1, 1))
    second = make(work, out=tmp_path / "b.zip")
    assert first.path.read_bytes() == second.path.read_bytes()
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    third = make(work, out=tmp_path / "c.zip")
    assert third.path.read_bytes() != first.path.read_bytes()
    assert first.fingerprint == second.fingerprint == third.fingerprint == fingerprint(third.items)
    path.write_bytes(path.read_bytes() + b"x = 1\r\n")
    assert make(work, out=tmp_path / "d.zip").fingerprint != first.fingerprint


def test_an_older_bundle_is_kept(work, tmp_path):
    """a bundle, or whatever has its name, is never overwritten without a copy; the same one is left alone"""
    path = write_sigmoid(work)
    first = make(work)
    data = first.path.read_bytes()
    again = make(work)
    assert not again.written and not again.kept
    path.write_text(path.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")
    second = make(work)
    assert (work / second.kept).read_bytes() == data != second.path.read_bytes()
    other = tmp_path / "other.zip"
    other.write_text("something else")
    third = make(work, out=other)
    assert (work / third.kept).read_text() == "something else"


@pytest.mark.parametrize("out", ["losses.py", "bundle", "nowhere/x.zip", "folder.zip"])
def test_a_wrong_place_is_refused(work, tmp_path, out):
    """a name without .zip, a folder that is not there: one line, nothing written"""
    write_sigmoid(work)
    (tmp_path / "folder.zip" / "my work.zip").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match=r"--out|\.zip"):
        make(work, out=tmp_path / out)
    assert sorted(tmp_path.rglob("*")) == before


def test_earlier_chapters_come_along(work):
    """own chapters that the chosen one imports are taken along, and said to be"""
    write_sigmoid(work)
    put(
        work,
        "ch06_layers",
        'raise NotImplementedError("linear_forward is not written yet")',
        "return X @ W + b",
    )
    done = make(work, "ch06")
    names = [state.name for state in done.chapters]
    assert "ch06_layers" in names
    assert [s.needed for s in done.chapters] == [s.name != "ch06_layers" for s in done.chapters]
    imports = "ch03_activations" in (work / "ch06_layers/layers.py").read_text(encoding="utf-8")
    assert ("ch03_activations" in names) == imports


@pytest.mark.parametrize(
    "text, problem",
    [
        ("def sigmoid(z:\n", "SyntaxError in ch03_activations/activations.py, line"),
        ("x = 1 / 0\n", "ZeroDivisionError in ch03_activations/activations.py, line"),
        ("while True:\n    pass\n", "to load"),
        ("import os\nos._exit(3)\n", "ended Python"),
        ("raise SystemExit\n", "SystemExit in"),
    ],
)
def test_a_file_that_does_not_load_is_told(work, text, problem):
    """a file that does not load, hangs or ends Python: told with its line, and bundled all the same"""
    path = write_sigmoid(work)
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    done = make(work)
    assert not done.sound and problem in done.chapters[0].problem
    assert done.path.is_file()


def test_what_the_grader_rejects_is_told(work):
    """a file that is not UTF-8 or far too large is told with the words of a result"""
    path = write_sigmoid(work)
    path.write_bytes(path.read_bytes() + b"# \xff\n")
    assert "is not UTF-8" in make(work).chapters[0].problem
    path.write_bytes(b"#" * (1 << 21))
    assert "1 MiB" in make(work).chapters[0].problem


def test_imports_that_fail_when_it_is_graded(work):
    """modules that the grader does not have, and files that stay behind, are told beforehand"""
    path = write_sigmoid(work)
    late = "def late():\n    import scipy\n    from . import helpers\n"
    path.write_text(path.read_text(encoding="utf-8") + late, encoding="utf-8")
    (work / "ch03_activations" / "helpers.py").write_text("x = 1\n")
    (work / "ch03_activations" / "activations.new.py").write_text("x = 1\n")
    notes = "\n".join(make(work).chapters[0].notes)
    assert "imports scipy, which is not there when it is graded" in notes
    assert "imports a file beside it" in notes
    assert "Not taken along from ch03_activations: helpers.py." in notes and "new" not in notes


def test_a_notebook_is_handed_in(work):
    """where the work is in the notebook, the notebook goes in, and not the untouched .py file"""
    path = work / "ch03_activations/activations.ipynb"
    data = json.loads(path.read_text(encoding="utf-8"))
    cell = next(c for c in data["cells"] if "def sigmoid(" in "".join(c["source"]))
    cell["source"] = "def sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n"
    path.write_text(json.dumps(data), encoding="utf-8")
    done = make(work)
    assert [i.name for i in done.items] == ["ch03_activations/activations.ipynb"] and done.sound
    write_sigmoid(work)
    both = make(work)
    assert len(both.items) == 2 and "the .py file counts" in "\n".join(both.chapters[0].notes)


def test_a_file_saved_meanwhile(work):
    """what is bundled is what was checked"""
    path = write_sigmoid(work)

    def run(root, chosen):
        found = run_and_keep(root, chosen)
        path.write_text(path.read_text(encoding="utf-8") + "# late\n", encoding="utf-8")
        return found

    with pytest.raises(UsageError, match="saved while it was checked"):
        submit(work, (), None, run)
    assert not list(work.glob("*.zip"))


def test_the_command_says_what_is_in_it(work):
    """files, sizes, hashes, what is open, the fingerprint; exit code 1 if something does not load"""
    path = write_sigmoid(work)
    done = kata("submit", cwd=work / "ch03_activations")
    assert done.returncode == 0, done.stderr
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    assert (
        f"ch03_activations/activations.py  {path.stat().st_size / 1000:.1f} kB  sha256 {sha[:12]}"
        in done.stdout
    )
    assert "Fingerprint: " in done.stdout and "todo  sigmoid_backward" in done.stdout
    path.write_text("(", encoding="utf-8")
    done = kata("submit", cwd=work)
    assert (
        done.returncode == 1
        and "does not load: SyntaxError" in done.stdout
        and ".nnkata/backups/" in done.stdout
    )


def test_outside_of_a_workspace(tmp_path):
    """without a workspace there is one line that says how to make one"""
    done = kata("submit", cwd=tmp_path)
    assert done.returncode == 2 and "kata start" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="grading needs Linux")
def test_kata_grade_accepts_it(tmp_path):
    """what kata submit makes is graded under the name of the zip file; the hashes are those that were printed"""
    pytest.importorskip("sqlalchemy")
    work = tmp_path / "work"
    workspace.start(work, ROOT / "exercises")
    (work / "ch04_losses/losses.py").write_bytes((ROOT / "solutions/ch04_losses/losses.py").read_bytes())
    handed_in = tmp_path / "class"
    handed_in.mkdir()
    done = kata("submit", "--out", str(handed_in / "student01.zip"), cwd=work)
    assert done.returncode == 0, done.stdout + done.stderr
    graded = kata(
        "grade",
        str(handed_in),
        "--out",
        "g",
        "--chapter",
        "ch04",
        "--course",
        str(ROOT),
        "--jobs",
        "1",
        cwd=tmp_path,
    )
    assert graded.returncode == 0, graded.stdout + graded.stderr
    result = json.loads((tmp_path / "g/results/student01/ch04_losses.json").read_text(encoding="utf-8"))
    assert result["score"] == result["max_score"] > 0 and result["notes"] == []
    assert f"sha256 {result['submission']['sha256'][:12]}" in done.stdout


def test_few_names():
    """a long list of names is cut"""
    assert few(list("abcdefghijklm")) == "a, b, c, d, e, f, g, h, i, j and 3 more"
