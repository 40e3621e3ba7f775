"""The exercises of lesson 07: bottlenecks, Inception's channels, residual units, shortcuts, depth, gates, fire."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from cnnlab.checks._exercise import Exercise, Mistake, Wrong, array, call, close, number, show

Misreading = tuple[Callable[..., object], str]  # what it would answer, and the words that name it


def _named(got: Sequence, cases: Sequence[tuple], misreadings: Sequence[Misreading]) -> str | None:
    """The words of the first misreading that explains every answer."""
    for how, words in misreadings:
        if all(close(value, how(*case)) for value, case in zip(got, cases, strict=True)):
            return words
    return None


# --- what a bottleneck costs ------------------------------------------------------------------------------------------

# (height, width, c_in, c_mid, c_out, f): the lesson's own case first, then ones that tell all the numbers apart.
_BOTTLENECKS = ((28, 28, 192, 16, 32, 5), (14, 10, 480, 24, 64, 3), (7, 5, 3, 2, 11, 1))


def _bottleneck_macs(h: int, w: int, c_in: int, c_mid: int, c_out: int, f: int) -> int:
    return h * w * (c_in * c_mid + f * f * c_mid * c_out)


_BOTTLENECK_MISREADINGS: tuple[Misreading, ...] = (
    (
        lambda h, w, a, m, b, f: h * w * f * f * a * b,
        "that is the f × f convolution on all c_in channels. With the bottleneck it reads only c_mid channels.",
    ),
    (
        lambda h, w, a, m, b, f: h * w * f * f * m * b,
        "the 1 × 1 convolution in front is missing. It is cheap, but it is not free.",
    ),
    (
        lambda h, w, a, m, b, f: h * w * (f * f * a * m + f * f * m * b),
        "the first convolution was given f × f taps. It is 1 × 1: one product for each input channel.",
    ),
    (
        lambda h, w, a, m, b, f: h * w * (a * m + m * b),
        "the second convolution was given one tap. It has f · f of them.",
    ),
    (
        lambda h, w, a, m, b, f: a * m + f * f * m * b,
        "these are the weights. Each weight is used once at every one of the h · w positions.",
    ),
    (
        lambda h, w, a, m, b, f: h * w * (a * m) * (f * f * m * b),
        "the two costs were multiplied. The layers run one after the other: add them.",
    ),
)


def _diagnose_bottleneck(answer: object) -> str:
    got = [number(call(answer, *case), "The result") for case in _BOTTLENECKS]
    wrong = [i for i, case in enumerate(_BOTTLENECKS) if not close(got[i], float(_bottleneck_macs(*case)))]
    if not wrong:
        return (
            "12,443,648 for the 5 × 5 path, where 120,422,400 were needed without the bottleneck: 9.7 times less. The "
            "saving is there whenever c_mid is much smaller than c_in."
        )
    case, value = _BOTTLENECKS[wrong[0]], got[wrong[0]]
    words = _named(got, _BOTTLENECKS, _BOTTLENECK_MISREADINGS)
    said = f"For {case} you got {value:,.0f}"
    if words:
        raise Wrong(f"{said}: {words}")
    raise Wrong(f"{said}, not {_bottleneck_macs(*case):,}. Work out the two layers apart, then add them.")


bottleneck_macs = Exercise(
    name="bottleneck_macs",
    answer_name="bottleneck_macs",
    stub="""
        def bottleneck_macs(h, w, c_in, c_mid, c_out, f):
            return ...
    """,
    solution_source="""
        def bottleneck_macs(h, w, c_in, c_mid, c_out, f):
            return h * w * (c_in * c_mid + f * f * c_mid * c_out)
    """,
    hints=(
        "A convolution costs positions × taps × input channels × filters. There are two of them here.",
        "The first has 1 tap, c_in input channels and c_mid filters. How many of each has the second?",
        "The second: f·f taps, c_mid input channels, c_out filters. Both are computed at h·w positions; add.",
    ),
    diagnose=_diagnose_bottleneck,
    mistakes=(
        Mistake(lambda h, w, c_in, c_mid, c_out, f: h * w * f * f * c_in * c_out, "only c_mid"),
        Mistake(lambda h, w, c_in, c_mid, c_out, f: h * w * f * f * c_mid * c_out, "not free"),
        Mistake(lambda h, w, c_in, c_mid, c_out, f: h * w * f * f * c_mid * (c_in + c_out), "It is 1 × 1"),
        Mistake(lambda h, w, c_in, c_mid, c_out, f: h * w * c_mid * (c_in + c_out), "f · f of them"),
        Mistake(lambda h, w, c_in, c_mid, c_out, f: c_in * c_mid + f * f * c_mid * c_out, "weights"),
        Mistake(lambda h, w, c_in, c_mid, c_out, f: h * w * c_in * c_mid * f * f * c_mid * c_out, "multiplied"),
        Mistake(lambda h, w, c_in, c_mid, c_out, f: h * w, "two layers apart"),
    ),
)


# --- Inception's channels ---------------------------------------------------------------------------------------------

_CHANNELS = 480
_CHANNEL_MISREADINGS = {
    640: "You counted the 1×1s that only reduce, 128 and 32. Their channels are read by the 3×3 and the 5×5, and do "
    "not come out of the module.",
    672: "You let the pooling pass all its 256 channels on. That is the naive module; here a 1×1 leaves 64 of them.",
    832: "You counted the reducing 1×1s, and the pooling with all its 256 channels.",
    416: "The path through the pooling is missing: its 64 channels are concatenated too.",
    192: "You took the widest path. Concatenating puts the paths' channels one behind the other.",
    736: "You added the 256 channels that go in. A module concatenates its paths; a residual unit adds its input.",
    224: "You summed the reductions, 128 + 32, and 64. They are inside their paths; what ends a path comes out.",
}


def _diagnose_module_channels(answer: object) -> str:
    value = number(answer, "The number of channels")
    if value == _CHANNELS:
        return "128 + 192 + 96 + 64 = 480. A path gives what its last layer gives; the concatenation adds them up."
    if value in _CHANNEL_MISREADINGS:
        raise Wrong(f"You got {value:g}. {_CHANNEL_MISREADINGS[int(value)]}")
    if value > 0 and value % (28 * 28) == 0:
        raise Wrong(f"You got {value:,.0f}, a number of values. Asked for are channels: the values at one position.")
    raise Wrong(f"You got {value:g}. Write down the filters of the last layer of each of the four paths, and add them.")


module_channels = Exercise(
    name="module_channels",
    answer_name="channels",
    stub="""
        channels = ...
    """,
    solution_source="""
        channels = 128 + 192 + 96 + 64
    """,
    hints=(
        "Four paths are concatenated. How many channels does each bring?",
        "A path brings the filters of its last layer: the 3×3 brings 192, whatever the 1×1 before it has.",
        "1×1: 128, 3×3: 192, 5×5: 96, pooling then 1×1: 64.",
    ),
    diagnose=_diagnose_module_channels,
    mistakes=(
        Mistake(640, "only reduce"),
        Mistake(672, "naive module"),
        Mistake(832, "all its 256"),
        Mistake(416, "pooling is missing"),
        Mistake(192, "widest path"),
        Mistake(736, "residual unit adds"),
        Mistake(480 * 784, "values at one position"),
        Mistake(256, "four paths"),
        Mistake([128, 192, 96, 64], "one number"),
    ),
)


# --- a residual unit --------------------------------------------------------------------------------------------------


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def _unit_cases() -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(7)
    # What enters a unit comes out of a ReLU; the last case does not, so that nothing hangs on it.
    inputs = [np.array([3.0, 0.0, 1.0]), _relu(rng.normal(size=4)), rng.normal(size=5)]
    return [(a, rng.normal(size=(a.size, a.size)), rng.normal(size=(a.size, a.size))) for a in inputs]


def _residual_unit(a: np.ndarray, w1: np.ndarray, w2: np.ndarray) -> np.ndarray:
    return _relu(_relu(a @ w1) @ w2 + a)


_UNIT_MISREADINGS: tuple[Misreading, ...] = (
    (
        lambda a, w1, w2: _relu(_relu(a @ w1) @ w2),
        "the shortcut is missing: this is the plain unit. Add a to what the second layer gives.",
    ),
    (
        lambda a, w1, w2: _relu(_relu(a @ w1) @ w2) + a,
        "you applied the last ReLU before the addition. Then the residual can only ever add, never take away: it is "
        "g(z + a), not g(z) + a.",
    ),
    (lambda a, w1, w2: _relu(a @ w1) @ w2 + a, "the ReLU after the addition is missing."),
    (
        lambda a, w1, w2: _relu(a @ w1 @ w2 + a),
        "the ReLU between the two layers is missing. Without it the two matrices are one matrix.",
    ),
    (
        lambda a, w1, w2: _relu(_relu(a @ w1 + a) @ w2 + a),
        "the input is added after both layers. One shortcut passes both of them.",
    ),
    (lambda a, w1, w2: _relu(_relu(a @ w1 + a) @ w2), "the input was added after the first layer; it goes past both."),
    (
        lambda a, w1, w2: _relu(_relu(a @ w1) @ w2 + _relu(a @ w1)),
        "the shortcut starts behind the first layer. It starts at the unit's input, a.",
    ),
    (lambda a, w1, w2: _relu(_relu(a @ w1) @ w2 * a), "the input was multiplied. A shortcut adds."),
)


def _diagnose_residual_unit(answer: object) -> str:
    cases = _unit_cases()
    a = cases[0][0]
    zero = np.zeros((3, 3))
    got = [array(call(answer, *case), case[0].shape, "The unit's output") for case in cases]
    if all(close(value, _residual_unit(*case)) for value, case in zip(got, cases, strict=True)):
        still = array(call(answer, a, zero, zero), (3,), "The unit's output")
        if not close(still, a):
            raise Wrong(f"With all weights 0 the unit should pass {show(a)} on, and yours gives {show(still)}.")
        return "With all weights 0 it passes its input on: for a residual unit doing nothing is easy."
    if words := _named(got, cases, _UNIT_MISREADINGS):
        raise Wrong(f"Not yet: {words}")
    value = np.asarray(call(answer, a, zero, zero))
    if close(value, a):
        raise Wrong(
            "With all weights 0 your unit gives a, as it should, so z is wrong. Follow z = g(a @ w1) @ w2, with a on "
            "the left."
        )
    raise Wrong(
        f"With all weights 0 and a = {show(a)} your unit gives {show(value)}; a residual unit gives a. "
        "Follow a[l+2] = g(z + a[l]), where z = g(a @ w1) @ w2."
    )


residual_unit = Exercise(
    name="residual_unit",
    answer_name="residual_unit",
    stub="""
        def residual_unit(a, w1, w2):
            return ...
    """,
    solution_source="""
        def residual_unit(a, w1, w2):
            z = np.maximum(a @ w1, 0) @ w2
            return np.maximum(z + a, 0)
    """,
    hints=(
        "Write the plain unit first: two layers, a ReLU after each. Where does the sum stand in g(z + a)?",
        "z is the second layer's result before its ReLU: np.maximum(a @ w1, 0) @ w2.",
        "return np.maximum(z + a, 0)",
    ),
    diagnose=_diagnose_residual_unit,
    mistakes=(
        Mistake(lambda a, w1, w2: _relu(_relu(a @ w1) @ w2), "plain unit"),
        Mistake(lambda a, w1, w2: _relu(_relu(a @ w1) @ w2) + a, "not g(z) + a"),
        Mistake(lambda a, w1, w2: _relu(a @ w1) @ w2 + a, "after the addition is missing"),
        Mistake(lambda a, w1, w2: _relu(a @ w1 @ w2 + a), "one matrix"),
        Mistake(lambda a, w1, w2: _relu(_relu(a @ w1 + a) @ w2 + a), "after both layers"),
        Mistake(lambda a, w1, w2: _relu(_relu(a @ w1 + a) @ w2), "past both"),
        Mistake(lambda a, w1, w2: _relu(_relu(a @ w1) @ w2 + _relu(a @ w1)), "starts behind"),
        Mistake(lambda a, w1, w2: _relu(_relu(a @ w1) @ w2 * a), "A shortcut adds"),
        Mistake(lambda a, w1, w2: a, "so z is wrong"),
        Mistake(lambda a, w1, w2: _relu(_relu(w1 @ a) @ w2 + a), "with a on the left"),
        Mistake(lambda a, w1, w2: np.ones_like(a), "a residual unit gives a"),
        Mistake(lambda a, w1, w2: np.concatenate([_relu(_relu(a @ w1) @ w2), a]), "shape"),
    ),
)


# --- which shortcut ---------------------------------------------------------------------------------------------------

# (input shape, residual's shape) → what the shortcut must be
_SHORTCUTS = (
    ((56, 56, 64), (56, 56, 64), None),
    ((56, 56, 64), (28, 28, 128), (128, 2)),
    ((56, 56, 64), (56, 56, 256), (256, 1)),
    ((14, 14, 1024), (7, 7, 2048), (2048, 2)),
    ((28, 28, 64), (14, 14, 64), (64, 2)),
    ((28, 28, 256), (28, 28, 64), (64, 1)),
)


def _diagnose_shortcut(answer: object) -> str:
    got = []
    for before, after, _ in _SHORTCUTS:
        try:
            value = call(answer, before, after)
        except Wrong as wrong:
            if "returned None" not in str(wrong):
                raise
            value = None
        if value is not None:
            value = tuple(array(value, (2,), f"The projection from {before} to {after}: (filters, strides)").tolist())
        got.append(value)
    for (before, after, right), value in zip(_SHORTCUTS, got, strict=True):
        if value == right:
            continue
        said = f"{before} beside {after}: you answered {_projection(value)}."
        if right is None:
            raise Wrong(f"{said} The shapes are equal: the input itself can be added, with no parameters.")
        if value is None:
            differ = "the channels differ" if before[2] != after[2] else "the picture is smaller"
            raise Wrong(f"{said} But {differ}, so the two cannot be added as they are.")
        if value == right[::-1]:
            raise Wrong(f"{said} Filters come first, then strides.")
        if value[1] < 1:
            raise Wrong(f"{said} Divide the larger side by the smaller: {before[0]} // {after[0]}, not the reverse.")
        if value[0] != right[0]:
            raise Wrong(f"{said} The filters must be the residual's {right[0]} channels, or the addition fails.")
        if value == (right[0], 2):
            raise Wrong(f"{said} The picture keeps its size here. A stride of 2 would halve it.")
        raise Wrong(f"{said} Stride {value[1]:g} makes {before[0]} pixels {before[0] / value[1]:g}, not {after[0]}.")
    return (
        "Equal shapes: add. Otherwise a 1 × 1 convolution whose filters are the residual's channels and whose stride "
        "is its reduction. ResNet-50 needs four of these, one at the start of each block."
    )


def _projection(value: tuple | None) -> str:
    return "None, no projection" if value is None else f"{value[0]:g} filters, strides {value[1]:g}"


shortcut = Exercise(
    name="shortcut",
    answer_name="shortcut",
    stub="""
        def shortcut(before, after):
            return ...  # None, or (filters, strides) of a 1 × 1 convolution
    """,
    solution_source="""
        def shortcut(before, after):
            if before == after:
                return None
            return after[2], before[0] // after[0]
    """,
    hints=(
        "Two arrays can be added if they have one shape. When is nothing to be done?",
        "The number of filters is the number of channels that come out. What makes a picture half as high?",
        "Filters: after[2]. Strides: before[0] // after[0], which is 1 where only the channels differ.",
    ),
    diagnose=_diagnose_shortcut,
    mistakes=(
        Mistake(lambda before, after: None, "cannot be added"),
        Mistake(lambda before, after: (after[2], before[0] // after[0]), "no parameters"),
        Mistake(lambda b, a: None if b == a else (b[2], b[0] // a[0]), "the residual's 128"),
        Mistake(lambda b, a: None if b == a else (a[2], 1), "pixels"),
        Mistake(lambda b, a: None if b == a else (a[2], 2), "keeps its size"),
        Mistake(lambda b, a: None if b == a else (b[0] // a[0], a[2]), "Filters come first"),
        Mistake(lambda b, a: None if b == a else (a[2], a[0] // b[0]), "56 // 28, not the reverse"),
        Mistake(lambda b, a: None if b[2] == a[2] else (a[2], b[0] // a[0]), "picture is smaller"),
        Mistake(lambda b, a: None if b[:2] == a[:2] else (a[2], b[0] // a[0]), "channels differ"),
    ),
)


# --- how deep is it ---------------------------------------------------------------------------------------------------

_DEPTHS = (((3, 4, 6, 3), 3), ((2, 2, 2, 2), 2), ((3, 4, 6, 3), 2), ((3, 8, 36, 3), 3), ((9, 9, 9), 2))
_DEPTH_MISREADINGS: tuple[Misreading, ...] = (
    (lambda units, each: each * sum(units), "the stem's convolution and the classifier are missing: two more layers."),
    (lambda units, each: each * sum(units) + 1, "one layer is missing. Both the stem and the classifier have weights."),
    (lambda units, each: sum(units) + 2, "you counted units. Each unit holds `each` convolutions one after another."),
    (
        lambda units, each: each * sum(units) + 2 + len(units),
        "you counted the projections too. They lie beside the path, not on it, and are left out of the name.",
    ),
    (
        lambda units, each: each * sum(units) + 1 + len(units),
        "you counted the projections too. They lie beside the path, not on it, and are left out of the name.",
    ),
    (lambda units, each: each * len(units) + 2, "you counted blocks. Each block holds several units: add them up."),
    (
        lambda units, each: each * sum(units) + 3,
        "you counted the pooling too. Only layers with weights count; pooling has none.",
    ),
)


def _diagnose_depth(answer: object) -> str:
    got = [number(call(answer, *case), "The depth") for case in _DEPTHS]
    right = [each * sum(units) + 2 for units, each in _DEPTHS]
    wrong = [i for i in range(len(_DEPTHS)) if got[i] != right[i]]
    if not wrong:
        return "50, 18, 34, 152 and 56: the number in a ResNet's name counts the layers with weights along one path."
    units, each = _DEPTHS[wrong[0]]
    said = f"For units {units} of {each} convolutions you got {got[wrong[0]]:g}, not {right[wrong[0]]}"
    if words := _named(got, _DEPTHS, _DEPTH_MISREADINGS):
        raise Wrong(f"{said}: {words}")
    raise Wrong(f"{said}. Walk from the picture to the classes and count the layers that have weights.")


depth = Exercise(
    name="depth",
    answer_name="depth",
    stub="""
        def depth(units, each):
            return ...
    """,
    solution_source="""
        def depth(units, each):
            return each * sum(units) + 2
    """,
    hints=(
        "How many units are there in all, and how many convolutions does each have?",
        "each * sum(units) counts the units. Which layers with weights lie before and after them?",
        "The stem's convolution before, the classifier behind: + 2.",
    ),
    diagnose=_diagnose_depth,
    mistakes=(
        Mistake(lambda units, each: each * sum(units), "two more layers"),
        Mistake(lambda units, each: each * sum(units) + 1, "one layer is missing"),
        Mistake(lambda units, each: sum(units) + 2, "counted units"),
        Mistake(lambda units, each: each * sum(units) + 2 + len(units), "beside the path"),
        Mistake(lambda units, each: each * len(units) + 2, "counted blocks"),
        Mistake(lambda units, each: each * sum(units) + 3, "pooling has none"),
        Mistake(lambda units, each: 50, "Walk from"),
    ),
)


# --- squeeze and excitation -------------------------------------------------------------------------------------------


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _gate_cases() -> list[tuple[np.ndarray, ...]]:
    rng = np.random.default_rng(17)
    cases = []
    for height, width, channels, few in ((4, 6, 8, 2), (1, 3, 4, 4), (5, 5, 6, 3)):
        weights = rng.normal(size=(channels, few)), rng.normal(size=few), rng.normal(size=(few, channels))
        cases.append((rng.normal(size=(height, width, channels)) + 1, *weights, rng.normal(size=channels)))
    return cases


def _squeeze_excite(x, w1, b1, w2, b2, squeeze=np.mean, inner=_relu, outer=_sigmoid):
    return x * outer(inner(squeeze(x, axis=(0, 1)) @ w1 + b1) @ w2 + b2)


def _gates(x, w1, b1, w2, b2):
    return _sigmoid(_relu(x.mean(axis=(0, 1)) @ w1 + b1) @ w2 + b2)


def _softmax(x: np.ndarray) -> np.ndarray:
    return np.exp(x) / np.exp(x).sum()


_GATE_MISREADINGS: tuple[Misreading, ...] = (
    (
        lambda *args: _squeeze_excite(*args, squeeze=np.sum),
        "the channels were summed. Squeeze takes their mean, so that a larger picture does not mean larger gates.",
    ),
    (lambda *args: _squeeze_excite(*args, squeeze=np.max), "the channels' maxima were taken. Squeeze takes the mean."),
    (
        lambda *args: _squeeze_excite(*args, outer=_softmax),
        "the gates were made by a softmax: they add up to 1 and compete. With a sigmoid any number of gates may open.",
    ),
    (lambda *args: _squeeze_excite(*args, outer=lambda v: v), "the sigmoid is missing: a gate must lie from 0 to 1."),
    (lambda *args: _squeeze_excite(*args, outer=_relu), "the second activation is a ReLU; a gate needs a sigmoid."),
    (
        lambda *args: _squeeze_excite(*args, inner=lambda v: v),
        "the ReLU between the two layers is missing. Without it the two matrices are one matrix.",
    ),
    (lambda x, w1, b1, w2, b2: _squeeze_excite(x, w1, 0, w2, 0), "the biases b1 and b2 are missing."),
    (
        lambda x, *rest: x + _gates(x, *rest),
        "the gates were added. They multiply: 0 shuts a channel off, 1 leaves it as it is.",
    ),
    (
        lambda x, *rest: x + _squeeze_excite(x, *rest),
        "the input was added too. That is the residual unit around the gate, not the gate.",
    ),
)


def _diagnose_squeeze_excite(answer: object) -> str:
    cases = _gate_cases()
    results = [call(answer, *case) for case in cases]
    if all(np.shape(value) == case[0].shape[-1:] for value, case in zip(results, cases, strict=True)):
        raise Wrong("You returned one number a channel: these are the gates. Multiply x by them.")
    got = [array(value, case[0].shape, "The output") for value, case in zip(results, cases, strict=True)]
    right = [_squeeze_excite(*case) for case in cases]
    if all(close(value, true) for value, true in zip(got, right, strict=True)):
        return "One number for each channel, made from all channels, and every position of the channel is scaled by it."
    if words := _named(got, cases, _GATE_MISREADINGS):
        raise Wrong(f"Not yet: {words}")
    raise Wrong(
        f"For x of shape {cases[0][0].shape} the value at row 0, column 0, channel 0 is {right[0][0, 0, 0]:.4f}, and "
        f"yours is {got[0][0, 0, 0]:.4f}. Check in order: mean over rows and columns, @ w1 + b1, ReLU, "
        "@ w2 + b2, sigmoid."
    )


squeeze_excite = Exercise(
    name="squeeze_excite",
    answer_name="squeeze_excite",
    stub="""
        def squeeze_excite(x, w1, b1, w2, b2):
            return ...  # the shape of x: (H, W, C)
    """,
    solution_source="""
        def squeeze_excite(x, w1, b1, w2, b2):
            means = x.mean(axis=(0, 1))  # (C,)
            few = np.maximum(means @ w1 + b1, 0)
            gates = 1 / (1 + np.exp(-(few @ w2 + b2)))
            return x * gates
    """,
    hints=(
        "Squeeze first: one number for each channel, x.mean(axis=(0, 1)), of shape (C,).",
        "Two layers on it: @ w1 + b1 and a ReLU, then @ w2 + b2 and a sigmoid, 1 / (1 + np.exp(-v)).",
        "The gates have shape (C,), x has (H, W, C): x * gates scales every channel by its own gate.",
    ),
    diagnose=_diagnose_squeeze_excite,
    mistakes=(
        Mistake(lambda *args: _squeeze_excite(*args, squeeze=np.sum), "Squeeze takes their mean"),
        Mistake(lambda *args: _squeeze_excite(*args, squeeze=np.max), "maxima"),
        Mistake(lambda *args: _squeeze_excite(*args, outer=_softmax), "compete"),
        Mistake(lambda *args: _squeeze_excite(*args, outer=lambda v: v), "sigmoid is missing"),
        Mistake(lambda *args: _squeeze_excite(*args, outer=_relu), "needs a sigmoid"),
        Mistake(lambda *args: _squeeze_excite(*args, inner=lambda v: v), "one matrix"),
        Mistake(lambda x, w1, b1, w2, b2: _squeeze_excite(x, w1, 0, w2, 0), "biases"),
        Mistake(lambda x, *rest: x + _gates(x, *rest), "They multiply"),
        Mistake(lambda x, *rest: x + x * _gates(x, *rest), "around the gate"),
        Mistake(_gates, "Multiply x by them"),
        Mistake(lambda x, *rest: x, "Check in order"),
    ),
)


# --- a fire module ----------------------------------------------------------------------------------------------------

_FIRE = 45_344  # 128·32 + 32, 32·128 + 128, 9·32·128 + 128
_FIRE_MISREADINGS = {
    45_056: "The biases are missing: 32 + 128 + 128.",
    168_224: "The expanding layers read the 32 squeezed channels, not the 128 that entered the module.",
    12_576: "The 3×3 was counted with one tap. It has 9.",
    41_120: "One of the two expanding layers is missing: there is a 1×1 beside the 3×3.",
    41_216: "The squeezing layer is missing: 128·32 + 32.",
    8_352: "The expanding 3×3 is missing: 9·32·128 + 128.",
    78_112: "The squeezing layer was counted as 3×3. It is 1×1.",
    147_584: "That is a 3×3 convolution from 128 to 128 channels, without any squeezing.",
}


def _diagnose_fire(answer: object) -> str:
    value = number(answer, "The number of parameters")
    if value == _FIRE:
        return (
            "4,128 + 4,224 + 36,992 = 45,344. A single 3×3 convolution from 128 to 256 channels would have 295,168, "
            "six and a half times as many."
        )
    if value in _FIRE_MISREADINGS:
        raise Wrong(f"You got {value:,.0f}. {_FIRE_MISREADINGS[int(value)]}")
    raise Wrong(
        f"You got {value:,.0f}. Three layers: squeeze 128 → 32 by 1×1, expand 32 → 128 by 1×1 and 32 → 128 by 3×3, "
        "each with taps × inputs × filters weights and one bias a filter."
    )


fire_params = Exercise(
    name="fire_params",
    answer_name="params",
    stub="""
        params = ...
    """,
    solution_source="""
        params = (128 * 32 + 32) + (32 * 128 + 128) + (9 * 32 * 128 + 128)
    """,
    hints=(
        "Three layers with weights. Which channels does each of them read?",
        "Both expanding layers read the 32 squeezed channels. Their outputs are concatenated, which has no weights.",
        "128·32 + 32, then 32·128 + 128, then 9·32·128 + 128.",
    ),
    diagnose=_diagnose_fire,
    mistakes=(
        Mistake(45_056, "biases"),
        Mistake(168_224, "not the 128"),
        Mistake(12_576, "one tap"),
        Mistake(41_120, "1×1 beside the 3×3"),
        Mistake(41_216, "squeezing layer is missing"),
        Mistake(8_352, "3×3 is missing"),
        Mistake(78_112, "It is 1×1"),
        Mistake(147_584, "without any squeezing"),
        Mistake(1, "Three layers"),
    ),
)
