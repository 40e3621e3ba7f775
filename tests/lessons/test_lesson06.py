"""Lesson 06: its figures, what it shows of groups and stacks, and the numbers its exercises are judged by."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from cnnlab import conv, datasets, explore, ledger, shapes, zoo
from cnnlab.checks import lesson06 as check


@pytest.fixture(scope="module")
def explorer():
    return explore.LedgerExplorer()


def outline(name, *args, **options):
    return ledger.ledger(zoo.build(name, *args, kernel_initializer="zeros", **options))


@pytest.mark.parametrize(
    ("title", "params", "macs"),
    [
        ("LeNet-5", 61_706, 416_520),
        ("AlexNet", 60_965_224, 0.72e9),
        ("AlexNet, one tower", 62_378_344, 1.14e9),
        ("VGG-16", 138_357_544, 15.5e9),
        ("VGG-19", 143_667_240, 19.6e9),
        ("VGG-11", 132_863_336, 7.6e9),
    ],
)
def test_the_networks_of_the_syllabus(explorer, title, params, macs):
    book = explorer.book(title)
    assert book.params == params
    assert book.macs == pytest.approx(macs, rel=0.01)


def test_lenet_on_28_pixels_loses_only_in_fc1(explorer):
    book, small = explorer.book("LeNet-5"), outline("lenet5", (28, 28, 1))
    assert small.params == 44_426
    assert book.params - small.params == 144 * 120 == book.row("fc1").params - small.row("fc1").params


def test_alexnet_without_its_last_pooling_in_the_check_and_in_the_zoo():
    total, side, depth = check._alexnet(check._COPIED)
    assert (total, side, depth) == (201_838_952, 13, 256)
    assert shapes.dense_params(13 * 13 * 256, 4096) == 177_213_440
    assert check._alexnet(check._REPAIRED) == (62_378_344, 6, 256)


def test_alexnet_puts_out_659_272_values(explorer):
    names = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc1", "fc2", "predictions")
    assert sum(np.prod(explorer.book("AlexNet").row(name).output_shape) for name in names) == 659_272


def test_where_alexnet_and_vgg_keep_what(explorer):
    for title, convolutions, work in (("AlexNet", 0.04, 0.92), ("VGG-16", 0.106, 0.992)):
        book = explorer.book(title)
        rows = [row for row in book if "conv" in row.name]
        assert sum(row.params for row in rows) / book.params == pytest.approx(convolutions, abs=0.005)
        assert sum(row.macs for row in rows) / book.macs == pytest.approx(work, abs=0.005)
    assert pytest.approx((89.4, 0.8), abs=0.05) == check._SHARES


def test_the_copied_lenet_table_and_the_right_one():
    model = keras.Sequential([keras.Input((32, 32, 3))])
    for filters in (8, 16):
        model.add(keras.layers.Conv2D(filters, 5))
        model.add(keras.layers.AveragePooling2D(2))
    model.add(keras.layers.Flatten())
    for units in (120, 84, 10):
        model.add(keras.layers.Dense(units))
    counts = tuple(layer.count_params() for layer in model.layers if layer.weights)
    assert counts == check.lenet_table.diagnose.truth == (608, 3_216, 48_120, 10_164, 850)


def test_training_vgg_keeps_more_outputs_than_parameters_with_all_that_belongs_to_them(explorer):
    book = explorer.book("VGG-16")
    kept = 4 * 4 * book.params  # float32, four times: parameter, gradient, Adam's two means
    outputs = 64 * book.activation_bytes
    assert (round(kept / 2**30, 2), round(outputs / 2**30, 2), round(outputs / kept, 1)) == (2.06, 3.64, 1.8)


def test_keras_metric_can_read_the_scores_of_the_check():
    for scores in (check._SCORES, check._wide()[0]):
        assert scores.dtype == np.float32  # TensorFlow's in_top_k takes no other
        assert len(np.unique(scores)) >= scores.shape[1]


@pytest.mark.parametrize(("layers", "field"), [(1, 3), (2, 5), (3, 7)])
def test_stacks_of_3x3_see_as_far_with_fewer_weights(layers, field):
    model = keras.Sequential([keras.Input((28, 28, 8))])
    for _ in range(layers):
        model.add(keras.layers.Conv2D(8, 3, padding="same", use_bias=False))
    one = keras.Sequential([keras.Input((28, 28, 8)), keras.layers.Conv2D(8, field, padding="same", use_bias=False)])
    stack, large = ledger.ledger(model), ledger.ledger(one)
    assert stack.receptive_field[0].size == large.receptive_field[0].size == field
    assert (stack.params, large.params) == (9 * layers * 64, field * field * 64)
    assert stack.macs * field * field == large.macs * 9 * layers


def test_two_linear_layers_are_one_and_a_relu_between_them_makes_the_difference():
    rng = np.random.default_rng(0)
    image, a, b = rng.integers(0, 9, (8, 8)), rng.integers(-3, 4, (3, 3)), rng.integers(-3, 4, (3, 3))
    merged = conv.conv2d(np.pad(b, 2), a[::-1, ::-1])  # each value of b spread by a
    first = conv.conv2d(image, a)
    assert (first < 0).any()
    assert np.array_equal(conv.conv2d(first, b), conv.conv2d(image, merged))
    assert not np.array_equal(conv.conv2d(np.maximum(first, 0), b), conv.conv2d(image, merged))


def test_groups_are_a_full_layer_with_half_of_its_weights_zero():
    rng = np.random.default_rng(0)
    maps, kernel = rng.integers(0, 5, (6, 6, 4)), rng.integers(-2, 3, (3, 3, 2, 6))
    full = np.zeros((3, 3, 4, 6), int)
    full[:, :, :2, :3], full[:, :, 2:, 3:] = kernel[..., :3], kernel[..., 3:]
    assert np.array_equal(conv.conv2d(maps, kernel, groups=2), conv.conv2d(maps, full))


@pytest.mark.parametrize(("n", "remainder"), [(224, 1), (227, 0)])
def test_alexnet_needs_227_pixels(n, remainder):
    assert (n - 11) % 4 == remainder
    assert (shapes.output_size(n, 11, strides=4) == 55) is (remainder == 0)


def test_response_normalisation_by_hand():
    values = np.array([10, 10, 10, 10, 200, 10, 10], "float32")
    layer = zoo.build("alexnet", (67, 67, 3), kernel_initializer="zeros").get_layer("lrn1")
    result = keras.ops.convert_to_numpy(layer(values[None, None, None]))[0, 0, 0]
    assert [f"{y:.1f}" for y in result] == ["5.9", "5.9", "2.6", "2.6", "51.9", "2.6", "2.6"]


def test_sigmoids_are_stuck_where_tanh_learns():
    train, test = datasets.digits(size=20), datasets.digits(size=20)
    pictures = np.pad(train.images, ((0, 0), (4, 4), (4, 4), (0, 0))).astype("float32") / 255
    reached, moved = {}, {}
    for activation in ("sigmoid", "tanh"):
        keras.utils.set_random_seed(0)
        model = zoo.build("lenet5", (28, 28, 1), padding="same", activation=activation)
        start = model.get_layer("conv1").get_weights()[0]
        model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(pictures[:1400], train.labels[:1400], epochs=2, batch_size=32, verbose=0)
        reached[activation] = model.evaluate(pictures[1400:], test.labels[1400:], verbose=0)[1]
        moved[activation] = np.abs(model.get_layer("conv1").get_weights()[0] - start).mean() / np.abs(start).mean()
    assert reached["sigmoid"] < 0.3 < 0.7 < reached["tanh"]
    assert moved["sigmoid"] < 0.1 < 0.3 < moved["tanh"]
