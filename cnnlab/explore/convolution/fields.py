"""What one output value can see of the input: worked out from the layers' sizes, and measured.

A stack of plain layers is measured by a backward pass in NumPy; a Keras model by nudging every input pixel and watching
the outputs, which needs nothing but the model's own answers and so works on any backend.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np

from cnnlab.arithmetic.conv import conv2d_backward
from cnnlab.arithmetic.shapes import ReceptiveField, output_size, receptive_field, same_padding
from cnnlab.common.validate import check_int
from cnnlab.explore.convolution.opened_model import input_shape
from cnnlab.models.graph import Step, Walk, call_layer
from cnnlab.models.ledger.rules import Field, Seen, receptive_fields

Fields = tuple[ReceptiveField, ReceptiveField]  # along rows, along columns

AFTER = "it comes after such a layer"
MAX_NUMBERS = 50_000_000  # kept by `ModelFields`: one float32 for each pixel and output position, 200 MB


class Stage(NamedTuple):
    """A square layer of a stack: kernel size, stride, dilation."""

    kernel: int
    stride: int = 1
    dilation: int = 1


def parse_stack(text: str) -> tuple[Stage, ...]:
    """Read layers written as ``3`` (kernel), ``3/2`` (stride 2) or ``3d2`` (dilation 2), separated by spaces.

    Raises
    ------
    ValueError
        If a layer is written otherwise, a number is out of range, or there are none or more than twelve.

    Examples
    --------
    >>> parse_stack("2/2 3d2")
    (Stage(kernel=2, stride=2, dilation=1), Stage(kernel=3, stride=1, dilation=2))
    """
    words = text.replace(",", " ").split()
    if not 1 <= len(words) <= 12:
        raise ValueError(f"`stack` must hold 1 to 12 layers. Received: {len(words)} in {text!r}")
    stages = []
    for word in words:
        found = re.fullmatch(r"(\d+)(?:/(\d+))?(?:d(\d+))?", word)
        if found is None:
            raise ValueError(
                f"`stack` must be layers such as 3, 3/2 (stride 2) or 3d2 (dilation 2), separated by spaces. "
                f"Received: {word!r}"
            )
        numbers = (int(n or 1) for n in found.groups())
        names = ("kernel", "stride", "dilation")
        stages.append(
            Stage(*(check_int(n, f"stack {k} of {word!r}", 1, 31) for n, k in zip(numbers, names, strict=True)))
        )
    return tuple(stages)


class StackFields:
    """Fields of a stack of one-channel layers on a square picture, measured by a backward pass.

    Parameters
    ----------
    stages : the layers; those that no longer fit the picture are left out, and `note` says why
    size : the picture's side in pixels
    padding : ``"valid"`` or ``"same"``, for all layers
    weights : ``"equal"`` (each layer averages) or ``"random"``
    """

    measured_by = "a backward pass"

    def __init__(self, stages: Sequence[Stage], size: int, padding: str, weights: str) -> None:
        self.size = (size, size)
        self.note = ""
        self._sides = [size]
        self._layers: list[tuple[Stage, tuple[int, int]]] = []  # with (before, after)
        self._kernels: list[np.ndarray] = []
        self._latest: tuple[tuple[int, int, int], np.ndarray] | None = None
        rng = np.random.default_rng(0)
        for number, stage in enumerate(stages, start=1):
            side = self._sides[-1]
            try:
                self._sides.append(output_size(side, stage.kernel, stage.stride, padding, stage.dilation))
            except ValueError as error:
                self.note = f"The stack ends before layer {number}: {error}."
                break
            pads = same_padding(side, *stage) if padding == "same" else (0, 0)
            self._layers.append((stage, pads))
            kernel = np.ones((stage.kernel,) * 2) / stage.kernel**2
            self._kernels.append(kernel if weights == "equal" else rng.normal(size=kernel.shape) * kernel)
        self.names = list(range(len(self._sides)))  # 0 is the picture itself

    def fields(self, layer: int) -> Fields:
        """Theory: what an output of this layer can see along rows and along columns."""
        chain = [(stage.kernel, stage.stride, pads, stage.dilation) for stage, pads in self._layers[:layer]]
        return (receptive_field(chain),) * 2

    def outputs(self, layer: int) -> tuple[int, int]:
        """Height and width of this layer's output."""
        return (self._sides[layer],) * 2

    def influence(self, layer: int, row: int, column: int) -> np.ndarray:
        """Measured: how strongly each pixel acts on one output, (H, W), not negative."""
        if self._latest is not None and self._latest[0] == (layer, row, column):
            return self._latest[1]  # picture and words ask for the same one
        grad = np.zeros(self.outputs(layer))
        grad[row, column] = 1.0
        for index in range(layer - 1, -1, -1):
            stage, pads = self._layers[index]
            picture = np.zeros((self._sides[index],) * 2)  # only its shape matters: these layers are linear
            grad, _, _ = conv2d_backward(
                picture, self._kernels[index], grad, stage.stride, (pads, pads), stage.dilation
            )
        self._latest = (layer, row, column), np.abs(grad)
        return self._latest[1]


