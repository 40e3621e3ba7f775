"""Drawn faces: the same number is the same person, everything is known, and looks change what they say they change."""

from __future__ import annotations

import re

import numpy as np
import pytest

from cnnlab.data import faces

MIDDLE = {name: (low + high) / 2 for name, (low, high) in faces.LOOK.items()} | {"noise": 0.0, "glasses": 0.0}
AVERAGE = {name: (low + high) / 2 for name, (low, high) in faces.IDENTITY.items()}
SOME = faces.people(12, pictures=5, seed=3)


def test_what_people_hold():
    assert (SOME.images.shape, SOME.images.dtype) == ((60, 48, 48, 3), np.float32)
    assert SOME.images.min() >= 0
    assert SOME.images.max() <= 1
    assert (SOME.labels.tolist(), SOME.labels.dtype) == (np.repeat(np.arange(12), 5).tolist(), np.int64)
    assert SOME.identities.shape == (60, len(faces.IDENTITY))
    assert SOME.looks.shape == (60, len(faces.LOOK))
    for numbers, bounds in ((SOME.identities, faces.IDENTITY), (SOME.looks, faces.LOOK)):
        low, high = np.array(list(bounds.values())).T
        assert ((low <= numbers) & (numbers <= high)).all()
    assert [len(np.unique(SOME.identities[SOME.labels == k], axis=0)) for k in range(12)] == [1] * 12
    assert len(np.unique(SOME.looks, axis=0)) == 60


def test_a_person_depends_on_seed_and_number_alone():
    more = faces.people(20, pictures=8, seed=3)
    first = more.images.reshape(20, 8, 48, 48, 3)[:12, :5].reshape(SOME.images.shape)
    assert np.array_equal(first, SOME.images)
    other = faces.people(12, pictures=1, seed=4)
    assert not np.isin(other.identities, SOME.identities).any(), "another seed shares nobody"


def test_one_picture_is_drawn_as_many_are():
    looks = SOME.looks[:, list(faces.LOOK).index("noise")]
    one = int(looks.argmin())
    who = dict(zip(faces.IDENTITY, SOME.identities[one], strict=True))
    how = dict(zip(faces.LOOK, SOME.looks[one], strict=True))
    clean = faces.draw(who, {**how, "noise": 0.0})
    assert np.abs(clean - SOME.images[one]).mean() < 2 * looks[one] + 1e-6
    assert np.array_equal(faces.draw(who, how, seed=5), faces.draw(who, how, seed=5))
    assert faces.identity(7) == faces.identity(7) != faces.identity(8)
    assert faces.look((1, 2)) == faces.look([1, 2]) != faces.look((2, 1))


@pytest.mark.parametrize("side", [24, 48, 64, 97])
def test_a_larger_picture_shows_the_same(side):
    found = faces.draw(AVERAGE, MIDDLE, side=side)
    assert found.shape == (side, side, 3)
    step = np.linspace(0, 95, 24).round().astype(int)
    large = faces.draw(AVERAGE, MIDDLE, side=96)[step][:, step]
    small = found[np.ix_(*[np.linspace(0, side - 1, 24).round().astype(int)] * 2)]
    assert np.abs(large - small).mean() < 0.06


def test_every_number_changes_the_picture():
    base = faces.draw(AVERAGE, MIDDLE)
    for name, (_, high) in faces.IDENTITY.items():
        changed = np.abs(faces.draw({**AVERAGE, name: high}, MIDDLE) - base).max(axis=2)
        assert changed.max() > 0.05, name
    for name, (_, high) in faces.LOOK.items():
        assert np.abs(faces.draw(AVERAGE, {**MIDDLE, name: high}) - base).max() > 0.02, name


def test_a_face_that_looks_straight_ahead_is_its_own_mirror_image():
    straight = {**MIDDLE, "light": 0.0, "turn": 0.0, "tilt": 0.0, "shift_x": 0.0}
    someone = {**AVERAGE, "brow_tilt": 0.3}
    picture = faces.draw(someone, straight)
    assert picture == pytest.approx(picture[:, ::-1], abs=2e-5)
    right, left = (faces.draw(someone, {**straight, "turn": turn, "light": turn}) for turn in (0.8, -0.8))
    assert right == pytest.approx(left[:, ::-1], abs=2e-5)


