"""A plan + arrays → a `keras.Model`: every section becomes public Keras layers, named after its number.

Layer 12 of the .cfg, a convolution, is ``conv_12``, ``bn_12`` and ``leaky_12`` here. OpenCV's reader gives the same
names to ``conv_``, ``bn_``, ``pool_``, ``concat_``, ``shortcut_``, ``upsample_``, ``reorg_``, ``avgpool_`` and
``softmax_``, so that one layer can be looked up in both. Its activations count one further (``leaky_13``), its
``[connected]`` is ``fullyConnected_12``, and what computes nothing, such as a route to one layer, is ``identity_12``
there and no layer here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import keras
import numpy as np
from keras import layers

from cnnlab.detection.darknet.plan import IMAGE, Node, Plan, conv_window, pool_window, shortcut_step
from cnnlab.detection.darknet.weights import Arrays
from cnnlab.models.layers import ChannelPadding, ChannelSlice, DarknetMaxPooling2D, GroupedConv2D

# Of the batch normalisation, as Darknet and OpenCV have it: with 1e-5 YOLO-Fastest's heads differ from OpenCV's by one
# part in 2,000, with 1e-6 by one in 500,000. Keras' default, 1e-3, gives other boxes.
EPSILON = 1e-6

Tensors = list[keras.KerasTensor]


def build(plan: Plan) -> keras.Model:
    """Build the Keras model of a plan, its kernels zero: `fill` puts a file's numbers into them.

    Parameters
    ----------
    plan : from `cnnlab.darknet.plan.make`

    Returns
    -------
    keras.Model
        Functional, not compiled. Takes (N, H, W, C) pictures from 0 to 1. Returns what goes into the heads, in their
        order: (N, h, w, anchors · (5 + classes)) each, one tensor when there is one head. Without a head it returns the
        last layer.

    Examples
    --------
    >>> from cnnlab.detection.darknet import cfg, plan
    >>> section = "[convolutional]\\nfilters=8\\nsize=3\\nstride=2\\npad=1\\nactivation=leaky"
    >>> text = "[net]\\nwidth=32\\nheight=16\\n" + section
    >>> [layer.name for layer in build(plan.make(cfg.parse(text))).layers]
    ['image', 'pad_0', 'conv_0', 'leaky_0']
    """
    image = keras.Input(plan.input_shape, name="image")
    made: Tensors = []
    for node in plan.nodes:
        inputs = [image if i == IMAGE else made[i] for i in node.inputs]
        made.append(_BUILDERS[node.kind](node, inputs))
    outputs = [made[i] for i in plan.outputs]
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", plan.config.file.rsplit(".", 1)[0]) or "darknet"
    return keras.Model(image, outputs[0] if len(outputs) == 1 else outputs, name=name)


def _kernel_to_keras(node: Node, kernel: np.ndarray) -> np.ndarray:
    """Darknet's (out, in / groups, h, w) as Keras' (h, w, in / groups, out), or what the node's layer takes."""
    if node.kind == "connected":
        return kernel.T
    if is_depthwise(node):
        channels = node.section["groups"]
        out, _, height, width = kernel.shape
        return kernel.transpose(2, 3, 0, 1).reshape(height, width, channels, out // channels)
    return kernel.transpose(2, 3, 1, 0)


def kernel_to_darknet(kernel: np.ndarray, depthwise: bool) -> np.ndarray:
    """A Keras layer's kernel in Darknet's layout: (out, in / groups, h, w), or (out, in) of a connected layer."""
    if kernel.ndim == 2:
        return kernel.T
    if depthwise:
        height, width, channels, each = kernel.shape
        return kernel.reshape(height, width, channels * each)[None].transpose(3, 0, 1, 2)
    return kernel.transpose(3, 2, 0, 1)


def _variables(built: keras.Model, node: Node) -> dict[str, object]:
    """The Keras variable of each of the node's slots."""
    main = built.get_layer(f"conv_{node.index}" if node.kind == "convolutional" else f"fc_{node.index}")
    if not node.section["batch_normalize"]:
        return {"kernel": main.kernel, "bias": main.bias}
    norm = built.get_layer(f"bn_{node.index}")
    statistics = {"scale": norm.gamma, "mean": norm.moving_mean, "variance": norm.moving_variance}
    return {"kernel": main.kernel, "bias": norm.beta, **statistics}


def fill(built: keras.Model, node: Node, arrays: Arrays) -> None:
    """Put the arrays of one layer, as the .weights file holds them, into the model.

    Parameters
    ----------
    built : from `build`
    node : a layer of the plan it was built from
    arrays : by the names of ``node.slots``
    """
    variables = _variables(built, node)
    for slot in node.slots:
        values = arrays[slot.name]
        variables[slot.name].assign(_kernel_to_keras(node, values) if slot.name == "kernel" else values)


def arrays_of(built: keras.Model, node: Node) -> Arrays:
    """The arrays of one layer, as a .weights file holds them: `fill` backwards."""
    arrays = {}
    for name, variable in _variables(built, node).items():
        values = np.asarray(variable)
        arrays[name] = kernel_to_darknet(values, is_depthwise(node)) if name == "kernel" else values
    return arrays


def is_depthwise(node: Node) -> bool:
    """Whether each channel has filters of its own: Keras has a faster layer for that."""
    return node.kind == "convolutional" and node.section["groups"] == node.shapes[0][2] > 1


# --- one builder for each section: (node, inputs) → its output --------------------------------------------------------


def _finished(x: keras.KerasTensor, node: Node) -> keras.KerasTensor:
    """Batch normalization, where the section has it, and the activation."""
    if node.section.values.get("batch_normalize"):
        x = layers.BatchNormalization(epsilon=EPSILON, name=f"bn_{node.index}")(x)
    kind = node.section["activation"]
    if kind == "linear":
        return x
    if kind == "leaky":
        return layers.LeakyReLU(negative_slope=0.1, name=f"leaky_{node.index}")(x)
    keras_name = {"logistic": "sigmoid", "swish": "silu"}.get(kind, kind)
    return layers.Activation(keras_name, name=f"{kind}_{node.index}")(x)


def _convolutional(node: Node, inputs: Tensors) -> keras.KerasTensor:
    section, x = node.section, inputs[0]
    size, stride, dilation, padding = conv_window(section)
    # With stride 1 and an odd kernel, Keras' "same" is Darknet's symmetric padding; elsewhere it is not.
    same = stride == 1 and 2 * padding == dilation * (size - 1)
    if padding and not same:
        x = layers.ZeroPadding2D(padding, name=f"pad_{node.index}")(x)
    filters, groups = section["filters"], section["groups"]
    common = {
        "kernel_size": size,
        "strides": stride,
        "dilation_rate": dilation,
        "padding": "same" if same else "valid",
        "use_bias": not section["batch_normalize"],
        "name": f"conv_{node.index}",
    }
    if is_depthwise(node):
        layer = layers.DepthwiseConv2D(depth_multiplier=filters // groups, depthwise_initializer="zeros", **common)
    elif groups > 1:
        layer = GroupedConv2D(filters, groups=groups, kernel_initializer="zeros", **common)
    else:
        layer = layers.Conv2D(filters, kernel_initializer="zeros", **common)
    return _finished(layer(x), node)


def _connected(node: Node, inputs: Tensors) -> keras.KerasTensor:
    outputs, use_bias = node.section["output"], not node.section["batch_normalize"]
    x = layers.Permute((3, 1, 2), name=f"permute_{node.index}")(inputs[0])  # Darknet counts channels first
    x = layers.Flatten(name=f"flatten_{node.index}")(x)
    x = layers.Dense(outputs, use_bias=use_bias, kernel_initializer="zeros", name=f"fc_{node.index}")(x)
    return layers.Reshape((1, 1, outputs), name=f"reshape_{node.index}")(_finished(x, node))


def _maxpool(node: Node, inputs: Tensors) -> keras.KerasTensor:
    size, stride, padding = pool_window(node.section)
    name = f"pool_{node.index}"
    if padding == size - 1 and all(_same_starts(n, size, stride) for n in node.shapes[0][:2]):
        return layers.MaxPooling2D(size, stride, padding="same", name=name)(inputs[0])
    return DarknetMaxPooling2D(size, stride, padding, name=name)(inputs[0])


def _same_starts(n: int, size: int, stride: int) -> bool:
    """Whether Keras' "same" puts the windows of an axis of `n` pixels where a padding of size − 1 does."""
    outputs = -(-n // stride)
    total = max((outputs - 1) * stride + size - n, 0)
    return total // 2 == (size - 1) // 2 and (n - 1) // stride + 1 == outputs


def _avgpool(node: Node, inputs: Tensors) -> keras.KerasTensor:
    return layers.GlobalAveragePooling2D(keepdims=True, name=f"avgpool_{node.index}")(inputs[0])


def _route(node: Node, inputs: Tensors) -> keras.KerasTensor:
    groups, group = node.section["groups"], node.section["group_id"]
    if groups > 1:
        counts = [shape[2] // groups for shape in node.shapes]
        inputs = [
            ChannelSlice(group * count, count, name=f"group_{node.index}_{number}")(x)
            for number, (x, count) in enumerate(zip(inputs, counts, strict=True))
        ]
    return inputs[0] if len(inputs) == 1 else layers.Concatenate(name=f"concat_{node.index}")(inputs)


def _shortcut(node: Node, inputs: Tensors) -> keras.KerasTensor:
    channels = node.shape[2]
    added = [inputs[0]]
    for number, (x, shape) in enumerate(zip(inputs[1:], node.shapes[1:], strict=True)):
        if shape[2] > channels:
            x = ChannelSlice(0, channels, name=f"cut_{node.index}_{number}")(x)
        elif shape[2] < channels:
            x = ChannelPadding(channels - shape[2], name=f"fill_{node.index}_{number}")(x)
        step = shortcut_step(shape, node.shape)
        if step > 1:
            x = layers.MaxPooling2D(1, step, name=f"thin_{node.index}_{number}")(x)  # windows of one pixel
        added.append(x)
    return _finished(layers.Add(name=f"shortcut_{node.index}")(added), node)


def _upsample(node: Node, inputs: Tensors) -> keras.KerasTensor:
    return layers.UpSampling2D(node.section["stride"], name=f"upsample_{node.index}")(inputs[0])


def _reorg(node: Node, inputs: Tensors) -> keras.KerasTensor:
    """Darknet's reorg, as it is and not as it was meant: it reads the channels as if they lay side by side.

    The picture's memory, channels first, is read as (C / s² · H, s, W, s); moving both s to the front gives the
    output's memory. Source: ``reorg_cpu`` in ``src/blas.c``.
    """
    (height, width, channels), stride = node.shapes[0], node.section["stride"]
    x = layers.Permute((3, 1, 2), name=f"reorg_{node.index}_first")(inputs[0])
    x = layers.Reshape((channels // stride**2 * height, stride, width, stride), name=f"reorg_{node.index}_split")(x)
    x = layers.Permute((2, 4, 1, 3), name=f"reorg_{node.index}_turn")(x)
    shape = (channels * stride**2, height // stride, width // stride)
    x = layers.Reshape(shape, name=f"reorg_{node.index}_join")(x)
    return layers.Permute((2, 3, 1), name=f"reorg_{node.index}")(x)


def _crop(node: Node, inputs: Tensors) -> keras.KerasTensor:
    """The middle of the picture, its brightness from −1 to 1; in training Darknet takes a random part."""
    (height, width, _), (rows, columns, _) = node.shapes[0], node.shape
    top, left = (height - rows) // 2, (width - columns) // 2
    sides = (top, height - rows - top), (left, width - columns - left)
    x = layers.Cropping2D(sides, name=f"crop_{node.index}")(inputs[0])
    return x if node.section["noadjust"] else layers.Rescaling(2, -1, name=f"adjust_{node.index}")(x)


def _dropout(node: Node, inputs: Tensors) -> keras.KerasTensor:
    return layers.Dropout(node.section["probability"], name=f"dropout_{node.index}")(inputs[0])


def _softmax(node: Node, inputs: Tensors) -> keras.KerasTensor:
    x, temperature = inputs[0], node.section["temperature"]
    if temperature != 1:
        x = layers.Rescaling(1 / temperature, name=f"temper_{node.index}")(x)
    return layers.Softmax(name=f"softmax_{node.index}")(x)


def _nothing(node: Node, inputs: Tensors) -> keras.KerasTensor:
    return inputs[0]  # a loss counts in training only, and boxes are decoded outside the model, in NumPy


_BUILDERS: dict[str, Callable[[Node, Tensors], keras.KerasTensor]] = {
    "convolutional": _convolutional, "connected": _connected, "maxpool": _maxpool, "avgpool": _avgpool,
    "route": _route, "shortcut": _shortcut, "upsample": _upsample, "reorg": _reorg, "crop": _crop, "dropout": _dropout,
    "softmax": _softmax, "cost": _nothing, "region": _nothing, "yolo": _nothing,
}  # fmt: skip
