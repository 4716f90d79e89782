"""A student's workspace: a copy of the exercises with a manifest that remembers how everything was shipped.

The manifest `.nnkata.json` holds the sha256 of every shipped file and the text of every stub, so `kata reset`
and `kata update` need neither the network nor the release that the workspace came from. What a student wrote
is never lost: whatever is replaced is copied to `.nnkata/backups/` first.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib.metadata
import itertools
import json
import platform
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from grader.course import CHAPTER_NAME, Chapter, Course, chapter_folders, find_chapter, shipped_exercises
from grader.errors import UsageError
from grader.files import is_disk_full, write_atomically
from grader.pack import extract, plain_files, single_folder
from grader.splice import definition_names, is_definition, put_definition, read_tree, stub_changes
from grader.stubs import unify

MANIFEST = ".nnkata.json"
SCHEMA = "nnkata/workspace/v1"
BACKUPS = PurePosixPath(".nnkata/backups")
DEFAULT_NAME = "nnkata-work"
NEW = ".new"  # losses.new.py: a corrected stub beside a file that the student has changed


@dataclass(frozen=True)
class Shipped:
    """How a file was shipped. `pristine` is the text of a file that is the student's to change, else None."""

    sha256: str
    pristine: str | None = None

    def same(self, data: bytes) -> bool:
        """Whether `data` is the shipped content; editors and git may have changed the line ends."""
        return self.sha256 in (_sha256(data), _sha256(data.replace(b"\r\n", b"\n")))


@dataclass
class Manifest:
    """Version of the kit and posix path -> `Shipped` for every shipped file.

    environment : versions of Python, numpy and pytest where the kit was released, which is where it is graded.
    """

    version: str
    files: dict[str, Shipped] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        files = {
            name: {"sha256": s.sha256} | ({} if s.pristine is None else {"pristine": s.pristine})
            for name, s in sorted(self.files.items())
        }
        known = {"environment": self.environment} if self.environment else {}
        data = {"schema": SCHEMA, "version": self.version, **known, "files": files}
        return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


@dataclass
class Started:
    """What `start` did: files copied, files left since they differ, and whether a newer release is there.

    existed : it was a workspace before.
    notes : what a person should know about the place.
    """

    folder: Path
    copied: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    outdated: bool = False
    existed: bool = False
    notes: list[str] = field(default_factory=list)


@dataclass
class Reset:
    """What `reset` did to one file (names under the workspace); `backup` is None if the file was missing."""

    file: str
    changed: bool
    backup: str | None = None


@dataclass
class Updated:
    """What `update` did; file names under the workspace.

    replaced : files that the student had not touched.
    added : files that are new in this release.
    restored : files that were missing.
    overruled : file -> backup; files the student had changed that are not the student's to change.
    beside : file -> (new stub, what changed in it); the student's file stays as it is.
    kept : files of the student's with work in them whose stubs did not change.
    removed : files that the release no longer has.
    left : files that the release no longer has, but the student has changed.
    """

    version: tuple[str, str]
    replaced: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    overruled: dict[str, str] = field(default_factory=dict)
    beside: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def find_workspace(start: Path | None = None) -> Path:
    """The workspace that a folder belongs to: the nearest parent with a manifest.

    Raises
    ------
    UsageError
        If there is none; the text says how to make one.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / MANIFEST).is_file():
            return folder
    raise UsageError(f"No workspace found in {here} or above it. Make one with: kata start {DEFAULT_NAME}")


def is_own(name: str) -> bool:
    """Whether a shipped file is the student's to change: `ch04_losses/losses.py`, or a notebook beside it."""
    path = PurePosixPath(name)
    match = CHAPTER_NAME.fullmatch(path.parts[0]) if len(path.parts) == 2 else None
    return match is not None and (path.name == f"{match[2]}.py" or path.suffix == ".ipynb")


