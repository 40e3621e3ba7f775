"""Backbones take floats 0 to 1 and preprocess them rightly; freezing freezes; features and heads equal the whole."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from contrast import contrast

from cnnlab import datasets, transfer, zoo
from cnnlab.training.transfer.backbones import _preprocessed

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
SQUEEZENET = Path(os.environ.get("CNNLAB_WEIGHTS", SHARED / "weights")) / "squeezenet_imagenet_notop.h5"
needs_squeezenet = pytest.mark.skipif(not SQUEEZENET.is_file(), reason="no ImageNet weights beside the project")

# Keras' own saving and copying turn TensorFlow's variables into arrays in a way that NumPy 2 complains about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@pytest.fixture
def no_weights(monkeypatch, tmp_path):
    monkeypatch.setenv("CNNLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("CNNLAB_DATA", raising=False)
    return tmp_path


def pictures(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, "float32")


def run(model, images):
    return keras.ops.convert_to_numpy(model(images, training=False))


def small(norms=True):
    """A backbone of three convolutions, two of them with BatchNormalization."""
    layers = keras.layers
    x = inputs = keras.Input((12, 12, 1))
    for number in (1, 2, 3):
        x = layers.Conv2D(4, 3, activation="relu", name=f"block{number}_conv")(x)
        if norms and number > 1:
            x = layers.BatchNormalization(name=f"block{number}_bn")(x)
    return keras.Model(inputs, x, name="small")


def fitted(model, classes=2, epochs=1):
    shape = model.input_shape[1:]
    labels = np.arange(8) % classes
    model.fit(pictures(8, *shape), labels, batch_size=4, epochs=epochs, verbose=0)
    return model


def weights(model):
    return {layer.name: [w.copy() for w in layer.get_weights()] for layer in model.layers if layer.weights}


def changed(model, before):
    after = weights(model)
    return {
        name
        for name, arrays in before.items()
        if any(not np.array_equal(a, b) for a, b in zip(arrays, after[name], strict=True))
    }


# --- the menu ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", [e for e in transfer.menu() if e.keras_name], ids=lambda e: e.name)
def test_preprocessing_is_that_of_keras_applications(entry):
    """Floats 0 to 1 through our layers = 0 to 255 through `preprocess_input` of the network's own module."""
    module = sys.modules[getattr(keras.applications, entry.keras_name).__module__]
    module = getattr(keras.applications, module.__name__.rsplit(".", 1)[1])
    images = pictures(2, 5, 4, 3)
    inputs = keras.Input((5, 4, 3))
    ours = run(keras.Model(inputs, _preprocessed(inputs, entry.pixels)), images)
    theirs = module.preprocess_input(images * 255)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4 * np.abs(theirs).max())


def test_squeezenet_wants_what_its_authors_trained_it_on():
    images = pictures(2, 5, 4, 3)
    inputs = keras.Input((5, 4, 3))
    entry = next(e for e in transfer.menu() if e.name == "squeezenet")
    ours = run(keras.Model(inputs, _preprocessed(inputs, entry.pixels)), images)
    blue_first = 255 * images[..., ::-1] - np.array([103.939, 116.779, 123.68])
    np.testing.assert_allclose(ours, blue_first, rtol=1e-4, atol=1e-2)


@pytest.mark.usefixtures("weightless")
@pytest.mark.parametrize(
    ("name", "size", "channels"),
    [
        *[("squeezenet", 64, 512), ("mobilenet_v2", 64, 1280), ("resnet50", 64, 2048), ("efficientnet_b0", 64, 1280)],
        *[("mobilenet_v3_small", 64, 576), ("efficientnet_v2_b0", 64, 1280), ("convnext_tiny", 64, 768)],
    ],
)
def test_the_menu_states_the_parameters(name, size, channels):
    base = transfer.backbone(name, (size, size, 3), weights=None)
    entry = next(e for e in transfer.menu() if e.name == name)
    assert base.count_params() == entry.params
    assert base.output_shape[-1] == channels
    assert base.input_shape == (None, size, size, 3)
    assert base(keras.Input((size, size, 3))).shape[-1] == channels  # and no warning


def test_the_menu_is_that_of_the_syllabus_with_its_sizes():
    sides = {entry.name: entry.side for entry in transfer.menu()}
    expected = {"xception": 299, "vgg16": 224, "resnet50": 224, "resnet50_v2": 224, "inception_v3": 299}
    expected |= {"inception_resnet_v2": 299, "mobilenet": 224, "mobilenet_v2": 224, "densenet121": 224}
    expected |= {"nasnet_mobile": 224, "nasnet_large": 331, "efficientnet_b0": 224, "efficientnet_b7": 600}
    assert expected.items() <= sides.items()


