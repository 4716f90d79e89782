"""`kata export`: each format by its schema or a reader of its own, with names and marks that real classes have."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import re
import shlex
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.class_file.record import update_record
from grader.cli import kata
from grader.course import Course
from grader.errors import UsageError
from grader.export.document import SCHEMA_PATH
from grader.export.raw_csv import RawCsv, number_of, unquoted, written
from grader.store import Store

sys.path.insert(0, str(Path(__file__).parent))
import synthetic
import tiny
import zips

HERE = Path(__file__).parent
linux = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
NAMES = [
    'Comma, "Quoted"', "Ünï Çödé 学生", "=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "two\nlines", "bell\x07tab\tnul\x00",
    "half\udcff", "plain", "<b>&amp;</b>", "\u202egnp.exe", "'quoted",
]  # fmt: skip
STRANGE = {f"s{n:02}": name for n, name in enumerate(NAMES)}

EXERCISM = {  # of the interface's description
    "type": "object",
    "additionalProperties": False,
    "required": ["version", "status", "tests"],
    "properties": {
        "version": {"const": 3},
        "status": {"enum": ["pass", "fail", "error"]},
        "message": {"type": "string", "maxLength": 65535},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "status"],
                "properties": {
                    "name": {"type": "string", "minLength": 1},
                    "status": {"enum": ["pass", "fail", "error"]},
                    "message": {"type": "string", "maxLength": 65535},
                    "test_code": {"type": "string"},
                    "output": {"type": "string", "maxLength": 500},
                    "task_id": {"type": "integer", "minimum": 1},
                },
                "if": {"properties": {"status": {"const": "pass"}}},
                "then": {"not": {"required": ["message"]}},
                "else": {"required": ["message"]},
            },
        },
    },
    "if": {"properties": {"status": {"const": "error"}}},
    "then": {"required": ["message"]},
    "else": {"not": {"required": ["message"]}, "properties": {"tests": {"minItems": 1}}},
}


def marked(
    student: str, score: float, *, chapter: str = "ch04_losses", bonus: float = 0.0, **changes: object
):
    return synthetic.make_result(student, chapter, score=score, max_score=10.0, bonus=bonus, **changes)


def grades_of(out: Path, results: list, class_text: str = "", **files: str) -> Path:
    """A folder of grades with these results, and a class file beside it."""
    with Store(out) as store:
        for result in results:
            store.save(result, "key")
        store.write_csv()
    if class_text:
        for name, text in {**files, "class": class_text}.items():
            path = out.parent / (f"{name}.csv" if name != "class" else "class.toml")
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
        update_record(out, out.parent / "class.toml", [], {})
    return out


def export(kind: str, folder: Path, *arguments: object) -> Result:
    return CliRunner().invoke(kata, ["export", kind, str(folder), *map(str, arguments)])


def written_to(path: Path, done: Result) -> bytes:
    assert done.exit_code == 0, (done.output, done.exception)
    return path.read_bytes()


def refused(done: Result) -> str:
    assert isinstance(done.exception, UsageError), (done.output, done.exception)
    assert done.exception.exit_code == 2
    return str(done.exception)


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.fixture
def strange(tmp_path: Path) -> Path:
    """A class of strange names, with every kind of result."""
    results = []
    for n, (student, name) in enumerate(STRANGE.items()):
        result = synthetic.make_result(name if n % 2 else student, "ch04_losses", seed=n)
        result.identity = {"lms": "moodle", "id": str(100 + n), "name": name}
        results.append(result)
        results.append(
            synthetic.empty(synthetic.make_result(result.student, "ch07_training"), "missing", "nothing")
        )
    synthetic.empty(results[4], "rejected", "bad \x00 bytes \udcff and <tags>")
    results[6].override = {"score": 3.25, "reason": '=1+1, "oral"\nexam', "by": "@ta"}
    return grades_of(tmp_path / "grades", results)


# tables and documents ----------------------------------------------------------------------------------------------


def test_no_cell_of_a_table_is_a_formula(strange, tmp_path):
    """commas, quotes, line breaks and letters of all kinds survive; nothing begins as a formula; no control characters"""
    for layout in ("long", "wide"):
        data = written_to(
            tmp_path / f"{layout}.csv",
            export("csv", strange, "--layout", layout, "--out", tmp_path / f"{layout}.csv"),
        )
        rows = rows_of(data)
        for row in rows:
            for cell in (c for c in row.values() if c):
                assert cell[0] not in "=+@\t\r\n" and (cell[0] != "-" or number_of(cell[1:]) is not None), (
                    cell
                )
                assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", cell.replace("\n", "").replace("\t", ""))
        names = [r["name"].removeprefix("'") for r in rows]
        assert {'Comma, "Quoted"', "Ünï Çödé 学生", "=HYPERLINK(1)", "two\nlines"} <= set(names)
        assert len(rows) == len(NAMES) * (2 if layout == "long" else 1)
    by_hand = [r for r in rows_of((tmp_path / "long.csv").read_bytes()) if r["override"]]
    assert [(r["final"], r["override_reason"]) for r in by_hand] == [("3.25", '\'=1+1, "oral"\nexam')]


def test_json_is_strict_and_fits_its_schema(strange, tmp_path):
    """one document, no NaN, valid by the schema in the package"""
    data = written_to(tmp_path / "m.json", export("json", strange, "--out", tmp_path / "m.json"))

    def no_constant(name: str) -> None:
        raise AssertionError(name)

    told = json.loads(data, parse_constant=no_constant)
    jsonschema.validate(told, json.loads(SCHEMA_PATH.read_text("utf-8")), jsonschema.Draft202012Validator)
    assert len(told["students"]) == len(NAMES)
    statuses = Counter(m["status"] for s in told["students"] for m in s["marks"])
    assert statuses["missing"] == len(NAMES) and statuses["rejected"] == 1
    assert synthetic.SECRET not in data.decode()


def test_missing_is_empty_or_zero(tmp_path):
    """without an option there is no mark, with --missing zero it is 0, the class file decides otherwise"""
    absent = synthetic.empty(marked("student01", 0.0), "missing", "nothing")
    out = grades_of(tmp_path / "grades", [absent, marked("student02", 4.0)], 'missing = "zero"\n')
    for arguments, expected in (([], "0"), (["--missing", "empty"], ""), (["--no-class"], "")):
        data = written_to(
            tmp_path / "m.csv", export("csv", out, "--out", tmp_path / "m.csv", "--force", *arguments)
        )
        assert [r["final"] for r in rows_of(data)] == [expected, "4"]


# XML ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["empty", "zero"])
def test_junit_counts_and_holds_only_what_students_may_read(strange, tmp_path, missing):
    """well-formed whatever the names are; the counts of each suite are those of its cases; no detail of a hidden test"""
    data = written_to(
        tmp_path / "j.xml", export("junit", strange, "--missing", missing, "--out", tmp_path / "j.xml")
    )
    assert synthetic.SECRET not in data.decode()
    suites = list(ElementTree.fromstring(data))
    assert len(suites) == 2 * len(NAMES)
    for suite in suites:
        cases = suite.findall("testcase")
        assert int(suite.get("tests")) == len(cases) > 0
        for tag, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert int(suite.get(attribute)) == sum(c.find(tag) is not None for c in cases)
        values = {p.get("name"): p.get("value") for p in suite.iter("property")}
        if values["status"] == "missing":
            assert (suite.get("failures"), suite.get("skipped")) == (
                ("1", "0") if missing == "zero" else ("0", "1")
            )
        points = [v.split("/") for k, v in values.items() if k.startswith("points ")]
        if values["status"] == "graded":
            assert sum(float(p) for p, _ in points) == pytest.approx(
                float(values["score"]) + float(values["bonus"])
            )


def test_junit_fits_the_schema_of_ci_servers(strange, tmp_path):
    """valid by an XML schema"""
    xmlschema = pytest.importorskip("xmlschema", reason="xmlschema comes with the extra dev")
    data = written_to(tmp_path / "j.xml", export("junit", strange, "--out", tmp_path / "j.xml"))
    xmlschema.XMLSchema(str(HERE / "junit.xsd")).validate(str(tmp_path / "j.xml"))
    broken = data.replace(b' tests="', b' test="', 1)
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        xmlschema.XMLSchema(str(HERE / "junit.xsd")).validate(broken.decode().partition("\n")[2])


def test_exercism_fits_its_interface(strange, tmp_path):
    """a results.json for each student and chapter, valid by the interface; no two students share a folder"""
    done = export("exercism", strange, "--out", tmp_path / "ex")
    assert done.exit_code == 0, done.output
    files = list((tmp_path / "ex").rglob("results.json"))
    assert len(files) == 2 * len(NAMES)
    statuses = Counter()
    for file in files:
        told = json.loads(file.read_text("utf-8"))
        jsonschema.validate(told, EXERCISM)
        assert synthetic.SECRET not in file.read_text("utf-8")
        statuses[told["status"]] += 1
        if told["status"] == "fail":
            assert any(t["status"] != "pass" for t in told["tests"])
    assert statuses["error"] == len(NAMES) + 1 and statuses["fail"] > 0
    assert "not empty" in refused(export("exercism", strange, "--out", tmp_path / "ex"))


# CSV that keeps its bytes ------------------------------------------------------------------------------------------

CELLS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=8)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=5),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\r\n", "\n"]),
    bom=st.booleans(),
)
def test_a_file_that_nobody_changes_keeps_every_byte(tmp_path_factory, rows, quoting, end, bom):
    """whatever a CSV writer wrote is read as it reads it, and written as it was"""
    text = io.StringIO()
    rows = [["head", "er"], *rows]
    csv.writer(text, quoting=quoting, lineterminator=end).writerows(rows)
    data = (b"\xef\xbb\xbf" if bom else b"") + text.getvalue().encode()
    path = tmp_path_factory.mktemp("raw") / "f.csv"
    path.write_bytes(data)
    book = RawCsv(path)
    assert book.data() == data
    if quoting == csv.QUOTE_ALL:
        assert [r.values for r in book.rows] == rows


def test_cells_by_hand(tmp_path):
    """quotes inside, line breaks inside, blanks after a quote, no last line end"""
    path = tmp_path / "f.csv"
    path.write_bytes(b'a,"b ""x"", y","c\r\nd" \n\n"",,e')
    book = RawCsv(path)
    assert [r.values for r in book.rows] == [["a", 'b "x", y', "c\r\nd "], [""], ["", "", "e"]]
    book.set(book.rows[2], 4, "1,5")
    book.set(book.rows[2], 0, "7")
    assert book.data() == b'a,"b ""x"", y","c\r\nd" \n\n"7",,e,,"1,5"'
    assert unquoted('"a""b"') == 'a"b'
    path.write_bytes(b'a,b\n"never closed,1\n')
    with pytest.raises(UsageError, match="line 2: a quote is never closed"):
        RawCsv(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("18.5", 18.5),
        ("18,5", 18.5),
        ("1,234.50", 1234.5),
        ("1.234,50", 1234.5),
        ("", None),
        ("EX", None),
        ("-", None),
        ("n/a", None),
    ],
)
def test_numbers_of_gradebooks(text, value):
    """decimal point or comma; what is no number is none"""
    assert number_of(text) == value


def test_marks_have_at_most_two_decimals():
    """short, rounded, with the comma where the file has it"""
    assert [written(v) for v in (10.0, 2.5, 2.345, 2.125, 0.0)] == ["10", "2.5", "2.35", "2.13", "0"]
    assert written(2.5, comma=True) == "2,5"


# Canvas ------------------------------------------------------------------------------------------------------------

CANVAS = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Chapter ch04: losses (4711),Essay (4712),Current Score,Final Score\r\n"
    ",,,,,Manual Posting,,(read only),(read only)\r\n"
    "    Points Possible,,,,,10.00,5,(read only),(read only)\r\n"
    '"One, Student",11,,,S1,,3,50,"50.0"\r\n'
    '"=CMD(), ""Q""",12,A-2,,"S,1","",4,,\r\n'
    "Drei Stüdent,13,,three@example.org,S1,7.00,,,\r\n"
    "Vier,14,student04,,S1,EX,,,\r\n"
    "Fünf,15,,student05,S1,2,,,\r\n"
    "Drei Stüdent,99,,,S1,,,,\r\n"
    '"Student, Test",98,,,S1,,,,\r\n'
)
ROSTER = "id,name,email,sis_id,canvas\nstudent01,A,,,11\nstudent02,B,,a-2,\nstudent03,Drei Stüdent,Three@Example.org,,\nstudent04,D,,,\nstudent05,E,,,\nstudent06,F,,,\n"


