"""Boxes: formats, areas, and how much two of them overlap.

A box is ``x1, y1, x2, y2`` in pixels ("xyxy"): x to the right, y down, the far edge not included, so that its area is
``(x2 - x1) * (y2 - y1)``. Boxes are arrays of shape (N, 4). A picture's shape is (height, width), a box's numbers begin
with x: the crossing happens here, in `clip` and `convert_format`.

One policy for bad boxes, in `check`, which every function of `cnnlab.boxes`, `cnnlab.nms`, `cnnlab.metrics` and the
records of `cnnlab.detections` go through:

- A wrong shape, NaN, infinity and an inverted box (x2 < x1 or y2 < y1) are refused with a ``ValueError`` that names
  the row. Nothing is repaired or dropped in silence.
- A box of no area (x2 = x1 or y2 = y1) is allowed. Its IoU is 0 with every box, itself included.
- A box outside the picture is allowed: networks predict them. `clip` cuts it, when you ask.
- No boxes at all, ``[]``, become an array of shape (0, 4).
"""

from __future__ import annotations

import numpy as np

from cnnlab.arithmetic import overlap
from cnnlab.common.validate import check_choice, check_number, check_rank

FORMATS = ("xyxy", "xywh", "center_xywh", "rel_xyxy", "rel_xywh", "rel_center_xywh")
LARGEST = 1e150  # beyond it an area or a squared distance would overflow


def check(boxes: np.ndarray, name: str = "boxes") -> np.ndarray:
    """Return `boxes` as float64 of shape (N, 4), or say which row is wrong and why.

    Parameters
    ----------
    boxes : shape (N, 4), any real dtype, x1, y1, x2, y2; or empty
    name : what the message calls them

    Returns
    -------
    ndarray
        Shape (N, 4), float64. The caller's own array where it is one already: `check` changes nothing.

    Raises
    ------
    TypeError
        Not numbers.
    ValueError
        A shape other than (N, 4), NaN or infinity, or an inverted box; a number beyond 1e150 counts as infinite.

    Examples
    --------
    >>> check([[10, 20, 30, 20]])  # no area: allowed
    array([[10., 20., 30., 20.]])
    >>> check([])
    array([], shape=(0, 4), dtype=float64)
    >>> check([[0, 0, 4, 4], [5, 2, 1, 4]])
    Traceback (most recent call last):
    ValueError: `boxes` must have x1 <= x2 and y1 <= y2. Received: row 1, [5.0, 2.0, 1.0, 4.0]: its width would be -4
    """
    corners = _rows_of_four(boxes, name)
    sizes = corners[:, 2:] - corners[:, :2]  # (N, 2): width, height
    if (sizes < 0).any():
        row, axis = np.argwhere(sizes < 0)[0]
        raise ValueError(
            f"`{name}` must have x1 <= x2 and y1 <= y2. Received: row {row}, {corners[row].tolist()}: "
            f"its {('width', 'height')[axis]} would be {sizes[row, axis]:g}"
        )
    return corners


def _rows_of_four(boxes: object, name: str) -> np.ndarray:
    """Finite float64 of shape (N, 4), in whatever format."""
    boxes = check_rank(boxes, name, {1: "(0,)", 2: "(N, 4)"})
    if boxes.shape == (0,):
        return np.empty((0, 4))
    if boxes.shape[1:] != (4,):
        hint = ": one box is a list of one row" if boxes.shape == (4,) else ""
        raise ValueError(f"`{name}` must have shape (N, 4){hint}. Received: shape {boxes.shape}")
    boxes = boxes.astype(np.float64, copy=False)
    finite = np.abs(boxes) <= LARGEST  # NaN compares False
    if not finite.all():
        row = int(np.argmin(finite.all(axis=1)))
        raise ValueError(f"`{name}` must hold finite numbers. Received: row {row}, {boxes[row].tolist()}")
    return boxes


def area(boxes: np.ndarray) -> np.ndarray:
    """Width times height of each box, in square pixels.

    Parameters
    ----------
    boxes : shape (N, 4), xyxy

    Returns
    -------
    ndarray
        Shape (N,), float64, >= 0.

    Examples
    --------
    >>> area([[10, 20, 30, 25]])  # 20 wide, 5 high
    array([100.])
    """
    return overlap.area(check(boxes))


def clip(boxes: np.ndarray, height: float, width: float) -> np.ndarray:
    """Cut boxes at the edges of a picture.

    A box that lies outside altogether becomes a box of no area on the edge; its row stays, so that scores and labels
    still belong to it.

    Parameters
    ----------
    boxes : shape (N, 4), xyxy, pixels
    height, width : of the picture, pixels, > 0

    Returns
    -------
    ndarray
        Shape (N, 4), float64, x in 0 … width and y in 0 … height.

    Examples
    --------
    >>> clip([[-5, 10, 30, 70], [90, 0, 95, 9]], height=60, width=80)
    array([[ 0., 10., 30., 60.],
           [80.,  0., 80.,  9.]])
    """
    width, height = _sides(height, width)
    return np.clip(check(boxes), 0, [width, height, width, height])


def _sides(height: object, width: object) -> tuple[float, float]:
    """A picture's width and height, checked: x before y, as in a box."""
    named = (("width", width), ("height", height))
    return tuple(check_number(side, name, maximum=LARGEST, above=0, unit="pixels") for name, side in named)


