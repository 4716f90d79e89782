"""Notebooks: made from solution and handout, run top to bottom, and carried to .py files and back."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import notebook_build, stubs, workspace
from grader.cli.build import build as build_command
from grader.cli.grade import grade as grade_command
from grader.cli.notebook import notebook as notebook_command
from grader.course import Chapter, Course
from grader.errors import IsolationError, UsageError
from grader.local import load_chapter
from grader.notebook_build import (
    joined,
    make_notebook,
    pieces,
    read_handout,
    reference_notebook,
    source_of,
    student_notebook,
    to_bytes,
)
from grader.notebook_read import extract
from grader.notebook_switch import as_python, exercises_of, has_work, switch
from grader.practice import practise
from grader.release import leaks

ROOT = Path(__file__).parents[2]
COURSE = Course(ROOT)
CHAPTERS = [c for c in COURSE.chapters if c.handout_path.is_file() and c.visible_path.is_file()]
every_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.name)

SOURCE = '''"""Losses."""

import numpy as np


def given(z):
    return np.asarray(z)


# Softmax ---------------------------------------------------------------


def softmax(z):
    """Rows sum to one."""
    ### BEGIN SOLUTION
    return z / z.sum()
    ### END SOLUTION


class Layer:
    """A layer."""

    def forward(self, x):
        ### BEGIN SOLUTION
        return given(x) + 1
        ### END SOLUTION
'''
HANDOUT = """# Losses

A story.

## The formula

```text
## not a heading
```

## Hints

### Hints for `softmax`

Divide.

## Sources

A book.
"""
VISIBLE = '''from grader import checks, expect
import numpy as np


@checks("softmax")
def test_softmax(student):
    """softmax of 1, 3 is 1/4, 3/4"""
    expect("softmax([1, 3])", student.softmax(np.array([1.0, 3.0]))).close_to([0.25, 0.75])


@checks("Layer")
def test_layer(student):
    """a layer adds one"""
    expect("forward(1)", student.Layer().forward(1.0)).close_to(2.0)
'''
NEXT = """from ch04_losses.losses import softmax


def twice(z):
    ### BEGIN SOLUTION
    return 2 * softmax(z)
    ### END SOLUTION
"""
NEXT_VISIBLE = '''from grader import checks, expect
import numpy as np


@checks("twice")
def test_twice(student):
    """twice of 1, 3 is 1/2, 3/2"""
    expect("twice([1, 3])", student.twice(np.array([1.0, 3.0]))).close_to([0.5, 1.5])
'''


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())


@pytest.fixture
def course(tmp_path) -> Course:
    """Two small chapters, built."""
    write(
        tmp_path / "course",
        {
            "solutions/ch04_losses/losses.py": SOURCE,
            "exercises/ch04_losses/README.md": HANDOUT,
            "exercises/ch04_losses/test_losses.py": VISIBLE,
            "solutions/ch05_next/next.py": NEXT,
            "exercises/ch05_next/README.md": "# Next\n",
            "exercises/ch05_next/test_next.py": NEXT_VISIBLE,
            "tests/hidden/ch04_losses/test_losses.py": "",
        },
    )
    found = Course(tmp_path / "course")
    stubs.build(found)
    return found


@pytest.fixture
def work(course, tmp_path) -> Path:
    """A student's workspace of the small course."""
    workspace.start(tmp_path / "work", course.exercises)
    return tmp_path / "work"


WRITTEN = re.sub(r" *### (BEGIN|END) SOLUTION\n", "", SOURCE)


def texts(notebook: dict, role: str) -> list[str]:
    return ["".join(c["source"]) for c in notebook["cells"] if c["metadata"]["nnkata"]["role"] == role]


# --- building ---------------------------------------------------------------------------------------------


@every_chapter
def test_the_stubs_of_a_notebook_are_those_of_the_file(chapter):
    """put together again, the cells are the stub byte for byte; so is what is read from a handed-in one"""
    notebook = student_notebook(chapter)
    stub = chapter.stub_path.read_text(encoding="utf-8")
    assert source_of(notebook) == stub
    got = extract(to_bytes(notebook), "x.ipynb")
    lines = [line for line in got.text.split("\n") if not line.startswith("# %% cell ")]
    assert "\n".join(lines[1:]) == stub
    assert got.notes == []


