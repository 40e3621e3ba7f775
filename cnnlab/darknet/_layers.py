"""The layers of Darknet that Keras does not have. Each can be saved and loaded."""

from __future__ import annotations

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="cnnlab")
class DarknetMaxPooling2D(keras.layers.Layer):
    """Max pooling with Darknet's padding: ``padding`` pixels in all, the smaller half before, none of them a maximum.

    Keras' ``"same"`` pads no more than it must, Darknet always ``size − 1`` pixels: with stride 2 their windows begin
    at different places.

    Parameters
    ----------
    size, stride : of the window, in pixels
    padding : pixels added to each axis, both sides together
    **kwargs : of `keras.layers.Layer`

    Examples
    --------
    >>> x = ops.reshape(ops.array([1.0, 2.0, 3.0, 4.0]), (1, 1, 4, 1))
    >>> pooled = DarknetMaxPooling2D(size=3, stride=2, padding=2)(ops.concatenate([x] * 4, axis=1))
    >>> ops.convert_to_numpy(pooled[0, 0, :, 0]).tolist()
    [2.0, 4.0]
    """

    def __init__(self, size: int, stride: int, padding: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.size, self.stride, self.padding = size, stride, padding

    def call(self, inputs):
        """(N, H, W, C) → (N, (H + padding − size) // stride + 1, …, C)."""
        sides = (self.padding // 2, self.padding - self.padding // 2)
        lowest = float("-inf")
        padded = ops.pad(inputs, [[0, 0], sides, sides, [0, 0]], constant_values=lowest)
        return ops.max_pool(padded, self.size, self.stride, "valid", data_format="channels_last")

    def compute_output_shape(self, input_shape):
        """The height and width of Darknet's formula."""
        batch, height, width, channels = input_shape
        spare = self.padding - self.size
        return (batch, (height + spare) // self.stride + 1, (width + spare) // self.stride + 1, channels)

    def get_config(self):
        """The three numbers, for saving."""
        return {**super().get_config(), "size": self.size, "stride": self.stride, "padding": self.padding}


@keras.saving.register_keras_serializable(package="cnnlab")
class ChannelSlice(keras.layers.Layer):
    """Keep `count` channels from `start` on: a route's group.

    Parameters
    ----------
    start, count : in channels
    **kwargs : of `keras.layers.Layer`

    Examples
    --------
    >>> ops.convert_to_numpy(ChannelSlice(1, 2)(ops.array([[5.0, 6.0, 7.0, 8.0]]))).tolist()
    [[6.0, 7.0]]
    """

    def __init__(self, start: int, count: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.start, self.count = start, count

    def call(self, inputs):
        """(..., C) → (..., count)."""
        return inputs[..., self.start : self.start + self.count]

    def compute_output_shape(self, input_shape):
        """The input's shape with `count` channels."""
        return (*input_shape[:-1], self.count)

    def get_config(self):
        """Both numbers, for saving."""
        return {**super().get_config(), "start": self.start, "count": self.count}
