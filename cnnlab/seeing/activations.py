"""What a network sees: feature maps, the patches that excite a unit most, occlusion, saliency, Grad-CAM.

Everything works on any Sequential or functional Keras model with one input of pictures and one output, models within it
included: a layer of an inner model is named ``"base/conv1"``. The model is not changed. Pictures are (N, H, W, C) and
go in as they are: scale them as the model was trained on. Layers have channels last.

`occlusion`, `saliency` and `grad_cam` say what speaks for a class, and where.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np

from cnnlab.common.validate import check_choice, check_int
from cnnlab.models import ledger
from cnnlab.models.taps import BATCH, Taps, as_numpy, check_images
from cnnlab.seeing.attribution import GradCam, Occlusion, Saliency, grad_cam, occlusion, saliency

__all__ = ["GradCam", "Occlusion", "Patch", "Saliency", "feature_maps", "grad_cam", "map_layers", "occlusion",
           "saliency", "top_patches"]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Patch:
    """What a unit saw where it answered most strongly in one picture.

    Attributes
    ----------
    image : index of the picture
    row, column : of the answer, in the layer's feature map
    value : the answer
    window : ``(top, left, height, width)`` of the receptive field in the picture; may begin before it or end after it
    pixels : (height, width, C) the picture there; 0 where the window leaves it
    """

    image: int
    row: int
    column: int
    value: float
    window: tuple[int, int, int, int]
    pixels: np.ndarray


def map_layers(model: keras.Model) -> dict[str, tuple[int | None, int | None, int]]:
    """The layers whose output is a stack of maps, in the order of computation.

    Parameters
    ----------
    model : Sequential or functional, built, with one input and one output

    Returns
    -------
    dict
        name → (h, w, C); h and w are None where they depend on the picture.

    Raises
    ------
    TypeError, ValueError
        If `model` is not such a model.

    Examples
    --------
    >>> from cnnlab import zoo
    >>> map_layers(zoo.build("lenet5"))["conv2"]
    (10, 10, 16)
    """
    return Taps(model).maps


def feature_maps(
    model: keras.Model, images: np.ndarray, layers: str | Sequence[str]
) -> np.ndarray | dict[str, np.ndarray]:
    """What layers answer to pictures.

    Parameters
    ----------
    model : as for `map_layers`
    images : (N, H, W, C), or one picture (H, W, C)
    layers : a layer's name, or several

    Returns
    -------
    ndarray or dict
        The layer's output, (N, h, w, C) for a stack of maps; for several layers name → output.

    Raises
    ------
    TypeError, ValueError
        If `model` is not such a model, `images` do not fit its input, or there is no such layer.

    Examples
    --------
    >>> from cnnlab import zoo
    >>> model = zoo.build("lenet5")
    >>> feature_maps(model, np.zeros((2, 32, 32, 1)), "conv1").shape
    (2, 28, 28, 6)
    """
    taps = Taps(model)
    images = check_images(model, images)
    names = [layers] if isinstance(layers, str) else list(layers)
    for name in names:
        check_choice(name, "layers", tuple(taps.shapes))
    outputs = {name: [] for name in names}
    for start in range(0, len(images), BATCH):
        _, kept = taps.run(images[start : start + BATCH], keep=names)
        for name in names:
            outputs[name].append(as_numpy(kept[name]))
    arrays = {name: np.concatenate(parts) for name, parts in outputs.items()}
    return arrays[layers] if isinstance(layers, str) else arrays


def top_patches(
    model: keras.Model, images: np.ndarray, layer: str, units: int | Sequence[int], count: int = 9
) -> tuple[Patch, ...] | dict[int, tuple[Patch, ...]]:
    """The patches that excite units most, at most one from each picture.

    Parameters
    ----------
    model : as for `map_layers`
    images : (N, H, W, C)
    layer : a layer with maps and a receptive field, see `cnnlab.ledger`
    units : index of a channel, or several
    count : patches for each unit, from 1; no more than there are pictures are returned

    Returns
    -------
    tuple or dict
        Patches, the strongest answer first; for several units, unit → patches.

    Raises
    ------
    TypeError, ValueError
        If the model has no such layer or unit, or the layer's receptive field is not defined.

    References
    ----------
    Girshick et al., "Rich feature hierarchies for accurate object detection", 2014, section 3.1; Zeiler and Fergus,
    "Visualizing and understanding convolutional networks", 2014, figure 2.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 2, kernel_initializer="ones")])
    >>> image = np.zeros((1, 4, 4, 1))
    >>> image[0, 1:3, 2:4] = 1
    >>> best = top_patches(model, image, model.layers[0].name, 0)[0]
    >>> best.value, best.window
    (4.0, (1, 2, 2, 2))
    """
    taps = Taps(model)
    images = check_images(model, images)
    channels = taps.map_shape(layer)[-1]
    wanted = [units] if np.ndim(units) == 0 else list(units)
    if not wanted:
        raise ValueError(f"`units` must be the index of a channel, or several. Received: {units!r}")
    wanted = [check_int(unit, "units", 0, channels - 1) for unit in wanted]
    count = check_int(count, "count", minimum=1)
    field = ledger.ledger(model, images.shape[1:]).row(layer).receptive_field
    if field is None:
        raise ValueError(f"`layer` must have a receptive field, and that of {layer!r} is not defined")
    values, places = [], []  # of each picture's strongest answer
    for start in range(0, len(images), BATCH):
        _, kept = taps.run(images[start : start + BATCH], keep=[layer])
        maps = as_numpy(kept[layer])[..., wanted]
        size = maps.shape[1:3]
        flat = maps.reshape(len(maps), -1, len(wanted))
        values.append(flat.max(axis=1))
        places.append(flat.argmax(axis=1))
    values, places = np.concatenate(values), np.concatenate(places)  # (N, units)
    found = {}
    for index, unit in enumerate(wanted):
        best = np.argsort(-values[:, index], kind="stable")[:count]
        found[unit] = tuple(
            _patch(images, int(image), divmod(int(places[image, index]), size[1]), float(values[image, index]), field)
            for image in best
        )
    return found[wanted[0]] if np.ndim(units) == 0 else found


def _patch(images: np.ndarray, image: int, place: tuple[int, int], value: float, field: object) -> Patch:
    """Cut the receptive field of one answer out of its picture."""
    height, width = images.shape[1:3]
    row, column = place
    if isinstance(field, str):  # the whole input
        window = (0, 0, height, width)
    else:
        top, left = (axis.offset + index * axis.stride for axis, index in zip(field, place, strict=True))
        window = (top, left, field[0].size, field[1].size)
    top, left, rows, columns = window
    pixels = np.zeros((rows, columns, images.shape[-1]), images.dtype)
    inside = np.s_[max(top, 0) : min(top + rows, height), max(left, 0) : min(left + columns, width)]
    there = np.s_[inside[0].start - top : inside[0].stop - top, inside[1].start - left : inside[1].stop - left]
    pixels[there] = images[image][inside]
    return Patch(image, row, column, value, window, pixels)
