"""Lesson 10's explorer: which blocks train, what that costs, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np

from cnnlab import plot
from cnnlab.common.validate import check_int
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.drawing.sheet import Sheet
from cnnlab.explore.training.freeze_cost import Block, Cost, blocks_of, spans, step_cost
from cnnlab.explore.training.freeze_runs import DIGITS, PETS, Accuracy
from cnnlab.models.ledger.table import short

if TYPE_CHECKING:
    import keras

Measured = Mapping[tuple[int, float], Sequence[Accuracy | None]]

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

    def __init__(
        self,
        model: keras.Model | None = None,
        accuracies: Measured | None = None,
        *,
        train: int = 0,
        predict: bool = False,
    ) -> None:
        self._own = None if model is None else (_read(model), _checked(accuracies, _read(model)))
        if model is None and accuracies is not None:
            raise ValueError("`accuracies` must come with the `model` they were measured on. Received: no model")
        titles = list(_NETWORKS) if model is None else [OWN]
        self._titles = titles
        self._train = check_int(train, "train", 0, len(self._blocks(titles[0])) - 1)
        super().__init__(predict=predict)

    def make_controls(self) -> dict[str, widgets.Widget]:
        first = self._titles[0]
        labels, rates = self._labels(first), self._rates(first)
        return {
            "network": widgets.Dropdown(options=self._titles, value=first, description="task"),
            "train": widgets.IntSlider(
                self._train, min=0, max=len(self._blocks(first)) - 1, description="blocks that train",
                layout=widgets.Layout(width="330px"),
            ),
            "labels": widgets.SelectionSlider(options=labels, value=labels[0], description="labels"),
            "rate": widgets.SelectionSlider(options=rates, value=rates[-1], description="learning rate"),
        }  # fmt: skip

    def adjust(self, changed: str | None) -> None:
        """Another network has other blocks, and was measured with other numbers of labels."""
        if changed != "network":
            return
        self.controls["train"].max = len(self._blocks(self.network)) - 1
        for name, options in (("labels", self._labels(self.network)), ("rate", self._rates(self.network))):
            control = self.controls[name]
            if tuple(control.options) != tuple(options):
                kept = control.value
                control.options = options
                control.value = kept if kept in options else options[-1 if name == "rate" else 0]

    def cost(self) -> Cost:
        """Multiply-adds of one step for one picture as set."""
        return step_cost(self._blocks(self.network), self.train)

    def accuracy(self) -> Accuracy | None:
        """What was measured as set: mean and deviation over the seeds, or None."""
        return self._measured()[self.train]

    def _blocks(self, title: str) -> tuple[Block, ...]:
        return self._own[0] if title == OWN else _network(title)

    def _runs(self, title: str) -> Measured:
        return self._own[1] if title == OWN else _NETWORKS[title]

    def _labels(self, title: str) -> list[str]:
        return [f"{n}" for n in sorted({labels for labels, _ in self._runs(title)})] or ["—"]

    def _rates(self, title: str) -> list[str]:
        return [f"{rate:g}" for rate in sorted({rate for _, rate in self._runs(title)}, reverse=True)] or ["—"]

    def _measured(self) -> Sequence[Accuracy | None]:
        """Accuracies by the number of blocks that train."""
        for (labels, rate), found in self._runs(self.network).items():
            if (f"{labels}", f"{rate:g}") == (self.labels, self.rate):
                return found
        return (None,) * len(self._blocks(self.network))

    # --- the quiz -----------------------------------------------------------------------------------------------

    def question(self) -> str:
        return f"{self._which()} How many parameters train?"

    def answer(self) -> int:
        blocks = self._blocks(self.network)
        return sum(block.params for block in blocks[len(blocks) - 1 - self.train :])

    # --- in words -----------------------------------------------------------------------------------------------

    def describe(self) -> str:
        blocks, cost = self._blocks(self.network), self.cost()
        total = sum(block.params + block.norms for block in blocks)
        lines = [self._which()]
        if not self.revealed:
            return "\n".join([*lines, "The parameters of what trains, and their sum, appear with your guess."])
        norms = sum(block.norms for block in blocks)
        lines.append(f"Parameters that train: {self._sum_of_params()} of {total:,}.")
        if norms:
            lines.append(f"BatchNormalization stays frozen everywhere: {norms:,} numbers, its statistics included.")
        everything = step_cost(blocks, len(blocks) - 1).total
        lines += [
            f"One step for one picture: {short(cost.forward)} multiply-adds forwards, {short(cost.weights)} for "
            f"gradients of weights, {short(cost.handed)} handed down: {short(cost.total)}.",
            f"That is {cost.total / cost.forward:.2f} times the forward pass, and {cost.total / everything:.0%} of a "
            "step in which everything trains.",
            self._accuracy_in_words(),
        ]
        return "\n".join(lines)

    def _which(self) -> str:
        blocks = self._blocks(self.network)
        free = [block.name for block in blocks[len(blocks) - 1 - self.train :]]
        frozen = [block.name for block in blocks[: len(blocks) - 1 - self.train]]
        first = f"{self.network}: {_listed(free)} {'train' if len(free) > 1 else 'trains'}"
        return f"{first}; {_listed(frozen)} {'are' if len(frozen) > 1 else 'is'} frozen." if frozen else f"{first}."

    def _sum_of_params(self) -> str:
        blocks = self._blocks(self.network)
        free = [block.params for block in blocks[len(blocks) - 1 - self.train :]]
        if len(free) == 1 or len(free) > 5:
            return f"{self.answer():,}"
        return " + ".join(f"{count:,}" for count in free) + f" = {self.answer():,}"

    def _accuracy_in_words(self) -> str:
        found = self._measured()
        if self.accuracy() is None:
            return "Accuracy: not measured."
        mean, spread = self.accuracy()
        best = max((index for index, one in enumerate(found) if one is not None), key=lambda index: found[index][0])
        return (
            f"Accuracy with {self.labels} labels at learning rate {self.rate}, three seeds: {mean:.0%} ± {spread:.0%}. "
            f"Best with {best} {'block' if best == 1 else 'blocks'}: {found[best][0]:.0%} ± {found[best][1]:.0%}."
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
        blocks = self._blocks(self.network)
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
            sheet.box(
                _NAMES - 0.08, y - 0.45 * pitch, _BAR_END - _NAMES + 0.2, 0.9 * pitch, colours[1], fill=colours[0]
            )
            sheet.write(_NAMES, y, _cut(block.name), size, bold=free)
            if free:
                text = f"{block.params:,}" if self.revealed else "?"
                sheet.write(_PARAMS - 0.09 * len(text) * size / 10, y, text, size)
            else:
                sheet.write(_PARAMS - 0.55 * size / 10, y, "frozen", size, plot.GREY)
            x = _BARS
            for number, macs in enumerate(parts[place]):
                if macs:
                    end = x + max(macs * scale, 0.012)
                    bars[number].append(
                        [(x, y - 0.3 * pitch), (end, y - 0.3 * pitch), (end, y + 0.3 * pitch), (x, y + 0.3 * pitch)]
                    )
                    x = end
        for spans_of, colour in zip(bars, _COLOURS, strict=True):
            if spans_of:
                sheet.shapes(spans_of, colour)

    def _draw_accuracies(self, sheet: Sheet) -> None:
        found, count = self._measured(), len(self._blocks(self.network)) - 1
        sheet.write(_LEFT - 0.42, 0.78, f"accuracy, {self.labels} labels, rate {self.rate}", 9, plot.GREY)
        for tenth in range(0, 11, 2):
            y = _height(tenth / 10)
            sheet.lines([((_LEFT, y), (_RIGHT, y))], _RULE, 0.8)
            sheet.write(_LEFT - 0.42, y, f"{tenth * 10} %", 8, plot.GREY)
        if self.network in _GUESSING:
            y = _height(_GUESSING[self.network])
            sheet.lines(
                [((_LEFT + x, y), (_LEFT + x + 0.06, y)) for x in np.arange(0, _RIGHT - _LEFT, 0.12)], plot.GREY, 1
            )
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
            sheet.lines(
                [((x, low), (x, high)), ((x - 0.05, low), (x + 0.05, low)), ((x - 0.05, high), (x + 0.05, high))],
                colour,
                1.6,
            )
            y = _height(mean)
            sheet.shapes([[(x - wide, y), (x, y - wide), (x + wide, y), (x, y + wide)]], colour)
            if chosen:
                place = min(max(x, _LEFT + 0.3), _RIGHT - 0.3), high - 0.14
                sheet.stamp(f"{mean:.0%} ± {spread:.0%}", [place], 10, plot.RED)
        if all(one is None for one in found):
            sheet.write(_LEFT + 0.9, _height(0.5) - 0.2, "not measured", 10, plot.GREY)

    def _draw_card(self, sheet: Sheet) -> None:
        cost = self.cost()
        everything = step_cost(self._blocks(self.network), len(self._blocks(self.network)) - 1).total
        sheet.box(0.17, _CARD, _WIDTH - 0.34, _HEIGHT - _CARD - 0.08, _EDGE, fill=_PAPER)
        counted = (
            f"{self._sum_of_params()} parameters train" if self.revealed else "? parameters train: your guess first"
        )
        sheet.write(0.32, _CARD + 0.2, counted, 10.5, bold=True)
        words = ("forwards", "gradients of weights", "handed down")
        x = 0.32
        for word, macs, colour in zip(words, (cost.forward, cost.weights, cost.handed), _COLOURS, strict=True):
            sheet.box(x, _CARD + 0.385, 0.13, 0.13, colour, fill=colour)
            sheet.write(x + 0.2, _CARD + 0.45, f"{word} {short(macs)}", 9.5)
            x += 0.5 + 0.073 * len(f"{word} {short(macs)}")
        share = (
            f"together {short(cost.total)} multiply-adds a step, {cost.total / everything:.0%} of training everything"
        )
        sheet.write(0.32, _CARD + 0.665, share, 9.5)


def _height(accuracy: float) -> float:
    return _CHART_BOTTOM - accuracy * (_CHART_BOTTOM - _CHART_TOP)


def _cut(name: str) -> str:
    return name if len(name) <= 15 else f"{name[:14]}…"


def _listed(names: Sequence[str]) -> str:
    if len(names) > 4:
        return f"{names[0]} to {names[-1]}"
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]


@lru_cache(maxsize=4)
def _network(title: str) -> tuple[Block, ...]:
    """The blocks of one of the lesson's networks: built to be counted and thrown away."""
    from cnnlab.training import transfer

    if title == "cats and dogs":
        return blocks_of(transfer.classifier(transfer.backbone("squeezenet", (96, 96, 3), weights=None), classes=2))
    return blocks_of(transfer.classifier(transfer.digits_backbone(weights=None), classes=5))


def _read(model: object) -> tuple[Block, ...]:
    import keras

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
