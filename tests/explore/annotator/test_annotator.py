"""The annotator from code, and through its controls as the browser moves them, with a canvas and without."""

from __future__ import annotations

import importlib.util
import io
import re

import ipywidgets as widgets
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image

from cnnlab.detection.detections import GroundTruth
from cnnlab.explore import Annotator
from cnnlab.explore.annotator import panel

NAMES = ("screw", "nut", "washer")
BOX = (80, 45, 120, 55)
needs_anywidget = pytest.mark.skipif(importlib.util.find_spec("anywidget") is None, reason="anywidget is not installed")


@pytest.fixture
def folder(tmp_path):
    for name in ("a.jpg", "b.jpg"):
        Image.new("RGB", (200, 100), "grey").save(tmp_path / name)
    return tmp_path


@pytest.fixture(params=[pytest.param(True, marks=needs_anywidget), False], ids=["canvas", "no canvas"])
def annotator(request, folder, monkeypatch):
    if not request.param:
        monkeypatch.setattr(panel, "surface", lambda asked: None)
    return Annotator(folder, NAMES)


def controls(annotator):
    """The controls by the words that stand on them."""
    found, waiting = {}, [annotator.view()]
    for widget in waiting:
        waiting.extend(getattr(widget, "children", ()))
        if widget.has_trait("description") and not isinstance(widget, widgets.HTML):
            found[widget.description] = widget
    return found


def pages(annotator):
    """All that is written as HTML."""
    found, waiting = [], [annotator.view()]
    for widget in waiting:
        waiting.extend(getattr(widget, "children", ()))
        if isinstance(widget, widgets.HTML):
            found.append(widget.value)
    return "\n".join(found)


class TestFromCode:
    def test_boxes_are_added_changed_and_removed_by_the_numbers_shown(self, folder):
        annotator = Annotator(folder, NAMES).add(BOX, "nut").add((0, 0, 10, 20.5), 2)
        truth = annotator.boxes()
        assert isinstance(truth, GroundTruth)
        assert (truth.boxes.tolist(), truth.labels.tolist()) == ([[80, 45, 120, 55], [0, 0, 10, 20.5]], [1, 2])
        annotator.change(1, label="screw").change(2, (1, 2, 3, 4)).remove(1)
        assert annotator.boxes().boxes.tolist() == [[1, 2, 3, 4]]
        assert annotator.boxes().labels.tolist() == [2]
        assert annotator.go(2).boxes("a.jpg").labels.tolist() == [2]

    def test_the_next_box_has_the_class_of_the_last(self, folder):
        annotator = Annotator(folder, NAMES).add(BOX, "nut").new_box()
        # 200 × 100: a quarter is 50 × 25, in the middle from 75 and 37
        assert annotator.boxes().boxes[1].tolist() == [75, 37, 125, 62]
        assert annotator.choose(0).boxes().labels.tolist() == [1, 0]
        assert annotator.new_box().boxes().labels.tolist() == [1, 0, 0]
        assert annotator.remove(3).select(0).choose("washer").new_box().boxes().labels.tolist() == [1, 0, 2]

    def test_words_have_every_number(self, folder):
        annotator = Annotator(folder, NAMES)
        assert annotator.describe().splitlines() == [
            "Picture 1 of 2: a.jpg, 200 × 100 pixels. 0 of 2 pictures labelled.", "It is not labelled yet.",
        ]  # fmt: skip
        assert annotator.add(BOX, 1).said == "Box 1 is new: nut, x from 80 to 120, y from 45 to 55."
        assert annotator.describe().splitlines()[1:] == ["1 nut: x from 80 to 120, y from 45 to 55."]
        assert annotator.figure().alt == annotator.describe()

    def test_next_unlabelled_goes_round(self, folder):
        annotator = Annotator(folder, NAMES).step(1)
        assert annotator.step(1).said == "This is the last picture."
        assert annotator.next_unlabelled().file == "a.jpg"
        assert annotator.nothing_here().next_unlabelled().file == "b.jpg"
        assert annotator.next_unlabelled().said == "No other picture is without labels."

    @pytest.mark.parametrize(
        ("act", "says"),
        [
            (lambda it: it.add((0, 0, 201, 10)), "`box` must be x1 < x2 within 0 and 200, y1 < y2 within 0 and 100."),
            (lambda it: it.add((5, 5, 5, 10)), "`box` must be x1 < x2"),
            (lambda it: it.add((-1, 5, 5, 10)), "`box` must be x1 < x2"),
            (lambda it: it.add((0, 0, np.nan, 10)), "`box`"),
            (lambda it: it.add((0, 0, 10)), "`box`"),
            (lambda it: it.add(BOX, "bolt"), "`label` must be one of screw, nut, washer. Received: 'bolt'"),
            (lambda it: it.add(BOX, 3), "`label` must be a whole number from 0 to 2. Received: 3"),
            (lambda it: it.remove(1), "`number` must be that of a box, and the picture has none. Received: 1"),
            (lambda it: it.add(BOX).change(2, BOX), "`number` must be a whole number from 1 to 1. Received: 2"),
            (lambda it: it.select(1), "`number` must be"),
            (lambda it: it.go(3), "`to` must be a whole number from 1 to 2. Received: 3"),
            (lambda it: it.go("c.jpg"), "`file` must be one of the pictures, such as 'a.jpg'. Received: 'c.jpg'"),
        ],
    )
    def test_what_cannot_be_done_is_refused_by_its_rule(self, folder, act, says):
        with pytest.raises(ValueError, match=re.escape(says)):
            act(Annotator(folder, NAMES))
        assert len(Annotator(folder, NAMES).boxes()) <= 1


