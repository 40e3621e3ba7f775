"""Exercises of lesson 05: a first CNN, from its wiring to its mistakes."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np

from cnnlab.checks.answers import Wrong, array, close, kind_of, read
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByValue, Case, Misreading
from cnnlab.checks.summary import Summary
from cnnlab.checks.two_blocks import TwoBlocks, kernels_of

# --- steps ------------------------------------------------------------------------------------------------------------

steps = Exercise(
    name="steps",
    solution_source="steps = 12 * -(-57_000 // 128)  # 446 steps an epoch, the last one with 40 pictures",
    hints=(
        "How many pictures is the network fitted to, once a twentieth has been put aside?",
        "57,000 / 128 = 445.3. The pictures that remain make a smaller batch of their own.",
        "446 steps an epoch, times 12.",
    ),
    diagnose=ByValue(
        truth=5352,
        misreadings={
            5343.75: "A step cannot be half taken: an epoch's last batch is smaller, and still a step. Round up: 446 "
            "each.",
            5344: "You rounded at the end. Every epoch has a smaller batch of its own: round up first, then multiply "
            "by 12.",
            5340: "You dropped the last batch of each epoch. Keras keeps it, with its 40 pictures: 446 steps, not 445.",
            5625: "Round up after each epoch, and without the validation pictures: the network is fitted to 57,000.",
            5616: "You counted the validation pictures and dropped the last batches: 57,000 pictures make 446 steps an "
            "epoch.",
            5628: "You counted the validation pictures too. They are only looked at: the network is fitted to 57,000.",
            5064: "You put a tenth aside, as above. Here it is a twentieth: 3,000 pictures.",
            288: "Those are the batches of the validation pictures. The weights change with the 57,000 others.",
            446: "That is one epoch. There are twelve.",
            684_000: "That is the number of pictures shown. A step takes 128 of them at once.",
        },
        otherwise="Pictures to fit to, divided by 128 and rounded up, times the epochs.",
        praise="57,000 pictures make 445 full batches and one of 40: 446 steps an epoch, 5,352 in all.",
        same=operator.eq,
    ),
    mistakes=(Mistake(57_000, "times the epochs"),),
    why="The optimizer works out one gradient from each batch and moves the weights once along it. The smaller batch "
    "at the end gives a gradient too, so every epoch rounds up for itself. Validation pictures give none: they are "
    "only looked at.",
)


# --- which kernel -----------------------------------------------------------------------------------------------------


def _what_it_would_be(side: float) -> str:
    if not (side.is_integer() and 1 <= side <= 28):
        return f"You got {read(side)}. A kernel's side is a whole number from 1 to 28."
    f = int(side)
    return (
        f"A {f} × {f} kernel leaves {29 - f} × {29 - f} of 28 × 28 and has {f**2} · 32 + 32 = {f**2 * 32 + 32:,} "
        "parameters."
    )


first_kernel = Exercise(
    name="first_kernel",
    answer_name="kernel_side",
    solution_source="kernel_side = 5  # 28 - 5 + 1 = 24, and 5 * 5 * 32 + 32 = 832",
    hints=(
        "The output's side is 28 − f + 1.",
        "The parameters are f · f · 32 + 32, as there is one input channel.",
        "28 − f + 1 = 24.",
    ),
    diagnose=ByValue(
        truth=5,
        misreadings={
            3: "3 is what the code said. A 3 × 3 kernel leaves 26 × 26 and has 9 · 32 + 32 = 320 parameters.",
            25: "25 is the number of weights of one filter: (832 − 32) / 32. The side is what is asked for.",
        },
        otherwise=_what_it_would_be,
        praise="28 − 5 + 1 = 24 and 25 · 32 + 32 = 832: the summary belongs to a 5 × 5 kernel, and the total is "
        "225,546.",
        said="",
        same=operator.eq,
    ),
    mistakes=(Mistake(4, "25 × 25"), Mistake(7, "1,600 parameters"), Mistake(2.5, "whole number")),
    why="A kernel of side f fits into 28 pixels at 28 − f + 1 places, and each filter has f · f weights and one bias. "
    "Both numbers depend on f alone, and no other f gives either of them: the summary names its kernel twice.",
)


# --- wiring -----------------------------------------------------------------------------------------------------------

# How many numbers the last layer may read instead of 5 · 5 · 32 = 800.
_ARRIVES = {
    3_872: "Each block ends in a max pooling of 2, so there are two of them: yours lacks the second.",
    4_608: "Each block ends in a max pooling of 2, so there are two of them: yours lacks the first.",
    18_432: "Each block ends in a max pooling of 2. Yours has none that halves the picture.",
    1_568: "Both convolutions are padded. Without padding 28 becomes 26.",
    1_152: "One convolution is padded. Without padding a side loses 2 pixels.",
    512: "Both poolings look at 3 × 3 pixels. Max pooling of 2 is wanted.",
    32: "You took one number from each map. Flatten keeps them all.",
}


def _not_wired(model: object) -> str:
    kernels = kernels_of(model)
    filters, sides = [shape[3] for shape in kernels], [shape[:2] for shape in kernels]
    if len(filters) == 1:
        return (
            f"Only one convolution is part of the model, that with {filters[0]} filters. Does the second block begin "
            "where the first ends, or at the input again? A block that leads nowhere is dropped without a word."
        )
    if filters != [16, 32]:
        return f"Convolutions with 16, then 32 filters are wanted. Yours: {filters}."
    if sides != [(3, 3), (3, 3)]:
        return f"Kernels of 3 × 3 are wanted. Yours: {sides}."
    dense = [tuple(w.shape) for w in model.weights if len(w.shape) == 2]
    if len(dense) != 1:
        return f"After Flatten one Dense layer with 10 units is wanted. Yours has {len(dense)} Dense layers."
    said = f"Your model has {model.count_params():,} parameters, not 160 + 4,640 + 8,010 = 12,810."
    if dense[0][0] != 800:
        why = _ARRIVES.get(dense[0][0], "28 becomes 26, 13, 11 and 5: no padding, and each pooling halves.")
        return f"{said} Its last layer reads {dense[0][0]:,} numbers, not 5 · 5 · 32 = 800. {why}"
    return f"{said} Both convolutions and the Dense layer have a bias for each filter and unit, and that is all."


def _functional(name: str, first: int, second: int) -> str:
    return f"""
