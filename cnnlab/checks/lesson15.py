"""The exercises of lesson 15: Gram matrices, the style loss, total variation, weights, and what a network must get."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from cnnlab.checks.answers import Wrong, kind_of, number, parts, show
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByValue, Misreading
from cnnlab.checks.summary import Summary

# --- which loss is 0 at the start -------------------------------------------------------------------------------------

_ZERO = {
    "content loss, from the content picture": True,
    "style loss, from the content picture": False,
    "content loss, from noise": False,
    "style loss, from the style picture": True,
    "content loss, from the style picture": False,
}
_WHY = {
    "content loss, from the content picture": "The picture *is* the content at step 0: its maps are the same, their "
    "difference is 0. That is right, and no bug.",
    "style loss, from the content picture": "The content picture has textures of its own, and so another Gram matrix "
    "than the style.",
    "content loss, from noise": "Noise has other maps than the content picture, so their difference is not 0.",
    "style loss, from the style picture": "The style picture's Gram matrices are compared with themselves: the "
    "difference is 0.",
    "content loss, from the style picture": "The style picture shows something else than the content, so its maps "
    "differ.",
}


def _diagnose_start(answer: object) -> str:
    for (case, right), given in zip(_ZERO.items(), parts(answer, tuple(_ZERO)), strict=True):
        if not isinstance(given, (bool, np.bool_)):
            raise Wrong(f"True or False is expected for '{case}', but you gave {show(given)}, {kind_of(given)}.")
        if given != right:
            raise Wrong(f"'{case}': you say {given}. {_WHY[case]}")
    return (
        "Exactly two are 0. A loss starts at 0 where the picture starts as what that loss compares it with; the other "
        "loss is then what moves it."
    )


content_start = Exercise(
    name="content_start",
    answer_name="zero",
    solution_source="""
        zero = {
            "content loss, from the content picture": True,
            "style loss, from the content picture": False,
            "content loss, from noise": False,
            "style loss, from the style picture": True,
            "content loss, from the style picture": False,
        }
    """,
    hints=(
        "A loss compares the picture at step 0 with one other picture. Are the two the same picture?",
        "The content loss compares maps with those of the content, the style loss Gram matrices with those of the "
        "style.",
        "Two are True: one where the picture starts as the content, one where it starts as the style.",
    ),
    diagnose=_diagnose_start,
    mistakes=(
        *(Mistake({**_ZERO, case: not right}, _WHY[case]) for case, right in _ZERO.items()),
        Mistake(dict.fromkeys(_ZERO, False), "no bug"),
        Mistake(dict.fromkeys(_ZERO, True), "textures of its own"),
        Mistake({**_ZERO, "content loss, from noise": 0}, "you gave 0, an int"),
        Mistake({**_ZERO, "content loss, from noise": "False"}, "a text in quotes"),
        Mistake({"content loss, from noise": False}, "5 things are expected"),
    ),
    why="Both losses are squared differences, and these are 0 only where nothing differs. So the start chooses which "
    "of the two has no say in the first step: from the content only the style moves the picture, and the content loss "
    "begins to hold it back once it has moved.",
)


# --- the Gram matrix --------------------------------------------------------------------------------------------------


def _rows(features: np.ndarray) -> np.ndarray:
    """(H·W, C): a row for each place."""
    return features.reshape(-1, features.shape[-1])


def _misshaped(features: np.ndarray) -> np.ndarray:
    """F as the bug makes it: of the right shape (C, H·W), transposed, and full of wrong numbers."""
    return features.reshape(features.shape[-1], -1).T


def _gram(features: np.ndarray, rows: Callable = _rows, by: Callable = lambda f: 1) -> np.ndarray:
    places = rows(features)
    return places.T @ places / by(features)


# 1 × 2 places and 2 maps at first: there F Fᵀ and Fᵀ F have one shape, so that the second can be named.
_MAPS = tuple(
    (np.array(values, float),)
    for values in (
        [[[1, 2], [3, 5]]],
        [[[1, 0], [2, 1], [0, 3]], [[1, 1], [4, 0], [2, 2]]],
        [[[2, 0, -1]], [[1, 3, 0]], [[0, 1, 1]], [[4, 0, 2]]],
        [[[1, 2, 0, 1, 3], [0, 1, 2, 2, 1], [3, 0, 1, 0, 2]]],
    )
)
_SQUARE = (
    "that is Fᵀ F: every place with every other place, H·W × H·W numbers. A Gram matrix compares maps with maps: F Fᵀ, "
    "C × C."
)
_GRAMS = (
    Misreading(
        partial(_gram, by=lambda f: f.size), "you divided by H·W·C. The factor stands in the loss, not in the matrix."
    ),
    Misreading(
        partial(_gram, by=lambda f: f.shape[0] * f.shape[1]), "you divided by the number of places. It is the sum."
    ),
    Misreading(
        partial(_gram, rows=lambda f: _rows(f) - _rows(f).mean(axis=0)),
        "you took the mean of each map off first. That is a covariance; a Gram matrix takes the maps as they are.",
    ),
    Misreading(
        lambda f: np.outer(_rows(f).sum(axis=0), _rows(f).sum(axis=0)),
        "you added up each map and multiplied the sums. Multiply place by place first, then add.",
    ),
    Misreading(
        lambda f: np.diag(np.diag(_gram(f))),
        "that is the diagonal alone, each map with itself. The pairs of different maps are the point.",
    ),
    Misreading(lambda f: np.triu(_gram(f)), "the lower half is missing. (j, i) is the same number as (i, j)."),
    Misreading(
        partial(_gram, rows=lambda f: _rows(f) / np.linalg.norm(_rows(f), axis=0)),
        "you divided each map by its length, so that only angles are left. The lengths count: how strongly a map "
        "answers.",
    ),
)


def _matrix_cases(reshaped: str, praise: str) -> ByCases:
    return ByCases(
        truth=_gram,
        cases=_MAPS,
        words=lambda f: f"For maps of shape {f.shape}",
        misreadings=(
            Misreading(lambda f: _rows(f) @ _rows(f).T, _SQUARE),
            Misreading(partial(_gram, rows=_misshaped), reshaped),
            *_GRAMS,
        ),
        otherwise="Number (i, j) is map i times map j, place by place, added up over all places.",
        praise=praise,
    )


gram = Exercise(
    name="gram",
    answer_name="my_gram",
    solution_source="""
        def my_gram(features):
            rows = features.reshape(-1, features.shape[-1])  # (H*W, C): a row for each place
            return rows.T @ rows
    """,
    hints=(
        "First make the maps a table in which every place is a row of C numbers.",
        "features.reshape(-1, features.shape[-1]) is that table, (H·W, C). F is its transpose.",
        "rows.T @ rows, where rows is the table.",
    ),
    diagnose=_matrix_cases(
        "F has the right shape and the wrong numbers. The maps are the *last* axis: reshape to (H·W, C) and transpose; "
        "a reshape to (C, H·W) cuts the numbers up in another order.",
        "C × C numbers, whatever the height and the width: where something is, is no longer in them.",
    ),
    mistakes=(
        Mistake(lambda features: _rows(features).mean(axis=0), "should have shape (2, 2), but yours has shape (2,)"),
        Mistake(lambda features: 2 * _gram(features), "map i times map j"),
    ),
    why="In the table of shape (H·W, C) a column is a map, laid out as one line. Columns times columns, added up over "
    "the rows, is what rows.T @ rows does. The order of the rows changes no sum, so the matrix forgets places.",
)

transposed = Exercise(
    name="transposed",
    answer_name="fixed_gram",
    solution_source="""
        def fixed_gram(features):
            height, width, channels = features.shape
            f = features.reshape(height * width, channels).T
            return f @ f.T
    """,
    hints=(
        "The shape (C, H·W) is right. Are the numbers of one row the numbers of one map?",
        "In memory the channels of one place are neighbours. A reshape keeps the order; it never transposes.",
        "Reshape to (H·W, C), then transpose.",
    ),
    diagnose=_matrix_cases(
        "still the bug: a reshape to (C, H·W) does not turn the axes. It cuts the numbers, which lie place by place, "
        "into C pieces, and mixes the maps.",
        "Reshape to (H·W, C) first, then turn. The shape alone never showed the bug.",
    ),
    mistakes=(
        Mistake(
            lambda features: _gram(features.transpose(1, 0, 2), rows=_misshaped), "map i times map j, place by place"
        ),
        Mistake(lambda features: _rows(features).mean(axis=0), "should have shape (2, 2), but yours has shape (2,)"),
    ),
    why="A reshape keeps the order of the numbers in memory, and in (H, W, C) the C numbers of one place stand side by "
    "side. Only as (H·W, C) does each row remain one place. Then .T makes each row one map.",
)


# --- the style loss ---------------------------------------------------------------------------------------------------


def _style_loss(
    style: np.ndarray,
    generated: np.ndarray,
    matrix: Callable = _gram,
    total: Callable = lambda d: (d**2).sum(),
    factor: Callable = lambda h, w, c: 1 / (2 * h * w * c) ** 2,
) -> float:
    return total(matrix(style) - matrix(generated)) * factor(*style.shape)


def _length(difference: np.ndarray) -> float:
    return np.sqrt((difference**2).sum())


def _once(height: int, width: int, channels: int) -> float:
    return 1 / (2 * height * width * channels)


_PAIRS = tuple(
    (style, np.array(generated, float))
    for (style,), generated in zip(
        _MAPS[1:],
        (
            [[[3, 1], [0, 2], [1, 0]], [[0, 4], [2, 0], [1, 1]]],
            [[[0, 1, 2]], [[2, 0, 3]], [[1, 1, 0]], [[0, 3, -1]]],
            [[[2, 0, 1, 0, 0], [3, 1, 0, 2, 2], [0, 2, 1, 4, 0]]],
        ),
        strict=True,
    )
)

style_loss = Exercise(
    name="style_loss",
    answer_name="my_style_loss",
    solution_source="""
        def my_style_loss(style, generated):
            height, width, channels = style.shape
            rows, others = style.reshape(-1, channels), generated.reshape(-1, channels)
            difference = rows.T @ rows - others.T @ others
            return (difference**2).sum() / (2 * height * width * channels) ** 2
    """,
    hints=(
        "Two Gram matrices, their difference, the sum of its squares, and a factor.",
        "‖…‖² is the sum of the squares of all C·C entries; no root is taken.",
        "(difference**2).sum() / (2 * height * width * channels) ** 2",
    ),
    diagnose=ByCases(
        truth=_style_loss,
        cases=_PAIRS,
        words=lambda style, generated: f"For maps of shape {style.shape}",
        misreadings=(
            Misreading(
                partial(_style_loss, total=_length, factor=_once),
                "neither is squared, the norm nor 2·H·W·C. Some course notes print it so. Both carry a square: "
                "‖…‖² / (2HWC)².",
            ),
            Misreading(
                partial(_style_loss, total=_length),
                "the norm is not squared: you took the root of the sum of squares.",
            ),
            Misreading(partial(_style_loss, factor=_once), "the square over 2·H·W·C is missing."),
            Misreading(
                partial(_style_loss, factor=lambda h, w, c: 1 / (h * w * c) ** 2),
                "the 2 is missing: 2·H·W·C stands under the square.",
            ),
            Misreading(
                partial(_style_loss, factor=lambda h, w, c: 1 / (2 * (h * w * c) ** 2)),
                "the 2 stands inside the brackets: squared it is 4.",
            ),
            Misreading(
                partial(_style_loss, factor=lambda h, w, c: 1 / (2 * h * w) ** 2),
                "the number of maps is missing: 2·H·W·C, not 2·H·W.",
            ),
            Misreading(
                partial(_style_loss, factor=lambda h, w, c: 1 / (2 * c) ** 2),
                "H and W are missing. A Gram matrix has C × C numbers, but each is a sum over H·W places.",
            ),
            Misreading(
                partial(_style_loss, factor=lambda h, w, c: 1), "that is ‖…‖² alone: the factor 1/(2HWC)² is missing."
            ),
            Misreading(
                partial(_style_loss, factor=lambda h, w, c: 1 / c**2),
                "that is the mean of the squares. The formula has its own factor, 1/(2HWC)².",
            ),
            Misreading(
                lambda s, g: 0.5 * ((s - g) ** 2).sum(),
                "that is the content loss: the maps are compared place by place. Compare their Gram matrices.",
            ),
            Misreading(
                partial(_style_loss, matrix=lambda f: f),
                "the maps themselves are compared, place by place. Compare their Gram matrices.",
            ),
            Misreading(
                partial(_style_loss, matrix=lambda f: _rows(f) @ _rows(f).T),
                "you compared Fᵀ F, place with place. The Gram matrix is F Fᵀ, map with map.",
            ),
            Misreading(
                partial(_style_loss, matrix=partial(_gram, rows=_misshaped)),
                "F has the right shape and the wrong numbers: reshape to (H·W, C) first, then transpose.",
            ),
            Misreading(
                partial(_style_loss, total=np.sum), "the differences are not squared, so they cancel each other out."
            ),
            Misreading(
                partial(_style_loss, total=lambda d: np.abs(d).sum()),
                "those are absolute values. Square the differences.",
            ),
            Misreading(
                lambda s, g: _style_loss(s - g, 0 * g),
                "you took the Gram matrix of the difference. Take the difference of the two Gram matrices.",
            ),
            Misreading(
                lambda s, g: _style_loss(s, 0 * g),
                "`generated` was not looked at: that is the style's Gram matrix alone.",
            ),
        ),
        otherwise="‖G(S) − G(G)‖² / (2·H·W·C)²: the sum of the squared differences of the two Gram matrices, times the "
        "factor.",
        praise="Squared norm and squared factor. Half a formula from elsewhere would have asked for another weight.",
    ),
    mistakes=(
        Mistake(lambda style, generated: _gram(style) - _gram(generated), "should be one number"),
        Mistake(lambda style, generated: 3 * _style_loss(style, generated), "times the factor"),
    ),
    why="Each entry of a Gram matrix is a sum over H·W places, and there are C · C of them. Divided by (HWC)², layers "
    "of any size and depth give losses that can be compared; the 4 cancels a factor in the derivative. With another "
    "factor the loss has the same minimum and needs another weight.",
)


# --- total variation --------------------------------------------------------------------------------------------------


def _right(picture: np.ndarray) -> np.ndarray:
    return np.diff(picture, axis=1)


def _below(picture: np.ndarray) -> np.ndarray:
    return np.diff(picture, axis=0)


def _variation(picture: np.ndarray, each: Callable = np.abs, gather: Callable = np.sum) -> float:
    return gather(each(_right(picture))) + gather(each(_below(picture)))


_PICTURES = tuple(
    (np.array(values, float),)
    for values in (
        [[[0], [1]], [[0], [3]]],
        [[[1, 0, 2], [4, 0, 0], [2, 5, 1]], [[0, 1, 1], [3, 3, 0], [2, 2, 6]]],
        [[[5, 1]], [[2, 2]], [[0, 7]]],
        [[[0.5, 1, 0], [0, 0.25, 1], [1, 1, 0.5], [0, 0, 0.75]]],
    )
)

variation = Exercise(
    name="variation",
    answer_name="my_variation",
    solution_source="""
        def my_variation(picture):
            right = np.abs(picture[:, 1:] - picture[:, :-1])
            below = np.abs(picture[1:] - picture[:-1])
            return right.sum() + below.sum()
    """,
    hints=(
        "Each pixel has a neighbour to the right and one below, but for the last column and the last row.",
        "picture[:, 1:] - picture[:, :-1] are the differences to the right.",
        "Take the absolute values, then add up both directions and all channels.",
    ),
    diagnose=ByCases(
        truth=_variation,
        cases=_PICTURES,
        words=lambda p: f"For a picture of shape {p.shape}",
        misreadings=(
            Misreading(
                lambda p: sum(np.abs(np.roll(p, -1, axis) - p).sum() for axis in (1, 0)),
                "the last column is compared with the first, and the last row with the first: np.roll wraps round. "
                "They have no such neighbour.",
            ),
            Misreading(lambda p: np.abs(_right(p)).sum(), "the neighbours below are missing."),
            Misreading(lambda p: np.abs(_below(p)).sum(), "the neighbours to the right are missing."),
            Misreading(
                partial(_variation, each=lambda d: d),
                "the signs are still there: up and down cancel. Take the absolute value of each difference.",
            ),
            Misreading(
                lambda p: abs(_right(p).sum()) + abs(_below(p).sum()),
                "you added first and took the absolute value of the sum. Up and down have then cancelled: take it of "
                "each difference.",
            ),
            Misreading(
                partial(_variation, each=np.square),
                "you squared the differences. That punishes a sharp edge more than a blurred one; here absolute values "
                "are asked for.",
            ),
            Misreading(
                lambda p: np.sqrt(_variation(p, each=np.square)), "that is a root of squares. Add the absolute values."
            ),
            Misreading(
                partial(_variation, gather=lambda d: d.mean() if d.size else 0.0),
                "those are means over the pixels. Total variation is the sum.",
            ),
            Misreading(lambda p: _variation(p) / p.size, "you divided by the number of values. It is the sum."),
            Misreading(
                lambda p: 2 * _variation(p), "each pair of neighbours was counted twice. Right and below are enough."
            ),
            Misreading(
                lambda p: np.abs(p[1:, 1:] - p[:-1, :-1]).sum(), "those are the diagonal neighbours: right *and* below."
            ),
            Misreading(
                lambda p: np.abs(p[:-1, 1:] - p[:-1, :-1]).sum() + np.abs(p[1:, :-1] - p[:-1, :-1]).sum(),
                "the last row has neighbours to the right too, and the last column neighbours below. Cut one axis at a "
                "time.",
            ),
            Misreading(
                lambda p: _variation(p) + np.abs(np.diff(p, axis=2)).sum(),
                "the channels were compared with each other as well. Red and green of one pixel are no neighbours.",
            ),
            Misreading(
                lambda p: _variation(p.mean(axis=-1)),
                "you took the mean of the channels first. Each channel counts by itself.",
            ),
            Misreading(lambda p: _variation(p[..., 0]), "only the first channel was counted."),
        ),
        otherwise="Σ |right neighbour − pixel| + Σ |lower neighbour − pixel|, over all channels.",
        praise="An even picture has 0, noise has much. Weighed lightly it takes the dots out and leaves the strokes.",
    ),
    mistakes=(
        Mistake(lambda picture: np.abs(_below(picture)), "should be one number"),
        Mistake(lambda picture: float(picture.max() - picture.min()), "lower neighbour"),
    ),
    why="Slices that are shifted by one put every pixel beside its neighbour, and cutting off the last column or row "
    "leaves out those that have none. Absolute values let a sharp edge cost as much as a gradual one of the same "
    "height, so edges may stay sharp.",
)


# --- a weight under another normalisation -----------------------------------------------------------------------------

_NUMBERS = 16 * 16 * 64

weight = Exercise(
    name="weight",
    answer_name="alpha",
    solution_source="alpha = 2 / (16 * 16 * 64)",
    hints=(
        "Write both losses with the same Σ, the sum of the squared differences.",
        "The mean is Σ / N with N = 16 · 16 · 64, ours is α · Σ / 2. Make them equal.",
        "α / 2 = 1 / N.",
    ),
    diagnose=ByValue(
        truth=2 / _NUMBERS,
        misreadings={
            1: "Then the content weighs thousands of times too much: a sum over 16,384 numbers is not their mean.",
            1 / _NUMBERS: "The ½ of our loss is still to be made up for.",
            0.5 / _NUMBERS: "The ½ goes the other way: a halved loss needs twice the weight.",
            _NUMBERS
            / 2: "That is the other direction, from the sum to the mean. Ours is the larger loss, so its weight "
            "is the smaller one.",
            _NUMBERS: "A sum is larger than a mean, so the weight must become smaller; and there is a ½.",
            2: "That makes up for the ½ alone. The mean divides by the number of values as well.",
            0.5: "The ½ goes the other way, and the mean divides by the number of values as well.",
            2 / 256: "You counted the places, 16 · 16. The mean is over all 16 · 16 · 64 numbers.",
            2 / 64: "You counted the maps, 64. The mean is over all 16 · 16 · 64 numbers.",
            2 / _NUMBERS**2: "The square belongs to the style's formula. In the content loss N stands once.",
        },
        otherwise="Σ / N on one side, α · Σ / 2 on the other, with N = 16 · 16 · 64.",
        praise="α = 2/16,384 = 1/8,192. A published weight means nothing without the formula it was used in.",
        take=lambda answer: number(answer, "alpha"),
        same=lambda left, right: abs(left - right) <= 0.005 * abs(right),
    ),
    mistakes=(Mistake(0.25, "α · Σ / 2"), Mistake([2, 16384], "alpha should be one number")),
    why="Both losses are the same sum with another factor in front: 1/N in the mean, α/2 in ours. A weight multiplies "
    "its loss, so equal products have equal effect: α/2 = 1/N. On maps of another size N differs, and so does α.",
)


# --- what the network must get ----------------------------------------------------------------------------------------

_BGR = np.array([103.939, 116.779, 123.68])  # VGG's means: blue, green, red


def _prepare(
    picture: np.ndarray, turn: Callable = lambda p: p[..., ::-1], scale: float = 255.0, mean: object = _BGR
) -> np.ndarray:
    return turn(picture) * scale - mean


def _as_it_is(picture: np.ndarray) -> np.ndarray:
    return picture


_SHOWN = tuple(
    (np.array(values, float),)
    for values in (
        [[[1.0, 0.5, 0.0]]],
        [[[0.2, 0.4, 0.9], [0.0, 1.0, 0.3]], [[0.7, 0.1, 0.6], [1.0, 1.0, 1.0]], [[0.8, 0.0, 0.1], [0.35, 0.25, 0.55]]],
    )
)

prepare = Exercise(
    name="prepare",
    solution_source="""
        def prepare(picture):
            return picture[..., ::-1] * 255 - np.array([103.939, 116.779, 123.68])
    """,
    hints=(
        "Follow the red of one pixel: which place is it in after [..., ::-1], and which mean is taken off it?",
        "After the turn the order is blue, green, red. 123.68 is the mean of red.",
        "The means in the order blue, green, red: 103.939, 116.779, 123.68.",
    ),
    diagnose=ByCases(
        truth=_prepare,
        cases=_SHOWN,
        words=lambda p: f"For a picture of shape {p.shape}",
        misreadings=(
            Misreading(
                partial(_prepare, mean=_BGR[::-1]),
                "still the bug: red's mean is taken off blue, and blue's off red. The turned picture is blue, green, "
                "red: turn the means too.",
            ),
            Misreading(
                partial(_prepare, turn=_as_it_is),
                "the means are in blue, green, red and the picture still in red, green, blue. Keep the turn.",
            ),
            Misreading(
                partial(_prepare, turn=_as_it_is, mean=_BGR[::-1]),
                "picture and means agree now, but in red, green, blue. VGG19 wants blue first.",
            ),
            Misreading(
                partial(_prepare, scale=1.0),
                "the picture is still 0 to 1, and a mean above 100 is taken off it: everything becomes about −100. "
                "Multiply by 255.",
            ),
            Misreading(
                partial(_prepare, scale=1.0, mean=_BGR / 255),
                "the numbers lie between −1 and 1. This network learned from 0 to 255, less the mean.",
            ),
            Misreading(partial(_prepare, mean=0), "the means are no longer taken off."),
            Misreading(
                partial(_prepare, mean=_BGR / 255),
                "the means are divided by 255, the picture is not: one range for both.",
            ),
            Misreading(partial(_prepare, mean=-_BGR), "the means are added. Take them off."),
            Misreading(
                partial(_prepare, scale=2.0, mean=1.0),
                "that is −1 to 1, which other networks want. VGG19 wants 0 to 255 less the means.",
            ),
            Misreading(
                partial(_prepare, mean=_BGR.mean()), "one mean is taken off all three colours. Each has its own."
            ),
            Misreading(
                partial(_prepare, turn=lambda p: p[::-1]),
                "[::-1] turns the rows: the picture stands on its head. The channels are the last axis: [..., ::-1].",
            ),
            Misreading(
                partial(_prepare, turn=lambda p: p[:, ::-1]),
                "[:, ::-1] turns the columns: left and right change places. The channels are the last axis.",
            ),
            Misreading(
                partial(_prepare, turn=lambda p: p[::-1, ::-1, ::-1]),
                "all three axes are turned: the picture stands on its head. Turn the channels only.",
            ),
            Misreading(
                lambda p: np.clip(_prepare(p), 0, 255),
                "you clipped at 0. Half of the numbers are to be negative: they are differences from the mean.",
            ),
            Misreading(
                lambda p: np.round(_prepare(p)), "the numbers are rounded. A picture that is optimised moves by less."
            ),
        ),
        otherwise="Blue, green, red; 0 to 255; each less its own mean.",
        praise="Blue first, 0 to 255, each less its own mean, as `keras.applications.vgg19.preprocess_input` does it. "
        "Nothing would have raised an error: the style would only have come out worse.",
    ),
    mistakes=(
        Mistake(lambda picture: (picture[..., ::-1] * 255 - _BGR)[0], "should have shape"),
        Mistake(lambda picture: 100 * picture, "each less its own mean"),
    ),
    why="The first filters were learned on blue, green, red. Given red first, they see a world in which skies are "
    "orange; given 0 to 1, they see almost nothing. Shape and type are right either way, so only a look at the numbers "
    "finds it.",
)

summary = Summary(gram, transposed, style_loss, content_start, variation, weight, prepare)