def installed_version() -> str:
    """Version of the installed kit; "unknown" when it runs from a clone that is not installed."""
    try:
        return importlib.metadata.version("nnkata")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def kit_files(folder: Path) -> dict[str, bytes]:
    """Every file of a kit that travels into a workspace: posix path -> content."""
    return {name: data for name, data in plain_files(folder, links=True).items() if f"{NEW}." not in name}


def manifest_of(
    files: Mapping[str, bytes], version: str, environment: Mapping[str, str] | None = None
) -> Manifest:
    """The manifest of shipped files."""
    shipped = {}
    for name, data in files.items():
        pristine = data.decode("utf-8") if is_own(name) else None
        shipped[name] = Shipped(_sha256(data), pristine)
    return Manifest(version, shipped, dict(environment or {}))


def environment_here() -> dict[str, str]:
    """Versions of what decides whether two machines agree, found without importing anything."""
    found = {"python": platform.python_version()}
    for name in ("numpy", "pytest"):
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def read_manifest(workspace: Path) -> Manifest:
    """The manifest of a workspace.

    Raises
    ------
    UsageError
        If it is missing, damaged, or of a newer kind.
    """
    path = workspace / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        schema = data["schema"]
        files = {name: Shipped(f["sha256"], f.get("pristine")) for name, f in data["files"].items()}
        environment = {str(k): str(v) for k, v in dict(data.get("environment") or {}).items()}
        manifest = Manifest(str(data["version"]), files, environment)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(
            f"{path} cannot be read. Your files are safe; write it anew: kata start {workspace}"
        ) from None
    if schema != SCHEMA:
        raise UsageError(f"{path} is of another version of nnkata ({schema}). Install the newest nnkata.")
    for name in files:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name:
            raise UsageError(
                f"{path} names a file outside the workspace ({name}). Use a fresh one: kata start DIR"
            )
    return manifest


@contextmanager
def opened_kit(source: Path | None) -> Iterator[Path]:
    """The folder of a kit while it is needed.

    Parameters
    ----------
    source : a folder, a zip of `kata release`, or None for the exercises that came with the installation.

    Raises
    ------
    UsageError
        If there are no exercises in it.
    """
    if source is None:
        yield shipped_exercises()
    elif source.is_file():
        with tempfile.TemporaryDirectory(prefix="nnkata-kit-") as folder:
            extract(source.read_bytes(), Path(folder), str(source))
            yield _kit_root(Path(folder), source)
    else:
        yield _kit_root(source, source)


def _kit_root(folder: Path, shown: Path) -> Path:
    if not folder.is_dir():
        raise UsageError(
            f"There is no kit {shown}. Name the folder or the zip that your instructor gave you."
        )
    inner = single_folder(folder)
    for root in (folder, folder / "exercises", *inner):
        if chapter_folders(root):
            return root.resolve()
    raise UsageError(
        f"{shown} holds no exercises (folders such as ch04_losses). Name a kit made by kata release."
    )


def _kit(source: Path) -> tuple[dict[str, bytes], Manifest]:
    """Files and manifest of a kit, a release's own version number included."""
    files = kit_files(source)
    version, environment = installed_version(), {}
    if (source / MANIFEST).is_file():
        released = read_manifest(source)
        version, environment = released.version, released.environment
    try:
        return files, manifest_of(files, version, environment)
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{source} holds a stub that is not UTF-8 ({error.reason}). Ask for the kit again."
        ) from None


