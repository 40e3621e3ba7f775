"""Explorers of lesson 01: a convolution one position at a time, and kernels at work on a photo."""

from __future__ import annotations

import ipywidgets as widgets
import numpy as np
from matplotlib import colormaps

from cnnlab import datasets, kernels, plot
from cnnlab._validate import check_int, check_rank
from cnnlab.conv import conv2d
from cnnlab.explore._base import Explorer
from cnnlab.explore._grid import Grid
from cnnlab.explore._kernel_text import (
    LARGEST_KERNEL,
    kernel_from_text,
    kernel_to_text,
    number_text,
    product_text,
    size_text,
    term_text,
)
from cnnlab.explore._sheet import Sheet
from cnnlab.shapes import output_size

LARGEST_INPUT = 10  # rows or columns of the stepper's input; more cannot be read as numbers
PHOTO_SIDE = 320  # pixels; a larger photo is averaged down, so that a change shows at once

_LESSON_IMAGE = ((1, 3, 3, 0, 0), (0, 3, 1, 0, 0), (0, 0, 2, 1, 1), (0, 0, 3, 0, 1), (3, 2, 1, 3, 0))
_LESSON_KERNEL = ((0, 1, 0), (1, 0, 1), (1, 1, 0))
_CUSTOM = "custom"
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

    samples = {"kernel": ("0 1 0; 1 0 1; 1 1 0", "1 0 -1\n2 0 -2\n1 0 -1", "1/9, 0.5", "1 1 1 1 1 1", "-3")}

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
        _check_sides(image, "image", 1, LARGEST_INPUT, " Pass a piece of it, such as image[:8, :8].")
        _check_sides(kernel, "kernel", 1, LARGEST_KERNEL)
        # Exact in either kind; a uint8 photo would wrap around at 256.
        self._pixels = image.astype(np.float64 if image.dtype.kind == "f" else np.int64)
        self._start = (kernel_to_text(kernel), check_int(strides, "strides", 1, 3))
        super().__init__(predict=predict)
        # The slider it is linked to redraws; a second redraw for the same step would only cost time.
        self.controls["play"].unobserve_all("value")

    def make_controls(self) -> dict[str, widgets.Widget]:
        kernel, strides = self._start
        text = widgets.Layout(width="210px", height="92px")
        step = widgets.IntSlider(0, min=0, max=1, description="step", layout=widgets.Layout(width="260px"))
        play = widgets.Play(value=0, min=0, max=1, interval=1200)
        widgets.jslink((play, "value"), (step, "value"))
        jump = widgets.Layout(width="200px")
        button = widgets.Layout(width="90px")
        return {
            "kernel": widgets.Textarea(kernel, description="kernel", continuous_update=False, layout=text),
            "step": step,
            "previous": widgets.Button(description="◀ Prev", layout=button),
            "next": widgets.Button(description="Next ▶", layout=button),
            "play": play,
            "row": widgets.IntSlider(0, min=0, max=1, description="row", layout=jump),
            "column": widgets.IntSlider(0, min=0, max=1, description="column", layout=jump),
            "strides": widgets.IntSlider(strides, min=1, max=3, description="strides", layout=jump),
        }

    def adjust(self, changed: str | None) -> None:
        rows, columns = self._output_shape() or (1, 1)
        step = self.row * columns + self.column if changed in ("row", "column") else self.step
        step = min(step, rows * columns - 1)
        limits = {"step": rows * columns - 1, "play": rows * columns - 1, "row": rows - 1, "column": columns - 1}
        for name, limit in limits.items():
            self.controls[name].max = limit
        self.controls["step"].value = step
        self.controls["row"].value, self.controls["column"].value = divmod(step, columns)

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
        sizes = f"Input {size_text(self._pixels.shape)}, kernel {size_text(kernel.shape)}, strides {self.strides}"
        if shape is None:
            return f"{sizes}: {self._misfit()}"
        (top, left), (height, width), count = self._corner(), kernel.shape, self.controls["step"].max + 1
        window = self._window()
        pairs = [" + ".join(map(product_text, *rows)) for rows in zip(window, kernel, strict=True)]
        products = " + ".join(term_text(product) for product in (window * kernel).ravel())
        result = [f"= {products}", f"= {number_text(self.answer())}"] if self.revealed else ["= ?"]
        sums = [number_text(value) for value in self._sums().ravel()[: self.step + 1]]
        if not self.revealed:
            sums[-1] = "?"
        return "\n".join(
            [
                f"{sizes}: output {size_text(shape)}. Position {self.step + 1} of {count}: "
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
        return f"the kernel does not fit at any position. The output would have {' and '.join(reasons)}."

    def figure(self) -> plot.Picture:
        kernel, shape = kernel_from_text(self.kernel), self._output_shape()
        picture = plot.Picture(10, 3.7, alt=self.describe())
        sheet = Sheet(picture)
        size = f"input {size_text(self._pixels.shape)}"
        source = Grid(sheet, self._pixels, middle=_MIDDLE, centre=1.8, width=2.9, title=size, indices=True)
        weights = Grid(sheet, kernel, middle=_MIDDLE, centre=4.5, width=1.45, title=f"kernel {size_text(kernel.shape)}")
        for grid in (source, weights):
            grid.fill()
        if shape is None:
            sheet.write(6.2, _MIDDLE, "The kernel does not fit at any position.", 11, plot.RED)
            return picture
        products = self._draw_products(sheet, kernel)
        output = self._draw_output(sheet, shape)
        source.frame(*self._corner(), *kernel.shape)
        products.frame(0, 0, *kernel.shape)
        output.frame(self.row, self.column, 1, 1)
        for sign, left, right in (("·", source, weights), ("=", weights, products), ("→", products, output)):
            sheet.stamp(sign, [((left.right + right.left) / 2, _MIDDLE)], 16, plot.GREY)
        sheet.stamp(self._sum_line(), [(5.0, 3.42)], 12)
        return picture

    def _draw_products(self, sheet: Sheet, kernel: np.ndarray) -> Grid:
        window = self._window()
        grid = Grid(sheet, window * kernel, middle=_MIDDLE, centre=6.55, width=1.95, title="pixel · weight")
        roomy = max(kernel.shape) <= 4
        grid.fill(hidden=np.full(kernel.shape, not self.revealed), lower=0.13 if roomy else 0.0)
        if roomy:
            for place in np.ndindex(kernel.shape):
                grid.note(*place, product_text(window[place], kernel[place]))
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
            title=f"output {size_text(shape)}",
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


class KernelLab(Explorer):
    """A kernel of your own at work on a photo.

    Parameters
    ----------
    image
        shape (H, W) or (H, W, 3), at least 7×7, grey levels 0 to 255; a colour picture is turned to grey, a large one
        averaged down to about 320 pixels. By default a choice of photos
    kernel : shape (KH, KW), each from 1 to 7; by default the named kernel ``sobel_vertical``

    Notes
    -----
    Where the weights add up to zero, an even area gives zero: the result is drawn in colours centred on zero. Other
    kernels give a picture again: it is drawn in grey, and what lies below 0 or above 255 is clipped, with its share.

    Examples
    --------
    >>> lab = KernelLab(np.tile([200.0] * 5 + [50.0] * 5, (8, 1)))
    >>> lab.set(preset="vertical_edge").describe().splitlines()[-2]
    'Smallest value 0 at row 0, column 0; largest value 450 at row 0, column 3.'
    """

    samples = {"kernel": ("1 1 1; 1 1 1; 1 1 1", "0 0 0 0 0; 0 0 0 0 0; 0 0 1 0 0; 0 0 0 0 0; 0 0 0 0 0", "-1")}

    def __init__(self, image: np.ndarray | None = None, kernel: np.ndarray | None = None) -> None:
        self._own = None if image is None else _photo_sized(_grey_picture(image))
        self._photos: dict[str, np.ndarray] = {}
        weights = kernels.kernel("sobel_vertical") if kernel is None else kernel
        weights = check_rank(weights, "kernel", {2: "(KH, KW)"})
        _check_sides(weights, "kernel", 1, LARGEST_KERNEL)
        self._start = kernel_to_text(weights)
        super().__init__()

    def make_controls(self) -> dict[str, widgets.Widget]:
        text = widgets.Layout(width="230px", height="112px")
        controls = {
            "preset": widgets.Dropdown(options=[*_presets(), _CUSTOM], value=_CUSTOM, description="preset"),
            "kernel": widgets.Textarea(self._start, description="kernel", continuous_update=False, layout=text),
            "normalise": widgets.Checkbox(False, description="normalise", indent=False),
            "absolute": widgets.Checkbox(False, description="absolute value", indent=False),
        }
        if self._own is None:
            photos = datasets.photo_names()
            controls["photo"] = widgets.Dropdown(options=list(photos), value="camera", description="photo")
        return controls

    def adjust(self, changed: str | None) -> None:
        if changed == "preset" and self.preset != _CUSTOM:
            weights, mean = _presets()[self.preset]
            self.controls["kernel"].value = kernel_to_text(weights)
            self.controls["normalise"].value = mean
        elif changed in (None, "kernel", "normalise"):
            self.controls["preset"].value = self._preset_shown()

    def _preset_shown(self) -> str:
        """The preset that the kernel's text and `normalise` amount to, the chosen one first, or ``"custom"``."""
        weights = kernel_from_text(self.kernel)
        fits = [
            name
            for name, (preset, mean) in _presets().items()
            if np.array_equal(preset, weights) and mean == self.normalise
        ]
        if self.preset in fits:
            return self.preset
        return fits[0] if fits else _CUSTOM

    # --- the arithmetic -----------------------------------------------------------------------------------------

    def _picture(self) -> np.ndarray:
        """The picture at work, (H, W) float, 0 to 255."""
        if self._own is not None:
            return self._own
        if self.photo not in self._photos:
            self._photos[self.photo] = _photo_sized(_grey_picture(datasets.photo(self.photo)))
        return self._photos[self.photo]

    def _divisor(self) -> float:
        """What `normalise` divides by: the sum of the weights, or of the positive ones where the sum is zero."""
        weights = kernel_from_text(self.kernel)
        if not self.normalise:
            return 1.0
        return float(weights.sum()) or float(weights[weights > 0].sum()) or 1.0

    def _weights(self) -> np.ndarray:
        return kernel_from_text(self.kernel) / self._divisor()

    def _result(self) -> np.ndarray:
        result = conv2d(self._picture(), self._weights())
        return np.abs(result) if self.absolute else result

    def _signed_view(self) -> bool:
        return abs(self._weights().sum()) < 1e-9

    # --- words and picture --------------------------------------------------------------------------------------

    def describe(self) -> str:
        result = self._result()
        low, high = (np.unravel_index(place, result.shape) for place in (result.argmin(), result.argmax()))
        about = kernels.describe(self.preset) if self.preset != _CUSTOM else "your own"
        name = "your image" if self._own is not None else self.photo
        divided = f"Divided by {number_text(self._divisor())}, the" if self.normalise else "The"
        rows = kernel_to_text(kernel_from_text(self.kernel)).splitlines()
        return "\n".join(
            [
                f"{name}, {size_text(self._picture().shape)} grey levels. Kernel {self.preset}: {about}.",
                *(f"  {row}" for row in rows),
                f"{divided} weights add up to {number_text(self._weights().sum())}: {self._even_area()}.",
                f"Smallest value {number_text(result[low])} at row {low[0]}, column {low[1]}; "
                f"largest value {number_text(result[high])} at row {high[0]}, column {high[1]}.",
                self._colours(result),
            ]
        )

    def _even_area(self) -> str:
        total = self._weights().sum()
        if self._signed_view():
            return "an even area gives 0, whatever its brightness"
        if abs(total - 1) < 1e-9:
            return "an even area keeps its brightness"
        return f"an even area of brightness 100 becomes {number_text(100 * total)}"

    def _colours(self, result: np.ndarray) -> str:
        if self._signed_view():
            before = "absolute values: " if self.absolute else ""
            return f"Drawn in colours centred on 0: {before}orange above, white at 0, purple below."
        below, above = (f"{100 * part.mean():.0f} %" for part in (result < 0, result > 255))
        return f"Drawn in grey: 0 black, 255 white; clipped: {below} lie below 0, {above} above 255."

    def figure(self) -> plot.Picture:
        picture = plot.Picture(10, 4.0, alt=self.describe())
        source, result, weights = self._picture(), self._result(), self._weights()
        plot.image(picture.add_axes((0.01, 0.1, 0.37, 0.8)), source, title=f"input {size_text(source.shape)}", vmax=255)
        sheet = Sheet(picture)
        divided = f" ÷ {number_text(self._divisor())}" if self.normalise else ""
        Grid(sheet, weights, centre=4.95, middle=1.75, width=1.8, height=1.8, title="kernel" + divided).fill()
        seen = picture.add_axes((0.61, 0.1, 0.37, 0.8))
        title = ("absolute value of the " if self.absolute else "") + f"result {size_text(result.shape)}"
        if self._signed_view():
            top = float(np.abs(result).max()) or 1.0
            plot.image(seen, result, title=title, signed=True, vmax=top)
        else:
            top = 255.0
            plot.image(seen, np.clip(result, 0, 255), title=title, vmax=top)
        self._draw_scale(sheet, top)
        sheet.stamp(f"smallest {number_text(result.min())}", [(4.95, 3.1)], 10)
        sheet.stamp(f"largest {number_text(result.max())}", [(4.95, 3.35)], 10)
        return picture

    def _draw_scale(self, sheet: Sheet, top: float) -> None:
        """The colours with their numbers, under the result."""
        signed = self._signed_view()
        colours = colormaps[plot.FILL_SIGNED if signed else "gray"](np.linspace(0, 1, 41))[None, :, :3]
        sheet.cells(colours, 6.9, 3.66, 0.06, edge="none")
        marks = {6.9: -top, 8.13: 0.0, 9.36: top} if signed else {6.9: 0.0, 9.36: top}
        for x, value in marks.items():
            sheet.stamp(number_text(value), [(x, 3.84)], 9)


def _presets() -> dict[str, tuple[np.ndarray, bool]]:
    """Name → whole-number weights and whether they are to be divided by their sum."""
    presets = {}
    for name in kernels.names():
        weights = kernels.kernel(name)
        mean = weights.dtype.kind == "f"  # the blurs: written as whole numbers, they are means
        whole = np.rint(weights / np.abs(weights[weights != 0]).min()).astype(np.int64) if mean else weights
        presets[name] = (whole, mean)
    return presets


def _grey_picture(image: object) -> np.ndarray:
    image = check_rank(image, "image", {2: "(H, W)", 3: "(H, W, 3)"})
    _check_sides(image[..., 0] if image.ndim == 3 else image, "image", LARGEST_KERNEL)
    return datasets.gray(image).astype(np.float64)


def _photo_sized(picture: np.ndarray) -> np.ndarray:
    """`picture` with its longer side at most about 320: means of k×k pixels, k whole, a rest at the edge dropped."""
    k = -(-max(picture.shape) // PHOTO_SIDE)
    height, width = (side // k for side in picture.shape)
    if min(height, width) < LARGEST_KERNEL:
        return picture[:PHOTO_SIDE, :PHOTO_SIDE]  # a long strip would lose its width
    return picture[: height * k, : width * k].reshape(height, k, width, k).mean(axis=(1, 3))


def _check_sides(array: np.ndarray, name: str, low: int, high: int | None = None, advice: str = "") -> None:
    height, width = array.shape
    if min(height, width) < low or (high is not None and max(height, width) > high):
        rule = f"from {low} to {high}" if high is not None else f"at least {low}"
        raise ValueError(f"`{name}` must have {rule} rows and columns. Received: {height} × {width}.{advice}")
    if not np.isfinite(array).all():
        raise ValueError(f"`{name}` must hold finite numbers. Received: NaN or infinity among them")
