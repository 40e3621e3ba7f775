"""Running cells one after the other in one namespace, as a notebook's kernel does, without a kernel.

What only a notebook can do does no harm here: ``display`` and magics show nothing, ``input`` meets the end of the file.
"""

from __future__ import annotations

import builtins
import linecache
import re
import types
import warnings
from typing import Any

from cnnlab.course.grading.intake.cell_names import bound, read
from cnnlab.course.grading.wire.stand_in import describe_error

_DYNAMIC = frozenset({"eval", "exec", "globals", "locals", "vars"})  # they may read any name that stands in a text
_RUNS_ITS_BODY = ("time", "capture")  # cell magics, and `%time`


class Cells:
    """A namespace and what runs in it.

    Examples
    --------
    >>> cells = Cells()
    >>> cells.run("exercise area", "def area(h, w):\\n    return h * w\\n%matplotlib inline")
    {'notes': ['`%matplotlib inline` was left out']}
    >>> cells.names["area"](2, 3)
    6
    >>> cells.run("exercise size", "size = area(2)")["where"]
    'line 1: size = area(2)'
    """

    def __init__(self) -> None:
        self.notes: list[str] = []
        module = types.ModuleType("__main__")
        self.names: dict[str, Any] = vars(module)
        self.names |= {"__builtins__": builtins, "display": _nothing, "get_ipython": lambda: _Shell(self)}

    def run(self, label: str, source: str) -> dict[str, Any]:
        """Run the text of a cell.

        Returns
        -------
        dict
            ``notes``: what was left out. If it ended with an error ``raised``, as `describe_error` has it, and
            ``where``, the number and the text of the cell's line
        """
        self.notes = []
        file = f"<{label}>"
        # Known to Python's own traceback and to `inspect`, as a notebook's cells are.
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        try:
            self._execute(source, file)
        except BaseException as error:  # noqa: BLE001  sys.exit too ends the cell, and only the cell
            return {"raised": describe_error(error), "where": _where(error, file, source), "notes": self.notes}
        return {"notes": self.notes}

    def _execute(self, source: str, file: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape
            try:
                code = compile(source, file, "exec", dont_inherit=True)
            except SyntaxError:
                if (python := _without_magics(source)) is None:
                    raise
                code = compile(python, file, "exec", dont_inherit=True)
        exec(code, self.names)

    def leave_out(self, line: str) -> None:
        """Note that a line of IPython's own does nothing here."""
        self.notes.append(f"`{line.strip()[:80]}` was left out")


def names_of(source: str) -> tuple[list[str], list[str]] | None:
    """Names that a cell reads, and names that it binds; None where it is no Python, or none that can be read."""
    reads, binds = read(source), bound(source)
    if reads is None or binds is None:
        return None
    if reads & _DYNAMIC:
        reads |= frozenset(re.findall(r"[^\W\d]\w*", source))
    return sorted(reads), sorted(binds)


class _Shell:
    """Stands in for IPython's shell, which its syntax is translated to."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    def run_line_magic(self, name: str, line: str, *_: object, **__: object) -> None:
        if name == "time":
            self._cells._execute(line, "<%time>")
        else:
            self._cells.leave_out(f"%{name} {line}")

    def run_cell_magic(self, name: str, line: str, body: str) -> None:
        if name in _RUNS_ITS_BODY:
            self._cells._execute(f"\n{body}", "<%%time>")
        else:
            self._cells.leave_out(f"%%{name} {line}")

    def system(self, line: str) -> None:
        self._cells.leave_out(f"!{line}")

    def getoutput(self, line: str) -> list[str]:
        self._cells.leave_out(f"!{line}")
        return []


def _nothing(*_: object, **__: object) -> None:
    """In place of IPython's `display`."""


def _without_magics(source: str) -> str | None:
    """The text with IPython's own syntax translated to calls; None where there is none of it."""
    if not re.search(r"^\s*[%!?]|\?\s*$|=\s*[%!]", source, re.MULTILINE):
        return None
    try:
        from IPython.core.inputtransformer2 import TransformerManager
    except ImportError:
        return None
    try:
        return TransformerManager().transform_cell(source)
    except Exception:  # noqa: BLE001  the error of the text as it stands says more
        return None


def _where(error: BaseException, file: str, source: str) -> str:
    """The number and the text of the cell's line that an error comes from, the innermost; empty if from none."""
    number = error.lineno if isinstance(error, SyntaxError) and error.filename == file else None
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == file:
            number = step.tb_lineno
        step = step.tb_next
    lines = source.splitlines()
    if number is None or not 1 <= number <= len(lines):
        return ""
    return f"line {number}: {lines[number - 1].strip()[:200]}"
