"""The PR builder: move the score threshold over a detector's boxes, and its precision–recall curve follows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from cnnlab import plot
from cnnlab.common.validate import check_fraction
from cnnlab.detection import metrics, nms
from cnnlab.detection.detections import Detections, GroundTruth
from cnnlab.explore.base.controls import choice, real, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import counted
from cnnlab.explore.detection.boxed_picture import TONES, as_bytes
from cnnlab.explore.detection.coins import coins
from cnnlab.explore.drawing.arrays import Map
from cnnlab.explore.drawing.sheet import INK, Sheet, disc, rectangle

MOST = 40  # pictures
_WIDTH, _HEIGHT = 10.0, 5.5  # inches, y downwards
_PICTURE = (0.15, 0.42, 4.75, 3.75)  # left, top, width, height
_PLOT = (5.6, 0.55, 3.9, 2.85)
_STRIP_TOP, _STRIP_MOST = 4.72, 60  # of the ranking, and how many of it are drawn
_RIGHT, _WRONG, _MISSED = plot.GREEN, plot.RED, plot.BLUE
_FORMS = {"11 points (VOC 2007)": "voc07", "all points (VOC 2010)": "voc10", "101 points (COCO)": "coco"}
_SAMPLES = {"voc07": np.arange(11) / 10, "coco": np.linspace(0, 1, 101)}  # recalls, as in `cnnlab.metrics`


class _Ranking(NamedTuple):
    """The detections of one class over all pictures, best first; N of them."""

    scores: np.ndarray  # (N,)
    right: np.ndarray  # (N,) bool
    picture: np.ndarray  # (N,) which picture
    row: np.ndarray  # (N,) which detection there
    positives: int
    recall: np.ndarray  # (N,)
    precision: np.ndarray  # (N,)


class PrBuilder(Explorer):
    """Lower the score threshold: each detection is right or wrong, and each makes one point of the curve.

    Parameters
    ----------
    images : a picture or a list of up to 40, as for `NmsStepper`; by default a photo of 24 coins
    detections : a `cnnlab.detections.Detections` for each picture, after suppression; by default discs of one size
    ground_truth : a `cnnlab.detections.GroundTruth` for each picture, without crowds and ignored boxes
    score_threshold : where the slider starts, 0 to 1
    iou_threshold : where the slider starts, 0.3 to 0.95 in steps of 0.05
    predict : ask for the precision at the threshold before showing it

    Raises
    ------
    TypeError, ValueError
        If only some of the three are given, or they do not fit each other.

    Examples
    --------
    >>> truth = GroundTruth([[0, 0, 10, 10], [20, 0, 30, 10]], [0, 0])
    >>> found = Detections([[0, 0, 10, 9], [40, 0, 50, 10]], [0.9, 0.4], [0, 0], ["cat"])
    >>> builder = PrBuilder(np.zeros((20, 60)), found, truth)
    >>> print(builder.set(score_threshold=0.5).describe().splitlines()[1])
    Precision 1 / 1 = 1.00. Recall 1 / 2 = 0.50.
    """

    score_threshold = real(0.0, 1.0, 0.75, 0.01, readout_format=".2f")
    iou_threshold = real(0.3, 0.95, 0.5, 0.05, readout_format=".2f")
    form = choice(list(_FORMS), "all points (VOC 2010)", label="AP from")
    label = choice(lambda it: list(it._classes), label="class")
    picture = whole(0, lambda it: len(it._pixels) - 1)
    choices = ("undefined",)
    listed = {"score_threshold": (0.9, 0.75, 0.65, 0.6, 0.5, 0.3), "iou_threshold": (0.5, 0.7, 0.85)}

    def __init__(
        self,
        images: np.ndarray | Sequence[np.ndarray] | None = None,
        detections: Detections | Sequence[Detections] | None = None,
        ground_truth: GroundTruth | Sequence[GroundTruth] | None = None,
        *,
        score_threshold: float = 0.75,
        iou_threshold: float = 0.5,
        predict: bool = False,
    ) -> None:
        given = [value is not None for value in (images, detections, ground_truth)]
        if any(given) and not all(given):
            raise ValueError(
                f"`images`, `detections` and `ground_truth` must be given together. Received: {sum(given)} of the three"
            )
        if not any(given):
            images, found, ground_truth = coins(radii=(22,), least=0.3)
            detections, iou_threshold = found[nms.nms(found.boxes, found.scores, 0.3)], 0.7
        self._found = _records(detections, Detections, "detections")
        self._truth = _records(ground_truth, GroundTruth, "ground_truth")
        pictures = list(images) if isinstance(images, (list, tuple)) else [images]
        if not len(pictures) == len(self._found) == len(self._truth) or not 1 <= len(pictures) <= MOST:
            sizes = f"{len(pictures)}, {len(self._found)} and {len(self._truth)}"
            raise ValueError(
                f"`images`, `detections` and `ground_truth` must be of one length, 1 to {MOST}. Received: {sizes}"
            )
        if any(truth.crowd.any() or truth.ignore.any() for truth in self._truth):
            raise ValueError("`ground_truth` must hold no crowds and no ignored boxes: they count neither way")
        self._classes = self._names()
        self._pixels = [as_bytes(image, "images") & TONES for image in pictures]
        self._rankings = lru_cache(maxsize=64)(self._rank)
        super().__init__(
            predict=predict,
            score_threshold=check_fraction(score_threshold, "score_threshold"),
            iou_threshold=check_fraction(iou_threshold, "iou_threshold"),
        )

    def _names(self) -> dict[str, int]:
        """The classes that have objects, name → label."""
        labels = np.unique(np.concatenate([truth.labels for truth in self._truth]))
        if not len(labels):
            raise ValueError("`ground_truth` must hold at least one box: there is nothing to find")
        names = next((found.names for found in self._found if found.names), ())
        return {names[label] if label < len(names) else f"class {label}": int(label) for label in labels}

    # --- who is right -------------------------------------------------------------------------------------------

    def _rank(self, iou_threshold: float, label: int) -> _Ranking:
        parts = []
        for number, (found, truth) in enumerate(zip(self._found, self._truth, strict=True)):
            rows = np.flatnonzero(found.labels == label)
            right = metrics.match(found[rows], truth[truth.labels == label], iou_threshold).right
            parts.append((found.scores[rows], right, np.full(len(rows), number), rows))
        scores, right, picture, row = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        order = np.argsort(-scores, kind="stable")
        positives = sum(int((truth.labels == label).sum()) for truth in self._truth)
        recall, precision = metrics.precision_recall(scores, right, positives)
        return _Ranking(scores[order], right[order], picture[order], row[order], positives, recall, precision)

    def _ranking(self) -> _Ranking:
        # A slider's 0.7000000000000001 must not fail a box with an IoU of 0.7.
        return self._rankings(round(self.iou_threshold, 6), self._classes[self.label])

    def _taken(self) -> int:
        """How many detections reach the score threshold."""
        return int((self._ranking().scores >= round(self.score_threshold, 6)).sum())

    def _average(self, form: str) -> float:
        ranking = self._ranking()
        return metrics.average_precision(ranking.recall, ranking.precision, _FORMS[form])

    def question(self) -> str:
        return (
            f"At a score threshold of {self.score_threshold:.2f}, what is the precision over "
            f"{'all pictures' if len(self._pixels) > 1 else 'this picture'}, with two decimals? "
            f"{counted(self._taken(), 'box', 'es')} reach it. Where there is none to speak of, type undefined."
        )

    def answer(self) -> float | str:
        taken = self._taken()
        return float(self._ranking().precision[taken - 1]) if taken else "undefined"

    # --- in words -----------------------------------------------------------------------------------------------

    def describe(self) -> str:
        ranking, taken = self._ranking(), self._taken()
        lines = [
            f"Class {self.label}: {ranking.positives} to find, {counted(len(ranking.scores), 'detection')}, {taken} of "
            f"them with a score of {self.score_threshold:.2f} or more; IoU threshold {self.iou_threshold:.2f}."
        ]
        if not self.revealed:
            return "\n".join([*lines, "Which of them are right appears with your guess."])
        precision, recall = self._quotients(taken)
        right = int(ranking.right[:taken].sum())
        forms = ", ".join(f"{form.split(' (')[0]} {self._average(form):.3f}" for form in _FORMS)
        here = zip(map(len, self._boxes(taken)), ("right", "wrong", "missed"), strict=True)
        lines += [
            f"Precision {precision}{'' if taken else ', as nothing is taken'}. Recall {recall}.",
            f"Right (TP) {right}, wrong (FP) {taken - right}, missed (FN) {ranking.positives - right}.",
            f"Ranking, best first: {self._marks(taken)}",
            f"AP over all thresholds: {forms}. Drawn: {self.form}.",
            f"In picture {self.picture}: {', '.join(f'{count} {what}' for count, what in here)}.",
        ]
        return "\n".join(lines)

    def _quotients(self, taken: int) -> tuple[str, str]:
        """Precision and recall at this threshold, worked out."""
        ranking = self._ranking()
        right = int(ranking.right[:taken].sum())
        precision = f"{right} / {taken} = {right / taken:.2f}" if taken else "undefined"
        return precision, f"{right} / {ranking.positives} = {right / ranking.positives:.2f}"

    def _marks(self, taken: int) -> str:
        signs = "".join("✔" if right else "✘" for right in self._ranking().right[:_STRIP_MOST])
        more = len(self._ranking().right) - _STRIP_MOST
        return f"{signs[:taken]}│{signs[taken:]}{f' and {more} more' if more > 0 else ''}"

    def _boxes(self, taken: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Boxes of the picture shown: right, wrong and missed at this threshold, each (K, 4)."""
        ranking, number = self._ranking(), self.picture
        here = np.flatnonzero(ranking.picture[:taken] == number)
        boxes, right = self._found[number].boxes[ranking.row[here]], ranking.right[here]
        rows = np.sort(ranking.row[here])
        objects = self._objects()
        missed = metrics.match(self._found[number][rows], objects, round(self.iou_threshold, 6)).missed
        return boxes[right], boxes[~right], objects.boxes[missed]

    def _objects(self) -> GroundTruth:
        """What there is to find in the picture shown."""
        truth = self._truth[self.picture]
        return truth[truth.labels == self._classes[self.label]]

    # --- the picture --------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        picture = plot.Picture(_WIDTH, _HEIGHT, alt=self.describe())
        sheet, taken = Sheet(picture), self._taken()
        self._draw_boxes(sheet, taken)
        self._draw_curve(sheet, taken)
        self._draw_ranking(sheet, taken)
        return picture

    def _draw_boxes(self, sheet: Sheet, taken: int) -> None:
        shown = Map(sheet, self._pixels[self.picture], _PICTURE[:2], _PICTURE[2:])
        right, wrong, missed = self._boxes(taken)
        if not self.revealed:
            shown.outline(self._objects().boxes, _MISSED, 1.2, casing=False)
            shown.outline(np.concatenate([right, wrong]), plot.YELLOW, 2.0)
            sheet.write(_PICTURE[0], 0.22, "yellow: taken at this threshold; thin blue: what is there", 9.5)
            return
        shown.outline(right, _RIGHT, 2.2)
        shown.dashed(wrong[:40], _WRONG, 2.2)
        shown.outline(missed, _MISSED, 1.2, casing=False)
        key = ((_RIGHT, "right (TP)", 2.4), (_WRONG, "wrong (FP)", 2.4), (_MISSED, "missed (FN)", 1.2))
        for place, (colour, words, line) in enumerate(key):
            x = _PICTURE[0] + 1.35 * place
            sheet.box(x, 0.14, 0.22, 0.16, colour, line=line, dashed=colour == _WRONG)
            sheet.write(x + 0.3, 0.22, words, 9.5)

    def _draw_curve(self, sheet: Sheet, taken: int) -> None:
        left, top, width, height = _PLOT
        ranking = self._ranking()

        def place(recall: np.ndarray, precision: np.ndarray) -> np.ndarray:
            return np.column_stack([left + width * recall, top + height * (1 - precision)])

        shares = [k / 5 for k in range(6)]
        rules = [((left, top + height * k), (left + width, top + height * k)) for k in shares]
        rules += [((left + width * k, top), (left + width * k, top + height)) for k in shares]
        sheet.lines(rules, "#E3E6EA", 0.8)
        below = {f"{k:g}": (left + width * k, top + height + 0.15) for k in shares}
        beside = {f"{k:g}": (left - 0.17, top + height * (1 - k)) for k in shares}
        sheet.stamp_all({text: [below[text], beside[text]] for text in below}, 8.0, plot.GREY)
        sheet.stamp("recall: found of all there are", [(left + width / 2, top + height + 0.37)], 9.5)
        sheet.write(left - 0.3, top - 0.2, "precision: right of all taken", 9.5)
        if not self.revealed or not len(ranking.scores):
            words = "no detections" if self.revealed else "your guess first"
            sheet.stamp(words, [(left + width / 2, top + height / 2)], 12, plot.GREY)
            return
        falling = np.maximum.accumulate(ranking.precision[::-1])[::-1]
        self._draw_area(sheet, place, ranking.recall, falling)
        path = place(ranking.recall, ranking.precision)
        sheet.lines(list(zip(path, path[1:], strict=False)), plot.GREY, 1.2)
        sheet.shapes([disc(x, y, 0.03) for x, y in path], plot.GREY)
        if taken:
            x, y = path[taken - 1]
            sheet.shapes([disc(x, y, 0.085)], plot.BLUE)
            sheet.lines([((x, y), (x, top + height)), ((left, y), (x, y))], plot.BLUE, 1.0)
        sheet.box(left + 0.06, top + height - 0.33, 1.1, 0.3, "none", fill="#FFFFFFE6")
        sheet.write(left + 0.12, top + height - 0.17, f"AP {self._average(self.form):.3f}", 13, bold=True)

    def _draw_area(self, sheet: Sheet, place, recall: np.ndarray, falling: np.ndarray) -> None:
        """What the chosen form adds up: the steps, or a line at each sampled recall."""
        method = _FORMS[self.form]
        starts = np.append(0, recall[:-1])
        wide = recall > starts
        pairs = zip(starts[wide], recall[wide], falling[wide], strict=True)
        steps = [place(np.array([a, b, b, a]), np.array([h, h, 0, 0])) for a, b, h in pairs]
        if method == "voc10":
            sheet.shapes(steps, "#CFE8DE")
        else:
            wanted = _SAMPLES[method]
            heights = np.append(falling, 0)[np.searchsorted(recall, wanted)]
            feet, tops = place(wanted, np.zeros(len(wanted))), place(wanted, heights)
            sheet.lines(list(zip(feet, tops, strict=True)), plot.GREEN, 2.2 if len(wanted) == 11 else 0.8)
            sheet.shapes([disc(x, y, 0.045 if len(wanted) == 11 else 0.018) for x, y in tops], plot.GREEN)
        sheet.lines([(corners[0], corners[1]) for corners in steps], INK, 1.6)

    def _draw_ranking(self, sheet: Sheet, taken: int) -> None:
        right = self._ranking().right[:_STRIP_MOST]
        shown = len(right)
        size = min(0.3, 9.6 / max(shown, 1))
        left, side = 0.2, size - 0.03
        sheet.write(left, _STRIP_TOP - 0.22, "detections, best score first; the bar is the threshold", 9.5)
        for strong, places in ((True, range(min(taken, shown))), (False, range(taken, shown))):
            for is_right, colour, sign in ((True, _RIGHT, "✔"), (False, _WRONG, "✘")):
                ink = "white" if strong else colour
                if not self.revealed:
                    colour, sign, ink = "#C9CED6", "?", INK
                corners = [left + k * size for k in places if right[k] == is_right]
                squares = [rectangle(x, _STRIP_TOP, side, side) for x in corners]
                sheet.shapes(squares, colour, line=0.0 if strong else 1.2)
                sheet.stamp(sign, [(x + side / 2, _STRIP_TOP + side / 2) for x in corners], 40 * size, ink)
        x = left + min(taken, shown) * size - 0.015
        sheet.lines([((x, _STRIP_TOP - 0.08), (x, _STRIP_TOP + size + 0.06))], INK, 2.4)
        if self.revealed:
            words = "precision {}    recall {}".format(*self._quotients(taken))
            sheet.write(_PLOT[0] - 0.3, 4.2, words, 11, plot.BLUE, bold=True)


def _records(values: object, kind: type, name: str) -> list:
    """`values` as a list of records; one stands for a list of one."""
    records = list(values) if isinstance(values, (list, tuple)) else [values]
    for record in records:
        if not isinstance(record, kind):
            raise TypeError(f"`{name}` must be a {kind.__name__} for each picture. Received: {type(record).__name__}")
    return records
