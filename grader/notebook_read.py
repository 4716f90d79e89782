"""Reading notebooks that students hand in: `extract` makes of any bytes one Python source, or says why it cannot.

The bytes are parsed by a child of its own (`grader/notebook_module.py` says what becomes of a cell), with
limits of time and memory: whatever a file does to a parser, the process that grades goes on. Nothing of a notebook
is executed, and Jupyter is not needed.

The source has the form of a handed-in `.py` file. Below a line `# %% cell 7` stand the lines of the 7th cell; `place`
turns a line of the source into "cell 7, line 3".
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.errors import GraderFailure
from grader.texts import say

MAX_NOTEBOOK = 20_000_000  # bytes, with all its outputs
SECONDS = 20.0  # for one notebook; an ordinary one takes a tenth of a second
MEMORY = 1 << 30  # bytes
# Isolated, so without the folder of this package on its path, which goes last there.
CHILD = f"import sys; sys.path.append({str(Path(__file__).parents[1])!r}); from grader.notebook_module import child; child()"
MARK = re.compile(r"# %% cell (\d+)")


class Unreadable(Exception):
    """A file is no usable notebook. `reason`: one line that says what is wrong and what to do."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Extracted:
    """What was found in a notebook: the source to grade, and sentences for the student."""

    text: str
    notes: list[str] = field(default_factory=list)


def extract(data: bytes, name: str) -> Extracted:
    """The Python source in a notebook.

    Parameters
    ----------
    data : content of the file, at most 20 MB; nothing is expected of it.
    name : of the file, for messages.

    Returns
    -------
    Extracted
        Its text parses. Cells that do not are left out with a note; demonstrations are comments.

    Raises
    ------
    Unreadable
        If the data is no notebook, holds no code, or cannot be parsed within the limits.
    GraderFailure
        If the child does not start; nothing is known about the notebook then.
    """
    shown = "".join(c if c.isprintable() else "?" for c in name)
    if len(data) > MAX_NOTEBOOK:
        raise Unreadable(say("cells.too-large-file", file=shown))
    command = [sys.executable, "-I", "-S", "-W", "ignore", "-c", CHILD]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=SECONDS, check=False, **_limits()
        )
    except subprocess.TimeoutExpired as expired:
        if (expired.stdout or b"").startswith(b"ready\n"):
            raise Unreadable(say("cells.too-slow", file=shown, seconds=SECONDS)) from None
        raise GraderFailure(say("cells.reader-late")) from None
    except (OSError, subprocess.SubprocessError) as error:
        raise GraderFailure(say("cells.reader-missing", why=error)) from None
    ready, _, answer = done.stdout.partition(b"\n")
    if ready != b"ready":
        raise GraderFailure(say("cells.reader-missing", why=_last_line(done.stderr)))
    if done.returncode > 0:
        raise GraderFailure(say("cells.reader-failed", file=shown, why=_last_line(done.stderr)))
    if done.returncode < 0:
        raise Unreadable(say("cells.too-deep", file=shown))
    told: dict[str, Any] = json.loads(answer)
    if "problem" in told:
        raise Unreadable(say("cells.problem", file=shown, problem=told["problem"]))
    return Extracted(told["text"], told["notes"])


def _limits() -> dict[str, Any]:
    """A memory limit for the child, where the system knows one."""
    if sys.platform == "win32":
        return {}
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    return {"preexec_fn": limit}


def _last_line(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else say("cells.reader-silent")


def is_from_notebook(text: str) -> bool:
    """Whether a source was made by `extract`."""
    return text.startswith("# From a notebook.")


def place(text: str, line: int) -> str | None:
    """Where a line of an extracted source stands in the notebook: "cell 7, line 3".

    Returns None if the source is not from a notebook, or the line lies above the first cell.
    """
    if not is_from_notebook(text):
        return None
    lines = text.split("\n")
    for at in range(min(line, len(lines)) - 1, -1, -1):
        match = MARK.fullmatch(lines[at])
        if match:
            return f"cell {match[1]}, line {max(1, line - 1 - at)}"
    return None
