"""Written files are the files read; a Keras model becomes files that Darknet's readers answer alike from."""

import re

import keras
import numpy as np
import pytest
from darknet_files import CLASSIFIER, SHARED, TWO_HEADS, opencv, relative, write_random
from keras import layers

from cnnlab import boxes, darknet, datasets, scenes
from cnnlab.common.errors import DataError
from cnnlab.detection import tiny_yolo
from cnnlab.detection.darknet import cfg, plan
from cnnlab.detection.nms import nms
from cnnlab.models.layers import GroupedConv2D


def shaken(model: keras.Model, seed: int = 0) -> keras.Model:
    """The model with numbers in every weight that make a difference."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            count = sum((layer.scale, layer.center))
            values = [rng.normal(1, 0.1, w.shape) for w in layer.weights]
            values[-1] = rng.uniform(1e-4, 1.0, values[-1].shape)  # small variances: epsilon matters
            values[count] = rng.normal(0, 0.1, values[count].shape)
            layer.set_weights(values)
        elif getattr(layer, "use_bias", False):
            layer.bias.assign(rng.normal(0, 0.1, layer.bias.shape))
    return model


@pytest.fixture
def files(tmp_path):
    return tmp_path / "out.cfg", tmp_path / "out.weights"


# ── a detector is written as it was read ──


@pytest.mark.parametrize("version", [(0, 1, 0), (0, 2, 0), (0, 2, 5)])
def test_the_bytes_are_those_that_were_read(version, tmp_path, files):
    read = write_random(tmp_path, TWO_HEADS, major=version[0], minor=version[1], revision=version[2], seen=7)
    darknet.export(darknet.load(*read), *files)
    assert files[1].read_bytes() == read[1].read_bytes()
    assert files[0].read_text() == TWO_HEADS


def test_the_cfg_is_written_byte_for_byte(tmp_path, files):
    read = write_random(tmp_path, TWO_HEADS)
    odd = b"\xef\xbb\xbf# R\xe9seau \xfb\r\n" + TWO_HEADS.encode().replace(b"\n", b"\r\n")
    read[0].write_bytes(odd)
    darknet.export(darknet.load(*read), *files)
    assert files[0].read_bytes() == odd


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real weights are not on this machine")
def test_the_real_files_come_back_byte_for_byte(files):
    real = [SHARED / f"yolo-fastest-1.1.{end}" for end in ("cfg", "weights")]
    darknet.export(darknet.load(*real), *files)
    assert [path.read_bytes() for path in files] == [path.read_bytes() for path in real]


def test_what_was_trained_is_written(tmp_path, files):
    detector = darknet.load(*write_random(tmp_path, TWO_HEADS))
    detector.model.get_layer("conv_2").bias.assign(np.full(18, 0.25))
    darknet.export(detector, *files)
    assert np.allclose(np.asarray(darknet.load(*files).model.get_layer("conv_2").bias), 0.25)


# ── a Keras model becomes files ──


def test_tiny_yolo_answers_the_same_everywhere(files):
    pytest.importorskip("cv2")
    model = shaken(tiny_yolo.build((64, 96, 3)))
    darknet.export(model, *files, anchors=tiny_yolo.ANCHORS)
    images = np.random.default_rng(0).random((2, 64, 96, 3), np.float32)
    ours = keras.ops.convert_to_numpy(model(images))
    detector = darknet.load(*files)
    assert relative(detector.forward(images)[0], ours) < 1e-5
    assert relative(opencv(files, images, [f"conv_{detector.plan.outputs[0]}"])[0], ours) < 1e-5
    assert detector.heads[0].anchors == tiny_yolo.ANCHORS


def test_opencv_finds_the_same_boxes_with_the_detector_that_ships():
    pytest.importorskip("cv2")
    detector = darknet.named("tiny-yolo")
    shipped = [datasets.shipped(f"tiny_yolo.{end}") for end in ("cfg", "weights")]
    compared = 0
    for scene in scenes.scenes(12, seed=99):
        found = detector(scene.image, score_threshold=0.3)
        rows = opencv(shipped, scene.image[None])[0]
        rows = rows[rows[:, 5:].max(axis=1) >= 0.3]
        half = rows[:, 2:4] / 2
        theirs = np.concatenate([rows[:, :2] - half, rows[:, :2] + half], axis=1) * 96
        labels, scores = rows[:, 5:].argmax(axis=1), rows[:, 5:].max(axis=1)
        kept = nms(theirs, scores, 0.45, labels=labels)
        assert np.array_equal(labels[kept], found.labels)
        assert np.allclose(boxes.clip(theirs[kept], 96, 96), found.boxes, atol=0.01)
        assert np.allclose(scores[kept], found.scores, atol=1e-4)
        compared += len(kept)
    assert compared > 15


def bigger() -> keras.Model:
    """Everything that can be exported, in one graph with two outputs."""
    image = keras.Input((32, 48, 3))
    x = layers.ZeroPadding2D(1)(image)
    x = layers.Conv2D(8, 3, strides=2, activation="relu", name="down")(x)
    left = layers.Conv2D(8, 3, padding="same", dilation_rate=2, use_bias=True)(x)
    left = layers.BatchNormalization(scale=False)(left)
    left = layers.Activation("silu")(left)
    right = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    right = layers.BatchNormalization(epsilon=1e-3, center=False)(right)
    right = layers.LeakyReLU(negative_slope=0.1)(right)
    x = layers.Activation("mish")(layers.Add()([left, right]))
    skip = x
    x = layers.MaxPooling2D(2)(x)
    x = layers.MaxPooling2D(3, strides=1, padding="same")(x)
    x = layers.Dropout(0.25)(x)
    x = GroupedConv2D(16, 1, groups=2, name="grouped")(x)
    x = layers.ReLU()(x)
    first = layers.Conv2D(14, 1, name="first")(x)
    x = layers.Concatenate()([layers.UpSampling2D(2)(x), skip])
    second = layers.Conv2D(7, 1, name="second")(x)
    return shaken(keras.Model(image, [second, first]), seed=1)


def test_a_graph_with_branches_answers_the_same(files):
    model = bigger()
    darknet.export(model, *files, anchors=[[(5, 6)], [(10, 11), (20.5, 24)]])
    detector = darknet.load(*files)
    images = np.random.default_rng(0).random((2, 32, 48, 3), np.float32)
    for one, other in zip(detector.forward(images), model(images), strict=True):
        assert relative(one, keras.ops.convert_to_numpy(other)) < 1e-5
    assert [head.anchors for head in detector.heads] == [((5, 6),), ((10, 11), (20.5, 24))]
    # And once more, from the model that was read: nothing is lost on the second way either.
    darknet.export(detector.model, files[0], files[1], anchors=[head.anchors for head in detector.heads])
    for one, other in zip(darknet.load(*files).forward(images), detector.forward(images), strict=True):
        assert np.array_equal(one, other)


def test_a_sequential_can_be_exported(files):
    model = keras.Sequential([keras.Input((16, 16, 3)), layers.Conv2D(6, 3, padding="same")])
    darknet.export(model, *files, anchors=[(4, 4)])
    assert [node.kind for node in plan.make(cfg.read(files[0])).nodes] == ["convolutional", "yolo"]


# ── what is refused ──


def ending(*stack, shape=(16, 16, 3)) -> keras.Model:
    return keras.Sequential([keras.Input(shape), *stack])


def read_twice(*stack) -> keras.Model:
    """A convolution that is an output itself, and what is made of it another."""
    image = keras.Input((16, 16, 3))
    first = x = layers.Conv2D(6, 1)(image)
    for layer in stack:
        x = layer(x)
    return keras.Model(image, [first, x])


HEAD = layers.Conv2D(6, 1)
REFUSED = [
    (read_twice(layers.LeakyReLU(negative_slope=0.1), layers.Conv2D(6, 1)), "Darknet activates right behind"),
    (read_twice(layers.BatchNormalization()), "Darknet normalises right behind"),
    (ending(layers.Conv2D(6, 1, activation="sigmoid", name="end")), "must end in layers without activation: a [yolo] "
     "has its own. Received: layer 'end' with activation logistic"),
    (ending(layers.Conv2D(6, 1), layers.ReLU()), "must end in layers without activation"),
    (ending(layers.Conv2D(6, 1), layers.ZeroPadding2D(1), layers.MaxPooling2D(3, 2)), "a ZeroPadding2D that no "
     "convolution follows"),
    (ending(layers.ZeroPadding2D(1), layers.UpSampling2D(2), HEAD), "a ZeroPadding2D that no convolution follows"),
    (ending(layers.Conv2D(6, 1), layers.ZeroPadding2D(1)), "a ZeroPadding2D that no convolution follows"),
    (ending(ending(layers.Conv2D(6, 1, name="inner"))), "inner' of a model within it"),
    (ending(layers.Identity()), "a Identity: Darknet has no section for it"),
    (ending(layers.Conv2D(6, 3, strides=2, padding="same")), "padding same is uneven here"),
    (ending(layers.Conv2D(6, (1, 3))), "Darknet's kernels, strides and dilations are square"),
    (ending(layers.Conv2D(6, 1, activation="tanh")), "Darknet has no activation 'tanh'"),
    (ending(layers.ZeroPadding2D(((0, 1), (0, 1))), layers.Conv2D(6, 2)), "Darknet pads all four sides alike"),
    (ending(layers.AveragePooling2D(2), HEAD), "a AveragePooling2D: Darknet has no section for it"),
    (ending(layers.BatchNormalization(), HEAD), "Darknet normalises right behind a convolution"),
    (ending(layers.Conv2D(6, 1, activation="relu"), layers.BatchNormalization()), "before its activation"),
    (ending(layers.Conv2D(6, 1), layers.BatchNormalization(), layers.BatchNormalization()), "normalises a convolution "
     "once"),
    (ending(layers.Conv2D(6, 1), layers.LeakyReLU(negative_slope=0.3)), "Darknet's leaky has a slope of 0.1"),
    (ending(layers.Conv2D(6, 1), layers.ReLU(6.0)), "its relu has no options"),
    (ending(layers.Conv2D(6, 1), layers.ReLU(), layers.ReLU()), "Darknet activates right behind a convolution or an"),
    (ending(layers.MaxPooling2D(3, strides=2, padding="same"), HEAD), "begin where Darknet's do not"),
    (ending(layers.MaxPooling2D((1, 2)), HEAD), "Darknet's windows and strides are square"),
    (ending(layers.UpSampling2D(2, interpolation="bilinear"), HEAD), "Darknet repeats pixels"),
    (ending(HEAD, shape=(None, None, 3)), "`model` must take pictures of one fixed size"),
    (ending(layers.Flatten(), layers.Dense(6)), "a Flatten: Darknet has no section for it"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "says"), REFUSED, ids=range(len(REFUSED)))
def test_what_darknet_cannot_say_is_named(model, says, files):
    with pytest.raises(ValueError, match=re.escape(says)):
        darknet.export(model, *files, anchors=[(4, 4)])
    assert not any(path.exists() for path in files)


@pytest.mark.parametrize(
    ("anchors", "says"),
    [
        (None, "`anchors` must be given with a keras.Model"),
        ([(4, 4), (5, 5), (6, 6), (7, 7)], "`anchors` must divide the 6 channels of the output"),
        ([(4, 4), (5, 5)], "`anchors` must divide the 6 channels"),  # 3 channels each cannot hold a class
        ([(4, -4)], "`anchors`"),
    ],
)
def test_anchors_must_fit(anchors, says, files):
    model = keras.Sequential([keras.Input((16, 16, 3)), layers.Conv2D(6, 1)])
    with pytest.raises(ValueError, match=re.escape(says)):
        darknet.export(model, *files, anchors=anchors)


def test_only_models_and_detectors(tmp_path, files):
    with pytest.raises(TypeError, match=re.escape("`model` must be a keras.Model or a Detector. Received: str")):
        darknet.export("yolo", *files, anchors=[(4, 4)])
    with pytest.raises(ValueError, match="`anchors` must be None for a Detector"):
        darknet.export(darknet.load(*write_random(tmp_path, TWO_HEADS)), *files, anchors=[(4, 4)])
    with pytest.raises(ValueError, match="`anchors` must be 2 lists, one for each output. Received: 1"):
        darknet.export(bigger(), *files, anchors=[[(5, 6)]])
    two = keras.Input((8, 8, 3)), keras.Input((8, 8, 3))
    with pytest.raises(ValueError, match="with one input"):
        darknet.export(keras.Model(two, layers.Add()(two)), *files, anchors=[(4, 4)])


def test_two_files_or_none(tmp_path):
    file, model = tmp_path / "one.cfg", ending(layers.Conv2D(6, 1))
    with pytest.raises(ValueError, match="`weights_file` must be another file than `cfg_file`. Received: "):
        darknet.export(model, file, tmp_path / "." / "one.cfg", anchors=[(4, 4)])
    file.mkdir()
    with pytest.raises(DataError, match="cannot be written"):
        darknet.export(model, file, tmp_path / "one.weights", anchors=[(4, 4)])
    assert [path.name for path in tmp_path.iterdir()] == ["one.cfg"]


def test_a_classifier_can_be_read_but_has_no_heads_to_export(tmp_path, files):
    model = darknet.load_model(*write_random(tmp_path, CLASSIFIER))
    with pytest.raises(ValueError, match="Darknet has no section for it"):
        darknet.export(model, *files, anchors=[(4, 4)])
