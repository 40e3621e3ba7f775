"""What one layer does: the multiply-adds it costs, and how it changes what an output value sees of the input.

Each rule is one for the layers named in a tuple. A layer in none of them gets no number rather than a wrong one.

Multiply-adds are counted as papers do: the products of convolutions and fully connected layers, taps on padding
included, biases, normalisation, activations, pooling and additions not. One multiply-add is two FLOPs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import keras
from keras import layers

from cnnlab.arithmetic.shapes import ReceptiveField, conv_macs, dilated_size, same_padding
from cnnlab.common.validate import ints
from cnnlab.models.graph import Step
from cnnlab.models.layers import ChannelPadding, ChannelSlice, DarknetMaxPooling2D, LocalResponseNormalization


class Field(NamedTuple):
    """What an output value sees: of which input of the model, and along each of its axes, height first."""

    source: int
    axes: tuple[ReceptiveField, ...]


WHOLE = "whole input"
Seen = Field | str | None  # None: not defined, or not known


def _existing(names: str) -> tuple[type, ...]:
    """The layer classes of these names; older versions of Keras lack some."""
    return tuple(getattr(layers, name) for name in names.split() if hasattr(layers, name))


CONVOLUTIONS = _existing("Conv1D Conv2D Conv3D")
DEPTHWISE = _existing("DepthwiseConv1D DepthwiseConv2D")
SEPARABLE = _existing("SeparableConv1D SeparableConv2D")
TRANSPOSED = _existing("Conv1DTranspose Conv2DTranspose Conv3DTranspose")
POOLINGS = _existing("MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D")
GLOBAL_POOLINGS = _existing(
    "GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D "
    "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D"
)
PADDINGS = _existing("ZeroPadding1D ZeroPadding2D ZeroPadding3D")
CROPPINGS = _existing("Cropping1D Cropping2D Cropping3D")
MERGES = _existing("Add Subtract Multiply Average Maximum Minimum Concatenate")
NORMALIZATIONS = _existing("LayerNormalization RMSNormalization")  # along some axes, which may be those of the picture
# Every output value depends on the input value at its own position (and its channels) only. The random layers do
# nothing outside training.
POINTWISE = _existing("""
    Activation ReLU LeakyReLU PReLU ELU Softmax BatchNormalization UnitNormalization
    Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D AlphaDropout GaussianDropout GaussianNoise
    ActivityRegularization Identity Masking Rescaling Normalization
    RandomFlip RandomRotation RandomZoom RandomTranslation RandomShear RandomContrast RandomBrightness RandomHue
    RandomSaturation RandomGrayscale RandomErasing RandomPerspective RandomColorDegeneration RandomColorJitter
    RandomInvert RandomPosterization RandomSharpness RandomGaussianBlur RandomElasticTransform
""") + (ChannelPadding, ChannelSlice, LocalResponseNormalization)
# No multiply-adds, but the positions are lost or moved.
FREE = NORMALIZATIONS + _existing("""
    Flatten Reshape Permute RepeatVector Embedding GroupNormalization
    UpSampling1D UpSampling2D UpSampling3D Resizing CenterCrop RandomCrop
    AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D
    AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D
""")
# What is known by its name: layers that keras.applications keeps to itself (ConvNeXt's, and Inception-ResNet's
# x + scale · y), and `cnnlab.augment`'s, which stands above this module.
NAMED_POINTWISE = {"LayerScale", "StochasticDepth", "RandomAffine", "RandomPCAColor"}
NAMED_MERGES = {"CustomScaleLayer"}
# Operations without a layer, written x + y or keras.ops.relu(x); Keras gives their classes no public name.
_POINTWISE_OPS = """
    Celu Elu Gelu HardShrink HardSigmoid HardSilu HardSwish HardTanh LeakyRelu LogSigmoid LogSoftmax Relu Relu6 Selu
    Sigmoid Silu Softmax SoftShrink Softplus Softsign SparsePlus SparseSigmoid Sparsemax Squareplus Tanh TanhShrink
    Threshold
    Abs Absolute Arctan Cbrt Ceil Clip Cos Cosh Exp Exp2 Expm1 Floor Identity Log Log10 Log1p Log2 Negative Reciprocal
    Round Sign Sin Sinh Sqrt Square Tan Trunc
