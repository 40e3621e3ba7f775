"""Precision, recall and average precision by hand; COCO's twelve numbers against pycocotools."""

import contextlib
import io
from dataclasses import astuple, fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlab import metrics
from cnnlab.detection import matching
from cnnlab.detection.detections import Detections, GroundTruth

KINDS = ["tidy", "ties", "crowds", "many", "odd_areas", "ignored", "everything"]
NOTHING_FOUND, NOTHING_THERE = Detections([], [], []), GroundTruth([], [])


# ── the curve and the areas under it, by hand ──


def test_precision_and_recall_by_hand():
    # sorted: 0.9 right, 0.8 wrong, 0.7 right, 0.6 wrong; 3 objects
    curve = metrics.precision_recall([0.6, 0.9, 0.7, 0.8], [False, True, True, False], positives=3)
    np.testing.assert_allclose(curve.recall, [1 / 3, 1 / 3, 2 / 3, 2 / 3])
    np.testing.assert_allclose(curve.precision, [1, 1 / 2, 2 / 3, 2 / 4])


def test_equal_scores_stay_in_the_order_given():
    recall, precision = metrics.precision_recall([0.5, 0.5], [False, True], positives=1)
    np.testing.assert_array_equal(recall, [0, 1])
    np.testing.assert_array_equal(precision, [0, 0.5])


@pytest.mark.parametrize(
    ("method", "area"),
    [
        # lifted precision: 1 up to recall 1/3, then 2/3 up to 2/3, then 0
        ("voc07", (4 * 1 + 3 * 2 / 3) / 11),  # 0, .1, .2, .3 | .4, .5, .6 | .7 … 1
        ("voc10", 1 / 3 * 1 + 1 / 3 * 2 / 3),
        ("coco", (34 * 1 + 33 * 2 / 3) / 101),  # 0 … .33 | .34 … .66 | .67 … 1
    ],
)
def test_average_precision_by_hand(method, area):
    recall, precision = [1 / 3, 1 / 3, 2 / 3, 2 / 3], [1, 1 / 2, 2 / 3, 1 / 2]
    assert metrics.average_precision(recall, precision, method) == pytest.approx(area, abs=1e-12)


def test_a_recall_of_three_tenths_reaches_the_fourth_of_the_11_points():
    # 3 / 10 is less than 3 * 0.1 in floating point: a grid made by multiplying would lose this point
    assert metrics.average_precision([3 / 10], [1], "voc07") == pytest.approx(4 / 11)


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=40), st.integers(0, 5), st.sampled_from(["voc07", "voc10", "coco"]))
def test_average_precision_lies_between_0_and_1_and_falls_with_a_wrong_first_guess(right, missed, method):
    positives = max(sum(right) + missed, 1)
    scores = -np.arange(len(right))
    before = metrics.average_precision(*metrics.precision_recall(scores, right, positives), method)
    after = metrics.average_precision(*metrics.precision_recall([1, *scores], [False, *right], positives), method)
    assert 0 <= after <= before <= 1 + 1e-12


# ── one picture ──


def test_match_takes_the_best_free_object_of_its_class():
    truth = GroundTruth([[0, 0, 10, 10], [0, 2, 10, 12], [0, 0, 10, 10]], [0, 0, 1])
    found = Detections([[0, 1, 10, 11], [0, 0, 10, 10], [0, 2, 10, 12]], [0.5, 0.9, 0.7], [0, 0, 0])
    result = metrics.match(found, truth)
    # row 1 chooses first: object 0 exactly; row 2 object 1 exactly; for row 0 nothing is left but another class
    assert result.objects.tolist() == [-1, 0, 1]
    assert result.ious.tolist() == [0, 1, 1]
    assert result.right.tolist() == [False, True, True]
    assert result.missed.tolist() == [2]


def test_match_takes_the_later_of_two_equally_near_objects():
    truth = GroundTruth([[0, 0, 10, 10], [0, 0, 10, 10]], [0, 0])
    assert metrics.match(Detections([[0, 0, 10, 10]], [1], [0]), truth).objects.tolist() == [1]


def test_match_counts_an_overlap_equal_to_the_threshold():
    truth = GroundTruth([[0, 0, 10, 10]], [0])
    assert metrics.match(Detections([[0, 0, 10, 5]], [1], [0]), truth, 0.5).right.all()
    assert metrics.match(Detections([[0, 0, 10, 10]], [1], [0]), truth, 1).right.all()


