"""The explorers' base class: one state, shown as controls, picture and words; errors are seen; answers can wait."""

from __future__ import annotations

import math
import re
import sys

import ipywidgets as widgets
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from cnnlab import plot
from cnnlab.course.building.outputs import still
from cnnlab.explore import Explorer
from cnnlab.explore.base.controls import button, choice, real, text, whole


class Halver(Explorer):
    """Halves a number; refuses 13; its second control's range follows the first."""

    samples = {"label": ("half", "1/2")}

    total = whole(0, 20, start=8)
    part = whole(0, lambda it: it.total, start=2)
    label = text("half")
    more = button("one more")

    def press(self, name):
        self.controls["total"].value = self.total + 1

    def figure(self):
        picture = plot.Picture(3, 1)
        picture.text(0.1, 0.5, self.describe())
        return picture

    def describe(self):
        if self.total == 13:
            raise ValueError("`total` must not be 13. Received: 13")
        return f"{self.label} of {self.total} is {self.total / 2 if self.revealed else '?'}"

    def question(self):
        return f"What is half of {self.total}?"

    def answer(self):
        return self.total / 2


class Ruler(Halver):
    """Halves in a unit; its `adjust` fails for some values, as NMS does for a threshold that is no number."""

    share = real(0.0, 1.0, start=0.5, step=0.1)
    unit = choice(["mm", "cm"])

    def adjust(self, changed):
        if not self.share > 0:
            raise ValueError("`share` must be more than 0.")

    def describe(self):
        return f"{super().describe()} {self.unit.upper()}"


@pytest.fixture
def lenient(monkeypatch):
    monkeypatch.delenv("CNNLAB_STRICT", raising=False)


def shown(explorer: Explorer) -> str:
    return " ".join(w.value for w in explorer.view().children[:-1] if isinstance(w, widgets.HTML))  # the last: styles


def test_moving_a_control_redraws_picture_and_words():
    halver = Halver()
    before = halver.view().children[3].value
    halver.controls["total"].value = 10
    assert "10 is 5.0" in shown(halver)
    assert halver.view().children[3].value != before


@pytest.mark.parametrize("values", [{"total": 20, "part": 15}, {"part": 15, "total": 20}])
def test_set_moves_everything_at_once_and_reads_back(values):
    halver = Halver().set(**values)
    assert halver.state() == {"total": 20, "part": 15, "label": "half"}
    assert halver.total == 20


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"totl": 1}, "`totl` must be one of the controls total, part, label, share, unit. Received: 'totl'"),
        ({"total": 21}, "`total` must be from 0 to 20. Received: 21"),
        ({"total": "ten"}, "`total` must be from 0 to 20. Received: 'ten'"),
        ({"total": 4, "part": 5}, "`part` must be from 0 to 4. Received: 5"),
        ({"total": 13}, "`total` must not be 13"),
        ({"total": None}, "`total` must be from 0 to 20. Received: None"),
        ({"total": [1, [2, 3]]}, "`total` must be from 0 to 20. Received: [1, [2, 3]]"),
        ({"share": math.nan}, "`share` must be from 0.0 to 1.0. Received: nan"),
        ({"share": 1.0, "total": 20, "unit": None}, "`unit` must be one of 'mm', 'cm'. Received: None"),
        ({"unit": np.array([1, 2])}, "`unit` must be one of 'mm', 'cm'. Received: array([1, 2])"),
        ({"label": None}, "`label` must be a value of type str. Received: None"),
        ({"total": 20, "part": 20, "share": 0.0}, "`share` must be more than 0"),
    ],
)
def test_a_refused_set_moves_nothing(values, says):
    halver = Ruler().set(total=9, part=7)
    halver.view()
    before = halver.state(), halver.controls["part"].max, shown(halver)
    with pytest.raises(ValueError, match=re.escape(says)):
        halver.set(**values)
    assert (halver.state(), halver.controls["part"].max, shown(halver)) == before


