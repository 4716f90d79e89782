"""The store: nothing half-written, nothing lost, one writer."""

from __future__ import annotations

import csv
import errno
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

import grader
from grader.errors import GraderFailure, UsageError
from grader.results import Result
from grader.store import Store
from grader.tables import ABOUT, FAILURES, RESULTS, TESTS

_spec = importlib.util.spec_from_file_location("synthetic", Path(__file__).with_name("synthetic.py"))
synthetic = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(synthetic)
make_result = synthetic.make_result

ROOT = Path(grader.__file__).parents[1]
OVERRIDE = {"score": 12.5, "reason": "oral exam", "by": "ta"}
PAIR = ("student01", "ch04_losses")


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "out") as opened:
        yield opened


def reopened(store):
    store.close()
    return Store(store.folder)


def in_another_process(code, *arguments):
    """Start Python on `code` with the package importable; its output can be read line by line."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)])}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)


# --- what is saved ----------------------------------------------------------------------------------------


def test_saved_result_is_a_file_and_rows(store):
    """a saved result stands as JSON in results/, as a row of results and as one row per test"""
    result = make_result()
    assert store.save(result, "key 1") == result
    path = store.folder / "results" / "student01" / "ch04_losses.json"
    assert path == store.path_of(*PAIR)
    assert Result.from_json(path.read_text("utf-8")) == result
    assert list(store.results()) == [result]
    assert store.key_of(*PAIR) == "key 1"
    assert store.keys() == {PAIR: "key 1"}
    engine = sa.create_engine(f"sqlite:///{store.folder / 'grades.db'}")
    with engine.connect() as db:
        row = db.execute(sa.select(RESULTS)).one()
        tests = db.execute(sa.select(TESTS).order_by(TESTS.c.number)).all()
    engine.dispose()
    assert (row.status, row.score, row.final) == ("graded", result.score, result.final)
    assert [(t.id, t.verdict, t.points) for t in tests] == [(t.id, t.verdict, t.points) for t in result.tests]
    assert [t.diagnosis for t in tests] == [t.diagnosis and t.diagnosis.id for t in result.tests]


def test_second_save_replaces_the_first(store):
    """grading again replaces the file, the row and the rows of the tests"""
    store.save(make_result(seed=1), "key 1")
    shorter = make_result(seed=2)
    del shorter.tests[3:]
    store.save(shorter, "key 2")
    assert list(store.results()) == [shorter]
    assert store.keys() == {PAIR: "key 2"}
    assert store._db.execute(sa.select(sa.func.count()).select_from(TESTS)).scalar() == 3


def test_everything_is_there_after_opening_again(store):
    """a class that was saved is there, equal and with its keys, when the folder is opened again"""
    results = [r for r in synthetic.make_class(students=6) if r.status != "grader_error"]
    for number, result in enumerate(results):
        store.save(result, f"key {number}")
    with reopened(store) as again:
        assert sorted(again.results(), key=repr) == sorted(results, key=repr)
        assert len(again.keys()) == len(results)
        only = [r for r in results if r.chapter == "ch04_losses"]
        assert list(again.results("ch04_losses")) == only


def test_results_can_be_saved_while_they_are_read(store):
    """going through the results does not stand in the way of saving"""
    for number in range(5):
        store.save(make_result(f"student{number}"), "old")
    for result in store.results():
        store.save(result, "new")
    assert set(store.keys().values()) == {"new"}


def test_nan_is_refused_and_nothing_is_written(store):
    """a result with NaN raises, and the older one stays"""
    store.save(make_result(), "key 1")
    with pytest.raises(ValueError):
        store.save(make_result(seconds=float("nan")), "key 2")
    assert store.keys() == {PAIR: "key 1"}
    assert list(store.results()) == [make_result()]


def test_any_database_url_may_be_given(tmp_path):
    """the database may live elsewhere; the files stay in the folder"""
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    with Store(tmp_path / "out", url) as store:
        store.save(make_result(), "key")
    assert (tmp_path / "elsewhere.db").is_file() and not (tmp_path / "out" / "grades.db").exists()
    with Store(tmp_path / "out", url) as store:
        assert store.keys() == {PAIR: "key"}


def test_strange_names_are_kept(store):
    """names that are no folder names, and bytes that are no text, survive file and database"""
    names = ["../../etc", "anna", "Anna", "李 \0", "a\udcffb", "", "=HYPERLINK()"]
    for name in names:
        store.save(make_result(name), "key")
    with reopened(store) as again:
        assert {r.student for r in again.results()} == set(names)
        assert all(again.key_of(name, "ch04_losses") == "key" for name in names)
    folders = list((store.folder / "results").iterdir())
    assert len(folders) == len({f.name.casefold() for f in folders}) == len(names)


def test_wal_mode(store):
    """SQLite writes ahead, so that a report can read while a class is graded"""
    assert store._db.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    assert store._db.exec_driver_sql("PRAGMA busy_timeout").scalar() > 0


# --- a failure of the grader, a mark by hand --------------------------------------------------------------


def test_grader_error_keeps_the_older_grade(store):
    """our fault is recorded with its log, the older grade stays, and the next run tries again"""
    old = make_result()
    store.save(old, "key 1")
    store.save(make_result(seed=1, status="grader_error"), "key 2", log="Traceback: boom\0")
    assert list(store.results()) == [old]
    assert store.key_of(*PAIR) is None
    with reopened(store) as again:
        assert list(again.results()) == [old]
        assert again.keys() == {}
        [failure] = again.failures()
        assert (failure.student, failure.chapter, failure.log) == (*PAIR, "Traceback: boom")
        assert failure.path == again.folder / "log" / "student01" / "ch04_losses.log"
        assert failure.path.read_text("utf-8").startswith("Traceback: boom")
        again.save(make_result(seed=2), "key 2")
        assert again.failures() == [] and not failure.path.exists()
        assert again.keys() == {PAIR: "key 2"}


def test_grader_error_alone_is_no_result(store):
    """without an older grade there is a failure and nothing else, with a log made from the result"""
    store.save(make_result(status="grader_error", notes=["fork server gone"], tests=[]), "key")
    assert list(store.results()) == [] and store.keys() == {}
    assert not store.path_of(*PAIR).exists()
    assert [f.log for f in store.failures()] == ["fork server gone"]


def test_override_survives_grading_again(store):
    """a mark by hand goes over to every later result, also after opening again"""
    store.save(make_result(override=OVERRIDE), "key 1")
    written = store.save(make_result(seed=1), "key 2")
    assert written.override == OVERRIDE and written.score == make_result(seed=1).score
    with reopened(store) as again:
        again.save(make_result(seed=2), "key 3")
        assert [r.override for r in again.results()] == [OVERRIDE]
        changed = {**OVERRIDE, "score": 3.0}
        again.save(make_result(seed=3, override=changed), "key 3")
        assert [r.override for r in again.results()] == [changed]
        again.save(make_result(seed=3), "key 3", keep_override=False)
        again.save(make_result(seed=3), "key 3")
        assert [r.override for r in again.results()] == [None]


def test_override_survives_the_loss_of_the_database(store):
    """the JSON files keep marks by hand and folder names when grades.db is deleted"""
    store.save(make_result("anna"), "key")
    store.save(make_result("Anna", override=OVERRIDE), "key")
    folder = store.folder_of("Anna")
    store.close()
    for file in store.folder.glob("grades.db*"):
        file.unlink()
    with Store(store.folder) as again:
        assert again.keys() == {}
        assert again.folder_of("Anna") == folder
        assert again.save(make_result("Anna", seed=1), "key").override == OVERRIDE


# --- files and rows that do not agree ---------------------------------------------------------------------


def test_row_without_its_file_counts_as_not_graded(store):
    """when the JSON file is gone, the submission is graded again"""
    store.save(make_result("student01"), "key")
    store.save(make_result("student02"), "key")
    store.path_of(*PAIR).unlink()
    with reopened(store) as again:
        assert list(again.keys()) == [("student02", "ch04_losses")]
        assert [r.student for r in again.results()] == ["student02"]


def test_file_that_says_otherwise_counts_as_not_graded(store):
    """a run killed between file and row, or a file changed by hand, is repaired by grading again"""
    store.save(make_result(override=OVERRIDE), "key")
    store.path_of(*PAIR).write_text(make_result(seed=1).to_json(), "utf-8")
    with reopened(store) as again:
        assert again.keys() == {} and list(again.results()) == []
        again.save(make_result(seed=1), "key")
        assert [r.override for r in again.results()] == [OVERRIDE]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"tests": []}', "NAN"])
def test_file_that_is_no_result_is_graded_again(store, text):
    """a broken file does no harm: it counts as not graded and is replaced"""
    store.save(make_result(), "key")
    if text == "NAN":  # a mark by hand that is no number must not spoil what is written later
        text = make_result(override=OVERRIDE).to_json().replace("12.5", "NaN")
    store.path_of(*PAIR).write_text(text, "utf-8")
    with reopened(store) as again:
        assert again.keys() == {}
        again.save(make_result(), "key")
        assert again.keys() == {PAIR: "key"}


def test_copied_folder_is_still_graded(store, tmp_path):
    """after a copy the files have new times; the same content still counts"""
    store.save(make_result(), "key")
    store.close()
    copy = shutil.copytree(store.folder, tmp_path / "copy", copy_function=shutil.copyfile)
    os.utime(copy / "results" / "student01" / "ch04_losses.json", (1, 1))
    with Store(copy) as again:
        assert again.keys() == {PAIR: "key"}


def test_killed_process_loses_nothing_it_had_reported(tmp_path):
    """killed while saving: every result that was reported as saved is there, and every file is whole"""
    code = """
