"""Calls between the process that judges and the one that runs an answer, over two pipes.

Both sides speak in turn: one asks and waits, and while it waits it serves what the other asks of it, so a function of
the check's may be handed to an answer's function and be called back. A message is a line of lengths, a tree of JSON and
raw bytes (`plain`). Whatever comes from the other side may be a lie: lengths, numbers and names are bounded before
anything is allocated, and what does not fit the conversation raises `Nonsense`.
"""

from __future__ import annotations

import contextlib
import json
import struct
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import numpy as np

from cnnlab.course.grading.wire.plain import (
    KINDS,
    MAX_RAW,
    MAX_TREE,
    Nonsense,
    NotForAnswers,
    Packed,
    TooLarge,
    TooMuch,
    decode,
    encode,
)
from cnnlab.course.grading.wire.stand_in import SPECIAL, StandIn, describe_error, error_from

MAX_NESTED = 40  # calls within calls
MAX_KEPT = 100_000  # objects that one side keeps for the other
MAX_RECEIVED = 200_000_000  # bytes from an answer for one exercise; a tree counts as what it may take in memory
MAX_ITEMS = 10_000  # entries of an answer's objects that are asked for one by one, for one exercise
_TREE = 20  # bytes in memory for each character: an empty set has eleven, and takes 220
_HEAD = struct.Struct("<4sII")
_MAGIC = b"cnn1"
_MUTABLE = (np.ndarray, list, dict, set, np.random.Generator)

HANDLERS: dict[str, Callable[..., object]] = {}


class Gone(BaseException):
    """The other side has ended. No `Exception`: a check must not take it for an answer's."""


def handler(name: str) -> Callable[[Callable], Callable]:
    """Serve requests called `name` with the function below: ``function(channel, *plain) -> plain``."""

    def registered(function: Callable) -> Callable:
        HANDLERS[name] = function
        return function

    return registered


