"""The class report and the feedback pages: static HTML that works from a file, offline.

    DIR/report/index.html                     the class at a glance, for staff
    DIR/report/<student>/<chapter>.html       everything about one result, for staff
    DIR/feedback/<student>/<chapter>.html     what the student may read

The way: results -> `summary.Summary` (counts, one result at a time) -> `pages` and `embedded` (Jinja2, and data for the
script) -> files. `changes` compares two runs, `result_pages` writes the pages of single results.
"""

from grader.report.pages import write_report
from grader.report.render import warm_up
from grader.report.views import for_student

__all__ = ["for_student", "warm_up", "write_report"]
