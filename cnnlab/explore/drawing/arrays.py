"""Arrays laid on a `Sheet`: small ones number by number (`Grid`), larger ones as pixels with marks on them (`Map`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps

from cnnlab import plot
from cnnlab.explore.base.wording import number_text
from cnnlab.explore.drawing.sheet import INK, Sheet, disc

Pads = Sequence[tuple[int, int]]  # rows above and below, columns before and after
NO_PADS: Pads = ((0, 0), (0, 0))
PADDING = (0.80, 0.87, 0.93)  # blue-grey: neither a grey of the picture nor one of the signed colours
_ABOVE, _BELOW = np.array([0.99, 0.72, 0.39]), np.array([0.70, 0.67, 0.82])  # of plot.FILL_SIGNED: orange, purple
_CASING = "#FFFFFF"  # under every outline of a box, so that it shows on dark and on light ground
_LETTER = 0.0088  # inches a character takes for each point of its size, about


class Laid:
    """Where the rows and columns of an array lie on a sheet, in inches.

    Parameters
    ----------
    sheet : where to draw
    left, top : of row 0 and column 0
    cell, tall : width and height of one cell; square by default
    """

    def __init__(self, sheet: Sheet, left: float, top: float, cell: float, tall: float | None = None) -> None:
        self.sheet, self.left, self.top = sheet, left, top
        self.cell, self.tall = cell, cell if tall is None else tall

    def corner(self, row: float, column: float) -> tuple[float, float]:
        """x and y of a cell's top left corner."""
        return self.left + column * self.cell, self.top + row * self.tall

    def centre(self, row: float, column: float) -> tuple[float, float]:
        """x and y of a cell's middle."""
        return self.corner(row + 0.5, column + 0.5)

    def window(self, row: float, column: float, rows: float, columns: float) -> tuple[float, float, float, float]:
        """x, y, width and height of a rectangle of cells."""
        return *self.corner(row, column), columns * self.cell, rows * self.tall


