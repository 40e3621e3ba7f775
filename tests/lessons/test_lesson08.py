"""Lesson 08: the explorers against independent computations, the windows the lesson teaches, its exercises' numbers."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest

from cnnlab import activations, explore, ledger
from cnnlab.checks import lesson08 as check
from cnnlab.explore.networks.model_pictures import EDGES, edge_model, grey_photo

# Keras' variables follow NumPy 1's protocol for copies; NumPy 2 warns, and nothing here could change it.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

layers = keras.layers


def lesson_network() -> keras.Model:
    """The lesson's network, untrained."""
    keras.utils.set_random_seed(0)
    same = {"padding": "same", "activation": "relu"}
    return keras.Sequential(
        [
            keras.Input((None, None, 1)),
            layers.Conv2D(12, 5, name="conv1", **same),
            layers.MaxPooling2D(name="pool1"),
            layers.Conv2D(24, 3, name="conv2", **same),
            layers.MaxPooling2D(name="pool2"),
            layers.Conv2D(48, 3, name="conv3", **same),
            layers.GlobalAveragePooling2D(name="mean"),
            layers.Dense(10, activation="softmax", name="classes"),
        ]
    )


# --- what the lesson says ---------------------------------------------------------------------------------------------


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
        return float(model(picture[None, ..., None])[0, 4])

    drops = namespace["occlusion_map"](score, image[..., 0], 7)
    np.testing.assert_allclose(
        drops, activations.occlusion(model, image, 4, size=7, strides=7, fill=0).drops, atol=1e-6
    )
    images = np.random.default_rng(3).uniform(size=(9, 28, 28, 1))
    maps = activations.feature_maps(model, images, "conv2")
    best = activations.top_patches(model, images, "conv2", 5, count=4)
    assert namespace["top_pictures"](maps, 5, 4).tolist() == [patch.image for patch in best]


# --- the network with written weights ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("stripes", "expected"), [("rows", 1), ("columns", 0), ("diagonals", 2)])
def test_the_written_network_knows_edges(stripes, expected):
    rows, columns = np.indices((96, 96))
    along = {"rows": rows, "columns": columns, "diagonals": rows + columns}[stripes]
    image = (along % 8 < 4).astype("float32")[None, ..., None]
    answer = keras.ops.convert_to_numpy(edge_model()(image))[0]
    assert answer.argmax() == expected
    assert answer.sum() == pytest.approx(1, abs=1e-5)


def test_a_grey_photo_keeps_its_brightness():
    photo = grey_photo("coins")
    assert photo.shape == (96, 96, 1)
    assert 0 <= photo.min() < photo.max() <= 1


# --- FeatureMaps ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written():
    return explore.FeatureMaps()


def numbers(text):
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize(("layer", "size"), [("edges", 3), ("pool", 4)])
@pytest.mark.parametrize("channel", [0, 5])
def test_the_words_are_the_maps(written, layer, size, channel):
    written.set(picture=1, layer=layer, channel=channel)
    image = grey_photo("chelsea")
    maps = activations.feature_maps(edge_model(), image, layer)[0]
    row, column = np.unravel_index(maps[..., channel].argmax(), maps.shape[:2])
    words = written.describe().splitlines()
    assert words[0].startswith(f"Picture chelsea, layer {layer}: 8 maps of {maps.shape[0]}×{maps.shape[1]}")
    assert numbers(words[1]) == [pytest.approx(maps[..., channel].max(), abs=5e-3), row, column]
    top, left = (row, column) if layer == "edges" else (2 * row, 2 * column)
    assert numbers(words[2])[:4] == [top, top + size - 1, left, left + size - 1]
    assert numbers(words[3])[0] == pytest.approx(100 * (maps[..., channel] == 0).mean(), abs=0.51)


def test_a_layer_begins_with_its_strongest_map(written):
    written.set(picture=0, layer="edges")
    peaks = written.maps().max(axis=(0, 1))
    written.controls["layer"].value = "pool"
    written.controls["layer"].value = "edges"
    assert written.channel == peaks.argmax()


