"""Endless drawn faces of which everything is known: who it is, and how the picture was taken.

*Identity* is the geometry of a face: how wide it is, how far apart the eyes are, where the mouth lies. *Look* is all
that changes from one picture of a person to the next: light, pose, expression, glasses, and every colour. Each picture
is printed in other inks, so to speak: the tone of skin and hair never says who somebody is. Person number 7 is the same
on every machine, and no real person is meant by any of them.

An identity and a look are plain dicts from a name in `IDENTITY` or `LOOK` to a number, and `draw` makes the picture:

    >>> someone, morning = identity(seed=1), look(seed=2)
    >>> draw(someone, morning).shape
    (48, 48, 3)
    >>> smiling = draw(someone, {**morning, "smile": 1.0})

Lengths are in halves of the picture's side, with 0 in its middle: a face 0.6 wide reaches from −0.6 to 0.6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cnnlab.common.validate import check_int, check_number

# name: (smallest, largest); each is drawn evenly between them
IDENTITY = {
    "face_width": (0.44, 0.63),  # from the middle to one side
    "face_height": (0.60, 0.74),  # from the middle to the chin
    "jaw": (-0.30, 0.45),  # how much wider (or narrower) than an ellipse the face becomes towards the chin
    "eye_distance": (0.17, 0.30),  # from the middle to one eye
    "eye_size": (0.085, 0.135),
    "eye_height": (-0.17, 0.05),  # down is positive
    "brow_height": (0.08, 0.20),  # above the eye
    "brow_tilt": (-0.45, 0.45),  # slope; positive rises towards the outside
    "brow_thickness": (0.018, 0.055),
    "nose_length": (0.15, 0.33),  # below the eyes
    "nose_width": (0.06, 0.14),
    "mouth_width": (0.12, 0.28),
    "mouth_height": (0.10, 0.21),  # below the nose
    "lips": (0.022, 0.055),
    "hair_line": (0.10, 0.44),  # how far hair reaches down the forehead
    "hair_volume": (0.01, 0.14),
    "hair_length": (-0.20, 0.75),  # how far down it hangs beside the face
    "ear_size": (0.06, 0.14),
}
LOOK = {
    "light": (-1.0, 1.0),  # from the left … from the right
    "light_strength": (0.1, 0.45),
    "brightness": (0.7, 1.15),
    "warmth": (-1.0, 1.0),  # of the light: blue … yellow
    "turn": (-1.0, 1.0),  # of the head to the left … to the right, by up to 12 degrees
    "tilt": (-5.0, 5.0),  # degrees, clockwise
    "smile": (-0.6, 1.0),
    "open": (0.0, 1.0),  # of the mouth
    "glasses": (0.0, 1.0),  # worn from 0.7 on
    "skin": (0.0, 1.0),  # dark … light
    "hair": (0.0, 1.0),  # black, brown, red, blond, grey
    "background": (0.0, 1.0),
    "shift_x": (-0.06, 0.06),
    "shift_y": (-0.06, 0.06),
    "scale": (1.0, 1.12),
    "noise": (0.0, 0.03),  # standard deviation on each pixel and channel
}
_LAST_SEED = 2**32 - 1
_CHUNK = 32  # pictures drawn at a time: their arrays stay in the processor's cache
_GLASSES = 0.7


@dataclass(frozen=True, eq=False)
class People:
    """Pictures of people and everything that is known about them; P people with K pictures each, N = P·K.

    Attributes
    ----------
    images : (N, S, S, 3) float32 in [0, 1]; the pictures of a person follow one another
    labels : (N,) int64, the number of the person, 0 to P − 1
    identities : (N, 18) float64, columns as in `IDENTITY`
    looks : (N, 16) float64, columns as in `LOOK`
    """

    images: np.ndarray
    labels: np.ndarray
    identities: np.ndarray
    looks: np.ndarray


def identity(seed: int | Sequence[int]) -> dict[str, float]:
    """A person: a number for each name in `IDENTITY`.

    Parameters
    ----------
    seed : 0 to 2³² − 1, or several such numbers; the same seed, the same person

    Examples
    --------
    >>> sorted(identity(seed=1)) == sorted(IDENTITY)
    True
    """
    return dict(zip(IDENTITY, _drawn(np.random.default_rng(_check_seed(seed)), IDENTITY, 1)[0].tolist(), strict=True))


def look(seed: int | Sequence[int]) -> dict[str, float]:
    """How a picture is taken: a number for each name in `LOOK`.

    Examples
    --------
    >>> -1 <= look(seed=3)["turn"] <= 1
    True
    """
    return dict(zip(LOOK, _drawn(np.random.default_rng(_check_seed(seed)), LOOK, 1)[0].tolist(), strict=True))


def draw(
    identity: Mapping[str, float], look: Mapping[str, float], side: int = 48, seed: int | Sequence[int] = 0
) -> np.ndarray:
    """One picture of a person.

    Parameters
    ----------
    identity : a number for each name in `IDENTITY`, within its bounds
    look : a number for each name in `LOOK`, within its bounds
    side : S, height and width in pixels, >= 24
    seed : of the noise, as in `identity`

    Returns
    -------
    ndarray
        Shape (S, S, 3), float32 in [0, 1].

    Examples
    --------
    >>> draw(identity(seed=5), look(seed=0), side=64).shape
    (64, 64, 3)
    """
    who, how, side = _row(identity, "identity", IDENTITY), _row(look, "look", LOOK), check_int(side, "side", 24)
    noise = np.random.default_rng(_check_seed(seed)).standard_normal((1, side, side, 3), np.float32)
    return _pictures(who, how, side, noise)[0]


def people(identities: int = 100, pictures: int = 8, seed: int = 0, side: int = 48) -> People:
    """Draw pictures of many people; person k depends on `seed` and k alone, its picture j on these and j.

    Parameters
    ----------
    identities : P, how many people, >= 1
    pictures : K, how many of each, >= 1
    seed : 0 to 2³² − 1; different seeds share nobody
    side : S, height and width in pixels, >= 24

    Examples
    --------
    >>> some = people(identities=3, pictures=2, seed=0)
    >>> some.images.shape, some.labels.tolist()
    ((6, 48, 48, 3), [0, 0, 1, 1, 2, 2])
    """
    count, each = check_int(identities, "identities", 1), check_int(pictures, "pictures", 1)
    seed, side = check_int(seed, "seed", 0, _LAST_SEED), check_int(side, "side", 24)
    images = np.empty((count, each, side, side, 3), np.float32)
    who, how = [], []
    for k in range(count):
        rng = np.random.default_rng((seed, k))
        who.append(np.repeat(_drawn(rng, IDENTITY, 1), each, axis=0))
        how.append(_drawn(rng, LOOK, each))
        np.random.default_rng((seed, k, 1)).standard_normal(dtype=np.float32, out=images[k])  # the noise comes first
    who, how = np.concatenate(who), np.concatenate(how)
    images = images.reshape(-1, side, side, 3)
    for start in range(0, len(images), _CHUNK):
        some = slice(start, start + _CHUNK)
        images[some] = _pictures(who[some], how[some], side, images[some])
    return People(images, np.repeat(np.arange(count), each), who, how)


# --- drawing ----------------------------------------------------------------------------------------------------------

# Colours along a scale from 0 to 1: (at, red, green, blue).
_SCALES = {
    "skin": [(0, 0.40, 0.26, 0.19), (0.35, 0.62, 0.43, 0.31), (0.7, 0.87, 0.66, 0.52), (1, 0.98, 0.84, 0.73)],
    "hair": [
        (0, 0.07, 0.06, 0.07), (0.3, 0.30, 0.18, 0.11), (0.5, 0.62, 0.28, 0.12), (0.75, 0.88, 0.70, 0.38),
        (1, 0.80, 0.80, 0.83),
    ],
    "background": [(0, 0.42, 0.55, 0.66), (0.33, 0.63, 0.72, 0.64), (0.66, 0.85, 0.78, 0.66), (1, 0.70, 0.60, 0.70)],
}  # fmt: skip
_FRAME = np.array([0.10, 0.10, 0.12], np.float32)  # of glasses
# From which height to which the eyes and brows, the nose and the mouth can lie, for any identity and look.
_EYES, _NOSE, _MOUTH = (-0.82, 0.44), (-0.42, 0.66), (-0.25, 0.95)


def _pictures(who: np.ndarray, how: np.ndarray, side: int, noise: np.ndarray) -> np.ndarray:
    """Pictures (n, S, S, 3) of n people `who` (n, 18), taken as `how` (n, 16) says, with standard normal `noise`."""
    face = {name: column.astype(np.float32)[:, None, None] for name, column in zip(IDENTITY, who.T, strict=True)}
    face |= {name: column.astype(np.float32)[:, None, None] for name, column in zip(LOOK, how.T, strict=True)}
    for name, scale in _SCALES.items():
        at, *channels = np.array(scale).T
        rgb = [np.interp(face[name], at, channel) for channel in channels]
        face[f"{name}_colour"] = np.stack(rgb).astype(np.float32)  # (3, n, 1, 1)
    face["yaw"] = np.sin(np.deg2rad(np.float32(12)) * face["turn"])
    sheet = _Sheet(face, side)
    _behind(sheet, face)
    _head(sheet, face)
    _eyes(sheet.band(*_EYES), face)
    _nose(sheet.band(*_NOSE), face)
    _mouth(sheet.band(*_MOUTH), face)
    tint = 1 + 0.10 * face["warmth"] * np.array([1, 0.1, -1], np.float32)[:, None, None, None]
    sheet.canvas *= face["brightness"] * tint
    images = np.ascontiguousarray(np.moveaxis(sheet.canvas, 0, -1))
    images += face["noise"][..., None] * noise
    return np.clip(images, 0, 1, out=images)


class _Sheet:
    """n pictures to paint on, (3, n, S, S), and where their pixels are in each face's own axes.

    ``u`` points to the right and ``v`` down, both (n, S, S). Covers have edges one pixel wide.
    """

    def __init__(self, face: Mapping[str, np.ndarray], side: int) -> None:
        places = ((np.arange(side, dtype=np.float32) + 0.5) * 2 / side - 1)[None]
        x, y = places[:, None, :] - face["shift_x"], places[:, :, None] - face["shift_y"] + np.float32(0.03)
        angle = np.deg2rad(face["tilt"])
        self.u = (np.cos(angle) * x + np.sin(angle) * y) / face["scale"]
        self.v = (np.cos(angle) * y - np.sin(angle) * x) / face["scale"]
        self.pixels = np.float32(side / 2) * face["scale"]  # in a unit of length, (n, 1, 1)
        self.canvas = face["background_colour"] * (1 - np.float32(0.12) * y) + np.zeros_like(self.u)

    def band(self, top: float, bottom: float) -> _Sheet:
        """The rows from `top` to `bottom`: what is painted there is painted here."""
        side = self.u.shape[1]
        rows = slice(int((top + 1) / 2 * side), int(np.ceil((bottom + 1) / 2 * side)))
        part = object.__new__(_Sheet)
        part.u, part.v, part.pixels, part.canvas = (
            self.u[:, rows],
            self.v[:, rows],
            self.pixels,
            self.canvas[:, :, rows],
        )
        return part

    def step(self, inside: np.ndarray) -> np.ndarray:
        """How much of each pixel is covered, `inside` being the distance to the edge, positive within."""
        cover = inside * self.pixels
        cover += np.float32(0.5)
        return np.clip(cover, 0, 1, out=cover)

    def ellipse(self, x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self.step((1 - np.sqrt((x / a) ** 2 + (y / b) ** 2)) * np.minimum(a, b))

    def ring(self, x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray, thick: float) -> np.ndarray:
        return self.step(np.float32(thick) - np.abs(1 - np.sqrt((x / a) ** 2 + (y / b) ** 2)) * np.minimum(a, b))

    def box(self, x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self.step(a - np.abs(x)) * self.step(b - np.abs(y))

    def paint(self, cover: np.ndarray, colour: np.ndarray) -> None:
        """Lay a colour, (3,), (3, n, 1, 1) or (3, n, S, S), over the canvas where `cover` says so."""
        if colour.ndim == 1:
            colour = colour[:, None, None, None]
        layer = colour - self.canvas
        layer *= cover
        self.canvas += layer


def _turned(
    face: Mapping[str, np.ndarray], a: np.ndarray, b: np.ndarray, out: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Where the point (a, b) of a face goes when the head turns, and how much narrower things become there."""
    w, h, yaw = face["face_width"], face["face_height"], face["yaw"]
    level = np.sqrt(1 - yaw**2)
    depth = np.sqrt(np.maximum(1 - (a / w) ** 2 - (b / h) ** 2, np.float32(0.05))) * w * np.float32(out)
    return a * level + depth * yaw, np.maximum(level - a / depth * yaw, np.float32(0.45))


