"""A Keras graph read as a list of Darknet's sections: each layer becomes one, or part of the one before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import keras
import numpy as np
from keras import layers

from cnnlab.detection.darknet.keras_model import EPSILON, kernel_to_darknet
from cnnlab.detection.darknet.weights import Arrays
from cnnlab.models.graph import Step, Walk, has_graph
from cnnlab.models.layers import DarknetMaxPooling2D


@dataclass(frozen=True)
class Graph:
    """What a Keras model is in Darknet's words.

    Attributes
    ----------
    text : the sections, ``[net]`` first, heads missing
    sections : how many there are, ``[net]`` not counted
    outputs : (section, channels) of each output
    arrays : by section: bias, kernel and, where normalised, scale, mean, variance, as a .weights file holds them
    """

    text: str
    sections: int
    outputs: tuple[tuple[int, int], ...]
    arrays: dict[int, Arrays]


@dataclass
class _Section:
    kind: str
    options: dict[str, object]
    arrays: Arrays = field(default_factory=dict)


def read_graph(model: keras.Model) -> Graph:
    """Read `model`.

    Raises
    ------
    ValueError
        Naming the layer that Darknet has no words for.
    """
    if not has_graph(model) or len(model.inputs) != 1:
        raise ValueError("`model` must be functional or a built Sequential, with one input")
    shape = tuple(model.inputs[0].shape[1:])
    if len(shape) != 3 or None in shape:
        raise ValueError(f"`model` must take pictures of one fixed size (H, W, C). Received: input shape {shape}")
    reader = _Reader(shape)
    walk = Walk(model)
    within = [step.name for step in walk.steps if "/" in step.name]
    if within:
        raise ValueError(f"`model` must hold its layers itself. Received: layer {within[0]!r} of a model within it")
    reader.uses = Counter(id(x) for x in [*walk.outputs, *(x for step in walk.steps for x in step.inputs)])
    for step in walk.steps:
        reader.take(step)
    makers = {id(x): step.name for step in walk.steps for x in step.outputs}
    return reader.finish([(makers[id(x)], x) for x in walk.outputs])


class _Reader:
    """The sections so far, and which of them made which tensor."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        height, width, channels = shape
        self.net = {"width": width, "height": height, "channels": channels}
        self.sections: list[_Section] = []
        self.made: dict[int, int] = {}  # tensor → section; −1 is the picture
        self.padded: dict[int, tuple[keras.KerasTensor, int]] = {}  # tensor → what was padded, pixels on each side
        self.uses: Counter[int] = Counter()

    def take(self, step: Step) -> None:
        """Read one call of one layer."""
        if step.operation is None:
            self.made[id(step.outputs[0])] = -1
            return
        for kinds, rule in _RULES:
            if isinstance(step.operation, kinds):
                rule(self, step, step.operation)
                return
        raise _unknown(step, "Darknet has no section for it")

    def finish(self, ends: list[tuple[str, keras.KerasTensor]]) -> Graph:
        """All sections as text; `ends` are the outputs with the names of their layers."""
        outputs = tuple((self.section_of(tensor), tensor.shape[-1]) for _, tensor in ends)
        for (name, _), (index, _) in zip(ends, outputs, strict=True):
            if index < 0:
                raise ValueError(f"`model` must have layers before its outputs. Received: {name!r}, the picture itself")
            activation = self.sections[index].options.get("activation", "linear")
            if activation != "linear":
                raise ValueError(
                    "`model` must end in layers without activation: a [yolo] has its own. "
                    f"Received: layer {name!r} with activation {activation}"
                )
        parts = [_Section("net", self.net), *self.sections]
        text = "\n\n".join(
            "\n".join([f"[{part.kind}]", *(f"{name}={value}" for name, value in part.options.items())])
            for part in parts
        )
        arrays = {index: section.arrays for index, section in enumerate(self.sections) if section.arrays}
        return Graph(text, len(self.sections), outputs, arrays)

    def add(self, step: Step, kind: str, options: dict[str, object], arrays: Arrays | None = None) -> None:
        """Append a section that makes the step's output."""
        self.sections.append(_Section(kind, options, arrays or {}))
        self.made[id(step.outputs[0])] = len(self.sections) - 1

    def after(self, tensor: keras.KerasTensor) -> int:
        """Make the section that made `tensor` the last one, by a route where it is not; return its index."""
        source = self.section_of(tensor)
        if source != len(self.sections) - 1:
            if source < 0:
                raise ValueError("`model` must take its picture in one place: Darknet cannot go back to the picture")
            self.sections.append(_Section("route", {"layers": source}))
        return len(self.sections) - 1

    def section_of(self, tensor: keras.KerasTensor) -> int:
        """The section that made `tensor`; a padding has none of its own."""
        if id(tensor) not in self.made:
            raise ValueError(
                "`model` must be made of what Darknet knows. Received: a ZeroPadding2D that no convolution follows"
            )
        return self.made[id(tensor)]

    def open_section(self, step: Step) -> _Section | None:
        """The section that the step may become part of: it made the step's input, and nothing else reads that."""
        (tensor,) = step.inputs
        index = self.made.get(id(tensor), -1)
        return self.sections[index] if index >= 0 and self.uses[id(tensor)] == 1 else None


