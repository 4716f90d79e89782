"""A student's workspace: a copy of the exercises with a manifest that remembers how everything was shipped.

The manifest `.nnkata.json` holds the sha256 of every shipped file and the text of every stub, so `kata reset`
and `kata update` need neither the network nor the release that the workspace came from. What a student wrote
is never lost: whatever is replaced is copied to `.nnkata/backups/` first.
"""

from grader.course import chapter_folders
from grader.workspace.keeping import BACKUPS, keep_copy
from grader.workspace.kits import kit_files, opened_kit
from grader.workspace.manifest import (
    DEFAULT_NAME,
    MANIFEST,
    NEW,
    SCHEMA,
    Manifest,
    Shipped,
    environment_here,
    find_workspace,
    installed_version,
    is_own,
    manifest_of,
    read_manifest,
)
from grader.workspace.resetting import Reset, reset
from grader.workspace.starting import Started, start
from grader.workspace.updating import Updated, update

__all__ = [
    "BACKUPS",
    "DEFAULT_NAME",
    "MANIFEST",
    "NEW",
    "SCHEMA",
    "Manifest",
    "Reset",
    "Shipped",
    "Started",
    "Updated",
    "chapter_folders",
    "environment_here",
    "find_workspace",
    "installed_version",
    "is_own",
    "keep_copy",
    "kit_files",
    "manifest_of",
    "opened_kit",
    "read_manifest",
    "reset",
    "start",
    "update",
]