@pytest.fixture
def canvas(tmp_path: Path) -> Path:
    results = [marked(f"student0{n}", n + 0.125, bonus=1.0) for n in (1, 2, 3, 4)]
    results.append(synthetic.empty(marked("student05", 0.0), "missing", "nothing"))
    results.append(marked("student06", 6.0))
    results.append(marked("guest", 6.0))
    text = (
        'timezone = "UTC"\nroster = "roster.csv"\nbonus = "cap"\n[extensions.student02]\nch04 = "excused"\n'
    )
    (tmp_path / "canvas.csv").write_bytes(CANVAS.encode())
    return grades_of(tmp_path / "grades", results, text, roster=ROSTER)


def test_canvas_fills_one_column_and_nothing_else(canvas, tmp_path):
    """rows found by ID, SIS id and login; EX kept and written; every other byte as it was; who is left over is told"""
    done = export("canvas", canvas, "--into", tmp_path / "canvas.csv", "--out", tmp_path / "up.csv")
    data = written_to(tmp_path / "up.csv", done).decode()
    expected = (
        CANVAS.replace('S1,,3,50,"50.0"', 'S1,2.13,3,50,"50.0"')
        .replace('"S,1","",4', '"S,1","EX",4')
        .replace("S1,7.00,,", "S1,4.13,,")
    )
    assert data == expected
    assert "3 marks, 1 of them changed" in done.output
    assert "student04, ch04_losses: excused in Canvas, left as it is." in done.output
    assert "No place in the file for 2: student06, guest." in done.output
    assert "unknown here, left as they are, 2: Drei Stüdent, Student, Test." in done.output
    again = export("canvas", canvas, "--into", tmp_path / "up.csv", "--out", tmp_path / "again.csv")
    assert written_to(tmp_path / "again.csv", again).decode() == expected


