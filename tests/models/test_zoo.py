"""The zoo has the published parameter counts and stage shapes, computes what it should, and refuses what cannot be."""

import math

import keras
import numpy as np
import pytest

from cnnlab import conv, zoo
from cnnlab.models.layers import LAYERS, GroupedConv2D, LocalResponseNormalization
from cnnlab.models.zoo import inception, resnet, senet

# Keras' own saving turns TensorFlow's variables into arrays in a way that NumPy 2 complains about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def run(model, images):
    return keras.ops.convert_to_numpy(model(images))


def trainable(model):
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


# ── published counts ──

COUNTS = [
    # lessons 06 and 07; VGG-11 and -13: torchvision's documentation lists the same
    ("lenet5", {}, 61_706),
    ("lenet5", {"input_shape": (28, 28, 1)}, 44_426),
    ("lenet5", {"input_shape": (28, 28, 1), "padding": "same"}, 61_706),
    ("alexnet", {}, 60_965_224),
    ("alexnet", {"grouped": False}, 62_378_344),
    ("alexnet", {"grouped": False, "last_pooling": False}, 201_838_952),
    ("vgg11", {}, 132_863_336),
    ("vgg13", {}, 133_047_848),
    ("vgg16", {}, 138_357_544),
    ("vgg19", {}, 143_667_240),
    ("squeezenet", {}, 1_235_496),
    ("squeezenet", {"include_top": False}, 722_496),
    ("googlenet", {}, 6_998_552),
    ("googlenet", {"auxiliary": True}, 13_378_280),
    ("resnet18", {}, 11_689_512),
    ("resnet34", {}, 21_797_672),
    ("resnet50", {}, 25_557_032),
    ("resnet50", {"strided_conv": 2}, 25_557_032),
    ("resnet101", {}, 44_549_160),
    ("resnet152", {}, 60_192_808),
    ("seresnet50", {}, 28_088_024),
    # without the 1×1 convolutions and batch normalisations of three projections: 64·128, 128·256 and 256·512 weights,
    # 2·(128 + 256 + 512) scales and shifts, 173,824 in all
    ("plain18", {}, 11_689_512 - 173_824),
    ("plain34", {}, 21_797_672 - 173_824),
    ("resnet18", {"shortcut": "pad"}, 11_689_512 - 173_824),
    # He et al., table 6: 0.27 M and 0.85 M
    ("resnet20", {}, 269_722),
    ("plain20", {}, 269_722),
    ("resnet56", {}, 853_018),
    ("plain56", {}, 853_018),
]


@pytest.mark.usefixtures("weightless")
@pytest.mark.parametrize(("name", "options", "count"), COUNTS, ids=lambda v: v if isinstance(v, str) else None)
def test_trainable_parameters_are_those_published(name, options, count):
    assert trainable(zoo.build(name, **options)) == count


def test_every_network_is_counted_above():
    assert {name for name, _, _ in COUNTS} == set(zoo.names())


