"""The border between the trusted side and a worker: length-prefixed msgpack, validated, no pickle.

Frame: u64 little endian length, then one msgpack value. What msgpack lacks travels as an extension type:

     1  ndarray: u16 header length, msgpack [dtype, shape, strides or nil, writeable], raw C-order bytes
     2  complex: two float64            3  tuple: msgpack list       4  int beyond 64 bits: decimal text
     5  numpy scalar: as ndarray        6  handle: [number, label]   7  name of the student's module
     8  Rng: [key, seed]                9  object of the other side  10 slice   11 Ellipsis
    12  a number type (np.float32, float) or a dtype, towards a worker only

The decoder for what a worker sends trusts nothing: exact types, counted nodes, bounded depth and sizes. The
same file is used on both sides; it imports numpy, and msgpack only when a frame is packed or unpacked.
"""

from __future__ import annotations

import functools
import struct

import numpy as np

MAX_FRAME = 64 * 2**20  # bytes
MAX_DEPTH = 16
MAX_NODES = 20_000  # entries of lists, tuples and dicts in one frame
MAX_NDIM = 16
MAX_TEXT = 64 * 1024  # bytes of one str or bytes
MAX_KEYS = 1_000  # of one dict
MAX_INT_DIGITS = 1_240  # decimal digits of one int, about 4096 bits
LENGTH = struct.Struct("<Q")
HEADER = struct.Struct("<H")
COMPLEX = struct.Struct("<dd")

ARRAY, COMPLEX_NUMBER, TUPLE, BIG_INT, SCALAR, HANDLE, NAME, RNG, OBJECT, SLICE, ELLIPSIS, TYPE = range(1, 13)
DTYPES = frozenset(
    np.dtype(code).str
    for code in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
)
NUMBER_TYPES: frozenset[type] = frozenset(
    (bool, int, float, complex, *(np.dtype(code).type for code in "?bhilqBHILQefdFD"))
)
TYPES_BY_NAME = {(t.__module__, t.__name__): t for t in NUMBER_TYPES}
HEADERS = 500  # forms of arrays to remember
SPREAD_LIMIT = 64 * 2**20  # bytes that a strided copy may span; beyond, the layout is not re-created


class WireError(Exception):
    """A frame breaks the rules. From a worker this ends the worker."""


class TooLarge(Exception):
    """A value is too large or too deep to cross; the text says in what respect."""


# arrays ----------------------------------------------------------------------------------------------------


def plain_layout(array):
    """(C-ordered little-endian array, strides or None, writeable): enough to build the array again."""
    strides = None if array.flags.c_contiguous or not array.size else list(array.strides)
    if strides is not None and spread(array.shape, strides, array.itemsize)[1] > SPREAD_LIMIT:
        strides = None
    data = np.ascontiguousarray(array).reshape(array.shape)
    if data.dtype.byteorder == ">":
        data = data.astype(data.dtype.newbyteorder("<"))
    return data, strides, bool(array.flags.writeable)


def spread(shape, strides, itemsize):
    """(offset of the first entry, bytes spanned) of a strided array."""
    low = sum(min(0, (n - 1) * s) for n, s in zip(shape, strides))
    high = sum(max(0, (n - 1) * s) for n, s in zip(shape, strides))
    return -low, high - low + itemsize


def build_array(data, strides, writeable):
    """An array with the values of `data` and the given layout in memory of its own."""
    if strides is None:
        built = data.copy()
    else:
        offset, span = spread(data.shape, strides, data.itemsize)
        buffer = np.zeros(span, dtype=np.uint8)
        built = np.ndarray(data.shape, data.dtype, buffer=buffer, offset=offset, strides=strides)
        built[...] = data
    built.flags.writeable = writeable
    return built


def copy_array(array):
    """A copy with the same layout (C, Fortran, strided, negative stride, broadcast, read-only)."""
    return build_array(*plain_layout(array))


# packing ---------------------------------------------------------------------------------------------------