def test_canvas_numbers_of_the_download_match_without_a_roster(tmp_path):
    """the number in the names of Canvas' download is the column ID; another number is another person"""
    found = marked("onestudent_11", 4.0)
    found.identity = {"lms": "canvas", "id": "11", "name": "onestudent"}
    other = marked("student05", 5.0)
    other.identity = {"lms": "canvas", "id": "77", "name": "x"}  # the login of row 15, but not its number
    out = grades_of(tmp_path / "grades", [found, other])
    (tmp_path / "canvas.csv").write_bytes(CANVAS.encode())
    done = export("canvas", out, "--into", tmp_path / "canvas.csv", "--out", tmp_path / "up.csv")
    assert written_to(tmp_path / "up.csv", done).decode() == CANVAS.replace(
        'S1,,3,50,"50.0"', 'S1,4,3,50,"50.0"'
    )
    assert "No place in the file for 1: student05" in done.output


def test_canvas_points_that_differ_want_a_decision(canvas, tmp_path):
    """a column worth 20 for a chapter worth 10 is never filled silently"""
    (tmp_path / "canvas.csv").write_bytes(CANVAS.replace(",10.00,", ",20.00,").encode())
    into = ["--into", tmp_path / "canvas.csv", "--out", tmp_path / "up.csv"]
    text = refused(export("canvas", canvas, *into))
    assert (
        "worth 20 points, ch04_losses 10" in text and "--scale" in text and not (tmp_path / "up.csv").exists()
    )
    assert "S1,4.25,3" in written_to(tmp_path / "up.csv", export("canvas", canvas, *into, "--scale")).decode()
    assert (
        "S1,2.13,3"
        in written_to(tmp_path / "up.csv", export("canvas", canvas, *into, "--no-scale", "--force")).decode()
    )


