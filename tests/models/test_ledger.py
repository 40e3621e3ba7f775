"""The ledger agrees with arithmetic, published tables and what layers really do, and says what it cannot know."""

import math

import keras
import numpy as np
import pytest
from keras import layers

from cnnlab import augment, darknet, ledger, zoo
from cnnlab.arithmetic.shapes import ReceptiveField
from cnnlab.models.layers import ChannelSlice, DarknetMaxPooling2D, GroupedConv2D
from cnnlab.models.zoo.inception import inception


def run(model, images):
    return keras.ops.convert_to_numpy(model(images))


def built(shape, *stack):
    return keras.Sequential([keras.Input(shape), *stack])


def rows(model):
    return {row.name: row for row in ledger.ledger(model)}


# ── by hand ──


def test_lenet_line_by_line():
    book = ledger.ledger(zoo.build("lenet5"))
    found = {row.name: (row.output_shape, row.params, row.macs, row.activation_bytes) for row in book}
    assert found == {
        "image": ((32, 32, 1), 0, 0, 32 * 32 * 4),
        "conv1": ((28, 28, 6), 156, 28 * 28 * 25 * 6, 28 * 28 * 6 * 4),
        "pool1": ((14, 14, 6), 0, 0, 14 * 14 * 6 * 4),
        "conv2": ((10, 10, 16), 2416, 10 * 10 * 25 * 6 * 16, 1600 * 4),
        "pool2": ((5, 5, 16), 0, 0, 400 * 4),
        "flatten": ((400,), 0, 0, 400 * 4),
        "fc1": ((120,), 48_120, 400 * 120, 480),
        "fc2": ((84,), 10_164, 120 * 84, 336),
        "predictions": ((10,), 850, 840, 40),
    }
    fields = {row.name: row.receptive_field for row in book}
    # 5; one step of 1 more; four steps of 2 more; one step of 2 more
    sizes = [fields[name][0] for name in ("image", "conv1", "pool1", "conv2", "pool2")]
    assert sizes == [(1, 1, 0), (5, 1, 0), (6, 2, 0), (14, 2, 0), (16, 4, 0)]
    assert all(fields[name] == "whole input" for name in ("flatten", "fc1", "fc2", "predictions"))
    assert book.receptive_field == fields["pool2"]
    assert (book.params, book.trainable_params, book.unknown, book.note) == (61_706, 61_706, (), "")


def test_an_inception_module():
    inputs = keras.Input((28, 28, 192))
    book = ledger.ledger(keras.Model(inputs, inception(inputs)))
    assert [book.row(f"inception_{part}5x5").macs for part in ("reduce", "conv")] == [2_408_448, 10_035_200]
    assert round(book.macs / 1e6, 1) == 128.0
    # The smallest window that holds 1×1, 3×3, 5×5 and the pooling's 3×3 is the 5×5.
    assert book.row("inception_concat").receptive_field == (ReceptiveField(5, 1, -2),) * 2


# ── published tables ──


# Billions of multiply-adds: torchvision's documentation, "Table of all available classification weights", column
# GFLOPS; AlexNet's are lesson 06's. Of ResNet-50 and deeper without `strided_conv` 2: He et al. 2015, table 1, which
# truncates 3.86 and rounds 7.57 and 11.28. Receptive field and padding in front: Araujo, Norris and Sim, Distill 2019,
# table; the strides are all 32, and networks that pad unevenly in Keras have no padding to compare.
PUBLISHED = [
    ("alexnet", {}, 0.72, 195, 64),
    ("alexnet", {"grouped": False}, 1.14, 195, 64),
    ("vgg11", {}, 7.61, None, None),
    ("vgg13", {}, 11.31, None, None),
    ("vgg16", {}, 15.47, 212, 90),
    ("vgg19", {}, 19.63, None, None),
    ("squeezenet", {}, 0.35, None, None),
    ("googlenet", {}, None, None, None),
    ("resnet18", {}, 1.81, None, None),
    ("resnet34", {}, 3.66, None, None),
    ("resnet50", {}, 3.86, 483, None),
    ("resnet50", {"strided_conv": 2}, 4.09, None, None),
    ("resnet101", {}, 7.57, 1027, None),
    ("resnet101", {"strided_conv": 2}, 7.80, None, None),
    ("resnet152", {}, 11.28, 1507, None),
    ("resnet152", {"strided_conv": 2}, 11.51, None, None),
]