class Channel:
    """One side of the conversation.

    Parameters
    ----------
    reader, writer : binary files to the other side
    describes : whether objects that are not plain are sent as stand-ins: True in the process that runs answers
    handlers : what the other side may ask for beside what `handler` registers: name → ``function(channel, *plain)``
    """

    def __init__(
        self,
        reader: BinaryIO,
        writer: BinaryIO,
        *,
        describes: bool,
        handlers: Mapping[str, Callable[..., object]] | None = None,
    ) -> None:
        self.reader, self.writer, self.describes = reader, writer, describes
        self.handlers = handlers or {}
        self.waiting: contextlib.AbstractContextManager = contextlib.nullcontext()  # entered while we depend on it
        self.nested = 0
        self.broken: BaseException | None = None
        self.sent = self.received = self.items = 0
        self._kept: dict[int, object] = {}
        self._places: dict[int, int] = {}  # id of a kept object → its handle
        self._next = 0

    # Objects that the other side knows by a number.

    def keep(self, value: object) -> int:
        """Keep `value` for the other side and return the number that it knows it by."""
        if id(value) in self._places:
            return self._places[id(value)]
        if len(self._kept) >= MAX_KEPT:
            raise TooLarge(f"more than {MAX_KEPT:,} objects were handed over")
        self._next += 1
        self._kept[self._next], self._places[id(value)] = value, self._next
        return self._next

    def kept(self, handle: int) -> Any:
        """The object that `keep` gave this number; `Nonsense` if it gave it to none."""
        if type(handle) is not int or handle not in self._kept:
            raise Nonsense("it asked for something that it was not given")
        return self._kept[handle]

    def forget(self) -> None:
        """Forget what is kept; numbers are not used again."""
        self._kept.clear()
        self._places.clear()
        self.received = self.items = 0

    # Asking and serving.

    def call(self, handle: int, args: tuple, kwargs: dict[str, object], method: str = "__call__") -> object:
        """Call a function that the other side keeps, or a special method of an object.

        It works on copies of the arguments; what it changes in them comes back into the arguments themselves.
        """
        if method in ("__next__", "__getitem__"):
            self.items += 1
            if self.items > MAX_ITEMS:
                raise TooLarge(f"this is too large to be checked: entry by entry, it has more than {MAX_ITEMS:,}")
        mine = [*args, *kwargs.values()]
        return self._ask("call", [handle, method, [*args], {**kwargs}], mine)

    def request(self, name: str, *plain: object) -> Any:
        """Ask the other side's handler of this name."""
        return self._ask(name, [*plain], [])

    def _ask(self, name: str, values: list, arguments: list) -> Any:
        if self.broken is not None:  # NumPy may have let it pass where it tries what an object can do
            raise self.broken
        try:
            return self._answer_to(name, values, arguments)
        except (Gone, Nonsense) as error:
            self.broken = error
            raise

    def _answer_to(self, name: str, values: list, arguments: list) -> Any:
        if self.nested >= MAX_NESTED:
            raise RecursionError(f"more than {MAX_NESTED} calls within calls")
        asked = encode(values, self)
        self.sent += 1
        number = self.sent  # the answer must bear it
        self.nested += 1
        try:
            with contextlib.nullcontext() if self.nested > 1 else self.waiting:
                self._send({"ask": name, "number": number, "values": asked.tree}, asked.raw)  # it may not read
                while True:
                    message, raw = self._receive()
                    if "ask" not in message:
                        break
                    self._serve(message, raw)
            if message.get("number") != number:
                raise Nonsense("it answered what was not asked")
            return self._answered(message, raw, arguments)
        finally:
            self.nested -= 1

    def _answered(self, message: dict, raw: bytes, arguments: list) -> Any:
        try:
            for place, (tree, start, length) in message.get("changed", []):
                _change(arguments[place], Packed(tree, raw[start : start + length]), self)
            error = error_from(message["raised"]) if "raised" in message else None
        except Exception as lie:  # noqa: BLE001  whatever a lie leads to
            raise Nonsense("it sent what is no answer") from lie
        if error:
            raise error
        return decode(Packed(message.get("value", []), raw), self, arguments)

    def serve(self) -> None:
        """Serve the other side until it has ended."""
        while True:
            try:
                message, raw = self._receive()
            except Gone:
                return
            if "ask" not in message:
                raise Nonsense("it answered what was not asked")
            self._serve(message, raw)

    def _serve(self, message: dict, raw: bytes) -> None:
        """Answer a question, whatever comes of it; `Nonsense` where it is none."""
        number = message.get("number")
        function, args, kwargs = self._asked(message, raw)
        given = [*args, *kwargs.values()]
        arguments = {id(value): place for place, value in enumerate(given) if _has_identity(value)}
        self.nested += 1
        try:
            if self.nested > MAX_NESTED:
                raise RecursionError(f"more than {MAX_NESTED} calls within calls")
            before = [(place, v, encode(v, self)) for place, v in enumerate(given) if _may_change(v, self)]
            with np.errstate(all="ignore"):
                try:
                    packed = encode(function(*args, **kwargs), self, arguments)
                    reply, data = {"number": number, "value": packed.tree}, packed.raw
                except BaseException as error:  # noqa: BLE001  sys.exit too is an answer
                    if isinstance(error, (Gone, Nonsense, NotForAnswers)):
                        raise
                    reply, data = {"number": number, "raised": describe_error(error)}, b""
            reply["changed"], data = self._changes(before, data)
            self._send(reply, data)
        except (RecursionError, TooLarge) as error:
            self._send({"number": number, "raised": describe_error(error)}, b"")
        finally:
            self.nested -= 1

    def _asked(self, message: dict, raw: bytes) -> tuple[Callable, list, dict[str, object]]:
        """What is to be called for a question, and with what."""
        name, values = message["ask"], decode(Packed(message.get("values"), raw), self)
        if type(name) is not str or type(values) is not list:
            raise Nonsense("it asked what is no question")
        if name != "call":
            handler = self.handlers.get(name) or HANDLERS.get(name)
            if handler is None:
                raise Nonsense("it asked for what nobody does")
            return handler, [self, *values], {}
        handle, method, args, kwargs = values if len(values) == 4 else (None,) * 4
        if type(args) is not list or type(kwargs) is not dict or not all(type(key) is str for key in kwargs):
            raise Nonsense("it asked what is no question")
        kept = self.kept(handle)
        if method == "__call__" and callable(kept):
            return kept, args, kwargs
        if not self.describes or method not in SPECIAL:
            raise Nonsense("it called what is no function")
        return getattr(kept, method), args, kwargs

    def _changes(self, before: list[tuple[int, object, Packed]], data: bytes) -> tuple[list, bytes]:
        """What has become of the arguments that changed, and `data` with their bytes behind it."""
        changed = []
        for place, value, was in before:
            now = encode(value, self)
            if (now.tree, now.raw) != (was.tree, was.raw):
                changed.append([place, [now.tree, len(data), len(now.raw)]])
                data += now.raw
        return changed, data

    # Messages.

    def _send(self, message: dict, raw: bytes) -> None:
        tree = json.dumps(message, separators=(",", ":")).encode("ascii")
        if len(tree) > MAX_TREE or len(raw) > MAX_RAW:
            raise TooLarge("this is too large to be checked")
        try:
            self.writer.write(_HEAD.pack(_MAGIC, len(tree), len(raw)) + tree + raw)
            self.writer.flush()
        except (OSError, ValueError) as error:  # the pipe is broken, or closed on our side
            raise Gone from error

    def _receive(self) -> tuple[dict, bytes]:
        magic, length, size = _HEAD.unpack(self._read(_HEAD.size))
        if magic != _MAGIC or length > MAX_TREE or size > MAX_RAW:
            raise Nonsense("it sent what is no message")
        self.received += _TREE * length + size
        if self.received > MAX_RECEIVED and not self.describes:  # what a check hands to an answer is the course's own
            raise TooMuch(f"it handed over more than {MAX_RECEIVED // 10**6} MB of values for one exercise")
        tree, raw = self._read(length), self._read(size)
        try:
            message = json.loads(tree)
        except (ValueError, RecursionError) as error:
            raise Nonsense("it sent what is no message") from error
        if type(message) is not dict:
            raise Nonsense("it sent what is no message")
        return message, raw

    def _read(self, length: int) -> bytes:
        try:
            data = self.reader.read(length) if length else b""
        except (OSError, ValueError) as error:
            raise Gone from error
        if len(data) < length:
            raise Gone
        return data


