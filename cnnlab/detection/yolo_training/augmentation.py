"""New pictures from old ones, with their boxes: mirrored, resized, shifted and in another light.

One draw decides for a picture and for its boxes. A box is clipped to the picture; one of which too little is left is
marked `ignore`, so that nobody is asked to find it and nobody is told that it is background.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from PIL import Image

from cnnlab.arithmetic.overlap import area
from cnnlab.common.validate import check_fraction
from cnnlab.detection.detections import GroundTruth

_GREY = 128  # of what comes in from outside: letterbox.GREY as a byte


@dataclass(frozen=True)
class Augmentation:
    """How far pictures are changed; every change is drawn anew for every picture of every epoch.

    Parameters
    ----------
    mirror : probability of exchanging left and right, 0 to 1
    flip : probability of exchanging top and bottom, 0 to 1: for what has no up, seen from above or in a microscope
    scale : sizes are multiplied by 1 / (1 + scale) … 1 + scale, all factors alike likely on a logarithmic scale, 0 to 1
    shift : up to this part of the height and width, 0 to 1
    brightness : up to this much is added to every value of a picture, 0 to 1, where 1 is white
    contrast : differences from the middle grey are multiplied by 1 − contrast … 1 + contrast, 0 to 1
    colour : red, green and blue are each multiplied by 1 − colour … 1 + colour, 0 to 1
    min_visible : a box of which less than this part stays in the picture does not count any more, 0 to 1

    Examples
    --------
    >>> change = Augmentation(mirror=1, scale=0, shift=0)
    >>> truth = GroundTruth([[0, 2, 4, 6]], [0])
    >>> picture, moved = change(np.zeros((8, 16, 3), np.uint8), truth, np.random.default_rng(0))
    >>> moved.boxes.tolist()
    [[12.0, 2.0, 16.0, 6.0]]
    """

    mirror: float = 0.5
    flip: float = 0.0
    scale: float = 0.25
    shift: float = 0.1
    brightness: float = 0.1
    contrast: float = 0.2
    colour: float = 0.1
    min_visible: float = 0.3

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, check_fraction(getattr(self, field.name), field.name))

    def __call__(
        self, picture: np.ndarray, truth: GroundTruth, rng: np.random.Generator
    ) -> tuple[np.ndarray, GroundTruth]:
        """One changed version.

        Parameters
        ----------
        picture : (H, W, 3) uint8
        truth : its boxes
        rng : what the draws come from

        Returns
        -------
        tuple
            The picture, of the same shape and type, and its boxes.
        """
        height, width = picture.shape[:2]
        size = (1 + self.scale) ** rng.uniform(-1, 1)
        right, down = rng.uniform(-self.shift, self.shift, 2) * (width, height)
        scale = np.array(
            [size * (-1 if rng.random() < self.mirror else 1), size * (-1 if rng.random() < self.flip else 1)]
        )
        middle = np.array([width, height]) / 2
        start = middle + (right, down) - scale * middle  # new = old · scale + start, (x, y)
        moved = move_picture(picture, scale, start)
        return recoloured(moved, *self._light(rng)), move_boxes(truth, scale, start, (height, width), self.min_visible)

    def _light(self, rng: np.random.Generator) -> tuple[np.ndarray, float]:
        """What values are multiplied by, (3,), and what is added afterwards, in bytes."""
        contrast = 1 + rng.uniform(-self.contrast, self.contrast)
        gain = contrast * (1 + rng.uniform(-self.colour, self.colour, 3))
        return gain, 255 * rng.uniform(-self.brightness, self.brightness) + 127.5 * (1 - contrast)


def move_picture(picture: np.ndarray, scale: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Resize, mirror and shift a picture: what was at (x, y) comes to (x, y) · `scale` + `start`; outside is grey.

    Parameters
    ----------
    picture : (H, W, 3) uint8
    scale, start : (2,) for x and y; a negative scale mirrors

    Examples
    --------
    >>> ramp = np.repeat(np.arange(4, dtype=np.uint8)[None, :, None], 3, axis=2)
    >>> move_picture(ramp, np.array([-1, 1]), np.array([4, 0]))[0, :, 0].tolist()
    [3, 2, 1, 0]
    """
    (across, down), (left, top) = 1 / scale, -start / scale
    where = (across, 0, left, 0, down, top)  # Pillow asks where each pixel of the result comes from
    moved = Image.fromarray(picture).transform(
        picture.shape[1::-1], Image.Transform.AFFINE, where, Image.Resampling.BILINEAR, fillcolor=(_GREY,) * 3
    )
    return np.asarray(moved)


def move_boxes(
    truth: GroundTruth, scale: np.ndarray, start: np.ndarray, image_size: tuple[int, int], min_visible: float
) -> GroundTruth:
    """The boxes of a picture that `move_picture` has moved.

    Parameters
    ----------
    truth : the boxes before
    scale, start : as there
    image_size : (height, width)
    min_visible
        a box of which less than this part is inside is marked `ignore`; one that is wholly outside is left out

    Examples
    --------
    >>> truth = GroundTruth([[0, 0, 10, 10], [6, 0, 8, 10]], [0, 1])
    >>> moved = move_boxes(truth, np.array([1, 1]), np.array([8, 0]), (10, 16), min_visible=0.9)
    >>> moved.boxes.tolist(), moved.ignore.tolist()
    ([[8.0, 0.0, 16.0, 10.0], [14.0, 0.0, 16.0, 10.0]], [True, False])
    """
    ends = truth.boxes.reshape(-1, 2, 2) * scale + start
    boxes = np.concatenate([ends.min(axis=1), ends.max(axis=1)], axis=1)
    seen = np.clip(boxes, 0, np.tile(image_size[::-1], 2))
    left = area(seen)
    kept = left > 0
    hidden = left < min_visible * area(boxes)
    return GroundTruth(seen[kept], truth.labels[kept], truth.crowd[kept], (truth.ignore | hidden)[kept])


def recoloured(picture: np.ndarray, gain: np.ndarray, offset: float) -> np.ndarray:
    """Values of a picture times `gain`, (3,), plus `offset`, in bytes from 0 to 255.

    >>> recoloured(np.full((1, 1, 3), 100, np.uint8), np.array([1, 2, 3]), 10).tolist()
    [[[110, 210, 255]]]
    """
    table = np.clip(np.arange(256)[:, None] * gain + offset, 0, 255).round().astype(np.uint8)  # (256, 3)
    return table[picture, np.arange(3)]
