"""What a classifier's probability is worth: how often it is right when it says 0.9, and how to make it say so.

NumPy and SciPy only: probabilities come in as arrays, from whatever model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from cnnlab.common.validate import check_int, check_number, check_rank
from cnnlab.plot import PALETTE, Picture

_LEAST = 1e-12  # a probability of 0 is taken for this: the logarithm of 0 is no number
_RANGE = (0.05, 20.0)  # of temperatures: where every answer is right, the best one would be 0


@dataclass(frozen=True, eq=False)
class Reliability:
    """Answers sorted by how sure the model was of them.

    Attributes
    ----------
    edges : (bins + 1,) the probabilities that part the bins; a bin holds its upper edge and not its lower
    count : (bins,) answers whose probability lies in the bin
    confidence : (bins,) the mean of these probabilities; NaN where there are none
    accuracy : (bins,) the share of these answers that is right; NaN where there are none
    """

    edges: np.ndarray
    count: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def error(self) -> float:
        """Expected calibration error: the mean over all answers of ``|accuracy − confidence|`` of their bin, 0 … 1."""
        there = self.count > 0
        gaps = np.abs(self.accuracy[there] - self.confidence[there])
        return float((self.count[there] * gaps).sum() / self.count.sum())


def reliability(probabilities: np.ndarray, labels: np.ndarray, bins: int = 10) -> Reliability:
    """Sort a model's answers into bins by their probability, and compare what it said with how often it was right.

    Parameters
    ----------
    probabilities : (N, classes), N >= 1; the answer is the likeliest class
    labels : (N,) the true classes, whole numbers
    bins : of equal width between 0 and 1

    Raises
    ------
    TypeError, ValueError
        If the rows are no probabilities, or the labels no classes of theirs.

    References
    ----------
    Guo and others, "On calibration of modern neural networks", ICML 2017, equations 2 and 3 and figure 1.

    Examples
    --------
    >>> sure = np.array([0.95, 0.95, 0.95, 0.95, 0.65, 0.65])
    >>> found = reliability(np.stack([sure, 1 - sure], axis=1), np.array([0, 0, 0, 1, 0, 1]))
    >>> found.count[[6, 9]].tolist(), found.accuracy[[6, 9]].tolist(), round(found.error, 3)
    ([2, 4], [0.5, 0.75], 0.183)
    """
    probabilities, labels = _checked(probabilities, labels)
    check_int(bins, "bins", minimum=1)
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    edges = np.linspace(0, 1, bins + 1)
    bin_of = np.clip(np.searchsorted(edges, sure) - 1, 0, bins - 1)
    count = np.bincount(bin_of, minlength=bins)
    with np.errstate(invalid="ignore"):  # 0 / 0 is the NaN that is meant
        confidence = np.bincount(bin_of, sure, bins) / count
        accuracy = np.bincount(bin_of, right, bins) / count
    return Reliability(edges, count, confidence, accuracy)


def log_loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean of −ln of the probability that each true class was given: the cross-entropy that training minimises.

    Parameters
    ----------
    probabilities, labels : as for `reliability`

    Examples
    --------
    >>> round(log_loss(np.array([[0.5, 0.5], [0.2, 0.8]]), np.array([0, 1])), 4)  # (ln 2 + ln 1.25) / 2
    0.4581
    """
    probabilities, labels = _checked(probabilities, labels)
    return float(-np.log(np.maximum(probabilities[np.arange(len(labels)), labels], _LEAST)).mean())


