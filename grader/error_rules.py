"""What an exception means: one table of patterns.

The sentence of a rule is the text `errors.<id>` (`grader/texts`). A field in braces there is a named group of the
pattern, or is found out in `grader.explain_errors`. Only words that stand in the student's own text are put in; for
others the words of `INSTEAD` are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A kind of exception that can be told by its class and text. The first rule that fits counts."""

    id: str
    types: str  # names of built-in classes
    pattern: str  # searched in the text of the exception

    def match(self, type_name: str, text: str) -> re.Match[str] | None:
        """The match of the pattern, if the rule fits."""
        return re.search(self.pattern, text) if type_name in self.types.split() else None


# Fields whose word may not be shown; another word stands for it then, `errors.instead.<field>`.
INSTEAD = ("name", "attribute", "module", "function", "argument", "kind", "other", "key", "operator")

# Names of types in messages of Python and numpy -> what they are called, `errors.kind.<name>`.
KINDS = {
    "NoneType": "none",
    "int": "whole",
    "float": "number",
    "numpy.float64": "number",
    "numpy.float32": "number",
    "numpy.int64": "whole",
    "bool": "bool",
    "str": "text",
    "list": "list",
    "tuple": "tuple",
    "dict": "dict",
    "set": "set",
    "numpy.ndarray": "array",
    "function": "function",
    "method": "method",
    "builtin_function_or_method": "function",
    "module": "module",
    "type": "class",
    "generator": "generator",
    "slice": "slice",
}

