"""``cnnlab ledger``: what a network costs, layer by layer, on the screen, as CSV or as a page."""

from __future__ import annotations

import csv
import difflib
import io
import json
import os
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import keras

from cnnlab.common.files import write_atomic
from cnnlab.course.look import frame
from cnnlab.models import zoo
from cnnlab.models.ledger import Ledger, ledger
from cnnlab.models.ledger.table import MISSING, field_text, printable, shape_text
from cnnlab.training.delivery.bundle import LAYERS
from cnnlab.training.transfer.backbones import MENU

_MOST = 20_000_000  # bytes of config.json; the largest of `keras.applications` has 0.7 million
_COLUMNS = ("layer", "kind", "output", "parameters", "trainable", "multiply_adds", "field", "stride", "memory_bytes",
            "note")  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet computes instead of showing it
_COUNTED = (
    "Multiply-adds are those of convolutions and fully connected layers for one image; one is two FLOPs. The field is "
    "what one output value sees of the input, in pixels. Memory is that of the layer's output for one image."
)


def ledger_command(model: str, sizes: Sequence[int] | None, out: str | None, announce: Callable[[str], None]) -> int:
    """Print a model's ledger, or write it to a file.

    Parameters
    ----------
    model
        path of a ``.keras`` file, of which only the architecture is read; a name of `cnnlab.zoo.names`; or one of
        `keras.applications`, as Keras (``MobileNetV2``) or the course's menu (``mobilenet_v2``) spells it
    sizes : height and width to count for, and channels where they are not the network's own; by default its own input
    out : file to write, ending in ``.csv`` or ``.html``; None prints the table
    announce : called with the table, or with what was written

    Returns
    -------
    int
        0.

    Raises
    ------
    ValueError
        If there is no such model, `sizes` does not fit it, or `out` ends in something else.
    OSError
        If the file cannot be written.
    """
    ending = None if out is None else Path(out).suffix.lower()
    if ending not in (None, ".csv", ".html"):
        raise ValueError(f"`--out` must end in .csv or .html. Received: {out!r}")
    if sizes is not None and len(sizes) not in (2, 3):
        raise ValueError(f"`--input` must be HEIGHT WIDTH [CHANNELS]. Received: {' '.join(map(str, sizes))}")
    book = _book(model, sizes)
    rows = [replace(row, note=row.note.replace("`input_shape`", "`--input`")) for row in book]  # as it is called here
    book = replace(book, rows=tuple(rows))
    if out is None:
        announce(repr(book))
        return 0
    text = as_csv(book) if ending == ".csv" else as_page(book)
    # A name from a stranger's file may hold half a surrogate pair, which UTF-8 cannot.
    write_atomic(os.path.expanduser(out), text.encode("utf-8", "backslashreplace"))
    announce(f"Written to {out}: {book.name}, {len(book)} rows")
    return 0


def _book(model: str, sizes: Sequence[int] | None) -> Ledger:
    """The ledger of the model that is meant by a path or a name; the model's weights get no numbers."""
    path = Path(os.path.expanduser(model))
    config = _config(path) if path.suffix or len(path.parts) > 1 else None
    try:
        with keras.StatelessScope(initialize_variables=False):  # weights have shapes, which is all that is counted
            if config is not None:
                network = _from_config(config, path.name)
                return ledger(network, None if sizes is None else _completed(sizes, network.inputs[0].shape[-1]))
            return ledger(_named(model, sizes))
    except ValueError as error:
        # Keras' words go on for many lines, with all that the layer was called with.
        raise ValueError(printable(str(error).splitlines()[0].replace("`input_shape`", "`--input`"))) from None
    finally:
        keras.utils.clear_session(free_memory=False)  # or the next scope would give those weights their numbers


def _completed(sizes: Sequence[int], channels: int | None) -> tuple[int | None, ...]:
    return (*sizes, channels) if len(sizes) == 2 else tuple(sizes)


