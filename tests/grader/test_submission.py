"""Finding and reading what was handed in: every accepted form, and nothing that a file can do to us."""

from __future__ import annotations

import hashlib
import os
import sys
import time
import warnings
from pathlib import Path

import pytest

from grader.course import Course
from grader.errors import UsageError
from grader.submission import MAX_SOURCE, HandedIn, decoded, find_submissions, read_source

sys.path.insert(0, str(Path(__file__).parent))
import tiny


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return tiny.make_course(
        tmp_path / "course",
        {
            "ch01_tiny": (tiny.SOLUTION, tiny.SUITE),
            "ch02_next": (tiny.SOLUTION, tiny.SUITE),
            "ch03_last": (tiny.SOLUTION, ""),
        },
    )


def found(
    course: Course, *paths: Path, chapters: tuple[str, ...] = ("ch01", "ch02")
) -> dict[tuple[str, str], HandedIn]:
    handed = find_submissions(paths, [course.chapter(c) for c in chapters])
    assert len({(h.student, h.chapter.name) for h in handed}) == len(handed)
    return {(h.student, h.chapter.short): h for h in handed}


# finding ---------------------------------------------------------------------------------------------------------


def test_one_folder_per_student(course, tmp_path):
    """each folder is a student; a chapter that is not there is missing, not left out"""
    root = tmp_path / "class"
    tiny.write(root / "student01" / "ch01_tiny" / "tiny.py", "a = 1")
    tiny.write(root / "student01" / "ch02_next" / "next.py", "b = 1")
    tiny.write(root / "student02" / "tiny.py", "a = 2")
    tiny.write(root / "student03" / "notes.txt", "nothing yet")
    handed = found(course, root)
    assert len(handed) == 6
    assert handed["student01", "ch01"].path == root / "student01" / "ch01_tiny" / "tiny.py"
    ((name, file),) = handed["student01", "ch02"].own
    assert (name, file.path) == ("ch01_tiny", root / "student01" / "ch01_tiny" / "tiny.py")
    assert handed["student01", "ch01"].own == ()
    assert handed["student02", "ch01"].path == root / "student02" / "tiny.py"
    assert handed["student02", "ch02"].path is None
    assert handed["student03", "ch01"].path is None


def test_a_single_students_folder(course, tmp_path):
    """a workspace itself is one student, named by the folder"""
    root = tmp_path / "student07"
    tiny.write(root / "ch01_tiny" / "tiny.py", "a = 1")
    assert list(found(course, root)) == [("student07", "ch01"), ("student07", "ch02")]
    flat = tmp_path / "student08"
    tiny.write(flat / "tiny.py", "a = 1")
    assert found(course, flat)["student08", "ch01"].path == flat / "tiny.py"


def test_single_files(course, tmp_path):
    """STUDENT_MODULE.py and STUDENT-MODULE.py name the student; MODULE.py takes the folder's name"""
    files = [
        "student01_tiny.py",
        "student01_next.py",
        "student02-tiny.py",
        "Müller, Öz_tiny.py",
        "a_b_tiny.py",
        "other.py",
    ]
    for name in files:
        tiny.write(tmp_path / "drop" / name, "a = 1")
    handed = found(course, tmp_path / "drop")
    assert {s for s, _ in handed} == {"student01", "student02", "Müller, Öz", "a_b"}
    assert handed["student01", "ch02"].own[0][0] == "ch01_tiny"
    one = found(course, tmp_path / "drop" / "student02-tiny.py")
    assert list(one) == [("student02", "ch01"), ("student02", "ch02")]
    tiny.write(tmp_path / "student09" / "ch01_tiny" / "tiny.py", "a = 1")
    assert ("student09", "ch01") in found(course, tmp_path / "student09" / "ch01_tiny" / "tiny.py")


def test_several_paths_make_one_class(course, tmp_path):
    """folders and files given together are one class; the same file twice counts once"""
    one = tiny.hand_in(tmp_path / "a", student01="x = 1")
    two = tiny.write(tmp_path / "student01_next.py", "y = 1")
    handed = found(course, one, two, one)
    assert handed["student01", "ch01"].others == () and handed["student01", "ch02"].path == two


