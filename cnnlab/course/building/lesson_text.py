"""A lesson's text and its cells, each made from the other without a loss, or not at all."""

from __future__ import annotations

from typing import Any

Cell = dict[str, Any]

# What str.splitlines, and so jupytext, takes for the end of a line, though no editor does; hidden while it reads.
_LINE_ENDS = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_HIDE = {ord(end): chr(0xF0000 + n) for n, end in enumerate(_LINE_ENDS)}
_SHOW = {ord(hidden): chr(end) for end, hidden in _HIDE.items()}
_NO_HEADER = {"jupytext": {"notebook_metadata_filter": "-all"}}


class BuildError(RuntimeError):
    """A lesson could not be made into a notebook that may be committed, or a notebook into a lesson."""


def cells_of(text: str) -> list[Cell]:
    """Return the cells of a lesson's text, with their tags and without outputs or ids.

    Examples
    --------
    >>> cells_of("# %% [markdown]\\n# # Title\\n\\n# %%\\n1 + 1\\n")[1]["source"]
    '1 + 1'
    """
    import jupytext

    cells = jupytext.reads(text.translate(_HIDE), fmt="py:percent")["cells"]
    return [
        {"cell_type": cell["cell_type"], "metadata": tags_of(cell), "source": cell["source"].translate(_SHOW)}
        for cell in cells
    ]


def text_of(cells: list[Cell], name: str) -> str:
    """Return cells as a lesson's text: sources and tags.

    Parameters
    ----------
    cells : of a notebook
    name : the lesson's name, for the error

    Raises
    ------
    BuildError
        If a cell holds what a lesson cannot: an attached picture, or a line that would begin a new cell.
    """
    import jupytext
    import nbformat

    for number, cell in enumerate(cells, start=1):
        if cell.get("attachments"):
            raise BuildError(
                f"{name}: cell {number}: a picture is attached to it, and a lesson is text. "
                "Draw the picture in a code cell, or put its file beside the course and link to it"
            )
    bare = [
        {"cell_type": cell["cell_type"], "metadata": tags_of(cell), "source": cell["source"].translate(_HIDE)}
        | ({"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {})
        for cell in cells
    ]
    notebook = nbformat.from_dict({"cells": bare, "metadata": _NO_HEADER, "nbformat": 4, "nbformat_minor": 4})
    text = jupytext.writes(notebook, fmt="py:percent").translate(_SHOW)
    if number := first_difference(cells_of(text), cells):
        raise BuildError(
            f"{name}: cell {number}: a lesson cannot hold it as it is. A line that begins with `# %%` or `# In[` would "
            "begin a new cell: write it in another way"
        )
    return text


def tags_of(cell: Cell) -> dict[str, Any]:
    """Return of a cell's metadata what belongs to the lesson: the tags, if there are any."""
    return {"tags": list(cell["metadata"]["tags"])} if cell["metadata"].get("tags") else {}


def content(cell: Cell) -> tuple[Any, ...]:
    """Return what makes a cell the same in lesson and notebook: kind, text and tags, without blank lines at the end."""
    return cell["cell_type"], cell["source"].rstrip(), tags_of(cell)


def first_difference(lesson: list[Cell], notebook: list[Cell]) -> int | None:
    """Return the number, from 1, of the first cell that differs in kind, text or tags; None if none does."""
    ours, theirs = [content(cell) for cell in lesson], [content(cell) for cell in notebook]
    if ours == theirs:
        return None
    same = (a == b for a, b in zip(ours, theirs, strict=False))
    return next((n for n, equal in enumerate(same, start=1) if not equal), min(len(ours), len(theirs)) + 1)
