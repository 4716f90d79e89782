"""class.toml: people, dates and lateness; what is wrong is told in one line, and nobody's work is lost."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from grader.class_file import find_class_file, read_class
from grader.class_file.dates import BadDate, due_date, duration, in_words, lateness, moment
from grader.class_file.late import LatePolicy
from grader.class_file.people import People, Person, read_people
from grader.class_file.record import read_record
from grader.cli import kata
from grader.course import Course
from grader.errors import UsageError
from grader.marks_of_class import Marks, marks_of_class
from grader.store import Store

sys.path.insert(0, str(Path(__file__).parent))
import synthetic
import tiny
import zips

BERLIN = ZoneInfo("Europe/Berlin")
linux = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
LAZY = tiny.GOOD.replace("s += v", "s -= v")


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return tiny.make_course(
        tmp_path / "course", dict.fromkeys(("ch01_tiny", "ch02_next"), (tiny.SOLUTION, tiny.SUITE))
    )


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def grade(course: Course, *arguments: object) -> Result:
    return CliRunner().invoke(kata, ["grade", *map(str, arguments), "--course", str(course.root)])


def told(result: Result) -> str:
    return str(result.exception) if isinstance(result.exception, UsageError) else result.output


def marks_in(out: Path, **options: object) -> Marks:
    record = read_record(out)
    with Store(out, read_only=True) as store:
        return marks_of_class(
            list(store.results()),
            class_file=read_class(record.class_file) if record.class_file else None,
            record=record,
            failures=store.failures(),
            **options,
        )


def problems(folder: Path, text: str, chapters: list[str] | None = None) -> list[str]:
    with pytest.raises(UsageError) as caught:
        read_class(put(folder / "class.toml", text), chapters)
    return str(caught.value).split("\n")


# dates -------------------------------------------------------------------------------------------------------------


def test_a_date_without_a_time_means_the_end_of_that_day():
    """due = 2026-11-20 is over when the 21st begins, in the zone of the class"""
    due = due_date(datetime(2026, 11, 20).date(), BERLIN)
    assert lateness(datetime(2026, 11, 20, 22, 59, 59, tzinfo=UTC), due, BERLIN) == timedelta(0)
    assert lateness(datetime(2026, 11, 20, 23, 0, 1, tzinfo=UTC), due, BERLIN) == timedelta(seconds=1)


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-07-01 18:00", "2026-07-01T16:00"),
        ("2026-12-01 18:00", "2026-12-01T17:00"),
        ("2026-12-01T18:00:30+05:30", "2026-12-01T12:30:30"),
        ("2026-12-01 18:00 UTC", "2026-12-01T18:00"),
        ("2026-12-01 18:00:00.123456 America/New_York", "2026-12-01T23:00:00.123456"),
        ("2026-12-01 18:00:00 -0800", "2026-12-02T02:00"),
        ("Friday, 20 November 2026, 11:58 PM", "2026-11-20T22:58"),
    ],
)
def test_times_are_understood_with_their_zone(written, utc):
    """an offset, a name of a zone or the class's own zone; ISO or Moodle's English"""
    assert moment(written, BERLIN) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["soon", "2026-13-01", "2026-02-30 10:00", "20.11.2026", "", "2026-11-20 25:00", "٣"]
)
def test_bad_dates_say_how_to_write_them(written):
    """what is no date is refused with an example"""
    with pytest.raises(BadDate, match="Write it as"):
        due_date(written, BERLIN)


def test_a_time_of_handing_in_needs_a_time_of_day():
    """a date alone does not tell whether it was in time"""
    with pytest.raises(BadDate, match="no time of day"):
        moment("2026-11-20", BERLIN)


@pytest.mark.parametrize(
    ("written", "minutes"),
    [("15 min", 15), ("2h", 120), ("1.5 hours", 90), ("3 days", 4320), ("1 week", 10080)],
)
def test_durations(written, minutes):
    """a number and a unit"""
    assert duration(written) == timedelta(minutes=minutes)


@pytest.mark.parametrize("written", [3, "3", "three days", "-1 day", "1 year", ""])
def test_other_durations_are_refused(written):
    """without a unit that is known there is no length of time"""
    with pytest.raises(BadDate):
        duration(written)


def test_days_are_counted_by_the_clock_on_the_wall():
    """over the night in which clocks are set back, a day late ends at the same hour"""
    due = datetime(2026, 10, 24, 18, 0, tzinfo=BERLIN)
    assert lateness(datetime(2026, 10, 25, 18, 0, tzinfo=BERLIN), due, BERLIN) == timedelta(days=1)
    in_repeated_hour = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1)
    due_before = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=0)
    assert lateness(in_repeated_hour, due_before, BERLIN) == timedelta(minutes=40)


def test_lateness_in_words():
    """at most two units"""
    assert in_words(timedelta(days=1, hours=2, minutes=5)) == "1 day 2 h"
    assert in_words(timedelta(minutes=5)) == "5 min"
    assert in_words(timedelta(seconds=5)) == "less than 1 min"


# policies ----------------------------------------------------------------------------------------------------------

HOURS = {
    "on time": 0,
    "in grace": 0.25,
    "after grace": 0.3,
    "one day": 24,
    "day and a bit": 24.01,
    "long": 24 * 30,
}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (LatePolicy(), [0, 0, 0, 0, 0, 0]),
        (LatePolicy(percent=10, grace=timedelta(minutes=15)), [0, 0, 10, 10, 20, 100]),
        (LatePolicy(percent=10, at_most=50), [0, 10, 10, 10, 20, 50]),
        (LatePolicy(percent=10, at_most=50, nothing_after=timedelta(days=7)), [0, 10, 10, 10, 20, 100]),
        (LatePolicy(percent=1, unit=timedelta(hours=1)), [0, 1, 1, 24, 25, 100]),
        (LatePolicy(steps=((timedelta(days=1), 10), (timedelta(days=3), 30))), [0, 10, 10, 10, 30, 100]),
    ],
)
def test_what_lateness_costs(policy, expected):
    """percent for each day begun, a cap, a grace, an end, steps"""
    assert [policy.percent_off(timedelta(hours=h)) for h in HOURS.values()] == expected


def test_percent_of_the_maximum_never_takes_more_than_there_is():
    """20 percent of 10 points from a student with 1 point leaves 0"""
    assert LatePolicy(of="maximum").penalty(1.0, 10.0, 20) == 1.0
    assert LatePolicy(of="maximum").penalty(8.0, 10.0, 20) == 2.0
    assert LatePolicy(of="score").penalty(8.0, 10.0, 20) == pytest.approx(1.6)


# the file ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("duedate = 1", ["class.toml: duedate: unknown key"]),
        (
            "[chapters.ch01]\ndeu = 2026-11-20",
            ["class.toml: chapters.ch01.deu: unknown key. Known here: canvas, due"],
        ),
        (
            "[chapters.ch01]\ndue = 2026-11-20",
            ["class.toml: chapters.ch01.due: 2026-11-20 has no time zone. Add timezone"],
        ),
        ('timezone = "Mars/Base"', ["class.toml: timezone: 'Mars/Base' is no time zone."]),
        (
            'timezone = "UTC"\n[chapters.ch01]\ndue = "friday"',
            ["class.toml: chapters.ch01.due: 'friday' is no date."],
        ),
        (
            "[chapters.ch99]",
            ["class.toml: chapters.ch99: the course has no such chapter. It has ch01_tiny, ch02_next."],
        ),
        (
            "[chapters.ch01]\n[chapters.tiny]",
            ["class.toml: chapters.tiny: is the same chapter as chapters.ch01."],
        ),
        ("[chapters.ch01]\nweight = -1", ["class.toml: chapters.ch01.weight: -1 is no number"]),
        ("[chapters.ch01]\nweight = nan", ["class.toml: chapters.ch01.weight: nan is no number"]),
        (
            '[late]\npercent_per_day = 10\nsteps = [["1 day", 10]]',
            ["class.toml: late: percent_per_day and steps exclude"],
        ),
        (
            '[late]\nsteps = [["3 days", 10], ["1 day", 30]]',
            ["class.toml: late.steps: times and percents must rise."],
        ),
        (
            "[late]\npercent_per_day = 120",
            ["class.toml: late.percent_per_day: 120 percent is more than everything."],
        ),
        ("[late]\ngrace = 15", ["class.toml: late.grace: 15 is no length of time."]),
        ('missing = "none"', ["class.toml: missing: 'none' is not one of empty, zero."]),
        ('times = "mtime"', ["class.toml: times: 'mtime' is no source of times."]),
        (
            'times = "t.csv"',
            [
                "class.toml: times:",
            ],
        ),
        ('roster = "nobody.csv"', ["nobody.csv: cannot be read"]),
        ("roster = 3", ["class.toml: roster: is the name of a CSV file."]),
        ("chapters = 3", ["class.toml: chapters: is a table. Write it under a line [chapters]."]),
        ("a = ", ["not valid TOML"]),
        (
            '[extensions.student01]\nch01 = "3 days"',
            ["class.toml: extensions.student01.ch01: 3 days more, but the chapter has no due date."],
        ),
        ('timezone = 3\nbonus = "x"', ["class.toml: timezone: 3", "class.toml: bonus: 'x'"]),
    ],
)
def test_what_is_wrong_is_told_with_file_and_key(tmp_path, text, expected):
    """every problem is a line of its own: file, key, what to do"""
    found = problems(tmp_path, text, ["ch01_tiny", "ch02_next"])
    assert len(found) == len(expected)
    for line, part in zip(found, expected):
        assert part in line


def test_the_example_of_the_page_is_read(tmp_path):
    """the class file and the roster of grader/docs/class.md hold no problem and say what the page says"""
    page = (Path(__file__).parents[2] / "grader" / "docs" / "class.md").read_text("utf-8")
    toml, roster = (page.split(f"```{kind}\n")[1].split("```")[0] for kind in ("toml", "csv"))
    put(tmp_path / "roster.csv", f"{roster}student03,Three,,\n")
    put(tmp_path / "times.csv", "student,chapter,time\n")
    found = read_class(put(tmp_path / "class.toml", toml), ["ch00_toolbox", "ch04_losses"])
    assert found.due("student01", "ch04_losses") == datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
    assert found.due("student03", "ch04_losses").date().isoformat() == "2026-11-27"
    assert found.rule("ch04_losses").late.percent_off(timedelta(days=6)) == 50
    assert found.people.by_id["student01"].name == "One, Student"


def test_an_extension_of_a_stranger_is_refused(tmp_path):
    """a misspelt student would lose the extension silently"""
    put(tmp_path / "roster.csv", "id\nstudent01\n")
    text = 'timezone = "UTC"\nroster = "roster.csv"\n[extensions.studnet01]\nch01 = 2026-11-20'
    assert problems(tmp_path, text) == [
        "class.toml: extensions.studnet01: is not in the roster. Write the id as it stands there."
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name,email\nA,b", "no column id"),
        ("id,name\nstudent01,A\nstudent02,B\nstudent01,C", "line 4: id student01 stands in line 2 already"),
        ("id,name\nStudent01,A\nstudent01,C", "line 3: id student01 stands in line 2 already"),
        ("id,email\na,x@y\nb,X@Y", "line 3: email X@Y stands in line 2 already"),
        ("id,name\n,A", "line 2: no id"),
        ("id,name\nstudent01,One, Student", "line 2: 3 cells, but 2 columns"),
        ("id,name\n", "nobody is in it"),
        ("", "empty"),
        ("id,id\na,b", "the column id is there twice"),
    ],
)
def test_a_bad_roster_is_told_with_its_line(tmp_path, text, expected):
    """file, line, what to do"""
    with pytest.raises(UsageError, match=r"roster\.csv") as caught:
        read_people(put(tmp_path / "roster.csv", text))
    assert expected in str(caught.value)


def test_rosters_of_spreadsheets_are_read(tmp_path):
    """a byte order mark, semicolons, UTF-16, quotes and other headings do not matter"""
    path = tmp_path / "roster.csv"
    text = (
        'Student ID;Last name;First name;E-Mail;Section\r\ns1;"O;Zwei";Ä;a@b;X\r\n\r\ns2;"Zei\r\nle";B;;\r\n'
    )
    for data in (b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16")):
        path.write_bytes(data)
        people = read_people(path)
        assert [(p.id, p.name, p.section, p.line) for p in people.list] == [
            ("s1", "Ä O;Zwei", "X", 2),
            ("s2", "B Zei le", "", 4),
        ]
    path.write_bytes("id\nÄ".encode("latin-1"))
    with pytest.raises(UsageError, match="line 2: not UTF-8"):
        read_people(path)


PEOPLE = People(
    [
        Person("s1", "One, Student", "one@x", login="one", canvas="11", folder="first"),
        Person("s2", "Étudiant Deux", "zwei@x", sis_id="S-2", moodle="1002 1077"),
        Person("s3", "Student Same"),
        Person("s4", "Student Same", folder="Student Same_1009"),
        Person("1", "Digit"),
    ]
)


@pytest.mark.parametrize(
    ("name", "identity", "expected"),
    [
        ("s1", {}, "s1"),
        (" S1 ", {}, "s1"),
        ("first", {}, "s1"),
        ("ONE@x", {}, "s1"),
        ("One Student", {}, "s1"),
        ("student one", {}, "s1"),
        ("onestudent_99", {"lms": "canvas", "id": "99", "name": "onestudent"}, "s1"),
        ("whoever_11", {"lms": "canvas", "id": "11", "name": "whoever"}, "s1"),
        ("whoever_11", {"lms": "moodle", "id": "11", "name": "whoever"}, None),
        ("Participant_1077", {"lms": "moodle", "id": "1077", "name": "Participant"}, "s2"),
        ("Étudiant Deux_5", {"lms": "moodle", "id": "5", "name": "E\u0301tudiant  Deux"}, "s2"),
        ("tudiantdeux_5", {"lms": "canvas", "id": "5", "name": "tudiantdeux"}, "s2"),
        ("s-2", {}, "s2"),
        ("Student Same", {}, None),
        ("Student Same_1009", {"lms": "moodle", "id": "1009", "name": "Student Same"}, "s4"),
        ("s3", {"lms": "nbgrader", "id": "s3"}, "s3"),
        ("x1", {"lms": "nbgrader", "id": "x1"}, None),
        ("", {}, None),
        ("...", {}, None),
    ],
)
def test_the_rule_by_which_submissions_find_their_people(name, identity, expected):
    """platform number, folder, id, login, name, in this order; two of the same name are nobody's"""
    found = PEOPLE.match(name, identity).person
    assert (found.id if found else None) == expected


