"""Right answers to lesson 07 in other styles, and the mutants of its solutions that are right after all."""

import numpy as np

RIGHT = {
    "bottleneck_macs": (
        """
        def bottleneck_macs(h, w, c_in, c_mid, c_out, f):
            from cnnlab import shapes
            first = shapes.conv_macs((h, w), 1, c_in, c_mid)
            return float(first + shapes.conv_macs((h, w), f, c_mid, c_out, padding="same"))
        """,
        """
        def bottleneck_macs(h, w, c_in, c_mid, c_out, f):
            macs = 0
            for size, channels, filters in ((1, c_in, c_mid), (f, c_mid, c_out)):
                macs += np.prod([h, w, size, size, channels, filters])
            return np.array([macs])
        """,
        """
        def bottleneck_macs(*shape):
            import keras
            from keras import layers
            from cnnlab import ledger
            h, w, c_in, c_mid, c_out, f = shape
            x = keras.Input((h, w, c_in))
            z = layers.Conv2D(c_out, f, padding="same")(layers.Conv2D(c_mid, 1)(x))
            return ledger.ledger(keras.Model(x, z)).macs
        """,
    ),
    "module_channels": (480, 480.0, np.int64(480), np.array([480]), "\nchannels = sum([128, 192, 96, 64])\n"),
    "residual_unit": (
        """
        def residual_unit(a, w1, w2):
            z = [sum(max(sum(a[i] * w1[i, k] for i in range(len(a))), 0) * w2[k, j] for k in range(len(a)))
                 for j in range(len(a))]
            return [max(z_j + a_j, 0) for z_j, a_j in zip(z, a)]
        """,
        """
        def residual_unit(a, w1, w2):
            import keras
            a, w1, w2 = (keras.ops.convert_to_tensor(v, "float32") for v in (a, w1, w2))
            return keras.ops.relu(keras.ops.dot(keras.ops.relu(keras.ops.dot(a, w1)), w2) + a)
        """,
        """
        def residual_unit(a, w1, w2):
            g = lambda v: v * (v > 0)
            return g(w2.T @ g(w1.T @ a) + a).astype("float32")
        """,
    ),
    "shortcut": (
        """
        def shortcut(before, after):
            import math
            if before != after:
                return [after[-1], math.ceil(before[1] / after[1])]
        """,
        """
        def shortcut(before, after):
            if tuple(before) == tuple(after):
                return None
            strides = next(s for s in range(1, 9) if -(-before[0] // s) == after[0])
            return np.array([after[2], strides], "float32")
        """,
        """
        def shortcut(before, after):
            stride = (before[0] + after[0] - 1) // after[0]
            return None if before == after else (after[2], (stride, stride))
        """,
        """
        def shortcut(before, after):
            if before == after:
                return ()
            return {"filters": after[2], "strides": np.ceil(before[0] / after[0])}
        """,
    ),
    "depth": (
        """
        def depth(units, each):
            layers = 1
            for block in units:
                for unit in range(block):
                    layers += each
            return layers + 1
        """,
        """
        def depth(units, each):
            return np.float32(each * np.sum(units) + 2)
        """,
        """
        def depth(units, each):
            return np.array(units) @ np.full(len(units), each) + len(["stem", "classifier"])
        """,
    ),
    "squeeze_excite": (
        """
        def squeeze_excite(x, w1, b1, w2, b2):
            import keras
            x, w1, b1, w2, b2 = (keras.ops.convert_to_tensor(v, "float32") for v in (x, w1, b1, w2, b2))
            few = keras.ops.relu(keras.ops.matmul(keras.ops.mean(x, axis=(0, 1))[None], w1) + b1)
            return x * keras.ops.sigmoid(keras.ops.matmul(few, w2) + b2)
        """,
        """
        def squeeze_excite(x, w1, b1, w2, b2):
            result = x.copy()
            few = [max(sum(x[..., c].mean() * w1[c, k] for c in range(len(w1))) + b1[k], 0) for k in range(len(b1))]
            for c in range(len(b2)):
                result[:, :, c] *= 1 / (1 + np.exp(-(sum(f * w for f, w in zip(few, w2[:, c])) + b2[c])))
            return result
        """,
        """
        def squeeze_excite(x, w1, b1, w2, b2):
            flat = x.reshape(-1, x.shape[-1]).astype("float32")
            few = (np.average(flat, axis=0) @ w1 + b1).clip(0)
            return ((np.tanh((few @ w2 + b2) / 2) + 1) / 2 * flat).reshape(x.shape).tolist()
        """,
    ),
    "fire_params": (
        45_344,
        45_344.0,
        np.array(45_344),
        """
        from cnnlab.arithmetic.shapes import conv_params
        params = conv_params(1, 128, 32) + conv_params(1, 32, 128) + conv_params(3, 32, 128)
        """,
        """
        from cnnlab import zoo
        squeezenet = zoo.build("squeezenet", include_top=False, kernel_initializer="zeros")
        params = sum(layer.count_params() for layer in squeezenet.layers if layer.name.startswith("fire4"))
        """,
    ),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "bottleneck_macs": {"(w, h, c_in": "rows and columns are multiplied: their order does not matter"},
    "depth": {"units sorted": "the units are added up: their order does not matter"},
    "shortcut": {"np.round": "half of n pixels is n / 2 rounded up, and n over that is nearer to 2 than to 1 or 3"},
    "squeeze_excite": {"axis=(1, 0)": "a mean over both axes does not ask for their order"},
}
