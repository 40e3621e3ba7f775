"""The mask inspector: every pixel's class beside the truth, one class at a threshold, and what IoU makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy import ndimage

from cnnlab import plot
from cnnlab.common.validate import check_rank
from cnnlab.data import scenes
from cnnlab.explore.base.controls import choice, names, real
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import cut
from cnnlab.explore.detection.boxed_picture import TONES, as_bytes
from cnnlab.explore.drawing.sheet import Sheet, rectangle
from cnnlab.explore.tasks.hatching import borders, enlarged, hatched
from cnnlab.tasks import segmentation
from cnnlab.tasks.mask_plot import PAINT_COLOURS, PAINT_SHAPES

MOST = 200  # pictures
_SIDE, _STEP, _LEFT, _TOP = 1.88, 1.95, 0.15, 0.62  # of the five maps, in inches
_BELOW = 2.88  # where the tables begin
_SWATCH = 0.18, 0.32  # height and width, in inches
_THRESHOLDS = np.arange(1, 20) / 20
_FATES = ("neither", "right", "claimed falsely", "missed")
_FATE_COLOURS = np.array([(0.96, 0.96, 0.96), (0.55, 0.80, 0.72), (0.95, 0.66, 0.30), (0.66, 0.76, 0.95)])
_RIM, _PALE = "#888888", "#A8B0BA"
_DOTS = plot.SHOWN_DPI * plot.SHARPNESS  # of the PNG, in an inch
_LINE = np.array([230, 159, 0], np.uint8)  # where a probability crosses the threshold


class MaskInspector(Explorer):
    """A segmentation looked into: picture, truth, prediction, one class's probability, and where it errs.

    Parameters
    ----------
    images : (N, H, W, 3), bytes or numbers from 0 to 1, N at most 200; by default drawn scenes of two shapes
    truth : (N, H, W) whole numbers, the class of every pixel; must be given with images
    probabilities
        (N, H, W, C) from 0 to 1, of every class at every pixel; by default made by blurring the truth
    class_names : of the C classes; by default `segmentation.SHAPES` where C is 4, `segmentation.COLOURS` where it is 9
    titles : a name for each picture
    predict : ask for the class's IoU before showing it

    Raises
    ------
    TypeError, ValueError
        If only some of the arrays are given, or they do not fit each other.

    Examples
    --------
    >>> truth = np.array([[[0, 1], [1, 1]]])
    >>> said = np.eye(2)[[[[0, 0], [1, 1]]]]
    >>> inspector = MaskInspector(np.zeros((1, 2, 2, 3)), truth, said, class_names=("no", "yes"))
    >>> print(inspector.set(class_name="yes").describe().splitlines()[3])
    IoU = 2 / (2 + 0 + 1) = 0.67. Dice 0.80, precision 1.00, recall 0.67.
    """

    picture = choice(lambda it: [(title, number) for number, title in enumerate(it._titles)])
    class_name = choice(lambda it: it._names, start=lambda it: it._names[it._first()], label="class")
    threshold = real(0.05, 0.95, 0.5, 0.05, label="its probability at least", readout_format=".2f")
    choices = ("undefined",)
    listed = {"picture": (0, 1), "class_name": None, "threshold": (0.05, 0.5, 0.95)}

    def __init__(
        self,
        images: np.ndarray | None = None,
        truth: np.ndarray | None = None,
        probabilities: np.ndarray | None = None,
        *,
        class_names: Sequence[str] | None = None,
        titles: Sequence[str] | None = None,
        predict: bool = False,
    ) -> None:
        given = [array is not None for array in (images, truth, probabilities)]
        if any(given) and not all(given):
            raise ValueError(
                "`images`, `truth` and `probabilities` must be given together, or none of them. "
                f"Received: {sum(given)} of the three"
            )
        if not any(given):
            images, truth, probabilities = _made_up()
        self._images, self._truth, self._probabilities = _checked(images, truth, probabilities)
        classes = self._probabilities.shape[-1]
        known = next((some for some in (segmentation.SHAPES, segmentation.COLOURS) if len(some) == classes), None)
        self._names = names(class_names or known, "class_names", classes, "class", ", one for each class")
        self._titles = names(titles, "titles", len(self._images), "picture", ", one for each picture")
        self._colours = PAINT_SHAPES if classes <= len(PAINT_SHAPES) else _colours(classes)
        self._measured = lru_cache(maxsize=64)(self._measure)
        self._label_maps = lru_cache(maxsize=16)(self._draw_labels)
        self._swatches, self._fate_swatches = _swatches(self._colours), _swatches(_FATE_COLOURS)
        super().__init__(predict=predict)

    def _first(self) -> int:
        """The class to begin with: of those in the first picture the one after the background."""
        there = np.unique(self._truth[0])
        return int(there[min(1, len(there) - 1)])

    # --- what is computed ---------------------------------------------------------------------------------------

    def _index(self) -> int:
        return self._names.index(self.class_name)

    def predicted(self) -> np.ndarray:
        """(H, W) the most probable class of every pixel."""
        return self._probabilities[self.picture].argmax(axis=-1)

    def fates(self) -> np.ndarray:
        """(H, W) what became of every pixel for the chosen class: 0 neither, 1 right, 2 claimed falsely, 3 missed."""
        true = self._truth[self.picture] == self._index()
        # A slider's 0.30000000000000004 must not drop a probability of 0.3.
        said = self._probabilities[self.picture, ..., self._index()] >= self.threshold - 1e-6
        return np.where(true, np.where(said, 1, 3), np.where(said, 2, 0))

    def counts(self) -> tuple[int, int, int]:
        """How many pixels of the chosen class are right, claimed falsely, and missed."""
        return tuple(int(n) for n in np.bincount(self.fates().ravel(), minlength=4)[1:])

    def _measure(self, picture: int) -> tuple[np.ndarray, float, float]:
        """IoU of each class, their mean, and the accuracy of the most probable classes."""
        truth, said = self._truth[picture], self._probabilities[picture].argmax(axis=-1)
        classes = len(self._names)
        mean = segmentation.mean_iou(truth, said, classes)
        return segmentation.iou(truth, said, classes), mean, segmentation.pixel_accuracy(truth, said)

    def at_every_threshold(self) -> np.ndarray:
        """(19,) IoU of the chosen class at 0.05, 0.10, … 0.95; NaN where there is none."""
        true = self._truth[self.picture] == self._index()
        said = self._probabilities[self.picture, ..., self._index(), None] >= _THRESHOLDS - 1e-6  # (H, W, 19)
        both = (said & true[..., None]).sum(axis=(0, 1))
        either = (said | true[..., None]).sum(axis=(0, 1))
        return np.divide(both, either, out=np.full(len(either), np.nan), where=either > 0)

    # --- predict first ------------------------------------------------------------------------------------------

    def question(self) -> str:
        right, false, missed = self.counts()
        return (
            f"{self.class_name} has {right + missed} pixels in the truth; {right + false} pixels have a probability of "
            f"{self.threshold:.2f} or more for it, and {right} are both. What is the IoU?"
        )

    def answer(self) -> float | str:
        right, *wrong = self.counts()
        return right / (right + sum(wrong)) if right + sum(wrong) else "undefined"

    # --- in words -----------------------------------------------------------------------------------------------

    def describe(self) -> str:
        truth, said = (np.bincount(m.ravel(), minlength=len(self._names)) for m in (self._map(), self.predicted()))
        there = [k for k in range(len(self._names)) if truth[k] or said[k]]
        pixels = ", ".join(f"{self._names[k]} {truth[k]} and {said[k]}" for k in there)
        lines = [f"{self._titles[self.picture]}: {truth.sum()} pixels, in truth and prediction: {pixels}."]
        if not self.revealed:
            return "\n".join([*lines, "The scores and the errors appear with your guess."])
        ious, mean, accuracy = self._measured(self.picture)
        each = ", ".join(f"{self._names[k]} {ious[k]:.2f}" for k in there)
        lines.append(f"Most probable class everywhere: accuracy {accuracy:.3f}, mean IoU {mean:.3f} ({each}).")
        right, false, missed = self.counts()
        lines.append(
            f"{self.class_name} where its probability is {self.threshold:.2f} or more: {right} pixels right, {false} "
            f"claimed falsely, {missed} missed."
        )
        return "\n".join([*lines, self._score_words(), self._profile_words()])

    def _map(self) -> np.ndarray:
        return self._truth[self.picture]

    def _score_words(self) -> str:
        right, false, missed = self.counts()
        either = right + false + missed
        if not either:
            return "IoU = 0 / 0: the class is neither in the truth nor in the prediction, and the IoU is undefined."
        parts = zip(("precision", "recall"), (right + false, right + missed), strict=True)
        rest = ", ".join(f"{name} {f'{right / of:.2f}' if of else 'undefined'}" for name, of in parts)
        return (
            f"IoU = {right} / ({right} + {false} + {missed}) = {right / either:.2f}. "
            f"Dice {2 * right / (right + either):.2f}, {rest}."
        )

    def _profile_words(self) -> str:
        profile = self.at_every_threshold()
        if np.isnan(profile).all():
            return "No threshold changes that."
        best = int(np.nanargmax(profile))
        few = ", ".join(
            f"{profile[k]:.2f} at {_THRESHOLDS[k]:.2f}" for k in (1, 5, 9, 13, 17) if np.isfinite(profile[k])
        )
        return f"At other thresholds: {few}; best {profile[best]:.2f} at {_THRESHOLDS[best]:.2f}."

    # --- the picture --------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        lines = len(self._names) + 3
        picture = plot.Picture(10, max(_BELOW + 0.24 * lines + 0.1, 4.75), alt=self.describe())
        sheet = Sheet(picture)
        self._draw_maps(sheet)
        self._draw_classes(sheet)
        self._draw_class(sheet)
        return picture

    def _draw_maps(self, sheet: Sheet) -> None:
        name = cut(self.class_name, 14)
        truth, said = self._label_maps(self.picture)
        panels = [
            ("picture", "", self._images[self.picture] & TONES),
            ("truth", "", truth),
            ("prediction", "most probable class", said),
            (f"probability of {name}", f"black 0, white 1, line at {self.threshold:.2f}", self._heat()),
        ]
        if self.revealed:
            errors = hatched(self.fates(), _FATE_COLOURS, *self._dots())
            panels.append((f"{name} from {self.threshold:.2f} on", "right and wrong", errors))
        for number, (title, second, pixels) in enumerate(panels):
            x = _LEFT + number * _STEP
            middle, (width, height) = x + _SIDE / 2, self._room()
            left, top = middle - width / 2, _TOP + (_SIDE - height) / 2
            sheet.stamp(title, [(middle, 0.22)], 10)
            sheet.stamp(second, [(middle, 0.44)], 8.5, plot.GREY)
            sheet.paint(pixels, left, top, width, height)
            sheet.box(left, top, width, height, _RIM, line=1.0)
        if not self.revealed:
            sheet.stamp("your guess first", [(_LEFT + 4 * _STEP + _SIDE / 2, _TOP + _SIDE / 2)], 12, plot.GREY)

    def _room(self) -> tuple[float, float]:
        """Width and height of a map, in inches."""
        height, width = self._map().shape
        return _SIDE * width / max(height, width), _SIDE * height / max(height, width)

    def _dots(self) -> tuple[int, int]:
        """Height and width of a map, in the PNG's dots."""
        width, height = self._room()
        return round(height * _DOTS), round(width * _DOTS)

    def _draw_labels(self, picture: int) -> tuple[np.ndarray, np.ndarray]:
        said = self._probabilities[picture].argmax(axis=-1)
        return tuple(hatched(labels, self._colours, *self._dots()) for labels in (self._truth[picture], said))

    def _heat(self) -> np.ndarray:
        """The probability of the chosen class as a grey, with a line where it crosses the threshold."""
        heat = self._probabilities[self.picture, ..., self._index()]
        grey = np.repeat((255 * heat).astype(np.uint8)[..., None], 3, axis=-1) & TONES
        pixels, large = enlarged(grey, *self._dots()), enlarged(heat >= self.threshold - 1e-6, *self._dots())
        pixels[borders(large)] = _LINE
        return pixels

    def _draw_classes(self, sheet: Sheet) -> None:
        """Each class with its pattern, its pixels and its IoU."""
        for x, head in ((1.85, "truth"), (2.55, "said"), (3.25, "IoU")):
            sheet.write(x, _BELOW, head, 8.5, plot.GREY)
        sheet.write(_LEFT, _BELOW, "most probable class", 8.5, plot.GREY)
        truth, said = (np.bincount(m.ravel(), minlength=len(self._names)) for m in (self._map(), self.predicted()))
        ious, mean, accuracy = self._measured(self.picture)
        numbers = []
        for k, name in enumerate(self._names):
            y = _BELOW + 0.24 * (k + 1)
            _paint_swatch(sheet, _LEFT, y, self._swatches[k])
            sheet.write(_LEFT + 0.42, y, cut(name, 14), 9.5, bold=name == self.class_name)
            score = ("–" if np.isnan(ious[k]) else f"{ious[k]:.2f}") if self.revealed else "?"
            numbers += [(1.85, y, f"{truth[k]}"), (2.55, y, f"{said[k]}"), (3.25, y, score)]
        sheet.write_all(numbers, 9.5, mono=True)
        y = _BELOW + 0.24 * (len(self._names) + 1) + 0.06
        sheet.lines([((_LEFT, y - 0.14), (3.75, y - 0.14))], _RIM, 0.8)
        totals = (f"{mean:.3f}", f"{accuracy:.3f}") if self.revealed else ("?", "?")
        for line, (name, total) in enumerate(zip(("mean IoU", "accuracy"), totals, strict=True)):
            sheet.write(_LEFT, y + 0.02 + 0.24 * line, name, 9.5)
            sheet.write(3.25, y + 0.02 + 0.24 * line, total, 9.5, mono=True)

    def _draw_class(self, sheet: Sheet) -> None:
        """The chosen class at the chosen threshold: its pixels, its IoU, and the IoU at other thresholds."""
        x, counts = 4.25, self.counts()
        head = f"{cut(self.class_name, 20)}, where its probability is {self.threshold:.2f} or more"
        sheet.write(x, _BELOW, head, 8.5, plot.GREY)
        if not self.revealed:
            right, false, missed = counts
            rows = (("in the truth", right + missed), ("in the prediction", right + false), ("in both", right))
            for line, (name, count) in enumerate(rows):
                sheet.write(x, _BELOW + 0.24 * (line + 1), name, 9.5)
                sheet.write(x + 1.6, _BELOW + 0.24 * (line + 1), f"{count}", 9.5, mono=True)
            return
        for fate in (1, 2, 3):
            y = _BELOW + 0.24 * fate
            _paint_swatch(sheet, x, y, self._fate_swatches[fate])
            sheet.write(x + 0.42, y, _FATES[fate], 9.5)
            sheet.write(x + 1.75, y, f"{counts[fate - 1]}", 9.5, mono=True)
        words, _, rest = self._score_words().partition(". ")
        undefined = ":" in words
        sheet.write(x, _BELOW + 1.02, "IoU = 0 / 0 is undefined" if undefined else words, 10.5, bold=True)
        sheet.write(x, _BELOW + 1.28, "the class is in neither" if undefined else rest, 9.5)
        self._draw_profile(sheet)

    def _draw_profile(self, sheet: Sheet) -> None:
        """A bar for the IoU at each threshold, the present one blue and pointed at."""
        left, bottom, tall, step = 7.95, _BELOW + 1.5, 1.05, 0.098
        scores = self.at_every_threshold()
        at, profile = int(np.argmin(np.abs(_THRESHOLDS - self.threshold))), np.nan_to_num(scores)
        best = int(profile.argmax())
        sheet.write(left, _BELOW, "IoU at every threshold", 8.5, plot.GREY)
        best_words = f", best {profile[best]:.2f} at {_THRESHOLDS[best]:.2f}" if profile[best] else ""
        now = "undefined" if np.isnan(scores[at]) else f"{scores[at]:.2f}"
        sheet.write(left, _BELOW + 0.22, f"now {now}{best_words}", 9)
        high = np.maximum(tall * profile, 0.008).tolist()
        bars = [rectangle(left + k * step, bottom - h, step - 0.025, h) for k, h in enumerate(high)]
        sheet.shapes(bars[:at] + bars[at + 1 :], _PALE)
        sheet.shapes([bars[at]], plot.BLUE)
        sheet.stamp("▲", [(left + (at + 0.38) * step, bottom + 0.08)], 7)
        for k in (0, 9, 18):
            sheet.stamp(f"{_THRESHOLDS[k]:.2f}", [(left + (k + 0.38) * step, bottom + 0.24)], 8, plot.GREY)


