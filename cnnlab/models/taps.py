"""A model whose layers can be read, and nudged, while it runs, by Keras' public interface alone.

The usual way, a second model that ends in ``layer.output``, fails for a layer inside a nested model: its output belongs
to another graph ("not connected"). Splitting the model behind the layer fails where a shortcut passes the layer by.
Here `keras.models.clone_model` puts a stand-in in the place of each layer, and a copy of the same kind in the place of
a model within the model. A stand-in calls the layer it stands for, on real numbers only: the learner's model gets no
new node, and the weights are its own.
"""

from __future__ import annotations

import warnings
from collections import Counter, deque
from collections.abc import Collection, Mapping

import keras
import numpy as np

from cnnlab.common.validate import check_choice, check_rank
from cnnlab.models.graph import has_graph

BATCH = 128  # pictures run at a time

_SQUASHING = (keras.ops.softmax, keras.ops.sigmoid, keras.ops.log_softmax, keras.ops.log_sigmoid)
_SQUASHING_KINDS = ("Softmax", "Sigmoid", "LogSoftmax", "LogSigmoid")  # as layers or as keras.ops
_PASSING_KINDS = ("Reshape", "Flatten", "Squeeze", "ExpandDims", "Identity", "Dropout")  # the same numbers, in order
_MOST_PASSING = 8  # layers behind the softmax


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
        self.shapes: dict[str, tuple[int | None, ...]] = {}
        self._copy = self._copied(model, "")
        self._without: dict[str, object | None] = {}  # layer → the same without its softmax, made when asked for
        self._keep: Collection[str] = ()
        self._add: Mapping[str, object] = {}
        self._kept: dict[str, object] = {}
        self._uses: Counter[str] = Counter()
        self._ending: deque[tuple[_StandIn, tuple, dict]] = deque(maxlen=_MOST_PASSING + 1)  # the last calls of a run

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
        self._keep, self._add, self._kept = keep, dict(add or {}), {}
        self._uses.clear()
        output = self._copy(images, training=False)
        if logits:
            output = self._unsquashed(output, add or {})
        kept, self._kept = self._kept, {}
        self._ending.clear()
        return output, kept

    def _unsquashed(self, output: object, add: Mapping[str, object]) -> object:
        """The output without the softmax at the end. With one output, whatever passes it on was called right behind it.

        The layer may also serve as a gate within the model: only its last call is left out.
        """
        passing = []
        while self._ending:
            stand_in, args, kwargs = self._ending.pop()
            if not _passes(stand_in.operation):
                break
            passing.insert(0, stand_in.operation)
        path = stand_in.path
        if path not in self._without:
            self._without[path] = _without_squashing(stand_in, self.shapes[path])
        if self._without[path] is None:
            return output
        output = self._without[path](*args, **kwargs)
        if self._uses[path] == 1:
            output = _nudged(output, add.get(path))
            self._kept.update({path: output} if path in self._keep else {})
        for operation in passing:
            output = operation(output)
        return output

    def step(self, stand_in: _StandIn, args: tuple, kwargs: dict) -> object:
        """What one stand-in does."""
        self._uses[stand_in.path] += 1
        self._ending.append((stand_in, args, kwargs))
        output = _nudged(stand_in.operation(*args, **kwargs), self._add.pop(stand_in.path, None))
        if stand_in.path in self._keep:
            self._kept.setdefault(stand_in.path, output)
        return output

    def seen(self, stand_in: _StandIn, outputs: object) -> None:
        """Take down the shape of a stand-in's output."""
        shapes = [tuple(x.shape) for x in keras.tree.flatten(outputs)]
        self.shapes.setdefault(stand_in.path, shapes[0] if len(shapes) == 1 else ())

    def _copied(self, model: keras.Model, prefix: str) -> keras.Model:
        # A plain Model of the same graph: cloning would repeat a Sequential's own way, and a compilation.
        chain = isinstance(model, keras.Sequential)
        ends = (model.inputs[0], model.outputs[0]) if chain else (model.input, model.output)
        graph = keras.Model(*ends, name=model.name)
        inputs = [
            keras.Input(batch_shape=x.shape, dtype=x.dtype, name=f"taps_input{number}")
            for number, x in enumerate(model.inputs)
        ]
        copies: dict[int, keras.Operation] = {}  # a layer used twice is one layer in the copy, too

        def stand_in(operation: keras.Operation) -> keras.Operation:
            if id(operation) not in copies:
                path = prefix + operation.name
                if has_graph(operation):
                    copies[id(operation)] = self._copied(operation, f"{path}/")
                else:
                    copies[id(operation)] = _StandIn(operation, self, path)
            return copies[id(operation)]

        return keras.models.clone_model(
            graph, input_tensors=keras.tree.pack_sequence_as(graph.input, inputs), clone_function=stand_in
        )


