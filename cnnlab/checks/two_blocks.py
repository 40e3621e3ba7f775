"""Judging a model of two blocks and a Dense layer by its weights and by what it computes, whatever layers it has."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cnnlab.checks.answers import Wrong, array, call, kind_of
from cnnlab.checks.course_words import common
from cnnlab.checks.judging import Misreading

_PICTURES = np.random.default_rng(0).uniform(-3, 3, (4, 28, 28, 1)).astype("float32")


def _model(answer: object) -> object:
    """The learner's model, built by calling `answer`, or `Wrong`."""
    import keras

    built = call(answer)
    if isinstance(built, (list, tuple)):
        raise Wrong("A list of layers is no model yet. Put it into keras.Sequential(...), or use keras.Model(...).")
    if not isinstance(built, keras.Model):
        raise Wrong(f"A keras.Model is expected, but the function returned {kind_of(built)}.")
    known = getattr(built, "input_shape", None)  # a subclassed model has none
    fits = known is None or (
        len(known) == 4 and all(side in (None, own) for side, own in zip(known, _PICTURES.shape, strict=True))
    )
    if not fits:
        raise Wrong(f"The model takes {known}. Begin with keras.Input((28, 28, 1)).")
    try:
        shape = tuple(built(_PICTURES, training=False).shape)
    except Exception as error:  # noqa: BLE001  each backend and each layer has its own words for what does not fit
        raise Wrong(f"The model cannot read pictures of 28 × 28 × 1. {type(error).__name__}: {error}") from error
    if shape != (4, 10):
        raise Wrong(
            f"The output has shape {(None, *shape[1:])}. Flatten what the blocks give, then one Dense "
            "layer with 10 units."
        )
    return built


@functools.cache
def _two_blocks(
    filters: tuple[int, int],
    bends: tuple[str | None, str | None] = ("relu", "relu"),
    windows: tuple[int, int] = (2, 2),
    pool: str = "Max",
    softmaxes: int = 1,
    scale: float = 1,
) -> object:
    """Two blocks and a Dense layer as they are asked for, or with a slip."""
    import keras
    from keras import layers

    stack = [keras.Input((28, 28, 1)), layers.Rescaling(scale)]
    for count, bend, window in zip(filters, bends, windows, strict=True):
        stack += [layers.Conv2D(count, 3, activation=bend), getattr(layers, f"{pool}Pooling2D")(window, strides=2)]
    return keras.Sequential([*stack, layers.Flatten(), layers.Dense(10), *(layers.Softmax() for _ in range(softmaxes))])


# What else a model with the right weights may compute.
_SLIPS = (
    (dict(bends=(None, "relu")), "The first convolution has no ReLU, and the bend is what makes it a layer."),
    (dict(bends=("relu", None)), "The second convolution has no ReLU, and the bend is what makes it a layer."),
    (dict(bends=(None, None)), "There is no ReLU: without a bend two convolutions could do no more than one."),
    (dict(bends=("tanh", "tanh")), "The convolutions bend by tanh. ReLU is wanted."),
    (dict(pool="Average"), "The poolings take means. Max pooling is wanted."),
    (dict(windows=(3, 2)), "Poolings over 2 × 2 are wanted. Your first one looks at 3 × 3 pixels."),
    (dict(windows=(2, 3)), "Poolings over 2 × 2 are wanted. Your second one looks at 3 × 3 pixels."),
    (dict(softmaxes=2), "The softmax is applied twice: in the last layer and behind it."),
    (dict(scale=1 / 255), "Your model divides by 255 itself. Its pictures come divided already."),
)


def _sizes(model: object) -> list[int]:
    return [int(np.prod(weight.shape)) for weight in model.weights]


@dataclass(frozen=True, eq=False)
class TwoBlocks:
    """The diagnosis of a function that makes two blocks and a Dense layer, by its weights and by what it computes.

    Parameters
    ----------
    filters : those of the two convolutions
    otherwise : what to say of a model with other weights
    praise : what the learner now knows
    """

    filters: tuple[int, int]
    otherwise: Callable[[object], str]
    praise: str

    @property
    def misreadings(self) -> tuple[Misreading, ...]:
        """The models with one slip."""
        return tuple(Misreading(functools.partial(_two_blocks, self.filters, **slip), says) for slip, says in _SLIPS)

    def __call__(self, answer: object) -> str:
        """Raise `Wrong` unless the model computes what is asked for, whichever layers hold its weights."""
        model, wanted = _model(answer), _two_blocks(self.filters)
        if sorted(_sizes(model)) != sorted(_sizes(wanted)):
            said = self.otherwise(model)
            raise Wrong(said, common(said, [inspect.getfile(self.otherwise)]))
        own, rng = model.get_weights(), np.random.default_rng(5)
        # Drawn at random, because a new model's biases are still 0.
        drawn = [rng.normal(0, (w.size / w.shape[-1]) ** -0.5, w.shape) for w in own]
        said = self._says(model, drawn)
        model.set_weights(own)
        if np.allclose(said, self._says(wanted, drawn), atol=1e-4):
            return self.praise
        if (said < 0).any() or not np.allclose(said.sum(axis=1), 1, atol=1e-3):
            raise Wrong(
                "Its ten numbers are no probabilities: they must be positive and add up to 1. Which activation does it?"
            )
        for misreading in self.misreadings:
            if np.allclose(said, self._says(misreading.how(), drawn), atol=1e-4):
                raise Wrong(misreading.says, misreading.says)
        raise Wrong(
            "The weights are right, but put together the layers compute something else than convolution, ReLU and max "
            "pooling, twice, and then one Dense layer with softmax."
        )

    def _says(self, model: object, drawn: list[np.ndarray]) -> np.ndarray:
        """What the model makes of `_PICTURES` with these weights, which their sizes tell apart: (4, 10)."""
        by_size = {weight.size: weight for weight in drawn}
        model.set_weights([by_size[weight.size].reshape(weight.shape) for weight in model.get_weights()])
        return array(model(_PICTURES, training=False), (4, 10), finite=False)


def kernels_of(model: object) -> list[tuple[int, ...]]:
    """Shapes of the convolutions' kernels, in the order in which they read each other."""
    return sorted((tuple(w.shape) for w in model.weights if len(w.shape) == 4), key=lambda shape: shape[2])
