"""Exercises of lesson 00: parameters of a Dense stack, softmax, the loss for given labels, a step of AdaGrad."""

from __future__ import annotations

import math
import operator
from itertools import pairwise

import numpy as np

from cnnlab.checks.answers import Wrong
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByValue, Misreading, several
from cnnlab.checks.summary import Summary

# --- parameters -----------------------------------------------------------------------------------------------------


def _parameters(sizes: tuple[int, ...]) -> int:
    return sum(before * units + units for before, units in pairwise(sizes))


def _weights(sizes: tuple[int, ...]) -> int:
    return sum(before * units for before, units in pairwise(sizes))


# What somebody counts who gets another number, and what to say about it.
_MISCOUNTS = (
    Misreading(_weights, "that is the weights only: every unit has a bias of its own, and those are missing."),
    Misreading(
        lambda sizes: _weights(sizes) + len(sizes) - 1, "that is one bias a layer: every unit has a bias of its own."
    ),
    Misreading(
        lambda sizes: _weights(sizes) + sum(sizes[:-1]),
        "that is a bias for each input of a layer: the bias belongs to the unit that adds it.",
    ),
    Misreading(lambda sizes: _parameters(sizes[:2]), "that is the first layer alone. Is the `return` inside the loop?"),
    Misreading(
        lambda sizes: _parameters(sizes[-2:]), "that is the last layer alone: add each layer to the total with +=."
    ),
    Misreading(
        lambda sizes: _parameters(sizes) + sizes[0],
        "that is a bias for each input too: the input is not a layer, it has no parameters.",
    ),
    Misreading(
        lambda sizes: _parameters(sizes[:-1]),
        "that is without the last layer: the output layer has weights and biases like any other.",
    ),
    Misreading(
        lambda sizes: _parameters(sizes[1:]),
        "that is without the first layer: its weights join the inputs to the first units.",
    ),
    Misreading(
        lambda sizes: _parameters(sizes) - sizes[-1],
        "the biases of the last layer are missing: its units have one each, like any other.",
    ),
    Misreading(
        lambda sizes: _parameters(sizes) - sizes[1],
        "the biases of the first layer are missing: its units have one each, like any other.",
    ),
    Misreading(math.prod, "that is all the sizes multiplied: a layer is joined only to the one before it, so add."),
    Misreading(sum, "that is the sizes added up, which counts units; a parameter belongs to a connection."),
    Misreading(
        lambda sizes: sizes[0] * sizes[-1] + sizes[-1],
        "that is the inputs joined straight to the outputs: the hidden layers lie between them.",
    ),
)

first_count = Exercise(
    name="first_count",
    answer_name="my_count",
    solution_source="my_count = (4 * 12 + 12) + (12 * 8 + 8) + (8 * 3 + 3)",
    hints=(
        "There are three layers: 4 → 12, 12 → 8 and 8 → 3. Count each, then add.",
        "4 → 12 has 4·12 = 48 weights and 12 biases: 60.",
        "60 for 4 → 12, then 12·8 + 8 = 104, then 8·3 + 3.",
    ),
    diagnose=ByValue(
        truth=191,
        misreadings={m.how((4, 12, 8, 3)): m.says for m in _MISCOUNTS}
        | dict.fromkeys((60, 104, 27), "that is one of the three layers. Count all three and add them."),
        otherwise="A layer has (inputs × units) weights and one bias a unit; begin with the 4 inputs and 12 units of "
        "the first.",
        praise="60 + 104 + 27 = 191: inputs times units, plus one bias a unit, layer by layer.",
        same=operator.eq,
    ),
    mistakes=(Mistake(100, "begin with the 4 inputs"),),
    why="A unit of a Dense layer looks at every number the layer before it puts out, so it needs one weight for each "
    "of them. Its bias comes on top: a number of its own that shifts the point from which the unit answers. "
    "Layers share nothing, so their counts add up.",
)