@every_chapter
def test_every_exercise_has_a_cell_a_check_and_its_hints(chapter):
    """one cell per exercise, in order, with the id of its name; below it its check"""
    cells = student_notebook(chapter)["cells"]
    roles = [c["metadata"]["nnkata"] for c in cells]
    assert [r["exercise"] for r in roles if r["role"] == "exercise"] == list(chapter.exercises)
    assert [r["exercise"] for r in roles if r["role"] == "check" and "exercise" in r] == list(
        chapter.exercises
    )
    ids = [c["id"] for c in cells]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", i) for i in ids)
    assert {f"{chapter.short}-{name}" for name in chapter.exercises} <= set(ids)
    assert {f"{chapter.short}-{name}-hints" for name in chapter.exercises} <= set(ids)


@every_chapter
def test_the_whole_handout_is_in_the_notebook(chapter):
    """no line of the README is lost but the empty ones and the bare heading of the hints"""
    lines = set("\n".join(texts(student_notebook(chapter), "text")).split("\n"))
    handout = chapter.handout_path.read_text(encoding="utf-8").split("\n")
    assert [line for line in handout if line not in lines and line != "## Hints"] == []


@every_chapter
def test_no_solution_is_in_a_students_notebook(chapter):
    """neither a marker nor a line that only the solution has, apart from what handout and stub say"""
    notebook = student_notebook(chapter)
    text = to_bytes(notebook).decode()
    assert stubs.MARKER.search(text) is None
    assert "BEGIN SOLUTION" in to_bytes(reference_notebook(chapter)).decode()
    name = f"{chapter.name}/{chapter.module}.ipynb"
    assert leaks(COURSE, {name: to_bytes(notebook)}) == []
    assert leaks(COURSE, {name: to_bytes(reference_notebook(chapter))}) != []


@every_chapter
def test_the_built_notebook_is_the_one_in_the_repository(chapter):
    """building again gives the same bytes, whatever the hash seed"""
    assert notebook_build.notebook_path(chapter).read_bytes() == to_bytes(student_notebook(chapter))


