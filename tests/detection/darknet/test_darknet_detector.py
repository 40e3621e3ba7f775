"""Raw outputs → boxes as in OpenCV, pictures of every kind and size, and the photos of the data folder."""

import re
import sys

import keras
import numpy as np
import pytest
from darknet_files import PHOTOS, SHARED, TWO_HEADS, net, opencv, write_random
from PIL import Image

from cnnlab import boxes, darknet
from cnnlab.common.errors import DataError
from cnnlab.detection.darknet import DarknetError, cfg, heads, plan
from cnnlab.detection.detections import Detections

YOLO = "yolo anchors=4,6,8,9 num=2 classes=3 mask=0,1"


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    return darknet.load(*write_random(tmp_path_factory.mktemp("net"), TWO_HEADS), ["thing"])


# ── the arithmetic of the heads ──


def test_a_box_by_hand():
    head = heads.Head("yolo", 3, (2, 4), ((10.0, 20.0),), 2)
    raw = np.full((2, 4, 7), -50.0)
    raw[1, 2] = [0, np.log(3), np.log(2), 0, np.log(4), np.log(9), -50]
    found = heads.decode([raw], [head], (64, 160), 0.5)
    # x = (2 + ½) / 4 · 160 = 100, y = (1 + ¾) / 2 · 64 = 56; 10 · 2 = 20 wide, 20 high; 4/5 · 9/10 = 0.72
    assert found.boxes.tolist() == [pytest.approx([90, 46, 110, 66])]
    assert found.scores.tolist() == pytest.approx([0.72])
    assert found.objectness.tolist() == pytest.approx([0.8])
    assert (found.labels[0], found.heads[0], found.rows[0], found.columns[0], found.anchors[0]) == (0, 0, 1, 2, 0)


@pytest.mark.parametrize(
    "section",
    [
        f"{YOLO}",
        f"{YOLO} scale_x_y=1.05",
        f"{YOLO} scale_x_y=2 new_coords=1",
        "yolo anchors=4,6,8,9,3,3 num=3 classes=3 mask=2,0",
        "region anchors=1,2,3,2 num=2 classes=3 softmax=1",
    ],
)
@pytest.mark.parametrize("size", [(32, 32), (24, 40)])
def test_boxes_and_scores_are_opencvs(section, size, tmp_path):
    pytest.importorskip("cv2")
    activation = "logistic" if "new_coords" in section else "linear"
    text = net(
        "convolutional filters=8 size=3 stride=4 pad=1 activation=leaky",
        f"convolutional filters=16 size=1 activation={activation}",
        section,
        height=size[0],
        width=size[1],
    )
    files = write_random(tmp_path, text, seed=3)
    detector = darknet.load(*files)
    image = np.random.default_rng(0).random((*size, 3))
    ((found, _),) = detector.candidates([image], score_threshold=0.0)
    (rows,) = opencv(files, image[None].astype(np.float32))
    # One row a cell and anchor: centre and size as parts of the input, objectness, and a score for each class.
    centre, half = rows[:, :2], rows[:, 2:4] / 2
    theirs = np.concatenate([centre - half, centre + half], axis=1) * (size[1], size[0], size[1], size[0])
    order = np.lexsort((found.anchors, found.columns, found.rows))
    assert len(found) == len(rows)
    assert np.abs(found.boxes[order] - theirs).max() < 1e-3
    assert np.abs(found.objectness[order] - rows[:, 4]).max() < 1e-5
    # OpenCV writes 0 for scores below a threshold and, in a region, for those that its own suppression dropped.
    labels, classes = found.labels[order], rows[:, 5:]
    shown = classes[np.arange(len(rows)), labels]
    assert np.abs(found.scores[order] - shown)[shown > 0].max() < 1e-5
    whole = (classes > 0).all(axis=1)
    assert np.array_equal(labels[whole], classes[whole].argmax(axis=1))
    assert (shown > 0).sum() > 10


def test_a_region_without_softmax_uses_sigmoids():
    text = net("convolutional filters=7 size=1 activation=linear", "region anchors=1,1 num=1 classes=2")
    (head,) = heads.heads_of(plan.make(cfg.parse(text)))
    raw = np.zeros((12, 16, 7))
    raw[0, 0, 4:] = [50, np.log(3), np.log(4)]
    found = heads.decode([raw], [head], (12, 16), 0.6)
    assert found.scores.tolist() == pytest.approx([0.8])
    assert found.boxes.tolist() == [pytest.approx([0, 0, 1, 1])]  # a cell is one pixel here


def test_a_huge_exponent_stays_finite_and_nan_is_an_error():
    head = heads.Head("yolo", 3, (1, 1), ((10.0, 20.0),), 1)
    raw = np.array([[[0, 0, 900.0, 900.0, 900, 900]]])
    assert np.isfinite(heads.decode([raw], [head], (8, 8), 0.5).boxes).all()
    with pytest.raises(DarknetError, match=r"\[yolo\]: the output of head 0 is not finite"):
        heads.decode([raw * np.nan], [head], (8, 8), 0.5)