def test_canvas_decimal_commas_and_semicolons_stay(canvas, tmp_path):
    """a file with ; and 10,00 is filled in its own way"""
    text = "Student;ID;SIS Login ID;Section;losses\nPoints Possible;;;;10,00\nA;11;;S;\n"
    (tmp_path / "c.csv").write_text(text, "utf-8")
    done = export("canvas", canvas, "--into", tmp_path / "c.csv", "--out", tmp_path / "up.csv")
    assert written_to(tmp_path / "up.csv", done).decode() == text.replace("A;11;;S;", "A;11;;S;2,13")


@pytest.mark.parametrize(
    ("change", "arguments", "part"),
    [
        (("ch04: losses", "Homework"), [], "ch04_losses: no column"),
        (("Essay", "ch04 again"), [], "several columns may be ch04_losses"),
        (("", ""), ["--chapter", "ch04", "--column", "Nothing"], "no column has the title 'Nothing'"),
        (("", ""), ["--chapter", "ch04", "--column", "Final Score"], "no column has the title 'Final Score'"),
        (("Student,ID", "Name,Number"), [], "no columns Student and ID"),
        (("", ""), ["--chapter", "ch09"], "ch09 is not graded here"),
        (("10.00", "(read only)"), [], "is read only"),
        (("", ""), ["--strict"], "Nothing was written"),
    ],
)
def test_canvas_refuses_what_is_not_clear(canvas, tmp_path, change, arguments, part):
    """one line that says what to do; nothing is written"""
    (tmp_path / "canvas.csv").write_bytes(CANVAS.replace(*change, 1).encode())
    text = refused(
        export("canvas", canvas, "--into", tmp_path / "canvas.csv", "--out", tmp_path / "up.csv", *arguments)
    )
    assert part in text
    assert not (tmp_path / "up.csv").exists()


