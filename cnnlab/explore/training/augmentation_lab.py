"""Lesson 09's explorer: picture, boxes and label move together, and what breaks is said."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from cnnlab import plot
from cnnlab.arithmetic import boxes as box_arithmetic
from cnnlab.explore.base.controls import choice, real, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import cut, minus
from cnnlab.explore.drawing.arrays import Map
from cnnlab.explore.drawing.sheet import Sheet
from cnnlab.explore.training.lab_pictures import Sample, own_samples, samples
from cnnlab.training import augment

_WIDTH, _HEIGHT, _SIDE, _TOP = 9.6, 3.6, 2.85, 0.6
_OLD_X, _NEW_X, _WORDS_X = 0.12, 3.17, 6.3
_RIGHT, _WRONG, _RIM = "#00664A", "#A03000", "#8A94A0"
_COLOURS = (plot.ORANGE, plot.SKY, plot.PURPLE, plot.GREEN)
_RANGES = {"0 to 1": (0.0, 1.0), "0 to 255": (0.0, 255.0)}
_FLIPS = {"none": None, "left-right": "horizontal", "upside down": "vertical"}
_LITTLE = 0.25  # of an object: with less in sight nobody could name it


class AugmentationLab(Explorer):
    """Move and recolour a picture; its boxes follow, and what no longer fits its label is named.

    Parameters
    ----------
    images : one picture (H, W, C) or several (N, H, W, C) instead of the five that it brings
    boxes : their boxes, (B, 4) for one, a list of such arrays for several
    labels : a name for each box, a list for one, a list of lists for several
    picture : title of the first picture shown
    predict : ask where the first box goes before showing it

    Examples
    --------
    >>> lab = AugmentationLab()
    >>> lab.set(picture="a 6", degrees=180).warnings()
    ['a 6 turned by 180° is a 9']
    """

    picture = choice(lambda it: list(it._samples))
    flip = choice(list(_FLIPS))
    degrees = whole(-180, 180, 0, step=5, label="turn, degrees", width=240)
    zoom = real(0.5, 2.0, 1.0, 0.1, width=240)
    shear = real(-0.6, 0.6, 0.0, 0.1, width=240)
    right = real(-0.5, 0.5, 0.0, 0.05, label="shift right", width=240)
    down = real(-0.5, 0.5, 0.0, 0.05, label="shift down", width=240)
    brightness = real(-0.5, 0.5, 0.0, 0.1, width=240)
    value_range = choice(list(_RANGES))
    choices = ("none",)
    listed = {"picture": ("a 6", "an F", "a cat"), "flip": None, "degrees": (0, 90, 180)}

    def __init__(
        self,
        images: np.ndarray | None = None,
        boxes: Sequence | None = None,
        labels: Sequence | None = None,
        *,
        picture: str | None = None,
        predict: bool = False,
    ) -> None:
        if images is None and (boxes is not None or labels is not None):
            raise ValueError("`images` must be given with `boxes` and `labels`: they belong to pictures")
        found = samples() if images is None else own_samples(images, boxes, labels)
        self._samples = {sample.title: sample for sample in found}
        self._resampled = lru_cache(maxsize=1)(self._resample)  # brightness alone needs no new sampling
        super().__init__(predict=predict, picture=picture)

    # --- what is computed ---------------------------------------------------------------------------------------

    @property
    def sample(self) -> Sample:
        """The chosen picture with its boxes and labels."""
        return self._samples[self.picture]

    def matrix(self) -> np.ndarray:
        """The (3, 3) map from old points to new ones."""
        height, width = self.sample.image.shape[:2]
        return augment.matrix(
            height, width, flip=_FLIPS[self.flip], zoom=self.zoom, shear=self.shear, degrees=self.degrees,
            shift=(self.right * width, self.down * height),
        )  # fmt: skip

    def boxes(self) -> np.ndarray:
        """The moved boxes (B, 4), around what is still in the picture; 0, 0, 0, 0 where nothing is."""
        return augment.move_boxes(self.sample.boxes, self.matrix(), *self.sample.image.shape[:2])

    def moved(self) -> np.ndarray:
        """The new picture (H, W, C), as a network would get it."""
        moved = self._resampled(self.picture, self.matrix().tobytes())
        low, high = _RANGES[self.value_range]  # what keras.layers.RandomBrightness does
        return np.clip(moved + np.float32(self.brightness * (high - low)), low, high) if self.brightness else moved

    def _resample(self, picture: str, matrix: bytes) -> np.ndarray:
        return augment.move_images(self._samples[picture].image, np.frombuffer(matrix).reshape(3, 3))

    def warnings(self) -> list[str]:
        """What is wrong with this augmentation, each in a sentence; empty if nothing was found."""
        found = [text for label in dict.fromkeys(self.sample.labels) for text in self._label_changes(label)]
        whole = box_arithmetic.area(augment.move_boxes(self.sample.boxes, self.matrix()))
        seen = box_arithmetic.area(self.boxes())
        for label, part, all_of_it in zip(self.sample.labels, seen, whole, strict=True):
            if all_of_it > 0 and part < _LITTLE * all_of_it:
                found.append(f"{100 * part / all_of_it:.0f} % of the box of {label} is left: drop it")
        moved, before = self.moved(), self._resampled(self.picture, self.matrix().tobytes())
        if moved.max() > 1 + 1e-4:
            found.append(f"values up to {moved.max():.1f}, and the model was promised 0 to 1")
        elif self.brightness and np.ptp(moved) < 0.05 < np.ptp(before):
            found.append(f"all pixels are {moved.mean():.0f}: nothing is left of the picture")
        return found

    def _label_changes(self, label: str) -> tuple[str, ...]:
        """What this very flip and turn, not a random one, makes of a label: upside down is mirrored and half a turn."""
        mirrored = self.flip != "none"
        angle = (self.degrees + (180 if self.flip == "upside down" else 0) + 180) % 360 - 180
        if not mirrored:
            said = augment.label_changes([label], degrees=angle)
            return tuple(text for text in said if "by 90°" not in text or abs(angle) <= 120)  # N is Z on the way to N
        if abs(angle) >= 100:
            return augment.label_changes([label], flip="vertical")
        return augment.label_changes([label], flip="horizontal")

    def question(self) -> str:
        if not len(self.sample.boxes):
            return "Where do the boxes of this picture go? It has none; then type the word none."
        height, width = self.sample.image.shape[:2]
        box = _spoken(self.sample.boxes[0])
        return (
            f"The picture is {width} wide and {height} high. Where does the box {box} of {self.sample.labels[0]} go? "
            "Type x1, y1, x2, y2, rounded to whole pixels."
        )

    def answer(self) -> dict[str, int] | str:
        if not len(self.sample.boxes):
            return "none"
        return dict(zip(("x1", "y1", "x2", "y2"), np.rint(self.boxes()[0]).astype(int).tolist(), strict=True))

    # --- in words -----------------------------------------------------------------------------------------------

    def _moves(self) -> str:
        parts = [] if self.flip == "none" else [f"flip {self.flip}"]
        for name, value, still in (("zoom", self.zoom, 1), ("shear", self.shear, 0), ("turn", self.degrees, 0)):
            if value != still:
                parts.append(f"{name} {_short(value)}" + ("°" if name == "turn" else ""))
        if self.right or self.down:
            height, width = self.sample.image.shape[:2]
            parts.append(f"shift ({_short(self.right * width)}, {_short(self.down * height)}) pixels")
        if self.brightness:
            parts.append(minus(f"brightness {self.brightness:+.1f} of {self.value_range}"))
        return ", ".join(parts) or "nothing"

    def _rows(self) -> list[tuple[str, np.ndarray, np.ndarray]]:
        """Label, old and new box of the first boxes: as many as there is room for."""
        return list(zip(self.sample.labels, self.sample.boxes, self.boxes(), strict=True))[: len(_COLOURS)]

    def _formulas(self) -> list[str]:
        (a, b, tx), (c, d, ty) = self.matrix()[:2]
        return [f"new x = {_terms(a, b, tx)}", f"new y = {_terms(c, d, ty)}"]

    def describe(self) -> str:
        sample = self.sample
        height, width = sample.image.shape[:2]
        lines = [
            f"Picture: {sample.title}, {width} wide, {height} high. Done to it: {self._moves()}.",
            *self._formulas(),
        ]
        if not self.revealed:
            return "\n".join([*lines, "The new picture appears with your guess."])
        old_x, old_y = sample.boxes[0][:2] if len(sample.boxes) else (0.0, 0.0)
        (a, b, tx), (c, d, ty) = self.matrix()[:2]
        x, y = a * old_x + b * old_y + tx, c * old_x + d * old_y + ty
        lines.append(f"So the corner ({_short(old_x)}, {_short(old_y)}) goes to ({_short(x)}, {_short(y)}).")
        for label, old, new in self._rows():
            gone = not new.any()
            lines.append(f"Box of {label}: {_spoken(old)} → {'outside' if gone else _spoken(new)}.")
        moved = self.moved()
        lines.append(minus(f"Values from {moved.min():.2f} to {moved.max():.2f}."))
        lines += [f"✘ {text}." for text in self.warnings()] or ["✔ No label, box or value is known to be broken."]
        return "\n".join(lines)

    # --- the picture --------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        picture = plot.Picture(_WIDTH, _HEIGHT, alt=self.describe())
        sheet = Sheet(picture)
        sample = self.sample
        height, width = sample.image.shape[:2]
        old = Map(sheet, _bytes(sample.image), (_OLD_X, _TOP), _SIDE)
        old.title(f"before: {sample.title}")
        old.frame(0, 0, height, width, _RIM)
        _draw_boxes(old, sample.boxes)
        if self.revealed:
            new = Map(sheet, _bytes(self.moved()), (_NEW_X, _TOP), _SIDE)
            new.title("after: what the network gets")
            new.frame(0, 0, height, width, _RIM)
            self._draw_corners(sheet, new)
            _draw_boxes(new, self.boxes())
        else:
            sheet.stamp("your guess first", [(_NEW_X + _SIDE / 2, 2.1)], 12, plot.GREY)
        self._draw_words(sheet)
        return picture

    def _draw_corners(self, sheet: Sheet, new: Map) -> None:
        """The old boxes as they now lie: slanted, where their new boxes are upright."""
        matrix = self.matrix()
        if (matrix[0, 1] == 0 and matrix[1, 0] == 0) or not len(self.sample.boxes):
            return
        height, width = self.sample.image.shape[:2]
        corners = self.sample.boxes[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]  # (B, 4, 2)
        moved = corners @ matrix[:2, :2].T + matrix[:2, 2]
        inside = (moved >= 0).all(axis=(1, 2)) & (moved <= (width, height)).all(axis=(1, 2))
        if inside.any():
            sheet.shapes(np.array([new.left, new.top]) + new.cell * moved[inside], "white", line=1.2)

    def _draw_words(self, sheet: Sheet) -> None:
        sheet.write(_WORDS_X, 0.42, "the matrix", 10, bold=True)
        for line, formula in enumerate(self._formulas()):
            sheet.write(_WORDS_X, 0.7 + 0.24 * line, formula, 9, mono=True)
        sheet.write(_WORDS_X, 1.36, "the boxes", 10, bold=True)
        y, lines = 1.62, []
        for number, (label, old, new) in enumerate(self._rows()):
            sheet.box(_WORDS_X, y - 0.06, 0.12, 0.12, "none", fill=_COLOURS[number])
            after = "?" if not self.revealed else _spoken(new) if new.any() else "outside"
            lines += [
                (_WORDS_X + 0.2, y, f"{cut(label, 18)}: {_spoken(old)}"),
                (_WORDS_X + 0.2, y + 0.19, f"→ {after}"),
            ]
            y += 0.41
        if lines:  # matplotlib 3.10 cannot draw no text at all
            sheet.write_all(lines, 8.5)
        if not self.revealed:
            return
        bad = self.warnings()
        y = max(y + 0.1, 2.4)
        title = "✘ this breaks something" if bad else "✔ nothing known to be broken"
        sheet.write(_WORDS_X, y, title, 10, _WRONG if bad else _RIGHT, bold=True)
        pieces = [piece for text in bad for piece in textwrap.wrap(text, 42)][: int((_HEIGHT - y - 0.2) / 0.2)]
        if pieces:
            sheet.write_all([(_WORDS_X, y + 0.24 + 0.2 * line, piece) for line, piece in enumerate(pieces)], 8.5)


def _draw_boxes(on: Map, boxes: np.ndarray) -> None:
    for number, (x1, y1, x2, y2) in enumerate(boxes):
        if x2 > x1 and y2 > y1:
            on.frame(y1, x1, y2 - y1, x2 - x1, _COLOURS[number % len(_COLOURS)])


def _bytes(image: np.ndarray) -> np.ndarray:
    """(H, W, C) floats, of which 0 to 1 can be shown, as (H, W, 3) bytes."""
    return (255 * np.clip(np.broadcast_to(image, (*image.shape[:2], 3)), 0, 1)).astype(np.uint8)


def _short(value: float) -> str:
    """At most one decimal, and none where it is zero."""
    return minus(f"{round(float(value), 1) + 0.0:g}")


def _spoken(box: np.ndarray) -> str:
    return f"[{', '.join(_short(value) for value in box)}]"


def _terms(a: float, b: float, t: float) -> str:
    """``a·x + b·y + t`` without the terms that are nothing.

    >>> _terms(-1.0, 0.0, 28.0), _terms(0.0, 0.5, 0.0)
    ('−x + 28', '0.5·y')
    """
    text = ""
    for factor, of in ((a, "x"), (b, "y"), (t, "")):
        size = f"{abs(factor):.2f}".rstrip("0").rstrip(".")
        if size == "0":
            continue
        size = of if of and size == "1" else f"{size}·{of}" if of else size
        text += (" − " if factor < 0 else " + ") + size if text else ("−" if factor < 0 else "") + size
    return text or "0"
