"""Right answers to lesson 10 in other styles, and the mutants of its solutions that are right after all."""

import numpy as np

RIGHT = {
    "average": (
        """
        def average(maps):
            pictures, height, width, channels = maps.shape
            return [[float(picture[..., c].sum()) / (height * width) for c in range(channels)] for picture in maps]
        """,
        """
        def average(maps):
            import keras
            return keras.layers.GlobalAveragePooling2D(dtype="float32")(maps)
        """,
        """
        def average(maps):
            return np.einsum("nhwc->nc", maps.astype("float32")) / np.prod(maps.shape[1:3])
        """,
        """
        def average(maps):
            return maps.reshape(len(maps), -1, maps.shape[-1]).mean(1)
        """,
    ),
    "head_size": (13_108_227, 13_108_227.0, np.int64((5 * 5 * 2048 + 1) * 256 + (256 + 1) * 3)),
    "shuffled": (
        """
        def shuffled(images, labels, seed):
            from sklearn.utils import shuffle
            return shuffle(images, labels, random_state=seed)
        """,
        """
        def shuffled(images, labels, seed):
            import random
            pairs = list(zip(images, labels))
            random.Random(seed).shuffle(pairs)
            return [image for image, _ in pairs], [label for _, label in pairs]
        """,
        """
        def shuffled(images, labels, seed):
            np.random.seed(seed)
            order = np.random.permutation(len(labels))
            return np.take(images, order, axis=0), np.take(labels, order)
        """,
        """
        def shuffled(images, labels, seed):
            import keras
            order = np.argsort(np.random.default_rng(seed).random(len(images)))
            return {"the pictures": images[order], "their labels": keras.ops.convert_to_tensor(labels[order])}
        """,
    ),
    "freeze_backbone": (
        """
        def freeze_backbone(model):
            for layer in model.layers:
                if not layer.name.startswith("head_"):
                    layer.trainable = False
            model.compile(model.optimizer, model.loss, metrics=["accuracy"])
            return model
        """,
        """
        def freeze_backbone(model):
            import keras
            model.trainable = True
            *backbone, _, _, _ = model.layers
            for layer in backbone:
                layer.trainable = False
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=False)
            model.compile(optimizer=keras.optimizers.SGD(0.01, momentum=0.9), loss=loss)
            return model
        """,
        """
        def freeze_backbone(model):
            import keras
            def loss(labels, probabilities):
                return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(labels, probabilities))
            for layer in model.layers:
                layer.trainable = "head" in layer.name
            schedule = keras.optimizers.schedules.CosineDecay(0.0, 500, warmup_target=1e-3, warmup_steps=50)
            model.compile(keras.optimizers.Adam(schedule), loss)
            return model
        """,
        """
        def freeze_backbone(model):
            from cnnlab import transfer
            transfer.freeze(model)
            return model
        """,
    ),
    "for_resnet": (
        """
        def for_resnet(image):
            import keras
            return keras.applications.resnet50.preprocess_input(255 * image)
        """,
        """
        def for_resnet(image):
            red, green, blue = np.moveaxis(image.astype("float32") * 255, -1, 0)
            return np.stack([blue - 103.939, green - 116.779, red - 123.68], axis=-1)
        """,
        """
        def for_resnet(image):
            means = (103.939, 116.779, 123.68)
            return [[[255 * p[2 - c] - means[c] for c in range(3)] for p in row] for row in image.tolist()]
        """,
    ),
    "step_macs": (
        """
        def step_macs(macs, frozen):
            total = 0
            for place, work in enumerate(macs):
                total += work * (1 + (place >= frozen) + (place > frozen))
            return float(total)
        """,
        """
        def step_macs(macs, frozen):
            macs = np.array(macs)
            return np.sum(macs) + np.sum(macs[frozen:]) + np.sum(macs[frozen + 1 :])
        """,
        """
        def step_macs(macs, frozen):
            forwards = np.float32(sum(macs))
            lowest = macs[frozen] if frozen < len(macs) else 0
            return forwards + 2 * sum(macs[frozen:]) - lowest
        """,
    ),
    "fine_tune": (
        """
        def fine_tune(model):
            import keras
            schedule = keras.optimizers.schedules.CosineDecay(0.0, 900, warmup_target=1e-4, warmup_steps=100)
            for layer in model.layers:
                layer.trainable = layer.name in ("block3_conv", "head_classes")
            model.compile(keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy")
            return model
        """,
        """
        def fine_tune(model):
            model.get_layer("block3_conv").trainable = True
            model.optimizer.learning_rate = 1e-4
            model.compile(model.optimizer, model.loss)
            return model
        """,
        """
        def fine_tune(model):
            import keras
            names = [layer.name for layer in model.layers]
            model.layers[names.index("block3_conv")].trainable = True
            schedule = keras.optimizers.schedules.ExponentialDecay(2e-4, 100, 0.9)
            loss = keras.losses.SparseCategoricalCrossentropy()
            model.compile(loss=loss, optimizer=keras.optimizers.RMSprop(schedule), metrics=["accuracy"])
            return model
        """,
        """
        def fine_tune(model):
            from cnnlab import transfer
            transfer.unfreeze_top(model, "block3", learning_rate=1e-4)
            return model
        """,
    ),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "average": {"mean(axis=(2, 1))": "a mean over two axes does not depend on their order"},
    "freeze_backbone": {
        "⇒ model.compile('adam', 'sparse_categorical_crossentropy')": "what is reported does not change what is learned"
    },
    "for_resnet": {"- [103.939, 116.779, 123.68]": "NumPy makes an array of the list"},
    "fine_tune": {
        "Adam(0.0001), 'sparse_categorical_crossentropy')": "what is reported does not change what is learned",
        "0.00015000000000000001": "any rate of about a tenth of the head's fits",
        "Adam(5e-05)": "any rate of about a tenth of the head's fits",
    },
}
