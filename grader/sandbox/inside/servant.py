"""Does what a test asks of a student's module: calls, attributes, items, operators, probes.

The same code serves a sandboxed worker (operations arrive over a pipe) and an author's or student's own
process (operations arrive by a plain call), so a suite behaves alike in both. It runs beside the student's
code and is therefore never a judge: it answers, the trusted side compares.

Imports: numpy and the standard library only.
"""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import itertools
import math
import operator
import random
import re
import sys
import warnings
from typing import Any

import numpy as np

TEXT_LIMIT = 2000  # characters of an exception's text that travel
TRACE_LIMIT = 30  # frames of a traceback that travel
OPERANDS = 4  # names with their shapes that travel
OPERAND_LIMIT = 60  # characters of such a name
SPAN_LINES = 20  # lines of an expression that is looked at
WARNING_KINDS = 20  # different warnings remembered for one call

BINARY = {
    name: getattr(operator, name)
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "lt", "le", "gt", "ge")
}
UNARY: dict = {"neg": operator.neg, "pos": operator.pos, "abs": operator.abs, "truth": operator.truth}

PLAIN_SCALARS = frozenset((type(None), bool, int, float, complex, str, bytes))
KEY_TYPES = frozenset((str, int))
ARRAY_KINDS = "biufc"  # bool, integers, floats, complex: what may cross as an array


class Unsupported(Exception):
    """A value does not cross the border; the text says why."""


