"""Feature maps, patches, occlusion, saliency and Grad-CAM, each against an independent computation, on every kind of
model a learner may bring."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from cnnlab import activations
from cnnlab.models.taps import Taps

# Keras' variables follow NumPy 1's protocol for copies; NumPy 2 warns, and nothing here could change it.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

layers, ops = keras.layers, keras.ops

KINDS = ("sequential", "functional", "nested", "nested sequential", "separate softmax", "shortcut")
CONV = {kind: "base/conv2" if kind.startswith("nested") else "conv2" for kind in KINDS}


def features():
    return [
        layers.Conv2D(4, 3, activation="relu", name="conv1"),
        layers.MaxPooling2D(name="pool"),
        layers.Conv2D(5, 3, padding="same", activation="relu", name="conv2"),
    ]


def head(activation="softmax"):
    return [layers.GlobalAveragePooling2D(), layers.Dense(3, activation, name="head")]


def chained(x, *stack):
    for layer in stack:
        x = layer(x)
    return x


def build(kind: str) -> keras.Model:
    """The same network in several ways of writing it: 12×12×1 → 5×5×5 maps → 3 classes."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((12, 12, 1))
    if kind == "sequential":
        return keras.Sequential([inputs, *features(), layers.Dropout(0.5, name="dropout"), *head()])
    if kind == "nested sequential":
        base = keras.Sequential([inputs, *features()], name="base")
        return keras.Sequential([keras.Input((12, 12, 1)), base, *head()])
    x = chained(inputs, *features())
    if kind == "nested":
        base, outer = keras.Model(inputs, x, name="base"), keras.Input((12, 12, 1))
        return keras.Model(outer, chained(base(outer), *head()))
    if kind == "shortcut":  # the layer can be passed by: no cut behind conv2 separates picture and classes
        x = layers.Add()([x, layers.Conv2D(5, 1, name="around")(layers.AveragePooling2D(2)(inputs)[:, :5, :5])])
    ending = [*head(None), layers.Softmax()] if kind == "separate softmax" else head()
    return keras.Model(inputs, chained(x, *ending))


@pytest.fixture(scope="module")
def models():
    return {kind: build(kind) for kind in KINDS}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).uniform(size=(6, 12, 12, 1)).astype("float32")


def layer_of(model, name):
    *outer, last = name.split("/")
    for part in outer:
        model = model.get_layer(part)
    return model.get_layer(last)


def relu(x):
    return np.maximum(x, 0)


def convolve(x, layer, pad):
    kernel, bias = layer.get_weights()
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(1, 2))
    return relu(np.einsum("nhwckl,klcf->nhwf", windows, kernel) + bias)


def by_hand(model, kind, images):
    """conv1, pool and conv2 of the test network, in NumPy."""
    conv1 = convolve(images, layer_of(model, CONV[kind].replace("conv2", "conv1")), 0)
    pool = conv1.reshape(len(images), 5, 2, 5, 2, 4).max(axis=(2, 4))
    return conv1, pool, convolve(pool, layer_of(model, CONV[kind]), 1)


# --- feature maps -----------------------------------------------------------------------------------------------------


def test_feature_maps_are_the_layers_outputs(models, kind, pictures):
    prefix = CONV[kind].removesuffix("conv2")
    names = [f"{prefix}{name}" for name in ("conv1", "pool", "conv2")]
    maps = activations.feature_maps(models[kind], pictures, names)
    for name, expected in zip(names, by_hand(models[kind], kind, pictures), strict=True):
        np.testing.assert_allclose(maps[name], expected, atol=1e-5)
    one = activations.feature_maps(models[kind], pictures[0], names[-1])
    np.testing.assert_allclose(one, maps[names[-1]][:1], atol=1e-6)


