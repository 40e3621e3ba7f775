"""One matrix moves the picture, its mask and its boxes.

Flip, zoom, shear, turn and shift are one affine map each, and so is any chain of them. `matrix` writes it down,
`move_images` and `move_boxes` apply it, and `cnnlab.augment.RandomAffine` draws one for every picture of a batch. A
chain costs one resampling instead of five, and a box is enlarged once instead of five times.

Points are (x, y) in pixels as boxes have them: x to the right, y down, and pixel i covers i … i + 1. Its middle is
therefore i + 0.5, and `sampling` is where that half is taken care of.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import ModuleType

import numpy as np
from keras import ops

from cnnlab.arithmetic.boxes import check as check_boxes
from cnnlab.common.validate import check_choice, check_int, check_number, check_rank
from cnnlab.training.label_changes import FLIPS

FILLS = ("constant", "nearest", "reflect", "wrap")
_SAMPLING = ("bilinear", "nearest")


def matrix(
    height: int,
    width: int,
    *,
    flip: str | None = None,
    zoom: float = 1.0,
    shear: float = 0.0,
    degrees: float = 0.0,
    shift: Sequence[float] = (0.0, 0.0),
) -> np.ndarray:
    """The map from a point of the old picture to where it lies in the new one.

    About the picture's centre, in this order: flip, zoom, shear, turn; then the shift.

    Parameters
    ----------
    height, width : of the picture, in pixels
    flip : ``"horizontal"`` (left and right change places), ``"vertical"``, ``"horizontal_and_vertical"`` or None
    zoom : what sizes are multiplied by, > 0; 2 doubles them
    shear : how far a point moves to the left for each pixel it lies below the centre, as a slanted italic does
    degrees : turn, counter-clockwise as you see it
    shift : (dx, dy) in pixels: dx to the right, dy down

    Returns
    -------
    ndarray
        Shape (3, 3), float64; ``matrix @ (x, y, 1)`` is ``(new x, new y, 1)``.

    Examples
    --------
    >>> matrix(60, 90, flip="horizontal").tolist()  # new x = 90 - x
    [[-1.0, 0.0, 90.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    height, width = check_int(height, "height", 1), check_int(width, "width", 1)
    if flip is not None:
        check_choice(flip, "flip", FLIPS)
    zoom = check_number(zoom, "zoom", above=0)
    shear, degrees = check_number(shear, "shear"), check_number(degrees, "degrees")
    if isinstance(shift, str) or np.shape(shift) != (2,):
        raise ValueError(f"`shift` must be two numbers, (dx, dy) in pixels. Received: {shift!r}")
    dx, dy = (check_number(value, "shift") for value in shift)
    mirror_x = -1.0 if flip in ("horizontal", "horizontal_and_vertical") else 1.0
    mirror_y = -1.0 if flip in ("vertical", "horizontal_and_vertical") else 1.0
    a, b, tx, c, d, ty = compose(
        np, mirror_x * zoom, mirror_y * zoom, shear, math.radians(degrees), dx, dy, height, width
    )
    return np.array([[a, b, tx], [c, d, ty], [0.0, 0.0, 1.0]]) + 0.0  # no -0.0


def compose(
    xp: ModuleType, scale_x: object, scale_y: object, shear: object, angle: object, dx: object, dy: object,
    height: float, width: float,
) -> tuple:  # fmt: skip
    """The numbers a, b, tx, c, d, ty of ``x' = a x + b y + tx, y' = c x + d y + ty``, for floats or tensors (N,).

    With y down, a counter-clockwise turn is [[cos, sin], [-sin, cos]]; it acts on the shear [[1, -s], [0, 1]], and
    that on the scale.
    """
    cos, sin = xp.cos(angle), xp.sin(angle)
    a, b = cos * scale_x, (sin - shear * cos) * scale_y
    c, d = -sin * scale_x, (cos + shear * sin) * scale_y
    x, y = width / 2, height / 2  # the centre stays where it is
    return a, b, x - a * x - b * y + dx, c, d, y - c * x - d * y + dy


def sampling(xp: ModuleType, a, b, tx, c, d, ty) -> list:
    """For each pixel of the new picture, where to look in the old one: Keras' eight numbers, by column and row index.

    The inverse map, between the middles of pixels: index i means the point i + 0.5.
    """
    det = a * d - b * c
    ia, ib, ic, id_ = d / det, -b / det, -c / det, a / det
    right, below = 0.5 - tx, 0.5 - ty
    zero = xp.zeros_like(det)
    return [ia, ib, ia * right + ib * below - 0.5, ic, id_, ic * right + id_ * below - 0.5, zero, zero]


def _check_matrices(matrices: object) -> np.ndarray:
    """Float64 (3, 3) or (N, 3, 3), affine and invertible."""
    matrices = check_rank(matrices, "matrix", {2: "(3, 3)", 3: "(N, 3, 3)"}).astype(np.float64)
    if matrices.shape[-2:] != (3, 3):
        raise ValueError(f"`matrix` must have shape (3, 3) or (N, 3, 3). Received: shape {matrices.shape}")
    if not np.isfinite(matrices).all() or not (matrices[..., 2, :] == (0, 0, 1)).all():
        raise ValueError(f"`matrix` must be finite and have the last row 0, 0, 1. Received: {matrices.tolist()}")
    if matrices.size and np.abs(np.linalg.det(matrices[..., :2, :2])).min() < 1e-9:
        raise ValueError(f"`matrix` must not flatten the picture: its determinant is 0. Received: {matrices.tolist()}")
    return matrices


def move_images(
    images: np.ndarray,
    matrix: np.ndarray,
    *,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0.0,
) -> np.ndarray:
    """Move pictures by `matrix`, resampling them with `keras.ops.image.affine_transform`.

    Parameters
    ----------
    images : (H, W, C) or (N, H, W, C), any real dtype
    matrix : (3, 3), one for all, or (N, 3, 3), as `matrix` makes it
    interpolation : ``"bilinear"``; or ``"nearest"``, which makes no new values, for masks of class numbers
    fill_mode : what comes in from outside: ``"constant"``, ``"nearest"``, ``"reflect"`` or ``"wrap"``, Keras' words
    fill_value : the constant

    Returns
    -------
    ndarray
        The shape of `images`. Whole numbers and booleans keep their dtype, rounded; anything else is float32.

    Raises
    ------
    TypeError, ValueError
        Wrong shapes, a matrix that cannot be undone, an unknown name.

    Examples
    --------
    >>> row = np.array([[[1], [2], [3]]], dtype="uint8")  # one row of three pixels
    >>> move_images(row, matrix(1, 3, flip="horizontal"))[0, :, 0].tolist()
    [3, 2, 1]
    """
    images = check_rank(images, "images", {3: "(H, W, C)", 4: "(N, H, W, C)"})
    check_choice(interpolation, "interpolation", _SAMPLING)
    check_choice(fill_mode, "fill_mode", FILLS)
    fill_value = check_number(fill_value, "fill_value")
    matrices = _check_matrices(matrix)
    batch = images if images.ndim == 4 else images[None]
    if matrices.ndim == 3 and len(matrices) != len(batch):
        raise ValueError(
            f"`matrix` must be one for all or one for each of the {len(batch)} images. Received: shape {matrices.shape}"
        )
    if not batch.size:
        return images if images.dtype.kind in "biu" else images.astype(np.float32)
    maps = np.broadcast_to(matrices, (len(batch), 3, 3))[:, :2].reshape(-1, 6).T  # six rows of (N,)
    where = np.stack(sampling(np, *maps), axis=-1).astype(np.float32)  # (N, 8)
    moved = ops.image.affine_transform(
        batch.astype(np.float32), where, interpolation, fill_mode, fill_value, data_format="channels_last"
    )
    moved = ops.convert_to_numpy(moved).reshape(images.shape)
    if images.dtype.kind in "iu":
        span = np.iinfo(images.dtype)
        return np.clip(np.rint(moved), span.min, span.max).astype(images.dtype)
    return moved > 0.5 if images.dtype.kind == "b" else moved


def move_boxes(
    boxes: np.ndarray, matrix: np.ndarray, height: int | None = None, width: int | None = None
) -> np.ndarray:
    """Move boxes by `matrix`: the smallest upright box around the four moved corners.

    A turned box is larger than what it held: a square of side 1 turned by 45° needs a box of side √2.

    Parameters
    ----------
    boxes : (N, 4), xyxy in pixels
    matrix : (3, 3), as `matrix` makes it
    height, width
        of the new picture: then the box around the part that is still seen, which may be smaller than the whole one
        cut at the edges (a corner that sticks out takes its row and column along). Both or neither

    Returns
    -------
    ndarray
        (N, 4), float64, xyxy. A box of which nothing is seen is 0, 0, 0, 0.

    Raises
    ------
    TypeError, ValueError
        If `boxes` are no boxes (see `cnnlab.boxes.check`), `matrix` is not one of shape (3, 3), or one of `height` and
        `width` is missing.

    Examples
    --------
    >>> move_boxes([[10, 20, 30, 50]], matrix(60, 90, flip="horizontal")).tolist()  # x1 = 90 - 30, x2 = 90 - 10
    [[60.0, 20.0, 80.0, 50.0]]
    """
    boxes, matrix = check_boxes(boxes), _check_matrices(matrix)
    if matrix.ndim != 2:
        raise ValueError(f"`matrix` must have shape (3, 3). Received: shape {matrix.shape}")
    if (height is None) != (width is None):
        raise ValueError(f"`height` and `width` must both be given, or neither. Received: {height!r} and {width!r}")
    maps = matrix[:2].ravel()
    if height is None:
        return box_around(np, *corners_of(np, boxes, maps))
    return box_seen(np, boxes, maps, check_int(height, "height", 1), check_int(width, "width", 1))


def corners_of(xp: ModuleType, boxes: object, maps: Sequence) -> tuple:
    """x and y of the moved corners of each box (…, 4), clockwise: two arrays (…, 4)."""
    a, b, tx, c, d, ty = maps
    x = xp.stack([boxes[..., i] for i in (0, 2, 2, 0)], axis=-1)
    y = xp.stack([boxes[..., i] for i in (1, 1, 3, 3)], axis=-1)
    return a * x + b * y + tx, c * x + d * y + ty


def box_around(xp: ModuleType, x: object, y: object) -> object:
    """The upright box (…, 4), xyxy, around points whose `x` and `y` lie along the last axis."""
    return xp.stack([xp.min(x, axis=-1), xp.min(y, axis=-1), xp.max(x, axis=-1), xp.max(y, axis=-1)], axis=-1)


def box_seen(xp: ModuleType, boxes: object, maps: Sequence, height: int, width: int) -> object:
    """The upright box around what each moved box has in common with the picture; zeros if that is nothing.

    The common part is convex. Its corners are ends of the moved sides, cut at the picture (Liang and Barsky, 1984),
    or corners of the picture that lie in the moved box.
    """
    x, y = corners_of(xp, boxes, maps)
    first, last = xp.zeros_like(x), xp.ones_like(x)  # of each side, from 0 at its start to 1 at its end
    steps = []
    for start, length in ((x, width), (y, height)):
        step = xp.roll(start, -1, axis=-1) - start
        steps.append(step)
        step = xp.where(xp.abs(step) < 1e-9, xp.full_like(step, 1e-9), step)
        enter, leave = -start / step, (length - start) / step
        first, last = xp.maximum(first, xp.minimum(enter, leave)), xp.minimum(last, xp.maximum(enter, leave))
    there = [first <= last] * 2
    xs, ys = ([start + part * step for part in (first, last)] for start, step in zip((x, y), steps, strict=True))
    a, b, tx, c, d, ty = maps
    det = a * d - b * c
    for right, below in ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height)):
        old_x, old_y = (d * (right - tx) - b * (below - ty)) / det, (a * (below - ty) - c * (right - tx)) / det
        x1, y1, x2, y2 = (boxes[..., i : i + 1] for i in range(4))
        there.append((x1 <= old_x) & (old_x <= x2) & (y1 <= old_y) & (old_y <= y2))
        xs.append(xp.full_like(x1, right))
        ys.append(xp.full_like(x1, below))
    x, y, there = (xp.concatenate(parts, axis=-1) for parts in (xs, ys, there))  # (..., 12)
    far = 1e9
    low = [xp.min(xp.where(there, v, xp.full_like(v, far)), axis=-1) for v in (x, y)]
    high = [xp.max(xp.where(there, v, xp.full_like(v, -far)), axis=-1) for v in (x, y)]
    found = xp.stack([*low, *high], axis=-1)
    return xp.where(xp.any(there, axis=-1)[..., None], found, xp.zeros_like(found))
