"""The formgrader in a real Jupyter server: its Autograde button, and its pages in headless Chromium."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

pytest.importorskip("nbgrader", reason="nbgrader is not installed: pip install 'nnkata[instructor]'")
sys.path.insert(0, str(Path(__file__).parent))
import zoo
from desk_of_nbgrader import HEAVY, ROOT, Desk

from grader.course import Course

pytestmark = HEAVY
A = zoo.ASSIGNMENT
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
TOKEN = "0123456789abcdef"
PROBE = "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>"


class Server:
    """A Jupyter server on this machine's own address, started in the course directory."""

    def __init__(self, desk: Desk):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        options = {
            "ServerApp.port": self.port,
            "ServerApp.port_retries": 0,
            "ServerApp.open_browser": False,
            "ServerApp.allow_root": True,
            "IdentityProvider.token": TOKEN,
            "ServerApp.jpserver_extensions": "{'nbgrader.server_extensions.formgrader': True}",
        }
        self.log = desk.home / "server.txt"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyter_server", *(f"--{k}={v}" for k, v in options.items())],
                cwd=desk.root,
                env=desk.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def url(self, path: str) -> str:
        """With a login before it, so that the page's own requests are answered too."""
        return f"http://127.0.0.1:{self.port}/login?next=%2Fformgrader%2F{quote(path, safe='')}&token={TOKEN}"

    def ask(self, path: str, post: bool = False) -> Any:
        """What the formgrader's own interface answers."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/formgrader/api/{path}",
            method="POST" if post else "GET",
            headers={"Authorization": f"token {TOKEN}"},
        )
        with urllib.request.urlopen(request, timeout=100) as answer:
            return json.loads(answer.read())

    def wait(self) -> None:
        for _ in range(200):
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            try:
                self.ask("assignments")
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.25)
        raise AssertionError(self.log.read_text()[-3000:])

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def page(url: str, profile: Path) -> str:
    """A page as Chromium has it after its scripts ran."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    done = subprocess.run(
        [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
         "--virtual-time-budget=8000", "--timeout=40000", "--dump-dom", url],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def title(dom: str) -> str:
    found = re.search(r"<title>(.*?)</title>", dom, re.DOTALL)
    assert found is not None
    return found[1].strip()


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Server]]:
    desk = Desk(tmp_path_factory.mktemp("formgrader"))
    desk.init("ch04")
    desk.nbgrader("generate_assignment", A)
    release, right = desk.released(A, "losses"), zoo.solutions(Course(ROOT))
    hostile = zoo.solved(release, right)
    answer = zoo.cell_of(hostile, "softmax-answer")
    answer["source"] = right["softmax"].split("\n")[0] + f"\n    raise RuntimeError({PROBE!r})"
    zoo.cell_of(hostile, "entropy-answer")["source"] += f"\n    # {PROBE}"
    for kind in ("markdown", "raw"):
        hostile["cells"].insert(1, {"cell_type": kind, "id": kind, "metadata": {}, "source": PROBE})
    zoo.hand_in(desk.root / "submitted", {"student01": zoo.solved(release, right), "student02": hostile})
    server = Server(desk)
    try:
        server.wait()
        yield desk, server
    finally:
        server.close()
        desk.close()


def submission(desk: Desk, student: str) -> str:
    with desk.gradebook() as gradebook:
        return str(gradebook.find_submission_notebook("losses", A, student).id)


def test_the_autograde_button_uses_our_grader(classroom):
    """the formgrader's own autograde of one student gives the scores of the sandbox"""
    desk, server = classroom
    told = server.ask(f"submission/{A}/student01/autograde", post=True)
    assert told["success"] is True, told
    assert sum(desk.scores(A, "losses")["student01"].values()) == pytest.approx(50.75)
    found = {s["student"]: s for s in server.ask(f"submissions/{A}")}
    assert found["student01"]["score"] == pytest.approx(50.75)
    assert server.ask(f"submission/{A}/student02/autograde", post=True)["success"] is True


def test_the_page_shows_scores_and_runs_nothing_of_a_student(classroom, tmp_path):
    """score boxes, comment boxes and tables of tests load; markup of a student stays text"""
    desk, server = classroom
    for student in ("student01", "student02"):
        if student not in desk.scores(A, "losses"):
            server.ask(f"submission/{A}/{student}/autograde", post=True)
    control = tmp_path / "control.html"
    control.write_text(f"<html><head><title>quiet</title></head><body>{PROBE}</body></html>")
    assert title(page(control.as_uri(), tmp_path / "profile")) == "pwned"
    dom = page(server.url(f"submissions/{submission(desk, 'student02')}/"), tmp_path / "profile")
    assert title(dom) == "losses"
    assert dom.count('class="nnkata-result"') == 12
    inputs = re.findall(r'<input class="score[^>]*>', dom)
    shown = {attribute(i, "id"): float(attribute(i, "placeholder")) for i in inputs}
    assert shown == pytest.approx(desk.scores(A, "losses")["student02"], abs=0.01)
    boxes = re.findall(r'<textarea[^>]*class="comment[^>]*>', dom)
    told = {attribute(box, "id"): attribute(box, "placeholder") for box in boxes}
    assert "RuntimeError" in told["softmax-answer-comment"], told


def attribute(tag: str, name: str) -> str:
    found = re.search(rf'{name}="([^"]*)"', tag)
    assert found is not None, tag
    return found[1]


def test_the_feedback_page_runs_nothing_of_a_student(classroom, tmp_path):
    """what a student gets back is as quiet"""
    desk, server = classroom
    if "student02" not in desk.scores(A, "losses"):
        server.ask(f"submission/{A}/student02/autograde", post=True)
    desk.nbgrader("generate_feedback", A, "--student=student02")
    path = desk.root / "feedback" / "student02" / A / "losses.html"
    assert title(page(path.as_uri(), tmp_path / "profile")) == "losses"