def test_canvas_never_fills_a_student_twice(canvas, tmp_path):
    """two rows of one student, by number and by SIS id: none is filled, both ways are told"""
    (tmp_path / "canvas.csv").write_bytes(CANVAS.replace("Fünf,15,,student05", "Fünf,,student01,").encode())
    done = export("canvas", canvas, "--into", tmp_path / "canvas.csv", "--out", tmp_path / "up.csv")
    assert 'S1,,3,50,"50.0"' in written_to(tmp_path / "up.csv", done).decode()
    assert "student01 has 2 rows in the gradebook file; none was filled" in done.output


def test_the_class_file_names_the_column(canvas, tmp_path):
    """canvas = "..." under a chapter does for --column"""
    class_file = tmp_path / "class.toml"
    class_file.write_text(class_file.read_text("utf-8") + '[chapters.ch04]\ncanvas = "Essay"\n', "utf-8")
    arguments = ["--into", tmp_path / "canvas.csv", "--out", tmp_path / "up.csv", "--no-scale"]
    assert ',2.13,50,"50.0"' in written_to(tmp_path / "up.csv", export("canvas", canvas, *arguments)).decode()


# Moodle ------------------------------------------------------------------------------------------------------------

HEADER = "Identifier,Full name,ID number,Email address,Status,Grade,Maximum grade,Grade can be changed,Last modified (submission),Last modified (grade),Feedback comments\r\n"
MOODLE = (
    "\ufeff" + HEADER + "Participant 101,A,,,Submitted for grading,,10.00,Yes,-,-,\r\n"
    'Participant 102,"B, =1",,,Submitted,5.00,10.00,Yes,-,"Friday, 20 November 2026, 1:00 PM","<p>old, ""text""</p>"\r\n'
    "Participant 103,C,student03,,No submission,,10.00,Yes,-,-,\r\n"
    "Participant 104,D,,D@example.org,Submitted,,10.00,No,-,-,\r\n"
    "Participant 105,E,,,Submitted,,10.00,Yes,-,-,\r\n"
)


