"""What `run_autograder` calls in Gradescope's container; no command of `kata`.

python -I -m grader.cli.on_gradescope ROOT
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import click

from grader.errors import KitError


def main(arguments: list[str]) -> int:
    """Grade (ROOT), check the image (--check ROOT), or be the inner process (--grade ROOT OUT SECONDS)."""
    try:
        match arguments:
            case ["--check", root]:
                from grader.gradescope.inner import check

                click.echo(f"The reference passes here. Isolation: {check(Path(root))}")
                return 0
            case ["--grade", root, out, seconds]:
                from grader.gradescope.inner import grade

                grade(Path(root), Path(out), float(seconds))
                return 0
            case [root]:
                from grader.gradescope.platform import run

                return run(Path(root), click.echo)
    except KitError as error:
        click.echo(f"error: {error}", err=True)
        return error.exit_code
    except Exception:
        # results.json already says that there is no grade; this is for the instructor.
        click.echo(traceback.format_exc(), err=True)
        return 3
    click.echo("error: expected the root of the autograder, such as /autograder", err=True)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
