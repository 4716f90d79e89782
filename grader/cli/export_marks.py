"""The formats of `kata export` that are made from a folder of grades."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli.common import few
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.export import Export
    from grader.marks_of_class import Marks

SHOWN = 10  # names or remarks of a kind
WITH_TESTS = ("json", "junit", "exercism")  # formats that show each test; a large class needs memory for that


@dataclass
class Wanted:
    """What every format is told."""

    folder: Path
    out: Path | None
    force: bool
    strict: bool
    marks: Marks

    def write(self, made: Export, default: str) -> None:
        """Put the file where it belongs and say what is in it and what is not."""
        if self.strict and (made.ours or made.theirs):
            tell(made, self.marks)
            raise UsageError("Nothing was written, since not everybody was matched (--strict).")
        if self.out is not None and str(self.out) == "-":
            sys.stdout.buffer.write(made.data)
            sys.stdout.flush()
        else:
            path = self.out or self.folder / "export" / default
            write_new(path, made.data, self.force)
            changed = f", {made.changed} of them changed" if made.changed else ""
            click.echo(f"Wrote {path}: {made.filled} marks{changed}.")
        tell(made, self.marks)


def tell(made: Export, marks: Marks) -> None:
    """What a person should know, on standard error."""
    for remark in [*marks.remarks, *made.remarks][: 2 * SHOWN]:
        click.echo(remark, err=True)
    if len(marks.remarks) + len(made.remarks) > 2 * SHOWN:
        click.echo(f"... and {len(marks.remarks) + len(made.remarks) - 2 * SHOWN} more such lines.", err=True)
    if made.ours:
        click.echo(f"No place in the file for {len(made.ours)}: {few(made.ours, SHOWN)}.", err=True)
    if made.theirs:
        click.echo(
            f"In the file but unknown here, left as they are, {len(made.theirs)}: {few(made.theirs, SHOWN)}.",
            err=True,
        )


def write_new(path: Path, data: bytes, force: bool) -> None:
    """Write a file whole or not at all, over another one only if that was asked for.

    Raises
    ------
    UsageError
    """
    from grader.files import write_atomically

    if path.is_dir():
        raise UsageError(f"{path} is a folder. Name a file with --out.")
    if path.exists() and not force:
        raise UsageError(f"{path} exists. Overwrite it with --force, or name another file with --out.")
    try:
        write_atomically(path, data, durable=True)
    except OSError as error:
        raise UsageError(f"Cannot write {path}: {error.strerror}. Name another file with --out.") from None


def wanted_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The argument DIR and the options that every format has; the command gets a `Wanted` first."""

    @click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
    @click.option(
        "--out",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Where to write; - is standard output. Default: a file in DIR/export.",
    )
    @click.option(
        "--chapter",
        "names",
        multiple=True,
        metavar="CHAPTER",
        help="Only this chapter (ch04, losses); repeatable. Default: all that are graded.",
    )
    @click.option(
        "--class",
        "class_path",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="The class file. Default: the one that kata grade used.",
    )
    @click.option("--no-class", is_flag=True, help="Use no class file: no roster, nothing is late.")
    @click.option(
        "--missing",
        type=click.Choice(["empty", "zero"]),
        help="What counts where nothing was handed in. Default: as in class.toml, else empty.",
    )
    @click.option(
        "--bonus",
        type=click.Choice(["add", "cap", "ignore"]),
        help="Bonus points: on top, up to the maximum, or not at all. Default: as in class.toml, else add.",
    )
    @click.option("--force", is_flag=True, help="Overwrite the file if it exists.")
    @functools.wraps(command)
    def wrapped(
        folder: Path,
        out: Path | None,
        names: tuple[str, ...],
        class_path: Path | None,
        no_class: bool,
        missing: str | None,
        bonus: str | None,
        force: bool,
        strict: bool = False,
        **options: Any,
    ) -> Any:
        tests = click.get_current_context().info_name in WITH_TESTS
        marks = load_marks(folder, names, None if no_class else class_path, no_class, missing, bonus, tests)
        return command(Wanted(folder, out, force, strict, marks), **options)

    return wrapped


