"""Hostile submissions that are no ordinary text: made when they are needed, each with the verdicts it must get.

An entry is as the header of a file in `cases/`, plus `make(folder, good, bad)`: it puts the submission of one student
into `folder`. `good` and `bad` are the sources of GOOD and BAD_A. `status` is that of the whole submission.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

MADE: list[dict[str, Any]] = []
ALL = {group: "passed" for group in "ABC"}
RAISED = {group: "raised" for group in "ABC"}
BAD_A = {"A": "failed", "B": "passed", "C": "passed"}


def made(attack: str, title: str, *, status: str = "graded", note: str = "", **expected: str) -> Callable[..., Any]:
    """Register the function as one submission; `expected` has a verdict for each group."""

    def register(make: Callable[[Path, str, str], None]) -> Callable[[Path, str, str], None]:
        entry = {"attack": attack, "class": [22], "title": title, "status": status, "note": note, "make": make}
        MADE.append({**entry, **expected, "name": make.__name__})
        return make

    return register


def put(folder: Path, data: str | bytes, name: str = "attacked.py") -> None:
    place = folder / "ch00_attacked"
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(data.encode() if isinstance(data, str) else data)


# more than one file ----------------------------------------------------------------------------------------

# Harmless if somebody imports it after all: it only says so.
SHOUT = "raise RuntimeError('a file of the submission was imported')\n"
GREEN = """import pytest

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    outcome.get_result().outcome = 'passed'
"""


def put_beside(folder: Path) -> None:
    for place in (folder, folder / "ch00_attacked"):
        for name in ("numpy.py", "random.py", "sitecustomize.py", "usercustomize.py", "grader.py", "test_hidden.py"):
            (place / name).write_text(SHOUT)
        (place / "evil.pth").write_text("import os; raise SystemExit\n")
        (place / "conftest.py").write_text(GREEN)
        (place / "pytest.ini").write_text("[pytest]\naddopts = -p no:assertion --collect-only\n")
        (place / "numpy").mkdir()
        (place / "numpy" / "__init__.py").write_text(SHOUT)


@made("P18", "Right, in a folder with numpy.py, conftest.py, pytest.ini, a .pth file and more.", **ALL)
def p18_beside_good(folder, good, bad):
    put(folder, good)
    put_beside(folder)


@made("P18", "The same folder around a wrong program.", **BAD_A)
def p18_beside_bad(folder, good, bad):
    put(folder, bad)
    put_beside(folder)


@made("P18", "A wrong program in the chapter's folder, a right one elsewhere.", **BAD_A)
def p18_two_files(folder, good, bad):
    put(folder, bad)
    (folder / "attacked.py").write_text(good)


@made("P18", "A folder by the name of the file.", status="missing", note="A folder is not a file; nothing was handed in.")
def p18_folder_for_file(folder, good, bad):
    (folder / "ch00_attacked" / "attacked.py").mkdir(parents=True)


@made("P18", "A symbolic link to the solution.", status="rejected")
def p18_link_to_solution(folder, good, bad):
    (folder / "ch00_attacked").mkdir(parents=True)
    (folder / "ch00_attacked" / "attacked.py").symlink_to(Path(__file__).parent / "solutions/ch00_attacked/attacked.py")


@made("P18", "A symbolic link to a device that never ends.", status="rejected")
def p18_link_to_zeros(folder, good, bad):
    (folder / "ch00_attacked").mkdir(parents=True)
    (folder / "ch00_attacked" / "attacked.py").symlink_to("/dev/zero")


@made("P18", "A chapter's folder that is a link to another student's.", status="rejected")
def p18_linked_folder(folder, good, bad):
    folder.mkdir(parents=True)
    (folder / "ch00_attacked").symlink_to(Path(__file__).parent / "solutions/ch00_attacked")


@made("P18", "A pipe that nobody writes to.", status="rejected")
def p18_pipe(folder, good, bad):
    (folder / "ch00_attacked").mkdir(parents=True)
    os.mkfifo(folder / "ch00_attacked" / "attacked.py")


# sources that break readers --------------------------------------------------------------------------------


@made("P58", "An empty file.", A="unwritten", B="unwritten", C="unwritten")
def p58_empty(folder, good, bad):
    put(folder, b"")


@made("P58", "Nothing but null bytes.", note="Not a program; the reason is a syntax error.", **RAISED)
def p58_null_bytes(folder, good, bad):
    put(folder, bytes(1000))


@made("P58", "A null byte in the middle.", **RAISED)
def p58_one_null_byte(folder, good, bad):
    put(folder, good + "\n\0\n")


@made("P58", "A million nested parentheses.", A="raised|crashed", B="raised|crashed", C="raised|crashed")
def p58_parentheses(folder, good, bad):
    put(folder, good + "\nx = " + "(" * 500_000 + ")" * 500_000)


@made("P58", "Half a million minus signs.", A="raised|crashed", B="raised|crashed", C="raised|crashed")
def p58_minus_signs(folder, good, bad):
    put(folder, good + "\nx = " + "-" * 500_000 + "1\n")


@made(
    "P58", "A sum of two hundred thousand ones, as deep a tree.", A="raised|passed|crashed", B="raised|passed|crashed",
    C="raised|passed|crashed", note="What the parser makes of it depends on the version of Python.",
)  # fmt: skip
def p58_long_sum(folder, good, bad):
    put(folder, good + "\nx = 1" + "+1" * 200_000 + "\n")


@made("P58", "Attributes of attributes, a hundred thousand.", A="raised|passed|crashed", B="raised|passed|crashed", C="raised|passed|crashed")
def p58_long_attribute(folder, good, bad):
    put(folder, good + "\ndef f(x):\n    return x" + ".a" * 100_000 + "\n")


@made("P58", "A hundred nested blocks.", **RAISED)
def p58_nested_blocks(folder, good, bad):
    put(folder, good + "\n" + "".join(" " * i + "if 1:\n" for i in range(100)) + " " * 100 + "pass\n")


@made("P58", "Twenty thousand branches of one condition.", A="raised|passed|crashed", B="raised|passed|crashed", C="raised|passed|crashed")
def p58_many_branches(folder, good, bad):
    put(folder, good + "\nx = 1\nif x == 0: pass\n" + "".join(f"elif x == {i}: pass\n" for i in range(20_000)))


@made("P58", "Half a million lines.", **ALL)
def p58_many_lines(folder, good, bad):
    put(folder, good + "\n" * 500_000 + "x = 1\n")


@made("P58", "Larger than 1 MiB.", status="rejected")
def p58_too_large(folder, good, bad):
    put(folder, good + "#" * (1 << 20))


@made("P58", "A constant that takes the compiler an hour.", A="passed|raised|timeout", B="passed|raised|timeout", C="passed|raised|timeout")
def p58_constant_folding(folder, good, bad):
    put(folder, good + "\nx = 'a' * 10**6 * 4096\ny = 2 ** 2 ** 2 ** 2 ** 2\nz = (1,) * 10**9\n")


@made("P58", "A whole number of half a million digits.", A="passed|raised", B="passed|raised", C="passed|raised")
def p58_long_number(folder, good, bad):
    put(folder, good + "\nx = " + "9" * 500_000 + "\n")


@made("P58", "Unfinished: a string without end.", **RAISED)
def p58_unfinished(folder, good, bad):
    put(folder, good + "\nx = '''")


@made("P58", "Form feeds, vertical tabs and other white space.", **ALL)
def p58_form_feeds(folder, good, bad):
    put(folder, "\f" + good.replace("\n\n\ndef", "\n\f\n\f\ndef") + "\f\n")


@made("P58", "Line ends of three systems.", **ALL)
def p58_line_ends(folder, good, bad):
    lines = good.split("\n")
    put(folder, "".join(line + ("\r\n", "\r", "\n")[i % 3] for i, line in enumerate(lines)).encode())


@made("P58", "A byte order mark, and UTF-16.", **ALL)
def p58_utf16(folder, good, bad):
    put(folder, good.encode("utf-16"))


@made("P58", "Latin-1, and says so.", **ALL)
def p58_latin1(folder, good, bad):
    put(folder, b"# -*- coding: latin-1 -*-\n# caf\xe9\n" + good.encode())


@made("P58", "Latin-1, and does not say so.", status="rejected")
def p58_undeclared(folder, good, bad):
    put(folder, b"# caf\xe9\n" + good.encode())


@made("P58", "An encoding that does not exist.", status="rejected")
def p58_unknown_encoding(folder, good, bad):
    put(folder, "# coding: klingon\n" + good)


@made("P58", "Encodings that are no encodings of text.", status="rejected")
def p58_binary_encoding(folder, good, bad):
    put(folder, "# coding: zlib_codec\n" + good)


@made("P58", "The encoding that only fails.", status="rejected")
def p58_undefined_encoding(folder, good, bad):
    put(folder, "# coding: undefined\n" + good)


@made("P58", "An encoding for host names.", status="rejected|graded", A="passed|raised", B="passed|raised", C="passed|raised")
def p58_idna_encoding(folder, good, bad):
    put(folder, "# coding: idna\n" + good + "#" * 100 + ".." + "x" * 100)


@made("P58", "An encoding for host names, the other one.", status="rejected|graded", A="passed|raised|unwritten", B="passed|raised|unwritten", C="passed|raised|unwritten")
def p58_punycode(folder, good, bad):
    put(folder, "# coding: punycode\n" + good + "-\xff".encode("latin-1").decode("latin-1"))


@made(
    "P58", "Half a surrogate pair, hidden in an encoding.", status="graded|rejected", A="passed|raised", B="passed|raised", C="passed|raised",
    note="Text that UTF-8 does not have must not stop the class.",
)  # fmt: skip
def p58_surrogate(folder, good, bad):
    put(folder, "# coding: unicode_escape\n" + good + "x = '\\ud800'\n")


@made("P58", "UTF-7: text that looks like a comment and is code.", status="graded|rejected", A="passed|raised", B="passed|raised", C="passed|raised")
def p58_utf7(folder, good, bad):
    put(folder, b"# coding: utf-7\n" + good.encode("utf-7") + b"x = '+2AA-'\n")


@made("P58", "Names in other alphabets that are the same to Python.", **BAD_A)
def p58_unicode_names(folder, good, bad):
    put(folder, good + "\ndef \uff4cinear_forward(X, W, b):\n    return np.zeros((len(X), W.shape[1]))\n")


@made("P58", "Text that runs from right to left, and invisible letters.", A="passed|raised", B="passed|raised", C="passed|raised")
def p58_bidirectional(folder, good, bad):
    put(folder, good + "\nx = '\u202e } \u2066if x\u2069 \u2066'  # \u2067 begin\n")


@made("P58", "Not a program: a picture.", status="rejected|graded", **RAISED)
def p58_picture(folder, good, bad):
    put(folder, b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100)


@made("P58", "The markers of a solution, and a cookie that is not in the first lines.", **ALL)
def p58_markers(folder, good, bad):
    put(folder, good + "\n### BEGIN SOLUTION\n# coding: undefined\n### END SOLUTION\n")


@made("P58", "A statement that never ends being compiled or is refused.", A="raised|timeout|crashed|passed", B="raised|timeout|crashed|passed", C="raised|timeout|crashed|passed")
def p58_wide_call(folder, good, bad):
    put(folder, good + "\ndef f(g):\n    return g(" + "x," * 300_000 + ")\n")


@made("P58", "f-strings in f-strings.", A="raised|passed|crashed", B="raised|passed|crashed", C="raised|passed|crashed")
def p58_f_strings(folder, good, bad):
    put(folder, good + "\nx = f'{1:" + "{1:" * 200 + "}" * 200 + "}'\n")


# names of students -----------------------------------------------------------------------------------------


def hostile_name(name: str, title: str) -> None:
    def make(folder, good, bad):
        put(folder, good)

    MADE.append({
        "attack": "P65", "class": [26], "title": title, "status": "graded", "note": "", "make": make, **ALL, "name": name,
    })  # fmt: skip


hostile_name("=HYPERLINK(0)", "A student whose name is a formula.")
hostile_name("<script>alert(1)<", "A student whose name is HTML.")
hostile_name("a\x1b[2J\nb", "A student whose name holds terminal codes and a line end.")
hostile_name("..%2f..%2fp65", "A student whose name leads elsewhere.")
hostile_name("-rf --force", "A student whose name looks like an option.")
hostile_name("\u202etxt.p65", "A student whose name runs from right to left.")
hostile_name(os.fsdecode(b"p65\xff\xfe"), "A student whose name is not UTF-8.")
