"""Captions of two shapes: which one is right, its numbers, and how others are scored."""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.data import scenes
from cnnlab.tasks import captioning
from cnnlab.tasks.captioning import END, PAD, START

TRUTH = "a red circle left of a blue square"
SENTENCES = [
    f"a {colour} {shape} {relation} a {other} {thing}"
    for colour, other in itertools.product(("red", "blue"), repeat=2)
    for shape, thing in itertools.product(("circle", "square"), repeat=2)
    for relation in captioning.RELATIONS
]
sentences = st.sampled_from(SENTENCES)


def at(*centres, colours=("red", "blue"), labels=(0, 1)):
    """A scene of boxes of 10 × 10 around these centres; only what a caption needs."""
    boxes = np.array([(x - 5, y - 5, x + 5, y + 5) for x, y in centres], float)
    nothing = np.zeros((len(boxes), 48, 48), bool)
    return scenes.Scene(nothing[0], boxes, np.array(labels), nothing, scenes.CLASSES, colours, "")


@pytest.mark.parametrize(
    ("first", "second", "caption"),
    [
        ((10, 20), (30, 25), "a red circle left of a blue square"),  # 20 to the right, 5 down
        ((30, 25), (10, 20), "a blue square left of a red circle"),  # the same, drawn in the other order
        ((10, 10), (15, 40), "a red circle above a blue square"),  # 5 to the right, 30 down
        ((10, 40), (15, 10), "a red circle below a blue square"),  # 5 to the right, 30 up
        ((15, 10), (10, 40), "a blue square below a red circle"),
        ((15, 40), (10, 10), "a blue square above a red circle"),
        ((10, 10), (30, 30), "a red circle above a blue square"),  # 20 and 20: not more to the side
        ((10, 10), (10, 40), "a red circle above a blue square"),  # none is further left: as they were drawn
    ],
)
def test_the_left_shape_comes_first_and_the_larger_offset_decides(first, second, caption):
    assert captioning.describe(at(first, second)) == caption


def test_a_vowel_asks_for_an():
    caption = captioning.describe(at((10, 10), (30, 10), colours=("orange", "orange"), labels=(2, 0)))
    assert caption == "an orange triangle left of an orange circle"


def test_a_mirrored_scene_has_the_same_caption_with_its_shapes_exchanged():
    for one in scenes.scenes(60, seed=3, height=48, width=48, min_objects=2, max_objects=2, sizes=(12, 22)):
        if not captioning.is_clear(one):
            continue
        boxes = one.boxes.copy()
        boxes[:, [0, 2]] = 48 - boxes[:, [2, 0]]
        mirrored = scenes.Scene(one.image, boxes, one.labels, one.masks, one.class_names, one.colours, "")
        colour, shape, relation, other, thing = captioning.slots(captioning.describe(one))
        swapped = {"left of": "left of", "above": "below", "below": "above"}[relation]
        assert captioning.slots(captioning.describe(mirrored)) == (other, thing, swapped, colour, shape)


@pytest.mark.parametrize(
    ("second", "clear"),
    [
        ((30, 10), True),
        ((13, 30), True),  # 3 to the right, 20 down
        ((12, 30), False),  # 2 to the right: which is the left one?
        ((30, 27), True),  # 20 to the right, 17 down
        ((30, 28), False),  # 18: left of, or above?
        ((28, 30), False),
        ((-10, 27), True),  # the other way
    ],
)
def test_a_clear_scene_leaves_no_doubt(second, clear):
    assert captioning.is_clear(at((10, 10), second)) == clear
    assert captioning.is_clear(at((10, 10), second), margin=0)


def test_only_two_shapes_can_be_described():
    assert not captioning.is_clear(at((10, 10)))
    with pytest.raises(ValueError, match=r"`scene` must have two shapes. Received: 1"):
        captioning.describe(at((10, 10)))
    with pytest.raises(ValueError, match="`margin` must be a finite number >= 0"):
        captioning.is_clear(at((10, 10), (30, 10)), margin=-1)