@pytest.mark.parametrize("corner", [np.s_[:6, :6], np.s_[22:, 22:]])
def test_a_window_is_cut_at_the_border(corner):
    """All that is bright lies in one corner, so that the strongest values see over the border."""
    image = np.zeros((28, 28, 1))
    image[corner] = 1
    explorer = explore.FeatureMaps(lesson_network(), image).set(layer="conv3")
    assert explorer.controls["channel"].max == 47
    cut = 0
    for channel in range(0, 48, 3):
        top, bottom, left, right = explorer.set(channel=channel).window()
        row, column = explorer.strongest()
        assert (top, bottom) == (max(4 * row - 8, 0), min(4 * row + 11, 27))
        assert (left, right) == (max(4 * column - 8, 0), min(4 * column + 11, 27))
        cut += 4 * row - 8 < 0 if corner[0].stop == 6 else 4 * row + 11 > 27
    assert cut


def test_a_layer_without_a_defined_window_is_drawn_without():
    inputs = keras.Input((8, 8, 1))
    model = keras.Model(inputs, layers.Reshape((4, 16, 1), name="folded")(inputs))
    explorer = explore.FeatureMaps(model, np.random.default_rng(0).uniform(size=(8, 8, 1)))
    explorer.set(layer="folded")
    assert explorer.window() is None
    assert "not defined for this layer" in explorer.describe()
    assert explorer.png()


def test_many_and_signed_maps():
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, layers.Conv2D(50, 3, name="many")(inputs))  # no ReLU: maps have both signs
    explorer = explore.FeatureMaps(model, np.random.default_rng(0).uniform(size=(2, 8, 8, 3)), titles=("one", "two"))
    explorer.set(picture=1, channel=49)
    assert "50 maps of 6×6; this is map 49" in explorer.describe()
    assert explorer.png()


def test_silent_maps_are_counted():
    inputs = keras.Input((6, 6, 1))
    model = keras.Model(inputs, layers.Conv2D(3, 1, activation="relu", name="conv")(inputs))
    model.set_weights([np.array([1.0, -1.0, -2.0]).reshape(1, 1, 1, 3), np.zeros(3)])
    words = explore.FeatureMaps(model, np.ones((6, 6, 1))).describe()
    assert "2 of the 3 maps are zero everywhere." in words


# --- GradCamExplorer --------------------------------------------------------------------------------------------------


def test_shares_and_votes_against_numpy():
    explorer = explore.GradCamExplorer().set(picture=2, class_name="vertical edges", layer="pool")
    model, image = edge_model(), grey_photo("coins")
    maps = activations.feature_maps(model, image, "pool")[0].astype(float)
    kernel = model.get_layer("directions").get_weights()[0]
    votes = maps @ (kernel[:, 0] / 47**2)
    assert explorer.votes_by_map().sum() == pytest.approx(votes.sum(), abs=1e-3)
    assert explorer.found().score == pytest.approx(votes.sum(), abs=1e-3)
    heat = explorer.found().heat
    quarters = [heat[:48, :48], heat[:48, 48:], heat[48:, :48], heat[48:, 48:]]
    assert explorer.shares() == pytest.approx([q.sum() / heat.sum() for q in quarters])
    assert (
        explorer.answer() == ("top left", "top right", "bottom left", "bottom right")[int(np.argmax(explorer.shares()))]
    )
    said = numbers(explorer.describe().splitlines()[3])
    assert said[:4] == pytest.approx([100 * s for s in explorer.shares()], abs=0.51)


def test_the_heat_is_where_the_edges_are():
    """Stripes that lie on the left only: all that speaks for them is on the left."""
    image = np.zeros((96, 96, 1))
    image[::6, :40] = 1
    explorer = explore.GradCamExplorer(edge_model(), image, class_names=EDGES)
    assert explorer.class_name == "horizontal edges"
    top_left, top_right, bottom_left, bottom_right = explorer.shares()
    assert top_left + bottom_left > 0.99
    assert "No place" in explorer.set(class_name="vertical edges").describe() or sum(explorer.shares()[1::2]) < 0.01


@pytest.mark.parametrize("name", ["china", "chelsea", "coins"])
@pytest.mark.parametrize("direction", [0, 1])
def test_one_layer_earlier_two_thirds_or_three_quarters_of_the_votes_remain(name, direction):
    pool, edges = (
        activations.grad_cam(edge_model(), grey_photo(name), direction, layer).votes.sum()
        for layer in ("pool", "edges")
    )
    assert 0.64 < edges / pool < 0.77


