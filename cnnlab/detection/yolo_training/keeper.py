"""After every epoch of a training: measure, remember the best, write down how far it is, and end what goes nowhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from cnnlab.detection import metrics
from cnnlab.detection.yolo_training import pipeline, state
from cnnlab.detection.yolo_training.watching import LOW, detect


class Keeper(keras.callbacks.Callback):
    """A callback that measures mAP@.5 as ``map50``, keeps the best weights, and writes every finished epoch down.

    Parameters
    ----------
    batches : what is trained on; it is told the epoch
    judged : the validation pictures
    anchors : (A, 2) in pixels of the input
    so_far : filled as the training goes on
    patience : epochs of the second half without a better mAP after which it ends
    epochs : at most this many
    folder, settings : of `state.write`; None writes nothing
    say : called with the number of epochs done and a line
    """

    def __init__(
        self,
        batches: pipeline.Batches,
        judged: pipeline.Kept,
        anchors: np.ndarray,
        so_far: state.State,
        patience: int,
        epochs: int,
        folder: str | os.PathLike[str] | None,
        settings: dict[str, object],
        say: Callable[[int, str], None],
    ) -> None:
        super().__init__()
        self._batches, self._judged, self._anchors, self._state = batches, judged, anchors, so_far
        self._patience, self._epochs, self._settings, self._say = patience, epochs, settings, say
        self._folder = None if folder is None else Path(folder)
        self._seen = 0

    @property
    def over(self) -> bool:
        """Whether the training has ended: all epochs, or no better one for long."""
        done = self._state.epochs
        first = self._state.history["map50"].index(self._state.best) + 1 if done else 0  # of equal ones
        waited = done - max(first, self._epochs // 2)
        return done >= self._epochs or waited >= self._patience

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._batches.epoch, self._seen = epoch, 0

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self._seen += 1

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        whole = self._seen == self.params["steps"]
        found = detect(self.model, self._judged.images / np.float32(255), self._anchors, LOW)
        value = metrics.mean_average_precision(found, list(self._judged.truths))
        terms = {name: number for name, number in logs.items() if name != "loss"}
        loss = logs["loss"]
        logs.clear()
        logs.update(loss=loss, map50=value, **terms)  # a monitor shows the first two
        kept = self._state
        if not whole and kept.best_epoch:
            return  # cut off by another callback: what was finished before counts
        for name, number in logs.items():
            kept.history.setdefault(name, []).append(float(number))
        kept.epochs = epoch + 1
        if value > kept.best or (value == kept.best and loss < kept.history["loss"][kept.best_epoch - 1]):
            kept.best, kept.best_epoch, kept.best_weights = value, epoch + 1, self.model.get_weights()
        if whole and self._folder is not None:
            kept.take(self.model)
            state.write(self._folder, kept, self._settings)
        self._say(epoch + 1, f"epoch {epoch + 1} of {self._epochs}: loss {loss:.2f}, mAP@.5 {value:.3f}")
        if self.over:
            self.model.stop_training = True
