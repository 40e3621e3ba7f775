"""The picture to draw boxes on, with pointer or keys: an anywidget."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import ipywidgets as widgets
import traitlets

from cnnlab.explore.drawing.pointer import anywidget_if_there


def surface(asked: Callable[[dict], None]) -> widgets.DOMWidget | None:
    """A canvas with a picture and its boxes; None where anywidget is not installed.

    Parameters
    ----------
    asked
        called with what a person wants: ``{"do": "add", "box": [x1, y1, x2, y2]}`` and so on, with the number of the
        picture it was done on (``picture``) and of the request (``edit``)

    Returns
    -------
    ipywidgets.DOMWidget or None
        With the traits `picture`, an image file's bytes, and `page`, what is shown: see ``surface.js``.
    """
    if (anywidget := anywidget_if_there()) is None:
        return None

    class Surface(anywidget.AnyWidget):
        _esm = Path(__file__).with_name("surface.js")
        picture = traitlets.Bytes().tag(sync=True)
        page = traitlets.Dict().tag(sync=True)

    canvas = Surface()
    canvas.on_msg(lambda _, content, buffers: asked(content))
    return canvas
