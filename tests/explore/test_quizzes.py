"""An explorer that asks first keeps its answer to itself, in picture and words, until there is a guess."""

from __future__ import annotations

import pytest

from cnnlab import explore

BENCH = dict(a_x=2, a_y=2, a_w=8, a_h=6, b_x=5, b_y=4, b_w=8, b_h=6)  # 5 · 4 = 20 of 48 + 48 − 20 = 76


@pytest.mark.parametrize(
    ("name", "settings", "asks", "secrets", "guess", "shows", "move"),
    [
        ("LearningRateExplorer", dict(learning_rate=0.1, steps=2), "w = 0.6, where the slope is −4.8",
         ["1.08", "Creeping"], "1.08", "= 1.08, loss 3.6864", dict(steps=3)),
        ("DigitPad", {}, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9?", ["probability"], "7", "The model says 7", dict(turn=45)),
        ("AugmentationLab", dict(picture="a cat", flip="left-right"), "[44, 28, 70, 49] of right eye", ["106"],
         "80, 28, 106, 49", "[80, 28, 106, 49]", dict(flip="none")),
        ("FreezeSlider", dict(train=2), "How many parameters train?", ["23,3"], "23365",
         "4,608 + 18,432 + 325 = 23,365", dict(train=1)),
        ("AnswerExplorer", dict(threshold=0.9), "only from 0.90 on", ["wrong", "right"], "11",
         "11 of them wrong: right 614 / 625 = 0.982", dict(threshold=0.5)),
        ("BoxBench", BENCH, "IoU", ["IoU =", "Union ", "0.26"], "0.26", "IoU = 20 / 76 = 0.26", dict(b_x=6)),
        ("NmsStepper", dict(round=5), "How many boxes", ["24", "Round 5"], "24", "Round 5 of 24",
         dict(iou_threshold=0.8)),
        ("PrBuilder", dict(score_threshold=0.7), "18 boxes reach it", ["Precision", "TP", "✔", "AP"], "0.83",
         "Precision 15 / 18 = 0.83", dict(score_threshold=1.0)),
        ("TargetViewer", {}, "Which row", ["Row", "IoU of", "tw =", "Objectness", "kept", "lost"], "2, 4, 2",
         "Anchor 2 is responsible", dict(x=10)),
        ("DetectionExplorer", {}, "5 boxes have a score of 0.25 or more", ["leaves"], "4", "leaves 4.",
         dict(score=0.95)),
    ],
)  # fmt: skip
def test_the_answer_waits_for_a_guess(name, settings, asks, secrets, guess, shows, move):
    quiz = getattr(explore, name)(predict=True).set(**settings)
    quiz.view()
    before, hidden = quiz.png(), quiz.describe()
    assert asks in quiz.question()
    assert [secret for secret in secrets if secret in hidden] == []
    quiz.set(guess=guess)
    assert "and so it is" in quiz._asked.value
    assert shows in quiz.describe()
    assert quiz.png() != before
    assert quiz.set(**move).guess == ""