def _swatches(colours: np.ndarray) -> list[np.ndarray]:
    """The pattern of each class, for a legend."""
    height, width = (round(side * _DOTS) for side in _SWATCH)
    return [hatched(np.full((1, 1), k), colours, height, width) for k in range(len(colours))]


def _paint_swatch(sheet: Sheet, x: float, y: float, pixels: np.ndarray) -> None:
    height, width = _SWATCH
    sheet.paint(pixels, x, y - height / 2, width, height)
    sheet.box(x, y - height / 2, width, height, _RIM, line=0.8)


def _colours(classes: int) -> np.ndarray:
    """A colour for each of many classes, grey for the background, the rest again and again."""
    return np.concatenate([PAINT_COLOURS[:1], np.resize(PAINT_COLOURS[1:], (classes - 1, 3))])


def _checked(images: object, truth: object, probabilities: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    images = check_rank(images, "images", {4: "(N, H, W, 3)"})
    if not 1 <= len(images) <= MOST:
        raise ValueError(f"`images` must hold 1 to {MOST} pictures. Received: {len(images)}")
    pixels = np.stack([as_bytes(image, "images") for image in images])
    truth = check_rank(truth, "truth", {3: "(N, H, W)"})
    probabilities = check_rank(probabilities, "probabilities", {4: "(N, H, W, C)"})
    if truth.shape != pixels.shape[:3] or probabilities.shape[:3] != pixels.shape[:3]:
        raise ValueError(
            f"`truth` and `probabilities` must have an entry for every pixel of images {pixels.shape}. "
            f"Received: {truth.shape} and {probabilities.shape}"
        )
    classes = probabilities.shape[-1]
    if truth.dtype.kind not in "iu" or truth.min() < 0 or truth.max() >= classes:
        raise ValueError(
            f"`truth` must hold whole numbers from 0 to {classes - 1}, the classes of `probabilities`. "
            f"Received: {truth.dtype} from {truth.min()} to {truth.max()}"
        )
    if not (np.isfinite(probabilities).all() and probabilities.min() >= 0 and probabilities.max() <= 1 + 1e-4):
        raise ValueError(
            "`probabilities` must be from 0 to 1 (the softmax of the model's answers). "
            f"Received: from {probabilities.min():g} to {probabilities.max():g}"
        )
    return pixels, truth, np.minimum(probabilities, 1)


def _made_up() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scenes, their label maps, and probabilities as a half-trained network might give them: blurred and uneven."""
    some = scenes.scenes(8, seed=16, **segmentation.WORLD)
    truth = np.stack([segmentation.label_map(one) for one in some])
    near = ndimage.gaussian_filter(np.eye(4)[truth], (0, 2.2, 2.2, 0))  # (N, H, W, 4)
    doubt = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=near.shape), (0, 2.5, 2.5, 0))
    raised = np.exp(5 * near + 9 * doubt + [0.8, 0, 0, 0])  # it says background rather too often
    return np.stack([one.image for one in some]), truth, raised / raised.sum(axis=-1, keepdims=True)
