"""Reading notebooks: the zoo of what students hand in, hostile files, and the limits."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import time
import types

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grader import notebook_module, notebook_read
from grader.errors import GraderFailure
from grader.notebook_cells import Problem
from grader.notebook_read import Extracted, Unreadable, extract, place

SOFTMAX = "def softmax(z):\n    return z / z.sum()"
STUB = 'def softmax(z):\n    raise NotImplementedError("softmax is not written yet")'


def cell(source, kind="code", **more):
    """A cell as Jupyter saves it."""
    return {"cell_type": kind, "metadata": {}, "source": source} | more


def own(source, name="softmax", kind="code"):
    """The cell that the kit made for an exercise."""
    return cell(source, kind, metadata={"nnkata": {"role": "exercise", "exercise": name}})


def book(*cells, **more) -> bytes:
    """A notebook of these cells; a str is a code cell."""
    cells = [cell(c) if isinstance(c, str) else c for c in cells]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | more).encode()


def read(*cells, **more) -> Extracted:
    """What is extracted from a notebook; the quick way, in this process."""
    text, notes = notebook_module.read(book(*cells, **more))
    return Extracted(text, notes)


def loaded(text: str) -> types.SimpleNamespace:
    """The module of an extracted source, loaded like a submission: a statement that raises costs itself only."""
    space: dict = {}
    for node in ast.parse(text).body:
        try:
            exec(compile(ast.Module([node], []), "losses.py", "exec"), space)
        except Exception as error:
            space.setdefault("problems", []).append(error)
    return types.SimpleNamespace(**space)


def refused(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        extract(data, "losses.ipynb")
    assert "\n" not in caught.value.reason
    return caught.value.reason


# --- what is kept -----------------------------------------------------------------------------------------


def test_functions_classes_imports_and_constants_are_kept():
    """the module is the definitions of all code cells, in their order; texts are none of it"""
    got = read(
        "import numpy as np\nEPS = 1e-3", cell("# Softmax", "markdown"), SOFTMAX, "class A:\n    x = EPS"
    )
    module = loaded(got.text)
    assert got.notes == []
    assert module.A.x == 1e-3 and module.np.exp(0) == 1 and callable(module.softmax)


def test_demonstrations_are_left_out_but_stay_readable():
    """training, plots, loops and prints become comments; what functions use is kept however it is made"""
    got = read(
        SOFTMAX,
        "X = load()\nmodel = train(X)\nfor i in range(10**12):\n    model.step()\nplt.plot(X)\n1 / 0",
        "TABLE = {i: i * i for i in range(3)}\nTABLE[9] = 81\nfor k in (4, 5):\n    TABLE[k] = k",
        "def use(k):\n    return TABLE[k]",
    )
    module = loaded(got.text)
    assert (module.use(2), module.use(9), module.use(5)) == (4, 81, 5)
    assert not hasattr(module, "X") and not hasattr(module, "problems")
    assert "# model = train(X)" in got.text and "#     model.step()" in got.text
    assert len(got.notes) == 1 and "cell 2 were left out" in got.notes[0]


def test_a_parameter_is_no_use_of_a_global():
    """a demonstration's `model` is not kept because a function has a parameter of that name"""
    got = read("def score(model, X):\n    return model(X)", "model = slow()\nX = [slow() for _ in range(9)]")
    assert not hasattr(loaded(got.text), "problems")
    assert "# model = slow()" in got.text


def test_statements_in_one_line_are_told_apart():
    """`a = 1; train()` loses the training and keeps the constant"""
    got = read(
        "a = 1; train(); b = 2", "é = 1; f(\n 2\n); c = 'é'; g('é'); d = 4", "def f():\n    return a, b, c, d"
    )
    module = loaded(got.text)
    assert module.f() == (1, 2, "é", 4)


