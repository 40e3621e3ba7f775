"""Boxed data sets as tools write them, each as a folder and as a zip: what is read of them, and what is reported."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from box_folders import BOXES, coco, laid_out, read_back, voc, yolo, zipped

from cnnlab.common.errors import DataError
from cnnlab.detection import detections

T, V, E = "train", "validation", "test"
LISTED = "names:\n- cat\n- dog\n"
PASCAL = {"first": 1, "database": "The VOC2007 Database"}


@dataclass
class Layout:
    """Files (a picture is `""`), and what comes of them: the split of each picture, the classes, the problems."""

    files: dict[str, str | bytes]
    splits: dict[str, str]
    format: str
    classes: str = "cat dog"
    problems: tuple[str, ...] = ()
    arguments: dict[str, object] = field(default_factory=dict)
    unlabelled: str = ""
    groups: dict[str, str] = field(default_factory=dict)


LAYOUTS = {
    "Roboflow YOLO": Layout(
        {
            "README.roboflow.txt": "cells - v1\n", "README.dataset.txt": "# cells\n",
            "data.yaml": "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n\nnc: 2\n"
                         "names: ['cat', 'dog']\n\nroboflow:\n  workspace: ada\n  version: 1\n",
            "train/images/a_jpg.rf.0a1b2c.jpg": "", "train/labels/a_jpg.rf.0a1b2c.txt": yolo("a"),
            "valid/images/b_jpg.rf.77aa.jpg": "", "valid/labels/b_jpg.rf.77aa.txt": yolo("b"),
            "test/images/c_jpg.rf.9c.jpg": "", "test/labels/c_jpg.rf.9c.txt": "",
        },
        {"a": T, "b": V, "c": E}, "yolo", groups={"a": "a_jpg", "b": "b_jpg", "c": "c_jpg"},
    ),
    "Roboflow COCO": Layout(
        {
            "README.roboflow.txt": "cells",
            "train/_annotations.coco.json": coco(
                {"a": "a_jpg.rf.1.jpg", "c": "c_jpg.rf.2.jpg"}, group="pets",
                more=({"id": 0, "name": "pets", "supercategory": "none"},),
            ),
            "train/a_jpg.rf.1.jpg": "", "train/c_jpg.rf.2.jpg": "",
            "valid/_annotations.coco.json": coco(
                {"b": "b_jpg.rf.3.jpg"}, group="pets", more=({"id": 0, "name": "pets", "supercategory": "none"},)
            ),
            "valid/b_jpg.rf.3.jpg": "",
        },
        {"a": T, "b": V, "c": T}, "coco",
        problems=("is the group of the other classes, and no class",) * 2,
    ),
    "Roboflow VOC": Layout(
        {
            "train/a_jpg.rf.1.jpg": "", "train/a_jpg.rf.1.xml": voc("a", "a_jpg.rf.1.jpg", database="roboflow.ai"),
            "train/c_jpg.rf.2.jpg": "", "train/c_jpg.rf.2.xml": voc("c", "c_jpg.rf.2.jpg", database="roboflow.ai"),
            "test/b_jpg.rf.3.jpg": "", "test/b_jpg.rf.3.xml": voc("b", "b_jpg.rf.3.jpg", database="roboflow.ai"),
        },
        {"a": T, "b": E, "c": T}, "voc",
    ),
    "Roboflow Darknet": Layout(
        {
            "train/_darknet.labels": "cat\ndog\n", "valid/_darknet.labels": "cat\ndog\n",
            "train/a.jpg": "", "train/a.txt": yolo("a"), "train/c.jpg": "", "train/c.txt": "",
            "valid/b.jpg": "", "valid/b.txt": yolo("b"),
        },
        {"a": T, "b": V, "c": T}, "yolo",
    ),
    "CVAT YOLO 1.1": Layout(
        {
            "obj.data": "classes = 2\nnames = data/obj.names\ntrain = data/train.txt\nvalid = data/valid.txt\n"
                        "backup = backup/\n",
            "obj.names": "cat\ndog\n",
            "train.txt": "data/obj_train_data/a.jpg\ndata/obj_train_data/c.jpg\n",
            "valid.txt": "data/obj_valid_data/b.jpg\n",
            "obj_train_data/a.jpg": "", "obj_train_data/a.txt": yolo("a"),
            "obj_train_data/c.jpg": "", "obj_train_data/c.txt": "",
            "obj_valid_data/b.jpg": "", "obj_valid_data/b.txt": yolo("b"),
        },
        {"a": T, "b": V, "c": T}, "yolo",
    ),
    "CVAT COCO": Layout(
        {
            "annotations/instances_Train.json": coco({"a": "cam1/a.jpg", "c": "c.jpg"}, {3: "cat", 7: "dog"}),
            "annotations/instances_Validation.json": coco({"b": "b.jpg"}, {3: "cat", 7: "dog"}),
            "images/Train/cam1/a.jpg": "", "images/Train/c.jpg": "", "images/Validation/b.jpg": "",
        },
        {"a": T, "b": V, "c": T}, "coco",
    ),
    "CVAT VOC": Layout(
        {
            "labelmap.txt": "# label:color_rgb:parts:actions\nbackground:0,0,0::\ndog:128,0,0::\ncat:0,128,0::\n",
            "ImageSets/Main/Train.txt": "a\nc\n", "ImageSets/Main/Validation.txt": "cam1/b\n",
            "Annotations/a.xml": voc("a"), "Annotations/cam1/b.xml": voc("b", "cam1/b.jpg"),
            "Annotations/c.xml": voc("c"),
            "JPEGImages/a.jpg": "", "JPEGImages/cam1/b.jpg": "", "JPEGImages/c.jpg": "",
        },
        {"a": T, "b": V, "c": T}, "voc", classes="dog cat",
    ),
    "CVAT Ultralytics": Layout(
        {
            "data.yaml": "path: ./\ntrain: train.txt\nnames:\n  0: cat\n  1: dog\n",
            "train.txt": "data/images/train/a.jpg\ndata/images/train/b.jpg\ndata/images/train/c.jpg\n",
            "images/train/a.jpg": "", "images/train/b.jpg": "", "images/train/c.jpg": "",
            "labels/train/a.txt": yolo("a"), "labels/train/b.txt": yolo("b"), "labels/train/c.txt": "",
        },
        {"a": T, "b": T, "c": T}, "yolo",
    ),
    "Label Studio YOLO": Layout(
        {
            "classes.txt": "cat\ndog", "notes.json": '{"categories": [{"id": 0, "name": "cat"}], "info": {}}',
            "images/a-1f.jpg": "", "labels/a-1f.txt": yolo("a"), "images/b-2e.jpg": "", "labels/b-2e.txt": yolo("b"),
            "images/c-3d.jpg": "", "labels/c-3d.txt": "",
        },
        {"a": "", "b": "", "c": ""}, "yolo",
    ),
    "Label Studio COCO": Layout(
        {
            "result.json": coco(
                {"a": "images\\a-1f.jpg", "b": "../../label-studio/upload/1/b-2e.jpg"}, {0: "cat", 1: "dog"}
            ),
            "images/a-1f.jpg": "", "images/b-2e.jpg": "", "images/c-3d.jpg": "",
        },
        {"a": "", "b": "", "c": ""}, "coco", unlabelled="c",
    ),
    "Label Studio VOC": Layout(
        {
            "Annotations/a.xml": voc("a", "a"), "Annotations/b.xml": voc("b", "b"), "Annotations/c.xml": voc("c", "c"),
            "images/a.png": "", "images/b.png": "", "images/c.png": "",
        },
        {"a": "", "b": "", "c": ""}, "voc",
    ),
    "labelImg VOC, flat": Layout(
        {"a.jpg": "", "a.xml": voc("a"), "b.jpg": "", "b.xml": voc("b", "old name.jpg"), "c.jpg": ""},
        {"a": "", "b": "", "c": ""}, "voc", unlabelled="c",
    ),
    "labelImg YOLO, flat": Layout(
        {
            "classes.txt": "dog\ncat\n", "a.jpg": "", "a.txt": yolo("a", "dog cat"), "b.JPG": "",
            "b.txt": yolo("b", "dog cat"), "c.png": "",
        },
        {"a": "", "b": "", "c": ""}, "yolo", classes="dog cat", unlabelled="c",
    ),
    "Ultralytics": Layout(
        {
            "pets.yaml": "# Pets\npath: ../datasets/pets # dataset root dir\ntrain: images/train2017\n"
                         "val: images/val2017\ntest: # none\nnames:\n  0: cat\n  1: dog\n"
                         "download: |\n  from x import y\n  y(1)\n",
            "images/train2017/a.jpg": "", "images/train2017/c.jpg": "", "images/val2017/b.jpg": "",
            "labels/train2017/a.txt": yolo("a"), "labels/train2017/c.txt": "", "labels/val2017/b.txt": yolo("b"),
        },
        {"a": T, "b": V, "c": T}, "yolo",
    ),
    "Ultralytics, absolute paths": Layout(
        {
            "data.yaml": "train: /content/drive/My Drive/pets/one/images\nval: C:\\pets\\two\\images\n" + LISTED,
            "one/images/a.jpg": "", "one/images/c.jpg": "", "one/labels/a.txt": yolo("a"), "one/labels/c.txt": "",
            "two/images/b.jpg": "", "two/labels/b.txt": yolo("b"),
        },
        {"a": T, "b": V, "c": T}, "yolo",
    ),
    "one folder to train and to validate on": Layout(
        {
            "data.yaml": "train: [images]\nval: images\ntest: ../../elsewhere\n" + LISTED,
            "images/a.jpg": "", "images/b.jpg": "", "images/c.jpg": "",
            "labels/a.txt": yolo("a"), "labels/b.txt": yolo("b"), "labels/c.txt": "",
        },
        {"a": T, "b": T, "c": T}, "yolo",
        problems=("data.yaml, test: noted: nothing here is at '../../elsewhere'",
                  "data.yaml, val: noted: names pictures that train names as well: they stay there"),
    ),
    "Darknet, with lists": Layout(
        {
            "pets.data": "classes=2\ntrain=/home/ada/train.txt\nvalid=/home/ada/test.txt\nnames=pets.names\n",
            "pets.names": "cat\ndog\n", "train.txt": "/home/ada/img/a.jpg\n/home/ada/img/c.jpg\n",
            "test.txt": "img/b.jpg\nimg/gone.jpg\n",
            "img/a.jpg": "", "img/a.txt": yolo("a"), "img/b.jpg": "", "img/b.txt": yolo("b"), "img/c.jpg": "",
            "img/c.txt": "",
        },
        {"a": T, "b": V, "c": T}, "yolo",
        problems=("test.txt, line 2: noted: names no picture that is here: 'img/gone.jpg'",),
    ),
    "VOCdevkit": Layout(
        {
            "VOCdevkit/VOC2007/Annotations/a.xml": voc("a", **PASCAL),
            "VOCdevkit/VOC2007/Annotations/b.xml": voc("b", **PASCAL),
            "VOCdevkit/VOC2007/Annotations/c.xml": voc("c", **PASCAL),
            "VOCdevkit/VOC2007/JPEGImages/a.jpg": "", "VOCdevkit/VOC2007/JPEGImages/b.jpg": "",
            "VOCdevkit/VOC2007/JPEGImages/c.jpg": "", "VOCdevkit/VOC2007/SegmentationClass/a.png": "",
            "VOCdevkit/VOC2007/ImageSets/Main/train.txt": "a\n", "VOCdevkit/VOC2007/ImageSets/Main/val.txt": "b\n",
            "VOCdevkit/VOC2007/ImageSets/Main/trainval.txt": "a\nb\n",
            "VOCdevkit/VOC2007/ImageSets/Main/test.txt": "c\n",
            "VOCdevkit/VOC2007/ImageSets/Main/cat_train.txt": "a  1\n",
            "VOCdevkit/VOC2007/ImageSets/Segmentation/train.txt": "b\n",
        },
        {"a": T, "b": V, "c": E}, "voc",
        problems=("noted: 1 picture in VOCdevkit/VOC2007/SegmentationClass was taken for a mask",),
    ),
    "Oxford Pets": Layout(
        {
            "images/a.jpg": "", "images/b.jpg": "", "images/c.jpg": "",
            "annotations/xmls/a.xml": voc("a"), "annotations/xmls/b.xml": voc("b"),
            "annotations/trimaps/a.png": "", "annotations/trimaps/b.png": "", "annotations/trimaps/c.png": "",
        },
        {"a": "", "b": "", "c": ""}, "voc", unlabelled="c",
        problems=("noted: 3 pictures in annotations/trimaps were taken for masks",),
    ),
    "pictures beside their labels, in folders that speak of masks and annotations": Layout(
        {
            "face masks/images/a.jpg": "", "face masks/images/b.jpg": "", "face masks/images/c.jpg": "",
            "face masks/annotations/a.xml": voc("a"), "face masks/annotations/b.xml": voc("b"),
            "face masks/annotations/c.xml": voc("c"),
        },
        {"a": "", "b": "", "c": ""}, "voc",
    ),
    "all in a folder of annotations": Layout(
        {
            "annotations/a.jpg": "", "annotations/a.xml": voc("a"), "annotations/b.jpg": "",
            "annotations/b.xml": voc("b"), "annotations/c.jpg": "", "annotations/c.xml": voc("c"),
        },
        {"a": "", "b": "", "c": ""}, "voc",
    ),
    "a detector trained on it inside": Layout(
        {
            "images/a.jpg": "", "images/b.jpg": "", "images/c.jpg": "", "labels/a.txt": yolo("a"),
            "labels/b.txt": yolo("b"), "labels/c.txt": "", "classes.txt": "cat\ndog\n",
            "det/bundle/detector.json": "{}", "det/bundle/detector.names": "nut\n", "det/report/worst.png": "",
        },
        {"a": "", "b": "", "c": ""}, "yolo",
        problems=("det/bundle: noted: a trained detector: it and its report were passed over",),
    ),
    "YAML files about something else": Layout(
        {
            "a.jpg": "", "b.jpg": "", "c.jpg": "", "a.txt": yolo("a"), "b.txt": yolo("b"), "c.txt": "",
            "classes.txt": "cat\ndog\n", "docker-compose.yml": "names: [web, db]\n",
            "model/args.yaml": "val: true\nsplit: val\ndata: data.yaml\n",
        },
        {"a": "", "b": "", "c": ""}, "yolo",
        problems=("docker-compose.yml, names: noted: its names are not those in classes.txt, and it says nothing of",),
    ),
    "COCO itself": Layout(
        {
            "annotations/instances_train2017.json": coco({"a": "a.jpg", "c": "c.jpg"}, {17: "cat", 18: "dog"}),
            "annotations/instances_val2017.json": coco({"b": "b.jpg"}, {17: "cat", 18: "dog"}),
            "annotations/captions_val2017.json": '{"images": [{"id": 0, "file_name": "b.jpg"}], "annotations": []}',
            "annotations/person_keypoints_val2017.json": coco({"b": "b.jpg"}, {17: "cat", 18: "dog"}),
            "train2017/a.jpg": "", "train2017/c.jpg": "", "val2017/b.jpg": "",
        },
        {"a": T, "b": V, "c": T}, "coco",
        problems=(
            'captions_val2017.json: left out: it must be an object with the lists "images", "annotations" and "cat',
            "'b.jpg' has its labels from annotations/instances_val2017.json already",
        ),
    ),
    "Kaggle, images and annotations": Layout(
        {
            "archive/images/a.png": "", "archive/images/b.png": "", "archive/images/c.png": "",
            "archive/annotations/a.xml": voc("a", "a.png"), "archive/annotations/b.xml": voc("b", "b.png"),
            "archive/annotations/c.xml": voc("c", "c.png"),
        },
        {"a": "", "b": "", "c": ""}, "voc",
    ),
    "split inside, words of the labels in the folders' names": Layout(
        {
            "train_images/a.jpg": "", "train_labels/a.txt": yolo("a"), "train_images/c.jpg": "",
            "train_labels/c.txt": "", "Test_Images/b.jpg": "", "Test_Labels/b.txt": yolo("b"),
            "classes.txt": "cat\ndog\n",
        },
        {"a": T, "b": E, "c": T}, "yolo",
    ),
    "made on a Mac, in one folder whose name speaks of a test": Layout(
        {
            "my test/__MACOSX/images/._a.jpg": "x", "my test/.DS_Store": "x", "my test/images/.hidden.jpg": "x",
            "my test/images/a.jpg": "", "my test/images/b.jpg": "", "my test/images/c.jpg": "",
            "my test/labels/a.txt": yolo("a"), "my test/labels/b.txt": yolo("b"), "my test/labels/c.txt": "",
            "my test/classes.txt": "cat\ndog\n",
        },
        {"a": "", "b": "", "c": ""}, "yolo",
    ),
    "two formats, one asked for": Layout(
        {
            "images/a.jpg": "", "images/b.jpg": "", "images/c.jpg": "", "labels/a.txt": yolo("a"),
            "Annotations/a.xml": voc("a"), "Annotations/b.xml": voc("b"), "Annotations/c.xml": voc("c"),
        },
        {"a": "", "b": "", "c": ""}, "voc", arguments={"format": "voc"},
    ),
    "no list of the classes": Layout(
        {"a.jpg": "", "a.txt": yolo("a"), "b.jpg": "", "b.txt": yolo("b"), "c.jpg": "", "c.txt": ""},
        {"a": "", "b": "", "c": ""}, "yolo", arguments={"class_names": ["cat", "dog"]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_layout(name, packed, tmp_path):
    layout = LAYOUTS[name]
    folder = laid_out(tmp_path / "data", layout.files)
    data = detections.read(zipped(folder) if packed else folder, **layout.arguments)
    stems = [file.rpartition("/")[2][0].lower() for file in data.files]
    assert sorted(stems) == ["a", "b", "c"]
    assert data.class_names == tuple(layout.classes.split())
    assert data.format == layout.format
    assert dict(zip(stems, data.splits.tolist(), strict=True)) == layout.splits
    assert {stem for stem, done in zip(stems, data.labelled, strict=True) if not done} == set(layout.unlabelled)
    assert read_back(data) == BOXES
    assert data.sizes.tolist() == [[48, 64]] * 3
    assert data.image(0).shape == (48, 64, 3)
    assert len(data.problems) == len(layout.problems), [str(one) for one in data.problems]
    for problem, said in zip(data.problems, layout.problems, strict=True):
        assert said in str(problem)
    if layout.groups:
        assert dict(zip(stems, data.groups, strict=True)) == layout.groups


def test_a_zip_is_there_as_long_as_what_was_read_of_it(tmp_path):
    folder = laid_out(tmp_path / "data", LAYOUTS["labelImg VOC, flat"].files)
    data = detections.read(zipped(folder))
    part, place = data[1:], data.pictures[0].parent
    del data
    assert part.image(0).shape == (48, 64, 3)
    del part
    assert not place.exists()


def test_names_in_any_script(tmp_path):
    files = {
        "学習/images/猫.jpg": "",
        "学習/labels/猫.txt": "0 0.5 0.5 0.5 0.5",
        "学習/data.yaml": "names: [고양이, 'no', Größe]",
    }
    data = detections.read(zipped(laid_out(tmp_path / "데이터", files)))
    assert data.files == ("学習/images/猫.jpg",)
    assert data.class_names == ("고양이", "no", "Größe")
    assert data.truths[0].boxes.tolist() == [[16, 12, 48, 36]]


def test_a_class_list_in_another_encoding(tmp_path):
    files = {"a.jpg": "", "a.txt": "0 0.5 0.5 0.5 0.5", "classes.txt": "고양이\n".encode("cp949")}
    folder = laid_out(tmp_path, files)
    assert detections.read(folder, encoding="cp949").class_names == ("고양이",)
    plain = detections.read(folder)
    assert plain.class_names == ("0",)
    assert str(plain.problems[0]).startswith("noted: no list of the classes is there: they are called 0, 1 …")
    assert str(plain.problems[1]) == 'classes.txt: left out: not in UTF-8: pass its `encoding`, such as "cp949"'


@pytest.mark.parametrize("names", ["", "null", "NULL", "~", "''", "[]", "'[]'"])
def test_names_that_say_nothing_are_no_list(names, tmp_path):
    files = {"a.jpg": "", "a.txt": yolo("a"), "data.yaml": f"train: .\nnames: {names}\nnc: 2\n"}
    folder = laid_out(tmp_path, files)
    assert read_back(detections.read(folder)) == {"a": [({"cat": "0", "dog": "1"}[c], box) for c, box in BOXES["a"]]}
    laid_out(folder, {"classes.txt": "cat\ndog\n"})
    assert read_back(detections.read(folder)) == {"a": BOXES["a"]}


def test_a_class_in_a_list_may_be_called_null(tmp_path):
    files = {"a.jpg": "", "a.txt": yolo("a"), "pets.yaml": "names: [null, dog]\n"}
    assert detections.read(laid_out(tmp_path, files)).class_names == ("null", "dog")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "data: it holds no picture that can be opened"),
        ({"a.jpg": b"x"}, r"no picture that can be opened \(a.jpg: left out: with its labels, named .jpg, but"),
        ({"a.jpg": "", "a.md": "a cat"}, "1 picture and no labels: YOLO's .txt files or Pascal VOC's .xml files or"),
        ({"a.jpg": "", "a.txt": "a cat on a mat with a hat"}, "1 picture and no labels"),
        (
            {"images/a.jpg": "", "labels/a.txt": yolo("a"), "xml/a.xml": voc("a")},
            r"2 formats \(YOLO's .txt files: 1, such as labels/a.txt, Pascal VOC's .xml files: 1, such as xml/a.xml\). "
            'Pass format="yolo" or format="voc"',
        ),
        (
            {"a.jpg": "", "a.txt": yolo("a"), "classes.txt": "cat\ndog", "data.yaml": "names: [dog, cat]"},
            "the classes are dog, cat in data.yaml and cat, dog in classes.txt: take one away, or pass `class_names`",
        ),
        (
            {"x.jpg": "", "a.xml": voc("a")},
            "no label file has its picture here, or can be read. a.xml: left out: with its 2 objects, there is no "
            "picture 'a.jpg'",
        ),
        ({"x.jpg": "", "a.json": coco({"a": "a.jpg"})}, r"a.json, images\[0\]: left out: with its 2 annotations"),
        ({"x.jpg": "", "a.json": '{"images": [], "annotations": [}'}, r"a.json: left out: it is no JSON: .*\(line 1, "),
    ],
)  # fmt: skip
def test_what_is_refused_and_how_it_is_said(files, message, tmp_path):
    with pytest.raises(DataError, match=message):
        detections.read(
            laid_out(tmp_path / "data", files) if files else (tmp_path / "data").mkdir() or tmp_path / "data"
        )


def test_what_is_no_folder_and_no_zip(tmp_path):
    with pytest.raises(DataError, match="nowhere: there is no folder and no zip file of this name"):
        detections.read(tmp_path / "nowhere")
    (tmp_path / "a.zip").write_bytes(b"no zip")
    with pytest.raises(DataError, match="^a.zip was not unpacked: it is not a zip archive"):
        detections.read(tmp_path / "a.zip")
    with pytest.raises(ValueError, match="`format` must be one of 'yolo', 'voc', 'coco'"):
        detections.read(tmp_path, format="pascal")
    with pytest.raises(ValueError, match="`class_names` must name each class once"):
        detections.read(tmp_path, class_names=["a", "a"])
    with pytest.raises(TypeError, match="`class_names` must be a list of names. Received: 'abc'"):
        detections.read(tmp_path, class_names="abc")
    with pytest.raises(TypeError, match="`path` must be the name of a folder or of a zip. Received: 5"):
        detections.read(5)
    with pytest.raises(ValueError, match=r"`path` must name a folder or a zip; .* Received: ''"):
        detections.read("")


def test_pictures_of_one_name_in_several_folders(tmp_path):
    """COCO: by the split's folder, or by the folder of the file; YOLO: by the label file's own folder."""
    by_split = {
        "annotations/instances_train.json": coco({"a": "1.jpg"}), "images/train/1.jpg": "", "images/val/1.jpg": "",
        "annotations/instances_val.json": coco({"b": "1.jpg"}),
    }  # fmt: skip
    beside = {"x/all.json": coco({"a": "1.jpg"}), "y/all.json": coco({"b": "1.jpg"}), "x/p/1.jpg": "", "y/p/1.jpg": ""}
    yolo_beside = {
        "1.jpg": "", "1.txt": yolo("a"), "images/1.jpg": "", "images/1.txt": yolo("b"),
        "classes.txt": "cat\ndog\n",
    }  # fmt: skip
    for name, files in (("split", by_split), ("beside", beside)):
        data = detections.read(laid_out(tmp_path / name, files))
        assert [len(truth) for truth in data.truths] == [2, 1]
        assert data.problems == ()
    data = detections.read(laid_out(tmp_path / "yolo", yolo_beside))
    assert [len(truth) for truth in data.truths] == [2, 1]
    assert data.problems == ()


def test_shares_are_of_all_pictures(tmp_path):
    """Of 20 pictures 0.25 are 5, whether or not others are held out for the test before."""
    files = {f"{n:02}.jpg": "" for n in range(20)} | {f"{n:02}.txt": "0 .5 .5 .5 .5" for n in range(20)}
    drawn = detections.read(laid_out(tmp_path, files), class_names=["cat"]).draw_split(0.25, 0.5)
    assert [int((drawn.splits == name).sum()) for name in (T, V, E)] == [5, 5, 10]
