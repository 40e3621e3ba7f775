"""Sizes and counts: output size, padding, receptive field, parameters, multiply-adds. Whole numbers only, no arrays.

Along one axis, an input of ``n`` pixels, a kernel of ``f``, ``p`` pixels of padding on each side, dilation ``d`` and
stride ``s`` give

    ⌊(n + 2p − d(f − 1) − 1) / s⌋ + 1

outputs. Pooling follows the same rule. `padding` is ``"valid"`` (none), ``"same"`` (Keras' rule: ⌈n / s⌉ outputs, an
odd pixel goes after), a whole number of pixels on each side, or explicit pairs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cnnlab.arithmetic.padding import axis_geometry, check_padding
from cnnlab.arithmetic.padding import explicit_padding as explicit_padding
from cnnlab.arithmetic.padding import resolve_padding as resolve_padding
from cnnlab.common.validate import check_int, ints


def dilated_size(kernel_size: int, dilation_rate: int = 1) -> int:
    """Pixels from the first to the last tap of a dilated kernel, both included: ``d(f − 1) + 1``.

    Parameters
    ----------
    kernel_size : taps along the axis, >= 1
    dilation_rate : distance between neighbouring taps in pixels, >= 1

    Examples
    --------
    >>> dilated_size(3, dilation_rate=2)
    5
    """
    kernel_size, dilation_rate = _positive(kernel_size=kernel_size, dilation_rate=dilation_rate)
    return dilation_rate * (kernel_size - 1) + 1


def same_padding(n: int, kernel_size: int, strides: int = 1, dilation_rate: int = 1) -> tuple[int, int]:
    """Pixels that ``padding="same"`` adds ``(before, after)`` one axis, by Keras' and TensorFlow's rule.

    The output has ``⌈n / strides⌉`` pixels. The padding is the least that allows it, shared evenly; an odd pixel goes
    after (below or right). PyTorch and Darknet pad the same on both sides instead.

    Parameters
    ----------
    n : input length in pixels, >= 1
    kernel_size, strides, dilation_rate : along this axis, each >= 1

    Returns
    -------
    (before, after), each >= 0

    Examples
    --------
    >>> same_padding(5, 3)
    (1, 1)
    >>> same_padding(224, 3, strides=2)
    (0, 1)
    """
    return axis_geometry(
        *_positive(n=n, kernel_size=kernel_size, strides=strides, dilation_rate=dilation_rate), "same"
    )[0]


def output_size(
    n: int,
    kernel_size: int,
    strides: int = 1,
    padding: str | int | tuple[int, int] = "valid",
    dilation_rate: int = 1,
) -> int:
    """Length of a convolution's or pooling's output along one axis.

    Parameters
    ----------
    n : input length in pixels, >= 1
    kernel_size, strides, dilation_rate : along this axis, each >= 1
    padding : ``"valid"``, ``"same"`` (Keras' rule), pixels added on *each* side, or ``(before, after)``

    Raises
    ------
    ValueError
        If a number is out of range, or the dilated kernel does not fit the padded input.
    TypeError
        If a size is not a whole number.

    Examples
    --------
    >>> output_size(7, 3, strides=2)
    3
    >>> output_size(224, 7, strides=2, padding="same")
    112
    >>> output_size(5, 7)
    Traceback (most recent call last):
    ValueError: `kernel_size` 7 does not fit an input of 5 with padding 'valid': the output would be -1
    """
    sizes = _positive(n=n, kernel_size=kernel_size, strides=strides, dilation_rate=dilation_rate)
    return axis_geometry(*sizes, check_padding(padding, 1)[0])[1]


def _positive(**numbers: object) -> list[int]:
    """The numbers as they are, each checked under its own name."""
    return [check_int(number, name, minimum=1) for name, number in numbers.items()]


def padding_for_size(
    n: int, kernel_size: int, strides: int = 1, target: int | None = None, dilation_rate: int = 1
) -> float:
    """Padding on each side that makes the last window end exactly at the padded border: ``((m − 1)s − n + f) / 2``.

    Parameters
    ----------
    n : input length in pixels, >= 1
    kernel_size, strides, dilation_rate : along this axis, each >= 1
    target : the output length ``m`` wanted; ``None`` keeps the size, ``m = n``

    Returns
    -------
    float
        A multiple of one half. A half means that no even padding does it: one side gets a pixel more. A negative answer
        means that the input is already longer than the windows need: no padding, and ``-2p`` pixels are left over.

    Examples
    --------
    >>> padding_for_size(6, 3)
    1.0
    >>> padding_for_size(6, 4)
    1.5
    >>> padding_for_size(7, 3, strides=2, target=3)
    0.0
    """
    n, strides, target = _positive(n=n, strides=strides, target=n if target is None else target)
    return ((target - 1) * strides - n + dilated_size(kernel_size, dilation_rate)) / 2


def dense_params(inputs: int, units: int, use_bias: bool = True) -> int:
    """Weights of a fully connected layer: one from every input to every unit, and one bias for each unit.

    Examples
    --------
    >>> dense_params(4, 50)
    250
    """
    inputs, units = _positive(inputs=inputs, units=units)
    return units * (inputs + bool(use_bias))


def conv_params(
    kernel_size: int | Sequence[int],
    in_channels: int,
    filters: int,
    use_bias: bool = True,
    groups: int = 1,
) -> int:
    """Weights of a convolution: a filter is as deep as its input (or its group), and each filter has one bias.

    Parameters
    ----------
    kernel_size : one number for a square kernel, or one to three numbers, one for each axis
    in_channels, filters : channels in and out, each >= 1
    use_bias : count one bias for each filter
    groups : each filter sees ``in_channels / groups`` channels; must divide both counts

    Examples
    --------
    >>> conv_params(3, in_channels=3, filters=10)
    280
    >>> conv_params((5,), in_channels=1, filters=16)
    96
    """
    in_channels, filters, groups = _channels(in_channels, filters, groups)
    weights = math.prod(_sizes(kernel_size, "kernel_size")) * (in_channels // groups) * filters
    return weights + (filters if use_bias else 0)


def conv_macs(
    input_size: int | Sequence[int],
    kernel_size: int | Sequence[int],
    in_channels: int,
    filters: int,
    strides: int | Sequence[int] = 1,
    padding: str | int | Sequence = "valid",
    dilation_rate: int | Sequence[int] = 1,
    groups: int = 1,
) -> int:
    """Multiply-adds of a convolution on one input: output positions × filters × weights a filter.

    Taps that fall on padding are counted, biases are not: the usual convention. One multiply-add is two FLOPs.

    Parameters
    ----------
    input_size : ``(H, W)``, or one number for a square picture; one or three numbers for signals and volumes
    kernel_size, strides, padding, dilation_rate, groups : as in `cnnlab.conv.conv2d`
    in_channels, filters : channels in and out, each >= 1

    Examples
    --------
    >>> conv_macs(28, 5, in_channels=192, filters=32, padding="same")
    120422400
    """
    in_channels, filters, groups = _channels(in_channels, filters, groups)
    input_size = _sizes(input_size, "input_size")
    axes = len(input_size)
    kernel_size = ints(kernel_size, "kernel_size", axes)
    steps = ints(strides, "strides", axes), ints(dilation_rate, "dilation_rate", axes)
    found = map(axis_geometry, input_size, kernel_size, *steps, check_padding(padding, axes))
    positions = math.prod(outputs for _, outputs in found)
    return positions * math.prod(kernel_size) * (in_channels // groups) * filters


def _sizes(value: object, name: str) -> tuple[int, ...]:
    """One number as two, or one to three numbers as they are."""
    if not isinstance(value, Iterable):
        return ints(value, name, 2)
    value = tuple(value)
    if not 1 <= len(value) <= 3:
        raise ValueError(f"`{name}` must be one to three whole numbers. Received: {value!r}")
    return ints(value, name, len(value))


def _channels(in_channels: int, filters: int, groups: int) -> tuple[int, int, int]:
    in_channels, filters, groups = _positive(in_channels=in_channels, filters=filters, groups=groups)
    for name, count in (("in_channels", in_channels), ("filters", filters)):
        if count % groups:
            raise ValueError(
                f"`groups` must divide `{name}`: {count} / {groups} is not whole. Received: groups={groups}"
            )
    return in_channels, filters, groups


class ReceptiveField(NamedTuple):
    """What one output of a chain of layers sees, along one axis.

    Attributes
    ----------
    size : input pixels from the first to the last one seen
    stride : input pixels between the fields of neighbouring outputs
    offset : index of the first input pixel seen by output 0; negative means that it lies in the padding

    Examples
    --------
    >>> ReceptiveField(size=5, stride=1, offset=-2).centre
    0.0
    """

    size: int
    stride: int
    offset: int

    @property
    def centre(self) -> float:
        """Input position in the middle of output 0's field; output ``i`` is centred ``i * stride`` further."""
        return self.offset + (self.size - 1) / 2

    def behind(self, reach: int, strides: int, before: int) -> ReceptiveField:
        """The field behind one more layer.

        It widens the field by `reach`, ``d(f − 1)`` steps of the grid it reads, and multiplies the step by `strides`;
        `before` is its padding in front. Source: Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional
        Neural Networks", Distill 2019, equation 2.
        """
        widened = self.size + reach * self.stride
        return ReceptiveField(widened, self.stride * strides, self.offset - before * self.stride)


def receptive_field(layers: Iterable[Sequence]) -> ReceptiveField:
    """Receptive field of a chain of convolutions and poolings, along one axis: `ReceptiveField.behind`, layer by layer.

    Parameters
    ----------
    layers
        From input to output, each ``(kernel, stride, padding, dilation)``. Shorter ones are filled up with stride 1,
        ``"valid"``, dilation 1; a bare number is a kernel. `padding` is ``"valid"``, pixels on each side, or
        ``(before, after)``; ``"same"`` only at stride 1, because otherwise it depends on the input's length.

    Examples
    --------
    >>> receptive_field([(3,), (3,)])
    ReceptiveField(size=5, stride=1, offset=0)
    >>> receptive_field([(3, 1, "same"), (2, 2), (3, 1, "same")])
    ReceptiveField(size=8, stride=2, offset=-3)
    """
    field = ReceptiveField(1, 1, 0)
    for index, layer in enumerate(layers):
        kernel_size, strides, padding, dilation_rate = _layer(layer, index)
        reach = dilated_size(kernel_size, dilation_rate) - 1
        if padding == "same" and strides > 1:
            raise ValueError(
                f"`layers` may use padding 'same' only at stride 1: at stride {strides} Keras' padding depends on the "
                f"input's length. Give it in pixels: same_padding(n, ...). Received: layer {index} {layer!r}"
            )
        ((before, _),) = resolve_padding(padding, (1,), kernel_size, strides, dilation_rate)
        field = field.behind(reach, strides, before)
    return field


def _layer(layer: object, index: int) -> tuple:
    """One entry of `receptive_field`'s `layers`, checked and filled up to four values."""
    values = tuple(layer) if isinstance(layer, Iterable) and not isinstance(layer, (str, bytes)) else (layer,)
    if not 1 <= len(values) <= 4:
        raise ValueError(f"`layers` must hold (kernel, stride, padding, dilation). Received: layer {index} {layer!r}")
    kernel_size, strides, padding, dilation_rate = values + (None, 1, "valid", 1)[len(values) :]
    return (
        check_int(kernel_size, f"layers[{index}] kernel", minimum=1),
        check_int(strides, f"layers[{index}] stride", minimum=1),
        padding,
        check_int(dilation_rate, f"layers[{index}] dilation", minimum=1),
    )
