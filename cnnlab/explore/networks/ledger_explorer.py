"""Lesson 06's explorer: what every layer of a network costs, and the arithmetic behind each number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import keras

from cnnlab import plot
from cnnlab.common.validate import check_choice
from cnnlab.explore.base.controls import choice
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import cut
from cnnlab.explore.drawing.sheet import MONO_ADVANCE, Sheet, rectangle
from cnnlab.explore.networks.ledger_lines import Line, read
from cnnlab.models import zoo
from cnnlab.models.ledger import Ledger
from cnnlab.models.ledger.table import memory, shape_text, short

# Title → name and options in the zoo.
CLASSICS = {
    "AlexNet": ("alexnet", ()),
    "AlexNet, one tower": ("alexnet", (("grouped", False),)),
    "LeNet-5": ("lenet5", ()),
    "VGG-11": ("vgg11", ()),
    "VGG-16": ("vgg16", ()),
    "VGG-19": ("vgg19", ()),
}
NOTHING = "nothing"

_WIDTH, _HEIGHT = 10.0, 6.15  # all in inches, y downwards
_LEFT, _CARD_TOP = 0.3, 4.68
_PAPER, _EDGE = "#F6F7F9", "#D5D9DF"
_ROWS = 25  # a longer network shows those around the chosen layer
_ROWS_TOP, _ROWS_HEIGHT = 0.78, 3.8  # of the rows on the page, in inches
_LARGEST, _LONGEST = 9.5, 19  # points; characters of a layer's name
_TALLEST = 0.27  # inches, of a row
_CHOSEN = "#FFF1CC"
# Characters for output, parameters, multiply-adds, field, stride, memory: alone on the page, and beside another.
_ALONE, _BESIDE = (14, 13, 9, 7, 7, 11), (13, 11, 9, 0, 0, 0)


class LedgerExplorer(Explorer):
    """A network as a table: each layer's output, parameters, multiply-adds, field and memory, with their arithmetic.

    Choose a layer to see how its numbers come about; put a second network beside the first to compare them. The bars of
    one colour are all on one scale.

    Parameters
    ----------
    models
        A Keras model, or a dict of title and model; a name of `cnnlab.zoo.names` stands for that network. By default
        the classic networks of lesson 06. Models are read once and not kept
    network, beside : titles of the first network to show and of the one to compare it with
    layer : name of the layer to choose first
    predict : ask for the chosen layer's parameters before showing them

    Raises
    ------
    TypeError, ValueError
        If `models` holds something else, or a title or layer is not known.

    Examples
    --------
    >>> import keras
    >>> model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(32, 3, name="conv")])
    >>> print(LedgerExplorer(model).describe().splitlines()[3])
    Parameters: 3·3·1 · 32 filters + 32 biases = 320.
    """

    network = choice(lambda it: list(it._books))
    beside = choice(lambda it: [NOTHING, *it._books], label="beside it")
    layer = choice(lambda it: _names(it.lines(it.network)), show="slider", width=430)
    listed = {
        "network": ("AlexNet", "AlexNet, one tower"),
        "layer": ("conv1", "pool1", "conv2", "conv3", "pool5", "fc1", "fc2", "predictions"),
    }

    def __init__(
        self,
        models: keras.Model | Mapping[str, keras.Model | str] | None = None,
        *,
        network: str | None = None,
        beside: str | None = None,
        layer: str | None = None,
        predict: bool = False,
    ) -> None:
        self._books = _sources(models)
        super().__init__(predict=predict, network=network, beside=beside, layer=layer)

    def book(self, title: str) -> Ledger:
        """The ledger of one of the networks."""
        return self._read(title)[0]

    def lines(self, title: str) -> tuple[Line, ...]:
        """The layers of one of the networks, inputs left out."""
        return self._read(title)[1]

    def line(self) -> Line:
        """The chosen layer."""
        return self.lines(self.network)[self._index()]

    def _read(self, title: str) -> tuple[Ledger, tuple[Line, ...]]:
        source = self._books[title]
        return _zoo_book(*source) if isinstance(source[0], str) else source

    def _index(self) -> int:
        return _names(self.lines(self.network)).index(self.layer)

    # --- the quiz -----------------------------------------------------------------------------------------------

    def question(self) -> str:
        return f"{self.layer} {self.line().reads}. How many parameters does it have?"

    def answer(self) -> int:
        return self.line().row.params

    # --- in words -----------------------------------------------------------------------------------------------

    def describe(self) -> str:
        book, line = self.book(self.network), self.line()
        where = f"Layer {self._index() + 1} of {len(self.lines(self.network))}, {self.layer} ({line.row.kind}), "
        if not self.revealed:
            return (
                f"{self.network}, {_input(book)}.\n{where}{line.reads}, and gives {line.output}.\n"
                "Its parameters, its multiply-adds and the network's sums appear with your guess."
            )
        words = [
            f"{self.network}, {_input(book)}: {_sums(book)}.",
            _most(self.lines(self.network)),
            f"{where}{line.reads}{', and ' if line.reads else ''}gives {line.output}.",
            f"Parameters: {line.params}.",
            f"Multiply-adds: {line.macs}.",
            f"Receptive field: {line.field}.",
            f"Memory: {line.memory}.",
        ]
        if self.beside != NOTHING:
            other = self.book(self.beside)
            words += [f"Beside it {self.beside}, {_input(other)}: {_sums(other)}.", self._ratios()]
        words += [f"Multiply-adds not known of: {', '.join(book.unknown[:4])}."] if book.unknown else []
        return "\n".join([*words, book.note] if book.note else words)

    def _ratios(self) -> str:
        first, second = self.book(self.network), self.book(self.beside)
        parts = []
        for name, one, two in (
            ("parameters", first.params, second.params),
            ("multiply-adds", first.macs, second.macs),
            ("memory", first.activation_bytes, second.activation_bytes),
        ):
            parts.append(f"{two / one:.3g} times the {name}" if one else f"{short(two)} {name} against none")
        return f"{self.beside} has {', '.join(parts)} of {self.network}."

    # --- the picture --------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        picture = plot.Picture(_WIDTH, _HEIGHT, alt=self.describe())
        sheet = Sheet(picture)
        titles = [self.network] if self.beside == NOTHING else [self.network, self.beside]
        hidden = None if self.revealed else self.line().row  # not even the bars' scale may tell its numbers
        rows = [line.row for title in titles for line in self.lines(title) if line.row != hidden]
        scales = max((row.params for row in rows), default=0), max((row.macs or 0 for row in rows), default=0)
        width = (_WIDTH - _LEFT * (len(titles) + 1)) / len(titles)
        place = self._index() / max(len(self.lines(self.network)) - 1, 1)  # the other table scrolls along
        for number, title in enumerate(titles):
            left, lines = _LEFT + number * (width + _LEFT), self.lines(title)
            secret = not self.revealed and title == self.network
            about = _input(self.book(title)) if secret else _short_sums(self.book(title))
            sheet.write(left, 0.22, title, 12, bold=True)
            sheet.write(left + 0.115 * len(title) + 0.25, 0.22, about, 9.5 if len(titles) == 1 else 8, plot.GREY)
            table = _Table(sheet, left, width, _names(lines), lines, alone=len(titles) == 1)
            chosen = self._index() if number == 0 else None
            table.draw(round(place * (len(lines) - 1)), chosen, self.layer if secret else None, scales)
        self._draw_card(sheet)
        return picture

    def _draw_card(self, sheet: Sheet) -> None:
        line = self.line()
        sheet.box(0.2, _CARD_TOP, _WIDTH - 0.4, _HEIGHT - _CARD_TOP - 0.06, _EDGE, fill=_PAPER)
        about = f"{self.layer} {line.reads}" if line.reads else self.layer
        sheet.write(0.35, _CARD_TOP + 0.18, cut(about, 105), 10.5, bold=True)
        parts = {"parameters": line.params, "multiply-adds": line.macs, "sees": line.field, "memory": line.memory}
        for number, (label, equation) in enumerate(parts.items()):
            y = _CARD_TOP + 0.43 + 0.205 * number
            secret = not self.revealed and number < 2
            sheet.write(0.35, y, label, 9.5, plot.GREY)
            sheet.write(1.5, y, "? your guess first" if secret else cut(equation, 100), 9.5, mono=True)
        if self.beside != NOTHING and self.revealed:
            sheet.write(0.35, _CARD_TOP + 1.26, cut(self._ratios(), 120), 9.5)


class _Table:
    """One table on a sheet.

    Parameters
    ----------
    sheet : where to draw
    left, width : in inches
    names, lines : the layers
    alone : with field, stride and memory; two tables beside each other have no room for them
    """

    def __init__(
        self, sheet: Sheet, left: float, width: float, names: Sequence[str], lines: Sequence[Line], alone: bool
    ) -> None:
        self.sheet, self.left, self.width, self.alone = sheet, left, width, alone
        self.names, self.lines = names, lines
        self._columns = _ALONE if alone else _BESIDE

    def draw(self, centre: int, chosen: int | None, hidden: str | None, scales: tuple[int, int]) -> None:
        """The rows around row `centre`.

        Parameters
        ----------
        centre : a row that must be on the page
        chosen : the row to frame, if any
        hidden : name of the layer whose counts are not shown, if any
        scales : the parameters and the multiply-adds that the longest bars stand for
        """
        count = min(_ROWS, len(self.lines))
        first = min(max(centre - _ROWS // 2, 0), len(self.lines) - count)
        shown = range(first, first + count)
        pitch = min(_TALLEST, _ROWS_HEIGHT / count)
        self._measure(max(len(self.names[index]) for index in shown), pitch)
        self._head(first, len(self.lines) - first - count)
        texts, bars = [], ([], [])
        for number, index in enumerate(shown):
            y = _ROWS_TOP + (number + 0.5) * pitch
            if index == chosen:
                box = (self.left - 0.08, y - pitch / 2, self.width + 0.12, pitch)
                self.sheet.box(*box, plot.ORANGE, fill=_CHOSEN)
            row = self.lines[index].row
            secret = self.names[index] == hidden
            texts.append((self.left, y, self._row(index, secret)))
            counts = (0, 0) if secret else (row.params, row.macs or 0)
            for spans, start, value, most in zip(bars, self._starts, counts, scales, strict=True):
                if value:
                    spans.append(rectangle(start, y - 0.3 * pitch, max(self._bar * value / most, 0.012), 0.6 * pitch))
        self.sheet.write_all(texts, self._size, mono=True)
        for spans, colour in zip(bars, (plot.BLUE, plot.ORANGE), strict=True):
            if spans:
                self.sheet.shapes(spans, colour)

    def _measure(self, longest: int, pitch: float) -> None:
        """Font and columns: the numbers keep their characters, and the two bars share what is left of the width."""
        self._name = min(max(longest, 8), _LONGEST)
        characters = self._name + sum(self._columns)
        self._size = min(_LARGEST, 0.8 * 72 * pitch, 0.75 * self.width * 72 / (MONO_ADVANCE * characters))
        letter = MONO_ADVANCE * self._size / 72
        self._gap = int((self.width / letter - characters) // 2)
        self._bar = (self._gap - 1.5) * letter
        output, params, macs = self._columns[:3]
        ends = self._name + output + params, self._name + output + params + self._gap + macs
        self._starts = [self.left + (end + 0.7) * letter for end in ends]

    def _head(self, above: int, below: int) -> None:
        words = ("output", "parameters", "multiply-adds", "field", "stride", "memory")
        self.sheet.write(self.left, _ROWS_TOP - 0.19, self._line("layer", words), self._size, plot.GREY, mono=True)
        hidden = [f"{count} more {where}" for count, where in ((above, "above"), (below, "below")) if count]
        if hidden:
            self.sheet.write(self.left, 0.4, ", ".join(hidden), 8, plot.GREY)

    def _row(self, index: int, secret: bool) -> str:
        line = self.lines[index]
        counts = (f"{line.row.params:,}" if self.alone else short(line.row.params), short(line.row.macs))
        size, stride = ("all", "") if line.sees[0] == "whole input" else line.sees
        cells = (line.output, *(("?", "?") if secret else counts), size, stride, memory(line.row.activation_bytes))
        return self._line(self.names[index], cells)

    def _line(self, name: str, cells: Sequence[str]) -> str:
        output, params, macs, *others = self._columns
        # A heading may reach into the free room for the bar in front of it.
        numbers = f"{cells[0]:>{output}}{cells[1]:>{params}}{cells[2]:>{self._gap + macs}}{'':{self._gap}}"
        if not self.alone:
            return f"{cut(name, self._name):<{self._name}}{numbers}".rstrip()
        rest = "".join(f"{cell:>{width}}" for cell, width in zip(cells[3:], others, strict=True))
        return f"{cut(name, self._name):<{self._name}}{numbers}{rest}"


def _names(lines: tuple[Line, ...]) -> list[str]:
    """The layers' names; a layer called again gets a number, so that each can be chosen."""
    counts: dict[str, int] = {}
    names = []
    for line in lines:
        counts[line.row.name] = counts.get(line.row.name, 0) + 1
        again = counts[line.row.name]
        names.append(line.row.name if again == 1 else f"{line.row.name} ({again})")
    return names


