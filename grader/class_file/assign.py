"""Bringing submissions and people together before anything is graded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from grader.class_file.reader import ClassFile
from grader.course import Chapter
from grader.intake.files import File, shown
from grader.submission import HandedIn


@dataclass
class Assigned:
    """What was handed in, under the ids of the roster.

    Attributes
    ----------
    renamed : (name it came under, id, chapter), where these differ.
    remarks : one line for each name or person that needs a look.
    """

    handed_in: list[HandedIn]
    renamed: list[tuple[str, str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def assign(
    found: Sequence[HandedIn], class_file: ClassFile, chapters: Sequence[Chapter], *, whole_class: bool
) -> Assigned:
    """File every submission under the id of its person.

    Who is not in the roster keeps the name; so do several submissions of one person for one chapter, since only a
    person can say which counts.

    Parameters
    ----------
    whole_class : then whoever handed in nothing gets an empty `HandedIn` for every chapter.
    """
    people = class_file.people
    if people is None:
        return Assigned(list(found))
    names = {h.student: h.identity for h in found}
    whose: dict[str, str] = {}
    remarks = []
    roster = class_file.roster_path.name if class_file.roster_path else "the roster"
    for name, identity in names.items():
        match = people.match(name, identity)
        if match.person is not None:
            whose[name] = match.person.id
        elif match.candidates:
            several = ", ".join(shown(p.id) for p in match.candidates)
            remarks.append(
                f"{shown(name)} may be {several}: graded under its own name. Write it into the column folder of {roster}."
            )
        else:
            remarks.append(
                f"{shown(name)} is not in {roster}: graded under that name. Add the student, or the name as folder."
            )
    result = Assigned([], remarks=remarks)
    by_person: dict[tuple[str, str], list[HandedIn]] = defaultdict(list)
    own: dict[str, dict[str, File]] = defaultdict(dict)
    for handed in found:
        student = whose.get(handed.student)
        if student is None:
            result.handed_in.append(handed)
        else:
            by_person[student, handed.chapter.name].append(handed)
            for name, file in handed.own:
                own[student].setdefault(name, file)
    for (whom, chapter), several_of in by_person.items():
        working = [h for h in several_of if h.file is not None or h.rejected is not None]
        if len(working) > 1:
            result.handed_in += working
            listed = " and ".join(shown(h.student) for h in working)
            result.remarks.append(
                f"{shown(whom)} has {len(working)} submissions for {chapter}: {listed}. Both are graded under their own names and "
                "neither counts until one is gone."
            )
            continue
        best = (working or several_of)[0]
        earlier = tuple((n, f) for n, f in sorted(own[whom].items()) if n < chapter)
        result.handed_in.append(replace(best, student=whom, own=earlier))
        if best.student != whom:
            result.renamed.append((best.student, whom, chapter))
    if whole_class:
        for person in people.list:
            for chapter_ in chapters:
                if (person.id, chapter_.name) not in by_person:
                    result.handed_in.append(HandedIn(person.id, chapter_, None))
    return result
