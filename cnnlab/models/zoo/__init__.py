"""The architectures of lessons 06 and 07, each built by name with the parameters its paper has.

    >>> from cnnlab import zoo
    >>> zoo.build("lenet5").count_params()
    61706

One file a family, read from its last lines up: a table of variants, the network, its stages, its unit. Layers are named
by where they are (``block2_unit1_conv2``), the same way in every family:

====================  ==================================================================================================
``stem_``…            before the first block (ResNet)
``block2_conv1``      VGG: the first convolution of the second block, and ``block2_pool`` at its end
``block2_unit1_``…    ResNet: ``conv1``, ``bn1``, ``relu1`` …, ``shortcut_conv``, ``add``, ``out``; SENet's ``se_gate``
``conv1``, ``pool1``  where there are no blocks (LeNet, AlexNet); ``fire2_``… and ``inception3a_``… are modules
``fc1``, ``fc2``      fully connected layers of the classifier, which ends in ``predictions``
====================  ==================================================================================================

The detector of lesson 12 has anchors and no classifier, so it has a function of its own: `cnnlab.tiny_yolo.build`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import keras

from cnnlab.common.validate import check_choice, check_int
from cnnlab.models.zoo import alexnet, inception, lenet, resnet, senet, squeezenet, vgg
from cnnlab.models.zoo.parts import Architecture, NeedsSizeError, OutOfPixelsError, Top, kernels_from
from cnnlab.models.zoo.weights import checked_path, load_weights

__all__ = ["build", "load_weights", "names"]

_ARCHITECTURES: dict[str, Architecture] = {}
for _family in (lenet, alexnet, vgg, squeezenet, inception, resnet, senet):
    _ARCHITECTURES.update(_family.ARCHITECTURES)


def names() -> list[str]:
    """The names that `build` knows, in the order of their history.

    Examples
    --------
    >>> names()[:3]
    ['lenet5', 'alexnet', 'vgg11']
    """
    return list(_ARCHITECTURES)


def build(
    name: str,
    input_shape: tuple[int | None, int | None, int] | None = None,
    classes: int | None = None,
    weights: str | os.PathLike[str] | None = None,
    *,
    include_top: bool = True,
    classifier_activation: str | None = "softmax",
    kernel_initializer: str | None = None,
    **options: object,
) -> keras.Model:
    """Build one of the classic networks.

    Parameters
    ----------
    name : one of `names`
    input_shape
        ``(H, W, C)``; by default the network's own, 227×227×3 or 224×224×3 for ImageNet. H and W may be None where no
        fully connected layer counts pixels: without the top, and in networks that end in a global average
    classes : outputs of the classifier, >= 1; by default 1,000, or 10 for LeNet-5 and the CIFAR networks
    weights : a file to read the weights from, see `load_weights`; by default they are random
    include_top : False leaves out the classifier: the output is (N, h, w, c)
    classifier_activation : of the last layer; None gives the logits
    kernel_initializer
        of every kernel, a Keras name; by default He's in the ResNets and Glorot's elsewhere. ``"zeros"`` builds a large
        network ten times faster, to count and not to train
    **options
        what the family's function takes: `cnnlab.zoo.lenet.lenet` (activation, pool, padding),
        `cnnlab.zoo.alexnet.alexnet` (grouped, normalization, dropout, last_pooling),
        `cnnlab.zoo.squeezenet.squeezenet` (dropout), `cnnlab.zoo.inception.googlenet` (auxiliary, normalization,
        dropout), `cnnlab.zoo.resnet.resnet` (shortcut, strided_conv), `cnnlab.zoo.senet.seresnet` (reduction, and
        ResNet's)

    Returns
    -------
    keras.Model
        A functional model, not compiled, named `name`.

    Raises
    ------
    ValueError
        For an unknown name, option or choice, and for an input too small, naming the layer that ran out of pixels.

    Examples
    --------
    >>> build("vgg16", (64, 64, 3), include_top=False).output_shape
    (None, 2, 2, 512)
    >>> build("lenet5", (12, 12, 1))
    Traceback (most recent call last):
    ValueError: `input_shape` (12, 12, 1) is too small for lenet5: layer `conv2` receives 4×4 pixels, and `kernel_size` 5 does not fit an input of 4 with padding 'valid': the output would be 0
    """  # noqa: E501
    check_choice(name, "name", names())
    architecture = _ARCHITECTURES[name]
    shape = _input_shape(architecture.input_shape if input_shape is None else input_shape)
    classes = check_int(architecture.classes if classes is None else classes, "classes", minimum=1)
    _check_options(name, options, architecture.options)
    _check_known(keras.activations.get, classifier_activation, "classifier_activation")
    _check_known(keras.initializers.get, kernel_initializer, "kernel_initializer")
    if weights is not None:
        checked_path(weights)  # before a large network is built for nothing
        kernel_initializer = "zeros"  # random numbers would only be overwritten
    inputs = keras.Input(shape, name="image")
    top = Top(classes, classifier_activation) if include_top else None
    try:
        with kernels_from(kernel_initializer):
            outputs = architecture.build(inputs, top, **{**architecture.row, **options})
    except OutOfPixelsError as error:
        raise ValueError(f"`input_shape` {shape} is too small for {name}: {error}") from None
    except NeedsSizeError as error:
        raise ValueError(f"`input_shape` of {name} must give height and width: {error}. Received: {shape}") from None
    model = keras.Model(inputs, outputs, name=name)
    if weights is not None:
        load_weights(model, weights)
    return model


def _input_shape(value: object) -> tuple[int | None, int | None, int]:
    """`value` as (H, W, C), H and W possibly None."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(f"`input_shape` must be (H, W, C). Received: {value!r}")
    sizes = tuple(value)
    if len(sizes) != 3:
        raise ValueError(f"`input_shape` must be (H, W, C), without the batch. Received: {value!r}")
    height, width = (n if n is None else check_int(n, "input_shape", minimum=1) for n in sizes[:2])
    return height, width, check_int(sizes[2], "input_shape", minimum=1)


def _check_known(lookup: Callable, value: object, name: str) -> None:
    """Refuse what Keras does not know under that name; None is for Keras to read."""
    if value is not None and not isinstance(value, str):
        raise TypeError(f"`{name}` must be None or a name that Keras knows. Received: {value!r}")
    try:
        lookup(value)
    except ValueError:
        raise ValueError(f"`{name}` must be None or a name that Keras knows. Received: {value!r}") from None


def _check_options(name: str, options: dict[str, object], known: tuple[str, ...]) -> None:
    if not known and options:
        raise ValueError(f"{name} has no options. Received: {', '.join(options)}")
    for option in options:
        check_choice(option, f"option of {name}", known)
