"""``cnnlab train-detector``: what it says, what it writes, what it refuses, and that a stopped training goes on."""

import contextlib
import hashlib
import io
import json
import re
import shlex
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from cnnlab import scenes
from cnnlab.common.errors import DataError
from cnnlab.course import train_command, train_report
from cnnlab.course.cli import main
from cnnlab.detection import bundle, detections
from cnnlab.detection.detections import BoxDataset, Detections, GroundTruth
from cnnlab.detection.yolo_training import Judgement, Mistakes

NAMES = ("circle", "square", "삼각형")
SMALL = ("--size", "64", "--epochs", "2")


def drawn(count=10, **more) -> BoxDataset:
    some = scenes.scenes(count, seed=5)
    images = [(255 * one.image).astype(np.uint8) for one in some]
    return BoxDataset.of(images, [GroundTruth(one.boxes, one.labels) for one in some], NAMES, **more)


@pytest.fixture(scope="module")
def boxes(tmp_path_factory):
    """A folder of YOLO files with two rows that are no boxes."""
    folder = detections.write(drawn(), tmp_path_factory.mktemp("here") / "my boxes", format="yolo")
    label = sorted(folder.rglob("*0000.txt"))[0]
    with open(label, "a", encoding="utf-8") as file:
        file.write("7 0.5 0.5 0.2 0.2\n1 0.5 0.5 0 0.2\n")
    return folder


def contents(folder):
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.fixture(scope="module")
def run(boxes):
    """The command, run once beside the folder: its status, its lines, what the folder held before, and where it was."""
    before, out = contents(boxes), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out):
        patch.chdir(boxes.parent)
        status = main(["train-detector", "my boxes", *SMALL])
    return SimpleNamespace(status=status, said=out.getvalue(), before=before, place=boxes.parent)


# ── from a folder to a detector ──


def test_it_says_what_it_found_did_and_reached(run):
    assert run.status == 0
    in_order = [
        "my boxes: 10 pictures",
        "0000.txt, line",  # a row that is no box, with its file
        "split of the pictures: train ",
        "validation and test drawn with seed 0",
        "anchors",
        "epoch 1 of 2: loss ",
        " s to go)",
        "epoch 2 of 2: loss ",
        " test pictures, not looked at before: mAP@.5 ",
        "| class  | objects | AP@.5 |",
        "| 삼각형 | ",
        "Written to my boxes-detector: bundle (the detector) and report",
    ]
    places = [run.said.index(words) for words in in_order]
    assert places == sorted(places)


def test_it_writes_into_its_folder_and_nowhere_else(run, boxes):
    assert sorted(path.name for path in run.place.iterdir()) == ["my boxes", "my boxes-detector"]
    assert contents(boxes) == run.before
    folder = run.place / "my boxes-detector"
    assert sorted(path.name for path in folder.iterdir()) == ["bundle", "report"]
    assert sorted(path.name for path in (folder / "bundle").iterdir()) == sorted(bundle.FILES)
    problems = (folder / "report" / "problems.txt").read_text(encoding="utf-8").splitlines()
    assert sum("0000.txt, line" in line for line in problems) == 2
    pictures = sorted(path for path in (folder / "report").glob("*.png"))
    assert 1 <= len(pictures) <= 12
    for path in pictures:
        assert path.name.startswith(("worst-", "best-"))
        with Image.open(path) as picture:
            assert min(picture.size) > 300


def test_the_bundle_knows_what_it_was_trained_on(run):
    folder = run.place / "my boxes-detector" / "bundle"
    assert bundle.load(folder).names == NAMES
    assert bundle.details(folder).image_size == (64, 64)
    card = (folder / "card.md").read_text(encoding="utf-8")
    figure = run.said.split(", not looked at before: mAP@.5 ")[1].split("\n")[0]
    assert re.search(rf"mAP@\.5 {figure}, measured on \d test pictures?, which had no part in the training", card)
    assert "my boxes: 10 pictures" in card
    assert "2 epochs from the course's detector of shapes, seed 0. Pictures are brought to 64 × 64 pixels" in card
    assert f"Boxes with a score below {bundle.details(folder).score_threshold:.2f} are left out" in card
    assert "What is smaller there than 8 pixels" in card


