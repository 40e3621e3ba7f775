"""``cnnlab detect``: what it writes, what it says, and what it does with files that are no pictures."""

import io
import json
import os
import shutil
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from darknet_files import SHARED, TWO_HEADS, write_random
from PIL import Image

from cnnlab import darknet, scenes
from cnnlab.course.cli import main
from cnnlab.course.detect_command import annotated
from cnnlab.detection import bundle
from cnnlab.detection.detections import Detections


@pytest.fixture
def scene(tmp_path):
    one = scenes.scene(seed=24)
    Image.fromarray((255 * one.image).astype(np.uint8)).save(tmp_path / "scene.png")
    return one, tmp_path / "scene.png"


def test_a_scene_is_annotated_and_written_down(scene, tmp_path, capsys):
    one, path = scene
    out = tmp_path / "new" / "folder"
    assert main(["detect", str(path), "--out", str(out), "--score", "0.4"]) == 0
    assert "Detector tiny_yolo: 96×96 pixels" in capsys.readouterr().out
    report = json.loads((out / "detections.json").read_text())
    assert (report["model"], report["score_threshold"]) == ("tiny_yolo", 0.4)
    (row,) = report["pictures"]
    assert (row["file"], row["width"], row["height"]) == (str(path), 96, 96)
    found = sorted(d["name"] for d in row["detections"])
    assert found == sorted(one.class_names[label] for label in one.labels)
    assert all(0.4 <= d["score"] <= 1 and len(d["box"]) == 4 for d in row["detections"])
    with Image.open(out / row["annotated"]) as picture:
        assert picture.size == (96, 96)
        assert not np.array_equal(np.asarray(picture), np.asarray(Image.open(path)))


def test_pictures_that_cannot_be_read_do_not_stop_the_others(scene, tmp_path, capsys):
    (tmp_path / "broken.jpg").write_text("no picture")
    (tmp_path / "other").mkdir()
    again = tmp_path / "other" / "scene.png"
    again.write_bytes(scene[1].read_bytes())
    photos = [str(tmp_path / "broken.jpg"), str(scene[1]), str(tmp_path / "none.jpg"), str(again)]
    out = tmp_path / "out"
    assert main(["detect", *photos, "--out", str(out)]) == 1
    said = capsys.readouterr()
    assert "broken.jpg: " in said.err
    assert "none.jpg: there is no such file" in said.err
    assert sorted(path.name for path in out.iterdir()) == [
        "detections.json", "scene-2.detected.png", "scene.detected.png",
    ]  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every file name is Unicode")
def test_a_name_that_is_not_utf8_costs_no_report(scene, tmp_path):
    photo = tmp_path / os.fsdecode(b"caf\xe9.png")
    photo.write_bytes(scene[1].read_bytes())
    assert main(["detect", str(photo), str(scene[1]), "--out", str(tmp_path / "out")]) == 0
    report = json.loads((tmp_path / "out" / "detections.json").read_text(encoding="utf-8"))
    assert [row["file"] for row in report["pictures"]] == [str(photo), str(scene[1])]


def test_the_usage_line_is_an_order_that_works(scene, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["detect", "--help"])
    usage = capsys.readouterr().out.split("\n\n")[0]
    assert usage.index("PHOTO") < usage.index("--model NAME | BUNDLE | CFG WEIGHTS [NAMES]")
    files = map(str, write_random(tmp_path, TWO_HEADS))
    assert main(["detect", str(scene[1]), "--model", *files, "--score", "0.9", "--out", str(tmp_path / "out")]) == 0


