"""Convolution layers of a Keras model, opened: what went in, the weights, what came out.

Only what Keras publishes is used, so any backend will do. Everything is read once: train the model further, and it has
to be opened again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from cnnlab.arithmetic import conv
from cnnlab.arithmetic.shapes import dilated_size, resolve_padding
from cnnlab.common.validate import check_rank
from cnnlab.data import datasets
from cnnlab.models.graph import Step, Walk, call_layer

Pads = tuple[tuple[int, int], ...]
OPENED = (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.DepthwiseConv2D)


@dataclass(frozen=True)
class OpenedConv:
    """One convolution layer and the numbers that went through it for one image.

    Attributes
    ----------
    name, kind : the layer's name and class
    kernel : (KH, KW, C_in / groups, F); a depthwise layer has one group for each channel, a 1-D layer KH = 1
    bias : (F,), or None
    strides, dilation_rate, pads : along height and width; `pads` is ``((top, bottom), (left, right))``
    groups : filters of group g see only the channels of group g
    activation, activation_name : applied to the pre-activations (1, F) of one position
    inputs, outputs : (H, W, C) and (OH, OW, F), as the model computed them
    """

    name: str
    kind: str
    kernel: np.ndarray
    bias: np.ndarray | None
    strides: tuple[int, int]
    dilation_rate: tuple[int, int]
    pads: Pads
    groups: int
    activation: Callable
    activation_name: str
    inputs: np.ndarray
    outputs: np.ndarray

    def channels_of(self, filter_index: int) -> range:
        """The input channels that this filter sees."""
        depth, filters = self.kernel.shape[2:]
        first = filter_index // (filters // self.groups) * depth
        return range(first, first + depth)

    def corner(self, row: int, column: int) -> tuple[int, int]:
        """Where the window of this output begins, in rows and columns of the unpadded input: negative on padding."""
        return tuple(i * s - p[0] for i, s, p in zip((row, column), self.strides, self.pads, strict=True))

    def reach(self) -> tuple[int, int]:
        """Height and width of the window, dilation included."""
        return tuple(map(dilated_size, self.kernel.shape[:2], self.dilation_rate))

    def patch(self, row: int, column: int) -> tuple[np.ndarray, np.ndarray]:
        """What the window of this output holds (KH, KW, C), and which of its taps lie on the input (KH, KW)."""
        axes = [
            start + d * np.arange(k)
            for start, d, k in zip(self.corner(row, column), self.dilation_rate, self.kernel.shape[:2], strict=True)
        ]
        inside = [(axis >= 0) & (axis < n) for axis, n in zip(axes, self.inputs.shape[:2], strict=True)]
        on_input = inside[0][:, None] & inside[1]
        rows, columns = (np.where(ok, axis, 0) for axis, ok in zip(axes, inside, strict=True))
        return np.where(on_input[..., None], self.inputs[np.ix_(rows, columns)], 0.0), on_input

    def explain(self, row: int, column: int, filter_index: int) -> Explanation:
        """How this one output value comes about, term by term."""
        patch, on_input = self.patch(row, column)  # (KH, KW, C)
        channels = self.channels_of(filter_index)
        seen, weights = _nine_digits(patch[..., channels.start : channels.stop]), self.kernel[..., filter_index]
        products = seen * _nine_digits(weights)
        digits = _digits(products)
        products = np.round(products, digits)
        bias = round(self.bias_of(filter_index), digits)
        # All filters, because an activation such as softmax looks at its neighbours too.
        every = conv.conv2d(patch, self.kernel, self.bias, groups=self.groups)  # (1, 1, F)
        every[0, 0, filter_index] = products.sum() + bias
        activated = keras.ops.convert_to_numpy(self.activation(keras.ops.convert_to_tensor(every[0].astype("float32"))))
        return Explanation(
            seen,
            on_input,
            products,
            digits,
            products.sum(axis=(0, 1)),
            bias,
            float(every[0, 0, filter_index]),
            float(activated[0, filter_index]),
            float(self.outputs[row, column, filter_index]),
        )

    def bias_of(self, filter_index: int) -> float:
        """The filter's bias, 0 if the layer has none."""
        return 0.0 if self.bias is None else float(self.bias[filter_index])


