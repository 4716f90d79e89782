"""`kata override`: a mark by hand, with its reason."""

from __future__ import annotations

import difflib
import getpass
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.common import course_option, few, shown
from grader.errors import KitError, UsageError

if TYPE_CHECKING:
    from grader.store import Store


@click.command(
    epilog="""\b
Examples:
  kata override grades/ student07 ch04 12.5 --reason "oral exam"
  kata override grades/ student07 ch04 --remove

A mark by hand is final: it replaces score, bonus and what lateness costs, and survives grading again."""
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.argument("student", metavar="STUDENT")
@click.argument("chapter", metavar="CHAPTER")
@click.argument("score", type=float, required=False, metavar="SCORE")
@click.option("--reason", metavar="TEXT", help="Why; kept with the mark, for staff. Needed.")
@click.option("--by", metavar="NAME", help="Who decided. Default: your login name.")
@click.option("--remove", is_flag=True, help="Take the mark by hand back; the graded one counts again.")
@course_option
def override(
    folder: Path,
    student: str,
    chapter: str,
    score: float | None,
    reason: str | None,
    by: str | None,
    remove: bool,
    course_path: Path | None,
) -> int:
    """Give STUDENT a mark by hand for CHAPTER, in the grades of DIR.

    STUDENT is the name as the table of grades has it, or the id, name or email of the roster.
    """
    from grader.store import Store

    if remove and (score is not None or reason):
        raise UsageError("--remove takes the mark back; it needs neither SCORE nor --reason.")
    if not remove and score is None:
        raise UsageError("Which mark? Give SCORE, or --remove.")
    if not remove and not (reason or "").strip():
        raise UsageError('Why? Give --reason "oral exam"; it is kept with the mark.')
    if score is not None and not (math.isfinite(score) and score >= 0):
        raise UsageError(f"{score} is no mark. Give a number of 0 or more.")
    # A folder without grades must not become one.
    with Store(folder, read_only=True) as looked:
        name, full = find_pair(looked, folder, student, chapter)
    with Store(folder) as store:
        result = store.result(name, full)
        if result is None:
            raise UsageError(f"{shown(name)} has no result for {full} any more. Run kata grade.")
        before = result.override
        if remove and before is None:
            raise UsageError(f"{shown(name)} has no mark by hand for {full}.")
        hand = None
        if score is not None:
            hand = {"score": score, "reason": (reason or "").strip(), "by": by or _login()}
        changed = replace(result, override=hand)
        store.save(changed, store.key_of(name, full) or "", keep_override=False)
        store.write_csv()
    was = "no mark" if result.final is None else f"{result.final:g}"
    now = "no mark" if changed.final is None else f"{changed.final:g}"
    click.echo(f"{shown(name)}, {full}: {now} of {result.max_score:g} points, before {was}.")
    if score is not None and score > result.max_score:
        click.echo(f"That is more than the {result.max_score:g} points of {full}.", err=True)
    _refresh(folder, course_path)
    return 0


def find_pair(store: Store, folder: Path, student: str, chapter: str) -> tuple[str, str]:
    """The student's name and the chapter's as the store has them.

    Raises
    ------
    UsageError
        If there is no such result; names that come close are told.
    """
    from grader.class_file.people import folded
    from grader.class_file.reader import names_chapter, read_class
    from grader.class_file.record import read_record

    results = [(r.student, r.chapter, r.identity) for r in store.results()]
    names = {s: i for s, _, i in results}
    chapters = sorted({c for _, c, _ in results})
    full = next((c for c in chapters if names_chapter(chapter, c)), None)
    if full is None:
        raise UsageError(f"{chapter} is not graded in {folder}. Graded: {', '.join(chapters) or 'nothing'}.")
    if student in names:
        found = [student]
    else:
        found = [n for n in names if folded(n) == folded(student) or store.folder_of(n) == student]
    if not found:
        path = read_record(folder).class_file
        people = read_class(path).people if path is not None and path.is_file() else None
        match = people.match(student) if people else None
        if match and len(match.candidates) > 1:
            raise UsageError(f"{student} may be {', '.join(p.id for p in match.candidates)}. Give the id.")
        if match and match.person and match.person.id in names:
            found = [match.person.id]
    if not found:
        close = [shown(n) for n in difflib.get_close_matches(student, list(names), 3, 0.6)]
        hint = (
            f" Did you mean {' or '.join(close)}?"
            if close
            else f" There are: {few([shown(n) for n in sorted(names)], 5)}."
        )
        raise UsageError(f"No student {shown(student)} in {folder}.{hint}")
    if len(found) > 1:
        raise UsageError(
            f"{student} may be {' or '.join(shown(n) for n in found)}. Write the name as it stands there."
        )
    if (found[0], full) not in {(s, c) for s, c, _ in results}:
        raise UsageError(
            f"{shown(found[0])} has no result for {full}. Run kata grade with --chapter {full} first."
        )
    return found[0], full


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def _refresh(folder: Path, course_path: Path | None) -> None:
    """Bring the report up to date, where the course is at hand."""
    from grader.cli.report import write_class_report
    from grader.course import find_course
    from grader.store import Store

    try:
        course = find_course(course_path, start=None)
    except KitError:
        if course_path is not None:
            raise
        click.echo(
            "The report shows it after the next kata grade (or name the course with --course).", err=True
        )
        return
    with Store(folder, read_only=True) as store:
        write_class_report(store, course, folder)
