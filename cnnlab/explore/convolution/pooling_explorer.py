"""The explorer of lesson 03: one pooling window at a time, its winner, and where the gradient goes."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from cnnlab import plot
from cnnlab.arithmetic import pooling, shapes
from cnnlab.common.validate import check_rank
from cnnlab.explore.base.controls import choice, switch, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import number_text, span
from cnnlab.explore.drawing.arrays import Grid
from cnnlab.explore.drawing.sheet import Sheet

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
    listed = {
        "op": ("max", "average"),
        "pool_size": (2, 3),
        "strides": ("pool size", 1),
        "gradient": None,
    }

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
        if not self.prediction.asked:
            rows = [" ".join(number_text(value) for value in row) for row in self._outputs()]
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
        pixels = ", ".join(number_text(value) for value in window.values.ravel())
        rows, columns = (
            span(name, seen[0], seen[-1]) for name, seen in (("row", window.rows), ("column", window.columns))
        )
        return f"The window covers {rows}, {columns}: {pixels}."

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
            return lead + f"this one's is shared: {number_text(1 / count)} to each of its {count} pixels."
        total = number_text(self._gradient()[window.winner])
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
        for left, right in pairwise(self._draw_grids(sheet, window)):
            sheet.stamp("→", [((left.right + right.edge) / 2, _MIDDLE)], 17, plot.GREY)
        sheet.stamp(_working(self.op, window, longest=9, answer=None if self.revealed else "?"), [(5.0, 0.25)], 13)
        return picture

    def _draw_grids(self, sheet: Sheet, window: _Window) -> list[Grid]:
        """Input, output and gradient side by side, all with cells of one size."""
        pads, shape, sizes = self._pads(), self._picture.shape, self._output_shape()
        rows = sum(pads[0]) + shape[0]
        columns = [sum(pads[1]) + shape[1], sizes[1], *([shape[1]] if self.gradient else [])]
        gaps = _GAP * (len(columns) - 1)
        cell = min(0.55, (9.0 - gaps) / sum(columns), 3.1 / rows)
        edges = 5.1 - (gaps + cell * sum(columns)) / 2 + np.cumsum([0, *(cell * n + _GAP for n in columns)])
        rooms = [
            {"middle": _MIDDLE, "centre": left + cell * n / 2, "width": cell * n, "height": cell * rows}
            for left, n in zip(edges[:-1], columns, strict=True)
        ]
        title = "input; crossed: padding" if any(map(any, pads)) else "input"
        source = Grid(sheet, self._picture, title=title, indices=True, pads=pads, **rooms[0])
        output = Grid(sheet, self._outputs(), title=f"output {sizes[0]} × {sizes[1]}", indices=True, **rooms[1])
        self._draw_input(source, window)
        self._draw_output(output)
        return [source, output, *([self._draw_gradient(sheet, window, rooms[2])] if self.gradient else [])]

    def _draw_input(self, grid: Grid, window: _Window) -> None:
        grid.fill(brightness=self._is_light())
        for row, column in np.argwhere(~np.logical_and.outer(self._seen(0), self._seen(1))):
            grid.fade(row, column)
        (top, _), (left, _) = self._pads()
        grid.frame(self.row * self._step() - top, self.column * self._step() - left, self.pool_size, self.pool_size)
        if self.revealed and window.winner:
            grid.ring(*window.winner, plot.ORANGE)

    def _draw_output(self, grid: Grid) -> None:
        hidden = np.full(
            grid.values.shape, self.prediction.asked
        )  # a neighbour that is shown now is no prediction later
        hidden[self.row, self.column] = not self.revealed
        scale = float(np.abs(self._picture).max())  # input and output share one scale of colours
        grid.fill(hidden, scale, brightness=self._is_light())
        grid.frame(self.row, self.column, 1, 1)

    def _is_light(self) -> bool:
        """Whether the numbers can be brightness: none is negative."""
        return bool((self._picture >= 0).all())

    def _draw_gradient(self, sheet: Sheet, window: _Window, room: dict[str, float]) -> Grid:
        gradient = np.round(self._gradient(), 6)
        values = np.where(gradient == 0, np.nan, gradient)
        grid = Grid(sheet, values, title="gradient sent back; empty: 0", indices=True, **room)
        grid.fill(np.full(gradient.shape, not self.revealed))
        if self.revealed:
            grid.frame(window.rows.start, window.columns.start, len(window.rows), len(window.columns))
            if window.winner:
                grid.ring(*window.winner)
        return grid


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


def _working(op: str, window: _Window, longest: int = 16, answer: str | None = None) -> str:
    """The window's arithmetic on one line; with more than `longest` pixels only the number of them is said."""
    values = [number_text(value) for value in window.values.ravel()]
    answer = number_text(window.result) if answer is None else answer
    if op != "average":
        inside = ", ".join(values) if len(values) <= longest else f"{len(values)} pixels"
        return f"{op}({inside}) = {answer}"
    signed = [f"({value})" if value.startswith("\N{MINUS SIGN}") else value for value in values]
    terms = " + ".join(signed) if len(values) <= longest else f"sum of {len(values)} pixels"
    total = "?" if answer == "?" else number_text(window.values.sum())
    return f"({terms}) / {len(values)} = {total} / {len(values)} = {answer}"
