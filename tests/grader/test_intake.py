"""Archives and downloads: everybody is found, what is broken costs nobody else anything, nothing is lost."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import sys
import time
import tracemalloc
import unicodedata
import zipfile
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grader.cli import kata
from grader.course import Course
from grader.errors import GraderFailure, UsageError
from grader.grading_process import Job, open_engine
from grader.intake.archive import Archive
from grader.intake.files import DiskFile, Folder, Refused, shown
from grader.intake.names import Modules, download_of
from grader.results import SCHEMA_PATH, Result
from grader.submission import HandedIn, Source, read_handed_in, read_source, read_unparsed, survey

sys.path.insert(0, str(Path(__file__).parent))
import tiny
import zips

_spec = importlib.util.spec_from_file_location("fuzz", Path(__file__).parents[1] / "benchmarks" / "fuzz.py")
fuzz = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fuzz)

BOUNDED = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
linux = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")
LAZY = tiny.GOOD.replace("s += v", "s -= v")


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return tiny.make_course(
        tmp_path / "course",
        {"ch01_tiny": (tiny.SOLUTION, tiny.SUITE), "ch02_next": (tiny.SOLUTION, tiny.SUITE)},
    )


def put(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def found(course: Course, *paths: Path) -> dict[str, HandedIn]:
    """What was handed in for ch01, by student."""
    handed = survey(paths, [course.chapter("ch01")]).handed_in
    assert len({h.student for h in handed}) == len(handed)
    for h in handed:
        assert all("\n" not in text and text.isprintable() for text in (*h.notes, h.rejected or ""))
    return {h.student: h for h in handed}


def text_of(handed: HandedIn) -> str | None:
    source = read_handed_in(handed)
    if source is not None and source.notebook is not None:
        source = source.notebook.source()
    return source.text if source else None


def unpacked(data: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(folder)
    return folder


# learning platforms ----------------------------------------------------------------------------------------------

MOODLE = {
    "Student One_1001_assignsubmission_file_/tiny.py": "a = 1",
    "Étudiant Deux_1002_assignsubmission_file/work/ch01_tiny/tiny.py": "a = 2",
    "Student Three_1003_assignsubmission_file_/work.zip": zips.zipped({"work/ch01_tiny/tiny.py": "a = 3"}),
    "Student Four_1004_assignsubmission_onlinetext_/onlinetext.html": "<p>see mail</p>",
    "Student Four_1004_assignsubmission_file_/report.pdf": "%PDF",
    "Participant_1005_assignsubmission_file_tiny.py": "a = 5",
    "1006_assignsubmission_file_/student06_tiny.py": "a = 6",
    "Student Seven_1007_assignsubmission_onlinetext_/onlinetext.html": "<p>x = 1</p>",
    "Student Seven_1007_assignsubmission_file_/Tiny.PY": "a = 7",
}
MOODLE_TEXTS = {
    "Student One_1001": "a = 1",
    "Étudiant Deux_1002": "a = 2",
    "Student Three_1003": "a = 3",
    "Student Four_1004": None,
    "Participant_1005": "a = 5",
    "Participant_1006": "a = 6",
    "Student Seven_1007": "a = 7",
}

CANVAS = {
    "onestudent_11_901_tiny.py": "a = 1",
    "twostudent_LATE_12_902_tiny-2.py": "a = 2",
    "threestudent_13_903_tiny.py": "old",
    "threestudent_13_904_tiny-1.py": "a = 3",
    "fourstudent_14_905_work.zip": zips.zipped({"ch01_tiny/tiny.py": "a = 4", "conftest.py": "1/0"}),
    "fivestudent_15_text.html": "<p>text</p>",
    "sixstudent_16_906_essay.docx": "PK",
    "sevenstudent_17_907_tiny_99_98_x.py": "no",
    "sevenstudent_17_908_student07_tiny.py": "a = 7",
    "anon_Ab3xY_909_tiny.py": "a = 8",
    "LATE_anon_Zz9_910_tiny.py": "a = 9",
    "twinstudent_18_911_tiny.py": "one",
    "twinstudent_19_912_tiny.py": "two",
}
CANVAS_TEXTS = {
    "onestudent_11": "a = 1",
    "twostudent_12": "a = 2",
    "threestudent_13": "a = 3",
    "fourstudent_14": "a = 4",
    "fivestudent_15": None,
    "sixstudent_16": None,
    "sevenstudent_17": "a = 7",
    "anon_Ab3xY": "a = 8",
    "anon_Zz9": "a = 9",
    "twinstudent_18": "one",
    "twinstudent_19": "two",
}


@pytest.mark.parametrize("form", ["zip", "folder", "wrapped"])
@pytest.mark.parametrize(
    ("files", "texts"), [(MOODLE, MOODLE_TEXTS), (CANVAS, CANVAS_TEXTS)], ids=["moodle", "canvas"]
)
def test_downloads_of_learning_platforms(course, tmp_path, files, texts, form):
    """every student of a Moodle or Canvas download is found, from the zip file as from the folder"""
    if form == "wrapped":
        files = {f"ch01-submissions/{name}": data for name, data in files.items()}
    path = put(tmp_path / "download.zip", zips.zipped(files))
    if form == "folder":
        path = unpacked(path.read_bytes(), tmp_path / "unpacked")
    handed = found(course, path)
    assert {name: text_of(h) for name, h in handed.items()} == texts


def test_the_numbers_of_the_platforms_are_kept(course, tmp_path):
    """grades can go back: the number of the Moodle participant and of the Canvas user are known"""
    moodle = found(course, put(tmp_path / "m.zip", zips.zipped(MOODLE)))
    assert moodle["Student One_1001"].identity == {"lms": "moodle", "id": "1001", "name": "Student One"}
    canvas = found(course, put(tmp_path / "c.zip", zips.zipped(CANVAS)))
    assert canvas["twostudent_12"].identity == {"lms": "canvas", "id": "12", "name": "twostudent"}
    assert canvas["anon_Ab3xY"].identity == {"lms": "canvas", "anonymous_id": "Ab3xY"}
    assert canvas["twostudent_12"].notes == ("Canvas marks this as handed in late.",)
    assert canvas["onestudent_11"].notes == ()
    assert found(course, tiny.hand_in(tmp_path / "plain", student01="x"))["student01"].identity == {}


def test_what_a_platform_sends_besides_files_is_named(course, tmp_path):
    """typed text and other files are no submission, and are named where there is none"""
    moodle = found(course, put(tmp_path / "m.zip", zips.zipped(MOODLE)))
    (note,) = moodle["Student Four_1004"].notes
    assert (
        note
        == "No file for this chapter, expected tiny.py or tiny.ipynb. Not looked at: report.pdf, onlinetext.html."
    )
    canvas = found(course, put(tmp_path / "c.zip", zips.zipped(CANVAS)))
    assert (
        "essay.docx" in canvas["sixstudent_16"].notes[0] and "text.html" in canvas["fivestudent_15"].notes[0]
    )
    assert "tiny.py" in canvas["threestudent_13"].notes[0]


def test_a_students_own_file_name_cannot_make_another_student(course, tmp_path):
    """what stands in the student's part of a name is his, whatever it looks like"""
    files = {
        "onestudent_11_901_twostudent_12_902_tiny.py": "evil",
        "One_1_assignsubmission_file_/Two_2_assignsubmission_file_/tiny.py": "evil",
        "One_1_assignsubmission_file_/twostudent_12_902_tiny.py": "evil",
    }
    assert set(found(course, put(tmp_path / "d.zip", zips.zipped(files)))) == {"onestudent_11", "One_1"}
    inner = zips.zipped({"Two_2_assignsubmission_file_/tiny.py": "evil", "student02/tiny.py": "evil"})
    put(tmp_path / "class" / "student01.zip", inner)
    tiny.hand_in(tmp_path / "class", student02="x = 2")
    handed = found(course, tmp_path / "class")
    assert set(handed) == {"student01", "student02"} and text_of(handed["student02"]) == "x = 2"
    # Given along with others, a zip file is one student's as well.
    two = found(course, tmp_path / "class" / "student01.zip", tmp_path / "class" / "student02")
    assert set(two) == {"student01", "student02"}


