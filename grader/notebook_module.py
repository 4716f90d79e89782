"""From the bytes of a notebook to one Python source, which is the module that is graded.

`grader.notebook_read` runs it in a child, so that a file which crashes, starves or stalls a parser costs nothing but
that. Standard library only, and no cell is executed.

What becomes of the cells, in this order:

1. Code cells are taken, of notebook format 4, or 3 and 2 with their worksheets. A cell that the kit made for an
   exercise counts as code even if it was turned into a text cell by accident.
2. Magics (`%matplotlib inline`, `!pip`, `softmax?`) become `pass`; `%%time`, `%%capture` and `%%prun` lose their first
   line; any other `%%magic` cell is left out.
3. A cell that does not parse is joined with the one before it (a function that was split in two), then tried without
   its common indentation. What still does not parse is left out as a comment, and the functions that it meant to
   define raise a SyntaxError when they are called; the other cells do not suffer.
4. Kept are imports, functions, classes, constants, and statements that set a name which those use. Everything else
   (training runs, plots, prints) becomes a comment: a notebook is full of it, and none of it is the answer.
5. Of several definitions of a name the last one counts, as in a run from top to bottom, but never a stub where
   something is written, and the exercise's own cell before any other.
6. A cell that needs, while it runs, what only a later cell defines comes after that one.

Every cell keeps its lines: below the line `# %% cell 7` stand the lines of cell 7, counted with the texts from the top.
"""

from __future__ import annotations

import ast
import json
import keyword
import re
import symtable
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from grader.notebook_cells import (
    MARK,
    NAMES,
    Cell,
    Problem,
    _parse,
    code_cells,
    commented,
    first_line,
    last_line,
    parse_cells,
    parse_notebook,
    without_magics,
)
from grader.texts import say

MAX_STATEMENTS = 10_000
MAX_NOTES = 20
HEADER = "# From a notebook. Cell 7 is its 7th cell, counted from the top with the texts."
NOT_GRADED = {
    "grader",
    "IPython",
    "ipywidgets",
    "google",
    "nbgrader",
}  # modules that serve the notebook itself
USUAL_IMPORTS = {"np": "import numpy as np", "numpy": "import numpy", "math": "import math"}
RUN_AT_ONCE = ("listcomp", "setcomp", "dictcomp", "genexpr")  # scopes that are no functions to call later
UNWRITTEN = "is not written yet"
CHAPTER = re.compile(r"ch\d\d_\w+")
Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
PARSER_ERRORS = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)


@dataclass(eq=False)
class Statement:
    """One top-level statement: what it needs while it runs, what later on, and what it sets."""

    cell: Cell
    node: ast.stmt
    now: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)
    sets: set[str] = field(default_factory=set)
    kept: bool = False
    quiet: bool = False  # left out without a word: it belongs to the notebook, not to the work

    @property
    def name(self) -> str | None:
        return self.node.name if isinstance(self.node, Definition) else None


# --- what is kept -----------------------------------------------------------------------------------------


def statements(cell: Cell) -> list[Statement]:
    """The top-level statements of a cell with what they need and set."""
    uses = _uses_of_lines(cell)
    result = []
    for node in cell.tree:
        one = Statement(cell, node)
        begin, end = first_line(node), last_line(node)
        try:
            alone = uses[begin] == uses[end] == 1
            text = "\n".join(cell.lines[begin - 1 : end]) if alone else ast.unparse(node)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                _read_names(one, symtable.symtable(text + "\n", "cell", "exec"))
        except PARSER_ERRORS:
            pass  # such as a doubled argument: it will raise when it is loaded, alone
        if one.name:
            one.sets.add(one.name)
            if not _extends_itself(node):
                one.now.discard(one.name)
        result.append(one)
    return result


def _uses_of_lines(cell: Cell) -> Counter[int]:
    """How many statements begin or end in a line."""
    return Counter(n for node in cell.tree for n in {first_line(node), last_line(node)})


