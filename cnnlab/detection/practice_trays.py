"""Drawn pictures of screws, nuts and washers on trays, with every box known.

A tray is a surface, a light, a camera and one delivery of parts: all nuts of a tray have one finish, and so have all
its washers. So the colour tells a nut from a washer on that tray and on no other; their outlines do, everywhere: a nut
has six sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnlab.common.validate import check_int
from cnnlab.detection.detections import GroundTruth

CLASSES = ("screw", "nut", "washer")
SIZE = 180, 240  # height and width of a picture, in pixels
FINISHES = {
    "steel": (0.70, 0.72, 0.75),
    "brass": (0.78, 0.62, 0.26),
    "copper": (0.70, 0.42, 0.28),
    "black": (0.20, 0.20, 0.22),
}
SUPPLIED = ("steel", "brass", "black")  # one supplier's screws, nuts and washers
SURFACES = ("wood", "cloth", "card", "brushed")
_TRIES = 30  # places tried for a part before the picture goes without it
_REACH = 68  # pixels of the window that a part is drawn in: the longest screw, and its shadow
_HIDDEN = 0.03  # at most this part of a part may lie under others: parts touch, but do not pile up


@dataclass(frozen=True, eq=False)
class Tray:
    """What all pictures of a tray have in common.

    Attributes
    ----------
    surface, colour : one of `SURFACES`, and its colour, (3,) in 0 … 1
    finishes : of screws, nuts and washers, names from `FINISHES`; nuts and washers differ
    light : (2,) where it comes from, the longer the more slanted; shadows fall the other way
    tint : (3,) what the lamp and the camera make of white
    noise : standard deviation of the camera's noise
    scale : how near the camera is; multiplies every size
    """

    surface: str
    colour: np.ndarray
    finishes: tuple[str, str, str]
    light: np.ndarray
    tint: np.ndarray
    noise: float
    scale: float


def tray(number: int, seed: int = 0, night: bool = False, supplied: bool = False) -> Tray:
    """Set up a tray; the same numbers, the same tray.

    Parameters
    ----------
    number : of the tray, >= 0
    seed : >= 0
    night : little light, a dark surface, a noisy camera, and no black parts, which nobody would see there
    supplied : its parts are from one supplier: the finishes are `SUPPLIED`

    Examples
    --------
    >>> one = tray(3)
    >>> one.surface in SURFACES, one.finishes[1] != one.finishes[2]
    (True, True)
    """
    rng = np.random.default_rng((check_int(seed, "seed", 0), check_int(number, "number", 0)))
    angle, slant = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 1.0)
    brightness, hue = rng.uniform(0.34, 0.66), rng.uniform(-0.05, 0.05, 3)
    names = rng.permutation(["steel", "brass", "copper" if night else "black"]).tolist()
    tint = rng.uniform(0.93, 1.05, 3)
    return Tray(
        surface=str(rng.choice(SURFACES)),
        colour=np.clip(0.24 + hue / 3 if night else brightness + hue, 0, 1),
        finishes=SUPPLIED if supplied else tuple(names),
        light=slant * np.array([np.cos(angle), np.sin(angle)]),
        tint=tint * (0.78, 0.72, 0.88) if night else tint,
        noise=0.035 if night else rng.uniform(0.006, 0.016),
        scale=rng.uniform(0.92, 1.08),
    )


def picture(on: Tray, seed: int | tuple[int, ...] = 0) -> tuple[np.ndarray, GroundTruth]:
    """Lay six to nine parts on a tray and take a picture of it.

    Parameters
    ----------
    on : the tray
    seed : of the parts and the noise

    Returns
    -------
    image : (180, 240, 3) uint8
    truth : the boxes, xyxy in pixels, half-open: the tight bounds of each whole part; labels count `CLASSES`

    Examples
    --------
    >>> image, truth = picture(tray(1), seed=5)
    >>> image.shape, 6 <= len(truth) <= 9
    ((180, 240, 3), True)
    """
    rng = np.random.default_rng(seed)
    image = _ground(rng, on)
    owner = np.full(SIZE, -1)  # which part lies on top at each pixel
    areas: list[int] = []
    boxes, labels = [], []
    for _ in range(rng.integers(6, 9, endpoint=True)):
        label = int(rng.integers(len(CLASSES)))
        for _ in range(_TRIES):
            left, top = rng.integers(0, SIZE[1] - _REACH), rng.integers(0, SIZE[0] - _REACH)
            window = slice(top, top + _REACH), slice(left, left + _REACH)
            cover, shade = _part(rng, label, on)
            mask = cover >= 0.5
            hidden = np.bincount(owner[window][mask] + 1, minlength=len(areas) + 1)[1:]
            if (hidden <= _HIDDEN * np.array(areas)).all() and hidden.sum() <= _HIDDEN * mask.sum():
                break
        else:
            continue
        image[window] *= 1 - 0.45 * (_shadow(cover, on) * (1 - cover))[..., None]
        paint = np.array(FINISHES[on.finishes[label]]) + rng.uniform(-0.03, 0.03)
        image[window] += cover[..., None] * (paint * shade[..., None] - image[window])
        owner[window][mask] = len(areas)
        areas.append(int(mask.sum()))
        rows, columns = np.flatnonzero(mask.any(axis=1)) + top, np.flatnonzero(mask.any(axis=0)) + left
        boxes.append((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
        labels.append(label)
    x, y = _axes(*SIZE)
    image *= 1 + 0.25 * (x / SIZE[1] * on.light[0] + y / SIZE[0] * on.light[1])[..., None]
    image = image * on.tint + on.noise * rng.standard_normal(image.shape, dtype=np.float32)
    return np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8), GroundTruth(np.array(boxes, float), labels)


# --- drawing ----------------------------------------------------------------------------------------------------------


def _axes(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixel centres from the middle: x (1, width), y (height, 1)."""
    return np.arange(width)[None] + 0.5 - width / 2, np.arange(height)[:, None] + 0.5 - height / 2


