"""A notebook file → its content, or one sentence that says what it is instead."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

from cnnlab.common.errors import cause
from cnnlab.course.lessons import CourseError

_KINDS = ("code", "markdown", "raw")
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class NotebookError(CourseError):
    """A file is not a notebook that can be used."""


def read_notebook(path: Path) -> dict[str, Any]:
    """Read a notebook of format 4 as parsed JSON, with what the course's commands rely on checked.

    Parameters
    ----------
    path : the file

    Returns
    -------
    dict
        Each of its ``cells`` has a ``cell_type`` that Jupyter knows, a ``source`` that is one string and a dict
        ``metadata``; one of code has a list of dicts as ``outputs``.

    Raises
    ------
    NotebookError
        With the file's name and the reason.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "02_padding.ipynb")
    ...     _ = file.write_text("[]")
    ...     read_notebook(file)
    Traceback (most recent call last):
    cnnlab.course.notebook.NotebookError: 02_padding.ipynb is not a notebook: it holds a list
    """
    try:
        data = path.read_bytes()
        if not data.strip():
            raise ValueError("it is empty (0 bytes)" if not data else "it is empty")
        if data.startswith(_WIDE):
            raise ValueError("it is written in UTF-16: save it as UTF-8")
        text = data.decode("utf-8-sig").lstrip()
        if text.startswith("<"):
            raise ValueError(f"it begins with {text[:15]!r}: a web page was saved, not the notebook")
        notebook = json.loads(text)
        _check(notebook)
    except RecursionError:
        raise NotebookError(f"{path.name} is not a notebook: its lists are thousands deep") from None
    except OSError as error:
        raise NotebookError(f"{path.name} cannot be read: {cause(error)}") from None
    except ValueError as error:
        raise NotebookError(f"{path.name} is not a notebook: {error}") from None
    return notebook


def _check(notebook: Any) -> None:
    if not isinstance(notebook, dict):
        raise ValueError(f"it holds a {type(notebook).__name__}")
    version = notebook.get("nbformat")
    if isinstance(version, int) and version != 4:
        raise ValueError(f"it is of format {version}: open it in JupyterLab and save it, which makes it format 4")
    cells = notebook.get("cells")
    if version != 4 or not isinstance(cells, list):
        raise ValueError("it has no `nbformat` 4" if version != 4 else "it has no list of `cells`")
    if not isinstance(notebook.setdefault("metadata", {}), dict):
        raise ValueError("its `metadata` is no dict")
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict) or cell.get("cell_type") not in _KINDS:
            kind = cell.get("cell_type") if isinstance(cell, dict) else cell
            raise ValueError(f"its cell {number} is of no known type, but {str(kind)[:40]!r}")
        source = cell.get("source")
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(source, str):
            raise ValueError(f"its cell {number} has no source")
        cell["source"] = source
        tags = _dict(cell, "metadata", number).get("tags", [])
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            raise ValueError(f"the tags of its cell {number} are no list of words")
        if cell["cell_type"] == "code":
            outputs = cell.setdefault("outputs", [])
            if not isinstance(outputs, list) or not all(isinstance(output, dict) for output in outputs):
                raise ValueError(f"the outputs of its cell {number} are no list of dicts")


def _dict(cell: dict[str, Any], name: str, number: int) -> dict[str, Any]:
    value = cell.setdefault(name, {})
    if not isinstance(value, dict):
        raise ValueError(f"the {name} of its cell {number} is no dict")
    return value
