"""Marks in the formats of other programs. Each function takes `grader.marks_of_class.Marks` and gives bytes.

`canvas` fills a column of Canvas' own gradebook file, `moodle` Moodle's grading worksheet or a gradebook import, `tables`
writes CSV, `document` one JSON document, `junit` JUnit XML, `exercism` results of Exercism's test runner interface.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Export:
    """What was made.

    Attributes
    ----------
    data : the file.
    filled : marks that are in it.
    changed : of those, how many replaced another mark of the file.
    ours : students who have no place in it. theirs: its rows that are nobody here.
    remarks : what else a person should know, a line each.
    """

    data: bytes
    filled: int = 0
    changed: int = 0
    ours: list[str] = field(default_factory=list)
    theirs: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
