"""Right answers to lesson 01 in other styles, and the mutants of its solutions that are right after all."""

import numpy as np

RIGHT = {
    "one_cell": (
        8.0,
        np.float32(8),
        np.array([8]),
        (np.array([[0, 0, 2], [0, 0, 3], [3, 2, 1]]) * [[0, 1, 0], [1, 0, 1], [1, 1, 0]]).sum(),
    ),
    "valid_shape": (
        """
        def valid_shape(image_shape, kernel_shape):
            return [n - k + 1 for n, k in zip(image_shape, kernel_shape)]
        """,
        """
        def valid_shape(image_shape, kernel_shape):
            return np.array(image_shape) - np.array(kernel_shape) + 1
        """,
        """
        def valid_shape(image_shape, kernel_shape):
            from cnnlab import conv
            return conv.conv2d(np.zeros(image_shape), np.zeros(kernel_shape)).shape
        """,
        """
        def valid_shape(image_shape, kernel_shape):
            import keras
            (height, width), kernel = image_shape, kernel_shape
            _, height, width, _ = keras.layers.Conv2D(1, kernel).compute_output_shape((None, height, width, 1))
            return {"height": height, "width": width}
        """,
    ),
    "conv2d_single": (
        """
        def conv2d_single(image, kernel):
            windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
            return np.einsum("ijab,ab->ij", windows, kernel)
        """,
        """
        def conv2d_single(image, kernel):
            rows = range(image.shape[0] - kernel.shape[0] + 1)
            columns = range(image.shape[1] - kernel.shape[1] + 1)
            return [
                [
                    sum(image[i + a][j + b] * kernel[a][b] for a in range(len(kernel)) for b in range(len(kernel[0])))
                    for j in columns
                ]
                for i in rows
            ]
        """,
        """
        def conv2d_single(image, kernel):
            out = 0  # one shifted picture for each weight
            for (a, b), weight in np.ndenumerate(np.float32(kernel)):
                bottom, right = image.shape[0] - kernel.shape[0] + a + 1, image.shape[1] - kernel.shape[1] + b + 1
                out = out + weight * np.float32(image)[a:bottom, b:right]
            return out
        """,
        """
        def conv2d_single(image, kernel):
            import keras
            batch = np.float32(image)[None, :, :, None]
            return keras.ops.conv(batch, np.float32(kernel)[:, :, None, None])[0, :, :, 0]
        """,
        """
        def conv2d_single(image, kernel):
            from scipy.signal import correlate2d
            return correlate2d(image, kernel, mode="valid")
        """,
    ),
    "horizontal_edge": (
        [[1, 2, 1], [0, 0, 0], [-1, -2, -1]],
        np.array([[3, 10, 3], [0, 0, 0], [-3, -10, -3]], "float32") / 32,
        np.full((3, 3), 1 / 3) * [[1], [0], [-1]],
        np.array([[0, 1, 0], [0, -1, 0], [0, 0, 0]]),  # only one of the two rows sees the edge
        np.array([[0.1, 0.7, 0.2], [0.2, 0.1, 0.3], [-0.3, -0.8, -0.5]], "float32"),
        """
        from cnnlab import kernels
        my_kernel = kernels.kernel("sobel_vertical").T
        """,
        """
        import keras
        my_kernel = keras.ops.convert_to_tensor([[1.0, 1, 1], [0, 0, 0], [-1, -1, -1]])
        """,
    ),
    "true_convolution": (
        """
        def true_convolution(image, kernel):
            from scipy.signal import convolve2d
            return convolve2d(image, kernel, mode="valid")
        """,
        """
        def true_convolution(image, kernel):
            kh, kw = kernel.shape
            out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1), "float32")
            for i, j in np.ndindex(out.shape):
                for a, b in np.ndindex(kernel.shape):
                    out[i, j] += image[i + kh - 1 - a, j + kw - 1 - b] * kernel[a, b]
            return out
        """,
        """
        def true_convolution(image, kernel):
            from cnnlab import conv, kernels
            return conv.conv2d_loops(image, kernels.flip(kernel)).tolist()
        """,
        """
        def true_convolution(image, kernel):
            import keras
            batch = np.float32(image)[None, :, :, None]
            return keras.ops.conv(batch, np.float32(np.rot90(kernel, 2))[:, :, None, None])[0, :, :, 0]
        """,
        """
        def true_convolution(image, kernel):
            from cnnlab import conv
            return conv.conv2d(image[::-1, ::-1], kernel)[::-1, ::-1]
        """,
    ),
    "edge_strength": (
        """
        def edge_strength(image):
            from cnnlab import conv, kernels
            return np.hypot(*(conv.conv2d(image, kernels.kernel(f"sobel_{way}")) for way in ("horizontal", "vertical")))
        """,
        """
        def edge_strength(image):
            from scipy.signal import convolve2d
            sobel = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])  # the flip changes signs only, and squares have none
            return np.linalg.norm([convolve2d(image, k, mode="valid") for k in (sobel, sobel.T)], axis=0)
        """,
        """
        def edge_strength(image):
            from scipy import ndimage
            image = np.float32(image)
            return np.sqrt(ndimage.sobel(image, 0) ** 2 + ndimage.sobel(image, 1) ** 2)[1:-1, 1:-1]
        """,
        """
        def edge_strength(image):
            import keras
            across = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]], "float32")
            pair = np.stack([across, across.T], axis=-1)[:, :, None]  # (3, 3, 1, 2)
            answers = keras.ops.conv(np.float32(image)[None, :, :, None], pair)
            return keras.ops.sqrt(keras.ops.sum(answers**2, axis=-1))[0]
        """,
    ),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "one_cell": {f"{pixel} / 1": "divided by 1, a pixel stays what it is, as it does times 1" for pixel in (0, 2, 3)},
    "horizontal_edge": {"⇒ my_kernel = [[1, 1, 1], [0, 0, 0], [-1, -1, -1]]": "a list of rows is the same kernel"},
}
