"""What a student is told about an exception: the cause, at his own line, the same on his machine and when graded."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import workspace
from grader.course import Course
from grader.error_rules import RULES
from grader.errors import StudentError, SubmissionDied
from grader.explain_errors import cause_of
from grader.feedback import Feedback, explain
from grader.practice import select
from grader.practice_runs import practise_apart
from grader.sandbox.channel import Limit, WorkerChannel
from grader.sandbox.inside.servant import Servant, recording_warnings
from grader.sandbox.server import ForkServer
from grader.source_text import def_line, why_none
from grader.splice import put_definition
from grader.student import LocalChannel, Student, student_error
from grader.texts import known

sys.path.insert(0, str(Path(__file__).parent))
import tiny
from typed_wrong import BY_CHAPTER, HEAD, RAISES, UNREADABLE, X, body

ROOT = Path(__file__).resolve().parents[2]
GIVEN = (
    HEAD
    + "def f(z):\n    raise NotImplementedError\n\n\nclass Linear:\n    def forward(self, X):\n        ...\n"
)


def named(programs) -> list:
    return [pytest.param(*p, id=f"{p[0]}-{number}") for number, p in enumerate(programs)]


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    if sys.platform != "linux":
        pytest.skip("the sandbox needs Linux")
    with ForkServer() as server:
        yield server


def use(student: Student, exercise: str, arguments) -> StudentError:
    function = student.Linear().forward if exercise == "Linear" else getattr(student, exercise)
    with pytest.raises(StudentError) as caught:
        function(*arguments)
    return caught.value


def told(error: StudentError, source: str, exercise: str = "f") -> Feedback:
    return explain(error, tiny.FILE, exercise, source, lambda: GIVEN)


def local_error(source: str, exercise: str = "f", arguments=()) -> StudentError:
    servant = Servant(propagate=(KeyboardInterrupt,))
    with recording_warnings():
        servant.load({tiny.MODULE: source}, {tiny.MODULE: tiny.FILE}, tiny.MODULE, tolerant=False)
    try:
        if servant.problems:
            return student_error(servant.problems[0])
        return use(Student(LocalChannel(servant)), exercise, arguments)
    finally:
        servant.unload()


@pytest.mark.parametrize("rule, source, says", named(UNREADABLE))
def test_a_file_that_does_not_parse(rule, source, says):
    """a file that Python cannot read: the line, and what is wrong in it"""
    error = local_error(source)
    found = told(error, source)
    assert found.verdict == "raised"
    assert cause_of(error, source).id == rule, found.message
    for words in says:
        assert words in found.message, found.message
    assert len(found.message) < 400


@pytest.mark.parametrize("rule, source, exercise, arguments, says", named(RAISES))
def test_a_program_that_raises(rule, source, exercise, arguments, says):
    """an exception names the cause, with the shapes of what stood in the line"""
    error = local_error(source, exercise, arguments)
    found = told(error, source, exercise)
    assert found.verdict == "raised"
    for words in says:
        assert words in found.message, found.message
    assert cause_of(error, source).id == rule, found.message
    assert "numpy/" not in found.message + found.detail and "grader" not in found.message + found.detail
    assert len(found.detail.splitlines()) < 12


def test_graded_feedback_says_the_same(server):
    """the message under a hidden test, from the sandbox, is the one of the student's own machine"""
    differ = []
    for rule, source, exercise, arguments, _ in RAISES:
        if rule == "world.file":  # another class of exception, since there are no files at all
            continue
        channel = WorkerChannel(server)
        channel.begin(Limit(10.0, "10 s"))
        channel.load({tiny.MODULE: source}, {tiny.MODULE: tiny.FILE}, tiny.MODULE)
        far = told(use(Student(channel), exercise, arguments), source, exercise)
        channel.close()
        near = told(local_error(source, exercise, arguments), source, exercise)
        if far.message != near.message:
            differ.append((far.message, near.message))
    for pair in differ:
        print(*pair, sep="\n")
    assert not differ


