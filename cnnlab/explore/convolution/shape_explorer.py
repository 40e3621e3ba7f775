"""Lesson 02's explorer: where the windows of a convolution lie, and how many of them fit."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from matplotlib.colors import to_rgb

from cnnlab import plot
from cnnlab.arithmetic.shapes import explicit_padding, resolve_padding
from cnnlab.common.validate import check_choice, check_int
from cnnlab.explore.base.controls import choice, text, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import minus
from cnnlab.explore.convolution.windows import FORMULA, Windows, keras_answer
from cnnlab.explore.drawing.sheet import INK, MONO_ADVANCE, Sheet, rectangle

_MOST_PADDING = 6
_PAPER, _PADDING_FILL, _OUTPUT_FILL, _GRID = "#F6F7F9", "#E3E3E3", "#D6EADF", "#A8B0BA"
_RIGHT, _WRONG = "#00664A", "#A03000"
_WIDTH, _HEIGHT = 10.0, 5.5  # all in inches, y downwards
_LEFT, _TOP, _GRID_HEIGHT, _CARD_TOP = 0.62, 0.72, 2.84, 4.16
_READABLE = 0.16  # inches; in smaller cells numbers are left to the words


class ShapeExplorer(Explorer):
    """How large the output is and why: the padded grid, the windows that fit, the formula, and Keras' own answer.

    The number in a pixel says how many windows use it. Every size is one a learner can count on the screen.

    Parameters
    ----------
    height, width : the input's size in pixels, 1 to 12
    kernel_size : of a square kernel, 1 to 7
    strides : 1 to 4
    padding
        ``"valid"``, ``"same"`` (Keras' rule), one number for every side, or ``((top, bottom), (left, right))``, each
        from 0 to 6. In the explorer numbers are typed into `pads`, as ``1`` or ``top,bottom,left,right``.
    dilation_rate : 1 to 3
    predict : ask for the output's height and width before showing them

    Examples
    --------
    >>> explorer = ShapeExplorer(height=7, width=9, strides=2)
    >>> explorer.answer()
    (3, 4)
    >>> explorer.set(pads="0,1,0,1").state()["padding"]
    'explicit'
    """

    height = whole(1, 12, width=250)
    width = whole(1, 12, width=250)
    kernel_size = whole(1, 7, width=250)
    strides = whole(1, 4, width=250)
    dilation_rate = whole(1, 3, width=250)
    padding = choice(("valid", "same", "explicit"), width=180)
    pads = text(label="pads: top,bottom,left,right", width=290)
    samples = {"pads": ("0,1,0,1", "2", "0 3 1 0", "1")}
    choices = ("none",)
    listed = {"kernel_size": (2, 3, 5), "strides": (1, 2, 3), "padding": ("valid", "same")}

    def __init__(
        self,
        height: int = 6,
        width: int = 9,
        kernel_size: int = 3,
        strides: int = 2,
        padding: str | int | Sequence = "valid",
        dilation_rate: int = 1,
        *,
        predict: bool = False,
    ) -> None:
        mode, self._pads_seen = _mode_and_pads(padding)
        super().__init__(
            predict=predict,
            height=height,
            width=width,
            kernel_size=kernel_size,
            strides=strides,
            dilation_rate=dilation_rate,
            padding=mode,
            pads=self._pads_seen,
        )

    def set(self, **values: object) -> Explorer:
        """Move controls, all at once, and redraw; `pads` without `padding` means explicit padding, as when typed."""
        if "pads" in values:
            values["padding"] = values.pop("padding", "explicit")  # moved last, so that it has the last word
        return super().set(**values)

    def adjust(self, changed: str | None) -> None:
        """Whoever types pads wants them used: switch the padding to explicit."""
        if changed == "pads" and self.pads != self._pads_seen:
            self.controls["padding"].value = "explicit"
        self._pads_seen = self.pads

    def question(self) -> str:
        return "How large is the output? Type height × width, such as 4 × 6, or the word none if no window fits."

    def answer(self) -> object:
        sizes = tuple(axis.outputs for axis in self._axes())
        return sizes if min(sizes) >= 1 else "none"

    # --- in words -----------------------------------------------------------------------------------------------

    def describe(self) -> str:
        rows, columns = axes = self._axes()
        lines = [
            f"Input {self.height} × {self.width}, kernel {self.kernel_size} × {self.kernel_size}, "
            f"stride {self.strides}, dilation {self.dilation_rate}, "
            f"padding {self.padding}: top {rows.before}, bottom {rows.after}, left {columns.before}, "
            f"right {columns.after}.",
            f"Formula: {_tight(FORMULA)}; the kernel spans d·(f − 1) + 1 = {rows.reach} pixels.",
        ]
        if not self.revealed:
            lines += [f"{label}: {_tight(axis.substituted())} = ?" for label, axis in zip(_LABELS, axes, strict=True)]
            return "\n".join([*lines, "The orange frame is the first window. The rest appears with your guess."])
        for label, axis in zip(_LABELS, axes, strict=True):
            lines.append(f"{label}: {_tight(f'{axis.substituted()} = {axis.worked()}')}")
        if self.answer() == "none":
            return "\n".join([*lines, _misfit(axes), self._keras_words()])
        lines.append(
            f"Output {rows.outputs} × {columns.outputs}: {rows.outputs * columns.outputs} windows. "
            f"{_starts(rows)}; {_starts(columns)}."
        )
        lines.append(self._dropped_words(axes))
        usage = self._usage()
        middle = (self.height // 2, self.width // 2)
        unused = int((usage == 0).sum())
        lines.append(
            f"Windows that use the top left corner: {usage[0, 0]}; row {middle[0]}, column {middle[1]}: "
            f"{usage[middle]}; at most: {usage.max()}. {unused or 'No'} pixel{'' if unused == 1 else 's'} unused."
        )
        if self.padding == "same" and any(axis.before != axis.after for axis in axes):
            lines.append("Keras' same is uneven here: the odd row or column of zeros goes to the bottom or right.")
        return "\n".join([*lines, self._keras_words()])

    def _dropped_words(self, axes: tuple[Windows, Windows]) -> str:
        gone = [words for words in (axis.dropped() for axis in axes) if words]
        if not gone:
            return "Nothing is dropped: the last window ends at the border."
        verb = "is" if re.fullmatch(r"(row|column) \d+|1 \D+", "; ".join(gone)) else "are"
        return f"Dropped: {' and '.join(gone)} {verb} behind the last window."

    def _keras_words(self) -> str:
        call, shape, note = self._keras()
        sizes = tuple(axis.outputs for axis in self._axes())
        if shape is None:
            verdict = "is refused by Keras too" if min(sizes) < 1 else "✘ is refused by Keras"
            return f"{note}{call} on shape (1, {self.height}, {self.width}, 1) {verdict}."
        sign = "✔" if shape[1:3] == sizes else "✘"
        return f"{note}{sign} Keras: {call} turns (1, {self.height}, {self.width}, 1) into {shape}."

    # --- the picture --------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        rows, columns = axes = self._axes()
        picture = plot.Picture(_WIDTH, _HEIGHT, alt=self.describe())
        sheet = Sheet(picture)
        fits = self.answer() != "none"
        shown = (rows.outputs, columns.outputs) if fits and self.revealed else (0, 0)
        # While the output is hidden, nothing that is drawn depends on its size.
        across, down = max(columns.padded, columns.reach), max(rows.padded, rows.reach)
        fitting = [0.44, (_WIDTH - 3.0) / (across + max(shown[1], 5)), _GRID_HEIGHT / down]
        if shown[0]:
            fitting.append((_GRID_HEIGHT - 0.2 * len(self._notes(axes)) - 0.05) / shown[0])
        cell = min(fitting)

        padded = (rows.padded, columns.padded)
        frame = f", padded to {padded[0]} × {padded[1]}" if padded != (rows.n, columns.n) else ""
        sheet.write(_LEFT, _TOP - 0.42, f"input {rows.n} × {columns.n}{frame}", 12, bold=True)
        self._draw_input(sheet, axes, cell)
        left = max(_LEFT + across * cell + 1.35, 5.3)
        self._draw_output(sheet, axes, shown, left, cell)
        self._draw_key(sheet, fits)
        self._draw_formula(sheet, axes)
        return picture

    def _draw_input(self, sheet: Sheet, axes: tuple[Windows, Windows], cell: float) -> None:
        rows, columns = axes
        usage = self._usage() if self.revealed else np.zeros((rows.n, columns.n), int)
        colours = np.empty((rows.padded, columns.padded, 3))
        colours[:] = to_rgb(_PADDING_FILL)
        shade = 0.62 * (usage / max(usage.max(), 1))[..., None]  # never so dark that black numbers fade
        pixels = np.s_[rows.before : rows.before + rows.n, columns.before : columns.before + columns.n]
        colours[pixels] = 1 + shade * (np.array(to_rgb(plot.BLUE)) - 1)
        sheet.cells(colours, _LEFT, _TOP, cell)
        x, y = _LEFT + columns.before * cell, _TOP + rows.before * cell
        sheet.box(x, y, columns.n * cell, rows.n * cell, INK, line=1.4)

        every = 1 if cell > _READABLE else 3
        for i in range(0, rows.n, every):
            sheet.stamp(str(i), [(_LEFT - 0.17, y + (i + 0.5) * cell)], 8.0, plot.GREY)
        for j in range(0, columns.n, every):
            sheet.stamp(str(j), [(x + (j + 0.5) * cell, _TOP - 0.14)], 8.0, plot.GREY)
        window = (_LEFT, _TOP, columns.reach * cell, rows.reach * cell)
        if self.revealed and self.answer() == "none":
            sheet.box(*window, plot.RED, line=2.4, dashed=True)
            return
        if self.revealed:
            self._draw_windows(sheet, axes, usage, cell)
        sheet.box(*window, plot.ORANGE, line=3.2)
        if self.dilation_rate > 1:
            step = self.dilation_rate * cell
            taps = [(_LEFT + b * step, _TOP + a * step) for a, b in np.ndindex(self.kernel_size, self.kernel_size)]
            inset, side = 0.1 * cell, 0.8 * cell
            sheet.shapes([rectangle(x + inset, y + inset, side, side) for x, y in taps], plot.ORANGE, line=1.8)
        if self.revealed:
            last = (_LEFT + columns.starts[-1] * cell, _TOP + rows.starts[-1] * cell)
            sheet.box(*last, *window[2:], plot.GREEN, line=2.4, dashed=True)

    def _draw_windows(self, sheet: Sheet, axes: tuple[Windows, Windows], usage: np.ndarray, cell: float) -> None:
        """The usage of each pixel, what is dropped, and where the windows start."""
        rows, columns = axes
        x0, y0 = _LEFT + columns.before * cell, _TOP + rows.before * cell
        reached = usage[: max(rows.end - rows.before, 0), : max(columns.end - columns.before, 0)]
        for count in np.unique(reached) if cell > _READABLE else ():
            places = [(x0 + (j + 0.5) * cell, y0 + (i + 0.5) * cell) for i, j in np.argwhere(reached == count)]
            sheet.stamp(str(count), places, min(11.0, 30 * cell), plot.RED if count == 0 else INK)
        gone = np.ones((rows.padded, columns.padded), bool)
        gone[: rows.end, : columns.end] = False
        crosses = [_cross(_LEFT + j * cell, _TOP + i * cell, cell) for i, j in np.argwhere(gone)]
        sheet.lines([line for cross in crosses for line in cross], plot.RED, 0.9)
        starts = [(_LEFT + j * cell, _TOP + i * cell) for i in rows.starts for j in columns.starts]
        sheet.shapes([_corner(x, y, 0.3 * cell) for x, y in starts], INK)

    def _draw_output(
        self, sheet: Sheet, axes: tuple[Windows, Windows], shown: tuple[int, int], left: float, cell: float
    ) -> None:
        height, width = shown
        middle = _TOP + 0.62
        x, h = left - 0.85, 0.055
        sheet.lines([((x, middle), (x + 0.5, middle))], INK, 1.6)
        sheet.shapes([[(x + 0.6, middle), (x + 0.46, middle - h), (x + 0.46, middle + h)]], INK)
        size = f"{height} × {width}" if height else "none" if self.revealed else "? × ?"
        sheet.write(left, _TOP - 0.42, f"output {size}", 12, bold=True)
        if not height:
            sheet.write(left, middle, "no window fits" if self.revealed else "your guess first", 12, plot.GREY)
            return
        sheet.cells(np.broadcast_to(to_rgb(_OUTPUT_FILL), (height, width, 3)), left, _TOP, cell)
        sheet.box(left, _TOP, cell, cell, plot.ORANGE, line=3.2)
        last = (left + (width - 1) * cell, _TOP + (height - 1) * cell)
        sheet.box(*last, cell, cell, plot.GREEN, line=2.4, dashed=True)
        for number, (note, colour) in enumerate(self._notes(axes)):
            sheet.write(left, _TOP + height * cell + 0.2 * (number + 1), note, 9.5, colour)

    def _notes(self, axes: tuple[Windows, Windows]) -> list[tuple[str, str]]:
        """What to look at, below the output: at most three short lines and their colours."""
        windows = axes[0].outputs * axes[1].outputs
        notes = [("1 window makes 1 number" if windows == 1 else f"{windows} windows make {windows} numbers", INK)]
        notes += [(f"dropped: {words}", plot.RED) for words in (axis.dropped() for axis in axes) if words]
        if self.padding == "same":
            names = (("above", "below"), ("left", "right"))
            for axis, (before, after) in zip(axes, names, strict=True):
                if axis.before != axis.after:
                    notes.append((f"padding: {axis.before} {before}, {axis.after} {after}", INK))
        return notes

    def _draw_key(self, sheet: Sheet, fits: bool) -> None:
        """What the marks mean: one line above the formula."""
        y, side = _CARD_TOP - 0.25, 0.16
        top = y - side / 2
        sheet.box(0.3, top, 0.22, side, _GRID, fill=_PADDING_FILL)
        sheet.write(0.6, y, "padding: zeros", 9)
        if self.revealed and not fits:
            sheet.box(1.75, top, 0.22, side, plot.RED, line=2.4, dashed=True)
            sheet.write(2.05, y, "the window: larger than the padded input", 9)
            return
        sheet.box(1.75, top, 0.22, side, plot.ORANGE, line=3.2)
        sheet.write(2.05, y, "first window", 9)
        if self.revealed:
            sheet.box(3.1, top, 0.22, side, plot.GREEN, line=2.4, dashed=True)
            sheet.write(3.4, y, "last window", 9)
            sheet.shapes([_corner(4.43, top, side)], INK)
            sheet.write(4.66, y, "a window starts here", 9)
            sheet.lines(_cross(6.25, top, side), plot.RED, 1.2)
            sheet.write(6.49, y, "dropped", 9)
            sheet.stamp("4", [(7.35, y)], 11)
            sheet.write(7.5, y, "number of windows using the pixel", 9)

    def _draw_formula(self, sheet: Sheet, axes: tuple[Windows, Windows]) -> None:
        left = 1.15
        sheet.box(0.2, _CARD_TOP, _WIDTH - 0.4, _HEIGHT - _CARD_TOP - 0.1, "#D5D9DF", fill=_PAPER)
        sheet.write(left, _CARD_TOP + 0.22, FORMULA, 10, plot.GREY, mono=True)
        for number, (label, axis) in enumerate(zip(_LABELS, axes, strict=True)):
            y = _CARD_TOP + 0.5 + 0.27 * number
            sheet.write(0.36, y, label, 10.5)
            if not self.revealed:
                sheet.write(left, y, f"{axis.substituted()} = ?", mono=True)
                continue
            working = f"{axis.substituted()} = {axis.worked()}"
            sheet.write(left, y, working[:-2], mono=True)
            end = left + (len(working) - 2) * MONO_ADVANCE * 10 / 72
            sheet.write(end, y, working[-2:], bold=True, mono=True)
        y = _CARD_TOP + 1.05
        sheet.write(0.36, y, "Keras", 10.5)
        if not self.revealed:
            sheet.write(left, y, "answers after you", 10, plot.GREY, mono=True)
            return
        call, shape, note = self._keras()
        sizes = tuple(axis.outputs for axis in axes)
        agrees = shape[1:3] == sizes if shape else min(sizes) < 1
        words = f"{'✔' if agrees else '✘'} {call}{'*' if note else ''} → {shape or 'refused: it does not fit'}"
        # The longest call, explicit padding and all options, must stay on the card.
        size = min(10.0, 8.5 * 72 / (MONO_ADVANCE * len(words)))
        sheet.write(left, y, words, size, _RIGHT if agrees else _WRONG, mono=True)
        if note:
            short = "* Keras: no stride and dilation above 1 at once; asked with the holes as zeros"
            sheet.write(5.3, _CARD_TOP + 0.22, short, 8, plot.GREY)

    # --- sizes --------------------------------------------------------------------------------------------------

    def _axes(self) -> tuple[Windows, Windows]:
        sizes, settings = (self.height, self.width), (self.kernel_size, self.strides, self.dilation_rate)
        pads = self._explicit() or resolve_padding(self.padding, sizes, *settings)
        rows, columns = (
            Windows(name, n, *ends, *settings) for name, n, ends in zip(("row", "column"), sizes, pads, strict=True)
        )
        return rows, columns

    def _explicit(self) -> tuple[tuple[int, int], tuple[int, int]] | None:
        return parse_pads(self.pads) if self.padding == "explicit" else None

    def _usage(self) -> np.ndarray:
        """(H, W) how many windows use each pixel: the counts of the two axes multiply."""
        rows, columns = self._axes()
        return np.outer(rows.usage(), columns.usage())

    def _keras(self) -> tuple[str, tuple[int, ...] | None, str]:
        sizes, padding = (self.height, self.width), (self.padding, self._explicit())
        return keras_answer(*sizes, self.kernel_size, self.strides, *padding, self.dilation_rate)


_LABELS = ("height", "width")


def parse_pads(text: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Read ``"top,bottom,left,right"``, or one number for every side, as ``((top, bottom), (left, right))``.

    Raises
    ------
    ValueError
        If the text is neither, or a number is not from 0 to 6.

    Examples
    --------
    >>> parse_pads("0,1,0,1"), parse_pads("2")
    (((0, 1), (0, 1)), ((2, 2), (2, 2)))
    """
    parts = re.split(r"\s*,\s*|\s+", text.strip())
    numbers = [int(part) for part in parts if re.fullmatch(r"\d{1,3}", part, re.ASCII)]
    if len(numbers) != len(parts) or len(parts) not in (1, 4) or max(numbers) > _MOST_PADDING:
        raise ValueError(
            f"`pads` must be one whole number, or four as top,bottom,left,right, each from 0 to {_MOST_PADDING}. "
            f"Received: {text!r}"
        )
    top, bottom, left, right = numbers * (4 // len(numbers))
    return (top, bottom), (left, right)


def _mode_and_pads(padding: str | int | Sequence) -> tuple[str, str]:
    """The dropdown's value and the text for `pads` that stand for `padding`."""
    if isinstance(padding, str):
        return check_choice(padding, "padding", ("valid", "same")), "1"
    sides = [side for pair in explicit_padding(padding, axes=2) for side in pair]
    for side in sides:
        check_int(side, "padding", 0, _MOST_PADDING)
    return "explicit", str(sides[0]) if len(set(sides)) == 1 else ",".join(map(str, sides))


def _tight(formula: str) -> str:
    """A formula without the spaces that line it up in the picture."""
    return re.sub(r" +", " ", formula).replace("( ", "(").replace("⌊ ", "⌊")


def _starts(axis: Windows) -> str:
    places = ", ".join(minus(str(start - axis.before)) for start in axis.starts)
    return f"{'They start' if axis.name == 'row' else 'and'} at {axis.name}{'s' if axis.outputs > 1 else ''} {places}"


def _misfit(axes: tuple[Windows, Windows]) -> str:
    parts = [
        f"it needs {axis.reach} {axis.name}s and the padded input has {axis.padded}" for axis in axes if axis.room < 0
    ]
    return f"No window fits: {'; '.join(parts)}. There is no output."


def _corner(x: float, y: float, side: float) -> list[tuple[float, float]]:
    return [(x, y), (x + side, y), (x, y + side)]


def _cross(x: float, y: float, side: float) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    return [((x, y), (x + side, y + side)), ((x, y + side), (x + side, y))]
