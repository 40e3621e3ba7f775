"""The style bench: what weight, layers and start make of a picture, with the Gram matrices that were compared."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib import colormaps

from cnnlab import plot
from cnnlab.explore.base.controls import Control, choice
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.detection.boxed_picture import TONES, as_bytes
from cnnlab.explore.drawing.arrays import Map
from cnnlab.explore.drawing.sheet import Sheet
from cnnlab.explore.tasks import style_grid
from cnnlab.tasks import style

_WIDTH, _HEIGHT = 10.0, 5.0  # inches, y downwards
_RESULT = (0.15, 0.5, 3.1)  # left, top, side
_SOURCES, _SMALL = 3.45, 1.35
_GRAMS, _SQUARE, _STEP = 5.1, 1.5, 1.66
_TABLE = 2.62  # where the numbers begin, downwards
_BAR = 1.3  # inches of a bar for a distance of 1
_SIGN = {"content": "what is shown", "style": "how it is painted", "variation": "dots and edges"}


class StyleBench(Explorer):
    """Results of style transfer side by side with their Gram matrices: the style's, the result's, and the difference.

    Parameters
    ----------
    results
        name → `style.Transfer`, to choose from; by default 18 runs that ship, by start, style layers and content weight
    content, style_picture
        (H, W, 3), bytes or numbers from 0 to 1, to stand beside the lesson's own results; only with `results`

    Raises
    ------
    TypeError, ValueError
        If `results` is no such dict, or a picture is none.

    Examples
    --------
    >>> bench = StyleBench()
    >>> bench.set(layers="first layer", weight=1.0).describe().splitlines()[0]
    'From content; style layers: first layer; content weight 1, style weight 1; 150 steps.'
    """

    run = choice(lambda it: list(it._given))
    start = choice(style_grid.STARTS, label="start from", show="buttons")
    layers = choice(tuple(style_grid.LAYERS), "all five", label="style layers", show="buttons")
    weight = choice(style_grid.WEIGHTS, 0.1, label="content weight", show="slider")
    gram = choice(lambda it: list(it.result().grams), label="Gram matrix of")
    listed = {"layers": None, "weight": None}

    def __init__(
        self,
        results: Mapping[str, style.Transfer] | None = None,
        *,
        content: np.ndarray | None = None,
        style_picture: np.ndarray | None = None,
    ) -> None:
        self._given = None if results is None else _checked(results)
        if self._given is None:
            if content is not None or style_picture is not None:
                raise ValueError("`content` and `style_picture` must be given with `results`. Received: one without")
            content, style_picture, self._grid = style_grid.shipped()
        pictures = {"content": (content, "content"), "style": (style_picture, "style_picture")}
        self._sources = {
            title: as_bytes(picture, name) & TONES for title, (picture, name) in pictures.items() if picture is not None
        }
        super().__init__()

    def declared(self) -> Mapping[str, Control]:
        missing = ("run",) if self._given is None else ("start", "layers", "weight")
        return {name: control for name, control in super().declared().items() if name not in missing}

    def result(self) -> style_grid.Result:
        """The chosen run."""
        if self._given is None:
            return self._grid[self.start, self.layers, self.weight]
        return self._given[self.run]

    # --- in words -----------------------------------------------------------------------------------------------

    def _heading(self) -> str:
        if self._given is not None:
            return f"{self.run}."
        return (
            f"From {self.start}; style layers: {self.layers}; content weight {self.weight:g}, style weight 1; "
            f"{style_grid.STEPS} steps."
        )

    def describe(self) -> str:
        result, name = self.result(), self.gram
        lines = [self._heading()]
        for term, (before, after) in result.losses.items():
            lines.append(
                f"{term} loss: {_told(before)} at the start, {_told(after)} at the end{_change(before, after)}."
            )
        compared = ", ".join(f"{layer} {_told(result.distance(layer))}" for layer in result.compared)
        lines.append(f"Distance to the style's Gram matrix (0: equal, 1: as far as zeros are), compared: {compared}.")
        if others := [layer for layer in result.grams if layer not in result.compared]:
            lines.append(f"Not compared: {', '.join(f'{layer} {_told(result.distance(layer))}' for layer in others)}.")
        wanted, made = result.style_grams[name], result.grams[name]
        row, column = np.unravel_index(np.abs(made - wanted).argmax(), wanted.shape)
        lines.append(
            f"Gram matrix of {name}, {len(wanted)}×{len(wanted)}, over H·W·C: largest number {_told(wanted.max())} for "
            f"the style, {_told(made.max())} for the result. They differ most for the maps {row} and {column}: "
            f"{_told(wanted[row, column])} in the style, {_told(made[row, column])} in the result."
        )
        return "\n".join(lines)

    # --- the picture --------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        picture = plot.Picture(_WIDTH, _HEIGHT, alt=self.describe())
        sheet, result = Sheet(picture), self.result()
        left, top, side = _RESULT
        Map(sheet, result.picture & TONES, (left, top), side).title("result")
        for number, (title, pixels) in enumerate(self._sources.items()):
            Map(sheet, pixels, (_SOURCES, top + (_SMALL + 0.4) * number), _SMALL).title(title)
        self._draw_grams(sheet, result)
        self._draw_distances(sheet, result)
        self._draw_losses(sheet, result)
        return picture

    def _draw_grams(self, sheet: Sheet, result: style_grid.Result) -> None:
        wanted, made = result.style_grams[self.gram], result.grams[self.gram]
        top = max(wanted.max(), made.max())
        size = f"{len(wanted)} × {len(wanted)}"
        for number, (title, values) in enumerate(
            (("style's Gram", wanted), ("result's", made), ("result's − style's", made - wanted))
        ):
            place = (_GRAMS + _STEP * number, _RESULT[1])
            Map(sheet, _rooted(values, top, signed=number == 2), place, _SQUARE).title(title)
        words = f"{self.gram}, {size}, brightness by roots; white, or full colour: {_told(top)}"
        sheet.write(_GRAMS, _RESULT[1] + _SQUARE + 0.17, words, 8.5, plot.GREY)

    def _draw_distances(self, sheet: Sheet, result: style_grid.Result) -> None:
        sheet.write(_GRAMS, _TABLE, "distance to the style's Gram matrix", 10, bold=True)
        for number, layer in enumerate(result.grams):
            y, distance = _TABLE + 0.27 * (number + 1), result.distance(layer)
            mark = "●" if layer in result.compared else "○"
            sheet.write(_GRAMS, y, f"{mark} {layer}", 9.5, bold=layer == self.gram)
            length = _BAR * min(distance, 1.2)
            colour = plot.BLUE if layer in result.compared else "#A8B0BA"
            sheet.box(_GRAMS + 1.5, y - 0.08, max(length, 0.01), 0.16, "none", fill=colour)
            sheet.write(_GRAMS + 1.56 + length, y, _told(distance), 9)
        y = _TABLE + 0.27 * (len(result.grams) + 1)
        sheet.write(_GRAMS, y, "● compared  ○ not compared; 1 is as far as zeros are", 8.5, plot.GREY)

    def _draw_losses(self, sheet: Sheet, result: style_grid.Result) -> None:
        y = _RESULT[1] + _RESULT[2] + 0.35
        sheet.write(_RESULT[0], y, "loss", 10, bold=True)
        sheet.write(1.5, y, "start", 10, bold=True)
        sheet.write(2.35, y, "end", 10, bold=True)
        for number, (term, (before, after)) in enumerate(result.losses.items(), start=1):
            cells = [(_RESULT[0], term), (1.5, _told(before)), (2.35, _told(after)), (3.2, _SIGN[term])]
            sheet.write_all([(x, y + 0.26 * number, words) for x, words in cells], 10)


def _checked(results: Mapping[str, style.Transfer]) -> dict[str, style_grid.Result]:
    if not isinstance(results, Mapping) or not results:
        raise TypeError(f"`results` must be a dict name → style.Transfer, not empty. Received: {results!r}")
    for name, made in results.items():
        if not isinstance(made, style.Transfer):
            raise TypeError(
                f"`results` must hold records of style.transfer. Received: {type(made).__name__} for {name!r}"
            )
    return {str(name): style_grid.of_transfer(made) for name, made in results.items()}


def _rooted(values: np.ndarray, top: float, *, signed: bool) -> np.ndarray:
    """Gram matrices as pixels: most numbers are small beside the largest, so their roots are drawn."""
    rooted = np.sign(values) * np.sqrt(np.abs(values) / top)
    table = (colormaps[plot.FILL_SIGNED if signed else "gray"](np.arange(256)) * 255).astype(np.uint8)
    return table[((rooted + 1) / 2 * 255 if signed else rooted * 255).astype(int)]


def _told(value: float) -> str:
    """Three digits, as many decimals as that takes.

    >>> _told(0.5), _told(0.00042), _told(0.0), _told(12.345)
    ('0.500', '0.00042', '0', '12.3')
    """
    if not value:
        return "0"
    return f"{value:.2g}" if abs(value) < 0.01 else f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _change(before: float, after: float) -> str:
    if before > after > 0:
        return f", {before / after:.1f} times less"
    return ""