# in a workspace --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Path:
    """A workspace in which everything is solved."""
    folder = tmp_path_factory.mktemp("desk") / "work"
    workspace.start(folder, ROOT / "exercises")
    for chapter in Course(ROOT).chapters:
        if (folder / chapter.name).is_dir():
            (folder / chapter.name / chapter.file_name).write_text(chapter.solution, encoding="utf-8")
    return folder


@pytest.fixture
def typed(desk):
    """Type an answer in place of a function or class; the file is put back afterwards."""
    before = {}

    def put(chapter: str, exercise: str, text: str) -> Path:
        path = desk / chapter / f"{chapter[5:]}.py"
        before[path] = path.read_bytes()
        path.write_text(put_definition(path.read_text(encoding="utf-8"), text, exercise), encoding="utf-8")
        return path

    yield put
    for path, data in before.items():
        path.write_bytes(data)


@pytest.mark.parametrize(
    "chapter, exercise, text, says",
    [
        pytest.param(*p, id=f"{p[0][:4]}-{p[1]}")
        for p in BY_CHAPTER
        if (ROOT / "exercises" / p[0] / f"test_{p[0][5:]}.py").is_file()
    ],
)
def test_a_typical_wrong_answer_of_each_chapter(desk, typed, chapter, exercise, text, says):
    """a wrong answer that is typed in gets a message that names its cause"""
    typed(chapter, exercise, text)
    (found,) = practise_apart(desk, select(desk, [exercise], chapter)).of(chapter)
    assert found.first_failure is not None
    said = "\n".join([found.first_failure.message, found.first_failure.detail, found.recognised])
    for words in says:
        assert words in said, said


def test_every_chapter_has_a_typical_wrong_answer():
    """the list above holds every chapter whose tests are there"""
    written = {c.name for c in Course(ROOT).chapters if c.visible_path.is_file()}
    assert written <= {chapter for chapter, *_ in BY_CHAPTER}


def plain_pytest(desk: Path, *arguments: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "grader.pytest_plugin", "-p", "pytest_timeout", "-q", "--no-header", *arguments],
        cwd=desk, capture_output=True, text=True, timeout=60, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | variables,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_plain_pytest_shows_no_inside_of_the_kit(desk, typed):
    """plain pytest explains an exception in a few lines, without frames of the kit, of numpy or of pytest"""
    typed("ch04_losses", "softmax", "def softmax(z):\n    return np.concatenate([z, z[0]])\n")
    said = plain_pytest(desk, "ch04_losses", "-k", "softmax and not cross")
    assert "z has shape (4, 4), z[0] has shape (4,)" in said
    assert "    ^^^^" in said
    for inside in ("servant.py", "student.py", "site-packages", "numpy/", "pytest_plugin"):
        assert inside not in said
    failures = said.partition("FAILURES")[2].partition("short test summary")[0]
    assert len(failures.splitlines()) < 14 * failures.count("____ test"), failures


def test_plain_pytest_shows_the_line_of_an_endless_loop(desk, typed):
    """a loop that never ends is stopped, and its line is shown"""
    path = typed(
        "ch04_losses",
        "logsumexp",
        "def logsumexp(z):\n    n = 0\n    while n < 10:\n        z = z + 1\n    return z\n",
    )
    line = path.read_text(encoding="utf-8").split("\n").index("    while n < 10:") + 1
    said = plain_pytest(desk, "ch04_losses", "-k", "logsumexp", "-x")
    assert "logsumexp took longer than 5 s. Is there a loop that never ends?" in said
    assert re.search(rf"It was stopped in ch04_losses/losses\.py, line ({line}|{line + 1}): ", said)


