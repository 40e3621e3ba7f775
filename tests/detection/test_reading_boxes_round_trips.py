"""Written and read again, a data set is the same to the last bit; pycocotools reads the same."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import yaml
from box_folders import laid_out, picture
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO

from cnnlab.common.errors import DataError
from cnnlab.detection import detections
from cnnlab.detection.detections import BoxDataset, GroundTruth, writing, yolo_txt

FORMATS = ("coco", "yolo", "voc")
NAMES = (
    "nut",
    "no",
    "1.0",
    "null",
    "écrou",
    "ネジ 3",
    "a: b",
    "'",
    '"x"',
    "#5",
    "- z",
    "<b> & c",
    "background",
    "~",
    "[w",
    "# label:x",
)
ROUNDS = 1_000 if os.environ.get("CNNLAB_SLOW") else 334  # of each of the three formats: 1,002 in all


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """Pictures of eight sizes on the disk, so that no round makes any."""
    folder = tmp_path_factory.mktemp("pictures")
    sizes = [(64, 48), (37, 91), (416, 13), (7, 3), (1, 1), (640, 480), (100, 333), (4000, 3)]
    return [Path(laid_out(folder, {f"{w}_{h}.png": picture("png", w, h)}), f"{w}_{h}.png") for w, h in sizes], sizes


def random_data(rng, shelf, format):
    """Any data set that the format can hold: whole numbers, decimals and any float64 as corners, flags, gaps, names."""
    paths, sizes = shelf
    count, classes = int(rng.integers(1, 6)), int(rng.integers(1, 5))
    rows = rng.integers(0, len(paths), count)
    truths = []
    for row in rows:
        n, (width, height) = int(rng.integers(0, 5)), sizes[row]
        ends = np.sort(rng.random((n, 2, 2)), axis=1) * (width, height)  # (n, low and high, x and y)
        kind = rng.integers(3)
        ends = [ends, np.round(ends, 2), np.rint(ends)][kind].reshape(n, 4)
        ends = ends[(ends[:, 0] < ends[:, 2]) & (ends[:, 1] < ends[:, 3])]
        flags = {"ignore": rng.random(len(ends)) < 0.2} if format != "yolo" else {}
        if format == "coco":
            flags |= {"crowd": rng.random(len(ends)) < 0.2}
            flags |= {"areas": rng.random(len(ends)) * 99} if rng.random() < 0.5 else {}
        truths.append(GroundTruth(ends, rng.integers(0, classes, len(ends)), **flags))
    labelled = rng.random(count) < 0.8
    truths = [truth if done else GroundTruth([], []) for truth, done in zip(truths, labelled, strict=True)]
    return BoxDataset(
        files=[f"{'ab'[n % 2]}/{'x' if n < 2 else n} é.png" for n in range(count)],
        truths=truths,
        class_names=rng.permutation(NAMES)[:classes].tolist(),
        sizes=[sizes[row][::-1] for row in rows],
        splits=rng.choice(["train", "validation", "test", ""], count),
        groups=[""] * count,
        labelled=labelled,
        pictures=[paths[row] for row in rows],
    )


def same_data(before, after, names):
    assert after.class_names == before.class_names
    assert len(after) == len(before)
    where = {file.rpartition("/")[2]: row for row, file in enumerate(after.files)}
    for row, name in enumerate(names):
        other = where[name]
        assert after.splits[other] == before.splits[row]
        assert after.labelled[other] == before.labelled[row]
        assert after.sizes[other].tolist() == before.sizes[row].tolist()
        for part in ("boxes", "labels", "crowd", "ignore", "areas"):
            one, two = getattr(before.truths[row], part), getattr(after.truths[other], part)
            assert one.tobytes() == two.tobytes(), (part, one, two)


@pytest.mark.parametrize("format", FORMATS)
def test_a_thousand_data_sets_come_back_as_they_were(format, shelf, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "_copy", link)  # a copy of the pixels would be most of the time
    rng = np.random.default_rng(FORMATS.index(format))
    for number in range(ROUNDS):
        data = random_data(rng, shelf, format)
        after = detections.read(detections.write(data, tmp_path / str(number), format))
        assert not [problem for problem in after.problems if "ImageSets" not in problem.file]
        same_data(data, after, writing._names(data))
        if format == "coco":
            check_with_pycocotools(data, after, tmp_path / str(number))


def link(data, row, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    target.hardlink_to(data.pictures[row])


def check_with_pycocotools(data, after, folder):
    """What pycocotools makes of the files is what `read` makes of them."""
    where = {file: row for row, file in enumerate(after.files)}
    seen = 0
    for path in folder.rglob("_annotations.coco.json"):
        with contextlib.redirect_stdout(io.StringIO()):
            theirs = COCO(path)
        for image in theirs.loadImgs(theirs.getImgIds()):
            row = where[(path.parent.relative_to(folder) / image["file_name"]).as_posix()]
            truth, seen = after.truths[row], seen + 1
            found = theirs.loadAnns(theirs.getAnnIds(image["id"]))
            boxes = np.array([one["bbox"] for one in found]).reshape(-1, 4)
            assert boxes[:, :2].tolist() == truth.boxes[:, :2].tolist()
            assert boxes[:, 2:].tolist() == (truth.boxes[:, 2:] - truth.boxes[:, :2]).tolist()
            assert [one["area"] for one in found] == truth.areas.tolist()
            assert [one["iscrowd"] for one in found] == truth.crowd.tolist()
            names = [theirs.loadCats(one["category_id"])[0]["name"] for one in found]
            assert names == [after.class_names[label] for label in truth.labels]
    assert seen == data.labelled.sum()


def test_any_float_comes_back_from_yolos_decimals():
    rng = np.random.default_rng(3)
    for side in (1, 7, 64, 416, 640, 4000, 9999):
        for low, high in np.sort(rng.random((60, 2)) * side, axis=1):
            centre, size = yolo_txt.decimals(low, high, side)
            x1, _, x2, _ = yolo_txt.pixels((centre, "0.5", size, "1"), side, 1)
            assert (x1, x2) == (low, high)


@given(st.floats(1e-30, 1e4), st.floats(1e-30, 1e4), st.integers(1, 20_000))
@example(1.0, 1.0000000000000003e-30, 18_501)
@settings(max_examples=150, deadline=None)
def test_the_hardest_floats_come_back_too(one, two, side):
    low, high = min(one, two), max(one, two)
    centre, size = yolo_txt.decimals(low, high, side)
    x1, _, x2, _ = yolo_txt.pixels((centre, "0.5", size, "1"), side, 1)
    assert struct.pack("2d", x1, x2) == struct.pack("2d", low, high)


def one(truth, **more):
    return BoxDataset.of([np.full((48, 64, 3), 7, np.uint8)], [truth], ["nut", "screw"], **more)


def test_arrays_become_pictures_with_the_same_pixels(tmp_path):
    data = one(GroundTruth([[8, 12, 40, 36]], [1]), files=["trays/photo.jpg"], splits=["validation"])
    for format in FORMATS:
        folder = detections.write(data, tmp_path / format, format)
        after = detections.read(folder)
        assert after.files[0].endswith("/photo.png")
        assert np.array_equal(after.image(0), data.image(0))
    assert (
        Path(tmp_path, "yolo", "valid", "labels", "photo.txt").read_text() == "1 0.375000 0.500000 0.500000 0.500000\n"
    )
    assert yaml.safe_load(Path(tmp_path, "yolo", "data.yaml").read_text()) == {
        "val": "valid/images", "nc": 2, "names": ["nut", "screw"]
    }  # fmt: skip
    said = json.loads(Path(tmp_path, "coco", "valid", "_annotations.coco.json").read_text())
    assert said["annotations"][0]["bbox"] == [8, 12, 32, 24]  # x, y, 40 - 8, 36 - 12
    assert "xyxy" not in said["annotations"][0]
    assert "<xmin>8</xmin>" in Path(tmp_path, "voc", "Annotations", "photo.xml").read_text()


def test_pictures_of_one_name_get_their_folders_names(tmp_path):
    images = [np.zeros((4, 4, 3), np.uint8)] * 4
    files = ["a/1.png", "b/1.jpg", "b/2.png", "a_1.png"]
    data = BoxDataset.of(images, [GroundTruth([], [])] * 4, ["nut"], files=files)
    after = detections.read(detections.write(data, tmp_path / "out", "voc"))
    assert [file.rpartition("/")[2] for file in after.files] == ["2.png", "a_1.png", "a_1_1.png", "b_1.png"]


@pytest.mark.parametrize(
    ("format", "flag", "message"),
    [
        ("yolo", "crowd", "`format` 'yolo' cannot hold the flag `crowd`, which a box of '0000.png' has. Write 'coco'"),
        ("yolo", "ignore", "'yolo' cannot hold the flag `ignore`, .* Write 'coco' or 'voc', or leave those boxes out"),
        ("voc", "crowd", "'voc' cannot hold the flag `crowd`"),
    ],
)  # fmt: skip
def test_a_flag_that_a_format_cannot_hold_is_not_lost(format, flag, message, tmp_path):
    data = one(GroundTruth([[8, 12, 40, 36], [0, 0, 2, 2]], [1, 0], **{flag: [True, False]}))
    with pytest.raises(ValueError, match=message):
        detections.write(data, tmp_path / "out", format)
    assert list(tmp_path.iterdir()) == []
    truths = [truth[~getattr(truth, flag)] for truth in data.truths]  # what the message says
    detections.write(dataclasses.replace(data, truths=truths), tmp_path / "out", format)
    assert len(detections.read(tmp_path / "out").truths[0]) == 1


def test_a_folder_is_written_whole_or_not_at_all(tmp_path, shelf):
    data = one(GroundTruth([], []))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("precious")
    with pytest.raises(DataError, match="full is there, and no empty folder: name a new one"):
        detections.write(data, tmp_path / "full")
    gone = dataclasses.replace(data, pictures=[tmp_path / "gone.png"])
    with pytest.raises(DataError, match="the picture 0000.png is not there any more"):
        detections.write(gone, tmp_path / "deep" / "deeper" / "new")
    for folder in ("/", "a\0b"):
        with pytest.raises(ValueError, match="`folder` must name a new or an empty folder. Received: "):
            detections.write(data, folder)
    assert [path.name for path in tmp_path.rglob("*")] == ["full", "mine.txt"]
    (tmp_path / "empty").mkdir()
    assert detections.write(data, tmp_path / "empty", "voc") == tmp_path / "empty"
    with pytest.raises(TypeError, match="`data` must be a BoxDataset. Received: list"):
        detections.write([], tmp_path / "x")
    with pytest.raises(ValueError, match="`data` must have a picture"):
        detections.write(data[[]], tmp_path / "x")