def _unknown(step: Step, why: str) -> ValueError:
    kind = type(step.operation).__name__
    return ValueError(f"`model` must be made of what Darknet knows. Received: layer {step.name!r}, a {kind}: {why}")


def _activation(step: Step, function: object) -> str:
    for name, known in (
        ("linear", keras.activations.linear),
        ("relu", keras.activations.relu),
        ("logistic", keras.activations.sigmoid),
        ("swish", keras.activations.silu),
        ("mish", keras.activations.mish),
    ):
        if function is known:
            return name
    raise _unknown(step, f"Darknet has no activation {getattr(function, '__name__', function)!r}")


# --- one rule for each kind of layer ----------------------------------------------------------------------------------


def _pad(reader: _Reader, step: Step, layer: layers.ZeroPadding2D) -> None:
    sides = {side for axis in layer.padding for side in axis}
    if len(sides) != 1:
        raise _unknown(step, "Darknet pads all four sides alike")
    reader.padded[id(step.outputs[0])] = (step.inputs[0], sides.pop())


def _convolution(reader: _Reader, step: Step, layer: layers.Conv2D | layers.DepthwiseConv2D) -> None:
    tensor, pad = reader.padded.get(id(step.inputs[0]), (step.inputs[0], 0))
    size, stride, dilation = ({*values} for values in (layer.kernel_size, layer.strides, layer.dilation_rate))
    if max(len(size), len(stride), len(dilation)) > 1:
        raise _unknown(step, "Darknet's kernels, strides and dilations are square")
    size, stride, dilation = size.pop(), stride.pop(), dilation.pop()
    if layer.padding == "same":
        if pad or (size > 1 and (stride > 1 or size % 2 == 0)):
            raise _unknown(step, "padding same is uneven here, and Darknet pads all four sides alike")
        pad = dilation * (size // 2)
    if pad % dilation:
        raise _unknown(step, f"a padding of {pad} is no multiple of its dilation {dilation}")
    reader.after(tensor)
    depthwise = isinstance(layer, layers.DepthwiseConv2D)
    filters = step.outputs[0].shape[-1]
    options = {"filters": filters, "size": size, "stride": stride}
    options |= {"pad": 1} if pad // dilation == size // 2 else {"padding": pad // dilation}
    if dilation > 1:
        options["dilation"] = dilation
    groups = tensor.shape[-1] if depthwise else layer.groups
    if groups > 1:
        options["groups"] = groups
    options["activation"] = _activation(step, layer.activation)
    kernel = kernel_to_darknet(np.asarray(layer.kernel), depthwise)
    bias = np.asarray(layer.bias) if layer.use_bias else np.zeros(filters, np.float32)
    reader.add(step, "convolutional", options, {"bias": bias, "kernel": kernel})


def _normalization(reader: _Reader, step: Step, layer: layers.BatchNormalization) -> None:
    section = reader.open_section(step)
    if section is None or section.kind != "convolutional" or section.options["activation"] != "linear":
        raise _unknown(step, "Darknet normalises right behind a convolution, before its activation")
    if "scale" in section.arrays:
        raise _unknown(step, "Darknet normalises a convolution once")
    ones = np.ones_like(section.arrays["bias"])
    variance = np.asarray(layer.moving_variance)
    section.arrays.update(
        mean=np.asarray(layer.moving_mean) - section.arrays["bias"],
        scale=np.asarray(layer.gamma) if layer.scale else ones,
        bias=np.asarray(layer.beta) if layer.center else 0 * ones,
        variance=np.maximum(variance + np.float32(layer.epsilon - EPSILON), 0),
    )
    section.options = {"batch_normalize": 1, **section.options}
    reader.made[id(step.outputs[0])] = reader.made[id(step.inputs[0])]


def _activate(reader: _Reader, step: Step, layer: keras.layers.Layer) -> None:
    if isinstance(layer, layers.LeakyReLU):
        name = "leaky" if abs(layer.negative_slope - 0.1) < 1e-6 else ""
    elif isinstance(layer, layers.ReLU):
        plain = layer.max_value is None and not layer.negative_slope and not layer.threshold
        name = "relu" if plain else ""
    else:
        name = _activation(step, layer.activation)
    if not name:
        raise _unknown(step, "Darknet's leaky has a slope of 0.1, and its relu has no options")
    section = reader.open_section(step)
    if section is None or section.options.get("activation") != "linear":
        raise _unknown(step, "Darknet activates right behind a convolution or an addition, once")
    section.options["activation"] = name
    reader.made[id(step.outputs[0])] = reader.made[id(step.inputs[0])]


def _pool(reader: _Reader, step: Step, layer: layers.MaxPooling2D | DarknetMaxPooling2D) -> None:
    if isinstance(layer, DarknetMaxPooling2D):
        size, stride, padding = layer.size, layer.stride, layer.padding
    else:
        if len({*layer.pool_size}) > 1 or len({*layer.strides}) > 1:
            raise _unknown(step, "Darknet's windows and strides are square")
        size, stride = layer.pool_size[0], layer.strides[0]
        padding = size - 1 if layer.padding == "same" else 0
        for n in step.inputs[0].shape[1:3]:
            total = max((-(-n // stride) - 1) * stride + size - n, 0)
            if layer.padding == "same" and total // 2 != (size - 1) // 2:
                raise _unknown(step, f"with padding same its windows on {n} pixels begin where Darknet's do not")
    reader.after(step.inputs[0])
    reader.add(step, "maxpool", {"size": size, "stride": stride, "padding": padding})


def _upsample(reader: _Reader, step: Step, layer: layers.UpSampling2D) -> None:
    if layer.interpolation != "nearest" or len({*layer.size}) > 1:
        raise _unknown(step, "Darknet repeats pixels, as often in both directions")
    reader.after(step.inputs[0])
    reader.add(step, "upsample", {"stride": layer.size[0]})


def _concatenate(reader: _Reader, step: Step, layer: layers.Concatenate) -> None:
    if layer.axis not in (-1, 3):
        raise _unknown(step, "Darknet joins channels, axis −1")
    reader.add(step, "route", {"layers": ",".join(str(_source(reader, step, x)) for x in step.inputs)})


def _add(reader: _Reader, step: Step, layer: layers.Add) -> None:
    others = [_source(reader, step, x) for x in step.inputs[1:]]
    reader.after(step.inputs[0])
    reader.add(step, "shortcut", {"from": ",".join(map(str, others)), "activation": "linear"})


def _source(reader: _Reader, step: Step, tensor: keras.KerasTensor) -> int:
    index = reader.made.get(id(tensor), -1)
    if index < 0:
        raise _unknown(step, "Darknet's routes and shortcuts cannot go back to the picture or to a padding")
    return index


def _drop(reader: _Reader, step: Step, layer: layers.Dropout) -> None:
    reader.after(step.inputs[0])
    reader.add(step, "dropout", {"probability": layer.rate})


_RULES: tuple[tuple[type | tuple[type, ...], Callable[[_Reader, Step, keras.layers.Layer], None]], ...] = (
    (layers.ZeroPadding2D, _pad),
    ((layers.Conv2D, layers.DepthwiseConv2D), _convolution),
    (layers.BatchNormalization, _normalization),
    ((layers.LeakyReLU, layers.ReLU, layers.Activation), _activate),
    ((layers.MaxPooling2D, DarknetMaxPooling2D), _pool),
    (layers.UpSampling2D, _upsample),
    (layers.Concatenate, _concatenate),
    (layers.Add, _add),
    (layers.Dropout, _drop),
)
