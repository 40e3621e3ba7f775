"""The numbers beside a vertical axis that is drawn on a sheet, without matplotlib's own axes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ValueAxis:
    """A vertical axis: the numbers written beside it, and where a value lies on the sheet, in inches."""

    low: float
    high: float
    top: float
    bottom: float
    log: bool
    ticks: tuple[float, ...]

    @classmethod
    def over(cls, values: np.ndarray, top: float, bottom: float, *, log: bool = False) -> ValueAxis:
        """An axis on which the finite ones of `values` fit; on a logarithmic one the positive ones."""
        values = values[np.isfinite(values) & ((values > 0) | (not log))]
        low, high = (float(values.min()), float(values.max())) if values.size else (0.1, 1.0)
        if log:
            low, high = low / 1.15, high * 1.15
            decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
            ticks = [m * 10.0**d for d in decades for m in (1, 2, 5)]
        else:
            room = 0.06 * (high - low) or 0.1
            low, high = low - room, high + room
            step = 10.0 ** math.floor(math.log10((high - low) / 2))
            step = next(m * step for m in (0.5, 1, 2, 5) if (high - low) / (m * step) <= 6)
            ticks = [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
        return cls(low, high, top, bottom, log, tuple(t for t in ticks if low <= t <= high))

    def labels(self) -> list[str]:
        """The ticks as text, all with as many decimals as the finest of them needs; on a logarithmic axis its own.

        >>> ValueAxis.over(np.array([0.0, 1.0]), 0, 1).labels()
        ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']
        """
        if self.log or len(self.ticks) < 2:
            return [f"{tick:g}" for tick in self.ticks]
        step = self.ticks[1] - self.ticks[0]
        decimals = next(d for d in range(9) if abs(round(step, d) - step) < 1e-9 or d == 8)
        return [f"{tick:.{decimals}f}" for tick in self.ticks]

    def y(self, value: float) -> float:
        """Where `value` lies; what is no number, or off the axis, lies on its nearest end."""
        if not math.isfinite(value):
            return self.top
        value = min(max(value, self.low), self.high)
        low, high = self.low, self.high
        if self.log:
            low, high, value = math.log(low), math.log(high), math.log(value)
        return self.bottom - (self.bottom - self.top) * (value - low) / (high - low)