def test_the_menu_holds_all_there_is_in_keras_applications():
    there = {name for name in dir(keras.applications) if name[0].isupper()}
    assert there <= {entry.keras_name for entry in transfer.menu()}
    assert len({entry.name for entry in transfer.menu()}) == len(transfer.menu())


LATER = ("mobilenet_v3", "efficientnet_v2", "convnext")


@pytest.mark.usefixtures("weightless")
@pytest.mark.parametrize("entry", [e for e in transfer.menu() if e.name.startswith(LATER)], ids=lambda e: e.name)
def test_sizes_and_files_are_those_of_keras_own_loader(entry, monkeypatch):
    """The file that Keras would download, and the size it takes where none is given."""
    if entry.params > 8_000_000 and not os.environ.get("CNNLAB_SLOW"):
        pytest.skip("takes seconds to build: CNNLAB_SLOW=1")
    application, asked = getattr(keras.applications, entry.keras_name), []

    def get_file(name, *address, **options):
        asked.append(name)
        raise LookupError

    monkeypatch.setattr(sys.modules[application.__module__].file_utils, "get_file", get_file)
    with pytest.raises(LookupError):
        application(include_top=False, input_shape=(entry.side, entry.side, 3))
    assert Path(asked[0]).match(entry.file)
    whole = application(weights=None)  # with its classifier Keras takes its own size
    own = (None, None) if "V3" in entry.keras_name else (entry.side, entry.side)  # whose file is named after its 224
    assert whole.input_shape[1:3] == own
    assert transfer.backbone(entry.name, (64, 64, 3), weights=None).count_params() == entry.params


def test_the_top_of_a_convnext_is_counted_in_kernels():
    """Its last layers with a kernel are a block's two Dense layers; LayerScale and LayerNormalization go along."""
    model = transfer.classifier(transfer.backbone("convnext_tiny", (32, 32, 3), weights=None), 2)
    one = transfer.unfreeze_top(model, 1).layers
    assert [name.rpartition("block_2_")[2] for name in one[:2]] == ["pointwise_conv_2", "layer_scale"]
    assert len(transfer.unfreeze_top(model, 2).layers) == len(one) + 1
    assert transfer.unfreeze_top(model, 0).layers == ("head_classes",)
    with pytest.raises(ValueError, match="`top` must be a whole number from 0 to 58"):  # 18·3 + the stem + 3 between
        transfer.unfreeze_top(model, 59)


# --- backbones --------------------------------------------------------------------------------------------------------


def test_a_backbone_is_flat_resizes_within_and_survives_saving(tmp_path):
    base = transfer.backbone("squeezenet", (32, 40, 3), weights=None, resize=(64, 80))
    assert base.output_shape == (None, 3, 4, 512)
    assert [layer.name for layer in base.layers][:3] == ["image", "resize", "preprocess"]
    assert not any(isinstance(layer, keras.Model) for layer in base.layers)
    base.save(tmp_path / "base.keras")
    again = keras.models.load_model(tmp_path / "base.keras")
    images = pictures(2, 32, 40, 3)
    np.testing.assert_allclose(run(again, images), run(base, images), rtol=1e-4, atol=1e-4)


@needs_squeezenet
def test_imagenet_weights_come_from_the_data_folder(monkeypatch, no_weights):
    folder = no_weights / "data" / "weights"
    folder.mkdir(parents=True)
    (folder / SQUEEZENET.name).write_bytes(SQUEEZENET.read_bytes())
    monkeypatch.setenv("CNNLAB_DATA", str(folder.parent))
    base = transfer.backbone("squeezenet", (64, 64, 3))
    plain = zoo.build("squeezenet", (64, 64, 3), include_top=False, weights=SQUEEZENET)
    images = pictures(2, 64, 64, 3)
    by_hand = run(plain, (255 * images[..., ::-1] - np.array([103.939, 116.779, 123.68])).astype("float32"))
    np.testing.assert_allclose(run(base, images), by_hand, rtol=1e-3, atol=1e-3 * by_hand.max())
    path = transfer.backbone("squeezenet", (64, 64, 3), weights=SQUEEZENET)
    assert np.array_equal(run(path, images), run(base, images))


def test_keras_weights_are_found_in_the_data_folder(monkeypatch, no_weights):
    folder = no_weights / "data" / "weights"
    folder.mkdir(parents=True)
    base = transfer.backbone("mobilenet", (32, 32, 3), weights=None)
    base.save_weights(folder / "m.weights.h5")
    (folder / "m.weights.h5").rename(folder / "mobilenet_1_0_224_tf_no_top.h5")
    monkeypatch.setenv("CNNLAB_DATA", str(folder.parent))
    with pytest.raises(ValueError, match="mobilenet"):  # found, and not in the form of Keras' published file
        transfer.backbone("mobilenet", (32, 32, 3))