@pytest.mark.parametrize(
    "name", ["student01", "A_b_c", "Group 1_tiny", "12_34", "x_assignsubmission_file_", "_1_2_"]
)
def test_ordinary_names_are_no_download(name):
    """folders that only look a little like a download are names of students"""
    assert download_of(name) is None


def test_the_tree_of_nbgrader(course, tmp_path):
    """a course of nbgrader: every student in submitted/, a notebook per assignment, timestamps left alone"""
    root = tmp_path / "course101"
    put(root / "nbgrader_config.py", "")
    for step in ("source/./ch01", "release/./ch01"):
        put(root / step / "tiny.ipynb", zips.notebook(tiny.SOLUTION))
    put(root / "submitted/student01/ch01/tiny.ipynb", zips.notebook("x = 1\n"))
    put(root / "submitted/student01/ch01/timestamp.txt", "2025-03-14 09:26:53 UTC")
    put(root / "submitted/student02/ch01/tiny.py", "y = 1")
    put(root / "submitted/student02/ch01/tiny.ipynb", "broken")
    (root / "submitted/student03").mkdir()
    handed = found(course, root)
    assert set(handed) == {"student01", "student02", "student03"}
    assert (
        handed["student01"].file.path.name == "tiny.ipynb" and handed["student02"].file.path.name == "tiny.py"
    )
    assert handed["student01"].identity == {"lms": "nbgrader", "id": "student01"}
    assert handed["student01"].notes == () and "tiny.ipynb" in handed["student02"].notes[0]
    assert "x = 1" in text_of(handed["student01"])
    assert set(found(course, root / "submitted")) == set(handed)
    packed = {f"c/{p.relative_to(root).as_posix()}": p.read_bytes() for p in root.rglob("*") if p.is_file()}
    assert set(found(course, put(tmp_path / "c.zip", zips.zipped(packed)))) == {"student01", "student02"}


