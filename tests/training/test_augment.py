"""Augmentation: every transform against a picture in which the box was drawn, Keras' layers included."""

from __future__ import annotations

import math
import re

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab import augment, scenes

HEIGHT, WIDTH, CASES = 60, 90, 640


def numpy(x):
    return keras.ops.convert_to_numpy(x)


@pytest.fixture(scope="module")
def drawn():
    """640 pictures with one white box each, the boxes, and the same as masks."""
    rng = np.random.default_rng(0)
    images, boxes = np.zeros((CASES, HEIGHT, WIDTH, 1), "float32"), np.zeros((CASES, 1, 4), "float32")
    for image, box in zip(images, boxes, strict=True):
        width, height = rng.integers(12, 40), rng.integers(12, 30)
        x, y = rng.integers(0, WIDTH - width + 1), rng.integers(0, HEIGHT - height + 1)
        image[y : y + height, x : x + width] = 1
        box[0] = x, y, x + width, y + height
    return images, boxes


# The tip of a turned and slanted corner may fill no more than a tenth of its pixel. (Looked for at a fifth, one of the
# 640 boxes that torch draws is 1.03 pixels off; TensorFlow, given torch's matrices, says the same to 2e-5.)
TIP = 0.1


def seen(images, level=0.5):
    """The box around what is at least as bright as `level`, (N, 4); NaN where nothing is."""
    found = np.full((len(images), 4), np.nan)
    for row, image in zip(found, images[..., 0] > level, strict=True):
        if image.any():
            y, x = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
            row[:] = x[0], y[0], x[-1] + 1, y[-1] + 1
    return found


def moved_by(layer, drawn):
    images, boxes = drawn
    data = {
        "images": images,
        "bounding_boxes": {"boxes": boxes, "labels": np.zeros((CASES, 1), "int32")},
        "segmentation_masks": images,
    }
    return layer(data, training=True)


def misses(layer, drawn, level=0.5):
    """How far each box lies from what was drawn, in pixels; cases in which the box left the picture do not count."""
    out = moved_by(layer, drawn)
    boxes, truth = numpy(out["bounding_boxes"]["boxes"])[:, 0], seen(numpy(out["images"]), level)
    # Less than 2 pixels left of it: a sliver between two pixels' middles is not drawn at all.
    there = np.isfinite(truth).all(axis=1) & ((boxes[:, 2:] - boxes[:, :2]) > 2).all(axis=1)
    return np.abs(boxes - truth).max(axis=1)[there]


ALL = {"rotation": 0.1, "zoom": 0.2, "shear": 0.15, "translation": 0.1, "flip": "horizontal_and_vertical"}


@pytest.mark.parametrize(
    "options",
    [
        {"flip": "horizontal"},
        {"flip": "vertical"},
        {"flip": "horizontal_and_vertical"},
        {"rotation": 0.1},
        {"rotation": 0.5},
        {"zoom": 0.4},
        {"shear": 0.4},
        {"translation": 0.25},
        {"translation": (0.3, 0.0)},
        {"crop": (40, 50)},
        ALL,
        {**ALL, "crop": (50, 70)},
    ],
    ids=str,
)
def test_boxes_follow_the_picture(options, drawn):
    level = TIP if {"rotation", "shear"} & set(options) else 0.5
    off = misses(augment.RandomAffine(**options, min_visible=0.0, seed=1), drawn, level)
    assert len(off) >= 500
    assert off.max() <= 1.0


def test_boxes_follow_through_a_pipeline(drawn):
    moves, *light = augment.pipeline("detection", seed=3).layers
    off = misses(augment.RandomAffine(**{**moves.get_config(), "fill_value": 0.0}), drawn, TIP)
    assert len(off) >= 500
    assert off.max() <= 1.0
    for layer in light:  # it moves nothing
        assert np.array_equal(numpy(moved_by(layer, drawn)["bounding_boxes"]["boxes"]), drawn[1])


KERAS = {"bounding_box_format": "xyxy", "seed": 1}
BLACK = {**KERAS, "fill_mode": "constant"}


@pytest.mark.parametrize(
    ("make", "most"),
    [
        (lambda: keras.layers.RandomFlip("horizontal", **KERAS), 0.01),
        (lambda: keras.layers.RandomFlip("vertical", **KERAS), 0.01),
        (lambda: keras.layers.RandomTranslation(0.2, 0.2, **BLACK), 1.0),
        (lambda: keras.layers.RandomZoom((-0.3, 0.3), **BLACK), 1.0),
    ],
    ids=["flip", "upside down", "translation", "zoom"],
)
def test_keras_own_boxes_where_they_are_right(make, most, drawn):
    assert misses(make(), drawn).max() <= most


