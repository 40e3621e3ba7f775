"""``cnnlab detect``: photographs in, annotated photographs and one JSON file out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from cnnlab._atomic import write_atomic
from cnnlab._image_files import ImageError, read_image
from cnnlab.detections import Detections

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe and Ito, 2008
_INKS = ("white", "white", "white", "black", "black", "black")  # what can be read on each


def detect(
    photos: Sequence[str],
    model: Sequence[str],
    score: float,
    out: str,
    announce: Callable[[str], None],
    complain: Callable[[str], None],
) -> int:
    """Find objects in photographs and write what was found.

    Parameters
    ----------
    photos : paths of pictures
    model : a name of `cnnlab.darknet.names`, or a .cfg and a .weights, and a .names if there is one
    score : boxes with a lower score are left out, 0 to 1
    out : folder to write ``NAME.detected.png`` and ``detections.json`` into; it is made when missing
    announce, complain : called with each line of the result, and with each picture that cannot be read

    Returns
    -------
    int
        0, or 1 if a picture could not be read; the others are done all the same.

    Raises
    ------
    cnnlab.darknet.DarknetError, cnnlab.datasets.DataError, ValueError
        If there is no such detector.
    OSError
        If the folder cannot be written.
    """
    detector = _detector(model)
    announce(repr(detector).strip("<>"))
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    rows, taken, status = [], set(), 0
    for photo in photos:
        try:
            image, notes = read_image(photo)
        except ImageError as error:
            complain(f"{photo}: {error}")
            status = 1
            continue
        found = detector(image, score_threshold=score)
        target = folder / f"{_free(Path(photo).stem, taken)}.detected.png"
        write_atomic(target, annotated(image, found))
        announce(f"{photo}: {_said(found)}")
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
    report = {"model": detector.model.name, "score_threshold": score, "pictures": rows}
    text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    # A file name need not be UTF-8: Python holds its other bytes as lone surrogates, which JSON can only escape.
    write_atomic(folder / "detections.json", text.encode("utf-8", "backslashreplace"))
    announce(f"Written to {folder}: detections.json and {len(rows)} annotated pictures")
    return status


def _detector(model: Sequence[str]):
    from cnnlab import darknet

    if len(model) == 1:
        return darknet.named(model[0])
    if len(model) > 3:
        raise ValueError(f"`--model` must be a name, or CFG WEIGHTS [NAMES]. Received: {' '.join(model)}")
    return darknet.load(*model)


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

    from matplotlib import get_data_path
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.fromarray(image)
    draw = ImageDraw.Draw(picture)
    line = max(round(min(image.shape[:2]) / 200), 1)
    font = ImageFont.truetype(str(Path(get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")), max(6 * line, 10))
    taken: list[tuple[int, int, int, int]] = []
    plates = []
    for box, score, label in zip(found.boxes, found.scores, found.labels, strict=True):
        x1, y1, _, y2 = np.round(box).astype(int).tolist()
        words, colour = f"{_name(found, label)} {score:.2f}", label % len(_COLOURS)
        _, _, right, bottom = draw.textbbox((0, 0), words, font=font)
        width, height = right + 2 * line, bottom + 2 * line
        x = min(max(x1, 0), max(image.shape[1] - width, 0))
        # Above the box, or wherever the words of a better box leave room; at last on top of them.
        places = [(x, y, x + width, y + height) for y in (y1 - height, y1, y2 - height, y2)]
        inside = [place for place in places if place[1] >= 0 and place[3] <= image.shape[0]] or [places[1]]
        plate = next((place for place in inside if not any(_overlap(place, other) for other in taken)), inside[0])
        taken.append(plate)
        plates.append((plate, words, colour))
    edges = np.round(found.boxes).astype(int)
    for (x1, y1, x2, y2), (_, _, colour) in zip(edges.tolist()[::-1], plates[::-1], strict=True):  # the best on top
        draw.rectangle((x1, y1, max(x2 - 1, x1), max(y2 - 1, y1)), outline=_COLOURS[colour], width=line)  # ends inside
    for plate, words, colour in plates[::-1]:
        draw.rectangle(plate, fill=_COLOURS[colour])
        draw.text((plate[0] + line, plate[1] + line), words, fill=_INKS[colour], font=font)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def _overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
