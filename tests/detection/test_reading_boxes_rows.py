"""Rows that are not as they should be: each is named by file, place and rule, and none stops the rest."""

from __future__ import annotations

import io
import json
import os
import sys

import numpy as np
import pytest
from box_folders import coco, laid_out, picture, voc
from PIL import Image

from cnnlab.common.errors import DataError
from cnnlab.detection import detections
from cnnlab.detection.detections import places
from cnnlab.detection.detections.rows import turned

CLASSES = {"classes.txt": "cat\ndog\n"}


def read(tmp_path, files, **arguments):
    data = detections.read(laid_out(tmp_path, files), **arguments)
    return data, [str(problem) for problem in data.problems]


@pytest.mark.parametrize(
    ("row", "boxes", "said"),
    [
        # 64 × 48 pixels: 0.5 ± 0.25 of 64 is 16 … 48, of 48 is 12 … 36
        ("0 0.5 0.5 0.5 0.5", [[16, 12, 48, 36]], None),
        ("1.0\t.5  5e-1 +0.5 0.50", [[16, 12, 48, 36]], None),
        ("0 0.5 0.5 0.5 0.5 0.87", [[16, 12, 48, 36]], None),  # how sure a network was
        ("0 0.875 0.5 0.5 0.5", [[40, 12, 64, 36]], "clipped: it leaves the picture of 64 × 48 pixels by 8: x 40 … 72"),
        ("0 0.75 0.5 0.501 0.5", [[31.968, 12, 64, 36]], None),  # by 0.032 pixel: rounding
        ("0 0.75 0.5 0.51 0.5", [[31.68, 12, 64, 36]], "clipped: it leaves the picture of 64 × 48 pixels by 0.32"),
        ("0 .9000002 .5 .4 .5", [[44.8000128, 12, 64, 36]],  # 0.7000002 × 64 is not said to the last digit
         "clipped: it leaves the picture of 64 × 48 pixels by 6.4: x 44.8 … 70.4, y 12 … 36"),
        ("0 1.5 0.5 0.5 0.5", [], "left out: it is outside the picture of 64 × 48 pixels: x 80 … 112, y 12 … 36"),
        ("0 0.5 0.5 0 0.5", [[32, 12, 32, 36]], "kept, but does not count: it has no area: x 32 … 32, y 12"),
        ("0 0.5 0.5 0.5 -0.5", [], "left out: its height is negative: x 16 … 48, y 36 … 12"),
        ("0 120 90 24 24", [], "left out: its numbers must be parts of the picture, 0 … 1: '0 120 90 24 24'"),
        ("0 nan 0.5 0.5 0.5", [], "left out: 'nan' is no finite number"),
        ("0 0.5 0.5 1e999 0.5", [], "left out: '1e999' is no finite number"),
        ("0 0.5 0,5 0.5 0.5", [], "left out: '0,5' is no finite number"),
        ("2 0.5 0.5 0.5 0.5", [], "left out: its class 2 is none of the 2, 0 … 1"),
        ("-1 0.5 0.5 0.5 0.5", [], "left out: its class must be a whole number from 0 on: '-1'"),
        ("0.5 0.5 0.5 0.5 0.5", [], "left out: its class must be a whole number from 0 on: '0.5'"),
        ("cat 0.5 0.5 0.5 0.5", [], "left out: its class must be a whole number from 0 on: 'cat'"),
        ("0 0.5 0.5 0.5", [], "left out: a row is a class and four numbers, and this is: '0 0.5 0.5 0.5'"),
        ("0 .1 .1 .2 .2 .3 .3 .4", [], "left out: a box has 4 numbers and a polygon 6, 8, 10 …; this row has 7 behind"),
        # key points, each x, y and how well it is seen: 7 numbers are no polygon, nor is one with a corner at 2 × 48
        ("0 .5 .5 .5 .5 .1 .1 1", [[16, 12, 48, 36]], "noted: a box; the 3 numbers behind it look like key"),
        ("0 .5 .5 .5 .5 .1 .1 2 .9 .9 0", [[16, 12, 48, 36]], "noted: a box; the 6 numbers behind it look like"),
        ("0 .5 .5 .25 .5 .25 .25 1 .5 .5 1", [[16, 12, 64, 48]],
         "noted: a polygon of 5 corners, taken as the box around it; it could be a box with key points. "
         "If so, say kpt_shape: [2, 3] in data.yaml"),
        ("0 .25 .25 1.2 .25 .5 .5", [], "left out: no polygon: a corner is far outside the picture, '0 .25 .25 1.2"),
        # a triangle: 0.25 and 0.75 of 64, 0.25 and 0.5 of 48
        ("0 .25 .25 .75 .25 .5 .5", [[16, 12, 48, 24]], "noted: a polygon of 3 corners, taken as the box around it"),
    ],
)  # fmt: skip
def test_a_row_of_yolo(row, boxes, said, tmp_path):
    good = "0 0.5 0.5 1 1\n"  # before and behind it: neither is lost
    data, problems = read(tmp_path, CLASSES | {"images/a.jpg": "", "labels/a.txt": f"{good}\n{row}\r\n{good}"})
    assert data.truths[0].boxes[1:-1].tolist() == boxes
    assert data.truths[0].boxes[[0, -1]].tolist() == [[0, 0, 64, 48]] * 2
    assert data.labelled.all()
    if said is None:
        assert problems == []
    else:
        (problem,) = problems
        assert problem.startswith(f"labels/a.txt, line 3: {said}")