@pytest.mark.parametrize("name", ["other.weights.h5", "other.h5", "cut.h5"])
def test_a_file_that_is_not_the_networks_is_not_blamed_on_the_size(name, tmp_path):
    whole = tmp_path / "other.weights.h5"
    small().save_weights(whole)
    (tmp_path / "cut.h5").write_bytes(whole.read_bytes()[:2000])
    with h5py.File(tmp_path / "other.h5", "w") as file:  # in the form of Keras' published files
        file.attrs["layer_names"] = [b"fc"]
        file.create_group("fc").attrs["weight_names"] = [b"kernel"]
        file["fc"]["kernel"] = np.zeros((2, 2))
    with pytest.raises(ValueError, match=f"`weights` must be a whole file of mobilenet without .* Received: {name}: "):
        transfer.backbone("mobilenet", (32, 32, 3), weights=tmp_path / name)


@pytest.mark.parametrize("name", ["squeezenet", "resnet50"])
def test_without_weights_and_network_the_message_says_what_to_do(name, no_weights):
    with pytest.raises(datasets.DataError, match=r"(?s)CNNLAB_OFFLINE is set.*weights=None.*photo_backbone") as error:
        transfer.backbone(name, (64, 64, 3))
    assert "`weights` 'auto'" in str(error.value)
    assert str(no_weights) not in str(error.value)


def test_a_silent_host_is_reported_in_seconds(monkeypatch, no_weights):
    monkeypatch.setenv("CNNLAB_OFFLINE", "0")

    def nobody(address, timeout):
        assert timeout <= 5
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", nobody)
    with pytest.raises(datasets.DataError, match="does not answer"):
        transfer.backbone("resnet50", (64, 64, 3))


def test_what_keras_has_cached_needs_no_network(monkeypatch, no_weights):
    (no_weights / "keras" / "models").mkdir(parents=True)
    (no_weights / "keras" / "models" / "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5").touch()
    asked = {}

    def vgg16(**arguments):
        asked.update(arguments)
        raise LookupError

    monkeypatch.setattr(keras.applications, "VGG16", vgg16)
    with pytest.raises(LookupError):
        transfer.backbone("vgg16", (64, 64, 3))
    assert asked["weights"] == "imagenet"
    assert asked["include_top"] is False


def test_the_registry_row_is_the_file_of_the_classroom():
    from cnnlab.common.files import sha256
    from cnnlab.data import locate

    row = locate.REGISTRY["squeezenet"]
    assert row.url.endswith("squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5")
    if SQUEEZENET.is_file():
        assert sha256(SQUEEZENET) == row.checksum
        assert SQUEEZENET.stat().st_size == row.bytes


# --- features and heads -----------------------------------------------------------------------------------------------


def test_a_head_on_features_equals_the_classifier_on_pictures():
    base = small()
    model = transfer.classifier(base, classes=3)
    images = pictures(5, 12, 12, 1)
    kept = transfer.features(base, images, batch_size=2)
    assert kept.shape == (5, 4)
    np.testing.assert_allclose(kept, run(base, images).mean(axis=(1, 2)), rtol=1e-4, atol=1e-6)
    assert transfer.features(base, images[:0]).shape == (0, 4)
    alone = transfer.head(4, classes=3)
    assert not alone.get_layer("head_classes").get_weights()[0].any(), "it starts from zeros"
    alone.get_layer("head_classes").set_weights([pictures(4, 3), pictures(3)])
    model.get_layer("head_classes").set_weights([pictures(4, 3), pictures(3)])
    np.testing.assert_allclose(run(alone, kept), run(model, images), rtol=1e-4, atol=1e-6)


def test_vectors_are_taken_as_they_are():
    inputs = keras.Input((6, 6, 1))
    base = keras.Model(inputs, keras.layers.Flatten()(inputs))
    images = pictures(2, 6, 6, 1)
    np.testing.assert_allclose(transfer.features(base, images), images.reshape(2, -1))
    assert transfer.classifier(base, 2).count_params() == 36 * 2 + 2


def convolution():
    return keras.layers.Conv2D(3, 3, activation="relu")


def called(model):
    model(pictures(1, 8, 8, 1))
    return model


def with_functional_inside():
    inputs = keras.Input((8, 8, 1))
    return keras.Sequential([keras.Model(inputs, convolution()(inputs)), convolution()])


