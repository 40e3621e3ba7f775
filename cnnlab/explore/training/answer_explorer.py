"""Lesson 17's explorer: every answer of a classifier in one table, the pictures behind each number, and a threshold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from string import ascii_letters

import numpy as np

from cnnlab import plot
from cnnlab.common.validate import check_rank
from cnnlab.data import datasets
from cnnlab.explore.base.controls import choice, real, whole
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import cut
from cnnlab.explore.drawing.arrays import Map
from cnnlab.explore.drawing.sheet import Sheet
from cnnlab.training.mistakes import confusion_matrix

NO_ANSWER = "no answer"
_MOST_CLASSES = 20
_SHOWN = 10  # pictures of one cell at a time
_RIGHT, _WRONG, _SILENT = np.array([0.62, 0.86, 0.77]), np.array([0.96, 0.74, 0.45]), np.array([0.82, 0.84, 0.87])
_TOP, _TABLE = 0.8, 3.6  # of the table and its largest side, in inches, y downwards


class AnswerExplorer(Explorer):
    """A classifier's answers to pictures it was not trained on: how many of each kind, which ones, and how sure it was.

    Each picture stands in one cell of the table: its row is the truth, its column the answer. Choose a cell to see its
    pictures. Raise the threshold, and the classifier keeps silent where its highest probability is lower: fewer
    answers, and, if its probabilities mean anything, better ones.

    Parameters
    ----------
    images
        (N, H, W, 3) or (N, H, W, 1), bytes or floats from 0 to 1. By default, with all that follows, half of
        scikit-learn's digits, answered by the nearest mean of the other half
    labels : (N,) the true classes, whole numbers
    probabilities : (N, classes), as ``model.predict`` gives them
    class_names : one for each class, 2 to 20; by default ``class 0`` …
    predict : ask for the number of wrong answers before showing anything

    Raises
    ------
    TypeError, ValueError
        If the shapes do not fit, the probabilities do not lie in 0 … 1, or a label is no class.

    Examples
    --------
    >>> explorer = AnswerExplorer()
    >>> explorer.set(threshold=0.5).count("9", "1")
    2
    >>> int(explorer.answered().sum()), int(explorer.wrong().sum())
    (868, 74)
    """

    truth = choice(lambda it: it._names, lambda it: it._names[it._commonest_mistake()[0]])
    said = choice(lambda it: it._columns, lambda it: it._names[it._commonest_mistake()[1]], label="answer")
    threshold = real(0.0, 0.95, 0.0, 0.05, label="answer only from")
    page = whole(1, lambda it: it._pages())
    listed = {"said": None, "threshold": (0.0, 0.5, 0.9)}

    def __init__(
        self,
        images: np.ndarray | None = None,
        labels: np.ndarray | None = None,
        probabilities: np.ndarray | None = None,
        *,
        class_names: Sequence[str] | None = None,
        predict: bool = False,
    ) -> None:
        given = [part is not None for part in (images, labels, probabilities)]
        if any(given) and not all(given):
            raise ValueError("`images`, `labels` and `probabilities` must be given together, or none of them")
        if not any(given):
            images, labels, probabilities = _nearest_mean()
            class_names = class_names or [str(digit) for digit in range(10)]
        self._probabilities = _checked_probabilities(probabilities)
        count, classes = self._probabilities.shape
        self._labels = _checked_labels(labels, count, classes)
        self._looks = _checked_images(images, count)
        self._names = [f"class {c}" for c in range(classes)] if class_names is None else [*map(str, class_names)]
        if len(self._names) != classes or len(set(self._names)) != classes or NO_ANSWER in self._names:
            raise ValueError(f"`class_names` must be {classes} different names. Received: {self._names!r}")
        self._columns = [*self._names, NO_ANSWER]
        self._said = self._probabilities.argmax(axis=1)
        self._sure = self._probabilities.max(axis=1)
        super().__init__(predict=predict)

    def _commonest_mistake(self) -> tuple[int, int]:
        """The class that is most often taken for another, and that other."""
        wrong = confusion_matrix(self._labels, self._said, len(self._names))
        np.fill_diagonal(wrong, 0)
        return np.unravel_index(wrong.argmax(), wrong.shape)

    def _pages(self) -> int:
        return max(1, -(-len(self.rows()) // _SHOWN))

    def adjust(self, changed: str | None) -> None:
        if changed != "page":
            self.controls["page"].value = 1

    # --- the numbers --------------------------------------------------------------------------------------------------

    def answered(self) -> np.ndarray:
        """(N,) whether the classifier is sure enough to answer."""
        return self._sure >= self.threshold - 1e-9  # a slider's 0.15 is 0.15000000000000002

    def wrong(self) -> np.ndarray:
        """(N,) whether it answers, and wrongly."""
        return self.answered() & (self._said != self._labels)

    def table(self) -> np.ndarray:
        """(classes, classes + 1) counts: row = the truth, column = the answer, the last one for none."""
        classes = len(self._names)
        said = np.where(self.answered(), self._said, classes)
        return confusion_matrix(self._labels, said, classes + 1)[:classes]

    def count(self, truth: str, said: str) -> int:
        """How many pictures of one class got one answer."""
        return int(self.table()[self._names.index(truth), self._columns.index(said)])

    def rows(self) -> np.ndarray:
        """Indices of the pictures in the chosen cell, the surest first."""
        said = np.where(self.answered(), self._said, len(self._names))
        here = (self._labels == self._names.index(self.truth)) & (said == self._columns.index(self.said))
        rows = np.flatnonzero(here)
        return rows[np.argsort(-self._sure[rows], kind="stable")]

    def question(self) -> str:
        count = len(self._labels)
        return f"It answers only from {self.threshold:.2f} on. How many of the {count:,} pictures does it get wrong?"

    def answer(self) -> int:
        return int(self.wrong().sum())

    # --- words --------------------------------------------------------------------------------------------------------

    def describe(self) -> str:
        count, classes = self._probabilities.shape
        first = f"{count:,} pictures of {classes} classes; it answers only from probability {self.threshold:.2f} on."
        if not self.revealed:
            sample = ", ".join(f"{self._sure[row]:.2f}" for row in self._sample())
            return f"{first}\nHow sure it is of some of them: {sample}.\nThe table appears with your guess."
        return "\n".join([first, self._verdict_words(), self._cell_words(), *self._class_words()])

    def _verdict_words(self) -> str:
        count, answered, wrong = len(self._labels), int(self.answered().sum()), self.answer()
        said = f"Answered: {answered:,} of {count:,} ({100 * answered / count:.0f} %), "
        if not answered:
            return said + "so nothing is wrong, and nothing is of use."
        return (
            said + f"{wrong:,} of them wrong: right {answered - wrong:,} / {answered:,} = {1 - wrong / answered:.3f}."
        )

    def _cell_words(self) -> str:
        rows = self.rows()
        what = f"Truth {self.truth}, {'no answer' if self.said == NO_ANSWER else f'answer {self.said}'}: {len(rows)}."
        if not len(rows):
            return what
        shown = ", ".join(f"{self._sure[row]:.2f}" for row in self._page_rows())
        return f"{what} How sure, from the surest (page {self.page} of {self._pages()}): {shown}."

    def _class_words(self) -> list[str]:
        row, table = self._names.index(self.truth), self.table()
        total, right = table[row].sum(), table[row, row]
        recall = f", recall {right / total:.3f}." if total else "."
        lines = [f"Of {total} pictures of {self.truth}: {right} found{recall}"]
        if self.said != NO_ANSWER:
            column = self._names.index(self.said)
            said, good = table[:, column].sum(), table[column, column]
            share = f", precision {good / said:.3f}." if said else "."
            lines.append(f"Of {said} times that it said {self.said}: {good} right{share}")
        return lines

    def _page_rows(self) -> np.ndarray:
        return self.rows()[(self.page - 1) * _SHOWN : self.page * _SHOWN]

    # --- picture ------------------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        picture = plot.Picture(10, 4.75, alt=self.describe())
        sheet = Sheet(picture)
        if not self.revealed:
            self._draw_sample(sheet)
            return picture
        self._draw_table(sheet)
        self._draw_pictures(sheet)
        self._draw_shares(sheet)
        return picture

    def _sample(self) -> np.ndarray:
        """Indices of some pictures from all over the set, for who is to guess."""
        return np.unique(np.linspace(0, len(self._labels) - 1, 18).astype(int))

    def _draw_sample(self, sheet: Sheet) -> None:
        rows = self._sample()
        sheet.write(0.3, 0.3, f"{len(rows)} of the {len(self._labels):,} pictures, and how sure the classifier is", 11)
        for place, index in enumerate(rows):
            x, y = 0.3 + 1.05 * (place % 9), 0.65 + 1.6 * (place // 9)
            Map(sheet, self._looks[index], (x, y), 0.95)
            sheet.stamp(f"{self._sure[index]:.2f}", [(x + 0.475, y + 1.12)], 10)
        sheet.stamp("the table appears with your guess", [(5.0, 4.2)], 12, plot.GREY)

    def _draw_table(self, sheet: Sheet) -> None:
        table = self.table()
        classes = len(table)
        cell = min(_TABLE / (classes + 1), 0.62)
        size = max(5.5, min(10.5, 26 * cell))
        names = [f"{ascii_letters[c]}  {cut(name, 14)}" for c, name in enumerate(self._names)]
        left = 0.3 + 0.01 * min(size, 9.5) * max(map(len, names))
        sheet.write(0.15, 0.3, "row: the truth · column: the answer", 10.5, bold=True)
        share = (table / np.maximum(table.sum(axis=1, keepdims=True), 1))[..., None] ** 0.5  # so that one in 100 shows
        deep = np.broadcast_to(_WRONG, (*table.shape, 3)).copy()
        deep[np.arange(classes), np.arange(classes)] = _RIGHT
        deep[:, classes] = _SILENT
        sheet.cells(1 - share * (1 - deep), left, _TOP, cell)
        places = defaultdict(list)  # count → where it stands
        for row, column in np.ndindex(table.shape):
            places[f"{table[row, column]}"].append((left + (column + 0.5) * cell, _TOP + (row + 0.5) * cell))
        zeros = places.pop("0", [])
        sheet.stamp_all(places, size)
        sheet.stamp("·", zeros, size, plot.GREY)
        letters = {ascii_letters[c]: [(left + (c + 0.5) * cell, _TOP - 0.14)] for c in range(classes)}
        sheet.stamp_all(letters, size)
        sheet.stamp("none", [(left + (classes + 0.5) * cell, _TOP - 0.14)], max(size - 2, 5.5))
        sheet.write_all([(0.15, _TOP + (c + 0.5) * cell, name) for c, name in enumerate(names)], min(size, 9.5))
        row, column = self._names.index(self.truth), self._columns.index(self.said)
        sheet.box(left + column * cell, _TOP + row * cell, cell, cell, plot.BLUE, line=3)

    def _draw_pictures(self, sheet: Sheet) -> None:
        rows, shown = self.rows(), self._page_rows()
        answer = "no answer" if self.said == NO_ANSWER else f"answer {cut(self.said, 14)}"
        sheet.write(5.35, 0.3, f"truth {cut(self.truth, 14)}, {answer}: {len(rows)}", 10.5, plot.BLUE, bold=True)
        if not len(rows):
            sheet.stamp("no picture", [(7.5, 1.9)], 11, plot.GREY)
        for place, index in enumerate(shown):
            x, y = 5.35 + 0.92 * (place % 5), 0.62 + 1.38 * (place // 5)
            Map(sheet, self._looks[index], (x, y), 0.85)
            words = f"{self._sure[index]:.2f}"
            if self.said == NO_ANSWER:
                words += f" {cut(self._names[self._said[index]], 5)}"
            sheet.stamp(words, [(x + 0.425, y + 1.0)], 9)

    def _draw_shares(self, sheet: Sheet) -> None:
        """Two bars: how many are answered, and how many of these are right."""
        count, answered, wrong = len(self._labels), int(self.answered().sum()), self.answer()
        bars = [("answered", answered, count, plot.SKY), ("right, of these", answered - wrong, answered, plot.GREEN)]
        for line, (name, part, total, colour) in enumerate(bars):
            y = 3.72 + 0.4 * line
            sheet.write(5.35, y, name, 10)
            sheet.box(6.75, y - 0.12, 1.9, 0.24, "#A8B0BA")
            if part:
                sheet.box(6.75, y - 0.12, 1.9 * part / total, 0.24, "none", fill=colour)
            share = f" = {part / total:.3f}" if total else ""
            sheet.write(8.75, y, f"{part:,}/{total:,}{share}", 9.5)


@lru_cache(maxsize=1)
def _nearest_mean() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Half of the digits, and what the class means of the other half say about them."""
    data = datasets.digits()
    pixels = data.images.reshape(len(data), -1) / 255.0
    known, asked = slice(0, None, 2), slice(1, None, 2)
    means = np.stack([pixels[known][data.labels[known] == digit].mean(axis=0) for digit in range(10)])
    away = ((pixels[asked][:, None] - means) ** 2).sum(axis=-1)  # (N, 10)
    likely = np.exp(-2 * (away - away.min(axis=1, keepdims=True)))
    return data.images[asked], data.labels[asked], likely / likely.sum(axis=1, keepdims=True)


