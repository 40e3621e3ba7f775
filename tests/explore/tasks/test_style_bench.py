"""The style bench: what ships is what its script made, and every number follows from the pictures that are shown."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from cnnlab import activations, datasets, explore, style, transfer
from cnnlab.explore.tasks import style_grid
from cnnlab.explore.tasks.style_bench import _rooted


@pytest.fixture(scope="module")
def bench():
    return explore.StyleBench()


@pytest.fixture(scope="module")
def two_runs():
    base = transfer.photo_backbone((16, 12, 3))
    rng = np.random.default_rng(0)
    content, painted = rng.random((2, 16, 12, 3), "float32")
    layers = ["block1_conv1", "block2_conv1"]
    return {
        "three": style.transfer(content, painted, base, "block2_conv1", layers, steps=3),
        "one layer": style.transfer(content, painted, base, "block2_conv1", layers[:1], steps=2, start="noise"),
    }


def test_the_sheet_is_small_and_holds_every_combination():
    file = datasets.shipped(style_grid.FILE)
    assert file.stat().st_size <= 250_000
    sheet, _ = datasets.read_image(file)
    tiles = style_grid.cut(sheet)
    assert tiles.shape == (20, 84, 84, 3)
    assert np.array_equal(tiles[1], sheet[:84, 84:168])
    assert len(set(style_grid.GRID)) == 2 * len(style_grid.LAYERS) * len(style_grid.WEIGHTS)
    assert all(tile.std() > 10 for tile in tiles), "no empty picture"


def test_the_numbers_are_those_of_the_pictures(bench):
    bench.set(start="noise", layers="first layer", weight=1.0, gram="block2_conv1")
    result, sources = bench.result(), style_grid.shipped()
    base = transfer.photo_backbone((84, 84, 3))
    names = ["block1_conv1", "block2_conv1", style_grid.CONTENT_LAYER]
    wanted, painted, made = (
        activations.feature_maps(base, pixels / np.float32(255), names) for pixels in (*sources[:2], result.picture)
    )
    zeros = np.zeros_like(painted["block1_conv1"][0])
    loss = style.style_loss(painted["block1_conv1"][0], made["block1_conv1"][0])
    assert result.losses["style"][1] == pytest.approx(
        loss / style.style_loss(painted["block1_conv1"][0], zeros), rel=1e-3
    )
    content = [maps[style_grid.CONTENT_LAYER][0] for maps in (wanted, made)]
    assert result.losses["content"][1] == pytest.approx(
        style.content_loss(*content) / style.content_loss(content[0], 0 * content[0]), rel=1e-3
    )
    assert result.losses["variation"][1] == pytest.approx(
        style.total_variation(result.picture / 255) / 21_168, rel=1e-4
    )
    maps = made["block2_conv1"][0]
    assert result.grams["block2_conv1"] == pytest.approx(style.gram(maps) / maps.size, rel=1e-3, abs=1e-6)


def test_from_the_content_its_loss_begins_at_0_and_style_weighs_more_as_content_weighs_less(bench):
    bench.set(start="content", layers="all five")
    results = [bench.set(weight=weight).result() for weight in style_grid.WEIGHTS]
    assert all(result.losses["content"][0] == 0 for result in results)
    contents = [result.losses["content"][1] for result in results]
    styles = [result.losses["style"][1] for result in results]
    assert contents == sorted(contents, reverse=True)
    assert styles == sorted(styles)
    assert styles[0] < results[0].losses["style"][0] / 5


def test_a_layer_that_is_not_compared_stays_farther_off_than_with_all_five(bench):
    for start, weight in itertools.product(style_grid.STARTS, style_grid.WEIGHTS[:2]):
        one = bench.set(start=start, layers="first layer", weight=weight).result()
        five = bench.set(layers="all five").result()
        assert one.distance("block3_conv1") > 2 * five.distance("block3_conv1")


def test_words_name_the_setting_the_losses_and_the_matrix(bench):
    words = bench.set(start="content", layers="deep layer", weight=0.1, gram="block1_conv2").describe().splitlines()
    result = bench.result()
    assert words[0] == "From content; style layers: deep layer; content weight 0.1, style weight 1; 150 steps."
    assert words[1].startswith("content loss: 0 at the start, ")
    assert f"block3_conv1 {result.distance('block3_conv1'):.3f}"[:-1] in words[4]
    assert "Not compared: block1_conv1 " in words[5]
    assert words[6].startswith("Gram matrix of block1_conv2, 24×24, over H·W·C: largest number ")


def test_results_of_a_lesson_can_be_shown_with_and_without_their_pictures(two_runs):
    bench = explore.StyleBench(two_runs)
    assert set(bench.controls) == {"run", "gram"}
    assert bench.run == "three"
    made = two_runs["three"]
    words = bench.set(gram="block2_conv1").describe()
    assert words.startswith("three.\ncontent loss: 0 at the start, ")
    assert (
        f"style loss: {made.history['style'][0]:.3f} at the start, {made.history['style'][-1]:.3f} at the end" in words
    )
    before = bench.png()
    bench.set(run="one layer")
    assert bench.gram == "block1_conv1", "the other layer is none of this run's"
    assert "Not compared" not in bench.describe()
    assert bench.png() != before
    beside = explore.StyleBench(two_runs, content=np.zeros((16, 12, 3)), style_picture=np.ones((16, 12, 3)))
    assert beside.png() != explore.StyleBench(two_runs).png()


@pytest.mark.parametrize(
    ("results", "says"),
    [
        ({}, "`results` must be a dict name → style.Transfer, not empty"),
        ([1], "`results` must be a dict name → style.Transfer"),
        ({"a": 1}, r"`results` must hold records of style.transfer. Received: int for 'a'"),
    ],
)
def test_other_results_are_refused(results, says):
    with pytest.raises(TypeError, match=says):
        explore.StyleBench(results)


def test_pictures_without_results_are_refused():
    with pytest.raises(ValueError, match="`content` and `style_picture` must be given with `results`"):
        explore.StyleBench(content=np.zeros((4, 4, 3)))


def test_a_matrix_is_grey_from_0_and_a_difference_is_centred_on_0():
    values = np.array([[0.0, 0.25], [0.25, 1.0]])
    assert _rooted(values, 1.0, signed=False)[..., 0].tolist() == [[0, 127], [127, 255]]  # √0.25 = 0.5 of 255
    low, zero, high = _rooted(np.array([[-1.0, 0.0, 1.0]]), 1.0, signed=True)[0, :, :3].astype(int)
    assert low[2] > low[0]  # purple below 0
    assert high[0] > high[2]  # orange above it
    assert zero.min() > 240
