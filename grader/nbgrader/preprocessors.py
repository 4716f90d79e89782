"""The steps of `nbgrader generate_assignment` and `nbgrader autograde` that are ours."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output
from nbgrader import preprocessors as theirs
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from grader.errors import KitError, UsageError
from grader.nbgrader.bonus import give_bonus
from grader.nbgrader.cells import cleaned, normalized, source_cells
from grader.nbgrader.config import Settings, chapter_of
from grader.nbgrader.html import one_line, result_table
from grader.nbgrader.late import put_dates
from grader.nbgrader.run import RESULT, Run
from grader.nbgrader.source import answer_id, exercise_score
from grader.results import Result, total
from grader.stubs import make_stub
from grader.submission import MAX_NOTEBOOK

# What may lie beside a graded notebook and be served by the formgrader; anything else might run there.
HARMLESS = {
    ".ipynb", ".py", ".txt", ".md", ".csv", ".tsv", ".json", ".npy", ".npz", ".png", ".jpg", ".jpeg", ".gif", ".pdf",
}  # fmt: skip
RUN = "_nnkata_run"  # on nbgrader's converter, which lives as long as one run of autograde


class CleanNotebookExporter(NotebookExporter):
    """Reads any submitted file as a notebook, without trusting it; see `grader.nbgrader.cells`."""

    def from_file(self, file_stream: Any, resources: Any = None, **kw: Any) -> Any:
        if not getattr(self.parent, "_sanitizing", True):  # what we wrote ourselves in the first pass
            return super().from_file(file_stream, resources=resources, **kw)
        # What a link points to is nobody's work, and is not shown.
        link = os.path.islink(file_stream.name)
        data = b"" if link else file_stream.buffer.read(MAX_NOTEBOOK + 1)
        notebook = nbformat.from_dict(cleaned(data, MAX_NOTEBOOK))
        return self.from_notebook_node(notebook, resources=resources, **kw)


class ClearSolutions(theirs.ClearSolutions):
    """Stubs exactly as in the `.py` files; for cells that are not the kit's, as nbgrader makes them."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: Any, cell_index: int
    ) -> tuple[NotebookNode, Any]:
        ours = cell.metadata.get("nnkata", {})
        if ours.get("role") == "exercise" and utils.is_solution(cell) and "### BEGIN SOLUTION" in cell.source:
            cell.source = make_stub(cell.source, f"{resources['nbgrader']['notebook']}.ipynb").rstrip("\n")
            return cell, resources
        return super().preprocess_cell(cell, resources, cell_index)


class Normalize(NbGraderPreprocessor):
    """Every cell of the source notebook once, with the metadata of the gradebook."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as gradebook:
            wanted = source_cells(gradebook.find_notebook(about["notebook"], about["assignment"]))
        cells = [dict(cell) for cell in nb.cells]
        remarks = normalized(cells, wanted)
        if remarks:
            self.log.info("%s, %s: repaired: %s", about["student"], about["notebook"], "; ".join(remarks))
        nb.cells = [nbformat.from_dict(cell) for cell in cells]
        return nb, resources


def say_it_in_a_line(record: logging.LogRecord) -> bool:
    """A log filter: what nbgrader would tell by a traceback, our own errors tell in a sentence."""
    error = sys.exc_info()[1]
    if isinstance(error, KitError) and str(record.msg).startswith("Traceback"):
        told = str(error)
        record.msg = told if "No grade was written" in told else f"{told} No grade was written."
        record.args = None
    return True


class SandboxGrade(NbGraderPreprocessor):
    """Fills every grade cell with the score that our grader gives. No student code runs in this process.

    Raises
    ------
    GraderFailure, UsageError
        If nothing is known about the submission: nbgrader then writes no grade, goes on with the next student and ends
        with exit code 1.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        self.log.addFilter(say_it_in_a_line)
        about = resources["nbgrader"]
        student, assignment, notebook = about["student"], about["assignment"], about["notebook"]
        result = resources.get(RESULT)
        settings = Settings.of(self.config)
        if result is None:
            run = self._run(settings)
            chapter = chapter_of(run.course, notebook)
            if chapter is None:
                raise UsageError(
                    f"{notebook}.ipynb is no chapter of {run.course.root}, so nothing grades it. Keep other notebooks in an "
                    "nbgrader course of their own."
                )
            result = run.result(student, assignment, chapter, self._others(assignment, student))
            with Gradebook(about["db_url"]) as gradebook:
                put_dates(gradebook, settings.class_file(), assignment, chapter.name, [student])
        fill(nb, result)
        folder = resources.get("metadata", {}).get("path")
        if folder:
            keep_harmless(
                Path(folder),
                settings.submitted / student / assignment,
                settings.root / "source" / assignment,
            )
        resources[RESULT] = result
        return nb, resources

    def _converter(self) -> Any:
        return getattr(self.parent, "parent", None)

    def _run(self, settings: Settings) -> Run:
        converter = self._converter()
        run = getattr(converter, RUN, None)
        if run is None:
            run = Run(settings, self.log.info)
            setattr(converter, RUN, run)
        return run

    def _others(self, assignment: str, student: str) -> list[str]:
        """Students that this run of autograde will come to: they are graded at once, in parallel."""
        converter = self._converter()
        found = []
        for path in sorted(converter.assignments):
            name = Path(path).parent.name
            graded = Path(converter._format_dest(assignment, name))
            if Path(path).name == assignment and (converter.force or not graded.exists()) and name > student:
                found.append(name)
        return found


