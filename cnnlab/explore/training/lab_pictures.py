"""The pictures of the augmentation lab: each with its boxes and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnnlab.arithmetic import boxes as box_arithmetic
from cnnlab.common.validate import check_rank
from cnnlab.data import datasets, scenes

_MOST, _MOST_BOXES, _LARGEST = 40, 8, 400
# Where a cat's features are in `datasets.photo("chelsea")` at a third of its size. Left and right are the cat's own.
_CAT = {"right eye": (44, 28, 70, 49), "left eye": (97, 36, 115, 55), "nose": (75, 75, 98, 90)}


@dataclass(frozen=True, eq=False)
class Sample:
    """A picture (H, W, C), float in [0, 1], its boxes (B, 4) and a name for each."""

    title: str
    image: np.ndarray
    boxes: np.ndarray
    labels: tuple[str, ...]


def own_samples(images: object, boxes: object, labels: object) -> list[Sample]:
    """A learner's pictures, checked.

    Parameters
    ----------
    images : one (H, W, C) or several (N, H, W, C), 1 or 3 channels; whole numbers count from 0 to 255, floats to 1
    boxes : for one picture (B, 4), for several one such array each; None for none
    labels : for one picture a name for each box, for several one such list each; None for "box 0", "box 1", …

    Raises
    ------
    TypeError, ValueError
        If anything does not fit.
    """
    array = check_rank(images, "images", {3: "(H, W, C)", 4: "(N, H, W, C)"})
    if array.ndim == 3:
        array = array[None]
        boxes, labels = None if boxes is None else [boxes], None if labels is None else [labels]
    count, height, width, channels = array.shape
    if (
        channels not in (1, 3)
        or not 1 <= count <= _MOST
        or not 1 <= min(height, width) <= max(height, width) <= _LARGEST
    ):
        raise ValueError(
            f"`images` must be 1 to {_MOST} pictures with 1 or 3 channels and sides of 1 to {_LARGEST} pixels. "
            f"Received: shape {array.shape}"
        )
    array = array / 255 if array.dtype.kind in "iu" else array.astype(float)
    if not np.isfinite(array).all() or array.min() < 0 or array.max() > 1:
        raise ValueError(
            f"`images` must hold whole numbers from 0 to 255 or floats from 0 to 1. Received: {array.min():g} … "
            f"{array.max():g}"
        )
    boxes = [[]] * count if boxes is None else list(boxes)
    if len(boxes) != count:
        raise ValueError(f"`boxes` must be one array for each of the {count} images. Received: {len(boxes)}")
    boxes = [box_arithmetic.check(some) for some in boxes]
    if max(map(len, boxes)) > _MOST_BOXES:
        raise ValueError(f"`boxes` must be at most {_MOST_BOXES} a picture. Received: {max(map(len, boxes))}")
    names = _names(labels, [len(some) for some in boxes])
    return [
        Sample(f"picture {i}", array[i].astype(np.float32), boxes[i], names[i]) for i in range(count)
    ]  # fmt: skip


def _names(labels: object, counts: Sequence[int]) -> list[tuple[str, ...]]:
    if labels is None:
        return [tuple(f"box {i}" for i in range(count)) for count in counts]
    names = [tuple(map(str, some)) for some in labels]
    if [len(some) for some in names] != list(counts):
        raise ValueError(
            f"`labels` must be one name for each box: {list(counts)}. Received: {[len(some) for some in names]}"
        )
    return names


def samples() -> list[Sample]:
    """Pictures that need no download: two digits, a letter, a cat, a scene."""
    digits, letters = datasets.digits(size=20), datasets.letters("test", limit=40)
    found = [_sign("a 6", digits, "6", 13, border=4), _sign("a 7", digits, "7", 4, border=4)]  # 28×28 as MNIST's are
    found.append(_sign("an F", letters, "F", 1))
    photo = datasets.photo("chelsea")
    small = photo[:300, :450].reshape(100, 3, 150, 3, 3).mean(axis=(1, 3)) / 255  # a third in each direction
    found.append(Sample("a cat", small.astype(np.float32), box_arithmetic.check(list(_CAT.values())), tuple(_CAT)))
    scene = scenes.scene(8, 80, 112, min_objects=3, max_objects=3)
    called = [f"{colour} {scene.class_names[k]}" for colour, k in zip(scene.colours, scene.labels, strict=True)]
    return [*found, Sample("a scene", scene.image, scene.boxes, tuple(called))]


def _sign(title: str, data: datasets.Dataset, name: str, nth: int, border: int = 0) -> Sample:
    """The `nth` picture of a class, from 0, with the box around its ink."""
    image = data.images[int(np.flatnonzero(data.labels == data.class_names.index(name))[nth])] / np.float32(255)
    image = np.pad(image, ((border, border), (border, border), (0, 0)))
    rows, columns = (np.flatnonzero(image[..., 0].max(axis=axis) > 0.3) for axis in (1, 0))
    return Sample(title, image, box_arithmetic.check([[columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]]), (name,))
