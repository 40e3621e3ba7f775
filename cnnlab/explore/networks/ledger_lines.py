"""The rows of a ledger with the arithmetic behind each number, as the ledger explorer shows them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import keras
from keras import layers

from cnnlab.arithmetic.shapes import ReceptiveField
from cnnlab.models.graph import Step, Walk, has_graph
from cnnlab.models.ledger import Ledger, Row, ledger
from cnnlab.models.ledger.rules import CONVOLUTIONS, POOLINGS, Field, receptive_fields
from cnnlab.models.ledger.table import field_text, shape_text

_BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2}


@dataclass(frozen=True)
class Line:
    """One layer: its row of the ledger, and how the row's numbers come about.

    Attributes
    ----------
    row : of the ledger
    reads : what the layer receives and is, all that is needed to count: ``"reads 14×14×6, 16 filters of 5×5"``
    params, macs, field, memory : an equation each, or why there is nothing to count
    """

    row: Row
    reads: str
    params: str
    macs: str
    field: str
    memory: str

    @property
    def output(self) -> str:
        """The output's shape as 28×28×6."""
        return shape_text(self.row.output_shape)

    @property
    def sees(self) -> tuple[str, str]:
        """Size and stride of the receptive field, as text."""
        return field_text(self.row.receptive_field)


def read(model: keras.Model) -> tuple[Ledger, tuple[Line, ...]]:
    """The ledger of `model` and its lines; nothing of the model itself is kept, so that its weights can be freed."""
    book = ledger(model)
    steps = Walk(model).steps if has_graph(model) else []
    known = {
        id(tensor): seen for step, seen in zip(steps, receptive_fields(steps), strict=True) for tensor in step.outputs
    }
    # Rows without a step, weights outside the layers and subclassed models, come last or alone.
    return book, tuple(_line(row, step, known) for row, step in zip_longest(book.rows, steps))


def _line(row: Row, step: Step | None, known: dict[int, object]) -> Line:
    operation = step.operation if step else None
    inputs = [shape_text(tuple(x.shape[1:])) for x in step.inputs] if step else []
    reads = f"reads {' and '.join(inputs)}{_own(operation)}" if inputs else "is the input" if step else row.note
    before = known.get(id(step.inputs[0])) if inputs and len(inputs) == 1 else None
    return Line(row, reads, _params(row, operation, step), _macs(row, operation, step), _field(row, operation, before),
                _memory(row, step))  # fmt: skip


def _own(operation: object) -> str:
    """What the layer itself brings, after a comma."""
    if isinstance(operation, CONVOLUTIONS):
        groups = f" in {operation.groups} groups" if operation.groups > 1 else ""
        bias = "" if operation.use_bias else ", no bias"
        return f", {operation.filters} filters of {_by(operation.kernel_size)}{groups}{_moving(operation)}{bias}"
    if isinstance(operation, POOLINGS):
        return f", windows of {_by(operation.pool_size)}{_moving(operation)}"
    if isinstance(operation, layers.Dense):
        return f", {operation.units:,} units{'' if operation.use_bias else ', no bias'}"
    return ""


def _moving(operation: object) -> str:
    return f", stride {_by(operation.strides, square=True)}, padding {operation.padding}"


def _params(row: Row, operation: object, step: Step | None) -> str:
    if not row.params:
        return f"none: {row.note}" if row.note else "none"
    bias = bool(getattr(operation, "use_bias", False))
    if isinstance(operation, CONVOLUTIONS):
        depth = step.inputs[0].shape[-1 if operation.data_format == "channels_last" else 1] // operation.groups
        window, filters = "·".join(map(str, (*operation.kernel_size, depth))), operation.filters
        added = f" + {filters} biases" if bias else ""
        return f"{window} · {filters} filters{added} = {row.params:,}"
    if isinstance(operation, layers.Dense):
        added = f" + {operation.units:,} biases" if bias else ""
        return f"{step.inputs[0].shape[-1]:,} inputs · {operation.units:,} units{added} = {row.params:,}"
    if isinstance(operation, layers.BatchNormalization) and operation.scale and operation.center:
        return f"4 · {row.params // 4} channels = {row.params:,}, {row.trainable_params:,} of them trained"
    return f"{row.params:,}, as Keras counts them"


def _macs(row: Row, operation: object, step: Step | None) -> str:
    if row.macs is None:
        return f"not known: {row.note}" if row.note else "not known"
    if not row.macs:
        return "none"
    if isinstance(operation, CONVOLUTIONS):
        channels_last = operation.data_format == "channels_last"
        depth = step.inputs[0].shape[-1 if channels_last else 1] // operation.groups
        size = step.outputs[0].shape[1:-1] if channels_last else step.outputs[0].shape[2:]
        window = "·".join(map(str, (*operation.kernel_size, depth)))
        return f"{'·'.join(map(str, size))} positions · {window} · {operation.filters} filters = {row.macs:,}"
    if isinstance(operation, layers.Dense):
        places = math.prod(step.inputs[0].shape[1:-1])
        spread = f"{places:,} places · " if places > 1 else ""
        return f"{spread}{step.inputs[0].shape[-1]:,} · {operation.units:,} = {row.macs:,}"
    return f"{row.macs:,}, as the ledger counts them"


def _field(row: Row, operation: object, before: object) -> str:
    if row.receptive_field is None:
        return "not defined here"
    if isinstance(row.receptive_field, str):
        return "the whole input"
    size, stride = field_text(row.receptive_field)
    if not isinstance(before, Field) or not isinstance(operation, CONVOLUTIONS + POOLINGS) or not _even(before.axes):
        return f"{size}, stride {stride}"
    window = operation.pool_size if isinstance(operation, POOLINGS) else operation.kernel_size
    dilation = max(getattr(operation, "dilation_rate", (1,)))
    if len(set(window)) > 1 or dilation > 1 or not _even(row.receptive_field):
        return f"{size}, stride {stride}"
    old = before.axes[0]
    steps = f"{old.stride}·{row.receptive_field[0].stride // old.stride} = {stride}"
    return f"{old.size} + ({window[0]} − 1)·{old.stride} = {size}; stride {steps}"


def _even(axes: Sequence[ReceptiveField]) -> bool:
    """Whether all axes see the same."""
    return len({(axis.size, axis.stride) for axis in axes}) == 1


def _memory(row: Row, step: Step | None) -> str:
    if row.activation_bytes is None:
        return "not known"
    if len(step.outputs) != 1:
        return f"{row.activation_bytes:,} bytes"
    each = _BYTES.get(step.outputs[0].dtype)
    values = "·".join(f"{n:,}" for n in row.output_shape) or "1"
    return f"{values} values · {each} bytes = {row.activation_bytes:,}" if each else f"{row.activation_bytes:,} bytes"


def _by(sizes: Sequence[int], square: bool = False) -> str:
    """(5, 5) as 5×5, or as 5 where both axes are alike and `square` asks for it."""
    if isinstance(sizes, int):
        return str(sizes)
    return str(sizes[0]) if square and len(set(sizes)) == 1 else "×".join(map(str, sizes))