def test_the_joints_of_a_body_are_no_polygon(tmp_path):
    pose = {"data.yaml": "names: [body]\nkpt_shape: [2, 3]\n", "a.jpg": "", "a.txt": "0 .5 .5 .5 .5 .1 .1 2 .9 .9 2"}
    data, problems = read(tmp_path, pose)
    assert data.truths[0].boxes.tolist() == [[16, 12, 48, 36]]
    assert problems == []


def thing(name="cat", box="<xmin>8</xmin><ymin>12</ymin><xmax>40</xmax><ymax>36</ymax>", more=""):
    return f"<object><name>{name}</name>{more}<bndbox>{box}</bndbox></object>"


def corners(x1, y1, x2, y2):
    return f"<xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax>"


@pytest.mark.parametrize(
    ("row", "boxes", "said"),
    [
        (thing(), [[8, 12, 40, 36]], None),
        (thing(box=corners(" 8.5\n", "1.2e1", 40, 36)), [[8.5, 12, 40, 36]], None),
        (thing(more="<part><name>head</name><bndbox><xmin>1</xmin></bndbox></part>"), [[8, 12, 40, 36]], None),
        (thing(box=corners(-2, 12, 70, 36)), [[0, 12, 64, 36]], "clipped: it leaves the picture of 64 × 48 pixels by"),
        (thing(box=corners(8, 12, 8, 12)), [[8, 12, 8, 12]], "kept, but does not count: it has no area: x 8 … 8"),
        (thing(box=corners(40, 12, 8, 36)), [], "left out: its width is negative: x 40 … 8, y 12 … 36"),
        (thing(box=corners(8, "NaN", 40, 36)), [], "left out: its ymin is no number: 'NaN'"),
        (thing(box=corners(8, 12, "inf", 36)), [], "left out: not all of its numbers are finite"),
        (thing(box="<xmin>8</xmin>"), [], "left out: its ymin is missing"),
        (thing("  "), [], "left out: it has no <name>"),
        ("<object><name>cat</name><robndbox/></object>", [], "left out: it has no <bndbox>"),
        (thing("cow"), [], "left out: 'cow' is none of the 2 classes"),
    ],
)  # fmt: skip
def test_an_object_of_voc(row, boxes, said, tmp_path):
    good = thing("dog", corners(0, 0, 64, 48))
    files = {"a.jpg": "", "a.xml": f"<annotation>{good}{row}{good}</annotation>"}
    data, problems = read(tmp_path, files, class_names=("cat", "dog"))
    assert data.truths[0].boxes[1:-1].tolist() == boxes
    assert len(data.truths[0]) == 2 + len(boxes)
    if said is None:
        assert problems == []
    else:
        (problem,) = problems
        assert problem.startswith(f"a.xml, object 2: {said}")


