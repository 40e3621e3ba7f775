"""The exercises of lesson 06: counting LeNet-5, AlexNet and VGG, and finding what a copied network lacks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnlab.arithmetic.shapes import conv_params, dense_params, output_size
from cnnlab.checks.answers import Wrong, array, read, show
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByEntry, ByValue, Case, Misreading
from cnnlab.checks.summary import Summary

# --- top-k error ------------------------------------------------------------------------------------------------------

_SCORES = np.array(
    [[0.10, 0.50, 0.20, 0.05, 0.15], [0.40, 0.30, 0.02, 0.18, 0.10], [0.05, 0.15, 0.10, 0.50, 0.20],
     [0.30, 0.05, 0.25, 0.22, 0.18]], "float32"
)  # fmt: skip
_LABELS = np.array([1, 4, 4, 2])  # ranks of the true class: 1st, 4th, 2nd, 2nd


def _ranks(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(N,) how many classes have a higher score than the true one."""
    return (scores > scores[np.arange(len(labels)), labels][:, None]).sum(axis=1)


def _top_k(scores: np.ndarray, labels: np.ndarray, k: int = 5) -> float:
    return float((_ranks(scores, labels) >= k).mean())


def _among_scores(scores: np.ndarray, labels: np.ndarray, k: int = 5) -> float:
    """The error of whoever looks for the label among the k highest scores, and not among their places."""
    return float(np.mean([label not in np.sort(row)[-k:] for row, label in zip(scores, labels, strict=True)]))


def _wide() -> tuple[np.ndarray, np.ndarray]:
    """Forty pictures and twenty classes, no two scores alike."""
    rng = np.random.default_rng(6)
    scores = rng.permuted(np.tile(np.arange(20.0), (40, 1)), axis=1) / 190
    return scores.astype("float32"), rng.integers(0, 20, 40)


_diagnose_top_k = ByCases(
    truth=_top_k,
    cases=(
        *(Case(_SCORES, _LABELS, k, words=f"With 4 pictures, 5 classes and k = {k}") for k in (1, 2, 3)),
        Case(*_wide(), 7, words="With 40 pictures, 20 classes and k = 7"),
        Case(*_wide(), words="With 40 pictures, 20 classes and no k given, so 5,"),
    ),
    misreadings=(
        Misreading(
            lambda s, t, k=5: 1 - _top_k(s, t, k), "that is the share of hits. The error is the share of misses."
        ),
        Misreading(lambda s, t, k=5: 100 * _top_k(s, t, k), "that is in per cent. Return the share, from 0 to 1."),
        Misreading(
            lambda s, t, k=5: len(t) * _top_k(s, t, k),
            "that is the number of misses. Divide by the number of pictures.",
        ),
        Misreading(
            lambda s, t, k=5: _top_k(-s, t, k), "those are the k lowest scores: argsort goes upwards, take its last k."
        ),
        Misreading(lambda s, t, k=5: _top_k(s, t, 1), "k is not used: only the best guess counts as a hit."),
        Misreading(lambda s, t, k=5: _top_k(s, t, 5), "k is not used: it is always 5."),
        Misreading(
            lambda s, t, k=5: _top_k(s, t, k + 1),
            "one guess too many counts as a hit: fewer than k classes may beat the true one.",
        ),
        Misreading(
            lambda s, t, k=5: _top_k(s, t, k - 1),
            "one guess too few counts as a hit: k - 1 classes may beat the true one.",
        ),
        Misreading(
            lambda s, t, k=5: float((_ranks(s, t) != k - 1).mean()),
            "only the k-th best guess counts as a hit. All of the first k do.",
        ),
        Misreading(
            lambda s, t, k=5: len(t) * _top_k(s, t, k) / s.shape[1],
            "you divided by the number of classes. Divide by the number of pictures, the rows of `scores`.",
        ),
        Misreading(
            _among_scores,
            "the label was looked for among the scores themselves. Compare it with the places of the scores: argsort.",
        ),
    ),
    otherwise="A picture is a hit if its label is among the k classes with the highest scores.",
    praise="Top-1 0.75, top-2 0.25, top-3 0.25 on the four pictures. With k = 5 it is the number the race was run by.",
)


