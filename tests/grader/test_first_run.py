"""The first evening: kata start explains itself, and says what is wrong with the place or with Python."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader import workspace
from grader.doctor import examine
from grader.errors import UsageError
from grader.workspace import starting

ROOT = Path(__file__).resolve().parents[2]
KIT = {
    "README.md": "# Course\n",
    "ch04_losses/README.md": "# Losses\n",
    "ch04_losses/losses.py": 'def softmax(z):\n    raise NotImplementedError("softmax is not written yet")\n',
    "ch04_losses/test_losses.py": "def test_a(): ...\n",
}


@pytest.fixture
def kit(tmp_path) -> Path:
    for name, text in KIT.items():
        path = tmp_path / "kit" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "kit"


def kata(*arguments: str, cwd: Path, before: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command; `before` are statements that change the Python it runs in."""
    script = f"import sys; {before}\nsys.argv[0] = 'kata'\nfrom grader.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=60,
        env={k: v for k, v in os.environ.items() if k != "NNKATA_COURSE"} | {"PYTHONPATH": str(ROOT)} | variables,
    )  # fmt: skip


def test_start_explains_itself(tmp_path, kit):
    """kata start says what there is now, what a chapter is made of and what to type next"""
    done = kata("start", "work", "--from", str(kit), cwd=tmp_path)
    assert done.returncode == 0 and not done.stderr
    assert "4 files copied to" in done.stdout
    assert "read README.md, write the functions in losses.py" in done.stdout
    next_steps = done.stdout.partition("Next:\n")[2]
    assert next_steps.splitlines()[0] == "  cd work" and "kata test ch04" in next_steps
    again = kata("start", "work", "--from", str(kit), cwd=tmp_path)
    assert "was ready already" in again.stdout and again.returncode == 0


def test_start_in_a_workspace(tmp_path, kit):
    """in an existing workspace no second one is made"""
    kata("start", "work", "--from", str(kit), cwd=tmp_path)
    done = kata("start", "--from", str(kit), cwd=tmp_path / "work" / "ch04_losses")
    assert done.returncode == 2 and "already is a workspace. Go there and run: kata test" in done.stderr


def test_start_in_a_folder_with_other_things(tmp_path, kit):
    """a folder that is not empty is used, and what is in it is said to stay"""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "letter.txt").write_text("dear")
    done = kata("start", "work", "--from", str(kit), cwd=tmp_path)
    assert "is not empty. What is in it stays" in done.stdout
    assert (tmp_path / "work" / "letter.txt").read_text() == "dear"


def test_start_in_a_clone(tmp_path, kit):
    """inside a clone of the kit a better place is named"""
    (tmp_path / "clone/tests/hidden").mkdir(parents=True)
    done = workspace.start(tmp_path / "clone" / "work", kit)
    assert any("lies inside a clone" in note and "kata start ~/" in note for note in done.notes)
    with pytest.raises(UsageError, match="belongs to the course"):
        workspace.start(tmp_path / "clone" / "tests" / "work", kit)


def test_start_in_the_home_folder_itself(tmp_path, kit, monkeypatch):
    """150 files are not poured into a home folder"""
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    with pytest.raises(UsageError, match="no folder for exercises alone"):
        workspace.start(tmp_path, kit)
    assert not (tmp_path / "README.md").exists()


@pytest.mark.parametrize(
    "number, says",
    [(13, "Permission denied"), (30, "Read-only file system"), (28, "There is no room left on the disk")],
)
def test_start_where_nothing_can_be_written(tmp_path, kit, monkeypatch, number, says):
    """a read-only folder, a read-only disk, a full disk: one line with what to do"""

    def refused(path, data, **options):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(starting, "write_atomically", refused)
    with pytest.raises(UsageError, match=says) as caught:
        workspace.start(tmp_path / "work", kit)
    assert "kata start ~/" in str(caught.value) or "run the same command again" in str(caught.value)


