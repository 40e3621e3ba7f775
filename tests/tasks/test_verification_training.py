"""The triplet loss in Keras against NumPy's, batches of people, and a network that learns to tell faces apart."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest

from cnnlab import verification
from cnnlab.data import faces
from cnnlab.seeing import gradients
from cnnlab.tasks import triplets
from cnnlab.tasks import verification_training as training

LABELS = np.array([0, 0, 1, 1, 1, 2, 3, 3])  # row 5 has no other picture of its person: no triplet
SOME = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32) * 0.4
D = verification.squared_distances(SOME)


def by_hand(mining, distances, margin):
    """The loss of each of the eight anchors."""
    losses = []
    for a in range(8):
        positives = [p for p in range(8) if p != a and LABELS[p] == LABELS[a]]
        negatives = [n for n in range(8) if LABELS[n] != LABELS[a]]
        chosen = []
        for p in positives:
            further = [n for n in negatives if distances[a, n] > distances[a, p]]
            if mining == "semi_hard":
                easiest = max(negatives, key=lambda n: distances[a, n])
                chosen.append((p, min(further, key=lambda n: distances[a, n], default=easiest)))
            else:
                chosen += [(p, n) for n in negatives]
        each = [max(distances[a, p] - distances[a, n] + margin, 0) for p, n in chosen]
        losses.append((max(each) if mining == "batch_hard" else np.mean(each)) if each else 0)
    return losses


@pytest.mark.parametrize("mining", training.MINING)
@pytest.mark.parametrize("margin", [0.2, 2.0])
@pytest.mark.parametrize("squared", [True, False])
def test_the_loss_is_that_of_the_triplets_chosen(mining, margin, squared):
    loss = training.TripletLoss(margin, mining, squared=squared)
    expected = by_hand(mining, D if squared else np.sqrt(D), margin)
    assert keras.ops.convert_to_numpy(loss.call(LABELS, SOME)) == pytest.approx(expected, abs=1e-5)
    assert float(loss(LABELS, SOME)) == pytest.approx(np.mean(expected), abs=1e-5)


def test_batch_hard_is_the_loss_of_its_triplets():
    a, p, n = triplets.batch_hard_triplets(D, LABELS).T
    expected = verification.triplet_loss(SOME[a], SOME[p], SOME[n], 0.3).sum() / 8  # row 5 counts 0
    assert float(training.TripletLoss(0.3)(LABELS, SOME)) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("mining", training.MINING)
def test_collapse_costs_the_margin_exactly(mining):
    labels, one_point = np.repeat([0, 1], 4), np.full((8, 3), 0.6, np.float32)
    assert float(training.TripletLoss(0.25, mining)(labels, one_point)) == 0.25


@pytest.mark.parametrize("mining", training.MINING)
@pytest.mark.parametrize("labels", [[0, 1, 2], [4, 4, 4]])
def test_a_batch_without_a_triplet_costs_nothing(mining, labels):
    assert float(training.TripletLoss(0.5, mining)(np.array(labels), np.zeros((3, 2), np.float32))) == 0


@pytest.mark.parametrize("mining", training.MINING)
@pytest.mark.parametrize("squared", [True, False])
def test_equal_embeddings_have_a_gradient(mining, squared):
    loss = training.TripletLoss(0.5, mining, squared=squared)
    twice = np.array([[0.0, 1], [0, 1], [1, 0], [0.4, 1]])
    _, slope = gradients.gradient(lambda x: loss(np.array([0, 0, 1, 1]), x), twice)
    assert np.isfinite(slope).all()


def test_batches_hold_p_people_with_k_pictures():
    labels = np.repeat([5, 6, 7, 8, 9], [4, 4, 4, 4, 1])  # 9 has one picture and takes no part
    images = np.arange(17, dtype=np.float32).reshape(17, 1, 1, 1)
    batches = training.Batches(images, labels, people=3, pictures=2, steps=40, seed=1)
    assert len(batches) == 40
    met = set()
    for number in range(40):
        x, y = batches[number]
        assert (x.shape, y.shape) == ((6, 1, 1, 1), (6,))
        assert sorted(np.unique(y, return_counts=True)[1]) == [2, 2, 2]
        assert len(np.unique(x)) == 6, "no picture twice"
        assert (labels[x.ravel().astype(int)] == y).all()
        met |= set(x.ravel().astype(int))
    assert met == set(range(16))
    assert np.array_equal(batches[3][0], training.Batches(images, labels, 3, 2, 40, seed=1)[3][0])
    first = batches[3][0]
    batches.on_epoch_end()
    assert not np.array_equal(batches[3][0], first), "the next epoch draws others"


def test_a_network_learns_to_tell_faces_apart_and_can_be_saved(tmp_path):
    keras.utils.set_random_seed(0)
    people, others = faces.people(30, 8, seed=0, side=24), faces.people(20, 4, seed=1, side=24)
    model = training.embedding_network((24, 24, 3), dimensions=8, filters=(8, 16))
    before = training.embed(model, others.images)
    watch = training.Watch(others.images, others.labels)
    model.compile(keras.optimizers.Adam(5e-3), training.TripletLoss(0.5, "all"))
    batches = training.Batches(people.images, people.labels, people=8, pictures=4, steps=20)
    model.fit(batches, epochs=2, verbose=0, callbacks=[watch])
    after = training.embed(model, others.images)
    assert np.linalg.norm(after, axis=1) == pytest.approx(1, abs=1e-4)
    rates = [verification.equal_error_rate(*verification.pairs(found, others.labels)) for found in (before, after)]
    assert rates[1] < rates[0] - 0.05
    assert len(watch.active_share) == len(watch.spread) == 3
    assert watch.spread[-1] == pytest.approx(verification.spread(after), abs=1e-5)
    model.save(tmp_path / "faces.keras")
    again = keras.saving.load_model(tmp_path / "faces.keras")
    assert training.embed(again, others.images) == pytest.approx(after, abs=1e-5)
    assert again.loss.get_config() == {"margin": 0.5, "mining": "all", "squared": True, "name": "triplet_loss"}


def test_an_embedding_of_any_length():
    model = training.embedding_network((32, 24, 1), dimensions=5, filters=(4,), unit=False)
    found = training.embed(model, np.random.default_rng(0).random((3, 32, 24, 1), np.float32))
    assert found.shape == (3, 5)
    assert not np.allclose(np.linalg.norm(found, axis=1), 1)


X = np.zeros((4, 8, 8, 1), np.float32)
REFUSED = [
    (lambda: training.TripletLoss(0), "`margin` must be a finite number > 0. Received: 0"),
    (lambda: training.TripletLoss(mining="hard"), "`mining` must be one of 'batch_hard', 'semi_hard', 'all'."),
    (
        lambda: training.Batches(X, [0, 0, 1, 1], people=3, pictures=2),
        "`people` must be at most the 2 with 2 pictures.",
    ),
    (lambda: training.Batches(X, [0, 0, 1, 1], people=2, pictures=1), "`pictures` must be a whole number >= 2."),
    (lambda: training.Batches(X[0], [0, 0]), "`images` must have shape (N, H, W, C)"),
    (
        lambda: training.Batches(X, [0, 0, 1], 2, 2),
        "`labels` must have one entry for each of the 4 images. Received: 3",
    ),
]


@pytest.mark.parametrize(("call", "says"), REFUSED, ids=range(len(REFUSED)))
def test_bad_arguments_are_refused(call, says):
    with pytest.raises((TypeError, ValueError), match=re.escape(says)):
        call()
