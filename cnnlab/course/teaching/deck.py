"""A lesson's pieces → slides: what stands on each, in which order it appears, and what only the speaker reads.

Every ``##`` begins a row of slides. A prediction stands with its code, and what the code shows comes with the next key,
so that a class says its number before it sees one; an explorer that asks stands there as it asks, and moves on the next
slide. A paragraph is cut after its first sentences; the whole of it is in the speaker's notes. Tags of a cell override
this, by the names that Jupyter's slides have: ``slide`` begins a row, ``subslide`` a slide, ``fragment`` comes with the
next key, and all three are shown whole; ``notes`` is for the speaker alone, ``skip`` for nobody.
"""

from __future__ import annotations

import html
import itertools
import math
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from cnnlab.course.moving import Moving
from cnnlab.course.teaching import rendering
from cnnlab.course.teaching.reading import Piece
from cnnlab.course.teaching.rendering import Picture, Printed

_ROOM = 572  # pixels below the heading, of the 1280 × 720 that a slide is laid out on
_LEAD = 180  # characters after which a paragraph is cut
_LEFT_OUT = re.compile(r"\W*(Glossary|Further reading|Where next)\b")
_SENTENCE = re.compile(r"(?<=[.!?:])[*_]*\s+(?=[^a-z\s])")
_SHOWN = {"slide", "subslide", "fragment"}


@dataclass
class Element:
    """Something on a slide.

    Attributes
    ----------
    html : what it is
    height : in pixels; of a picture, which takes all the room that is left, the least that it needs
    later : whether it comes with a key of its own
    picture : whether it is one
    leads : whether it says something of what stands below it, and must not be the last on its slide
    note : Markdown for the speaker
    """

    html: str
    height: float
    later: bool = False
    picture: bool = False
    leads: bool = False
    note: str = ""


@dataclass
class Slide:
    """One slide.

    Attributes
    ----------
    title : of the part of the lesson, or of the exercise
    above : the part that an exercise or a part's part belongs to
    first : whether it begins a row
    elements : from top to bottom
    notes : Markdown for the speaker
    """

    title: str
    above: str = ""
    first: bool = False
    elements: list[Element] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def left(self) -> float:
        """Pixels that are free."""
        return _ROOM - sum(element.height for element in self.elements)


def lead(source: str, limit: int = _LEAD) -> str:
    """Return a paragraph's first sentences, as many as stay within `limit` characters, but at least one.

    A last sentence that leads to what stands below the paragraph stays: it ends with a colon, or does not end at all.

    Examples
    --------
    >>> lead("Corner 1, edge 3, middle 9. A detail in the corner has one chance.", limit=40)
    'Corner 1, edge 3, middle 9.'
    >>> lead("Here $a. B$ and `x. Y` stay whole. Here it ends.", limit=20)
    'Here $a. B$ and `x. Y` stay whole.'
    """
    flat = " ".join(source.split())
    ends = [found.start() for found in _SENTENCE.finditer(flat)] + [len(flat)]
    whole = [end for end in ends if _closed(flat[:end]) and not _leads_on(flat[:end])]
    if not whole:
        return flat
    first = flat[: max([end for end in whole if end <= limit], default=whole[0])].strip()
    return f"{first} {flat[whole[-1] :].strip()}" if _leads_on(flat) and len(first) < whole[-1] + 1 else first


def _leads_on(paragraph: str) -> bool:
    return not paragraph.rstrip("*_)\"'’”` ").endswith((".", "!", "?"))


def _closed(text: str) -> bool:
    """Whether no formula, code or bold text is open at its end."""
    return not any(text.count(mark) % 2 for mark in ("$", "`", "**")) and text.count("(") == text.count(")")


def deck(pieces: Iterable[Piece], moving: Callable[[str], Moving | None] = lambda source: None) -> list[Slide]:
    """Return the slides of a lesson.

    Parameters
    ----------
    pieces : of `cnnlab.course.teaching.reading.pieces`
    moving : from the code of a cell to the explorer that it shows; where it gives none, the picture stays that the cell
        has drawn. By default it never gives one
    """
    maker = _Maker(moving)
    for piece in _kept(list(pieces)):
        maker.take(piece)
    maker.flush()
    return [slide for slide in maker.slides if slide.elements or slide.title]


