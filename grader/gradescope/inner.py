"""On Gradescope, the inner process: grades the submission with the engine of `kata grade`."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from grader.classroom import job_of
from grader.course import Chapter, Course, find_course
from grader.errors import GraderFailure
from grader.files import write_atomically
from grader.gradescope.platform import settings_of
from grader.gradescope.settings import COURSE, Settings
from grader.grading_process import Engine, open_engine
from grader.sandbox.server import MEMORY_BYTES, ForkServer, Limits
from grader.submission import survey_one

STUDENT = "submission"  # the name in results; who it is, is Gradescope's affair
OURS_BYTES = 256 << 20  # of the container's memory, for the grader itself
LEAST_BYTES = 384 << 20  # every suite's reference needs less
CGROUP = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def grade(root: Path, out: Path, seconds: float) -> None:
    """Grade the submission and write its result to `out`.

    Parameters
    ----------
    seconds : that are left. What the machine may have caused is tried again only if there is time.

    Raises
    ------
    KitError
        If there is no result.
    """
    end = time.monotonic() + seconds
    settings = settings_of(root)
    if not (root / "submission").is_dir():
        raise GraderFailure(f"There is no folder {root / 'submission'}.")
    with _engine(root, settings) as (course, chapter, engine):
        listed = [Chapter(course, name) for name in settings.chapters]
        handed = survey_one(root / "submission", chapter, STUDENT, listed)
        job = job_of(handed, settings.prerequisites)
        began = time.monotonic()
        for _ in range(2):
            result, log = engine.grade(job)
            if result.status == "grader_error":
                raise GraderFailure(f"The grader failed on this submission.\n{log}")
            write_atomically(out, result.to_json().encode("utf-8", "backslashreplace"))
            now = time.monotonic()
            if not engine.disturbed or end - now < 1.5 * (now - began):
                return


def check(root: Path) -> str:
    """Grade the reference where the image is built: proof that everything is there. The level of isolation.

    Raises
    ------
    KitError
        With what is missing.
    """
    with _engine(root, settings_of(root)) as (_, _, engine):
        missing = "; ".join(engine.isolation.missing)
        return engine.isolation.level + (f" ({missing})" if missing else "")


@contextlib.contextmanager
def _engine(root: Path, settings: Settings) -> Iterator[tuple[Course, Chapter, Engine]]:
    """The engine for the one chapter, after its reference has passed here."""
    course = find_course(root / "source" / COURSE)
    chapter = course.chapter(settings.chapter)
    server = ForkServer(Limits(memory_bytes=worker_memory()))
    try:
        with open_engine(course, [chapter], settings.allow_isolation, server) as engine:
            engine.prepare(chapter.name)
            yield course, chapter, engine
    finally:
        server.close()


def worker_memory(files: tuple[str, ...] = CGROUP) -> int:
    """Bytes for a worker: what it has elsewhere, or less in a small container.

    A worker that may take more than there is would have the kernel end processes, perhaps ours.
    """
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for name in files:
        with contextlib.suppress(OSError, ValueError):
            limits.append(int(Path(name).read_text(encoding="ascii")))
    return max(LEAST_BYTES, min(MEMORY_BYTES, min(limits) - OURS_BYTES))
