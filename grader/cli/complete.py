"""Words for the Tab key: the chapters and functions of the workspace one is in.

Found by reading names of folders and test files. Nothing is imported or run, and nothing goes wrong loudly: a person
who presses Tab must not see a traceback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def chapters_here(ctx: Any, param: Any, incomplete: str) -> list[CompletionItem]:
    """Chapters by their short name, `ch04`; by the long one if that is what was begun."""
    return _begun(incomplete, *_known())


def chapters_and_functions(ctx: Any, param: Any, incomplete: str) -> list[CompletionItem]:
    """Chapters, and functions or classes of every chapter."""
    short, long = _known()
    return _begun(incomplete, short, long) + _items(incomplete, _functions())


def functions_here(ctx: Any, param: Any, incomplete: str) -> list[CompletionItem]:
    """Functions or classes of every chapter."""
    return _items(incomplete, _functions())


def _items(incomplete: str, words: dict[str, str]) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem  # loaded only when Tab is pressed

    return [CompletionItem(word, help=about) for word, about in words.items() if word.startswith(incomplete)]


def _begun(incomplete: str, short: dict[str, str], long: dict[str, str]) -> list[CompletionItem]:
    return _items(incomplete, short) or _items(incomplete, long)


def _known() -> tuple[dict[str, str], dict[str, str]]:
    """({ch04: ch04_losses, ...}, {ch04_losses: "", losses: ch04_losses, ...})"""
    names = [folder.name for folder in _folders()]
    return {n[:4]: n for n in names}, dict.fromkeys(names, "") | {n[5:]: n for n in names}


def _functions() -> dict[str, str]:
    from grader.practice import exercise_names, tests_of

    return {name: folder.name for folder in _folders() for name in exercise_names(tests_of(folder))}


def _folders() -> list[Any]:
    from grader.practice import practice_chapters, practice_root

    try:
        return practice_chapters(practice_root())
    except Exception:
        return []
