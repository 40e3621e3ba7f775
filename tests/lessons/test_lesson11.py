"""Lesson 11: the figures of the syllabus, windows as convolution, the explorers' arithmetic, quizzes and bad input."""

from __future__ import annotations

import re
import sys

import keras
import numpy as np
import pytest

from cnnlab import boxes, datasets, explore, metrics, nms, scenes
from cnnlab.checks import lesson11 as check
from cnnlab.detection.detections import Detections, GroundTruth
from cnnlab.explore.detection.boxed_picture import as_bytes
from cnnlab.explore.detection.coins import coins

# Keras turns TensorFlow's variables into arrays in a way that NumPy 2 complains about.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setenv("CNNLAB_STRICT", "1")


# --- the figures ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def networks():
    """The window network of the syllabus, and the same as convolutions alone."""
    keras.utils.set_random_seed(0)
    start = [keras.layers.Conv2D(16, 5, activation="relu"), keras.layers.MaxPooling2D(2)]
    dense = keras.Sequential(
        [
            keras.Input((14, 14, 3)),
            *start,
            keras.layers.Flatten(),
            keras.layers.Dense(400, activation="relu"),
            keras.layers.Dense(400, activation="relu"),
            keras.layers.Dense(4, activation="softmax"),
        ]
    )
    sliding = keras.Sequential(
        [
            keras.Input((None, None, 3)),
            keras.layers.Conv2D(16, 5, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(400, 5, activation="relu"),
            keras.layers.Conv2D(400, 1, activation="relu"),
            keras.layers.Conv2D(4, 1, activation="softmax"),
        ]
    )
    pairs = zip(dense.get_weights(), sliding.get_weights(), strict=True)
    sliding.set_weights([new.reshape(old.shape) for new, old in pairs])
    return dense, sliding


def test_the_layers_of_the_sliding_network(networks):
    shape, sizes = (1, 14, 14, 3), []
    for layer in networks[1].layers:
        shape = layer.compute_output_shape(shape)
        sizes.append(shape[1:])
    assert sizes == [(10, 10, 16), (5, 5, 16), (1, 1, 400), (1, 1, 400), (1, 1, 4)]
    assert networks[0].count_params() == networks[1].count_params() == 323_620


@pytest.mark.parametrize(("side", "answers"), [(14, 1), (16, 2), (28, 8)])
def test_every_cell_is_the_window_run_alone(networks, side, answers):
    dense, sliding = networks
    picture = np.random.default_rng(side).random((side, side, 3), dtype="float32")
    at_once = keras.ops.convert_to_numpy(sliding(picture[None]))[0]
    assert at_once.shape == (answers, answers, 4)
    places = list(np.ndindex(answers, answers))
    alone = keras.ops.convert_to_numpy(
        dense(np.stack([picture[2 * i : 2 * i + 14, 2 * j : 2 * j + 14] for i, j in places]))
    )
    assert np.abs(alone - at_once.reshape(-1, 4)).max() < 1e-5


def test_the_numbers_of_landmarks_and_labels():
    assert 1 + 2 * 64 == 129
    one = scenes.scene(12, height=96, width=128, min_objects=3, max_objects=3, sizes=(24, 40))
    assert one.masks.shape == (3, 96, 128)
    assert one.boxes.size + one.labels.size == 15


def test_the_threshold_of_the_syllabus_and_then_the_overlap():
    rows = [[0, 0, 16, 10], [4, 0, 20, 10], [8, 0, 24, 10], [50, 0, 66, 10]]
    steps = list(nms.steps(rows, [0.9, 0.8, 0.7, 0.55], iou_threshold=0.5, score_threshold=0.6))
    assert [(step.kept, step.suppressed.tolist()) for step in steps] == [(0, [1]), (2, [])]
    ious = boxes.iou(rows, rows)
    assert ious[0, 1] == ious[1, 2] == 0.6
    assert ious[0, 2] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("b", "expected"),
    [((0, 0, 10, 10), 1), ((5, 0, 15, 10), 1 / 3), ((5, 5, 15, 15), 1 / 7), ((30, 40, 31, 41), 0)],
)
def test_iou_by_hand(b, expected):
    assert boxes.iou([[0, 0, 10, 10]], [b])[0, 0] == pytest.approx(expected)


def test_an_iou_of_095_allows_two_pixels_in_a_hundred():
    moved = [[shift, 0, 100 + shift, 100] for shift in (2, 3)]
    assert (boxes.iou([[0, 0, 100, 100]], moved)[0] > 0.95).tolist() == [True, False]


