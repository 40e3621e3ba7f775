"""Where labels lie, and that nobody's work is lost: saved whole, never over another's change, undone to the byte."""

from __future__ import annotations

import json
import os
import sys

import pytest
from PIL import Image

from cnnlab.common import files
from cnnlab.common.errors import DataError
from cnnlab.detection import detections
from cnnlab.explore import Annotator

NAMES = ("screw", "nut")
BOX = (80, 45, 120, 55)
LINE = "1 0.500000 0.500000 0.200000 0.100000\n"  # BOX as a nut in a picture of 200 × 100
POLYGON = "0 0.1 0.1 0.9 0.1 0.9 0.9\n"


def paint(folder, *names, size=(200, 100)):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, "grey").save(path)
    return folder


def cut_short(path):
    """A picture whose head is right and whose pixels end too early."""
    Image.effect_noise((200, 100), 60).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def everything(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("folder", "picture", "label"),
    [
        ("", "a.jpg", "a.txt"),
        ("", "deep/a.jpg", "deep/a.txt"),
        ("", "images/a.jpg", "labels/a.txt"),
        ("", "train/images/b/a.jpg", "train/labels/b/a.txt"),
        ("", "images/train/images/a.jpg", "images/train/labels/a.txt"),
        ("", "Images/a.JPG", "labels/a.txt"),
        ("", "images.jpg", "images.txt"),
        ("images", "a.png", "images/a.txt"),
    ],
)
def test_labels_lie_where_the_reader_looks(tmp_path, folder, picture, label):
    paint(tmp_path / folder, picture)
    Annotator(tmp_path / folder, NAMES).add(BOX, "nut")
    assert (tmp_path / label).read_text() == LINE
    assert (tmp_path / folder / "classes.txt").read_text() == "screw\nnut\n"
    read = detections.read(tmp_path / folder)
    assert (read.truths[0].boxes.tolist(), read.truths[0].labels.tolist()) == ([list(BOX)], [1])
    assert (read.class_names, read.labelled.tolist(), read.problems) == (NAMES, [True], ())


@pytest.mark.parametrize("sign", ["labels/", "data.yaml", "classes.txt"])
def test_a_folder_called_images_is_part_of_the_data_set_around_it(tmp_path, sign):
    paint(tmp_path, "images/train/a.png", "other/b.png")
    if sign == "labels/":
        (tmp_path / "labels").mkdir()
    else:
        (tmp_path / sign).write_text({"data.yaml": "names: [screw, nut]", "classes.txt": "screw\nnut"}[sign])
    annotator = Annotator(tmp_path / "images", NAMES).add(BOX, "nut")
    assert annotator.files == ("images/train/a.png",)
    assert (tmp_path / "labels" / "train" / "a.txt").read_text() == LINE
    assert not (tmp_path / "images" / "classes.txt").exists()


def test_labels_that_lie_elsewhere_are_found_where_the_reader_finds_them(tmp_path):
    paint(tmp_path, "JPEGImages/a.jpg")
    (tmp_path / "txts").mkdir()
    (tmp_path / "txts" / "a.txt").write_text(LINE)
    assert Annotator(tmp_path, NAMES).remove(1).undo().boxes().labels.tolist() == [1]


def test_showing_and_asking_write_nothing(tmp_path):
    paint(tmp_path, "a.jpg", "b.jpg")
    before = everything(tmp_path)
    annotator = Annotator(tmp_path, NAMES)
    annotator.view()
    annotator._ipython_display_()
    annotator.figure().png()
    assert annotator.boxes("b.jpg").labels.size == 0
    assert everything(tmp_path) == before


