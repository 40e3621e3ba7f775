"""Cells of notebooks, as short as they can be."""

from __future__ import annotations


def markdown(source: str, *tags: str) -> dict:
    """A cell of words."""
    return {"cell_type": "markdown", "source": source, "metadata": {"tags": list(tags)}}


def code(source: str, *tags: str, text: str = "") -> dict:
    """A cell of code, and what it has printed."""
    outputs = [{"output_type": "stream", "name": "stdout", "text": text}] if text else []
    return {"cell_type": "code", "source": source, "metadata": {"tags": list(tags)}, "outputs": outputs}
