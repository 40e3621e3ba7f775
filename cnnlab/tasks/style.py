"""Neural style transfer: what one picture shows, painted as another one is painted.

The losses are NumPy, on maps (H, W, C) of one layer; `transfer` optimises a picture by ``model.fit``. Source: Gatys,
Ecker and Bethge, "Image Style Transfer Using Convolutional Neural Networks", 2016.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import keras
import numpy as np
from keras import layers, ops

from cnnlab.common.validate import check_choice, check_int, check_number, check_rank
from cnnlab.models.taps import as_numpy, check_image, check_model

_CANVAS, _SHAPE = "canvas", "canvas_shape"  # the layer whose weights are the picture, and what gives it its shape
_TERMS = ("content", "style", "variation")


def gram(features: np.ndarray) -> np.ndarray:
    """How the maps of a layer go together: the Gram matrix ``G = F Fᵀ``, F of shape (C, H·W).

    Parameters
    ----------
    features : (H, W, C), the maps of one layer for one picture

    Returns
    -------
    ndarray, (C, C)
        Number (i, j) is map i times map j, place by place, summed over all places.

    Examples
    --------
    >>> gram(np.array([[[1, 0], [2, 1]], [[0, 3], [1, 1]]])).tolist()
    [[6, 3], [3, 11]]
    """
    features = _maps(features, "features")
    rows = features.reshape(-1, features.shape[-1])  # (H·W, C): F transposed
    return rows.T @ rows


def content_loss(content: np.ndarray, generated: np.ndarray) -> float:
    """``½ ‖a(C) − a(G)‖²``: how far the maps of two pictures are apart, place by place.

    Parameters
    ----------
    content, generated : (H, W, C), maps of one layer for the content picture and for the generated one

    Examples
    --------
    >>> content_loss(np.array([[[1.0, 2.0]]]), np.array([[[1.0, 5.0]]]))
    4.5
    """
    content, generated = _maps(content, "content"), _maps(generated, "generated")
    if content.shape != generated.shape:
        raise ValueError(
            "`content` and `generated` must have one shape: they are compared place by place. "
            f"Received: {content.shape} and {generated.shape}"
        )
    return 0.5 * float(((content.astype(float) - generated) ** 2).sum())


def style_loss(style: np.ndarray, generated: np.ndarray) -> float:
    """``1 / (2·H·W·C)² · ‖G(S) − G(G)‖²`` of one layer: how far the Gram matrices of two pictures are apart.

    Parameters
    ----------
    style, generated
        (H, W, C), maps of one layer for the style picture and for the generated one. Where they differ in size, each
        Gram matrix is divided by its own H·W·C

    Notes
    -----
    Equation 4 of the paper, with the number of filters N = C and their size M = H·W.

    Examples
    --------
    >>> style_loss(np.array([[[1.0, 0.0], [2.0, 1.0]]]), np.zeros((1, 2, 2)))  # (5² + 2² + 2² + 1²) / (2·1·2·2)²
    0.53125
    """
    style, generated = _maps(style, "style"), _maps(generated, "generated")
    if style.shape[-1] != generated.shape[-1]:
        raise ValueError(
            "`style` and `generated` must have the same number of maps: those of one layer. "
            f"Received: shapes {style.shape} and {generated.shape}"
        )
    difference = _mean_gram(style) - _mean_gram(generated)
    return 0.25 * float((difference**2).sum())


def total_variation(picture: np.ndarray) -> float:
    """The sum of the differences between neighbours, right and below, without their signs.

    Parameters
    ----------
    picture : (H, W) or (H, W, C)

    Examples
    --------
    >>> total_variation(np.array([[0, 1], [0, 3]]))  # to the right 1 + 3, downwards 0 + 2
    6.0
    """
    picture = check_rank(picture, "picture", {2: "(H, W)", 3: "(H, W, C)"}).astype(float)
    return float(sum(np.abs(np.diff(picture, axis=axis)).sum() for axis in (0, 1)))


def _maps(values: np.ndarray, name: str) -> np.ndarray:
    return check_rank(values, name, {3: "(H, W, C)"}, empty=False)


def _mean_gram(features: np.ndarray) -> np.ndarray:
    """The Gram matrix over H·W·C."""
    return gram(features.astype(float)) / features.size


# --- a picture that learns --------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Transfer:
    """What `transfer` made.

    Attributes
    ----------
    picture : (H, W, 3) float32, 0 to 1
    history
        ``"content"``, ``"style"``, ``"variation"`` and ``"loss"``, their weighted sum: each a list with a number before
        every step and one after the last
    grams, style_grams
        style layer → (C, C), the Gram matrix over H·W·C of the picture and of the style
    """

    picture: np.ndarray = field(repr=False)
    history: dict[str, list[float]] = field(repr=False)
    grams: dict[str, np.ndarray] = field(repr=False)
    style_grams: dict[str, np.ndarray] = field(repr=False)

    @property
    def steps(self) -> int:
        """How many steps were made; fewer than asked for if a callback stopped the run."""
        return len(self.history["loss"]) - 1


def average_pooled(model: keras.Model) -> keras.Model:
    """A copy of `model` that takes the mean of each window where the model takes the maximum; the weights are the same.

    Parameters
    ----------
    model : Sequential or functional, built

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((4, 4, 1)), layers.MaxPooling2D()])
    >>> type(average_pooled(model).layers[-1]).__name__
    'AveragePooling2D'
    """
    check_model(model)

    def average(layer: layers.Layer) -> layers.Layer:
        kind = layers.AveragePooling2D if isinstance(layer, layers.MaxPooling2D) else type(layer)
        return kind.from_config(layer.get_config())

    return _copied(model, average)


def transfer(
    content: np.ndarray,
    style: np.ndarray,
    backbone: keras.Model,
    content_layer: str,
    style_layers: Sequence[str] | Mapping[str, float],
    *,
    content_weight: float = 1.0,
    style_weight: float = 1.0,
    variation_weight: float = 1.0,
    steps: int = 120,
    learning_rate: float = 0.03,
    start: str = "content",
    seed: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Transfer:
    """Optimise a picture until it shows what `content` shows, painted as `style` is.

    The picture is the weights of a layer, kept between 0 and 1; ``model.fit`` trains them with Adam, and nothing else.
    One epoch is one step, so that every Keras callback can watch and stop the run; `picture` gives it the picture.

    Parameters
    ----------
    content, style
        (H, W, 3) floats 0 to 1; `style` may have another size if `backbone` takes pictures of any
    backbone : takes such pictures, its preprocessing inside, as those of `cnnlab.transfer` do; it is not changed
    content_layer : the layer whose maps are compared place by place
    style_layers : the layers whose Gram matrices are compared: names, which count alike, or name → λ
    content_weight, style_weight, variation_weight : α and β of the paper, and the weight of the total variation; >= 0
    steps, learning_rate : of Adam
    start : ``"content"``, or ``"noise"``, even between 0 and 1
    seed : of the noise
    callbacks : of ``model.fit``; its logs hold ``loss``, ``content_loss``, ``style_loss`` and ``variation_loss``

    Returns
    -------
    Transfer

    Raises
    ------
    TypeError, ValueError
        If a picture is no picture of floats from 0 to 1 or does not fit `backbone`, a layer is unknown or answers with
        zeros alone, or a weight or number is out of its range.

    Notes
    -----
    So that weights mean the same for every backbone and size, the losses are relative: `content_loss` is divided by
    ``½ ‖a(C)‖²``, each layer's `style_loss` by what it is for maps that are zero everywhere, and `total_variation` by
    the number of values in the picture.

    Examples
    --------
    >>> base = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(4, 3, name="conv")])
    >>> grey, stripes = np.full((8, 8, 3), 0.5), np.tile([[[0.0] * 3, [1.0] * 3]], (8, 4, 1))
    >>> result = transfer(grey, stripes, base, "conv", ["conv"], steps=2)
    >>> result.picture.shape, result.steps, result.history["content"][0]
    ((8, 8, 3), 2, 0.0)
    """
    content, style = _picture(backbone, content, "content"), _picture(backbone, style, "style")
    lambdas = _lambdas(backbone, content_layer, style_layers)
    weights = {
        "content": check_number(content_weight, "content_weight", 0),
        "style": check_number(style_weight, "style_weight", 0),
        "variation": check_number(variation_weight, "variation_weight", 0),
    }
    check_number(learning_rate, "learning_rate", above=0)
    steps = check_int(steps, "steps", 1)
    if check_choice(start, "start", ("content", "noise")) == "noise":
        begin = np.random.default_rng(check_int(seed, "seed", 0)).uniform(size=content.shape).astype("float32")
    else:
        begin = content
    eye = _eye(backbone, [content_layer, *lambdas])
    style_grams = _grams(eye, style, lambdas)
    wanted = as_numpy(eye(content[None])[content_layer])[0]
    model = _model(eye, begin, (content_layer, wanted), style_grams, lambdas)
    model.compile(keras.optimizers.Adam(learning_rate), {term: _itself for term in _TERMS}, loss_weights=weights)
    ones = np.ones((steps, 1), "float32")  # a row for each epoch: Keras would make a new iterator for the same row
    nothing = dict.fromkeys(_TERMS, 0 * ones)
    run = model.fit(ones, nothing, batch_size=1, steps_per_epoch=1, epochs=steps, callbacks=[*callbacks], verbose=0)
    last = {term: float(as_numpy(loss)[0, 0]) for term, loss in model(ones[:1]).items()}
    history = {term: [*run.history[f"{term}_loss"], last[term]] for term in _TERMS}
    history["loss"] = [*run.history["loss"], sum(weights[term] * last[term] for term in _TERMS)]
    made = picture(model)
    return Transfer(made, history, _grams(eye, made, lambdas), style_grams)


def picture(model: keras.Model) -> np.ndarray:
    """The picture of a running `transfer`, (H, W, 3) float32, for a callback: ``style.picture(self.model)``."""
    return ops.convert_to_numpy(model.get_layer(_CANVAS).kernel).reshape(model.get_layer(_SHAPE).target_shape)


def _picture(backbone: keras.Model, values: np.ndarray, name: str) -> np.ndarray:
    """`values` as (H, W, 3) float32 that `backbone` takes."""
    check_model(backbone)
    values = check_rank(values, name, {3: "(H, W, 3)"}, empty=False)
    if values.dtype.kind != "f" or not (values.min() >= 0 and values.max() <= 1):
        found = f"{values.dtype} from {values.min():.4g} to {values.max():.4g}"
        raise ValueError(f"`{name}` must hold floats from 0 to 1: divide bytes by 255. Received: {found}")
    return check_image(backbone, values, name)


def _lambdas(backbone: keras.Model, content_layer: str, style_layers: object) -> dict[str, float]:
    """Style layer → λ; the names are looked up, the content layer's too."""
    maps = [layer.name for layer in backbone.layers if len(getattr(layer.output, "shape", ())) == 4]
    check_choice(content_layer, "content_layer", maps)
    if isinstance(style_layers, str) or not isinstance(style_layers, (Sequence, Mapping)) or not len(style_layers):
        raise TypeError(
            f"`style_layers` must be a list of layers' names, or a dict name → weight. Received: {style_layers!r}"
        )
    for name in style_layers:
        check_choice(name, "style_layers", maps)
    if isinstance(style_layers, Mapping):
        return {name: check_number(weight, f"style_layers[{name!r}]", 0) for name, weight in style_layers.items()}
    return dict.fromkeys(style_layers, 1 / len(style_layers))