def test_rows_that_are_no_boxes_stay_where_they_are(tmp_path):
    paint(tmp_path, "a.jpg")
    label = tmp_path / "a.txt"
    label.write_text(f"0 0.25 0.5 0.1 0.2\n{POLYGON}1 0.50000 0.5 0.20 0.1\n7 0.5 0.5 0.1 0.1\n")
    annotator = Annotator(tmp_path, NAMES)
    assert annotator.boxes().labels.tolist() == [0, 1]
    assert "a.txt, line 2 is kept as it is: 7 columns, and a box has 5." in annotator.describe()
    assert "a.txt, line 4 is kept as it is: class 7, and the classes are numbered 0 to 1." in annotator.describe()
    assert annotator.said == (
        "Picture 1 of 1, a.jpg: 2 boxes, and 2 rows that stay as they are (line 2: 7 columns, and a box has 5)."
    )
    annotator.change(1, (0, 0, 20, 20))  # centre 10 of 200 and 10 of 100; 20 wide and high
    assert (
        label.read_text()
        == f"0 0.050000 0.100000 0.100000 0.200000\n{POLYGON}1 0.50000 0.5 0.20 0.1\n7 0.5 0.5 0.1 0.1\n"
    )
    annotator.remove(1).remove(1)
    assert label.read_text() == f"{POLYGON}7 0.5 0.5 0.1 0.1\n"
    with pytest.raises(ValueError, match="there are rows for this picture"):
        annotator.nothing_here()


def test_a_change_that_changes_nothing_is_none(tmp_path):
    paint(tmp_path, "a.jpg")
    (tmp_path / "a.txt").write_text("1 .5 .5 .2 .1")
    annotator = Annotator(tmp_path, NAMES).change(1, BOX, "nut")
    assert not annotator.can_undo
    assert (tmp_path / "a.txt").read_text() == "1 .5 .5 .2 .1"


def test_empty_is_another_thing_than_not_labelled(tmp_path):
    paint(tmp_path, "a.jpg", "b.jpg")
    annotator = Annotator(tmp_path, NAMES)
    assert (annotator.labelled, annotator.counted()) == (0, "0 of 2 pictures labelled.")
    assert "not labelled yet" in annotator.describe()
    annotator.nothing_here()
    assert (tmp_path / "a.txt").read_bytes() == b""
    assert annotator.counted() == "1 of 2 pictures labelled."
    assert "labelled as empty" in annotator.describe()
    annotator.add(BOX, "nut").remove(1)
    assert not (tmp_path / "a.txt").exists()
    assert "press “nothing here”" in annotator.said
    assert annotator.labelled == 0


def test_every_step_is_undone_to_the_byte_in_other_pictures_too(tmp_path):
    paint(tmp_path, "a.jpg", "b.jpg")
    (tmp_path / "a.txt").write_bytes(b"1 0.50 0.5 0.20 0.1")
    annotator = Annotator(tmp_path, NAMES)
    states = [everything(tmp_path)]
    steps = [
        lambda: annotator.change(1, label="screw"), lambda: annotator.add((0, 0, 10, 10)), lambda: annotator.remove(1),
        lambda: annotator.go("b.jpg").nothing_here(), lambda: annotator.add(BOX), lambda: annotator.remove(1),
    ]  # fmt: skip
    for step in steps:
        step()
        states.append(everything(tmp_path))
    annotator.go("a.jpg")
    for state in reversed(states[:-1]):
        assert annotator.can_undo
        annotator.undo()
        now = everything(tmp_path)
        for own in ("classes.txt", ".annotator.json"):
            now.pop(own, None), state.pop(own, None)
        assert now == state
    assert (annotator.file, annotator.can_undo, annotator.undo().said) == ("a.jpg", False, "There is nothing to undo.")


