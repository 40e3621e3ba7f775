"""The exercises of lesson 04: one value by hand, parameters, a table with errors, work, fields, a gradient."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from cnnlab.arithmetic.conv import conv2d, conv2d_backward
from cnnlab.arithmetic.shapes import conv_macs, conv_params, receptive_field
from cnnlab.checks.answers import Wrong, array, call, close, read
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByEntry, ByValue, Case, InTurn, Misreading
from cnnlab.checks.summary import Summary

# --- one value by hand ------------------------------------------------------------------------------------------

_PATCH = np.array([[[2, 0], [1, 3]], [[4, 1], [0, 2]]])  # (channel, row, column)
_FILTERS = np.array([[[[1, -1], [2, 0]], [[-2, 3], [1, -1]]], [[[0, 1], [1, 1]], [[1, -1], [0, -1]]]])
_SUMS = (_PATCH * _FILTERS).sum(axis=(2, 3))  # (filter, channel): 4 −7, 4 1
_BIASES = np.array([1, -2])


def _two_values(answer: object) -> np.ndarray:
    if array(answer, None).shape == (2, 2):
        raise Wrong("Four numbers: one for each filter and channel. A filter adds its channels up into ONE number.")
    return array(answer, (2,))


def _first_wrong_filter(values: np.ndarray) -> str:
    wrong = 0 if not close(values[0], 0.0) else 1
    sums = _SUMS[wrong]
    return (
        f"Filter {'AB'[wrong]} should not give {read(values[wrong])}. Its channels add up to {sums[0]} and {sums[1]}, "
        f"and its bias is {_BIASES[wrong]}."
    )


one_value = Exercise(
    name="one_value",
    answer_name="values",
    solution_source="values = (0, 3)",
    hints=(
        "Filter A on channel 0: 2·1 + 0·(−1) + 1·2 + 3·0 = 4. Do the same on channel 1, and add the two.",
        "Filter A: 4 from channel 0, −7 from channel 1, and the bias 1. What does ReLU make of a negative number?",
        "Filter A: 4 − 7 + 1 = −2, so 0. Filter B: 4 + 1 − 2.",
    ),
    diagnose=ByValue(
        truth=(0, 3),
        misreadings={
            (-2, 3): "Before the activation these are right: −2 and 3. ReLU then replaces what is below zero by 0.",
            (0, 5): "The bias is missing: the sums alone are −3 and 5, and each filter adds its own bias to its sum.",
            (-3, 5): "Biases and ReLU are missing: to each of these sums add the filter's own bias, then apply ReLU.",
            (0, 1): "You added the bias once for each channel. A filter has one bias, added once, after the channels.",
            (5, 3): "You applied ReLU to each channel. It comes last: first add the channels and the bias.",
            (1, 3): "You applied ReLU before the bias. Filter A's sum is −3; with its bias −2; only then comes ReLU.",
            (5, 2): "You used channel 0 only. A filter is as deep as its input: channel 1 adds −7 and 1.",
            (0, 0): "Filter B gives 4 + 1 − 2 = 3, which ReLU lets through. Only what is below zero becomes 0.",
            (3, 0): "The two are in the wrong order: first filter A, then filter B.",
        },
        otherwise=_first_wrong_filter,
        praise="8 products, 1 bias and a ReLU for each value: −2 became 0, and 3 stayed 3.",
        said="",
        take=_two_values,
    ),
    mistakes=(
        Mistake([[4, -7], [4, 1]], "ONE number"),
        Mistake((0, 7), "Filter B should not give 7"),
        Mistake((2, 3), "Filter A should not give 2"),
    ),
    why="A filter has a weight for each pixel of the patch in each channel, and all products go into one sum: "
    "channels are mixed here. The bias shifts that sum once, and ReLU comes last, because it must judge the whole "
    "sum and no part of it.",
)

# --- parameters -------------------------------------------------------------------------------------------------

_LAYERS = ((3, 3, 10), (5, 3, 6), (5, 6, 16), (1, 32, 5))  # kernel_size, in_channels, filters


_WITH_BIAS = ByCases(
    truth=conv_params,
    cases=_LAYERS,
    misreadings=(
        Misreading(
            lambda k, c, f: k * k * f + f,
            "your filters are flat. A filter is as deep as its input, so each has kernel_size · kernel_size · "
            "in_channels weights.",
        ),
        Misreading(lambda k, c, f: k * k * c * f, "the bias is missing. Each filter has one."),
        Misreading(
            lambda k, c, f: k * k * c * f + 1, "one bias for the whole layer. Every filter has its own, so add filters."
        ),
        Misreading(
            lambda k, c, f: k * k * c * f + c,
            "one bias for each input channel. Filters and channels are mixed up: the bias belongs to the filter, which "
            "makes one output channel.",
        ),
        Misreading(
            lambda k, c, f: k * k * c * f + c * f,
            "a bias for each channel of each filter. A filter adds its channels up first, and then one bias.",
        ),
        Misreading(lambda k, c, f: k * k * c * c + c, "you used in_channels where filters belongs."),
        Misreading(lambda k, c, f: k * k * c + 1, "that is one filter. The layer has several."),
        Misreading(
            lambda k, c, f: k * c * f + f, "kernel_size is one side. A kernel of 3 has 3 · 3 weights in each channel."
        ),
        Misreading(
            lambda k, c, f: (k * k + c + 1) * f,
            "you added the depth. The kernel's square stands in each channel: multiply by in_channels.",
        ),
        Misreading(lambda k, c, f: 4 * conv_params(k, c, f), "those are bytes. Asked for are numbers."),
    ),
    otherwise="Work out that case on paper first: the weights of one filter, its bias, and how many filters there are.",
)
_NO_BIAS = ByCases(
    truth=lambda k, c, f, use_bias: conv_params(k, c, f, use_bias=use_bias),
    cases=[Case(*layer, use_bias=False) for layer in _LAYERS],
    misreadings=(
        Misreading(
            lambda k, c, f, use_bias=True: conv_params(k, c, f),
            "with the bias all is right, but use_bias=False changes nothing. Leave the biases out then.",
        ),
        Misreading(
            lambda k, c, f, use_bias=True: conv_params(k, c, f) - (not use_bias),
            "you took one bias away. The layer has as many as filters, and none of them is there.",
        ),
    ),
    otherwise="With the bias all is right; with use_bias=False only the weights are left.",
    praise="(kernel² · depth + 1) · filters. The size of the picture does not appear in it.",
)


layer_parameters = Exercise(
    name="layer_parameters",
    solution_source="""
    def layer_parameters(kernel_size, in_channels, filters, use_bias=True):
        weights = kernel_size * kernel_size * in_channels * filters
        return weights + filters if use_bias else weights
    """,
    hints=(
        "How many weights has ONE filter? It covers kernel_size × kernel_size pixels in every input channel.",
        "One filter: kernel_size² · in_channels weights, and one bias. How many filters are there?",
    ),
    diagnose=InTurn(_WITH_BIAS, _NO_BIAS),
    mistakes=(
        Mistake(lambda k, c, f, use_bias=True: k * k * f + f * use_bias, "filters are flat"),
        Mistake(lambda k, c, f, use_bias=True: use_bias and (k * k * c + 1) * f, "one number"),
        Mistake(lambda k, c, f, use_bias=True: 280, "you got 280, not 456"),
        Mistake(lambda k, c, f: (k * k * c + 1) * f, "raised TypeError"),
    ),
    why="A filter is as deep as its input, so it has kernel² weights for each channel in, and one bias for its one "
    "output channel. It slides with the same weights over the picture: that is why the picture's size is not in "
    "the formula.",
)

# --- a published table ------------------------------------------------------------------------------------------

# What was published, and what is wrong with it.
_PUBLISHED = {
    208: "conv 8: 208 = 5·5·8 + 8 treats the filters as flat; they are 3 deep",
    416: "conv 16: 416 = 5·5·16 + 16 treats the filters as flat; how many channels leave the layer before?",
    48_001: "dense 120: 48,001 = 400·120 + 1 has one bias for the whole layer; every unit has its own",
    10_081: "dense 84: 10,081 = 120·84 + 1 has one bias for the whole layer; every unit has its own",
    841: "dense 10: 841 = 84·10 + 1 has one bias for the whole layer; every unit has its own",
}
_OTHER_TABLE = (456, 2_416, 48_120, 10_164, 850)  # 6 and 16 filters, the lesson's own network
_WITHOUT_BIAS = (600, 3_200, 48_000, 10_080, 840)


def _counts(answer: object) -> np.ndarray:
    counts = array(answer, (5,), "The answer")
    kept = [
        f"- {why}" for (published, why), count in zip(_PUBLISHED.items(), counts, strict=True) if count == published
    ]
    if kept:
        raise Wrong("\n".join(["Still as published:", *kept]))
    return counts


def _biases(weights: int, units: int) -> dict[int, str]:
    return {weights: f"Those are the weights. The biases are missing: {units}, not none."}


lenet_counts = Exercise(
    name="lenet_counts",
    answer_name="counts",
    solution_source="counts = [608, 3_216, 48_120, 10_164, 850]",
    hints=(
        "Begin with conv 8: how many weights has one of its 8 filters, if the picture has 3 channels?",
        "conv 16 reads the 8 channels of conv 8. In a dense layer, who owns the biases: the layer or each unit?",
        "(5·5·3 + 1)·8, (5·5·8 + 1)·16, (400 + 1)·120, … How many rows of the table are left as they were?",
    ),
    diagnose=ByEntry(
        truth=(608, 3_216, 48_120, 10_164, 850),
        entries={
            "conv 8": _biases(600, 8),
            "conv 16": {
                1_216: "It reads what conv 8 puts out: 8 channels, not the 3 of the picture.",
                2_416: "It reads 8 channels here, not the 6 of the lesson's network.",
                **_biases(3_200, 16),
            },
            "dense 120": {
                192_120: "It reads the 5 × 5 × 16 values after the second pooling; you counted those before it.",
                24_120: "It reads the 16 channels of conv 16, not the 8 of conv 8.",
                **_biases(48_000, 120),
            },
            "dense 84": _biases(10_080, 84),
            "dense 10": _biases(840, 10),
        },
        otherwise="Right is (inputs of one filter or unit + 1 bias) · how many of them.",
        praise="All five rows were wrong. The network has 62,958 parameters; the table adds up to 59,547.",
        take=_counts,
        whole={
            _OTHER_TABLE: "That is the network of the lesson, with 6 filters first. The published one has 8, then 16.",
            _WITHOUT_BIAS: "The weights are right and the biases are missing: one for each filter, one for each unit.",
        },
    ),
    mistakes=(
        Mistake(list(_PUBLISHED), "5·5·8 + 8 treats the filters as flat"),
        Mistake([608, 3_216, 48_001, 10_081, 841], "every unit has its own"),
        Mistake([608, 416, 48_120, 10_164, 850], "how many channels leave the layer before"),
        Mistake([608, 3_216, 48_120, 10_164, 841], "dense 10: 841"),
        Mistake([208, ...], "treats the filters as flat"),
        Mistake([608, 3_216, 48_120, 10_164, 0], "dense 10: you say 0"),
    ),
    why="Weights are counted for one place, because all places share them; pooling has none. The first dense layer "
    "has no sharing any more: each of its units looks at every number left, and this is where the count jumps.",
)

# --- work -------------------------------------------------------------------------------------------------------


def _windows(height: int, width: int, kernel_size: int, strides: int) -> int:
    return ((height - kernel_size) // strides + 1) * ((width - kernel_size) // strides + 1)


def _macs(h: int, w: int, k: int, c: int, f: int, s: int = 1) -> int:
    return conv_macs((h, w), k, c, f, strides=s)


_WORK = ByCases(
    truth=_macs,
    cases=(
        (32, 32, 5, 3, 6, 1),
        Case(14, 12, 5, 6, 16),
        (39, 23, 3, 4, 10, 2),
        (10, 13, 3, 2, 3, 2),  # 7 / 2 and 10 / 2: the rows leave a remainder, the columns none
        (13, 10, 3, 1, 2, 2),  # and the other way round
        (9, 7, 1, 32, 5, 3),
    ),
    misreadings=(
        Misreading(
            lambda h, w, k, c, f, s=1: h * w * k * k * c * f,
            "you laid a window on every INPUT pixel. Each OUTPUT value costs one window, and there are fewer of them.",
        ),
        Misreading(
            lambda h, w, k, c, f, s=1: _windows(h, w, k, 1) * k * k * c * f,
            "the stride is forgotten. It leaves fewer output values.",
        ),
        Misreading(
            lambda h, w, k, c, f, s=1: (h // s) * (w // s) * k * k * c * f,
            "without padding the output has (n − kernel_size) // strides + 1 rows, not n // strides.",
        ),
        Misreading(
            lambda h, w, k, c, f, s=1: ((h - k) / s + 1) * ((w - k) / s + 1) * k * k * c * f,
            "there is no half a window: round the quotient down, with // in Python.",
        ),
        Misreading(
            lambda h, w, k, c, f, s=1: (-(-(h - k) // s) + 1) * (-(-(w - k) // s) + 1) * k * k * c * f,
            "you rounded up. A last window that hangs over the border is not computed.",
        ),
        Misreading(
            lambda h, w, k, c, f, s=1: ((h - k + 1) // s) * ((w - k + 1) // s) * k * k * c * f,
            "the + 1 went inside the quotient. Divide by the stride first, then add the first window.",
        ),
        Misreading(
            lambda h, w, k, c, f, s=1: ((h - k) // s) * ((w - k) // s) * k * k * c * f,
            "the + 1 is missing: the quotient counts the steps, and the first window stands before the first step.",
        ),
        Misreading(
            lambda h, w, k, c, f, s=1: _windows(h, w, k, 1) * k * k * c * f // s**2,
            "you divided the work of stride 1 by strides². That is only near: count rows and columns with the stride.",
        ),
        Misreading(
            lambda h, w, k, c, f, s=1: _windows(h, w, k, 1) * k * k * c * f // s,
            "you divided the work of stride 1 by the stride. It thins out rows and columns: count both with it.",
        ),
        Misreading(
            lambda h, w, k, c, f, s=1: _windows(h, h, k, s) * k * k * c * f,
            "you took the picture for a square. The columns follow from the width.",
        ),
        Misreading(
            lambda h, w, k, c, f, s=1: _windows(h, w, k, s) * k * k * f, "a window reaches through all input channels."
        ),
        Misreading(lambda h, w, k, c, f, s=1: _windows(h, w, k, s) * k * k * c, "that is the work of one filter."),
        Misreading(
            lambda h, w, k, c, f, s=1: _windows(h, w, k, s) * k * c * f,
            "kernel_size is one side. A window has kernel_size · kernel_size places.",
        ),
        Misreading(
            lambda h, w, k, c, f, s=1: k * k * c * f,
            "that is the number of weights. Each is used once at every output position.",
        ),
        Misreading(
            lambda h, w, k, c, f, s=1: _windows(h, w, k, s) * (k * k * c + 1) * f,
            "you counted the biases. Adding one is no multiplication.",
        ),
        Misreading(
            lambda h, w, k, c, f, s=1: 2 * _macs(h, w, k, c, f, s),
            "twice too many. A multiplication with its addition counts as ONE multiply-add (and as two FLOPs).",
        ),
    ),
    otherwise="Work out that case on paper first: rows · columns of the output, times the weights.",
    praise="Output positions · weights. A layer's work grows with the picture; its parameters do not.",
)

layer_macs = Exercise(
    name="layer_macs",
    solution_source="""
    def layer_macs(height, width, kernel_size, in_channels, filters, strides=1):
        rows = (height - kernel_size) // strides + 1
        columns = (width - kernel_size) // strides + 1
        return rows * columns * filters * kernel_size * kernel_size * in_channels
    """,
    hints=(
        "How many multiplications does ONE output value cost? And how many output values are there?",
        "One value: kernel_size² · in_channels. Values: rows · columns of the output (lesson 02's formula) · filters.",
    ),
    diagnose=_WORK,
    mistakes=(Mistake(lambda h, w, k, c, f, s=1: 0, "you got 0, not 352,800"),),
    why="Each output number costs one multiply-add for each weight of its filter, kernel² · channels. There are as "
    "many outputs as positions times filters, and none of them is free because another one was computed.",
)

# --- depthwise separable ----------------------------------------------------------------------------------------

_SEPARABLE = ByCases(
    truth=lambda k, c, f: k * k * c + c * f,
    cases=((3, 32, 64), (5, 6, 16), (3, 128, 100)),
    misreadings=(
        Misreading(
            lambda k, c, f: k * k * c * f, "that is the full convolution, which the separable one is to replace."
        ),
        Misreading(
            lambda k, c, f: k * k * c, "that is the depthwise step. The 1×1 step that mixes channels is missing."
        ),
        Misreading(lambda k, c, f: c * f, "that is the 1×1 step. The depthwise step before it is missing."),
        Misreading(
            lambda k, c, f: k * k * f + c * f,
            "the depthwise step has one small kernel for each INPUT channel, not for each filter.",
        ),
        Misreading(lambda k, c, f: k * k * c * c * f, "the two steps follow each other, so their weights add."),
        Misreading(lambda k, c, f: k * k * c * f + c * f, "your first step is a full convolution. It mixes nothing."),
        Misreading(lambda k, c, f: k * k * c + c * f + c + f, "the biases are in it. Count weights only."),
        Misreading(lambda k, c, f: k * k * c + c * f + f, "the biases of the 1×1 step are in it. Count weights only."),
        Misreading(lambda k, c, f: k * k + c * f, "every input channel has a kernel of its own."),
        Misreading(lambda k, c, f: k * c + c * f, "kernel_size is one side. A kernel of 3 has 3 · 3 weights."),
        Misreading(
            lambda k, c, f: k * k * c + k * k * c * f,
            "your second step has kernels of kernel_size. It looks at one pixel: 1 × 1.",
        ),
    ),
    otherwise="Two steps, two numbers: a small kernel for each input channel, then 1×1 from in_channels to filters.",
    praise="kernel² · channels + channels · filters: for 3 × 3, 32 → 64 it is 2,336 in place of 18,432.",
)

separable_weights = Exercise(
    name="separable_weights",
    solution_source="""
    def separable_weights(kernel_size, in_channels, filters):
        depthwise = kernel_size * kernel_size * in_channels
        return depthwise + in_channels * filters
    """,
    hints=(
        "Two steps, so two numbers to add. First: every input channel has its own flat kernel.",
        "The second step is an ordinary 1×1 convolution from in_channels to filters. How many weights has that?",
    ),
    diagnose=_SEPARABLE,
    mistakes=(
        Mistake(lambda k, c, f: 1, "you got 1, not 2,336"),
        Mistake(lambda k, c, f: (k * k * c, c * f), "one number"),
    ),
    why="A full kernel looks at neighbours and mixes channels at once, and pays kernel² for every pair of channels. "
    "Done one after the other, the neighbours cost kernel² for each channel, and the mixing one weight for each "
    "pair: a sum where there was a product.",
)

# --- receptive field --------------------------------------------------------------------------------------------


def _with_steps(step: Callable[[list[int], int], int]) -> Callable[[list], int]:
    """A field whose layer i adds (k − 1) · step, where ``step(strides, i)`` may be the wrong one."""
    return lambda layers: 1 + sum((k - 1) * step([s for _, s in layers], i) for i, (k, _) in enumerate(layers))


_FIELD = ByCases(
    truth=lambda layers: receptive_field(layers).size,
    cases=(
        ([(3, 1), (3, 1)],),
        ([(3, 1), (2, 2), (3, 1)],),
        ([(5, 1), (2, 2), (5, 1), (2, 2)],),
        ([(7, 2), (3, 2), (3, 1), (3, 1)],),
        ([(1, 1), (3, 3)],),
        ([(4, 3), (2, 1), (3, 2)],),
    ),
    misreadings=(
        Misreading(
            lambda layers: sum(k for k, _ in layers),
            "you added the kernel sizes. Neighbouring windows overlap: a kernel of k widens the field by k − 1 only.",
        ),
        Misreading(
            lambda layers: math.prod(k for k, _ in layers),
            "you multiplied the kernel sizes. Windows overlap; start from 1 and add k − 1 steps a layer.",
        ),
        Misreading(
            lambda layers: max((k for k, _ in layers), default=1),
            "that is the largest kernel. Together the layers see more.",
        ),
        Misreading(
            _with_steps(lambda strides, i: 1),
            "the strides are forgotten. After a stride of 2, neighbours lie two input pixels apart, so the next kernel "
            "reaches twice as far.",
        ),
        Misreading(
            _with_steps(lambda strides, i: strides[i]),
            "a layer's own stride widens what comes AFTER it, and strides multiply.",
        ),
        Misreading(
            _with_steps(lambda strides, i: math.prod(strides[: i + 1])),
            "you multiplied the step by a layer's stride before using it. Widen first, then change the step.",
        ),
        Misreading(
            _with_steps(lambda strides, i: strides[i - 1] if i else 1),
            "only the stride of the layer just before is in it. The strides of ALL earlier layers multiply.",
        ),
        Misreading(
            _with_steps(lambda strides, i: 1 + sum(s - 1 for s in strides[:i])),
            "you added the strides. Two layers with stride 2 make a step of 2 · 2.",
        ),
        Misreading(
            _with_steps(lambda strides, i: 1 + sum(strides[:i])),
            "you added each stride to the step. A stride multiplies it, and a stride of 1 changes nothing.",
        ),
        Misreading(
            _with_steps(lambda strides, i: math.prod(strides[i + 1 :])),
            "you began at the output. From there the strides that matter are those on the way TO the input.",
        ),
        Misreading(
            lambda layers: 1 + sum(k * math.prod(s for _, s in layers[:i]) for i, (k, _) in enumerate(layers)),
            "each kernel added one step too many. A kernel of k has k − 1 neighbours to add, each one step away.",
        ),
        Misreading(
            lambda layers: math.prod(s for _, s in layers),
            "that is the step, the distance between neighbouring values. Asked for is how much one value sees.",
        ),
        Misreading(lambda layers: layers[0][0], "that is the first layer alone. Is the `return` inside the loop?"),
        Misreading(
            lambda layers: receptive_field(layers).size - 1,
            "one too few. Without any layer a value sees 1 pixel, so start from 1.",
        ),
        Misreading(
            lambda layers: receptive_field(layers).size ** 2, "that is the area. Asked for is the length of one side."
        ),
    ),
    otherwise="Walk through the stack on paper with two numbers, `size` and `step`, both 1 at first.",
    praise="Start from 1; add (k − 1) · step; then multiply the step by the stride. LeNet's last pooling sees 16 "
    "pixels.",
)

stack_field = Exercise(
    name="stack_field",
    solution_source="""
    def stack_field(layers):
        size, step = 1, 1
        for kernel_size, stride in layers:
            size += (kernel_size - 1) * step
            step *= stride
        return size
    """,
    hints=(
        "Walk through the layers with two numbers: `size`, what is seen so far, and `step`, how many input pixels lie "
        "between neighbouring values here. Both start at 1.",
        "In each layer: size grows by (kernel_size − 1) · step. Then step is multiplied by the stride.",
    ),
    diagnose=_FIELD,
    mistakes=(
        Mistake(lambda layers: 5, "you got 5, not 8"),
        Mistake(lambda layers: receptive_field(layers), "should be one number"),
        Mistake(lambda layers: 3 * len(layers), "Walk through the stack"),
    ),
    why="A step between two neighbouring outputs of a layer is as many pixels as all strides below it multiplied. A "
    "kernel of k reaches over k − 1 such steps beyond its first tap, so each layer adds (k − 1) · step to what "
    "one value sees.",
)

# --- a gradient -------------------------------------------------------------------------------------------------


def _gradient_cases() -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(4)
    return [
        (np.arange(1, 17).reshape(4, 4), np.array([[1, 0, 2], [0, 3, 0], [0, 0, -1]])),
        (rng.integers(-5, 6, (6, 5)), rng.integers(-3, 4, (4, 2))),
        (rng.normal(size=(5, 7)), rng.normal(size=(5, 6))),
    ]


def _kernel_shape(image: np.ndarray, grad: np.ndarray) -> tuple[int, ...]:
    return tuple(n - m + 1 for n, m in zip(image.shape, grad.shape, strict=True))


def _one_position(image: np.ndarray, grad: np.ndarray, row: int, column: int) -> np.ndarray:
    height, width = _kernel_shape(image, grad)
    return image[row : row + height, column : column + width] * grad[row, column]


_GRADIENT = ByCases(
    truth=lambda image, grad: conv2d_backward(image, np.zeros(_kernel_shape(image, grad)), grad)[1],
    cases=_gradient_cases(),
    misreadings=(
        Misreading(
            lambda image, grad: conv2d(image, grad[::-1, ::-1]),
            "you flipped grad_output. Weight (a, b) met the pixels from (a, b) on, in the same order as the outputs.",
        ),
        Misreading(
            lambda image, grad: conv2d(image, grad)[::-1, ::-1],
            "the answer is turned by 180 degrees. Entry (0, 0) belongs to the weight in the top left corner.",
        ),
        Misreading(
            lambda image, grad: conv2d(image, grad) / grad.size,
            "you averaged over the positions. The loss feels the weight at EVERY position: their effects add up.",
        ),
        Misreading(
            lambda image, grad: conv2d(image, np.ones_like(grad)),
            "you added the pixels alone. Each counts as much as grad_output says at that position: multiply.",
        ),
        Misreading(
            lambda image, grad: np.full(_kernel_shape(image, grad), grad.sum()),
            "that is the gradient of the bias. Each weight also met a pixel at each position: multiply.",
        ),
        Misreading(
            lambda image, grad: _one_position(image, grad, grad.shape[0] - 1, grad.shape[1] - 1),
            "that is what the last output alone says. Each position adds to the gradient: += in a loop, not =.",
        ),
        Misreading(
            lambda image, grad: _one_position(image, grad, 0, 0),
            "that is what the first output alone says. The effects of all positions add up.",
        ),
        Misreading(
            lambda image, grad: -conv2d(image, grad),
            "the sign is turned. That is the step gradient descent takes; asked for is the gradient.",
        ),
        Misreading(
            lambda image, grad: conv2d(image, grad).T,
            "rows and columns are swapped. The gradient has the rows and columns of the kernel.",
        ),
    ),
    otherwise="Entry (a, b) is the sum over all outputs (i, j) of grad_output[i, j] · image[i + a, j + b].",
    praise="The kernel's gradient is itself a convolution: the image with grad_output as its kernel.",
)


def _in_the_kernels_shape(answer: object) -> None:
    for image, grad in (case.args for case in _GRADIENT.cases):
        shape, got = _kernel_shape(image, grad), array(call(answer, image, grad), None, finite=False).shape
        if got != shape and got == image.shape:
            raise Wrong(
                f"Yours has the shape of the image, {image.shape}: that is the gradient by the pixels. The gradient by "
                f"the weights has the shape of the kernel, {shape}."
            )


_LOOPS = """
def kernel_gradient(image, grad_output):
    out_height, out_width = grad_output.shape
    height, width = image.shape[0] - out_height + 1, image.shape[1] - out_width + 1
    grad_kernel = np.zeros((height, width))
    for a in range(height):
        for b in range(width):
            grad_kernel[a, b] = {term}
    return grad_kernel
