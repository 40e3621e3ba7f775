"""The explorer of lesson 03: one pooling window at a time, its winner, and where the gradient goes."""

from __future__ import annotations

from typing import NamedTuple

import ipywidgets as widgets
import numpy as np
from matplotlib.patches import Circle, Rectangle

from cnnlab import plot, pooling, shapes
from cnnlab._validate import check_rank
from cnnlab.explore._base import Explorer

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
_LARGEST_WINDOW = 4
_DEFAULT = "pool size"
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

    def __init__(self, image: np.ndarray | None = None, *, predict: bool = False) -> None:
        self._picture = _check_image(_IMAGE if image is None else image)
        super().__init__(predict=predict)

    # --- controls -----------------------------------------------------------------------------------------------

    def make_controls(self) -> dict[str, widgets.Widget]:
        largest = min(_LARGEST_WINDOW, *self._picture.shape)
        steps = [(_DEFAULT, _DEFAULT), *((str(step), step) for step in range(1, _LARGEST_WINDOW + 1))]
        return {
            "op": widgets.ToggleButtons(options=pooling.OPS, value="max", description="op"),
            "pool_size": widgets.IntSlider(2, min=1, max=largest, description="pool_size"),
            "strides": widgets.Dropdown(options=steps, value=_DEFAULT, description="strides"),
            "padding": widgets.Dropdown(options=["valid", "same"], value="valid", description="padding"),
            "row": widgets.IntSlider(0, min=0, max=1, description="output row"),
            "column": widgets.IntSlider(0, min=0, max=1, description="output column"),
            "gradient": widgets.Checkbox(False, description="show the gradient"),
        }

    def adjust(self, changed: str | None) -> None:
        if changed in (None, "pool_size", "strides", "padding"):
            for name, size in zip(("row", "column"), self._output_shape(), strict=True):
                control = self.controls[name]
                control.value = min(control.value, size - 1)
                control.max = size - 1
                control.disabled = size == 1  # a slider with a single place cannot be dragged

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
        window = self._window()
        panels = 3 if self.gradient else 2
        width = 0.96 / panels
        axes = [picture.add_axes((0.02 + number * width, 0.03, width - 0.02, 0.74)) for number in range(panels)]
        self._draw_input(axes[0], window)
        self._draw_output(axes[1])
        if self.gradient:
            self._draw_gradient(axes[2], window)
        working = _working(self.op, window, longest=9, answer=None if self.revealed else "?")
        picture.text(0.5, 0.94, working, ha="center", va="center", fontsize=14)
        return picture

    def _draw_input(self, ax: plot.Axes, window: _Window) -> None:
        (top, bottom), (left, right) = self._pads()
        height, width = self._picture.shape
        title = "input; hatched: padding" if top + bottom + left + right else "input"
        self._grid(ax, self._picture, title, top, left)
        for row, column in np.argwhere(~np.logical_and.outer(self._seen(0), self._seen(1))):
            ax.add_patch(_cell(row, column, facecolor="white", alpha=0.75, zorder=4))
        for row in range(-top, height + bottom):
            for column in range(-left, width + right):
                if not (0 <= row < height and 0 <= column < width):
                    ax.add_patch(_cell(row, column, facecolor="#F2F2F2", edgecolor="#AAAAAA", hatch="////"))
        corner = self.row * self._step() - top, self.column * self._step() - left
        _outline(ax, *corner, self.pool_size, self.pool_size)
        if self.revealed:
            _circle(ax, window.winner)

    def _draw_output(self, ax: plot.Axes) -> None:
        outputs = self._outputs()
        hidden = np.zeros(outputs.shape, bool)
        if self._predicting:  # a neighbour that is shown now is no prediction later
            hidden[:] = True
            hidden[self.row, self.column] = not self.revealed
        scale = float(np.abs(self._picture).max()) or 1.0  # input and output share one scale of colours
        signed = bool((self._picture < 0).any())
        title = f"output, {outputs.shape[0]} × {outputs.shape[1]}"
        self._grid(ax, outputs, title, hidden=hidden, vmax=scale, signed=signed)
        _outline(ax, self.row, self.column, 1, 1)

    def _draw_gradient(self, ax: plot.Axes, window: _Window) -> None:
        gradient = np.round(self._gradient(), 6)
        values = np.where(gradient == 0, np.nan, gradient) if self.revealed else gradient
        hidden = np.full(gradient.shape, not self.revealed)
        self._grid(ax, values, "gradient; empty: 0", hidden=hidden, vmax=2.0 * max(gradient.max(), 1.0))
        if self.revealed:
            _outline(ax, window.rows.start, window.columns.start, len(window.rows), len(window.columns))
            _circle(ax, window.winner)

    def _grid(
        self, ax: plot.Axes, values: np.ndarray, title: str, top: int = 0, left: int = 0, **style: object
    ) -> None:
        """Draw a grid with cells as large as the padded input's, `top` rows and `left` columns from the corner."""
        (above, below), (before, after) = self._pads()
        rows, columns = self._picture.shape[0] + above + below, self._picture.shape[1] + before + after
        room, figure = ax.get_position(), ax.figure.get_size_inches()
        cell = 72 * min(room.width * figure[0] / (columns + 1), room.height * figure[1] / (rows + 1))  # points
        longest = max(len(_plain(value)) for value in values[np.isfinite(values)])
        fontsize = min(12.0, cell / (0.62 * max(longest, 2)))
        plot.number_grid(ax, values, indices=False, fontsize=fontsize, **style)
        ax.set(xlim=(-0.95 - left, columns - left - 0.4), ylim=(rows - top - 0.4, -0.6 - top), anchor="NW")
        # y is given so that matplotlib does not measure every (invisible) tick to place the title.
        ax.set_title(title, fontsize=11, loc="left", x=0.06, y=1.0, pad=18)
        for column in range(values.shape[1]):
            ax.text(column, -0.62 - top, str(column), ha="center", va="bottom", fontsize=8, color=plot.GREY)
        for row in range(values.shape[0]):
            ax.text(-0.66 - left, row, str(row), ha="right", va="center", fontsize=8, color=plot.GREY)


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


def _cell(row: int, column: int, **style: object) -> Rectangle:
    return Rectangle((column - 0.5, row - 0.5), 1, 1, linewidth=0.8, **style)


def _outline(ax: plot.Axes, row: int, column: int, height: int, width: int) -> None:
    """Frame a window whose top left cell is (`row`, `column`)."""
    corner = (column - 0.5, row - 0.5)
    ax.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=plot.RED, linewidth=3.5, zorder=6))


def _circle(ax: plot.Axes, place: tuple[int, int] | None) -> None:
    """Ring the winning pixel, in black on white so that it stands out on light and on dark cells."""
    if place is not None:
        for colour, linewidth in (("white", 5.0), ("black", 2.5)):
            ring = Circle((place[1], place[0]), 0.36, fill=False, edgecolor=colour, linewidth=linewidth, zorder=7)
            ax.add_patch(ring)
