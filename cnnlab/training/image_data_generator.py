"""The arguments of ``ImageDataGenerator``, and what does the same today.

The class was the way to augment for years, and most tutorials still show it. Keras 3 has dropped it (it lives on as
``tf.keras.preprocessing.image.ImageDataGenerator``, deprecated).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras import layers

from cnnlab.common.validate import check_choice
from cnnlab.training.affine import FILLS
from cnnlab.training.value_range import Pipeline


@dataclass(frozen=True)
class Row:
    """One argument of the old call.

    Attributes
    ----------
    old : the argument, with an example
    new : the layer or call that replaces it, as one would type it
    note : what differs
    make : takes the argument's value, and ``fill_mode`` and ``fill_value`` for layers that move; returns the layer, or
        None where the value asks for nothing
    """

    old: str
    new: str
    note: str
    make: Callable[[object, dict], keras.layers.Layer | None] | None = None


def _part(value: float) -> float:
    """A shift that means the same in both: the old one read 1 or more as pixels, and a list as its only choices."""
    if not 0 <= value < 1:
        raise ValueError
    return value


def _zoom(value: object, fill: dict) -> keras.layers.Layer:
    low, high = value if isinstance(value, (tuple, list)) else (1 - value, 1 + value)
    return layers.RandomZoom((low - 1, high - 1), (low - 1, high - 1), **fill)


# In the order in which the old generator applied them: rescaling last, but a linear map commutes with the rest.
OLD = {
    "rotation_range": Row(
        "rotation_range=20",
        "RandomRotation(20 / 360)",
        "degrees became parts of a full turn",
        lambda value, fill: layers.RandomRotation(value / 360, **fill),
    ),
    "width_shift_range": Row(
        "width_shift_range=0.1",
        "RandomTranslation(0, 0.1)",
        "a number of 1 or more meant pixels; now it is always a part of the width",
        lambda value, fill: layers.RandomTranslation(0.0, _part(value), **fill),
    ),
    "height_shift_range": Row(
        "height_shift_range=0.1",
        "RandomTranslation(0.1, 0)",
        "height comes first in the new layer",
        lambda value, fill: layers.RandomTranslation(_part(value), 0.0, **fill),
    ),
    "shear_range": Row(
        "shear_range=10",
        "RandomShear(tan(10°))",
        "degrees became the tangent; about the top left corner now, no more about the centre",
        lambda value, fill: layers.RandomShear(x_factor=math.tan(math.radians(value)), **fill),
    ),
    "zoom_range": Row(
        "zoom_range=0.2",
        "RandomZoom((-0.2, 0.2), (-0.2, 0.2))",
        "both are read as 'see this much more': below zero is nearer; give one pair to keep the proportions",
        _zoom,
    ),
    "horizontal_flip": Row(
        "horizontal_flip=True",
        'RandomFlip("horizontal")',
        "",
        lambda value, fill: layers.RandomFlip("horizontal") if value else None,
    ),
    "vertical_flip": Row(
        "vertical_flip=True",
        'RandomFlip("vertical")',
        "",
        lambda value, fill: layers.RandomFlip("vertical") if value else None,
    ),
    "brightness_range": Row(
        "brightness_range=(0.8, 1.2)",
        "RandomBrightness((-0.2, 0.2), value_range=(0, 255))",
        "not the same: the old one multiplied, the new one adds a part of the range",
        lambda value, fill: layers.RandomBrightness((value[0] - 1, value[1] - 1), value_range=(0, 255)),
    ),
    "rescale": Row(
        "rescale=1 / 255",
        "Rescaling(1 / 255)",
        "keep it in the model, so that it cannot be forgotten at prediction time",
        lambda value, fill: layers.Rescaling(float(value)),
    ),
}
OLD_ELSEWHERE = (
    Row('fill_mode="nearest"', 'fill_mode="nearest"', 'each layer has its own; the default is "reflect" now'),
    Row("featurewise_center, …_std_normalization", "Normalization() and adapt(images)", "inside the model"),
    Row("zca_whitening=True", "nothing", "batch normalisation made it superfluous"),
    Row("preprocessing_function=f", "dataset.map(f)", "or keras.layers.Lambda"),
    Row(
        "validation_split=0.2", "image_dataset_from_directory(validation_split=0.2, subset=…)", "split the files first"
    ),
    Row("flow(x, y)", "augment.Batches(x, y, pipeline)", "or tf.data: Dataset.map"),
    Row("flow_from_directory(folder)", "keras.utils.image_dataset_from_directory(folder)", ""),
)


def modern(*, fill_mode: str = "nearest", cval: float = 0.0, **old: object) -> keras.layers.Layer:
    """The pipeline of Keras layers that does what ``ImageDataGenerator(**old)`` did, with its defaults.

    Parameters
    ----------
    fill_mode, cval : as in the old call: ``"nearest"``, ``"constant"`` (filled with `cval`), ``"reflect"``, ``"wrap"``
    **old : arguments of the old call that move or change pictures: the keys of `augment.OLD`

    Returns
    -------
    keras.layers.Pipeline
        Its ``layers`` in the order in which the old call worked. Pixels from 0 to 255 are expected, as there.

    Raises
    ------
    TypeError, ValueError
        If an argument has no modern layer, the message lists those that have; or if its value has no place in one.

    Examples
    --------
    >>> pipeline = modern(rotation_range=20, horizontal_flip=True)
    >>> [type(layer).__name__ for layer in pipeline.layers]
    ['RandomRotation', 'RandomFlip']
    """
    unknown = [name for name in old if name not in OLD]
    if unknown:
        raise ValueError(f"`old` must name some of {', '.join(OLD)}. Received: {unknown[0]!r}")
    check_choice(fill_mode, "fill_mode", FILLS)
    made = []
    for name in (name for name in OLD if name in old):
        try:
            made.append(OLD[name].make(old[name], {"fill_mode": fill_mode, "fill_value": cval}))
        except (TypeError, ValueError, IndexError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"`{name}` must be as in {OLD[name].old}{_rule(name)}. Received: {old[name]!r}") from None
    made = [layer for layer in made if layer is not None]
    return Pipeline(made, (0, 255) if "brightness_range" in old else None)  # the only layer that the range matters to


def _rule(name: str) -> str:
    return ", a part below 1 of the picture and not pixels" if name.endswith("_shift_range") else ""