def _behind(sheet: _Sheet, face: Mapping[str, np.ndarray]) -> None:
    """Hair, neck, shoulders and ears."""
    u, v, w, h = sheet.u, sheet.v, face["face_width"], face["face_height"]
    skin, volume, length = face["skin_colour"], face["hair_volume"], face["hair_length"]
    crown = sheet.ellipse(u, v + 0.06, w + volume, h + volume - 0.02) * sheet.step(0.1 - v)
    hanging = sheet.box(u, v - length / 2, w + volume * 0.9, np.maximum(length, 0) / 2 + 0.05) * (length > 0)
    sheet.paint(np.maximum(crown, hanging), face["hair_colour"] * 0.8)
    sheet.paint(sheet.box(u, v - 0.7, w * 0.55, np.float32(0.35)), skin * 0.78)
    shirt = np.array([0.55, 0.5, 0.6], np.float32)[:, None, None, None]
    sheet.paint(sheet.ellipse(u, v - 1.22, np.float32(0.85), np.float32(0.40)), face["background_colour"] * shirt)
    for sign in (-1, 1):
        away = np.clip(sign * face["yaw"] * 2.5, 0, 1)  # the far ear disappears behind the head
        x = sign * w * (0.98 - 0.25 * np.maximum(-sign * face["yaw"], 0))
        size = face["ear_size"]
        sheet.paint(sheet.ellipse(u - x, v - face["eye_height"] - 0.1, size * (0.6 - 0.36 * away), size), skin * 0.9)