def test_ambiguous_names_say_who_it_may_be():
    """both candidates are told"""
    assert [p.id for p in PEOPLE.match("Student Same").candidates] == ["s3", "s4"]


# where it lies -----------------------------------------------------------------------------------------------------


def test_the_class_file_is_never_taken_from_a_students_work(tmp_path, course):
    """beside the submissions or around them; what a student handed in is not asked"""
    folder = tiny.hand_in(tmp_path / "work" / "submissions", student01=tiny.GOOD, student02=tiny.GOOD)
    for own in (folder / "student01", folder / "student01" / "ch01_tiny"):
        put(own / "class.toml", "")
    put(folder / "student02" / "ch01_tiny" / "tiny.py", tiny.GOOD)
    put(folder / "student02" / "class.toml", "")
    single = folder / "student01" / "tiny.py"
    chapter = folder / "student02" / "ch01_tiny" / "tiny.py"
    for path in (folder, folder / "student01", folder / "student02", single, chapter):
        assert find_class_file([path], course) is None
    around = put(tmp_path / "work" / "class.toml", "")
    for path in (folder, folder / "student01", single, chapter):
        assert find_class_file([path], course) == around
    beside = put(folder / "class.toml", "")
    for path in (folder, folder / "student01", single, chapter):
        assert find_class_file([path], course) == beside