def test_a_method_put_on_a_class_later_is_kept():
    """`Linear.forward = forward` in a cell of its own belongs to the class"""
    got = read("class Linear:\n    pass", "def forward(self):\n    return 1\nLinear.forward = forward")
    assert loaded(got.text).Linear().forward() == 1


def test_a_class_that_extends_itself_keeps_both_halves():
    """`class Linear(Linear)` in a later cell adds to the first"""
    got = read(
        own("class Linear:\n    def a(self):\n        return 1", "Linear"), "class Linear(Linear):\n    b = 2"
    )
    module = loaded(got.text)
    assert (module.Linear().a(), module.Linear.b) == (1, 2)


def test_an_optional_import_is_kept_when_it_is_used():
    """try: import ... except ImportError: ... stays if a function needs what it defines"""
    source = "try:\n    from numba import njit\nexcept ImportError:\n    def njit(f):\n        return f"
    assert loaded(read(source, "@njit\ndef f():\n    return 3").text).f() == 3


def test_imports_that_only_demonstrations_use_are_left_out():
    """seaborn for a plot is no import of the module; numpy always is"""
    got = read("import numpy as np\nimport seaborn as sns", "from IPython.display import HTML", SOFTMAX)
    assert "# import seaborn" in got.text and "# from IPython" in got.text and "\nimport numpy" in got.text


def test_a_lost_import_of_numpy_comes_back():
    """np is used and nowhere imported: the import is added and the student told"""
    got = read("def f():\n    return np.ones(2).sum()")
    assert loaded(got.text).f() == 2.0
    assert "import numpy as np" in got.notes[0]


def test_display_in_a_function_does_no_harm():
    """a display() forgotten in a function does not cost the function"""
    assert loaded(read("def f():\n    display('x')\n    return 1").text).f() == 1


def test_a_future_import_in_any_cell_counts():
    """annotations that are not evaluated: the import moves to the top"""
    got = read("def g(): return 1", "from __future__ import annotations\ndef f(x: Nowhere):\n    return x")
    space: dict = {}
    exec(compile(got.text, "losses.py", "exec"), space)
    assert space["f"](2) == 2


# --- copied, lost, moved, merged, split -------------------------------------------------------------------


def test_of_copied_cells_the_last_written_one_counts():
    """as in a run from top to bottom; a stub never replaces what is written"""
    one, two = SOFTMAX.replace("z /", "1 *"), SOFTMAX.replace("z /", "2 *")
    got = read(own(one), own(two), own(STUB))
    assert "return 2 *" in got.text and loaded(got.text).softmax(__import__("numpy").ones(2)) == 4
    assert "cells 1, 2 and 3" in got.notes[0] and "cell 2 counts" in got.notes[0]


def test_the_exercises_own_cell_comes_before_a_trial():
    """an experiment further down does not replace the answer"""
    got = read(own("def softmax(z):\n    return 1"), "def softmax(z):\n    return 2\nsoftmax = other")
    assert loaded(got.text).softmax(0) == 1
    assert "cell 1 counts" in got.notes[0]


def test_an_answer_written_elsewhere_counts_if_the_own_cell_is_a_stub():
    """the function was written in a new cell above or below its stub"""
    for cells in ([own(STUB), "def softmax(z):\n    return 2"], ["def softmax(z):\n    return 2", own(STUB)]):
        assert loaded(read(*cells).text).softmax(0) == 2


def test_everything_in_one_cell():
    """all cells merged into one, demonstrations between: the definitions are found"""
    got = read(
        "import numpy as np\n" + SOFTMAX + "\nprint(softmax(np.ones(2)))\n\ndef f():\n    return 1\nf()\n"
    )
    assert loaded(got.text).f() == 1 and "# print(softmax" in got.text


