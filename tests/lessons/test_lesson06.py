"""Lesson 06: the syllabus' figures, what the lesson shows of groups and stacks, the ledger explorer and its words."""

from __future__ import annotations

import io
import re

import keras
import numpy as np
import pytest
from PIL import Image

from cnnlab import conv, datasets, explore, ledger, shapes, zoo
from cnnlab.checks import lesson06 as check
from cnnlab.explore.networks.ledger_explorer import CLASSICS
from cnnlab.explore.networks.ledger_lines import read

# Keras' own saving and fitting turn TensorFlow's variables into arrays in a way that NumPy 2 complains about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setenv("CNNLAB_STRICT", "1")


@pytest.fixture(scope="module")
def explorer():
    return explore.LedgerExplorer()


def outline(name, *args, **options):
    return ledger.ledger(zoo.build(name, *args, kernel_initializer="zeros", **options))


# --- the figures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "params", "macs"),
    [
        ("LeNet-5", 61_706, 416_520),
        ("AlexNet", 60_965_224, 0.72e9),
        ("AlexNet, one tower", 62_378_344, 1.14e9),
        ("VGG-16", 138_357_544, 15.5e9),
        ("VGG-19", 143_667_240, 19.6e9),
        ("VGG-11", 132_863_336, 7.6e9),
    ],
)
def test_the_networks_of_the_syllabus(explorer, title, params, macs):
    book = explorer.book(title)
    assert book.params == params
    assert book.macs == pytest.approx(macs, rel=0.01)


def test_lenet_on_28_pixels_loses_only_in_fc1(explorer):
    book, small = explorer.book("LeNet-5"), outline("lenet5", (28, 28, 1))
    assert small.params == 44_426
    assert book.params - small.params == 144 * 120 == book.row("fc1").params - small.row("fc1").params


def test_alexnet_without_its_last_pooling_in_the_check_and_in_the_zoo():
    total, side, depth = check._alexnet(check._COPIED)
    assert (total, side, depth) == (201_838_952, 13, 256)
    assert shapes.dense_params(13 * 13 * 256, 4096) == 177_213_440
    assert check._alexnet(check._REPAIRED) == (62_378_344, 6, 256)


def test_alexnet_puts_out_659_272_values(explorer):
    names = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc1", "fc2", "predictions")
    assert sum(np.prod(explorer.book("AlexNet").row(name).output_shape) for name in names) == 659_272


def test_where_alexnet_and_vgg_keep_what(explorer):
    for title, convolutions, work in (("AlexNet", 0.04, 0.92), ("VGG-16", 0.106, 0.992)):
        book = explorer.book(title)
        rows = [row for row in book if "conv" in row.name]
        assert sum(row.params for row in rows) / book.params == pytest.approx(convolutions, abs=0.005)
        assert sum(row.macs for row in rows) / book.macs == pytest.approx(work, abs=0.005)
    assert pytest.approx((89.4, 0.8), abs=0.05) == check._SHARES


def test_the_copied_lenet_table_and_the_right_one():
    model = keras.Sequential([keras.Input((32, 32, 3))])
    for filters in (8, 16):
        model.add(keras.layers.Conv2D(filters, 5))
        model.add(keras.layers.AveragePooling2D(2))
    model.add(keras.layers.Flatten())
    for units in (120, 84, 10):
        model.add(keras.layers.Dense(units))
    counts = tuple(layer.count_params() for layer in model.layers if layer.weights)
    assert counts == check._LENET == (608, 3_216, 48_120, 10_164, 850)


def test_training_vgg_keeps_more_outputs_than_parameters_with_all_that_belongs_to_them(explorer):
    book = explorer.book("VGG-16")
    kept = 4 * 4 * book.params  # float32, four times: parameter, gradient, Adam's two means
    outputs = 64 * book.activation_bytes
    assert (round(kept / 2**30, 2), round(outputs / 2**30, 2), round(outputs / kept, 1)) == (2.06, 3.64, 1.8)


def test_keras_metric_can_read_the_scores_of_the_check():
    for scores in (check._SCORES, check._wide()[0]):
        assert scores.dtype == np.float32  # TensorFlow's in_top_k takes no other
        assert len(np.unique(scores)) >= scores.shape[1]


@pytest.mark.parametrize("field", range(2, 16))
def test_the_stack_of_the_exercise_is_the_smallest_that_sees_enough(field):
    layers, weights = check._stack(field)
    assert shapes.receptive_field([(3,)] * layers).size >= field
    assert layers == 1 or shapes.receptive_field([(3,)] * (layers - 1)).size < field
    assert weights == 9 * layers


@pytest.mark.parametrize("share", [0.6, 0.7, 0.78, 0.82, 1.0])
def test_a_share_near_the_right_one_is_not_right(share):
    assert "Give two decimals" in check.vgg_shares((89.36, share)).message


