"""Explorers of lesson 04: one value of a convolution layer taken apart, and what one value can see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np
from matplotlib.patches import Rectangle

from cnnlab import plot
from cnnlab._validate import check_int
from cnnlab.explore._base import Explorer
from cnnlab.explore._fields import ModelFields, StackFields, parse_stack

if TYPE_CHECKING:
    import keras

    from cnnlab.explore._opened import Explanation, OpenedConv

WRITTEN_TAPS = 30  # larger kernels are drawn as colours only: their numbers would be too small to read
WRITTEN_CHANNELS = 8


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
    Opened are Conv1D, Conv2D (with strides, padding, dilation, groups) and DepthwiseConv2D; the words name the
    convolutions of other kinds. A layer that is used twice shows its first use.
    """

    def __init__(
        self, model: keras.Model | None = None, image: np.ndarray | None = None, *, predict: bool = False
    ) -> None:
        from cnnlab.explore._opened import open_model  # imports Keras, which the other explorer can do without

        self.opened = open_model(_small_model() if model is None else model, image)
        super().__init__(predict=predict)

    def make_controls(self) -> dict[str, widgets.Widget]:
        return {
            "layer": widgets.Dropdown(options=list(self.opened.convs), description="layer"),
            "row": widgets.IntSlider(0, min=0, max=0, description="output row"),
            "column": widgets.IntSlider(0, min=0, max=0, description="output column"),
            "filter": widgets.IntSlider(0, min=0, max=0, description="filter"),
            "channel": widgets.IntSlider(0, min=0, max=0, description="input channel"),
        }

    def adjust(self, changed: str | None) -> None:
        """A layer decides how far the other sliders go; in a grouped layer a filter decides which channels it sees."""
        conv = self.conv()
        if changed in (None, "layer"):
            height, width, filters = conv.outputs.shape
            for name, count in (("row", height), ("column", width), ("filter", filters)):
                _limit(self.controls[name], 0, count - 1)
            self.controls["row"].value, self.controls["column"].value = height // 2, width // 2
        channels = conv.channels_of(self.filter)
        _limit(self.controls["channel"], channels.start, channels.stop - 1)

    def conv(self) -> OpenedConv:
        """The layer under the microscope."""
        return self.opened.convs[self.layer]

    def explanation(self) -> Explanation:
        """The chosen output value, term by term, as numbers."""
        return self.conv().explain(self.row, self.column, self.filter)

    def question(self) -> str:
        """The number of products, from the layer's arguments alone."""
        conv, (height, width, depth) = self.conv(), self.conv().inputs.shape
        grouped = f" in {conv.groups} groups" if conv.groups > 1 else ""
        return (
            f"{conv.name} reads {height}×{width}×{depth}{grouped} with a kernel of "
            f"{_by(conv.kernel.shape[:2])}. How many products are added up for one output value, bias not counted?"
        )

    def answer(self) -> int:
        """Taps × channels seen; taps on padding count, they multiply a zero."""
        return int(np.prod(self.conv().kernel.shape[:3]))

    def figure(self) -> plot.Picture:
        """Top: patch × weights = products in one channel. Bottom: all channels, the arithmetic, the output map."""
        conv = self.conv()
        picture = plot.Picture(10, 5.5, alt=self.describe())
        self._draw_input(picture.add_axes((0.02, 0.5, 0.21, 0.38)), conv)
        top, left = conv.corner(self.row, self.column)
        _draw_map(
            picture.add_axes((0.78, 0.03, 0.21, 0.36)),
            conv.outputs[..., self.filter],
            f"output of filter {self.filter}",
            (self.row, self.column, 1, 1),
        )
        if not self.revealed:
            picture.text(0.61, 0.69, "patch × weights = products", ha="center", fontsize=13, color=plot.GREY)
            picture.text(0.61, 0.61, "hidden until you have typed a guess", ha="center", fontsize=10, color=plot.GREY)
            return picture
        found = self.explanation()
        index = self.channel - conv.channels_of(self.filter).start
        grids = (
            (found.patch[..., index], f"input channel {self.channel}\nfrom row {top}, column {left}"),
            (conv.kernel[:, :, index, self.filter], f"weights of filter {self.filter}\nfor that channel"),
            (found.products[..., index], f"products\nadd up to {_written(found.sums[index])}"),
        )
        for (values, title), x in zip(grids, (0.28, 0.53, 0.78), strict=True):
            self._draw_numbers(picture.add_axes((x, 0.49, 0.21, 0.38)), values, title, found.on_input)
        for sign, x in (("×", 0.51), ("=", 0.76)):
            picture.text(x, 0.68, sign, ha="center", va="center", fontsize=20)
        self._draw_sums(picture.add_axes((0.06, 0.06, 0.34, 0.29)), found.sums, index)
        picture.text(0.42, 0.36, self._sum_in_lines(found), va="top", family="monospace", fontsize=11, linespacing=1.6)
        return picture

    def describe(self) -> str:
        """The same in words; hidden: only what the question needs."""
        conv = self.conv()
        channels = conv.channels_of(self.filter)
        kernel = _by((*conv.kernel.shape[:2], len(channels)))
        lines = [
            f"{conv.name} ({conv.kind}): {_by(conv.inputs.shape)} → {_by(conv.outputs.shape)}; image: "
            f"{self.opened.source}.",
            f"Output row {self.row}, column {self.column}, filter {self.filter}: one of {conv.outputs.size} values.",
        ]
        if self.revealed:
            found = self.explanation()
            places = found.places()
            lines += [
                f"Its window begins at row {conv.corner(self.row, self.column)[0]}, column "
                f"{conv.corner(self.row, self.column)[1]} of the input{_geometry(conv)}; a filter is {kernel}.",
                *self._padding_in_words(found),
                f"Channel {self.channel}: {self._products_in_words(found, self.channel - channels.start)}",
                f"Sums of the channels: {_sums_in_words(found.sums, channels)}",
                f"All {found.products.size} products: {found.products.sum():.{places}f}; bias "
                f"{conv.bias_of(self.filter):+.{places}f}; together {found.total:.{places}f}; "
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

    def _products_in_words(self, found: Explanation, index: int) -> str:
        values = found.patch[..., index].ravel()
        weights = self.conv().kernel[:, :, index, self.filter].ravel()
        shown = len(values) if len(values) <= 9 else 4
        terms = [f"{_written(v)}·{_factor(w)}" for v, w in zip(values[:shown], weights[:shown], strict=True)]
        more = [] if shown == len(values) else [f"… ({len(values)} products)"]
        return " + ".join(terms + more) + f" = {found.sums[index]:.6f}"

    def _sum_in_lines(self, found: Explanation) -> str:
        numbers = {
            f"{found.products.size} products": found.products.sum(),
            "bias": self.conv().bias_of(self.filter),
            "together": found.total,
            f"after {self.conv().activation_name[:12]}": found.activated,
            "the model says": found.model,
        }
        lines = [f"{name:>18} {value:+.{found.places()}f}" for name, value in numbers.items()]
        return "\n".join(lines) + ("  equal" if found.agrees() else "  NOT EQUAL")

    def _draw_input(self, ax: plot.Axes, conv: OpenedConv) -> None:
        """The input channel in a hatched frame of padding, the window on it, its taps if they are spread out."""
        top, left = conv.corner(self.row, self.column)
        height, width = conv.reach()
        shape = conv.inputs.shape
        _draw_map(
            ax, conv.inputs[..., self.channel], f"input of {conv.name}, channel {self.channel}", (top, left, height, width)
        )
        (above, below), (before, after) = conv.pads
        if above + below + before + after:
            ax.add_patch(
                Rectangle(
                    (-before - 0.5, -above - 0.5),
                    shape[1] + before + after,
                    shape[0] + above + below,
                    facecolor="#EEEEEE",
                    edgecolor="#BBBBBB",
                    hatch="////",
                    linewidth=0,
                    zorder=-1,
                )
            )
        ax.set_xlim(-before - 0.8, shape[1] + after - 0.2)
        ax.set_ylim(shape[0] + below - 0.2, -above - 0.8)
        if max(conv.dilation_rate) > 1:
            rows, columns = np.indices(conv.kernel.shape[:2])
            ys, xs = top + rows * conv.dilation_rate[0], left + columns * conv.dilation_rate[1]
            ax.plot(xs.ravel(), ys.ravel(), "s", color=plot.ORANGE, markersize=3)

    def _draw_numbers(self, ax: plot.Axes, values: np.ndarray, title: str, on_input: np.ndarray) -> None:
        """A grid of rounded numbers; positions on padding are hatched."""
        largest = np.abs(values).max()
        rounded = np.round(values, 2 if largest < 10 else 1 if largest < 100 else 0) + 0.0  # + 0.0: no minus zero
        written = values.size <= WRITTEN_TAPS
        fontsize = 8 if max(values.shape) > 3 else 10
        shown = rounded if written else values
        plot.number_grid(ax, shown, title=title, vmax=largest or 1, indices=False, text=written, fontsize=fontsize)
        for row, column in np.argwhere(~on_input):
            ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="#AAAAAA", hatch="///", lw=0))

    def _draw_sums(self, ax: plot.Axes, sums: np.ndarray, index: int) -> None:
        """One bar a channel, the chosen one in orange."""
        channels = self.conv().channels_of(self.filter)
        x = np.array(channels)
        colours = [plot.ORANGE if i == index else plot.BLUE for i in range(len(x))]
        ax.vlines(x, 0, sums, colors=colours, linewidth=max(1.0, min(16.0, 130 / len(x))))
        ax.axhline(0, color="black", linewidth=0.8)
        low, high = min(sums.min(), 0), max(sums.max(), 0)
        room = (high - low) * 0.2 or 1
        ax.set(xlim=(x[0] - 0.6, x[-1] + 0.6), ylim=(low - room, high + room))
        ax.set_title("sum of the products in each input channel", fontsize=10)
        ax.set_axis_off()
        if len(x) > WRITTEN_CHANNELS:
            ax.text(x[index], low - room, f"channel {self.channel}", ha="center", va="top", fontsize=8)
            return
        for channel, value in zip(x, sums, strict=True):
            side = "bottom" if value >= 0 else "top"
            ax.text(channel, value, _written(value), ha="center", va=side, fontsize=8)
            ax.text(channel, low - room, str(channel), ha="center", va="top", fontsize=8, color=plot.GREY)


