"""Stubs: a solution becomes what a student gets, byte for byte but for the regions."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from grader import stubs
from grader.cli.build import build as build_command
from grader.course import Course
from grader.errors import AuthorError, UsageError
from grader.signatures import PAGE

SOLUTION = '''"""Losses."""
import numpy as np

MAX = 3  # given


def softmax(z):
    """Rows sum to one.

    >>> 1
    1
    """
    z = np.asarray(z)
    ### BEGIN SOLUTION
    e = np.exp(z)
    return e / e.sum()
    ### END SOLUTION


class Linear:
    """A layer."""

    @staticmethod
    def forward(x):
        """Forward."""
        ### BEGIN SOLUTION
        secret = x
        ### END SOLUTION
        return secret


def helper():
    return MAX'''

STUB = '''"""Losses."""
import numpy as np

MAX = 3  # given


def softmax(z):
    """Rows sum to one.

    >>> 1
    1
    """
    z = np.asarray(z)
    raise NotImplementedError("softmax is not written yet")


class Linear:
    """A layer."""

    @staticmethod
    def forward(x):
        """Forward."""
        raise NotImplementedError("Linear.forward is not written yet")
        return secret


def helper():
    return MAX
'''


def stub_of(source: str) -> str:
    return stubs.make_stub(source, "solutions/ch04_losses/losses.py")


def tiny_course(root: Path, solution: str = SOLUTION, name: str = "ch04_losses") -> Course:
    """A course with one chapter, handout and visible tests included, not yet built."""
    for path, text in {
        f"solutions/{name}/{name[5:]}.py": solution,
        f"exercises/{name}/README.md": "# Losses\n",
        f"exercises/{name}/test_{name[5:]}.py": "",
        f"tests/hidden/{name}/test_{name[5:]}.py": "",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())
    return Course(root)


def test_a_region_becomes_one_raise_and_all_else_stays():
    """Regions of functions and methods become a raise; given code, docstrings and imports stay."""
    assert stub_of(SOLUTION) == STUB


def test_two_regions_become_two_raises():
    """A function with two gaps announces both, and an `if` whose whole body was a gap stays valid."""
    source = (
        "def f(x):\n    ### BEGIN SOLUTION\n    y = 1\n    ### END SOLUTION\n    if x:\n"
        "        ### BEGIN SOLUTION\n        y = 2\n        ### END SOLUTION\n    return y\n"
    )
    line = 'raise NotImplementedError("f is not written yet")\n'
    assert stub_of(source) == f"def f(x):\n    {line}    if x:\n        {line}    return y\n"


def test_a_region_in_an_inner_function_names_the_exercise():
    """The raise in a closure carries the name of the function a student knows."""
    inner = "    def g():\n        ### BEGIN SOLUTION\n        return 1\n        ### END SOLUTION\n"
    source = f"def f():\n{inner}    return g\n"
    assert 'raise NotImplementedError("f is not written yet")\n    return g\n' in stub_of(source)


@pytest.mark.parametrize(
    "block",
    ["try:\n        pass\n    except ValueError:\n", "match x:\n      case 1:\n", "with x:\n", "while x:\n"],
)
def test_a_region_may_fill_any_block(block):
    """Handlers, cases, with and loops can hold a region of their own."""
    source = f"def f(x):\n    {block}        ### BEGIN SOLUTION\n        return 1\n        ### END SOLUTION\n"
    assert stub_of(source).endswith('        raise NotImplementedError("f is not written yet")\n')


def test_a_region_may_begin_with_a_returned_string():
    """`return "text"` as the first statement is no docstring."""
    assert stub_of("def f():\n" + BEGIN + "    return 'text'\n" + END).endswith('("f is not written yet")\n')


def test_windows_line_ends_are_kept():
    """A solution with CRLF gives a stub with CRLF everywhere."""
    assert stub_of(SOLUTION.replace("\n", "\r\n")) == STUB.replace("\n", "\r\n")


def test_a_form_feed_does_not_shift_lines():
    """Lines are counted as Python counts them, not as str.splitlines does."""
    text = "def f():\n    '''a\x0cb\u2028c'''\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n"
    assert (
        stub_of(text)
        == text[: text.index("    ###")] + '    raise NotImplementedError("f is not written yet")\n'
    )


F = "def f(x):\n"
BEGIN, END = "    ### BEGIN SOLUTION\n", "    ### END SOLUTION\n"
WRONG = {
    "unclosed": (F + BEGIN + "    return 1\n", 2, "### BEGIN SOLUTION is never closed. Add ### END SOLUTION"),
    "unclosed before the next function": (
        F + BEGIN + "    return 1\n\n\ndef g(x):\n" + BEGIN + "    return 2\n" + END,
        2,
        "never closed",
    ),
    "unclosed before the next method": (
        "class A:\n    def f(x):\n    "
        + BEGIN
        + "        return 1\n\n    def g(x):\n        return 2\n    "
        + END,
        3,
        "never closed",
    ),
    "nested": (F + BEGIN + "    y = 1\n" + BEGIN + "    return y\n" + END + END, 4, "begins in line 2"),
    "stray end": (F + "    return 1\n" + END, 3, "without ### BEGIN SOLUTION"),
    "module level": ("### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n", 1, "outside a function body"),
    "a whole function": (
        "### BEGIN SOLUTION\ndef f(x):\n    return 1\n### END SOLUTION\n",
        1,
        "outside a function body",
    ),
    "a class body": ("class A:\n" + BEGIN + "    x = 1\n" + END, 2, "outside a function body"),
    "under a top-level if": (
        "if True:\n    def f():\n    " + BEGIN + "        return 1\n    " + END,
        3,
        "outside a function body",
    ),
    "in a docstring": (
        F + '    """Text.\n' + BEGIN + "    more\n" + END + '    """\n    return 1\n',
        3,
        "inside a string",
    ),
    "in a string": (F + '    return "### BEGIN SOLUTION"\n', 2, "inside a string"),
    "behind code": (F + "    y = 1  ### BEGIN SOLUTION\n    return y\n" + END, 2, "alone on its line"),
    "misspelt": (F + "    #BEGIN  SOLUTION\n    return 1\n" + END, 2, "looks like a solution marker"),
    "with more text": (F + "    ### BEGIN SOLUTION of f\n    return 1\n" + END, 2, "looks like"),
    "lower case": (F + BEGIN + "    return 1\n    ### end solution\n", 4, "looks like"),
    "empty": (F + BEGIN + "    # nothing\n\n" + END + "    return 1\n", 2, "is empty"),
    "cuts an if": (
        F + BEGIN + "    if x:\n        a = 1\n" + END + "        b = 2\n    return 1\n",
        2,
        "cuts a statement",
    ),
    "cuts an else": (
        F + "    if x:\n        a = 1\n    " + BEGIN + "    else:\n        b = 1\n    " + END,
        4,
        "cuts a statement",
    ),
    "two branches": (
        F + "    if x:\n    " + BEGIN + "        a = 1\n    else:\n        b = 1\n    " + END,
        3,
        "cuts a statement",
    ),
    "else on one line": (F + "    if x: a = 1\n" + BEGIN + "    else: b = 1\n" + END, 3, "cuts a statement"),
    "cuts an expression": (
        F + "    return g(\n    " + BEGIN + "        1,\n    " + END + "    )\n",
        3,
        "cuts a",
    ),
    "wrong indentation": (F + "  ### BEGIN SOLUTION\n    return 1\n" + END, 2, "must be indented like"),
    "the docstring": (F + BEGIN + '    """Text."""\n    return 1\n' + END, 2, "docstring lies inside"),
    "does not parse": ("def f(:\n", 1, "Repair the solution first"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_marker_is_named_with_file_and_line(case):
    """Every misuse of the markers is an AuthorError that begins with file:line."""
    source, line, text = WRONG[case]
    with pytest.raises(AuthorError, match=text) as caught:
        stub_of(source)
    assert str(caught.value).startswith(f"solutions/ch04_losses/losses.py:{line}: ")
    assert "\n" not in str(caught.value)


def test_a_stub_that_does_not_compile_is_refused():
    """A name that only the region binds can be needed for the stub to compile at all."""
    source = F + BEGIN + "    n = 0\n" + END + "    def g():\n        nonlocal n\n    return g\n"
    with pytest.raises(AuthorError, match="does not compile: no binding for nonlocal 'n'"):
        stub_of(source)


def test_the_message_for_an_unclosed_region_is_the_documented_one():
    """The wording of style.md, sentence 6."""
    source = "#\n" * 22 + F + BEGIN
    with pytest.raises(AuthorError) as caught:
        stub_of(source.replace("def f(x):\n", "def f(x):\n    pass\n", 1).replace("#\n", "", 2))
    assert str(caught.value) == (
        "solutions/ch04_losses/losses.py:23: ### BEGIN SOLUTION is never closed. "
        "Add ### END SOLUTION in the same function."
    )


STATEMENT = st.sampled_from(
    [
        ["y = 1"],
        ["for i in x:", "    y = i", "    # inside"],
        ["if x:", "    y = 1", "else:", "    y = 2"],
        ["y = '''a", "  b'''"],
        ["def inner():", "    '''doc'''", "    return x", ""],
        ["# remark", "y = (1,", "     2)"],
    ]
)


@given(st.lists(st.tuples(STATEMENT, st.booleans()), min_size=1, max_size=6), st.booleans())
def test_no_hidden_line_survives_and_no_given_line_is_lost(parts, in_class):
    """For any mix of given and hidden statements: hidden ones are gone, given ones are there, it compiles."""
    indent = "        " if in_class else "    "
    lines = ["class A:", "    def f(x):"] if in_class else ["def f(x):"]
    expected = list(lines)
    for number, (statement, hidden) in enumerate(parts):
        body = [f"{indent}secret_{number} = 1", *(indent + line for line in statement)]
        if hidden:
            lines += [f"{indent}### BEGIN SOLUTION", *body, f"{indent}### END SOLUTION"]
            expected.append(
                f'{indent}raise NotImplementedError("{"A.f" if in_class else "f"} is not written yet")'
            )
        else:
            lines += body
            expected += body
    stub = stub_of("\n".join(lines) + "\n")
    assert stub == "\n".join(expected) + "\n"
    ast.parse(stub)


def test_build_writes_once_and_then_has_nothing_to_do(tmp_path):
    """The first build writes the stub, a second one leaves the file alone."""
    course = tiny_course(tmp_path)
    path = Path("exercises/ch04_losses/losses.py")
    assert stubs.build(course) == [path, path.with_suffix(".ipynb"), PAGE]
    assert (tmp_path / path).read_text() == STUB
    before = os.stat(tmp_path / path)
    assert stubs.build(course) == []
    after = os.stat(tmp_path / path)
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_check_writes_nothing(tmp_path):
    """With check the outdated files are named and stay as they are."""
    course = tiny_course(tmp_path)
    path = Path("exercises/ch04_losses/losses.py")
    assert stubs.build(course, check=True) == [path, path.with_suffix(".ipynb"), PAGE]
    assert not (tmp_path / "exercises/ch04_losses/losses.py").exists()


def test_one_wrong_chapter_stops_the_whole_build(tmp_path):
    """Nothing is written if any solution breaks a rule."""
    tiny_course(tmp_path)
    course = tiny_course(tmp_path, F + BEGIN, "ch05_next")
    with pytest.raises(AuthorError):
        stubs.build(course)
    assert not (tmp_path / "exercises/ch04_losses/losses.py").exists()


@pytest.mark.parametrize(
    "data, text",
    [(b"\xef\xbb\xbfx = 1\n", "byte order mark"), (b"# \xe4\n", "UTF-8"), (b"x = 1\n", "nothing to write")],
)
def test_a_solution_that_is_no_solution_is_refused(tmp_path, data, text):
    """A byte order mark, another encoding and a chapter without a region are the author's to repair."""
    course = tiny_course(tmp_path)
    (tmp_path / "solutions/ch04_losses/losses.py").write_bytes(data)
    with pytest.raises(AuthorError, match=f"^solutions/ch04_losses/losses.py: .*{text}"):
        stubs.build(course)


