"""Walks down a loss of one weight, by gradient descent or by AdaGrad, and the losses they walk on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cnnlab.common.validate import check_choice, check_int, check_number

OPTIMIZERS = ("gradient descent", "AdaGrad")
_EPSILON = 1e-7  # AdaGrad divides by √h + ε: a slope of 0 at the first step must not be 0 / 0
_FAR = 1e6  # a ball farther out than this has left, and its numbers would soon overflow


@dataclass(frozen=True)
class Curve:
    """A loss with one weight: its value, its slope, and how both are written; drawn from `low` to `high`."""

    name: str
    formula: str
    loss: Callable[[float], float]
    slope: Callable[[float], float]
    low: float = -1.0
    high: float = 7.0

    @property
    def width(self) -> float:
        """Of the range that is drawn."""
        return self.high - self.low

    def part(self, share: float) -> float:
        """The place `share` of the way from `low` to `high`."""
        return self.low + share * self.width

    def drawn(self) -> tuple[np.ndarray, np.ndarray]:
        """Points of the curve: w (401,) and the loss there (401,)."""
        w = np.linspace(self.low, self.high, 401)
        return w, np.array([self.loss(x) for x in w.tolist()], dtype=float)


CURVES = (
    Curve("one valley", "E = (w − 3)², slope 2·(w − 3)", lambda w: (w - 3) ** 2, lambda w: 2 * (w - 3)),
    Curve("4 times as steep", "E = 4·(w − 3)², slope 8·(w − 3)", lambda w: 4 * (w - 3) ** 2, lambda w: 8 * (w - 3)),
    Curve(
        "two valleys",
        "E = 0.1·(u² − 4)² − 0.25·u + 0.7 with u = w − 3, slope 0.4·u·(u² − 4) − 0.25",
        lambda w: 0.1 * ((w - 3) ** 2 - 4) ** 2 - 0.25 * (w - 3) + 0.7,
        lambda w: 0.4 * (w - 3) * ((w - 3) ** 2 - 4) - 0.25,
    ),
)


@dataclass(frozen=True)
class DescentStep:
    """One step: the slope where the ball was, AdaGrad's sum of squares `h` after adding it, where the ball went."""

    before: float
    slope: float
    h: float
    after: float


def descend(
    slope: Callable[[float], float], start: float, learning_rate: float, steps: int, optimizer: str = OPTIMIZERS[0]
) -> list[DescentStep]:
    """Walk down a curve, one step after the other; stop early where the ball leaves ±1,000,000 or finds no slope.

    Parameters
    ----------
    slope : w to ∂E/∂w
    start : the first w
    learning_rate : η, a finite number > 0
    steps : how many steps, >= 1
    optimizer : ``"gradient descent"``, w ← w − η ∂E/∂w, or ``"AdaGrad"``, h ← h + (∂E/∂w)²; w ← w − η ∂E/∂w / √h
        with h = 0 at first

    Returns
    -------
    list of DescentStep
        At most `steps` of them.

    Raises
    ------
    TypeError, ValueError
        If `learning_rate`, `steps` or `optimizer` breaks its rule, or if the slope at `start` is not finite.

    References
    ----------
    Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization", JMLR 2011.

    Examples
    --------
    >>> [round(step.after, 2) for step in descend(lambda w: 2 * (w - 3), 0.0, 0.1, 3)]
    [0.6, 1.08, 1.46]
    >>> [round(step.after, 2) for step in descend(lambda w: 2 * (w - 3), 0.0, 0.5, 3, "AdaGrad")]
    [0.5, 0.82, 1.06]
    """
    check_choice(optimizer, "optimizer", OPTIMIZERS)
    check_int(steps, "steps", minimum=1)
    check_number(learning_rate, "learning_rate", above=0)
    path, w, h = [], float(start), 0.0
    for _ in range(steps):
        gradient = float(slope(w))
        if not math.isfinite(gradient):
            if not path:
                raise ValueError(f"`slope` must be finite at `start`. Received: slope({w:g}) = {gradient}")
            break
        h += gradient**2
        divisor = math.sqrt(h) + _EPSILON if optimizer == "AdaGrad" else 1.0
        path.append(DescentStep(w, gradient, h, w - learning_rate * gradient / divisor))
        w = path[-1].after
        if not abs(w) <= _FAR:
            break
    return path


def own_curves(
    loss: Callable[[float], float] | None, gradient: Callable[[float], float] | None, low: float, high: float
) -> tuple[Curve, ...]:
    """The learner's loss as a curve, after trying it on the whole range; nothing if there is none."""
    if loss is None:
        if gradient is not None:
            raise ValueError("`gradient` needs a `loss` to go with it. Received: `loss` None")
        return ()
    for name, function in (("loss", loss), ("gradient", gradient)):
        if not (callable(function) or (name == "gradient" and function is None)):
            raise TypeError(f"`{name}` must be a function of one number. Received: {function!r}")
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"`low` must be less than `high`, both finite. Received: {low!r} and {high!r}")
    for name, function in (("loss", loss), ("gradient", gradient or loss)):
        for w in np.linspace(low, high, 401).tolist():
            value = np.asarray(function(w))
            if value.size != 1 or value.dtype.kind not in "biuf" or not np.isfinite(value).all():
                raise ValueError(f"`{name}` must give one finite number. Received: {name}({w:g}) = {value}")
    height, small = _anywhere(loss), 1e-6 * (high - low)
    curve = Curve(
        "your own",
        "your loss, your slope" if gradient else "your loss; slope measured as a central difference",
        height,
        _anywhere(gradient) if gradient else (lambda w: (height(w + small) - height(w - small)) / (2 * small)),
        float(low),
        float(high),
    )
    return (curve,)


def _anywhere(function: Callable[[float], float]) -> Callable[[float], float]:
    """`function`, infinite where it overflows or is not defined: a ball may leave the range it was tried on."""

    def value(w: float) -> float:
        try:
            with np.errstate(all="ignore"):
                return float(np.asarray(function(w)).reshape(()))
        except (ArithmeticError, TypeError, ValueError):
            return math.inf

    return value