import itertools, sys
from synthetic import make_result
from grader.store import Store
store = Store(sys.argv[1])
for number in itertools.count():
    store.save(make_result(f"student{number}"), f"key {number}")
    print(number, flush=True)
"""
    for after in (1, 17, 40):
        folder = tmp_path / f"out{after}"
        process = in_another_process(code, folder)
        saved = [int(process.stdout.readline()) for _ in range(after)]
        process.kill()
        saved += [int(line) for line in process.stdout.read().splitlines()]
        assert process.wait() == -signal.SIGKILL
        process.stdout.close()
        with Store(folder) as store:
            keys = store.keys()
            assert all(keys[f"student{n}", "ch04_losses"] == f"key {n}" for n in saved)
            assert len(keys) <= len(saved) + 1
            assert len(list(store.results())) == len(keys)
        for file in (folder / "results").rglob("*"):
            assert file.is_dir() or (file.suffix == ".json" and json.loads(file.read_bytes()))


# --- a full disk ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_full_disk_leaves_the_older_result(store, monkeypatch, where):
    """no room for the file: one clear line, no temporary file, the older result untouched"""
    old = make_result()
    store.save(old, "key 1")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, where, full)
        with pytest.raises(GraderFailure, match=r"disk is full.*Make room") as caught:
            store.save(make_result(seed=1), "key 2")
    assert caught.value.exit_code == 3
    assert [f.name for f in store.path_of(*PAIR).parent.iterdir()] == ["ch04_losses.json"]
    with reopened(store) as again:
        assert list(again.results()) == [old] and again.keys() == {PAIR: "key 1"}


def test_full_database_leaves_the_older_result(store):
    """no room for the rows: one clear line, the older file and its rows untouched"""
    old = make_result()
    store.save(old, "key 1")
    pages = store._db.exec_driver_sql("PRAGMA page_count").scalar()
    store._db.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    store._db.rollback()
    new = make_result(seed=1)
    new.tests[0].detail = "x" * 100_000
    with pytest.raises(GraderFailure, match="disk is full"):
        store.save(new, "key 2")
    assert [f.name for f in store.path_of(*PAIR).parent.iterdir()] == ["ch04_losses.json"]
    with reopened(store) as again:
        assert list(again.results()) == [old] and again.keys() == {PAIR: "key 1"}
        again.save(new, "key 2")
        assert again.keys() == {PAIR: "key 2"}


# --- opening ----------------------------------------------------------------------------------------------


def test_second_writer_is_refused(store):
    """two runs on one folder: the second one is told who is writing and what to do"""
    with pytest.raises(UsageError) as caught:
        Store(store.folder)
    assert str(caught.value) == (
        f"another kata grade is writing to {store.folder} (process {os.getpid()}); "
        "wait for it or choose another --out"
    )
    with reopened(store):
        pass


def test_lock_goes_with_a_killed_process(tmp_path):
    """a killed run leaves no lock behind, even while a child of it is still about to end"""
    code = """
