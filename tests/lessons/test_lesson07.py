"""Lesson 07: the syllabus' figures, gradients by hand against Keras', plain against residual, gates, both explorers."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest
from keras import layers
from lesson_files import notebook, texts

from cnnlab import datasets, explore, ledger, shapes, zoo
from cnnlab.checks import lesson07 as check
from cnnlab.explore.networks.deep_net import draw_weights, flow
from cnnlab.explore.networks.gates import read_gates
from cnnlab.explore.networks.residual_explorer import scientific
from cnnlab.models.zoo import inception, senet

# Keras' variables follow NumPy 1's protocol for copies; NumPy 2 warns, and nothing here could change it.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setenv("CNNLAB_STRICT", "1")


# --- the figures ------------------------------------------------------------------------------------------------------


def test_a_bottleneck_before_the_5x5():
    assert shapes.conv_macs(28, 5, 192, 32, padding="same") == 120_422_400
    assert shapes.conv_macs(28, 1, 192, 16) == 2_408_448
    assert shapes.conv_macs(28, 5, 16, 32, padding="same") == 10_035_200


def test_the_naive_inception_module():
    x = keras.Input((28, 28, 192))
    book = ledger.ledger(keras.Model(x, inception.inception_naive(x)))
    assert book[-1].output_shape == (28, 28, 416)
    costs = {row.params: row.macs for row in book if row.params}
    assert list(costs) == [12_288 + 64, 221_184 + 128, 153_600 + 32]
    assert [round(macs / 1e6, 1) for macs in costs.values()] == [9.6, 173.4, 120.4]
    assert (book.params, book.macs) == (387_072 + 224, 303_464_448)


def test_the_reduced_inception_module():
    x = keras.Input((28, 28, 192))
    book = ledger.ledger(keras.Model(x, inception.inception(x)))
    assert (book[-1].output_shape, book.params) == ((28, 28, 256), 163_328 + 368)
    assert round(book.macs / 1e6, 1) == 128.0


def test_a_module_is_paid_for_by_the_next():
    costs = [784 * width * (64 + 9 * 128 + 25 * 32) for width in (192, 416, 640, 864)]
    assert costs[0] == 303_464_448
    assert round(costs[1] / 1e6) == 658
    assert round(costs[3] / 1e9, 1) == 1.4


def test_googlenets_last_layer_after_a_flatten():
    rest = 6_998_552 - shapes.dense_params(1024, 1000)
    assert shapes.dense_params(7 * 7 * 1024, 1000) / rest == pytest.approx(8.4, abs=0.05)


def test_googlenet_and_its_heads():
    heads = [4 * 4 * 128 * 1024 + 1024 + 128 * channels + 128 + 1_025_000 for channels in (512, 528)]
    assert zoo.build("googlenet", kernel_initializer="zeros").count_params() == 6_998_552
    assert 6_998_552 + sum(heads) == 13_378_280
    assert zoo.build("googlenet", auxiliary=True, kernel_initializer="zeros").count_params() == 13_378_280
    assert inception.MODULES["inception3b"].channels == 480


@pytest.mark.parametrize(
    ("depth", "params", "macs"),
    [(18, 11_689_512, 1.8), (34, 21_797_672, 3.7), (50, 25_557_032, 3.9), (101, 44_549_160, 7.6),
     (152, 60_192_808, 11.3)],
)  # fmt: skip
def test_the_resnets(depth, params, macs):
    book = ledger.ledger(zoo.build(f"resnet{depth}", kernel_initializer="zeros"))
    assert book.trainable_params == params
    assert round(book.macs / 1e9, 1) == macs  # the paper prints 1.8, 3.6, 3.8, 7.6 and 11.3
    assert [row.kind for row in book].count("MaxPooling2D") == 1
    assert book.row("stem_pool").output_shape == (56, 56, 64)


def test_the_two_strides_of_resnet50_span_the_published_multiply_adds():
    later = ledger.ledger(zoo.build("resnet50", strided_conv=2, kernel_initializer="zeros"))
    assert 4.0 < later.macs / 1e9 < 4.1


def test_keras_counts_biases_and_statistics_too():
    assert 25_557_032 + 26_560 + 53_120 == 25_636_712  # of keras.applications.ResNet50, asserted in test_zoo.py


def test_se_resnet50_adds_a_tenth_of_the_parameters_and_no_work():
    book = ledger.ledger(zoo.build("seresnet50", kernel_initializer="zeros"))
    extra = sum(n * (2 * c * c // 16 + c // 16 + c) for n, c in [(3, 256), (4, 512), (6, 1024), (3, 2048)])
    assert book.trainable_params == 28_088_024 == 25_557_032 + extra
    assert extra / 25_557_032 == pytest.approx(0.1, abs=0.005)


def test_squeezenet_and_its_first_fire_module():
    body = ledger.ledger(zoo.build("squeezenet", include_top=False, kernel_initializer="zeros"))
    assert body.params == 722_496
    fire = [body.row(f"fire2_{part}").params for part in ("squeeze1x1", "expand1x1", "expand3x3")]
    assert fire == [1_040, 1_088, 9_280]
    assert sum(body.row(f"fire4_{part}").params for part in ("squeeze1x1", "expand1x1", "expand3x3")) == 45_344
    assert round(60_965_224 / zoo.build("squeezenet", kernel_initializer="zeros").count_params()) == 49


def test_the_toy_residual_block():
    inputs = keras.Input((28, 28, 3))
    a = layers.Conv2D(128, 3, padding="same")(inputs)
    z = layers.Conv2D(128, 3, padding="same")(layers.Conv2D(64, 3, padding="same")(a))
    model = keras.Model(inputs, layers.Add()([z, a]))
    assert [layer.count_params() for layer in model.layers if layer.weights] == [3_584, 73_792, 73_856]
    assert model.count_params() == 151_232


def test_an_addition_of_other_shapes_is_refused_or_repeats_a_channel():
    with pytest.raises(ValueError, match=r"incompatible shapes.*\(28, 28, 64\) and \(14, 14, 128\)"):
        layers.Add()([keras.Input((28, 28, 64)), keras.Input((14, 14, 128))])
    assert layers.Add()([keras.Input((28, 28, 64)), keras.Input((28, 28, 1))]).shape == (None, 28, 28, 64)


@pytest.mark.parametrize(("before", "after"), check._SHAPES)
def test_the_projection_of_the_exercise_makes_the_shapes_equal(before, after):
    shortcut = keras.Input(before)
    if projection := check._shortcut(before, after):
        filters, strides = projection
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same")(shortcut)
    assert shortcut.shape[1:] == after


def test_the_zoo_multiplies_by_gates_as_the_exercise_does():
    x = keras.Input((5, 6, 16))
    model = keras.Model(x, senet.squeeze_excite(x, "unit", reduction=4))
    image = np.random.default_rng(0).normal(size=(5, 6, 16)).astype("float32")
    namespace: dict = {"np": np}
    exec(check.squeeze_excite.solution_source, namespace)
    ours = namespace["squeeze_excite"](image, *(keras.ops.convert_to_numpy(w) for w in model.weights))
    np.testing.assert_allclose(ours, keras.ops.convert_to_numpy(model(image[None]))[0], atol=1e-5)


FIGURES = """
directly: 120,422,400 | 2,408,448 + 10,035,200 = 12,443,648
12,288 weights +  64 biases     9.6 M | 221,184 weights + 128 biases   173.4 M | 153,600 weights +  32 biases   120.4 M
387,072 weights + 224 biases   303.5 M | (None, 28, 28, 416)
(28, 28, 256) | 163,328 weights + 368 biases, 128.0 M
6,998,552 | 13,378,280
3,584 | 73,792 | 73,856 | in all: 151,232
11,689,512 trainable parameters    1.8 G | 21,797,672 trainable parameters    3.7 G
25,557,032 trainable parameters    3.9 G | 44,549,160 trainable parameters    7.6 G
60,192,808 trainable parameters   11.3 G | in the 3x3: 4.09 G
keras.applications.ResNet50: 25,636,712 | max-poolings in ResNet-152: ['stem_pool']
28,088,024 | SqueezeNet 1.1 without its classifier: 722,496
"""


def test_the_notebook_shows_every_figure():
    shown = "\n".join(texts(cell) for cell in notebook("07_going_deeper").cells)
    figures = [figure.strip() for line in FIGURES.strip().splitlines() for figure in line.split(" | ")]
    assert [figure for figure in figures if figure not in shown] == []


# --- forwards and backwards by hand -----------------------------------------------------------------------------------


def keras_network(depth, filters, skip, normalized):
    """The same network in Keras; going back is then its business."""

    def conv(a):
        z = layers.Conv2D(filters, 3, padding="same", use_bias=False)(a)
        return layers.BatchNormalization(epsilon=1e-5)(z) if normalized else z

    a = inputs = keras.Input((8, 8, 1))
    a = layers.ReLU()(conv(a))
    for _ in range(depth // 2):
        z = conv(layers.ReLU()(conv(a)))
        a = layers.ReLU()(z + a if skip else z)
    return keras.Model(inputs, layers.Dense(10, use_bias=False)(layers.GlobalAveragePooling2D()(a)))


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("skip", [False, True])
def test_gradients_by_hand_are_those_of_keras(skip, normalized):
    digits = datasets.digits()
    images, labels = (digits.images[:10] / 255).astype("float32"), digits.labels[:10]
    weights = draw_weights(6, 1, 8, 10, 2.0, seed=3)
    model = keras_network(6, 8, skip, normalized)
    kernels = [v for v in model.trainable_variables if v.path.endswith("kernel")]
    for variable, value in zip(kernels, weights, strict=True):
        variable.assign(value)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    # Momentum starts at zero: after one step with learning rate 1 it holds minus the gradient.
    model.compile(keras.optimizers.SGD(1.0, momentum=0.9), loss, run_eagerly=True)
    model.train_on_batch(images, labels)
    memory = [keras.ops.convert_to_numpy(v) for v in model.optimizer.variables if len(v.shape) == 4]
    by_hand = flow(weights, images, labels, skip=skip, normalized=normalized)
    np.testing.assert_allclose(by_hand.kernels, [np.linalg.norm(v) for v in memory], rtol=2e-3)


def test_the_hand_written_kernel_gradient_is_that_of_finite_differences():
    rng = np.random.default_rng(1)
    images, labels = rng.random((3, 5, 4, 2)), np.array([0, 2, 1])
    weights = draw_weights(2, 2, 3, 3, 2.0, seed=0)

    def relu(v):
        return np.maximum(v, 0)

    def conv(a, k):
        padded = np.pad(a, ((0, 0), (1, 1), (1, 1), (0, 0)))
        return sum(padded[:, i : i + 5, j : j + 4] @ k[i, j] for i, j in np.ndindex(3, 3))

    def loss(weights):
        a = relu(conv(images, weights[0]))
        a = relu(conv(relu(conv(a, weights[1])), weights[2]) + a)
        logits = a.mean(axis=(1, 2)) @ weights[3]
        return -(logits[range(3), labels] - np.log(np.exp(logits).sum(axis=1))).mean()

    lengths = []
    for number in range(3):
        slopes = []
        for place in np.ndindex(weights[number].shape):
            values = []
            for step in (1e-5, -1e-5):
                moved = [w.copy() for w in weights]
                moved[number][place] += step
                values.append(loss(moved))
            slopes.append((values[0] - values[1]) / 2e-5)
        lengths.append(np.linalg.norm(slopes))
    by_hand = flow(weights, images, labels, skip=True, normalized=False)
    np.testing.assert_allclose(by_hand.kernels, lengths, rtol=1e-4)


# --- the residual explorer --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_what_the_lesson_says_of_the_signals_holds_for_every_seed(seed):
    explorer = explore.ResidualExplorer(depth=26, seed=seed)
    for quantity, last in (("signal forwards", -1), ("gradient backwards", 0), ("kernel gradients", 0)):
        explorer.set(quantity=quantity, weights="Glorot", normalization="none")
        plain, residual = explorer.sizes("plain"), explorer.sizes("residual")
        assert residual[last] > 1000 * plain[last]
    explorer.set(weights="He", quantity="signal forwards")
    assert explorer.sizes("residual")[-1] > 5 * explorer.sizes("residual")[0]
    explorer.set(normalization="batch", quantity="kernel gradients")
    plain, residual = explorer.sizes("plain"), explorer.sizes("residual")
    assert plain[0] / plain[-1] > 20
    assert plain[0] / plain[-1] > 2.5 * residual[0] / residual[-1]
    assert explorer.answer() == "smaller"


def test_the_words_hold_the_numbers():
    explorer = explore.ResidualExplorer(quantity="signal forwards")
    values, words = explorer.sizes("plain"), explorer.describe()
    factor = (values[-1] / values[0]) ** (1 / 25)
    assert f"{factor:.2f} a layer" == "0.64 a layer"
    assert f"going forwards times {factor:.2f} a layer, {scientific(values[-1] / values[0])} over 25 layers" in words
    ratio = explorer.sizes("residual")[-1] / values[-1]
    assert f"In layer 26 the residual network's is {scientific(ratio)} times the plain one's." in words
    assert explorer.figure().alt == words


def test_a_step_of_training_is_put_beside_the_kernel():
    explorer = explore.ResidualExplorer(depth=10)
    length = np.linalg.norm(draw_weights(10, 1, 16, 10, 1.0, 0)[1])
    assert f"layer 1's kernel, of length {length:.1f}" in explorer.describe()
    assert f"the plain one by {scientific(0.1 * explorer.sizes('plain')[0])}" in explorer.describe()


def test_an_odd_depth_is_no_choice_of_the_control():
    explorer = explore.ResidualExplorer(depth=4)
    with pytest.raises(ValueError, match="`depth` must be one of 2, 4, .* Received: 21"):
        explorer.set(depth=21)
    assert explorer.depth == 4
    assert "over 1 layer." in explorer.set(depth=2).describe()


def test_the_residual_quiz_hides_and_reveals():
    quiz = explore.ResidualExplorer(predict=True)
    hidden, before = quiz.describe(), quiz.png()
    assert "appears with your guess" in hidden
    assert "residual:" not in hidden
    assert scientific(quiz.sizes("residual")[0]) not in hidden
    quiz.view()
    quiz.set(guess="larger")
    assert "and so it is" in quiz._asked.value
    assert "residual: layer 1" in quiz.describe()
    assert quiz.png() != before


def test_other_pictures_can_be_passed():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (4, 6, 7, 3), dtype=np.uint8)
    explorer = explore.ResidualExplorer(4, images=images, labels=[0, 1, 2, 1], filters=5)
    assert "4 pictures of 6×7" in explorer.describe()
    scaled = explore.ResidualExplorer(4, images=images / 255, labels=[0, 1, 2, 1], filters=5)
    np.testing.assert_allclose(explorer.sizes("plain"), scaled.sizes("plain"), rtol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (dict(depth=7), ValueError, "`depth` must be even"),
        (dict(depth=42), ValueError, "`depth` must be a whole number from 2 to 40. Received: 42"),
        (dict(weights="Xavier"), ValueError, "`weights` must be one of 'Glorot', 'He'"),
        (dict(quantity="gradient"), ValueError, "Did you mean"),
        (dict(seed=5), ValueError, "`seed`"),
        (dict(labels=[1]), ValueError, "`labels` need `images`"),
        (dict(images=np.zeros((2, 8, 8))), ValueError, "(N, H, W, C)"),
        (dict(images=np.zeros((2, 8, 8, 1)), labels=[1]), ValueError, "one a picture, 2. Received: 1"),
        (dict(images=np.zeros((2, 8, 8, 1)), labels=[0.5, 1.0]), ValueError, "whole numbers"),
        (dict(images=np.zeros((1, 8, 8, 1)), labels=[0]), ValueError, "at least 2 pictures"),
        (dict(images=np.full((2, 8, 8, 1), np.nan), labels=[0, 1]), ValueError, "finite"),
    ],
)
def test_the_residual_explorer_refuses(arguments, error, says):
    with pytest.raises(error, match=re.escape(says)):
        explore.ResidualExplorer(**arguments)


@pytest.mark.parametrize(
    ("value", "words"),
    [(1.74e-6, "1.7·10⁻⁶"), (9.96e-4, "1.0·10⁻³"), (0.73, "0.73"), (1234, "1,200"), (690_000, "6.9·10⁵"), (1.0, "1")],
)
def test_numbers_in_two_digits(value, words):
    assert scientific(value) == words


# --- the gate viewer --------------------------------------------------------------------------------------------------


def gated(channels=4, name="scale"):
    x = keras.Input((5, 5, channels))
    gate = layers.Dense(channels, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    return keras.Model(x, layers.Multiply(name=name)([gate, x]))  # the gate first: the order must not matter


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(5)
    return rng.normal(size=(12, 5, 5, 4)).astype("float32"), np.arange(12) % 3


def test_gates_are_read_and_put_into_words(pictures):
    keras.utils.set_random_seed(0)
    model, (images, labels) = gated(), pictures
    kernel, bias = (keras.ops.convert_to_numpy(w) for w in model.weights)
    gates = 1 / (1 + np.exp(-(images.mean(axis=(1, 2)) @ kernel + bias)))
    viewer = explore.GateViewer(model, images, labels, class_names=["a", "b", "c"])
    np.testing.assert_allclose(read_gates(model, images)[0].gates, gates, atol=1e-5)
    words = viewer.set(picture=7, channel=2).describe()
    mean, gate = images[7, ..., 2].mean(), gates[7, 2]
    row, column = np.unravel_index(abs(images[7, ..., 2]).argmax(), (5, 5))
    value = images[7, row, column, 2]
    expected = f"mean {mean:.2f} → gate {gate:.2f}. Its strongest value, row {row} column {column}: "
    expected += f"{value:.2f} · {gate:.2f} ≈ {value * gate:.2f}."
    assert expected.replace("-", "−") in words
    assert "Picture 7, class b." in words
    by_class = ", ".join(f"{name}: {gates[labels == c, 2].mean():.2f}" for c, name in enumerate("abc"))
    assert f"by class {by_class}." in words
    between, within = viewer.spread()
    means = np.array([gates[labels == c].mean(axis=0) for c in range(3)])
    assert between == pytest.approx(means.std(axis=0).mean(), abs=1e-5)
    assert within == pytest.approx((gates - means[labels]).std(axis=0).mean(), abs=1e-5)


def test_units_of_different_width_share_the_controls():
    x = keras.Input((8, 8, 6))
    a = senet.squeeze_excite(x, "first", reduction=2)
    a = senet.squeeze_excite(layers.Conv2D(40, 3)(a), "second", reduction=4)
    images = np.random.default_rng(0).random((2, 8, 8, 6)).astype("float32")
    model = keras.Model(x, a)
    viewer = explore.GateViewer(model, images, [0, 30], unit=1)
    assert viewer.controls["channel"].max == 39
    assert viewer.set(channel=39).png().startswith(b"\x89PNG")
    gates = read_gates(model, images)[0].gates
    furthest = np.abs(gates[0] - gates.mean(axis=0)).argmax()
    assert viewer.set(unit="first_se_scale").state()["channel"] == furthest
    assert "6 channels" in viewer.describe()
    assert viewer.set(channel=0, unit="second_se_scale").state()["channel"] == 0  # what is asked for stays


def test_small_gates_are_not_written_as_nothing(pictures):
    model, (images, labels) = gated(), pictures
    kernel, bias = model.get_weights()
    model.set_weights([0 * kernel, np.full_like(bias, -6)])  # 1 / (1 + e⁶) = 0.0025
    viewer = explore.GateViewer(model, images, labels)
    assert "→ gate 0.0025. Its strongest value" in viewer.describe()
    assert "pictures: 0.0025; by class 0: 0.0025" in viewer.describe()
    assert "0.0025" in explore.GateViewer(model, images, labels, predict=True).question()


def test_the_gate_quiz_hides_and_reveals(pictures):
    model = gated()
    quiz = explore.GateViewer(model, *pictures, predict=True)
    gates = read_gates(model, pictures[0])[0].gates
    for number, channel in np.ndindex(4, 4):
        expected = "higher" if gates[number, channel] > gates[:, channel].mean() else "lower"
        assert quiz.set(picture=number, channel=channel).answer() == expected
    assert "gate 0." not in quiz.describe()
    before = quiz.png()
    quiz.view()
    quiz.set(guess=quiz.answer())
    assert "and so it is" in quiz._asked.value
    assert "→ gate 0." in quiz.describe()
    assert quiz.png() != before


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (dict(model=keras.Sequential([keras.Input((5, 5, 4)), layers.ReLU()])), ValueError, "must hold a Multiply"),
        (dict(model="se"), TypeError, "`model` must be a keras.Model. Received: str"),
        (dict(images=np.zeros((12, 5, 5))), ValueError, "(N, H, W, C)"),
        (dict(images=np.zeros((12, 6, 5, 4))), ValueError, "`images` must have shape (N, 5, 5, 4)"),
        (dict(labels=[0, 1]), ValueError, "`labels` must be 12 whole numbers"),
        (dict(labels=None), ValueError, "are needed with a `model`"),
        (dict(class_names=["a"]), ValueError, "must name 3 classes. Received: 1"),
        (dict(unit=1), ValueError, "`unit` must be a whole number from 0 to 0"),
        (dict(images=np.zeros((401, 5, 5, 4)), labels=[0] * 401), ValueError, "1 to 400"),
        (dict(model=None), ValueError, "need a `model`"),
    ],
)
def test_the_gate_viewer_refuses(pictures, change, error, says):
    arguments = {"model": gated(), "images": pictures[0], "labels": pictures[1], **change}
    with pytest.raises(error, match=re.escape(says)):
        explore.GateViewer(arguments.pop("model"), arguments.pop("images"), arguments.pop("labels"), **arguments)


def test_a_multiplication_by_more_than_one_is_no_gate(pictures):
    x = keras.Input((5, 5, 4))
    gate = layers.Rescaling(3.0, offset=2.0)(layers.GlobalAveragePooling2D(keepdims=True)(x))
    with pytest.raises(ValueError, match="a gate must lie from 0 to 1"):
        explore.GateViewer(keras.Model(x, layers.Multiply()([x, gate])), *pictures)


# --- the experiments --------------------------------------------------------------------------------------------------


def small_network(units, skip):
    """A stem, units of two convolutions with batch normalisation on 4×4 pixels, a classifier: the lesson's."""
    a = inputs = keras.Input((8, 8, 1))
    a = layers.MaxPooling2D()(layers.Conv2D(16, 3, padding="same", activation="relu")(a))
    for _ in range(units):
        z = layers.Conv2D(16, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(a)
        z = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(z))
        z = layers.Conv2D(16, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(z)
        z = layers.BatchNormalization(momentum=0.9)(z)
        a = layers.ReLU()(layers.Add()([z, a]) if skip else z)
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(a)))


def trained_accuracies(skip, units=12, epochs=3):
    """Training accuracy on the small digits for seeds 0, 1 and 2, of one compiled network."""
    digits = datasets.digits()
    images, labels = (digits.images[:1400] / 255).astype("float32"), digits.labels[:1400]
    model = small_network(units, skip)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss, metrics=["accuracy"])
    reached = []
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        model.set_weights(small_network(units, skip).get_weights())
        reached.append(model.fit(images, labels, batch_size=64, epochs=epochs, verbose=0).history["accuracy"][-1])
    return np.array(reached)


def test_residual_beats_plain_by_far_for_three_seeds():
    plain, residual = trained_accuracies(False), trained_accuracies(True)
    assert (residual - plain).min() > 0.15, (plain, residual)


def test_late_gates_know_the_classes_and_early_ones_do_not():
    viewer = explore.GateViewer()
    (first, _), (last, within) = (viewer.set(unit=f"unit{n}_scale").spread() for n in (1, 3))
    assert last > 2 * first
    assert last > 1.5 * within
