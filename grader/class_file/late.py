"""What lateness costs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from grader.class_file.dates import DAY

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class LatePolicy:
    """Percent off for lateness.

    Attributes
    ----------
    percent : off for each unit begun.
    unit : a day or an hour.
    at_most : percent, however late.
    grace : up to here lateness costs nothing; beyond, it counts from the due date.
    nothing_after : later than this counts 0; None: never.
    steps : instead of `percent`: (up to this late, percent off), rising; later than the last counts 0.
    of : 'score': percent of the student's points; 'maximum': of the chapter's points.
    """

    percent: float = 0.0
    unit: timedelta = DAY
    at_most: float = 100.0
    grace: timedelta = timedelta(0)
    nothing_after: timedelta | None = None
    steps: tuple[tuple[timedelta, float], ...] = ()
    of: str = "score"

    def percent_off(self, late: timedelta) -> float:
        """Percent that so much lateness costs, 0 to 100."""
        if late <= max(self.grace, timedelta(0)):
            return 0.0
        if self.nothing_after is not None and late > self.nothing_after:
            return 100.0
        if self.steps:
            return next((percent for until, percent in self.steps if late <= until), 100.0)
        return min(self.at_most, self.percent * self.units(late))

    def units(self, late: timedelta) -> int:
        """Days (or hours) begun."""
        return math.ceil(late / self.unit)

    def penalty(self, points: float, maximum: float, percent: float) -> float:
        """Points to be taken off; never more than there are."""
        base = maximum if self.of == "maximum" else points
        return min(points, base * percent / 100)