def test_the_file_in_its_chapter_folder_comes_first(course, tmp_path):
    """of several files for a chapter the one in its chapter's folder counts; the others are named"""
    root = tmp_path / "class" / "student01"
    tiny.write(root / "tiny.py", "1")
    tiny.write(root / "deep" / "work" / "ch01_tiny" / "tiny.py", "2")
    tiny.write(root / "old" / "tiny.py", "3")
    handed = found(course, root.parent)["student01", "ch01"]
    assert handed.path.parent.name == "ch01_tiny"
    assert [f.path.parent.name for f in handed.others] == ["student01", "old"]
    assert "left out: tiny.py, old/tiny.py." in handed.notes[0]


def test_folders_of_tools_are_not_searched(course, tmp_path):
    """caches, virtual environments and checkpoints are no place for a submission; three folders down is"""
    root = tmp_path / "class" / "student01"
    for folder in ("__pycache__", ".git", "venv", ".venv", ".ipynb_checkpoints", "__MACOSX", "a/b/c/d"):
        tiny.write(root / folder / "tiny.py", "1")
    tiny.write(tmp_path / "class" / ".hidden" / "tiny.py", "1")
    handed = found(course, tmp_path / "class")
    assert list(handed) == [("student01", "ch01"), ("student01", "ch02")]
    assert handed["student01", "ch01"].path is None
    tiny.write(root / "a" / "b" / "c" / "tiny.py", "1")
    assert found(course, tmp_path / "class")["student01", "ch01"].path is not None


def test_links_to_folders_are_not_followed(course, tmp_path):
    """a link to a folder is not searched; where it stands for a student, his result says so"""
    real = tiny.hand_in(tmp_path / "elsewhere", student01="x = 1")
    (tmp_path / "class" / "student02").mkdir(parents=True)
    (tmp_path / "class" / "student02" / "link").symlink_to(real / "student01")
    (tmp_path / "class" / "student03").symlink_to(real / "student01")
    handed = found(course, tmp_path / "class")
    for student, name in (("student02", "link"), ("student03", "student03")):
        assert handed[student, "ch01"].path is None
        assert handed[student, "ch01"].rejected == f"{name} is a symbolic link. Hand in the file itself."
    assert len(handed) == 4


def test_names_that_are_no_text(course, tmp_path):
    """a folder name that is no UTF-8 is still a student"""
    folder = os.fsencode(tmp_path / "class") + b"/student\xff"
    os.makedirs(folder)
    with open(folder + b"/tiny.py", "w") as file:
        file.write("x = 1")
    (student,) = {s for s, _ in found(course, tmp_path / "class")}
    assert os.fsencode(student) == b"student\xff"


def test_what_cannot_be_a_submission_is_a_usage_error(course, tmp_path):
    """a path that does not exist, a file of no chapter and an empty folder are told in one line"""
    for make, words in (
        (lambda: tmp_path / "nowhere", "does not exist"),
        (lambda: tiny.write(tmp_path / "essay.py", ""), "belongs to no chapter.*tiny.py, next.py"),
        (lambda: (tmp_path / "empty").mkdir() or tmp_path / "empty", "No submissions in"),
    ):
        path = make()
        with pytest.raises(UsageError, match=words) as caught:
            found(course, path)
        assert "\n" not in str(caught.value)


def test_a_folder_full_of_files_ends(course, tmp_path, monkeypatch):
    """only so many files are looked at in one student's folder"""
    from grader.intake import roster

    monkeypatch.setattr(roster, "MAX_FILES", 20)
    for i in range(50):
        tiny.write(tmp_path / "class" / "student01" / f"f{i:02}.py", "")
    tiny.write(tmp_path / "class" / "student01" / "tiny.py", "")
    handed = found(course, tmp_path / "class")["student01", "ch01"]
    assert handed.path is None and "Only the first 20 files were looked at." in handed.notes


# reading ---------------------------------------------------------------------------------------------------------


