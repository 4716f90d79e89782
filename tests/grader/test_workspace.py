"""Workspaces: nothing that a student wrote is ever lost, whatever is started, reset or updated."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader import workspace
from grader.cli.reset import reset as reset_command
from grader.cli.start import start as start_command
from grader.cli.update import update as update_command
from grader.errors import UsageError
from grader.pack import zip_bytes
from grader.workspace import keeping, kits, starting, updating

SOFTMAX = '''def softmax(z):
    """Rows sum to one."""
    raise NotImplementedError("softmax is not written yet")
'''
LOSSES = f'''import numpy as np


def as_float(x):
    return np.asarray(x, dtype=float)


{SOFTMAX}

@staticmethod
def loss(p):
    """Mean."""
    raise NotImplementedError("loss is not written yet")
'''
LAYERS = '''class Linear:
    """A layer."""

    def __init__(self, n):
        raise NotImplementedError("Linear.__init__ is not written yet")

    def forward(self, x):
        raise NotImplementedError("Linear.forward is not written yet")


def loss(p):
    """Another loss."""
    raise NotImplementedError("loss is not written yet")
'''
KIT = {
    "README.md": "# Course\n",
    "conftest.py": "",
    "data/iris.csv": "1,2\n",
    "ch04_losses/README.md": "# Losses\n",
    "ch04_losses/losses.py": LOSSES,
    "ch04_losses/test_losses.py": "def test_a(): ...\n",
    "ch06_layers/layers.py": LAYERS,
}
LOSS_FILE = "ch04_losses/losses.py"


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    return folder


def snapshot(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def kit(tmp_path) -> Path:
    """A kit as it was shipped."""
    return write(tmp_path / "kit", KIT)


@pytest.fixture
def work(tmp_path, kit) -> Path:
    """A fresh workspace of that kit."""
    return workspace.start(tmp_path / "work", kit).folder


def edit(work: Path, old: str, new: str, name: str = LOSS_FILE) -> str:
    """What a student does: replace some text; returns the new content."""
    text = (work / name).read_text()
    assert old in text
    (work / name).write_text(text.replace(old, new))
    return (work / name).read_text()


WRITTEN = 'return "my own work"'
STUB_LINE = 'raise NotImplementedError("softmax is not written yet")'


# --- start


def test_start_copies_the_kit_and_nothing_else(tmp_path, kit):
    """Every plain file arrives as it is; caches, hidden files and editor copies do not."""
    junk = (
        "ch04_losses/__pycache__/a.pyc",
        ".git/config",
        ".DS_Store",
        "README.md~",
        "ch04_losses/.x.py.1.tmp",
    )
    write(kit, dict.fromkeys(junk, "junk"))
    done = workspace.start(tmp_path / "work", kit)
    found = snapshot(done.folder)
    manifest = json.loads(found.pop(workspace.MANIFEST))
    assert found == {name: text.encode() for name, text in KIT.items()}
    assert sorted(done.copied) == sorted(KIT) == sorted(manifest["files"])
    assert manifest["files"][LOSS_FILE]["pristine"] == LOSSES
    assert "pristine" not in manifest["files"]["README.md"]


def test_starting_twice_is_harmless(work, kit):
    """A second start changes nothing, names the student's own file, and brings back what is missing."""
    mine = edit(work, STUB_LINE, WRITTEN)
    (work / "data/iris.csv").unlink()
    before = snapshot(work)
    done = workspace.start(work, kit)
    assert (done.copied, done.kept, done.outdated) == (["data/iris.csv"], [LOSS_FILE], False)
    assert snapshot(work) == before | {"data/iris.csv": b"1,2\n"}
    assert (work / LOSS_FILE).read_text() == mine


def test_start_never_overwrites_a_file_of_another_origin(tmp_path, kit):
    """A file that was there before keeps its content and is reported."""
    write(tmp_path / "work", {LOSS_FILE: "mine\n", "notes.txt": "mine\n"})
    done = workspace.start(tmp_path / "work", kit)
    assert done.kept == [LOSS_FILE]
    assert (tmp_path / "work" / LOSS_FILE).read_text() == "mine\n"
    assert (tmp_path / "work/notes.txt").read_text() == "mine\n"


