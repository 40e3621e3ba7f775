"""Predict first: what a learner has guessed of an explorer's answer, and what is said to that."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Protocol

import ipywidgets as widgets

from cnnlab.explore.base.guess import Answer, judge, spoken, wanted


class Asking(Protocol):
    """An explorer that can ask before it answers."""

    controls: Mapping[str, widgets.Widget]
    choices: Sequence[str]
    guess: str

    def question(self) -> str: ...

    def answer(self) -> Answer: ...


class Prediction:
    """The guess of one explorer.

    Parameters
    ----------
    explorer : which asks
    asked : whether it asks at all; if not, nothing is hidden and nothing is said
    """

    def __init__(self, explorer: Asking, asked: bool) -> None:
        self.asked = asked
        self._explorer = explorer
        self._judged: tuple[tuple, bool | None] | None = None  # (guess, question, answer) and whether it is right

    @property
    def made(self) -> bool:
        """Whether the answer may be shown. A guess that cannot be read is none."""
        return not self.asked or self._right() is not None

    def forget(self) -> None:
        """Judge the guess anew when it is next asked for."""
        self._judged = None

    def follow(self) -> None:
        """Ask again, if what is asked or the answer has changed; a move that changes neither leaves both in sight."""
        explorer = self._explorer
        if self.asked and explorer.guess:
            before, self._judged = self._judged, None
            if before is None or before[0] != (explorer.guess, explorer.question(), explorer.answer()):
                explorer.controls["guess"].value = ""
            else:
                self._judged = before

    def verdict(self) -> str:
        """What is said to the guess, or asked; "" where nothing is asked for."""
        if not self.asked:
            return ""
        explorer, right = self._explorer, self._right()
        said = explorer.guess.strip()
        if not said:
            return f"Predict first. {explorer.question()}"
        answer = explorer.answer()
        if right is None:
            return f"○ “{said}” cannot be read. Type {wanted(answer, explorer.choices)}. {explorer.question()}"
        return f"✔ You said {said}, and so it is." if right else f"✘ You said {said}; it is {spoken(answer)}."

    def panel(self, width: int) -> str:
        """The verdict as HTML, at most `width` pixels wide."""
        verdict = self.verdict()
        if not verdict:
            return ""
        kind = {"✔": "right", "✘": "wrong"}.get(verdict[0], "asked")
        look = f'class="cnnlab-panel cnnlab-{kind}" style="max-width:{width}px"'
        return f'<div role="status" {look}>{html.escape(verdict)}</div>'

    def _right(self) -> bool | None:
        """Whether the guess is right; None where there is none, or none that can be read."""
        explorer = self._explorer
        if not explorer.guess.strip():
            return None
        if self._judged is None or self._judged[0][0] != explorer.guess:
            answer = explorer.answer()
            judged = judge(explorer.guess, answer, explorer.choices)
            self._judged = (explorer.guess, explorer.question(), answer), judged
        return self._judged[1]
