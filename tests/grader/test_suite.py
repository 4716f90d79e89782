"""Hidden suites: what authors write is collected once and run again and again; what is wrong is told clearly."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from grader.course import Course
from grader.errors import AuthorError, Mismatch, StudentError, UsageError
from grader.local import load_chapter
from grader.mistakes import load_catalogue
from grader.seeds import course_secret, seed_of
from grader.student import Student
from grader.suite import Suite, open_suites, suite_hash

sys.path.insert(0, str(Path(__file__).parent))
import tiny

HEAD = "import numpy as np\nfrom grader import expect, points\n"
ONE = '''
@points(1, of="double")
def test_double(student):
    """doubles"""
    expect("double(1)", student.double(1)).close_to(2.0)
@points(1, of="total")
def test_total(student):
    """adds"""
    expect("total([1])", student.total([1])).close_to(1.0)
'''


def course_with(root: Path, suite: str, **more: str) -> Course:
    course = tiny.make_course(root, {"ch01_tiny": (tiny.SOLUTION, HEAD + suite)})
    for name, text in more.items():
        tiny.write(course.hidden / "ch01_tiny" / f"test_{name}.py", HEAD + text)
    return course


def suite_of(course: Course):
    return open_suites(course, [course.chapter("ch01")])


def run(suite: Suite, student: Student | None = None) -> dict[str, str]:
    """Test id -> what it raised, by name."""
    student = student or load_chapter(suite.chapter.course.solutions, suite.chapter.name).student
    found = {}
    for test in suite.tests:
        raised, seconds = suite.run(test, student)
        assert seconds >= 0
        found[test.id] = type(raised).__name__
    return found


# collecting ------------------------------------------------------------------------------------------------------


def test_tests_are_collected_with_marks_and_titles(tmp_path):
    """each test has its id, title, points, exercise and needs, in the order of the file"""
    with suite_of(tiny.make_course(tmp_path)) as suites:
        suite = suites["ch01_tiny"]
        assert [(t.id, t.mark.points, t.mark.of, t.needs) for t in suite.tests] == [
            ("test_double", 2.0, "double", ()),
            ("test_double_leaves_x_alone", 1.0, "double", ("test_double",)),
            ("test_total", 2.0, "total", ()),
        ]
        assert suite.tests[0].title == "double gives twice each entry"
        assert set(run(suite).values()) == {"NoneType"}


def test_a_parametrised_test_is_one_test_per_case(tmp_path):
    """each case of a parametrised test has its own id and points; needs means all cases"""
    text = (
        ONE
        + '''
import pytest
@pytest.mark.parametrize("n", [1, 2, 3])
@points(1, of="double")
def test_cases(student, n):
    """doubles n"""
    expect("double(n)", student.double(n)).close_to(2.0 * n)
@points(1, of="double", needs="test_cases")
def test_more(student):
    """and more"""
'''
    )
    with suite_of(course_with(tmp_path, text)) as suites:
        suite = suites["ch01_tiny"]
        ids = [t.id for t in suite.tests]
        assert ids[2:5] == ["test_cases[1]", "test_cases[2]", "test_cases[3]"]
        assert suite.tests[5].needs == ("test_cases[1]", "test_cases[2]", "test_cases[3]")
        assert set(run(suite).values()) == {"NoneType"}


def test_needed_tests_run_first(tmp_path):
    """a test that is needed runs before, wherever it stands"""
    text = '''
@points(1, of="double", needs="test_b")
def test_a(student):
    """a"""
@points(1, of="double", needs=("test_c", "test_total"))
def test_b(student):
    """b"""
@points(1, of="double")
def test_c(student):
    """c"""
@points(1, of="total")
def test_total(student):
    """d"""
'''
    with suite_of(course_with(tmp_path, text)) as suites:
        assert [t.id for t in suites["ch01_tiny"].tests] == ["test_c", "test_total", "test_b", "test_a"]


def test_several_files_and_chapters(tmp_path):
    """the files of a folder make one suite; several chapters are collected at once, helpers beside them work"""
    course = tiny.make_course(
        tmp_path, {"ch01_tiny": (tiny.SOLUTION, tiny.SUITE), "ch02_next": (tiny.SOLUTION, tiny.SUITE)}
    )
    more = HEAD + ONE.replace("test_double", "test_twice").replace("test_total", "test_sum")
    tiny.write(course.hidden / "ch01_tiny" / "test_more.py", more)
    tiny.write(course.hidden / "ch01_tiny" / "alternatives" / "loops.py", "import nothing")
    with open_suites(course, course.graded_chapters) as suites:
        assert [len(s.tests) for s in suites.values()] == [5, 3]
        for suite in suites.values():
            assert set(run(suite).values()) == {"NoneType"}


def test_fixtures_of_a_suite(tmp_path):
    """fixtures and tmp_path of pytest work; they are made afresh for every run"""
    text = (
        ONE
        + '''
import pytest
made = []
@pytest.fixture
def counter(rng):
    made.append(rng.random())
    yield made
    made.append("down")
@points(1, of="double")
def test_fixture(student, counter, tmp_path):
    """uses a fixture"""
    assert tmp_path.is_dir() and len(counter) % 2 == 1 and counter[0] == counter[-1]
'''
    )
    with suite_of(course_with(tmp_path, text)) as suites:
        for _ in range(3):
            assert set(run(suites["ch01_tiny"]).values()) == {"NoneType"}


WRONG = {
    "no points": (
        "def test_plain(student):\n    'x'\n",
        r"test_tiny\.py::test_plain has no points\. Mark it: @points",
    ),
    "a visible mark": (
        "from grader import checks\n@checks('double')\ndef test_plain(student):\n    'x'\n",
        "test_plain has no points",
    ),
    "an unknown exercise": (
        "@points(1, of='triple')\ndef test_plain(student):\n    'x'\n",
        "test_plain belongs to 'triple', which is no exercise of ch01_tiny",
    ),
    "an unknown need": (
        "@points(1, of='double', needs='test_nothing')\ndef test_plain(student):\n    'x'\n",
        "test_plain needs 'test_nothing', which is not a test of that file",
    ),
    "a need of itself": (
        "@points(1, of='double', needs='test_plain')\ndef test_plain(student):\n    'x'\n",
        "needs 'test_plain', which is not a test of that file",
    ),
    "a circle": (
        "@points(1, of='double', needs='test_b')\ndef test_a(student):\n    'x'\n"
        "@points(1, of='double', needs='test_a')\ndef test_b(student):\n    'x'\n",
        "need each other in a circle: test_a -> test_b",
    ),
    "a title that is missing": (
        "@points(1, of='double')\ndef test_plain(student): pass\n",
        "write a docstring",
    ),
    "a syntax error": ("def test_plain(student:\n", "does not import"),
    "an import error": ("import nothing_of_that_name\n", "nothing_of_that_name"),
    "an error at the top": ("1 / 0\n", "ZeroDivisionError"),
    "a probe with foreign names": (
        "from grader import in_worker\nSTEPS = 3\n@in_worker\ndef probe(student):\n    return STEPS\n",
        "a probe may use np, math and built-ins, not STEPS",
    ),
    "a fixture that does not exist": (
        "@points(1, of='double')\ndef test_plain(student, nothing):\n    'x'\n",
        None,
    ),
}


@pytest.mark.parametrize("name", [n for n, (_, words) in WRONG.items() if words])
def test_rules_of_a_suite(tmp_path, name):
    """what breaks a rule is the author's error: the file, the test and what to do"""
    text, words = WRONG[name]
    with pytest.raises(AuthorError, match=words) as caught, suite_of(course_with(tmp_path, ONE + text)):
        pass
    assert "ch01_tiny" in str(caught.value) or "hidden" in str(caught.value)