def test_a_stub_that_cannot_be_written_is_a_usage_error(tmp_path):
    """A folder in the place of the stub gives one clear line."""
    course = tiny_course(tmp_path)
    (tmp_path / "exercises/ch04_losses/losses.py").mkdir()
    with pytest.raises(UsageError, match="Cannot write"):
        stubs.build(course)


def test_another_generator_joins_the_build(tmp_path, monkeypatch):
    """A generated file of another kind needs one more entry in the list."""
    monkeypatch.setattr(
        stubs, "GENERATORS", [*stubs.GENERATORS, lambda c: {Path(f"exercises/{c.name}/page.txt"): b"page"}]
    )
    assert len(stubs.build(tiny_course(tmp_path))) == 4
    assert (tmp_path / "exercises/ch04_losses/page.txt").read_bytes() == b"page"


def test_strays_are_listed(tmp_path):
    """Folders without a partner, missing parts and doubled numbers are named."""
    course = tiny_course(tmp_path)
    assert stubs.strays(course) == []
    (tmp_path / "exercises/ch04_losses/README.md").unlink()
    (tmp_path / "exercises/ch04_losses/test_losses.py").unlink()
    for folder in ("exercises/ch07_lost", "tests/hidden/ch08_lost", "solutions/ch09_empty"):
        (tmp_path / folder).mkdir()
    tiny_course(tmp_path, name="ch04_lossy")
    found = "\n".join(stubs.strays(Course(tmp_path)))
    for text in (
        "exercises/ch07_lost has no solution",
        "tests/hidden/ch08_lost has no solution",
        "solutions/ch09_empty has no empty.py",
        "ch04_lossy has the number of ch04_losses",
        "ch04_losses has no README.md",
        "ch04_losses has no visible tests",
    ):
        assert text in found


