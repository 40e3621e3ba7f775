"""Which names the text of a cell reads and which it leaves behind, told without running it.

The text is a stranger's, so it is bounded before Python's parser sees it: that one recurses with the text, and a sum of
a hundred thousand terms can end the process that asks.
"""

from __future__ import annotations

import io
import re
import symtable
import tokenize
import warnings

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
    tables = _tables(source)
    return None if tables is None else _bound(tables)


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
    tables = _tables(source)
    if tables is None:
        return None
    names = {
        symbol.get_name()
        for depth, table in tables
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (depth == 0 or symbol.is_global())
    }
    return frozenset(names | (_bound(tables) & set(_CHANGED.findall(source))))


def _bound(tables: list[tuple[int, symtable.SymbolTable]]) -> frozenset[str]:
    return frozenset(
        symbol.get_name()
        for depth, table in tables
        for symbol in table.get_symbols()
        if (symbol.is_assigned() or symbol.is_imported()) and (depth == 0 or symbol.is_declared_global())
    )


def _tables(source: str) -> list[tuple[int, symtable.SymbolTable]] | None:
    """Return the scopes of a text, the global one first, each with how deep it lies."""
    for text in (source, _MAGIC.sub(r"\1pass", source)):
        try:
            if not _reasonable(text):
                return None
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an invalid escape is the learner's business
                top = symtable.symtable(text, "<cell>", "exec")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        found, waiting = [], [(0, top)]
        while waiting:
            depth, table = waiting.pop()
            found.append((depth, table))
            waiting += [(depth + 1, child) for child in table.get_children()]
        return found
    return None


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
