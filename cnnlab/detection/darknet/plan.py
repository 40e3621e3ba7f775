"""Sections → a plan: what each layer takes, the shape it makes and the numbers it needs. Whole numbers only.

Everything that can be wrong with a network is found here, before the first array is made: routes that lead nowhere,
kernels that do not fit, heads whose channels do not match their anchors, pictures too large to compute.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from cnnlab.detection.darknet.cfg import Config, Section
from cnnlab.detection.darknet.error import DarknetError

IMAGE = -1  # the index that stands for the picture, as the input of layer 0
MOST_VALUES = (
    2**26
)  # values of one layer's output, padding included: 256 MB of float32; yolov3 at 608² has 11.8 million

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

    @property
    def padding(self) -> int:
        """Pixels that a convolution adds on each side: ``size // 2`` with pad=1, stretched by the dilation."""
        section = self.section
        each = section["size"] // 2 if section["pad"] else section["padding"]
        return each * self.dilation

    @property
    def dilation(self) -> int:
        """Distance between a convolution's taps; Darknet ignores it for 1×1 kernels."""
        return self.section["dilation"] if self.section["size"] > 1 else 1


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
        return tuple(node for node in self.nodes if node.kind in ("region", "yolo"))

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
        raise config.error(f"a picture of {_by(image)} has more than {MOST_VALUES:,} values", net, "width")
    if not config.layers:
        raise config.error("there is no layer after it", net)
    nodes: list[Node] = []
    for section in config.layers:
        inputs = _inputs(config, section, nodes)
        shapes = tuple(image if i == IMAGE else nodes[i].shape for i in inputs)
        shape, slots = _RULES[section.kind](config, section, shapes)
        if math.prod(shape) > MOST_VALUES:
            raise config.error(f"its output of {_by(shape)} has more than {MOST_VALUES:,} values", section)
        nodes.append(Node(len(nodes), section, inputs, shapes, shape, slots))
    plan = Plan(config, image, tuple(nodes), _outputs(nodes))
    _refuse_dead_ends(plan)
    return plan


def _outputs(nodes: list[Node]) -> tuple[int, ...]:
    heads = [node for node in nodes if node.kind in ("region", "yolo")]
    return tuple(node.inputs[0] for node in heads) or (nodes[-1].index,)


def _inputs(config: Config, section: Section, nodes: list[Node]) -> tuple[int, ...]:
    """Indices of the layers that `section`, the next one, takes."""
    previous = len(nodes) - 1  # the picture for the first layer
    if section.kind == "route":
        inputs = tuple(_resolved(config, section, "layers", nodes))
    elif section.kind == "shortcut":
        inputs = (previous, *_resolved(config, section, "from", nodes))
    else:
        inputs = (previous,)
    for i in inputs:
        if i != IMAGE and nodes[i].kind in ("region", "yolo", "cost"):
            what = "it" if nodes[i].kind == "cost" else "a head"
            raise config.error(f"it takes layer {i}, a [{nodes[i].kind}]: nothing may follow {what}", section)
    if section.kind in ("region", "yolo") and inputs == (IMAGE,):
        raise config.error("a head must follow a layer", section)
    return inputs


def _resolved(config: Config, section: Section, option: str, nodes: list[Node]) -> list[int]:
    """The layers that a route or a shortcut names: from 0 on, or counted back from itself."""
    here = len(nodes)
    found = []
    for number in section[option]:
        index = number if number >= 0 else here + number
        if not 0 <= index < here:
            what = f"layer {number}" if number >= 0 else f"layer {here} {number} = {index}".replace("-", "− ", 1)
            raise config.error(
                f"`{option}` must name layers before this one, which is layer {here}. Received: {number}, {what}",
                section, option,
            )  # fmt: skip
        found.append(index)
    return found


def _refuse_dead_ends(plan: Plan) -> None:
    """Keras would drop a layer that nothing uses without a word, and its weights with it."""
    used = {i for node in plan.nodes for i in node.inputs} | set(plan.outputs)
    for node in plan.nodes:
        if node.index not in used and node.kind not in ("region", "yolo"):
            raise plan.config.error(f"layer {node.index} leads nowhere: no later section takes it", node.section)


# --- one rule a section: (config, section, shapes of the inputs) → (shape of the output, its arrays) ------------------

Rule = Callable[[Config, Section, tuple[Shape, ...]], tuple[Shape, tuple[Slot, ...]]]