def _read_names(one: Statement, table: symtable.SymbolTable) -> None:
    """What a statement needs while it runs and later, and the names that it binds or whose objects it changes."""
    todo: list[tuple[symtable.SymbolTable, bool]] = [(table, True)]
    while todo:
        here, now = todo.pop()
        for symbol in here.get_symbols():
            if symbol.is_referenced() and (here is table or symbol.is_global()):
                (one.now if now else one.later).add(symbol.get_name())
            if here is table and (symbol.is_assigned() or symbol.is_imported()):
                one.sets.add(symbol.get_name())
        for child in here.get_children():
            runs = child.get_type() == "class" or child.get_name() in RUN_AT_ONCE
            todo.append((child, now and runs))
    if isinstance(one.node, ast.Delete):
        one.sets.clear()
    elif not one.name:
        for part in ast.walk(one.node):
            if isinstance(part, (ast.Attribute, ast.Subscript)) and isinstance(part.ctx, ast.Store):
                base: ast.AST = part
                while isinstance(base, (ast.Attribute, ast.Subscript)):
                    base = base.value
                if isinstance(base, ast.Name):
                    one.sets.add(base.id)


def _extends_itself(node: ast.stmt) -> bool:
    """`class Linear(Linear)`, `@wraps(f) def f`: the definition builds on an earlier one of its name."""
    assert isinstance(node, Definition)
    heads: list[ast.expr] = list(node.decorator_list)
    if isinstance(node, ast.ClassDef):
        heads += node.bases
    return any(isinstance(p, ast.Name) and p.id == node.name for head in heads for p in ast.walk(head))


def _is_constant(node: ast.stmt) -> bool:
    """An assignment that calls nothing, or a text that stands alone."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
        return False
    works = (ast.Call, ast.Await, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.NamedExpr)
    return not any(isinstance(part, works) for part in ast.walk(node))


def _is_usual_import(node: ast.stmt) -> bool:
    """An import that loads anywhere: of the standard library, numpy, earlier chapters."""
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        return False
    modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
    tops = [m.partition(".")[0] for m in modules]
    return all(t == "numpy" or t in sys.stdlib_module_names or CHAPTER.fullmatch(t) for t in tops)


def _serves_the_notebook(node: ast.stmt) -> bool:
    """What the kit itself put into the notebook, and imports of Jupyter's own modules."""
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").partition(".")[0] in NOT_GRADED
    if isinstance(node, ast.Import):
        return all(a.name.partition(".")[0] in NOT_GRADED for a in node.names)
    if isinstance(node, (ast.Expr, ast.Assign)) and isinstance(node.value, ast.Call):
        called = node.value.func
        return isinstance(called, ast.Name) and called.id == (
            "check" if isinstance(node, ast.Expr) else "checks_of"
        )
    return isinstance(node, ast.Pass)


def is_stub(node: ast.stmt) -> bool:
    """Whether something of a definition is not written yet."""
    for part in ast.walk(node):
        if isinstance(part, ast.Raise) and isinstance(part.exc, ast.Call):
            call = part.exc
            if isinstance(call.func, ast.Name) and call.func.id == "NotImplementedError" and call.args:
                text = call.args[0]
                if isinstance(text, ast.Constant) and str(text.value).endswith(UNWRITTEN):
                    return True
    return False


def select(cells: list[Cell], notes: list[str]) -> list[Statement]:
    """Decide which statements are kept; all statements are returned.

    Raises
    ------
    Problem
        If there are too many.
    """
    if sum(len(cell.tree) for cell in cells) > MAX_STATEMENTS:
        raise Problem(say("cells.many-statements", most=MAX_STATEMENTS))
    every = [one for cell in cells for one in statements(cell)]
    for one in every:
        one.quiet = _serves_the_notebook(one.node)
    owned = _resolve_doubles(every, notes)
    candidates = [one for one in every if not one.quiet]
    for one in candidates:
        star = isinstance(one.node, ast.ImportFrom) and any(a.name == "*" for a in one.node.names)
        one.kept = bool(one.name) or _is_constant(one.node) or _is_usual_import(one.node) or star
        if one.kept and not one.name and not _is_usual_import(one.node) and not _may_set(one, owned):
            one.kept = False
    wanted: set[str] = set()
    for one in candidates:
        if one.kept:
            wanted |= one.now | one.later | ({one.name} if one.name else set())
    growing = True
    while growing:
        growing = False
        candidates.reverse()  # needs point backwards as a rule, so that few rounds do
        for one in candidates:
            if not one.kept and one.sets & wanted and _may_set(one, owned):
                one.kept = growing = True
                wanted |= one.now | one.later
    return every