def test_match_prefers_an_object_that_counts_to_a_nearer_one_that_does_not():
    truth = GroundTruth([[0, 0, 10, 10], [0, 0, 10, 9]], [0, 0], ignore=[True, False])
    found = Detections([[0, 0, 10, 10]] * 3, [0.9, 0.8, 0.7], [0] * 3)
    result = metrics.match(found, truth)
    assert result.objects.tolist() == [1, 0, -1]  # an ignored object is taken once …
    assert result.ignored.tolist() == [False, True, False]
    assert result.right.tolist() == [True, False, False]


def test_match_lets_a_crowd_take_all_that_lies_inside():
    truth = GroundTruth([[0, 0, 100, 100]], [0], crowd=[True])
    found = Detections([[0, 0, 10, 10], [10, 10, 20, 20], [95, 95, 105, 105]], [0.9, 0.8, 0.7], [0] * 3)
    result = metrics.match(found, truth)
    assert result.objects.tolist() == [0, 0, -1]  # … a crowd again and again; of the last box a quarter is inside
    assert result.ious.tolist() == [1, 1, 0]
    assert result.ignored.tolist() == [True, True, False]
    assert result.missed.size == 0


@pytest.mark.parametrize("seed", range(60))
def test_match_is_the_rule_that_the_fast_form_follows(seed):
    kinds = ["tidy", "ties", "crowds", "ignored"]  # areas, and which 100 are best, matter to the fast form only
    found, truth = dataset(seed, kinds[seed % len(kinds)])
    for threshold in (0.5, 0.75, 1.0):
        per_class = metrics.average_precision_per_class(found, truth, threshold)
        matches = [metrics.match(*picture, threshold) for picture in zip(found, truth, strict=True)]
        for label, expected in per_class.items():
            scores, right = [], []
            for detections, result in zip(found, matches, strict=True):
                mine = (detections.labels == label) & ~result.ignored
                scores.extend(detections.scores[mine])
                right.extend(result.right[mine])
            positives = sum(int(((t.labels == label) & ~t.crowd & ~t.ignore).sum()) for t in truth)
            if not positives:
                assert np.isnan(expected)
                continue
            slow = metrics.average_precision(*metrics.precision_recall(scores, right, positives))
            assert expected == pytest.approx(slow, abs=1e-12)


# ── lists of pictures ──


def test_mean_average_precision_is_the_mean_over_classes_with_objects():
    truth = [GroundTruth([[0, 0, 10, 10]], [0]), GroundTruth([[0, 0, 10, 10]], [2], crowd=[True])]
    found = [Detections([[0, 0, 10, 10], [0, 0, 10, 10]], [0.9, 0.8], [0, 1]), NOTHING_FOUND]
    per_class = metrics.average_precision_per_class(found, truth)
    assert per_class == {0: 1.0, 2: pytest.approx(np.nan, nan_ok=True)}
    assert metrics.mean_average_precision(found, truth) == 1


@pytest.mark.parametrize("seed", range(12))
def test_mean_average_precision_at_a_half_is_cocos_ap50(seed):
    found, truth = dataset(seed, KINDS[seed % len(KINDS)])
    ap50 = metrics.coco_map(found, truth).ap50
    assert metrics.mean_average_precision(found, truth) == pytest.approx(np.nan if ap50 == -1 else ap50, nan_ok=True)


def test_of_two_equally_near_objects_the_later_one_is_taken():
    # 80 of 120 shared with each; the second detection is near the later object only, and comes too late
    truth = [GroundTruth([[0, 0, 10, 10], [4, 0, 14, 10]], [0, 0])]
    found = [Detections([[2, 0, 12, 10], [6, 0, 16, 10]], [0.9, 0.8], [0, 0])]
    assert metrics.mean_average_precision(found, truth, method="voc10") == 0.5
    assert metrics.mean_average_precision(found, [truth[0][[1, 0]]], method="voc10") == 1


def test_an_overlap_equal_to_the_threshold_counts_in_lists_too():
    truth = [GroundTruth([[0, 0, 10, 10]], [0])]
    assert metrics.mean_average_precision([Detections([[0, 0, 10, 5]], [1], [0])], truth) == 1
    assert metrics.mean_average_precision([Detections([[0, 0, 10, 10]], [1], [0])], truth, 1) == 1


