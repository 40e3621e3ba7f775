"""The monitor that watches a run: what it keeps and says, and how it is stopped."""

from __future__ import annotations

import functools
import os
import re
import signal

import keras
import numpy as np
import pytest

from cnnlab import explore, transfer
from cnnlab.explore.drawing.value_axis import ValueAxis
from cnnlab.explore.training import training_monitor


@functools.cache
def small_model():
    """A model that learns in a few steps whether the sum of six numbers is large, and its first weights."""
    layers = keras.layers
    model = keras.Sequential([keras.Input((6,)), layers.Dense(8, "relu"), layers.Dense(2, "softmax")])
    model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, model.get_weights()


def watched(monitor, epochs=3, *others):
    """Weights and history of a run from the same beginning: three batches an epoch."""
    x = np.random.default_rng(0).normal(size=(120, 6)).astype("float32")
    model, start = small_model()
    keras.utils.set_random_seed(0)
    transfer.restart(model, start)
    settings = dict(batch_size=32, epochs=epochs, validation_split=0.25, callbacks=[monitor, *others], verbose=0)
    history = model.fit(x, (x.sum(axis=1) > 0).astype("int64"), **settings).history
    return model.get_weights(), history


@pytest.mark.parametrize("live", [None, True])
def test_the_monitor_keeps_what_keras_reports(live):
    monitor = explore.TrainingMonitor(live=live)
    _, history = watched(monitor)
    assert {name: pytest.approx(values) for name, values in history.items()} == monitor.history
    words = monitor.describe()
    assert "Finished after 3 epochs, 3 batches each." in words
    assert f"epoch 2: loss {history['loss'][1]:.3f}, validation {history['val_loss'][1]:.3f}; accuracy " in words
    best = int(np.argmin(history["val_loss"]))
    assert f"Best so far: epoch {best + 1}, with a validation loss of {min(history['val_loss']):.3f}." in words
    assert monitor.png().startswith(b"\x89PNG")


def test_watching_does_not_change_what_is_learned():
    plain, _ = watched(keras.callbacks.Callback())
    seen, _ = watched(explore.TrainingMonitor(live=True))
    assert all(map(np.array_equal, plain, seen))


def test_a_batch_run_tells_no_times():
    class Look(keras.callbacks.Callback):
        said = []

        def on_train_batch_end(self, batch, logs=None):
            self.said.append(monitor.describe())

    monitor = explore.TrainingMonitor()
    watched(monitor, 3, Look())
    assert len(Look.said) == 9
    assert Look.said[4].startswith("Training: epoch 2 of 3, batch 2 of 3.")
    assert not any("left" in words for words in [*Look.said, monitor.describe()])


class PressStop(keras.callbacks.Callback):
    """Press the button, or interrupt the process, after the second batch of the second epoch."""

    def __init__(self, press):
        super().__init__()
        self.press, self.batches = press, 0

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1
        if self.batches == 5:
            self.press()


def test_the_stop_button_ends_the_run_after_the_next_batch():
    monitor = explore.TrainingMonitor(live=True)
    presser = PressStop(lambda: monitor.controls["stop"].click())
    _, history = watched(monitor, 9, presser)
    assert presser.batches == 6
    assert monitor.stopped
    assert len(history["loss"]) == 2
    assert monitor.describe().startswith("Stopped by hand in epoch 2 of 9")
    watched(monitor, 2)  # the same monitor serves the next run
    assert not monitor.stopped
    assert "Finished after 2 epochs" in monitor.describe()


@pytest.mark.skipif(os.name != "posix", reason="signals to oneself")
def test_an_interrupt_ends_a_live_run_without_an_error():
    before = signal.getsignal(signal.SIGINT)
    monitor = explore.TrainingMonitor(live=True)
    _, history = watched(monitor, 9, PressStop(lambda: os.kill(os.getpid(), signal.SIGINT)))
    assert monitor.stopped
    assert len(history["loss"]) == 2
    assert signal.getsignal(signal.SIGINT) is before


def test_nobody_listens_for_interrupts_in_a_batch_run():
    before = signal.getsignal(signal.SIGINT)
    seen = []
    watched(explore.TrainingMonitor(), 1, PressStop(lambda: None), keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(signal.getsignal(signal.SIGINT))))  # fmt: skip
    assert set(seen) == {before}


def test_a_press_without_a_run_does_nothing():
    monitor = explore.TrainingMonitor()
    monitor.controls["stop"].click()
    assert not monitor.stopped
    assert monitor.describe().startswith("No run yet. Pass this monitor to fit")


