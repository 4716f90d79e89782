"""Makes plain `pytest` work in this folder: fixtures and messages come from the package nnkata."""

try:
    import grader
except ImportError:
    # SystemExit, since pytest would show any other exception of a conftest.py with a traceback.
    raise SystemExit("nnkata is not installed in this Python. Run: python -m pip install nnkata") from None
