"""Near-duplicates: copies are found, other pictures are not, and the distances are counted bit by bit."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from cnnlab import datasets, practice
from cnnlab.data.pictures import alike


@pytest.fixture(scope="module")
def pieces():
    """96 × 96 pieces of shipped photographs with something on them."""
    photos = [datasets.photo(name)[..., :3] for name in ("astronaut", "chelsea", "coffee", "china")]
    cut = [p[y : y + 96, x : x + 96] for p in photos for y in range(0, 288, 96) for x in range(0, 384, 96)]
    return np.array([piece for piece in cut if piece.shape == (96, 96, 3) and piece.std() > 30])


def saved_again(piece):
    stream = io.BytesIO()
    Image.fromarray(piece).save(stream, "JPEG", quality=50)
    return np.asarray(Image.open(stream))


def smaller(piece):
    return np.asarray(Image.fromarray(piece).resize((48, 48)))


def brighter(piece):
    return np.asarray(ImageEnhance.Brightness(Image.fromarray(piece)).enhance(1.25))


@pytest.mark.parametrize("change", [saved_again, smaller, brighter])
def test_copies_are_near_and_others_far(pieces, change):
    assert len(pieces) >= 30
    bits = np.array([datasets.picture_hash(piece) for piece in pieces])
    copies = np.array([datasets.picture_hash(change(piece)) for piece in pieces])
    distances = (bits[:, None] != copies).sum(axis=2)
    assert (np.diag(distances) <= 6).mean() > 0.9
    others = distances[~np.eye(len(pieces), dtype=bool)]
    assert others.min() > 6
    assert 28 < others.mean() < 34


def test_the_pairs_are_those_of_a_count_bit_by_bit(monkeypatch):
    monkeypatch.setattr(alike, "_AT_ONCE", 7)  # several blocks of rows
    images = np.random.default_rng(0).integers(0, 256, (30, 12, 10, 3), dtype=np.uint8)
    images[[5, 20]] = images[[11, 3]]
    bits = [datasets.picture_hash(image) for image in images]
    wanted = sorted(
        (int((bits[a] != bits[b]).sum()), a, b) for a in range(30) for b in range(a + 1, 30)
        if (bits[a] != bits[b]).sum() <= 24
    )  # fmt: skip
    found = datasets.near_duplicates(images, most=24)
    assert [(pair.distance, pair.first, pair.second) for pair in found] == wanted
    assert [(pair.first, pair.second) for pair in found[:2]] == [(3, 20), (5, 11)]


def test_grey_pictures_and_none_at_all():
    assert datasets.near_duplicates(np.zeros((0, 8, 8, 3), np.uint8)) == []
    grey = np.random.default_rng(1).integers(0, 256, (2, 9, 9), dtype=np.uint8)
    assert (datasets.picture_hash(grey[0]) == datasets.picture_hash(np.stack([grey[0]] * 3, axis=-1))).all()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: datasets.picture_hash(np.zeros((8, 8, 3))), "`picture` must be uint8"),
        (lambda: datasets.picture_hash(np.zeros((8, 8, 4), np.uint8)), r"\(H, W\) or \(H, W, 3\). Received: uint8"),
        (lambda: datasets.picture_hash(np.zeros((0, 8), np.uint8)), "must not be empty"),
        (lambda: datasets.near_duplicates(np.zeros((2, 8, 8), np.uint8), most=65), "`most` must be a whole number"),
    ],
)
def test_what_has_no_fingerprint_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_the_tossed_pictures_lie_beside_their_copies(tmp_path):
    found = datasets.image_folder(practice.tossed_zip(tmp_path / "tossed.zip", 30), 64)
    assert len(found) == 60
    assert not found.duplicates  # no pixels are equal
    numbers = [file.split("/")[1][:3] for file in found.files]
    for pair in datasets.near_duplicates(found.images):
        assert numbers[pair.first] == numbers[pair.second]
        assert found.labels[pair.first] == found.labels[pair.second]
    again = practice.tossed_zip(tmp_path / "again.zip", 30)
    assert again.read_bytes() == (tmp_path / "tossed.zip").read_bytes()