def test_two_class_files_want_a_choice(tmp_path, course):
    """submissions of two classes are not mixed silently"""
    for name in "ab":
        tiny.hand_in(tmp_path / name, student01=tiny.GOOD, student02=tiny.GOOD)
        put(tmp_path / name / "class.toml", "")
    with pytest.raises(UsageError, match="--class"):
        find_class_file([tmp_path / "a", tmp_path / "b"], course)


# grading a class ---------------------------------------------------------------------------------------------------

CLASS = """
timezone = "Europe/Berlin"
roster = "roster.csv"
times = "times.csv"
[late]
percent_per_day = 10
grace = "15 min"
[chapters.ch01]
due = 2026-11-20
[extensions]
student02 = {ch01 = "2 days"}
student05 = {ch01 = "excused"}
"""
ROSTER = 'id,name,email\nstudent01,"One, Student",\nstudent02,Two,\nstudent03,Three,\nstudent04,Four,\nstudent05,Five,\n'
TIMES = """student,chapter,time
student01,ch01,2026-11-21 00:15
student02,ch01_tiny,2026-11-22 23:00
Four,tiny,2026-11-23 10:00
student03,ch09,whenever
"""


@linux
def test_a_class_is_graded_by_its_file(tmp_path, course):
    """ids of the roster, missing ones listed, lateness with grace and extensions, strangers told"""
    folder = tmp_path / "submissions"
    tiny.hand_in(
        folder, student01=tiny.GOOD, Two=tiny.GOOD, student04=LAZY, student05=tiny.GOOD, guest=tiny.GOOD
    )
    put(folder / "guest" / "next.py", tiny.GOOD)
    put(folder / "class.toml", CLASS)
    put(folder / "roster.csv", ROSTER)
    put(folder / "times.csv", TIMES)
    out = tmp_path / "grades"
    done = grade(course, folder, "--out", out, "--jobs", 2)
    assert done.exit_code == 0, told(done)
    assert "Handed in nothing for ch01_tiny: student03" in done.output
    assert "guest is not in roster.csv" in done.output
    assert "Graded for nobody" not in done.output and "ch02" not in done.output
    assert (out / "results" / "student02" / "ch01_tiny.json").is_file() and not (
        out / "results" / "Two"
    ).exists()
    marks = marks_in(out)
    assert {m.student: (m.status, m.raw, m.percent_off, m.final) for m in marks} == {
        "student01": ("graded", 5.0, 0.0, 5.0),
        "student02": ("graded", 5.0, 0.0, 5.0),
        "student03": ("missing", None, 0.0, None),
        "student04": ("graded", 3.0, 30.0, 2.1),
        "student05": ("excused", 5.0, 0.0, None),
        "guest": ("graded", 5.0, 0.0, 5.0),
    }
    assert [r for r in marks.remarks if "guest" in r] == [
        "ch01_tiny: times.csv has no time for guest; counted as in time."
    ]
    stored = json.loads((out / "results" / "student04" / "ch01_tiny.json").read_text("utf-8"))
    assert stored["score"] == 3.0 and "2.1" not in json.dumps(stored)

    # A corrected date needs no second grading; a mark by hand is final.
    put(folder / "class.toml", CLASS.replace("due = 2026-11-20", "due = 2026-11-24"))
    assert marks_in(out).of["student04", "ch01_tiny"].final == 3.0
    again = grade(course, folder, "--out", out)
    assert "0 graded, 6 already graded" in again.output


