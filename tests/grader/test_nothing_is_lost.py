"""Whatever is reset, updated, started or handed in, and wherever it is interrupted: no line that was written is lost."""

from __future__ import annotations

import ast
import contextlib
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader import files, workspace
from grader.errors import UsageError
from grader.practice import Practice
from grader.splice import definition_names
from grader.submit import submit
from grader.workspace import keeping, resetting

STUB = '''"""Losses."""

import numpy as np


def as_float(x):
    return np.asarray(x, dtype=float)


def softmax(z):
    """Rows sum to one."""
    raise NotImplementedError("softmax is not written yet")


class Linear:
    """A layer."""

    def __init__(self, n):
        raise NotImplementedError("Linear.__init__ is not written yet")

    def forward(self, x):
        raise NotImplementedError("Linear.forward is not written yet")


def loss(p):
    """Mean."""
    raise NotImplementedError("loss is not written yet")
'''
NAME = "ch04_losses/losses.py"
KIT = {NAME: STUB, "ch04_losses/README.md": "# Losses\n", "ch04_losses/test_losses.py": "def test_a(): ...\n"}
NEWER = {
    NAME: STUB.replace("Rows sum to one.", "Each row sums to one.").replace("Mean.", "The mean."),
    "ch04_losses/README.md": "# Losses, corrected\n",
    "ch04_losses/test_losses.py": "def test_b(): ...\n",
    "ch05_more/more.py": 'def more(x):\n    raise NotImplementedError("more is not written yet")\n',
    "ch05_more/test_more.py": "def test_c(): ...\n",
}
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

LINES = st.sampled_from(
    [
        "    z = z - z.max()",
        "    return z / z.sum()",
        "# a note of mine: ²",
        "",
        "    # below the body",
        "def helper(a):",
        "    return a",
        "x = 3",
        "\tmixed",
        "    '''",
        "(",
        "class Linear:",
        "    def forward(self, x): return x  # once more",
        "\x0c",
        "print('ä')",
    ]
)


