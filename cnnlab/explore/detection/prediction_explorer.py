"""What becomes of a detector's boxes when the score and the overlap that are asked for change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnlab import plot
from cnnlab.arithmetic import boxes as box_arrays
from cnnlab.common.validate import check_rank
from cnnlab.data import scenes
from cnnlab.detection import metrics
from cnnlab.detection.detections import Detections, GroundTruth
from cnnlab.detection.nms import nms
from cnnlab.explore.base.controls import real, switch, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.detection.boxed_picture import free_places, plates
from cnnlab.explore.drawing.arrays import Map
from cnnlab.explore.drawing.sheet import INK, Sheet

_WIDTH, _HEIGHT = 10.0, 4.75  # inches
_LEFT, _TOP, _SIDE = 0.15, 0.5, 4.1
_TABLE, _ROWS = 4.6, 14  # where the table begins, and how many rows fit
_FAINT = 60  # suppressed boxes drawn, at most
_HIT = 0.5  # IoU from which a box counts as found
_MOST_PICTURES = 200


class PredictionExplorer(Explorer):
    """A detector's boxes under your thresholds: which are kept, which are right, what is missed.

    Parameters
    ----------
    images : (N, H, W, 3), 0–1 or uint8, N at most 200; by default scenes
    detections
        N of `Detections` before any suppression, with low scores too; must be given with images. By default boxes made
        up around the truth, as a half-trained network might give them
    ground_truth : N of `GroundTruth`, what is really there
    class_names : of the labels; by default those of the detections

    Examples
    --------
    >>> explorer = PredictionExplorer()
    >>> few, many = explorer.set(score=0.9).kept(), explorer.set(score=0.1).kept()
    >>> len(few) <= len(many)
    True
    """

    picture = whole(0, lambda it: len(it._pixels) - 1)
    score = real(0.05, 0.95, 0.3, 0.05, label="score at least", readout_format=".2f")
    iou = real(0.0, 0.95, 0.45, 0.05, label="NMS: IoU above", readout_format=".2f")
    per_class = switch(True, "NMS per class")
    listed = {"picture": (0, 1), "score": (0.05, 0.3, 0.6, 0.9), "iou": (0.45, 0.95)}

    def __init__(
        self,
        images: np.ndarray | None = None,
        detections: Sequence[Detections] | None = None,
        ground_truth: Sequence[GroundTruth] | None = None,
        *,
        class_names: Sequence[str] = (),
    ) -> None:
        if images is None:
            images, detections, ground_truth = _made_up()
        if detections is None or ground_truth is None:
            raise ValueError("`detections` and `ground_truth` must be given with `images`")
        pixels = check_rank(images, "images", {4: "(N, H, W, 3)"})
        if pixels.shape[-1] != 3 or not 1 <= len(pixels) <= _MOST_PICTURES:
            raise ValueError(
                f"`images` must be 1 to {_MOST_PICTURES} pictures (H, W, 3). Received: shape {pixels.shape}"
            )
        for name, some in (("detections", detections), ("ground_truth", ground_truth)):
            if len(some) != len(pixels):
                raise ValueError(f"`{name}` must have one entry a picture, {len(pixels)}. Received: {len(some)}")
        self._pixels = pixels if pixels.dtype == np.uint8 else (255 * np.clip(pixels, 0, 1)).astype(np.uint8)
        self._detections, self._truth = list(detections), list(ground_truth)
        self._names = tuple(class_names) or self._detections[0].names
        most = max((int(some.labels.max(initial=0)) for some in (*self._detections, *self._truth)), default=0)
        if self._names and most >= len(self._names):
            raise ValueError(f"`class_names` must have a name for label {most}. Received: {len(self._names)} names")
        self._known: tuple | None = None  # asked for twice in one redraw
        super().__init__()

    # --- what is computed ---------------------------------------------------------------------------------------

    def candidates(self) -> Detections:
        """Every box whose score is high enough, best first."""
        some = self._detections[self.picture]
        rows = np.flatnonzero(some.scores >= self.score - 1e-9)  # a slider's 0.3 may be 0.30000000000000004
        return some[rows[np.argsort(-some.scores[rows], kind="stable")]]

    def kept(self) -> Detections:
        """What non-max suppression leaves of them, best first."""
        some = self.candidates()
        labels = some.labels if self.per_class else None
        return some[nms(some.boxes, some.scores, self.iou, labels=labels)]

    def _name(self, label: int) -> str:
        return self._names[label] if self._names else f"class {label}"

    def _fates(self) -> tuple[Detections, list[str], np.ndarray]:
        """The boxes kept, what became of each in words, and the rows of the truth that nobody found."""
        state = self.state()
        if self._known is None or self._known[0] != state:
            self._known = state, self._work_out()
        return self._known[1]

    def _work_out(self) -> tuple[Detections, list[str], np.ndarray]:
        kept, truth = self.kept(), self._truth[self.picture]
        result = metrics.match(kept, truth, _HIT)
        overlap = box_arrays.iou(kept.boxes, truth.boxes)  # (K, N)
        fates = []
        for row in range(len(kept)):
            if result.ignored[row]:
                fates.append("does not count")
            elif result.right[row]:
                fates.append(f"right, IoU {result.ious[row]:.2f}")
            elif not overlap.shape[1] or overlap[row].max() < _HIT:
                fates.append(f"wrong: best IoU {overlap[row].max(initial=0):.2f}")
            elif not ((overlap[row] >= _HIT) & (truth.labels == kept.labels[row])).any():
                fates.append(f"wrong class: it is a {self._name(truth.labels[overlap[row].argmax()])}")
            else:
                fates.append("wrong: found already")
        return kept, fates, result.missed

    # --- in words -----------------------------------------------------------------------------------------------

    def describe(self) -> str:
        kept, fates, missed = self._fates()
        truth, total = self._truth[self.picture], len(self._detections[self.picture])
        above = len(self.candidates())
        right = sum(fate.startswith("right") for fate in fates)
        counted = sum(fate != "does not count" for fate in fates)
        real = right + len(missed)
        how = "within each class" if self.per_class else "across all classes"
        lines = [
            f"Picture {self.picture}: {total} boxes, {above} with a score of {self.score:.2f} or more; non-max "
            f"suppression {how} removes {above - len(kept)} that overlap a better one by more than {self.iou:.2f} and "
            f"leaves {len(kept)}.",
            f"{right} of {counted} right: precision {_part(right, counted)}. {right} of {real} objects found: recall "
            f"{_part(right, real)}.",
        ]
        for row in range(min(len(kept), 8)):
            lines.append(f"{row + 1}. {self._name(kept.labels[row])}, score {kept.scores[row]:.2f}: {fates[row]}.")
        if len(kept) > 8:
            lines.append(f"… and {len(kept) - 8} more.")
        lines += [f"Missed: {', '.join(self._name(truth.labels[row]) for row in missed)}."] if len(missed) else []
        return "\n".join(lines)

    # --- the picture --------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        picture = plot.Picture(_WIDTH, _HEIGHT, alt=self.describe())
        sheet = Sheet(picture)
        kept, fates, missed = self._fates()
        self._draw_scene(sheet, kept, fates, missed)
        self._draw_table(sheet, kept, fates, missed)
        return picture

    def _draw_scene(self, sheet: Sheet, kept: Detections, fates: list[str], missed: np.ndarray) -> None:
        size, truth = self._pixels.shape[1:3], self._truth[self.picture]
        shown = Map(sheet, self._pixels[self.picture], (_LEFT, _TOP), _SIDE)
        sheet.write(_LEFT, _TOP - 0.25, f"picture {self.picture}", 12, bold=True)
        shown.outline(box_arrays.clip(self.candidates().boxes[:_FAINT], *size), "#DDDDDD", 0.8, casing=False)
        real_boxes, is_missed = box_arrays.clip(truth.boxes, *size), np.isin(np.arange(len(truth)), missed)
        shown.dashed(real_boxes[~is_missed], plot.BLUE, 2.0)
        shown.dashed(real_boxes[is_missed], plot.RED, 2.0)
        boxes = box_arrays.clip(kept.boxes, *size)
        shown.outline(boxes[::-1], plot.ORANGE, 1.8, casing=False)  # the best on top
        places = free_places(shown, boxes[:_ROWS])
        plates(sheet, places, [plot.ORANGE] * len(places), INK)

    def _draw_table(self, sheet: Sheet, kept: Detections, fates: list[str], missed: np.ndarray) -> None:
        total, above = len(self._detections[self.picture]), len(self.candidates())
        words = f"{total} boxes → {above} above the score → {len(kept)} after NMS"
        sheet.write(_TABLE, _TOP - 0.25, words, 12, bold=True)
        plain, scores = [], []
        for row in range(min(len(kept), _ROWS)):
            y = _TOP + 0.12 + 0.24 * row
            plain += [(_TABLE, y, f"{row + 1}"), (_TABLE + 0.35, y, self._name(kept.labels[row]))]
            scores.append((_TABLE + 1.35, y, f"{kept.scores[row]:.2f}"))
            if fates[row].startswith("right"):
                plain.append((_TABLE + 1.95, y, f"✔ {fates[row]}"))
            else:
                sheet.write(_TABLE + 1.95, y, f"✘ {fates[row]}", 9.5, plot.RED)
        if plain:
            sheet.write_all(plain, 9.5)
            sheet.write_all(scores, 9.5, mono=True)
        if len(kept) > _ROWS:
            sheet.write(_TABLE, _TOP + 0.12 + 0.24 * _ROWS, f"… and {len(kept) - _ROWS} more", 9.5, plot.GREY)
        right, real = sum(fate.startswith("right") for fate in fates), len(self._truth[self.picture])
        line = f"{right} of {len(kept)} right, {right} of {real} objects found"
        sheet.write(_TABLE, _HEIGHT - 0.52, line, 10.5, bold=True)
        key = ((plot.ORANGE, False, "kept"), ("#BBBBBB", False, "not kept"), (plot.BLUE, True, "found object"))
        for k, (colour, dashed, word) in enumerate((*key, (plot.RED, True, "missed object"))):
            x = _TABLE + (0, 0.85, 1.95, 3.35)[k]
            sheet.box(x, _HEIGHT - 0.28, 0.2, 0.14, colour, line=2.0, dashed=dashed)
            sheet.write(x + 0.27, _HEIGHT - 0.21, word, 9, INK)


def _part(some: int, of: int) -> str:
    return f"{some / of:.2f}" if of else "undefined"


def _made_up() -> tuple[np.ndarray, list[Detections], list[GroundTruth]]:
    """Scenes with boxes as a half-trained network might give them: several an object, some in the wrong place."""
    rng = np.random.default_rng(0)
    some = scenes.scenes(8, seed=12, min_objects=2)
    found, truth = [], []
    for one in some:
        truth.append(GroundTruth(one.boxes, one.labels))
        near = np.repeat(one.boxes, 5, axis=0) + rng.normal(0, 2.5, (5 * len(one.boxes), 4))
        far = np.sort(rng.uniform(0, 96, (6, 2, 2)), axis=1).reshape(6, 4)  # the smaller x and y come first
        labels = np.repeat(one.labels, 5)
        mixed = np.where(rng.random(len(labels)) < 0.15, rng.integers(0, 3, len(labels)), labels)
        scores = np.concatenate([rng.beta(4, 2, len(near)), rng.beta(1.5, 5, 6)])
        classes = np.concatenate([mixed, rng.integers(0, 3, 6)])
        found.append(Detections(np.concatenate([near, far]), scores, classes, one.class_names))
    return np.stack([one.image for one in some]), found, truth
