"""Label maps as pictures: a colour for each class, and a legend that names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

from cnnlab import plot
from cnnlab.common.validate import check_int, check_rank
from cnnlab.data import scenes
from cnnlab.tasks.segmentation import SHAPES

PAINT_SHAPES = np.array([to_rgb(name) for name in ("#E4E4E4", plot.BLUE, plot.ORANGE, plot.GREEN)])
PAINT_COLOURS = np.array([to_rgb("#B0A89C"), *scenes.COLOURS.values()])
_LEGEND = 0.32  # inches below the panels


def paint(labels: np.ndarray, colours: np.ndarray = PAINT_SHAPES) -> np.ndarray:
    """The colour of each pixel's class: (H, W) whole numbers → (H, W, 3) from 0 to 1.

    Parameters
    ----------
    labels : (H, W), classes from 0 on
    colours : (C, 3) from 0 to 1, a row for each class

    Examples
    --------
    >>> paint(np.array([[0, 1]]), np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])).tolist()
    [[[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]]
    """
    labels = check_rank(labels, "labels", {2: "(H, W)"})
    if labels.dtype.kind not in "iu" or labels.min(initial=0) < 0 or labels.max(initial=0) >= len(colours):
        rule = f"`labels` must be whole numbers from 0 to {len(colours) - 1}, a row of `colours` each"
        raise ValueError(f"{rule}. Received: {labels.dtype} from {labels.min()} to {labels.max()}")
    return np.asarray(colours)[labels]


def panels(
    pictures: Mapping[str, np.ndarray],
    *,
    alt: str,
    names: Sequence[str] = SHAPES,
    colours: np.ndarray = PAINT_SHAPES,
    columns: int | None = None,
    width: float = 10.0,
) -> plot.Picture:
    """Pictures and label maps side by side, with a legend below.

    Parameters
    ----------
    pictures : title → (H, W, 3) picture, or (H, W) label map of whole numbers
    alt : what the figure shows, in words
    names : of the classes
    colours : (C, 3), one for each name
    columns : panels in a row; by default all in one
    width : of the figure, in inches

    Examples
    --------
    >>> figure = panels({"a picture": np.zeros((6, 6, 3)), "its labels": np.eye(6, dtype=int)}, alt="A diagonal.")
    >>> [text.get_text() for text in figure.legends[0].texts]
    ['background', 'circle', 'square', 'triangle']
    """
    columns = len(pictures) if columns is None else check_int(columns, "columns", 1)
    rows = -(-len(pictures) // columns)
    side = width / columns
    height = rows * (side + 0.25) + _LEGEND
    picture = plot.Picture(width, height, alt=alt)
    axes = picture.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes[len(pictures) :]:
        ax.set_axis_off()
    for ax, (title, values) in zip(axes, pictures.items(), strict=False):
        values = np.asarray(values)
        plot.image(ax, values if values.ndim == 3 else paint(values, colours), title=title)
    handles = [Patch(facecolor=colour, edgecolor=plot.GREY) for colour in colours]
    picture.legend(handles, names, loc="lower center", ncols=len(names), frameon=False, fontsize=9, borderaxespad=0.1)
    picture.subplots_adjust(
        left=0.01, right=0.99, top=1 - 0.25 / height, bottom=_LEGEND / height, wspace=0.04, hspace=0.25 / side
    )
    return picture
