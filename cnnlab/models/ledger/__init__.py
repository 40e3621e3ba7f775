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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import keras

from cnnlab import plot
from cnnlab.arithmetic.shapes import ReceptiveField
from cnnlab.common.validate import check_choice
from cnnlab.models.ledger import figure
from cnnlab.models.ledger.rows import Row, read
from cnnlab.models.ledger.table import Table, field_text, memory, shape_text, short

__all__ = ["Comparison", "Ledger", "Row", "compare", "ledger"]

_COLUMNS = ("layer", "kind", "output", "parameters", "multiply-adds", "field", "stride", "memory")
_SUMS = ("model", "parameters", "trainable", "multiply-adds", "field", "stride", "memory")


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

    def table(self) -> Table:
        """The rows and their sums as they are printed."""
        rows = [
            (row.name, row.kind, shape_text(row.output_shape), f"{row.params:,}", short(row.macs),
             *field_text(row.receptive_field), memory(row.activation_bytes))
            for row in self.rows
        ]  # fmt: skip
        total = ("total", "", "", f"{self.params:,}", _sum_of_macs(self), "", "", memory(self.activation_bytes))
        hints = [row.note for row in self.rows]
        return Table(_COLUMNS, rows, 3, self.name, total, self._notes(), hints)

    def _notes(self) -> list[str]:
        """What is to be said below the table; equal notes share a line."""
        by_note: dict[str, list[str]] = {}
        for row in self.rows:
            if row.note:
                by_note.setdefault(row.note, []).append(row.name)
        notes = [f"{self.trainable_params:,} of {self.params:,} parameters are trainable", self.note]
        for note, names in by_note.items():
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            notes.append(f"{', '.join(names[:3])}{more}: {note}")
        return list(filter(None, notes))

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()

    def figure(self) -> plot.Picture:
        """Where parameters, multiply-adds and memory are, as bars; more than 30 layers are put together by block."""
        groups = figure.grouped([(row.name, row.output_shape, _counts(row)) for row in self.rows])
        return figure.bars(groups, f"{self.name}: {figure.longest_in_words(groups)}")


def _counts(owner: Row | Ledger) -> tuple[int, int, int]:
    """What the bars show; 0 where it is not known."""
    return owner.params, owner.macs or 0, owner.activation_bytes or 0


def _sum_of_macs(book: Ledger) -> str:
    """Marked as too small where rows are missing from it."""
    return f"≥ {short(book.macs)}" if book.unknown else short(book.macs)


def _positions(shape: tuple) -> int:
    """Places in an output of channels last; open sizes make it 0, several outputs are not counted."""
    if isinstance(shape[0], tuple):
        return 1
    return math.prod(n or 0 for n in shape[:-1])


@dataclass(frozen=True, repr=False)
class Comparison:
    """Several ledgers side by side: the sums of each.

    Attributes
    ----------
    ledgers : title → ledger
    """

    ledgers: Mapping[str, Ledger]

    def table(self) -> Table:
        """The sums as they are printed."""
        rows = [
            (title, f"{book.params:,}", f"{book.trainable_params:,}", _sum_of_macs(book),
             *field_text(book.receptive_field), memory(book.activation_bytes))
            for title, book in self.ledgers.items()
        ]  # fmt: skip
        return Table(_SUMS, rows, 1)

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()

    def figure(self) -> plot.Picture:
        """Parameters, multiply-adds and memory of each model, as bars."""
        sums = {title: _counts(book) for title, book in self.ledgers.items()}
        words = [f"{title}: {figure.numbers_in_words(counts)}" for title, counts in sums.items()]
        return figure.bars(sums, ". ".join(words) + ".")


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
    rows, note = read(model, input_shape)
    return Ledger(model.name, rows, note)


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