@pytest.mark.usefixtures("weightless")
@pytest.mark.parametrize(("name", "options", "giga", "field", "padding"), PUBLISHED)
def test_networks_of_the_zoo_as_published(name, options, giga, field, padding):
    model = zoo.build(name, **options)
    book = ledger.ledger(model)
    assert giga in (None, round(book.macs / 1e9, 2))
    if field:
        assert [(axis.size, axis.stride) for axis in book.receptive_field] == [(field, 32)] * 2
    if padding:
        assert [axis.offset for axis in book.receptive_field] == [-padding] * 2
    assert book.params == model.count_params()
    assert book.trainable_params == sum(math.prod(weight.shape) for weight in model.trainable_weights)
    assert book.unknown == ()


# Millions of multiply-adds and receptive fields where they are published; of each family, that all is known.
APPLICATIONS = [
    ("MobileNet", 569, 315),  # Howard et al. 2017, table 4: 569 M; Distill: 315
    ("MobileNetV2", 300, 491),  # Sandler et al. 2018, table 4: 300 M
    ("DenseNet121", 2834, 2071),  # torchvision: 2.83 G
    ("InceptionResNetV2", 13156, 3039),  # Distill: 3039
    # Liu et al. 2022, table 9: 4.5 G. 4 pixels, 2 more at each of three seams, 6 for each 7×7, by their strides:
    # 4 + 3·6·4 + 4 + 3·6·8 + 8 + 9·6·16 + 16 + 3·6·32
    ("ConvNeXtTiny", 4456, 1688),
    *((name, None, None) for name in (
        "EfficientNetB0", "EfficientNetV2B0", "EfficientNetV2S", "InceptionV3", "MobileNetV3Small", "MobileNetV3Large",
        "NASNetMobile", "ResNet50", "ResNet50V2", "VGG16", "Xception",
    )),
]  # fmt: skip


@pytest.mark.usefixtures("weightless")
@pytest.mark.parametrize(("name", "mega", "field"), APPLICATIONS)
def test_every_family_of_keras_applications_is_known_line_by_line(name, mega, field):
    if name.startswith("NASNet") and keras.backend.backend() == "torch":
        pytest.skip("Keras does not build NASNet on PyTorch")
    model = getattr(keras.applications, name)(weights=None)
    book = ledger.ledger(model, (224, 224, 3) if "NetV3" in name else None)
    assert book.params == model.count_params()
    assert book.unknown == ()
    assert [row.name for row in book if row.receptive_field is None] == []
    assert book.macs == pytest.approx(1e6 * mega, abs=1e6) if mega else book.macs > 5e7
    assert field in (None, getattr(book.receptive_field[0], "size", None))


# ── multiply-adds against what the layer adds up ──

# With ones everywhere, no padding and no bias, every product is 1: the sum of the outputs is the number of products.
ONES = {"use_bias": False}
CONVOLUTIONS = [
    ((9, 2), layers.Conv1D(3, 4, strides=2, kernel_initializer="ones", **ONES)),
    ((9, 8, 2), layers.Conv2D(3, (3, 2), strides=(2, 1), kernel_initializer="ones", **ONES)),
    ((9, 8, 2), layers.Conv2D(3, 2, dilation_rate=(2, 3), kernel_initializer="ones", **ONES)),
    ((6, 5, 7, 2), layers.Conv3D(3, 2, kernel_initializer="ones", **ONES)),
    ((9, 8, 3), layers.DepthwiseConv2D(3, depth_multiplier=2, depthwise_initializer="ones", **ONES)),
    ((9, 3), layers.DepthwiseConv1D(4, depthwise_initializer="ones", **ONES)),
    ((5, 4, 2), layers.Conv2DTranspose(3, 3, strides=2, kernel_initializer="ones", **ONES)),
    ((5, 2), layers.Conv1DTranspose(3, 2, strides=2, kernel_initializer="ones", **ONES)),
    (
        (9, 8, 4),
        GroupedConv2D(6, 3, groups=2, kernel_initializer="ones", **ONES),
    ),
    ((7,), layers.Dense(5, kernel_initializer="ones", **ONES)),
    ((3, 4, 7), layers.Dense(5, kernel_initializer="ones", **ONES)),
]