def test_keras_random_crop_swaps_x_and_y(drawn):
    off = misses(keras.layers.RandomCrop(40, 50, **KERAS), drawn)
    assert np.median(off) > 5


def test_keras_random_shear_is_right_in_square_pictures_only(drawn):
    images, boxes = drawn
    inside = (boxes[:, 0, 2] <= 60).nonzero()[0]
    square = np.resize(images[inside, :, :60], (CASES, 60, 60, 1)), np.resize(boxes[inside], (CASES, 1, 4))
    assert np.median(misses(keras.layers.RandomShear(0.3, **BLACK), square)) <= 1
    assert np.median(misses(keras.layers.RandomShear(0.3, **BLACK), drawn)) > 2


def test_masks_follow_the_picture(drawn):
    out = moved_by(augment.RandomAffine(**ALL, seed=5), drawn)
    images, masks = numpy(out["images"]), numpy(out["segmentation_masks"])
    assert set(np.unique(masks)) == {0, 1}, "nearest makes no new classes"
    far = (images < 0.01) | (images > 0.99)  # away from the grey rim both say the same
    assert far.mean() > 0.9
    assert (masks[far] == np.rint(images[far])).mean() > 0.9999


def test_scenes_boxes_masks_and_picture_agree():
    """Real scenes: the box moved by a flip or a shift is the tight box of the moved mask, to the pixel."""
    for number in range(20):
        scene = scenes.scene(number, 64, 96)
        shift = (3, -2)
        map_ = augment.matrix(64, 96, flip="horizontal", shift=shift)
        masks = augment.move_images(scene.masks[..., None], map_, interpolation="nearest")
        boxes = augment.move_boxes(scene.boxes, map_, 64, 96)
        assert masks.dtype == bool
        np.testing.assert_allclose(boxes, seen(masks.astype(float)), atol=1e-9)


def test_dropped_boxes_become_padding_which_may_hold_anything():
    layer = augment.RandomAffine(crop=(10, 10), min_visible=0.5, seed=0)
    rows = [[45, 45, 55, 55], [0, 0, 6, 6], [1, 2, 3, 4], [5, 5, 1, 1], [np.nan] * 4]
    boxes, labels = np.array([rows], "float32"), np.array([[1, 2, -1, -1, -1]])
    data = {"images": np.zeros((1, 100, 100, 3)), "bounding_boxes": {"boxes": boxes, "labels": labels}}
    out = layer(data, training=False)["bounding_boxes"]  # cut from the middle: 45 … 55
    assert numpy(out["boxes"]).tolist() == [[[0, 0, 10, 10], *[[0, 0, 0, 0]] * 4]]
    assert numpy(out["labels"]).tolist() == [[1, -1, -1, -1, -1]]


def boxed(boxes, labels=None):
    entries = {"boxes": np.array(boxes, "float32")} | ({} if labels is None else {"labels": np.array(labels)})
    return augment.RandomAffine(flip="horizontal")({"images": np.zeros((1, 9, 9, 1)), "bounding_boxes": entries})


def test_a_bad_box_within_a_graph_becomes_nan_and_is_refused_where_there_is_none():
    images, boxes, labels = keras.Input((9, 9, 1)), keras.Input((2, 4)), keras.Input((2,))
    data = {"images": images, "bounding_boxes": {"boxes": boxes, "labels": labels}}
    moved = augment.RandomAffine(crop=(9, 9))(data)["bounding_boxes"]["boxes"]
    rows = np.array([[[5, 5, 1, 1], [1, 2, 3, 4]]], "float32")
    model, batch = keras.Model([images, boxes, labels], moved), [np.zeros((1, 9, 9, 1)), rows, np.zeros((1, 2))]
    if keras.backend.backend() == "torch":  # whose `predict` runs step by step, on numbers
        with pytest.raises(ValueError, match="`boxes of picture 0` must have x1 <= x2 and y1 <= y2"):
            model.predict(batch, verbose=0)
    else:
        np.testing.assert_array_equal(model.predict(batch, verbose=0), [[[np.nan] * 4, [1, 2, 3, 4]]])


def test_an_unaugmented_call_changes_nothing(drawn):
    images, boxes = drawn
    data = {
        "images": images[:3],
        "bounding_boxes": {"boxes": boxes[:3], "labels": np.zeros((3, 1))},
        "labels": np.arange(3),
    }
    out = augment.RandomAffine(**ALL)(data, training=False)
    assert np.array_equal(numpy(out["images"]), images[:3])
    assert np.array_equal(numpy(out["bounding_boxes"]["boxes"]), boxes[:3])
    assert np.array_equal(numpy(out["labels"]), [0, 1, 2])