top_k_error = Exercise(
    name="top_k_error",
    solution_source="""
        def top_k_error(scores, labels, k=5):
            best = np.argsort(scores, axis=1)[:, -k:]  # (N, k) classes with the highest scores
            hits = (best == labels[:, None]).any(axis=1)
            return 1 - hits.mean()
    """,
    hints=(
        "np.argsort(scores, axis=1) puts the classes of each picture in order, the lowest score first.",
        "The last k columns are the guesses. Compare them with labels[:, None], and ask whether any of a row is equal.",
        "hits = (np.argsort(scores, axis=1)[:, -k:] == labels[:, None]).any(axis=1); the error is 1 - hits.mean().",
    ),
    diagnose=_diagnose_top_k,
    mistakes=(
        Mistake(lambda s, t, k=4: _top_k(s, t, k), "no k given, so 5"),
        Mistake(lambda s, t, k: _top_k(s, t, k), "TypeError"),
        Mistake(lambda s, t, k=5: 0.5, "A picture is a hit"),
        Mistake(lambda s, t, k=5: _ranks(s, t) >= k, "one number"),
    ),
    why="What counts is the true class's place in the order of the scores, not how high its score is. Each further "
    "guess can only turn misses into hits: the error falls or stays as k grows, and with as many guesses as "
    "classes it is 0.",
)


# --- a copied table of LeNet ------------------------------------------------------------------------------------------


def _biases(weights: int, units: int) -> dict[int, str]:
    return {
        weights: f"The {units} biases are missing.",
        weights + 1: f"Every filter has its own bias: add {units}, not 1.",
    }


lenet_table = Exercise(
    name="lenet_table",
    answer_name="parameters",
    solution_source="""
        parameters = [
            5 * 5 * 3 * 8 + 8,  # a filter is as deep as the picture: 3
            5 * 5 * 8 * 16 + 16,  # and here as deep as the maps before it: 8
            5 * 5 * 16 * 120 + 120,
            120 * 84 + 84,
            84 * 10 + 10,
        ]
    """,
    hints=(
        "Convolution: height · width · depth of one filter, times the filters, plus a bias for each filter.",
        "The depth is that of the layer's input: 3 for conv1, 8 for conv2. fc1 reads 5·5·16 = 400 numbers.",
        "Each unit of a Dense layer has its own bias: fc1 is 400 · 120 + 120.",
    ),
    diagnose=ByEntry(
        truth=(608, 3_216, 48_120, 10_164, 850),
        entries={
            "conv1": {
                208: "5·5·1 · 8 + 8: the picture has 3 channels, and a filter is as deep as its input.",
                6_080: "The 10 classes have nothing to do here.",
                456: "That is LeNet with 6 filters; this one has 8.",
                **_biases(600, 8),
            },
            "conv2": {
                416: "5·5·1 · 16 + 16: a filter is as deep as its input, which has 8 maps now.",
                1_216: "The second layer reads the 8 maps of the first, not the 3 colours.",
                2_416: "That is a layer after 6 filters; here 8 stand before it.",
                **_biases(3_200, 16),
            },
            "fc1": {
                48_001: "One bias for all: each of the 120 units has its own.",
                48_000: "The 120 biases are missing.",
                3_120: "5·5 = 25 inputs: all 16 maps are flattened, 5·5·16 = 400.",
                192_120: "10·10·16 inputs: the second pooling halves the maps once more, to 5·5·16 = 400.",
            },
            "fc2": {
                10_081: "One bias for all: each of the 84 units has its own.",
                10_080: "The 84 biases are missing.",
            },
            "predictions": {
                841: "One bias for all: each of the 10 units has its own.",
                840: "The 10 biases are missing.",
            },
        },
        otherwise="Weights of one filter or unit, times how many there are, plus a bias for each.",
        praise="608, 3,216, 48,120, 10,164 and 850: 62,958 in all. All five of the copied numbers were wrong.",
        take=lambda answer: array(answer, (5,), "The list of parameters"),
        whole={
            (208, 416, 48_001, 10_081, 841): "That is the copied table. conv1: 208 = 5·5·1 · 8 + 8. How deep is a "
            "filter on a colour picture?"
        },
    ),
    mistakes=(
        Mistake((600, 3_200, 48_000, 10_080, 840), "8 biases are missing"),
        Mistake((608, 3_216, 48_001, 10_081, 841), "One bias for all"),
        Mistake((608, 3_216, 48_120, 10_164, 10), "plus a bias for each"),
        Mistake([608, 3_216], "shape (5,)"),
    ),
    why="A filter reaches through all channels of its input, so its depth is the number of maps before it, and it is "
    "stored once for all positions. A unit of a Dense layer has a weight for every number it reads. Each filter "
    "and each unit adds one bias.",
)


