"""``cnnlab detect``: photographs in, annotated photographs and one JSON file out."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from cnnlab.common.files import write_atomic
from cnnlab.data.pictures.read import ENDINGS, ImageError, read_image
from cnnlab.detection.detections import Detections

_SCORE = 0.25  # the threshold of a detector that does not say its own
_CLASSES = 10  # of a bundle that are named
_MADE = ".detected.png"  # ends the names of what is written, and is not read again
_SHAPES_ONLY = (
    "tiny-yolo knows circles, squares and triangles in drawn scenes of 96×96 pixels: what it says of a photo means "
    "nothing. --model yolo-fastest knows 80 kinds of things; `cnnlab data get yolo-fastest yolo-fastest-cfg` fetches it"
)

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe and Ito, 2008
_INKS = ("white", "white", "white", "black", "black", "black")  # what can be read on each


def detect(
    photos: Sequence[str],
    model: Sequence[str],
    score: float | None,
    out: str,
    announce: Callable[[str], None],
    complain: Callable[[str], None],
) -> int:
    """Find objects in photographs and write what was found.

    Parameters
    ----------
    photos : paths of pictures and of folders of pictures
    model
        a name of `cnnlab.darknet.names`, or the folder of a bundle (see `cnnlab.detection.bundle`), or a .cfg and a
        .weights, and a .names if there is one; what follows them is taken for photos
    score : boxes with a lower score are left out, 0 to 1; None for a bundle's own threshold, or 0.25
    out : folder to write ``NAME.detected.png`` and ``detections.json`` into; it is made when missing
    announce, complain
        called with each line of the result, and with each picture that cannot be read and what else is amiss

    Returns
    -------
    int
        0, or 1 if a picture could not be read; the others are done all the same.

    Raises
    ------
    cnnlab.darknet.DarknetError, cnnlab.datasets.DataError, ValueError
        If there is no such detector, or no photo is named.
    OSError
        If the folder cannot be written.
    """
    from cnnlab.common.fonts import file_for

    model, behind = _split(model)
    photos = [*photos, *behind]
    if not photos:
        raise ValueError("`PHOTO` must be at least one picture or folder of pictures. Received: none")
    folder = Path(os.path.expanduser(out))
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if not nearest.is_dir():
        raise ValueError(f"`--out` must be a folder. Received: {out!r}, and {nearest} is a file")
    detector, name, own_score = _detector(model)
    score = own_score if score is None else score
    announce(repr(detector).strip("<>") if name == detector.model.name else _described(name, detector, score))
    folder.mkdir(parents=True, exist_ok=True)
    warned = model != ["tiny-yolo"]
    rows, taken, undrawn, status = [], set(), {}, 0
    for photo in _pictures(photos):
        try:
            if Path(photo).is_dir():
                raise ImageError("no picture is in this folder")
            image, notes = read_image(photo)
        except ImageError as error:
            complain(f"{photo}: {error}")
            status = 1
            continue
        if not warned and image.shape[:2] != detector.input_size:
            complain(_SHAPES_ONLY)
            warned = True
        found = detector(image, score_threshold=score)
        target = folder / f"{_free(Path(photo).stem, taken)}{_MADE}"
        write_atomic(target, annotated(image, found))
        announce(f"{photo}: {_said(found)}")
        undrawn |= {k: _name(found, k) for k in found.labels.tolist() if not file_for(_name(found, k))}
        rows.append(
            {
                "file": str(photo),
                "annotated": target.name,
                "width": image.shape[1],
                "height": image.shape[0],
                "notes": list(notes),
                "detections": _records(found),
            }
        )
    report = {"model": name, "score_threshold": score, "pictures": rows}
    text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    # A file name need not be UTF-8: Python holds its other bytes as lone surrogates, which JSON can only escape.
    write_atomic(folder / "detections.json", text.encode("utf-8", "backslashreplace"))
    for label, name in sorted(undrawn.items()):
        complain(f"no font on this machine has the letters of {name!r}: the pictures say class {label}")
    announce(f"Written to {folder}: detections.json and {len(rows)} annotated pictures")
    return status


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words behind --model as the model's own and those that are photos: the parser cannot tell them apart."""
    words = list(words)
    if Path(words[0]).suffix.lower() != ".cfg":
        own = 1
    elif len(words) < 2:
        raise ValueError(f"`--model` must be a name, or CFG WEIGHTS [NAMES]. Received: {words[0]}")
    else:
        own = 3 if len(words) > 2 and not _looks_like_photos(words[2]) else 2
    return words[:own], words[own:]


def _looks_like_photos(word: str) -> bool:
    path = Path(os.path.expanduser(word))
    return path.suffix.lower() in ENDINGS or path.is_dir()


