"""The ledger explorer: its equations against Keras' counts, its words, its page, and what it refuses."""

from __future__ import annotations

import io
import re

import keras
import numpy as np
import pytest
from PIL import Image

from cnnlab import explore, zoo
from cnnlab.explore.networks.ledger_explorer import CLASSICS
from cnnlab.explore.networks.ledger_lines import read


@pytest.fixture(scope="module")
def explorer():
    return explore.LedgerExplorer()


def equations(line):
    """Left and right side of every equation of a line, as numbers."""
    for text in (line.params, line.macs, line.memory):
        if "=" in text:
            left, right = text.split(" = ")
            words = re.sub(r"[a-z]+", "", left).replace(",", "").replace("·", "*")
            yield eval(re.sub(r"\s+", "", words)), int(re.match(r"[\d,]+", right)[0].replace(",", ""))


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "vgg11", "squeezenet", "resnet18"])
def test_every_equation_comes_out_and_agrees_with_keras(name):
    options = {} if name in ("lenet5", "alexnet") else {"include_top": False}
    model = zoo.build(name, kernel_initializer="zeros", **options)
    book, lines = read(model)
    assert sum(line.row.params for line in lines) == model.count_params()
    checked = 0
    for line in lines:
        for left, right in equations(line):
            assert left == right, line
            checked += 1
        named = model.get_layer(line.row.name)
        if named.weights:
            assert f"= {named.count_params():,}" in line.params
        if "(" in line.field:
            left, size = line.field.split(";")[0].split(" = ")
            assert eval(left.replace("−", "-").replace("·", "*")) == int(size) == line.row.receptive_field[0].size
    assert checked >= 2 * sum(1 for layer in model.layers if layer.weights and "bn" not in layer.name)


def test_the_words_hold_the_arithmetic(explorer):
    explorer.set(network="AlexNet", beside="nothing", layer="conv2")
    words = explorer.describe()
    assert "60,965,224 parameters" in words
    assert "5·5·48 · 256 filters + 256 biases = 307,456" in words
    assert "27·27 positions · 5·5·48 · 256 filters = 223,948,800" in words
    assert "19 + (5 − 1)·8 = 51; stride 8·1 = 8" in words
    assert "Most parameters in fc1: 62%" in words


def test_two_networks_are_compared(explorer):
    explorer.set(network="AlexNet", beside="VGG-16")
    assert "VGG-16 has 2.27 times the parameters, 21.4 times the multiply-adds, 7.32 times" in explorer.describe()
    explorer.set(beside="nothing")
    assert "times the parameters" not in explorer.describe()


def test_a_layer_of_the_same_name_stays_chosen(explorer):
    explorer.set(network="AlexNet", layer="conv2")
    assert explorer.set(network="LeNet-5").state()["layer"] == "conv2"
    assert explorer.set(network="VGG-19").state()["layer"] == "block1_conv1"
    with pytest.raises(ValueError, match="`layer` must be one of 'block1_conv1'.*Received: 'conv2'"):
        explorer.set(layer="conv2")
    assert explorer.state()["network"] == "VGG-19"


def picture(explorer):
    return np.asarray(Image.open(io.BytesIO(explorer.png())).convert("RGB")).astype(int)


def test_a_network_beside_itself_does_not_give_the_answer_away():
    one = explore.LedgerExplorer(network="LeNet-5", beside="LeNet-5", layer="conv2", predict=True)
    wide = explore.LedgerExplorer({"LeNet-5": zoo.build("lenet5"), "b": "lenet5"}, layer="conv2", predict=True)
    for quiz in (one, wide.set(beside="LeNet-5")):
        assert "2,416" not in quiz.describe()
        table = quiz.figure()
        assert "2,416" not in table.alt