def test_a_function_cut_in_two_is_joined():
    """head and body in two cells, or a class whose methods went into the next"""
    assert loaded(read("def f(x):", "    y = x\n    return y").text).f(3) == 3
    assert loaded(read("def f(x):\n    '''Text.'''", "    return x").text).f(3) == 3
    assert loaded(read("def f(x):\n    return [x,", "    1]").text).f(3) == [3, 1]
    got = read("class A:\n    def a(self):\n        return 1\n", "    def b(self):\n        return 2\n")
    assert (loaded(got.text).A().a(), loaded(got.text).A().b()) == (1, 2)


def test_an_indented_cell_is_read_as_ipython_reads_it():
    """a function pasted with its indentation"""
    assert loaded(read("    def f():\n        return 1\n").text).f() == 1


def test_cells_in_another_order_are_put_into_one_that_runs():
    """a subclass before its class, a constant before its function, the imports last"""
    got = read(
        "class B(A):\n    pass\nC = A.x",
        "class A:\n    x = np.pi",
        "def f(y=C):\n    return B.x",
        "import numpy as np",
    )
    module = loaded(got.text)
    assert module.f() == module.C == module.np.pi and not hasattr(module, "problems")
    assert "order" in got.notes[-1]


def test_a_text_cell_by_accident_is_read_as_code():
    """the exercise's cell was turned into Markdown or raw by a key press"""
    for kind in ("markdown", "raw"):
        got = read(own("def softmax(z):\n    return 1", kind=kind))
        assert loaded(got.text).softmax(0) == 1
        assert "not a code cell" in got.notes[0]
    assert "def nothing" not in read(SOFTMAX, cell("def nothing(): pass", "markdown")).text


def test_a_function_written_into_a_check_cell_counts():
    """cells that belong to the notebook are looked at like all others; only the check itself is silent"""
    got = read(
        cell("check('softmax')\n" + SOFTMAX, metadata={"nnkata": {"role": "check", "exercise": "softmax"}})
    )
    assert hasattr(loaded(got.text), "softmax") and got.notes == []


# --- broken cells and magics ------------------------------------------------------------------------------


def test_a_syntax_error_costs_its_own_cell():
    """the other cells are graded, and the note names cell, function and line"""
    got = read("import math", "def f(x):\n    y = (x\n    return y", "def g():\n    return 1")
    assert loaded(got.text).g() == 1 and "def f" in got.text
    assert got.notes[0].startswith("Cell 2 (f) is not Python") and "line 2 of the cell" in got.notes[0]
    with pytest.raises(SyntaxError, match="cell 2 is not Python"):
        loaded(got.text).f(1)


def test_a_broken_copy_does_no_harm_to_the_right_one():
    """a broken trial of a function that is written elsewhere does not replace it"""
    for cells in (
        ["def f(:\n    pass", "def f():\n    return 1"],
        ["def f():\n    return 1", "def f(:\n    pass"],
    ):
        assert loaded(read(*cells).text).f() == 1


@pytest.mark.parametrize(
    "line",
    [
        "%matplotlib inline",
        "!pip install torch",
        "?softmax",
        "softmax?",
        "np.exp??",
        "files = !ls *.py",
        "t = %timeit -o f()",
        "!echo \\\n  'it''s'",
        "%load_ext autoreload\n%autoreload 2",
        "get_ipython().run_line_magic('matplotlib', 'inline')",
        "x = get_ipython().getoutput('ls')",
        "if True:\n    %time f()",
        "# why?\n!ls",
    ],
)
def test_magics_are_left_out_and_the_rest_of_the_cell_stays(line):
    """what IPython adds to Python does not cost the function below it"""
    got = read(f"{line}\ndef f():\n    !ls\n    return 1\n{line}\n")
    assert loaded(got.text).f() == 1 and not hasattr(loaded(got.text), "problems")
    assert line.split("\n")[-1].strip() in got.text


def test_texts_and_brackets_that_look_like_magics_stay():
    """a % or ! at the beginning of a line inside a string or a bracket is none"""
    source = 'def f(a):\n    """Text.\n%not a magic\n!nor this\n"""\n    return ("%d"\n% a)'
    module = loaded(read(source).text)
    assert module.f(3) == "3" and "%not a magic\n!nor this" in module.f.__doc__


