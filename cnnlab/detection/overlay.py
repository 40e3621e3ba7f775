"""Pictures with boxes drawn on them: what is there, and what a detector says is there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cnnlab import plot
from cnnlab.common.validate import check_int
from cnnlab.detection.detections import Detections, GroundTruth

FOUND, TRUE = plot.ORANGE, plot.BLUE
_LINE = 1.6  # width of a box's line, in points
_RIM = 1.6  # points of white around a line, so that it shows on any picture
_SIZE = 7.5  # of the words, in points

Place = tuple[float, float, float, float]  # x1, y1, x2, y2 of a label


def free_place(places: Sequence[Place], taken: Sequence[Place]) -> Place:
    """The first place that overlaps no label so far; the first of all where there is none.

    >>> free_place([(0, 0, 4, 2), (0, 8, 4, 10)], [(3, 1, 6, 3)])
    (0, 8, 4, 10)
    """
    for x1, y1, x2, y2 in places:
        if not any(x1 < right and left < x2 and y1 < bottom and top < y2 for left, top, right, bottom in taken):
            return x1, y1, x2, y2
    return places[0]


def _draw(
    ax: Axes,
    boxes: np.ndarray,
    colour: str,
    words: Sequence[str],
    taken: list[Place],
    *,
    dashed: bool = False,
    below: bool = False,
) -> None:
    """Draw boxes, and their words above or below them or where the places that are `taken` leave room."""
    for number, (x1, y1, x2, y2) in enumerate(np.asarray(boxes) - 0.5):  # pixel 0 reaches from −0.5 to 0.5
        for edge, width in (("white", _LINE + _RIM), (colour, _LINE)):
            style = {"linestyle": (0, (4, 2))} if dashed else {}
            ax.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, edgecolor=edge, linewidth=width, **style))
        taken.append(free_place(_places(ax, (x1, y1, x2, y2), len(words[number]), below), taken))
        left, top, _, _ = taken[-1]
        plate = {"facecolor": colour, "edgecolor": "none", "pad": 1.0}
        ink = "black" if colour == plot.ORANGE else "white"
        ax.text(left, top, words[number], fontsize=_SIZE, color=ink, va="top", ha="left", bbox=plate, clip_on=True)


def _places(ax: Axes, box: Place, letters: int, below: bool) -> list[Place]:
    """Where a label may stand, the best place first: at the box's upper or lower edge, outside or inside."""
    (x_low, x_high), (y_high, y_low) = ax.get_xlim(), ax.get_ylim()
    inches = ax.get_figure().get_size_inches() * ax.get_position().size
    wide = (0.6 * letters + 0.4) * _SIZE / 72 * (x_high - x_low) / inches[0]  # in pixels of the image
    high = 1.5 * _SIZE / 72 * (y_high - y_low) / inches[1]
    x1, y1, x2, y2 = box
    near = (y2, y2 - high, y1 - high, y1) if below else (y1 - high, y1, y2, y2 - high)
    tops = (*near, y2 + high, y1 - 2 * high)
    lefts = (x1, x2 - wide) if (x1 + x2) / 2 < (x_low + x_high) / 2 else (x2 - wide, x1)  # away from the border
    lefts = [max(min(left, x_high - wide), x_low) for left in lefts]
    inside = [top for top in tops if y_low <= top <= y_high - high] or [min(max(y1, y_low), y_high - high)]
    return [(left, top, left + wide, top + high) for top in inside for left in lefts]


def gallery(
    images: Sequence[np.ndarray],
    detections: Sequence[Detections] | None = None,
    ground_truth: Sequence[GroundTruth] | None = None,
    *,
    alt: str,
    titles: Sequence[str] | None = None,
    class_names: Sequence[str] = (),
    columns: int = 4,
    side: float = 2.3,
) -> plot.Picture:
    """Images with what was found (orange, class and score) and what is there (blue dashes, class).

    Parameters
    ----------
    images : N pictures (H, W, 3), 0–1 or uint8
    detections, ground_truth : N of each, or None
    alt : what the figure shows, in words
    titles : N lines above the pictures
    class_names : of the labels; by default those of the detections, or numbers
    columns : pictures in a row, >= 1
    side : width of a picture in inches

    Examples
    --------
    >>> truth = GroundTruth([[2, 2, 6, 6]], [0])
    >>> gallery([np.zeros((8, 8, 3))], None, [truth], alt="A box in the dark.", columns=1).get_size_inches().tolist()
    [2.3, 2.3]
    """
    if not len(images):
        raise ValueError("`images` must hold at least one picture. Received: none")
    columns = min(check_int(columns, "columns", 1), len(images))
    for name, some in (("detections", detections), ("ground_truth", ground_truth), ("titles", titles)):
        if some is not None and len(some) != len(images):
            raise ValueError(f"`{name}` must have one entry for each picture, {len(images)}. Received: {len(some)}")
    rows = -(-len(images) // columns)
    head = 0.25 if titles is not None else 0.0
    height = side * images[0].shape[0] / images[0].shape[1] + head
    picture = plot.Picture(columns * side, rows * height, alt=alt)
    for number, pixels in enumerate(images):
        left, top = number % columns / columns, 1 - (number // columns) / rows
        gap = 0.04 / (columns * side)
        ax = picture.add_axes(
            (left + gap, top - (1 - 0.04 / height) / rows, 1 / columns - 2 * gap, (1 - (head + 0.08) / height) / rows)
        )
        plot.image(ax, np.asarray(pixels))
        if titles is not None:
            ax.set_title(titles[number], fontsize=9, pad=3)
        taken: list[Place] = []
        names = class_names or (detections[number].names if detections is not None else ())
        if ground_truth is not None:
            truth = ground_truth[number]
            _draw(ax, truth.boxes, TRUE, _words(truth.labels, names), taken, dashed=True, below=True)
        if detections is not None:
            found = detections[number]
            scored = zip(_words(found.labels, names), found.scores, strict=True)
            _draw(ax, found.boxes, FOUND, [f"{word} {score:.2f}" for word, score in scored], taken)
    return picture


def _words(labels: np.ndarray, names: Sequence[str]) -> list[str]:
    return [names[label] if names else str(label) for label in labels]