def test_light_comes_from_where_it_is_said_to():
    plain = {**MIDDLE, "turn": 0.0, "shift_x": 0.0, "light_strength": 0.45, "tilt": 0.0}
    for light in (-1.0, 1.0):
        picture = faces.draw(AVERAGE, {**plain, "light": light})
        cheeks = picture[26:32, 12:18].mean(), picture[26:32, 30:36].mean()
        assert (cheeks[1] > cheeks[0] + 0.1) == (light > 0)


def test_eyes_lie_where_the_numbers_say():
    # The darkest pixels of each half at the height of the eyes are the irises, 0.25 · 48 = 12 pixels from the middle.
    look = {**MIDDLE, "shift_x": 0.0, "shift_y": 0.0, "tilt": 0.0, "skin": 1.0, "scale": 1.0}
    someone, row = {**AVERAGE, "eye_distance": 0.25, "eye_height": -0.06}, int((1 - 0.06 - 0.03) * 48)

    def eyes(turn):
        picture = faces.draw(someone, {**look, "turn": turn}, side=96).mean(axis=2)
        return 24 + int(picture[row, 24:48].argmin()), 48 + int(picture[row, 48:72].argmin())

    assert eyes(0.0) == pytest.approx((47.5 - 12, 47.5 + 12), abs=2.5)
    assert min(np.subtract(eyes(0.6), eyes(0.0))) >= 2, "a head that turns to the right takes its eyes there"


def test_no_feature_is_cut_at_the_edge_of_its_band(monkeypatch):
    corners = {name: bounds for name, bounds in (faces.IDENTITY | faces.LOOK).items()}
    rng = np.random.default_rng(0)
    ends = np.array([[bounds[k] for bounds in corners.values()] for k in (0, 1)])
    rows = np.where(rng.random((200, len(corners))) < 0.5, *ends)
    who, how = rows[:, : len(faces.IDENTITY)], rows[:, len(faces.IDENTITY) :]
    noise = np.zeros((200, 48, 48, 3), np.float32)
    banded = faces._pictures(who, how, 48, noise)
    for band in ("_EYES", "_NOSE", "_MOUTH"):
        monkeypatch.setattr(faces, band, (-1.0, 1.0))
    assert np.array_equal(banded, faces._pictures(who, how, 48, noise))


def test_colour_says_nothing_about_who_it_is():
    tones = SOME.images.reshape(12, 5, -1, 3).mean(axis=2)  # the mean colour of each picture
    within = tones.var(axis=1).mean()
    between = tones.mean(axis=1).var(axis=0).mean()
    assert between < 0.6 * within  # 1/5 if people were all alike


REFUSED = [
    (lambda: faces.people(0), "`identities` must be a whole number >= 1. Received: 0"),
    (lambda: faces.people(2, 0), "`pictures` must be a whole number >= 1. Received: 0"),
    (lambda: faces.people(2, side=8), "`side` must be a whole number >= 24. Received: 8"),
    (lambda: faces.people(2, seed=-1), "`seed` must be a whole number from 0 to 4294967295. Received: -1"),
    (lambda: faces.identity(2**32), "`seed` must be a whole number from 0 to 4294967295."),
    (lambda: faces.draw(MIDDLE, MIDDLE), "`identity` must be a dict with the names of IDENTITY, no more and no fewer."),
    (lambda: faces.draw(AVERAGE, {**MIDDLE, "hat": 1}), "no more and no fewer. Received: ['hat']"),
    (lambda: faces.draw(AVERAGE, [1, 2]), "`look` must be a dict with the names of LOOK"),
    (
        lambda: faces.draw(AVERAGE, {**MIDDLE, "turn": 3}),
        '`look["turn"]` must be a number from -1.0 to 1.0. Received: 3',
    ),
    (lambda: faces.draw(AVERAGE, MIDDLE, side=1.5), "`side` must be a whole number >= 24. Received: 1.5"),
]


@pytest.mark.parametrize(("call", "says"), REFUSED, ids=range(len(REFUSED)))
def test_bad_arguments_are_refused(call, says):
    with pytest.raises((TypeError, ValueError), match=re.escape(says)):
        call()
