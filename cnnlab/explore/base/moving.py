"""An explorer as one HTML element that moves without a kernel: every state drawn beforehand, with its words.

Nothing is computed in the page. A control chooses among the states that are there; picture, alternative text and words
are looked up. Without JavaScript the element shows the explorer's present state, and says that it could move.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets as widgets
import numpy as np

from cnnlab.common.validate import check_int
from cnnlab.explore.base.controls import values_of
from cnnlab.explore.base.pictures import Pictures
from cnnlab.explore.base.wording import minus

if TYPE_CHECKING:
    from cnnlab.explore.base.explorer import Explorer

MOST_BYTES = 1_500_000  # of one element: a lesson's page holds several, and is to weigh 3 MB
_STILL = "This picture moves where JavaScript is allowed."


@dataclass(frozen=True)
class Axis:
    """One control of the element and the values that it offers, in the order of the control."""

    name: str
    widget: widgets.Widget
    values: tuple

    def words(self) -> list[str]:
        """How each value reads."""
        return [_word(self.widget, value) for value in self.values]


def element(explorer: Explorer, controls: Mapping[str, Sequence | None] | Sequence[str] | None, limit: int) -> str:
    """What `Explorer.to_html` gives."""
    check_int(limit, "limit", minimum=1)
    if not explorer.revealed or "guess" in explorer.controls:
        raise ValueError("`predict` must be False: a page cannot judge a guess. Received: predict=True")
    strict = controls is not None
    if controls is None:
        controls = {name: values for name, values in explorer.listed.items() if name in explorer.controls}
    elif not isinstance(controls, Mapping):
        controls = dict.fromkeys([controls] if isinstance(controls, str) else controls)
    if not controls:
        raise ValueError(f"`controls` must name a control: {type(explorer).__name__} lists none. Received: none")
    axes = [_axis(explorer, name, values) for name, values in controls.items()]
    _refuse_too_many(axes, limit)
    pictures, said = Pictures(), []
    states = []
    for places in _states(explorer, axes, strict):
        words = explorer.describe()
        if words not in said:
            said.append(words)
        states.append([*places, pictures.add(explorer.figure()), said.index(words)])
    data = {
        "values": [axis.words() for axis in axes],
        "states": states,
        "pictures": pictures.layers,
        "images": pictures.images,
        "words": said,
    }
    made = _written(explorer, axes, data)
    _refuse_too_heavy(made, len(states))
    return made


def _axis(explorer: Explorer, name: str, values: Sequence | None) -> Axis:
    known = explorer.controls
    if name not in known:
        raise ValueError(f"`controls` must name controls of {', '.join(known)}. Received: {name!r}")
    widget = known[name]
    every = every_value(widget)
    if not every:
        raise ValueError(
            f"`controls` must name sliders, lists and switches, whose values can be listed. Received: {name!r}, "
            f"a {type(widget).__name__}"
        )
    if values is None:
        return Axis(name, widget, tuple(every))
    listed = list(dict.fromkeys(values))
    if widget.value not in listed:
        listed.append(widget.value)
    numeric = all(isinstance(value, (int, float, np.number)) for value in listed)
    if numeric and not widget.has_trait("options"):
        listed.sort()
    elif widget.has_trait("options"):
        listed.sort(key=lambda value: every.index(value) if value in every else len(every))
    return Axis(name, widget, tuple(listed))


def every_value(widget: widgets.Widget) -> list:
    """All values that a control can take at present; none where they cannot be listed."""
    if widget.has_trait("options"):
        return values_of(widget)
    if isinstance(widget, widgets.Checkbox):
        return [False, True]
    if isinstance(widget, widgets.IntSlider):
        return list(range(widget.min, widget.max + 1, widget.step))
    if isinstance(widget, widgets.FloatSlider):
        count = round((widget.max - widget.min) / widget.step)
        return [round(widget.min + widget.step * number, 9) for number in range(count + 1)]
    return []


def _refuse_too_many(axes: Sequence[Axis], limit: int) -> None:
    count = int(np.prod([len(axis.values) for axis in axes], dtype=object))
    if count > limit:
        product = " × ".join(f"{axis.name} {len(axis.values)}" for axis in axes)
        raise ValueError(
            f"`controls` must make at most `limit` = {limit} states. Received: {product} = {count:,} states; "
            "name fewer controls, or give each a few values"
        )


def _states(explorer: Explorer, axes: Sequence[Axis], strict: bool) -> Iterator[list[int]]:
    """Move the explorer through its states, the present one first, and back at the end."""
    start = explorer.state()
    first = [axis.values.index(start[axis.name]) for axis in axes]
    try:
        yield first
        for places in np.ndindex(*(len(axis.values) for axis in axes)):
            if list(places) == first:
                continue
            try:
                explorer.set(**{axis.name: axis.values[place] for axis, place in zip(axes, places, strict=True)})
            except ValueError:
                continue
            yield list(places)
    finally:
        explorer.set(**{name: value for name, value in start.items() if name in {axis.name for axis in axes}})


def _word(widget: widgets.Widget, value: object) -> str:
    if widget.has_trait("options"):
        for option in widget.options:
            if isinstance(option, tuple) and option[1] == value:
                return str(option[0])
        return str(value)
    if isinstance(widget, widgets.FloatSlider):
        return minus(format(value, widget.readout_format))
    return minus(str(value))


def _written(explorer: Explorer, axes: Sequence[Axis], data: Mapping) -> str:
    here = Path(__file__)
    style, script = (here.with_name(f"moving.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    width, height = explorer.figure().shown_size()
    words = data["words"][data["states"][0][-1]]
    controls = "".join(_control(axis, data["states"][0][k]) for k, axis in enumerate(axes))
    name = type(explorer).__name__
    facts = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return (
        f'<figure class="cnnlab-moving" role="group" aria-label="{name}">\n<style>{style}</style>\n'
        f'<div class="cnnlab-moving-controls" data-prevent-swipe hidden>{controls}</div>\n'
        f'<img class="dark-light" alt="{html.escape(words)}" width="{width}" height="{height}" '
        f'src="{data["images"][0]}">\n'
        f'<div class="cnnlab-moving-words" role="status">{html.escape(words)}</div>\n'
        f'<p class="cnnlab-moving-still">{_STILL}</p>\n'
        f'<script type="application/json">{facts}</script>\n<script>{script}</script>\n</figure>'
    )


def _control(axis: Axis, place: int) -> str:
    label = html.escape(axis.widget.description)
    if isinstance(axis.widget, widgets.Checkbox):
        return f'<label class="cnnlab-moving-control"><input type="checkbox"> {label}</label>'
    if isinstance(axis.widget, (widgets.Dropdown, widgets.ToggleButtons)):
        return f'<label class="cnnlab-moving-control">{label} <select></select></label>'
    return (
        f'<span class="cnnlab-moving-control"><label>{label} <input type="range" min="0" step="1"></label> '
        f'<span class="cnnlab-moving-value" aria-hidden="true"></span></span>'
    )


def _refuse_too_heavy(made: str, count: int) -> None:
    size = len(made.encode())
    if size > MOST_BYTES:
        raise ValueError(
            f"`controls` must make an element of at most {MOST_BYTES:,} bytes. Received: {count} states, {size:,} "
            f"bytes, {size // count:,} a state; list about {MOST_BYTES * count // size} states"
        )