def _draw_map(ax: plot.Axes, values: np.ndarray, title: str, mark: tuple[int, int, int, int]) -> None:
    """One channel as a picture with a window ``(top, left, height, width)`` marked; a signal is drawn as a band."""
    plot.image(ax, values, title=title, signed=bool((values < 0).any()))
    ax.set_aspect("equal" if len(values) > 1 else "auto")
    ax.set_axis_off()
    top, left, height, width = mark
    corner = (left - 0.5, top - 0.5)
    for colour, line in (("white", 4.0), (plot.RED, 2.0)):  # a white rim: visible on any picture
        ax.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=colour, linewidth=line, zorder=5))


def _small_model() -> keras.Model:
    """What the microscope shows when no model is given: one layer of each kind, untrained, always the same."""
    import keras

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


def _limit(slider: widgets.IntSlider, low: int, high: int) -> None:
    """Set a slider's ends, in the order that never crosses them; its value is kept if it still fits."""
    value = slider.value
    if low > slider.max:
        slider.max, slider.min = high, low
    else:
        slider.min, slider.max = low, high
    slider.value = min(max(value, low), high)


def _by(sizes: object) -> str:
    return "×".join(str(int(size)) for size in sizes)


def _written(value: float) -> str:
    """A number with three decimals at most, or two digits if it is too small for that."""
    if 0.001 <= abs(value) < 100:
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return plot.short_number(value)


