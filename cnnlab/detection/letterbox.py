"""A picture of any size → the size a network takes, and its boxes the whole way back.

Two ways are in use. **Letterboxing** keeps the picture's shape: it is made as large as fits, and grey bars fill the
rest. **Stretching** fills the input and changes the shape. A network does best with the way it was trained on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnlab.arithmetic.boxes import check as check_boxes
from cnnlab.common.validate import check_rank, pair

GREY = 0.5  # of the bars, as in Darknet


@dataclass(frozen=True)
class Placement:
    """Where a picture lies in the network's input.

    Attributes
    ----------
    image_size : (height, width) of the picture in pixels
    input_size : (height, width) of the network's input
    top, left : first row and first column that the picture covers
    height, width : of the picture inside the input

    Examples
    --------
    >>> place(image_size=(100, 200), input_size=(416, 416))
    Placement(image_size=(100, 200), input_size=(416, 416), top=104, left=0, height=208, width=416)
    """

    image_size: tuple[int, int]
    input_size: tuple[int, int]
    top: int
    left: int
    height: int
    width: int

    def undo(self, boxes: np.ndarray) -> np.ndarray:
        """Boxes in the network's input → the same boxes in the picture.

        Parameters
        ----------
        boxes : (N, 4) xyxy in pixels of the input; what lies on the bars comes out beyond the picture's edge

        Returns
        -------
        (N, 4) float64, xyxy in pixels of the picture

        Examples
        --------
        >>> place((100, 200), (416, 416)).undo([[0, 104, 416, 312]]).tolist()
        [[0.0, 0.0, 200.0, 100.0]]
        """
        scale, shift = self.affine
        return (check_boxes(boxes) - shift) / scale

    def apply(self, boxes: np.ndarray) -> np.ndarray:
        """Boxes in the picture → in the network's input: `undo` backwards.

        Examples
        --------
        >>> place((100, 200), (416, 416)).apply([[0, 0, 200, 100]]).tolist()
        [[0.0, 104.0, 416.0, 312.0]]
        """
        scale, shift = self.affine
        return check_boxes(boxes) * scale + shift

    @property
    def affine(self) -> tuple[np.ndarray, np.ndarray]:
        """Scale and shift of boxes, (4,) each: input = picture · scale + shift. The crossing: boxes have x first."""
        scale = self.width / self.image_size[1], self.height / self.image_size[0]
        return np.tile(scale, 2), np.tile((self.left, self.top), 2)


def place(image_size: tuple[int, int], input_size: tuple[int, int], letterbox: bool = True) -> Placement:
    """Say where a picture goes in a network's input.

    Parameters
    ----------
    image_size, input_size : (height, width) in pixels
    letterbox : keep the picture's shape; False stretches it over the whole input

    Returns
    -------
    Placement
        Letterboxed, the longer side fits exactly, the other is rounded down to whole pixels, at least one, and the bars
        are equal up to one pixel, the larger one below or right. Source: ``letterbox_image`` in Darknet's
        ``src/image.c``.
    """
    image_size, input_size = pair(image_size, "image_size"), pair(input_size, "input_size")
    (height, width), (rows, columns) = image_size, input_size
    if not letterbox:
        return Placement(image_size, input_size, 0, 0, rows, columns)
    if columns * height < rows * width:  # the width is what limits
        inner = max(height * columns // width, 1), columns
    else:
        inner = rows, max(width * rows // height, 1)
    return Placement(image_size, input_size, (rows - inner[0]) // 2, (columns - inner[1]) // 2, *inner)


def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Bilinear resizing, pixel centres on pixel centres: OpenCV's ``INTER_LINEAR``.

    Parameters
    ----------
    image : (H, W, C) floats
    size : (height, width) of the result

    Returns
    -------
    (height, width, C) float32
        Each value is a mean of its two nearest neighbours on each axis. Made much smaller, a picture is sampled and not
        averaged, as detectors are used to.

    Examples
    --------
    >>> resize(np.array([[[0.0], [1.0]]]), (1, 4))[0, :, 0].tolist()
    [0.0, 0.25, 0.75, 1.0]
    """
    image = check_rank(image, "image", {3: "(H, W, C)"}).astype(np.float32, copy=False)
    if 0 in image.shape:
        raise ValueError(f"`image` must have at least one pixel. Received: shape {image.shape}")
    return _resized(image, pair(size, "size"))