def _kept(pieces: list[Piece]) -> Iterable[Piece]:
    """Leave out what is for reading alone: the glossary, the literature, and the words before a check's own cell."""
    out = False
    for piece, following in zip(pieces, [*pieces[1:], None], strict=True):
        if piece.kind == "heading" or _LEFT_OUT.match(piece.source):
            out = bool(_LEFT_OUT.match(piece.source))
        leads_to_check = piece.is_words and following is not None and following.kind == "check"
        if not (out or leads_to_check or piece.kind == "check" or "skip" in piece.tags):
            yield piece


class _Maker:
    """Fills one slide after the other."""

    def __init__(self, moving: Callable[[str], Moving | None]) -> None:
        self.moving = moving
        self.slides: list[Slide] = []
        self.part = self.below = ""
        self.row = True  # the next slide begins a row
        self.waiting: list[Element] = []  # words that belong to what comes next
        self.asked: Element | None = None  # the question that waits for its code
        self.shown = False  # the last thing on the slide is what code has shown

    def take(self, piece: Piece) -> None:
        if "slide" in piece.tags and piece.kind != "heading":
            self.flush()
            self.row = True
            self._new()
        elif "subslide" in piece.tags and piece.kind != "heading":
            self.flush()
            self._new()
        if piece.kind == "heading":
            self._heading(piece)
        elif "notes" in piece.tags:
            self._note(f"```python\n{piece.source}\n```" if piece.kind == "code" else piece.source)
        elif piece.is_words:
            self._words(piece)
        elif piece.kind == "predict":
            self._predict(piece)
        elif piece.kind == "exercise":
            self._exercise(piece)
        elif piece.kind == "code":
            self._code(piece)

    def flush(self) -> None:
        """Put what waits onto slides."""
        self._put(self.waiting)
        self.waiting = []

    def _heading(self, piece: Piece) -> None:
        self.flush()
        if piece.level <= 2:
            self.part, self.below, self.row = piece.source, "", True
        else:
            self.below = piece.source
        self.shown = False
        if piece.level == 1:
            self._new()
        else:
            self.slides.append(Slide("", ""))  # ends the slide before; it goes if nothing comes onto it

    def _new(self) -> Slide:
        slide = Slide(self.below or self.part, self.part if self.below else "", self.row)
        if self.slides and not self.slides[-1].title and not self.slides[-1].elements:
            slide.notes = self.slides.pop().notes
        self.slides.append(slide)
        self.row = self.shown = False
        return slide

    def _put(self, elements: list[Element], together: bool = False) -> None:
        """Add elements to the slide; begin a new one where one does not fit (`together`: where not all do)."""
        if not elements:
            return
        need = sum(element.height for element in elements) if together else elements[0].height
        if not self.slides or not self.slides[-1].title or (self.slides[-1].elements and self.slides[-1].left < need):
            self._new()
        for element, below in zip(elements, [*elements[1:], None], strict=True):
            slide = self.slides[-1]
            if slide.elements and slide.left < element.height + (below.height if below and element.leads else 0):
                slide = self._new()
            # The key that brings a slide brings its first element. What stands below something hidden is hidden too.
            element.later = bool(slide.elements) and (element.later or slide.elements[-1].later)
            slide.elements.append(element)
            slide.notes += [element.note] if element.note else []

    def _note(self, note: str) -> None:
        """Keep a note for the speaker with what stands before it."""
        if self.waiting:
            self.waiting[-1].note = f"{self.waiting[-1].note}\n\n{note}".strip()
        elif self.slides:
            self.slides[-1].notes.append(note)

    def _words(self, piece: Piece) -> None:
        if piece.kind == "text" and piece.source.startswith("**By the end"):
            self.flush()
            self.below = piece.source.strip("* .:")
            self._new()
            return
        if piece.kind == "text" and piece.source.startswith("**Time:**"):
            self.slides[0].notes.append(piece.source)
            return
        whole = bool(piece.tags & _SHOWN)
        source = lead(piece.source) if piece.kind == "text" and not whole else piece.source
        elements = _of_words(source, piece.kind, "fragment" in piece.tags)
        if piece.kind == "text" and source != " ".join(piece.source.split()) and not whole:
            elements[0].note = piece.source
        elements[-1].leads = piece.kind == "text" and _leads_on(source)
        if self.shown and not elements[-1].leads and not self.waiting and self.slides[-1].left >= elements[0].height:
            for element in elements:  # what the output says, next to it
                element.later = True
            self._put(elements)
            self.shown = False
        else:
            self.waiting += elements

    def _predict(self, piece: Piece) -> None:
        question = _question("Predict", piece.source)
        if self.shown or (self.slides and any('class="question' in e.html for e in self.slides[-1].elements)):
            self._new()
        self.waiting.append(question)
        self.asked = _again(piece.source)

    def _exercise(self, piece: Piece) -> None:
        self.flush()
        before, self.below = self.below, piece.title or self.below
        self._new()
        elements = [element for words in _split(piece.source) for element in _of_words(words[1], words[0], False)]
        if not piece.title:
            elements[:0] = [Element('<p class="label">Exercise</p>', 40)]
        self._put([*elements, _listing(piece.stub)])
        self.below = "" if piece.title else before
        self.slides.append(Slide("", ""))

    def _code(self, piece: Piece) -> None:
        results = list(rendering.shown(piece.outputs))
        pictures = [result for result in results if isinstance(result, Picture)]
        if pictures and piece.draws:
            self._note(f"Cell {piece.cell} of the notebook draws the picture.")
        else:
            self.waiting.append(_listing(piece.source))
        predicted = any('class="question' in element.html for element in self.waiting)
        need = sum(element.height for element in self.waiting)
        if self.shown and (predicted or need > self.slides[-1].left if self.slides else True):
            self._new()
        self._put(self.waiting, together=need <= _ROOM)
        self.waiting = []
        for element in self._results(piece.source, results):
            if self.asked and self.slides[-1].left < element.height <= _ROOM - self.asked.height:
                self._new().elements.append(self.asked)
                self.slides[-1].elements.append(element)
            else:
                element.later = True
                self._put([element])
            self.asked = None
        self.shown = bool(results)

    def _results(self, source: str, results: list[Picture | Printed]) -> Iterator[Element]:
        """What code has shown, an explorer as one that moves. One that asks stands before it as it asks."""
        for result in results:
            explorer = self.moving(source) if isinstance(result, Picture) and result.explorer else None
            if explorer is None or result.alt.startswith("Predict first."):
                yield _result(result)
            if explorer:
                yield Element(explorer.html, _least(result) + _CONTROLS, picture=True)


