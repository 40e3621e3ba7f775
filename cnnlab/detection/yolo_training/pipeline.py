"""From a data set of boxed pictures to batches: letterboxed once, kept as bytes, changed and encoded when asked for."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from tqdm.auto import tqdm

from cnnlab.common.errors import DataError, FileNote
from cnnlab.common.validate import check_int, pair
from cnnlab.detection import letterbox, yolo
from cnnlab.detection.detections import GroundTruth
from cnnlab.detection.yolo_training.augmentation import Augmentation

MOST_BYTES = 2_000_000_000  # of letterboxed pictures in memory


@dataclass(frozen=True, eq=False)
class Kept:
    """Pictures in the size that a network takes, and their boxes in its pixels.

    Attributes
    ----------
    images : (N, H, W, 3) uint8
    truths : N records
    rows : (N,) int64, which pictures of the data set they are
    skipped : those that could not be read, and why
    unseen : how many boxes were marked `ignore` for being less than a pixel wide or high
    """

    images: np.ndarray
    truths: tuple[GroundTruth, ...]
    rows: np.ndarray
    skipped: tuple[FileNote, ...]
    unseen: int

    def __len__(self) -> int:
        return len(self.images)


def input_size(sizes: np.ndarray, image_size: int | tuple[int, int], stride: int) -> tuple[int, int]:
    """(height, width) of a network's input for pictures of these sizes.

    Parameters
    ----------
    sizes : (N, 2) heights and widths of the pictures
    image_size : the longer side, to which the other is chosen by the pictures' mean shape; or (height, width)
    stride : of the network; both sides are multiples of it

    Raises
    ------
    TypeError, ValueError
        For sides that are no multiples of the stride.

    Examples
    --------
    >>> input_size([(480, 640), (480, 640)], 320, stride=16)
    (240, 320)
    >>> input_size([(480, 640), (640, 480)], 320, stride=16)  # upright ones and broad ones: a square serves both
    (320, 320)
    """
    if np.ndim(image_size) == 0:
        longer = check_int(image_size, "image_size", stride)
        shape = np.exp(np.diff(np.log(np.asarray(sizes, np.float64)), axis=1).mean())  # width / height
        shorter = max(round(longer * min(shape, 1 / shape) / stride), 1) * stride
        height, width = (longer, shorter) if shape < 1 else (shorter, longer)
    else:
        height, width = pair(image_size, "image_size", stride)
    if height % stride or width % stride:
        raise ValueError(f"`image_size` must be a multiple of {stride} on both sides. Received: {image_size!r}")
    return height, width


def keep(data: object, size: tuple[int, int], hidden: bool | None = True) -> Kept:
    """Read every labelled picture of a data set once and letterbox it.

    Parameters
    ----------
    data : a `BoxDataset`
    size : (height, width) of the network's input
    hidden : False shows a progress bar, None only in a terminal

    Raises
    ------
    ValueError
        If they do not fit into memory, with the arithmetic.

    Notes
    -----
    A picture that cannot be read is left out and named in ``skipped``. A box that is less than a pixel wide or high in
    the network's input is marked `ignore`: nothing can be seen of it, and most such boxes are slips of the mouse.
    """
    height, width = size
    labelled = np.flatnonzero(data.labelled)
    needed = len(labelled) * height * width * 3
    if needed > MOST_BYTES:
        raise ValueError(
            f"`image_size` is too large for so many pictures: {len(labelled):,} of {height} × {width} × 3 bytes are "
            f"{needed / 1e9:.1f} GB, and {MOST_BYTES / 1e9:.0f} GB are kept at most. Received: {height} × {width}"
        )
    images = np.empty((len(labelled), height, width, 3), np.uint8)
    truths, rows, skipped, unseen = [], [], [], 0
    for row in tqdm(labelled, desc="reading", unit="picture", disable=hidden, leave=False):
        try:
            picture = data.image(row)
        except DataError as error:
            skipped.append(FileNote(data.files[row], str(error).removeprefix(f"{data.files[row]}: ")))
        else:
            where = letterbox.place(picture.shape[:2], size)
            fitted = letterbox.fit(letterbox.as_picture(picture, 3), where)
            images[len(rows)] = np.round(fitted * 255)
            truth = data.truths[row]
            boxes = where.apply(truth.boxes)
            tiny = ((boxes[:, 2:] - boxes[:, :2]) < 1).any(axis=1)
            unseen += int((tiny & ~truth.crowd & ~truth.ignore).sum())
            truths.append(GroundTruth(boxes, truth.labels, truth.crowd, truth.ignore | tiny))
            rows.append(row)
    return Kept(images[: len(rows)], tuple(truths), np.array(rows, np.int64), tuple(skipped), unseen)


def targets(
    truth: GroundTruth, anchors: np.ndarray, grid: tuple[int, int], classes: int, image_size: tuple[int, int]
) -> tuple[np.ndarray, int]:
    """What a network is trained towards in one picture, with the slots that do not count.

    Parameters
    ----------
    truth : boxes in pixels of the network's input
    anchors, grid, classes, image_size : as for `cnnlab.yolo.encode`

    Returns
    -------
    targets
        (rows, columns, A, 5 + C). The objectness is 1 in the slot of an object, −1 in the free slots of every cell
        whose middle lies in a crowd's box or in one to be ignored, and of that box's own cell; 0 in all others
    unassigned : how many objects found their place taken

    Examples
    --------
    >>> truth = GroundTruth([[0, 0, 16, 16], [16, 0, 32, 32]], [0, 0], ignore=[False, True])
    >>> values, unassigned = targets(truth, [(16, 16)], (4, 4), classes=1, image_size=(32, 32))
    >>> values[..., 0, yolo.OBJECTNESS].astype(int).tolist()
    [[0, 0, -1, -1], [0, 1, -1, -1], [0, 0, -1, -1], [0, 0, -1, -1]]
    """
    aside = truth.crowd | truth.ignore
    values, unassigned = yolo.encode(truth.boxes[~aside], truth.labels[~aside], anchors, grid, classes, image_size)
    (rows, columns), (height, width) = grid, image_size
    y, x = (np.arange(rows) + 0.5) * height / rows, (np.arange(columns) + 0.5) * width / columns
    for x1, y1, x2, y2 in truth.boxes[aside]:
        middle = (y1 + y2) / 2, (x1 + x2) / 2
        down = (y >= y1) & (y <= y2) | (np.abs(y - middle[0]) <= height / rows / 2)
        across = (x >= x1) & (x <= x2) | (np.abs(x - middle[1]) <= width / columns / 2)
        spared = values[..., yolo.OBJECTNESS]
        spared[np.ix_(down, across)] = np.where(spared[np.ix_(down, across)] == 1, 1, -1)
    return values, len(unassigned)


class Batches(keras.utils.PyDataset):
    """Batches for ``fit``: pictures as floats from 0 to 1, and their targets; every epoch in another order and changed.

    What an epoch holds depends on the seed and on the epoch's number alone, so that a run that was cut off goes on with
    what it would have seen; ``fit`` must not shuffle the batches. The last batch is filled up with pictures from the
    beginning: all have one size.

    Parameters
    ----------
    kept : from `keep`, at least one picture
    anchors : (A, 2) in pixels of the network's input
    grid : (rows, columns)
    classes : how many
    batch_size : at most the number of pictures
    augmentation : None for none
    seed : of order and changes

    Attributes
    ----------
    epoch : from 0; whoever trains sets it, because Keras asks for batches also before the first epoch begins
    """

    def __init__(
        self,
        kept: Kept,
        anchors: np.ndarray,
        grid: tuple[int, int],
        classes: int,
        batch_size: int,
        augmentation: Augmentation | None,
        seed: int,
    ) -> None:
        super().__init__()
        self._kept, self._anchors, self._grid, self._classes = kept, anchors, grid, classes
        self._batch_size = min(batch_size, len(kept))
        self._augmentation, self._seed, self.epoch = augmentation, seed, 0

    def __len__(self) -> int:
        return -(-len(self._kept) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        order = np.random.default_rng([self._seed, self.epoch]).permutation(len(self._kept))
        chosen = np.take(order, np.arange(index * self._batch_size, (index + 1) * self._batch_size), mode="wrap")
        images, values = [], []
        for number in chosen:
            image, truth = self._kept.images[number], self._kept.truths[number]
            if self._augmentation is not None:
                rng = np.random.default_rng([self._seed, self.epoch, index, number])
                image, truth = self._augmentation(image, truth, rng)
            images.append(image)
            values.append(targets(truth, self._anchors, self._grid, self._classes, image.shape[:2])[0])
        images, values = np.stack(images), np.stack(values)
        return images.astype(np.float32) / 255, values.reshape(*values.shape[:3], -1).astype(np.float32)
