"""The command `kata`. Each command lives in a module of its own name and is imported when it is called."""

from __future__ import annotations

import atexit
import gc
import importlib
import importlib.util
import io
import os
import sys

# Before anything that an older Python cannot read, or that may not be installed.
if sys.version_info < (3, 11):  # noqa: UP036
    raise SystemExit(
        f"nnkata needs Python 3.11 or newer; {sys.executable} is {sys.version_info[0]}.{sys.version_info[1]}. "
        "Install a newer Python, then with it: python3 -m venv .venv, and pip install nnkata in there."
    )
try:
    import click
except ModuleNotFoundError:
    raise SystemExit(
        f"click is not installed in this Python. Run: {sys.executable} -m pip install nnkata"
    ) from None

from grader.errors import KitError, UsageError
from grader.texts import say

# command -> (whom it serves, one line for the overview). Importing only what is called keeps `kata test` fast.
COMMANDS = {
    "start": ("student", "copy the exercises into a folder of your own"),
    "test": ("student", "run the visible tests and explain what is wrong"),
    "watch": ("student", "run a chapter whenever you save it"),
    "next": ("student", "say what to do next, and show what the function has to do"),
    "hint": ("student", "reveal one more hint for a function"),
    "status": ("student", "show how far you are"),
    "plot": ("student", "draw a chapter's figures from your own functions"),
    "reset": ("student", "put one function or chapter back to its stub; your text is kept"),
    "notebook": ("student", "carry a chapter from its .py file into its notebook, or back"),
    "submit": ("student", "bundle your work into one zip file to hand in, checked before it leaves"),
    "update": ("student", "bring corrected chapters into a workspace without touching your code"),
    "grade": ("teacher", "grade submissions with the hidden suites, in the sandbox"),
    "report": ("teacher", "write the class report: who is where, which tests and mistakes"),
    "override": ("teacher", "give a mark by hand, with its reason, or take it back"),
    "similar": ("teacher", "find submissions that look alike, as a hint for a person"),
    "export": ("teacher", "write the marks for Canvas, Moodle, CI or a spreadsheet"),
    "nbgrader": ("teacher", "keep nbgrader, with our grader behind its autograde"),
    "github": ("teacher", "workflows for GitHub, points for GitHub Classroom and Classroom 50"),
    "demo": ("teacher", "grade the sample class and show the report"),
    "release": ("teacher", "write the student kit as a folder or a zip"),
    "pack": ("teacher", "write the instructor bundle, one file with a hash"),
    "doctor": ("teacher", "say what this machine can do and what is missing"),
    "build": ("author", "generate every stub from its solution"),
    "audit": ("author", "prove that the hidden suites catch what they should"),
    "new": ("author", "scaffold a new chapter"),
}
# package -> the extra that brings it
EXTRAS = {
    "msgpack": "grading",
    "sqlalchemy": "grading",
    "jinja2": "grading",
    "matplotlib": "plots",
    "distributed": "cluster",
}
# These start processes, which could only say that they failed.
RUN_CODE = ("test", "watch", "plot", "submit")
SECTIONS = {"student": "For students", "teacher": "For instructors", "author": "For authors"}


def _require(*packages: str) -> None:
    for package in packages:
        try:
            found = importlib.util.find_spec(package) is not None
        except ValueError:
            found = package in sys.modules and sys.modules[package] is not None
        if not found:
            raise UsageError(say("common.not-installed", package=package, python=sys.executable))


class Kata(click.Group):
    """A group that imports a command's module only when that command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        if name in RUN_CODE:
            _require("numpy", "pytest")
        module = importlib.import_module(f"grader.cli.{name}")
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for module, title in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(n, text) for n, (m, text) in COMMANDS.items() if m == module])


@click.group(cls=Kata, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nnkata", prog_name="kata")
def kata() -> None:
    """Neural networks from scratch, one tested function at a time.

    \b
    A student:      kata start my-work && cd my-work && kata test
    An instructor:  kata grade submissions/ --out grades/

    \b
    Every command explains itself: kata COMMAND --help
    Tab completion: eval "$(_KATA_COMPLETE=bash_source kata)", likewise zsh_source, fish_source.
    """


def main() -> None:
    """Entry point. One clear line for anything a person can repair, and strict exit codes.

    0 fine, 1 some tests failed, 2 wrong usage, 3 our fault or refused, 130 interrupted.
    """
    # Else the interpreter looks through everything for cycles once more before it ends, for 45 ms.
    atexit.register(gc.freeze)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no ² must not end a command
    try:
        plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        code = kata.main(standalone_mode=False, color=False if plain else None)
    except click.exceptions.Abort:
        click.echo(say("common.interrupted"), err=True)
        sys.exit(130)
    except KeyboardInterrupt:
        click.echo(say("common.interrupted"), err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except ModuleNotFoundError as error:
        name = str(error.name).partition(".")[0]
        if name in ("numpy", "pytest", "rich", "watchfiles"):
            text = say("common.not-installed", package=name, python=sys.executable)
            click.echo(say("common.error") + text, err=True)
            sys.exit(2)
        extra = EXTRAS.get(name)
        if extra is None:
            raise
        click.echo(
            click.style(say("common.error"), fg="red", bold=True)
            + say("common.needs-package", package=error.name, extra=extra),
            err=True,
        )
        sys.exit(2)
    except KitError as error:
        click.echo(click.style(say("common.error"), fg="red", bold=True) + str(error), err=True)
        sys.exit(error.exit_code)
    sys.exit(code if isinstance(code, int) else 0)
