"""The exercises of lesson 07: bottlenecks, Inception's channels, residual units, shortcuts, depth, gates, fire."""

from __future__ import annotations

import numpy as np

from cnnlab.checks.answers import Wrong, array, call, close, number, parts, read
from cnnlab.checks.exercise import Exercise, Mistake, Text
from cnnlab.checks.judging import ByCases, ByValue, Misreading
from cnnlab.checks.summary import Summary

# --- what a bottleneck costs ------------------------------------------------------------------------------------------


def _bottleneck_macs(h: int, w: int, c_in: int, c_mid: int, c_out: int, f: int) -> int:
    return h * w * (c_in * c_mid + f * f * c_mid * c_out)


_diagnose_bottleneck = ByCases(
    truth=_bottleneck_macs,
    # The lesson's own case first, then ones that tell all the numbers apart.
    cases=((28, 28, 192, 16, 32, 5), (14, 10, 480, 24, 64, 3), (7, 5, 3, 2, 11, 1)),
    misreadings=(
        Misreading(
            lambda h, w, c_in, c_mid, c_out, f: h * w * f * f * c_in * c_out,
            "that is the f × f convolution on all c_in channels. With the bottleneck it reads only c_mid channels.",
        ),
        Misreading(
            lambda h, w, c_in, c_mid, c_out, f: h * w * f * f * c_mid * c_out,
            "the 1 × 1 convolution in front is missing. It is cheap, but it is not free.",
        ),
        Misreading(
            lambda h, w, c_in, c_mid, c_out, f: h * w * f * f * c_mid * (c_in + c_out),
            "the first convolution was given f × f taps. It is 1 × 1: one product for each input channel.",
        ),
        Misreading(
            lambda h, w, c_in, c_mid, c_out, f: h * w * c_mid * (c_in + c_out),
            "the second convolution was given one tap. It has f · f of them.",
        ),
        Misreading(
            lambda h, w, c_in, c_mid, c_out, f: h * w * (c_in * c_mid + f * c_mid * c_out),
            "the second convolution was given f taps. A square kernel has f · f of them.",
        ),
        Misreading(
            lambda h, w, *rest: _bottleneck_macs(1, 1, *rest),
            "these are the weights. Each weight is used once at every one of the h · w positions.",
        ),
        Misreading(
            lambda h, w, c_in, c_mid, c_out, f: h * w * (c_in * c_mid) * (f * f * c_mid * c_out),
            "the two costs were multiplied. The layers run one after the other: add them.",
        ),
        Misreading(
            lambda *case: 2 * _bottleneck_macs(*case),
            "a product and its addition were counted as two. That is FLOPs; a multiply-add is both at once.",
        ),
        Misreading(
            lambda h, w, c_in, c_mid, c_out, f: _bottleneck_macs(h, w, c_in, c_mid, c_out, f) + h * w * (c_mid + c_out),
            "the biases were counted too. A bias is added, with no multiplication: leave it out.",
        ),
        Misreading(
            lambda h, w, c_in, c_mid, c_out, f: (
                h * w * c_in * c_mid + (h - f + 1) * (w - f + 1) * f * f * c_mid * c_out
            ),
            "you left the padding out. With padding same there are h · w positions in both layers.",
        ),
        Misreading(
            lambda h, w, c_in, c_mid, c_out, f: h * h * (c_in * c_mid + f * f * c_mid * c_out),
            "you took the picture for a square: there are h · w positions.",
        ),
        Misreading(
            lambda h, w, c_in, c_mid, c_out, f: h * w * (c_in * c_mid + f * f * c_in * c_out),
            "your f × f convolution reads c_in channels. It reads those that the 1 × 1 gives, c_mid.",
        ),
        Misreading(
            lambda h, w, c_in, c_mid, c_out, f: h * w * (c_in * c_mid + f * f * c_mid * c_mid),
            "your f × f convolution gives c_mid channels. It gives c_out.",
        ),
        Misreading(
            lambda h, w, c_in, c_mid, c_out, f: h * w * (c_in * c_mid + 25 * c_mid * c_out),
            "the kernel is always 5 × 5 in your function. Take f.",
        ),
    ),
    otherwise="Work out the two layers apart, then add them.",
    praise="12,443,648 for the 5 × 5 path, where 120,422,400 were needed without the bottleneck: 9.7 times less. The "
    "saving is there whenever c_mid is much smaller than c_in.",
)