@pytest.mark.parametrize(("shape", "layer"), CONVOLUTIONS, ids=lambda v: getattr(v, "name", None))
def test_multiply_adds_are_the_products_added_up(shape, layer):
    model = built(shape, layer)
    products = float(run(model, np.ones((1, *shape), "float32")).sum())
    assert ledger.ledger(model).macs == products > 0


def test_separable_and_causal():
    model = built((9, 8, 3), layers.SeparableConv2D(5, 3, depth_multiplier=2))
    assert ledger.ledger(model).macs == 7 * 6 * (9 * 6 + 6 * 5)
    causal = built((9, 2), layers.Conv1D(3, 4, padding="causal"))
    assert ledger.ledger(causal).macs == 9 * 4 * 2 * 3
    assert ledger.ledger(causal)[1].receptive_field == (ReceptiveField(4, 1, -3),)


# ── receptive fields against what moves the output ──


def branches(*paths, merge=None):
    """Paths side by side on one input; each is a list of layers."""

    def connect(x):
        ends = []
        for path in paths:
            y = x
            for layer in path:
                y = layer(y)
            ends.append(y)
        return (merge or layers.Add())(ends)

    return connect


def ones(size, strides=1, padding="valid", dilation_rate=1):
    return layers.Conv2D(1, size, strides, padding, dilation_rate=dilation_rate, kernel_initializer="ones")


STACKS = {
    "darknet": lambda: [
        DarknetMaxPooling2D(2, 1, 1),
        ones(2),
        DarknetMaxPooling2D(3, 2, 2),
        ChannelSlice(0, 1),
        ones(2),
    ],
    "two 3×3": lambda: [ones(3), ones(3)],
    "stride": lambda: [ones(3, 2), ones((3, 2))],
    "same": lambda: [ones(3, padding="same"), ones(5, padding="same")],
    "uneven same": lambda: [ones(3, 2, "same"), ones(3, 2, "same")],
    "even kernel": lambda: [ones(4, padding="same"), ones(2, 2)],
    "dilation": lambda: [ones(3, dilation_rate=2), ones(2, dilation_rate=3)],
    "pooling": lambda: [ones(3), layers.MaxPooling2D(2), ones(2), layers.AveragePooling2D(3, 2, padding="same")],
    "padding": lambda: [layers.ZeroPadding2D(((2, 1), (0, 3))), ones(3, 2), layers.ZeroPadding2D(1), ones(2)],
    "cropping": lambda: [ones(2, 2), layers.Cropping2D(((1, 0), (2, 1))), ones(2)],
    "pointwise": lambda: [ones(3), layers.BatchNormalization(), layers.ReLU(), layers.Dropout(0.5), layers.Dense(2)],
    "depthwise": lambda: [
        layers.DepthwiseConv2D(3, depthwise_initializer="ones"),
        layers.SeparableConv2D(1, (2, 3), depthwise_initializer="ones", pointwise_initializer="ones"),
    ],
    "residual": lambda: [branches([ones(3, padding="same"), ones(3, padding="same")], [layers.Identity()]), ones(3)],
    "strided residual": lambda: [
        branches([ones(3, 2, "same"), ones(3, padding="same")], [ones(1, 2)]),
        ones(3, padding="same"),
    ],
    "lopsided branches": lambda: [
        branches(
            [layers.ZeroPadding2D(((2, 0), (0, 0))), ones((3, 1))],
            [layers.ZeroPadding2D(((0, 2), (0, 0))), ones((3, 1))],
        )
    ],
    "inception": lambda: [
        branches([ones(1)], [ones(5, padding="same")], [layers.MaxPooling2D(3, 1, "same")], merge=layers.Concatenate())
    ],
}