def test_a_box_is_drawn_in_the_figure_with_its_colour_and_number(folder):
    annotator = Annotator(folder, NAMES)
    before = np.asarray(Image.open(io.BytesIO(annotator.figure().png())))
    after = np.asarray(Image.open(io.BytesIO(annotator.add(BOX, "nut").figure().png())))
    assert after.shape[:2] == (560, 1120), "280 × 560 on the screen, at twice the pixels"
    changed = np.argwhere((before != after).any(axis=-1))
    low, high = changed.min(axis=0), changed.max(axis=0)
    # 1120 / 200 = 5.6 pixels each: from (252, 448) to (308, 672), and a few for the line
    assert np.abs(low - (252, 448)).max() < 8
    assert np.abs(high - (308, 672)).max() < 8


def test_the_selected_box_stands_out_in_the_figure(folder):
    annotator = Annotator(folder, NAMES).add(BOX)
    chosen, plain = annotator.figure().png(), annotator.select(0).figure().png()
    dark = [(np.asarray(Image.open(io.BytesIO(png)).convert("L")) < 110).sum() for png in (chosen, plain)]
    assert dark[0] > 1.5 * dark[1], "its line is twice as wide"


class TestByTheControls:
    def test_a_box_is_made_typed_classed_and_deleted(self, annotator, folder):
        shown = controls(annotator)
        assert all(shown[side].disabled for side in ("x1 (left)", "y1 (top)", "width", "height", "delete box"))
        shown["new box"].click()
        assert shown["box"].options == (("none", 0), ("1 screw", 1))
        assert [shown[side].value for side in ("x1 (left)", "y1 (top)", "width", "height")] == [75, 37, 50, 25]
        for side, value in (("x1 (left)", 80), ("y1 (top)", 45), ("width", 40), ("height", 10)):
            shown[side].value = value
        shown["class"].value = 1
        assert (folder / "a.txt").read_text() == "1 0.500000 0.500000 0.200000 0.100000\n"
        assert shown["box"].options[1] == ("1 nut", 1)
        shown["delete box"].click()
        assert not (folder / "a.txt").exists()
        assert shown["box"].value == 0
        shown["undo"].click()
        assert (folder / "a.txt").read_text() == "1 0.500000 0.500000 0.200000 0.100000\n"

    def test_from_picture_to_picture(self, annotator):
        shown = controls(annotator)
        shown["next"].click()
        assert (annotator.file, shown["picture"].value) == ("b.jpg", 2)
        shown["picture"].value = 1
        assert annotator.file == "a.jpg"
        shown["nothing here"].click()
        assert shown["nothing here"].disabled
        shown["next unlabelled"].click()
        assert annotator.file == "b.jpg"
        shown["previous"].click()
        assert annotator.file == "a.jpg"

    def test_a_class_is_added(self, annotator):
        shown = controls(annotator)
        shown["new class"].value = "bolt"
        shown["add class"].click()
        assert shown["class"].options[-1] == ("bolt", 3)
        assert shown["new class"].value == ""

    def test_selecting_shows_the_numbers_and_the_class(self, annotator):
        shown = controls(annotator)
        annotator.add(BOX, "washer").add((0, 0, 10, 20), "nut")
        shown["box"].value = 1
        assert (shown["x1 (left)"].value, shown["height"].value, shown["class"].value) == (80, 10, 2)
        shown["box"].value = 0
        shown["class"].value = 0
        assert annotator.boxes().labels.tolist() == [2, 1], "the class of the next box"

    def test_a_typed_number_leaves_the_others_exact(self, annotator, folder):
        (folder / "b.txt").write_text("0 0.333333 0.333333 0.2 0.1\n")
        shown = controls(annotator.go("b.jpg").select(1))
        _, y1, _, y2 = annotator.boxes().boxes[0]
        assert (shown["y1 (top)"].value, y1) == (28.333, 28.3333)
        shown["x1 (left)"].value = 20
        assert annotator.boxes().boxes[0, [0, 1, 3]].tolist() == [20, y1, y2]

    def test_a_refusal_is_said_as_an_alert_and_the_fields_go_back(self, annotator):
        shown = controls(annotator)
        annotator.add(BOX, "nut")
        shown["x1 (left)"].value = 190
        assert 'role="alert"' in pages(annotator)
        assert "within 0 and 200" in pages(annotator)
        assert shown["x1 (left)"].value == 80
        shown["x1 (left)"].value = 100
        assert 'role="alert"' not in pages(annotator)

    def test_another_programs_change_is_said(self, annotator, folder):
        shown = controls(annotator)
        annotator.add(BOX, "nut")
        (folder / "a.txt").write_text("0 0.5 0.5 0.5 0.5\n")
        shown["delete box"].click()
        assert "a.txt was changed by something else since it was read" in pages(annotator)
        assert shown["box"].options == (("none", 0), ("1 screw", 1))

    def test_what_is_no_refusal_is_shown_and_raised_in_tests(self, annotator, monkeypatch):
        def broken(label):
            raise RuntimeError("<script>")

        shown = controls(annotator)
        monkeypatch.setattr(annotator, "choose", broken)
        with pytest.raises(RuntimeError):
            shown["class"].value = 1
        assert "RuntimeError: &lt;script&gt;" in pages(annotator)

    def test_names_from_files_are_no_markup(self, folder, monkeypatch):
        monkeypatch.setattr(panel, "surface", lambda asked: None)
        (folder / "a.jpg").rename(folder / "<b>.jpg")
        annotator = Annotator(folder, ["<i>"]).go("<b>.jpg").new_box()
        assert "<b>.jpg" not in pages(annotator)
        assert "<i>" not in pages(annotator)

    def test_every_control_has_a_name(self, annotator):
        assert "" not in controls(annotator)