def test_one_map_per_picture_and_repeatable():
    images = np.tile(np.random.default_rng(0).uniform(size=(1, 20, 30, 3)).astype("float32"), (4, 1, 1, 1))
    first = numpy(augment.RandomAffine(**ALL, seed=7)(images, training=True))
    assert np.array_equal(first, numpy(augment.RandomAffine(**ALL, seed=7)(images, training=True)))
    assert all(np.abs(first[i] - first[0]).max() > 0.1 for i in (1, 2, 3))


def test_affine_is_saved_and_loaded(tmp_path):
    inputs = keras.Input((20, 30, 3))
    model = keras.Model(inputs, augment.RandomAffine(**ALL, crop=(10, 12), seed=1)(inputs))
    model.save(tmp_path / "moves.keras")
    again = keras.saving.load_model(tmp_path / "moves.keras")
    assert again.output_shape == (None, 10, 12, 3)
    assert again.layers[1].get_config() == model.layers[1].get_config()
    images = np.random.default_rng(0).uniform(size=(2, 20, 30, 3)).astype("float32")
    np.testing.assert_allclose(again.predict(images, verbose=0), images[:, 5:15, 9:21], atol=1e-5)


# --- the matrix -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "point", "new"),
    [
        ({"flip": "horizontal"}, (10, 20), (80, 20)),  # 90 - 10
        ({"flip": "vertical"}, (10, 20), (10, 40)),
        ({"flip": "horizontal_and_vertical"}, (10, 20), (80, 40)),
        ({"zoom": 2.0}, (46, 31), (47, 32)),  # 1 from the centre (45, 30) becomes 2
        ({"degrees": 90}, (55, 30), (45, 20)),  # right of the centre goes to above it: counter-clockwise
        ({"degrees": 180}, (10, 20), (80, 40)),
        ({"shear": 0.5}, (45, 40), (40, 40)),  # 10 below the centre moves 5 to the left
        ({"shift": (3, -4)}, (10, 20), (13, 16)),
        ({"zoom": 2.0, "degrees": 90, "shift": (1, 0)}, (50, 30), (46, 20)),  # 5 right → 10 right → 10 up, then 1 right
    ],
)
def test_matrix_by_hand(options, point, new):
    x, y, one = augment.matrix(60, 90, **options) @ (*point, 1)
    assert (x, y) == pytest.approx(new)
    assert one == 1


def test_a_quarter_turn_of_the_picture_is_rot90():
    image = np.random.default_rng(0).uniform(size=(7, 7, 2)).astype("float32")
    turned = augment.move_images(image, augment.matrix(7, 7, degrees=90))
    np.testing.assert_allclose(turned, np.rot90(image), atol=1e-5)
    np.testing.assert_array_equal(augment.move_images(image, augment.matrix(7, 7, flip="horizontal")), image[:, ::-1])


def test_a_corner_outside_takes_its_row_along():
    """A square of side 20 turned by 45°, 20·√2 wide: the picture's edge cuts its left corner; top and bottom stay."""
    map_ = augment.matrix(40, 40, degrees=45, shift=(-20, 0))
    whole = augment.move_boxes([[10, 10, 30, 30]], map_)[0]
    half = 10 * math.sqrt(2)
    np.testing.assert_allclose(whole, [-half, 20 - half, half, 20 + half])
    np.testing.assert_allclose(augment.move_boxes([[10, 10, 30, 30]], map_, 40, 40)[0], [0, 20 - half, half, 20 + half])
    # its right corner only: above and below, only a part of the height is seen
    map_ = augment.matrix(40, 40, degrees=45, shift=(-30, 0))
    seen_ = augment.move_boxes([[10, 10, 30, 30]], map_, 40, 40)[0]
    np.testing.assert_allclose(seen_, [0, 20 - (half - 10), half - 10, 20 + (half - 10)])
    # one that fills everything, one that is not there, and none
    far = [[-500, -500, 500, 500], [500, 500, 600, 600]]
    assert augment.move_boxes(far, map_, 40, 60).tolist() == [[0, 0, 60, 40], [0, 0, 0, 0]]
    assert augment.move_boxes([], map_, 40, 60).shape == augment.move_boxes([], map_).shape == (0, 4)


