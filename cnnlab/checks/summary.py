"""Where a learner stands at the end of a lesson: what the checks of this session said, and what is open."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from cnnlab.checks.exercise import SIGNS, Exercise


class Summary:
    """A lesson's exercises, in its order. Call it to see what is done: ``check.summary()``."""

    def __init__(self, *exercises: Exercise) -> None:
        self.exercises = exercises

    def __call__(self) -> Standing:
        """Say what the checks have said since the kernel started."""
        return Standing(self.exercises)

    def __repr__(self) -> str:
        return "With parentheses, check.summary() shows what is done and what is open."


class Standing:
    """How many exercises are ✔, ✘ and ○, which are open, and what help was used; fixed when it is made."""

    def __init__(self, exercises: Sequence[Exercise]) -> None:
        self.names = {
            status: [exercise.name for exercise in exercises if exercise.seen.status == status] for status in SIGNS
        }
        self.unchecked = [exercise.name for exercise in exercises if not exercise.seen.checked]
        hints = [f"{e.name} ({len(e.seen.hints)})" for e in exercises if e.seen.hints]
        solutions = [exercise.name for exercise in exercises if exercise.seen.solution]
        self.help = [
            f"Hints used: {', '.join(hints) or 'none'}.",
            f"Solutions looked at: {', '.join(solutions) or 'none'}.",
        ]
        self.links = _links()

    def _lines(self, name: str = "{0}") -> list[str]:
        """The lines of the text; `name` is how a name is written, with {0} for it."""

        def listed(names: list[str]) -> str:
            return ", ".join(name.format(entry) for entry in names)

        lines = [" · ".join(f"{SIGNS[status]} {len(names)}" for status, names in self.names.items())]
        lines += [f"Wrong: {listed(self.names['wrong'])}."] if self.names["wrong"] else []
        lines += [f"Open: {listed(self.names['not attempted'])}."] if self.names["not attempted"] else []
        if self.unchecked:
            lines.append(
                f"Not checked since the kernel started: {listed(self.unchecked)}. Run these cells to count them."
            )
        return lines + self.help

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        linked = [html.escape(line) for line in self._lines("\x00{0}\x00")]
        for name in {name for names in self.names.values() for name in names}:
            there = f'<a href="{html.escape(self.links[name])}">{name}</a>' if name in self.links else name
            linked = [line.replace(f"\x00{name}\x00", there) for line in linked]
        return f'<div role="status">{"<br>".join(linked)}</div>'


def _links() -> dict[str, str]:
    """Return where each exercise stands, if the kernel knows its notebook; JupyterLab follows such a link to a cell."""
    path = Path(os.environ.get("JPY_SESSION_NAME", ""))
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return {
            tag.removeprefix("exercise-"): f"{quote(path.name)}#cell-id={cell['id']}"
            for cell in cells
            for tag in cell["metadata"].get("tags", [])
            if tag.startswith("exercise-")
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # not in JupyterLab, or no notebook of ours
        return {}
