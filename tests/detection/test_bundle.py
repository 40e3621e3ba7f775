"""Bundles: what is saved comes back the same, files that do not belong together are named, nothing else is touched."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from darknet_files import opencv, relative

from cnnlab import darknet, letterbox
from cnnlab.common.errors import DataError
from cnnlab.detection import bundle, tiny_yolo, yolo_training
from cnnlab.detection.bundle_card import Shares, ap_table, detector_card, shares
from cnnlab.detection.detections import Detections, GroundTruth

SIZE = 48, 80  # height, width: a swap would show
ANCHORS = np.array([[9.5, 8.0], [20.0, 1 / 3]])  # a third has no end as a decimal
NAMES = ("나사", "wing  nut", "шайба|M3")  # three scripts, two blanks, and a bar


def trained(seed: int = 0, names=NAMES, anchors=ANCHORS, size=SIZE) -> SimpleNamespace:
    """What `save` reads of a trained detector, with numbers in every weight that make a difference."""
    keras.utils.set_random_seed(seed)
    model = tiny_yolo.build((*size, 3), len(names), anchors, filters=(4, 4, 8, 8))
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    head = model.get_layer("head")
    head.set_weights([3 * head.get_weights()[0], rng.normal(0, 1, head.bias.shape)])  # so that it finds something
    return SimpleNamespace(model=model, anchors=anchors, class_names=names, image_size=size, score_threshold=0.4)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    one = trained()
    return one, bundle.save(one, tmp_path_factory.mktemp("saved") / "my parts", card="# Parts of §1\n")


@pytest.fixture
def copy(saved, tmp_path):
    """A bundle to spoil."""
    return shutil.copytree(saved[1], tmp_path / "copy")


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(3).integers(0, 256, (70, 90, 3), dtype=np.uint8)


# ── what is saved comes back ──


def test_six_files_with_what_was_said(saved):
    _, folder = saved
    assert sorted(file.name for file in folder.iterdir()) == sorted(bundle.FILES)
    assert [file.name for file in folder.parent.iterdir()] == ["my parts"]
    said = bundle.details(folder)
    assert (said.class_names, said.image_size, said.score_threshold) == (NAMES, SIZE, 0.4)
    assert np.array_equal(said.anchors, ANCHORS)
    assert (folder / "card.md").read_text(encoding="utf-8") == "# Parts of §1\n"
    assert (folder / "detector.names").read_text(encoding="utf-8").splitlines() == ["나사", "wing nut", "шайба|M3"]


def test_the_darknet_files_answer_as_the_model_does(saved, picture):
    one, folder = saved
    detector = bundle.load(folder)
    assert (detector.names, detector.input_size, detector.letterbox) == (NAMES, SIZE, True)
    fitted = letterbox.fit(picture / np.float32(255), letterbox.place(picture.shape[:2], SIZE))[None]
    own = keras.ops.convert_to_numpy(one.model(fitted, training=False))
    assert own.std() > 0.1
    np.testing.assert_allclose(detector.forward(fitted)[0], own, atol=1e-4)
    again = keras.models.load_model(folder / "detector.keras", compile=False)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(again(fitted, training=False)), own, atol=1e-6)


def test_opencv_answers_as_the_bundle_does(saved, picture):
    _, folder = saved
    detector = bundle.load(folder)
    fitted, _ = detector.fit([picture])
    files = folder / "detector.cfg", folder / "detector.weights"
    theirs = opencv(files, fitted, [f"conv_{detector.plan.outputs[0]}"])[0]
    assert relative(detector.forward(fitted)[0], theirs) < 1e-5


def test_boxes_are_those_of_the_model_in_the_pictures_own_pixels(saved, picture):
    one, folder = saved
    place = letterbox.place(picture.shape[:2], SIZE)
    fitted = letterbox.fit(picture / np.float32(255), place)[None]
    (expected,) = yolo_training.detect(one.model, fitted, ANCHORS, score_threshold=0.25)
    found = bundle.load(folder)(picture, score_threshold=0.25)
    assert len(found) == len(expected) > 3
    boxes = np.clip(place.undo(expected.boxes), 0, (90, 70, 90, 70))
    order, theirs = np.argsort(-expected.scores), np.argsort(-found.scores)
    np.testing.assert_allclose(found.boxes[theirs], boxes[order], atol=1e-2)
    np.testing.assert_allclose(found.scores[theirs], expected.scores[order], atol=1e-4)


def test_the_darknet_files_alone_keep_a_pictures_shape(saved, picture):
    _, folder = saved
    alone = darknet.load(*(folder / f"detector.{end}" for end in ("cfg", "weights", "names")))
    assert alone.letterbox
    assert np.array_equal(alone(picture).boxes, bundle.load(folder)(picture).boxes)


def test_without_a_card_and_a_threshold(tmp_path):
    one = trained()
    del one.score_threshold
    folder = bundle.save(one, tmp_path / "new" / "folder")
    assert bundle.details(folder).score_threshold == 0.25
    assert "# A detector of 나사, wing nut, шайба|M3" in (folder / "card.md").read_text(encoding="utf-8")
    assert "48 × 80 pixels" in (folder / "card.md").read_text(encoding="utf-8")


def test_a_bundle_is_replaced_whole(saved, tmp_path, monkeypatch):
    folder = bundle.save(trained(1), tmp_path / "parts", card="# Old")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(darknet, "export", full)
        with pytest.raises(DataError, match="parts was not saved: No space left on device"):
            bundle.save(trained(2), folder, card="# New")
    with monkeypatch.context() as patch:
        patch.setattr(darknet, "export", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            bundle.save(trained(2), folder, card="# New")
    rename = Path.rename
    for error in (PermissionError(13, "Permission denied"), KeyboardInterrupt()):  # between the two last steps

        def blocked(self, target, error=error):
            if self.suffix == ".part":
                raise error
            return rename(self, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", blocked)
            with pytest.raises((DataError, KeyboardInterrupt)):
                bundle.save(trained(2), folder, card="# New")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    bundle.save(saved[0], folder, card="# New")
    assert (folder / "card.md").read_text() == "# New"
    assert bundle.load(folder).names == NAMES
    assert [file.name for file in tmp_path.iterdir()] == ["parts"]


# ── what is refused ──


def test_what_is_no_bundle_is_left_alone(saved, tmp_path, copy):
    one, _ = saved
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("1")
    (tmp_path / "file").write_text("2")
    (copy / "notes.txt").write_text("3")
    for name, says in (
        ("thesis", "thesis exists and is no bundle of a detector"),
        ("file", "file exists and is no bundle of a detector"),
        ("copy", "copy holds 'notes.txt', which is no part of the bundle"),
    ):
        with pytest.raises(DataError, match=says):
            bundle.save(one, tmp_path / name)
    kept = (tmp_path / "thesis" / "chapter.txt", tmp_path / "file", copy / "notes.txt")
    assert [file.read_text() for file in kept] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"class_names": ("screw", "nut")}, r"2 anchors · \(5 \+ 2 classes\) = 14 channels"),
        ({"class_names": ("a", "b", "b")}, "must be different names"),
        ({"class_names": ("a b", "a  b", "c")}, "must be different names"),
        ({"class_names": ("a", "b", "\n")}, "each with a letter"),
        ({"class_names": ("a", "b", "\ud800")}, "each with a letter"),
        ({"class_names": "abc"}, "must be different names"),
        ({"image_size": (80, 48)}, r"take pictures \(N, 80, 48, 3\)"),
        ({"anchors": ANCHORS[:1]}, "= 8 channels"),
        ({"anchors": [[0, 1], [2, 3]]}, "must be finite widths and heights above 0"),
        ({"score_threshold": 1.5}, "`score_threshold` must be a number from 0 to 1"),
    ],
)
def test_parts_that_do_not_fit_each_other(change, says, saved, tmp_path):
    one = SimpleNamespace(**{**vars(saved[0]), **change})
    with pytest.raises(ValueError, match=says):
        bundle.save(one, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_training_that_diverged_is_not_saved(tmp_path):
    one = trained()
    one.model.get_layer("head").bias.assign(np.full(16, np.nan))
    with pytest.raises(ValueError, match="this training diverged. Received: not-a-number or infinity in head"):
        bundle.save(one, tmp_path / "new")
    with pytest.raises(TypeError, match="Received: str without model"):
        bundle.save("model", tmp_path / "new")
    with pytest.raises(ValueError, match="`card` must be a text"):
        bundle.save(trained(), tmp_path / "new", card=" ")
    assert list(tmp_path.iterdir()) == []


def edit(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def say(file, **what):
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | what), encoding="utf-8")


DAMAGE = [
    (lambda f: (f / "detector.cfg").unlink(), r"copy is no bundle of a detector: detector\.cfg missing"),
    (lambda f: shutil.rmtree(f), "there is no such folder"),
    (lambda f: (f / "detector.json").write_text("{"), r"detector\.json of copy is damaged: Expecting property name"),
    (lambda f: (f / "detector.json").write_text("[]"), r"detector\.json of copy is damaged"),
    (lambda f: (f / "detector.json").write_text("{}"), r"detector\.json of copy is damaged: 'format' is missing"),
    (lambda f: (f / "detector.json").write_text("[" * 100_000), r"detector\.json of copy is damaged"),
    (lambda f: (f / "detector.json").write_bytes(b"\xff"), r"detector\.json of copy is damaged"),
    (lambda f: (f / "detector.json").write_text(" " * 2_000_000), "more than 1,000,000 bytes"),
    (lambda f: say(f / "detector.json", format=2), "a later version of cnnlab wrote it"),
    (lambda f: say(f / "detector.json", sha256=[]), r"detector\.json of copy is damaged"),
    (lambda f: say(f / "detector.json", class_names=["a"]), "number of classes 3, and detector.json says 1"),
    (lambda f: say(f / "detector.json", class_names=["a", 1, "c"]), "`class_names` must be different names"),
    (lambda f: say(f / "detector.json", class_names=["a", "b", "c"]), r"detector\.names of copy does not have the"),
    (lambda f: say(f / "detector.json", image_size=[80, 48]), r"size \(48, 80\), and detector\.json says \(80, 48\)"),
    (lambda f: say(f / "detector.json", image_size=48.5), "`image_size` must be a whole number"),
    (lambda f: say(f / "detector.json", anchors=[[9.5, 8], [20, 0.3]]), "has the anchors"),
    (lambda f: say(f / "detector.json", anchors=[[1, float("nan")]]), "`anchors` must be finite"),
    (lambda f: say(f / "detector.json", score_threshold=7), "`score_threshold` must be a number from 0 to 1"),
    (lambda f: edit(f / "detector.names", "шайба", "nut"), r"detector\.names of copy does not have the class names"),
    (
        lambda f: edit(f / "detector.cfg", "width=80", "width=160"),
        r"size \(48, 160\), and detector\.json says \(48, 80",
    ),
    (lambda f: edit(f / "detector.cfg", "filters=16", "filters=x"), r"copy: detector\.cfg, line \d+"),
    (lambda f: (f / "detector.weights").write_bytes(b"x"), r"detector\.weights of copy is not the file that was saved"),
    (lambda f: (f / "detector.keras").write_bytes(b""), r"detector\.keras of copy is not the file that was saved"),
]


@pytest.mark.parametrize(("damage", "says"), DAMAGE)
def test_what_does_not_fit_is_named(damage, says, copy):
    damage(copy)
    with pytest.raises(DataError, match=says):
        bundle.load(copy)


def test_the_folder_around_a_bundle_says_where_it_is(copy):
    with pytest.raises(DataError, match=r"card\.md missing\. Its folder copy is one"):
        bundle.load(copy.parent)


def test_weights_of_another_network_are_named_with_their_layer(copy):
    """A stranger's sum may be right: then the number of weights tells."""
    data = (copy / "detector.weights").read_bytes()
    (copy / "detector.weights").write_bytes(data[:-4])
    sums = json.loads((copy / "detector.json").read_text(encoding="utf-8"))["sha256"]
    say(copy / "detector.json", sha256=sums | {"detector.weights": bundle.sha256(copy / "detector.weights")})
    with pytest.raises(DataError, match=r"copy: detector\.weights: .* they run out in layer"):
        bundle.load(copy)