@pytest.mark.parametrize("name", STACKS)
def test_receptive_field_is_where_a_pixel_moves_the_output(name):
    height, width = 23, 22
    inputs = x = keras.Input((height, width, 1))
    for layer in STACKS[name]():
        x = layer(x)
    model = keras.Model(inputs, x)
    for layer in model.layers:
        if isinstance(layer, layers.Dense):
            layer.set_weights([np.ones(w.shape) for w in layer.weights])
    # one picture for each pixel, with that pixel alone lit
    lit = np.eye(height * width, dtype="float32").reshape(-1, height, width, 1)
    dark = run(model, np.zeros((1, height, width, 1), "float32"))
    moved = np.abs(run(model, lit) - dark).sum(-1) > 1e-6
    fields = ledger.ledger(model)[-1].receptive_field
    whole = 0
    for place in np.ndindex(moved.shape[1:]):
        seen = moved[:, place[0], place[1]].reshape(height, width)
        if not seen.any():  # nothing but padding
            continue
        for axis, index, size, lights in zip(fields, place, seen.shape, (seen.any(1), seen.any(0)), strict=True):
            first, last = axis.offset + index * axis.stride, axis.offset + index * axis.stride + axis.size - 1
            found = np.flatnonzero(lights)
            if first >= 0 and last < size:
                assert (first, last) == (found[0], found[-1])
                whole += 1
            else:  # at the border a window also loses what layers in between read from their padding
                assert first <= found[0] <= found[-1] <= last
    assert whole > 4


@pytest.mark.parametrize(
    ("shape", "tail"),
    [
        ((8, 8, 2), lambda x: layers.Conv2DTranspose(2, 2, 2)(x)),
        ((8, 8, 2), lambda x: layers.UpSampling2D()(x)),
        ((8, 8, 2), lambda x: layers.Reshape((16, 4, 2))(x)),
        ((8, 8, 2), lambda x: layers.Concatenate(axis=1)([x, x])),
        ((8, 8, 2), lambda x: layers.Add()([layers.Conv2D(2, 1, 2)(x), layers.Conv2D(2, 5)(x)])),  # strides 2 and 1
        ((3, 3, 2), lambda x: layers.Add()([x, layers.Conv2D(2, 3)(x)])),  # 1×1 is spread over 3×3
        ((5,), lambda x: layers.Dense(3)(x)),  # a vector has no positions
    ],
)
def test_fields_that_are_not_defined(shape, tail):
    inputs = keras.Input(shape)
    row = ledger.ledger(keras.Model(inputs, tail(inputs)))[-1]
    assert row.receptive_field is None
    assert row.macs is not None


@pytest.mark.usefixtures("weightless")
def test_a_gate_sees_the_whole_input():
    book = ledger.ledger(zoo.build("seresnet50"))
    assert book.row("block1_unit1_bn3").receptive_field[0].size == 19
    assert book.row("block1_unit1_se_gate").receptive_field == "whole input"
    assert book.row("block1_unit1_out").receptive_field == book.receptive_field == "whole input"


@pytest.mark.parametrize(
    ("kind", "options", "seen"),
    [
        ("GroupNormalization", {"groups": 3}, "whole input"),
        ("LayerNormalization", {"axis": [1, 2, 3]}, "whole input"),
        ("LayerNormalization", {}, (ReceptiveField(1, 1, 0),) * 2),
        ("RMSNormalization", {}, (ReceptiveField(1, 1, 0),) * 2),
        ("RandomSharpness", {"factor": 0.5}, (ReceptiveField(1, 1, 0),) * 2),
        ("RandomInvert", {"factor": 0.5}, (ReceptiveField(1, 1, 0),) * 2),
    ],
)
def test_which_layers_look_beyond_their_position(kind, options, seen):
    if not hasattr(layers, kind):
        pytest.skip("this Keras does not have it")
    row = ledger.ledger(built((8, 8, 3), getattr(layers, kind)(**options)))[-1]
    assert (row.macs, row.receptive_field) == (0, seen)


