"""Lesson 04: its figures through the library, both explorers against independent computations."""

from __future__ import annotations

import math
import re
from decimal import Decimal

import numpy as np
import pytest

from cnnlab import conv, pooling, shapes
from cnnlab.checks import lesson04 as check
from cnnlab.explore import LayerMicroscope, ReceptiveFieldPinner
from cnnlab.explore.convolution.fields import Stage, parse_stack
from cnnlab.explore.convolution.opened import OpenedConv

keras = pytest.importorskip("keras")
layers = keras.layers


# --- the figures of the syllabus ---------------------------------------------------------------------------------


def test_a_filter_is_as_deep_as_its_input():
    image, kernel = np.ones((6, 6, 3)), np.ones((3, 3, 3))
    assert conv.conv2d(image, kernel).shape == (4, 4, 1)
    assert conv.conv2d(image, np.ones((3, 3, 3, 10))).shape == (4, 4, 10)
    assert shapes.conv_params(3, in_channels=3, filters=10) == 280
    window = np.stack([[[1, 2], [0, 3]], [[5, 0], [1, 1]]], axis=-1)
    one_filter = np.stack([[[1, 0], [-1, 2]], [[0, 1], [2, -1]]], axis=-1)
    assert (window * one_filter).sum(axis=(0, 1)).tolist() == [7, 1]


def test_a_kernel_of_one_pixel_sets_the_depth():
    assert conv.conv2d(np.ones((6, 6, 32)), np.ones((1, 1, 32, 5))).shape == (6, 6, 5)
    assert shapes.conv_params(1, 32, 5) == 165


def test_dense_against_convolution():
    assert shapes.dense_params(1000 * 1000 * 3, 1000, use_bias=False) == 3 * 10**9
    assert (6 * 6 * 3 * 160, 27 * 160, 27 * 10) == (17_280, 4_320, 270)


@pytest.mark.parametrize(("convolve", "axes"), [(conv.conv1d, 1), (conv.conv3d, 3)])
def test_one_and_three_axes(convolve, axes):
    first = convolve(np.zeros((14,) * axes + (1,)), np.zeros((5,) * axes + (1, 16)))
    second = convolve(first, np.zeros((5,) * axes + (16, 32)))
    assert first.shape == (10,) * axes + (16,)
    assert second.shape == (6,) * axes + (32,)


@pytest.mark.parametrize(
    ("filters", "counts", "total", "macs"),
    [
        (6, [456, 2_416, 48_120, 10_164, 850], 62_006, 651_720),
        (8, [608, 3_216, 48_120, 10_164, 850], 62_958, 849_320),
    ],
)
def test_both_lenet_like_tables(filters, counts, total, macs):
    model = lenet(filters)
    with_weights = [layer for layer in model.layers if layer.weights]
    assert [layer.count_params() for layer in with_weights] == counts
    assert model.count_params() == sum(counts) == total
    sizes = [shapes.conv_params(5, 3, filters), shapes.conv_params(5, filters, 16)]
    sizes += [shapes.dense_params(400, 120), shapes.dense_params(120, 84), shapes.dense_params(84, 10)]
    assert sizes == counts
    sides = [tuple(layer.output.shape[1:3]) for layer in model.layers[:4]]
    assert sides == [(28, 28), (14, 14), (10, 10), (5, 5)]
    work = shapes.conv_macs(32, 5, 3, filters) + shapes.conv_macs(14, 5, filters, 16)
    assert work + 48_000 + 10_080 + 840 == macs


def test_separable_and_transposed():
    layer = layers.SeparableConv2D(64, 3, use_bias=False)
    layer.build((None, 28, 28, 32))
    assert layer.count_params() == 288 + 2_048 == 2_336
    assert shapes.conv_params(3, 32, 64, use_bias=False) == 18_432
    stamped = conv.conv2d_transpose(np.array([[1, 2], [3, 4]]), np.ones((3, 3), int), strides=2)
    assert stamped.tolist() == [[1, 1, 3, 2, 2]] * 2 + [[4, 4, 10, 6, 6]] + [[3, 3, 7, 4, 4]] * 2


def test_receptive_fields_of_the_lesson():
    lenet_stack = [(5, 1), (2, 2), (5, 1), (2, 2)]
    assert [shapes.receptive_field(lenet_stack[: n + 1]).size for n in range(4)] == [5, 6, 14, 16]
    assert shapes.receptive_field([(3,), (3,)]).size == 5
    assert shapes.receptive_field([(3, 1), (2, 2), (3, 1)]).size == 8
    assert [shapes.receptive_field([(3,), (3,), (2, 2), (3,)][:n]).size for n in range(5)] == [1, 3, 5, 6, 10]
    assert shapes.receptive_field([(3, 1, "valid", d) for d in (1, 2, 4)]).size == 15
    paths = np.ones(1)
    for _ in range(8):
        paths = np.convolve(paths, np.ones(3))
    assert paths.max() ** 2 > 1e6


