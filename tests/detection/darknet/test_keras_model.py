"""Every section computes what OpenCV's importer computes, or, where OpenCV does not know it, what NumPy says."""

import keras
import numpy as np
import pytest
from darknet_files import SHARED, SHIPPED, TWO_HEADS, net, opencv, random_arrays, relative, write_random

from cnnlab import conv
from cnnlab.detection.darknet import DarknetError, cfg, keras_model, load_model, plan
from cnnlab.models.layers import ChannelSlice, DarknetMaxPooling2D

# Keras' own saving turns TensorFlow's variables into arrays in a way that NumPy 2 complains about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


def pictures(text: str, count: int = 2) -> np.ndarray:
    height, width, channels = plan.make(cfg.parse(text)).input_shape
    return np.random.default_rng(1).random((count, height, width, channels), np.float32)


def outputs(model: keras.Model, images: np.ndarray) -> list[np.ndarray]:
    result = model(images)
    return [keras.ops.convert_to_numpy(x) for x in (result if isinstance(result, list) else [result])]


CONV = "convolutional filters=8 size=3 pad=1 batch_normalize=1 activation=leaky"
NETWORKS = {
    "1x1": net("convolutional filters=5 size=1 activation=linear"),
    "odd-stride": net("convolutional filters=5 size=3 stride=2 pad=1 activation=linear", width=15, height=11),
    "even-stride": net("convolutional filters=5 size=3 stride=2 pad=1 activation=linear", width=16, height=12),
    "no-padding": net("convolutional filters=5 size=3 activation=linear"),
    "padding": net("convolutional filters=5 size=3 padding=3 stride=3 activation=linear"),
    "even-kernel": net("convolutional filters=5 size=4 pad=1 activation=linear"),
    "normalized": net("convolutional filters=5 size=5 pad=1 batch_normalize=1 activation=linear"),
    **{
        name: net(f"convolutional filters=5 size=3 pad=1 batch_normalize=1 activation={name}")
        for name in ("leaky", "relu", "mish", "swish", "logistic")
    },
    "groups": net(CONV, "convolutional filters=6 size=3 pad=1 groups=2 activation=linear"),
    "depthwise": net(CONV, "convolutional filters=8 size=3 stride=2 pad=1 groups=8 activation=linear"),
    "depthwise-times-2": net(CONV, "convolutional filters=16 size=3 pad=1 groups=8 batch_normalize=1 activation=relu"),
    "one-channel": net("convolutional filters=4 size=3 pad=1 activation=linear", channels=1),
    **{
        f"maxpool-{size}-{stride}-{width}": net(CONV, f"maxpool size={size} stride={stride}", width=width, height=12)
        for size, stride in ((2, 2), (2, 1), (3, 2), (3, 1), (5, 1), (3, 3), (4, 2), (13, 1), (21, 1), (20, 2))
        for width in (15, 16)
    },
    "maxpool-padding": net(CONV, "maxpool size=3 stride=2 padding=0", width=15),
    "maxpool-twice": net(CONV, "maxpool size=3 stride=1 padding=4", width=15),
    "avgpool": net(CONV, "avgpool"),
    "route": net(CONV, "maxpool size=2 stride=1", "convolutional filters=3 size=1 activation=linear",
                 "route layers=-1,-3,1"),
    "route-one": net(CONV, "convolutional filters=3 size=1 activation=linear", "route layers=0",
                     "maxpool stride=2", "route layers=-3", "convolutional filters=3 size=1 stride=2 activation=relu",
                     "route layers=3,5"),
    "route-groups": net(CONV, "route layers=-1 groups=2 group_id=1", "convolutional filters=4 size=1 activation=linear",
                        "route layers=-1,0"),
    "shortcut": net(CONV, CONV, "shortcut from=-2 activation=linear"),
    "shortcut-leaky": net(CONV, CONV, "shortcut from=0 activation=leaky"),
    "shortcut-fewer": net("convolutional filters=4 size=1 activation=linear",
                          "convolutional filters=8 size=1 activation=linear", "shortcut from=0 activation=linear"),
    "shortcut-more": net("convolutional filters=8 size=1 activation=linear",
                         "convolutional filters=4 size=1 activation=linear", "shortcut from=0 activation=linear"),
    "upsample": net(CONV, "upsample stride=2"),
    "reorg": net(CONV, "reorg stride=2"),
    "dropout": net(CONV, "dropout probability=.5", "convolutional filters=3 size=1 activation=linear"),
    "classifier": net(CONV, "maxpool stride=2", "convolutional filters=7 size=1 activation=linear", "avgpool",
                      "softmax"),
    "cost": net(CONV, "avgpool", "softmax", "cost type=sse"),
    "training": net(CONV + " stopbackward=1 dontload=1", "maxpool stride=2 size=2 onlyforward=1", "route layers=-1,-1"),
    "connected": net(CONV, "connected output=9 activation=leaky", "connected output=4 activation=linear"),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_a_section_computes_what_opencv_computes(name, tmp_path):
    pytest.importorskip("cv2")
    files = write_random(tmp_path, NETWORKS[name])
    model, images = load_model(*files), pictures(NETWORKS[name])
    (ours,) = outputs(model, images)
    (theirs,) = opencv(files, images)
    assert relative(ours, theirs.reshape(ours.shape)) < 1e-5


@pytest.mark.parametrize("width", [64, 96])
def test_two_heads_on_a_picture_that_is_not_square(tmp_path, width):
    pytest.importorskip("cv2")
    text = TWO_HEADS.replace("width=64", f"width={width}")
    files = write_random(tmp_path, text)
    ours, images = load_model(*files), pictures(text)
    for one, other in zip(outputs(ours, images), opencv(files, images, ["conv_2", "conv_6"]), strict=True):
        assert relative(one, other) < 1e-5


PUBLISHED = [
    (SHIPPED, "yolov2", (160, 224)), (SHIPPED, "yolov3-tiny", (192, 128)), (SHIPPED, "yolov3", (96, 160)),
    (SHARED / "public", "yolov4", (96, 64)), (SHARED / "public", "yolov4-custom", (320, 320)),
]  # fmt: skip


@pytest.mark.parametrize(("folder", "name", "size"), PUBLISHED)
def test_the_published_networks_answer_as_in_opencv(folder, name, size, tmp_path):
    pytest.importorskip("cv2")
    if not folder.is_dir():
        pytest.skip("the public networks are not on this machine")
    lines = (folder / f"{name}.cfg").read_text().splitlines()
    sizes = {"height": size[0], "width": size[1]}
    text = "\n".join(next((f"{k}={v}" for k, v in sizes.items() if line.startswith(f"{k}=")), line) for line in lines)
    files = write_random(tmp_path, text)
    network, images = plan.make(cfg.parse(text)), pictures(text, 1)
    assert network.input_shape == (*size, 3)
    theirs = opencv(files, images, [f"conv_{index}" for index in network.outputs])
    for one, other in zip(outputs(load_model(*files), images), theirs, strict=True):
        assert relative(one, other) < 1e-3


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real weights are not on this machine")
@pytest.mark.parametrize("size", [(320, 320), (256, 416)])
def test_yolo_fastest_answers_as_in_opencv(size, tmp_path):
    pytest.importorskip("cv2")
    text = (SHARED / "yolo-fastest-1.1.cfg").read_text()
    text = text.replace("width=320", f"width={size[1]}").replace("height=320", f"height={size[0]}")
    (tmp_path / "fastest.cfg").write_text(text)
    files = tmp_path / "fastest.cfg", SHARED / "yolo-fastest-1.1.weights"
    images = pictures(text, 1)
    theirs = opencv(files, images, [f"conv_{index}" for index in plan.make(cfg.parse(text)).outputs])
    for one, other in zip(outputs(load_model(*files), images), theirs, strict=True):
        assert relative(one, other) < 1e-3


# ── what OpenCV does not know ──


@pytest.mark.parametrize(("size", "dilation"), [(3, 2), (3, 3), (5, 2)])
def test_dilation(size, dilation, tmp_path):
    text = net(f"convolutional filters=4 size={size} pad=1 dilation={dilation} activation=linear")
    network = plan.make(cfg.parse(text))
    (_, arrays), = random_arrays(network)  # fmt: skip
    images = pictures(text)
    kernel = arrays["kernel"].transpose(2, 3, 1, 0)
    wanted = np.stack(
        [
            conv.conv2d(image, kernel, padding=dilation * (size // 2), dilation_rate=dilation) + arrays["bias"]
            for image in images
        ]
    )
    (ours,) = outputs(load_model(*write_random(tmp_path, text)), images)
    assert relative(ours, wanted) < 1e-5


@pytest.mark.parametrize("channels", [6, 8, 9])
def test_a_strided_shortcut_is_redmons_loop(channels, tmp_path):
    """shortcut_cpu with stride = w1 / w2 = 2, pixel by pixel; OpenCV and Keras have no such layer."""
    strided = "convolutional filters=8 size=3 stride=2 pad=1 activation=linear"
    text = net(
        f"convolutional filters={channels} size=1 activation=linear", strided, "shortcut from=0 activation=leaky"
    )
    files, images = write_random(tmp_path, text), pictures(text)
    model = load_model(*files)
    taps = keras.Model(model.input, [model.get_layer("conv_0").output, model.get_layer("conv_1").output])
    start, wanted = outputs(taps, images)
    for row in range(wanted.shape[1]):
        for column in range(wanted.shape[2]):
            for channel in range(min(channels, 8)):
                wanted[:, row, column, channel] += start[:, 2 * row, 2 * column, channel]
    (ours,) = outputs(model, images)
    assert relative(ours, np.maximum(wanted, 0.1 * wanted)) < 1e-5


def test_relu6(tmp_path):
    text = net("convolutional filters=4 size=1 activation={}")
    straight, ours = (
        outputs(load_model(*write_random(tmp_path, text.format(name))), 40 * pictures(text.format(name)))[0]
        for name in ("linear", "relu6")
    )
    assert straight.max() > 6
    assert relative(ours, np.clip(straight, 0, 6)) < 1e-5


def test_a_softmax_with_a_temperature(tmp_path):
    text = net("convolutional filters=5 size=1 activation=linear", "avgpool", "softmax temperature=3", "cost")
    files, images = write_random(tmp_path, text), pictures(text)
    model = load_model(*files)
    scores = outputs(keras.Model(model.input, model.get_layer("avgpool_1").output), images)[0] / 3
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    assert relative(outputs(model, images)[0], powers / powers.sum(axis=-1, keepdims=True)) < 1e-5


def test_a_crop_is_the_middle_from_minus_1_to_1():
    text = net("crop crop_height=7 crop_width=9 flip=1")  # 12 × 16: rows 2 to 8, columns 3 to 11
    images = pictures(text)
    (ours,) = outputs(keras_model.build(plan.make(cfg.parse(text))), images)
    assert relative(ours, 2 * images[:, 2:9, 3:12] - 1) < 1e-6
    (ours,) = outputs(keras_model.build(plan.make(cfg.parse(text + "noadjust=1\n"))), images)
    assert np.array_equal(ours, images[:, 2:9, 3:12])


def test_reorg_is_darknets_loop():
    """The C loop of reorg_cpu with forward = 0, index by index."""
    height, width, channels, stride = 4, 6, 8, 2
    x = np.random.default_rng(0).random((channels, height, width), np.float32)
    flat, out = x.ravel(), np.zeros(x.size, np.float32)
    out_c = channels // stride**2
    for k in range(channels):
        for j in range(height):
            for i in range(width):
                c2, offset = k % out_c, k // out_c
                w2, h2 = i * stride + offset % stride, j * stride + offset // stride
                out[i + width * (j + height * k)] = flat[w2 + width * stride * (h2 + height * stride * c2)]
    wanted = out.reshape(channels * stride**2, height // stride, width // stride).transpose(1, 2, 0)
    text = net("reorg stride=2", width=width, height=height, channels=channels)
    (ours,) = outputs(keras_model.build(plan.make(cfg.parse(text))), x.transpose(1, 2, 0)[None])
    assert np.array_equal(ours[0], wanted)


def test_a_normalized_connected_layer(tmp_path):
    text = net("connected output=3 batch_normalize=1 activation=leaky", width=3, height=2, channels=2)
    (_, a), = random_arrays(plan.make(cfg.parse(text)))  # fmt: skip
    images = pictures(text)
    flat = images.transpose(0, 3, 1, 2).reshape(2, -1)  # channels first
    normal = (flat @ a["kernel"].T - a["mean"]) / np.sqrt(a["variance"] + 1e-6)
    before = normal * a["scale"] + a["bias"]
    wanted = np.maximum(before, 0.1 * before).reshape(2, 1, 1, 3)
    (ours,) = outputs(load_model(*write_random(tmp_path, text)), images)
    assert relative(ours, wanted) < 1e-5


# ── the model is a plain Keras model ──


def test_layers_are_named_by_their_section_and_are_keras_own():
    model = keras_model.build(plan.make(cfg.parse(TWO_HEADS, "two heads!.cfg")))
    assert model.name == "two_heads_"
    assert {layer.name for layer in model.layers if layer.count_params()} == {
        "conv_0", "bn_0", "conv_2", "conv_5", "bn_5", "conv_6",
    }  # fmt: skip
    assert type(model.get_layer("conv_0")) is keras.layers.Conv2D
    assert model.count_params() == plan.make(cfg.parse(TWO_HEADS)).parameters


def test_opencv_has_the_names_that_the_module_says(tmp_path):
    cv2 = pytest.importorskip("cv2")
    text = net(CONV, CONV, "shortcut from=-2", "maxpool stride=2", "upsample", "route layers=-1,0", "route layers=-1",
               "reorg stride=2", "avgpool", "softmax")  # fmt: skip
    files = write_random(tmp_path, text)
    theirs = set(cv2.dnn.readNetFromDarknet(*map(str, files)).getLayerNames())
    ours = {layer.name for layer in load_model(*files).layers}
    assert ours & theirs == {
        "conv_0", "bn_0", "conv_1", "bn_1", "leaky_1", "shortcut_2", "pool_3", "upsample_4", "concat_5", "reorg_7",
        "avgpool_8", "softmax_9",
    }  # fmt: skip
    assert theirs - ours == {"leaky_2", "identity_6"}  # `leaky_1` is that of conv_0 there, and that of conv_1 here
    files = write_random(tmp_path, net("connected output=3 activation=linear"))
    assert "fullyConnected_0" in cv2.dnn.readNetFromDarknet(*map(str, files)).getLayerNames()


@pytest.mark.parametrize("name", ["groups", "depthwise", "maxpool-3-2-16", "route-groups", "shortcut-fewer", "reorg"])
def test_a_model_can_be_saved_and_loaded(name, tmp_path):
    model, images = load_model(*write_random(tmp_path, NETWORKS[name])), pictures(NETWORKS[name])
    model.save(tmp_path / "saved.keras")
    again = keras.saving.load_model(tmp_path / "saved.keras")
    assert np.array_equal(outputs(model, images)[0], outputs(again, images)[0])


@pytest.mark.parametrize("layer", [DarknetMaxPooling2D(3, 2, 3), ChannelSlice(1, 2)])
def test_own_layers_say_their_output_shape(layer):
    x = np.zeros((2, 7, 8, 4), np.float32)
    assert tuple(layer(x).shape) == tuple(layer.compute_output_shape(x.shape))


def test_what_was_filled_in_can_be_read_back(tmp_path):
    text = NETWORKS["depthwise-times-2"]
    network = plan.make(cfg.parse(text))
    model = load_model(*write_random(tmp_path, text))
    for node, arrays in random_arrays(network):
        again = keras_model.arrays_of(model, node)
        assert {name: values.tolist() for name, values in again.items()} == {
            name: values.tolist() for name, values in arrays.items()
        }


def test_a_pooling_window_at_the_edge_does_not_see_the_padding():
    """All values are negative: a padding of zeros would win every maximum at the rim."""
    text = net("maxpool size=3 stride=2", width=4, height=4, channels=1)
    (ours,) = outputs(
        keras_model.build(plan.make(cfg.parse(text))), -np.arange(1, 17, dtype="float32").reshape(1, 4, 4, 1)
    )
    assert ours[0, ..., 0].tolist() == [[-1, -2], [-5, -6]]


def test_wrong_files_are_refused_before_anything_is_built(tmp_path, monkeypatch):
    files = write_random(tmp_path, TWO_HEADS)
    files[1].write_bytes(files[1].read_bytes()[:-4])
    monkeypatch.setattr(keras_model, "build", None)
    with pytest.raises(DarknetError, match="they run out in layer 6"):
        load_model(*files)