# ── every kind of model ──


def test_shared_layers_count_once_in_parameters_and_twice_in_multiply_adds():
    shared = layers.Conv2D(4, 3, name="shared")
    left, right = keras.Input((8, 8, 2), name="left"), keras.Input((8, 8, 2), name="right")
    model = keras.Model([left, right], layers.Add(name="add")([shared(left), shared(right)]))
    book = ledger.ledger(model)
    uses = [row for row in book if row.name == "shared"]
    assert [row.params for row in uses] == [76, 0]
    assert [row.macs for row in uses] == [6 * 6 * 9 * 2 * 4] * 2
    assert [row.note for row in uses] == ["", "weights counted in shared"]
    assert book.params == model.count_params() == 76
    assert uses[0].receptive_field is not None
    assert book.row("add").receptive_field is None  # of two pictures there is no one window


def test_nested_models_are_opened():
    base = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(4, 3, name="conv")], name="base")
    inner = keras.Input((None, None, 3))
    middle = keras.Model(inner, layers.MaxPooling2D(name="pool")(base(inner)), name="middle")
    inputs = keras.Input((12, 10, 3), name="image")
    outputs = layers.Dense(2, name="head")(layers.GlobalAveragePooling2D(name="gap")(middle(inputs)))
    book = ledger.ledger(keras.Model(inputs, outputs))
    assert [row.name for row in book] == ["image", "middle/base/conv", "middle/pool", "gap", "head"]
    assert [row.output_shape for row in book] == [(12, 10, 3), (10, 8, 4), (5, 4, 4), (4,), (2,)]
    assert book.macs == 10 * 8 * 27 * 4 + 8
    assert book.row("middle/pool").receptive_field == (ReceptiveField(4, 2, 0),) * 2
    assert book.params == base.count_params() + 10


def test_a_nested_model_used_twice():
    embed = keras.Sequential([keras.Input((6, 6, 1)), layers.Conv2D(2, 3, name="conv"), layers.Flatten()], name="embed")
    one, two = keras.Input((6, 6, 1)), keras.Input((6, 6, 1))
    model = keras.Model([one, two], layers.Subtract()([embed(one), embed(two)]))
    book = ledger.ledger(model)
    assert [row.params for row in book if row.name == "embed/conv"] == [20, 0]
    assert book.macs == 2 * 16 * 9 * 2
    assert book.params == model.count_params()


def test_layers_that_only_keras_applications_has():
    """LayerScale and StochasticDepth are pointwise, CustomScaleLayer adds: fields as without them."""
    from keras.src.applications import convnext, inception_resnet_v2

    inputs = keras.Input((9, 9, 2))
    x = layers.Conv2D(2, 3, padding="same")(inputs)
    scaled = convnext.StochasticDepth(0.5, name="depth")(convnext.LayerScale(0.1, 2, name="scale")(x))
    book = ledger.ledger(keras.Model(inputs, inception_resnet_v2.CustomScaleLayer(0.2, name="sum")([inputs, scaled])))
    for name in ("scale", "depth", "sum"):
        assert book.row(name).receptive_field == (ReceptiveField(3, 1, -1),) * 2
    assert (book.row("scale").params, book.unknown) == (2, ())


@pytest.mark.parametrize("name", ["digits", "photos", "aerial"])
def test_an_augmentation_in_front_changes_no_field(name):
    chain = augment.pipeline(name, (0, 1), seed=0)
    book = ledger.ledger(built((16, 16, 3), chain, layers.Conv2D(4, 3, 2, name="conv")))
    assert (book.unknown, book[1].macs) == ((), 0)
    assert book.row("conv").receptive_field == (ReceptiveField(3, 2, 0),) * 2
    mixed = layers.Pipeline([layers.RandomFlip(), Scale()])
    assert ledger.ledger(built((16, 16, 3), mixed))[-1].macs is None


