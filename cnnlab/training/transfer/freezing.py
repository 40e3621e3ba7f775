"""Which layers train: freezing, unfreezing from the top, and compiling again so that it takes effect."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import keras
import numpy as np

from cnnlab.common.validate import check_int, check_number
from cnnlab.training.transfer.heads import PREFIX


@dataclass(frozen=True, repr=False)
class Training:
    """Which part of a model trains from now on; shows itself as a sentence.

    Attributes
    ----------
    layers : names of the layers that train, from the input up
    trainable_params, frozen_params : weights that training changes, and that it does not
    inference : how many BatchNormalization layers are held in inference mode
    learning_rate : of the new optimizer; None for a model that was never compiled
    """

    layers: tuple[str, ...]
    trainable_params: int
    frozen_params: int
    inference: int
    learning_rate: float | None

    def __repr__(self) -> str:
        total = self.trainable_params + self.frozen_params
        if not self.layers:
            which = "No layer trains"
        elif len(self.layers) == 1:
            which = f"1 layer trains, {self.layers[0]}"
        else:
            which = f"{len(self.layers)} layers train, {self.layers[0]} to {self.layers[-1]}"
        words = [f"{which}: {self.trainable_params:,} of {total:,} parameters."]
        if self.inference:
            layers = (
                "1 BatchNormalization stays" if self.inference == 1 else f"{self.inference} BatchNormalizations stay"
            )
            words.append(f"{layers} in inference mode.")
        if self.learning_rate is None:
            words.append("The model was not compiled, and still is not.")
        else:
            words.append(f"Compiled again, with a fresh optimizer and learning rate {self.learning_rate:g}.")
        return " ".join(words)


def freeze(model: keras.Model, *, learning_rate: float | None = None) -> Training:
    """Let nothing train but the head, and compile again.

    Keras reads which weights train when a model is compiled. A model that is frozen later goes on training them
    (TensorFlow), stops with an error (JAX), or freezes them (torch); so this compiles it again, with the same loss, the
    same metrics and a fresh optimizer of the same kind. A loss or metric of your own must be one that Keras can name.

    Parameters
    ----------
    model : of `classifier`, or any Keras model; of the layers only those whose names begin with ``head_`` train
    learning_rate : of the new optimizer; by default that of the old one

    Returns
    -------
    Training
        What trains now; shows itself as a sentence.

    Examples
    --------
    >>> from cnnlab import transfer
    >>> model = transfer.classifier(transfer.backbone("squeezenet", (64, 64, 3), weights=None), classes=2)
    >>> freeze(model)
    1 layer trains, head_classes: 1,026 of 723,522 parameters. Compiled again, with a fresh optimizer and learning rate 0.001.
    """  # noqa: E501
    return _set(model, lambda layer: False, learning_rate)


def unfreeze_top(model: keras.Model, top: int | str, *, learning_rate: float = 1e-4) -> Training:
    """Let the head and the top of the backbone train, slowly, and compile again.

    BatchNormalization stays frozen, which in Keras also means inference mode: the statistics of a few new pictures
    would undo what the layers above it have learned to expect.

    Parameters
    ----------
    model : of `classifier`, or any Keras model
    top
        how many layers with a kernel, counted down from the head; or the beginning of a layer's name, such as
        ``"fire8"``. That layer and everything above it train
    learning_rate : of the new optimizer; by default a tenth of what a head trains with

    Returns
    -------
    Training
        What trains now; shows itself as a sentence.

    Raises
    ------
    TypeError, ValueError
        If the backbone has fewer layers than `top`, or no layer of that name, or the model is compiled with a function
        that Keras cannot name.

    Examples
    --------
    >>> from cnnlab import transfer
    >>> model = transfer.classifier(transfer.backbone("squeezenet", (64, 64, 3), weights=None), classes=2)
    >>> unfreeze_top(model, "fire9").layers
    ('fire9_squeeze1x1', 'fire9_expand1x1', 'fire9_expand3x3', 'head_classes')
    >>> unfreeze_top(model, 1).trainable_params  # 3·3·64·256 + 256, and the head
    148738
    """
    candidates = [layer for layer in _leaves(model) if layer.weights and not _is_head(layer) and not _is_norm(layer)]
    if isinstance(top, str):
        names = [layer.name for layer in candidates]
        first = next((index for index, name in enumerate(names) if top and name.startswith(top)), None)
        if first is None:
            some = ", ".join(map(repr, names[-3:]))
            raise ValueError(f"`top` must begin the name of a layer of the backbone, such as {some}. Received: {top!r}")
    else:
        kernels = [n for n, layer in enumerate(candidates) if any("kernel" in w.name for w in layer.weights)]
        first = [*kernels, len(candidates)][len(kernels) - check_int(top, "top", 0, len(kernels))]
    chosen = {id(layer) for layer in candidates[first:]}
    return _set(model, lambda layer: id(layer) in chosen, learning_rate)


def unfreeze(model: keras.Model, *, learning_rate: float | None = None) -> Training:
    """Let everything train, BatchNormalization and its statistics included, and compile again.

    That is right for a network that starts from random weights, and for a lot of new pictures; for few, see
    `unfreeze_top`.

    Parameters
    ----------
    model : a Keras model
    learning_rate : of the new optimizer; by default that of the old one

    Examples
    --------
    >>> from cnnlab import transfer
    >>> model = transfer.classifier(transfer.digits_backbone(weights=None), classes=5)
    >>> freeze(model).inference, unfreeze(model).inference
    (3, 0)
    """
    return _set(model, lambda layer: True, learning_rate, norms=True)


def restart(model: keras.Model, weights: Sequence[np.ndarray]) -> None:
    """Put `weights` into a compiled model and let its optimizer forget, so that it can train once more from there.

    Compiling would do as well, and costs a second each time; an experiment with many seeds notices that.

    Parameters
    ----------
    model : compiled; what trains, and how fast, stays as it is
    weights : as ``model.get_weights()`` gives them

    Raises
    ------
    TypeError, ValueError
        If `model` is no compiled Keras model, `weights` does not fit it, or layers were frozen or unfrozen by hand
        since it was compiled.

    Examples
    --------
    >>> from cnnlab import transfer
    >>> model = transfer.head(4, classes=2)
    >>> start = model.get_weights()
    >>> _ = model.fit(np.ones((2, 4)), np.array([0, 1]), verbose=0)
    >>> restart(model, start)
    >>> int(model.optimizer.iterations)
    0
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. Received: {type(model).__name__}")
    if not model.compiled:
        raise ValueError(f"`model` must be compiled. Received: {model.name}, which is not")
    shapes = [tuple(weight.shape) for weight in model.weights]
    given = [np.shape(weight) for weight in weights]
    if shapes != given:
        raise ValueError(
            f"`weights` must be {len(shapes)} arrays of the model's shapes. Received: {len(given)}, {given[:3]} …"
        )
    optimizer = model.optimizer
    pairs = []
    if optimizer.built:  # otherwise it has taken no step
        with _as_keras_reads():
            fresh = type(optimizer).from_config(optimizer.get_config())
        fresh.build(model.trainable_variables)
        if [new.shape for new in fresh.variables] != [old.shape for old in optimizer.variables]:
            raise ValueError("`model` must be compiled again after its layers were frozen or unfrozen")
        pairs = list(zip(optimizer.variables, fresh.variables, strict=True))  # the fresh ones are not all 0
    model.set_weights(list(weights))
    for variable, start in pairs:
        if variable.path.rsplit("/", 1)[-1] != "learning_rate":
            variable.assign(start)


