"""The roster, a CSV file, and the rule by which submissions find their people.

Columns, in any order and case: `id` (needed; results, feedback and reports go under it), `name`, `first_name` and
`last_name`, `email`, `section`, `login`, `sis_id`, `folder` (the name that the submission has), `canvas` (the number in
Canvas' column ID), `moodle` (of Moodle's "Participant 123"; Moodle counts anew for each assignment, so several may stand there with blanks
between). Further columns do not matter.

A submission is of the one person that the first of these finds; names are compared without regard to case, blanks and
Unicode form:

 1. the platform's number in its name: `canvas`, `moodle`; for nbgrader `id`
 2. its name is one's `folder`
 3. its name is one's `id`
 4. its name is one's `login`, `sis_id` or `email`
 5. its name, or the name that the platform put into it, is one's `name`, with first and last name in either order

If one of these finds several people, the submission is ambiguous and stays under its own name.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError
from grader.intake.files import shown

COLUMNS = ("id", "name", "email", "section", "login", "sis_id", "folder", "canvas", "moodle")
ALIASES = {
    "student_id": "id", "student": "id", "full_name": "name", "email_address": "email", "lms_user_id": "canvas",
    "sis_user_id": "sis_id", "sis_login_id": "login", "username": "login", "canvas_id": "canvas", "moodle_id": "moodle",
}  # fmt: skip
MAX_ROSTER = 4 << 20  # bytes
UNIQUE = ("id", "folder", "login", "sis_id", "email", "canvas", "moodle")
NAMED = 5  # problems told at once


@dataclass(frozen=True)
class Person:
    """One line of the roster."""

    id: str
    name: str = ""
    email: str = ""
    section: str = ""
    login: str = ""
    sis_id: str = ""
    folder: str = ""
    canvas: str = ""
    moodle: str = ""
    line: int = 0


@dataclass(frozen=True)
class Match:
    """Whose a submission is: one person, nobody, or several that it may be of."""

    person: Person | None
    candidates: tuple[Person, ...] = ()


class People:
    """Everybody in the class."""

    def __init__(self, people: list[Person]):
        self.list = people
        self.by_id = {p.id: p for p in people}
        self._levels: list[dict[str, list[Person]]] = [defaultdict(list) for _ in range(5)]
        for person in people:
            for lms, value in (("canvas", person.canvas), ("nbgrader", person.id)):
                self._add(0, _platform_key(lms, value), person)
            for number in re.findall(r"\d+", person.moodle):
                self._add(0, _platform_key("moodle", number), person)
            self._add(1, folded(person.folder), person)
            self._add(2, folded(person.id), person)
            for value in (person.login, person.sis_id, person.email):
                self._add(3, folded(value), person)
            for key in _name_keys(person.name):
                self._add(4, key, person)

    def _add(self, level: int, key: str, person: Person) -> None:
        if key and person not in self._levels[level][key]:
            self._levels[level][key].append(person)

    def match(self, name: str, identity: Mapping[str, str] | None = None) -> Match:
        """Whose submission it is, by the rule above.

        Parameters
        ----------
        name : the name it came under.
        identity : what a platform put into it, see `grader.results.Result.identity`.
        """
        identity = identity or {}
        keys = [
            [_platform_key(identity.get("lms", ""), identity.get("id", ""))],
            [folded(name)],
            [folded(name)],
            [folded(name)],
            [_squeezed(n) for n in (identity.get("name", ""), name) if n],
        ]
        for level, wanted in zip(self._levels, keys):
            found = list(dict.fromkeys(p for key in wanted if key for p in level.get(key, ())))
            if len(found) == 1:
                return Match(found[0])
            if found:
                return Match(None, tuple(found))
        return Match(None)


def read_people(path: Path) -> People:
    """Read a roster.

    Raises
    ------
    UsageError
        If it cannot be read or holds somebody twice: one line for each problem, with file and line number.
    """
    rows = read_table(path, MAX_ROSTER)
    header = [_column(h) for h in rows[0][1]]
    where = path.name
    doubled = sorted({h for h in header if h and header.count(h) > 1})
    if "id" not in header:
        raise UsageError(
            f"{where}: no column id. The first line names the columns: id,name,email,section. See grader/docs/class.md."
        )
    if doubled:
        raise UsageError(f"{where}: the column {doubled[0]} is there twice. Leave one of them.")
    people, problems = [], []
    first: dict[tuple[str, str], int] = {}
    for line, row in rows[1:]:
        if not any(c.strip() for c in row):
            continue
        if len(row) > len(header):
            problems.append(
                f"{where}, line {line}: {len(row)} cells, but {len(header)} columns. Put cells with a comma into quotes."
            )
            continue
        cells = {h: _cleaned(c) for h, c in zip(header, row) if h}
        if "name" not in header and ("first_name" in cells or "last_name" in cells):
            cells["name"] = f"{cells.get('first_name', '')} {cells.get('last_name', '')}".strip()
        person = Person(**{k: cells[k] for k in COLUMNS if k in cells}, line=line)
        if not person.id:
            problems.append(f"{where}, line {line}: no id. Give every student one.")
            continue
        for column in UNIQUE:
            value = folded(getattr(person, column))
            if value and (at := first.setdefault((column, value), line)) != line:
                problems.append(
                    f"{where}, line {line}: {column} {shown(getattr(person, column))} stands in line {at} already. Correct or remove one."
                )
        people.append(person)
    if not people and not problems:
        problems.append(f"{where}: nobody is in it. Write one line for each student.")
    raise_problems(problems)
    return People(people)


def read_table(path: Path, limit: int) -> list[tuple[int, list[str]]]:
    """The rows of a CSV file with their line numbers, the header first. `,`, `;` or a tabulator separates.

    Raises
    ------
    UsageError
        If the file is missing, too large, not UTF-8, or empty.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read ({error.strerror}). Check the name in class.toml."
        ) from None
    if len(data) > limit:
        raise UsageError(f"{path}: larger than {limit // 2**20} MiB. Is this the right file?")
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}, line {line}: not UTF-8. Save it as CSV UTF-8.") from None
    top = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=lambda d: (top.count(d), d == ","))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, line = [], 1
    try:
        for row in reader:
            if row:
                rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        raise UsageError(f"{path}, line {line}: {error}. Save it as CSV again.") from None
    if not rows:
        raise UsageError(f"{path}: empty. The first line names the columns.")
    return rows


