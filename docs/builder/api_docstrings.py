"""Docstrings as the reference shows them.

The course writes ``n : input length in pixels, >= 1``: what an argument is stands where numpydoc expects its type, and
the type stands in the signature. On a page the type moves beside the name, and the signature becomes short.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from itertools import pairwise
from typing import Any

import api_names
from sphinx.application import Sphinx

_LISTS = ("Parameters", "Other Parameters", "Attributes")
_ANSWERS = ("Returns", "Yields")
_UNDER = re.compile(r"-{3,}\s*")
_JOIN = "\\ "  # between two pieces of markup without a space
_WORD = re.compile(r"[A-Za-z_][\w.]*")

_Entry = tuple[str, list[str], list[str]]  # first line, what is indented below it, empty lines at its end


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx, before numpydoc's own reading of docstrings and after it for what stands below them."""
    app.connect("autodoc-process-signature", _shorten_signature, priority=400)
    app.connect("autodoc-skip-member", _skip_what_is_not_ours)
    app.connect("autodoc-process-docstring", _retell, priority=400)
    app.connect("autodoc-process-docstring", _add_lessons, priority=600)
    app.connect("missing-reference", _find)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _shorten_signature(
    app: Sphinx, what: str, name: str, thing: object, options: object, signature: str | None, answer: str | None
) -> tuple[str, str] | None:
    if not signature:
        return None
    if inspect.isclass(thing) and signature == "(*args, **kwargs)":  # a Keras layer, as its metaclass makes one
        signature = str(_signature(thing))
    if re.search(r"\n(?:Parameters|Attributes)\n---", inspect.getdoc(thing) or ""):
        signature = without_types(signature)
    return signature, plain(answer) if answer else answer


def _skip_what_is_not_ours(
    app: Sphinx, what: str, name: str, thing: object, skip: bool, options: object
) -> bool | None:
    """Skip methods that matplotlib makes for each subclass."""
    return True if not getattr(thing, "__module__", "cnnlab").startswith("cnnlab") else None