strict_option: Callable[[Any], Any] = click.option(
    "--strict", is_flag=True, help="Write nothing unless everybody was matched."
)
scale_option: Callable[[Any], Any] = click.option(
    "--scale/--no-scale",
    default=None,
    help="If the platform's points differ from the chapter's: convert, or keep ours. Needed only then.",
)


def load_marks(
    folder: Path,
    names: Sequence[str],
    class_path: Path | None,
    no_class: bool,
    missing: str | None,
    bonus: str | None,
    tests: bool = True,
) -> Marks:
    """The marks in a folder of grades, as the class file has it.

    tests : whether the tests of each result are kept with its mark.

    Raises
    ------
    UsageError
    """
    from grader.class_file import read_class
    from grader.class_file.record import read_record
    from grader.marks_of_class import marks_of_class, without_tests
    from grader.store import Store

    with Store(folder, read_only=True) as store:
        record = read_record(folder)
        path = class_path or (None if no_class else record.class_file)
        if path is not None and class_path is None and not path.is_file():
            raise UsageError(
                f"The class file of the last run, {path}, is gone. Name it with --class FILE, or say --no-class."
            )
        results, failures = [r if tests else without_tests(r) for r in store.results()], store.failures()
    known = sorted({r.chapter for r in results} | {f.chapter for f in failures})
    if not known:
        raise UsageError(f"{folder} holds no results yet. Run kata grade first.")
    return marks_of_class(
        results,
        class_file=read_class(path) if path else None,
        record=record,
        failures=failures,
        chapters=[chapter_named(n, known) for n in names] or None,
        missing=missing,
        bonus=bonus,
    )


def chapter_named(name: str, known: Sequence[str]) -> str:
    """The full name of a graded chapter.

    Raises
    ------
    UsageError
    """
    from grader.class_file.reader import names_chapter

    found = [c for c in known if names_chapter(name, c)]
    if not found:
        raise UsageError(f"{name} is not graded here. Graded: {', '.join(known)}.")
    return found[0]


@click.command(
    epilog="""\b
Examples:
  kata export canvas grades/ --into Grades-export.csv --out upload.csv
  kata export canvas grades/ --into Grades-export.csv --chapter ch04 --column "Losses" --scale"""
)
@wanted_options
@click.option(
    "--into",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="The gradebook file that Canvas exported (Grades, Export).",
)
@click.option(
    "--column",
    metavar="TITLE",
    help="The column of the one --chapter. Default: the one that has the chapter's name.",
)
@scale_option
@strict_option
def canvas(wanted: Wanted, into: Path, column: str | None, scale: bool | None) -> int:
    """Fill columns of Canvas' gradebook file; every other cell, quote and line end stays as it is.

    A student is found by ID, SIS User ID or SIS Login ID, never by name. Students without a row and rows without a
    student are told. Cells that say EX stay; an excused student gets EX; without a mark a cell keeps what it holds.
    """
    from grader.export.canvas import fill

    marks = wanted.marks
    if column and len(marks.chapters) != 1:
        raise UsageError(
            f"--column names the column of one chapter. Choose it with --chapter: {', '.join(marks.chapters)}."
        )
    made = fill(marks, into, columns=columns_of(wanted, column), scale=scale)
    wanted.write(made, "canvas.csv")
    return 0


def columns_of(wanted: Wanted, column: str | None) -> dict[str, str]:
    """Chapter -> title: of the option, else of the class file."""
    marks = wanted.marks
    return {marks.chapters[0]: column} if column else {c: t for c, t in marks.canvas_columns.items() if t}


