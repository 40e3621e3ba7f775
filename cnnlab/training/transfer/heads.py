"""A backbone's features, a head on them, and the two as one model."""

from __future__ import annotations

import keras
import numpy as np

from cnnlab.common.validate import check_int, check_number, check_rank

PREFIX = "head_"  # what the names of a head's layers begin with


def features(backbone: keras.Model, images: np.ndarray, batch_size: int = 64) -> np.ndarray:
    """What a backbone says about each picture, averaged over positions: computed once, for heads to be trained on.

    A frozen backbone says the same of a picture in every epoch. Keep what this returns and train `head` on it.

    Parameters
    ----------
    backbone : of `backbone` or `photo_backbone`, or any Keras model from pictures to (N, h, w, C) or (N, C)
    images : (N, H, W, C) floats from 0 to 1
    batch_size : pictures at a time, >= 1

    Returns
    -------
    ndarray
        (N, C) float32.

    Raises
    ------
    TypeError, ValueError
        If the pictures are not floats from 0 to 1, or do not have the backbone's size.

    Examples
    --------
    >>> from cnnlab import transfer
    >>> base = transfer.backbone("squeezenet", (64, 64, 3), weights=None)
    >>> features(base, np.zeros((2, 64, 64, 3), "float32")).shape
    (2, 512)
    >>> features(base, np.zeros((2, 64, 64, 3), "uint8"))
    Traceback (most recent call last):
    TypeError: `images` must be floats from 0 to 1. Received: dtype uint8. Divide by 255, once
    """
    check_int(batch_size, "batch_size", minimum=1)
    images = check_pictures(images)
    if isinstance(backbone, keras.Sequential) and backbone.layers and not backbone.built:
        backbone.build((None, *images.shape[1:]))  # the pictures say what it left open
    inputs, outputs = _averaged(backbone)
    wanted, given = tuple(inputs.shape[1:]), images.shape[1:]
    if len(wanted) != 3 or any(n not in (None, size) for n, size in zip(wanted, given, strict=True)):
        raise ValueError(f"`images` must have the backbone's shape, {_text(wanted)}. Received: {_text(given)}")
    reader = keras.Model(inputs, outputs)
    if not len(images):
        return np.zeros((0, outputs.shape[-1]), "float32")
    # Called and not predicted with: `predict` compiles anew for every reader, and TensorFlow complains of that.
    batches = (images[start : start + batch_size] for start in range(0, len(images), batch_size))
    return np.concatenate([keras.ops.convert_to_numpy(reader(batch, training=False)) for batch in batches])


def head(width: int, classes: int, *, dropout: float = 0.2, learning_rate: float = 1e-3) -> keras.Model:
    """A classifier for `features`: the same layers that `classifier` puts behind a backbone's average, alone.

    Each picture's features are brought to mean 0 and deviation 1, some are dropped in training, and a Dense layer that
    starts from zeros, decides.

    Parameters
    ----------
    width : how many numbers describe a picture, the C of `features`
    classes : >= 2
    dropout : share of the features dropped while training, 0 to below 1
    learning_rate : of Adam, above 0

    Returns
    -------
    keras.Model
        (N, width) → (N, classes) probabilities, compiled for labels that are whole numbers.

    Examples
    --------
    >>> head(512, classes=2).count_params()
    1026
    """
    check_int(width, "width", minimum=1)
    inputs = keras.Input((width,), name="features")
    return _compiled(keras.Model(inputs, _decide(inputs, classes, dropout), name="head"), learning_rate)


def classifier(
    backbone: keras.Model, classes: int, *, dropout: float = 0.2, learning_rate: float = 1e-3
) -> keras.Model:
    """A backbone and a new head as one compiled model; all of it trains until `freeze` is called.

    Parameters
    ----------
    backbone
        of `backbone` or `photo_backbone`, or any functional or Sequential Keras model from pictures to (N, h, w, C) or
        (N, C). **It is built in, not copied**: what trains here changes it
    classes : >= 2
    dropout : share of the features dropped while training, 0 to below 1
    learning_rate : of Adam, above 0

    Returns
    -------
    keras.Model
        Pictures as the backbone takes them → (N, classes) probabilities, compiled with Adam for labels that are whole
        numbers. Behind the backbone come ``head_average``, ``head_scale``, ``head_dropout`` and ``head_classes``.

    Raises
    ------
    TypeError, ValueError
        If `backbone` is no model with a known graph and one input, or a number is out of its range.

    Examples
    --------
    >>> from cnnlab import transfer
    >>> base = transfer.backbone("squeezenet", (64, 64, 3), weights=None)
    >>> model = classifier(base, classes=2)
    >>> model.output_shape, model.count_params() - base.count_params()
    ((None, 2), 1026)
    """
    inputs, averaged = _averaged(backbone)
    outputs = _decide(averaged, classes, dropout)
    return _compiled(keras.Model(inputs, outputs, name=f"{backbone.name}_classifier"), learning_rate)