@settings(max_examples=80, deadline=None)
@given(
    st.floats(-180, 180), st.floats(0.3, 3), st.floats(-0.8, 0.8), st.sampled_from([None, *augment.FLIPS]),
    st.tuples(st.floats(0, 40), st.floats(0, 40), st.floats(1, 40), st.floats(1, 40)),
)  # fmt: skip
def test_what_is_seen_lies_in_the_whole_box_and_the_picture(degrees, zoom, shear, flip, box):
    map_ = augment.matrix(60, 90, degrees=degrees, zoom=zoom, shear=shear, flip=flip)
    boxes = [[box[0], box[1], box[0] + box[2], box[1] + box[3]]]
    whole, part = augment.move_boxes(boxes, map_)[0], augment.move_boxes(boxes, map_, 60, 90)[0]
    if part.any():
        assert (part[:2] >= np.maximum(whole[:2], 0) - 1e-6).all()
        assert (part[2:] <= np.minimum(whole[2:], (90, 60)) + 1e-6).all()
    inside = (whole[:2] >= 0).all() and (whole[2:] <= (90, 60)).all()
    if inside:
        np.testing.assert_allclose(part, whole, atol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool", "float32", "float64"])
def test_dtypes_of_moved_pictures(dtype):
    image = np.array([[[0], [1], [0]]]).astype(dtype)
    moved = augment.move_images(image, augment.matrix(1, 3, shift=(1, 0)))
    assert moved.dtype == ("float32" if dtype == "float64" else dtype)
    assert moved[0, :, 0].tolist() == [0, 0, 1]
    assert augment.move_images(np.zeros((0, 4, 4, 1), dtype), np.eye(3)).shape == (0, 4, 4, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: augment.matrix(0, 5), "`height` must be a whole number >= 1. Received: 0"),
        (lambda: augment.matrix(5, 5, flip="sideways"), "`flip` must be one of"),
        (lambda: augment.matrix(5, 5, zoom=0), "`zoom` must be a finite number > 0. Received: 0"),
        (lambda: augment.matrix(5, 5, degrees=float("nan")), "`degrees` must be a finite number"),
        (lambda: augment.matrix(5, 5, zoom="much"), "`zoom` must be a .*number"),
        (lambda: augment.matrix(5, 5, shift=3), "`shift` must be two numbers"),
        (lambda: augment.Batches(np.zeros((1, 4, 4, 1)), [1], augment=7), "`augment` must be a layer"),
        (lambda: augment.move_images(np.zeros((4, 4)), np.eye(3)), r"`images` must have shape \(H, W, C\)"),
        (lambda: augment.move_images(np.zeros((4, 4, 1)), np.eye(2)), r"`matrix` must have shape \(3, 3\)"),
        (lambda: augment.move_images(np.zeros((4, 4, 1)), np.diag([1, 0, 1])), "must not flatten"),
        (lambda: augment.move_images(np.zeros((4, 4, 1)), np.ones((3, 3))), "last row 0, 0, 1"),
        (lambda: augment.move_images(np.zeros((2, 4, 4, 1)), np.stack([np.eye(3)] * 3)), "one for each of the 2"),
        (lambda: augment.move_images(np.zeros((4, 4, 1)), np.eye(3), fill_mode="mirror"), "`fill_mode` must be one of"),
        (lambda: augment.move_boxes([[5, 0, 1, 4]], np.eye(3)), "`boxes` must have x1 <= x2"),
        (lambda: augment.move_boxes([[0, 0, 1, 4]], np.eye(3), 5), "must both be given"),
        (lambda: augment.RandomAffine(rotation=0.6), "`rotation` must be a number from 0 to 0.5. Received: 0.6"),
        (lambda: augment.RandomAffine(zoom=1), "`zoom` must be a number from 0 to less than 1"),
        (lambda: augment.RandomAffine(translation=(1, 2, 3)), "`translation` must be one number or"),
        (lambda: augment.RandomAffine(crop=(9, 9))(np.zeros((1, 4, 4, 1))), "`crop` must fit"),
        (lambda: augment.RandomAffine()(np.zeros((4, 4, 1))), r"`images` must have shape \(N, H, W, C\)"),
        (lambda: augment.RandomAffine()({"image": np.zeros((1, 4, 4, 1))}), "must have an entry 'images'"),
        (lambda: boxed([[[5, 5, 1, 1]]], [[0]]), "`boxes of picture 0` must have x1 <= x2 and y1 <= y2"),
        (lambda: boxed([[[0, 0, 1, 1], [0, 0, np.nan, 1]]], [[0, 0]]), "must hold finite numbers. Received: row 1"),
        (lambda: boxed([[0, 0, 1, 1]], [[0]]), r"must have shapes \(N, B, 4\) and \(N, B\). Received: \(1, 4\) and"),
        (lambda: boxed([[[0, 0, 1, 1]]]), "must be a dict with 'boxes' and 'labels'. Received: \\['boxes'\\]"),
        (lambda: augment.RandomPCAColor(scale=-1), "`scale` must be a finite number >= 0"),
        (lambda: augment.RandomPCAColor()(np.zeros((1, 4, 4, 3))), "must see the training pictures first"),
        (lambda: augment.RandomPCAColor().adapt(np.zeros((1, 4, 4, 1))), "must be colour pictures"),
        (lambda: augment.RandomPCAColor(steps=np.zeros((2, 3))), "3 × 3 finite numbers"),
        (lambda: augment.pipeline("fotos"), "`name` must be one of .* Did you mean 'photos'"),
        (lambda: augment.pipeline("photos", value_range=(1, 0)), "must begin with the lower number"),
        (lambda: augment.pipeline("photos", value_range=255), "must be two numbers"),
        (lambda: augment.Batches(np.zeros((3, 4, 4, 1)), [1, 2]), "a row for each"),
        (lambda: augment.ten_crop(np.zeros((1, 4, 4, 1)), 5), "`size` must fit into the images of 4×4. Received: 5×5"),
        (lambda: augment.views(np.zeros((4, 4, 1)), None, 2), "`images` must have shape"),
        (lambda: augment.average_predictions(None, np.zeros((1, 4, 4, 1))), "`views` must have shape"),
        (lambda: augment.label_changes("12", flip="left"), "`flip` must be one of"),
        (lambda: augment.modern(rotation=20), "`old` must name some of rotation_range, .* Received: 'rotation'"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


# --- pipelines --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", augment.names())
@pytest.mark.parametrize("value_range", [(0.0, 1.0), (0.0, 255.0), (-1.0, 1.0)])
def test_pipelines_stay_in_the_range_and_repeat(name, value_range):
    low, high = value_range
    images = np.random.default_rng(0).uniform(low, high, size=(6, 32, 40, 3)).astype("float32")
    first, again = (numpy(augment.pipeline(name, value_range, seed=4)(images, training=True)) for _ in range(2))
    assert first.shape == images.shape
    assert first.min() >= low - 1e-4
    assert first.max() <= high + 1e-4
    assert np.array_equal(first, again)
    assert np.abs(first - images).mean() > 0.01 * (high - low)
    assert abs(first.mean() - images.mean()) < 0.25 * (high - low), "neither black nor white"
    assert np.array_equal(numpy(augment.pipeline(name, value_range)(images, training=False)), images)


@pytest.mark.parametrize("name", augment.names())
@pytest.mark.parametrize(
    ("low", "high", "value_range", "says"),
    [
        (0, 255, (0, 1), "`value_range`, 0 … 1. Received: 0 … 255. Divide by 255, once, or say value_range=(0, 255)"),
        (-1, 1, (0, 1), "`value_range`, 0 … 1. Received: -1 … 1. Say the range they have"),
        (0, 1, (0, 255), "`value_range`, 0 … 255. Received: 0 … 1. Say value_range=(0, 1)"),
        (0, 1 / 255, (0, 1), "Received: 0 … 0.00392157. Divide by 255 only once"),
        (200, 200, (0, 1), "Received: 200 … 200. Divide by 255"),
    ],
)
def test_pictures_of_another_range_are_refused_and_not_whitened(name, low, high, value_range, says):
    images = np.linspace(low, high, 2 * 16 * 16 * 3).reshape(2, 16, 16, 3).astype("float32")
    pipeline = augment.pipeline(name, value_range)
    for inputs in (images, {"images": images}):
        with pytest.raises(ValueError, match=re.escape(says)):
            pipeline(inputs, training=True)
    assert np.array_equal(numpy(pipeline(images, training=False)), images)
    with pytest.raises(ValueError, match=re.escape(says)):
        augment.views(images, pipeline, 2)
    with pytest.raises(ValueError, match=re.escape(says)):
        augment.Batches(images, np.zeros(2), pipeline)[0]


def test_dark_pictures_and_overshooting_ones_are_none_of_that():
    for images in (
        np.zeros((2, 8, 8, 3)),
        np.full((2, 8, 8, 3), 1e-4),
        np.linspace(-0.2, 1.2, 192).reshape(1, 8, 8, 3),
    ):
        out = numpy(augment.pipeline("photos")(images.astype("float32"), training=True))
        assert np.isfinite(out).all()


def test_within_fit_pictures_of_another_range_make_the_loss_nan():
    """There are no numbers to look at in a graph: NaN cannot be overlooked, white pictures can."""
    model = keras.Sequential([keras.Input((8, 8, 1)), augment.pipeline("photos"), keras.layers.Flatten()])
    model.add(keras.layers.Dense(1))
    model.compile("sgd", "mse")
    images, labels = np.random.default_rng(0).uniform(size=(4, 8, 8, 1)).astype("float32"), np.zeros((4, 1))
    assert np.isfinite(model.fit(images, labels, verbose=0).history["loss"]).all()
    if keras.backend.backend() == "tensorflow":
        assert np.isnan(model.fit(images * 255, labels, verbose=0).history["loss"]).all()
    else:  # their `fit` calls the model on the first pictures themselves
        with pytest.raises(ValueError, match="Divide by 255"):
            model.fit(images * 255, labels, verbose=0)


def test_what_else_takes_a_range_refuses_too():
    images = np.random.default_rng(0).uniform(0, 255, size=(2, 8, 8, 3))
    colour = augment.RandomPCAColor(steps=np.eye(3))
    with pytest.raises(ValueError, match="Divide by 255, once"):
        colour(images, training=True)
    with pytest.raises(ValueError, match=re.escape("Say value_range=(0, 1)")):
        augment.modern(brightness_range=(0.8, 1.2))(images / 255, training=True)
    assert numpy(augment.modern(rotation_range=20)(images / 255, training=True)).max() <= 1


def test_a_pipeline_keeps_its_range_when_saved():
    pipeline = augment.pipeline("photos", (0, 255), seed=3)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(pipeline))
    assert again.value_range == (0, 255)
    assert [type(layer) for layer in again.layers] == [type(layer) for layer in pipeline.layers]


def test_a_random_layer_called_without_a_word_augments():
    """What the lesson warns of: the default is True outside `fit`, for Keras' layers and ours."""
    image = np.random.default_rng(0).uniform(size=(2, 20, 20, 3)).astype("float32")
    for layer in (keras.layers.RandomTranslation(0.3, 0.3, seed=1), augment.RandomAffine(translation=0.3, seed=1)):
        assert not np.array_equal(numpy(layer(image)), image)
        assert np.array_equal(numpy(layer(image, training=False)), image)


def test_no_pipeline_breaks_the_labels_of_signs():
    rotation, *others = augment.pipeline("digits").layers
    assert not [layer for layer in others if "Flip" in type(layer).__name__]
    assert augment.label_changes("0123456789", degrees=360 * max(rotation.factor)) == ()


def test_in_a_model_fit_augments_and_predict_does_not():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((12, 12, 1)), augment.pipeline("digits"), augment.RandomAffine(0.1)])
    images = np.random.default_rng(0).uniform(size=(3, 12, 12, 1)).astype("float32")
    np.testing.assert_allclose(model.predict(images, verbose=0), images, atol=1e-6)
    assert not np.allclose(numpy(model(images, training=True)), images)
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(1))
    model.compile("sgd", "mse")
    model.fit(images, np.zeros(3), verbose=0)


