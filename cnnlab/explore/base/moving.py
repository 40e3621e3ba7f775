"""An explorer as one HTML element that moves without a kernel: every state drawn beforehand, with its words.

Nothing is computed in the page. A control chooses among the states that are there; picture, alternative text and words
are looked up. Without JavaScript the element shows the explorer's present state, and says that it could move.
"""

from __future__ import annotations

import html
import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import ipywidgets as widgets
import numpy as np

from cnnlab import plot
from cnnlab.common.validate import check_int, check_number
from cnnlab.explore.base.controls import Control, values_of
from cnnlab.explore.base.stacked import StackedPictures
from cnnlab.explore.base.wording import minus

MOST_BYTES = 1_500_000  # of one element: a lesson's page holds several, and is to weigh 3 MB
_STILL = "Controls that change this picture appear where the page may run JavaScript."
_SLIDERS = (widgets.IntSlider, widgets.FloatSlider)
_TEXTS = (widgets.Text, widgets.Textarea)


class Moved(Protocol):
    """What an explorer needs to become an element."""

    controls: Mapping[str, widgets.Widget]
    listed: Mapping[str, Sequence | None]

    def declared(self) -> Mapping[str, Control]: ...

    def trying(self, values: Mapping[str, object]) -> AbstractContextManager[None]: ...

    def figure(self) -> plot.Picture: ...

    def describe(self) -> str: ...


@dataclass(frozen=True)
class Axis:
    """One control that moves, and what it is to take: where it stands, then the values named; None: all that it can."""

    name: str
    widget: widgets.Widget
    given: tuple | None

    def values(self) -> list:
        """What it may take at present, in its own order, and where it stands among them."""
        given = every_value(self.widget) if self.given is None else self.given
        now = self.widget.value if self.given is None else self.given[0]
        return self.in_order([now, *(value for value in given if not _same(value, now))])

    def in_order(self, values: Sequence) -> list:
        """Numbers of a slider from the lowest; options as they stand in their list, all else behind as it is given."""
        if isinstance(self.widget, _SLIDERS):
            return sorted(values)
        options = every_value(self.widget)
        return sorted(values, key=lambda value: options.index(value) if value in options else len(options))

    def said(self, value: object) -> str:
        """How a value reads beside the control."""
        if isinstance(self.widget, widgets.Checkbox):
            return "on" if value else "off"
        if isinstance(self.widget, widgets.FloatSlider):
            return minus(format(value, self.widget.readout_format))
        if isinstance(self.widget, widgets.IntSlider):
            return minus(str(value))
        if isinstance(self.widget, _TEXTS):
            return "; ".join(value.splitlines()) or "nothing"
        options = (option for option in self.widget.options if isinstance(option, tuple))
        return next((str(words) for words, meant in options if meant == value), str(value))


def element(explorer: Moved, controls: Mapping[str, Sequence] | Sequence[str] | None, limit: int) -> str:
    """What `Explorer.to_html` gives."""
    axes, states = states_of(explorer, controls, limit)
    return _drawn(explorer, axes, states)


def states_of(
    explorer: Moved, controls: Mapping[str, Sequence] | Sequence[str] | None = None, limit: int = 200
) -> tuple[list[Axis], list[tuple]]:
    """The controls that move, in the order given, and their values in every state; nothing is drawn."""
    check_int(limit, "limit", minimum=1)
    if "guess" in explorer.controls:
        raise ValueError("`predict` must be False: a page cannot judge a guess. Received: predict=True")
    axes = _axes(explorer, controls)
    counts = {axis.name: len(axis.values()) for axis in axes}
    product = " × ".join(f"{name} {count}" for name, count in counts.items())
    if (count := math.prod(counts.values())) > limit:
        raise _too_many(limit, f"{product} = {count:,} states")
    made = explorer.declared()
    ordered = sorted(axes, key=lambda axis: (made[axis.name].follows, [*made].index(axis.name)))  # who asks comes last
    places = [ordered.index(axis) for axis in axes]
    found = itertools.islice(_states(explorer, ordered), limit + 1)
    states = [tuple(state[place] for place in places) for state in found]
    if len(states) > limit:
        raise _too_many(limit, f"{product}, and more where a range follows another control")
    if controls is not None:
        _refuse_impossible(explorer, axes, states)
    return axes, states


