"""The U-Net: its shape at every size, its parameters by hand, its skips, and that it learns."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from cnnlab import scenes
from cnnlab.tasks import segmentation, segmentation_training


@pytest.fixture(scope="module")
def few():
    return segmentation_training.stack(scenes.scenes(8, seed=4, **segmentation.WORLD))


def test_its_parameters_by_hand():
    # Convolutions 3×3 without bias, two parameters of batch normalization that learn and two that do not, heads 1×1.
    # 24 px: 3 → 4; pooled to 12 px, the bottom, two convolutions: 4 → 8 → 8; back at 24 px: 8 + 4 → 4; two heads.
    down, bottom, up = 9 * 3 * 4 + 4 * 4, 9 * (4 * 8 + 8 * 8) + 2 * 4 * 8, 9 * (8 + 4) * 4 + 4 * 4
    heads = 4 * 4 + 4 + 4 * 9 + 9
    assert segmentation_training.unet((24, 24, 3), filters=(4, 8)).count_params() == down + bottom + up + heads
    without = segmentation_training.unet((24, 24, 3), filters=(4, 8), skips=False)
    assert without.count_params() == down + bottom + up + heads - 9 * 4 * 4


@pytest.mark.parametrize("size", [(48, 48), (50, 45), (47, 31), (9, 70)])
@pytest.mark.parametrize("skips", [True, False])
def test_the_answer_has_the_size_of_the_picture(size, skips):
    model = segmentation_training.unet((*size, 3), {"shape": 4}, filters=(2, 3, 4, 5), skips=skips)
    said = segmentation_training.predict(model, np.zeros((2, *size, 3), "float32"))["shape"]
    assert said.shape == (2, *size, 4)
    assert np.allclose(said.sum(axis=-1), 1, atol=1e-5)


def test_a_pixel_reaches_its_own_answer_past_the_bottom_only_where_there_are_skips():
    """With the deepest map held at zero, what is left came by the skips."""
    for skips in (True, False):
        keras.utils.set_random_seed(0)
        model = segmentation_training.unet((16, 16, 3), {"shape": 4}, filters=(4, 8), skips=skips)
        last = model.get_layer("bottom_bn")
        last.gamma.assign(np.zeros(last.gamma.shape))
        images = np.random.default_rng(0).random((2, 16, 16, 3), "float32")
        said = segmentation_training.predict(model, images)["shape"]
        assert np.allclose(said[0], said[1]) != skips


def test_it_learns_two_scenes_by_heart():
    small = {**segmentation.WORLD, "height": 32, "width": 32, "sizes": (10, 14)}
    images, targets = segmentation_training.stack(scenes.scenes(2, seed=4, **small))
    keras.utils.set_random_seed(0)
    model = segmentation_training.unet((32, 32, 3), filters=(8, 16, 16))
    history = segmentation_training.train(model, images, targets, epochs=100, batch_size=2, rate=1e-2)
    assert set(history) == {"loss", "shape_loss", "colour_loss"}
    assert history["loss"][-1] < history["loss"][0] / 20
    said = segmentation_training.predict(model, images)
    for head, classes in segmentation_training.HEADS.items():
        assert segmentation.mean_iou(targets[head], said[head].argmax(axis=-1), classes) > 0.9, head


def test_a_head_with_weight_zero_learns_nothing(few):
    images, targets = few
    model = segmentation_training.unet(filters=(2, 3))
    before = [np.array(w) for w in model.get_layer("colour").get_weights()]
    segmentation_training.train(model, images, targets, epochs=1, weights={"shape": 1.0, "colour": 0.0})
    after = model.get_layer("colour").get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_saved_network_says_the_same(tmp_path, few):
    images, _ = few
    model = segmentation_training.unet(filters=(2, 3, 4))
    model.save(tmp_path / "unet.keras")
    again = keras.models.load_model(tmp_path / "unet.keras")
    for head, said in segmentation_training.predict(model, images).items():
        assert np.allclose(said, segmentation_training.predict(again, images)[head], atol=1e-6)


def test_stack_has_a_row_for_each_scene(few):
    images, targets = few
    assert images.shape == (8, 48, 48, 3)
    one = scenes.scenes(8, seed=4, **segmentation.WORLD)[5]
    assert (images[5] == one.image).all()
    assert (targets["colour"][5] == segmentation.label_map(one, "colour")).all()
    with pytest.raises(ValueError, match="at least one scene. Received: none"):
        segmentation_training.stack([])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda model: segmentation_training.unet((48, 3)), "`input_shape` must be one whole number or 3"),
        (lambda model: segmentation_training.unet(filters=(8, 0)), "`filters` must be a whole number >= 1"),
        (lambda model: segmentation_training.train(model, [], {}, epochs=0), "`epochs` must be a whole number >= 1"),
        (lambda model: segmentation_training.train(model, [], {}, epochs=1, rate=0), "`rate` must be .* > 0"),
    ],
)  # fmt: skip
def test_bad_numbers_are_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call(None)
