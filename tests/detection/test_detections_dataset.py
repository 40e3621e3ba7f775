"""Pictures and boxes in one record: what it refuses, how it is picked from and divided, and what it says of itself."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
from box_folders import laid_out

from cnnlab.common.errors import DataError
from cnnlab.detection import detections
from cnnlab.detection.detections import BoxDataset, GroundTruth, Problem

IMAGE = np.zeros((48, 64, 3), np.uint8)
BOX = GroundTruth([[8, 12, 40, 36]], [0])
NOTHING = GroundTruth([], [])
BCCD = Path(os.environ.get("CNNLAB_BCCD", Path(__file__).resolve().parents[3] / "shared" / "data" / "bccd.zip"))


def many(count=40, classes=3, seed=0, **more):
    """Pictures with up to four boxes each, of classes of which the last is rare."""
    rng = np.random.default_rng(seed)
    chances = np.array([0.6, 0.35, 0.05])[:classes]
    truths = []
    for _ in range(count):
        n = int(rng.integers(0, 5))
        truths.append(GroundTruth(np.tile([0.0, 0, 8, 8], (n, 1)), rng.choice(classes, n, p=chances / chances.sum())))
    return BoxDataset.of([IMAGE] * count, truths, ["nut", "screw", "washer"][:classes], **more)


def test_arrays_become_a_data_set():
    data = BoxDataset.of([IMAGE, IMAGE[:20]], [BOX, NOTHING], ["nut"], splits=["train", "test"], groups=["a", "b"])
    assert (len(data), data.files, data.class_names, data.groups) == (2, ("0000.png", "0001.png"), ("nut",), ("a", "b"))
    assert data.sizes.tolist() == [[48, 64], [20, 64]]
    assert data.labelled.all()
    assert data.split("test").files == ("0001.png",)
    assert data.counts() == {"train": (1,), "test": (0,)}
    image = data.image(0)
    image[:] = 9
    assert data.image(0).max() == 0


def test_it_is_indexed_by_mask_by_rows_by_a_slice_and_by_one_row():
    data = many(6, files=[f"{n}.png" for n in range(6)])
    assert data[data.sizes[:, 0] > 48].files == ()
    assert data[[4, 1]].files == ("4.png", "1.png")
    assert data[1:3].files == ("1.png", "2.png")
    assert data[-1].files == ("5.png",)
    assert data[[4, 1]].truths[1] is data.truths[1]
    with pytest.raises(IndexError):
        data[6]
    with pytest.raises(ValueError, match="`row` must be a whole number from 0 to 5. Received: 6"):
        data.image(6)
    with pytest.raises(ValueError, match="read-only"):
        data.splits[0] = "test"
    with pytest.raises(ValueError, match="`name` must be 'train', 'validation', 'test' or ''. Received: 'val'"):
        data.split("val")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"images": [IMAGE[..., 0]]}, TypeError, r"must be arrays of shape \(H, W, 3\) .* Received: uint8 \(48, 64\)"),
        ({"images": [IMAGE / 255]}, TypeError, "Received: float64"),
        ({"images": ["a.png"]}, TypeError, "Received: str, row 0"),
        ({"truths": [BOX, BOX]}, ValueError, "`truths` must have one value for each of the 1 pictures. Received: 2"),
        ({"truths": [[[0, 0, 4, 4]]]}, TypeError, "must be GroundTruth records. Received: list for '0000.png'"),
        ({"truths": [GroundTruth([[8, 12, 65, 36]], [0])]}, ValueError,
         r"an area or flagged `ignore`. Received: \[8.0, 12.0, 65.0, 36.0\], row 0 of "
         "'0000.png', 64 × 48 pixels"),
        ({"truths": [GroundTruth([[0, 0, 4, 4], [8, 12, 8, 36]], [0, 0])]}, ValueError, "row 1 of '0000.png'"),
        ({"truths": [GroundTruth([[0, 0, 4, 4]], [1])]}, ValueError, "labels below the 1 classes. Received: 1"),
        ({"class_names": ["nut", "nut"]}, ValueError, "`class_names` must name each class once. Received: 'nut' twice"),
        ({"class_names": [" nut"]}, ValueError, "have spaces at their ends"),
        ({"class_names": ["a\nb"]}, ValueError, "control characters"),
        ({"class_names": [3]}, TypeError, "`class_names` must be strings. Received: 3"),
        ({"files": ["../a.png"]}, ValueError, "`files` must be names within the data set, with forward slashes"),
        ({"files": ["/a.png"]}, ValueError, "Received: '/a.png'"),
        ({"class_names": "nut"}, TypeError, "`class_names` must be a list of names. Received: 'nut'"),
        ({"class_names": 5}, TypeError, "`class_names` must be a list of names. Received: 5"),
        ({"files": [5]}, TypeError, "`files` must be strings. Received: 5"),
        ({"files": "a"}, TypeError, "`files` must be a list with one value for each picture. Received: 'a'"),
        ({"truths": 5}, TypeError, "`truths` must be a list with one value for each picture. Received: 5"),
        ({"images": [IMAGE[:0]]}, TypeError, r"with pixels in them, and dtype uint8. Received: uint8 \(0, 64, 3\)"),
        ({"groups": [None]}, TypeError, "`groups` must be names, with '' for a picture without .* None in row 0"),
        ({"splits": ["val"]}, ValueError, "`splits` must be 'train', 'validation', 'test' or ''. Received: 'val'"),
    ],
)  # fmt: skip
def test_what_is_no_data_set(change, error, message):
    good = {"images": [IMAGE], "truths": [BOX], "class_names": ["nut"]}
    with pytest.raises(error, match=message):
        BoxDataset.of(**(good | change))


def test_two_pictures_of_one_name():
    with pytest.raises(ValueError, match="`files` must name each picture once. Received: 'a.png' twice"):
        BoxDataset.of([IMAGE] * 2, [BOX] * 2, ["nut"], files=["a.png", "a.png"])


def test_whole_groups_are_held_out_and_classes_in_their_share():
    groups = [f"tray {n // 4}" for n in range(200)]
    data = many(200, groups=groups)
    drawn = data.draw_split(validation=0.25, test=0.2, seed=3)
    for group in set(groups):
        assert len({split for split, one in zip(drawn.splits, groups, strict=True) if one == group}) == 1
    total = np.sum([*drawn.counts().values()], axis=0)
    for split, share in (("validation", 0.25), ("test", 0.2)):
        assert abs((drawn.splits == split).mean() - share) < 0.05
        shares = np.array(drawn.counts()[split]) / total
        assert (np.abs(shares - share) < 0.12).all(), shares  # the rare class has some twenty boxes
    assert drawn.splits.tolist() == data.draw_split(validation=0.25, test=0.2, seed=3).splits.tolist()
    assert drawn.splits.tolist() != data.draw_split(validation=0.25, test=0.2, seed=4).splits.tolist()
    assert (data.splits == "").all()


def test_groups_by_a_pattern_and_by_names():
    files = [f"tray{n // 3}/photo_{n}.png" for n in range(12)]
    data = many(12, files=files)
    drawn = data.draw_split(groups=r"(tray\d+)/")
    assert drawn.groups[:4] == ("tray0", "tray0", "tray0", "tray1")
    by_names = data.draw_split(groups=[name.partition("/")[0] for name in files])
    assert drawn.splits.tolist() == by_names.splits.tolist()
    with pytest.raises(ValueError, match="`groups` must fit a file's name, such as 'tray0/photo_0.png'. Received: 'x'"):
        data.draw_split(groups="x")
    with pytest.raises(ValueError, match=r"`groups` must be a regular expression \(.*\). Received: '\('"):
        data.draw_split(groups="(")
    for gap in (None, float("nan")):  # as a column of a table has them: they are no one group
        with pytest.raises(TypeError, match="`groups` must be names, .* Received: (None|nan) in row 11"):
            data.draw_split(groups=["a"] * 11 + [gap])
    with pytest.raises(TypeError, match="`groups` must be names, one a picture. Received: 5"):
        data.draw_split(groups=5)
    with pytest.raises(ValueError, match="`groups` must have 12 names, one a picture. Received: 2"):
        data.draw_split(groups=["a", "b"])


def test_a_split_that_is_there_stays():
    data = many(12, splits=["train"] * 6 + ["test"] * 3 + [""] * 3, groups=["a", *"bcdefa", "", "", *"ghi"])
    drawn = data.draw_split(validation=0.25)
    assert drawn.splits[6:9].tolist() == ["test"] * 3
    assert "validation" in drawn.splits
    assert set(drawn.splits[9:]) <= {"train", "validation"}
    assert drawn.splits[0] == ""  # its group, a, is in the test set
    assert drawn.problems == (Problem("0000.png", "", "left out: its group is in the test set, a"),)
    with pytest.raises(
        ValueError, match="`test` must be 0 here: 3 pictures are in the test set already. To draw all anew"
    ):
        data.draw_split(test=0.1)
    anew = dataclasses.replace(data, splits=[""] * 12).draw_split(test=0.3)
    assert set(anew.splits) == {"train", "validation", "test"}


def test_pictures_that_are_not_labelled_are_not_drawn():
    data = dataclasses.replace(many(10), labelled=[True] * 6 + [False] * 4)
    drawn = data.draw_split(0.5)
    assert drawn.splits[6:].tolist() == [""] * 4
    assert (drawn.splits[:6] == "validation").sum() == 3


def test_what_cannot_be_held_out():
    with pytest.raises(DataError, match="nothing can be held out: 1 group or picture is left to divide"):
        many(4, groups=["a"] * 4).draw_split()
    with pytest.raises(ValueError, match="`validation` and `test` must be at most 0.9 together. Received: 1.1"):
        many(4).draw_split(0.6, 0.5)


def test_the_report_says_what_there_is_and_names_each_row(tmp_path):
    rows = "".join(f"2 0.5 0.5 0.{n}1 0.5\n" for n in range(20))
    data = detections.read(laid_out(tmp_path / "pets", {
        "train/images/a.jpg": "", "train/labels/a.txt": "0 0.5 0.5 0.5 0.5\n1 0.9 0.5 0.4 0.5\n" + rows,
        "train/images/b.jpg": "", "train/labels/b.txt": "", "valid/images/c.jpg": "", "classes.txt": "cat\ndog\n",
    }))  # fmt: skip
    lines = data.report().splitlines()
    assert lines[:4] == [
        "pets: 3 pictures, 2 boxes of 2 classes (yolo)",
        "train: 2 pictures, boxes: cat 1, dog 1",
        "validation: 1 picture, boxes: cat 0, dog 0",
        "labelled, but nothing in it: 1 picture; not labelled: 1",
    ]
    assert lines[4:6] == [
        "left out: 20",
        "  train/labels/a.txt, line 3: left out: its class 2 is none of the 2, 0 … 1",
    ]
    assert lines[17:19] == ["  and 8 more", "clipped: 1"]
    # 0.9 + 0.2 of 64 pixels are 70.4: 6.4 beyond the edge
    assert lines[19:] == [
        "  train/labels/a.txt, line 2: clipped: it leaves the picture of 64 × 48 pixels by 6.4: "
        "x 44.8 … 70.4, y 12 … 36"
    ]


def test_the_report_of_one_box():
    lines = BoxDataset.of([IMAGE], [BOX], ["nut"]).report().splitlines()
    assert lines[:2] == ["in memory: 1 picture, 1 box of 1 class", "no split: 1 picture, boxes: nut 1"]


@pytest.mark.skipif(not BCCD.is_file(), reason="the photographs of blood cells are not on this machine")
def test_the_photographs_of_blood_cells(tmp_path):
    """364 photographs, 4,888 rows: 4,155 red cells, 372 white cells, 361 platelets; two have no area."""
    data = detections.read(BCCD)
    assert (len(data), data.format, data.class_names) == (364, "voc", ("Platelets", "RBC", "WBC"))
    assert sum(map(len, data.truths)) == 4888
    assert [str(problem) for problem in data.problems] == [
        f"BCCD/Annotations/BloodImage_{place}: kept, but does not count: it has no area: {box}"
        for place, box in (
            ("00338.xml, object 13", "x 504 … 504, y 337 … 337"),
            ("00343.xml, object 4", "x 181 … 181, y 329 … 329"),
        )
    ]
    assert np.sum([*data.counts().values()], axis=0).tolist() == [361, 4155, 372]
    assert sum(truth.ignore.sum() for truth in data.truths) == 2
    assert {split: int((data.splits == split).sum()) for split in set(data.splits)} == {
        "train": 205, "validation": 87, "test": 72
    }  # fmt: skip
    assert (data.sizes == (480, 640)).all()
    assert data.labelled.all()
    assert data.truths[0].boxes[0].tolist() == [260, 177, 491, 376]
    assert data.image(0).shape == (480, 640, 3)
    some = data[:12]
    for format in ("coco", "yolo", "voc"):
        after = detections.read(detections.write(some, tmp_path / format, format))
        by_name = {file.rpartition("/")[2]: truth for file, truth in zip(after.files, after.truths, strict=True)}
        assert after.class_names == data.class_names
        for file, truth in zip(some.files, some.truths, strict=True):
            assert np.array_equal(by_name[file.rpartition("/")[2]].boxes, truth.boxes)
    flat = data[[truth.ignore.any() for truth in data.truths]]
    for format in ("coco", "yolo", "voc"):  # none of them needs a flag for a box without area
        after = detections.read(detections.write(flat, tmp_path / f"{format} 2", format))
        there = sorted((truth.boxes.tolist(), truth.ignore.tolist()) for truth in flat.truths)
        assert sorted((truth.boxes.tolist(), truth.ignore.tolist()) for truth in after.truths) == there