def test_cell_magics():
    """%%time keeps its function; a cell of another language is left out with a note"""
    got = read(
        "%%time\ndef f():\n    return 1",
        "%%bash\nrm -rf x",
        "\n%%writefile a.py\ndef h(): pass",
        "%%R\nx <- 1",
    )
    assert loaded(got.text).f() == 1 and "\ndef h" not in got.text
    assert [n[:19] for n in got.notes] == [f"Cell {i} was left out" for i in (2, 3, 4)]


def test_no_cell_is_executed(tmp_path):
    """reading writes no file, whatever the cells say"""
    target = tmp_path / "x"
    extract(
        book(f"open({str(target)!r}, 'w').write('a')", f"X = open({str(target)!r}, 'w')\ndef f(): return X"),
        "a",
    )
    assert not target.exists()


# --- forms of files ---------------------------------------------------------------------------------------


def test_sources_of_all_forms():
    """a list of lines, one text, CRLF, CR, a byte order mark, UTF-16"""
    for source in (["def f():\n", "    return 1"], "def f():\r\n    return 1\r\n", "def f():\r    return 1"):
        assert loaded(read(cell(source)).text).f() == 1
    data = book("def f():\n    return 'é'", cell("ü", "markdown"))
    for form in (b"\xef\xbb\xbf" + data, data.decode().encode("utf-16")):
        assert loaded(extract(form, "a.ipynb").text).f() == "é"


def test_format_3_and_missing_metadata():
    """an old notebook with worksheets, and one that has lost everything but its cells"""
    old = {
        "nbformat": 3,
        "worksheets": [{"cells": [{"cell_type": "code", "input": ["def f():\n", " return 1"]}]}],
    }
    for data in (old, {"cells": [{"cell_type": "code", "source": "def f(): return 1"}]}):
        assert loaded(extract(json.dumps(data).encode(), "a.ipynb").text).f() == 1


def test_damaged_cells_are_named_and_left_out():
    """numbers instead of text, cells that are no objects, wrong metadata"""
    odd = [3, None, cell(5), cell(["a", 1]), cell(None), cell("def f(): return 1", metadata=[1], id=7)]
    got = read(*odd)
    assert loaded(got.text).f() == 1
    assert [n.split(" is")[0] for n in got.notes] == [f"Cell {i}" for i in (1, 2, 3, 4, 5)]


def test_half_characters_and_zeros():
    """a lone surrogate is replaced, a zero character costs its own cell"""
    got = read("def f():\n    return 'a\ud800b'", "x = '\0'", "def g(): return 1")
    got.text.encode()
    assert loaded(got.text).f() == "a?b" and loaded(got.text).g() == 1
    assert "\0" not in got.text


def test_not_a_number_and_doubled_keys():
    """NaN in the metadata is read, and of doubled keys the last counts, as for Jupyter"""
    data = b'{"cells": 1, "metadata": {"a": NaN, "b": 1e999, "c": ' + b"9" * 9999
    data += (
        b'}, "cells": [{"cell_type": "code", "source": "def f(): return 1", "source": "def f(): return 2"}]}'
    )
    assert loaded(extract(data, "a.ipynb").text).f() == 2


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"{}", "has no cells"),
        (b"[]", "not a notebook"),
        (b"\x89PNG\r\n\x1a\n", "not UTF-8"),
        (b"PK\x03\x04", "not a notebook"),
        (b"import numpy\n\ndef f(): pass\n", "ending .py"),
        (b'{"cells": [{"cell_type": "code"', "damaged in line 1"),
        (b'{"cells": [\n<<<<<<< HEAD\n]}', "merge conflict"),
        (b'{"cells": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
        (b'{"a": [' + b"[]," * 1_500_000 + b"1]}", "too many parts"),
        (book(), "holds no code"),
        (book(cell("Text", "markdown"), "  \n"), "holds no code"),
        (book("#" * (1 << 20) + "#"), "more than 1 MiB"),
        (book(*["x"] * 3000), "more than 2000 cells"),
        (book("a=1\n" * 20_000), "more than 10000 statements"),
        (b" " * 20_000_001, "larger than 20 MB"),
    ],
)
def test_what_is_no_notebook_gets_one_clear_line(data, words):
    """the reason begins with the file's name, says what is wrong, and what to do"""
    reason = refused(data)
    assert reason.startswith("losses.ipynb ") and words in reason and reason.endswith(".")


