"""Lesson 09: the augmentation lab's arithmetic, its warnings, its predictions; the lesson's numbers."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from cnnlab import augment, datasets, explore
from cnnlab.checks import lesson09 as check


@pytest.fixture(scope="module")
def lab():
    return explore.AugmentationLab()


STILL = {
    "flip": "none", "degrees": 0, "zoom": 1.0, "shear": 0.0, "right": 0.0, "down": 0.0, "brightness": 0.0,
    "value_range": "0 to 1",
}  # fmt: skip


def test_nothing_done_changes_nothing(lab):
    for picture in ("a 6", "a 7", "an F", "a cat", "a scene"):
        lab.set(**STILL, picture=picture)
        np.testing.assert_allclose(lab.moved(), lab.sample.image, atol=1e-6)
        np.testing.assert_array_equal(lab.boxes(), lab.sample.boxes)
        assert lab.warnings() == []
        assert "✔" in lab.describe()
        assert "new x = x\nnew y = y" in lab.describe()


@pytest.mark.parametrize("picture", ["a 6", "an F", "a cat", "a scene"])
def test_a_flip_is_numpys_own(lab, picture):
    lab.set(**{**STILL, "flip": "left-right"}, picture=picture)
    image, width = lab.sample.image, lab.sample.image.shape[1]
    np.testing.assert_allclose(lab.moved(), image[:, ::-1], atol=1e-5)
    x1, y1, x2, y2 = lab.sample.boxes.T
    np.testing.assert_allclose(lab.boxes(), np.stack([width - x2, y1, width - x1, y2], axis=1))
    lab.set(flip="upside down")
    np.testing.assert_allclose(lab.moved(), image[::-1], atol=1e-5)


def test_the_boxes_lie_on_what_is_drawn():
    """A white box in a black picture, moved in many ways: the explorer's box is where the white is."""
    rng = np.random.default_rng(0)
    image = np.zeros((60, 90, 1))
    image[20:40, 30:60] = 1
    own = explore.AugmentationLab(image, [[30, 20, 60, 40]], ["white"])
    for _ in range(30):
        own.set(
            flip=rng.choice(["none", "left-right", "upside down"]), degrees=int(rng.integers(-36, 37)) * 5,
            zoom=round(float(rng.uniform(0.5, 1.6)), 1), shear=round(float(rng.uniform(-0.3, 0.3)), 1),
            right=0.1, down=-0.05,
        )  # fmt: skip
        rows, columns = (np.flatnonzero((own.moved()[..., 0] > 0.2).any(axis=axis)) for axis in (1, 0))
        seen = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
        assert np.abs(seen - own.boxes()[0]).max() <= 1.2


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"picture": "a 6", "degrees": 180}, ["a 6 turned by 180° is a 9"]),
        ({"picture": "a 6", "degrees": 15}, []),
        ({"picture": "a 6", "flip": "left-right"}, ["a 6 is no sign any more mirrored"]),
        ({"picture": "a 7", "degrees": -120}, ["a 7 is no sign any more after a turn of 120°"]),
        # upside down and half a turn is a mirror image, and the mirror image of one is one
        ({"picture": "an F", "flip": "upside down", "degrees": 180}, ["an F is no sign any more mirrored"]),
        ({"picture": "a cat", "flip": "left-right"},
         ["'right eye' flipped shows left", "'left eye' flipped shows right"]),
        ({"picture": "a cat", "flip": "upside down", "degrees": 180},
         ["'right eye' flipped shows left", "'left eye' flipped shows right"]),
        ({"picture": "a cat", "degrees": 180}, []),
        ({"picture": "a scene", "flip": "left-right", "degrees": 30}, []),
        ({"picture": "a cat", "right": 0.5},
         ["15 % of the box of left eye is left: drop it"]),
    ],
)  # fmt: skip
def test_what_breaks_is_said(lab, settings, says):
    lab.set(**{**STILL, **settings})
    found = lab.warnings()
    if "right" in settings:
        assert all("is left: drop it" in text for text in found)
        assert any("left eye" in text for text in found)
    else:
        assert found == says
    assert all(text in lab.describe() for text in found)


