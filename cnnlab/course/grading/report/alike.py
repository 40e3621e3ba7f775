"""Answers that differ in names, spacing and comments alone.

Two answers are compared by what Python reads: the syntax tree, in which the names that an answer gives itself are
numbered in the order of their appearance. Names from elsewhere (`len`, `np`), attributes and constants stay.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass

_LONGEST = 20_000  # characters; what is longer is not compared
_DOCUMENTED = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Form:
    """What remains of an answer without its own names: equal for two answers that are alike.

    Attributes
    ----------
    text : the syntax tree
    size : how many parts it has: names, constants, operations
    """

    text: str
    size: int


def form(source: str) -> Form | None:
    """Return an answer's form; None where Python cannot read it or it is longer than 20,000 characters.

    Examples
    --------
    >>> one = form("def size(n, f):\\n    return n - f  # too few")
    >>> other = form("def size(height,kernel):\\n  '''The size.'''\\n  return (height-kernel)")
    >>> one == other, one == form("def size(n, f): return f - n")
    (True, False)
    """
    tree = parsed(source)
    if tree is None:
        return None
    try:
        _OwnNames(tree).visit(tree)
        size = sum(not isinstance(node, ast.expr_context) for node in ast.walk(tree))
        return Form(ast.dump(tree), size)
    except (RecursionError, ValueError):  # nested too deeply; a whole number too long to be written
        return None


def parsed(source: str) -> ast.Module | None:
    """Return the syntax tree of an answer without docstrings; None where Python cannot read it."""
    if len(source) > _LONGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an escape in a learner's string, say
            tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
                node.body = node.body[1:] or [ast.Pass()]
        return tree
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _OwnNames(ast.NodeVisitor):
    """Numbers the names that a tree gives itself, and takes off the annotations."""

    def __init__(self, tree: ast.Module) -> None:
        self.own = {name for node in ast.walk(tree) for name in _given(node)}
        self.numbers: dict[str, str] = {}

    def _number(self, name: str) -> str:
        return self.numbers.setdefault(name, f"_{len(self.numbers)}") if name in self.own else name

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
        if isinstance(node, ast.alias):
            node.asname = self._number(_bound(node))
        else:
            for field in ("id", "arg", "name", "rest", "names"):  # keywords of a call stay as they are
                value = getattr(node, field, None)
                if isinstance(node, ast.keyword):
                    continue
                if isinstance(value, str):
                    setattr(node, field, self._number(value))
                elif field == "names" and isinstance(node, (ast.Global, ast.Nonlocal)):
                    node.names = [self._number(name) for name in value]
        super().generic_visit(node)


def _given(node: ast.AST) -> list[str]:
    """The names that a node of the tree gives to something."""
    if isinstance(node, ast.Name):
        return [] if isinstance(node.ctx, ast.Load) else [node.id]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, ast.alias):
        return [_bound(node)]
    names = [getattr(node, field, None) for field in ("name", "rest")]  # definitions, handlers, patterns
    return [name for name in names if isinstance(name, str)]


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]