def test_plain_pytest_cuts_what_is_printed(desk, typed):
    """a hundred thousand printed lines do not bury the message"""
    typed(
        "ch04_losses",
        "logsumexp",
        "def logsumexp(z):\n    for i in range(100_000):\n        print('step', i)\n    return z\n",
    )
    said = plain_pytest(desk, "ch04_losses", "-k", "logsumexp", "-x")
    assert (
        "\nstep 19\n" in said
        and "\nstep 20\n" not in said
        and "99980 more lines. A print inside of a loop?" in said
    )
    assert len(said.splitlines()) < 80


def test_a_needed_chapter_that_is_not_written(desk, typed):
    """a written function that needs a stub of an earlier chapter says so, with its place"""
    stub = (ROOT / "exercises/ch06_layers/layers.py").read_text(encoding="utf-8")
    typed("ch06_layers", "Linear", stub)
    result = practise_apart(desk, select(desk, ["gradient_norms"], "ch09_stability"))
    check = result.exercises[0].first_failure
    assert check.verdict == "waits"
    assert re.search(
        r"gradient_norms needs Linear, which is not written yet\. Open ch06_layers/layers\.py, line \d+\.",
        check.message,
    )


def test_a_changed_def_line_is_compared_with_the_given_one(desk, typed):
    """parameters that were changed are told together with the def line as it was given"""
    typed("ch04_losses", "softmax", "def softmax(z, axis):\n    return z\n")
    result = practise_apart(desk, select(desk, ["softmax"], "ch04_losses"))
    message = result.exercises[0].first_failure.message
    assert "as it was given: `def softmax(z):`. Yours is `def softmax(z, axis):`." in message


def test_a_hang_when_it_is_graded():
    """a time-out under a hidden test names the loop that may never end"""
    source = (
        HEAD
        + "def g(z):\n    while z:\n        pass\n\n\ndef f(z):\n    for row in z:\n        z = z + 1\n    while z.sum() > 0:\n        pass\n"
    )
    error = SubmissionDied("timeout", "It took longer than 2 s for one test.", "2 s for one test")
    assert explain(error, tiny.FILE, "f", source).message == (
        "It took longer than 2 s for one test. Look at the loop in line 12: `while z.sum() > 0:`."
    )
    assert explain(error, tiny.FILE, "h", source).message == "It took longer than 2 s for one test."


def test_the_way_without_fork_says_the_same(desk, typed):
    """kata test explains an error where there is no fork as it does where there is one"""
    typed("ch04_losses", "softmax", "def softmax(z):\n    return z / z.sum(axis=1)[:2, None, None] @ zz\n")
    said = [
        subprocess.run(
            [sys.executable, "-c", "from grader.cli import main; main()", "test", "softmax"],
            cwd=desk, capture_output=True, text=True, timeout=60, check=False,
            env=os.environ | {"PYTHONPATH": str(ROOT), "NNKATA_NO_FORK": no_fork},
        ).stdout
        for no_fork in ("", "1")
    ]  # fmt: skip
    assert said[0] == said[1] and "`zz`. zz is not defined" in said[0]


# pieces -----------------------------------------------------------------------------------------------------------


def test_ids_are_unique_and_sentences_complete():
    """every sentence has an id of its own, so that it can be translated; no field in it is without a word"""
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids)
    for rule in RULES:
        re.compile(rule.pattern)
        sentence = known("errors")[rule.id]
        assert sentence == "{guess}" or sentence.rstrip("}").endswith((".", "?", "guess"))


@pytest.mark.parametrize(
    "text, says",
    [
        ("print(z)", "print shows it"),
        ("z = z + 1", "no return"),
        ("return", "return without a value"),
        ("if z > 0:\n    return 1", "not on every way"),
        ("rows = list(z)\nreturn rows.sort()", "sort changes something in place"),
        ("return print(z)", "print shows it"),
        ("return z", ""),
    ],
)
def test_why_something_returned_none(text, says):
    """a look at the function says why it returned None"""
    said = why_none(body(text), "f")
    assert says in said and bool(says) == bool(said)