def {name}():
    import keras
    from keras import layers

    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D({first}, 3, activation="relu")(inputs)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D({second}, 3, activation="relu")(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    outputs = layers.Dense(10, activation="softmax")(x)
    return keras.Model(inputs, outputs)
"""


_WIRE = _functional("my_model", 16, 32)

wire = Exercise(
    name="wire",
    answer_name="my_model",
    solution_source="""
        def my_model():
            import keras
            from keras import layers

            return keras.Sequential(
                [
                    keras.Input((28, 28, 1)),
                    layers.Conv2D(16, 3, activation="relu"),
                    layers.MaxPooling2D(2),
                    layers.Conv2D(32, 3, activation="relu"),
                    layers.MaxPooling2D(2),
                    layers.Flatten(),
                    layers.Dense(10, activation="softmax"),
                ]
            )
    """,
    hints=(
        "keras.Sequential takes a list: keras.Input((28, 28, 1)) first, then the layers in order.",
        "Each block is layers.Conv2D(filters, 3, activation='relu') and layers.MaxPooling2D(2).",
        "After the second block: layers.Flatten() and layers.Dense(10, activation='softmax').",
    ),
    diagnose=TwoBlocks(
        filters=(16, 32),
        otherwise=_not_wired,
        praise="160 + 4,640 + 8,010 = 12,810 parameters: a working digit reader with about an eighteenth of the "
        "lesson's weights.",
    ),
    mistakes=(
        Mistake(_WIRE.replace('Conv2D(32, 3, activation="relu")(x)', 'Conv2D(32, 3, activation="relu")(inputs)'),
                "begin where the first ends"),
        Mistake(_WIRE.replace("Dense(10, activation=\"softmax\")", "Dense(10)"), "no probabilities"),
        Mistake(_WIRE.replace("    x = layers.Flatten()(x)\n", ""), "Flatten what the blocks give"),
        Mistake(_WIRE.replace('Conv2D(16, 3, activation="relu")(inputs)', "ReLU()(layers.Conv2D(16, 3)(inputs))")
                .replace('Conv2D(32, 3, activation="relu")', "Conv2D(32, 3)"), "no ReLU"),
        Mistake(_WIRE.replace("Conv2D(16, 3,", 'Conv2D(16, 3, padding="same",'), "5 · 5 · 32 = 800"),
        Mistake(_functional("my_model", 32, 16), "16, then 32"),
        Mistake(_WIRE.replace("Conv2D(16, 3", "Conv2D(16, 5"), "3 × 3"),
        Mistake(_WIRE.replace("    x = layers.MaxPooling2D(2)(x)\n    x = layers.Conv", "    x = layers.Conv"),
                "lacks the first"),
        Mistake(_WIRE.replace('"relu"', '"gelu"'), "something else"),
        Mistake(_WIRE.replace("    x = layers.Flatten",
                              "    x = layers.Dense(32, activation='relu')(x)\n    x = layers.Flatten"),
                "2 Dense layers"),
        Mistake(_WIRE.replace("layers.Flatten()", "layers.GlobalAveragePooling2D()"), "Flatten keeps them all"),
        Mistake(_WIRE.replace("Conv2D(16, 3,", "Conv2D(16, 3, use_bias=False,"), "bias for each filter"),
        Mistake(_WIRE.replace("    x = layers.MaxPooling2D(2)(x)\n    x = layers.Flatten", "    x = layers.Flatten"),
                "two of them"),
        Mistake(_WIRE.replace("(28, 28, 1)", "(28, 28)").replace("2D(", "1D("), "keras.Input"),
        Mistake(lambda: [], "no model yet"),
    ),
    why="Each block makes more maps of about half the side: what was found matters more and more, where it was less "
    "and less. The Dense layer weighs the 5 · 5 · 32 numbers that are left, once for each class. Softmax turns its "
    "ten sums into probabilities.",
)  # fmt: skip


# --- the loss ---------------------------------------------------------------------------------------------------------

_CLASSES = np.array([0, 1, 1, 0])
_SCORES = np.array([[2.0, -1.0, 0.5], [0.1, 0.2, 3.0], [-0.4, 1.5, 0.3], [-0.3, 0.6, 1.1]], "float32")


_ROWS = np.eye(3)[_CLASSES]
_LABELS = {  # whole numbers and one-hot rows, in either type; three pictures of three classes, and four
    "whole numbers": _CLASSES,
    "one-hot rows": _ROWS.astype("float32"),
    "whole numbers, as floats": _CLASSES.astype("float32"),
    "one-hot rows of integers": _ROWS.astype(int),
    "three whole numbers": _CLASSES[:3],
    "three one-hot rows": _ROWS[:3].astype("float32"),
}


def _mean_loss(loss: object, case: Case) -> float:
    """The mean loss of the pictures; `Wrong` with what `loss` is if it is none, or none for these labels."""
    labels, last_activation = case.args
    if isinstance(loss, str):
        raise Wrong(
            f"A name such as {loss!r} cannot say whether the last layer gives probabilities or scores. Return an "
            "object: keras.losses.…(from_logits=…)."
        )
    if not callable(loss):
        raise Wrong(f"A loss from keras.losses is expected, but this is {kind_of(loss)}.")
    if isinstance(loss, type):
        raise Wrong(f"{loss.__name__} is the class. Add the brackets: keras.losses.{loss.__name__}(…).")
    kind = getattr(loss, "__name__", type(loss).__name__)
    if smoothing := getattr(loss, "get_config", dict)().get("label_smoothing"):
        raise Wrong(
            f"The labels are smoothed by {smoothing}. That is another loss: the true class has not all the weight."
        )
    scores = _SCORES[: len(labels)]
    powers = np.exp(scores)
    said = scores if last_activation is None else powers / powers.sum(axis=1, keepdims=True)
    try:
        losses = loss(labels, said)
    except Exception as error:  # noqa: BLE001  each backend has its own words for shapes that do not match
        if "squared" in kind.lower() or "absolute" in kind.lower():
            raise Wrong(f"A classifier wants a cross-entropy; {kind} is for measured amounts.") from error
        if kind.lower().startswith("binary"):
            raise Wrong(
                f"{kind} asks a yes-or-no question for each class. Here one class of several is true."
            ) from error
        wanted = "CategoricalCrossentropy" if labels.ndim == 2 else "SparseCategoricalCrossentropy"
        raise Wrong(
            f"{case.words}: The loss failed with {type(error).__name__}. Labels of shape {labels.shape} want {wanted}, "
            "whatever the type of their numbers."
        ) from error
    return float(array(losses, None, "The loss", finite=False).mean())


def _losses() -> object:
    from keras import losses

    return losses


def _fitting(labels: np.ndarray, **options: object) -> object:
    """The cross-entropy that labels of this form want."""
    kind = _losses().CategoricalCrossentropy if labels.ndim == 2 else _losses().SparseCategoricalCrossentropy
    return kind(**options)


def _as_rows(labels: np.ndarray) -> np.ndarray:
    return labels if labels.ndim == 2 else np.eye(3)[labels.astype(int)]


_LOSS_FOR = ByCases(
    truth=lambda labels, last: _fitting(labels, from_logits=last is None),
    cases=[
        Case(labels, last, words=f"For labels as {form} and last activation {last!r}")
        for form, labels in _LABELS.items()
        for last in ("softmax", None)
    ],
    measure=_mean_loss,
    misreadings=(
        Misreading(
            lambda labels, last: _fitting(labels),
            "without a last activation the layer gives scores, not probabilities. Say from_logits=True, and softmax is "
            "applied.",
        ),
        Misreading(
            lambda labels, last: _fitting(labels, from_logits=True),
            "the last layer has a softmax already; with from_logits=True it is applied a second time.",
        ),
        Misreading(
            lambda labels, last: _fitting(labels, from_logits=last is not None),
            "from_logits is the wrong way round. Logits are scores: what comes out when there is no softmax.",
        ),
        Misreading(
            lambda labels, last: _fitting(labels, from_logits=last is None, reduction="sum"),
            "the pictures' losses are summed. Leave `reduction` alone: it takes their mean.",
        ),
        Misreading(
            lambda labels, last: lambda y, p: np.square(_as_rows(y) - p),
            "a classifier wants a cross-entropy. Squared errors are for measured amounts.",
        ),
        Misreading(
            lambda labels, last: lambda y, p: _losses().BinaryCrossentropy(from_logits=last is None)(_as_rows(y), p),
            "BinaryCrossentropy asks a yes-or-no question for each class. Here one class of several is true.",
        ),
    ),
    otherwise="It is another loss. The categorical cross-entropy is wanted: −ln of the true class's probability.",
    praise="The form of the labels chooses the name, the last activation chooses from_logits. One loss, however the "
    "labels are written: −ln of the probability of the true class.",
    same=lambda got, right: close(round(got, 4), round(right, 4), 2e-4),
)


def _by(one_hot: Callable[[np.ndarray], bool]) -> Callable:
    """An answer that tells one-hot rows from whole numbers by something else than their axes."""
    return lambda labels, last: (
        _losses().CategoricalCrossentropy if one_hot(labels) else _losses().SparseCategoricalCrossentropy
    )(from_logits=last is None)


loss_for = Exercise(
    name="loss_for",
    solution_source="""
    def loss_for(labels, last_activation):
        import keras
        kind = keras.losses.CategoricalCrossentropy if labels.ndim == 2 else keras.losses.SparseCategoricalCrossentropy
        return kind(from_logits=last_activation is None)
    """,
    hints=(
        "labels.ndim is 1 for whole numbers and 2 for one-hot rows.",
        "Whole numbers: keras.losses.SparseCategoricalCrossentropy(...). One-hot: the same without Sparse.",
        "Both take from_logits, which is True when no softmax has been applied: last_activation is None.",
    ),
    diagnose=_LOSS_FOR,
    mistakes=(
        Mistake(
            lambda labels, last: _fitting(
                labels, from_logits=last is None, **({"label_smoothing": 0.2} if labels.ndim == 2 else {})
            ),
            "smoothed by 0.2",
        ),
        Mistake(lambda labels, last: _losses().MeanSquaredError(), "MeanSquaredError is for measured amounts"),
        Mistake(lambda labels, last: _losses().BinaryCrossentropy(), "yes-or-no"),
        Mistake(
            lambda labels, last: _losses().SparseCategoricalCrossentropy(from_logits=last is None),
            "want CategoricalCrossentropy",
        ),
        Mistake(
            lambda labels, last: _losses().CategoricalCrossentropy(from_logits=last is None),
            "want SparseCategoricalCrossentropy",
        ),
        Mistake(_by(lambda labels: labels.dtype.kind == "f"), "whatever the type"),
        Mistake(_by(lambda labels: labels.max() <= 1), "want SparseCategoricalCrossentropy"),
        Mistake(_by(lambda labels: labels.shape[-1] == 3), "want SparseCategoricalCrossentropy"),
        Mistake(lambda labels, last: "sparse_categorical_crossentropy", "cannot say"),
        Mistake(
            lambda labels, last: (
                _losses().categorical_crossentropy if labels.ndim == 2 else _losses().sparse_categorical_crossentropy
            ),
            "Say from_logits=True",
        ),
        Mistake(lambda labels, last: type(_fitting(labels)), "Add the brackets"),
        Mistake(
            lambda labels, last: (
                lambda y, p: _losses().CategoricalFocalCrossentropy(from_logits=last is None)(_as_rows(y), p)
            ),
            "It is another loss",
        ),
    ),
    why="Cross-entropy needs one number, the probability of the true class. A whole number says where it stands; a "
    "one-hot row multiplies it by 1 and all others by 0. Scores without a softmax are no probabilities yet, so the "
    "loss must make them first.",
)


# --- early stopping ---------------------------------------------------------------------------------------------------

_RUNS = (
    ([0.9, 0.6, 0.5, 0.52, 0.51, 0.53, 0.4], 3),
    ([0.9, 0.6, 0.5, 0.52, 0.51, 0.53, 0.4], 2),
    ([0.8, 0.7, 0.75, 0.74, 0.73, 0.6], 3),
    ([1.0, 0.9, 0.8, 0.7], 2),
    ([0.9, 0.7, 0.5, 0.6, 0.7], 3),
    ([0.5, 0.6, 0.7], 1),
    ([1.0, 0.8, 0.9, 0.7, 0.75, 0.6, 0.65, 0.7], 2),
    ([0.5, 0.5, 0.5, 0.5], 2),
    ([0.4, 0.6, 0.399, 0.5, 0.6], 2),  # a gain of 0.001 is one
)


def _early_stop(
    losses: list[float],
    patience: int,
    *,
    previous: bool = False,
    slack: int = 0,
    reset: bool = True,
    equal: bool = False,
) -> tuple[int, int]:
    """(epoch after which training ends, epoch with the best weights), both from 1."""
    best = waited = 0
    for epoch in range(1, len(losses)):
        against = losses[epoch - 1 if previous else best]
        if losses[epoch] < against or (equal and losses[epoch] == against):
            waited = 0 if reset else waited
        else:
            waited += 1
        if losses[epoch] < losses[best] or (equal and losses[epoch] == losses[best]):
            best = epoch
        if waited >= patience + slack:
            return epoch + 1, best + 1
    return len(losses), best + 1


def _ended(losses: list[float], patience: int) -> int:
    return _early_stop(losses, patience)[0]


def _best(losses: list[float], patience: int) -> int:
    return _early_stop(losses, patience)[1]


_EARLY_STOP = ByCases(
    truth=_early_stop,
    cases=_RUNS,
    words="For {} and patience {}".format,
    misreadings=(
        Misreading(
            lambda losses, patience: [epoch - 1 for epoch in _early_stop(losses, patience)],
            "your epochs are counted from 0. Keras' logs, and this course, count from 1.",
        ),
        Misreading(
            lambda losses, patience: (_ended(losses, patience),) * 2,
            "the last epoch is not the best one: patience means that worse ones came after it.",
        ),
        Misreading(
            lambda losses, patience: _early_stop(losses, patience, previous=True),
            "you compare with the epoch before. Going down after a bad epoch is no gain: compare with the best so far.",
        ),
        Misreading(
            lambda losses, patience: _early_stop(losses, patience, slack=1),
            "one epoch too late: it ends with the epoch that makes the count reach the patience.",
        ),
        Misreading(
            lambda losses, patience: _early_stop(losses, patience, slack=-1),
            "one epoch too early: the best epoch itself does not count as one without a gain.",
        ),
        Misreading(
            lambda losses, patience: _early_stop(losses, patience, reset=False),
            "you count all bad epochs of the run. Each new best sets the count back to 0.",
        ),
        Misreading(
            lambda losses, patience: _early_stop(losses, patience)[::-1],
            "the two are swapped: the epoch that ends the run comes first.",
        ),
        Misreading(
            lambda losses, patience: (_ended(losses, patience), int(np.argmin(losses)) + 1),
            "you looked at epochs that never took place: the run had ended before them.",
        ),
        Misreading(
            lambda losses, patience: _early_stop(losses, patience, equal=True),
            "you took an equal loss for an improvement. It must be lower.",
        ),
        Misreading(
            lambda losses, patience: _early_stop(losses, 3), "the patience is 3 in your function, whatever it is given."
        ),
        Misreading(
            lambda losses, patience: (min(_ended(losses, patience) + 1, len(losses)), _best(losses, patience)),
            "the right weights, and one epoch too many: the epoch that makes the count reach the patience is the last.",
        ),
        Misreading(
            lambda losses, patience: (_ended(losses, patience), losses[_best(losses, patience) - 1]),
            "the second is the best loss. Return the epoch it belongs to.",
        ),
        Misreading(
            lambda losses, patience: _early_stop([round(loss, 1) for loss in losses], patience),
            "you asked for a gain of some size. Any lower loss is a gain, however little.",
        ),
        Misreading(
            lambda losses, patience: (_best(losses, patience) + patience, _best(losses, patience)),
            "where the patience does not run out, the run ends with its last epoch; there are no more.",
        ),
        Misreading(
            lambda losses, patience: (len(losses), int(np.argmin(losses)) + 1),
            "the run was never stopped: patience is not used.",
        ),
    ),
    otherwise="Keep the best loss so far and count the epochs since; end when the count reaches the patience.",
    praise="Compared with the best so far, not with the epoch before; and what is kept is the best, not the last.",
)


early_stop = Exercise(
    name="early_stop",
    solution_source="""
        def early_stop(losses, patience):
            best = waited = 0
            for epoch in range(1, len(losses)):
                if losses[epoch] < losses[best]:
                    best, waited = epoch, 0
                else:
                    waited += 1
                if waited == patience:
                    return epoch + 1, best + 1
            return len(losses), best + 1
    """,
    hints=(
        "Go through the losses once. Remember the place of the smallest so far.",
        "Count the epochs since that place; a new smallest sets the count back to 0.",
        "When the count equals patience, return (this epoch, best epoch). If it never does, the run ends by itself.",
    ),
    diagnose=_EARLY_STOP,
    mistakes=(
        Mistake(
            lambda losses, patience: (_ended(losses, patience) + 1, _best(losses, patience)), "count the epochs since"
        ),
        Mistake(lambda losses, patience: len(losses), "shape (2,)"),
    ),
    why="From one epoch to the next the validation loss wobbles, so one worse epoch proves nothing: patience waits for "
    "it to recover. The epochs it waited through brought no gain, which is why the weights of the best epoch are "
    "kept.",
)  # fmt: skip


# --- reading a confusion matrix ---------------------------------------------------------------------------------------

_MATRICES = (
    np.array([[8, 2, 0], [1, 5, 4], [0, 0, 10]]),
    np.array([[50, 0], [30, 20]]),
    np.array([[4, 1], [1, 2]]),
    np.array([[3, 1, 0, 0], [0, 9, 0, 3], [2, 2, 4, 0], [0, 0, 0, 6]]),
)

_RECALL = ByCases(
    truth=lambda matrix: np.diag(matrix) / matrix.sum(axis=1),
    cases=[(matrix,) for matrix in _MATRICES],
    words=lambda matrix: f"For {matrix.tolist()}",
    misreadings=(
        Misreading(
            lambda m: np.diag(m) / m.sum(axis=0),
            "that divides by the columns: of what was *called* 1, how much is 1. It is the precision. Recall divides "
            "by the row, all that *are* 1.",
        ),
        Misreading(
            lambda m: np.diag(m) / m.sum(), "that divides by all pictures. Divide each class by its own: the row's sum."
        ),
        Misreading(lambda m: np.diag(m), "those are counts. Divide by how many pictures the class has."),
        Misreading(
            lambda m: 1 - np.diag(m) / m.sum(axis=1), "that is the part that was missed; recall is what was found."
        ),
        Misreading(lambda m: 100 * np.diag(m) / m.sum(axis=1), "that is in per cent. Return the part, from 0 to 1."),
        Misreading(
            lambda m: np.diag(m) // m.sum(axis=1),
            "the parts were rounded down to whole numbers. Half is 0.5: divide with /, not with //.",
        ),
        Misreading(lambda m: np.round(np.diag(m) / m.sum(axis=1), 2), "you rounded. Return the quotients as they are."),
        Misreading(
            lambda m: m.max(axis=1) / m.sum(axis=1),
            "that is each row's largest number, which need not be right. What is right stands on the diagonal.",
        ),
        Misreading(lambda m: np.diag(m) / len(m), "you divided by the number of classes. Divide by the row's sum."),
        Misreading(
            lambda m: 2 * np.diag(m) / (m.sum(axis=0) + m.sum(axis=1)),
            "that is F1, which weighs recall against precision.",
        ),
    ),
    otherwise="Row = truth, column = answer: the diagonal element over the sum of its row.",
    praise="The diagonal over its row: of all true 1s in the first matrix, half were called 1.",
)


recall = Exercise(
    name="recall",
    solution_source="""
        def recall(matrix):
            return np.diag(matrix) / matrix.sum(axis=1)
    """,
    hints=(
        "A row holds all pictures of one true class. Which element of it is right?",
        "np.diag(matrix) takes the diagonal; matrix.sum(axis=1) adds up each row.",
    ),
    diagnose=_RECALL,
    mistakes=(
        Mistake(lambda matrix: np.diag(matrix).sum() / matrix.sum(), "should have shape (3,)"),
        Mistake(lambda matrix: np.diag(matrix) / matrix.sum(axis=1, keepdims=True), "should have shape (3,)"),
        Mistake(lambda matrix: np.ones(len(matrix)), "Row = truth"),
    ),
    why="A row holds all pictures of one class, whatever they were called, so its sum says how many there were to "
    "find. The diagonal says how many were found. Each class is divided by its own row, so a rare class counts as "
    "much as a common one.",
)


# --- find the bug -----------------------------------------------------------------------------------------------------


def _not_mended(model: object) -> str:
    filters, count = [shape[3] for shape in kernels_of(model)], model.count_params()
    if filters == [64]:
        return (
            f"Still {count:,} parameters, and no layer with 32 filters: the second block begins at the input again, so "
            "nothing leads from the first block to the output."
        )
    if len(filters) == 1:
        return f"One convolution is left, with {filters[0]} filters. Both blocks are wanted, one after the other."
    if filters == [64, 32]:
        return "The blocks have changed places: 32 filters come first."
    if filters != [32, 64]:
        return f"Change the wiring only: convolutions with 32 and 64 filters. Yours: {filters}."
    return (
        f"Your model has {count:,} parameters; with both blocks in a row it is 320 + 18,496 + 16,010 = 34,826. Change "
        "the wiring only."
    )


_MENDED = _functional("mended_model", 32, 64)

mended = Exercise(
    name="mended",
    answer_name="mended_model",
    solution_source=_MENDED,
    hints=(
        "Follow the arrows backwards from the output. Which layers do you meet, and which never?",
        "Look at the last brackets in the line of the second convolution: whose output does it take?",
        "layers.Conv2D(64, 3, activation='relu')(x) instead of (...)(inputs).",
    ),
    diagnose=TwoBlocks(
        filters=(32, 64),
        otherwise=_not_mended,
        praise="34,826 parameters in place of 108,810: less than a third, and the second layer sees what the first "
        "found.",
    ),
    mistakes=(
        Mistake(_MENDED.replace('Conv2D(64, 3, activation="relu")(x)', 'Conv2D(64, 3, activation="relu")(inputs)'),
                "nothing leads from the first block"),
        Mistake(_MENDED.replace(
            '    x = layers.Conv2D(64, 3, activation="relu")(x)\n    x = layers.MaxPooling2D(2)(x)\n', ""),
            "Both blocks are wanted"),
        Mistake(_functional("mended_model", 64, 32), "changed places"),
        Mistake(_MENDED.replace("Conv2D(64", "Conv2D(32"), "Change the wiring only"),
        Mistake(_MENDED.replace('"relu")(x)', '"relu", padding="same")(x)'), "34,826"),
        Mistake(_MENDED.replace('Dense(10, activation="softmax")', "Dense(10)"), "no probabilities"),
    ),
    why="A layer reads what stands in the brackets behind it, and nothing else joins two layers. With inputs there, no "
    "way led from the first block to the output, and keras.Model keeps only the layers on such a way.",
)  # fmt: skip

summary = Summary(steps, first_kernel, wire, loss_for, early_stop, recall, mended)