def test_an_old_python_is_told(tmp_path):
    """Python 3.9: one line that names the interpreter and the way out, no traceback"""
    done = kata("start", cwd=tmp_path, before="sys.version_info = (3, 9, 1)")
    assert done.returncode == 1
    assert done.stderr.startswith("nnkata needs Python 3.11 or newer; ") and "3.9" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_old_python_can_read_that_far():
    """what is loaded before that line has no syntax that an older Python does not know"""
    for name in ("__init__.py", "cli/__init__.py"):
        ast.parse((ROOT / "grader" / name).read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize("package", ["numpy", "pytest", "click"])
def test_a_missing_package_is_told(tmp_path, kit, package):
    """without numpy, pytest or click: one line that says what to install, into which Python"""
    workspace.start(tmp_path / "work", kit)
    done = kata("test", cwd=tmp_path / "work", before=f"sys.modules[{package!r}] = None")
    assert done.returncode in (1, 2)
    assert (
        f"{package} is not installed in this Python. Run: {sys.executable} -m pip install nnkata"
        in done.stderr
    )
    assert "Traceback" not in done.stderr


def test_start_says_that_numpy_is_missing(tmp_path, kit):
    """the exercises are copied all the same, and the first step is to install what is missing"""
    hide = (
        "import importlib.metadata as m; real = m.version\n"
        "def version(name):\n"
        "    if name == 'numpy': raise m.PackageNotFoundError(name)\n"
        "    return real(name)\n"
        "m.version = version"
    )
    done = kata("start", "work", "--from", str(kit), cwd=tmp_path, before=hide)
    assert done.returncode == 0
    assert f"numpy is not installed in this Python ({sys.executable})" in done.stdout
    assert done.stdout.partition("Next:\n")[2].splitlines()[0] == f"  {sys.executable} -m pip install numpy"


# kata doctor in a workspace -----------------------------------------------------------------------------------------


@pytest.fixture
def work(tmp_path, kit, monkeypatch) -> Path:
    monkeypatch.delenv("NNKATA_COURSE", raising=False)
    files = {name: (kit / name).read_bytes() for name in KIT}
    versions = workspace.environment_here()
    (kit / workspace.MANIFEST).write_text(
        workspace.manifest_of(files, "0.1", versions).to_json(), encoding="utf-8"
    )
    folder = tmp_path / "work"
    workspace.start(folder, kit)
    monkeypatch.chdir(folder)
    return folder


def findings() -> dict[str, dict]:
    return {f["name"]: f for f in examine()["findings"]}


def recorded(work: Path, **versions: str) -> None:
    path = work / workspace.MANIFEST
    data = json.loads(path.read_text(encoding="utf-8"))
    data["environment"] |= versions
    path.write_text(json.dumps(data), encoding="utf-8")


def test_doctor_compares_with_the_grader(work):
    """the versions here are compared with those with which the kit was released"""
    found = findings()
    assert {found[f"like the grader: {name}"]["state"] for name in ("python", "numpy", "pytest")} == {"ok"}
    assert (
        found["workspace"]["state"] in ("ok", "note")
        and "sandbox" not in found
        and "packages (grading)" not in found
    )
    recorded(work, numpy="1.26.4", python="3.99.0")
    found = findings()
    assert found["like the grader: numpy"]["state"] == "note"
    assert "-m pip install 'numpy==1.26.4'" in found["like the grader: numpy"]["next_step"]
    assert (
        found["like the grader: python"]["state"] == "note"
        and "3.99.0 where it is graded" in found["like the grader: python"]["text"]
    )


def test_versions_survive_an_update(work, kit):
    """the recorded versions stay with a kit that does not say, and follow one that does"""
    recorded(work, numpy="1.0")
    (kit / workspace.MANIFEST).unlink()
    workspace.update(work, kit)
    assert workspace.read_manifest(work).environment["numpy"] == "1.0"


def test_doctor_sees_what_is_missing_in_a_workspace(work):
    """a deleted file and a damaged manifest are told with the way to repair them"""
    (work / "ch04_losses/test_losses.py").unlink()
    found = findings()["workspace"]
    assert found["state"] == "note" and "missing: ch04_losses/test_losses.py" in found["text"]
    assert found["next_step"] == "Bring them back: kata update"
    (work / workspace.MANIFEST).write_text("{", encoding="utf-8")
    assert findings()["workspace"]["state"] == "missing"
    done = kata("doctor", cwd=work)
    assert done.returncode == 3 and "cannot be read" in done.stdout and "Traceback" not in done.stderr