# --- words and numbers


def test_a_caption_as_numbers():
    words = captioning.vocabulary([TRUTH])
    assert words == ("<pad>", "<start>", "<end>", "a", "blue", "circle", "left", "of", "red", "square")
    assert captioning.encode([TRUTH, "a red"], words, 10).tolist() == [
        [START, 3, 8, 5, 6, 7, 3, 4, 9, END],
        [START, 3, 8, END, *[PAD] * 6],
    ]
    assert captioning.decode([[START, 3, 8, END, 4, PAD], [8, 8, PAD, 8, 8, 8]], words) == [
        "a red",
        "red red red red red",
    ]
    assert captioning.decode(np.empty((0, 4), int), words) == []


@given(st.lists(sentences, min_size=1), st.integers(0, 3))
def test_decoding_undoes_encoding(captions, spare):
    words = captioning.vocabulary(captions)
    length = max(len(caption.split()) for caption in captions) + 2 + spare
    tokens = captioning.encode(captions, words, length)
    assert captioning.decode(tokens, words) == captions
    assert captioning.decode(tokens[:, 1:], words) == captions
    # Words and <end> are asked for: as many places as the caption has words, and one.
    counts = captioning.padding_mask(tokens[:, 1:]).sum(axis=1)
    assert counts.tolist() == [len(caption.split()) + 1 for caption in captions]


