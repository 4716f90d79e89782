"""From an exception to a verdict and words; and that no word carries a hidden input out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from grader import battery, expect, observe, refuses, same_results, student_gradient
from grader.errors import AuthorError, GraderFailure, Mismatch, StudentError, SubmissionDied
from grader.feedback import DETAIL_LIMIT, explain
from grader.sandbox.server import ForkServer
from grader.student import Remote, student_error
from grader.texts import say

sys.path.insert(0, str(Path(__file__).parent))
import tiny

FILE = "ch04_losses/losses.py"


def raised(use) -> BaseException:
    with pytest.raises(BaseException) as caught:
        use()
    return caught.value


def told(use, exercise="softmax"):
    return explain(raised(use), FILE, exercise)


def student_raises(**about):
    def use():
        raise student_error({"type": "ValueError", "text": "", "line": None, "function": None, **about})

    return use


# the sentences ---------------------------------------------------------------------------------------------------


def test_not_written_yet():
    """NotImplementedError is `unwritten` and names file and line"""
    found = told(
        student_raises(
            kind="unwritten", type="NotImplementedError", line=23, text="softmax is not written yet"
        )
    )
    assert found.verdict == "unwritten"
    assert found.message == "softmax is not written yet. Open ch04_losses/losses.py, line 23."
    assert found.place == "ch04_losses/losses.py, line 23"


def test_a_missing_name():
    """a deleted function is `unwritten`; the message asks whether it was renamed"""
    found = told(student_raises(kind="missing", type="NameError", text="log_softmax"))
    assert found.verdict == "unwritten"
    assert found.message == "ch04_losses/losses.py does not define log_softmax. Was it renamed or deleted?"


def test_an_exception_names_class_and_line_only():
    """an exception is `raised`: its built-in class and the line are shown, its text is for staff"""
    trace = [[FILE, 12, "softmax"], [FILE, 31, "shift"]]
    found = told(student_raises(text="hidden 0.7353", line=31, function="shift", trace=trace))
    assert found.verdict == "raised"
    assert found.message == "ValueError in ch04_losses/losses.py, line 31, in shift."
    assert found.detail.splitlines() == [
        "ValueError: hidden 0.7353",
        "ch04_losses/losses.py, line 12, in softmax",
        "ch04_losses/losses.py, line 31, in shift",
    ]
    own = told(student_raises(line=12, function="softmax"))
    assert own.message == "ValueError in ch04_losses/losses.py, line 12."
    assert told(student_raises()).message == "ValueError in ch04_losses/losses.py."


def test_memory_is_a_limit():
    """MemoryError is `raised`, with the limit named"""
    found = told(student_raises(type="MemoryError"))
    assert (found.verdict, found.limit) == ("raised", "memory")


def test_an_unsupported_value():
    """a set or a subclass of ndarray is told in words, as something that can be repaired"""
    found = told(lambda: expect("f(x)", Remote(object(), name="x"))._unsupported(Remote(object(), name="x")))
    assert found.verdict == "raised"
    assert found.message.startswith("softmax returned something of an unsupported type. Return plain numbers")


def test_a_mismatch_keeps_message_detail_and_diagnosis():
    """a failed comparison is `failed`; detail and diagnosis are kept apart from the message"""
    want = np.array([0.7353, 0.2939])
    found = told(lambda: expect("softmax(z)", -want).close_to(want))
    assert found.verdict == "failed" and found.diagnosis == ("ratio:sign", "Only the sign is wrong.")
    assert "0.7353" in found.detail and "0.7353" not in found.message
    long = told(lambda: (_ for _ in ()).throw(Mismatch("m", "x" * 10_000)))
    assert len(long.detail) < DETAIL_LIMIT + 10 and long.detail.endswith("...")


@pytest.mark.parametrize("verdict", ["timeout", "crashed", "protocol", "memory"])
def test_the_end_of_a_worker(verdict):
    """the end of a worker has its own verdict and limit"""
    found = explain(SubmissionDied(verdict, "It took longer than 2 s for one test.", "2 s"), FILE, "f")
    assert (found.verdict, found.limit, found.message) == (
        verdict,
        "2 s",
        "It took longer than 2 s for one test.",
    )


@pytest.mark.parametrize("error", [AuthorError("wrong"), GraderFailure("broken")])
def test_errors_of_ours_are_ours(error):
    """an error of the author or of the grader is never the student's"""
    assert explain(error, FILE, "f").verdict == "grader_error"