class ChapterSources(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds chapters (`ch03_activations.activations`) in a dict of sources instead of on a path."""

    def __init__(self, sources, filenames, run):
        self.sources = sources  # module name -> source text
        self.filenames = filenames  # module name -> file name for tracebacks
        self.run = run  # how to execute a module: run(module, source, file name)
        self.packages = {name.partition(".")[0] for name in sources}

    def find_spec(self, name, path=None, target=None):
        if name in self.sources:
            return importlib.machinery.ModuleSpec(name, self, is_package=False)
        if name in self.packages:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        name = module.__spec__.name
        if name in self.sources:
            self.run(module, self.sources[name], self.filenames[name])


def export(value, make_handle, array=lambda a: a, live=False):
    """The value as it may leave: plain data by value, everything else through `make_handle(value)`.

    Exact types only: a subclass of float, tuple, dict or ndarray may lie about itself and becomes a handle.
    """
    kind = type(value)
    if kind in PLAIN_SCALARS:
        return value
    if is_plain_array(value):
        return array(value) if kind is np.ndarray else value
    if kind is list or kind is tuple:
        if PLAIN_SCALARS.issuperset(map(type, value)):
            return value
        return kind([export(v, make_handle, array) for v in value])
    if kind is dict and not live and KEY_TYPES.issuperset(map(type, value)):
        return {k: export(v, make_handle, array) for k, v in value.items()}
    return make_handle(value)


def is_plain_array(value):
    """An exact ndarray or numpy scalar of a dtype that crosses."""
    if type(value) is np.ndarray:
        return crosses(value.dtype)
    return isinstance(value, np.generic) and type(value).__module__ == "numpy" and crosses(value.dtype)


def crosses(dtype):
    """True for bool, integers, floats and complex numbers; not for long double, whose bits differ by machine."""
    return dtype.kind in ARRAY_KINDS and dtype.itemsize <= (16 if dtype.kind == "c" else 8)


def text_of(error):
    """str(error), cut, whatever the student's own __str__ does."""
    try:
        return encodable(str(error)[:TEXT_LIMIT])
    except BaseException:
        return ""


def encodable(text):
    """The text with halves of surrogate pairs spelled out; UTF-8 has no bytes for them."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def builtin_name(cls):
    """The nearest built-in class of an exception or object; a self-made name never travels."""
    for base in cls.__mro__:
        if base.__module__ == "builtins" and isinstance(base.__name__, str):
            return base.__name__
    return "object"


class Servant:
    """Holds one student's module and the objects that tests keep handles of."""

    def __init__(self, *, propagate=()):
        self.propagate = tuple(propagate)  # exceptions that are not the student's, such as Ctrl-C
        self.module = None
        self.module_file = None
        self.files = {}  # file name in tracebacks -> "own" or "needed"
        self.problems = []  # what went wrong while loading: descriptions as of `describe`
        self.handles = {}  # id -> object
        self.handle_ids = {}  # id(object) -> handle id, so that one object is one handle
        self.next_handle = 1
        self.rngs = {}  # key -> Generator
        self.probes: dict = {}  # source -> function
        self.finder = None

    # loading ---------------------------------------------------------------------------------------------

    def load(self, sources, filenames, main, tolerant):
        """Import `main` from `sources`. Tolerant: a top-level statement that raises is noted and skipped."""
        self.unload()
        self.tolerant = tolerant
        self.files = {filenames[name]: ("own" if name == main else "needed") for name in sources}
        self.module_file = filenames[main]
        self.finder = ChapterSources(sources, filenames, self.run_module)
        # Another servant of this process may hold a chapter of the same name, with other code.
        for name in (*sources, *self.finder.packages):
            sys.modules.pop(name, None)
        sys.meta_path.insert(0, self.finder)
        try:
            self.module = importlib.import_module(main)
        except self.propagate:
            raise
        except BaseException as error:
            self.problems.append(self.describe(error))

    def unload(self):
        if self.finder is None:
            return
        sys.meta_path.remove(self.finder)
        for name in (*self.finder.sources, *self.finder.packages):
            if getattr(getattr(sys.modules.get(name), "__spec__", None), "loader", None) is self.finder:
                del sys.modules[name]
        self.finder = None

    def run_module(self, module, source, filename):
        """Execute a module one top-level statement at a time."""
        module.__file__ = filename
        tree = ast.parse(source, filename)
        own = self.files.get(filename) == "own"
        if not (own and self.tolerant):
            exec(compile(tree, filename, "exec", dont_inherit=True), module.__dict__)
            return
        flags = 0
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                for alias in node.names:
                    feature = getattr(__import__("__future__"), alias.name, None)
                    flags |= feature.compiler_flag if feature else 0
        for node in tree.body:
            try:
                code = compile(
                    ast.Module(body=[node], type_ignores=[]), filename, "exec", flags=flags, dont_inherit=True
                )
                exec(code, module.__dict__)
            except self.propagate:
                raise
            except BaseException as error:
                problem = self.describe(error)
                problem["line"] = problem["line"] or node.lineno
                problem["import"] = isinstance(node, (ast.Import, ast.ImportFrom))
                self.problems.append(problem)

    # operands --------------------------------------------------------------------------------------------

    def named(self, name):
        """A top-level name of the student's module."""
        if self.module is None:
            raise Missing(name)
        try:
            return self.module.__dict__[name]
        except KeyError:
            raise Missing(name) from None

    def rng(self, key, seed):
        """The generator that a test's `Rng` stands for; the same object each time."""
        if key not in self.rngs:
            self.rngs[key] = np.random.default_rng(seed)
        return self.rngs[key]

    def keep(self, value):
        """A handle id for an object; the same object keeps its id while somebody holds it."""
        known = self.handle_ids.get(id(value))
        if known is not None:
            return known
        number = self.next_handle
        self.next_handle += 1
        self.handles[number] = value
        self.handle_ids[id(value)] = number
        return number

    def release(self, numbers):
        for number in numbers:
            value = self.handles.pop(number, None)
            if value is not None:
                self.handle_ids.pop(id(value), None)

    # operations ------------------------------------------------------------------------------------------

    def execute(self, operation, observe=False):
        """Run one operation. Returns (value, live, seen).

        live : True if a dict must be answered as a handle, not as a copy.
        seen : what an observed call did besides answering, else None.
        """
        kind, *rest = operation
        if kind == "call" and observe:
            return self.observed_call(*rest)
        value = getattr(self, "do_" + kind)(*rest)
        return value, kind in ("attr", "item") and isinstance(value, dict), None

    def do_call(self, target, args, kwargs):
        return target(*args, **kwargs)

    def do_attr(self, target, name):
        return getattr(target, name)

    def do_setattr(self, target, name, value):
        setattr(target, name, value)

    def do_hasattr(self, target, name):
        return hasattr(target, name)

    def do_item(self, target, key):
        return target[key]

    def do_setitem(self, target, key, value):
        target[key] = value

    def do_delitem(self, target, key):
        del target[key]

    def do_contains(self, target, item):
        return bool(item in target)

    def do_len(self, target):
        return len(target)

    def do_iter(self, target):
        return Iteration(iter(target))

    def do_next(self, target):
        try:
            return (next(target.iterator),)
        except StopIteration:
            return ()

    def do_binary(self, name, left, right):
        return BINARY[name](left, right)

    def do_unary(self, name, target):
        return UNARY[name](target)

    def do_fetch(self, target):
        """The plain value behind a name or handle; a kind of dict, tuple or list as a plain one."""
        for plain in (dict, tuple, list):
            if isinstance(target, plain) and type(target) is not plain:
                return plain(target)
        return target

    def do_has(self, name):
        return self.module is not None and name in self.module.__dict__

    def do_many(self, target, calls, pick):
        results = []
        for args in calls:
            value = target(*args)
            results.append(value if pick is None else value[pick])
        return results

    def do_slopes(self, target, args, wrt, h, pick, first, last):
        """Calls number first to last - 1 of a gradient by differences: as it is, then +h and -h in each entry of `wrt`.

        One array where all results are alike, which is sent and read much faster than a list.
        """
        start = np.array(args[wrt], dtype=np.float64)
        results = []
        for number in range(first, last):
            moved = start.copy()
            if number:
                moved.reshape(-1)[(number - 1) // 2] += h if number % 2 else -h
            given = [fresh(a) for a in args]
            given[wrt] = moved
            value = target(*given)
            results.append(value if pick is None else value[pick])
        kinds = {type(r) for r in results}
        if kinds <= {float, np.float64}:
            return np.array(results, dtype=np.float64)
        if (
            kinds == {np.ndarray}
            and len({(r.shape, r.dtype.str) for r in results}) == 1
            and results[0].dtype == np.float64
        ):
            return np.stack(results)
        return results

    def do_probe(self, source, name, args, kwargs):
        if source not in self.probes:
            space = {"np": np, "math": math, "__name__": "probe"}
            exec(compile(source, "<probe>", "exec", dont_inherit=True), space)
            self.probes[source] = space[name]
        return self.probes[source](self.module, *args, **kwargs)

    def do_rng_state(self, rng):
        state = rng.bit_generator.state
        spawned = getattr(
            rng.bit_generator.seed_seq, "n_children_spawned", 0
        )  # rng.spawn leaves the state alone
        return {"name": state["bit_generator"], "state": dict(state.get("state", {})), "spawned": spawned}

    # looking on ------------------------------------------------------------------------------------------

    def observed_call(self, target, args, kwargs):
        """A call with a look at what it did to its arguments and to the global generators. Advisory."""
        places = [*((i, a) for i, a in enumerate(args)), *kwargs.items()]
        before = [(place, a, [x.copy() for x in arrays_in(a)]) for place, a in places]
        np.random.random_sample(), random.random()  # so that seeding with the seed of last time shows as well
        legacy, plain = np.random.get_state(legacy=False), random.getstate()
        value = target(*args, **kwargs)
        now = np.random.get_state(legacy=False)
        touched = plain != random.getstate() or not same_state(legacy, now)
        modified = [
            place
            for place, a, copies in before
            if any(not same_bytes(x, c) for x, c in zip(arrays_in(a), copies, strict=False))
        ]
        results = arrays_in(value)
        shares = [place for place, a, _ in before if any(shared(r, x) for r in results for x in arrays_in(a))]
        return value, False, {"modified": modified, "shares": shares, "global_random": touched}

    # exceptions ------------------------------------------------------------------------------------------

    def describe(self, error):
        """What the trusted side learns of an exception."""
        if isinstance(error, Missing):
            return {
                "kind": "missing",
                "type": "NameError",
                "text": error.name,
                "line": None,
                "function": None,
            }
        if isinstance(error, Unsupported):
            return {
                "kind": "unsupported",
                "type": "TypeError",
                "text": text_of(error),
                "line": None,
                "function": None,
            }
        trace, line, function, inner = [], None, None, None
        step = error.__traceback__
        while step is not None:
            code = step.tb_frame.f_code
            owner = self.files.get(code.co_filename)
            if owner:
                trace.append((code.co_filename, step.tb_lineno, code.co_qualname))
            if owner == "own":
                line, function, inner = step.tb_lineno, code.co_qualname, step
            step = step.tb_next
        if isinstance(error, SyntaxError) and error.filename in self.files and isinstance(error.lineno, int):
            line = error.lineno  # in the file that does not parse, which may be an earlier chapter's
            trace.append((error.filename, line, "<module>"))
        name = builtin_name(type(error))
        span, operands = self.evidence(error, inner)
        return {
            "kind": "unwritten" if name == "NotImplementedError" else "raised",
            "type": name,
            "text": text_of(error),
            "line": line,
            "function": function if function != "<module>" else None,
            "trace": trace[-TRACE_LIMIT:],
            "span": span,
            "operands": operands,
        }

    def evidence(self, error, step):
        """Where in the student's own text an exception arose, and the forms of what stood there.

        Returns ([first line, column, last line, column], [[text, kind, shape], ...]); (None, []) if that is unknown.
        Values do not travel.
        """
        try:
            if isinstance(error, SyntaxError) and error.filename in self.files:
                first, column = error.lineno, max(0, (error.offset or 1) - 1)
                last = error.end_lineno or first
                end = max((error.end_offset or 0) - 1, 0) or column
                return [first, column, last, max(end, column) if last == first else end], []
            if step is None or isinstance(error, NotImplementedError):
                return None, []
            return self.forms(error, step)
        except Exception:  # what is missing here is a convenience
            return None, []

    def forms(self, error, step):
        """The expression that a frame was in, and the forms of its operands; see `evidence`."""
        code = step.tb_frame.f_code
        where: Any = next(itertools.islice(code.co_positions(), step.tb_lasti // 2, None), (None,))
        if self.finder is None or None in where or not 0 <= where[1] - where[0] < SPAN_LINES:
            return None, []
        first, last, start, end = where
        source = next(
            s for name, s in self.finder.sources.items() if self.finder.filenames[name] == code.co_filename
        )
        rows = [row.encode() for row in source.split("\n")[first - 1 : last]]
        span = [first, len(rows[0][:start].decode()), last, len(rows[-1][:end].decode())]
        if not isinstance(error, (TypeError, ValueError, LookupError, AttributeError)):
            return span, []
        rows[-1] = rows[-1][:end]
        rows[0] = rows[0][start:]
        text = b"\n".join(rows).decode()
        try:
            text = f"({text}\n)"
            node: ast.AST = ast.parse(text, mode="eval").body
        except SyntaxError:
            text = text[1:-2]
            node = ast.parse(text).body[0]
        found = dict(operands_in(node, step.tb_frame, text))
        shapes = re.findall(r"\(([\d, ]*)\)", text_of(error)) if "broadcast" in text_of(error) else []
        pair = pair_of(node)
        if len(shapes) == len(pair) == 2:  # numpy says the shapes of what has no name
            sides = [
                (ast.get_source_segment(text, side), shape) for side, shape in zip(pair, shapes, strict=True)
            ]
            found = {
                name: found.get(name) or ["array", [int(n) for n in shape.replace(" ", "").split(",") if n]]
                for name, shape in sides
            }
        return span, [[name, *form] for name, form in found.items() if len(name) <= OPERAND_LIMIT][:OPERANDS]


class Missing(Exception):
    """The module has no such name."""

    def __init__(self, name):
        super().__init__(name)
        self.name = name


class Iteration:
    """An iterator that a test steps through."""

    def __init__(self, iterator):
        self.iterator = iterator


def pair_of(node):
    """The two sides of an operation, as numpy names them in its messages; () if there are not two."""
    if isinstance(node, ast.BinOp):
        return node.left, node.right
    if isinstance(node, ast.AugAssign):
        return node.target, node.value
    if isinstance(node, ast.Compare) and len(node.comparators) == 1:
        return node.left, node.comparators[0]
    return node.args if isinstance(node, ast.Call) and len(node.args) == 2 else ()


def operands_in(node, frame, text):
    """(source text, [kind, shape]) of every operand below a node that can be found without running any code."""
    if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
        try:
            value = looked_up(node, frame)
        except Exception:
            pass  # its parts may be found
        else:
            name = ast.get_source_segment(text, node)
            if (
                type(value) in (list, tuple)
                and 0 < len(value) <= OPERANDS
                and {type(v) for v in value} == {np.ndarray}
            ):
                yield from ((f"{name}[{i}]", form_of(v)) for i, v in enumerate(value))
                return
            if form_of(value) is not None:
                yield name, form_of(value)
                return
    for child in ast.iter_child_nodes(node):
        yield from operands_in(child, frame, text)


def looked_up(node: ast.AST, frame: Any) -> Any:
    """The value of a name, of an attribute of an instance, of a transpose or of an item; else a LookupError."""
    if isinstance(node, ast.Constant):
        return node.value
    if (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and isinstance(node.operand, ast.Constant)
    ):
        return operator.neg(looked_up(node.operand, frame))
    if isinstance(node, ast.Tuple):
        return tuple(looked_up(part, frame) for part in node.elts)
    if isinstance(node, ast.Slice):
        return slice(
            *(
                None if part is None else looked_up(part, frame)
                for part in (node.lower, node.upper, node.step)
            )
        )
    if isinstance(node, ast.Name):
        return frame.f_locals[node.id] if node.id in frame.f_locals else frame.f_globals[node.id]
    if not isinstance(node, (ast.Attribute, ast.Subscript)):
        raise LookupError
    base = looked_up(node.value, frame)
    if isinstance(node, ast.Attribute):
        if type(base) is np.ndarray and node.attr == "T":
            return base.T
        return object.__getattribute__(base, "__dict__")[node.attr]
    if type(base) in (list, tuple, dict, np.ndarray):
        key = looked_up(node.slice, frame)
        if not any(isinstance(part, np.ndarray) for part in (key if type(key) is tuple else (key,))):
            return base[key]
    raise LookupError


def form_of(value):
    """[kind, shape] of a value: the dtype of an array, else the name of a built-in type; None for anything else."""
    if type(value) is np.ndarray:
        return [value.dtype.name, list(value.shape)]
    if isinstance(value, np.generic):
        return [value.dtype.name, []]
    if type(value) in (list, tuple, dict, str):
        return [type(value).__name__, [len(value)]]
    if value is None or type(value) in (bool, int, float, complex):
        return [type(value).__name__, []]
    return None


def fresh(value):
    """A copy of an argument, so that no call sees what an earlier one did to it."""
    if isinstance(value, np.ndarray):
        return value.copy(order="K")
    if type(value) in (list, tuple):
        return type(value)(fresh(v) for v in value)
    if type(value) is dict:
        return {k: fresh(v) for k, v in value.items()}
    return value


def arrays_in(value, depth=3):
    """The arrays in a value, containers looked into a little."""
    if isinstance(value, np.ndarray):
        return [value]
    if depth and isinstance(value, (list, tuple)):
        return [a for v in value[:1000] for a in arrays_in(v, depth - 1)]
    if depth and isinstance(value, dict):
        return [a for v in list(value.values())[:1000] for a in arrays_in(v, depth - 1)]
    return []


def same_bytes(left, right):
    return left.shape == right.shape and left.dtype == right.dtype and left.tobytes() == right.tobytes()


def same_state(left, right):
    a, b = left["state"], right["state"]
    return a["pos"] == b["pos"] and np.array_equal(a["key"], b["key"])


def shared(result, argument):
    if not (result.size and argument.size and np.may_share_memory(result, argument)):
        return False
    try:
        return bool(np.shares_memory(result, argument, max_work=100_000))  # type: ignore[arg-type]
    except np.exceptions.TooHardError:  # strides that are a riddle; their bounds overlap
        return True


def recording_warnings():
    """A context in which every warning is remembered and none is raised or printed."""
    return warnings.catch_warnings(record=True, action="always")


def seen_warnings(records):
    """Different warnings with their counts: [[category, text, count], ...]."""
    counts: dict[tuple[str, str], int] = {}
    for record in records[:10_000]:
        key = (builtin_name(record.category), text_of(record.message)[:200])
        if key in counts or len(counts) < WARNING_KINDS:
            counts[key] = counts.get(key, 0) + 1
    return [[category, text, count] for (category, text), count in counts.items()]
