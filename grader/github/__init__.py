"""GitHub: workflow files for GitHub Actions, and points for GitHub Classroom and Classroom 50.

`workflows` writes the files from `templates/`, `points` turns a graded submission or a run of the visible tests into whole
points, `visible` runs the visible tests of a checkout with test files that its owner cannot have changed.
"""
