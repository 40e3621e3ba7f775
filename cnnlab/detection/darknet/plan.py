"""Sections → a plan: what each layer takes, the shape it makes and the numbers it needs. Whole numbers only.

Everything that can be wrong with a network is found here, before the first array is made: routes that lead nowhere,
kernels that do not fit, heads whose channels do not match their anchors, pictures too large to compute.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from cnnlab.detection.darknet.cfg import Config, Section

IMAGE = -1  # the index that stands for the picture, as the input of layer 0
MOST_VALUES = 2**26  # of one layer's output, padding included: 256 MB of float32; yolov3 at 608² has 11.8 million
HEADS = ("region", "yolo")

Shape = tuple[int, int, int]  # (height, width, channels)


@dataclass(frozen=True)
class Slot:
    """One array of the .weights file: its name and its shape there."""

    name: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Node:
    """One layer.

    Attributes
    ----------
    index : its number, from 0; ``[net]`` is not counted
    section : where it comes from
    inputs : indices of the layers it takes; `IMAGE` is the picture
    shapes : the shape (height, width, channels) of each input
    shape : of its output
    slots : its arrays, in the order of the .weights file
    """

    index: int
    section: Section = field(repr=False)
    inputs: tuple[int, ...]
    shapes: tuple[Shape, ...]
    shape: Shape
    slots: tuple[Slot, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of its section, such as ``"convolutional"``."""
        return self.section.kind

    @property
    def numbers(self) -> int:
        """How many float32 numbers the .weights file holds for it."""
        return sum(slot.size for slot in self.slots)


@dataclass(frozen=True)
class Plan:
    """A network that fits together.

    Attributes
    ----------
    config : what it was planned from
    input_shape : of the picture, (height, width, channels)
    nodes : the layers, in order
    outputs
        indices of the layers whose values come out: the input of every head, in order; without a head the last layer
    """

    config: Config = field(repr=False)
    input_shape: Shape
    nodes: tuple[Node, ...] = field(repr=False)
    outputs: tuple[int, ...]

    @property
    def heads(self) -> tuple[Node, ...]:
        """The layers that turn numbers into boxes: ``[region]`` and ``[yolo]``."""
        return tuple(node for node in self.nodes if node.kind in HEADS)

    @property
    def parameters(self) -> int:
        """Numbers in the .weights file, its header apart."""
        return sum(node.numbers for node in self.nodes)

    @property
    def trainable(self) -> int:
        """The same without the means and variances of the batch normalisations, which are measured and not trained."""
        return sum(s.size for node in self.nodes for s in node.slots if s.name not in ("mean", "variance"))


def make(config: Config) -> Plan:
    """Plan the network of a .cfg.

    Parameters
    ----------
    config : from `cnnlab.darknet.cfg.read` or `parse`

    Raises
    ------
    DarknetError
        Naming file, line and section of what does not fit.

    Examples
    --------
    >>> from cnnlab.detection.darknet import cfg
    >>> text = "[net]\\nwidth=32\\nheight=16\\n[convolutional]\\nfilters=8\\nsize=3\\nstride=2\\npad=1\\nbatch_normalize=1\\n"
    >>> node = make(cfg.parse(text)).nodes[0]
    >>> node.shape, [slot.name for slot in node.slots], node.numbers
    ((8, 16, 8), ['bias', 'scale', 'mean', 'variance', 'kernel'], 248)
    """  # noqa: E501
    net = config.net
    image = (net["height"], net["width"], net["channels"])
    if math.prod(image) > MOST_VALUES:
        raise net.error(f"a picture of {_by(image)} has more than {MOST_VALUES:,} values", "width")
    if not config.layers:
        raise net.error("there is no layer after it")
    nodes: list[Node] = []
    for section in config.layers:
        inputs = _inputs(section, nodes)
        shapes = tuple(image if i == IMAGE else nodes[i].shape for i in inputs)
        shape = SHAPES[section.kind](section, *shapes)
        _refuse_large(section, shape, "output")
        nodes.append(Node(len(nodes), section, inputs, shapes, shape, _slots(section, shapes[0])))
    outputs = tuple(node.inputs[0] for node in nodes if node.kind in HEADS) or (nodes[-1].index,)
    used = {i for node in nodes for i in node.inputs}.union(outputs)
    for node in nodes:  # Keras would drop a layer that nothing uses without a word, and its weights with it
        if node.index not in used and node.kind not in HEADS:
            raise node.section.error(f"layer {node.index} leads nowhere: no later section takes it")
    return Plan(config, image, tuple(nodes), outputs)