def test_operations_without_layers():
    inputs = keras.Input((8, 8, 2), name="in")
    x = layers.Conv2D(2, 3, padding="same", name="conv")(inputs)
    model = keras.Model(inputs, keras.ops.relu(x + inputs) * 2.0)
    book = ledger.ledger(model)
    assert [row.kind for row in book] == ["Input", "Conv2D", "Add", "Relu", "Multiply"]
    assert book[-1].receptive_field == (ReceptiveField(3, 1, -1),) * 2
    assert book.unknown == ()


def test_several_outputs_and_a_dictionary_of_inputs():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    both = layers.Concatenate(name="both")([a, b])
    model = keras.Model({"a": a, "b": b}, {"x": layers.Dense(2, name="x")(both), "y": layers.Dense(3, name="y")(both)})
    book = ledger.ledger(model)
    assert {row.name: row.macs for row in book} == {"a": 0, "b": 0, "both": 0, "x": 16, "y": 24}


def test_frozen_layers_are_not_trainable():
    model = built((8, 8, 1), layers.Conv2D(2, 3, name="conv"), layers.Flatten(), layers.Dense(1, name="head"))
    model.get_layer("conv").trainable = False
    book = ledger.ledger(model)
    assert (book.row("conv").params, book.row("conv").trainable_params) == (20, 0)
    assert book.trainable_params == 73


@pytest.mark.parametrize(
    ("dtype", "size"), [("bool", 1), ("uint8", 1), ("bfloat16", 2), ("float64", 8), ("string", None)]
)
def test_memory_follows_the_type(dtype, size):
    inputs = keras.Input((6,), dtype=dtype)
    row = ledger.ledger(keras.Model(inputs, layers.Identity(dtype=dtype)(inputs)))[0]
    assert row.activation_bytes == (None if size is None else 6 * size)


def test_channels_first():
    model = built((2, 9, 8), layers.Conv2D(3, 3, strides=2, padding="same", data_format="channels_first", name="conv"))
    row = ledger.ledger(model).row("conv")
    assert row.output_shape == (3, 5, 4)
    assert row.macs == 5 * 4 * 9 * 2 * 3
    assert row.receptive_field == (ReceptiveField(3, 2, -1), ReceptiveField(3, 2, 0))


def test_a_compiled_and_trained_model_with_a_loss_of_its_own():
    def loss(true, predicted):
        return keras.ops.mean((true - predicted) ** 2)

    model = built((4,), layers.Dense(2))
    model.compile("sgd", loss)
    model.fit(np.zeros((2, 4)), np.zeros((2, 2)), verbose=0)
    assert ledger.ledger(model).params == 10


def test_reading_leaves_no_trace():
    def next_names():
        return [layers.InputLayer((1,)).name, layers.Conv2D(1, 1).name, keras.Sequential().name]

    def number(name):
        return int(name.rsplit("_", 1)[1])

    model = zoo.build("resnet20")
    config = model.get_config()
    next_names()
    before = next_names()
    ledger.ledger(model)
    assert [number(name) for name in next_names()] == [number(name) + 1 for name in before]
    assert model.get_config() == config
    assert model.get_layer("block1_unit1_conv1").output.shape == (None, 32, 32, 16)  # raises if the layer were called


# ── what cannot be known ──


class Scale(layers.Layer):
    def build(self, shape):
        self.factor = self.add_weight(shape=(shape[-1],))

    def call(self, x):
        return x * self.factor


def test_an_unknown_layer_gets_no_number():
    book = ledger.ledger(built((4, 4, 3), layers.Conv2D(3, 1), Scale(name="scale"), layers.Conv2D(2, 1, name="last")))
    row = book.row("scale")
    assert (row.params, row.output_shape, row.macs, row.receptive_field) == (3, (4, 4, 3), None, None)
    assert row.note == "multiply-adds of Scale are not known"
    assert book.unknown == ("scale",)
    assert book.row("last").receptive_field is None
    assert "≥ 240" in str(book)
    assert "scale: multiply-adds of Scale are not known" in str(book)


