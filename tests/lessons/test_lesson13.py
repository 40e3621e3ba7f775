"""Lesson 13: its figures through the library, and the explorer against an independent computation."""

import csv
import re
from collections import Counter

import keras
import numpy as np
import pytest
from darknet_files import TWO_HEADS, write_random

from cnnlab import boxes, darknet, datasets, explore, letterbox, metrics, plot, scenes
from cnnlab.detection import tiny_yolo
from cnnlab.detection.darknet import cfg, keras_model, plan, weights
from cnnlab.detection.detections import GroundTruth
from cnnlab.explore.detection.boxed_picture import free_places
from cnnlab.explore.drawing.arrays import Map
from cnnlab.explore.drawing.sheet import Sheet


def shipped(name):
    return plan.make(cfg.read(datasets.shipped(name)))


# ── figures ──


def test_yolov2_has_its_parameters_in_keras_too():
    network = shipped("darknet/yolov2.cfg")
    assert network.input_shape == (608, 608, 3)
    assert network.heads[0].shape == (19, 19, 425)
    assert (network.parameters, network.trainable) == (50_983_561, 50_962_889)
    model = keras_model.build(network)
    assert model.output_shape == (None, 19, 19, 425)
    assert model.count_params() == 50_983_561
    named = [re.search(r"_(\d+)", layer.name) for layer in model.layers]
    counts = Counter(network.nodes[int(number[1])].kind for number in named if number)
    sections = Counter(node.kind for node in network.nodes)
    assert {kind: counts[kind] / sections[kind] for kind in ("maxpool", "reorg")} == {"maxpool": 1, "reorg": 5}
    assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == 50_962_889


def test_yolov3_and_its_tiny_sister():
    large, small = shipped("darknet/yolov3.cfg"), shipped("darknet/yolov3-tiny.cfg")
    assert f"{large.parameters / 1e6:.1f}" == "62.0"
    assert f"{small.parameters / 1e6:.2f}" == "8.86"
    assert sum(node.shape[0] * node.shape[1] * 3 for node in large.heads) == 22_743
    first = large.heads[0].section
    assert first["mask"] == (6, 7, 8)
    assert first["anchors"][12:14] == (116, 90)


def test_yolov2s_routes():
    nodes = shipped("darknet/yolov2.cfg").nodes
    assert nodes[25].inputs == (16,)
    assert nodes[28].inputs == (27, 24)
    assert (nodes[16].shape, nodes[27].shape) == ((38, 38, 512), (19, 19, 256))


def test_the_file_that_ships_is_as_the_lesson_says():
    network, path = shipped("tiny_yolo.cfg"), datasets.shipped("tiny_yolo.weights")
    assert path.stat().st_size == 20 + 4 * 100_688 == 402_772
    assert weights.check_size(path, network) == weights.Header(0, 2, 0, 0)
    assert [node.numbers for node in network.nodes[:5]] == [248, 0, 1216, 0, 4736]
    assert [node.kind for node in network.nodes][-2:] == ["convolutional", "yolo"]
    assert network.parameters == tiny_yolo.build().count_params()


def test_the_detector_that_ships_is_good():
    some = scenes.scenes(100, seed=7)
    found = darknet.named().batch([one.image for one in some], score_threshold=0.05)
    truth = [GroundTruth(one.boxes, one.labels) for one in some]
    assert metrics.mean_average_precision(found, truth, 0.5) > 0.9


def test_one_number_too_few_in_a_route_is_named():
    with pytest.raises(darknet.DarknetError, match=r"broken\.cfg, line 7, \[route\]: `layers` must name layers before"):
        plan.make(
            cfg.parse("[net]\nwidth=96\nheight=96\n[convolutional]\nfilters=8\n[route]\nlayers=-2\n", "broken.cfg")
        )


def test_the_letterbox_of_the_lesson():
    place = letterbox.place((100, 200), (416, 416))
    assert (place.height, place.width, place.top, place.left) == (208, 416, 104, 0)
    assert place.apply([[0, 0, 100, 100]]).tolist() == [[0, 104, 208, 312]]


def test_same_padding_with_stride_2_is_not_darknets():
    row = np.arange(1, 5, dtype="float32").reshape(1, 1, 4, 1)
    ones = {"kernel_initializer": "ones", "strides": (1, 2)}
    same = keras.layers.Conv2D(1, (1, 3), padding="same", **ones)(row)
    both = keras.layers.Conv2D(1, (1, 3), **ones)(keras.layers.ZeroPadding2D((0, 1))(row))
    assert keras.ops.convert_to_numpy(same).ravel().tolist() == [6, 7]
    assert keras.ops.convert_to_numpy(both).ravel().tolist() == [3, 9]


