"""``cnnlab train-detector``: a folder of pictures with boxes in, a detector that finds such things out."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from cnnlab.common.errors import DataError
from cnnlab.course import train_report
from cnnlab.detection import bundle, detections, yolo_training
from cnnlab.detection.detections import BoxDataset

BUNDLE, REPORT, TRAINING = "bundle", "report", "training"  # in the output folder
_HELD_OUT = 0.2  # of the labelled pictures, for each part that has to be drawn
_TYPED = {
    "data": "FOLDER", "folder": "--out", "image_size": "--size", "start": "--start", "epochs": "--epochs",
    "groups": "--groups", "seed": "--seed", "encoding": "--encoding",
}  # fmt: skip


def train_detector(
    source: str,
    out: str | None,
    size: int,
    epochs: int,
    start: str,
    groups: str | None,
    seed: int,
    encoding: str | None,
    announce: Callable[[str], None],
) -> int:
    """Train a detector on one's own boxes, and write it down with what it is worth.

    Parameters
    ----------
    source : a folder or a zip that `cnnlab.detection.detections.read` reads
    out
        folder for ``bundle`` (the detector), ``report`` (pictures of what it does worst and best) and, while it lasts,
        ``training``; None is ``NAME-detector`` in the current folder
    size : longer side of the network's input in pixels
    epochs : at most this many
    start : ``"shapes"``, ``"none"`` or the folder of a bundle to start from
    groups : a regular expression for what must stay together, by the files' names; None takes the data set's own groups
    seed : of the split and of the training
    encoding : of the names in an old zip, such as ``"cp949"``; None finds out what can be found out
    announce : called with each line of what is found and done

    Returns
    -------
    int
        0; 130 if it was stopped by hand, with the best epoch so far written as a bundle.

    Raises
    ------
    DataError, ValueError
        For data that cannot be trained on, an output folder that is not this command's, and arguments that do not fit.
    KeyboardInterrupt
        If it is stopped before the first epoch is finished.
    """
    path = Path(os.path.expanduser(source))
    if not path.exists():
        raise ValueError(f"`FOLDER` must be a folder or a zip. Received: {source!r}, and there is none")
    name = path.resolve().name if path.is_dir() else path.stem
    folder = Path(os.path.expanduser(out)) if out is not None else Path(f"{name}-detector")
    check_out(folder)
    begin = _start(start)
    try:
        data = detections.read(path, encoding=encoding)
        announce(data.report())
        data, split = divided(data, groups, seed)
        announce(split)
        trained = yolo_training.fit_detector(
            data,
            image_size=size,
            epochs=epochs,
            start=begin,
            seed=seed,
            folder=folder / TRAINING,
            report=_Clock(announce),
        )
    except (ValueError, DataError) as error:
        raise (DataError if isinstance(error, DataError) else ValueError)(_as_typed(str(error))) from error
    how = train_report.Training(name, data, split, trained, start, seed)
    if not trained.finished:
        trained.save(folder / BUNDLE, card=train_report.unfinished_card(how))
        announce(f"Stopped. The best epoch so far, {trained.best_epoch}, is in {folder / BUNDLE}. To go on:")
        options = _options(out, size, epochs, start, groups, seed, encoding)
        announce("  " + typed(["cnnlab", "train-detector", source, *options]))
        return 130
    part = data.split("test")
    judged = trained.judge(part)
    announce(train_report.result(judged, part))
    for note in train_report.write(folder / REPORT, judged, part, data.problems):
        announce(f"In the pictures: {note}")
    trained.save(folder / BUNDLE, card=train_report.card(how, judged, part))
    shutil.rmtree(folder / TRAINING, ignore_errors=True)
    announce(f"Written to {folder}: {BUNDLE} (the detector) and {REPORT} (what it does worst and best). To use it:")
    photo = str(part.pictures[int(judged.rows[0])]) if path.is_dir() else "PHOTO"
    announce("  " + typed(["cnnlab", "detect", photo, "--model", str(folder / BUNDLE)]))
    return 0


def check_out(folder: Path) -> None:
    """Refuse an output folder that this command did not make, or in which it has finished."""
    if not folder.exists():
        nearest = next((place for place in folder.absolute().parents if place.exists()), folder)
        if not nearest.is_dir():
            raise ValueError(f"`--out` must be a folder. Received: {str(folder)!r}, and {nearest} is a file")
        return
    held = sorted(file.name for file in folder.iterdir()) if folder.is_dir() else ["a file"]
    if held and not {BUNDLE, TRAINING} & {*held}:
        raise ValueError(
            f"`--out` must be a new or an empty folder, or one in which this command was stopped. Received: "
            f"{str(folder)!r}, which {'is a file' if folder.is_file() else f'holds {held[0]!r}'}"
        )
    if BUNDLE in held and TRAINING not in held:
        raise ValueError(
            f"`--out` must be another folder, or this one be removed first. Received: {str(folder)!r}, which holds a "
            "finished detector"
        )
    bundle.check_target(folder / BUNDLE)


def divided(data: BoxDataset, groups: str | None, seed: int) -> tuple[BoxDataset, str]:
    """Hold out what the source does not hold out itself, and say how.

    Parameters
    ----------
    data : with or without splits
    groups : as for `train_detector`; where the source's own split parts such a group, all is drawn anew
    seed : of what is drawn

    Returns
    -------
    data, how
        The labelled pictures of ``"train"``, ``"validation"`` and ``"test"``, each with at least one; those without
        labels have no split.
    """
    data = replace(data, splits=np.where(data.labelled, data.splits, ""))
    torn = _torn(data, groups) if groups is not None else 0
    if torn:
        data = replace(data, splits=[""] * len(data))
    missing = [part for part in ("validation", "test") if not (data.splits == part).any()]
    shares = {part: _HELD_OUT if part in missing else 0.0 for part in ("validation", "test")}
    try:
        drawn = data.draw_split(**shares, groups=groups, seed=seed)
    except DataError as error:
        needed = "three pictures or groups at least are needed: to train on, for validation and for the test"
        raise DataError(f"{error}; {needed}") from None
    counts = ", ".join(f"{part} {(drawn.splits == part).sum():,}" for part in ("train", "validation", "test"))
    how = f"{' and '.join(missing)} drawn with seed {seed}" if missing else "as the data set has it"
    if missing and any(drawn.groups):
        how += ", whole groups on one side"
    if torn:
        how += f"; the data set's own split parts the pictures of {torn:,} group{'' if torn == 1 else 's'}"
    apart = len(drawn.problems) - len(data.problems)
    left = f"; {apart:,} in no part, because their group is in the validation or the test set" if apart else ""
    return drawn, f"split of the pictures: {counts} ({how}{left})"


def _torn(data: BoxDataset, groups: str) -> int:
    """How many of the groups asked for the data set's own split has on two sides."""
    sides: dict[str, set[str]] = {}
    for group, split in zip(data.draw_split(0, groups=groups).groups, data.splits.tolist(), strict=True):
        if group and split:
            sides.setdefault(group, set()).add(split)
    return sum(len(found) > 1 for found in sides.values())


