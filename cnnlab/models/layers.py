"""The layers of the zoo and of Darknet that Keras does not have: `LAYERS` by name. Each can be saved and loaded.

Importing this module makes them known to `keras.saving.load_model`.
"""

from __future__ import annotations

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="cnnlab")
class GroupedConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` whose groups are convolved one by one and concatenated.

    On TensorFlow, Keras compiles its own layer with XLA where ``groups`` is above 1, because older versions had no
    grouped convolution for the CPU; outside a compiled function it does so at every call. One by one needs no compiler
    and was faster here. The kernel has the same shape ``(KH, KW, C_in / groups, C_out)``, so that weights move freely
    between the two. Channels last, as everywhere in the course.

    Examples
    --------
    >>> layer = GroupedConv2D(8, 3, groups=2)
    >>> layer.build((None, 5, 5, 4))
    >>> layer.count_params()  # 3·3·2·8 weights and 8 biases
    152
    """

    def convolution_op(self, inputs, kernel):
        """Convolve every group of channels with its own filters."""
        if self.groups == 1:
            return super().convolution_op(inputs, kernel)
        pieces = zip(ops.split(inputs, self.groups, axis=-1), ops.split(kernel, self.groups, axis=-1), strict=True)
        return ops.concatenate([super(GroupedConv2D, self).convolution_op(*piece) for piece in pieces], axis=-1)


@keras.saving.register_keras_serializable(package="cnnlab")
class LocalResponseNormalization(keras.layers.Layer):
    """Divide each value by a measure of its neighbours' size, the neighbours being channels at the same position.

    ``y_c = x_c / (k + alpha · Σ x_j²)^beta``, summed over the `size` channels around ``c``. Source: Krizhevsky,
    Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012, section 3.3. Some
    libraries divide `alpha` by `size`; the paper does not.

    Parameters
    ----------
    size : channels in the sum, odd and >= 1
    k, alpha, beta : the constants of the formula; the defaults are the paper's
    **kwargs : of `keras.layers.Layer`

    Examples
    --------
    >>> layer = LocalResponseNormalization(size=1, k=0.0, alpha=1.0, beta=0.5)  # x / |x|
    >>> ops.convert_to_numpy(layer(ops.array([[3.0, -4.0]]))).tolist()
    [[1.0, -1.0]]
    """

    def __init__(self, size: int = 5, k: float = 2.0, alpha: float = 1e-4, beta: float = 0.75, **kwargs) -> None:
        super().__init__(**kwargs)
        self.size, self.k, self.alpha, self.beta = size, k, alpha, beta

    def call(self, inputs):
        """Normalise (..., C); channels beyond the first and the last count as zero."""
        reach, channels = self.size // 2, inputs.shape[-1]
        squares = ops.pad(ops.square(inputs), [[0, 0]] * (len(inputs.shape) - 1) + [[reach, reach]])
        total = sum(squares[..., shift : shift + channels] for shift in range(self.size))
        return inputs / ops.power(self.k + self.alpha * total, self.beta)

    def compute_output_shape(self, input_shape):
        """The input's shape."""
        return input_shape

    def get_config(self):
        """The constants, for saving."""
        return {**super().get_config(), "size": self.size, "k": self.k, "alpha": self.alpha, "beta": self.beta}


@keras.saving.register_keras_serializable(package="cnnlab")
class ChannelPadding(keras.layers.Layer):
    """Append channels of zeros: the shortcut without parameters of He et al. (2015), option A.

    Parameters
    ----------
    channels : how many to append, >= 1
    **kwargs : of `keras.layers.Layer`

    Examples
    --------
    >>> ops.convert_to_numpy(ChannelPadding(1)(ops.array([[3.0, 4.0]]))).tolist()
    [[3.0, 4.0, 0.0]]
    """

    def __init__(self, channels: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.channels = channels

    def call(self, inputs):
        """(..., C) → (..., C + channels)."""
        return ops.pad(inputs, [[0, 0]] * (len(inputs.shape) - 1) + [[0, self.channels]])

    def compute_output_shape(self, input_shape):
        """The input's shape with more channels."""
        return (*input_shape[:-1], input_shape[-1] + self.channels)

    def get_config(self):
        """The number of channels, for saving."""
        return {**super().get_config(), "channels": self.channels}


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


LAYERS: dict[str, type[keras.layers.Layer]] = {
    layer.__name__: layer
    for layer in (GroupedConv2D, LocalResponseNormalization, ChannelPadding, DarknetMaxPooling2D, ChannelSlice)
}