def test_a_learners_own_model_is_read_and_not_kept():
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(32, 3, name="conv")], name="mine")
    own = explore.LedgerExplorer({"mine": model, "LeNet": "lenet5"})
    assert own.state() == {"network": "mine", "beside": "nothing", "layer": "conv"}
    assert "3·3·1 · 32 filters + 32 biases = 320" in own.describe()
    assert "mine, input 28×28×1: 320 parameters, 194,688 multiply-adds" in own.describe()
    assert not any(isinstance(thing, keras.Model) for source in own._books.values() for thing in source)


def test_shared_unknown_and_subclassed_layers_are_said():
    inputs = keras.Input((8, 8, 4))
    layer = keras.layers.Conv2D(4, 3, padding="same", name="twice")
    shared = explore.LedgerExplorer(keras.Model(inputs, layer(layer(inputs))))
    assert list(shared.controls["layer"].options) == ["twice", "twice (2)"]
    assert "none: weights counted in twice" in shared.set(layer="twice (2)").describe()

    sequence = keras.Sequential([keras.Input((5, 3)), keras.layers.LSTM(2, name="memory")])
    words = explore.LedgerExplorer(sequence).describe()
    assert "Multiply-adds not known of: memory." in words

    class Own(keras.Model):
        def __init__(self):
            super().__init__(name="own")
            self.dense = keras.layers.Dense(2, name="dense")

        def call(self, x):
            return self.dense(x)

    model = Own()
    model(np.ones((1, 3), "float32"))
    seen = explore.LedgerExplorer(model)
    assert "8 parameters" in seen.describe()
    assert "subclassed" in seen.describe()
    assert seen.png().startswith(b"\x89PNG")


def test_the_chosen_row_is_marked(explorer):
    middles = []
    for layer in ("conv1", "pool1", "predictions"):
        pixels = picture(explorer.set(network="LeNet-5", beside="nothing", layer=layer))
        rows = np.flatnonzero((pixels == (255, 241, 204)).all(axis=2).any(axis=1))  # the row's own colour
        assert np.ptp(rows) < 50
        middles.append(rows.mean())
    # One row further, and seven rows further: LeNet-5 has eight.
    assert (middles[2] - middles[0]) / (middles[1] - middles[0]) == pytest.approx(7, abs=0.2)


@pytest.mark.parametrize("titles", [list(CLASSICS)[:2], list(CLASSICS)[2:4]])
def test_no_text_leaves_the_page(explorer, titles):
    """The margins stay white, so that nothing is cut."""
    for beside in ("nothing", "VGG-19"):
        for title in titles:
            pixels = picture(explorer.set(network=title, beside=beside))
            assert (pixels[:, -14:] == 255).all(), (title, beside)
            assert (pixels[:, :14] == 255).all()


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"models": "lenet5"}, TypeError, "`models` must be a Keras model or a dict of title and model"),
        ({"models": {}}, TypeError, "`models` must be"),
        ({"models": {"a": "lenet6"}}, ValueError, "`models` must be one of .* Did you mean 'lenet5'"),
        ({"models": {"a": 3}}, TypeError, "must be a keras.Model. Received: int"),
        ({"models": {"nothing": "lenet5"}}, ValueError, "`models` must have titles"),
        ({"models": {1: "lenet5"}}, ValueError, "`models` must have titles"),
        ({"network": "VGG"}, ValueError, "`network` must be one of 'AlexNet'"),
        ({"beside": "VGG-17"}, ValueError, "`beside` must be one of .* Did you mean"),
        ({"network": "LeNet-5", "layer": "conv9"}, ValueError, "`layer` must be one of 'conv1'.* Received: 'conv9'"),
    ],
)
def test_bad_arguments_are_named(arguments, error, says):
    with pytest.raises(error, match=says):
        explore.LedgerExplorer(**arguments)


def test_a_model_without_layers_or_weights_is_refused():
    inputs = keras.Input((4,))
    with pytest.raises(ValueError, match="`models` must have layers|`inputs` not connected"):  # Keras 3.10 makes none
        explore.LedgerExplorer(keras.Model(inputs, inputs))
    with pytest.raises(ValueError, match="must have its weights"):
        explore.LedgerExplorer(keras.Sequential([keras.layers.Dense(2)]))
