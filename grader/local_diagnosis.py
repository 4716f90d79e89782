"""Diagnosis on the student's own machine, without the wrong programs and without the answers.

The inputs of visible tests are fixed, so what a catalogued mistake answers in them is known when the kit is built.
`exercises/chNN_x/diagnosis.json` keeps, for each way in which a mistake behaves in an exercise's visible tests, a
salted hash of the rounded answers, and the sentence about it, enciphered with a key derived from the same answers.
Who makes the mistake can read the sentence; nobody else can, and neither answers nor programs are in the kit.

Behaviour is a verdict for every visible test of the exercise and what the program answered in those that failed.
As in grading, only the very same behaviour is recognised.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.student import Remote
from grader.texts import ENGLISH, languages, say_in
from grader.texts.chapters import languages_of, texts_in

if TYPE_CHECKING:
    from grader.course import Chapter
    from grader.diagnose import Behaviour
    from grader.mistakes import Mistake
    from grader.student import Log

FILE = "diagnosis.json"
FORMAT = 4  # raise it when the way in which behaviour is hashed changes
BITS = 17  # kept of the largest number in an array: about five digits, far above rounding
NOISE = 1e-14  # smaller numbers are a zero that was rounded
AT_MOST = 2  # mistakes named; more behave alike where the visible tests cannot tell
TAG = 16  # bytes
WRONG = ("failed", "raised")


@dataclass
class Seen:
    """What one program did in the visible tests of one exercise."""

    verdicts: dict[str, str] = field(default_factory=dict)  # test id -> verdict
    answers: dict[str, bytes] = field(default_factory=dict)  # of tests that failed: digest of the log


# behaviour as bytes ------------------------------------------------------------------------------------------


def digest_of(log: Log) -> bytes:
    """A hash of what was asked and answered that does not depend on rounding."""
    hashed = hashlib.sha256()
    for asked, answer in log:
        _feed(hashed, asked)
        _feed(hashed, answer)
    return hashed.digest()


def _feed(hashed: Any, value: Any) -> None:
    if isinstance(value, Remote):
        hashed.update(b"R")
    elif isinstance(value, (np.ndarray, np.generic, bool, int, float, complex)):
        _feed_numbers(hashed, value)
    elif isinstance(value, (list, tuple)):
        hashed.update(b"L%d " % len(value) if isinstance(value, list) else b"T%d " % len(value))
        for item in value:
            _feed(hashed, item)
    elif isinstance(value, dict):
        hashed.update(b"D%d " % len(value))
        for key in sorted(value, key=repr):
            _feed(hashed, key)
            _feed(hashed, value[key])
    else:
        text = repr(value).encode("utf-8", "backslashreplace")
        hashed.update(b"S%d " % len(text) + text)


def _feed_numbers(hashed: Any, value: Any) -> None:
    try:
        array = np.asarray(value)
        kind = array.dtype.kind
        hashed.update(f"N{kind}{array.shape}".encode())
        if kind == "c":
            array = np.stack([array.real, array.imag])
        if kind in "fc":
            hashed.update(_rounded(array.astype(np.float64)).tobytes())
        elif kind in "biu":
            hashed.update(array.astype(np.int64).tobytes())
        else:
            hashed.update(repr(array.tolist()).encode("utf-8", "backslashreplace"))
    except (TypeError, ValueError, OverflowError):  # an int beyond 64 bits
        hashed.update(repr(value).encode("utf-8", "backslashreplace"))


def _rounded(array: np.ndarray) -> np.ndarray:
    """Whole numbers that stand for the entries, relative to the largest; nan and inf have their own."""
    finite = np.isfinite(array)
    largest = float(np.max(np.abs(array[finite]), initial=0.0))
    marks = np.zeros(array.shape, dtype="<i8")
    marks[np.isnan(array)] = 2**62
    marks[np.isposinf(array)] = 2**62 + 1
    marks[np.isneginf(array)] = 2**62 + 2
    if largest > NOISE:
        # Rounded first, so that 0.9999999 and 1.0000001 get the same step.
        step = 2.0 ** (math.floor(math.log2(float(f"{largest:.5e}"))) - BITS)
        marks[finite] = np.rint(array[finite] / step).astype("<i8")
    return marks


def key_of(salt: str, exercise: str, seen: Seen) -> bytes:
    """The secret that two programs share if they behave alike in an exercise."""
    hashed = hashlib.sha256(f"{FORMAT}\0{salt}\0{exercise}".encode())
    for test in sorted(seen.verdicts):
        hashed.update(f"\0{test}\0{seen.verdicts[test]}\0".encode())
        if seen.verdicts[test] in WRONG:
            hashed.update(seen.answers.get(test, b""))
    return hashed.digest()


def _tag(key: bytes) -> str:
    return hashlib.sha256(b"tag" + key).hexdigest()[: 2 * TAG]


def _key_in(language: str, key: bytes) -> bytes:
    """A key of its own for each language: two texts under one key would give each other away."""
    return key if language == ENGLISH else hashlib.sha256(f"language\0{language}\0".encode() + key).digest()


def _mixed(key: bytes, text: bytes) -> bytes:
    """`text` xor a stream made of the key; twice gives the text back."""
    stream = hashlib.shake_256(b"text" + key).digest(len(text))
    return bytes(a ^ b for a, b in zip(text, stream, strict=True))


# on the student's machine ------------------------------------------------------------------------------------


class Recogniser:
    """Gathers what a run of visible tests sees and names the mistake once an exercise is complete."""

    def __init__(self) -> None:
        self._files: dict[Path, Mapping[str, Any]] = {}
        self._seen: dict[tuple[Path, str], Seen] = {}

    def note(self, folder: Path, exercise: str, test: str, verdict: str, log: Log | None) -> str | None:
        """Note how one visible test went.

        Parameters
        ----------
        folder : the chapter's folder in the workspace.
        log : what was asked and answered in it; only looked at if the test failed.

        Returns
        -------
        str or None
            The sentence about the mistake, with the last test of an exercise that behaves exactly like one.
        """
        known = self._known(folder).get(exercise)
        if not isinstance(known, dict):
            return None
        seen = self._seen.setdefault((folder, exercise), Seen())
        seen.verdicts[test] = verdict
        if verdict in WRONG and log is not None:
            seen.answers[test] = digest_of(log)
        tests, salt = known.get("tests"), known.get("salt")
        if not isinstance(tests, list) or not isinstance(salt, str) or set(tests) != set(seen.verdicts):
            return None
        return self._named(exercise, known, salt, seen)

    @staticmethod
    def _named(exercise: str, known: Mapping[str, Any], salt: str, seen: Seen) -> str | None:
        if not any(v in WRONG for v in seen.verdicts.values()):
            return None
        key = key_of(salt, exercise, seen)
        for language in (*languages(), ENGLISH):
            try:
                texts = known["known"] if language == ENGLISH else known["translated"][language]
                return _mixed(_key_in(language, key), base64.b64decode(texts[_tag(key)])).decode("utf-8")
            except (KeyError, ValueError, TypeError):
                continue  # not known, or a damaged file, which costs a hint and not the run
        return None

    def _known(self, folder: Path) -> Mapping[str, Any]:
        if folder not in self._files:
            try:
                found = json.loads((folder / FILE).read_text(encoding="utf-8"))
                right = isinstance(found, dict) and found.get("format") == FORMAT
                exercises = found.get("exercises") if right else None
            except (OSError, ValueError, RecursionError):
                exercises = None
            self._files[folder] = exercises if isinstance(exercises, dict) else {}
        return self._files[folder]


# when the kit is built ---------------------------------------------------------------------------------------


def diagnosis_file(chapter: Chapter) -> dict[Path, bytes]:
    """The chapter's `diagnosis.json`, by its path in the course; {} if there is nothing to recognise.

    What mistakes answer may differ in the last digits from machine to machine, so the file is made anew only if
    what it was made of has changed.
    """
    if not chapter.mistakes_path.is_file() or not chapter.visible_path.is_file():
        return {}
    path = chapter.visible_path.parent / FILE
    made_of = _made_of(chapter)
    if path.is_file():
        data = path.read_bytes()
        try:
            if json.loads(data).get("made_of") == made_of:
                return {path.relative_to(chapter.course.root): data}
        except (ValueError, AttributeError, RecursionError):
            pass
    exercises = {
        exercise: _sealed(chapter, exercise, *found)
        for exercise, found in sorted(behaviours(chapter).items())
    }
    told = {"format": FORMAT, "made_of": made_of, "exercises": exercises}
    return {path.relative_to(chapter.course.root): (json.dumps(told, indent=1) + "\n").encode()}


def _made_of(chapter: Chapter) -> str:
    hashed = hashlib.sha256(str(FORMAT).encode())
    sources = [chapter.visible_path, chapter.mistakes_path, chapter.solution_path]
    sources += [chapter.course.chapter(name).solution_path for name in chapter.needs]
    sources += sorted(chapter.mistakes_path.parent.glob("texts.*.toml"))
    for source in sources:
        hashed.update(b"\0" + source.read_bytes().replace(b"\r\n", b"\n"))
    return hashed.hexdigest()


def behaviours(chapter: Chapter) -> dict[str, tuple[list[str], list[tuple[Mistake, Seen]]]]:
    """How every catalogued mistake fares in the visible tests: exercise -> (test ids, [(mistake, what was seen)])."""
    from grader.diagnose import Diagnoser
    from grader.suite import visible_suite

    found = {}
    with visible_suite(chapter) as suite:
        diagnoser = Diagnoser(suite)
        for exercise in sorted({test.mark.of for test in suite.tests}):
            tests = [test.id for test in suite.tests if test.mark.of == exercise]
            known = [(wrong, seen_of(behaviour)) for wrong, behaviour in diagnoser.behaviours(exercise)]
            found[exercise] = (tests, known)
    return found


def seen_of(behaviour: Behaviour) -> Seen:
    """A recorded behaviour with hashes in place of its answers."""
    answers = {test: digest_of(log) for test, log in behaviour.logs.items()}
    return Seen(dict(behaviour.verdicts), answers)


def _sealed(
    chapter: Chapter, exercise: str, tests: list[str], known: list[tuple[Mistake, Seen]]
) -> dict[str, Any]:
    salt = hashlib.sha256(f"{chapter.name}\0{exercise}\0{FORMAT}".encode()).hexdigest()[:16]
    alike: dict[bytes, list[Mistake]] = {}
    for wrong, seen in known:
        if any(v in WRONG for v in seen.verdicts.values()):
            alike.setdefault(key_of(salt, exercise, seen), []).append(wrong)
    alike = {key: same for key, same in alike.items() if len(same) <= AT_MOST}
    folder = chapter.mistakes_path.parent

    def sealed(language: str) -> dict[str, str]:
        own = {} if language == ENGLISH else texts_in(folder, language)
        both = f" {say_in((language,), 'practice.or')} "
        found = {}
        for key, same in alike.items():
            texts = [
                own.get(f"mistakes.{wrong.id}", wrong.text if language == ENGLISH else "") for wrong in same
            ]
            if all(texts):
                text = both.join(texts).encode()
                found[_tag(key)] = base64.b64encode(_mixed(_key_in(language, key), text)).decode()
        return dict(sorted(found.items()))

    told: dict[str, Any] = {"tests": sorted(tests), "salt": salt, "known": sealed(ENGLISH)}
    translated = {language: sealed(language) for language in languages_of(folder)}
    return told | ({"translated": translated} if translated else {})
