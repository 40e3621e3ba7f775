"""The explorer of lesson 03: one pooling window at a time, its winner, and where the gradient goes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib import colormaps

from cnnlab import plot
from cnnlab.arithmetic import pooling, shapes
from cnnlab.common.validate import check_rank
from cnnlab.explore.base.controls import choice, switch, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.drawing.grid import greys
from cnnlab.explore.drawing.sheet import INK, Sheet

_IMAGE = np.array(
    [
        [1, 3, 2, 4, 0, 1],
        [5, 7, 0, 2, 6, 3],
        [8, 0, 1, 1, 2, 5],
        [4, 0, 6, 0, 9, 4],
        [2, 1, 3, 7, 0, 2],
        [0, 5, 1, 2, 3, 8],
    ]
)
_LARGEST_SIDE = 8  # more numbers than this can be neither read nor drawn in time
_DEFAULT, _STEPS = "pool size", range(1, 5)
_MIDDLE, _GAP = 2.6, 0.95  # y of the middle of the grids, and room between two of them, in inches
_SUPERLATIVE = {"max": "largest", "min": "smallest"}


class _Window(NamedTuple):
    """The pixels under the window, clipped to the image, and what becomes of them."""

    rows: range
    columns: range
    values: np.ndarray  # (rows, columns)
    outside: int  # places of the window that lie on padding
    result: float
    winner: tuple[int, int] | None  # in the image; None for an average


class PoolingExplorer(Explorer):
    """Slide a pooling window over a small image: which pixel wins, what comes out, where the gradient goes back.

    Parameters
    ----------
    image : shape (H, W), at least 2 and at most 8 on a side, finite; by default a 6×6 image of digits
    predict : ask for the value at the present position before showing it

    Raises
    ------
    ValueError, TypeError
        If `image` is not such an array.

    Examples
    --------
    >>> explorer = PoolingExplorer()
    >>> print(explorer.set(op="average", row=1).describe().splitlines()[2])
    (8 + 0 + 4 + 0) / 4 = 12 / 4 = 3: that is the output at row 1, column 0.
    """

    op = choice(pooling.OPS, show="buttons")
    pool_size = whole(1, lambda it: min(_STEPS[-1], *it._picture.shape), start=2)
    strides = choice([(_DEFAULT, _DEFAULT), *((str(step), step) for step in _STEPS)])
    padding = choice(["valid", "same"])
    row = whole(0, lambda it: it._output_shape()[0] - 1, label="output row")
    column = whole(0, lambda it: it._output_shape()[1] - 1, label="output column")
    gradient = switch(False, "show the gradient")

    def __init__(self, image: np.ndarray | None = None, *, predict: bool = False) -> None:
        self._picture = _check_image(_IMAGE if image is None else image)
        super().__init__(predict=predict)

    # --- arithmetic ---------------------------------------------------------------------------------------------

    def _step(self) -> int:
        return self.pool_size if self.strides == _DEFAULT else self.strides

    def _output_shape(self) -> tuple[int, int]:
        height, width = (shapes.output_size(n, self.pool_size, self._step(), self.padding) for n in self._picture.shape)
        return height, width

    def _pads(self) -> tuple[tuple[int, int], ...]:
        return shapes.resolve_padding(self.padding, self._picture.shape, self.pool_size, self._step())

    def _outputs(self) -> np.ndarray:
        return pooling.pool2d(self._picture, self.pool_size, self._step(), self.padding, self.op)

    def _seen(self, axis: int) -> np.ndarray:
        """Which rows (axis 0) or columns (axis 1) of the image lie in some window."""
        n, before = self._picture.shape[axis], self._pads()[axis][0]
        seen = np.zeros(n, bool)
        for position in range(self._output_shape()[axis]):
            start = position * self._step() - before
            seen[max(start, 0) : start + self.pool_size] = True
        return seen

    def _window(self) -> _Window:
        (top, _), (left, _) = self._pads()
        height, width = self._picture.shape
        first_row, first_column = self.row * self._step() - top, self.column * self._step() - left
        rows = range(max(first_row, 0), min(first_row + self.pool_size, height))
        columns = range(max(first_column, 0), min(first_column + self.pool_size, width))
        values = self._picture[rows.start : rows.stop, columns.start : columns.stop]
        winner = None
        if self.op != "average":
            place = values.argmax() if self.op == "max" else values.argmin()  # the first of equals, as the gradient
            i, j = divmod(int(place), values.shape[1])
            winner = rows[i], columns[j]
        result = float(self._outputs()[self.row, self.column])
        return _Window(rows, columns, values, self.pool_size**2 - values.size, result, winner)

    def _gradient(self) -> np.ndarray:
        """The gradient that reaches each pixel when every output sends back 1."""
        ones = np.ones(self._output_shape())
        return pooling.pool2d_backward(self._picture, ones, self.pool_size, self._step(), self.padding, self.op)

    # --- words --------------------------------------------------------------------------------------------------

    def describe(self) -> str:
        window = self._window()
        lines = [self._setting(), self._place(window)]
        if self.revealed:
            lines.append(f"{_working(self.op, window)}: that is the output at row {self.row}, column {self.column}.")
            lines.append(self._remark(window))
        else:
            lines.append("The result is hidden until you have typed your guess.")
        lines.append(self._left_out())
        if self.gradient and self.revealed:
            lines.append(self._gradient_words(window))
        if not self._predicting:
            rows = [" ".join(_plain(value) for value in row) for row in self._outputs()]
            lines.append("Output, row by row: " + " / ".join(rows))
        return "\n".join(filter(None, lines))

    def _setting(self) -> str:
        default = " (the default: the pool size)" if self.strides == _DEFAULT else ""
        sizes = [f"{h} × {w}" for h, w in (self._picture.shape, self._output_shape())]
        return (
            f"{self.op} pooling, pool_size {self.pool_size}, strides {self._step()}{default}, padding {self.padding}: "
            f"{sizes[0]} in, {sizes[1]} out, 0 parameters."
        )

    def _place(self, window: _Window) -> str:
        pixels = ", ".join(_plain(value) for value in window.values.ravel())
        return f"The window covers {_span('row', window.rows)}, {_span('column', window.columns)}: {pixels}."

    def _remark(self, window: _Window) -> str:
        if window.winner is None:
            if not window.outside:
                return ""
            return (
                f"{window.outside} of the window's {self.pool_size**2} places lie on padding; they are not counted, "
                f"so the sum is divided by {window.values.size}."
            )
        row, column = window.winner
        equals = int((window.values == window.result).sum())
        first = f", the first of {equals} equals" if equals > 1 else ""
        padding = f" {window.outside} places lie on padding, which never wins." if window.outside else ""
        return f"The {_SUPERLATIVE[self.op]} pixel is circled: row {row}, column {column}{first}.{padding}"

    def _left_out(self) -> str:
        parts = []
        for axis, name in enumerate(("row", "column")):
            missed = np.flatnonzero(~self._seen(axis)).tolist()
            if missed:
                parts.append(f"{name}{'s' if len(missed) > 1 else ''} {', '.join(map(str, missed))}")
        return f"In no window at all, drawn faint: {' and '.join(parts)}." if parts else ""

    def _gradient_words(self, window: _Window) -> str:
        lead = "If every output sends back a gradient of 1, "
        if window.winner is None:
            count = window.values.size
            return lead + f"this one's is shared: {_plain(1 / count)} to each of its {count} pixels."
        total = _plain(self._gradient()[window.winner])
        row, column = window.winner
        return lead + (
            f"this one's goes to row {row}, column {column} alone. "
            f"That pixel wins {total} window{'' if total == '1' else 's'}, so it receives {total}."
        )

    def question(self) -> str:
        return f"What is the output at row {self.row}, column {self.column} under {self.op} pooling?"

    def answer(self) -> float:
        return self._window().result

    # --- picture ------------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        picture = plot.Picture(10, 4.3, alt=self.describe())
        sheet, window = Sheet(picture), self._window()
        source, output, gradient = self._boards(sheet)
        self._draw_input(source, window)
        self._draw_output(output)
        if gradient is not None:
            self._draw_gradient(gradient, window)
        for sign, left, right in (("→", source, output), ("→", output, gradient)):
            if right is not None:
                middle = (left.right + right.left - 0.25) / 2  # the row numbers stand left of the grid
                sheet.stamp(sign, [(middle, _MIDDLE)], 17, plot.GREY)
        sheet.stamp(_working(self.op, window, longest=9, answer=None if self.revealed else "?"), [(5.0, 0.25)], 13)
        return picture

    def _boards(self, sheet: Sheet) -> tuple[_Board, _Board, _Board | None]:
        """Input, output and gradient side by side, all with cells of one size."""
        (top, bottom), (left, right) = self._pads()
        height, width = self._picture.shape
        columns = [left + width + right, self._output_shape()[1], *([width] if self.gradient else [])]
        gaps = _GAP * (len(columns) - 1)
        cell = min(0.55, (9.0 - gaps) / sum(columns), 3.1 / (top + height + bottom))
        x = 5.1 - (gaps + cell * sum(columns)) / 2
        source = _Board(sheet, self._picture.shape, cell, x, (top, bottom), (left, right))
        x += cell * columns[0] + _GAP
        output = _Board(sheet, self._output_shape(), cell, x)
        x += cell * columns[1] + _GAP
        return source, output, _Board(sheet, self._picture.shape, cell, x) if self.gradient else None

    def _draw_input(self, board: _Board, window: _Window) -> None:
        title = "input; crossed: padding" if any(map(any, self._pads())) else "input"
        board.fill(self._picture, title, brightness=self._is_light())
        for row, column in np.argwhere(~np.logical_and.outer(self._seen(0), self._seen(1))):
            board.fade(row, column)
        (top, _), (left, _) = self._pads()
        board.frame(self.row * self._step() - top, self.column * self._step() - left, self.pool_size, self.pool_size)
        if self.revealed:
            board.ring(window.winner, plot.ORANGE)

    def _draw_output(self, board: _Board) -> None:
        outputs = self._outputs()
        hidden = np.zeros(outputs.shape, bool)
        if self._predicting:  # a neighbour that is shown now is no prediction later
            hidden[:] = True
            hidden[self.row, self.column] = not self.revealed
        scale = float(np.abs(self._picture).max())  # input and output share one scale of colours
        title = f"output {outputs.shape[0]} × {outputs.shape[1]}"
        board.fill(outputs, title, scale, hidden, brightness=self._is_light())
        board.frame(self.row, self.column, 1, 1)

    def _is_light(self) -> bool:
        """Whether the numbers can be brightness: none is negative."""
        return bool((self._picture >= 0).all())

    def _draw_gradient(self, board: _Board, window: _Window) -> None:
        gradient = np.round(self._gradient(), 6)
        hidden = np.full(gradient.shape, not self.revealed)
        board.fill(np.where(gradient == 0, np.nan, gradient), "gradient sent back; empty: 0", None, hidden)
        if self.revealed:
            board.frame(window.rows.start, window.columns.start, len(window.rows), len(window.columns))
            board.ring(window.winner)


class _Board:
    """A grid of square cells on a sheet, with row and column numbers outside and padding around it.

    Parameters
    ----------
    sheet : where to draw
    shape : rows and columns, without the padding
    cell, left : side of a cell and x of the padded grid's left edge, in inches
    tall, wide : rows of padding (above, below) and columns of padding (before, after)
    """

    def __init__(
        self,
        sheet: Sheet,
        shape: tuple[int, int],
        cell: float,
        left: float,
        tall: tuple[int, int] = (0, 0),
        wide: tuple[int, int] = (0, 0),
    ) -> None:
        rows, columns = (n + sum(pads) for n, pads in zip(shape, (tall, wide), strict=True))
        self.sheet, self.shape, self.cell, self.left = sheet, shape, cell, left
        self.tall, self.wide = tall, wide
        self.top = _MIDDLE - rows * cell / 2
        self.right = left + columns * cell

    def _corner(self, row: float, column: float) -> tuple[float, float]:
        """x and y of the top left corner of a cell."""
        return self.left + (column + self.wide[0]) * self.cell, self.top + (row + self.tall[0]) * self.cell

    def _centre(self, row: float, column: float) -> tuple[float, float]:
        return self._corner(row + 0.5, column + 0.5)

    def fill(
        self,
        values: np.ndarray,
        title: str,
        top: float | None = None,
        hidden: np.ndarray | None = None,
        *,
        brightness: bool = False,
    ) -> None:
        """Colour the cells and write their numbers; NaN stays empty, hidden is "?".

        With `brightness` the numbers are light, and grey from black at 0 to white at `top`.
        """
        hidden = np.zeros(self.shape, bool) if hidden is None else hidden
        known = np.isfinite(values) & ~hidden
        shown = np.pad(np.where(known, values, 0.0), (self.tall, self.wide))
        top = top or float(np.abs(shown).max()) or 1.0
        if brightness:
            colours = np.where(np.pad(hidden, (self.tall, self.wide))[..., None], 1.0, greys(shown, top))
        else:
            colours = colormaps[plot.FILL_SIGNED](0.5 + 0.28 * np.clip(shown / top, -1, 1))[..., :3]  # (H, W, 3), pale
        self.sheet.cells(colours, self.left, self.top, self.cell)
        self._label(title)
        places: dict[tuple[str, bool], list[tuple[float, float]]] = {}
        for (row, column), value in np.ndenumerate(values):
            if hidden[row, column] or known[row, column]:
                word = "?" if hidden[row, column] else _plain(value)
                dark = colours[row + self.tall[0], column + self.wide[0]].max() < 0.5
                places.setdefault((word, bool(dark)), []).append(self._centre(row, column))
        size = min(13.0, 26 * self.cell, 100 * self.cell / max((len(word) for word, _ in places), default=1))
        for dark, colour in ((False, INK), (True, "white")):
            self.sheet.stamp_all(
                {word: where for (word, on_dark), where in places.items() if on_dark is dark}, size, colour
            )

    def _label(self, title: str) -> None:
        """Write the title and the indices, and cross out the padding."""
        height, width = self.shape
        self.sheet.stamp(title, [((self.left + self.right) / 2, self.top - 0.4)], 11)
        for column in range(width):
            self.sheet.stamp(str(column), [(self._centre(0, column)[0], self.top - 0.12)], 8.5, plot.GREY)
        for row in range(height):
            self.sheet.stamp(str(row), [(self.left - 0.14, self._centre(row, 0)[1])], 8.5, plot.GREY)
        padding = [
            (row, column)
            for row in range(-self.tall[0], height + self.tall[1])
            for column in range(-self.wide[0], width + self.wide[1])
            if not (0 <= row < height and 0 <= column < width)
        ]
        falling = [(self._corner(r, c), self._corner(r + 1, c + 1)) for r, c in padding]
        rising = [(self._corner(r + 1, c), self._corner(r, c + 1)) for r, c in padding]
        self.sheet.lines(falling + rising, "#A8B0BA", 0.7)

    def fade(self, row: int, column: int) -> None:
        """Make a cell pale: no window looks at it."""
        self.sheet.box(*self._corner(row, column), self.cell, self.cell, "none", fill="#FFFFFFCC")

    def frame(self, row: int, column: int, rows: int, columns: int) -> None:
        """Point at a rectangle of cells."""
        self.sheet.box(*self._corner(row, column), columns * self.cell, rows * self.cell, plot.BLUE, line=3.5)

    def ring(self, place: tuple[int, int] | None, colour: str = INK) -> None:
        """Ring the winning pixel."""
        if place is not None:
            turn = np.linspace(0, 2 * np.pi, 40)
            circle = np.array(self._centre(*place)) + 0.44 * self.cell * np.column_stack([np.cos(turn), np.sin(turn)])
            self.sheet.shapes([circle], colour, line=2.8)


def _check_image(image: object) -> np.ndarray:
    image = check_rank(image, "image", {2: "(H, W)"})
    if min(image.shape) < 2 or max(image.shape) > _LARGEST_SIDE:
        raise ValueError(
            f"`image` must be from 2 to {_LARGEST_SIDE} pixels high and wide, so that every number can be read: crop "
            f"it, as in image[:6, :6]. Received: shape {image.shape}"
        )
    if not np.isfinite(image).all():
        raise ValueError("`image` must hold finite numbers. Received: NaN or infinity")
    return image.astype(np.int64) if image.dtype.kind == "b" else image


def _plain(value: float) -> str:
    """A number as people write it."""
    return plot.short_number(float(value)).replace("-", "\N{MINUS SIGN}")


def _span(name: str, indices: range) -> str:
    if len(indices) == 1:
        return f"{name} {indices.start}"
    return f"{name}s {indices.start}–{indices.stop - 1}"


def _working(op: str, window: _Window, longest: int = 16, answer: str | None = None) -> str:
    """The window's arithmetic on one line; with more than `longest` pixels only the number of them is said."""
    values = [_plain(value) for value in window.values.ravel()]
    answer = _plain(window.result) if answer is None else answer
    if op != "average":
        inside = ", ".join(values) if len(values) <= longest else f"{len(values)} pixels"
        return f"{op}({inside}) = {answer}"
    signed = [f"({value})" if value.startswith("\N{MINUS SIGN}") else value for value in values]
    terms = " + ".join(signed) if len(values) <= longest else f"sum of {len(values)} pixels"
    total = "?" if answer == "?" else _plain(window.values.sum())
    return f"({terms}) / {len(values)} = {total} / {len(values)} = {answer}"