# --- colour -----------------------------------------------------------------------------------------------------------


def test_pca_colour_finds_the_direction_and_spread():
    rng = np.random.default_rng(0)
    brightness = rng.normal(0.5, 0.1, size=(4, 30, 30, 1))
    images = (brightness * [1.0, 0.8, 0.6] + rng.normal(0, 0.01, size=(4, 30, 30, 3))).astype("float32")
    layer = augment.RandomPCAColor(scale=0.1, seed=0)
    layer.adapt(images)
    steps = np.array(layer.steps)
    axis = np.array([1.0, 0.8, 0.6])
    np.testing.assert_allclose(steps[0] / np.linalg.norm(steps[0]), axis / np.linalg.norm(axis), atol=0.01)
    assert np.linalg.norm(steps[0]) == pytest.approx(0.1 * np.linalg.norm(axis), rel=0.05)
    assert np.linalg.norm(steps[1]) == pytest.approx(0.01, rel=0.1)
    np.testing.assert_allclose(steps @ steps.T, np.diag(np.diag(steps @ steps.T)), atol=1e-9)
    many = np.full((2000, 2, 2, 3), 0.5, "float32")
    change = numpy(layer(many, training=True)) - 0.5
    assert np.ptp(change, axis=(1, 2)).max() == 0, "one change for a whole picture"
    np.testing.assert_allclose(np.cov(change[:, 0, 0].T), 0.01 * steps.T @ steps, atol=2e-5)
    assert np.array_equal(numpy(layer(many[:1], training=False)), many[:1])