def test_start_does_not_mix_releases(work, kit):
    """Another release over a workspace is left to `kata update`."""
    write(kit, {"README.md": "# New\n", "ch07_training/training.py": "x = 1\n"})
    before = snapshot(work)
    assert workspace.start(work, kit).outdated
    assert snapshot(work) == before


def test_start_repairs_a_damaged_manifest(work, kit):
    """The remedy that the message names works."""
    (work / workspace.MANIFEST).write_text("{")
    with pytest.raises(UsageError, match="kata start"):
        workspace.reset(work, "softmax")
    workspace.start(work, kit)
    assert workspace.reset(work, "softmax")[0].changed is False


def test_start_refuses_wrong_places(tmp_path, kit, work):
    """A file, the kit itself, a folder in a workspace and the course's own folders are refused."""
    course = tmp_path / "clone"
    write(course, {"tests/hidden/ch04_losses/test_losses.py": "", "solutions/x.txt": ""})
    write(course / "exercises", KIT)
    for target, text in {
        kit / "README.md": "is a file",
        kit: "inside the kit itself",
        kit / "ch04_losses/mine": "inside the kit itself",
        work / "again": "already is a workspace",
        course: "belongs to the course",
        course / "exercises": "belongs to the course",
        course / "tests/mine": "belongs to the course",
    }.items():
        with pytest.raises(UsageError, match=text):
            workspace.start(target, kit)
    assert workspace.start(course / "nnkata-work", course / "exercises").copied


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_start_in_a_folder_without_permission(tmp_path, kit):
    """A folder one may not write gives one line with a remedy."""
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(UsageError, match=r"Cannot write .*kata start ~"):
        workspace.start(tmp_path / "locked" / "work", kit)


def test_start_where_the_system_refuses(tmp_path, kit, monkeypatch):
    """Any refusal of the system gives one line with a remedy."""

    def refuse(path, data):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(starting, "write_atomically", refuse)
    with pytest.raises(UsageError, match=r"Cannot write .*Permission denied\. Choose a folder of your own"):
        workspace.start(tmp_path / "work", kit)


@pytest.mark.parametrize("prefix", ["", "exercises/", "nnkata-work/"])
def test_a_kit_may_be_a_zip(tmp_path, prefix):
    """A zip is opened whether its files lie at the top, in exercises/ or in a folder of any name."""
    archive = tmp_path / "kit.zip"
    archive.write_bytes(zip_bytes({prefix + name: text.encode() for name, text in KIT.items()}))
    with workspace.opened_kit(archive) as folder:
        workspace.start(tmp_path / "work", folder)
        assert not str(folder).startswith(str(tmp_path / "work"))
    assert (tmp_path / "work" / LOSS_FILE).read_text() == LOSSES
    assert not folder.exists()


