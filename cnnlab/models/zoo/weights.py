"""Weights from a file into a model, layer by layer, by name: everything is read and checked before anything is set.

Three kinds of file hold the same thing, arrays under a layer's name: ``.weights.h5`` (Keras 3), ``.keras`` (a zip with
such a file in it) and ``.h5`` (Keras 1 and 2, still used for the files of `keras.applications`). Keras' own loaders go
by position in the first two and assign while they read; a name and both shapes tell a learner more.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from itertools import count, takewhile
from pathlib import Path

import h5py
import keras
import numpy as np

ENDINGS = (".weights.h5", ".keras", ".h5")
HEAD = re.compile(r"(fc\d|predictions|conv10|aux\d_\w+)$")  # layers that `include_top=False` and `auxiliary=False` omit

Datasets = dict[str, list[h5py.Dataset]]  # layer name → its arrays, in the order of `layer.weights`


def load_weights(model: keras.Model, path: str | os.PathLike[str]) -> None:
    """Set every weight of `model` from a file, or none.

    Parameters
    ----------
    model : a model of the zoo, or any model whose own layers carry the names in the file
    path
        ``.weights.h5``, ``.keras``, or ``.h5`` as written by Keras 1 and 2. A ``/`` in a name in the file matches an
        underscore in the model. The file may hold the classifier that a model without one does not need; anything
        else left over is refused

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, lacks a layer, has one too many, or has an array of another shape; the message names
        the file, the layer and both shapes. The model is then as it was.

    Examples
    --------
    >>> from cnnlab import zoo
    >>> load_weights(zoo.build("lenet5"), "weights.npz")
    Traceback (most recent call last):
    ValueError: `weights` must be a file ending in .weights.h5, .keras, .h5. Received: 'weights.npz'
    """
    path = checked_path(path)
    layers = {layer.name: layer for layer in model.layers if layer.weights}
    try:
        with _open(path) as file:
            stored = _keras3(file["layers"], path) if "layers" in file else _keras2(file)
            stored = {name.replace("/", "_"): arrays for name, arrays in stored.items()}
            _check(stored, layers, path)
            values = {name: [np.asarray(array) for array in stored[name]] for name in layers}
    except (OSError, KeyError, RuntimeError, EOFError, zipfile.BadZipFile) as error:  # what h5py and zipfile raise
        raise ValueError(f"`weights` must be a whole file. Received: {path.name}, which is damaged: {error}") from None
    for name, layer in layers.items():
        layer.set_weights(values[name])


def checked_path(path: object) -> Path:
    """Return `path` if it is a file with a known ending."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"`weights` must be None or the path of a file. Received: {path!r}")
    path = Path(path)
    if not path.name.endswith(ENDINGS):
        raise ValueError(f"`weights` must be a file ending in {', '.join(ENDINGS)}. Received: {path.name!r}")
    if not path.is_file():
        raise FileNotFoundError(f"`weights` must be the path of a file. Received: {str(path)!r}, where there is none")
    return path


def _open(path: Path) -> h5py.File:
    if path.suffix != ".keras":
        return h5py.File(path, "r")
    with zipfile.ZipFile(path) as archive:
        return h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r")


def _keras2(file: h5py.File) -> Datasets:
    group = file.get("model_weights", file)  # a whole model keeps its weights one level down
    return {
        name: [group[name][weight] for weight in _texts(group[name], "weight_names")]
        for name in _texts(group, "layer_names")
    }


def _texts(group: h5py.Group, name: str) -> list[str]:
    """A list of names stored as an attribute, which Keras cuts into name0, name1 … where it is too long for HDF5."""
    if name in group.attrs:
        stored = list(group.attrs[name])
    else:
        pieces = (f"{name}{index}" for index in count())
        stored = [text for piece in takewhile(group.attrs.__contains__, pieces) for text in group.attrs[piece]]
    return [text.decode() if isinstance(text, bytes) else str(text) for text in stored]


def _keras3(layers: h5py.Group, path: Path) -> Datasets:
    stored: Datasets = {}
    for group in layers.values():
        arrays = group.get("vars", {})
        if len(arrays) == 0:
            continue
        if "name" not in arrays.attrs:
            raise ValueError(
                f"`weights` must name its layers, which files by the first versions of Keras 3 do not. Received: "
                f"{path.name}. Load it with `model.load_weights` and save it again"
            )
        stored[str(arrays.attrs["name"])] = [arrays[str(index)] for index in range(len(arrays))]
    return stored


def _check(stored: Datasets, layers: dict[str, keras.layers.Layer], path: Path) -> None:
    """Compare what the file holds with what the model has, names first, then shapes."""
    stored = {name: arrays for name, arrays in stored.items() if arrays}
    missing = [name for name in layers if name not in stored]
    if missing:
        hint = ", or build the model with `include_top=False`" if all(map(HEAD.match, missing)) else ""
        raise ValueError(
            f"`weights` must hold every layer of the model. Received: {path.name}, which has none for "
            f"{_listed(missing)}{hint}"
        )
    extra = [name for name in stored if name not in layers and not HEAD.match(name)]
    if extra:
        raise ValueError(
            f"`weights` must be of the same network. Received: {path.name}, which has {_listed(extra)}, and the model "
            "does not"
        )
    for name, layer in layers.items():
        theirs = [tuple(array.shape) for array in stored[name]]
        ours = [tuple(weight.shape) for weight in layer.weights]
        if theirs != ours:
            raise ValueError(
                f"`weights` must have the shapes of the model. Received: {path.name}, whose layer {name!r} has "
                f"{_shapes(theirs)}; the model has {_shapes(ours)}"
            )


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names[:3])) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _shapes(shapes: list[tuple[int, ...]]) -> str:
    return " and ".join(map(str, shapes))