def put(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "tiny.py"
    path.write_bytes(data)
    return path


TEXT = "x = 'Grüße'\ny = 1\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.encode("utf-16"),
        b"\xff\xfe" + TEXT.encode("utf-16-le"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
    ],
)
def test_line_ends_and_marks_do_not_matter(tmp_path, data):
    """UTF-8 and UTF-16, with any line ends, with or without a byte order mark, are the same source"""
    source = read_source(put(tmp_path, data))
    assert source.rejected is None and source.text == TEXT
    assert source.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    assert source.files == [
        {"name": "tiny.py", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    ]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "iso-8859-15", "utf-8", "mac-roman", "cp850"])
def test_a_declared_encoding_counts(tmp_path, encoding):
    """a file may declare its encoding, as in Python"""
    text = f"# -*- coding: {encoding} -*-\n{TEXT}"
    assert read_source(put(tmp_path, text.encode(encoding))).text == text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"x = 1\ny = '\xe4'\n", "line 2 is not UTF-8. Save it as UTF-8."),
        (b"\xff\xfex", "is not readable text"),
        (b"# coding: klingon\n", "its encoding is unknown"),
        (b"# coding: rot13\n", "its encoding is unknown"),
        (b"# coding: undefined\nx = 1", "its encoding is unknown"),
        (b"# coding: idna\nx = 1.." + b"a" * 100, "its encoding is unknown"),
        (b"# coding: punycode\n" + b"a" * 200_000, "its encoding is unknown"),
        (b"# coding: unicode_escape\nx = '\\ud800'", "its encoding is unknown"),
        (b"# coding: raw_unicode_escape\nx = '\\ud800'", "its encoding is unknown"),
        (b"# coding: utf-7\nx = '+2AA-'", "its encoding is unknown"),
        (b"# coding: hex\nab", "its encoding is unknown"),
        (b"# coding: zlib\nab", "its encoding is unknown"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "its encoding is unknown"),
        (b"x" * (MAX_SOURCE + 1), "is larger than 1 MiB"),
        (b"\xed\xa0\x80", "its first lines are not UTF-8"),
        (b"# a\n# \xe4\n", "its first lines are not UTF-8"),
    ],
    ids=range(16),
)
def test_unreadable_text_is_rejected(tmp_path, data, words):
    """bytes that are no text, odd encodings and large files are rejected with a reason, quickly"""
    started = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        source = read_source(put(tmp_path, data))
    assert time.monotonic() - started < 1.0
    assert source.text is None and words in source.rejected and "\n" not in source.rejected
    assert source.rejected.startswith("tiny.py ")


def test_every_codec_of_python_is_survived(tmp_path):
    """whatever encoding a file declares, reading gives text that can be sent on, or a rejection"""
    import encodings
    import pkgutil

    for module in pkgutil.iter_modules(encodings.__path__):
        source = read_source(
            put(
                tmp_path, f"# coding: {module.name}\nx = '\\ud800 +2AA- xn--a'\n".encode() + bytes(range(128))
            )
        )
        assert (source.text is None) != (source.rejected is None)
        if source.text is not None:
            source.text.encode("utf-8")


def test_one_mebibyte_is_accepted(tmp_path):
    """the limit is 1 MiB, included"""
    assert read_source(put(tmp_path, b"#" * MAX_SOURCE)).rejected is None


def test_what_is_no_file_is_rejected(tmp_path):
    """links, folders, pipes, devices and missing files are rejected, and reading them does not block"""
    real = put(tmp_path, b"x = 1")
    link = tmp_path / "link.py"
    link.symlink_to(real)
    folder = tmp_path / "folder.py"
    folder.mkdir()
    pipe = tmp_path / "pipe.py"
    os.mkfifo(pipe)
    cases = [(link, "symbolic link"), (folder, "not an ordinary file"), (pipe, "not an ordinary file"),
             (Path("/dev/zero"), "not an ordinary file"), (tmp_path / "gone.py", "cannot be read")]  # fmt: skip
    for path, words in cases:
        source = read_source(path)
        assert source.text is None and words in source.rejected
        assert "Hand in the file itself" in source.rejected


def test_an_empty_file_is_a_submission(tmp_path):
    """an empty file is readable: its tests say what is missing"""
    assert read_source(put(tmp_path, b"")).text == ""


def test_zero_bytes_are_left_to_the_worker(tmp_path):
    """a zero byte is text; Python's own error about it is raised in a worker"""
    assert decoded(b"x = 1\x00\n") == "x = 1\x00\n"
