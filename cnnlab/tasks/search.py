"""Searching for a sentence word by word, when only the probabilities of the next word are known.

A sentence's probability is the product of its words'. The best sentence need not begin with the best word: `greedy`
takes the best word and is sometimes led astray, `beam` keeps several beginnings. Words are numbers; a sentence begins
with `captioning.START` and ends with `captioning.END`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnlab.common.validate import check_int
from cnnlab.tasks.captioning import END, START

NextWords = Callable[[np.ndarray], np.ndarray]  # prefixes (K, t) → probabilities of the next word (K, V)


def greedy(next_words: NextWords, length: int) -> tuple[tuple[int, ...], float]:
    """Say the most probable word, again and again, until it is `captioning.END` or `length` words are said.

    Parameters
    ----------
    next_words
        takes prefixes, shape (K, t), each beginning with `captioning.START`, and returns the probabilities of the word
        after each, shape (K, V)
    length : the most words, `captioning.END` counted, >= 1

    Returns
    -------
    tuple
        The words' numbers without `captioning.START`, and the logarithm of the sentence's probability.

    Examples
    --------
    >>> tokens, log_probability = greedy(lambda prefixes: np.array([[0, 0, 0.4, 0.6]]), length=3)
    >>> tokens, round(log_probability, 3)  # 3 · ln 0.6
    ((3, 3, 3), -1.532)
    """
    return beam(next_words, length, 1)[0]


def beam(next_words: NextWords, length: int, width: int) -> list[tuple[tuple[int, ...], float]]:
    """Keep the `width` most probable beginnings at every step instead of one.

    Sentences that have ended keep their place among them, so that the search is over when all have ended. Of two that
    are equally probable, the one found first is better.

    Parameters
    ----------
    next_words, length : of `greedy`
    width : beginnings kept, >= 1; 1 is `greedy`

    Returns
    -------
    list of tuple
        At most `width` sentences as (numbers without `captioning.START`, logarithm of the probability), the best first.

    Examples
    --------
    >>> for tokens, log_probability in beam(lambda prefixes: np.array([[0, 0, 0.4, 0.6]] * len(prefixes)), 3, width=2):
    ...     print(tokens, round(log_probability, 3))  # ln 0.4 and 3 · ln 0.6
    (2,) -0.916
    (3, 3, 3) -1.532
    """
    length, width = check_int(length, "length", 1), check_int(width, "width", 1)
    kept: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
    for _ in range(length):
        growing = [said for said in kept if said[0][-1:] != (END,)]
        if not growing:
            break
        rows = _probabilities(next_words, np.array([(START, *tokens) for tokens, _ in growing]))
        longer = [
            ((*tokens, int(word)), total + float(np.log(row[word])))
            for (tokens, total), row in zip(growing, rows, strict=True)
            for word in np.flatnonzero(row)
        ]
        ended = [said for said in kept if said[0][-1:] == (END,)]
        kept = sorted(ended + longer, key=lambda said: -said[1])[:width]
    return kept


def _probabilities(next_words: NextWords, prefixes: np.ndarray) -> np.ndarray:
    rows = np.asarray(next_words(prefixes), float)
    if rows.ndim != 2 or len(rows) != len(prefixes) or not np.all(rows >= 0) or abs(rows.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError(
            f"`next_words` must return a row of probabilities, which add up to 1, for each of the {len(prefixes)} "
            f"prefixes. Received: shape {rows.shape}"
        )
    return rows