@pytest.mark.parametrize(
    "build",
    [
        lambda: keras.Sequential([keras.Input((8, 8, 1)), convolution()]),
        lambda: keras.Sequential([keras.Input((8, 8, 1)), keras.Sequential([convolution(), convolution()])]),
        lambda: keras.Sequential([keras.Sequential([keras.Input((8, 8, 1)), convolution()]), convolution()]),
        lambda: called(keras.Sequential([convolution()])),
        with_functional_inside,
    ],
    ids=["with Input", "nested", "nested with Input", "called on one picture", "functional inside"],
)
def test_every_sequential_that_knows_its_pictures_is_a_backbone(build):
    base, images = build(), pictures(5, 8, 8, 1)
    averages = run(base, images).mean(axis=(1, 2))
    np.testing.assert_allclose(transfer.features(base, images, batch_size=2), averages, rtol=1e-4, atol=1e-6)
    model = transfer.classifier(base, 2, learning_rate=0.05)
    assert model.input_shape == (None, 8, 8, 1)
    assert model.count_params() == base.count_params() + 3 * 2 + 2
    assert transfer.freeze(model).trainable_params == 3 * 2 + 2
    before = [w.copy() for w in base.get_weights()]
    fitted(model)
    assert all(np.array_equal(a, b) for a, b in zip(before, base.get_weights(), strict=True))
    transfer.unfreeze(model)
    fitted(model)
    assert not np.array_equal(before[0], base.get_weights()[0]), "built in, not copied"


def test_a_sequential_without_input_is_told_what_is_missing():
    base = keras.Sequential([convolution()], name="blind")
    with pytest.raises(ValueError, match=r"must know its pictures: make keras.Input\(\(H, W, C\)\).* Received: blind"):
        transfer.classifier(base, 2)
    with pytest.raises(ValueError, match="must know its pictures"):
        transfer.features(keras.Sequential([keras.Input((8, 8, 1))]), pictures(1, 8, 8, 1))
    assert transfer.features(base, pictures(2, 8, 8, 1)).shape == (2, 3)  # the pictures say what it left open
    assert transfer.classifier(base, 2).input_shape == (None, 8, 8, 1)


