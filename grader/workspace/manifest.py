"""The manifest of a workspace: how every file was shipped."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from grader.course import CHAPTER_NAME
from grader.errors import UsageError
from grader.texts import say

MANIFEST = ".nnkata.json"
SCHEMA = "nnkata/workspace/v1"
DEFAULT_NAME = "nnkata-work"
NEW = ".new"  # losses.new.py: a corrected stub beside a file that the student has changed


@dataclass(frozen=True)
class Shipped:
    """How a file was shipped. `pristine` is the text of a file that is the student's to change, else None."""

    sha256: str
    pristine: str | None = None

    def same(self, data: bytes) -> bool:
        """Whether `data` is the shipped content; editors and git may have changed the line ends.

        A notebook that was only run or saved is the same: its cells count, not outputs and metadata.
        """
        return self.same_bytes(data) or (
            self.pristine is not None
            and (cells := _cells(self.pristine.encode())) is not None
            and cells == _cells(data)
        )

    def same_bytes(self, data: bytes) -> bool:
        """Whether `data` is the shipped content, outputs and metadata of a notebook included."""
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


def manifest_of(
    files: Mapping[str, bytes], version: str, environment: Mapping[str, str] | None = None
) -> Manifest:
    """The manifest of shipped files."""
    shipped = {}
    for name, data in files.items():
        pristine = data.decode("utf-8") if is_own(name) else None
        shipped[name] = Shipped(_sha256(data), pristine)
    return Manifest(version, shipped, dict(environment or {}))


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
        raise UsageError(say("workspace.manifest.damaged", path=path, folder=workspace)) from None
    if schema != SCHEMA:
        raise UsageError(say("workspace.manifest.version", path=path, schema=schema))
    for name in files:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name:
            raise UsageError(say("workspace.manifest.outside", path=path, name=name))
    return manifest


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
    raise UsageError(say("workspace.none", folder=here, name=DEFAULT_NAME))


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


def environment_here() -> dict[str, str]:
    """Versions of what decides whether two machines agree, found without importing anything."""
    found = {"python": platform.python_version()}
    for name in ("numpy", "pytest"):
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def _cells(notebook: bytes) -> list[tuple[str, str]] | None:
    """(kind, text) of each cell that is not empty; None if it is no notebook."""
    if not notebook.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return None
    try:
        found = [(str(c["cell_type"]), "".join(c["source"]).rstrip()) for c in json.loads(notebook)["cells"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return [cell for cell in found if cell[1]]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