def test_difficult_objects_do_not_count(tmp_path):
    flags = "".join(thing(more=f"<difficult>{flag}</difficult>") for flag in (0, 1, "1", "Unspecified"))
    data, _ = read(tmp_path, {"a.jpg": "", "a.xml": f"<annotation>{flags}</annotation>"})
    assert data.truths[0].ignore.tolist() == [False, True, True, False]


BOMB = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        (f"{BOMB}<annotation><object><name>&b;</name></object></annotation>", "it defines entities or refers to other"),
        (f"{OUTSIDE}<annotation><filename>&a;</filename></annotation>", "it defines entities or refers to other files"),
        ("<annotation><object>", "it is no XML (no element found: line 1, column 20)"),
        ('<?xml version="1.0" encoding="klingon"?><annotation/>', "it is no XML ("),
        ("<annotations/>", "its outermost element must be <annotation>: <annotations>"),
        ("", "it is no XML ("),
    ],
)
def test_a_broken_xml_is_reported_and_its_picture_is_not_labelled(xml, said, tmp_path):
    data, problems = read(tmp_path, {"a.jpg": "", "a.xml": voc("a"), "b.jpg": "", "b.xml": xml})
    assert len(problems) == 1
    assert problems[0].startswith(f"b.xml: left out: {said}")
    assert data.labelled.tolist() == [True, False]
    assert len(data.truths[0]) == 2


def annotated(tmp_path, *annotations, images=(), categories=(), files=None):
    """A picture with a whole-picture dog before and behind some annotations."""
    dog = {"id": 900, "image_id": 5, "category_id": 7, "bbox": [0, 0, 64, 48]}
    said = {
        "images": [{"id": 5, "file_name": "a.jpg"}, *images],
        "annotations": [dog, *annotations, dog | {"id": 901}],
        "categories": [{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}, *categories],
    }
    return read(tmp_path, {"a.jpg": "", "all.json": json.dumps(said)} | (files or {}))


@pytest.mark.parametrize(
    ("change", "boxes", "said"),
    [
        ({}, [[8, 12, 40, 36]], None),
        ({"bbox": [8.5, 12, 31.5, 24.0]}, [[8.5, 12, 40, 36]], None),
        ({"bbox": [-8, 12, 80, 24]}, [[0, 12, 64, 36]], "clipped: it leaves the picture of 64 × 48 pixels by 8"),
        ({"bbox": [8, 12, 0, 24]}, [[8, 12, 8, 36]], "kept, but does not count: it has no area: x 8 … 8"),
        ({"bbox": [64, 12, 3, 24]}, [], "left out: it is outside the picture of 64 × 48 pixels: x 64 … 67"),
        ({"bbox": [8, 12, -3, 24]}, [], "left out: its width is negative: x 8 … 5, y 12 … 36"),
        ({"bbox": [8, 12, float("nan"), 24]}, [], 'left out: its "bbox" is no list of 4 numbers: '),
        ({"bbox": [8, 12, float("inf"), 24]}, [], "left out: not all of its numbers are finite"),
        ({"bbox": [8, 12, 10**400, 24]}, [], "left out: not all of its numbers are finite"),
        ({"bbox": ["8", "12.0", 32, 24], "area": "5"}, [[8, 12, 40, 36]], None),
        ({"bbox": [8, 12, "x", 24]}, [], 'left out: its "bbox" is no list of 4 numbers: '),
        ({"bbox": [8, 12, True, 24]}, [], 'left out: its "bbox" is no list of 4 numbers: '),
        ({"bbox": []}, [], "left out: its \"bbox\" is no list of 4 numbers: '[]'"),
        ({"category_id": "3", "image_id": "5"}, [[8, 12, 40, 36]], None),
        ({"category_id": 4}, [], "left out: its \"category_id\" is none of the classes: '4'"),
        ({"category_id": [7]}, [], "left out: its \"category_id\" is none of the classes: '[7]'"),
        ({"image_id": 6}, [], "left out: its \"image_id\" is none of the images: '6'"),
        ({"image_id": None}, [], "left out: its \"image_id\" is none of the images: 'None'"),
        ({"id": 900}, [[8, 12, 40, 36]], "noted: its id 900 is that of another annotation as well"),
        ({"id": 5.0, "image_id": 5.0, "category_id": 3.0}, [[8, 12, 40, 36]], None),
    ],
)  # fmt: skip
def test_an_annotation_of_coco(change, boxes, said, tmp_path):
    data, problems = annotated(tmp_path, {"id": 1, "image_id": 5, "category_id": 3, "bbox": [8, 12, 32, 24]} | change)
    assert data.class_names == ("cat", "dog")  # by their ids, 3 and 7
    assert data.truths[0].labels.tolist() == [1, *[0] * len(boxes), 1]
    assert data.truths[0].boxes[1:-1].tolist() == boxes
    if said is None:
        assert problems == []
    else:
        (problem,) = problems
        assert problem.startswith(f"all.json, annotations[1]: {said}")


