"""One walk through a model's graph, by Keras' public interface alone: what its ledger, its taps and exporters rest on.

`keras.models.clone_model` goes through any functional graph and asks, for each call of each layer, what to do in its
place. Here a stand-in does it, a `keras.Operation` which writes the call down and passes on tensors of the shape that
the layer would give. A Sequential is its graph; a model within the model is opened at each of its calls. The walked
model and its layers are untouched: they get no new node and no new name.

The stand-ins form a copy of the model that runs on real numbers, with the model's own weights. So a layer can be
watched wherever it lies. The usual way, a second model that ends in ``layer.output``, fails for a layer within a nested
model: its output belongs to another graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras


@dataclass(frozen=True, eq=False)
class Step:
    """One call of one layer or operation.

    Attributes
    ----------
    name : the layer's, with the models around it in front: ``"base/conv1"``
    operation : what is called; None for an input
    inputs, outputs : what goes in and comes out; the output of one step is the very object that another step reads
    """

    name: str
    operation: keras.Operation | None
    inputs: tuple[keras.KerasTensor, ...]
    outputs: tuple[keras.KerasTensor, ...]


def call_layer(step: Step, args: tuple, kwargs: dict) -> object:
    """Do in a step of the copy what the model does."""
    return step.operation(*args, **kwargs)


def has_graph(model: object) -> bool:
    """Whether `model` knows its layers' connections: functional, or a Sequential that has been built."""
    return isinstance(model, keras.Function) or (isinstance(model, keras.Sequential) and model.built)


class Walk:
    """Every call in `model`'s graph, in the order of computation.

    Parameters
    ----------
    model : of which `has_graph` is true
    input_shape : without the batch, for a model with one input; by default the model's own, None included
    call : what a step of the copy does on real numbers, from the step, its args and its kwargs

    Attributes
    ----------
    steps : list of `Step`, the inputs first
    copy : takes a list of the model's inputs and gives what the model gives, calling `call` at each step
    outputs : of the model, each of them an output of a step

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((4, 4, 1), name="in"), keras.layers.Flatten(name="flat")])
    >>> [(step.name, step.outputs[0].shape) for step in Walk(model).steps]
    [('in', (None, 4, 4, 1)), ('flat', (None, 16))]
    """

    def __init__(
        self,
        model: keras.Model,
        input_shape: tuple[int | None, ...] | None = None,
        call: Callable[[Step, tuple, dict], object] = call_layer,
    ) -> None:
        self.steps: list[Step] = []
        self.call = call
        self._names = 0
        self._meant: dict[int, keras.KerasTensor] = {}  # tensor at the border of an inner model → the step's own
        shapes = [tensor.shape for tensor in model.inputs] if input_shape is None else [(None, *input_shape)]
        inputs = [self._input(shape, like.dtype) for shape, like in zip(shapes, model.inputs, strict=True)]
        graph = self._bare(model)
        names = {id(layer.output): layer.name for layer in graph.layers if isinstance(layer, keras.layers.InputLayer)}
        for like, tensor in zip(model.inputs, inputs, strict=True):
            self.steps.append(Step(names[id(like)], None, (), (tensor,)))
        self.copy = self._copied(graph, inputs, "")
        self.outputs = [self.meant(tensor) for tensor in self.copy.outputs]

    def meant(self, tensor: keras.KerasTensor) -> keras.KerasTensor:
        """`tensor`, or what it stands for where it goes into an inner model or comes out of one."""
        return self._meant.get(id(tensor), tensor)

    def next_name(self) -> str:
        """A name for a part of the copy; without one, Keras would count up the names of the learner's next layers."""
        self._names += 1
        return f"walk_{self._names}"

    def opened(
        self,
        model: keras.Model,
        inputs: Sequence[keras.KerasTensor],
        outputs: Sequence[keras.KerasTensor],
        prefix: str,
    ) -> keras.Model:
        """A copy of the inner `model`, called with `inputs`; from now on `outputs` stand for what comes out of it."""
        symbols = [self._input(x.shape, x.dtype) for x in inputs]
        self._meant.update((id(symbol), x) for symbol, x in zip(symbols, inputs, strict=True))
        copy = self._copied(self._bare(model), symbols, prefix)
        self._meant.update((id(x), self.meant(made)) for x, made in zip(outputs, copy.outputs, strict=True))
        return copy

    def _input(self, shape: Sequence[int | None], dtype: str) -> keras.KerasTensor:
        return keras.Input(batch_shape=tuple(shape), dtype=dtype, name=self.next_name())

    def _bare(self, model: keras.Model) -> keras.Model:
        """The graph of `model` alone: its class and its compilation would be cloned, too."""
        return keras.Model(model.inputs, model.outputs, name=self.next_name())

    def _copied(self, graph: keras.Model, inputs: list[keras.KerasTensor], prefix: str) -> keras.Model:
        def call(operation: keras.Operation, *args: object, **kwargs: object) -> object:
            return _StandIn(operation, self, prefix)(*args, **kwargs)

        return keras.models.clone_model(graph, inputs, clone_function=lambda operation: operation, call_function=call)


class _StandIn(keras.Operation):
    """What the copy has in the place of one call of `operation`."""

    def __init__(self, operation: keras.Operation, walk: Walk, prefix: str) -> None:
        super().__init__(name=walk.next_name())
        self.operation, self.walk, self.path = operation, walk, prefix + operation.name

    def compute_output_spec(self, *args: object, **kwargs: object) -> object:
        inputs = [self.walk.meant(x) for x in keras.tree.flatten((args, kwargs)) if isinstance(x, keras.KerasTensor)]
        result = self.operation.compute_output_spec(*args, **kwargs)
        # New tensors, because an operation may hand back the very one it was given.
        self.result = keras.tree.map_structure(lambda x: keras.KerasTensor(x.shape, x.dtype), result)
        outputs = keras.tree.flatten(self.result)
        if has_graph(self.operation):
            self.inner = self.walk.opened(self.operation, inputs, outputs, f"{self.path}/")
        else:
            self.inner = None
            self.step = Step(self.path, self.operation, tuple(inputs), tuple(outputs))
            self.walk.steps.append(self.step)
        return self.result

    def call(self, *args: object, **kwargs: object) -> object:
        if self.inner is None:
            return self.walk.call(self.step, args, kwargs)
        outputs = self.inner([x for x in keras.tree.flatten((args, kwargs)) if keras.ops.is_tensor(x)])
        return keras.tree.pack_sequence_as(self.result, keras.tree.flatten(outputs))