def test_low_scores_are_left_out_and_the_best_come_first(detector):
    image = np.random.default_rng(0).random((50, 70, 3))
    ((some, _),) = detector.candidates([image], 0.3)
    ((every, _),) = detector.candidates([image], 0.0)
    assert len(every) == 24 * 16 * 3 + 12 * 8
    assert len(some) == (every.scores >= 0.3).sum() > 10
    assert (np.diff(some.scores) <= 0).all()
    assert set(every.heads) == {0, 1}
    assert every.anchors.max() == 2


# ── the detector ──


def test_boxes_are_in_the_pictures_own_pixels(detector):
    for image in (np.zeros((10, 300), np.uint8), np.random.default_rng(1).random((333, 77, 3)), np.ones((5, 5, 4))):
        for boxed in (False, True):
            detector.letterbox = boxed
            found = detector(image, score_threshold=0.1)
            assert isinstance(found, Detections)
            assert found.names == ("thing",)
            assert len(found)
            assert np.array_equal(found.boxes, boxes.clip(found.boxes, *image.shape[:2]))
    detector.letterbox = False


def test_grey_colour_and_rgba_of_the_same_picture_are_the_same(detector):
    grey = np.random.default_rng(2).integers(0, 256, (40, 60)).astype(np.uint8)
    colour = np.repeat(grey[..., None], 3, axis=2)
    kinds = [grey, grey[..., None], colour, np.dstack([colour, np.full_like(grey, 255)]), colour / 255]
    found = detector.batch(kinds)
    for one in found:
        assert np.allclose(one.boxes, found[0].boxes, atol=1e-2)
        assert np.allclose(one.scores, found[0].scores, atol=1e-5)


def test_a_batch_of_different_sizes_answers_as_one_by_one(detector):
    rng = np.random.default_rng(3)
    images = [rng.random((*size, 3)) for size in ((96, 64), (30, 200), (111, 111))]
    for one, image in zip(detector.batch(images), images, strict=True):
        alone = detector(image)
        assert np.allclose(one.boxes, alone.boxes, atol=1e-2)
        assert np.allclose(one.scores, alone.scores, atol=1e-5)
    assert detector.batch([]) == []
    assert len(detector.batch(rng.random((2, 20, 20, 3)))) == 2


def test_suppression_is_per_class_and_can_be_limited(detector):
    image = np.random.default_rng(4).random((96, 64, 3))
    found = detector(image, score_threshold=0.2, iou_threshold=0.3)
    overlap = boxes.iou(found.boxes, found.boxes) - np.eye(len(found))
    assert overlap.max() <= 0.35  # measured after clipping to the picture
    few = detector(image, score_threshold=0.2, iou_threshold=0.3, max_detections=3)
    assert np.array_equal(few.boxes, found.boxes[:3])
    assert len(detector(image, score_threshold=0.2, iou_threshold=1.0)) > len(found)


def test_letterbox_of_the_cfg_is_used(tmp_path):
    files = write_random(tmp_path, TWO_HEADS.replace("[net]", "[net]\nletter_box=1"))
    assert darknet.load(*files).letterbox
    assert not darknet.load(*files, letterbox=False).letterbox


def test_the_boxes_of_one_photo_are_checked_once(detector):
    checked = []

    def watch(frame, event, _):
        if event == "call" and frame.f_code is boxes.check.__code__:
            checked.append(len(frame.f_locals["boxes"]))

    image = np.random.default_rng(5).random((50, 70, 3))
    detector(image)
    sys.setprofile(watch)
    try:
        found = detector(image, 0.2)
    finally:
        sys.setprofile(None)
    assert checked == [len(found)]


def test_timing_has_three_parts(detector):
    timing = detector.time(np.zeros((20, 20, 3)), repeats=2)
    assert min(timing.fitting, timing.network, timing.boxes) > 0
    assert timing.total == pytest.approx(timing.fitting + timing.network + timing.boxes)


def test_what_a_detector_says_about_itself(detector):
    assert repr(detector) == "<Detector net: 96×64 pixels, grids 24×16, 12×8, 1 classes, 1,400 parameters>"
    assert isinstance(detector.model, keras.Model)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"score_threshold": 25}, ValueError, "`score_threshold` must be a number from 0 to 1. Received: 25"),
        ({"iou_threshold": -0.1}, ValueError, "`iou_threshold` must be a number from 0 to 1"),
        ({"max_detections": 0}, ValueError, "`max_detections` must be a whole number >= 1. Received: 0"),
        ({"image": np.zeros((2, 2, 5))}, ValueError, "`image` must have 3 channels. Received: shape (2, 2, 5)"),
    ],
)
def test_arguments_are_checked(detector, arguments, error, says):
    with pytest.raises(error, match=re.escape(says)):
        detector(**{"image": np.zeros((9, 9, 3)), **arguments})


