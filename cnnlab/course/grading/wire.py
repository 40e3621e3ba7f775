"""Calls between the process that judges and the one that runs an answer, over two pipes.

Both sides speak in turn: one asks and waits, and while it waits it serves what the other asks of it, so a function of
the check's may be handed to an answer's function and be called back. A message is a line of lengths, a tree of JSON and
raw bytes (`plain`). Whatever comes from the other side may be a lie: lengths, numbers and names are bounded before
anything is allocated, and what does not fit the conversation raises `Nonsense`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

from cnnlab.course.grading.plain import (
    KINDS,
    MAX_RAW,
    MAX_TREE,
    SPECIAL,
    Nonsense,
    Packed,
    StandIn,
    TooLarge,
    decode,
    describe_error,
    encode,
    error_from,
)

MAX_NESTED = 40  # calls within calls
MAX_KEPT = 100_000  # objects that one side keeps for the other
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
    """

    def __init__(self, reader: BinaryIO, writer: BinaryIO, *, describes: bool) -> None:
        self.reader, self.writer, self.describes = reader, writer, describes
        self.nested = 0
        self.sent = 0
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

    # Asking and serving.

    def call(self, handle: int, args: tuple, kwargs: dict[str, object], method: str = "__call__") -> object:
        """Call a function that the other side keeps, or a special method of an object.

        It works on copies of the arguments; what it changes in them comes back into the arguments themselves.
        """
        mine = [*args, *kwargs.values()]
        return self._ask("call", [handle, method, [*args], {**kwargs}], mine)

    def request(self, name: str, *plain: object) -> Any:
        """Ask the other side's handler of this name."""
        return self._ask(name, [*plain], [])

    def _ask(self, name: str, values: list, arguments: list) -> Any:
        if self.nested >= MAX_NESTED:
            raise RecursionError(f"more than {MAX_NESTED} calls within calls")
        asked = encode(values, self)
        self.sent += 1
        number = self.sent  # the answer must bear it
        self._send({"ask": name, "number": number, "values": asked.tree}, asked.raw)
        self.nested += 1
        try:
            while True:
                message, raw = self._receive()
                if "ask" in message:
                    self._serve(message, raw)
                    continue
                if message.get("number") != number:
                    raise Nonsense("it answered a question that was not asked")
                return self._answered(message, raw, arguments)
        finally:
            self.nested -= 1

    def _answered(self, message: dict, raw: bytes, arguments: list) -> Any:
        for place, tree in message.get("changed", []):
            if type(place) is not int or not 0 <= place < len(arguments):
                raise Nonsense("it changed what it was not given")
            _change(arguments[place], tree, raw, self)
        if "raised" in message:
            try:
                error = error_from(message["raised"])
            except (TypeError, ValueError, IndexError, AttributeError) as wrong:
                raise Nonsense("an exception that is none") from wrong
            raise error
        if "value" not in message:
            raise Nonsense("an answer without a value")
        return decode(Packed(message["value"], raw), self, arguments)

    def serve(self) -> None:
        """Serve the other side until it has ended."""
        while True:
            try:
                message, raw = self._receive()
            except Gone:
                return
            if "ask" not in message:
                raise Nonsense("it answered a question that was not asked")
            self._serve(message, raw)

    def _serve(self, message: dict, raw: bytes) -> None:
        name, number = message["ask"], message.get("number")
        values = decode(Packed(message.get("values"), raw), self)
        if type(values) is not list or type(name) is not str:
            raise Nonsense("a question that is none")
        before: list[tuple[int, object, Packed]] = []
        arguments: dict[int, int] = {}
        if name == "call":
            handle, method, args, kwargs = values
            if method not in SPECIAL or not (self.describes or method == "__call__"):
                raise Nonsense("it called what is no function")
            given = [*args, *kwargs.values()]
            arguments = {id(value): place for place, value in enumerate(given) if _has_identity(value)}
            before = [(p, v, encode(v, self)) for p, v in enumerate(given) if _may_change(v, self)]
            kept = self.kept(handle)
            function = kept if method == "__call__" else getattr(kept, method)
        self.nested += 1
        try:
            if self.nested > MAX_NESTED:
                raise RecursionError(f"more than {MAX_NESTED} calls within calls")
            with np.errstate(all="ignore"):
                if name == "call":
                    result = function(*args, **kwargs)
                elif name in HANDLERS:
                    result = HANDLERS[name](self, *values)
                else:
                    raise Nonsense(f"it asked for {name[:40]!r}")
            packed = encode(result, self, arguments)
            reply, data = {"number": number, "value": packed.tree}, packed.raw
        except (Gone, Nonsense):
            raise
        except BaseException as error:  # noqa: BLE001  what a function raises is its answer, sys.exit included
            reply, data = {"number": number, "raised": describe_error(error)}, b""
        finally:
            self.nested -= 1
        try:
            reply["changed"], data = self._changes(before, data)
            self._send(reply, data)
        except TooLarge as error:
            self._send({"number": number, "raised": describe_error(error)}, b"")

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


def _change(mine: Any, sent: Any, raw: bytes, channel: Channel) -> None:
    """Put into `mine` what the other side's copy of it has become."""
    try:
        tree, start, length = sent
        part = raw[start : start + length]
        if type(tree) is list and tree[:1] == ["kind"]:
            kind = KINDS[tree[1]]
            return kind.update(mine, decode(Packed(tree[2], part), channel), channel)
        _replace(mine, decode(Packed(tree, part), channel))
    except Exception as error:  # noqa: BLE001  whatever a lie leads to
        raise Nonsense("it changed an argument into what it cannot be") from error
    return None


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