def _resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    for axis, length in enumerate(size):
        n = image.shape[axis]
        if n == length:
            continue
        at = np.clip((np.arange(length) + 0.5) * (n / length) - 0.5, 0, n - 1)
        low = np.minimum(at.astype(int), max(n - 2, 0))
        share = (at - low).astype(np.float32).reshape((-1,) + (1,) * (2 - axis))
        below, above = image.take(low, axis), image.take(np.minimum(low + 1, n - 1), axis)
        image = below + (above - below) * share
    return image


def as_picture(image: np.ndarray, channels: int = 3) -> np.ndarray:
    """Any picture as floats from 0 to 1 with the channels that a network takes.

    Parameters
    ----------
    image
        (H, W) or (H, W, 1) grey, (H, W, 3) RGB, (H, W, 4) RGBA, which is laid on white; uint8 from 0 to 255, bool, or
        floats from 0 to 1
    channels : 3, or 1 for a network that takes grey pictures; any other number must be the picture's own

    Returns
    -------
    (H, W, channels) float32

    Raises
    ------
    TypeError, ValueError
        For other shapes and types, for floats outside 0 … 1 and for what is not a number.

    Examples
    --------
    >>> as_picture(np.array([[0, 255]], np.uint8)).tolist()
    [[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]]
    """
    array = check_rank(image, "image", {2: "(H, W)", 3: "(H, W, C)"})
    array = array[..., None] if array.ndim == 2 else array
    if 0 in array.shape:
        raise ValueError(f"`image` must have at least one pixel. Received: shape {array.shape}")
    if array.dtype == np.uint8:
        array = array.astype(np.float32) / 255
    elif array.dtype.kind in "fb":
        array = array.astype(np.float32)
        if not (array.min() >= 0 and array.max() <= 1):  # also False where a value is not a number
            raise ValueError(
                f"`image` must hold floats from 0 to 1, or uint8. Received: floats from {array.min():g} to "
                f"{array.max():g}; divide by 255?"
            )
    else:
        raise TypeError(f"`image` must be uint8 or floats from 0 to 1. Received: dtype {array.dtype}")
    own = array.shape[2]
    if own == 4 and channels != 4:
        array = array[..., :3] * array[..., 3:] + (1 - array[..., 3:])
        own = 3
    if own == 1 and channels == 3:
        array = np.repeat(array, 3, axis=2)
    elif own == 3 and channels == 1:
        array = (array @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]  # as the eye weighs them: ITU-R BT.601
    elif own != channels:
        raise ValueError(f"`image` must have {channels} channels. Received: shape {np.shape(image)}")
    return array


def fit(image: np.ndarray, placement: Placement) -> np.ndarray:
    """Put a picture where `placement` says.

    Parameters
    ----------
    image : (H, W, C) floats from 0 to 1, of the placement's ``image_size``
    placement : from `place`

    Returns
    -------
    (rows, columns, C) float32
        Of the placement's ``input_size``; the bars are grey.

    Examples
    --------
    >>> fit(np.ones((1, 2, 1)), place((1, 2), (4, 4)))[:, 0, 0].tolist()
    [0.5, 1.0, 1.0, 0.5]
    """
    image = check_rank(image, "image", {3: "(H, W, C)"})
    if image.shape[:2] != placement.image_size:
        raise ValueError(f"`image` must be of {placement.image_size} pixels. Received: shape {image.shape}")
    inner = _resized(image.astype(np.float32, copy=False), (placement.height, placement.width))
    if inner.shape[:2] == placement.input_size:
        return inner
    filled = np.full((*placement.input_size, image.shape[2]), GREY, np.float32)
    filled[placement.top :, placement.left :][: placement.height, : placement.width] = inner
    return filled