def test_average_precision_by_hand_in_three_forms():
    recall, precision = metrics.precision_recall([0.9, 0.8, 0.7, 0.6, 0.5], [1, 1, 0, 1, 0], positives=4)
    assert precision.tolist() == pytest.approx([1, 1, 2 / 3, 3 / 4, 3 / 5])
    assert recall.tolist() == [0.25, 0.5, 0.5, 0.75, 0.75]
    forms = [metrics.average_precision(recall, precision, form) for form in ("voc07", "voc10", "coco")]
    assert forms == pytest.approx([(6 + 2 * 0.75) / 11, 0.6875, (51 + 25 * 0.75) / 101])


def test_the_eye_is_where_the_lesson_says():
    photo = datasets.photo("chelsea")
    assert photo.shape == (300, 451, 3)
    assert photo[84:148, 135:208].shape == (64, 73, 3)
    relative = boxes.convert_format([[135, 84, 208, 148]], "xyxy", "rel_center_xywh", 300, 451)[0]
    assert relative.tolist() == pytest.approx([171.5 / 451, 116 / 300, 73 / 451, 64 / 300])


def test_the_loss_by_hand():
    target = np.array([1, 0.45, 0.4, 0.4, 0.3, 0, 1, 0])
    answer = np.array([0.9, 0.45, 0.5, 0.4, 0.1, 0.2, 0.7, 0.1])
    assert ((target - answer) ** 2).sum() == pytest.approx(0.2)


# --- the box bench ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bench():
    return explore.BoxBench()


def squares_of(box):
    return {(x, y) for x in range(box[0], box[2]) for y in range(box[1], box[3])}


def test_the_bench_counts_squares(bench):
    rng = np.random.default_rng(11)
    for _ in range(60):
        xa, ya, xb, yb = (int(rng.integers(0, most)) for most in (11, 7, 11, 7))
        wa, ha, wb, hb = (int(rng.integers(0, most)) for most in (11, 9, 11, 9))
        bench.set(a_x=xa, a_y=ya, a_w=wa, a_h=ha, b_x=xb, b_y=yb, b_w=wb, b_h=hb)
        a, b = squares_of((xa, ya, xa + wa, ya + ha)), squares_of((xb, yb, xb + wb, yb + hb))
        words = bench.describe()
        assert f"= {len(a & b)}. Union" in words
        assert f"= {len(a | b)}. IoU" in words
        assert bench.answer() == pytest.approx(len(a & b) / len(a | b) if a | b else 0)


def test_the_bench_says_what_is_clamped(bench):
    bench.set(a_x=0, a_y=0, a_w=4, a_h=4, b_x=6, b_y=5, b_w=3, b_h=2)
    words = bench.describe()
    assert "min(4, 9) − max(0, 6) = −2, so 0" in words
    assert "They are apart" in words
    giou = float(boxes.giou([[0, 0, 4, 4]], [[6, 5, 9, 7]])[0, 0])
    assert f"GIoU = 0.00 − 41 / 63 = −{abs(giou):.2f}." in words
    assert bench.figure().alt == words


@pytest.mark.parametrize("name", boxes.FORMATS)
def test_the_bench_writes_boxes_in_every_format(bench, name):
    bench.set(a_x=2, a_y=7 - 1, a_w=10, a_h=4, format=name)
    four = boxes.convert_format([[2, 6, 12, 10]], "xyxy", name, 14, 20)[0]
    assert f"As {name}: {', '.join(f'{value:.3g}' for value in four)}." in bench.describe()


def test_the_bench_hides_the_answer_and_reveals_it():
    quiz = explore.BoxBench(a=(2, 2, 10, 8), b=(5, 4, 13, 10), predict=True)
    hidden = quiz.describe()
    assert not re.search(r"IoU =|Union \d|0\.26", hidden)
    before = quiz.png()
    quiz.view()
    quiz.set(guess="0.26")  # 5 · 4 = 20 of 48 + 48 − 20 = 76
    assert "IoU = 20 / 76 = 0.26" in quiz.describe()
    assert "and so it is" in quiz._asked.value
    assert quiz.png() != before
    assert "appear with your guess" in quiz.set(b_x=6).describe()