@pytest.mark.parametrize(
    "source",
    [
        "(" * 1000,
        "-" * 100_000 + "1",
        "x = " + "+".join("a" * 50_000),
        "a" + ".b" * 200_000,
        "f" + "()" * 50_000,
        "not " * 100_000 + "1",
        "lambda: " * 20_000 + "1",
        "if a: pass\n" + "elif a: pass\n" * 20_000,
        "f'" + "{" * 200,
        "with " + "(" * 60 + "a as b",
        "{a: " * 60,
        "'''" + "a\n" * 100_000,
        "".join(" " * i + "if a:\n" for i in range(200)),
        "!a\\\n" * 50_000,
        "a" * 200_000 + "?" * 100_000 + "x",
        '"""\\' * 100_000,
    ],
)
def test_code_that_hurts_parsers_costs_its_cell(source):
    """hostile code is left out in seconds, and the function in the next cell is graded"""
    began = time.monotonic()
    got = extract(book(source, "def f(): return 1"), "a.ipynb")
    assert time.monotonic() - began < 15
    assert loaded(got.text).f() == 1


def test_names_of_files_do_not_break_the_line():
    """a name with control characters is shown without them"""
    with pytest.raises(Unreadable) as caught:
        extract(b"", "a\n\x1b[31mb.ipynb")
    assert caught.value.reason.startswith("a??[31mb.ipynb is empty")


# --- the child --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code, kind, words",
    [
        ("import os; os._exit(1)", GraderFailure, "did not start"),
        ("print('ready', flush=True); import os; os.kill(os.getpid(), 11)", Unreadable, "nested"),
        ("print('ready', flush=True); 1 / 0", GraderFailure, "ZeroDivisionError"),
    ],
)
def test_a_child_that_dies_is_the_files_fault_only_after_it_was_ready(monkeypatch, code, kind, words):
    """no start is our failure, a crash on the data the file's, a traceback ours again"""
    monkeypatch.setattr(notebook_read, "CHILD", code)
    with pytest.raises(kind, match=words):
        extract(book(SOFTMAX), "a.ipynb")


def test_a_child_that_takes_too_long_is_stopped(monkeypatch):
    """the time limit ends it and the reason says so"""
    monkeypatch.setattr(notebook_read, "CHILD", "print('ready', flush=True)\nwhile True: pass")
    monkeypatch.setattr(notebook_read, "SECONDS", 1.0)
    assert "takes longer than 1 s" in refused(book(SOFTMAX))


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of memory there")
def test_a_child_that_needs_too_much_memory_is_stopped(monkeypatch):
    """the limit of memory ends it and the reason says so"""
    monkeypatch.setattr(notebook_read, "MEMORY", 200 << 20)
    assert "too much memory" in refused(b'{"cells": [' + b'"ab",' * 3_900_000 + b"1]}")


