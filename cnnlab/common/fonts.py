"""Fonts for names in any script: matplotlib's own DejaVu Sans has no Hangul, no Chinese characters and few emoji."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.font_manager import FontEntry, FontProperties, findfont, fontManager
from matplotlib.ft2font import FT2Font

BASE = "DejaVu Sans"
_FIRST = (
    "Noto Sans CJK", "Noto Sans KR", "Malgun Gothic", "Apple SD Gothic Neo", "NanumGothic", "Microsoft YaHei",
    "PingFang", "Yu Gothic", "Hiragino Sans", "Noto Sans", "Noto Emoji", "Segoe UI Emoji", "Segoe UI Symbol", "Symbola",
)  # fmt: skip
_LAST_RESORT = "Last Resort"  # has a glyph for everything: a box


@lru_cache(maxsize=256)
def _characters(path: str) -> frozenset[int]:
    try:
        return frozenset(FT2Font(path).get_charmap())
    except (OSError, RuntimeError):  # a font of coloured bitmaps, which matplotlib cannot draw
        return frozenset()


def _installed() -> Iterator[FontEntry]:
    """Upright fonts, those known to hold many scripts first."""
    fonts = [font for font in fontManager.ttflist if font.style == "normal" and not font.name.startswith(_LAST_RESORT)]

    def place(font: FontEntry) -> tuple[int, bool, str]:
        known = (number for number, name in enumerate(_FIRST) if font.name.startswith(name))
        return next(known, len(_FIRST)), font.weight not in (400, "normal", "regular", "book"), font.name

    return iter(sorted(fonts, key=place))


@lru_cache(maxsize=1)
def _base() -> str:
    return findfont(FontProperties(family=BASE))


def _wanted(text: str) -> frozenset[int]:
    return frozenset(ord(character) for character in text if not character.isspace())


def in_base(text: str) -> bool:
    """Whether DejaVu Sans has every character."""
    return text.isascii() or _characters(_base()) >= _wanted(text)


@lru_cache(maxsize=1024)
def families(text: str) -> tuple[str, ...] | None:
    """DejaVu Sans and what else is needed to draw `text`, as matplotlib's families; None where no font has a character.

    >>> families("π ≈ 3.14")
    ('DejaVu Sans',)
    """
    names, missing = [BASE], _wanted(text) - _characters(_base())
    while missing:
        font = next((font for font in _installed() if missing & _characters(font.fname)), None)
        if font is None:
            return None
        names.append(font.name)
        missing -= _characters(font.fname)
    return tuple(names)


@lru_cache(maxsize=1024)
def file_for(text: str) -> str | None:
    """The file of one font that has every character of `text`, for Pillow; None where there is none."""
    if in_base(text):
        return _base()
    return next((font.fname for font in _installed() if _characters(font.fname) >= _wanted(text)), None)


class Canvas(FigureCanvasAgg):
    """Draws every text of a figure in fonts that have its characters; the figure's `drawable` says what is drawn."""

    def get_renderer(self) -> RendererAgg:
        """The renderer for the figure's present size."""
        size = (*self.figure.bbox.size, self.figure.dpi)
        if getattr(self, "_size", None) != size:
            self._size, self.renderer = size, _Renderer(*size, self.figure.drawable)
        return self.renderer


class _Renderer(RendererAgg):
    def __init__(self, width: float, height: float, dpi: float, drawable: Callable[[str], str]) -> None:
        super().__init__(width, height, dpi)
        self._drawable = drawable

    def _fitted(self, text: str, font: FontProperties) -> tuple[str, FontProperties]:
        if in_base(text):
            return text, font
        text, font = self._drawable(text), font.copy()
        font.set_family([*font.get_family(), *(families(text) or ())])
        return text, font

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None) -> None:  # noqa: ANN001  matplotlib's own
        s, prop = self._fitted(s, prop)
        super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)

    def get_text_width_height_descent(self, s, prop, ismath):  # noqa: ANN001, ANN201
        return super().get_text_width_height_descent(*self._fitted(s, prop), ismath)