# zip files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("student01.zip", {"tiny.py": "a"}),
        ("student01.zip", {"ch01_tiny/tiny.py": "a", "ch02_next/next.py": "b", "README.md": ""}),
        (
            "student01.zip",
            {"work/ch01_tiny/tiny.py": "a", "__MACOSX/work/ch01_tiny/._tiny.py": "", ".DS_Store": ""},
        ),
        ("student01_tiny.zip", {"a/b/c/d/tiny.py": "a"}),
        ("student01-ch01.ZIP", {"work\\ch01_tiny\\tiny.py": "a"}),
    ],
)
def test_one_students_zip_alone(course, tmp_path, name, files):
    """a zip file with chapters in it is one student, named by it"""
    handed = found(course, put(tmp_path / name, zips.zipped(files)))
    assert {n: text_of(h) for n, h in handed.items()} == {"student01": "a"}


@pytest.mark.parametrize("wrapper", ["", "submissions/"])
def test_a_zip_of_a_class(course, tmp_path, wrapper):
    """a zip file of folders, files and zip files is a class"""
    files = {
        f"{wrapper}student01/tiny.py": "1",
        f"{wrapper}student02/ch01_tiny/tiny.py": "2",
        f"{wrapper}student03_tiny.py": "3",
        f"{wrapper}student04.zip": zips.zipped({"tiny.py": "4"}),
        f"{wrapper}student05/deep/work.zip": zips.zipped({"ch01_tiny/tiny.py": "5"}),
        f"{wrapper}student06/": "",
        f"{wrapper}essay.txt": "",
    }
    path = put(tmp_path / "class.zip", zips.zipped(files))
    texts = {name: text_of(h) for name, h in found(course, path).items()}
    assert texts == {
        "student01": "1",
        "student02": "2",
        "student03": "3",
        "student04": "4",
        "student05": "5",
        "student06": None,
    }
    assert survey([path], [course.chapter("ch01")]).unassigned == ["essay.txt"]


def test_several_zips_are_several_students(course, tmp_path):
    """zip files named together are a student each, also if every one holds a folder of the same name"""
    paths = [
        put(tmp_path / f"student{i:02}.zip", zips.zipped({"work/code/tiny.py": str(i)})) for i in (1, 2, 3)
    ]
    texts = {name: text_of(h) for name, h in found(course, *paths).items()}
    assert texts == {"student01": "1", "student02": "2", "student03": "3"}


def test_names_written_by_other_programs(course, tmp_path):
    """UTF-8 names without the flag, as macOS writes them, and stored members are read"""
    data = zips.zipped({"Zoe2/tiny.py": "1", "other1/tiny.py": "2"}, zipfile.ZIP_STORED)
    data = data.replace(b"Zoe2", "Zoë".encode())
    assert set(found(course, put(tmp_path / "c.zip", data))) == {"Zoë", "other1"}


@pytest.mark.parametrize("kind", zips.BROKEN)
def test_a_broken_archive_is_that_students_result(course, tmp_path, kind):
    """whatever is wrong with an archive, its student gets one line that says so, and the others their results"""
    make, words = zips.BROKEN[kind]
    folder = tiny.hand_in(tmp_path / "class", student01="x = 1", student03="x = 3")
    data = put(folder / "student02.zip", make("tiny.py", "x = 2\n")).read_bytes()
    handed = found(course, folder)
    assert {n: text_of(h) for n, h in handed.items()} == {
        "student01": "x = 1",
        "student02": None,
        "student03": "x = 3",
    }
    source = read_handed_in(handed["student02"])
    assert source.text is None and words in source.rejected and len(source.rejected) < 250
    assert source.rejected.endswith((".", "settings."))
    # The same in a student's folder beside a good file: a word, and full marks for the file.
    put(folder / "student01" / "more.zip", data)
    again = found(course, folder)["student01"]
    assert text_of(again) == "x = 1" and any("zip" in note or "left out" in note for note in again.notes)


