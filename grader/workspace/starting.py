"""`kata start`: a copy of the exercises in a folder of the student's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from grader.errors import UsageError
from grader.files import is_disk_full, write_atomically
from grader.texts import say
from grader.workspace.kits import kit_and_manifest
from grader.workspace.manifest import DEFAULT_NAME, MANIFEST, Manifest, read_manifest


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
    files, manifest = kit_and_manifest(source)
    if not files:
        raise UsageError(say("workspace.start.empty", kit=source))
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
            raise UsageError(say("workspace.start.disk-full", folder=target)) from None
        raise UsageError(
            say(
                "workspace.start.cannot-write",
                file=error.filename or target,
                why=error.strerror or error,
                name=DEFAULT_NAME,
            )
        ) from None
    return done


def _about_place(target: Path) -> list[str]:
    """What a person should know about the folder of a new workspace."""
    if (target / MANIFEST).is_file():
        return []
    notes = []
    if target.is_dir() and any(not p.name.startswith(".") for p in target.iterdir()):
        notes.append(say("workspace.start.not-empty", folder=target))
    if any((folder / "tests" / "hidden").is_dir() for folder in target.parents):
        notes.append(say("workspace.start.in-clone", name=DEFAULT_NAME))
    return notes


def _check_target(target: Path, source: Path) -> None:
    if target == Path.home() or target == Path(target.anchor):
        raise UsageError(say("workspace.start.home", folder=target, name=DEFAULT_NAME))
    if target.exists() and not target.is_dir():
        raise UsageError(say("workspace.start.is-file", file=target, name=DEFAULT_NAME))
    if target == source or source in target.parents:
        raise UsageError(say("workspace.start.in-kit", folder=target, name=DEFAULT_NAME))
    for folder in (target, *target.parents):
        if folder != target and (folder / MANIFEST).is_file():
            raise UsageError(say("workspace.start.in-workspace", folder=folder))
        if (folder / "tests" / "hidden").is_dir():
            # In a clone, a new folder of its own at the top is fine; the folders of the course are not.
            inside = target == folder or target.relative_to(folder).parts[0] in (
                *("exercises", "solutions", "tests", "grader"),
            )
            if inside:
                raise UsageError(say("workspace.start.in-course", folder=target, name=DEFAULT_NAME))
