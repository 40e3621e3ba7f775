"""Objects of a check's own that an answer is given to use: their methods can be called, and nothing else of them.

A check may hand out an object that notes what it is asked, in place of a model say. It stays with the check; the answer
gets a stand-in with the same public methods. Nothing is looked up by a name from the other side but one of these, so
no way leads from a method to its module.
"""

from __future__ import annotations

import inspect
from typing import Any

from cnnlab.course.grading.wire.channel import Channel, handler
from cnnlab.course.grading.wire.plain import Nonsense, register
from cnnlab.course.grading.wire.stand_in import StandIn, shown

_MODULES: set[str] = set()


def lend_objects_of(module: str) -> None:
    """Let objects of classes that are defined in `module`, or in the package that it is, be handed to answers."""
    _MODULES.add(module)


def _methods(value: object) -> list[str]:
    """The methods that an answer may call, in the order of the alphabet."""
    kind = type(value)
    if not any(f"{kind.__module__}.".startswith(f"{module}.") for module in _MODULES):
        return []
    names = [name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")]
    return [*names, "__call__"] if callable(value) else names


def _to_wire(value: object, channel: Channel) -> dict[str, object] | None:
    if channel.describes or isinstance(value, (StandIn, type)) or inspect.isroutine(value):
        return None
    if not (methods := _methods(value)):
        return None
    names = {"type": type(value).__name__, "module": type(value).__module__, "shown": shown(value)}
    return {**names, "handle": channel.keep(value), "methods": methods}


def _from_wire(sent: Any, channel: Channel) -> object:
    if not channel.describes:
        raise TypeError("only a check lends objects")
    handle, text = sent["handle"], sent["shown"]
    body: dict[str, object] = {"handle": handle, "__module__": sent["module"], "__repr__": lambda self: text}
    body |= {name: _across(channel, handle, name) for name in sent["methods"]}
    return type(sent["type"], (StandIn,), body)()


def _across(channel: Channel, handle: int, name: str) -> Any:
    return lambda self, *args, **kwargs: channel.request("lent", handle, name, args, kwargs)


@handler("lent")
def _called(channel: Channel, handle: int, name: str, args: tuple, kwargs: dict[str, object]) -> object:
    value = channel.kept(handle)
    if channel.describes or name not in _methods(value) or type(args) is not tuple or type(kwargs) is not dict:
        raise Nonsense("it called what it was not lent")
    return getattr(value, name)(*args, **kwargs)


register("lent", _to_wire, _from_wire)
