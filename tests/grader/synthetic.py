"""A class that never was: Results from a seed, to test what comes after grading without grading."""

from __future__ import annotations

import hashlib
import random

from grader.results import Diagnosis, Result, TestResult

# chapter -> exercise -> titles of its tests, the last one worth a bonus
SUITES = {
    "ch03_activations": {
        "sigmoid": [
            "agrees with the formula at hand-picked points",
            "does not overflow for |z| up to 1000",
            "accepts an integer array",
        ],
        "relu": ["is zero left of zero and z right of it", "leaves its argument unchanged"],
        "relu_backward": [
            "passes the upstream gradient where z > 0",
            "agrees with finite differences on random inputs",
            "does not write into dout",
        ],
        "tanh_backward": ["agrees with finite differences", "uses the output, not the input"],
    },
    "ch04_losses": {
        "softmax": [
            "agrees with the formula on random scores",
            "every row sums to one",
            "stays finite when scores are in the thousands",
            "keeps the shape of a single row",
        ],
        "mean_nll": ["is the mean over the batch, not the sum", "refuses labels outside 0 to C - 1"],
        "cross_entropy_backward": [
            "agrees with finite differences on random logits",
            "is zero for a perfect prediction",
            "handles a batch of one",
        ],
        "label_smoothing": ["equals plain cross-entropy at epsilon 0"],
    },
    "ch07_training": {
        "minibatches": ["gives each index exactly once per epoch", "keeps the short last batch"],
        "sgd_step": ["walks against the gradient", "returns new arrays"],
        "train": [
            "learns XOR from ten different seeds",
            "records the loss before the update",
            "stops early when the loss is below the target",
        ],
    },
}
DIAGNOSES = {  # exercise -> what its wrong programs are recognised as
    "sigmoid": {"M040": "Your sigmoid behaves exactly like 1/(1+exp(-z)). Only give exp negative numbers."},
    "relu_backward": {
        "M049": "The upstream gradient was changed in place. Copy dout before masking it.",
        "M045": "Only the local derivative comes back. Multiply by the gradient from above.",
    },
    "tanh_backward": {"M046": "Your derivative is 1 - z**2. It needs the output, not the input."},
    "softmax": {"axis": "Your softmax sums over the whole array. Each row is a distribution of its own."},
    "mean_nll": {"sum": "The loss is exactly N times too large. Was the mean over the batch forgotten?"},
    "cross_entropy_backward": {
        "ratio:batch": "The gradient is exactly N times too large. Was the mean over the batch forgotten?",
        "ratio:sign": "The gradient has the wrong sign: it is probs minus one-hot, not the reverse.",
    },
    "minibatches": {"M034": "Some indices come twice and others never. Use rng.permutation."},
    "sgd_step": {"M026": "The step goes along the gradient. Go against it: it points uphill."},
    "train": {"M134": "The loss is recorded after the update. Report the loss that gave the gradient."},
}
MESSAGES = {
    "failed": "{f}(z): 7 of 15 entries differ, the largest relative difference is 0.5.",
    "raised": "{f} raised ValueError in line 31 of your file.",
    "unwritten": "{f} is not written yet.",
    "timeout": "{f} was stopped.",
    "memory": "{f} asked for more memory than there is.",
    "crashed": "The process ended inside {f}.",
    "protocol": "{f} returned a set, which cannot be compared. Return an array.",
    "skipped": "Not judged: the test of the values has to pass first.",
    "grader_error": "The grader failed on this test; the staff has been told.",
}
SECRET = "SECRET expected"  # stands in every detail and nowhere else
LIMITS = {
    "timeout": "5 s for one test",
    "memory": "1 GB for one submission",
    "crashed": "10,000 nested calls",
}
WEIGHTS = {
    "failed": 50, "raised": 14, "unwritten": 10, "timeout": 7, "memory": 3, "crashed": 4, "protocol": 4,
    "skipped": 6, "grader_error": 2,
}  # fmt: skip


def sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def make_result(
    student="student01", chapter="ch04_losses", *, seed=0, skill=0.7, level="sealed+uid", **changes
):
    """A graded result with every expected test; `skill` is about the share of tests that pass."""
    rng = random.Random(f"{seed} {student!a} {chapter}")
    tests = []
    for exercise, titles in SUITES[chapter].items():
        good = rng.random() < skill
        for number, title in enumerate(titles):
            passed = rng.random() < (0.97 if good else skill * 0.7) - 0.12 * number
            verdict = "passed" if passed else rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            tests.append(make_test(f"{exercise}_{number}", exercise, title, verdict, rng, 1 + number / 2))
    tests[-1].bonus = True
    result = Result(
        student=student,
        chapter=chapter,
        status="graded",
        submission={
            "sha256": sha(f"{student}{chapter}{seed}"),
            "files": [{"name": f"{chapter[5:]}.py", "size": 2048 + seed, "sha256": sha(student)}],
            "kind": "py",
        },
        suite={"sha256": sha(chapter)},
        environment={"python": "3.11.7", "numpy": "2.1.0", "nnkata": "0.1.0", "platform": "linux-x86_64"},
        isolation={"level": level, "missing": [] if level != "process" else ["seccomp"]},
        prerequisites="reference",
        started="2025-03-14T09:26:53Z",
        seconds=round(rng.uniform(0.05, 2.0), 3),
        notes=["the submission printed 3 lines"] if rng.random() < 0.2 else [],
        tests=tests,
    ).add_up()
    for name, value in changes.items():
        setattr(result, name, value)
    return result


def make_test(name, exercise, title, verdict, rng=None, points=1.0):
    """One test; a failed one is diagnosed now and then."""
    rng = rng or random.Random(name)
    diagnosis = None
    known = DIAGNOSES.get(exercise)
    if verdict == "failed" and known and rng.random() < 0.7:
        diagnosis = Diagnosis(*rng.choice(list(known.items())))
    return TestResult(
        id=f"test_{exercise}.py::test_{name}",
        exercise=exercise,
        title=title,
        points=float(points) if verdict == "passed" else 0.0,
        max_points=float(points),
        bonus=False,
        verdict=verdict,
        limit=LIMITS.get(verdict),
        message=MESSAGES.get(verdict, "").format(f=exercise),
        detail=""
        if verdict == "passed"
        else f"{SECRET} array([0.25, 0.75])\ngot array([{rng.random():.3f}])",
        diagnosis=diagnosis,
        seconds=round(rng.uniform(0.001, 0.1), 4),
    )


def make_class(seed=0, students=30, chapters=tuple(SUITES), level="sealed+uid"):
    """A class: most graded, some rejected, missing or marked by hand, two failures of the grader."""
    rng = random.Random(seed)
    results = []
    for number in range(1, students + 1):
        skill = min(0.98, max(0.05, rng.gauss(0.72, 0.22)))
        for place, chapter in enumerate(chapters):
            result = make_result(f"student{number:02}", chapter, seed=seed, skill=skill, level=level)
            lot = rng.random()
            if lot < 0.03:
                empty(
                    result,
                    "rejected",
                    "losses.py, line 12: the file is not valid Python (unterminated string).",
                )
            elif lot < 0.07:
                empty(result, "missing", "no submission for this chapter")
            elif lot < 0.09:
                result.override = {"score": 12.0, "reason": "oral exam", "by": "ta"}
            elif (number, place) in ((7, 1), (19, 2)):
                result.status = "grader_error"
                result.notes = [
                    "Traceback (most recent call last):",
                    "  BrokenPipeError: the fork server is gone",
                ]
            results.append(result)
    return results


def empty(result, status, note):
    """Turn a result into one of a submission that could not be graded."""
    result.status = status
    result.tests = []
    result.notes = [note]
    result.score, result.bonus = 0.0, 0.0
    return result