def test_the_layers_are_listed_in_order(models, kind):
    prefix = CONV[kind].removesuffix("conv2")
    listed = activations.map_layers(models[kind])
    assert listed[f"{prefix}conv1"] == (10, 10, 4)
    assert listed[f"{prefix}conv2"] == (5, 5, 5)
    names = [name for name in listed if name.startswith(prefix)]
    assert names.index(f"{prefix}conv1") < names.index(f"{prefix}pool") < names.index(f"{prefix}conv2")


def test_the_model_is_left_alone(models, kind, pictures):
    model = models[kind]
    before, config = model.get_weights(), model.get_config()
    output = model.get_layer("head").output
    activations.grad_cam(model, pictures[0], layer=CONV[kind])
    activations.saliency(model, pictures[0])
    assert model.get_layer("head").output is output  # a layer called once more would have no single output
    assert model.get_config() == config
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_more_pictures_than_a_batch(models):
    pictures = np.random.default_rng(1).uniform(size=(300, 12, 12, 1))
    model = models["sequential"]
    maps = activations.feature_maps(model, pictures, "conv2")
    assert len(maps) == 300
    np.testing.assert_allclose(maps[290], activations.feature_maps(model, pictures[290], "conv2")[0], atol=1e-5)


def test_dropout_and_noise_are_off(models, pictures):
    first, second = (activations.feature_maps(models["sequential"], pictures, "dropout") for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_layer_used_twice_counts_once(pictures):
    inputs = keras.Input((12, 12, 1))
    shared = layers.Conv2D(1, 3, padding="same", name="shared")
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(shared(shared(inputs)))))
    maps = activations.feature_maps(model, pictures, "shared")
    np.testing.assert_allclose(maps, ops.convert_to_numpy(shared(pictures)), atol=1e-6)


def test_a_model_within_a_model_may_be_used_twice(pictures):
    inputs = keras.Input((12, 12, 1))
    inner_input = keras.Input((12, 12, 1))
    inner = keras.Model(inner_input, layers.Conv2D(1, 3, padding="same", name="conv")(inner_input), name="inner")
    joined = layers.Concatenate()([inner(inputs), inner(inner(inputs))])
    model = keras.Model(inputs, layers.Dense(2, "softmax")(layers.Flatten()(joined)))
    assert activations.map_layers(model)["inner/conv"] == (12, 12, 1)
    output, _ = Taps(model).run(pictures)
    np.testing.assert_allclose(ops.convert_to_numpy(output), ops.convert_to_numpy(model(pictures)), atol=1e-6)


# --- patches ----------------------------------------------------------------------------------------------------------


def test_the_strongest_patches(models, kind, pictures):
    maps = by_hand(models[kind], kind, pictures)[-1]
    found = activations.top_patches(models[kind], pictures, CONV[kind], [0, 3], count=4)
    for unit, patches in found.items():
        strongest = maps[..., unit].max(axis=(1, 2))
        assert [p.image for p in patches] == np.argsort(-strongest, kind="stable")[:4].tolist()
        for patch in patches:
            assert patch.value == pytest.approx(maps[patch.image, patch.row, patch.column, unit], abs=1e-5)


@pytest.mark.parametrize("layer", ["conv1", "pool", "conv2"])
def test_a_patch_is_all_that_its_unit_sees(models, layer, pictures):
    """Noise outside the window leaves the answer as it is; noise inside does not."""
    model = models["sequential"]
    unit = int(by_hand(model, "sequential", pictures)[-1].max(axis=(0, 1, 2)).argmax()) if layer == "conv2" else 1
    patch = activations.top_patches(model, pictures, layer, unit, count=1)[0]
    top, left, height, width = patch.window
    rows, columns = slice(max(top, 0), top + height), slice(max(left, 0), left + width)
    outside = np.random.default_rng(2).uniform(size=(12, 12, 1))
    outside[rows, columns] = pictures[patch.image][rows, columns]
    inside = pictures[patch.image].copy()
    inside[rows, columns] += 1.0
    changed, same = (
        activations.feature_maps(model, x, layer)[0, patch.row, patch.column, unit] for x in (inside, outside)
    )
    assert same == pytest.approx(patch.value, abs=1e-5)
    assert changed != pytest.approx(patch.value, abs=1e-3)


