"""Omniglot: read from its two archives, alphabets apart, or digits in its place."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnlab import datasets
from cnnlab.common.errors import DataError
from cnnlab.data.omniglot import ALPHABETS, HELD_OUT
from cnnlab.data.registry import REGISTRY

BOTH = ("images_background_small1", "images_background_small2")


def archive(root: str, characters: dict[str, int]) -> bytes:
    """A zip in Omniglot's form; picture k of a character has its number of black columns plus k, on white."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, columns in characters.items():
            for k in range(2):
                pixels = np.full((105, 105), 255, np.uint8)
                pixels[:, : columns + k] = 0
                png = io.BytesIO()
                Image.fromarray(pixels).convert("1").save(png, "PNG")
                file.writestr(f"{root}/{name}/{columns:04d}_{k + 1:02d}.png", png.getvalue())
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CNNLAB_DATA", str(tmp_path))
    monkeypatch.setenv("CNNLAB_OFFLINE", "1")
    (tmp_path / "omniglot").mkdir()
    return tmp_path / "omniglot"


def fill(folder: Path, first: dict[str, int], second: dict[str, int]) -> None:
    for name, characters in zip(BOTH, (first, second), strict=True):
        (folder / f"{name}.zip").write_bytes(archive(name, characters))


def test_alphabets_are_never_on_both_sides(folder):
    greek = {"Greek/character01": 10, "Greek/character02": 20}  # in both archives, as in those that are published
    fill(
        folder,
        {**greek, "Early_Aramaic/character01": 30},
        {**greek, "Korean/character01": 40, "Tagalog/character01": 50, "Tagalog/character02": 60},
    )
    train, test = datasets.omniglot("train", image_size=105), datasets.omniglot("test", image_size=105)
    assert train.class_names == ("Greek/character01", "Greek/character02", "Korean/character01")
    assert test.class_names == ("Early_Aramaic/character01", "Tagalog/character01", "Tagalog/character02")
    for data, columns in ((train, [10, 20, 40]), (test, [30, 50, 60])):
        assert data.labels.tolist() == [0, 0, 1, 1, 2, 2]
        assert (data.images.shape, data.images.dtype) == ((6, 105, 105, 1), np.uint8)
        ink = (data.images[:, 50, :, 0] == 255).sum(axis=1)  # light on black
        assert ink.tolist() == [columns + k for columns in columns for k in (0, 1)]
        assert data.source == f"Omniglot, {BOTH[0]}.zip and {BOTH[1]}.zip in the CNNLAB_DATA folder"
    assert not set(ALPHABETS) & set(HELD_OUT)
    assert datasets.omniglot("test", image_size=(14, 28)).images.shape == (6, 14, 28, 1)


def test_an_archive_that_was_changed_is_read_again(folder):
    first, second = (
        {"Latin/character01": 10, "Greek/character01": 20},
        {"Korean/character01": 40, "Sanskrit/character01": 9},
    )
    fill(folder, first, second)
    assert len(datasets.omniglot()) == 8
    fill(folder, {**first, "Latin/character02": 12}, second)
    assert len(datasets.omniglot()) == 10


def test_other_alphabets_are_refused(folder):
    fill(folder, {"Greek/character01": 10, "Klingon/character01": 11}, {})
    with pytest.raises(DataError, match=re.escape(f"{BOTH[0]}.zip must hold alphabets of Omniglot's")):
        datasets.omniglot()
    (folder / f"{BOTH[0]}.zip").write_bytes(b"no zip")
    with pytest.raises(DataError, match="is not a zip archive"):
        datasets.omniglot()


def test_digits_stand_in_and_no_digit_is_on_both_sides(folder):
    train, test = datasets.omniglot("train"), datasets.omniglot("test", image_size=(10, 20))
    assert train.is_stand_in
    assert train.source.startswith("stand-in: scikit-learn's digits (")
    assert (train.class_names, test.class_names) == (tuple("01234"), tuple("56789"))
    assert train.images.shape == (901, 28, 28, 1)
    assert test.images.shape == (896, 10, 20, 1)
    assert train.images.max() > 200
    assert (np.diff(train.labels) >= 0).all()
    assert np.unique(test.labels).tolist() == [0, 1, 2, 3, 4]
    digits = datasets.digits()
    assert np.array_equal(datasets.omniglot("train", image_size=8).images[:178], digits.images[digits.labels == 0])


def test_the_published_archives():
    folder = Path(__file__).parents[3] / "shared" / "data" / "omniglot"
    if not all((folder / f"{name}.zip").is_file() for name in BOTH):
        pytest.skip("no data folder beside the project")
    for number, name in enumerate(BOTH, 1):
        row = REGISTRY[f"omniglot-{number}"]
        assert (row.file, row.url.rpartition("/")[2]) == (f"omniglot/{name}.zip", f"{name}.zip")
        assert (folder / f"{name}.zip").stat().st_size == row.bytes


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"split": "validation"}, "`split` must be one of 'train', 'test'."),
        ({"image_size": 0}, "`image_size` must be a whole number >= 1. Received: 0"),
    ],
)
def test_bad_arguments_are_refused(options, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        datasets.omniglot(**options)
