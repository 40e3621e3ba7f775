"""The explorer of lesson 00: a ball on a loss curve, moved by gradient descent or by AdaGrad."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes

from cnnlab import plot
from cnnlab.explore.base.controls import choice, real, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import counted, minus
from cnnlab.explore.training.descent import CURVES, OPTIMIZERS, Curve, DescentStep, descend, own_curves

LEARNING_RATES = (0.001, 0.01, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.95, 1.0, 1.05, 1.1, 1.3, 1.6, 2.0, 3.0)


class LearningRateExplorer(Explorer):
    """A ball on a loss curve: each step goes downhill by the learning rate times the slope, or by AdaGrad's rule.

    Parameters
    ----------
    loss : your own loss of one weight, a float to a float; it becomes one more curve to choose, and the first shown
    gradient : its slope; measured from `loss` (central difference) when left out
    low, high : the range of w that is drawn for your own loss, `low` < `high`
    predict : hide the last step until the learner has typed where it leads

    Raises
    ------
    TypeError
        If `loss` or `gradient` is not a function.
    ValueError
        If it does not give one finite number everywhere from `low` to `high`, or if `gradient` comes without `loss`.

    Examples
    --------
    >>> explorer = LearningRateExplorer()
    >>> print(explorer.set(learning_rate=0.1, steps=1).describe().splitlines()[2])
    step 1: slope −6, w = 0 − 0.1 · (−6) = 0.6, loss 5.76
    """

    learning_rate = choice(LEARNING_RATES, 0.1, show="slider", label="learning rate η")
    steps = whole(1, 20, 10)
    optimizer = choice(OPTIMIZERS, show="buttons")
    curve = choice(lambda it: list(it._curves))
    start = real(
        lambda it: it._drawn_curve().low, lambda it: it._drawn_curve().high, lambda it: it._drawn_curve().part(1 / 8),
        step=lambda it: it._drawn_curve().width / 16, label="start at w =",
    )  # fmt: skip
    listed = {
        "curve": ("one valley", "4 times as steep"),
        "optimizer": None,
        "learning_rate": (0.1, 0.2, 0.5, 1.0),
        "steps": (2, 10),
    }

    def __init__(
        self,
        loss: Callable[[float], float] | None = None,
        gradient: Callable[[float], float] | None = None,
        *,
        low: float = -1.0,
        high: float = 7.0,
        predict: bool = False,
    ) -> None:
        self._curves = {curve.name: curve for curve in (*own_curves(loss, gradient, low, high), *CURVES)}
        self._points = {name: curve.drawn() for name, curve in self._curves.items()}
        super().__init__(predict=predict)

    def adjust(self, changed: str | None) -> None:
        """On a curve of another range the ball starts anew."""
        curve = self._drawn_curve()
        if changed == "curve" and (curve.low, curve.high) != self._range:
            self.controls["start"].value = curve.part(1 / 8)
        self._range = curve.low, curve.high

    def _drawn_curve(self) -> Curve:
        return self._curves[self.curve]

    def path(self) -> list[DescentStep]:
        """The steps taken with the present settings."""
        return descend(self._drawn_curve().slope, self.start, self.learning_rate, self.steps, self.optimizer)

    def question(self) -> str:
        path = self.path()
        last, number = path[-1], len(path)
        history = f" h was {_said(path[-2].h)} before it." if number > 1 else " h starts at 0."
        return (
            f"Step {number} starts at w = {_said(last.before)}, where the slope is {_said(last.slope)}."
            f"{history if self.optimizer == 'AdaGrad' else ''} Learning rate {_said(self.learning_rate)}, "
            f"{self.optimizer}: where is w after it, to two decimals?"
        )

    def answer(self) -> float:
        return round(self.path()[-1].after, 2)

    def describe(self) -> str:
        curve, path = self._drawn_curve(), self.path()
        rule = "w ← w − η · slope"
        if self.optimizer == "AdaGrad":
            rule = "h ← h + slope², w ← w − η · slope / √h"
        lines = [f"{curve.name}: {curve.formula}", f"{self.optimizer}, η = {_said(self.learning_rate)}: {rule}"]
        numbered = [f"step {number}: {self._arithmetic(number, path)}" for number in range(1, len(path) + 1)]
        if len(numbered) > 8:
            numbered = [*numbered[:4], "…", *numbered[-3:]]
        return "\n".join([*lines, *numbered, *([self._outcome(path)] if self.revealed else [])])

    def _arithmetic(self, number: int, path: Sequence[DescentStep]) -> str:
        step = path[number - 1]
        if number == len(path) and not self.revealed:
            return f"slope {_said(step.slope)} at w = {_said(step.before)}; where does the ball go?"
        rate, slope = _said(self.learning_rate), _said(step.slope)
        move = f"w = {_said(step.before)} − {rate} · {f'({slope})' if step.slope < 0 else slope}"
        if self.optimizer == "AdaGrad":
            earlier = path[number - 2].h if number > 1 else 0.0
            slope += f", h = {_said(earlier)} + {_said(step.slope**2)} = {_said(step.h)}"
            move += f" / √{_said(step.h)}"
        return f"slope {slope}, {move} = {_said(step.after)}, loss {_said(self._loss(step.after))}"

    def _loss(self, w: float) -> float:
        return float(self._drawn_curve().loss(w))

    def _outcome(self, path: Sequence[DescentStep]) -> str:
        """One sentence on how the walk ended, judged by how much of the height above the lowest point is left."""
        curve, (w, heights) = self._drawn_curve(), self._points[self.curve]
        losses = [self._loss(path[0].before), *(self._loss(step.after) for step in path)]
        # The lowest point of the curve, unless the ball has been lower still: between two points that are drawn.
        lowest = min([float(np.min(heights)), *(loss for loss in losses if math.isfinite(loss))])
        height, left, end = losses[0] - lowest, losses[-1] - lowest, path[-1].after
        risen = sum(after > before for before, after in pairwise(losses))
        steps = counted(len(path), "step")
        if path[0].slope == 0:
            return "No slope, no step: the ball starts on level ground and stays."
        if left > 1.001 * height:
            known = height > 0 and math.isfinite(left)
            now = f"{_said(round(left / height, 2))} times as high as it started" if known else "out of sight"
            climbing = len(losses) > 2 and losses[-1] > losses[-2] > losses[-3] and losses[-1] >= max(losses)
            if not known or (climbing and self.optimizer == OPTIMIZERS[0]):  # AdaGrad's steps shrink: it comes back
                return f"Diverging: the learning rate is too large. The ball is now {now}."
            return f"Too far: {risen} of {steps} went up. The ball is now {now}."
        share = f"{_percent(left, height)} of the height is left after {steps}"
        floors = self._floors(path[-1].before, end)
        if floors and left >= 0.999 * height and min(losses) >= losses[0] - 0.001 * height:
            return f"Bouncing: it lands as high on the other side, w = {_said(end)}, and never gets lower."
        if floors and left > 0.001 * height:
            turned = path[-1].slope * float(curve.slope(end)) < 0  # an odd number of floors and hilltops lies between
            across = "the valley's floor" if len(floors) == 1 and turned else "the hill between two valleys"
            gains = (
                ", so it still gains" if not risen else f". {risen} of them went up" if risen > 1 else ". One went up"
            )
            return f"Overshooting: the last step jumped across {across}. {share}{gains}."
        if left <= 0.02 * height:
            return f"Arrived: {share}, at w = {_said(end)}."
        level = abs(float(curve.slope(end))) <= 0.02 * abs(path[0].slope)
        if level and abs(end - path[-1].before) <= 0.01 * (w[-1] - w[0]):
            place = w[np.argmin(heights)]
            return f"Stuck near level ground at w = {_said(end)}; the lowest point of the curve is at w = {place:.2f}."
        if risen:
            return f"Not there yet: {risen} of {steps} went up. {share}."
        return f"Creeping: every step was downhill, none far enough. {share}."

    def _floors(self, before: float, after: float) -> list[float]:
        """The floors of the curve's valleys between two places, w each."""
        w, heights = self._points[self.curve]
        inside = heights[1:-1]
        floors = w[1:-1][(inside < heights[:-2]) & (inside <= heights[2:])]
        return [floor for floor in floors.tolist() if min(before, after) < floor < max(before, after)]

    def figure(self) -> plot.Picture:
        picture = plot.Picture(8.8, 3.6, alt=self.describe())
        hill = picture.add_axes((0.045, 0.13, 0.575, 0.74))
        history = picture.add_axes((0.68, 0.13, 0.305, 0.74))
        path = self.path()
        w, height = self._points[self.curve]
        low, high = float(np.min(height)), float(np.max(height))
        shown = path if self.revealed else path[:-1]
        visited = [path[0].before, *(step.after for step in shown)]
        losses = [self._loss(x) for x in visited]
        for ax in (hill, history):
            ax.set_ylim(low - 0.09 * (high - low), high + 0.04 * (high - low))
            ax.set_axis_off()  # two plain lines take a fraction of the time of axes whose ticks might move
            ax.plot([0, 0, 1], [1, 0, 0], color="black", linewidth=1.6, transform=ax.transAxes)
        self._draw_hill(hill, w, height, visited, losses, float(self._drawn_curve().slope(visited[-1])))
        self._draw_history(history, losses, high)
        heading = self._outcome(path).partition(":")[0] if self.revealed else "Where does the last step lead?"
        heading = heading.partition(" at w")[0].partition(",")[0]
        picture.text(0.045, 0.93, heading, fontsize=13, weight="bold", color=plot.BLUE)
        picture.text(0.68, 0.93, "loss after each step", fontsize=11)
        return picture

    def _draw_hill(
        self, ax: Axes, w: np.ndarray, height: np.ndarray, visited: list[float], losses: list[float], slope: float
    ) -> None:
        bottom, top = ax.get_ylim()
        below = bottom - 0.015 * (top - bottom)
        span = w[-1] - w[0]
        ax.set_xlim(w[0] - 0.02 * span, w[-1] + 0.02 * span)
        ax.plot(w, height, color="#444444", linewidth=1.6)
        inside = [(x, y) for x, y in zip(visited, losses, strict=True) if w[0] <= x <= w[-1]]
        ax.plot(visited, losses, color=plot.SKY, linewidth=1, marker="o", markersize=5, markerfacecolor=plot.SKY)
        floor, labelled = w[int(np.argmin(height))], math.inf
        for number, (x, y) in enumerate(inside[: min(4, len(visited) - 1)]):
            if abs(x - labelled) > 0.03 * span:  # otherwise the numbers would lie on each other
                outwards = -0.02 if x < floor else 0.02
                ax.text(x + outwards * span, y, str(number), fontsize=9, color=plot.BLUE, va="center", ha="center")
                labelled = x
        x, y = visited[-1], losses[-1]
        if w[0] <= x <= w[-1] and y <= top:
            ax.plot([x], [y], marker="o", markersize=15, color=plot.ORANGE, markeredgecolor="black", zorder=5)
            reach = min(0.09 * span, 0.2 * (top - bottom) / max(abs(slope), 1e-9))
            ax.plot([x - reach, x + reach], [y - slope * reach, y + slope * reach], "--", color=plot.RED, zorder=4)
        else:
            centre, place = (w[0] + w[-1]) / 2, bottom + 0.3 * (top - bottom)
            ax.annotate(
                "off the picture", (w[-1] if x > centre else w[0], place), (centre, place), ha="center", va="center",
                arrowprops={"arrowstyle": "-|>", "color": plot.RED, "linewidth": 2}, fontsize=11,
                color=plot.ink(plot.RED),
            )  # fmt: skip
        ball = f"ball after step {len(visited) - 1}: w = {_said(x)}, slope {_said(slope)}"
        ax.text(w[-1], top, ball, fontsize=11, ha="right", va="bottom")
        ax.text(floor, bottom, f"lowest at w = {_said(round(float(floor), 2))}", fontsize=9, ha="center", va="bottom")
        for edge in (w[0], w[-1]):
            ax.text(edge, below, _said(float(edge)), fontsize=9, ha="center", va="top", color=plot.GREY)
        ax.text(0.5, -0.045, "w", fontsize=10, ha="center", va="top", transform=ax.transAxes)
        ax.text(-0.012, 0.5, "loss E", fontsize=10, ha="right", va="center", rotation=90, transform=ax.transAxes)

    def _draw_history(self, ax: Axes, losses: list[float], high: float) -> None:
        bottom, top = ax.get_ylim()
        below = bottom - 0.015 * (top - bottom)
        drawn = [loss if loss <= top else math.nan for loss in losses]
        steps = max(self.steps, 4)
        ax.set_xlim(-0.04 * steps, 1.32 * steps)
        ax.axhline(losses[0], color=plot.GREY, linewidth=0.8, linestyle=":")
        ax.plot(range(len(drawn)), drawn, color=plot.BLUE, marker="o", markersize=4, linewidth=1.2)
        ax.text(0.2, losses[0], f" start {_said(losses[0])}", fontsize=9, va="bottom", color=plot.GREY)
        number, last = len(losses) - 1, losses[-1]
        if number and not math.isnan(drawn[-1]):
            ax.text(number + 0.04 * steps, last, _said(last), fontsize=11, va="center", weight="bold")
        elif number:
            first_out = next(k for k, value in enumerate(drawn) if math.isnan(value))
            ax.annotate(
                f"{_said(last)}\nafter step {number}", (first_out, top), (first_out, 0.78 * high),
                arrowprops={"arrowstyle": "-|>", "color": plot.RED, "linewidth": 2}, fontsize=11,
                color=plot.ink(plot.RED), ha="left" if first_out < self.steps / 2 else "right", va="top",
            )  # fmt: skip
        for step in (0, self.steps):
            ax.text(step, below, str(step), fontsize=9, va="top", ha="center", color=plot.GREY)
        ax.text(0.5, -0.045, "step", fontsize=10, ha="center", va="top", transform=ax.transAxes)


def _said(value: float) -> str:
    """A number as it is written on paper: at most four decimals, a real minus sign."""
    if not math.isfinite(value):
        text = str(value)
    elif abs(value) >= 1e6:
        text = f"{value:.1e}"
    elif abs(value) >= 1000:
        text = f"{value:,.0f}"
    else:
        text = f"{round(value, 4) + 0.0:.7g}"
    return minus(text)


def _percent(part: float, whole: float) -> str:
    """
    >>> _percent(0.0004, 1.0), _percent(0.25, 1.0), _percent(0.0, 1.0)
    ('less than 1 %', '25 %', '0 %')
    """
    share = 100 * part / whole if whole else 0.0
    return "less than 1 %" if 1e-9 < share < 0.5 else f"{share:.0f} %"