def every_value(widget: widgets.Widget) -> list:
    """All values that a control can take at present; none where they cannot be listed.

    >>> every_value(widgets.IntSlider(min=2, max=8, step=3)), every_value(widgets.Text())
    ([2, 5, 8], [])
    """
    if isinstance(widget, widgets.Checkbox):
        return [False, True]
    if isinstance(widget, _SLIDERS):
        count = math.floor((widget.max - widget.min) / widget.step + 1e-9)
        return [round(widget.min + widget.step * number, 9) for number in range(count + 1)]
    return values_of(widget)


def _same(one: object, other: object) -> bool:
    """Whether two values are one: 0.1 + 0.2 is no second 0.3."""
    floats = isinstance(one, float) and isinstance(other, float)
    return math.isclose(one, other, abs_tol=1e-9) if floats else one == other


def _axes(explorer: Moved, controls: Mapping[str, Sequence] | Sequence[str] | None) -> list[Axis]:
    if controls is None:
        chosen = {name: values for name, values in explorer.listed.items() if name in explorer.controls}
    elif isinstance(controls, Mapping):
        chosen = controls
    else:
        names = _each_once([controls] if isinstance(controls, str) else controls)
        if names is None:
            raise TypeError(
                f"`controls` must be names of controls, or a mapping from names to values. Received: {controls!r}"
            )
        chosen = dict.fromkeys(names)
    if not chosen:
        raise ValueError(f"`controls` must name at least one control of {type(explorer).__name__}. Received: none")
    return [_axis(explorer, name, values) for name, values in chosen.items()]


def _axis(explorer: Moved, name: str, values: Sequence | None) -> Axis:
    listable = [known for known, widget in explorer.controls.items() if every_value(widget)]
    widget = explorer.controls.get(name)
    if name not in listable and (values is None or not isinstance(widget, _TEXTS)):
        kind = f", a {type(widget).__name__}" if widget else ""
        rule = "text with the values to offer, or controls whose values can be listed: " + ", ".join(listable)
        raise ValueError(f"`controls` must name {rule}. Received: {name!r}{kind}")
    return Axis(name, widget, None if values is None else (widget.value, *_given(name, widget, values)))


def _given(name: str, widget: widgets.Widget, values: Sequence) -> list:
    """The values given for a control, each as it would hold it: on a slider of whole numbers 2.0 is 2."""
    each = None if isinstance(values, (str, bytes)) else _each_once(values)
    if each is None:
        raise TypeError(f"`controls` must give each control a list of values. Received: {name}={values!r}")
    if isinstance(widget, widgets.FloatSlider):
        return [check_number(value, name) for value in each]
    if isinstance(widget, widgets.IntSlider):
        whole = {value: int(value) for value in each if isinstance(value, (float, np.floating)) and value.is_integer()}
        return [check_int(whole.get(value, value), name) for value in each]
    for value in each if isinstance(widget, _TEXTS) else ():
        if not isinstance(value, str) or value != value.encode(errors="ignore").decode():
            raise TypeError(f"`{name}` must be text that UTF-8 can write. Received: {value!r}")
    return each


def _each_once(values: object) -> list | None:
    """The values without those that come again; None where they are no list of names, numbers or texts."""
    try:
        return list(dict.fromkeys(values))
    except TypeError:  # no list, or a list of lists
        return None


def _states(explorer: Moved, axes: Sequence[Axis], before: tuple = ()) -> Iterator[tuple]:
    """The values of the axes in every state, as they stand in their order; `before`: of the first axes."""
    try:
        with explorer.trying(_settings(axes, before)):
            values = axes[len(before)].values() if len(before) < len(axes) else None
    except ValueError:  # where those before it stand, the last one cannot stand there
        return
    if values is None:
        yield before
    else:
        for value in values:
            yield from _states(explorer, axes, (*before, value))


def _settings(axes: Sequence[Axis], values: tuple) -> dict[str, object]:
    return {axis.name: value for axis, value in zip(axes, values, strict=False)}


def _too_many(limit: int, received: str) -> ValueError:
    return ValueError(
        f"`controls` must make at most `limit` = {limit} states. Received: {received}; name fewer controls, or give "
        "each a few values"
    )


