"""Stubs: what a student gets is generated from the solution, so the two can never drift apart.

A solution marks what the student has to write with two whole-line comments inside a function or method body:

    def relu(x):
        '''max(x, 0), entry by entry.'''
        ### BEGIN SOLUTION
        return np.maximum(x, 0)
        ### END SOLUTION

In the stub every such region is one line, `raise NotImplementedError("relu is not written yet")`, at the
indentation of the marker; everything else stays byte for byte. A function with two regions gets two of these
lines: whoever fills in the first gap is told of the second one, and no block is ever left empty.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from grader.course import BEGIN, END, Chapter, Course, chapter_folders
from grader.errors import AuthorError, UsageError
from grader.files import write_atomically
from grader.signatures import signature_page

# Anything that was meant as a marker. A misspelt one must be an error: it would publish the solution.
MARKER = re.compile(r"#\s*(?:BEGIN|END)[\s_-]*SOLUTION", re.IGNORECASE)
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
NOT_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
# A generator maps a chapter to the files made from it: path under the course root -> content.
Generator = Callable[[Chapter], dict[Path, bytes]]


@dataclass(frozen=True)
class Region:
    """One solution region: the lines of its two markers, their indentation, and whose body it is part of."""

    begin: int
    end: int
    indent: str
    owner: str  # "softmax" or "Linear.forward"


def split_lines(text: str) -> list[str]:
    """The lines of a source with their ends, as Python counts them (splitlines also cuts at form feeds)."""
    return LINE.findall(text)


def unify(text: str) -> str:
    """The same text with "\\n" as its only line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def first_line(node: ast.stmt) -> int:
    """The line where a statement begins, its decorators included."""
    return min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])


