"""Small arrays of numbers on a `Sheet`, cell by cell."""

from __future__ import annotations

import numpy as np

from cnnlab import plot
from cnnlab.explore.convolution.kernel_text import number_text
from cnnlab.explore.drawing.sheet import INK, Sheet

_ABOVE, _BELOW = np.array([0.99, 0.72, 0.39]), np.array([0.70, 0.67, 0.82])  # of plot.FILL_SIGNED: orange, purple


class Grid:
    """A small array on a `Sheet`: square cells with a number in each, centred on a point.

    Parameters
    ----------
    sheet : where to draw
    values : (H, W) numbers; NaN cells stay empty
    centre, middle : x and y of the centre, in inches
    width, height : room for the cells, in inches; they stay square and at most 0.62 inches wide
    title : a line above the grid
    indices : write the row and column numbers beside the cells
    """

    def __init__(
        self,
        sheet: Sheet,
        values: np.ndarray,
        *,
        centre: float,
        middle: float,
        width: float,
        height: float = 2.6,
        title: str = "",
        indices: bool = False,
    ) -> None:
        rows, columns = values.shape
        self.sheet, self.values = sheet, values
        self.cell = min(0.62, width / columns, height / rows)
        self.left, self.top = centre - columns * self.cell / 2, middle - rows * self.cell / 2
        self.right = self.left + columns * self.cell
        self.edge = self.left - (0.25 if indices else 0.0)  # where the row numbers begin
        sheet.stamp(title, [(centre, self.top - (0.42 if indices else 0.18))], 10)
        if indices:
            for column in range(columns):
                sheet.stamp(str(column), [(self._x(column), self.top - 0.13)], 8, plot.GREY)
            for row in range(rows):
                sheet.stamp(str(row), [(self.left - 0.14, self._y(row))], 8, plot.GREY)

    def _x(self, column: int) -> float:
        return self.left + (column + 0.5) * self.cell

    def _y(self, row: int) -> float:
        return self.top + (row + 0.5) * self.cell

    def fill(
        self,
        hidden: np.ndarray | None = None,
        top: float | None = None,
        lower: float = 0.0,
        *,
        brightness: bool = False,
    ) -> None:
        """Colour the cells and write their numbers, `lower` inches below the middle; NaN stays empty, hidden is "?".

        With `brightness` the numbers are light, and grey from black at 0 to white at `top`, unless one is negative.
        """
        hidden = np.zeros(self.values.shape, dtype=bool) if hidden is None else hidden
        known = np.isfinite(self.values) & ~hidden
        shown = np.where(known, self.values, 0.0)
        colours = greys(shown, top) if brightness and shown.min() >= 0 else _shades(shown, top)
        self.sheet.cells(colours, self.left, self.top, self.cell)
        self._dark = colours.max(axis=-1) < 0.5
        places: dict[bool, dict[str, list[tuple[float, float]]]] = {False: {}, True: {}}
        for (row, column), value in np.ndenumerate(self.values):
            word = "?" if hidden[row, column] else number_text(value) if known[row, column] else ""
            own = places[bool(self._dark[row, column])]
            own.setdefault(word, []).append((self._x(column), self._y(row) + lower))
        longest = max(map(len, [*places[False], *places[True]]))
        size = min(12.0, 30 * self.cell, 105 * self.cell / max(longest, 1))
        for dark, words in places.items():
            words.pop("", None)
            self.sheet.stamp_all(words, size, "white" if dark else INK)

    def note(self, row: int, column: int, text: str) -> None:
        """Small words in the upper part of a cell that is filled."""
        size = min(8.5, 125 * self.cell / len(text))
        colour = "#DDDDDD" if self._dark[row, column] else "#444444"
        self.sheet.stamp(text, [(self._x(column), self._y(row) - 0.3 * self.cell)], size, colour)

    def frame(self, row: int, column: int, rows: int, columns: int) -> None:
        """Point at a rectangle of cells."""
        corner = self.left + column * self.cell, self.top + row * self.cell
        self.sheet.box(*corner, columns * self.cell, rows * self.cell, plot.BLUE, line=3)


def greys(values: np.ndarray, top: float | None) -> np.ndarray:
    """Brightness (H, W) as colours (H, W, 3), from black at 0 to white at `top`, by default the largest."""
    top = top or float(values.max()) or 1.0
    return np.repeat(np.clip(values / top, 0, 1)[..., None], 3, axis=-1)


def _shades(values: np.ndarray, top: float | None) -> np.ndarray:
    """Colours (H, W, 3), pale enough to write black on: white at zero, blue to orange either side of it."""
    top = top or float(np.abs(values).max()) or 1.0
    strength = np.clip(np.abs(values) / top, 0, 1)[..., None]
    full = np.where(values[..., None] < 0, _BELOW, _ABOVE)
    return 1 + strength * (full - 1)