def convert_format(
    boxes: np.ndarray, source: str, target: str, height: float | None = None, width: float | None = None
) -> np.ndarray:
    """Write the same boxes in another format. The names are those of ``keras.utils.bounding_boxes``.

    ========================  ================================================
    ``"xyxy"``                x1, y1, x2, y2 in pixels: this project's own
    ``"xywh"``                x1, y1, width, height: COCO's files
    ``"center_xywh"``         centre x, centre y, width, height: YOLO's network
    ``"rel_xyxy"``            x1 / width of the picture, y1 / height, …
    ``"rel_xywh"``            the same of ``"xywh"``
    ``"rel_center_xywh"``     the same of ``"center_xywh"``: YOLO's label files
    ========================  ================================================

    Parameters
    ----------
    boxes : shape (N, 4), in the format `source`
    source, target : one of the names above
    height, width : of the picture, pixels; needed if exactly one of the formats is relative

    Returns
    -------
    ndarray
        Shape (N, 4), float64.

    Raises
    ------
    ValueError
        An unknown name, a missing `height` or `width`, or a bad box; a negative width is an inverted box.

    Examples
    --------
    >>> convert_format([[10, 20, 30, 60]], "xyxy", "xywh")
    array([[10., 20., 20., 40.]])
    >>> convert_format([[10, 20, 30, 60]], "xyxy", "rel_center_xywh", height=80, width=100)
    array([[0.2, 0.5, 0.2, 0.5]])
    """
    check_choice(source, "source", FORMATS)
    check_choice(target, "target", FORMATS)
    boxes = _rows_of_four(boxes, "boxes")
    old, new = source.removeprefix("rel_"), target.removeprefix("rel_")
    corners = _to_corners(boxes, old)
    _refuse_inverted(boxes, corners, source)
    boxes = boxes.copy() if old == new else _from_corners(corners, new)
    if (old == source) == (new == target):
        return boxes  # both in pixels or both relative
    if height is None or width is None:
        raise ValueError(
            f"`height` and `width` of the picture are needed between pixels and fractions, {source!r} and {target!r}. "
            f"Received: height={height!r}, width={width!r}"
        )
    sides = _sides(height, width) * 2  # x, y, x, y
    return boxes * sides if new == target else boxes / sides


def _to_corners(boxes: np.ndarray, layout: str) -> np.ndarray:
    first, second = boxes[:, :2], boxes[:, 2:]
    if layout == "xyxy":
        return boxes
    start = first if layout == "xywh" else first - second / 2
    return np.concatenate([start, start + second], axis=1)


def _from_corners(corners: np.ndarray, layout: str) -> np.ndarray:
    start, end = corners[:, :2], corners[:, 2:]
    if layout == "xyxy":
        return corners
    first = start if layout == "xywh" else (start + end) / 2
    return np.concatenate([first, end - start], axis=1)


def _refuse_inverted(boxes: np.ndarray, corners: np.ndarray, source: str) -> None:
    if source.endswith("xyxy"):
        check(corners)
        return
    if (boxes[:, 2:] < 0).any():
        row = int(np.argmax((boxes[:, 2:] < 0).any(axis=1)))
        raise ValueError(
            f"`boxes` must have a width and a height >= 0 in format {source!r}. "
            f"Received: row {row}, {boxes[row].tolist()}"
        )


def _all_pairs(a: object, b: object) -> tuple[np.ndarray, np.ndarray]:
    """Shapes (N, 1, 4) and (1, M, 4)."""
    return check(a, "a")[:, None], check(b, "b")[None]


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of each box of `a` with each box of `b`.

    The union counts the shared part once: ``area(a) + area(b) - intersection``. Where it is 0 the IoU is 0.

    Parameters
    ----------
    a : shape (N, 4), xyxy
    b : shape (M, 4), xyxy

    Returns
    -------
    ndarray
        Shape (N, M), float64, 0 … 1.

    Examples
    --------
    Two squares of 16, shifted by one: 9 shared, 16 + 16 - 9 = 23 covered.

    >>> iou([[0, 0, 4, 4]], [[1, 1, 5, 5], [0, 0, 4, 4], [4, 0, 8, 4]]).round(4)
    array([[0.3913, 1.    , 0.    ]])
    """
    return overlap.iou(*_all_pairs(a, b))


def giou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Generalized IoU: also says how far apart boxes are that do not meet.

    ``IoU - (C - U) / C`` with U the union's area and C that of the smallest box around both. A fraction whose
    denominator is 0 counts as 0.

    Parameters
    ----------
    a : shape (N, 4), xyxy
    b : shape (M, 4), xyxy

    Returns
    -------
    ndarray
        Shape (N, M), float64, -1 … 1, never above the IoU.

    References
    ----------
    Rezatofighi et al., "Generalized Intersection over Union", CVPR 2019, algorithm 1.

    Examples
    --------
    Far apart, IoU is 0 both times; the frame around both is 8 and 12 for a union of 2 + 2 = 4.

    >>> giou([[0, 0, 1, 2]], [[3, 0, 4, 2], [5, 0, 6, 2]]).round(4)
    array([[-0.5   , -0.6667]])
    """
    a, b = _all_pairs(a, b)
    shared = overlap.intersection(a, b)
    union = overlap.area(a) + overlap.area(b) - shared
    around = np.prod(np.maximum(a[..., 2:], b[..., 2:]) - np.minimum(a[..., :2], b[..., :2]), axis=-1)
    empty = np.maximum(around - union, 0)  # rounding must not lift GIoU above IoU
    return overlap.ratio(shared, union) - overlap.ratio(empty, around)
