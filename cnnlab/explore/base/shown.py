"""How an explorer stands in a notebook: its living view, and a twin of picture and words for the time after it.

A view is dead when its kernel is gone: saved and opened again, exported, read on GitHub. JupyterLab then shows an error
in its place, whatever else the output offers, so that the twin is an output of its own and stands before it.
"""

from __future__ import annotations

import html
import os
import sys
from pathlib import Path

import ipywidgets as widgets
from IPython import get_ipython
from IPython.display import display

from cnnlab import plot

_MIME = "application/vnd.jupyter.widget-view+json"
_WORDS = "max-width:{width}px;white-space:pre-wrap;font-family:monospace;font-size:13px;line-height:1.4"
# One of two neighbours is seen. `:has()` inside `:has()` would make the whole rule void. A dead view's output has its
# type as an attribute when the page is loaded with it, and only the class when its tab was closed and is opened again.
_ONE_OF_TWO = (
    ".jp-OutputArea-child:has(.cnnlab-twin):has(+ .jp-OutputArea-child .cnnlab-live),"
    ".jp-OutputArea-child:has(.cnnlab-twin) + "
    f'.jp-OutputArea-child:has([data-mime-type="{_MIME}"],.jupyter-widgets):not(:has(.cnnlab-live)){{display:none}}'
)
_LOOK = (
    ".cnnlab-panel{padding:8px 12px;margin:4px 0;border-radius:4px;line-height:1.45;"
    "color:var(--jp-content-font-color1,inherit)}"
    ".cnnlab-error{border:2px solid var(--jp-error-color1,#B00020)}"
    ".cnnlab-asked{border:2px solid var(--jp-info-color1,#0072B2)}"
    ".cnnlab-right{border:2px solid var(--jp-success-color1,#00664A);border-left-width:12px}"
    ".cnnlab-wrong{border:2px dashed var(--jp-error-color1,#A03000)}"
    # ipywidgets' own word for it is a broken chain on every part of a view.
    ".cnnlab-live .jupyter-widgets-disconnected::before{display:none}"
    ".cnnlab-live.jupyter-widgets-disconnected::before{content:'Nobody is listening to these controls: "
    "the kernel was restarted. Run this cell again.';display:block;font:bold 14px sans-serif;padding:6px;"
    "color:var(--jp-content-font-color1,inherit);border:2px dashed var(--jp-error-color1,#A03000)}"
)


def in_notebook() -> bool:
    """Whether a notebook's kernel runs this."""
    return getattr(get_ipython(), "kernel", None) is not None


def styled() -> widgets.HTML:
    """The look of an explorer's panels in any theme, and names for its controls: part of the living view."""
    script = Path(__file__).with_name("names.js").read_text(encoding="utf-8")
    return widgets.HTML(f'<style onload="{html.escape(script)}">{_LOOK}</style>')


def words_in_html(words: str, width: int, attributes: str = "") -> str:
    """`words` as they stand under a picture `width` pixels wide; under a narrow one they may be wider."""
    return f'<div {attributes}style="{_WORDS.format(width=max(width, 760))}">{html.escape(words)}</div>'


def publish(picture: plot.Picture, words: str, view: widgets.Widget, *, update: bool = False) -> None:
    """Show a living view and its twin; `update` brings the twin up to date, as a training run's must be at its end."""
    live = {_MIME: {"version_major": 2, "version_minor": 0, "model_id": view.model_id}}
    apart = _in_jupyterlab()
    image = plot.image_tag(picture, words, compact=True) + words_in_html(words, picture.shown_size()[0])
    style = f"<style>{_ONE_OF_TWO}</style>" if apart else ""
    page = f'{style}<div class="cnnlab-twin">{image}<p>▶ Run this cell for the controls.</p></div>'
    twin = {"text/html": page, "text/plain": words}
    display(twin if apart else {**live, **twin}, raw=True, display_id=view.model_id, update=update)
    if apart and not update:
        display({**live, "text/plain": ""}, raw=True)  # with no text at all nbconvert would warn


def _in_jupyterlab() -> bool:
    """Whether the outputs of a cell stand in JupyterLab's page (Notebook 7 has the same): its server says so."""
    elsewhere = "google.colab" in sys.modules or any(name.startswith("VSCODE_") for name in os.environ)
    return "JPY_SESSION_NAME" in os.environ and not elsewhere