def test_the_gradient_worked_by_hand():
    x, w, g = np.array([[1, 2, 3, 4]]), np.array([[3, -1]]), np.array([[1, 0, 2]])
    grad_x, grad_w, grad_b = conv.conv2d_backward(x, w, g)
    assert grad_w.tolist() == [[7, 10]]
    assert grad_b.tolist() == [3]
    assert grad_x.tolist() == [[3, -1, 6, -2]]


# --- the microscope ----------------------------------------------------------------------------------------------


def lenet(filters: int = 6):
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Conv2D(filters, 5, activation="relu", name="conv1"),
            layers.MaxPooling2D(name="pool1"),
            layers.Conv2D(16, 5, activation="relu", name="conv2"),
            layers.MaxPooling2D(name="pool2"),
            layers.Flatten(name="flatten"),
            layers.Dense(120, activation="relu"),
            layers.Dense(84, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


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


def test_the_microscope_hides_what_it_asks():
    microscope = LayerMicroscope(predict=True)
    assert microscope.question().startswith("conv1 reads 32×32×3 with a kernel of 5×5")
    assert "products" not in microscope.describe()
    hidden = microscope.png()
    microscope.set(guess="75")
    assert "All 75 products" in microscope.describe()
    assert microscope._verdict().startswith("✔")
    assert microscope.png() != hidden
    microscope.set(row=3, column=4, filter=1)  # the same question with the same answer
    assert microscope.revealed
    microscope.set(layer="strided")
    assert not microscope.revealed
    assert microscope._verdict().endswith("bias not counted?")
    microscope.set(guess="9")
    assert microscope._verdict() == "✘ You said 9; it is 54."


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
        (
            lambda: keras.Sequential([keras.Input((8, 8, 1)), keras.Sequential([layers.Conv2D(2, 3)], name="base")]),
            None,
            ValueError,
            "base: a model inside the model; open it by itself",
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


def test_layers_of_another_model_are_left_out():
    base = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3, name="borrowed")])
    inputs = keras.Input((8, 8, 1))
    model = keras.Model(inputs, layers.Conv2D(1, 3, name="own")(base.layers[0](inputs)))
    microscope = LayerMicroscope(model)
    assert list(microscope.opened.convs) == ["own"]
    assert "borrowed (this Conv2D was first used in another model" in microscope.describe()


# --- the receptive-field pinner ----------------------------------------------------------------------------------


