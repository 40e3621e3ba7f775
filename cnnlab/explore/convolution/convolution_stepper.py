"""The stepper of lesson 01: a convolution, one position at a time."""

from __future__ import annotations

import math

import ipywidgets as widgets
import numpy as np

from cnnlab import plot
from cnnlab.arithmetic.conv import conv2d
from cnnlab.arithmetic.shapes import output_size
from cnnlab.common.validate import check_rank
from cnnlab.explore.base.controls import Control, button, text, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import by, number_text, term_text
from cnnlab.explore.convolution.kernel_text import LARGEST_KERNEL, check_sides, kernel_from_text, kernel_to_text
from cnnlab.explore.drawing.arrays import Grid
from cnnlab.explore.drawing.sheet import Sheet

LARGEST_INPUT = 10  # rows or columns of the stepper's input; more cannot be read as numbers

_LESSON_IMAGE = ((1, 3, 3, 0, 0), (0, 3, 1, 0, 0), (0, 0, 2, 1, 1), (0, 0, 3, 0, 1), (3, 2, 1, 3, 0))
_LESSON_KERNEL = ((0, 1, 0), (1, 0, 1), (1, 1, 0))
_MIDDLE = 1.85  # inches from the top of the stepper's picture to the middle of its grids


class ConvolutionStepper(Explorer):
    """A convolution, one position of the kernel at a time: the window, every product, the sum, the output so far.

    Parameters
    ----------
    image : shape (H, W), each from 1 to 10; by default the 5×5 example of lesson 01
    kernel : shape (KH, KW), each from 1 to 7; by default the 3×3 kernel of lesson 01
    strides : pixels from one position to the next, 1 to 3
    predict : ask for the sum before showing it

    Examples
    --------
    >>> stepper = ConvolutionStepper()
    >>> print(stepper.set(row=0, column=1).describe())
    Input 5×5, kernel 3×3, strides 1: output 3×3. Position 2 of 9: row 0, column 1.
    Window (rows 0 to 2, columns 1 to 3) times kernel, pixel by pixel:
      3·0 + 3·1 + 0·0
    + 3·1 + 1·0 + 0·1
    + 0·1 + 2·1 + 1·0
    = 0 + 3 + 0 + 3 + 0 + 0 + 0 + 2 + 0
    = 8
    Output so far, row by row: 4 8
    """

    kernel = text(width=210, height=92)
    step = whole(0, lambda it: math.prod(it._places()) - 1, width=260)
    previous = button("◀ Prev", width=90)
    next = button("Next ▶", width=90)
    play = Control(widgets.Play, value=0, min=0, max=lambda it: math.prod(it._places()) - 1, interval=1200)
    row = whole(0, lambda it: it._places()[0] - 1, width=200)
    column = whole(0, lambda it: it._places()[1] - 1, width=200)
    strides = whole(1, 3, width=200)
    samples = {"kernel": ("0 1 0; 1 0 1; 1 1 0", "1 0 -1\n2 0 -2\n1 0 -1", "1/9, 0.5", "1 1 1 1 1 1", "-3")}
    listed = {"kernel": ("1 0 -1\n2 0 -2\n1 0 -1",), "strides": (1, 2), "step": None}

    def __init__(
        self,
        image: np.ndarray | None = None,
        kernel: np.ndarray | None = None,
        strides: int = 1,
        *,
        predict: bool = False,
    ) -> None:
        image = check_rank(_LESSON_IMAGE if image is None else image, "image", {2: "(H, W)"})
        kernel = check_rank(_LESSON_KERNEL if kernel is None else kernel, "kernel", {2: "(KH, KW)"})
        check_sides(image, "image", 1, LARGEST_INPUT, " Pass a piece of it, such as image[:8, :8].")
        check_sides(kernel, "kernel", 1, LARGEST_KERNEL)
        # Exact in either kind; a uint8 photo would wrap around at 256.
        self._pixels = image.astype(np.float64 if image.dtype.kind == "f" else np.int64)
        super().__init__(predict=predict, kernel=kernel_to_text(kernel), strides=strides)
        widgets.jslink((self.controls["play"], "value"), (self.controls["step"], "value"))
        # The slider it is linked to redraws; a second redraw for the same step would only cost time.
        self.controls["play"].unobserve_all("value")

    def adjust(self, changed: str | None) -> None:
        columns = self._places()[1]
        if changed in ("row", "column"):
            self.controls["step"].value = self.row * columns + self.column
        self.controls["row"].value, self.controls["column"].value = divmod(self.step, columns)

    def press(self, name: str) -> None:
        step = self.step + (1 if name == "next" else -1)
        self.controls["step"].value = min(max(step, 0), self.controls["step"].max)
        self.adjust("step")

    # --- the arithmetic -----------------------------------------------------------------------------------------

    def _output_shape(self) -> tuple[int, int] | None:
        """Rows and columns of the output, or None if the kernel does not fit."""
        sizes = list(zip(self._pixels.shape, kernel_from_text(self.kernel).shape, strict=True))
        if any(k > n for n, k in sizes):
            return None
        return tuple(output_size(n, k, self.strides) for n, k in sizes)

    def _places(self) -> tuple[int, int]:
        """How many rows and columns there are to stand on; one of each where the kernel does not fit."""
        return self._output_shape() or (1, 1)

    def _corner(self) -> tuple[int, int]:
        return self.row * self.strides, self.column * self.strides

    def _window(self) -> np.ndarray:
        (top, left), (height, width) = self._corner(), kernel_from_text(self.kernel).shape
        return self._pixels[top : top + height, left : left + width]

    def _sums(self) -> np.ndarray:
        """The output up to the present position, NaN after it; shape (OH, OW)."""
        sums = conv2d(self._pixels, kernel_from_text(self.kernel), strides=self.strides).astype(float)
        sums.ravel()[self.step + 1 :] = np.nan
        return sums

    def question(self) -> str:
        if self._output_shape() is None:
            return "At how many positions does this kernel fit into this input?"
        return f"What is the sum at row {self.row}, column {self.column}?"

    def answer(self) -> float:
        if self._output_shape() is None:
            return 0.0
        return float(np.sum(self._window() * kernel_from_text(self.kernel)))

    # --- words and picture --------------------------------------------------------------------------------------

    def describe(self) -> str:
        kernel, shape = kernel_from_text(self.kernel), self._output_shape()
        sizes = f"Input {by(self._pixels.shape)}, kernel {by(kernel.shape)}, strides {self.strides}"
        if shape is None:
            return f"{sizes}: {self._misfit()}"
        (top, left), (height, width), count = self._corner(), kernel.shape, self.controls["step"].max + 1
        window = self._window()
        pairs = [" + ".join(map(_product, *rows)) for rows in zip(window, kernel, strict=True)]
        products = " + ".join(term_text(product) for product in (window * kernel).ravel())
        result = [f"= {products}", f"= {number_text(self.answer())}"] if self.revealed else ["= ?"]
        sums = [number_text(value) for value in self._sums().ravel()[: self.step + 1]]
        if not self.revealed:
            sums[-1] = "?"
        return "\n".join(
            [
                f"{sizes}: output {by(shape)}. Position {self.step + 1} of {count}: "
                f"row {self.row}, column {self.column}.",
                f"Window (rows {top} to {top + height - 1}, columns {left} to {left + width - 1}) "
                "times kernel, pixel by pixel:",
                "  " + "\n+ ".join(pairs),
                *result,
                f"Output so far, row by row: {' '.join(sums)}",
            ]
        )

    def _misfit(self) -> str:
        names = ("rows", "columns")
        sides = zip(names, self._pixels.shape, kernel_from_text(self.kernel).shape, strict=True)
        # The arithmetic of lesson 02, output = input − kernel + 1, says by how much.
        reasons = [f"{n} − {k} + 1 = {number_text(n - k + 1)} {name}" for name, n, k in sides if k > n]
        return f"the kernel does not fit at any position; the output would have {' and '.join(reasons)}"

    def figure(self) -> plot.Picture:
        kernel, shape = kernel_from_text(self.kernel), self._output_shape()
        picture = plot.Picture(10, 3.7, alt=self.describe())
        sheet = Sheet(picture)
        size = f"input {by(self._pixels.shape)}"
        source = Grid(sheet, self._pixels, middle=_MIDDLE, centre=1.8, width=2.9, title=size, indices=True)
        weights = Grid(sheet, kernel, middle=_MIDDLE, centre=4.5, width=1.45, title=f"kernel {by(kernel.shape)}")
        source.fill(brightness=True)
        weights.fill()
        if shape is None:
            sheet.stamp(self._misfit(), [(5.0, 3.42)], 11, plot.RED)
            return picture
        products = self._draw_products(sheet, kernel)
        output = self._draw_output(sheet, shape)
        source.frame(*self._corner(), *kernel.shape)
        products.frame(0, 0, *kernel.shape)
        output.frame(self.row, self.column, 1, 1)
        for sign, left, right in (("·", source, weights), ("=", weights, products), ("→", products, output)):
            sheet.stamp(sign, [((left.right + right.edge) / 2, _MIDDLE)], 17, plot.GREY)
        sheet.stamp(self._sum_line(), [(5.0, 3.42)], 12)
        return picture

    def _draw_products(self, sheet: Sheet, kernel: np.ndarray) -> Grid:
        window = self._window()
        grid = Grid(sheet, window * kernel, middle=_MIDDLE, centre=6.55, width=1.95, title="pixel · weight")
        roomy = max(kernel.shape) <= 4
        grid.fill(hidden=np.full(kernel.shape, not self.revealed), lower=0.13 if roomy else 0.0)
        if roomy:
            for place in np.ndindex(kernel.shape):
                grid.note(*place, _product(window[place], kernel[place]))
        return grid

    def _draw_output(self, sheet: Sheet, shape: tuple[int, int]) -> Grid:
        hidden = np.zeros(shape, dtype=bool)
        hidden[self.row, self.column] = not self.revealed
        grid = Grid(
            sheet,
            self._sums(),
            middle=_MIDDLE,
            centre=8.9,
            width=1.75,
            title=f"output {by(shape)}",
            indices=True,
        )
        # One scale for every step: a cell keeps its colour when later cells appear.
        everything = conv2d(self._pixels, kernel_from_text(self.kernel), strides=self.strides)
        grid.fill(hidden=hidden, top=float(np.abs(everything).max()))
        return grid

    def _sum_line(self) -> str:
        products = (self._window() * kernel_from_text(self.kernel)).ravel()
        if not self.revealed:
            return f"the {products.size} products add up to ?"
        total = number_text(self.answer())
        if products.size > 9:
            return f"the {products.size} products add up to {total}"
        return f"{' + '.join(map(term_text, products))} = {total}"


def _product(pixel: float, weight: float) -> str:
    return f"{term_text(pixel)}·{term_text(weight)}"
