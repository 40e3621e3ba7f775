"""Values ⇄ a tree of JSON and raw bytes: how an answer comes out of the process that ran it.

Nothing that is read here runs code: no pickle, no names looked up in modules. What is no number, text, container or
array stays where it is, and the reader gets a stand-in of the same type name whose few special methods are calls
across the wire. Whatever a writer lies about ends in `Nonsense` or in a value that a check calls wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from cnnlab.course.grading.wire.arrays import array_of, dtype_name, dtype_of, shape_of
from cnnlab.course.grading.wire.stand_in import (
    ATTRIBUTES,
    MAX_NAME,
    MAX_REPR,
    SPECIAL,
    Keeper,
    StandIn,
    StandInClass,
    across,
    attribute,
    has,
    shown,
    type_name,
)

MAX_TREE = 4_000_000  # characters of JSON in one message
MAX_RAW = 64_000_000  # bytes of arrays in one message
MAX_DEPTH = 60  # containers in containers
MAX_ENTRIES = 400_000  # values in one message, an array being one
MAX_KEYS = 20_000  # of one dict or set: keys may be chosen to collide
MAX_BITS = 200_000  # of one whole number
MAX_OBJECTS = 1_000  # in one message: each makes a class

# Calling one of these runs nothing of a learner's, so the reader takes its own.
_OWN = {kind.__name__: kind for kind in (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset)}
_OWN |= {kind.__name__: kind for kind in (range, type, object)}
_NUMPY = {kind.__name__: kind for kind in np.sctypeDict.values() if np.dtype(kind).kind in "biufcSU"}
_BASES = (list, tuple, dict, set, frozenset, str, bytes, int, float, complex)


class Nonsense(BaseException):
    """The other side sent what it never sends by itself. No `Exception`: a check must not take it for an answer's."""


class TooMuch(Nonsense):
    """The other side goes on handing over values."""


class NotForAnswers(BaseException):
    """A check hands an answer what cannot cross. No `Exception`: it is the check's fault, and not the answer's."""


class TooLarge(ValueError):
    """A value does not fit into a message."""


@dataclass(frozen=True)
class Kind:
    """Values of one kind that the codec does not know by itself; see `register`."""

    tag: str
    to_wire: Callable[[object, Keeper], object | None]
    from_wire: Callable[[object, Keeper], object]
    update: Callable[[object, object, Keeper], None] | None = None


KINDS: dict[str, Kind] = {}


def register(
    tag: str,
    to_wire: Callable[[object, Keeper], object | None],
    from_wire: Callable[[object, Keeper], object],
    update: Callable[[object, object, Keeper], None] | None = None,
) -> None:
    """Teach the codec another kind of value.

    Parameters
    ----------
    tag : its name on the wire
    to_wire : ``to_wire(value, channel)`` gives what is sent for it, made of what the codec knows; None where the value
        is of another kind. Kinds are asked before the codec's own, for every value but numbers, text and containers.
    from_wire : ``from_wire(sent, channel)`` makes the value; `sent` may be a lie, and any exception means `Nonsense`
    update : ``update(mine, sent, channel)`` changes an argument of a call as the function called has changed its copy
    """
    KINDS[tag] = Kind(tag, to_wire, from_wire, update)


@dataclass
class Packed:
    """A tree of JSON and the bytes that it refers to."""

    tree: object
    raw: bytes