def _refuse_impossible(explorer: Moved, axes: Sequence[Axis], states: Sequence[tuple]) -> None:
    """Refuse a given value that no state has, in the words of the control that does not take it."""
    for number, axis in enumerate(axes):
        taken = {state[number] for state in states}
        for value in axis.given or ():
            if value not in taken:
                with explorer.trying({axis.name: value}):
                    pass


def _refuse_too_heavy(size: int, drawn: int, count: int) -> None:
    if size > MOST_BYTES:
        raise ValueError(
            f"`controls` must make an element of at most {MOST_BYTES:,} bytes. Received: {drawn} of {count} states "
            f"fill {size:,} bytes; list at most {MOST_BYTES * drawn // size}"
        )


@contextmanager
def _naming(settings: Mapping[str, object]) -> Iterator[None]:
    """Say of whatever goes wrong within it in which state that was."""
    try:
        yield
    except Exception as error:
        state = ", ".join(f"{name}={value!r}" for name, value in settings.items())
        raise ValueError(
            f"`controls` must name states that can be drawn. Received: {state}, where {type(error).__name__}: {error}"
        ) from error


def _drawn(explorer: Moved, axes: Sequence[Axis], states: list[tuple]) -> str:
    """Draw every state, the present one first, and write the element."""
    now = tuple(axis.widget.value for axis in axes)
    every = [axis.in_order(dict.fromkeys(state[k] for state in states)) for k, axis in enumerate(axes)]
    pictures, said, rows = StackedPictures(), {}, {}
    for state in sorted(states, key=lambda state: state != now):
        with _naming(_settings(axes, state)), explorer.trying(_settings(axes, state)):
            picture = explorer.figure()
            words = "\n".join(filter(None, [explorer.describe(), picture.note()]))
            place = pictures.add(picture)
        places = (values.index(value) for values, value in zip(every, state, strict=True))
        rows[state] = [*places, place, said.setdefault(words, len(said))]
        if state == now:
            size = picture.shown_size()
        _refuse_too_heavy(pictures.size, len(rows), len(states))
    in_order = sorted(rows.values())
    data = {
        "values": [[axis.said(value) for value in values] for axis, values in zip(axes, every, strict=True)],
        "states": in_order,
        "start": in_order.index(rows[now]),
        "images": [""] + pictures.images[1:],  # the first stands in the element
        "stacks": pictures.stacks,
        "words": list(said),
    }
    made = _written(type(explorer).__name__, axes, size, pictures.images[0], data)
    _refuse_too_heavy(len(made.encode()), len(states), len(states))
    return made


def _written(name: str, axes: Sequence[Axis], size: tuple[int, int], first: str, data: Mapping) -> str:
    here = Path(__file__)
    style, script = (here.with_name(f"moving.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    words = html.escape(data["words"][0])
    facts = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return (
        f'<figure class="cnnlab-moving" role="group" aria-label="{html.escape(name)}">\n<style>{style}</style>\n'
        f'<div class="cnnlab-moving-controls" data-prevent-swipe hidden>{"".join(map(_control, axes))}</div>\n'
        f'<p class="cnnlab-moving-still">{_STILL}</p>\n'
        f'<div class="cnnlab-moving-picture"><img class="dark-light" alt="{words}" width="{size[0]}" '
        f'height="{size[1]}" src="{first}"></div>\n'
        f'<div class="cnnlab-moving-words" role="status">{words}</div>\n'
        f'<script type="application/json">{facts}</script>\n<script>{script}</script>\n</figure>'
    )


def _control(axis: Axis) -> str:
    """The control and its label. ``autocomplete="off"``: a browser that comes back to a page would put it elsewhere."""
    label = html.escape(axis.widget.description)
    if isinstance(axis.widget, widgets.Checkbox):
        inside = f'<label><input type="checkbox" autocomplete="off"> {label}</label>'
    elif isinstance(axis.widget, (widgets.Dropdown, widgets.ToggleButtons, *_TEXTS)):
        inside = f'<label>{label} <select autocomplete="off"></select></label>'
    else:
        shown = '<span class="cnnlab-moving-value" aria-hidden="true"></span>'
        inside = f'<label>{label} <input type="range" min="0" step="1" autocomplete="off"></label> {shown}'
    return f'<div class="cnnlab-moving-control">{inside}</div>'
