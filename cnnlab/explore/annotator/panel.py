"""The annotator's living view: the picture, and controls that do all that can be done, without a mouse too."""

from __future__ import annotations

import html
import io
import os
from collections.abc import Callable

import ipywidgets as widgets
import numpy as np

from cnnlab import plot
from cnnlab.common.errors import DataError
from cnnlab.explore.annotator.shown_page import LONGEST, SHOWN, shown_size
from cnnlab.explore.annotator.surface import surface
from cnnlab.explore.base.shown import styled
from cnnlab.explore.base.wording import cut
from cnnlab.explore.drawing.pointer import INSTALL

_BUTTONS = {
    "previous": "previous", "next": "next", "unlabelled": "next unlabelled", "empty": "nothing here", "new": "new box",
    "delete": "delete box", "add class": "add class", "undo": "undo",
}  # fmt: skip
_SIDES = {"x1": "x1 (left)", "y1": "y1 (top)", "width": "width", "height": "height"}
_DIGITS = 3  # behind the point, of what a field shows
_WIDE, _HALF = "252px", "122px"


class Panel:
    """Controls for an annotator; `view` is the widget, `show` brings it up to date.

    Parameters
    ----------
    annotator : an `Annotator`, whose methods the controls call
    """

    def __init__(self, annotator: object) -> None:
        self._it = annotator
        self._listening = True
        self._edit = 0  # the last request of the canvas that was answered
        self._painted = ""  # the picture the canvas has
        self._canvas = surface(self._asked)
        self._image = widgets.HTML()
        self._words, self._error = widgets.HTML(), widgets.HTML()
        self._number = self._control(widgets.BoundedIntText, "picture", min=1, max=len(annotator.files))
        self._box = self._control(widgets.Dropdown, "box", options=[("none", 0)])
        self._class = self._control(widgets.Dropdown, "class", options=[("", 0)])
        self._sides = {key: self._control(widgets.FloatText, label, step=1) for key, label in _SIDES.items()}
        self._new_class = self._control(widgets.Text, "new class")
        self.buttons = {name: widgets.Button(description=label) for name, label in _BUTTONS.items()}
        for name, button in self.buttons.items():
            button.layout.width = _HALF
            button.on_click(lambda _, name=name: self._do(lambda: self._press(name)))
        self._listen(self._number, lambda value: annotator.go(value))
        self._listen(self._box, lambda value: annotator.select(value))
        self._listen(self._class, lambda value: annotator.choose(value))
        for side in self._sides.values():
            self._listen(side, lambda value: self._typed())
        self.view = self._laid_out()
        self.show()

    def _control(self, kind: type[widgets.Widget], label: str, **traits: object) -> widgets.Widget:
        if "continuous_update" in kind.class_trait_names():
            traits["continuous_update"] = False
        return kind(
            description=label, layout=widgets.Layout(width=_WIDE), style={"description_width": "70px"}, **traits
        )

    def _laid_out(self) -> widgets.Widget:
        buttons = self.buttons

        def row(*names: str) -> widgets.HBox:
            return widgets.HBox([buttons[name] for name in names])

        beside = widgets.VBox(
            [
                row("previous", "next"), self._number, row("unlabelled", "empty"), self._box, self._class,
                *self._sides.values(), row("new", "delete"), self._new_class, row("add class", "undo"),
            ]
        )  # fmt: skip
        left = [self._image if self._canvas is None else self._canvas, self._error, self._words]
        rows = widgets.HBox(
            [widgets.VBox(left, layout=widgets.Layout(margin="0 10px 0 0")), beside],
            layout=widgets.Layout(flex_flow="row wrap", align_items="flex-start"),
        )
        view = widgets.VBox([rows, styled()])
        view.add_class("cnnlab-live")
        return view

    # --- from the browser ---------------------------------------------------------------------------------------

    def _listen(self, control: widgets.Widget, act: Callable[[object], object]) -> None:
        def moved(change: dict) -> None:
            if self._listening and change["new"] is not None:
                self._do(lambda: act(change["new"]))

        control.observe(moved, names="value")

    def _press(self, name: str) -> None:
        it = self._it
        if name == "delete":
            it.remove(it.selected)
        elif name == "add class":
            it.add_class(self._new_class.value)
            self._new_class.value = ""
        else:
            {
                "previous": lambda: it.step(-1), "next": lambda: it.step(1), "unlabelled": it.next_unlabelled,
                "new": it.new_box, "undo": it.undo, "empty": it.nothing_here,
            }[name]()  # fmt: skip

    def _typed(self) -> None:
        """Make the selected box what the four fields say; those that only show a rounded number change nothing."""
        exact = _sides(self._it.boxes().boxes[self._it.selected - 1])
        fields = [field.value for field in self._sides.values()]
        x, y, width, height = (a if round(a, _DIGITS) == b else b for a, b in zip(exact, fields, strict=True))
        self._it.change(self._it.selected, (x, y, x + width, y + height))

    def _asked(self, wish: dict) -> None:
        """Do what was done on the canvas; what comes late, for a picture that is gone, is not done."""
        self._edit = max(self._edit, int(wish["edit"]))
        it = self._it
        does = {
            "add": lambda: it.add(wish["box"]), "change": lambda: it.change(wish["number"], wish["box"]),
            "class": lambda: it.choose(wish["label"]), "select": lambda: it.select(wish["number"]),
        }  # fmt: skip
        act = does.get(wish["do"]) or (lambda: self._press(wish["do"]))
        self._do(act if wish["picture"] == it.file else self.show)

    def _do(self, act: Callable[[], object]) -> None:
        self._error.value = ""
        try:
            act()
        except Exception as error:  # noqa: BLE001  the browser would swallow it
            refusal = isinstance(error, (ValueError, DataError))
            self._error.value = (
                '<div role="alert" class="cnnlab-panel cnnlab-error" style="max-width:540px">'
                f"✘ {html.escape(str(error) if refusal else f'{type(error).__name__}: {error}')}.</div>"
            )
            self.show()
            if not refusal and os.environ.get("CNNLAB_STRICT") == "1":
                raise

    # --- to the browser -----------------------------------------------------------------------------------------

    def show(self) -> None:
        """Bring all controls and the picture up to date."""
        self._listening = False
        try:
            self._show_controls()
            if self._canvas is None:
                self._show_image()
            else:
                self._show_canvas()
        finally:
            self._listening = True

    def _show_controls(self) -> None:
        it, names = self._it, self._it.class_names
        truth = it.boxes()
        self._number.value = it.files.index(it.file) + 1
        boxes = [(f"{number} {names[label]}", number) for number, label in enumerate(truth.labels, 1)]
        _set_options(self._box, [("none", 0), *boxes], it.selected)
        _set_options(self._class, [(name, label) for label, name in enumerate(names)], it.label)
        sides = _sides(truth.boxes[it.selected - 1]) if it.selected else (0.0,) * 4
        for field, value in zip(self._sides.values(), sides, strict=True):
            field.value, field.disabled = round(value, _DIGITS), not it.selected
        self.buttons["delete"].disabled = not it.selected
        self.buttons["empty"].disabled = not it.may_be_empty
        self.buttons["undo"].disabled = not it.can_undo

    def _show_image(self) -> None:
        it = self._it
        self._image.value = plot.image_tag(it.figure(), it.describe())
        note = f"To draw with the mouse: <code>{INSTALL}</code>, then restart the kernel."
        said = f'<div role="status"><b>{html.escape(it.said)}</b></div><div>{it.counted()} {note}</div>'
        self._words.value = f'<div style="max-width:{SHOWN}px;line-height:1.4">{said}</div>'

    def _show_canvas(self) -> None:
        it, truth = self._it, self._it.boxes()
        if self._painted != it.file:
            self._canvas.picture, self._painted = _encoded(it.pixels), it.file
        self._canvas.page = {
            "picture": it.file,
            "size": it.size,
            "shown": shown_size(it.size),
            "boxes": truth.boxes.tolist(),
            "labels": truth.labels.tolist(),
            "selected": it.selected,
            "names": it.class_names,
            "short": [cut(name, LONGEST) for name in it.class_names],
            "colours": plot.PALETTE,
            "label": it.label,
            "middle": it.middle(),
            "said": it.said,
            "counted": it.counted(),
            "edit": self._edit,
        }


def _sides(box: np.ndarray) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = box.tolist()
    return x1, y1, x2 - x1, y2 - y1


def _set_options(menu: widgets.Dropdown, options: list[tuple[str, int]], value: int) -> None:
    if list(menu.options) != options:
        menu.options = options
    menu.value = value


def _encoded(pixels: object) -> bytes:
    """A picture as the bytes of an image file: exact where it is small."""
    buffer = io.BytesIO()
    small = max(pixels.size) <= SHOWN
    pixels.save(buffer, "PNG" if small else "JPEG", **({} if small else {"quality": 92}))
    return buffer.getvalue()
