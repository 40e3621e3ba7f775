"""The residual explorer: gradients by hand against Keras' and finite differences, its words, and what it refuses."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest
from keras import layers

from cnnlab import datasets, explore
from cnnlab.explore.networks.deep_net import draw_weights, flow
from cnnlab.explore.networks.residual_explorer import scientific


def keras_network(depth, filters, skip, normalized):
    """The same network in Keras; going back is then its business."""

    def conv(a):
        z = layers.Conv2D(filters, 3, padding="same", use_bias=False)(a)
        return layers.BatchNormalization(epsilon=1e-5)(z) if normalized else z

    a = inputs = keras.Input((8, 8, 1))
    a = layers.ReLU()(conv(a))
    for _ in range(depth // 2):
        z = conv(layers.ReLU()(conv(a)))
        a = layers.ReLU()(z + a if skip else z)
    return keras.Model(inputs, layers.Dense(10, use_bias=False)(layers.GlobalAveragePooling2D()(a)))


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("skip", [False, True])
def test_gradients_by_hand_are_those_of_keras(skip, normalized):
    digits = datasets.digits()
    images, labels = (digits.images[:10] / 255).astype("float32"), digits.labels[:10]
    weights = draw_weights(6, 1, 8, 10, 2.0, seed=3)
    model = keras_network(6, 8, skip, normalized)
    kernels = [v for v in model.trainable_variables if v.path.endswith("kernel")]
    for variable, value in zip(kernels, weights, strict=True):
        variable.assign(value)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    # Momentum starts at zero: after one step with learning rate 1 it holds minus the gradient.
    model.compile(keras.optimizers.SGD(1.0, momentum=0.9), loss, run_eagerly=True)
    model.train_on_batch(images, labels)
    memory = [keras.ops.convert_to_numpy(v) for v in model.optimizer.variables if len(v.shape) == 4]
    by_hand = flow(weights, images, labels, skip=skip, normalized=normalized)
    np.testing.assert_allclose(by_hand.kernels, [np.linalg.norm(v) for v in memory], rtol=2e-3)


def test_the_hand_written_kernel_gradient_is_that_of_finite_differences():
    rng = np.random.default_rng(1)
    images, labels = rng.random((3, 5, 4, 2)), np.array([0, 2, 1])
    weights = draw_weights(2, 2, 3, 3, 2.0, seed=0)

    def relu(v):
        return np.maximum(v, 0)

    def conv(a, k):
        padded = np.pad(a, ((0, 0), (1, 1), (1, 1), (0, 0)))
        return sum(padded[:, i : i + 5, j : j + 4] @ k[i, j] for i, j in np.ndindex(3, 3))

    def loss(weights):
        a = relu(conv(images, weights[0]))
        a = relu(conv(relu(conv(a, weights[1])), weights[2]) + a)
        logits = a.mean(axis=(1, 2)) @ weights[3]
        return -(logits[range(3), labels] - np.log(np.exp(logits).sum(axis=1))).mean()

    lengths = []
    for number in range(3):
        slopes = []
        for place in np.ndindex(weights[number].shape):
            values = []
            for step in (1e-5, -1e-5):
                moved = [w.copy() for w in weights]
                moved[number][place] += step
                values.append(loss(moved))
            slopes.append((values[0] - values[1]) / 2e-5)
        lengths.append(np.linalg.norm(slopes))
    by_hand = flow(weights, images, labels, skip=True, normalized=False)
    np.testing.assert_allclose(by_hand.kernels, lengths, rtol=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_what_the_lesson_says_of_the_signals_holds_for_every_seed(seed):
    explorer = explore.ResidualExplorer(depth=26, seed=seed)
    for quantity, last in (("signal forwards", -1), ("gradient backwards", 0), ("kernel gradients", 0)):
        explorer.set(quantity=quantity, weights="Glorot", normalization="none")
        plain, residual = explorer.sizes("plain"), explorer.sizes("residual")
        assert residual[last] > 1000 * plain[last]
    explorer.set(weights="He", quantity="signal forwards")
    assert explorer.sizes("residual")[-1] > 5 * explorer.sizes("residual")[0]
    explorer.set(normalization="batch", quantity="kernel gradients")
    plain, residual = explorer.sizes("plain"), explorer.sizes("residual")
    assert plain[0] / plain[-1] > 20
    assert plain[0] / plain[-1] > 2.5 * residual[0] / residual[-1]
    assert explorer.answer() == "smaller"


def test_the_words_hold_the_numbers():
    explorer = explore.ResidualExplorer(quantity="signal forwards")
    values, words = explorer.sizes("plain"), explorer.describe()
    factor = (values[-1] / values[0]) ** (1 / 25)
    assert f"{factor:.2f} a layer" == "0.64 a layer"
    assert f"going forwards times {factor:.2f} a layer, {scientific(values[-1] / values[0])} over 25 layers" in words
    ratio = explorer.sizes("residual")[-1] / values[-1]
    assert f"In layer 26 the residual network's is {scientific(ratio)} times the plain one's." in words
    assert explorer.figure().alt == words


def test_a_step_of_training_is_put_beside_the_kernel():
    explorer = explore.ResidualExplorer(depth=10)
    length = np.linalg.norm(draw_weights(10, 1, 16, 10, 1.0, 0)[1])
    assert f"layer 1's kernel, of length {length:.1f}" in explorer.describe()
    assert f"the plain one by {scientific(0.1 * explorer.sizes('plain')[0])}" in explorer.describe()


def test_an_odd_depth_is_no_choice_of_the_control():
    explorer = explore.ResidualExplorer(depth=4)
    with pytest.raises(ValueError, match="`depth` must be one of 2, 4, .* Received: 21"):
        explorer.set(depth=21)
    assert explorer.depth == 4
    assert "over 1 layer." in explorer.set(depth=2).describe()


def test_other_pictures_can_be_passed():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (4, 6, 7, 3), dtype=np.uint8)
    explorer = explore.ResidualExplorer(4, images=images, labels=[0, 1, 2, 1], filters=5)
    assert "4 pictures of 6×7" in explorer.describe()
    scaled = explore.ResidualExplorer(4, images=images / 255, labels=[0, 1, 2, 1], filters=5)
    np.testing.assert_allclose(explorer.sizes("plain"), scaled.sizes("plain"), rtol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (dict(depth=7), ValueError, "`depth` must be even"),
        (dict(depth=42), ValueError, "`depth` must be a whole number from 2 to 40. Received: 42"),
        (dict(weights="Xavier"), ValueError, "`weights` must be one of 'Glorot', 'He'"),
        (dict(labels=[1]), ValueError, "`labels` need `images`"),
        (dict(images=np.zeros((2, 8, 8))), ValueError, "(N, H, W, C)"),
        (dict(images=np.zeros((2, 8, 8, 1)), labels=[1]), ValueError, "one for each picture, 2. Received: 1"),
        (dict(images=np.zeros((2, 8, 8, 1)), labels=[0.5, 1.0]), ValueError, "whole numbers"),
        (dict(images=np.zeros((1, 8, 8, 1)), labels=[0]), ValueError, "at least 2 pictures"),
        (dict(images=np.full((2, 8, 8, 1), np.nan), labels=[0, 1]), ValueError, "finite"),
    ],
)
def test_the_residual_explorer_refuses(arguments, error, says):
    with pytest.raises(error, match=re.escape(says)):
        explore.ResidualExplorer(**arguments)


@pytest.mark.parametrize(
    ("value", "words"),
    [(1.74e-6, "1.7·10⁻⁶"), (9.96e-4, "1.0·10⁻³"), (0.73, "0.73"), (1234, "1,200"), (690_000, "6.9·10⁵"), (1.0, "1")],
)
def test_numbers_in_two_digits(value, words):
    assert scientific(value) == words