class Grid(Laid):
    """A small array: square cells with a number in each, centred on a point.

    Parameters
    ----------
    sheet : where to draw
    values : (H, W) numbers; NaN cells stay empty
    centre, middle : x and y of the centre, in inches
    width, height : room for the cells, in inches; they stay square and at most 0.62 inches wide
    title : a line above the grid
    indices : write the row and column numbers beside the cells
    pads : crossed cells around the array: padding
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
        pads: Pads = NO_PADS,
    ) -> None:
        (above, below), (before, after) = self.pads = pads
        rows, columns = above + values.shape[0] + below, before + values.shape[1] + after
        cell = min(0.62, width / columns, height / rows)
        self._start, self._head = centre - columns * cell / 2, middle - rows * cell / 2
        super().__init__(sheet, self._start + before * cell, self._head + above * cell, cell)
        self.values = values
        self.right = self._start + columns * cell
        self.edge = self._start - (0.25 if indices else 0.0)  # where the row numbers begin
        sheet.stamp(title, [(centre, self._head - (0.42 if indices else 0.18))], 10)
        if indices:
            for column in range(values.shape[1]):
                sheet.stamp(str(column), [(self.centre(0, column)[0], self._head - 0.13)], 8, plot.GREY)
            for row in range(values.shape[0]):
                sheet.stamp(str(row), [(self._start - 0.14, self.centre(row, 0)[1])], 8, plot.GREY)

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
        shown = np.pad(np.where(known, self.values, 0.0), self.pads)
        top = top or float(np.abs(shown).max()) or 1.0
        colours = _greys(shown, top) if brightness and shown.min() >= 0 else _pale(shown, top)
        colours[np.pad(hidden, self.pads)] = 1.0
        self.sheet.cells(colours, self._start, self._head, self.cell)
        self._cross_padding()
        (above, _), (before, _) = self.pads
        self._dark = colours[above:, before:].max(axis=-1) < 0.5
        places: dict[bool, dict[str, list[tuple[float, float]]]] = {False: {}, True: {}}
        for (row, column), value in np.ndenumerate(self.values):
            word = "?" if hidden[row, column] else number_text(value) if known[row, column] else ""
            x, y = self.centre(row, column)
            places[bool(self._dark[row, column])].setdefault(word, []).append((x, y + lower))
        longest = max(map(len, [*places[False], *places[True]]))
        size = min(12.0, 30 * self.cell, 105 * self.cell / max(longest, 1))
        for dark, words in places.items():
            words.pop("", None)
            self.sheet.stamp_all(words, size, "white" if dark else INK)

    def _cross_padding(self) -> None:
        if not any(map(any, self.pads)):
            return
        outside = np.argwhere(np.pad(np.zeros(self.values.shape, bool), self.pads, constant_values=True))
        cells = outside - [before for before, _ in self.pads]
        falling = [(self.corner(r, c), self.corner(r + 1, c + 1)) for r, c in cells]
        rising = [(self.corner(r + 1, c), self.corner(r, c + 1)) for r, c in cells]
        self.sheet.lines(falling + rising, "#A8B0BA", 0.7)

    def note(self, row: int, column: int, text: str) -> None:
        """Small words in the upper part of a cell that is filled."""
        size = min(8.5, 125 * self.cell / len(text))
        colour = "#DDDDDD" if self._dark[row, column] else "#444444"
        x, y = self.centre(row, column)
        self.sheet.stamp(text, [(x, y - 0.3 * self.cell)], size, colour)

    def frame(self, row: int, column: int, rows: int, columns: int) -> None:
        """Point at a rectangle of cells."""
        self.sheet.box(*self.window(row, column, rows, columns), plot.BLUE, line=3)

    def fade(self, row: int, column: int) -> None:
        """Make a cell pale: nothing looks at it."""
        self.sheet.box(*self.window(row, column, 1, 1), "none", fill="#FFFFFFCC")

    def ring(self, row: int, column: int, colour: str = INK) -> None:
        """Draw a circle around the number of a cell."""
        self.sheet.shapes([disc(*self.centre(row, column), 0.44 * self.cell, 40)], colour, line=2.8)


class Map(Laid):
    """Pixels as large as fits into a square, at its top, or into a rectangle, in its middle.

    Parameters
    ----------
    sheet : where to draw
    pixels : (H, W, 3) or (H, W, 4) bytes
    corner : x and y of the room's top left corner, in inches
    room : side of the square, or width and height of the rectangle, in inches
    origin : row and column of `pixels` from which all marks are counted
    """

    def __init__(
        self,
        sheet: Sheet,
        pixels: np.ndarray,
        corner: tuple[float, float],
        room: float | tuple[float, float],
        origin: tuple[int, int] = (0, 0),
    ) -> None:
        rows, columns = pixels.shape[:2]
        width, height = room if isinstance(room, tuple) else (room, room)
        cell = min(width / columns, height / rows)
        tall = max(cell, 0.25) if rows == 1 else cell  # one row of square pixels would be a hairline
        left, top = corner[0] + (width - columns * cell) / 2, corner[1]
        if isinstance(room, tuple):
            top += (height - rows * tall) / 2
        super().__init__(sheet, left + origin[1] * cell, top + origin[0] * tall, cell, tall)
        self._heading = corner[0] + width / 2, corner[1] - 0.2
        self._ends = left, top, left + columns * cell, top + rows * tall
        sheet.paint(pixels, left, top, columns * cell, rows * tall)

    def title(self, text: str) -> None:
        """A line above the room."""
        self.sheet.stamp(text, [self._heading], 10)

    def frame(self, row: int, column: int, rows: int, columns: int, colour: str) -> None:
        """A window of `rows` by `columns` pixels, with a white rim so that it shows on any picture."""
        box = self.window(row, column, rows, columns)
        self.sheet.box(*box, "white", line=4)
        self.sheet.box(*box, colour, line=2)

    def dots(self, places: np.ndarray, colour: str) -> None:
        """A small square in the middle of each ``(row, column)``."""
        half = 0.03
        corners = np.array([(-half, -half), (half, -half), (half, half), (-half, half)])
        self.sheet.shapes(np.array([self.centre(*place) for place in places])[:, None] + corners, colour)

    def outline(self, boxes: np.ndarray, colour: str, line: float, *, casing: bool = True) -> None:
        """The outlines of boxes, (N, 4) xyxy in pixels, `line` points wide."""
        if not len(boxes):
            return
        x, y = self.left + boxes[:, [0, 2]] * self.cell, self.top + boxes[:, [1, 3]] * self.tall
        corners = np.stack([x[:, [0, 1, 1, 0]], y[:, [0, 0, 1, 1]]], axis=-1)  # (N, 4 corners, 2)
        if casing:
            self.sheet.shapes(corners, _CASING, line=line + 1.6)
        self.sheet.shapes(corners, colour, line=line)

    def dashed(self, boxes: np.ndarray, colour: str, line: float) -> None:
        """The same with dashes: one mark for each box, so for a few of them."""
        for x1, y1, x2, y2 in boxes:
            place = self.window(y1, x1, y2 - y1, x2 - x1)
            self.sheet.box(*place, _CASING, line=line + 1.2)
            self.sheet.box(*place, colour, line=line, dashed=True)

    def tags(self, boxes: np.ndarray, words: Sequence[str], size: float = 8.5) -> None:
        """A small white label in the top left corner of each box, moved inside where the picture ends."""
        lines = []
        left, top, right, bottom = self._ends
        for (x1, y1, _, _), word in zip(boxes, words, strict=True):
            width, height = _LETTER * size * len(word) + 0.06, size * 0.0195
            x, y = self.corner(y1, x1)
            x, y = min(max(x, left), right - width), min(max(y, top), bottom - height)
            self.sheet.box(x, y, width, height, "none", fill="#FFFFFFE0")
            lines.append((x + 0.03, y + height / 2, word))
        if lines:
            self.sheet.write_all(lines, size)


def shades(values: np.ndarray, pads: Pads = NO_PADS, *, dark: bool = False) -> np.ndarray:
    """Colour (H, W) values as bytes (H + top + bottom, W + left + right, 4).

    Grey from black at 0 to white at the largest value, or orange and purple around 0 if any is negative; `dark` turns
    the grey round. The frame is blue-grey.

    >>> shades(np.array([[0.0, 1.0]]), ((0, 0), (0, 1)))[0, :, 0].tolist()
    [0, 255, 204]
    """
    top = float(np.abs(values).max()) or 1.0
    signed = bool((values < 0).any())
    share = (values / top + 1) / 2 if signed else values / top
    colours = colormaps[plot.FILL_SIGNED if signed else "Greys" if dark else "gray"]
    table = (colours(np.arange(256)) * 255).astype(np.uint8)
    (above, below), (before, after) = pads
    height, width = values.shape
    out = np.empty((above + height + below, before + width + after, 4), np.uint8)
    out[:] = (*(round(255 * part) for part in PADDING), 255)
    out[above : above + height, before : before + width] = table[(share * 255).astype(int)]
    return out


def _greys(values: np.ndarray, top: float) -> np.ndarray:
    """Brightness (H, W) as colours (H, W, 3), from black at 0 to white at `top`."""
    return np.repeat(np.clip(values / top, 0, 1)[..., None], 3, axis=-1)


def _pale(values: np.ndarray, top: float) -> np.ndarray:
    """Colours (H, W, 3), pale enough to write black on: white at zero, orange above it, purple below."""
    strength = np.clip(np.abs(values) / top, 0, 1)[..., None]
    full = np.where(values[..., None] < 0, _BELOW, _ABOVE)
    return 1 + strength * (full - 1)