def test_the_wrong_range_is_said_as_keras_does_it(lab):
    lab.set(**{**STILL, "brightness": 0.2, "value_range": "0 to 255"}, picture="a cat")
    assert lab.warnings() == [
        f"values up to {0.2 * 255 + lab.sample.image.max():.1f}, and the model was promised 0 to 1"
    ]
    lab.set(brightness=-0.2)
    assert lab.warnings() == ["all pixels are 0: nothing is left of the picture"]
    lab.set(brightness=0.2, value_range="0 to 1")
    assert lab.warnings() == []
    # RandomBrightness with a range of one value is certain: the same numbers
    for label, span in (("0 to 1", (0, 1)), ("0 to 255", (0, 255))):
        lab.set(value_range=label)
        layer = keras.layers.RandomBrightness((0.2, 0.2), value_range=span)
        expected = keras.ops.convert_to_numpy(layer(lab.sample.image[None], training=True))[0]
        np.testing.assert_allclose(lab.moved(), expected, atol=1e-4)


def test_the_words_hold_the_arithmetic(lab):
    lab.set(**{**STILL, "flip": "left-right"}, picture="a cat")
    words = lab.describe()
    assert "new x = −x + 150\nnew y = y" in words
    assert "So the corner (44, 28) goes to (106, 28)." in words
    assert "Box of right eye: [44, 28, 70, 49] → [80, 28, 106, 49]." in words


def test_the_prediction_is_hidden_then_judged():
    asking = explore.AugmentationLab(picture="a cat", predict=True).set(flip="left-right")
    assert asking.answer() == {"x1": 80, "y1": 28, "x2": 106, "y2": 49}
    assert "106" not in asking.describe()
    assert not asking.revealed
    assert "[80" in asking.set(guess="80, 28, 106, 49").describe()
    assert asking.set(guess="1 2 3 4").revealed
    assert asking.png().startswith(b"\x89PNG")


def test_own_pictures_of_every_kind():
    grey = explore.AugmentationLab(np.zeros((3, 20, 30, 1), "uint8"))
    assert grey.answer() == "none"
    asking = explore.AugmentationLab(np.zeros((3, 20, 30, 1), "uint8"), predict=True)
    assert "type the word none" in asking.question()
    assert asking.set(guess="none")._verdict().startswith("✔")
    assert "Picture: picture 0" in grey.set(degrees=30).describe()
    two = explore.AugmentationLab(
        np.ones((2, 20, 30, 3)), [[[1, 2, 3, 4]], []], [["left glove"], []], picture="picture 0"
    )
    assert two.set(flip="left-right").warnings() == ["'left glove' flipped shows right"]
    assert two.set(picture="picture 1", degrees=20).png().startswith(b"\x89PNG")
    assert explore.AugmentationLab(np.ones((9, 9, 1)), [[0, 0, 2, 2]]).sample.labels == ("box 0",)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((5, 5)),), r"`images` must have shape \(H, W, C\)"),
        ((np.zeros((5, 5, 2)),), "1 or 3 channels"),
        ((np.full((5, 5, 1), 7.0),), "floats from 0 to 1"),
        ((np.full((5, 5, 1), np.nan),), "floats from 0 to 1"),
        ((np.zeros((5, 5, 1)), [[3, 0, 1, 2]]), "`boxes` must have x1 <= x2"),
        ((np.zeros((2, 5, 5, 1)), [[]]), "one array for each of the 2 images"),
        ((np.zeros((5, 5, 1)), [[0, 0, 1, 1]], []), "one name for each box"),
        ((np.zeros((5, 5, 1)), [[0, 0, 1, 1]] * 9), "at most 8 a picture"),
        ((None, [[0, 0, 1, 1]]), "`images` must be given"),
    ],
)
def test_bad_pictures_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        explore.AugmentationLab(*arguments)
    with pytest.raises(ValueError, match="`picture` must be one of"):
        explore.AugmentationLab(picture="a dog")


