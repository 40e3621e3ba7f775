"""The widgets of the course that are not ipywidgets' own, for where the pointer matters: to draw on, and to drag boxes.

They need anywidget, an extra: each explorer that has one does all of it with its other controls too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import ipywidgets as widgets
import numpy as np
import traitlets

INSTALL = "python -m pip install anywidget"


def anywidget_if_there() -> ModuleType | None:
    """The module, or None where it is not installed."""
    try:
        import anywidget
    except ImportError:
        return None
    return anywidget


def canvas(side: int, drawn: Callable[[np.ndarray], None]) -> widgets.DOMWidget | None:
    """A black square to draw on in white, with pointer or keyboard; None where anywidget is not installed.

    Parameters
    ----------
    side : height and width of what is drawn, in pixels
    drawn : called with the (`side`, `side`) uint8 picture whenever it has changed

    Returns
    -------
    ipywidgets.DOMWidget or None
        With the traits `ink`, the picture's bytes row by row, and `wiped`: raise it by one to clear the square.
    """
    if (anywidget := anywidget_if_there()) is None:
        return None

    class Canvas(anywidget.AnyWidget):
        _esm = Path(__file__).with_name("canvas.js")
        side = traitlets.Int().tag(sync=True)
        ink = traitlets.Bytes().tag(sync=True, from_json=lambda value, _: bytes(value))  # they come as a memoryview
        wiped = traitlets.Int().tag(sync=True)
        sheet = traitlets.Int().tag(sync=True)  # the value of `wiped` when the ink was drawn

    def changed(change: dict) -> None:
        pixels = np.frombuffer(bytes(change["new"]), np.uint8)
        if pixels.size == side * side and change["owner"].sheet == change["owner"].wiped:
            drawn(pixels.reshape(side, side))

    square = Canvas(side=side, ink=bytes(side * side), layout=widgets.Layout(width="270px"))
    square.observe(changed, names="ink")
    return square


def drag_boxes(
    paper: tuple[int, int], most: tuple[int, int], dragged: Callable[[Sequence[int]], None]
) -> widgets.DOMWidget | None:
    """Squared paper with two boxes to be dragged in whole squares; None where anywidget is not installed.

    Parameters
    ----------
    paper : columns and rows
    most : the largest width and height of a box; its left and upper edge stay so far from the other side of the paper
    dragged : called with x, y, width, height of the first box and then of the second whenever the pointer moves one

    Returns
    -------
    ipywidgets.DOMWidget or None
        With the trait `boxes`, those eight numbers.
    """
    if (anywidget := anywidget_if_there()) is None:
        return None

    class DragBoxes(anywidget.AnyWidget):
        _esm = Path(__file__).with_name("drag_boxes.js")
        paper = traitlets.List(traitlets.Int()).tag(sync=True)
        most = traitlets.List(traitlets.Int()).tag(sync=True)
        boxes = traitlets.List(traitlets.Int()).tag(sync=True)

    pad = DragBoxes(paper=list(paper), most=list(most), boxes=[0] * 8)
    pad.observe(lambda change: dragged(change["new"]), names="boxes")
    return pad
