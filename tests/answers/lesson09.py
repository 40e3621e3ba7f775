"""Right answers to lesson 09 in other styles, and the mutants of its solutions that are right after all."""

import numpy as np

_SAFE = {
    "digits": {"shift", "turn 10"},
    "cats and dogs": {"shift", "turn 10", "mirror"},
    "satellite": {"shift", "turn 10", "turn 180", "mirror"},
    "traffic lights": {"shift", "turn 10", "mirror"},
    "heart x-rays": {"shift", "turn 10"},
}

RIGHT = {
    "crops": (2178, 2178.0, np.int64(33 * 33 * 2)),
    "flipped": ([60, 20, 80, 50], np.array([60.0, 20.0, 80.0, 50.0]), (90 - 30, np.float32(20), 80, 50)),
    "flip_boxes": (
        """
        def flip_boxes(boxes, width):
            return [[width - x2, y1, width - x1, y2] for x1, y1, x2, y2 in boxes]
        """,
        """
        def flip_boxes(boxes, width):
            boxes[:, [0, 2]] = width - boxes[:, [2, 0]]
            return boxes
        """,
        """
        def flip_boxes(boxes, width):
            return np.float32(boxes) @ np.array(
                [[0, 0, -1, 0], [0, 1, 0, 0], [-1, 0, 0, 0], [0, 0, 0, 1]], "float32"
            ) + np.float32([width, 0, width, 0])
        """,
        """
        def flip_boxes(boxes, width):
            from cnnlab import augment
            return augment.move_boxes(boxes, augment.matrix(60, width, flip="horizontal"))
        """,
    ),
    "safe": (
        {data: sorted(changes) for data, changes in _SAFE.items()},
        {data: frozenset(changes) for data, changes in reversed(_SAFE.items())},
        {
            **_SAFE,
            "digits": {"shift", "turn 10", "hue"},
            "satellite": ("mirror", "shift", "turn 10", "turn 180", "hue"),
        },
    ),
    "brighter": (
        """
        def brighter():
            import keras
            return keras.layers.RandomBrightness((-0.2, 0.2), [0.0, 1.0], seed=1)
        """,
        """
        def brighter():
            from keras import layers
            return layers.Pipeline([
                layers.Rescaling(255), layers.RandomBrightness(0.2), layers.Rescaling(1 / 255)
            ])
        """,
        """
        def brighter():
            import keras
            return keras.Sequential([keras.layers.RandomBrightness(factor=0.2, value_range=(0, 1))])
        """,
        """
        def brighter():
            import keras
            class Brighter(keras.layers.Layer):
                def __init__(self):
                    super().__init__()
                    self.seed = keras.random.SeedGenerator(3)
                def call(self, images, training=False):
                    if not training:
                        return images
                    amount = keras.random.uniform((len(images), 1, 1, 1), -0.2, 0.2, seed=self.seed)
                    return keras.ops.clip(images + amount, 0, 1)
            return Brighter()
        """,
    ),
    "prepare": (
        """
        def prepare(images, augment):
            split = int(round(len(images) * 0.8))
            return [augment(images[:split]), images[split:]]
        """,
        """
        def prepare(images, augment):
            validation = list(images)[len(images) - len(images) // 5 :]
            train = [augment(image[None])[0] for image in images[: len(images) - len(validation)]]
            return np.array(train, "float32"), validation
        """,
        """
        def prepare(images, augment):
            train, validation = np.split(images, [4 * len(images) // 5])
            return np.concatenate([train, augment(train)]), validation
        """,
        """
        def prepare(images, augment):
            import keras
            *train, last = np.array_split(images, 5)
            return keras.ops.convert_to_tensor(augment(np.concatenate(train))), keras.ops.convert_to_tensor(last)
        """,
    ),
    "mixup": (
        """
        def mixup(first, label_first, second, label_second, weight):
            def mixed(one, two):
                return np.float32(two + weight * (one - two))
            return [mixed(first, second), mixed(label_first, label_second)]
        """,
        """
        def mixup(first, label_first, second, label_second, weight):
            weights = np.array([weight, 1 - weight])
            image = np.tensordot(weights, np.stack([first, second]), 1)
            label = [weight * a + (1 - weight) * b for a, b in zip(label_first, label_second)]
            return {"image": image, "label": label}
        """,
        """
        def mixup(first, label_first, second, label_second, weight):
            from keras import ops
            image = ops.add(ops.multiply(first, weight), ops.multiply(second, 1 - weight))
            return image, np.average([label_first, label_second], axis=0, weights=[weight, 1 - weight])
        """,
    ),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "brighter": {
        "RandomBrightness(-0.2": "Keras takes the factor's magnitude for both ends",
        "value_range=(1, 0)": "Keras sorts the range",
    },
    "prepare": {"-(-len(images) // 5)": "a fifth that is not whole may be rounded either way"},
}
