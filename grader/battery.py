"""Demands that hold for nearly every function of the course (B1 to B13), as shared checks.

Call them inside a hidden test, with the call in the student's words first:

    @points(0.5, of="softmax", needs="test_values")
    def test_keeps_float32(student):
        \"\"\"float32 in gives float32 out\"\"\"
        battery.keeps_float32("softmax(z)", student.softmax, Z)

They compare the student's function with itself, so they prove nothing without a value test: always `needs=`.
Demands on dtype, layout and integers (B2, B3, B5) make up at most a tenth of a function's points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from grader.compare import Expectation, expect, same_results
from grader.errors import Mismatch
from grader.student import Remote, Rng, fetch, observe, rng_state
from grader.texts import say

LAYOUTS = {
    "Fortran-ordered": "fortran",
    "strided": "strided",
    "negatively strided": "negative",
    "broadcast (stride 0)": "broadcast",
}  # -> text


def leaves_arguments_alone(call: str, function: Remote, *args: Any, **kwargs: Any) -> None:
    """B1: no argument is modified, and read-only arguments are enough."""
    seen = observe(function, *args, **kwargs)
    if seen.modified:
        raise Mismatch(say("battery.changes-argument", call=call, place=_place(seen.modified[0])))
    locked = [_read_only(a) if isinstance(a, np.ndarray) else a for a in args]
    same_results(say("battery.read-only", call=call), function(*locked, **kwargs), seen.value)


def accepts_any_layout(call: str, function: Remote, *args: Any, **kwargs: Any) -> None:
    """B2: Fortran order, strides, negative strides and broadcast inputs give the contiguous result."""
    for i, arg in enumerate(args):
        if not (isinstance(arg, np.ndarray) and arg.ndim):
            continue
        for name, other in layouts(arg):
            expected = function(*args, **kwargs)
            if name == "broadcast (stride 0)":  # other values than arg: compare with its own contiguous copy
                expected = function(*args[:i], np.ascontiguousarray(other), *args[i + 1 :], **kwargs)
            got = function(*args[:i], other, *args[i + 1 :], **kwargs)
            same_results(
                say(f"battery.layout.{LAYOUTS[name]}", call=call),
                got,
                expected,
                hint=say("battery.values-not-order"),
            )


def layouts(array: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """The same array in other memory layouts, and a broadcast one of its shape."""
    if array.ndim > 1:
        yield "Fortran-ordered", np.asfortranarray(array)
    spread = np.zeros(tuple(2 * n for n in array.shape), dtype=array.dtype)
    view = spread[tuple(slice(None, None, 2) for _ in array.shape)]
    view[...] = array
    yield "strided", view
    flipped = np.ascontiguousarray(array[::-1])
    yield "negatively strided", flipped[::-1]
    if array.shape[0] > 1 and array.dtype.kind == "f":
        yield "broadcast (stride 0)", np.broadcast_to(array[:1], array.shape)


def keeps_float32(
    call: str, function: Remote, *args: Any, rtol: float = 1e-5, atol: float = 1e-6, **kwargs: Any
) -> None:
    """B3: float32 in, float32 out, within 1e-5 of the float64 result. Numbers may stay Python floats."""
    exact = function(*args, **kwargs)
    single = [a.astype(np.float32) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a for a in args]
    got = function(*single, **kwargs)
    parts = fetch(got)
    several = isinstance(parts, (list, tuple))
    for i, part in enumerate(parts if several else _leaves(parts)):
        if isinstance(part, np.ndarray) and part.dtype.kind == "f":
            where = say("battery.part", number=i + 1, call=call) if several else call
            expect(say("battery.float32", call=where), part).has_dtype(np.float32)
    same_results(say("battery.float32", call=call), got, exact, rtol=rtol, atol=atol)


def accepts_integers(call: str, function: Remote, *args: Any, **kwargs: Any) -> None:
    """B5: integer arrays are converted to float64, nothing is rounded. Float arrays in args must hold integers."""
    whole = [a.astype(np.int64) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a for a in args]
    same_results(say("battery.integers", call=call), function(*whole, **kwargs), function(*args, **kwargs))


def keeps_a_batch_of_one(call: str, function: Remote, x: np.ndarray, *rest: Any, **kwargs: Any) -> None:
    """B4: one row in, one row out, and the same row as in the whole batch."""
    whole = _one_row_each(call, function(x, *rest, **kwargs), len(x))
    alone = expect(say("battery.one-row", call=call), function(x[:1], *rest, **kwargs))
    alone.close_to(whole[:1], rtol=1e-6, atol=1e-12)


def treats_rows_alone(call: str, function: Remote, x: np.ndarray, *rest: Any, **kwargs: Any) -> None:
    """B6: permuting the rows of x permutes the rows of the result."""
    order = np.roll(np.arange(len(x)), 1)
    whole = _one_row_each(call, function(x, *rest, **kwargs), len(x))
    same_results(
        say("battery.reordered", call=call),
        function(x[order], *rest, **kwargs),
        whole[order],
        rtol=1e-6,
        atol=1e-12,
        hint=say("battery.rows-alone"),
    )


def averages_over_the_batch(
    call: str, function: Remote, scores: np.ndarray, target: np.ndarray, **kwargs: Any
) -> None:
    """B6, B7 for a loss (loss, dscores): order does not matter; the batch twice: same loss, half the rows."""
    loss, grad = expect(call, function(scores, target, **kwargs)).unpack("loss", "gradient")
    value, rows = loss.number(), grad.array(scores.shape)
    order = np.roll(np.arange(len(scores)), 1)
    moved, _ = expect(call, function(scores[order], target[order], **kwargs)).unpack("loss", "gradient")
    moved.close_to(value, rtol=1e-9, atol=1e-12, hint=say("battery.order-matters"))
    twice = function(np.concatenate([scores, scores]), np.concatenate([target, target]), **kwargs)
    again, half = expect(say("battery.batch-twice", call=call), twice).unpack("loss", "gradient")
    again.close_to(value, rtol=1e-9, atol=1e-12, hint=say("battery.mean-not-sum"))
    both = np.concatenate([rows, rows]) / 2
    half.close_to(both, rtol=1e-9, atol=1e-12, batch=len(scores), hint=say("battery.mean-gradient"))


def stays_finite(call: str, function: Remote, *args: Any, **kwargs: Any) -> Any:
    """B8: huge inputs give finite numbers without a RuntimeWarning. Returns the result.

    Only for functions whose stub says "no overflow for any finite input".
    """
    seen = observe(function, *args, **kwargs)
    parts = [p for p in _leaves(seen.value) if isinstance(p, (float, np.ndarray, np.generic))]
    for part in parts or [seen.value]:
        if not isinstance(part, (np.ndarray, np.generic)) or part.dtype.kind == "f":
            expect(say("battery.huge", call=call), part).is_finite()
    noisy = [
        text
        for category, text, _ in seen.warnings
        if category == "RuntimeWarning" and "underflow" not in text
    ]
    if noisy:
        known = ("overflow", "invalid value", "divide by zero")
        what = next((k for k in known if noisy[0].startswith(k)), say("battery.some-warning"))
        raise Mismatch(say("battery.noisy", call=say("battery.huge", call=call), what=what), noisy[0])
    return seen.value


def draws_only_from_its_rng(call: str, function: Callable[..., Any], student: Any, *, seed: int = 7) -> None:
    """B9: same seed, same output; the generator is used; the global generators are not touched.

    function : called with one Rng, must call the student and return (result, Observation) or a result;
        typically `lambda rng: observe(student.he_normal, (3, 2), rng)`.
    """
    outcomes = []
    for _ in range(2):
        rng = Rng(seed)
        seen = function(rng)
        outcomes.append(seen.value)
        if seen.global_random:
            raise Mismatch(say("battery.global-random", call=call))
        fresh = Rng(seed)
        if rng_state(student, rng) == rng_state(student, fresh):
            raise Mismatch(say("battery.not-its-rng", call=call))
    same_results(say("battery.same-seed", call=call), outcomes[1], outcomes[0], rtol=0, atol=0)


def returns_new_arrays(call: str, function: Remote, *args: Any, **kwargs: Any) -> None:
    """B12: the result shares no memory with an argument."""
    seen = observe(function, *args, **kwargs)
    fetch(seen.value)
    if seen.shares:
        raise Mismatch(say("battery.shares-memory", call=call, place=_place(seen.shares[0])))


def accumulates_gradients(
    call: str, layer: Any, x: np.ndarray, dout: np.ndarray, keys: tuple[str, ...] = ("W", "b")
) -> None:
    """B11, C10: gradients add up until zero_grad, and belong to the last forward."""

    def grad(key: str, when: str = "") -> Expectation:
        value = expect(f"{call}.grads", layer.grads).keys(key)[key]
        shown = f"{call}.grads[{key!r}]"
        return expect(say(f"battery.gradient.{when}", gradient=shown) if when else shown, value._plain())

    layer.zero_grad()
    layer.forward(x)
    layer.backward(dout)
    once = {k: grad(k).array() for k in keys}
    layer.forward(x)
    layer.backward(dout)
    for k in keys:
        twice = grad(k, "twice")
        overwritten = bool(np.any(once[k])) and np.allclose(twice.array(once[k].shape), once[k])
        twice.satisfies(not overwritten, say("battery.add-up"))  # a lost factor 2 is not what went wrong
        twice.close_to(2 * once[k], hint=say("battery.add-up"))
    layer.zero_grad()
    for k in keys:
        grad(k, "zeroed").close_to(np.zeros_like(once[k]))
    layer.forward(x[::-1] + 1.0)
    layer.forward(x)
    layer.backward(dout)
    for k in keys:
        grad(k, "second-forward").close_to(once[k], hint=say("battery.last-forward"))


def _read_only(array: np.ndarray) -> np.ndarray:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def _one_row_each(call: str, value: Any, rows: int) -> np.ndarray:
    """The value as an array that has a row for each row of the input."""
    whole = expect(call, value).array()
    if whole.ndim == 0 or len(whole) != rows:
        raise Mismatch(say("battery.rows", call=call, shape=whole.shape, rows=rows))
    return whole


def _leaves(value: Any) -> list[Any]:
    """What is in a value when containers are looked into."""
    value = fetch(value)
    if isinstance(value, (list, tuple)):
        return [leaf for v in value for leaf in _leaves(v)]
    if isinstance(value, dict):
        return [leaf for v in value.values() for leaf in _leaves(v)]
    return [value]


def _place(place: int | str) -> str:
    return str(place + 1) if isinstance(place, int) else repr(place)