def test_an_annotation_that_is_no_object(tmp_path):
    data, problems = annotated(tmp_path, 3, None)
    assert problems[0] == "all.json, annotations[1]: left out: it must be an object: '3'"
    assert len(problems) == 2
    assert len(data.truths[0]) == 2


def test_the_flags_and_areas_of_coco(tmp_path):
    box = {"image_id": 5, "category_id": 3, "bbox": [8, 12, 32, 24]}
    data, _ = annotated(
        tmp_path, box | {"iscrowd": 1, "area": 300.5}, box | {"ignore": 1}, box | {"area": -1, "iscrowd": 2},
        box | {"bbox": [-32, 12, 64, 24], "area": 1536},
    )  # fmt: skip
    truth = data.truths[0][1:-1]
    assert truth.crowd.tolist() == [True, False, False, False]
    assert truth.ignore.tolist() == [False, True, False, False]
    assert truth.areas.tolist() == [300.5, 768, 768, 768]  # 32 · 24; half of 64 · 24 is cut off


def test_images_and_categories_that_are_not_right(tmp_path):
    images = [
        {"id": 5, "file_name": "b.jpg"}, {"id": 8, "file_name": "gone.jpg"}, {"id": 9}, {"file_name": "b.jpg"},
        {"id": 10, "file_name": "a.jpg"}, "b.jpg",
    ]  # fmt: skip
    categories = [{"id": 7, "name": "cow"}, {"id": 11}, {"id": 12, "name": "cat"}, {"name": "x"}]
    lost = {"image_id": 8, "category_id": 3, "bbox": [8, 12, 32, 24]}
    data, problems = annotated(tmp_path, lost, images=images, categories=categories, files={"b.jpg": ""})
    assert data.class_names == ("cat", "dog", "cat (2)")
    assert data.labelled.tolist() == [True, False]
    assert [problem.removeprefix("all.json, ") for problem in problems] == [
        "categories[2]: left out: its id 7 is that of 'dog' already",
        "categories[3]: left out: its \"name\" must be a text: 'None'",
        "categories[5]: left out: its \"id\" must be a number or a text: 'None'",
        "class 2: noted: 'cat' is called 'cat (2)' here",
        "images[1]: left out: its id 5 is that of another image",
        "images[2]: left out: with its 1 annotation, there is no picture 'gone.jpg'",
        "images[3]: left out: its \"file_name\" must be a text: 'None'",
        "images[4]: left out: its \"id\" must be a number or a text: 'None'",
        "images[5]: left out: with its 0 annotations, 'a.jpg' has its labels from all.json already",
        "images[6]: left out: it must be an object: 'b.jpg'",
    ]


