"""`class.toml`: who is in the class, what is due when, what lateness costs. Explained in `grader/docs/class.md`.

`read_class` reads it, `find_class_file` finds it beside the submissions, `assign` brings submissions and people together.
Marks after the late policy are computed in `grader.marks_of_class`; nothing of it is ever stored in a result.
"""

from grader.class_file.assign import assign
from grader.class_file.find import find_class_file
from grader.class_file.late import LatePolicy
from grader.class_file.people import People, Person
from grader.class_file.reader import ChapterRule, ClassFile, read_class

__all__ = [
    "ChapterRule",
    "ClassFile",
    "LatePolicy",
    "People",
    "Person",
    "assign",
    "find_class_file",
    "read_class",
]