def fill(nb: NotebookNode, result: Result) -> None:
    """Write score and table under each grade cell.

    Raises
    ------
    UsageError
        For a grade cell that no hidden test is about: nbgrader would give it full marks.
    """
    exercises = {t.exercise for t in result.tests}
    first = True
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if not utils.is_grade(cell) or utils.is_solution(cell) or utils.is_task(cell):
            continue
        name, maximum = cell.metadata.nbgrader["grade_id"], float(cell.metadata.nbgrader["points"])
        if result.status == "graded" and name not in exercises:
            raise UsageError(
                f"The grade cell {name} has no hidden test in {result.chapter}, so nothing can fill it. Remove it from source/ "
                "or make it a cell that is graded by hand."
            )
        points, most, _ = exercise_score(result.tests, name)
        scale = maximum / most if most and abs(most - maximum) > 1e-9 else 1.0
        score = min(maximum, max(0.0, total([points * scale])))
        data = {
            "text/plain": repr(float(score)),
            "text/html": result_table(result, name, scale, maximum, notes=first),
        }
        cell.outputs = [new_output("execute_result", data, execution_count=None)]
        first = False
    if first and result.status != "missing":
        raise UsageError(
            f"No grade cell is left for {result.chapter}. Run nbgrader generate_assignment again."
        )


def keep_harmless(graded: Path, submitted: Path, source: Path) -> None:
    """Remove from a graded submission what could run in a browser, and what a link of the student's brought there.

    What was handed in stays in submitted/.
    """
    for path in sorted(graded.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            continue
        name = path.relative_to(graded)
        if (source / name).is_file():
            continue  # the instructor's own
        linked = any(os.path.islink(submitted / part) for part in (name, *name.parents) if part != Path("."))
        if (
            (path.suffix.lower() not in HARMLESS and path.name != "timestamp.txt")
            or linked
            or path.is_symlink()
        ):
            path.unlink()


class SaveComments(NbGraderPreprocessor):
    """One line for each exercise as its automatic comment, and bonus points as extra credit."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        result = resources.get(RESULT)
        if result is None:
            return nb, resources
        about = resources["nbgrader"]
        where = (about["notebook"], about["assignment"], about["student"])
        own = {
            c.metadata.nbgrader["grade_id"]
            for c in nb.cells
            if utils.is_grade(c) and not utils.is_solution(c) and c.cell_type == "code"
        }
        answers = {c.metadata.nbgrader["grade_id"] for c in nb.cells if utils.is_solution(c)}
        settings = Settings.of(self.config)
        with Gradebook(about["db_url"]) as gradebook:
            for name in sorted(own):
                if answer_id(name) in answers:
                    comment = gradebook.find_comment(answer_id(name), *where)
                    comment.auto_comment = one_line(result, name)
                kept = give_bonus(gradebook, settings.grades, result, name, where)
                if kept:
                    self.log.info("%s, %s: extra credit %g was given by hand and stays", where[2], name, kept)
            gradebook.db.commit()
        return nb, resources
