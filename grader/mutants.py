"""Automatic wrong programs: the reference with one small change inside a solution region.

Each mutant changes one place: an operator, a sign, an axis, a constant, a comparison, a function's name (sum to
mean), swapped arguments, a dropped transpose, copy, conversion or statement. A mutant is known by what it
changes, not by its line, so a list of equivalent ones survives edits elsewhere.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

from grader.course import BEGIN, END, Chapter

BINARY: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
}
COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OTHER_NAME = {
    "sum": "mean",
    "mean": "sum",
    "max": "min",
    "min": "max",
    "maximum": "minimum",
    "minimum": "maximum",
    "argmax": "argmin",
    "argmin": "argmax",
    "zeros": "ones",
    "ones": "zeros",
    "zeros_like": "ones_like",
    "ones_like": "zeros_like",
    "exp": "expm1",
    "log": "log2",
    "log1p": "log",
    "sin": "cos",
    "cos": "sin",
    "float64": "float32",
    "array": "asarray",
    "any": "all",
    "all": "any",
    "normal": "uniform",
    "permutation": "arange",
    "var": "std",
    "std": "var",
    "ceil": "floor",
    "floor": "ceil",
}
DROPPED_CALLS = (
    "copy",
    "as_float",
    "sqrt",
    "abs",
    "square",
    "asarray",
    "float",
    "ravel",
    "flatten",
    "astype",
)


@dataclass(frozen=True)
class Mutant:
    """One changed program."""

    id: str
    exercise: str
    line: int  # in the reference
    source: str


def mutants_of(chapter: Chapter) -> list[Mutant]:
    """Every mutant of a chapter's reference, exercise by exercise."""
    source = chapter.solution
    tree = ast.parse(source)
    inside = _solution_lines(source)
    names = set(chapter.exercises)
    found: list[Mutant] = []
    for index, node in enumerate(tree.body):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in names:
            found += _mutants(tree, index, node.name, inside)
    return found


def _solution_lines(source: str) -> set[int]:
    inside, lines = False, set()
    for number, line in enumerate(source.splitlines(), 1):
        inside = (inside or line.strip() == BEGIN) and line.strip() != END
        if inside:
            lines.add(number)
    return lines


def _mutants(tree: ast.Module, index: int, exercise: str, inside: set[int]) -> Iterator[Mutant]:
    original = tree.body[index]
    count = sum(1 for _ in ast.walk(original))
    seen: dict[str, int] = {}
    for place in range(count):
        node = _at(original, place)
        line = getattr(node, "lineno", 0)
        if line not in inside:
            continue
        for variant in range(_variants(node)):
            changed = copy.deepcopy(original)
            target = _at(changed, place)
            before = _text(node)
            after = _change(changed, target, variant)
            if after is None or after == before:
                continue
            short = f"{exercise}: {before[:70]} -> {after[:70]}"
            seen[short] = seen.get(short, 0) + 1
            number = f" #{seen[short]}" if seen[short] > 1 else ""
            body = [*tree.body[:index], changed, *tree.body[index + 1 :]]
            program = ast.fix_missing_locations(ast.Module(body=body, type_ignores=[]))
            yield Mutant(short + number, exercise, line, ast.unparse(program) + "\n")


def _at(root: ast.AST, place: int) -> ast.AST:
    """The node at this place of a walk; a deep copy walks in the same order."""
    for i, node in enumerate(ast.walk(root)):
        if i == place:
            return node
    raise IndexError(place)


def _text(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())


def _variants(node: ast.AST) -> int:
    """How many changes `_change` knows for this kind of node."""
    match node:
        case ast.BinOp(op=ast.MatMult()):
            return 1
        case ast.BinOp():
            return len(BINARY.get(type(node.op), ()))
        case ast.AugAssign():
            return 2
        case ast.Compare(ops=[op]):
            return len(COMPARE.get(type(op), ()))
        case ast.Constant(value=bool()):
            return 1
        case ast.Constant(value=int() | float()):
            return 2
        case (
            ast.UnaryOp()
            | ast.BoolOp()
            | ast.Attribute()
            | ast.Assign()
            | ast.Expr()
            | ast.IfExp()
            | ast.If()
        ):
            return 1
        case ast.Call():
            return 2
        case ast.Return(value=ast.Tuple()):
            return 1
        case ast.Name():
            return 1
    return 0


def _change(root: ast.AST, node: ast.AST, variant: int) -> str | None:
    """Change one node of `root`; returns the new text of that place, or None if there is nothing to change."""
    match node:
        case ast.BinOp(op=ast.MatMult()):
            node.left, node.right = node.right, node.left
        case ast.BinOp():
            node.op = BINARY[type(node.op)][variant]()
        case ast.AugAssign() if variant == 0:
            return _replace(root, node, ast.Assign(targets=[node.target], value=node.value))
        case ast.AugAssign():
            options = BINARY.get(type(node.op))
            if not options:
                return None
            node.op = options[0]()
        case ast.Compare(ops=[op]):
            node.ops = [COMPARE[type(op)][variant]()]
        case ast.Constant(value=bool()):
            node.value = not node.value
        case ast.Constant(value=int() | float() as number):
            node.value = number + 1 if variant == 0 else (number * 2 if number else -1)
        case ast.UnaryOp():
            return _replace(root, node, node.operand)
        case ast.BoolOp():
            node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        case ast.Attribute(attr="T"):
            return _replace(root, node, node.value)
        case ast.Attribute():
            if node.attr not in OTHER_NAME:
                return None
            node.attr = OTHER_NAME[node.attr]
        case ast.Call() if variant == 0:
            if len(node.args) < 2 or any(isinstance(a, ast.Starred) for a in node.args):
                return None
            node.args[0], node.args[1] = node.args[1], node.args[0]
        case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in DROPPED_CALLS:
            outside = isinstance(value, ast.Name) and value.id == "np"
            return _replace(root, node, node.args[0] if outside and node.args else value)
        case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in DROPPED_CALLS:
            return _replace(root, node, first)
        case ast.Call(keywords=[*_, ast.keyword()]) if variant == 1:
            del node.keywords[-1]
        case ast.Assign() | ast.Expr():
            return _replace(root, node, ast.Pass())
        case ast.IfExp():
            node.body, node.orelse = node.orelse, node.body
        case ast.If():
            node.test = ast.UnaryOp(op=ast.Not(), operand=node.test)
            return f"if not {_text(node.test)}"
        case ast.Return(value=ast.Tuple() as parts):
            if len(parts.elts) < 2:
                return None
            parts.elts[0], parts.elts[1] = parts.elts[1], parts.elts[0]
        case ast.Name() if node.id in ("max", "min", "sum", "any", "all") and isinstance(node.ctx, ast.Load):
            node.id = {"max": "min", "min": "max", "sum": "max", "any": "all", "all": "any"}[node.id]
        case _:
            return None
    return _text(node)


def _replace(root: ast.AST, old: ast.AST, new: ast.AST) -> str | None:
    """Put `new` in the place of `old` under `root`."""
    ast.fix_missing_locations(ast.copy_location(new, old))
    for parent in ast.walk(root):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
                return _text(new)
            if isinstance(value, list):
                for i, entry in enumerate(value):
                    if entry is old:
                        value[i] = new
                        return _text(new)
    return None
