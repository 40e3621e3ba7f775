"""Code and outputs of a notebook as pieces of a page that needs no other file."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from cnnlab.course.batch.pages import markdown

_ANCHOR = re.compile(r'<a class="anchor-link".*?</a>', re.DOTALL)
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]*\)")  # to another lesson, which does not lie beside the page


@dataclass(frozen=True)
class Picture:
    """A picture of an output: its alternative text, its size in CSS pixels, and its bytes as an address.

    `explorer` says whether it is what an explorer shows before anybody moves a slider.
    """

    alt: str
    width: int
    height: int
    address: str
    explorer: bool = False

    def html(self) -> str:
        """Return the picture as HTML; the page's style says how large it is shown."""
        size = f'width="{self.width}" height="{self.height}"'
        return f'<img alt="{html.escape(self.alt)}" {size} src="{self.address}">'


@dataclass(frozen=True)
class Printed:
    """Text that a cell has printed, or the text of its value."""

    text: str

    def html(self) -> str:
        """Return the text as HTML, the colours that a terminal would show left out."""
        return f'<pre class="printed">{html.escape(self.text)}</pre>'


def shown(outputs: list[dict[str, Any]]) -> Iterator[Picture | Printed]:
    """Yield what a code cell's outputs show; errors and HTML without a picture as their text.

    Examples
    --------
    >>> list(shown([{"output_type": "stream", "name": "stdout", "text": ["4\\n", "8\\n"]}]))
    [Printed(text='4\\n8')]
    """
    for output in outputs:
        data = output.get("data", {})
        found = _Pictures.of(_text(data.get("text/html", "")))
        if found:
            yield from found
        elif "image/png" in data:
            address = f"data:image/png;base64,{_text(data['image/png']).strip()}"
            yield Picture(_text(data.get("text/plain", "")), 640, 360, address)
        elif text := _text(output.get("text") or data.get("text/plain") or output.get("evalue") or "").strip("\n"):
            yield Printed(re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text))


def _text(value: Any) -> str:
    return "".join(value) if isinstance(value, list) else str(value)


class _Pictures(HTMLParser):
    """Finds the pictures that hold their own bytes in a piece of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Picture] = []
        self.explorer = False

    @classmethod
    def of(cls, text: str) -> list[Picture]:
        parser = cls()
        parser.feed(text)
        return parser.found

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self.explorer |= "cnnlab-twin" in given.get("class", "").split()
        if tag == "img" and given.get("src", "").startswith("data:image/"):
            width, height = (int(given.get(side, "")) if given.get(side, "").isdecimal() else 640 for side in _SIDES)
            self.found.append(Picture(given.get("alt", ""), width, height, given["src"], self.explorer))


_SIDES = ("width", "height")


def prose(source: str) -> str:
    """Return Markdown as HTML without anchors and without links to other lessons' files; formulas are MathML."""
    return _ANCHOR.sub("", markdown(_LINK.sub(r"\1", source))).strip()


def inline(source: str) -> str:
    """Return one line of Markdown as HTML that may stand in a heading.

    >>> inline("What `same` does")
    'What <code>same</code> does'
    """
    return re.sub(r"^<p>|</p>$", "", prose(source))


def code(source: str) -> str:
    """Return Python as highlighted HTML."""
    return _highlighter()(source)


@functools.cache
def _highlighter() -> Callable[[str], str]:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    lexer, formatter = PythonLexer(), HtmlFormatter(cssclass="highlight")
    return lambda source: highlight(source, lexer, formatter).strip()
