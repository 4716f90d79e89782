"""What a course's `nbgrader_config.py` sets."""

from __future__ import annotations

import os
import re
import shutil
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.class_file import ClassFile, read_class
from grader.class_file.find import NAME as CLASS_FILE
from grader.course import Chapter, Course, find_course
from grader.errors import UsageError

PACKAGE = "grader.nbgrader"
TEMPLATES = Path(__file__).parent / "templates"
COURSE_ID = re.compile(r"[A-Za-z0-9_.-]+")


def configure(
    config: Any,
    file: str | Path,
    *,
    kit: str | Path | None = None,
    grades: str | Path | None = None,
    course_id: str | None = None,
    jobs: int | None = None,
    prerequisites: str = "auto",
    allow_isolation: str = "sealed",
) -> None:
    """Make `nbgrader autograde`, formgrader, feedback and exports of a course use our grader.

    Parameters
    ----------
    config : what `get_config()` gives in a configuration file.
    file : that file, `__file__`; the course directory is its folder.
    kit : root of the course with the hidden suites, or a bundle of `kata pack`. Default: NNKATA_COURSE, else the nearest
        parent folder with tests/hidden.
    grades : where results are kept, a folder as `kata grade --out` makes it, outside of the course directory. Default:
        COURSE-grades beside it.
    course_id : name of the course in nbgrader's exchange. Default: the name of the folder.
    jobs : grading processes. Default: one per core.
    prerequisites : 'auto', 'reference' or 'own', as in `kata grade`.
    allow_isolation : 'sealed' or 'process', as in `kata grade`.

    Raises
    ------
    SystemExit
        If `grades` lies inside the course directory, or an option does not exist. Anything else would be logged by traitlets,
        and nbgrader would go on without this configuration: it would run student code in its kernel.
    """
    try:
        _configure(config, file, kit, grades, course_id, jobs, prerequisites, allow_isolation)
    except UsageError as error:
        raise SystemExit(f"error: {error}") from None


