"""`kata github`: workflows for GitHub Actions, and points for GitHub Classroom and Classroom 50."""

from __future__ import annotations

import hashlib
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from grader.errors import UsageError

KINDS = ("tests", "classroom", "classroom50", "grading")


@click.group(
    epilog="""\b
Examples:
  kata github workflow tests --out .
  kata github workflow grading --out . --bundle course.zip --release course
  kata github points ch04 --as reporter
  kata github points ch04 --as classroom50 --grades grades/ --student student01 --out result.json"""
)
def github() -> None:
    """Workflows for GitHub Actions, and points for GitHub Classroom and Classroom 50."""


@github.command(
    epilog="""\b
Kinds:
  tests        the visible tests at every push; for the students' repository
  classroom    the same with points, for GitHub Classroom; for the template repository
  classroom50  an autograder.py with points, for Classroom 50
  grading      all students with the hidden tests; for a private repository of yours, never for a student's

\b
Examples:
  kata github workflow tests --chapter ch04 --out .
  kata github workflow grading --chapter ch04 --out . --bundle course.zip --release course"""
)
@click.argument("kind", type=click.Choice(KINDS))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=".",
    show_default=True,
    metavar="DIR",
    help="Root of the repository; for classroom50 the folder of the assignment.",
)
@click.option(
    "--chapter",
    "chapters",
    multiple=True,
    metavar="CHAPTER",
    help="Only this chapter (ch04); repeatable. Default: all; for grading, what you type when you start it.",
)
@click.option("--install", metavar="REQUIREMENT", help="What pip installs. Default: this version of nnkata.")
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="For grading: the bundle of `kata pack`; its hash is written into the workflow.",
)
@click.option(
    "--release",
    default="course",
    show_default=True,
    metavar="TAG",
    help="For grading: the release of the private repository that has the bundle as its file course.zip.",
)
@click.option("--force", is_flag=True, help="Overwrite the file if it exists.")
def workflow(
    kind: str,
    out: Path,
    chapters: tuple[str, ...],
    install: str | None,
    bundle: Path | None,
    release: str,
    force: bool,
) -> int:
    """Write the file of one KIND."""
    from grader.cli.export_marks import write_new
    from grader.github.workflows import KINDS as FILES
    from grader.github.workflows import install_line
    from grader.github.workflows import workflow as make

    if kind == "grading":
        if bundle is None:
            raise UsageError(
                "Which course? Make its bundle with kata pack --out course.zip, then --bundle course.zip."
            )
        sha256 = hashlib.sha256(bundle.read_bytes()).hexdigest()
        first = chapters[0] if chapters else "ch04"
        text = make(
            kind, install=install or install_line("grading"), release=release, sha=sha256, chapter=first
        )
    else:
        text = make(kind, install=install or install_line(), chapters=" ".join(chapters))
    path = out / FILES[kind][1]
    write_new(path, text.encode(), force)
    click.echo(f"Wrote {path}.")
    if kind == "grading":
        click.echo(
            "Push it to a private repository that no student can push to. What it needs stands at its top."
        )
    return 0


