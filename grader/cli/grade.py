"""`kata grade`: grade submissions with the hidden suites."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from grader.cli.common import console, course_option, few, shown, table_of_scores

REMARKS = 10  # on the roster, in the terminal


@click.command(
    epilog="""\b
Examples:
  kata grade submissions/ --out grades/
  kata grade submissions/ --out grades/ --chapter ch04 --jobs 4
  kata grade moodle-download.zip --out grades/ --chapter ch04
  kata grade student01_losses.py --out grades/
  kata grade work.zip --student student01 --out grades/
  kata grade submissions/ --out grades/ --class class.toml

Run it again after more students handed in: what is already graded is not graded again.
Exit codes: 0 every submission got a result, 2 wrong usage, 3 the grader failed or refused, 130 interrupted."""
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where results, report and feedback go.",
)
@click.option(
    "--chapter",
    "names",
    multiple=True,
    metavar="CHAPTER",
    help="Grade only this chapter (ch04, losses); repeatable. Default: what was handed in.",
)
@click.option(
    "--class",
    "class_path",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Roster, due dates and late policy. Default: class.toml beside the submissions.",
)
@click.option(
    "--student",
    metavar="NAME",
    help="Whose the one PATH is, whatever it is called; a lone zip file is a class otherwise.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 256), metavar="N", help="Grading processes. Default: one per core."
)
@click.option(
    "--prerequisites",
    type=click.Choice(["auto", "reference", "own"]),
    default="auto",
    show_default=True,
    help="Which earlier chapters a chapter runs on. auto: the reference; the student's own if that cannot run.",
)
@click.option("--force", is_flag=True, help="Grade again what is already graded.")
@click.option(
    "--allow-isolation",
    type=click.Choice(["sealed", "process"]),
    default="sealed",
    show_default=True,
    help="The weakest sandbox to accept. process: hidden tests are not protected.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a summary as JSON instead of the table.")
@click.option("--quiet", "-q", is_flag=True, help="Print only problems.")
@course_option
def grade(
    paths: tuple[Path, ...],
    out: Path,
    names: tuple[str, ...],
    class_path: Path | None,
    student: str | None,
    jobs: int | None,
    prerequisites: str,
    force: bool,
    allow_isolation: str,
    as_json: bool,
    quiet: bool,
    course_path: Path | None,
) -> int:
    """Grade submissions with the hidden suites, in the sandbox.

    PATH is a folder with one folder or zip file per student, the folder of one student, a file STUDENT_MODULE.py (or
    .ipynb), or a download of Moodle or Canvas, packed or unpacked. With a class.toml, whoever handed in nothing is listed. The results go to DIR/results, the report to DIR/report/index.html, a page for each student to DIR/feedback.
    """
    from grader.class_file import find_class_file, read_class
    from grader.classroom import grade_class
    from grader.cli.common import progress
    from grader.course import find_course
    from grader.hints import first_hints
    from grader.report import write_report
    from grader.store import Store

    course = find_course(course_path, start=None)
    chapters = [course.chapter(n) for n in names] or None
    class_path = class_path or find_class_file(paths, course)
    class_file = read_class(class_path, [c.name for c in course.chapters]) if class_path else None
    err = console(stderr=True)
    with progress("grading", err, show=not (as_json or quiet)) as bar:
        summary = grade_class(
            paths,
            out,
            course=course,
            chapters=chapters,
            jobs=jobs,
            prerequisites=prerequisites,
            force=force,
            allow_isolation=allow_isolation,
            class_file=class_file,
            student=student,
            on_plan=bar.plan,
            on_result=bar.result,
        )
    with Store(out, read_only=True) as store:
        index = write_report(store, course_title(course.root), out, hints=first_hints(course.exercises))
        results = list(store.results())
    if as_json:
        told = {
            "graded": summary.graded,
            "reused": summary.reused,
            "failures": [{"student": s, "chapter": c} for s, c, _ in summary.failures],
            "isolation": summary.isolation.to_dict() if summary.isolation else None,
            "class": str(class_path) if class_path else None,
            "remarks": summary.remarks,
            "report": str(index),
            "results": [
                {
                    "student": r.student,
                    "chapter": r.chapter,
                    "status": r.status,
                    "score": r.score,
                    "max_score": r.max_score,
                    "bonus": r.bonus,
                }
                for r in results
            ],
        }
        click.echo(json.dumps(told, allow_nan=False, indent=1))
    elif not quiet:
        terminal = console()
        table_of_scores(terminal, results)
        again = f", {summary.reused} already graded" if summary.reused else ""
        level = f" Isolation: {summary.isolation.level}." if summary.isolation else ""
        terminal.print(f"{summary.graded} graded{again}.{level}", highlight=False)
        if class_file is not None:
            of = f", {len(class_file.people.list)} students" if class_file.people else ""
            terminal.print(f"Class: {class_file.path}{of}", soft_wrap=True, highlight=False, markup=False)
            for chapter in sorted({r.chapter for r in results}):
                absent = [shown(r.student) for r in results if r.chapter == chapter and r.status == "missing"]
                if absent:
                    terminal.print(
                        f"Handed in nothing for {chapter}: {few(absent)}", soft_wrap=True, highlight=False
                    )
        terminal.print(f"Report: {index}", soft_wrap=True, highlight=False)
    for remark in summary.remarks[:REMARKS]:
        click.echo(remark, err=True)
    if len(summary.remarks) > REMARKS:
        click.echo(f"... and {len(summary.remarks) - REMARKS} more; all of them with --json.", err=True)
    if summary.unassigned:
        more = f" and {len(summary.unassigned) - 5} more" if len(summary.unassigned) > 5 else ""
        click.echo(
            f"Graded for nobody: {', '.join(summary.unassigned[:5])}{more}. A file in a class is named STUDENT_MODULE.py.",
            err=True,
        )
    for student, chapter, _ in summary.failures:
        log = out / "log"
        click.echo(
            f"The grader failed on {student}, {chapter}, not the submission. No grade was written. Details: {log}",
            err=True,
        )
    if summary.isolation is not None and summary.isolation.level == "process":
        err.print("[bold red]isolation: process - hidden tests NOT protected[/]")
    sys.stdout.flush()
    return summary.exit_code


def course_title(root: Path) -> str:
    """The first heading of exercises/README.md, else the folder's name."""
    readme = root / "exercises" / "README.md"
    if readme.is_file():
        for line in readme.read_text(encoding="utf-8").splitlines():
            if line.startswith("# "):
                return line[2:].strip()
    return root.name
