"""`kata similar`: submissions that look alike."""

from __future__ import annotations

import json
from pathlib import Path

import click

from grader.cli.common import console, course_option, few, shown

ROWS = 20  # pairs in the terminal; similar.json has more


@click.command(
    epilog="""\b
Examples:
  kata similar grades/
  kata similar submissions/ --chapter ch04
  kata similar submissions/ --out grades/ --share 0.8

Exit code 0, whatever is found. Needs the extra: pip install 'nnkata[instructor]'."""
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR|PATH...")
@click.option(
    "--chapter",
    "names",
    multiple=True,
    metavar="CHAPTER",
    help="Only this chapter (ch04, losses); repeatable. Default: all that were handed in.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write DIR/similar.json. Default: DIR, if that is what is compared.",
)
@click.option(
    "--class",
    "class_path",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The class file. Default: as for kata grade.",
)
@click.option(
    "--share",
    type=click.FloatRange(0.1, 1.0),
    default=0.5,
    show_default=True,
    help="How much of one of both must be alike.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@course_option
def similar(
    paths: tuple[Path, ...],
    names: tuple[str, ...],
    out: Path | None,
    class_path: Path | None,
    share: float,
    as_json: bool,
    course_path: Path | None,
) -> int:
    """Find submissions that look alike: a hint for a person, never a verdict.

    DIR is a folder of grades: what was graded into it is compared, and DIR/similar.json is written for the report. Or
    name submissions as for kata grade. The stub is ignored, and what a quarter of the class has written. Marks do not
    change.
    """
    from dataclasses import asdict

    from grader.class_file import find_class_file, read_class
    from grader.class_file.record import read_record
    from grader.course import find_course
    from grader.errors import UsageError
    from grader.similar import NOTE, find_alike, write_alike

    course = find_course(course_path, start=None)
    chapters = [course.chapter(n) for n in names] or list(course.graded_chapters)
    if len(paths) == 1 and (paths[0] / "grades.db").is_file():
        folder = paths[0]
        out = out or folder
        record = read_record(folder)
        paths = tuple(p for p in record.submissions if p.exists())
        class_path = class_path or record.class_file
        if not paths:
            raise UsageError(
                f"The submissions that were graded into {folder} are gone. Name them: kata similar PATH --out {folder}"
            )
    class_path = class_path or find_class_file(paths, course)
    class_file = (
        read_class(class_path, [c.name for c in course.chapters])
        if class_path and class_path.is_file()
        else None
    )
    err = console(stderr=True)
    found = find_alike(
        paths,
        chapters,
        class_file,
        share=share,
        on_chapter=None if as_json else lambda name: err.print(f"comparing {name}", highlight=False),
    )
    written = write_alike(out, found) if out is not None else None
    if as_json:
        click.echo(
            json.dumps({"note": NOTE, "chapters": [asdict(a) for a in found]}, allow_nan=False, indent=1)
        )
        return 0
    for one in found:
        click.echo(f"{one.chapter}: {one.compared} compared, {one.found} pairs worth a look.")
        for pair in one.pairs[:ROWS]:
            click.echo(
                f"  {shown(pair.a)} and {shown(pair.b)}: {pair.share_a:.0%} and {pair.share_b:.0%} alike, "
                f"lines {_ranges(pair.lines_a)} and {_ranges(pair.lines_b)}, {pair.same_lines} lines letter by letter"
            )
        if one.found > ROWS:
            click.echo(f"  ... and {one.found - ROWS} more pairs.")
        if one.skipped:
            click.echo(f"  Not compared: {few([f'{shown(s)} ({r})' for s, r in one.skipped], 5)}.", err=True)
    if not found:
        click.echo("Fewer than two submissions for every chapter; nothing to compare.")
    else:
        click.echo(NOTE)
    if written is not None:
        click.echo(f"Written: {written}")
    return 0


def _ranges(ranges: list[list[int]]) -> str:
    return few([f"{a}-{b}" if a != b else str(a) for a, b in ranges], 4)