def test_dragged_boxes_and_sliders_follow_each_other():
    pytest.importorskip("anywidget")
    quiz = explore.BoxBench(a=(2, 2, 10, 8), b=(5, 4, 13, 10), predict=True)
    quiz.view()
    assert quiz._pad.boxes == [2, 2, 8, 6, 5, 4, 8, 6]
    quiz.set(guess="0.26")
    quiz._pad.boxes = [2, 2, 8, 6, 2, 2, 8, 3]  # as the pointer does
    assert (quiz.b_x, quiz.b_y, quiz.b_h, quiz.guess) == (2, 2, 3, "")
    assert quiz.answer() == 0.5
    quiz.controls["a_w"].value = 4
    assert quiz._pad.boxes[:4] == [2, 2, 4, 6]
    quiz._pad.boxes = [99, 2, 8, 6, 2, 2, 8, 3]  # no slider goes that far
    assert quiz.a_x == 10


def test_without_anywidget_the_sliders_remain(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    bench, shown = explore.BoxBench(), []
    rows = [bench.view()]
    while rows:
        widget = rows.pop()
        shown.append(widget)
        rows += getattr(widget, "children", ())
    assert set(bench.controls.values()) <= set(shown)
    assert not [widget for widget in shown if widget.has_trait("boxes")], "a canvas without anywidget"
    assert "IoU" in bench.set(a_x=3).describe()


@pytest.mark.parametrize(
    ("box", "error"),
    [((0, 0, 11, 2), ValueError), ((0.5, 0, 2, 2), ValueError), ((3, 0, 1, 2), ValueError), ((0, 0, 1), ValueError),
     ((15, 0, 18, 2), ValueError), ("box", TypeError), ((0, 0, float("nan"), 1), ValueError)],
)  # fmt: skip
def test_the_bench_refuses(box, error):
    with pytest.raises(error, match="`b`"):
        explore.BoxBench(b=box)


# --- the NMS stepper --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stepper():
    return explore.NmsStepper()


def greedy(rows, scores, labels, iou_threshold):
    """The recipe as a learner writes it."""
    kept = []
    for i in sorted(range(len(scores)), key=lambda i: -scores[i]):
        rivals = [j for j in kept if labels[j] == labels[i]]
        if all(boxes.iou([rows[i]], [rows[j]])[0, 0] <= iou_threshold for j in rivals):
            kept.append(i)
    return kept


def test_the_boxes_kept_are_those_of_the_recipe():
    rng = np.random.default_rng(3)
    corner = rng.integers(0, 60, (40, 2))
    found = Detections(
        np.hstack([corner, corner + rng.integers(10, 30, (40, 2))]),
        rng.permutation(40) / 40,
        rng.integers(0, 2, 40),
        ("cat", "dog"),
    )
    explorer = explore.NmsStepper(np.zeros((90, 90)), found, score_threshold=0.0, iou_threshold=0.4)
    for way, labels in ((0, found.labels), (1, np.zeros(40, int))):
        explorer.set(classes=explorer.controls["classes"].options[way])
        kept = greedy(found.boxes, found.scores, labels, 0.4)
        assert explorer.answer() == len(kept)
        for number, row in enumerate(kept, start=1):
            words = explorer.set(round=number).describe()
            assert f"Round {number} of {len(kept)}: keep box {row} (" in words
            overlaps = boxes.iou([found.boxes[row]], found.boxes)[0]
            for other, value in re.findall(r"box (\d+) \(0\.\d\d, IoU (0\.\d\d)\)", words):
                assert float(value) == pytest.approx(overlaps[int(other)], abs=0.006)


def test_one_round_in_words():
    found = Detections([[0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 30, 10]], [0.7, 0.9, 0.6], [0, 0, 0], ["cat"])
    explorer = explore.NmsStepper(np.zeros((20, 40)), found)
    assert "3 candidates. 0 with a score below 0.60 go at once, 3 take part" in explorer.describe()
    words = explorer.set(round=2).describe()  # 0.6 is not below 0.60
    assert "That was the last round: 3 boxes have become 2." in words
    assert "Kept so far: 2 (2 cat)." in words
    assert "Nothing is left to compare" in explorer.set(round=0, score_threshold=0.95).describe()
    assert explorer.controls["round"].disabled


@pytest.mark.parametrize(
    ("score", "overlap", "left"), [(0.6, 0.5, 24), (0.6, 0.8, 132), (0.55, 0.5, 25), (0.55, 0.3, 24)]
)
def test_the_coins_as_the_lesson_tells_it(stepper, score, overlap, left):
    stepper.set(score_threshold=score, iou_threshold=overlap)
    assert stepper.answer() == left


def test_every_coin_keeps_two_boxes_at_an_iou_of_0_8():
    marked = coins()
    kept = nms.nms(marked.detections.boxes, marked.detections.scores, 0.8, 0.6)
    nearest = boxes.iou(marked.detections.boxes[kept], marked.truth.boxes).argmax(axis=1)
    assert np.bincount(nearest, minlength=24).min() >= 2


def test_the_stepper_hides_the_rounds_until_a_guess():
    quiz = explore.NmsStepper(predict=True)
    quiz.view()
    before = quiz.set(round=0).png()
    assert quiz.set(round=5).png() == before
    assert "hidden" in quiz.describe()
    assert "24" not in quiz.describe()
    quiz.set(guess="24", round=5)
    assert "Round 5 of 24" in quiz.describe()
    assert "and so it is" in quiz._asked.value


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (dict(image=np.zeros((9, 9))), ValueError, "together"),
        (dict(image=np.zeros((9, 9)), detections=[[0, 0, 1, 1]]), TypeError, "`detections`"),
        (dict(image=np.zeros((9, 9)), detections=Detections([], [], [])), ValueError, "1 to 600"),
        (dict(image=np.zeros(9), detections=Detections([[0, 0, 1, 1]], [1], [0])), ValueError, "`image`"),
        (dict(image=np.full((9, 9), 200.0), detections=Detections([[0, 0, 1, 1]], [1], [0])), ValueError, "0 to 1"),
        (dict(image=np.zeros((9, 9, 4)), detections=Detections([[0, 0, 1, 1]], [1], [0])), ValueError, "(9, 9, 4)"),
        (dict(iou_threshold=0.52), ValueError, "`iou_threshold`"),
        (dict(score_threshold="high"), TypeError, "`score_threshold`"),
    ],
)
def test_the_stepper_refuses(arguments, error, says):
    with pytest.raises(error, match=re.escape(says)):
        explore.NmsStepper(**arguments)