@pytest.mark.parametrize(
    ("start", "error", "says"),
    [
        ({"total": 21}, ValueError, "`total` must be a whole number from 0 to 20. Received: 21"),
        ({"total": 1.5}, TypeError, "`total` must be a whole number from 0 to 20. Received: 1.5"),
        ({"total": 3, "part": 4}, ValueError, "`part` must be a whole number from 0 to 3. Received: 4"),
        ({"unit": "km"}, ValueError, "`unit` must be one of 'mm', 'cm'. Received: 'km'"),
        ({"totl": 3}, TypeError, "Ruler has no control 'totl' to start"),
    ],
)
def test_a_start_is_checked_by_the_limits_of_its_control(start, error, says):
    with pytest.raises(error, match=re.escape(says)):
        Ruler(**start)
    assert Ruler(total=5, part=5, unit="cm", label=None).state() == {
        "total": 5, "part": 5, "label": "half", "share": 0.5, "unit": "cm",
    }  # fmt: skip


class Shelf(Halver):
    """Its list follows the number; its switch is left out."""

    total = whole(1, 3, start=3)
    part = whole(1, lambda it: it.total)
    book = choice(lambda it: [f"book {n}" for n in range(it.total)], start=lambda it: f"book {it.total - 1}")
    page = choice(lambda it: range(it.total), start=0)
    more = button("one more", disabled=lambda it: it.total == 3)

    def declared(self):
        return {name: control for name, control in super().declared().items() if name != "label"}

    def describe(self):
        return f"{self.book} of {self.total}"


def test_ends_options_and_what_is_open_follow_the_state():
    shelf = Shelf()
    assert list(shelf.controls) == ["total", "part", "more", "book", "page"]
    assert (shelf.describe(), shelf.controls["more"].disabled) == ("book 2 of 3", True)
    shelf.set(page=2).set(total=2)
    assert (shelf.describe(), shelf.controls["more"].disabled) == ("book 1 of 2", False)  # book 2 is gone
    assert shelf.page == 0
    shelf.set(book="book 0").set(total=1)
    assert shelf.describe() == "book 0 of 1"
    assert shelf.controls["part"].disabled, "a slider with one place"
    with pytest.raises(AttributeError, match="'Shelf' object has no attribute 'label'"):
        shelf.label  # noqa: B018


def test_an_error_in_a_callback_is_seen_and_goes_away(lenient):
    halver = Halver()
    picture = halver.view().children[3].value
    halver.controls["total"].value = 13
    assert 'role="alert"' in shown(halver)
    assert "`total` must not be 13" in shown(halver)
    assert halver.view().children[3].value == picture
    halver.controls["total"].value = 12
    assert 'role="alert"' not in shown(halver)


def test_an_error_in_a_callback_is_raised_in_batch():
    halver = Halver()
    halver.view()
    with pytest.raises(ValueError, match="must not be 13"):
        halver.controls["total"].value = 13
    assert 'role="alert"' in shown(halver)


def test_an_error_cannot_inject_markup(lenient):
    class Loud(Halver):
        def describe(self):
            if self.label != "half":
                raise ValueError(self.label)
            return super().describe()

    loud = Loud()
    loud.view()
    loud.controls["label"].value = "<script>"
    assert "<script>" not in shown(loud)
    assert "&lt;script&gt;" in shown(loud)


def test_a_button_does_its_work():
    halver = Halver()
    halver.controls["more"].click()
    assert halver.total == 9