def _may_set(one: Statement, owned: dict[str, Cell]) -> bool:
    """Whether a statement sets no name that is written in the exercise's own cell, another one."""
    return not any(owned.get(name) not in (None, one.cell) for name in _bound_by(one.node))


def _bound_by(node: ast.stmt) -> set[str]:
    """Names that a statement binds; `Linear.forward = f` binds none."""
    return {p.id for p in ast.walk(node) if isinstance(p, ast.Name) and isinstance(p.ctx, ast.Store)}


def _resolve_doubles(every: list[Statement], notes: list[str]) -> dict[str, Cell]:
    """Of several definitions of a name, mark those after the one that counts as left out.

    Returns the cells that own a written exercise.
    """
    by_name: dict[str, list[Statement]] = {}
    for one in every:
        if one.name and one.name != "_" and not one.quiet:
            by_name.setdefault(one.name, []).append(one)
    owned: dict[str, Cell] = {}
    for name, found in by_name.items():
        written = [one for one in found if not is_stub(one.node)]
        own = [one for one in written or found if one.cell.exercise == name]
        winner = (own or written or found)[-1]
        if own and written:
            owned[name] = winner.cell
        places = list(dict.fromkeys(one.cell.number for one in found))
        later = [one for one in found[found.index(winner) + 1 :] if not _extends_itself(one.node)]
        for one in later:
            one.quiet = True
        if len(places) > 1:
            shown = [str(n) for n in places[:6]] + [say("cells.more")] * (len(places) > 6)
            cells = say("cells.and", first=", ".join(shown[:-1]), last=shown[-1])
            why = "own-cell" if own and later else "written" if later else "last"
            fields = {"name": name, "cells": cells, "number": winner.cell.number}
            notes.append(say(f"cells.twice.{why}", **fields))
    return owned


def in_order(cells: list[Cell], every: list[Statement]) -> list[Cell]:
    """The cells as they are, but one that needs a later one while it runs comes after that."""
    needs: dict[int, set[str]] = {id(cell): set() for cell in cells}
    gives: dict[int, set[str]] = {id(cell): set() for cell in cells}
    for one in every:
        if one.kept:
            here = id(one.cell)
            needs[here] |= one.now - gives[here]
            gives[here] |= one.sets
    ahead = Counter(name for names in gives.values() for name in names)
    done: list[Cell] = []
    known: set[str] = set()
    rest = list(cells)
    while rest:
        ready = (
            i
            for i, cell in enumerate(rest)
            if all(n in known or ahead[n] == (n in gives[id(cell)]) for n in needs[id(cell)])
        )
        cell = rest.pop(next(ready, 0))
        known |= gives[id(cell)]
        ahead.subtract(gives[id(cell)])
        done.append(cell)
    return done


# --- the text ---------------------------------------------------------------------------------------------


def rendered(cell: Cell, own: list[Statement]) -> list[str]:
    """The lines of a cell, with everything that is not kept as comments."""
    if cell.broken is not None:
        return [commented(line) for line in cell.whole.split("\n")]
    dropped = [one.node for one in own if not one.kept]
    lines = _without(cell, dropped)
    if isinstance(_parse(lines), str):  # two statements in a line, written in a way not foreseen
        return list(cell.lines)
    return lines


def _broken(cell: Cell, known: set[str]) -> list[str]:
    """The lines of a cell that does not parse as comments, but what it meant to define raises when it is used."""
    lines = cell.whole.split("\n")
    for i, line in enumerate(lines):
        match = NAMES.match(line)
        lines[i] = commented(line)
        if match and match[1].isidentifier() and not keyword.iskeyword(match[1]) and match[1] not in known:
            reason = f"cell {cell.number} is not Python: {cell.broken}"
            lines[i] = f"def {match[1]}(*_, **__): raise SyntaxError({reason!r})  {commented(line)}"
    return lines


def _without(cell: Cell, dropped: list[ast.stmt]) -> list[str]:
    lines = list(cell.lines)
    uses = _uses_of_lines(cell)
    marks = {i for i, line in enumerate(lines) if line.startswith(MARK)}
    for node in reversed(dropped):
        begin, end = first_line(node) - 1, last_line(node) - 1
        if uses[begin + 1] == 1 and uses[end + 1] == 1:
            for i in set(range(begin, end + 1)) - marks:
                lines[i] = commented(cell.magics.get(i, lines[i]))
        else:  # it shares a line: `a = 1; train()`
            head, tail = lines[begin].encode(), lines[end].encode()
            if begin == end:
                gap = b"0".ljust((node.end_col_offset or 0) - node.col_offset)
                lines[begin] = (head[: node.col_offset] + gap + head[node.end_col_offset :]).decode()
            else:
                lines[begin] = (head[: node.col_offset] + b"(").decode()
                lines[begin + 1 : end] = [""] * (end - begin - 1)
                lines[end] = "0)" + tail[node.end_col_offset :].decode()
    return lines


