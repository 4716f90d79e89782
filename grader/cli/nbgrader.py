"""`kata nbgrader`: a course directory for nbgrader, whose own commands then use our grader."""

from __future__ import annotations

import os
from pathlib import Path

import click

from grader.cli.common import console, course_option, progress, shown, table_of_scores

ROOT = click.Path(path_type=Path, file_okay=False)
SHOWN = 20
COLOURS = {"ok": "green", "missing": "red", "note": "yellow"}


@click.group(
    epilog="""\b
Example:
  kata nbgrader init COURSE --chapter ch04
  cd COURSE
  nbgrader generate_assignment ch04_losses && nbgrader release_assignment ch04_losses
  nbgrader collect ch04_losses && nbgrader autograde ch04_losses
  nbgrader generate_feedback ch04_losses && nbgrader release_feedback ch04_losses
  nbgrader export --to grades.csv

The whole recipe: grader/docs/nbgrader.md"""
)
def nbgrader() -> None:
    """Keep nbgrader; our sandboxed grader supplies the scores."""


@nbgrader.command(short_help="Write a course directory with its config.")
@click.argument("root", type=ROOT, metavar="COURSE")
@click.option(
    "--chapter",
    "names",
    multiple=True,
    metavar="CHAPTER",
    help="Only this chapter (ch04, losses); repeatable. Default: all.",
)
@click.option(
    "--grades",
    type=ROOT,
    metavar="DIR",
    help="Where results are kept, outside of COURSE. Default: COURSE-grades.",
)
@click.option(
    "--name",
    "course_id",
    metavar="NAME",
    help="Name of the course in the exchange. Default: that of the folder.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Replace source notebooks that differ from the kit's; the old ones are kept.",
)
@course_option
def init(
    root: Path,
    names: tuple[str, ...],
    grades: Path | None,
    course_id: str | None,
    force: bool,
    course_path: Path | None,
) -> int:
    """Write a course directory with its two-line config, or bring one up to date.

    Every chapter becomes an assignment of its name (ch04_losses) with an answer cell and a grade cell for each exercise. A
    class.toml in COURSE gives due dates and roster. Nothing of the hidden suites is copied.
    """
    from grader.course import COURSE_VARIABLE, find_course
    from grader.nbgrader.course_dir import init_course

    course = find_course(course_path)
    named = course_path or os.environ.get(COURSE_VARIABLE)  # a bundle keeps its own name
    kit = Path(named).expanduser().resolve() if named else course.root
    chapters = [course.chapter(n) for n in names] or list(course.graded_chapters)
    made = init_course(
        root,
        course,
        chapters,
        kit=str(kit),
        grades=grades.resolve() if grades else None,
        course_id=course_id,
        force=force,
    )
    click.echo(f"{root}: {len(made.chapters)} assignments, {len(made.written)} files written.")
    for line in [*made.kept, *made.remarks]:
        click.echo(line)
    first = made.chapters[0]
    click.echo(
        f"Next: cd {root} && nbgrader generate_assignment {first} && nbgrader release_assignment {first}"
    )
    return 0


@nbgrader.command(short_help="Grade an assignment in parallel, before autograde.")
@click.argument("root", type=ROOT, metavar="COURSE")
@click.argument("assignment")
@click.option(
    "--jobs", type=click.IntRange(1, 256), metavar="N", help="Grading processes. Default: one per core."
)
@click.option("--force", is_flag=True, help="Grade again what is already graded.")
@click.option("--quiet", "-q", is_flag=True, help="Print only problems.")
def pregrade(root: Path, assignment: str, jobs: int | None, force: bool, quiet: bool) -> int:
    """Grade an assignment in parallel, so that `nbgrader autograde` only has to read the results.

    Whoever handed in no notebook but losses.py gets the notebook that nbgrader needs. Run it again after more came in.
    """
    from grader.nbgrader.config import load
    from grader.nbgrader.pregrade import pregrade as grade_all

    config = load(root)
    with progress("grading", console(stderr=True), show=not quiet) as bar:

        def tell(result: object, done: int, total: int) -> None:
            if done == 1:
                bar.plan(total, 0)
            bar.result(result, done, total)  # type: ignore[arg-type]

        found = grade_all(config, assignment, jobs=jobs, force=force, on_result=tell)
    if not quiet:
        table_of_scores(console(), [r for r in found.results if r.status != "grader_error"])
        click.echo(f"{found.graded} graded, {len(found.results) - found.graded} graded already.")
    for student, name in found.made:
        click.echo(f"{shown(student)}: notebook made of {shown(name)}")
    for result in found.failures:
        click.echo(
            f"The grader failed on {shown(result.student)}, {result.chapter}, not the submission. No grade was written.",
            err=True,
        )
    return 3 if found.failures else 0


@nbgrader.command(name="import", short_help="Put results from elsewhere into the gradebook.")
@click.argument("root", type=ROOT, metavar="COURSE")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RESULTS...")
@click.option(
    "--assignment",
    metavar="NAME",
    help="Where the results go. Default: the assignment with the chapter's notebook.",
)
def import_(root: Path, paths: tuple[Path, ...], assignment: str | None) -> int:
    """Put results that were made elsewhere into the gradebook.

    RESULTS are folders of `kata grade --out`, or JSON files of its kind. Marks by hand in the gradebook stay.
    """
    from grader.nbgrader.config import load, require_nbgrader

    require_nbgrader()
    config = load(root)
    from grader.nbgrader.outside import import_results

    found = import_results(config, paths, assignment)
    click.echo(f"{len(found.done)} results are in the gradebook of {root}.")
    for line in found.remarks[:SHOWN]:
        click.echo(line)
    for line in found.left_out[:SHOWN]:
        click.echo(f"Left out: {shown(line)}", err=True)
    if len(found.left_out) > SHOWN:
        click.echo(f"... and {len(found.left_out) - SHOWN} more left out.", err=True)
    return 0 if found.done else 2


@nbgrader.command(short_help="Say whether a course grades as it should.")
@click.argument("root", type=ROOT, metavar="COURSE", default=".")
def doctor(root: Path) -> int:
    """Say whether a course directory grades as it should: config, versions, isolation, what lies where it should not.

    Exit codes: 0 everything needed works, 3 something is missing.
    """
    from grader.nbgrader.doctor import examine

    found = examine(root)
    for finding in found:
        word = click.style(f"{finding.state:<7}", fg=COLOURS[finding.state])
        click.echo(f"{word}  {finding.name}: {finding.text}")
        if finding.next_step:
            click.echo(f"         {finding.next_step}")
    return 3 if any(f.state == "missing" for f in found) else 0