def test_def_lines_are_found():
    """def lines of functions, methods and classes, also over several lines"""
    source = "def f(\n    z,\n    axis=1,\n):\n    pass\n\n\nclass A:\n    x = 1\n\n    def __init__(self, n):\n        pass\n\n    def f(self) -> int:\n        pass\n\n\nclass B:\n    pass\n"
    assert def_line(source, "f") == "def f( z, axis=1, ):"
    assert def_line(source, "A.f") == "def f(self) -> int:"
    assert def_line(source, "A") == "def __init__(self, n):"
    assert def_line(source, "B") == def_line(source, "g") == def_line("", "f") == ""


def test_nothing_of_the_students_runs_to_find_shapes():
    """properties, __getattr__ and __getitem__ are not called to find out a shape"""
    source = HEAD + (
        "calls = []\n\n\nclass Odd:\n    @property\n    def W(self):\n        calls.append(1)\n        return np.ones(3)\n\n"
        "    def __getattr__(self, name):\n        calls.append(1)\n        return np.ones(4)\n\n"
        "    def __getitem__(self, key):\n        calls.append(1)\n        return np.ones(5)\n\n\n"
        "def f(z):\n    odd = Odd()\n    raise ValueError([calls.copy(), z + 1])\n\n\n"
        "def g(z):\n    odd = Odd()\n    return np.concatenate([odd.W, odd.V, odd[0], z, 3])\n"
    )  # fmt: skip
    servant = Servant(propagate=(KeyboardInterrupt,))
    servant.load({tiny.MODULE: source}, {tiny.MODULE: tiny.FILE}, tiny.MODULE, tolerant=False)
    error = use(Student(LocalChannel(servant)), "g", (X,))
    assert len(servant.module.calls) == 3  # by the line itself
    assert [text for text, *_ in error.operands] == ["z"]
    servant.unload()


LIE = {
    "type": "ValueError",
    "text": "operands could not be broadcast together with shapes (7,3) (9,1)",
    "line": 5,
}


@pytest.mark.parametrize(
    "seen",
    [
        {"operands": [["secret", "float64", [3]]]},
        {"operands": [["z", "float64", [7353917]]]},
        {"operands": [["z", "secret", [3]]]},
        {"operands": [["z", "float64", [3] * 9]]},
        {"operands": [["z", "float64", "735"]]},
        {"operands": "secret"},
        {"span": [1, 0, 10**9, 7353917]},
        {"span": [5, "secret", 5, 1]},
        {"span": [2, 0, 3, 1]},
        {"type": "NameError", "text": "name 'secret' is not defined"},
        {"type": "KeyError", "text": "'secret'"},
        {"type": "AttributeError", "text": "module 'numpy' has no attribute 'secret'"},
        {"type": "AttributeError", "text": "'secret' object has no attribute 'secret'"},
        {"type": "TypeError", "text": "secret() missing 1 required positional argument: 'secret'"},
        {"type": "TypeError", "text": "unsupported operand type(s) for secret: 'secret' and 'secret'"},
        {"type": "ModuleNotFoundError", "text": "No module named 'secret.s7353917'"},
        {"type": "ImportError", "text": "cannot import name 'secret' from 'secret'"},
        {"type": "SyntaxError", "text": "secret", "trace": [["secret/secret.py", 3, "secret"]]},
        {"type": "SyntaxError", "text": "x", "trace": [["ch07_secret/secret.py", 3, "secret"]]},
        {
            "kind": "unwritten",
            "type": "NotImplementedError",
            "trace": [["ch07_secret/secret.py", 3, "secret"]],
        },
        {"text": "secret 7353917"},
    ],
)
def test_what_a_worker_claims_is_not_passed_on(seen):
    """only words of the student's own line, and small shapes, get into a message"""
    source = body("return z / z.sum(axis=1)")
    message = explain(student_error(LIE | seen), tiny.FILE, "f", source, lambda: GIVEN).message
    assert "secret" not in message and "735" not in message, message