@pytest.fixture
def moodle(tmp_path: Path) -> Path:
    results = [marked(f"student0{n}", 2.5 * n, bonus=6.0 if n == 2 else 0.0) for n in (1, 2, 3, 4)]
    for n, result in enumerate(results[:2], 101):
        result.identity = {"lms": "moodle", "id": str(n), "name": f"N <{n}>"}
    (tmp_path / "sheet.csv").write_bytes(MOODLE.encode())
    roster = "id,email,login\nstudent01,,one\nstudent02,,two\nstudent03,,\nstudent04,d@example.org,-four\n"
    return grades_of(tmp_path / "grades", results, 'roster = "roster.csv"\n', roster=roster)


def test_moodles_worksheet_is_filled(moodle, tmp_path):
    """rows found by Identifier, ID number and email; locked grades kept; above the maximum is the maximum, and told"""
    done = export("moodle", moodle, "--into", tmp_path / "sheet.csv", "--out", tmp_path / "up.csv")
    data = written_to(tmp_path / "up.csv", done).decode()
    expected = (
        MOODLE.replace("Submitted for grading,,", "Submitted for grading,2.5,")
        .replace("Submitted,5.00", "Submitted,10")
        .replace("No submission,,", "No submission,7.5,")
    )
    assert data == expected
    assert "student02: 11 points are more than Moodle's maximum; written as 10." in done.output
    assert "student04: Moodle does not let this grade be changed" in done.output
    assert "left as they are, 1: E." in done.output


def test_moodles_feedback_is_escaped_and_only_written_if_asked(moodle, tmp_path):
    """--feedback replaces Feedback comments by a sentence about the mark"""
    done = export(
        "moodle", moodle, "--into", tmp_path / "sheet.csv", "--feedback", "--out", tmp_path / "up.csv"
    )
    rows = rows_of(written_to(tmp_path / "up.csv", done))
    assert rows[0]["Feedback comments"] == "2.5 of 10 points."
    assert rows[4]["Feedback comments"] == ""


def test_a_new_worksheet_holds_what_moodle_needs(moodle, tmp_path):
    """Identifier, Grade and Last modified (grade) in Moodle's words, one line for each number of the download"""
    rows = rows_of(written_to(tmp_path / "w.csv", export("moodle", moodle, "--out", tmp_path / "w.csv")))
    assert [
        (r["Identifier"], r["Full name"], r["Grade"], r["Maximum grade"], r["Last modified (grade)"])
        for r in rows
    ] == [
        ("Participant 101", "N <101>", "2.5", "10", "-"),
        ("Participant 102", "N <102>", "10", "10", "-"),
    ]


def test_the_gradebook_import_holds_only_known_users(moodle, tmp_path):
    """one unknown user would stop Moodle's import; a key that a spreadsheet would run is left out and told"""
    with Store(moodle) as store:
        store.save(marked("guest", 1.0), "key")
    done = export("moodle", moodle, "--layout", "gradebook", "--out", tmp_path / "g.csv")
    rows = rows_of(written_to(tmp_path / "g.csv", done))
    assert [(r["username"], r["idnumber"], r["ch04_losses"]) for r in rows] == [
        ("one", "student01", "2.5"),
        ("two", "student02", "11"),
        ("", "student03", "7.5"),
    ]
    assert "student04, guest" in done.output and "run as a formula" in done.output


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--into", "canvas.csv"], "no grading worksheet"),
        (["--into", "sheet.csv", "--column", "Bewertung"], "Bewertung"),
        (["--into", "sheet.csv", "--layout", "gradebook"], "--into fills a worksheet"),
    ],
)
def test_moodle_refuses_what_is_not_clear(moodle, tmp_path, arguments, part):
    """one line that says what to do"""
    (tmp_path / "canvas.csv").write_bytes(CANVAS.encode())
    named = [tmp_path / a if a.endswith(".csv") else a for a in arguments]
    assert part in refused(export("moodle", moodle, *named, "--out", tmp_path / "up.csv"))