def _blurred(values: np.ndarray, radius: int) -> np.ndarray:
    """The mean over a square of 2 · `radius` + 1 pixels; what leaves on one side comes in on the other."""
    for axis in (0, 1):
        values = sum(np.roll(values, k, axis) for k in range(-radius, radius + 1)) / (2 * radius + 1)
    return values


def _ground(rng: np.random.Generator, on: Tray) -> np.ndarray:
    """The empty tray, (H, W, 3): its grain is of one kind in every picture, at another place."""
    x, y = _axes(*SIZE)
    x, y = x + rng.uniform(0, 40), y + rng.uniform(0, 40)
    if on.surface == "wood":
        grain = np.sin(0.35 * y + 1.5 * np.sin(0.02 * x + rng.uniform(0, 6)) + 0.6 * np.sin(0.11 * x))
    elif on.surface == "cloth":
        grain = np.sin(1.1 * x) * np.sin(1.1 * y)
    elif on.surface == "card":
        grain = 2.5 * _blurred(rng.standard_normal(SIZE), 1)
    else:
        grain = rng.standard_normal(SIZE)
        grain = sum(np.roll(grain, k, 1) for k in range(-10, 11)) / 5  # streaks
    return np.clip(on.colour * (1 + 0.07 * grain[..., None]), 0, 1)


def _shadow(cover: np.ndarray, on: Tray) -> np.ndarray:
    right, down = np.rint(-4 * on.scale * on.light).astype(int)
    return _blurred(np.roll(cover, (down, right), (0, 1)), 2)


def _part(rng: np.random.Generator, label: int, on: Tray) -> tuple[np.ndarray, np.ndarray]:
    """A part about the middle of its window: how much of each pixel it covers, and how bright it is there."""
    x, y = _axes(_REACH, _REACH)
    x, y = x - rng.uniform(-0.5, 0.5), y - rng.uniform(-0.5, 0.5)
    angle = rng.uniform(0, 2 * np.pi)
    u, v = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    if CLASSES[label] == "screw":
        return _screw(rng, u, v, on.scale, on.light @ (-np.sin(angle), np.cos(angle)))
    r, away = rng.uniform(16, 21) * on.scale, np.hypot(x, y)
    shade = 0.95 + 0.16 * (x * on.light[0] + y * on.light[1]) / r  # brighter towards the light
    if CLASSES[label] == "washer":
        hole = rng.uniform(0.52, 0.62) * r
        distance = away - r
        shade = shade - 0.18 * (np.abs(away - r) < 1.5)
    else:
        hole = rng.uniform(0.38, 0.46) * r
        sides = [np.abs(np.cos(a) * u + np.sin(a) * v) for a in np.arange(3) * np.pi / 3]
        distance = np.max(sides, axis=0) - 0.9 * r
        shade = shade - 0.18 * (away > 0.88 * r) - 0.25 * (away < hole + 2.2)  # the chamfer, the thread
    return np.clip(0.5 - np.maximum(distance, hole - away), 0, 1), shade


def _screw(
    rng: np.random.Generator, u: np.ndarray, v: np.ndarray, scale: float, across: float
) -> tuple[np.ndarray, np.ndarray]:
    """A screw that lies along u, its head to the left; `across` is how much light comes along v."""
    long, thick = rng.uniform(36, 48) * scale, rng.uniform(5.0, 6.5) * scale  # thick: half of the shank
    head, deep = rng.uniform(1.6, 2.0) * thick, rng.uniform(7, 10) * scale
    start, end = -long / 2 + deep, long / 2
    taper = np.clip((end - u) / (1.6 * thick), 0, 1)  # the tip
    shank = np.maximum(np.abs(v) - thick * taper, np.maximum(start - 1 - u, u - end))
    top = np.maximum(np.abs(v) - head, np.maximum(-long / 2 - u, u - start))
    thread = 0.16 * np.sin(2 * np.pi * (u + 0.35 * v) / (3.6 * scale)) * (u > start + 3)
    shade = 0.9 + 0.25 * across * v / thick * (np.abs(v) < 2 * head) + thread
    return np.clip(0.5 - np.minimum(shank, top), 0, 1), shade
