"""A file from the learner's own machine → a file beside the notebook, on Colab and in Jupyter.

On Colab ``google.colab.files.upload`` opens a dialog and waits. In Jupyter nothing can wait for a click, so there a
button appears, and the file is there when its line says so. Either way a file is saved whole or not at all, under its
bare name: what a browser sends as a name is never taken as a path.
"""

from __future__ import annotations

import html
import importlib.util
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from cnnlab.common.files import write_atomic
from cnnlab.data.pictures.names import unportable

MAX_BYTES = 500_000_000  # of one file; a browser hands it over in one piece, in memory


def on_colab() -> bool:
    """Whether this notebook runs on Google Colab.

    >>> on_colab() in (True, False)
    True
    """
    try:
        return importlib.util.find_spec("google.colab") is not None
    except ModuleNotFoundError:  # there is no package `google` either
        return False


def upload(folder: str | os.PathLike = ".", accept: str = ".zip") -> list[Path] | UploadButton:
    """Ask the learner for files: a dialog on Colab, a button elsewhere.

    Parameters
    ----------
    folder : where the files go; it must exist. A file of the same name is replaced
    accept : endings the button's dialog offers, separated by commas

    Returns
    -------
    list of Path, or UploadButton
        On Colab the saved files. Elsewhere the button, to be shown as the last line of a cell; its ``saved`` lists the
        files once they are there.

    Raises
    ------
    ValueError
        If there is no such folder, or (on Colab) a file cannot be saved under its name.

    Examples
    --------
    >>> button = upload(accept=".zip,.jpg")
    >>> button.saved
    []
    """
    folder = _folder(folder)
    if not on_colab():
        return UploadButton(folder, accept)
    from google.colab import files

    return save(files.upload(), folder)  # Colab leaves a copy of its own in the current folder


class UploadButton:
    """A button that takes files from the browser, saves them and says so. Shown as the last line of a cell.

    Parameters
    ----------
    folder : where the files go; it must exist
    accept : endings its dialog offers, separated by commas

    Attributes
    ----------
    saved : list of Path, the files there so far
    widget : the ipywidgets box
    """

    def __init__(self, folder: str | os.PathLike = ".", accept: str = ".zip") -> None:
        import ipywidgets

        self._folder = _folder(folder)
        self.saved: list[Path] = []
        self._button = ipywidgets.FileUpload(accept=accept, multiple=True, description="choose a file")
        self._said = ipywidgets.HTML("nothing uploaded yet")
        self.widget: ipywidgets.Widget = ipywidgets.VBox([self._button, self._said])
        self._button.observe(self._arrived, names="value")

    def _arrived(self, change: Mapping[str, object]) -> None:
        if not change["new"]:
            return
        try:
            new = save(change["new"], self._folder)
        except (OSError, ValueError) as error:
            self._say(f"✘ {error}")
            if os.environ.get("CNNLAB_STRICT") == "1":
                raise
            return
        self.saved += [path for path in new if path not in self.saved]
        self._say(", ".join(f"✔ {path.name} saved, {path.stat().st_size:,} bytes" for path in new))

    def _say(self, text: str) -> None:
        self._said.value = f'<div role="status">{html.escape(text)}</div>'

    def __repr__(self) -> str:
        return f"A button to upload files. Saved so far: {', '.join(path.name for path in self.saved) or 'none'}."

    def _ipython_display_(self) -> None:
        from IPython.display import display

        model = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        display({"application/vnd.jupyter.widget-view+json": model, "text/plain": repr(self)}, raw=True)


def save(value: object, folder: str | os.PathLike = ".") -> list[Path]:
    """Save what an upload handed over, each file whole or not at all.

    Parameters
    ----------
    value : the ``value`` of a ``FileUpload``, of ipywidgets 7 (name → ``{"content": bytes}``) or 8 (a tuple of
        ``{"name", "content"}``); or name → bytes, as Colab gives it
    folder : where the files go; it must exist

    Returns
    -------
    list of Path
        The saved files, in the order they came in.

    Raises
    ------
    ValueError
        If a name is no plain file name, two files have the same, a file is empty or has more than 500 MB; then none is
        saved.
    TypeError
        If `value` is none of these.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in save({"pets.zip": b"PK"}, folder)]
    ['pets.zip']
    >>> save({"..": b"x"})
    Traceback (most recent call last):
    ValueError: `value` must hold files with plain names. Received: '..'
    """
    folder = _folder(folder)
    files = [(_plain_name(name), bytes(content)) for name, content in _sent(value)]
    names = [name.casefold() for name, _ in files]  # Windows and macOS take a.zip and A.zip for one
    twice = [name for name, _ in files if names.count(name.casefold()) > 1]
    if twice:
        raise ValueError(f"`value` must hold files with different names. Received: {', '.join(map(repr, twice))}")
    for name, content in files:
        if not content:
            raise ValueError(f"`value` must hold files with something in them. Received: {name!r} with 0 bytes")
        if len(content) > MAX_BYTES:
            raise ValueError(f"`value` must hold files of at most {MAX_BYTES:,} bytes. Received: {len(content):,}")
    for name, content in files:
        write_atomic(folder / name, content)
    return [folder / name for name, _ in files]


def _sent(value: object) -> Iterable[tuple[str, bytes | memoryview]]:
    """Name and bytes of each file, in any of the three forms."""
    try:
        if isinstance(value, Mapping):
            return [(str(n), memoryview(v["content"] if isinstance(v, Mapping) else v)) for n, v in value.items()]
        return [(str(one["name"]), memoryview(one["content"])) for one in value]
    except (KeyError, TypeError):
        kind = type(value).__name__
        raise TypeError(f"`value` must be that of a FileUpload, or name → bytes. Received: {kind}") from None


def _plain_name(name: str) -> str:
    """The last part of whatever path a browser sent."""
    plain = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    if not plain or plain.startswith(".") or len(plain) > 150 or unportable(plain):
        raise ValueError(f"`value` must hold files with plain names. Received: {name!r}")
    return plain


def _folder(folder: str | os.PathLike) -> Path:
    path = Path(folder).absolute()
    if not path.is_dir():
        raise ValueError(f"`folder` must be a folder that exists. Received: {str(folder)!r}")
    return path
