"""Kits: what an instructor gives out, or what came with the installation."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grader.course import chapter_folders, shipped_exercises
from grader.errors import UsageError
from grader.pack import extract, plain_files, single_folder
from grader.texts import say
from grader.workspace.manifest import MANIFEST, NEW, Manifest, installed_version, manifest_of, read_manifest


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
        raise UsageError(say("workspace.kit.none", kit=shown))
    inner = single_folder(folder)
    for root in (folder, folder / "exercises", *inner):
        if chapter_folders(root):
            return root.resolve()
    raise UsageError(say("workspace.kit.empty", kit=shown))


def kit_files(folder: Path) -> dict[str, bytes]:
    """Every file of a kit that travels into a workspace: posix path -> content."""
    return {name: data for name, data in plain_files(folder, links=True).items() if f"{NEW}." not in name}


def kit_and_manifest(source: Path) -> tuple[dict[str, bytes], Manifest]:
    """Files and manifest of a kit, a release's own version number included."""
    files = kit_files(source)
    version, environment = installed_version(), {}
    if (source / MANIFEST).is_file():
        released = read_manifest(source)
        version, environment = released.version, released.environment
    try:
        return files, manifest_of(files, version, environment)
    except UnicodeDecodeError as error:
        raise UsageError(say("workspace.kit.encoding", kit=source, reason=error.reason)) from None
