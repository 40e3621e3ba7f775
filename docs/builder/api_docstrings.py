"""Docstrings as the reference shows them: what an argument is first, its type beside its name."""

from __future__ import annotations

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    return {"parallel_read_safe": True, "parallel_write_safe": True}