def _pairs_apart(sizes: tuple[int, ...]) -> int:
    return sum(before * units + units for before, units in zip(sizes[::2], sizes[1::2], strict=False))


_STACKS = ByCases(
    truth=_parameters,
    cases=[((4, 50, 3),), ((4, 50, 30, 3),), ((7, 2),), ((6, 5, 3, 2, 4),)],
    words="For sizes {}".format,
    misreadings=(
        *_MISCOUNTS,
        Misreading(
            _pairs_apart, "your pairs do not overlap. A layer's units are the inputs of the next: (4, 50), (50, 30), …"
        ),
    ),
    otherwise="Every neighbouring pair (inputs, units) adds inputs · units weights and one bias a unit.",
    praise="1,873 for 4 → 50 → 30 → 3, and right for a stack of any length.",
)

stack_parameters = Exercise(
    name="stack_parameters",
    answer_name="my_stack_parameters",
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
    diagnose=_STACKS,
    mistakes=(
        Mistake(lambda sizes: 403, "For sizes (4, 50, 30, 3) you got 403, not 1,873."),
        Mistake("def my_stack_parameters(sizes):\n    sum(sizes)", "Is the `return` missing?"),
    ),
    why="Only neighbouring layers are connected, so each pair of sizes is counted by itself, and the first size, the "
    "inputs, has no parameters of its own. Every unit of the second layer has one weight for each output of the "
    "first, and one bias.",
)

# --- softmax --------------------------------------------------------------------------------------------------------

_LOGS = np.log([2.0, 5.0, 1.0])


def _softmax(z: np.ndarray) -> np.ndarray:
    powers = np.exp(z - z.max())
    return powers / powers.sum()


def _scores(z: np.ndarray) -> str:
    return f"For scores [{', '.join(f'{score:g}' for score in z.round(4))}]"


def _after(lower: object) -> object:
    """Softmax, as somebody computes it who first subtracts `lower` of the scores."""

    def shares(z: np.ndarray) -> np.ndarray:
        powers = np.exp(z - lower(z))
        return powers / powers.sum()

    return shares


_NOT_SOFTMAX = (
    Misreading(
        lambda z: np.exp(z - z.max()),
        "you divided by the largest power. Divide by the sum of the powers, so that they add up to 1.",
    ),
    Misreading(
        lambda z: (z == z.max()).astype(float),
        "the whole probability went to the largest score. Softmax is soft: every class keeps a share.",
    ),
    Misreading(
        lambda z: np.log(_softmax(z)), "that is the logarithm of softmax. The probabilities themselves are asked for."
    ),
    Misreading(lambda z: 100 * _softmax(z), "those are per cent. Shares of one are asked for: they add up to 1."),
    Misreading(lambda z: np.round(_softmax(z), 2), "you rounded. Return the shares as they are."),
    Misreading(lambda z: np.sort(_softmax(z)), "you sorted the shares. Each stays in the place of its score."),
    Misreading(lambda z: _softmax(-z), "the largest score got the smallest share: the power is e^z, not e^−z."),
)

_SOFTMAX = ByCases(
    truth=_softmax,
    cases=[(np.array(z),) for z in (_LOGS, [2.0, -1.0, 0.0], [1.0] * 4, [0.5, 3.0, -2.0, 1.0, 0.0])],
    words=_scores,
    misreadings=(
        Misreading(np.exp, "these are the powers e^z. Divide each by the sum of all, so that they add up to 1."),
        Misreading(
            lambda z: z / z.sum(),
            "these are the scores divided by their sum. A score can be negative, a probability cannot: take e^z first.",
        ),
        *_NOT_SOFTMAX,
        Misreading(
            lambda z: 1 / (1 + np.exp(-z)),
            "that is the sigmoid of each score alone. The classes compete: divide e^z by the sum over all of them.",
        ),
        Misreading(
            lambda z: 2**z / (2**z).sum(), "that is 2^z over its sum. Softmax raises e = 2.718… to the scores: np.exp."
        ),
        Misreading(
            lambda z: np.exp(z) / np.exp(z.sum()),
            "you divided by e to the sum of the scores. Divide by the sum of the powers: first the powers, then add.",
        ),
        Misreading(
            lambda z: np.exp(z) / len(z), "you divided by the number of classes. Divide by the sum of the powers."
        ),
    ),
    otherwise="First the powers, np.exp(z), then each divided by the sum of them all; so they add up to 1.",
    praise="Positive, adding up to 1, the largest score with the largest share: [0, ln 2, ln 5] gives 1/8, 2/8, 5/8.",
)

