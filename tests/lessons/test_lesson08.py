"""Lesson 08: the windows it teaches, and its exercises against the library."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from skimage.transform import resize
from small_models import lesson_network

from cnnlab import activations, datasets, ledger, transfer
from cnnlab.checks import lesson08 as check

PHOTOS = ("chelsea", "china", "coffee", "flower")


@pytest.mark.parametrize(
    ("layer", "shape", "size", "stride", "offset"),
    [
        ("conv1", (28, 28, 12), 5, 1, -2),
        ("pool1", (14, 14, 12), 6, 2, -2),
        ("conv2", (14, 14, 24), 10, 2, -4),
        ("pool2", (7, 7, 24), 12, 4, -4),
        ("conv3", (7, 7, 48), 20, 4, -8),
    ],
)
def test_the_table_of_windows(layer, shape, size, stride, offset):
    row = ledger.ledger(lesson_network(), (28, 28, 1)).row(layer)
    assert row.output_shape == shape
    assert row.receptive_field == ((size, stride, offset),) * 2


def test_the_window_exercise_is_the_networks_own():
    """The one value of conv3 at row 3, column 4 changes for pixels of the answer and for no others."""
    model = lesson_network()
    top, bottom, left, right = 4, 23, 8, 27
    image = np.random.default_rng(0).uniform(size=(28, 28, 1)).astype("float32")
    outside = np.ones((28, 28, 1), "float32") * 0.5
    outside[top : bottom + 1, left : right + 1] = image[top : bottom + 1, left : right + 1]
    maps = activations.feature_maps(model, np.stack([image, outside]), "conv3")
    np.testing.assert_allclose(maps[0, 3, 4], maps[1, 3, 4], atol=1e-5)
    for row, column in [(top, left), (bottom, right)]:  # the corners do belong to it
        changed = image.copy()
        changed[row, column] += 100
        assert np.abs(activations.feature_maps(model, changed, "conv3")[0, 3, 4] - maps[0, 3, 4]).max() > 1e-4
    assert check.window((top, bottom, left, right)).status == "correct"


def test_votes_and_bias_are_the_score():
    model = lesson_network()
    image = np.random.default_rng(1).uniform(size=(28, 28, 1))
    result = activations.grad_cam(model, image, 7, "conv3")
    kernel, bias = model.get_layer("classes").get_weights()
    np.testing.assert_allclose(result.gradients, np.broadcast_to(kernel[:, 7] / 49, (7, 7, 48)), atol=1e-6)
    assert result.votes.sum() + bias[7] == pytest.approx(result.score, abs=1e-4)


def test_wide_pictures_go_through_the_same_network():
    result = activations.grad_cam(lesson_network(), np.zeros((28, 56, 1)), 3, "conv3")
    assert result.votes.shape == (7, 14)
    assert result.heat.shape == (28, 56)


def test_the_exercises_agree_with_the_library():
    model, image = lesson_network(), np.random.default_rng(2).uniform(size=(28, 28, 1)).astype("float32")
    namespace = {"np": np}
    for exercise in (check.cam, check.occlusion, check.top_pictures):
        exec(exercise.solution_source, namespace)
    result = activations.grad_cam(model, image, 4, "pool2")
    np.testing.assert_allclose(
        namespace["heat_map"](result.maps, result.gradients), np.maximum(result.votes, 0), atol=1e-6
    )

    def score(picture):
        return float(keras.ops.convert_to_numpy(model(picture[None, ..., None]))[0, 4])

    drops = namespace["occlusion_map"](score, image[..., 0], 7)
    np.testing.assert_allclose(
        drops, activations.occlusion(model, image, 4, size=7, strides=7, fill=0).drops, atol=1e-6
    )
    images = np.random.default_rng(3).uniform(size=(9, 28, 28, 1))
    maps = activations.feature_maps(model, images, "conv2")
    best = activations.top_patches(model, images, "conv2", 5, count=4)
    assert namespace["top_pictures"](maps, 5, 4).tolist() == [patch.image for patch in best]


def test_units_of_the_shipped_network_choose_petals_a_tower_and_an_eye():
    """In the lesson's 48 pieces of four photos, twelve from each: the counts that its text names."""
    tops = {name: np.linspace(0, datasets.photo(name).shape[0] - 227, 3).astype(int) for name in PHOTOS}
    lefts = {name: np.linspace(0, datasets.photo(name).shape[1] - 227, 4).astype(int) for name in PHOTOS}
    places = [(name, top, left) for name in PHOTOS for top in tops[name] for left in lefts[name]]
    crops = [datasets.photo(name)[top : top + 227, left : left + 227] for name, top, left in places]
    small = np.stack([resize(crop, (64, 64), anti_aliasing=True) for crop in crops])
    found = activations.top_patches(transfer.photo_backbone(), small, "block3_conv2", (15, 12, 16), count=6)
    chosen = {unit: [places[patch.image][0] for patch in patches] for unit, patches in found.items()}
    assert (chosen[15].count("flower"), chosen[12].count("china"), chosen[16].count("chelsea")) == (4, 5, 6)
    for patch in found[16]:  # the eye to the right, whose pupil is at (132, 315) of the photo, is in all six
        _, top, left = places[patch.image]
        row, column = (132 - top) * 64 / 227, (315 - left) * 64 / 227
        first, before, height, width = patch.window
        assert first <= row < first + height
        assert before <= column < before + width
