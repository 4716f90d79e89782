"""What a grade cell imports. Silent for students; under an nbgrader without our configuration it fails, so that the cell
earns nothing instead of everything."""

import os

if os.environ.get("NBGRADER_EXECUTION") == "autograde":
    raise RuntimeError(
        "No points were given: the kit's grader is not configured here. Put the two lines of `kata nbgrader init` into "
        "nbgrader_config.py of this course and run nbgrader autograde --force again."
    )
