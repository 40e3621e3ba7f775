"""The course's own words in what a check says, without the numbers and names that came from a learner.

Two learners with one misconception read two messages: "You got 7: that is the kernel turned round." and another number.
What they have in common stands in the source of the checks, as the fixed parts of the text.
"""

from __future__ import annotations

import ast
import functools
import linecache
import re
from collections.abc import Iterable
from types import TracebackType

_LEAST = 20  # characters of fixed text that make a message recognisable
_GAP = "…"  # stands for what differs from learner to learner


def common(message: str, files: Iterable[str]) -> str:
    """Return the text in `files` that `message` was made from, with … for what was filled in; empty if there is none.

    Parameters
    ----------
    message : what a check said
    files : paths of Python files

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "lesson.py")
    ...     _ = file.write_text('raise Wrong(f"{n} of yours are counted twice. Each pair counts once.")')
    ...     common("In all, 3 of yours are counted twice. Each pair counts once.", [str(file)])
    '… of yours are counted twice. Each pair counts once.'
    """
    found = [fixed for file in dict.fromkeys(files) for fixed in _texts(file) if _made_from(message, fixed)]
    # What is wrong stands at the end of a message, behind the case that shows it.
    best = max(found, key=lambda fixed: (message.endswith(fixed[-1]), sum(map(len, fixed))), default=())
    words = re.sub(rf"{_GAP}([^\w.!?]*{_GAP})+", _GAP, _GAP.join(best)).strip()
    return re.sub(rf"^{_GAP}[:,;.]\s*", "", words)


def files_of(trace: TracebackType | None) -> list[str]:
    """The files that a traceback leads through, the innermost first."""
    files = []
    while trace is not None:
        files.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    return files[::-1]


@functools.cache
def _texts(file: str) -> tuple[tuple[str, ...], ...]:
    """The fixed parts of every text in a file: of ``f"{a} is {b}"`` they are ``("", " is ", "")``."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:  # no file of Python
        return ()
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add((node.value,))
        elif isinstance(node, ast.JoinedStr):
            parts = [""]
            for value in node.values:
                if isinstance(value, ast.Constant):
                    parts[-1] += value.value
                else:
                    parts.append("")
            found.add(tuple(parts))
    return tuple(sorted(fixed for fixed in found if sum(map(len, fixed)) >= _LEAST))


def _made_from(message: str, fixed: tuple[str, ...]) -> bool:
    """Whether the fixed parts stand in a message, one behind the other."""
    at = 0
    for part in fixed:
        at = message.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True
