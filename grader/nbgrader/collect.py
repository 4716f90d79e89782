"""Collecting: from nbgrader's exchange, and from the downloads of Moodle and Canvas; and giving feedback back."""

from __future__ import annotations

import glob
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect, ExchangeReleaseFeedback
from nbgrader.plugins.zipcollect import ExtractorPlugin, FileNameCollectorPlugin

from grader.course import Course
from grader.errors import KitError
from grader.intake.files import DiskFile, shown
from grader.intake.names import Modules, download_of, split
from grader.nbgrader.config import Settings, chapters_of
from grader.nbgrader.copies import as_notebook, complete

ENDINGS = (".py", ".ipynb")


class Collect(ExchangeCollect):
    """nbgrader's collect; whoever handed in `losses.py` alone gets the notebook that nbgrader needs."""

    def do_copy(self, src: str, dest: str, *more: Any, **other: Any) -> Any:
        done = super().do_copy(src, dest, *more, **other)
        try:
            settings = Settings.of(self.config)
            for chapter in chapters_of(settings, settings.course(), self.coursedir.assignment_id):
                made_of = complete(Path(dest), chapter, Path(dest).parent.name)
                if made_of:
                    self.log.info("%s: notebook made of %s", dest, shown(made_of))
        except (KitError, OSError) as error:
            self.log.warning("%s: %s", dest, error)
        return done


@dataclass(frozen=True)
class Owner:
    """Whose a downloaded file is, of which chapter, and which of several it is: the greatest counts."""

    student: str
    module: str
    rank: tuple[Any, ...]


class Names:
    """What the names in a download mean: as `kata grade` reads them, with the roster of class.toml."""

    def __init__(self, settings: Settings, course: Course, root: Path):
        self.modules = Modules(course.chapters)
        self.class_file = settings.class_file()
        self.root = root

    def owner(self, path: Path) -> Owner | str | None:
        """The owner; a sentence if the name tells no student; None if the file is of no chapter."""
        ending = split(path.name)[1]
        parts = path.relative_to(self.root).parts
        downloads = [d for part in parts if (d := download_of(part)) is not None]
        own = download_of(parts[-1])
        meaning = self.modules.meaning(split(own.file if own else path.name)[0])
        if ending not in ENDINGS or meaning is None or path.is_symlink() or path.name.startswith("test_"):
            return None
        identity: dict[str, str] = {}
        if downloads:
            student, identity = downloads[0].student, downloads[0].identity
        else:
            folders = [p for p in parts[:-1] if p not in self.modules.folders]
            student = meaning.student or (folders[-1] if folders else "")
        if not student:
            return f"{shown(path.name)}: its name tells no student. Name it STUDENT_{shown(path.name)}"
        person = self.class_file.person_of(student, identity) if self.class_file else None
        rank = (own.attachment if own else 0, meaning.revision, -len(parts), path.name)
        return Owner(person.id if person else student, meaning.module, rank)


class Extractor(ExtractorPlugin):
    """nbgrader's extractor; then of several files of a student for a chapter the latest stays, and whoever handed in
    `losses.py` alone gets the notebook that nbgrader needs. The downloads themselves stay as they are."""

    def extract(self, archive_path: str, extracted_path: str) -> None:
        try:
            self._extract(archive_path, extracted_path)
        except KitError as error:
            self.log.error(str(error))
            sys.exit(error.exit_code)

    def _extract(self, archive_path: str, extracted_path: str) -> None:
        settings = Settings.of(self.config)
        course = settings.course()
        chapters = chapters_of(settings, course, self.parent.coursedir.assignment_id)
        super().extract(archive_path, extracted_path)
        names = Names(settings, course, Path(extracted_path))
        found: dict[tuple[str, str, str], list[tuple[Owner, Path]]] = {}
        for path in sorted(p for p in Path(extracted_path).rglob("*") if p.is_file()):
            owner = names.owner(path)
            if isinstance(owner, Owner):
                key = (owner.student, owner.module, split(path.name)[1])
                found.setdefault(key, []).append((owner, path))
        for (student, module, _), files in found.items():
            *others, (_, latest) = sorted(files, key=lambda f: f[0].rank)
            for _, path in others:
                self.log.warning("%s: %s counts for %s, not %s", student, latest.name, module, path.name)
                path.unlink()
            found[student, module, split(latest.name)[1]] = [(files[0][0], latest)]
        for chapter in chapters:
            for (student, module, ending), [(_, path)] in found.items():
                if module != chapter.module or ending != ".py" or (student, module, ".ipynb") in found:
                    continue
                data = as_notebook(DiskFile(path), chapter, chapter.file_name)
                if data is not None:
                    path.with_suffix(".ipynb").write_bytes(data)
                    self.log.info("%s: notebook made of %s", student, shown(path.name))


class Collector(FileNameCollectorPlugin):
    """Whose a downloaded file is, by its name or its folder's.

    Where the config has a regular expression (`c.FileNameCollectorPlugin.named_regexp`), that alone decides.
    """

    _names: Names | None = None

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        path = Path(submitted_file)
        if split(path.name)[1] not in ENDINGS:
            return None
        if self.named_regexp:
            found = self._match(submitted_file)
            return dict(found) if found else None
        if self._names is None:
            settings = Settings.of(self.config)
            root = Path(self.parent._format_collect_path(self.parent.extracted_directory))
            self._names = Names(settings, settings.course(), root)
        owner = self._names.owner(path)
        if isinstance(owner, str):
            self.log.warning(owner)
        return {"student_id": owner.student, "file_id": owner.module} if isinstance(owner, Owner) else None


class ReleaseFeedback(ExchangeReleaseFeedback):
    """nbgrader's, but a submission that did not come through the exchange does not stop the others."""

    src_path: str  # a pattern for the folders of all students

    def copy_files(self) -> None:
        without = []
        for folder in sorted(map(Path, glob.glob(self.src_path))):
            if all((folder / name).is_file() for name in ("timestamp.txt", "submission_secret.txt")):
                self.src_path = glob.escape(str(folder))
                super().copy_files()
            elif any(folder.glob("*.html")):
                without.append(folder.parent.name)
        if without:
            few = ", ".join(without[:10]) + (f" and {len(without) - 10} more" if len(without) > 10 else "")
            self.log.warning(
                "Not handed in through the exchange, so it cannot give feedback back: %s. Send them their files in feedback/.",
                few,
            )