def _factor(value: float) -> str:
    """The second factor of a product: in brackets if it is negative."""
    return _written(value) if value >= 0 else f"({_written(value)})"


def _geometry(conv: OpenedConv) -> str:
    """Strides and dilation, where they are not 1."""
    parts = [
        f"{name} {sizes[0] if sizes[0] == sizes[1] else _by(sizes)}"
        for name, sizes in (("strides", conv.strides), ("dilation", conv.dilation_rate))
        if max(sizes) > 1
    ]
    return f" ({', '.join(parts)})" if parts else ""


def _sums_in_words(sums: np.ndarray, channels: range) -> str:
    """Every channel's sum, or the four largest and the rest together."""
    if len(sums) <= WRITTEN_CHANNELS:
        return ", ".join(f"{channel}: {value:.4f}" for channel, value in zip(channels, sums, strict=True))
    largest = np.argsort(-np.abs(sums))[:4]
    shown = ", ".join(f"{channels[i]}: {sums[i]:.4f}" for i in largest)
    return f"{shown}; the other {len(sums) - 4} together {sums.sum() - sums[largest].sum():.4f}"


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

    def __init__(
        self,
        model: keras.Model | None = None,
        *,
        stack: str = "3 3 2/2 3 3 2/2 3",
        size: int = 41,
        predict: bool = False,
    ) -> None:
        self._size = check_int(size, "size", 8, 64)
        self._first_stack = stack
        self._model = None if model is None else ModelFields(model)
        self._stacks: dict[tuple, StackFields] = {}
        if model is None:
            parse_stack(stack)  # refuse it here rather than in the first picture
            self.samples = {"stack": ("3", "5 5", "3/2 3d2 3", "7/2 3/2 3 3 3")}
        super().__init__(predict=predict)

    def make_controls(self) -> dict[str, widgets.Widget]:
        position = {
            "row": widgets.IntSlider(0, min=0, max=0, description="output row"),
            "column": widgets.IntSlider(0, min=0, max=0, description="output column"),
        }
        if self._model is not None:
            names = self._model.names
            return {"layer": widgets.Dropdown(options=names, value=names[-1], description="layer"), **position}
        deepest = len(parse_stack(self._first_stack))
        return {
            "stack": widgets.Text(self._first_stack, description="stack", continuous_update=False),
            "padding": widgets.ToggleButtons(options=["valid", "same"], description="padding"),
            "weights": widgets.ToggleButtons(options=["equal", "random"], description="weights"),
            "layer": widgets.IntSlider(deepest, min=0, max=deepest, description="after layer"),
            **position,
        }

    def adjust(self, changed: str | None) -> None:
        """How many layers fit decides the layer slider; the layer's output size decides the position."""
        if changed not in (None, "stack", "padding", "layer"):
            return
        source = self.source()
        if self._model is None:
            at_end = self.layer == self.controls["layer"].max
            _limit(self.controls["layer"], 0, source.names[-1])
            if changed == "stack" and at_end:
                self.controls["layer"].value = source.names[-1]
        for name, count in zip(("row", "column"), source.outputs(self.layer), strict=True):
            _limit(self.controls[name], 0, count - 1)
            self.controls[name].value = (count - 1) // 2

    def source(self) -> StackFields | ModelFields:
        """Where the fields come from: the model, or the stack as it is written now."""
        if self._model is not None:
            return self._model
        key = (parse_stack(self.stack), self._size, self.padding, self.weights)
        if key not in self._stacks:
            self._stacks = {key: StackFields(*key)}  # only the latest: the text can take any number of values
        return self._stacks[key]

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
        left_ax = picture.add_axes((0.02, 0.03, 0.42, 0.85))
        height, width = self.source().size
        if not self.revealed:
            plot.image(left_ax, np.zeros((height, width)), title=f"the input, {height}×{width} pixels")
            picture.text(0.72, 0.5, "hidden until you have typed a guess", ha="center", fontsize=11, color=plot.GREY)
            return picture
        influence, window, core = self.influence(), self.window(), self.core()
        _draw_influence(left_ax, influence, window, core)
        profile = picture.add_axes((0.54, 0.17, 0.43, 0.6))
        row = min(max(window[0] + window[2] // 2, 0), height - 1)
        _draw_profile(profile, influence[row], row, window, core)
        picture.text(
            0.54, 0.9, f"orange: theory, {_by(window[2:])} pixels", color="#9A6A00", fontsize=11, weight="bold"
        )
        picture.text(
            0.54, 0.83, f"blue: half of the influence, {_by(core[2:])} pixels", color=plot.BLUE, fontsize=11, weight="bold"
        )
        return picture

    def describe(self) -> str:
        """Theory, measurement and the effective field in words."""
        source = self.source()
        what = self.layer if self._model is not None else f"layer {self.layer} of the stack {self.stack}"
        lines = [
            f"One value after {what}, at row {self.row}, column {self.column} of {_by(source.outputs(self.layer))}.",
            f"The input has {_by(source.size)} pixels.",
        ]
        if self.revealed:
            influence, window, core = self.influence(), self.window(), self.core()
            rows, columns = (np.flatnonzero(influence.any(axis=axis)) for axis in (1, 0))
            measured = "no pixel has any influence: the output is stuck at zero (a dead ReLU)"
            if len(rows):
                measured = (
                    f"{len(rows)}×{len(columns)} pixels, rows {rows[0]} to {rows[-1]}, columns {columns[0]} to {columns[-1]}"
                )
            lines += [
                f"Theory: {_by(window[2:])} pixels, {_span(window)}." + self._over_the_edge(window),
                f"Measured by {source.measured_by}: {measured}.",
                f"Half of the influence comes from the middle {_by(core[2:])}: "
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


def _span(window: tuple[int, int, int, int]) -> str:
    top, left, height, width = window
    return f"rows {top} to {top + height - 1}, columns {left} to {left + width - 1}"


def _draw_influence(ax: plot.Axes, influence: np.ndarray, window: tuple, core: tuple) -> None:
    """The influence as darkness on the picture, both fields on it; the padding that the field covers stays in view."""
    height, width = influence.shape
    ax.imshow(influence, cmap="Greys", vmin=0, vmax=influence.max() or 1)
    ax.add_patch(Rectangle((-0.5, -0.5), width, height, fill=False, edgecolor="black", linewidth=0.8))
    for (top, left, rows, columns), colour, line in ((window, plot.ORANGE, 3), (core, plot.BLUE, 2)):
        corner = (left - 0.5, top - 0.5)
        ax.add_patch(Rectangle(corner, columns, rows, fill=False, edgecolor=colour, linewidth=line, zorder=5))
    ax.set_xlim(min(-1, window[1] - 1), max(width, window[1] + window[3]))
    ax.set_ylim(max(height, window[0] + window[2]), min(-1, window[0] - 1))
    ax.set_axis_off()
    ax.set_title("darker pixels have more influence", fontsize=10)


def _draw_profile(ax: plot.Axes, values: np.ndarray, row: int, window: tuple, core: tuple) -> None:
    """Influence along one row of the picture, as steps, with the ends of both fields."""
    edges = np.arange(len(values) + 1) - 0.5
    ax.stairs(values, edges, fill=True, color="#BBBBBB")
    top = float(values.max()) or 1.0
    for (_, left, _, width), colour, line in ((window, plot.ORANGE, "-"), (core, plot.BLUE, "--")):
        ax.vlines([left - 0.5, left + width - 0.5], 0, 1.05 * top, colors=colour, linestyles=line, linewidth=2)
    ax.set(xlim=(min(-1, window[1] - 1), max(len(values), window[1] + window[3])), ylim=(0, 1.1 * top))
    ax.set(xticks=[0, len(values) - 1], yticks=[])
    ax.set_xlabel(f"column of the input, along row {row}", fontsize=10)
    ax.set_ylabel("influence", fontsize=10)
    ax.spines[["top", "right"]].set_visible(False)