def test_nothing_speaks_for_a_class():
    explorer = explore.GradCamExplorer(edge_model(), np.zeros((96, 96, 1)), class_names=EDGES)
    assert explorer.answer() == "none"
    assert "the heat is zero everywhere" in explorer.describe()
    assert explorer.png()


def test_the_quiz_hides_and_reveals():
    quiz = explore.GradCamExplorer(predict=True)
    quiz.view()
    hidden, before = quiz.describe(), quiz.png()
    assert "%" not in hidden
    assert "Heat:" not in hidden
    assert before == quiz.set(strength=0.1).png(), "the overlay shows before the guess"
    quiz.set(guess=quiz.answer())
    assert "Heat: top left" in quiz.describe()
    assert quiz.png() != before
    assert "and so it is" in quiz._asked.value
    quiz.set(class_name="vertical edges")
    assert quiz.guess == ""
    assert "Heat:" not in quiz.describe()


def test_the_overlay_can_be_turned_off():
    explorer = explore.GradCamExplorer()
    off, on = explorer.set(strength=0.0).png(), explorer.set(strength=1.0).png()
    assert off != on


def test_a_nested_model_and_pictures_to_look_at():
    base_input = keras.Input((16, 16, 3))
    base = keras.Model(base_input, layers.Conv2D(4, 3, activation="relu", name="conv")(base_input), name="base")
    inputs = keras.Input((16, 16, 3))
    model = keras.Model(inputs, layers.Dense(2, "softmax")(layers.GlobalAveragePooling2D()(base(inputs))))
    shown = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3)).astype(np.uint8)
    explorer = explore.GradCamExplorer(model, shown[..., ::-1] - 110.0, class_names=["cat", "dog"], shown=shown)
    assert explorer.layer == "base/conv"
    assert explorer.png()


# --- what the constructors refuse -------------------------------------------------------------------------------------

IMAGES = np.zeros((2, 96, 96, 1))


@pytest.mark.parametrize("kind", ["FeatureMaps", "GradCamExplorer"])
@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"model": "vgg"}, ValueError, "`images` must be given with a `model`"),
        ({"model": "vgg", "images": IMAGES}, TypeError, "`model` must be a keras.Model. Received: str"),
        ({"images": IMAGES[:, :5]}, ValueError, r"`images` must have the model's input shape \(96, 96, 1\)"),
        ({"images": np.zeros((41, 96, 96, 1))}, ValueError, "`images` must hold 1 to 40 pictures. Received: 41"),
        ({"images": IMAGES, "titles": ["one"]}, ValueError, "`titles` must be 2 different names"),
        ({"images": IMAGES, "titles": ["a", "a"]}, ValueError, "`titles` must be 2 different names"),
        ({"images": IMAGES, "shown": np.zeros((2, 96, 96, 4))}, ValueError, "`shown` must be 2×96×96 pictures"),
    ],
)
def test_the_constructors_refuse(kind, arguments, error, says):
    with pytest.raises(error, match=says):
        getattr(explore, kind)(**arguments)


@pytest.mark.parametrize(
    ("names", "says"), [(["a"], "`class_names` must be 3 different names"), (["a", "b", "b"], "3 different names")]
)
def test_class_names_must_fit(names, says):
    with pytest.raises(ValueError, match=says):
        explore.GradCamExplorer(edge_model(), IMAGES, class_names=names)


def test_a_model_without_maps_or_classes():
    inputs = keras.Input((4, 4, 1))
    flat = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(inputs)))
    with pytest.raises(ValueError, match="`model` must have a layer with maps"):
        explore.FeatureMaps(flat, np.zeros((4, 4, 1)))
    maps_only = keras.Model(inputs, layers.Conv2D(2, 3)(inputs))
    with pytest.raises(ValueError, match="`model` must end in one number a class"):
        explore.GradCamExplorer(maps_only, np.zeros((4, 4, 1)))


def test_small_values_are_not_written_as_nothing():
    import keras

    model = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Rescaling(0.004, name="faint")])
    words = explore.FeatureMaps(model, np.ones((1, 6, 6, 1))).describe()
    assert "Its largest value is 0.004, at row 0, column 0." in words
    assert "its mean is 0.004." in words
    assert "map 0 0.004." in words