@st.composite
def edited(draw) -> bytes:
    """A file as a student may leave it: lines put in, taken out and moved; any line ends; any encoding."""
    lines = STUB.split("\n")
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(lines)))
        match draw(st.integers(0, 3)):
            case 0 | 1:
                lines.insert(at, draw(LINES))
            case 2 if lines:
                del lines[min(at, len(lines) - 1)]
            case _:
                end = min(len(lines), at + draw(st.integers(0, 8)))
                block = lines[at:end]
                del lines[at:end]
                lines[draw(st.integers(0, len(lines))) :][:0] = block
                lines += block
    text = draw(st.sampled_from(["\n", "\r\n", "\r"])).join(lines)
    if draw(st.booleans()):
        text = text.rstrip("\r\n")
    data = text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "utf-16"])), "replace")
    if draw(st.integers(0, 9)) == 0:
        data = data[: len(data) // 2] + draw(st.binary(max_size=5)) + data[len(data) // 2 :]
    return data


WHAT = st.sampled_from(["softmax", "loss", "Linear", "Linear.forward", "Linear.__init__", "ch04", "as_float"])
ACTIONS = st.one_of(
    st.tuples(st.just("reset"), WHAT),
    st.tuples(st.just("update"), st.sampled_from(["newer", "kit"])),
    st.tuples(st.just("start"), st.just("kit")),
    st.tuples(st.just("submit"), st.just("")),
)


def write(folder: Path, files_of: dict[str, str]) -> Path:
    for name, text in files_of.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return folder


@pytest.fixture
def place(tmp_path):
    """Gives a fresh workspace in a folder with two kits."""
    write(tmp_path / "kit", KIT)
    write(tmp_path / "newer", NEWER)
    count = iter(range(10**6))

    def make() -> Path:
        work = tmp_path / f"work{next(count)}"
        workspace.start(work, tmp_path / "kit")
        return work

    return make


def do(work: Path, action: str, what: str) -> None:
    match action:
        case "reset":
            workspace.reset(work, what)
        case "update":
            workspace.update(work, work.parent / what)
        case "start":
            workspace.start(work, work.parent / what)
        case "submit":
            submit(work, [], None, lambda root, chosen: Practice(root))


def refusal(work: Path, action: str, what: str) -> str:
    try:
        do(work, action, what)
    except UsageError as error:
        return str(error)
    return ""


def contents(work: Path) -> set[bytes]:
    return {path.read_bytes() for path in work.rglob("*") if path.is_file()}


def theirs(work: Path) -> set[bytes]:
    """What a person may have written: everything but what the kits hold, with any line ends, and the manifest."""
    shipped = {text.encode() for kit in (KIT, NEWER) for text in kit.values()}
    return {
        path.read_bytes()
        for path in work.rglob("*")
        if path.is_file()
        and path.name != workspace.MANIFEST
        and path.read_bytes().replace(b"\r\n", b"\n") not in shipped
    }


@SETTINGS
@given(
    data=edited(),
    notes=st.sampled_from(["", "my notes\n"]),
    actions=st.lists(ACTIONS, min_size=1, max_size=5),
)
def test_every_text_is_still_there(place, data, notes, actions):
    """after any sequence of commands every content of every file is found somewhere in the workspace, as it was"""
    work = place()
    (work / NAME).write_bytes(data)
    if notes:
        (work / "ch04_losses/README.md").write_text(notes)
    for action, what in actions:
        before = theirs(work)
        own = (work / NAME).read_bytes()
        refusal(work, action, what)
        assert before <= contents(work), (action, what)
        if action in ("start", "submit"):
            assert (work / NAME).read_bytes() == own


@SETTINGS
@given(
    data=edited(),
    action=ACTIONS,
    step=st.integers(0, 12),
    kind=st.sampled_from([OSError, KeyboardInterrupt, MemoryError]),
)
def test_an_interruption_at_any_write_loses_nothing(place, data, action, step, kind):
    """a full disk, Ctrl-C or a crash at any write: every text is still there, and the command can be repeated"""
    work = place()
    (work / NAME).write_bytes(data)
    (work / "ch04_losses/README.md").write_text("my notes\n")
    before = theirs(work)
    calls = 0

    def failing(real):
        def call(*arguments, **options):
            nonlocal calls
            calls += 1
            if calls == step + 1:
                raise kind(28, "No space left on device", str(arguments[0]))
            return real(*arguments, **options)

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", failing(os.replace))
        patch.setattr(files, "_created", failing(files._created))
        patch.setattr(keeping, "open", failing(open), raising=False)
        patch.setattr(Path, "unlink", failing(Path.unlink))
        with contextlib.suppress(UsageError, kind):
            do(work, *action)
    assert before <= contents(work), (action, step)
    twin = place()
    (twin / NAME).write_bytes(data)
    assert refusal(work, *action)[:40] == refusal(twin, *action)[:40]
    assert before <= contents(work), (action, step)


@SETTINGS
@given(data=edited(), what=st.sampled_from(["softmax", "loss", "Linear", "Linear.forward"]))
def test_a_reset_leaves_every_other_definition(place, data, what):
    """after the reset of one function every other function, class and statement of the file is as it was"""
    work = place()
    (work / NAME).write_bytes(data)
    try:
        workspace.reset(work, what)
    except UsageError:
        assert (work / NAME).read_bytes() == data
        return
    old, new = data.decode("utf-8-sig"), (work / NAME).read_bytes().decode("utf-8-sig")
    top = what.partition(".")[0]

    def others(text: str) -> list[str]:
        tree = ast.parse(text.replace("\r\n", "\n").replace("\r", "\n"))
        return [ast.dump(node) for node in tree.body if getattr(node, "name", None) != top]

    assert others(new) == others(old)
    assert what in definition_names(new.replace("\r\n", "\n").replace("\r", "\n"))


@pytest.mark.parametrize(
    "content", [b"x = 1\n", b"x = 1", b"x = 1\r\n", b"\xff\xfe", b"\x00", b"", "ä²\n".encode("utf-16")]
)
def test_a_chapter_is_reset_whatever_its_file_holds(place, content):
    """the old bytes are kept, to the last one"""
    work = place()
    (work / NAME).write_bytes(content)
    (done,) = workspace.reset(work, "ch04")
    assert (work / done.backup).read_bytes() == content
    assert (work / NAME).read_bytes() == STUB.encode()


def test_a_file_that_is_saved_meanwhile_is_left_alone(place, monkeypatch):
    """an editor that saves between reading and writing wins"""
    work = place()
    (work / NAME).write_text(
        STUB.replace('raise NotImplementedError("softmax is not written yet")', "return z")
    )
    keep = workspace.keep_copy
    saved: list[str] = []

    def slow(*arguments):
        kept = keep(*arguments)
        saved.append(f"saved {len(saved)}\n")
        (work / NAME).write_text(saved[-1])
        return kept

    monkeypatch.setattr(resetting, "keep_copy", slow)
    for what in ("softmax", "ch04", "ch04"):
        with pytest.raises(UsageError, match="saved at this very moment"):
            workspace.reset(work, what)
        assert (work / NAME).read_text() == saved[-1]


def test_a_read_only_file_is_kept_and_reset(place):
    """a file without write permission is replaced by its stub, its text kept; or nothing happens"""
    work = place()
    (work / NAME).write_text("mine = 1\n")
    (work / NAME).chmod(stat.S_IRUSR)
    try:
        (done,) = workspace.reset(work, "ch04")
    except UsageError:
        assert (work / NAME).read_text() == "mine = 1\n"
    else:
        assert (work / done.backup).read_text() == "mine = 1\n"


def test_a_thousand_copies_in_one_second_are_a_thousand_files(place, monkeypatch):
    """no copy ever replaces another one"""
    work = place()

    class Frozen(keeping.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 1, 2, 3, 4, 5)

    monkeypatch.setattr(keeping, "datetime", Frozen)
    names = [workspace.keep_copy(work, NAME, str(n).encode()) for n in range(1010)]
    assert len(set(names)) == 1010
    assert {(work / name).read_bytes() for name in names} == {str(n).encode() for n in range(1010)}


def test_an_edited_new_stub_is_kept(place, tmp_path):
    """losses.new.py with notes in it is kept when the next release brings another one"""
    work = place()
    (work / NAME).write_text("mine = 1\n")
    workspace.update(work, tmp_path / "newer")
    beside = work / "ch04_losses/losses.new.py"
    beside.write_text("notes of mine\n")
    later = write(tmp_path / "later", NEWER | {NAME: NEWER[NAME].replace("The mean.", "A mean.")})
    workspace.update(work, later)
    assert "A mean." in beside.read_text()
    assert b"notes of mine\n" in contents(work) and b"mine = 1\n" in contents(work)
