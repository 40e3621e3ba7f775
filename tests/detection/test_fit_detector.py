"""Training on boxes of one's own: that it learns, keeps the best, goes on where it was cut off, and refuses."""

from __future__ import annotations

import re
from dataclasses import replace

import keras
import numpy as np
import pytest

from cnnlab import darknet, explore, metrics, scenes, yolo_training
from cnnlab.common.errors import DataError
from cnnlab.detection.detections import BoxDataset, GroundTruth
from cnnlab.detection.yolo_training import pipeline, state
from cnnlab.detection.yolo_training.loss import YoloLoss

TINY = {"image_size": 64, "anchors": 2, "epochs": 4, "batch_size": 8, "seed": 3}


def drawn(count, seed, splits=None):
    some = scenes.scenes(count, seed=seed, height=64, width=64, max_objects=2, sizes=(18, 30), overlap=0)
    images = [np.round(255 * one.image).astype(np.uint8) for one in some]
    truths = [GroundTruth(one.boxes, one.labels) for one in some]
    return BoxDataset.of(images, truths, scenes.CLASSES, splits=splits)


@pytest.fixture(scope="module")
def data():
    return drawn(24, 0, ["train"] * 14 + ["validation"] * 6 + ["test"] * 4)


@pytest.fixture(scope="module")
def trained():
    """One detector for the tests that only ask it something: it has learned 40 scenes."""
    lines = []
    learned = yolo_training.fit_detector(
        drawn(40, 1), validation=drawn(16, 2), image_size=64, anchors=2, epochs=24, batch_size=4, augment=False,
        report=lines.append,
    )  # fmt: skip
    return learned, lines


def weights_of(model):
    return np.concatenate([weight.ravel() for weight in model.get_weights()])


# --- what comes out ---------------------------------------------------------------------------------------------------


def test_it_learns_and_says_so(trained):
    learned, lines = trained
    maps = learned.history["map50"]
    assert learned.map50 == max(maps) > 0.6
    assert maps[learned.best_epoch - 1] == learned.map50
    assert learned.history["loss"][-1] < 0.3 * learned.history["loss"][0]
    assert set(learned.history) == {"loss", "map50", *yolo_training.TERMS}
    assert lines[0].startswith("anchors: ")
    assert lines[1] == "12 of 13 layers with weights start from shapes"
    pattern = rf"epoch {len(maps)} of 24: loss \d+\.\d\d, mAP@\.5 {maps[-1]:.3f}"
    assert re.fullmatch(pattern, lines[-1])
    assert learned.finished
    assert learned.notes == ()


def test_the_weights_are_those_of_the_best_epoch(trained):
    learned, _ = trained
    watched = drawn(16, 2)
    images = np.stack([watched.image(row) for row in range(16)]) / np.float32(255)
    found = yolo_training.detect(learned.model, images, learned.anchors, yolo_training.LOW)
    assert metrics.mean_average_precision(found, list(watched.truths)) == pytest.approx(learned.map50, abs=1e-6)


def test_the_darknet_detector_answers_as_the_model(trained):
    learned, _ = trained
    assert isinstance(learned.detector, darknet.Detector)
    assert learned.detector.letterbox
    images = np.random.default_rng(0).random((2, 64, 64, 3), np.float32)
    mine = keras.ops.convert_to_numpy(learned.model(images, training=False))
    assert np.allclose(mine, learned.detector.forward(images)[0], atol=2e-3)


def test_boxes_come_in_the_pictures_own_pixels(trained):
    learned, _ = trained
    other = drawn(1, 5)
    picture, found = other.image(0), learned(other.image(0), 0.1)
    assert found.names == scenes.CLASSES
    # twice as large, with bars on both sides: the same boxes, twice as large and moved
    large = np.full((128, 128, 3), 128, np.uint8)
    large[:] = picture.repeat(2, axis=0).repeat(2, axis=1)
    broad = np.concatenate([np.full((128, 64, 3), 128, np.uint8), large, np.full((128, 64, 3), 128, np.uint8)], axis=1)
    assert len(learned(broad[:, 64:192], 0.1)) == len(found)
    assert np.abs(learned(large, 0.1).boxes - 2 * found.boxes).max(initial=0) < 8
    assert (learned(broad, 0.05).boxes[:, 2] <= 256).all()


