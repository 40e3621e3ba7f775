"""What comes out of the network → boxes: the arithmetic of ``[yolo]`` and ``[region]``.

For the cell in row r and column c of a grid of R × C, an anchor of w × h pixels and the raw numbers tx, ty, tw, th, to:

    x = (c + σ(tx)) / C · W        y = (r + σ(ty)) / R · H        (the centre, in pixels of the network's input, H × W)
    width = w · exp(tw)            height = h · exp(th)           objectness = σ(to)

With ``scale_x_y`` s, σ(tx) becomes s · σ(tx) − (s − 1) / 2. With ``new_coords`` the numbers went through a sigmoid
already, and width = w · (2 · tw)². Class probabilities are sigmoids in ``[yolo]``, and a softmax in ``[region]`` with
softmax=1. Anchors are in pixels in ``[yolo]`` and in cells in ``[region]``. Sources: Redmon and Farhadi, "YOLO9000",
2017, and "YOLOv3", 2018; ``yolo_layer.c`` and ``region_layer.c`` in Darknet; Bochkovskiy et al., "YOLOv4", 2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from cnnlab.detection.darknet.cfg import DarknetError
from cnnlab.detection.darknet.plan import Plan, mask
from cnnlab.detection.detections import Rows
from cnnlab.detection.yolo import corners, growth, sigmoid


@dataclass(frozen=True)
class Head:
    """One ``[yolo]`` or ``[region]``.

    Attributes
    ----------
    kind : ``"yolo"`` or ``"region"``
    layer : index of the section
    grid : (rows, columns)
    anchors : ((width, height), …) in pixels of the network's input
    classes : how many
    scale : scale_x_y
    new_coords : whether the numbers arrive activated
    softmax : whether the classes exclude each other
    """

    kind: str
    layer: int
    grid: tuple[int, int]
    anchors: tuple[tuple[float, float], ...]
    classes: int
    scale: float = 1.0
    new_coords: bool = False
    softmax: bool = False


@dataclass(frozen=True, eq=False)
class Candidates(Rows):
    """Boxes before non-max suppression, and where each comes from; arrays of one length.

    Attributes
    ----------
    boxes : (N, 4) float64 xyxy in pixels of the network's input
    scores : (N,) objectness · probability of the class
    labels : (N,) the most likely class
    objectness : (N,)
    heads, rows, columns, anchors : (N,) whole numbers: which head, cell and anchor
    """

    boxes: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    objectness: np.ndarray
    heads: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    anchors: np.ndarray


def heads_of(plan: Plan) -> tuple[Head, ...]:
    """The heads of a plan, in order.

    Examples
    --------
    >>> from cnnlab.detection.darknet import cfg, plan
    >>> text = "[net]\\nwidth=64\\nheight=32\\n[convolutional]\\nfilters=6\\nsize=1\\nstride=32\\nactivation=linear\\n"
    >>> head = "[region]\\nanchors=1,2\\nnum=1\\nclasses=1"  # one cell is 32 × 32 pixels
    >>> heads_of(plan.make(cfg.parse(text + head)))[0].anchors
    ((32.0, 64.0),)
    """
    height, width, _ = plan.input_shape
    heads = []
    for node in plan.heads:
        section, (rows, columns, _) = node.section, node.shape
        unit = (width / columns, height / rows) if node.kind == "region" else (1.0, 1.0)
        flat = section["anchors"]
        anchors = tuple((flat[2 * k] * unit[0], flat[2 * k + 1] * unit[1]) for k in mask(section))
        heads.append(
            Head(
                node.kind, node.index, (rows, columns), anchors, section["classes"],
                scale=section.values.get("scale_x_y", 1.0),
                new_coords=bool(section.values.get("new_coords", 0)),
                softmax=bool(section.values.get("softmax", 0)),
            )
        )  # fmt: skip
    return tuple(heads)


def decode(
    outputs: Sequence[np.ndarray],
    heads: Sequence[Head],
    input_size: tuple[int, int],
    score_threshold: float,
) -> Candidates:
    """Read boxes out of one picture's raw outputs.

    Parameters
    ----------
    outputs : (rows, columns, anchors · (5 + classes)) for each head
    heads : as many
    input_size : (height, width) of the network's input in pixels
    score_threshold : boxes with a lower score are left out

    Returns
    -------
    Candidates
        By falling score; not clipped to the input.

    Raises
    ------
    DarknetError
        If an output is not finite: the weights are not those of a trained network.

    Examples
    --------
    >>> head = Head("yolo", 1, grid=(1, 2), anchors=((8, 8),), classes=1)
    >>> output = np.full((1, 2, 6), -9.0)  # σ(−9) is almost 0: nothing there
    >>> output[0, 1] = [0, 0, 0, 0, 9, 9]  # the middle of the right cell, of the anchor's size, sure
    >>> found = decode([output], [head], input_size=(16, 32), score_threshold=0.5)
    >>> found.boxes.tolist(), found.labels.tolist()
    ([[20.0, 4.0, 28.0, 12.0]], [0])
    """
    found = [
        _decode_one(np.asarray(output), head, number, input_size, score_threshold)
        for number, (output, head) in enumerate(zip(outputs, heads, strict=True))
    ]
    joined = Candidates(
        *(np.concatenate([getattr(some, field.name) for some in found]) for field in fields(Candidates))
    )
    return joined[np.argsort(-joined.scores, kind="stable")]


def _decode_one(
    output: np.ndarray, head: Head, number: int, input_size: tuple[int, int], score_threshold: float
) -> Candidates:
    if not np.isfinite(output).all():
        raise DarknetError(
            f"the output of head {number} is not finite: these weights are not those of a trained network",
            section=head.kind,
        )
    rows, columns = head.grid
    raw = output.reshape(rows, columns, len(head.anchors), 5 + head.classes)
    activate = (lambda x: x) if head.new_coords else sigmoid
    objectness = activate(raw[..., 4].astype(np.float64))
    # A score is at most the objectness (probabilities end at 1): most cells need no further look.
    where = np.nonzero(objectness >= score_threshold)
    cells, kept, objectness = np.stack(where, axis=1), raw[where].astype(np.float64), objectness[where]
    classes = _softmax(kept[:, 5:]) if head.softmax else activate(kept[:, 5:])
    labels = classes.argmax(axis=1)
    scores = objectness * classes[np.arange(len(labels)), labels]
    sure = scores >= score_threshold
    cells, kept, labels = cells[sure], kept[sure], labels[sure]
    offsets = activate(kept[:, :2]) * head.scale - (head.scale - 1) / 2
    times = (2 * kept[:, 2:4]) ** 2 if head.new_coords else growth(kept[:, 2:4])
    boxes = corners(cells[:, :2], offsets, np.array(head.anchors)[cells[:, 2]] * times, head.grid, input_size)
    return Candidates(boxes, scores[sure], labels, objectness[sure], np.full(len(labels), number), *cells.T)


def _softmax(x: np.ndarray) -> np.ndarray:
    """Over the last axis; of (0, C) too."""
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