@github.command(
    epilog="""\b
Examples:
  kata github points ch04 --as reporter --out "$GITHUB_OUTPUT"
  kata github points ch04 --as classroom50 --out result.json
  kata github points ch04 --as reporter --grades grades/ --student student01

Exit codes: 0 written, whatever the points; 2 wrong usage; 3 the grader failed, nothing was written."""
)
@click.argument("chapters", nargs=-1, metavar="[CHAPTER]...")
@click.option(
    "--as",
    "format_",
    type=click.Choice(["reporter", "classroom50"]),
    required=True,
    help="reporter: a step's output for GitHub Classroom. classroom50: result.json.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write; the output of a step is appended. Default: standard output.",
)
@click.option(
    "--grades",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Points of hidden tests, from this folder of kata grade. Default: run the visible tests of this folder.",
)
@click.option("--student", metavar="NAME", help="With --grades: whose result.")
@click.option("--classroom", envvar="CLASSROOM", default="", help="Of Classroom 50, as all below: CLASSROOM.")
@click.option("--assignment", envvar="ASSIGNMENT", default="", help="ASSIGNMENT.")
@click.option(
    "--type",
    "kind",
    envvar="ASSIGNMENT_TYPE",
    default="individual",
    help="ASSIGNMENT_TYPE, individual or group.",
)
@click.option("--owner", envvar=["OWNER", "USERNAME"], default="", help="OWNER or USERNAME.")
@click.option("--tag", envvar="SUBMISSION_TAG", default="", help="SUBMISSION_TAG, submit/...")
@click.option("--commit", envvar="COMMIT_URL", default="", help="COMMIT_URL.")
@click.option("--release", envvar="RELEASE_URL", default="", help="RELEASE_URL.")
@click.option("--review", envvar="REVIEW_URL", default="", help="REVIEW_URL. Default: that of the commit.")
def points(
    chapters: tuple[str, ...],
    format_: str,
    out: Path | None,
    grades: Path | None,
    student: str | None,
    **about: Any,
) -> int:
    """Write the points of a submission, as whole numbers.

    Without --grades: a point for each function whose visible tests pass. With --grades: the points of the hidden tests,
    multiplied by the smallest number that makes them whole.
    """
    from grader.files import write_atomically
    from grader.github.points import Submission, classroom50, reporter

    found = _graded(grades, student, chapters) if grades else _visible(chapters)
    if format_ == "reporter":
        line = f"result={reporter(found)}\n"
        if out is None:
            click.echo(line, nl=False)
        else:
            with out.open("a", encoding="ascii") as file:
                file.write(line)
    else:
        actor = os.environ.get("GITHUB_ACTOR", "")
        number = os.environ.get("GITHUB_ACTOR_ID", "")
        submission = Submission(
            about["classroom"], about["assignment"], about["owner"], about["tag"], about["commit"], about["release"],
            about["review"], about["kind"], _committed(), actor, int(number) if number.isdecimal() else None,
        )  # fmt: skip
        data = classroom50(found, submission)
        if out is None:
            click.echo(data.decode("ascii"), nl=False)
        else:
            write_atomically(out, data)
    times = f", each point times {found.factor}" if found.factor != 1 else ""
    click.echo(f"{found.title}: {found.score} of {found.most} points{times}.", err=True)
    for item in found.items:
        if not item.passed:
            first = item.message.partition("\n")[0]
            click.echo(f"  {item.name}: {first or item.status}", err=True)
    return 0


def _visible(chapters: tuple[str, ...]) -> Any:
    from grader.course import shipped_exercises
    from grader.github.visible import visible_points, workspace_at

    return visible_points(workspace_at(Path.cwd().resolve()), chapters, shipped_exercises())


def _graded(folder: Path, student: str | None, chapters: tuple[str, ...]) -> Any:
    from grader.class_file.reader import names_chapter
    from grader.github.points import of_result
    from grader.store import Store

    with Store(folder, read_only=True) as store:
        results = [r for r in store.results() if student is None or r.student == student]
        results = [r for r in results if not chapters or any(names_chapter(c, r.chapter) for c in chapters)]
        failed = [f for f in store.failures() if f.student == student or student is None]
    if len(results) != 1:
        if not results and failed:
            from grader.errors import GraderFailure

            raise GraderFailure(
                f"The grader failed on {failed[0].student}, {failed[0].chapter}. There are no points."
            )
        what = "no result fits" if not results else f"{len(results)} results fit"
        raise UsageError(f"{folder}: {what}. Name one student with --student and one chapter.")
    return of_result(results[0])


def _committed() -> datetime | None:
    """When the commit that is checked out here was made; None if git does not say."""
    try:
        done = subprocess.run(
            ["git", "log", "-1", "--format=%ct"], capture_output=True, text=True, timeout=30, check=True
        )
        return datetime.fromtimestamp(int(done.stdout), UTC)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