@pytest.mark.usefixtures("weightless")
def test_the_resnet50_of_keras_has_biases_and_counts_batch_statistics():
    model = keras.applications.ResNet50(weights=None)
    assert model.count_params() == 25_636_712
    biases = sum(layer.bias.shape[0] for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    statistics = model.count_params() - trainable(model)
    assert (statistics, model.count_params() - biases - statistics) == (53_120, 25_557_032)


# ── stage shapes and names ──


def squares(**sizes):
    """Layer → (side, channels) as layer → (height, width, channels)."""
    return {name: (side, side, channels) for name, (side, channels) in sizes.items()}


def blocks(channels):
    """The stages of an ImageNet ResNet of 34 or 50 layers."""
    last_units = {"stem_conv": (112, 64), "stem_pool": (56, 64), "block1_unit3_out": (56, channels),
                  "block2_unit4_out": (28, 2 * channels), "block3_unit6_out": (14, 4 * channels),
                  "block4_unit3_out": (7, 8 * channels)}  # fmt: skip
    return squares(**last_units)


STAGES = [
    ("lenet5", {}, {**squares(conv1=(28, 6), pool1=(14, 6), conv2=(10, 16), pool2=(5, 16)), "fc1": (120,), "fc2": (84,),
                    "predictions": (10,)}),
    ("alexnet", {"include_top": False},
     squares(conv1=(55, 96), pool1=(27, 96), conv2=(27, 256), pool2=(13, 256), conv3=(13, 384), conv4=(13, 384),
             conv5=(13, 256), pool5=(6, 256))),
    ("vgg19", {"include_top": False},
     squares(block1_pool=(112, 64), block2_pool=(56, 128), block3_pool=(28, 256), block4_pool=(14, 512),
             block5_conv4=(14, 512), block5_pool=(7, 512))),
    ("squeezenet", {},
     squares(conv1=(113, 64), pool1=(56, 64), fire3_concat=(56, 128), pool3=(27, 128), fire5_concat=(27, 256),
             pool5=(13, 256), fire9_concat=(13, 512), conv10=(13, 1000))),
    # table 1 of the paper, column "output size"
    ("googlenet", {"auxiliary": True},
     squares(conv1=(112, 64), pool1=(56, 64), conv2=(56, 192), pool2=(28, 192), inception3a_concat=(28, 256),
             inception3b_concat=(28, 480), inception4a_concat=(14, 512), inception4d_concat=(14, 528),
             inception4e_concat=(14, 832), inception5a_concat=(7, 832), inception5b_concat=(7, 1024),
             aux1_pool=(4, 512))),
    ("resnet34", {}, blocks(64)),
    ("resnet50", {}, blocks(256)),
    ("seresnet50", {}, blocks(256)),
]  # fmt: skip


@pytest.mark.usefixtures("weightless")
@pytest.mark.parametrize(("name", "options", "stages"), STAGES)
def test_stages_have_the_shapes_of_the_papers(name, options, stages):
    model = zoo.build(name, **options)
    assert {layer: model.get_layer(layer).output.shape[1:] for layer in stages} == stages
    if "resnet" in name:  # "no max pooling", sometimes read, is wrong
        assert sum(isinstance(layer, keras.layers.MaxPooling2D) for layer in model.layers) == 1
    if name == "googlenet":
        assert model.output_names == ["predictions", "aux1_predictions", "aux2_predictions"]


def test_plain_and_residual_differ_in_the_shortcuts_alone():
    plain, residual = zoo.build("plain20"), zoo.build("resnet20")
    without = [layer.name for layer in residual.layers if "shortcut" not in layer.name and "_add" not in layer.name]
    assert [layer.name for layer in plain.layers] == without
    assert [tuple(w.shape) for w in plain.weights] == [tuple(w.shape) for w in residual.weights]


def test_names_lists_every_family_in_order():
    assert zoo.names()[0] == "lenet5"
    assert zoo.names()[-1] == "seresnet50"
    assert len(set(zoo.names())) == len(zoo.names()) == 20


def test_an_inception_module_has_the_published_weights():
    inputs = keras.Input((28, 28, 192))
    paths = inception.Paths(64, 96, 128, 16, 32, 32)
    model = keras.Model(inputs, inception.inception(inputs, paths))
    assert model.count_params() == 163_328 + 368
    assert model.output_shape == (None, 28, 28, paths.channels) == (None, 28, 28, 256)


# ── what the layers and units compute ──


def test_grouped_convolution_is_two_convolutions_side_by_side():
    random = np.random.default_rng(0)
    images = random.standard_normal((2, 7, 6, 4)).astype("float32")
    layer = GroupedConv2D(6, 3, groups=2, padding="same", activation="relu")
    out = run(layer, images)
    kernel, bias = layer.get_weights()
    assert kernel.shape == (3, 3, 2, 6)  # as published: as deep as one group
    halves = [
        conv.conv2d(images[..., [0, 1]], kernel[..., :3], bias[:3], padding="same"),
        conv.conv2d(images[..., [2, 3]], kernel[..., 3:], bias[3:], padding="same"),
    ]
    np.testing.assert_allclose(out, np.maximum(np.concatenate(halves, -1), 0), atol=1e-5)


def test_local_response_normalisation_by_its_formula():
    x = np.random.default_rng(0).standard_normal((2, 3, 7)).astype("float32") * 20
    out = run(LocalResponseNormalization(), x)
    for channel in range(7):
        near = x[..., max(channel - 2, 0) : channel + 3]
        expected = x[..., channel] / (2 + 1e-4 * (near**2).sum(-1)) ** 0.75
        np.testing.assert_allclose(out[..., channel], expected, rtol=1e-5)


def test_a_residual_unit_with_a_silent_branch_passes_its_input_on():
    inputs = keras.Input((8, 8, 16))
    unit = resnet.residual_unit(inputs, 32, strides=2, name="unit", shortcut="pad")
    model = keras.Model(inputs, unit)
    model.get_layer("unit_bn2").set_weights([np.zeros(32), np.zeros(32), np.zeros(32), np.ones(32)])
    images = np.random.default_rng(0).standard_normal((1, 8, 8, 16)).astype("float32")
    out = run(model, images)
    # a[l + 2] = g(z + a[l]) with z = 0: every second pixel, and 16 channels of zeros
    np.testing.assert_array_equal(out[..., :16], np.maximum(images[:, ::2, ::2], 0))
    np.testing.assert_array_equal(out[..., 16:], 0)


def test_the_gate_scales_channels_by_their_means():
    inputs = keras.Input((4, 4, 8))
    model = keras.Model(inputs, senet.squeeze_excite(inputs, "unit", reduction=2))
    reduce, gate = model.get_layer("unit_se_reduce"), model.get_layer("unit_se_gate")
    images = np.random.default_rng(0).standard_normal((3, 4, 4, 8)).astype("float32")
    hidden = np.maximum(images.mean((1, 2)) @ reduce.get_weights()[0], 0)
    scale = 1 / (1 + np.exp(-(hidden @ gate.get_weights()[0])))
    np.testing.assert_allclose(run(model, images), images * scale[:, None, None], atol=1e-5)


@pytest.mark.parametrize("name", ["lenet5", "squeezenet", "resnet20"])
def test_predictions_are_probabilities(name):
    model = zoo.build(name, (64, 64, 3), classes=7)
    out = run(model, np.random.default_rng(0).random((2, 64, 64, 3), "float32"))
    assert out.shape == (2, 7)
    np.testing.assert_allclose(out.sum(-1), 1, atol=1e-5)
    logits = zoo.build(name, (64, 64, 3), classes=7, classifier_activation=None)
    assert np.abs(run(logits, np.ones((1, 64, 64, 3))).sum() - 1) > 1e-6


@pytest.mark.parametrize(
    ("name", "size", "options"),
    [
        ("alexnet", 67, {"include_top": False}),  # with grouped convolutions and local response normalisation
        ("resnet20", 32, {}),  # with appended channels
    ],
)
def test_a_saved_model_loads_and_says_the_same(name, size, options, tmp_path):
    model = zoo.build(name, (size, size, 3), **options)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    images = np.random.default_rng(0).random((2, size, size, 3), "float32")
    np.testing.assert_allclose(run(model, images), run(again, images), atol=1e-6)


def test_every_layer_of_the_course_says_its_shape_and_what_it_is_made_of():
    arguments = {
        "GroupedConv2D": {"filters": 6, "kernel_size": (3, 3), "groups": 2},
        "LocalResponseNormalization": {"size": 3, "k": 1.0, "alpha": 0.1, "beta": 0.5},
        "ChannelPadding": {"channels": 3},
        "DarknetMaxPooling2D": {"size": 3, "stride": 2, "padding": 2},
        "ChannelSlice": {"start": 1, "count": 2},
    }
    images = np.random.default_rng(0).random((2, 7, 6, 4), "float32")
    for name, layer in LAYERS.items():
        made = layer.from_config(layer(**arguments[name]).get_config())
        assert {option: getattr(made, option) for option in arguments[name]} == arguments[name]
        assert made.compute_output_shape((2, 7, 6, 4)) == run(made, images).shape


@pytest.mark.parametrize("name", ["squeezenet", "googlenet", "resnet18"])
def test_networks_that_end_in_an_average_take_pictures_of_any_size(name):
    model = zoo.build(name, (None, None, 3))
    assert model.input_shape == (None, None, None, 3)
    assert run(model, np.zeros((1, 75, 80, 3))).shape == (1, 1000)


# ── bad input ──


def test_an_unknown_name_lists_the_known_ones_and_the_nearest():
    with pytest.raises(
        ValueError, match=r"`name` must be one of 'lenet5', .*'seresnet50'\. Received: 'resnet_50'"
    ) as error:
        zoo.build("resnet_50")
    assert "Did you mean 'resnet50'?" in str(error.value)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("alexnet", {"groups": 2}, "`option of alexnet` must be one of 'grouped', 'normalization', .* 'groups'"),
        ("vgg16", {"grouped": True}, "vgg16 has no options. Received: grouped"),
        ("plain20", {"shortcut": "pad"}, "plain20 has no options"),
        ("alexnet", {"normalization": "lrm"}, "`normalization` must be one of .* Did you mean 'lrn'"),
        ("alexnet", {"dropout": 1.0}, "`dropout` must be a number from 0 to below 1. Received: 1.0"),
        ("lenet5", {"activation": "step"}, "`activation` must be one of 'tanh', 'relu', 'sigmoid'"),
        ("lenet5", {"padding": 2}, "`padding` must be one of 'valid', 'same'. Received: 2"),
        ("resnet50", {"shortcut": "pads"}, "`shortcut` must be one of .* Did you mean 'pad'"),
        ("resnet50", {"strided_conv": 3}, "`strided_conv` must be a whole number from 1 to 2. Received: 3"),
        ("seresnet50", {"reduction": 7}, "`reduction` must divide the 256 channels of `block1_unit1`. Received: 7"),
        ("googlenet", {"auxiliary": True, "include_top": False}, "`auxiliary` heads are classifiers"),
        ("lenet5", {"classifier_activation": "softmux"}, "`classifier_activation` must be None or a name that Keras"),
        ("lenet5", {"classes": 0}, "`classes` must be a whole number >= 1. Received: 0"),
        (
            "lenet5",
            {"input_shape": (28, 28)},
            r"`input_shape` must be \(H, W, C\), without the batch. Received: \(28, 28\)",
        ),
        ("lenet5", {"input_shape": (28, 0, 1)}, "`input_shape` must be a whole number >= 1. Received: 0"),
        (
            "vgg16",
            {"input_shape": (None, None, 3)},
            r"`input_shape` of vgg16 must give height and width: layer `flatten`",
        ),
    ],
)
def test_what_cannot_be_built_is_refused(name, options, message):
    with pytest.raises(ValueError, match=message):
        zoo.build(name, **options)


