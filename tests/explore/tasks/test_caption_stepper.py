"""The caption stepper: its products, its moves, what follows another word, and what it refuses."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from cnnlab import explore
from cnnlab.explore.tasks.written_captions import WrittenCaptions
from cnnlab.tasks import captioning

# After each sentence so far: the probability of the next words. Greedy takes "red", and "blue square" is better.
TABLE = {
    (): {"red": 0.5, "blue": 0.4, "<end>": 0.1},
    ("red",): {"circle": 0.4, "square": 0.35, "<end>": 0.25},
    ("blue",): {"square": 0.9, "circle": 0.1, "<end>": 0.0},
}


def step(picture, said):
    attention = np.full((2, 3), 0.1)
    attention[1, picture] = 0.5
    words = dict.fromkeys(("<pad>", "<start>", "red", "blue", "circle", "square", "<end>"), 0.0)
    return {**words, **TABLE.get(tuple(said), {"<end>": 1.0})}, attention


@pytest.fixture
def stepper():
    return explore.CaptionStepper(np.zeros((2, 8, 12, 3)), step, truths=["red circle", "blue square"])


def test_what_is_said_and_how_probable_it_is(stepper):
    assert stepper.describe().splitlines()[:5] == [
        "picture 0. Nothing has been said yet.",
        "Next word: red 0.50, blue 0.40, <end> 0.10. While it is said, most at row 1, column 0 (50 %).",
        "With “red”: red circle <end>, probability 0.20.",  # 0.5 · 0.4 · 1
        "Greedy from the start: red circle <end>, probability 0.20.",
        "True: red circle.",
    ]
    assert "With “blue”: blue square <end>, probability 0.36." in stepper.set(word="blue").describe()  # 0.4 · 0.9 · 1
    assert "Said so far: “red square” (probability 0.17)" in stepper.set(so_far="red square").describe()  # 0.5 · 0.35


def test_small_probabilities_keep_two_digits_and_tiny_ones_no_powers_of_ten(stepper):
    table = {"la": 0.95, "li": 0.0456, "<end>": 0.0000321}
    tiny = explore.CaptionStepper(np.zeros((1, 8, 8, 3)), lambda p, s: (table, np.ones((2, 2)) / 4))
    assert "Next word: la 0.95, li 0.046, <end> < 0.001." in tiny.describe()


def test_buttons_take_words_and_give_them_back(stepper):
    stepper.view()
    stepper.set(word="blue")
    stepper.controls["take"].click()
    assert (stepper.so_far, stepper.word) == ("blue", "square"), "the most probable word is offered first"
    stepper.controls["greedy"].click()
    assert stepper.so_far == "blue square <end>"
    assert stepper.ended()
    assert [stepper.controls[name].disabled for name in ("word", "take", "greedy", "back")] == [True, True, True, False]
    assert "Next word" not in stepper.describe()
    stepper.controls["back"].click()
    stepper.controls["back"].click()
    assert stepper.so_far == "blue"
    assert not stepper.controls["take"].disabled


def test_another_picture_begins_anew(stepper):
    stepper.set(so_far="blue square <end>")
    assert stepper.set(picture=1).so_far == ""
    assert "most at row 1, column 1" in stepper.describe()
    assert stepper.set(picture=0, so_far="red", word="square").state() == {
        "picture": 0, "so_far": "red", "word": "square"}  # fmt: skip


def test_specials_are_no_words_to_choose(stepper):
    assert set(stepper.next_words()[0]) == {"red", "blue", "circle", "square", "<end>"}


@pytest.mark.parametrize(
    ("words", "says"),
    [("rad", "`so_far` must be one of 'red'"), ("red <end> red", "`so_far` must end with <end>, if it has it")],
)
def test_words_nobody_knows_are_refused(stepper, words, says):
    stepper.set(so_far="red")
    with pytest.raises(ValueError, match=re.escape(says)):
        stepper.set(so_far=words)
    assert stepper.so_far == "red"


def test_a_decoder_that_never_ends_is_stopped():
    endless = explore.CaptionStepper(
        np.zeros((1, 8, 8, 3)), lambda p, s: ({"la": 1.0, "<end>": 0.0}, np.ones((2, 2)) / 4)
    )
    endless.controls["greedy"].click()
    assert endless.so_far.split() == ["la"] * 14
    assert endless.png().startswith(b"\x89PNG")


def test_the_step_is_asked_once_for_each_sentence():
    asked = []

    def counting(picture, said):
        asked.append((picture, *said))
        return step(picture, said)

    stepper = explore.CaptionStepper(np.zeros((1, 8, 12, 3)), counting)
    stepper.set(word="blue").png()
    stepper.describe()
    assert len(asked) == len(set(asked))


# --- the captioner that nobody trained --------------------------------------------------------------------------------


def test_probabilities_and_attention_add_up_to_one():
    written = WrittenCaptions()
    for picture, truth in enumerate(written.truths):
        words = truth.split()
        for k in range(len(words) + 1):
            probabilities, attention = written(picture, words[:k])
            assert math.isclose(sum(probabilities.values()), 1)
            assert attention.shape == (6, 6)
            assert math.isclose(attention.sum(), 1)


def test_what_it_says_is_true_and_one_picture_shows_what_greedy_misses():
    stepper = explore.CaptionStepper()
    for picture, truth in enumerate(WrittenCaptions().truths):
        said = stepper.set(picture=picture).sentence(())
        assert captioning.is_true(truth, " ".join(said[:-1]))
    stepper.set(picture=1, word="an")
    assert stepper.probability(stepper.chosen()) > 2 * stepper.probability(stepper.sentence(()))


def test_it_looks_at_the_shape_it_speaks_of():
    written = WrittenCaptions()
    for picture, truth in enumerate(written.truths):
        scene = written._scenes[picture]
        order = np.argsort(scene.boxes[:, 0] + scene.boxes[:, 2])
        share = scene.masks[order].reshape(2, 6, 8, 6, 8).mean(axis=(2, 4))
        words = truth.split()
        for thing, colour in ((0, words[1]), (1, words[-2])):
            _, attention = written(picture, words[: words.index(colour, 4 * thing) + 1])
            assert share[thing][np.unravel_index(attention.argmax(), (6, 6))] > 0.2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (dict(step=step), "`images` and `step` must be given together"),
        (dict(images=np.zeros((0, 8, 8, 3)), step=step), "must hold 1 to 200 pictures. Received: 0"),
        (dict(images=np.zeros((1, 8, 8, 3)), step=step, truths=["a", "b"]), "each picture, 1. Received: 2"),
        (dict(images=np.zeros((1, 8, 8, 3)), step=lambda p, s: ([0.5, 0.5], np.ones((2, 2)))), "Received: list"),
        (dict(images=np.zeros((1, 8, 8, 3)), step=lambda p, s: ({"a": 1.0}, np.ones((2, 2)))), "<end> among them"),
        (dict(images=np.zeros((1, 8, 8, 3)), step=lambda p, s: ({"<end>": 1.0}, np.ones(4))), "shape (h, w)"),
    ],
)  # fmt: skip
def test_the_caption_stepper_refuses(arguments, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        explore.CaptionStepper(**arguments)
