"""One sentence about a picture of two shapes: as words, as numbers, and how good it is.

A caption names the shape on the left first, so that every picture has one right caption: "a red circle left of a blue
square", or "above" or "below" where the shapes lie rather over each other. "a blue square right of a red circle" says
the same facts; `is_true` knows that, exact match and BLEU do not.

A caption as numbers begins with `START`, ends with `END` and is filled up with `PAD`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from cnnlab.common.validate import check_int, check_number, check_rank
from cnnlab.data.scenes import CLASSES, COLOURS, Scene

SPECIALS = ("<pad>", "<start>", "<end>")
PAD, START, END = range(3)
MIRRORED = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
RELATIONS = tuple(MIRRORED)
_THING = f"an? ({'|'.join(COLOURS)}) ({'|'.join(CLASSES)})"
_SENTENCE = re.compile(f"{_THING} ({'|'.join(RELATIONS)}) {_THING}")

Slots = tuple[str, str, str, str, str]


# --- what is there to say -----------------------------------------------------------------------------------------


def describe(scene: Scene) -> str:
    """The right caption of a scene of two shapes.

    The shape whose box has its centre further left is named first, or the first one if none is. It is "left of" the
    other if the centres differ more to the side than in height, otherwise "above" or "below" it.

    Raises
    ------
    ValueError
        If the scene has not two shapes.

    Examples
    --------
    >>> from cnnlab.data.scenes import scene
    >>> describe(scene(seed=1, min_objects=2, max_objects=2))
    'a white triangle above a yellow triangle'
    """
    right, down = _offset(scene)
    first, second = (0, 1) if right >= 0 else (1, 0)
    down = down if right >= 0 else -down
    relation = "left of" if abs(right) > abs(down) else "above" if down > 0 else "below"
    names = [f"{colour} {scene.class_names[label]}" for colour, label in zip(scene.colours, scene.labels, strict=True)]
    return f"{_article(names[first])} {relation} {_article(names[second])}"


def is_clear(scene: Scene, margin: float = 3.0) -> bool:
    """Whether a scene leaves no doubt about its caption.

    It has two shapes, their centres lie `margin` pixels or more apart from left to right, and that distance and the one
    in height differ by `margin` pixels or more.

    Parameters
    ----------
    margin : in pixels, >= 0
    """
    margin = check_number(margin, "margin", 0)
    if len(scene.boxes) != 2:
        return False
    right, down = np.abs(_offset(scene))
    return bool(right >= margin and abs(right - down) >= margin)


def _offset(scene: Scene) -> np.ndarray:
    """From the first shape's centre to the second's: pixels to the right, pixels down."""
    if len(scene.boxes) != 2:
        raise ValueError(f"`scene` must have two shapes. Received: {len(scene.boxes)}")
    x, y = (scene.boxes[:, :2] + scene.boxes[:, 2:]).T / 2
    return np.array([x[1] - x[0], y[1] - y[0]])


def _article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


# --- sentences and numbers ----------------------------------------------------------------------------------------


def vocabulary(captions: Sequence[str]) -> tuple[str, ...]:
    """`SPECIALS`, then every word of the captions in alphabetical order.

    Examples
    --------
    >>> vocabulary(["a red circle above a red square"])
    ('<pad>', '<start>', '<end>', 'a', 'above', 'circle', 'red', 'square')
    """
    return (*SPECIALS, *sorted({word for caption in _sentences(captions, "captions") for word in caption.split()}))


def encode(captions: Sequence[str], words: Sequence[str], length: int) -> np.ndarray:
    """Captions as numbers of words, one row each: `START`, the words, `END`, and `PAD` up to `length`.

    Parameters
    ----------
    captions : N sentences
    words : the vocabulary
    length : of a row, >= the words of the longest caption + 2

    Returns
    -------
    ndarray
        Shape (N, length), int64.

    Examples
    --------
    >>> encode(["a red circle"], vocabulary(["a red circle"]), 7)  # a 3, circle 4, red 5
    array([[1, 3, 5, 4, 2, 0, 0]])
    """
    captions, length = _sentences(captions, "captions"), check_int(length, "length", 2)
    number = {word: k for k, word in enumerate(words)}
    tokens = np.full((len(captions), length), PAD)
    for row, caption in zip(tokens, captions, strict=True):
        said = caption.split()
        if len(said) + 2 > length:
            raise ValueError(
                f"`length` must leave room for <start>, {len(said)} words and <end>: {len(said) + 2}. "
                f"Received: {length}, for {caption!r}"
            )
        if unknown := [word for word in said if word not in number]:
            raise ValueError(f"`captions` must be made of the words of `words`. Received: {unknown[0]!r}")
        row[: len(said) + 2] = [START, *(number[word] for word in said), END]
    return tokens


def decode(tokens: np.ndarray, words: Sequence[str]) -> list[str]:
    """Rows of numbers as sentences: up to the first `END`, without the special words.

    Parameters
    ----------
    tokens : shape (N, T), whole numbers below the size of `words`

    Examples
    --------
    >>> decode([[1, 3, 5, 4, 2, 3]], ("<pad>", "<start>", "<end>", "a", "circle", "red"))
    ['a red circle']
    """
    tokens = _tokens(tokens, "tokens")
    if tokens.size and not 0 <= tokens.min() <= tokens.max() < len(words):
        wrong = tokens[(tokens < 0) | (tokens >= len(words))][0]
        raise ValueError(f"`tokens` must be numbers from 0 to {len(words) - 1}. Received: {wrong}")
    rows = [row[: row.index(END)] if END in row else row for row in tokens.tolist()]
    return [" ".join(words[token] for token in row if token not in (PAD, START)) for row in rows]


def padding_mask(targets: np.ndarray) -> np.ndarray:
    """1 where the target is a word or `END`, 0 where it is `PAD`: float32 of the targets' shape, (N, T).

    It must come from the *target*. A mask from the prediction would let a network escape its loss by saying `PAD`.

    Examples
    --------
    >>> padding_mask([[3, 4, 2, 0, 0]])
    array([[1., 1., 1., 0., 0.]], dtype=float32)
    """
    return (_tokens(targets, "targets") != PAD).astype(np.float32)


def _tokens(tokens: object, name: str) -> np.ndarray:
    tokens = check_rank(tokens, name, {2: "(N, T)"})
    if tokens.dtype.kind not in "iu":
        raise TypeError(f"`{name}` must hold whole numbers. Received: dtype {tokens.dtype}")
    return tokens


def _sentences(captions: object, name: str) -> list[str]:
    if isinstance(captions, str) or not all(isinstance(caption, str) for caption in captions):
        raise TypeError(f"`{name}` must be a list of sentences. Received: {captions!r}")
    return list(captions)


# --- how good is it? ----------------------------------------------------------------------------------------------


def bleu(truths: Sequence[str], captions: Sequence[str], order: int = 4) -> float:
    """BLEU of captions against one reference each, over the whole list.

    For n = 1 … `order`: of all runs of n words in the captions, the part that is found in its reference, where no run
    counts more often than the reference has it. BLEU is the geometric mean of the four, times exp(1 − r / c) if the
    captions are shorter (c words) than their references (r words).

    Parameters
    ----------
    truths, captions : N sentences each, N >= 1
    order : the longest run of words that is counted, >= 1

    Notes
    -----
    Source: Papineni, Roukos, Ward and Zhu, "BLEU: a Method for Automatic Evaluation of Machine Translation", ACL 2002,
    section 2.3. Counts are summed over all captions before they are divided, as there.

    Examples
    --------
    >>> one = bleu(["a red circle left of a blue square"], ["a red circle left of a green square"])
    >>> round(one, 3)  # (7/8 · 5/7 · 4/6 · 3/5)^(1/4) = (1/4)^(1/4)
    0.707
    """
    truths, captions = _pairs(truths, captions)
    pairs = [(truth.split(), caption.split()) for truth, caption in zip(truths, captions, strict=True)]
    logs = []
    for n in range(1, check_int(order, "order", 1) + 1):
        runs = [(_runs(truth, n), _runs(caption, n)) for truth, caption in pairs]
        found = sum((truth & caption).total() for truth, caption in runs)  # & takes the smaller count
        if not found:
            return 0.0
        logs.append(np.log(found / sum(caption.total() for _, caption in runs)))
    reference, said = (sum(map(len, side)) for side in zip(*pairs, strict=True))
    return float(np.exp(np.mean(logs) + min(0.0, 1 - reference / said)))


def _runs(words: list[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(words[shift:] for shift in range(n)), strict=False))


def slots(caption: str) -> Slots | None:
    """What a caption says: (colour, shape, relation, colour, shape), or None if it is no sentence of this language.

    The article is free: "a orange square" is bad English, and no wrong fact.

    Examples
    --------
    >>> slots("a red circle left of an orange square")
    ('red', 'circle', 'left of', 'orange', 'square')
    >>> slots("a red circle left of") is None
    True
    """
    found = _SENTENCE.fullmatch(caption)
    return found and found.groups()


def is_true(truth: str, caption: str) -> bool:
    """Whether a caption says the facts of the right one, in the same order or mirrored.

    Examples
    --------
    >>> is_true("a red circle left of a blue square", "a blue square right of a red circle")
    True
    """
    return _slots_right(truth, caption) == 5


def _slots_right(truth: str, caption: str) -> int:
    """Of the five slots, how many a caption has right, in whichever of its two readings has more."""
    right, said = slots(truth), slots(caption)
    if right is None:
        raise ValueError(f"`truth` must be a sentence such as 'a red circle above a blue square'. Received: {truth!r}")
    if said is None:
        return 0
    colour, shape, relation, other_colour, other_shape = said
    mirrored = (other_colour, other_shape, MIRRORED[relation], colour, shape)
    return max(sum(map(str.__eq__, right, reading)) for reading in (said, mirrored))


@dataclass(frozen=True)
class Scores:
    """How good captions are, 0 to 1 each.

    Attributes
    ----------
    bleu : of all captions together
    exact : the part that is word for word the right caption
    slots : of the five facts of a picture, the part that is right
    true : the part of the captions with all five facts right
    """

    bleu: float
    exact: float
    slots: float
    true: float

    def __str__(self) -> str:
        return ", ".join(f"{field.name} {getattr(self, field.name):.3f}" for field in fields(self))


def score(truths: Sequence[str], captions: Sequence[str]) -> Scores:
    """BLEU-4, exact match, facts right, and captions with every fact right.

    Parameters
    ----------
    truths, captions : N sentences each, N >= 1

    Examples
    --------
    >>> print(score(["a red circle above a blue square"], ["a red circle above a blue circle"]))
    bleu 0.809, exact 0.000, slots 0.800, true 0.000
    """
    truths, captions = _pairs(truths, captions)
    right = np.array([_slots_right(*pair) for pair in zip(truths, captions, strict=True)])
    exact = np.mean([truth == caption for truth, caption in zip(truths, captions, strict=True)])
    return Scores(bleu(truths, captions), float(exact), float(right.mean() / 5), float(np.mean(right == 5)))


def shuffled(captions: Sequence[str]) -> list[str]:
    """Each picture gets the caption of the one before it, the first that of the last.

    Captions that know their picture must score far worse so. What they keep, they owe to the language alone.

    Examples
    --------
    >>> shuffled(["one", "two", "three"])
    ['three', 'one', 'two']
    """
    captions = _sentences(captions, "captions")
    return captions[-1:] + captions[:-1]


def _pairs(truths: object, captions: object) -> tuple[list[str], list[str]]:
    truths, captions = _sentences(truths, "truths"), _sentences(captions, "captions")
    if len(truths) != len(captions) or not truths:
        raise ValueError(
            f"`truths` and `captions` must be equally many, at least one. Received: {len(truths)} and {len(captions)}"
        )
    return truths, captions
