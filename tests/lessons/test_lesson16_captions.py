"""Lesson 16, second half: its figures, the numbers of its prose, and its exercises against the library."""

from __future__ import annotations

from collections import Counter
from statistics import mode

import keras
import numpy as np
import pytest
from keras import layers

from cnnlab import captioning, scenes, segmentation
from cnnlab.checks import lesson16 as check


@pytest.fixture(scope="module")
def told():
    return [one for one in scenes.scenes(400, seed=8, **segmentation.WORLD) if captioning.is_clear(one)]


@pytest.fixture(scope="module")
def truths(told):
    return [captioning.describe(one) for one in told]


def test_the_language(told, truths):
    words = captioning.vocabulary(truths)
    assert len(told) == 304
    assert len(words) == 20
    assert words[3] == "a"
    assert words[9] == "circle"
    assert 8 * 3 * 3 * 8 * 3 == 1728
    example = captioning.encode(["a red circle above a red square"], words, 10)
    assert example.tolist() == [[1, 3, 15, 9, 4, 3, 15, 16, 2, 0]]
    assert {captioning.slots(truth)[2] for truth in truths} == {"left of", "above", "below"}
    assert {len(truth.split()) for truth in truths} == {7, 8}


def test_the_captions_of_training_use_the_same_words_and_repeat_little(truths):
    """1,300 different captions, most of them seen once or twice; every word hundreds of times."""
    learn = [one for one in scenes.scenes(4000, seed=3000, **segmentation.WORLD) if captioning.is_clear(one)]
    said = [captioning.describe(one) for one in learn]
    assert captioning.vocabulary(said) == captioning.vocabulary(truths)
    assert np.mean(np.array(list(Counter(said).values())) <= 2) > 0.6
    assert min(Counter(word for caption in said for word in caption.split()).values()) > 500


def test_blind_captions_have_a_third_of_the_facts_and_hardly_one_is_true(truths):
    usual = map(mode, zip(*map(captioning.slots, truths), strict=True))
    constant = "a {} {} {} a {} {}".format(*usual)
    assert constant == "a blue circle left of a purple triangle"
    one_for_all = captioning.score(truths, [constant] * len(truths))
    another = captioning.score(truths, captioning.shuffled(truths))
    for scores in (one_for_all, another):
        assert 0.33 < scores.slots < 0.39
        assert scores.true < 0.005
        assert scores.exact < 0.005
        assert 0.14 < scores.bleu < 0.22


def test_a_false_caption_has_a_bleu_of_0707_and_a_true_one_0():
    truth = "a red circle left of a blue square"
    assert round(captioning.bleu([truth], ["a red circle left of a green square"]), 3) == 0.707
    assert captioning.bleu([truth], ["a blue square right of a red circle"]) == 0
    assert not captioning.is_true(truth, "a red circle left of a green square")
    assert captioning.is_true(truth, "a blue square right of a red circle")


def test_silence_costs_nothing_under_a_mask_from_the_prediction():
    target = np.array([3, 9, captioning.END, 0, 0, 0, 0, 0, 0])
    silent = np.full((9, 20), 0.01 / 19)
    silent[:, captioning.PAD] = 0.99
    losses = -np.log(silent[np.arange(9), target])
    assert np.count_nonzero(silent.argmax(axis=1)) == 0
    assert losses[target != 0].mean() == pytest.approx(np.log(1900))  # 7.55
    assert losses.mean() == pytest.approx((3 * np.log(1900) - 6 * np.log(0.99)) / 9)  # 2.52


def test_attention_by_hand_is_that_of_keras():
    query, keys = np.array([1.0, 0.0]), np.array([[2.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    values = np.array([[1.0, -0.5], [0.0, 0.5], [0.0, 0.0]])
    shares = np.array([7.389, 1, 1]) / 9.389
    answer, weights = layers.Attention()([query[None, None], values[None], keys[None]], return_attention_scores=True)
    assert round(shares[0], 3) == 0.787
    assert keras.ops.convert_to_numpy(weights)[0, 0] == pytest.approx(shares, abs=1e-4)
    assert keras.ops.convert_to_numpy(answer)[0, 0] == pytest.approx(shares @ values, abs=1e-4)


def test_the_exercises_agree_with_the_library():
    def my_mask_loss(probabilities, inputs, targets):
        loss = keras.losses.SparseCategoricalCrossentropy(reduction=None)(targets, probabilities)
        mask = captioning.padding_mask(targets)
        return (keras.ops.convert_to_numpy(loss) * mask).sum() / mask.sum()

    def my_attention(query, keys, values):
        both = layers.Attention()([query[None, None], values[None], keys[None]], return_attention_scores=True)
        context, weights = (keras.ops.convert_to_numpy(part)[0, 0] for part in both)
        return weights, context

    check.shifted(lambda tokens: (tokens[:, :-1], tokens[:, 1:])).require()
    check.masked_loss(my_mask_loss).require()
    check.attend(my_attention).require()