def test_a_judgement_is_what_the_metrics_say(trained):
    learned, _ = trained
    other = drawn(12, 7)
    other = replace(other, labelled=[True] * 11 + [False])
    judged = learned.judge(other)
    assert judged.rows.tolist() == list(range(11))
    found, truths = learned.detect(other[range(11)], yolo_training.LOW), list(other.truths[:11])
    assert judged.map50 == metrics.mean_average_precision(found, truths)
    assert sum(judged.counts.values()) == sum(map(len, truths))
    for name, value in judged.per_class.items():
        per_class = metrics.average_precision_per_class(found, truths)
        assert value == per_class[scenes.CLASSES.index(name)]
    assert judged.score_threshold == learned.score_threshold
    assert sorted([one.picture for one in judged.mistakes] + judged.best) == list(range(11))
    counts = [len(one.missed) + len(one.wrong) for one in judged.mistakes]
    assert counts == sorted(counts, reverse=True)


def test_it_judges_only_its_own_classes(trained):
    learned, _ = trained
    stranger = BoxDataset.of([np.zeros((8, 8, 3), np.uint8)], [GroundTruth([[0, 0, 4, 4]], [0])], ("cat",))
    with pytest.raises(ValueError, match="`data` must have the classes"):
        learned.judge(stranger)
    with pytest.raises(ValueError, match="labelled pictures. Received: 2 without labels"):
        learned.judge(replace(drawn(2, 0), labelled=[False, False]))


# --- stopped and begun again ------------------------------------------------------------------------------------------


class Cut(keras.callbacks.Callback):
    """Raise within epoch `epoch`, from 0: what a power cut leaves is what was written by then."""

    def __init__(self, epoch, error):
        super().__init__()
        self._epoch, self._error, self._now = epoch, error, 0

    def on_epoch_begin(self, epoch, logs=None):
        self._now = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self._now == self._epoch:
            raise self._error


@pytest.fixture(scope="module")
def again(data, tmp_path_factory):
    """The folder of a run that was cut off in its third epoch, and what the second and third attempt said and gave."""
    folder, lines, results = tmp_path_factory.mktemp("again"), [], []
    with pytest.raises(OSError, match="power"):
        yolo_training.fit_detector(data, folder=folder, callbacks=[Cut(2, OSError("power"))], **TINY)
    assert [file.name for file in folder.iterdir()] == [state.FILE]
    for _ in range(2):
        results.append(yolo_training.fit_detector(data, folder=folder, report=lines.append, **TINY))
    return folder, lines, results


def test_a_run_that_was_cut_off_goes_on_as_if_it_had_not_been(data, again):
    _, lines, (second, third) = again
    whole = yolo_training.fit_detector(data, **TINY)
    assert lines[2] == "goes on after epoch 2 of 4"
    assert [line.split(":")[0] for line in lines[3:5]] == ["epoch 3 of 4", "epoch 4 of 4"]
    assert second.history["loss"] == pytest.approx(whole.history["loss"], rel=1e-3)
    assert second.history["map50"] == pytest.approx(whole.history["map50"], abs=1e-3)
    assert lines[-1] == "goes on after epoch 4 of 4"
    assert np.array_equal(weights_of(third.model), weights_of(second.model))
    assert third.history == second.history


def test_a_folder_of_another_training_is_refused(data, again, tmp_path):
    folder, _, _ = again
    says = r"`folder` must be empty or hold a training with the same arguments\. Received: .*: epochs was 4 and is 5"
    with pytest.raises(ValueError, match=says):
        yolo_training.fit_detector(data, folder=folder, **{**TINY, "epochs": 5})
    with pytest.raises(ValueError, match="training pictures was"):
        yolo_training.fit_detector(drawn(24, 9, data.splits), folder=folder, **TINY)
    (tmp_path / state.FILE).write_bytes((folder / state.FILE).read_bytes()[:2000])
    with pytest.raises(DataError, match=r"training\.npz: damaged \(.*delete it to begin again"):
        yolo_training.fit_detector(data, folder=tmp_path, **TINY)