def test_one_bad_picture_or_file_stops_nothing(tmp_path):
    files = {
        "images/a.jpg": "", "labels/a.txt": "0 .5 .5 .5 .5", "images/broken.jpg": b"\xff\xd8\xff no picture",
        "labels/broken.txt": "0 .5 .5 .5 .5", "labels/gone.txt": "1 .5 .5 .5 .5", "images/two.png": "",
        "images/two.jpg": "", "labels/two.txt": "", "images/cut.jpg": picture()[:300], "images/large.jpg": "",
        "labels/large.txt": "0 .5 .5 .5 .5\n" * 10_001, "data.yaml": "names: [a, b\n", "classes.txt": "cat\ndog",
    }  # fmt: skip
    data, problems = read(tmp_path, files)
    assert data.files == ("images/a.jpg", "images/large.jpg", "images/two.jpg", "images/two.png")
    assert data.labelled.tolist() == [True, False, False, False]
    assert sorted(problem[:70] for problem in problems) == [
        "data.yaml: left out: it is no YAML: expected ',' or ']', but got '<str",
        "images/broken.jpg: left out: with its labels, named .jpg, but what it ",
        "images/cut.jpg: left out: with its labels, damaged or cut short (Trunc",
        "labels/gone.txt: left out: with its 1 row, there is no picture of this",
        "labels/large.txt: left out: more than 10,000 lines",
        "labels/two.txt: left out: with its 0 rows, it could be for images/two.",
    ]
    assert data.class_names == ("cat", "dog")


def test_a_picture_that_breaks_off_is_named_when_it_is_opened(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    data, problems = read(tmp_path, CLASSES | {"a.png": buffer.getvalue()[:4000], "a.txt": "0 .5 .5 .5 .5"})
    assert problems == []
    with pytest.raises(DataError, match="a.png: damaged or cut short"):
        data.image(0)


def test_very_many_rows_are_counted_and_not_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "_MOST_PROBLEMS", 5)
    monkeypatch.setattr(places, "_MOST_ROWS", 20)
    files = {
        "a.jpg": "",
        "a.txt": "0 .5 .5 .5 .5\n" + "x\n" * 9,
        "b.jpg": "",
        "b.txt": "y\n" * 12,
        "c.jpg": "",
        "c.txt": "",
    }
    data, problems = read(tmp_path, CLASSES | files)
    assert len(data.truths[0]) == 1
    assert data.labelled.tolist() == [True, False, True]
    assert len(problems) == 6
    assert "noted: 5 more rows that are not as they should be" in problems  # 9 and the file b make 10
    many = coco({"a": "a.jpg"}).replace('"annotations": [', '"annotations": [' + "1, " * 20)
    _, problems = read(tmp_path / "coco", {"a.jpg": "", "x.json": coco({"a": "a.jpg"}), "y.json": many})
    assert problems[-1] == "y.json: left out: with its 23 rows there would be more than 20 in the data set"


def test_a_list_of_a_name_that_many_pictures_have(tmp_path):
    files = {f"{n}/img.jpg": "" for n in range(120)} | {f"{n}/img.txt": "" for n in range(120)}
    files |= {"train.txt": "img.jpg\n" * 3, "data.yaml": "train: train.txt\nnames: [cat]"}
    data, problems = read(tmp_path, files)
    assert (data.splits == "").all()
    assert problems == [f"train.txt, line {n}: noted: names several pictures: 'img.jpg'" for n in (1, 2, 3)]


def test_what_lies_outside_the_folder_is_not_read(tmp_path):
    laid_out(tmp_path, {"secret/images/s.jpg": "", "secret/labels/s.txt": "0 .5 .5 .5 .5"})
    inside = {
        "data.yaml": f"path: {tmp_path}/secret\ntrain: ../secret/images\nval: ../../../../etc\nnames: [cat]",
        "images/a.jpg": "", "labels/a.txt": "0 .5 .5 .5 .5",
    }  # fmt: skip
    folder = laid_out(tmp_path / "data", inside)
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "labels" / "passwd.txt").symlink_to("/etc/passwd")
    data = detections.read(folder)
    assert data.files == ("images/a.jpg",)
    assert [str(problem) for problem in data.problems][-2:] == [
        "labels/passwd.txt: left out: a link",
        "link: left out: a link",
    ]
    assert data.splits.tolist() == ["train"]  # of ../secret/images only images leads anywhere here