@pytest.mark.parametrize("kind", zips.BROKEN)
def test_a_broken_archive_in_a_download(course, tmp_path, kind):
    """the same inside of a Moodle download, where the archive is a member itself"""
    make, words = zips.BROKEN[kind]
    files = {
        "One_1_assignsubmission_file_/tiny.py": "x = 1",
        "Two_2_assignsubmission_file_/work.zip": make("tiny.py", "x = 2\n"),
        "Three_3_assignsubmission_file_/work.zip": zips.zipped({"tiny.py": "x = 3"}),
    }
    handed = found(course, put(tmp_path / "m.zip", zips.zipped(files)))
    assert {n: text_of(h) for n, h in handed.items()} == {"One_1": "x = 1", "Two_2": None, "Three_3": "x = 3"}
    assert words in read_handed_in(handed["Two_2"]).rejected


def test_a_lone_broken_zip_is_told(course, tmp_path):
    """a zip file that cannot be opened and is given alone is a student's rejection with its reason"""
    (handed,) = found(course, put(tmp_path / "student01.zip", b"nothing")).values()
    assert handed.student == "student01" and "is not a readable zip file" in handed.rejected
    with pytest.raises(UsageError, match=r"one folder or zip file per student"):
        found(course, put(tmp_path / "empty.zip", zips.zipped({})))


def test_other_archives_are_rejected_with_advice(course, tmp_path):
    """a rar, 7z or tar file is that student's rejection"""
    for name in ("student01.rar", "student02.7z", "student03.tar.gz", "student04.TGZ"):
        put(tmp_path / "class" / name, b"Rar!")
    handed = found(course, tmp_path / "class")
    assert len(handed) == 4
    for h in handed.values():
        assert "is not a zip file. Hand in the files themselves" in h.rejected


def test_extra_files_of_an_archive_are_named_and_never_used(course, tmp_path):
    """files that shadow modules or steer pytest are named as not looked at; nothing appears on the disk"""
    names = ["numpy.py", "sitecustomize.py", "evil.pth", "pytest.ini", "conftest.py", "test_hidden.py"]
    put(tmp_path / "c" / "student01.zip", zips.zipped({"tiny.py": "x = 1", **dict.fromkeys(names, "1/0")}))
    before = sorted(tmp_path.rglob("*"))
    handed = found(course, tmp_path / "c")["student01"]
    assert text_of(handed) == "x = 1"
    assert handed.notes == (
        "Not looked at: student01.zip/numpy.py, student01.zip/sitecustomize.py (expected tiny.py or tiny.ipynb).",
    )
    assert sorted(tmp_path.rglob("*")) == before


def test_a_large_class_archive_is_listed_quickly(course, tmp_path):
    """five thousand files of 300 students are listed and read in seconds, and little of them is held"""
    files = {
        f"student{i:03}/ch01_tiny/{'tiny.py' if j == 0 else f'figure{j}.png'}": f"x = {i}\n"
        for i in range(300)
        for j in range(17)
    }
    path = put(tmp_path / "class.zip", zips.zipped(files))
    started = time.monotonic()
    handed = found(course, path)
    assert [text_of(h) for h in handed.values()] == [f"x = {i}\n" for i in range(300)]
    assert time.monotonic() - started < 10.0


# which file counts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "counts"),
    [
        (["tiny.py", "tiny-1.py"], "tiny-1.py"),
        (["tiny-1.py", "tiny-2.py", "tiny-10.py", "tiny-9.py"], "tiny-10.py"),
        (["tiny.py", "tiny (2).py", "tiny (1).py"], "tiny (2).py"),
        (["tiny.py", "tiny-copy.py"], "tiny-copy.py"),
        (["tiny.py", "tiny - Copy.py", "tiny - Copy (2).py"], "tiny - Copy (2).py"),
        (["tiny.py", "tiny (copy).py"], "tiny (copy).py"),
        (["tiny.py", "tiny_v2.py", "tiny_v3.py"], "tiny_v3.py"),
        (["tiny.py", "Tiny.py", "TINY.PY"], "tiny.py"),
        (["TINY.PY"], "TINY.PY"),
        (["tiny.ipynb", "tiny.py"], "tiny.py"),
        (["tiny.py", "tiny-1.ipynb"], "tiny-1.ipynb"),
        (["student01_tiny.py", "tiny.py"], "tiny.py"),
        (["student01_tiny.py", "test_tiny.py", "student01_tiny-1.py"], "student01_tiny-1.py"),
        (["ch01_tiny/tiny.py", "tiny-3.py"], "ch01_tiny/tiny.py"),
        (["ch01_tiny/tiny.py", "ch01_tiny/tiny-3.py"], "ch01_tiny/tiny-3.py"),
        (["ch01.ipynb"], "ch01.ipynb"),
        (["ch01_tiny.py", "backup/old/tiny.py"], "ch01_tiny.py"),
    ],
)
def test_the_latest_counts_and_the_others_are_named(course, tmp_path, names, counts):
    """of several files one counts by a written rule, on a disk as in a zip file, and all others are named"""
    folder = tmp_path / "class" / "student01"
    for name in names:
        put(folder / name, f"# {name}\n" if name.lower().endswith("py") else zips.notebook("x = 1\n"))
    handed = found(course, folder.parent)["student01"]
    assert handed.file.path == folder / counts
    left_out = [n for n in names if n != counts and not n.startswith("test_")]
    assert all(name in " ".join(handed.notes) for name in left_out)
    packed = put(tmp_path / "z" / "student01.zip", zips.zipped({n: (folder / n).read_bytes() for n in names}))
    assert found(course, packed.parent)["student01"].file.label == f"student01.zip/{counts}"