def _head(sheet: _Sheet, face: Mapping[str, np.ndarray]) -> None:
    """An ellipse that the jaw widens or narrows, lit from one side, and hair on the forehead, higher in the middle."""
    u, v, w, h = sheet.u, sheet.v, face["face_width"], face["face_height"]
    jaw = w * (1 + face["jaw"] * np.maximum(v, 0) / h * 0.8)
    across, down = np.clip(u / w, -1, 1), np.clip(v / h, -1, 1)
    shade = face["light_strength"] * (0.9 * face["light"] * across - 0.35 * down)
    shade += 1 - 0.22 * (across**2 + 0.4 * down**2)
    sheet.paint(sheet.ellipse(u, v, jaw, h), shade * face["skin_colour"])
    volume = face["hair_volume"]
    line = face["hair_line"] - h + 0.5 * ((u - face["yaw"] * w * 0.5) / w) ** 2 * (h - 0.25)
    fringe = np.minimum(sheet.ellipse(u, v + 0.03, w + volume * 0.7, h + volume * 0.6), sheet.step(line - v))
    sheet.paint(fringe, face["hair_colour"] * (0.65 + 0.35 * shade))


def _eyes(sheet: _Sheet, face: Mapping[str, np.ndarray]) -> None:
    """Brows, eyes, and the glasses of those who wear them."""
    v, size, skin = sheet.v - face["eye_height"], face["eye_size"], face["skin_colour"]
    worn = (face["glasses"] >= _GLASSES).astype(np.float32)
    for sign in (-1, 1):
        x, narrow = _turned(face, sign * face["eye_distance"], face["eye_height"])
        u = (sheet.u - x) / narrow
        brow = v + face["brow_height"] + sign * face["brow_tilt"] * u
        sheet.paint(sheet.box(u, brow, size * 1.35, face["brow_thickness"]), face["hair_colour"] * 0.56)
        white = sheet.ellipse(u, v, size, size * 0.62)
        sheet.paint(white, 0.76 + 0.19 * skin)
        iris = np.minimum(sheet.ellipse(u - face["yaw"] * 0.04, v, size * 0.52, size * 0.56), white)
        sheet.paint(iris, np.array([0.12, 0.09, 0.08], np.float32))
        sheet.paint(np.minimum(sheet.ring(u, v, size, size * 0.62, 0.018), sheet.step(-v)), skin * 0.35)
        sheet.paint(sheet.ring(u, v - 0.01, np.float32(0.155), np.float32(0.135), 0.02) * worn, _FRAME)
    x, _ = _turned(face, np.zeros_like(worn), face["eye_height"])
    sheet.paint(sheet.box(sheet.u - x, v, face["eye_distance"] - 0.15, np.float32(0.016)) * worn, _FRAME)


