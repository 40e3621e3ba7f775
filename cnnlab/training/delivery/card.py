"""How good a classifier is, class by class, and the page that says so: the model card."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnnlab.common.validate import check_int, check_rank

_FEW = 10  # pictures of a class, below which its recall says little


@dataclass(frozen=True, eq=False)
class ClassScores:
    """How well each class is told apart.

    Attributes
    ----------
    precision : (classes,) of the pictures said to be of the class, the share that is; NaN where none was said to be
    recall : (classes,) of the pictures of the class, the share found; NaN where there are none
    f1 : (classes,) the harmonic mean of the two; NaN where one of them is, 0 where both are 0
    count : (classes,) pictures of the class
    """

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    count: np.ndarray

    @property
    def balanced_accuracy(self) -> float:
        """The mean recall of the classes that have pictures: a class of 3 counts as much as one of 300."""
        return float(np.nanmean(self.recall))

    def table(self, class_names: Sequence[str], most: int | None = None) -> str:
        """The scores as a table in Markdown, one row for each class.

        Parameters
        ----------
        class_names : in the order of the outputs
        most : of more classes than this, show those with the lowest F1, and count the others
        """
        names = check_names(class_names, len(self.count))
        most = len(names) if most is None else check_int(most, "most", minimum=1)
        # F1 is no number where a class was never said, which is the worst, or where there is nothing to find.
        order = np.lexsort((np.nan_to_num(self.f1), self.count == 0))
        lines = ["| class | pictures | precision | recall | F1 |", "|---|---|---|---|---|"]
        for c in np.sort(order[:most]):
            scores = (self.precision[c], self.recall[c], self.f1[c])
            shown = ["–" if np.isnan(score) else f"{score:.2f}" for score in scores]
            lines.append(f"| {_in_a_cell(names[c])} | {self.count[c]:,} | {' | '.join(shown)} |")
        if len(order) > most:
            lines.append(f"| {len(order) - most:,} others, none worse | {self.count[order[most:]].sum():,} | | | |")
        return "\n".join(lines)


def _in_a_cell(name: str) -> str:
    """A class is named as its folder is: a bar or a new line in it would end the cell."""
    return " ".join(name.split()).replace("|", "\\|")


def class_scores(matrix: np.ndarray) -> ClassScores:
    """Precision, recall and F1 of each class from a confusion matrix.

    Parameters
    ----------
    matrix : (classes, classes) counts, row = the truth, column = what was said, see `cnnlab.training.confusion_matrix`

    Raises
    ------
    TypeError, ValueError
        If it is not a square matrix of counts.

    Examples
    --------
    >>> scores = class_scores([[8, 2], [0, 10]])
    >>> scores.precision.round(2).tolist(), scores.recall.tolist()
    ([1.0, 0.83], [0.8, 1.0])
    """
    matrix = _counts(matrix)
    right, said, count = np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)
    with np.errstate(invalid="ignore"):  # 0 / 0 is the NaN that is meant; scikit-learn's F1 would be 0 there
        precision, recall = right / said, right / count
        f1 = np.where(precision + recall == 0, 0.0, 2 * precision * recall / (precision + recall))
    return ClassScores(precision, recall, f1, count)


def commonest_mistakes(
    labels: np.ndarray, probabilities: np.ndarray, class_names: Sequence[str], most: int = 20
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Many classes as a few: those with the most mistakes, and all the others as one.

    Parameters
    ----------
    labels : (N,) the true classes, whole numbers
    probabilities : (N, classes)
    class_names : in the order of the outputs
    most : classes to keep, >= 2, that of the others included; with no more than these nothing is changed

    Returns
    -------
    tuple
        Labels, probabilities and class names. The last class is ``"other classes"``; its probability is the highest of
        theirs, so that the first answer stays the first. A mix-up among the others no longer counts as a mistake.

    Examples
    --------
    >>> probabilities = np.array([[0.1, 0.7, 0.2], [0.3, 0.6, 0.1], [0.2, 0.3, 0.5]])
    >>> labels, few, names = commonest_mistakes(np.array([0, 1, 2]), probabilities, ["cat", "dog", "owl"], most=2)
    >>> names, labels.tolist(), few.tolist()
    (['cat', 'other classes'], [0, 1, 1], [[0.1, 0.7], [0.3, 0.6], [0.2, 0.5]])
    """
    check_int(most, "most", minimum=2)
    labels = check_rank(labels, "labels", {1: "(N,)"})
    probabilities = check_rank(probabilities, "probabilities", {2: "(N, classes)"})
    names = check_names(class_names, probabilities.shape[1])
    if len(names) <= most:
        return labels, probabilities, names
    said = probabilities.argmax(axis=1)
    wrong = said != labels
    mistakes = np.bincount(np.concatenate([labels[wrong], said[wrong]]), minlength=len(names))
    kept = np.sort(np.argsort(-mistakes, kind="stable")[: most - 1])
    others = np.setdiff1d(np.arange(len(names)), kept)
    number = np.full(len(names), most - 1)
    number[kept] = np.arange(most - 1)
    few = np.column_stack([probabilities[:, kept], probabilities[:, others].max(axis=1)])
    return number[labels], few, [*(names[c] for c in kept), "other classes"]


