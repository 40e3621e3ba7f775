"""A classifier for programs without Keras: written whole, read back and compared, or one sentence that says why not."""

from __future__ import annotations

import importlib.util

import keras
import numpy as np
import pytest
from packaging.version import Version

from cnnlab import delivery
from cnnlab.common.errors import DataError
from cnnlab.training.delivery import exporting

NAMES = ["ring", "clear", "grain"]


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    keras.utils.set_random_seed(0)
    layers = [
        keras.Input((8, 6, 3)),
        keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(3, "softmax"),
    ]
    folder = tmp_path_factory.mktemp("bundle") / "cells"
    return delivery.load(delivery.save(folder, keras.Sequential(layers), NAMES, "# Cells"))


def stand_in(monkeypatch, answers, content=b"a network"):
    """Keras' exporter writes `content`, and the interpreter answers with `answers(images)`."""
    monkeypatch.setattr(exporting.importlib.util, "find_spec", lambda name: True)
    monkeypatch.setattr(keras.config, "backend", lambda: "tensorflow")

    def write(self, path, **options):
        assert options["input_signature"][0].shape == (1, 8, 6, 3)
        with open(path, "wb") as file:
            file.write(content)

    monkeypatch.setattr(keras.Model, "export", write)
    monkeypatch.setattr(exporting, "_tflite", lambda read: answers)
    monkeypatch.setattr(exporting, "_onnx", lambda read: answers)


def test_a_file_that_answers_as_the_model_does_is_kept(classifier, tmp_path, monkeypatch):
    ask = classifier.model
    stand_in(monkeypatch, lambda images: keras.ops.convert_to_numpy(ask(images, training=False)))
    for name in ("net.tflite", "net.ONNX"):
        made = delivery.export(classifier, tmp_path / name)
        assert made.difference < 1e-6
        assert made.path.read_bytes() == b"a network"
        assert repr(made).startswith(f"{name}: 0.0 kB; read back, its probabilities are the model's to within ")
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_that_answers_otherwise_is_not_kept(classifier, tmp_path, monkeypatch):
    """The model's three outputs are about a third; the file's are 1, 0, 0."""
    stand_in(monkeypatch, lambda images: np.array([[1.0, 0, 0]]))
    (tmp_path / "net.tflite").write_bytes(b"the old one")
    with pytest.raises(DataError, match=r"net.tflite was not kept: its probabilities differ from the model's by 0\.\d"):
        delivery.export(classifier, tmp_path / "net.tflite")
    assert (tmp_path / "net.tflite").read_bytes() == b"the old one"
    stand_in(monkeypatch, lambda images: np.array([[np.nan, 0, 0]]))
    with pytest.raises(DataError, match="was not kept"):
        delivery.export(classifier, tmp_path / "net.tflite")


def test_a_file_that_cannot_be_run_is_not_kept(classifier, tmp_path, monkeypatch):
    def refuse(images):
        raise LookupError("Required inputs are missing\nand more")

    stand_in(monkeypatch, refuse)
    with pytest.raises(DataError, match="was not kept: it was written, and cannot be run: .*Required inputs") as caught:
        delivery.export(classifier, tmp_path / "net.onnx")
    assert "and more" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_without_an_interpreter_the_file_is_kept_and_says_so(classifier, tmp_path, monkeypatch):
    stand_in(monkeypatch, None)

    def missing(content):
        raise ImportError("no such package")

    monkeypatch.setattr(exporting, "_tflite", missing)
    made = delivery.export(classifier, tmp_path / "net.tflite")
    assert made.difference is None
    assert repr(made) == "net.tflite: 0.0 kB; not read back, which needs `pip install ai-edge-litert`"
    with pytest.raises(DataError, match="running net.tflite needs `pip install ai-edge-litert`"):
        delivery.run_exported(made.path, np.zeros((1, 8, 6, 3)))


@pytest.mark.parametrize(
    ("backend", "name", "says"),
    [
        ("jax", "net.tflite", "Keras writes .tflite with TensorFlow and torch, and JAX is in use"),
        ("jax", "net.onnx", "with jax that needs `pip install jax2onnx`"),
        ("torch", "net.tflite", "with torch that needs `pip install litert-torch`"),
        ("torch", "net.onnx", "with torch that needs `pip install onnx onnxscript`"),
        ("tensorflow", "net.onnx", "with tensorflow that needs `pip install onnx tf2onnx`"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(classifier, tmp_path, monkeypatch, backend, name, says):
    monkeypatch.setattr(keras.config, "backend", lambda: backend)
    monkeypatch.setattr(exporting.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DataError, match=f"{name} was not written: {says}"):
        delivery.export(classifier, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_converter_that_fails_and_a_folder_that_is_missing(classifier, tmp_path, monkeypatch):
    stand_in(monkeypatch, lambda images: keras.ops.convert_to_numpy(classifier.model(images, training=False)))
    with pytest.raises(DataError, match="net.tflite was not written: No such file or directory"):
        delivery.export(classifier, tmp_path / "nowhere" / "net.tflite")

    def fail(self, path, **options):
        raise RuntimeError("ConverterError: no such operation\n" + "x" * 1000)

    monkeypatch.setattr(keras.Model, "export", fail)
    with pytest.raises(DataError, match="not written: ConverterError: no such operation$"):
        delivery.export(classifier, tmp_path / "net.tflite")

    def too_old(self, path, **options):
        raise ValueError("Unrecognized format=litert. Supported formats are: ['tf_saved_model', 'onnx'].")

    monkeypatch.setattr(keras.Model, "export", too_old)
    with pytest.raises(DataError, match=r"not written: Keras writes \.tflite from version 3\.13 on, and this is 3\."):
        delivery.export(classifier, tmp_path / "net.tflite")


def test_what_is_no_classifier_or_no_file_is_refused(classifier, tmp_path):
    with pytest.raises(ValueError, match="`path` must end in .tflite or .onnx. Received: 'net.h5'"):
        delivery.export(classifier, tmp_path / "net.h5")
    with pytest.raises(TypeError, match="`classifier` must come from `delivery.load`. Received: Sequential"):
        delivery.export(classifier.model, tmp_path / "net.onnx")
    with pytest.raises(DataError, match="there is no file 'net.onnx' here"):
        delivery.run_exported(tmp_path / "net.onnx", np.zeros((1, 8, 6, 3)))
    with pytest.raises(ValueError, match="`images` must not be empty"):
        delivery.run_exported(tmp_path / "net.onnx", np.zeros((0, 8, 6, 3)))


@pytest.mark.skipif(Version(keras.__version__) < Version("3.13"), reason="Keras writes .tflite from 3.13 on")
@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="only TensorFlow writes .tflite without more")
def test_tensorflow_writes_a_tflite(classifier, tmp_path, capfd):
    made = delivery.export(classifier, tmp_path / "net.tflite")
    assert made.path.read_bytes()[4:8] == b"TFL3"
    assert capfd.readouterr() == ("", "")
    if importlib.util.find_spec("ai_edge_litert"):
        assert made.difference < 1e-5
        images = np.random.default_rng(1).uniform(size=(3, 8, 6, 3))
        expected = keras.ops.convert_to_numpy(classifier.model(images, training=False))
        np.testing.assert_allclose(delivery.run_exported(made.path, images), expected, atol=1e-5)