def raise_problems(problems: list[str]) -> None:
    """One error for all problems, a line each.

    Raises
    ------
    UsageError
        If there are any.
    """
    if problems:
        more = [f"... and {len(problems) - NAMED} more."] if len(problems) > NAMED else []
        raise UsageError("\n".join([*problems[:NAMED], *more]))


def folded(text: str) -> str:
    """A form in which names that look the same are equal."""
    return unicodedata.normalize("NFKC", " ".join(unicodedata.normalize("NFKC", text).split()).casefold())


def _squeezed(text: str) -> str:
    """Only its letters and digits; of a name that has none, the folded name."""
    return "".join(c for c in folded(text) if c.isalnum()) or folded(text)


def _name_keys(name: str) -> set[str]:
    """The name as written, with first and last name in either order, and as Canvas squeezes it."""
    words = name.replace(",", " ").split()
    if not words:
        return set()
    orders = [words, [words[-1], *words[:-1]], [*words[1:], words[0]]]
    if "," in name:
        last, _, first = name.partition(",")
        orders.append([first, last])
    plain = {"".join(order) for order in orders}
    ascii_only = {re.sub(r"\W", "", p, flags=re.ASCII) for p in plain}
    # A name with only a few ASCII letters would squeeze to something that fits many.
    return {_squeezed(p) for p in plain} | {_squeezed(a) for a in ascii_only if len(a) >= 5}


def _platform_key(lms: str, value: str) -> str:
    if not value:
        return ""
    return f"{lms} {folded(value) if lms == 'nbgrader' else number_in(value)}"


def number_in(text: str) -> str:
    """`123` of `Participant 123`."""
    match = re.fullmatch(r"\D*?(\d+)", text.strip())
    return match[1].lstrip("0") or "0" if match else folded(text)


def _column(heading: str) -> str:
    key = re.sub(r"[\s-]+", "_", heading.strip().lower())
    return ALIASES.get(key, key)


def _cleaned(text: str) -> str:
    """A cell without blanks around it and without what no name holds: control characters."""
    return " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in text).split())
