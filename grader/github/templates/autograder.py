"""Autograder of Classroom 50 for the visible tests: CLASSROOM/autograders/ASSIGNMENT/autograder.py.

The folder that this file lies in is publicly readable, so nothing hidden belongs there. A wheel of nnkata beside this
file is installed instead of the one on the package index.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

CHAPTERS = "@CHAPTERS@"  # with blanks between; none: all of them

bundle = pathlib.Path(os.environ.get("CLASSROOM50_BUNDLE_DIR") or pathlib.Path(__file__).parent)
wheels = sorted(str(path) for path in bundle.glob("nnkata-*.whl"))
with tempfile.TemporaryDirectory() as folder:
    environment = pathlib.Path(folder, "venv")
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    python = str(environment / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *(wheels[-1:] or ["@INSTALL@"])], check=True)
    kata = [str(environment / "bin" / "kata"), "github", "points", *CHAPTERS.split()]
    sys.exit(subprocess.run([*kata, "--as", "classroom50", "--out", "result.json"]).returncode)
