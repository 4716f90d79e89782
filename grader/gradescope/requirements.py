"""What the grader needs on Gradescope: the versions that are installed here, or the wheels in a folder."""

from __future__ import annotations

import re
import shlex
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from grader.errors import UsageError

# Of pyproject.toml, what grading needs; a terminal and a file watcher are not among it.
REQUIRED = ("numpy>=2.0", "pytest>=8.2", "click>=8.1", "jinja2>=3.1", "SQLAlchemy>=2.0.30", "msgpack>=1.0.8")
TIME_ZONES = "tzdata"  # a container may have no database of time zones
OLDEST = (3, 11)
# Tried in this order after the one that this machine has. Ubuntu 22.04 has 3.11.
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def pythons(wheels: list[Path]) -> list[str]:
    """Versions of Python to look for there, the best first."""
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return pythons_of(wheels) or list(dict.fromkeys([here, *PYTHONS]))


def pythons_of(wheels: list[Path]) -> list[str]:
    """Versions of Python that compiled wheels are for."""
    found = {int(m[1]) for w in wheels if (m := re.search(r"-cp3(\d+)-cp3\d+-", w.name))}
    return [f"3.{minor}" for minor in sorted(found)]


def pinned(required: list[str]) -> list[str]:
    """`name==version` for these and all that they need, as they are installed here; whatever is not is left out."""
    found: dict[str, str] = {}
    todo = [Requirement(r).name for r in required]
    while todo:
        name = canonicalize_name(todo.pop())
        if name in found:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        found[name] = distribution.version
        for text in distribution.requires or ():
            try:
                needed = Requirement(text)
            except InvalidRequirement:
                continue
            if needed.marker is None or needed.marker.evaluate(_there()):
                todo.append(needed.name)
    return [f"{name}=={found[name]}" for name in sorted(found)]


def _there() -> dict[str, str]:
    """The environment of Gradescope, as far as markers ask for it."""
    return {
        "extra": "",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_system": "Linux",
        "sys_platform": "linux",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def wheels_in(folder: Path, required: list[str]) -> list[Path]:
    """The wheels in a folder, if they suffice.

    Raises
    ------
    UsageError
        If one that is needed is not there, with the command that gets them all.
    """
    pins = pinned(required)
    # For the oldest Python, which is the one that Ubuntu 22.04 has; our own versions may need a newer one.
    wanted = pins if sys.version_info[:2] == OLDEST else required
    get = shlex.join(
        [
            *("python", "-m", "pip", "download", "--dest", str(folder), "--only-binary", ":all:"),
            *("--python-version", PYTHONS[0], "--platform", "manylinux_2_28_x86_64"),
            *("--platform", "manylinux2014_x86_64", *wanted),
        ]
    )
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder. Fill one with: {get}")
    have: dict[str, Path] = {}
    for path in sorted(folder.glob("*.whl")):
        try:
            name, _, _, tags = parse_wheel_filename(path.name)
        except InvalidWheelFilename:
            continue
        if any(t.platform == "any" or ("linux" in t.platform and "x86_64" in t.platform) for t in tags):
            if name in have:
                raise UsageError(
                    f"{folder} holds {name} twice: {have[name].name} and {path.name}. Leave one."
                )
            have[name] = path
    needed = sorted({canonicalize_name(Requirement(r).name) for r in (*pins, *required)})
    missing = [n for n in needed if n not in have]
    if missing:
        raise UsageError(
            f"{folder} has no wheel for Linux of {', '.join(missing)}. Get all of them with: {get}"
        )
    chosen = [have[n] for n in needed]
    if len(tagged := pythons_of(chosen)) > 1:
        raise UsageError(
            f"{folder} holds wheels for Python {' and '.join(tagged)}. Leave those for one of them."
        )
    return chosen
