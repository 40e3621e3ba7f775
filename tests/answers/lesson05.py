"""Right answers to lesson 05 in other styles, and the mutants of its solutions that are right after all."""

import numpy as np


def _of_two_blocks(name: str, filters: tuple[int, int]) -> tuple[str, ...]:
    """Ways to build two blocks of convolution, ReLU and max pooling, Flatten and Dense."""
    first, second = filters
    head = f"\ndef {name}():\n    import keras\n    from keras import layers\n"
    start = "    x = inputs = keras.Input((28, 28, 1))\n"
    end = '    return keras.Model(inputs, layers.Dense(10, "softmax")(layers.Flatten()(x)))\n'
    return (
        # blocks that are models themselves
        head
        + "    def block(filters):\n"
        + '        return keras.Sequential([layers.Conv2D(filters, 3, activation="relu"), layers.MaxPool2D()])\n'
        + "    last = layers.Dense(10, activation='softmax')\n"
        + f"    return keras.Sequential([keras.Input((28, 28, 1)), block({first}), block({second}), "
        + "layers.Flatten(), last])\n",
        # ReLU as an operation, and one pooling for both blocks
        head
        + start
        + "    pool = layers.MaxPooling2D(2)\n"
        + f"    for filters in ({first}, {second}):\n"
        + "        x = pool(keras.ops.relu(layers.Conv2D(filters, 3)(x)))\n"
        + end,
        # an activation that is a layer; the pooling before the ReLU, which is the same
        head
        + start
        + f"    x = layers.MaxPooling2D(2)(layers.Conv2D({first}, 3, activation=layers.ReLU())(x))\n"
        + f"    x = layers.ReLU()(layers.MaxPooling2D((2, 2), strides=(2, 2))(layers.Conv2D({second}, (3, 3))(x)))\n"
        + end,
        # a class of its own, with the second convolution made first
        f"\nimport keras\nfrom keras import layers\nclass {name}(keras.Model):\n"
        + "    def __init__(self):\n        super().__init__()\n"
        + f"        self.second, self.first = layers.Conv2D({second}, 3), layers.Conv2D({first}, 3)\n"
        + "        self.last = layers.Dense(10)\n"
        + "    def call(self, x):\n"
        + "        for conv in (self.first, self.second):\n"
        + "            x = keras.ops.max_pool(keras.ops.relu(conv(x)), 2, strides=2)\n"
        + "        return keras.ops.softmax(self.last(keras.ops.reshape(x, (-1, self.last_inputs()))))\n"
        + f"    def last_inputs(self):\n        return 5 * 5 * {second}\n",
        # a stack that is built by its first pictures, with Dropout, which only training notices
        head
        + "    model = keras.Sequential()\n"
        + f"    for filters in ({first}, {second}):\n"
        + '        model.add(layers.Conv2D(filters, 3, padding="valid"))\n'
        + '        model.add(layers.Activation("relu"))\n'
        + "        model.add(layers.MaxPooling2D(2))\n"
        + "        model.add(layers.Dropout(0.5))\n"
        + "    model.add(layers.Flatten())\n    model.add(layers.Dense(10))\n    model.add(layers.Softmax())\n"
        + "    return model\n",
        # an input of any size, and a Reshape that fixes it
        head
        + "    x = inputs = keras.Input((None, None, 1))\n"
        + f"    for filters in ({first}, {second}):\n"
        + '        x = layers.MaxPooling2D(2)(layers.Conv2D(filters, 3, activation="relu")(x))\n'
        + f"    x = layers.Reshape((25 * {second},))(x)\n"
        + '    return keras.Model(inputs, layers.Dense(10, "softmax")(x))\n',
        # the last layer as a convolution as large as its input
        head
        + start
        + f"    for filters in ({first}, {second}):\n"
        + "        x = layers.MaxPooling2D(2)(layers.Conv2D(filters, 3, activation=keras.activations.relu)(x))\n"
        + "    x = layers.Flatten()(layers.Conv2D(10, 5)(x))\n"
        + "    return keras.Model(inputs, keras.activations.softmax(x))\n",
    )


RIGHT = {
    "steps": (5352, 5352.0, np.int64(5352), np.array([5352]), "\nimport math\nsteps = 12 * math.ceil(57_000 / 128)\n"),
    "first_kernel": (5.0, np.float32(5), np.array(5), [5], "\nkernel_side = int(((832 - 32) / 32) ** 0.5)\n"),
    "wire": _of_two_blocks("my_model", (16, 32)),
    "loss_for": (
        """
        def loss_for(labels, last_activation):
            from functools import partial
            import keras
            loss = keras.losses.sparse_categorical_crossentropy
            if len(labels.shape) > 1:
                loss = keras.losses.categorical_crossentropy
            return partial(loss, from_logits=last_activation != "softmax")
        """,
        """
        def loss_for(labels, last_activation):
            import keras
            def loss(truth, said):
                rows = truth if labels.ndim == 2 else keras.ops.one_hot(keras.ops.cast(truth, "int32"), 3)
                said = keras.ops.softmax(said) if last_activation is None else said
                return -keras.ops.sum(keras.ops.cast(rows, "float32") * keras.ops.log(said), axis=-1)
            return loss
        """,
        """
        def loss_for(labels, last_activation):
            import keras
            name = ("" if np.ndim(labels) == 2 else "sparse_") + "categorical_crossentropy"
            loss = keras.losses.get(name)
            return lambda truth, said: loss(truth, said, from_logits=not last_activation)
        """,
        """
        def loss_for(labels, last_activation):
            import keras
            if labels.ndim == 1:
                return keras.losses.SparseCategoricalCrossentropy(last_activation is None, reduction="none")
            return keras.losses.CategoricalCrossentropy(last_activation is None, label_smoothing=0.0)
        """,
    ),
    "early_stop": (
        """
        def early_stop(losses, patience):
            for end in range(1, len(losses) + 1):
                best = min(range(end), key=losses.__getitem__)
                if end - 1 - best == patience:
                    break
            return [end, best + 1]
        """,
        """
        def early_stop(losses, patience):
            losses = np.array(losses)
            firsts = [int(losses[: n + 1].argmin()) for n in range(len(losses))]
            late = [n for n, first in enumerate(firsts) if n - first >= patience]
            end = late[0] if late else len(losses) - 1
            return np.array([end + 1, firsts[end] + 1], "float32")
        """,
        """
        def early_stop(losses, patience):
            best, kept, epoch = float("inf"), 0, 0
            for epoch, loss in enumerate(losses, 1):
                if loss < best:
                    best, kept = loss, epoch
                elif epoch - kept >= patience:
                    break
            return np.int64(epoch), kept
        """,
    ),
    "recall": (
        """
        def recall(matrix):
            return [float(row[i]) / sum(row) for i, row in enumerate(matrix)]
        """,
        """
        def recall(matrix):
            return (matrix / matrix.sum(axis=1, keepdims=True)).diagonal().astype("float32")
        """,
        """
        def recall(matrix):
            import keras
            return keras.ops.diagonal(keras.ops.convert_to_tensor(matrix)) / keras.ops.sum(matrix, axis=1)
        """,
        """
        def recall(matrix):
            return tuple(matrix.diagonal() / (matrix @ np.ones(len(matrix))))
        """,
    ),
    "mended": _of_two_blocks("mended_model", (32, 64)),
}

EQUIVALENT: dict[str, dict[str, str]] = {
    "loss_for": {"labels sorted": "only the form of the labels is looked at, not their values"},
}
