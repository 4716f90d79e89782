"""What a student's file may import when it is graded: numpy, earlier chapters and these.

They are imported before a worker is locked; afterwards no file can be opened, so anything else is a
ModuleNotFoundError. `matplotlib` is there but inert: plotting calls do nothing.
"""

from __future__ import annotations

STANDARD_LIBRARY = """
    __future__ abc array ast base64 bisect builtins cmath collections collections.abc contextlib copy csv
    dataclasses datetime decimal doctest enum errno fractions functools gc gzip hashlib heapq inspect io
    itertools json keyword linecache logging math numbers operator os os.path pathlib pprint queue random re
    secrets shutil signal statistics string struct sys tempfile textwrap threading time timeit token tokenize
    traceback tracemalloc types typing unittest unittest.mock uuid warnings weakref zipfile zlib
"""

NUMPY = """
    numpy numpy.linalg numpy.random numpy.fft numpy.polynomial numpy.testing numpy.typing numpy.ma numpy.lib
    numpy.lib.format numpy.lib.npyio numpy.lib.scimath numpy.lib.stride_tricks numpy.lib.recfunctions
    numpy.char numpy.rec numpy.strings numpy.exceptions numpy.dtypes numpy.ctypeslib
"""

# Looked up by name when text is decoded, long after files can be opened.
ENCODINGS = "ascii cp1252 cp437 idna latin_1 raw_unicode_escape unicode_escape utf_16 utf_32 utf_8 utf_8_sig"

IMPORTABLE = (*STANDARD_LIBRARY.split(), *NUMPY.split())
PRELOADED = (*IMPORTABLE, *(f"encodings.{name}" for name in ENCODINGS.split()))