"""
POINTWISE_OPS = set(_POINTWISE_OPS.split())
MERGE_OPS = {"Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Maximum", "Minimum", "Power"}


def multiply_adds(operation: keras.Operation, inputs: Sequence[keras.KerasTensor]) -> int | None:
    """Multiply-adds of one call for one image; None where the rule or a size is not known."""
    if not isinstance(operation, keras.layers.Layer):
        return 0 if type(operation).__name__ in POINTWISE_OPS | MERGE_OPS else None
    free = (*POOLINGS, *GLOBAL_POOLINGS, DarknetMaxPooling2D, *PADDINGS, *CROPPINGS, *MERGES, *FREE)
    if isinstance(operation, free) or _is_pointwise(operation) or _name(operation) in NAMED_MERGES:
        return 0
    counted = (*CONVOLUTIONS, *DEPTHWISE, *SEPARABLE, *TRANSPOSED, layers.Dense)
    if not isinstance(operation, counted) or None in inputs[0].shape[1:]:
        return None
    if isinstance(operation, layers.Dense):
        return math.prod(inputs[0].shape[1:]) * operation.units
    size, channels = _split(inputs[0].shape, operation.data_format)
    kernel = operation.kernel_size
    if isinstance(operation, TRANSPOSED):  # each input value is multiplied by the whole kernel
        return math.prod(size) * math.prod(kernel) * channels * operation.filters
    padding = "same" if operation.padding == "causal" else operation.padding  # as many outputs
    how = {"strides": operation.strides, "padding": padding, "dilation_rate": operation.dilation_rate}
    if isinstance(operation, CONVOLUTIONS):
        return conv_macs(size, kernel, channels, operation.filters, groups=operation.groups, **how)
    widened = channels * operation.depth_multiplier
    total = conv_macs(size, kernel, channels, widened, groups=channels, **how)
    if isinstance(operation, SEPARABLE):
        positions = total // (math.prod(kernel) * widened)
        total += positions * widened * operation.filters
    return total


def _is_pointwise(operation: keras.layers.Layer) -> bool:
    if isinstance(operation, _existing("Pipeline")):
        return all(map(_is_pointwise, operation.layers))
    return isinstance(operation, POINTWISE) or _name(operation) in NAMED_POINTWISE


def _name(operation: keras.layers.Layer) -> str:
    """The class's name if Keras or this package defines it; somebody else's class of that name may do anything."""
    kind = type(operation)
    return kind.__name__ if kind.__module__.split(".")[0] in ("keras", "cnnlab") else ""


def receptive_fields(steps: Sequence[Step]) -> list[Seen]:
    """What one output value of each step of a `Walk` sees of the model's input."""
    seen: dict[int, Seen] = {}  # by tensor
    fields = []
    for number, step in enumerate(steps):
        if step.operation is None:
            pixel = (ReceptiveField(1, 1, 0),) * (len(step.outputs[0].shape) - 2)
            fields.append(Field(number, pixel) if pixel else None)  # a vector has no positions
        else:
            fields.append(what_it_sees(step.operation, step.inputs, [seen[id(x)] for x in step.inputs]))
        seen.update((id(x), fields[-1]) for x in step.outputs)
    return fields


def what_it_sees(operation: keras.Operation, inputs: Sequence[keras.KerasTensor], seen: Sequence[Seen]) -> Seen:
    """What one output value of `operation` sees of the model's input, from what its `inputs` see.

    Where branches meet, it is the smallest window that holds all their windows; they must agree in their stride. An
    output without a position (after Flatten, a global pooling, a Dense layer on a vector) sees the whole input, and so
    does what is merged with it.
    """
    if not seen or None in seen:
        return None
    if not isinstance(operation, keras.layers.Layer):
        name = type(operation).__name__
        known = name in MERGE_OPS or (name in POINTWISE_OPS and len(seen) == 1)
        return _union(seen, inputs) if known else None
    if isinstance(operation, MERGES) or _name(operation) in NAMED_MERGES:
        along = getattr(operation, "axis", None)  # of a Concatenate
        return _union(seen, inputs) if along in (None, -1, len(inputs[0].shape) - 1) else None
    if len(seen) != 1:
        return None
    return _unary(operation, inputs[0], seen[0])


