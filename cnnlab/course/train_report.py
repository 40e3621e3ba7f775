"""What ``cnnlab train-detector`` says of the detector it has trained: a table, a card, its worst and best pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from cnnlab.common.errors import DataError, cause
from cnnlab.common.files import write_atomic
from cnnlab.data.pictures.names import unportable
from cnnlab.detection import overlay
from cnnlab.detection.bundle_card import ap_table, detector_card, said, shares
from cnnlab.detection.detections import BoxDataset, Detections, Problem
from cnnlab.detection.yolo_training import Judgement, TrainedDetector

_WORST, _BEST = 8, 4  # pictures that are shown
_CLASSES = 40  # in the table on the screen
_SIDE, _NARROWEST = 8.0, 4.2  # inches: the longer side of a picture, and the room that its title needs
_LONGEST_SHAPE = 4  # times as long as wide
_LONGEST = 80  # bytes of a file's name that go into the name of its picture


@dataclass(frozen=True, eq=False)
class Training:
    """What a card tells of how a detector came to be."""

    name: str
    data: BoxDataset
    split: str
    trained: TrainedDetector
    start: str
    seed: int


def result(judged: Judgement, part: BoxDataset) -> str:
    """The figures of the test pictures as lines for a terminal."""
    precision, recall = shares(judged.detections, [part.truths[row] for row in judged.rows], judged.score_threshold)
    worst_first = sorted(judged.counts, key=lambda name: judged.per_class.get(name, 2))  # 2: nothing to find
    shown = {*worst_first[:_CLASSES]}
    lines = [f"On {_pictures(judged)}, not looked at before: mAP@.5 {said(judged.map50)}"]
    lines += ap_table(judged.per_class, {n: count for n, count in judged.counts.items() if n in shown}, pad=True)
    if len(judged.counts) > _CLASSES:
        lines.append(f"The {_CLASSES} classes with the lowest AP; the card has all {len(judged.counts):,}")
    if judged.map50 == 0:
        lines.append("It finds nothing yet: it needs more epochs, or more labelled pictures")
    else:
        lines.append(
            f"Shown from a score of {judged.score_threshold:.2f} on (chosen on the validation pictures): "
            f"{said(precision)} of the boxes are right, {said(recall)} of the objects are found"
        )
    return "\n".join(lines)


def card(how: Training, judged: Judgement, part: BoxDataset) -> str:
    """The model card of a training that came to its end."""
    return detector_card(
        how.name,
        data=_data(how),
        training=_training(how),
        judged=f"{_pictures(judged)}, which had no part in the training or in any choice.",
        map50=judged.map50,
        per_class=judged.per_class,
        counts=judged.counts,
        score_threshold=judged.score_threshold,
        at_threshold=shares(judged.detections, [part.truths[row] for row in judged.rows], judged.score_threshold),
        limits=_limits(how),
    )


def unfinished_card(how: Training) -> str:
    """The model card of a training that was stopped: the test pictures have not been looked at."""
    parts = {
        "Data": _data(how),
        "Training": f"{_training(how)} It was stopped there by hand.",
        "How good it is": "Not measured yet: the test pictures are looked at once, at the end.",
        "Limits": "\n".join(f"- {limit}" for limit in _limits(how)),
    }
    return f"# {how.name}, training not finished\n" + "".join(f"\n## {part}\n\n{parts[part]}\n" for part in parts)


def _data(how: Training) -> str:
    return f"```text\n{how.data.report()}\n{how.split}\n```"


def _training(how: Training) -> str:
    trained = how.trained
    height, width = trained.image_size
    begun = {"shapes": "from the course's detector of shapes", "none": "from random weights"}
    anchors = ", ".join(f"{w:.0f}×{h:.0f}" for w, h in trained.anchors)
    return (
        f"{len(trained.history['map50'])} epochs {begun.get(how.start, 'from an earlier bundle')}, seed {how.seed}. "
        f"Pictures are brought to {height} × {width} pixels (height × width); the anchors are {anchors} pixels "
        f"(width × height). The weights are those of epoch {trained.best_epoch}, the best on the validation pictures: "
        f"mAP@.5 {said(trained.map50)}."
    )


def _limits(how: Training) -> list[str]:
    side, rows = max(how.trained.image_size), how.trained.model.output_shape[1]
    cell = how.trained.image_size[0] // rows
    return [
        "It knows its classes and nothing else, and may take other things for them.",
        "It was trained and measured on pictures of one source: with another camera or another light, measure again.",
        f"The longer side of a picture becomes {side} pixels. What is smaller there than {cell} pixels, a cell of the "
        f"network's grid ({cell / side:.1%} of the side), it can hardly tell apart.",
    ]


def write(folder: Path, judged: Judgement, part: BoxDataset, problems: Sequence[Problem]) -> list[str]:
    """Write the worst and the best pictures as PNG, and all rows of the data that were not as they should be.

    Parameters
    ----------
    folder : made when missing; files of the same names are replaced
    judged : of `part`
    part : the pictures that were judged
    problems : of the whole data set

    Returns
    -------
    list of str
        What words could not be drawn, and what stands in their place.

    Raises
    ------
    DataError
        If the folder cannot be written.
    """
    mistaken = [
        (one.picture, f"{_many(len(one.missed), 'object')} missed, {_many(len(one.wrong), 'box', 'boxes')} wrong")
        for one in judged.mistakes
    ]
    worst, others = mistaken[:_WORST], mistaken[_WORST:][::-1]
    best = [*((row, "all right") for row in judged.best), *others][:_BEST]
    notes = set()
    place = {int(row): number for number, row in enumerate(judged.rows)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if problems:
            lines = "".join(f"{problem}\n" for problem in problems)
            write_atomic(folder / "problems.txt", lines.encode("utf-8", "backslashreplace"))
        for kind, rows in (("worst", worst), ("best", best)):
            for number, (row, title) in enumerate(rows, 1):
                found = judged.detections[place[row]]
                found = found[found.scores >= judged.score_threshold]
                picture, note = _drawn(part, row, found, title)
                write_atomic(folder / f"{kind}-{number} {file_stem(part.files[row])}.png", picture)
                notes.add(note)
    except OSError as error:
        raise DataError(f"{folder}: cannot be written ({cause(error)})") from None
    return sorted(notes - {""})


def _drawn(part: BoxDataset, row: int, found: Detections, title: str) -> tuple[bytes, str]:
    """A PNG, and a note on the words that could not be drawn."""
    image = part.image(row)
    height, width, _ = image.shape
    # A strip of a picture would be a figure of no height, or of a hundred screens: grey beside it makes up for it.
    missing = max(width // _LONGEST_SHAPE - height, 0), max(height // _LONGEST_SHAPE - width, 0)
    image = np.pad(image, ((0, missing[0]), (0, missing[1]), (0, 0)), constant_values=128)
    sheet = overlay.gallery(
        [image],
        [found],
        [part.truths[row]],
        alt=title,
        titles=[f"{title} (orange: found, blue: labelled)"],
        class_names=part.class_names,
        columns=1,
        side=max(_SIDE * min(image.shape[1] / image.shape[0], 1), _NARROWEST),
    )
    return sheet.png(compact=True), sheet.note()


def file_stem(file: str) -> str:
    """A picture's name without its folder and ending, as every system can hold it.

    >>> file_stem("images/val/street: 5?.jpg"), file_stem("aux.png"), file_stem("고양이 1.heic")
    ('street_ 5_', 'aux_', '고양이 1')
    """
    stem = re.sub(r'[<>:"|?*\\/\x00-\x1f\ud800-\udfff]', "_", PurePosixPath(file).stem)
    stem = stem.encode()[:_LONGEST].decode(errors="ignore").rstrip(". ")
    return f"{stem}_" if unportable(stem) or not stem else stem


def _pictures(judged: Judgement) -> str:
    return _many(len(judged.rows), "test picture")


def _many(count: int, one: str, several: str = "") -> str:
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"
