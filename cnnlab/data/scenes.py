"""Endless pictures of coloured shapes whose every label is known: boxes, masks, classes and a sentence.

A scene needs no download and no annotator, and number 7 is the same scene on every machine. Shapes are drawn from their
distance functions, so that edges come out grey where they cut a pixel. Later shapes cover earlier ones, never one of
their own colour.

**Boxes are the tight bounds of the visible pixels**, as an annotator who cannot see behind things would draw them:
half-open, in pixels, so that box k is ``[x1, x2) × [y1, y2)`` of ``masks[k]`` exactly. A shape always lies inside the
picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cnnlab.common.validate import check_choice, check_int, check_number

CLASSES = ("circle", "square", "triangle")
COLOURS = {
    "red": (0.85, 0.12, 0.12),
    "orange": (0.95, 0.55, 0.05),
    "yellow": (0.95, 0.90, 0.15),
    "green": (0.10, 0.60, 0.20),
    "blue": (0.10, 0.25, 0.85),
    "purple": (0.55, 0.15, 0.65),
    "white": (0.97, 0.97, 0.97),
    "black": (0.05, 0.05, 0.05),
}
# Typical (width, height) of the boxes of default scenes: `cnnlab.anchors.kmeans` with k = 3 on 2,000 of them, rounded.
ANCHORS = ((17.0, 17.0), (26.0, 26.0), (37.0, 37.0))
_NAMES = tuple(COLOURS)
_PAINT = np.array(list(COLOURS.values()), np.float32)  # (8, 3)
_SIZES = (14.0, 44.0)
_LAST_SEED = 2**32 - 1  # NumPy cuts larger ones into several: 5 + 2³² would be (5, 1)
_TRIES = 12  # places tried for a shape before the scene goes without it
_JITTER = 0.05  # how far a shape's colour may lie from its name's


@dataclass(frozen=True, eq=False)
class Scene:
    """One picture and everything that is known about it; N is the number of shapes.

    Attributes
    ----------
    image : (H, W, 3) float32 in [0, 1]
    boxes : (N, 4) float64, xyxy in pixels, half-open: the tight bounds of the visible pixels
    labels : (N,) int64, indices into `class_names`
    masks : (N, H, W) bool, the pixels where the shape is what one sees; no pixel belongs to two
    class_names : the name of each label
    colours : (N,) names, keys of `COLOURS`
    caption : the picture in a few words
    """

    image: np.ndarray
    boxes: np.ndarray
    labels: np.ndarray
    masks: np.ndarray
    class_names: tuple[str, ...]
    colours: tuple[str, ...]
    caption: str


def scene(
    seed: int | Sequence[int],
    height: int = 96,
    width: int = 96,
    *,
    min_objects: int = 1,
    max_objects: int = 4,
    classes: Sequence[str] = CLASSES,
    sizes: tuple[float, float] | None = None,
    overlap: float = 0.3,
    turn: float = 20.0,
    clutter: int = 6,
    noise: float = 0.03,
) -> Scene:
    """Draw one scene.

    Parameters
    ----------
    seed : 0 to 2³² − 1, or several such numbers, as for `numpy.random.default_rng`; the same seed, the same scene
    height, width : of the picture in pixels, >= 16
    min_objects, max_objects
        how many shapes, each number equally likely; a shape that finds no room after twelve tries is left out, except
        the first
    classes : names from `SHAPES`, all different; labels count them
    sizes
        the smallest and the largest longer side of a shape's whole box, in pixels, >= 4, at most the picture's side; by
        default 14 and 44, or that side where it is less
    overlap : at most this part of any shape is hidden by others, 0 to 1
    turn : shapes are turned by up to so many degrees either way, 0 to 180
    clutter : lines and dots in the background, >= 0
    noise : standard deviation of the Gaussian noise on each pixel and channel, >= 0

    Examples
    --------
    >>> one = scene(seed=1, max_objects=2)
    >>> one.image.shape, one.boxes.shape, one.masks.shape
    ((96, 96, 3), (2, 4), (2, 96, 96))
    """
    height, width = check_int(height, "height", 16), check_int(width, "width", 16)
    least = check_int(min_objects, "min_objects", 0)
    most = check_int(max_objects, "max_objects", least)
    classes, sizes = _check_classes(classes), _check_sizes(sizes, min(height, width))
    overlap, turn = check_number(overlap, "overlap", 0, 1), check_number(turn, "turn", 0, 180)
    clutter, noise = check_int(clutter, "clutter", 0), check_number(noise, "noise", 0)
    rng = np.random.default_rng(_check_seed(seed))

    image = _background(rng, height, width)
    for _ in range(clutter):
        _mark(rng, image)
    owner = np.full((height, width), -1)  # which shape one sees at each pixel
    whole: list[int] = []  # pixels of each shape before others covered it
    labels, colours = [], []
    for number in range(rng.integers(least, most, endpoint=True)):
        label, colour = int(rng.integers(len(classes))), int(rng.integers(len(_NAMES)))
        for _ in range(_TRIES):
            window, cover = _place(rng, _SHAPES[classes[label]], height, width, sizes, turn)
            mask = cover >= 0.5
            hidden = np.bincount(owner[window][mask] + 1, minlength=number + 1)[1:]
            if _may_hide(owner, hidden, whole, overlap) and _NAMES[colour] not in _at(colours, hidden):
                break
        else:
            continue
        owner[window][mask] = len(whole)
        whole.append(int(np.count_nonzero(mask)))
        paint = _PAINT[colour] + rng.uniform(-_JITTER, _JITTER, 3).astype(np.float32)
        image[window] += cover[..., None] * (paint - image[window])
        labels.append(label)
        colours.append(_NAMES[colour])
    if noise:
        image += np.float32(noise) * rng.standard_normal(image.shape, dtype=np.float32)
    np.clip(image, 0, 1, out=image)

    masks = owner == np.arange(len(whole))[:, None, None]  # (N, H, W)
    boxes = _bounds(masks)
    names = [f"{colour} {classes[label]}" for colour, label in zip(colours, labels, strict=True)]
    caption = _caption(names, boxes, masks.sum(axis=(1, 2)))
    return Scene(image, boxes, np.array(labels, np.int64), masks, classes, tuple(colours), caption)


def scenes(n: int, seed: int, **options: object) -> list[Scene]:
    """Draw `n` scenes; scene i depends on `seed` and i alone, however many are asked for.

    Parameters
    ----------
    n : >= 0
    seed : 0 to 2³² − 1; different seeds share no scene
    **options : of `scene`

    Examples
    --------
    >>> [len(one.boxes) for one in scenes(3, seed=0, min_objects=2, max_objects=2)]
    [2, 2, 2]
    """
    seed = check_int(seed, "seed", 0, _LAST_SEED)
    return [scene((seed, i), **options) for i in range(check_int(n, "n", 0))]


# --- shapes: corners at distance 1 or less from the centre, and how far a point lies outside -------------------------


@dataclass(frozen=True)
class _Shape:
    """A shape of unit size around (0, 0): its extreme points, (K, 2), or None if round, and its distance function.

    The distance of ``(u, v)`` from a shape of size `r` is negative inside; u points right and v down, before turning.
    """

    corners: np.ndarray | None
    distance: Callable[[np.ndarray, np.ndarray, float], np.ndarray]


def _circle(u: np.ndarray, v: np.ndarray, r: float) -> np.ndarray:
    return np.sqrt(u * u + v * v) - r


def _square(u: np.ndarray, v: np.ndarray, r: float) -> np.ndarray:
    return np.maximum(np.abs(u), np.abs(v)) - r


def _triangle(u: np.ndarray, v: np.ndarray, r: float) -> np.ndarray:
    # The three sides lie r/2 from the centre; the corner at the top is at (0, −r).
    slanted = np.float32(np.sqrt(0.75)) * np.abs(u) - 0.5 * v
    return np.maximum(slanted, v) - r / 2


def _cross(u: np.ndarray, v: np.ndarray, r: float) -> np.ndarray:
    u, v = np.abs(u), np.abs(v)
    return np.minimum(np.maximum(u - r, v - 0.36 * r), np.maximum(v - r, u - 0.36 * r))


def _ring(u: np.ndarray, v: np.ndarray, r: float) -> np.ndarray:
    return np.abs(np.sqrt(u * u + v * v) - 0.75 * r) - 0.25 * r


_WIDE = np.sqrt(0.75)
_ARM = [(1, 0.36), (1, -0.36), (-1, 0.36), (-1, -0.36)]
_SHAPES = {
    "circle": _Shape(None, _circle),
    "square": _Shape(np.array([(1, 1), (1, -1), (-1, 1), (-1, -1)], float), _square),
    "triangle": _Shape(np.array([(0, -1), (_WIDE, 0.5), (-_WIDE, 0.5)]), _triangle),
    "cross": _Shape(np.array([*_ARM, *((y, x) for x, y in _ARM)]), _cross),
    "ring": _Shape(None, _ring),
}
SHAPES = tuple(_SHAPES)


# --- drawing ----------------------------------------------------------------------------------------------------------


def _may_hide(owner: np.ndarray, hidden: np.ndarray, whole: list[int], overlap: float) -> bool:
    """Whether every shape below keeps enough pixels when `hidden` more of each are covered."""
    touched = np.flatnonzero(hidden)
    return all(np.count_nonzero(owner == k) - hidden[k] >= max((1 - overlap) * whole[k], 1) for k in touched)


def _at(colours: list[str], hidden: np.ndarray) -> list[str]:
    """The colours of the shapes that would be touched: one colour on itself would leave no edge to see."""
    return [colours[k] for k in np.flatnonzero(hidden)]


def _background(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A muted colour that changes slowly from one side to the other: (H, W, 3) float32."""
    middle = rng.uniform(0.35, 0.75) + rng.uniform(-0.08, 0.08, 3)
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.12)
    across = np.linspace(-1, 1, width, dtype=np.float32) * np.float32(strength * np.cos(angle))
    down = np.linspace(-1, 1, height, dtype=np.float32) * np.float32(strength * np.sin(angle))
    return (down[:, None] + across)[..., None] + middle.astype(np.float32)


