"""A square to draw on: the one widget of the course that is not ipywidgets' own, because here the pointer matters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import ipywidgets as widgets
import numpy as np
import traitlets

INSTALL = "python -m pip install anywidget"


def _bytes(value: object, widget: widgets.Widget) -> bytes:
    return bytes(value)


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
    try:
        import anywidget
    except ImportError:  # an extra: every explorer works without it
        return None

    class Canvas(anywidget.AnyWidget):
        _esm = Path(__file__).with_name("canvas.js")
        side = traitlets.Int().tag(sync=True)
        ink = traitlets.Bytes().tag(sync=True, from_json=_bytes)  # from the page they come as a memoryview
        wiped = traitlets.Int().tag(sync=True)
        sheet = traitlets.Int().tag(sync=True)  # the value of `wiped` when the ink was drawn

    def changed(change: dict) -> None:
        pixels = np.frombuffer(bytes(change["new"]), np.uint8)
        if pixels.size == side * side and change["owner"].sheet == change["owner"].wiped:
            drawn(pixels.reshape(side, side))

    square = Canvas(side=side, ink=bytes(side * side), layout=widgets.Layout(width="270px"))
    square.observe(changed, names="ink")
    return square
