"""Which explorers move on the site: those of the lessons' cells, and one of each class for the gallery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cnnlab.course.lessons import Lesson


def export(lessons: Sequence[Lesson], source: Path) -> dict[str, str]:
    """Export the explorers of `lessons` into ``_moving/`` and return each cell's source with its explorer's key."""
    return {}


def write_gallery(made: Mapping[str, str], source: Path) -> None:
    """Write the page of all explorers that move, ``explorers.md``, and a page for each."""
