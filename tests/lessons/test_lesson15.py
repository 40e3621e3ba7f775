"""Lesson 15: the numbers of its prose, its network's eyes, and its exercises against the library."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import jupytext
import numpy as np
import pytest

from cnnlab import style
from cnnlab.checks import lesson15 as check

LESSON = Path(__file__).parents[2] / "lessons" / "15_style_transfer.py"
slow = pytest.mark.skipif(not os.environ.get("CNNLAB_SLOW"), reason="trains for minutes: set CNNLAB_SLOW=1")


@functools.cache
def cells() -> tuple[str, ...]:
    found = jupytext.read(LESSON).cells
    return tuple(c.source for c in found if c.cell_type == "code" and "bootstrap" not in c.metadata.get("tags", ()))


def run(*starts: str, names: dict | None = None) -> dict:
    """What the lesson's own cells define: those with a line that begins with one of `starts`, in the lesson's order."""
    names = {} if names is None else names
    for source in cells():
        if any(line.startswith(starts) for line in source.splitlines()):
            exec(compile(source, LESSON.name, "exec"), names)
    return names


@pytest.fixture(scope="module")
def lesson():
    return run(
        "import keras", "PROFILE =", "SIDE, STEPS", "GLASS =", "cat, glass =", "base =", "coffee =", "rng =", "large ="
    )


def test_the_network_is_as_the_prose_says(lesson):
    shapes = {name: maps.shape for name, maps in lesson["maps_of"](np.zeros((128, 128, 3))).items()}
    assert list(shapes.values()) == [(128, 128, 24)] * 2 + [(64, 64, 48)] * 2 + [(32, 32, 96)] * 2
    assert lesson["base"].count_params() == 161_688


def test_one_pixel_upsets_the_second_layer_and_hardly_the_last(lesson):
    distance, layers, maps_of = (lesson[name] for name in ("distance", "LAYERS", "maps_of"))
    moved, other = ([], [])
    for far, picture in ((moved, np.roll(lesson["cat"], 1, axis=1)), (other, lesson["coffee"])):
        maps = maps_of(picture)
        far += [distance(maps[name], lesson["cat_maps"][name]) for name in layers]
    assert np.argmax(moved) == 1
    assert moved[1] > 0.5
    assert np.argmin(moved) == 5
    assert other[5] / moved[5] > 12
    assert min(other) > 0.8


def test_the_matrices_know_the_glass(lesson):
    run("piece_maps =", names=lesson)
    far = {
        what: [
            lesson["style_distance"](lesson["piece_maps"][name], maps)
            for name, maps in lesson["maps_of"](picture).items()
        ]
        for what, picture in lesson["candidates"].items()
    }
    assert max(far["another piece of it"]) < 0.25
    assert all(np.array(far["the cat"]) > 2.5 * np.array(far["another piece of it"]))
    assert min(far["the cat"]) > 0.23
    assert max(far["the cat"]) < 1.3
    assert all(np.array(far["its pixels shuffled"]) > np.array(far["the cat"]))
    assert max(far["the same, turned"]) < 0.15
    another = lesson["maps_of"](lesson["candidates"]["another piece of it"])
    cat = lesson["cat_maps"]
    place = [
        [lesson["distance"](maps[name], lesson["piece_maps"][name]) for name in lesson["LAYERS"]]
        for maps in (another, cat)
    ]
    assert all(np.array(place[0]) > 0.95 * np.array(place[1]))  # place by place it is no nearer than the cat


def test_swapped_colours_are_as_far_as_another_picture(lesson):
    for picture, low, high in ((lesson["cat"][..., ::-1].copy(), 0.65, 4.5), (lesson["cat"] / 2, 0.05, 0.6)):
        maps = lesson["maps_of"](picture)
        far = [lesson["style_distance"](lesson["cat_maps"][n], maps[n]) for n in lesson["LAYERS"]]
        assert low < min(far) < max(far) < high


def test_the_slips_of_the_style_loss():
    maps = np.array([[[1.0, 0.0], [2.0, 1.0]]])
    gap = style.gram(maps)
    assert (gap**2).sum() == 34
    assert style.style_loss(maps, 0 * maps) == pytest.approx(0.53125)
    assert np.sqrt(34) / 8 == pytest.approx(0.729, abs=5e-4)


def test_normalisations_lie_more_than_fifteen_powers_of_ten_apart(lesson):
    run("def canvas(", "small_cat,", "CONTENT =", "contents =", names=lesson)
    ratios = [far / near for far in lesson["contents"].values() for near in lesson["styles"].values()]
    assert 15 < np.log10(max(ratios) / min(ratios)) < 16.5


def test_the_exercises_agree_with_the_library():
    check.gram(style.gram).require()
    check.transposed(style.gram).require()
    check.style_loss(style.style_loss).require()
    check.variation(style.total_variation).require()


def test_the_hand_made_painter_is_the_librarys(lesson):
    run("small_cat,", "CONTENT =", "def canvas(", "def total(", "def paint(", names=lesson)
    assert np.allclose(lesson["by_hand"], lesson["same"].history["loss"][:-1], rtol=0.02)


@slow
def test_clipping_at_the_end_costs_what_clipping_inside_does_not(lesson):
    names = run(
        "small_cat,", "CONTENT =", "def canvas(", "def total(", "def paint(", "def loss_of(", names=dict(lesson)
    )
    free, loss_of = names["picture"], names["loss_of"]
    assert 0.02 < np.mean((free < 0) | (free > 1)) < 0.2
    paints = names["canvas"](names["small_cat"], names["from_0_to_1"])
    names["paint"](paints, 40)
    assert loss_of(np.clip(free, 0, 1)) > 1.04 * loss_of(names["shown_by"](paints))
    assert loss_of(free) < 1.1 * loss_of(names["shown_by"](paints))


@pytest.fixture(scope="module")
def knobs(lesson):
    starts = "small_cat,", "CONTENT =", "def canvas(", "def total(", "usual =", 'variants["from noise"]', "def judged("
    return run(*starts, names=dict(lesson))


@slow
def test_what_the_knobs_do(knobs):
    content, far, calm = ({name: score[place] for name, score in knobs["scores"].items()} for place in range(3))
    assert content["the photograph"] == 0
    assert far["the photograph"] == pytest.approx(0.6, abs=0.05)
    assert far["as above"] < 0.08
    assert content["content × 10"] < content["as above"] / 4
    assert far["content × 10"] > 3 * far["as above"]
    assert content["first layer only"] < 0.25
    assert far["first layer only"] > 3 * far["as above"]
    assert far["deep layer only"] > 2 * far["as above"]
    assert calm["no variation term"] > 1.4 * calm["as above"] > 2 * 1.4 * calm["variation × 10"]
    assert far["variation × 10"] > 2 * far["as above"]


@slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_noise_and_an_untrained_network(knobs, seed):
    names = knobs | {"SEED": seed}
    content, far, _ = knobs["judged"](knobs["small_painting"](start="noise", seed=seed).picture)
    assert content > 1
    assert far < 0.15
    run("untrained =", names=names)
    own = names["blind"].history["style"]
    assert own[-1] < own[0] / 5
    assert names["far"] > 4 * knobs["scores"]["as above"][1]


@slow
def test_the_style_falls_to_a_tenth(lesson):
    names = run("def canvas(", "small_cat,", "CONTENT =", "painted = style", names=dict(lesson))
    history = names["painted"].history
    assert history["style"][0] / history["style"][-1] > 10
    assert history["content"][0] == 0
    assert 0.4 < history["content"][-1] < 0.9
