"""The instructor bundle: same course, same bytes; and nothing unpacks outside its folder."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader import pack
from grader.cli.pack import pack as pack_command
from grader.course import Course, find_course
from grader.errors import UsageError

FILES = {
    "exercises/ch04_losses/losses.py": b"stub\n",
    "exercises/data/iris.csv": b"1,2\n",
    "solutions/ch04_losses/losses.py": b"solution\n",
    "solutions/ch04_losses/mistakes.py": b"mistakes\n",
    "tests/hidden/ch04_losses/test_losses.py": b"hidden\n",
    "tests/hidden/ch04_losses/alternatives/loops.py": b"loops\n",
}
OUTSIDE = ("tests/grader/test_x.py", "exercises/__pycache__/a.pyc", "solutions/.cache/x", "README.md", ".env")


@pytest.fixture
def course(tmp_path) -> Course:
    """A small course with things around it that do not travel."""
    root = tmp_path / "course"
    for name, data in (FILES | dict.fromkeys(OUTSIDE, b"no")).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return Course(root)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """A cache of our own for every test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(pack, "_unpacked", {})
    return tmp_path / "cache" / "nnkata" / "courses"


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_bundle_comes_back_as_it_was(course, tmp_path):
    """Packed and unpacked, exercises, solutions and hidden suites are the same; nothing else travels."""
    sha256 = pack.pack(course, tmp_path / "course.zip")
    assert sha256 == hashlib.sha256((tmp_path / "course.zip").read_bytes()).hexdigest()
    root = pack.unpack_course(tmp_path / "course.zip")
    assert contents(root) == FILES
    assert find_course(tmp_path / "course.zip").root == root


def test_the_same_course_gives_the_same_bytes(course, tmp_path):
    """Neither the place, nor the clock, nor the order of files, nor permissions change the hash."""
    first = pack.bundle(course)
    other = tmp_path / "elsewhere"
    for name in sorted(FILES, reverse=True):
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_bytes(FILES[name])
        os.utime(other / name, (1e9, 1e9))
        (other / name).chmod(0o600)
    assert pack.bundle(Course(other)) == first
    (other / "solutions/ch04_losses/losses.py").write_bytes(b"other\n")
    assert pack.bundle(Course(other)) != first


def test_the_bytes_do_not_depend_on_a_compressor(course):
    """A bundle is stored, not compressed: every zlib gives the same file."""
    with zipfile.ZipFile(io.BytesIO(pack.bundle(course))) as archive:
        assert {m.compress_type for m in archive.infolist()} == {zipfile.ZIP_STORED}
        assert archive.namelist() == sorted(FILES)


def test_the_default_name_holds_the_hash(course, tmp_path):
    """Written into a folder, the bundle is named after its content."""
    sha256 = pack.pack(course, tmp_path)
    assert (tmp_path / f"nnkata-course-{sha256[:12]}.zip").is_file()


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_bundle_and_cache_are_private(course, tmp_path, cache):
    """Only the owner can read the bundle and the unpacked suites, whatever the umask and what was there."""
    (tmp_path / "course.zip").write_text("old")
    (tmp_path / "course.zip").chmod(0o666)
    cache.mkdir(parents=True, mode=0o777)
    cache.chmod(0o777)
    pack.pack(course, tmp_path / "course.zip")
    root = pack.unpack_course(tmp_path / "course.zip")
    assert stat.S_IMODE((tmp_path / "course.zip").stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert stat.S_IMODE(root.stat().st_mode) == 0o700


def test_a_course_without_suites_is_not_packed(tmp_path):
    """A folder that is no course gives a usage error, not an empty bundle."""
    with pytest.raises(UsageError, match="no hidden suites"):
        pack.pack(Course(tmp_path), tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()


def test_links_are_not_packed(course, tmp_path):
    """A link could carry a file from anywhere; it is named and refused, be it to a file or a folder."""
    for target in (tmp_path / "secret.txt", tmp_path):
        (tmp_path / "secret.txt").write_text("key")
        link = course.solutions / "link"
        link.symlink_to(target)
        with pytest.raises(UsageError, match=r"solutions/link is a link"):
            pack.bundle(course)
        link.unlink()


def test_unpacking_twice_uses_the_cache(course, tmp_path, cache):
    """The second call unpacks nothing: same folder, same files."""
    pack.pack(course, tmp_path / "a.zip")
    root = pack.unpack_course(tmp_path / "a.zip")
    stamp = (root / "tests").stat().st_ino
    (tmp_path / "a.zip").rename(tmp_path / "b.zip")
    assert pack.unpack_course(tmp_path / "b.zip") == root
    assert (root / "tests").stat().st_ino == stamp
    assert [p.name for p in cache.iterdir()] == [root.name]


def test_an_interrupted_unpacking_leaves_no_half_course(course, tmp_path, cache, monkeypatch):
    """A failure half-way leaves the cache empty, and the next call succeeds."""
    pack.pack(course, tmp_path / "a.zip")
    copy = pack.shutil.copyfileobj
    calls = []

    def fail(source, target):
        calls.append(1)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        copy(source, target)

    monkeypatch.setattr(pack.shutil, "copyfileobj", fail)
    with pytest.raises(UsageError, match="No space left"):
        pack.unpack_course(tmp_path / "a.zip")
    assert list(cache.iterdir()) == []
    assert contents(pack.unpack_course(tmp_path / "a.zip")) == FILES


def test_two_processes_may_unpack_at_once(course, tmp_path, cache, monkeypatch):
    """Whoever comes second takes the folder of the first."""
    pack.pack(course, tmp_path / "a.zip")
    extract = pack.extract

    def slow(data, folder, shown):
        monkeypatch.setattr(pack, "extract", extract)
        pack.unpack_course(tmp_path / "a.zip")  # the other process is faster
        extract(data, folder, shown)

    monkeypatch.setattr(pack, "extract", slow)
    root = pack.unpack_course(tmp_path / "a.zip")
    assert contents(root) == FILES
    assert [p.name for p in cache.iterdir()] == [root.name]


def test_without_a_cache_the_course_lives_as_long_as_the_process(course, tmp_path):
    """Where no cache can be made, a temporary folder serves, and it is gone afterwards."""
    pack.pack(course, tmp_path / "a.zip")
    (tmp_path / "file").write_text("not a folder")
    code = (
        "import sys; from pathlib import Path; from grader.pack import unpack_course\n"
        "root = unpack_course(Path(sys.argv[1])); assert root == unpack_course(Path(sys.argv[1]))\n"
        "assert (root / 'tests' / 'hidden').is_dir(); print(root)"
    )
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "file"), "TMPDIR": str(tmp_path)}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.zip")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    root = Path(run.stdout.strip())
    assert root.parent == tmp_path
    assert not root.exists()