def test_a_kit_without_exercises_is_refused(tmp_path):
    """A missing folder, an empty one and a file that is no zip are usage errors."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.zip").write_text("no zip")
    for name, text in {
        "none": "There is no kit",
        "empty": "holds no exercises",
        "text.zip": "cannot be unpacked",
    }.items():
        with pytest.raises(UsageError, match=text), workspace.opened_kit(tmp_path / name):
            pass


def test_plain_pytest_without_the_package_says_what_to_install(tmp_path):
    """The conftest.py of the exercises ends the run with one sentence where nnkata is missing."""
    conftest = Path(__file__).parents[2] / "exercises" / "conftest.py"
    write(tmp_path, {"conftest.py": conftest.read_text(), "test_a.py": "def test_a(): ...\n"})
    code = "import sys, pytest; sys.modules['grader'] = None; sys.exit(pytest.main(['-q']))"
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr == "nnkata is not installed in this Python. Run: python -m pip install nnkata\n"
    assert run.stdout == ""


def test_find_workspace_looks_upwards(work, tmp_path):
    """From any folder inside, the workspace is found; outside, the next step is named."""
    assert workspace.find_workspace(work / "ch04_losses") == work
    with pytest.raises(UsageError, match="kata start"):
        workspace.find_workspace(tmp_path)


# --- reset


def backup_of(work: Path, done: workspace.Reset) -> str:
    assert done.backup is not None
    assert done.backup.startswith(".nnkata/backups/")
    return (work / done.backup).read_bytes().decode()


def test_reset_of_a_function_leaves_the_rest(work):
    """Only the one function goes back; the whole old file is kept."""
    edit(work, STUB_LINE, WRITTEN)
    mine = edit(work, "loss is not written yet", "half done")
    (done,) = workspace.reset(work, "softmax")
    assert (work / LOSS_FILE).read_text() == mine.replace(WRITTEN, STUB_LINE)
    assert backup_of(work, done) == mine


def test_reset_needs_neither_kit_nor_installation(work, kit, monkeypatch):
    """The manifest alone is enough."""
    mine = edit(work, STUB_LINE, WRITTEN)
    for path in kit.rglob("*.py"):
        path.unlink()
    monkeypatch.setattr(kits, "shipped_exercises", None)
    (done,) = workspace.reset(work, "ch04")
    assert (work / LOSS_FILE).read_text() == LOSSES
    assert backup_of(work, done) == mine


@pytest.mark.parametrize(
    "name", ["ch04", "4", "losses", "ch04_losses", "ch04_losses/losses.py", "ch04_losses/"]
)
def test_a_chapter_has_many_names(work, name):
    """Any usual way to name a chapter works."""
    edit(work, STUB_LINE, WRITTEN)
    workspace.reset(work, name)
    assert (work / LOSS_FILE).read_text() == LOSSES


def test_reset_of_a_chapter_works_on_any_content(work):
    """A file that is not even text can be reset, and its bytes are kept."""
    (work / LOSS_FILE).write_bytes(b"\xff\x00 def softmax(")
    (done,) = workspace.reset(work, "ch04")
    assert (work / LOSS_FILE).read_text() == LOSSES
    assert (work / str(done.backup)).read_bytes() == b"\xff\x00 def softmax("


@pytest.mark.parametrize("content", [b"def softmax(:\n", b"\xff", b"x = '\x00'\n", b"(" * 500])
def test_reset_of_a_function_in_a_broken_file(work, content):
    """Where the file does not parse, nothing changes and the chapter's reset is named."""
    (work / LOSS_FILE).write_bytes(content)
    with pytest.raises(UsageError, match="kata reset ch04"):
        workspace.reset(work, "softmax")
    assert (work / LOSS_FILE).read_bytes() == content


def test_reset_of_a_class_and_of_a_method(work):
    """A class goes back as a whole, a method alone; decorators and methods beside it stay."""
    name = "ch06_layers/layers.py"
    edit(work, 'raise NotImplementedError("Linear.__init__ is not written yet")', "self.n = n", name)
    both = edit(work, 'raise NotImplementedError("Linear.forward is not written yet")', "return x", name)
    workspace.reset(work, "Linear.forward")
    assert (work / name).read_text() == both.replace(
        "return x", 'raise NotImplementedError("Linear.forward is not written yet")'
    )
    workspace.reset(work, "Linear")
    assert (work / name).read_text() == LAYERS


def test_reset_of_a_name_in_two_chapters_asks_which(work):
    """An ambiguous function is refused, with the two ways to say it."""
    with pytest.raises(UsageError, match=r"kata reset ch04\.loss or kata reset ch06\.loss"):
        workspace.reset(work, "loss")
    edit(work, 'raise NotImplementedError("loss is not written yet")', WRITTEN)
    workspace.reset(work, "ch04.loss")
    assert (work / LOSS_FILE).read_text() == LOSSES


