"""Gradescope's container for tests: its folders under a root of our own, and the JSON Schema of results.json."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
from click.testing import CliRunner

from grader.cli import kata

FORMATS = ["text", "html", "simple_format", "md", "ansi"]
VISIBILITIES = ["hidden", "after_due_date", "after_published", "visible"]
NUMBER = {"type": "number"}
TEXT = {"type": "string"}
# Of Gradescope's description of the format. It wants a score, at the top or in the tests; without one it records none.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "score": NUMBER,
        "execution_time": {"type": "number", "minimum": 0},
        "output": TEXT,
        "output_format": {"enum": FORMATS},
        "test_output_format": {"enum": FORMATS},
        "test_name_format": {"enum": FORMATS},
        "visibility": {"enum": VISIBILITIES},
        "stdout_visibility": {"enum": VISIBILITIES},
        "extra_data": {"type": "object"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "score": NUMBER,
                    "max_score": NUMBER,
                    "status": {"enum": ["passed", "failed"]},
                    "name": TEXT,
                    "name_format": {"enum": FORMATS},
                    "number": TEXT,
                    "output": TEXT,
                    "output_format": {"enum": FORMATS},
                    "tags": {"type": "array", "items": TEXT},
                    "visibility": {"enum": VISIBILITIES},
                    "extra_data": {"type": "object"},
                },
            },
        },
        "leaderboard": {"type": "array"},
    },
}
GRADED = {
    **SCHEMA,
    "anyOf": [
        {"required": ["score"]},
        {"properties": {"tests": {"minItems": 1, "items": {"required": ["score"]}}}, "required": ["tests"]},
    ],
}
NO_SCORE = {
    **SCHEMA,
    "required": ["output"],
    "properties": {**SCHEMA["properties"], "score": False, "tests": {"maxItems": 0}},
}


def metadata(**changes: Any) -> dict[str, Any]:
    """submission_metadata.json as Gradescope describes it."""
    return {
        "id": 123456,
        "created_at": "2026-11-20T14:22:32.365935-08:00",
        "assignment": {
            "due_date": "2026-11-20T23:00:00.000000-08:00",
            "group_size": None,
            "group_submission": False,
            "id": 25828,
            "course_id": 1234,
            "late_due_date": None,
            "release_date": "2026-11-01T00:00:00.000000-07:00",
            "title": "Losses",
            "total_points": "5.0",
        },
        "submission_method": "upload",
        "users": [{"email": "student01@example.org", "id": 1, "name": "student01"}],
        "previous_submissions": [],
    } | changes


def export(course: Path, chapter: str, out: Path, *options: object) -> Path:
    arguments = ["export", "gradescope", chapter, "--course", course, "--out", out, *options]
    done = CliRunner().invoke(kata, [*map(str, arguments)])
    assert done.exit_code == 0, (done.output, done.exception)
    return out


class Place:
    """`/autograder`, elsewhere. Instead of pip, a new virtual environment is shown the packages that are here."""

    def __init__(self, root: Path, archive: Path, *, install: bool = True):
        self.root = root
        self.source = root / "source"
        for name in ("source", "submission", "results"):
            (root / name).mkdir(parents=True)
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(self.source)
            for info in opened.infolist():  # as unzip does
                (self.source / info.filename).chmod(stat.S_IMODE(info.external_attr >> 16))
        self.program = root / "run_autograder"
        self.program.write_bytes((self.source / "run_autograder").read_bytes())
        self.program.chmod(0o755)
        self.tell(metadata())
        if install:
            self.install()

    def install(self) -> None:
        venv = self.root / "nnkata" / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
        paths = sysconfig.get_paths()
        lines = [str(self.source / "package"), paths["purelib"], paths["platlib"]]
        (next(venv.glob("lib/python*/site-packages")) / "nnkata.pth").write_text("\n".join(lines) + "\n")

    def tell(self, about: Mapping[str, Any]) -> None:
        (self.root / "submission_metadata.json").write_text(json.dumps(about))

    def hand_in(self, files: Mapping[str, str | bytes]) -> None:
        """Replace what was handed in."""
        folder = self.root / "submission"
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)

    def run(self, code: int = 0) -> dict[str, Any]:
        """Run `run_autograder` as Gradescope does; the results, proved to be valid."""
        environment = {"PATH": os.environ["PATH"], "NNKATA_AUTOGRADER": str(self.root)}
        done = subprocess.run(
            [str(self.program)], cwd=self.root, env=environment, capture_output=True, text=True, timeout=110
        )
        self.said = done.stdout + done.stderr
        assert done.returncode == code, self.said
        return self.results(graded=code == 0)

    def results(self, *, graded: bool) -> dict[str, Any]:
        def refuse(word: str) -> None:
            raise AssertionError(f"{word} is no JSON")

        text = (self.root / "results" / "results.json").read_bytes()
        found = json.loads(text.decode("ascii"), parse_constant=refuse)
        jsonschema.validate(found, GRADED if graded else NO_SCORE)
        assert isinstance(found, dict)
        return found

    def grade(self, files: Mapping[str, str | bytes]) -> dict[str, Any]:
        self.hand_in(files)
        return self.run()
