"""The caption decoder: what it reads, where it looks, what its loss counts, and that it learns to look."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from cnnlab.tasks import captioning, search
from cnnlab.tasks import captioning_training as training

CAPTIONS = ["a red circle left of a red square", "a red circle above a red square", "a red square below a red circle"]
WORDS = captioning.vocabulary(CAPTIONS)
LENGTH = 10


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return training.decoder((9, 5), len(WORDS), units=8)


@pytest.fixture(scope="module")
def features():
    return training.with_coordinates(np.random.default_rng(1).random((3, 3, 3, 3)))


def test_places_are_listed_row_after_row_with_x_before_y():
    maps = np.arange(12.0).reshape(1, 2, 3, 2)
    listed = training.with_coordinates(maps)
    assert listed.dtype == np.float32
    assert listed[0, :, :2].tolist() == maps.reshape(6, 2).tolist()
    assert listed[0, :, 2:].tolist() == [[-1, -1], [0, -1], [1, -1], [-1, 1], [0, 1], [1, 1]]
    with pytest.raises(ValueError, match=r"`features` must have shape \(N, H, W, C\)"):
        training.with_coordinates(maps[0])


def test_it_says_probabilities_and_looks_with_shares(model, features):
    tokens = captioning.encode(CAPTIONS, WORDS, LENGTH)[:, :-1]
    probabilities, attention = training.looking(model).predict([features, tokens], verbose=0)
    assert probabilities.shape == (3, 9, len(WORDS))
    assert attention.shape == (3, 9, 9)
    assert probabilities.sum(axis=-1) == pytest.approx(np.ones((3, 9)), abs=1e-5)
    assert attention.sum(axis=-1) == pytest.approx(np.ones((3, 9)), abs=1e-5)


def test_a_place_knows_only_the_words_before_it(model, features):
    tokens = captioning.encode(CAPTIONS, WORDS, LENGTH)[:, :-1]
    other = tokens.copy()
    other[:, 4:] = captioning.PAD
    one, two = (model.predict([features, words], verbose=0) for words in (tokens, other))
    assert one[:, :4] == pytest.approx(two[:, :4], abs=1e-6)
    assert not np.allclose(one[:, 4:], two[:, 4:], atol=1e-4)


def test_attention_is_the_softmax_of_dot_products_and_a_mean_of_the_features(model, features):
    """The layers around it, one by one, and the rest in NumPy."""
    tokens = captioning.encode(CAPTIONS, WORDS, LENGTH)[:, :-1]
    looks = []
    for name in ("attention1", "attention2"):
        names = (f"{name}_query", f"{name}_keys", name)
        parts = keras.Model(model.input, [model.get_layer(name).output for name in names])
        query, keys, (answer, shares) = parts.predict([features, tokens], verbose=0)
        scores = np.einsum("ntd,npd->ntp", query, keys)
        weights = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
        assert shares == pytest.approx(weights, abs=1e-5)
        assert answer == pytest.approx(np.einsum("ntp,npc->ntc", weights, features), abs=1e-5)
        looks.append(weights)
    _, attention = training.looking(model).predict([features, tokens], verbose=0)
    assert attention == pytest.approx(np.mean(looks, axis=0), abs=1e-5)


def test_the_loss_counts_where_the_target_is_a_word(features):
    model = training.decoder((9, 5), len(WORDS), units=8)
    tokens = captioning.encode(CAPTIONS, WORDS, LENGTH)
    inputs, targets = tokens[:, :-1], tokens[:, 1:]
    probabilities = model.predict([features, inputs], verbose=0)
    right = np.take_along_axis(probabilities, targets[..., None], axis=-1)[..., 0]
    asked = targets != captioning.PAD
    assert asked.sum(axis=1).tolist() == [9, 8, 8]  # "left of" is a word more than "above"; and <end>
    history = training.train(model, features, tokens, epochs=1, batch_size=3, rate=1e-9)
    assert history["loss"] == [pytest.approx(-np.log(right[asked]).sum() / targets.size, rel=1e-4)]


def test_it_learns_to_say_what_it_sees():
    """One place is marked in one of two channels: the caption follows the channel, wherever the mark is."""
    keras.utils.set_random_seed(3)
    rng = np.random.default_rng(0)
    said = rng.integers(2, size=256)
    maps = np.zeros((256, 3, 3, 2))
    maps.reshape(256, 9, 2)[np.arange(256), rng.integers(9, size=256), said] = 1
    features = training.with_coordinates(maps)
    captions = [CAPTIONS[k] for k in said]
    tokens = captioning.encode(captions, WORDS, LENGTH)
    model = training.decoder(features.shape[1:], len(WORDS), units=16)
    history = training.train(model, features[:200], tokens[:200], epochs=15, batch_size=20, rate=1e-2)
    assert history["loss"][-1] < 0.1 * history["loss"][0]
    scores = captioning.score(captions[200:], training.captions(model, features[200:], WORDS, 9))
    assert scores.exact > 0.95


def test_the_searches_ask_the_same_network(model, features):
    tokens = captioning.encode(CAPTIONS[:1], WORDS, LENGTH)[:, :4]
    next_words = training.next_words(model, features[1])
    rows = next_words(np.repeat(tokens, 2, axis=0))
    whole = model.predict([features[1:2], tokens], verbose=0)[0, 3]
    assert rows == pytest.approx(np.stack([whole, whole]), abs=1e-6)
    long = np.full((1, 14), 3)
    assert next_words(long)[0] == pytest.approx(model.predict([features[1:2], long], verbose=0)[0, 13], abs=1e-6)
    greedy = [search.greedy(training.next_words(model, one), 12)[0] for one in features]
    said = captioning.decode([words + (captioning.PAD,) * (12 - len(words)) for words in greedy], WORDS)
    assert said == training.captions(model, features, WORDS, 12)


def test_a_step_gives_words_and_a_map(model, features):
    step = training.stepper(model, features, WORDS, (3, 3))
    probabilities, attention = step(2, ["a", "red"])
    assert tuple(probabilities) == WORDS
    prefix = np.array([[captioning.START, WORDS.index("a"), WORDS.index("red")]])
    assert list(probabilities.values()) == pytest.approx(training.next_words(model, features[2])(prefix)[0], abs=1e-6)
    assert attention.shape == (3, 3)
    assert attention.sum() == pytest.approx(1, abs=1e-5)
    assert step(2, [])[1] != pytest.approx(attention, abs=1e-6)  # the query is another after other words
    with pytest.raises(ValueError, match="made of the words of `words`. Received: 'pink'"):
        step(0, ["pink"])


def test_a_saved_decoder_still_shows_where_it_looks(model, features, tmp_path):
    model.save(tmp_path / "decoder.keras")
    again = keras.saving.load_model(tmp_path / "decoder.keras")
    tokens = captioning.encode(CAPTIONS, WORDS, LENGTH)[:, :-1]
    for mine, loaded in zip(
        *(training.looking(one).predict([features, tokens], verbose=0) for one in (model, again)), strict=True
    ):
        assert loaded == pytest.approx(mine, abs=1e-6)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: training.decoder((9, 5), 2), "words"),
        (lambda: training.captions(None, [], WORDS, 0), "length"),
        (lambda: training.train(None, [], [], epochs=0), "epochs"),
        (lambda: training.train(None, [], [], epochs=1, batch_size=0), "batch_size"),
        (lambda: training.train(None, [0], [], epochs=1, rate=0), "rate"),
    ],
)
def test_what_is_refused(call, name):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        call()
