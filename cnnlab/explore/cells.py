"""The explorer that a lesson's cell shows, read from its source without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from cnnlab import explore


def from_source(source: str) -> explore.Explorer | None:
    """The explorer that a cell shows, where all that makes it is written as literals and a page can move it, or None.

    What the cell asks first (``predict``) is left out: a page cannot judge a guess.

    Parameters
    ----------
    source : a cell's code

    Examples
    --------
    >>> from_source('shapes = explore.ShapeExplorer(height=6, predict=True).set(strides=3)').state()["strides"]
    3
    >>> from_source("explore.LayerMicroscope(model, cat)") is None
    True
    """
    shown = _shown(source)
    if shown is None:
        return None
    made, moves = shown
    kind = getattr(explore, made.func.attr)
    if not getattr(kind, "listed", None):  # the annotator is no explorer: it works on files
        return None
    try:
        given, named = _literals(made)
        settings = [_literals(move)[1] for move in moves]
    except ValueError:
        return None
    named.pop("predict", None)
    explorer = kind(*given, **named)
    for setting in settings:
        explorer.set(**setting)
    return explorer


def named_in(source: str) -> str | None:
    """The class of the explorer that a cell shows, or else of the last that it names; None where it names none.

    Examples
    --------
    >>> named_in("explore.LayerMicroscope(model, cat)")
    'LayerMicroscope'
    """
    shown = _shown(source)
    if shown is not None:
        return shown[0].func.attr
    names = [made.func.attr for made in _made(_parsed(source))]
    return names[-1] if names else None


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:  # a cell may hold a line of the shell
        return ast.Module(body=[], type_ignores=[])


def _made(tree: ast.AST) -> Iterator[ast.Call]:
    """Every call of an explorer's class, in the order of the text."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_class(node.func)]
    yield from sorted(calls, key=lambda node: (node.lineno, node.col_offset))


def _is_class(func: ast.expr) -> bool:
    if not (isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == "explore"):
        return False
    return func.attr in explore.__all__


def _shown(source: str) -> tuple[ast.Call, list[ast.Call]] | None:
    """The call that makes what the cell shows, and the calls of its `set` in their order."""
    held: dict[str, tuple[ast.Call, list[ast.Call]]] = {}
    last = None
    for statement in _parsed(source).body:
        last = None
        if not isinstance(statement, (ast.Assign, ast.Expr)):
            continue
        last = _chain(statement.value, held)
        if isinstance(statement, ast.Assign) and last is not None:
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    held[target.id] = last
    return last


def _chain(value: ast.expr, held: dict[str, tuple[ast.Call, list[ast.Call]]]) -> tuple[ast.Call, list[ast.Call]] | None:
    if isinstance(value, ast.Name):
        return held.get(value.id)
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)):
        return None
    if _is_class(value.func):
        return value, []
    before = _chain(value.func.value, held) if value.func.attr == "set" else None
    if before is not None:
        before[1].append(value)
    return before


def _literals(call: ast.Call) -> tuple[list, dict[str, object]]:
    """The arguments of a call; ValueError where one is more than a literal."""
    named = {}
    for keyword in call.keywords:
        if keyword.arg is None:
            raise ValueError("no literal")
        named[keyword.arg] = ast.literal_eval(keyword.value)
    return [ast.literal_eval(value) for value in call.args], named