def test_reset_of_a_name_that_is_chapter_and_function(tmp_path):
    """Where a function bears its chapter's name, both are offered."""
    kit = write(tmp_path / "kit", {"ch12_dropout/dropout.py": SOFTMAX.replace("softmax", "dropout")})
    work = workspace.start(tmp_path / "work", kit).folder
    with pytest.raises(UsageError, match=r"kata reset ch12, or kata reset ch12\.dropout"):
        workspace.reset(work, "dropout")
    assert workspace.reset(work, "ch12.dropout")[0].changed is False


def test_reset_of_an_unknown_name(work):
    """A typo gets a suggestion and the list of chapters."""
    with pytest.raises(
        UsageError, match=r"no function or chapter 'sofmax' here\. Did you mean softmax\? Chapters: ch04"
    ):
        workspace.reset(work, "sofmax")


def test_reset_of_an_untouched_function_changes_nothing(work):
    """No backup and no new file time where there is nothing to do."""
    before = snapshot(work)
    assert workspace.reset(work, "softmax")[0].changed is False
    assert workspace.reset(work, "ch04")[0].changed is False
    assert snapshot(work) == before


def test_reset_of_a_function_written_twice(work):
    """The last definition counts in Python, so one stub replaces all copies."""
    edit(work, SOFTMAX, "def softmax(z):\n    return 1\n    # idea: z - max\n\n\n")
    with open(work / LOSS_FILE, "a") as file:
        file.write("\n\ndef softmax(z):\n    return 2\n")
    workspace.reset(work, "softmax")
    text = (work / LOSS_FILE).read_text()
    assert text.count("def softmax") == 1
    assert SOFTMAX in text
    assert "idea" not in text


def test_reset_brings_back_a_deleted_function(work):
    """A function the student removed returns to its place."""
    edit(work, SOFTMAX, "")
    workspace.reset(work, "softmax")
    text = (work / LOSS_FILE).read_text()
    assert SOFTMAX in text
    assert text.index("as_float") < text.index("softmax") < text.index("@staticmethod")


def test_reset_keeps_windows_line_ends(work):
    """A file that an editor saved with CRLF has no mixed line ends afterwards."""
    mine = edit(work, STUB_LINE, WRITTEN)
    (work / LOSS_FILE).write_bytes(mine.replace("\n", "\r\n").encode())
    workspace.reset(work, "softmax")
    assert (work / LOSS_FILE).read_bytes() == LOSSES.replace("\n", "\r\n").encode()


def test_two_backups_in_one_second_are_two_files(work):
    """A second reset does not overwrite the first backup."""
    names = set()
    for text in ("return 1", "return 2", "return 3"):
        edit(work, STUB_LINE, text)
        (done,) = workspace.reset(work, "softmax")
        names.add(done.backup)
        assert text in backup_of(work, done)
    assert len(names) == 3


def test_nothing_is_replaced_when_the_backup_fails(work, monkeypatch):
    """Without room for the backup the student's file stays."""
    mine = edit(work, STUB_LINE, WRITTEN)

    def full(path, *mode):
        if "backups" in str(path):
            raise OSError(28, "No space left on device", str(path))
        return open(path, *mode)

    monkeypatch.setattr(keeping, "open", full, raising=False)
    for what in ("softmax", "ch04"):
        with pytest.raises(UsageError, match=r"No space left on device\. Nothing was reset"):
            workspace.reset(work, what)
    assert (work / LOSS_FILE).read_text() == mine


def test_a_manifest_cannot_point_outside(work):
    """A forged manifest is refused before anything is touched."""
    data = json.loads((work / workspace.MANIFEST).read_text())
    data["files"]["../victim.txt"] = {"sha256": "0"}
    (work / workspace.MANIFEST).write_text(json.dumps(data))
    with pytest.raises(UsageError, match="outside the workspace"):
        workspace.read_manifest(work)


# --- update