@linux
def test_results_graded_before_the_class_file_move_to_their_ids(tmp_path, course):
    """a roster that comes later renames what is there, marks by hand included, and grades nothing twice"""
    folder = tiny.hand_in(tmp_path / "submissions", Two=tiny.GOOD, student01=LAZY)
    out = tmp_path / "grades"
    assert grade(course, folder, "--out", out).exit_code == 0
    hand = ["override", str(out), "Two", "ch01", "4", "--reason", "oral", "--course", str(course.root)]
    assert CliRunner().invoke(kata, hand).exit_code == 0
    put(folder / "class.toml", 'roster = "roster.csv"')
    put(folder / "roster.csv", ROSTER)
    done = grade(course, folder, "--out", out)
    assert done.exit_code == 0 and "0 graded, 2 already graded, 3 handed in nothing" in done.output, told(
        done
    )
    assert {p.name for p in (out / "results").iterdir()} == {f"student0{n}" for n in range(1, 6)}
    assert not (out / "feedback" / "Two").exists()
    mark = marks_in(out).of["student02", "ch01_tiny"]
    assert mark.final == 4.0 and mark.by_hand["reason"] == "oral"


@linux
def test_a_partial_download_takes_nobodys_marks_away(tmp_path, course):
    """grading the late ones alone leaves everybody else's results as they are"""
    put(tmp_path / "class.toml", 'roster = "roster.csv"')
    put(tmp_path / "roster.csv", "id,name\ns1,Student One\ns2,Student Two\n")
    out = tmp_path / "grades"

    first, second = tmp_path / "first.zip", tmp_path / "late.zip"
    first.write_bytes(
        zips.zipped(
            {
                "Student One_7_assignsubmission_file_/tiny.py": tiny.GOOD,
                "Stranger_8_assignsubmission_file_/tiny.py": LAZY,
            }
        )
    )
    assert grade(course, first, "--out", out).exit_code == 0
    assert marks_in(out).of["s2", "ch01_tiny"].status == "missing"
    second.write_bytes(
        zips.zipped(
            {
                "Student Two_19_assignsubmission_file_/tiny.py": LAZY,
                "Stranger_18_assignsubmission_file_/tiny.py": LAZY,
            }
        )
    )
    assert grade(course, second, "--out", out).exit_code == 0
    marks = marks_in(out)
    assert (marks.of["s1", "ch01_tiny"].final, marks.of["s2", "ch01_tiny"].final) == (5.0, 3.0)
    assert marks.of["s2", "ch01_tiny"].identity["id"] == "19"


