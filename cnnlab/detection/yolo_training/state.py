"""What a training keeps on disk after every epoch, so that it can go on where it was cut off."""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np

from cnnlab.common.errors import DataError, cause
from cnnlab.common.files import write_atomic

FILE = "training.npz"


@dataclass
class State:
    """A training after its last finished epoch.

    Attributes
    ----------
    epochs : how many are finished
    history : name → one number for each of them
    best_epoch, best
        the epoch of the highest mAP, of equal ones that of the lowest loss, from 1, and its mAP; 0 and −1 before there
        is one
    best_weights : of that epoch, as ``model.get_weights``
    weights, optimizer : of the last finished epoch
    """

    epochs: int = 0
    history: dict[str, list[float]] = field(default_factory=dict)
    best_epoch: int = 0
    best: float = -1.0
    best_weights: list[np.ndarray] = field(default_factory=list)
    weights: list[np.ndarray] = field(default_factory=list)
    optimizer: list[np.ndarray] = field(default_factory=list)

    def take(self, model: keras.Model) -> None:
        """Take weights and optimizer out of a model."""
        self.weights = model.get_weights()
        self.optimizer = [np.array(keras.ops.convert_to_numpy(one)) for one in model.optimizer.variables]

    def give(self, model: keras.Model) -> None:
        """Put them into a model that was compiled as that one was."""
        model.set_weights(self.weights)
        model.optimizer.build(model.trainable_variables)
        for variable, value in zip(model.optimizer.variables, self.optimizer, strict=True):
            variable.assign(value)


_ARRAYS = ("best_weights", "weights", "optimizer")


def prepare(folder: str | os.PathLike[str]) -> None:
    """Make the folder and write into it, so that one that cannot be written is met before the first epoch.

    Raises
    ------
    DataError
        If it cannot be made or written.
    """
    trial = Path(folder, f".{FILE}.trial")
    try:
        trial.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(trial, "A training will be kept here.")
        trial.unlink()
    except OSError as error:
        raise DataError(f"{Path(folder)}: a training cannot be kept in this folder ({cause(error)})") from None


def write(folder: Path, state: State, settings: dict[str, object]) -> None:
    """Write the state, whole or not at all: the file of the epoch before stays until this one is complete.

    Raises
    ------
    DataError
        If the folder cannot be written.
    """
    plain = {name: value for name, value in vars(state).items() if name not in _ARRAYS}
    arrays = {f"{name}_{number:03d}": array for name in _ARRAYS for number, array in enumerate(getattr(state, name))}
    buffer = io.BytesIO()
    np.savez(buffer, about=np.array(json.dumps({"settings": settings, **plain})), **arrays)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / FILE, buffer.getvalue())
    except OSError as error:
        raise DataError(f"{folder / FILE}: cannot be written ({cause(error)})") from None


def read(folder: str | os.PathLike[str], settings: dict[str, object]) -> State | None:
    """The state that a training with these settings has left in `folder`; None if there is none.

    Raises
    ------
    DataError
        For a file that cannot be read or is damaged.
    ValueError
        If it is of a training with other settings, with the first that differ.
    """
    file = Path(folder) / FILE
    if not file.exists():
        return None
    try:
        content = file.read_bytes()
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({cause(error)})") from None
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            about = json.loads(str(stored["about"]))
            arrays = {name: [stored[key] for key in sorted(stored.files) if key.rsplit("_", 1)[0] == name]
                      for name in _ARRAYS}  # fmt: skip
        before = about.pop("settings")
        state = State(**about, **arrays)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{file}: damaged ({type(error).__name__}); delete it to begin again") from None
    other = [name for name in settings if before.get(name) != settings[name]]
    if other:
        told = "; ".join(f"{name} was {before.get(name)!r} and is {settings[name]!r}" for name in other[:3])
        raise ValueError(
            f"`folder` must be empty or hold a training with the same arguments. Received: {folder}: {told}"
        )
    return state
