"""Random layers that Keras lacks: boxes that follow every affine map, and AlexNet's colour noise."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from cnnlab.arithmetic.boxes import check as check_boxes
from cnnlab.common.validate import check_choice, check_number, check_rank, pair
from cnnlab.training.affine import FILLS, box_around, box_seen, compose, corners_of, sampling
from cnnlab.training.label_changes import FLIPS
from cnnlab.training.value_range import check_range, in_range


@keras.saving.register_keras_serializable("cnnlab")
class RandomAffine(keras.layers.Layer):
    """Turn, zoom, shear, shift, flip and crop pictures at random; boxes and masks move by the same matrix.

    Keras' own random layers take boxes too, and most are right. Two are not (Keras 3.13 and 3.15): `RandomShear`
    reckons in parts of the height and of the width, so that boxes are right in square pictures only, and `RandomCrop`
    subtracts the top from x and the left from y. This layer draws one matrix for a picture and uses it for all of it.

    Parameters
    ----------
    rotation : up to this part of a full turn either way, 0 to 0.5, as in `keras.layers.RandomRotation`
    zoom : sizes are multiplied by 1 − zoom … 1 + zoom, 0 <= zoom < 1
    shear : up to this many pixels sideways for each pixel down, 0 to 1
    translation : up to this part of the height and width, one number or (height, width), 0 to 1
    flip : ``"horizontal"``, ``"vertical"``, ``"horizontal_and_vertical"`` or None; each happens to half the pictures
    crop : None, or (height, width) of a window cut at random; at prediction time it is cut from the middle
    fill_mode, fill_value : as for `move_images`; masks are always filled with 0
    min_visible : a box of which less than this part stays in the picture is dropped, 0 to 1
    seed : for the same draws again

    Notes
    -----
    Called with images (N, H, W, C), the layer returns images; called with a dict it moves what Keras' layers call by
    these names and passes on the rest:

    - ``"images"`` : (N, H, W, C)
    - ``"segmentation_masks"`` : (N, H, W, 1), class numbers, sampled with ``"nearest"``
    - ``"bounding_boxes"`` : ``{"boxes": (N, B, 4), "labels": (N, B)}``, xyxy in pixels, clipped to the picture. A row
      whose label is −1 is padding; a box that is dropped becomes one, with the numbers 0, 0, 0, 0.

    As with Keras' layers, calling it yourself means ``training=True`` unless you say otherwise; `fit` says True,
    `predict` and `evaluate` say False.

    Raises
    ------
    TypeError, ValueError
        If a number is out of its range, or a word unknown. Boxes are refused as by `cnnlab.boxes.check`; within a graph
        (of TensorFlow or JAX), where there are no numbers to look at yet, a box that it would refuse becomes NaN, which
        whatever takes boxes refuses.

    Examples
    --------
    >>> layer = RandomAffine(flip="horizontal", rotation=0.02, seed=1)
    >>> data = {"images": np.zeros((2, 60, 90, 3)),
    ...         "bounding_boxes": {"boxes": np.array([[[10, 20, 30, 50]]] * 2), "labels": np.array([[7]] * 2)}}
    >>> moved = layer(data, training=True)
    >>> tuple(moved["images"].shape), tuple(moved["bounding_boxes"]["boxes"].shape)
    ((2, 60, 90, 3), (2, 1, 4))
    """

    def __init__(
        self,
        rotation: float = 0.0,
        zoom: float = 0.0,
        shear: float = 0.0,
        translation: float | Sequence[float] = 0.0,
        flip: str | None = None,
        crop: int | Sequence[int] | None = None,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        min_visible: float = 0.1,
        seed: int | None = None,
        **options: object,
    ) -> None:
        super().__init__(**options)
        self.rotation = check_number(rotation, "rotation", 0, 0.5)
        self.zoom = check_number(zoom, "zoom", 0, 1)
        if self.zoom == 1:
            raise ValueError("`zoom` must be a number from 0 to less than 1: sizes of 0 show nothing. Received: 1")
        self.shear = check_number(shear, "shear", 0, 1)
        both = (translation, translation) if np.isscalar(translation) else tuple(translation)
        if len(both) != 2:
            raise ValueError(f"`translation` must be one number or (height, width). Received: {translation!r}")
        self.translation = tuple(check_number(value, "translation", 0, 1) for value in both)
        self.flip = None if flip is None else check_choice(flip, "flip", FLIPS)
        self.crop = None if crop is None else pair(crop, "crop")
        self.fill_mode = check_choice(fill_mode, "fill_mode", FILLS)
        self.fill_value = check_number(fill_value, "fill_value")
        self.min_visible = check_number(min_visible, "min_visible", 0, 1)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: object, training: bool = True) -> object:
        """Images or a dict of them, moved; see the class."""
        data = dict(inputs) if isinstance(inputs, dict) else {"images": inputs}
        if "images" not in data:
            raise ValueError(f"`inputs` must have an entry 'images'. Received: {sorted(data)}")
        if "bounding_boxes" in data:
            _check_boxes(data["bounding_boxes"])
        if training or self.crop is not None:
            self._move(data, training)
        return data if isinstance(inputs, dict) else data["images"]

    def _move(self, data: dict, training: bool) -> None:
        images = ops.cast(ops.convert_to_tensor(data["images"]), self.compute_dtype)
        if len(images.shape) != 4:
            raise ValueError(f"`images` must have shape (N, H, W, C). Received: shape {tuple(images.shape)}")
        batch, height, width = ops.shape(images)[:3]
        out_height, out_width = self.crop or (height, width)
        if self.crop and (self.crop[0] > height or self.crop[1] > width):
            raise ValueError(
                f"`crop` must fit into the picture. Received: {self.crop[0]}×{self.crop[1]} of {height}×{width}"
            )
        numbers = self._draw(batch, height, width, training)
        where = ops.cast(ops.stack(sampling(ops, *numbers), axis=-1), "float32")  # (N, 8)
        data["images"] = self._resample(images, where, "bilinear", self.fill_mode, self.fill_value)
        if "segmentation_masks" in data:
            masks = ops.convert_to_tensor(data["segmentation_masks"])
            moved = self._resample(ops.cast(masks, "float32"), where, "nearest", "constant", 0.0)
            data["segmentation_masks"] = ops.cast(moved, masks.dtype)
        if "bounding_boxes" in data:
            data["bounding_boxes"] = self._move_boxes(data["bounding_boxes"], numbers, out_height, out_width)

    def _draw(self, batch: object, height: int, width: int, training: bool) -> tuple:
        """a, b, tx, c, d, ty, each (N,): one map for each picture."""
        crop_y, crop_x = (height - self.crop[0], width - self.crop[1]) if self.crop else (0, 0)
        if not training:
            still = ops.zeros((batch,))
            return compose(
                ops, still + 1, still + 1, still, still, still - crop_x // 2, still - crop_y // 2, height, width
            )

        def between(low: float, high: float) -> object:
            return keras.random.uniform((batch,), low, high, seed=self.generator)

        def mirrored(axis: str) -> object:
            return ops.where(between(0.0, 1.0) < 0.5, -1.0, 1.0) if axis in (self.flip or "") else ops.ones((batch,))

        size = between(1 - self.zoom, 1 + self.zoom)
        down, right = (self.translation[0] * height, self.translation[1] * width)
        return compose(
            ops,
            mirrored("horizontal") * size,
            mirrored("vertical") * size,
            between(-self.shear, self.shear),
            between(-self.rotation, self.rotation) * 2 * math.pi,
            between(-right, right) - ops.floor(between(0.0, crop_x + 1.0)) if crop_x else between(-right, right),
            between(-down, down) - ops.floor(between(0.0, crop_y + 1.0)) if crop_y else between(-down, down),
            height,
            width,
        )

    def _resample(self, images: object, where: object, interpolation: str, fill_mode: str, fill_value: float) -> object:
        # A copy: on torch, Keras (3.15) changes the numbers it is given, and the masks would move otherwise.
        where = ops.copy(where)
        moved = ops.image.affine_transform(
            images, where, interpolation, fill_mode, fill_value, data_format="channels_last"
        )
        return moved if self.crop is None else moved[:, : self.crop[0], : self.crop[1]]

    def _move_boxes(self, bounding_boxes: dict, numbers: tuple, height: int, width: int) -> dict:
        corners = ops.cast(ops.convert_to_tensor(bounding_boxes["boxes"]), "float32")  # (N, B, 4)
        labels = ops.convert_to_tensor(bounding_boxes["labels"])  # (N, B)
        maps = [value[:, None, None] for value in numbers]  # one for all boxes of a picture and their corners
        whole = _area(box_around(ops, *corners_of(ops, corners, maps)))
        seen = box_seen(ops, corners, maps, height, width)
        right = (corners[..., 2:] >= corners[..., :2]) & ops.isfinite(corners[..., 2:] - corners[..., :2])
        bad = ~ops.all(right, axis=-1) & (labels >= 0)
        kept = (_area(seen) > 0) & (_area(seen) >= self.min_visible * whole) & (labels >= 0) | bad
        seen = ops.where(bad[..., None], float("nan"), seen)
        return {
            **bounding_boxes,
            "boxes": ops.where(kept[..., None], seen, 0.0),
            "labels": ops.where(kept, labels, ops.cast(-1, labels.dtype)),
        }

    def compute_output_shape(self, input_shape: tuple | dict) -> tuple | dict:
        """(N, H, W, C), with the crop's height and width if there is one; of a dict, that of images and masks."""
        if self.crop is None:
            return input_shape
        if isinstance(input_shape, dict):
            pictures = input_shape.keys() & {"images", "segmentation_masks"}
            return {**input_shape, **{name: self.compute_output_shape(input_shape[name]) for name in pictures}}
        return (input_shape[0], *self.crop, input_shape[-1])

    def get_config(self) -> dict:
        """What the constructor was given, for saving."""
        names = ("rotation", "zoom", "shear", "translation", "flip", "crop")
        names += ("fill_mode", "fill_value", "min_visible", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable("cnnlab")
class RandomPCAColor(keras.layers.Layer):
    """Change the colour of whole pictures along the directions in which the training set's colours differ most.

    `adapt` looks at the training pictures: the covariance of red, green and blue over all pixels has three
    eigenvectors. In photographs the first is brightness, as red, green and blue rise and fall together. In training,
    each picture gets ``sum over i of a_i · s_i · direction_i`` added to all its pixels, with a_i drawn from a normal
    distribution and s_i the spread (standard deviation) along that direction.

    The source multiplies by the eigenvalue, a variance, whose size depends on whether pixels count to 1 or to 255; its
    square root does not, and is used here.

    Parameters
    ----------
    scale : standard deviation of a_i, >= 0; the source has 0.1
    value_range : (lowest, highest) value of a pixel; results are clipped to it
    steps : (3, 3) what `adapt` finds, if it is known already: row i is direction i times its spread
    seed : for the same draws again

    Raises
    ------
    TypeError, ValueError
        If `scale` or `value_range` is none, `steps` are not 3 × 3 numbers, or the layer is called before `adapt`.

    References
    ----------
    Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012,
    section 4.1.

    Examples
    --------
    >>> layer = RandomPCAColor(seed=0)
    >>> layer.adapt(np.random.default_rng(0).uniform(size=(2, 8, 8, 3)))
    >>> tuple(layer(np.full((2, 8, 8, 3), 0.5), training=True).shape)
    (2, 8, 8, 3)
    """

    def __init__(
        self,
        scale: float = 0.1,
        value_range: Sequence[float] = (0.0, 1.0),
        steps: Sequence | None = None,
        seed: int | None = None,
        **options: object,
    ) -> None:
        super().__init__(**options)
        self.scale = check_number(scale, "scale", 0)
        self.value_range = check_range(value_range)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)
        self.steps = None if steps is None else _steps(steps)

    def adapt(self, images: np.ndarray) -> None:
        """Find the three colour directions of the training pictures (N, H, W, 3), in the units of `value_range`."""
        images = check_rank(images, "images", {4: "(N, H, W, 3)"})
        if images.shape[-1] != 3 or images.size < 6:
            raise ValueError(f"`images` must be colour pictures, (N, H, W, 3). Received: shape {images.shape}")
        pixels = images.reshape(-1, 3).astype(np.float64)
        variances, directions = np.linalg.eigh(np.cov(pixels, rowvar=False))  # smallest first, directions in columns
        spread = np.sqrt(np.maximum(variances[::-1], 0))
        directions = directions.T[::-1]
        signs = np.where(directions.sum(axis=1) < 0, -1.0, 1.0)  # eigenvectors have no sign of their own: brighter is +
        self.steps = (directions * (signs * spread)[:, None]).tolist()

    def call(self, inputs: object, training: bool = True) -> object:
        """Images, or a dict whose ``"images"`` are changed and whose rest is passed on."""
        data = dict(inputs) if isinstance(inputs, dict) else {"images": inputs}
        if self.steps is None:
            raise ValueError("`RandomPCAColor` must see the training pictures first: layer.adapt(images)")
        if training:
            data = in_range(data, self.value_range)
            images = ops.cast(ops.convert_to_tensor(data["images"]), self.compute_dtype)
            amounts = keras.random.normal((ops.shape(images)[0], 3), stddev=self.scale, seed=self.generator)
            change = ops.matmul(amounts, np.array(self.steps, "float32"))  # (N, 3)
            data["images"] = ops.clip(images + change[:, None, None, :], *self.value_range)
        return data if isinstance(inputs, dict) else data["images"]

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """The shape of the input."""
        return input_shape

    def get_config(self) -> dict:
        """What the constructor was given or `adapt` found, for saving."""
        own = {"scale": self.scale, "value_range": self.value_range, "steps": self.steps, "seed": self.seed}
        return {**super().get_config(), **own}


