"""Right answers to lesson 04 in other styles, and the mutants of its solutions that are right after all."""

import numpy as np

RIGHT = {
    "one_value": (
        [0, 3],
        np.array([0.0, 3.0], np.float32),
        """
        import keras

        patch = np.array([[[2, 0], [1, 3]], [[4, 1], [0, 2]]], "float32")
        filters = np.array([[[[1, -1], [2, 0]], [[-2, 3], [1, -1]]], [[[0, 1], [1, 1]], [[1, -1], [0, -1]]]], "float32")
        values = keras.ops.relu((patch * filters).sum(axis=(1, 2, 3)) + np.array([1, -2], "float32"))
        """,
    ),
    "layer_parameters": (
        """
        def layer_parameters(kernel_size, in_channels, filters, use_bias=True):
            return (kernel_size**2 * in_channels + int(use_bias)) * filters
        """,
        """
        def layer_parameters(kernel_size, in_channels, filters, use_bias=True):
            import keras

            layer = keras.layers.Conv2D(filters, kernel_size, use_bias=use_bias)
            layer.build((None, 99, 99, in_channels))
            return layer.count_params()
        """,
        """
        def layer_parameters(kernel_size, in_channels, filters, use_bias=True):
            one_filter = np.ones((kernel_size, kernel_size, in_channels), np.float32)
            return np.float32(sum(one_filter.sum() + use_bias for _ in range(filters)))
        """,
    ),
    "lenet_counts": (
        (608, 3_216, 48_120, 10_164, 850),
        np.array([608, 3_216, 48_120, 10_164, 850], np.float32),
        """
        inputs, units = np.array([5 * 5 * 3, 5 * 5 * 8, 5 * 5 * 16, 120, 84]), np.array([8, 16, 120, 84, 10])
        counts = (inputs + 1) * units
        """,
    ),
    "layer_macs": (
        """
        def layer_macs(height, width, kernel_size, in_channels, filters, strides=1):
            out = np.array([height, width]) - kernel_size
            return np.prod(out // strides + 1) * np.int64(filters * in_channels * kernel_size**2)
        """,
        """
        def layer_macs(*shape, strides=1):
            from cnnlab import shapes
            height, width, size, channels, filters, *last = shape
            strides = last[0] if last else strides
            return float(shapes.conv_macs((height, width), size, channels, filters, strides=strides))
        """,
        """
        def layer_macs(height, width, kernel_size, in_channels, filters, strides=1):
            windows = 0
            for top in range(0, height - kernel_size + 1, strides):
                windows += len(range(0, width - kernel_size + 1, strides))
            return windows * kernel_size * kernel_size * in_channels * filters
        """,
    ),
    "separable_weights": (
        "separable_weights = lambda k, c, f: c * (k**2 + f)\n",
        """
        def separable_weights(kernel_size, in_channels, filters):
            import keras

            layer = keras.layers.SeparableConv2D(filters, kernel_size, use_bias=False)
            layer.build((None, 9, 9, in_channels))
            return layer.count_params()
        """,
        """
        def separable_weights(kernel_size, in_channels, filters):
            shapes = (kernel_size, kernel_size, in_channels, 1), (1, 1, in_channels, filters)
            return np.array([np.float32(np.prod(shape)) for shape in shapes]).sum(keepdims=True)
        """,
    ),
    "stack_field": (
        """
        def stack_field(layers):
            kernels, strides = np.array(layers, np.float32).T
            return 1 + ((kernels - 1) * np.cumprod(np.append(1, strides[:-1]))).sum()
        """,
        """
        def stack_field(layers):
            from cnnlab import shapes
            return shapes.receptive_field(layers).size if layers else 1
        """,
        """
        def stack_field(layers):  # from the output back to the input
            size = 1
            for kernel_size, stride in reversed(layers):
                size = (size - 1) * stride + kernel_size
            return np.array([size])
        """,
        """
        def stack_field(layers):
            sizes, strides = np.array(layers).reshape(-1, 2).T
            steps = np.cumprod([1, *strides])[:-1]
            return float(1 + ((sizes - 1) * steps).sum())
        """,
    ),
    "kernel_gradient": (
        """
        from cnnlab import conv

        def kernel_gradient(image, grad_output):
            return conv.conv2d(image, grad_output).astype(np.float32)
        """,
        """
        def kernel_gradient(image, grad_output):
            height, width = np.subtract(image.shape, grad_output.shape) + 1
            grad = np.zeros((height, width))
            for (i, j), g in np.ndenumerate(grad_output):
                grad += g * image[i : i + height, j : j + width]
            return grad.tolist()
        """,
        """
        import keras

        def kernel_gradient(image, grad_output):
            data = image[None, :, :, None].astype("float32")
            return keras.ops.conv(data, grad_output[:, :, None, None].astype("float32"))[0, :, :, 0]
        """,
        """
        def kernel_gradient(image, grad_output):
            windows = np.lib.stride_tricks.sliding_window_view(image, grad_output.shape)
            return np.einsum("abij,ij->ab", windows, grad_output)
        """,
    ),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "layer_macs": {
        "def layer_macs(width, height": "rows and columns are multiplied: their order does not matter",
        "kernel_size, filters, in_channels": "so are filters and channels",
    },
}
