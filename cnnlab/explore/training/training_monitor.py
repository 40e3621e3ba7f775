"""A training run as it goes: curves, progress, the best epoch so far, and a way to stop."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import keras
import numpy as np

from cnnlab import plot
from cnnlab.explore.base.clicks import Clicks
from cnnlab.explore.base.controls import button, switch
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.shown import in_notebook, publish
from cnnlab.explore.base.wording import counted
from cnnlab.explore.drawing.sheet import INK, Sheet, disc
from cnnlab.explore.drawing.value_axis import ValueAxis

_LEAST_PAUSE = 0.4  # seconds between two pictures of a live run
_SHARE = 0.03  # of the time at most goes into drawing
_POINTS = 240  # of the batch curve that are drawn
_TRAIN, _VALIDATION, _PALE = plot.BLUE, plot.RED, "#9CC7E0"
_WIDTH, _HEIGHT = 9.9, 3.7  # all in inches, y downwards
_TOP, _BOTTOM, _LABEL = 1.15, 3.2, 0.19


class TrainingMonitor(Explorer, keras.callbacks.Callback):
    """A callback for ``model.fit`` that shows the run while it lasts, and an explorer of its curves afterwards.

    In a notebook the monitor shows itself under the cell that calls ``fit``. The notebook's own ■ (interrupt) ends the
    run after the present batch: nothing is lost, and the cells below go on. So does the stop button, which is there
    while a run lasts and the kernel's waiting messages can be read.

    In a batch run (``CNNLAB_STRICT=1``) and outside notebooks nothing is shown while training runs; in a notebook one
    picture appears at its end, which tells no times.

    Parameters
    ----------
    history : curves of an earlier run to look at, ``fit(...).history``: name → one number an epoch
    live : show the run while it lasts; by default where a learner may be watching

    Attributes
    ----------
    history : dict
        Name → list of one float an epoch, as ``fit(...).history``; with ``validation_freq`` some names have fewer.
    stopped : bool
        Whether the last run was ended by hand.

    Raises
    ------
    TypeError, ValueError
        If `history` is not a dict of such lists, all of one length, with ``"loss"`` among them.

    Examples
    --------
    >>> monitor = TrainingMonitor({"loss": [0.9, 0.5, 0.4], "val_loss": [0.8, 0.6, 0.7]})
    >>> print(monitor.describe().splitlines()[-2])
    Best so far: epoch 2, with a validation loss of 0.600.
    """

    log_scale = switch(False, "loss on a logarithmic scale")
    batches = switch(True, "running mean within an epoch")
    stop = button("stop training", icon="stop", width=150)
    _unit, _curve = "epoch", "training"  # what is counted, and what the curve of it is called
    listed = {"log_scale": None}

    def __init__(self, history: Mapping[str, Sequence[float]] | None = None, *, live: bool | None = None) -> None:
        keras.callbacks.Callback.__init__(self)
        self.history = _checked(history)
        self.stopped = False
        self._live = live
        self._watched = False
        self._running = False
        self._when = {name: list(range(1, len(values) + 1)) for name, values in self.history.items()}  # epochs from 1
        self._first: int | None = 0  # epochs before this run, `initial_epoch`; None until the first one begins
        self._epochs, self._steps = len(self.history.get("loss", ())), 0
        self._epoch, self._batch = 0, 0
        self._batches: list[tuple[float, dict[str, float]]] = []  # (epochs so far, the running means of this epoch)
        self._began = self._last_drawn = self._drawing = 0.0
        self._lock = threading.RLock()  # the stop button may be heard in another thread than the one that trains
        self._interrupt: object = None
        self._clicks: Clicks | None = None  # of the stop button, while a run lasts
        Explorer.__init__(self)
        self._listen_no_more()

    def press(self, name: str) -> None:
        """The stop button: end the run after the present batch."""
        if self._running:
            self.stopped = True

    # --- what Keras calls ---------------------------------------------------------------------------------------

    def on_train_begin(self, logs: Mapping | None = None) -> None:
        self.history, self._when, self._first, self._batches = {}, {}, None, []
        self._epochs, self._steps = self.params.get("epochs") or 1, self.params.get("steps") or 0
        self._epoch = self._batch = 0
        self.stopped, self._running = False, True
        self._watched = in_notebook() and os.environ.get("CNNLAB_STRICT") != "1" if self._live is None else self._live
        self._began = time.monotonic()
        if self._watched:
            self._listen()
            self._show(first=True)

    def on_epoch_begin(self, epoch: int, logs: Mapping | None = None) -> None:
        self._epoch, self._batch = epoch, 0
        if self._first is None:
            self._first = epoch

    def on_train_batch_end(self, batch: int, logs: Mapping | None = None) -> None:
        self._batch = batch + 1
        if self._steps:
            self._batches.append((self._epoch + self._batch / self._steps, dict(logs or {})))
        self._stop_if_asked()
        self._show_if_due()

    def on_epoch_end(self, epoch: int, logs: Mapping | None = None) -> None:
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))
            self._when.setdefault(name, []).append(epoch + 1)
        self._steps = self._steps or self._batch  # a generator's length is known after one epoch
        self._stop_if_asked()
        self._show_if_due()

    def on_train_end(self, logs: Mapping | None = None) -> None:
        self._running = False
        self._listen_no_more()
        if self._watched:
            self._show(last=True)
        elif in_notebook():
            self._ipython_display_()

    # --- showing and stopping -----------------------------------------------------------------------------------

    def _redraw(self) -> None:
        with self._lock:
            begin = time.monotonic()
            super()._redraw()
            self._last_drawn = time.monotonic()
            self._drawing = self._last_drawn - begin

    def _show_if_due(self) -> None:
        pause = max(_LEAST_PAUSE, self._drawing / _SHARE)
        if self._watched and time.monotonic() - self._last_drawn > pause:
            self._show()

    def _show(self, *, first: bool = False, last: bool = False) -> None:
        """Draw the present state; at the beginning put it into the notebook, at the end leave its picture there."""
        view = self.view()
        self._redraw()
        if (first or last) and in_notebook():
            publish(*self._drawn, view, update=last)

    def _listen(self) -> None:
        """Hear ■ and the stop button, as far as that is possible here."""
        self._listen_no_more()  # to a run that ended in an error
        if threading.current_thread() is threading.main_thread():
            self._interrupt = signal.signal(signal.SIGINT, self._interrupted)
            self._clicks = Clicks.of(self.controls["stop"])
            if self._clicks is not None:
                self.controls["stop"].layout.display = None

    def _stop_if_asked(self) -> None:
        if self._clicks is not None and self._clicks.waiting():
            self.stopped = True
        if self.stopped:
            self.model.stop_training = True

    def _interrupted(self, *_: object) -> None:
        self.stopped = True
        self._leave_interrupts_alone()  # a second ■ is meant in earnest

    def _listen_no_more(self) -> None:
        self._leave_interrupts_alone()
        self.controls["stop"].layout.display = "none"
        if self._clicks is not None:
            self._clicks.close()
            self._clicks = None

    def _leave_interrupts_alone(self) -> None:
        if self._interrupt is not None:
            signal.signal(signal.SIGINT, self._interrupt)
            self._interrupt = None

    # --- in words -----------------------------------------------------------------------------------------------

    def describe(self) -> str:
        done = len(self.history.get("loss", ()))
        lines = [self._progress_words(done)]
        rows = range(done) if done <= 6 else [0, *range(done - 5, done)]
        for row in rows:
            if row == done - 5 and done > 6:
                lines.append("…")
            parts = [self._pair(name, row) for name in self._shown_metrics()]
            lines.append(f"epoch {self._when['loss'][row]}: " + "; ".join(parts))
        if done:
            name, best = self._best()
            value, epoch = self.history[name][best], self._when[name][best]
            lines.append(f"Best so far: epoch {epoch}, with a {_called(name)} of {_told(value)}.")
            lines.append(self._reading(name, best, done))
        return "\n".join(lines)

    def _progress_words(self, done: int) -> str:
        batches = f", {counted(self._steps, 'batch', 'es')} each" if self._steps else ""
        if self._running:
            within = f"batch {self._batch} of {self._steps}" if self._steps else f"batch {self._batch}"
            left = f", {_duration(self._seconds_left())} left" if self._watched and self._progress() > 0.02 else ""
            button = "the button, or " if self._clicks is not None else ""
            stop = "Stopping after this batch." if self.stopped else f"To stop: {button}the notebook's ■."
            return f"Training: epoch {self._epoch + 1} of {self._epochs}, {within}{left}. {stop}"
        if not done:
            return "No run yet. Pass this monitor to fit: model.fit(x, y, epochs=5, callbacks=[monitor])."
        if self.stopped:
            of = f" after batch {self._batch} of {self._steps}" if self._batch < self._steps else ""
            epoch = self._when["loss"][-1]
            return f"Stopped by hand in epoch {epoch} of {self._epochs}{of}. The model keeps what it has learned."
        first = self._first or 0
        early = f" of {self._epochs - first}" if done < self._epochs - first else ""
        numbers = f", numbers {first + 1} to {first + done}" if first else ""
        return f"Finished after {counted(done, 'epoch')}{early}{numbers}{batches}."

    def _shown_metrics(self) -> list[str]:
        """``loss`` and the first other metric there is."""
        names = [*self.history, *(self._batches[-1][1] if self._batches else ())]
        others = [n for n in names if n not in ("loss", "learning_rate") and not n.startswith("val_")]
        return ["loss", *others[:1]]

    def _pair(self, name: str, row: int) -> str:
        text = f"{_called(name)} {_told(self.history[name][row])}"
        validation = dict(zip(self._when.get(f"val_{name}", ()), self.history.get(f"val_{name}", ()), strict=True))
        if (epoch := self._when[name][row]) in validation:
            text += f", validation {_told(validation[epoch])}"
        return text

    def _best(self) -> tuple[str, int]:
        """The curve that is judged, and the place of its lowest value in it."""
        name = "val_loss" if self.history.get("val_loss") else "loss"
        losses = np.array(self.history[name])
        return name, int(np.nanargmin(losses)) if np.isfinite(losses).any() else 0

    def _reading(self, name: str, best: int, done: int) -> str:
        """What the curves say, in a sentence."""
        losses, epochs, last = self.history[name], self._when[name], self.history[name][-1]
        if not np.isfinite([last, self.history["loss"][-1]]).all():
            return "The loss is no number any more: the learning rate is far too large, or a pixel is NaN."
        if done == 1:
            return "One epoch is no curve yet."
        since = epochs[-1] - epochs[best]
        training = dict(zip(self._when["loss"], self.history["loss"], strict=True))
        if name == "val_loss" and since >= 2 and training[epochs[-1]] < training[epochs[best]]:
            return (
                f"Overfitting: for {since} epochs the training loss has fallen without the validation loss getting "
                "better."
            )
        if since:
            return f"No better for {counted(since, 'epoch')}."
        if len(losses) == 1:
            return "One number is no curve yet."
        when = "in the last epoch" if epochs[-1] - epochs[-2] == 1 else f"from epoch {epochs[-2]} to {epochs[-1]}"
        return f"Still falling: {_told(losses[-2])} to {_told(last)} {when}."

    def _progress(self) -> float:
        """The part of the run that is done, 0 to 1."""
        within = self._batch / self._steps if self._steps else 0.0
        first = self._first or 0
        return min(1.0, (self._epoch + within - first) / max(self._epochs - first, 1))

    def _seconds_left(self) -> float:
        progress = max(self._progress(), 1e-6)
        return (time.monotonic() - self._began) * (1 - progress) / progress

    # --- the picture --------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        words = self.describe()
        picture = plot.Picture(_WIDTH, _HEIGHT, alt=words)
        sheet = Sheet(picture)
        sheet.write(0.2, 0.24, words.splitlines()[0], 11, bold=True)
        part = self._progress() if self._running or self.stopped else float(bool(self.history))
        sheet.box(0.2, 0.43, (_WIDTH - 0.4) * part, 0.13, plot.GREEN, fill=plot.GREEN, line=0)
        sheet.box(0.2, 0.43, _WIDTH - 0.4, 0.13, plot.GREY, line=0.8)
        self._draw_panels(sheet)
        return picture

    def _draw_panels(self, sheet: Sheet) -> None:
        metrics = self._shown_metrics()
        width = 2.9 if len(metrics) > 1 else 7.6
        for number, name in enumerate(metrics):
            self._draw_panel(sheet, name, 0.7 + 4.95 * number, width)

    def _draw_panel(self, sheet: Sheet, name: str, left: float, width: float) -> None:
        """One metric: axes, the running mean within each epoch, the two curves with their names at their ends."""
        curves = [(name, self._curve, _TRAIN), (f"val_{name}", "validation", _VALIDATION)]
        curves = [curve for curve in curves if self.history.get(curve[0])]
        means = self._running_means(name) if self.batches else np.empty((0, 2))
        shown = np.concatenate([means[:, 1], *(self.history[key] for key, _, _ in curves)]).astype(float)
        axis = ValueAxis.over(shown, _TOP, _BOTTOM, log=name.endswith("loss") and self.log_scale)
        first = self._first or 0
        epochs = max(self._epochs - first, 1)

        def x(epoch: float) -> float:
            return left + width * (epoch - first) / epochs

        sheet.write(left, _TOP - 0.22, name.replace("_", " "), 11)
        sheet.shapes([((left, axis.y(tick)), (left + width, axis.y(tick))) for tick in axis.ticks], "#DDDDDD", line=0.7)
        sheet.shapes([((left, _TOP), (left, _BOTTOM)), ((left, _BOTTOM), (left + width, _BOTTOM))], INK, line=0.9)
        for tick, text in zip(axis.ticks, axis.labels(), strict=True):
            sheet.write(left - 0.09 - 0.072 * len(text), axis.y(tick), text, 9)
        numbers = range(first, first + epochs + 1, -(-epochs // 8))
        sheet.stamp_all({str(n): [(x(n), _BOTTOM + 0.14)] for n in numbers}, 9)
        sheet.stamp(f"{self._unit}s done", [(left + width / 2, _BOTTOM + 0.33)], 9, plot.GREY)

        points = [(x(at), axis.y(value)) for at, value in means]
        sheet.shapes(list(pairwise(points)), _PALE, line=0.9)  # as thin polygons: lines would come on top of all
        ends = []
        for key, label, colour in curves:
            values = self.history[key]
            points = [(x(n), axis.y(value)) for n, value in zip(self._when[key], values, strict=True)]
            sheet.shapes(list(pairwise(points)), colour, line=1.8)
            corners = 4 if label == "validation" else 12
            radius = 0.05 if epochs <= 15 else 0.032
            sheet.shapes([disc(*point, radius, corners) for point in points], colour)
            ends.append((points[-1][1], f"{label} {_told(values[-1])}".lstrip(), colour))
        for place, text, colour in _apart(ends):
            sheet.write(x(self._when["loss"][-1]) + 0.17, place, text, 9.5, colour)
        self._mark_best(sheet, name, x, axis.y, left + width)

    def _running_means(self, name: str) -> np.ndarray:
        """(M, 2) epochs done and Keras' running mean there, at most about `_POINTS` of them."""
        every = -(-len(self._batches) // _POINTS) or 1
        return np.array([(at, logs[name]) for at, logs in self._batches[::every] if name in logs]).reshape(-1, 2)

    def _mark_best(self, sheet: Sheet, name: str, x: Callable, y: Callable, right: float) -> None:
        if not self.history:
            return
        key, best = self._best()
        if key.endswith(name) and len(self.history[key]) > 1:
            colour = _VALIDATION if key == "val_loss" else _TRAIN
            epoch = self._when[key][best]
            sheet.shapes([disc(x(epoch), y(self.history[key][best]), 0.11, 24)], colour, line=1.5)
            sheet.shapes([disc(right - 1.1, _TOP - 0.22, 0.06, 24)], colour, line=1.5)
            sheet.write(right - 0.95, _TOP - 0.22, f"best: {self._unit} {epoch}", 9.5, colour)


def _apart(ends: list[tuple[float, str, str]]) -> list[tuple[float, str, str]]:
    """Labels at their places, pushed away from each other where they would overlap."""
    if len(ends) < 2 or abs(ends[0][0] - ends[1][0]) >= _LABEL:
        return ends
    ends = sorted(ends, key=lambda end: end[0])
    middle = sum(place for place, _, _ in ends) / 2
    return [(middle + side * _LABEL / 2, *end[1:]) for side, end in zip((-1, 1), ends, strict=True)]


def _checked(history: Mapping[str, Sequence[float]] | None) -> dict[str, list[float]]:
    if history is None:
        return {}
    if not isinstance(history, Mapping):
        raise TypeError(f"`history` must be a dict of curves, such as fit(...).history. Received: {history!r}")
    curves = {str(name): [float(value) for value in values] for name, values in history.items()}
    lengths = {name: len(values) for name, values in curves.items()}
    if "loss" not in curves or len(set(lengths.values())) != 1 or not lengths["loss"]:
        raise ValueError(f"`history` must hold 'loss', and one number an epoch for each name. Received: {lengths}")
    return curves


def _told(value: float) -> str:
    """Three decimals, or two digits where these would be zeros.

    >>> _told(0.5), _told(0.00042)
    ('0.500', '0.00042')
    """
    return f"{value:.2g}" if 0 < abs(value) < 0.001 else f"{value:.3f}"


def _called(name: str) -> str:
    return name.replace("val_", "validation ").replace("_", " ")


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    return f"about {round(seconds / 60)} min"