import os, sys, time
from grader.store import Store
store = Store(sys.argv[1])
if os.fork() == 0:
    time.sleep(0.3)
    os._exit(0)
print("ready", flush=True)
time.sleep(60)
"""
    process = in_another_process(code, tmp_path / "out")
    assert process.stdout.readline() == "ready\n"
    with pytest.raises(UsageError, match=f"process {process.pid}"):
        Store(tmp_path / "out")
    process.kill()
    process.wait()
    process.stdout.close()
    Store(tmp_path / "out").close()


def test_reading_needs_no_lock_and_writes_nothing(store):
    """a report can be made while a class is graded"""
    store.save(make_result(), "key")
    with Store(store.folder, read_only=True) as reader:
        assert list(reader.results()) == [make_result()]
        with pytest.raises(GraderFailure, match="readonly"):
            reader.save(make_result(seed=1), "key 2")
    assert list(store.results()) == [make_result()]


def test_reading_where_nothing_was_graded(tmp_path):
    """without grades the person is told which command makes them, and nothing is created"""
    with pytest.raises(UsageError, match="holds no grades"):
        Store(tmp_path / "out", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_damaged_database(store):
    """a file that is no database: one clear line"""
    store.close()
    (store.folder / "grades.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(UsageError, match="is damaged"):
        Store(store.folder)


def test_database_of_another_version(store):
    """tables of another version are not touched"""
    store._db.execute(sa.update(ABOUT).values(value="99"))
    store._db.commit()
    store.close()
    with pytest.raises(UsageError, match="version 99"):
        Store(store.folder)


def test_folder_that_cannot_be_made(tmp_path):
    """an output folder under a file: one clear line"""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="Cannot write to"):
        Store(tmp_path / "file" / "out")


def test_first_run_killed_between_two_tables(store):
    """missing tables are made when the folder is opened again"""
    store.save(make_result(), "key")
    FAILURES.drop(store._db)
    store._db.execute(sa.delete(ABOUT))
    store._db.commit()
    with reopened(store) as again:
        assert again.failures() == [] and again.keys() == {PAIR: "key"}


# --- grades.csv -------------------------------------------------------------------------------------------


def test_csv_has_one_line_per_student_and_chapter(store):
    """numbers are short, what is missing is empty, a mark by hand comes with its reason"""
    store.save(make_result("student02", override=OVERRIDE, started=""), "key")
    store.save(make_result("student01", score=0.1 + 0.2, bonus=0.0, max_score=3.0, seconds=1.0), "key")
    store.save(make_result("student03", status="rejected", score=None), "key")
    store.save(make_result("student04"), "key")
    store.path_of("student04", "ch04_losses").unlink()
    with reopened(store) as again, again.write_csv().open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["student"] for row in rows] == ["student01", "student02", "student03"]
    assert rows[0] == {
        "student": "student01", "chapter": "ch04_losses", "status": "graded", "score": "0.3", "max_score": "3",
        "bonus": "0", "final": "0.3", "override_reason": "", "prerequisites": "reference",
        "isolation": "sealed+uid", "started": "2025-03-14T09:26:53Z", "seconds": "1",
    }  # fmt: skip
    assert (rows[1]["final"], rows[1]["override_reason"]) == ("12.5", "oral exam")
    assert (rows[2]["status"], rows[2]["score"], rows[2]["final"]) == ("rejected", "", "")


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "=cmd|' /C calc'!A0", '"a", b', "Zoë,\nBerg"]
)
def test_csv_is_safe_to_open(store, name):
    """what a spreadsheet would take for a formula gets an apostrophe; quotes and commas do no harm"""
    store.save(make_result(name, override={**OVERRIDE, "reason": "=1"}), "key")
    data = store.write_csv().read_bytes()
    assert data.startswith(b"student,")  # no byte order mark
    [_, row] = csv.reader(data.decode("utf-8").splitlines(keepends=True))
    assert row[0] == (f"'{name}" if name[0] in "=+-@\t\r" else name)
    assert row[7] == "'=1"