def test_builds_do_not_depend_on_the_process():
    """another hash seed, another folder: the same bytes"""
    code = (
        "import sys, hashlib; from grader.course import Course; from pathlib import Path;"
        "from grader.notebook_build import *;"
        "print(hashlib.sha256(b''.join(to_bytes(student_notebook(c)) for c in Course(Path(sys.argv[1])).chapters)).hexdigest())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code, str(ROOT)],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1] and len(runs[0]) == 65


def test_the_reference_notebook_keeps_its_markers(course):
    """source_of it is the solution, so that its answer cells can be cleared by nbgrader"""
    notebook = reference_notebook(course.chapter("ch04"))
    assert source_of(notebook) == SOURCE
    assert [t.count("### BEGIN SOLUTION") for t in texts(notebook, "exercise")] == [1, 1]
    assert [t for t in texts(notebook, "given") if "SOLUTION" in t] == []


def test_notebooks_are_valid_by_nbformat():
    """format 4.5 by the official schema, and written as Jupyter writes them"""
    nbformat = pytest.importorskip("nbformat")
    for chapter in CHAPTERS:
        for notebook in (student_notebook(chapter), reference_notebook(chapter)):
            data = to_bytes(notebook).decode()
            read = nbformat.reads(data, as_version=4)
            nbformat.validate(read)
            assert nbformat.writes(read) + "\n" == data


def test_build_writes_notebooks_and_check_misses_none(course):
    """a change of handout, solution or notebook makes `kata build --check` fail until `kata build`"""
    run = CliRunner().invoke
    check = ["--course", str(course.root), "--check"]
    path = course.exercises / "ch04_losses/losses.ipynb"
    assert run(build_command, check).exit_code == 0
    for target, text in (
        (course.exercises / "ch04_losses/README.md", HANDOUT + "One more.\n"),
        (course.solutions / "ch04_losses/losses.py", SOURCE.replace("Rows sum", "All rows sum")),
        (path, "{}"),
    ):
        target.write_text(text)
        told = run(build_command, check)
        assert told.exit_code == 1 and "out of date  exercises/ch04_losses/losses.ipynb" in told.output
        assert run(build_command, check[:2]).exit_code == 0
        assert run(build_command, check).exit_code == 0
    assert "One more." in path.read_text() and "All rows sum" in path.read_text()


def test_a_handout_is_cut_at_its_headings():
    """sections, hints by exercise, what stands after the hints; a heading in a fence is text"""
    page = read_handout(HANDOUT)
    assert [title for title, _ in page.before] == ["Losses", "The formula"]
    assert "## not a heading" in page.before[1][1]
    assert page.hints == {"softmax": "### Hints for `softmax`\n\nDivide."}
    assert [title for title, _ in page.after] == ["Sources"]


# --- running ----------------------------------------------------------------------------------------------

RUN = """
import ast, json, sys
with open(sys.argv[1], encoding="utf-8") as file:
    cells = [c for c in json.load(file)["cells"] if c["cell_type"] == "code"]
space = {"__name__": "__main__"}
for cell in cells:
    tree = ast.parse("".join(cell["source"]))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, cell["id"], "exec"), space)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), cell["id"], "eval"), space)
        if hasattr(value, "passed"):
            print(value)
            assert value.passed or "waits for" in str(value), value
assert value.passed  # of the last cell: the whole chapter
"""


def desk_of(chapter: Chapter, root: Path) -> Path:
    """A workspace in which every chapter is written, with this one as the reference notebook."""
    for name in (*chapter.needs, chapter.name):
        shutil.copytree(
            COURSE.exercises / name, root / name, ignore=shutil.ignore_patterns("figures", "*.ipynb")
        )
        if name != chapter.name:
            shutil.copy(COURSE.solutions / name / f"{name[5:]}.py", root / name)
    shutil.copytree(COURSE.exercises / "data", root / "data")
    path = root / chapter.name / f"{chapter.module}.ipynb"
    path.write_bytes(to_bytes(reference_notebook(chapter)))
    return path


def run_cells(path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN, str(path)],
        capture_output=True,
        text=True,
        cwd=path.parent,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@every_chapter
def test_the_reference_notebook_runs_from_top_to_bottom(chapter, tmp_path):
    """every cell runs and every check below an exercise passes"""
    told = run_cells(desk_of(chapter, tmp_path))
    count = len(chapter.exercises)
    assert f"{chapter.name}: " in told and "checks pass" in told
    assert all(re.search(rf"^{name}: (all|the check)", told, re.MULTILINE) for name in chapter.exercises), (
        count
    )


def test_a_reference_notebook_runs_in_jupyter(tmp_path, monkeypatch):
    """the same by a real kernel, where one is installed"""
    nbformat, client = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    if importlib.util.find_spec("ipykernel") is None:
        pytest.skip("ipykernel is not installed")
    path = desk_of(COURSE.chapter("ch04"), tmp_path)
    notebook = nbformat.read(path, as_version=4)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client.NotebookClient(
            notebook, timeout=60, resources={"metadata": {"path": str(path.parent)}}
        ).execute()
    shown = [o["data"]["text/plain"] for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    assert shown[0].startswith("softmax: all") and shown[-1].endswith("12 of 12 done.")


def test_check_speaks_of_the_functions_in_the_cells(work):
    """unwritten, wrong with its words, right: what counts is the function that was run last"""
    path = work / "ch04_losses/losses.ipynb"
    notebook = json.loads(path.read_text())
    setup = "".join(next(c for c in notebook["cells"] if c["id"] == "ch04-kit-setup")["source"])
    script = f"""{setup}
import numpy as np
print(check("softmax"), check(), sep="\\n")
def softmax(z):
    print("here")
    return z
print(check("softmax"))
def softmax(z):
    return z / z.sum()
print(check(softmax))
def softmax(z):
    return 1 / 0
print(check("softmax"))
try:
    check("sotfmax")
except Exception as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=path.parent,
        env={"PYTHONPATH": str(ROOT)},
        check=False,
    )
    told = done.stdout
    assert done.returncode == 0, done.stderr
    assert told.startswith("softmax: not there yet. Run the cell that defines it.")
    assert "ch04_losses: 0 of 2 done." in told
    assert "softmax: 0 of 1 checks pass.\n  softmax of 1, 3 is 1/4, 3/4\n" in told
    assert "It printed:\n      here" in told
    assert "softmax: the check passes." in told
    assert "ZeroDivisionError in ch04_losses/losses.ipynb, line " in told
    assert "Did you mean softmax" in told


def test_a_later_notebook_uses_an_earlier_one(work):
    """a chapter that was written in its notebook is imported from there"""
    (work / "ch04_losses/losses.py").write_text(WRITTEN)
    switch(work, "ch04")
    write(work, {"ch05_next/next.py": NEXT})
    switch(work, "ch05")
    assert "twice: the check passes." in run_cells(work / "ch05_next/next.ipynb")


# --- pieces -----------------------------------------------------------------------------------------------

SOURCES = [
    SOURCE,
    WRITTEN,
    "",
    "x = 1\n",
    "# only a comment\n",
    "def f():\n    pass\ndef g():\n    pass\n",
    "def f():\n    pass\n    # ends the body\n\n\n\n\n# of g\n@f\ndef g():\n    pass\n\nx = 1\ny = 2\n\nz = 3\n",
    "\n\n# %% [markdown]\n# A note.\n\nx = 1\n\n# %% [left out]\n# f()\n# # why\n\n# more\ndef f():\n    pass\n# end\n",
    "# first\n\n# %% [markdown]\n# A\n# %% [raw]\n# B\n",
    "def f(:\n    pass\n\n\ndef g():\n    pass\n",
    'x = """\n# %% [markdown]\n# no block\n\n\ndef no(): pass\n"""\n\n\ndef f():\n    return x\n',
    "class A:\n    pass\n\n\nclass A(A):\n    pass\n\n\ndef softmax(z):\n    return 1\n\n\ndef softmax(z):\n    return 2\n",
]


@pytest.mark.parametrize("source", SOURCES)
def test_pieces_make_the_source_again(source):
    """cut and put together, and through a notebook and back, the text is the same"""
    whole = source.strip("\n") + "\n"
    template = make_notebook("ch04_losses", SOURCE, HANDOUT, ["softmax", "Layer"])
    notebook = make_notebook("ch04_losses", source, HANDOUT, ["softmax", "Layer"])
    assert joined(pieces(source)).lstrip("\n") == whole.lstrip("\n")
    back = as_python(to_bytes(notebook), template)[0] if source else joined(pieces(source))
    assert back.strip("\n") == whole.strip("\n")


LINES = st.sampled_from(
    ["def f():", "    pass", "x = 1", "@f", "class A:", "# c", "", "", "    # end", "import os", "# %% [markdown]", "'''", "\x0c", " "]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=14).map("\n".join))