@dataclass
class _Writer:
    channel: Keeper
    arguments: dict[int, int]  # id of an argument of the call that is answered → its place
    raw: list[bytes] = field(default_factory=list)
    size: int = 0
    entries: int = 0
    objects: int = 0

    def many(self, values: Any, depth: int) -> list:
        return [self.one(value, depth + 1) for value in values]

    def one(self, value: object, depth: int = 0) -> object:
        self.entries += 1
        if self.entries > MAX_ENTRIES or depth > MAX_DEPTH:
            what = f"more than {MAX_ENTRIES:,} values" if depth <= MAX_DEPTH else f"more than {MAX_DEPTH} levels"
            raise TooLarge(f"this is too large to be checked: it has {what}")
        kind = type(value)
        if value is None or kind in (bool, str, float):
            if kind is str and len(value) > MAX_TREE // 12:  # an escape has up to twelve characters
                raise TooLarge(f"this is too large to be checked: a text of {len(value):,} characters")
            return value
        if kind is int:
            return self._whole(value)
        if id(value) in self.arguments:
            return ["argument", self.arguments[id(value)]]
        if value is ...:
            return ["..."]
        if kind in (list, tuple):
            return [kind.__name__, self.many(value, depth)]
        if kind in (set, frozenset):
            self._few(value)
            return [kind.__name__, self.many(value, depth)]
        if kind is dict:
            self._few(value)
            return ["dict", [self.many(pair, depth) for pair in value.items()]]
        return self._rarer(value, kind, depth)

    def _one_more(self) -> None:
        self.objects += 1
        if self.objects > MAX_OBJECTS:
            raise TooLarge(f"this is too large to be checked: it has more than {MAX_OBJECTS:,} functions or objects")

    def _rarer(self, value: object, kind: type, depth: int) -> object:
        for known in KINDS.values():
            if (sent := known.to_wire(value, self.channel)) is not None:
                self._one_more()
                return ["kind", known.tag, self.one(sent, depth + 1)]
        if isinstance(value, np.ndarray):
            return self._array(np.asarray(value), depth)
        if isinstance(value, np.generic) and (dtype := dtype_name(value.dtype)):
            return ["scalar", dtype, value.tobytes().hex()]
        if kind is complex:
            return ["complex", value.real, value.imag]
        if kind in (bytes, bytearray):
            return [kind.__name__, *self._bytes(bytes(value))]
        if kind is range:
            self._few(value)
            return ["range", *self.many((value.start, value.stop, value.step), depth)]
        if kind is slice:
            return ["slice", *self.many((value.start, value.stop, value.step), depth)]
        if kind is Fraction:
            return ["fraction", *self.many((value.numerator, value.denominator), depth)]
        if kind is Decimal and abs(value.adjusted()) < MAX_BITS:
            return ["decimal", str(value)]
        if kind in (type({}.keys()), type({}.values()), type({}.items())):
            self._few(value)
            return ["view", kind.__name__, self.many(value, depth)]
        if kind is type and _OWN.get(value.__name__, _NUMPY.get(value.__name__)) is value:
            return ["class", value.__name__]
        if kind is np.random.Generator and type(value.bit_generator) is np.random.PCG64:
            return ["rng", self.one(value.bit_generator.state, depth + 1)]
        base = next((base for base in _BASES if isinstance(value, base)), None)
        if isinstance(value, StandIn):
            return ["yours", value.handle]
        if kind is type and issubclass(value, StandInClass):
            return ["yours", value.handle]
        self._one_more()
        if base is not None:
            return ["like", *_names(kind), shown(value), self.one(_plain(value, base), depth + 1)]
        return self._described(value, depth)

    def _whole(self, value: int) -> object:
        if value.bit_length() > MAX_BITS:
            raise TooLarge(f"this is too large to be checked: a whole number of {value.bit_length():,} bits")
        return value if value.bit_length() < 64 else ["int", hex(value)]

    def _few(self, value: Any) -> None:
        if len(value) > MAX_KEYS:
            raise TooLarge(f"this is too large to be checked: {len(value):,} entries; at most {MAX_KEYS:,}")

    def _bytes(self, data: bytes) -> list[int]:
        if self.size + len(data) > MAX_RAW:
            raise TooLarge(f"this is too large to be checked: arrays of more than {MAX_RAW // 10**6} MB")
        self.raw.append(data)
        self.size += len(data)
        return [self.size - len(data), len(data)]

    def _array(self, value: np.ndarray, depth: int) -> object:
        dtype = dtype_name(value.dtype)
        if dtype is None:
            entries = value.astype(object).ravel().tolist() if value.dtype.names is None else [*value.ravel()]
            return ["objects", [*value.shape], self.many(entries, depth)]
        if self.size + value.nbytes > MAX_RAW:
            raise TooLarge(f"this is too large to be checked: an array of shape {value.shape}")
        return ["array", dtype, [*value.shape], *self._bytes(value.tobytes())]

    def _described(self, value: object, depth: int) -> list:
        if not self.channel.describes and not callable(value):  # what a check hands to an answer is never left vague
            raise NotForAnswers(f"{type(value).__name__} cannot be handed to an answer")
        handle = self.channel.keep(value)
        kind = value if isinstance(value, type) else type(value)
        names = _names(kind)
        if isinstance(value, type):
            return ["new", *names, shown(value), handle]
        methods = [name for name in (SPECIAL if self.channel.describes else ("__call__",)) if has(kind, name)]
        attributes = {name: found for name in ATTRIBUTES if (found := attribute(value, name)) is not None}
        return ["object", *names, shown(value), handle, methods, self.one(attributes, depth + 1)]