def test_a_failure_inside_the_grader_is_ours():
    """an unexpected exception in the sandbox's own code is `grader_error`"""
    from grader.sandbox import isolation

    found = told(lambda: isolation.require(None, "sealed"))  # type: ignore[arg-type]
    assert found.verdict == "grader_error" and "AttributeError" in found.message


def test_plain_asserts_fail_silently():
    """a plain assert and pytest.fail are `failed`; what they say is for staff"""
    hidden = 0.7353

    def plain():
        assert hidden == 0.2939

    for use in (
        plain,
        lambda: pytest.fail("hidden 0.7353"),
        lambda: [pytest.raises(ValueError).__enter__(), pytest.fail("x")],
    ):
        found = told(use)
        assert (found.verdict, found.message) == ("failed", "")
    assert "0.2939" in told(plain).detail


def test_a_test_that_trips_over_a_value():
    """an exception in the test itself is caused by what was returned: the reference passed it"""

    def use():
        value = "a hidden value"
        return value["W"]

    found = told(use)
    assert (found.verdict, found.message) == ("failed", say("feedback.unusable"))
    assert "hidden value" not in found.message


def test_a_judge_that_trips_over_a_value():
    """an exception inside compare, gradients, battery or student is caused by a value as well"""
    assert told(lambda: expect("f", 1.0)._formed(None)).message == say("feedback.unusable")  # type: ignore[arg-type]
    assert told(lambda: list(battery.layouts(None))).message == say("feedback.unusable")  # type: ignore[arg-type]


def test_deep_recursion_is_not_ours():
    """a RecursionError anywhere comes of what is nested in a result"""

    def use():
        raise RecursionError("deep")

    assert told(use).verdict == "failed"


# no way out ------------------------------------------------------------------------------------------------------

