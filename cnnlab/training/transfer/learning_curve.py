"""Accuracy by number of labels: the experiment that decides whether transfer pays, with error bars."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cnnlab import plot
from cnnlab.common.validate import check_choice, check_int, check_rank

_HEIGHT, _AXES = 3.8, (0.1, 0.16, 0.62, 0.74)  # of the picture in inches; left, bottom, width and height as parts of it
_LINE = 14.0  # points between the names of two curves


def few_labels(labels: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Rows of `count` pictures drawn at random, as many of each class as can be.

    With one seed a small sample is contained in a larger one, so that two points of a curve differ by what was added.

    Parameters
    ----------
    labels : (N,) whole numbers, the class of each picture
    count : rows wanted, from the number of classes to N
    seed : of the draw

    Returns
    -------
    ndarray
        (count,) of int64, in random order: classes are mixed.

    Raises
    ------
    TypeError, ValueError
        If `count` does not fit, or a class has too few pictures for an even share.

    Examples
    --------
    >>> rows = few_labels(np.array([7, 7, 7, 7, 8, 8, 8]), count=4)
    >>> sorted(np.array([7, 7, 7, 7, 8, 8, 8])[rows].tolist())
    [7, 7, 8, 8]
    """
    labels = check_rank(labels, "labels", {1: "(N,)"})
    classes = np.unique(labels)
    if not len(labels):
        raise ValueError("`labels` must hold at least one label. Received: none")
    count = check_int(count, "count", len(classes) or None, len(labels))
    rng = np.random.default_rng(check_int(seed, "seed", minimum=0))
    piles = [rng.permutation(np.flatnonzero(labels == name)) for name in classes]
    # The first of each class, then the second of each …; a share that cannot be even favours the first classes.
    ranks = np.concatenate([np.arange(len(pile)) for pile in piles])
    rows = np.concatenate(piles)[np.argsort(ranks, kind="stable")][:count]
    least = min(len(pile) for pile in piles)
    if count > least * len(classes):
        raise ValueError(
            f"`count` must leave every class the same share. Received: {count} of {len(classes)} classes, one of which "
            f"has {least} pictures: at most {least * len(classes)}"
        )
    return rng.permutation(rows)


@dataclass(frozen=True, eq=False, repr=False)
class LearningCurve:
    """What `learning_curve` measured; prints as a table.

    Attributes
    ----------
    sizes : numbers of labels
    accuracies : name of the way → (sizes, seeds) accuracies from 0 to 1
    """

    sizes: tuple[int, ...]
    accuracies: Mapping[str, np.ndarray]

    def mean(self, way: str) -> np.ndarray:
        """Mean accuracy of a way over the seeds, (sizes,)."""
        return self._of(way).mean(axis=1)

    def spread(self, way: str) -> np.ndarray:
        """Standard deviation of a way's accuracy over the seeds, (sizes,): the error bar of one run."""
        return self._of(way).std(axis=1, ddof=1)

    def gap(self, way: str, other: str) -> tuple[np.ndarray, np.ndarray]:
        """By how much `way` is ahead of `other`: mean over the seeds of the difference, and its standard deviation.

        Both are (sizes,). Differences are taken seed by seed: the two ways saw the same pictures.
        """
        difference = self._of(way) - self._of(other)
        return difference.mean(axis=1), difference.std(axis=1, ddof=1)

    def _of(self, way: str) -> np.ndarray:
        return self.accuracies[check_choice(way, "way", tuple(self.accuracies))]

    def __repr__(self) -> str:
        width = max(map(len, self.accuracies))
        head = " " * width + "".join(f"{size:>14}" for size in self.sizes) + "  labels"
        rows = [
            f"{way:{width}}"
            + "".join(f"{f'{m:.0%} ± {s:.0%}':>14}" for m, s in zip(self.mean(way), self.spread(way), strict=True))
            for way in self.accuracies
        ]
        return "\n".join([head, *rows])

    def _words(self) -> str:
        """The table as sentences."""
        parts = []
        for way in self.accuracies:
            points = zip(self.sizes, self.mean(way), self.spread(way), strict=True)
            parts.append(
                f"{way}: " + ", ".join(f"{mean:.0%} ± {error:.0%} with {size}" for size, mean, error in points)
            )
        return "; ".join(parts) + "."

    def figure(self, title: str = "", guess: float | None = None) -> plot.Picture:
        """The curves with their error bars; `guess` draws the accuracy of guessing as a dotted line."""
        seeds = next(iter(self.accuracies.values())).shape[1]
        alt = f"Accuracy by number of labels, mean and standard deviation of {seeds} seeds. {self._words()}"
        picture = plot.Picture(7.5, _HEIGHT, alt=alt)
        ax = picture.add_axes(_AXES)
        if guess is not None:
            ax.axhline(guess, color=plot.GREY, linewidth=1, linestyle=":")
        ends = []
        for number, way in enumerate(self.accuracies):
            mean, colour = self.mean(way), plot.PALETTE[number % len(plot.PALETTE)]
            sizes = np.array(self.sizes) * 1.02 ** (number - (len(self.accuracies) - 1) / 2)  # bars beside each other
            style = {"color": colour, "linestyle": ("-", "--", "-.", ":")[number % 4]}
            ax.errorbar(sizes, mean, self.spread(way), marker="o", capsize=4, **style)
            ends.append((way, sizes[-1], mean[-1], colour))
        low, high = ax.get_ylim()
        points = _HEIGHT * _AXES[3] * 72 / (high - low)  # of the picture for an accuracy of 1
        heights = _spaced([mean * points for _, _, mean, _ in ends])
        for (way, size, mean, colour), height in zip(ends, heights, strict=True):
            place = {"xytext": (12, height - mean * points), "textcoords": "offset points", "va": "center"}
            ax.annotate(way, (size, mean), color=plot.ink(colour), annotation_clip=False, **place)
        if guess is not None:
            ax.text(self.sizes[0], guess, "guessing", color=plot.GREY, fontsize=9, va="bottom")
        ax.set_xscale("log")
        ax.set_xticks(self.sizes, [str(size) for size in self.sizes])
        ax.minorticks_off()
        ax.set(xlabel="labelled pictures", ylabel=f"accuracy, {seeds} seeds")
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_title(title, fontsize=11)
        return picture