def test_a_folder_that_keeps_nothing_is_met_before_any_picture_is_read(data, tmp_path, monkeypatch):
    (tmp_path / "note.txt").write_text("mine")
    monkeypatch.setattr(BoxDataset, "image", None)
    for folder in (tmp_path / "note.txt", tmp_path / "note.txt" / "below"):
        with pytest.raises(DataError, match=rf"{folder.name}: a training cannot be kept in this folder \("):
            yolo_training.fit_detector(data, folder=folder, **TINY)
    assert (tmp_path / "note.txt").read_text() == "mine"


def test_a_folder_in_the_place_of_the_kept_file_is_not_called_damaged(tmp_path):
    (tmp_path / state.FILE).mkdir()
    with pytest.raises(DataError, match=r"training\.npz: cannot be read \("):
        state.read(tmp_path, {})


def test_an_interrupt_leaves_the_best_epoch_so_far(data):
    stopped = yolo_training.fit_detector(data, callbacks=[Cut(1, KeyboardInterrupt())], **TINY)
    assert stopped.best_epoch == 1
    assert len(stopped.history["loss"]) == 1
    assert not stopped.finished
    assert len(stopped.batch([np.zeros((64, 64, 3), np.uint8)])) == 1
    with pytest.raises(KeyboardInterrupt):
        yolo_training.fit_detector(data, callbacks=[Cut(0, KeyboardInterrupt())], **TINY)


class StopButton(keras.callbacks.Callback):
    """As the training monitor does: end the run after a batch."""

    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = True


def test_a_callback_that_stops_in_the_first_epoch_still_leaves_a_detector(data, tmp_path):
    stopped = yolo_training.fit_detector(data, folder=tmp_path, callbacks=[StopButton()], **TINY)
    assert stopped.best_epoch == 1
    assert not stopped.finished
    assert not list(tmp_path.iterdir()), "an epoch that was not finished is not kept"


def test_a_monitor_shows_the_map_as_its_second_curve(data):
    class StopLater(StopButton):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = self.second

        def on_epoch_begin(self, epoch, logs=None):
            self.second = epoch == 1

    monitor = explore.TrainingMonitor()
    learned = yolo_training.fit_detector(data, callbacks=[monitor, StopLater()], **TINY)
    assert list(monitor.history)[:2] == list(learned.history)[:2] == ["loss", "map50"]
    assert len(learned.history["map50"]) == 1, "the epoch that was cut off does not count"
    assert f"map50 {learned.map50:.3f}" in monitor.describe()