def start(target: Path, source: Path) -> Started:
    """Copy a kit into a folder of the student's own. A file that exists with other content is never touched.

    Parameters
    ----------
    target : folder of the workspace; made if it is missing.
    source : folder of the kit, see `opened_kit`.

    Returns
    -------
    Started

    Raises
    ------
    UsageError
        If the target is a file, cannot be written, lies in another workspace or in the kit itself.
    """
    target, source = target.expanduser().resolve(), source.resolve()
    _check_target(target, source)
    files, manifest = _kit(source)
    if not files:
        raise UsageError(f"{source} holds no exercises. Name a kit made by kata release.")
    try:
        known: Manifest | None = read_manifest(target)
    except UsageError:
        known = None  # a new workspace, or a damaged manifest that is written anew
    done = Started(target, existed=known is not None, notes=_about_place(target))
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            path = target / name
            if known is not None and known.files.get(name) != manifest.files[name]:
                # Only `kata update` may mix a newer release into a workspace: it knows what to keep.
                done.outdated = True
            elif path.is_symlink() or path.exists():
                if not path.is_file() or not manifest.files[name].same(path.read_bytes()):
                    done.kept.append(name)
            else:
                write_atomically(path, data)
                done.copied.append(name)
        if known is None:
            write_atomically(target / MANIFEST, manifest.to_json().encode())
    except OSError as error:
        if is_disk_full(error):
            raise UsageError(
                f"There is no room left on the disk for {target}. Make some, then run the same command again; "
                "what was copied stays."
            ) from None
        raise UsageError(
            f"Cannot write {error.filename or target}: {error.strerror or error}. "
            f"Choose a folder of your own: kata start ~/{DEFAULT_NAME}"
        ) from None
    return done


def _about_place(target: Path) -> list[str]:
    """What a person should know about the folder of a new workspace."""
    if (target / MANIFEST).is_file():
        return []
    notes = []
    if target.is_dir() and any(not p.name.startswith(".") for p in target.iterdir()):
        notes.append(f"{target} is not empty. What is in it stays, and the exercises are put beside it.")
    if any((folder / "tests" / "hidden").is_dir() for folder in target.parents):
        notes.append(
            f"This folder lies inside a clone of the kit, where git and its tests will find it. "
            f"For your own work a place outside is better: kata start ~/{DEFAULT_NAME}"
        )
    return notes


def _check_target(target: Path, source: Path) -> None:
    if target == Path.home() or target == Path(target.anchor):
        raise UsageError(
            f"{target} is no folder for exercises alone. Name one in it: kata start ~/{DEFAULT_NAME}"
        )
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target} is a file. Name a folder: kata start {DEFAULT_NAME}")
    if target == source or source in target.parents:
        raise UsageError(
            f"{target} lies inside the kit itself. Choose another folder: kata start ~/{DEFAULT_NAME}"
        )
    for folder in (target, *target.parents):
        if folder != target and (folder / MANIFEST).is_file():
            raise UsageError(f"{folder} already is a workspace. Go there and run: kata test")
        if (folder / "tests" / "hidden").is_dir():
            # In a clone, a new folder of its own at the top is fine; the folders of the course are not.
            inside = target == folder or target.relative_to(folder).parts[0] in (
                *("exercises", "solutions", "tests", "grader"),
            )
            if inside:
                raise UsageError(
                    f"{target} belongs to the course. Choose another folder: kata start ~/{DEFAULT_NAME}"
                )


# --- reset


