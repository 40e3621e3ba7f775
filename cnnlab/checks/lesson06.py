"""The exercises of lesson 06: counting LeNet-5, AlexNet and VGG, and finding what a copied network lacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cnnlab.checks._exercise import Exercise, Mistake, Wrong, array, call, close, number
from cnnlab.shapes import conv_params, dense_params, output_size


def _counts(answer: object, cases: Sequence[tuple], length: int, what: str) -> list[tuple[float, ...]]:
    """The learner's numbers for every case."""
    return [tuple(array(call(answer, *case), (length,), f"{what} for {_case(case)}")) for case in cases]


def _case(case: tuple) -> str:
    return ", ".join(map(str, case))


def _name_misreading(got: list, cases: Sequence[tuple], misreadings: Sequence[tuple[Callable, str]], said: str) -> None:
    """Raise the first misreading that explains all of the learner's numbers."""
    for how, message in misreadings:
        if all(close(mine, how(*case)) for mine, case in zip(got, cases, strict=True)):
            raise Wrong(f"{said} {message}")


# --- top-k error ------------------------------------------------------------------------------------------------------

_SCORES = np.array(
    [[0.10, 0.50, 0.20, 0.05, 0.15], [0.40, 0.30, 0.02, 0.18, 0.10], [0.05, 0.15, 0.10, 0.50, 0.20],
     [0.30, 0.05, 0.25, 0.22, 0.18]]
)  # fmt: skip
_LABELS = np.array([1, 4, 4, 2])  # ranks of the true class: 1st, 4th, 2nd, 2nd