def _input(book: Ledger) -> str:
    shapes = [shape_text(row.output_shape) for row in book.rows if row.kind == "Input"]
    return f"input {' and '.join(shapes)}" if shapes else "input not known"


def _sums(book: Ledger) -> str:
    return (
        f"{book.params:,} parameters, {book.macs:,} multiply-adds, {memory(book.activation_bytes)} of outputs for one "
        "image"
    )


def _short_sums(book: Ledger) -> str:
    return f"{book.params:,} parameters · {short(book.macs)} multiply-adds · {memory(book.activation_bytes)}"


def _most(lines: tuple[Line, ...]) -> str:
    """Where parameters and multiply-adds are, in one sentence."""
    parts = []
    for name, counts in (
        ("parameters", [line.row.params for line in lines]),
        ("multiply-adds", [line.row.macs or 0 for line in lines]),
    ):
        if sum(counts):
            where = max(range(len(counts)), key=counts.__getitem__)
            parts.append(f"Most {name} in {lines[where].row.name}: {counts[where] / sum(counts):.0%} of all.")
    return " ".join(parts) or "Nothing to count."


def _sources(models: object) -> dict[str, tuple]:
    """Title → (name, options) in the zoo, or a ledger and its lines."""
    if models is None:
        return dict(CLASSICS)
    if isinstance(models, keras.Model):
        models = {models.name: models}
    if not isinstance(models, Mapping) or not models:
        raise TypeError(f"`models` must be a Keras model or a dict of title and model. Received: {models!r}")
    sources: dict[str, tuple] = {}
    for title, model in models.items():
        if not isinstance(title, str) or title in ("", NOTHING):
            raise ValueError(f"`models` must have titles that are words, other than {NOTHING!r}. Received: {title!r}")
        if isinstance(model, str):
            sources[title] = (check_choice(model, "models", zoo.names()), ())
            continue
        book, lines = read(model)
        sources[title] = book, _without_inputs(lines)
        if not sources[title][1]:
            raise ValueError(f"`models` must have layers. Received: {title!r} without any")
    return sources


@lru_cache(maxsize=32)
def _zoo_book(name: str, options: tuple[tuple[str, object], ...]) -> tuple[Ledger, tuple[Line, ...]]:
    """A network of the zoo, built to be counted and thrown away."""
    book, lines = read(zoo.build(name, kernel_initializer="zeros", **dict(options)))
    return book, _without_inputs(lines)


def _without_inputs(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    return tuple(line for line in lines if line.row.kind != "Input")
