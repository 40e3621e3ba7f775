"""An answer that can be shown to everybody: without comments, docstrings and the names of the class."""

from __future__ import annotations

import ast
import builtins
import re
import unicodedata
from collections.abc import Iterable

from cnnlab.course.grading.records import Learner
from cnnlab.course.grading.report.alike import parsed

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_]+")  # adaBerg_2 → ada, Berg, 2
_PARTS = re.compile(r"[\W_]+")
_GONE = "…"


class Names:
    """The names of a class, to be taken out of answers.

    Whatever the records hold of a learner counts: the key, the name, each entry of the roster, and every word of these
    with at least two letters or five digits. A name that an answer gives itself, an attribute, a text or a number that
    holds one loses it. Names of Python's own (`max`) stay.

    Parameters
    ----------
    learners : the class

    Examples
    --------
    >>> names = Names([Learner("ada-berg", "Ada Berg", {"Email address": "ab@school.example"})])
    >>> print(names.taken_out("ada_size = max(3, n)  # Ada's\\nnote = 'by ADA BERG, ab@school.example'"))
    …_size = max(3, n)
    note = 'by …, …'
    """

    def __init__(self, learners: Iterable[Learner]) -> None:
        whole, words = set(), set()
        for learner in learners:
            for entry in (learner.key, learner.name, *learner.columns.values()):
                entry = _folded(entry)
                parts = [part for part in _PARTS.split(entry) if part]
                words.update(part for part in parts if len(part) >= (5 if part.isdecimal() else 2))
                if len(parts) > 1:
                    whole.update({entry, "".join(parts), "".join(reversed(parts)), " ".join(parts)})
                    whole.update({" ".join(reversed(parts)), "_".join(parts), "_".join(reversed(parts))})
        whole |= {word for word in words if not word.isascii()}  # 민서의: particles are written to the name
        longest_first = sorted((entry for entry in whole if len(entry) >= 2), key=len, reverse=True)
        self._whole = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)", re.IGNORECASE)
        self._words = words

    def taken_out(self, source: str) -> str | None:
        """Return an answer without comments, docstrings and names; None where Python cannot read it."""
        tree = parsed(unicodedata.normalize("NFC", source))
        if tree is None:
            return None
        own = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
        own |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        foreign = set(dir(builtins)) - own
        try:
            for node in ast.walk(tree):
                for field, value in ast.iter_fields(node):
                    changed = self._value(value, keep=field in ("id", "attr") and value in foreign)
                    if changed is not value:
                        setattr(node, field, changed)
            return ast.unparse(tree)
        except (RecursionError, ValueError):
            return None

    def _value(self, value: object, keep: bool) -> object:
        if keep:
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list) and value and all(isinstance(entry, str) for entry in value):
            return [self._text(entry) for entry in value]
        if isinstance(value, bytes):
            return self._text(value.decode("latin-1")).encode("ascii", "replace")
        if isinstance(value, (int, float)) and not isinstance(value, bool) and str(value) in self._words:
            return 0
        return value

    def _text(self, text: str) -> str:
        text = self._whole.sub(_GONE, text)
        return _WORD.sub(lambda found: _GONE if _folded(found[0]) in self._words else found[0], text)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().strip()