def test_a_classifier_wants_a_model_with_a_graph():
    class Own(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(TypeError, match="`backbone` must be a keras.Model. Received: str"):
        transfer.classifier("resnet50", 2)
    with pytest.raises(ValueError, match="functional or Sequential"):
        transfer.classifier(Own(), 2)
    one, two = keras.Input((4, 4, 1)), keras.Input((4, 4, 1))
    with pytest.raises(ValueError, match="one input and one output"):
        transfer.classifier(keras.Model([one, two], keras.layers.Add()([one, two])), 2)
    row = keras.Input((4, 3))
    with pytest.raises(ValueError, match=r"must give \(N, h, w, C\) or \(N, C\)"):
        transfer.classifier(keras.Model(row, keras.layers.Conv1D(2, 2)(row)), 2)


class Unnamed(keras.losses.Loss):
    """Not registered, and its configuration does not say what it was made with."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def call(self, true, found):
        return self.factor * (found - true)


# --- freezing ---------------------------------------------------------------------------------------------------------


def test_freeze_leaves_only_the_head_to_train():
    model = fitted(transfer.classifier(small(), 2, learning_rate=0.05))
    training = transfer.freeze(model)
    before = weights(model)
    fitted(model, epochs=2)
    assert changed(model, before) == {"head_classes"}  # no statistics of a BatchNormalization either
    assert training.layers == ("head_classes",)
    assert training.trainable_params == 4 * 2 + 2
    assert training.trainable_params + training.frozen_params == model.count_params()
    assert training.inference == 2


def test_without_compiling_again_every_backend_does_something_else():
    """Why `freeze` compiles: setting `trainable` on a model that has trained is not enough, except on torch."""
    model = fitted(transfer.classifier(small(norms=False), 2, learning_rate=0.05))
    model.get_layer("block1_conv").trainable = False
    before = weights(model)
    if keras.backend.backend() == "jax":  # its optimizer knows of other weights
        with pytest.raises(ValueError, match="."):
            fitted(model, epochs=2)
    else:  # torch asks at every step which weights train, TensorFlow has traced a function
        fitted(model, epochs=2)
        assert ("block1_conv" in changed(model, before)) == (keras.backend.backend() == "tensorflow")


@pytest.mark.parametrize(
    ("top", "expected"),
    [
        (0, set()),
        (1, {"block3_conv"}),
        (2, {"block2_conv", "block3_conv"}),
        (3, {"block1_conv", "block2_conv", "block3_conv"}),
        ("block2", {"block2_conv", "block3_conv"}),
    ],
)
def test_the_top_trains_and_batch_normalisation_does_not(top, expected):
    keras.utils.set_random_seed(0)
    model = fitted(transfer.classifier(small(), 2, dropout=0))
    training = transfer.unfreeze_top(model, top, learning_rate=0.05)
    before = weights(model)
    fitted(model, epochs=3)
    assert changed(model, before) == expected | {"head_classes"}
    assert set(training.layers) == expected | {"head_classes"}
    assert training.learning_rate == pytest.approx(0.05)


def test_unfreezing_all_lets_the_statistics_move_again():
    model = transfer.classifier(small(), 2, dropout=0, learning_rate=0.05)
    transfer.freeze(model)
    training = transfer.unfreeze(model)
    before = weights(model)
    fitted(model, epochs=2)
    assert {"block2_bn", "block3_bn", "block1_conv"} <= changed(model, before)
    assert training.inference == 0
    assert training.frozen_params == 2 * 2 * 4  # the moving mean and variance of two layers of 4 channels


def test_layers_of_a_model_within_are_reached():
    base = small()
    inputs = keras.Input((12, 12, 1))
    outputs = keras.layers.Dense(2, name="head_classes")(keras.layers.GlobalAveragePooling2D()(base(inputs)))
    model = keras.Model(inputs, outputs)
    assert transfer.freeze(model).layers == ("head_classes",)
    assert transfer.unfreeze_top(model, "block3").layers == ("block3_conv", "head_classes")
    assert {w.path for w in model.trainable_weights} >= {w.path for w in base.get_layer("block3_conv").weights}


def test_compiling_again_keeps_loss_metrics_and_kind_of_optimizer():
    model = transfer.classifier(small(), 2)
    model.compile(keras.optimizers.SGD(0.25, momentum=0.5), keras.losses.SparseCategoricalCrossentropy())
    training = transfer.freeze(model)
    assert isinstance(model.optimizer, keras.optimizers.SGD)
    assert training.learning_rate == 0.25
    assert isinstance(model.loss, keras.losses.SparseCategoricalCrossentropy)
    fitted(model)


@pytest.mark.parametrize("loss", [lambda true, found: found - true, Unnamed(2)], ids=["lambda", "class"])
def test_a_loss_that_keras_cannot_name_is_refused_and_nothing_changes(loss):
    model = transfer.classifier(small(), 2)
    transfer.freeze(model)
    model.compile("adam", loss)
    flags, optimizer = [layer.trainable for layer in model.layers], model.optimizer
    with pytest.raises(ValueError, match="`model` must be compiled with a loss and metrics that Keras can name: .*"):
        transfer.unfreeze(model)
    assert [layer.trainable for layer in model.layers] == flags
    assert model.optimizer is optimizer


def test_a_new_learning_rate_takes_the_place_of_a_schedule():
    model = transfer.classifier(small(), 2)
    model.compile(keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5), 0.5), "mse")
    assert transfer.freeze(model).learning_rate == pytest.approx(0.1)  # kept where none is given
    assert isinstance(model.optimizer.get_config()["learning_rate"], dict)
    assert transfer.unfreeze_top(model, 1).learning_rate == pytest.approx(1e-4)
    assert model.optimizer.get_config()["momentum"] == 0.5
    model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)), "mse")  # of half precision
    assert transfer.unfreeze_top(model, 1).learning_rate == pytest.approx(1e-4)


def test_a_training_reads_as_a_sentence():
    model = transfer.classifier(small(), 2)
    assert repr(transfer.unfreeze_top(model, 1)) == (
        "2 layers train, block3_conv to head_classes: 158 of 378 parameters. 2 BatchNormalizations stay in inference "
        "mode. Compiled again, with a fresh optimizer and learning rate 0.0001."
    )
    training = transfer.freeze(small())
    assert training.learning_rate is None
    assert "No layer trains" in repr(training)
    assert "not compiled" in repr(training)


def test_a_restart_forgets_the_run_before():
    model = transfer.classifier(small(), 2, dropout=0, learning_rate=0.05)
    transfer.unfreeze_top(model, 1, learning_rate=0.05)
    start = model.get_weights()
    ends = []
    for _ in range(2):
        transfer.restart(model, start)
        assert int(model.optimizer.iterations) == 0
        model.fit(pictures(8, 12, 12, 1), np.arange(8) % 2, batch_size=4, epochs=2, shuffle=False, verbose=0)
        ends.append(model.get_weights())
    for one, two in zip(*ends, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)
    assert not np.allclose(ends[0][-2], start[-2])
    assert float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)) == pytest.approx(0.05)


@pytest.mark.parametrize("kind", ["Adagrad", "Ftrl", "Nadam", "Adam", "RMSprop", "SGD"])
def test_after_a_restart_any_optimizer_trains_as_a_fresh_one(kind):
    """Adagrad's and Ftrl's sums start at 0.1, Nadam's product at 1."""
    options = {"SGD": {"momentum": 0.9}}.get(kind, {})
    inputs = keras.Input((5,))
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(inputs))
    loss = "sparse_categorical_crossentropy"
    model.compile(getattr(keras.optimizers, kind)(0.05, **options), loss, run_eagerly=True)
    start, ends = model.get_weights(), []
    for _ in range(2):
        transfer.restart(model, start)
        model.fit(pictures(6, 5), np.arange(6) % 2, batch_size=3, epochs=3, shuffle=False, verbose=0)
        ends.append(model.get_weights())
    assert not np.allclose(ends[0][0], start[0])
    for first, again in zip(*ends, strict=True):
        np.testing.assert_allclose(again, first, rtol=1e-4, atol=1e-6)