def keep_within_limits(value):
    """Refuse what the strict decoder of the other side would refuse: an honest worker asks before it sends.

    Raises
    ------
    TooLarge
        If a text is too long, or there are too many entries, keys, axes, levels or bytes of arrays.
    """
    nodes, size_of_arrays, todo = 0, 0, [(value, 0)]
    while todo:
        value, depth = todo.pop()
        kind = type(value)
        if kind is str or kind is bytes:
            size = len(value) if kind is bytes or 4 * len(value) <= MAX_TEXT else len(value.encode())
            if size > MAX_TEXT:
                raise TooLarge(f"a text of {size} bytes, the limit is {MAX_TEXT}")
        elif kind is list or kind is tuple or kind is dict:
            nodes += max(1, len(value))
            if depth >= MAX_DEPTH:
                raise TooLarge(f"nested deeper than {MAX_DEPTH}")
            if kind is dict and len(value) > MAX_KEYS:
                raise TooLarge(f"a dict of {len(value)} keys, the limit is {MAX_KEYS}")
            if kind is dict:
                todo += [(key, depth) for key in value]
            if nodes <= MAX_NODES:
                todo += [(entry, depth + 1) for entry in (value.values() if kind is dict else value)]
        elif kind is np.ndarray:
            if value.ndim > MAX_NDIM:
                raise TooLarge(f"an array of {value.ndim} axes, the limit is {MAX_NDIM}")
            # Before it is packed: each of the copies costs the student's time.
            size_of_arrays += value.nbytes
            if size_of_arrays > MAX_FRAME:
                raise TooLarge(
                    f"arrays of {size_of_arrays / 2**20:.0f} MiB, the limit is {MAX_FRAME // 2**20} MiB"
                )
        elif kind not in KNOWN and not isinstance(value, np.generic):
            nodes += 2  # a handle: its number and its label
        if nodes > MAX_NODES:
            raise TooLarge(f"more than {MAX_NODES} entries in lists, tuples and dicts")


class Encoder:
    """Packs values. `other(value)` answers (extension code, msgpack-able payload) for what is not plain.

    limited : the frames meet a strict decoder; what that would refuse is TooLarge here.
    """

    def __init__(self, other, limited=False):
        import msgpack

        self.other = other
        self.limited = limited
        self.ext = msgpack.ExtType
        self.pack = msgpack.Packer(
            default=self.extend, use_bin_type=True, strict_types=True, autoreset=True
        ).pack
        self.inner = msgpack.packb

    def frame(self, value):
        """Bytes of one frame.

        Raises
        ------
        TooLarge
            If the value is too deep or too large.
        """
        if self.limited:
            keep_within_limits(value)
        try:
            body = self.pack(value)
        except UnicodeEncodeError:
            raise TooLarge("a text with characters that UTF-8 does not have") from None
        except (ValueError, RecursionError) as error:
            raise TooLarge(f"nested too deeply ({str(error)[:60]})") from None
        if len(body) > MAX_FRAME:
            raise TooLarge(f"{len(body) / 2**20:.0f} MiB, the limit is {MAX_FRAME // 2**20} MiB")
        return LENGTH.pack(len(body)) + body

    def nested(self, value):
        return self.inner(value, default=self.extend, use_bin_type=True, strict_types=True)

    def extend(self, value):
        kind = type(value)
        if kind is tuple:
            return self.ext(TUPLE, self.nested(list(value)))
        if kind is np.ndarray and value.dtype.newbyteorder("<").str in DTYPES:
            return self.ext(ARRAY, self.array(value))
        if isinstance(value, np.generic) and value.dtype.str in DTYPES:
            return self.ext(SCALAR, self.array(np.asarray(value)))
        if kind is complex:
            return self.ext(COMPLEX_NUMBER, COMPLEX.pack(value.real, value.imag))
        if kind is int:
            if value.bit_length() > 4096:
                raise TooLarge("an int of more than 4096 bits")
            return self.ext(BIG_INT, str(value).encode())
        if kind is slice:
            return self.ext(SLICE, self.nested([value.start, value.stop, value.step]))
        if value is Ellipsis:
            return self.ext(ELLIPSIS, b"")
        if isinstance(value, np.dtype):
            return self.ext(TYPE, self.nested(["dtype", value.str]))
        if kind is type and value in NUMBER_TYPES:
            return self.ext(TYPE, self.nested([value.__module__, value.__name__]))
        code, payload = self.other(value)
        return self.ext(code, self.nested(payload))

    def array(self, value):
        data, strides, writeable = plain_layout(value)
        header = packed_header(data.dtype.str, data.shape, strides and tuple(strides), writeable)
        return header + data.tobytes()


@functools.lru_cache(HEADERS)
def packed_header(dtype, shape, strides, writeable):
    """What stands before the bytes of an array; most arrays of a suite have one of few forms."""
    import msgpack

    header = msgpack.packb([dtype, shape, strides, writeable])
    return HEADER.pack(len(header)) + header


@functools.lru_cache(HEADERS)
def read_header(header):
    """(dtype, number of entries, shape, strides, writeable), checked; of bytes that a worker may have sent.

    Raises
    ------
    WireError
    """
    import msgpack

    dtype, shape, strides, writeable = msgpack.unpackb(header, raw=False)
    if type(dtype) is not str or dtype not in DTYPES:
        raise WireError("a dtype that does not cross")
    if type(shape) is not list or len(shape) > MAX_NDIM:
        raise WireError("a shape that does not cross")
    count = 1
    for n in shape:
        if type(n) is not int or n < 0 or n > MAX_FRAME:
            raise WireError("a shape that does not cross")
        count *= n
    if strides is not None and not (
        type(strides) is list and len(strides) == len(shape) and all(type(n) is int for n in strides)
    ):
        raise WireError("strides that do not cross")
    return np.dtype(dtype), count, tuple(shape), strides, bool(writeable)