def test_the_child_loads_nothing_that_is_installed():
    """neither numpy nor any other package is imported for a notebook"""
    code = notebook_read.CHILD.replace(
        "child()", "import sys; print([m for m in sys.modules if 'numpy' in m or 'click' in m])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# --- where a line is --------------------------------------------------------------------------------------


def test_a_line_of_the_source_is_found_in_its_cell():
    """place() counts the lines of the cell, whatever was left out or joined before"""
    got = read(
        "import numpy as np\n%matplotlib inline",
        cell("Text", "markdown"),
        "plt.plot(1)\ndef f(x):\n    return 1 / 0",
    )
    lines = got.text.split("\n")
    assert place(got.text, lines.index("    return 1 / 0") + 1) == "cell 3, line 3"
    assert place(got.text, 1) is None and place("def f(): pass\n", 1) is None
    joined = read("def f(x):", "    return 1 / 0").text
    assert place(joined, joined.split("\n").index("    return 1 / 0") + 1) == "cell 2, line 1"


# --- anything at all --------------------------------------------------------------------------------------

LINES = st.sampled_from(
    [
        "def f(x):", "    return x", "class A(B):", "    def f(self):", "        pass", "import numpy as np", "x = 1; f()",
        "%time f()", "!ls", "f?", "%%bash", "%%time", "'''", '"""', "(", ")", "\\", "x = [", "]", "for i in range(3):",
        "    f(i)", "A.f = f", "from __future__ import annotations", "@f", "async def g(): await x", "", "\t", "# %% cell 3",
        "lambda: (yield)", "é = 'ü'; print(é)", "\x0c", "\0", "\ud800", "match x:", "    case 1: pass", "del f", "x: int",
        "if x:", "else:", "raise NotImplementedError('f is not written yet')", "return", "*a, b = c", "x = !ls", "f'{x!r}'",
    ]
)  # fmt: skip
SOURCES = st.lists(LINES, max_size=12).map("\n".join) | st.text(max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
CELLS = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "code", "markdown", "raw"]) | JSON, "source": SOURCES | JSON},
    optional={
        "metadata": JSON
        | st.fixed_dictionaries({"nnkata": st.fixed_dictionaries({"exercise": st.just("f")}) | JSON}),
        "id": st.just("ch04-f") | JSON,
    },
)
BOOKS = st.lists(CELLS | JSON, max_size=8)


def outcome(read, data: bytes) -> tuple[str, list[str]]:
    """Source and notes, or an empty source and the reason."""
    try:
        found = read(data)
    except (Problem, Unreadable) as reason:
        return "", [str(reason)]
    return (found.text, found.notes) if isinstance(found, Extracted) else found


def is_fine(text: str, notes: list[str]) -> bool:
    """A source that parses and can be written, with notes of one line; or a reason of one line."""
    ast.parse(text)
    text.encode()
    return (text.endswith("\n") or len(notes) == 1) and all(n.isprintable() and n for n in notes)


@settings(max_examples=400, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(BOOKS)
@example([{"cell_type": "code", "source": "def f(x):"}, {"cell_type": "code", "source": "'''\n    a"}])
def test_any_cells_give_a_source_or_a_reason(cells):
    """whatever the cells hold, the result parses and its notes are single lines"""
    assert is_fine(*outcome(notebook_module.read, json.dumps({"cells": cells, "nbformat": 4}).encode()))


@settings(max_examples=400, deadline=2000)
@given(st.binary(max_size=200) | JSON.map(lambda v: json.dumps(v).encode()))
def test_any_bytes_give_a_source_or_a_reason(data):
    """random bytes and random JSON are refused with a reason, or read"""
    assert is_fine(*outcome(notebook_module.read, data))


@settings(max_examples=25, deadline=None)
@given(BOOKS, st.integers(0, 400), st.binary(max_size=3))
def test_a_damaged_file_gives_a_source_or_a_reason(cells, at, noise):
    """cut or overwritten anywhere, through the whole way with the child"""
    data = book(SOFTMAX, *[c for c in cells if isinstance(c, dict)])
    at %= len(data)
    for damaged in (data[:at], data[:at] + noise + data[at + len(noise) :]):
        assert is_fine(*outcome(lambda d: extract(d, "a.ipynb"), damaged))
