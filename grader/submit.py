"""Handing in: a student's work as one zip file that `kata grade` accepts, checked before it leaves.

The same work gives the same bytes on every machine. What the grader would reject or leave out is told now, in the words
that a result would use later. Nothing in the workspace is changed.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from grader.errors import UsageError
from grader.files import write_atomically
from grader.intake.archive import MAX_ARCHIVE
from grader.intake.files import DiskFile
from grader.notebook_read import is_from_notebook
from grader.notebook_read import place as place_in_notebook
from grader.notebook_switch import Side, sides_of
from grader.pack import zip_bytes
from grader.places import in_words
from grader.practice import Practice, Selection, chapter_of, tests_of
from grader.progress import IMPORTED
from grader.sandbox.modules import IMPORTABLE
from grader.splice import read_tree
from grader.submission import read_source
from grader.texts import say
from grader.workspace import NEW, Manifest, is_own, keep_copy, read_manifest

LARGE = 10 << 20  # bytes; many learning platforms take no more
INERT = "matplotlib"  # may be imported, and does nothing when it is graded
Run = Callable[[Path, Selection], Practice]


@dataclass(frozen=True)
class Item:
    """One file of a bundle. `sha256` is the one that a result names; line ends of a .py file do not count."""

    name: str
    size: int
    sha256: str


@dataclass
class ChapterState:
    """What was found out about one chapter. `problem`: why it earns nothing as it is."""

    name: str
    files: list[str]
    needed: bool = False  # not asked for, but imported by one that was
    done: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unwritten: list[str] = field(default_factory=list)
    problem: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass
class Handed:
    """A bundle that was written, or that was there already with the same content."""

    path: Path
    items: list[Item]
    chapters: list[ChapterState]
    fingerprint: str
    written: bool
    kept: str = ""  # where an older bundle of that name is now, under the workspace
    notes: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether every chapter can be graded."""
        return not any(c.problem for c in self.chapters)


def submit(workspace: Path, wanted: Iterable[str], out: Path | None, run: Run) -> Handed:
    """Write the bundle.

    Parameters
    ----------
    workspace : Path
    wanted : chapters; nothing: every chapter with work in it. Chapters that these import come along.
    out : a file that ends in .zip, or a folder. Default: a file named after the workspace, in it.
    run : runs visible tests apart, `grader.progress.run_and_keep`.

    Raises
    ------
    UsageError
        If there is nothing to hand in, a file cannot be read or written, or it is saved meanwhile.
    """
    manifest = read_manifest(workspace)
    target = _target(workspace, out)
    chosen = _chosen(workspace, manifest, list(wanted))
    files: dict[str, bytes] = {}
    states = []
    for chapter, needed in chosen.items():
        sides = _sides_to_send(workspace, chapter, manifest)
        state = ChapterState(chapter, [side.name for side in sides], needed)
        files |= {side.name: side.data for side in sides if side.data is not None}
        states.append(state)
    items = _look_at(workspace, files, states, manifest)
    _practise(workspace, states, run)
    for name, data in files.items():
        if _read(workspace / name) != data:
            raise UsageError(say("submit.saved-meanwhile", file=name))
    return _write(workspace, target, files, items, states)


def _target(workspace: Path, out: Path | None) -> Path:
    name = f"{workspace.name or 'work'}.zip"
    if out is None:
        return workspace / name
    target = out / name if out.is_dir() else out
    if target.suffix.lower() != ".zip":
        raise UsageError(say("submit.not-zip", file=out, name=out.stem or "work"))
    if target.is_dir():
        raise UsageError(say("submit.is-folder", folder=target))
    if not target.parent.is_dir():
        raise UsageError(say("submit.no-folder", folder=target.parent))
    return target


def _chosen(workspace: Path, manifest: Manifest, wanted: list[str]) -> dict[str, bool]:
    """Name of each chapter to hand in -> whether it comes along only because another one imports it."""
    known = sorted({PurePosixPath(n).parts[0] for n in manifest.files if is_own(n) and n.endswith(".py")})

    def has_work(chapter: str) -> bool:
        return any(side.worked for side in sides_of(workspace, chapter, manifest).values())

    if wanted:
        names = [chapter_of(workspace, word).name for word in wanted]
        strange = [name for name in names if name not in known]
        if strange:
            raise UsageError(say("submit.unknown", name=strange[0], chapters=", ".join(known)))
    else:
        names = [chapter for chapter in known if has_work(chapter)]
        if not names:
            raise UsageError(say("submit.nothing"))
    chosen = dict.fromkeys(names, False)
    todo = list(names)
    while todo:
        for name in _imports_chapters(workspace, todo.pop()):
            if name in known and name not in chosen and has_work(name):
                chosen[name] = True
                todo.append(name)
    return dict(sorted(chosen.items()))


def _imports_chapters(workspace: Path, chapter: str) -> list[str]:
    found: list[str] = []
    for suffix in (".py", ".ipynb"):
        path = workspace / chapter / f"{chapter[5:]}{suffix}"
        if path.is_file():
            found += IMPORTED.findall(_read(path).decode("utf-8", "replace"))
    return found