def test_a_live_run_is_drawn_a_few_times_a_second_at_most(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(training_monitor.time, "monotonic", lambda: clock[0])
    monitor = explore.TrainingMonitor(live=True)
    drawn = []
    monkeypatch.setattr(monitor, "_redraw", lambda: drawn.append(clock[0]) or setattr(monitor, "_last_drawn", clock[0]))

    class Tick(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            clock[0] += 0.05

    watched(monitor, 10, Tick())  # 30 batches: 1.5 s
    during = drawn[2:-1]  # the view's first picture and the beginning's; the end's
    assert 2 <= len(during) <= 3
    assert min(np.diff(during)) >= 0.4


class Shell:
    """As much of a notebook's shell as the monitor looks at."""

    kernel = object()


def test_a_batch_run_in_a_notebook_ends_as_one_picture(monkeypatch):
    published = []
    monkeypatch.setattr("cnnlab.explore.base.shown.get_ipython", Shell)
    monkeypatch.setattr(
        "cnnlab.explore.base.explorer.publish", lambda *what, **options: published.append((what, options))
    )
    monitor = explore.TrainingMonitor()
    watched(monitor)
    (((picture, words, view), options),) = published
    assert options == {}
    assert words == picture.alt == monitor.describe()
    assert view is monitor.view()


def test_a_watched_run_puts_itself_into_the_notebook_and_leaves_its_last_picture(monkeypatch):
    published = []
    monkeypatch.delenv("CNNLAB_STRICT")
    monkeypatch.setattr("cnnlab.explore.base.shown.get_ipython", Shell)
    monkeypatch.setattr(training_monitor, "publish", lambda *what, **options: published.append((what, options)))
    monitor = explore.TrainingMonitor()
    watched(monitor)
    (first, begin), (last, end) = published
    assert (begin, end) == ({"update": False}, {"update": True})
    assert first[1].startswith("Training: epoch 1 of 3")
    assert last[1].startswith("Finished after 3 epochs")


class Told(keras.callbacks.Callback):
    """Writes a run's logs anew: what the monitor is told, epoch by epoch."""

    def __init__(self, **curves):
        super().__init__()
        self.curves = curves

    def on_epoch_end(self, epoch, logs=None):
        for name, values in self.curves.items():
            if name in logs:
                logs[name] = values[epoch]


def told(curves, **options):
    monitor = explore.TrainingMonitor()
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    x, y = np.ones((8, 4)), np.ones(8)
    model.fit(x, y, verbose=0, validation_data=(x, y), callbacks=[Told(**curves), monitor], **options)
    assert monitor.png().startswith(b"\x89PNG")
    return monitor.describe()


def test_validation_every_second_epoch_keeps_its_epochs():
    # Validated after epochs 2, 4 and 6: 0.5, 0.3, 0.4. The second of these numbers is that of epoch 4.
    curves = dict(loss=[6.0, 5.0, 4.0, 3.0, 2.0, 1.0], val_loss=[9.0, 0.5, 9.0, 0.3, 9.0, 0.4])
    words = told(curves, epochs=6, validation_freq=2)
    assert "epoch 3: loss 4.000\nepoch 4: loss 3.000, validation 0.300" in words
    assert "Best so far: epoch 4, with a validation loss of 0.300." in words
    assert "Overfitting: for 2 epochs the training loss has fallen" in words
    falling = told(curves, epochs=4, validation_freq=2)
    assert "Still falling: 0.500 to 0.300 from epoch 2 to 4." in falling
    assert "One number is no curve yet." in told(curves, epochs=3, validation_freq=2)


def test_a_run_that_goes_on_keeps_the_numbers_of_its_epochs():
    curves = dict(loss=[9.0] * 5 + [3.0, 1.0, 2.0], val_loss=[9.0] * 5 + [3.0, 1.0, 2.0])
    words = told(curves, epochs=8, initial_epoch=5)
    assert words.startswith("Finished after 3 epochs, numbers 6 to 8, 1 batch each.")
    assert "epoch 6: loss 3.000" in words
    assert "epoch 1" not in words
    assert "Best so far: epoch 7" in words
    assert "No better for 1 epoch." in words


@pytest.mark.parametrize(
    ("curves", "says"),
    [
        (dict(loss=[0.0021, 0.00042]), "Still falling: 0.002 to 0.00042 in the last epoch."),
        (dict(loss=[2.0]), "One epoch is no curve yet."),
        (dict(loss=[2.0, 1.0]), "Still falling: 2.000 to 1.000 in the last epoch."),
        (dict(loss=[2.0, 1.0, 0.5], val_loss=[2.0, 1.0, 1.1]), "No better for 1 epoch."),
        (dict(loss=[2.0, 1.0, 0.5, 0.2], val_loss=[2.0, 1.0, 1.1, 1.2]), "Overfitting: for 2 epochs"),
        (dict(loss=[2.0, float("nan")]), "The loss is no number any more"),
        (dict(loss=[float("nan"), float("nan")]), "The loss is no number any more"),
    ],
)
def test_what_the_curves_say(curves, says):
    monitor = explore.TrainingMonitor(curves)
    assert says in monitor.describe()
    for log_scale in (False, True):
        assert monitor.set(log_scale=log_scale).png().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("history", "error", "words"),
    [
        ([1, 2], TypeError, "`history` must be a dict of curves"),
        ({"accuracy": [1.0]}, ValueError, "`history` must hold 'loss'"),
        ({"loss": []}, ValueError, "Received: {'loss': 0}"),
        ({"loss": [1.0], "val_loss": [1.0, 2.0]}, ValueError, "Received: {'loss': 1, 'val_loss': 2}"),
    ],
)
def test_the_monitor_refuses_what_is_no_history(history, error, words):
    with pytest.raises(error, match=re.escape(words)):
        explore.TrainingMonitor(history)


@pytest.mark.parametrize(
    ("values", "log", "labels"),
    [
        ([0.0, 1.0], False, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([0.02, 1.0], True, ["0.02", "0.05", "0.1", "0.2", "0.5", "1"]),
        ([0.98, 0.99], False, ["0.980", "0.982", "0.984", "0.986", "0.988", "0.990"]),
        ([], False, ["0.2", "0.4", "0.6", "0.8", "1.0"]),
    ],
)
def test_an_axis_has_round_numbers(values, log, labels):
    axis = ValueAxis.over(np.array(values), 1.0, 3.0, log=log)
    assert axis.labels() == labels
    assert axis.y(axis.low) == pytest.approx(3.0)
    assert axis.y(axis.high) == pytest.approx(1.0)
    assert axis.y(float("nan")) == 1.0
    assert 1.0 <= axis.y(1e9) <= axis.y(-1e9) <= 3.0


@pytest.mark.parametrize("value", [0.0, 0.37, 5.0])
def test_an_axis_of_one_value_still_has_room(value):
    axis = ValueAxis.over(np.array([value, value]), 1.0, 3.0)
    assert axis.low < value < axis.high
    assert axis.ticks