def test_pca_colour_does_not_care_about_units_and_is_saved(tmp_path):
    images = np.random.default_rng(0).uniform(size=(4, 8, 8, 3)).astype("float32")
    small, large = augment.RandomPCAColor(seed=3), augment.RandomPCAColor(value_range=(0, 255), seed=3)
    small.adapt(images)
    large.adapt(images * 255)
    np.testing.assert_allclose(
        numpy(small(images, training=True)) * 255, numpy(large(images * 255, training=True)), atol=0.02
    )
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, small(inputs))
    model.save(tmp_path / "colour.keras")
    assert keras.saving.load_model(tmp_path / "colour.keras").layers[1].steps == small.steps
    data = small({"images": images, "labels": np.arange(4)}, training=True)
    assert numpy(data["labels"]).tolist() == [0, 1, 2, 3]


# --- batches and views ------------------------------------------------------------------------------------------------


def test_batches_hold_every_picture_once_with_its_label():
    images = np.arange(10, dtype="float32").reshape(10, 1, 1, 1)
    batches = augment.Batches(images, np.arange(10), batch_size=4, seed=1)
    orders = []
    for _ in range(2):
        got = [batches[i] for i in range(len(batches))]
        assert [len(x) for x, _ in got] == [4, 4, 2]
        x, y = (np.concatenate(part) for part in zip(*got, strict=True))
        assert np.array_equal(x.ravel(), y)
        assert sorted(y) == list(range(10))
        orders.append(y.tolist())
        batches.on_epoch_end()
    assert orders[0] != orders[1]