def test_a_bad_name_does_not_spoil_a_good_one(course, tmp_path):
    """beside `../tiny.py`, a link and a nameless member the good tiny.py of an archive counts"""
    data = zips.zipped({"../tiny.py": "evil", "tiny.py": "good", "/tiny.py": "evil", "tiny.pyc": "no"})
    data = data.replace(b"tiny.pyc", b"\x00iny.pyc")
    handed = found(course, put(tmp_path / "c" / "student01.zip", data).parent)["student01"]
    assert text_of(handed) == "good"
    assert "tiny.py (has a name in its zip file that leads out of it)" in handed.notes[0]
    assert handed.notes[1].startswith("student01.zip/(no name) has no name in its zip file.")


def test_of_several_archives_the_latest_counts(course, tmp_path):
    """work-1.zip comes after work.zip, and a loose file before both"""
    folder = tmp_path / "class" / "student01"
    for name, text in (("work.zip", "old"), ("work-2.zip", "new"), ("work (1).zip", "middle")):
        put(folder / name, zips.zipped({"ch01_tiny/tiny.py": text}))
    assert text_of(found(course, folder.parent)["student01"]) == "new"
    put(folder / "tiny.py", "loose")
    assert text_of(found(course, folder.parent)["student01"]) == "loose"


def test_an_untouched_stub_gives_way(course, tmp_path):
    """work in a notebook beside the stub as it was handed out counts; a stub alone is graded as it is"""
    stub = "def double(x):\n    raise NotImplementedError\n"
    put(course.root / "exercises/ch01_tiny/tiny.py", stub)
    folder = tmp_path / "class" / "student01" / "ch01_tiny"
    put(folder / "tiny.py", stub.replace("\n", "\r\n"))
    assert found(course, tmp_path / "class")["student01"].file.path.name == "tiny.py"
    put(folder / "tiny.ipynb", zips.notebook(tiny.GOOD))
    assert found(course, tmp_path / "class")["student01"].file.path.name == "tiny.ipynb"
    put(course.root / "exercises/ch01_tiny/tiny.ipynb", zips.notebook(stub))
    put(folder / "tiny.ipynb", zips.notebook(stub))
    assert found(course, tmp_path / "class")["student01"].file.path.name == "tiny.py"
    put(folder / "tiny.py", stub + "x = 1\n")
    handed = found(course, tmp_path / "class")["student01"]
    assert handed.file.path.name == "tiny.py" and handed.notes == ()


@pytest.mark.parametrize(
    ("stem", "meaning"),
    [
        ("tiny", ("tiny", (), "")),
        ("tiny-copy-2", ("tiny", (1, 2), "")),
        ("Jo-Ann O'Neil_tiny (1)", ("tiny", (1,), "Jo-Ann O'Neil")),
        ("student01_ch01_tiny", ("tiny", (), "student01")),
        ("s-1_next", ("next", (), "s-1")),
        ("test_tiny", None),
        ("my-test-tiny", None),
        ("destiny", None),
        ("tinyx", None),
        ("_tiny", None),
        ("tiny_final", None),
        ("", None),
        ("-1", None),
        ("tiny" + "-1" * 200, None),
    ],
)
def test_what_a_name_means(course, stem, meaning):
    """chapter, revision and student are read from a name, or nothing is"""
    got = Modules(course.chapters).meaning(stem)
    assert (got and (got.module, got.revision, got.student)) == meaning


def test_names_are_understood_in_no_time(course):
    """no name takes long to understand"""
    modules = Modules(course.chapters)
    started = time.monotonic()
    for part in (
        "(1)",
        " ",
        "-1",
        "_",
        "9",
        "copy",
        "tiny",
        "_assignsubmission_",
        "a_1_",
        "\u202e",
        " - copy (2)",
    ):
        for end in ("", "x", "tiny", ")"):
            modules.meaning(part * 300 + end)
            download_of(part * 300 + end)
    assert time.monotonic() - started < 2.0


