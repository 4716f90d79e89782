"""`kata test`: what a person means, and programs that hang, crash or leave are told and cost themselves only."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import desk
from desk import save, solved

from grader import practice, pytest_plugin, workspace
from grader.errors import UsageError
from grader.practice import Practice, chapter_here, exercise_names, practice_root, select
from grader.practice_runs import NO_FORK, practise_apart

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
SWALLOWS = "while True:\n    try:\n        sum(range(1000))\n    except BaseException:\n        pass"


@pytest.fixture
def work(tmp_path):
    return desk.make_workspace(tmp_path)


@pytest.fixture(params=["fork", "no fork"])
def way(request, monkeypatch):
    """Both ways to run apart."""
    monkeypatch.delenv(NO_FORK, raising=False)
    if request.param == "no fork":
        monkeypatch.setenv(NO_FORK, "1")
    return request.param


def run(work: Path, *wanted: str) -> Practice:
    return practise_apart(work, select(work, wanted))


def states(found: Practice) -> dict[str, str]:
    return {e.name: "done" if e.done else e.first_failure.verdict for e in found.exercises}


def test_a_run_apart_says_what_one_in_this_process_says(work, way):
    """done, wrong and not written are found in either kind of process, with the words of the tests"""
    save(work, "ch00_small", solved("ch00_small", double="return x"))
    found = run(work)
    assert states(found) == {"double": "failed", "total": "done", "fourfold": "unwritten"}
    check = found.exercises[0].first_failure
    assert check.title == "twice 2 is 4" and "double(2.0)" in check.message


@pytest.mark.parametrize(
    "body, verdict, words",
    [
        (
            "import os; os._exit(0)",
            "crashed",
            "Your code ended Python (exit code 0) while double was running.",
        ),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "crashed", "too much memory?"),
        ("import ctypes; ctypes.string_at(0)", "crashed", "SIGSEGV while double was running"),
        ("import sys; sys.exit(0)", "raised", "SystemExit"),
        ("return double(x)", "raised", "RecursionError"),
        ("return input()", "raised", "Error"),
    ],
)
def test_a_program_that_leaves_costs_itself_only(work, way, body, verdict, words):
    """the test that ended the process says so, and the next function is tested all the same"""
    save(work, "ch00_small", solved("ch00_small", double=body))
    found = run(work, "ch00")
    assert states(found) == {"double": verdict, "total": "done"}
    assert words in found.exercises[0].first_failure.message
    assert len(found.exercises[0].checks) == 2


def test_a_loop_that_swallows_everything_is_stopped(work, monkeypatch):
    """where an exception cannot end a loop, the process is ended, and the line is known all the same"""
    monkeypatch.setattr(pytest_plugin, "SECONDS_PER_TEST", 1)
    save(work, "ch00_small", solved("ch00_small", double=SWALLOWS))
    begun = time.monotonic()
    found = run(work, "ch00")
    assert time.monotonic() - begun < 8
    assert states(found) == {"double": "timeout", "total": "done"}
    check = found.exercises[0].first_failure
    assert check.message == "double took longer than 1 s. Is there a loop that never ends?"
    assert (
        check.place.startswith("ch00_small/small.py, line 1")
        and "ch00_small/small.py, line 1" in check.detail
    )


def test_a_function_that_hangs_is_waited_for_once(work, monkeypatch):
    """its other checks are not run, so two endless loops cost twice the limit, not more"""
    monkeypatch.setattr(pytest_plugin, "SECONDS_PER_TEST", 1)
    save(work, "ch00_small", solved("ch00_small", double="while True: pass", total="while True: pass"))
    begun = time.monotonic()
    found = run(work, "ch00")
    assert time.monotonic() - begun < 4
    assert [c.verdict for c in found.exercises[0].checks] == ["timeout", "skipped"]
    assert "line 11: while True: pass" in found.exercises[0].checks[0].detail


@pytest.mark.parametrize("line", ["import os; os._exit(1)", "while True: pass"])
def test_a_file_that_cannot_be_loaded_is_told_once(work, monkeypatch, line):
    """a hang or an exit outside the functions is about the file, and other chapters are tested"""
    monkeypatch.setattr(pytest_plugin, "SECONDS_PER_TEST", 1)
    save(work, "ch00_small", line + "\n" + solved("ch00_small"))
    save(work, "ch01_more", "def fourfold(x):\n    return 4.0 * x\n")
    begun = time.monotonic()
    found = run(work)
    assert time.monotonic() - begun < 6
    assert list(found.broken) == ["ch00_small"]
    assert states(found)["fourfold"] == "done"
    assert "load" in found.broken["ch00_small"].message + found.broken["ch00_small"].detail


def test_an_endless_list_is_stopped(work):
    """memory has a limit, so that the machine goes on"""
    save(work, "ch00_small", solved("ch00_small", double="return [np.zeros(1 << 25) for _ in range(1000)]"))
    found = run(work, "ch00")
    assert states(found)["total"] == "done"
    assert "MemoryError" in found.exercises[0].first_failure.message


def test_much_output_is_cut(work):
    """a function that prints a lot is told as any other, in short"""
    save(work, "ch00_small", solved("ch00_small", double="for i in range(200000): print('x' * 50)\nreturn x"))
    check = run(work, "double").exercises[0].first_failure
    assert check.verdict == "failed" and 100 < len(check.printed) <= 20_000


def test_what_a_person_means(work):
    """chapters and functions in many forms; several at once; only the files that are needed are collected"""
    chapters, files = ("ch00_small",), (practice.tests_of(work / "ch00_small"),)
    for word in ("ch00_small", "ch00", "0", "small", "small.py", "ch00_small/", "ch00_small/test_small.py"):
        chosen = select(work, [word])
        assert (chosen.chapters, chosen.names, chosen.files) == (chapters, (), files), word
    for word in ("double", "double.forward", "ch00.double", "small.double"):
        assert select(work, [word]).names == ("double",) and select(work, [word]).files == files, word
    both = select(work, ["double", "ch01"])
    assert (both.chapters, both.names) == (("ch01_more",), ("double",)) and len(both.files) == 2
    assert [e.name for e in run(work, "double", "ch01").exercises] == ["double", "fourfold"]
    assert exercise_names(files[0]) == ["double", "total"]


def test_unknown_names_are_guessed(work):
    """a typing mistake gets the nearest names, anything else the list of chapters"""
    with pytest.raises(UsageError, match=r"no chapter or function 'doubel'\. Did you mean double"):
        select(work, ["total", "doubel"])
    with pytest.raises(UsageError, match="Did you mean double"):
        select(work, ["Double"])
    with pytest.raises(UsageError, match=r"Chapters here: ch00_small, ch01_more\."):
        select(work, ["zzz"])
    with pytest.raises(UsageError, match="Chapters here"):
        select(work, [r"(.*[\n"])


def test_in_a_chapter_folder_that_chapter_is_meant(work):
    """kata test without a name runs the chapter whose folder one is in, also in a folder inside of it"""
    inner = work / "ch01_more" / "figures"
    inner.mkdir()
    for folder in (work / "ch01_more", inner):
        done = desk.kata(folder, "test")
        assert done.returncode == 1
        assert done.stdout.splitlines()[0] == "ch01_more  0 of 1 done"
    assert desk.kata(work / "ch01_more", "test", "double").stdout.startswith("ch00_small")
    assert practice_root(inner) == work and chapter_here(work, inner) == "ch01_more"
    assert chapter_here(work, work) is None and chapter_here(work, work.parent) is None


def test_exit_codes_and_words(work):
    """0 if all pass, 1 if not, 2 for a wrong name; one line says what is next"""
    assert desk.kata(work, "test", "nothing").returncode == 2
    save(work, "ch00_small", solved("ch00_small"))
    done = desk.kata(work, "test", "small")
    assert done.returncode == 0 and "All visible tests pass." in done.stdout
    done = desk.kata(work, "test")
    assert done.returncode == 1
    assert "Next: fourfold in ch01_more/more.py, line 9." in done.stdout


def test_a_module_of_the_students_cannot_stand_in_for_another(work, way):
    """a file random.py or grader.py in the folder does not break the kit"""
    for name in ("random.py", "grader.py", "json.py", "numpy.py"):
        (work / name).write_text("raise SystemExit('mine')\n")
    save(work, "ch00_small", solved("ch00_small"))
    before = os.getcwd()
    os.chdir(work)
    try:
        assert states(run(work, "ch00")) == {"double": "done", "total": "done"}
    finally:
        os.chdir(before)


def test_ctrl_c_ends_a_run_that_hangs(work):
    """Ctrl-C while a function hangs: exit code 130, and no process is left"""
    marker = work / "began"
    body = f"open({str(marker)!r}, 'w').write(str(__import__('os').getpid()))\nwhile True: pass"
    save(work, "ch00_small", solved("ch00_small", double=body))
    process = subprocess.Popen(
        [sys.executable, "-c", desk.KATA, "test", "double"],
        cwd=work,
        env=desk.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    end = time.monotonic() + desk.SECONDS
    while not (marker.exists() and marker.read_text()):
        assert time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=desk.SECONDS)
    assert process.returncode == 130 and b"Traceback" not in errors
    with pytest.raises(ProcessLookupError):
        os.kill(int(marker.read_text()), 0)


def test_the_next_thing_is_where_the_work_is(tmp_path):
    """with the work in the notebook, the cell is named and not the .py file, also where a value is wrong"""
    kit = tmp_path / "kit"
    for name in ("ch00_toolbox", "conftest.py"):
        source = desk.ROOT / "exercises" / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        kit.mkdir(exist_ok=True)
        copy(source, kit / name)
    work = workspace.start(tmp_path / "work", kit).folder
    path = work / "ch00_toolbox" / "toolbox.ipynb"
    told = json.loads(path.read_text(encoding="utf-8"))
    name = exercise_names(kit / "ch00_toolbox" / "test_toolbox.py")[0]
    for number, cell in enumerate(told["cells"], 1):
        text = "".join(cell["source"])
        if cell["cell_type"] == "code" and f"def {name}(" in text:
            stub = f'raise NotImplementedError("{name} is not written yet")'
            assert stub in text
            cell["source"], where = text.replace(stub, "return x * 0.0"), number
    path.write_text(json.dumps(told), encoding="utf-8")
    said = desk.kata(work, "test", "ch00").stdout
    assert f"Next: {name} in ch00_toolbox/toolbox.ipynb, cell {where}, line 1." in said
    assert "ch00_toolbox/toolbox.py" not in said
