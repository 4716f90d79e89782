"""JUnit XML as pytest writes it (family xunit2): a suite for each student and chapter, a case for each hidden test.

The format has no field for points, and its schema allows properties at a suite only: there they stand, as "1.5/2" under
`points NAME OF THE TEST`. The title of a test is its `system-out`. Only what a student may read is in it.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from grader.export import Export
from grader.export.tables import stamp
from grader.marks_of_class import Mark, Marks
from grader.results import TestResult

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
BROKEN = {
    "rejected": "could not be read",
    "conflict": "several submissions, none counts",
    "grader_error": "the grader failed",
}


def junit(marks: Marks) -> Export:
    """The whole class. A missing submission is a failure if it counts 0, else skipped."""
    root = ElementTree.Element("testsuites", name="nnkata")
    for mark in marks:
        root.append(_suite(mark))
    ElementTree.indent(root, " ")
    data = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"
    return Export(data, filled=sum(m.final is not None for m in marks))


def _suite(mark: Mark) -> ElementTree.Element:
    cases = [_case(mark, t) for t in (mark.result.tests if mark.result else ())] or [_whole(mark)]
    kinds = [child.tag for case in cases for child in case]
    result = mark.result
    suite = ElementTree.Element(
        "testsuite",
        name=legal(f"{mark.student}.{mark.chapter}"),
        tests=str(len(cases)),
        failures=str(kinds.count("failure")),
        errors=str(kinds.count("error")),
        skipped=str(kinds.count("skipped")),
        time=f"{result.seconds if result else 0:.3f}",
    )
    if result and result.started:
        suite.set("timestamp", result.started.partition(".")[0].removesuffix("Z").removesuffix("+00:00"))
    values = {
        "student": mark.student, "name": mark.name, "chapter": mark.chapter, "status": mark.status, "score": mark.score,
        "bonus": mark.bonus, "max_score": mark.max_score, "handed_in": stamp(mark.handed_in), "due": stamp(mark.due),
        "penalty": mark.penalty, "final": mark.final,
    }  # fmt: skip
    points = {
        f"points {_name(t)}": f"{t.points:g}/{t.max_points:g}" for t in (result.tests if result else ())
    }
    suite.append(_properties({**{k: v for k, v in values.items() if v is not None}, **points}))
    suite.extend(cases)
    return suite


def _case(mark: Mark, test: TestResult) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname=legal(f"{mark.chapter}.{test.exercise}"),
        name=_name(test),
        time=f"{test.seconds or 0:.3f}",
    )
    if test.verdict != "passed":
        tag = {"grader_error": "error", "skipped": "skipped"}.get(test.verdict, "failure")
        message = test.message or test.verdict
        found = ElementTree.SubElement(
            case, tag, type=test.verdict, message=legal(message.partition("\n")[0])
        )
        words = [
            message,
            f"Limit: {test.limit}." if test.limit else "",
            test.diagnosis.text if test.diagnosis else "",
        ]
        found.text = legal("\n".join(w for w in words if w))
    ElementTree.SubElement(case, "system-out").text = legal(test.title)
    return case


def _name(test: TestResult) -> str:
    return legal(test.id.rpartition("::")[2] or test.id)


def _whole(mark: Mark) -> ElementTree.Element:
    """A case for a submission of which no test ran."""
    case = ElementTree.Element("testcase", classname=legal(mark.chapter), name="submission", time="0.000")
    if mark.status in BROKEN:
        notes = mark.result.notes if mark.result and mark.status == "rejected" else []
        found = ElementTree.SubElement(case, "error", type=mark.status, message=BROKEN[mark.status])
        found.text = legal("\n".join(notes)) or None
    elif mark.by_hand is None:
        tag = "skipped" if mark.final is None else "failure"
        ElementTree.SubElement(case, tag, type=mark.status, message=mark.explanation)
    return case


def _properties(values: dict[str, object]) -> ElementTree.Element:
    found = ElementTree.Element("properties")
    for name, value in values.items():
        text = f"{value:g}" if isinstance(value, float) else str(value)
        ElementTree.SubElement(found, "property", name=name, value=legal(text))
    return found


def legal(text: str) -> str:
    """Without characters that XML cannot hold."""
    return _ILLEGAL.sub("\ufffd", text)