@linux
def test_two_submissions_of_one_person_count_only_when_a_person_decides(tmp_path, course):
    """both are graded under their own names, none counts, and a mark by hand settles it"""
    folder = tiny.hand_in(tmp_path / "submissions", student01=tiny.GOOD, **{"Student One": LAZY})
    put(folder / "class.toml", 'roster = "roster.csv"')
    put(folder / "roster.csv", ROSTER)
    out = tmp_path / "grades"
    done = grade(course, folder, "--out", out)
    assert done.exit_code == 0 and "student01 has 2 submissions for ch01_tiny" in done.output
    mark = marks_in(out).of["student01", "ch01_tiny"]
    assert mark.status == "conflict" and mark.final is None
    hand = [
        "override",
        str(out),
        "Student One",
        "ch01",
        "3",
        "--reason",
        "the later one",
        "--course",
        str(course.root),
    ]
    assert CliRunner().invoke(kata, hand).exit_code == 0
    assert marks_in(out).of["student01", "ch01_tiny"].final == 3.0


@linux
def test_one_path_of_a_named_student(tmp_path, course):
    """--student takes a zip file, a folder or a file as one student's, whatever its name"""
    archive = tmp_path / "upload.zip"
    archive.write_bytes(zips.zipped({"work/tiny.py": tiny.GOOD}))
    out = tmp_path / "grades"
    assert grade(course, archive, "--student", "student01", "--out", out).exit_code == 0
    assert (
        grade(
            course, put(tmp_path / "x" / "tiny (2).py", LAZY), "--student", "student02", "--out", out
        ).exit_code
        == 0
    )
    folder = tiny.hand_in(tmp_path / "y", whatever=tiny.GOOD)
    assert grade(course, folder, "--student", "student03", "--out", out).exit_code == 0
    assert {m.student: m.final for m in marks_in(out)} == {
        "student01": 5.0,
        "student02": 3.0,
        "student03": 5.0,
    }
    tiny.hand_in(folder, another=tiny.GOOD)
    for paths, part in (
        ([folder], "several students"),
        ([archive, archive], "one path"),
        ([tmp_path / "no"], "does not exist"),
    ):
        refused = grade(course, *paths, "--student", "student04", "--out", out)
        assert isinstance(refused.exception, UsageError) and part in told(refused)