def _counts(matrix: object) -> np.ndarray:
    """A confusion matrix as whole numbers, whatever dtype they came in."""
    matrix = check_rank(matrix, "matrix", {2: "(classes, classes)"})
    if matrix.shape[0] != matrix.shape[1] or not len(matrix):
        raise ValueError(f"`matrix` must be square, (classes, classes). Received: shape {matrix.shape}")
    wrong = matrix[~((matrix >= 0) & (matrix == np.rint(matrix)) & (matrix < 2**53))]
    if wrong.size:
        raise ValueError(f"`matrix` must hold counts, whole numbers >= 0. Received: {wrong[0]}")
    return matrix.astype(np.int64)


def accuracy_interval(right: int, total: int) -> tuple[float, float]:
    """Where the true accuracy may lie when `right` of `total` pictures were answered rightly: Wilson's 95 % interval.

    Unlike p ± 2 √(p(1 − p)/n) it stays within 0 and 1, and does not claim certainty where all, or none, were right.

    Parameters
    ----------
    right, total : whole numbers, 0 <= `right` <= `total`, `total` >= 1

    References
    ----------
    Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

    Examples
    --------
    >>> [round(end, 2) for end in accuracy_interval(1, 1)], [round(end, 2) for end in accuracy_interval(45, 50)]
    ([0.21, 1.0], [0.79, 0.96])
    """
    if not (
        isinstance(total, numbers.Integral) and isinstance(right, numbers.Integral) and 0 <= right <= total and total
    ):
        raise ValueError(f"`right` must be 0 … `total`, `total` at least 1, both whole. Received: {right!r}, {total!r}")
    z = 1.959964  # 95 % of a normal distribution lie within ± z
    p = right / total
    middle, half = p + z * z / (2 * total), z * np.sqrt(p * (1 - p) / total + (z / (2 * total)) ** 2)
    scale = 1 + z * z / total
    return float(max(0.0, (middle - half) / scale)), float(min(1.0, (middle + half) / scale))