# fmt: off
RULES = (
    # --- the file does not parse
    Rule("syntax.colon", "SyntaxError", r"^expected ':'"),
    Rule("syntax.never-closed", "SyntaxError", r"^'(?P<bracket>[([{])' was never closed"),
    Rule("syntax.unmatched", "SyntaxError", r"^unmatched '(?P<bracket>[)\]}])'"),
    Rule("syntax.brackets", "SyntaxError", r"^closing parenthesis '.' does not match opening"),
    Rule("syntax.triple-quote", "SyntaxError", r"^unterminated (f-|t-)?(string: )?triple-quoted"),
    Rule("syntax.quote", "SyntaxError", r"^unterminated|^EOL while scanning"),
    Rule("syntax.comma", "SyntaxError", r"Perhaps you forgot a comma"),
    Rule("syntax.print", "SyntaxError", r"^Missing parentheses in call to '(?P<name>print|exec)'"),
    Rule("syntax.outside", "SyntaxError", r"^'(?P<word>return|yield|await|break|continue)'.*outside|^'(?P<word2>continue)' not properly in loop"),
    Rule("syntax.number", "SyntaxError", r"^invalid (decimal|hexadecimal|octal|binary|imaginary) literal"),
    Rule("syntax.leading-zeros", "SyntaxError", r"^leading zeros in decimal"),
    Rule("syntax.character", "SyntaxError", r"^invalid (non-printable )?character"),
    Rule("syntax.backslash", "SyntaxError", r"^unexpected character after line continuation"),
    Rule("syntax.positional", "SyntaxError", r"^positional argument follows keyword"),
    Rule("syntax.default", "SyntaxError", r"non-default argument follows default|parameter without a default follows"),
    Rule("syntax.twice", "SyntaxError", r"^duplicate argument|^keyword argument repeated"),
    Rule("syntax.keyword", "SyntaxError", r"^cannot assign to (True|False|None|__debug__)|^expression cannot contain assignment"),
    Rule("syntax.assign", "SyntaxError", r"^cannot (assign to|delete)"),
    Rule("syntax.equals", "SyntaxError", r"Maybe you meant '==' (or ':=' )?instead of '='"),
    Rule("syntax.fstring", "SyntaxError", r"^f-string"),
    Rule("syntax.try", "SyntaxError", r"^expected 'except' or 'finally'"),
    Rule("syntax.end", "SyntaxError", r"^unexpected EOF"),
    Rule("syntax.else-expression", "SyntaxError", r"^expected 'else' after 'if' expression"),
    Rule("syntax.null", "SyntaxError ValueError", r"null bytes"),
    Rule("indent.tabs", "TabError IndentationError SyntaxError", r"inconsistent use of tabs"),
    Rule("indent.expected", "IndentationError", r"^expected an indented block"),
    Rule("indent.unexpected", "IndentationError", r"^unexpected indent"),
    Rule("indent.unindent", "IndentationError", r"^unindent does not match"),
    Rule("syntax.guess", "SyntaxError", r"^invalid syntax"),
    Rule("syntax.other", "SyntaxError", r""),
    Rule("indent.other", "IndentationError TabError", r""),
    # --- names
    Rule("name.local", "UnboundLocalError", r"(?:variable|variable:) '(?P<name>\w+)'"),
    Rule("name.free", "NameError", r"^cannot access free variable '(?P<name>\w+)'"),
    Rule("name.unknown", "NameError", r"^name '(?P<name>\w+)' is not defined"),
    Rule("import.name", "ImportError", r"^cannot import name '(?P<name>\w+)' from"),
    Rule("import.module", "ModuleNotFoundError ImportError", r"^No module named '(?P<module>[\w.]+)'"),
    Rule("import.relative", "ImportError", r"^attempted relative import"),
    Rule("import.circular", "ImportError AttributeError", r"partially initialized module"),
    # --- attributes
    Rule("attribute.numpy", "AttributeError", r"^(?:module 'numpy(?:\.\w+)*' has no attribute '(?P<attribute>\w+)'|`np\.(?P<attribute2>\w+)` was removed)"),
    Rule("attribute.module", "AttributeError", r"^module '(?P<module>[\w.]+)' has no attribute '(?P<attribute>\w+)'"),
    Rule("attribute.none", "AttributeError", r"^'NoneType' object has no attribute '(?P<attribute>\w+)'"),
    Rule("attribute.array", "AttributeError", r"^'numpy\.ndarray' object has no attribute '(?P<attribute>\w+)'"),
    Rule("attribute.number", "AttributeError", r"^'(?:numpy\.)?(?:float|int|bool)\w*' object has no attribute '(?P<attribute>\w+)'"),
    Rule("attribute.list", "AttributeError", r"^'(?P<kind>list|tuple)' object has no attribute '(?P<attribute>\w+)'"),
    Rule("attribute.dict", "AttributeError", r"^'dict' object has no attribute '(?P<attribute>\w+)'"),
    Rule("attribute.function", "AttributeError", r"^'(?:function|method|builtin_function_or_method)' object has no attribute '(?P<attribute>\w+)'"),
    Rule("attribute.own", "AttributeError", r"^'(?P<kind>\w+)' object has no attribute '(?P<attribute>\w+)'"),
    Rule("attribute.set", "AttributeError", r"can't set attribute|has no setter|is read-only|not writable"),
    # --- calls
    Rule("call.no-self", "TypeError", r"^(?P<function>[\w.]+\.\w+)\(\) takes 0 positional arguments but 1 was given"),
    Rule("call.missing", "TypeError", r"^(?P<function>[\w.]+)\(\) missing (?P<count>\d+) required [\w-]+ arguments?: (?:'(?P<argument>\w+)')"),
    Rule("call.many", "TypeError", r"^(?P<function>[\w.]+)\(\) takes .*positional arguments? but .* (?:was|were) given"),
    Rule("call.keyword", "TypeError", r"^(?P<function>[\w.]+)\(\) got an unexpected keyword argument '(?P<argument>\w+)'"),
    Rule("call.keyword-builtin", "TypeError", r"'(?P<argument>\w+)' is an invalid keyword argument|got an unexpected keyword argument '(?P<argument2>\w+)'"),
    Rule("call.twice", "TypeError", r"got multiple values for argument '(?P<argument>\w+)'"),
    Rule("call.no-arguments", "TypeError", r"^(?P<function>\w+)\(\) takes no arguments"),
    Rule("call.array", "TypeError", r"^'numpy\.ndarray' object is not callable"),
    Rule("call.number", "TypeError", r"^'(?:numpy\.)?(?:float|int|complex)\w*' object is not callable"),
    Rule("call.module", "TypeError", r"^'module' object is not callable"),
    Rule("call.none", "TypeError", r"^'NoneType' object is not callable"),
    Rule("call.other", "TypeError", r"^'(?P<kind>[\w.]+)' object is not callable"),
    # --- operators and conversions
    Rule("type.none", "TypeError", r"NoneType"),
    Rule("type.zeros-shape", "TypeError", r"^Cannot interpret '[^']*' as a data type"),
    Rule("type.float-count", "TypeError", r"^'(?:numpy\.)?float\w*' object cannot be interpreted as an integer"),
    Rule("type.tuple-count", "TypeError", r"^'(?:tuple|list)' object cannot be interpreted as an integer"),
    Rule("type.list-index", "TypeError", r"^list indices must be integers or slices, not (?P<kind>[\w.]+)"),
    Rule("type.scalar-index", "TypeError", r"^only integer scalar arrays can be converted|^only length-1 arrays can be converted|^only 0-dimensional arrays can be converted"),
    Rule("type.cast", "TypeError", r"^Cannot cast ufunc '(?P<operator>\w+)' output from dtype\('float\w+'\) to dtype\('u?int"),
    Rule("type.same-kind", "TypeError", r"^Cannot cast ufunc|Cannot cast array data"),
    Rule("type.no-length", "TypeError", r"^object of type '(?P<kind>[\w.]+)' has no len|^len\(\) of unsized object"),
    Rule("type.no-items", "TypeError", r"^'(?:builtin_function_or_method|function|method|type)' object is not subscriptable"),
    Rule("type.not-items", "TypeError IndexError", r"^'(?P<kind>[\w.]+)' object is not subscriptable|^invalid index to scalar variable"),
    Rule("type.no-loop", "TypeError", r"^'int' object is not iterable"),
    Rule("type.no-unpack", "TypeError", r"^cannot unpack non-iterable|^'(?P<kind>[\w.]+)' object is not iterable|iteration over a 0-d array"),
    Rule("type.list-times", "TypeError", r"^can't multiply sequence by non-int"),
    Rule("type.join", "TypeError", r"^can only concatenate (?P<kind>list|tuple) \(not \"(?P<other>[\w.]+)\""),
    Rule("type.text", "TypeError", r"^can only concatenate|must be str, not|not all arguments converted"),
    Rule("type.no-assignment", "TypeError", r"^'(?P<kind>tuple|str)' object does not support item assignment"),
    Rule("type.item-assignment", "TypeError", r"does not support item (?:assignment|deletion)"),
    Rule("type.key", "TypeError", r"^unhashable type: '(?P<kind>[\w.]+)'"),
    Rule("type.list-operand", "TypeError", r"^unsupported operand type\(s\) for [^:]+: (?:'(?:list|tuple)' and|'[\w.]+' and '(?:list|tuple)')"),
    Rule("type.operands", "TypeError", r"^unsupported operand type\(s\) for (?P<operator>\S+)(?: or \S+)?: '(?P<kind>[\w.]+)' and '(?P<other>[\w.]+)'"),
    Rule("type.compare", "TypeError", r"^'\S+' not supported between instances of '(?P<kind>[\w.]+)' and '(?P<other>[\w.]+)'"),
    Rule("type.ufunc", "TypeError", r"^ufunc '\w+' (?:not supported|did not contain a loop)|^loop of ufunc|^The numpy boolean|^numpy boolean subtract"),
    Rule("type.negative", "TypeError", r"^bad operand type for unary"),
    Rule("type.argument", "TypeError", r"must be real number, not|must be an integer|expected (?:an? )?(?:integer|sequence|int|str)"),
    # --- indices and keys
    Rule("index.axis", "IndexError ValueError", r"^axis (?P<axis>-?\d) is out of bounds for array of dimension (?P<axes>\d)"),
    Rule("index.too-many", "IndexError", r"^too many indices for array: array is (?P<axes>\d)-dimensional, but (?P<given>\d)"),
    Rule("index.array", "IndexError", r"^index -?\d+ is out of bounds for axis (?P<axis>\d)"),
    Rule("index.list", "IndexError", r"(?:list|tuple|string|range object) (?:assignment )?index out of range|pop (?:from empty|index)|deque"),
    Rule("index.boolean", "IndexError", r"^boolean index did not match"),
    Rule("index.float", "IndexError", r"^arrays used as indices must be|^only integers, slices"),
    Rule("index.pairs", "IndexError", r"^shape mismatch: indexing arrays"),
    Rule("key.unknown", "KeyError", r"^'(?P<key>\w+)'$"),
    Rule("key.other", "KeyError", r""),
    # --- shapes
    Rule("shape.in-place", "ValueError", r"^non-broadcastable output operand"),
    Rule("shape.remapped", "ValueError", r"with remapped shapes"),
    Rule("shape.einsum", "ValueError", r"einstein sum|einsum"),
    Rule("shape.broadcast", "ValueError", r"^operands could not be broadcast together"),
    Rule("shape.assign", "ValueError", r"^could not broadcast input array|^cannot copy sequence|^shape mismatch: value array"),
    Rule("shape.matmul", "ValueError", r"^matmul: Input operand \d has a mismatch in its core dimension|^shapes .* not aligned"),
    Rule("shape.matmul-scalar", "ValueError", r"^matmul: Input operand \d does not have enough dimensions"),
    Rule("shape.reshape", "ValueError", r"^cannot reshape array of size"),
    Rule("shape.ranks", "ValueError", r"^all the input arrays must have same number"),
    Rule("shape.concatenate", "ValueError", r"^all the input array dimensions|^all input arrays must have the same shape"),
    Rule("shape.split", "ValueError", r"^array split does not result in an equal division"),
    Rule("shape.nothing-to-join", "ValueError", r"^need at least one array"),
    Rule("shape.transpose", "ValueError", r"^axes don't match array|^repeated axis"),
    Rule("shape.squeeze", "ValueError", r"^cannot select an axis to squeeze"),
    Rule("shape.rows", "ValueError", r"inhomogeneous shape|setting an array element with a sequence"),
    Rule("shape.empty", "ValueError", r"^zero-size array to reduction|^attempt to get arg(?:max|min) of an empty|cannot be empty"),
    Rule("shape.negative", "ValueError", r"^negative dimensions"),
    Rule("shape.other", "ValueError", r"shapes? \(|must have the same (?:shape|length|size)|dimension|not aligned"),
    # --- values
    Rule("value.truth", "ValueError", r"^The truth value of an (?:empty )?array"),
    Rule("value.too-many", "ValueError", r"^too many values to unpack"),
    Rule("value.too-few", "ValueError", r"^not enough values to unpack"),
    Rule("value.read-only", "ValueError", r"read-only"),
    Rule("value.nan-to-int", "ValueError OverflowError", r"^cannot convert float (?:NaN|infinity)"),
    Rule("value.integer-power", "ValueError", r"^Integers to negative integer powers"),
    Rule("value.number", "ValueError", r"^could not convert string to float|^invalid literal for int"),
    Rule("value.probabilities", "ValueError", r"(?i)^probabilities (?:do not sum|are not|contain)"),
    Rule("value.sample", "ValueError", r"^Cannot take a larger sample|^a must be greater than 0|^low >= high"),
    Rule("value.step", "ValueError", r"arg 3 must not be zero|slice step cannot be zero"),
    Rule("value.not-in-list", "ValueError", r"is not in (?:list|tuple|deque)|x not in list"),
    Rule("value.math", "ValueError", r"^math domain error|^expected a (?:positive|nonnegative) input"),
    Rule("arithmetic.zero", "ZeroDivisionError", r""),
    Rule("arithmetic.overflow", "OverflowError", r"range error|too large|out of range"),
    Rule("arithmetic.float", "FloatingPointError", r""),
    # --- limits
    Rule("limit.recursion", "RecursionError", r""),
    Rule("limit.memory-array", "MemoryError", r"^Unable to allocate .* with shape"),
    Rule("limit.memory", "MemoryError", r""),
    # --- the world outside
    Rule("world.input", "EOFError", r""),
    Rule("world.exit", "SystemExit", r""),
    Rule("world.file", "FileNotFoundError PermissionError IsADirectoryError OSError", r""),
    Rule("world.assert", "AssertionError", r""),
    Rule("world.stop", "StopIteration", r""),
    Rule("world.size-changed", "RuntimeError", r"changed size during iteration"),
)
# fmt: on