def _mark(rng: np.random.Generator, image: np.ndarray) -> None:
    """A thin line or a dot, a little lighter or darker than what is there, painted into `image`."""
    height, width = image.shape[:2]
    reach = rng.uniform(2, 4) if rng.random() < 0.4 else rng.uniform(8, 20)
    window, x, y = _window(rng.uniform(0, width), rng.uniform(0, height), reach, height, width)
    if reach < 5:
        distance = _circle(x, y, 0.6 * reach)
    else:
        angle = rng.uniform(0, np.pi)
        along = np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y
        beside = np.float32(np.cos(angle)) * y - np.float32(np.sin(angle)) * x
        distance = np.maximum(np.abs(along) - reach, np.abs(beside) - np.float32(0.8))
    tint = rng.uniform(0.08, 0.25) * rng.choice((-1, 1))
    image[window] += (np.clip(0.5 - distance, 0, 1) * np.float32(tint))[..., None]


def _place(
    rng: np.random.Generator, shape: _Shape, height: int, width: int, sizes: tuple[float, float], turn: float
) -> tuple[tuple[slice, slice], np.ndarray]:
    """A shape at a random place: its window of the picture, and how much of each pixel there it covers."""
    angle = np.deg2rad(rng.uniform(-turn, turn))
    cos, sin = np.cos(angle), np.sin(angle)
    if shape.corners is None:
        low, high = np.array([-1.0, -1.0]), np.array([1.0, 1.0])
    else:
        points = shape.corners @ np.array([[cos, sin], [-sin, cos]])  # (K, 2) as (x, y), turned
        low, high = points.min(axis=0), points.max(axis=0)
    extent = high - low
    r = rng.uniform(*sizes) / extent.max()
    # The whole box is put inside the picture; the centre follows from it.
    x, y = rng.uniform(0, 1, 2) * np.maximum((width, height) - extent * r, 0) - low * r
    window, dx, dy = _window(x, y, r * max(-low.min(), high.max()) + 1, height, width)
    cos, sin = np.float32(cos), np.float32(sin)
    distance = shape.distance(cos * dx + sin * dy, cos * dy - sin * dx, np.float32(r))
    return window, np.clip(0.5 - distance, 0, 1)