def check_pictures(images: object) -> np.ndarray:
    """`images` as float32 (N, H, W, C), refused unless they are floats from 0 to 1."""
    images = check_rank(images, "images", {4: "(N, H, W, C)"})
    rule = "`images` must be floats from 0 to 1. Received: "
    if images.dtype.kind != "f":
        raise TypeError(f"{rule}dtype {images.dtype}. Divide by 255, once")
    if images.size:
        low, high = float(images.min()), float(images.max())
        if not (low >= -1e-4 and high <= 1 + 1e-4):  # enlarging may overshoot by rounding; not-a-number is refused
            advice = "Divide by 255, once" if high > 2 else "Preprocessing is done inside the backbone"
            raise ValueError(f"{rule}{low:g} … {high:g}. {advice}")
    return images.astype("float32", copy=False)


def _averaged(backbone: object) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The input of `backbone`, and its output without positions."""
    if not isinstance(backbone, keras.Model):
        raise TypeError(f"`backbone` must be a keras.Model. Received: {type(backbone).__name__}")
    try:
        inputs, outputs = backbone.inputs, backbone.outputs  # not `.input`: Sequential has none, even when built
    except AttributeError:  # a subclass of Model, or a Sequential that does not know its pictures yet
        inputs = outputs = None
    if not inputs and isinstance(backbone, keras.Sequential):
        raise ValueError(
            "`backbone` must know its pictures: make keras.Input((H, W, C)) its first layer, and a convolution the "
            f"next. Received: {backbone.name}, which is not built"
        )
    if not inputs or len(inputs) != 1 or len(outputs) != 1:
        raise ValueError(
            f"`backbone` must be a functional or Sequential model with one input and one output. Received: "
            f"{backbone.name}"
        )
    pictures, output = inputs[0], outputs[0]
    if isinstance(backbone, keras.Sequential) and pictures.shape[0] is not None:
        # It was called on a batch, and takes so many pictures: make it take any number.
        pictures = output = keras.Input(pictures.shape[1:], dtype=pictures.dtype)
        for layer in backbone.layers:
            output = layer(output)
    if len(output.shape) == 2:
        return pictures, output
    if len(output.shape) != 4:
        raise ValueError(
            f"`backbone` must give (N, h, w, C) or (N, C). Received: {backbone.name}, which gives {output.shape}"
        )
    average = keras.layers.GlobalAveragePooling2D(data_format="channels_last", name=f"{PREFIX}average")
    return pictures, average(output)


def _decide(x: keras.KerasTensor, classes: int, dropout: float) -> keras.KerasTensor:
    if check_int(classes, "classes", minimum=1) == 1:
        raise ValueError("`classes` must be a whole number >= 2: yes or no are two classes. Received: 1")
    check_number(dropout, "dropout", 0, below=1)
    # One learning rate then suits the features of any backbone: SqueezeNet's lie between 0 and 170. It has no weights.
    x = keras.layers.LayerNormalization(center=False, scale=False, name=f"{PREFIX}scale")(x)
    x = keras.layers.Dropout(dropout, name=f"{PREFIX}dropout")(x)
    # Undecided at first: random weights on hundreds of features are an opinion that a few labels cannot take back.
    return keras.layers.Dense(classes, activation="softmax", kernel_initializer="zeros", name=f"{PREFIX}classes")(x)


def _compiled(model: keras.Model, learning_rate: float) -> keras.Model:
    rate = check_number(learning_rate, "learning_rate", above=0)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _text(shape: tuple[int | None, ...]) -> str:
    return "×".join("any" if n is None else str(n) for n in shape)