softmax = Exercise(
    name="softmax",
    answer_name="my_softmax",
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
    diagnose=_SOFTMAX,
    mistakes=(
        Mistake(lambda z: np.exp(z).sum(), "should have shape (3,)"),
        Mistake(lambda z: np.exp(z) / 8, "so they add up to 1"),
        Mistake(lambda z: np.exp(z) / np.exp(z)[0], "so they add up to 1"),
    ),
    why="The exponential is positive everywhere and grows with its argument, so negative scores become possible "
    "shares and the order is kept. Dividing by the sum makes the shares add up to 1. A difference of scores "
    "becomes a ratio of probabilities.",
)


_STABLE = ByCases(
    truth=_softmax,
    cases=[
        (np.array(z, float),)
        for z in (_LOGS, [1000, 1002, 1001], [-1001, -1000, -1002], [3000, 0], [-2000, 1000, -3000, 999])
    ],
    words=_scores,
    misreadings=(
        Misreading(
            _after(lambda z: 0),
            "e^1000 is too large for a float and becomes inf, and inf / inf is nan. Move the scores down before taking "
            "the power; which number makes the largest one 0?",
        ),
        Misreading(
            _after(np.mean),
            "subtracting the mean moves the scores, but [3000, 0] becomes [1500, −1500], and e^1500 is inf. After the "
            "move no score may be above 0; which number makes the largest one 0?",
        ),
        Misreading(
            _after(np.min),
            "subtracting the smallest score leaves the largest as large as before, or larger: [3000, 0] stays. "
            "Which number makes the largest one 0?",
        ),
        Misreading(
            _after(lambda z: 1000),
            "1000 fits scores near 1000 only. Scores near −1000 become −2000, where e^z is 0 and 0 / 0 is nan; 3000 "
            "stays too large. Take the number from the scores themselves.",
        ),
        Misreading(
            _after(lambda z: z[-1]),
            "you subtracted the last score, which need not be the largest: e^3000 is inf. Subtract the largest.",
        ),
        Misreading(
            _after(lambda z: z[0]),
            "you subtracted the first score, which need not be the largest: 1000 − (−2000) is 3000, and e^3000 is inf. "
            "Subtract the largest.",
        ),
        Misreading(
            _after(lambda z: np.abs(z).max()),
            "you subtracted the largest size, without its sign. [−1001, −1000, −1002] then move further down, every "
            "power is 0, and 0 / 0 is nan. Subtract the largest score itself.",
        ),
        Misreading(
            lambda z: _softmax(np.clip(z, -500, 500)),
            "the scores were cut off, so that their differences are lost. Subtract one number from all instead: the "
            "differences stay.",
        ),
        Misreading(
            lambda z: _softmax(z / z.max()),
            "you divided the scores, which changes their differences. Subtract one number from all instead: the "
            "differences stay.",
        ),
        *_NOT_SOFTMAX,
    ),
    otherwise="Subtract one number from all scores, so that the largest becomes 0; then the powers, then their shares.",
    praise="[1000, 1001, 1002] and [0, 1, 2] have one softmax: only the differences count. Keras does this for you.",
)

