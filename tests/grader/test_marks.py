"""Marks of tests and mistakes: what authors write, and what they are told when it is wrong."""

from __future__ import annotations

import pytest

from grader import checks, mistake, points
from grader.errors import AuthorError
from grader.marks import Mark, mark_of, title_of
from grader.mistakes import ATTRIBUTE


def test_points_are_kept():
    """points() keeps what a test is worth, for which exercise and under which conditions"""

    @points(2, of="softmax")
    def test_a():
        """agrees with the formula"""

    @points(0.5, of="elu", needs="test_a", bonus=True, seconds=20, fresh=True)
    def test_b():
        """is bounded

        More.
        """

    @points(1, of="elu", needs=("test_a", "test_b"))
    def test_c():
        """holds"""

    assert mark_of(test_a) == Mark("softmax", 2.0)
    assert mark_of(test_b) == Mark("elu", 0.5, ("test_a",), True, 20, True)
    assert mark_of(test_c).needs == ("test_a", "test_b")
    assert title_of(test_b) == "is bounded"


def test_visible_tests_carry_no_points():
    """checks() marks a visible test with its exercise and 0 points"""

    @checks("softmax")
    def test_a():
        """three scores"""

    assert mark_of(test_a) == Mark("softmax", 0.0)


def test_a_function_without_mark_has_none():
    """an unmarked function has no mark, and a title made from its name"""

    def test_rows_sum_to_one(): ...

    assert mark_of(test_rows_sum_to_one) is None and mark_of(None) is None
    assert title_of(test_rows_sum_to_one) == "rows sum to one"


@pytest.mark.parametrize("n", [0, -1, float("nan")])
def test_points_are_positive(n):
    """a hidden test without points is the author's error"""
    with pytest.raises(AuthorError, match="more than 0 points"):
        points(n, of="f")


@pytest.mark.parametrize("text", [None, "", "  \n "])
def test_titles_are_demanded(text):
    """a test without docstring is the author's error: it is the title that students read"""

    def test_a(): ...

    test_a.__doc__ = text
    for mark in (points(1, of="f"), checks("f")):
        with pytest.raises(AuthorError, match="test_a: write a docstring; it is the title students read"):
            mark(test_a)


def test_mistakes_are_kept():
    """mistake() keeps id, exercise, tests and the sentence on one line; two on one program both count"""

    @mistake("M060b", of="softmax", caught_by=("test_a", "test_b"))
    @mistake("CH04-own", of="softmax", caught_by="test_c")
    def wrong(z):
        """exp(1000) is inf;
        subtract the maximum."""

    own, first = getattr(wrong, ATTRIBUTE)
    assert (own.id, own.caught_by, own.program) == ("CH04-own", ("test_c",), wrong)
    assert (first.id, first.of, first.caught_by, first.name) == (
        "M060b",
        "softmax",
        ("test_a", "test_b"),
        "wrong",
    )
    assert first.text == "exp(1000) is inf; subtract the maximum."


@pytest.mark.parametrize(
    ("id", "tests", "doc", "words"),
    [
        ("60", "test_a", "text", 'the id should look like "M060"'),
        ("m060", "test_a", "text", "the id should look like"),
        ("M0600", "test_a", "text", "the id should look like"),
        ("M060", (), "text", "name at least one hidden test"),
        ("M060", "test_a", "", "write the sentence of a good TA"),
    ],
)
def test_mistakes_keep_their_rules(id, tests, doc, words):
    """an odd id, no sentence and no test are the author's error"""

    def wrong(z): ...

    wrong.__doc__ = doc
    with pytest.raises(AuthorError, match=words) as caught:
        mistake(id, of="softmax", caught_by=tests)(wrong)
    assert "wrong" in str(caught.value)


def test_a_subclass_does_not_inherit_a_mistake():
    """a wrong class that inherits from another one is a mistake only if it is marked itself"""

    @mistake("M001", of="Linear", caught_by="test_a")
    class Wrong:
        """forgets the bias"""

    @mistake("M002", of="Linear", caught_by="test_a")
    class Worse(Wrong):
        """forgets both"""

    assert [m.id for m in getattr(Worse, ATTRIBUTE)] == ["M002"]
    assert [m.id for m in getattr(Wrong, ATTRIBUTE)] == ["M001"]