def seen_by_nudging(stages, size, padding, row, column):
    """Which pixels change one output of a stack of averages: from the forward pass alone."""

    def run(image):
        for kernel, stride, dilation in stages:
            image = conv.conv2d(image, np.ones((kernel, kernel)), None, stride, padding, dilation)
        return image[row, column]

    base = np.zeros((size, size))
    changed = np.zeros((size, size), bool)
    for place in np.ndindex(size, size):
        base[place] = 1
        changed[place] = run(base) != 0
        base[place] = 0
    return changed


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stack", ["3", "3 2/2 3", "4/3 2 3", "3d2 2/2"])
def test_theory_and_measurement_meet(stack, padding):
    pinner = ReceptiveFieldPinner(stack=stack, size=14).set(padding=padding)
    rows, columns = pinner.source().outputs(pinner.layer)
    for row, column in {(0, 0), (rows - 1, 0), (rows // 2, columns - 1)}:
        pinner.set(row=row, column=column)
        changed = seen_by_nudging(parse_stack(stack), 14, padding, row, column)
        assert np.array_equal(pinner.influence() > 0, changed)
        top, left, height, width = pinner.window()
        field = np.zeros((14, 14), bool)
        field[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)] = True
        assert not (changed & ~field).any()
        edges = np.argwhere(changed)
        assert edges.min(axis=0).tolist() == [max(top, 0), max(left, 0)]


def test_influence_counts_paths():
    pinner = ReceptiveFieldPinner(stack="3 3 3", size=15)
    paths = np.convolve(np.convolve([1, 1, 1], [1, 1, 1]), [1, 1, 1])  # 1 3 6 7 6 3 1
    np.testing.assert_allclose(pinner.influence()[4:11, 4:11] * 27**2, np.outer(paths, paths), rtol=1e-12)
    assert pinner.influence().sum() == pytest.approx(1)
    total, inner = 27**2, (6 + 7 + 6) ** 2  # 361 of 729: not yet half, 25 of 27 squared is
    assert inner < total / 2
    assert pinner.core()[2:] == (5, 5)
    assert "the middle 5×5: 51 % of the field's area" in pinner.describe()


def test_a_bell_and_with_dilation_a_comb():
    bell = ReceptiveFieldPinner(stack="3 3 3 3 3 3 3 3", size=25)
    assert bell.answer() == (17, 17)
    assert "Half of the influence comes from the middle 5×5" in bell.describe()
    comb = ReceptiveFieldPinner(stack="3 3d2 3d4", size=25)
    assert comb.answer() == (15, 15)
    columns = comb.influence().sum(axis=0)[5:20]  # 7 is the middle of 15
    assert columns[[6, 8]] == pytest.approx(3 * columns[7])
    assert columns[7] == pytest.approx(columns.min())


def test_the_pinners_words():
    pinner = ReceptiveFieldPinner(stack="3 3 2/2 3", size=25)
    assert "Theory: 10×10 pixels" in pinner.describe()
    assert "Measured by a backward pass: 10×10 pixels" in pinner.describe()
    words = pinner.set(padding="same", row=0).describe()
    assert "Part of it lies on padding" in words
    assert "Theory: 1×1 pixels" in pinner.set(layer=0).describe()


def test_a_stack_that_no_longer_fits_ends_early():
    pinner = ReceptiveFieldPinner(stack="9 9 9", size=20)
    assert pinner.controls["layer"].max == 2
    assert "The stack ends before layer 3" in pinner.describe()
    assert "does not fit an input of 4" in pinner.describe()
    assert ReceptiveFieldPinner(stack="31", size=8).layer == 0


@pytest.mark.parametrize("stack", ["", "3x3", "3/", "0", "3d0", "40", "3 " * 13])
def test_a_stack_that_cannot_be_read_is_refused(stack):
    with pytest.raises(ValueError, match="stack"):
        ReceptiveFieldPinner(stack=stack)
    pinner = ReceptiveFieldPinner()
    with pytest.raises(ValueError, match="stack"):
        pinner.set(stack=stack)
    assert pinner.stack == "3 3 2/2 3 3 2/2 3"


def test_stages_are_read():
    assert parse_stack("3, 2/2  3d4") == (Stage(3), Stage(2, 2), Stage(3, 1, 4))


@pytest.fixture(scope="module")
def network() -> ReceptiveFieldPinner:
    keras.utils.set_random_seed(0)
    return ReceptiveFieldPinner(lenet())


@pytest.mark.parametrize(("layer", "size"), [("conv1", 5), ("pool1", 6), ("conv2", 14), ("pool2", 16)])
def test_nudging_a_model_stays_inside_theory(network, layer, size):
    network.set(layer=layer)
    top, left, height, width = network.window()
    assert (height, width) == (size, size) == network.answer()
    influence = network.influence().copy()
    assert influence[top : top + size, left : left + size].sum() > 0
    influence[top : top + size, left : left + size] = 0
    assert not influence.any()


def test_a_model_says_what_has_no_field(network):
    words = network.describe()
    assert "No field for flatten (a Flatten layer has no window on the picture), nor for dense" in words
    assert "Measured by nudging every pixel" in words


def test_branches_join_their_fields():
    x = inputs = keras.Input((12, 10, 2))
    left = layers.Conv2D(2, 5, padding="same", name="wide")(x)
    right = layers.BatchNormalization()(layers.Conv2D(2, (1, 7), padding="same", name="flat")(x))
    x = layers.Conv2D(2, 3, strides=2, padding="same", name="after")(layers.Add()([left, right]))
    layers.GlobalAveragePooling2D()(x)
    pinner = ReceptiveFieldPinner(keras.Model(inputs, x))
    assert set(pinner._model.names) == {"wide", "flat", "after"}
    pinner.set(layer="flat")
    assert pinner.answer() == (1, 7)
    pinner.set(layer="after", row=3, column=2)
    assert pinner.answer() == (7, 9)
    # Stride 2, same: 0 before, 1 after. First row 3·2 - 2, by one branch's 5; first column 2·2 - 3, by the other's 7.
    assert pinner.window()[:2] == (4, 1)
    assert np.flatnonzero(pinner.influence().any(axis=1)).tolist() == list(range(4, 11))


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (lambda: keras.Sequential([keras.Input((64, 64, 1)), *(layers.Conv2D(1, 1, 2) for _ in "a")]), None),
        (lambda: keras.Sequential([keras.Input((96, 96, 1)), layers.Conv2D(1, 3)]), "small enough to nudge"),
        (lambda: keras.Sequential([keras.Input((9,)), layers.Dense(2)]), "must take an image"),
        (
            lambda: keras.Sequential([keras.Input((9, 9, 1)), layers.Flatten(name="flat"), layers.Dense(2)]),
            "flat: a Flatten layer has no window",
        ),
    ],
)
def test_models_that_cannot_be_measured_say_why(model, says):
    if says is None:
        assert ReceptiveFieldPinner(model()).answer() == (1, 1)
        return
    with pytest.raises(ValueError, match=says):
        ReceptiveFieldPinner(model())


