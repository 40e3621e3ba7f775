"""A captioner that nobody trained: it knows the scene and doubts a little, so that there is something to choose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnlab.data import scenes
from cnnlab.tasks import captioning, segmentation

_CHOSEN = (34, 31, 11, 38, 15, 7)  # scenes with two colours and two shapes, clear to people
_SIDES = ("left", "right", "above", "below")
_WORDS = ("a", "an", *scenes.COLOURS, *scenes.CLASSES, *_SIDES, "of", captioning.SPECIALS[captioning.END])
_NEAR = 0.25  # how far apart two colours (red, green, blue from 0 to 1) are before they are hardly confused
_FIRST = 0.7  # of the doubt which shape to begin with
_CELL = 8  # pixels of the picture for one place of the attention


class WrittenCaptions:
    """Scenes of two shapes, and the next word and the attention for each: called as a trained decoder's step is.

    Attributes
    ----------
    images : (N, 48, 48, 3)
    truths : the right captions

    Examples
    --------
    >>> step = WrittenCaptions()
    >>> probabilities, attention = step(0, step.truths[0].split()[:1])
    >>> max(probabilities, key=probabilities.get) == step.truths[0].split()[1], attention.shape
    (True, (6, 6))
    """

    def __init__(self) -> None:
        self._scenes = [scenes.scene((16, i), **segmentation.WORLD) for i in _CHOSEN]
        self.images = np.stack([one.image for one in self._scenes])
        self.truths = [captioning.describe(one) for one in self._scenes]

    def __call__(self, picture: int, said: Sequence[str]) -> tuple[dict[str, float], np.ndarray]:
        """The probability of each next word, and where it looks: (6, 6), 1 in all."""
        scene = self._scenes[picture]
        colour, shape, relation, *other = captioning.slots(self.truths[picture])
        things = [(colour, shape), tuple(other)]
        named = _named(said, things)
        weights, look = _next(said, things, named, relation)
        raw = np.array([weights.get(word, 0.0) for word in _WORDS]) + 0.0005
        order = np.argsort(scene.boxes[:, 0] + scene.boxes[:, 2])  # the shape on the left is named first
        places = _places(scene.masks[order])  # (2, 6, 6)
        look = look**2 / np.sum(look**2)  # it looks less in doubt than it speaks
        attention = 0.9 * np.tensordot(look, places, 1) + 0.1 / places[0].size
        return dict(zip(_WORDS, (raw / raw.sum()).tolist(), strict=True)), attention


def _places(masks: np.ndarray) -> np.ndarray:
    """Of each mask (2, H, W), the part that lies in each place: (2, H / 8, W / 8), each 1 in all."""
    count, height, width = masks.shape
    parts = masks.reshape(count, height // _CELL, _CELL, width // _CELL, _CELL).sum(axis=(2, 4))
    return parts / parts.sum(axis=(1, 2), keepdims=True)


def _named(said: Sequence[str], things: Sequence[tuple[str, str]]) -> list[np.ndarray]:
    """For each shape spoken of so far, which of the two it is: a share for each."""
    found = []
    for word in said:
        if word in scenes.COLOURS:
            expected = _expected(found)
            fits = np.array([_likeness(word)[colour] for colour, _ in things]) * expected
            found.append(fits / fits.sum())
    return found


def _expected(named: list[np.ndarray]) -> np.ndarray:
    """Which of the two comes next: at first rather the left one, then the one not yet named."""
    if not named:
        return np.array([_FIRST, 1 - _FIRST])
    return 0.9 * named[-1][::-1] + 0.05


def _likeness(colour: str) -> dict[str, float]:
    """How probable it is to call `colour` by each name."""
    paint = np.array(list(scenes.COLOURS.values()))
    apart = np.linalg.norm(paint - scenes.COLOURS[colour], axis=1)
    raised = np.exp(-apart / _NEAR)
    return dict(zip(scenes.COLOURS, (raised / raised.sum()).tolist(), strict=True))


def _next(
    said: Sequence[str], things: Sequence[tuple[str, str]], named: list[np.ndarray], relation: str
) -> tuple[dict[str, float], np.ndarray]:
    """Weights of the next words, and how much of the attention each shape gets."""
    last = said[-1] if said else ""
    if last in scenes.COLOURS:
        share = named[-1]
        weights = dict.fromkeys(scenes.CLASSES, 0.06)
        for part, (_, shape) in zip(share, things, strict=True):
            weights[shape] += part
        return weights, share
    if last in ("a", "an", "", "of", "above", "below"):
        share = _expected(named)
        weights = dict.fromkeys(scenes.COLOURS, 0.0)
        for part, (colour, _) in zip(share, things, strict=True):
            for name, like in _likeness(colour).items():
                weights[name] += part * like
        if last in ("a", "an"):
            return {
                name: w * (0.05 if (name == "orange") == (last == "a") else 1) for name, w in weights.items()
            }, share
        an = weights["orange"] / sum(weights.values())
        return {"a": 1 - an, "an": an}, share
    if last in ("left", "right"):
        return {"of": 1.0}, np.array([0.5, 0.5])
    if len(named) >= 2:
        return {_WORDS[-1]: 1.0}, named[-1]
    share = named[-1] if named else np.array([0.5, 0.5])
    weights = dict.fromkeys(_SIDES, 0.06)
    for part, way in zip(share, (relation, captioning.MIRRORED[relation]), strict=True):
        weights[way.split()[0]] += part
    return weights, np.array([0.5, 0.5])