def encode(value: object, channel: Keeper, arguments: dict[int, int] | None = None) -> Packed:
    """`value` as a tree of JSON and bytes; `TooLarge` where it does not fit into a message."""
    writer = _Writer(channel, arguments or {})
    return Packed(writer.one(value), b"".join(writer.raw))


def decode(packed: Packed, channel: Keeper, arguments: list | None = None) -> object:
    """The value that `encode` was given, or a stand-in for it; `Nonsense` where the tree is none of `encode`'s."""
    try:
        return _Reader(channel, memoryview(packed.raw), arguments or []).one(packed.tree)
    except Exception as error:  # noqa: BLE001  whatever a lie leads to
        raise Nonsense(f"{type(error).__name__}: {error}") from error


@dataclass
class _Reader:
    channel: Keeper
    raw: memoryview
    arguments: list
    taken: int = 0  # of the bytes: each belongs to one value, or a short message would make many large ones
    entries: int = 0
    depth: int = 0
    objects: int = 0

    def one(self, tree: Any) -> Any:
        self.entries += 1
        if self.entries > MAX_ENTRIES or self.depth > MAX_DEPTH:  # as the writer counts
            raise ValueError("too many entries, or too many levels")
        if tree is None or type(tree) in (bool, int, float, str):
            return tree
        tag, *rest = tree
        self.depth += 1
        value = getattr(self, f"_read_{tag.strip('.')}")(*rest)
        self.depth -= 1
        return value

    def many(self, trees: list) -> list:
        if type(trees) is not list:
            raise TypeError("no list of entries")
        return [self.one(tree) for tree in trees]

    def _few(self, trees: list) -> list:
        if len(trees) > MAX_KEYS:
            raise ValueError("too many keys")
        return self.many(trees)

    def _read_(self) -> object:
        return ...

    def _read_argument(self, place: int) -> object:
        return self.arguments[place]

    def _read_int(self, text: str) -> int:
        if len(text) > MAX_BITS // 4 + 3:
            raise ValueError("too many digits")
        return int(text, 16)

    def _read_list(self, trees: list) -> list:
        return self.many(trees)

    def _read_tuple(self, trees: list) -> tuple:
        return tuple(self.many(trees))

    def _read_set(self, trees: list) -> set:
        return set(self._few(trees))

    def _read_frozenset(self, trees: list) -> frozenset:
        return frozenset(self._few(trees))

    def _read_dict(self, pairs: list) -> dict:
        if len(pairs) > MAX_KEYS:
            raise ValueError("too many keys")
        return {self.one(key): self.one(entry) for key, entry in pairs}

    def _read_view(self, name: str, trees: list) -> object:
        entries = self._few(trees)
        if name == "dict_keys":
            return dict.fromkeys(entries).keys()
        return dict(entries).items() if name == "dict_items" else dict(enumerate(entries)).values()

    def _read_complex(self, real: float, imag: float) -> complex:
        return complex(real, imag)

    def _read_range(self, *ends: object) -> range:
        found = range(*map(self.one, ends))
        if len(found) > MAX_KEYS:
            raise ValueError("too many numbers")
        return found

    def _read_slice(self, start: object, stop: object, step: object) -> slice:
        return slice(self.one(start), self.one(stop), self.one(step))

    def _read_fraction(self, numerator: object, denominator: object) -> Fraction:
        return Fraction(self.one(numerator), self.one(denominator))

    def _read_decimal(self, text: str) -> Decimal:
        found = Decimal(text)
        if abs(found.adjusted()) >= MAX_BITS:
            raise ValueError("too many digits")
        return found

    def _data(self, start: int, length: int) -> memoryview:
        if type(start) is not int or type(length) is not int or start != self.taken:
            raise ValueError("bytes from elsewhere")
        if not 0 <= length <= len(self.raw) - start:
            raise ValueError("bytes from elsewhere")
        self.taken += length
        return self.raw[start : start + length]

    def _read_bytes(self, start: int, length: int) -> bytes:
        return bytes(self._data(start, length))

    def _read_bytearray(self, start: int, length: int) -> bytearray:
        return bytearray(self._data(start, length))

    def _read_scalar(self, dtype: str, data: str) -> np.generic:
        return array_of(bytes.fromhex(data), dtype_of(dtype), ())[()]

    def _read_array(self, dtype: str, shape: list[int], start: int, length: int) -> np.ndarray:
        return array_of(self._data(start, length), dtype_of(dtype), shape_of(shape))

    def _read_objects(self, shape: list[int], trees: list) -> np.ndarray:
        entries, shape = self.many(trees), shape_of(shape)
        if len(entries) != math.prod(shape):
            raise ValueError("entries and shape differ")
        array = np.empty(len(entries), object)
        for place, entry in enumerate(entries):  # NumPy would make rows of entries that are lists
            array[place] = entry
        return array.reshape(shape)

    def _read_class(self, name: str) -> type:
        return _OWN[name] if name in _OWN else _NUMPY[name]

    def _read_rng(self, tree: object) -> np.random.Generator:
        bits = np.random.PCG64(0)
        bits.state = self.one(tree)
        return np.random.Generator(bits)

    def _one_more(self) -> None:
        self.objects += 1
        if self.objects > MAX_OBJECTS:
            raise ValueError("too many objects")

    def _read_like(self, name: str, module: str, text: str, tree: object) -> object:
        self._one_more()
        value = self.one(tree)
        base = type(value)
        if base not in _BASES:
            raise TypeError("like nothing known")
        return type(type_name(name), (base,), {"__repr__": lambda self: text, "__module__": type_name(module)})(value)

    def _read_kind(self, tag: str, tree: object) -> object:
        self._one_more()
        return KINDS[tag].from_wire(self.one(tree), self.channel)

    def _read_yours(self, handle: int) -> object:
        return self.channel.kept(handle)

    def _read_new(self, *described: Any) -> type:
        channel, handle, body = self.channel, described[3], self._body(*described)
        body["__new__"] = lambda cls, *args, **kwargs: channel.call(handle, args, kwargs)
        return type(type_name(described[0]), (StandInClass,), body)

    def _read_object(self, name: str, module: str, text: str, handle: int, methods: list, attributes: object) -> object:
        body, plain = self._body(name, module, text, handle), self.one(attributes)
        body["__repr__"] = lambda self: text
        body |= {method: across(self.channel, handle, method) for method in SPECIAL if method in methods}
        body |= {name: plain[name] for name in ATTRIBUTES if name in plain}
        return type(type_name(name), (StandIn,), body)()

    def _body(self, name: str, module: str, text: str, handle: int) -> dict[str, object]:
        self._one_more()
        if type(text) is not str or len(text) > MAX_REPR or type(handle) is not int:
            raise ValueError("no object")
        return {"handle": handle, "__module__": type_name(module)}


def _names(kind: type) -> list[str]:
    """A class's name, and its module's."""
    return [kind.__name__[:MAX_NAME], str(kind.__module__)[:MAX_NAME]]


def _plain(value: Any, base: type) -> object:
    """`value`, of a class made from `base`, as one of `base` itself."""
    if base is dict:
        return dict(dict.items(value))
    if base in (list, tuple, set, frozenset):
        return base(base.__iter__(value))
    if base in (str, bytes):
        return base.__getitem__(value, slice(None))[:] if base is bytes else base.__str__(value)
    return {int: int.__int__, float: float.__float__, complex: complex.__pos__}[base](value)
