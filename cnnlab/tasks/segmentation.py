"""A label for every pixel: label maps, how good they are, and from the pixels of a class to single things.

A **label map** is an array (H, W) of whole numbers, one class for each pixel; 0 is the background. A stack of them,
(N, H, W), is measured as one large map: counts are added before anything is divided, as is the custom.

The maps of drawn scenes count either shapes (`SHAPES`) or colours (`COLOURS`); `WORLD` are the scenes of lesson 16.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from cnnlab.arithmetic.boxes import check as check_boxes
from cnnlab.common.validate import check_choice, check_int, check_rank, pair
from cnnlab.data import scenes
from cnnlab.data.scenes import Scene

SHAPES = ("background", *scenes.CLASSES)
COLOURS = ("background", *scenes.COLOURS)
WORLD = {"height": 48, "width": 48, "min_objects": 2, "max_objects": 2, "sizes": (12, 22), "overlap": 0.2}

_MAPS = {2: "(H, W)", 3: "(N, H, W)"}


def label_map(scene: Scene, by: str = "shape") -> np.ndarray:
    """The class of every pixel of a scene.

    Parameters
    ----------
    scene : from `cnnlab.scenes`; its masks do not overlap
    by : ``"shape"``, the classes of `SHAPES`; or ``"colour"``, those of `COLOURS`

    Returns
    -------
    ndarray
        (H, W) uint8; 0 where no shape is.

    Examples
    --------
    >>> one = scenes.scene(3, **WORLD)
    >>> one.caption, [COLOURS[k] for k in np.unique(label_map(one, by="colour"))]
    ('an orange square below a white circle', ['background', 'orange', 'white'])
    """
    check_choice(by, "by", ("shape", "colour"))
    classes = scene.labels + 1 if by == "shape" else [COLOURS.index(name) for name in scene.colours]
    labels = np.zeros(scene.image.shape[:2], np.uint8)
    for mask, k in zip(scene.masks, classes, strict=True):
        labels[mask] = k
    return labels


def confusion(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Count the pixels of each true class (row) by the class that was said (column).

    Parameters
    ----------
    truth, predicted : label maps (H, W) or (N, H, W) of one shape, numbers from 0 to `classes` − 1
    classes : C, the number of classes with the background, >= 1

    Returns
    -------
    ndarray
        (C, C) int64.

    Raises
    ------
    TypeError, ValueError
        Shapes that differ, an empty map, numbers that are no classes.

    Examples
    --------
    >>> confusion([[0, 0], [1, 1]], [[0, 1], [1, 1]], classes=2).tolist()
    [[1, 1], [0, 2]]
    """
    classes = check_int(classes, "classes", 1)
    truth, predicted = _pair_of_maps(truth, predicted)
    for name, labels in (("truth", truth), ("predicted", predicted)):
        if labels.max() >= classes:
            raise ValueError(f"`{name}` must hold classes from 0 to {classes - 1}. Received: {labels.max()}")
    both = classes * truth.ravel() + predicted.ravel()
    return np.bincount(both, minlength=classes**2).reshape(classes, classes)


def pixel_accuracy(truth: np.ndarray, predicted: np.ndarray) -> float:
    """The part of all pixels whose class is right.

    Parameters
    ----------
    truth, predicted : label maps (H, W) or (N, H, W) of one shape

    Examples
    --------
    >>> pixel_accuracy([[0, 0], [1, 1]], [[0, 1], [1, 1]])
    0.75
    """
    truth, predicted = _pair_of_maps(truth, predicted)
    return float((truth == predicted).mean())


