"""What a network costs, layer by layer: shapes, parameters, multiply-adds, what a value sees, memory.

    >>> from cnnlab import ledger, zoo
    >>> book = ledger.ledger(zoo.build("lenet5"))
    >>> book.params, book.macs
    (61706, 416520)

A `Ledger` prints as text, shows itself as a table in a notebook, and draws itself with `Ledger.figure`.

- *Parameters* of a layer used twice are counted once, where it is used first; its multiply-adds are counted twice.
- *Multiply-adds* are those of convolutions and fully connected layers for one image, as papers count them: taps on
  padding included; biases, normalisation, activations, pooling and additions not. One is two FLOPs.
- *Field* is the receptive field of one output value: its size in pixels and its stride. Where branches meet it is the
  smallest window that holds all of theirs. Outputs without a position see the whole input; so does whatever is
  multiplied by one of them, as in SENet. It is not defined behind a transposed convolution or a reshaping, nor where
  branches of different strides meet.
- *Memory* is that of the layer's output for one image. Running the network forwards needs less at a time. Training
  keeps about all of it for the backward pass, once for each image of the batch, and needs more that no column shows:
  the gradients of the outputs, and for each trainable parameter its gradient and, with Adam, two running means.

A layer that no rule knows gets "—" and a note, never a guess.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import keras

from cnnlab.arithmetic.shapes import ReceptiveField
from cnnlab.common.validate import check_choice, check_int
from cnnlab.models.graph import Step, has_graph, walk
from cnnlab.models.ledger import table
from cnnlab.models.ledger.rules import WHOLE, Field, Seen, multiply_adds

if TYPE_CHECKING:
    from cnnlab.plot import Picture

__all__ = ["Comparison", "Ledger", "Row", "compare", "ledger"]

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
        one `cnnlab.shapes.ReceptiveField` an axis, height first; ``"whole input"``; or None where it is not defined.
        Its offset is where the field of the first output starts, negative for padding
    activation_bytes : memory of the output for one image, or None where a size is not known
    note : why a number is missing or zero; empty where there is nothing to say
    """

    name: str
    kind: str
    output_shape: tuple | None
    params: int
    trainable_params: int
    macs: int | None
    receptive_field: tuple[ReceptiveField, ...] | str | None
    activation_bytes: int | None
    note: str = ""


