"""Boxes to a grid of numbers and back: what a YOLO network is asked to say, and how its answer is read.

A picture is divided into a grid. The cell in which the centre of a box lies is responsible for it, with the anchor most
like it in shape. That cell and anchor hold 5 + C numbers, in the order of Darknet's ``[yolo]`` layer::

    x, y        where the centre lies in its cell, 0 at its left or upper border and 1 at the other
    tw, th      ln(width / anchor width), ln(height / anchor height)
    objectness  1 where an object is, 0 elsewhere
    classes     C numbers, 1 for the object's class

A network's outputs are the same numbers before a sigmoid, except tw and th: `activate` puts the sigmoid on. So
`decode` reads targets and activated outputs alike, and ``decode(encode(boxes))`` gives the boxes back.

Grids are (rows, columns) and image sizes (height, width); boxes, offsets and anchors have x before y. The crossing
happens in `responsible` and `corners`. Source: Redmon and Farhadi, "YOLOv3: An Incremental Improvement", 2018, section 2.1.
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnnlab.arithmetic.boxes import check as check_boxes
from cnnlab.common.validate import check_fraction, check_int, check_rank, pair
from cnnlab.detection.anchors import assign
from cnnlab.detection.anchors import check as check_anchors
from cnnlab.detection.detections import Detections, check_labels

X, Y, W, H, OBJECTNESS, CLASSES = range(6)  # places in the last axis; the classes go on from the last of these
_MOST_LOG = 10.0  # an untrained network may say anything: e^10 anchors is more than any picture, and still a number


@dataclass(frozen=True, eq=False)
class Responsible:
    """Which cell and anchor each of N boxes belongs to; each attribute is (N,) int64, −1 where the box has none.

    A box has none if it has no area or its centre lies outside the picture.

    Attributes
    ----------
    scale : which of the grids
    row, column : of the cell in that grid
    anchor : which of that grid's anchors
    """

    scale: np.ndarray
    row: np.ndarray
    column: np.ndarray
    anchor: np.ndarray


def responsible(boxes: np.ndarray, anchors: object, grid: object, image_size: tuple[int, int]) -> Responsible:
    """Find the cell and the anchor for every box: the cell holds its centre, the anchor is most like it in shape.

    Parameters
    ----------
    boxes : (N, 4) xyxy in pixels
    anchors : (A, 2) widths and heights in pixels; for several grids a list of such arrays, one for each grid
    grid : (rows, columns), or a list of them
    image_size : (height, width) in pixels

    Returns
    -------
    Responsible
        A centre on the border between cells belongs to the right or lower one; on the picture's last border, to the
        last cell.

    Examples
    --------
    >>> where = responsible([(10, 40, 30, 60)], [(20, 20), (50, 50)], grid=(3, 3), image_size=(90, 90))
    >>> where.row.tolist(), where.column.tolist(), where.anchor.tolist()
    ([1], [0], [0])
    """
    anchors, grids, _ = _scales(anchors, grid)
    return _responsible(check_boxes(boxes), anchors, grids, pair(image_size, "image_size"))


def _responsible(
    boxes: np.ndarray, anchors: list[np.ndarray], grids: list[tuple[int, int]], image_size: tuple[int, int]
) -> Responsible:
    height, width = image_size
    sizes, centres = boxes[:, 2:] - boxes[:, :2], (boxes[:, :2] + boxes[:, 2:]) / 2
    inside = (centres >= 0) & (centres <= (width, height))
    usable = (sizes > 0).all(axis=1) & inside.all(axis=1)
    found = np.full((4, len(boxes)), -1)
    best, _ = assign(sizes[usable], np.concatenate(anchors))
    counts = [len(some) for some in anchors]
    scale = np.repeat(np.arange(len(anchors)), counts)[best]
    shape = np.array(grids)[scale].reshape(-1, 2)  # (M, 2) rows, columns of each box's grid
    # The crossing: rows follow y and height, columns follow x and width.
    cells = np.floor(centres[usable, ::-1] * shape / (height, width)).astype(int)
    row, column = np.minimum(cells, shape - 1).T
    first = np.cumsum([0, *counts])[scale]
    found[:, usable] = scale, row, column, best - first
    return Responsible(*found)


def encode(
    boxes: np.ndarray,
    labels: np.ndarray,
    anchors: object,
    grid: object,
    classes: int,
    image_size: tuple[int, int],
) -> tuple[np.ndarray | list[np.ndarray], np.ndarray]:
    """Write boxes into the grid of numbers that a network is trained towards.

    Parameters
    ----------
    boxes : (N, 4) xyxy in pixels
    labels : (N,) whole numbers from 0 to ``classes - 1``
    anchors, grid, image_size : as in `responsible`
    classes : C, >= 1

    Returns
    -------
    targets
        (rows, columns, A, 5 + C) float64, or a list of them, one for each grid; zeros where there is no object
    unassigned
        (M,) int64, indices of the boxes that `targets` does *not* hold: without area, with the centre outside the
        picture, or second to a box of lower index in the same cell with the same anchor

    Raises
    ------
    TypeError, ValueError
        If a box is bad (see `cnnlab.boxes`), a label is no class, or the other arguments do not fit each other.

    Examples
    --------
    >>> targets, unassigned = encode([(10, 40, 30, 60)], [2], [(20, 20)], (3, 3), classes=3, image_size=(90, 90))
    >>> targets.shape, targets[1, 0, 0].round(2).tolist(), unassigned.tolist()
    ((3, 3, 1, 8), [0.67, 0.67, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0], [])
    """
    boxes, classes = check_boxes(boxes), check_int(classes, "classes", 1)
    labels = check_labels(labels, len(boxes))
    if labels.max(initial=0) >= classes:
        raise ValueError(f"`labels` must lie in 0 … {classes - 1}. Received: {labels.min()} … {labels.max()}")
    anchors, grids, several = _scales(anchors, grid)
    height, width = image_size = pair(image_size, "image_size")
    where = _responsible(boxes, anchors, grids, image_size)
    targets = [np.zeros((*shape, len(some), 5 + classes)) for shape, some in zip(grids, anchors, strict=True)]
    unassigned = []
    for i, (scale, row, column, anchor) in enumerate(
        zip(where.scale, where.row, where.column, where.anchor, strict=True)
    ):
        if scale < 0 or targets[scale][row, column, anchor, OBJECTNESS]:
            unassigned.append(i)
            continue
        (rows, columns), slot = grids[scale], targets[scale][row, column, anchor]
        x1, y1, x2, y2 = boxes[i]
        slot[X] = (x1 + x2) / 2 * columns / width - column
        slot[Y] = (y1 + y2) / 2 * rows / height - row
        slot[W : H + 1] = np.log((x2 - x1, y2 - y1) / anchors[scale][anchor])
        slot[OBJECTNESS] = slot[CLASSES + labels[i]] = 1
    return (targets if several else targets[0]), np.array(unassigned, np.int64)


def activate(outputs: np.ndarray, anchors: int) -> np.ndarray:
    """A network's raw outputs as numbers that `decode` reads: a sigmoid on all but tw and th.

    Parameters
    ----------
    outputs : (..., A·(5 + C)), the channels of anchor 0 first
    anchors : A, the number of anchors of this grid

    Returns
    -------
    ndarray
        (..., A, 5 + C) float64.

    Examples
    --------
    >>> activate(np.zeros((3, 3, 16)), anchors=2)[0, 0, 0].tolist()
    [0.5, 0.5, 0.0, 0.0, 0.5, 0.5, 0.5, 0.5]
    """
    outputs, anchors = np.asarray(outputs, np.float64), check_int(anchors, "anchors", 1)
    channels = outputs.shape[-1] if outputs.ndim else 0
    if channels % anchors or channels // anchors < CLASSES + 1:
        raise ValueError(
            f"`outputs` must have {anchors}·(5 + C) channels for {anchors} anchors and C >= 1 classes. "
            f"Received: shape {outputs.shape}"
        )
    values = outputs.reshape(*outputs.shape[:-1], anchors, channels // anchors)
    activated = sigmoid(values)
    activated[..., W : H + 1] = values[..., W : H + 1]
    return activated


def sigmoid(x: np.ndarray) -> np.ndarray:
    """σ(x) = 1 / (1 + e^−x), by a form that does not overflow.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    return 0.5 * (1 + np.tanh(x / 2))