def iou(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Of each class: the pixels that both maps give it, over those that at least one gives it.

    Parameters
    ----------
    truth, predicted, classes : as for `confusion`

    Returns
    -------
    ndarray
        (C,) float64, NaN for a class that is in neither map: 0 / 0.

    Examples
    --------
    >>> iou([[0, 0], [1, 1]], [[0, 1], [1, 1]], classes=3).round(2)  # 1 / 2, 2 / 3, none
    array([0.5 , 0.67,  nan])
    """
    both, true, said = _counts(truth, predicted, classes)
    return _ratio(both, true + said - both)


def mean_iou(truth: np.ndarray, predicted: np.ndarray, classes: int) -> float:
    """The mean of `iou` over the classes that are in at least one of the two maps, the background among them.

    A class that neither map has is left out: it could be neither found nor missed. (`keras.metrics.MeanIoU` does the
    same.) A class that was said and is not there counts, with 0.

    Parameters
    ----------
    truth, predicted, classes : as for `confusion`

    Examples
    --------
    >>> round(mean_iou([[0, 0], [1, 1]], [[0, 1], [1, 1]], classes=3), 4)  # (1 / 2 + 2 / 3) / 2
    0.5833
    """
    return float(np.nanmean(iou(truth, predicted, classes)))


def dice(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Of each class: twice the pixels that both maps give it, over the sum of what each gives it.

    It is the F1 score of the pixels, and 2·IoU / (1 + IoU): the same order as IoU, on a kinder scale.

    Parameters
    ----------
    truth, predicted, classes : as for `confusion`

    Returns
    -------
    ndarray
        (C,) float64, NaN for a class that is in neither map.

    References
    ----------
    Dice, "Measures of the amount of ecologic association between species", Ecology 26, 1945.

    Examples
    --------
    >>> dice([[0, 0], [1, 1]], [[0, 1], [1, 1]], classes=2).round(2)  # 2·1 / (2 + 1), 2·2 / (2 + 3)
    array([0.67, 0.8 ])
    """
    both, true, said = _counts(truth, predicted, classes)
    return _ratio(2 * both, true + said)


def resize(labels: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
    """Resize label maps; each new pixel takes the class of the old pixel in which its centre lies.

    Nothing is mixed: half way between class 1 and class 3 lies no class 2.

    Parameters
    ----------
    labels : (H, W) or (N, H, W)
    size : one number or (height, width), >= 1

    Examples
    --------
    >>> resize([[1, 3]], (2, 4)).tolist()
    [[1, 1, 3, 3], [1, 1, 3, 3]]
    """
    labels = _check_map(labels, "labels")
    high, wide = pair(size, "size")
    height, width = labels.shape[-2:]
    rows = (2 * np.arange(high) + 1) * height // (2 * high)  # ⌊(i + ½)·H / h⌋ in whole numbers
    columns = (2 * np.arange(wide) + 1) * width // (2 * wide)
    return labels[..., rows[:, None], columns]


def components(labels: np.ndarray, smallest: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """The connected pieces of every class but the background: things that touch only at corners are two.

    Parameters
    ----------
    labels : (H, W)
    smallest : pieces of fewer pixels are left out, >= 1

    Returns
    -------
    masks : (K, H, W) bool, by class, then by the first pixel in reading order
    classes : (K,) int64

    Examples
    --------
    >>> masks, classes = components([[1, 0, 1], [1, 2, 1]])
    >>> classes.tolist(), masks.sum(axis=(1, 2)).tolist()
    ([1, 1, 2], [2, 2, 1])
    """
    labels, smallest = _check_map(labels, "labels", stack=False), check_int(smallest, "smallest", 1)
    masks, classes = [], []
    for k in np.unique(labels[labels > 0]):
        pieces, count = ndimage.label(labels == k)
        sizes = np.bincount(pieces.ravel(), minlength=count + 1)
        for number in 1 + np.flatnonzero(sizes[1:] >= smallest):
            masks.append(pieces == number)
            classes.append(k)
    return np.array(masks, bool).reshape(-1, *labels.shape), np.array(classes, np.int64)


def cut(labels: np.ndarray, boxes: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """One mask for each box: the pixels of the box's class whose centre lies inside it.

    Parameters
    ----------
    labels : (H, W)
    boxes : (K, 4), xyxy in pixels of this map
    classes : (K,), the class of each box as the map numbers it; a detector's label k is k + 1 here

    Returns
    -------
    ndarray
        (K, H, W) bool.

    Examples
    --------
    >>> cut([[1, 1, 2, 1]], [[0, 0, 2, 1], [1, 0, 4, 1]], [1, 1]).astype(int).tolist()
    [[[1, 1, 0, 0]], [[0, 1, 0, 1]]]
    """
    labels, boxes = _check_map(labels, "labels", stack=False), check_boxes(boxes)
    classes = _whole(check_rank(classes, "classes", {1: "(K,)"}), "classes")
    if len(classes) != len(boxes):
        raise ValueError(f"`classes` must have one entry for each of the {len(boxes)} boxes. Received: {len(classes)}")
    x, y = np.arange(labels.shape[1]) + 0.5, np.arange(labels.shape[0]) + 0.5
    x1, y1, x2, y2 = boxes.T[..., None]  # each (K, 1)
    inside = ((y >= y1) & (y < y2))[:, :, None] & ((x >= x1) & (x < x2))[:, None, :]
    return inside & (labels == classes[:, None, None])


def mask_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """IoU of every mask of `first` with every mask of `second`; 0 where both are empty.

    Parameters
    ----------
    first, second : (N, H, W) and (M, H, W), bool

    Returns
    -------
    ndarray
        (N, M) float64.

    Examples
    --------
    >>> mask_iou([[[True, True, False]]], [[[True, True, False]], [[False, True, True]]]).round(2).tolist()
    [[1.0, 0.33]]
    """
    ranks = {3: "(N, H, W)"}
    first, second = check_rank(first, "first", ranks), check_rank(second, "second", ranks)
    if first.shape[1:] != second.shape[1:] or {first.dtype, second.dtype} != {np.dtype(bool)}:
        received = f"{first.dtype} {first.shape} and {second.dtype} {second.shape}"
        raise ValueError(f"`first` and `second` must be boolean masks of one height and width. Received: {received}")
    both = np.einsum("nhw,mhw->nm", first, second, dtype=np.int64)
    union = first.sum(axis=(1, 2))[:, None] + second.sum(axis=(1, 2)) - both
    return both / np.maximum(union, 1)


def _counts(truth: np.ndarray, predicted: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each class the pixels that are right, that are true, and that were said."""
    counts = confusion(truth, predicted, classes)
    return counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def _pair_of_maps(truth: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    truth, predicted = _check_map(truth, "truth"), _check_map(predicted, "predicted")
    if truth.shape != predicted.shape:
        raise ValueError(
            f"`truth` and `predicted` must have one shape. Received: shapes {truth.shape} and {predicted.shape}"
        )
    return truth, predicted


def _check_map(labels: np.ndarray, name: str, *, stack: bool = True) -> np.ndarray:
    """A label map, or a stack of them, as int64."""
    ranks = _MAPS if stack else {2: _MAPS[2]}
    return _whole(check_rank(labels, name, ranks, empty=False), name)


def _whole(labels: np.ndarray, name: str) -> np.ndarray:
    if labels.dtype.kind == "f" and labels.size:  # an empty list has no dtype of its own
        raise TypeError(
            f"`{name}` must hold whole numbers, a class for each pixel; of probabilities (…, C) take argmax(axis=-1). "
            f"Received: dtype {labels.dtype}"
        )
    if labels.size and labels.min() < 0:
        raise ValueError(f"`{name}` must hold classes from 0 on. Received: {labels.min()}")
    return labels.astype(np.int64)