@pytest.mark.parametrize("turn", range(1, 9))
def test_boxes_are_turned_with_their_picture(turn, tmp_path):
    """A white box, drawn on the picture as it is stored, is where `read` says that it is in the upright one."""
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[10:36, 8:24] = 255
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = turn
    Image.fromarray(pixels).save(buffer, "PNG", exif=exif)
    xml = (
        f"<annotation><size><width>64</width><height>48</height></size>{thing(box=corners(8, 10, 24, 36))}</annotation>"
    )
    data, problems = read(tmp_path, {"a.png": buffer.getvalue(), "a.xml": xml})
    image = data.image(0)
    assert data.sizes.tolist() == [[*image.shape[:2]]]
    if turn in (2, 3, 4):  # the size does not tell: the box belongs to what a labelling tool shows
        assert data.truths[0].boxes.tolist() == [[8, 10, 24, 36]]
        assert problems == []
        return
    x1, y1, x2, y2 = data.truths[0].boxes[0].astype(int)
    assert image[y1:y2, x1:x2].min() == 255
    assert image.sum() == 255 * 3 * 16 * 26  # nothing white is left outside
    assert len(problems) == (turn > 4)
    assert all("its size before it is turned as its EXIF says" in problem for problem in problems)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        # whole files that nobody can read: wrong separators, the class last, pixels, names of classes
        ({"b.txt": "0 0,5 0,5 0,2 0,4\n1 0,5 0,5 0,2 0,4"}, "b.txt: noted: none of its 2 rows could be read, so its"),
        ({"b.txt": "0,0.5,0.5,0.2,0.4"}, "b.txt: noted: none of its 1 row could be read"),
        ({"b.txt": "0.5 0.5 0.2 0.4 0"}, "b.txt: noted: none of its 1 row could be read"),
        ({"b.txt": "0 120 90 24 24"}, "b.txt: noted: none of its 1 row could be read"),
        ({"b.txt": "cat 0.5 0.5 0.2 0.4"}, "b.txt: noted: none of its 1 row could be read"),
        ({"b.txt": "0 0.5 0.5 -0.2 0.4"}, "b.txt: noted: none of its 1 row could be read"),
    ],
)
def test_a_picture_of_whose_rows_none_can_be_read_is_not_labelled(files, said, tmp_path):
    data, problems = read(tmp_path, CLASSES | {"a.jpg": "", "a.txt": "0 .5 .5 .5 .5", "b.jpg": ""} | files)
    assert data.labelled.tolist() == [True, False]
    assert any(problem.startswith(said) for problem in problems)
    assert len(problems) == 1 + files["b.txt"].count("\n") + 1  # each row, and the file


def test_classes_that_were_not_asked_for_leave_a_picture_labelled(tmp_path):
    """b shows a dog alone: who looks for cats knows that there is none."""
    data, problems = read(tmp_path / "coco", {"b.jpg": "", "x.json": coco({"b": "b.jpg"})}, class_names=["cat"])
    assert data.labelled.tolist() == [True]
    assert problems == ["x.json, annotations[0]: left out: its class is none of the 1 that were asked for"]
    data, problems = read(tmp_path / "voc", {"b.jpg": "", "b.xml": voc("b")}, class_names=["cat"])
    assert data.labelled.tolist() == [True]
    assert problems == ["b.xml, object 1: left out: 'dog' is none of the 1 classes"]


def test_an_image_of_whose_annotations_none_can_be_read_is_not_labelled(tmp_path):
    box = {"image_id": 6, "category_id": 3, "bbox": None}
    data, problems = annotated(tmp_path, box, images=[{"id": 6, "file_name": "b.jpg"}], files={"b.jpg": ""})
    assert data.labelled.tolist() == [True, False]
    assert problems[-1] == "all.json, images[1]: noted: none of its 1 row could be read, so its picture is not labelled"


def test_what_is_read_and_found_outside_leaves_a_picture_labelled(tmp_path):
    data, _ = read(tmp_path, CLASSES | {"a.jpg": "", "a.txt": "0 1.5 .5 .5 .5"})
    assert data.labelled.tolist() == [True]
    assert len(data.truths[0]) == 0


def test_utf_16_is_read(tmp_path):
    data, problems = read(tmp_path, CLASSES | {"a.jpg": "", "a.txt": "0 .5 .5 .5 .5".encode("utf-16")})
    assert data.truths[0].boxes.tolist() == [[16, 12, 48, 36]]
    assert problems == []


