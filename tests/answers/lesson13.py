"""Right answers to lesson 13 in other styles, and the mutants of its solutions that are right after all."""

import numpy as np

RIGHT = {
    "numbers": (
        """
        def my_numbers(filters, size, channels, batch_normalize, groups):
            arrays = [(filters, channels // groups, size, size)] + [(filters,)] * (4 if batch_normalize else 1)
            return sum(int(np.prod(shape)) for shape in arrays)
        """,
        """
        def my_numbers(filters, size, channels, batch_normalize, groups):
            return np.float32(filters * (size**2 * channels / groups + (1, 4)[batch_normalize]))
        """,
        """
        def my_numbers(filters, size, channels, batch_normalize, groups):
            one_group = filters // groups * (channels // groups) * size * size
            return groups * one_group + filters + 3 * filters * bool(batch_normalize)
        """,
    ),
    "begins": (5876, 5876.0, np.array([5876]), "byte = np.float32(402_772 - 4 * (100_688 - 248 - 1_216))\n"),
    "route": (
        """
        def my_route(layers, here):
            return tuple((here if k < 0 else 0) + k for k in layers)
        """,
        """
        def my_route(layers, here):
            layers = np.array(layers)
            return np.where(layers < 0, here + layers, layers)
        """,
        """
        def my_route(layers, here):
            return np.float32([k % here for k in layers])
        """,
    ),
    "kernel": (
        """
        def my_kernel(darknet):
            return np.moveaxis(darknet, (2, 3, 1, 0), (0, 1, 2, 3)).astype(np.float32)
        """,
        """
        import keras

        def my_kernel(darknet):
            return keras.ops.transpose(darknet, (2, 3, 1, 0))
        """,
        """
        def my_kernel(darknet):
            out, channels, height, width = darknet.shape
            return [
                [[[darknet[f, c, i, j] for f in range(out)] for c in range(channels)] for j in range(width)]
                for i in range(height)
            ]
        """,
    ),
    "heads": (
        {"stride": 32.0, "cell": [6, 9], "anchor": [116, 90], "boxes": 22_743},
        {
            "stride": np.int64(32),
            "cell": np.array([6, 9]),
            "anchor": np.array([116.0, 90.0]),
            "boxes": np.array(22_743),
        },
        """
        import keras

        sides = np.array([19, 38, 76])
        yolov3 = {
            "boxes": keras.ops.convert_to_tensor(3 * (sides**2).sum()),
            "stride": 608 / 19,
            "cell": np.floor(np.array([200, 310]) / 32),
            "anchor": keras.ops.convert_to_tensor([116, 90]),
        }
        """,
    ),
    "undo_letterbox": (
        """
        def my_undo(box, image_size, input_size):  # clipped to the picture
            (height, width), (rows, columns) = image_size, input_size
            scale = min(rows / height, columns / width)
            bars = np.array([columns - width * scale, rows - height * scale]) / 2
            undone = (np.array(box).reshape(2, 2) - bars) / scale
            return np.clip(undone, 0, (width, height)).ravel()
        """,
        """
        def my_undo(box, image_size, input_size):  # from the middle: it is the middle of both
            scale = np.float32(max(image_size[0] / input_size[0], image_size[1] / input_size[1]))
            moved = [(v - input_size[i] / 2) * scale + image_size[i] / 2 for v, i in zip(box, (1, 0, 1, 0))]
            return np.array(moved, np.float32)
        """,
        """
        def my_undo(box, image_size, input_size):
            import keras

            scale = min(a / b for a, b in zip(input_size, image_size))
            top, left = ((a - b * scale) / 2 for a, b in zip(input_size, image_size))
            return keras.ops.convert_to_tensor([(v - bar) / scale for v, bar in zip(box, (left, top) * 2)])
        """,
    ),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "numbers": {
        "(channels / groups)": "groups divide the channels of every layer there is: nothing is left over to round",
        "-(-channels // groups)": "as above",
    },
}