@dataclass(frozen=True)
class Explanation:
    """One output value, taken apart.

    Attributes
    ----------
    patch, products
        (KH, KW, C_in / groups): the input under the filter in nine digits, which tell any two 32-bit numbers apart, and
        each number times its weight, rounded to `digits` decimals: what is written adds up to the last of them
    on_input : (KH, KW) booleans: False where the tap lies on padding
    digits : decimals of the products, their sums and the bias
    sums : (C_in / groups,): the products of each channel, added
    bias : of the filter, rounded likewise
    total : all products and the bias: the pre-activation
    activated : what the activation makes of `total`
    model : what the model itself put there
    """

    patch: np.ndarray
    on_input: np.ndarray
    products: np.ndarray
    digits: int
    sums: np.ndarray
    bias: float
    total: float
    activated: float
    model: float

    def agrees(self) -> bool:
        """Whether the arithmetic gives the model's value to the precision of float32 sums."""
        scale = np.abs(self.products).sum() + abs(self.total) + abs(self.model)
        return bool(abs(self.activated - self.model) <= 1e-5 * scale + 1e-7)

    def places(self) -> int:
        """Decimals of the output, two or more fewer: 32-bit sums taken in another order differ in the last ones."""
        same = {self.activated, self.model}
        if abs(self.activated - self.total) <= 1e-6 * abs(self.total):  # the activation lets it through
            same.add(self.total)
        for places in range(self.digits - 2, 0, -1):
            if len({f"{value:.{places}f}" for value in same}) == 1:
                return places
        return max(self.digits - 2, 1)


def _nine_digits(values: np.ndarray) -> np.ndarray:
    """`values` rounded to nine digits, as ``f"{value:.9g}"`` writes them."""
    with np.errstate(divide="ignore"):
        power = np.where(values == 0, 0, np.floor(np.log10(np.abs(values))))
    scale = 10.0 ** (8 - power)
    return np.round(values * scale) / scale


def _digits(products: np.ndarray) -> int:
    """Decimals that give the largest product eight digits."""
    largest = float(np.abs(products).max())
    return min(max(7 - int(np.floor(np.log10(largest))), 2), 15) if largest > 0 else 8


@dataclass(frozen=True)
class OpenedModel:
    """A model's convolutions by layer name, why other layers are not among them, and the image that went through."""

    convs: dict[str, OpenedConv]
    closed: dict[str, str]
    image: np.ndarray
    source: str


def open_model(model: keras.Model, image: np.ndarray | None = None) -> OpenedModel:
    """Run `image` through `model` and keep what entered and left each convolution.

    Parameters
    ----------
    model : Sequential or functional, with one image (or one signal) as its input
    image : (H, W, C) or (H, W), passed to the model as it is; by default a photo, scaled to 0–1, that fits the model

    Raises
    ------
    TypeError, ValueError
        If `model` is not a Keras model, its graph is not known, it takes several inputs, `image` does not fit, or it
        has no convolution that can be opened.
    """
    image, source = _fitting_image(model, image)
    convs: dict[str, OpenedConv] = {}

    def watch(step: Step, args: tuple, kwargs: dict) -> object:
        outputs = call_layer(step, args, kwargs)
        if isinstance(step.operation, OPENED) and step.name not in convs:  # of one used twice, the first use
            arrays = [keras.ops.convert_to_numpy(x)[0].astype(float) for x in (args[0], outputs)]
            convs[step.name] = _opened(step.name, step.operation, *arrays)
        return outputs

    walk = Walk(model, call=watch)
    walk.copy([image[None]], training=False)
    kinds = {step.name: type(step.operation).__name__ for step in walk.steps if step.name not in convs}
    only = "only Conv1D, Conv2D and DepthwiseConv2D"
    closed = {name: f"{kind} is not opened here, {only}" for name, kind in kinds.items() if "Conv" in kind}
    if not convs:
        reasons = "; ".join(f"{name}: {why}" for name, why in closed.items()) or "it has no such layers"
        raise ValueError(f"`model` must hold a Conv1D, Conv2D or DepthwiseConv2D to open. Received: {reasons}")
    return OpenedModel(convs, closed, image, source)