bottleneck_macs = Exercise(
    name="bottleneck_macs",
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
        Mistake(lambda h, w, c_in, c_mid, c_out, f: h * w, "two layers apart"),
        Mistake(
            lambda h, w, c_in, c_mid, c_out, f: (h * w * c_in * c_mid, h * w * f * f * c_mid * c_out), "one number"
        ),
    ),
    why="A convolution's cost is the product of positions, taps, channels read and filters. The bottleneck makes two "
    "products of it: the many channels meet a single tap, and the f · f taps meet few channels. With a small c_mid "
    "both are small.",
)


# --- Inception's channels ---------------------------------------------------------------------------------------------


def _no_reading(channels: float) -> str:
    if channels > 0 and channels % (28 * 28) == 0:
        return f"You got {read(channels)}, a number of values. Asked for are channels: the values at one position."
    return (
        f"You got {read(channels)}. Write down the filters of the last layer of each of the four paths, and add them."
    )


module_channels = Exercise(
    name="module_channels",
    answer_name="channels",
    solution_source="channels = 128 + 192 + 96 + 64",
    hints=(
        "Four paths are concatenated. How many channels does each bring?",
        "A path brings the filters of its last layer: the 3×3 brings 192, whatever the 1×1 before it has.",
        "1×1: 128, 3×3: 192, 5×5: 96, pooling then 1×1: 64.",
    ),
    diagnose=ByValue(
        truth=480,
        misreadings={
            640: "You counted the 1×1s that only reduce, 128 and 32. Their channels are read by the 3×3 and the 5×5, "
            "and do not come out of the module.",
            672: "You let the pooling pass all its 256 channels on. That is the naive module; here a 1×1 leaves 64 of "
            "them.",
            832: "You counted the reducing 1×1s, and the pooling with all its 256 channels.",
            416: "The path through the pooling is missing: its 64 channels are concatenated too.",
            192: "You took the widest path. Concatenating puts the paths' channels one behind the other.",
            736: "You added the 256 channels that go in. A module concatenates its paths; a residual unit adds its "
            "input.",
            224: "You summed the reductions, 128 + 32, and 64. They are inside their paths; what ends a path comes "
            "out.",
        },
        otherwise=_no_reading,
        praise="128 + 192 + 96 + 64 = 480. A path gives what its last layer gives; the concatenation adds them up.",
        take=lambda answer: number(answer, "The number of channels"),
    ),
    mistakes=(
        Mistake(480 * 784, "values at one position"),
        Mistake(256, "four paths"),
        Mistake([128, 192, 96, 64], "one number"),
    ),
    why="Concatenating lays maps of one size behind each other and mixes nothing, so the channels of the paths add up. "
    "A reducing 1 × 1 only feeds the next layer of its own path. The pooling would pass on every channel it gets, "
    "hence the 1 × 1 behind it.",
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


class _Unit(ByCases):
    """Cases, and beside them the unit whose weights are all 0: it has to pass its input on."""

    def __call__(self, answer: object) -> str:
        a, zero = np.array([3.0, 0.0, 1.0]), np.zeros((3, 3))
        still = array(call(answer, a, zero, zero), (3,), "The unit's output")
        try:
            praise = super().__call__(answer)
        except Wrong as wrong:
            if close(still, a) or self.otherwise not in str(wrong):
                raise
            raise Wrong(
                f"{wrong} With all weights 0 and a = {read(a)} yours gives {read(still)}, and should give a."
            ) from wrong
        if not close(still, a):
            raise Wrong(f"With all weights 0 the unit should pass {read(a)} on, and yours gives {read(still)}.")
        return praise


_UNIT = _Unit(
    truth=_residual_unit,
    cases=_unit_cases(),
    words=lambda a, *weights: f"For a of shape {a.shape}",
    misreadings=(
        Misreading(
            lambda a, w1, w2: _relu(_relu(a @ w1) @ w2),
            "the shortcut is missing: this is the plain unit. Add a to what the second layer gives.",
        ),
        Misreading(
            lambda a, w1, w2: _relu(_relu(a @ w1) @ w2) + a,
            "you applied the last ReLU before the addition. Then the residual can only ever add, never take away: it "
            "is g(z + a), not g(z) + a.",
        ),
        Misreading(lambda a, w1, w2: _relu(a @ w1) @ w2 + a, "the ReLU after the addition is missing."),
        Misreading(
            lambda a, w1, w2: _relu(a @ w1 @ w2 + a),
            "the ReLU between the two layers is missing. Without it the two matrices are one matrix.",
        ),
        Misreading(
            lambda a, w1, w2: a @ w1 @ w2 + a, "there is no ReLU. One follows each layer, the last the addition."
        ),
        Misreading(
            lambda a, w1, w2: _relu(_relu(a @ w1 + a) @ w2 + a),
            "the input is added after both layers. One shortcut passes both of them.",
        ),
        Misreading(
            lambda a, w1, w2: _relu(_relu(a @ w1 + a) @ w2),
            "the input was added after the first layer; it goes past both.",
        ),
        Misreading(
            lambda a, w1, w2: _relu(_relu(a @ w1) @ w2 + _relu(a @ w1)),
            "the shortcut starts behind the first layer. It starts at the unit's input, a.",
        ),
        Misreading(lambda a, w1, w2: _relu(_relu(a @ w1) @ w2 * a), "the input was multiplied. A shortcut adds."),
        Misreading(lambda a, w1, w2: _relu(_relu(a @ w2) @ w1 + a), "w1 and w2 have changed places: a meets w1 first."),
        Misreading(
            lambda a, w1, w2: _relu(_relu(w1 @ a) @ w2 + a),
            "the first layer is w1 @ a. With a on the left it is a @ w1.",
        ),
        Misreading(lambda a, w1, w2: _relu(_relu(a @ w1) @ w2 - a), "the input is subtracted. A shortcut adds."),
        Misreading(lambda a, w1, w2: a, "that is the input alone. Add z = g(a @ w1) @ w2 to it."),
    ),
    otherwise="Follow a[l+2] = g(z + a[l]), where z = g(a @ w1) @ w2.",
    praise="With all weights 0 it passes its input on: for a residual unit doing nothing is easy.",
)

residual_unit = Exercise(
    name="residual_unit",
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
    diagnose=_UNIT,
    mistakes=(
        Mistake(lambda a, w1, w2: np.ones_like(a), "and should give a"),
        Mistake(lambda a, w1, w2: np.concatenate([_relu(_relu(a @ w1) @ w2), a]), "shape"),
        Mistake(lambda a, w1, w2: _relu(_relu(a @ w1) @ w2 + a) if w1.any() else 2 * a, "should pass [3, 0, 1] on"),
    ),
    why="The sum keeps the input whole, and the two layers say only what to add to it. On the way back an addition "
    "hands the gradient to both of its terms unchanged, so it reaches the unit's input along a way on which no "
    "weight multiplies it.",
)


# --- which shortcut ---------------------------------------------------------------------------------------------------


def _shortcut(before: tuple[int, ...], after: tuple[int, ...]) -> tuple:
    """(filters, strides) of the projection, or () where none is needed."""
    return () if before == after else (after[2], -(-before[0] // after[0]))


def _projection(result: object, right: object = None, what: str = "") -> Text:
    """The projection in words, which two answers share exactly if they are the same."""
    if isinstance(result, Text):
        return result
    if isinstance(result, (tuple, list)) and not result:
        return Text("no projection")
    filters, strides = parts(result, ("filters", "strides"))
    if np.shape(strides):  # (2, 2) says the same as 2
        strides, second = (number(stride, "Strides") for stride in parts(strides, ("down", "across")))
        if strides != second:
            raise Wrong(f"{what} has two different strides. The picture shrinks alike both ways.")
    return Text(f"{read(number(filters, 'Filters'))} filters with strides {read(number(strides, 'Strides'))}")


def _if_needed(how: object) -> object:
    """What `how` says where the shapes differ, and nothing where they are equal."""
    return lambda before, after: () if before == after else how(before, after)


class _OrNone(ByCases):
    """Cases where None, no projection, is an answer too."""

    def __call__(self, answer: object) -> str:
        def projection(before: tuple[int, ...], after: tuple[int, ...]) -> object:
            result = answer(before, after)
            return () if result is None else result

        return super().__call__(projection if callable(answer) else answer)


_PROJECTIONS = _OrNone(
    truth=lambda before, after: _projection(_shortcut(before, after)),
    cases=(
        ((56, 56, 64), (56, 56, 64)),
        ((56, 28, 64), (28, 14, 128)),
        ((56, 56, 64), (56, 56, 256)),
        ((7, 14, 1024), (4, 7, 2048)),
        ((28, 28, 64), (14, 14, 64)),
        ((28, 20, 256), (28, 20, 64)),
    ),
    words="For {} beside {}".format,
    misreadings=(
        Misreading(
            lambda before, after: (),
            "where the shapes differ, the two cannot be added as they are. A projection has to make them equal.",
        ),
        Misreading(
            lambda before, after: (after[2], -(-before[0] // after[0])),
            "these shapes are equal: the input itself can be added, with no parameters.",
        ),
        Misreading(
            _if_needed(lambda before, after: (before[2], -(-before[0] // after[0]))),
            "the filters must be the residual's channels, or the addition fails.",
        ),
        Misreading(
            _if_needed(lambda before, after: (after[2], 1)),
            "a stride of 1 keeps the size. Where the residual's picture is smaller, the addition fails.",
        ),
        Misreading(
            _if_needed(lambda before, after: (after[2], 2)),
            "a stride of 2 halves the picture, also where only the channels differ.",
        ),
        Misreading(
            _if_needed(lambda before, after: _shortcut(before, after)[::-1]), "filters come first, then strides."
        ),
        Misreading(
            _if_needed(lambda before, after: (after[2], after[0] // before[0])),
            "divide the larger side by the smaller: 56 by 28, not the reverse.",
        ),
        Misreading(
            _if_needed(lambda before, after: (after[2], before[0] // after[0])),
            "rounded down, where a side does not divide: a stride of 1 leaves 7 pixels 7, and of 2 makes them 4. Round "
            "up.",
        ),
        Misreading(
            _if_needed(lambda before, after: (after[2], before[0] / after[0])),
            "a stride is a whole number. A stride of 2 makes 7 pixels 4, as the last window may lie on the padding.",
        ),
        Misreading(
            lambda before, after: () if before[2] == after[2] else _shortcut(before, after),
            "equal channels are not enough: where the picture is smaller, the two cannot be added.",
        ),
        Misreading(
            lambda before, after: () if before[:2] == after[:2] else _shortcut(before, after),
            "pictures of equal size are not enough: where the channels differ, the two cannot be added.",
        ),
    ),
    otherwise="None for equal shapes; otherwise as many filters as the residual has channels, and the stride that "
    "makes the one side the other.",
    praise="Equal shapes: add. Otherwise a 1 × 1 convolution whose filters are the residual's channels and whose "
    "stride is its reduction. ResNet-50 needs four of these, one at the start of each block.",
    take=_projection,
    same=lambda got, right: got == _projection(right),
)

shortcut = Exercise(
    name="shortcut",
    solution_source="""
        def shortcut(before, after):
            if before == after:
                return None
            return after[2], -(-before[0] // after[0])  # a side of 7 becomes 4 with stride 2
    """,
    hints=(
        "Two arrays can be added if they have one shape. When is nothing to be done?",
        "The number of filters is the number of channels that come out. What makes a picture half as high?",
        "Filters: after[2]. Strides: before[0] / after[0], rounded up, which is 1 where only the channels differ.",
    ),
    diagnose=_PROJECTIONS,
    mistakes=(
        Mistake(lambda before, after: None, "cannot be added as they are"),
        Mistake(lambda before, after: None if before == after else (after[2], 2, 2), "2 things are expected"),
        Mistake(lambda before, after: None if before == after else (after[2], (2, 1)), "two different strides"),
        Mistake(lambda before, after: None if before == after else (64, 2), "None for equal shapes"),
    ),
    why="Addition goes entry by entry, so both shapes must be equal. A 1 × 1 convolution gives as many channels as it "
    "has filters. Its stride s reads every s-th row and column beginning with the first, so a side is divided by s "
    "and rounded up.",
)


# --- how deep is it ---------------------------------------------------------------------------------------------------

_diagnose_depth = ByCases(
    truth=lambda units, each: each * sum(units) + 2,
    cases=(((3, 4, 6, 3), 3), ((2, 2, 2, 2), 2), ((3, 4, 6, 3), 2), ((3, 8, 36, 3), 3), ((9, 9, 9), 2)),
    words="For units {} of {} convolutions".format,
    misreadings=(
        Misreading(
            lambda units, each: each * sum(units),
            "the stem's convolution and the classifier are missing: two more layers.",
        ),
        Misreading(
            lambda units, each: each * sum(units) + 1,
            "one layer is missing. Both the stem and the classifier have weights.",
        ),
        Misreading(
            lambda units, each: sum(units) + 2,
            "you counted units. Each unit holds `each` convolutions one after another.",
        ),
        Misreading(
            lambda units, each: each * sum(units) + 2 + len(units),
            "you counted a projection for each block too. They lie beside the path, not on it, and are left out of the "
            "name.",
        ),
        Misreading(
            lambda units, each: each * sum(units) + 1 + len(units),
            "you counted the projections of all blocks but the first too. They lie beside the path, not on it.",
        ),
        Misreading(
            lambda units, each: each * len(units) + 2,
            "you counted blocks. Each block holds several units: add them up.",
        ),
        Misreading(
            lambda units, each: each * sum(units) + 3,
            "you counted the pooling too. Only layers with weights count; pooling has none.",
        ),
        Misreading(lambda units, each: 3 * sum(units) + 2, "a unit always has 3 convolutions in your function."),
        Misreading(lambda units, each: 2 * sum(units) + 2, "a unit always has 2 convolutions in your function."),
        Misreading(
            lambda units, each: (each + 1) * sum(units) + 2,
            "one layer too many in each unit. Its addition has no weights.",
        ),
        Misreading(
            lambda units, each: each * (sum(units) + 2),
            "the stem and the classifier are one layer each, not a unit of `each` layers.",
        ),
    ),
    otherwise="Walk from the picture to the classes and count the layers that have weights.",
    praise="50, 18, 34, 152 and 56: the number in a ResNet's name counts the layers with weights along one path.",
)

depth = Exercise(
    name="depth",
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
        Mistake(lambda units, each: 50, "Walk from"),
        Mistake(lambda units, each: [each * n for n in units], "one number"),
    ),
    why="The name counts the convolutions and Dense layers that lie one behind another from the picture to the "
    "classes. A unit holds several, the stem and the classifier are one each. Projections lie beside that way; "
    "pooling and batch normalisation are not counted.",
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


def _gates(x, w1, b1, w2, b2, squeeze=np.mean, inner=_relu, outer=_sigmoid):
    return outer(inner(squeeze(x, axis=(0, 1)) @ w1 + b1) @ w2 + b2)


def _squeeze_excite(x, *weights, **how):
    return x * _gates(x, *weights, **how)


def _softmax(x: np.ndarray) -> np.ndarray:
    return np.exp(x) / np.exp(x).sum()


def _scaled(result: object, right: np.ndarray, what: str) -> np.ndarray:
    """The picture, or `Wrong` if it is the gates alone."""
    try:
        array(result, right.shape[-1:], what, finite=False)
    except Wrong:
        return array(result, right.shape, what, finite=False)
    raise Wrong("You returned one number a channel: these are the gates. Multiply x by them.")


_diagnose_squeeze_excite = ByCases(
    truth=_squeeze_excite,
    cases=_gate_cases(),
    words=lambda x, *rest: f"For x of shape {x.shape}",
    misreadings=(
        Misreading(
            lambda *args: _squeeze_excite(*args, squeeze=np.sum),
            "the channels were summed. Squeeze takes their mean, so that a larger picture does not mean larger gates.",
        ),
        Misreading(
            lambda *args: _squeeze_excite(*args, squeeze=np.max),
            "the channels' maxima were taken. Squeeze takes the mean.",
        ),
        Misreading(
            lambda *args: _squeeze_excite(*args, outer=_softmax),
            "the gates were made by a softmax: they add up to 1 and compete. With a sigmoid any number of gates may "
            "open.",
        ),
        Misreading(
            lambda *args: _squeeze_excite(*args, outer=lambda v: v),
            "the sigmoid is missing: a gate must lie from 0 to 1.",
        ),
        Misreading(
            lambda *args: _squeeze_excite(*args, outer=_relu),
            "the second activation is a ReLU; a gate needs a sigmoid.",
        ),
        Misreading(
            lambda *args: _squeeze_excite(*args, inner=lambda v: v),
            "the ReLU between the two layers is missing. Without it the two matrices are one matrix.",
        ),
        Misreading(
            lambda *args: _squeeze_excite(*args, inner=_sigmoid),
            "the first activation is a sigmoid. It is a ReLU; the sigmoid comes last.",
        ),
        Misreading(lambda x, w1, b1, w2, b2: _squeeze_excite(x, w1, 0, w2, 0), "the biases b1 and b2 are missing."),
        Misreading(lambda x, w1, b1, w2, b2: _squeeze_excite(x, w1, 0, w2, b2), "the bias b1 is missing."),
        Misreading(lambda x, w1, b1, w2, b2: _squeeze_excite(x, w1, b1, w2, 0), "the bias b2 is missing."),
        Misreading(
            lambda x, *rest: x + _gates(x, *rest),
            "the gates were added. They multiply: 0 shuts a channel off, 1 leaves it as it is.",
        ),
        Misreading(
            lambda x, *rest: x + _squeeze_excite(x, *rest),
            "the input was added too. That is the residual unit around the gate, not the gate.",
        ),
        Misreading(
            lambda x, *rest: x - _squeeze_excite(x, *rest),
            "you took 1 minus the gate. A gate of 1 leaves a channel as it is.",
        ),
        Misreading(
            lambda x, *rest: _relu(_squeeze_excite(x, *rest)),
            "a ReLU too many at the end: what is negative in x stays so.",
        ),
        Misreading(
            lambda x, *rest: np.ones_like(x) * _gates(x, *rest),
            "those are the gates, at every position. Multiply x by them.",
        ),
        Misreading(
            lambda x, *rest: x.mean(axis=(0, 1)) * _gates(x, *rest) * np.ones_like(x),
            "the means were multiplied by the gates. Multiply x itself: every position keeps a value of its own.",
        ),
    ),
    otherwise="Check in order: mean over rows and columns, @ w1 + b1, ReLU, @ w2 + b2, sigmoid.",
    praise="One number for each channel, made from all channels, and every position of the channel is scaled by it.",
    take=_scaled,
)

squeeze_excite = Exercise(
    name="squeeze_excite",
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
        Mistake(_gates, "one number a channel: these are the gates"),
        Mistake(lambda x, *rest: x, "Check in order"),
        Mistake(lambda x, *rest: _squeeze_excite(x, *rest)[0], "should have shape (4, 6, 8)"),
    ),
    why="A mean says how strongly a channel answered to this picture, wherever it was. The two layers see all means at "
    "once, so they can open one channel because of another. The sigmoid lets each gate open by itself; a softmax "
    "would make them compete.",
)


# --- a fire module ----------------------------------------------------------------------------------------------------

fire_params = Exercise(
    name="fire_params",
    answer_name="params",
    solution_source="params = (128 * 32 + 32) + (32 * 128 + 128) + (9 * 32 * 128 + 128)",
    hints=(
        "Three layers with weights. Which channels does each of them read?",
        "Both expanding layers read the 32 squeezed channels. Their outputs are concatenated, which has no weights.",
        "128·32 + 32, then 32·128 + 128, then 9·32·128 + 128.",
    ),
    diagnose=ByValue(
        truth=45_344,  # 128·32 + 32, 32·128 + 128, 9·32·128 + 128
        misreadings={
            45_056: "The biases are missing: 32 + 128 + 128.",
            168_224: "The expanding layers read the 32 squeezed channels, not the 128 that entered the module.",
            12_576: "The 3×3 was counted with one tap. It has 9.",
            41_120: "One of the two expanding layers is missing: there is a 1×1 beside the 3×3.",
            41_216: "The squeezing layer is missing: 128·32 + 32.",
            8_352: "The expanding 3×3 is missing: 9·32·128 + 128.",
            78_112: "The squeezing layer was counted as 3×3. It is 1×1.",
            45_312: "The 32 biases of the squeezing layer are missing: every layer has its own.",
            45_216: "The 128 biases of one expanding layer are missing: every layer has its own.",
            45_088: "The biases of the expanding layers are missing, 128 each.",
            45_059: "One bias for each layer. Every filter has its own: 32 + 128 + 128.",
            147_584: "That is a 3×3 convolution from 128 to 128 channels, without any squeezing.",
        },
        otherwise="Three layers: squeeze 128 → 32 by 1×1, expand 32 → 128 by 1×1 and 32 → 128 by 3×3, each with taps × "
        "inputs × filters weights and one bias a filter.",
        praise="4,128 + 4,224 + 36,992 = 45,344. A single 3×3 convolution from 128 to 256 channels would have 295,168, "
        "six and a half times as many.",
        take=lambda answer: number(answer, "The number of parameters"),
    ),
    mistakes=(Mistake(1, "Three layers"),),
    why="The 3 × 3 kernels are what costs: nine weights for each pair of channels. Squeezing leaves them few channels "
    "to read, and half of the expanding is done by 1 × 1 kernels with one weight a pair. Concatenating costs "
    "nothing.",
)

summary = Summary(bottleneck_macs, module_channels, residual_unit, shortcut, depth, squeeze_excite, fire_params)