def test_classes_counted_from_one_are_noticed(tmp_path):
    rows = {"a.jpg": "", "a.txt": "1 .5 .5 .5 .5\n2 .5 .5 .5 .5"}
    data, problems = read(tmp_path, CLASSES | rows)
    assert problems[0].startswith("noted: no row has class 0 and some have class 2: the numbers look as if they began")
    data, problems = read(tmp_path, rows, class_names=["nothing", "cat", "dog"])  # what the note says
    assert data.truths[0].labels.tolist() == [1, 2]
    assert problems == []


def test_labels_whose_picture_is_in_another_folder(tmp_path):
    files = {
        "images/z/3.jpg": "",
        "labels/3.txt": "1 .5 .5 .5 .5",
        "images/x/1.jpg": "",
        "images/y/1.jpg": "",
        "images/2.jpg": "",
        "labels/2.txt": "",
        "labels/1.txt": "0 1 1 1 1",
    }
    data, problems = read(tmp_path, CLASSES | files)
    assert data.truths[-1].labels.tolist() == [1]
    assert problems == [
        "labels/1.txt: left out: with its 1 row, there is no picture of this name, but in another folder "
        "images/x/1.jpg and images/y/1.jpg",
        "labels/3.txt: noted: its picture is in another folder, images/z/3.jpg",
    ]


def test_pixel_columns_of_the_library_supervision(tmp_path):
    """It writes VOC's own definition under Roboflow's name: 9 … 40 are the columns from edge 8 to edge 40."""
    said = voc("a", first=1, database="roboflow.ai").replace("<folder>x", "<folder>VOC")
    data, _ = read(tmp_path, {"a.jpg": "", "a.xml": said})
    assert data.truths[0].boxes.tolist() == [[8, 12, 40, 36], [0, 0, 16, 24]]
    data, _ = read(tmp_path, {"a.xml": said.replace("<filename>", "<path>a.jpg</path><filename>")})  # Roboflow itself
    assert data.truths[0].boxes.tolist() == [[9, 13, 40, 36], [1, 1, 16, 24]]


@pytest.mark.parametrize(
    ("written", "flags", "noted"),
    [("1", 1, 0), (True, 1, 0), ("true", 1, 0), (0, 0, 0), ("0", 0, 0), (None, 0, 0), (2, 0, 1)],
)
def test_yes_and_no_as_they_are_written(written, flags, noted, tmp_path):
    box = {"image_id": 5, "category_id": 3, "bbox": [8, 12, 32, 24], "iscrowd": written}
    data, problems = annotated(tmp_path, box)
    assert data.truths[0].crowd.tolist() == [False, flags, False]
    assert len(problems) == noted
    xml = f"<annotation>{thing(more=f'<difficult>{written}</difficult>')}</annotation>"
    data, problems = read(tmp_path / "voc", {"a.jpg": "", "a.xml": xml})
    assert data.truths[0].ignore.tolist() == [flags]
    assert len(problems) == noted


def test_polygons_without_a_box(tmp_path):
    shape = {"image_id": 5, "category_id": 3, "segmentation": [[8, 12, 40, 12, 20, 36], [9, 13, 10, 13, 10, 14]]}
    data, problems = annotated(tmp_path, shape, {"image_id": 5, "category_id": 3, "segmentation": {"counts": "x"}})
    assert data.truths[0].boxes[1:-1].tolist() == [[8, 12, 40, 36]]
    assert problems == [
        'all.json, annotations[1]: noted: its "bbox" is missing: the box around its polygons is taken',
        'all.json, annotations[2]: left out: its "bbox" is missing',
    ]


def test_numbers_as_names_and_sizes_that_are_not_said(tmp_path):
    images = [
        {"id": 6, "file_name": "b.jpg", "width": "64", "height": 48.0},
        {"id": 7, "file_name": "c.jpg", "width": None},
    ]
    data, problems = annotated(
        tmp_path, images=images, categories=[{"id": 9, "name": 4}], files={"b.jpg": "", "c.jpg": ""}
    )
    assert data.class_names == ("cat", "dog", "4")
    assert problems == []