def reset(workspace: Path, what: str) -> list[Reset]:
    """Put a function, class, method or chapter back to its stub; the old file is kept as a backup.

    Parameters
    ----------
    workspace : Path
    what : `softmax`, `Linear`, `Linear.forward`, a chapter (`ch04`, `4`, `losses`), or a function with its
        chapter where the name alone is not unique (`ch04.softmax`).

    Returns
    -------
    list of Reset
        One entry per file of the student's that is concerned.

    Raises
    ------
    UsageError
        If there is no such thing, the name is not unique, or the student's file does not parse and a function
        was asked for (a chapter can always be reset).
    """
    manifest = read_manifest(workspace)
    own = {name: s.pristine for name, s in manifest.files.items() if is_own(name) and s.pristine is not None}
    folders = sorted({PurePosixPath(name).parts[0] for name in own})
    chapters = tuple(Chapter(Course(workspace), folder) for folder in folders)
    chapter = _chapter(chapters, what)
    definitions = [
        (name, dotted)
        for name, text in own.items()
        if name.endswith(".py")
        for dotted in definition_names(text)
        if dotted == what
    ]
    if chapter is not None and definitions:
        ways = ", ".join(f"kata reset {PurePosixPath(n).parts[0][:4]}.{d}" for n, d in definitions)
        raise UsageError(f"{what!r} is a chapter and a function. Use: kata reset {chapter.short}, or {ways}")
    if chapter is not None:
        files = [name for name in own if PurePosixPath(name).parts[0] == chapter.name]
        done = [_reset_file(workspace, name, str(own[name])) for name in files]
        return [one for one in done if one.changed] or done[-1:]
    if not definitions:
        head, _, rest = what.partition(".")
        named = _chapter(chapters, head) if rest else None
        if named is not None and rest in definition_names(own.get(f"{named.name}/{named.file_name}", "")):
            definitions = [(f"{named.name}/{named.file_name}", rest)]
    if not definitions:
        known = {n for name, text in own.items() if name.endswith(".py") for n in definition_names(text)}
        close = difflib.get_close_matches(what, known, 1)
        guess = f" Did you mean {close[0]}?" if close else ""
        have = ", ".join(folders) or "none"
        raise UsageError(f"There is no function or chapter {what!r} here.{guess} Chapters: {have}.")
    if len(definitions) > 1:
        ways = " or ".join(f"kata reset {PurePosixPath(name).parts[0][:4]}.{what}" for name, _ in definitions)
        raise UsageError(f"{what!r} is in more than one chapter. Use: {ways}")
    name, dotted = definitions[0]
    from grader.notebook_switch import current_notebook, without_definition  # which build on this module

    notebook = current_notebook(workspace, PurePosixPath(name).parts[0], manifest)
    if notebook is not None and notebook.data is not None:
        data = without_definition(notebook.data, notebook.name, str(own[name]), dotted)
        return [_replace(workspace, notebook.name, notebook.data, data)]
    return [_reset_definition(workspace, name, str(own[name]), dotted)]


def _chapter(chapters: tuple[Chapter, ...], name: str) -> Chapter | None:
    try:
        return find_chapter(chapters, name, "")
    except UsageError:
        return None


def _reset_file(workspace: Path, name: str, stub: str) -> Reset:
    path = workspace / name
    try:
        old = path.read_bytes() if path.exists() else None
        if old == stub.encode():
            return Reset(name, changed=False)
        backup = None if old is None else keep_copy(workspace, name, old)
        _put(path, old, stub.encode())
    except OSError as error:
        raise UsageError(f"Cannot write {path}: {error.strerror or error}. Nothing was reset.") from None
    return Reset(name, changed=True, backup=backup)


def _reset_definition(workspace: Path, name: str, stub: str, dotted: str) -> Reset:
    path = workspace / name
    short = name[:4]
    if not path.exists():
        raise UsageError(f"{name} is missing. Bring it back with: kata reset {short}")
    old = path.read_bytes()
    try:
        text = old.decode("utf-8-sig")
        read_tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f" (line {error.lineno})" if isinstance(error, SyntaxError) and error.lineno else ""
        raise UsageError(
            f"{name} cannot be read as Python{line}, so {dotted} cannot be found in it. Repair that line, "
            f"or reset the whole chapter, your text is kept: kata reset {short}"
        ) from None
    new = put_definition(text, stub, dotted)
    if not is_definition(new, stub, dotted):
        raise UsageError(
            f"{dotted} cannot be put back into {name} alone. Reset more of it: kata reset {short}"
        )
    return _replace(workspace, name, old, new.encode())


def _replace(workspace: Path, name: str, old: bytes, data: bytes) -> Reset:
    path = workspace / name
    if data == old.removeprefix(b"\xef\xbb\xbf"):
        return Reset(name, changed=False)
    try:
        backup = keep_copy(workspace, name, old)
        _put(path, old, data)
    except OSError as error:
        raise UsageError(f"Cannot write {path}: {error.strerror or error}. Nothing was reset.") from None
    return Reset(name, changed=True, backup=backup)