def test_a_patch_over_the_border_is_filled_with_zeros():
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(1, 3, padding="same", name="conv")])
    model.get_layer("conv").set_weights([np.ones((3, 3, 1, 1)), np.zeros(1)])
    image = np.zeros((1, 4, 4, 1))
    image[0, 0, 0] = 7  # 4 windows hold it; the first stands half outside
    patch = activations.top_patches(model, image, "conv", 0, count=3)[0]
    assert (patch.row, patch.column, patch.value) == (0, 0, 7.0)
    assert patch.window == (-1, -1, 3, 3)
    assert patch.pixels[..., 0].tolist() == [[0, 0, 0], [0, 7, 0], [0, 0, 0]]


def test_after_a_global_average_a_patch_is_the_picture(pictures):
    inputs = keras.Input((12, 12, 1))
    x = layers.GlobalAveragePooling2D(keepdims=True, name="mean")(layers.Conv2D(2, 3)(inputs))
    model = keras.Model(inputs, x)
    patch = activations.top_patches(model, pictures, "mean", 1, count=1)[0]
    assert patch.window == (0, 0, 12, 12)
    np.testing.assert_array_equal(patch.pixels, pictures[patch.image])


def test_a_model_for_pictures_of_any_size(pictures):
    model = keras.Sequential(
        [keras.Input((None, None, 1)), layers.Conv2D(2, 3, name="conv"), layers.GlobalMaxPooling2D(), layers.Dense(2)]
    )
    assert activations.map_layers(model)["conv"] == (None, None, 2)
    assert activations.feature_maps(model, pictures, "conv").shape == (6, 10, 10, 2)
    assert activations.top_patches(model, pictures, "conv", 0)[0].window[2:] == (3, 3)
    assert activations.grad_cam(model, pictures[0, :, :9], 1).heat.shape == (12, 9)


# --- occlusion --------------------------------------------------------------------------------------------------------


def test_occlusion_by_covering_one_by_one(models, kind, pictures):
    model, image = models[kind], pictures[0]
    result = activations.occlusion(model, image, 2, size=(3, 4), strides=(3, 2), fill=0.25)
    assert result.tops.tolist() == [0, 3, 6, 9]
    assert result.lefts.tolist() == [0, 2, 4, 6, 8]
    whole = float(keras.ops.convert_to_numpy(model(image[None]))[0, 2])
    heat, count = np.zeros((12, 12)), np.zeros((12, 12))
    for i, top in enumerate(result.tops):
        for j, left in enumerate(result.lefts):
            covered = image.copy()
            covered[top : top + 3, left : left + 4] = 0.25
            drop = whole - float(keras.ops.convert_to_numpy(model(covered[None]))[0, 2])
            assert result.drops[i, j] == pytest.approx(drop, abs=1e-6)
            heat[top : top + 3, left : left + 4] += drop
            count[top : top + 3, left : left + 4] += 1
    np.testing.assert_allclose(result.heat, heat / np.maximum(count, 1), atol=1e-6)


def test_occlusion_takes_the_first_choice_and_the_mean(models, pictures):
    model = models["functional"]
    first = int(ops.convert_to_numpy(model(pictures[:1]))[0].argmax())
    given = activations.occlusion(model, pictures[0], first, fill=float(pictures[0].mean()))
    default = activations.occlusion(model, pictures[0])
    assert default.class_index == first
    np.testing.assert_allclose(default.drops, given.drops, atol=1e-6)


# --- saliency and Grad-CAM --------------------------------------------------------------------------------------------


def logits(model, kind, images):
    """Scores before the softmax from probabilities: log p, up to one constant a picture, taken off class 0."""
    return np.log(ops.convert_to_numpy(model(images)).astype(float))


