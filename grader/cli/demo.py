"""`kata demo`: the sample class, graded here and now."""

from __future__ import annotations

import time
from pathlib import Path

import click

from grader.cli.common import console, course_option, progress, table_of_scores

HOSTILE = "hostile.txt"  # names of the samples that need a sealed sandbox, one per line


@click.command(
    epilog="""\b
Examples:
  kata demo
  kata demo --out /tmp/demo --jobs 2"""
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("nnkata-demo"),
    show_default=True,
    metavar="DIR",
    help="Where results and report go.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 256), metavar="N", help="Grading processes. Default: one per core."
)
@course_option
def demo(out: Path, jobs: int | None, course_path: Path | None) -> int:
    """Grade the sample class and show the report.

    A dozen invented students: perfect, half done, typical mistakes, a syntax error, an endless loop, a memory
    hog, cheats. Where this machine cannot seal student code off, the hostile ones are left out.
    """
    from grader.classroom import grade_class
    from grader.cli.report import write_class_report
    from grader.course import find_course
    from grader.errors import UsageError
    from grader.sandbox.isolation import start_server
    from grader.store import Store

    course = find_course(course_path)
    folder = course.root / "tests" / "class"
    students = sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []
    if not students:
        raise UsageError(f"There is no sample class in {folder}. Run this in a clone of nnkata.")
    terminal, err = console(), console(stderr=True)
    server, isolation = start_server(allowed="process")
    server.close()
    if isolation.level == "process":
        hostile = set((folder / HOSTILE).read_text(encoding="utf-8").split())
        students = [s for s in students if s.name not in hostile]
        err.print(
            f"[yellow]Not sealed here: the hostile samples are left out ({', '.join(sorted(hostile))}).[/]"
        )
    started = time.monotonic()
    with progress("grading", err, show=True) as bar:
        summary = grade_class(
            students,
            out,
            course=course,
            jobs=jobs,
            force=True,
            allow_isolation="process" if isolation.level == "process" else "sealed",
            on_plan=bar.plan,
            on_result=bar.result,
        )
    seconds = time.monotonic() - started
    with Store(out, read_only=True) as store:
        index = write_class_report(store, course, out)
        table_of_scores(terminal, list(store.results()))
    terminal.print(
        f"{summary.graded - summary.missing} submissions of {len(students)} students graded in {seconds:.1f} s. "
        f"Isolation: {isolation.level}."
    )
    terminal.print(f"Report: {index.resolve()}", soft_wrap=True)
    return summary.exit_code