def test_an_unknown_initializer_is_refused():
    with pytest.raises(
        ValueError, match="`kernel_initializer` must be None or a name that Keras knows. Received: 'ze'"
    ):
        zoo.build("lenet5", kernel_initializer="ze")
    with pytest.raises(TypeError, match="`kernel_initializer` must be None or a name"):
        zoo.build("lenet5", kernel_initializer=0)


def test_zero_padding_cannot_take_channels_away():
    with pytest.raises(ValueError, match="`shortcut` 'pad' can only add channels. Received: unit, from 32 to 16"):
        resnet.residual_unit(keras.Input((8, 8, 32)), 16, name="unit", shortcut="pad")


@pytest.mark.parametrize("shape", [224, "224", (28.0, 28, 1), (28, 28, None)])
def test_a_shape_of_the_wrong_type_is_refused(shape):
    with pytest.raises(TypeError, match="`input_shape` must be"):
        zoo.build("lenet5", shape)


@pytest.mark.parametrize(
    ("name", "options"),
    [("alexnet", {"grouped": "no"}), ("alexnet", {"last_pooling": 0}), ("googlenet", {"auxiliary": "yes"})],
)
def test_a_switch_is_true_or_false(name, options):
    with pytest.raises(TypeError, match=f"`{next(iter(options))}` must be True or False. Received: "):
        zoo.build(name, **options)