def test_what_yolo_fastest_found_is_kept_as_numbers():
    with datasets.shipped("yolo_fastest_photos.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    coco = datasets.shipped("darknet/coco.names").read_text(encoding="utf-8").splitlines()
    counts = Counter((row["photo"], row["name"]) for row in rows)
    assert counts == {
        ("astronaut", "person"): 1,
        ("camera", "person"): 1,
        ("chelsea", "cat"): 1,
        ("coffee", "cup"): 1,
        ("coffee", "dining table"): 1,
        ("coins", "clock"): 23,
    }
    for row in rows:
        height, width = datasets.photo(row["photo"]).shape[:2]
        assert 0 <= float(row["x1"]) < float(row["x2"]) <= width
        assert 0 <= float(row["y1"]) < float(row["y2"]) <= height
        assert 0.3 <= float(row["score"]) <= 1
        assert row["name"] in coco


# ── the explorer ──


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    return darknet.load(*write_random(tmp_path_factory.mktemp("net"), TWO_HEADS), ["thing"])


@pytest.fixture
def explorer(detector):
    rng = np.random.default_rng(0)
    return explore.DetectionExplorer(detector, [rng.random((50, 80, 3)), rng.random((300, 40))], ["wide", "high"])


@pytest.mark.parametrize("boxed", [False, True])
@pytest.mark.parametrize("picture", [0, 1])
def test_it_keeps_what_the_detector_keeps(detector, explorer, picture, boxed):
    detector.letterbox = boxed
    explorer.set(picture=picture, score=0.3, iou=0.4)
    found = detector(explorer._images[picture], score_threshold=0.3, iou_threshold=0.4)
    detector.letterbox = False
    assert len(found) > 3
    assert explorer.kept().scores == pytest.approx(found.scores)
    inside = boxes.clip(explorer.kept().boxes, *explorer._images[picture].shape[:2])
    assert inside == pytest.approx(found.boxes, abs=1e-6)


def test_its_words_are_counted(explorer):
    explorer.set(score=0.35, iou=0.3)
    some, words = explorer.candidates(), explorer.describe()
    assert f"The network reports 1,248 boxes; {len(some)} score 0.35 or more." in words
    assert f"leaves {len(explorer.kept())}." in words
    head_0, head_1 = (some[some.heads == number] for number in (0, 1))
    for index, size in enumerate(("4×6", "8×9", "12×20")):
        own = head_0.scores[head_0.anchors == index]
        assert re.search(rf"anchor {size}: {len(own)} box", words)
    assert f"Head 1 (12×8 cells): anchor 30×24: {len(head_1)} box" in words
    overlap = boxes.iou(explorer.kept().boxes, explorer.kept().boxes) - np.eye(len(explorer.kept()))
    assert overlap.max() <= 0.3


def test_thresholds_and_classes_leave_fewer(explorer):
    everything = len(explorer.set(score=0.05).candidates())
    assert len(explorer.set(score=0.5).candidates()) < everything
    assert len(explorer.set(score=0.05, only="thing").candidates()) == everything
    assert len(explorer.set(iou=0.95).kept()) > len(explorer.set(iou=0.0).kept())


@pytest.mark.parametrize("show", ["detections", "all boxes", "head 0", "head 1"])
def test_every_view_can_be_drawn(explorer, show):
    for picture in (0, 1):
        for score in (0.05, 0.95):
            assert explorer.set(show=show, picture=picture, score=score).png().startswith(b"\x89PNG")


def colourful(explorer, left, top, right, bottom):
    """Whether any colour but greys is in this part of the picture, in inches."""
    picture = explorer.figure()
    picture.canvas.draw()
    dots = np.asarray(picture.canvas.buffer_rgba())[..., :3].astype(int)
    left, top, right, bottom = (round(side * picture.dpi) for side in (left, top, right, bottom))
    part = dots[top:bottom, left:right]
    return bool((part.max(axis=-1) - part.min(axis=-1) > 40).any())


@pytest.mark.parametrize(
    ("show", "classes", "anchors"), [("detections", True, False), ("all boxes", False, False), ("head 0", False, True)]
)
def test_a_colour_means_one_thing_in_a_picture(show, classes, anchors):
    explorer = explore.DetectionExplorer().set(picture=2, score=0.1, show=show)
    assert colourful(explorer, 4.2, 0.4, 4.6, 2.1) is classes
    assert colourful(explorer, 4.2, 3.6, 4.6, 4.4) is anchors


def test_the_numbers_of_boxes_do_not_hide_each_other():
    shown = Map(Sheet(plot.Picture(4, 4)), np.zeros((3, 3, 3), np.uint8), (0, 0), 3.0)  # a pixel an inch
    taken = free_places(shown, np.array([(1, 1, 2, 2)] * 5 + [(1.02, 1.05, 2, 2)] * 2))
    for number, (x1, y1, x2, y2) in enumerate(taken):
        assert not any(x1 < c and a < x2 and y1 < d and b < y2 for a, b, c, d in taken[:number])


def test_the_answer_stays_hidden_until_a_guess(detector):
    quiz = explore.DetectionExplorer(detector, [np.zeros((20, 20))], predict=True)
    quiz.set(score=0.3)
    assert "leaves" not in quiz.describe()
    assert f"{len(quiz.candidates())} boxes have a score of 0.30 or more" in quiz.question()
    hidden = quiz.png()
    quiz.set(guess=str(len(quiz.kept())))
    quiz.view()
    assert "and so it is" in quiz._asked.value
    assert f"leaves {len(quiz.kept())}." in quiz.describe()
    assert quiz.png() != hidden


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"detector": "yolo"}, TypeError, "`detector` must be a cnnlab.darknet.Detector. Received: str"),
        ({"images": np.zeros((9, 9, 3))}, ValueError, "`images` must be a list of pictures. Received: one array"),
        ({"images": []}, ValueError, "`images` must hold 1 to 40 pictures. Received: 0"),
        ({"images": [np.zeros((9, 9, 3))] * 41}, ValueError, "`images` must hold 1 to 40 pictures. Received: 41"),
        ({"images": [np.zeros((9, 9, 7))]}, ValueError, "`image` must have 3 channels"),
        ({"images": [np.zeros((9, 9))], "titles": ["a", "b"]}, ValueError, "`titles` must be 1 different names"),
        ({"images": [np.zeros((9, 9))] * 2, "titles": ["a", "a"]}, ValueError, "`titles` must be 2 different names"),
    ],
)
def test_bad_arguments_are_refused(detector, arguments, error, says):
    with pytest.raises(error, match=re.escape(says)):
        explore.DetectionExplorer(**{"detector": detector, **arguments})


def test_photos_are_the_default_for_a_detector_of_ones_own(detector):
    assert explore.DetectionExplorer(detector)._titles == ["astronaut", "chelsea", "coffee", "china"]
