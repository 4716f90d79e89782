"""The repository as a stranger finds it: the README's commands, the top level, no traces of its making."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOP_LEVEL = {
    "README.md",
    "pyproject.toml",
    "exercises",
    "solutions",
    "grader",
    "tests",
    "LICENSE",
    "CHANGELOG.md",
}


def tracked() -> list[str]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [name for name in done.stdout.split("\0") if name]


def test_the_first_two_code_blocks_are_the_two_commands():
    """the README's first two fenced blocks are one command each: the demo, then the tests"""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (first, demo), (second, tests) = blocks[:2]
    assert first == second == "sh"
    assert demo.count("\n") == tests.count("\n") == 1
    assert demo.strip().endswith("kata demo")
    assert "-m pytest" in tests


def test_the_top_level_holds_what_it_should():
    """the top level holds the named folders, dotfiles, licence, changelog and a lock file"""
    names = {name.split("/")[0] for name in tracked()}
    extra = {n for n in names - TOP_LEVEL if not n.startswith(".") and not n.endswith((".lock", "lock.toml"))}
    assert extra == set()


def test_no_file_names_the_machine_it_was_made_on():
    """no tracked text names a path of a machine"""
    pattern = re.compile(r"/(?:work|farm|root)/(?:main|steering|\.library|\.|shared)")
    found = []
    for name in tracked():
        path = ROOT / name
        if path.suffix in (".py", ".md", ".toml", ".txt", ".html", ".json", ".yml", "") and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            if name != "tests/grader/test_repository.py" and pattern.search(text):
                found.append(name)
    assert found == []
