"""Weights come from files of three kinds, by name, all or none."""

import os
import shutil
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from cnnlab import zoo

# Keras' own saving turns TensorFlow's variables into arrays in a way that NumPy 2 complains about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "weights"
SQUEEZENET = Path(os.environ.get("CNNLAB_WEIGHTS", SHARED)) / "squeezenet_imagenet_notop.h5"


def write_keras2(model, path, rename=str, whole=False):
    """A file as Keras 1 and 2 wrote them, and as those of `keras.applications` are; `whole` is a saved model's."""
    with h5py.File(path, "w") as file:
        group = file.create_group("model_weights") if whole else file
        group.attrs["layer_names"] = np.array([rename(layer.name) for layer in model.layers], "S")
        for layer in model.layers:
            inner = group.create_group(rename(layer.name))
            names = [f"{rename(layer.name)}/weight_{index}:0" for index in range(len(layer.weights))]
            inner.attrs["weight_names"] = np.array(names, "S")
            for name, values in zip(names, layer.get_weights(), strict=True):
                inner[name] = values


def write(model, path):
    if path.name.endswith(".weights.h5"):
        model.save_weights(path)
    elif path.suffix == ".keras":
        model.save(path)
    else:
        write_keras2(model, path)


def run(model, images):
    return keras.ops.convert_to_numpy(model(images))


def same(one, two):
    return all((a == b).all() for a, b in zip(one.get_weights(), two.get_weights(), strict=True))


FILES = ["lenet.weights.h5", "lenet.keras", "lenet.h5"]


# ── what loads ──


@pytest.mark.parametrize("file", FILES)
def test_a_round_trip_keeps_every_number(file, tmp_path):
    model = zoo.build("lenet5")
    write(model, tmp_path / file)
    again = zoo.build("lenet5", weights=tmp_path / file)
    assert same(model, again)
    assert not same(model, zoo.build("lenet5"))


@pytest.mark.parametrize("file", ["net.weights.h5", "net.keras"])
def test_batch_statistics_come_along(file, tmp_path):
    keras.utils.set_random_seed(0)
    model = zoo.build("resnet20")
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([np.random.default_rng(0).random(w.shape) for w in layer.weights])
    write(model, tmp_path / file)
    assert same(model, zoo.build("resnet20", weights=str(tmp_path / file)))


def test_a_trained_model_loads_although_its_file_holds_an_optimizer_too(tmp_path):
    model = zoo.build("lenet5")
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(np.zeros((2, 32, 32, 1)), np.zeros(2), verbose=0)
    for file in ("model.weights.h5", "model.keras"):
        write(model, tmp_path / file)
        assert same(model, zoo.build("lenet5", weights=tmp_path / file))


def test_a_whole_model_saved_by_keras_2(tmp_path):
    model = zoo.build("lenet5")
    write_keras2(model, tmp_path / "model.h5", whole=True)
    assert same(model, zoo.build("lenet5", weights=tmp_path / "model.h5"))


@pytest.mark.parametrize(("depth", "file"), [(16, "vgg.weights.h5"), (19, "vgg.h5")])
def test_weights_of_keras_applications_give_the_same_answers(depth, file, tmp_path):
    keras.utils.set_random_seed(depth)
    published = getattr(keras.applications, f"VGG{depth}")(weights=None, input_shape=(32, 32, 3), classes=10)
    write(published, tmp_path / file)
    images = np.random.default_rng(0).random((2, 32, 32, 3), "float32") * 255 - 120
    ours = zoo.build(f"vgg{depth}", (32, 32, 3), classes=10, weights=tmp_path / file)
    np.testing.assert_allclose(run(ours, images), run(published, images), atol=1e-5)
    # the same file serves a model without the classifier
    features = zoo.build(f"vgg{depth}", (32, 32, 3), include_top=False, weights=tmp_path / file)
    theirs = run(keras.Model(published.input, published.get_layer("block5_pool").output), images)
    assert theirs.max() > 1e-3
    np.testing.assert_allclose(run(features, images), theirs, atol=1e-5 * theirs.max())


def test_names_with_slashes_match_underscores(tmp_path):
    model = zoo.build("squeezenet", (64, 64, 3), include_top=False)
    write_keras2(model, tmp_path / "net.h5", rename=lambda name: name.replace("_", "/", 1))
    with h5py.File(tmp_path / "net.h5") as file:
        assert b"fire2/squeeze1x1" in list(file.attrs["layer_names"])
    assert same(model, zoo.build("squeezenet", (64, 64, 3), include_top=False, weights=tmp_path / "net.h5"))


@pytest.mark.skipif(
    not SQUEEZENET.is_file(), reason="no squeezenet_imagenet_notop.h5 (set CNNLAB_WEIGHTS to its folder)"
)
def test_the_published_squeezenet_weights_load_by_name():
    model = zoo.build("squeezenet", include_top=False, weights=SQUEEZENET)
    with h5py.File(SQUEEZENET) as file:
        for layer in ("conv1", "fire2/squeeze1x1", "fire9/expand3x3"):
            kernel = file[layer][file[layer].attrs["weight_names"][0]]
            np.testing.assert_array_equal(model.get_layer(layer.replace("/", "_")).get_weights()[0], kernel)
    assert model.count_params() == 722_496
    # The trained first filters tell colours apart: no two of them are alike, and none is zero.
    filters = model.get_layer("conv1").get_weights()[0].reshape(27, 64)
    likeness = np.corrcoef(filters.T) - np.eye(64)
    assert np.abs(likeness).max() < 0.999
    with pytest.raises(ValueError, match="has none for 'conv10', or build the model with `include_top=False`"):
        zoo.build("squeezenet", weights=SQUEEZENET)


