"""The archives to practise on are what the lesson says they are, and the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlab import datasets, practice


@pytest.mark.parametrize("make", [practice.digits_zip, practice.untidy_zip, practice.cells_zip])
def test_the_same_seed_gives_the_same_file(tmp_path, make):
    first, again, other = (make(tmp_path / f"{n}.zip", seed=seed) for n, seed in enumerate((0, 0, 1)))
    assert first.read_bytes() == again.read_bytes()
    assert first.read_bytes() != other.read_bytes()


def test_digits_are_those_of_scikit_learn(tmp_path):
    found = datasets.image_folder(practice.digits_zip(tmp_path / "digits.zip", per_class=12), 28, validation=0)
    assert found.class_names == tuple("56789")
    assert found.counts() == {"train": (12,) * 5}
    row = int(found.files[0].split("/")[1].removesuffix(".png"))
    assert datasets.digits().labels[row] == 5
    np.testing.assert_array_equal(found.images[0, 4:24, 4:24, 0], datasets.digits(20).images[row, ..., 0])


def test_the_untidy_archive_is_accounted_for(tmp_path):
    """37 files: 24 plain ones, 4 that are changed to be read, 9 left out."""
    found = datasets.image_folder(practice.untidy_zip(tmp_path / "shapes.zip"), 32)
    assert (len(found), len(found.notes), len(found.skipped)) == (28, 4, 9)
    assert found.counts() == {"train": (11, 11), "validation": (3, 3)}
    assert found.empty_classes == ("ring",)
    assert {one.file.rsplit("/", 1)[-1] for one in found.notes} == {
        "phone.jpg", "print.jpg", "moving.gif", "wrong name.jpg"
    }  # fmt: skip
    assert {one.file.rsplit("/", 1)[-1] for one in found.skipped} == {
        "copy of 03.png", "half.jpg", "nothing.png", "page.png", "notes.txt", "more.zip", "readme.md", ".DS_Store",
        "._00.png",
    }  # fmt: skip


def test_harmful_archives_are_all_refused(tmp_path):
    made = practice.harmful_zips(tmp_path)
    says = ["leads out", "absolute path", "is a link", "no photograph packs like that", "is encrypted", "breaks off"]
    for (name, archive), words in zip(made.items(), says, strict=True):
        with pytest.raises(datasets.ArchiveError, match=words):
            datasets.unpack(archive, tmp_path / name)
    assert {path.suffix for path in tmp_path.iterdir()} == {".zip"}


def test_cells_are_told_apart_by_what_is_in_them_and_patients_by_their_colour(tmp_path):
    found = datasets.image_folder(practice.cells_zip(tmp_path / "cells.zip", patients=4, pictures=5), 32, validation=0)
    assert len(found) == 60
    patients = np.array([file.split("/")[1].split("_")[0] for file in found.files])
    assert len(np.unique(patients)) == 12
    assert all(len(set(found.labels[patients == patient])) == 1 for patient in patients)
    colours = found.images.mean(axis=(1, 2))
    within = np.mean([colours[patients == patient].std(axis=0) for patient in np.unique(patients)])
    assert colours.std(axis=0).mean() > 2 * within


@pytest.mark.parametrize(
    ("make", "arguments", "says"),
    [
        (practice.digits_zip, {"per_class": 175}, "`per_class` must be a whole number from 1 to 174"),
        (practice.cells_zip, {"patients": 1}, "`patients` must be a whole number >= 2"),
        (practice.cells_zip, {"pictures": 0}, "`pictures` must be a whole number >= 1"),
        (practice.untidy_zip, {"seed": -1}, "`seed` must be a whole number >= 0"),
    ],
)
def test_numbers_are_checked(tmp_path, make, arguments, says):
    with pytest.raises(ValueError, match=says):
        make(tmp_path / "a.zip", **arguments)