def test_pictures_become_bytes():
    assert as_bytes(np.array([[0.0, 0.5, 1.0]]))[0].tolist() == [[0, 0, 0], [128, 128, 128], [255, 255, 255]]
    colour = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert np.array_equal(as_bytes(colour), colour)
    with pytest.raises(ValueError, match="NaN|nan"):
        as_bytes(np.array([[np.nan]]))


# --- the PR builder ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def builder():
    return explore.PrBuilder()


def test_the_boxes_around_the_coins_fit():
    marked = coins()
    assert marked.image.shape == (303, 384)
    for x1, y1, x2, y2 in marked.truth.boxes.astype(int):
        inside = marked.image[y1:y2, x1:x2].mean()
        ring = np.concatenate(
            [marked.image[max(y1 - 4, 0) : y1, x1:x2].ravel(), marked.image[y2 : y2 + 4, x1:x2].ravel()]
        )
        assert inside > ring.mean() + 15, (x1, y1)


@pytest.mark.parametrize("overlap", [0.5, 0.7, 0.85])
@pytest.mark.parametrize("score", [0.3, 0.5, 0.75, 1.0])
def test_precision_and_recall_agree_with_matching_again(builder, overlap, score):
    builder.set(score_threshold=score, iou_threshold=overlap)
    found, truth = builder._found[0], builder._truth[0]
    taken = found[found.scores >= score]
    right = int(metrics.match(taken, truth, overlap).right.sum())
    words = builder.describe()
    assert f"Recall {right} / 24 = {right / 24:.2f}." in words
    if len(taken):
        assert f"Precision {right} / {len(taken)} = {right / len(taken):.2f}." in words
        assert builder.answer() == pytest.approx(right / len(taken))
    else:
        assert "undefined" in words
    assert f"Right (TP) {right}, wrong (FP) {len(taken) - right}, missed (FN) {24 - right}." in words
    assert f"In picture 0: {right} right, {len(taken) - right} wrong, {24 - right} missed." in words


@pytest.mark.parametrize(("overlap", "ap"), [(0.5, 1.0), (0.7, 0.639), (0.85, 0.333)])
def test_the_average_precision_the_lesson_names(builder, overlap, ap):
    assert f"all points {ap:.3f}" in builder.set(iou_threshold=overlap).describe()
    same = metrics.mean_average_precision(builder._found, builder._truth, overlap, "voc10")
    assert same == pytest.approx(ap, abs=5e-4)


def test_below_0_65_the_recall_of_the_coins_stays(builder):
    lines = [builder.set(iou_threshold=0.7, score_threshold=s).describe().splitlines()[1] for s in (0.65, 0.5, 0.3)]
    assert [line.split(". ")[1] for line in lines] == ["Recall 16 / 24 = 0.67."] * 3