def with_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """The probabilities that the softmax gives when its scores are divided by `temperature`.

    Parameters
    ----------
    probabilities : (N, classes) of a softmax
    temperature : above 1 makes the model less sure, below 1 surer; the order of the classes stays

    Returns
    -------
    ndarray
        (N, classes). Of the scores only their differences count, and those are the differences of the logarithms: so
        each probability is raised to the power 1 / `temperature`, and the rows are divided by their sums.

    Examples
    --------
    >>> with_temperature(np.array([[0.9, 0.1]]), 2).round(2).tolist()  # √0.9 : √0.1 = 3 : 1
    [[0.75, 0.25]]
    """
    probabilities, _ = _checked(probabilities, np.zeros(len(probabilities), np.int64))
    temperature = check_number(temperature, "temperature", 1e-3, 1e3)
    scores = np.log(np.maximum(probabilities, _LEAST)) / temperature
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The temperature with which the model's `log_loss` is least on these pictures.

    Parameters
    ----------
    probabilities, labels
        as for `reliability`, of pictures the model was not trained on; not of the test set, for this is a choice

    Returns
    -------
    float
        Between 0.05 and 20. No answer changes by it, so neither does the accuracy.

    References
    ----------
    Guo and others, 2017, section 4.2.

    Examples
    --------
    >>> said = np.array([[0.99, 0.01]] * 10)  # always sure, and right in 9 of 10
    >>> temperature = fit_temperature(said, np.array([0] * 9 + [1]))
    >>> round(temperature, 2), with_temperature(said, temperature)[0].round(2).tolist()
    (2.09, [0.9, 0.1])
    """
    probabilities, labels = _checked(probabilities, labels)

    def loss(log_temperature: float) -> float:
        return log_loss(with_temperature(probabilities, np.exp(log_temperature)), labels)

    found = minimize_scalar(loss, bounds=np.log(_RANGE), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def diagram(models: Mapping[str, np.ndarray], labels: np.ndarray, bins: int = 10) -> Picture:
    """Reliability diagrams side by side: how often each model was right, against how sure it was.

    Each point is a bin, with the number of its answers beside it; a line joins it to the diagonal, where a calibrated
    model's points lie.

    Parameters
    ----------
    models : title → (N, classes) probabilities, of one to four models
    labels : (N,) the true classes
    bins : see `reliability`

    Examples
    --------
    >>> sure = np.array([0.95, 0.95, 0.95, 0.95, 0.65, 0.65])
    >>> diagram({"eager": np.stack([sure, 1 - sure], axis=1)}, np.array([0, 0, 0, 1, 0, 1])).alt
    'eager: calibration error 0.183. Said 0.65, right in 0.50 of 2; said 0.95, right in 0.75 of 4.'
    """
    if not isinstance(models, Mapping) or not 1 <= len(models) <= 4:
        raise ValueError(f"`models` must be one to four titles with probabilities. Received: {models!r:.60}")
    found = {name: reliability(probabilities, labels, bins) for name, probabilities in models.items()}
    picture = Picture(0.4 + 3.8 * len(found), 3.9, alt=" ".join(map(_in_words, found, found.values())))
    axes = picture.subplots(1, len(found), squeeze=False, sharey=True)[0]
    for number, (ax, (name, one)) in enumerate(zip(axes, found.items(), strict=True)):
        ax.plot([0, 1], [0, 1], "--", color="0.6", linewidth=1)
        ax.vlines(one.confidence, one.accuracy, one.confidence, color=PALETTE[1], linewidth=3, alpha=0.6)
        ax.plot(one.confidence, one.accuracy, "o", color=PALETTE[0], markersize=6)
        for count, x, y in zip(one.count, one.confidence, one.accuracy, strict=True):
            if count:
                below = y < x or (y == x and y > 0.5)
                ax.annotate(
                    f"{count:,}", (x, y), (0, -8 if below else 8), textcoords="offset points", fontsize=9,
                    ha="center", va="top" if below else "bottom",
                )  # fmt: skip
        ax.set_title(f"{name}\ncalibration error {one.error:.3f}", fontsize=10)
        ax.set(xlim=(0, 1.04), ylim=(-0.12, 1.12), xlabel="how sure it was", ylabel="" if number else "share right")
        ax.spines[["top", "right"]].set_visible(False)
    picture.subplots_adjust(left=0.65 / picture.get_figwidth(), right=0.98, top=0.86, bottom=0.14, wspace=0.1)
    return picture


def _in_words(name: str, one: Reliability) -> str:
    bins = [
        f"said {sure:.2f}, right in {right:.2f} of {count:,}"
        for count, sure, right in zip(one.count, one.confidence, one.accuracy, strict=True)
        if count
    ]
    return f"{name}: calibration error {one.error:.3f}. {'; '.join(bins).capitalize()}."


def _checked(probabilities: object, labels: object) -> tuple[np.ndarray, np.ndarray]:
    """Both as arrays: rows of probabilities as float64, and a class of theirs for each."""
    probabilities = check_rank(probabilities, "probabilities", {2: "(N, classes)"}, empty=False)
    labels = check_rank(labels, "labels", {1: "(N,)"})
    classes = probabilities.shape[1]
    inside = ((probabilities >= -1e-4) & (probabilities <= 1 + 1e-4)).all()  # not-a-number is neither
    if classes < 2 or not inside or not np.allclose(probabilities.sum(axis=1), 1, atol=1e-2):
        row = np.array2string(probabilities[0, :4], precision=3)
        rule = "`probabilities` must be rows of at least two probabilities that sum to 1, as a softmax gives them"
        raise ValueError(f"{rule}. Received: {row}")
    if len(labels) != len(probabilities):
        lengths = f"{len(labels)} and {len(probabilities)}"
        raise ValueError(f"`labels` must have an entry for each row of `probabilities`. Received: {lengths}")
    if labels.dtype.kind not in "iu" or not ((labels >= 0) & (labels < classes)).all():
        wrong = labels[:4].tolist()
        raise ValueError(f"`labels` must be classes, whole numbers from 0 to {classes - 1}. Received: {wrong} …")
    return probabilities.astype(np.float64), labels.astype(np.int64)