class _Clock:
    """Hand lines on, with the time behind those of an epoch."""

    def __init__(self, announce: Callable[[str], None]) -> None:
        self._announce, self._last = announce, time.perf_counter()

    def __call__(self, line: str) -> None:
        now = time.perf_counter()
        if found := re.match(r"epoch (\d+) of (\d+)", line):
            seconds, left = now - self._last, int(found[2]) - int(found[1])
            line += f" ({duration(seconds)}" + (f", at most {duration(seconds * left)} to go)" if left else ")")
        self._last = now
        self._announce(line)


def duration(seconds: float) -> str:
    """A time in the unit that suits it.

    >>> duration(0.42), duration(89), duration(1000), duration(20_000)
    ('0.4 s', '89 s', '17 min', '5.6 h')
    """
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _start(word: str) -> str | Path | None:
    """The argument of `fit_detector` that a word of the command line means."""
    if word in ("shapes", "none"):
        return "shapes" if word == "shapes" else None
    path = Path(os.path.expanduser(word))
    if not path.is_dir():
        raise ValueError(f"`--start` must be shapes, none or the folder of a bundle. Received: {word!r}")
    bundle.details(path)  # refuses what is none, before any picture is read
    return path


def _options(*values: str | int | None) -> list[str]:
    """The options that lead to the same training again."""
    names = "--out", "--size", "--epochs", "--start", "--groups", "--seed", "--encoding"
    pairs = [(name, str(value)) for name, value in zip(names, values, strict=True) if value is not None]
    return [word for pair in pairs for word in pair]


def typed(words: Sequence[str]) -> str:
    """Words as one line for the shell of this system."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _as_typed(message: str) -> str:
    """A library's message with the command's own names for its arguments."""
    message = re.sub(r"\bencoding='([\w-]+)'", r"--encoding \1", message)
    return re.sub(r"`(\w+)`", lambda found: f"`{_TYPED.get(found[1], found[1])}`", message)
