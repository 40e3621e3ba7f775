"""The drawn parts: every box fits its part, a tray keeps its look, and the stranger's folder has just its faults."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlab.common.errors import DataError
from cnnlab.detection import detections, practice_boxes, practice_trays


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return practice_boxes.stranger_folder(tmp_path_factory.mktemp("practice") / "parts", seed=0)


@pytest.fixture(scope="module")
def data(folder):
    return detections.read(folder)


def test_the_same_seed_draws_the_same_picture():
    on = practice_trays.tray(3, seed=1)
    first, again, other = (practice_trays.picture(on, seed)[0] for seed in (5, 5, 6))
    assert (first == again).all()
    assert (first != other).any()


def test_boxes_are_tight_around_what_differs_from_the_empty_tray(monkeypatch):
    """Without noise and shadow, a part alone on a plain tray is all that differs from it."""
    on = practice_trays.Tray("cloth", np.zeros(3), ("steel", "brass", "steel"), np.zeros(2), np.ones(3), 0.0, 1.0)
    for seed in range(6):
        image, truth = practice_trays.picture(on, seed)
        lit = image.max(axis=2) > 0
        outside = lit.copy()
        for x1, y1, x2, y2 in truth.boxes.astype(int):
            assert lit[y1:y2, x1:x2].any(axis=1).all()
            assert lit[y1:y2, x1:x2].any(axis=0).all()
            outside[max(y1 - 1, 0) : y2 + 1, max(x1 - 1, 0) : x2 + 1] = (
                False  # pixels that a part covers by less than half
            )
        assert not outside.any()


@pytest.mark.parametrize("number", range(1, 31))
def test_nuts_and_washers_of_a_tray_have_different_finishes(number):
    one = practice_trays.tray(number, night=number == 29, supplied=number <= 5)
    assert one.finishes[1] != one.finishes[2]
    assert "black" not in practice_trays.tray(number, night=True).finishes
    assert one.finishes == practice_trays.SUPPLIED or number > 5


def test_the_folder_holds_what_the_lesson_says(data):
    tray = np.array([int(file.split("tray")[1][:2]) for file in data.files])
    assert data.format == "yolo"
    assert data.class_names == practice_trays.CLASSES
    assert np.bincount(tray)[1:].tolist() == [4] * 16 + [5] + [4] * 11 + [12, 4]
    assert sorted(set(tray[~data.labelled])) == [29]
    assert (~data.labelled).sum() == 12
    for number in {*range(1, 31)} - {29}:
        assert set(data.splits[tray == number]) == {"train", "validation"}
    assert (tray <= 15).sum() == 60
    assert min(data.sizes.tolist()) == max(data.sizes.tolist()) == [180, 240]


def test_the_reader_names_each_planted_fault_and_nothing_else(data):
    said = {(problem.file, problem.where): str(problem) for problem in data.problems}
    assert len(said) == 4
    assert "its class 3 is none of the 3" in said["train/labels/tray13_03.txt", "line 1"]
    assert "there is no picture of this name" in said["train/labels/tray19_09.txt", ""]
    (no_area,) = [words for (file, _), words in said.items() if file == "train/labels/tray06_01.txt"]
    assert "no area" in no_area
    (clipped,) = [words for (file, _), words in said.items() if file == "train/labels/tray03_02.txt"]
    assert "clipped" in clipped


def test_all_other_labels_are_the_truth_and_one_file_calls_nuts_washers(data):
    spoilt = {"tray13_03", "tray06_01", "tray03_02", "tray30_03"}
    for row in np.flatnonzero(data.labelled):
        name = data.files[row].split("/")[-1][:9]
        if name.removesuffix("_copy") in spoilt:
            continue
        truth = practice_boxes.true_boxes(data.files[row])
        np.testing.assert_allclose(data.truths[row].boxes, truth.boxes, atol=1e-3)
        assert data.truths[row].labels.tolist() == truth.labels.tolist()
    row = next(row for row, file in enumerate(data.files) if "tray30_03" in file)
    swapped = np.array([0, 2, 1])[practice_boxes.true_boxes(data.files[row]).labels]
    assert data.truths[row].labels.tolist() == swapped.tolist()
    assert {1, 2} <= set(swapped.tolist())


def test_one_picture_is_there_twice(folder):
    content = {}
    for file in folder.rglob("*.jpg"):
        content.setdefault(file.read_bytes(), []).append(file.name)
    assert [sorted(names) for names in content.values() if len(names) > 1] == [["tray17_01.jpg", "tray17_01_copy.jpg"]]


def test_a_folder_that_is_there_is_left_alone(folder, tmp_path):
    with pytest.raises(DataError, match="is there already"):
        practice_boxes.stranger_folder(folder)
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="parts was not saved: "):
        practice_boxes.stranger_folder(tmp_path / "file" / "parts")


def test_a_name_that_is_none_of_its_pictures():
    with pytest.raises(ValueError, match=r"`file` must be the name of a picture.*Received: 'cat.jpg'"):
        practice_boxes.true_boxes("cat.jpg")
