"""What stands here for an object or an exception of the other side's: of the same type name, and with few methods."""

from __future__ import annotations

import builtins
import contextlib
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

MAX_NAME = 100  # characters of a type's name
MAX_REPR = 300  # of what a stand-in shows; a check shows at most 200

# What a stand-in has if the object has it.
SPECIAL = ("__call__", "__len__", "__iter__", "__next__", "__getitem__", "__contains__", "__array__")
SPECIAL += ("__float__", "__int__", "__index__", "__complex__", "__bool__")
ATTRIBUTES = ("__name__", "name", "ndim", "shape", "size")  # read once, where they are plain


class Keeper(Protocol):
    """What values need of the channel that they cross; see `channel.Channel`."""

    describes: bool

    def keep(self, value: object) -> int: ...

    def kept(self, handle: int) -> Any: ...

    def call(self, handle: int, args: tuple, kwargs: dict[str, object], method: str = "__call__") -> object: ...


class StandIn:
    """Stands for an object of the other side's."""

    handle: int


class StandInClass:
    """Stands for a class of the other side's: making one of it gives what the other side's class gives."""

    handle: int


def across(channel: Keeper, handle: int, method: str) -> Callable:
    """A method that is a call across the wire."""
    if method == "__array__":
        return lambda self, dtype=None, copy=None: np.asarray(channel.call(handle, (), {}, method), dtype)
    return lambda self, *args, **kwargs: channel.call(handle, args, kwargs, method)


def type_name(name: str) -> str:
    """`name` if a type can be called so."""
    if type(name) is not str or len(name) > MAX_NAME or "\0" in name or not name:
        raise ValueError("no name")
    name.encode()  # a type's name has no half characters
    return name


def shown(value: object) -> str:
    """The beginning of what Python shows of a value."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  a learner's __repr__
        text = object.__repr__(value)
    return str(text)[:MAX_REPR]


def has(kind: type, method: str) -> bool:
    """Whether objects of this class have a special method: not the class itself, which its metaclass may give it."""
    return next((vars(base)[method] for base in kind.__mro__ if method in vars(base)), None) is not None


def attribute(value: object, name: str) -> object:
    """An attribute of a value if it is a text, a number or a shape; otherwise None."""
    try:
        found = getattr(value, name, None)
    except Exception:  # noqa: BLE001  a learner's property
        return None
    if type(found) is str:
        return found[:MAX_REPR]
    return found if type(found) is int or (type(found) is tuple and all(type(e) is int for e in found)) else None


def describe_error(error: BaseException) -> list:
    """The name of an exception's type and of those it is made from, and its text."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001  a learner's __str__
        text = ""
    if len(text) > 20_000:
        text = f"{text[:10_000]}\n… {len(text) - 20_000:,} characters left out …\n{text[-10_000:]}"
    return [[kind.__name__[:MAX_NAME] for kind in type(error).__mro__[:20]], text]


def error_from(described: Any) -> Exception:
    """An exception of the same type name and text, made from the nearest of Python's own."""
    names, text = described
    if type(text) is not str:
        raise ValueError("an exception without a text")
    name, body = type_name(names[0]), {"__str__": lambda self: text}
    own = [getattr(builtins, name, None) for name in names]
    for base in [kind for kind in own if isinstance(kind, type) and issubclass(kind, Exception)]:
        with contextlib.suppress(TypeError):  # one that is made of more than a text, as a group is
            return type(name, (base,), body)(text)
    return type(name, (Exception,), body)(text)