@pytest.mark.parametrize(("layers", "field"), [(1, 3), (2, 5), (3, 7)])
def test_stacks_of_3x3_see_as_far_with_fewer_weights(layers, field):
    model = keras.Sequential([keras.Input((28, 28, 8))])
    for _ in range(layers):
        model.add(keras.layers.Conv2D(8, 3, padding="same", use_bias=False))
    one = keras.Sequential([keras.Input((28, 28, 8)), keras.layers.Conv2D(8, field, padding="same", use_bias=False)])
    stack, large = ledger.ledger(model), ledger.ledger(one)
    assert stack.receptive_field[0].size == large.receptive_field[0].size == field
    assert (stack.params, large.params) == (9 * layers * 64, field * field * 64)
    assert stack.macs * field * field == large.macs * 9 * layers


def test_two_linear_layers_are_one_and_a_relu_between_them_makes_the_difference():
    rng = np.random.default_rng(0)
    image, a, b = rng.integers(0, 9, (8, 8)), rng.integers(-3, 4, (3, 3)), rng.integers(-3, 4, (3, 3))
    merged = conv.conv2d(np.pad(b, 2), a[::-1, ::-1])  # each value of b spread by a
    first = conv.conv2d(image, a)
    assert (first < 0).any()
    assert np.array_equal(conv.conv2d(first, b), conv.conv2d(image, merged))
    assert not np.array_equal(conv.conv2d(np.maximum(first, 0), b), conv.conv2d(image, merged))


def test_groups_are_a_full_layer_with_half_of_its_weights_zero():
    rng = np.random.default_rng(0)
    maps, kernel = rng.integers(0, 5, (6, 6, 4)), rng.integers(-2, 3, (3, 3, 2, 6))
    full = np.zeros((3, 3, 4, 6), int)
    full[:, :, :2, :3], full[:, :, 2:, 3:] = kernel[..., :3], kernel[..., 3:]
    assert np.array_equal(conv.conv2d(maps, kernel, groups=2), conv.conv2d(maps, full))


@pytest.mark.parametrize(("n", "remainder"), [(224, 1), (227, 0)])
def test_alexnet_needs_227_pixels(n, remainder):
    assert (n - 11) % 4 == remainder
    assert (shapes.output_size(n, 11, strides=4) == 55) is (remainder == 0)


def test_response_normalisation_by_hand():
    values = np.array([10, 10, 10, 10, 200, 10, 10], "float32")
    layer = zoo.build("alexnet", (67, 67, 3), kernel_initializer="zeros").get_layer("lrn1")
    result = keras.ops.convert_to_numpy(layer(values[None, None, None]))[0, 0, 0]
    assert [f"{y:.1f}" for y in result] == ["5.9", "5.9", "2.6", "2.6", "51.9", "2.6", "2.6"]


def test_sigmoids_are_stuck_where_tanh_learns():
    train, test = datasets.digits(size=20), datasets.digits(size=20)
    pictures = np.pad(train.images, ((0, 0), (4, 4), (4, 4), (0, 0))).astype("float32") / 255
    reached, moved = {}, {}
    for activation in ("sigmoid", "tanh"):
        keras.utils.set_random_seed(0)
        model = zoo.build("lenet5", (28, 28, 1), padding="same", activation=activation)
        start = model.get_layer("conv1").get_weights()[0]
        model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(pictures[:1400], train.labels[:1400], epochs=2, batch_size=32, verbose=0)
        reached[activation] = model.evaluate(pictures[1400:], test.labels[1400:], verbose=0)[1]
        moved[activation] = np.abs(model.get_layer("conv1").get_weights()[0] - start).mean() / np.abs(start).mean()
    assert reached["sigmoid"] < 0.3 < 0.7 < reached["tanh"]
    assert moved["sigmoid"] < 0.1 < 0.3 < moved["tanh"]


# --- the explorer -----------------------------------------------------------------------------------------------------


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


def test_the_quiz_hides_and_reveals():
    quiz = explore.LedgerExplorer(network="LeNet-5", layer="conv2", predict=True)
    assert "reads 14×14×6, 16 filters of 5×5" in quiz.question()
    assert quiz.answer() == 2_416
    for secret in ("2,416", "61,706", "240,000", "4%"):
        assert secret not in quiz.describe()
    hidden = picture(quiz)
    quiz.view()
    quiz.controls["guess"].value = "2416"
    assert "= 2,416" in quiz.describe()
    assert (picture(quiz) != hidden).any()
    quiz.set(layer="pool2")
    assert not quiz.revealed
    assert quiz.answer() == 0


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
    with pytest.raises(ValueError, match="`models` must have layers"):
        explore.LedgerExplorer(keras.Model(inputs, inputs))
    with pytest.raises(ValueError, match="must have its weights"):
        explore.LedgerExplorer(keras.Sequential([keras.layers.Dense(2)]))