def test_one_picture_is_not_a_batch(detector):
    with pytest.raises(ValueError, match=re.escape("`images` must be a list of pictures or (N, H, W, C)")):
        detector.batch(np.zeros((9, 9, 3)))


def test_names(tmp_path, detector):
    files = write_random(tmp_path, TWO_HEADS)
    names = tmp_path / "a.names"
    names.write_text("traffic light\r\n\n")
    assert darknet.load(*files, names).names == ("traffic light",)
    assert darknet.load(*files).names == ()
    with pytest.raises(DarknetError, match="it has 1 classes, and there are 2 names"):
        darknet.load(*files, ["a", "b"])
    with pytest.raises(DarknetError, match=r"^no\.names: cannot be read"):
        darknet.load(*files, tmp_path / "no.names")
    names.write_bytes(b"\xef\xbb\xbftraffic light\n")  # as Windows' editor begins a file
    assert darknet.load(*files, names).names == ("traffic light",)
    for data in (b"\xff\xff\n", b"caf\xe9\n", b"\xff\xfe\n", b"cat\0\n"):
        names.write_bytes(data)
        with pytest.raises(DarknetError, match=r"^a\.names: is no text in UTF-8, UTF-16 or cp949: save it as UTF-8$"):
            darknet.load(*files, names)
    names.write_text("x" * 100_001)
    with pytest.raises(DarknetError, match="it is not a list of names"):
        darknet.load(*files, names)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
def test_names_in_the_encodings_that_editors_write(tmp_path, encoding):
    names = tmp_path / "a.names"
    names.write_bytes("고양이\r\ndog\r\n뷁\r\n".encode(encoding))
    assert darknet.read_names(names) == ("고양이", "dog", "뷁")
    names.write_bytes(b"\xfe\xff" + "새\n".encode("utf-16-be"))
    assert darknet.read_names(names) == ("새",)


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write_random(tmp_path, TWO_HEADS)
    (tmp_path / "a.names").write_text("thing\n")
    assert darknet.load("~/net.cfg", "~/net.weights", "~/a.names").names == ("thing",)
    assert darknet.load_model("~/net.cfg", "~/net.weights").count_params() == 1400


def test_a_network_without_heads_is_no_detector(tmp_path):
    files = write_random(tmp_path, net("avgpool"))
    with pytest.raises(DarknetError, match=r"net\.cfg: there is no \[yolo\] and no \[region\]"):
        darknet.load(*files)
    assert darknet.load_model(*files).output_shape == (None, 1, 1, 3)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="`name` must be one of 'tiny-yolo', .* Did you mean 'yolov3'?"):
        darknet.named("yolo3")
    with pytest.raises(DataError, match="Type `cnnlab data get yolov3`"):
        darknet.named("yolov3")


# ── real weights, real photos ──


@pytest.fixture(scope="module")
def fastest():
    if not (SHARED.is_dir() and PHOTOS.is_dir()):
        pytest.skip("the real weights and photos are not on this machine")
    files = [SHARED / f"yolo-fastest-1.1.{end}" for end in ("cfg", "weights")]
    return darknet.load(*files, SHARED / "coco.names")


@pytest.mark.parametrize(
    ("photo", "objects"),
    [("dog", {"dog", "bicycle", "car"}), ("person", {"person", "dog"}), ("eagle", {"bird"})],
)
def test_photos_hold_what_they_show_and_what_opencv_finds(fastest, photo, objects):
    cv2 = pytest.importorskip("cv2")
    image = np.asarray(Image.open(PHOTOS / f"{photo}.jpg").convert("RGB"))
    found = fastest(image, score_threshold=0.3)
    assert objects <= {found.names[label] for label in found.labels}
    files = [str(SHARED / f"yolo-fastest-1.1.{end}") for end in ("cfg", "weights")]
    model = cv2.dnn.DetectionModel(cv2.dnn.readNetFromDarknet(*files))
    model.setInputParams(1 / 255, (320, 320), (0, 0, 0), False, False)
    labels, scores, rectangles = model.detect(image, 0.25, 0.45)
    x, y, width, height = np.array(rectangles, float).T
    theirs = np.stack([x, y, x + width, y + height], axis=1)
    assert len(found) >= len(objects)
    for box, score, label in zip(found.boxes, found.scores, found.labels, strict=True):
        same = np.asarray(labels) == label
        overlap = boxes.iou([box], theirs[same])[0]
        assert overlap.max() > 0.9
        assert abs(np.asarray(scores)[same][overlap.argmax()] - score) < 0.02
