"""One definition of a source: find it, put another version in its place, say how two versions differ.

Pure functions on text. `kata reset` and `kata update` use them on files that a student is writing, where
definitions may be missing, doubled or in another order, and line ends of any kind.
"""

from __future__ import annotations

import ast
import warnings

from grader.errors import UsageError
from grader.stubs import Definition, first_line, last_line, split_lines, unify
from grader.texts import say


def read_tree(source: str) -> ast.Module:
    """The syntax tree of a student's file; its warnings are none of our business.

    Raises
    ------
    SyntaxError, ValueError, RecursionError, MemoryError
        If it does not parse.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(unify(source))


def put_definition(text: str, stub: str, dotted: str) -> str:
    """The student's text with one definition as in the stub.

    Parameters
    ----------
    text : parses; see `read_tree`. Its line ends are kept, and used for what is put in.
    stub : has the definition.
    dotted : `softmax`, `Linear` or `Linear.forward`. A function or class that is missing in `text` is added
        behind the one before it in the stub; of several copies one is left, since the last would count.

    Raises
    ------
    UsageError
        If a method is missing in `text`.
    """
    tree = read_tree(text)
    lines = split_lines(text)
    stub_lines = split_lines(stub)
    begin, end = _span(_find(read_tree(stub), dotted)[-1], stub_lines)
    newline = "\r\n" if text.count("\r\n") * 2 > len(lines) else "\n"
    snippet = [line.rstrip("\r\n") + newline for line in stub_lines[begin:end]]
    spans = [_span(node, lines) for node in _find(tree, dotted)]
    if spans:
        for begin, end in reversed(spans[1:]):
            lines[begin:end] = []
        begin, end = spans[0]
        lines[begin:end] = snippet
        return "".join(lines)
    if "." in dotted:
        raise UsageError(say("splice.none", name=dotted, owner=dotted.split(".")[0]))
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += newline
    at = len(lines)
    order = [name for name in definition_names(stub) if "." not in name]
    for earlier in reversed(order[: order.index(dotted)]):
        found = _find(tree, earlier)
        if found:
            at = _span(found[-1], lines)[1]
            break
    lines[at:at] = [newline, newline, *snippet]
    return "".join(lines)


def _find(tree: ast.Module, dotted: str) -> list[Definition]:
    """The definitions of a name such as `softmax` or `Linear.forward`, in the order of the text."""
    nodes: list[ast.AST] = [tree]
    for part in dotted.split("."):
        nodes = [n for node in nodes for n in getattr(node, "body", []) if getattr(n, "name", None) == part]
    return [n for n in nodes if isinstance(n, Definition)]


def definition_names(source: str) -> list[str]:
    """Top-level functions, classes, and methods of a stub."""
    names = []
    for node in read_tree(source).body:
        if isinstance(node, Definition):
            names.append(node.name)
        if isinstance(node, ast.ClassDef):
            names += [f"{node.name}.{m.name}" for m in node.body if isinstance(m, Definition)]
    return list(dict.fromkeys(names))


def _span(node: Definition, lines: list[str]) -> tuple[int, int]:
    """First and one past the last index in `lines` of a definition, with the comments that end its body."""
    begin, end = first_line(node) - 1, last_line(node)
    for index in range(end, len(lines)):
        content = lines[index].strip()
        if not content:
            continue
        depth = len(lines[index]) - len(lines[index].lstrip())
        if not content.startswith("#") or depth <= node.col_offset:
            break
        end = index + 1
    return begin, end


def is_definition(text: str, stub: str, dotted: str) -> bool:
    """Whether a text parses and its only definition of a name is that of the stub."""
    try:
        found = _find(read_tree(text), dotted)
    except (SyntaxError, ValueError):
        return False
    wanted = _find(read_tree(stub), dotted)[-1]
    return [ast.dump(node) for node in found] == [ast.dump(wanted)]


def stub_changes(old: str, new: str) -> list[str]:
    """What differs between two versions of a stub: "softmax: docstring", "Linear.forward: signature", ..."""
    before, after = _parts(old), _parts(new)
    changes = []
    for name, (signature, docstring, body) in after.items():
        if name not in before:
            changes.append(say("splice.new", name=name))
            continue
        was = before[name]
        what = [
            label
            for label, a, b in (
                (say("splice.signature"), was[0], signature),
                (say("splice.docstring"), was[1], docstring),
                (say("splice.given-code"), was[2], body),
            )
            if a != b
        ]
        if what:
            changes.append(say("splice.changed", name=name, what=", ".join(what)))
    changes += [say("splice.removed", name=name) for name in before if name not in after]
    return changes or [say("splice.layout")]


def _parts(source: str) -> dict[str, tuple[str, str, str]]:
    """Name -> (signature, docstring, given code) of functions, classes, methods, and the rest of the file."""
    parts: dict[str, tuple[str, str, str]] = {}

    def visit(nodes: list[ast.stmt], prefix: str) -> str:
        rest = []
        for node in nodes:
            if not isinstance(node, Definition):
                rest.append(ast.dump(node))
            elif isinstance(node, ast.ClassDef):
                head = [ast.dump(n) for n in (*node.bases, *node.keywords, *node.decorator_list)]
                body = visit(_without_docstring(node), f"{prefix}{node.name}.")
                parts[prefix + node.name] = (" ".join(head), ast.get_docstring(node) or "", body)
            else:
                head = [
                    ast.dump(n)
                    for n in (node.args, *node.decorator_list, *([node.returns] if node.returns else []))
                ]
                body = " ".join(ast.dump(n) for n in _without_docstring(node))
                parts[prefix + node.name] = (" ".join(head), ast.get_docstring(node) or "", body)
        return " ".join(rest)

    tree = read_tree(source)
    parts[say("splice.the-file")] = ("", ast.get_docstring(tree) or "", visit(_without_docstring(tree), ""))
    return parts


def _without_docstring(node: ast.Module | Definition) -> list[ast.stmt]:
    return node.body[1:] if ast.get_docstring(node) is not None else node.body