def test_a_restart_refuses_what_does_not_fit():
    model = transfer.classifier(small(), 2)
    with pytest.raises(ValueError, match="`weights` must be 16 arrays"):
        transfer.restart(model, model.get_weights()[:-1])
    with pytest.raises(ValueError, match="`model` must be compiled. Received: small"):
        transfer.restart(small(), small().get_weights())
    with pytest.raises(TypeError, match="`model` must be a keras.Model"):
        transfer.restart(None, [])
    model.optimizer.build(model.trainable_variables)
    model.get_layer("block1_conv").trainable = False
    with pytest.raises(ValueError, match="`model` must be compiled again after its layers were frozen or unfrozen"):
        transfer.restart(model, model.get_weights())


# --- few labels, and the curve ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [3, 6, 7, 30])
def test_few_labels_are_even_and_nested(count):
    labels = np.repeat([4, 5, 6], [10, 20, 30])
    rows = transfer.few_labels(labels, count, seed=1)
    assert len(set(rows.tolist())) == count
    shares = [int((labels[rows] == name).sum()) for name in (4, 5, 6)]
    assert max(shares) - min(shares) <= 1
    if count > 3:
        assert set(transfer.few_labels(labels, 3, seed=1)) <= set(rows)
    assert not np.array_equal(rows, transfer.few_labels(labels, count, seed=2))


def test_a_learning_curve_is_the_mean_and_spread_of_its_runs():
    seen = []

    def way(rows, seed):
        seen.append((len(rows), seed))
        return (len(rows) + seed) / 100

    other = lambda rows, seed: 0.1  # noqa: E731
    curve = transfer.learning_curve({"way": way, "other": other}, np.array([0, 1] * 20), [4, 10], seeds=3)
    assert seen == [(4, 0), (4, 1), (4, 2), (10, 0), (10, 1), (10, 2)]
    np.testing.assert_allclose(curve.mean("way"), [0.05, 0.11])
    np.testing.assert_allclose(curve.spread("way"), [0.01, 0.01])  # of 4, 5 and 6 %: √((1 + 0 + 1) / 2)
    gap, spread = curve.gap("way", "other")
    np.testing.assert_allclose(gap, [-0.05, 0.01], atol=1e-12)
    np.testing.assert_allclose(spread, [0.01, 0.01])
    assert "5% ± 1%" in repr(curve)
    picture = curve.figure("title", guess=0.5)
    assert "way: 5% ± 1% with 4, 11% ± 1% with 10" in picture.alt
    assert min(contrast(text.get_color(), "white") for text in picture.axes[0].texts) >= 4.5
    assert picture.png().startswith(b"\x89PNG")


# --- digits without a download ----------------------------------------------------------------------------------------


def test_scattered_digits_keep_train_and_test_apart_and_vary():
    train, test = (transfer.scattered_digits((5, 8), split, seed=3) for split in ("train", "test"))
    originals = datasets.digits()
    assert len(train) + len(test) == int(np.isin(originals.labels, (5, 8)).sum())
    assert train.class_names == ("5", "8")
    assert set(train.labels.tolist()) == {0, 1}
    again = transfer.scattered_digits((5, 8), seed=3)
    assert np.array_equal(train.images, again.images)
    twice = transfer.scattered_digits((5, 8), copies=2, seed=3)
    assert len(twice) == 2 * len(train)
    assert not np.array_equal(twice.images[: len(train)], twice.images[len(train) :])