def _split(source: str) -> list[tuple[str, str]]:
    from cnnlab.course.teaching.reading import words

    return [(piece.kind, piece.source) for piece in words(source)]


def _lines(text: str, columns: int) -> int:
    """How many lines a paragraph takes, its Markdown left out of the count."""
    plain = re.sub(r"\\[a-zA-Z]+|[*`$\\{}]", "", text)
    return max(1, len(textwrap.wrap(plain, columns)))


def _of_words(source: str, kind: str, later: bool) -> list[Element]:
    """A piece of words as elements; a list as one for each of its items."""
    if kind == "list":
        return [Element(rendering.prose(item), 38 * _lines(item, 74) + 14, later) for item in _items(source)]
    if kind == "table":
        parts = [(f'<div class="table">{rendering.prose(part)}</div>', height) for part, height in _tables(source)]
        return [Element(text, height, later) for text, height in parts]
    if kind == "formula":
        rows = source.count(r"\\") + 1
        return [Element(f'<div class="formula">{rendering.prose(source)}</div>', 100 + 40 * (rows - 1), later)]
    if kind == "listing":
        body = re.sub(r"^\s*(```|~~~).*\n?", "", source, flags=re.MULTILINE)
        return [_listing(body)]
    return [Element(rendering.prose(source), 38 * _lines(source, 80) + 16, later)]