def test_any_source_is_put_together_again(source):
    """whatever a file holds, cutting it into pieces loses nothing but blank lines at its ends"""
    assert joined(pieces(source)).strip("\n") == source.strip("\n")


# --- kata notebook ----------------------------------------------------------------------------------------


def edited(path: Path, **changes) -> None:
    """Change cells of a notebook as a student does: id -> new source, or None for a deleted cell."""
    book = json.loads(path.read_text(encoding="utf-8"))
    book["cells"] = [c for c in book["cells"] if changes.get(c["id"].replace("-", "_"), "") is not None]
    for cell in book["cells"]:
        if (new := changes.get(cell["id"].replace("-", "_"))) is not None:
            cell["source"] = new
    path.write_text(json.dumps(book), encoding="utf-8")


def added(path: Path, *cells: tuple[str, str]) -> None:
    """Put cells of the student's own, (type, source), at the end of a notebook."""
    book = json.loads(path.read_text(encoding="utf-8"))
    for kind, source in cells:
        more = {"outputs": [], "execution_count": 3} if kind == "code" else {}
        book["cells"].append({"cell_type": kind, "metadata": {}, "source": source} | more)
    path.write_text(json.dumps(book), encoding="utf-8")


def test_to_the_notebook_and_back(work):
    """the code moves, the file it leaves is the stub again, the old text is kept, and the way back is exact"""
    py, nb = work / "ch04_losses/losses.py", work / "ch04_losses/losses.ipynb"
    stub, empty = py.read_bytes(), nb.read_bytes()
    mine = WRITTEN + "\n\n# my own\nEPS = 1e-3\n"
    py.write_text(mine)
    there = switch(work, "ch04")
    assert (there.source, there.target) == ("ch04_losses/losses.py", "ch04_losses/losses.ipynb")
    assert py.read_bytes() == stub
    assert (work / there.kept["ch04_losses/losses.py"]).read_text() == mine
    assert "return z / z.sum()" in "".join(texts(json.loads(nb.read_text()), "exercise"))
    back = switch(work, "losses")
    assert py.read_text() == mine and nb.read_bytes() == empty
    assert (work / back.kept["ch04_losses/losses.ipynb"]).is_file()
    assert len(list((work / ".nnkata/backups/ch04_losses").iterdir())) == 2


