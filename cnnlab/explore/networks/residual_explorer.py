"""Plain and residual networks side by side: what reaches each layer, and what comes back to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from cnnlab import plot
from cnnlab.common.validate import check_choice, check_int, check_rank
from cnnlab.data import datasets
from cnnlab.explore.base.controls import choice, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import by
from cnnlab.explore.drawing.sheet import INK, Sheet, disc, rectangle
from cnnlab.explore.networks.deep_net import Flow, draw_weights, flow

_DEEPEST = 40  # convolutions
GAINS = {"Glorot": 1.0, "He": 2.0}
# name in the control: (attribute of Flow, what it is in words)
QUANTITIES = {
    "kernel gradients": ("kernels", "length of the loss' gradient with respect to each kernel"),
    "signal forwards": ("forwards", "typical size (root mean square) of the numbers going into each layer"),
    "gradient backwards": ("backwards", "typical size of the loss' gradient at each layer's output"),
}
_WIDTH, _HEIGHT = 10.0, 5.3  # all in inches, y downwards
_LEFT, _RIGHT, _TOP, _BOTTOM, _CARD_TOP = 0.95, 8.1, 0.85, 3.72, 4.3
_PAPER, _EDGE, _RULE = "#F6F7F9", "#D5D9DF", "#DDE1E6"
_COLOURS = {"plain": plot.RED, "residual": plot.BLUE}


class ResidualExplorer(Explorer):
    """Two untrained networks with the same random weights, one with shortcuts and one without: sizes layer by layer.

    Each is a 3×3 convolution and then units of two more, of one width, on a batch of small pictures. Everything is
    computed by forward and backward passes written in NumPy, for the state before the first step of training.

    Parameters
    ----------
    depth : convolutions in the units, even, 2 to 40; shown from the first of them
    weights : ``"Glorot"`` (Keras' default) or ``"He"`` (made for ReLU): how large the random weights are
    normalization : ``"none"``, or ``"batch"`` after every convolution
    quantity : ``"kernel gradients"``, ``"signal forwards"`` or ``"gradient backwards"``
    seed : of the random weights, 0 to 4
    images
        (N, H, W, C), at least 2; uint8 is scaled from 0 … 255 to 0 … 1. By default ten digits of 8×8, one of each
    labels : (N,) whole numbers >= 0, one for each picture; needed with `images`
    filters : of every convolution, 1 to 64
    predict : show the plain network alone, and ask where the residual one lies

    Raises
    ------
    TypeError, ValueError
        If an argument is not one of those named, or the pictures are not finite or have not one label each.

    Examples
    --------
    >>> explorer = ResidualExplorer(depth=20)
    >>> explorer.answer()  # is the residual network's first gradient larger or smaller than the plain one's?
    'larger'
    >>> explorer.set(normalization="batch").answer()
    'smaller'
    """

    # Not a slider over whole numbers: that would take an odd depth from Python, whatever its step.
    depth = choice(range(2, _DEEPEST + 1, 2), show="slider", width=300)
    weights = choice(list(GAINS))
    normalization = choice(("none", "batch"))
    quantity = choice(list(QUANTITIES), label="show")
    seed = whole(0, 4, width=220)
    choices = ("larger", "smaller")
    listed = {"weights": None, "normalization": None, "quantity": None}

    def __init__(
        self,
        depth: int = 26,
        weights: str = "Glorot",
        normalization: str = "none",
        quantity: str = "kernel gradients",
        seed: int = 0,
        *,
        images: np.ndarray | None = None,
        labels: Sequence[int] | None = None,
        filters: int = 16,
        predict: bool = False,
    ) -> None:
        if check_int(depth, "depth", 2, _DEEPEST) % 2:
            raise ValueError(f"`depth` must be even: a unit has two convolutions. Received: {depth}")
        self._filters = check_int(filters, "filters", 1, 64)
        self._images, self._labels, self._about = _batch(images, labels)
        self._flow = lru_cache(maxsize=None)(self._run)
        self._random = lru_cache(maxsize=1)(self._drawn)
        starts = {"weights": weights, "normalization": normalization, "quantity": quantity, "seed": seed}
        super().__init__(predict=predict, depth=depth, **starts)

    def question(self) -> str:
        return (
            f"In layer {self._at() + 1}, are the residual network's numbers larger or smaller than the plain one's? "
            "Type the word."
        )

    def answer(self) -> str:
        plain, residual = (self.sizes(name)[self._at()] for name in _COLOURS)
        return "larger" if residual > plain else "smaller"

    def sizes(self, name: str) -> np.ndarray:
        """What is shown of the network `name`, ``"plain"`` or ``"residual"``: (depth,), without the first convolution.

        Examples
        --------
        >>> ResidualExplorer(depth=4).sizes("plain").shape
        (4,)
        """
        check_choice(name, "name", tuple(_COLOURS))
        found = self._flow(name == "residual", self.normalization == "batch", self.depth, self.weights, self.seed)
        return getattr(found, QUANTITIES[self.quantity][0])[1:]

    # --- in words -----------------------------------------------------------------------------------------------

    def describe(self) -> str:
        normalized = {"none": "no normalization", "batch": "batch normalization"}[self.normalization]
        units = "1 unit" if self.depth == 2 else f"{self.depth // 2} units"
        lines = [
            f"Depth {self.depth}: {units} of two 3×3 convolutions with {self._filters} filters; "
            f"{self.weights} weights, seed {self.seed}; {normalized}.",
            f"Untrained, on {self._about}. Shown: {QUANTITIES[self.quantity][1]}.",
            self._line("plain"),
        ]
        if not self.revealed:
            return "\n".join([*lines, "The residual network appears with your guess."])
        lines.append(self._line("residual"))
        lines.append(self._comparison())
        if self.quantity == "kernel gradients":
            lines.append(self._step())
        return "\n".join(lines)

    def _line(self, name: str) -> str:
        values = self.sizes(name)
        return (
            f"{name}: layer 1 {scientific(values[0])}, layer {len(values)} {scientific(values[-1])}; "
            f"{self._growth(name)}."
        )

    def _growth(self, name: str) -> str:
        """By how much the numbers change from layer to layer, in the direction they are computed in."""
        first, last = self.sizes(name)[[0, -1]]
        start, end, way = (first, last, "forwards") if self._at() else (last, first, "back")
        whole, steps = _ratio(end, start), self.depth - 1
        layers = "1 layer" if steps == 1 else f"{steps} layers"
        return f"going {way} times {whole ** (1 / steps):.2f} a layer, {scientific(whole)} over {layers}"

    def _at(self) -> int:
        """Index of the layer that is compared: the one that the numbers reach last."""
        return self.depth - 1 if self.quantity == "signal forwards" else 0

    def _comparison(self) -> str:
        plain, residual = (self.sizes(name)[self._at()] for name in _COLOURS)
        larger, other = ("plain", "residual") if plain > residual else ("residual", "plain")
        ratio = _ratio(max(plain, residual), min(plain, residual))
        return f"In layer {self._at() + 1} the {larger} network's is {scientific(ratio)} times the {other} one's."

    def _step(self) -> str:
        length = float(np.linalg.norm(self._random(self.depth, self.weights, self.seed)[1]))
        moves = [f"the {name} one by {scientific(0.1 * self.sizes(name)[0])}" for name in _COLOURS]
        return f"A step with learning rate 0.1 moves layer 1's kernel, of length {length:.1f}: {' and '.join(moves)}."

    # --- the picture --------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        picture = plot.Picture(_WIDTH, _HEIGHT, alt=self.describe())
        sheet = Sheet(picture)
        sheet.write(0.3, 0.3, self._title(), 12, bold=True)
        shown = {name: self.sizes(name) for name in _COLOURS if name == "plain" or self.revealed}
        low, high = self._draw_scale(sheet, np.concatenate(list(shown.values())))

        def place(layer: int, value: float) -> tuple[float, float]:
            part = (math.log10(max(value, 1e-37)) - low) / (high - low)
            return _LEFT + 0.15 + (_RIGHT - _LEFT - 0.3) * layer / (self.depth - 1), _BOTTOM - part * (_BOTTOM - _TOP)

        ends = {}
        for name, values in shown.items():
            points = [place(layer, value) for layer, value in enumerate(values)]
            sheet.lines(list(zip(points, points[1:], strict=False)), _COLOURS[name], 2.2)
            sheet.shapes([_mark(name, *point) for point in points], _COLOURS[name])
            sheet.shapes([disc(*points[self._at()], 0.1)], INK, line=1.6)
            ends[name] = points[-1][1]
        self._draw_names(sheet, ends)
        self._draw_card(sheet)
        return picture

    def _title(self) -> str:
        title = {
            "kernel gradients": "How large the gradient of each layer's kernel is",
            "signal forwards": "How large the numbers are that reach each layer",
            "gradient backwards": "How large the gradient is that comes back to each layer",
        }
        return f"{title[self.quantity]}, before any training"

    def _draw_scale(self, sheet: Sheet, values: np.ndarray) -> tuple[int, int]:
        """Powers of ten and layer numbers; the exponents of the lowest and the highest line."""
        exponents = np.log10(np.maximum(values, 1e-37))
        low, high = math.floor(exponents.min() - 0.05), math.ceil(exponents.max() + 0.05)
        if high - low < 2:
            low, high = low - 1, high
        every = -(-(high - low) // 7)
        marks = [n for n in range(low, high + 1) if n % every == 0]
        heights = {n: _BOTTOM - (n - low) / (high - low) * (_BOTTOM - _TOP) for n in marks}
        # As shapes, which the curves' marks cover; lines would lie on top of them.
        sheet.shapes([rectangle(_LEFT, y - 0.006, _RIGHT - _LEFT, 0.012) for y in heights.values()], _RULE)
        sheet.lines([((_LEFT, _BOTTOM), (_RIGHT, _BOTTOM))], plot.GREY, 1.2)
        for n, y in heights.items():
            sheet.write(0.3, y, _power(n), 10, plot.GREY)
        step = 1 if self.depth <= 20 else 2 if self.depth <= 30 else 5
        layers = sorted({1, self.depth, *range(step, self.depth - step + 2, step)})
        span = (_RIGHT - _LEFT - 0.3) / (self.depth - 1)
        places = {str(n): [(_LEFT + 0.15 + span * (n - 1), _BOTTOM + 0.18)] for n in layers}
        sheet.stamp_all(places, 8.5, plot.GREY)
        sheet.write(_LEFT, _BOTTOM + 0.42, "layer, from the picture (1) to the classes", 9.5, plot.GREY)
        return low, high

    def _draw_names(self, sheet: Sheet, ends: dict[str, float]) -> None:
        """Beside the curves' right ends, kept apart from each other."""
        heights = dict(ends)
        if len(heights) == 2 and abs(heights["plain"] - heights["residual"]) < 0.5:
            middle = min(max(sum(heights.values()) / 2, _TOP + 0.25), _BOTTOM - 0.3)
            upper = min(heights, key=heights.get)
            heights = {name: middle + (-0.27 if name == upper else 0.27) for name in heights}
        for name, y in heights.items():
            sheet.shapes([_mark(name, _RIGHT + 0.18, y)], _COLOURS[name])
            sheet.write(_RIGHT + 0.32, y, name, 11, _COLOURS[name], bold=True)
            words = "shortcut over two layers" if name == "residual" else "no shortcuts"
            sheet.write(_RIGHT + 0.32, y + 0.2, words, 8, plot.GREY)

    def _draw_card(self, sheet: Sheet) -> None:
        sheet.box(0.2, _CARD_TOP, _WIDTH - 0.4, _HEIGHT - _CARD_TOP - 0.1, _EDGE, fill=_PAPER)
        sheet.shapes([disc(0.45, _CARD_TOP + 0.2, 0.1)], INK, line=1.6)
        sheet.write(0.62, _CARD_TOP + 0.2, f"layer {self._at() + 1}", 10)
        sheet.shapes([_mark("plain", 1.9, _CARD_TOP + 0.2)], plot.RED)
        sheet.write(2.05, _CARD_TOP + 0.2, f"plain {scientific(self.sizes('plain')[self._at()])}", 10, bold=True)
        if not self.revealed:
            sheet.write(0.36, _CARD_TOP + 0.52, "the residual network appears with your guess", 10, plot.GREY)
            return
        sheet.shapes([_mark("residual", 4.4, _CARD_TOP + 0.2)], plot.BLUE)
        sheet.write(4.55, _CARD_TOP + 0.2, f"residual {scientific(self.sizes('residual')[self._at()])}", 10, bold=True)
        sheet.write(0.36, _CARD_TOP + 0.45, self._comparison(), 10)
        if self.quantity == "kernel gradients":
            sheet.write(0.36, _CARD_TOP + 0.7, self._step(), 10)
            return
        growths = "; ".join(f"{name}: {self._growth(name)}" for name in _COLOURS)
        sheet.write(0.36, _CARD_TOP + 0.7, growths, 10)

    # --- numbers ------------------------------------------------------------------------------------------------

    def _run(self, skip: bool, normalized: bool, *drawn: object) -> Flow:
        return flow(self._random(*drawn), self._images, self._labels, skip=skip, normalized=normalized)

    def _drawn(self, depth: int, weights: str, seed: int) -> list[np.ndarray]:
        shape = (depth, self._images.shape[-1], self._filters, int(self._labels.max()) + 1)
        return [w.astype("float32") for w in draw_weights(*shape, GAINS[weights], seed)]


def _batch(images: object, labels: object) -> tuple[np.ndarray, np.ndarray, str]:
    """The pictures as float32, their labels, and what they are in words."""
    if images is None:
        if labels is not None:
            raise ValueError("`labels` need `images`. Received: labels alone")
        digits = datasets.digits()
        return (digits.images[:10] / 255).astype("float32"), digits.labels[:10], "ten digits of 8×8"
    images = check_rank(images, "images", {4: "(N, H, W, C)"})
    if len(images) < 2 or images.size == 0:
        raise ValueError(f"`images` must hold at least 2 pictures. Received: shape {images.shape}")
    if not np.isfinite(images).all():
        raise ValueError("`images` must be finite numbers. Received: nan or inf")
    labels = check_rank(labels if labels is not None else [], "labels", {1: "(N,)"})
    if labels.shape != images.shape[:1]:
        raise ValueError(f"`labels` must be one for each picture, {len(images)}. Received: {len(labels)}")
    if labels.dtype.kind not in "iu" or labels.min() < 0:
        raise ValueError(f"`labels` must be whole numbers >= 0. Received: {labels.dtype} from {labels.min()}")
    scale = 255 if images.dtype == np.uint8 else 1
    return (images / scale).astype("float32"), labels, f"{len(images)} pictures of {by(images.shape[1:3])}"


def scientific(value: float) -> str:
    """Two significant digits, with a power of ten where the number is very small or large.

    >>> scientific(0.00000174), scientific(0.73), scientific(1234.0), scientific(0.0)
    ('1.7·10⁻⁶', '0.73', '1,200', '0')
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "∞"
    value = float(f"{value:.1e}")
    if 0.01 <= abs(value) < 100_000:
        return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2g}"
    exponent = math.floor(math.log10(abs(value)))
    return f"{value / 10**exponent:.1f}·{_power(exponent)}"


def _power(exponent: int) -> str:
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _ratio(over: float, under: float) -> float:
    return float(over) / max(float(under), 1e-37)


def _mark(name: str, x: float, y: float) -> list[tuple[float, float]]:
    """A square for the plain network, a disc for the residual one."""
    return rectangle(x - 0.042, y - 0.042, 0.084, 0.084) if name == "plain" else disc(x, y, 0.05)
