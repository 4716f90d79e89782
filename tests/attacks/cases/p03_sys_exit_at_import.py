"""sys.exit(0) at import, with honest functions above and below.

{"attack": "P03", "class": [1], "base": "good", "A": "passed", "B": "passed", "C": "passed",
 "note": "A statement outside of any function that raises is left out, and the functions of the file "
         "are graded."}
"""

import sys

sys.exit(0)


def unused():
    return None
