"""The caption stepper: a sentence word by word, what else might come next, and where the decoder looks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from cnnlab import plot
from cnnlab.common.validate import check_choice, check_rank
from cnnlab.explore.base.controls import button, choice, names, text
from cnnlab.explore.base.explorer import Explorer
from cnnlab.explore.base.wording import counted, cut
from cnnlab.explore.detection.boxed_picture import TONES, as_bytes
from cnnlab.explore.drawing.arrays import Map
from cnnlab.explore.drawing.sheet import INK, Sheet, rectangle
from cnnlab.explore.tasks.hatching import enlarged
from cnnlab.explore.tasks.written_captions import WrittenCaptions
from cnnlab.tasks.captioning import END, PAD, SPECIALS, START

Step = Callable[[int, Sequence[str]], tuple[dict[str, float], np.ndarray]]

MOST = 200  # pictures
_END = SPECIALS[END]
_LONGEST = 14  # words of a sentence; a decoder that never ends is stopped there
_OFFERED, _FEWEST = 8, 3  # next words to choose from, at most and at least
_LEAST = 0.001  # a probability that is written out
_SHOWN = 10  # words under the picture
_SIDE, _TOP, _LEFT = 3.0, 0.5, 0.15
_BARS, _WORDS = 3.5, 6.75  # where the columns begin
_STRIP, _SMALL, _STEP = 4.12, 0.9, 0.975  # the small pictures: top, side, from one to the next
_LABEL = 0.36  # inches that "100 %" takes: in a narrower place it would cover the next one
_DARKEST = 0.5  # what is left of the picture's brightness where nobody looks
_TAKEN, _OTHER = plot.BLUE, "#A8B0BA"


class CaptionStepper(Explorer):
    """A caption as it is made: what may come next, what follows if you choose otherwise, and where it looks.

    Parameters
    ----------
    images : (N, H, W, 3), bytes or numbers from 0 to 1, N at most 200; by default drawn scenes
    step
        ``step(picture, said)`` gives, for the picture's number and the list of words so far, the probability of each
        next word as a dict, and the attention (h, w) while it is said, as
        `cnnlab.tasks.captioning_training.stepper` makes it; the word ``<end>`` ends the sentence. By default one that
        is written, not learned
    truths : the right caption of each picture
    titles : a name for each picture

    Raises
    ------
    TypeError, ValueError
        If only one of images and step is given, or a word is none of the vocabulary.

    Examples
    --------
    >>> stepper = CaptionStepper()
    >>> stepper.set(so_far="a").describe().splitlines()[0]
    'picture 0. Said so far: “a” (probability 0.90).'
    """

    picture = choice(lambda it: [(title, number) for number, title in enumerate(it._titles)])
    so_far = text(label="so far", placeholder="type words, or take them from the list", width=420)
    word = choice(lambda it: it._offered(), label="next word", disabled=lambda it: it.ended())
    take = button("take this word", icon="plus", disabled=lambda it: it.ended())
    back = button("one word back", icon="undo", disabled=lambda it: not it._said())
    greedy = button("greedy to the end", icon="fast-forward", disabled=lambda it: it.ended())
    samples = {"so_far": ("a", "")}
    listed = {"so_far": ("a", "a red", "a red square"), "word": None}

    def __init__(
        self,
        images: np.ndarray | None = None,
        step: Step | None = None,
        *,
        truths: Sequence[str] | None = None,
        titles: Sequence[str] | None = None,
    ) -> None:
        if (images is None) != (step is None):
            raise ValueError("`images` and `step` must be given together, or neither. Received: one of them")
        if step is None:
            step = WrittenCaptions()
            images, truths = step.images, step.truths if truths is None else truths
        images = check_rank(images, "images", {4: "(N, H, W, 3)"})
        if not 1 <= len(images) <= MOST:
            raise ValueError(f"`images` must hold 1 to {MOST} pictures. Received: {len(images)}")
        if truths is not None and len(truths) != len(images):
            raise ValueError(f"`truths` must have a caption for each picture, {len(images)}. Received: {len(truths)}")
        self._images = np.stack([as_bytes(image, "images") for image in images])
        self._truths, self._titles = truths, names(titles, "titles", len(images), "picture", ", one for each picture")
        self._stepped = lru_cache(maxsize=4096)(lambda picture, said: _checked(*step(picture, list(said))))
        super().__init__()

    # --- what is computed ---------------------------------------------------------------------------------------

    def _said(self) -> tuple[str, ...]:
        return tuple(self.so_far.split())

    def ended(self) -> bool:
        """Whether the sentence so far is complete."""
        return self._said()[-1:] == (_END,)

    def next_words(self, said: Sequence[str] | None = None) -> tuple[dict[str, float], np.ndarray]:
        """The probability of each next word, the largest first, and the attention (h, w)."""
        return self._stepped(self.picture, self._said() if said is None else tuple(said))

    def _offered(self) -> list[str]:
        said = self._said()
        vocabulary = self.next_words(())[0]
        for k, word in enumerate(said):
            check_choice(word, "so_far", list(vocabulary))
            if word == _END and k < len(said) - 1:
                raise ValueError(f"`so_far` must end with {_END}, if it has it. Received: {self.so_far!r}")
        if self.ended():
            return [_END]
        likely = [word for word, p in self.next_words()[0].items() if p >= _LEAST]
        return list(self.next_words()[0])[: min(max(len(likely), _FEWEST), _OFFERED)]

    def sentence(self, said: Sequence[str]) -> list[str]:
        """`said`, continued with the most probable word each time, up to ``<end>``."""
        said = list(said)
        while said[-1:] != [_END] and len(said) < _LONGEST:
            said.append(next(iter(self.next_words(said)[0])))
        return said

    def probability(self, sentence: Sequence[str]) -> float:
        """The product of the probabilities of its words."""
        return math.prod(self.next_words(sentence[:k])[0][word] for k, word in enumerate(sentence))

    def chosen(self) -> list[str]:
        """The sentence that the chosen next word leads to."""
        return self.sentence(self._said() if self.ended() else (*self._said(), self.word))

    # --- moves --------------------------------------------------------------------------------------------------

    def adjust(self, changed: str | None) -> None:
        if changed == "picture":
            self._say(())
        if changed in ("picture", "so_far"):
            self.controls["word"].value = self._offered()[0]

    def press(self, name: str) -> None:
        said = self._said()
        if name == "take":
            self._say((*said, self.word))
        elif name == "back":
            self._say(said[:-1])
        else:
            self._say(self.sentence(said))

    def _say(self, words: Sequence[str]) -> None:
        self.controls["so_far"].value = " ".join(words)
        self._follow()
        self.controls["word"].value = self._offered()[0]

    # --- in words -----------------------------------------------------------------------------------------------

    def describe(self) -> str:
        said, title = self._said(), self._titles[self.picture]
        if said:
            lines = [f"{title}. Said so far: “{self.so_far}” (probability {_part(self.probability(said))})."]
        else:
            lines = [f"{title}. Nothing has been said yet."]
        if not self.ended():
            offered = ", ".join(f"{word} {_part(self.next_words()[0][word])}" for word in self._offered())
            lines.append(f"Next word: {offered}. While it is said, {_look(self.next_words()[1])}.")
            rest = self.chosen()
            lines.append(f"With “{self.word}”: {_sentence(rest)}, probability {_part(self.probability(rest))}.")
        lines.append(self._greedy_words())
        if self._truths is not None:
            lines.append(f"True: {self._truths[self.picture]}.")
        looks = [f"{word}: {_look(self.next_words(self.chosen()[:k])[1])}" for k, word in enumerate(self.chosen())]
        return "\n".join([*lines, "Word by word, " + "; ".join(looks[:_SHOWN]) + "."])

    def _greedy_words(self) -> str:
        greedy = self.sentence(())
        return f"Greedy from the start: {_sentence(greedy)}, probability {_part(self.probability(greedy))}."

    # --- the picture --------------------------------------------------------------------------------------------

    def figure(self) -> plot.Picture:
        picture = plot.Picture(10, 5.6, alt=self.describe())
        sheet = Sheet(picture)
        self._draw_look(sheet)
        self._draw_bars(sheet)
        self._draw_sentences(sheet)
        self._draw_strip(sheet)
        return picture

    def _lit(self, attention: np.ndarray) -> np.ndarray:
        """The picture, bright where the attention is and dark elsewhere."""
        image = self._images[self.picture]
        share = np.sqrt(enlarged(attention / (attention.max() or 1.0), *image.shape[:2]))[..., None]
        return (image * (_DARKEST + (1 - _DARKEST) * share)).astype(np.uint8) & TONES

    def _draw_look(self, sheet: Sheet) -> None:
        """The picture as the decoder looks at it for the next word, the strongest places with their share."""
        image = self._images[self.picture]
        if self.ended():
            Map(sheet, image & TONES, (_LEFT, _TOP), _SIDE).title("the sentence is complete")
            return
        attention = self.next_words()[1]
        shown = Map(sheet, self._lit(attention), (_LEFT, _TOP), _SIDE)
        shown.title(f"where it looks for word {len(self._said()) + 1}")
        tall, wide = image.shape[0] / attention.shape[0], image.shape[1] / attention.shape[1]
        places = _strongest(attention)[: 3 if shown.cell * wide > _LABEL else 1]
        boxes = np.array([(c * wide, r * tall, (c + 1) * wide, (r + 1) * tall) for r, c in places])
        shown.outline(boxes, plot.ORANGE, 1.2)
        shown.tags(boxes, [f"{100 * attention[place]:.0f} %" for place in places], 7.5)
        framed = "framed: the most attention, as a part of all of it"
        sheet.stamp(framed, [(_LEFT + _SIDE / 2, _TOP + _SIDE + 0.14)], 8.5, plot.GREY)

    def _draw_bars(self, sheet: Sheet) -> None:
        if self.ended():
            sheet.write(_BARS, _TOP + 0.16, "One word back, and you can", 10, plot.GREY)
            sheet.write(_BARS, _TOP + 0.42, "choose another one.", 10, plot.GREY)
            return
        sheet.write(_BARS, _TOP - 0.2, f"what may be word {len(self._said()) + 1}", 10, bold=True)
        probabilities = self.next_words()[0]
        offered = self._offered()
        for line, word in enumerate(offered):
            y, share = _TOP + 0.16 + 0.3 * line, probabilities[word]
            taken = word == self.word
            sheet.write(_BARS, y, f"{'▶ ' if taken else '   '}{cut(word, 10)}", 10, bold=taken)
            sheet.box(_BARS + 1.15, y - 0.09, max(1.3 * share, 0.01), 0.18, "none", fill=_TAKEN if taken else _OTHER)
            sheet.write(_BARS + 1.2 + 1.3 * share, y, _part(share), 9)
        more = list(probabilities.values())[len(offered) :]
        if more:
            y = _TOP + 0.16 + 0.3 * len(offered)
            sheet.write(
                _BARS + 0.16, y, f"{counted(len(more), 'other word')}: {_part(sum(more))} together", 9, plot.GREY
            )

    def _draw_sentences(self, sheet: Sheet) -> None:
        said = self._said()
        parts = [("so far", self.so_far or "nothing yet", self.probability(said) if said else None)]
        if not self.ended():
            parts.append((f"with “{self.word}”", _sentence(self.chosen()), self.probability(self.chosen())))
        greedy = self.sentence(())
        parts.append(("greedy from the start", _sentence(greedy), self.probability(greedy)))
        if self._truths is not None:
            parts.append(("true", self._truths[self.picture], None))
        y = _TOP - 0.2
        for head, words, share in parts:
            sheet.write(_WORDS, y, head if share is None else f"{head}: probability {_part(share)}", 9, plot.GREY)
            for line in _wrapped(words):
                y += 0.24
                sheet.write(_WORDS, y, line, 10.5, bold=head == "so far")
            y += 0.36

    def _draw_strip(self, sheet: Sheet) -> None:
        """A small picture for every word: taken ones with a thick frame, those that would follow with dashes."""
        words, taken = self.chosen(), len(self._said())
        sheet.write(
            _LEFT,
            _STRIP - 0.2,
            "where it looks most, word by word: words in thick frames are said, those in dashed ones would follow",
            9,
            plot.GREY,
        )
        strongest = []
        for k, word in enumerate(words[:_SHOWN]):
            probabilities, attention = self.next_words(words[:k])
            x = _LEFT + k * _STEP
            small = Map(sheet, self._lit(attention), (x, _STRIP), _SMALL)
            window = small.window(0, 0, *self._images.shape[1:3])
            sheet.box(*window, _TAKEN if k < taken else plot.GREY, line=2.6 if k < taken else 1.2, dashed=k >= taken)
            tall, wide = (of / parts for of, parts in zip(self._images.shape[1:3], attention.shape, strict=True))
            row, column = _strongest(attention)[0]
            strongest.append(rectangle(*small.window(row * tall, column * wide, tall, wide)))
            middle = x + _SMALL / 2
            sheet.stamp(cut(word, 10), [(middle, _STRIP + _SMALL + 0.18)], 10, INK)
            sheet.stamp(_part(probabilities[word]), [(middle, _STRIP + _SMALL + 0.4)], 9, plot.GREY)
        for colour, line in (("white", 2.6), (plot.ORANGE, 1.3)):  # seen on any ground, on a black shape too
            sheet.shapes(strongest, colour, line=line)


def _checked(probabilities: object, attention: object) -> tuple[dict[str, float], np.ndarray]:
    if not isinstance(probabilities, dict) or _END not in probabilities:
        raise ValueError(
            f"`step` must give a dict from words, {_END} among them, to probabilities, and the attention. "
            f"Received: {type(probabilities).__name__}"
        )
    words = {word: float(p) for word, p in probabilities.items() if word not in (SPECIALS[PAD], SPECIALS[START])}
    attention = check_rank(attention, "step's attention", {2: "(h, w)"}).astype(float)
    return dict(sorted(words.items(), key=lambda item: -item[1])), attention


def _strongest(attention: np.ndarray) -> list[tuple[int, int]]:
    """The three places with most attention, of those with more than their even share."""
    order = np.argsort(-attention, axis=None, kind="stable")[:3]
    places = [tuple(map(int, np.unravel_index(k, attention.shape))) for k in order]
    return [place for place in places if attention[place] > 1 / attention.size] or places[:1]


def _look(attention: np.ndarray) -> str:
    row, column = _strongest(attention)[0]
    return f"most at row {row}, column {column} ({100 * attention[row, column]:.0f} %)"


def _part(probability: float) -> str:
    """A probability to two digits, and a very small one without its powers of ten."""
    if probability < _LEAST:
        return f"< {_LEAST}"
    return f"{probability:.2f}" if probability >= 0.1 else f"{probability:.2g}"


def _sentence(words: Sequence[str]) -> str:
    return " ".join(words)


def _wrapped(words: str, most: int = 34) -> list[str]:
    lines = [""]
    for word in words.split():
        if len(lines[-1]) + len(word) >= most:
            lines.append("")
        lines[-1] += f"{' ' * bool(lines[-1])}{word}"
    return lines