def test_the_command_prints_one_line_per_file(tmp_path):
    """`kata build` names what it wrote; `--check` exits with 1 until that is done."""
    tiny_course(tmp_path)
    run = CliRunner().invoke
    first = run(build_command, ["--course", str(tmp_path), "--check"])
    assert first.exit_code == 1
    assert "out of date  exercises/ch04_losses/losses.py" in first.output
    second = run(build_command, ["ch04", "--course", str(tmp_path)])
    assert (second.exit_code, second.output) == (
        0,
        "wrote  exercises/ch04_losses/losses.py\nwrote  exercises/ch04_losses/losses.ipynb\n"
        "wrote  exercises/SIGNATURES.md\n",
    )
    third = run(build_command, ["--course", str(tmp_path), "--check"])
    assert (third.exit_code, third.output) == (0, "1 chapter up to date.\n")
    (tmp_path / "exercises/ch05_lost").mkdir()
    fourth = run(build_command, ["--course", str(tmp_path), "--check"])
    assert fourth.exit_code == 1
    assert "stray  exercises/ch05_lost has no solution" in fourth.output


def test_the_stubs_of_this_course_are_up_to_date():
    """Every stub in exercises/ is what its solution gives."""
    course = Course(Path(__file__).parents[2])
    assert stubs.build(course, check=True) == []
