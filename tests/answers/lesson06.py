"""Right answers to lesson 06 in other styles, and the mutants of its solutions that are right after all."""

import numpy as np

_REPAIRED = """
repaired = [("conv", 96, 11, 4, "valid"), ("pool", 3, 2), ("conv", 256, 5, 1, "same"), ("pool", 3, 2)]
repaired += 2 * [("conv", 384, 3, 1, "same")] + [("conv", 256, 3, 1, "same"), ("pool", 3, 2)]
repaired += 2 * [("dense", 4096)] + [("dense", 1000)]
"""

RIGHT = {
    "top_k_error": (
        """
        def top_k_error(scores, labels, k=5):
            import keras
            return 1 - keras.ops.mean(keras.metrics.sparse_top_k_categorical_accuracy(labels, scores, k=k))
        """,
        """
        def top_k_error(scores, labels, k=5):
            import keras
            metric = keras.metrics.SparseTopKCategoricalAccuracy(k)
            metric.update_state(labels, scores)
            return 1 - metric.result()
        """,
        """
        def top_k_error(scores, labels, k=5):
            misses = 0
            for row, label in zip(scores.tolist(), labels.tolist()):
                misses += label not in sorted(range(len(row)), key=row.__getitem__, reverse=True)[:k]
            return misses / len(labels)
        """,
        """
        def top_k_error(scores, labels, k=5):
            best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
            return np.float32((best != labels.reshape(-1, 1)).all(axis=1).mean())
        """,
    ),
    "lenet_table": (
        (608, 3_216, 48_120, 10_164, 850),
        np.array([608, 3_216, 48_120, 10_164, 850], "float32"),
        [608.0, 3_216, np.int64(48_120), 10_164, 850],
        """
        from cnnlab.arithmetic.shapes import conv_params, dense_params
        parameters = [conv_params(5, 3, 8), conv_params(5, 8, 16)]
        parameters += [dense_params(a, b) for a, b in [(400, 120), (120, 84), (84, 10)]]
        """,
        """
        import keras
        model = keras.Sequential([keras.Input((32, 32, 3))])
        for filters in (8, 16):
            model.add(keras.layers.Conv2D(filters, 5))
            model.add(keras.layers.AveragePooling2D(2))
        model.add(keras.layers.Flatten())
        for units in (120, 84, 10):
            model.add(keras.layers.Dense(units))
        parameters = tuple(layer.count_params() for layer in model.layers if layer.weights)
        """,
    ),
    "conv_cost": (
        """
        def conv_cost(height, width, in_channels, filters, kernel_size, groups=1):
            from cnnlab import shapes
            macs = shapes.conv_macs((height, width), kernel_size, in_channels, filters, padding="same", groups=groups)
            return [shapes.conv_params(kernel_size, in_channels, filters, groups=groups), macs]
        """,
        """
        def conv_cost(height, width, in_channels, filters, kernel_size, groups=1):
            params = macs = 0
            for _ in range(groups):
                for _ in range(filters // groups):
                    params += kernel_size**2 * (in_channels // groups) + 1
                    macs += height * width * kernel_size**2 * (in_channels // groups)
            return params, macs
        """,
        """
        def conv_cost(height, width, in_channels, filters, kernel_size, groups=1):
            weights = kernel_size**2 * in_channels * filters / groups
            return np.array([weights + filters, weights * height * width])
        """,
        """
        def conv_cost(h, w, c, f, k, g=1):
            import keras
            layer = keras.layers.Conv2D(f, k, groups=g, padding="same")
            layer.build((None, h, w, c))
            return layer.count_params(), (layer.count_params() - f) * h * w
        """,
    ),
    "repaired": (
        _REPAIRED,
        _REPAIRED + "repaired = tuple(list(row) for row in repaired)\n",
        _REPAIRED + 'repaired[2] = ("conv", 256, 5, 1, 2)\nrepaired[0] = ("conv", 96, 11, 4, 0)\n',
        _REPAIRED
        + "repaired = [(kind, *map(int, rest)) if kind != 'conv' else (kind, *rest) for kind, *rest in repaired]\n",
    ),
    "three_by_threes": (
        """
        def three_by_threes(field):
            layers, seen = 0, 1
            while seen < field:
                layers, seen = layers + 1, seen + 2
            return [layers, 9 * layers]
        """,
        """
        def three_by_threes(field):
            layers = np.ceil((field - 1) / 2)
            return np.array([layers, 9 * layers], "float32")
        """,
        """
        def three_by_threes(field):
            from cnnlab import shapes
            layers = next(n for n in range(1, 99) if shapes.receptive_field([(3,)] * n).size >= field)
            return layers, sum(3 * 3 for _ in range(layers))
        """,
    ),
    "vgg_shares": (
        (89.36, 0.8),
        [89.36, 0.8],
        [89.36466, 0.79917],
        np.array([89.3647, 0.7992], "float32"),
        """
        from cnnlab import ledger, zoo
        vgg16 = ledger.ledger(zoo.build("vgg16", kernel_initializer="zeros"))
        rows = [vgg16.row(name) for name in ("fc1", "fc2", "predictions")]
        shares = [100 * sum(getattr(row, what) for row in rows) / getattr(vgg16, what) for what in ("params", "macs")]
        """,
    ),
}

_VALID = "groups divides the channels, so there is nothing to round"
_DIGIT = "one of a hundred million: the share keeps its two decimals"

EQUIVALENT: dict[str, dict[str, str]] = {
    "top_k_error": {"np.argsort(scores)[:, -k:]": "argsort takes the last axis by itself, and scores has two"},
    "conv_cost": {
        "def conv_cost(width, height": "rows and columns are multiplied: their order does not matter",
        "(in_channels / groups) * filters": _VALID,
        "-(-in_channels // groups)": _VALID,
        "np.round(in_channels / groups)": _VALID,
    },
    "three_by_threes": {"return (layers, 9 * layers) ⇒ sorted": "9 times a number is never below it"},
    "vgg_shares": dict.fromkeys(
        (
            *("102764545", "102764543", "16781313", "16781311", "4097001", "4096999", "138357545", "138357543"),
            *("15470264321", "15470264319", "25089", "25087", "4097", "4095", "1001", "* 999"),
        ),
        _DIGIT,
    ),
}