def read(data: bytes) -> tuple[str, list[str]]:
    """The source to grade and notes for the student.

    Raises
    ------
    Problem
        If the data is no usable notebook.
    """
    notes: list[str] = []
    notebook = parse_notebook(data)
    cells = code_cells(notebook, notes)
    for cell in cells:
        without_magics(cell, notes)
    cells = parse_cells(cells)
    for cell in cells:
        if cell.broken is not None:
            fields = {"number": cell.number, "why": cell.broken}
            if cell.defined:
                notes.append(say("cells.broken-names", names=", ".join(cell.defined[:3]), **fields))
            else:
                notes.append(say("cells.broken", **fields))
    every = select(cells, notes)
    left_out = sorted({one.cell.number for one in every if not one.kept and not one.quiet})
    if left_out:
        where = ", ".join(map(str, left_out[:12])) + (", ..." if len(left_out) > 12 else "")
        notes.append(say("cells.left-out" if len(left_out) == 1 else "cells.left-out-many", cells=where))
    of_cell: dict[int, list[Statement]] = {}
    for one in every:
        of_cell.setdefault(id(one.cell), []).append(one)
    parts = [HEADER]
    added = missing_names(every)
    if added:
        parts.append("; ".join(added))
        lost = [line for line in added if line in USUAL_IMPORTS.values()]
        if lost:
            notes.append(say("cells.added", names=", ".join(lost)))
    known = set().union(*(one.sets for one in every if one.kept))
    ordered = in_order(cells, every)
    if ordered != cells:
        notes.append(say("cells.order"))
    for cell in ordered:
        own = of_cell.get(id(cell), [])
        if cell.role in ("check", "setup") and all(one.quiet for one in own) and cell.broken is None:
            continue
        lines = rendered(cell, own) if cell.broken is None else _broken(cell, known)
        while lines and not lines[-1].strip():
            lines.pop()
        if lines:
            parts.append("\n".join([f"{MARK}{cell.number}", *lines]) + "\n\n")
    text = "\n".join(parts).rstrip("\n") + "\n"
    if isinstance(_parse(text.split("\n")), str):
        raise Problem(say("cells.too-complex"))
    if len(notes) > MAX_NOTES:
        notes = [*notes[: MAX_NOTES - 1], say("cells.more-remarks", count=len(notes) - MAX_NOTES + 1)]
    return text, ["".join(c if c.isprintable() else "?" for c in note)[:500] for note in notes]


def missing_names(every: list[Statement]) -> list[str]:
    """What the notebook had by other ways: imports whose cell is lost, `display` of Jupyter."""
    kept = [one for one in every if one.kept]
    used = set().union(*(one.now | one.later for one in kept))
    known = set().union(*(one.sets for one in kept))
    star = any(isinstance(s.node, ast.ImportFrom) and any(a.name == "*" for a in s.node.names) for s in kept)
    added = []
    for one in kept:
        node = one.node
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            added.append(f"from __future__ import {', '.join(a.name for a in node.names)}")
            one.kept, one.quiet = False, True
    if not star:
        added += [line for name, line in USUAL_IMPORTS.items() if name in used - known]
    if "display" in used - known:
        added.append("display = print")
    return added


def child() -> None:
    """The child: read from standard input, answer on standard output."""
    for piece in answers(sys.stdin.buffer.read):
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


def answers(get: Callable[[], bytes]) -> Iterator[bytes]:
    """What the child says: that it is ready, then the result as JSON."""
    yield b"ready\n"
    too_large = say("cells.memory")  # while there is room to read it
    try:
        text, notes = read(get())
        answer: dict[str, Any] = {"text": text, "notes": notes}
    except Problem as problem:
        answer = {"problem": str(problem)}
    except (RecursionError, MemoryError):
        answer = {"problem": too_large}
    yield json.dumps(answer).encode()