@pytest.fixture
def newer(tmp_path) -> Path:
    """The next release: a handout, a test and a stub corrected, data and a chapter added, a file dropped."""
    files = KIT | {
        "ch04_losses/README.md": "# Losses, corrected\n",
        "ch04_losses/test_losses.py": "def test_b(): ...\n",
        LOSS_FILE: LOSSES.replace("Rows sum to one.", "Each row sums to one."),
        "ch07_training/training.py": SOFTMAX.replace("softmax", "train"),
        "data/digits.csv": "3\n",
    }
    return write(tmp_path / "newer", files)


def test_update_of_an_untouched_workspace_gives_the_new_release(work, newer):
    """Where the student did nothing, the result is the new release."""
    done = workspace.update(work, newer)
    found = snapshot(work)
    del found[workspace.MANIFEST]
    assert found == snapshot(newer)
    assert sorted(done.replaced) == ["ch04_losses/README.md", LOSS_FILE, "ch04_losses/test_losses.py"]
    assert sorted(done.added) == ["ch07_training/training.py", "data/digits.csv"]
    assert done.overruled == done.beside == {}


def test_update_never_touches_work(work, newer):
    """A file with work in it stays; the corrected stub lies beside it, with the differences named."""
    mine = edit(work, STUB_LINE, WRITTEN)
    layers = edit(work, "self, x", "self, x, y", "ch06_layers/layers.py")
    done = workspace.update(work, newer)
    assert (work / LOSS_FILE).read_text() == mine
    assert done.beside == {LOSS_FILE: ("ch04_losses/losses.new.py", ["softmax: docstring"])}
    assert (work / "ch04_losses/losses.new.py").read_text() == (newer / LOSS_FILE).read_text()
    # Its stub is the same in both releases, so there is nothing to hand over.
    assert (work / "ch06_layers/layers.py").read_text() == layers
    assert done.kept == ["ch06_layers/layers.py"]
    assert not (work / "ch06_layers/layers.new.py").exists()


def test_update_twice_says_so_once(work, newer):
    """A second update finds nothing to do, and the newer stub is the one to reset to."""
    mine = edit(work, STUB_LINE, WRITTEN)
    workspace.update(work, newer)
    before = snapshot(work)
    again = workspace.update(work, newer)
    assert again == workspace.Updated(again.version, kept=[LOSS_FILE])
    assert snapshot(work) == before
    (done,) = workspace.reset(work, "softmax")
    assert "Each row sums to one." in (work / LOSS_FILE).read_text()
    assert backup_of(work, done) == mine


def test_update_overrules_files_that_are_not_the_students(work, newer):
    """A changed test or handout is replaced, even by the same release, and is kept as a backup."""
    write(work, {"ch04_losses/test_losses.py": "def test_easy(): ...\n", "README.md": "my notes\n"})
    done = workspace.update(work, newer)
    assert (work / "ch04_losses/test_losses.py").read_text() == "def test_b(): ...\n"
    assert (work / "README.md").read_text() == "# Course\n"
    kept = {name: (work / backup).read_text() for name, backup in done.overruled.items()}
    assert kept == {"ch04_losses/test_losses.py": "def test_easy(): ...\n", "README.md": "my notes\n"}


def test_update_restores_and_removes(work, newer):
    """A missing file returns; a file the release dropped goes, unless the student has changed it."""
    for name in ("ch04_losses/old.svg", "ch04_losses/older.svg"):
        write(newer.parent / "kit", {name: "<svg/>"})
    workspace.update(work, newer.parent / "kit")
    write(work, {"ch04_losses/older.svg": "<svg>mine</svg>", "ch04_losses/notes.txt": "mine"})
    (work / "data/iris.csv").unlink()
    done = workspace.update(work, newer)
    assert (done.restored, done.removed, done.left) == (
        ["data/iris.csv"],
        ["ch04_losses/old.svg"],
        ["ch04_losses/older.svg"],
    )
    assert (work / "ch04_losses/notes.txt").read_text() == "mine"
    assert not (work / "ch04_losses/old.svg").exists()


