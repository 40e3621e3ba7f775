"""The augmentation lab: its boxes and pixels against NumPy and Keras, its warnings, and what it refuses."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from cnnlab import explore


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
        ({"picture": "a cat", "right": 0.5},  # 75 pixels of 150
         ["0 % of the box of left eye is left: drop it", "0 % of the box of nose is left: drop it"]),
    ],
)  # fmt: skip
def test_what_breaks_is_said(lab, settings, says):
    assert lab.set(**{**STILL, **settings}).warnings() == says
    assert all(text in lab.describe() for text in says)


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


def test_own_pictures_of_every_kind():
    grey = explore.AugmentationLab(np.zeros((3, 20, 30, 1), "uint8"))
    assert grey.answer() == "none"
    asking = explore.AugmentationLab(np.zeros((3, 20, 30, 1), "uint8"), predict=True)
    assert "type the word none" in asking.question()
    assert asking.set(guess="none").prediction.verdict().startswith("✔")
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
