"""The explorer of lesson 04: one value of a convolution layer taken apart."""

from __future__ import annotations

from functools import lru_cache

import keras
import numpy as np

from cnnlab import plot
from cnnlab.explore.base.controls import choice, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import by
from cnnlab.explore.convolution.opened_model import Explanation, OpenedConv, open_model
from cnnlab.explore.drawing.arrays import Grid, Map, shades
from cnnlab.explore.drawing.sheet import Sheet, rectangle

WRITTEN_TAPS = 30  # larger kernels are drawn as colours only: their numbers would be too small to read
WRITTEN_CHANNELS = 8
SAID_TAPS = 121  # products that are said one by one: an 11×11 kernel


class LayerMicroscope(Explorer):
    """One output value of one convolution layer: its patch, every product, the sums, the bias, the activation.

    Parameters
    ----------
    model
        A Sequential or functional Keras model with one input; a small untrained one by default. Its weights and
        activations are read once: after more training, build a new microscope
    image : (H, W, C) or (H, W), given to the model as it is; a photo scaled to 0–1 by default
    predict : ask for the number of products before showing them

    Raises
    ------
    TypeError, ValueError
        If `model` cannot be opened or `image` does not fit it; the message says why.

    Notes
    -----
    Opened are Conv1D, Conv2D (with strides, padding, dilation, groups) and DepthwiseConv2D, in inner models too; the
    words name the convolutions of other kinds. A layer that is used twice shows its first use.
    """

    layer = choice(lambda it: list(it.opened.convs))
    row = whole(0, lambda it: it.conv().outputs.shape[0] - 1, label="output row")
    column = whole(0, lambda it: it.conv().outputs.shape[1] - 1, label="output column")
    filter = whole(0, lambda it: it.conv().outputs.shape[2] - 1)
    channel = whole(lambda it: it.channels()[0], lambda it: it.channels()[-1], label="input channel")
    listed = {"layer": None, "filter": (0, 1)}

    def __init__(
        self, model: keras.Model | None = None, image: np.ndarray | None = None, *, predict: bool = False
    ) -> None:
        self.opened = open_model(_small_model() if model is None else model, image)
        self._explained = lru_cache(maxsize=1)(self._explain)  # picture and words ask for the same one
        super().__init__(predict=predict)

    def adjust(self, changed: str | None) -> None:
        """Begin in the middle of a layer's output."""
        if changed in (None, "layer"):
            height, width, _ = self.conv().outputs.shape
            self.controls["row"].value, self.controls["column"].value = height // 2, width // 2

    def conv(self) -> OpenedConv:
        """The layer under the microscope."""
        return self.opened.convs[self.layer]

    def channels(self) -> range:
        """The input channels that the chosen filter sees: in a grouped layer not all."""
        return self.conv().channels_of(self.filter)

    def explanation(self) -> Explanation:
        """The chosen output value, term by term, as numbers."""
        return self._explained(self.layer, self.row, self.column, self.filter)

    def _explain(self, layer: str, row: int, column: int, filter_index: int) -> Explanation:
        return self.opened.convs[layer].explain(row, column, filter_index)

    def question(self) -> str:
        """The number of products, from the layer's arguments alone."""
        conv, (height, width, depth) = self.conv(), self.conv().inputs.shape
        grouped = f" in {conv.groups} groups" if conv.groups > 1 else ""
        return (
            f"{conv.name} reads {height}×{width}×{depth}{grouped} with a kernel of "
            f"{by(conv.kernel.shape[:2])}. How many products are added up for one output value, bias not counted?"
        )

    def answer(self) -> int:
        """Taps × channels seen; taps on padding count, they multiply a zero."""
        return int(np.prod(self.conv().kernel.shape[:3]))

    def figure(self) -> plot.Picture:
        """Top: patch × weights = products in one channel. Bottom: all channels, the arithmetic, the output map."""
        picture = plot.Picture(10, 5.5, alt=self.describe())
        sheet = Sheet(picture)
        self._draw_input(sheet)
        output = Map(sheet, shades(self.conv().outputs[..., self.filter]), (7.75, 3.3), 2.0)
        output.title(f"output of filter {self.filter}")
        output.frame(self.row, self.column, 1, 1, plot.RED)
        if not self.revealed:
            sheet.stamp("patch × weights = products", [(6.1, 1.3)], 14, plot.GREY)
            sheet.stamp("hidden until you have typed a guess", [(6.1, 1.7)], 11, plot.GREY)
            return picture
        found = self.explanation()
        self._draw_products(sheet, found)
        self._draw_sums(sheet, found.sums)
        for number, (name, value, places) in enumerate(self._terms(found)):
            y = 3.45 + 0.3 * number
            sheet.write(5.88 - 0.092 * len(name), y, name, 11, mono=True)  # apart: a name's outline is drawn once
            sheet.write(5.98, y, f"{value:+.{places}f}", 11, mono=True)
        words, colour = ("equal", plot.GREEN) if found.agrees() else ("NOT EQUAL", plot.RED)
        sheet.write(6.02, 4.95, words, 12, colour, bold=True)
        return picture

    def describe(self) -> str:
        """The same in words; hidden: only what the question needs."""
        conv = self.conv()
        channels = conv.channels_of(self.filter)
        kernel = by((*conv.kernel.shape[:2], len(channels)))
        lines = [
            f"{conv.name} ({conv.kind}): {by(conv.inputs.shape)} → {by(conv.outputs.shape)}; image: "
            f"{self.opened.source}.",
            f"Output row {self.row}, column {self.column}, filter {self.filter}: one of {conv.outputs.size} values.",
        ]
        if self.revealed:
            found = self.explanation()
            digits, places = found.digits, found.places()
            lines += [
                f"Its window begins at row {conv.corner(self.row, self.column)[0]}, column "
                f"{conv.corner(self.row, self.column)[1]} of the input{_geometry(conv)}; a filter is {kernel}.",
                *self._padding_in_words(found),
                *self._products_in_words(found, self.channel - channels.start),
                f"Sums of the channels: {_sums_in_words(found.sums, channels, digits)}.",
                f"All {found.products.size} products: {_decimal(found.products.sum(), digits)}; bias "
                f"{found.bias:+.{digits}f}; together {_decimal(found.total, digits)}; "
                f"after {conv.activation_name} {found.activated:.{places}f}.",
                f"The model's own output here: {found.model:.{places}f}. {self._agreement(found)}",
            ]
        if self.opened.closed:
            lines.append("Not opened: " + "; ".join(f"{n} ({why})" for n, why in self.opened.closed.items()) + ".")
        return "\n".join(lines)

    def _agreement(self, found: Explanation) -> str:
        if found.agrees():
            return "Equal, as far as 32-bit numbers go."
        return "NOT equal: this layer does more than multiply, add and activate."

    def _padding_in_words(self, found: Explanation) -> list[str]:
        outside = int((~found.on_input).sum())
        if not outside:
            return []
        return [f"{outside} of its {found.on_input.size} positions hang over the edge: they read zeros (padding)."]

    def _products_in_words(self, found: Explanation, index: int) -> list[str]:
        """Each number times its weight, each product, and their sum, in digits that add up."""
        weights, products = self.conv().kernel[:, :, index, self.filter], found.products[..., index]
        lines = [f"Channel {self.channel}, input · weight:"]
        if products.size <= SAID_TAPS:
            pairs = [
                [_pair(*pair) for pair in zip(*rows, strict=True)]
                for rows in zip(found.patch[..., index], weights, strict=True)
            ]
            lines.append("  " + "\n+ ".join(" + ".join(row) for row in pairs))
            if products.size > 1:
                lines.append("= " + " + ".join(_term(product, found.digits) for product in products.ravel()))
        else:
            lines.append(f"  {products.size} products, too many to say one by one")
        return [*lines, f"= {_decimal(found.sums[index], found.digits)}"]

    def _terms(self, found: Explanation) -> list[tuple[str, float, int]]:
        """The last steps from the products to the output, each with its value and its decimals."""
        return [
            (f"{found.products.size} products", found.products.sum(), found.digits),
            ("bias", found.bias, found.digits),
            ("together", found.total, found.digits),
            (f"after {self.conv().activation_name[:12]}", found.activated, found.places()),
            ("the model says", found.model, found.places()),
        ]

    def _draw_input(self, sheet: Sheet) -> None:
        """The input channel with its padding, the window on it, and its taps if they are spread out."""
        conv = self.conv()
        top, left = conv.corner(self.row, self.column)
        (above, _), (before, _) = conv.pads
        drawn = Map(sheet, shades(conv.inputs[..., self.channel], conv.pads), (0.2, 0.55), 2.0, origin=(above, before))
        drawn.title(f"input of {conv.name}, channel {self.channel}")
        drawn.frame(top, left, *conv.reach(), plot.RED)
        if max(conv.dilation_rate) > 1:
            taps = np.indices(conv.kernel.shape[:2]).reshape(2, -1).T * conv.dilation_rate
            drawn.dots(taps + (top, left), plot.ORANGE)
        if np.any(conv.pads):
            sheet.stamp("blue-grey: padding", [(1.2, 2.75)], 9, plot.GREY)

    def _draw_products(self, sheet: Sheet, found: Explanation) -> None:
        """Patch × weights = products in the chosen channel."""
        conv = self.conv()
        index = self.channel - conv.channels_of(self.filter).start
        grids = (
            (found.patch[..., index], f"channel {self.channel} under the window"),
            (conv.kernel[:, :, index, self.filter], f"× weights of filter {self.filter}"),
            (found.products[..., index], "= products, rounded"),
        )
        for (values, title), centre in zip(grids, (3.65, 6.15, 8.65), strict=True):
            if values.size > WRITTEN_TAPS:
                Map(sheet, shades(values), (centre - 1, 0.55), 2.0).title(title)
                continue
            largest = np.abs(values).max()
            rounded = np.round(values, 2 if largest < 10 else 1 if largest < 100 else 0)
            grid = Grid(sheet, rounded, centre=centre, middle=1.55, width=2.0, height=2.0, title=title)
            lower = 0.0 if found.on_input.all() else 0.15 * grid.cell
            if values is not grids[0][0]:
                grid.fill(top=largest, lower=lower)
            else:  # on one scale with the channel's map, so that the window looks as it does there
                channel = conv.inputs[..., self.channel]
                grid.fill(top=float(np.abs(channel).max()), lower=lower, brightness=bool((channel >= 0).all()))
                for row, column in np.argwhere(~found.on_input):
                    grid.note(row, column, "padding")
        _write_centred(sheet, 8.65, 2.75, f"together {_written(found.sums[index])}", 10)

    def _draw_sums(self, sheet: Sheet, sums: np.ndarray) -> None:
        """One bar for each channel, the chosen one in orange, around a line at zero."""
        channels = self.conv().channels_of(self.filter)
        low, high = min(sums.min(), 0.0), max(sums.max(), 0.0)
        scale = 1.3 / ((high - low) or 1.0)  # inches
        zero = 3.65 + high * scale
        step = 3.4 / len(sums)
        width = min(0.7 * step, 0.3)
        centres = 0.3 + step * (np.arange(len(sums)) + 0.5)
        sheet.stamp("sum of the products in each input channel", [(2.0, 3.2)], 10)
        for chosen, colour in ((False, plot.BLUE), (True, plot.ORANGE)):
            bars = [
                rectangle(x - width / 2, zero, width, -value * scale)
                for x, value, channel in zip(centres, sums, channels, strict=True)
                if (channel == self.channel) is chosen
            ]
            if bars:
                sheet.shapes(bars, colour)
        sheet.lines([((0.3, zero), (3.7, zero))], "#222222")
        every = len(sums) <= WRITTEN_CHANNELS
        named = [(x, channel) for x, channel in zip(centres, channels, strict=True) if every or channel == self.channel]
        sheet.stamp_all({str(channel): [(x, 5.25)] for x, channel in named}, 8.5, plot.GREY)
        for x, value in zip(centres, sums, strict=True) if every else ():
            _write_centred(sheet, x, zero - value * scale + (-0.1 if value >= 0 else 0.1), _written(value), 8.5)


