"""The menu of pretrained networks: what each is called, which pixels it wants, where its weights are found."""

from __future__ import annotations

import os
import socket
import warnings
from dataclasses import dataclass
from pathlib import Path

import keras

from cnnlab.common.errors import DataError
from cnnlab.data.locate import data_folder, locate, offline
from cnnlab.models.zoo.parts import OutOfPixelsError
from cnnlab.models.zoo.squeezenet import VERSION_1_1, squeezenet
from cnnlab.models.zoo.weights import checked_path, load_weights

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's red, green and blue, 0 … 1
_CAFFE = (123.68 / 255, 116.779 / 255, 103.939 / 255)  # the same means as those who trained VGG rounded them
# pixels → (mean, deviation, blue first): a network of that kind was trained on (x − mean) / deviation, x from 0 to 1
_PIXELS = {
    "0 to 255": ((0.0, 0.0, 0.0), (1 / 255,) * 3, False),
    "-1 to 1": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5), False),
    "mean 0, deviation 1": (_MEAN, _DEVIATION, False),
    "BGR, mean 0, of 0 to 255": (_CAFFE, (1 / 255,) * 3, True),
}
_HOST = "storage.googleapis.com"  # where `keras.applications` keeps its weights
_PROBE = 3.0  # seconds granted to find out whether there is a network


@dataclass(frozen=True)
class Entry:
    """One network of the menu.

    Attributes
    ----------
    name : for `cnnlab.transfer.backbone`
    side : height and width in pixels of the pictures it was trained on
    params : weights without the classifier, batch statistics included
    pixels : what its numbers must be like, in words; `cnnlab.transfer.backbone` makes them so from floats 0 … 1
    keras_name : in `keras.applications`; empty for the zoo's own
    file : pattern of the file in which Keras keeps its weights without the classifier
    """

    name: str
    side: int
    params: int
    pixels: str
    keras_name: str
    file: str


def _entries() -> tuple[Entry, ...]:
    zero, signed, normal, caffe = _PIXELS
    kernels = "_weights_tf_dim_ordering_tf_kernels_notop.h5"
    return (
        Entry("squeezenet", 227, 722_496, caffe, "", ""),
        Entry("mobilenet", 224, 3_228_864, signed, "MobileNet", "mobilenet_1_0_*_tf_no_top.h5"),
        Entry("mobilenet_v2", 224, 2_257_984, signed, "MobileNetV2", "mobilenet_v2_weights_*_1.0_*_no_top.h5"),
        *(
            Entry(f"efficientnet_b{n}", side, params, zero, f"EfficientNetB{n}", f"efficientnetb{n}_notop.h5")
            for n, (side, params) in enumerate(
                [
                    (224, 4_049_571),
                    (240, 6_575_239),
                    (260, 7_768_569),
                    (300, 10_783_535),
                    (380, 17_673_823),
                    (456, 28_513_527),
                    (528, 40_960_143),
                    (600, 64_097_687),
                ]
            )
        ),
        *(
            Entry(
                f"mobilenet_v3_{size}",
                224,
                params,
                zero,
                f"MobileNetV3{size.title()}",
                f"weights_mobilenet_v3_{size}_224_1.0_float_no_top_v2.h5",
            )
            for size, params in (("small", 939_120), ("large", 2_996_352))
        ),
        *(
            Entry(
                f"efficientnet_v2_{size}",
                side,
                params,
                zero,
                f"EfficientNetV2{size.upper()}",
                f"efficientnetv2-{size}_notop.h5",
            )
            for size, side, params in (
                ("b0", 224, 5_919_312),
                ("b1", 240, 6_931_124),
                ("b2", 260, 8_769_374),
                ("b3", 300, 12_930_622),
                ("s", 384, 20_331_360),
                ("m", 480, 53_150_388),
                ("l", 480, 117_746_848),
            )
        ),
        *(
            Entry(f"convnext_{size}", 224, params, zero, f"ConvNeXt{keras_size}", f"convnext_{size}_notop.h5")
            for size, keras_size, params in (
                ("tiny", "Tiny", 27_820_128),
                ("small", "Small", 49_454_688),
                ("base", "Base", 87_566_464),
                ("large", "Large", 196_230_336),
                ("xlarge", "XLarge", 348_147_968),
            )
        ),
        *(
            Entry(f"densenet{depth}", 224, params, normal, f"DenseNet{depth}", f"densenet{depth}{kernels}")
            for depth, params in ((121, 7_037_504), (169, 12_642_880), (201, 18_321_984))
        ),
        *(
            Entry(f"resnet{depth}", 224, params, caffe, f"ResNet{depth}", f"resnet{depth}{kernels}")
            for depth, params in ((50, 23_587_712), (101, 42_658_176), (152, 58_370_944))
        ),
        *(
            Entry(f"resnet{depth}_v2", 224, params, signed, f"ResNet{depth}V2", f"resnet{depth}v2{kernels}")
            for depth, params in ((50, 23_564_800), (101, 42_626_560), (152, 58_331_648))
        ),
        Entry("xception", 299, 20_861_480, signed, "Xception", f"xception{kernels}"),
        Entry("inception_v3", 299, 21_802_784, signed, "InceptionV3", f"inception_v3{kernels}"),
        Entry("inception_resnet_v2", 299, 54_336_736, signed, "InceptionResNetV2", f"inception_resnet_v2{kernels}"),
        Entry("nasnet_mobile", 224, 4_269_716, signed, "NASNetMobile", "nasnet_mobile_no_top.h5"),
        Entry("nasnet_large", 331, 84_916_818, signed, "NASNetLarge", "nasnet_large_no_top.h5"),
        Entry("vgg16", 224, 14_714_688, caffe, "VGG16", f"vgg16{kernels}"),
        Entry("vgg19", 224, 20_024_384, caffe, "VGG19", f"vgg19{kernels}"),
    )