def test_scattered_digits_lie_on_the_canvas_and_move():
    images = transfer.scattered_digits(range(10), copies=2).images[..., 0].astype(float)
    assert images.shape[1:] == (28, 28)
    edge = images.copy()
    edge[:, 1:-1, 1:-1] = 0
    assert (edge.max(axis=(1, 2)) > 128).mean() < 0.1  # turned corners may touch the border
    rows, columns = np.mgrid[:28, :28]
    mass = images.sum(axis=(1, 2))
    assert mass.min() > 0
    middle = np.stack([(images * place).sum(axis=(1, 2)) / mass for place in (rows, columns)])
    assert (np.abs(middle.mean(axis=1) - 13.5) < 0.7).all()
    assert (middle.std(axis=1) > 2).all()


def test_scattering_without_turn_or_move_is_enlarging(monkeypatch):
    """Linear interpolation with half-pixel centres, as `datasets.digits(size)` does; there the border is repeated."""
    monkeypatch.setattr("cnnlab.training.transfer.digits._SIZES", (28.0, 28.0))
    monkeypatch.setattr("cnnlab.training.transfer.digits._TURN", 0.0)
    images = transfer.scattered_digits((3,), "test").images
    labels = datasets.digits().labels
    held_out = np.sort([row for row in np.argsort(labels, kind="stable")[4::5] if labels[row] == 3])
    inside = np.s_[:, 2:-2, 2:-2]
    difference = images[inside].astype(int) - datasets.digits(size=28).images[held_out][inside]
    assert np.abs(difference).max() <= 1


def test_the_digits_backbone_knows_more_than_random_numbers():
    taught, random = (transfer.digits_backbone(weights=weights) for weights in ("auto", None))
    data = transfer.scattered_digits(range(5), "test", copies=2, seed=9)
    images, half = data.images / np.float32(255), len(data) // 2

    def nearest(base):
        """Accuracy of the nearest class mean on features standardised by the first half."""
        values = transfer.features(base, images)
        values = (values - values[:half].mean(axis=0)) / (values[:half].std(axis=0) + 1e-6)
        means = np.stack([values[:half][data.labels[:half] == label].mean(axis=0) for label in range(5)])
        found = ((values[half:, None] - means) ** 2).sum(axis=-1).argmin(axis=1)
        return (found == data.labels[half:]).mean()

    assert nearest(taught) > nearest(random) + 0.1


def test_the_digits_backbone_takes_other_pictures():
    base = transfer.digits_backbone((20, 24, 3), weights=None)
    assert base.input_shape == (None, 20, 24, 3)
    assert base.output_shape == (None, 7, 7, 64)
    plain = transfer.digits_backbone(weights=None)
    plain.set_weights(base.get_weights())
    grey = pictures(2, 28, 28, 1)
    coloured = transfer.digits_backbone((28, 28, 3), weights=None)
    coloured.set_weights(base.get_weights())
    np.testing.assert_allclose(run(coloured, np.repeat(grey, 3, axis=-1)), run(plain, grey), rtol=1e-3, atol=1e-4)


def test_efficientnets_own_file_gets_the_pixels_it_was_trained_on(tmp_path):
    # Keras divides by the root of the deviation once more, but only where it loads the file itself.
    deviation = np.array([0.229, 0.224, 0.225])
    network = keras.applications.EfficientNetB0(include_top=False, weights=None, input_shape=(64, 64, 3))
    (scale,) = (layer for layer in network.layers if isinstance(layer, keras.layers.Normalization))
    scale.set_weights([np.float32([0.485, 0.456, 0.406]), np.float32(deviation**2), *scale.get_weights()[2:]])
    picture = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)

    def scaled(name):
        network.save(tmp_path / name)
        model = transfer.backbone("efficientnet_b0", (64, 64, 3), weights=tmp_path / name)
        own = [layer for layer in model.layers if isinstance(layer, keras.layers.Normalization)][-1]
        return keras.ops.convert_to_numpy(keras.Model(model.inputs, own.output)([picture]))

    ratio = scaled("efficientnetb0_notop.h5") / scaled("mine.h5")
    assert np.allclose(np.median(ratio, axis=(0, 1, 2)), 1 / np.sqrt(deviation), rtol=1e-3)


# --- what is refused --------------------------------------------------------------------------------------------------

SHARES = np.repeat([4, 5, 6], [10, 20, 30])


def features_of(images):
    return transfer.features(small(), images)


def top(value):
    return transfer.unfreeze_top(transfer.classifier(small(), 2), value)


def curve(**change):
    arguments = {"ways": {"a": lambda rows, seed: 0.5}, "labels": np.array([0, 1] * 9), "sizes": [4], "seeds": 2}
    return transfer.learning_curve(**{**arguments, **change})


