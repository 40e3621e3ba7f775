"""Exercises of lesson 00: parameters of a Dense stack, softmax, the loss for given labels, a step of AdaGrad."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from cnnlab.checks._exercise import Exercise, Mistake, NotAttempted, Wrong, array, call, close, number, show

# --- parameters -----------------------------------------------------------------------------------------------------


def _parameters(sizes: tuple[int, ...]) -> int:
    return sum(before * units + units for before, units in pairwise(sizes))


def _weights(sizes: tuple[int, ...]) -> int:
    return sum(before * units for before, units in pairwise(sizes))


# What somebody counted who got another number, and what to say about it.
_MISCOUNTS = {
    "the weights only: every unit has a bias of its own, and those are missing": _weights,
    "one bias a layer: every unit has a bias of its own": lambda sizes: _weights(sizes) + len(sizes) - 1,
    "a bias for each input too: the input is not a layer, it has no parameters": lambda s: _parameters(s) + s[0],
    "without the last layer: the output layer has weights and biases like any other": lambda s: _parameters(s[:-1]),
    "without the first layer: its weights join the inputs to the first units": lambda s: _parameters(s[1:]),
    "all the sizes multiplied: a layer is joined only to the one before it, so add layer by layer": math.prod,
    "the sizes added up: that counts units, and a parameter belongs to a connection": sum,
    "the inputs joined straight to the outputs: the hidden layers lie between them": lambda s: s[0] * s[-1] + s[-1],
}


def _miscount(got: float, sizes: tuple[int, ...]) -> str:
    """What explains `got`, with a space before it, or nothing."""
    found = [words for words, count in _MISCOUNTS.items() if got == count(sizes)]
    return f" That is {found[0]}." if found else ""


_BY_HAND = (4, 12, 8, 3)


def _diagnose_first_count(answer: object) -> str:
    got = number(answer)
    if got == _parameters(_BY_HAND):
        return "60 + 104 + 27 = 191: inputs times units, plus one bias a unit, layer by layer."
    if got in (60, 104, 27):
        raise Wrong(f"{got:g} is one of the three layers. Count all three and add them.")
    raise Wrong(
        f"You got {got:g}.{_miscount(got, _BY_HAND)} A layer has (inputs × units) weights and one bias a unit; "
        "begin with the 4 inputs and 12 units of the first."
    )


first_count = Exercise(
    name="first_count",
    answer_name="my_count",
    stub="my_count = ...",
    solution_source="my_count = (4 * 12 + 12) + (12 * 8 + 8) + (8 * 3 + 3)",
    hints=(
        "There are three layers: 4 → 12, 12 → 8 and 8 → 3. Count each, then add.",
        "4 → 12 has 4·12 = 48 weights and 12 biases: 60.",
        "60 for 4 → 12, then 12·8 + 8 = 104, then 8·3 + 3.",
    ),
    diagnose=_diagnose_first_count,
    mistakes=(
        Mistake(168, "every unit has a bias of its own, and those are missing"),
        Mistake(171, "one bias a layer"),
        Mistake(164, "without the last layer"),
        Mistake(195, "the input is not a layer"),
        Mistake(1152, "all the sizes multiplied"),
        Mistake(60, "one of the three layers"),
        Mistake(15, "the inputs joined straight to the outputs"),
        Mistake(100, "begin with the 4 inputs"),
    ),
)


def _diagnose_stack_parameters(answer: object) -> str:
    for sizes in ((4, 50, 3), (4, 50, 30, 3), (7, 2), (2, 3, 5, 6, 4)):
        got = number(call(answer, sizes), f"my_stack_parameters({sizes})")
        if got != _parameters(sizes):
            raise Wrong(f"For sizes {sizes} you got {got:g}; it should be {_parameters(sizes)}.{_miscount(got, sizes)}")
    return "1,873 for 4 → 50 → 30 → 3, and right for a stack of any length."


stack_parameters = Exercise(
    name="stack_parameters",
    answer_name="my_stack_parameters",
    stub="""
    def my_stack_parameters(sizes):
        return ...
    """,
    solution_source="""
    def my_stack_parameters(sizes):
        total = 0
        for inputs, units in zip(sizes[:-1], sizes[1:]):
            total = total + inputs * units + units
        return total
    """,
    hints=(
        "Go through the sizes in pairs: (4, 50), then (50, 30), then (30, 3).",
        "`zip(sizes[:-1], sizes[1:])` gives the pairs. Start a total at 0 and add to it for every pair.",
        "A pair (inputs, units) adds inputs * units + units.",
    ),
    diagnose=_diagnose_stack_parameters,
    mistakes=(
        Mistake(lambda sizes: _weights(sizes), "those are missing"),
        Mistake(lambda sizes: _weights(sizes) + len(sizes) - 1, "one bias a layer"),
        Mistake(lambda sizes: _parameters(sizes[:-1]), "without the last layer"),
        Mistake(lambda sizes: math.prod(sizes), "all the sizes multiplied"),
        Mistake(lambda sizes: 403, "For sizes (4, 50, 30, 3) you got 403; it should be 1873"),
        Mistake("def my_stack_parameters(sizes):\n    sum(sizes)", "Is the `return` missing?"),
    ),
)

# --- softmax --------------------------------------------------------------------------------------------------------

_SCORES = np.log([1.0, 2.0, 5.0])  # e to the power of these is 1, 2, 5


def _softmax(z: np.ndarray) -> np.ndarray:
    powers = np.exp(z - z.max())
    return powers / powers.sum()


_NOT_SOFTMAX = {
    "These are the powers e^z. Divide each by the sum of all, so that they add up to 1.": np.exp,
    "These are the scores divided by their sum. A score can be negative, a probability cannot: take e^z first.": (
        lambda z: z / z.sum()
    ),
    "You divided by the largest power. Divide by the sum of the powers, so that they add up to 1.": (
        lambda z: np.exp(z - z.max())
    ),
    "The whole probability went to the largest score. Softmax is soft: every class keeps a share.": (
        lambda z: (z == z.max()).astype(float)
    ),
    "That is the sigmoid of each score alone. The classes compete: divide e^z by the sum over all of them.": (
        lambda z: 1 / (1 + np.exp(-z))
    ),
    "That is 2^z over its sum. Softmax raises e = 2.718… to the scores: np.exp.": lambda z: 2**z / (2**z).sum(),
    "That is the logarithm of softmax. The probabilities themselves are asked for.": lambda z: np.log(_softmax(z)),
}


def _judge_softmax(answer: object, z: np.ndarray) -> None:
    got = array(call(answer, z), z.shape, f"The softmax of {show(z.round(2))}")
    if close(got, _softmax(z)):
        return
    for words, wrong in _NOT_SOFTMAX.items():
        if close(got, wrong(z)):
            raise Wrong(words)
    if not np.isfinite(got).all():
        raise Wrong(
            f"For scores {show(z.round(2))} you got {show(got)}. e^1000 is too large for a float: it becomes inf, and "
            "inf / inf is nan. Move the scores down before taking the power; which number makes the largest one 0?"
        )
    raise Wrong(
        f"For scores {show(z.round(2))} you got {show(got.round(4))}, which add up to {got.sum():.4g}; "
        f"it should be {show(_softmax(z).round(4))}."
    )


def _diagnose_softmax(answer: object) -> str:
    for z in (_SCORES, np.array([-1.0, 0.0, 2.0]), np.array([1.0, 1.0, 1.0, 1.0])):
        _judge_softmax(answer, z)
    return "Positive, adding up to 1, the largest score with the largest share: [0, ln 2, ln 5] gives 1/8, 2/8, 5/8."


softmax = Exercise(
    name="softmax",
    answer_name="my_softmax",
    stub="""
    def my_softmax(z):
        return ...
    """,
    solution_source="""
    def my_softmax(z):
        powers = np.exp(z)
        return powers / powers.sum()
    """,
    hints=(
        "Two steps: make every score positive, then divide so that they add up to 1.",
        "`np.exp(z)` takes the power of the whole array at once.",
        "powers = np.exp(z), then powers / powers.sum().",
    ),
    diagnose=_diagnose_softmax,
    mistakes=(
        Mistake(lambda z: np.exp(z), "Divide each by the sum of all"),
        Mistake(lambda z: z / z.sum(), "a probability cannot"),
        Mistake(lambda z: np.exp(z) / np.exp(z).max(), "You divided by the largest power"),
        Mistake(lambda z: (z == z.max()) * 1.0, "Softmax is soft"),
        Mistake(lambda z: 1 / (1 + np.exp(-z)), "That is the sigmoid"),
        Mistake(lambda z: 2**z / (2**z).sum(), "That is 2^z"),
        Mistake(lambda z: np.exp(z) / len(z), "which add up to"),
        Mistake(lambda z: np.exp(z).sum(), "should have shape (3,)"),
    ),
)


def _diagnose_stable_softmax(answer: object) -> str:
    _judge_softmax(answer, _SCORES)
    third = np.full(3, 1 / 3)
    for z in (np.array([1000.0, 1001.0, 1002.0]), np.array([-1002.0, -1001.0, -1000.0]), np.array([0.0, 3000.0])):
        got = array(call(answer, z), z.shape, f"The softmax of {show(z)}")
        if z[0] and close(got, third):
            raise Wrong(
                f"{show(z)} came out as three equal shares. The scores were cut off, so that their differences are "
                "lost. Subtract one number from all of them instead: the differences stay."
            )
        _judge_softmax(answer, z)
    return (
        "[1000, 1001, 1002] and [0, 1, 2] have the same softmax: only the differences count. Keras does this for you."
    )


stable_softmax = Exercise(
    name="stable_softmax",
    answer_name="my_stable_softmax",
    stub="""
    def my_stable_softmax(z):
        return ...
    """,
    solution_source="""
    def my_stable_softmax(z):
        powers = np.exp(z - z.max())
        return powers / powers.sum()
    """,
    hints=(
        "Adding a number c to every score multiplies every power by e^c, above and below the fraction bar: it cancels.",
        "So you may subtract any number from all scores. Choose it so that no power can exceed 1.",
        "Subtract z.max(); the largest power is then e^0 = 1.",
    ),
    diagnose=_diagnose_stable_softmax,
    mistakes=(
        Mistake(lambda z: np.exp(z) / np.exp(z).sum(), "inf / inf is nan"),
        Mistake(lambda z: np.exp(z - z.mean()) / np.exp(z - z.mean()).sum(), "which number makes the largest one 0"),
        Mistake(lambda z: np.exp(np.clip(z, -500, 500)) / np.exp(np.clip(z, -500, 500)).sum(), "differences are lost"),
        Mistake(lambda z: np.exp(z - z.max()), "You divided by the largest power"),
        Mistake(lambda z: np.exp(z / z.max()) / np.exp(z / z.max()).sum(), "it should be [0.125, 0.25, 0.625]"),
        Mistake(lambda z: (z == z.max()) * 1.0, "Softmax is soft"),
    ),
)

# --- the loss for given labels --------------------------------------------------------------------------------------

_LABELS = ("species as 0, 1 or 2", "species as one-hot rows", "petal length in cm")
_SPARSE, _ONE_HOT = "sparsecategoricalcrossentropy", "categoricalcrossentropy"
_DISTANCES = ("mse", "meansquarederror", "mae", "meanabsoluteerror")
_FITTING = dict(zip(_LABELS, ((_SPARSE,), (_ONE_HOT,), _DISTANCES), strict=True))


def _diagnose_choose_loss(answer: object) -> str:
    if not isinstance(answer, dict) or set(answer) != set(_LABELS):
        raise Wrong(f"my_losses should be a dict with the keys {', '.join(map(repr, _LABELS))}.")
    if any(choice is ... for choice in answer.values()):
        raise NotAttempted
    for labels, choice in answer.items():
        if not isinstance(choice, str):
            raise Wrong(f"For {labels!r}, write the loss's name as a string, as you would in model.compile.")
        name = choice.lower().replace("_", "")
        if name not in _FITTING[labels]:
            raise Wrong(_misfit(labels, choice, name))
    return "The loss follows from the labels: their form for classes, a distance for a measured number."


def _misfit(labels: str, choice: str, name: str) -> str:
    is_class = labels != "petal length in cm"
    if name in ("accuracy", "acc"):
        return (
            "Accuracy is a metric, not a loss: it counts whole flowers, so a small change of a weight usually changes "
            "nothing, its slope is 0 and gradient descent stands still."
        )
    if is_class and name in _DISTANCES:
        return (
            f"For {labels!r} you chose {choice!r}. A species is no amount: as numbers, taking 0 for 2 would cost more "
            "than taking 0 for 1. Cross-entropy asks only for the probability of the true class."
        )
    if not is_class and name in (_SPARSE, _ONE_HOT, "binarycrossentropy"):
        return (
            f"For {labels!r} you chose {choice!r}. Cross-entropy compares probabilities of classes; 4.7 cm is not a "
            "class. Take a distance between two numbers."
        )
    if is_class and name == "binarycrossentropy":
        return f"For {labels!r} you chose {choice!r}, which is for yes or no. Here one class of three is true."
    if labels == _LABELS[0] and name == _ONE_HOT:
        return f"{choice!r} wants a row such as [0, 0, 1] for each flower; the label 2 is one whole number: sparse."
    if labels == _LABELS[1] and name == _SPARSE:
        return f"{choice!r} wants one whole number for each flower; a one-hot row such as [0, 0, 1] is not sparse."
    return f"For {labels!r}, {choice!r} is not one of the losses of this lesson. Is it spelt as in the table above?"


def _losses(*choices: str) -> dict[str, str]:
    return dict(zip(_LABELS, choices, strict=True))


choose_loss = Exercise(
    name="choose_loss",
    answer_name="my_losses",
    stub="""
    my_losses = {
        "species as 0, 1 or 2": ...,
        "species as one-hot rows": ...,
        "petal length in cm": ...,
    }
    """,
    solution_source="""
    my_losses = {
        "species as 0, 1 or 2": "sparse_categorical_crossentropy",
        "species as one-hot rows": "categorical_crossentropy",
        "petal length in cm": "mean_squared_error",
    }
    """,
    hints=(
        "First ask: is the label one class of several, or a measured amount? Then ask how the class is written.",
        "'Sparse' means: only the position of the 1 is stored, as a whole number.",
        "Whole numbers: sparse_categorical_crossentropy. One-hot rows: the same name without sparse_. Centimetres: "
        "mean_squared_error or mean_absolute_error.",
    ),
    diagnose=_diagnose_choose_loss,
    mistakes=(
        Mistake(
            _losses("categorical_crossentropy", "sparse_categorical_crossentropy", "mse"), "one whole number: sparse"
        ),
        Mistake(_losses(_SPARSE, _SPARSE, "mse"), "is not sparse"),
        Mistake(_losses("mse", _ONE_HOT, "mse"), "A species is no amount"),
        Mistake(_losses(_SPARSE, _ONE_HOT, "categorical_crossentropy"), "4.7 cm is not a class"),
        Mistake(_losses("accuracy", _ONE_HOT, "mse"), "Accuracy is a metric"),
        Mistake(_losses("binary_crossentropy", _ONE_HOT, "mse"), "yes or no"),
        Mistake(_losses("cross entropy", _ONE_HOT, "mse"), "Is it spelt"),
        Mistake({"species": "mse"}, "with the keys"),
    ),
)

# --- AdaGrad --------------------------------------------------------------------------------------------------------


def _divided(top: float, bottom: float) -> float:
    return top / bottom if bottom else math.inf


# For (w, h, slope, rate): what somebody computed who got another w.
_NOT_ADAGRAD = {
    "The ball went uphill: subtract the step from w.": lambda w, h, g, r: w + r * g / math.sqrt(h + g * g),
    "You divided by h, not by its square root.": lambda w, h, g, r: w - r * g / (h + g * g),
    "You divided by the old h. First add slope² to h, then divide by the root of the new h.": (
        lambda w, h, g, r: w - _divided(r * g, math.sqrt(h))
    ),
    "That is plain gradient descent: AdaGrad divides the step by √h.": lambda w, h, g, r: w - r * g,
    "The step uses this slope's square alone. h keeps the squares of the earlier slopes too: h + slope².": (
        lambda w, h, g, r: w - r * g / abs(g)
    ),
}


def _diagnose_adagrad_step(answer: object) -> str:
    # The second case first: with h = 0 several mistakes still give the right w.
    for w, h, slope, rate in ((0.5, 36.0, -5.0, 0.5), (0.0, 0.0, -6.0, 0.5), (4.0, 9.0, 4.0, 1.0)):
        result = call(answer, w, h, slope, rate)
        if np.shape(result) != (2,):
            raise Wrong("Return two numbers, the new w and the new h: `return w, h`.")
        got_w, got_h = number(result[0], "The new w"), number(result[1], "The new h")
        new_h = h + slope**2
        new_w = w - rate * slope / math.sqrt(new_h)
        if close(got_w, new_w) and close(got_h, new_h):
            continue
        case = f"From w = {w:g}, h = {h:g}, slope {slope:g}, learning rate {rate:g}:"
        if close(got_w, new_h) and close(got_h, new_w):
            raise Wrong(f"{case} both numbers are right, in the wrong order. Return w first, then h.")
        for words, wrong in _NOT_ADAGRAD.items():
            if close(got_w, wrong(w, h, slope, rate)):
                raise Wrong(f"{case} {words}")
        if close(got_h, h + slope) or close(got_h, h + abs(slope)):
            raise Wrong(f"{case} you added the slope to h. Add its square, {slope**2:g}, which is never negative.")
        if not close(got_h, new_h):
            raise Wrong(f"{case} h should be {h:g} + {slope**2:g} = {new_h:g}; you got {got_h:g}.")
        step = f"{w:g} − {rate:g} · ({slope:g}) / √{new_h:g} = {new_w:.4f}"
        raise Wrong(f"{case} h is right; w should be {step}; you got {got_w:.4f}.")
    return "h remembers every slope so far, so the steps get shorter; the very first step is exactly η long."


adagrad_step = Exercise(
    name="adagrad_step",
    answer_name="my_adagrad_step",
    stub="""
    def my_adagrad_step(w, h, slope, learning_rate):
        return ...
    """,
    solution_source="""
    def my_adagrad_step(w, h, slope, learning_rate):
        h = h + slope**2
        w = w - learning_rate * slope / np.sqrt(h)
        return w, h
    """,
    hints=(
        "Two lines and a return. The order matters: h first.",
        "h = h + slope**2; the step is the one of gradient descent, divided by np.sqrt(h).",
        "w = w - learning_rate * slope / np.sqrt(h), then return w, h.",
    ),
    diagnose=_diagnose_adagrad_step,
    mistakes=(
        Mistake(lambda w, h, g, r: (w - r * g / np.sqrt(h), h + g**2), "You divided by the old h"),
        Mistake(lambda w, h, g, r: (w + r * g / np.sqrt(h + g**2), h + g**2), "uphill"),
        Mistake(lambda w, h, g, r: (w - r * g / (h + g**2), h + g**2), "not by its square root"),
        Mistake(lambda w, h, g, r: (w - r * g, h + g**2), "plain gradient descent"),
        Mistake(lambda w, h, g, r: (w - r * g / np.sqrt(g**2), g**2), "squares of the earlier slopes too"),
        Mistake(lambda w, h, g, r: (w - r * g / np.sqrt(h + abs(g)), h + abs(g)), "Add its square"),
        Mistake(lambda w, h, g, r: (h + g**2, w - r * g / np.sqrt(h + g**2)), "in the wrong order"),
        Mistake(lambda w, h, g, r: w - r * g / np.sqrt(h + g**2), "Return two numbers"),
        Mistake(lambda w, h, g, r: (w - r * g / np.sqrt(h + g**2), h), "h should be 36 + 25 = 61"),
        Mistake(lambda w, h, g, r: (w - r * g / np.sqrt(h + g**2) / 2, h + g**2), "h is right; w should be"),
    ),
)