@pytest.mark.parametrize(
    "order",
    [
        "--model {model} {photo}",
        "{photo} --model {model}",
        "{photo} --model {model} {photo}",
        "--model {model} --score 0.9 {photo}",
        "--model {model} {photo} {photo} --score 0.9",
    ],
)
@pytest.mark.parametrize("model", ["tiny-yolo", "{files}", "{files} {names}"])
def test_photos_may_stand_behind_the_model(order, model, scene, tmp_path):
    files = " ".join(map(str, write_random(tmp_path, TWO_HEADS)))
    (tmp_path / "a.names").write_text("thing\n")
    model = model.format(files=files, names=tmp_path / "a.names")
    line = order.format(model=model, photo=scene[1])
    assert main(["detect", *line.split(), "--out", str(tmp_path / "out")]) == 0
    report = json.loads((tmp_path / "out" / "detections.json").read_text())
    assert [row["file"] for row in report["pictures"]] == [str(scene[1])] * line.count("scene.png")


def test_a_folder_stands_for_its_pictures(scene, tmp_path, capsys):
    folder = tmp_path / "pictures"
    for name in ("b.png", "a.PNG", "cats/c.png", ".hidden.png", "notes.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(scene[1].read_bytes())
    for _ in range(2):  # what the first run writes into the folder is not read by the second
        assert main(["detect", "--model", "tiny-yolo", str(folder), "--out", str(folder)]) == 0
        report = json.loads((folder / "detections.json").read_text())
        read = [str(folder / name) for name in ("a.PNG", "b.png", "cats/c.png")]
        assert [row["file"] for row in report["pictures"]] == read
    (tmp_path / "empty").mkdir()
    capsys.readouterr()
    assert main(["detect", str(tmp_path / "empty"), str(scene[1]), "--out", str(tmp_path / "out")]) == 1
    assert f"{tmp_path / 'empty'}: no picture is in this folder" in capsys.readouterr().err


def test_no_photo_and_a_file_for_a_folder_are_said_first(scene, tmp_path, capsys):
    assert main(["detect", "--model", "tiny-yolo"]) == 2
    assert "`PHOTO` must be at least one picture or folder of pictures. Received: none" in capsys.readouterr().err
    before = scene[1].read_bytes()
    for out in (scene[1], scene[1] / "within"):
        assert main(["detect", str(scene[1]), "--out", str(out)]) == 2
        said = capsys.readouterr()
        assert f"`--out` must be a folder. Received: {str(out)!r}, and {scene[1]} is a file" in said.err
        assert said.out == ""
    assert scene[1].read_bytes() == before


def test_the_detector_of_shapes_says_that_it_knows_no_photos(scene, tmp_path, capsys):
    assert main(["detect", str(scene[1]), "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().err == ""
    for number in range(2):
        Image.fromarray(np.zeros((120, 160, 3), np.uint8)).save(tmp_path / f"photo{number}.jpg")
    photos = [str(tmp_path / f"photo{number}.jpg") for number in range(2)]
    assert main(["detect", *photos, "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().err
    assert said.count("tiny-yolo knows circles, squares and triangles in drawn scenes of 96×96 pixels") == 1
    assert "--model yolo-fastest" in said
    assert "cnnlab data get yolo-fastest yolo-fastest-cfg" in said
    files = map(str, write_random(tmp_path, TWO_HEADS))
    assert main(["detect", *photos, "--model", *files, "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().err == ""


def test_a_tilde_is_the_home_folder(scene, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write_random(tmp_path, TWO_HEADS)
    assert main(["detect", "~/scene.png", "--model", "~/net.cfg", "~/net.weights", "--out", "~/out"]) == 0
    assert (tmp_path / "out" / "scene.detected.png").is_file()


def test_a_model_can_be_given_as_files(scene, tmp_path):
    files = write_random(tmp_path, TWO_HEADS)
    (tmp_path / "a.names").write_text("thing\n")
    arguments = ["detect", str(scene[1]), "--out", str(tmp_path / "out"), "--model", *map(str, files)]
    assert main(arguments) == 0
    report = json.loads((tmp_path / "out" / "detections.json").read_text())
    assert {d["name"] for d in report["pictures"][0]["detections"]} <= {"class 0"}
    assert main([*arguments, str(tmp_path / "a.names")]) == 0


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    """The shipped detector as a bundle, to be used from a score of 0.6 on."""
    shipped = darknet.named("tiny-yolo")
    anchors = shipped.heads[0].anchors
    names = "원", "quadrat", "a|b"
    trained = SimpleNamespace(model=shipped.model, anchors=anchors, class_names=names, image_size=(96, 96))
    return bundle.save(trained, tmp_path_factory.mktemp("my work") / "my shapes", score_threshold=0.6)


def test_a_bundle_is_a_model(shapes, scene, tmp_path, capsys, monkeypatch):
    one, path = scene
    monkeypatch.chdir(shapes.parent)
    for score, least in ((), 0.6), (("--score", "0.1"), 0.1):
        assert main(["detect", "--model", "my shapes", str(path), "--out", str(tmp_path / "out"), *score]) == 0
        said = f"my shapes: 96×96 pixels, 3 classes (원, quadrat, a|b), scores from {least:.2f} on"
        assert said in capsys.readouterr().out
        report = json.loads((tmp_path / "out" / "detections.json").read_text(encoding="utf-8"))
        assert (report["model"], report["score_threshold"]) == ("my shapes", least)
        (row,) = report["pictures"]
        expected = darknet.named("tiny-yolo")(np.asarray(Image.open(path)), score_threshold=least)
        assert [d["label"] for d in row["detections"]] == expected.labels.tolist()
        np.testing.assert_allclose([d["box"] for d in row["detections"]], expected.boxes, atol=0.02)
    assert {d["name"] for d in row["detections"]} <= {"원", "quadrat", "a|b"}


def test_a_folder_that_is_no_bundle_is_no_model(shapes, scene, tmp_path, capsys):
    broken = shutil.copytree(shapes, tmp_path / "broken")
    (broken / "detector.names").write_text("x\n")
    for model, says in (
        (broken, "detector.names of broken does not have the class names of detector.json"),
        (tmp_path, "is no bundle of a detector: detector.cfg, detector.weights"),
        (tmp_path / "none", "none is no bundle of a detector: there is no such folder"),
    ):
        assert main(["detect", str(scene[1]), "--model", str(model), "--out", str(tmp_path / "out")]) == 2
        said = capsys.readouterr().err
        assert says in said
        assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (["yolo3"], "`name` must be one of 'tiny-yolo'"),
        (["a.cfg", "a.weights"], "a.cfg: cannot be read"),
        (["a.cfg"], "`--model` must be a name, or CFG WEIGHTS [NAMES]. Received: a.cfg"),
        (["a", "b", "c", "d"], "`name` must be one of 'tiny-yolo'"),
        (["yolov3"], "Type `cnnlab data get yolov3`"),
    ],
)
def test_a_model_that_is_none(model, says, scene, capsys, tmp_path):
    assert main(["detect", str(scene[1]), "--out", str(tmp_path / "out"), "--model", *model]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("score", ["1.5", "x", "nan"])
def test_a_score_is_a_share(score, capsys):
    with pytest.raises(SystemExit):
        main(["detect", "a.jpg", "--score", score])
    assert "must be a number from 0 to 1" in capsys.readouterr().err


def test_boxes_are_drawn_where_they_are():
    image = np.zeros((100, 200, 3), np.uint8)
    png = annotated(image, Detections([[50, 40, 150, 90], [-5, -5, 210, 120]], [0.9, 0.3], [0, 1], ("cat", "dog")))
    drawn = np.asarray(Image.open(io.BytesIO(png)))
    blue = (drawn == [0, 0x72, 0xB2]).all(axis=-1)
    assert blue[40:90, 50].all()
    assert blue[40:90, 149].all()
    assert blue[89, 50:150].all()
    assert not blue[41:89, 51:149].any()
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(annotated(image, Detections([], [], []))))), image)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real weights and photos are not on this machine")
def test_a_photo_with_the_data_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CNNLAB_DATA", str(SHARED.parent))
    photo = SHARED.parent / "photos" / "eagle.jpg"
    assert main(["detect", str(photo), "--model", "yolo-fastest", "--out", str(tmp_path)]) == 0
    assert "eagle.jpg: bird 0." in capsys.readouterr().out
