"""The late policy of a class file on Gradescope.

Only dates travel, and how to recognise those who have an extension: no roster leaves the instructor's machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta, tzinfo
from typing import Any

from grader.class_file.dates import BadDate, in_words, lateness, moment, zone_of
from grader.class_file.late import LatePolicy
from grader.class_file.people import folded
from grader.class_file.reader import EXCUSED, ClassFile, names_chapter
from grader.results import total


def rules_of(class_file: ClassFile, chapter: str) -> tuple[dict[str, Any], list[str]]:
    """What an autograder needs to know about lateness.

    Returns
    -------
    (rules for `Settings.late`, students whose extension cannot be recognised on Gradescope)
    """
    rule = class_file.rule(chapter)
    extensions, unknown = [], []
    for who, what in class_file.extensions:
        if not names_chapter(what, chapter):
            continue
        person = class_file.person_of(who)
        student = person.id if person else who
        named = (person.email, person.sis_id, person.login) if person else ()
        keys = {folded(k) for k in (student, *named) if k}
        if not any("@" in k for k in keys):
            unknown.append(student)
        due = class_file.due(student, chapter)
        excused = class_file.excused(student, chapter)
        extensions.append(
            {
                "keys": sorted(keys),
                "due": None if excused or due is None else due.isoformat(),
                "excused": excused,
            }
        )
    policy = {name: _plain(value) for name, value in asdict(rule.late).items()}
    zone = getattr(class_file.zone, "key", None)
    return {
        "due": rule.due.isoformat() if rule.due else None,
        "zone": zone,
        "policy": policy,
        "extensions": extensions,
    }, unknown


def after_lateness(
    points: float, maximum: float, rules: Mapping[str, Any], metadata: Mapping[str, Any]
) -> tuple[float, str]:
    """(points that are left, a sentence for the student or "").

    Parameters
    ----------
    rules : of `rules_of`.
    metadata : Gradescope's submission_metadata.json.

    Raises
    ------
    BadDate
        If Gradescope does not say when it was handed in.
    """
    zone = _zone(rules["zone"])
    listed = metadata.get("users")
    users = [u for u in listed if isinstance(u, dict)] if isinstance(listed, list) else []
    mine = [e for e in rules["extensions"] if any(_is(u, e["keys"]) for u in users)]
    if any(e[EXCUSED] for e in mine):
        return points, "Excused from the due date."
    dues = [_moment(e["due"]) for e in mine if e["due"]]
    if not dues and rules["due"]:
        dues = [_moment(rules["due"])]
    dues = dues or _of_gradescope(users, metadata)
    if not dues:
        return points, ""
    late = lateness(_moment(metadata.get("created_at")), max(dues), zone)
    if not late:
        return points, ""
    policy = _policy(rules["policy"])
    percent = policy.percent_off(late)
    penalty = round(policy.penalty(points, maximum, percent), 6)
    cost = f"{percent:g} % off ({penalty:g} points)" if percent else "nothing off"
    return total((points, -penalty)), f"Late by {in_words(late)}: {cost}."


def _of_gradescope(users: list[dict[str, Any]], metadata: Mapping[str, Any]) -> list[datetime]:
    """The due date of Gradescope itself, which knows of extensions given there; of a group the latest."""
    own = [u["assignment"].get("due_date") for u in users if isinstance(u.get("assignment"), dict)]
    assignment = metadata.get("assignment")
    general = assignment.get("due_date") if isinstance(assignment, dict) else None
    return [_moment(due) for due in ([d for d in own if d] or [general]) if due]


def _is(user: Mapping[str, Any], keys: list[str]) -> bool:
    return any(folded(str(user[name])) in keys for name in ("email", "sid", "student_id") if user.get(name))


def _moment(text: object) -> datetime:
    if not isinstance(text, str):
        raise BadDate("submission_metadata.json does not say when it was handed in.")
    return moment(text, None)


def _zone(name: str | None) -> tzinfo | None:
    try:
        return zone_of(name) if name else None
    except BadDate:  # no database of time zones there: the offset in the due date has to do
        return None


def _plain(value: object) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value


def _policy(plain: Mapping[str, Any]) -> LatePolicy:
    def span(seconds: float) -> timedelta:
        return timedelta(seconds=seconds)

    return LatePolicy(
        percent=plain["percent"],
        unit=span(plain["unit"]),
        at_most=plain["at_most"],
        grace=span(plain["grace"]),
        nothing_after=None if plain["nothing_after"] is None else span(plain["nothing_after"]),
        steps=tuple((span(until), percent) for until, percent in plain["steps"]),
        of=plain["of"],
    )