class ModelFields:
    """Fields of the convolutions and poolings of a Keras model, measured by nudging every pixel.

    Parameters
    ----------
    model : Sequential or functional, channels last, one image as input; unknown sides are taken as 32
    draws : random pictures to average over: a ReLU or a maximum that ignores a pixel in one may heed it in the next

    Raises
    ------
    TypeError, ValueError
        If the model's graph is not known, it has no layer with a receptive field, or it is too large to nudge.
    """

    measured_by = "nudging every pixel"

    def __init__(self, model: keras.Model, draws: int = 3) -> None:
        shape = input_shape(model)
        if len(shape) != 3:
            raise ValueError(f"`model` must take an image (H, W, C). Received: input shape {shape}")
        shape = tuple(n or 32 for n in shape)
        self.size = shape[:2]
        self._answers: dict[str, object] = {}  # of the latest run, by layer
        self._walk = Walk(model, shape, call=self._call)
        self._fields, closed = _theory(self._walk.steps)
        if not self._fields:
            reasons = "; ".join(f"{name}: {why}" for name, why in closed.items())
            raise ValueError(
                f"`model` must hold a convolution or pooling on the way from its input. Received: {reasons}"
            )
        self.names = list(self._fields)
        self.note = ""
        if closed:
            first, *later = (name if why == AFTER else f"{name} ({why})" for name, why in closed.items())
            self.note = f"No field for {first}" + (f", nor for {', '.join(later)}" if later else "") + "."
        self._measured = self._nudge(shape, draws)

    def fields(self, layer: str) -> Fields:
        """Theory: what an output of this layer can see along rows and along columns."""
        return self._fields[layer]

    def outputs(self, layer: str) -> tuple[int, int]:
        """Height and width of this layer's output."""
        return self._measured[layer].shape[1:]

    def influence(self, layer: str, row: int, column: int) -> np.ndarray:
        """Measured: how far one output moves when each pixel is nudged, (H, W); rounding noise is taken off."""
        moved = self._measured[layer][:, row, column].reshape(self.size)
        return np.where(moved > 1e-4 * moved.max(), moved, 0.0)

    def _call(self, step: Step, args: tuple, kwargs: dict) -> object:
        """Do what the model does, and keep what comes out of the layers with a field; of one used twice, the first."""
        output = call_layer(step, args, kwargs)
        if step.name in self._fields:
            self._answers.setdefault(step.name, output)
        return output

    def _run(self, images: np.ndarray) -> list[np.ndarray]:
        """What the layers with a field answer, each (N, OH, OW, C)."""
        self._answers.clear()
        self._walk.copy([images], training=False)
        return [keras.ops.convert_to_numpy(self._answers[name]) for name in self.names]

    def _nudge(self, shape: tuple[int, ...], draws: int) -> dict[str, np.ndarray]:
        """Mean change of every output when one pixel changes: name → (pixels, OH, OW)."""
        pixels = shape[0] * shape[1]
        rng = np.random.default_rng(0)
        total: list[np.ndarray] = []
        for _ in range(draws):
            image = rng.uniform(size=shape).astype("float32")
            before = self._run(image[None])
            if not total:
                numbers = pixels * sum(answer[0, ..., 0].size for answer in before)
                if numbers > MAX_NUMBERS:
                    raise ValueError(
                        f"`model` must be small enough to nudge each of its {shape[0]}×{shape[1]} pixels and watch "
                        f"every output: that makes {numbers:,} numbers, and {MAX_NUMBERS:,} are kept at most. A "
                        f"smaller input shows the same fields. Received: {len(self.names)} layers"
                    )
                total = [np.zeros((pixels, *answer.shape[1:3]), "float32") for answer in before]
            for first in range(0, pixels, 256):
                chosen = np.arange(first, min(first + 256, pixels))
                batch = np.repeat(image[None], len(chosen), axis=0)  # (n, H, W, C)
                batch[np.arange(len(chosen)), chosen // shape[1], chosen % shape[1]] += 0.5
                for sums, answer, old in zip(total, self._run(batch), before, strict=True):
                    sums[chosen] += np.abs(answer - old).mean(axis=-1) / draws
        return dict(zip(self.names, total, strict=True))


def _theory(steps: Sequence[Step]) -> tuple[dict[str, Fields], dict[str, str]]:
    """Fields of each layer with a window of its own, by the ledger's rules, and why other layers have none."""
    fields: dict[str, Fields] = {}
    closed: dict[str, str] = {}
    seen: dict[int, Seen] = {}  # by tensor
    for step, field in zip(steps, receptive_fields(steps), strict=True):
        before = [seen[id(x)] for x in step.inputs]
        open_ = isinstance(field, Field) and getattr(step.operation, "data_format", None) != "channels_first"
        seen.update((id(x), field if open_ else None) for x in step.outputs)
        if open_:
            if len(before) == 1 and _grids(before[0]) != _grids(field):
                fields.setdefault(step.name, field.axes)
        elif not all(isinstance(one, Field) for one in before):
            closed[step.name] = AFTER
        elif len({tuple(axis.stride for axis in one.axes) for one in before}) > 1:
            closed[step.name] = "its inputs have different strides"
        else:
            closed[step.name] = f"a {type(step.operation).__name__} layer has no window on the picture"
    return fields, closed


def _grids(field: Field) -> list[tuple[int, int]]:
    """Size and stride along each axis: what a window of its own changes, and a shift does not."""
    return [(axis.size, axis.stride) for axis in field.axes]
