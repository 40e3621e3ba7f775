"""Pictures with boxes drawn on them: what is there, and what a detector says is there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from cnnlab import plot
from cnnlab._validate import check_int
from cnnlab.detections import Detections, GroundTruth

FOUND, TRUE = plot.ORANGE, plot.BLUE
_RIM = 1.6  # points of white around a line, so that it shows on any picture


def boxes(
    ax: Axes,
    corners: np.ndarray,
    colour: str,
    words: Sequence[str] = (),
    *,
    dashed: bool = False,
    below: bool = False,
    line: float = 1.6,
) -> None:
    """Draw boxes on axes that show an image by `cnnlab.plot.image`.

    Parameters
    ----------
    ax : axes whose image has its first pixel's centre at (0, 0)
    corners : (N, 4) xyxy in pixels
    colour : of the lines, and of what stands behind the words
    words : one a box, written above it
    dashed : draw dashes
    below : write below it instead
    line : width in points
    """
    height = abs(np.subtract(*ax.get_ylim()))
    for number, (x1, y1, x2, y2) in enumerate(np.asarray(corners, float) - 0.5):  # pixel 0 reaches from −0.5 to 0.5
        for edge, width in (("white", line + _RIM), (colour, line)):
            style = {"linestyle": (0, (4, 2))} if dashed else {}
            ax.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, edgecolor=edge, linewidth=width, **style))
        if words:
            plate = {"facecolor": colour, "edgecolor": "none", "pad": 1.0}
            y, va = (y2, "top") if below else (y1, "bottom")
            if not 0.07 * height <= y <= 0.93 * height:  # no room beyond the box: inside it
                va = {"top": "bottom", "bottom": "top"}[va]
            x, ha = (x1, "left") if (x1 + x2) / 2 < sum(ax.get_xlim()) / 2 else (x2, "right")  # away from the border
            ax.text(x, y, words[number], fontsize=7.5, color="white", va=va, ha=ha, bbox=plate, clip_on=True)


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
            raise ValueError(f"`{name}` must have one entry a picture, {len(images)}. Received: {len(some)}")
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
        names = class_names or (detections[number].names if detections is not None else ())
        if ground_truth is not None:
            truth = ground_truth[number]
            boxes(ax, truth.boxes, TRUE, _words(truth.labels, names), dashed=True, below=True)
        if detections is not None:
            found = detections[number]
            scored = zip(_words(found.labels, names), found.scores, strict=True)
            boxes(ax, found.boxes, FOUND, [f"{word} {score:.2f}" for word, score in scored])
    return picture


def _words(labels: np.ndarray, names: Sequence[str]) -> list[str]:
    return [names[label] if names else str(label) for label in labels]