def test_batches_augment_anew_and_fit_takes_them():
    keras.utils.set_random_seed(0)
    images = np.random.default_rng(0).uniform(size=(6, 12, 12, 1)).astype("float32")
    batches = augment.Batches(images, np.zeros(6), augment.pipeline("digits", seed=0), batch_size=6)
    assert not np.array_equal(batches[0][0], batches[0][0])
    model = keras.Sequential([keras.Input((12, 12, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    assert len(model.fit(batches, epochs=2, verbose=0).history["loss"]) == 2


def test_ten_crop_by_hand():
    image = np.arange(16).reshape(1, 4, 4, 1)
    crops = augment.ten_crop(image, (2, 3))[0, ..., 0]
    assert crops.shape == (10, 2, 3)
    assert crops[0].tolist() == [[0, 1, 2], [4, 5, 6]]
    assert crops[3].tolist() == [[9, 10, 11], [13, 14, 15]]
    assert crops[4].tolist() == [[4, 5, 6], [8, 9, 10]]  # one row above, none at the left: halves rounded down
    assert np.array_equal(crops[5:], crops[:5, :, ::-1])


def test_the_mean_of_ten_answers():
    model = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.GlobalAveragePooling2D()])
    images = np.random.default_rng(0).uniform(size=(3, 4, 4, 1)).astype("float32")
    crops = augment.ten_crop(images, 2)
    expected = crops.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(augment.average_predictions(model, crops), expected, atol=1e-6)
    random = augment.views(images, augment.pipeline("digits", seed=0), 3)
    assert random.shape == (3, 3, 4, 4, 1)
    assert np.abs(random[:, 0] - random[:, 1]).max() > 0


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64")  # Keras' MixUp on JAX
def test_keras_mixes_labels_as_it_mixes_pictures():
    """Picture k is the number k everywhere, so that the mean of a mixed one is the mean of its label."""
    images = np.broadcast_to(np.arange(8.0)[:, None, None, None], (8, 16, 16, 1)).astype("float32")
    out = keras.layers.MixUp(0.4, seed=1)({"images": images, "labels": np.eye(8, dtype="float32")}, training=True)
    labels = numpy(out["labels"])
    np.testing.assert_allclose(labels.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(numpy(out["images"]).mean(axis=(1, 2, 3)), labels @ np.arange(8), atol=1e-4)


# --- labels, and the old call -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "options", "expected"),
    [
        ("0123456789", {"degrees": 15}, []),
        ("69", {"degrees": 180}, ["a 6 turned by 180° is a 9", "a 9 turned by 180° is a 6"]),
        ("08", {"degrees": 180, "flip": "horizontal_and_vertical"}, []),
        ("3", {"flip": "vertical"}, []),
        ("3", {"flip": "horizontal"}, ["a 3 is no sign any more mirrored"]),
        ("b", {"flip": "horizontal"}, ["a b mirrored is a d"]),
        ("AHI", {"flip": "horizontal"}, []),
        ("A", {"flip": "vertical"}, ["an A is no sign any more flipped upside down"]),
        ("MW", {"flip": "vertical"}, ["an M flipped upside down is a W", "a W flipped upside down is an M"]),
        ("N", {"degrees": 90}, ["an N turned by 90° is a Z"]),
        ("N", {"degrees": 60}, ["an N turned by 60° is nearer to a Z"]),
        ("258", {"degrees": 180}, []),
        ("mw", {"degrees": 180}, ["an m turned by 180° is a w", "a w turned by 180° is an m"]),
        ("m", {"flip": "horizontal"}, []),
        ("w", {"flip": "vertical"}, ["a w flipped upside down is an m"]),
        ("69", {"degrees": 100}, ["a 6 turned by 100° is nearer to a 9", "a 9 turned by 100° is nearer to a 6"]),
        ("7", {"degrees": 120}, ["a 7 is no sign any more after a turn of 120°"]),
        (["cat", "dog"], {"flip": "horizontal", "degrees": 180}, []),
        (["turn left", "stop"], {"flip": "horizontal"}, ["'turn left' flipped shows right"]),
        (["thumb_up"], {"flip": "vertical"}, ["'thumb_up' flipped shows down"]),
        (["upright"], {"flip": "horizontal_and_vertical"}, []),
        (["ж", "?"], {"flip": "horizontal"}, []),
    ],
)
def test_labels_that_break(names, options, expected):
    assert list(augment.label_changes(names, **options)) == expected


def test_every_row_of_the_old_call_makes_layers():
    examples = {
        "rotation_range": 20, "width_shift_range": 0.1, "height_shift_range": 0.1, "shear_range": 10, "zoom_range": 0.2,
        "horizontal_flip": True, "vertical_flip": True, "brightness_range": (0.8, 1.2), "rescale": 1 / 255,
    }  # fmt: skip
    assert set(examples) == set(augment.OLD)
    images = np.random.default_rng(0).uniform(0, 255, size=(2, 16, 16, 3)).astype("float32")
    for name, value in examples.items():
        layer = augment.modern(**{name: value}).layers[0]
        assert type(layer).__name__ in augment.OLD[name].new
        assert augment.OLD[name].old.startswith(f"{name}=")
    out = numpy(augment.modern(**examples)(images, training=True))
    assert out.min() >= 0
    assert out.max() <= 1
    assert augment.modern(horizontal_flip=False).layers == []


@pytest.mark.parametrize(
    ("old", "error", "says"),
    [
        (
            {"width_shift_range": 5},
            ValueError,
            "`width_shift_range` must be as in width_shift_range=0.1, a part below 1",
        ),
        ({"height_shift_range": 1}, ValueError, "not pixels. Received: 1"),
        ({"width_shift_range": [-3, 3]}, TypeError, r"not pixels. Received: \[-3, 3\]"),
        ({"brightness_range": 0.2}, TypeError, r"as in brightness_range=\(0.8, 1.2\). Received: 0.2"),
        ({"brightness_range": (0.2,)}, ValueError, "`brightness_range` must be as in"),
        ({"zoom_range": "much"}, TypeError, "`zoom_range` must be as in"),
        ({"rescale": "a"}, ValueError, "`rescale` must be as in"),
        ({"fill_mode": "mirror"}, ValueError, "`fill_mode` must be one of"),
    ],
)
def test_old_values_without_a_place_are_refused(old, error, says):
    with pytest.raises(error, match=says):
        augment.modern(**old)


@pytest.mark.parametrize(
    ("old", "low", "high"),
    [
        ({"rotation_range": 20}, 20, 20 * (math.cos(math.radians(20)) + math.sin(math.radians(20)))),
        ({"zoom_range": 0.2}, 20 / 1.2, 20 / 0.8),
        ({"zoom_range": (0.5, 0.5)}, 40, 40),  # below 1 is nearer: twice as large
        ({"width_shift_range": 0.1}, 20, 20),
    ],
)
def test_the_old_numbers_mean_what_they_meant(old, low, high):
    images = np.zeros((100, 60, 60, 1), "float32")
    images[:, 20:40, 20:40] = 1
    keras.utils.set_random_seed(0)
    boxes = seen(numpy(augment.modern(fill_mode="constant", **old)(images, training=True)))
    sizes = boxes[:, 2:] - boxes[:, :2]
    assert low - 1.5 <= sizes.min() <= low + 1.5
    assert high - 1.5 <= sizes.max() <= high + 1.5
