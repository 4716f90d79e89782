"""The instructor bundle (exercises, solutions, hidden suites as one file with a hash) and its safe unpacking.

The same course gives the same bytes on every machine: sorted names, fixed times, no compression (compressors
differ from build to build). The hash of the file therefore names the course.
"""

from __future__ import annotations

import atexit
import hashlib
import io
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

from grader.course import Course
from grader.errors import UsageError
from grader.files import temporary_beside

PARTS = ("exercises", "solutions", "tests/hidden")
MAX_FILES = 20_000
MAX_BYTES = 512 * 2**20  # unpacked, all files together
SKIPPED_SUFFIXES = (".pyc", ".pyo", "~")
TIMESTAMP = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold

_unpacked: dict[str, Path] = {}  # courses in temporary folders of this process, by hash


def plain_files(folder: Path, links: bool = False) -> dict[str, bytes]:
    """Every file below a folder that is meant to travel: no hidden files, no caches.

    Parameters
    ----------
    folder : Path
    links : follow links to files, as some package managers install them. Links to folders are never followed.

    Returns
    -------
    dict of str to bytes
        Posix path under `folder` -> content, sorted.

    Raises
    ------
    UsageError
        If there is a link and `links` is False, or a file cannot be read.
    """
    found: dict[str, bytes] = {}
    for parent, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith(".") and f != "__pycache__"]
        for name in [*names, *(f for f in folders if os.path.islink(os.path.join(parent, f)))]:
            path = Path(parent, name)
            if name.startswith(".") or name.endswith(SKIPPED_SUFFIXES):
                continue
            if path.is_symlink() and not (links and path.is_file()):
                if links:
                    continue
                raise UsageError(
                    f"{path} is a link, which would carry a file from elsewhere. Put a plain file there."
                )
            if not path.is_file():
                continue
            try:
                found[path.relative_to(folder).as_posix()] = path.read_bytes()
            except OSError as error:
                raise UsageError(f"Cannot read {path}: {error.strerror or error}.") from None
    return dict(sorted(found.items()))


def zip_bytes(files: Mapping[str, bytes], compress: bool = True, executable: Collection[str] = ()) -> bytes:
    """A zip that depends on names and contents only.

    Parameters
    ----------
    files : posix path -> content.
    compress : False gives the same bytes under every version of zlib.
    executable : names of programs among the files.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, TIMESTAMP)
            info.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
            info.create_system = 3  # Unix; else the bytes would depend on the platform
            info.external_attr = (stat.S_IFREG | (0o755 if name in executable else 0o644)) << 16
            archive.writestr(info, files[name])
    return buffer.getvalue()


def bundle(course: Course) -> bytes:
    """The instructor bundle of a course.

    Raises
    ------
    UsageError
        If the course has no hidden suites, or holds a link.
    """
    files: dict[str, bytes] = {}
    for part in PARTS:
        files |= {f"{part}/{name}": data for name, data in plain_files(course.root / part).items()}
    if not any(name.startswith("tests/hidden/") for name in files):
        raise UsageError(f"{course.root} has no hidden suites to pack. Name a course with tests/hidden.")
    return zip_bytes(files, compress=False)


def bundle_name(sha256: str) -> str:
    """Default file name of a bundle."""
    return f"nnkata-course-{sha256[:12]}.zip"


def pack(course: Course, out: Path) -> str:
    """Write the instructor bundle.

    Parameters
    ----------
    course : Course
    out : file to write, or a folder that gets a file named after the hash.

    Returns
    -------
    str
        sha256 of the file.

    Raises
    ------
    UsageError
        If the course cannot be packed or the file cannot be written.
    """
    data = bundle(course)
    sha256 = hashlib.sha256(data).hexdigest()
    target = out / bundle_name(sha256) if out.is_dir() else out
    try:
        # Readable by its owner only: it holds the hidden suites.
        with temporary_beside(target, data, durable=False) as (temporary, _):
            temporary.chmod(0o600)
            os.replace(temporary, target)
    except OSError as error:
        raise UsageError(f"Cannot write {target}: {error.strerror or error}. Use --out FILE.") from None
    return sha256


def unpack_course(path: Path) -> Path:
    """Unpack a bundle into the private cache, once per content.

    Parameters
    ----------
    path : the file that `kata pack` wrote.

    Returns
    -------
    Path
        The root of the course; it has tests/hidden.

    Raises
    ------
    UsageError
        If the file is not such a bundle, or is not safe to unpack.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(
                f"{path} is larger than {MAX_BYTES // 2**20} MB. Name a bundle made by kata pack."
            )
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror or error}.") from None
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 in _unpacked and _unpacked[sha256].is_dir():
        return _unpacked[sha256]
    cache = _cache_folder()
    if cache is None:
        return _unpacked.setdefault(sha256, _unpack_for_this_process(data, path))
    target = cache / sha256
    if target.is_dir():
        return _course_root(target, path)
    draft = Path(tempfile.mkdtemp(prefix=f".{sha256[:12]}-", dir=cache))
    try:
        extract(data, draft, str(path))
        _course_root(draft, path)
        try:
            # A folder under its final name is complete: it gets that name as the last step.
            draft.rename(target)
        except OSError:
            if not target.is_dir():  # else another process was faster, with the same content
                raise UsageError(
                    f"Cannot unpack {path} into {cache}. Set XDG_CACHE_HOME to a folder of yours."
                ) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return _course_root(target, path)