SECRET = "0.7353917"
LEAKS = """
import os, random, struct, sys, types, warnings
import numpy as np
import msgpack

def line():
    frame = sys._getframe()
    while not hasattr(frame.f_locals.get("self"), "servant"):
        frame = frame.f_back
    return frame.f_locals["self"]

def forge(**message):
    "Answer in place of the worker; what it would send itself is swallowed."
    here, real = line(), line().sock
    real.sendall(frame_of({"id": here.current, **message}))
    def swallow(data): here.sock = real
    here.sock = types.SimpleNamespace(sendall=swallow)

def frame_of(message):
    body = msgpack.packb(message)
    return struct.pack("<Q", len(body)) + body

def named(name, doing):
    code = doing.__code__.replace(co_name=name, co_qualname=name)
    return types.FunctionType(code, globals())

def fail(): raise ValueError("x")

def text(z): raise ValueError(repr(z))
def own_class(z): raise type("E" + repr(z), (Exception,), {})(repr(z))
def function_name(z): return named(repr(z), fail)()
def file_name(z): exec(compile("raise ValueError('x')", repr(z), "exec"))
def forged_function(z): forge(exc={"type": "ValueError", "line": 3, "function": repr(z), "trace": [[repr(z), 1, repr(z)]]})
def forged_line(z): forge(exc={"type": "ValueError", "line": int(str(z[0])[2:]), "function": None})
def forged_missing(z): forge(exc={"kind": "missing", "type": "NameError", "text": repr(z)})
def forged_type(z): forge(exc={"type": repr(z), "text": repr(z)})
def forged_unwritten(z): forge(exc={"kind": "unwritten", "type": repr(z), "text": repr(z)})
def forged_unsupported(z): forge(exc={"kind": "unsupported", "type": "TypeError", "text": repr(z)})
def forged_length(z): line().sock.sendall(struct.pack("<Q", int("9" + str(z[0])[2:]) << 30))
def forged_handle(z): forge(ok=msgpack.ExtType(6, msgpack.packb([5, repr(z)])))
def forged_places(z): forge(ok=1, seen={"modified": [repr(z)], "shares": [repr(z)]})
def forged_next(z): forge(ok=[repr(z)])
def printed(z): print(repr(z)); return 1
def written(z): os.write(1, repr(z).encode()); sys.stderr.write(repr(z)); return 1
def warned(z): warnings.warn(repr(z), RuntimeWarning); return z * 1.0
def array(z): return z * 1.0 + 1e-3
def nan(z): return z * np.nan
def listed(z): return [float(v) for v in z]
def as_text(z): return repr(z)
def as_bytes(z): return repr(z).encode()
def as_key(z): return {repr(z): random.random(), "W": repr(z)}
def as_shape(z): return np.zeros((0, int(str(z[0])[2:])))
def as_shape_of_ones(z): return np.zeros((1,) * 7 + (0, int(str(z[0])[2:])))
def as_dtype(z): return np.zeros(3, dtype=[(repr(z), "f8")])
def as_handle(z): return type("H" + repr(z), (), {"__doc__": repr(z)})()
def as_set(z): return {repr(z)}
def as_tuple(z): return (repr(z),) * 3
def as_pair(z): return repr(z), z
def changed(z): z[:] = 0; return z
def grads(z): return {"W": repr(z)}
"""
LEAKY = [n.split("(")[0][4:] for n in LEAKS.splitlines() if n.startswith("def ") and "(z)" in n]
TESTS = {
    "close array": lambda f, z: expect("f(z)", f(z)).close_to(np.sin(z), batch=2, upstream=z),
    "close number": lambda f, z: expect("f(z)", f(z)).close_to(float(z[0]) / 3),
    "equals": lambda f, z: expect("f(z)", f(z)).equals(3),
    "gradient": lambda f, z: expect("f(z)", f(z)).gradient(lambda x: np.sum(x**3), at=z),
    "own gradient": lambda f, z: expect("f(z)", z).gradient(student_gradient(f, (z,))),
    "unpack": lambda f, z: [p.close_to(z + 1) for p in expect("f(z)", f(z)).unpack("a", "b")],
    "keys": lambda f, z: expect("f(z)", f(z)).keys("W")["W"].close_to(z + 1),
    "sequence": lambda f, z: expect("f(z)", f(z)).sequence(17),
    "dtype": lambda f, z: expect("f(z)", f(z)).has_dtype(np.int8),
    "bounds": lambda f, z: expect("f(z)", f(z)).between(100, 200),
    "refuses": lambda f, z: refuses("f(z)", ZeroDivisionError, f, z),
    "same": lambda f, z: same_results("f(z)", f(z), f(z[::-1])),
    "B1": lambda f, z: battery.leaves_arguments_alone("f(z)", f, z),
    "B8": lambda f, z: battery.stays_finite("f(z)", f, z),
    "B12": lambda f, z: battery.returns_new_arrays("f(z)", f, z),
    "observe": lambda f, z: expect("f(z)", observe(f, z).value).number(),
    "loop": lambda f, z: [expect("f(z)[i]", v).number() for v in f(z)],
    "callback": lambda f, z: expect("f(z)", f(z)(1)).number(),
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    if sys.platform != "linux":
        pytest.skip("the sandbox needs Linux")
    with ForkServer() as server:
        yield server


@pytest.mark.parametrize("name", LEAKY)
def test_no_message_carries_an_input_out(server, name):
    """whatever a student does with a hidden input, no message, limit, place or diagnosis repeats it"""
    far = tiny.Far(server)
    z = np.array([float(SECRET), 0.25])
    digits = SECRET[2:]
    shown = 0
    channel = None
    for test, use in TESTS.items():
        if channel is None or channel.died is not None:
            channel = far.channel(LEAKS, seconds=2.0)
        try:
            with np.errstate(all="ignore"):
                use(getattr(tiny.Student(channel), name), z)
        except Exception as error:
            found = explain(error, tiny.FILE, "f")
            seen = f"{found.message} {found.limit} {found.place} {found.diagnosis}"
            assert digits not in seen, f"{test}: {seen}"
            assert found.verdict != "grader_error", f"{test}: {found}"
            shown += 1
    far.close()
    assert shown >= 3 or name in ("warned", "changed", "printed", "written", "array")


def test_the_text_of_an_exception_reaches_the_staff(server):
    """the same leak is visible in `detail`, which staff reads: the test above looks at something"""
    far = tiny.Far(server)
    with pytest.raises(StudentError) as caught:
        far.student(LEAKS).text(np.array([float(SECRET)]))
    assert SECRET[:8] in explain(caught.value, tiny.FILE, "f").detail
    far.close()