# fmt: off
# Names that students bring from elsewhere.
FRAMEWORKS = frozenset(["torch", "tensorflow", "keras", "jax", "sklearn", "scipy", "pandas", "autograd", "theano", "mxnet", "cupy", "numba", "seaborn", "plt", "matplotlib", "pd", "tf", "F", "nn"])
CONSTANTS = {"true": "True", "false": "False", "null": "None", "none": "None", "nil": "None", "NULL": "None", "inf": "np.inf", "nan": "np.nan", "pi": "np.pi", "NaN": "np.nan", "Inf": "np.inf"}
REMOVED = {
    "float": "float", "int": "int", "bool8": "np.bool_", "object": "object", "str": "str", "float_": "np.float64", "complex": "complex",
    "Inf": "np.inf", "Infinity": "np.inf", "infty": "np.inf", "PINF": "np.inf", "NINF": "-np.inf", "NaN": "np.nan", "NAN": "np.nan",
    "product": "np.prod", "cumproduct": "np.cumprod", "sometrue": "np.any", "alltrue": "np.all", "in1d": "np.isin", "row_stack": "np.vstack",
    "trapz": "np.trapezoid", "msort": "np.sort(x, axis=0)", "round_": "np.round", "asfarray": "np.asarray(x, dtype=float)", "math": "import math",
    "find_common_type": "np.result_type", "cast": "np.asarray(x, dtype=...)", "unicode_": "np.str_", "string_": "np.bytes_",
    "relu": "np.maximum(0, x)", "sigmoid": "1 / (1 + np.exp(-x))", "softmax": "exp and sum", "ln": "np.log", "onehot": "np.eye(C)[y]", "randn": "rng.normal(size=...)",
}
# fmt: on