def input_shape(model: keras.Model, image: np.ndarray | None = None) -> tuple[int | None, ...]:
    """Shape of the model's one input, without the batch; a Sequential without `Input` is built from `image`."""
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a Keras model. Received: {type(model).__name__}")
    if isinstance(model, keras.Sequential) and not model.built and image is not None:
        model(np.asarray(image, dtype="float32")[None])
    try:
        inputs = model.inputs
    except AttributeError:  # Keras has no public question "is the graph known?"
        inputs = None
    if inputs is None:
        advice = (
            "start it with keras.Input(shape), or pass an `image`"
            if isinstance(model, keras.Sequential)
            else "a subclassed model keeps its graph to itself; wrap its layers in keras.Model(inputs, outputs)"
        )
        raise ValueError(f"`model` must be Sequential or functional and built: {advice}. Received: {model.name!r}")
    if len(inputs) != 1:
        raise ValueError(f"`model` must have one input. Received: {model.name!r} with {len(inputs)}")
    return tuple(inputs[0].shape[1:])


def _fitting_image(model: keras.Model, image: np.ndarray | None) -> tuple[np.ndarray, str]:
    """`image` checked against the model's input, or a photo in its place; and what it is, in words."""
    if image is not None:
        image = check_rank(image, "image", {2: "(H, W)", 3: "(H, W, C)"})
        source = "your image"
    shape = input_shape(model, image)
    if len(shape) not in (2, 3):
        raise ValueError(f"`model` must take an image (H, W, C) or a signal (L, C). Received: input shape {shape}")
    if image is None:
        image, source = _default_image(tuple(n or 64 for n in shape))
    if image.ndim == 2 and len(shape) == 3:
        image = image[..., None]
    fits = image.ndim == len(shape) and all(n in (None, m) for n, m in zip(shape, image.shape, strict=True))
    if not fits:
        raise ValueError(f"`image` must have the model's input shape {shape}. Received: shape {image.shape}")
    return image.astype("float32"), source


def _default_image(shape: tuple[int, ...]) -> tuple[np.ndarray, str]:
    """The cat's photo at this size, 0–1; noise where the shape is not that of a picture."""
    if len(shape) != 3 or shape[-1] not in (1, 3):
        return np.random.default_rng(0).uniform(size=shape), "random numbers"
    photo = datasets.photo("chelsea")[:, 60:360] / 255  # (300, 300, 3): the face
    rows, columns = (np.linspace(0, 300, n + 1).astype(int)[:-1] for n in shape[:2])
    if max(shape[:2]) <= 300:  # the average of each block of pixels
        for axis, starts in ((0, rows), (1, columns)):
            counts = np.diff(np.append(starts, 300)).reshape([-1 if a == axis else 1 for a in range(3)])
            photo = np.add.reduceat(photo, starts, axis=axis) / counts
    else:
        photo = photo[np.ix_(rows, columns)]
    return (photo if shape[-1] == 3 else datasets.gray(photo)[..., None]), "a photo of a cat"


def _opened(name: str, layer: keras.Layer, inputs: np.ndarray, outputs: np.ndarray) -> OpenedConv:
    """One layer's record, channels last and with two spatial axes whatever the layer is."""
    kernel, *bias = (np.asarray(weights, dtype=float) for weights in layer.get_weights())
    one_axis = isinstance(layer, keras.layers.Conv1D)
    if layer.data_format == "channels_first":
        inputs, outputs = np.moveaxis(inputs, 0, -1), np.moveaxis(outputs, 0, -1)
    if one_axis:
        kernel, inputs, outputs = kernel[None], inputs[None], outputs[None]  # KH = H = OH = 1
    depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
    if depthwise:
        kernel = kernel.reshape(*kernel.shape[:2], 1, -1)  # (KH, KW, 1, C*M): output c*M + m is channel c's filter m
    more = (1,) if one_axis else ()
    strides, dilation_rate = (more + tuple(layer.strides), more + tuple(layer.dilation_rate))
    if layer.padding == "causal":  # a signal sees only its past
        pads: Pads = ((0, 0), (dilated_size(kernel.shape[1], dilation_rate[1]) - 1, 0))
    else:
        pads = resolve_padding(layer.padding, inputs.shape[:2], kernel.shape[:2], strides, dilation_rate)
    return OpenedConv(
        name=name,
        kind=type(layer).__name__,
        kernel=kernel,
        bias=bias[0] if bias else None,
        strides=strides,
        dilation_rate=dilation_rate,
        pads=pads,
        groups=inputs.shape[-1] if depthwise else layer.groups,
        activation=layer.activation,
        activation_name=getattr(layer.activation, "__name__", None) or type(layer.activation).__name__,
        inputs=inputs,
        outputs=outputs,
    )