def _eye(backbone: keras.Model, names: Sequence[str]) -> keras.Model:
    """A frozen copy of `backbone` from pictures to name → maps."""
    copy = _copied(backbone, lambda layer: type(layer).from_config(layer.get_config()))
    copy.trainable = False
    return keras.Model(copy.inputs[0], {name: copy.get_layer(name).output for name in names})


def _grams(eye: keras.Model, image: np.ndarray, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Layer → the Gram matrix over H·W·C."""
    maps = eye(image[None])
    return {name: _mean_gram(as_numpy(maps[name])[0]) for name in names}


def _model(
    eye: keras.Model,
    begin: np.ndarray,
    content: tuple[str, np.ndarray],
    style_grams: Mapping[str, np.ndarray],
    lambdas: Mapping[str, float],
) -> keras.Model:
    """From the number 1 to the three losses; its only weights that learn are the picture, `begin` at first."""
    one = keras.Input((1,))
    canvas = layers.Dense(begin.size, use_bias=False, kernel_constraint=_From0To1(), name=_CANVAS)
    seen = layers.Reshape(begin.shape, name=_SHAPE)(canvas(one))
    canvas.set_weights([begin.reshape(1, -1)])
    maps = eye(seen)
    style = sum(weight * _style(maps[name], style_grams[name], name) for name, weight in lambdas.items())
    losses = {
        "content": _content(maps[content[0]], content[1], content[0]),
        "style": style,
        "variation": _variation(seen),
    }
    return keras.Model(one, losses)


def _content(maps: object, wanted: np.ndarray, name: str) -> object:
    """`content_loss` over that of maps that are zero, (N, 1)."""
    return _summed(ops.square(maps - wanted)) / _energy(wanted, "content", name)


def _style(maps: object, wanted: np.ndarray, name: str) -> object:
    """`style_loss` of one layer over that of maps that are zero, (N, 1); `wanted` is a Gram matrix over H·W·C."""
    height, width, channels = maps.shape[1:]
    rows = ops.reshape(maps, (-1, height * width, channels))
    grams = ops.matmul(ops.transpose(rows, (0, 2, 1)), rows) / (height * width * channels)
    return _summed(ops.square(grams - wanted)) / _energy(wanted, "style", name)


def _variation(pictures: object) -> object:
    """`total_variation` over the number of values, (N, 1)."""
    right = ops.abs(pictures[:, :, 1:] - pictures[:, :, :-1])
    below = ops.abs(pictures[:, 1:] - pictures[:, :-1])
    return (_summed(right) + _summed(below)) / float(np.prod(pictures.shape[1:]))


def _summed(values: object) -> object:
    return ops.reshape(ops.sum(values, axis=tuple(range(1, len(values.shape)))), (-1, 1))


def _energy(wanted: np.ndarray, name: str, layer: str) -> float:
    """Σ of the squares of what is wanted."""
    energy = float((wanted.astype(float) ** 2).sum())
    if not energy > 0:
        raise ValueError(
            f"`{name}` must excite layer {layer!r}: a loss is measured by its maps. Received: maps of zeros"
        )
    return energy


class _From0To1(keras.constraints.Constraint):  # Keras before 3.15 takes no function
    def __call__(self, kernel: object) -> object:
        return ops.clip(kernel, 0.0, 1.0)


def _itself(y_true: object, y_pred: object) -> object:
    return y_pred


def _copied(model: keras.Model, layer: Callable) -> keras.Model:
    """A copy of `model` with the same weights, each layer replaced by what `layer` makes of it."""
    copy = keras.models.clone_model(model, clone_function=layer)
    copy.set_weights(model.get_weights())
    return copy