def test_an_unknown_fixture_fails_its_own_test_only(tmp_path):
    """a test that asks for an unknown fixture raises; the others run"""
    with suite_of(course_with(tmp_path, ONE + WRONG["a fixture that does not exist"][0])) as suites:
        found = run(suites["ch01_tiny"])
    assert found["test_plain"] == "FixtureLookupError" and found["test_double"] == "NoneType"


def test_a_name_twice_in_a_chapter(tmp_path):
    """two tests of one name in two files of a chapter are the author's error"""
    with (
        pytest.raises(AuthorError, match=r"there is another test of this name in the chapter\. Rename one"),
        suite_of(course_with(tmp_path, ONE, again=ONE)),
    ):
        pass


def test_needs_stay_within_a_file(tmp_path):
    """a need is a test of the same file"""
    other = "@points(1, of='double', needs='test_double')\ndef test_other(student):\n    'x'\n"
    with (
        pytest.raises(AuthorError, match="needs 'test_double', which is not a test of that file"),
        suite_of(course_with(tmp_path, ONE, other=other)),
    ):
        pass


def test_an_exercise_without_a_test(tmp_path):
    """each exercise of the solution has a test"""
    text = "@points(1, of='double')\ndef test_plain(student):\n    'x'\n"
    with pytest.raises(AuthorError, match="no test for total"), suite_of(course_with(tmp_path, text)):
        pass


