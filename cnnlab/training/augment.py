"""More pictures from the ones you have: flipped, turned, shifted, recoloured, and never so far that the label is wrong.

`pipeline` gives a named chain of Keras' own random layers. What Keras lacks, or does wrongly with boxes, is here:
`RandomAffine` (one matrix moves picture, mask and boxes), `RandomPCAColor`, `ten_crop` and test-time averaging.
`matrix`, `move_images` and `move_boxes` are the same affine maps without the chance.

Everything random takes ``training=``. `fit` says True, `predict` and `evaluate` say False; if you call a random layer
yourself and say nothing, Keras takes it for training.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import keras
import numpy as np
from keras import layers

from cnnlab.common.validate import check_choice, check_int, check_rank, pair
from cnnlab.training.affine import matrix as matrix
from cnnlab.training.affine import move_boxes as move_boxes
from cnnlab.training.affine import move_images as move_images
from cnnlab.training.augment_layers import RandomAffine as RandomAffine
from cnnlab.training.augment_layers import RandomPCAColor as RandomPCAColor
from cnnlab.training.image_data_generator import OLD as OLD
from cnnlab.training.image_data_generator import OLD_ELSEWHERE as OLD_ELSEWHERE
from cnnlab.training.image_data_generator import modern as modern
from cnnlab.training.label_changes import FLIPS as FLIPS
from cnnlab.training.label_changes import label_changes as label_changes
from cnnlab.training.value_range import Pipeline, check_range


def _digits(span: tuple[float, float], seeds: Iterator) -> list:
    """Written signs: no flips, little turning; what comes in is background."""
    edge = {"fill_mode": "constant", "fill_value": span[0]}
    return [
        layers.RandomRotation(12 / 360, seed=next(seeds), **edge),
        layers.RandomTranslation(0.08, 0.08, seed=next(seeds), **edge),
        layers.RandomZoom((-0.1, 0.1), seed=next(seeds), **edge),
    ]


def _light(span: tuple[float, float], seeds: Iterator) -> list:
    how = {"value_range": span, "bounding_box_format": "xyxy"}  # they move no box, but refuse one without its format
    return [
        layers.RandomBrightness(0.15, seed=next(seeds), **how),
        layers.RandomContrast(0.15, seed=next(seeds), **how),
    ]


def _photos(span: tuple[float, float], seeds: Iterator) -> list:
    """Things in daylight, seen by a standing photographer: mirrored, but never upside down."""
    return [
        layers.RandomFlip("horizontal", seed=next(seeds)),
        layers.RandomRotation(8 / 360, fill_mode="reflect", seed=next(seeds)),
        layers.RandomTranslation(0.1, 0.1, fill_mode="reflect", seed=next(seeds)),
        layers.RandomZoom((-0.2, 0.1), fill_mode="reflect", seed=next(seeds)),
        *_light(span, seeds),
    ]


def _aerial(span: tuple[float, float], seeds: Iterator) -> list:
    """Seen from above or through a microscope: no side is up."""
    return [
        layers.RandomFlip("horizontal_and_vertical", seed=next(seeds)),
        layers.RandomRotation(0.5, fill_mode="reflect", seed=next(seeds)),
        layers.RandomTranslation(0.1, 0.1, fill_mode="reflect", seed=next(seeds)),
        *_light(span, seeds),
    ]


def _detection(span: tuple[float, float], seeds: Iterator) -> list:
    """Photographs with boxes or masks; grey comes in from outside, as a reflected thing would have no box."""
    edge = {"fill_mode": "constant", "fill_value": sum(span) / 2}
    moves = {"rotation": 0.01, "zoom": 0.25, "translation": 0.1, "flip": "horizontal", "min_visible": 0.25}
    return [RandomAffine(seed=next(seeds), **moves, **edge), *_light(span, seeds)]


_PIPELINES: dict[str, Callable[[tuple[float, float], Iterator], list]] = {
    "digits": _digits,
    "photos": _photos,
    "aerial": _aerial,
    "detection": _detection,
}


def names() -> tuple[str, ...]:
    """The pipelines that `pipeline` knows.

    Examples
    --------
    >>> names()
    ('digits', 'photos', 'aerial', 'detection')
    """
    return tuple(_PIPELINES)


def pipeline(name: str, value_range: Sequence[float] = (0.0, 1.0), seed: int | None = None) -> keras.layers.Layer:
    """A chain of random layers for one kind of picture.

    Parameters
    ----------
    name
        ``"digits"``, signs that have an up and a left; ``"photos"``, things that may be mirrored; ``"aerial"``,
        pictures without an up; ``"detection"``, photographs whose boxes and masks move along (pass a dict, see
        `RandomAffine`)
    value_range : (lowest, highest) value of a pixel. Keras' layers take (0, 255) unless told otherwise. In training,
        pictures of another range are refused, or become NaN where `fit` runs the chain inside the model
    seed : for the same draws again

    Returns
    -------
    keras.layers.Pipeline
        Call it on images (N, H, W, C), say ``training=True`` or False, or put it into a model. Its ``layers`` can be
        read and taken.

    Examples
    --------
    >>> [type(layer).__name__ for layer in pipeline("digits").layers]
    ['RandomRotation', 'RandomTranslation', 'RandomZoom']
    """
    check_choice(name, "name", names())
    # A seed of its own for each layer: equal ones would draw equal numbers.
    seeds = itertools.repeat(None) if seed is None else itertools.count(check_int(seed, "seed", 0))
    span = check_range(value_range)
    return Pipeline(_PIPELINES[name](span, seeds), span, name=name)


class Batches(keras.utils.PyDataset):
    """Batches for `fit`, each augmented as it is asked for: every epoch sees other versions, in another order.

    It works on every backend, with NumPy arrays, and augments nothing but what it is given: give it training pictures.

    Parameters
    ----------
    images : (N, H, W, C)
    labels : (N, …), whatever the loss takes
    augment
        called as ``augment(images, training=True)``: a `pipeline`, any Keras layer; or None, for plain batches
    batch_size : >= 1; the last batch may be smaller
    seed : of the order

    Examples
    --------
    >>> batches = Batches(np.zeros((10, 8, 8, 1)), np.arange(10), pipeline("digits"), batch_size=4)
    >>> len(batches), batches[2][0].shape
    (3, (2, 8, 8, 1))
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        augment: Callable | None = None,
        batch_size: int = 32,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self._images = check_rank(images, "images", {4: "(N, H, W, C)"})
        self._labels = np.asarray(labels)
        if self._labels.ndim == 0 or len(self._labels) != len(self._images):
            shapes = f"{self._images.shape} and {self._labels.shape}"
            raise ValueError(f"`labels` must have a row for each of the `images`. Received: shapes {shapes}")
        if augment is not None and not callable(augment):
            raise TypeError(f"`augment` must be a layer, a function or None. Received: {augment!r}")
        self._augment = augment
        self._batch_size = check_int(batch_size, "batch_size", 1)
        self._rng = np.random.default_rng(check_int(seed, "seed", 0))
        self._order = self._rng.permutation(len(self._images))

    def __len__(self) -> int:
        return -(-len(self._images) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        images = self._images[chosen]
        if self._augment is not None:
            images = keras.ops.convert_to_numpy(self._augment(images, training=True))
        return images, self._labels[chosen]

    def on_epoch_end(self) -> None:
        """Draw a new order; `fit` calls this."""
        self._order = self._rng.permutation(len(self._images))


def ten_crop(images: np.ndarray, size: int | Sequence[int]) -> np.ndarray:
    """The four corners, the centre, and the same five mirrored: AlexNet's ten views of a test picture.

    Parameters
    ----------
    images : (N, H, W, C)
    size : of a crop, one number or (height, width), at most that of the images

    Returns
    -------
    ndarray
        (N, 10, height, width, C): top left, top right, bottom left, bottom right, centre; then mirrored left-right.

    References
    ----------
    Krizhevsky, Sutskever and Hinton, 2012, section 4.1 (224 × 224 crops of 256 × 256 pictures).

    Examples
    --------
    >>> ten_crop(np.zeros((3, 256, 256, 3)), 224).shape
    (3, 10, 224, 224, 3)
    """
    images = check_rank(images, "images", {4: "(N, H, W, C)"})
    high, wide = pair(size, "size")
    height, width = images.shape[1:3]
    if high > height or wide > width:
        raise ValueError(f"`size` must fit into the images of {height}×{width}. Received: {high}×{wide}")
    below, right = height - high, width - wide
    corners = [(0, 0), (0, right), (below, 0), (below, right), (below // 2, right // 2)]
    crops = [images[:, top : top + high, left : left + wide] for top, left in corners]
    return np.stack([*crops, *(crop[:, :, ::-1] for crop in crops)], axis=1)


def views(images: np.ndarray, augment: Callable, count: int) -> np.ndarray:
    """Several random versions of each picture.

    Parameters
    ----------
    images : (N, H, W, C)
    augment : called as ``augment(images, training=True)``
    count : how many, >= 1

    Returns
    -------
    ndarray
        (N, `count`, H, W, C).

    Examples
    --------
    >>> views(np.zeros((2, 28, 28, 1)), pipeline("digits", seed=0), count=5).shape
    (2, 5, 28, 28, 1)
    """
    images = check_rank(images, "images", {4: "(N, H, W, C)"})
    count = check_int(count, "count", 1)
    drawn = [keras.ops.convert_to_numpy(augment(images, training=True)) for _ in range(count)]
    return np.stack(drawn, axis=1)


def average_predictions(model: keras.Model, views: np.ndarray, batch_size: int = 256) -> np.ndarray:
    """Test-time augmentation: ask the model about every view of a picture, and take the mean of its answers.

    Parameters
    ----------
    model : takes (M, H, W, C) and gives (M, classes)
    views : (N, V, H, W, C), V views of each of N pictures, from `ten_crop` or `views`
    batch_size : of `predict`

    Returns
    -------
    ndarray
        (N, classes).

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(3, "softmax")])
    >>> average_predictions(model, ten_crop(np.zeros((2, 6, 6, 1)), 4)).shape
    (2, 3)
    """
    views = check_rank(views, "views", {5: "(N, V, H, W, C)"})
    answers = model.predict(views.reshape(-1, *views.shape[2:]), batch_size=batch_size, verbose=0)
    return answers.reshape(*views.shape[:2], -1).mean(axis=1)