MENU = {entry.name: entry for entry in _entries()}


def build(entry: Entry, shape: tuple[int, int, int], weights: object, resize: tuple[int, int] | None) -> keras.Model:
    """The network of `entry` on pictures of `shape`, floats 0 … 1, without its classifier; not yet named."""
    inputs = keras.Input(shape, name="image")
    x = inputs
    if resize is not None:
        x = keras.layers.Resizing(*resize, data_format="channels_last", name="resize")(x)
    x = _preprocessed(x, entry.pixels)
    found = _imagenet(entry) if weights == "auto" else None if weights is None else str(checked_path(weights))
    if not entry.keras_name:
        return _squeezenet(inputs, x, found)
    application = getattr(keras.applications, entry.keras_name)
    size, keras_word = tuple(x.shape[1:]), found if found == "imagenet" else None
    try:
        model = application(include_top=False, weights=keras_word, input_tensor=x, input_shape=size)
    except ValueError as error:
        raise ValueError(f"{entry.name} refuses pictures of {size}: {error}. A larger `resize` may help") from error
    if found != keras_word:
        try:
            with warnings.catch_warnings():  # Keras leaves out what the file has not: a warning a layer
                warnings.filterwarnings("error", "Skipping nested container", UserWarning)
                model.load_weights(found)
        except (OSError, ValueError, UserWarning) as error:
            raise ValueError(
                f"`weights` must be a whole file of {entry.name} without its classifier. "
                f"Received: {Path(found).name}: {str(error).splitlines()[0]}"
            ) from None
        if entry.keras_name.startswith("EfficientNetB") and Path(found).match(entry.file):
            _divide_once_more(model)
    return keras.Model(inputs, model.output, name=model.name)  # Keras' own wants a list of one, and warns of an array


def _divide_once_more(model: keras.Model) -> None:
    """Give EfficientNet's ImageNet weights the pixels they were trained on.

    They were trained with pixels divided by the root of the deviation once more, by an oversight (TensorFlow's issue
    49930). Keras adds a layer for that, but only where it loads the file itself.
    """
    normalization = [layer for layer in model.layers if isinstance(layer, keras.layers.Normalization)][-1]  # its own
    mean, variance, *count = normalization.get_weights()
    normalization.set_weights([mean, variance * _DEVIATION, *count])
    normalization.finalize_state()


def _preprocessed(x: keras.KerasTensor, pixels: str) -> keras.KerasTensor:
    """What `keras.applications` calls preprocess_input, as layers of the model itself."""
    mean, deviation, blue_first = _PIXELS[pixels]
    variance = [number**2 for number in deviation]
    x = keras.layers.Normalization(mean=list(mean), variance=variance, name="preprocess")(x)
    return keras.ops.flip(x, axis=-1) if blue_first else x


def _squeezenet(inputs: keras.KerasTensor, x: keras.KerasTensor, weights: str | None) -> keras.Model:
    try:
        outputs = squeezenet(x, None, modules=VERSION_1_1)
    except OutOfPixelsError as error:
        raise ValueError(f"squeezenet refuses pictures of {tuple(x.shape[1:])}: {error}. `resize` helps") from None
    model = keras.Model(inputs, outputs, name="squeezenet")
    if weights is not None:
        load_weights(model, weights)
    return model


def _imagenet(entry: Entry) -> str:
    """What to pass as `weights` for those trained on ImageNet: a file, or Keras' own word."""
    try:
        if not entry.keras_name:
            return str(locate(entry.name)[0])
        folder = data_folder()
        own = sorted((folder / "weights").glob(entry.file)) if folder is not None else []
        if own:
            return str(own[0])
        home = Path(os.environ.get("KERAS_HOME", "") or Path.home() / ".keras")
        if not any((home / "models").glob(entry.file)):
            _check_network()
    except DataError as error:
        raise DataError(
            f"`weights` 'auto' means those trained on ImageNet, and {entry.name}'s cannot be had: {error}. Without a "
            "network use weights=None (random numbers), the path of a file, or transfer.digits_backbone()"
        ) from None
    return "imagenet"


def _check_network() -> None:
    """Keras' loader waits for minutes where a firewall swallows its request: knock first."""
    if offline():
        raise DataError("CNNLAB_OFFLINE is set")
    try:
        socket.create_connection((_HOST, 443), timeout=_PROBE).close()
    except OSError:
        raise DataError(f"{_HOST} does not answer") from None
