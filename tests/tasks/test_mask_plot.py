"""Label maps as pictures."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlab.tasks import mask_plot, segmentation


def test_every_class_has_a_colour_of_its_own():
    for names, colours in (
        (segmentation.SHAPES, mask_plot.PAINT_SHAPES),
        (segmentation.COLOURS, mask_plot.PAINT_COLOURS),
    ):
        assert len(names) == len(colours) == len(np.unique(colours, axis=0))
        painted = mask_plot.paint(np.arange(len(names))[None], colours)
        assert np.array_equal(painted[0], colours)


def test_a_panel_for_each_picture_and_a_name_for_each_class():
    labels = np.arange(4).reshape(2, 2)
    pictures = {"picture": np.zeros((2, 2, 3)), "map": labels, "another": labels[::-1]}
    figure = mask_plot.panels(pictures, alt="Two maps.", columns=2)
    shown = [ax for ax in figure.axes if ax.images]
    assert [ax.get_title() for ax in shown] == list(pictures)
    assert np.array_equal(shown[1].images[0].get_array(), mask_plot.PAINT_SHAPES[labels])
    assert [text.get_text() for text in figure.legends[0].texts] == list(segmentation.SHAPES)
    assert figure.alt == "Two maps."


@pytest.mark.parametrize("labels", [[[0, 4]], [[-1, 0]], [[0.0, 1.0]]])
def test_what_has_no_colour_is_refused(labels):
    with pytest.raises(ValueError, match="whole numbers from 0 to 3"):
        mask_plot.paint(np.array(labels))