def _items(source: str) -> list[str]:
    """The items of a list, the numbers of a numbered one kept."""
    return [item.strip("\n") for item in re.split(r"\n(?=(?:[-*+]|\d{1,3}[.)])\s)", source)]


def _question(label: str, source: str) -> Element:
    body = rendering.prose(f"**{label}.** {source}")
    lines = sum(_lines(block, 70) for block in f"{label}. {source}".split("\n\n"))
    return Element(f'<div class="question">{body}</div>', 41 * lines + 43)


def _again(source: str) -> Element:
    """The question once more, small, above what answers it on the next slide."""
    lines = sum(_lines(block, 92) for block in source.split("\n\n"))
    return Element(f'<div class="again">{rendering.prose(source)}</div>', 33 * lines + 15)


def _listing(source: str) -> Element:
    source = re.sub(r"\n{3,}", "\n\n", source.strip("\n"))
    lines = source.split("\n")
    small = len(lines) > 13 or max(map(len, lines)) > 84
    columns, height = (93, 26) if small else (84, 29)
    rows = sum(max(1, math.ceil(len(line) / columns)) for line in lines)
    look = "listing small" if small else "listing"
    return Element(f'<div class="{look}">{rendering.code(source)}</div>', rows * height + 37)


def _tables(source: str) -> Iterator[tuple[str, float]]:
    """Yield a table, in parts where it is too high for a slide, each with its height in pixels."""
    rows = [row.strip().strip("|").split("|") for row in source.strip().split("\n")]
    rows = [[_unbroken(cell.strip()) for cell in row] for row in rows]
    widest = [max(map(len, column)) for column in itertools.zip_longest(*rows[:1], *rows[2:], fillvalue="")]
    long = [width if width > _UNBROKEN else 0 for width in widest]
    share = (90 - 3 * len(widest) - sum(widest) + sum(long)) / max(1, sum(long))  # of what a long column would like

    def height(row: list[str]) -> float:
        lines = [math.ceil(len(cell) / max(1, share * width)) for cell, width in zip(row, long, strict=False) if width]
        return 33 * max(lines if share < 1 else [1], default=1) + 8

    heights = list(itertools.accumulate(map(height, rows[2:])))
    most = heights[-1] / math.ceil(heights[-1] / (_ROOM - 130)) if heights else 0
    for _, part in itertools.groupby(range(len(heights)), key=lambda n: math.ceil(heights[n] / most)):
        body = [rows[2 + n] for n in part]
        yield _written([*rows[:2], *body]), sum(map(height, [rows[0], *body])) + 18


_UNBROKEN = 14  # characters of a cell that stay on one line


def _unbroken(cell: str) -> str:
    return cell.replace(" ", "\xa0") if len(cell) <= _UNBROKEN and not re.search("[`$]", cell) else cell


def _written(rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


_ROWS = 19  # printed lines that a slide has room for


_CONTROLS = 100  # pixels of two rows of them


def _least(picture: Picture) -> float:
    return min(400, 1184 * picture.height / max(picture.width, 1)) + 14


def _result(result: Picture | Printed) -> Element:
    if isinstance(result, Picture):
        look = "explorer" if result.explorer else "picture"
        return Element(f'<figure class="{look}">{result.html()}</figure>', _least(result), picture=True)
    lines = result.text.split("\n")
    wide = 93 < max(map(len, lines)) <= 101
    rows = [max(1, math.ceil(len(line) / (101 if wide else 93))) for line in lines]
    if sum(rows) > _ROWS:
        fit = sum(total < _ROWS for total in itertools.accumulate(rows))
        lines, rows = [*lines[:fit], f"… {len(lines) - fit} more lines in the notebook"], [*rows[:fit], 1]
    text = html.escape("\n".join(lines))
    return Element(f'<pre class="printed{" wide" * wide}">{text}</pre>', sum(rows) * 26 + 37)
