"""An explorer exported as one element: which states it has, that picture and words belong to each, what is refused."""

from __future__ import annotations

import base64
import html
import io
import json
import os
import re

import numpy as np
import pytest
from PIL import Image

from cnnlab import explore, plot
from cnnlab.explore.base import moving
from cnnlab.explore.base.controls import button, choice, real, switch, text, whole
from cnnlab.explore.base.explorer import Explorer


class Rectangle(Explorer):
    """A rectangle within a half perimeter of 4."""

    height = whole(1, 3, start=2)
    width = whole(1, lambda it: 4 - it.height)
    share = real(0.0, 1.0, 0.1 + 0.2, 0.1, label="share < all", readout_format=".1f")
    unit = choice([("centimetres", "cm"), ("metres", "m")], show="buttons")
    filled = switch(False, "filled")
    title = text("plain", label="title")
    more = button("more")

    def figure(self):
        picture = plot.Picture(1, 1)
        axes = picture.add_axes((0, 0, 1, 1), frameon=False)
        axes.add_patch(plot.Rectangle((0.1, 0.1), self.width / 4, self.height / 4, fill=self.filled))
        return picture

    def describe(self):
        return f"{self.title}: {self.height} × {self.width} = {self.height * self.width} {self.unit}²</script>"

    def question(self):
        return "How large is it?"

    def answer(self):
        return self.height * self.width


def data_of(element: str) -> dict:
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', element, re.DOTALL)[1])


def states(element: str) -> list[tuple]:
    """For each state: how its controls read, and its words."""
    data = data_of(element)
    count = len(data["values"])
    return [
        (*(data["values"][k][state[k]] for k in range(count)), data["words"][state[count + 1]])
        for state in data["states"]
    ]


def first_image(element: str) -> str:
    return re.search(r'<img [^>]*src="([^"]+)"', element)[1]


def opened(address: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGBA")


def composed(element: str, number: int) -> np.ndarray:
    """The pixels of a state's picture: its layers laid upon each other by Pillow."""
    data = data_of(element)
    addresses = [first_image(element), *data["images"][1:]]
    layers = [opened(addresses[place]) for place in data["stacks"][data["states"][number][-2]]]
    whole_picture = layers[0]
    for layer in layers[1:]:
        whole_picture = Image.alpha_composite(whole_picture, layer)
    return np.asarray(whole_picture.convert("RGB"))


def pixels(explorer: Explorer) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(explorer.png())).convert("RGB"))


def test_a_control_offers_what_exists_where_the_ones_before_it_stand():
    # height 1, 2, 3 leave the width 4 − 1, 4 − 2, 4 − 3: 3 + 2 + 1 = 6 states
    made = states(Rectangle().to_html(["height", "width"]))
    assert [state[:2] for state in made] == [("1", "1"), ("1", "2"), ("1", "3"), ("2", "1"), ("2", "2"), ("3", "1")]
    assert made[4][2] == "plain: 2 × 2 = 4 cm²</script>"


def test_the_order_of_the_controls_decides_only_how_they_stand():
    # width before height: 1 beside 1, 2, 3; 2 beside 1, 2; 3 beside 1. It stands at height 2, where 3 cannot be set.
    made = states(Rectangle().to_html(["width", "height"]))
    assert [state[:2] for state in made] == [("1", "1"), ("1", "2"), ("1", "3"), ("2", "1"), ("2", "2"), ("3", "1")]
    assert made[-1][2] == "plain: 1 × 3 = 3 cm²</script>"
    mapped = {"width": (3,), "height": (1,)}  # and where it stands: width 1, height 2
    assert [state[:2] for state in states(Rectangle().to_html(mapped))] == [("1", "1"), ("1", "2"), ("3", "1")]


def test_a_control_may_follow_one_that_follows_another():
    class Box(Rectangle):
        depth = whole(1, lambda it: it.width)

    # height 1 leaves a width of 1, 2, 3 and these 1 + 2 + 3 depths; height 2 leaves 1 + 2, height 3 leaves 1: 10
    for names in (["depth", "width", "height"], ["height", "width", "depth"], ["width", "depth", "height"]):
        assert len(states(Box().to_html(names))) == 10


def test_the_present_state_comes_first_and_is_added_where_it_was_not_named():
    made = Rectangle(height=2).to_html({"height": (1, 3)})
    assert [state[0] for state in states(made)] == ["1", "2", "3"]
    assert data_of(made)["start"] == 1
    shown = html.escape("plain: 2 × 1 = 2 cm²</script>")
    assert f'alt="{shown}"' in made
    assert f'role="status">{shown}</div>' in made


