"""What in a picture speaks for a class, and where: occlusion, saliency, Grad-CAM. Published by `cnnlab.activations`.

The *score* of a class is what enters a softmax or sigmoid, or its logarithm, at the end of the model, as in the papers:
behind the softmax a sure network has a slope of nearly zero, and a class also looks better when others get worse. Of a
model that ends in neither, it is the output.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from cnnlab.arithmetic.shapes import output_size
from cnnlab.common.validate import check_int, pair
from cnnlab.models.taps import BATCH, Taps, as_numpy, check_image, check_model
from cnnlab.seeing.gradients import gradient


@dataclass(frozen=True, eq=False)
class Occlusion:
    """What covering parts of a picture does to a class.

    Attributes
    ----------
    class_index : the class
    output : the model's output for it on the whole picture
    drops : (R, C) by how much the output falls with the patch at each position; negative where it rises
    tops, lefts : (R,) and (C,) first row and column of the patch
    size : ``(height, width)`` of the patch
    heat : (H, W) for each pixel the mean drop of the patches that cover it; 0 where none does
    """

    class_index: int
    output: float
    drops: np.ndarray
    tops: np.ndarray
    lefts: np.ndarray
    size: tuple[int, int]
    heat: np.ndarray


@dataclass(frozen=True, eq=False)
class Saliency:
    """How a class's score follows each pixel.

    Attributes
    ----------
    class_index : the class
    score : its score, before the softmax
    gradient : (H, W, C) change of the score for each unit of brightness
    heat : (H, W) the largest magnitude among the channels
    """

    class_index: int
    score: float
    gradient: np.ndarray
    heat: np.ndarray


@dataclass(frozen=True, eq=False)
class GradCam:
    """Which places of a layer speak for a class.

    Attributes
    ----------
    layer, class_index : what was asked
    score : of the class, before the softmax
    maps : (h, w, C) the layer's feature maps
    gradients : (h, w, C) change of the score for each unit of each number in `maps`
    weights : (C,) mean gradient of each map
    votes : (h, w) weighted sum of the maps; negative where a place speaks against the class
    heat : (H, W) `votes` with the negative ones set to 0, enlarged to the picture
    """

    layer: str
    class_index: int
    score: float
    maps: np.ndarray
    gradients: np.ndarray
    weights: np.ndarray
    votes: np.ndarray
    heat: np.ndarray


def occlusion(
    model: keras.Model,
    image: np.ndarray,
    class_index: int | None = None,
    size: int | tuple[int, int] = 8,
    strides: int | tuple[int, int] = 4,
    fill: float | None = None,
) -> Occlusion:
    """Cover one part of a picture after the other and see how far the output of a class falls.

    Parameters
    ----------
    model : as for `map_layers`, with an output of shape (N, classes)
    image : (H, W, C), or (H, W) for one channel
    class_index : the class; by default the model's first choice
    size, strides : of the patch in pixels; it stands where a window without padding would
    fill : brightness of the patch, in the picture's units; by default the picture's mean

    Raises
    ------
    TypeError, ValueError
        If the model gives no scores of classes, there is no such class, or the patch does not fit into the picture.

    References
    ----------
    Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014, section 4.2.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(1, "relu")])
    >>> model.layers[-1].set_weights([np.ones((16, 1)), np.zeros(1)])  # the output is the sum of the pixels
    >>> image = np.zeros((4, 4))
    >>> image[0, 0] = 5
    >>> occlusion(model, image, size=2, strides=2, fill=0).drops.tolist()
    [[5.0, 0.0], [0.0, 0.0]]
    """
    check_model(model)
    image = check_image(model, image)
    height, width = pair(size, "size")
    steps = pair(strides, "strides")
    tops, lefts = (
        step * np.arange(output_size(n, f, step))
        for n, f, step in zip(image.shape[:2], (height, width), steps, strict=True)
    )
    fill = float(image.mean()) if fill is None else float(fill)
    before = _outputs(model, image[None])
    class_index = _class(class_index, before[0])
    after = []
    covered = np.repeat(image[None], len(lefts), axis=0)  # one row of positions at a time
    for top in tops:
        covered[:] = image
        for index, left in enumerate(lefts):
            covered[index, top : top + height, left : left + width] = fill
        after.append(_outputs(model, covered)[:, class_index])
    output = float(before[0, class_index])
    drops = output - np.stack(after)  # (R, C)
    heat, count = np.zeros(image.shape[:2]), np.zeros(image.shape[:2])
    for (row, column), drop in np.ndenumerate(drops):
        window = np.s_[tops[row] : tops[row] + height, lefts[column] : lefts[column] + width]
        heat[window] += drop
        count[window] += 1
    return Occlusion(class_index, output, drops, tops, lefts, (height, width), heat / np.maximum(count, 1))


def saliency(model: keras.Model, image: np.ndarray, class_index: int | None = None) -> Saliency:
    """How much a class's score changes when a pixel does: the gradient of the score at the picture.

    Parameters
    ----------
    model : as for `map_layers`, with an output of shape (N, classes)
    image : (H, W, C), or (H, W) for one channel
    class_index : the class; by default the one with the highest score

    Raises
    ------
    TypeError, ValueError
        If the model gives no scores of classes, or there is no such class.

    References
    ----------
    Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks", 2014, section 3.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    >>> model.layers[-1].set_weights([np.array([[1.0], [-2.0], [0.0], [3.0]]), np.zeros(1)])
    >>> saliency(model, np.ones((2, 2))).heat.tolist()
    [[1.0, 2.0], [0.0, 3.0]]
    """
    taps = Taps(model)
    image = check_image(model, image)
    scores, _ = _scores(taps, image)
    class_index = _class(class_index, scores)

    def score(images: object) -> object:
        return taps.run(images, logits=True)[0][0, class_index]

    value, slopes = gradient(score, image[None])
    return Saliency(class_index, value, slopes[0], np.abs(slopes[0]).max(axis=-1))


def grad_cam(
    model: keras.Model, image: np.ndarray, class_index: int | None = None, layer: str | None = None
) -> GradCam:
    """Where a layer finds what speaks for a class.

    Each map is weighted by the mean of its gradient, and the weighted maps are added. The sum is stretched to the
    picture's size; layers without padding see a little less than the whole picture, and the stretching does not know.

    Parameters
    ----------
    model : as for `map_layers`, with an output of shape (N, classes)
    image : (H, W, C), or (H, W) for one channel
    class_index : the class; by default the one with the highest score
    layer : one of `map_layers`; by default the last with more than one position

    Raises
    ------
    TypeError, ValueError
        If the model gives no scores of classes, or there is no such class or layer.

    References
    ----------
    Selvaraju et al., "Grad-CAM: Visual explanations from deep networks via gradient-based localization", 2017,
    equations 1 and 2.

    Examples
    --------
    >>> from cnnlab import zoo
    >>> model = zoo.build("lenet5")
    >>> seen = grad_cam(model, np.ones((32, 32, 1)), class_index=3, layer="conv2")
    >>> seen.weights.shape, seen.votes.shape, seen.heat.shape
    ((16,), (10, 10), (32, 32))
    """
    taps = Taps(model)
    image = check_image(model, image)
    if layer is None:
        layer = _last_maps(taps)
    taps.map_shape(layer)
    scores, maps = _scores(taps, image, layer)
    class_index = _class(class_index, scores)

    def score(nudge: object) -> object:
        return taps.run(image[None], add={layer: nudge}, logits=True)[0][0, class_index]

    value, slopes = gradient(score, np.zeros_like(maps)[None])
    slopes = slopes[0]
    weights = slopes.mean(axis=(0, 1))  # (C,)
    votes = maps @ weights  # (h, w)
    heat = _enlarged(np.maximum(votes, 0), image.shape[:2])
    return GradCam(layer, class_index, value, maps, slopes, weights, votes, heat)


def _last_maps(taps: Taps) -> str:
    """The last layer with more than one position: nearest to the classes, and still knowing where."""
    spread = [name for name, (height, width, _) in taps.maps.items() if height != 1 or width != 1]
    if not spread:
        raise ValueError("`model` must have a layer with maps, an output of shape (N, h, w, C), and has none")
    return spread[-1]


def _class(class_index: int | None, scores: np.ndarray) -> int:
    if class_index is None:
        return int(scores.argmax())
    return check_int(class_index, "class_index", 0, len(scores) - 1)


def _check_scores(outputs: np.ndarray) -> np.ndarray:
    if outputs.ndim != 2:
        raise ValueError(
            f"`model` must end in one number a class, shape (N, classes). Received: an output of shape {outputs.shape}"
        )
    return outputs


def _outputs(model: keras.Model, images: np.ndarray) -> np.ndarray:
    parts = [as_numpy(model(images[i : i + BATCH], training=False)) for i in range(0, len(images), BATCH)]
    return _check_scores(np.concatenate(parts))


def _scores(taps: Taps, image: np.ndarray, layer: str | None = None) -> tuple[np.ndarray, np.ndarray | None]:
    """The scores (classes,) of a picture, and the maps (h, w, C) of a layer."""
    scores, kept = taps.run(image[None], keep=() if layer is None else [layer], logits=True)
    return _check_scores(as_numpy(scores))[0], None if layer is None else as_numpy(kept[layer])[0]


def _enlarged(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(h, w) stretched to `size` by linear interpolation between the cells' centres."""
    for axis, new in enumerate(size):
        old = values.shape[axis]
        centres = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        mixing = np.maximum(0, 1 - np.abs(centres[:, None] - np.arange(old)))  # (new, old), rows sum to 1
        values = np.moveaxis(np.tensordot(mixing, values, axes=(1, axis)), 0, axis)
    return values
