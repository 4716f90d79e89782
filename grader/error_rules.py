"""What an exception means: one table of patterns and sentences.

Each rule has a stable id, so that its sentence can be given in another language without touching code. A field in
braces is a named group of the pattern, or is found out in `grader.explain_errors`. Only words that stand in the
student's own text are put in; for others the words of `INSTEAD` are.
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
    sentence: str

    def match(self, type_name: str, text: str) -> re.Match[str] | None:
        """The match of the pattern, if the rule fits."""
        return re.search(self.pattern, text) if type_name in self.types.split() else None


# What stands for a field whose word is not shown.
INSTEAD = {
    "name": "a name",
    "attribute": "that attribute",
    "module": "a module",
    "function": "the function",
    "argument": "that argument",
    "kind": "a value",
    "other": "another value",
    "key": "that key",
    "operator": "the operator",
}

# Names of types in messages of Python and numpy -> words.
KINDS = {
    "NoneType": "None",
    "int": "a whole number",
    "float": "a number",
    "numpy.float64": "a number",
    "numpy.float32": "a number",
    "numpy.int64": "a whole number",
    "bool": "True or False",
    "str": "a text",
    "list": "a list",
    "tuple": "a tuple",
    "dict": "a dict",
    "set": "a set",
    "numpy.ndarray": "an array",
    "function": "a function",
    "method": "a method",
    "builtin_function_or_method": "a function",
    "module": "a module",
    "type": "a class",
    "generator": "a generator",
    "slice": "a slice",
}

# fmt: off
RULES = (
    # --- the file does not parse
    Rule("syntax.colon", "SyntaxError", r"^expected ':'", "{guess}"),
    Rule("syntax.never-closed", "SyntaxError", r"^'(?P<bracket>[([{])' was never closed", "This {bracket} is never closed. Add the missing {closing}."),
    Rule("syntax.unmatched", "SyntaxError", r"^unmatched '(?P<bracket>[)\]}])'", "There is one {bracket} too many, or the bracket that opens it is missing."),
    Rule("syntax.brackets", "SyntaxError", r"^closing parenthesis '.' does not match opening", "Brackets are closed in the wrong order, or with one of another kind."),
    Rule("syntax.triple-quote", "SyntaxError", r"^unterminated (f-|t-)?(string: )?triple-quoted", "A text in three quotes begins here and never ends. Close it with three quotes."),
    Rule("syntax.quote", "SyntaxError", r"^unterminated|^EOL while scanning", "A text begins here and its closing quote is missing."),
    Rule("syntax.comma", "SyntaxError", r"Perhaps you forgot a comma", "A comma or an operator such as * is missing between two values."),
    Rule("syntax.print", "SyntaxError", r"^Missing parentheses in call to '(?P<name>print|exec)'", "{name} needs parentheses: {name}(...)."),
    Rule("syntax.outside", "SyntaxError", r"^'(?P<word>return|yield|await|break|continue)'.*outside|^'(?P<word2>continue)' not properly in loop", "This line stands outside of the function or loop that it belongs to. Is it indented like the lines above it?"),
    Rule("syntax.number", "SyntaxError", r"^invalid (decimal|hexadecimal|octal|binary|imaginary) literal", "A number is followed by a letter. For a product write 2 * x; a name cannot begin with a digit."),
    Rule("syntax.leading-zeros", "SyntaxError", r"^leading zeros in decimal", "A whole number cannot begin with 0."),
    Rule("syntax.character", "SyntaxError", r"^invalid (non-printable )?character", "There is a character that Python does not know, perhaps from a copied text: curly quotes, a long dash, a multiplication sign, a special space. Type it anew: \" ' - * and plain spaces."),
    Rule("syntax.backslash", "SyntaxError", r"^unexpected character after line continuation", "Nothing may follow a backslash. For a division write /."),
    Rule("syntax.positional", "SyntaxError", r"^positional argument follows keyword", "Arguments with a name (axis=1) come after those without."),
    Rule("syntax.default", "SyntaxError", r"non-default argument follows default|parameter without a default follows", "Parameters with a default come after those without."),
    Rule("syntax.twice", "SyntaxError", r"^duplicate argument|^keyword argument repeated", "The same argument stands here twice."),
    Rule("syntax.keyword", "SyntaxError", r"^cannot assign to (True|False|None|__debug__)|^expression cannot contain assignment", "A name cannot be assigned here. To compare two values write ==."),
    Rule("syntax.assign", "SyntaxError", r"^cannot (assign to|delete)", "The left side of = has to be a name, an attribute or an item. To compare two values write ==."),
    Rule("syntax.equals", "SyntaxError", r"Maybe you meant '==' (or ':=' )?instead of '='", "= gives a name to a value. To compare two values write ==."),
    Rule("syntax.fstring", "SyntaxError", r"^f-string", "The text after f is not right. Are its braces and quotes in pairs?"),
    Rule("syntax.try", "SyntaxError", r"^expected 'except' or 'finally'", "try needs an except or finally below it, at the same depth."),
    Rule("syntax.end", "SyntaxError", r"^unexpected EOF", "The file ends in the middle of something. Is a bracket or a quote never closed?"),
    Rule("syntax.else-expression", "SyntaxError", r"^expected 'else' after 'if' expression", "An if within an expression needs an else: a if condition else b."),
    Rule("syntax.null", "SyntaxError ValueError", r"null bytes", "The file holds a zero byte, as files in UTF-16 do. Save it as UTF-8."),
    Rule("indent.tabs", "TabError IndentationError SyntaxError", r"inconsistent use of tabs", "Tabs and spaces are mixed in the indentation. Use four spaces everywhere."),
    Rule("indent.expected", "IndentationError", r"^expected an indented block", "Something indented has to follow the line above that ends in a colon: at least one statement, four spaces deeper."),
    Rule("indent.unexpected", "IndentationError", r"^unexpected indent", "This line is indented deeper than the one above it, which does not end in a colon."),
    Rule("indent.unindent", "IndentationError", r"^unindent does not match", "The indentation of this line is that of no line above it. Count its spaces: four for each level."),
    Rule("syntax.guess", "SyntaxError", r"^invalid syntax", "{guess}"),
    Rule("syntax.other", "SyntaxError", r"", "Python cannot read this line. Compare its brackets, quotes, commas and colons with those of a line that works."),
    Rule("indent.other", "IndentationError TabError", r"", "The indentation is not right. Use four spaces for each level."),
    # --- names
    Rule("name.local", "UnboundLocalError", r"(?:variable|variable:) '(?P<name>\w+)'", "{name} gets its value in this function, but only further down, or in a branch or loop that was not run. Give it a value before this line."),
    Rule("name.free", "NameError", r"^cannot access free variable '(?P<name>\w+)'", "{name} has no value yet when the inner function uses it."),
    Rule("name.unknown", "NameError", r"^name '(?P<name>\w+)' is not defined", "{name} is not defined{guess}"),
    Rule("import.name", "ImportError", r"^cannot import name '(?P<name>\w+)' from", "That module has no {name}. Is it spelled as there? Helpers of your own belong in the file that uses them."),
    Rule("import.module", "ModuleNotFoundError ImportError", r"^No module named '(?P<module>[\w.]+)'", "There is no module {module} here. {guess}"),
    Rule("import.relative", "ImportError", r"^attempted relative import", "An import cannot begin with a dot here. Write: from ch03_activations.activations import sigmoid."),
    Rule("import.circular", "ImportError AttributeError", r"partially initialized module", "Two files import each other, or a file has the name of the module that it imports."),
    # --- attributes
    Rule("attribute.numpy", "AttributeError", r"^(?:module 'numpy(?:\.\w+)*' has no attribute '(?P<attribute>\w+)'|`np\.(?P<attribute2>\w+)` was removed)", "numpy has no {attribute}. {guess}"),
    Rule("attribute.module", "AttributeError", r"^module '(?P<module>[\w.]+)' has no attribute '(?P<attribute>\w+)'", "{module} has no {attribute}. Is it spelled as in its documentation?"),
    Rule("attribute.none", "AttributeError", r"^'NoneType' object has no attribute '(?P<attribute>\w+)'", "Something is None here, so it has no {attribute}. Where does it come from: a function without return, or a value that forward did not store?"),
    Rule("attribute.array", "AttributeError", r"^'numpy\.ndarray' object has no attribute '(?P<attribute>\w+)'", "An array has no {attribute}. {guess}"),
    Rule("attribute.number", "AttributeError", r"^'(?:numpy\.)?(?:float|int|bool)\w*' object has no attribute '(?P<attribute>\w+)'", "This is a single number and has no {attribute}. Was it summed over all axes, or should it be an array?"),
    Rule("attribute.list", "AttributeError", r"^'(?P<kind>list|tuple)' object has no attribute '(?P<attribute>\w+)'", "This is {kind}, not an array, and has no {attribute}. Make it an array with np.array(...), or take its parts: a, b = f(x)."),
    Rule("attribute.dict", "AttributeError", r"^'dict' object has no attribute '(?P<attribute>\w+)'", "A dict has no {attribute}. Its items are reached with brackets: params[\"W\"]."),
    Rule("attribute.function", "AttributeError", r"^'(?:function|method|builtin_function_or_method)' object has no attribute '(?P<attribute>\w+)'", "This is a function, not its result. Call it first, with parentheses."),
    Rule("attribute.own", "AttributeError", r"^'(?P<kind>\w+)' object has no attribute '(?P<attribute>\w+)'", "This object has no {attribute}{guess}"),
    Rule("attribute.set", "AttributeError", r"can't set attribute|has no setter|is read-only|not writable", "This attribute cannot be assigned."),
    # --- calls
    Rule("call.no-self", "TypeError", r"^(?P<function>[\w.]+\.\w+)\(\) takes 0 positional arguments but 1 was given", "{function} was called with one argument more than its def line has. In a class, the first parameter is self."),
    Rule("call.missing", "TypeError", r"^(?P<function>[\w.]+)\(\) missing (?P<count>\d+) required [\w-]+ arguments?: (?:'(?P<argument>\w+)')", "{function} was called without {argument}."),
    Rule("call.many", "TypeError", r"^(?P<function>[\w.]+)\(\) takes .*positional arguments? but .* (?:was|were) given", "{function} was called with more arguments than its def line has."),
    Rule("call.keyword", "TypeError", r"^(?P<function>[\w.]+)\(\) got an unexpected keyword argument '(?P<argument>\w+)'", "{function} has no argument {argument}. How is it spelled in its documentation or def line?"),
    Rule("call.keyword-builtin", "TypeError", r"'(?P<argument>\w+)' is an invalid keyword argument|got an unexpected keyword argument '(?P<argument2>\w+)'", "This function has no argument {argument}. How is it spelled in its documentation?"),
    Rule("call.twice", "TypeError", r"got multiple values for argument '(?P<argument>\w+)'", "{argument} is given twice: by its place and by its name."),
    Rule("call.no-arguments", "TypeError", r"^(?P<function>\w+)\(\) takes no arguments", "{function} takes no arguments. Is its __init__ missing or spelled with the wrong number of underscores?"),
    Rule("call.array", "TypeError", r"^'numpy\.ndarray' object is not callable", "An array is called like a function. For an item write x[0], for a product x * (...)."),
    Rule("call.number", "TypeError", r"^'(?:numpy\.)?(?:float|int|complex)\w*' object is not callable", "A number is called like a function. Is an operator missing before the parenthesis: 2 * (x + 1)?"),
    Rule("call.module", "TypeError", r"^'module' object is not callable", "A module is called like a function. Name the function in it: np.exp(x), np.random.default_rng(seed)."),
    Rule("call.none", "TypeError", r"^'NoneType' object is not callable", "Something that is None is called like a function."),
    Rule("call.other", "TypeError", r"^'(?P<kind>[\w.]+)' object is not callable", "This is {kind} and cannot be called. Was a function's name given to a value?"),
    # --- operators and conversions
    Rule("type.none", "TypeError", r"NoneType", "One of the values here is None. Where does it come from: a function without return, or a value that was not stored?"),
    Rule("type.zeros-shape", "TypeError", r"^Cannot interpret '[^']*' as a data type", "The shape goes in as one tuple: np.zeros((3, 4)), with two pairs of parentheses."),
    Rule("type.float-count", "TypeError", r"^'(?:numpy\.)?float\w*' object cannot be interpreted as an integer", "A whole number is needed here and this is a fraction. / always gives a fraction; // gives a whole number."),
    Rule("type.tuple-count", "TypeError", r"^'(?:tuple|list)' object cannot be interpreted as an integer", "A whole number is needed here and this is a tuple. rand and randn want the lengths one by one; rng.normal(size=shape) takes a shape."),
    Rule("type.list-index", "TypeError", r"^list indices must be integers or slices, not (?P<kind>[\w.]+)", "A list has no index of that kind. Make it an array first: np.array(...)."),
    Rule("type.scalar-index", "TypeError", r"^only integer scalar arrays can be converted|^only length-1 arrays can be converted|^only 0-dimensional arrays can be converted", "A single number is needed here and this is an array. math.exp and float take one number; np.exp takes arrays."),
    Rule("type.cast", "TypeError", r"^Cannot cast ufunc '(?P<operator>\w+)' output from dtype\('float\w+'\) to dtype\('u?int", "Fractions cannot be stored in an array of whole numbers, which +=, -=, *= and /= do. Make it float first: as_float(x), or write x = x - ... ."),
    Rule("type.same-kind", "TypeError", r"^Cannot cast ufunc|Cannot cast array data", "The result does not fit into the kind of numbers of the array in which it is stored."),
    Rule("type.no-length", "TypeError", r"^object of type '(?P<kind>[\w.]+)' has no len|^len\(\) of unsized object", "A single number has no length. Was it summed over all axes?"),
    Rule("type.no-items", "TypeError", r"^'(?:builtin_function_or_method|function|method|type)' object is not subscriptable", "A function is followed by brackets. It is called with parentheses."),
    Rule("type.not-items", "TypeError IndexError", r"^'(?P<kind>[\w.]+)' object is not subscriptable|^invalid index to scalar variable", "This is a single value and has no items. Was it summed over all axes?"),
    Rule("type.no-loop", "TypeError", r"^'int' object is not iterable", "A whole number cannot be looped over. Write: for i in range(n)."),
    Rule("type.no-unpack", "TypeError", r"^cannot unpack non-iterable|^'(?P<kind>[\w.]+)' object is not iterable|iteration over a 0-d array", "This is a single value, so it cannot be looped over or unpacked. How many values does the function return?"),
    Rule("type.list-times", "TypeError", r"^can't multiply sequence by non-int", "A list times a fraction is not defined. Make the list an array first: np.array(...)."),
    Rule("type.text", "TypeError", r"^can only concatenate|must be str, not|not all arguments converted", "A text and a number cannot be put together. For a message write f\"{{x}}\"."),
    Rule("type.no-assignment", "TypeError", r"^'(?P<kind>tuple|str)' object does not support item assignment", "The items of {kind} cannot be changed. Use a list, or an array."),
    Rule("type.item-assignment", "TypeError", r"does not support item (?:assignment|deletion)", "This value has no items that can be assigned."),
    Rule("type.key", "TypeError", r"^unhashable type: '(?P<kind>[\w.]+)'", "An array or a list cannot be a key of a dict or an element of a set. Take a number, a text or a tuple."),
    Rule("type.list-operand", "TypeError", r"^unsupported operand type\(s\) for [^:]+: (?:'(?:list|tuple)' and|'[\w.]+' and '(?:list|tuple)')", "Lists and tuples do not calculate. Make an array with np.array(...), or go through them one by one."),
    Rule("type.operands", "TypeError", r"^unsupported operand type\(s\) for (?P<operator>\S+)(?: or \S+)?: '(?P<kind>[\w.]+)' and '(?P<other>[\w.]+)'", "The operator {operator} does not work between {kind} and {other}."),
    Rule("type.compare", "TypeError", r"^'\S+' not supported between instances of '(?P<kind>[\w.]+)' and '(?P<other>[\w.]+)'", "{kind} and {other} cannot be compared."),
    Rule("type.ufunc", "TypeError", r"^ufunc '\w+' (?:not supported|did not contain a loop)|^loop of ufunc|^The numpy boolean|^numpy boolean subtract", "This function does not work with values of this kind. Is one of them True/False, a text, or an array of objects (rows of different lengths)?"),
    Rule("type.negative", "TypeError", r"^bad operand type for unary", "This value has no negative. A list does not: make it an array with np.array(...)."),
    Rule("type.argument", "TypeError", r"must be real number, not|must be an integer|expected (?:an? )?(?:integer|sequence|int|str)", "An argument is of the wrong kind for this function."),
    # --- indices and keys
    Rule("index.axis", "IndexError ValueError", r"^axis (?P<axis>-?\d) is out of bounds for array of dimension (?P<axes>\d)", "There is no axis {axis}: the array has {axes}. Axes are counted from 0."),
    Rule("index.too-many", "IndexError", r"^too many indices for array: array is (?P<axes>\d)-dimensional, but (?P<given>\d)", "The array has {axes} axes, and {given} indices stand in the brackets."),
    Rule("index.array", "IndexError", r"^index -?\d+ is out of bounds for axis (?P<axis>\d)", "An index is beyond the end of axis {axis}. The first is 0, the last is the length minus 1."),
    Rule("index.list", "IndexError", r"(?:list|tuple|string|range object) (?:assignment )?index out of range|pop (?:from empty|index)|deque", "An index is beyond the end. The first is 0, the last is the length minus 1."),
    Rule("index.boolean", "IndexError", r"^boolean index did not match", "The mask has another length than the axis that it selects from."),
    Rule("index.float", "IndexError", r"^arrays used as indices must be|^only integers, slices", "{guess}"),
    Rule("index.pairs", "IndexError", r"^shape mismatch: indexing arrays", "The arrays in the brackets have different lengths. p[np.arange(len(y)), y] takes one entry of each row."),
    Rule("key", "KeyError", r"^'(?P<key>\w+)'$", "There is no key {key} in this dict{guess}"),
    Rule("key.other", "KeyError", r"", "There is no such key in this dict."),
    # --- shapes
    Rule("shape.in-place", "ValueError", r"^non-broadcastable output operand", "The result has more entries than the array on the left of +=, -= or *=. Sum it over the batch, or make a new array."),
    Rule("shape.remapped", "ValueError", r"with remapped shapes", "One letter of the einsum stands for axes of different lengths."),
    Rule("shape.einsum", "ValueError", r"einstein sum|einsum", "The einsum does not fit its arrays: one letter for each axis of each array."),
    Rule("shape.broadcast", "ValueError", r"^operands could not be broadcast together", "These shapes do not go together. Read from the right: the lengths have to be equal, or one of them 1. A sum over rows keeps its axis with keepdims=True."),
    Rule("shape.assign", "ValueError", r"^could not broadcast input array|^cannot copy sequence|^shape mismatch: value array", "What is assigned has another shape than the place it goes to."),
    Rule("shape.matmul", "ValueError", r"^matmul: Input operand \d has a mismatch in its core dimension|^shapes .* not aligned", "In a matrix product the columns of the left have to be as many as the rows of the right. Is one of them transposed, or are they in the wrong order?"),
    Rule("shape.matmul-scalar", "ValueError", r"^matmul: Input operand \d does not have enough dimensions", "@ multiplies arrays. To multiply by a single number write *."),
    Rule("shape.reshape", "ValueError", r"^cannot reshape array of size", "reshape keeps the number of entries, and these shapes have different numbers. -1 lets numpy find one length by itself."),
    Rule("shape.ranks", "ValueError", r"^all the input arrays must have same number", "Arrays that are joined need the same number of axes. z[None, :] adds one in front."),
    Rule("shape.concatenate", "ValueError", r"^all the input array dimensions|^all input arrays must have the same shape", "Arrays are joined along one axis; all their other lengths have to be equal."),
    Rule("shape.split", "ValueError", r"^array split does not result in an equal division", "np.split with a number cuts into equal parts, which is not possible here. Give it the places of the cuts: np.split(x, [2, 5], axis=1)."),
    Rule("shape.nothing-to-join", "ValueError", r"^need at least one array", "There is nothing to join: the list is empty."),
    Rule("shape.transpose", "ValueError", r"^axes don't match array|^repeated axis", "transpose needs each axis of the array exactly once."),
    Rule("shape.squeeze", "ValueError", r"^cannot select an axis to squeeze", "squeeze removes axes of length 1 only."),
    Rule("shape.rows", "ValueError", r"inhomogeneous shape|setting an array element with a sequence", "The rows have different lengths, or an array is put where one number belongs."),
    Rule("shape.empty", "ValueError", r"^zero-size array to reduction|^attempt to get arg(?:max|min) of an empty|cannot be empty", "The array is empty, so it has no largest or smallest entry."),
    Rule("shape.negative", "ValueError", r"^negative dimensions", "A length came out below 0."),
    Rule("shape.other", "ValueError", r"shapes? \(|must have the same (?:shape|length|size)|dimension|not aligned", "The shapes do not fit."),
    # --- values
    Rule("value.truth", "ValueError", r"^The truth value of an (?:empty )?array", "if, while, and, or, not need one True or False, and this is a whole array of them. Use np.where(condition, a, b), a mask, & and |, or .any() and .all()."),
    Rule("value.too-many", "ValueError", r"^too many values to unpack", "There are more values than names on the left of =. How many does the function return?"),
    Rule("value.too-few", "ValueError", r"^not enough values to unpack", "There are fewer values than names on the left of =. How many does the function return, how many axes has the shape?"),
    Rule("value.read-only", "ValueError", r"read-only", "An array that was passed in is changed here. Work on a copy: x = x.copy(), or write x = x + ... instead of x += ... ."),
    Rule("value.nan-to-int", "ValueError OverflowError", r"^cannot convert float (?:NaN|infinity)", "nan or inf cannot be made a whole number. Look for where it arises."),
    Rule("value.integer-power", "ValueError", r"^Integers to negative integer powers", "Whole numbers have no negative powers. Make the base a float: 10.0 ** -3."),
    Rule("value.number", "ValueError", r"^could not convert string to float|^invalid literal for int", "This text is not a number."),
    Rule("value.probabilities", "ValueError", r"(?i)^probabilities (?:do not sum|are not|contain)", "Probabilities have to be at least 0 and sum to 1."),
    Rule("value.sample", "ValueError", r"^Cannot take a larger sample|^a must be greater than 0|^low >= high", "More is drawn than there is."),
    Rule("value.step", "ValueError", r"arg 3 must not be zero|slice step cannot be zero", "The step is 0."),
    Rule("value.not-in-list", "ValueError", r"is not in (?:list|tuple|deque)|x not in list", "What is looked for is not in the list."),
    Rule("value.math", "ValueError", r"^math domain error|^expected a (?:positive|nonnegative) input", "This function of math is not defined for that number: log of 0 or less, or sqrt of less than 0."),
    Rule("arithmetic.zero", "ZeroDivisionError", r"", "Something was divided by 0. An empty batch, a sum that is 0, or a missing epsilon?"),
    Rule("arithmetic.overflow", "OverflowError", r"range error|too large|out of range", "The number became too large. math.exp of more than 709 fails; shift the argument first, or treat large numbers apart."),
    Rule("arithmetic.float", "FloatingPointError", r"", "np.seterr or np.errstate makes an exception of a warning here. Without it numpy goes on with inf or nan."),
    # --- limits
    Rule("limit.recursion", "RecursionError", r"", "A function calls itself again and again. Is the case missing in which it stops, or does it call itself where it should call another one?"),
    Rule("limit.memory-array", "MemoryError", r"^Unable to allocate .* with shape", "The array would be far too large. Was a product of all pairs made by broadcasting, such as x[:, None] with a long x, or a size squared?"),
    Rule("limit.memory", "MemoryError", r"", "The memory is used up. Does a list grow without end, or is an array far too large?"),
    # --- the world outside
    Rule("world.input", "EOFError", r"", "input() has nobody to ask here. Use the arguments of the function."),
    Rule("world.exit", "SystemExit", r"", "exit() and quit() end the program. Leave a function with return."),
    Rule("world.file", "FileNotFoundError PermissionError IsADirectoryError OSError", r"", "Files are not there when this is graded. Use what the function is given."),
    Rule("world.load", "TimeoutError", r"to load\.", "The file takes too long to load. Is there a loop outside of the functions that never ends?"),
    Rule("world.assert", "AssertionError", r"", "An assert of your own does not hold."),
    Rule("world.stop", "StopIteration", r"", "next() was called where nothing is left."),
    Rule("world.size-changed", "RuntimeError", r"changed size during iteration", "A dict or set is changed while it is looped over. Loop over list(d)."),
)
# fmt: on

# Sentences and ends of sentences that are found out from the student's own text.
TEXTS = {
    "name.numpy": ". Write np.{name}.",
    "name.np": ". Add at the top of the file: import numpy as np",
    "name.import": ". Add at the top of the file: import {name}",
    "name.self": ". Inside a method it is self.{name}.",
    "name.like": ". Did you mean {guess}?",
    "name.constant": ". In Python it is written {guess}.",
    "name.framework": ". Only numpy is used here, not {name}.",
    "name.plain": ". Is it spelled right, and does it get its value before this line?",
    "import.framework": "Only numpy is used here: write it with arrays and the functions of earlier chapters.",
    "import.chapter": "A chapter is imported by folder and file: from ch03_activations.activations import sigmoid.",
    "import.dot": "An import cannot begin with a dot here. Write: from ch03_activations.activations import sigmoid.",
    "import.numpy": "It is spelled numpy: import numpy as np.",
    "import.plain": "Allowed are numpy, the standard library and earlier chapters.",
    "attribute.like": "Did you mean {guess}?",
    "attribute.removed": "It was removed from numpy; use {guess}.",
    "attribute.is-function": "It is a function of numpy: np.{attribute}(x).",
    "attribute.append": "Arrays do not grow: collect rows in a list and join them once, or use np.concatenate.",
    "attribute.plain": "Is it spelled as in its documentation?",
    "attribute.own-like": ". Did you mean {guess}?",
    "attribute.own-unset": ". Is it set in __init__, or in forward before backward uses it?",
    "index.text": "An array has no items with names; its indices are whole numbers. Is this the dict that was meant?",
    "index.is-float": "Indices have to be whole numbers. / always gives a fraction, // a whole number; an array of labels is made whole with y.astype(int).",
    "key.like": ". Did you mean {guess}?",
    "key.plain": ". Print the keys to see them: print(list(d)).",
    "call.signature": " The tests call it as it was given: `{given}`. Yours is `{own}`.",
    "call.own": " Its def line is `{own}`.",
    "guess.keyword": "{name} is a word of Python's own and cannot be a name. Call it {name}_, or lam for lambda.",
    "guess.and": "Python writes and, or, not instead of &&, ||, !.",
    "guess.increment": "Python has no ++ and --. Write x += 1.",
    "guess.arrow": "Comparisons are written >= and <=.",
    "guess.elif": "It is written elif.",
    "guess.function": "A function begins with def.",
    "guess.no-colon": "A colon is missing at the end of this line.",
    "guess.colon": "Is a colon missing at the end of the line?",
    "guess.other": "Python cannot read this line. Is an operator, a bracket, a comma or a colon missing here or in the line above?",
    "operand.array": "{text} has shape {shape}",
    "operand.number": "{text} is a single number",
    "operand.none": "{text} is None",
    "operand.list": "{text} is a list of {count}",
    "operand.tuple": "{text} is a tuple of {count}",
    "operand.dict": "{text} is a dict",
    "operand.str": "{text} is a text",
    "none.printed": "It prints its result; print shows it, return gives it back.",
    "none.in-place": "{method} changes something in place and returns None, and that is what is returned.",
    "none.no-return": "There is no return in it.",
    "none.bare": "There is a return without a value in it.",
    "none.branch": "It has a return, but not on every way through the function.",
    "hang.loop": "Look at the loop in {place}: `{code}`.",
}

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