def test_an_error_leaves_the_environment_alone(tmp_path):
    """collecting, broken or not, leaves the environment variables as they were"""
    before = dict(os.environ)
    with pytest.raises(AuthorError), suite_of(course_with(tmp_path, "1 / 0")):
        pass
    with suite_of(tiny.make_course(tmp_path / "b")):
        assert dict(os.environ) == before
    assert dict(os.environ) == before


# running ---------------------------------------------------------------------------------------------------------


def test_what_a_test_raises_is_given_back(tmp_path):
    """run gives the exception of the test, of the student or of the comparison"""
    course = tiny.make_course(tmp_path)
    near = tiny.Near()
    with suite_of(course) as suites:
        suite = suites["ch01_tiny"]
        wrong = near.student("def double(x): return x\ndef total(x): raise ValueError('no')")
        assert run(suite, wrong) == {
            "test_double": "Mismatch",
            "test_double_leaves_x_alone": "NoneType",
            "test_total": "StudentValueError",
        }
        raised, _ = suite.run(suite.tests[0], wrong)
        assert isinstance(raised, Mismatch)
        raised, _ = suite.run(suite.tests[2], wrong)
        assert isinstance(raised, StudentError)
        assert set(run(suite, near.student(tiny.GOOD)).values()) == {"NoneType"}, (
            "a failed run leaves nothing behind"
        )
    near.close()


def test_random_inputs_are_those_of_every_student(tmp_path, monkeypatch):
    """rng is seeded by course secret, chapter and test: the same for every run, another one for another secret"""
    monkeypatch.delenv("NNKATA_SECRET", raising=False)
    text = (
        ONE
        + '''
seen = []
@points(1, of="double")
def test_a(student, rng):
    """a"""
    seen.append(rng.random())
@points(1, of="double")
def test_b(student, rng):
    """b"""
    seen.append(rng.random())
'''
    )
    course = course_with(tmp_path, text)

    def draws() -> list[float]:
        with suite_of(course) as suites:
            suite = suites["ch01_tiny"]
            run(suite)
            run(suite)
            return list(suite.tests[-1].item.function.__globals__["seen"])

    first = draws()
    assert first[:2] == first[2:] and first[0] != first[1]
    assert first[0] == np.random.default_rng(seed_of("nnkata", "ch01_tiny", "test_a")).random()
    assert draws() == first
    tiny.write(course.hidden / "secret.txt", "spring\n")
    assert course_secret(course.root) == "spring"
    assert draws() != first
    monkeypatch.setenv("NNKATA_SECRET", "nnkata")
    assert draws() == first


