"""The rows of a ledger, read from a model's graph: weights counted once, whatever holds them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import keras

from cnnlab.arithmetic.shapes import ReceptiveField
from cnnlab.common.validate import check_int
from cnnlab.models.graph import Step, Walk, has_graph
from cnnlab.models.ledger.rules import Field, Seen, multiply_adds, receptive_fields

_UNSEEN = "which layer feeds which is known only to its call(): shapes, multiply-adds and fields cannot be seen"


@dataclass(frozen=True)
class Row:
    """One call of one layer.

    Attributes
    ----------
    name : of the layer, with the models it lies in before it: ``"base/conv1"``
    kind : its class
    output_shape : without the batch; a tuple of shapes where there are several; None where it cannot be seen
    params, trainable_params : weights counted here; 0 where they were counted in a row above
    macs : multiply-adds for one image, or None where they are not known
    receptive_field
        a `cnnlab.shapes.ReceptiveField` for each axis, height first; ``"whole input"``; or None where it is not
        defined. Its offset is where the field of the first output starts, negative for padding
    activation_bytes : memory of the output for one image, or None where a size is not known
    note : why a number is missing or zero; empty where there is nothing to say
    """

    name: str
    kind: str
    output_shape: tuple | None
    params: int
    trainable_params: int
    macs: int | None = None
    receptive_field: tuple[ReceptiveField, ...] | str | None = None
    activation_bytes: int | None = None
    note: str = ""


def read(model: keras.Model, input_shape: object = None) -> tuple[tuple[Row, ...], str]:
    """The rows of `model`, and what cannot be seen of it as a whole; see `cnnlab.ledger.ledger`."""
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. Received: {type(model).__name__}")
    if not model.built:
        fix = "Start it with a keras.Input" if isinstance(model, keras.Sequential) else "Call it on a batch first"
        raise ValueError(f"`model` must have its weights, and {model.name} does not know its input yet. {fix}")
    weights, note = _Counter(), ""
    if has_graph(model):
        steps = _steps(model, None if input_shape is None else _fitting(model, input_shape))
        rows = [_row(step, seen, weights) for step, seen in zip(steps, receptive_fields(steps), strict=True)]
    else:
        rows = [_without_numbers(layer, layer.name, weights) for layer in model.layers]
        note = f"{model.name} is a subclassed model ({type(model).__name__}): {_UNSEEN}"
    rest = _without_numbers(model, "own weights", weights, "weights of the model itself, outside its layers")
    return (*rows, *([rest] if rest.params else [])), note


def _steps(model: keras.Model, input_shape: tuple[int, ...] | None) -> list[Step]:
    try:
        steps = Walk(model, input_shape).steps
        if empty := [step.name for step in steps for x in step.outputs if 0 in x.shape]:  # older Keras lets it pass
            raise ValueError(f"nothing is left behind {empty[0]}")
        return steps
    except ValueError as error:
        if input_shape is None:
            raise
        # Keras says first that a stand-in was called, then, in bold, what is wrong, and last what it was called with.
        words = re.sub(r"\x1b\[\d*m", "", str(error))
        lines = [line for line in words.splitlines() if line and not line.startswith("Exception encountered")]
        raise ValueError(f"`input_shape` {input_shape} does not fit {model.name}: {lines[0]}") from None


def _fitting(model: keras.Model, input_shape: object) -> tuple[int, ...]:
    """`input_shape` if the model's one input takes it."""
    if len(model.inputs) != 1:
        count = len(model.inputs)
        raise ValueError(f"`input_shape` is for models with one input. Received: {model.name}, which has {count}")
    own = model.inputs[0].shape[1:]
    if not isinstance(input_shape, (tuple, list)) or len(input_shape) != len(own):
        raise ValueError(f"`input_shape` must have {len(own)} sizes, like {own}. Received: {input_shape!r}")
    shape = tuple(check_int(n, "input_shape", minimum=1) for n in input_shape)
    if any(fixed not in (None, n) for fixed, n in zip(own, shape, strict=True)):
        raise ValueError(f"`input_shape` must fit the model's own, {own}. Received: {shape}")
    return shape


class _Counter:
    """Counts each weight once, however many layers hold it."""

    def __init__(self) -> None:
        self._counted: dict[int, str] = {}  # id of a variable → row in which it was counted

    def count(self, owner: keras.Operation | None, name: str) -> tuple[int, int, str]:
        """Weights and trainable weights not counted before, and a note on those that were."""
        weights = getattr(owner, "weights", [])  # an operation that is not a layer has none
        elsewhere = [self._counted[id(weight)] for weight in weights if id(weight) in self._counted]
        new = [weight for weight in weights if id(weight) not in self._counted]
        self._counted.update((id(weight), name) for weight in new)
        trainable = {id(weight) for weight in getattr(owner, "trainable_weights", [])}
        total = sum(math.prod(weight.shape) for weight in new)
        learned = sum(math.prod(weight.shape) for weight in new if id(weight) in trainable)
        return total, learned, f"weights counted in {elsewhere[0]}" if elsewhere else ""


def _without_numbers(owner: keras.Operation, name: str, weights: _Counter, note: str = "") -> Row:
    """A row for what only the weights are known of."""
    total, learned, elsewhere = weights.count(owner, name)
    return Row(name, type(owner).__name__, None, total, learned, note=note or elsewhere)


def _row(step: Step, seen: Seen, weights: _Counter) -> Row:
    """One step of the walk as a row."""
    total, learned, note = weights.count(step.operation, step.name)
    macs = 0 if step.operation is None else multiply_adds(step.operation, step.inputs)
    kind = "Input" if step.operation is None else type(step.operation).__name__
    shapes = tuple(tuple(x.shape[1:]) for x in step.outputs)
    if macs is None:
        open_sizes = any(None in x.shape[1:] for x in step.inputs)
        why = "sizes are open: give `input_shape`" if open_sizes else f"multiply-adds of {kind} are not known"
        note = f"{note}; {why}" if note else why
    return Row(
        step.name,
        kind,
        shapes[0] if len(shapes) == 1 else shapes,
        total,
        learned,
        macs,
        seen.axes if isinstance(seen, Field) else seen,
        _bytes(step.outputs),
        note,
    )


def _bytes(outputs: Sequence[keras.KerasTensor]) -> int | None:
    """Memory of the outputs for one image."""
    total = 0
    for x in outputs:
        if None in x.shape[1:]:
            return None
        bits = re.search(r"\d+", x.dtype.replace("bool", "bool8"))  # "bfloat16" → 16; a string has no size
        if bits is None:
            return None
        total += math.prod(x.shape[1:]) * int(bits[0]) // 8
    return total