def test_saliency_against_nudged_pixels(models, kind, pictures):
    """Differences between two classes' scores do not depend on the softmax: log p_a − log p_b = z_a − z_b."""
    model, image = models[kind], pictures[0]
    one, two = (activations.saliency(model, image, c) for c in (0, 1))
    for row, column in [(2, 3), (6, 6), (9, 4)]:
        up, down = image.copy(), image.copy()
        up[row, column] += 2e-2
        down[row, column] -= 2e-2
        z = logits(model, kind, np.stack([up, down]))
        expected = ((z[0, 0] - z[0, 1]) - (z[1, 0] - z[1, 1])) / 4e-2
        got = (one.gradient - two.gradient)[row, column, 0]
        assert got == pytest.approx(expected, abs=2e-3)
    np.testing.assert_array_equal(one.heat, np.abs(one.gradient[..., 0]))
    z = logits(model, kind, image[None])[0]
    assert one.score - two.score == pytest.approx(z[0] - z[1], abs=1e-4)


def test_grad_cam_before_a_global_average_is_the_dense_weights(models, kind, pictures):
    """The score is Σ_k w_k · mean of map k + bias, so the gradient of map k is w_k / 25 everywhere."""
    model, image = models[kind], pictures[1]
    dense, bias = model.get_layer("head").get_weights()
    maps = by_hand(model, kind, image[None])[-1][0]
    result = activations.grad_cam(model, image, 2, CONV[kind])
    np.testing.assert_allclose(result.maps, maps, atol=1e-5)
    np.testing.assert_allclose(result.gradients, np.broadcast_to(dense[:, 2] / 25, (5, 5, 5)), atol=1e-6)
    np.testing.assert_allclose(result.weights, dense[:, 2] / 25, atol=1e-6)
    np.testing.assert_allclose(result.votes, maps @ dense[:, 2] / 25, atol=1e-5)
    if kind != "shortcut":
        assert result.score == pytest.approx(result.votes.sum() + bias[2], abs=1e-5)