def test_a_folder_zipped_by_hand_is_a_course_too(tmp_path):
    """One folder around everything does no harm."""
    files = {f"course/{name}": data for name, data in FILES.items()}
    (tmp_path / "a.zip").write_bytes(pack.zip_bytes(files | {"__MACOSX/._course": b""}))
    assert contents(pack.unpack_course(tmp_path / "a.zip")) == FILES


def hostile(name: str, *, mode: int = 0, extra: str | None = None) -> bytes:
    """A bundle with one more member, written as an attacker would."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("tests/hidden/ch04_losses/test_losses.py", "")
        info = zipfile.ZipInfo("placeholder")
        info.filename = info.orig_filename = name  # past the clean-up of zipfile
        info.external_attr = mode << 16
        archive.writestr(info, extra or "/etc/passwd")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data, text",
    [
        (hostile("../evil.txt"), "lead out"),
        (hostile("tests/../../evil.txt"), "lead out"),
        (hostile("/tmp/evil.txt"), "lead out"),
        (hostile("..\\evil.txt"), "lead out"),
        (hostile("C:/evil.txt"), "lead out"),
        (hostile("a\nb.txt"), "lead out"),
        (hostile("link", mode=stat.S_IFLNK | 0o777), "link or a device"),
        (hostile("pipe", mode=stat.S_IFIFO | 0o666), "link or a device"),
        (hostile("tests/hidden/ch04_losses/TEST_LOSSES.py"), "twice"),
        (hostile("tests/hidden"), "cannot be unpacked"),
        (hostile("x.txt")[:-30], "cannot be unpacked"),
        (hostile("x.txt").replace(b"/etc/passwd", b"/etc/shadow"), "cannot be unpacked"),
        (b"not a zip", "cannot be unpacked"),
        (pack.zip_bytes({"README.md": b""}), "no tests/hidden"),
    ],
)
def test_a_hostile_bundle_is_refused(tmp_path, cache, data, text):
    """Paths that lead out, links, doubled names, damage: one clear line, and nothing is left anywhere."""
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(UsageError, match=text):
        pack.unpack_course(tmp_path / "a.zip")
    assert not list(cache.iterdir())
    assert not list(tmp_path.rglob("*evil*"))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, cache, monkeypatch):
    """The limits on bytes and number of files hold, and a file that lies about its size gains nothing."""
    monkeypatch.setattr(pack, "MAX_BYTES", 10_000)
    (tmp_path / "a.zip").write_bytes(pack.zip_bytes({"tests/hidden/x": bytes(20_000)}))
    with pytest.raises(UsageError, match="more than"):
        pack.unpack_course(tmp_path / "a.zip")
    lying = pack.zip_bytes({"tests/hidden/x": bytes(20_000)}).replace(
        (20_000).to_bytes(4, "little"), b"\x10\0\0\0"
    )
    (tmp_path / "a.zip").write_bytes(lying)
    with pytest.raises(UsageError, match="cannot be unpacked"):
        pack.unpack_course(tmp_path / "a.zip")
    (tmp_path / "a.zip").write_bytes(pack.zip_bytes({"x": bytes(20_000)}, compress=False))
    with pytest.raises(UsageError, match="larger than"):
        pack.unpack_course(tmp_path / "a.zip")
    monkeypatch.setattr(pack, "MAX_FILES", 1)
    (tmp_path / "a.zip").write_bytes(pack.zip_bytes({"a": b"", "b": b""}))
    with pytest.raises(UsageError, match="more than 1 files"):
        pack.unpack_course(tmp_path / "a.zip")
    assert not list(cache.iterdir())


def test_a_missing_bundle_is_a_usage_error(tmp_path):
    """A wrong path is named."""
    with pytest.raises(UsageError, match="Cannot read"):
        pack.unpack_course(tmp_path / "none.zip")


def test_the_command_prints_path_and_hash(course, tmp_path, monkeypatch):
    """`kata pack` writes the bundle here and says what to keep in mind."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(pack_command, ["--course", str(course.root)], catch_exceptions=False)
    (written,) = tmp_path.glob("nnkata-course-*.zip")
    assert str(written) in result.output
    assert hashlib.sha256(written.read_bytes()).hexdigest() in result.output
    assert "keep it away from students" in result.output