def _sides_to_send(workspace: Path, chapter: str, manifest: Manifest) -> list[Side]:
    """The files of a chapter with work in them; if there is none, the .py file."""
    sides = sides_of(workspace, chapter, manifest)
    there = [side for side in sides.values() if side.data is not None]
    if not there:
        raise UsageError(say("submit.missing", file=sides["py"].name, short=chapter[:4]))
    return [side for side in there if side.worked] or there[:1]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(say("submit.cannot-read", file=path, why=error.strerror or error)) from None


# what the grader would say -----------------------------------------------------------------------------------------


def _look_at(
    workspace: Path, files: dict[str, bytes], states: list[ChapterState], manifest: Manifest
) -> list[Item]:
    """Read every file by the rules of grading; what is found goes into the notes of its chapter."""
    items = []
    chapters = {PurePosixPath(name).parts[0] for name in manifest.files}
    for state in states:
        for name in state.files:
            source = read_source(DiskFile(workspace / name))
            items.append(Item(name, len(files[name]), source.sha256))
            if source.rejected is not None:
                state.problem = state.problem or source.rejected
            elif source.text is not None:
                state.notes += _imports_missing(name, source.text, chapters)
            state.notes += source.notes
        if len(state.files) == 2:
            state.notes.append(
                say("submit.both", first=state.files[0], second=state.files[1], short=state.name[:4])
            )
        state.notes += _not_taken(workspace, state, manifest)
    return items


def _imports_missing(name: str, text: str, chapters: set[str]) -> list[str]:
    """Imports that fail where it is graded."""
    try:
        tree = read_tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # that it does not load is told anyway
    allowed = {module.partition(".")[0] for module in IMPORTABLE} | chapters | {INERT}
    notes = []
    for node in ast.walk(tree):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""] if not node.level else ["."]
        for module in modules:
            if module.partition(".")[0] not in allowed:
                line = getattr(node, "lineno", 0)
                where = (place_in_notebook(text, line) if is_from_notebook(text) else None) or f"line {line}"
                where = in_words(where)
                shown = say("submit.file-beside") if module == "." else module
                notes.append(say("submit.import", file=name, place=where, module=shown))
    return list(dict.fromkeys(notes))


def _not_taken(workspace: Path, state: ChapterState, manifest: Manifest) -> list[str]:
    """Files of the student's own that stay behind."""
    left = []
    for path in sorted((workspace / state.name).iterdir()):
        name = f"{state.name}/{path.name}"
        code = path.suffix.lower() in (".py", ".ipynb") and path.is_file() and not path.name.startswith(".")
        if code and name not in manifest.files and name not in state.files and f"{NEW}." not in path.name:
            left.append(path.name)
    if not left:
        return []
    fields = {"chapter": state.name, "files": ", ".join(left[:5]), "module": state.name[5:]}
    if len(left) > 5:
        return [say("submit.left-more", count=len(left) - 5, **fields)]
    return [say("submit.left", **fields)]


def _practise(workspace: Path, states: list[ChapterState], run: Run) -> None:
    """Load every chapter in a process of its own and run its visible tests there."""
    folders = [workspace / s.name for s in states if not s.problem]
    tests = tuple(tests_of(f) for f in folders if tests_of(f).is_file())
    if not tests:
        return
    found = run(workspace, Selection(tests))
    for state in states:
        broken = found.broken.get(state.name)
        if broken is not None:
            state.problem = broken.message
        for exercise in found.of(state.name):
            kind = state.done if exercise.done else state.unwritten if exercise.unwritten else state.wrong
            kind.append(exercise.name)


# the zip file ------------------------------------------------------------------------------------------------------


def fingerprint(items: Iterable[Item]) -> str:
    """One hash for everything in a bundle, whatever line ends an editor has written."""
    lines = (f"{item.name} {item.sha256}\n" for item in sorted(items, key=lambda i: i.name))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _write(
    workspace: Path, target: Path, files: dict[str, bytes], items: list[Item], states: list[ChapterState]
) -> Handed:
    data = zip_bytes(files, compress=False)
    done = Handed(target, items, states, fingerprint(items), written=True)
    if len(data) > MAX_ARCHIVE:
        raise UsageError(say("submit.too-large", size=len(data) >> 20, most=MAX_ARCHIVE >> 20))
    if len(data) > LARGE:
        done.notes.append(say("submit.large", size=len(data) >> 20))
    try:
        if target.is_file():
            old = target.read_bytes()
            if old == data:
                done.written = False
                return done
            done.kept = keep_copy(workspace, target.name, old)
        write_atomically(target, data)
    except OSError as error:
        raise UsageError(say("submit.cannot-write", file=target, why=error.strerror or error)) from None
    return done


def plain_size(size: int) -> str:
    """A number of bytes for people."""
    return (
        f"{size} B" if size < 1000 else f"{size / 1000:.1f} kB" if size < 10**6 else f"{size / 10**6:.1f} MB"
    )