def test_both_are_tested_alike(work):
    """kata test takes the notebook if the work is there, the file otherwise"""
    py = work / "ch04_losses/losses.py"
    py.write_text(WRITTEN)
    for suffix in (".py", ".ipynb", ".py"):
        loaded = load_chapter(work, "ch04_losses")
        assert loaded.path.suffix == suffix and loaded.problems == []
        assert loaded.module.softmax(loaded.module.np.ones(2)).tolist() == [0.5, 0.5]
        switch(work, "ch04")


def test_both_are_read_alike(course, work):
    """what is graded of the notebook is the program of the file"""
    (work / "ch04_losses/losses.py").write_text(WRITTEN)
    switch(work, "ch04")
    got = extract((work / "ch04_losses/losses.ipynb").read_bytes(), "losses.ipynb")
    assert ast.dump(ast.parse(got.text)) == ast.dump(ast.parse(WRITTEN)) and got.notes == []


def test_own_texts_and_trials_survive_both_ways(work):
    """notes, plots, cells of other languages and broken cells are comments in the file and cells again"""
    nb, py = work / "ch04_losses/losses.ipynb", work / "ch04_losses/losses.py"
    edited(
        nb,
        ch04_softmax="def softmax(z):\n    return z / z.sum()",
        ch04_text_the_formula="## My formula\n\n1 + 1",
    )
    extra = [
        ("markdown", "A note.\n\n# of mine"),
        ("code", "plt.plot(losses)\nfor i in range(3):\n    train()"),
        ("code", "%%bash\nls"),
        ("code", "def broken(:\n    pass"),
        ("raw", "raw text"),
        ("code", "def helper():\n    return 1\nhelper()"),
    ]
    added(nb, *extra)
    done = switch(work, "ch04")
    text = py.read_text()
    compile(text, "losses.py", "exec")
    assert "# helper()" in text and "\ndef helper" in text
    assert [n for n in done.notes if "not Python" in n]
    loaded = load_chapter(work, "ch04_losses")
    assert loaded.problems == [] and loaded.module.helper() == 1
    switch(work, "ch04")
    book = json.loads(nb.read_text())
    found = [(c["cell_type"], "".join(c["source"])) for c in book["cells"]]
    assert ("markdown", "## My formula\n\n1 + 1") in found
    assert [pair for pair in extra[:-1] if pair not in found] == []
    switch(work, "ch04")
    assert py.read_text() == text


def test_outputs_are_no_work(work):
    """a notebook that was only run, or saved by Jupyter, is as good as untouched; a changed one is not"""
    nb = work / "ch04_losses/losses.ipynb"
    stub = (work / "ch04_losses/losses.py").read_text()
    book = json.loads(nb.read_text())
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            cell |= {
                "execution_count": 4,
                "outputs": [{"output_type": "stream", "name": "stdout", "text": "x"}],
            }
    book["metadata"]["widgets"] = {}
    assert not has_work(json.dumps(book).encode(), stub)
    assert has_work(json.dumps(book).replace("is not written yet", "was written").encode(), stub)
    assert has_work(b"{", stub)
    nb.write_text(json.dumps(book))
    assert not switch(work, "ch04").changed


