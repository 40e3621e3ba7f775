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
    "face_width": (0.46, 0.62),  # from the middle to one side
    "face_height": (0.60, 0.74),  # from the middle to the chin
    "jaw": (-0.25, 0.40),  # how much wider (or narrower) than an ellipse the face becomes towards the chin
    "eye_distance": (0.17, 0.29),  # from the middle to one eye
    "eye_size": (0.075, 0.125),
    "eye_height": (-0.16, 0.04),  # down is positive
    "brow_height": (0.09, 0.19),  # above the eye
    "brow_tilt": (-0.40, 0.40),  # slope; positive rises towards the outside
    "brow_thickness": (0.018, 0.055),
    "nose_length": (0.16, 0.32),  # below the eyes
    "nose_width": (0.06, 0.14),
    "mouth_width": (0.13, 0.27),
    "mouth_height": (0.11, 0.20),  # below the nose
    "lips": (0.022, 0.055),
    "hair_line": (0.12, 0.42),  # how far hair reaches down the forehead
    "hair_volume": (0.02, 0.13),
    "hair_length": (-0.20, 0.75),  # how far down it hangs beside the face
    "ear_size": (0.07, 0.13),
}
LOOK = {
    "light": (-1.0, 1.0),  # from the left … from the right
    "light_strength": (0.1, 0.5),
    "brightness": (0.7, 1.15),
    "warmth": (-1.0, 1.0),  # of the light: blue … yellow
    "turn": (-1.0, 1.0),  # of the head to the left … to the right, by up to 25 degrees
    "tilt": (-10.0, 10.0),  # degrees, clockwise
    "smile": (-1.0, 1.0),
    "open": (0.0, 1.0),  # of the mouth
    "glasses": (0.0, 1.0),  # worn from 0.7 on
    "skin": (0.0, 1.0),  # dark … light
    "hair": (0.0, 1.0),  # black, brown, red, blond, grey
    "background": (0.0, 1.0),
    "shift_x": (-0.06, 0.06),
    "shift_y": (-0.06, 0.06),
    "scale": (0.92, 1.08),
    "noise": (0.0, 0.06),  # standard deviation on each pixel and channel
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
    who, how = _row(identity, "identity", IDENTITY), _row(look, "look", LOOK)
    noise = np.random.default_rng(_check_seed(seed)).standard_normal((1, side, side, 3), np.float32)
    return _pictures(who, how, check_int(side, "side", 24), noise)[0]


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
_SKINS = np.array([(0, 0.36, 0.23, 0.16), (0.35, 0.60, 0.41, 0.29), (0.7, 0.86, 0.65, 0.51), (1, 0.98, 0.84, 0.73)])
_HAIRS = np.array(
    [
        (0, 0.07, 0.06, 0.07),
        (0.3, 0.30, 0.18, 0.11),
        (0.5, 0.62, 0.28, 0.12),
        (0.75, 0.88, 0.70, 0.38),
        (1, 0.80, 0.80, 0.83),
    ]
)
_BACKGROUNDS = np.array(
    [(0, 0.42, 0.55, 0.66), (0.33, 0.63, 0.72, 0.64), (0.66, 0.85, 0.78, 0.66), (1, 0.70, 0.60, 0.70)]
)


def _pictures(who: np.ndarray, how: np.ndarray, side: int, noise: np.ndarray) -> np.ndarray:
    """Pictures (n, S, S, 3) of n people `who` (n, 18), taken as `how` (n, 16) says, with standard normal `noise`."""
    i = {name: column.astype(np.float32)[:, None, None] for name, column in zip(IDENTITY, who.T, strict=True)}
    k = {name: column.astype(np.float32)[:, None, None] for name, column in zip(LOOK, how.T, strict=True)}
    grid = ((np.arange(side, dtype=np.float32) + 0.5) * 2 / side - 1)[None]
    x, y = grid[:, None, :] - k["shift_x"], grid[:, :, None] - k["shift_y"] + np.float32(0.03)
    angle = np.deg2rad(k["tilt"])
    u = (np.cos(angle) * x + np.sin(angle) * y) / k["scale"]  # in the face's own axes
    v = (np.cos(angle) * y - np.sin(angle) * x) / k["scale"]
    paint = _Paint(side, k["scale"])

    skin, hair, back = (
        _tone(scale, how, name) for scale, name in ((_SKINS, "skin"), (_HAIRS, "hair"), (_BACKGROUNDS, "background"))
    )
    w, h = i["face_width"], i["face_height"]
    turn = np.sin(np.deg2rad(25) * k["turn"])
    level = np.sqrt(1 - turn**2)

    def place(a: np.ndarray, b: np.ndarray, out: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """Where the point (a, b) of a face goes when the head turns, and how much narrower things become there."""
        depth = np.sqrt(np.maximum(1 - (a / w) ** 2 - (b / h) ** 2, 0.05)) * w * np.float32(out)
        return a * level + depth * turn, np.maximum(level - a / depth * turn, 0.45)

    canvas = np.empty((len(who), side, side, 3), np.float32)
    canvas[:] = back[:, None, None, :]
    canvas *= (1 - 0.12 * y)[..., None]
    dark_hair = hair * 0.8

    # Behind the head: hair, neck, shoulders.
    volume = i["hair_volume"]
    round_hair = paint.ellipse(u, v + 0.06, w + volume, h + volume - 0.02)
    hanging = np.minimum(
        paint.box(u, v - i["hair_length"] / 2, w + volume * 0.9, np.maximum(i["hair_length"], 0) / 2 + 0.05), 1
    )
    paint.over(canvas, np.maximum(round_hair * paint.step(0.1 - v), hanging * (i["hair_length"] > 0)), dark_hair)
    paint.over(canvas, paint.box(u, v - 0.7, w * 0.55, 0.35), skin * 0.78)
    paint.over(canvas, paint.ellipse(u, v - 1.22, 0.85, 0.40), back * np.array([0.55, 0.5, 0.6], np.float32))
    for sign in (-1, 1):
        seen = np.clip(1 - sign * turn * 2.5, 0, 1)  # the far ear disappears behind the head
        ear = paint.ellipse(
            u - sign * w * (0.98 - 0.25 * np.maximum(sign * -turn, 0)),
            v - i["eye_height"] - 0.1,
            i["ear_size"] * 0.6 * (0.4 + 0.6 * seen),
            i["ear_size"],
        )
        paint.over(canvas, ear, skin * 0.9)

    # The head, an ellipse that the jaw widens or narrows, lit from one side.
    wide = w * (1 + i["jaw"] * np.maximum(v, 0) / h * 0.8)
    head = paint.ellipse(u, v, wide, h)
    across, down = np.clip(u / w, -1, 1), np.clip(v / h, -1, 1)
    shade = 1 + k["light_strength"] * (k["light"] * across * 0.9 - 0.35 * down) - 0.22 * (across**2 + 0.4 * down**2)
    lit = shade[..., None] * skin[:, None, None, :]
    paint.over(canvas, head, lit)

    # Hair on the forehead, higher in the middle.
    middle = turn * w * 0.5
    line = -h + i["hair_line"] + 0.5 * ((u - middle) / w) ** 2 * (h - 0.25)
    fringe = np.minimum(paint.ellipse(u, v + 0.03, w + volume * 0.7, h + volume * 0.6), paint.step(line - v))
    paint.over(canvas, fringe, hair[:, None, None, :] * (1 + 0.35 * (shade - 1))[..., None])

    dark = skin * 0.35
    eye_y, size = i["eye_height"], i["eye_size"]
    worn = (k["glasses"] >= _GLASSES).astype(np.float32)
    for sign in (-1, 1):
        cx, narrow = place(sign * i["eye_distance"], eye_y)
        across = (u - cx) / narrow
        brow_v = v - (eye_y - i["brow_height"]) + sign * i["brow_tilt"] * across
        paint.over(canvas, paint.box(across, brow_v, size * 1.35, i["brow_thickness"]), dark_hair * 0.7)
        white = paint.ellipse(across, v - eye_y, size, size * 0.62)
        paint.over(canvas, white, np.array([0.95, 0.95, 0.93], np.float32) * (0.8 + 0.2 * skin))
        iris = paint.ellipse(across - turn * 0.04, v - eye_y, size * 0.52, size * 0.56)
        paint.over(canvas, np.minimum(iris, white), np.array([0.12, 0.09, 0.08], np.float32))
        lid = np.minimum(paint.ring(across, v - eye_y, size, size * 0.62, 0.018), paint.step(eye_y - v))
        paint.over(canvas, lid, dark)
        frame = paint.ring(across, v - eye_y - 0.01, 0.155, 0.135, 0.02)
        paint.over(canvas, frame * worn, np.array([0.1, 0.1, 0.12], np.float32))
    bridge_x, _ = place(np.zeros_like(w), eye_y)
    paint.over(
        canvas,
        paint.box(u - bridge_x, v - eye_y, i["eye_distance"] - 0.15, 0.016) * worn,
        np.array([0.1, 0.1, 0.12], np.float32),
    )

    # The nose: a shadow on the side away from the light, its wings, two nostrils.
    tip_y = eye_y + i["nose_length"]
    tip_x, _ = place(np.zeros_like(w), tip_y, 1.25)
    along = np.clip((v - eye_y) / i["nose_length"], 0, 1)
    ridge = bridge_x + (tip_x - bridge_x) * along
    half = i["nose_width"] * (0.35 + 0.65 * along)
    inside = paint.step(v - eye_y) * paint.step(tip_y - v)
    side_u = (u - ridge) / half
    shadow = np.clip(1 - np.abs(side_u + np.sign(k["light"]) * 0.75) / 0.5, 0, 1) * inside
    paint.over(canvas, shadow * (0.25 + 0.6 * k["light_strength"] * np.abs(k["light"])), skin * 0.5)
    wings = np.minimum(
        paint.ring(u - tip_x, v - tip_y + 0.01, i["nose_width"], 0.05, 0.022), paint.step(v - tip_y + 0.015)
    )
    paint.over(canvas, wings * 0.8, dark)

    # The mouth: a curve with lips, and what is behind them.
    mouth_y = tip_y + i["mouth_height"]
    cx, narrow = place(np.zeros_like(w), np.minimum(mouth_y, 0.9 * h), 1.1)
    across = (u - cx) / narrow / i["mouth_width"]
    curve = v - mouth_y + k["smile"] * 0.085 * (across**2 - 0.4)
    taper = np.clip(1 - across**2, 0, 1)
    gap = k["open"] * 0.055 * taper
    thick = i["lips"] * np.sqrt(taper) + 0.008
    ends = paint.step((1 - np.abs(across)) * i["mouth_width"])
    paint.over(canvas, paint.step(thick + gap - np.abs(curve)) * ends, skin * np.array([0.82, 0.50, 0.50], np.float32))
    inner = np.maximum(gap, 0.010)
    paint.over(canvas, paint.step(inner - np.abs(curve)) * ends, skin * 0.12 + np.array([0.1, 0.02, 0.02], np.float32))

    tint = 1 + 0.10 * k["warmth"][..., None] * np.array([1, 0.1, -1], np.float32)
    canvas *= k["brightness"][..., None] * tint
    canvas += k["noise"][..., None] * noise
    return np.clip(canvas, 0, 1, out=canvas)


class _Paint:
    """Covers of shapes with edges one pixel wide; lengths are in halves of the side, in the face's own axes."""

    def __init__(self, side: int, scale: np.ndarray) -> None:
        self.pixels = np.float32(side / 2) * scale  # (n, 1, 1)

    def step(self, inside: np.ndarray) -> np.ndarray:
        """How much of each pixel is covered where `inside` is the distance to the edge, positive within."""
        return np.clip(0.5 + inside * self.pixels, 0, 1)

    def ellipse(self, x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self.step((1 - np.sqrt((x / a) ** 2 + (y / b) ** 2)) * np.minimum(a, b))

    def ring(self, x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray, thick: float) -> np.ndarray:
        return self.step(thick - np.abs(1 - np.sqrt((x / a) ** 2 + (y / b) ** 2)) * np.minimum(a, b))

    def box(self, x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self.step(a - np.abs(x)) * self.step(b - np.abs(y))

    def over(self, canvas: np.ndarray, cover: np.ndarray, colour: np.ndarray) -> None:
        """Paint a colour, (3,), (n, 3) or (n, S, S, 3), over the canvas where `cover` (n, S, S) says so."""
        if colour.ndim == 2:
            colour = colour[:, None, None, :]
        canvas += cover[..., None] * (colour - canvas)


def _tone(scale: np.ndarray, how: np.ndarray, name: str) -> np.ndarray:
    """Colours (n, 3) at the places in a scale that `how` says."""
    at = how[:, list(LOOK).index(name)]
    return np.stack([np.interp(at, scale[:, 0], scale[:, c]) for c in (1, 2, 3)], axis=1).astype(np.float32)


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