def test_files_of_a_class_that_tell_no_student(course, tmp_path):
    """a misspelt file in a class is reported, not dropped; a stray file does not make a class one student"""
    folder = tiny.hand_in(tmp_path / "class", student01="1", student02="2")
    put(folder / "student05_tny.py", "x")
    put(folder / "tiny.py", "the instructor's own")
    surveyed = survey([folder], [course.chapter("ch01")])
    assert {h.student for h in surveyed.handed_in} == {"student01", "student02"}
    assert surveyed.unassigned == ["student05_tny.py", "tiny.py"]


# hostile folders -------------------------------------------------------------------------------------------------


def test_names_that_differ_in_case_or_form_stay_apart(course, tmp_path):
    """two students whose names a careless disk would confuse have two results in two folders, and are told"""
    from grader.names import FolderNames

    names = ["Zoë", unicodedata.normalize("NFD", "Zoë"), "ZOË", "student01"]
    path = put(tmp_path / "c.zip", zips.zipped({f"{n}/tiny.py": repr(n) for n in names}))
    handed = found(course, path)
    assert {n: text_of(h) for n, h in handed.items()} == {n: repr(n) for n in names}
    folders = FolderNames()
    assert len({unicodedata.normalize("NFKC", folders.of(n)).casefold() for n in handed}) == 4
    assert all("differs from this one only in case" in handed[n].notes[0] for n in names[:3])
    assert handed["student01"].notes == ()


NASTY = ["a\nb", "-rf", "--help", "\u202egnp", "x\x1b[31m", "=1+1", "<b>", "a" * 120, "COM1", "tab\there"]


@pytest.mark.parametrize("name", NASTY)
def test_nasty_names(course, tmp_path, name):
    """names with line ends, dashes, direction marks or escapes are names; in notes they are harmless"""
    folder = tmp_path / "class" / name
    put(folder / "tiny.py", "x = 1")
    put(folder / name / "tiny-1.py", "x = 2")
    put(folder / f"{name}.py", "x = 3")
    (folder / f"{name} link").symlink_to("/etc")
    (handed,) = found(course, tmp_path / "class").values()
    assert handed.student == name and text_of(handed) == "x = 2"
    assert len(handed.notes) == 3


def test_shown_is_one_harmless_line():
    """what is shown of a name has no control, direction or half characters, and a limit"""
    for text in ("a\r\nb", "\x00", "\u202e", "\udcff", "\ufeff", "\u2028", "x" * 10_000):
        assert shown(text).isprintable() and len(shown(text)) <= 101
        shown(text).encode("utf-8")
    assert shown("Zoë Ångström 学.py") == "Zoë Ångström 学.py"


@linux
def test_hard_links(course, tmp_path):
    """a hard link within one's own files is a file; one to somebody else's is rejected"""
    folder = tiny.hand_in(tmp_path / "class", student01="x = 1")
    os.link(folder / "student01" / "tiny.py", tmp_path / "backup.py")
    assert read_source(folder / "student01" / "tiny.py").text == "x = 1"
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(folder / "student01", 12345, 12345)
    rejected = read_source(folder / "student01" / "tiny.py").rejected
    assert rejected == "tiny.py is a hard link to a file of another user. Hand in a copy of your own."


@linux
def test_what_is_no_file_in_a_class(course, tmp_path):
    """links, pipes and sockets in place of a student, an archive or a file are told, and nothing waits for them"""
    folder = tiny.hand_in(tmp_path / "class", student01="x = 1")
    (folder / "student02").symlink_to(folder / "student01")
    os.mkfifo(folder / "student03.zip")
    (folder / "student04.zip").symlink_to("/dev/zero")
    (folder / "student05_tiny.py").symlink_to(folder / "student01" / "tiny.py")
    (folder / "student06").mkdir()
    os.mkfifo(folder / "student06" / "tiny.py")
    (folder / "student07.zip").mkdir()
    put(folder / "student07.zip" / "tiny.py", "x = 7")
    started = time.monotonic()
    handed = found(course, folder)
    reasons = {n: getattr(read_handed_in(h), "rejected", None) for n, h in handed.items()}
    assert time.monotonic() - started < 5.0
    assert reasons["student01"] is None and reasons["student07.zip"] is None
    for name, words in (
        ("student02", "symbolic link"),
        ("student03", "not an ordinary file"),
        ("student04", "symbolic link"),
        ("student05", "symbolic link"),
        ("student06", "not an ordinary file"),
    ):
        assert words in reasons[name]


def test_a_folder_that_cannot_be_read(course, tmp_path, monkeypatch):
    """a student's folder without permission, or on a disk that fails, is that student's rejection"""
    folder = tiny.hand_in(tmp_path / "class", student01="x = 1", student02="x = 2")
    scandir = os.scandir

    def refusing(path: os.PathLike[str]):
        if Path(path).name == "student02":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    handed = found(course, folder)
    assert "Permission denied" in handed["student02"].rejected and text_of(handed["student01"]) == "x = 1"