def test_if_both_hold_work_nothing_is_decided_for_the_student(work):
    """both files have work: the command asks; with --to the other one's text is kept"""
    nb, py = work / "ch04_losses/losses.ipynb", work / "ch04_losses/losses.py"
    py.write_text(WRITTEN + "\nMINE = 1\n")
    edited(nb, ch04_softmax="def softmax(z):\n    return 2")
    before = (nb.read_bytes(), py.read_bytes())
    with pytest.raises(UsageError, match="--to py takes the notebook's"):
        switch(work, "ch04")
    assert (nb.read_bytes(), py.read_bytes()) == before
    done = switch(work, "ch04", "py")
    assert "return 2" in py.read_text()
    assert [(work / done.kept[f"ch04_losses/losses{s}"]).read_bytes() for s in (".ipynb", ".py")] == list(
        before
    )


def test_notes_in_a_notebook_without_code_are_kept_too(work):
    """a notebook with nothing but notes of the student's is kept before it is replaced"""
    nb = work / "ch04_losses/losses.ipynb"
    added(nb, ("markdown", "Remember this."))
    noted = nb.read_bytes()
    (work / "ch04_losses/losses.py").write_text(WRITTEN)
    done = switch(work, "ch04")
    assert (work / done.kept["ch04_losses/losses.ipynb"]).read_bytes() == noted


def test_a_file_that_does_not_parse_is_carried_whole(work):
    """a syntax error stops nothing: one cell, a remark, and the same text on the way back"""
    py = work / "ch04_losses/losses.py"
    broken = WRITTEN.replace("z.sum()", "(z.sum()")
    py.write_text(broken)
    assert "does not parse" in switch(work, "ch04").notes[0]
    switch(work, "ch04")
    assert py.read_text() == broken


@pytest.mark.parametrize("data", [b"\xff\xfe\xfa", "# \u00e4".encode("latin-1")])
def test_a_file_that_is_not_utf8_is_left_alone(work, data):
    """one clear line, and nothing is changed"""
    py = work / "ch04_losses/losses.py"
    py.write_bytes(data)
    with pytest.raises(UsageError, match="not UTF-8"):
        switch(work, "ch04")
    assert py.read_bytes() == data


def test_a_damaged_notebook_is_left_alone(work):
    """one clear line that names it, and nothing is changed"""
    nb = work / "ch04_losses/losses.ipynb"
    nb.write_bytes(nb.read_bytes()[:-20])
    with pytest.raises(UsageError, match=r"ch04_losses/losses\.ipynb is damaged in line"):
        switch(work, "ch04")
    assert not (work / ".nnkata/backups").exists()


def test_the_file_may_be_gone(work):
    """who works in the notebook may delete the .py file; it is still tested, and comes back"""
    (work / "ch04_losses/losses.py").write_text(WRITTEN)
    switch(work, "ch04")
    (work / "ch04_losses/losses.py").unlink()
    assert load_chapter(work, "ch04_losses").problems == []
    switch(work, "ch04")
    assert (work / "ch04_losses/losses.py").read_text() == WRITTEN


def test_the_command_says_what_it_did(work, monkeypatch):
    """in a line each: where the code is, where the old text is, what to know"""
    monkeypatch.chdir(work / "ch04_losses")
    run = CliRunner().invoke
    assert "Nothing is written yet" in run(notebook_command, ["ch04"]).output
    (work / "ch04_losses/losses.py").write_text(WRITTEN)
    told = run(notebook_command, ["ch04"])
    assert told.exit_code == 0
    lines = told.output.splitlines()
    assert (
        lines[0] == "Your code is in ch04_losses/losses.ipynb now; ch04_losses/losses.py is back to its stub."
    )
    assert re.fullmatch(
        r"Your old ch04_losses/losses\.py: \.nnkata/backups/ch04_losses/losses-[\d-]+\.py", lines[1]
    )
    again = run(notebook_command, ["ch04", "--to", "ipynb"])
    assert isinstance(again.exception, UsageError) and "already" in str(again.exception)
    assert isinstance(run(notebook_command, ["ch99"]).exception, UsageError)


