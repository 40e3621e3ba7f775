"""Twenty-four coins on a photo, and a detector without any learning that finds them: a disc slid over the picture."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from cnnlab.data import datasets
from cnnlab.detection.detections import Detections, GroundTruth

# Tight boxes around the coins of scikit-image's photo, row by row, drawn by hand from its outline.
_BOXES = (
    (22, 35, 67, 74), (81, 39, 120, 74), (132, 28, 179, 74), (192, 30, 240, 73), (255, 34, 297, 72), (305, 16, 365, 72),
    (25, 104, 67, 145), (84, 108, 122, 145), (134, 110, 173, 145), (186, 105, 226, 144), (245, 95, 296, 144),
    (317, 106, 356, 145), (26, 179, 63, 217), (80, 175, 124, 217), (135, 179, 174, 217), (189, 170, 237, 217),
    (251, 172, 297, 217), (315, 156, 380, 218), (18, 233, 75, 288), (93, 245, 136, 287), (144, 236, 201, 288),
    (220, 240, 269, 288), (276, 239, 326, 289), (336, 248, 382, 289),
)  # fmt: skip
_RADII = (19, 23, 28)  # pixels; the coins' own lie between 18 and 32
_MARGIN = 4  # pixels of dark ground around the disc
_STEP = 4  # pixels between two windows


class Marked(NamedTuple):
    """A picture, what a detector says about it, and what is in it."""

    image: np.ndarray
    detections: Detections
    truth: GroundTruth


@lru_cache(maxsize=4)
def coins(radii: tuple[int, ...] = _RADII, least: float = 0.55) -> Marked:
    """The photo of coins with the windows that look like a bright disc on dark ground.

    Parameters
    ----------
    radii : of the discs, in pixels
    least : the score below which a window is not even a candidate

    Notes
    -----
    A window's score is its correlation with the disc, from −1 to 1: a convolution, divided by the lengths of both.

    Examples
    --------
    >>> marked = coins()
    >>> marked.image.shape, len(marked.truth), len(marked.detections)
    ((303, 384), 24, 452)
    """
    image = datasets.gray(datasets.photo("coins"))
    found = [_discs(image.astype(float), radius, least) for radius in radii]
    boxes, scores = (np.concatenate(parts) for parts in zip(*found, strict=True))
    labels = np.zeros(len(scores), int)
    return Marked(image, Detections(boxes, scores, labels, ("coin",)), GroundTruth(_BOXES, np.zeros(24, int)))


def _discs(image: np.ndarray, radius: int, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (N, 4) and scores (N,) of the windows that correlate with a disc."""
    reach = radius + _MARGIN
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    disc -= disc.mean()
    side = 2 * reach + 1
    windows = np.lib.stride_tricks.sliding_window_view(image, (side, side))[::_STEP, ::_STEP]  # (h, w, side, side)
    products = np.einsum("hwij,ij->hw", windows, disc, optimize=True)
    total, squares = windows.sum(axis=(2, 3)), np.einsum("hwij,hwij->hw", windows, windows)
    scores = products / np.sqrt((squares - total**2 / side**2) * (disc**2).sum())
    rows, columns = np.nonzero(scores >= least)
    left, top = columns * _STEP + _MARGIN, rows * _STEP + _MARGIN
    size = 2 * radius + 1
    return np.column_stack([left, top, left + size, top + size]), np.round(scores[rows, columns], 4)
