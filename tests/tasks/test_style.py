"""Style transfer: the losses against hand-worked numbers and other libraries, and a picture that learns."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cnnlab import style

rng = np.random.default_rng(0)
MAPS = arrays(float, st.tuples(*[st.integers(1, 4)] * 3), elements=st.integers(-9, 9).map(float))


def net():
    """Two convolutions and a pooling on pictures of any size, with weights that no initialiser would make again."""
    layers, how = keras.layers, {"padding": "same", "activation": "relu"}
    model = keras.Sequential(
        [
            keras.Input((None, None, 3)),
            layers.Conv2D(5, 3, name="first", **how),
            layers.MaxPooling2D(name="pool"),
            layers.Conv2D(7, 3, name="second", **how),
        ]
    )
    values = np.random.default_rng(3)
    model.set_weights([values.normal(scale=0.3, size=weight.shape) for weight in model.get_weights()])
    return model


def pictures(side=12):
    """A smooth content and a striped style."""
    ramp = np.linspace(0, 1, side)
    content = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None], 0.5), axis=-1)
    stripes = np.broadcast_to((np.arange(side) % 4 < 2)[:, None, None] * [0.9, 0.6, 0.1], (side, side, 3))
    return content.astype("float32"), stripes.astype("float32")


# --- the losses -------------------------------------------------------------------------------------------------------


def test_a_gram_matrix_by_hand():
    a, b = np.array([[1, 2], [0, 1]]), np.array([[0, 1], [3, 1]])
    # A·A = 1 + 4 + 0 + 1 = 6, A·B = 0 + 2 + 0 + 1 = 3, B·B = 0 + 1 + 9 + 1 = 11
    assert style.gram(np.stack([a, b], axis=-1)).tolist() == [[6, 3], [3, 11]]


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 3, 4), (5, 2, 3), (4, 4, 4)])
def test_a_gram_matrix_is_einsum(shape):
    maps = rng.normal(size=shape)
    assert style.gram(maps) == pytest.approx(np.einsum("hwi,hwj->ij", maps, maps))


@given(MAPS, st.integers(0, 99))
def test_a_gram_matrix_forgets_the_places_and_nothing_else(maps, seed):
    places = maps.reshape(-1, maps.shape[-1])
    shuffled = np.random.default_rng(seed).permutation(places).reshape(maps.shape)
    found = style.gram(maps)
    assert np.array_equal(found, style.gram(shuffled))
    assert np.array_equal(found, found.T)
    assert np.array_equal(style.gram(3 * maps), 9 * found)


def test_the_content_loss_by_hand():
    content, generated = (np.array(values, float).reshape(2, 2, 1) for values in ([1, 2, 3, 0], [1, 4, 0, 0]))
    assert style.content_loss(content, generated) == 6.5  # half of 0 + 4 + 9 + 0
    assert style.content_loss(content, content) == 0.0


def test_bytes_do_not_wrap_round():
    dark, bright = np.zeros((1, 1, 1), np.uint8), np.full((1, 1, 1), 200, np.uint8)
    assert style.content_loss(dark, bright) == 20_000.0
    assert style.style_loss(dark, bright) == 4e8  # 40,000² / 2²
    assert style.total_variation(np.array([[200, 0]], np.uint8)) == 200.0


def test_the_style_loss_by_hand():
    maps = np.array([[[1.0, 0.0], [2.0, 1.0]]])  # Gram 5 2 / 2 1; 25 + 4 + 4 + 1 = 34; (2 · 1 · 2 · 2)² = 64
    assert style.style_loss(maps, np.zeros((1, 2, 2))) == 34 / 64
    assert style.style_loss(maps, maps) == 0.0


@given(MAPS, st.floats(0.5, 3))
def test_the_style_loss_is_equation_4(maps, factor):
    height, width, channels = maps.shape
    gap = (1 - factor**2) * np.einsum("hwi,hwj->ij", maps, maps)
    expected = (gap**2).sum() / (4 * channels**2 * (height * width) ** 2)
    assert style.style_loss(maps, factor * maps) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_a_style_tiled_twice_is_the_same_style():
    maps = rng.normal(size=(3, 4, 5))
    assert style.style_loss(maps, np.tile(maps, (2, 3, 1))) == pytest.approx(0, abs=1e-20)


def test_total_variation_by_hand():
    assert style.total_variation(np.array([[0, 1], [0, 3]])) == 6  # right 1 + 3, down 0 + 2
    assert style.total_variation(np.full((3, 4, 3), 0.7)) == 0


@given(arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 3)), elements=st.floats(0, 1)))
def test_total_variation_counts_every_pair_of_neighbours(picture):
    height, width, _ = picture.shape
    pairs = [((i, j), (i, j + 1)) for i in range(height) for j in range(width - 1)]
    pairs += [((i, j), (i + 1, j)) for i in range(height - 1) for j in range(width)]
    expected = sum(np.abs(picture[a] - picture[b]).sum() for a, b in pairs)
    assert style.total_variation(picture) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: style.gram(np.zeros((2, 3))), r"`features` must have shape \(H, W, C\)"),
        (lambda: style.gram(np.zeros((0, 3, 2))), "`features` must not be empty"),
        (lambda: style.content_loss(np.zeros((2, 2, 1)), np.zeros((2, 3, 1))), "compared place by place"),
        (lambda: style.style_loss(np.zeros((2, 2, 1)), np.zeros((2, 2, 2))), "same number of maps"),
        (lambda: style.total_variation(np.zeros(3)), "`picture` must have shape"),
    ],
)
def test_bad_maps_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


# --- a picture that learns --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made():
    content, stripes = pictures()
    base = net()
    before = [weight.copy() for weight in base.get_weights()]
    result = style.transfer(
        content, stripes, base, "second", ["first", "second"], content_weight=0.1, variation_weight=0.5, steps=30
    )
    assert all(np.array_equal(a, b) for a, b in zip(before, base.get_weights(), strict=True))
    assert base.trainable
    assert base.trainable_variables
    return content, stripes, base, result


def relative(base, picture, content, stripes):
    """The three losses of `transfer` from those of the module, as its docstring says."""
    taps = keras.Model(base.inputs[0], [base.get_layer(name).output for name in ("first", "second")])
    ours, wanted, painted = (
        [keras.ops.convert_to_numpy(maps)[0] for maps in taps(image[None])] for image in (picture, content, stripes)
    )
    far = style.content_loss(wanted[1], ours[1]) / style.content_loss(wanted[1], 0 * ours[1])
    styles = [style.style_loss(s, o) / style.style_loss(s, 0 * o) for s, o in zip(painted, ours, strict=True)]
    return far, np.mean(styles), style.total_variation(picture) / picture.size


def test_the_losses_of_a_run_are_those_of_the_formulas(made):
    content, stripes, base, result = made
    for place, picture in ((0, content), (-1, result.picture)):
        expected = relative(base, picture, content, stripes)
        found = [result.history[name][place] for name in ("content", "style", "variation")]
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-6)
        assert result.history["loss"][place] == pytest.approx(0.1 * found[0] + found[1] + 0.5 * found[2], rel=1e-4)


def test_style_falls_and_content_rises_from_nothing(made):
    *_, result = made
    assert result.history["content"][0] == 0
    assert result.history["content"][-1] > 0
    assert result.history["style"][-1] < result.history["style"][0] / 2
    assert result.history["loss"][-1] < result.history["loss"][0]


def test_the_picture_stays_between_0_and_1(made):
    content, _, _, result = made
    assert result.picture.shape == content.shape
    assert result.picture.min() >= 0
    assert result.picture.max() <= 1
    assert result.picture.min() == 0 or result.picture.max() == 1  # the border was met


def test_the_record_tells_what_was_done(made):
    _, stripes, base, result = made
    assert result.steps == 30
    assert {len(values) for values in result.history.values()} == {31}
    maps = keras.ops.convert_to_numpy(keras.Model(base.inputs[0], base.get_layer("first").output)(stripes[None]))[0]
    assert result.style_grams["first"] == pytest.approx(style.gram(maps) / maps.size, rel=1e-4)
    assert result.grams["second"].shape == (7, 7)


def test_a_run_can_be_watched_and_stopped():
    content, stripes = pictures()
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append((epoch, sorted(logs), style.picture(self.model)))
            assert [weight.shape for weight in self.model.trainable_variables] == [(1, 12 * 12 * 3)]
            self.model.stop_training = epoch == 2

    result = style.transfer(content, stripes, net(), "second", ["first"], steps=20, callbacks=[Watch()])
    assert [epoch for epoch, *_ in seen] == [0, 1, 2]
    assert seen[0][1] == ["content_loss", "loss", "style_loss", "variation_loss"]
    assert np.array_equal(seen[-1][2], result.picture)
    assert result.steps == 3


def test_noise_is_seeded_and_needs_no_content():
    content, stripes = pictures()
    how = dict(content_weight=0, start="noise", steps=3)
    first, again, other = (
        style.transfer(content, stripes, net(), "second", ["first"], seed=seed, **how).picture for seed in (1, 1, 2)
    )
    assert first == pytest.approx(again, abs=1e-5)
    assert not np.allclose(first, other, atol=0.1)


def test_lambda_weighs_the_layers():
    content, stripes = pictures()
    both = style.transfer(content, stripes, net(), "second", ["first", "second"], steps=1).history["style"][0]
    alone = [
        style.transfer(content, stripes, net(), "second", [n], steps=1).history["style"][0] for n in ("first", "second")
    ]
    weighed = style.transfer(content, stripes, net(), "second", {"first": 3, "second": 0.5}, steps=1)
    assert both == pytest.approx(np.mean(alone), rel=1e-4)
    assert weighed.history["style"][0] == pytest.approx(3 * alone[0] + 0.5 * alone[1], rel=1e-4)


def test_the_style_may_have_another_size():
    content, _ = pictures(12)
    _, stripes = pictures(16)
    assert style.transfer(content, stripes, net(), "second", ["first"], steps=1).picture.shape == (12, 12, 3)


def test_average_pooling_takes_the_mean_and_keeps_the_weights():
    base = net()
    copy = style.average_pooled(base)
    assert [type(layer).__name__ for layer in copy.layers] == ["Conv2D", "AveragePooling2D", "Conv2D"]
    assert all(np.array_equal(a, b) for a, b in zip(base.get_weights(), copy.get_weights(), strict=True))
    assert type(base.get_layer("pool")).__name__ == "MaxPooling2D"
    picture = rng.uniform(size=(1, 4, 4, 3)).astype("float32")
    first, pooled = (
        keras.ops.convert_to_numpy(keras.Model(copy.inputs[0], copy.get_layer(name).output)(picture))
        for name in ("first", "pool")
    )
    assert pooled[0, 1, 0] == pytest.approx(first[0, 2:4, 0:2].mean(axis=(0, 1)), rel=1e-5)


def test_it_paints_with_the_networks_of_the_menu():
    from cnnlab import transfer

    base = transfer.backbone(
        "squeezenet", (40, 40, 3), weights=None
    )  # blue first, and a mean to take off: by an operation
    content, stripes = pictures(40)
    result = style.transfer(content, stripes, base, "fire2_concat", ["conv1"], steps=2)
    assert result.history["content"][0] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        (
            {"content": np.zeros((12, 12, 3), np.uint8)},
            ValueError,
            "`content` must hold floats from 0 to 1: divide bytes",
        ),
        ({"style": np.full((12, 12, 3), 1.5)}, ValueError, "`style` must hold floats from 0 to 1"),
        ({"content": np.full((12, 12, 3), np.nan)}, ValueError, "`content` must hold floats from 0 to 1"),
        ({"content": np.zeros((12, 12))}, ValueError, r"`content` must have shape \(H, W, 3\)"),
        ({"content": np.zeros((12, 12, 4))}, ValueError, "`content` must have the model's input shape"),
        ({"backbone": "vgg19"}, TypeError, "`model` must be a keras.Model"),
        ({"content_layer": "secnd"}, ValueError, "`content_layer` must be one of .* Did you mean 'second'"),
        ({"style_layers": ["third"]}, ValueError, "`style_layers` must be one of"),
        ({"style_layers": "first"}, TypeError, "`style_layers` must be a list of layers' names"),
        ({"style_layers": []}, TypeError, "`style_layers` must be a list of layers' names"),
        ({"style_layers": {"first": -1}}, ValueError, r"`style_layers\['first'\]` must be"),
        ({"content_weight": -1}, ValueError, "`content_weight` must be a finite number >= 0"),
        ({"learning_rate": 0}, ValueError, "`learning_rate` must be a finite number > 0"),
        ({"steps": 0}, ValueError, "`steps` must be a whole number >= 1"),
        ({"start": "style"}, ValueError, "`start` must be one of 'content', 'noise'"),
    ],
)
def test_bad_arguments_are_refused(changed, error, words):
    content, stripes = pictures()
    given_ = dict(content=content, style=stripes, backbone=net(), content_layer="second", style_layers=["first"])
    with pytest.raises(error, match=words):
        style.transfer(**given_ | changed)


def test_maps_of_zeros_can_measure_nothing():
    content, stripes = pictures()
    base = net()
    base.get_layer("first").bias.assign(-np.ones(5))
    with pytest.raises(ValueError, match="`style` must excite layer 'first'"):
        style.transfer(content, 0 * stripes, base, "second", ["first"])
