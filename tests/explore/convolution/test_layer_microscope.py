"""The layer microscope: every value it explains against the model's own, its words as a learner would add them up."""

from __future__ import annotations

import math
import re
from decimal import Decimal

import keras
import numpy as np
import pytest
from keras import layers
from small_models import lenet

from cnnlab import conv
from cnnlab.explore import LayerMicroscope
from cnnlab.explore.convolution.opened_model import OpenedConv


def many_kinds():
    """A functional model whose convolutions differ in every argument that the microscope must heed."""
    bias = keras.initializers.RandomNormal(seed=1)
    x = inputs = keras.Input((11, 9, 4))
    x = layers.Conv2D(6, (3, 2), padding="same", activation="relu", bias_initializer=bias, name="same")(x)
    shortcut = x
    x = layers.Conv2D(6, 3, padding="same", dilation_rate=2, activation="tanh", name="dilated")(x)
    x = layers.Add(name="add")([x, shortcut])
    x = layers.Conv2D(5, (4, 3), strides=(2, 3), padding="same", use_bias=False, name="strided")(x)
    x = layers.DepthwiseConv2D((2, 3), padding="same", depth_multiplier=2, bias_initializer=bias, name="depthwise")(x)
    x = layers.Conv2D(3, 1, activation="softmax", bias_initializer=bias, name="mix")(x)
    x = layers.SeparableConv2D(2, 1, name="separable")(x)
    outputs = layers.Conv2DTranspose(2, 2, name="transposed")(x)
    return keras.Model(inputs, outputs)


@pytest.fixture(scope="module")
def kinds() -> LayerMicroscope:
    return LayerMicroscope(many_kinds(), np.random.default_rng(3).normal(size=(11, 9, 4)))


@pytest.mark.parametrize("name", ["same", "dilated", "strided", "depthwise", "mix"])
def test_every_value_of_every_layer_is_explained(kinds, name):
    opened = kinds.opened.convs[name]
    for row, column, filter_index in np.ndindex(opened.outputs.shape):
        found = opened.explain(row, column, filter_index)
        assert found.agrees(), (row, column, filter_index)
        assert found.activated == pytest.approx(found.model, abs=1e-5)
        assert found.sums.sum() + found.bias == pytest.approx(found.total, abs=1e-12)
        assert abs(found.bias - opened.bias_of(filter_index)) <= 0.5001 * 10.0**-found.digits
        assert found.products.size == math.prod(opened.kernel.shape[:3])


def test_what_cannot_be_opened_is_named(kinds):
    assert list(kinds.controls["layer"].options) == ["same", "dilated", "strided", "depthwise", "mix"]
    words = kinds.describe()
    assert "Not opened: separable (SeparableConv2D is not opened here" in words
    assert "transposed (Conv2DTranspose is not opened here" in words