@pytest.mark.parametrize("says", ["cp949", "euc-kr", None])
def test_xml_in_korean(says, tmp_path):
    head = f'<?xml version="1.0" encoding="{says}"?>' if says else ""
    xml = (head + f"<annotation>{thing('고양이')}</annotation>").encode(says or "cp949")
    data, problems = read(tmp_path, {"a.jpg": "", "a.xml": xml}, encoding=None if says else "cp949")
    assert data.class_names == ("고양이",)
    assert problems == []


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text are Linux's own")
def test_names_that_are_no_text(tmp_path):
    files = CLASSES | {"a.jpg": "", "a.txt": "0 .5 .5 .5 .5", "back\\slash.jpg": "", "back\\slash.txt": ""}
    laid_out(tmp_path, files)
    for byte in (b"\xb0", b"\xb1"):
        (tmp_path / os.fsdecode(byte + b".jpg")).write_bytes(picture())
    data = detections.read(tmp_path)
    assert data.files == ("a.jpg", "%B0.jpg", "%B1.jpg")
    assert data.image(2).shape == (48, 64, 3)
    assert [str(problem) for problem in data.problems] == [
        "back\\slash.jpg: left out: with its labels, its name has a backslash, or is that of another picture: rename it"
    ]
    assert len(detections.read(detections.write(data, tmp_path / "out", "voc"))) == 3


def test_a_turned_picture_with_its_own_size_keeps_its_boxes(tmp_path):
    """64 × 48 as stored is 48 wide and 64 high upright: so says the file, and so the boxes are."""
    turned_on_its_side = picture("jpg", 64, 48, 6)
    said = coco({"b": "b.jpg"}).replace('"width": 64, "height": 48', '"width": 48, "height": 64')
    data, problems = read(tmp_path, {"b.jpg": turned_on_its_side, "x.json": said})
    assert data.sizes.tolist() == [[64, 48]]
    assert data.truths[0].boxes.tolist() == [[32, 24, 48, 48]]
    assert problems == [
        "x.json, annotations[0]: clipped: it leaves the picture of 48 × 64 pixels by 16: x 32 … 64, y 24 … 48"
    ]


@pytest.mark.parametrize(
    ("size", "box", "said"),
    [
        ("64 48", [32, 24, 64, 48], None),
        # 128 × 96 is twice 64 × 48: half of 32, 24, 64, 48
        ("128 96", [16, 12, 32, 24], "the picture has 128 × 96 pixels, but it has 64 × 48: its boxes are scaled"),
        ("48 64", [32, 24, 64, 48], "but it has 64 × 48, another shape: its boxes are taken as pixels of the picture"),
        ("0 0", [32, 24, 64, 48], "0 × 0 pixels, which cannot be; it has 64 × 48, and the boxes are taken"),
        ("x 48", [32, 24, 64, 48], "nan × 48 pixels, which cannot be"),
    ],
)  # fmt: skip
def test_a_size_that_is_not_the_pictures_own(size, box, said, tmp_path):
    data, problems = read(tmp_path, {"b.jpg": "", "b.xml": voc("b", size=size)})
    assert data.truths[0].boxes.tolist() == [box]
    assert len(problems) == (said is not None)
    assert all(problem.startswith("b.xml, size: noted: ") and said in problem for problem in problems)


def test_areas_are_scaled_with_their_boxes(tmp_path):
    images = [{"id": 6, "file_name": "b.jpg", "width": 128, "height": 96}]  # twice as large in both directions
    box = {"image_id": 6, "category_id": 3, "bbox": [16, 24, 64, 48], "area": 1000}
    data, problems = annotated(tmp_path, box, images=images, files={"b.jpg": ""})
    assert data.truths[1].boxes.tolist() == [[8, 12, 40, 36]]
    assert data.truths[1].areas.tolist() == [250]
    assert problems[0].startswith(
        "all.json, images[1]: noted: it says that the picture has 128 × 96 pixels, but it has"
    )


def test_turning_four_times_is_turning_once_around():
    box = (1, 2, 3, 6)  # in 10 × 20 stored pixels (width × height); upright it has 20 × 10
    height, width = 10, 20
    for _ in range(4):
        box = turned(box, 6, height, width)
        height, width = width, height
    assert box == (1, 2, 3, 6)
