"""`kata report`: the class report of a folder of grades, written anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli.common import course_option
from grader.errors import KitError, UsageError

if TYPE_CHECKING:
    from grader.course import Course
    from grader.store import Store


@click.command(
    epilog="""\b
Examples:
  kata report grades/
  kata report grades/ --open
  kata report grades/ --compare grades-last-week/
  kata report grades/ --out web/ --class class.toml

`kata grade` writes the same report at its end. It works offline, from a file; it holds the marks of the class, so keep
it as you keep those."""
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option(
    "--compare",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="OLDER",
    help="The folder of an earlier run: shows who rose, who fell, and which tests.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where report/ and feedback/ are written. Default: the folder of grades itself.",
)
@click.option(
    "--class",
    "class_path",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The class file. Default: the one that kata grade used.",
)
@click.option("--no-class", is_flag=True, help="Use no class file: no roster, nothing is late.")
@click.option("--open", "open_it", is_flag=True, help="Open the report in the browser.")
@course_option
def report(
    folder: Path,
    compare: Path | None,
    out: Path | None,
    class_path: Path | None,
    no_class: bool,
    open_it: bool,
    course_path: Path | None,
) -> int:
    """Write the class report of DIR, the output folder of kata grade, to DIR/report/index.html.

    A page for staff: the class table, a heat map of exercises and students, how each exercise and test went, which
    mistakes were made and by whom, marks by hand, what is late or missing, and the pairs that `kata similar` found.
    """
    import contextlib

    from grader.class_file import read_class
    from grader.store import Store

    if class_path is not None and no_class:
        raise UsageError("--class and --no-class do not go together.")
    target = out or folder
    course = _course(course_path)
    class_file = read_class(class_path) if class_path else (False if no_class else None)
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(Store(folder, read_only=True))
        older = None
        if compare is not None:
            if compare.resolve() == folder.resolve():
                raise UsageError(
                    f"--compare {compare} is the same folder. Name the folder of an earlier run."
                )
            older = stack.enter_context(Store(compare, read_only=True))
        try:
            index = write_class_report(store, course, target, class_file=class_file, older=older)
        except OSError as error:
            raise UsageError(
                f"Cannot write to {target}: {error.strerror}. Name another folder with --out."
            ) from None
    click.echo(f"Report: {index}")
    if course is None:
        click.echo(
            "No course at hand: feedback pages stay as they were, new ones have no hints. Name it with --course.",
            err=True,
        )
    if open_it:
        import webbrowser

        if not webbrowser.open(index.resolve().as_uri()):
            click.echo(f"No browser could be started here. Open {index.resolve()} yourself.", err=True)
    return 0


def _course(given: Path | None) -> Course | None:
    from grader.course import find_course

    try:
        return find_course(given)
    except KitError:
        if given is not None:
            raise
        return None


def write_class_report(store: Store, course: Course | None, out: Path, **options: Any) -> Path:
    """The report as every command writes it: title, hints and the order of the exercises come from the course.

    options : as for `grader.report.write_report`.
    """
    from grader.cli.grade import course_title
    from grader.hints import first_hints
    from grader.report import write_report

    if course is None:
        return write_report(store, store.folder.resolve().name, out, keep_feedback=True, **options)

    def order(chapter: str) -> tuple[str, ...]:
        try:
            return course.chapter(chapter).exercises
        except (KitError, OSError):  # graded with another course, or its solution is gone
            return ()

    hints = first_hints(course.exercises)
    return write_report(store, course_title(course.root), out, hints=hints, order=order, **options)