def test_a_function_of_a_notebook_is_reset_there(work):
    """kata reset works on the notebook if that is where the chapter is written; the old one is kept"""
    nb = work / "ch04_losses/losses.ipynb"
    (work / "ch04_losses/losses.py").write_text(WRITTEN)
    switch(work, "ch04")
    before = nb.read_bytes()
    for what in ("softmax", "Layer.forward"):
        (done,) = workspace.reset(work, what)
        assert (done.file, done.changed) == ("ch04_losses/losses.ipynb", True)
    assert not has_work(nb.read_bytes(), (work / "ch04_losses/losses.py").read_text())
    nb.write_bytes(before)
    edited(nb, ch04_softmax="def softmax(z:\n    pass")
    with pytest.raises(UsageError, match=r"cell \d+, cannot be read as Python"):
        workspace.reset(work, "softmax")
    edited(nb, ch04_softmax=None)
    with pytest.raises(UsageError, match=r"There is no softmax in ch04_losses/losses\.ipynb"):
        workspace.reset(work, "softmax")
    (done,) = workspace.reset(work, "ch04")
    assert done.file == "ch04_losses/losses.ipynb" and not switch(work, "ch04").changed


def test_a_failure_is_placed_in_its_cell(work):
    """kata test names notebook, cell and line"""
    nb = work / "ch04_losses/losses.ipynb"
    edited(nb, ch04_softmax="# mine\n\ndef softmax(z):\n    return 1 / 0")
    number = [c["id"] for c in json.loads(nb.read_text())["cells"]].index("ch04-softmax") + 1
    found = practise(work, "softmax").exercises[0].first_failure
    assert found is not None
    assert found.message.startswith(
        f"ZeroDivisionError in ch04_losses/losses.ipynb, cell {number}, line 4: `1 / 0`. "
    )


def test_waiting_for_a_function_names_its_cell(work):
    """who calls a function that is not written is sent to the cell of that function"""
    nb = work / "ch04_losses/losses.ipynb"
    edited(nb, ch04_softmax="# mine\n\ndef softmax(z):\n    return 1 / 0")
    waits = practise(work, "Layer").exercises[0].first_failure
    assert waits is not None
    assert re.search(r"Open ch04_losses/losses\.ipynb, cell \d+, line \d\.", waits.message)


def test_two_workspaces_keep_their_own_tests(work, tmp_path):
    """a test file is not taken for one of the same name that this process ran in another workspace"""
    other = tmp_path / "other"
    shutil.copytree(work, other)
    tests = other / "ch04_losses/test_losses.py"
    tests.write_text(tests.read_text().replace('"softmax"', '"softmin"'))
    assert [e.name for e in practise(other).of("ch04_losses")] == ["softmin", "Layer"]
    assert [e.name for e in practise(work).of("ch04_losses")] == ["softmax", "Layer"]


def test_the_sample_class_scores_the_same_in_notebooks(tmp_path):
    """every test of every student has the same verdict and points, handed in as file or as notebook"""
    chapter = COURSE.chapter("ch04")
    stub = chapter.stub_path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "tests/class").glob("student*/ch04_losses/losses.py")):
        name = path.relative_to(ROOT / "tests/class").with_suffix("")
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        notebook = make_notebook(chapter.name, text, HANDOUT, exercises_of(stub))
        for kind, data in ((".py", text.encode()), (".ipynb", to_bytes(notebook))):
            target = (tmp_path / kind[1:] / name).with_suffix(kind)
            target.parent.mkdir(parents=True)
            target.write_bytes(data)
    scores = {}
    for kind in ("py", "ipynb"):
        out = tmp_path / f"grades-{kind}"
        arguments = [str(tmp_path / kind), "--out", str(out), "--chapter", "ch04", "--course", str(ROOT)]
        done = CliRunner().invoke(grade_command, [*arguments, "--jobs", "1"])
        if isinstance(done.exception, IsolationError):
            pytest.skip("no sandbox here, and some of the sample class are hostile")
        assert done.exit_code == 0, done.output
        results = [json.loads(p.read_text()) for p in sorted((out / "results").glob("*/*.json"))]
        scores[kind] = {
            r["student"]: (
                r["status"],
                r["score"],
                [(t["id"], t["verdict"], t["points"]) for t in r["tests"]],
            )
            for r in results
        }
    assert len(scores["py"]) > 8 and len({score for _, score, _ in scores["py"].values()}) > 4
    assert scores["ipynb"] == scores["py"]
