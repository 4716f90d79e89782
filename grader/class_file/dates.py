"""Due dates, durations and times of handing in. Every moment is aware of its time zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

END_OF_DAY = time(23, 59, 59, 999999)  # of a due date without a time
DAY = timedelta(days=1)
_UNITS = {
    "min": timedelta(minutes=1),
    "minute": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "hour": timedelta(hours=1),
    "d": DAY,
    "day": DAY,
    "week": timedelta(weeks=1),
}
_DURATION = re.compile(r"(\d{1,4}(?:\.\d+)?)\s*([a-z]+?)s?", re.IGNORECASE)
_NAMED_ZONE = re.compile(r"(?P<when>.*\d)\s*(?P<zone>UTC|GMT|Z|[A-Z][A-Za-z_]+/[A-Za-z_/+-]+)", re.DOTALL)
_HUMAN = ("%A, %d %B %Y, %I:%M %p", "%d %B %Y, %I:%M %p", "%A, %d %B %Y, %H:%M", "%d %B %Y, %H:%M")  # Moodle
HOW = 'Write it as 2026-11-20 or "2026-11-20 18:00".'


class BadDate(ValueError):
    """A date, time, zone or duration that cannot be understood; the text says what to write."""


def zone_of(name: object) -> tzinfo:
    """The time zone of that name, such as Europe/Berlin.

    Raises
    ------
    BadDate
    """
    if isinstance(name, str):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    raise BadDate(
        f'{name!r} is no time zone. Write one such as "Europe/Berlin", "America/New_York" or "UTC".'
    )


def due_date(value: object, zone: tzinfo | None) -> datetime:
    """When something is due; a date without a time means the end of that day.

    Raises
    ------
    BadDate
        If it is no date, or there is no time zone to read it in.
    """
    if isinstance(value, str):
        value = _from_text(value)
    if isinstance(value, datetime):
        return _aware(value, zone)
    if isinstance(value, date):
        return _aware(datetime.combine(value, END_OF_DAY), zone)
    raise BadDate(f"{value!r} is no date. {HOW}")


def moment(text: str, zone: tzinfo | None) -> datetime:
    """When something was handed in; it must have a time of day.

    Raises
    ------
    BadDate
    """
    value = _from_text(text)
    if not isinstance(value, datetime):
        raise BadDate(f'{text!r} has no time of day. Write it as "2026-11-20 18:00".')
    return _aware(value, zone)


def duration(value: object) -> timedelta:
    """`"15 min"`, `"2 h"`, `"3 days"`, `"1 week"`.

    Raises
    ------
    BadDate
    """
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    unit = _UNITS.get(match[2].lower()) if match else None
    if match is None or unit is None:
        raise BadDate(f'{value!r} is no length of time. Write it as "15 min", "2 h" or "3 days".')
    return float(match[1]) * unit


def lateness(handed_in: datetime, due: datetime, zone: tzinfo | None) -> timedelta:
    """How much too late, zero if in time. By the clock on the wall: a day late ends at the same hour of the next day,
    also where clocks are set forward or back in between."""
    place = zone or due.tzinfo or UTC
    handed_in, due = (
        handed_in.astimezone(UTC),
        due.astimezone(UTC),
    )  # two times of one zone compare without it
    if handed_in <= due:
        return timedelta(0)
    late = handed_in.astimezone(place).replace(tzinfo=None) - due.astimezone(place).replace(tzinfo=None)
    late = timedelta(seconds=late // timedelta(seconds=1))
    # In the hour that a clock repeats the wall tells nothing; less than a second is in time.
    return (
        late
        if late > timedelta(0)
        else max(timedelta(0), timedelta(seconds=(handed_in - due) // timedelta(seconds=1)))
    )


def in_words(length: timedelta) -> str:
    """`2 days 3 h`, at most two units, rounded down; never nothing."""
    minutes = int(length.total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    pieces = [f"{days} day{'s' * (days != 1)}"] if days else []
    pieces += [f"{hours} h"] if hours else []
    pieces += [f"{rest} min"] if rest and not days else []
    return " ".join(pieces) or "less than 1 min"


def _aware(value: datetime, zone: tzinfo | None) -> datetime:
    if value.tzinfo is not None:
        return value
    if zone is None:
        raise BadDate(
            f'{value:%Y-%m-%d} has no time zone. Add timezone = "Europe/Berlin" (yours) to class.toml.'
        )
    return value.replace(tzinfo=zone)


def _from_text(text: str) -> date | datetime:
    """ISO 8601, with a blank or T, with an offset or a name of a zone behind it; or as Moodle writes it in English."""
    text = " ".join(text.split())
    try:
        if match := _NAMED_ZONE.fullmatch(text):
            zone = UTC if match["zone"] in ("UTC", "GMT", "Z") else zone_of(match["zone"])
            value = _from_text(match["when"])
            if not isinstance(value, datetime) or value.tzinfo is not None:
                raise BadDate(f"{text!r} is no date. {HOW}")
            return value.replace(tzinfo=zone)
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text)
        if re.match(r"\d{4}-\d\d-\d\d[T ]\d", text):
            return datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-"))
    except ValueError as error:
        if isinstance(error, BadDate):
            raise
        raise BadDate(f"{text!r} is no date ({error}). {HOW}") from None
    for form in _HUMAN:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    raise BadDate(f"{text!r} is no date. {HOW}")