stable_softmax = Exercise(
    name="stable_softmax",
    answer_name="my_stable_softmax",
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
    diagnose=_STABLE,
    mistakes=(
        Mistake(
            lambda z: np.exp(np.minimum(z, 700)) / np.exp(np.minimum(z, 700)).sum(), "so that the largest becomes 0"
        ),
        Mistake(lambda z: np.nan_to_num(_after(lambda z: 0)(z)), "so that the largest becomes 0"),
    ),
    why="Subtracting m from every score divides each power by e^m, above and below the line alike, so the quotient is "
    "unchanged. With m the largest score, the largest power is e^0 = 1: nothing can overflow, and the sum is at "
    "least 1.",
)

# --- the loss for given labels --------------------------------------------------------------------------------------

_LABELS = ("species as 0, 1 or 2", "species as one-hot rows", "petal length in cm")
_SPARSE, _ONE_HOT = "sparsecategoricalcrossentropy", "categoricalcrossentropy"
_DISTANCES = ("mse", "meansquarederror", "mae", "meanabsoluteerror", "huber", "huberloss", "logcosh")
_FITTING = dict(zip(_LABELS, ((_SPARSE,), (_ONE_HOT,), _DISTANCES), strict=True))


_ACTIVATIONS, _OPTIMIZERS = ("softmax", "relu", "sigmoid"), ("adam", "sgd", "adagrad", "rmsprop")


def _diagnose_choose_loss(answer: object) -> str:
    if not isinstance(answer, dict) or set(answer) != set(_LABELS):
        raise Wrong(f"my_losses should be a dict with the keys {', '.join(map(repr, _LABELS))}.")
    for labels, choice in answer.items():
        chosen = choice if isinstance(choice, str) else getattr(choice, "name", getattr(choice, "__name__", None))
        if not isinstance(chosen, str):
            raise Wrong(f"For {labels!r}, write the loss's name as a string, as you would in model.compile.")
        name = chosen.lower().replace("_", "")
        if name not in _FITTING[labels]:
            raise Wrong(_misfit(labels, chosen, name))
    return "The loss follows from the labels: their form for classes, a distance for a measured number."


def _misfit(labels: str, choice: str, name: str) -> str:
    is_class = labels != "petal length in cm"
    if name in ("accuracy", "acc"):
        return (
            "Accuracy is a metric, not a loss: it counts whole flowers, so a small change of a weight usually changes "
            "nothing, its slope is 0 and gradient descent stands still."
        )
    if name in _ACTIVATIONS or name in _OPTIMIZERS:
        what = (
            "an activation: it bends what a layer puts out" if name in _ACTIVATIONS else "an optimizer: it takes steps"
        )
        return f"For {labels!r} you chose {choice!r}, which is {what}. A loss says how wrong the result is."
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
        Mistake(_losses("softmax", _ONE_HOT, "mse"), "an activation"),
        Mistake(_losses(_SPARSE, _ONE_HOT, "adam"), "an optimizer"),
        Mistake(_losses(_SPARSE, 1, "mse"), "as a string"),
        Mistake({"species": "mse"}, "with the keys"),
    ),
    why="Cross-entropy needs a probability for each class and looks at the one of the true class; sparse and one-hot "
    "only say in two ways which class that is. Centimetres have distances, classes have none: between amounts the "
    "error is how far apart they are.",
)

# --- AdaGrad --------------------------------------------------------------------------------------------------------


def _adagrad(w: float, h: float, slope: float, rate: float) -> tuple[float, float]:
    return w - rate * slope / math.sqrt(h + slope**2), h + slope**2