def test_update_from_a_kit_of_one_chapter_leaves_the_others(work, tmp_path):
    """A weekly kit says nothing about the chapters that it does not hold."""
    week = write(tmp_path / "week", {"README.md": "# Course\n", "ch07_training/training.py": SOFTMAX})
    before = snapshot(work)
    done = workspace.update(work, week)
    assert done.added == ["ch07_training/training.py"]
    assert done.removed == []
    after = snapshot(work)
    assert {name: after[name] for name in before if name != workspace.MANIFEST} == {
        name: data for name, data in before.items() if name != workspace.MANIFEST
    }
    assert workspace.reset(work, "ch04")[0].changed is False


def test_update_of_a_broken_file_keeps_it(work, newer):
    """A file that does not parse is work like any other."""
    (work / LOSS_FILE).write_bytes(b"def softmax(:\xff")
    done = workspace.update(work, newer)
    assert (work / LOSS_FILE).read_bytes() == b"def softmax(:\xff"
    assert list(done.beside) == [LOSS_FILE]


def test_update_sees_through_line_ends(work, newer):
    """An untouched file that git or an editor gave CRLF is untouched."""
    for name in (LOSS_FILE, "ch04_losses/README.md"):
        (work / name).write_bytes((work / name).read_bytes().replace(b"\n", b"\r\n"))
    done = workspace.update(work, newer)
    assert LOSS_FILE in done.replaced
    assert done.overruled == {}


def test_an_interrupted_update_can_be_repeated(work, newer, monkeypatch):
    """After a failure half-way the work is there, and a second run completes the update."""
    mine = edit(work, STUB_LINE, WRITTEN)
    write_file = updating.write_atomically
    calls = []

    def fail_once(path, data, **options):
        calls.append(path)
        if len(calls) == 3:
            raise OSError(28, "No space left on device", str(path))
        write_file(path, data, **options)

    for module in (updating, keeping):
        monkeypatch.setattr(module, "write_atomically", fail_once)
    with pytest.raises(UsageError, match="run kata update again"):
        workspace.update(work, newer)
    workspace.update(work, newer)
    found = snapshot(work)
    assert found.pop(LOSS_FILE).decode() == mine
    assert found.pop("ch04_losses/losses.new.py") == (newer / LOSS_FILE).read_bytes()
    del found[workspace.MANIFEST]
    assert found == {name: data for name, data in snapshot(newer).items() if name != LOSS_FILE}


def test_a_notebook_is_work(tmp_path):
    """A notebook of a chapter is the student's to change, like the module."""
    kit = write(tmp_path / "kit", KIT | {"ch04_losses/losses.ipynb": '{"cells": []}\n'})
    work = workspace.start(tmp_path / "work", kit).folder
    write(work, {"ch04_losses/losses.ipynb": '{"cells": [1]}\n'})
    write(kit, {"ch04_losses/losses.ipynb": '{"cells": [2]}\n'})
    done = workspace.update(work, kit)
    assert (work / "ch04_losses/losses.ipynb").read_text() == '{"cells": [1]}\n'
    assert done.beside["ch04_losses/losses.ipynb"][0] == "ch04_losses/losses.new.ipynb"


def notebook(*code: str, text: str = "# Losses", outputs: str = "") -> str:
    """A notebook with cells of code, as it is shipped, or as it is after a run."""
    told = [{"output_type": "stream", "name": "stdout", "text": [outputs]}] if outputs else []
    cells: list[dict] = [{"cell_type": "markdown", "metadata": {}, "source": [text]}]
    for number, source in enumerate(code):
        cell = {
            "cell_type": "code",
            "metadata": {},
            "source": source.splitlines(keepends=True),
            "outputs": told,
        }
        cells.append(cell | {"execution_count": number + 1 if outputs else None})
    kernel = {"kernelspec": {"name": "python3"}} if outputs else {}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


NOTEBOOK = "ch04_losses/losses.ipynb"