def test_the_limit_of_detections_counts_per_class_and_picture():
    truth = [GroundTruth([[0, 0, 10, 10]], [0])]
    found = [Detections([[50, 0, 60, 10], [0, 0, 10, 10]], [0.9, 0.8], [0, 0])]
    assert metrics.mean_average_precision(found, truth) == 0.5
    summary = metrics.coco_map(found, truth)
    assert (summary.ar1, summary.ar10) == (0, 1)


@pytest.mark.parametrize("truth", [[], [NOTHING_THERE], [NOTHING_THERE] * 3])
def test_without_objects_every_number_is_minus_one(truth):
    found = [Detections([[0, 0, 1, 1]], [0.5], [0])] * len(truth)
    assert astuple(metrics.coco_map(found, truth)) == (-1,) * 12
    assert np.isnan(metrics.mean_average_precision(found, truth))
    assert metrics.average_precision_per_class(found, truth) == {}


def test_without_detections_the_numbers_are_zero_where_objects_exist():
    summary = metrics.coco_map([NOTHING_FOUND], [GroundTruth([[0, 0, 100, 100]], [0])])
    assert (summary.ap, summary.ar100, summary.ap_large, summary.ap_small) == (0, 0, 0, -1)


def test_the_table_names_all_twelve_numbers():
    summary = metrics.coco_map([NOTHING_FOUND], [GroundTruth([[0, 0, 100, 100]], [0])])
    lines = str(summary).splitlines()
    assert [line.split()[0] for line in lines[1:]] == [field.name for field in fields(summary)]
    assert lines[2].split() == ["ap50", "0.50", "all", "100", "0.000"]
    assert lines[4].split() == ["ap_small", "0.50:0.95", "small", "100", "none"]
    assert lines[7].split() == ["ar1", "0.50:0.95", "all", "1", "0.000"]
    assert len({len(line) for line in lines}) == 1


# ── against pycocotools ──