# unpacking -------------------------------------------------------------------------------------------------


class Decoder:
    """Unpacks one frame's body. `special[code](payload)` makes handles, names, generators and objects.

    strict : for frames of a worker: every limit is enforced, arrays come out C-ordered and read-only.
    extra : classes of the values that `special` makes.
    """

    def __init__(self, special, strict, extra=()):
        import msgpack

        self.unpackb = msgpack.unpackb
        self.special = special
        self.strict = strict
        self.extra = tuple(extra)
        self.nodes = 0
        self.level = 0
        self.copied = 0

    def value(self, body):
        """The value of a frame's body.

        Raises
        ------
        WireError
            If anything about it is not allowed.
        """
        if not self.strict:
            return self.unpack(body)
        self.nodes = self.level = self.copied = 0
        try:
            return self.checked(self.unpack(body), 0)
        except WireError:
            raise
        except Exception as error:  # whatever msgpack or numpy say about hostile bytes
            raise WireError(f"malformed frame: {type(error).__name__}") from None

    def unpack(self, body):
        if not self.strict:
            return self.unpackb(body, raw=False, ext_hook=self.extension, strict_map_key=False)
        # A tuple in a tuple in a tuple: each level is a call of msgpack, 40 KiB of this process's C stack.
        if self.level > MAX_DEPTH:
            raise WireError(f"nested deeper than {MAX_DEPTH}")
        self.level += 1
        value = self.unpackb(
            body,
            raw=False,
            ext_hook=self.extension,
            list_hook=self.counted,
            object_hook=self.counted,
            strict_map_key=False,
            max_str_len=MAX_TEXT,
            max_bin_len=MAX_TEXT,
            max_array_len=MAX_NODES,
            max_map_len=MAX_KEYS,
            max_ext_len=MAX_FRAME,
        )
        self.level -= 1
        return value

    def counted(self, container):
        """Count while unpacking: an empty dict is one byte of a frame, but 64 bytes of memory."""
        self.nodes += max(1, len(container))
        if self.nodes > MAX_NODES:
            raise WireError(f"more than {MAX_NODES} entries")
        return container

    def checked(self, value, depth):
        """The value itself, after a walk over its containers."""
        kind = type(value)
        if kind is list or kind is tuple or kind is dict:
            if depth >= MAX_DEPTH:
                raise WireError(f"nested deeper than {MAX_DEPTH}")
            if kind is dict and not all(type(k) is str or type(k) is int for k in value):
                raise WireError("a key that is neither str nor int")
            for entry in value.values() if kind is dict else value:
                self.checked(entry, depth + 1)
        elif kind not in KNOWN and not isinstance(value, (np.generic, *self.extra)):
            raise WireError(f"a value of type {kind.__name__}")
        return value

    def extension(self, code, payload):
        if code == ARRAY:
            return self.array(payload)
        if code == SCALAR:
            array = self.array(payload)
            if array.shape != ():
                raise WireError("a scalar with a shape")
            return array[()]
        if code == TUPLE:
            # Each level of tuples copies all that is in it.
            self.copied += len(payload)
            if self.strict and self.copied > MAX_FRAME:
                raise WireError("large arrays nested too deeply in tuples")
            inner = self.unpack(payload)
            if type(inner) is not list:
                raise WireError("a tuple that is no list")
            return tuple(inner)
        if code == COMPLEX_NUMBER:
            return complex(*COMPLEX.unpack(payload))
        if code == BIG_INT:
            if len(payload) > MAX_INT_DIGITS:
                raise WireError("an int that is too long")
            return int(bytes(payload).decode("ascii"))
        if code == ELLIPSIS and not self.strict:
            return Ellipsis
        if code == TYPE and not self.strict:
            module, name = self.unpack(payload)
            return np.dtype(name) if module == "dtype" else TYPES_BY_NAME[module, name]
        if code == SLICE and not self.strict:
            return slice(*self.unpack(payload))
        if code in self.special:
            return self.special[code](self.unpack(payload))
        raise WireError("an unknown extension")

    def array(self, payload):
        (size,) = HEADER.unpack_from(payload)
        if size > 4096:
            raise WireError("an array header that is too long")
        start = HEADER.size + size
        kind, count, shape, strides, writeable = read_header(payload[HEADER.size : start])
        if count * kind.itemsize != len(payload) - start:
            raise WireError("an array whose bytes do not fill its shape")
        flat = np.frombuffer(payload, dtype=kind, offset=start)
        if kind.kind == "b" and flat.size and int(flat.view(np.uint8).max()) > 1:
            raise WireError("a bool that is neither 0 nor 1")
        data = flat.reshape(shape)
        if self.strict:
            data = data.copy()
            data.flags.writeable = False  # writing into a copy would be lost; better an error
            return data
        return build_array(data, strides, writeable)


KNOWN = frozenset((type(None), bool, int, float, complex, str, bytes, np.ndarray))
