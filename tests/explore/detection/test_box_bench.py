"""The box bench: its numbers against counted squares, the boxes that are dragged, and what it refuses."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from cnnlab import boxes, explore


@pytest.fixture(scope="module")
def bench():
    return explore.BoxBench()


def squares_of(box):
    return {(x, y) for x in range(box[0], box[2]) for y in range(box[1], box[3])}


def test_the_bench_counts_squares(bench):
    rng = np.random.default_rng(11)
    for _ in range(25):
        xa, ya, xb, yb = (int(rng.integers(0, most)) for most in (11, 7, 11, 7))
        wa, ha, wb, hb = (int(rng.integers(0, most)) for most in (11, 9, 11, 9))
        bench.set(a_x=xa, a_y=ya, a_w=wa, a_h=ha, b_x=xb, b_y=yb, b_w=wb, b_h=hb)
        a, b = squares_of((xa, ya, xa + wa, ya + ha)), squares_of((xb, yb, xb + wb, yb + hb))
        words = bench.describe()
        assert f"= {len(a & b)}. Union" in words
        assert f"= {len(a | b)}. IoU" in words
        assert bench.answer() == pytest.approx(len(a & b) / len(a | b) if a | b else 0)


def test_the_bench_says_what_is_clamped(bench):
    bench.set(a_x=0, a_y=0, a_w=4, a_h=4, b_x=6, b_y=5, b_w=3, b_h=2)
    words = bench.describe()
    assert "min(4, 9) − max(0, 6) = −2, so 0" in words
    assert "They are apart" in words
    giou = float(boxes.giou([[0, 0, 4, 4]], [[6, 5, 9, 7]])[0, 0])
    assert f"GIoU = 0.00 − 41 / 63 = −{abs(giou):.2f}." in words
    assert bench.figure().alt == words


@pytest.mark.parametrize("name", boxes.FORMATS)
def test_the_bench_writes_boxes_in_every_format(bench, name):
    bench.set(a_x=2, a_y=7 - 1, a_w=10, a_h=4, format=name)
    four = boxes.convert_format([[2, 6, 12, 10]], "xyxy", name, 14, 20)[0]
    assert f"As {name}: {', '.join(f'{value:.3g}' for value in four)}." in bench.describe()


def test_dragged_boxes_and_sliders_follow_each_other():
    pytest.importorskip("anywidget")
    quiz = explore.BoxBench(a=(2, 2, 10, 8), b=(5, 4, 13, 10), predict=True)
    quiz.view()
    assert quiz._pad.boxes == [2, 2, 8, 6, 5, 4, 8, 6]
    quiz.set(guess="0.26")
    quiz._pad.boxes = [2, 2, 8, 6, 2, 2, 8, 3]  # as the pointer does
    assert (quiz.b_x, quiz.b_y, quiz.b_h, quiz.guess) == (2, 2, 3, "")
    assert quiz.answer() == 0.5
    quiz.controls["a_w"].value = 4
    assert quiz._pad.boxes[:4] == [2, 2, 4, 6]
    quiz._pad.boxes = [99, 2, 8, 6, 2, 2, 8, 3]  # no slider goes that far
    assert quiz.a_x == 10


def test_without_anywidget_the_sliders_remain(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    bench, shown = explore.BoxBench(), []
    rows = [bench.view()]
    while rows:
        widget = rows.pop()
        shown.append(widget)
        rows += getattr(widget, "children", ())
    assert set(bench.controls.values()) <= set(shown)
    assert not [widget for widget in shown if widget.has_trait("boxes")], "a canvas without anywidget"
    assert "IoU" in bench.set(a_x=3).describe()


@pytest.mark.parametrize(
    ("box", "error"),
    [((0, 0, 11, 2), ValueError), ((0.5, 0, 2, 2), ValueError), ((3, 0, 1, 2), ValueError), ((0, 0, 1), ValueError),
     ((15, 0, 18, 2), ValueError), ("box", TypeError), ((0, 0, float("nan"), 1), ValueError)],
)  # fmt: skip
def test_the_bench_refuses(box, error):
    with pytest.raises(error, match="`b`"):
        explore.BoxBench(b=box)
