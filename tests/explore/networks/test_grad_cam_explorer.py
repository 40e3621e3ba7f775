"""The Grad-CAM explorer against NumPy: shares, votes, its quiz; and the pictures and models it shares with others."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest
from keras import layers

from cnnlab import activations, explore
from cnnlab.explore.networks.model_pictures import EDGES, edge_model, grey_photo


def numbers(text):
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", text)]


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


def test_the_overlay_can_be_turned_off():
    explorer = explore.GradCamExplorer()
    off, on = explorer.set(strength=0.0).png(), explorer.set(strength=1.0).png()
    assert off != on
    quiz = explore.GradCamExplorer(predict=True)
    assert quiz.png() == quiz.set(strength=0.1).png(), "the overlay shows before the guess"


def test_a_nested_model_and_pictures_to_look_at():
    base_input = keras.Input((16, 16, 3))
    base = keras.Model(base_input, layers.Conv2D(4, 3, activation="relu", name="conv")(base_input), name="base")
    inputs = keras.Input((16, 16, 3))
    model = keras.Model(inputs, layers.Dense(2, "softmax")(layers.GlobalAveragePooling2D()(base(inputs))))
    shown = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3)).astype(np.uint8)
    explorer = explore.GradCamExplorer(model, shown[..., ::-1] - 110.0, class_names=["cat", "dog"], shown=shown)
    assert explorer.layer == "base/conv"
    assert explorer.png()


@pytest.mark.parametrize(
    ("names", "says"), [(["a"], "`class_names` must be 3 different names"), (["a", "b", "b"], "3 different names")]
)
def test_class_names_must_fit(names, says):
    with pytest.raises(ValueError, match=says):
        explore.GradCamExplorer(edge_model(), IMAGES, class_names=names)


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


def test_a_model_without_maps_or_classes():
    inputs = keras.Input((4, 4, 1))
    flat = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(inputs)))
    with pytest.raises(ValueError, match="`model` must have a layer with maps"):
        explore.FeatureMaps(flat, np.zeros((4, 4, 1)))
    maps_only = keras.Model(inputs, layers.Conv2D(2, 3)(inputs))
    with pytest.raises(ValueError, match="`model` must end in one number for each class"):
        explore.GradCamExplorer(maps_only, np.zeros((4, 4, 1)))
