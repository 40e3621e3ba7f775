"""Which augmentations change what a picture shows: a 6 stood on its head is a 9, whatever its label says."""

from __future__ import annotations

from collections.abc import Sequence

from cnnlab.common.validate import check_choice

FLIPS = ("horizontal", "vertical", "horizontal_and_vertical")
# Sign → the sign it then looks like, in a plain typeface: after half a turn, mirrored left-right, mirrored top-bottom.
_HALF_TURN = dict(zip("69bdpqnumwMW", "96qpdbunwmWM", strict=True))
_MIRRORED = dict(zip("bdpq", "dbqp", strict=True))
_UPSIDE_DOWN = dict(zip("bdpqnumwMW", "pqbdunwmWM", strict=True))
_QUARTER_TURN = {"N": "Z", "Z": "N"}
# Signs that stay what they are, a 1 being written as a stroke; all others turn into something nobody writes.
_SYMMETRIC_X = frozenset("018AHIMOTUVWXYilmotuvwx")  # left and right alike
_SYMMETRIC_Y = frozenset("0138BCDEHIKOXclox")  # top and bottom alike
_TURNABLE = frozenset("01258HINOSXZlosxz")  # the same after half a turn
_UPRIGHT = 100.0  # degrees from which a sign is read the other way up
_SIDEWAYS = 60.0  # degrees from which an N is read as a Z
_DIRECTIONS = {"left": "right", "right": "left", "up": "down", "down": "up"}


def label_changes(class_names: Sequence[str], *, flip: str | None = None, degrees: float = 0.0) -> tuple[str, ...]:
    """What a flip or a turn does to labels: one sentence for each class it makes wrong.

    It knows single digits and letters in a plain typeface, and names that contain left, right, up or down (arrows,
    road signs, gloves). It knows nothing of other things: that a satellite picture may be turned and a portrait not is
    for you to judge.

    Parameters
    ----------
    class_names : of the data set, such as ``"6"``, ``"A"`` or ``"turn left"``
    flip : ``"horizontal"``, ``"vertical"``, ``"horizontal_and_vertical"`` or None
    degrees : turned by up to this much either way, 0 to 180

    Returns
    -------
    tuple of str
        Empty if it finds nothing wrong.

    Examples
    --------
    >>> label_changes("0123456789", degrees=180)[-2:]
    ('a 7 is no sign any more after a turn of 180°', 'a 9 turned by 180° is a 6')
    >>> label_changes("0123456789", degrees=15)
    ()
    """
    if flip is not None:
        check_choice(flip, "flip", FLIPS)
    found = []
    for name in map(str, class_names):
        found += _sign_changes(name, flip or "", abs(degrees)) if len(name) == 1 else _word_changes(name, flip or "")
    return tuple(found)


def _sign_changes(sign: str, flip: str, degrees: float) -> list[str]:
    changes = []
    turn, nearly = f"{degrees:g}°", "" if degrees > 170 else "nearer to "
    if not sign.isascii() or not sign.isalnum():
        return changes
    cases = (
        ("horizontal" in flip, _MIRRORED, _SYMMETRIC_X, "mirrored", "mirrored"),
        ("vertical" in flip, _UPSIDE_DOWN, _SYMMETRIC_Y, "flipped upside down", "flipped upside down"),
        (degrees >= _UPRIGHT, _HALF_TURN, _TURNABLE, f"turned by {turn}", f"after a turn of {turn}"),
    )
    for applies, becomes, stays, done, after in cases:
        if applies and sign in becomes:
            near = nearly if becomes is _HALF_TURN else ""
            changes.append(f"{_a(sign)} {done} is {near}{_a(becomes[sign])}")
        elif applies and sign not in stays:
            changes.append(f"{_a(sign)} is no sign any more {after}")
    if degrees >= _SIDEWAYS and sign in _QUARTER_TURN:
        done = "turned by 90° is" if degrees >= 90 else f"turned by {turn} is nearer to"  # on the way to `degrees`
        changes.append(f"{_a(sign)} {done} {_a(_QUARTER_TURN[sign])}")
    return changes


def _word_changes(name: str, flip: str) -> list[str]:
    words = name.replace("_", " ").replace("-", " ").lower().split()
    sideways, upright = ("horizontal" in flip, ("left", "right")), ("vertical" in flip, ("up", "down"))
    return [
        f"{name!r} flipped shows {_DIRECTIONS[word]}"
        for applies, pair in (sideways, upright)
        for word in pair
        if applies and word in words
    ]


def _a(sign: str) -> str:
    """The sign with its article: an 8, an A, an F."""
    return f"{'an' if sign in '8AEFHILMNORSXaefhilmnorsx' else 'a'} {sign}"