def _checked_probabilities(values: object) -> np.ndarray:
    values = check_rank(values, "probabilities", {2: "(N, classes)"}).astype(float)
    count, classes = values.shape
    if not count or not 2 <= classes <= _MOST_CLASSES:
        raise ValueError(
            f"`probabilities` must have a row for each picture and 2 to {_MOST_CLASSES} columns: of one sigmoid's p "
            f"make np.hstack([1 - p, p]). Received: {values.shape}"
        )
    if not (values.min() >= -1e-6 and values.max() <= 1 + 1e-6):
        raise ValueError(f"`probabilities` must lie in 0 … 1. Received: {values.min():g} … {values.max():g}")
    return values


def _checked_labels(labels: object, count: int, classes: int) -> np.ndarray:
    labels = check_rank(labels, "labels", {1: "(N,)"})
    if labels.dtype.kind not in "iu":
        raise TypeError(f"`labels` must hold whole numbers, one class each. Received: dtype {labels.dtype}")
    if len(labels) != count or labels.min() < 0 or labels.max() >= classes:
        received = f"{len(labels)} labels, {labels.min()} … {labels.max()}" if len(labels) else "none"
        raise ValueError(f"`labels` must be {count} classes from 0 to {classes - 1}. Received: {received}")
    return labels.astype(np.int64)


def _checked_images(images: object, count: int) -> np.ndarray:
    """Each picture as (H, W, 3) bytes."""
    images = check_rank(images, "images", {4: "(N, H, W, C)"})
    if len(images) != count or images.shape[-1] not in (1, 3):
        raise ValueError(f"`images` must be {count} pictures of 1 or 3 channels. Received: shape {images.shape}")
    if images.dtype != np.uint8:
        if not (images.min() >= -1e-4 and images.max() <= 1 + 1e-4):
            raise ValueError(f"`images` must be bytes or lie in 0 … 1. Received: {images.min():g} … {images.max():g}")
        images = (255 * np.clip(images, 0, 1)).astype(np.uint8)
    return np.broadcast_to(images, (*images.shape[:3], 3))