def test_it_stops_where_nothing_improves(data):
    class Worse(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.get_layer("head").set_weights(
                [np.zeros_like(w) - 9 for w in self.model.get_layer("head").get_weights()]
            )

    stopped = yolo_training.fit_detector(data, patience=2, callbacks=[Worse()], **{**TINY, "epochs": 20})
    assert len(stopped.history["map50"]) == 12, "ten epochs of the first half, and two more"
    assert stopped.finished
    assert set(stopped.history["map50"]) == {0.0}
    assert stopped.best_epoch == 1 + np.argmin(stopped.history["loss"]) > 1, "of equal mAPs that of the lowest loss"


# --- where it starts, what it is given --------------------------------------------------------------------------------


class Look(keras.callbacks.Callback):
    """See the network before its first step, and end it there."""

    def on_train_begin(self, logs=None):
        self.weights, self.shape = self.model.get_weights(), self.model.output_shape
        raise KeyboardInterrupt


def before_training(data, **options):
    look = Look()
    with pytest.raises(KeyboardInterrupt):
        yolo_training.fit_detector(data, callbacks=[look], **{**TINY, **options})
    return look


def test_it_starts_from_the_shapes_as_far_as_they_agree(data):
    shapes = darknet.named("tiny-yolo").model.get_weights()
    fine = before_training(data).weights
    assert all(np.array_equal(mine, its) for mine, its in zip(fine[:30], shapes, strict=False)), "six blocks of five"
    assert fine[30].shape == (1, 1, 64, 16), "two anchors: a head of its own"
    coarse = before_training(data, image_size=128).weights
    same = [mine.shape == its.shape and np.array_equal(mine, its) for mine, its in zip(coarse, shapes, strict=False)]
    assert same[:20] == [True] * 20, "four blocks; the fifth has 128 filters"
    assert not any(same[20:])
    scratch = before_training(data, start=None).weights
    assert not np.array_equal(scratch[0], shapes[0])
    assert np.array_equal(scratch[0], before_training(data, start=None).weights[0])
    assert not np.array_equal(scratch[0], before_training(data, start=None, seed=4).weights[0])


def damage(monkeypatch, files):
    """Let these pictures of a data set be damaged."""
    read = BoxDataset.image

    def image(self, row):
        if self.files[row] in files:
            raise DataError(f"{self.files[row]}: cut short")  # as `BoxDataset.image` says it, with the file
        return read(self, row)

    monkeypatch.setattr(BoxDataset, "image", image)


def test_a_picture_that_cannot_be_read_is_left_out_and_named(data, monkeypatch):
    damage(monkeypatch, [data.files[2]])
    kept = pipeline.keep(data.split("train"), (64, 64))
    assert len(kept) == 13
    assert [(note.file, note.reason) for note in kept.skipped] == [(data.files[2], "cut short")]
    assert 2 not in kept.rows


@pytest.mark.parametrize(("split", "name", "count"), [("train", "data", 14), ("validation", "validation", 6)])
def test_boxes_in_damaged_pictures_alone_are_refused(data, monkeypatch, split, name, count):
    files = data.split(split).files
    damage(monkeypatch, files)
    says = (
        f"`{name}` must hold boxes that count, 1 pixel wide and high or more in the network's input of 64 × 64. "
        f"Received: none in the 0 of {count} labelled pictures that can be read; {files[0]}: cut short"
    )
    with pytest.raises(ValueError, match=re.escape(says)):
        yolo_training.fit_detector(data, **TINY)


def test_a_box_smaller_than_a_pixel_of_the_input_does_not_count():
    """128 pixels become 64: a slip of the mouse of 1.9 × 40 is 0.95 wide, the box of 2 × 40 is just 1 wide."""
    boxes = [[5, 5, 5.01, 5.01], [9, 9, 10.9, 49], [9, 9, 11, 49], [20, 30, 80, 90]]
    truths = [GroundTruth(boxes, [0] * 4)] * 3
    images, splits = [np.zeros((128, 128, 3), np.uint8)] * 3, ["train", "train", "validation"]
    slips = BoxDataset.of(images, truths, ("cell",), splits=splits)
    kept = pipeline.keep(slips, (64, 64))
    assert [truth.ignore.tolist() for truth in kept.truths] == [[True, True, False, False]] * 3
    lines = []
    before_training(slips, anchors=5, report=lines.append)
    assert lines[0].startswith("anchors: 1×20, 30×30 pixels")
    assert lines[1] == "6 of the boxes are less than a pixel wide or high there, and do not count"
    alone = replace(slips, truths=[GroundTruth(boxes[:2], [0, 0])] * 3)
    with pytest.raises(ValueError, match="`data` must hold boxes that count, 1 pixel .* none in the 2 of 2 labelled"):
        yolo_training.fit_detector(alone, **TINY)


def test_too_many_pictures_are_refused_before_any_is_read(data):
    with pytest.raises(ValueError, match=r"14 of 8000 × 8000 × 3 bytes are 2\.7 GB, and 2 GB"):
        pipeline.keep(data.split("train"), (8000, 8000))


def test_what_does_not_count_is_not_trained_on():
    """The gradient of a slot whose objectness is −1 is 0: whatever the network says there, the loss is the same."""
    targets = np.zeros((1, 2, 2, 8), np.float32)
    targets[0, 0, 0, 4] = -1
    raw = np.random.default_rng(0).normal(size=targets.shape).astype(np.float32)
    other = raw.copy()
    other[0, 0, 0] = 9
    loss = YoloLoss(1)
    assert float(loss(targets, raw)) == pytest.approx(float(loss(targets, other)))
    other[0, 0, 1] = 9
    assert float(loss(targets, raw)) != pytest.approx(float(loss(targets, other)))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"epochs": 0}, "`epochs` must be a whole number >= 1"),
        ({"image_size": 60}, "`image_size` must be a multiple of 8 on both sides. Received: 60"),
        ({"anchors": [(0, 3)]}, "`anchors` must be finite widths and heights above 0"),
        ({"anchors": 0}, "`anchors` must be a whole number >= 1"),
        ({"patience": 0}, "`patience` must be a whole number >= 1"),
        ({"batch_size": 2.5}, "`batch_size` must be a whole number >= 1"),
        ({"data": []}, "`data` must be a BoxDataset. Received: list"),
        ({"validation": 5}, "`validation` must be a BoxDataset or None. Received: int"),
        ({"augment": "yes"}, "`augment` must be True, False or an Augmentation. Received: 'yes'"),
        ({"seed": 2**32}, "`seed` must be a whole number from 0 to 4294967295. Received: 4294967296"),
        ({"report": 5}, "`report` must be a function that is given each line, or None. Received: int"),
        ({"callbacks": 5}, "`callbacks` must be a list of Keras callbacks. Received: int"),
        ({"callbacks": [5]}, "`callbacks` must be a list of Keras callbacks. Received: number 0 is of type int"),
        ({"start": 5}, "`start` must be 'shapes', None or the path of a bundle's folder. Received: int"),
        ({"folder": 5}, "`folder` must be the path of a folder, or None. Received: int"),
        ({"validation": "none"}, "`data.draw_split(validation=0.25)` draws it. Received: 0 pictures"),
        ({"validation": drawn(2, 0)[[]]}, "`validation` must hold labelled pictures that steer"),
    ],
)
def test_bad_arguments_are_refused(data, change, says):
    if change.get("validation") == "none":
        data, change = data[data.splits == "train"], {}
    with pytest.raises((TypeError, ValueError), match=re.escape(says)):
        yolo_training.fit_detector(**{"data": data, **TINY, **change})