def _set(
    model: keras.Model, trains: Callable[[keras.layers.Layer], bool], learning_rate: float | None, norms: bool = False
) -> Training:
    """Freeze and unfreeze layer by layer, compile again, say what came of it."""
    layers = _leaves(model)
    if learning_rate is not None:
        check_number(learning_rate, "learning_rate", above=0)
    config = _compile_config(model, learning_rate) if model.compiled else None  # may refuse: before anything changes
    model.trainable = True  # a frozen model hides the layers within, whatever they say themselves
    for layer in layers:
        layer.trainable = (_is_head(layer) or trains(layer)) and (norms or not _is_norm(layer))
    rate = None if config is None else _compile_again(model, config)
    learned, total = _count(model.trainable_weights), _count(model.weights)
    return Training(
        layers=tuple(layer.name for layer in layers if layer.trainable_weights),
        trainable_params=learned,
        frozen_params=total - learned,
        inference=sum(_is_norm(layer) and not layer.trainable for layer in layers),
        learning_rate=rate,
    )


def _compile_config(model: keras.Model, learning_rate: float | None) -> dict:
    """What the model was compiled with, and `learning_rate` if there is one; refused if Keras cannot make it again."""
    with _as_keras_reads():
        config = model.get_compile_config()
        try:
            keras.saving.deserialize_keras_object(copy.deepcopy(config))  # Keras takes it apart
        except (TypeError, ValueError) as error:
            raise ValueError(
                "`model` must be compiled with a loss and metrics that Keras can name: decorate yours with "
                f"keras.saving.register_keras_serializable(). Received: {str(error).partition('. ')[0]}"
            ) from None
    if learning_rate is not None:
        optimizer = config["optimizer"]["config"]
        while "inner_optimizer" in optimizer:  # half precision wraps one in another
            optimizer = optimizer["inner_optimizer"]["config"]
        optimizer["learning_rate"] = learning_rate  # in the place of a schedule, too
    return config


def _compile_again(model: keras.Model, config: dict) -> float:
    """Compile with a fresh optimizer; return its learning rate."""
    with _as_keras_reads():
        model.compile_from_config(config)
        return float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))


@contextmanager
def _as_keras_reads() -> Iterator[None]:
    """Without two warnings that help nobody: of a learning rate (NumPy 2), and of a lambda, which is refused anyway."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        warnings.filterwarnings("ignore", "The object being serialized includes a `lambda`", UserWarning)
        yield


def _leaves(model: object) -> list[keras.layers.Layer]:
    """The layers of a model in order, those of models within it in place of the models."""
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. Received: {type(model).__name__}")

    def walk(owner: keras.Model) -> Iterator[keras.layers.Layer]:
        for layer in owner.layers:
            if isinstance(layer, keras.Model):
                yield from walk(layer)
            else:
                yield layer

    return list(walk(model))


def _is_head(layer: keras.layers.Layer) -> bool:
    return layer.name.startswith(PREFIX)


def _is_norm(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, keras.layers.BatchNormalization)


def _count(weights: list[keras.Variable]) -> int:
    return sum(math.prod(weight.shape) for weight in weights)