def test_a_worksheet_is_of_one_chapter(strange, tmp_path):
    """two chapters want --chapter; a class without numbers of Moodle wants a worksheet"""
    assert "Choose one with --chapter" in refused(export("moodle", strange, "--out", tmp_path / "w.csv"))
    out = grades_of(tmp_path / "other", [marked("student01", 1.0)])
    assert "No submission carries a number of Moodle" in refused(
        export("moodle", out, "--out", tmp_path / "w.csv")
    )


# files -------------------------------------------------------------------------------------------------------------


def test_nothing_is_overwritten_unless_asked(strange, tmp_path):
    """--force is needed; - writes to standard output; a folder is no file; the default lies in DIR/export"""
    (tmp_path / "m.csv").write_text("mine", "utf-8")
    assert "--force" in refused(export("csv", strange, "--out", tmp_path / "m.csv"))
    assert (tmp_path / "m.csv").read_text("utf-8") == "mine"
    assert export("csv", strange, "--out", tmp_path / "m.csv", "--force").exit_code == 0
    assert "is a folder" in refused(export("csv", strange, "--out", tmp_path, "--force"))
    assert export("json", strange).exit_code == 0
    assert (strange / "export" / "marks.json").is_file()
    assert export("csv", strange, "--out", "-").output.startswith("student,name,")


def test_what_was_graded_with_a_class_file_that_is_gone_says_so(moodle, tmp_path):
    """no roster is dropped silently"""
    (tmp_path / "class.toml").unlink()
    assert "is gone" in refused(export("csv", moodle))
    assert export("csv", moodle, "--no-class").exit_code == 0


def test_folders_without_grades(tmp_path):
    """a misspelt folder is told, and not made"""
    assert "holds no grades" in refused(export("csv", tmp_path / "grads"))
    assert not (tmp_path / "grads").exists()


# the page for instructors ------------------------------------------------------------------------------------------


@linux
def test_every_command_of_the_page_runs(tmp_path, monkeypatch):
    """grader/docs/lms.md from top to bottom, on a class of two, with the files that it speaks of"""
    course: Course = tiny.make_course(tmp_path / "course", {"ch04_losses": (tiny.SOLUTION, tiny.SUITE)})
    monkeypatch.setenv("NNKATA_COURSE", str(course.root))
    page = (HERE.parents[1] / "grader" / "docs" / "lms.md").read_text("utf-8")
    sections = page.split("\n## ")
    run: list[str] = []
    for section in sections[1:]:
        place = (
            "moodle" if section.startswith("Moodle") else "canvas"
        )  # the last ones go on with these grades
        folder = tmp_path / place
        folder.mkdir(exist_ok=True)
        monkeypatch.chdir(folder)
        files = {f"{w}student_{n}_9{n}_losses.py": tiny.GOOD for n, w in ((11, "one"), (12, "two"))}
        (folder / "submissions.zip").write_bytes(zips.zipped(files))
        names = {f"Student {n}_{100 + n}_assignsubmission_file_/losses.py": tiny.GOOD for n in (1, 2)}
        (folder / "moodle.zip").write_bytes(zips.zipped(names))
        (folder / "Grades-export.csv").write_text(CANVAS.replace("10.00", "5.00"), "utf-8")
        (folder / "worksheet.csv").write_text(MOODLE.replace("10.00", "5.00"), "utf-8")
        for line in re.findall(r"^ *\$ (kata .*)$", section, re.MULTILINE):
            words = shlex.split(line)[1:]
            run.append(words[0])
            if words[0] == "similar" and importlib.util.find_spec("copydetect") is None:
                continue  # it comes with the extra instructor; test_similar.py says that it is skipped
            if words[0] == "override":
                words[2] = "onestudent_11"
            done = CliRunner().invoke(kata, words)
            assert done.exit_code == 0, (line, done.output, done.exception)
    assert Counter(run) == {"grade": 2, "override": 1, "export": 8, "similar": 1}
    filled = (tmp_path / "canvas" / "Grades-import.csv").read_text("utf-8")
    assert 'S1,4,3,50,"50.0"' in filled and '"S,1","5",4' in filled
    uploaded = rows_of((tmp_path / "moodle" / "upload.csv").read_bytes())
    assert [r["Grade"] for r in uploaded] == ["5", "5.00", "", "", ""]
