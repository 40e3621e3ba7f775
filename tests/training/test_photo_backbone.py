"""The small network that has seen photographs: its weights, its forms, and that folding changes no answer."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import keras
import numpy as np
import pytest

from cnnlab import datasets, transfer
from cnnlab.training.transfer import photos

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
needs_photos = pytest.mark.skipif(not (SHARED / "cifar10.npz").is_file(), reason="no CIFAR-10 beside the project")


@pytest.fixture(scope="module")
def script():
    """``benchmarks/train_photo_backbone.py`` as a module."""
    spec = importlib.util.spec_from_file_location("_train_photos", ROOT / "benchmarks" / "train_photo_backbone.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answers(model, images):
    return keras.ops.convert_to_numpy(model(images, training=False))


def test_the_weights_are_counted_and_the_file_is_small():
    # 3·3·3·24 + 24, 3·3·24·24 + 24, 3·3·24·48 + 48, 3·3·48·48 + 48, 3·3·48·96 + 96, 3·3·96·96 + 96; Dense 96·10 + 10
    whole = transfer.photo_backbone(classifier=True)
    assert whole.count_params() == 672 + 5_208 + 10_416 + 20_784 + 41_568 + 83_040 + 970
    assert datasets.shipped(photos.FILE).stat().st_size <= 1_000_000
    assert [layer.name for layer in transfer.photo_backbone().layers if layer.weights] == [
        f"block{block}_conv{number}" for block in (1, 2, 3) for number in (1, 2)
    ]
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in whole.layers)


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_any_size_gives_maps_of_a_quarter(pooling):
    base = transfer.photo_backbone(pooling=pooling)
    for height, width in ((32, 32), (50, 33), (4, 7)):
        assert base(np.zeros((1, height, width, 3), "float32")).shape == (1, height // 4, width // 4, 96)


def test_the_pictures_are_brought_to_mean_0_and_deviation_1_inside():
    base = transfer.photo_backbone((4, 4, 3), weights=None)
    grey = np.full((1, 4, 4, 3), (0.491, 0.482, 0.447), "float32")
    seen = keras.Model(base.input, base.get_layer("preprocess").output)
    assert answers(seen, grey) == pytest.approx(0, abs=1e-6)
    assert answers(seen, grey + np.float32((0.247, 0, 0)))[0, 0, 0] == pytest.approx((1, 0, 0), abs=1e-5)


def test_random_weights_follow_the_seed_and_differ_from_those_that_ship():
    def first(**how):
        return transfer.photo_backbone(**how).get_layer("block2_conv1").get_weights()[0]

    assert np.array_equal(first(weights=None), first(weights=None))
    assert not np.allclose(first(weights=None), first(weights=None, seed=1))
    assert not np.allclose(first(weights=None), first())
    layers = [layer.get_weights()[0] for layer in transfer.photo_backbone(weights=None).layers if layer.weights]
    assert not np.allclose(layers[1].ravel()[:100], layers[2].ravel()[:100])  # no two layers begin alike


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"weights": "imagenet"}, r"`weights` must be 'auto' or None. Received: 'imagenet'"),
        ({"pooling": "mean"}, r"`pooling` must be"),
        ({"input_shape": (32, 32, 1)}, r"`input_shape` must be \(H, W, 3\). Received: \(32, 32, 1\)"),
        ({"input_shape": (3, 32, 3)}, r"`input_shape` must be .*4"),
    ],
)
def test_what_it_cannot_be_is_refused(arguments, says):
    with pytest.raises(ValueError, match=says):
        transfer.photo_backbone(**arguments)


def test_folding_changes_no_answer(script):
    plain = transfer.photo_backbone((8, 12, 3), weights=None, classifier=True)
    trained = script.with_normalization(plain)
    rng = np.random.default_rng(0)
    for layer in trained.layers:
        if isinstance(layer, keras.layers.BatchNormalization):  # as after training: no γ is 1, no μ and β are 0
            width = len(layer.get_weights()[0])
            layer.set_weights([
                rng.uniform(0.5, 2, width), rng.normal(size=width), rng.normal(size=width), rng.uniform(0.5, 2, width),
            ])  # fmt: skip
    images = rng.random((5, 8, 12, 3), "float32")
    before = answers(trained, images)
    assert np.abs(before - answers(plain, images)).max() > 0.01
    script.fold(trained, plain)
    assert answers(plain, images) == pytest.approx(before, abs=1e-5)


def test_varied_pictures_stay_between_0_and_1_and_are_moved_by_4_at_most(script):
    images = np.zeros((40, 32, 32, 3), "float32")
    images[:, 16, 16] = 1.0
    varied = script.varied(images, np.random.default_rng(0))
    assert varied.dtype == np.float32
    assert 0 <= varied.min() <= varied.max() <= 1
    peaks = np.array([np.unravel_index(one.sum(axis=-1).argmax(), (32, 32)) for one in varied])
    assert np.abs(peaks - 15.5).max() <= 4.5  # mirrored, column 16 is column 15
    assert len({tuple(peak) for peak in peaks}) > 20


@needs_photos
def test_it_knows_more_than_seven_of_ten_pictures_it_has_not_seen(monkeypatch):
    monkeypatch.setenv("CNNLAB_DATA", str(SHARED))
    test = datasets.cifar10("test")
    said = answers(transfer.photo_backbone((32, 32, 3), classifier=True), test.images[:500] / np.float32(255))
    assert test.class_names == photos.CLASSES
    assert (said.argmax(axis=1) == test.labels[:500]).mean() >= 0.7