def _steps(steps: object) -> list[list[float]]:
    steps = check_rank(steps, "steps", {2: "(3, 3)"})
    if steps.shape != (3, 3) or not np.isfinite(steps).all():
        raise ValueError(f"`steps` must be 3 × 3 finite numbers. Received: {steps.tolist()}")
    return steps.astype(float).tolist()


def _check_boxes(bounding_boxes: object) -> None:
    """Refuse what is not ``{"boxes": (N, B, 4), "labels": (N, B)}``, and bad boxes where they have numbers already."""
    if not isinstance(bounding_boxes, dict) or not {"boxes", "labels"} <= bounding_boxes.keys():
        names = sorted(bounding_boxes) if isinstance(bounding_boxes, dict) else type(bounding_boxes).__name__
        raise ValueError(f"`bounding_boxes` must be a dict with 'boxes' and 'labels'. Received: {names}")
    boxes, labels = (ops.convert_to_tensor(bounding_boxes[name]) for name in ("boxes", "labels"))
    shapes = tuple(boxes.shape), tuple(labels.shape)
    if len(shapes[0]) != 3 or shapes[0][2] != 4 or len(shapes[1]) != 2:
        raise ValueError(
            f"`bounding_boxes` must have shapes (N, B, 4) and (N, B). Received: {shapes[0]} and {shapes[1]}"
        )
    try:
        boxes, labels = ops.convert_to_numpy(boxes), ops.convert_to_numpy(labels)
    except (TypeError, NotImplementedError):  # in a graph
        return
    for picture, (some, own) in enumerate(zip(boxes, labels, strict=True)):
        check_boxes(np.where(own[:, None] >= 0, some, 0), f"boxes of picture {picture}")


def _area(boxes: object) -> object:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
