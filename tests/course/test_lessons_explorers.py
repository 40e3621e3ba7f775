"""An explorer of a lesson's cell as an element: the lesson's own, or its class's example."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from cnnlab.course import moving as module
from cnnlab.course.moving import NO_EXAMPLE, Moving, moving


class Toy:
    """An explorer; how often each was drawn."""

    listed = {"side": None}
    drawn: list[str] = []

    def __init__(self, words: str = "own example") -> None:
        self.words = words

    def state(self) -> dict[str, object]:
        return {"side": 3, "colour": "red"}

    def to_html(self) -> str:
        self.drawn.append(self.words)
        return f"<figure>{self.words}<script type='application/json'>1</script><script>let a;</script></figure>"


class Mute(Toy):
    """An explorer without anything to move."""

    listed = {}


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    made = {"explore.Toy('literal')": Toy("literal"), "explore.Mute()": Mute()}
    cells = SimpleNamespace(from_source=made.get, named_in=lambda source: "Toy" if "Toy" in source else None)
    monkeypatch.setitem(sys.modules, "cnnlab.explore.cells", cells)
    monkeypatch.setitem(sys.modules, "cnnlab.explore", SimpleNamespace(Toy=Toy))
    monkeypatch.setattr(module, "load_keras", lambda: None)
    monkeypatch.setattr(Toy, "drawn", [])
    moving.cache_clear()
    yield
    moving.cache_clear()


def test_what_a_cell_makes_of_literals_moves_with_its_settings_and_is_drawn_once():
    first = moving("explore.Toy('literal')")
    assert (first.name, first.own, first.html[:15]) == ("Toy", False, "<figure>literal")
    assert first.script == "let a;"
    assert first.rest == ("colour",)
    assert moving("explore.Toy('literal')") is first
    assert Toy.drawn == ["literal"]


def test_what_needs_the_lesson_is_the_own_example_only_where_that_will_do():
    assert moving("explore.Toy(model)") is None
    assert moving("explore.Toy(model)", own_example=True) == Moving("Toy", Toy().to_html(), True, ("colour",))


def test_nothing_to_move_is_nothing():
    assert moving("explore.Mute()") is None
    assert moving("print(3)", own_example=True) is None


@pytest.mark.parametrize("name", NO_EXAMPLE)
def test_what_has_no_example_of_its_own_is_nothing(name):
    assert moving(f"explore.{name}(album, chosen)", own_example=True) is None