class TestPredictFirst:
    def test_the_answer_waits_for_a_guess(self):
        halver = Halver(predict=True)
        assert "Predict first. What is half of 8?" in shown(halver)
        assert halver.describe() == "half of 8 is ?"
        halver.controls["guess"].value = "5"
        assert 'cnnlab-wrong" style="max-width:240px">✘ You said 5; it is 4.' in shown(halver)
        halver.controls["guess"].value = "4"
        assert 'cnnlab-right" style="max-width:240px">✔ You said 4, and so it is.' in shown(halver)
        assert halver.describe() == "half of 8 is 4.0"

    def test_the_next_question_hides_the_answer_again(self):
        halver = Halver(predict=True).set(guess="4")
        halver.controls["total"].value = 6
        assert halver.guess == ""
        assert not halver.revealed

    def test_an_explorer_without_a_question_refuses(self):
        class Mute(Halver):
            question = Explorer.question

        with pytest.raises(ValueError, match="Mute has no question to ask"):
            Mute(predict=True)

    def test_a_move_that_changes_neither_question_nor_answer_hides_nothing(self):
        halver = Halver(predict=True).set(guess="4")
        halver.controls["part"].value = 5
        halver.set(label="1/2")
        assert halver.guess == "4"
        assert halver.describe() == "1/2 of 8 is 4.0"
        halver.set(total=10)
        assert halver.guess == ""

    def test_a_button_asks_again_when_it_changes_the_answer(self):
        halver = Halver(predict=True).set(guess="4")
        halver.controls["more"].click()
        assert halver.guess == ""

    def test_the_same_guess_to_another_question_is_judged_anew(self):
        halver = Halver(predict=True).set(guess="4")
        halver.set(total=10, guess="4")
        assert "✘ You said 4; it is 5." in shown(halver)

    def test_a_guess_that_cannot_be_read_is_not_judged(self):
        halver = Halver(predict=True).set(guess="a few")
        assert not halver.revealed
        assert "○ “a few” cannot be read. Type a number. What is half of 8?" in shown(halver)
        assert "4" not in halver.describe()

    def test_the_answer_shown_is_exact(self):
        class Large(Halver):
            def answer(self):
                return 102_764_544

        assert "it is 102,764,544." in shown(Large(predict=True).set(guess="1e8"))

    def test_a_refused_set_keeps_the_guess(self):
        halver = Halver(predict=True).set(guess="4")
        with pytest.raises(ValueError, match="must not be 13"):
            halver.set(total=13)
        assert halver.state() == {"total": 8, "part": 2, "label": "half", "guess": "4"}
        assert halver.describe() == "half of 8 is 4.0"


def test_a_notebook_gets_widget_picture_and_words_in_one_bundle():
    InteractiveShell.instance()
    with capture_output() as captured:
        Halver(predict=True)._ipython_display_()
    (output,) = captured.outputs
    assert set(output.data) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert output.data["text/plain"] == "Predict first. What is half of 8?\nhalf of 8 is ?"
    words = output.data["text/plain"]
    twin = output.data["text/html"]
    assert twin.startswith(f'<div class="cnnlab-twin"><img alt="{words}" width="240" height="80" ')
    assert f">{words}</div>" in twin
    assert "▶ Run this cell for the controls." in twin


@pytest.mark.parametrize("elsewhere", [False, True])
def test_jupyterlab_gets_a_twin_that_the_living_view_hides(monkeypatch, elsewhere):
    monkeypatch.setenv("JPY_SESSION_NAME", "page.ipynb")
    if elsewhere:
        monkeypatch.setitem(sys.modules, "google.colab", sys)
    InteractiveShell.instance()
    halver = Halver()
    with capture_output() as captured:
        halver._ipython_display_()
    kinds = [set(output.data) for output in captured.outputs]
    view, words = "application/vnd.jupyter.widget-view+json", {"text/html", "text/plain"}
    assert kinds == ([words | {view}] if elsewhere else [words, {view, "text/plain"}])
    twin = captured.outputs[0].data["text/html"]
    assert twin.startswith("<div" if elsewhere else "<style>")
    assert captured.outputs[-1].data["text/plain"] == ("half of 8 is 4.0" if elsewhere else "")
    assert "cnnlab-live" in halver.view()._dom_classes
    # A committed notebook keeps one output: picture and words, and no view of a kernel that is gone.
    saved = [{"output_type": "display_data", "data": dict(output.data)} for output in captured.outputs]
    assert [set(output["data"]) for output in still(saved)] == [words]


def test_the_living_picture_has_its_words_and_quotes_in_them_do_no_harm():
    halver = Halver().set(label='"half" <b>')
    picture = halver.view().children[3].value
    assert 'alt="&quot;half&quot; &lt;b&gt; of 8 is 4.0" ' in picture
    assert picture.count("<") == 1


def test_labels_are_not_cut():
    assert Halver().controls["total"].style.description_width == "initial"
