"""`kata reset`: one function or one chapter back to its stub."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader.course import Chapter, Course, find_chapter
from grader.errors import UsageError
from grader.splice import definition_names, is_definition, put_definition, read_tree
from grader.texts import say
from grader.workspace.keeping import keep_copy, put
from grader.workspace.manifest import is_own, read_manifest


@dataclass
class Reset:
    """What `reset` did to one file (names under the workspace); `backup` is None if the file was missing."""

    file: str
    changed: bool
    backup: str | None = None


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
        raise UsageError(say("workspace.reset.both", what=what, short=chapter.short, ways=ways))
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
        have = ", ".join(folders) or say("workspace.reset.no-chapters")
        if close:
            raise UsageError(say("workspace.reset.unknown-near", what=what, near=close[0], chapters=have))
        raise UsageError(say("workspace.reset.unknown", what=what, chapters=have))
    if len(definitions) > 1:
        ways = say("workspace.reset.or").join(
            f"kata reset {PurePosixPath(name).parts[0][:4]}.{what}" for name, _ in definitions
        )
        raise UsageError(say("workspace.reset.many", what=what, ways=ways))
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
        put(path, old, stub.encode())
    except OSError as error:
        raise UsageError(
            say("workspace.reset.cannot-write", file=path, why=error.strerror or error)
        ) from None
    return Reset(name, changed=True, backup=backup)


def _reset_definition(workspace: Path, name: str, stub: str, dotted: str) -> Reset:
    path = workspace / name
    short = name[:4]
    if not path.exists():
        raise UsageError(say("workspace.missing-file", file=name, short=short))
    old = path.read_bytes()
    try:
        text = old.decode("utf-8-sig")
        read_tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        fields = {"file": name, "name": dotted, "short": short}
        if isinstance(error, SyntaxError) and error.lineno:
            text = say("workspace.reset.unreadable-at", line=error.lineno, **fields)
        else:
            text = say("workspace.reset.unreadable", **fields)
        raise UsageError(text) from None
    new = put_definition(text, stub, dotted)
    if not is_definition(new, stub, dotted):
        raise UsageError(say("workspace.reset.not-alone", name=dotted, file=name, short=short))
    return _replace(workspace, name, old, new.encode())


def _replace(workspace: Path, name: str, old: bytes, data: bytes) -> Reset:
    path = workspace / name
    if data == old.removeprefix(b"\xef\xbb\xbf"):
        return Reset(name, changed=False)
    try:
        backup = keep_copy(workspace, name, old)
        put(path, old, data)
    except OSError as error:
        raise UsageError(
            say("workspace.reset.cannot-write", file=path, why=error.strerror or error)
        ) from None
    return Reset(name, changed=True, backup=backup)
