"""Pictures in the range that their layers were told of: others are refused, or become NaN in a graph."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from cnnlab.common.validate import check_number


def check_range(value_range: object) -> tuple[float, float]:
    """Return `value_range` as (lowest, highest), or say what is wrong with it."""
    if isinstance(value_range, str) or np.shape(value_range) != (2,):
        raise ValueError(f"`value_range` must be two numbers, (lowest, highest). Received: {value_range!r}")
    low, high = (check_number(value, "value_range") for value in value_range)
    if low >= high:
        raise ValueError(f"`value_range` must begin with the lower number. Received: {value_range!r}")
    return low, high


def in_range(inputs: object, value_range: tuple[float, float]) -> object:
    """Images, or a dict of them, as they are; refused, or NaN in a graph, if they were made for another range.

    A resampling may overshoot: half the range on either side is allowed. Pictures within the lowest 255th were divided
    by 255 where the range was not; what is darker than a thousandth is a black picture.
    """
    data = dict(inputs) if isinstance(inputs, dict) else {"images": inputs}
    images, (low, high) = data.get("images"), value_range
    if images is None or 0 in images.shape:
        return inputs
    try:
        numbers = ops.convert_to_numpy(images)
    except (TypeError, NotImplementedError):  # in a graph
        if ops.is_tensor(images):  # and not one of tf.data while another backend runs
            images = ops.cast(images, keras.config.floatx())
            beyond, hardly = _misfit(ops.min(images), ops.max(images), low, high)
            data["images"] = ops.where(beyond | hardly, float("nan"), images)
        return data if isinstance(inputs, dict) else data["images"]
    least, most = float(numbers.min()), float(numbers.max())
    beyond, hardly = _misfit(least, most, low, high)
    if beyond or hardly:
        if beyond:
            advice = "Divide by 255, once, or say value_range=(0, 255)" if least >= 0 else "Say the range they have"
        else:
            advice = "Say value_range=(0, 1)" if most > 0.01 else "Divide by 255 only once"
        raise ValueError(
            f"`images` must fill the `value_range`, {low:g} … {high:g}. Received: {least:g} … {most:g}. {advice}"
        )
    return inputs


def _misfit(least: object, most: object, low: float, high: float) -> tuple:
    """Whether numbers `least` … `most`, floats or tensors, lie beyond the range, and whether they hardly use it."""
    width = high - low
    beyond = (least < low - width / 2) | (most > high + width / 2)
    return beyond, (least >= low) & (most > low + width / 1000) & (most < low + width / 254)


@keras.saving.register_keras_serializable("cnnlab")
class Pipeline(keras.layers.Pipeline):
    """Keras' chain of layers, which in training refuses pictures of another range than its layers were told of.

    Brightness is added as a part of the range: 0 … 255 where 0 … 1 was said turns pictures white, and the other way
    round noise is all that is left. Within a graph, as in `fit`, there are no numbers to look at yet: there such
    pictures become NaN, and so does the loss.

    Parameters
    ----------
    layers : of the chain
    value_range : (lowest, highest) value of a pixel; None asks for nothing
    name : of the chain
    """

    def __init__(self, layers: list, value_range: Sequence[float] | None = None, name: str | None = None) -> None:
        super().__init__(layers, name=name)
        self.value_range = None if value_range is None else check_range(value_range)

    def build(self, input_shape: tuple | dict) -> None:
        """Build the layers one by one: Keras would call them to see, on torch with 83 pictures and then with 89."""
        for layer in self.layers:
            layer.build(input_shape)
            input_shape = layer.compute_output_shape(input_shape)

    def compute_output_shape(self, input_shape: tuple | dict) -> tuple | dict:
        """What the last layer gives."""
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def call(self, inputs: object, training: bool = True, mask: object = None) -> object:
        """What the layers make of images (N, H, W, C), or of a dict with ``"images"``."""
        if training and self.value_range is not None:
            inputs = in_range(inputs, self.value_range)
        return super().call(inputs, training=training, mask=mask)

    def get_config(self) -> dict:
        """What the constructor was given, for saving."""
        return {**super().get_config(), "value_range": self.value_range}
