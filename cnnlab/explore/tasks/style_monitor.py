"""The training monitor of a style transfer: what is trained is a picture, so it shows that."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from cnnlab.explore.base.controls import Control, button
from cnnlab.explore.base.wording import counted
from cnnlab.explore.drawing.arrays import Map
from cnnlab.explore.drawing.sheet import Sheet
from cnnlab.explore.training.training_monitor import TrainingMonitor
from cnnlab.tasks import style

_ONE_BATCH = re.compile(r", (batch \d of 1|1 batch each|batch \d(?=[,.]))")
_PANEL, _STEP = 1.95, 3.2  # width of a panel, and from one to the next, in inches
_PICTURE = (7.05, 0.95, 2.65)  # left, top, side


class StyleMonitor(TrainingMonitor):
    """A callback for `style.transfer` that shows the picture as it is painted, with its losses and a way to stop.

    A step is an epoch. ■ and the stop button end the run after the present step; what has been painted is kept.

    Parameters
    ----------
    live : show the run while it lasts; by default where a learner may be watching

    Attributes
    ----------
    history, stopped : as of `TrainingMonitor`
    picture : (H, W, 3) numbers from 0 to 1, the last that was seen; None before a run

    Examples
    --------
    >>> print(StyleMonitor().describe())
    No run yet. Pass this monitor on: style.transfer(…, callbacks=[monitor]).
    """

    stop = button("stop painting", icon="stop", width=150)
    batches = False  # a step has one
    _unit, _curve = "step", ""

    def __init__(self, *, live: bool | None = None) -> None:
        self.picture: np.ndarray | None = None
        super().__init__(live=live)

    def declared(self) -> Mapping[str, Control]:
        return {name: control for name, control in super().declared().items() if name != "batches"}

    def on_train_end(self, logs: Mapping | None = None) -> None:
        self.picture = style.picture(self.model)
        super().on_train_end(logs)

    def describe(self) -> str:
        if not self.history and not self._running:
            return "No run yet. Pass this monitor on: style.transfer(…, callbacks=[monitor])."
        words = _ONE_BATCH.sub("", super().describe()).replace("epoch", "step").replace("Training", "Painting")
        return words.replace("The model keeps what it has learned.", "What has been painted is kept.")

    def _shown_metrics(self) -> list[str]:
        names = [*self.history, *(self._batches[-1][1] if self._batches else ())]
        return ["style_loss", "content_loss"] if "style_loss" in names else ["loss"]

    def _draw_panels(self, sheet: Sheet) -> None:
        for number, name in enumerate(self._shown_metrics()):
            self._draw_panel(sheet, name, 0.7 + _STEP * number, _PANEL)
        if self._running:
            self.picture = style.picture(self.model)
        if self.picture is not None:
            left, top, side = _PICTURE
            title = f"the picture after {counted(len(self.history.get('loss', ())), 'step')}"
            Map(sheet, np.round(255 * self.picture).astype(np.uint8), (left, top), side).title(title)
