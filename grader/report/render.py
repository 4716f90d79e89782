"""Templates, styles and the script of the pages, each read and compiled once for the process."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup

from grader.report import text
from grader.report.summary import name_of

TEMPLATES = Path(__file__).with_name("templates")
WHO_SHOWN = 40  # names beside a recognised mistake
OF_MANY = 8  # where there are more
ROWS_SHOWN = 200  # of lists of marks by hand, failures, remarks
REMARKS_SHOWN = 5
PAIRS_SHOWN = 20  # of a chapter


@dataclass(frozen=True)
class Inline:
    """Text inside a page, and the hash by which the page's own policy allows it and nothing else."""

    text: Markup
    hash: str


def _inline(source: str) -> Inline:
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    return Inline(Markup(source), f"sha256-{digest}")


@functools.cache
def style_of(name: str) -> Inline:
    """The common style and one of a kind of page, without comments and blanks."""
    source = "\n".join((TEMPLATES / n).read_text(encoding="utf-8") for n in ("style.css", name))
    source = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    return _inline(re.sub(r"\s*\n\s*", " ", re.sub(r"\s*([{};])\s*", r"\1", source)).strip())


@functools.cache
def script() -> Inline:
    """The script of the class report."""
    return _inline((TEMPLATES / "class.js").read_text(encoding="utf-8"))


@functools.cache
def environment() -> jinja2.Environment:
    """The templates, compiled once for the process; every value is cleaned, then escaped."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=text.clean,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.filters.update(
        number=text.number, percent=text.percent, signed=text.signed, shorten=text.shorten, name=name_of
    )
    env.globals.update(
        verdicts=text.VERDICT_WORDS,
        statuses=text.STATUS_WORDS,
        WHO_SHOWN=WHO_SHOWN,
        OF_MANY=OF_MANY,
        ROWS_SHOWN=ROWS_SHOWN,
        REMARKS_SHOWN=REMARKS_SHOWN,
        PAIRS_SHOWN=PAIRS_SHOWN,
    )
    return env


@functools.cache
def fingerprint() -> str:
    """Changes with whatever decides the look of a page besides its result."""
    digest = hashlib.sha256()
    for source in [*sorted(TEMPLATES.iterdir()), *sorted(Path(__file__).parent.glob("*.py"))]:
        digest.update(source.read_bytes())
    return digest.hexdigest()


def warm_up() -> None:
    """Compile all templates now, so that the first report need not wait for it."""
    for name in environment().list_templates(extensions=["html"]):
        environment().get_template(name)