# --- what the lesson says ---------------------------------------------------------------------------------------------


def test_the_numbers_of_the_lesson():
    assert (256 - 224 + 1) ** 2 * 2 == 2178
    assert check.crops(2178).status == "correct"
    assert "AlexNet" in str(check.crops(2048))
    half = augment.matrix(60, 90, degrees=180)
    np.testing.assert_allclose(half, [[-1, 0, 90], [0, -1, 60], [0, 0, 1]], atol=1e-9)
    flips = augment.matrix(60, 90, flip="vertical") @ augment.matrix(60, 90, flip="horizontal")
    np.testing.assert_allclose(flips, half, atol=1e-9)
    x1, _, x2, _ = augment.move_boxes([[20, 20, 40, 40]], augment.matrix(60, 60, degrees=45))[0]
    assert (x2 - x1) ** 2 / 400 == pytest.approx(2)
    assert augment.ten_crop(np.zeros((3, 256, 256, 3), "float32"), 224).shape == (3, 10, 224, 224, 3)
    assert np.clip(0.5 + 0.2 * 255, 0, 255) == 51.5


@pytest.mark.parametrize(("given", "status"), [("train", "correct"), ("train[:3]", "wrong")])
def test_the_training_pictures_may_also_come_as_they_were(given, status):
    def prepare(images, augment):
        train, validation = np.split(images, [len(images) * 4 // 5])
        return np.concatenate([train, augment(train if given == "train" else train[:3])]), validation

    assert check.prepare(prepare).status == status


@pytest.mark.parametrize("open_one", [..., {"shift", ...}])
def test_an_open_data_set_is_not_attempted_yet(open_one):
    assert check.safe(dict.fromkeys(check._SAFE, open_one)).status == "not attempted"
    assert check.safe({**check._CHOICES, "digits": open_one}).status == "not attempted"


@pytest.mark.parametrize("options", [{}, {"value_range": (0, 1)}])
def test_contrast_is_not_brightness(options):
    assert "The middle grey never moves" in str(check.brighter(lambda: keras.layers.RandomContrast(0.2, **options)))


def test_pca_colours_of_the_photo():
    """The first direction is brightness: three numbers of one sign, and most of the variance."""
    pixels = datasets.photo("chelsea")[:300, :450].reshape(-1, 3) / 255
    variances, directions = np.linalg.eigh(np.cov(pixels, rowvar=False))
    assert variances[-1] / variances.sum() > 0.8
    assert abs(np.sign(directions[:, -1]).sum()) == 3


def test_gentle_augmentation_teaches_small_moves():
    """One seed of the lesson's measurement: on test digits a little moved it gains 0.17 in the mean of three."""
    layers = keras.layers
    train, test = datasets.mnist("train"), datasets.mnist("test")
    x, x_test = (data.images / np.float32(255) for data in (train, test))
    order = np.random.default_rng(0).permutation(len(train))
    chosen = np.concatenate([order[train.labels[order] == digit][:10] for digit in range(10)])
    moved = augment.views(x_test, augment.pipeline("digits", seed=99), 1)[:, 0]
    scores = []
    for augmentation in (lambda images, training: images, augment.pipeline("digits", seed=0)):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((28, 28, 1))])
        for filters in (16, 32):
            model.add(layers.Conv2D(filters, 3, activation="relu"))
            model.add(layers.MaxPooling2D())
        model.add(layers.Flatten())
        model.add(layers.Dense(10, activation="softmax"))
        model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy")
        shown = augment.views(x[chosen], augmentation, 40).reshape(-1, 28, 28, 1)
        model.fit(shown, np.repeat(train.labels[chosen], 40), batch_size=25, verbose=0)
        scores.append((model.predict(moved, batch_size=500, verbose=0).argmax(axis=1) == test.labels).mean())
    assert scores[1] >= scores[0] + 0.06
