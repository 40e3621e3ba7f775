"""Right answers to lesson 03 in other styles, and the mutants of its solutions that are right after all."""

import numpy as np

RIGHT = {
    "max_by_hand": (
        ((9, 6), (7, 8)),
        np.array([[9, 6], [7, 8]], np.float32),
        """
        import keras

        pixels = np.array([[2, 9, 4, 3], [3, 0, 6, 5], [7, 1, 0, 8], [2, 6, 3, 1]], "float32")
        maxima = keras.ops.max_pool(pixels[None, :, :, None], 2, strides=2)[0, :, :, 0]
        """,
    ),
    "average_by_hand": (
        ((7 / 2, 9 / 2), (4, 3)),
        [np.array([3.5, 4.5]), np.array([4, 3])],
        """
        import keras

        averages = keras.ops.convert_to_tensor([[3.5, 4.5], [4.0, 3.0]], "float32")
        """,
    ),
    "max_pool": (
        """
        def max_pool(image, pool_size, strides):
            windows = np.lib.stride_tricks.sliding_window_view(image, (pool_size, pool_size), axis=(0, 1))
            return windows[::strides, ::strides].max(axis=(-2, -1))
        """,
        """
        import keras

        def max_pool(image, pool_size, strides):
            layer = keras.layers.MaxPooling2D(pool_size, strides=strides)
            return layer(image[None].astype("float32"))[0]
        """,
        """
        def max_pool(image, pool_size, strides):  # from −infinity, channel by channel, without NumPy's max
            H, W, C = image.shape
            rows, columns = range(0, H - pool_size + 1, strides), range(0, W - pool_size + 1, strides)
            out = [[[float("-inf")] * C for _ in columns] for _ in rows]
            for i, top in enumerate(rows):
                for j, left in enumerate(columns):
                    for c in range(C):
                        for value in image[top : top + pool_size, left : left + pool_size, c].ravel():
                            out[i][j][c] = max(out[i][j][c], value)
            return out
        """,
        """
        from cnnlab import pooling

        def max_pool(image, pool_size, strides):
            return np.stack([pooling.pool2d(image[..., c], pool_size, strides) for c in range(image.shape[2])], axis=-1)
        """,
    ),
    "min_pool": (
        """
        from cnnlab import pooling

        def min_pool(image, pool_size):
            return 9 - pooling.pool2d(9 - image, pool_size)
        """,
        """
        from cnnlab import pooling

        def min_pool(image, pool_size):
            top = image.max()
            return (top - pooling.pool2d(top - image, pool_size)).astype(np.float32).tolist()
        """,
        """
        def min_pool(image, pool_size):
            rows, columns = image.shape[0] // pool_size, image.shape[1] // pool_size
            blocks = image[: rows * pool_size, : columns * pool_size].reshape(rows, pool_size, columns, pool_size)
            return blocks.min(axis=(1, 3))
        """,
        """
        import keras

        def min_pool(image, pool_size):
            pixels = -image[None, :, :, None].astype("float32")
            return -keras.ops.max_pool(pixels, pool_size, strides=pool_size)[0, :, :, 0]
        """,
    ),
    "overlapping_sizes": (
        [31, 15, 7],
        np.array([31.0, 15.0, 7.0], np.float32),
        "sizes = tuple(2**k - 1 for k in (5, 4, 3))\n",
    ),
    "pool_layer": (
        [0, 69_984],
        np.array([0, 27 * 27 * 96], np.float32),
        """
        import keras

        layer = keras.layers.MaxPooling2D(3, strides=2)
        shape = layer.compute_output_shape((1, 55, 55, 96))
        counts = layer.count_params(), keras.ops.convert_to_tensor(np.prod(shape))
        """,
        {"learned numbers": 0, "output values": 69_984},
    ),
    "where_it_goes": (
        ((0, 3, 0), (0, 0, 0), (3, 0, 4)),
        np.array([[0, 3, 0], [0, 0, 0], [3, 0, 4]], np.float32),
        """
        from cnnlab import pooling

        pixels = np.array([[1, 8, 2], [3, 4, 5], [9, 0, 7]])
        gradient = pooling.pool2d_backward(pixels, np.array([[1, 2], [3, 4]]), 2, 1)
        """,
    ),
    "invisible_to_max": (
        ((9, 9, 9, 9), (9, 0, 9, 9), (9, 9, 9, 9), (9, 9, 9, 9)),
        np.array([[5, 0, 5, 5], [0, 0, 5, 5], [5, 5, 5, 5], [5, 5, 5, 5]], np.float32),
        """
        picture = np.full((4, 4), 9.0)
        np.fill_diagonal(picture, 0)
        picture[0, 0] = 4.5
        """,
    ),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "max_pool": {
        "⇒ out = np.zeros((rows, columns, channels))": "the same numbers as floats",
        ".max(axis=(1, 0))": "a maximum over two axes does not depend on their order",
    },
    "invisible_to_max": {"picture = ": "another drawing that vanishes: every window still holds its 9"},
}
