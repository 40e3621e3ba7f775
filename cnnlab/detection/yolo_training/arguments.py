"""What `fit_detector` may be given: its arguments by type, the parts of its data, and what of these can be read."""

from __future__ import annotations

import os

import keras
import numpy as np

from cnnlab.detection.detections import BoxDataset
from cnnlab.detection.yolo_training.augmentation import Augmentation
from cnnlab.detection.yolo_training.pipeline import Kept

MOST_SEED = 2**32 - 1  # of `keras.utils.set_random_seed`


def check_kinds(data: object, validation: object, start: object, folder: object, report: object) -> None:
    """TypeError for an argument of `fit_detector` that is of no kind it could use, before any picture is read."""
    for name, value, known, rule in (
        ("data", data, isinstance(data, BoxDataset), "be a BoxDataset"),
        ("validation", validation, validation is None or isinstance(validation, BoxDataset), "be a BoxDataset or None"),
        ("start", start, _is_path(start), "be 'shapes', None or the path of a bundle's folder"),
        ("folder", folder, _is_path(folder), "be the path of a folder, or None"),
        ("report", report, report is None or callable(report), "be a function that is given each line, or None"),
    ):
        if not known:
            raise TypeError(f"`{name}` must {rule}. Received: {type(value).__name__}")


def check_callbacks(callbacks: object) -> list[keras.callbacks.Callback]:
    """`callbacks` as a list; TypeError for what is no sequence of Keras callbacks."""
    rule = "`callbacks` must be a list of Keras callbacks. Received"
    if not isinstance(callbacks, (list, tuple)):
        raise TypeError(f"{rule}: {type(callbacks).__name__}")
    for number, one in enumerate(callbacks):
        if not isinstance(one, keras.callbacks.Callback):
            raise TypeError(f"{rule}: number {number} is of type {type(one).__name__}")
    return list(callbacks)


def changes_of(augment: object) -> Augmentation | None:
    """What `augment` means; TypeError for anything but True, False, None and an `Augmentation`.

    >>> changes_of(True).mirror, changes_of(False)
    (0.5, None)
    """
    if augment is None or isinstance(augment, Augmentation):
        return augment
    if not isinstance(augment, (bool, np.bool_)):
        raise TypeError(f"`augment` must be True, False or an Augmentation. Received: {augment!r}")
    return Augmentation() if augment else None


def parts(data: BoxDataset, validation: BoxDataset | None) -> tuple[BoxDataset, BoxDataset]:
    """The pictures to train on and those to watch; ValueError where a part lacks pictures, boxes or the classes."""
    splits = np.asarray(data.splits)
    train = data.split("train") if (splits == "train").any() else data.split("") if validation is not None else data[[]]
    watched = data.split("validation") if validation is None else validation
    for name, some, remedy in (
        ("data", train, "`data.draw_split(validation=0.25)` draws the parts"),
        ("validation", watched, "`data.draw_split(validation=0.25)` draws it"),
    ):
        if not len(some) or not some.labelled.any():
            which = "pictures to train on" if name == "data" else "pictures that steer the training"
            raise ValueError(f"`{name}` must hold labelled {which}; {remedy}. Received: {len(some)} pictures")
        boxes = [truth for truth, known in zip(some.truths, some.labelled, strict=True) if known]
        if not any((~(truth.crowd | truth.ignore)).any() for truth in boxes):
            raise ValueError(f"`{name}` must hold boxes that count. Received: none in {len(boxes)} labelled pictures")
    if tuple(watched.class_names) != tuple(data.class_names):
        raise ValueError(
            f"`validation` must have the classes of `data`, {tuple(data.class_names)}. "
            f"Received: {tuple(watched.class_names)}"
        )
    return train, watched


def check_kept(kept: Kept, name: str) -> None:
    """ValueError if no box that counts is left: in pictures that can be read, a pixel of the input large or more."""
    if any((~(truth.crowd | truth.ignore)).any() for truth in kept.truths):
        return
    height, width = kept.images.shape[1:3]
    left_out = f"; {kept.skipped[0].file}: {kept.skipped[0].reason}" if kept.skipped else ""
    raise ValueError(
        f"`{name}` must hold boxes that count, 1 pixel wide and high or more in the network's input of {height} × "
        f"{width}. Received: none in the {len(kept)} of {len(kept) + len(kept.skipped)} labelled pictures that can be "
        f"read{left_out}"
    )


def _is_path(value: object) -> bool:
    return value is None or isinstance(value, (str, os.PathLike))
