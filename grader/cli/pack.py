"""`kata pack`: the instructor bundle."""

from __future__ import annotations

import click


@click.command()
@click.option("--out", metavar="FILE", help="Default: nnkata-course-HASH.zip in this folder.")
@click.option(
    "--course", metavar="DIR", help="Root of the course. Default: the nearest parent with tests/hidden."
)
def pack(out: str | None, course: str | None) -> None:
    """Write the instructor bundle: exercises, solutions and hidden suites in one file with a hash.

    Graders take it in place of a clone. It holds every answer: keep it away from students.

    \b
    Examples:
      kata pack
      kata pack --out course.zip
      kata grade submissions/ --course course.zip --out grades/
    """
    from pathlib import Path

    from grader.course import find_course
    from grader.pack import bundle_name
    from grader.pack import pack as write

    target = Path(out).expanduser() if out else Path.cwd()
    sha256 = write(find_course(course), target)
    if target.is_dir():
        target = target / bundle_name(sha256)
    click.echo(f"Wrote {target} ({target.stat().st_size / 2**20:.1f} MB).")
    click.echo(f"sha256 {sha256}")
    click.echo("It holds solutions and hidden suites: keep it away from students.")