def test_values_read_as_they_do_beside_the_living_control():
    made = Rectangle().to_html({"share": (0.3, 0.5), "unit": ("m",), "filled": (True,), "title": ("two\nlines", "")})
    data = data_of(made)
    # 0.1 + 0.2 is where it stands, and no second 0.3
    assert data["values"] == [
        ["0.3", "0.5"],
        ["centimetres", "metres"],
        ["off", "on"],
        ["plain", "two; lines", "nothing"],
    ]
    assert "<label>share &lt; all <input" in made


def test_a_row_of_controls_has_the_words_of_the_widgets_and_no_identifiers():
    made = Rectangle().to_html(["filled", "unit", "height"])
    bar = re.search(r'<div class="cnnlab-moving-controls".*?hidden>(.*)</div>\n<p class', made)[1]
    assert re.findall(r"<label>(.*?)</label>", bar) == [
        '<input type="checkbox" autocomplete="off"> filled',
        'unit <select autocomplete="off"></select>',
        'height <input type="range" min="0" step="1" autocomplete="off">',
    ]
    assert not re.search(r"\s(id|for|name|on\w+)=", made)


def test_equal_pictures_and_words_are_stored_once():
    data = data_of(Rectangle().to_html(["unit", "share"]))  # neither is drawn; of the two only the unit is described
    assert len(data["states"]) == 2 * 11
    assert len(data["stacks"]) == 1
    assert len(data["words"]) == 2


def test_every_picture_is_the_explorers_own_pixel_for_pixel():
    explorer = explore.PoolingExplorer()
    made = explorer.to_html({"op": ("max", "average"), "row": (0, 2), "gradient": (False, True)})
    chosen = [
        dict(op=op, row=row, gradient=grad) for op in ("max", "average") for row in (0, 2) for grad in (False, True)
    ]
    assert any(len(stack) > 2 for stack in data_of(made)["stacks"])
    for number, settings in enumerate(chosen):
        explorer.set(**settings)
        np.testing.assert_array_equal(composed(made, number), pixels(explorer))
        assert states(made)[number][-1] == explorer.describe()


