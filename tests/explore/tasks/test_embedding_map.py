"""The embedding map: distances and places worked out anew, its sliders, its words, and what it refuses."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.decomposition import PCA

from cnnlab import explore
from cnnlab.data import faces

PEOPLE = faces.people(identities=3, pictures=2, seed=5)
MOVES = dict(light=-1.0, turn=0.8, smile=1.0, hair=0.1, shift_x=0.06, glasses=True)


def rough(images):
    """16 brightnesses, as an embedding."""
    return np.asarray(images).mean(axis=-1).reshape(len(images), 4, 12, 4, 12).mean(axis=(2, 4)).reshape(-1, 16)


@pytest.fixture(scope="module")
def explorer():
    return explore.EmbeddingMap(rough, PEOPLE)


def drawn(row, **changes):
    """The picture anew, without the explorer."""
    look = dict(zip(faces.LOOK, PEOPLE.looks[row], strict=True))
    look |= {name: round(20 * look[name]) / 20 for name in ("light", "turn", "smile", "hair")}
    look |= dict(
        shift_x=round(look["shift_x"], 2),
        glasses=float(look["glasses"] >= 0.7),
        light_strength=faces.LOOK["light_strength"][1],
    )
    who = dict(zip(faces.IDENTITY, PEOPLE.identities[row], strict=True))
    return rough(faces.draw(who, look | {name: float(value) for name, value in changes.items()}, seed=row)[None])[0]


def test_nothing_moved_is_no_distance_for_everybody(explorer):
    for person in range(3):
        for picture in range(2):
            words = explorer.set(person=person, picture=picture).describe()
            assert re.search(r"Squared distance from the enrolled picture: 0\.0+, at most", words)
            assert "Moved alone" not in words


def test_the_distance_is_that_of_the_picture_drawn_anew(explorer):
    explorer.set(person=1, picture=1).set(**MOVES)
    right = ((drawn(3, **MOVES) - drawn(3)) ** 2).sum()
    assert explorer._distance(explorer._now()) == pytest.approx(right, rel=1e-5)
    alone = ((drawn(3, turn=0.8) - drawn(3)) ** 2).sum()
    assert f"turn {alone:.{explorer._digits}f}, " in explorer.describe()


def test_the_nearest_picture_of_somebody_else(explorer):
    explorer.set(person=1, picture=1).set(**MOVES)
    others = {row: ((drawn(row) - drawn(3, **MOVES)) ** 2).sum() for row in (0, 1, 4, 5)}
    row = min(others, key=others.get)
    person, picture = divmod(row, 2)
    said = f"Nearest picture of somebody else: person {person}, picture {picture}, {others[row]:.{explorer._digits}f}."
    assert said in explorer.describe()


def test_the_map_is_the_plane_of_scikit_learn(explorer):
    found = np.stack([drawn(row) for row in range(6)])
    pca = PCA(2).fit(found)
    assert np.abs(explorer._places) == pytest.approx(np.abs(pca.transform(found)), abs=1e-6)
    assert f"{100 * pca.explained_variance_ratio_.sum():.0f} % of the spread" in explorer.describe()


def test_no_picture_outside_the_ring_is_accepted(explorer):
    for row in range(6):
        person, picture = divmod(row, 2)
        explorer.set(person=person, picture=picture).set(**MOVES)
        flat = explorer._place(np.stack([drawn(row), drawn(row, **MOVES)]))
        assert ((flat[0] - flat[1]) ** 2).sum() <= explorer._distance(explorer._now()) + 1e-9


def test_the_threshold_decides(explorer):
    explorer.set(person=0, picture=0, **MOVES)
    far = explorer._distance(explorer._now()) + 1e-6
    assert explorer.set(threshold=far).answer() == "accepted"
    assert "at most τ" in explorer.describe()
    assert explorer.set(threshold=0.9 * far).answer() == "refused"
    assert "more than τ" in explorer.describe()


def test_another_picture_brings_its_own_values(explorer):
    explorer.set(person=0, picture=0, **MOVES)
    explorer.controls["person"].value = 2
    assert explorer._now() == explorer._own()
    explorer.set(picture=1, light=0.35)
    assert explorer.light == 0.35
    assert sum(now != own for now, own in zip(explorer._now(), explorer._own(), strict=True)) <= 1


def test_one_number_is_a_map_too():
    one = explore.EmbeddingMap(lambda images: rough(images)[:, :1], PEOPLE)
    assert one._places[:, 1].tolist() == [0] * 6
    assert "100 % of the spread" in one.set(turn=1.0).describe()


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ((rough, PEOPLE.images), TypeError, "as from faces.people. Received: ndarray"),
        ((rough, faces.people(61, 2)), ValueError, "2 to 120 pictures. Received: 122"),
        ((rough, faces.people(3, 1)), ValueError, "pairs of one person and of two"),
        ((lambda images: rough(images)[:1], PEOPLE), ValueError, "a row for each of 6 pictures. Received: 1"),
        ((lambda images: np.zeros(6), PEOPLE), ValueError, "`embed`"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, error, says):
    with pytest.raises(error, match=re.escape(says)):
        explore.EmbeddingMap(*arguments)


def test_collapsed_embeddings_are_shown_as_one_point():
    flat = explore.EmbeddingMap(lambda images: np.ones((len(images), 3)), PEOPLE)
    assert "0 % of the spread" in flat.set(turn=1.0).describe()
    assert flat.png()