def _window(
    x: float, y: float, reach: float, height: int, width: int
) -> tuple[tuple[slice, slice], np.ndarray, np.ndarray]:
    """The pixels within `reach` of ``(x, y)``, and their centres' distances to the right (1, w) and down (h, 1)."""
    left, right = max(int(x - reach), 0), min(int(x + reach) + 2, width)
    top, bottom = max(int(y - reach), 0), min(int(y + reach) + 2, height)
    dx = np.arange(left, right, dtype=np.float32)[None] + np.float32(0.5 - x)
    dy = np.arange(top, bottom, dtype=np.float32)[:, None] + np.float32(0.5 - y)
    return (slice(top, bottom), slice(left, right)), dx, dy


def _bounds(masks: np.ndarray) -> np.ndarray:
    """(N, H, W) → (N, 4) xyxy, half-open."""
    height, width = masks.shape[1:]
    columns, rows = masks.any(axis=1), masks.any(axis=2)  # (N, W), (N, H)
    sides = (
        columns.argmax(axis=1),
        rows.argmax(axis=1),
        width - columns[:, ::-1].argmax(axis=1),
        height - rows[:, ::-1].argmax(axis=1),
    )
    return np.stack(sides, axis=1).astype(np.float64)


def _caption(names: list[str], boxes: np.ndarray, areas: np.ndarray) -> str:
    """The two shapes of which one sees most, and how they lie to each other."""
    if not names:
        return "an empty scene"
    first, second = [*np.argsort(-areas, kind="stable")[:2], -1][:2]
    if len(names) == 1:
        return _article(names[first])
    dx, dy = (boxes[first, :2] + boxes[first, 2:] - boxes[second, :2] - boxes[second, 2:]) / 2
    relation = ("left of" if dx < 0 else "right of") if abs(dx) >= abs(dy) else ("above" if dy < 0 else "below")
    more = f", and {len(names) - 2} more" if len(names) > 2 else ""
    return f"{_article(names[first])} {relation} {_article(names[second])}{more}"


