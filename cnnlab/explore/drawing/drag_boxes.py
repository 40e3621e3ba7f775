"""Squared paper on which two boxes are dragged: beside the sliders, where anywidget is installed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import ipywidgets as widgets
import traitlets


def drag_boxes(
    paper: tuple[int, int], most: tuple[int, int], dragged: Callable[[Sequence[int]], None]
) -> widgets.DOMWidget | None:
    """Two boxes to be dragged in whole squares; None where anywidget is not installed.

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
    try:
        import anywidget
    except ImportError:  # an extra: the sliders do all of it
        return None

    class DragBoxes(anywidget.AnyWidget):
        _esm = Path(__file__).with_name("drag_boxes.js")
        paper = traitlets.List(traitlets.Int()).tag(sync=True)
        most = traitlets.List(traitlets.Int()).tag(sync=True)
        boxes = traitlets.List(traitlets.Int()).tag(sync=True)

    pad = DragBoxes(paper=list(paper), most=list(most), boxes=[0] * 8)
    pad.observe(lambda change: dragged(change["new"]), names="boxes")
    return pad
