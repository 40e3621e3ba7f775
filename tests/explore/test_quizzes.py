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
        ("ConvolutionStepper", dict(step=1), "sum at row 0, column 1", ["= 8", "4 8"], "8", "= 8\nOutput so far",
         dict(step=2)),
        ("PoolingExplorer", dict(row=1, column=2), "output at row 1, column 2 under max",
         ["= 9", "circled", "Output, row by row"], "9", "max(2, 5, 9, 4) = 9", dict(row=0)),
        ("ShapeExplorer", {}, "Type height × width", ["Output 2 × 4", "Dropped", "Keras", "(1, 2, 4, 1)", "1 + 1"],
         "2 × 4", "Output 2 × 4: 8 windows", dict(strides=1)),
        ("LayerMicroscope", {}, "conv1 reads 32×32×3 with a kernel of 5×5", ["products", "75"], "75",
         "All 75 products", dict(layer="strided")),
        ("ReceptiveFieldPinner", dict(layer=3), "How many rows and columns", ["Theory", "Half", "6×6"], "6 x 6",
         "Theory: 6×6", dict(layer=2)),
        ("LedgerExplorer", dict(network="LeNet-5", layer="conv2"), "reads 14×14×6, 16 filters of 5×5",
         ["2,416", "61,706", "240,000", "4%"], "2416", "= 2,416", dict(layer="pool2")),
        ("ResidualExplorer", {}, "larger or smaller", ["residual:", "times the"], "larger", "residual: layer 1",
         dict(normalization="batch")),
        ("GateViewer", dict(channel=12), "Type the word", ["gate 0.", "Most open"], "higher", "→ gate 0.",
         dict(channel=3)),
        ("ThresholdExplorer", dict(threshold=1.2), "152 of the 180 pairs of one person are accepted",
         ["rate ", "refused: false", "0.038"], "0.04", "false accept rate 265 / 6,960 = 0.038", dict(threshold=1.3)),
        ("EmbeddingMap", dict(person=2, shift_x=-0.06), "with shift −0.06. Is it accepted or refused",
         ["Squared", "Moved alone", "Nearest", "On the map"], "accepted", "at most τ", dict(shift_x=-0.05)),
        ("GradCamExplorer", {}, "Which quarter", ["%", "Heat:", "map "], "bottom left", "Heat: top left",
         dict(class_name="vertical edges")),
        ("MaskInspector", {}, "circle has 302 pixels in the truth; 260 pixels", ["IoU =", "0.83", "missed"], "0.83",
         "IoU = 255 / (255 + 5 + 47) = 0.83", dict(threshold=0.3)),
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