class _StandIn(keras.Operation):
    """What the copy has in the place of `operation`."""

    def __init__(self, operation: keras.Operation, taps: Taps, path: str) -> None:
        super().__init__(name=operation.name)
        self.operation, self.taps, self.path = operation, taps, path
        self.input_shape: tuple[int | None, ...] = ()

    def compute_output_spec(self, *args: object, **kwargs: object) -> object:
        result = self.operation.compute_output_spec(*args, **kwargs)
        if args and isinstance(args[0], keras.KerasTensor):
            self.input_shape = tuple(args[0].shape)
        self.taps.seen(self, result)
        # New tensors, because an operation may hand back the very one it was given.
        return keras.tree.map_structure(lambda x: keras.KerasTensor(x.shape, x.dtype), result)

    def call(self, *args: object, **kwargs: object) -> object:
        return self.taps.step(self, args, kwargs)


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


def _nudged(output: object, nudge: object | None) -> object:
    """`output` with `nudge` added, in the precision of the layer."""
    return output if nudge is None else output + keras.ops.cast(nudge, output.dtype)


def _passes(operation: keras.Operation) -> bool:
    """Whether it hands on the numbers that it gets, for a prediction."""
    kind = type(operation).__name__
    return kind in _PASSING_KINDS or (kind == "Activation" and operation.activation is keras.activations.linear)


def _squashes(function: object, shape: tuple[int | None, ...]) -> bool:
    """Whether an activation is a softmax, a sigmoid or the logarithm of one: by what it answers, whatever it is called.

    ``keras.activations``, ``tf.nn`` and ``jax.nn`` have one each, and a `keras.layers.Softmax` can be an activation.
    """
    if not callable(function):
        return False
    sizes = (2, *(n or 1 for n in shape[1:]))
    probe = keras.ops.convert_to_tensor(np.linspace(-2, 3, int(np.prod(sizes)), dtype="float32").reshape(sizes))
    answer = as_numpy(function(probe))
    candidates = _SQUASHING if sizes[-1] > 1 else (keras.ops.sigmoid, keras.ops.log_sigmoid)  # else Keras warns
    return any(np.allclose(answer, as_numpy(known(probe)), rtol=1e-3, atol=1e-6) for known in candidates)


def _without_squashing(stand_in: _StandIn, shape: tuple[int | None, ...]) -> object | None:
    """A function like the layer, without its softmax or sigmoid; None if it has neither. `shape` is its output's."""
    operation = stand_in.operation
    if type(operation).__name__ in _SQUASHING_KINDS:
        return lambda x, *args, **kwargs: x
    bare = isinstance(operation, (keras.layers.Activation, keras.layers.Lambda))
    function = getattr(operation, "function" if isinstance(operation, keras.layers.Lambda) else "activation", None)
    if not shape or not _squashes(function, shape):
        return None
    if bare:
        return lambda x, *args, **kwargs: x
    # Its twin without activation, run with the layer's own weights: the layer itself is left alone.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a lambda cannot be saved
        config = {**operation.get_config(), "activation": None}
    twin = type(operation).from_config(config)
    twin.build(stand_in.input_shape)

    def linear(x: object, *args: object, **kwargs: object) -> object:
        weights = operation.trainable_variables, operation.non_trainable_variables
        return twin.stateless_call(*weights, x, *args, **kwargs)[0]

    return linear


# --- arguments of all that uses taps ----------------------------------------------------------------------------------


def check_images(model: keras.Model, images: object) -> np.ndarray:
    """`images` as (N, H, W, C) float32 that the model takes; one picture gets a batch of its own."""
    array = check_rank(images, "images", {3: "(H, W, C)", 4: "(N, H, W, C)"})
    array = (array[None] if array.ndim == 3 else array).astype("float32")
    _check_fit(model, array.shape[1:], "images")
    if not len(array):
        raise ValueError(f"`images` must hold at least one picture. Received: shape {np.shape(images)}")
    return array


def check_image(model: keras.Model, image: object) -> np.ndarray:
    """`image` as (H, W, C) float32 that the model takes."""
    array = check_rank(image, "image", {2: "(H, W)", 3: "(H, W, C)"})
    array = (array[..., None] if array.ndim == 2 else array).astype("float32")
    _check_fit(model, array.shape, "image")
    return array


def _check_fit(model: keras.Model, shape: tuple[int, ...], name: str) -> None:
    own = tuple(model.inputs[0].shape[1:])
    if len(own) != len(shape) or any(n not in (None, m) for n, m in zip(own, shape, strict=True)):
        raise ValueError(f"`{name}` must have the model's input shape {own}. Received: {shape}")


def map_shapes(taps: Taps) -> dict[str, tuple[int | None, int | None, int]]:
    """Layer → (h, w, C) for every layer with maps."""
    return {name: shape[1:] for name, shape in taps.shapes.items() if len(shape) == 4}


def map_shape(taps: Taps, layer: str) -> tuple[int | None, int | None, int]:
    """The shape of a layer's maps, after making sure that it has any."""
    layers = map_shapes(taps)
    if layer in taps.shapes and layer not in layers:
        raise ValueError(
            f"`layer` must have maps, an output of shape (N, h, w, C). Received: {layer!r} with {taps.shapes[layer]}"
        )
    return layers[check_choice(layer, "layer", tuple(layers))]


def as_numpy(tensor: object) -> np.ndarray:
    """A backend tensor as an array; half precision, some of which NumPy does not know, as float32."""
    half = keras.backend.standardize_dtype(tensor.dtype) in ("float16", "bfloat16")
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32") if half else tensor)
