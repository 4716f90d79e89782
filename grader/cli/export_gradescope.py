"""`kata export gradescope`: an autograder.zip for one chapter."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.common import course_option, few
from grader.gradescope.settings import MINUTES, MOST_MINUTES, VISIBILITIES


@click.command(
    epilog="""\b
Examples:
  kata export gradescope ch04 --out autograder.zip
  kata export gradescope ch04 --out autograder.zip --tests after_due_date
  kata export gradescope ch04 --out autograder.zip --class class.toml
  kata export gradescope ch04 --out autograder.zip --wheels wheels/"""
)
@click.argument("name", metavar="CHAPTER")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="autograder.zip",
    show_default=True,
    metavar="FILE",
    help="Where to write.",
)
@click.option(
    "--tests",
    type=click.Choice(VISIBILITIES),
    default="visible",
    show_default=True,
    help="When students see the tests. Unless visible, they do not see the total either.",
)
@click.option(
    "--score",
    type=click.Choice(VISIBILITIES),
    default="visible",
    show_default=True,
    help="When students see anything of the result.",
)
@click.option(
    "--class",
    "class_path",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Take due date, extensions, late policy and bonus rule from this class.toml. Default: no penalty; Gradescope marks late work.",
)
@click.option(
    "--bonus",
    type=click.Choice(["add", "cap", "ignore"]),
    help="Bonus points: on top, up to the maximum, or not at all. Default: as in class.toml, else add.",
)
@click.option(
    "--minutes",
    type=click.IntRange(MINUTES, MOST_MINUTES),
    default=MINUTES,
    show_default=True,
    help="The time limit that the assignment has on Gradescope.",
)
@click.option(
    "--wheels",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Install from the wheels in this folder; pip needs no network then.",
)
@click.option(
    "--prerequisites",
    type=click.Choice(["auto", "reference", "own"]),
    default="auto",
    show_default=True,
    help="Which earlier chapters a chapter runs on, as in kata grade.",
)
@click.option(
    "--allow-isolation",
    type=click.Choice(["sealed", "process"]),
    default="sealed",
    show_default=True,
    help="The weakest sandbox to accept there. process: hidden tests are not protected.",
)
@click.option("--force", is_flag=True, help="Overwrite the file if it exists.")
@course_option
def gradescope(
    name: str,
    out: Path,
    tests: str,
    score: str,
    class_path: Path | None,
    bonus: str | None,
    minutes: int,
    wheels: Path | None,
    prerequisites: str,
    allow_isolation: str,
    force: bool,
    course_path: Path | None,
) -> int:
    """Write autograder.zip for a programming assignment on Gradescope: the hidden suite of CHAPTER, the solutions that
    it needs, this version of nnkata, and pinned requirements. Scores are those of kata grade.

    It holds answers: upload it as the autograder, give it to nobody.
    """
    from grader.class_file import read_class
    from grader.cli.export_marks import write_new
    from grader.course import find_course
    from grader.gradescope.late import rules_of
    from grader.gradescope.package import autograder
    from grader.gradescope.settings import Settings

    course = find_course(course_path)
    chapter = course.chapter(name)
    late, unknown = None, list[str]()
    if class_path is not None:
        class_file = read_class(class_path, [c.name for c in course.chapters])
        late, unknown = rules_of(class_file, chapter.name)
        bonus = bonus or class_file.bonus
    settings = Settings(
        chapter.name, (), tests, score, minutes, prerequisites, allow_isolation, bonus or "add", late
    )
    data = autograder(course, settings, wheels)
    write_new(out, data, force)
    click.echo(
        f"Wrote {out} ({len(data) / 2**20:.1f} MB) for {chapter.name}. It holds answers: give it to nobody."
    )
    if unknown:
        click.echo(
            f"Extensions of {few(unknown)} work only if Gradescope knows them under that id: the roster has no email.",
            err=True,
        )
    if allow_isolation == "process":
        click.echo(
            "Where the container cannot seal student code off, hidden tests are NOT protected.", err=True
        )
    return 0