# times of handing in -----------------------------------------------------------------------------------------------


def results(**changes: object) -> list:
    return [synthetic.make_result(f"student0{n}", "ch04_losses", skill=1.0, **changes) for n in (1, 2, 3)]


def test_canvas_late_counts_as_one_day_and_only_if_asked(tmp_path):
    """LATE does not say how late; with an extension here it says nothing"""
    text = 'timezone = "UTC"\n{}\n[late]\npercent_per_day = 10\n[chapters.ch04]\ndue = 2026-11-20\n[extensions.student02]\nch04 = "1 day"\n'
    found = results(notes=["Canvas marks this as handed in late."])
    found[2].notes = []
    asked = read_class(put(tmp_path / "a.toml", text.format('times = "canvas"')))
    marks = marks_of_class(found, class_file=asked)
    assert [m.percent_off for m in marks] == [10, 0, 0]
    assert any("student02" in r and "extension" in r for r in marks.remarks)
    unasked = marks_of_class(found, class_file=read_class(put(tmp_path / "b.toml", text.format(""))))
    assert [m.percent_off for m in unasked] == [0, 0, 0]
    assert any("nobody counts as late" in r for r in unasked.remarks)


def test_moodles_worksheet_tells_the_times(tmp_path):
    """Participant numbers and the dates of Last modified (submission)"""
    put(
        tmp_path / "sheet.csv",
        "Identifier,Full name,Grade,Last modified (submission),Last modified (grade)\n"
        'Participant 71,A,,"Saturday, 21 November 2026, 12:30 AM",-\nParticipant 72,B,,-,-\nParticipant 99,X,,"Friday, 20 November 2026, 9:00 AM",-\n',
    )
    text = 'timezone = "UTC"\n[late]\npercent_per_day = 10\n[chapters.ch04]\ndue = 2026-11-20\ntimes = "sheet.csv"\n'
    put(tmp_path / "roster.csv", "id\nstudent01\nstudent02\nstudent03\n")
    class_file = read_class(put(tmp_path / "class.toml", f'roster = "roster.csv"\n{text}'))
    found = results()
    for n, result in enumerate(found, 71):
        result.identity = {"lms": "moodle", "id": str(n), "name": "N"}
    marks = marks_of_class(found, class_file=class_file)
    assert [m.percent_off for m in marks] == [10, 0, 0]
    assert any("times of nobody in the class: Participant 99" in r for r in marks.remarks)


