"""Right answers to lesson 04 in other styles, and the mutants of its solutions that are right after all."""

RIGHT = {
    "one_value": (),
    "layer_parameters": (),
    "lenet_counts": (),
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
    "separable_weights": (),
    "stack_field": (),
    "kernel_gradient": (),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "layer_macs": {
        "def layer_macs(width, height": "rows and columns are multiplied: their order does not matter",
        "kernel_size, filters, in_channels": "so are filters and channels",
    },
}