class TestSomethingElseWritesTheFile:
    OTHER = "0 0.5 0.5 0.5 0.5\n"

    def test_a_change_is_refused_and_the_file_read_again(self, tmp_path):
        paint(tmp_path, "a.jpg")
        annotator = Annotator(tmp_path, NAMES).add(BOX, "nut")
        (tmp_path / "a.txt").write_text(self.OTHER)
        with pytest.raises(DataError, match="a.txt was changed by something else since it was read. Nothing was"):
            annotator.remove(1)
        assert (tmp_path / "a.txt").read_text() == self.OTHER
        assert annotator.boxes().boxes.tolist() == [[50, 25, 150, 75]]
        annotator.add(BOX, "nut")
        assert (tmp_path / "a.txt").read_text() == self.OTHER + LINE

    def test_an_old_step_is_not_taken_back_over_it(self, tmp_path):
        paint(tmp_path, "a.jpg", "b.jpg")
        annotator = Annotator(tmp_path, NAMES).nothing_here().go(2).add(BOX, "nut")
        (tmp_path / "b.txt").write_text(self.OTHER)
        with pytest.raises(DataError, match="b.txt was changed"):
            annotator.undo()
        assert (tmp_path / "b.txt").read_text() == self.OTHER
        assert annotator.undo().file == "a.jpg"
        assert not (tmp_path / "a.txt").exists()

    def test_nor_when_the_picture_was_opened_again_meanwhile(self, tmp_path):
        paint(tmp_path, "a.jpg", "b.jpg")
        annotator = Annotator(tmp_path, NAMES).add(BOX, "nut").go("b.jpg")
        (tmp_path / "a.txt").write_text(self.OTHER)
        annotator.go("a.jpg")
        with pytest.raises(DataError, match="a.txt was changed"):
            annotator.undo()
        assert (tmp_path / "a.txt").read_text() == self.OTHER

    def test_a_file_that_came_or_went_is_noticed(self, tmp_path):
        paint(tmp_path, "a.jpg")
        annotator = Annotator(tmp_path, NAMES)
        (tmp_path / "a.txt").write_text("")
        with pytest.raises(DataError, match="a.txt was changed"):
            annotator.add(BOX)
        (tmp_path / "a.txt").unlink()
        with pytest.raises(DataError, match="a.txt was changed"):
            annotator.add(BOX)
        assert annotator.add(BOX, 1).labelled == 1

    def test_going_to_a_picture_reads_what_is_there_now(self, tmp_path):
        paint(tmp_path, "a.jpg", "b.jpg")
        annotator = Annotator(tmp_path, NAMES)
        (tmp_path / "b.txt").write_text(LINE)
        assert annotator.step(1).boxes().labels.tolist() == [1]
        assert annotator.labelled == 1

    def test_the_class_list_is_not_written_over(self, tmp_path):
        paint(tmp_path, "a.jpg")
        annotator = Annotator(tmp_path, NAMES)
        (tmp_path / "classes.txt").write_text("nut\nscrew\n")
        for change in (lambda: annotator.add(BOX), lambda: annotator.add_class("washer")):
            with pytest.raises(DataError, match="classes.txt was changed by something else"):
                change()
            assert annotator.class_names == NAMES
        assert (tmp_path / "classes.txt").read_text() == "nut\nscrew\n"
        assert not (tmp_path / "a.txt").exists()


def test_a_disk_that_refuses_loses_nothing(tmp_path, monkeypatch):
    paint(tmp_path, "a.jpg")
    annotator = Annotator(tmp_path, NAMES).add(BOX, "nut")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(DataError, match=r"a.txt cannot be written \(No space left on device\)"):
        annotator.add((0, 0, 9, 9))
    assert (tmp_path / "a.txt").read_text() == LINE
    assert len(annotator.boxes()) == 1
    monkeypatch.undo()
    assert len(annotator.add((0, 0, 9, 9)).boxes()) == 2
    assert sorted(os.listdir(tmp_path)) == ["a.jpg", "a.txt", "classes.txt"]


class TestOpenedAgain:
    def test_the_same_picture_and_boxes(self, tmp_path):
        paint(tmp_path, "a.jpg", "b.jpg", "c.jpg")
        Annotator(tmp_path, NAMES).go("b.jpg").add(BOX, "nut")
        again = Annotator(tmp_path)
        assert (again.file, again.class_names) == ("b.jpg", NAMES)
        assert again.boxes().boxes.tolist() == [list(BOX)]

    @pytest.mark.parametrize(
        "note", ["{", "[]", "3", json.dumps({"picture": "gone.jpg"}), json.dumps({"picture": [1]})]
    )
    def test_a_note_that_says_nothing_opens_the_first(self, tmp_path, note):
        paint(tmp_path, "a.jpg", "b.jpg")
        (tmp_path / ".annotator.json").write_text(note)
        assert Annotator(tmp_path, NAMES).file == "a.jpg"