def _nose(sheet: _Sheet, face: Mapping[str, np.ndarray]) -> None:
    """A shadow on the side away from the light, and the wings."""
    v, length, middle = sheet.v - face["eye_height"], face["nose_length"], np.zeros_like(face["yaw"])
    top, _ = _turned(face, middle, face["eye_height"])
    tip, _ = _turned(face, middle, face["eye_height"] + length, 1.25)
    along = np.clip(v / length, 0, 1)
    beside = (sheet.u - top - (tip - top) * along) / (face["nose_width"] * (0.35 + 0.65 * along))
    shadow = (
        np.clip(1 - np.abs(beside + 0.75 * np.sign(face["light"])) * 2, 0, 1) * sheet.step(v) * sheet.step(length - v)
    )
    sheet.paint(shadow * (0.25 + 0.6 * face["light_strength"] * np.abs(face["light"])), face["skin_colour"] * 0.5)
    below = v - length + 0.01
    wings = np.minimum(sheet.ring(sheet.u - tip, below, face["nose_width"], np.float32(0.05), 0.022), sheet.step(below))
    sheet.paint(wings * 0.8, face["skin_colour"] * 0.35)


def _mouth(sheet: _Sheet, face: Mapping[str, np.ndarray]) -> None:
    """Two lips along a curve, and what is seen between them."""
    y = face["eye_height"] + face["nose_length"] + face["mouth_height"]
    x, narrow = _turned(face, np.zeros_like(y), np.minimum(y, 0.9 * face["face_height"]), 1.1)
    u = (sheet.u - x) / narrow / face["mouth_width"]
    away = np.abs(sheet.v - y + 0.085 * face["smile"] * (u**2 - 0.4))
    taper = np.clip(1 - u**2, 0, 1)
    ends = sheet.step((1 - np.abs(u)) * face["mouth_width"])
    gap = 0.055 * face["open"] * taper
    red = np.array([0.82, 0.50, 0.50], np.float32)[:, None, None, None]
    sheet.paint(sheet.step(face["lips"] * np.sqrt(taper) + 0.008 + gap - away) * ends, face["skin_colour"] * red)
    dark = np.array([0.10, 0.02, 0.02], np.float32)[:, None, None, None]
    sheet.paint(sheet.step(np.maximum(gap, 0.010) - away) * ends, face["skin_colour"] * 0.12 + dark)


# --- numbers ----------------------------------------------------------------------------------------------------------


def _drawn(rng: np.random.Generator, bounds: Mapping[str, tuple[float, float]], rows: int) -> np.ndarray:
    low, high = np.array(list(bounds.values())).T
    return rng.uniform(low, high, (rows, len(bounds)))


def _row(given: object, name: str, bounds: Mapping[str, tuple[float, float]]) -> np.ndarray:
    """A dict as an array (1, number of names), each number within its bounds."""
    if not isinstance(given, Mapping) or set(given) != set(bounds):
        odd = sorted(set(given) ^ set(bounds)) if isinstance(given, Mapping) else repr(given)
        raise ValueError(
            f"`{name}` must be a dict with the names of {name.upper()}, no more and no fewer. Received: {odd}"
        )
    return np.array([[check_number(given[key], f'{name}["{key}"]', *bounds[key]) for key in bounds]])


def _check_seed(seed: object) -> int | tuple[int, ...]:
    if isinstance(seed, (tuple, list)) and seed:
        return tuple(check_int(number, "seed", 0, _LAST_SEED) for number in seed)
    return check_int(seed, "seed", 0, _LAST_SEED)