def test_long_lists_of_names_are_stored_in_pieces(tmp_path):
    model = zoo.build("lenet5")
    write_keras2(model, tmp_path / "net.h5")
    with h5py.File(tmp_path / "net.h5", "a") as file:
        names = list(file.attrs["layer_names"])
        del file.attrs["layer_names"]
        file.attrs["layer_names0"], file.attrs["layer_names1"] = names[:4], names[4:]
    assert same(model, zoo.build("lenet5", weights=tmp_path / "net.h5"))


# ── what is refused, with nothing half-loaded ──


def refused(model, path, message):
    before = model.get_weights()
    with pytest.raises(ValueError, match=message) as error:
        zoo.load_weights(model, path)
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    return str(error.value)


@pytest.mark.parametrize("file", FILES)
def test_another_shape_is_refused_by_layer_and_both_shapes(file, tmp_path):
    write(zoo.build("lenet5", classes=5), tmp_path / file)
    said = refused(zoo.build("lenet5"), tmp_path / file, "`weights` must have the shapes of the model")
    assert f"{file}, whose layer 'predictions' has (84, 5) and (5,); the model has (84, 10) and (10,)" in said


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.95])
def test_a_truncated_file_is_refused_by_name(file, kept, tmp_path):
    path = tmp_path / file
    write(zoo.build("lenet5"), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    refused(zoo.build("lenet5"), path, f"`weights` must be a whole file. Received: {file}, which is damaged")


def test_a_damaged_zip_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    refused(zoo.build("lenet5"), tmp_path / "model.keras", "model.keras, which is damaged")


@pytest.mark.parametrize("file", FILES)
def test_another_network_is_refused(file, tmp_path):
    write(zoo.build("lenet5"), tmp_path / file)
    refused(
        zoo.build("resnet20"), tmp_path / file, "which has none for 'stem_conv', 'stem_bn', 'block1_unit1_conv1' and"
    )


def test_a_deeper_network_is_refused_although_all_layers_are_there(tmp_path):
    deep = zoo.build("vgg13", (32, 32, 3), include_top=False)
    write(deep, tmp_path / "deep.weights.h5")
    model = zoo.build("vgg11", (32, 32, 3), include_top=False)
    said = refused(model, tmp_path / "deep.weights.h5", "`weights` must be of the same network")
    assert "which has 'block1_conv2', 'block2_conv2', and the model does not" in said


def test_a_missing_weight_is_refused(tmp_path):
    model = zoo.build("lenet5")
    write_keras2(model, tmp_path / "net.h5")
    with h5py.File(tmp_path / "net.h5", "a") as file:
        file["fc1"].attrs["weight_names"] = [b"fc1/weight_0:0"]
    refused(model, tmp_path / "net.h5", r"layer 'fc1' has \(400, 120\); the model has \(400, 120\) and \(120,\)")


def test_nothing_is_set_when_the_last_array_cannot_be_read(tmp_path, monkeypatch):
    model = zoo.build("lenet5")
    write(zoo.build("lenet5"), tmp_path / "net.h5")
    read = np.asarray

    def failing(value, *args, **kwargs):
        if isinstance(value, h5py.Dataset) and value.shape == (10,):
            raise OSError("Can't synchronously read data")
        return read(value, *args, **kwargs)

    monkeypatch.setattr(np, "asarray", failing)
    refused(model, tmp_path / "net.h5", "net.h5, which is damaged: Can't synchronously read data")


def test_a_file_without_names_is_refused(tmp_path):
    zoo.build("lenet5").save_weights(tmp_path / "net.weights.h5")
    with h5py.File(tmp_path / "net.weights.h5", "a") as file:
        del file["layers/dense/vars"].attrs["name"]
    refused(zoo.build("lenet5"), tmp_path / "net.weights.h5", "`weights` must name its layers")


def test_a_file_of_another_kind_is_refused(tmp_path):
    for name in ("weights.npz", "weights.pth"):
        shutil.copy(__file__, tmp_path / name)
        with pytest.raises(
            ValueError, match=r"must be a file ending in .weights.h5, .keras, .h5. Received: 'weights.p?"
        ):
            zoo.build("lenet5", weights=tmp_path / name)


def test_no_file_is_refused_before_anything_is_built(monkeypatch, tmp_path):
    monkeypatch.setattr(keras, "Model", None)
    with pytest.raises(FileNotFoundError, match="where there is none"):
        zoo.build("vgg19", weights=tmp_path / "none.h5")
    with pytest.raises(TypeError, match="`weights` must be None or the path of a file. Received: True"):
        zoo.build("vgg19", weights=True)


def test_imagenet_is_not_a_file():
    with pytest.raises(ValueError, match="must be a file ending in"):
        zoo.build("vgg16", weights="imagenet")