_ADAGRAD = ByCases(
    truth=_adagrad,
    cases=[(0.5, 36.0, -5.0, 0.5), (4.0, 9.0, 4.0, 1.0), (10.0, 2.25, 2.0, 0.1), (-2.0, 16.0, -3.0, 0.2)],
    words="From w = {:g}, h = {:g}, slope {:g}, learning rate {:g}:".format,
    misreadings=(
        Misreading(
            lambda w, h, g, r: _adagrad(w, h, g, r)[::-1],
            "both numbers are right, in the wrong order. Return w first, then h.",
        ),
        Misreading(
            lambda w, h, g, r: (w + r * g / math.sqrt(h + g * g), h + g * g),
            "the ball went uphill: subtract the step from w.",
        ),
        Misreading(
            lambda w, h, g, r: (w - r * g / (h + g * g), h + g * g), "you divided by h, not by its square root."
        ),
        Misreading(
            lambda w, h, g, r: (w - r * g / math.sqrt(h), h + g * g),
            "you divided by the old h. First add slope² to h, then divide by the root of the new h.",
        ),
        Misreading(
            lambda w, h, g, r: (_adagrad(w, h, g, r)[0], h),
            "w is right, but you returned the old h. The new one is h + slope², and the next step needs it.",
        ),
        Misreading(
            lambda w, h, g, r: (w - r * g, h + g * g), "that is plain gradient descent: AdaGrad divides the step by √h."
        ),
        Misreading(
            lambda w, h, g, r: (w - r * g, h),
            "that is plain gradient descent, with h as it was: first add slope² to h, then divide the step by √h.",
        ),
        Misreading(
            lambda w, h, g, r: (w - r * g / abs(g), g * g),
            "the step uses this slope's square alone. h keeps the squares of the earlier slopes too: h + slope².",
        ),
        Misreading(
            lambda w, h, g, r: (w - r * g / math.sqrt(h + abs(g)), h + abs(g)),
            "you added the slope to h. Add its square, which is never negative.",
        ),
        Misreading(
            lambda w, h, g, r: (w - r * g / math.sqrt(h + g), h + g),
            "you added the slope to h, with its sign. Add its square, which is never negative.",
        ),
        Misreading(
            lambda w, h, g, r: (w - r * g * g / math.sqrt(h + g * g), h + g * g),
            "the step has the slope squared. The square belongs in h; the step goes by the slope itself.",
        ),
        Misreading(
            lambda w, h, g, r: (-r * g / math.sqrt(h + g * g), h + g * g),
            "that is the step. Add it to w: the new w is asked for.",
        ),
        Misreading(lambda w, h, g, r: (w - r / math.sqrt(h + g * g), h + g * g), "the slope is missing from the step."),
        Misreading(
            lambda w, h, g, r: (w - r * g / math.sqrt(h + g * g), math.sqrt(h + g * g)),
            "w is right. The new h is the sum itself; its root is only for the step.",
        ),
        Misreading(
            lambda w, h, g, r: (w - r * g / math.sqrt(0.9 * h + 0.1 * g * g), 0.9 * h + 0.1 * g * g),
            "that is a running mean, as RMSprop has it. AdaGrad's h is a sum.",
        ),
        Misreading(
            lambda w, h, g, r: (w - r * g / math.sqrt(h + 2 * g), h + 2 * g) if h + 2 * g > 0 else (w, h),
            "you added twice the slope to h. Add its square: slope ** 2, not slope * 2.",
        ),
        Misreading(
            lambda w, h, g, r: (w - g / math.sqrt(h + g * g), h + g * g), "the learning rate is missing from the step."
        ),
    ),
    otherwise="First h + slope²; then w − learning rate · slope / √h, with the new h.",
    praise="h remembers every slope so far, so the steps get shorter; the very first step is exactly η long.",
    take=several("w", "h"),
)

adagrad_step = Exercise(
    name="adagrad_step",
    answer_name="my_adagrad_step",
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
    diagnose=_ADAGRAD,
    mistakes=(
        Mistake(lambda w, h, g, r: w - r * g / np.sqrt(h + g**2), "in this order: (w, h)"),
        Mistake(lambda w, h, g, r: (w - r * g / np.sqrt(h + g**2) / 2, h + g**2), "with the new h"),
        Mistake(lambda w, h, g, r: (w, h, g), "Yours has 3"),
    ),
    why="The root of all squared slopes so far measures how steep the way has been for this weight. Dividing by it "
    "shortens the steps where slopes were large and leaves them long where they were small, so that one learning "
    "rate serves weights of very different slopes.",
)

summary = Summary(first_count, stack_parameters, softmax, stable_softmax, choose_loss, adagrad_step)
