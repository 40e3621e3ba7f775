"""Transfer without a download: digits anywhere on a canvas, and a small network that has learned 0 to 4 from them."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from scipy.ndimage import map_coordinates

from cnnlab.common.validate import check_choice, check_int
from cnnlab.data import datasets
from cnnlab.data.stand_ins import every_fifth
from cnnlab.models.zoo.weights import load_weights

SIDE = 28  # of the canvas, in pixels
_SIZES, _TURN = (14.0, 22.0), 25.0  # of a digit in pixels; degrees to either side
_FILTERS = (16, 32, 64)
FILE = "digits_0_to_4.weights.h5"  # in data/


def scattered_digits(
    digits: Sequence[int] = tuple(range(10)), split: str = "train", copies: int = 1, seed: int = 0
) -> datasets.Dataset:
    """scikit-learn's handwritten digits, each anywhere on a canvas of 28×28, larger or smaller and turned a little.

    On pictures that all stand in one place a straight comparison of pixels does as well as any network. Here it does
    not: what helps is to know what a stroke is, wherever it is. That knowledge can be carried over to other digits.

    Parameters
    ----------
    digits : which of 0 to 9, in the order of their labels
    split : ``"train"``, or ``"test"`` for every fifth original of a digit
    copies : how often each original is drawn, every time differently; >= 1
    seed : of places, sizes (14 to 22 pixels) and turns (up to 25° to either side)

    Returns
    -------
    Dataset
        Images (N, 28, 28, 1) of uint8, white on black; labels are places in `digits`, not the digits themselves.

    Examples
    --------
    >>> scattered_digits((5, 6), "test")
    Dataset(72 images of 28×28×1, 2 classes, source: scikit-learn's digits, scattered on 28×28)
    """
    wanted = [check_int(digit, "digits", 0, 9) for digit in digits]
    if not wanted or len(set(wanted)) < len(wanted):
        raise ValueError(f"`digits` must hold different digits, at least one. Received: {digits!r}")
    check_choice(split, "split", ("train", "test"))
    rng = np.random.default_rng(check_int(seed, "seed", minimum=0))
    originals = datasets.digits()
    kept = np.isin(originals.labels, wanted) & (every_fifth(originals.labels) == (split == "test"))
    rows = np.tile(np.flatnonzero(kept), check_int(copies, "copies", minimum=1))
    places = np.zeros(10, dtype=np.int64)
    places[wanted] = np.arange(len(wanted))
    return datasets.Dataset(
        images=_scatter(originals.images[rows, ..., 0], rng)[..., None],
        labels=places[originals.labels[rows]],
        class_names=tuple(map(str, wanted)),
        source=f"scikit-learn's digits, scattered on {SIDE}×{SIDE}",
    )


def _scatter(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Square `images` (N, s, s) somewhere on canvases (N, SIDE, SIDE), by linear interpolation; uint8."""
    count, side = images.shape[:2]
    size = rng.uniform(*_SIZES, count)
    angle = np.deg2rad(rng.uniform(-_TURN, _TURN, count))
    reach = (SIDE - size) / 2
    down, right = rng.uniform(-1, 1, (2, count)) * reach
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    y, x = y - down[:, None, None], x - right[:, None, None]  # (N, SIDE, SIDE), from the digit's middle
    step = (side / size)[:, None, None]
    cos, sin = np.cos(angle)[:, None, None], np.sin(angle)[:, None, None]
    row = step * (cos * y - sin * x) + (side - 1) / 2  # in the original
    column = step * (sin * y + cos * x) + (side - 1) / 2
    picture = np.broadcast_to(np.arange(count)[:, None, None], row.shape)
    scattered = map_coordinates(images.astype(float), [picture, row, column], order=1, mode="grid-constant")
    return np.rint(scattered).astype(np.uint8)


def digits_backbone(
    input_shape: tuple[int, int, int] = (SIDE, SIDE, 1), weights: str | None = "auto", *, seed: int = 0
) -> keras.Model:
    """A network of three blocks that has learned to tell the digits 0 to 4 apart, without its classifier.

    Its weights ship with the course; ``benchmarks/digits_backbone.py`` trained them on `scattered_digits`, for three
    minutes. It has never seen 5 to 9. Each block is a convolution, BatchNormalization and ReLU, with a max pooling
    before the next.

    Parameters
    ----------
    input_shape
        ``(H, W, 1)`` or ``(H, W, 3)``: **floats from 0 to 1**, bright on dark. Colours are averaged and other sizes
        than 28×28 resized, inside the model
    weights : ``"auto"`` for those that ship, None for random numbers
    seed : of the random numbers

    Returns
    -------
    keras.Model
        Functional and flat, not compiled: (N, H, W, C) → (N, 7, 7, 64).

    Examples
    --------
    >>> base = digits_backbone()
    >>> base.output_shape, base.count_params()
    ((None, 7, 7, 64), 23632)
    """
    if weights not in ("auto", None):
        raise ValueError(f"`weights` must be 'auto' or None. Received: {weights!r}")
    if not isinstance(input_shape, (tuple, list)) or len(input_shape) != 3 or input_shape[2] not in (1, 3):
        raise ValueError(f"`input_shape` must be (H, W, 1) or (H, W, 3). Received: {input_shape!r}")
    height, width, channels = (check_int(n, "input_shape", minimum=1) for n in input_shape)
    model = _network((height, width, channels), check_int(seed, "seed", minimum=0))
    if weights == "auto":
        load_weights(model, datasets.shipped(FILE))
    return model


def _network(shape: tuple[int, int, int], seed: int) -> keras.Model:
    layers = keras.layers
    inputs = x = keras.Input(shape, name="image")
    if shape[2] == 3:
        x = keras.ops.mean(x, axis=-1, keepdims=True)
    last = {"data_format": "channels_last"}
    if shape[:2] != (SIDE, SIDE):
        x = layers.Resizing(SIDE, SIDE, name="resize", **last)(x)
    for number, filters in enumerate(_FILTERS, start=1):
        if number > 1:
            x = layers.MaxPooling2D(name=f"block{number}_pool", **last)(x)
        how = {"padding": "same", "use_bias": False, **last}
        how["kernel_initializer"] = keras.initializers.HeNormal(seed=10 * seed + number)
        x = layers.Conv2D(filters, 3, name=f"block{number}_conv", **how)(x)
        # The running statistics must be right after some hundred steps: they forget faster than by default.
        x = layers.BatchNormalization(momentum=0.9, name=f"block{number}_bn")(x)
        x = layers.ReLU(name=f"block{number}_relu")(x)
    return keras.Model(inputs, x, name="digits_backbone")
