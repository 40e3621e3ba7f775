"""Arrays to figures, without pyplot: nothing global is touched, nothing has to be closed.

Every picture carries its own alternative text. A notebook cell that ends in a `Picture` shows an ``<img>`` with it, and
a screen reader, a terminal or a viewer without images gets the words. Colours come with numbers or labels beside them,
signed values are centred on zero, and the palette (Okabe and Ito, 2008) stays apart for colour-blind readers.
"""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from PIL import Image

from cnnlab.common import fonts
from cnnlab.common.validate import check_rank

BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#6E6E6E",
)  # fmt: skip
PALETTE = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY)
_INKS = {ORANGE: "#8A5A00", GREEN: "#007F5C", RED: "#B84F00", PURPLE: "#A8487C", SKY: "#1F78AD"}

SHOWN_DPI = 80  # screen pixels per inch of figure: 10 inches fill a notebook's width
SHARPNESS = 2  # PNG pixels per screen pixel, so that the picture stays sharp on a dense screen

FILL_SEQUENTIAL = "Blues"
FILL_SIGNED = "PuOr_r"  # purple below zero, white at zero, orange above
FILL_BRIGHTNESS = "gray"  # black at zero: light is drawn light

Scale = float | Mapping[str, float] | None  # one for all panels, or title → its own; None: each panel's own maximum


def ink(colour: str) -> str:
    """The shade of a palette colour in which words can be read on white, at 4.5 to 1 or more; others as they are.

    Examples
    --------
    >>> ink(RED), ink("#222222")
    ('#B84F00', '#222222')
    """
    return _INKS.get(colour, colour)


class Picture(Figure):
    """A matplotlib figure that shows itself in a notebook, with its alternative text.

    Parameters
    ----------
    width, height : inches; a notebook shows 80 pixels an inch, so 10 inches fill it
    alt : what the picture shows, in words, for whoever cannot see it

    Examples
    --------
    >>> picture = Picture(4, 2, alt="A rising line.")
    >>> _ = picture.add_subplot().plot([1, 2, 3])
    >>> picture.png()[:4]
    b'\\x89PNG'
    """

    def __init__(self, width: float = 8.0, height: float = 3.0, *, alt: str = "") -> None:
        super().__init__(figsize=(width, height), dpi=SHOWN_DPI * SHARPNESS, facecolor="white")
        fonts.Canvas(self)
        self.alt = alt
        self.numbered: dict[str, int] = {}  # words that no font here can draw → what is drawn in their place

    def png(self, *, compact: bool = False) -> bytes:
        """The picture as PNG bytes, at twice the size it is shown.

        Parameters
        ----------
        compact : keep 256 colours: a third of the bytes, for a file that is stored, and five times slower
        """
        self.canvas.draw()
        image = Image.fromarray(np.asarray(self.canvas.buffer_rgba())).convert("RGB")  # nothing in it is transparent
        level = 1  # nearly as small as the default 6 for a plot, and several times faster
        if compact:
            image, level = image.quantize(256, method=Image.Quantize.MEDIANCUT), 9
        buffer = io.BytesIO()
        image.save(buffer, format="png", compress_level=level)
        return buffer.getvalue()

    def drawable(self, text: str) -> str:
        """`text` as it can be drawn: a number in brackets stands for a word whose letters no font here has."""
        if fonts.in_base(text) or fonts.families(text):
            return text
        words = re.split(r"(\s+)", text)
        return "".join(word if fonts.families(word) else f"({self._number(word)})" for word in words)

    def _number(self, word: str) -> int:
        return self.numbered.setdefault(word, len(self.numbered) + 1)

    def note(self) -> str:
        """What the numbers in brackets stand for; empty where every word could be drawn."""
        said = ", ".join(f"({number}) {word}" for word, number in self.numbered.items())
        return f"No font on this machine has the letters of {said}." if said else ""

    def shown_size(self) -> tuple[int, int]:
        """Width and height on the screen, in pixels."""
        width, height = self.get_size_inches()
        return round(width * SHOWN_DPI), round(height * SHOWN_DPI)

    def _ipython_display_(self) -> None:
        from IPython.display import display  # slow to import, and needed only inside a notebook

        display({"text/html": image_tag(self, self.alt, compact=True), "text/plain": self.alt}, raw=True)


def words(packed: str, *values: object) -> str:
    """Return the words that a learner's copy keeps packed, so that they are not read before the picture is seen.

    Parameters
    ----------
    packed : a format string, as base64
    values : what fills the places in it

    Examples
    --------
    >>> words("Q29ybmVyIDEsIGVkZ2Uge30u", 3)
    'Corner 1, edge 3.'
    """
    return base64.b64decode(packed).decode().format(*values)