@click.command(
    epilog="""\b
Examples:
  kata export moodle grades/ --chapter ch04 --into worksheet.csv --out upload.csv
  kata export moodle grades/ --chapter ch04 --out upload.csv
  kata export moodle grades/ --layout gradebook --out import.csv"""
)
@wanted_options
@click.option(
    "--into",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="The grading worksheet that Moodle gave. Default: a new one, for submissions that came from Moodle.",
)
@click.option(
    "--layout",
    type=click.Choice(["worksheet", "gradebook"]),
    default="worksheet",
    show_default=True,
    help="worksheet: for one assignment. gradebook: for Grades, Import, all chapters.",
)
@click.option("--column", metavar="TITLE", help="Heading of the grades in the worksheet. Default: Grade.")
@click.option(
    "--feedback",
    is_flag=True,
    help="Write a sentence about each mark into Feedback comments of --into as well.",
)
@scale_option
@strict_option
def moodle(
    wanted: Wanted, into: Path | None, layout: str, column: str | None, feedback: bool, scale: bool | None
) -> int:
    """Fill Moodle's grading worksheet, or write one, or a file for its gradebook.

    A student is found by the number in Identifier, by ID number, username or email, never by name. Grades above the
    maximum, which Moodle passes over, are written as the maximum and told.
    """
    from grader.export import moodle as formats

    if into is not None and layout == "gradebook":
        raise UsageError("--into fills a worksheet. Leave it out, or leave --layout gradebook out.")
    if into is not None:
        made = formats.fill_worksheet(wanted.marks, into, column=column, scale=scale, feedback=feedback)
    elif layout == "gradebook":
        made = formats.gradebook(wanted.marks)
    else:
        made = formats.new_worksheet(wanted.marks)
    wanted.write(made, f"moodle-{layout}.csv")
    return 0


@click.command(
    name="csv",
    epilog="""\b
Examples:
  kata export csv grades/
  kata export csv grades/ --layout wide --missing zero --out marks.csv""",
)
@wanted_options
@click.option(
    "--layout",
    type=click.Choice(["long", "wide"]),
    default="long",
    show_default=True,
    help="long: a line for each student and chapter. wide: a line for each student, with total and weighted percent.",
)
def csv_(wanted: Wanted, layout: str) -> int:
    """Write all marks as CSV, safe to open in a spreadsheet."""
    from grader.export.tables import long_table, wide_table

    wanted.write(
        wide_table(wanted.marks) if layout == "wide" else long_table(wanted.marks), f"marks-{layout}.csv"
    )
    return 0


@click.command(
    name="json",
    epilog="""\b
Examples:
  kata export json grades/ --out marks.json
  kata export json grades/ --chapter ch04 --out -""",
)
@wanted_options
def json_(wanted: Wanted) -> int:
    """Write all marks as one strict JSON document (schema: grader/export/marks.schema.json)."""
    from grader.export.document import document

    wanted.write(document(wanted.marks), "marks.json")
    return 0


@click.command(
    epilog="""\b
Examples:
  kata export junit grades/ --out report.xml
  kata export junit grades/ --chapter ch04 --missing zero --out report.xml"""
)
@wanted_options
def junit(wanted: Wanted) -> int:
    """Write all tests as JUnit XML: a suite for each student and chapter. It holds only what students may read."""
    from grader.export.junit import junit as make

    wanted.write(make(wanted.marks), "junit.xml")
    return 0


@click.command(
    epilog="""\b
Examples:
  kata export exercism grades/ --out results/
  kata export exercism grades/ --chapter ch04 --out results/"""
)
@wanted_options
def exercism(wanted: Wanted) -> int:
    """Write FOLDER/STUDENT/CHAPTER/results.json, version 3 of Exercism's test runner interface."""
    from grader.export.exercism import exercism as make
    from grader.names import FolderNames, folder_name

    out = wanted.out or wanted.folder / "export" / "exercism"
    if str(out) == "-":
        raise UsageError("This format is many files. Name a folder with --out.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())) and not wanted.force:
        raise UsageError(
            f"{out} exists and is not empty. Overwrite with --force, or name another folder with --out."
        )
    names, files = FolderNames(), make(wanted.marks)
    for (student, chapter), data in files.items():
        write_new(out / names.of(student) / folder_name(chapter) / "results.json", data, force=True)
    click.echo(f"Wrote {len(files)} files below {out}.")
    for remark in wanted.marks.remarks[: 2 * SHOWN]:
        click.echo(remark, err=True)
    return 0
