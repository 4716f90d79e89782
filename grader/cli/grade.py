"""`kata grade`: grade submissions with the hidden suites."""

from __future__ import annotations

import bisect
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli.common import ROWS, console, course_option, few, shown, table_of_scores
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.cluster import Cluster
    from grader.results import Result

REMARKS = 10  # on the roster, in the terminal
CHANGES = 20  # marks that grading again changed, in the terminal


@click.command(
    epilog="""\b
Examples:
  kata grade submissions/ --out grades/
  kata grade submissions/ --out grades/ --chapter ch04 --jobs 4
  kata grade moodle-download.zip --out grades/ --chapter ch04
  kata grade student01_losses.py --out grades/
  kata grade work.zip --student student01 --out grades/
  kata grade submissions/ --out grades/ --class class.toml
  kata grade submissions/ --out grades/ --only student03 --chapter ch04 --force
  kata grade submissions/ --out grades/ --test timeout

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
    "--cluster",
    metavar="ADDRESS",
    help="Grade on the workers of this Dask scheduler: tls://HOST:PORT, on this machine also tcp://127.0.0.1:PORT.",
)
@click.option(
    "--cluster-ca",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TLS: who signs the cluster's certificates.",
)
@click.option(
    "--cluster-cert",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TLS: the certificate to show there.",
)
@click.option("--cluster-key", type=click.Path(path_type=Path), metavar="FILE", help="TLS: its private key.")
@click.option(
    "--prerequisites",
    type=click.Choice(["auto", "reference", "own"]),
    default="auto",
    show_default=True,
    help="Which earlier chapters a chapter runs on. auto: the reference; the student's own if that cannot run.",
)
@click.option("--force", is_flag=True, help="Grade again what is already graded.")
@click.option(
    "--only",
    "students",
    multiple=True,
    metavar="STUDENT",
    help="Only this student's submissions, whatever else is in PATH; repeatable.",
)
@click.option(
    "--test",
    "tests",
    multiple=True,
    metavar="TEST",
    help="Grade again those who did not pass this test (test_softmax), or have this verdict (timeout); repeatable.",
)
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
    cluster: str | None,
    cluster_ca: Path | None,
    cluster_cert: Path | None,
    cluster_key: Path | None,
    prerequisites: str,
    force: bool,
    students: tuple[str, ...],
    tests: tuple[str, ...],
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
    from grader.regrade import Selection, select

    where = cluster_of(cluster, cluster_ca, cluster_cert, cluster_key)
    course = find_course(course_path, start=None)
    chapters = [course.chapter(n) for n in names] or None
    class_path = class_path or find_class_file(paths, course)
    class_file = read_class(class_path, [c.name for c in course.chapters]) if class_path else None
    err = console(stderr=True)
    selection, changed = None, []
    if tests or (force and (out / "grades.db").is_file()):
        from grader.store import Store

        with Store(out, read_only=True) as store:
            selection = select(store.results(), students, tests)
    elif students:
        selection = Selection(students)

    def compare(result: Result, done: int, total: int) -> None:
        pair = (result.student, result.chapter)
        before = selection.before.get(pair) if selection else None
        if before is not None and result.final is not None and result.final != before:
            marks = f"{before:g} before, now {result.final:g} of {result.max_score:g}"
            changed.append(f"{result.student}, {result.chapter}: {marks}")
        bar.result(result, done, total)

    def planned(to_grade: int, already: int) -> None:
        """Get ready what writes the report, while the grading processes still get ready themselves."""
        from grader.report import warm_up

        warm_up()
        bar.plan(to_grade, already)

    with progress("grading", err, show=not (as_json or quiet)) as bar:
        summary = grade_class(
            paths,
            out,
            course=course,
            chapters=chapters,
            jobs=jobs,
            cluster=where,
            prerequisites=prerequisites,
            force=force or bool(tests),
            allow_isolation=allow_isolation,
            class_file=class_file,
            student=student,
            selection=selection,
            on_plan=planned,
            on_result=compare,
        )
    from grader.cli.report import write_class_report
    from grader.store import Store

    seen = Seen(rows=as_json)
    with Store(out, read_only=True) as store:
        index = write_class_report(store, course, out, class_file=class_file, on_result=seen.add)
    if as_json:
        told = {
            "graded": summary.graded,
            "reused": summary.reused,
            "failures": [{"student": s, "chapter": c} for s, c, _ in summary.failures],
            "isolation": summary.isolation.to_dict() if summary.isolation else None,
            "class": str(class_path) if class_path else None,
            "remarks": summary.remarks,
            "report": str(index),
            "changed": changed,
            "results": seen.rows,
        }
        click.echo(json.dumps(told, allow_nan=False, indent=1))
    elif not quiet:
        terminal = console()
        table_of_scores(terminal, [r for own in seen.first.values() for r in own])
        if seen.students > ROWS:
            terminal.print(f"... and {seen.students - ROWS} more students, see the report.")
        again = f", {summary.reused} already graded" if summary.reused else ""
        level = f" Isolation: {summary.isolation.level}." if summary.isolation else ""
        nothing = f", {summary.missing} handed in nothing" if summary.missing else ""
        terminal.print(f"{summary.graded - summary.missing} graded{again}{nothing}.{level}", highlight=False)
        if class_file is not None:
            of = f", {len(class_file.people.list)} students" if class_file.people else ""
            terminal.print(f"Class: {class_file.path}{of}", soft_wrap=True, highlight=False, markup=False)
            for chapter, absent in seen.missing.items():
                terminal.print(
                    f"Handed in nothing for {chapter}: {few(absent)}", soft_wrap=True, highlight=False
                )
        for line in changed[:CHANGES]:
            terminal.print(shown(line), soft_wrap=True, highlight=False)
        if len(changed) > CHANGES:
            terminal.print(f"... and {len(changed) - CHANGES} more marks changed; all of them with --json.")
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


class Seen:
    """What the terminal and --json show of the results; of a large class never all at once.

    rows : one for each result, for --json; None if nobody wants them.
    first : the results of the first students by name, as many as the table has rows.
    missing : chapter -> who handed in nothing.
    """

    def __init__(self, rows: bool):
        self.rows: list[dict[str, Any]] | None = [] if rows else None
        self.first: dict[str, list[Result]] = {}
        self.missing: dict[str, list[str]] = {}
        self._names: list[str] = []  # of `first`, sorted
        self._all: set[str] = set()

    @property
    def students(self) -> int:
        return len(self._all)

    def add(self, result: Result) -> None:
        """Take note of one result."""
        student = result.student
        self._all.add(student)
        if result.status == "missing":
            self.missing.setdefault(result.chapter, []).append(shown(student))
        if self.rows is not None:
            names = ("student", "chapter", "status", "score", "max_score", "bonus")
            self.rows.append({name: getattr(result, name) for name in names})
        if student not in self.first:
            if len(self._names) >= ROWS:
                if student > self._names[-1]:
                    return
                del self.first[self._names.pop()]
            bisect.insort(self._names, student)
            self.first[student] = []
        self.first[student].append(result)


def cluster_of(address: str | None, ca: Path | None, cert: Path | None, key: Path | None) -> Cluster | None:
    """The cluster that the options name."""
    if address is None:
        if ca or cert or key:
            raise UsageError("--cluster-ca, --cluster-cert and --cluster-key belong to --cluster ADDRESS.")
        return None
    from grader.cluster import Cluster

    return Cluster(address, ca, cert, key)


def course_title(root: Path) -> str:
    """The first heading of exercises/README.md, else the folder's name."""
    readme = root / "exercises" / "README.md"
    if readme.is_file():
        for line in readme.read_text(encoding="utf-8").splitlines():
            if line.startswith("# "):
                return line[2:].strip()
    return root.name
