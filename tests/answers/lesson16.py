"""Right answers to lesson 16 in other styles, and the mutants of its solutions that are right after all."""

RIGHT = {
    "mean_iou": (
        """
        from cnnlab import segmentation

        def my_mean_iou(truth, probabilities):
            return segmentation.mean_iou(truth, probabilities.argmax(axis=-1), probabilities.shape[-1])
        """,
        """
        def my_mean_iou(truth, probabilities):
            classes = probabilities.shape[-1]
            table = np.zeros((classes, classes))
            np.add.at(table, (truth.ravel(), probabilities.argmax(-1).ravel()), 1)
            hits = np.diag(table)
            return np.nanmean(hits / (table.sum(axis=0) + table.sum(axis=1) - hits))
        """,
        """
        def my_mean_iou(truth, probabilities):
            pixels = [(t, list(p).index(max(p))) for row in zip(truth, probabilities) for t, p in zip(*row)]
            scores = []
            for k in {k for pixel in pixels for k in pixel}:
                either = [pixel for pixel in pixels if k in pixel]
                scores.append(sum(t == s for t, s in either) / len(either))
            return sum(scores) / len(scores)
        """,
        """
        import keras

        def my_mean_iou(truth, probabilities):
            said = keras.ops.one_hot(keras.ops.argmax(np.float32(probabilities), axis=-1), probabilities.shape[-1])
            true = keras.ops.one_hot(np.int32(truth), probabilities.shape[-1])
            both, either = (keras.ops.sum(f(true, said), axis=(0, 1)) for f in (keras.ops.minimum, keras.ops.maximum))
            return keras.ops.sum(both / keras.ops.maximum(either, 1)) / keras.ops.sum(keras.ops.sign(either))
        """,
    ),
    "dice": (
        """
        def my_dice(iou):
            return 2 / (1 + 1 / iou) if iou else 0
        """,
        """
        def my_dice(iou):
            union, both = 100.0, 100.0 * iou
            return 2 * both / (union + both)
        """,
        """
        import keras

        def my_dice(iou):
            iou = keras.ops.convert_to_tensor(iou, "float32")
            return iou / ((1 + iou) / 2)
        """,
    ),
    "transposed": (
        """
        def my_transposed(x, kernel, stride):
            spread = np.zeros((len(x) - 1) * stride + 1)
            spread[::stride] = x
            return np.convolve(spread, kernel)
        """,
        """
        def my_transposed(x, kernel, stride):
            output = [0] * ((len(x) - 1) * stride + len(kernel))
            for i, value in enumerate(x):
                for j, weight in enumerate(kernel):
                    output[i * stride + j] += value * weight
            return output
        """,
        """
        import keras

        def my_transposed(x, kernel, stride):
            x, kernel = np.float32(x)[None, :, None], np.float32(kernel)[:, None, None]
            whole = keras.ops.conv_transpose(x, kernel, strides=stride, padding="valid")[0, :, 0]
            return whole[: (x.shape[1] - 1) * stride + len(kernel)]
        """,
        """
        def my_transposed(x, kernel, stride):
            places = np.arange(len(x))[:, None] * stride + np.arange(len(kernel))
            return np.bincount(places.ravel(), np.outer(x, kernel).ravel(), (len(x) - 1) * stride + len(kernel))
        """,
    ),
    "resize_mask": (
        """
        import keras

        def my_resize(mask, height, width):
            layers = np.float32(mask)[..., None]
            new = keras.ops.image.resize(layers, (height, width), interpolation="nearest", data_format="channels_last")
            return keras.ops.convert_to_numpy(new)[..., 0].astype(int)
        """,
        """
        from PIL import Image

        def my_resize(mask, height, width):
            return np.asarray(Image.fromarray(mask.astype(np.uint8)).resize((width, height), Image.NEAREST))
        """,
        """
        from cnnlab import segmentation

        def my_resize(mask, height, width):
            return segmentation.resize(mask, (height, width))
        """,
        """
        def my_resize(mask, height, width):
            new = np.zeros((height, width), int)
            for i in range(height):
                for j in range(width):
                    new[i, j] = mask[int((i + 0.5) * len(mask) / height), int((j + 0.5) * len(mask[0]) / width)]
            return new
        """,
    ),
    "flip_pair": (
        """
        def my_flip(image, mask, rng):
            coin = rng.integers(2)
            return (np.fliplr(image), np.fliplr(mask)) if coin else (image, mask)
        """,
        """
        def my_flip(image, mask, rng):
            step = rng.choice([-1, 1])
            return [image[:, ::step, :], mask[:, ::step]]
        """,
        """
        def my_flip(image, mask, rng):
            both = np.dstack([image, mask])
            both = both if rng.uniform() > 0.5 else both[:, ::-1]
            return {"image": both[..., :3], "mask": both[..., 3]}
        """,
        """
        import keras

        def my_flip(image, mask, rng):
            if rng.random() < 0.5:
                return image, mask
            return keras.ops.flip(image.astype("float32"), axis=1), keras.ops.flip(mask, axis=-1)
        """,
    ),
    "fitting_size": (
        """
        import math

        def my_size(n, levels):
            return math.ceil(n / 2**levels) * 2**levels
        """,
        """
        def my_size(n, levels):
            while n % 2**levels:
                n += 1
            return n
        """,
        """
        def my_size(n, levels):
            return n + -n % (1 << levels)
        """,
        """
        def my_size(n, levels):
            return np.ceil(n / 2.0**levels) * 2.0**levels
        """,
    ),
    "shifted": (
        """
        def my_shift(tokens):
            return [tokens[:, 0:-1], tokens[:, 1:]]
        """,
        """
        def my_shift(tokens):
            return {"inputs": np.delete(tokens, -1, axis=1), "targets": np.delete(tokens, 0, axis=1)}
        """,
        """
        def my_shift(tokens):
            rows = tokens.tolist()
            return [row[:-1] for row in rows], [row[1:] for row in rows]
        """,
        """
        import keras

        def my_shift(tokens):
            tokens = keras.ops.convert_to_tensor(tokens)
            return tokens[:, : tokens.shape[1] - 1], keras.ops.roll(tokens, -1, axis=1)[:, :-1]
        """,
    ),
    "masked_loss": (
        """
        def my_loss(probabilities, inputs, targets):
            values = []
            for caption, words in zip(probabilities, targets):
                values += [-np.log(p[word]) for p, word in zip(caption, words) if word]
            return np.mean(values)
        """,
        """
        import keras

        def my_loss(probabilities, inputs, targets):
            mask = keras.ops.cast(targets != 0, "float32")
            each = keras.losses.sparse_categorical_crossentropy(targets, np.float32(probabilities))
            return keras.ops.sum(each * mask) / keras.ops.sum(mask)
        """,
        """
        def my_loss(probabilities, inputs, targets):
            said = np.eye(probabilities.shape[-1])[targets] * (targets > 0)[..., None]
            return -(said * np.log(probabilities)).sum() / said.sum()
        """,
        """
        from cnnlab import captioning

        def my_loss(probabilities, inputs, targets):
            right = np.take_along_axis(probabilities, targets[..., None], axis=-1)[..., 0]
            return np.average(-np.log(right), weights=captioning.padding_mask(targets))
        """,
    ),
    "attend": (
        """
        def my_attention(query, keys, values):
            scores = np.array([np.dot(key, query) for key in keys])
            raised = np.exp(scores - scores.max())
            weights = raised / raised.sum()
            return {"weights": weights, "context": (weights[:, None] * values).sum(axis=0)}
        """,
        """
        import keras

        def my_attention(query, keys, values):
            query, keys, values = np.float32(query), np.float32(keys), np.float32(values)
            weights = keras.ops.softmax(keras.ops.matmul(keys, query))
            return weights, keras.ops.matmul(weights, values)
        """,
        """
        import math

        def my_attention(query, keys, values):
            raised = [math.exp(sum(q * k for q, k in zip(query, key))) for key in keys]
            weights = [r / sum(raised) for r in raised]
            return weights, [sum(w * row[e] for w, row in zip(weights, values)) for e in range(len(values[0]))]
        """,
        """
        def my_attention(query, keys, values):
            weights = np.exp(np.einsum("pd,d->p", keys, query))
            weights /= weights.sum()
            return weights, np.average(values, axis=0, weights=weights)
        """,
    ),
    "beam": (
        {"greedy": ("red", "circle"), "beam": ("blue", "square"), "probability": 0.21},
        {"greedy": "A red circle.", "beam": "a blue square", "probability": 0.35 * 0.6},
        {"probability": 21 / 100, "beam": ["<start>", "blue", "square", "<end>"], "greedy": "red, circle"},
    ),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "flip_pair": {"if rng.random() <= 0.5": "the generator gives exactly 0.5 once in 2 ** 53 times"},
    "masked_loss": {"inputs sorted": "the inputs are there to tempt; the loss does not look at them"},
}