def _put(path: Path, old: bytes | None, data: bytes) -> None:
    """Replace what was there when it was read, and nothing newer: an editor may have saved since.

    Raises
    ------
    UsageError
        If the file has changed since.
    """
    now = path.read_bytes() if path.exists() else None
    if now != old:
        raise UsageError(f"{path} was saved at this very moment and is left as it is. Run the command again.")
    write_atomically(path, data)


def keep_copy(workspace: Path, name: str, data: bytes) -> str:
    """Keep a file's content; returns the name of the copy under the workspace. No copy ever replaces another one."""
    path = PurePosixPath(name)
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    for attempt in itertools.count(1):
        suffix = stamp if attempt == 1 else f"{stamp}-{attempt}"
        copy = BACKUPS / path.parent / f"{path.stem}-{suffix}{path.suffix}"
        target = workspace / copy
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError), open(target, "xb") as file:
            try:
                file.write(data)
            except BaseException:  # a part of a text is no copy of it
                with suppress(OSError):
                    target.unlink()
                raise
            return copy.as_posix()
    raise AssertionError


# --- update


def update(workspace: Path, source: Path) -> Updated:
    """Bring a newer release into a workspace without touching what the student wrote.

    An untouched stub is renewed; a stub with work in it stays, and its corrected version, if it really
    changed, is written beside it as `losses.new.py`. All else (handouts, tests, data, figures) follows the
    release; a copy that the student changed is kept as a backup.

    Parameters
    ----------
    workspace : Path
    source : folder of the kit, see `opened_kit`.

    Returns
    -------
    Updated

    Raises
    ------
    UsageError
        If the manifest is damaged or a file cannot be written. What was done so far is safe: run it again.
    """
    old = read_manifest(workspace)
    files, new = _kit(source)
    done = Updated((old.version, new.version))
    try:
        for name, data in files.items():
            _update_file(workspace, name, data, old.files.get(name), new.files[name], done)
        chapters = {PurePosixPath(name).parts[0] for name in files}
        kept: dict[str, Shipped] = {}
        for name, shipped in old.files.items():
            # A release of single chapters says nothing about the others.
            if name in files or PurePosixPath(name).parts[0] not in chapters or is_own(name):
                kept[name] = shipped
            else:
                _remove_file(workspace, name, shipped, done)
        write_atomically(
            workspace / MANIFEST,
            Manifest(new.version, kept | new.files, new.environment or old.environment).to_json().encode(),
        )
    except OSError as error:
        raise UsageError(
            f"Cannot write {error.filename or workspace}: {error.strerror or error}. "
            "Nothing of yours is lost; run kata update again."
        ) from None
    return done


def _update_file(
    workspace: Path, name: str, data: bytes, old: Shipped | None, new: Shipped, done: Updated
) -> None:
    path = workspace / name
    if not path.exists():
        write_atomically(path, data)
        (done.added if old is None else done.restored).append(name)
        return
    current = path.read_bytes()
    if new.same(current):
        return
    if old is not None and old.same(current):
        _put(path, current, data)
        done.replaced.append(name)
    elif not is_own(name):
        done.overruled[name] = keep_copy(workspace, name, current)
        _put(path, current, data)
    elif old is not None and unify(old.pristine or "") == unify(new.pristine or ""):
        done.kept.append(name)
    else:
        beside = PurePosixPath(name).with_name(f"{path.stem}{NEW}{path.suffix}").as_posix()
        if (workspace / beside).exists() and not new.same((workspace / beside).read_bytes()):
            keep_copy(workspace, beside, (workspace / beside).read_bytes())
        write_atomically(workspace / beside, data)
        before = old.pristine if old is not None else None
        changes = stub_changes(before or "", new.pristine or "") if path.suffix == ".py" else []
        done.beside[name] = (beside, changes)


def _remove_file(workspace: Path, name: str, shipped: Shipped, done: Updated) -> None:
    path = workspace / name
    if not path.is_file():
        return
    if shipped.same(path.read_bytes()):
        path.unlink()
        done.removed.append(name)
    else:
        done.left.append(name)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