def _pictures(photos: Iterable[str]) -> Iterator[str]:
    """The files that are named, and those in the folders that are named, by their names."""
    for photo in photos:
        path = Path(os.path.expanduser(photo))
        if not path.is_dir():
            yield str(path)
            continue
        named = sorted(file for file in path.rglob("*") if file.suffix.lower() in ENDINGS)
        files = [str(file) for file in named if not file.name.endswith(_MADE) and not file.name.startswith(".")]
        yield from files or [str(path)]


def _detector(model: Sequence[str]):
    """The detector, what it is called in the report, and the score threshold that it is meant to be used with."""
    from cnnlab.detection import bundle, darknet

    files = [Path(os.path.expanduser(file)) for file in model]
    if len(files) > 1:
        detector = darknet.load(*files)
    elif model[0] not in darknet.names() and (files[0].exists() or len(files[0].parts) > 1):
        return bundle.load(files[0]), str(files[0]), bundle.details(files[0]).score_threshold
    else:
        detector = darknet.named(*model)
    return detector, detector.model.name, _SCORE


def _described(name: str, detector, score: float) -> str:
    height, width = detector.input_size
    shown = ", ".join(detector.names[:_CLASSES]) + (", …" if len(detector.names) > _CLASSES else "")
    return f"{name}: {height}×{width} pixels, {len(detector.names)} classes ({shown}), scores from {score:.2f} on"


def _free(stem: str, taken: set[str]) -> str:
    """`stem`, or `stem` with a number: two folders may each have a dog.jpg."""
    name, number = stem, 1
    while name.lower() in taken:
        number += 1
        name = f"{stem}-{number}"
    taken.add(name.lower())
    return name


def _name(found: Detections, label: int) -> str:
    return found.names[label] if found.names else f"class {label}"


def _said(found: Detections) -> str:
    return ", ".join(f"{_name(found, k)} {s:.2f}" for k, s in zip(found.labels, found.scores, strict=True)) or "nothing"


def _records(found: Detections) -> list[dict[str, object]]:
    rows = zip(found.boxes, found.scores, found.labels, strict=True)
    return [
        {
            "label": int(label),
            "name": _name(found, label),
            "score": round(float(score), 4),
            "box": [round(float(side), 2) for side in box],
        }
        for box, score, label in rows
    ]


def annotated(image: np.ndarray, found: Detections) -> bytes:
    """A picture with its boxes, class names and scores, at its own size.

    Parameters
    ----------
    image : (H, W, 3) uint8
    found : boxes in the picture's pixels

    Returns
    -------
    bytes
        A PNG.

    Examples
    --------
    >>> annotated(np.zeros((20, 30, 3), np.uint8), Detections([[2, 2, 9, 9]], [0.5], [0]))[1:4]
    b'PNG'
    """
    import io

    from PIL import Image, ImageDraw, ImageFont

    from cnnlab.common.fonts import file_for

    picture = Image.fromarray(image)
    draw = ImageDraw.Draw(picture)
    line = max(round(min(image.shape[:2]) / 200), 1)
    taken: list[tuple[int, int, int, int]] = []
    plates = []
    for box, score, label in zip(found.boxes, found.scores, found.labels, strict=True):
        x1, y1, _, y2 = np.round(box).astype(int).tolist()
        words, colour = f"{_name(found, label)} {score:.2f}", label % len(_COLOURS)
        words = words if file_for(words) else f"class {label} {score:.2f}"
        font = ImageFont.truetype(file_for(words), max(6 * line, 10))
        _, _, right, bottom = draw.textbbox((0, 0), words, font=font)
        width, height = right + 2 * line, bottom + 2 * line
        x = min(max(x1, 0), max(image.shape[1] - width, 0))
        # Above the box, or wherever the words of a better box leave room; at last on top of them.
        places = [(x, y, x + width, y + height) for y in (y1 - height, y1, y2 - height, y2)]
        inside = [place for place in places if place[1] >= 0 and place[3] <= image.shape[0]] or [places[1]]
        plate = next((place for place in inside if not any(_overlap(place, other) for other in taken)), inside[0])
        taken.append(plate)
        plates.append((plate, words, font, colour))
    edges = np.round(found.boxes).astype(int)
    for (x1, y1, x2, y2), (*_, colour) in zip(edges.tolist()[::-1], plates[::-1], strict=True):  # the best on top
        draw.rectangle((x1, y1, max(x2 - 1, x1), max(y2 - 1, y1)), outline=_COLOURS[colour], width=line)  # ends inside
    for plate, words, font, colour in plates[::-1]:
        draw.rectangle(plate, fill=_COLOURS[colour])
        draw.text((plate[0] + line, plate[1] + line), words, fill=_INKS[colour], font=font)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def _overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
