"""Canvas: fill columns of the gradebook file that the instructor exported, and change nothing else in it.

A row is a student's if its `ID` is the Canvas number of the submission (or of the roster's column `canvas`); else if its
`SIS User ID` is the roster's `sis_id` or `id`; else if its `SIS Login ID` is the roster's `login`, `email` or `id`. Without
a roster the name of the submission stands for these. Names of persons are never compared. No row or column is added.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from grader.class_file.people import folded, number_in
from grader.class_file.reader import names_chapter
from grader.errors import UsageError
from grader.export import Export
from grader.export.raw_csv import RawCsv, Row, number_of, uses_comma, written
from grader.intake.files import shown
from grader.marks_of_class import EXCUSED, Mark, Marks

INFO = (
    "student",
    "lastname",
    "firstname",
    "id",
    "sis user id",
    "sis login id",
    "integration id",
    "root account",
    "section",
)
_READ_ONLY = re.compile(
    r".*(\(read only\)|(current|final) (score|points|grade)|override (score|grade|status))", re.IGNORECASE
)


def fill(
    marks: Marks, into: Path, *, columns: Mapping[str, str] | None = None, scale: bool | None = None
) -> Export:
    """Fill one column for each chapter.

    Parameters
    ----------
    columns : chapter -> title of its column, with or without the number that Canvas adds. For others it is found by
        the name of the chapter; those that have no column are told.
    scale : whether to convert to the column's Points Possible where these differ from the chapter's points.

    Raises
    ------
    UsageError
        If it is no gradebook file, a column is not found or not clear, or points differ and `scale` is None.
    """
    book = RawCsv(into)
    header = next(row for row in book.rows if any(row.raw))
    titles = [v.strip() for v in header.values]
    places = {t.casefold(): i for i, t in reversed(list(enumerate(titles)))}
    if "id" not in places or not {"student", "lastname"} & places.keys():
        raise UsageError(
            f"{into}: no columns Student and ID. Export the gradebook in Canvas (Grades, Export) and name that file."
        )
    rows = book.rows[book.rows.index(header) + 1 :]
    points = next((r for r in rows if "points possible" in r.value(0).casefold()), None)
    people = [r for r in rows if r is not points and (r.value(places["id"]) or _sis(r, places))]
    chosen = _columns(marks.chapters, columns or {}, titles, into)
    result = Export(b"")
    for chapter in marks.chapters:
        if chapter not in chosen:
            result.remarks.append(
                f"{chapter}: no column in {into.name} has this name. Create the assignment in Canvas, or name one with --column."
            )
    if not chosen:
        raise UsageError(
            f"{result.remarks[0] if result.remarks else 'No chapter is graded.'} Columns: {_listed(titles)}."
        )
    owners = _owners(marks, people, places, result)
    comma = uses_comma([r.value(i) for r in rows for i in range(len(titles))]) and book.delimiter != ","
    for chapter, column in chosen.items():
        cell = points.value(column) if points is not None else ""
        if "read only" in cell.casefold():
            raise UsageError(
                f"{into.name}: the column {titles[column]} is read only. Name the assignment's own column with --column."
            )
        factor = _factor(marks, chapter, number_of(cell), titles[column], scale)
        for row, student in owners:
            mark = marks.of.get((student, chapter))
            if mark is not None:
                _put(book, row, column, mark, factor, comma, result)
    result.data = book.data()
    return result


def _put(book: RawCsv, row: Row, column: int, mark: Mark, factor: float, comma: bool, result: Export) -> None:
    before = row.value(column)
    if mark.status == EXCUSED and mark.final is None:
        value = "EX"
    elif mark.final is None:
        return  # whatever stands there stays
    else:
        value = written(max(0.0, mark.final * factor), comma)
    if before.upper() == "EX" and value != "EX":
        result.remarks.append(f"{shown(mark.student)}, {mark.chapter}: excused in Canvas, left as it is.")
        return
    result.filled += 1
    if before == value or (number_of(before) is not None and number_of(before) == number_of(value)):
        return
    result.changed += before not in ("", "-")
    book.set(row, column, value)


def _columns(
    chapters: Iterable[str], given: Mapping[str, str], titles: list[str], into: Path
) -> dict[str, int]:
    """Chapter -> column."""
    found: dict[str, int] = {}
    open_ = [
        i for i, t in enumerate(titles) if t and t.casefold() not in INFO and not _READ_ONLY.fullmatch(t)
    ]
    for chapter in chapters:
        wanted = given.get(chapter)
        if wanted:
            exact = [i for i in open_ if titles[i] == wanted] or [
                i for i in open_ if folded(_bare(titles[i])) == folded(wanted)
            ]
            if len(exact) != 1:
                many = "several columns have" if exact else "no column has"
                raise UsageError(
                    f"{into.name}: {many} the title {wanted!r}. Columns: {_listed([titles[i] for i in open_])}."
                )
        else:
            exact = [
                i for i in open_ if names_chapter(re.sub(r"[\s_-]+", "_", _bare(titles[i]).strip()), chapter)
            ]
            short = re.escape(chapter.partition("_")[0])
            exact = exact or [
                i
                for i in open_
                if re.search(rf"(?<![^\W_]){short}(?![^\W_])", _bare(titles[i]), re.IGNORECASE)
            ]
            if len(exact) > 1:
                several = _listed([titles[i] for i in exact])
                raise UsageError(
                    f"{into.name}: several columns may be {chapter}: {several}. Choose one: --chapter {chapter} --column TITLE."
                )
        if exact:
            found[chapter] = exact[0]
    taken = defaultdict(list)
    for chapter, column in found.items():
        taken[column].append(chapter)
    for column, both in taken.items():
        if len(both) > 1:
            raise UsageError(
                f"{into.name}: the column {titles[column]} is named for {' and '.join(both)}. Name one for each."
            )
    return found


def _owners(
    marks: Marks, people: list[Row], places: Mapping[str, int], result: Export
) -> list[tuple[Row, str]]:
    """Rows with the students they are of; who or what is left over is told."""
    keys: tuple[dict[str, set[str]], ...] = (defaultdict(set), defaultdict(set), defaultdict(set))
    numbers: dict[str, set[str]] = defaultdict(set)
    for mark in marks:
        person, student = mark.person, mark.student
        if mark.identity.get("lms") == "canvas" and mark.identity.get("id"):
            numbers[student].add(number_in(mark.identity["id"]))
        if person is not None:
            if person.canvas:
                numbers[student].add(number_in(person.canvas))
            sis, logins = [person.sis_id or person.id], [person.login, person.email, person.id]
        else:
            sis, logins = [student], [student]
        for table, values in zip(keys[1:], (sis, logins)):
            for value in values:
                if value:
                    table[folded(value)].add(student)
    for student, ids in numbers.items():
        for number in ids:
            keys[0][number].add(student)
    found: dict[str, list[Row]] = defaultdict(list)
    doubtful: set[str] = set()
    for row in people:
        own = number_in(row.value(places["id"])) if row.value(places["id"]) else ""
        wanted = (
            own,
            folded(row.value(places.get("sis user id"))),
            folded(row.value(places.get("sis login id"))),
        )
        matches: set[str] = set()
        for level, key in enumerate(wanted):
            matches = set(keys[level].get(key, ())) if key else set()
            if level:  # another number in Canvas means another person
                matches = {m for m in matches if not (own and numbers.get(m) and own not in numbers[m])}
            if matches:
                break
        if len(matches) == 1:
            found[next(iter(matches))].append(row)
        else:
            doubtful |= matches
            result.theirs.append(shown(row.value(0)) or own)
    owners = []
    for student, rows in found.items():
        if len(rows) == 1:
            owners.append((rows[0], student))
        else:
            doubtful.add(student)
            result.remarks.append(
                f"{shown(student)} has {len(rows)} rows in the gradebook file; none was filled. Leave one of them."
            )
    filled = {student for _, student in owners}
    result.ours = [shown(s) for s in marks.students if s not in filled and marks.of_student(s)]
    return owners


def _factor(marks: Marks, chapter: str, possible: float | None, title: str, scale: bool | None) -> float:
    maximum = max((m.max_score for m in marks if m.chapter == chapter), default=0.0)
    return scale_factor(maximum, possible, f"The column {title}", chapter, scale)


def scale_factor(
    maximum: float, possible: float | None, what: str, chapter: str, scale: bool | None
) -> float:
    """By what to multiply points.

    Raises
    ------
    UsageError
        If the points differ and nobody said what to do.
    """
    if not possible or not maximum or abs(possible - maximum) < 0.005:
        return 1.0
    if scale is None:
        raise UsageError(
            f"{what} is worth {possible:g} points, {chapter} {maximum:g}. Convert with --scale, keep the points with --no-scale."
        )
    return possible / maximum if scale else 1.0


def _bare(title: str) -> str:
    """Without the number that Canvas adds."""
    return re.sub(r"\s*\(\d+\)\s*$", "", title)


def _sis(row: Row, places: Mapping[str, int]) -> str:
    return row.value(places.get("sis user id")) or row.value(places.get("sis login id"))


def _listed(titles: Iterable[str]) -> str:
    some = [shown(t) for t in titles if t and t.casefold() not in INFO and not _READ_ONLY.fullmatch(t)]
    return ", ".join(some[:12]) + (" ..." if len(some) > 12 else "") or "none"