def test_several_pictures_and_classes_make_one_ranking():
    truth = [GroundTruth([[0, 0, 10, 10], [30, 0, 40, 10]], [0, 1]), GroundTruth([[5, 5, 15, 15]], [0])]
    found = [
        Detections([[0, 0, 10, 9], [0, 0, 10, 10], [30, 0, 40, 10]], [0.9, 0.5, 0.8], [0, 0, 1], ("cat", "dog")),
        Detections([[5, 5, 15, 15], [30, 30, 40, 40]], [0.7, 0.6], [0, 0], ("cat", "dog")),
    ]
    explorer = explore.PrBuilder([np.zeros((50, 50)), np.ones((50, 50, 3))], found, truth, score_threshold=0.65)
    words = explorer.describe()
    assert "Class cat: 2 to find, 4 detections, 2 of them" in words
    assert "Ranking, best first: ✔✔│✘✘" in words  # the fourth is a second box on a cat that was found already
    assert "Class dog: 1 to find, 1 detection, 1 of them" in explorer.set(label="dog").describe()
    assert (
        "In picture 1: 1 right, 1 wrong, 0 missed."
        in explorer.set(label="cat", picture=1, score_threshold=0).describe()
    )
    for form in explorer.controls["form"].options:
        assert explorer.set(form=form).png().startswith(b"\x89PNG")


def test_no_detections_at_all():
    explorer = explore.PrBuilder(np.zeros((20, 20)), Detections([], [], []), GroundTruth([[0, 0, 9, 9]], [2]))
    assert "Class class 2: 1 to find, 0 detections" in explorer.describe()
    assert "all points 0.000" in explorer.describe()
    assert explorer.png().startswith(b"\x89PNG")


def test_the_builder_hides_what_is_right_until_a_guess():
    quiz = explore.PrBuilder(predict=True)
    quiz.view()
    hidden = quiz.set(score_threshold=0.7).describe()
    for secret in ("Precision", "TP", "✔", "AP"):
        assert secret not in hidden
    assert "18 boxes reach it" in quiz.question()
    quiz.set(score_threshold=1.0, guess="1")
    assert quiz._verdict() == "✘ You said 1; it is undefined."
    assert quiz.set(guess="undefined")._verdict().startswith("✔")
    quiz.set(score_threshold=0.7)
    quiz.set(guess="0.83")  # 15 of 18
    assert "Precision 15 / 18 = 0.83" in quiz.describe()
    assert "and so it is" in quiz._asked.value


BLANK, TRUE = np.zeros((20, 20)), GroundTruth([[0, 0, 9, 9]], [0])
FOUND = Detections([[0, 0, 9, 9]], [0.5], [0])


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ((BLANK, FOUND, None), ValueError, "2 of the three"),
        ((BLANK, [FOUND, FOUND], TRUE), ValueError, "1, 2 and 1"),
        ((BLANK, TRUE, TRUE), TypeError, "`detections` must be a Detections"),
        ((BLANK, FOUND, FOUND), TypeError, "`ground_truth` must be a GroundTruth"),
        ((BLANK, FOUND, GroundTruth([], [])), ValueError, "nothing to find"),
        ((BLANK, FOUND, GroundTruth([[0, 0, 9, 9]], [0], crowd=[True])), ValueError, "no crowds"),
        ((np.zeros(4), FOUND, TRUE), ValueError, "`images`"),
    ],
)
def test_the_builder_refuses(arguments, error, says):
    with pytest.raises(error, match=re.escape(says)):
        explore.PrBuilder(*arguments)


# --- the exercises ----------------------------------------------------------------------------------------------------


def test_the_by_hand_answer_is_what_nms_keeps():
    left = np.array([row[0] for row in check.HAND])
    rows = np.column_stack([left, 0 * left, left + 15, 0 * left + 10])
    labels = [int(row[1] == "dog") for row in check.HAND]
    kept = nms.nms(rows, [row[2] for row in check.HAND], 0.5, 0.6, labels)
    assert check.nms_by_hand(kept.tolist()).status == "correct"


def test_the_library_solves_the_exercises():
    assert check.iou(lambda a, b: boxes.iou([a], [b])[0, 0]).status == "correct"

    def average(hits, positives):
        scores = np.linspace(1, 0.1, len(hits))
        return metrics.average_precision(*metrics.precision_recall(scores, hits, positives), "voc10")

    assert check.average_precision(average).status == "correct"


@pytest.mark.parametrize("side", [64, 92])
def test_one_pass_by_the_layers(side):
    assert ((side - 4) // 2 - 4) == (side - 14) // 2 + 1
