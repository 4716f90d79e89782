"""A course directory of nbgrader in a temporary folder, its commands, and a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
KATA = "import sys; sys.argv[0] = 'kata'; from grader.cli import main; main()"
# nbgrader takes three seconds to import. So one process does that and forks for every command.
WARM = """
import json, os, sys
import nbgrader.apps.nbgraderapp as app
import nbgrader.converters, nbgrader.exchange.default, nbgrader.plugins, nbconvert.exporters
for line in sys.stdin:
    arguments, cwd, log, more = json.loads(line)
    pid = os.fork()
    if pid == 0:
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(cwd)
        os.environ.update(more)
        if more.get("NO_SECCOMP"):  # a kernel that refuses to seal
            import errno
            from pyseccomp import ALLOW, EQ, ERRNO, Arg, SyscallFilter
            refuse = SyscallFilter(ALLOW)
            refuse.add_rule(ERRNO(errno.EPERM), "seccomp")
            refuse.add_rule(ERRNO(errno.EPERM), "prctl", Arg(0, EQ, 22))
            refuse.load()
        sys.argv = ["nbgrader", *arguments]
        sys.exit(app.main())
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""
SECONDS = 110
HEAVY = [  # marks of what runs a whole class through nbgrader's commands
    pytest.mark.heavy,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux"),
]


class Desk:
    """Where an instructor works: `home/course` is the course directory, `home/exchange` nbgrader's exchange."""

    def __init__(self, home: Path, kit: Path = ROOT, course: str = "course"):
        self.home = home
        self.kit = kit
        self.root = home / course
        self.grades = home / f"{course}-grades"
        self.exchange = home / "exchange"
        self.log = ""  # of what a test wants to look at later
        self.exchange.mkdir(parents=True, exist_ok=True)
        self.exchange.chmod(0o777)
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "NNKATA", "NBGRADER", "IPYTHON"))},
            "HOME": str(home / "instructor"),
            "JUPYTER_CONFIG_DIR": str(home / "instructor" / "config"),
            "JUPYTER_DATA_DIR": str(home / "instructor" / "data"),
            "IPYTHONDIR": str(home / "instructor" / "ipython"),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "default",
            "COLUMNS": "160",
        }  # fmt: skip
        (home / "instructor").mkdir()
        self._warm: subprocess.Popen[str] | None = None

    def kata(self, *arguments: str, code: int | None = 0, cwd: Path | None = None, **env: str) -> str:
        """What `kata ARGUMENTS` prints, standard error included; it must end with this exit code (None: any)."""
        done = subprocess.run(
            [sys.executable, "-c", KATA, *arguments],
            cwd=cwd or self.home,
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
        return self._told(arguments, done.returncode, code, done.stdout)

    def nbgrader(self, *arguments: str, code: int | None = 0, cwd: Path | None = None, **env: str) -> str:
        """The same for `nbgrader ARGUMENTS`, in the course directory."""
        if self._warm is None:
            self._warm = subprocess.Popen(
                [sys.executable, "-c", WARM],
                env=self.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._warm.stdin is not None and self._warm.stdout is not None
        log = self.home / "log.txt"
        self._warm.stdin.write(json.dumps([arguments, str(cwd or self.root), str(log), env]) + "\n")
        self._warm.stdin.flush()
        found = int(self._warm.stdout.readline())
        return self._told(arguments, found, code, log.read_text("utf-8", errors="replace"))

    def _told(self, arguments: tuple[str, ...], found: int, wanted: int | None, text: str) -> str:
        assert wanted is None or found == wanted, f"{arguments}: {found}\n{text[-4000:]}"
        assert "Traceback" not in text, text[-4000:]
        return text

    def close(self) -> None:
        """End the warm process."""
        if self._warm is not None:
            self._warm.communicate(timeout=10)

    def init(self, *chapters: str, more: str = "") -> None:
        """Make the course directory; `more` is appended to its config."""
        chosen = [a for c in chapters for a in ("--chapter", c)]
        self.kata("nbgrader", "init", str(self.root), *chosen, "--course", str(self.kit))
        with (self.root / "nbgrader_config.py").open("a") as file:
            file.write(f"get_config().Exchange.root = {str(self.exchange)!r}\n{more}\n")

    def submit(self, student: str, assignment: str, files: dict[str, str]) -> None:
        """Hand in through the exchange, as a student does."""
        folder = self.home / "students" / student
        for name, content in files.items():
            path = folder / assignment / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        exchange = f"--Exchange.root={self.exchange}"
        self.nbgrader(
            "submit", assignment, f"--course={self.root.name}", f"--student={student}", exchange, cwd=folder
        )

    def released(self, assignment: str, notebook: str) -> dict[str, Any]:
        """The released notebook, its sources as text."""
        found = json.loads((self.root / "release" / assignment / f"{notebook}.ipynb").read_text())
        for cell in found["cells"]:
            cell["source"] = "".join(cell["source"])
        return found

    def gradebook(self) -> Any:
        from nbgrader.api import Gradebook

        return Gradebook(f"sqlite:///{self.root / 'gradebook.db'}")

    def scores(self, assignment: str, notebook: str) -> dict[str, dict[str, float | None]]:
        """Student -> exercise -> automatic score."""
        with self.gradebook() as gradebook:
            return {
                s.student.id: {
                    g.name: g.auto_score for n in s.notebooks if n.name == notebook for g in n.grades
                }
                for s in gradebook.find_assignment(assignment).submissions
            }