def _inputs(section: Section, nodes: list[Node]) -> tuple[int, ...]:
    """Indices of the layers that `section`, the next one, takes."""
    previous = len(nodes) - 1  # the picture for the first layer
    if section.kind == "route":
        inputs = tuple(_resolved(section, "layers", nodes))
    elif section.kind == "shortcut":
        inputs = (previous, *_resolved(section, "from", nodes))
    else:
        inputs = (previous,)
    for i in inputs:
        if i != IMAGE and nodes[i].kind in (*HEADS, "cost"):
            what = "it" if nodes[i].kind == "cost" else "a head"
            raise section.error(f"it takes layer {i}, a [{nodes[i].kind}]: nothing may follow {what}")
    if section.kind in HEADS and inputs == (IMAGE,):
        raise section.error("a head must follow a layer")
    return inputs


def _resolved(section: Section, option: str, nodes: list[Node]) -> list[int]:
    """The layers that a route or a shortcut names: from 0 on, or counted back from itself."""
    here = len(nodes)
    found = []
    for number in section[option]:
        index = number if number >= 0 else here + number
        if not 0 <= index < here:
            what = f"layer {number}" if number >= 0 else f"layer {here} {number} = {index}".replace("-", "− ", 1)
            rule = f"`{option}` must name layers before this one, which is layer {here}"
            raise section.error(f"{rule}. Received: {number}, {what}", option)
        found.append(index)
    return found


# --- one rule for each section: (section, shape of each input) → shape of the output ----------------------------------


def conv_window(section: Section) -> tuple[int, int, int, int]:
    """Size, stride, dilation and padding on each side, in pixels, of a convolution.

    With pad=1 the padding is ``size // 2``; a dilation stretches it, and Darknet ignores the dilation of 1×1 kernels.
    """
    size = section["size"]
    dilation = section["dilation"] if size > 1 else 1
    padding = size // 2 if section["pad"] else section["padding"]
    return size, section["stride"], dilation, padding * dilation


def _convolutional(section: Section, shape: Shape) -> Shape:
    height, width, channels = shape
    filters, groups = section["filters"], section["groups"]
    for name, count in (("channels that arrive", channels), ("filters", filters)):
        if count % groups:
            raise section.error(f"`groups` {groups} must divide the {count} {name}", "groups")
    size, stride, dilation, padding = conv_window(section)
    if dilation > 1 and stride > 1:
        raise section.error("`dilation` and `stride` must not both be above 1", "dilation")
    reach = dilation * (size - 1) + 1
    if dilation > 1 and reach != 2 * padding + 1:  # Darknet sizes the output without the dilation: both agree only here
        rule = f"a dilated kernel of {size} must be padded by {size // 2} on each side and be odd"
        raise section.error(rule, "dilation")
    padded = (height + 2 * padding, width + 2 * padding, channels)
    if min(padded[:2]) < reach:
        raise section.error(f"a kernel of {reach} does not fit an input of {_by(padded)}, padding included")
    _refuse_large(section, padded, "padded input")
    return (padded[0] - reach) // stride + 1, (padded[1] - reach) // stride + 1, filters


