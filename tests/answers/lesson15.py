"""Right answers to lesson 15 in other styles, and the mutants of its solutions that are right after all."""

import numpy as np

_START = {
    "content loss, from the content picture": True,
    "style loss, from the content picture": False,
    "content loss, from noise": False,
    "style loss, from the style picture": True,
    "content loss, from the style picture": False,
}


def _grams(name: str) -> tuple[str, ...]:
    return (
        f"""
        def {name}(features):
            return np.einsum("hwi,hwj->ij", features, features)
        """,
        f"""
        def {name}(features):
            channels = features.shape[-1]
            found = np.zeros((channels, channels))
            for i in range(channels):
                for j in range(channels):
                    found[i, j] = (features[..., i] * features[..., j]).sum()
            return found
        """,
        f"""
        from keras import ops

        def {name}(features):
            f = ops.transpose(ops.reshape(ops.convert_to_tensor(features, "float32"), (-1, features.shape[-1])))
            return ops.matmul(f, ops.transpose(f))
        """,
        f"""
        def {name}(features):
            f = np.moveaxis(features, -1, 0).reshape(features.shape[-1], -1)
            return (f @ f.T).astype("float32").tolist()
        """,
        f"""
        from cnnlab import style

        def {name}(features):
            return style.gram(features[::-1])  # the order of the places does not matter
        """,
    )


RIGHT = {
    "content_start": (
        [True, False, False, True, False],
        dict(reversed(_START.items())),
        np.array([True, False, False, True, False]),
        tuple(_START.values()),
    ),
    "gram": _grams("my_gram"),
    "transposed": _grams("fixed_gram"),
    "style_loss": (
        """
        from cnnlab import style as library

        def my_style_loss(style, generated):
            return library.style_loss(style, generated)
        """,
        """
        def my_style_loss(style, generated):
            s = np.einsum("hwi,hwj->ij", style, style) / style.size
            g = np.einsum("hwi,hwj->ij", generated, generated) / generated.size
            return np.linalg.norm(s - g) ** 2 / 4
        """,
        """
        from keras import ops

        def my_style_loss(style, generated):
            def gram(maps):
                rows = ops.reshape(ops.convert_to_tensor(maps, "float32"), (-1, maps.shape[-1]))
                return ops.matmul(ops.transpose(rows), rows)

            return ops.sum(ops.square(gram(style) - gram(generated))) / (2.0 * style.size) ** 2
        """,
        """
        def my_style_loss(style, generated):
            total, (height, width, channels) = 0.0, style.shape
            for i in range(channels):
                for j in range(channels):
                    s = (style[..., i] * style[..., j]).sum()
                    g = (generated[..., i] * generated[..., j]).sum()
                    total += (s - g) ** 2
            return total / 4 / height**2 / width**2 / channels**2
        """,
    ),
    "variation": (
        """
        def my_variation(picture):
            return sum(np.abs(np.diff(picture, axis=axis)).sum() for axis in (0, 1))
        """,
        """
        def my_variation(picture):
            total, (height, width, _) = 0.0, picture.shape
            for row in range(height):
                for column in range(width):
                    if column + 1 < width:
                        total += np.abs(picture[row, column + 1] - picture[row, column]).sum()
                    if row + 1 < height:
                        total += np.abs(picture[row + 1, column] - picture[row, column]).sum()
            return total
        """,
        """
        from keras import ops

        def my_variation(picture):
            p = ops.convert_to_tensor(picture, "float32")
            return ops.sum(ops.abs(p[:, :-1] - p[:, 1:])) + ops.sum(ops.abs(p[:-1] - p[1:]))
        """,
        """
        from cnnlab import style

        def my_variation(picture):
            return np.float32(style.total_variation(picture))
        """,
    ),
    "weight": (1 / 8192, np.float32(2) / np.float32(16384), 0.000122, 2 / 16384),
    "prepare": (
        """
        import keras

        def prepare(picture):
            return keras.applications.vgg19.preprocess_input(255 * picture)
        """,
        """
        def prepare(picture):
            return (255 * picture - [123.68, 116.779, 103.939])[..., ::-1]
        """,
        """
        from keras import ops

        def prepare(picture):
            turned = ops.flip(ops.convert_to_tensor(picture, "float32"), axis=-1)
            return turned * 255 - ops.convert_to_tensor([103.939, 116.779, 123.68], "float32")
        """,
        """
        def prepare(picture):
            out = np.zeros(picture.shape, "float32")
            for place, (channel, mean) in enumerate(((2, 103.939), (1, 116.779), (0, 123.68))):
                out[:, :, place] = 255 * picture[:, :, channel] - mean
            return out
        """,
    ),
}

_ANY = "to NumPy every negative size is the one to be worked out"
EQUIVALENT = {
    "gram": {"features.reshape(-2, ": _ANY},
    "style_loss": {
        "= (style.reshape(-2, channels)": _ANY,
        "generated.reshape(-2, channels)": _ANY,
        "def my_style_loss(generated, style)": "a squared difference does not know which came first",
        "(generated.reshape(-1, channels), style.reshape(-1, channels))": "as above",
    },
    "prepare": {"* 255 - [103.939, 116.779, 123.68]": "an array less a list is an array"},
}
