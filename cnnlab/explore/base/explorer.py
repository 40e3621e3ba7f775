"""What every explorer is made of: controls, a picture, the same content in words, and a panel for errors.

An explorer is used three ways, and all three go through the same code: a learner moves a control in the browser, a
lesson calls ``set()``, a test sweeps every control. A subclass declares its controls and writes `figure` and
`describe`; one that can ask before it answers writes `question` and `answer` too.
"""

from __future__ import annotations

import html
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import ipywidgets as widgets
import numpy as np
import traitlets

from cnnlab import plot
from cnnlab.explore.base.controls import Control, is_nothing, rule, text
from cnnlab.explore.base.guess import Answer
from cnnlab.explore.base.moving import element
from cnnlab.explore.base.prediction import Prediction
from cnnlab.explore.base.shown import publish, styled, words_in_html


class Explorer:
    """Base of the interactive explorers.

    Parameters
    ----------
    predict : hide the answer until the learner has typed one (only explorers with a `question`)
    starts : where declared controls begin, by name, checked against their limits; None leaves one as it is declared

    Attributes
    ----------
    controls : dict of ipywidgets by name; whatever has a ``value`` is part of `state`
    samples : for the free-text controls, values that a sweep of all controls may type
    listed : the controls that `to_html` moves by default, each with its values, or None for all that it can take
    prediction : whether the learner is asked first, and what is said to the guess
    choices : for an explorer with a `question`, the words that may be typed as a guess; none where it asks for numbers

    Notes
    -----
    A control's callback has no cell to raise in. An exception there is shown in a red panel above the picture, which
    keeps the last settings that worked; with ``CNNLAB_STRICT=1`` (tests, batch runs) it is raised as well.

    Examples
    --------
    >>> from cnnlab.explore.base.controls import whole
    >>> class Square(Explorer):
    ...     side = whole(1, 9, start=3)
    ...     def figure(self):
    ...         return plot.Picture(3, 1)
    ...     def describe(self):
    ...         return f"A square of side {self.side} has area {self.side ** 2}."
    >>> square = Square()
    >>> square.set(side=4).describe()
    'A square of side 4 has area 16.'
    >>> square.state()
    {'side': 4}
    >>> square.set(side=12)
    Traceback (most recent call last):
    ValueError: `side` must be from 1 to 9. Received: 12
    """

    samples: Mapping[str, tuple] = {}
    listed: Mapping[str, Sequence | None] = {}
    choices: Sequence[str] = ()
    guess = text(label="my guess", placeholder="type, then Enter")  # there only where a prediction is asked for
    _declared: Mapping[str, Control] = {}
    _beside: widgets.Widget | None = None  # what stands to the left of the living picture: a canvas

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Control)}
        cls._declared = {**cls._declared, **own}

    def __init__(self, *, predict: bool = False, **starts: object) -> None:
        self.prediction = Prediction(self, predict)
        if unknown := starts.keys() - self._declared.keys():
            raise TypeError(f"{type(self).__name__} has no control {unknown.pop()!r} to start")
        self._made_from = dict(self.declared())
        if predict:
            self._require_question()
            self._made_from["guess"] = Explorer.guess
        self.controls: dict[str, widgets.Widget] = {}
        for name, control in sorted(self._made_from.items(), key=lambda item: item[1].follows):  # those that ask last
            self.controls[name] = control.make(self, name, starts.get(name))
        self.controls = {name: self.controls[name] for name in self._made_from}
        self._listening = True
        self._error = widgets.HTML()
        self._asked = widgets.HTML()
        self._image = widgets.HTML()  # an <img>: the Image widget has no alternative text
        self._words = widgets.HTML()
        for name, control in self.controls.items():
            if control.has_trait("value"):
                control.observe(lambda change, name=name: self._changed(name), names="value")
            elif isinstance(control, widgets.Button):
                control.on_click(lambda _, name=name: self._pressed(name))
        with self._quiet():
            self._bring_into_line(None)
        self._view: widgets.Widget | None = None
        self._drawn: tuple[plot.Picture, str] | None = None  # the last settings that worked

    # --- what a subclass writes ---------------------------------------------------------------------------------

    def declared(self) -> Mapping[str, Control]:
        """The controls by name, in the order they are shown; by default all that its class declares."""
        return self._declared

    def figure(self) -> plot.Picture:
        """The picture for the present state."""
        raise NotImplementedError

    def describe(self) -> str:
        """The content of the picture in words and numbers: alternative text, and what the tests read."""
        raise NotImplementedError

    def adjust(self, changed: str | None) -> None:
        """Choose values of other controls after `changed` moved, or at the start (None); by default none.

        The ends of sliders and the options of lists follow what they are declared to depend on without it.
        """

    def press(self, name: str) -> None:
        """Do what the button `name` does; by default no explorer has buttons."""
        raise ValueError(f"`name` must be a button of this explorer. Received: {name!r}")

    def living(self, image: str) -> str:
        """The picture's ``<img>`` as the living view shows it; by default as it is."""
        return image

    def question(self) -> str:
        """What a learner is asked to predict, in one sentence."""
        raise NotImplementedError

    def answer(self) -> Answer:
        """The true answer to `question`: a number, a size as a tuple, a dict of named numbers, or a word."""
        raise NotImplementedError

    # --- what everybody uses ------------------------------------------------------------------------------------

    @property
    def revealed(self) -> bool:
        """Whether the answer may be shown: always, unless a prediction is asked for and none was made yet.

        A guess that cannot be read is none.
        """
        return self.prediction.made

    def state(self) -> dict[str, object]:
        """The value of every control, by name."""
        return {name: control.value for name, control in self.controls.items() if control.has_trait("value")}

    def set(self, **values: object) -> Explorer:
        """Move controls, all at once, and redraw; on an error nothing has moved.

        Raises
        ------
        ValueError
            If a name is unknown or a value is not one its control can take.
        """
        known = self.state()
        for name in values:
            if name not in known:
                raise ValueError(f"`{name}` must be one of the controls {', '.join(known)}. Received: {name!r}")
        before = self._standing()
        try:
            self._move(values)
            self._redraw()
        except Exception:
            self._stand(before)
            self.prediction.forget()
            raise
        self._error.value = ""
        return self

    @contextmanager
    def trying(self, values: Mapping[str, object]) -> Iterator[None]:
        """Within it the controls stand at `values`, behind it where they stood; the view is not redrawn.

        Raises
        ------
        ValueError
            If a value is not one its control can take.
        """
        before = self._standing()
        try:
            self._move(values)
            yield
        finally:
            self._stand(before)

    def png(self) -> bytes:
        """The picture as PNG bytes."""
        return self.figure().png()

    def to_html(self, controls: Mapping[str, Sequence] | Sequence[str] | None = None, limit: int = 200) -> str:
        """One self-contained HTML element that moves without a kernel: each state drawn beforehand, with its words.

        The present state comes first. It works from a file, and without JavaScript shows that state. In whatever order
        the controls are given, they have the same states: where the range of one follows another, each of its values
        stands beside those of the other that allow it.

        Parameters
        ----------
        controls : the controls that the page moves: names, for all their values; a mapping from names to values; by
            default `listed`
        limit : most states

        Raises
        ------
        ValueError
            If a control is unknown, is a button, is free text without the values to offer, or can never take a given
            one, if there would be more states than `limit`, or more than 1.5 MB, or one that cannot be drawn; with
            ``predict=True``, because a page cannot judge a guess.
        TypeError
            If `controls` holds no names, no list of values, or for a slider what is no number.

        Examples
        --------
        >>> from cnnlab import explore
        >>> explore.ShapeExplorer().to_html({"strides": (1, 2, 3)}).startswith('<figure class="cnnlab-moving"')
        True
        """
        return element(self, controls, limit)

    def view(self) -> widgets.Widget:
        """The live widget: controls, error panel, picture, words."""
        if self._view is None:
            self._redraw()
            rows = _row(self.controls.values())
            picture = self._image if self._beside is None else _row([self._beside, self._image])
            self._view = widgets.VBox([rows, self._asked, self._error, picture, self._words, styled()])
            self._view.add_class("cnnlab-live")
        return self._view

    def _ipython_display_(self) -> None:
        view = self.view()  # draws, if nothing was drawn yet
        publish(*self._drawn, view)

    # --- how a change becomes a picture -------------------------------------------------------------------------

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Let controls move without each move redrawing."""
        before, self._listening = self._listening, False
        try:
            yield
        finally:
            self._listening = before

    def _move(self, values: Mapping[str, object]) -> None:
        with self._quiet():
            # Once and again: a control's range may follow another's value, and that one's a third's.
            for name, value in [*values.items()] * max(2, len(values)):
                self._assign(name, value)
            for name, value in values.items():
                self._check_assigned(name, value)
            if "guess" in values:
                self.prediction.forget()
            else:
                self.prediction.follow()

    def _standing(self) -> list[tuple[widgets.Widget, dict[str, object]]]:
        return [(control, _traits(control)) for control in self.controls.values()]

    def _stand(self, before: list[tuple[widgets.Widget, dict[str, object]]]) -> None:
        with self._quiet():
            _put_back(before)
            with suppress(Exception):  # the state before may itself be one that fails: its panel says so
                self._bring_into_line(None)
            _put_back(before)

    def _assign(self, name: str, value: object) -> None:
        control = self.controls[name]
        before = control.value
        if not is_nothing(control, value):
            # What the control refuses is reported by `_check_assigned`, in the control's own terms.
            with suppress(traitlets.TraitError, TypeError, ValueError, OverflowError):
                control.value = value
        if control.value != before:
            self._bring_into_line(name)

    def _bring_into_line(self, changed: str | None) -> None:
        self._follow()
        self.adjust(changed)

    def _follow(self) -> None:
        for name, control in self._made_from.items():
            if control.follows:
                control.follow(self, self.controls[name])

    def _check_assigned(self, name: str, value: object) -> None:
        """Refuse what the control did not take: sliders clamp without a word, and 12 asked must not be 9 shown."""
        control = self.controls[name]
        if not np.array_equal(control.value, value):
            raise ValueError(f"`{name}` must be {rule(control)}. Received: {value!r}")

    def _changed(self, name: str) -> None:
        if self._listening:
            self._guarded(lambda: self._bring_into_line(name), new_guess=name == "guess")

    def _pressed(self, name: str) -> None:
        def press() -> None:
            self.press(name)
            self._follow()

        self._guarded(press)

    def _guarded(self, action: Callable[[], object], new_guess: bool = False) -> None:
        try:
            with self._quiet():
                action()
                if not new_guess:
                    self.prediction.follow()
            self._redraw()
        except Exception as error:  # noqa: BLE001  the browser would swallow it: show whatever it is, then re-raise
            self._show_error(error)
            if os.environ.get("CNNLAB_STRICT") == "1":
                raise
        else:
            self._error.value = ""

    def _redraw(self) -> None:
        picture, words = self.figure(), self.describe()
        width = picture.shown_size()[0]
        self._image.value = self.living(plot.image_tag(picture, words))
        self._asked.value = self.prediction.panel(width)
        # role=status: a screen reader speaks the new numbers when a control moves.
        self._words.value = words_in_html(words, width, 'role="status" ')
        self._drawn = picture, "\n".join(filter(None, [self.prediction.verdict(), words]))

    def _show_error(self, error: Exception) -> None:
        message = f"{type(error).__name__}: {error}"
        self._error.value = (
            f'<div role="alert" class="cnnlab-panel cnnlab-error" style="max-width:800px">'
            f"<b>✘ {html.escape(message)}</b><br>The picture below still shows the last settings that worked.</div>"
        )

    def _require_question(self) -> None:
        if type(self).question is Explorer.question:
            raise ValueError(
                f"`predict` must be False: {type(self).__name__} has no question to ask. Received: predict=True"
            )


def _row(children: Iterable[widgets.Widget]) -> widgets.HBox:
    return widgets.HBox(list(children), layout=widgets.Layout(flex_flow="row wrap", align_items="flex-start"))


def _traits(control: widgets.Widget) -> dict[str, object]:
    """What a move may change about a control, in an order in which it can be put back."""
    names = ("options", "min", "max", "value", "disabled")
    return {name: getattr(control, name) for name in names if control.has_trait(name)}


def _put_back(before: list[tuple[widgets.Widget, dict[str, object]]]) -> None:
    for control, traits in before * 2:  # twice: a lower end above the present upper one has to wait for it
        for name, value in traits.items():
            if getattr(control, name) != value:
                with suppress(traitlets.TraitError):
                    setattr(control, name, value)