def test_the_hash_of_a_suite_follows_its_files(tmp_path):
    """every file of the folder and the secret count; alternatives and caches do not"""
    course = tiny.make_course(tmp_path)
    chapter = course.chapter("ch01")
    before = suite_hash(chapter, "s")
    tiny.write(chapter.hidden_folder / "alternatives" / "a.py", "x")
    tiny.write(chapter.hidden_folder / "__pycache__" / "b.pyc", "x")
    assert suite_hash(chapter, "s") == before != suite_hash(chapter, "t")
    tiny.write(chapter.hidden_folder / "table.json", "{}")
    after = suite_hash(chapter, "s")
    assert after != before
    tiny.write(chapter.hidden_folder / "table.json", "{ }")
    assert suite_hash(chapter, "s") != after


def test_numpys_warnings_do_not_decide(tmp_path):
    """an overflow in the test's own arithmetic raises nothing, whatever the caller's settings"""
    text = (
        ONE
        + '''
@points(1, of="double")
def test_overflow(student):
    """overflows"""
    assert np.exp(np.array([1000.0]))[0] == np.inf
'''
    )
    with suite_of(course_with(tmp_path, text)) as suites, np.errstate(all="raise"):
        assert run(suites["ch01_tiny"])["test_overflow"] == "NoneType"


# what it is about ------------------------------------------------------------------------------------------------


def test_a_course_names_its_chapters(tmp_path):
    """a chapter is found by name, number or module; what is not there is listed"""
    course = tiny.make_course(tmp_path)
    for name in ("ch01_tiny", "ch01", "1", "01", "tiny", "tiny.py", "exercises/ch01_tiny/"):
        assert course.chapter(name).name == "ch01_tiny"
    with pytest.raises(UsageError, match="Chapters here: ch01_tiny"):
        course.chapter("ch02")


def test_a_catalogue_reads_mistakes(tmp_path):
    """mistakes.py is read with the reference at hand; a student who makes one of them can be had"""
    course = tiny.make_course(tmp_path)
    tiny.write(
        course.solutions / "ch01_tiny" / "mistakes.py",
        '''
        from grader import mistake
        from ch01_tiny.tiny import double

        @mistake("M001", of="double", caught_by="test_double")
        def once(x):
            """x once is not x twice."""
            return double(x) / 2
        ''',
    )
    catalogue = load_catalogue(course.chapter("ch01"))
    (wrong,) = catalogue.mistakes
    assert catalogue.student_with(wrong).double(3.0) == 3.0
    assert catalogue.student_with(None).double(3.0) == 6.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "@mistake('M001', of='triple', caught_by='t')\ndef a(x):\n    'x'\n",
            "M001 names the exercise 'triple', which is not there",
        ),
        (
            "@mistake('M001', of='double', caught_by='t')\ndef a(x):\n    'x'\n"
            "@mistake('M001', of='double', caught_by='t')\ndef b(x):\n    'x'\n",
            "the id M001 is used twice. Add a letter: M001b",
        ),
    ],
)
def test_rules_of_a_catalogue(tmp_path, text, words):
    """a mistake of an unknown exercise and an id twice are the author's error"""
    course = tiny.make_course(tmp_path)
    tiny.write(course.solutions / "ch01_tiny" / "mistakes.py", "from grader import mistake\n" + text)
    with pytest.raises(AuthorError, match=words):
        load_catalogue(course.chapter("ch01"))
    tiny.write(course.solutions / "ch01_tiny" / "tiny.py", "x = 1 / 0\n")
    with pytest.raises(AuthorError, match=r"tiny\.py:1: the reference does not load: ZeroDivisionError"):
        load_catalogue(Course(course.root).chapter("ch01"))