def test_a_second_head_is_no_bundle(copy):
    edit(copy / "detector.cfg", "[yolo]", "[yolo]\nmask=0\nanchors=1,1\nclasses=11\nnum=1\n[route]\nlayers=-2\n[yolo]")
    with pytest.raises(DataError, match=r"detector\.cfg of copy has 2 heads"):
        bundle.load(copy)


# ── the card ──


def test_shares_count_what_counts():
    """First picture: an object is found, one is missed, one does not count and is found; a box at 0.2 is not shown.
    Second picture: a box finds nothing. So 1 of 2 boxes is right, and 1 of 2 objects is found."""
    truth = GroundTruth([[0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]], [0, 0, 0], ignore=[False, False, True])
    found = Detections([[0, 0, 10, 10], [40, 0, 50, 10], [20, 0, 30, 10]], [0.9, 0.8, 0.2], [0, 0, 0])
    wrong = Detections([[0, 0, 10, 10]], [0.9], [1])
    assert shares([found, wrong], [truth, GroundTruth([], [])], 0.5) == Shares(0.5, 0.5)
    nothing = shares([Detections([], [], [])], [GroundTruth([], [])], 0.5)
    assert np.isnan(nothing).all()


def test_a_card_says_which_figures_say_little():
    counts = {f"part {n}": n for n in range(12)} | {"many": 300, "a|b\n": 20}
    text = detector_card(
        "Parts", data="D.", training="T.", judged="9 pictures.", map50=0.5, per_class={"many": 0.5}, counts=counts,
        score_threshold=0.3, at_threshold=Shares(np.nan, 0.25), limits=["L."],
    )  # fmt: skip
    assert "| many | 300 | 0.50 |" in text
    assert r"| a\|b | 20 | – |" in text
    assert "part 0 (0), part 1 (1)" in text
    assert "part 9 (9) and 2 more." in text
    assert "a share of – is right; of the objects, a share of 0.25 is found" in text
    with pytest.raises(ValueError, match="at least one sentence"):
        detector_card("Parts", data="D.", training="T.", judged="9 pictures.", map50=0.5, per_class={}, counts={},
                      score_threshold=0.3, at_threshold=Shares(1, 1), limits="none")  # fmt: skip


def test_a_padded_table_is_one_in_a_terminal():
    lines = ap_table({"a": 1.0}, {"a": 1_234, "long name": 5}, pad=True)
    assert len(set(map(len, lines))) == 1
    assert lines[2] == "| a         |   1,234 |  1.00 |"