def test_the_layers_of_darknet_are_known():
    book = ledger.ledger(darknet.named("tiny-yolo").model)
    assert book.unknown == ()
    assert book.row("pool_1").macs == 0
    tail = built((8, 8, 4), layers.GlobalMaxPooling2D(keepdims=True), DarknetMaxPooling2D(2, 1, 1))
    assert ledger.ledger(tail)[-1].receptive_field == "whole input"


def test_open_sizes_stay_unknown_until_they_are_given():
    inputs = keras.Input((None, None, 3), name="image")
    x = layers.Conv2D(4, 3, 2, "same", name="conv")(inputs)
    model = keras.Model(inputs, layers.Dense(2, name="head")(layers.GlobalMaxPooling2D()(x)))
    row = ledger.ledger(model).row("conv")
    assert (row.output_shape, row.macs, row.activation_bytes) == ((None, None, 4), None, None)
    assert row.receptive_field is None  # where Keras pads depends on the length
    assert row.note == "sizes are open: give `input_shape`"
    assert "?×?×4" in str(ledger.ledger(model))
    book = ledger.ledger(model, (20, 10, 3))
    assert (book.row("conv").output_shape, book.row("conv").macs) == ((10, 5, 4), 10 * 5 * 27 * 4)
    assert book.row("conv").receptive_field == (ReceptiveField(3, 2, 0), ReceptiveField(3, 2, 0))
    assert book.unknown == ()


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__(name="mine")
        self.first, self.second = layers.Dense(3, name="first"), layers.Dense(2, name="second")
        self.bias = self.add_weight(shape=(7,), name="extra")

    def call(self, x):
        return self.second(self.first(x))


def test_a_subclassed_model_shows_its_layers_and_says_what_it_hides():
    model = Subclassed()
    with pytest.raises(ValueError, match="`model` must have its weights, and mine does not know .* Call it on a batch"):
        ledger.ledger(model)
    model(np.zeros((1, 4)))
    book = ledger.ledger(model)
    assert [(row.name, row.params, row.macs, row.output_shape) for row in book] == [
        ("first", 15, None, None),
        ("second", 8, None, None),
        ("own weights", 7, None, None),
    ]
    assert book.params == model.count_params()
    assert "mine is a subclassed model (Subclassed): which layer feeds which" in str(book)


def test_a_subclassed_model_within_a_functional_one():
    inputs = keras.Input((4,), name="in")
    book = ledger.ledger(keras.Model(inputs, Subclassed()(inputs)))
    assert [(row.name, row.params, row.macs, row.output_shape) for row in book] == [
        ("in", 0, 0, (4,)),
        ("mine", 30, None, (2,)),
    ]


def test_what_is_not_a_built_model_is_refused():
    with pytest.raises(TypeError, match="`model` must be a keras.Model. Received: Dense"):
        ledger.ledger(layers.Dense(3))
    with pytest.raises(ValueError, match="does not know its input yet. Start it with a keras.Input"):
        ledger.ledger(keras.Sequential([layers.Dense(3)]))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((8, 8), r"`input_shape` must have 3 sizes, like \(None, None, 3\). Received: \(8, 8\)"),
        ((8, 8, 1), r"`input_shape` must fit the model's own, \(None, None, 3\). Received: \(8, 8, 1\)"),
        ((8, 0, 3), "`input_shape` must be a whole number >= 1. Received: 0"),
        (8, "`input_shape` must have 3 sizes"),
        ((2, 9, 3), r"`input_shape` \(2, 9, 3\) does not fit sequential.*: (Computed output size|nothing is left)"),
    ],
)
def test_an_input_shape_that_does_not_fit_is_refused(shape, message):
    with pytest.raises(ValueError, match=message):
        ledger.ledger(built((None, None, 3), layers.Conv2D(2, 3)), shape)


def test_an_input_shape_for_two_inputs_is_refused():
    inputs = [keras.Input((2,)), keras.Input((2,))]
    with pytest.raises(ValueError, match="`input_shape` is for models with one input. Received: .*, which has 2"):
        ledger.ledger(keras.Model(inputs, layers.Add()(inputs)), (2,))