def _slots(section: Section, shape: Shape) -> tuple[Slot, ...]:
    """The arrays of a section that takes `shape`, in the order of the file."""
    if section.kind == "convolutional":
        outputs, size = section["filters"], section["size"]
        kernel = (outputs, shape[2] // section["groups"], size, size)
    elif section.kind == "connected":
        outputs = section["output"]
        kernel = (outputs, math.prod(shape))
    else:
        return ()
    names = ["bias", *(("scale", "mean", "variance") if section["batch_normalize"] else ())]
    names.insert(1 if section.kind == "connected" else len(names), "kernel")
    return tuple(Slot(name, kernel if name == "kernel" else (outputs,)) for name in names)


def _connected(section: Section, shape: Shape) -> Shape:
    return 1, 1, section["output"]


def pool_window(section: Section) -> tuple[int, int, int]:
    """Size, stride and padding (both sides together) of a maxpool; Darknet's padding is size − 1 unless given."""
    stride = section["stride"]
    size = section["size"] or stride
    padding = section["padding"] if section["padding"] >= 0 else size - 1
    return size, stride, padding


def _maxpool(section: Section, shape: Shape) -> Shape:
    height, width, channels = shape
    size, stride, padding = pool_window(section)
    if padding > 2 * (size - 1):  # or a window could lie in the padding alone, where there is no maximum
        raise section.error(f"`padding` must be at most 2 · (size − 1) = {2 * size - 2}", "padding")
    if min(height, width) + padding < size:
        raise section.error(f"a window of {size} does not fit an input of {_by(shape)}", "size")
    _refuse_large(section, (height + padding, width + padding, channels), "padded input")
    return (height + padding - size) // stride + 1, (width + padding - size) // stride + 1, channels


def _avgpool(section: Section, shape: Shape) -> Shape:
    return 1, 1, shape[2]


def _route(section: Section, *shapes: Shape) -> Shape:
    groups, group = section["groups"], section["group_id"]
    if len({shape[:2] for shape in shapes}) > 1:
        sizes = " and ".join(_by(shape) for shape in shapes)
        raise section.error(f"`layers` must have one height and width. Received: {sizes}", "layers")
    if group >= groups:
        raise section.error(f"`group_id` must be below `groups` {groups}. Received: {group}", "group_id")
    for shape in shapes:
        if shape[2] % groups:
            raise section.error(f"`groups` {groups} must divide the {shape[2]} channels", "groups")
    return *shapes[0][:2], sum(shape[2] // groups for shape in shapes)


def _shortcut(section: Section, before: Shape, *others: Shape) -> Shape:
    for shape in others:
        step = shortcut_step(shape, before)
        if shape[:2] != (step * before[0], step * before[1]):
            rule = f"`from` must have the height and width of the layer before, or a multiple of both, {_by(before)}"
            raise section.error(f"{rule}. Received: {_by(shape)}", "from")
    return before


def shortcut_step(shape: Shape, target: Shape) -> int:
    """How many pixels of a shortcut's input lie between two that are added to a map of the size of `target`.

    Of a map twice as large every second pixel of every second row is taken, as by ``shortcut_cpu`` in ``src/blas.c``
    of J. Redmon's Darknet. A. Bochkovskiy's does not look at the shapes: with it, such a network answers otherwise.
    """
    return max(shape[0] // target[0], 1)


def _upsample(section: Section, shape: Shape) -> Shape:
    return shape[0] * section["stride"], shape[1] * section["stride"], shape[2]


def _reorg(section: Section, shape: Shape) -> Shape:
    (height, width, channels), stride = shape, section["stride"]
    if height % stride or width % stride or channels % stride**2:
        rule = f"`stride` {stride} must divide height and width, and its square the channels"
        raise section.error(f"{rule}. Received: {_by(shape)}", "stride")
    return height // stride, width // stride, channels * stride**2


def _crop(section: Section, shape: Shape) -> Shape:
    rows, columns = section["crop_height"], section["crop_width"]
    if rows > shape[0] or columns > shape[1]:
        raise section.error(f"{rows}×{columns} pixels cannot be cut out of {_by(shape)}", "crop_height")
    return rows, columns, shape[2]


def _unchanged(section: Section, shape: Shape) -> Shape:
    return shape


def _softmax(section: Section, shape: Shape) -> Shape:
    if shape[:2] != (1, 1):
        raise section.error(f"it must follow a layer of 1×1 pixels. Received: {_by(shape)}")
    return shape


def _head(section: Section, shape: Shape) -> Shape:
    numbers, pairs = len(section["anchors"]), section["num"]
    if numbers != 2 * pairs:
        raise section.error(f"`anchors` must hold `num` = {pairs} pairs. Received: {numbers} numbers", "anchors")
    own = mask(section)
    if max(own) >= pairs:
        raise section.error(f"`mask` must be below `num` {pairs}. Received: {max(own)}", "mask")
    needed = len(own) * (5 + section["classes"])
    if shape[2] != needed:
        count = f"{len(own)} anchor{'s' if len(own) > 1 else ''} of 5 + {section['classes']} numbers"
        raise section.error(f"{count} need {needed} channels. Received: {shape[2]} from the layer before")
    return shape


def mask(section: Section) -> tuple[int, ...]:
    """Which of its anchors a head uses: a yolo's mask, all where there is none."""
    return section.values.get("mask") or tuple(range(section["num"]))


def _refuse_large(section: Section, shape: Shape, what: str) -> None:
    if math.prod(shape) > MOST_VALUES:
        raise section.error(f"its {what} of {_by(shape)} has more than {MOST_VALUES:,} values")


def _by(shape: Shape) -> str:
    height, width, channels = shape
    return f"{height}×{width}×{channels}"


SHAPES: dict[str, Callable[..., Shape]] = {
    "convolutional": _convolutional, "connected": _connected, "maxpool": _maxpool, "avgpool": _avgpool,
    "route": _route, "shortcut": _shortcut, "upsample": _upsample, "reorg": _reorg, "crop": _crop,
    "dropout": _unchanged, "softmax": _softmax, "cost": _unchanged, "region": _head, "yolo": _head,
}  # fmt: skip
