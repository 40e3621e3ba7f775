"""Where the windows of a convolution lie along one axis, and what a Keras layer says about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from cnnlab.arithmetic.shapes import dilated_size
from cnnlab.explore.base.wording import minus, span

FORMULA = "⌊( n + before + after − d·(f − 1) − 1) / s⌋ + 1"


@dataclass(frozen=True)
class Windows:
    """The windows along one axis. `before` and `after` are padding; positions count from the first padded pixel."""

    name: str  # "row" or "column"
    n: int
    before: int
    after: int
    kernel_size: int
    strides: int
    dilation_rate: int

    @cached_property
    def reach(self) -> int:
        return dilated_size(self.kernel_size, self.dilation_rate)

    @property
    def padded(self) -> int:
        return self.before + self.n + self.after

    @property
    def room(self) -> int:
        """How far the first window can move; negative if it does not fit."""
        return self.padded - self.reach

    @cached_property
    def outputs(self) -> int:
        return self.room // self.strides + 1

    @cached_property
    def starts(self) -> range:
        return range(0, max(self.outputs, 0) * self.strides, self.strides)

    @cached_property
    def end(self) -> int:
        """One past the last pixel that the last window reaches."""
        return self.starts[-1] + self.reach if self.starts else 0

    def usage(self) -> np.ndarray:
        """(n,) how many windows use each pixel of the input."""
        counts = np.zeros(self.padded, int)
        for start in self.starts:
            counts[start : start + self.reach : self.dilation_rate] += 1
        return counts[self.before : self.before + self.n]

    def substituted(self) -> str:
        """The formula with the numbers put in, each below its symbol in `FORMULA`."""
        return (
            f"⌊({self.n:>2} + {self.before:^6} + {self.after:^5} − {self.dilation_rate}·({self.kernel_size} − 1)"
            f" − 1) / {self.strides}⌋ + 1"
        )

    def worked(self) -> str:
        """The rest of the arithmetic, from the substituted formula to the result."""
        quotient = self.outputs - 1
        return minus(f"⌊{self.room:>2} / {self.strides}⌋ + 1 = {quotient:>2} + 1 = {self.outputs:>2}")

    def dropped(self) -> str:
        """The pixels behind the last window, in words; empty if there are none."""
        start = max(self.end, self.before) - self.before
        parts = []
        if self.starts and start < self.n:
            parts.append(span(self.name, start, self.n - 1))
        padding = self.padded - max(self.end, self.before + self.n)
        if self.starts and padding > 0:
            parts.append(f"{padding} padding {self.name}{'s' if padding > 1 else ''}")
        return " and ".join(parts)


@lru_cache(maxsize=4096)
def keras_answer(
    height: int,
    width: int,
    kernel_size: int,
    strides: int,
    padding: str,
    pads: tuple[tuple[int, int], tuple[int, int]] | None,
    dilation_rate: int,
) -> tuple[str, tuple[int, ...] | None, str]:
    """Ask a real Keras layer for its output shape; it needs no weights for that.

    Returns
    -------
    (call, shape, note)
        The call as a learner would type it; the shape (N, H, W, C), or ``None`` where Keras refuses because the kernel
        does not fit; a sentence where the layer asked is not the one set, or an empty string. Keras has no stride and
        dilation above 1 together: there a kernel of the dilated size is asked, its holes being weights of zero.
    """
    import keras  # several seconds the first time; only a picture that shows Keras' answer needs it

    options: dict[str, object] = {"strides": strides} if strides > 1 else {}
    if padding == "same":
        options["padding"] = "same"
    note = ""
    if strides > 1 and dilation_rate > 1:
        kernel_size = dilated_size(kernel_size, dilation_rate)
        note = (
            "*Keras has no layer with strides and dilation_rate both above 1, so a kernel with its holes filled by "
            f"zeros, {kernel_size} × {kernel_size}, is asked instead. "
        )
    elif dilation_rate > 1:
        options["dilation_rate"] = dilation_rate
    call = f"Conv2D(1, {kernel_size}{''.join(f', {name}={value!r}' for name, value in options.items())})"
    shape: tuple[int, ...] = (1, height, width, 1)
    if pads is not None:
        call = f"ZeroPadding2D({pads}) + {call}"
        shape = keras.layers.ZeroPadding2D(pads).compute_output_shape(shape)
    try:
        shape = tuple(keras.layers.Conv2D(1, kernel_size, **options).compute_output_shape(shape))
    except ValueError:  # "Computed output size would be negative"
        return call, None, note
    return call, shape if min(shape) >= 1 else None, note