class TestClasses:
    def test_a_list_in_the_folder_keeps_its_numbers_and_new_names_stand_behind(self, tmp_path):
        paint(tmp_path, "a.jpg")
        (tmp_path / "classes.txt").write_text("nut\n\nbolt\n")
        annotator = Annotator(tmp_path, ("screw", "nut"))
        assert annotator.class_names == ("nut", "bolt", "screw")
        assert (tmp_path / "classes.txt").read_text() == "nut\n\nbolt\n", "until something is changed"
        annotator.add_class("washer").add(BOX, "washer")
        assert (tmp_path / "classes.txt").read_text() == "nut\nbolt\nscrew\nwasher\n"
        assert (tmp_path / "a.txt").read_text().startswith("3 ")

    def test_a_list_beside_the_labels_is_used_and_added_to_there(self, tmp_path):
        paint(tmp_path, "images/a.jpg")
        (tmp_path / "labels").mkdir()
        (tmp_path / "labels" / "classes.txt").write_text("nut\n")
        Annotator(tmp_path).add_class("washer")
        assert (tmp_path / "labels" / "classes.txt").read_text() == "nut\nwasher\n"
        assert not (tmp_path / "classes.txt").exists()

    @pytest.mark.parametrize("names", ["[nut, 'screw']", "\n- nut\n- screw", "\n  1: screw\n  0: nut"])
    def test_a_yaml_file_names_the_classes_and_is_never_written(self, tmp_path, names):
        paint(tmp_path, "images/a.jpg")
        (tmp_path / "data.yaml").write_text(f"train: images\nnc: 2\nnames: {names}\n")
        annotator = Annotator(tmp_path, ("screw",))
        assert annotator.class_names == ("nut", "screw")
        annotator.add(BOX)
        with pytest.raises(ValueError, match="data.yaml names the classes: nut, screw. Write washer behind them there"):
            annotator.add_class("washer")
        assert {name for name in everything(tmp_path)} == {"images/a.jpg", "labels/a.txt", "data.yaml"}

    def test_rows_of_a_new_class_become_boxes(self, tmp_path):
        paint(tmp_path, "a.jpg")
        (tmp_path / "a.txt").write_text("2 0.5 0.5 0.2 0.1\n")
        annotator = Annotator(tmp_path, NAMES)
        assert len(annotator.boxes()) == 0
        assert annotator.add_class("washer").boxes().labels.tolist() == [2]

    def test_two_lists_are_not_made_to_differ(self, tmp_path):
        paint(tmp_path, "images/a.jpg")
        (tmp_path / "labels").mkdir()
        for name in ("classes.txt", "labels/classes.txt"):
            (tmp_path / name).write_text("nut\n")
        with pytest.raises(ValueError, match="classes.txt and labels/classes.txt name the classes: nut"):
            Annotator(tmp_path).add_class("washer")

    def test_a_list_that_cannot_be_read_is_named(self, tmp_path):
        paint(tmp_path, "a.jpg")
        (tmp_path / "data.yaml").write_text("names: [a, b\n")
        with pytest.raises(DataError, match="data.yaml: it is no YAML"):
            Annotator(tmp_path, NAMES)
        (tmp_path / "data.yaml").unlink()
        (tmp_path / "classes.txt").write_text("나사\n", encoding="cp949")
        with pytest.raises(DataError, match="classes.txt: not in UTF-8: save it in UTF-8$"):
            Annotator(tmp_path, NAMES)

    @pytest.mark.parametrize("name", ["nut", "", "  ", "a\nb"])
    def test_a_class_that_is_there_or_no_name_is_refused(self, tmp_path, name):
        paint(tmp_path, "a.jpg")
        annotator = Annotator(tmp_path, NAMES)
        with pytest.raises(ValueError, match=r"^`class_names` must .* Received: "):
            annotator.add_class(name)
        assert annotator.class_names == NAMES