def _ranks(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(N,) how many classes have a higher score than the true one."""
    return (scores > scores[np.arange(len(labels)), labels][:, None]).sum(axis=1)


def _top_k(scores: np.ndarray, labels: np.ndarray, k: int) -> float:
    return float((_ranks(scores, labels) >= k).mean())


def _wide() -> tuple[np.ndarray, np.ndarray]:
    """Forty pictures and twenty classes, no two scores alike."""
    rng = np.random.default_rng(6)
    return rng.permuted(np.tile(np.arange(20.0), (40, 1)), axis=1) / 190, rng.integers(0, 20, 40)


def _diagnose_top_k(answer: object) -> str:
    cases = [(_SCORES, _LABELS, k) for k in (1, 2, 3)] + [(*_wide(), 5)]
    got = [number(call(answer, *case), f"The error for k = {case[2]}") for case in cases]
    right = [_top_k(*case) for case in cases]
    if close(got, right):
        return (
            "Top-1 0.75, top-2 0.25, top-3 0.25 on the four pictures. With k = 5 it is the number the race was run by."
        )
    place = next(i for i in range(len(cases)) if not close(got[i], right[i]))
    scores, _, k = cases[place]
    said = f"With {len(scores)} pictures and k = {k} you got {got[place]:g}, not {right[place]:g}."
    readings = (
        (lambda s, t, k: 1 - _top_k(s, t, k), "That is the share of hits. The error is the share of misses."),
        (lambda s, t, k: 100 * _top_k(s, t, k), "That is in per cent. Return the share, from 0 to 1."),
        (lambda s, t, k: len(t) * _top_k(s, t, k), "That is the number of misses. Divide by the number of pictures."),
        (lambda s, t, k: _top_k(-s, t, k), "Those are the k lowest scores: argsort goes upwards, take its last k."),
        (lambda s, t, k: _top_k(s, t, 1), "k is not used: only the best guess counts as a hit."),
        (
            lambda s, t, k: _top_k(s, t, k + 1),
            "One guess too many counts as a hit: fewer than k classes may beat the true one.",
        ),
        (
            lambda s, t, k: float(np.mean([label not in np.sort(row)[-k:] for row, label in zip(s, t, strict=True)])),
            "The label was looked for among the scores themselves. Compare it with the places of the scores: argsort.",
        ),
    )
    _name_misreading(got, cases, readings, said)
    raise Wrong(f"{said} A picture is a hit if its label is among the k classes with the highest scores.")


top_k_error = Exercise(
    name="top_k_error",
    answer_name="top_k_error",
    stub="""
        def top_k_error(scores, labels, k=5):
            return ...
    """,
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
        Mistake(lambda s, t, k=5: (np.argsort(s, axis=1)[:, -k:] == t[:, None]).any(axis=1).mean(), "share of hits"),
        Mistake(lambda s, t, k=5: 100 * _top_k(s, t, k), "per cent"),
        Mistake(lambda s, t, k=5: sum(_ranks(s, t) >= k), "number of misses"),
        Mistake(
            lambda s, t, k=5: 1 - (np.argsort(s, axis=1)[:, :k] == t[:, None]).any(axis=1).mean(),
            "argsort goes upwards",
        ),
        Mistake(lambda s, t, k=5: (s.argmax(axis=1) != t).mean(), "k is not used"),
        Mistake(lambda s, t, k=5: (_ranks(s, t) > k).mean(), "One guess too many"),
        Mistake(
            lambda s, t, k=5: np.mean([label not in np.sort(row)[-k:] for row, label in zip(s, t, strict=True)]),
            "scores themselves",
        ),
        Mistake(lambda s, t, k=5: 0.5, "A picture is a hit"),
        Mistake(lambda s, t: 0.5, "TypeError"),
    ),
)


# --- a copied table of LeNet ------------------------------------------------------------------------------------------

_LENET = (608, 3_216, 48_120, 10_164, 850)
_COPIED_TABLE = (208, 416, 48_001, 10_081, 841)
_LENET_LAYERS = ("conv1", "conv2", "fc1", "fc2", "predictions")
_LENET_SAYS = (
    {208: "5·5·1 · 8 + 8: the picture has 3 channels, and a filter is as deep as its input",
     600: "the 8 biases are missing", 601: "every filter has its own bias: add 8, not 1",
     6_080: "the 10 classes have nothing to do here"},
    {416: "5·5·1 · 16 + 16: a filter is as deep as its input, which has 8 maps now",
     1_216: "the second layer reads the 8 maps of the first, not the 3 colours",
     3_200: "the 16 biases are missing", 3_201: "every filter has its own bias: add 16, not 1"},
    {48_001: "one bias for all: each of the 120 units has its own", 48_000: "the 120 biases are missing",
     3_120: "5·5 = 25 inputs: all 16 maps are flattened, 5·5·16 = 400",
     192_120: "10·10·16 inputs: the second pooling halves the maps once more, to 5·5·16 = 400"},
    {10_081: "one bias for all: each of the 84 units has its own", 10_080: "the 84 biases are missing"},
    {841: "one bias for all: each of the 10 units has its own", 840: "the 10 biases are missing"},
)  # fmt: skip


def _diagnose_lenet_table(answer: object) -> str:
    values = array(answer, (5,), "The list of parameters")
    if close(values, _COPIED_TABLE):
        raise Wrong("That is the copied table. conv1: 208 = 5·5·1 · 8 + 8. How deep is a filter on a colour picture?")
    for name, value, right, known in zip(_LENET_LAYERS, values, _LENET, _LENET_SAYS, strict=True):
        if value != right:
            why = known.get(value, "weights of one filter or unit, times how many there are, plus a bias for each")
            raise Wrong(f"{name}: you say {value:,.0f}. {why[0].upper()}{why[1:]}.")
    return "608, 3,216, 48,120, 10,164 and 850: 62,958 in all. All five of the copied numbers were wrong."


lenet_table = Exercise(
    name="lenet_table",
    answer_name="parameters",
    stub="""
        parameters = ...  # [conv1, conv2, fc1, fc2, predictions]
    """,
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
    diagnose=_diagnose_lenet_table,
    mistakes=(
        Mistake(_COPIED_TABLE, "copied table"),
        Mistake((208, 3_216, 48_120, 10_164, 850), "3 channels"),
        Mistake((608, 416, 48_120, 10_164, 850), "8 maps now"),
        Mistake((608, 1_216, 48_120, 10_164, 850), "not the 3 colours"),
        Mistake((600, 3_200, 48_000, 10_080, 840), "8 biases are missing"),
        Mistake((608, 3_216, 48_001, 10_081, 841), "One bias for all"),
        Mistake((608, 3_216, 3_120, 10_164, 850), "all 16 maps"),
        Mistake((608, 3_216, 192_120, 10_164, 850), "second pooling"),
        Mistake((608, 3_216, 48_120, 10_164, 10), "plus a bias for each"),
        Mistake([608, 3_216], "shape (5,)"),
    ),
)


# --- what a grouped convolution costs ---------------------------------------------------------------------------------

# height, width, in_channels, filters, kernel_size, groups
_LAYERS = ((27, 27, 96, 256, 5, 2), (13, 13, 256, 384, 3, 1), (13, 13, 384, 256, 3, 2), (10, 7, 12, 8, 3, 4))
_COST_MISREADINGS = (
    (
        lambda h, w, c, f, k, g: (k * k * c * f + f, h * w * k * k * c * f),
        "groups is not used. In 2 groups a filter reads one half of the channels only.",
    ),
    (
        lambda h, w, c, f, k, g: (k * k * (c // g) * (f // g) + f // g, h * w * k * k * (c // g) * (f // g)),
        "That is one of the groups. The layer has all of them: every filter counts, whichever group it is in.",
    ),
    (
        lambda h, w, c, f, k, g: (k * k * (c // g) * (f // g) + f, h * w * k * k * (c // g) * (f // g)),
        "Channels and filters were both divided. All filters are still there; only the depth of each shrinks.",
    ),
    (
        lambda h, w, c, f, k, g: (k * k * (c // g) * f, h * w * k * k * (c // g) * f),
        "The biases are missing from the parameters: one for each filter.",
    ),
    (
        lambda h, w, c, f, k, g: (k * k * (c // g) * f + f, h * w * (k * k * (c // g) * f + f)),
        "The biases were counted as multiply-adds. A bias is added, with no multiplication: leave it out there.",
    ),
    (
        lambda h, w, c, f, k, g: (k * k * (c // g) * f + f, k * k * (c // g) * f),
        "Each weight was used once. It is used at every one of the height · width positions.",
    ),
    (
        lambda h, w, c, f, k, g: (k * (c // g) * f + f, h * w * k * (c // g) * f),
        "The kernel is square: kernel_size · kernel_size weights in each channel.",
    ),
    (
        lambda h, w, c, f, k, g: (h * w * k * k * (c // g) * f, k * k * (c // g) * f + f),
        "The two are swapped: parameters first.",
    ),
)


def _cost(h: int, w: int, c: int, f: int, k: int, g: int) -> tuple[int, int]:
    weights = k * k * (c // g) * f
    return weights + f, h * w * weights


def _diagnose_conv_cost(answer: object) -> str:
    got = _counts(answer, _LAYERS, 2, "(parameters, multiply-adds)")
    right = [_cost(*case) for case in _LAYERS]
    if close(got, right):
        return "AlexNet's second layer: 307,456 parameters in two groups, 614,656 in one. Two groups halve both costs."
    place = next(i for i in range(len(_LAYERS)) if not close(got[i], right[i]))
    mine = " and ".join(f"{value:,.0f}" for value in got[place])
    said = f"For {_case(_LAYERS[place])} you got {mine}, not {right[place][0]:,} and {right[place][1]:,}."
    _name_misreading(got, _LAYERS, _COST_MISREADINGS, said)
    raise Wrong(f"{said} One filter has k · k · (channels / groups) weights. How many filters, how many positions?")


conv_cost = Exercise(
    name="conv_cost",
    answer_name="conv_cost",
    stub="""
        def conv_cost(height, width, in_channels, filters, kernel_size, groups=1):
            return ...  # (parameters, multiply-adds)
    """,
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
        *(
            Mistake(lambda h, w, c, f, k, g=1, how=how: how(h, w, c, f, k, g), message[:30])
            for how, message in _COST_MISREADINGS
        ),
        Mistake(lambda h, w, c, f, k, g=1: (f, h), "How many filters"),
        Mistake(lambda h, w, c, f, k, g=1: f, "shape (2,)"),
    ),
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
            raise Wrong(f"Entry {place} is {row!r}. Each layer is one of {', '.join(_FORMS.values())}.")
        rows.append(tuple(row))
    return rows


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
    answer_name="repaired",
    stub="""
        repaired = ...  # the list `copied`, with the bug mended
    """,
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
)


# --- stacks of 3×3 ----------------------------------------------------------------------------------------------------

_FIELDS = ((3,), (5,), (7,), (11,), (15,))
_STACK_MISREADINGS = (
    (
        lambda field: (-(-field // 3), 9 * -(-field // 3)),
        "The field was divided by 3. Each layer after the first widens it by 2, not 3: windows overlap.",
    ),
    (
        lambda field: ((field - 3) // 2, 9 * ((field - 3) // 2)),
        "The first layer is missing: it sees 3, and each further one adds 2.",
    ),
    (lambda field: ((field - 1) // 2, field * field), "The weights are those of the one large kernel."),
    (lambda field: ((field - 1) // 2, 9), "The weights are those of one layer. Every layer of the stack has its own."),
    (lambda field: ((field - 1) // 2, 9 ** ((field - 1) // 2)), "Layers add up their weights; they do not multiply."),
    (lambda field: ((field - 1) // 2, 3 * ((field - 1) // 2)), "A 3×3 kernel has 9 weights, not 3."),
    (lambda field: (9 * ((field - 1) // 2), (field - 1) // 2), "The two are swapped: the number of layers first."),
    (
        lambda field: (field - 1, 9 * (field - 1)),
        "A layer widens the field by one pixel on each side: 2 in all, not 1.",
    ),
)


def _diagnose_stack(answer: object) -> str:
    got = _counts(answer, _FIELDS, 2, "(layers, weights) for a field of")
    right = [((field - 1) // 2, 9 * ((field - 1) // 2)) for (field,) in _FIELDS]
    if close(got, right):
        return "For 11×11, five layers with 45·C² weights; one kernel has 121·C². The wider, the more it pays."
    place = next(i for i in range(len(_FIELDS)) if not close(got[i], right[i]))
    mine, field = " and ".join(f"{value:g}" for value in got[place]), _FIELDS[place][0]
    said = f"For a field of {field} you got {mine}, not {right[place][0]} and {right[place][1]}."
    _name_misreading(got, _FIELDS, _STACK_MISREADINGS, said)
    raise Wrong(f"{said} One layer sees 3, two see 5, three see 7; each has 9 weights for every pair of channels.")


three_by_threes = Exercise(
    name="three_by_threes",
    answer_name="three_by_threes",
    stub="""
        def three_by_threes(field):
            return ...  # (layers, weights in units of C * C)
    """,
    solution_source="""
        def three_by_threes(field):
            layers = (field - 1) // 2  # 3, 5, 7, ...: each adds one pixel on each side
            return layers, 9 * layers
    """,
    hints=(
        "One layer sees 3, two see 5. How much does each further layer add?",
        "n layers see 2n + 1. Solve for n.",
        "layers = (field - 1) // 2, and each has 3·3 = 9 weights for every pair of channels.",
    ),
    diagnose=_diagnose_stack,
    mistakes=(
        *(Mistake(how, message[:35]) for how, message in _STACK_MISREADINGS),
        Mistake(lambda field: (1, 1), "One layer sees 3"),
        Mistake(lambda field: (field - 1) // 2, "shape (2,)"),
    ),
)


# --- where VGG-16 keeps its parameters --------------------------------------------------------------------------------

_SHARES = (100 * 123_642_856 / 138_357_544, 100 * 123_633_664 / 15_470_264_320)  # 89.4 and 0.8


def _near(value: float, right: float) -> bool:
    """Whether a percentage is right as far as two digits, or a whole number, can say."""
    return abs(value - right) <= max(0.51 if right > 1 else 0.21, 0.005 * right)


def _diagnose_shares(answer: object) -> str:
    first, second = array(answer, (2,), "The two shares")
    said = f"You say {first:g} % of the parameters and {second:g} % of the multiply-adds."
    if _near(first, _SHARES[0]) and _near(second, _SHARES[1]):
        return (
            "89 % of the parameters, 0.8 % of the multiply-adds. A weight of a Dense layer is used once for a picture, "
            "a weight of block1_conv2 50,176 times."
        )
    if _near(second, _SHARES[0]) and _near(first, _SHARES[1]):
        raise Wrong(f"{said} The two are swapped: parameters first.")
    if _near(100 * first, _SHARES[0]) and 100 * second < 2:
        raise Wrong(f"{said} These are shares from 0 to 1. Multiply by 100.")
    if _near(first, 100 - _SHARES[0]) or _near(second, 100 - _SHARES[1]):
        raise Wrong(f"{said} That is what the convolutions have. The question is about fc1, fc2 and predictions.")
    if _near(first, 74.3) and second < 1:
        raise Wrong(f"{said} That is fc1 alone. Add fc2 and predictions.")
    if _near(first, _SHARES[0]):
        raise Wrong(
            f"{said} The parameters are right. Add up the multiply-adds of the three rows, then divide by 15.47 G."
        )
    raise Wrong(f"{said} Add up the three rows fc1, fc2 and predictions, and divide by the sum of the whole column.")


vgg_shares = Exercise(
    name="vgg_shares",
    answer_name="shares",
    stub="""
        shares = ...  # (per cent of the parameters, per cent of the multiply-adds)
    """,
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
    diagnose=_diagnose_shares,
    mistakes=(
        Mistake((0.8, 89.4), "swapped"),
        Mistake((0.894, 0.008), "from 0 to 1"),
        Mistake((10.6, 99.2), "convolutions have"),
        Mistake((74.3, 0.66), "fc1 alone"),
        Mistake((89.4, 12.0), "divide by 15.47 G"),
        Mistake((50, 50), "Add up the three rows"),
        Mistake(89, "shape (2,)"),
    ),
)