def test_pictures_without_boxes_alone_are_refused(data):
    empty = BoxDataset.of([np.zeros((64, 64, 3), np.uint8)] * 2, [GroundTruth([], [])] * 2, scenes.CLASSES)
    with pytest.raises(ValueError, match="`data` must hold boxes that count. Received: none in 2 labelled pictures"):
        yolo_training.fit_detector(empty, validation=data, **TINY)
    with pytest.raises(ValueError, match="`validation` must hold boxes that count"):
        yolo_training.fit_detector(data, validation=empty, **TINY)
    stranger = BoxDataset.of([np.zeros((64, 64, 3), np.uint8)], [GroundTruth([[0, 0, 9, 9]], [0])], ("cat",))
    with pytest.raises(ValueError, match="`validation` must have the classes of `data`"):
        yolo_training.fit_detector(data, validation=stranger, **TINY)


def test_a_bundle_of_the_same_task_is_trained_on_as_it_is(data, trained, tmp_path):
    learned, _ = trained
    learned.save(tmp_path / "first")
    onward = before_training(data, start=tmp_path / "first", anchors=5)
    assert onward.shape == learned.model.output_shape, "its two anchors stay"
    for mine, its in zip(onward.weights, learned.model.get_weights(), strict=True):
        assert np.allclose(mine, its, atol=1e-4)
    named = replace(data, class_names=("a", "b", "c"))
    other = before_training(named, start=tmp_path / "first").weights
    assert np.allclose(other[0], learned.model.get_weights()[0])
    assert not np.allclose(other[-2], learned.model.get_weights()[-2]), "other classes, another head"


@pytest.mark.parametrize(("image_size", "grid"), [(64, (8, 8)), (128, (8, 8)), ((120, 128), (15, 16))])
def test_large_objects_get_the_coarse_grid(data, image_size, grid):
    """Shapes of 18 to 30 pixels at a side of 64; at 128 they are 36 to 60, most above 40; 16 does not divide 120."""
    assert before_training(data, image_size=image_size).shape[1:3] == grid