def test_the_last_line_runs_the_detector(run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(run.place)
    words = shlex.split(run.said.splitlines()[-1])
    assert words[:2] == ["cnnlab", "detect"]
    assert main([*words[1:], "--out", str(tmp_path / "out")]) == 0
    report = json.loads((tmp_path / "out" / "detections.json").read_text(encoding="utf-8"))
    assert report["model"] == "my boxes-detector/bundle"
    assert "64×64 pixels, 3 classes (circle, square, 삼각형)" in capsys.readouterr().out


def test_a_finished_detector_is_not_trained_over(run, monkeypatch, capsys):
    monkeypatch.chdir(run.place)
    before = contents(run.place)
    assert main(["train-detector", "my boxes", *SMALL]) == 2
    said = capsys.readouterr().err
    assert "`--out` must be another folder, or this one be removed first. Received: 'my boxes-detector'" in said
    assert contents(run.place) == before


# ── stopped and killed ──


class Killed(RuntimeError):
    """What a power cut would do."""


def stopping(lines: list[str], at: str, how: type[BaseException]):
    def announce(line: str) -> None:
        lines.append(line)
        if line.startswith(at):
            raise how

    return announce


def test_a_killed_and_a_stopped_training_go_on(boxes, tmp_path, capsys):
    out = tmp_path / "a b"
    arguments = str(boxes), str(out), 64, 3, "none", None, 7, None
    with pytest.raises(Killed):
        train_command.train_detector(*arguments, announce=stopping([], "epoch 1 of 3", Killed))
    assert [path.name for path in out.iterdir()] == ["training"]

    lines = []
    assert train_command.train_detector(*arguments, announce=stopping(lines, "epoch 2 of 3", KeyboardInterrupt)) == 130
    assert any(line.startswith("goes on after epoch 1 of 3") for line in lines)
    assert not any(line.startswith("epoch 1") for line in lines)
    assert sorted(path.name for path in out.iterdir()) == ["bundle", "training"]
    card = (out / "bundle" / "card.md").read_text(encoding="utf-8")
    assert "my boxes, training not finished" in card
    assert "2 epochs from random weights, seed 7." in card
    assert "the test pictures are looked at once, at the end" in card
    assert bundle.load(out / "bundle").names == NAMES
    assert lines[-2].startswith("Stopped. The best epoch so far, ")

    words = shlex.split(lines[-1])
    before = contents(out)
    assert main(["train-detector", str(boxes), "--out", str(out), *SMALL]) == 2  # other arguments, the same folder
    said = capsys.readouterr()
    assert "`--out` must be empty or hold a training with the same arguments." in said.err
    assert "epochs was 3 and is 2" in said.err
    assert contents(out) == before
    assert main(words[1:]) == 0
    said = capsys.readouterr().out
    assert "goes on after epoch 2 of 3\nepoch 3 of 3: loss" in said
    assert sorted(path.name for path in out.iterdir()) == ["bundle", "report"]
    assert "not finished" not in (out / "bundle" / "card.md").read_text(encoding="utf-8")


def test_stopped_before_the_first_epoch_leaves_nothing(boxes, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        train_command.train_detector(
            str(boxes), str(tmp_path / "out"), 64, 2, "none", None, 0, None, stopping([], "split", KeyboardInterrupt)
        )
    assert list(tmp_path.iterdir()) == []


# ── what is refused ──


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["none"], "`FOLDER` must be a folder or a zip. Received: 'none', and there is none"),
        (["empty"], "empty"),
        (["DATA", "--size", "100"], "`--size` must"),
        (
            ["DATA", "--start", "circles"],
            "`--start` must be shapes, none or the folder of a bundle. Received: 'circles'",
        ),
        (["DATA", "--start", "empty"], "empty is no bundle of a detector: detector.cfg"),
        (["names.zip"], "--encoding cp949 reads '고양이/0.png'"),
        (["DATA", "--groups", "("], "`--groups` must be a regular expression"),
        (["DATA", "--groups", "tray"], "`--groups` must fit a file's name"),
        (["DATA", "--groups", r"(\d)\d*\.png"], "three pictures or groups at least are needed"),
        (
            ["DATA", "--out", "file"],
            "`--out` must be a new or an empty folder, or one in which this command was stopped",
        ),
        (["DATA", "--out", "file/within"], "is a file"),
        (["DATA", "--out", "thesis"], "Received: 'thesis', which holds 'chapter 1.txt'"),
    ],
)
def test_one_line_and_nothing_touched(words, says, boxes, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter 1.txt").write_text("1")
    (tmp_path / "file").write_text("2")
    with zipfile.ZipFile(tmp_path / "names.zip", "w") as archive:
        archive.writestr("x" * 6 + "/0.png", b"")
    data = (tmp_path / "names.zip").read_bytes()
    (tmp_path / "names.zip").write_bytes(data.replace(b"x" * 6, "고양이".encode("cp949")))
    before = contents(tmp_path)
    assert main(["train-detector", *(str(boxes) if word == "DATA" else word for word in words)]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert contents(tmp_path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file", "names.zip", "thesis"]


@pytest.mark.parametrize("words", [["--epochs", "0"], ["--size", "x"], ["--seed", "-1"], ["--seed", "1.5"], []])
def test_the_parser_refuses_what_is_no_number(words, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["train-detector", *(["boxes", *words] if words else [])])
    assert ("must be a" if words else "are required: FOLDER|ZIP") in capsys.readouterr().err


# ── who is held out ──


def counted(data: BoxDataset) -> dict[str, int]:
    return {part: int((data.splits == part).sum()) for part in ("train", "validation", "test", "")}


def test_what_is_missing_is_drawn():
    whole, said = train_command.divided(drawn(10), None, seed=3)
    assert counted(whole)["train"] >= 5
    assert counted(whole)["validation"] >= 1
    assert counted(whole)["test"] >= 1
    assert "(validation and test drawn with seed 3)" in said
    again, _ = train_command.divided(drawn(10), None, seed=3)
    assert np.array_equal(again.splits, whole.splits)


def test_the_sources_own_split_stays():
    own = ["train"] * 6 + ["validation"] * 2 + ["test"] * 2
    same, said = train_command.divided(drawn(10, splits=own), None, seed=0)
    assert same.splits.tolist() == own
    assert said == "split of the pictures: train 6, validation 2, test 2 (as the data set has it)"
    part, said = train_command.divided(drawn(10, splits=["train"] * 7 + ["validation"] * 3), None, seed=0)
    assert (part.splits[7:] == "validation").all()
    assert counted(part)["test"] >= 1
    assert "(test drawn with seed 0)" in said


def test_groups_stay_together_and_what_straddles_is_left_out():
    trays = [f"tray{row // 2}" for row in range(10)]
    data, said = train_command.divided(drawn(10, groups=trays), None, seed=1)
    assert all(data.splits[row] == data.splits[row + 1] for row in range(0, 10, 2))
    assert "drawn with seed 1, whole groups on one side" in said
    own = ["train"] * 5 + ["validation"] * 2 + ["test"] * 3  # tray 2 is in train and validation, tray 3 in both others
    data, said = train_command.divided(drawn(10, splits=own, groups=trays), None, seed=0)
    assert data.splits[:6].tolist() == ["train"] * 4 + ["", "validation"]
    assert "1 in no part, because their group is in the validation or the test set" in said


def test_groups_that_were_asked_for_count_more_than_the_sources_split():
    files = [f"tray{row // 2}_{row % 2}.png" for row in range(10)]
    own = ["train", "validation"] * 4 + ["test"] * 2  # trays 0 to 3 are on two sides
    data, said = train_command.divided(drawn(10, splits=own, files=files), r"(tray\d)_", seed=0)
    assert all(data.splits[row] == data.splits[row + 1] for row in range(0, 10, 2))
    assert counted(data)[""] == 0
    assert said.endswith("on one side; the data set's own split parts the pictures of 4 groups)")
    whole = ["train"] * 6 + ["validation"] * 2 + ["test"] * 2
    data, said = train_command.divided(drawn(10, splits=whole, files=files), r"(tray\d)_", seed=0)
    assert (data.splits.tolist(), "as the data set has it" in said) == (whole, True)


# ── the report ──


def test_a_strip_of_a_picture_is_drawn_too(tmp_path):
    images = [np.full(shape, 90, np.uint8) for shape in ((4, 900, 3), (900, 4, 3))]
    truths = [GroundTruth([[0, 0, 3, 3]], [0]), GroundTruth([[0, 0, 3, 3]], [1])]
    part = BoxDataset.of(images, truths, ("a", "b"), files=["x: 1?.png", "deep/aux.png"])
    found = [Detections([[0, 0, 3, 3]], [0.9], [0]), Detections([], [], [])]
    judged = Judgement(
        0.5, {"a": 1.0, "b": 0.0}, {"a": 1, "b": 1}, np.arange(2), found,
        [Mistakes(1, np.array([0]), np.array([], int))], [0], 0.4,
    )  # fmt: skip
    assert train_report.write(tmp_path / "report", judged, part, []) == []
    assert sorted(file.name for file in (tmp_path / "report").iterdir()) == ["best-1 x_ 1_.png", "worst-1 aux_.png"]
    for file in (tmp_path / "report").iterdir():
        with Image.open(file) as picture:
            assert min(picture.size) > 300
            assert max(picture.size) < 3000
    (tmp_path / "blocked").write_text("")
    with pytest.raises(DataError, match="blocked: cannot be written"):
        train_report.write(tmp_path / "blocked", judged, part, [])


def test_of_many_classes_the_worst_are_shown():
    counts = {f"class {number}": 3 for number in range(50)} | {"absent": 0}
    per_class = {name: number / 50 for number, name in enumerate(reversed(counts)) if counts[name]}
    part = BoxDataset.of([np.zeros((9, 9, 3), np.uint8)], [GroundTruth([], [])], tuple(counts))
    judged = Judgement(0.5, per_class, counts, np.arange(1), [Detections([], [], [])], [], [], 0.3)
    said = train_report.result(judged, part)
    assert "The 40 classes with the lowest AP; the card has all 51" in said
    assert ("class 49" in said, "class 10 " in said, "class 9 " in said, "absent" in said) == (True, True, False, False)
    assert "0.30 on (chosen on the validation pictures): – of the boxes are right, – of the objects" in said


def test_a_line_to_type_fits_the_shell(monkeypatch):
    words = ["cnnlab", "detect", "my photo.jpg", "--groups", r"(\d+)_"]
    assert shlex.split(train_command.typed(words)) == words
    monkeypatch.setattr(train_command, "os", SimpleNamespace(name="nt"))
    assert train_command.typed(words) == r'cnnlab detect "my photo.jpg" --groups (\d+)_'
