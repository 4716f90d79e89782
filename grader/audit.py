"""Do the hidden suites deserve trust? Every chapter is tried with programs whose verdict is known.

    mistakes      every catalogued mistake is caught by each test that it names
    mutants       every automatic mutant of the reference loses a point, but for listed equivalent ones
    knowing nothing   None, zeros and the first argument earn no point
    alternatives  every other correct solution keeps all points
    tests         every test catches something

Programs run in sandboxed workers, in parallel, first against the tests of the changed exercise only. Mutants
that are no mistakes are listed with their reason in `tests/hidden/chNN_x/equivalent.toml`:

    [[mutant]]
    id = "softmax: axis=1 -> axis=2"
    reason = "..."
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from grader.classroom import Team, default_jobs
from grader.course import Chapter, Course
from grader.diagnose import Diagnoser
from grader.errors import AuthorError, GraderFailure
from grader.grading_process import Job
from grader.mistakes import load_catalogue
from grader.mutants import Mutant, mutants_of
from grader.results import Result
from grader.submission import Source
from grader.suite import Suite, open_suites

ENOUGH = 0.99  # share of non-equivalent mutants that must be caught
WAYS = ("none", "first argument", "zeros")


@dataclass
class ChapterAudit:
    """What was found about one chapter."""

    chapter: str
    mistakes: int = 0
    slipped: dict[str, list[str]] = field(default_factory=dict)  # mistake -> named tests that passed
    caught_once: list[str] = field(default_factory=list)  # mistakes that a single test catches
    mutants: int = 0
    survivors: list[str] = field(default_factory=list)
    equivalent: dict[str, str] = field(default_factory=dict)  # listed, with the reason
    outdated: list[str] = field(default_factory=list)  # listed, but caught or gone
    earned: dict[str, list[str]] = field(default_factory=dict)  # exercise -> tests a know-nothing passes
    refused: dict[str, list[str]] = field(default_factory=dict)  # alternative -> tests it fails
    idle: list[str] = field(default_factory=list)  # tests that caught nothing

    @property
    def real_mutants(self) -> int:
        return self.mutants - len(self.equivalent)

    @property
    def caught_share(self) -> float:
        """Share of the non-equivalent mutants that lose a point."""
        return 1 - len(self.survivors) / self.real_mutants if self.real_mutants else 1.0

    @property
    def fine(self) -> bool:
        enough = self.caught_share >= ENOUGH
        return enough and not (self.slipped or self.earned or self.refused or self.outdated)


Progress = Callable[[str, int, int], None]  # chapter, done, total


def audit_chapter(
    course: Course,
    chapter: Chapter,
    jobs: int | None = None,
    allowed: str = "sealed",
    told: Progress | None = None,
) -> ChapterAudit:
    """Audit one chapter.

    Raises
    ------
    AuthorError, IsolationError, GraderFailure
        If the suite, the sandbox or the catalogue does not work.
    """
    found = ChapterAudit(chapter.name)
    catching: Counter[str] = Counter()
    with open_suites(course, [chapter]) as suites:
        suite = suites[chapter.name]
        _audit_mistakes(found, suite, catching)
        declared = load_catalogue(chapter).declared
        mutants = {m.id: m for m in mutants_of(chapter)}
        programs = [_mutant_job(m, suite) for m in mutants.values()]
        programs += [
            _job(
                f"nothing/{exercise}/{way}",
                chapter,
                knowing_nothing(chapter, exercise, way),
                _of(suite, exercise),
            )
            for exercise in chapter.exercises
            for way in WAYS
        ]
        programs += [
            _job(f"other/{p.stem}", chapter, p.read_text(encoding="utf-8")) for p in chapter.alternatives
        ]
        with Team(course, [chapter], jobs or default_jobs(), allowed) as team:
            results = _run(team, programs, chapter.name, told)
            quiet = [m for m in mutants.values() if _caught(results[f"mutant/{m.id}"]) == []]
            again = [_job(f"mutant/{m.id}", chapter, m.source) for m in quiet]  # now with the whole suite
            results |= _run(team, again, chapter.name, told)
    _judge_mutants(found, mutants, results, equivalent_mutants(chapter))
    for name, result in results.items():
        kind, _, rest = name.partition("/")
        lost = _caught(result)
        catching.update(lost)
        if kind == "nothing":
            exercise = rest.partition("/")[0]
            passed = [t.id for t in result.tests if t.verdict == "passed" and t.exercise == exercise]
            if passed and exercise not in declared:
                found.earned.setdefault(exercise, []).extend(f"{rest}: {t}" for t in passed)
        elif kind == "other" and lost:
            found.refused[rest] = lost
    found.idle = [t.id for t in suite.tests if not catching[t.id]]
    return found


def _audit_mistakes(found: ChapterAudit, suite: Suite, catching: Counter[str]) -> None:
    diagnoser = Diagnoser(suite)
    ids: dict[str, list[str]] = {}
    for test in suite.tests:
        ids.setdefault(test.item.originalname, []).append(test.id)
    named_elsewhere = []
    for exercise in suite.chapter.exercises:
        for wrong, behaviour in diagnoser.behaviours(exercise):
            found.mistakes += 1
            unknown = [n for n in wrong.caught_by if n not in ids]
            if unknown:
                raise AuthorError(
                    f"{suite.chapter.mistakes_path}: {wrong.id} names {unknown[0]}, which is no hidden test."
                )
            lost = [t for t, v in behaviour.verdicts.items() if v not in ("passed", "skipped")]
            catching.update(lost)
            for name in wrong.caught_by:
                verdicts = [behaviour.verdicts[i] for i in ids[name] if i in behaviour.verdicts]
                if not verdicts:
                    named_elsewhere.append((wrong, name))  # a test of another exercise
                elif all(v == "passed" for v in verdicts):
                    found.slipped.setdefault(wrong.id, []).append(name)
            if len(lost) == 1:
                found.caught_once.append(wrong.id)
    for wrong, name in named_elsewhere:
        student = diagnoser.catalogue.student_with(wrong)
        tests = [t for t in suite.tests if t.id in ids[name]]
        if all(suite.run(t, student)[0] is None for t in tests):
            found.slipped.setdefault(wrong.id, []).append(name)
    diagnoser.catalogue.student_with(None)


def _judge_mutants(
    found: ChapterAudit, mutants: dict[str, Mutant], results: dict[str, Result], listed: dict[str, str]
) -> None:
    found.mutants = len(mutants)
    for name in mutants:
        survived = _caught(results[f"mutant/{name}"]) == []
        if survived and name in listed:
            found.equivalent[name] = listed[name]
        elif survived:
            found.survivors.append(name)
    found.outdated = [name for name in listed if name not in found.equivalent]


def equivalent_mutants(chapter: Chapter) -> dict[str, str]:
    """The mutants that are listed as no mistakes, with the reasons.

    Raises
    ------
    AuthorError
        If the list is not valid TOML or a reason is missing.
    """
    path = chapter.hidden_folder / "equivalent.toml"
    if not path.is_file():
        return {}
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", [])
        listed = {entry["id"]: entry["reason"].strip() for entry in entries}
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise AuthorError(f"{path}: {error}. Each entry needs [[mutant]], id and reason.") from None
    if any(not reason for reason in listed.values()):
        raise AuthorError(f"{path}: an entry has no reason.")
    return listed


def _mutant_job(mutant: Mutant, suite: Suite) -> Job:
    return _job(f"mutant/{mutant.id}", suite.chapter, mutant.source, _of(suite, mutant.exercise))


def _of(suite: Suite, exercise: str) -> tuple[str, ...]:
    return tuple(t.id for t in suite.tests if t.mark.of == exercise)


def _job(name: str, chapter: Chapter, text: str, only: tuple[str, ...] = ()) -> Job:
    return Job(name, chapter.name, Source(text, ""), {}, {}, "reference", only=only, named=False)


def _run(team: Team, jobs: Iterable[Job], chapter: str, told: Progress | None) -> dict[str, Result]:
    todo = [(job, "") for job in jobs]
    found: dict[str, Result] = {}
    for result, _, log in team.grade(todo):
        if result.status == "grader_error":
            raise GraderFailure(f"The grader failed on {result.student}: {log}")
        found[result.student] = result
        if told:
            told(chapter, len(found), len(todo))
    return found


def _caught(result: Result) -> list[str]:
    """Tests that a program fails; a test that only waits for another one catches nothing."""
    return [t.id for t in result.tests if t.verdict not in ("passed", "skipped")]


def knowing_nothing(chapter: Chapter, exercise: str, way: str) -> str:
    """The reference with one exercise that returns None, its first argument, or zeros of the right form."""
    answer = {
        "none": "None",
        "first argument": "(args[skip] if len(args) > skip else None)",
        "zeros": "_zeros(original(*args, **kwargs))",
    }[way]
    return f"""{chapter.solution}

def _zeros(value):
    if isinstance(value, np.ndarray):
        return np.zeros_like(value)
    if value is None or isinstance(value, (bool, str)):
        return None if value is None else type(value)()
    if isinstance(value, (int, float, complex, np.generic)):
        return type(value)(0)
    if isinstance(value, (list, tuple)):
        return type(value)(_zeros(v) for v in value)
    if isinstance(value, dict):
        return {{k: _zeros(v) for k, v in value.items()}}
    return None


def _ignorant(original, skip):
    def program(*args, **kwargs):
        return {answer}

    return program


def _replace(original):
    if not isinstance(original, type):
        return _ignorant(original, 0)
    body = {{
        name: _ignorant(method, 1)
        for name, method in vars(original).items()
        if callable(method)
        and not isinstance(method, type)
        and (not name.startswith("_") or name in ("__add__", "__mul__", "__call__", "__getitem__", "__len__", "__iter__"))
    }}
    return type(original.__name__, (original,), body)


{exercise} = _replace({exercise})
"""
