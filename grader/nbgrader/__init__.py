"""nbgrader as the gradebook: its commands stay, our sandboxed grader supplies the scores.

A course's `nbgrader_config.py` is two lines:

    from grader.nbgrader import configure
    configure(get_config(), __file__, kit="/path/of/the/course/with/hidden/suites")

`nbgrader autograde` then runs no student code: `SandboxGrade` stands in the place of nbgrader's Execute, asks our grader,
and writes one number and one table under each grade cell. Nothing of a hidden suite ever lies in the course directory.

config.py        what `configure` sets, and the settings that it leaves for the other modules
course_dir.py    `kata nbgrader init`: source notebooks, visible tests, config, people and dates
source.py        a chapter's notebook with nbgrader's cells in it
cells.py         a submitted notebook made clean: whatever a student did to its cells, nbgrader finds what it needs
copies.py        notebooks made for those who handed in something else
preprocessors.py the steps of `nbgrader autograde` that are ours
bonus.py         bonus points as extra credit
pregrade.py      `kata nbgrader pregrade`
run.py           one run of autograde: which submissions are graded already, the others in parallel
html.py          what people see under a grade cell; Markdown without scripts
collect.py       `.py` hand-ins, downloads of Moodle and Canvas, feedback of those without a secret
late.py          class.toml's late policy as a plugin, its dates in the gradebook
export.py        safe CSV, Canvas and Moodle files from the gradebook
outside.py       `kata nbgrader import`
leaks.py         text of hidden suites in any file
doctor.py        `kata nbgrader doctor`

Importing this package imports nothing of nbgrader.
"""

from grader.nbgrader.config import configure

__all__ = ["configure"]
