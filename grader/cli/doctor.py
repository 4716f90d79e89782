"""`kata doctor`: what this machine can do."""

from __future__ import annotations

import json
from pathlib import Path

import click

from grader.cli.common import course_option
from grader.texts import known, say

COLOURS = {"ok": "green", "missing": "red", "note": "yellow"}


@click.command(
    epilog="""\b
Examples:
  kata doctor
  kata doctor --json

Exit codes: 0 everything needed works, 3 something needed is missing."""
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON, the self-test included.")
@course_option
def doctor(as_json: bool, course_path: Path | None) -> int:
    """Say what this machine can do and what is missing.

    In a student's workspace: the packages, and whether the versions are those with which the work is graded. Elsewhere also
    what grading needs. The isolation level is the result of a self-test in a locked worker, never of version numbers.
    """
    from grader.doctor import examine

    found = examine(course_path)
    missing = any(f["state"] == "missing" for f in found["findings"])
    if as_json:
        click.echo(json.dumps(found, indent=1, allow_nan=False))
        return 3 if missing else 0
    fields = {"version": found["nnkata"], "platform": found["platform"], "account": found["account"]}
    click.echo(say("doctor.head", **fields))
    for finding in found["findings"]:
        word = f"{say('doctor.state.' + finding['state']):<7}"
        click.echo(
            click.style(word, fg=COLOURS[finding["state"]])
            + f"  {_about(finding['name'])}: {finding['text']}"
        )
        if finding["next_step"]:
            click.echo(f"         {finding['next_step']}")
    return 3 if missing else 0


def _about(name: str) -> str:
    """The name of a finding in the person's language: "like the grader: numpy"; names of packages stay."""
    what, colon, rest = name.partition(":")
    about = what.replace(" ", "-").replace("(", "").replace(")", "")
    return (say(f"doctor.about.{about}") if f"about.{about}" in known("doctor") else what) + colon + rest
