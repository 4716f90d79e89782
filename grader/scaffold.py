"""A new chapter to start from: every file that a chapter has, with one small exercise that already works."""

from __future__ import annotations

import keyword
from pathlib import Path

from grader.course import CHAPTER_NAME, Course, chapter_folders
from grader.errors import UsageError
from grader.files import write_atomically

TAKEN = ("figures", "mistakes", "conftest")  # other files of a chapter bear these names

SOLUTION = '''"""@TITLE@: one line that says what this chapter is about."""

import numpy as np


def row_mean(x):
    """Mean of each row.

    out[n] = (1/D) * sum over d of x[n, d]

    Parameters
    ----------
    x : (N, D) float array
        One example for each row, D >= 1.

    Returns
    -------
    (N,) float array

    >>> row_mean(np.array([[1.0, 2.0, 6.0], [0.0, 0.0, 3.0]]))
    array([3., 1.])
    """
    ### BEGIN SOLUTION
    return x.sum(axis=1) / x.shape[1]
    ### END SOLUTION
'''

MISTAKES = '''"""Wrong programs that students write in @NAME@; see grader/AUTHORS.md."""

from grader import mistake


@mistake("@ID@-columns", of="row_mean", caught_by="test_row_mean_matches_the_formula")
def mean_of_the_columns(x):
    """axis=0 runs down the columns; the mean of a row runs along axis=1."""
    return x.mean(axis=0)


@mistake("@ID@-sum", of="row_mean", caught_by="test_row_mean_matches_the_formula")
def sum_of_the_row(x):
    """This is the sum of each row; a mean is divided by the number of entries."""
    return x.sum(axis=1)
'''

HANDOUT = """# @NUMBER@ @TITLE@

Three lines of story: what the chapter is about, what it is good for,
and what will run at the end that did not run before.
Replace them, and everything below, with your own.

## The formula

The mean of row n of x, where x is (N, D) and out is (N,):

    out[n] = (1/D) * sum over d of x[n, d]

## By hand

| row of x | sum | D | mean |
|---|---|---|---|
| 1, 2, 6 | 9 | 3 | 3 |
| 0, 0, 3 | 3 | 3 | 1 |

![The mean of each row](figures/row_mean.svg)

## What goes wrong

A mean over the wrong axis has the length of a row, not the number of rows. If N = D the shape is right and
the numbers are not, so look at both.

## What to write

`row_mean` in `@MODULE@.py`. Then run `kata test @SHORT@`.

## Hints

### Hints for `row_mean`

<details><summary>Hint 1: a question</summary>

How many numbers should come out if x has 5 rows and 3 columns?

</details>
<details><summary>Hint 2: a direction</summary>

The methods of an array take an axis. Which axis has to disappear?

</details>
<details><summary>Hint 3: nearly the line</summary>

Add up along axis 1, then divide by the number of columns, which is the second entry of the shape.

</details>

## Sources

Where the formula comes from, where this chapter differs from it, and what to read next.
"""

VISIBLE = '''"""Visible tests of @NAME@: small numbers that can be checked by hand."""

import numpy as np

from grader import checks, expect


@checks("row_mean")
def test_row_mean_of_two_rows(student):
    """row_mean of [[1, 2, 6], [0, 0, 3]] is [3, 1]"""
    x = np.array([[1.0, 2.0, 6.0], [0.0, 0.0, 3.0]])
    expect("row_mean([[1, 2, 6], [0, 0, 3]])", student.row_mean(x)).close_to([3.0, 1.0])
'''

HIDDEN = '''"""Hidden tests of @NAME@."""

from grader import battery, expect, points


def row_mean_by_loops(x):
    """The formula as written, one entry at a time."""
    rows, columns = x.shape
    return [sum(float(x[n, d]) for d in range(columns)) / columns for n in range(rows)]


@points(3, of="row_mean")
def test_row_mean_matches_the_formula(student, rng):
    """row_mean agrees with the formula on random rows"""
    x = rng.normal(size=(5, 3))
    expect("row_mean(x)", student.row_mean(x)).close_to(row_mean_by_loops(x))


@points(0.5, of="row_mean", needs="test_row_mean_matches_the_formula")
def test_row_mean_leaves_its_rows_alone(student, rng):
    """row_mean does not change the rows it is given"""
    battery.leaves_arguments_alone("row_mean(x)", student.row_mean, rng.normal(size=(4, 3)))
'''

ALTERNATIVE = '''"""Another correct way: one row at a time."""

import numpy as np


def row_mean(x):
    return np.array([row.mean() for row in x])
'''

FIGURES = '''"""Figures of @NAME@, drawn from a module that has its functions."""

import numpy as np
from matplotlib.figure import Figure


def figure_row_mean(student):
    """Three rows of numbers (dots) and the mean of each (bar)."""
    x = np.array([[1.0, 2.0, 6.0], [0.0, 0.0, 3.0], [2.0, 4.0, 3.0]])
    figure = Figure(figsize=(4, 2.5), layout="constrained")
    axes = figure.add_subplot()
    for n, mean in enumerate(student.row_mean(x)):
        axes.plot(x[n], np.full(x.shape[1], n), "o", color="tab:blue")
        axes.plot(mean, n, "|", color="tab:red", markersize=24)
    axes.set_yticks(range(len(x)), [f"row {n}" for n in range(len(x))])
    axes.set_xlabel("value")
    return figure
'''

FILES = {
    "solutions/@NAME@/@MODULE@.py": SOLUTION,
    "solutions/@NAME@/mistakes.py": MISTAKES,
    "exercises/@NAME@/README.md": HANDOUT,
    "exercises/@NAME@/test_@MODULE@.py": VISIBLE,
    "exercises/@NAME@/figures.py": FIGURES,
    "tests/hidden/@NAME@/test_@MODULE@.py": HIDDEN,
    "tests/hidden/@NAME@/alternatives/loops.py": ALTERNATIVE,
}


def new_chapter(course: Course, name: str) -> list[Path]:
    """Write the files of a new chapter. Nothing is written if any part of it exists.

    Parameters
    ----------
    course : Course
    name : `ch15_attention`.

    Returns
    -------
    list of Path
        The files, relative to the course root.

    Raises
    ------
    UsageError
        If the name does not fit or its number is taken, or a file cannot be written.
    """
    match = CHAPTER_NAME.fullmatch(name)
    if match is None:
        raise UsageError(
            f"{name!r} is not the name of a chapter. Use two digits and lower case: ch15_attention"
        )
    number, module = match[1], match[2]
    if keyword.iskeyword(module) or module in TAKEN or module.startswith("test_"):
        raise UsageError(
            f"A chapter cannot be called {module!r}. Choose another word: ch{number}_my_{module}"
        )
    for desk in (course.solutions, course.exercises, course.hidden):
        for folder in chapter_folders(desk):
            if folder.name[:4] == name[:4]:
                raise UsageError(f"{folder} has the number {number}. Choose a number that is free.")
    words = {
        "@NAME@": name,
        "@MODULE@": module,
        "@SHORT@": name[:4],
        "@NUMBER@": number,
        "@ID@": name[:4].upper(),
        "@TITLE@": module.replace("_", " ").capitalize(),
    }
    written = []
    for path, text in FILES.items():
        target = course.root / _filled(path, words)
        try:
            write_atomically(target, _filled(text, words).encode())
        except OSError as error:
            raise UsageError(f"Cannot write {target}: {error.strerror or error}.") from None
        written.append(target.relative_to(course.root))
    return written


def _filled(text: str, words: dict[str, str]) -> str:
    for placeholder, word in words.items():
        text = text.replace(placeholder, word)
    return text
