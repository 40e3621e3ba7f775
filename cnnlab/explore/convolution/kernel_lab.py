"""The kernel lab of lesson 01: a kernel of your own at work on a photo."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from matplotlib import colormaps

from cnnlab import plot
from cnnlab.arithmetic import kernels
from cnnlab.arithmetic.conv import conv2d
from cnnlab.common.validate import check_rank
from cnnlab.data import datasets
from cnnlab.explore.base.controls import Control, choice, switch, text
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import by, number_text
from cnnlab.explore.convolution.kernel_text import LARGEST_KERNEL, check_sides, kernel_from_text, kernel_to_text
from cnnlab.explore.drawing.arrays import Grid
from cnnlab.explore.drawing.sheet import Sheet

PHOTO_SIDE = 320  # pixels; a larger photo is averaged down, so that a change shows at once
_CUSTOM = "custom"


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

    preset = choice(lambda it: [*_presets(), _CUSTOM], start=_CUSTOM)
    kernel = text(width=230, height=112)
    normalise = switch(False, "normalise")
    absolute = switch(False, "absolute value")
    photo = choice(lambda it: list(datasets.photo_names()), start="camera")
    samples = {"kernel": ("1 1 1; 1 1 1; 1 1 1", "0 0 0 0 0; 0 0 0 0 0; 0 0 1 0 0; 0 0 0 0 0; 0 0 0 0 0", "-1")}
    listed = {"preset": ("box_blur", "sharpen", "laplacian", "sobel_vertical"), "normalise": None}

    def __init__(self, image: np.ndarray | None = None, kernel: np.ndarray | None = None) -> None:
        self._own = None if image is None else _photo_sized(_grey_picture(image))
        self._computed: tuple[dict[str, object], np.ndarray] = {}, np.empty((0, 0))
        weights = kernels.kernel("sobel_vertical") if kernel is None else kernel
        weights = check_rank(weights, "kernel", {2: "(KH, KW)"})
        check_sides(weights, "kernel", 1, LARGEST_KERNEL)
        super().__init__(kernel=kernel_to_text(weights))

    def declared(self) -> Mapping[str, Control]:
        return {name: c for name, c in super().declared().items() if name != "photo" or self._own is None}

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
        return _photo(self.photo) if self._own is None else self._own

    def _divisor(self) -> float:
        """What `normalise` divides by: the sum of the weights, or of the positive ones where the sum is zero."""
        weights = kernel_from_text(self.kernel)
        if not self.normalise:
            return 1.0
        return float(weights.sum()) or float(weights[weights > 0].sum()) or 1.0

    def _weights(self) -> np.ndarray:
        return kernel_from_text(self.kernel) / self._divisor()

    def _result(self) -> np.ndarray:
        state = self.state()
        if state != self._computed[0]:  # the picture and its words ask for the same numbers three times
            result = conv2d(self._picture(), self._weights())
            self._computed = state, np.abs(result) if self.absolute else result
        return self._computed[1]

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
                f"{name}, {by(self._picture().shape)} grey levels. Kernel {self.preset}: {about}.",
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
        source, result = self._picture(), self._result()
        inch = min(3.7 / source.shape[1], 3.2 / source.shape[0])  # of the sheet a pixel; the result is a little smaller
        picture = plot.Picture(9.6, max(inch * source.shape[0], 2.8) + 0.95, alt=self.describe())
        sheet = Sheet(picture)
        grey = _coloured(source, 0, 255, "gray")
        _paint(sheet, grey, 1.95, inch * source.shape[1], f"input {by(source.shape)}")
        title = ("absolute value of the " if self.absolute else "") + f"result {by(result.shape)}"
        signed = self._signed_view()
        top = (float(np.abs(result).max()) or 1.0) if signed else 255.0
        low, colours = (-top, plot.FILL_SIGNED) if signed else (0.0, "gray")
        _paint(sheet, _coloured(result, low, top, colours), 7.65, inch * result.shape[1], title)
        self._draw_scale(sheet, low, top, colours)
        divided = f" ÷ {number_text(self._divisor())}" if self.normalise else ""
        weights = self._weights()
        Grid(sheet, weights, centre=4.8, middle=1.5, width=1.7, height=1.7, title="kernel" + divided).fill()
        sheet.stamp(f"smallest {number_text(result.min())}", [(4.8, 2.7)], 10)
        sheet.stamp(f"largest {number_text(result.max())}", [(4.8, 2.95)], 10)
        return picture

    def _draw_scale(self, sheet: Sheet, low: float, top: float, colours: str) -> None:
        """The colours with their numbers, under the result."""
        y = sheet.picture.get_size_inches()[1] - 0.4
        swatches = _coloured(np.linspace(low, top, 41)[None], low, top, colours)[..., :3] / 255
        sheet.cells(swatches, 6.42, y, 0.06, edge="none")
        for x, value in ((6.42, low), (8.88, top), *([(7.65, 0.0)] if low < 0 else [])):
            sheet.stamp(number_text(value), [(x, y + 0.2)], 9)


def _coloured(values: np.ndarray, low: float, top: float, colours: str) -> np.ndarray:
    """Values (H, W) as bytes (H, W, 4) of the colour map `colours`, clipped to `low` … `top`."""
    steps = np.clip((values - low) * (255 / (top - low)), 0, 255).astype(np.uint8)
    return (colormaps[colours](np.arange(256)) * 255).astype(np.uint8)[steps]


def _paint(sheet: Sheet, pixels: np.ndarray, centre: float, width: float, title: str) -> None:
    """Lay bytes (H, W, 4) on the sheet, `width` inches wide under their title."""
    height = width * pixels.shape[0] / pixels.shape[1]
    left, top = centre - width / 2, 0.4
    sheet.paint(pixels, left, top, width, height)
    sheet.box(left, top, width, height, plot.GREY)
    sheet.stamp(title, [(centre, 0.2)], 10)


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
    check_sides(image[..., 0] if image.ndim == 3 else image, "image", LARGEST_KERNEL)
    return datasets.gray(image).astype(np.float64)


@cache
def _photo(name: str) -> np.ndarray:
    return _photo_sized(_grey_picture(datasets.photo(name)))


def _photo_sized(picture: np.ndarray) -> np.ndarray:
    """`picture` with its longer side at most about 320: means of k×k pixels, k whole, a rest at the edge dropped."""
    k = -(-max(picture.shape) // PHOTO_SIDE)
    height, width = (side // k for side in picture.shape)
    if min(height, width) < LARGEST_KERNEL:
        return picture[:PHOTO_SIDE, :PHOTO_SIDE]  # a long strip would lose its width
    return picture[: height * k, : width * k].reshape(height, k, width, k).mean(axis=(1, 3))
