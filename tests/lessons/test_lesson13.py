"""Lesson 13: its figures through the library."""

from __future__ import annotations

import csv
import re
from collections import Counter

import keras
import numpy as np
import pytest

from cnnlab import darknet, datasets, letterbox, metrics, scenes
from cnnlab.detection import tiny_yolo
from cnnlab.detection.darknet import cfg, keras_model, plan, weights
from cnnlab.detection.detections import GroundTruth


def shipped(name):
    return plan.make(cfg.read(datasets.shipped(name)))


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