def test_a_notebook_that_was_only_run_follows_the_release(tmp_path):
    """outputs, counts and metadata are no work: a corrected notebook takes its place, and the outputs are kept"""
    kit = write(tmp_path / "kit", KIT | {NOTEBOOK: notebook("def f(z):\n    ...\n")})
    work = workspace.start(tmp_path / "work", kit).folder
    ran = notebook("def f(z):\n    ...", "", outputs="3.0")
    write(work, {NOTEBOOK: ran})
    assert workspace.update(work, kit).replaced == []
    assert (work / NOTEBOOK).read_text() == ran
    write(kit, {NOTEBOOK: notebook("def f(z, axis):\n    ...\n")})
    done = workspace.update(work, kit)
    assert (done.replaced, done.beside) == ([NOTEBOOK], {})
    assert (work / NOTEBOOK).read_text() == (kit / NOTEBOOK).read_text()
    assert [p.read_text() for p in (work / ".nnkata/backups/ch04_losses").iterdir()] == [ran]


@pytest.mark.parametrize(
    "mine", [notebook("def f(z):\n    return z"), notebook("def f(z):\n    ...", text="my notes")]
)
def test_a_notebook_with_work_in_it_stays(tmp_path, mine):
    """code or notes of the student's own in a cell: the corrected notebook is put beside it"""
    kit = write(tmp_path / "kit", KIT | {NOTEBOOK: notebook("def f(z):\n    ...")})
    work = workspace.start(tmp_path / "work", kit).folder
    write(work, {NOTEBOOK: mine})
    write(kit, {NOTEBOOK: notebook("def f(z, axis):\n    ...")})
    done = workspace.update(work, kit)
    assert list(done.beside) == [NOTEBOOK]
    assert (work / NOTEBOOK).read_text() == mine


def test_stub_changes_are_named():
    """Signature, docstring, given code, new and removed functions are told apart."""
    old = LOSSES + "\n\nclass A:\n    def f(self): ...\n\n\ndef gone(): ...\n"
    new = (
        LOSSES.replace("softmax(z)", "softmax(z, axis)")
        .replace("dtype=float", "float")
        .replace("numpy", "math", 1)
        + "\n\nclass A:\n    def f(self, x): ...\n\n    def g(self): ...\n"
    )
    assert updating.stub_changes(old, new) == [
        "as_float: given code",
        "softmax: signature",
        "A.f: signature",
        "A.g: new",
        "the file: given code",
        "gone: removed",
    ]
    assert updating.stub_changes(old, old + "# more\n") == ["comments or layout"]


# --- commands


def test_the_commands_tell_what_they_did(tmp_path, kit, newer, monkeypatch):
    """start, reset and update print the next step, the place of the backup and what differs."""
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    started = run(start_command, ["my work", "--from", "kit"], catch_exceptions=False)
    assert "7 files copied to" in started.output
    assert 'cd "my work"' in started.output
    assert "kata test ch04" in started.output
    monkeypatch.chdir(tmp_path / "my work" / "ch04_losses")
    edit(tmp_path / "my work", STUB_LINE, WRITTEN)
    again = run(start_command, ["..", "--from", str(newer)], catch_exceptions=False)
    assert "kata update" in again.output
    updated = run(update_command, ["--from", str(newer)], catch_exceptions=False)
    assert "kept yours  ch04_losses/losses.py  (the new stub is ch04_losses/losses.new.py)" in updated.output
    assert "changed  softmax: docstring" in updated.output
    assert "4 files changed, 1 with your work kept." in updated.output
    assert (
        "everything is up to date"
        in run(update_command, ["--from", str(newer)], catch_exceptions=False).output
    )
    was_reset = run(reset_command, ["softmax"], catch_exceptions=False)
    assert "softmax is back to its stub in ch04_losses/losses.py." in was_reset.output
    assert "Your old text: .nnkata/backups/ch04_losses/losses-" in was_reset.output
    assert "was not changed" in run(reset_command, ["softmax"], catch_exceptions=False).output
