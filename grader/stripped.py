"""The reference of an earlier chapter as a worker may hold it: without docstrings and comments."""

from __future__ import annotations

import ast
from functools import lru_cache

from grader.course import Chapter


def stripped_source(chapter: Chapter) -> str:
    """Source of a chapter's reference, reduced to code."""
    return _strip(chapter.solution)


@lru_cache(maxsize=64)
def _strip(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