def dataset(seed, kind):
    """A few pictures with detections that are near some object, far from all, or doubled."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    found, truth = [], []
    classes = rng.choice(50, size=rng.integers(1, 5), replace=False)
    for _ in range(rng.integers(1, 9)):
        there = objects(rng, kind, classes)
        truth.append(there)
        found.append(guesses(rng, kind, classes, there))
    return found, truth


def some_boxes(rng, count, whole):
    size = rng.choice([20, 32, 50, 96, 200], size=(count, 2)) if whole else rng.gamma(2, 40, (count, 2))
    start = rng.integers(0, 60, (count, 2)) if whole else rng.uniform(-10, 150, (count, 2))
    return np.concatenate([start, start + size], axis=1)


def objects(rng, kind, classes):
    count = int(rng.integers(0, 9))
    boxes = some_boxes(rng, count, kind in ("ties", "everything"))
    if count and rng.random() < 0.2:
        boxes[0, 2] = boxes[0, 0]  # no area
    extra = {}
    if kind in ("crowds", "everything"):
        extra["crowd"] = rng.random(count) < 0.4
    if kind in ("ignored", "everything"):
        extra["ignore"], extra["crowd"] = rng.random(count) < 0.4, rng.random(count) < 0.2
    if kind in ("odd_areas", "everything"):  # a mask's is smaller than its box's; some on the limits, some beyond
        extra["areas"] = rng.choice([0, 32**2, 500, 96**2, 5000, 1e10, 2e10], count)
    return GroundTruth(boxes, rng.choice(classes, count), **extra)


def guesses(rng, kind, classes, truth):
    ties = kind in ("ties", "everything")
    count = int(rng.integers(100, 180)) if kind == "many" else int(rng.choice([0, 3, 10, 25]))
    boxes, labels = some_boxes(rng, count, ties), rng.choice(classes, count)
    if len(truth):
        rows = rng.integers(0, len(truth), count)
        near = rng.random(count) < 0.7
        noise = rng.integers(-3, 4, (count, 4)) if ties else rng.normal(0, 6, (count, 4))
        close = np.sort((truth.boxes[rows] + noise).reshape(count, 2, 2), axis=1).reshape(count, 4)
        boxes = np.where(near[:, None], close, boxes)
        labels = np.where(near & (rng.random(count) < 0.9), truth.labels[rows], labels)
    scores = rng.integers(0, 4, count) / 4 if ties else rng.random(count)
    return Detections(boxes, scores, labels)


def as_coco(coco, records, classes, scored):
    """The same boxes as pycocotools wants them: x, y, width, height, all numbered from 1."""
    annotations = []
    for image, record in enumerate(records, start=1):
        for row, (x1, y1, x2, y2) in enumerate(record.boxes.tolist()):
            size = {"bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1), "iscrowd": 0}
            about = {"id": len(annotations) + 1, "image_id": image, "category_id": int(record.labels[row])}
            if scored:
                about["score"] = float(record.scores[row])
            else:
                size["area"], size["iscrowd"] = float(record.areas[row]), int(record.crowd[row])
                size["ignore"] = int(record.ignore[row])
            annotations.append(size | about)
    coco.dataset = {
        "images": [{"id": image} for image in range(1, len(records) + 1)],
        "categories": [{"id": int(label)} for label in classes],
        "annotations": annotations,
    }
    coco.createIndex()
    return coco


def twelve_by_pycocotools(found, truth):
    cocoeval = pytest.importorskip("pycocotools.cocoeval")
    coco = pytest.importorskip("pycocotools.coco")

    class Evaluation(cocoeval.COCOeval):
        def _prepare(self):
            """Give back the `ignore` that pycocotools overwrites with `iscrowd`."""
            ignored = {key: a["ignore"] for key, a in self.cocoGt.anns.items()}
            super()._prepare()
            for key, annotation in self.cocoGt.anns.items():
                annotation["ignore"] |= ignored[key]

    classes = np.unique(np.concatenate([record.labels for record in (*found, *truth)])).tolist()
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = Evaluation(
            as_coco(coco.COCO(), truth, classes, scored=False),
            as_coco(coco.COCO(), found, classes, scored=True),
            "bbox",
        )
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats


def test_overlaps_computed_a_few_at_a_time_are_the_same(monkeypatch):
    found, truth = dataset(0, "ties")
    at_once = metrics.coco_map(found, truth)
    monkeypatch.setattr(matching, "PAIRS", 7)
    assert metrics.coco_map(found, truth) == at_once


@pytest.mark.parametrize(
    ("found", "truth", "error", "message"),
    [
        (NOTHING_FOUND, NOTHING_THERE, TypeError, "`detections` must be a list of Detections, one for each picture"),
        ([NOTHING_FOUND], NOTHING_THERE, TypeError, "`ground_truth` must be a list of GroundTruth"),
        ([NOTHING_THERE], [NOTHING_THERE], TypeError, "Received: list of GroundTruth"),
        ([NOTHING_FOUND], [], ValueError, "must have one record for each picture. Received: 1 and 0"),
    ],
)
@pytest.mark.parametrize("function", [metrics.coco_map, metrics.mean_average_precision])
def test_lists_of_the_wrong_kind_are_refused(function, found, truth, error, message):
    with pytest.raises(error, match=message):
        function(found, truth)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.precision_recall([0.5], [True, False], 2), "`scores` must have one value for each of the 2"),
        (lambda: metrics.precision_recall([0.5], [2], 2), "`matched` must hold True and False. Received: .2."),
        (lambda: metrics.precision_recall([0.5], [True], 0), "`positives` must be a whole number >= 1. Received: 0"),
        (lambda: metrics.precision_recall([3, 2], [1, 1], 1), "`positives` must be at least the number of matches, 2"),
        (lambda: metrics.average_precision([0.5, 0.4], [1, 1]), "`recall` must not fall"),
        (lambda: metrics.average_precision([0.5], [1, 1]), "Received: 1 and 2"),
        (lambda: metrics.average_precision([0.5], [np.nan]), "`precision` must lie between 0 and 1"),
        (lambda: metrics.average_precision([0.5], [1], "voc"), "Did you mean 'voc"),
        (lambda: metrics.match(NOTHING_FOUND, NOTHING_THERE, 50), "`iou_threshold` must be a number from 0 to 1"),
        (lambda: metrics.mean_average_precision([], [], method="11"), "`method` must be one of"),
    ],
)
def test_bad_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(36))
def test_the_twelve_numbers_equal_those_of_pycocotools(seed, kind):
    found, truth = dataset(seed, kind)
    np.testing.assert_allclose(
        astuple(metrics.coco_map(found, truth)), twelve_by_pycocotools(found, truth), rtol=0, atol=1e-9
    )