def corners(
    cells: np.ndarray, offsets: np.ndarray, sizes: np.ndarray, grid: tuple[int, int], image_size: tuple[int, int]
) -> np.ndarray:
    """Boxes (M, 4) xyxy in pixels, of `sizes` (M, 2), centred at `offsets` (M, 2) in their `cells` (M, 2) of a `grid`.

    The crossing: cells are (row, column), the grid (rows, columns) and the picture (height, width); x comes before y in
    offsets, sizes and boxes.
    """
    cell = np.array(image_size)[::-1] / grid[::-1]
    centre, half = (cells[:, ::-1] + offsets) * cell, sizes / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def growth(logarithms: np.ndarray) -> np.ndarray:
    """How many times its anchor a box is, from tw and th."""
    return np.exp(np.minimum(logarithms, _MOST_LOG))


def decode(
    values: np.ndarray | Sequence[np.ndarray],
    anchors: object,
    image_size: tuple[int, int],
    score_threshold: float = 0.5,
    names: Sequence[str] = (),
) -> Detections:
    """Read boxes, scores and labels out of targets or activated outputs.

    The centre is ``(column + x, row + y)`` in cells, the size ``anchor · exp(t)``. A box has its most likely class, and
    its score is objectness times the probability of that class. Nothing is suppressed: see `cnnlab.nms`.

    Parameters
    ----------
    values : (rows, columns, A, 5 + C), or a list of them, one for each grid
    anchors : (A, 2) widths and heights in pixels, or a list of such arrays
    image_size : (height, width) in pixels
    score_threshold : boxes with a lower score are left out, 0 to 1
    names : of the classes, handed on

    Returns
    -------
    Detections
        In the order of the grids, rows, columns and anchors. tw and th above 10 count as 10.

    Raises
    ------
    TypeError, ValueError
        If `values` are not finite or do not fit the anchors, or another argument is out of its range.

    Examples
    --------
    >>> targets, _ = encode([(10, 40, 30, 60)], [2], [(20, 20)], (3, 3), classes=3, image_size=(90, 90))
    >>> decode(targets, [(20, 20)], image_size=(90, 90)).boxes.round(6).tolist()
    [[10.0, 40.0, 30.0, 60.0]]
    """
    image_size = pair(image_size, "image_size")
    check_fraction(score_threshold, "score_threshold")
    several = isinstance(values, (list, tuple)) and bool(values) and np.ndim(values[0]) == 4
    layout = {4: "(rows, columns, A, 5 + C)"}
    values = [check_rank(some, "values", layout).astype(np.float64) for some in (values if several else [values])]
    grids = [some.shape[:2] for some in values]
    anchors, _, _ = _scales(anchors, grids if several else grids[0])
    boxes, scores, labels = [], [], []
    for some, sizes, grid in zip(values, anchors, grids, strict=True):
        if some.shape[2] != len(sizes) or some.shape[3] <= CLASSES:
            raise ValueError(
                f"`values` must have shape (rows, columns, {len(sizes)}, 5 + C) for {len(sizes)} anchors. "
                f"Received: shape {some.shape}"
            )
        strange = some.size - np.count_nonzero(np.isfinite(some))
        if strange:
            raise ValueError(
                f"`values` must be finite: a network whose training diverged answers otherwise. Received: {strange} of "
                f"{some.size} that are not"
            )
        score = some[..., OBJECTNESS] * some[..., CLASSES:].max(axis=-1)
        sure = score >= score_threshold
        cells, kept = np.argwhere(sure), some[sure]  # (M, 3) row, column, anchor; (M, 5 + C)
        own = sizes[cells[:, 2]] * growth(kept[:, W : H + 1])
        boxes.append(corners(cells[:, :2], kept[:, : Y + 1], own, grid, image_size))
        scores.append(score[sure])
        labels.append(kept[:, CLASSES:].argmax(axis=1))
    return Detections(np.concatenate(boxes), np.concatenate(scores), np.concatenate(labels), tuple(names))


def _scales(anchors: object, grid: object) -> tuple[list[np.ndarray], list[tuple[int, int]], bool]:
    """Anchors and grids as lists, one entry for each grid, and whether lists were given."""
    several = isinstance(grid, (list, tuple)) and len(grid) > 0 and isinstance(grid[0], (list, tuple))
    if not several:
        return [check_anchors(anchors)], [pair(grid, "grid")], False
    if not isinstance(anchors, (list, tuple)) or len(anchors) != len(grid):
        raise ValueError(f"`anchors` must be a list of {len(grid)} arrays, one for each grid. Received: {anchors!r}")
    return [check_anchors(some) for some in anchors], [pair(shape, "grid") for shape in grid], True
