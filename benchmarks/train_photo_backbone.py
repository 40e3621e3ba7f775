"""Train the network of `cnnlab.transfer.photo_backbone` on CIFAR-10, as the one that ships was trained.

    CNNLAB_DATA=FOLDER python benchmarks/train_photo_backbone.py photo_backbone.weights.h5 [--epochs 70]

It trains with batch normalisation between each convolution and its ReLU, which is folded into the convolution at the
end: what is saved are kernels and biases alone. Twenty seconds an epoch of 10,000 pictures on one core with oneDNN.
The epochs are fixed beforehand, and the last one is kept: the test pictures choose nothing.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow starts: keeps its banner out of the table

import keras
import numpy as np

from cnnlab import datasets, transfer

BATCH, RATE, SEED = 64, 0.05, 15
SHIFT = 4  # pixels, to each side


def with_normalization(plain: keras.Model) -> keras.Model:
    """The same network with a BatchNormalization between every convolution and its ReLU, for training."""
    x = plain.input
    for layer in plain.layers[1:]:
        if isinstance(layer, keras.layers.Conv2D):
            linear = {**layer.get_config(), "activation": None, "use_bias": False}
            x = keras.layers.Conv2D.from_config(linear)(x)
            x = keras.layers.BatchNormalization(name=f"{layer.name}_bn")(x)
            x = keras.layers.ReLU(name=f"{layer.name}_relu")(x)
        else:
            x = layer.__class__.from_config(layer.get_config())(x)
    return keras.Model(plain.input, x)


def fold(trained: keras.Model, plain: keras.Model) -> None:
    """Give `plain` the weights with which it does what `trained` does in inference.

    γ·(w∗x − μ)/√(σ² + ε) + β is one convolution: its kernel is w·s and its bias β − μ·s, with s = γ/√(σ² + ε).
    """
    for layer in plain.layers:
        if isinstance(layer, keras.layers.Conv2D):
            normalization = trained.get_layer(f"{layer.name}_bn")
            gamma, beta, mean, variance = normalization.get_weights()
            scale = gamma / np.sqrt(variance + normalization.epsilon)
            layer.set_weights([trained.get_layer(layer.name).get_weights()[0] * scale, beta - mean * scale])
        elif layer.weights:
            layer.set_weights(trained.get_layer(layer.name).get_weights())


def varied(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """`images` (N, 32, 32, 3), floats 0 … 1, each mirrored or not, shifted, brighter or darker, and tinted a little."""
    count, side = images.shape[:2]
    padded = np.pad(images, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(1, 2))  # (N, 9, 9, 3, 32, 32)
    down, right = rng.integers(0, 2 * SHIFT + 1, (2, count))
    moved = windows[np.arange(count), down, right].transpose(0, 2, 3, 1)
    mirrored = rng.random(count) < 0.5
    moved[mirrored] = moved[mirrored, :, ::-1]
    contrast = rng.uniform(0.8, 1.2, (count, 1, 1, 1)) * rng.uniform(0.9, 1.1, (count, 1, 1, 3))
    middle = moved.mean(axis=(1, 2), keepdims=True)
    light = rng.uniform(-0.1, 0.1, (count, 1, 1, 1))
    return np.clip((moved - middle) * contrast + middle + light, 0, 1).astype("float32")


def main(file: str, epochs: int) -> None:
    keras.utils.set_random_seed(SEED)
    rng = np.random.default_rng(SEED)
    train, test = datasets.cifar10(), datasets.cifar10("test")
    print(f"{train}; {len(test)} for the test")
    images, labels = train.images / np.float32(255), np.eye(10, dtype="float32")[train.labels]
    tests = test.images / np.float32(255)
    plain = transfer.photo_backbone((32, 32, 3), weights=None, classifier=True)
    model = with_normalization(plain)
    steps = epochs * -(-len(images) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(RATE / 10, steps, warmup_target=RATE, warmup_steps=steps // 25)
    optimizer = keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=5e-3)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    model.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False)
    start = time.perf_counter()
    for epoch in range(1, epochs + 1):
        history = model.fit(varied(images, rng), labels, batch_size=BATCH, verbose=0).history
        if epoch % 5 == 0 or epoch == epochs:
            fold(model, plain)
            plain.save_weights(file)
            right = np.argmax(plain.predict(tests, batch_size=500, verbose=0), axis=1) == test.labels
            print(
                f"epoch {epoch}, {time.perf_counter() - start:.0f} s: loss {history['loss'][0]:.3f}, accuracy "
                f"{history['accuracy'][0]:.3f} in training, {right.mean():.4f} on {len(test)} pictures put aside",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--epochs", type=int, default=70)
    arguments = parser.parse_args()
    main(arguments.file, arguments.epochs)