@pytest.mark.parametrize("layer", ["conv1", "pool"])
def test_grad_cam_of_an_earlier_layer_against_nudged_maps(models, layer, pictures):
    model = models["functional"]
    dense, _ = model.get_layer("head").get_weights()
    conv1, pool, _ = by_hand(model, "functional", pictures[:1])
    result = activations.grad_cam(model, pictures[0], 1, layer)

    def score(maps):
        maps = maps.reshape(1, 5, 2, 5, 2, 4).max(axis=(2, 4)) if layer == "conv1" else maps
        return (convolve(maps, model.get_layer("conv2"), 1).mean(axis=(1, 2)) @ dense)[0, 1]

    maps = (conv1 if layer == "conv1" else pool).astype(float)
    lit = [tuple(place) for place in np.argwhere(maps > 0.05)]  # at 0, where maxima tie, there is no slope
    for place in lit[:: len(lit) // 6]:
        up, down = maps.copy(), maps.copy()
        up[place] += 1e-5
        down[place] -= 1e-5
        assert result.gradients[place[1:]] == pytest.approx((score(up) - score(down)) / 2e-5, abs=1e-4)


def test_the_default_layer_is_the_last_with_positions(models, pictures):
    assert activations.grad_cam(models["functional"], pictures[0]).layer == "conv2"
    assert activations.grad_cam(models["nested"], pictures[0]).layer == "base/conv2"
    assert activations.grad_cam(models["sequential"], pictures[0]).layer == "dropout"


def test_heat_is_what_is_positive_of_the_votes_enlarged(models, pictures):
    result = activations.grad_cam(models["functional"], pictures[0], 0)
    assert result.heat.shape == (12, 12)
    assert result.heat.min() >= 0
    assert result.heat.max() <= max(result.votes.max(), 0) + 1e-6
    again = ops.image.resize(relu(result.votes)[None, ..., None].astype("float32"), (12, 12), interpolation="bilinear")
    np.testing.assert_allclose(result.heat, ops.convert_to_numpy(again)[0, ..., 0], atol=1e-5)


def test_a_sure_network_still_has_a_slope(models, pictures):
    """Behind the softmax the slope of a sure class vanishes; before it, it does not."""
    model = build("functional")
    kernel, bias = model.get_layer("head").get_weights()
    model.get_layer("head").set_weights([kernel, bias + np.array([60, 0, 0])])
    assert float(model(pictures[:1])[0, 0]) == 1.0
    assert np.abs(activations.saliency(model, pictures[0], 0).gradient).max() > 1e-3


@pytest.mark.parametrize(
    ("last", "shift"), [({"activation": "sigmoid"}, True), ({"activation": "tanh"}, False), ({}, False)]
)
def test_which_endings_are_left_out(last, shift, pictures):
    model = keras.Sequential([keras.Input((12, 12, 1)), layers.Flatten(), layers.Dense(1, name="head", **last)])
    result = activations.saliency(model, pictures[0])
    kernel, _ = model.get_layer("head").get_weights()
    straight = pictures[0].ravel() @ kernel[:, 0]
    expected = straight if shift or not last else np.tanh(straight)
    assert result.score == pytest.approx(float(expected), abs=1e-5)
    if shift or not last:
        np.testing.assert_allclose(result.gradient.ravel(), kernel[:, 0], atol=1e-6)


def test_a_frozen_model_is_explained_too(pictures):
    model = build("nested")
    expected = activations.grad_cam(model, pictures[0], 1).votes
    model.trainable = False
    np.testing.assert_allclose(activations.grad_cam(model, pictures[0], 1).votes, expected, atol=1e-6)


def test_a_softmax_of_keras_ops_is_left_out(pictures):
    inputs = keras.Input((12, 12, 1))
    z = layers.Dense(2, name="head")(layers.Flatten()(inputs))
    model = keras.Model(inputs, ops.softmax(z))
    kernel, _ = model.get_layer("head").get_weights()
    assert activations.saliency(model, pictures[0], 1).score == pytest.approx(
        float(pictures[0].ravel() @ kernel[:, 1]), abs=1e-5
    )


def backends_own(name):
    """The backend's function, which Keras' own is not."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return getattr(tf.nn, name)
    return lambda x: getattr(ops, name)(x)


ENDINGS = {
    "backend": lambda: [layers.Dense(3, backends_own("softmax"), name="head")],
    "backend sigmoid": lambda: [layers.Dense(3, backends_own("sigmoid"), name="head")],
    "backend activation": lambda: [layers.Dense(3, name="head"), layers.Activation(backends_own("softmax"))],
    "layer": lambda: [layers.Dense(3, name="head"), layers.Softmax()],
    "layer as activation": lambda: [layers.Dense(3, layers.Softmax(), name="head")],
    "lambda": lambda: [layers.Dense(3, lambda x: ops.softmax(x), name="head")],
    "lambda layer": lambda: [layers.Dense(3, name="head"), layers.Lambda(lambda x: ops.softmax(x))],
    "log_softmax": lambda: [layers.Dense(3, "log_softmax", name="head")],
    "backend log_softmax": lambda: [layers.Dense(3, backends_own("log_softmax"), name="head")],
    "log_sigmoid": lambda: [layers.Dense(3, "log_sigmoid", name="head")],
    "reshape": lambda: [layers.Dense(3, "softmax", name="head"), layers.Reshape((3,))],
    "maps and flatten": lambda: [
        layers.Reshape((1, 1, 144)),
        layers.Conv2D(3, 1, activation="softmax", name="head"),
        layers.Activation("linear"),
        layers.Flatten(),
        layers.Dropout(0.5),
    ],
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("nested", [False, True])
def test_the_score_is_what_enters_the_softmax_however_that_is_written(ending, nested, pictures):
    model = keras.Sequential([keras.Input((12, 12, 1)), layers.Flatten(), *ENDINGS[ending]()])
    kernel = model.get_layer("head").get_weights()[0].reshape(144, 3)
    if nested:
        inputs = keras.Input((12, 12, 1))
        model = keras.Model(inputs, layers.Reshape((3,))(model(inputs)))
    result = activations.saliency(model, pictures[0], 1)
    assert result.score == pytest.approx(float(pictures[0].ravel() @ kernel[:, 1]), abs=1e-5)
    np.testing.assert_allclose(result.gradient.ravel(), kernel[:, 1], atol=1e-6)


@pytest.mark.parametrize("function", ["tanh", "relu", "softplus", "hard_sigmoid"])
def test_what_is_no_softmax_stays(function, pictures):
    head = layers.Dense(3, function, name="head")
    model = keras.Sequential([keras.Input((12, 12, 1)), layers.Flatten(), head, layers.Reshape((3,))])
    expected = float(ops.convert_to_numpy(model(pictures[:1]))[0, 2])
    assert activations.saliency(model, pictures[0], 2).score == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("shared", [False, True])
def test_a_gate_that_shares_the_outputs_activation_stays_a_gate(shared, pictures):
    """One Activation object squashes the gate and the output: only the output's use of it is left out."""
    gate = layers.Activation("sigmoid", name="squash")
    last = gate if shared else layers.Activation("sigmoid", name="last")
    inputs = keras.Input((12, 12, 1))
    x = layers.Conv2D(4, 3, name="maps")(inputs)
    x = layers.Multiply()([x, gate(layers.Conv2D(4, 3, name="gate")(inputs))])
    z = layers.Dense(3, name="head")(layers.GlobalAveragePooling2D()(x))
    model, before = keras.Model(inputs, last(z)), keras.Model(inputs, z)
    expected = ops.convert_to_numpy(before(pictures[:1]))[0]
    assert activations.saliency(model, pictures[0], 1).score == pytest.approx(float(expected[1]), abs=1e-5)
    ours, plain = (activations.grad_cam(one, pictures[0], 1, "maps").votes for one in (model, before))
    np.testing.assert_allclose(ours, plain, atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("kind", ["functional", "nested", "separate softmax"])
def test_half_precision_answers_as_the_whole(policy, kind, pictures):
    whole = build(kind)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        half = build(kind)
    finally:
        keras.config.set_dtype_policy(before)
    # The same weights on each backend, large enough that drops are far above the rounding of 16 bits.
    rng = np.random.default_rng(8)
    whole.set_weights([rng.normal(0, 0.5, weights.shape) for weights in whole.get_weights()])
    half.set_weights(whole.get_weights())
    for function in (activations.grad_cam, activations.saliency, activations.occlusion):
        ours, theirs = function(half, pictures[0], 1), function(whole, pictures[0], 1)
        assert ours.heat.dtype.itemsize >= 4
        # bfloat16 has 8 bits: in a pooling another pixel may be the largest, and a small drop is a rounding
        assert np.corrcoef(ours.heat.ravel(), theirs.heat.ravel())[0, 1] > (0.97 if "bf" in policy else 0.999)
    layer = next(name for name, shape in activations.map_layers(half).items() if shape[-1] > 1)
    maps = activations.feature_maps(half, pictures, layer)
    assert maps.dtype == np.float32
    np.testing.assert_allclose(maps, activations.feature_maps(whole, pictures, layer), atol=0.05)


# --- what is refused --------------------------------------------------------------------------------------------------


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__(name="own")
        self.dense = layers.Dense(2)

    def call(self, x):
        return self.dense(x)


def two_inputs():
    inputs = [keras.Input((4,)), keras.Input((4,))]
    return keras.Model(inputs, layers.Add()(inputs), name="two")


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: "model", TypeError, "`model` must be a keras.Model. Received: str"),
        (Subclassed, ValueError, "a subclassed model keeps its graph to itself"),
        (lambda: keras.Sequential([layers.Dense(2)]), ValueError, "start it with keras.Input"),
        (two_inputs, ValueError, "`model` must have one input. Received: 'two' with 2"),
    ],
)
def test_models_that_cannot_be_opened(make, error, says):
    for use in (
        activations.map_layers,
        lambda m: activations.feature_maps(m, np.zeros((1, 4, 4, 1)), "conv"),
        lambda m: activations.top_patches(m, np.zeros((1, 4, 4, 1)), "conv", 0),
        lambda m: activations.occlusion(m, np.zeros((4, 4, 1))),
        lambda m: activations.saliency(m, np.zeros((4, 4, 1))),
        lambda m: activations.grad_cam(m, np.zeros((4, 4, 1))),
    ):
        with pytest.raises(error, match=says):
            use(make())


