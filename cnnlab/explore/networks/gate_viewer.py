"""The gates of a squeeze-and-excitation network: which channels a picture opens and which it shuts."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_rgb

from cnnlab import plot
from cnnlab.common.validate import check_int, check_rank
from cnnlab.explore.base.controls import choice, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import by, cut, minus
from cnnlab.explore.drawing.sheet import INK, Sheet, rectangle
from cnnlab.explore.networks.gates import Unit, read_gates, trained_on_digits

_MOST_PICTURES = 400  # of what is passed in: their maps are kept
_WIDTH, _HEIGHT = 10.0, 5.9  # all in inches, y downwards
_LEFT, _TOP, _MAP = 0.3, 0.72, 1.3
_BARS_LEFT, _BARS_WIDTH, _BARS_TOP, _BARS_BOTTOM = 2.75, 6.95, 0.72, 2.3
_CLASSES_TOP, _CLASSES_HEIGHT = 2.98, 1.9
_CARD_TOP = 5.08
_SIGNED = colormaps[plot.FILL_SIGNED]
_PAPER, _EDGE, _RULE = "#F6F7F9", "#D5D9DF", "#DDE1E6"


class GateViewer(Explorer):
    """Choose a picture, a unit and a channel: the channel's mean, its gate, and the channel before and after it.

    Below, the mean gate of each channel for each class: rows that differ belong to a unit that knows classes apart. A
    unit begins with the channel whose gate for the picture is furthest from its mean.

    Parameters
    ----------
    model
        a Keras model with one input whose gates are multiplied to its channels by a ``Multiply`` layer, as in the
        lesson and in `cnnlab.zoo`'s ``seresnet50``; by default a small network, trained on the spot in a few seconds
    images : (N, H, W, C) as the model takes them, 1 to 400; by default 8×8 digits that it was not trained on
    labels : (N,) whole numbers, one for each picture; needed with `images`
    class_names : one for each class; by default the numbers
    unit : index of the unit to show first; by default the last one
    predict : ask whether the chosen gate is above or below the channel's mean gate before showing it

    Raises
    ------
    TypeError, ValueError
        If no unit is found in `model`, or the pictures, their labels and `class_names` do not fit each other.

    Examples
    --------
    >>> import keras
    >>> x = keras.Input((4, 4, 2))
    >>> gate = keras.layers.Dense(2, activation="sigmoid")(keras.layers.GlobalAveragePooling2D(keepdims=True)(x))
    >>> model = keras.Model(x, keras.layers.Multiply(name="scale")([x, gate]))
    >>> viewer = GateViewer(model, np.ones((3, 4, 4, 2)), [0, 1, 1])
    >>> viewer.set(picture=2, channel=1).state()
    {'picture': 2, 'unit': 'scale', 'channel': 1}
    """

    picture = whole(0, lambda it: len(it._images) - 1, width=330)
    unit = choice(lambda it: list(it._units))
    channel = whole(0, lambda it: it._shown().gates.shape[1] - 1, width=330)
    choices = ("higher", "lower")
    listed = {"picture": (0, 10, 20, 30), "unit": None}

    def __init__(
        self,
        model: keras.Model | None = None,
        images: np.ndarray | None = None,
        labels: Sequence[int] | None = None,
        *,
        class_names: Sequence[str] | None = None,
        unit: int | None = None,
        predict: bool = False,
    ) -> None:
        if model is None:
            if images is not None or labels is not None:
                raise ValueError("`images` and `labels` need a `model`. Received: none")
            model, images, labels = trained_on_digits()
        self._images, self._labels = _pictures(images, labels)
        classes = int(self._labels.max()) + 1
        names = tuple(map(str, range(classes))) if class_names is None else tuple(map(str, class_names))
        if len(names) < classes:
            raise ValueError(f"`class_names` must name {classes} classes. Received: {len(names)}")
        self._class_names = names
        self._units = {found.name: found for found in read_gates(model, self._images)}
        known = list(self._units)
        first = known[-1] if unit is None else known[check_int(unit, "unit", 0, len(known) - 1)]
        super().__init__(predict=predict, unit=first)

    def adjust(self, changed: str | None) -> None:
        """Begin with the channel whose gate for this picture is furthest from its mean."""
        if changed in (None, "unit"):
            gates = self._shown().gates
            self.controls["channel"].value = int(np.abs(gates[self.picture] - gates.mean(axis=0)).argmax())

    def question(self) -> str:
        return (
            f"Is the gate of channel {self.channel} for this picture higher or lower than its mean over all pictures, "
            f"{plot.measured(self._mean())}? Type the word."
        )

    def answer(self) -> str:
        return "higher" if self._gate() > self._mean() else "lower"

    def spread(self) -> tuple[float, float]:
        """How far gates of the shown unit lie apart: between the means of the classes, and within a class.

        Standard deviations, averaged over the channels.
        """
        gates, means = self._shown().gates, self._by_class()
        return float(np.nanstd(means, axis=0).mean()), float((gates - means[self._labels]).std(axis=0).mean())

    # --- in words -----------------------------------------------------------------------------------------------

    def describe(self) -> str:
        shown, label = self._shown(), self._class_names[self._labels[self.picture]]
        lines = [
            f"Picture {self.picture}, class {label}. Unit {shown.name}: {shown.gates.shape[1]} channels of "
            f"{by(shown.before.shape[1:3])}, one gate each.",
        ]
        if not self.revealed:
            return "\n".join([*lines, f"Channel {self.channel}: its gate appears with your guess."])
        gates = shown.gates[self.picture]
        opened, shut = np.argsort(-gates, kind="stable")[:3], np.argsort(gates, kind="stable")[:3]
        lines += [
            self._arithmetic(),
            f"Mean gate of channel {self.channel} over all {len(self._images)} pictures: "
            f"{plot.measured(self._mean())}; by class {self._by_class_words()}.",
            f"Most open for this picture: {_listed(opened, gates)}. Most shut: {_listed(shut, gates)}.",
            self._spread_words(),
        ]
        return "\n".join(lines)

    def _arithmetic(self) -> str:
        before = self._shown().before[self.picture, :, :, self.channel]
        gate = self._gate()
        row, column = np.unravel_index(np.abs(before).argmax(), before.shape)
        value = before[row, column]

        def said(number: float) -> str:
            return minus(plot.measured(number))

        return (
            f"Channel {self.channel}: mean {said(before.mean())} → gate {said(gate)}. Its strongest value, "
            f"row {row} column {column}: {said(value)} · {said(gate)} ≈ {said(value * gate)}."
        )

    def _by_class_words(self) -> str:
        means = self._by_class()[:, self.channel]
        known = np.flatnonzero(np.isfinite(means))
        if len(known) > 10:
            low, high = known[means[known].argmin()], known[means[known].argmax()]
            return (
                f"from {plot.measured(means[low])} ({self._class_names[low]}) to "
                f"{plot.measured(means[high])} ({self._class_names[high]})"
            )
        return ", ".join(f"{self._class_names[c]}: {plot.measured(means[c])}" for c in known)

    def _spread_words(self) -> str:
        between, within = self.spread()
        return (
            f"Over all channels: gates of different classes differ by {plot.measured(between)}, "
            f"within a class by {plot.measured(within)}."
        )

    # --- the picture --------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        picture = plot.Picture(_WIDTH, _HEIGHT, alt=self.describe())
        sheet = Sheet(picture)
        label = self._class_names[self._labels[self.picture]]
        sheet.write(_LEFT, 0.32, f"picture {self.picture}: {cut(label, 14)}", 11, bold=True)
        sheet.paint(_coloured(self._images[self.picture]), _LEFT, _TOP - 0.1, _MAP, _MAP)
        self._draw_maps(sheet)
        self._draw_gates(sheet)
        self._draw_classes(sheet)
        self._draw_card(sheet)
        return picture

    def _draw_maps(self, sheet: Sheet) -> None:
        before = self._shown().before[self.picture, :, :, self.channel]
        top = float(np.abs(before).max()) or 1.0
        y = _TOP + _MAP + 0.3
        sheet.write(_LEFT, y, f"channel {self.channel} before", 9.5)
        sheet.paint(_SIGNED(0.5 + 0.5 * before / top, bytes=True), _LEFT, y + 0.15, _MAP, _MAP)
        y += _MAP + 0.42
        if not self.revealed:
            sheet.write(_LEFT, y, "your guess first", 9.5, plot.GREY)
            return
        sheet.write(_LEFT, y, f"after: times {plot.measured(self._gate())}", 9.5)
        after = before * self._gate()
        sheet.paint(_SIGNED(0.5 + 0.5 * after / top, bytes=True), _LEFT, y + 0.15, _MAP, _MAP)

    def _draw_gates(self, sheet: Sheet) -> None:
        """Bars of this picture's gates; a black line marks the mean over all pictures."""
        shown = self._shown()
        gates, means = shown.gates[self.picture], shown.gates.mean(axis=0)
        height = _BARS_BOTTOM - _BARS_TOP
        sheet.write(_BARS_LEFT, 0.32, f"gates of {cut(shown.name, 30)} for this picture", 11, bold=True)
        for mark in (0.0, 0.5, 1.0):
            y = _BARS_BOTTOM - mark * height
            sheet.shapes([rectangle(_BARS_LEFT, y - 0.006, _BARS_WIDTH, 0.012)], _RULE)  # bars cover shapes, not lines
            sheet.write(_BARS_LEFT - 0.34, y, f"{mark:g}", 9, plot.GREY)
        step = _BARS_WIDTH / len(gates)
        left = _BARS_LEFT + step * np.arange(len(gates))
        if self.revealed:
            bars = [rectangle(x + 0.14 * step, _BARS_BOTTOM - g * height, 0.72 * step, g * height)
                    for x, g in zip(left, gates, strict=True)]  # fmt: skip
            sheet.shapes(bars, plot.BLUE)
            sheet.shapes([bars[self.channel]], plot.ORANGE)
        marks = [_BARS_BOTTOM - m * height for m in means]
        sheet.lines([((x + 0.04 * step, y), (x + 0.96 * step, y)) for x, y in zip(left, marks, strict=True)], INK, 1.8)
        every = -(-len(gates) // 32)
        numbers = {str(c): [(left[c] + step / 2, _BARS_BOTTOM + 0.14)] for c in range(0, len(gates), every)}
        sheet.stamp_all(numbers, 8, plot.GREY)
        if step > 0.34 and self.revealed:
            for x, gate in zip(left, gates, strict=True):
                sheet.stamp(plot.measured(gate), [(x + step / 2, _BARS_TOP - 0.11)], 8)
        sheet.write(_BARS_LEFT, _BARS_BOTTOM + 0.36, "channel", 9, plot.GREY)
        sheet.lines([((5.0, _BARS_BOTTOM + 0.36), (5.3, _BARS_BOTTOM + 0.36))], INK, 1.8)
        sheet.write(5.4, _BARS_BOTTOM + 0.36, f"mean over all {len(shown.gates)} pictures", 9)
        sheet.box(7.6, _BARS_BOTTOM + 0.29, 0.14, 0.14, plot.ORANGE, fill=plot.ORANGE)
        sheet.write(7.82, _BARS_BOTTOM + 0.36, f"channel {self.channel}", 9)

    def _draw_classes(self, sheet: Sheet) -> None:
        """A row for each class: the bluer, the more open the channel is for it on average."""
        means = self._by_class()
        rows = np.flatnonzero(np.isfinite(means[:, 0]))[:20]
        self._draw_scale(sheet)
        high, wide = _CLASSES_HEIGHT / len(rows), _BARS_WIDTH / means.shape[1]
        sheet.paint(_blues(means[rows]), _BARS_LEFT, _CLASSES_TOP, _BARS_WIDTH, _CLASSES_HEIGHT)
        step = -(-len(rows) // 20)
        for number, row in enumerate(rows[::step]):
            y = _CLASSES_TOP + (number * step + 0.5) * high
            sheet.write(_BARS_LEFT - 0.34, y, cut(self._class_names[row], 4), min(9.0, 62 * high), plot.GREY)
        x = _BARS_LEFT + self.channel * wide
        if wide > 0.34 and high > 0.15:
            for number, row in enumerate(rows):
                at = (x + wide / 2, _CLASSES_TOP + (number + 0.5) * high)
                sheet.stamp(plot.measured(means[row, self.channel]), [at], 8)
        sheet.box(x, _CLASSES_TOP, wide, _CLASSES_HEIGHT, plot.ORANGE, line=2.0)
        own = self._labels[self.picture]
        if own in rows:
            at = _CLASSES_TOP + int(np.flatnonzero(rows == own)[0]) * high
            sheet.box(_BARS_LEFT, at, _BARS_WIDTH, high, INK, line=1.6)

    def _draw_scale(self, sheet: Sheet) -> None:
        """The map's title, and its colours from a gate of 0 to one of 1."""
        y, left = _CLASSES_TOP - 0.14, _BARS_LEFT + _BARS_WIDTH - 1.6
        sheet.write(_BARS_LEFT - 0.34, y, "mean gate by class", 9.5)
        sheet.paint(_blues(np.linspace(0, 1, 40)[None]), left, y - 0.07, 1.4, 0.14)
        sheet.box(left, y - 0.07, 1.4, 0.14, plot.GREY, line=0.8)
        sheet.stamp_all({"0": [(left - 0.12, y)], "1": [(left + 1.52, y)]}, 9)

    def _draw_card(self, sheet: Sheet) -> None:
        sheet.box(2.2, _CARD_TOP, _WIDTH - 2.4, _HEIGHT - _CARD_TOP - 0.12, _EDGE, fill=_PAPER)
        if not self.revealed:
            sheet.write(2.35, _CARD_TOP + 0.22, f"The gate of channel {self.channel} appears with your guess.", 9.5)
            return
        sheet.write(2.35, _CARD_TOP + 0.22, self._arithmetic(), 9.5)
        sheet.write(2.35, _CARD_TOP + 0.48, self._spread_words(), 9.5)

    # --- numbers ------------------------------------------------------------------------------------------------

    def _shown(self) -> Unit:
        return self._units[self.unit]

    def _gate(self) -> float:
        return float(self._shown().gates[self.picture, self.channel])

    def _mean(self) -> float:
        return float(self._shown().gates[:, self.channel].mean())

    def _by_class(self) -> np.ndarray:
        """(classes, C) mean gates; NaN for a class without pictures."""
        gates = self._shown().gates
        members = self._labels[None] == np.arange(len(self._class_names))[:, None]  # (classes, N)
        counts = members.sum(axis=1, keepdims=True)
        return np.where(counts > 0, members @ gates / np.maximum(counts, 1), np.nan)


def _pictures(images: object, labels: object) -> tuple[np.ndarray, np.ndarray]:
    if images is None or labels is None:
        raise ValueError("`images` and `labels` are needed with a `model`. Received: None")
    images = check_rank(images, "images", {4: "(N, H, W, C)"})
    if not 1 <= len(images) <= _MOST_PICTURES:
        raise ValueError(f"`images` must hold 1 to {_MOST_PICTURES} pictures. Received: {len(images)}")
    labels = check_rank(labels, "labels", {1: "(N,)"})
    if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1] or labels.min() < 0:
        raise ValueError(
            f"`labels` must be {len(images)} whole numbers >= 0, one for each picture. "
            f"Received: shape {labels.shape}, dtype {labels.dtype}"
        )
    return images, labels


def _listed(channels: np.ndarray, gates: np.ndarray) -> str:
    return ", ".join(f"channel {c} ({plot.measured(gates[c])})" for c in channels)


def _blues(gates: np.ndarray) -> np.ndarray:
    """Gates (H, W) from 0, white, to 1, blue, pale enough to write on, as (H, W, 3) bytes."""
    return _bytes(1 + 0.7 * gates[..., None] * (np.array(to_rgb(plot.BLUE)) - 1))


def _bytes(colours: np.ndarray) -> np.ndarray:
    return np.rint(255 * colours).astype(np.uint8)


def _coloured(values: np.ndarray) -> np.ndarray:
    """An image (H, W, C) as (H, W, 3) bytes, dark to light: a network's input may be on any scale."""
    low, high = float(values.min()), float(values.max())
    values = (values - low) / ((high - low) or 1.0)
    return _bytes(values[..., :3] if values.shape[-1] >= 3 else np.repeat(values[..., :1], 3, axis=-1))