def test_shrunk_layers_show_no_rims():
    # A browser shrinks each layer by itself, with premultiplied colours: to a half and to a third here.
    explorer = explore.PoolingExplorer()
    made = explorer.to_html({"op": ("max", "average")})
    addresses = first_image(made), data_of(made)["images"][1]
    below, above = (np.asarray(opened(address)).astype(float) for address in addresses)
    cover = above[..., 3:] / 255
    explorer.set(op="average")
    true = pixels(explorer).astype(float)

    def shrunk(values, by):
        height, width = (n // by for n in values.shape[:2])
        return values[: height * by, : width * by].reshape(height, by, width, by, -1).mean(axis=(1, 3))

    def error(by):
        shown = shrunk(above[..., :3] * cover, by) + (1 - shrunk(cover, by)) * shrunk(below[..., :3], by)
        return np.abs(shown - shrunk(true, by))

    np.testing.assert_allclose(error(2), 0, atol=1e-9)  # the sides of the squares lie between the pixels
    assert np.mean(error(3) > 8) < 0.0005  # of 256 levels


def test_the_explorer_stands_as_before():
    explorer = Rectangle(height=3)
    before, shown = explorer.state(), explorer.view().children[-2].value
    explorer.to_html(["height", "width", "filled"])
    with pytest.raises(ValueError, match="Received: 12"):
        explorer.to_html({"height": (1, 12)})
    assert explorer.state() == before
    assert explorer.controls["width"].max == 1
    assert explorer.view().children[-2].value == shown


def test_too_many_states_are_refused_before_one_is_drawn(monkeypatch):
    monkeypatch.setattr(Rectangle, "figure", lambda self: pytest.fail("drawn"))
    with pytest.raises(
        ValueError, match=r"`limit` = 60 states. Received: height 3 × share 11 × filled 2 = 66 states; "
    ):
        Rectangle().to_html(["height", "share", "filled"], limit=60)
    # height 2 leaves a width of 1 or 2, and height 1 one of 3: 3 × 2 = 6, and as many in all as were counted above
    with pytest.raises(
        ValueError, match=r"`limit` = 5 states. Received: height 1 × width 2, and more|height 3 × width 2"
    ):
        Rectangle().to_html(["height", "width"], limit=5)
    with pytest.raises(ValueError, match=r"width 1, and more where a range follows another control"):
        Rectangle(height=3).to_html(["height", "width"], limit=5)  # 3 × 1 = 3 at present, and 6


@pytest.mark.parametrize(
    ("controls", "says"),
    [
        ("more", "Received: 'more', a Button"),
        (
            ["title"],
            "text with the values to offer, or controls .* height, width, share, unit, filled. Received: 'title'",
        ),
        (["side"], "Received: 'side'$"),
        ({"unit": ("cm", "km")}, "`unit` must be one of 'cm', 'm'. Received: 'km'"),
        ({"height": (1, 9)}, "`height` must be from 1 to 3. Received: 9"),
        ({}, "at least one control of Rectangle. Received: none"),
        (None, "at least one control of Rectangle. Received: none"),
    ],
)
def test_what_cannot_be_listed_is_refused_by_name(controls, says):
    with pytest.raises(ValueError, match=says):
        Rectangle().to_html(controls)


@pytest.mark.parametrize(
    ("controls", "says"),
    [
        (5, "`controls` must be names of controls, or a mapping from names to values. Received: 5"),
        ([["height"]], r"`controls` must be names of controls, or .* Received: \[\['height'\]\]"),
        ({"height": 3}, "`controls` must give each control a list of values. Received: height=3"),
        ({"height": "123"}, "`controls` must give each control a list of values. Received: height='123'"),
        ({"unit": [["m"]]}, r"`controls` must give each control a list of values. Received: unit=\[\['m'\]\]"),
        ({"height": ["a"]}, "`height` must be a whole number. Received: 'a'"),
        ({"height": [None]}, "`height` must be a whole number. Received: None"),
        ({"height": [True, 2]}, "`height` must be a whole number. Received: True"),
        ({"height": [2.5]}, "`height` must be a whole number. Received: 2.5"),
        ({"share": ["abc"]}, "`share` must be a finite number. Received: 'abc'"),
        ({"share": [False]}, "`share` must be a finite number. Received: False"),
        ({"title": [3]}, "`title` must be text that UTF-8 can write. Received: 3"),
        ({"title": ["\ud800"]}, r"`title` must be text that UTF-8 can write. Received: '\\ud800'"),
    ],
)
def test_what_is_no_list_of_values_is_refused_in_words(controls, says):
    with pytest.raises(TypeError, match=f"^{says}$"):
        Rectangle().to_html(controls)


def test_a_whole_number_is_one_however_it_is_written():
    assert data_of(Rectangle().to_html({"height": [3.0, 2, np.float32(1), np.int64(3)]}))["values"] == [["1", "2", "3"]]


def test_an_explorer_that_asks_first_is_refused():
    with pytest.raises(ValueError, match="`predict` must be False: a page cannot judge a guess"):
        Rectangle(predict=True).to_html(["height"])
    with pytest.raises(ValueError, match="`limit` must be a whole number >= 1. Received: 0"):
        Rectangle().to_html(["height"], limit=0)


def test_an_element_that_is_too_heavy_is_refused_with_its_bytes(monkeypatch):
    monkeypatch.setattr(moving, "MOST_BYTES", 500)
    with pytest.raises(
        ValueError, match=r"at most 500 bytes. Received: [1-5] of 6 states fill [\d,]+ bytes; list at most \d"
    ):
        Rectangle().to_html(["height", "filled"])


@pytest.mark.parametrize("start", [1, 3])  # it may stand there itself
def test_a_state_that_cannot_be_drawn_is_named(monkeypatch, start):
    drawn = Rectangle.figure
    monkeypatch.setattr(Rectangle, "figure", lambda self: drawn(self) if self.height < 3 else [][self.height])
    explorer = Rectangle(height=start)
    before = explorer.state()
    with pytest.raises(
        ValueError, match=r"that can be drawn. Received: unit='cm', height=3, where IndexError: list index"
    ):
        explorer.to_html(["unit", "height"])
    assert explorer.state() == before


def test_letters_that_no_font_has_are_said_in_the_words(monkeypatch):
    def figure(self):
        picture = plot.Picture(1, 1)
        picture.numbered["\u4e92"] = 1
        return picture

    monkeypatch.setattr(Rectangle, "figure", figure)
    assert "No font on this machine has the letters of (1) \u4e92." in states(Rectangle().to_html(["height"]))[0][-1]


def test_words_cannot_leave_the_data():
    made = Rectangle().to_html(["height"])
    assert made.count("</script>") == 2  # of the data, and of the program
    assert made.endswith("</script>\n</figure>")


def test_a_name_cannot_leave_its_label():
    made = type('A"><b>', (Rectangle,), {})().to_html(["filled"])
    assert 'aria-label="A&quot;&gt;&lt;b&gt;"' in made
    assert "<b>" not in made


@pytest.mark.skipif(os.environ.get("CNNLAB_SLOW") != "1", reason="a minute; CNNLAB_SLOW=1 runs it")
@pytest.mark.parametrize("name", [name for name in explore.__all__ if name not in ("Annotator", "Explorer")])
def test_each_explorers_own_example_is_light(name):
    made = getattr(explore, name)().to_html()
    assert len(made.encode()) < 600_000
    assert len(data_of(made)["states"]) <= 80
