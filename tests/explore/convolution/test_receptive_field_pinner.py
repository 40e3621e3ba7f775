"""The receptive-field pinner: theory against what nudging one pixel after the other shows."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from small_models import lenet

from cnnlab import conv
from cnnlab.explore import ReceptiveFieldPinner
from cnnlab.explore.convolution.fields import parse_stack


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


def test_a_model_within_a_model_is_measured_too():
    base = keras.Sequential([keras.Input((12, 12, 1)), layers.Conv2D(2, 3, name="conv")], name="base")
    shared, inputs = layers.Conv2D(2, 3, padding="same", name="shared"), keras.Input((12, 12, 1))
    x = shared(shared(base(inputs)))  # of a layer used twice, the first use counts
    ends = layers.Add(name="sum")([layers.Conv2D(2, 1, 2)(x), layers.Conv2D(2, 6)(x)]), layers.Flatten(name="flat")(x)
    pinner = ReceptiveFieldPinner(keras.Model(inputs, ends))
    assert pinner._model.names[:2] == ["base/conv", "shared"]
    pinner.set(layer="shared", row=5, column=4)
    assert pinner.answer() == (5, 5)
    assert pinner.window() == (4, 3, 5, 5)
    assert np.argwhere(pinner.influence() > 0).min(axis=0).tolist() == [4, 3]
    assert np.argwhere(pinner.influence() > 0).max(axis=0).tolist() == [8, 7]
    assert "sum (its inputs have different strides)" in pinner.describe()
    assert "flat (a Flatten layer has no window on the picture)" in pinner.describe()


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