def test_the_mask_comes_from_the_target():
    tokens = captioning.encode(["a red", "a"], ("<pad>", "<start>", "<end>", "a", "red"), 5)
    mask = captioning.padding_mask(tokens[:, 1:])
    assert mask.tolist() == [[1, 1, 1, 0], [1, 1, 0, 0]]
    assert mask.dtype == np.float32
    # The inputs would ask one place too many of every caption that is not the longest.
    assert captioning.padding_mask(tokens[:, :-1]).tolist() == [[1, 1, 1, 1], [1, 1, 1, 0]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: captioning.vocabulary("a red"), "`captions` must be a list of sentences. Received: 'a red'"),
        (lambda: captioning.encode(["a pink"], ("", "", "", "a"), 9), "made of the words of `words`. Received: 'pink'"),
        (lambda: captioning.encode([TRUTH], (), 9), "room for <start>, 8 words and <end>: 10. Received: 9, for 'a red"),
        (lambda: captioning.decode([[3]], ("", "", "")), "`tokens` must be numbers from 0 to 2. Received: 3"),
        (lambda: captioning.decode([[-1]], ("", "", "")), "`tokens` must be numbers from 0 to 2. Received: -1"),
        (lambda: captioning.decode([1], ("", "")), r"`tokens` must have shape \(N, T\)"),
        (lambda: captioning.padding_mask([[0.5]]), "`targets` must hold whole numbers"),
        (lambda: captioning.bleu([], []), "equally many, at least one. Received: 0 and 0"),
        (lambda: captioning.score([TRUTH], [TRUTH] * 2), "equally many, at least one. Received: 1 and 2"),
        (lambda: captioning.is_true("a red dog", TRUTH), "`truth` must be a sentence such as"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


# --- scores


@pytest.mark.parametrize(
    ("caption", "product"),
    [
        (TRUTH, Fraction(1)),
        # One noun's colour: 7 of 8 words, 5 of 7 pairs, 4 of 6 triples, 3 of 5 runs of four.
        ("a red circle left of a green square", Fraction(7 * 5 * 4 * 3, 8 * 7 * 6 * 5)),
        ("a green circle left of a blue square", Fraction(7 * 5 * 4 * 3, 8 * 7 * 6 * 5)),
        # The relation: 7 of 8, 5 of 7, 3 of 6, and only "of a blue square" of 5.
        ("a red circle right of a blue square", Fraction(7 * 5 * 3 * 1, 8 * 7 * 6 * 5)),
        # The same facts mirrored: no run of four words is in the truth.
        ("a blue square right of a red circle", Fraction(0)),
    ],
)
def test_bleu_of_one_sentence_by_hand(caption, product):
    assert captioning.bleu([TRUTH], [caption]) == pytest.approx(float(product) ** 0.25)


def test_bleu_counts_a_word_no_more_often_than_the_reference_has_it():
    # Papineni et al., example 2: seven times "the" against a reference with two.
    assert captioning.bleu(["the cat is on the mat"], ["the the the the the the the"], order=1) == pytest.approx(2 / 7)


def test_bleu_punishes_what_is_too_short_and_sums_before_it_divides():
    assert captioning.bleu(["a b c d e f"], ["a b c"], order=2) == pytest.approx(np.exp(1 - 6 / 3))
    assert captioning.bleu(["a b c"], ["a b c d e f"], order=1) == pytest.approx(0.5)
    # 1 of 2 words and 4 of 4: 5 of 6; the mean of the two would be 3/4.
    assert captioning.bleu(["a b", "c d e f"], ["a x", "c d e f"], order=1) == pytest.approx(5 / 6)
    assert captioning.bleu(["a b"], [""]) == 0


def slow_bleu(truths, captions):
    """The paper's formula with plain loops."""
    product, said, asked = 1.0, 0, 0
    for n in (1, 2, 3, 4):
        found = total = 0
        for truth, caption in zip(truths, captions, strict=True):
            left = Counter(tuple(truth.split()[k : k + n]) for k in range(len(truth.split()) - n + 1))
            for k in range(len(caption.split()) - n + 1):
                run = tuple(caption.split()[k : k + n])
                total += 1
                if left[run]:
                    left[run] -= 1
                    found += 1
        product *= found / total if total else 0
    for truth, caption in zip(truths, captions, strict=True):
        said, asked = said + len(caption.split()), asked + len(truth.split())
    return product**0.25 * (1 if said >= asked else np.exp(1 - asked / said))


@given(st.lists(st.tuples(sentences, sentences), min_size=1, max_size=8))
def test_bleu_is_the_papers_formula(pairs):
    truths, captions = map(list, zip(*pairs, strict=True))
    assert captioning.bleu(truths, captions) == pytest.approx(slow_bleu(truths, captions))
    assert captioning.bleu(truths, truths) == pytest.approx(1)


@pytest.mark.parametrize(
    ("caption", "right"),
    [
        (TRUTH, 5),
        ("an red circle left of an blue square", 5),  # bad English, no wrong fact
        ("a blue square right of a red circle", 5),
        ("a blue square left of a red circle", 4),
        ("a red circle right of a blue square", 4),
        ("a red circle above a blue square", 4),
        ("a red square left of a blue circle", 3),
        ("a green circle below a green circle", 1),
        ("a red circle", 0),
        ("", 0),
        (f"{TRUTH} square", 0),
    ],
)
def test_the_facts_of_a_caption(caption, right):
    scores = captioning.score([TRUTH], [caption])
    assert scores.slots == right / 5
    assert scores.true == captioning.is_true(TRUTH, caption) == (right == 5)
    assert scores.exact == (caption == TRUTH)


@given(sentences, sentences)
def test_truth_is_mutual_and_what_is_exact_is_true(one, other):
    assert captioning.is_true(one, other) == captioning.is_true(other, one)
    scores = captioning.score([one], [other])
    assert scores.exact <= scores.true <= scores.slots


def test_scores_are_means_over_the_pictures():
    scores = captioning.score([TRUTH] * 4, [TRUTH, TRUTH, "a blue square right of a red circle", "nothing"])
    assert (scores.exact, scores.slots, scores.true) == (0.5, 0.75, 0.75)
    assert str(scores).startswith("bleu 0.")
    assert str(scores).endswith("exact 0.500, slots 0.750, true 0.750")


def test_shuffled_gives_no_picture_its_own():
    assert captioning.shuffled(["one", "two", "three"]) == ["three", "one", "two"]
    assert captioning.shuffled([]) == []
