"""On Gradescope: has the submission of one container graded and writes results.json.

Two processes. This outer one holds the time limit and writes results.json; the inner one, `grader.gradescope.inner`, holds
the engine and leaves a result of the kit in a file of its own. So a grader that crashes or hangs still ends in words for
the student. Student code runs in neither: it runs in the workers of the sandbox, which have no files and, where we are
root, another user.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.errors import GraderFailure, KitError
from grader.files import write_atomically
from grader.gradescope.results import failure, results_of, to_json
from grader.gradescope.settings import FILE, Settings
from grader.limits import ONE_THREAD
from grader.results import Result

MARGIN_SECONDS = 30.0  # before Gradescope's time limit
ATTEMPTS = 2
MODULE = "grader.cli.on_gradescope"
METADATA_BYTES = 8 << 20
Log = Callable[[str], Any]


def run(root: Path, log: Log) -> int:
    """Grade `root`/submission and write `root`/results/results.json, whatever happens.

    Parameters
    ----------
    root : `/autograder` on Gradescope.
    log : told what instructors should read, a line each; students do not see it.

    Returns
    -------
    int
        Exit code: 0, or 3 if the grader failed and there is no score.
    """
    began = time.monotonic()
    where = root / "results" / "results.json"
    write_atomically(where, to_json(failure()))  # stays, should this process be killed
    # A worker that is not sealed has another user than root: it can neither write here nor read the suites.
    with contextlib.suppress(OSError):
        where.parent.chmod(0o755)
    try:
        settings = settings_of(root)
        result = _graded(root, began + 60 * settings.minutes - MARGIN_SECONDS, log)
        told = results_of(result, settings, _metadata(root, log))
        log(_summary(result))
        write_atomically(where, to_json(told))
    except (KitError, OSError, ValueError, MemoryError) as error:
        log(f"No grade: {error or type(error).__name__}")
        return 3
    return 0 if "score" in told else 3


def settings_of(root: Path) -> Settings:
    """The settings in the unpacked autograder.zip."""
    return Settings.from_json((root / "source" / FILE).read_text(encoding="utf-8"))


def _graded(root: Path, deadline: float, log: Log) -> Result:
    """The result that an inner process leaves; one that dies is tried once more."""
    with tempfile.TemporaryDirectory(prefix="nnkata-") as private:
        out = Path(private, "result.json")
        for _ in range(ATTEMPTS):
            left = deadline - time.monotonic()
            if left <= 1:
                break
            code = _inner(root, out, left, log)
            if out.is_file():
                return Result.from_json(out.read_text(encoding="utf-8"))
            if code >= 0:  # it has said why
                break
        raise GraderFailure("The grading process ended without a result.")


def _inner(root: Path, out: Path, seconds: float, log: Log) -> int:
    """Run the inner process; its exit code, negative if it was killed."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-I", "-m", MODULE, "--grade", str(root), str(out), str(int(seconds))],
            env={**os.environ, **ONE_THREAD},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            log(f"The time limit of the assignment is near: stopped after {seconds:.0f} s.")
            code = 0
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        said.seek(0)
        for line in said.read().decode("utf-8", "replace").splitlines():
            log(line)
    return code


def _metadata(root: Path, log: Log) -> dict[str, Any]:
    path = root / "submission_metadata.json"
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(METADATA_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        log(f"{path} cannot be read: {error}.")
        return {}
    return found if isinstance(found, dict) else {}


def _summary(result: Result) -> str:
    level = result.isolation.get("level")
    text = (
        f"{result.chapter}: {result.status}, {result.score} of {result.max_score} points. Isolation: {level}."
    )
    if level == "process":
        why = "; ".join(result.isolation.get("missing", []))
        text += f" The hidden tests are NOT protected here ({why})."
    return text