def image_tag(picture: Picture, text: str, *, compact: bool = False) -> str:
    """The picture as an HTML ``<img>`` that holds its own bytes, with `text` as its alternative text.

    HTML, because no notebook viewer hands on a description that stands beside an ``image/png``. A narrow page scrolls:
    its words shrunk with the picture could not be read.
    """
    width, height = picture.shown_size()
    data = base64.b64encode(picture.png(compact=compact)).decode("ascii")
    note = f"<p>{html.escape(picture.note())}</p>" if picture.numbered else ""  # a browser has the letters
    return (
        f'<img alt="{html.escape(text)}" width="{width}" height="{height}" style="max-width:none;height:auto" '
        f'src="data:image/png;base64,{data}">{note}'
    )


def number_grid(
    ax: Axes,
    values: np.ndarray,
    *,
    title: str = "",
    signed: bool | None = None,
    brightness: bool = False,
    vmax: float | None = None,
    marks: Sequence[tuple[int, int, int, int, str]] = (),
    fontsize: float = 10,
) -> None:
    """Draw a small array as a grid of cells, each with its number written in it.

    Parameters
    ----------
    ax : axes to draw on
    values : (H, W) numbers; NaN cells stay empty
    title : a line above the grid
    signed : colour from purple (negative) through white (zero) to orange (positive) instead of from white to blue;
        by default if any number is negative
    brightness : the numbers are light: grey from black (zero) to white
    vmax : the value with the deepest colour, or white; by default the largest magnitude present
    marks : rectangles ``(top, left, height, width, colour)`` in cells, to point at a window
    fontsize : of the numbers, in points
    """
    values = check_rank(values, "values", {2: "(H, W)"}).astype(float)
    height, width = values.shape
    signed = not brightness and (bool((values < 0).any()) if signed is None else signed)
    known = np.isfinite(values)
    top = vmax if vmax is not None else max((np.abs(values[known]).max() if known.any() else 0.0), 1e-12)
    shade = np.ma.masked_array(values, mask=~known)
    # One mesh and no ticks: matplotlib spends most of a small figure's time on tick labels it might have to move.
    ax.pcolormesh(
        np.arange(width + 1) - 0.5,
        np.arange(height + 1) - 0.5,
        shade,
        cmap=FILL_BRIGHTNESS if brightness else FILL_SIGNED if signed else FILL_SEQUENTIAL,
        vmin=-1.8 * top if signed else 0.0,  # the darkest third of the colours is left out: numbers are written on top
        vmax=top if brightness else 1.8 * top if signed else 1.25 * top,
        edgecolors="#BBBBBB",
        linewidth=0.8,
    )
    ax.set(xlim=(-0.6, width - 0.4), ylim=(height - 0.4, -0.6), aspect="equal", anchor="N")
    ax.set_axis_off()
    if title:
        ax.set_title(title, fontsize=10, y=1.0, pad=16)
    for column in range(width):
        ax.text(column, -0.62, str(column), ha="center", va="bottom", fontsize=8, color=GREY)
    for row in range(height):
        ax.text(-0.66, row, str(row), ha="right", va="center", fontsize=8, color=GREY)
    for row, column in np.argwhere(known):
        share = values[row, column] / top
        dark = share < 0.5 if brightness else not signed and share > 0.75
        label = short_number(values[row, column]).replace("-", "\N{MINUS SIGN}")
        colour = "white" if dark else "black"
        ax.text(column, row, label, ha="center", va="center", fontsize=fontsize, color=colour)
    for mark_top, left, mark_height, mark_width, colour in marks:
        corner = (left - 0.5, mark_top - 0.5)
        ax.add_patch(Rectangle(corner, mark_width, mark_height, fill=False, edgecolor=colour, linewidth=3, zorder=5))


def short_number(value: float) -> str:
    """A number in as few characters as say it: a whole one in full, else two decimals, or up to four where they end.

    >>> [short_number(v) for v in (3.0, -0.25, 1 / 3, 0.0625, 0.0, 1971.75)]
    ['3', '-0.25', '0.33', '0.0625', '0', '1971.75']
    >>> [short_number(v) for v in (102_764_544, 0.00123, 2.5e-7)]
    ['102,764,544', '0.0012', '2.5e-07']
    """
    value = float(value)
    size = abs(value)
    if not size < 1e15:  # beyond it a float no longer holds every whole number; inf and nan come here too
        return f"{value:.3g}"
    grouped = "," if size >= 1e6 else ""
    if value.is_integer():
        return f"{int(value):{grouped}}"
    if size < 0.01:
        return f"{value:.2g}"
    ends = (places for places in (2, 3, 4) if abs(round(value, places) - value) < min(1e-7 * size, 1e-6))  # float32
    return f"{value:{grouped}.{next(ends, 2)}f}"


def measured(value: float) -> str:
    """A measured number in two decimals, or in two digits where these would be zeros.

    >>> [measured(v) for v in (0.5, 12.0, 0.0042, -0.0042, 0.0)]
    ['0.50', '12.00', '0.0042', '-0.0042', '0.00']
    """
    return short_number(value) if 0 < abs(value) < 0.01 else f"{value:.2f}"


