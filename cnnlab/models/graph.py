"""A run through a model's graph that computes nothing and sees everything, by Keras' public interface alone.

`keras.models.clone_model` walks any functional graph and asks, for each layer, what to put in its place. Here that is a
stand-in, a `keras.Operation` which writes down that it was called, with what, and passes on tensors of the shape the
layer would give. The clone is thrown away; the model and its layers are untouched: they are never called, get no new
node and no new name. A Sequential is its graph; a model within the model is opened with the tensors it is called with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras

from cnnlab.arithmetic.shapes import ReceptiveField
from cnnlab.models.ledger.rules import Field, Seen, what_it_sees


@dataclass(frozen=True)
class Step:
    """One call of one layer or operation (None: an input), named with the models around it; what went in and out."""

    name: str
    operation: keras.Operation | None
    inputs: tuple[keras.KerasTensor, ...]
    outputs: tuple[keras.KerasTensor, ...]
    seen: Seen


def has_graph(model: object) -> bool:
    """Whether `model` knows its layers' connections: functional, or a Sequential that has been built."""
    return isinstance(model, keras.Function) or (isinstance(model, keras.Sequential) and model.built)


def walk(model: keras.Model, input_shape: tuple[int | None, ...] | None = None) -> list[Step]:
    """Every call in `model`'s graph, in the order of computation.

    Parameters
    ----------
    model : of which `has_graph` is true
    input_shape : without the batch, for a model with one input; by default the model's own, None included
    """
    shapes = [tensor.shape for tensor in model.inputs] if input_shape is None else [(None, *input_shape)]
    tape = _Tape()
    inputs = [tape.symbol(shape, like.dtype) for shape, like in zip(shapes, model.inputs, strict=True)]
    graph = keras.Model(model.inputs, model.outputs, name="ledger")  # of a Sequential, `layers` would hide the input
    names = {id(layer.output): layer.name for layer in graph.layers if isinstance(layer, keras.layers.InputLayer)}
    for number, (like, tensor) in enumerate(zip(model.inputs, inputs, strict=True)):
        pixel = (ReceptiveField(1, 1, 0),) * (len(tensor.shape) - 2)
        tape.keep([tensor], Field(number, pixel) if pixel else None)
        tape.steps.append(Step(names[id(like)], None, (), (tensor,), tape.seen(tensor)))
    tape.open(model, inputs, "")
    return tape.steps


class _Tape:
    """The steps so far, and what each tensor sees; the tensors are kept, so that their identity stays theirs."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._symbols = 0
        self._seen: dict[int, tuple[keras.KerasTensor, Seen]] = {}

    def symbol(self, shape: Sequence[int | None], dtype: str) -> keras.KerasTensor:
        """A new input, named, because Keras would otherwise count up the names of the learner's next inputs."""
        self._symbols += 1
        return keras.Input(batch_shape=tuple(shape), dtype=dtype, name=f"ledger_input_{self._symbols}")

    def keep(self, tensors: Sequence[keras.KerasTensor], seen: Seen) -> None:
        for tensor in tensors:
            self._seen[id(tensor)] = (tensor, seen)

    def seen(self, tensor: keras.KerasTensor) -> Seen:
        return self._seen[id(tensor)][1]

    def open(self, model: keras.Model, inputs: Sequence[keras.KerasTensor], prefix: str) -> list[keras.KerasTensor]:
        """Run `model` on symbolic `inputs`; return its outputs, flat."""
        # Without the model's own class and compilation, which cloning would otherwise repeat.
        graph = keras.Model(model.inputs, model.outputs, name="ledger")
        clone = keras.models.clone_model(
            graph,
            input_tensors=keras.tree.pack_sequence_as(graph.input, list(inputs)),
            clone_function=lambda operation: _StandIn(operation, self, prefix),
        )
        return clone.outputs

    def call(self, operation: keras.Operation, prefix: str, args: tuple, kwargs: dict) -> object:
        """Write down one call and return what comes out of it."""
        inputs = [x for x in keras.tree.flatten((args, kwargs)) if isinstance(x, keras.KerasTensor)]
        result = operation.compute_output_spec(*args, **kwargs)
        # New tensors, because an operation may hand back the very one it was given.
        result = keras.tree.map_structure(lambda x: keras.KerasTensor(x.shape, x.dtype), result)
        outputs = keras.tree.flatten(result)
        if has_graph(operation):
            self._call_model(operation, prefix, inputs, outputs)
            return result
        seen = what_it_sees(operation, inputs, [self.seen(x) for x in inputs])
        self.keep(outputs, seen)
        self.steps.append(Step(prefix + operation.name, operation, tuple(inputs), tuple(outputs), seen))
        return result

    def _call_model(
        self, model: keras.Model, prefix: str, inputs: list[keras.KerasTensor], outputs: list[keras.KerasTensor]
    ) -> None:
        inner = [self.symbol(x.shape, x.dtype) for x in inputs]
        for x, symbol in zip(inputs, inner, strict=True):
            self.keep([symbol], self.seen(x))
        for output, result in zip(outputs, self.open(model, inner, f"{prefix}{model.name}/"), strict=True):
            self.keep([output], self.seen(result))


class _StandIn(keras.Operation):
    """What the clone has in the place of `operation`."""

    def __init__(self, operation: keras.Operation, tape: _Tape, prefix: str) -> None:
        super().__init__(name=operation.name)
        self.operation, self.tape, self.prefix = operation, tape, prefix

    def compute_output_spec(self, *args: object, **kwargs: object) -> object:
        return self.tape.call(self.operation, self.prefix, args, kwargs)
