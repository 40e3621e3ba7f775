"""The explorer of receptive fields: what theory says one output can see, and how much each pixel matters to it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import keras
import numpy as np

from cnnlab import plot
from cnnlab.common.validate import check_int
from cnnlab.explore.base.controls import Control, choice, text, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import by
from cnnlab.explore.convolution.fields import ModelFields, StackFields, parse_stack
from cnnlab.explore.drawing.arrays import Map, shades
from cnnlab.explore.drawing.sheet import INK, Sheet


class ReceptiveFieldPinner(Explorer):
    """What one output value can see of the picture: the field that theory gives, and the influence measured inside it.

    Parameters
    ----------
    model
        A Sequential or functional Keras model; its influence is measured by nudging every pixel of a few random
        pictures. Without a model, a stack of plain layers is shown, measured by a backward pass in NumPy
    stack : layers written ``3`` (kernel), ``3/2`` (stride 2) or ``3d2`` (dilation 2), separated by spaces
    size : side of the stack's picture in pixels, from 8 to 64
    predict : ask for the field's size before showing it

    Raises
    ------
    TypeError, ValueError
        If `model` cannot be measured, `stack` cannot be read or `size` is out of range.

    Examples
    --------
    >>> pinner = ReceptiveFieldPinner(stack="3 3 3", size=15)
    >>> print(pinner.describe().splitlines()[2])
    Theory: 7×7 pixels, rows 4 to 10, columns 4 to 10.
    """

    stack = text()
    padding = choice(["valid", "same"], show="buttons")
    weights = choice(["equal", "random"], show="buttons")
    layer = whole(0, lambda it: it.source().names[-1], lambda it: it.source().names[-1], label="after layer")
    row = whole(0, lambda it: it.source().outputs(it.layer)[0] - 1, label="output row")
    column = whole(0, lambda it: it.source().outputs(it.layer)[1] - 1, label="output column")
    samples = {"stack": ("3", "5 5", "3/2 3d2 3", "7/2 3/2 3 3 3")}
    listed = {"stack": ("5 5", "3 3 3 3 3 3 3 3", "3 3d2 3d4"), "weights": None, "layer": None}

    def __init__(
        self,
        model: keras.Model | None = None,
        *,
        stack: str = "3 3 2/2 3 3 2/2 3",
        size: int = 41,
        predict: bool = False,
    ) -> None:
        self._size = check_int(size, "size", 8, 64)
        self._model = None if model is None else ModelFields(model)
        self._fields_of = lru_cache(maxsize=1)(StackFields)  # the latest alone: the text can take any number of values
        self._at_end = True  # whether the last layer was chosen, before the stack changed
        super().__init__(predict=predict, stack=stack)

    def declared(self) -> Mapping[str, Control]:
        if self._model is None:
            return super().declared()
        names = self._model.names
        return {"layer": choice(names, start=names[-1]), "row": type(self).row, "column": type(self).column}

    def adjust(self, changed: str | None) -> None:
        """Stay at the end of a stack that grows, and begin in the middle of a layer's output."""
        last = self.source().names[-1]
        if changed == "stack" and self._at_end:
            self._assign("layer", last)
        self._at_end = self.layer == last
        if changed in (None, "stack", "padding", "layer"):
            for name, count in zip(("row", "column"), self.source().outputs(self.layer), strict=True):
                self.controls[name].value = (count - 1) // 2

    def source(self) -> StackFields | ModelFields:
        """Where the fields come from: the model, or the stack as it is written now."""
        if self._model is not None:
            return self._model
        return self._fields_of(parse_stack(self.stack), self._size, self.padding, self.weights)

    def question(self) -> str:
        """The field's height and width, padding included."""
        what = self.layer if self._model is not None else f"layer {self.layer} of the stack {self.stack}"
        return f"How many rows and columns of the input can one value after {what} see, padding included (5 × 5, say)?"

    def answer(self) -> tuple[int, int]:
        """Height and width of the theoretical field."""
        rows, columns = self.source().fields(self.layer)
        return rows.size, columns.size

    def window(self) -> tuple[int, int, int, int]:
        """The theoretical field of the chosen output: first row, first column, height, width; may leave the picture."""
        rows, columns = self.source().fields(self.layer)
        return (
            rows.offset + self.row * rows.stride,
            columns.offset + self.column * columns.stride,
            rows.size,
            columns.size,
        )

    def influence(self) -> np.ndarray:
        """How strongly each input pixel acts on the chosen output, (H, W), not negative."""
        return self.source().influence(self.layer, self.row, self.column)

    def core(self) -> tuple[int, int, int, int]:
        """The effective field: the theoretical one, shrunk on all sides alike while it keeps half of the influence."""
        top, left, height, width = self.window()
        influence = self.influence()
        half = influence.sum() / 2
        core = (top, left, height, width)
        for shrink in range(1, (min(height, width) + 1) // 2):
            tried = (top + shrink, left + shrink, height - 2 * shrink, width - 2 * shrink)
            if _inside(influence, tried).sum() < half:
                break
            core = tried
        return core

    def figure(self) -> plot.Picture:
        """Left: influence on the picture, with both fields. Right: the influence along the field's middle row."""
        picture = plot.Picture(10, 4.6, alt=self.describe())
        sheet = Sheet(picture)
        if not self.revealed:
            blank = Map(sheet, shades(np.zeros(self.source().size), dark=True), (0.3, 0.6), 3.7)
            blank.title(f"the input, {by(self.source().size)} pixels")
            blank.frame(0, 0, *self.source().size, "black")
            sheet.stamp("hidden until you have typed a guess", [(7.2, 2.4)], 11, plot.GREY)
            return picture
        influence, window, core = self.influence(), self.window(), self.core()
        _draw_influence(sheet, influence, window, core)
        row = min(max(window[0] + window[2] // 2, 0), len(influence) - 1)
        _draw_profile(sheet, influence[row], row, window, core)
        sheet.write(5.0, 0.45, f"orange: theory, {by(window[2:])} pixels", 12, "#8A5A00", bold=True)
        sheet.write(5.0, 0.78, f"blue: half of the influence, {by(core[2:])} pixels", 12, plot.BLUE, bold=True)
        return picture

    def describe(self) -> str:
        """Theory, measurement and the effective field in words."""
        source = self.source()
        what = self.layer if self._model is not None else f"layer {self.layer} of the stack {self.stack}"
        lines = [
            f"One value after {what}, at row {self.row}, column {self.column} of {by(source.outputs(self.layer))}.",
            f"The input has {by(source.size)} pixels.",
        ]
        if self.revealed:
            influence, window, core = self.influence(), self.window(), self.core()
            measured = _extent(influence) or "no pixel has any influence: the output is stuck at zero (a dead ReLU)"
            lines += [
                f"Theory: {by(window[2:])} pixels, {_span(window)}." + self._over_the_edge(window),
                f"Measured by {source.measured_by}: {measured}.",
                f"Half of the influence comes from the middle {by(core[2:])}: "
                f"{round(100 * core[2] * core[3] / (window[2] * window[3]))} % of the field's area.",
            ]
        return "\n".join(filter(None, [*lines, source.note]))

    def _over_the_edge(self, window: tuple[int, int, int, int]) -> str:
        top, left, height, width = window
        rows, columns = self.source().size
        if top >= 0 and left >= 0 and top + height <= rows and left + width <= columns:
            return ""
        return " Part of it lies on padding."


def _inside(values: np.ndarray, window: tuple[int, int, int, int]) -> np.ndarray:
    """The part of `values` within a window that may leave it."""
    top, left, height, width = window
    return values[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]


def _extent(influence: np.ndarray) -> str:
    """How many rows and columns have any influence, and which; empty if there are none."""
    rows, columns = (np.flatnonzero(influence.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return ""
    return f"{len(rows)}×{len(columns)} pixels, rows {rows[0]} to {rows[-1]}, columns {columns[0]} to {columns[-1]}"


def _span(window: tuple[int, int, int, int]) -> str:
    top, left, height, width = window
    return f"rows {top} to {top + height - 1}, columns {left} to {left + width - 1}"


def _draw_influence(sheet: Sheet, influence: np.ndarray, window: tuple, core: tuple) -> None:
    """The influence as darkness on the picture, both fields on it; padding that the field covers stays in view."""
    pads = [
        (max(-first, 0), max(first + size - n, 0))
        for first, size, n in zip(window[:2], window[2:], influence.shape, strict=True)
    ]
    drawn = Map(sheet, shades(influence, pads, dark=True), (0.3, 0.6), 3.7, origin=(pads[0][0], pads[1][0]))
    drawn.title("darker pixels have more influence" + (" (blue-grey: padding)" if np.any(pads) else ""))
    drawn.frame(0, 0, *influence.shape, "black")
    drawn.frame(*window, plot.ORANGE)
    drawn.frame(*core, plot.BLUE)


def _draw_profile(sheet: Sheet, values: np.ndarray, row: int, window: tuple, core: tuple) -> None:
    """Influence along one row of the picture, as steps, with the ends of both fields."""
    first, last = min(0, window[1]), max(len(values), window[1] + window[3])
    left, right, floor, top = 5.0, 9.7, 3.95, 1.2  # inches

    def x(column: float) -> float:
        return left + (right - left) * (column - first) / (last - first)

    heights = (floor - top) * values / (values.max() or 1.0)
    steps = [(x(c), floor - h) for column, h in enumerate(heights) for c in (column, column + 1)]
    sheet.shapes([[(x(0), floor), *steps, (x(len(values)), floor)]], "#BBBBBB")
    for (_, start, _, size), colour in ((window, plot.ORANGE), (core, plot.BLUE)):
        sheet.lines([((x(c), floor), (x(c), top - 0.1)) for c in (start, start + size)], colour, 2)
    sheet.lines([((left, floor), (right, floor))], INK)
    for column in (0, len(values) - 1):
        sheet.stamp(str(column), [(x(column + 0.5), floor + 0.15)], 9)
    sheet.stamp(f"influence of each column of the input, along row {row}", [((left + right) / 2, floor + 0.42)], 10)
