"""A model whose layers can be read, and nudged, while it runs, and whose softmax at the end can be left out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping
from functools import cached_property

import keras
import numpy as np

from cnnlab.common.validate import check_choice, check_rank
from cnnlab.models.graph import Step, Walk, has_graph

BATCH = 128  # pictures run at a time

_SQUASHING = (keras.ops.softmax, keras.ops.sigmoid, keras.ops.log_softmax, keras.ops.log_sigmoid)
_SQUASHING_KINDS = ("Softmax", "Sigmoid", "LogSoftmax", "LogSigmoid")  # as layers or as keras.ops
_PASSING_KINDS = ("Reshape", "Flatten", "Squeeze", "ExpandDims", "Identity", "Dropout")  # the same numbers, in order


class Taps:
    """`model`, opened.

    Parameters
    ----------
    model : Sequential or functional, built, with one input and one output

    Attributes
    ----------
    shapes
        layer → shape of its output with the batch, in the order of computation; layers of a model within the model are
        named with it: ``"base/conv1"``. Of a layer that is used several times, the first use counts

    Raises
    ------
    TypeError, ValueError
        If `model` is not a Keras model, has not been built, keeps its graph to itself or has several inputs or outputs.
    """

    def __init__(self, model: keras.Model) -> None:
        check_model(model)
        self._walk = Walk(model, call=self._call)
        self._first_uses: dict[str, Step] = {}
        for step in self._walk.steps[1:]:  # behind the input
            self._first_uses.setdefault(step.name, step)
        self.shapes: dict[str, tuple[int | None, ...]] = {
            name: tuple(step.outputs[0].shape) if len(step.outputs) == 1 else ()
            for name, step in self._first_uses.items()
        }
        self._keep: Collection[str] = ()
        self._add: Mapping[str, object] = {}
        self._logits = False
        self._kept: dict[str, object] = {}

    def run(
        self, images: object, keep: Collection[str] = (), add: Mapping[str, object] | None = None, logits: bool = False
    ) -> tuple[object, dict[str, object]]:
        """Run the model as for a prediction.

        Parameters
        ----------
        images : what the model takes, with the batch
        keep : layers whose outputs are returned
        add : layer → what is added to its output before the next layer sees it
        logits : leave out a softmax or sigmoid, or the logarithm of one, at the end; a change of shape may follow it

        Returns
        -------
        The model's output, and layer → output for `keep`, as backend tensors.
        """
        self._keep, self._add, self._logits, self._kept = keep, add or {}, logits, {}
        output = self._walk.copy([images], training=False)
        kept, self._kept = self._kept, {}
        return output, kept

    @property
    def maps(self) -> dict[str, tuple[int | None, int | None, int]]:
        """Layer → (h, w, C) for every layer whose output is a stack of maps."""
        return {name: shape[1:] for name, shape in self.shapes.items() if len(shape) == 4}

    def map_shape(self, layer: str) -> tuple[int | None, int | None, int]:
        """The shape of a layer's maps, after making sure that it has any."""
        if layer in self.shapes and layer not in self.maps:
            raise ValueError(
                "`layer` must have maps, an output of shape (N, h, w, C). "
                f"Received: {layer!r} with {self.shapes[layer]}"
            )
        return self.maps[check_choice(layer, "layer", tuple(self.maps))]

    def _call(self, step: Step, args: tuple, kwargs: dict) -> object:
        """What one step does while the model runs."""
        layer = self._without_squashing if self._logits and step is self._ending else step.operation
        output = layer(*args, **kwargs)
        if self._first_uses[step.name] is step:
            if step.name in self._add:
                output = output + keras.ops.cast(self._add[step.name], output.dtype)  # in the layer's precision
            if step.name in self._keep:
                self._kept[step.name] = output
        return output

    @cached_property
    def _ending(self) -> Step:
        """The call that computes the output, those behind it left aside that only pass its numbers on."""
        makers = {id(tensor): step for step in self._walk.steps for tensor in step.outputs}
        step = makers[id(self._walk.outputs[0])]
        while _passes(step.operation):
            step = makers[id(step.inputs[0])]
        return step

    @cached_property
    def _without_squashing(self) -> Callable:
        """A function like the layer of `_ending`, without its softmax or sigmoid; the layer itself if it has none."""
        operation, shape = self._ending.operation, self._ending.outputs[0].shape
        if type(operation).__name__ in _SQUASHING_KINDS:
            return _unchanged
        bare = isinstance(operation, (keras.layers.Activation, keras.layers.Lambda))
        name = "function" if isinstance(operation, keras.layers.Lambda) else "activation"
        if not _squashes(getattr(operation, name, None), shape):
            return operation
        return _unchanged if bare else _linear_twin(operation, self._ending.inputs[0].shape)


