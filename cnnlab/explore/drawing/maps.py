"""One channel of an image as a small map on a `Sheet`, with windows marked on it."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np
from matplotlib import colormaps

from cnnlab import plot
from cnnlab.explore.drawing.sheet import Sheet

PADDING = (0.80, 0.87, 0.93)  # blue-grey: neither a grey of the picture nor one of the signed colours


def shades(values: np.ndarray, pads: Sequence[tuple[int, int]] = ((0, 0), (0, 0)), *, dark: bool = False) -> np.ndarray:
    """Colour (H, W) values as bytes (H + top + bottom, W + left + right, 4).

    Grey from black at 0 to white at the largest value, or orange and purple around 0 if any is negative; `dark` turns
    the grey round. The frame is blue-grey.

    >>> shades(np.array([[0.0, 1.0]]), ((0, 0), (0, 1)))[0, :, 0].tolist()
    [0, 255, 204]
    """
    top = float(np.abs(values).max()) or 1.0
    signed = bool((values < 0).any())
    share = (values / top + 1) / 2 if signed else values / top
    table = (colormaps[plot.FILL_SIGNED if signed else "Greys" if dark else "gray"](np.arange(256)) * 255).astype(
        np.uint8
    )
    (above, below), (before, after) = pads
    height, width = values.shape
    out = np.empty((above + height + below, before + width + after, 4), np.uint8)
    out[:] = (*(round(255 * part) for part in PADDING), 255)
    out[above : above + height, before : before + width] = table[(share * 255).astype(int)]
    return out


class Map:
    """Pixels laid on a sheet as large as fits into a square.

    Parameters
    ----------
    sheet : where to draw
    pixels : (H, W, 4) bytes
    corner : x and y of the square's top left corner, in inches
    side : of the square, in inches
    origin : row and column of `pixels` that `frame` and `dots` count from
    """

    def __init__(
        self,
        sheet: Sheet,
        pixels: np.ndarray,
        corner: tuple[float, float],
        side: float,
        origin: tuple[int, int] = (0, 0),
    ) -> None:
        rows, columns = pixels.shape[:2]
        self.sheet = sheet
        self.cell = side / max(rows, columns)
        self.tall = max(self.cell, 0.25) if rows == 1 else self.cell  # one row of square pixels would be a hairline
        self._middle, self._above = corner[0] + side / 2, corner[1] - 0.2
        self._left = corner[0] + (side - columns * self.cell) / 2 + origin[1] * self.cell
        self._top = corner[1] + origin[0] * self.tall
        sheet.paint(pixels, self._left - origin[1] * self.cell, corner[1], columns * self.cell, rows * self.tall)

    def title(self, text: str) -> None:
        """A line above the square."""
        self.sheet.stamp(text, [(self._middle, self._above)], 10)

    def frame(self, row: int, column: int, rows: int, columns: int, colour: str) -> None:
        """A window of `rows` by `columns` pixels, with a white rim so that it shows on any picture."""
        box = self._left + column * self.cell, self._top + row * self.tall, columns * self.cell, rows * self.tall
        self.sheet.box(*box, "white", line=4)
        self.sheet.box(*box, colour, line=2)

    def dots(self, places: np.ndarray, colour: str) -> None:
        """A small square in the middle of each ``(row, column)``."""
        half = 0.03
        corners = np.array([(-half, -half), (half, -half), (half, half), (-half, half)])
        middles = np.array([(self._left + (c + 0.5) * self.cell, self._top + (r + 0.5) * self.tall) for r, c in places])
        self.sheet.shapes(middles[:, None] + corners, colour)


def limit(slider: widgets.IntSlider, low: int, high: int) -> None:
    """Set a slider's ends, in the order that never crosses them; its value is kept if it still fits."""
    value = slider.value
    if low > slider.max:
        slider.max, slider.min = high, low
    else:
        slider.min, slider.max = low, high
    slider.value = min(max(value, low), high)


def by(sizes: Sequence[int]) -> str:
    """Sizes as they are spoken.

    >>> by((28, 28, 6))
    '28×28×6'
    """
    return "×".join(str(int(size)) for size in sizes)
