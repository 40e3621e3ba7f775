"""A trained detector in a folder that somebody else can use: `save` writes it, `load` reads it back.

=====================  ================================================================================================
``detector.cfg``       what the network is made of, in Darknet's words
``detector.weights``   its numbers; these two run here, in Darknet and in whatever reads Darknet's files
``detector.names``     its classes, one on each line
``detector.keras``     the same network for Keras, to train on from
``detector.json``      class names, picture size, anchors, score threshold, versions, and the sums of the files
``card.md``            what it was trained on, how good it is, what it cannot do
=====================  ================================================================================================

The folder appears whole or not at all. Nothing in a stranger's bundle is executed: `load` builds the network from the
Darknet files, which are checked before anything is allocated, and leaves ``detector.keras``, which could describe a
program, to whoever opens it with `keras.models.load_model`.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from cnnlab.common.errors import DataError, cause
from cnnlab.common.files import sha256, whole_folder
from cnnlab.common.validate import check_fraction, pair
from cnnlab.common.version import VERSION
from cnnlab.detection import anchors as anchor_boxes
from cnnlab.detection import darknet

CFG, WEIGHTS, NAMES, KERAS, DETAILS, CARD = FILES = (
    "detector.cfg", "detector.weights", "detector.names", "detector.keras", "detector.json", "card.md",
)  # fmt: skip
_FORMAT = 1  # of detector.json
_SUMMED = (WEIGHTS, KERAS)  # what only their bytes tell apart; the others are compared by what they say
_DARKNETS = 0.25  # the score threshold of Darknet's own program
_MOST_DETAILS = 1_000_000  # bytes of detector.json; 1,000 classes take 30,000


@dataclass(frozen=True, eq=False)
class Details:
    """What ``detector.json`` says.

    Attributes
    ----------
    class_names : in the order of the labels
    image_size : (height, width) of the network's input in pixels
    anchors : (A, 2) widths and heights in its pixels
    score_threshold : boxes with a lower score are left out unless you ask for another one
    """

    class_names: tuple[str, ...]
    image_size: tuple[int, int]
    anchors: np.ndarray
    score_threshold: float


def save(
    trained: object, folder: str | os.PathLike[str], *, card: str | None = None, score_threshold: float | None = None
) -> Path:
    """Save a trained detector as a folder that somebody else can use.

    Parameters
    ----------
    trained
        from `cnnlab.yolo_training.fit_detector`, or anything with the same ``model`` (a network of one grid that
        Darknet has words for), ``anchors``, ``class_names`` and ``image_size``
    folder : the folder to make, or a bundle that is replaced; anything else is left alone
    card : the model card, Markdown, see `cnnlab.detection.bundle_card`; None writes the classes and the picture size
    score_threshold
        boxes with a lower score are left out by whoever does not ask for another one, 0 to 1; by default that of
        `trained`, or 0.25 where it has none

    Returns
    -------
    Path
        The folder, with the six files in it.

    Raises
    ------
    DataError
        If the folder exists and is not a bundle, or holds something else too, or cannot be written. Whatever was there
        is there still.
    TypeError, ValueError
        If the parts of `trained` do not fit each other, or its weights are not finite.

    Examples
    --------
    >>> import tempfile, types
    >>> from cnnlab.detection import tiny_yolo
    >>> trained = types.SimpleNamespace(model=tiny_yolo.build(), anchors=tiny_yolo.ANCHORS, image_size=(96, 96),
    ...                                 class_names=("circle", "square", "triangle"))
    >>> with tempfile.TemporaryDirectory() as here:
    ...     folder = save(trained, Path(here, "shapes"))
    ...     load(folder)
    <Detector detector: 96×96 pixels, grids 12×12, 3 classes, 100,688 parameters>
    """
    threshold = getattr(trained, "score_threshold", _DARKNETS) if score_threshold is None else score_threshold
    details = _checked(trained, check_fraction(threshold, "score_threshold"))
    card = _short_card(details) if card is None else card
    if not isinstance(card, str) or not card.strip():
        raise ValueError(f"`card` must be a text with something in it, or None. Received: {card!r}")
    folder = Path(folder)
    check_target(folder)
    with whole_folder(folder) as unfinished:
        _write(unfinished, trained.model, details, card)
    return folder


def check_target(folder: Path) -> None:
    """Refuse a place that `save` would have to clear of something that is not its own."""
    if not folder.exists():
        return
    if _missing(folder):
        raise DataError(f"{folder.name} exists and is no bundle of a detector: choose another name, or remove it")
    if others := sorted(file.name for file in folder.iterdir() if file.name not in FILES):
        raise DataError(f"{folder.name} holds {others[0]!r}, which is no part of the bundle: move it elsewhere first")


def _missing(folder: Path) -> list[str]:
    return [name for name in FILES if not (folder / name).is_file()]


def _write(folder: Path, model: keras.Model, details: Details, card: str) -> None:
    with warnings.catch_warnings():  # Keras 3 with TensorFlow and NumPy 2.1 or later, about its own way of copying
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        model.save(folder / KERAS)
    darknet.export(model, folder / CFG, folder / WEIGHTS, anchors=details.anchors)
    # Darknet's own way of saying that a picture keeps its shape; the Keras model has no word for it.
    text = (folder / CFG).read_text(encoding="utf-8")
    (folder / CFG).write_text(text.replace("[net]\n", "[net]\nletter_box=1\n", 1), encoding="utf-8", newline="\n")
    (folder / NAMES).write_text("".join(f"{_line(name)}\n" for name in details.class_names), encoding="utf-8")
    said = {
        "format": _FORMAT,
        "class_names": list(details.class_names),
        "image_size": list(details.image_size),
        "anchors": details.anchors.tolist(),
        "score_threshold": details.score_threshold,
        "pixels": "floats from 0 to 1, red first; the picture keeps its shape, grey fills the rest",
        "cnnlab": VERSION,
        "keras": keras.__version__,
        "sha256": {name: sha256(folder / name) for name in _SUMMED},
    }
    (folder / DETAILS).write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / CARD).write_text(card, encoding="utf-8")


def load(folder: str | os.PathLike[str]) -> darknet.Detector:
    """Read back what `save` wrote, and check that the files belong together.

    Parameters
    ----------
    folder : of a bundle

    Returns
    -------
    Detector
        Of the Darknet files; `details` says which score threshold it was saved with.

    Raises
    ------
    DataError
        Naming the file: if one is missing or damaged, or two of them do not fit each other.

    Examples
    --------
    >>> load("nothing")
    Traceback (most recent call last):
    cnnlab.common.errors.DataError: nothing is no bundle of a detector: there is no such folder
    """
    folder = Path(folder)
    said = details(folder)
    try:
        _check_network(folder, said)
        if darknet.read_names(folder / NAMES) != tuple(map(_line, said.class_names)):
            raise DataError(f"{NAMES} of {folder.name} does not have the class names of {DETAILS}")
        return darknet.load(folder / CFG, folder / WEIGHTS, said.class_names, letterbox=True)
    except darknet.DarknetError as error:
        raise DataError(f"{folder.name}: {error}") from None


def details(folder: str | os.PathLike[str]) -> Details:
    """What a bundle says about itself, and whether its files are those that were saved together; no network is built.

    Raises
    ------
    DataError
        As `load`.
    """
    folder = Path(folder)
    missing = _missing(folder)
    if missing:
        why = f"{', '.join(missing)} missing" if folder.is_dir() else "there is no such folder"
        inner = [one for one in folder.glob("*") if not _missing(one)]
        why += f". Its folder {inner[0].name} is one" if inner else ""
        raise DataError(f"{folder.name} is no bundle of a detector: {why}")
    try:
        with open(folder / DETAILS, "rb") as file:
            data = file.read(_MOST_DETAILS + 1)
        if len(data) > _MOST_DETAILS:
            raise ValueError(f"it has more than {_MOST_DETAILS:,} bytes")
        said = json.loads(data.decode("utf-8"))
        if said["format"] != _FORMAT:
            raise ValueError(f"`format` must be {_FORMAT}: a later version of cnnlab wrote it")
        sums = {name: said["sha256"][name] for name in _SUMMED}
        found = Details(
            _check_names(said["class_names"]),
            pair(said["image_size"], "image_size"),
            anchor_boxes.check(said["anchors"]),
            check_fraction(said["score_threshold"], "score_threshold"),
        )
        for name, expected in sums.items():
            if sha256(folder / name) != expected:
                raise DataError(f"{name} of {folder.name} is not the file that was saved with this {DETAILS}")
    except KeyError as error:
        raise DataError(f"{DETAILS} of {folder.name} is damaged: {error} is missing") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise DataError(f"{DETAILS} of {folder.name} is damaged: {error}") from None
    except OSError as error:
        raise DataError(f"{folder.name} cannot be read: {cause(error)}") from None
    return found


def _checked(trained: object, score_threshold: float) -> Details:
    """The parts of a trained detector, after a look at whether they fit each other and could be read back."""
    missing = [name for name in ("model", "anchors", "class_names", "image_size") if not hasattr(trained, name)]
    if missing:
        raise TypeError(
            f"`trained` must have a model, anchors, class_names and image_size. Received: {type(trained).__name__} "
            f"without {', '.join(missing)}"
        )
    names, sizes = _check_names(trained.class_names), anchor_boxes.check(trained.anchors)
    size = pair(trained.image_size, "image_size")
    channels = len(sizes) * (5 + len(names))
    taken, given = trained.model.input_shape, trained.model.output_shape
    if taken != (None, *size, 3) or len(given) != 4 or given[3] != channels:
        raise ValueError(
            f"`trained.model` must take pictures (N, {size[0]}, {size[1]}, 3) and answer with {len(sizes)} anchors · "
            f"(5 + {len(names)} classes) = {channels} channels. Received: {taken} to {given}"
        )
    for weight in trained.model.weights:
        if not np.isfinite(keras.ops.convert_to_numpy(weight)).all():
            raise ValueError(
                f"`trained.model` must have finite weights: this training diverged. Received: not-a-number or infinity "
                f"in {weight.path}"
            )
    return Details(names, size, sizes, score_threshold)


def _check_names(names: object) -> tuple[str, ...]:
    """Class names that a line of a text file can hold, each different from the others there."""
    listed = [] if isinstance(names, str) or not isinstance(names, Sequence) else list(names)
    lines = [_line(name) if isinstance(name, str) else "" for name in listed]
    if not lines or not all(lines) or len(set(lines)) < len(lines) or not all(map(_is_text, lines)):
        raise ValueError(
            f"`class_names` must be different names, at least one, each with a letter. Received: {names!r}"
        )
    return tuple(listed)


def _is_text(line: str) -> bool:
    """Whether UTF-8 and Darknet's reader can hold it: no half of a surrogate pair, no zero byte."""
    return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in line)