"""

kernel_gradient = Exercise(
    name="kernel_gradient",
    solution_source=_LOOPS.format(term="(image[a : a + out_height, b : b + out_width] * grad_output).sum()"),
    hints=(
        "The kernel's shape follows from the others: a kernel of f rows makes H − f + 1 output rows.",
        "Weight (a, b) multiplies image[i + a, j + b] on its way to output (i, j). How much does the loss move if that "
        "weight grows by one?",
        "grad_kernel[a, b] is the sum of image[a : a + OH, b : b + OW] * grad_output.",
    ),
    diagnose=InTurn(_in_the_kernels_shape, _GRADIENT),
    mistakes=(
        Mistake(lambda image, grad_output: np.zeros(image.shape), "gradient by the pixels"),
        Mistake(_LOOPS.format(term="0"), "is the sum over all outputs"),
        Mistake(lambda image, grad_output: np.asarray(grad_output), "should have shape"),
    ),
    why="A weight touches every output: in each it multiplies the pixel that lies under it there. So its slope is the "
    "sum of pixel times output gradient over all positions. Those pixels form a window of the image, one for each "
    "weight, which is a convolution.",
)

summary = Summary(
    one_value, layer_parameters, lenet_counts, layer_macs, separable_weights, stack_field, kernel_gradient
)
