"""A third set, drawn to be asked once: the same share of every class, whole groups, never a picture of two sets."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from cnnlab import datasets, practice
from cnnlab.common.errors import DataError


def folder(path, counts, split=""):
    """Pictures of noise: class → how many."""
    rng = np.random.default_rng(len(split))
    for name, count in counts.items():
        (path / split / name).mkdir(parents=True)
        for number in range(count):
            noise = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(noise).save(path / split / name / f"{number}.png")
    return path


def test_three_sets_with_the_same_share_of_every_class(tmp_path):
    """Of 20 and 10, a quarter each: 5 and 2 (10 · 0.25 = 2.5, rounded to even); a third of the rest of 15 and 8."""
    data = datasets.image_folder(folder(tmp_path, {"cat": 20, "dog": 10}), 8, validation=0.25, test=0.25)
    assert data.counts() == {"train": (10, 5), "validation": (5, 2), "test": (5, 3)}
    assert len(set(data.files)) == 30
    same = datasets.image_folder(tmp_path, 8, validation=0.25, test=0.25)
    assert same.splits.tolist() == data.splits.tolist()
    other = datasets.image_folder(tmp_path, 8, validation=0.25, test=0.25, seed=1)
    assert other.splits.tolist() != data.splits.tolist()


def test_without_a_test_share_nothing_changes(tmp_path):
    path = folder(tmp_path, {"cat": 12, "dog": 9})
    plain, none = (datasets.image_folder(path, 8, **more) for more in ({}, {"test": 0}))
    assert plain.splits.tolist() == none.splits.tolist()
    assert set(plain.counts()) == {"train", "validation"}


def test_where_there_is_a_validation_folder_the_test_is_drawn_from_train(tmp_path):
    folder(tmp_path, {"cat": 8, "dog": 8}, "train")
    folder(tmp_path, {"cat": 3, "dog": 3}, "val")
    data = datasets.image_folder(tmp_path, 8, test=0.25)
    assert data.counts() == {"train": (6, 6), "validation": (3, 3), "test": (2, 2)}
    assert "test drawn here from train" in data.report()


def test_where_there_is_a_test_folder_none_is_drawn(tmp_path):
    folder(tmp_path, {"cat": 8, "dog": 8}, "train")
    folder(tmp_path, {"cat": 3, "dog": 3}, "test")
    data = datasets.image_folder(tmp_path, 8, validation=0.25, test=0.5)
    assert data.counts() == {"train": (6, 6), "validation": (2, 2), "test": (3, 3)}


def test_groups_stay_together_in_all_three(tmp_path):
    archive = practice.cells_zip(tmp_path / "cells.zip", 8, 4)
    data = datasets.image_folder(archive, 32, groups=r"(patient\d+)_", validation=0.25, test=0.25)
    sides = [set(np.array(data.groups)[data.splits == name]) for name in ("train", "validation", "test")]
    assert all(sides)
    assert sum(map(len, sides)) == len(set.union(*sides)) == 24


def test_the_smallest_classes_give_one_to_each(tmp_path):
    data = datasets.image_folder(folder(tmp_path, {"cat": 300, "dog": 3}), 8, validation=0.25, test=0.25)
    assert [counts[1] for counts in data.counts().values()] == [1, 1, 1]
    few = datasets.image_folder(tmp_path, 8, validation=0.25, test=0.25, max_images=20)
    assert [counts[1] for counts in few.counts().values()] == [1, 1, 1]


@pytest.mark.parametrize(
    ("dogs", "says"),
    [
        (
            1,
            "dog has one picture only, to train on, to validate on or to test on.* pass test=0 and validation=0, which",
        ),
        (2, "dog has two pictures only, to train on, to validate on or to test on.* pass test=0, which .* for that"),
    ],
)
def test_a_class_too_small_for_three_sets_is_refused_with_the_remedy(tmp_path, dogs, says):
    with pytest.raises(DataError, match=says):
        datasets.image_folder(folder(tmp_path, {"cat": 5, "dog": dogs}), 8, validation=0.25, test=0.25)


def test_shares_that_leave_nothing_are_refused(tmp_path):
    with pytest.raises(ValueError, match="must leave 5 % to train on. Received: 0.5 and 0.5"):
        datasets.image_folder(tmp_path, 8, validation=0.5, test=0.5)
    with pytest.raises(ValueError, match="`max_images` must be at least 6 here, two .*, and one more to test on"):
        datasets.image_folder(folder(tmp_path, {"cat": 5, "dog": 5}), 8, test=0.2, max_images=4)


def test_uneven_cells(tmp_path):
    archive = practice.cells_zip(tmp_path / "rare.zip", {"clear": 20, "ring": 2}, pictures=1)
    data = datasets.image_folder(archive, 32, validation=0.5)
    assert data.counts() == {"train": (10, 1), "validation": (10, 1)}
    assert data.class_weights() == {0: pytest.approx(11 / 20), 1: pytest.approx(5.5)}
    with pytest.raises(ValueError, match="`patients` must be"):
        practice.cells_zip(tmp_path / "no.zip", {"dots": 3})