def _unary(operation: keras.layers.Layer, x: keras.KerasTensor, seen: Field | str) -> Seen:
    """`what_it_sees` for a layer with one input."""
    if isinstance(operation, (layers.Flatten, layers.GroupNormalization, *GLOBAL_POOLINGS)):
        return WHOLE
    if isinstance(operation, NORMALIZATIONS):
        across_channels = operation.axis in (-1, [-1], (-1,), len(x.shape) - 1, [len(x.shape) - 1])
        return seen if across_channels else WHOLE
    if isinstance(operation, layers.Dense) or _is_pointwise(operation):  # Dense on (N, H, W, C) is a 1×1 convolution
        return seen
    if seen == WHOLE:
        known = (*CONVOLUTIONS, *DEPTHWISE, *SEPARABLE, *TRANSPOSED, *POOLINGS, *PADDINGS, *CROPPINGS, *FREE)
        return WHOLE if isinstance(operation, (*known, DarknetMaxPooling2D)) else None
    if isinstance(operation, DarknetMaxPooling2D):
        reach, before = operation.size - 1, operation.padding // 2
        axes = [axis.behind(reach, operation.stride, before) for axis in seen.axes]
    elif isinstance(operation, PADDINGS):
        pairs = _pairs(operation.padding)
        axes = [axis.behind(0, 1, before) for axis, (before, _) in zip(seen.axes, pairs, strict=True)]
    elif isinstance(operation, CROPPINGS):
        pairs = _pairs(operation.cropping)
        axes = [axis.behind(0, 1, -before) for axis, (before, _) in zip(seen.axes, pairs, strict=True)]
    elif isinstance(operation, (*POOLINGS, *CONVOLUTIONS, *DEPTHWISE, *SEPARABLE)):
        size, _ = _split(x.shape, operation.data_format)
        rank = len(size)
        if isinstance(operation, POOLINGS):
            windows, dilations = ints(operation.pool_size, "pool_size", rank), (1,) * rank
        else:
            windows = ints(operation.kernel_size, "kernel_size", rank)
            dilations = ints(operation.dilation_rate, "dilation_rate", rank)
        numbers = zip(seen.axes, size, windows, ints(operation.strides, "strides", rank), dilations, strict=True)
        axes = [_window(axis, n, f, s, d, operation.padding) for axis, n, f, s, d in numbers]
    else:
        return None
    return None if None in axes else Field(seen.source, tuple(axes))


def _window(axis: ReceptiveField, n: int | None, f: int, s: int, d: int, padding: str) -> ReceptiveField | None:
    """One axis after a window of `f` taps, stride `s` and dilation `d` over `n` pixels (None: of any length)."""
    reach = dilated_size(f, d) - 1
    before = {"valid": 0, "causal": reach}.get(padding)
    if before is None:
        if n is None and s > 1:
            return None  # Keras' padding depends on the length
        before = same_padding(n or reach + 1, f, s, d)[0]
    return axis.behind(reach, s, before)


def _union(seen: Sequence[Field | str], inputs: Sequence[keras.KerasTensor]) -> Seen:
    """The smallest window that holds all of them."""
    if WHOLE in seen:
        return WHOLE
    if len({x.shape[1:-1] for x in inputs}) > 1:  # one is spread over the positions of the other
        return None
    sources = {field.source for field in seen}
    strides = {tuple(axis.stride for axis in field.axes) for field in seen}
    if len(sources) > 1 or len(strides) > 1:
        return None
    axes = []
    for branches in zip(*(field.axes for field in seen), strict=True):
        first = min(axis.offset for axis in branches)
        last = max(axis.offset + axis.size for axis in branches)
        axes.append(ReceptiveField(last - first, branches[0].stride, first))
    return Field(sources.pop(), tuple(axes))


def _split(shape: Sequence[int | None], data_format: str) -> tuple[tuple, int]:
    """(N, …) → (lengths of the spatial axes, channels)."""
    return (tuple(shape[1:-1]), shape[-1]) if data_format == "channels_last" else (tuple(shape[2:]), shape[1])


def _pairs(value: Sequence) -> Sequence:
    """A padding as a pair (before, after) for each axis; the one-dimensional layers keep theirs flat."""
    return value if isinstance(value[0], (tuple, list)) else [value]