@pytest.mark.parametrize("format", ["voc", "coco"])
def test_labels_of_another_format_are_not_mixed_with_yolos(tmp_path, format):
    paint(tmp_path / "yolo", "a.jpg")
    Annotator(tmp_path / "yolo", NAMES).add(BOX, "nut")
    detections.write(detections.read(tmp_path / "yolo"), tmp_path / "other", format)
    with pytest.raises(
        DataError, match=r"other: its labels are no YOLO files, such as .*, and the annotator writes those"
    ):
        Annotator(tmp_path / "other", NAMES)
    detections.write(detections.read(tmp_path / "other"), tmp_path / "back", "yolo")
    assert Annotator(tmp_path / "back").boxes().boxes.tolist() == [list(BOX)]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_text_is_left_out(tmp_path):
    paint(tmp_path, "a.jpg")
    os.rename(tmp_path / "a.jpg", os.fsencode(tmp_path) + b"/\xff.jpg")
    paint(tmp_path, "b.jpg")
    annotator = Annotator(tmp_path, NAMES)
    assert (annotator.files, annotator.skipped[0].reason) == (("b.jpg",), "its name is not in UTF-8: rename it")


@pytest.mark.parametrize("size", [(1, 1), (5000, 20), (20, 5000), (1, 300)])
def test_pictures_of_any_shape(tmp_path, size):
    paint(tmp_path, "a.png", size=size)
    annotator = Annotator(tmp_path, NAMES).new_box()
    annotator.view()
    assert annotator.figure().png()[:4] == b"\x89PNG"
    assert len(detections.read(tmp_path).truths[0]) == 1


class TestPicturesLeftOut:
    def test_what_is_no_picture_is_named_at_once(self, tmp_path):
        paint(tmp_path, "a.jpg", "c.jpg")
        (tmp_path / "b.jpg").write_bytes(b"no picture")
        annotator = Annotator(tmp_path, NAMES)
        assert annotator.files == ("a.jpg", "c.jpg")
        assert annotator.counted() == "0 of 2 pictures labelled, 1 left out."
        assert "Left out: b.jpg, with its labels, named .jpg, but what it holds is no picture." in annotator.describe()

    def test_what_turns_out_to_be_damaged_is_named_and_passed_by(self, tmp_path):
        paint(tmp_path, "a.jpg", "b.jpg", "c.jpg")
        cut_short(tmp_path / "b.jpg")
        annotator = Annotator(tmp_path, NAMES).step(1)
        assert annotator.file == "c.jpg"
        assert annotator.said.startswith("b.jpg is left out: damaged or cut short")
        assert annotator.said.endswith(". Picture 3 of 3, c.jpg: not labelled yet.")
        assert annotator.counted() == "0 of 2 pictures labelled, 1 left out."
        assert annotator.step(-1).file == "a.jpg"
        with pytest.raises(DataError, match="b.jpg: damaged or cut short"):
            annotator.go(2)
        assert (annotator.file, len(annotator.skipped)) == ("a.jpg", 1)

    def test_two_that_would_share_their_labels(self, tmp_path):
        paint(tmp_path, "a.jpg", "a.png", "b.jpg")
        annotator = Annotator(tmp_path, NAMES)
        assert annotator.files == ("b.jpg",)
        for one, other in (("a.jpg", "a.png"), ("a.png", "a.jpg")):
            reason = f"Left out: {one}, its labels would be those of {other} too: rename one of the two."
            assert reason in annotator.describe()

    @pytest.mark.skipif(os.name == "nt", reason="making a link needs a right there")
    @pytest.mark.parametrize("link", ["labels", "labels/a.txt"])
    def test_labels_behind_a_link_are_not_written_as_no_reading_follows_them(self, tmp_path, link):
        folder, outside = tmp_path / "set", tmp_path / "outside"
        paint(folder, "images/a.jpg", "b.jpg")
        (folder / link).parent.mkdir(parents=True, exist_ok=True)
        outside.mkdir(exist_ok=True)
        (outside / "a.txt").write_text(LINE)
        (folder / link).symlink_to(outside if link == "labels" else outside / "a.txt")
        annotator = Annotator(folder, NAMES)
        assert annotator.files == ("b.jpg",)
        assert "Left out: images/a.jpg, its labels are behind a link, which no reading follows." in annotator.describe()
        annotator.new_box()
        data = detections.read(folder)
        assert dict(zip(data.files, data.labelled.tolist(), strict=True)) == {"b.jpg": True, "images/a.jpg": False}
        with pytest.raises(ValueError, match=r"`folder` must hold a picture .* \(images/a.jpg: its labels are behind"):
            Annotator(folder / "images", NAMES)

    def test_labels_too_large_to_be_labels(self, tmp_path):
        paint(tmp_path, "a.jpg", "b.jpg")
        (tmp_path / "a.txt").write_text("0 0.5 0.5 0.1 0.1\n" * 60_000)
        annotator = Annotator(tmp_path, NAMES)
        assert annotator.file == "b.jpg"
        assert annotator.skipped[0].reason == "a.txt is larger than 1,000,000 bytes"

    def test_labels_in_an_encoding_that_ours_would_spoil(self, tmp_path):
        paint(tmp_path, "a.jpg", "b.jpg")
        (tmp_path / "a.txt").write_text(LINE, encoding="utf-16")
        annotator = Annotator(tmp_path, NAMES)
        assert annotator.file == "b.jpg"
        assert annotator.skipped[0].reason == "a.txt is in UTF-16: save it in UTF-8"

    def test_nothing_readable_and_nothing_there(self, tmp_path):
        with pytest.raises(ValueError, match="`folder` must hold a picture"):
            Annotator(tmp_path, NAMES)
        (tmp_path / "b.jpg").write_bytes(b"no picture")
        with pytest.raises(ValueError, match=r"`folder` must hold a picture .* \(b.jpg: .* is no picture"):
            Annotator(tmp_path, NAMES)
        (tmp_path / "b.jpg").unlink()
        cut_short(tmp_path / "a.jpg")
        with pytest.raises(DataError, match="none of the pictures can be read, such as a.jpg: damaged"):
            Annotator(tmp_path, NAMES)
        with pytest.raises(ValueError, match="`folder` must be a folder of pictures. Received: "):
            Annotator(tmp_path / "missing", NAMES)


