"""A class that hands in notebooks of ch04_losses: right ones, wrong ones, and what editors and accidents make of them."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.course import Course

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = "ch04_losses"
ASSIGNMENT = CHAPTER
SCRIPT = '<img src=x onerror="window.pwned=1"><script>window.pwned=2</script>[go](javascript:window.pwned=3)'
Notebook = dict[str, Any]


def solutions(course: Course) -> dict[str, str]:
    """Exercise -> its source in the reference, without the markers."""
    chapter = course.chapter(CHAPTER)
    lines = [line for line in chapter.solution.splitlines() if "### " not in line]
    tree = ast.parse("\n".join(lines))
    return {
        node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in chapter.exercises
    }


def cell_of(notebook: Notebook, grade_id: str) -> dict[str, Any]:
    """The cell with this grade_id."""
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def solved(release: Notebook, right: dict[str, str], *names: str) -> Notebook:
    """A copy of the released notebook in which these exercises are written; none named: all."""
    notebook = copy.deepcopy(release)
    for name in names or right:
        cell_of(notebook, f"{name}-answer")["source"] = right[name]
    return notebook


def zoo(release: Notebook, right: dict[str, str]) -> dict[str, Notebook | str | None]:
    """Student -> notebook, or the text of a file that is none; None: a notebook that holds no JSON object."""
    names = list(right)
    first, second = names[0], names[1]
    found: dict[str, Notebook | str | None] = {}

    def all_right() -> Notebook:
        return solved(release, right)

    def put(student: str, change: Callable[[Notebook], None], notebook: Notebook | None = None) -> None:
        made = all_right() if notebook is None else notebook
        change(made)
        found[student] = made

    put("student01", lambda nb: None)
    put("student02", lambda nb: None, copy.deepcopy(release))  # nothing written
    put("student03", lambda nb: None, solved(release, right, *names[:4]))  # a part of it

    def copied(nb: Notebook) -> None:
        cell = cell_of(nb, f"{first}-answer")
        again = copy.deepcopy(cell)
        again["source"] = right[first]
        nb["cells"].insert(nb["cells"].index(cell) + 1, again)
        nb["cells"].append(copy.deepcopy(cell_of(nb, second)))  # a grade cell as well

    put("student04", copied)

    def lost(nb: Notebook) -> None:
        for grade_id in (f"{first}-answer", first, second):
            nb["cells"].remove(cell_of(nb, grade_id))

    put("student05", lost)

    def edited(nb: Notebook) -> None:
        cell_of(nb, f"{first}-answer")["metadata"]["nbgrader"]["schema_version"] = 4
        cell_of(nb, first)["metadata"]["nbgrader"] |= {"points": 1000, "locked": False}
        cell_of(nb, second)["metadata"]["nbgrader"] |= {"solution": True, "grade_id": "stranger"}
        cell_of(nb, names[2])["source"] = "1000.0"

    put("student06", edited)

    def broken(nb: Notebook) -> None:
        cell_of(nb, f"{first}-answer")["source"] = f"def {first}(:\n    return 1"

    put("student07", broken)

    def endless(nb: Notebook) -> None:
        head = right[first].split("\n")[0]
        cell_of(nb, f"{first}-answer")["source"] = f"{head}\n    while True:\n        pass"

    put("student08", endless)

    def ending(nb: Notebook) -> None:
        head = right[first].split("\n")[0]
        cell_of(nb, f"{first}-answer")["source"] = f"{head}\n    import os\n    os._exit(0)"
        nb["cells"].append({"cell_type": "code", "id": "end", "metadata": {}, "execution_count": 1, "outputs": [],
                            "source": "import os\nos._exit(0)"})  # fmt: skip

    put("student09", ending)

    def hostile(nb: Notebook) -> None:
        nb["metadata"] = {"title": SCRIPT, "kernelspec": {"name": SCRIPT, "display_name": SCRIPT, "language": SCRIPT},
                          "language_info": {"name": SCRIPT}, "widgets": {SCRIPT: SCRIPT}}  # fmt: skip
        cell_of(nb, f"{first}-answer")["source"] += f"\n    # {SCRIPT}\n"
        output = {"output_type": "display_data", "metadata": {}, "data": {"text/html": SCRIPT,
                  "application/javascript": "window.pwned=4"}}  # fmt: skip
        cell_of(nb, f"{first}-answer")["outputs"] = [output]
        head = right[second].split("\n")[0]
        cell_of(nb, f"{second}-answer")["source"] = f"{head}\n    raise ValueError({SCRIPT!r})"
        for kind in ("markdown", "raw"):
            nb["cells"].append({"cell_type": kind, "id": f"x-{kind}", "source": SCRIPT,
                                "metadata": {"raw_mimetype": "text/html", "tags": [SCRIPT]}})  # fmt: skip
        nb["cells"][-2]["attachments"] = {"a.svg": {"image/svg+xml": SCRIPT}}
        nb["cells"][-2]["source"] += "\n\n![a](attachment:a.svg)"

    put("student10", hostile)

    def one_cell(nb: Notebook) -> None:
        text = "import numpy as np\n\n\n" + "\n\n\n".join(
            "".join(c["source"]) for c in nb["cells"]
            if c["cell_type"] == "code" and c["metadata"].get("nnkata", {}).get("role") in ("exercise", "given")
        )  # fmt: skip
        nb["cells"] = [
            {
                "cell_type": "code",
                "id": "all",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": text,
            }
        ]

    put("student11", one_cell)

    def bare(nb: Notebook) -> None:
        for cell in nb["cells"]:
            cell["metadata"] = {}
            cell.pop("id", None)
        nb["nbformat_minor"] = 4

    put("student12", bare)
    found["student13"] = '{"cells": [{"cell_type": "code", "source": ["def'  # the disk was full
    put("student14", lambda nb: nb["cells"].reverse())

    def wrong(nb: Notebook) -> None:
        for name in names:
            cell_of(nb, f"{name}-answer")["source"] = f"def {name}(*a, **k):\n    return None"

    put("student15", wrong)
    return found


def hand_in(
    submitted: Path, students: dict[str, Notebook | str | None], when: str = "2026-11-19 12:00:00 UTC"
) -> None:
    """Write a class as nbgrader's collect leaves it."""
    for student, notebook in students.items():
        folder = submitted / student / ASSIGNMENT
        folder.mkdir(parents=True)
        text = notebook if isinstance(notebook, str) else json.dumps(notebook)
        (folder / "losses.ipynb").write_text(text, encoding="utf-8")
        (folder / "timestamp.txt").write_text(when)
        (folder / "submission_secret.txt").write_text(f"secret of {student}")