@pytest.mark.parametrize(
    ("use", "error", "says"),
    [
        (lambda a, m, x: a.feature_maps(m, x, "conv3"), ValueError, "Did you mean 'conv2'"),
        (lambda a, m, x: a.feature_maps(m, x[:, :5], "conv1"), ValueError, r"`images` must have the model's input"),
        (lambda a, m, x: a.feature_maps(m, x[:0], "conv1"), ValueError, "at least one picture"),
        (lambda a, m, x: a.top_patches(m, x, "head", 0), ValueError, "`layer` must have maps"),
        (lambda a, m, x: a.top_patches(m, x, "conv1", 4), ValueError, "`units` must be a whole number from 0 to 3"),
        (lambda a, m, x: a.top_patches(m, x, "conv1", []), ValueError, r"`units` must be the index .* Received: \[\]"),
        (lambda a, m, x: a.top_patches(m, x, "conv1", 0, count=0), ValueError, "`count`"),
        (lambda a, m, x: a.grad_cam(m, x[0], 3), ValueError, "`class_index` must be a whole number from 0 to 2"),
        (lambda a, m, x: a.grad_cam(m, x[0], layer="head"), ValueError, "`layer` must have maps"),
        (lambda a, m, x: a.grad_cam(m, x, 0), ValueError, r"`image` must have shape \(H, W\) or \(H, W, C\)"),
        (lambda a, m, x: a.saliency(m, x[0, :5]), ValueError, r"input shape \(12, 12, 1\). Received: \(5, 12, 1\)"),
        (lambda a, m, x: a.saliency(m, x[0], 1.0), TypeError, "`class_index`"),
        (lambda a, m, x: a.occlusion(m, x[0], size=13), ValueError, "13 does not fit an input of 12"),
        (lambda a, m, x: a.occlusion(m, x[0], strides=0), ValueError, "`strides`"),
    ],
)
def test_arguments_that_break_their_rule(models, pictures, use, error, says):
    with pytest.raises(error, match=says):
        use(activations, models["functional"], pictures)


def test_a_model_without_classes_or_maps(pictures):
    inputs = keras.Input((12, 12, 1))
    maps_only = keras.Model(inputs, layers.Conv2D(2, 3)(inputs))
    with pytest.raises(ValueError, match=r"one number a class, shape \(N, classes\). Received: an output of shape"):
        activations.saliency(maps_only, pictures[0])
    flat = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(inputs)))
    with pytest.raises(ValueError, match="must have a layer with maps"):
        activations.grad_cam(flat, pictures[0])


def test_a_layer_without_a_receptive_field(pictures):
    inputs = keras.Input((12, 12, 1))
    x = layers.Reshape((6, 24, 1), name="folded")(inputs)
    with pytest.raises(ValueError, match="`layer` must have a receptive field, and that of 'folded' is not defined"):
        activations.top_patches(keras.Model(inputs, x), pictures, "folded", 0)
