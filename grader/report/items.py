"""How well a test tells the strong from the weak: the corrected point-biserial correlation.

The correlation, over the students, of what an item gave with the points of the *rest* of the chapter: without "rest" every
item would correlate with itself. Unlike the difference between the upper and the lower 27 %, it uses every student, so
it says something from ten students on. Sums suffice, so 10,000 students cost no more memory than ten.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LEAST_STUDENTS = 10  # fewer say nothing
LEAST_EACH = 2  # students who have it, and students who have not


@dataclass(slots=True)
class Discrimination:
    """Gathers one item over the class.

    Attributes
    ----------
    part : how much of one unit of the item is in the total: 1 for points of an exercise, the points of a test that is
        counted as 0 or 1, 0 for bonus.
    """

    part: float = 1.0
    n: int = 0
    full: int = 0
    item: float = 0.0
    item2: float = 0.0
    total: float = 0.0
    total2: float = 0.0
    both: float = 0.0

    def add(self, item: float, total: float, full: bool) -> None:
        """One student: what the item gave, the points of the whole chapter without bonus, whether it gave everything."""
        self.n += 1
        self.full += full
        self.item += item
        self.item2 += item * item
        self.total += total
        self.total2 += total * total
        self.both += item * total

    @property
    def value(self) -> float | None:
        """-1 to 1; None if there are too few students, or all are alike."""
        if self.n < LEAST_STUDENTS or not LEAST_EACH <= self.full <= self.n - LEAST_EACH:
            return None
        n, k = self.n, self.part
        rest = self.total - k * self.item
        rest2 = self.total2 - 2 * k * self.both + k * k * self.item2
        both = self.both - k * self.item2
        spread = n * self.item2 - self.item**2
        spread_of_rest = n * rest2 - rest**2
        # Sums of floats leave dust where all are equal.
        if spread <= 1e-9 * n * self.item2 or spread_of_rest <= 1e-9 * n * max(self.total2, 1e-12):
            return None
        value = (n * both - self.item * rest) / math.sqrt(spread * spread_of_rest)
        return max(-1.0, min(1.0, value))