def model_card(
    title: str,
    *,
    purpose: str,
    data: str,
    training: str,
    class_names: Sequence[str],
    matrix: np.ndarray,
    limits: Sequence[str],
) -> str:
    """The page that goes with a model: what it is for, what it was made from, how good it is, what it cannot do.

    Parameters
    ----------
    title, purpose : what it is called and what it is for, and not for
    data : where the pictures came from, how many, what was left out: `cnnlab.datasets.ImageFolder.report` says it
    training : how it was trained, in words
    class_names : in the order of the outputs
    matrix : (classes, classes) confusion matrix on pictures it was not trained on
    limits : what a user must know, at least one sentence

    Returns
    -------
    str
        Markdown. The accuracy comes with its `accuracy_interval`, with the balanced accuracy, and with what always
        saying the commonest class would reach; the classes with fewer than ten pictures are named.

    References
    ----------
    Mitchell and others, "Model cards for model reporting", 2019.

    Examples
    --------
    >>> card = model_card("Pets", purpose="Sorting.", data="20 photos.", training="A head.", class_names=["cat", "dog"],
    ...                   matrix=np.array([[8, 2], [0, 10]]), limits=["Two breeds only."])
    >>> card.splitlines()[0], "0.90 (95 % interval 0.70 to 0.97)" in card
    ('# Pets', True)
    """
    if isinstance(limits, str) or not list(limits):
        raise ValueError(f"`limits` must be at least one sentence: every model has limits. Received: {limits!r}")
    for name, text in (("title", title), ("purpose", purpose), ("data", data), ("training", training)):
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"`{name}` must be a text with something in it. Received: {text!r}")
    scores = class_scores(matrix)
    names = check_names(class_names, len(scores.count))
    matrix, total = _counts(matrix), int(scores.count.sum())
    if not total:
        raise ValueError("`matrix` must count at least one picture. Received: none")
    right = int(np.trace(matrix))
    low, high = accuracy_interval(right, total)
    common = int(scores.count.argmax())
    confused = matrix - np.diag(np.diag(matrix))
    row, column = np.unravel_index(confused.argmax(), confused.shape)
    worst = f"Most often confused: {names[row]}, taken for {names[column]}, {confused.max()} of {scores.count[row]}."
    return "\n\n".join(
        [
            f"# {title}",
            f"**For.** {purpose}",
            f"**Classes.** {', '.join(names)}.",
            f"## Data\n\n{data}",
            f"## Training\n\n{training}",
            f"## How good it is\n\nAccuracy {right / total:.2f} (95 % interval {low:.2f} to {high:.2f}) on {total:,} "
            f"picture{'' if total == 1 else 's'} it had not been trained on. Balanced accuracy, the mean of the "
            f"classes' recalls: {scores.balanced_accuracy:.2f}. Always saying {names[common]} would reach "
            f"{scores.count[common] / total:.2f} and {1 / np.count_nonzero(scores.count):.2f}.",
            scores.table(names),
            *([_too_few(scores, names)] if (scores.count < _FEW).any() else []),
            *([worst] if confused.any() else []),
            "## Limits\n\n" + "\n".join(f"- {limit}" for limit in limits) + "\n",
        ]
    )


def _too_few(scores: ClassScores, names: Sequence[str]) -> str:
    """How little the recall of a class with few pictures says; the smallest classes first."""
    found = []
    for c in np.argsort(scores.count, kind="stable")[: np.count_nonzero(scores.count < _FEW)]:
        text = f"{names[c]} ({scores.count[c]}"
        if scores.count[c]:
            low, high = accuracy_interval(round(scores.recall[c] * scores.count[c]), int(scores.count[c]))
            text += f"; the true recall may lie between {low:.2f} and {high:.2f}"
        found.append(f"{text})")
    more = f" and {len(found) - 5:,} more" if len(found) > 5 else ""
    return f"Measured on fewer than {_FEW} pictures: {', '.join(found[:5])}{more}."


def check_names(names: object, classes: int) -> list[str]:
    """The names of the classes as a list, refused unless there is a different one for each class."""
    listed = None if isinstance(names, str) or not isinstance(names, Sequence) else list(names)
    if listed is None or len(listed) != classes or not all(map(_is_text, listed)) or len(set(listed)) != classes:
        raise ValueError(f"`class_names` must be {classes} different names, one for each output. Received: {names!r}")
    return listed


def _is_text(name: object) -> bool:
    return isinstance(name, str) and bool(name.strip())