def _retell(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    if what == "module":
        return
    lines[:] = retold(lines, types_of(thing))
    with suppress(TypeError, ValueError):  # not something to call, or made by Python itself
        own = "|".join(_signature(thing).parameters) or "(?!)"
        # An argument is no link, though something in the module may have its name.
        shown = next((number for number, line in enumerate(lines) if line.lstrip().startswith(">>>")), len(lines))
        lines[:shown] = [re.sub(rf"(?<![`:])`({own})`(?!`)", r"``\1``", line) for line in lines[:shown]]


def _signature(thing: Any) -> inspect.Signature:
    """What a function takes, or what a class takes when it is made."""
    if not inspect.isclass(thing) or "__init__" not in vars(thing):
        return inspect.signature(thing)
    made = inspect.signature(thing.__init__)
    return made.replace(parameters=list(made.parameters.values())[1:], return_annotation=made.empty)


def _add_lessons(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    lines += ["", f".. lessons-using:: {name}", ""]


def _find(app: Sphinx, env: Any, node: Any, shown: Any) -> Any:
    """Find what a docstring names as its own module does: `detections.read`, or a class of another module."""
    if node.get("refdomain") != "py":
        return None
    from sphinx.util.nodes import make_refnode

    said = node["reftarget"]
    first, _, rest = said.partition(".")
    objects = env.domains["py"].objects
    room = (node.get("py:module") or "").rpartition(".")[0]  # on a page without a module, None
    for name in (
        f"cnnlab.{said}",
        f"{room}.{said}",
        api_names.real_names().get(said),
        f"{_classes().get(first)}.{rest}".rstrip("."),
    ):
        if name in objects:
            there = objects[name]
            return make_refnode(app.builder, node["refdoc"], there.docname, there.node_id, shown, name)
    return None


def without_types(signature: str) -> str:
    """Leave the types out of a signature.

    >>> without_types("(n: int, padding: str | int = 'valid', *, seed: int = 0)")
    "(n, padding='valid', *, seed=0)"
    >>> without_types("(dtype=<class 'float'>)")  # what cannot be read stays as it is
    "(dtype=<class 'float'>)"
    """
    try:
        arguments = ast.parse(f"def f{signature}: pass").body[0].args
    except SyntaxError:
        return signature
    for argument in ast.walk(arguments):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    return f"({ast.unparse(arguments)})"


def types_of(thing: object) -> dict[str, str]:
    """Return the types of a function's arguments, or of a class's attributes and arguments, as they are written."""
    if not inspect.isclass(thing):
        return {name: _written(kind) for name, kind in getattr(thing, "__annotations__", {}).items()}
    found: dict[str, str] = {}
    for parent in reversed(thing.__mro__):
        if not parent.__module__.startswith("cnnlab"):
            continue
        found |= {name: _written(kind) for name, kind in inspect.get_annotations(parent).items()}
        for name, member in vars(parent).items():
            if isinstance(member, property) and member.fget:
                found[name] = _written(member.fget.__annotations__.get("return", ""))
        found |= types_of(vars(parent).get("__init__"))
    return {name: kind for name, kind in found.items() if not kind.startswith("ClassVar")}


def _written(kind: object) -> str:
    kind = getattr(kind, "__forward_arg__", kind)  # a NamedTuple's field
    return plain(kind if isinstance(kind, str) else inspect.formatannotation(kind))


def plain(kind: str) -> str:
    """Return a type without the modules that everybody knows.

    >>> plain("np.ndarray | Sequence[np.ndarray] | None")
    'ndarray | Sequence[ndarray] | None'
    """
    return re.sub(r"\b(?:np|collections\.abc|typing)\.", "", kind)


def retold(lines: list[str], types: Mapping[str, str]) -> list[str]:
    """Give the lists of arguments, attributes and answers the form that numpydoc expects.

    Examples
    --------
    >>> text = ["Parameters", "----------", "n : input length,", "    in pixels", "k, s : >= 1", "", "Notes", "-----"]
    >>> print("\\n".join(retold(text, {"n": "int", "k": "int", "s": "float"})))
    Parameters
    ----------
    n : ``int``
        input length,
        in pixels
    k, s : ``int``, ``float``
        >= 1
    <BLANKLINE>
    Notes
    -----
    """
    starts = [number for number, line in enumerate(lines[1:]) if _UNDER.fullmatch(line)]
    told = lines[: starts[0]] if starts else lines
    for start, end in pairwise([*starts, len(lines)]):
        section = lines[start].strip()
        if section not in _LISTS + _ANSWERS:
            told += lines[start:end]
            continue
        told += lines[start : start + 2]
        for entry in _entries(lines[start + 2 : end]):
            told += _listed(entry, types) if section in _LISTS else _answered(entry)
    return told


def _entries(lines: list[str]) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield each entry of a list: its first line, what is indented below it, and the empty lines at its end."""
    starts = [number for number, line in enumerate(lines) if line and not line.startswith(" ")]
    for start, end in pairwise([*starts, len(lines)]):
        below = "\n".join(lines[start + 1 : end])
        text = textwrap.dedent(below).strip("\n")
        yield lines[start], text.split("\n") if text else [], [""] * (not lines[end - 1])


def _listed(entry: _Entry, types: Mapping[str, str]) -> list[str]:
    first, below, space = entry
    names, _, says = first.partition(" : ")
    kind = _types(names, says, types)
    text = [says] * bool(says) + below
    return [f"{names} : {kind}" if kind else names, *_indented(text), *space]


def _answered(entry: _Entry) -> list[str]:
    first, below, space = entry
    name, colon, says = first.partition(" : ")
    if colon:
        return [f"**{name}**", *_indented([says, *below]), *space]
    if below and below[0][:1].islower():  # one sentence over several lines
        return [" ".join([first, *below]), *space]
    return [first, *_indented(below), *space]


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" if line else "" for line in lines]


def _types(head: str, says: str, types: Mapping[str, str]) -> str:
    """What stands after the names `head`: their type, or theirs in turn; nothing where the words begin with it."""
    kinds = [types.get(name.strip().lstrip("*"), "") for name in head.split(",")]
    if not all(kinds) or says.startswith(re.split(r"\W", kinds[0])[0]):
        return ""
    return ", ".join(map(linked, kinds[:1] if len(set(kinds)) == 1 else kinds))


def linked(kind: str) -> str:
    """Write a type as code, with a link where the reference describes one of its classes.

    >>> print(linked("Sequence[Detections] | None"), "and", linked("int"))
    ``Sequence[``\\ :py:obj:`Detections <cnnlab.detections.Detections>`\\ ``] | None`` and ``int``
    """
    text, at = "", 0
    for word in _WORD.finditer(kind):
        if there := _classes().get(word[0]):
            text += f"{_code(kind[at : word.start()])}:py:obj:`{word[0]} <{there}>`"
            at = word.end()
    return (text + _code(kind[at:])).removeprefix(_JOIN).removesuffix(_JOIN)


def _code(text: str) -> str:
    """`text` as code between two others: spaces stand outside, and a backslash ends what has none."""
    core = text.strip()
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before or _JOIN}``{core}``{after or _JOIN}" if core else text


@lru_cache(maxsize=1)
def _classes() -> dict[str, Any]:
    """Classes of the reference by their bare names; those whose names two modules share are left out."""
    there: dict[str, str] = {}
    shared = set()
    for page in api_names.pages().values():
        for name in page.defined:
            if inspect.isclass(getattr(page.module, name)):
                shared |= {name} & there.keys()
                there[name] = f"{page.name}.{name}"
    return {name: place for name, place in there.items() if name not in shared}