def _convolutional(config: Config, section: Section, shapes: tuple[Shape, ...]) -> tuple[Shape, tuple[Slot, ...]]:
    height, width, channels = shapes[0]
    filters, size, stride, groups = (section[name] for name in ("filters", "size", "stride", "groups"))
    for name, count in (("channels that arrive", channels), ("filters", filters)):
        if count % groups:
            raise config.error(f"`groups` {groups} must divide the {count} {name}", section, "groups")
    padding = section["size"] // 2 if section["pad"] else section["padding"]
    dilation = section["dilation"] if size > 1 else 1
    if dilation > 1 and stride > 1:
        raise config.error("`dilation` and `stride` must not both be above 1", section, "dilation")
    if dilation > 1 and size != 2 * padding + 1:
        raise config.error(  # Darknet sizes the output without the dilation: only here do both rules agree
            f"a dilated kernel of {size} must be padded by {size // 2} on each side and be odd", section, "dilation"
        )
    reach = dilation * (size - 1) + 1
    padded = (height + 2 * padding * dilation, width + 2 * padding * dilation, channels)
    if min(padded[:2]) < reach:
        raise config.error(f"a kernel of {reach} does not fit an input of {_by(padded)}, padding included", section)
    _refuse_large(config, section, padded)
    shape = ((padded[0] - reach) // stride + 1, (padded[1] - reach) // stride + 1, filters)
    kernel = Slot("kernel", (filters, channels // groups, size, size))
    return shape, (Slot("bias", (filters,)), *_normalization(section, filters), kernel)


def _normalization(section: Section, filters: int) -> tuple[Slot, ...]:
    if not section["batch_normalize"]:
        return ()
    return tuple(Slot(name, (filters,)) for name in ("scale", "mean", "variance"))


def _connected(config: Config, section: Section, shapes: tuple[Shape, ...]) -> tuple[Shape, tuple[Slot, ...]]:
    outputs = section["output"]
    kernel = Slot("kernel", (outputs, math.prod(shapes[0])))
    return (1, 1, outputs), (Slot("bias", (outputs,)), kernel, *_normalization(section, outputs))


def pool_window(section: Section) -> tuple[int, int, int]:
    """Size, stride and padding (both sides together) of a maxpool; Darknet's padding is size − 1 unless given."""
    stride = section["stride"]
    size = section["size"] or stride
    padding = section["padding"] if section["padding"] >= 0 else size - 1
    return size, stride, padding


def _maxpool(config: Config, section: Section, shapes: tuple[Shape, ...]) -> tuple[Shape, tuple[Slot, ...]]:
    height, width, channels = shapes[0]
    size, stride, padding = pool_window(section)
    if padding > 2 * (size - 1):  # or a window could lie in the padding alone, where there is no maximum
        raise config.error(f"`padding` must be at most 2 · (size − 1) = {2 * size - 2}", section, "padding")
    if min(height, width) + padding < size:
        raise config.error(f"a window of {size} does not fit an input of {_by(shapes[0])}", section, "size")
    _refuse_large(config, section, (height + padding, width + padding, channels))
    shape = ((height + padding - size) // stride + 1, (width + padding - size) // stride + 1, channels)
    return shape, ()


def _refuse_large(config: Config, section: Section, padded: Shape) -> None:
    if math.prod(padded) > MOST_VALUES:
        raise config.error(f"its padded input of {_by(padded)} has more than {MOST_VALUES:,} values", section)


def _avgpool(config: Config, section: Section, shapes: tuple[Shape, ...]) -> tuple[Shape, tuple[Slot, ...]]:
    return (1, 1, shapes[0][2]), ()


def _route(config: Config, section: Section, shapes: tuple[Shape, ...]) -> tuple[Shape, tuple[Slot, ...]]:
    groups, group = section["groups"], section["group_id"]
    if len({shape[:2] for shape in shapes}) > 1:
        sizes = " and ".join(_by(shape) for shape in shapes)
        raise config.error(f"`layers` must have one height and width. Received: {sizes}", section, "layers")
    if group >= groups:
        raise config.error(f"`group_id` must be below `groups` {groups}. Received: {group}", section, "group_id")
    for shape in shapes:
        if shape[2] % groups:
            raise config.error(f"`groups` {groups} must divide the {shape[2]} channels", section, "groups")
    return (*shapes[0][:2], sum(shape[2] // groups for shape in shapes)), ()


def _shortcut(config: Config, section: Section, shapes: tuple[Shape, ...]) -> tuple[Shape, tuple[Slot, ...]]:
    for shape in shapes[1:]:
        step = shortcut_step(shape, shapes[0])
        if shape[:2] != (step * shapes[0][0], step * shapes[0][1]):
            raise config.error(
                "`from` must have the height and width of the layer before, or a multiple of both, "
                f"{_by(shapes[0])}. Received: {_by(shape)}",
                section, "from",
            )  # fmt: skip
    return shapes[0], ()


def shortcut_step(shape: Shape, target: Shape) -> int:
    """How many pixels of a shortcut's input lie between two that are added to a map of the size of `target`.

    Of a map twice as large every second pixel of every second row is taken, as by ``shortcut_cpu`` in ``src/blas.c``
    of J. Redmon's Darknet. A. Bochkovskiy's does not look at the shapes: with it, such a network answers otherwise.
    """
    return max(shape[0] // target[0], 1)


def _upsample(config: Config, section: Section, shapes: tuple[Shape, ...]) -> tuple[Shape, tuple[Slot, ...]]:
    height, width, channels = shapes[0]
    return (height * section["stride"], width * section["stride"], channels), ()


def _reorg(config: Config, section: Section, shapes: tuple[Shape, ...]) -> tuple[Shape, tuple[Slot, ...]]:
    (height, width, channels), stride = shapes[0], section["stride"]
    if height % stride or width % stride or channels % stride**2:
        raise config.error(
            f"`stride` {stride} must divide height and width, and its square the channels. Received: {_by(shapes[0])}",
            section, "stride",
        )  # fmt: skip
    return (height // stride, width // stride, channels * stride**2), ()


def _crop(config: Config, section: Section, shapes: tuple[Shape, ...]) -> tuple[Shape, tuple[Slot, ...]]:
    height, width, channels = shapes[0]
    rows, columns = section["crop_height"], section["crop_width"]
    if rows > height or columns > width:
        raise config.error(f"{rows}×{columns} pixels cannot be cut out of {_by(shapes[0])}", section, "crop_height")
    return (rows, columns, channels), ()


def _dropout(config: Config, section: Section, shapes: tuple[Shape, ...]) -> tuple[Shape, tuple[Slot, ...]]:
    return shapes[0], ()


def _cost(config: Config, section: Section, shapes: tuple[Shape, ...]) -> tuple[Shape, tuple[Slot, ...]]:
    return shapes[0], ()  # the loss, in training


def _softmax(config: Config, section: Section, shapes: tuple[Shape, ...]) -> tuple[Shape, tuple[Slot, ...]]:
    if shapes[0][:2] != (1, 1):
        raise config.error(f"it must follow a layer of 1×1 pixels. Received: {_by(shapes[0])}", section)
    return shapes[0], ()


def _head(config: Config, section: Section, shapes: tuple[Shape, ...]) -> tuple[Shape, tuple[Slot, ...]]:
    anchors, number = section["anchors"], section["num"]
    if len(anchors) != 2 * number:
        raise config.error(
            f"`anchors` must hold `num` = {number} pairs. Received: {len(anchors)} numbers", section, "anchors"
        )
    own = mask(section)
    if max(own) >= number:
        raise config.error(f"`mask` must be below `num` {number}. Received: {max(own)}", section, "mask")
    each = 5 + section["classes"]
    if shapes[0][2] != len(own) * each:
        count = f"{len(own)} anchor{'s' if len(own) > 1 else ''} of 5 + {section['classes']} numbers"
        raise config.error(
            f"{count} need {len(own) * each} channels. Received: {shapes[0][2]} from the layer before", section
        )
    return shapes[0], ()


def mask(section: Section) -> tuple[int, ...]:
    """Which of its anchors a head uses: a yolo's mask, all where there is none."""
    return section.values.get("mask") or tuple(range(section["num"]))


def _by(shape: Shape) -> str:
    height, width, channels = shape
    return f"{height}×{width}×{channels}"


_RULES: dict[str, Rule] = {
    "convolutional": _convolutional, "connected": _connected, "maxpool": _maxpool, "avgpool": _avgpool,
    "route": _route, "shortcut": _shortcut, "upsample": _upsample, "reorg": _reorg, "crop": _crop, "dropout": _dropout,
    "softmax": _softmax, "cost": _cost, "region": _head, "yolo": _head,
}  # fmt: skip

__all__ = ["IMAGE", "DarknetError", "Node", "Plan", "Slot", "make", "mask", "pool_window", "shortcut_step"]