def test_bad_times_are_told_with_their_line(tmp_path):
    """no time is guessed"""
    class_file = 'timezone = "UTC"\ntimes = "times.csv"\n[chapters.ch04]\ndue = 2026-11-20\n'
    for text, part in (
        ("student,chapter,time\nstudent01,ch04,yesterday\n", "times.csv, line 2: 'yesterday' is no date"),
        ("student,chapter,time\nstudent01,ch04,2026-11-20\n", "line 2: '2026-11-20' has no time of day"),
        (
            "student,chapter,time\na,ch04,2026-11-20 10:00\na,losses,2026-11-20 11:00\n",
            "line 3: a, ch04_losses has another time in line 2",
        ),
        ("who,when\na,b\n", "must name the columns"),
    ):
        put(tmp_path / "times.csv", text)
        with pytest.raises(UsageError) as caught:
            marks_of_class(results(), class_file=read_class(put(tmp_path / "class.toml", class_file)))
        assert part in str(caught.value)


@linux
def test_nbgraders_timestamps(tmp_path, course):
    """timestamp.txt beside a submission counts if the class file says so, and outlives the submissions"""
    root = tmp_path / "nb"
    put(root / "nbgrader_config.py", "")
    for student, when in (
        ("student01", "2026-11-20 10:00:00.5 UTC"),
        ("student02", "2026-11-22 10:00:00 UTC"),
    ):
        put(root / "submitted" / student / "ch01" / "tiny.py", tiny.GOOD)
        put(root / "submitted" / student / "ch01" / "timestamp.txt", when)
    put(
        root / "class.toml",
        'timezone = "UTC"\ntimes = "nbgrader"\n[late]\npercent_per_day = 10\n[chapters.ch01]\ndue = 2026-11-20\n',
    )
    out = tmp_path / "grades"
    assert grade(course, root, "--out", out).exit_code == 0
    assert [m.final for m in marks_in(out)] == [5.0, 4.0]
    put(root / "submitted" / "student01" / "ch01" / "timestamp.txt", "noon")
    refused = grade(course, root, "--out", out)
    assert isinstance(refused.exception, UsageError) and "timestamp.txt: 'noon' is no date" in told(refused)


