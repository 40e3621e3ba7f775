"""Controls as an explorer declares them: ``height = whole(1, 12, 6)`` makes the slider, its limits and its value.

Every limit, list of options and start is written once: as a value or, where it depends on the explorer's pictures,
model or other controls, as a function of the explorer, ``row = whole(0, lambda it: it.rows() - 1)``. The functions are
asked again after every move, so that a slider's ends follow what they depend on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import ipywidgets as widgets
import numpy as np

from cnnlab.common.validate import check_choice, check_int

T = TypeVar("T")
Given = T | Callable[..., T]  # a value, or a function of the explorer that gives it
CHOOSERS = {"list": widgets.Dropdown, "slider": widgets.SelectionSlider, "buttons": widgets.ToggleButtons}


class Control:
    """One control, declared as an attribute of an explorer's class; on an explorer, the attribute is its value.

    Parameters
    ----------
    kind : the class of its widget
    check : from (value, name, widget) to the value that an argument of the explorer starts it with, or an error
    label : what stands beside it; by default the name of the attribute
    width, height : in pixels on the screen; by default what ipywidgets takes
    traits : of the widget, each a value or a function of the explorer; those that are None are left out
    """

    name = ""

    def __init__(
        self,
        kind: type[widgets.Widget],
        check: Callable[[object, str, widgets.Widget], object] = lambda value, name, widget: value,
        *,
        label: str = "",
        width: int | None = None,
        height: int | None = None,
        **traits: object,
    ) -> None:
        self.kind, self.check, self.label, self.traits = kind, check, label, traits
        self._size = {side: f"{n}px" for side, n in (("width", width), ("height", height)) if n is not None}

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, explorer: object, owner: type) -> object:
        if explorer is None:
            return self
        if self.name not in explorer.controls:  # declared, and left out of this explorer
            raise AttributeError(f"{owner.__name__!r} object has no attribute {self.name!r}")
        return explorer.controls[self.name].value

    def make(self, explorer: object, name: str, start: object = None) -> widgets.Widget:
        """The widget, at `start` if that is not None and one of the values it can take."""
        given = {trait: _asked(value, explorer) for trait, value in self.traits.items()}
        traits = {trait: value for trait, value in given.items() if value is not None}
        layout = widgets.Layout(margin="2px 18px 2px 2px", **self._size)
        widget = self.kind(description=self.label or name, layout=layout, **traits)
        if widget.has_trait("style") and widget.style.has_trait("description_width"):
            widget.style.description_width = "initial"  # by default ipywidgets cuts a label after about twelve letters
        if start is not None:
            widget.value = self.check(start, name, widget)
        return widget

    @property
    def follows(self) -> bool:
        """Whether anything about it depends on the explorer."""
        return any(map(callable, self.traits.values()))

    def follow(self, explorer: object, widget: widgets.Widget) -> None:
        """Ask again for all that depends on the explorer. A value that still fits is kept; a lone one is disabled."""
        now = {name: value(explorer) for name, value in self.traits.items() if callable(value) and name != "value"}
        if "options" in now and list(now["options"]) != list(widget.options):
            kept, widget.options = widget.value, now["options"]
            there = values_of(widget)
            widget.value = next(
                value for value in (kept, _asked(self.traits["value"], explorer), there[0]) if value in there
            )
        if "min" in now or "max" in now:
            _limit(widget, now.get("min", widget.min), now.get("max", widget.max))
            widget.disabled = bool(widget.min == widget.max)
        for name in now.keys() - {"options", "min", "max"}:
            setattr(widget, name, now[name])


def whole(low: Given[int], high: Given[int], start: Given[int] | None = None, **look: object) -> Control:
    """A slider over whole numbers from `low` to `high`, both included; it starts at `low` if not told otherwise."""
    return Control(widgets.IntSlider, _check_whole, min=low, max=high, value=low if start is None else start, **look)


def real(low: Given[float], high: Given[float], start: Given[float], step: Given[float], **look: object) -> Control:
    """A slider over numbers from `low` to `high`."""
    return Control(widgets.FloatSlider, min=low, max=high, value=start, step=step, **look)


def choice(options: Given[Sequence], start: Given[object] = None, show: str = "list", **look: object) -> Control:
    """One of several values, or of pairs (words, value): a list to open, a slider with notches, or buttons.

    It starts at the first if not told otherwise.
    """
    return Control(CHOOSERS[show], _check_chosen, options=options, value=start, **look)


def switch(start: bool, label: str, **look: object) -> Control:
    """A box to tick."""
    return Control(widgets.Checkbox, label=label, value=start, indent=False, **look)


def text(start: Given[str] = "", height: int | None = None, **look: object) -> Control:
    """A line to type in, or with a height several lines; what is typed counts when Enter is pressed."""
    kind = widgets.Text if height is None else widgets.Textarea
    return Control(kind, value=start, height=height, continuous_update=False, **look)


def button(label: str, **look: object) -> Control:
    """A button: the explorer's `press` does its work."""
    return Control(widgets.Button, label=label, **look)


def names(given: Sequence | None, argument: str, count: int, kind: str, each: str = "") -> list[str]:
    """`given` as `count` different names, for a list to choose from; by default ``"picture 0"`` and so on.

    >>> names(None, "titles", 2, "picture"), names(("a", 2), "titles", 2, "picture")
    (['picture 0', 'picture 1'], ['a', '2'])
    >>> names(("a", "a"), "titles", 2, "picture")
    Traceback (most recent call last):
    ValueError: `titles` must be 2 different names. Received: ['a', 'a']
    """
    made = [f"{kind} {number}" for number in range(count)] if given is None else list(map(str, given))
    if len(made) != count or len(set(made)) != count:
        raise ValueError(f"`{argument}` must be {count} different names{each}. Received: {made!r}")
    return made


def values_of(widget: widgets.Widget) -> list[object]:
    """What can be chosen from a list; empty for a widget that offers none."""
    options = widget.options if widget.has_trait("options") else ()
    return [option[1] if isinstance(option, tuple) else option for option in options]


def rule(widget: widgets.Widget) -> str:
    """What a widget accepts, in words."""
    if widget.has_trait("options"):
        return "one of " + ", ".join(map(repr, values_of(widget)))
    if widget.has_trait("min") and widget.has_trait("max"):
        return f"from {widget.min} to {widget.max}"
    return f"a value of type {type(widget.value).__name__}"


def is_nothing(widget: widgets.Widget, value: object) -> bool:
    """Whether `value` is one that ipywidgets lets in and no explorer can show: no choice, or no number."""
    if isinstance(value, (float, np.floating)) and np.isnan(value):
        return True
    return value is None and not any(option is None for option in values_of(widget))


def _asked(value: object, explorer: object) -> object:
    return value(explorer) if callable(value) else value


def _check_whole(value: object, name: str, widget: widgets.Widget) -> int:
    return check_int(value, name, widget.min, widget.max)


def _check_chosen(value: object, name: str, widget: widgets.Widget) -> object:
    values = values_of(widget)
    return check_choice(value, name, values) if isinstance(value, str) or value not in values else value


def _limit(slider: widgets.Widget, low: float, high: float) -> None:
    """Set a slider's ends, in the order that never crosses them; its value is kept if it still fits."""
    value = slider.value
    if low > slider.max:
        slider.max, slider.min = high, low
    else:
        slider.min, slider.max = low, high
    slider.value = min(max(value, low), high)