def _line(name: str) -> str:
    """A name as one line of a .names file: every run of blanks and line ends is one blank, and no mark in front."""
    return " ".join(name.replace("\ufeff", " ").split())


def _check_network(folder: Path, said: Details) -> None:
    """Refuse a .cfg that does not have the size, the anchors and the classes of detector.json."""
    plan = darknet.plan.make(darknet.cfg.read(folder / CFG))
    if len(plan.heads) != 1:
        raise DataError(f"{CFG} of {folder.name} has {len(plan.heads)} heads, and a bundle's network has one")
    (head,) = darknet.heads.heads_of(plan)
    for what, own, theirs in (
        ("size", plan.input_shape[:2], said.image_size),
        ("number of classes", head.classes, len(said.class_names)),
        ("anchors", [list(map(_short, one)) for one in head.anchors], [list(map(_short, one)) for one in said.anchors]),
    ):
        if own != theirs:
            raise DataError(f"{CFG} of {folder.name} has the {what} {own}, and {DETAILS} says {theirs}")


def _short(number: float) -> float:
    """A length as a .cfg holds it: nine digits."""
    return float(f"{number:.9g}")


def _short_card(said: Details) -> str:
    names = ", ".join(map(_line, said.class_names))
    height, width = said.image_size
    return f"# A detector of {names}\n\nPictures are brought to {height} × {width} pixels (height × width).\n"
