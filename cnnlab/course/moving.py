"""The explorers of a lesson as elements that move on a page without a kernel.

They are found by name, as `lesson_checks` finds the checks: this room imports none of theirs. What makes them is loaded
with the first one.
"""

from __future__ import annotations

import functools
import importlib
import re
from dataclasses import dataclass

from cnnlab.course.startup import load_keras

# The first needs a folder of pictures; the others, a run that has begun.
NO_EXAMPLE = ("Annotator", "StyleMonitor", "TrainingMonitor")
_SHOWS = re.compile(r"\bexplore\.[A-Z]\w*\(")
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@dataclass(frozen=True)
class Moving:
    """An explorer that moves.

    Attributes
    ----------
    name : of its class
    html : the element
    own : whether it shows the class's own example, because what the lesson shows is made by the lesson
    rest : what moves in a notebook alone, by the names that `set` takes
    """

    name: str
    html: str
    own: bool = False
    rest: tuple[str, ...] = ()

    @property
    def script(self) -> str:
        """The text of the element's script, for a page that allows no other."""
        return _SCRIPT.search(self.html)[1]


def shows_explorer(source: str) -> bool:
    """Whether a cell makes an explorer.

    >>> shows_explorer("lab = explore.KernelLab()"), shows_explorer("from cnnlab import explore")
    (True, False)
    """
    return bool(_SHOWS.search(source))


@functools.lru_cache(maxsize=8)
def moving(source: str, own_example: bool = False) -> Moving | None:
    """Return the explorer that a cell shows; None where it cannot be told from the cell alone, or has nothing to move.

    Parameters
    ----------
    source : a lesson's code; nothing of it runs
    own_example : whether an explorer that needs what the lesson has made (a trained network, a picture) is shown with
        its class's own example
    """
    load_keras()  # most explorers ask it, and it would write to stderr
    cells = importlib.import_module("cnnlab.explore.cells")
    explorer, own = cells.from_source(source), False
    if explorer is None and own_example and (name := cells.named_in(source)) and name not in NO_EXAMPLE:
        explorer, own = getattr(importlib.import_module("cnnlab.explore"), name)(), True
    if explorer is None or not explorer.listed:
        return None
    rest = [name for name in explorer.state() if name not in explorer.listed]
    return Moving(type(explorer).__name__, explorer.to_html(), own, tuple(rest))