def _write_centred(sheet: Sheet, x: float, y: float, text: str, size: float) -> None:
    """Words that change with every move: placed by guessing their width, as measuring takes longer than drawing."""
    sheet.write(x - 0.29 * len(text) * size / 72, y, text, size)


def _small_model() -> keras.Model:
    """What the microscope shows when no model is given: one layer of each kind, untrained, always the same."""

    def weights(seed: int) -> dict[str, object]:
        return {
            "kernel_initializer": keras.initializers.GlorotUniform(seed=seed),
            "bias_initializer": keras.initializers.RandomUniform(-0.1, 0.1, seed=seed),
        }

    depthwise = {"depthwise_initializer" if k == "kernel_initializer" else k: v for k, v in weights(3).items()}
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(6, 5, activation="relu", name="conv1", **weights(1)),
            layers.MaxPooling2D(),
            layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="strided", **weights(2)),
            layers.DepthwiseConv2D(3, dilation_rate=2, padding="same", name="depthwise", **depthwise),
            layers.Conv2D(4, 1, activation="softmax", name="one_by_one", **weights(4)),
        ]
    )


def _written(value: float) -> str:
    """A number with three decimals at most, or two digits if it is too small for that."""
    if 0.001 <= abs(value) < 100:
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return plot.short_number(value)