@dataclass(frozen=True, repr=False)
class Ledger(Sequence):
    """The rows of a model, in the order of computation, and their sums.

    Attributes
    ----------
    name : the model's
    rows : one `Row` for each call of a layer
    note : what cannot be seen of the model as a whole; usually empty

    Examples
    --------
    >>> from cnnlab import zoo
    >>> book = ledger(zoo.build("lenet5"))
    >>> book.row("conv2").macs  # 10·10 positions × 5·5·6 products × 16 filters
    240000
    >>> [row.name for row in book if row.params > 10_000]
    ['fc1', 'fc2']
    """

    name: str
    rows: tuple[Row, ...]
    note: str = ""

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int | slice) -> Row | tuple[Row, ...]:
        return self.rows[index]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def row(self, name: str) -> Row:
        """The first row of the layer of this name."""
        names = [row.name for row in self.rows]
        return self.rows[names.index(check_choice(name, "name", names))]

    @property
    def params(self) -> int:
        """All weights, as `keras.Model.count_params` counts them."""
        return sum(row.params for row in self.rows)

    @property
    def trainable_params(self) -> int:
        """Weights that training changes."""
        return sum(row.trainable_params for row in self.rows)

    @property
    def macs(self) -> int:
        """Known multiply-adds for one image; too few if there are `unknown` rows."""
        return sum(row.macs or 0 for row in self.rows)

    @property
    def activation_bytes(self) -> int:
        """Memory of all known outputs for one image."""
        return sum(row.activation_bytes or 0 for row in self.rows)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names of the rows whose multiply-adds are not known."""
        return tuple(row.name for row in self.rows if row.macs is None)

    @property
    def receptive_field(self) -> tuple[ReceptiveField, ...] | str | None:
        """Of the last row with more than one position: what the network sees before it averages or flattens."""
        spread = [row.receptive_field for row in self.rows if row.output_shape and _positions(row.output_shape) != 1]
        return spread[-1] if spread else None

    def __repr__(self) -> str:
        return table.ledger_text(self)

    def _repr_html_(self) -> str:
        return table.ledger_html(self)

    def figure(self) -> Picture:
        """Where parameters, multiply-adds and memory are, as bars; more than 30 layers are put together by block."""
        from cnnlab.models.ledger import figure as _ledger_figure  # matplotlib, which a table does not need

        return _ledger_figure.ledger_figure(self)


@dataclass(frozen=True, repr=False)
class Comparison:
    """Several ledgers side by side: the sums of each.

    Attributes
    ----------
    ledgers : title → ledger
    """

    ledgers: Mapping[str, Ledger]

    def __repr__(self) -> str:
        return table.comparison_text(self)

    def _repr_html_(self) -> str:
        return table.comparison_html(self)

    def figure(self) -> Picture:
        """Parameters, multiply-adds and memory of each model, as bars."""
        from cnnlab.models.ledger import figure as _ledger_figure

        return _ledger_figure.comparison_figure(self)


def ledger(model: keras.Model, input_shape: tuple[int, ...] | None = None) -> Ledger:
    """Read a model's ledger, without running it and without changing it.

    Parameters
    ----------
    model
        functional, Sequential or a mixture; models within it are opened. Of a subclassed model only the layers and
        their parameters can be seen, and the ledger's note says so
    input_shape
        without the batch, for a model with one input: what its sizes are to be counted for. By default the model's own
        input; where that leaves sizes open, what depends on them is unknown

    Raises
    ------
    TypeError
        If `model` is not a Keras model.
    ValueError
        If `model` has no weights yet, or `input_shape` does not fit it.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(32, 3), keras.layers.MaxPooling2D()])
    >>> ledger(model)[1].output_shape, ledger(model)[1].macs, ledger(model)[2].receptive_field[0].size
    ((26, 26, 32), 194688, 4)
    """
    if not isinstance(model, keras.Model):
        raise TypeError(f"`model` must be a keras.Model. Received: {type(model).__name__}")
    if not model.built:
        fix = "Start it with a keras.Input" if isinstance(model, keras.Sequential) else "Call it on a batch first"
        raise ValueError(f"`model` must have its weights, and {model.name} does not know its input yet. {fix}")
    if not has_graph(model):
        return _unseen(model)
    if input_shape is not None:
        input_shape = _fitting(model, input_shape)
    counter = _Counter()
    rows = tuple(_row(step, counter) for step in walk(model, input_shape))
    # A model can own weights outside its layers.
    return Ledger(model.name, rows + counter.rest(model))


def compare(models: Mapping[str, keras.Model | Ledger]) -> Comparison:
    """Put models side by side.

    Parameters
    ----------
    models : title → model, or a ledger already read

    Examples
    --------
    >>> from cnnlab import zoo
    >>> side_by_side = compare({"32": zoo.build("lenet5"), "28": zoo.build("lenet5", (28, 28, 1))})
    >>> [book.params for book in side_by_side.ledgers.values()]
    [61706, 44426]
    """
    if not isinstance(models, Mapping) or not models:
        raise TypeError(f"`models` must be a dict of title and model. Received: {models!r}")
    books = {title: model if isinstance(model, Ledger) else ledger(model) for title, model in models.items()}
    return Comparison(books)


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

    def rest(self, model: keras.Model) -> tuple[Row, ...]:
        """A row for what the model owns outside its layers, if anything."""
        total, learned, _ = self.count(model, "own weights")
        note = "weights of the model itself, outside its layers"
        return (
            (Row("own weights", type(model).__name__, None, total, learned, None, None, None, note),) if total else ()
        )


def _row(step: Step, counter: _Counter) -> Row:
    """One step of the walk as a row."""
    total, learned, note = counter.count(step.operation, step.name)
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
        _public(step.seen),
        _bytes(step.outputs),
        note,
    )


def _positions(shape: tuple) -> int:
    """Places in an output of channels last; open sizes make it 0, several outputs are not counted."""
    if isinstance(shape[0], tuple):
        return 1
    return math.prod(n or 0 for n in shape[:-1])


def _public(seen: Seen) -> tuple[ReceptiveField, ...] | str | None:
    return seen.axes if isinstance(seen, Field) else (WHOLE if seen == WHOLE else None)


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


def _unseen(model: keras.Model) -> Ledger:
    """The ledger of a subclassed model: its layers and their parameters."""
    counter = _Counter()
    rows = []
    for layer in model.layers:
        total, learned, note = counter.count(layer, layer.name)
        rows.append(Row(layer.name, type(layer).__name__, None, total, learned, None, None, None, note))
    note = f"{model.name} is a subclassed model ({type(model).__name__}): {_UNSEEN}"
    return Ledger(model.name, (*rows, *counter.rest(model)), note)
