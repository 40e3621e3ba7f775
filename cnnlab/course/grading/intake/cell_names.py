"""Which names the text of a cell reads and which it leaves behind, told without running it.

The text is a stranger's, so it is bounded before Python's parser sees it: that one recurses with the text, and a sum of
a hundred thousand terms can end the process that asks.
"""

from __future__ import annotations

import ast
import io
import re
import symtable
import tokenize
import warnings
from dataclasses import dataclass

LONGEST = 50_000  # characters of a cell; the longest solution of the course has 2,500
_STATEMENT = 2_000  # words and signs of one statement; the longest of the course has 300
# `size += 1` reads what it binds, and Python's table of symbols does not say so.
_CHANGED = re.compile(r"(?:^|[;:])[ \t]*([^\W\d]\w*)[ \t]*(?:[-+%@&|^]|\*\*?|//?|<<|>>)=", re.MULTILINE)
_MAGIC = re.compile(r"^([ \t]*)(?:[%!].*|.*\?)$", re.MULTILINE)


def bound(source: str) -> frozenset[str] | None:
    """Return the global names that a cell binds: by assignment, ``def``, ``class``, ``import``, ``for``, ``with`` …

    Parameters
    ----------
    source : a cell's text; lines of IPython's own (``%time``, ``!pip``, ``size?``) are passed over

    Returns
    -------
    frozenset of str, or None
        None where the text is no Python, or longer than any cell that somebody has written by hand.

    Examples
    --------
    >>> sorted(bound("import numpy as np\\ndef area(h, w):\\n    inner = h * w\\n    return inner"))
    ['area', 'np']
    """
    scopes = _scopes(source)
    return None if scopes is None else scopes.bound


def read(source: str) -> frozenset[str] | None:
    """Return the global names that a cell reads, inside its functions too; builtins and its own are among them.

    Parameters
    ----------
    source : as for `bound`

    Returns
    -------
    frozenset of str, or None
        None as for `bound`.

    Examples
    --------
    >>> sorted(read("def area(h, w):\\n    return np.prod([h, w]) * scale"))
    ['np', 'scale']
    """
    scopes = _scopes(source)
    return None if scopes is None else scopes.read | (scopes.bound & set(_CHANGED.findall(source)))


def parsed(source: str) -> tuple[str, ast.Module] | None:
    """Return a cell's syntax tree and the text that it is of, in which lines of IPython's own read ``pass``.

    Parameters
    ----------
    source : as for `bound`

    Returns
    -------
    (str, ast.Module), or None
        None as for `bound`.

    Examples
    --------
    >>> parsed("%time\\nx = 3")[0]
    'pass\\nx = 3'
    """
    for text in (source, _MAGIC.sub(r"\1pass", source)):
        if not _reasonable(text):
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an invalid escape is the learner's business
                return text, ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


@dataclass(frozen=True)
class _Scopes:
    bound: frozenset[str]
    read: frozenset[str]


def _scopes(source: str) -> _Scopes | None:
    """Return the global names in a text; None where it is no Python or unreasonable."""
    if (found := parsed(source)) is None:
        return None
    text, tree = found
    only_bound, only_read = _of_comprehensions(tree)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            waiting = [(0, symtable.symtable(text, "<cell>", "exec"))]
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a tree may be read and still be no program
        return None
    binds, reads = set(), set()
    while waiting:
        depth, table = waiting.pop()
        for symbol in table.get_symbols():
            if (symbol.is_assigned() or symbol.is_imported()) and (depth == 0 or symbol.is_declared_global()):
                binds.add(symbol.get_name())
            if symbol.is_referenced() and (depth == 0 or symbol.is_global()):
                reads.add(symbol.get_name())
        waiting += [(depth + 1, child) for child in table.get_children()]
    return _Scopes(frozenset(binds - only_bound), frozenset(reads - only_read))


def _of_comprehensions(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Return the names that only comprehensions bind, and that only they read: from Python 3.12 on, which runs them in
    place, its table of symbols has those among the names of the cell.
    """
    theirs, bound_elsewhere, read_elsewhere = set(), set(), set()
    waiting: list[tuple[ast.AST, frozenset[str]]] = [(tree, frozenset())]
    while waiting:
        node, inner = waiting.pop()
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            targets = [part for generator in node.generators for part in ast.walk(generator.target)]
            names = frozenset(part.id for part in targets if isinstance(part, ast.Name))
            theirs |= names
            first, *others = node.generators
            parts = [getattr(node, field) for field in ("elt", "key", "value") if hasattr(node, field)]
            parts += [*first.ifs, *(part for other in others for part in (other.iter, *other.ifs))]
            waiting += [(first.iter, inner), *((part, inner | names) for part in parts)]
            continue
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                bound_elsewhere.add(node.id)
            elif node.id not in inner:
                read_elsewhere.add(node.id)
        named = getattr(node, "asname", None) or getattr(node, "name", None)  # of imports, defs, `except`, `match`
        bound_elsewhere |= {named.split(".")[0]} if isinstance(named, str) else set()
        waiting += [(child, inner) for child in ast.iter_child_nodes(node)]
    return theirs - bound_elsewhere, theirs - read_elsewhere


def _reasonable(text: str) -> bool:
    if len(text) > LONGEST:
        return False
    count = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            count = 0 if token.type == tokenize.NEWLINE else count + 1
            if count > _STATEMENT:
                return False
    except (tokenize.TokenError, SyntaxError):
        pass  # the parser will say so too
    return True