# --- what a grouped convolution costs ---------------------------------------------------------------------------------


def _cost(h: int, w: int, c: int, f: int, k: int, g: int = 1) -> tuple[int, int]:
    weights = k * k * (c // g) * f
    return weights + f, h * w * weights


_diagnose_conv_cost = ByCases(
    truth=_cost,
    cases=(
        (27, 27, 96, 256, 5, 2),
        (13, 13, 256, 384, 3),
        (13, 13, 384, 256, 3, 2),
        (10, 7, 12, 8, 3, 4),
        (1, 1, 20, 8, 3, 2),
    ),
    misreadings=(
        Misreading(
            lambda h, w, c, f, k, g=1: _cost(h, w, c, f, k),
            "groups is not used. In 2 groups a filter reads one half of the channels only.",
        ),
        Misreading(
            lambda h, w, c, f, k, g=1: _cost(h, w, c // g, f // g, k),
            "that is one of the groups. The layer has all of them: every filter counts, whichever group it is in.",
        ),
        Misreading(
            lambda h, w, c, f, k, g=1: (
                _cost(h, w, c // g, f // g, k)[0] - f // g + f,
                _cost(h, w, c // g, f // g, k)[1],
            ),
            "channels and filters were both divided. All filters are still there; only the depth of each shrinks.",
        ),
        Misreading(
            lambda h, w, c, f, k, g=1: (_cost(h, w, c, f, k, g)[0] - f, _cost(h, w, c, f, k, g)[1]),
            "the biases are missing from the parameters: one for each filter.",
        ),
        Misreading(
            lambda h, w, c, f, k, g=1: (_cost(h, w, c, f, k, g)[0] - f + 1, _cost(h, w, c, f, k, g)[1]),
            "one bias for the whole layer. Every filter has its own.",
        ),
        Misreading(
            lambda h, w, c, f, k, g=1: (k * k * (c // g) * f + f // g, _cost(h, w, c, f, k, g)[1]),
            "the biases were divided by the groups. Every filter has its own, whichever group it is in.",
        ),
        Misreading(
            lambda h, w, c, f, k, g=1: (_cost(h, w, c, f, k, g)[0], _cost(h, w, c, f, k)[1]),
            "groups stands in the parameters only. A filter that reads fewer channels multiplies less, too.",
        ),
        Misreading(
            lambda h, w, c, f, k, g=1: (_cost(h, w, c, f, k, g)[0], _cost(h, h, c, f, k, g)[1]),
            "you took the picture for a square: there are height · width positions.",
        ),
        Misreading(
            lambda h, w, c, f, k, g=1: (_cost(h, w, c, f, k, g)[0], h * w * (c // g) * f),
            "the kernel is missing from the multiply-adds: kernel_size · kernel_size products in each channel.",
        ),
        Misreading(
            lambda h, w, c, f, k, g=1: (_cost(h, w, c, f, k, g)[0], h * w * k * k * (c // g)),
            "the multiply-adds are those of one filter. All filters do so many at every position.",
        ),
        Misreading(
            lambda h, w, c, f, k, g=1: (_cost(h, w, c, f, k, g)[0], h * w * _cost(h, w, c, f, k, g)[0]),
            "the biases were counted as multiply-adds. A bias is added, with no multiplication: leave it out there.",
        ),
        Misreading(
            lambda h, w, c, f, k, g=1: (_cost(h, w, c, f, k, g)[0], 2 * _cost(h, w, c, f, k, g)[1]),
            "a product and its addition were counted as two. That is FLOPs; a multiply-add is both at once.",
        ),
        Misreading(
            lambda h, w, c, f, k, g=1: (_cost(h, w, c, f, k, g)[0], _cost(1, 1, c, f, k, g)[1]),
            "each weight was used once. It is used at every one of the height · width positions.",
        ),
        Misreading(
            lambda h, w, c, f, k, g=1: (
                _cost(h, w, c, f, k, g)[0],
                (h - k + 1) * (w - k + 1) * _cost(1, 1, c, f, k, g)[1],
            ),
            "you left the padding out. The layer keeps the size: there are height · width positions.",
        ),
        Misreading(
            lambda h, w, c, f, k, g=1: (k * (c // g) * f + f, h * w * k * (c // g) * f),
            "the kernel is square: kernel_size · kernel_size weights in each channel.",
        ),
        Misreading(lambda h, w, c, f, k, g=1: _cost(h, w, c, f, k, g)[::-1], "the two are swapped: parameters first."),
        Misreading(
            lambda h, w, c, f, k, g=1: (k * k * f * (c // g) + c, _cost(h, w, c, f, k, g)[1]),
            "one bias for each input channel. The bias belongs to the filter.",
        ),
    ),
    otherwise="One filter has k · k · (channels / groups) weights. How many filters, how many positions?",
    praise="AlexNet's second layer: 307,456 parameters in two groups, 614,656 in one. Two groups halve both costs.",
)


conv_cost = Exercise(
    name="conv_cost",
    solution_source="""
        def conv_cost(height, width, in_channels, filters, kernel_size, groups=1):
            weights = kernel_size * kernel_size * (in_channels // groups) * filters
            return weights + filters, height * width * weights
    """,
    hints=(
        "How deep is one filter if it reads only its own group's channels?",
        "in_channels // groups. There are still `filters` of them, each with a bias.",
        "weights = kernel_size ** 2 * (in_channels // groups) * filters; each is used at height * width positions.",
    ),
    diagnose=_diagnose_conv_cost,
    mistakes=(
        Mistake(lambda h, w, c, f, k, g=1: (f, h), "How many filters"),
        Mistake(lambda h, w, c, f, k, g=1: f, "shape (2,)"),
        Mistake(lambda h, w, c, f, k, g: _cost(h, w, c, f, k, g), "TypeError"),
        Mistake(lambda h, w, c, f, k, g=2: _cost(h, w, c, f, k, g), "For (13, 13, 256, 384, 3)"),
    ),
    why="In g groups a filter reads a g-th of the channels and is that much thinner; there are as many filters and "
    "biases as before. A multiply-add is one use of a weight, and each weight is used once at every position. So "
    "weights and work fall by one factor.",
)


# --- the copied AlexNet -----------------------------------------------------------------------------------------------

_CONVS = (("conv", 96, 11, 4, "valid"), ("conv", 256, 5, 1, "same"), ("conv", 384, 3, 1, "same"),
          ("conv", 384, 3, 1, "same"), ("conv", 256, 3, 1, "same"))  # fmt: skip
_POOL = ("pool", 3, 2)
_DENSE = (("dense", 4096), ("dense", 4096), ("dense", 1000))
_COPIED = (_CONVS[0], _POOL, _CONVS[1], _POOL, *_CONVS[2:], *_DENSE)
_REPAIRED = (*_COPIED[:7], _POOL, *_DENSE)
_FORMS = {"conv": "('conv', filters, kernel, stride, padding)", "pool": "('pool', size, stride)",
          "dense": "('dense', units)"}  # fmt: skip


def _rows(answer: object) -> list[tuple]:
    """The learner's list as tuples of the three known forms."""
    if not isinstance(answer, (list, tuple)) or not answer:
        raise Wrong("A list of layers is expected here, like the one above: copied, with the bug mended.")
    rows = []
    for place, row in enumerate(answer):
        kind = row[0] if isinstance(row, (list, tuple)) and row else None
        form = _FORMS.get(kind) if isinstance(kind, str) else None
        if form is None or len(row) != form.count(",") + 1:
            raise Wrong(f"Entry {place} is {show(row)}. Each layer is one of {', '.join(_FORMS.values())}.")
        rows.append((*row[:4], _padding(row[2], row[4])) if kind == "conv" else tuple(row))
    return rows


def _padding(kernel: int, padding: object) -> object:
    """A padding given in pixels as the word for it."""
    if isinstance(padding, int):
        return {0: "valid", kernel - 1: "same"}.get(2 * padding, padding)
    return padding


def _alexnet(rows: Sequence[tuple]) -> tuple[int, int, int]:
    """Parameters in all, and the side and depth of what arrives at the first Dense layer."""
    side, depth, inputs, total = 227, 3, None, 0
    arrives = (side, depth)
    for kind, *numbers in rows:
        if kind == "dense":
            if inputs is None:
                arrives, inputs = (side, depth), side * side * depth
            total, inputs = total + dense_params(inputs, numbers[0]), numbers[0]
        elif kind == "pool":
            side = output_size(side, numbers[0], strides=numbers[1])
        else:
            filters, kernel, stride, padding = numbers
            side = output_size(side, kernel, strides=stride, padding=padding)
            total, depth = total + conv_params(kernel, depth, filters), filters
    return total, *arrives


def _diagnose_repaired(answer: object) -> str:
    rows = _rows(answer)
    if rows == list(_COPIED):
        raise Wrong("Nothing has changed: this still has 201,838,952 parameters.")
    if any(kind == "dense" and later[0] != "dense" for (kind, *_), later in zip(rows, rows[1:], strict=False)):
        raise Wrong("A convolution or pooling stands behind a Dense layer, where no picture is left.")
    try:
        total, side, depth = _alexnet(rows)
    except (TypeError, ValueError) as error:
        raise Wrong(f"This network cannot be built: {error}") from None
    said = f"This has {total:,} parameters, and {side}×{side}×{depth} numbers arrive at the first Dense layer."
    if tuple(row for row in rows if row[0] == "dense") != _DENSE:
        raise Wrong(f"{said} The Dense layers are AlexNet's own. Look at what arrives at the first of them.")
    if tuple(row for row in rows if row[0] == "conv") != _CONVS:
        raise Wrong(f"{said} The five convolutions are AlexNet's own. Look at what happens between and after them.")
    convs, after = 0, []
    for row in rows:
        convs += row[0] == "conv"
        if row[0] == "pool":
            after.append((convs, row[1:]))
    if after == [(1, (3, 2)), (2, (3, 2)), (5, (3, 2))]:
        return (
            "62,378,344. One line without a single weight of its own was missing, and it was worth 139 million: the "
            "pooling after the last convolution hands 6·6·256 numbers on instead of 13·13·256."
        )
    places = [place for place, _ in after]
    if places == [1, 2, 5] and total == 62_378_344:
        raise Wrong(f"{said} The count is right, but AlexNet's windows overlap: size 3, stride 2, all three of them.")
    if places == [1, 2, 5]:
        raise Wrong(f"{said} The place is right, the window is not: it should turn 13×13 into 6×6, as 3 and 2 do.")
    if total == 62_378_344:
        raise Wrong(
            f"{said} The count is right, but the pooling stands in the wrong place: a later convolution sees only a "
            "part of its positions now. A parameter count cannot tell that; the multiply-adds can."
        )
    raise Wrong(f"{said} AlexNet has 62,378,344, and 6×6×256 arrive. What makes a picture smaller without weights?")


repaired = Exercise(
    name="repaired",
    solution_source="""
        repaired = [
            ("conv", 96, 11, 4, "valid"),
            ("pool", 3, 2),
            ("conv", 256, 5, 1, "same"),
            ("pool", 3, 2),
            ("conv", 384, 3, 1, "same"),
            ("conv", 384, 3, 1, "same"),
            ("conv", 256, 3, 1, "same"),
            ("pool", 3, 2),  # 13 -> 6: this one was missing
            ("dense", 4096),
            ("dense", 4096),
            ("dense", 1000),
        ]
    """,
    hints=(
        "177,213,440 = inputs · 4,096 + 4,096. How many inputs are that, and which three numbers multiply to it?",
        "43,264 = 13·13·256. AlexNet's fully connected part reads 6·6·256 = 9,216.",
        'From 13 to 6 with a window of 3 and stride 2: copied[:7] + [("pool", 3, 2)] + copied[7:].',
    ),
    diagnose=_diagnose_repaired,
    mistakes=(
        Mistake(_COPIED, "Nothing has changed"),
        Mistake((*_COPIED[:7], ("pool", 2, 2), *_DENSE), "windows overlap"),
        Mistake((*_COPIED[:7], ("pool", 3, 3), *_DENSE), "the window is not"),
        Mistake((*_COPIED[:6], _POOL, *_COPIED[6:]), "wrong place"),
        Mistake((*_COPIED[:7], ("dense", 1000)), "Dense layers are AlexNet's own"),
        Mistake((*_COPIED[:6], ("conv", 256, 3, 2, "same"), *_DENSE), "convolutions are AlexNet's own"),
        Mistake((*_COPIED, _POOL), "behind a Dense layer"),
        Mistake((*_COPIED[:7], ("pool", 30, 2), *_DENSE), "cannot be built"),
        Mistake((*_COPIED[:7], _POOL, _POOL, *_DENSE), "smaller without weights"),
        Mistake((*_COPIED[:7], ("pool", 3), *_DENSE), "Entry 7"),
        Mistake(("pool", 3, 2), "Entry 0"),
        Mistake(62_378_344, "A list of layers"),
    ),
    why="The first Dense layer has 4,096 weights for every number that arrives, so a total that is too high says that "
    "too many arrive. Pooling has no weights, and yet it decides how many the layer behind it needs: 6 · 6 is "
    "about a fifth of 13 · 13.",
)


# --- stacks of 3×3 ----------------------------------------------------------------------------------------------------


def _stack(field: int) -> tuple[int, int]:
    return field // 2, 9 * (field // 2)


_diagnose_stack = ByCases(
    truth=_stack,
    cases=[(field,) for field in (3, 5, 6, 7, 11, 12, 15)],
    words="For a field of {}".format,
    misreadings=(
        Misreading(
            lambda field: (-(-field // 3), 9 * -(-field // 3)),
            "the field was divided by 3. Each layer after the first widens it by 2, not 3: windows overlap.",
        ),
        Misreading(
            lambda field: (field // 2 - 1, 9 * (field // 2 - 1)),
            "the first layer is missing: it sees 3, and each further one adds 2.",
        ),
        Misreading(
            lambda field: ((field - 1) // 2, 9 * ((field - 1) // 2)),
            "one layer too few where the field is even: two layers see 5, and 6 is more. Round up.",
        ),
        Misreading(
            lambda field: ((field - 1) / 2, 9 * (field - 1) / 2),
            "half a layer cannot be built. Round up to whole ones.",
        ),
        Misreading(
            lambda field: (-(-field // 2), 9 * -(-field // 2)),
            "the field was divided by 2. Start from 1 pixel, and each layer adds 2: (field − 1) / 2, rounded up.",
        ),
        Misreading(
            lambda field: (round((field - 1) / 2), 9 * round((field - 1) / 2)),
            "round() takes a half to the even neighbour: 2.5 becomes 2. Round up, always.",
        ),
        Misreading(
            lambda field: (field - 2, 9 * (field - 2)),
            "each further layer widens the field by 2, one pixel on each side, and you counted 1.",
        ),
        Misreading(lambda field: (field // 2, field * field), "the weights are those of the one large kernel."),
        Misreading(
            lambda field: (field // 2, 9), "the weights are those of one layer. Every layer of the stack has its own."
        ),
        Misreading(lambda field: (field // 2, 9 ** (field // 2)), "layers add up their weights; they do not multiply."),
        Misreading(lambda field: (field // 2, 3 * (field // 2)), "a 3×3 kernel has 9 weights, not 3."),
        Misreading(lambda field: _stack(field)[::-1], "the two are swapped: the number of layers first."),
        Misreading(
            lambda field: (field - 1, 9 * (field - 1)),
            "a layer widens the field by one pixel on each side: 2 in all, not 1.",
        ),
    ),
    otherwise="One layer sees 3, two see 5, three see 7; each has 9 weights for every pair of channels.",
    praise="For 11×11, five layers with 45·C² weights; one kernel has 121·C². The wider, the more it pays.",
)


three_by_threes = Exercise(
    name="three_by_threes",
    solution_source="""
        def three_by_threes(field):
            layers = field // 2  # 2 and 3: one, 4 and 5: two; each adds one pixel on each side
            return layers, 9 * layers
    """,
    hints=(
        "One layer sees 3, two see 5. How much does each further layer add?",
        "n layers see 2n + 1. Which n is the first that makes it `field` or more?",
        "layers = field // 2, and each has 3·3 = 9 weights for every pair of channels.",
    ),
    diagnose=_diagnose_stack,
    mistakes=(
        Mistake(lambda field: (1, 1), "One layer sees 3"),
        Mistake(lambda field: (field // 2, f"{9 * (field // 2)} C²"), "in yours stands a text in quotes"),
        Mistake(lambda field: field // 2, "shape (2,)"),
        Mistake(lambda field: (field // 2 + 1, 9 * (field // 2 + 1)), "three see 7"),
    ),
    why="Each layer looks one pixel further on every side, so n layers see 2n + 1 pixels. The weights of the stack "
    "grow in step with n, those of one large kernel with the square of its side.",
)


# --- where VGG-16 keeps its parameters --------------------------------------------------------------------------------

_SHARES = (100 * 123_642_856 / 138_357_544, 100 * 123_633_664 / 15_470_264_320)  # 89.4 and 0.8


def _near(value: float, right: float, decimals: int = 2) -> bool:
    """Whether a percentage is right as far as it can be with so many decimals."""
    return abs(value - right) <= 0.501 * 10.0**-decimals


def _same_shares(got: np.ndarray, shares: tuple[float, float]) -> bool:
    """Whether these are the shares, the right ones to two decimals and wrong ones to one."""
    return _near(got[1], shares[1]) and _near(got[0], shares[0], 2 if shares == _SHARES else 1)


def _not_shares(got: np.ndarray) -> str:
    said = f"You say {read(got[0])} % of the parameters and {read(got[1])} % of the multiply-adds."
    if all(_near(mine, share, 0) for mine, share in zip(got, _SHARES, strict=True)):
        return f"{said} That is near, but rounded too far or not quite right. Give two decimals."
    if _near(got[0], _SHARES[0]):
        return f"{said} The parameters are right. Add up the multiply-adds of the three rows, then divide by 15.47 G."
    return f"{said} Add up the three rows fc1, fc2 and predictions, and divide by the sum of the whole column."


vgg_shares = Exercise(
    name="vgg_shares",
    answer_name="shares",
    solution_source="""
        dense_params = 102_764_544 + 16_781_312 + 4_097_000
        dense_macs = 25_088 * 4_096 + 4_096 * 4_096 + 4_096 * 1_000
        shares = (100 * dense_params / 138_357_544, 100 * dense_macs / 15_470_264_320)
    """,
    hints=(
        'The three rows are fc1, fc2 and predictions; vgg16.row("fc1").params is a number.',
        "Add up three numbers of the column, divide by vgg16.params or vgg16.macs, multiply by 100.",
        'rows = [vgg16.row(name) for name in ("fc1", "fc2", "predictions")]; then sum(row.params for row in rows).',
    ),
    diagnose=ByValue(
        truth=_SHARES,
        misreadings={
            (_SHARES[1], _SHARES[0]): "The two are swapped: parameters first.",
            (_SHARES[0] / 100, _SHARES[1] / 100): "These are shares from 0 to 1. Multiply by 100.",
            (_SHARES[0] / 100, _SHARES[1]): "The first is a share from 0 to 1. Multiply it by 100 too.",
            (_SHARES[0], _SHARES[1] / 100): "The second is a share from 0 to 1. Multiply it by 100 too.",
            (_SHARES[0], 100 - _SHARES[1]): "The multiply-adds are those of the convolutions. The question is about "
            "fc1, fc2 and predictions.",
            (100 - _SHARES[0], 100 - _SHARES[1]): "That is what the convolutions have. The question is about fc1, fc2 "
            "and predictions.",
            (100 * 102_764_544 / 138_357_544, 100 * 25_088 * 4_096 / 15_470_264_320): "That is fc1 alone. Add fc2 and "
            "predictions.",
            (100 * 119_545_856 / 138_357_544, 100 * (25_088 + 4_096) * 4_096 / 15_470_264_320): "That is fc1 and fc2. "
            "The last layer, predictions, is a Dense layer too.",
            (100 * 123_642_856 / 14_714_688, 100 * 123_633_664 / 15_346_630_656): "You divided by what the "
            "convolutions have. Divide by the whole network's.",
        },
        otherwise=_not_shares,
        praise="89 % of the parameters, 0.8 % of the multiply-adds. A weight of a Dense layer is used once for a "
        "picture, a weight of block1_conv2 50,176 times.",
        said="You say {} % of the parameters and {} % of the multiply-adds",
        take=lambda answer: array(answer, (2,), "The two shares"),
        same=_same_shares,
    ),
    mistakes=(
        Mistake(("89.36 %", "0.80 %"), "in yours stands a text in quotes"),
        Mistake((0.8, 89.36), "swapped"),
        Mistake((86.4, 0.77), "predictions, is a Dense layer too"),
        Mistake((840.27, 0.81), "what the convolutions have"),
        Mistake((89, 1), "Give two decimals"),
        Mistake((89.36, 0.6), "Give two decimals"),
        Mistake((89.36, 1.01), "Give two decimals"),
        Mistake((89.36, 12.0), "divide by 15.47 G"),
        Mistake((50, 50), "Add up the three rows"),
        Mistake(89, "shape (2,)"),
    ),
    why="fc1 joins each of its 25,088 inputs to each of its 4,096 units, and each pair needs a weight of its own. A "
    "convolution joins a place only to its neighbours, and carries the same weights across the picture: that costs "
    "work, but no parameters.",
)

summary = Summary(top_k_error, lenet_table, conv_cost, repaired, three_by_threes, vgg_shares)