def test_a_good_file_is_not_lost_behind_a_bad_one(course, tmp_path):
    """a link or a damaged name beside a good file does not cost the good file, and is named with its reason"""
    folder = tmp_path / "class" / "student01"
    put(folder / "old" / "tiny.py", "good")
    (folder / "tiny.py").symlink_to("/etc/passwd")
    handed = found(course, folder.parent)["student01"]
    assert text_of(handed) == "good" and "left out: tiny.py (is a symbolic link)" in handed.notes[0]


# fuzzing ---------------------------------------------------------------------------------------------------------


@BOUNDED
@given(fuzz.mutated_zips())
@example(b"PK\x05\x06" + b"\x00" * 18)
@example(b"PK\x05\x06" + b"\xff" * 18)
def test_any_bytes_are_a_listing_or_a_refusal(data):
    """whatever the bytes of an archive, it is listed or refused, and each member is read or refused, within bounds"""
    tracemalloc.start()
    started = time.monotonic()
    fuzz.read_archive(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.monotonic() - started < 2.0
    assert peak < (64 << 20)


@settings(BOUNDED, max_examples=60)
@given(st.binary(max_size=300) | fuzz.mutated_zips())
def test_any_bytes_leave_the_class_alone(tmp_path_factory, data):
    """a student's zip file of any bytes has a result, and the student beside it keeps his"""
    course = tiny.make_course(tmp_path_factory.getbasetemp() / "fuzzed" / "course")
    folder = tmp_path_factory.getbasetemp() / "fuzzed" / "class"
    put(folder / "student01.zip", data)
    put(folder / "student02" / "tiny.py", "x = 2")
    handed = found(course, folder)
    assert set(handed) == {"student01", "student02"} and text_of(handed["student02"]) == "x = 2"
    source = read_handed_in(handed["student01"])
    assert source is None or source.notebook or (source.text is None) != (source.rejected is None)


def test_the_fuzzer_finds_what_is_broken(monkeypatch):
    """the strategy reaches members and refusals alike, and an exception that is no refusal is found"""
    seen = {"read": 0, "refused": 0}
    fuzz_some = settings(BOUNDED, max_examples=600)(
        given(fuzz.mutated_zips())(lambda data: _count(seen, data))
    )
    fuzz_some()
    assert seen["read"] > 20 and seen["refused"] > 20
    monkeypatch.setattr(fuzz, "Archive", lambda file: (_ for _ in ()).throw(KeyError("x")))
    with pytest.raises(KeyError):
        fuzz.read_archive(b"")


def _count(seen: dict[str, int], data: bytes) -> None:
    read, refused = fuzz.read_archive(data)
    seen["read"] += read
    seen["refused"] += refused


@pytest.mark.parametrize(("name", "examples"), [("wire", 300), ("notebook", 25)])
def test_a_short_round_of_the_other_targets(name, examples):
    """the decoder of answers and the reader of notebooks survive a short round of the fuzzer"""
    fuzz.run_round(name, 1, examples)


# from end to end -------------------------------------------------------------------------------------------------

DEEP = b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def graded(course: Course, path: Path, out: Path, *options: str) -> dict[str, Result]:
    """Run `kata grade` and read its results; each must obey the schema."""
    done = CliRunner().invoke(
        kata,
        ["grade", str(path), "--out", str(out), "--course", str(course.root), "--jobs", "2", *options],
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.output
    schema = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    results = {}
    for file in (out / "results").glob("*/ch01_tiny.json"):
        data = json.loads(file.read_text(encoding="utf-8"))
        jsonschema.validate(data, schema)
        results[data["student"]] = Result.from_dict(data)
    return results


@linux
@pytest.mark.parametrize("platform", ["moodle", "canvas"])
def test_kata_grade_of_a_download(course, tmp_path, platform):
    """a download with modules, notebooks, archives and broken files: everybody has a result, honest ones full marks"""
    work = {
        "One": ("tiny.py", tiny.GOOD, "graded", 5.0),
        "Two": ("tiny.ipynb", zips.notebook(tiny.GOOD), "graded", 5.0),
        "Three": ("work.zip", zips.zipped({"ch01_tiny/tiny.ipynb": zips.notebook(LAZY)}), "graded", 3.0),
        "Four": ("tiny-1.py", "\ufeff" + tiny.GOOD.replace("\n", "\r\n"), "graded", 5.0),
        "Five": ("tiny.ipynb", DEEP, "rejected", 0.0),
        "Six": ("tiny.ipynb", "\x00\x00", "rejected", 0.0),
        "Seven": ("work.zip", b"PK\x03\x04broken", "rejected", 0.0),
        "Eight": ("tiny.py", b"x = '\xe4'", "rejected", 0.0),
        "Nine": ("report.pdf", "%PDF", "missing", 0.0),
        "Ten": ("tiny.py", "x = 1\x00\n", "graded", 0.0),
        "Eleven": ("tiny.py", b"#" * (2 << 20), "rejected", 0.0),
    }
    files, students = {}, {}
    for number, (name, (file, data, *expected)) in enumerate(work.items(), 1001):
        if platform == "moodle":
            files[f"Student {name}_{number}_assignsubmission_file_/{file}"] = data
            students[f"Student {name}_{number}"] = expected
        else:
            files[f"{name.lower()}student_{number}_{number + 7000}_{file}"] = data
            students[f"{name.lower()}student_{number}"] = expected
    path = put(tmp_path / "download.zip", zips.zipped(files))
    results = graded(course, path, tmp_path / "out")
    assert {n: [r.status, r.score] for n, r in results.items()} == students
    for result in results.values():
        number = result.student.rpartition("_")[2]
        assert result.identity["lms"] == platform and result.identity["id"] == number
        if result.status != "graded":
            assert len(result.notes) == 1 and "\n" not in result.notes[0]
    assert {r.submission["kind"] for r in results.values()} == {"py", "ipynb", "none"}
    # Nothing has changed: nothing is graded again.
    again = CliRunner().invoke(
        kata, ["grade", str(path), "--out", str(tmp_path / "out"), "--course", str(course.root), "--json"]
    )
    assert json.loads(again.output)["graded"] == 0


@linux
def test_a_new_note_or_number_is_graded_again(course, tmp_path):
    """the key of a result holds what the result says about files left out"""
    folder = tiny.hand_in(tmp_path / "class", student01=tiny.GOOD)
    assert graded(course, folder, tmp_path / "out")["student01"].notes == []
    put(folder / "student01" / "old" / "tiny.py", "x = 1")
    assert "left out: old/tiny.py" in graded(course, folder, tmp_path / "out")["student01"].notes[0]


@linux
def test_a_class_of_broken_archives(course, tmp_path):
    """every kind of broken archive in one class, beside honest students: all have results in one run"""
    folder = tiny.hand_in(tmp_path / "class", **{"student 00": tiny.GOOD, "student 99": tiny.GOOD})
    for number, (make, _) in enumerate(zips.BROKEN.values(), 1):
        put(folder / f"student {number:02}.zip", make("tiny.py", tiny.GOOD))
    results = graded(course, folder, tmp_path / "out")
    assert len(results) == len(zips.BROKEN) + 2
    for name, result in results.items():
        honest = name in ("student 00", "student 99")
        assert (result.status, result.score) == (("graded", 5.0) if honest else ("rejected", 0.0))


@linux
def test_a_notebook_that_changes_meanwhile_is_our_failure(course, tmp_path):
    """what was not read as it was planned gets no grade, and the next run tries again"""
    path = put(tmp_path / "tiny.ipynb", zips.notebook(tiny.GOOD))
    source = read_unparsed(DiskFile(path))
    assert isinstance(source, Source) and source.text is None and source.notebook is not None
    with open_engine(course, [course.chapter("ch01")]) as engine:
        limits = engine.prepare("ch01_tiny")
        job = Job("student01", "ch01_tiny", source, {}, limits, "auto")
        result, log = engine.grade(job)
        assert (result.status, result.score, log) == ("graded", 5.0, "")
        path.write_text(zips.notebook(LAZY), encoding="utf-8")
        result, log = engine.grade(job)
        assert (result.status, result.score) == ("grader_error", None) and "changed while" in log
    with pytest.raises(GraderFailure, match="changed while"):
        source.notebook.source()


@linux
def test_a_notebook_travels_with_its_job(course, tmp_path):
    """a job that goes to another process takes the bytes of its notebook along, one that stays does not hold them"""
    import pickle

    path = put(tmp_path / "tiny.ipynb", zips.notebook(tiny.GOOD))
    source = read_unparsed(DiskFile(path))
    assert source.notebook._data is None
    there = pickle.loads(pickle.dumps(source))
    path.unlink()
    assert "def double" in there.notebook.source().text


def test_folders_and_archives_look_the_same(tmp_path):
    """a folder on a disk and in a zip file list the same names in the same order"""
    files = {"b.py": "1", "a/x.py": "2", "a/b/y.py": "3", "c.txt": ""}
    data = zips.zipped(files)
    disk = unpacked(data, tmp_path / "d")
    packed = put(tmp_path / "d.zip", data)

    def names(folder: Folder) -> list:
        return [(e.name, names(e)) if isinstance(e, Folder) else e.name for e in folder.entries()]

    assert names(Folder(disk)) == names(Archive(DiskFile(packed)).root)
    with pytest.raises(Refused, match="cannot be read"):
        list(Folder(tmp_path / "nowhere").entries())