def _has_identity(value: object) -> bool:
    """Whether it can be told that a function gave back this very object."""
    return not (value is None or value is ... or isinstance(value, (bool, int, float, str, bytes, tuple, StandIn)))


def _may_change(value: object, channel: Channel) -> bool:
    if isinstance(value, _MUTABLE):
        return True
    if isinstance(value, tuple):
        return any(_may_change(entry, channel) for entry in value)
    return not _plain_constant(value) and any(
        kind.update and kind.to_wire(value, channel) is not None for kind in KINDS.values()
    )


def _plain_constant(value: object) -> bool:
    return value is None or isinstance(value, (bool, int, float, str, bytes, np.generic, StandIn))


def _change(mine: Any, packed: Packed, channel: Channel) -> None:
    """Put into `mine` what the other side's copy of it has become."""
    if type(packed.tree) is list and packed.tree[:1] == ["kind"]:
        _, tag, sent = packed.tree
        KINDS[tag].update(mine, decode(Packed(sent, packed.raw), channel), channel)
    else:
        _replace(mine, decode(packed, channel))


def _replace(mine: Any, new: Any) -> Any:
    """`mine` changed in place to be equal to `new` where it can; otherwise `new`."""
    if type(mine) is not type(new):
        return new
    if isinstance(mine, np.ndarray) and mine.shape == new.shape and mine.dtype == new.dtype:
        mine[...] = new
    elif isinstance(mine, np.random.Generator):
        mine.bit_generator.state = new.bit_generator.state
    elif isinstance(mine, list):
        same = len(mine) == len(new)
        mine[:] = [_replace(old, entry) for old, entry in zip(mine, new, strict=True)] if same else new
    elif isinstance(mine, dict):
        changed = {key: _replace(mine[key], entry) if key in mine else entry for key, entry in new.items()}
        mine.clear()
        mine.update(changed)
    elif isinstance(mine, set):
        mine.clear()
        mine.update(new)
    elif isinstance(mine, tuple) and len(mine) == len(new):
        return type(mine)(_replace(old, entry) for old, entry in zip(mine, new, strict=True))
    else:
        return new
    return mine