@pytest.mark.parametrize(
    ("name", "shape", "layer", "seen", "window"),
    [
        ("lenet5", (4, 32, 1), "conv1", "4×32", "`kernel_size` 5 does not fit an input of 4"),
        ("lenet5", (32, 4, 1), "conv1", "32×4", "`kernel_size` 5 does not fit an input of 4"),
        ("lenet5", (12, 12, 1), "conv2", "4×4", "`kernel_size` 5 does not fit an input of 4"),
        ("lenet5", (14, 28, 1), "pool2", "1×8", "`pool_size` 2 does not fit an input of 1"),
        ("alexnet", (10, 227, 3), "conv1", "10×227", "`kernel_size` 11 does not fit an input of 10"),
        ("alexnet", (63, 63, 3), "pool5", "2×2", "`pool_size` 3 does not fit an input of 2"),
        ("vgg16", (31, 64, 3), "block5_pool", "1×4", "`pool_size` 2 does not fit an input of 1"),
        ("squeezenet", (20, 20, 3), "pool5", "1×1", "`pool_size` 3 does not fit an input of 1"),
        ("googlenet", (64, 64, 3), "aux1_pool", "4×4", "`pool_size` 5 does not fit an input of 4"),
    ],
)
def test_an_input_too_small_names_the_layer_that_ran_out_of_pixels(name, shape, layer, seen, window):
    options = {"auxiliary": True} if name == "googlenet" else {}
    with pytest.raises(ValueError, match="is too small for") as error:
        zoo.build(name, shape, **options)
    assert str(error.value).startswith(
        f"`input_shape` {shape} is too small for {name}: layer `{layer}` receives {seen} "
    )
    assert window in str(error.value)


@pytest.mark.usefixtures("weightless")
@pytest.mark.parametrize(("name", "size"), [("lenet5", 16), ("alexnet", 67), ("vgg16", 32), ("squeezenet", 31)])
def test_the_smallest_input_is_built(name, size):
    """One pixel less is refused: the check is neither too strict nor too lax."""
    assert zoo.build(name, (size, size, 3), include_top=False).output_shape[1:3] == (1, 1)
    with pytest.raises(ValueError, match="is too small for"):
        zoo.build(name, (size - 1, size - 1, 3), include_top=False)