def last_line(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def is_text(node: ast.AST) -> bool:
    """Whether a statement is a string that stands alone, such as a docstring."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def parse(source: str, path: str | PurePath) -> ast.Module:
    """The syntax tree of a solution.

    Raises
    ------
    AuthorError
        If it does not parse.
    """
    try:
        return ast.parse(unify(source))
    except (SyntaxError, ValueError) as error:
        line, text = getattr(error, "lineno", None) or 1, getattr(error, "msg", str(error))
        raise AuthorError(f"{path}:{line}: {text}. Repair the solution first.") from None


def find_regions(source: str, path: str | PurePath) -> list[Region]:
    """The solution regions of a source, in the order of the text.

    Parameters
    ----------
    source : str
    path : name of the file for messages.

    Raises
    ------
    AuthorError
        If a marker is misspelt, nested, unclosed or stray, stands in a string or outside a function body, or
        if a region does not enclose whole statements of one block.
    """
    tree = parse(source, path)
    text = unify(source)
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    code_lines: set[int] = set()
    for token in tokens:
        if token.type not in NOT_CODE:
            code_lines.update(range(token.start[0], token.end[0] + 1))
    definitions = [(first_line(n), n.col_offset) for n in ast.walk(tree) if isinstance(n, Definition)]
    regions = []
    for begin, end in _pairs(text, tokens, definitions, path):
        regions.append(_region(tree, text.split("\n"), code_lines, begin, end, path))
    return regions


def _pairs(
    text: str, tokens: list[tokenize.TokenInfo], definitions: list[tuple[int, int]], path: str | PurePath
) -> Iterator[tuple[int, int]]:
    """Line numbers of each BEGIN with its END. `definitions`: lines and columns of functions and classes."""
    comments = {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}
    open_at = column = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not MARKER.search(line):
            continue
        where = f"{path}:{number}"
        if not MARKER.search(comments.get(number, "")):
            raise AuthorError(
                f"{where}: a solution marker inside a string is text, not a marker. Reword the string."
            )
        marker = line.strip()
        if marker not in (BEGIN, END):
            raise AuthorError(
                f"{where}: this looks like a solution marker. Write {BEGIN} or {END}, alone on its line."
            )
        # A definition further left has ended the function in which the region began.
        if open_at and any(open_at < at < number and left < column for at, left in definitions):
            break
        if marker == BEGIN and open_at:
            raise AuthorError(
                f"{where}: {BEGIN} inside the region that begins in line {open_at}. Close that one first."
            )
        if marker == END and not open_at:
            raise AuthorError(f"{where}: {END} without {BEGIN}. Add {BEGIN} above it in the same function.")
        if marker == BEGIN:
            open_at, column = number, len(line) - len(line.lstrip())
        else:
            yield open_at, number
            open_at = 0
    if open_at:
        raise AuthorError(f"{path}:{open_at}: {BEGIN} is never closed. Add {END} in the same function.")


@dataclass(frozen=True)
class _Block:
    """A list of statements, the nodes around it, and those of its statements that a region encloses."""

    around: tuple[ast.AST, ...]
    statements: list[ast.stmt]
    inside: list[ast.stmt]


def _blocks(node: ast.AST, around: tuple[ast.AST, ...], begin: int, end: int) -> Iterator[_Block]:
    """Every block that has statements between two lines; what such a statement holds is not visited again."""
    around = (*around, node)
    for _, value in ast.iter_fields(node):
        if not isinstance(value, list):
            continue
        statements = [child for child in value if isinstance(child, ast.stmt)]
        inside = [s for s in statements if begin < first_line(s) and last_line(s) < end]
        if inside:
            yield _Block(around, statements, inside)
        for child in value:
            # Not only statements: the handlers of a `try` and the cases of a `match` hold blocks as well.
            if isinstance(child, ast.AST) and child not in inside:
                yield from _blocks(child, around, begin, end)


def _region(
    tree: ast.Module, lines: list[str], code_lines: set[int], begin: int, end: int, path: str | PurePath
) -> Region:
    where = f"{path}:{begin}"
    blocks = list(_blocks(tree, (), begin, end))
    rest = {line for line in code_lines if begin < line < end}
    if not rest:
        raise AuthorError(
            f"{where}: the solution region is empty. Put what is to be written between the markers."
        )
    cut = AuthorError(
        f"{where}: the solution region of lines {begin} to {end} cuts a statement in two. "
        "Let it enclose whole statements of one block."
    )
    if len(blocks) != 1:
        raise cut
    block = blocks[0]
    names, in_function = [], False
    for node in block.around:
        if isinstance(node, Definition) and not in_function:
            names.append(node.name)
            in_function = isinstance(node, Function)
    top = block.around[1] if len(block.around) > 1 else None
    if not in_function or not isinstance(top, ast.FunctionDef | ast.ClassDef):
        raise AuthorError(
            f"{where}: {BEGIN} outside a function body. Move it into a top-level function or a method."
        )
    indent = lines[begin - 1][: len(lines[begin - 1]) - len(lines[begin - 1].lstrip())]
    first = lines[first_line(block.inside[0]) - 1]
    depth = len(first) - len(first.lstrip())
    for statement in block.inside:
        rest -= set(range(first_line(statement), last_line(statement) + 1))
    # `else: x = 1` between the markers: the statement is whole, its line is not.
    if rest or block.inside[0].col_offset != depth:
        raise cut
    if indent != first[:depth]:
        raise AuthorError(f"{where}: {BEGIN} must be indented like the lines it encloses.")
    if (
        isinstance(block.around[-1], Definition)
        and block.inside[0] is block.statements[0]
        and is_text(block.inside[0])
    ):
        raise AuthorError(f"{where}: the docstring lies inside the solution region. Put {BEGIN} below it.")
    return Region(begin, end, indent, ".".join(names))


def make_stub(source: str, path: str | PurePath) -> str:
    """The student's version of a solution.

    Parameters
    ----------
    source : str
        Text of the solution; its line ends are kept.
    path : name of the file for messages.

    Returns
    -------
    str
        Compiles, ends with a line end, and holds no marker and nothing that stood between two markers.

    Raises
    ------
    AuthorError
        If a marker is wrong (see `find_regions`) or the stub would not compile.
    """
    regions = find_regions(source, path)
    lines = split_lines(source)
    for region in reversed(regions):
        marker = lines[region.begin - 1]
        newline = marker[len(marker.rstrip("\r\n")) :] or "\n"
        text = f'{region.indent}raise NotImplementedError("{region.owner} is not written yet"){newline}'
        lines[region.begin - 1 : region.end] = [text]
    stub = "".join(lines)
    if stub and not stub.endswith(("\n", "\r")):
        stub += "\r\n" if "\r\n" in stub else "\n"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a warning about given code is not about the regions
            compile(unify(stub), str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise AuthorError(
            f"{path}: without its solution regions this does not compile: {error.msg} "
            f"(line {error.lineno} of the stub). Let each region enclose whole statements."
        ) from None
    if MARKER.search(stub):
        raise AuthorError(f"{path}: a solution marker would stay in the stub. Look for it in strings.")
    return stub


def read_source(path: Path, shown: str | PurePath) -> str:
    """Text of a Python file with its line ends as they are.

    Raises
    ------
    AuthorError
        If it is not UTF-8 or begins with a byte order mark.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise AuthorError(f"{shown}: not UTF-8. Save the file as UTF-8.") from None
    if text.startswith("\ufeff"):
        raise AuthorError(f"{shown}: begins with a byte order mark. Save the file as UTF-8 without one.")
    return text


def stub_file(chapter: Chapter) -> dict[Path, bytes]:
    """Generator of the stub of a chapter."""
    root = chapter.course.root
    shown = chapter.solution_path.relative_to(root).as_posix()
    source = read_source(chapter.solution_path, shown)
    if not find_regions(source, shown):
        raise AuthorError(
            f"{shown}: nothing to write in this chapter. Mark a solution with {BEGIN} and {END}."
        )
    return {chapter.stub_path.relative_to(root): make_stub(source, shown).encode()}


def diagnosis_file(chapter: Chapter) -> dict[Path, bytes]:
    """Generator of the file by which `kata test` recognises mistakes."""
    from grader import local_diagnosis  # imports numpy, which nobody else here needs

    return local_diagnosis.diagnosis_file(chapter)


def notebook_file(chapter: Chapter) -> dict[Path, bytes]:
    """Generator of the notebook of a chapter."""
    from grader import notebook_build  # which cuts sources with the help of this module

    return notebook_build.notebook_file(chapter)


# What `kata build` makes of a chapter. Other generated files join by adding their generator here.
GENERATORS: list[Generator] = [stub_file, diagnosis_file, notebook_file]


def build(course: Course, chapters: Sequence[Chapter] | None = None, check: bool = False) -> list[Path]:
    """Generate the files of chapters; nothing is written unless every chapter is right.

    Parameters
    ----------
    course : Course
    chapters : chapters to build, by default all.
    check : only compare, write nothing.

    Returns
    -------
    list of Path
        The files that changed, or with `check` are out of date; relative to the course root.

    Raises
    ------
    AuthorError
        If a solution breaks a rule.
    UsageError
        If a file cannot be written.
    """
    generated: dict[Path, bytes] = {}
    for chapter in course.chapters if chapters is None else chapters:
        for generator in GENERATORS:
            generated.update(generator(chapter))
    generated.update(signature_page(course))
    changed = []
    for path, data in generated.items():
        target = course.root / path
        if target.is_file() and target.read_bytes() == data:
            continue
        changed.append(path)
        if not check:
            try:
                write_atomically(target, data)
            except OSError as error:
                raise UsageError(f"Cannot write {target}: {error.strerror or error}.") from None
    return changed


def strays(course: Course) -> list[str]:
    """What does not belong together: one line for each folder without its partner and each missing part."""
    found = []
    names = {chapter.name for chapter in course.chapters}
    for folder in chapter_folders(course.solutions):
        if folder.name not in names:
            found.append(
                f"solutions/{folder.name} has no {folder.name[5:]}.py. Write it or remove the folder."
            )
    for desk, shown in ((course.exercises, "exercises"), (course.hidden, "tests/hidden")):
        for folder in chapter_folders(desk):
            if not (course.solutions / folder.name).is_dir():
                found.append(
                    f"{shown}/{folder.name} has no solution. Write solutions/{folder.name} or remove it."
                )
    numbers: dict[str, str] = {}
    for chapter in course.chapters:
        first = numbers.setdefault(chapter.short, chapter.name)
        if first != chapter.name:
            found.append(f"solutions/{chapter.name} has the number of {first}. Renumber one of them.")
        if not chapter.handout_path.is_file():
            found.append(f"exercises/{chapter.name} has no README.md. Write the handout.")
        if not any(chapter.visible_path.parent.glob("test_*.py")):
            found.append(f"exercises/{chapter.name} has no visible tests. Write {chapter.visible_path.name}.")
    return found