@pytest.mark.parametrize("size", [7, 65, 10.5])
def test_the_pinners_size_is_checked(size):
    with pytest.raises((ValueError, TypeError), match="`size` must be a whole number from 8 to 64"):
        ReceptiveFieldPinner(size=size)


def test_the_pinner_hides_what_it_asks():
    pinner = ReceptiveFieldPinner(stack="3 3 2/2 3", size=25, predict=True)
    assert "10×10" not in pinner.describe()
    hidden = pinner.png()
    pinner.set(guess="10 x 10")
    assert pinner._verdict().startswith("✔")
    assert "Theory: 10×10" in pinner.describe()
    assert pinner.png() != hidden
    pinner.controls["row"].value += 1  # the field is as large there
    assert pinner.revealed
    assert pinner.set(guess="10").revealed
    assert pinner._verdict().startswith("✔")
    pinner.set(layer=2)
    assert not pinner.revealed
    pinner.set(guess="6 6")
    assert pinner._verdict() == "✘ You said 6 6; it is 5 × 5."


# --- the exercises -----------------------------------------------------------------------------------------------


def test_an_answer_of_zeros_never_passes():
    zeros = {"values": (0, 0), "counts": [0] * 5}
    zeros |= {"layer_parameters": lambda k, c, f, use_bias=True: 0, "stack_field": lambda s: 0}
    zeros |= {"layer_macs": lambda h, w, k, c, f, strides=1: 0, "separable_weights": lambda k, c, f: 0}
    zeros["kernel_gradient"] = lambda i, g: np.zeros(np.array(i.shape) - g.shape + 1)
    exercises = [value for value in vars(check).values() if hasattr(value, "answer_name")]
    assert len(exercises) == len(zeros) == 7
    for exercise in exercises:
        assert exercise(zeros[exercise.answer_name]).status == "wrong", exercise.name


def test_the_library_solves_the_exercises():
    assert check.layer_parameters(shapes.conv_params).status == "correct"
    assert check.stack_field(lambda layers: shapes.receptive_field(layers).size).status == "correct"
    assert check.kernel_gradient(lambda image, grad: conv.conv2d(image, grad)).status == "correct"
    assert check.lenet_counts(np.array([608, 3216, 48120, 10164, 850])).status == "correct"
    assert "4 of its 5 entries are still ..." in check.lenet_counts([608, ...]).message
    assert check.layer_macs(lambda h, w, k, c, f, s=1: shapes.conv_macs((h, w), k, c, f, strides=s)).status == "correct"
    assert shapes.conv_macs((10, 11), 3, 1, 1, strides=2) == 4 * 5 * 9  # 7 / 2 is 3, and 8 / 2 is 4


def test_the_gradient_of_the_lessons_block_is_right():
    rng = np.random.default_rng(7)
    image, kernel, bias = rng.normal(size=(6, 6, 3)), rng.normal(size=(3, 3, 3, 2)), rng.normal(size=2)
    importance = rng.normal(size=(2, 2, 2))

    def loss():
        return (pooling.pool2d(np.maximum(conv.conv2d(image, kernel, bias), 0), 2) * importance).sum()

    summed = conv.conv2d(image, kernel, bias)
    grad = pooling.pool2d_backward(np.maximum(summed, 0), importance, 2) * (summed > 0)
    for array, by_hand in zip((image, kernel, bias), conv.conv2d_backward(image, kernel, grad), strict=True):
        for place in np.ndindex(array.shape):
            before = array[place]
            array[place] = before + 1e-5
            up = loss()
            array[place] = before - 1e-5
            down = loss()
            array[place] = before
            assert (up - down) / 2e-5 == pytest.approx(by_hand[place], abs=1e-6)