def test_without_a_canvas_the_picture_and_its_words_are_there(folder, monkeypatch):
    monkeypatch.setattr(panel, "surface", lambda asked: None)
    annotator = Annotator(folder, NAMES).add(BOX, "nut")
    page = pages(annotator)
    assert 'alt="Picture 1 of 2: a.jpg' in page
    assert "1 nut: x from 80 to 120, y from 45 to 55." in page
    assert '<div role="status"><b>Box 1 is new' in page
    assert "python -m pip install anywidget" in page


@needs_anywidget
class TestTheCanvas:
    """The messages that `surface.js` sends, and the page it is given."""

    @pytest.fixture
    def canvas(self, folder):
        self.annotator = Annotator(folder, NAMES)
        self.annotator.view()
        return self.annotator._panel._canvas

    def ask(self, canvas, **wish):
        canvas._handle_custom_msg({"picture": self.annotator.file, "edit": canvas.page["edit"] + 1, **wish}, [])

    def test_what_is_done_on_it_is_saved_and_answered(self, canvas, folder):
        assert canvas.picture[:4] == b"\x89PNG"
        assert (canvas.page["size"], canvas.page["shown"]) == ((100, 200), (280, 560))
        self.ask(canvas, do="add", box=[80, 45, 120, 55])
        self.ask(canvas, do="class", label=1)
        assert (folder / "a.txt").read_text() == "1 0.500000 0.500000 0.200000 0.100000\n"
        self.ask(canvas, do="change", number=1, box=[0, 0, 20, 20])
        assert (canvas.page["boxes"], canvas.page["labels"]) == ([[0, 0, 20, 20]], [1])
        assert (canvas.page["selected"], canvas.page["edit"]) == (1, 3)
        self.ask(canvas, do="select", number=0)
        self.ask(canvas, do="next")
        assert (canvas.page["picture"], canvas.page["boxes"]) == ("b.jpg", [])
        for wish in ("new", "delete", "empty", "undo", "undo", "previous"):
            self.ask(canvas, do=wish)
        assert canvas.page["said"] == "Picture 1 of 2, a.jpg: 1 box."

    def test_what_comes_late_for_another_picture_is_not_done(self, canvas):
        self.ask(canvas, do="add", box=[80, 45, 120, 55], picture="b.jpg")
        assert len(self.annotator.boxes()) == 0
        assert canvas.page["edit"] == 1, "answered, so that the canvas shows what is there"

    def test_a_refused_box_disappears_again(self, canvas):
        self.ask(canvas, do="add", box=[80, 45, 320, 55])
        assert (canvas.page["boxes"], canvas.page["edit"]) == ([], 1)
        assert 'role="alert"' in pages(self.annotator)

    def test_large_photographs_are_sent_small(self, folder):
        Image.effect_noise((3000, 2000), 50).save(folder / "a.jpg")
        canvas = (annotator := Annotator(folder, NAMES)).view() and annotator._panel._canvas
        assert canvas.page["shown"] == (373, 560)  # 560 · 2/3
        assert canvas.picture[:2] == b"\xff\xd8"
        assert max(annotator.pixels.size) == 1120


def test_in_a_notebook_without_a_browser_it_is_a_picture_with_its_words(folder):
    annotator = Annotator(folder, NAMES).add(BOX, "nut")
    InteractiveShell.instance()
    with capture_output() as shown:
        annotator._ipython_display_()
    data = shown.outputs[0].data
    assert data["text/plain"] == annotator.describe()
    assert 'alt="Picture 1 of 2: a.jpg, 200 × 100 pixels. 1 of 2 pictures labelled.\n1 nut' in data["text/html"]
