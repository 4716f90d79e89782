"""`kata export`: what other programs read. Each format is a command of its own, imported when it is called."""

from __future__ import annotations

import importlib

import click

# format -> (module, one line for the overview)
FORMATS = {
    "canvas": ("grader.cli.export_marks", "fill columns of the gradebook file that Canvas exported"),
    "moodle": ("grader.cli.export_marks", "fill or write Moodle's grading worksheet, or a gradebook import"),
    "csv": ("grader.cli.export_marks", "all marks as a table, long or wide"),
    "json": ("grader.cli.export_marks", "all marks as one JSON document"),
    "junit": ("grader.cli.export_marks", "all tests as JUnit XML, for CI"),
    "exercism": ("grader.cli.export_marks", "results.json of Exercism's test runner interface"),
    "gradescope": ("grader.cli.export_gradescope", "an autograder.zip that grades a chapter on Gradescope"),
}


class Formats(click.Group):
    """A group that imports a format's module only when that format is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(FORMATS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in FORMATS:
            return None
        module = importlib.import_module(FORMATS[name][0])
        # csv and json would hide modules of the standard library there
        command: click.Command = getattr(module, f"{name}_", None) or getattr(module, name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Formats"):
            formatter.write_dl([(name, text) for name, (_, text) in FORMATS.items()])


@click.group(
    cls=Formats,
    epilog="""\b
Examples:
  kata export canvas grades/ --into Grades-export.csv
  kata export moodle grades/ --chapter ch04 --into worksheet.csv
  kata export csv grades/ --layout wide --out marks.csv
  kata export gradescope ch04 --out autograder.zip""",
)
def export() -> None:
    """Write the marks of a graded class in the format of another program.

    Marks are those after the late policy and the excuses of class.toml; a mark by hand wins. `kata export FORMAT
    --help` explains each format.
    """
