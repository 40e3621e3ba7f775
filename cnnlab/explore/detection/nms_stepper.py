"""The NMS stepper: of many boxes around each object one is kept, a round at a time."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cnnlab import plot
from cnnlab.common.validate import check_fraction
from cnnlab.detection import nms
from cnnlab.detection.detections import Detections
from cnnlab.explore.base.controls import choice, real, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import counted
from cnnlab.explore.detection.boxed_picture import TONES, as_bytes
from cnnlab.explore.detection.coins import coins
from cnnlab.explore.drawing.arrays import Map
from cnnlab.explore.drawing.sheet import Sheet

MOST = 600  # candidates; more can be neither told apart nor drawn in time
_WIDTH, _HEIGHT = 10.0, 5.3  # inches, y downwards
_PICTURE = (0.15, 0.12, 6.2, 5.05)  # left, top, width, height
_TEXT = 6.55
_LISTED, _SAID = 9, 5  # suppressed boxes listed in the picture, and in words
_PER_CLASS, _TOGETHER = "each class on its own", "all classes together"
_KEPT, _NOW, _GONE, _WAITING = plot.GREEN, plot.BLUE, plot.RED, plot.YELLOW


class NmsStepper(Explorer):
    """Non-maximum suppression a round at a time: the best box left is kept, what overlaps it too much goes.

    Parameters
    ----------
    image
        (H, W) or (H, W, 3), bytes or numbers from 0 to 1; by default a photo of 24 coins
    detections
        the candidates, `cnnlab.detections.Detections`, 1 to 600; by default the windows that look like a coin
    score_threshold, iou_threshold : where the sliders start, from 0 to 1 in steps of 0.05
    predict : ask how many boxes are kept in the end, and show no round before

    Raises
    ------
    TypeError, ValueError
        If only one of `image` and `detections` is given, or a threshold is on no step.

    Examples
    --------
    >>> found = Detections([[0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 30, 10]], [0.7, 0.9, 0.8], [0, 0, 0], ["cat"])
    >>> stepper = NmsStepper(np.zeros((20, 40)), found)
    >>> print(stepper.set(round=1).describe().splitlines()[1])
    Round 1 of 2: keep box 1 (cat, 0.90) at x 0 to 10, y 0 to 9. It suppresses 1: box 0 (0.70, IoU 0.90).
    """

    score_threshold = real(0.0, 1.0, 0.6, 0.05, readout_format=".2f")
    iou_threshold = real(0.0, 1.0, 0.5, 0.05, readout_format=".2f")
    classes = choice((_PER_CLASS, _TOGETHER), label="compare")
    round = whole(0, lambda it: len(it._steps()))
    listed = {"score_threshold": (0.55, 0.6), "iou_threshold": (0.3, 0.5, 0.8), "round": (0, 1, 24)}

    def __init__(
        self,
        image: np.ndarray | None = None,
        detections: Detections | None = None,
        *,
        score_threshold: float = 0.6,
        iou_threshold: float = 0.5,
        predict: bool = False,
    ) -> None:
        if (image is None) != (detections is None):
            raise ValueError("`image` and `detections` must be given together, or neither. Received: one of them")
        if detections is None:
            image, detections, _ = coins()
        if not isinstance(detections, Detections):
            raise TypeError(f"`detections` must be a Detections record. Received: {type(detections).__name__}")
        if not 1 <= len(detections) <= MOST:
            raise ValueError(
                f"`detections` must hold 1 to {MOST} boxes: keep the best, as in found[found.scores > 0.5]. "
                f"Received: {len(detections)}"
            )
        self._found = detections
        self._pixels = _paled(as_bytes(image)) & TONES
        self._rounds = lru_cache(maxsize=32)(self._all_rounds)
        super().__init__(
            predict=predict,
            score_threshold=_threshold(score_threshold, "score_threshold"),
            iou_threshold=_threshold(iou_threshold, "iou_threshold"),
        )

    # --- the rounds ---------------------------------------------------------------------------------------------

    def _all_rounds(self, score_threshold: float, iou_threshold: float, per_class: bool) -> tuple[nms.Round, ...]:
        labels = self._found.labels if per_class else None
        return tuple(nms.steps(self._found.boxes, self._found.scores, iou_threshold, score_threshold, labels))

    def _steps(self) -> tuple[nms.Round, ...]:
        # A slider's 0.6000000000000001 must not drop a box with a score of 0.6.
        thresholds = round(self.score_threshold, 6), round(self.iou_threshold, 6)
        return self._rounds(*thresholds, self.classes == _PER_CLASS)

    def _at(self) -> int:
        """The round to show; none while the number of rounds is to be guessed."""
        return self.round if self.revealed else 0

    def _strong(self) -> np.ndarray:
        """Rows of the boxes that take part."""
        if not self._steps():
            return np.empty(0, int)
        first = self._steps()[0]
        return np.concatenate([[first.kept], first.suppressed, first.remaining])

    def question(self) -> str:
        return "How many boxes will be left when every round is done?"

    def answer(self) -> int:
        return len(self._steps())

    # --- in words -----------------------------------------------------------------------------------------------

    def describe(self) -> str:
        steps, strong = self._steps(), self._strong()
        weak = len(self._found) - len(strong)
        lines = [
            f"{counted(len(self._found), 'candidate')}. {weak} with a score below {self.score_threshold:.2f} "
            f"{'goes' if weak == 1 else 'go'} at once, {len(strong)} take part; IoU threshold "
            f"{self.iou_threshold:.2f}, {self.classes}."
        ]
        at = self._at()
        if not self.revealed:
            return "\n".join([*lines, "The rounds are hidden until you have typed your guess."])
        if at == 0:
            rounds = f"{counted(len(steps), 'round')} to go" if steps else "Nothing is left to compare"
            return "\n".join([*lines, f"Nothing has been compared yet. {rounds}.", self._kept_words(0)])
        step = steps[at - 1]
        x1, y1, x2, y2 = self._found.boxes[step.kept]
        lines.append(
            f"Round {at} of {len(steps)}: keep {self._named(step.kept)} at x {x1:.4g} to {x2:.4g}, y {y1:.4g} to "
            f"{y2:.4g}. {self._suppressed_words(step)}"
        )
        lines.append(f"{counted(len(step.remaining), 'box', 'es')} still wait{'s' * (len(step.remaining) == 1)}.")
        if at == len(steps):
            lines[-1] = f"That was the last round: {len(strong)} boxes have become {len(steps)}."
        lines.append(self._kept_words(at))
        return "\n".join(lines)

    def _named(self, row: int) -> str:
        return f"box {row} ({self._name(row)}, {self._found.scores[row]:.2f})"

    def _name(self, row: int) -> str:
        label = self._found.labels[row]
        return self._found.names[label] if self._found.names else f"class {label}"

    def _suppressed_words(self, step: nms.Round) -> str:
        if not len(step.suppressed):
            return "It suppresses nothing."
        pairs = zip(step.suppressed[:_SAID], step.ious[:_SAID], strict=True)
        said = ", ".join(f"box {row} ({self._found.scores[row]:.2f}, IoU {value:.2f})" for row, value in pairs)
        more = len(step.suppressed) - _SAID
        return f"It suppresses {len(step.suppressed)}: {said}{f' and {more} more' if more > 0 else ''}."

    def _kept_words(self, rounds: int) -> str:
        kept = [self._steps()[k].kept for k in range(rounds)]
        if not kept:
            return "Kept so far: none."
        names = [self._name(row) for row in kept]
        each = ", ".join(f"{names.count(name)} {name}" for name in dict.fromkeys(names))
        return f"Kept so far: {len(kept)} ({each})."

    # --- the picture --------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        picture = plot.Picture(_WIDTH, _HEIGHT, alt=self.describe())
        sheet, boxes, steps, at = Sheet(picture), self._found.boxes, self._steps(), self._at()
        shown = Map(sheet, self._pixels, _PICTURE[:2], _PICTURE[2:])
        waiting = self._strong() if at == 0 else steps[at - 1].remaining
        shown.outline(boxes[waiting], _WAITING, 1.0, casing=False)
        kept = [step.kept for step in steps[: max(at - 1, 0)]]
        shown.outline(boxes[kept], _KEPT, 2.4)
        if at:
            step = steps[at - 1]
            shown.outline(boxes[step.suppressed], _GONE, 1.2, casing=False)
            shown.outline(boxes[[step.kept]], _NOW, 3.6)
            shown.tags(boxes[[step.kept]], [f"{self._name(step.kept)} {self._found.scores[step.kept]:.2f}"])
        self._draw_numbers(sheet, len(waiting))
        return picture

    def _draw_numbers(self, sheet: Sheet, waiting: int) -> None:
        steps, at = self._steps(), self._at()
        title = "before the first round" if at == 0 else f"round {at} of {len(steps)}"
        sheet.write(_TEXT, 0.3, title, 13, bold=True)
        rows = [
            (_KEPT, f"kept in earlier rounds: {max(at - 1, 0)}"),
            (_NOW, f"kept now: {'–' if at == 0 else self._named(steps[at - 1].kept)}"),
            (_GONE, f"suppressed now: {0 if at == 0 else len(steps[at - 1].suppressed)}"),
            (_WAITING, f"waiting: {waiting}"),
        ]
        for k, (colour, words) in enumerate(rows):
            y = 0.68 + 0.27 * k
            sheet.box(_TEXT, y - 0.08, 0.22, 0.16, colour, line=2.6)
            sheet.write(_TEXT + 0.34, y, words, 10)
        y = 1.98
        if not self.revealed:
            sheet.write(_TEXT, y, "your guess first", 12, plot.GREY)
            return
        if at == 0:
            ways = [
                "Sort by score. Keep the best box,",
                "drop what overlaps it by more than",
                f"{self.iou_threshold:.2f}, and start again with the rest.",
            ]
            sheet.write_all([(_TEXT, y + 0.25 * k, line) for k, line in enumerate(ways)], 10)
            return
        step = steps[at - 1]
        heads = [(_TEXT, y, "suppressed"), (_TEXT + 1.25, y, "score"), (_TEXT + 2.05, y, "IoU")]
        cells = []
        for k, (row, value) in enumerate(zip(step.suppressed[:_LISTED], step.ious[:_LISTED], strict=True)):
            line = y + 0.27 + 0.25 * k
            cells += [(_TEXT, line, f"box {row}"), (_TEXT + 1.25, line, f"{self._found.scores[row]:.2f}")]
            cells += [(_TEXT + 2.05, line, f"{value:.2f}")]
        more = len(step.suppressed) - _LISTED
        if more > 0:
            cells.append((_TEXT, y + 0.27 + 0.25 * _LISTED, f"and {more} more"))
        if not len(step.suppressed):
            cells.append((_TEXT, y + 0.27, "none"))
        sheet.write_all(heads, 9.5)
        sheet.write_all(cells, 10)


def _paled(image: np.ndarray) -> np.ndarray:
    """A quarter of the way to white, so that the outlines stand out."""
    return (0.75 * image + 0.25 * 255).astype(np.uint8)


def _threshold(value: object, name: str) -> float:
    """`value` from 0 to 1, on a step of 0.05."""
    number = check_fraction(value, name)
    if abs(20 * number - round(20 * number)) > 1e-9:
        raise ValueError(f"`{name}` must be a number from 0 to 1 in steps of 0.05. Received: {value!r}")
    return round(number, 2)