def _passes(operation: keras.Operation | None) -> bool:
    """Whether it hands on the numbers that it gets, for a prediction."""
    kind = type(operation).__name__
    return kind in _PASSING_KINDS or (kind == "Activation" and operation.activation is keras.activations.linear)


def _unchanged(x: object, *args: object, **kwargs: object) -> object:
    return x


def _squashes(function: object, shape: tuple[int | None, ...]) -> bool:
    """Whether an activation is a softmax, a sigmoid or the logarithm of one: by what it answers, whatever it is called.

    ``keras.activations``, ``tf.nn`` and ``jax.nn`` have one each, and a `keras.layers.Softmax` can be an activation.
    `shape` is that of its output.
    """
    if not callable(function):
        return False
    sizes = (2, *(n or 1 for n in shape[1:]))
    probe = keras.ops.convert_to_tensor(np.linspace(-2, 3, int(np.prod(sizes)), dtype="float32").reshape(sizes))
    answer = as_numpy(function(probe))
    candidates = _SQUASHING if sizes[-1] > 1 else (keras.ops.sigmoid, keras.ops.log_sigmoid)  # else Keras warns
    return any(np.allclose(answer, as_numpy(known(probe)), rtol=1e-3, atol=1e-6) for known in candidates)


def _linear_twin(layer: keras.layers.Layer, input_shape: tuple[int | None, ...]) -> Callable:
    """A layer like this one without activation, run with its weights: the layer itself is left alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a lambda cannot be saved
        config = {**layer.get_config(), "activation": None}
    twin = type(layer).from_config(config)
    twin.build(input_shape)

    def linear(x: object, *args: object, **kwargs: object) -> object:
        weights = layer.trainable_variables, layer.non_trainable_variables
        return twin.stateless_call(*weights, x, *args, **kwargs)[0]

    return linear


# --- arguments of all that uses taps ----------------------------------------------------------------------------------


def check_model(model: object) -> None:
    """Refuse what is not a built model with a known graph, one input and one output."""
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. Received: {type(model).__name__}")
    if not has_graph(model):
        advice = (
            "start it with keras.Input(shape), or call it on a batch first"
            if isinstance(model, keras.Sequential)
            else "a subclassed model keeps its graph to itself; wrap its layers in keras.Model(inputs, outputs)"
        )
        raise ValueError(f"`model` must be Sequential or functional, and built: {advice}. Received: {model.name!r}")
    for what, tensors in (("input", model.inputs), ("output", model.outputs)):
        if len(tensors) != 1:
            raise ValueError(f"`model` must have one {what}. Received: {model.name!r} with {len(tensors)}")


def check_images(model: keras.Model, images: object) -> np.ndarray:
    """`images` as (N, H, W, C) float32 that the model takes; one picture gets a batch of its own."""
    array = check_rank(images, "images", {3: "(H, W, C)", 4: "(N, H, W, C)"})
    array = (array[None] if array.ndim == 3 else array).astype("float32")
    _check_fit(model, array.shape[1:], "images")
    if not len(array):
        raise ValueError(f"`images` must hold at least one picture. Received: shape {np.shape(images)}")
    return array


def check_image(model: keras.Model, image: object, name: str = "image") -> np.ndarray:
    """`image` as (H, W, C) float32 that the model takes."""
    array = check_rank(image, name, {2: "(H, W)", 3: "(H, W, C)"})
    array = (array[..., None] if array.ndim == 2 else array).astype("float32")
    _check_fit(model, array.shape, name)
    return array


def _check_fit(model: keras.Model, shape: tuple[int, ...], name: str) -> None:
    own = tuple(model.inputs[0].shape[1:])
    if len(own) != len(shape) or any(n not in (None, m) for n, m in zip(own, shape, strict=True)):
        raise ValueError(f"`{name}` must have the model's input shape {own}. Received: {shape}")


def as_numpy(tensor: object) -> np.ndarray:
    """A backend tensor as an array; half precision, some of which NumPy does not know, as float32."""
    half = keras.backend.standardize_dtype(tensor.dtype) in ("float16", "bfloat16")
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32") if half else tensor)
