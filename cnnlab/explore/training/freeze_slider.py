"""Lesson 10's explorer: which blocks train, what that costs, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import keras
import numpy as np

from cnnlab import plot
from cnnlab.explore.base.controls import choice, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import counted, cut
from cnnlab.explore.drawing.sheet import Sheet, rectangle
from cnnlab.explore.training.freeze_cost import Block, Cost, blocks_of, spans, step_cost
from cnnlab.models.ledger.table import short
from cnnlab.training import transfer

Accuracy = tuple[float, float]  # mean and standard deviation over the seeds, 0 to 1
# (labels, learning rate of everything that trains) → accuracy with 0, 1, 2 … blocks below the head training; None where
# nothing was measured.
Measured = Mapping[tuple[int, float], Sequence[Accuracy | None]]

# Measured once by ``benchmarks/freeze_runs.py``, three seeds each.
DIGITS: Measured = {
    (30, 0.01): ((0.681, 0.023), (0.529, 0.069), (0.444, 0.201), (0.308, 0.077)),
    (30, 0.001): ((0.691, 0.017), (0.694, 0.036), (0.683, 0.035), (0.695, 0.067)),
    (30, 0.0001): ((0.689, 0.017), (0.687, 0.015), (0.687, 0.012), (0.682, 0.011)),
    (100, 0.01): ((0.766, 0.027), (0.463, 0.113), (0.278, 0.109), (0.277, 0.066)),
    (100, 0.001): ((0.782, 0.017), (0.770, 0.038), (0.786, 0.023), (0.800, 0.022)),
    (100, 0.0001): ((0.780, 0.019), (0.780, 0.016), (0.788, 0.021), (0.785, 0.016)),
}

# SqueezeNet with ImageNet's weights, pictures of 32×32 enlarged to 96×96; 400 pictures put aside.
PETS: Measured = {
    (100, 1e-3): (
        *((0.712, 0.016), (0.726, 0.011), (0.726, 0.026), None, (0.640, 0.081), None, (0.569, 0.064), None, None),
        (0.550, 0.059),
    ),
    (100, 1e-4): (
        *((0.715, 0.024), (0.709, 0.008), (0.707, 0.013), None, (0.713, 0.030), None, (0.712, 0.022), None, None),
        (0.708, 0.018),
    ),
}

_NETWORKS = {"digits 5 to 9": DIGITS, "cats and dogs": PETS}
_GUESSING = {"digits 5 to 9": 0.2, "cats and dogs": 0.5}
OWN = "my model"

_WIDTH, _HEIGHT = 10.0, 5.5  # all in inches, y downwards
_TOP, _TABLE = 0.98, 3.35  # of the blocks
_NAMES, _PARAMS, _BARS, _BAR_END = 0.25, 2.35, 2.55, 5.55
_LEFT, _RIGHT, _CHART_TOP, _CHART_BOTTOM = 6.65, 9.75, 0.98, 4.0
_CARD = 4.58
_PAPER, _EDGE, _RULE = "#F6F7F9", "#D5D9DF", "#DDE1E6"
_FROZEN = "#E9ECF0"
_COLOURS = (plot.SKY, plot.ORANGE, plot.GREEN)  # forwards, weights, handed down


class FreezeSlider(Explorer):
    """A pretrained network with a new head: how many blocks below the head train, what that costs and what it brings.

    Costs are counted for the network shown: one training step for one picture, in multiply-adds. Accuracies were
    measured beforehand, three seeds each; where nothing was measured nothing is shown.

    Parameters
    ----------
    model
        A compiled or uncompiled classifier of your own, such as `cnnlab.transfer.classifier` returns. Its head is what
        has names beginning with ``head_``, otherwise the last layer with weights. By default the two networks of the
        lesson: three blocks that learned the digits 0 to 4, and SqueezeNet for pictures of 96×96
    accuracies
        for `model`: (labels, learning rate) → a pair (mean, deviation) or None for 0, 1, 2 … trained blocks
    train : blocks below the head that train at first, >= 0
    predict : ask how many parameters train before showing it

    Raises
    ------
    TypeError, ValueError
        If `model` is no model with a head and a block below it, or `accuracies` does not fit it.

    Examples
    --------
    >>> slider = FreezeSlider(train=1)
    >>> slider.answer()  # 3·3·32·64 of block3 and 64·5 + 5 of the head
    18757
    """

    network = choice(lambda it: list(it._measured), label="task")
    train = whole(0, lambda it: len(it._blocks()) - 1, label="blocks that train", width=330)
    labels = choice(lambda it: it._settings(0), show="slider")
    rate = choice(lambda it: it._settings(1)[::-1], lambda it: it._settings(1)[0], show="slider", label="learning rate")
    listed = {"network": None, "train": (0, 1, 2, 3, 4, 6, 9), "rate": None}

    def __init__(
        self,
        model: keras.Model | None = None,
        accuracies: Measured | None = None,
        *,
        train: int = 0,
        predict: bool = False,
    ) -> None:
        if model is None and accuracies is not None:
            raise ValueError("`accuracies` must come with the `model` they were measured on. Received: no model")
        self._own = None if model is None else _read(model)
        self._measured = _NETWORKS if model is None else {OWN: _checked(accuracies, self._own)}
        super().__init__(predict=predict, train=train)

    def cost(self) -> Cost:
        """Multiply-adds of one step for one picture as set."""
        return step_cost(self._blocks(), self.train)

    def accuracy(self) -> Accuracy | None:
        """What was measured as set: mean and deviation over the seeds, or None."""
        return self._accuracies()[self.train]

    def _blocks(self) -> tuple[Block, ...]:
        return _network(self.network) if self._own is None else self._own

    def _free(self) -> tuple[Block, ...]:
        """The blocks that train, the head among them."""
        return self._blocks()[-1 - self.train :]

    def _settings(self, part: int) -> list[str]:
        """The numbers of labels (0) or the learning rates (1) it was measured with, from the smallest up."""
        values = sorted({run[part] for run in self._measured[self.network]})
        return [f"{value:g}" if part else f"{value}" for value in values] or ["—"]

    def _accuracies(self) -> Sequence[Accuracy | None]:
        """What was measured as set, by the number of blocks that train."""
        for (labels, rate), found in self._measured[self.network].items():
            if (f"{labels}", f"{rate:g}") == (self.labels, self.rate):
                return found
        return (None,) * len(self._blocks())

    def _share(self) -> str:
        """What a step costs, as a part of one in which everything trains."""
        return f"{self.cost().total / step_cost(self._blocks(), len(self._blocks()) - 1).total:.0%}"

    # --- the quiz -----------------------------------------------------------------------------------------------

    def question(self) -> str:
        return f"{self._which()} How many parameters train?"

    def answer(self) -> int:
        return sum(block.params for block in self._free())

    # --- in words -----------------------------------------------------------------------------------------------

    def describe(self) -> str:
        blocks, cost = self._blocks(), self.cost()
        total = sum(block.params + block.norms for block in blocks)
        lines = [self._which()]
        if not self.revealed:
            return "\n".join([*lines, "The parameters of what trains, and their sum, appear with your guess."])
        norms = sum(block.norms for block in blocks)
        lines.append(f"Parameters that train: {self._sum_of_params()} of {total:,}.")
        if norms:
            lines.append(f"BatchNormalization stays frozen everywhere: {norms:,} numbers, its statistics included.")
        lines += [
            f"One step for one picture: {short(cost.forward)} multiply-adds forwards, {short(cost.weights)} for "
            f"gradients of weights, {short(cost.handed)} handed down: {short(cost.total)}.",
            f"That is {cost.total / cost.forward:.2f} times the forward pass, and {self._share()} of a "
            "step in which everything trains.",
            self._accuracy_in_words(),
        ]
        return "\n".join(lines)

    def _which(self) -> str:
        free = [block.name for block in self._free()]
        frozen = [block.name for block in self._blocks()[: -len(free)]]
        first = f"{self.network}: {_listed(free)} {'train' if len(free) > 1 else 'trains'}"
        return f"{first}; {_listed(frozen)} {'are' if len(frozen) > 1 else 'is'} frozen." if frozen else f"{first}."

    def _sum_of_params(self) -> str:
        free = [block.params for block in self._free()]
        if len(free) == 1 or len(free) > 5:
            return f"{self.answer():,}"
        return " + ".join(f"{count:,}" for count in free) + f" = {self.answer():,}"

    def _accuracy_in_words(self) -> str:
        found = self._accuracies()
        if self.accuracy() is None:
            return "Accuracy: not measured."
        mean, spread = self.accuracy()
        best = max((index for index, one in enumerate(found) if one is not None), key=lambda index: found[index][0])
        return (
            f"Accuracy with {self.labels} labels at learning rate {self.rate}, three seeds: {mean:.0%} ± {spread:.0%}. "
            f"Best with {counted(best, 'block')}: {found[best][0]:.0%} ± {found[best][1]:.0%}."
        )

    # --- the picture --------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        picture = plot.Picture(_WIDTH, _HEIGHT, alt=self.describe())
        sheet = Sheet(picture)
        sheet.write(_NAMES, 0.27, f"{self.network}: which blocks train", 12, bold=True)
        self._draw_blocks(sheet)
        self._draw_accuracies(sheet)
        self._draw_card(sheet)
        return picture

    def _draw_blocks(self, sheet: Sheet) -> None:
        blocks = self._blocks()
        pitch = min(_TABLE / len(blocks), 0.5)
        parts = spans(blocks, self.train)
        longest = max(3 * sum(block.macs) for block in blocks) or 1
        scale = (_BAR_END - _BARS) / longest
        size = min(10.0, 0.62 * 72 * pitch)
        sheet.write(_NAMES, 0.78, "head to input", 9, plot.GREY)
        sheet.write(_PARAMS - 0.72, 0.78, "parameters", 9, plot.GREY)
        sheet.write(_BARS + 0.12, 0.78, "multiply-adds of one step", 9, plot.GREY)
        bars: tuple[list, list, list] = ([], [], [])
        for place, block in enumerate(blocks):
            y = _TOP + (len(blocks) - 1 - place + 0.5) * pitch
            free = place >= len(blocks) - 1 - self.train
            colours = ("#FFF6E3", plot.ORANGE) if free else (_FROZEN, _EDGE)
            left, width = _NAMES - 0.08, _BAR_END - _NAMES + 0.2
            sheet.box(left, y - 0.45 * pitch, width, 0.9 * pitch, colours[1], fill=colours[0])
            sheet.write(_NAMES, y, cut(block.name, 15), size, bold=free)
            if free:
                text = f"{block.params:,}" if self.revealed else "?"
                sheet.write(_PARAMS - 0.09 * len(text) * size / 10, y, text, size)
            else:
                sheet.write(_PARAMS - 0.55 * size / 10, y, "frozen", size, plot.GREY)
            x = _BARS
            for number, macs in enumerate(parts[place]):
                if macs:
                    bars[number].append(rectangle(x, y - 0.3 * pitch, max(macs * scale, 0.012), 0.6 * pitch))
                    x += max(macs * scale, 0.012)
        for spans_of, colour in zip(bars, _COLOURS, strict=True):
            if spans_of:
                sheet.shapes(spans_of, colour)

    def _draw_accuracies(self, sheet: Sheet) -> None:
        found, count = self._accuracies(), len(self._blocks()) - 1
        sheet.write(_LEFT - 0.42, 0.78, f"accuracy, {self.labels} labels, rate {self.rate}", 9, plot.GREY)
        for tenth in range(0, 11, 2):
            y = _height(tenth / 10)
            sheet.lines([((_LEFT, y), (_RIGHT, y))], _RULE, 0.8)
            sheet.write(_LEFT - 0.42, y, f"{tenth * 10} %", 8, plot.GREY)
        if self.network in _GUESSING:
            y = _height(_GUESSING[self.network])
            dashes = [((x, y), (x + 0.06, y)) for x in np.arange(_LEFT, _RIGHT, 0.12)]
            sheet.lines(dashes, plot.GREY, 1)
            sheet.write(_RIGHT - 0.6, y + 0.11, "guessing", 8, plot.GREY)
        step = (_RIGHT - _LEFT - 0.4) / max(count, 1)
        places = [_LEFT + 0.2 + step * index for index in range(count + 1)]
        sheet.stamp_all({str(index): [(x, _CHART_BOTTOM + 0.15)] for index, x in enumerate(places)}, 9, plot.GREY)
        sheet.write(_LEFT + 0.35, _CHART_BOTTOM + 0.37, "blocks that train, beside the head", 9, plot.GREY)
        for index, (x, one) in enumerate(zip(places, found, strict=True)):
            if one is None:
                continue
            mean, spread = one
            chosen = index == self.train
            colour, wide = (plot.RED, 0.07) if chosen else (plot.BLUE, 0.045)
            low, high = _height(max(mean - spread, 0)), _height(min(mean + spread, 1))
            ends = [((x - 0.05, end), (x + 0.05, end)) for end in (low, high)]
            sheet.lines([((x, low), (x, high)), *ends], colour, 1.6)
            y = _height(mean)
            sheet.shapes([[(x - wide, y), (x, y - wide), (x + wide, y), (x, y + wide)]], colour)
            if chosen:
                place = min(max(x, _LEFT + 0.3), _RIGHT - 0.3), high - 0.14
                sheet.stamp(f"{mean:.0%} ± {spread:.0%}", [place], 10, plot.RED)
        if all(one is None for one in found):
            sheet.write(_LEFT + 0.9, _height(0.5) - 0.2, "not measured", 10, plot.GREY)

    def _draw_card(self, sheet: Sheet) -> None:
        cost = self.cost()
        sheet.box(0.17, _CARD, _WIDTH - 0.34, _HEIGHT - _CARD - 0.08, _EDGE, fill=_PAPER)
        params = self._sum_of_params() if self.revealed else "?"
        params += f" parameters train{'' if self.revealed else ': your guess first'}"
        sheet.write(0.32, _CARD + 0.2, params, 10.5, bold=True)
        words = ("forwards", "gradients of weights", "handed down")
        x = 0.32
        for word, macs, colour in zip(words, (cost.forward, cost.weights, cost.handed), _COLOURS, strict=True):
            sheet.box(x, _CARD + 0.385, 0.13, 0.13, colour, fill=colour)
            sheet.write(x + 0.2, _CARD + 0.45, f"{word} {short(macs)}", 9.5)
            x += 0.5 + 0.073 * len(f"{word} {short(macs)}")
        share = f"together {short(cost.total)} multiply-adds a step, {self._share()} of training everything"
        sheet.write(0.32, _CARD + 0.665, share, 9.5)


def _height(accuracy: float) -> float:
    return _CHART_BOTTOM - accuracy * (_CHART_BOTTOM - _CHART_TOP)


def _listed(names: Sequence[str]) -> str:
    if len(names) > 4:
        return f"{names[0]} to {names[-1]}"
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]


@lru_cache(maxsize=4)
def _network(title: str) -> tuple[Block, ...]:
    """The blocks of one of the lesson's networks: built to be counted and thrown away."""
    if title == "cats and dogs":
        return blocks_of(transfer.classifier(transfer.backbone("squeezenet", (96, 96, 3), weights=None), classes=2))
    return blocks_of(transfer.classifier(transfer.digits_backbone(weights=None), classes=5))


def _read(model: object) -> tuple[Block, ...]:
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. Received: {type(model).__name__}")
    return blocks_of(model)


def _checked(accuracies: object, blocks: Sequence[Block]) -> Measured:
    """What was measured on a learner's own model."""
    if accuracies is None:
        return {}
    rule = f"`accuracies` must map (labels, learning rate) to {len(blocks)} pairs (mean, deviation) or None"
    if not isinstance(accuracies, Mapping):
        raise TypeError(f"{rule}. Received: {type(accuracies).__name__}")
    for key, found in accuracies.items():
        if not isinstance(key, tuple) or len(key) != 2 or len(found) != len(blocks):
            raise ValueError(f"{rule}. Received: {key!r}: {found!r}")
        for one in found:
            if one is not None and not (len(one) == 2 and 0 <= one[0] <= 1 and one[1] >= 0):
                raise ValueError(f"{rule}, from 0 to 1. Received: {one!r}")
    return accuracies