REFUSED = [
    (lambda: transfer.backbone("resnet55"), "Did you mean 'resnet50'"),
    (lambda: transfer.backbone("squeezenet", (64, 64, 1), None), r"`input_shape` must be \(H, W, 3\).*\(64, 64, 1\)"),
    (lambda: transfer.backbone("squeezenet", 64, None), r"`input_shape` must be \(H, W, 3\)"),
    (lambda: transfer.backbone("squeezenet", (0, 64, 3), None), "`input_shape` must be a whole number >= 1. Rec.*: 0"),
    (lambda: transfer.backbone("squeezenet", (8, 8, 3), None), r"refuses pictures of \(8, 8, 3\).*`resize` helps"),
    (lambda: transfer.backbone("squeezenet", (64, 64, 3), "imagenet"), "must be a file ending in"),
    (lambda: transfer.backbone("inception_v3", (32, 32, 3), None), r"inception_v3 refuses pictures of \(32, 32, 3\)"),
    (lambda: features_of(np.full((1, 12, 12, 1), 255.0)), "Received: 255 … 255. Divide by 255"),
    (lambda: features_of(np.full((1, 12, 12, 1), -1.0)), "Preprocessing is done inside the backbone"),
    (lambda: features_of(np.full((1, 12, 12, 1), np.nan)), "floats from 0 to 1"),
    (lambda: features_of(np.zeros((1, 10, 12, 1))), "must have the backbone's shape, 12×12×1. Received: 10×12×1"),
    (lambda: features_of(np.zeros((12, 12, 1))), r"\(N, H, W, C\)"),
    (lambda: transfer.head(4, classes=1), "`classes` must be a whole number >= 2: yes or no are two classes"),
    (lambda: transfer.head(4, classes=2, dropout=1), "`dropout` must be a number from 0 to below 1. Received: 1"),
    (lambda: transfer.head(4, classes=2, learning_rate=0), "`learning_rate` must be a .*number > 0. Received: 0"),
    (lambda: top(4), "`top` must be a whole number from 0 to 3. Received: 4"),
    (lambda: top("block9"), "such as 'block1_conv', 'block2_conv', 'block3_conv'. Received: 'block9'"),
    (lambda: top(""), "`top` must begin the name"),
    (lambda: transfer.few_labels(SHARES, 2), "from 3 to 60"),
    (lambda: transfer.few_labels(SHARES, 61), "from 3 to 60"),
    (lambda: transfer.few_labels(SHARES, 45), "one of which has 10 pictures: at most 30"),
    (lambda: transfer.few_labels([], 0), "`labels` must hold at least one label. Received: none"),
    (lambda: curve(ways={"a": lambda rows, seed: 73.0}), "from 0 to 1. Received: 73.0 from 'a'"),
    (lambda: curve(seeds=[1]), "one run has no error bar"),
    (lambda: curve(seeds=1), "`seeds` must be a whole number >= 2"),
    (lambda: curve(sizes=[]), "`sizes` must hold at least one"),
    (lambda: transfer.digits_backbone((28, 28)), r"`input_shape` must be \(H, W, 1\) or \(H, W, 3\)"),
    (lambda: transfer.digits_backbone(weights="imagenet"), "`weights` must be 'auto' or None"),
    (lambda: transfer.scattered_digits(()), "`digits` must hold different digits"),
    (lambda: transfer.scattered_digits((5, 5)), "`digits` must hold different digits"),
    (lambda: transfer.scattered_digits((10,)), "`digits` must be a whole number from 0 to 9"),
    (lambda: transfer.scattered_digits((5,), "validation"), "`split` must be one of"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_right_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


WRONG_KIND = [
    (
        lambda: features_of(np.zeros((1, 12, 12, 1), "uint8")),
        "floats from 0 to 1. Received: dtype uint8. Divide by 255",
    ),
    (lambda: transfer.head(4, classes=2, learning_rate="slow"), "`learning_rate`"),
    (lambda: transfer.freeze([]), "`model` must be a keras.Model. Received: list"),
    (lambda: top(1.5), "`top`"),
    (lambda: curve(ways={}), "`ways` must be a dict"),
    (lambda: curve(ways={"a": 1}), "`ways` must be a dict"),
    (lambda: curve(sizes=4), "`sizes` must be a list of numbers of labels. Received: 4"),
]


@pytest.mark.parametrize(("call", "message"), WRONG_KIND, ids=range(len(WRONG_KIND)))
def test_what_is_of_another_kind_is_refused(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_a_file_that_is_not_there_is_refused():
    with pytest.raises(FileNotFoundError, match=r"'no.h5', where there is none"):
        transfer.backbone("squeezenet", (64, 64, 3), "no.h5")