def _spaced(heights: Sequence[float]) -> np.ndarray:
    """`heights` moved apart where names would lie on each other, no more than needed and in the same order.

    >>> _spaced([10.0, 50.0, 12.0]).tolist()
    [4.0, 50.0, 18.0]
    """
    from sklearn.isotonic import isotonic_regression  # which a table does without

    order = np.argsort(heights, kind="stable")
    least = _LINE * np.arange(len(order))  # heights that are no more than enough apart
    placed = np.empty(len(order))
    placed[order] = isotonic_regression(np.asarray(heights)[order] - least) + least
    return placed


def learning_curve(
    ways: Mapping[str, Callable[[np.ndarray, int], float]],
    labels: np.ndarray,
    sizes: Sequence[int],
    seeds: int | Sequence[int] = 3,
) -> LearningCurve:
    """Measure ways of learning on the same few pictures: each number of labels, each seed, each way.

    Parameters
    ----------
    ways
        name → function of (rows, seed) that trains on these rows alone, with that seed, and returns the accuracy on
        pictures put aside, from 0 to 1
    labels : (N,) classes of the pictures to draw from; see `few_labels`
    sizes : numbers of labels to try
    seeds : the seeds, at least two; a number stands for that many, from 0

    Returns
    -------
    LearningCurve
        Prints as a table; `LearningCurve.figure` draws it.

    Examples
    --------
    >>> curve = learning_curve({"guess": lambda rows, seed: 0.5}, np.array([0, 1] * 10), sizes=[4, 8])
    >>> curve.mean("guess").tolist(), curve.spread("guess").tolist()
    ([0.5, 0.5], [0.0, 0.0])
    """
    if not isinstance(ways, Mapping) or not ways or not all(map(callable, ways.values())):
        raise TypeError(f"`ways` must be a dict of name and function. Received: {ways!r}")
    numbers = (
        tuple(range(check_int(seeds, "seeds", minimum=2))) if isinstance(seeds, (int, np.integer)) else tuple(seeds)
    )
    if len(numbers) < 2:
        raise ValueError(f"`seeds` must be at least two: one run has no error bar. Received: {seeds!r}")
    if isinstance(sizes, (str, bytes)) or not isinstance(sizes, Iterable):
        raise TypeError(f"`sizes` must be a list of numbers of labels. Received: {sizes!r}")
    sizes = tuple(sizes)
    if not sizes:
        raise ValueError(f"`sizes` must hold at least one number of labels. Received: {sizes!r}")
    found = {way: np.zeros((len(sizes), len(numbers))) for way in ways}
    for place, size in enumerate(sizes):
        for column, seed in enumerate(numbers):
            rows = few_labels(labels, size, seed)
            for way, train in ways.items():
                accuracy = float(train(rows, seed))
                if not 0 <= accuracy <= 1:
                    raise ValueError(f"`ways` must return accuracies from 0 to 1. Received: {accuracy} from {way!r}")
                found[way][place, column] = accuracy
    return LearningCurve(sizes, found)
