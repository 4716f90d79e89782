"""What a student's file may import when it is graded: numpy, earlier chapters and these.

They are imported before a worker is locked; afterwards no file can be opened, so anything else is a
ModuleNotFoundError. `matplotlib` is there but inert: plotting calls do nothing.
"""

from __future__ import annotations

STANDARD_LIBRARY = """
    __future__ _strptime abc argparse array ast asyncio atexit base64 bisect builtins bz2 cProfile calendar cmath code
    codecs collections collections.abc colorsys concurrent.futures concurrent.futures.thread configparser contextlib contextvars copy copyreg csv ctypes
    dataclasses datetime decimal difflib dis doctest enum errno fnmatch fractions functools gc getopt getpass glob
    graphlib gzip hashlib heapq hmac importlib importlib.util inspect io itertools json keyword linecache locale
    logging logging.handlers lzma marshal math multiprocessing multiprocessing.dummy multiprocessing.pool numbers operator optparse os
    os.path pathlib pdb pickle platform posixpath pprint profile pstats queue random re reprlib sched secrets
    select shelve shlex shutil signal socket stat statistics string struct subprocess sys tarfile tempfile textwrap
    threading time timeit token tokenize traceback tracemalloc types typing unittest unittest.mock urllib.parse
    urllib.request uuid warnings weakref zipfile zlib zoneinfo
"""

NUMPY = """
    numpy numpy.linalg numpy.random numpy.fft numpy.polynomial numpy.testing numpy.typing numpy.ma numpy.lib
    numpy.lib.format numpy.lib.npyio numpy.lib.scimath numpy.lib.stride_tricks numpy.lib.recfunctions
    numpy.char numpy.rec numpy.strings numpy.exceptions numpy.dtypes numpy.ctypeslib numpy.core numpy.matlib
"""

# Looked up by name when text is decoded, long after files can be opened.
ENCODINGS = "ascii cp1252 cp437 idna latin_1 raw_unicode_escape unicode_escape utf_16 utf_32 utf_8 utf_8_sig"

IMPORTABLE = (*STANDARD_LIBRARY.split(), *NUMPY.split())
PRELOADED = (*IMPORTABLE, *(f"encodings.{name}" for name in ENCODINGS.split()))