def _article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _check_seed(seed: object) -> int | tuple[int, ...]:
    if isinstance(seed, (tuple, list)) and seed:
        return tuple(check_int(number, "seed", 0, _LAST_SEED) for number in seed)
    return check_int(seed, "seed", 0, _LAST_SEED)


def _check_classes(classes: object) -> tuple[str, ...]:
    if isinstance(classes, str) or not isinstance(classes, Sequence) or not classes:
        raise ValueError(f"`classes` must be a list of names from {', '.join(SHAPES)}. Received: {classes!r}")
    if len(set(classes)) != len(classes):
        raise ValueError(f"`classes` must all be different. Received: {classes!r}")
    return tuple(check_choice(name, "classes", SHAPES) for name in classes)


def _check_sizes(sizes: object, side: int) -> tuple[float, float]:
    if sizes is None:
        return min(_SIZES[0], float(side)), min(_SIZES[1], float(side))
    rule = f"`sizes` must be (smallest, largest) in pixels with 4 <= smallest <= largest <= {side}. Received: {sizes!r}"
    if not isinstance(sizes, (tuple, list)) or len(sizes) != 2:
        raise ValueError(rule)
    low, high = (check_number(size, "sizes", 4, side) for size in sizes)
    if low > high:
        raise ValueError(rule)
    return low, high
