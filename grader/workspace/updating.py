"""`kata update`: a newer release in a workspace, without touching what the student wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from grader.errors import UsageError
from grader.files import write_atomically
from grader.splice import stub_changes
from grader.stubs import unify
from grader.texts import say
from grader.workspace.keeping import keep_copy, put
from grader.workspace.kits import kit_and_manifest
from grader.workspace.manifest import MANIFEST, NEW, Manifest, Shipped, is_own, read_manifest


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
    files, new = kit_and_manifest(source)
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
            say(
                "workspace.update.cannot-write", file=error.filename or workspace, why=error.strerror or error
            )
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
        if not old.same_bytes(current):
            keep_copy(workspace, name, current)  # a notebook's outputs
        put(path, current, data)
        done.replaced.append(name)
    elif not is_own(name):
        done.overruled[name] = keep_copy(workspace, name, current)
        put(path, current, data)
    elif old is not None and unify(old.pristine or "") == unify(new.pristine or ""):
        done.kept.append(name)
    else:
        beside = PurePosixPath(name).with_name(f"{path.stem}{NEW}{path.suffix}").as_posix()
        if (workspace / beside).exists() and not new.same_bytes((workspace / beside).read_bytes()):
            keep_copy(workspace, beside, (workspace / beside).read_bytes())
        write_atomically(workspace / beside, data)
        before = old.pristine if old is not None else None
        changes = stub_changes(before or "", new.pristine or "") if path.suffix == ".py" else []
        done.beside[name] = (beside, changes)


def _remove_file(workspace: Path, name: str, shipped: Shipped, done: Updated) -> None:
    path = workspace / name
    if not path.is_file():
        return
    if shipped.same_bytes(path.read_bytes()):
        path.unlink()
        done.removed.append(name)
    else:
        done.left.append(name)
