"""Start from weights that somebody else has paid for: pretrained backbones, new heads, freezing, cached features.

Every backbone of this module takes pictures as **floats from 0 to 1**, like all pictures of the course. What the
network was trained on (0 to 255, −1 to 1, blue before red …) is made of them by the model's own first layers, so that
it can neither be forgotten nor be done twice: no ``preprocess_input`` in front of it.

    >>> from cnnlab import transfer
    >>> base = transfer.backbone("squeezenet", (96, 96, 3), weights=None)
    >>> model = transfer.classifier(base, classes=2)
    >>> transfer.freeze(model).trainable_params  # 512·2 weights and 2 biases
    1026

The layers of a head have names that begin with ``head_``; everything else counts as backbone.
"""

from __future__ import annotations

import os

import keras

from cnnlab.common.validate import check_choice, check_int, pair
from cnnlab.training.transfer.backbones import MENU, build
from cnnlab.training.transfer.backbones import Entry as Entry
from cnnlab.training.transfer.digits import digits_backbone as digits_backbone
from cnnlab.training.transfer.digits import scattered_digits as scattered_digits
from cnnlab.training.transfer.freezing import Training as Training
from cnnlab.training.transfer.freezing import freeze as freeze
from cnnlab.training.transfer.freezing import restart as restart
from cnnlab.training.transfer.freezing import unfreeze as unfreeze
from cnnlab.training.transfer.freezing import unfreeze_top as unfreeze_top
from cnnlab.training.transfer.heads import classifier as classifier
from cnnlab.training.transfer.heads import features as features
from cnnlab.training.transfer.heads import head as head
from cnnlab.training.transfer.learning_curve import LearningCurve as LearningCurve
from cnnlab.training.transfer.learning_curve import few_labels as few_labels
from cnnlab.training.transfer.learning_curve import learning_curve as learning_curve
from cnnlab.training.transfer.photos import photo_backbone as photo_backbone


def menu() -> tuple[Entry, ...]:
    """The pretrained networks that `backbone` knows.

    Examples
    --------
    >>> [entry.name for entry in menu() if entry.params < 3_000_000]
    ['squeezenet', 'mobilenet_v2', 'mobilenet_v3_small', 'mobilenet_v3_large']
    >>> next(entry.side for entry in menu() if entry.name == "xception")
    299
    """
    return tuple(MENU.values())


def backbone(
    name: str,
    input_shape: tuple[int, int, int] | None = None,
    weights: str | os.PathLike[str] | None = "auto",
    *,
    resize: int | tuple[int, int] | None = None,
) -> keras.Model:
    """A network without its classifier, from pictures to feature maps, with its preprocessing built in.

    Parameters
    ----------
    name : one of `menu`: ``"squeezenet"``, ``"resnet50"``, ``"mobilenet_v2"`` …
    input_shape
        ``(H, W, 3)`` of the pictures; by default the size the network was trained on. **Pictures are floats from 0 to
        1**, red first
    weights
        ``"auto"`` for those trained on ImageNet: from ``weights/`` in ``CNNLAB_DATA``, the cache, or a download. None
        for random numbers. Or the path of a file
    resize : (height, width) to bring the pictures to before anything else, inside the model; one number for both

    Returns
    -------
    keras.Model
        Functional, not compiled: (N, H, W, 3) → (N, h, w, C). Flat, but for ConvNeXt's, in which Keras nests the stem
        and the downsampling.

    Raises
    ------
    TypeError, ValueError
        If the name is unknown, the shape has not three channels, or the pictures are too small for the network.
    DataError
        If ``"auto"`` finds no weights; the message says why, and what to do without a network.
    FileNotFoundError
        If `weights` is a path and there is no such file.

    Examples
    --------
    >>> base = backbone("squeezenet", (32, 32, 3), weights=None, resize=96)
    >>> base.input_shape, base.output_shape, base.count_params()
    ((None, 32, 32, 3), (None, 5, 5, 512), 722496)
    """
    entry = MENU[check_choice(name, "name", tuple(MENU))]
    shape = (entry.side, entry.side, 3) if input_shape is None else input_shape
    if not isinstance(shape, (tuple, list)) or len(shape) != 3 or shape[2] != 3:
        raise ValueError(f"`input_shape` must be (H, W, 3): three colours, no batch. Received: {shape!r}")
    height, width = (check_int(n, "input_shape", minimum=1) for n in shape[:2])
    size = None if resize is None else pair(resize, "resize")
    return build(entry, (height, width, 3), weights, size)