def _decimal(value: float, digits: int) -> str:
    return f"{value + 0.0:.{digits}f}"


def _term(value: float, digits: int) -> str:
    """A term of a sum: in brackets if it is negative."""
    return f"({_decimal(value, digits)})" if value < 0 else _decimal(value, digits)


def _pair(value: float, weight: float) -> str:
    """A product with its factors in nine digits: no two 32-bit numbers have the same."""
    return "·".join(f"({factor:.9g})" if factor < 0 else f"{factor + 0.0:.9g}" for factor in (value, weight))


def _geometry(conv: OpenedConv) -> str:
    """Strides and dilation, where they are not 1."""
    parts = [
        f"{name} {sizes[0] if sizes[0] == sizes[1] else by(sizes)}"
        for name, sizes in (("strides", conv.strides), ("dilation", conv.dilation_rate))
        if max(sizes) > 1
    ]
    return f" ({', '.join(parts)})" if parts else ""


def _sums_in_words(sums: np.ndarray, channels: range, digits: int) -> str:
    """Every channel's sum, or the four largest and the rest together."""
    if len(sums) <= WRITTEN_CHANNELS:
        pairs = zip(channels, sums, strict=True)
        return ", ".join(f"{channel}: {_decimal(value, digits)}" for channel, value in pairs)
    largest = np.argsort(-np.abs(sums))[:4]
    shown = ", ".join(f"{channels[i]}: {_decimal(sums[i], digits)}" for i in largest)
    rest = _decimal(sums.sum() - sums[largest].sum(), digits)
    return f"{shown}; the other {len(sums) - 4} together {rest}"