def _named(name: str, sizes: Sequence[int] | None) -> keras.Model:
    """A network of the zoo or of `keras.applications`."""
    if name in zoo.names():
        return zoo.build(name, None if sizes is None else _completed(sizes, zoo.build(name).input_shape[-1]))
    entries = {entry.keras_name: entry for entry in MENU.values() if entry.keras_name}
    entries |= {entry.name: entry for entry in entries.values()}
    if name not in entries:
        known = {known.lower(): known for known in (*entries, *zoo.names())}
        near = [known[word] for word in difflib.get_close_matches(name.lower(), known)]
        hint = f"Nearest: {', '.join(near)}" if near else f"Some names: {', '.join(zoo.names())}, MobileNetV2"
        raise ValueError(
            f"`MODEL` must be a .keras file, or a name of the zoo or of keras.applications. Received: {name!r}. {hint}"
        )
    entry = entries[name]
    shape = _completed(sizes or (entry.side, entry.side), 3)
    return getattr(keras.applications, entry.keras_name)(weights=None, input_shape=shape)


def _config(path: Path) -> dict[str, object]:
    """The architecture in a .keras file, not yet made into a model."""
    if not path.is_file():
        raise ValueError(f"`MODEL` must be a file or the name of a network. Received: {str(path)!r}, and there is none")
    if path.suffix.lower() != ".keras":
        raise ValueError(
            f"`MODEL` must be a .keras file: `model.save('model.keras')` writes one. Received: {path.name}"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            member = archive.getinfo("config.json")
            if member.file_size > _MOST:
                raise ValueError(f"its config.json has {member.file_size:,} bytes, more than any network needs")
            config = json.loads(archive.read(member))
        if not isinstance(config, dict):
            raise ValueError("its config.json holds no model")
    except Exception as error:  # damage takes many forms: zipfile, zlib and json raise a dozen kinds of exceptions
        raise ValueError(f"`MODEL` must be a whole .keras file. Received: {path.name}: {error}") from error
    return config


def _from_config(config: dict[str, object], file: str) -> keras.Model:
    """The model of `config`, built by Keras in its safe mode: what would run code of the file's own is refused."""
    own = {keras.saving.get_registered_name(layer): layer for layer in LAYERS}
    try:
        model = keras.saving.deserialize_keras_object({**config, "compile_config": None}, own, safe_mode=True)
    except Exception as error:  # a stranger's file can make any layer of Keras stumble, in any way
        raise ValueError(
            f"`MODEL` must be made of Keras' and the course's layers. Received: {file}: {_why(error)}"
        ) from error
    if not isinstance(model, keras.Model) or not model.built:
        raise ValueError(f"`MODEL` must hold a model that knows its input. Received: {file}: {type(model).__name__}")
    return model


def _why(error: Exception) -> str:
    """What stopped Keras, without the whole architecture that its words go on with."""
    words = str(error)
    if "lambda" in words.lower():
        return "it holds a Lambda layer, which would run code from the file"
    if unknown := re.search(r"Could not locate (?:class|function) '([^']+)'", words):
        return f"it holds {unknown[1]}, which only the code that defines it can build"
    words = words.rpartition("Exception encountered: ")[2]
    return f"{type(error).__name__}: {(words.splitlines() or [''])[0][:200]}"


def as_csv(book: Ledger) -> str:
    """The rows with plain numbers; what is not known stays empty.

    Examples
    --------
    >>> print(as_csv(ledger(zoo.build("lenet5"))).splitlines()[2])
    conv1,Conv2D,28x28x6,156,156,117600,5,1,18816,
    """
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(_COLUMNS)
    for row in book:
        words = (row.name, row.kind, shape_text(row.output_shape), *field_text(row.receptive_field), row.note)
        layer, kind, output, field, stride, note = map(_plain, words)
        counts = (row.params, row.trainable_params, row.macs)
        writer.writerow([layer, kind, output, *counts, field, stride, row.activation_bytes, note])
    return file.getvalue()


def _plain(cell: str) -> str:
    """A cell of words as a spreadsheet should show it, whatever a layer is called."""
    cell = "" if cell == MISSING else cell.replace("×", "x")
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def as_page(book: Ledger) -> str:
    """A whole page with the table that a notebook shows."""
    return frame(f"Ledger of {book.name}", f"{book.table().html()}\n<p>{_COUNTED}</p>", _STYLE)


_STYLE = """
body { font: 1rem/1.4 system-ui, sans-serif; margin: 1.5rem; color-scheme: light dark; }
body > div { max-height: none !important; }
caption { font-weight: bold; text-align: left; padding: 0 .7em .5em; }
thead th { border-bottom: 1px solid; } tfoot th { border-top: 1px solid; }
"""
