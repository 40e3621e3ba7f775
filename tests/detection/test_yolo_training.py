"""The loss term by term, training through Keras, and what a trained network answers."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest

from cnnlab import metrics, scenes, yolo, yolo_training
from cnnlab.detection import tiny_yolo
from cnnlab.detection.detections import Detections, GroundTruth

ANCHORS = tiny_yolo.ANCHORS


# --- the loss ---------------------------------------------------------------------------------------------------------


def numpy_terms(true, raw, anchors):
    """The five terms, slot by slot."""
    terms = dict.fromkeys(yolo_training.TERMS, 0.0)
    true = true.reshape(-1, true.shape[-1] // anchors)
    raw = raw.reshape(true.shape)
    sigmoid = 1 / (1 + np.exp(-raw))
    for slot in range(len(true)):
        if true[slot, 4] == 1:
            terms["xy"] += ((sigmoid[slot, :2] - true[slot, :2]) ** 2).sum()
            terms["wh"] += ((raw[slot, 2:4] - true[slot, 2:4]) ** 2).sum()
            terms["objectness"] -= np.log(sigmoid[slot, 4])
            wanted = true[slot, 5:]
            said = sigmoid[slot, 5:]
            terms["class"] -= (wanted * np.log(said) + (1 - wanted) * np.log(1 - said)).sum()
        else:
            terms["no_objectness"] -= np.log(1 - sigmoid[slot, 4])
    return terms


@pytest.fixture(scope="module")
def example():
    some = scenes.scenes(3, seed=1)
    _, targets, _ = yolo_training.stack(some, ANCHORS, grid=(12, 12))
    return targets, np.random.default_rng(0).normal(0, 1.5, targets.shape).astype(np.float32)


def test_every_term_is_what_the_loop_says(example):
    targets, raw = example
    found = yolo_training.YoloLoss(3).terms(keras.ops.convert_to_tensor(targets), keras.ops.convert_to_tensor(raw))
    for number in range(3):
        expected = numpy_terms(targets[number], raw[number].astype(float), 3)
        for term in yolo_training.TERMS:
            assert float(found[term][number]) == pytest.approx(expected[term], rel=1e-4), term


def test_the_loss_is_the_weighted_sum_and_a_mean_over_pictures(example):
    targets, raw = example
    weights = {"xy": 2.0, "wh": 0.0, "objectness": 1.0, "no_objectness": 0.25, "class": 3.0}
    expected = np.mean([
        sum(weights[term] * value for term, value in numpy_terms(t, r.astype(float), 3).items())
        for t, r in zip(targets, raw, strict=True)
    ])  # fmt: skip
    assert float(yolo_training.YoloLoss(3, weights)(targets, raw)) == pytest.approx(expected, rel=1e-4)


def test_everything_switched_off_is_zero(example):
    off = dict.fromkeys(yolo_training.TERMS, 0)
    assert float(yolo_training.YoloLoss(3, off)(*example)) == 0


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' own, with NumPy 2
def test_a_compiled_detector_survives_saving(tmp_path, example):
    model = tiny_yolo.build(filters=(4, 8, 8))
    loss = yolo_training.YoloLoss(3, {"wh": 0.5})
    model.compile("adam", loss, metrics=loss.metrics())
    images = np.zeros((3, 96, 96, 3), np.float32)
    model.fit(images, example[0], verbose=0)
    model.save(tmp_path / "detector.keras")
    again = keras.models.load_model(tmp_path / "detector.keras")
    before, after = (m.evaluate(images, example[0], verbose=0, return_dict=True) for m in (model, again))
    assert after == pytest.approx(before, rel=1e-5)
    assert set(yolo_training.TERMS) <= set(after)


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ({"size": 1}, "`weights` must be one of 'xy', 'wh'"),
        ({"wh": -1}, "weights['wh']` must be a finite number >= 0. Received: -1"),
        ({"wh": float("nan")}, "finite number >= 0"),
        ({"wh": True}, "finite number >= 0"),
    ],
)
def test_bad_weights_are_refused(weights, says):
    with pytest.raises((TypeError, ValueError), match=re.escape(says)):
        yolo_training.YoloLoss(3, weights)


# --- stacking, training, answers --------------------------------------------------------------------------------------


def test_stack_is_encode_on_every_scene():
    some = scenes.scenes(5, seed=2, height=64, width=96, sizes=(14, 40))
    images, targets, unassigned = yolo_training.stack(some, ANCHORS, grid=(8, 12))
    assert images.shape == (5, 64, 96, 3)
    assert targets.shape == (5, 8, 12, 24)
    assert targets.dtype == np.float32
    lost = 0
    for one, target in zip(some, targets, strict=True):
        expected, gone = yolo.encode(one.boxes, one.labels, ANCHORS, (8, 12), 3, (64, 96))
        lost += len(gone)
        assert np.allclose(target.reshape(expected.shape), expected)
    assert unassigned == lost


def test_stack_refuses_what_does_not_belong_together():
    with pytest.raises(ValueError, match="at least one scene"):
        yolo_training.stack([], ANCHORS, (12, 12))
    with pytest.raises(ValueError, match="one size and the same classes"):
        yolo_training.stack([scenes.scene(0), scenes.scene(0, height=64, width=64)], ANCHORS, (12, 12))


def test_fit_learns_a_few_scenes_and_reports_what_it_learned():
    keras.utils.set_random_seed(0)
    some = scenes.scenes(16, seed=4, max_objects=2, sizes=(24, 40))
    images, targets, _ = yolo_training.stack(some, ANCHORS, grid=(12, 12))
    loss, lines = yolo_training.YoloLoss(3), []
    watch = yolo_training.MeanAveragePrecision(some, ANCHORS, every=20, report=lines.append)
    model = tiny_yolo.build(filters=(8, 16, 24, 32, 32))
    model.compile(keras.optimizers.Adam(5e-3), loss, metrics=loss.metrics())
    history = model.fit(images, targets, batch_size=8, epochs=80, verbose=0, callbacks=[watch]).history
    assert set(yolo_training.TERMS) <= set(history)
    total = sum(yolo_training.WEIGHTS[term] * history[term][-1] for term in yolo_training.TERMS)
    assert history["loss"][-1] == pytest.approx(total, rel=1e-3)
    assert history["loss"][-1] < 0.1 * history["loss"][0]
    assert watch.epochs == [20, 40, 60, 80]
    assert len(lines) == 4
    assert re.fullmatch(r"epoch 80: loss \d+\.\d\d, mAP@\.5 \d\.\d{3}", lines[-1])
    assert watch.values[-1] > 0.8, "it cannot even learn sixteen scenes by heart"
    found = yolo_training.detect(model, images, ANCHORS, score_threshold=yolo_training.LOW)
    truth = [GroundTruth(one.boxes, one.labels) for one in some]
    assert metrics.mean_average_precision(found, truth) == pytest.approx(watch.values[-1])


class StopAfter(keras.callbacks.Callback):
    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = epoch + 1 == self.epochs


@pytest.mark.parametrize("first", [True, False])
def test_the_last_epoch_counts_whoever_ends_the_run(first):
    some = scenes.scenes(2, seed=4)
    images, targets, _ = yolo_training.stack(some, ANCHORS, grid=(12, 12))
    model = tiny_yolo.build(filters=(4, 4, 4, 4, 4))
    model.compile("adam", yolo_training.YoloLoss(3))
    watch, stop = yolo_training.MeanAveragePrecision(some, ANCHORS, every=5), StopAfter(2)
    for _ in range(2):
        callbacks = [stop, watch] if first else [watch, stop]
        history = model.fit(images, targets, epochs=9, verbose=0, callbacks=callbacks).history
        assert history["map50"] == watch.values[-1:]
    assert watch.epochs == [2, 2]


def test_the_watch_and_detect_refuse():
    with pytest.raises(ValueError, match="`scenes` must hold at least one scene. Received: none"):
        yolo_training.MeanAveragePrecision([], ANCHORS)
    for name in ("score_threshold", "iou_threshold"):
        with pytest.raises(ValueError, match=f"`{name}` must be a number from 0 to 1. Received: 2"):
            yolo_training.detect(None, np.zeros((0, 96, 96, 3)), ANCHORS, **{name: 2})


def test_detect_is_activate_decode_and_suppress():
    keras.utils.set_random_seed(1)
    model = tiny_yolo.build((64, 96, 3))
    images = np.random.default_rng(0).random((3, 64, 96, 3), np.float32)
    found = yolo_training.detect(model, images, ANCHORS, 0.0, 1.0, names=scenes.CLASSES, batch_size=2)
    raw = keras.ops.convert_to_numpy(model(images, training=False))
    for one, output in zip(found, raw, strict=True):
        every = yolo.decode(yolo.activate(output, 3), ANCHORS, (64, 96), 0.0)
        order = np.argsort(-one.scores, kind="stable")
        assert len(one) == len(every) == 8 * 12 * 3
        assert np.allclose(one.scores[order], np.sort(every.scores)[::-1], atol=1e-5)
        assert one.names == scenes.CLASSES
    fewer = yolo_training.detect(model, images, ANCHORS, 0.0, 0.3)
    assert all(len(few) < len(many) for few, many in zip(fewer, found, strict=True))


def test_worst_mistakes_first():
    truth = GroundTruth([[0, 0, 10, 10], [20, 20, 40, 40]], [0, 1])
    perfect = Detections(truth.boxes, [0.9, 0.8], truth.labels)
    one_missed = perfect[[0]]
    nonsense = Detections([[50, 50, 60, 60]], [0.9], [0])
    worst = yolo_training.worst_mistakes([perfect, one_missed, nonsense], [truth] * 3)
    assert [one.picture for one in worst] == [2, 1]
    assert worst[0].missed.tolist() == [0, 1]
    assert worst[0].wrong.tolist() == [0]
    assert worst[1].missed.tolist() == [1]
    assert len(yolo_training.worst_mistakes([nonsense] * 3, [truth] * 3, count=2)) == 2
    with pytest.raises(ValueError, match="one record for each picture, 1. Received: 3"):
        yolo_training.worst_mistakes([perfect], [truth] * 3)