def test_hidden_files_are_no_pictures(tmp_path):
    paint(tmp_path, "a.jpg", ".trash/b.jpg", "__MACOSX/a.jpg", "._a.jpg")
    assert Annotator(tmp_path, NAMES).files == ("a.jpg",)


def test_some_of_the_pictures_in_the_order_given(tmp_path):
    paint(tmp_path, "images/a.jpg", "images/b.jpg", "images/c.jpg")
    annotator = Annotator(tmp_path / "images", NAMES, files=["c.jpg", "a.jpg"])
    assert annotator.files == ("c.jpg", "a.jpg")
    (tmp_path / "labels").mkdir()
    assert Annotator(tmp_path / "images", NAMES, files=["c.jpg"]).files == ("images/c.jpg",)
    with pytest.raises(ValueError, match=r"`files` must be names of pictures in the folder.* Received: 'd.jpg'"):
        Annotator(tmp_path / "images", NAMES, files=["d.jpg"])


def test_arguments_of_another_type(tmp_path):
    paint(tmp_path, "a.jpg")
    for arguments, name in (((5,), "folder"), ((tmp_path, 5), "class_names")):
        with pytest.raises(TypeError, match=f"`{name}` must be .* Received: 5"):
            Annotator(*arguments)
    with pytest.raises(TypeError, match="`files` must be a list of names of pictures. Received: 'a.jpg'"):
        Annotator(tmp_path, NAMES, files="a.jpg")
    with pytest.raises(ValueError, match=r"`box` must be four numbers, x1, y1, x2 and y2. Received: \(1, 2, 3\)"):
        Annotator(tmp_path, NAMES).add((1, 2, 3))


@pytest.mark.parametrize("names", [(), ("a", "a"), ("a", ""), ("a\nb",), (1, 2), "screw", None])
def test_class_names_that_no_list_can_hold(tmp_path, names):
    paint(tmp_path, "a.jpg")
    with pytest.raises((TypeError, ValueError), match=r"^`class_names` must .* Received: "):
        Annotator(tmp_path, names)


def test_turned_photographs_are_measured_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    Image.new("RGB", (200, 100)).save(tmp_path / "a.jpg", exif=exif)
    assert Annotator(tmp_path, NAMES).size == (200, 100)  # height, width