# ── how it looks ──


def test_it_is_a_sequence():
    book = ledger.ledger(zoo.build("lenet5"))
    assert len(book) == 9
    assert book[1] in book
    assert [row.name for row in book[-2:]] == ["fc2", "predictions"]
    with pytest.raises(ValueError, match="`name` must be one of 'image', .* Did you mean 'conv1'"):
        book.row("cov1")


def test_text_is_a_table():
    text = str(ledger.ledger(zoo.build("lenet5"))).splitlines()
    assert text[0] == "lenet5"
    assert text[1].split() == ["layer", "kind", "output", "parameters", "multiply-adds", "field", "stride", "memory"]
    assert text[4].split() == ["conv1", "Conv2D", "28×28×6", "156", "117.6", "k", "5", "1", "18.4", "KiB"]
    assert text[-2].split() == ["total", "61,706", "416.5", "k", "37.2", "KiB"]
    assert text[-1] == "61,706 of 61,706 parameters are trainable"
    assert len({len(line) for line in (text[1], text[4], text[-2])}) == 1


def test_html_is_a_table_and_escapes_names():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="<b>&")], name="<i>")
    html = ledger.ledger(model)._repr_html_()
    assert "<b>" not in html
    assert "<i>" not in html
    assert "&lt;b&gt;&amp;" in html
    assert html.count("<tr") == 4  # heading, input, layer, total
    assert html.count('scope="col"') == 8


def test_figure_has_a_bar_a_layer_or_a_block():
    book = ledger.ledger(zoo.build("lenet5"))
    layers = ["image", "conv1", "pool1", "conv2", "pool2", "flatten", "fc1", "fc2", "predictions"]
    assert bars_of(book) == layers
    picture = book.figure()
    assert picture.alt == (
        "lenet5: most parameters in fc1, 48.1 k of 61.7 k (78%); "
        "most multiply-adds in conv2, 240.0 k of 416.5 k (58%); most memory in conv1, 18.4 KiB of 37.2 KiB (49%)."
    )
    assert picture.png().startswith(b"\x89PNG")
    deep = ledger.ledger(zoo.build("resnet20"))
    assert bars_of(deep) == ["image", "stem", "block1", "block2", "block3", "avg", "predictions"]
    widths = [bar.get_width() for bar in deep.figure().axes[2].patches]
    assert sum(widths) == deep.activation_bytes


def bars_of(book):
    return [label.get_text() for label in book.figure().axes[0].get_yticklabels()]


@pytest.mark.usefixtures("weightless")
def test_a_networks_own_names_tell_its_blocks_apart_or_the_size_of_its_maps_does():
    names = bars_of(ledger.ledger(keras.applications.MobileNetV2(weights=None)))
    assert [f"block_{number}" for number in range(1, 17)] == [name for name in names if name.startswith("block")]
    inception = ledger.ledger(keras.applications.InceptionV3(weights=None))
    assert bars_of(inception)[1:6] == [f"maps of {n}×{n}" for n in (149, 147, 73, 71, 35)]


def test_comparison():
    both = ledger.compare({"32 pixels": zoo.build("lenet5"), "28": ledger.ledger(zoo.build("lenet5", (28, 28, 1)))})
    lines = str(both).splitlines()
    assert lines[0].split() == ["model", "parameters", "trainable", "multiply-adds", "field", "stride", "memory"]
    assert lines[2].split()[:4] == ["32", "pixels", "61,706", "61,706"]
    assert lines[3].split()[:3] == ["28", "44,426", "44,426"]
    assert both._repr_html_().count("<tr") == 3
    picture = both.figure()
    assert picture.alt.startswith("32 pixels: 61.7 k parameters, 416.5 k multiply-adds, 37.2 KiB memory. 28: 44.4 k")
    assert picture.png().startswith(b"\x89PNG")
    with pytest.raises(TypeError, match="`models` must be a dict of title and model. Received: {}"):
        ledger.compare({})