def grids(
    arrays: Mapping[str, np.ndarray],
    *,
    alt: str,
    signed: bool | None = None,
    brightness: Sequence[str] = (),
    vmax: Scale = None,
    width: float = 9.0,
    height: float = 3.2,
) -> Picture:
    """Small arrays side by side, numbers written in their cells: title → (H, W) array.

    Those named in `brightness` are drawn as light, from black to white. Give `vmax` where panels are compared.
    """
    picture = Picture(width, height, alt=alt)
    ratios = [max(np.shape(values)[1], 2) for values in arrays.values()]
    axes = picture.subplots(1, len(arrays), squeeze=False, width_ratios=ratios)[0]
    for ax, (title, values) in zip(axes, arrays.items(), strict=True):
        light = title in brightness
        number_grid(ax, np.asarray(values), title=title, signed=signed, brightness=light, vmax=_scale(vmax, title))
    picture.subplots_adjust(left=0.03, right=0.99, top=1 - 0.55 / height, bottom=0.02, wspace=0.15)
    return picture


def image(ax: Axes, values: np.ndarray, *, title: str = "", signed: bool = False, vmax: float | None = None) -> None:
    """Draw an image on `ax`: (H, W) in grey or signed colours, (H, W, 3) as it is (uint8 or 0–1).

    Grey reaches from black at 0 to white at `vmax`: by default 255 for uint8, and the largest value for others.
    """
    values = check_rank(values, "image", {2: "(H, W)", 3: "(H, W, 3)"})
    if values.ndim == 3 and values.shape[-1] == 1:
        values = values[..., 0]
    if values.ndim == 3:
        if values.shape[-1] != 3:
            raise ValueError(f"`image` must have 1 or 3 channels to be shown. Received: shape {values.shape}")
        ax.imshow(values if values.dtype == np.uint8 else np.clip(values, 0, 1))
    else:
        finite = values[np.isfinite(values)]
        if vmax is None:
            byte = values.dtype == np.uint8 and not signed
            vmax = 255.0 if byte else (float(np.abs(finite).max()) if finite.size else 1.0) or 1.0
        low = -vmax if signed else min(0.0, float(finite.min()) if finite.size else 0.0)
        ax.imshow(values, cmap=FILL_SIGNED if signed else FILL_BRIGHTNESS, vmin=low, vmax=vmax)
    ax.set_xticks([])
    ax.set_yticks([])
    if title:
        ax.set_title(title, fontsize=10)


def images(
    pictures: Mapping[str, np.ndarray],
    *,
    alt: str,
    signed: Sequence[str] = (),
    vmax: Scale = None,
    columns: int | None = None,
    width: float = 10.0,
    row_height: float = 2.8,
) -> Picture:
    """Images in a row (or rows of `columns`), each under its title; those named in `signed` in signed colours.

    By default each has a scale of its own. Give `vmax`, one number or title → number, where panels are compared: white
    in a grey panel, the deepest colour in a signed one.
    """
    columns = columns or len(pictures)
    rows = -(-len(pictures) // columns)
    picture = Picture(width, rows * row_height, alt=alt)
    axes = picture.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes[len(pictures) :]:
        ax.set_axis_off()
    for ax, (title, values) in zip(axes, pictures.items(), strict=False):
        image(ax, np.asarray(values), title=title, signed=title in signed, vmax=_scale(vmax, title))
    picture.subplots_adjust(left=0.01, right=0.99, top=1 - 0.3 / (rows * row_height), bottom=0.02, wspace=0.05)
    return picture


def _scale(vmax: Scale, title: str) -> float | None:
    return vmax.get(title) if isinstance(vmax, Mapping) else vmax


def lines(
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    xlabel: str,
    ylabel: str,
    alt: str,
    markers: bool = False,
    height: float = 3.2,
) -> Picture:
    """Curves on one pair of labelled axes: name → (x values, y values), told apart by colour and dash."""
    picture = Picture(7.0, height, alt=alt)
    ax = picture.add_subplot()
    for number, (name, (x, y)) in enumerate(curves.items()):
        style = ("-", "--", "-.", ":")[number % 4]
        marker = "o" if markers else None
        ax.plot(x, y, style, label=name, color=PALETTE[number % len(PALETTE)], marker=marker, markersize=4)
    if all(_whole(np.asarray(x)) for x, _ in curves.values()):  # epochs and steps: there is no epoch 2.5
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    ax.spines[["top", "right"]].set_visible(False)
    if len(curves) > 1:
        ax.legend(frameon=False)
    picture.subplots_adjust(left=0.11, right=0.98, top=0.9, bottom=0.17)
    return picture


def _whole(x: np.ndarray) -> bool:
    return x.dtype.kind in "iu" or (x.dtype.kind == "f" and bool(np.equal(np.mod(x, 1), 0).all()))
