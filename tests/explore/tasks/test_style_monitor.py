"""The monitor of a style transfer: it shows the picture, counts steps, and stops without losing what is painted."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from cnnlab import explore, style


class At(keras.callbacks.Callback):
    """Calls ``then`` at the end of a step, counted from 1."""

    def __init__(self, step, then):
        super().__init__()
        self.step, self.then = step, then

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 == self.step:
            self.then()


@pytest.fixture(scope="module")
def backbone():
    layers = keras.layers
    inputs = keras.Input((8, 10, 3))
    maps = layers.Conv2D(4, 3, activation="relu", name="conv1", kernel_initializer=keras.initializers.HeNormal(seed=0))
    return keras.Model(inputs, maps(inputs))


def painted(backbone, monitor, steps=4, *others):
    rng = np.random.default_rng(0)
    pictures = rng.random((2, 8, 10, 3), "float32")
    return style.transfer(*pictures, backbone, "conv1", ["conv1"], steps=steps, callbacks=[monitor, *others])


@pytest.mark.parametrize("live", [None, True])
def test_the_monitor_keeps_the_picture_and_the_losses(backbone, live):
    monitor = explore.StyleMonitor(live=live)
    made = painted(backbone, monitor)
    assert np.array_equal(monitor.picture, made.picture)
    assert monitor.history["style_loss"] == pytest.approx(made.history["style"][:-1])
    words = monitor.describe().splitlines()
    assert words[0] == "Finished after 4 steps."
    assert words[1] == f"step 1: style loss {made.history['style'][0]:.3f}; content loss 0.000"
    assert "epoch" not in monitor.describe()
    assert monitor.png().startswith(b"\x89PNG")


def test_the_stop_button_ends_the_run_and_what_is_painted_is_kept(backbone):
    monitor = explore.StyleMonitor()
    made = painted(backbone, monitor, 6, At(2, lambda: monitor.press("stop")))
    assert made.steps == 3  # pressed after the second, heard in the third
    assert monitor.describe().splitlines()[0] == "Stopped by hand in step 3 of 6. What has been painted is kept."
    assert np.array_equal(monitor.picture, made.picture)


def test_while_it_runs_the_present_picture_is_shown(backbone):
    monitor, seen = explore.StyleMonitor(), []

    def look():
        monitor.figure()
        seen.append((monitor.describe().splitlines()[0], monitor.picture.copy()))

    painted(backbone, monitor, 4, At(1, look), At(3, look))
    assert [words for words, _ in seen] == [
        "Painting: step 1 of 4. To stop: the notebook's ■.",
        "Painting: step 3 of 4. To stop: the notebook's ■.",
    ]
    assert not np.array_equal(seen[0][1], seen[1][1])


def test_a_logarithmic_scale_moves_the_curves_and_there_is_no_control_for_batches(backbone):
    monitor = explore.StyleMonitor()
    painted(backbone, monitor)
    assert set(monitor.controls) == {"log_scale", "stop"}
    before = monitor.png()
    assert monitor.set(log_scale=True).png() != before


def test_before_a_run_it_says_how_to_use_it():
    assert explore.StyleMonitor().describe() == (
        "No run yet. Pass this monitor on: style.transfer(…, callbacks=[monitor])."
    )
