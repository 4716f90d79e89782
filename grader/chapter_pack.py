"""The part of a course that grades one chapter, as one file: for places that get no more than they need.

It holds the chapter's stub, handout and hidden suite, its solution and mistakes, and the solutions of the earlier
chapters, which a submission may import. Everything else that decides a score is the same as in the whole course.
"""

from __future__ import annotations

import io
import zipfile

from grader.course import Chapter, Course
from grader.errors import UsageError
from grader.pack import bundle, zip_bytes
from grader.seeds import course_secret

SECRET = "tests/hidden/secret.txt"


def chapter_bundle(course: Course, chapter: Chapter) -> bytes:
    """The bundle of one chapter; `grader.pack.unpack_course` and `kata grade --course` take it.

    Raises
    ------
    UsageError
        If the chapter has no hidden suite, or the course holds a link.
    """
    if chapter not in course.graded_chapters:
        have = ", ".join(c.name for c in course.graded_chapters) or "none"
        raise UsageError(f"{chapter.name} has no hidden suite in {course.hidden}. Chapters with one: {have}.")
    with zipfile.ZipFile(io.BytesIO(bundle(course))) as whole:
        files = {name: whole.read(name) for name in whole.namelist() if _belongs(name, course, chapter)}
    # The seeds of random inputs must be those of the instructor's machine, also where a variable gives the secret.
    files[SECRET] = course_secret(course.root).encode()
    return zip_bytes(files, compress=False)


def _belongs(name: str, course: Course, chapter: Chapter) -> bool:
    """Whether a file of the whole bundle is needed: data, and what is no chapter's, always is."""
    parts = name.split("/")
    if parts[0] == "solutions":
        earlier = {c.name: c.file_name for c in course.chapters if c.number < chapter.number}
        return parts[1] == chapter.name or (len(parts) == 3 and earlier.get(parts[1]) == parts[2])
    of = parts[2] if parts[0] == "tests" else parts[1]
    if of == chapter.name:
        handout = parts[-1].startswith("README.") or parts[-1].startswith("texts.")  # in any language
        return parts[0] == "tests" or handout or parts[-1] in (chapter.file_name, f"{chapter.module}.ipynb")
    return all(of != c.name for c in course.chapters)
