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
    kernels, v3 = "_weights_tf_dim_ordering_tf_kernels_notop.h5", "224_1.0_float_no_top_v2.h5"
    return (
        Entry("squeezenet", 227, 722_496, caffe, "", ""),
        Entry("mobilenet", 224, 3_228_864, signed, "MobileNet", "mobilenet_1_0_*_tf_no_top.h5"),
        Entry("mobilenet_v2", 224, 2_257_984, signed, "MobileNetV2", "mobilenet_v2_weights_*_1.0_*_no_top.h5"),
        Entry("efficientnet_b0", 224, 4_049_571, zero, "EfficientNetB0", "efficientnetb0_notop.h5"),
        Entry("efficientnet_b1", 240, 6_575_239, zero, "EfficientNetB1", "efficientnetb1_notop.h5"),
        Entry("efficientnet_b2", 260, 7_768_569, zero, "EfficientNetB2", "efficientnetb2_notop.h5"),
        Entry("efficientnet_b3", 300, 10_783_535, zero, "EfficientNetB3", "efficientnetb3_notop.h5"),
        Entry("efficientnet_b4", 380, 17_673_823, zero, "EfficientNetB4", "efficientnetb4_notop.h5"),
        Entry("efficientnet_b5", 456, 28_513_527, zero, "EfficientNetB5", "efficientnetb5_notop.h5"),
        Entry("efficientnet_b6", 528, 40_960_143, zero, "EfficientNetB6", "efficientnetb6_notop.h5"),
        Entry("efficientnet_b7", 600, 64_097_687, zero, "EfficientNetB7", "efficientnetb7_notop.h5"),
        Entry("mobilenet_v3_small", 224, 939_120, zero, "MobileNetV3Small", f"weights_mobilenet_v3_small_{v3}"),
        Entry("mobilenet_v3_large", 224, 2_996_352, zero, "MobileNetV3Large", f"weights_mobilenet_v3_large_{v3}"),
        Entry("efficientnet_v2_b0", 224, 5_919_312, zero, "EfficientNetV2B0", "efficientnetv2-b0_notop.h5"),
        Entry("efficientnet_v2_b1", 240, 6_931_124, zero, "EfficientNetV2B1", "efficientnetv2-b1_notop.h5"),
        Entry("efficientnet_v2_b2", 260, 8_769_374, zero, "EfficientNetV2B2", "efficientnetv2-b2_notop.h5"),
        Entry("efficientnet_v2_b3", 300, 12_930_622, zero, "EfficientNetV2B3", "efficientnetv2-b3_notop.h5"),
        Entry("efficientnet_v2_s", 384, 20_331_360, zero, "EfficientNetV2S", "efficientnetv2-s_notop.h5"),
        Entry("efficientnet_v2_m", 480, 53_150_388, zero, "EfficientNetV2M", "efficientnetv2-m_notop.h5"),
        Entry("efficientnet_v2_l", 480, 117_746_848, zero, "EfficientNetV2L", "efficientnetv2-l_notop.h5"),
        Entry("convnext_tiny", 224, 27_820_128, zero, "ConvNeXtTiny", "convnext_tiny_notop.h5"),
        Entry("convnext_small", 224, 49_454_688, zero, "ConvNeXtSmall", "convnext_small_notop.h5"),
        Entry("convnext_base", 224, 87_566_464, zero, "ConvNeXtBase", "convnext_base_notop.h5"),
        Entry("convnext_large", 224, 196_230_336, zero, "ConvNeXtLarge", "convnext_large_notop.h5"),
        Entry("convnext_xlarge", 224, 348_147_968, zero, "ConvNeXtXLarge", "convnext_xlarge_notop.h5"),
        Entry("densenet121", 224, 7_037_504, normal, "DenseNet121", f"densenet121{kernels}"),
        Entry("densenet169", 224, 12_642_880, normal, "DenseNet169", f"densenet169{kernels}"),
        Entry("densenet201", 224, 18_321_984, normal, "DenseNet201", f"densenet201{kernels}"),
        Entry("resnet50", 224, 23_587_712, caffe, "ResNet50", f"resnet50{kernels}"),
        Entry("resnet101", 224, 42_658_176, caffe, "ResNet101", f"resnet101{kernels}"),
        Entry("resnet152", 224, 58_370_944, caffe, "ResNet152", f"resnet152{kernels}"),
        Entry("resnet50_v2", 224, 23_564_800, signed, "ResNet50V2", f"resnet50v2{kernels}"),
        Entry("resnet101_v2", 224, 42_626_560, signed, "ResNet101V2", f"resnet101v2{kernels}"),
        Entry("resnet152_v2", 224, 58_331_648, signed, "ResNet152V2", f"resnet152v2{kernels}"),
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
            with warnings.catch_warnings():  # Keras leaves out what the file has not, and warns of each layer
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
            "network use weights=None (random numbers), the path of a file, or transfer.photo_backbone()"
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
