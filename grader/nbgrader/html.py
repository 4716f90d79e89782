"""What people see under a grade cell, and Markdown of students without scripts."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from jinja2 import pass_context

from grader.results import Result, TestResult

TAGS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "code",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "input",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "s",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "tt",
        "u",
        "ul",
    ]
)
ATTRIBUTES = {
    "*": ["class", "title", "align"],
    "a": ["href", "class", "title"],
    "img": ["src", "alt", "width", "height"],
    "input": ["type", "checked", "disabled"],
    "td": ["colspan", "rowspan", "class", "align"],
    "th": ["colspan", "rowspan", "class", "align"],
}
PROTOCOLS = frozenset(["http", "https", "mailto", "data"])
PICTURE = re.compile(r"data:image/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)
VERDICTS = {
    "passed": "passed",
    "failed": "not yet",
    "raised": "error",
    "unwritten": "not written",
    "timeout": "took too long",
    "memory": "too much memory",
    "crashed": "crashed",
    "protocol": "interfered",
    "skipped": "not counted",
}
TEXT = 1500  # characters of a message


def safe_html(text: Any) -> str:
    """HTML in which nothing can run: tags, attributes and addresses of a short list."""
    import bleach

    def allowed(tag: str, name: str, value: str) -> bool:
        if name not in (*ATTRIBUTES["*"], *ATTRIBUTES.get(tag, ())):
            return False
        if name in ("href", "src") and value.strip().lower().startswith("data:"):
            return tag == "img" and PICTURE.fullmatch(value.strip()) is not None
        return tag != "input" or name != "type" or value == "checkbox"

    source = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return str(bleach.clean(source, tags=TAGS, attributes=allowed, protocols=PROTOCOLS, strip=True))


@pass_context
def safe_markdown(context: Any, source: str) -> str:
    """Markdown as HTML; nbconvert's filter `markdown2html`, made safe."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    attachments = (context.get("cell") or {}).get("attachments", {})
    renderer = IPythonRenderer(escape=False, attachments=attachments, exclude_anchor_links=True)
    try:
        return safe_html(MarkdownWithMath(renderer=renderer).render(source))
    except Exception:  # a missing attachment, thousands of nested lists: the text itself can always be shown
        return f"<pre>{escape(source)}</pre>"


def result_table(
    result: Result, exercise: str, scale: float = 1.0, maximum: float | None = None, notes: bool = False
) -> str:
    """The tests of an exercise as HTML; everything that a student may have written is escaped.

    Parameters
    ----------
    scale : by what its points were multiplied, since the grade cell is worth others. maximum: of the cell.
    notes : show what concerns the whole submission as well.
    """
    parts = ['<div class="nnkata-result">']
    if notes or result.status == "rejected":
        parts += [f'<div class="alert alert-info">{_text(note)}</div>' for note in result.notes]
    tests = [t for t in result.tests if t.exercise == exercise]
    if tests:
        parts.append('<table class="table table-condensed">')
        parts += [_row(test) for test in tests]
        parts.append("</table>")
    elif not result.notes:
        parts.append("<div>The submission could not be read.</div>")
    bonus = sum(t.points for t in tests if t.bonus)
    if bonus:
        parts.append(f"<div>Bonus: {bonus:g}, counted as extra credit.</div>")
    if scale != 1.0 and maximum is not None:
        parts.append(f"<div>Points are converted: this cell is worth {maximum:g}.</div>")
    parts.append("</div>")
    return "\n".join(parts)


def _row(test: TestResult) -> str:
    passed = test.verdict == "passed"
    points = f"{test.points:g} of {test.max_points:g}{' bonus' if test.bonus else ''}"
    words = f"<strong>{_text(test.title)}</strong>"
    if not passed:
        words += f"<div>{_text(test.message)}</div>"
        if test.diagnosis is not None:
            words += f"<div>This behaves exactly like a known mistake: {_text(test.diagnosis.text)}</div>"
    verdict = VERDICTS.get(test.verdict, test.verdict)
    return f'<tr class="{"success" if passed else "danger"}"><td>{verdict}</td><td>{words}</td><td>{points}</td></tr>'


def one_line(result: Result, exercise: str) -> str | None:
    """The comment that stands in an empty comment box; Markdown. None if there is nothing to say."""
    if result.status != "graded":
        return result.notes[0] if result.notes else None
    tests = [t for t in result.tests if t.exercise == exercise]
    first = next((t for t in tests if t.verdict not in ("passed", "skipped")), None)
    if first is None:
        return None
    if first.verdict == "unwritten":
        return "Not written yet."
    said = first.diagnosis.text if first.diagnosis is not None else first.message
    return f"{first.title}: {said}"[:TEXT]


def _text(text: str) -> str:
    """Text as HTML, `code` between backticks."""
    shown = escape(text[:TEXT])
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", shown).replace("\n", "<br>")
