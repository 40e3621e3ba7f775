"""Every control of every explorer is moved; the picture, the words and the widget must follow."""

from __future__ import annotations

import math

import ipywidgets as widgets
import pytest

from cnnlab import explore
from cnnlab.explore.base.moving import states_of

EXPLORERS = [name for name in explore.__all__ if name not in ("Annotator", "Explorer")]


@pytest.fixture(scope="module")
def built() -> dict[str, explore.Explorer]:
    return {}


@pytest.fixture
def explorer(request, built):
    if request.param not in built:
        built[request.param] = getattr(explore, request.param)()
    return built[request.param]


def values_of(explorer: explore.Explorer, name: str) -> list[object]:
    control = explorer.controls[name]
    if name in explorer.samples:
        return list(explorer.samples[name])
    if isinstance(control, (widgets.Checkbox, widgets.ToggleButton)):
        return [True, False]
    if isinstance(control, widgets.SelectionSlider):  # as of every slider: its ends and its middle
        return [control.options[0], control.options[len(control.options) // 2], control.options[-1]]
    if control.has_trait("options"):
        return [option[1] if isinstance(option, tuple) else option for option in control.options]
    if control.has_trait("min"):
        middle = control.min + (control.max - control.min) / 2
        return [control.min, type(control.value)(middle), control.max]
    return [control.value]


@pytest.mark.parametrize("explorer", EXPLORERS, indirect=True)
def test_every_control_can_be_moved(explorer):
    start = explorer.state()
    explorer.view()
    for name, control in explorer.controls.items():
        if isinstance(control, widgets.Button):
            control.click()
            assert explorer.describe().strip()
            continue
        for value in values_of(explorer, name):
            control.value = value  # as the browser does: the callback redraws, and raises if it fails
            assert 'src="data:image/png;base64,' in explorer._image.value
            assert explorer._drawn[1].strip()
        if name in start and start[name] in values_of(explorer, name):
            control.value = start[name]


@pytest.mark.parametrize("explorer", EXPLORERS, indirect=True)
def test_free_text_controls_are_swept_with_samples(explorer):
    texts = [
        n for n, c in explorer.controls.items() if isinstance(c, (widgets.Text, widgets.Textarea)) and n != "guess"
    ]
    assert set(texts) <= set(explorer.samples)
    assert set(explorer.samples) <= set(explorer.controls)


@pytest.mark.parametrize("explorer", EXPLORERS, indirect=True)
def test_every_control_has_a_label(explorer):
    for name, control in explorer.controls.items():
        assert control.description.strip() or isinstance(control, widgets.Play), name


@pytest.mark.parametrize("explorer", EXPLORERS, indirect=True)
def test_the_picture_carries_its_words(explorer):
    assert explorer.figure().get_size_inches()[0] <= 10.5, "wider than a notebook"
    assert len(explorer.describe()) > 40


@pytest.mark.parametrize("explorer", EXPLORERS, indirect=True)
def test_unknown_controls_and_values_are_refused(explorer):
    before = explorer.state()
    with pytest.raises(ValueError, match=r"`sise` must be one of the controls .* Received: 'sise'"):
        explorer.set(sise=3)
    assert explorer.state() == before
    for name in before:
        for nothing in (None, math.nan, object):
            with pytest.raises(ValueError, match=rf"^`{name}` must be .* Received: "):
                explorer.set(**{name: nothing})
            assert explorer.state() == before


def test_a_refused_pair_is_undone():
    stepper = explore.NmsStepper()
    before = stepper.state(), stepper.describe()
    with pytest.raises(ValueError, match=r"`iou_threshold` must be from 0.0 to 1.0. Received: nan"):
        stepper.set(score_threshold=0.4, iou_threshold=math.nan)
    assert (stepper.state(), stepper.describe()) == before


@pytest.mark.parametrize("explorer", EXPLORERS, indirect=True)
def test_every_value_that_a_page_without_a_kernel_lists_can_be_taken(explorer):
    axes, states = states_of(explorer)
    assert 2 <= len(states) <= 200
    for number, axis in enumerate(axes):
        assert set(axis.given or ()) <= {state[number] for state in states}, axis.name