def numbers(line):
    return [Decimal(text) for text in re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?", line)]


def add_up(words):
    """Work through the microscope's words with a learner's arithmetic: nothing but what is written there."""
    lines = words.splitlines()
    first = next(n for n, line in enumerate(lines) if "input · weight" in line) + 1
    last = next(n for n, line in enumerate(lines) if line.startswith("Sums of the channels"))
    pairs = [pair for line in lines[first:last] if "·" in line for pair in re.findall(r"(\S+)·(\S+)", line)]
    results = [numbers(line) for line in lines[first:last] if line.startswith("= ")]
    products, (channel,) = (results[0], results[1]) if len(results) == 2 else (results[0], results[0])
    assert len(pairs) == len(products)
    for (value, weight), product in zip(pairs, products, strict=True):
        exact = Decimal(value.strip("()")) * Decimal(weight.strip("()"))
        assert exact.quantize(product) == product
    assert sum(products) == channel
    sums = dict(re.findall(r"(\d+): (-?[\d.]+)(?=[,;.])", lines[last].rstrip(".") + "."))
    rest = re.findall(r"together (-?[\d.]+\d)", lines[last])
    total, bias, together = re.search(r"products: (\S+); bias (\S+); together (\S+);", lines[last + 1]).groups()
    assert sum(map(Decimal, [*(text.rstrip(".") for text in sums.values()), *rest])) == Decimal(total)
    assert Decimal(total) + Decimal(bias) == Decimal(together)
    after = re.search(r"after (\w+) (\S+)\.$", lines[last + 1])
    if after[1] in ("linear", "relu") and Decimal(together) > 0:
        assert Decimal(together).quantize(Decimal(after[2])) == Decimal(after[2])
    assert f"The model's own output here: {after[2]}. Equal" in lines[last + 2]
    return len(products)


@pytest.mark.parametrize("scale", [1.0, 255.0, 1e-5])
def test_the_words_add_up_to_the_last_digit(scale):
    microscope = LayerMicroscope(lenet(), scale * np.random.default_rng(0).uniform(size=(32, 32, 3)))
    for row, channel in ((0, 0), (9, 5), (4, 2)):
        microscope.set(layer="conv2", row=row, column=2, filter=15, channel=channel)
        assert add_up(microscope.describe()) == 25


@pytest.mark.parametrize("layer", ["conv1", "strided", "depthwise"])
def test_the_words_of_every_kind_of_layer_add_up(layer):
    microscope = LayerMicroscope().set(layer=layer)
    for row in range(3):
        assert add_up(microscope.set(row=row, filter=row).describe()) == math.prod(microscope.conv().kernel.shape[:2])


def test_many_channels_are_summed_up_and_a_large_kernel_is_counted():
    model = keras.Sequential([keras.Input((14, 14, 12)), layers.Conv2D(2, 3, name="wide")])
    assert add_up(LayerMicroscope(model, np.random.default_rng(1).normal(size=(14, 14, 12))).describe()) == 9
    model = keras.Sequential([keras.Input((14, 14, 1)), layers.Conv2D(2, 12, name="tall")])
    words = LayerMicroscope(model, np.ones((14, 14, 1))).describe()
    assert "144 products, too many to say one by one" in words


def test_the_words_are_those_of_the_chosen_value():
    microscope = LayerMicroscope(lenet(), np.random.default_rng(0).uniform(size=(32, 32, 3)))
    microscope.set(layer="conv2", row=9, column=2, filter=15, channel=5)
    words = microscope.describe()
    opened = microscope.conv()
    patch = opened.inputs[9:14, 2:7]
    total = (patch * opened.kernel[..., 15]).sum()
    assert "conv2 (Conv2D): 14×14×6 → 10×10×16" in words
    assert "window begins at row 9, column 2" in words
    assert float(re.search(r"All 150 products: (-?\d+\.\d+)", words)[1]) == pytest.approx(total, abs=1e-3)
    assert float(re.search(r"output here: (-?\d+\.\d+)", words)[1]) == pytest.approx(max(total, 0), abs=1e-3)
    assert "Equal, as far as 32-bit numbers go" in words
    assert microscope.state()["channel"] == 5


def test_padding_reads_zeros():
    microscope = LayerMicroscope().set(layer="strided", row=6, column=0, filter=1, channel=3)
    found = microscope.explanation()
    assert found.on_input.tolist() == [[True] * 3] * 2 + [[False] * 3]
    assert not found.patch[2].any()
    assert "3 of its 9 positions hang over the edge" in microscope.describe()
    assert microscope.conv().corner(6, 0) == (12, 0)


def test_a_depthwise_filter_sees_one_channel():
    microscope = LayerMicroscope().set(layer="depthwise", filter=5)
    assert microscope.channel == 5
    assert (microscope.controls["channel"].min, microscope.controls["channel"].max) == (5, 5)
    assert microscope.answer() == 9
    microscope.set(layer="conv1", filter=5, channel=2)
    assert microscope.answer() == 75
    assert microscope.set(layer="strided").answer() == 54


def test_one_dimensional_layers_are_explained():
    signal = keras.Sequential(
        [
            keras.Input((12, 4)),
            layers.Conv1D(6, 3, padding="causal", dilation_rate=2, name="causal"),
            layers.Conv1D(4, 4, strides=3, padding="same", activation="relu", name="strided"),
        ]
    )
    microscope = LayerMicroscope(signal, np.random.default_rng(1).normal(size=(12, 4)))
    for name, opened in microscope.opened.convs.items():
        microscope.set(layer=name)
        assert microscope.png().startswith(b"\x89PNG")
        assert all(opened.explain(*place).agrees() for place in np.ndindex(opened.outputs.shape))


def test_grouped_layers_are_explained():
    # The record is made by hand: TensorFlow compiles a grouped convolution on a CPU for seconds.
    rng = np.random.default_rng(2)
    image, kernel, bias = rng.normal(size=(5, 5, 4)), rng.normal(size=(3, 3, 2, 6)), rng.normal(size=6)
    outputs = conv.conv2d(image, kernel, bias, padding="same", groups=2)
    pads = ((1, 1), (1, 1))
    linear = keras.activations.linear
    opened = OpenedConv("g", "Conv2D", kernel, bias, (1, 1), (1, 1), pads, 2, linear, "linear", image, outputs)
    assert [list(opened.channels_of(f)) for f in (0, 2, 3, 5)] == [[0, 1], [0, 1], [2, 3], [2, 3]]
    assert all(opened.explain(*place).agrees() for place in np.ndindex(outputs.shape))


def test_a_layer_that_does_more_than_it_should_is_not_called_equal():
    class Doubled(layers.Conv2D):
        def call(self, inputs):
            return 2 * super().call(inputs)

    model = keras.Sequential([keras.Input((4, 4, 1)), Doubled(1, 3, bias_initializer="ones", name="doubled")])
    assert "NOT equal" in LayerMicroscope(model, np.ones((4, 4, 1))).describe()


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv = layers.Conv2D(2, 3)

    def call(self, inputs):
        return self.conv(inputs)


def two_inputs():
    left, right = keras.Input((4, 4, 1)), keras.Input((4, 4, 1))
    return keras.Model([left, right], layers.Conv2D(1, 3)(layers.Add()([left, right])))


@pytest.mark.parametrize(
    ("model", "image", "error", "says"),
    [
        (lambda: 3, None, TypeError, "`model` must be a Keras model. Received: int"),
        (Subclassed, None, ValueError, "a subclassed model keeps its graph to itself"),
        (lambda: keras.Sequential([layers.Conv2D(2, 3)]), None, ValueError, r"start it with keras.Input\(shape\)"),
        (two_inputs, None, ValueError, "`model` must have one input.* with 2"),
        (lenet, np.zeros((32, 32)), ValueError, r"input shape \(32, 32, 3\). Received: shape \(32, 32, 1\)"),
        (lenet, np.zeros((8, 8, 3)), ValueError, r"Received: shape \(8, 8, 3\)"),
        (lambda: keras.Sequential([keras.Input((5,)), layers.Dense(2)]), None, ValueError, "must take an image"),
        (
            lambda: keras.Sequential([keras.Input((8, 8, 1)), layers.SeparableConv2D(2, 3, name="sep")]),
            None,
            ValueError,
            "sep: SeparableConv2D is not opened here",
        ),
    ],
)
def test_models_that_cannot_be_opened_say_why(model, image, error, says):
    with pytest.raises(error, match=says):
        LayerMicroscope(model(), image)


def test_a_model_without_an_input_shape_is_built_from_the_image():
    model = keras.Sequential([layers.Conv2D(2, 3, name="first")])
    microscope = LayerMicroscope(model, np.ones((6, 6, 1)))
    assert "first (Conv2D): 6×6×1 → 4×4×2; image: your image." in microscope.describe()


def test_layers_of_inner_and_of_other_models_are_opened():
    base = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3, name="conv")], name="base")
    inputs = keras.Input((8, 8, 1))
    borrowed = base.layers[0](inputs)
    model = keras.Model(inputs, layers.Conv2D(1, 3, name="own")(layers.Add()([borrowed, base(inputs)])))
    microscope = LayerMicroscope(model)
    assert list(microscope.opened.convs) == ["conv", "base/conv", "own"]
    for name in microscope.opened.convs:
        assert microscope.set(layer=name).explanation().agrees()