def extract(data: bytes, folder: Path, shown: str) -> None:
    """Unpack the bytes of a zip into an empty folder; refuse what could leave that folder or fill the disk.

    Parameters
    ----------
    data : content of the zip.
    folder : an existing, empty folder.
    shown : name of the zip for messages.

    Raises
    ------
    UsageError
        If it is no zip, is damaged or encrypted, holds a link, a path that leads out, a name twice, or more
        than MAX_FILES files or MAX_BYTES bytes.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MAX_FILES:
                raise UsageError(f"{shown} holds more than {MAX_FILES} files. It was not unpacked.")
            if sum(m.file_size for m in members) > MAX_BYTES:
                raise UsageError(
                    f"{shown} unpacks to more than {MAX_BYTES // 2**20} MB. It was not unpacked."
                )
            seen: set[str] = set()
            for member in members:
                name = _safe_name(member, shown)
                if name.casefold() in seen:
                    raise UsageError(f"{shown} holds {name} twice. It was not unpacked.")
                seen.add(name.casefold())
            for member in members:
                target = folder / member.filename
                if member.is_dir():
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                # "x" fails for two names that are one to the file system.
                with archive.open(member) as source, open(target, "xb") as copy:
                    shutil.copyfileobj(source, copy)
    except UsageError:
        raise
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise UsageError(f"{shown} cannot be unpacked: {error}. Get the file again.") from None


def _safe_name(member: zipfile.ZipInfo, shown: str) -> str:
    """The name of a member if it is a plain file or folder inside the archive, else UsageError."""
    name = member.orig_filename
    parts = PurePosixPath(name).parts
    outside = not parts or name.startswith("/") or ".." in parts
    if outside or "\\" in name or ":" in name or any(ord(c) < 32 for c in name):
        raise UsageError(
            f"{shown} holds the path {name!r}, which may lead out of its folder. It was not unpacked."
        )
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise UsageError(f"{shown} holds {name!r}, which is a link or a device. It was not unpacked.")
    if member.flag_bits & 0x1:
        raise UsageError(f"{shown} is encrypted. Unpack it yourself and name the folder.")
    return name.rstrip("/")


def single_folder(folder: Path) -> list[Path]:
    """The only folder in a folder, as a zip made by hand has it; [] if there are more or none."""
    # What the Finder of macOS adds beside it does not count.
    inner = [p for p in folder.iterdir() if p.is_dir() and not p.name.startswith((".", "__MACOSX"))]
    return inner if len(inner) == 1 else []


def _course_root(folder: Path, shown: Path) -> Path:
    """The folder with tests/hidden: the unpacked one, or the only folder in it."""
    for root in (folder, *single_folder(folder)):
        if (root / "tests" / "hidden").is_dir():
            return root
    raise UsageError(f"{shown} is not a course: it has no tests/hidden. Make a bundle with: kata pack")


def _cache_folder() -> Path | None:
    """The private folder for unpacked courses, or None if there is no place that is ours alone."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        # By the XDG rules a relative path is to be ignored.
        base = Path(given) if os.path.isabs(given) else Path.home() / ".cache"
        folder = base / "nnkata" / "courses"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        # Somebody else's folder could hold a suite with another content under the right name.
        if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
            return None
        descriptor, probe = tempfile.mkstemp(dir=folder)
        os.close(descriptor)
        os.unlink(probe)
    except (OSError, RuntimeError):
        return None
    return folder


def _unpack_for_this_process(data: bytes, path: Path) -> Path:
    """Unpack into a temporary folder that is removed when this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="nnkata-course-"))
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # a forked worker must not take the suites away from its parent
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    extract(data, folder, str(path))
    return _course_root(folder, path)