# marks -------------------------------------------------------------------------------------------------------------


def test_bonus_missing_and_weights(tmp_path):
    """bonus adds, is capped or ignored; missing counts 0 in the percentage; weights weigh"""
    whole = synthetic.make_result(
        "student01", "ch04_losses", skill=1.0, score=10.0, max_score=10.0, bonus=2.0
    )
    other = synthetic.make_result("student01", "ch07_training", score=5.0, max_score=10.0, bonus=0.0)
    absent = synthetic.empty(synthetic.make_result("student02", "ch04_losses"), "missing", "")
    found = [whole, other, absent]
    for rule, expected in (("add", 12.0), ("cap", 10.0), ("ignore", 10.0)):
        assert marks_of_class(found, bonus=rule).of["student01", "ch04_losses"].final == expected
    assert marks_of_class(found).of["student02", "ch04_losses"].final is None
    assert marks_of_class(found, missing="zero").of["student02", "ch04_losses"].final == 0.0
    class_file = read_class(
        put(tmp_path / "class.toml", 'bonus = "cap"\n[chapters.ch04]\nweight = 3\n[chapters.ch07]\n')
    )
    marks = marks_of_class(found, class_file=class_file)
    assert marks.percent("student01") == 87.5 and marks.percent("student02") == 0.0


def test_an_excused_chapter_does_not_count_unless_marked_by_hand(tmp_path):
    """excused is left out of the percentage; a mark by hand wins even then"""
    text = 'timezone = "UTC"\n[extensions.student01]\nch04 = "excused"\n'
    class_file = read_class(put(tmp_path / "class.toml", text))
    found = [
        synthetic.make_result("student01", "ch04_losses", score=1.0, max_score=10.0, bonus=0.0),
        synthetic.make_result("student01", "ch07_training", score=5.0, max_score=10.0, bonus=0.0),
    ]
    marks = marks_of_class(found, class_file=class_file)
    assert marks.of["student01", "ch04_losses"].final is None and marks.percent("student01") == 50.0
    found[0].override = {"score": 9.0, "reason": "r", "by": "b"}
    marks = marks_of_class(found, class_file=class_file)
    assert marks.of["student01", "ch04_losses"].final == 9.0 and marks.percent("student01") == 70.0
