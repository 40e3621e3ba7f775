"""Greedy and beam search against all sentences, tried one by one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.tasks import search
from cnnlab.tasks.captioning import END, START

RED, BLUE, GREEN, CIRCLE, SQUARE, TRIANGLE = range(3, 9)
TABLE = {
    (START,): {RED: 0.40, BLUE: 0.35, GREEN: 0.25},
    (START, RED): {CIRCLE: 0.45, SQUARE: 0.35, TRIANGLE: 0.20},
    (START, BLUE): {CIRCLE: 0.30, SQUARE: 0.60, TRIANGLE: 0.10},
    (START, GREEN): {CIRCLE: 0.02, SQUARE: 0.03, TRIANGLE: 0.95},
}


def from_table(prefixes):
    rows = np.zeros((len(prefixes), 9))
    for row, prefix in zip(rows, prefixes.tolist(), strict=True):
        for word, probability in TABLE.get(tuple(prefix), {END: 1.0}).items():
            row[word] = probability
    return rows


def random_words(seed, vocabulary):
    """Probabilities that depend on all words so far, some of them 0."""

    def next_words(prefixes):
        assert (prefixes[:, 0] == START).all()
        rows = []
        for prefix in prefixes.tolist():
            row = np.random.default_rng([seed, *prefix]).random(vocabulary) ** 3
            row[[0, START]] = 0
            rows.append(row / row.sum())
        return np.array(rows)

    return next_words


def all_sentences(next_words, length, vocabulary):
    """Every sentence with its probability's logarithm, the best first."""
    found = {}
    for words in itertools.product(range(2, vocabulary), repeat=length):
        sentence = words[: words.index(END) + 1] if END in words else words
        rows = [next_words(np.array([[START, *sentence[:k]]]))[0][sentence[k]] for k in range(len(sentence))]
        found[sentence] = float(np.log(rows).sum())
    return sorted(found.items(), key=lambda pair: -pair[1])


@pytest.mark.parametrize(
    ("width", "words", "probability"),
    [
        (1, (RED, CIRCLE, END), 0.40 * 0.45),  # 0.18
        (2, (BLUE, SQUARE, END), 0.35 * 0.60),  # 0.21
        (3, (GREEN, TRIANGLE, END), 0.25 * 0.95),  # 0.2375, the best there is
    ],
)
def test_a_wider_beam_finds_what_begins_weakly(width, words, probability):
    found = search.beam(from_table, 5, width)
    assert found[0] == (words, pytest.approx(np.log(probability)))
    assert len(found) == width


@given(st.integers(0, 10**6), st.integers(1, 6))
def test_width_one_is_greedy(seed, length):
    next_words = random_words(seed, 6)
    said, total = [], 0.0
    while len(said) < length and END not in said:
        row = next_words(np.array([[START, *said]]))[0]
        said.append(int(row.argmax()))
        total += np.log(row.max())
    assert search.greedy(next_words, length) == (tuple(said), pytest.approx(total))
    assert search.beam(next_words, length, 1) == [search.greedy(next_words, length)]


@given(st.integers(0, 10**6))
def test_a_beam_of_all_sentences_is_exhaustive(seed):
    next_words = random_words(seed, 5)
    every = all_sentences(next_words, 3, 5)
    found = search.beam(next_words, 3, width=100)
    assert [total for _, total in found] == pytest.approx([total for _, total in every])
    assert dict(found).keys() == dict(every).keys()


@given(st.integers(0, 10**6), st.integers(1, 5))
def test_a_beam_is_sorted_and_its_logarithms_are_true(seed, width):
    next_words = random_words(seed, 5)
    found = search.beam(next_words, 3, width)
    every = dict(all_sentences(next_words, 3, 5))
    totals = [total for _, total in found]
    assert len(found) <= width
    assert totals == sorted(totals, reverse=True)
    assert totals == pytest.approx([every[words] for words, _ in found])


def test_it_stops_where_every_sentence_has_ended():
    asked = []

    def next_words(prefixes):
        asked.append(prefixes.shape)
        return from_table(prefixes)

    search.beam(next_words, 9, 2)
    assert asked == [(1, 1), (2, 2), (2, 3)]


def test_of_two_equally_probable_sentences_the_one_found_first_is_better():
    def next_words(prefixes):  # <end> at once, or red and <end>: 0.5 each
        ends = prefixes[:, -1] == RED
        return np.stack([0 * ends, 0 * ends, np.where(ends, 1, 0.5), np.where(ends, 0, 0.5)], axis=1)

    assert [words for words, _ in search.beam(next_words, 3, 2)] == [(END,), (RED, END)]


def test_a_sentence_that_does_not_end_is_cut():
    assert search.greedy(from_table, 2)[0] == (RED, CIRCLE)


@pytest.mark.parametrize(
    "rows",
    [[0.5, 0.5], [[0.5, 0.6]], [[-0.5, 1.5]], [[0.5, 0.5]] * 2, [[np.nan, 1.0]], [[0.0, 0.0]]],
)
def test_only_probabilities_are_taken(rows):
    with pytest.raises(ValueError, match="`next_words` must return a row of probabilities, which add up to 1"):
        search.greedy(lambda prefixes: rows, 3)


@pytest.mark.parametrize(("length", "width", "name"), [(0, 1, "length"), (1, 0, "width")])
def test_what_is_refused(length, width, name):
    with pytest.raises(ValueError, match=f"`{name}` must be a whole number >= 1. Received: 0"):
        search.beam(from_table, length, width)
