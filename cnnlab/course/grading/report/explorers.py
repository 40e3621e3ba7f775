"""Explorers of the lessons in a report: folded, and moving without a kernel."""

from __future__ import annotations

import base64
import hashlib

from cnnlab.course.grading.report.strangers import one_line
from cnnlab.course.look import NO_SCRIPTS
from cnnlab.course.moving import moving


class Explorers:
    """The explorers of one report, each once.

    Attributes
    ----------
    policy : what the page may load with those that were asked for. A report holds words of strangers, so that no script
        runs but the explorers' own, which is known by its hash
    """

    def __init__(self) -> None:
        self.policy = NO_SCRIPTS
        self._drawn = {""}

    def folded(self, cell: str) -> str:
        """Return the explorer of a lesson's cell as HTML; empty if it was asked for before, or cannot move."""
        if cell in self._drawn:
            return ""
        self._drawn.add(cell)
        try:
            shown = moving(cell, own_example=True)
        except Exception as error:  # noqa: BLE001  whatever it is, what a class has done is reported
            why = one_line(f"{type(error).__name__}: {error}", 200)
            return f'<p class="quiet">The explorer of this part of the lesson cannot be drawn: {why}</p>'
        if shown is None:
            return ""
        digest = base64.b64encode(hashlib.sha256(shown.script.encode()).digest()).decode()
        self.policy = f"{NO_SCRIPTS}; img-src data:; script-src 'sha256-{digest}'"
        own = '<p class="quiet">Here it has an example of its own; in the lesson it shows what the lesson makes.</p>'
        return (
            f'<details class="explorer"><summary>To show it: the lesson\'s <code>{shown.name}</code></summary>\n'
            f"{own if shown.own else ''}{shown.html}</details>"
        )