def _configure(
    config: Any,
    file: str | Path,
    kit: str | Path | None,
    grades: str | Path | None,
    course_id: str | None,
    jobs: int | None,
    prerequisites: str,
    allow_isolation: str,
) -> None:
    _alembic_on_path()
    root = Path(file).resolve().parent
    results = (root / grades).resolve() if grades else root.with_name(f"{root.name}-grades")
    if results == root or root in results.parents:
        raise UsageError(
            f"grades={str(grades)!r} lies inside the course directory {root}; results hold what students must not read. "
            "Name a folder outside of it."
        )
    if prerequisites not in ("auto", "reference", "own") or allow_isolation not in ("sealed", "process"):
        raise UsageError(
            f"{file}: prerequisites is auto, reference or own; allow_isolation is sealed or process."
        )
    config.Kata.root = str(root)
    config.Kata.kit = str(kit or "")
    config.Kata.grades = str(results)
    config.Kata.jobs = jobs or 0
    config.Kata.prerequisites = prerequisites
    config.Kata.allow_isolation = allow_isolation

    config.CourseDirectory.root = str(root)
    config.CourseDirectory.course_id = course_id or root.name
    config.GenerateAssignment.preprocessors = [
        "nbgrader.preprocessors.IncludeHeaderFooter",
        "nbgrader.preprocessors.LockCells",
        f"{PACKAGE}.preprocessors.ClearSolutions",  # stubs exactly as in the .py files
        "nbgrader.preprocessors.ClearOutput",
        "nbgrader.preprocessors.CheckCellMetadata",
        "nbgrader.preprocessors.ComputeChecksums",
        "nbgrader.preprocessors.SaveCells",
        "nbgrader.preprocessors.ClearHiddenTests",
        "nbgrader.preprocessors.ClearMarkScheme",
        "nbgrader.preprocessors.ComputeChecksums",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    config.Autograde.exporter_class = f"{PACKAGE}.preprocessors.CleanNotebookExporter"
    config.Autograde.sanitize_preprocessors = [
        f"{PACKAGE}.preprocessors.Normalize",
        "nbgrader.preprocessors.OverwriteKernelspec",
        "nbgrader.preprocessors.OverwriteCells",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    config.Autograde.autograde_preprocessors = [
        f"{PACKAGE}.preprocessors.SandboxGrade",  # in the place of Execute
        "nbgrader.preprocessors.SaveAutoGrades",
        f"{PACKAGE}.preprocessors.SaveComments",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    config.AssignLatePenalties.plugin_class = f"{PACKAGE}.late.LatePenalty"
    config.ExportApp.plugin_class = f"{PACKAGE}.export.CsvExport"
    config.ExchangeFactory.collect = f"{PACKAGE}.collect.Collect"
    config.ExchangeFactory.release_feedback = f"{PACKAGE}.collect.ReleaseFeedback"
    config.ZipCollectApp.extractor_plugin = f"{PACKAGE}.collect.Extractor"
    config.ZipCollectApp.collector_plugin = f"{PACKAGE}.collect.Collector"
    # No script of a student's runs in feedback or in the formgrader, where it would have the instructor's rights.
    config.HTMLExporter.sanitize_html = True
    config.HTMLExporter.filters = {
        "markdown2html": f"{PACKAGE}.html.safe_markdown",
        "clean_html": f"{PACKAGE}.html.safe_html",
    }
    config.HTMLExporter.extra_template_basedirs = [str(TEMPLATES), *_nbgrader_templates()]
    config.HTMLExporter.template_file = "kata.html.j2"


def _nbgrader_templates() -> list[str]:
    import importlib.util

    found = importlib.util.find_spec("nbgrader")
    where = found.submodule_search_locations if found else None
    return [str(Path(place) / "server_extensions" / "formgrader" / "templates") for place in where or ()]


@dataclass(frozen=True)
class Settings:
    """What `configure` was told."""

    root: Path
    kit: str
    grades: Path
    jobs: int | None
    prerequisites: str
    allow_isolation: str
    submitted: Path  # nbgrader's folder of that name

    @classmethod
    def of(cls, config: Any) -> Settings:
        """From the configuration of a running nbgrader.

        Raises
        ------
        UsageError
            If `configure` was not called.
        """
        ours = config.get("Kata", {})
        if "root" not in ours:
            raise UsageError(
                "This nbgrader does not use the kit's configuration. Run kata nbgrader init COURSE, then "
                "nbgrader in that folder."
            )
        return cls(
            Path(ours["root"]),
            ours["kit"],
            Path(ours["grades"]),
            int(ours["jobs"]) or None,
            ours["prerequisites"],
            ours["allow_isolation"],
            Path(ours["root"]) / config.CourseDirectory.get("submitted_directory", "submitted"),
        )

    def course(self) -> Course:
        """The course with the hidden suites.

        Raises
        ------
        UsageError
            If it is not there.
        """
        return find_course(self.kit or None, start=self.root)

    def class_file(self) -> ClassFile | None:
        """`class.toml` in the course directory, or in the folder around it; None if there is none."""
        for folder in (self.root, self.root.parent):
            if (folder / CLASS_FILE).is_file():
                return read_class(folder / CLASS_FILE)
        return None


def chapter_of(course: Course, notebook: str) -> Chapter | None:
    """The chapter that a notebook of this name is of: `losses` is ch04_losses."""
    return next((c for c in course.chapters if c.module == notebook), None)


def chapters_of(settings: Settings, course: Course, assignment: str) -> list[Chapter]:
    """The chapters whose notebooks an assignment has.

    Raises
    ------
    UsageError
        If it has none.
    """
    for step in ("release", "source"):
        notebooks = sorted((settings.root / step / assignment).glob("*.ipynb"))
        chapters = [c for path in notebooks if (c := chapter_of(course, path.stem)) is not None]
        if chapters:
            return chapters
    there = sorted(p.name for p in (settings.root / "source").glob("*") if p.is_dir())
    raise UsageError(
        f"{assignment} is no assignment of {settings.root}. There: {', '.join(there) or 'none'}."
    )


def load(folder: Path) -> Any:
    """The configuration of a course directory, as nbgrader reads it.

    Raises
    ------
    UsageError
        If there is none, or nbgrader is not installed.
    """
    require_nbgrader()
    from traitlets.config.loader import PyFileConfigLoader

    path = folder / "nbgrader_config.py"
    if not path.is_file():
        raise UsageError(
            f"{folder} is no course directory: it has no nbgrader_config.py. Make one: kata nbgrader init {folder}"
        )
    try:
        config = PyFileConfigLoader(path.name, path=str(path.parent.resolve())).load_config()
    except SystemExit as error:  # of `configure`
        raise UsageError(str(error).removeprefix("error: ")) from None
    except Exception as error:
        raise UsageError(f"{path}: {type(error).__name__}: {error}. Correct the file.") from None
    return config


def _alembic_on_path() -> None:
    """nbgrader starts the program `alembic` by its name, which is not found where a virtual environment is not activated."""
    if shutil.which("alembic") is None:
        scripts = sysconfig.get_path("scripts")
        os.environ["PATH"] = os.pathsep.join(filter(None, (os.environ.get("PATH"), scripts)))


def require_nbgrader() -> None:
    """Raise a UsageError that says what to install, if nbgrader is not there."""
    import importlib.util

    if importlib.util.find_spec("nbgrader") is None:
        raise UsageError("nbgrader is not installed. Install it: python -m pip install 'nnkata[instructor]'")
    _alembic_on_path()
