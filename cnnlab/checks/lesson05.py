"""Exercises of lesson 05: a first CNN, from its wiring to its mistakes."""

from __future__ import annotations

import numpy as np

from cnnlab.checks._exercise import Exercise, Mistake, Wrong, array, call, close, number

# --- steps ------------------------------------------------------------------------------------------------------------

_STEP_ERRORS = {
    5062.5: "A step cannot be half taken: the last batch of an epoch is smaller, and still a step. Round up: 422 each.",
    5052: "You dropped the last batch of each epoch. Keras keeps it, though it has fewer pictures: 422 steps, not 421.",
    5628: "You counted the validation pictures too. They are only looked at: the network is fitted to 54,000.",
    422: "That is one epoch. There are twelve.",
    648000: "That is the number of pictures shown. A step takes 128 of them at once.",
}


def _diagnose_steps(answer: object) -> str:
    got = number(answer)
    if got in _STEP_ERRORS:
        raise Wrong(f"You got {got:,g}. {_STEP_ERRORS[got]}")
    if got != 5064:
        raise Wrong(f"You got {got:g}. Pictures to fit to, divided by 128 and rounded up, times the epochs.")
    return "54,000 pictures make 421 full batches and one of 112: 422 steps an epoch, 5,064 in all."


steps = Exercise(
    name="steps",
    answer_name="steps",
    stub="""
        steps = ...  # how often the weights are changed, in the whole run
    """,
    solution_source="""
        steps = 12 * -(-54_000 // 128)  # 422 steps an epoch, the last one with 112 pictures
    """,
    hints=(
        "How many pictures is the network fitted to, once a tenth has been put aside?",
        "54,000 / 128 = 421.875. The pictures that remain make a smaller batch of their own.",
        "422 steps an epoch, times 12.",
    ),
    diagnose=_diagnose_steps,
    mistakes=(
        Mistake(5062.5, "Round up"),
        Mistake(5052, "dropped the last batch"),
        Mistake(5628, "validation pictures too"),
        Mistake(422, "one epoch"),
        Mistake(648000, "pictures shown"),
        Mistake(54000, "times the epochs"),
    ),
)


# --- which kernel -----------------------------------------------------------------------------------------------------


def _diagnose_first_kernel(answer: object) -> str:
    got = number(answer)
    if got == 3:
        raise Wrong("3 is what the code said. A 3 × 3 kernel leaves 26 × 26 and has 9 · 32 + 32 = 320 parameters.")
    if got == 25:
        raise Wrong("25 is the number of weights of one filter: (832 − 32) / 32. The side is what is asked for.")
    if got != 5:
        if not (got.is_integer() and 1 <= got <= 28):
            raise Wrong(f"You got {got:g}. A kernel's side is a whole number from 1 to 28.")
        side = int(got)
        raise Wrong(
            f"A {side} × {side} kernel leaves {29 - side} × {29 - side} of 28 × 28 and has {side**2} · 32 + 32 = "
            f"{side**2 * 32 + 32:,} parameters."
        )
    return "28 − 5 + 1 = 24 and 25 · 32 + 32 = 832: the summary belongs to a 5 × 5 kernel, and the total is 225,546."


first_kernel = Exercise(
    name="first_kernel",
    answer_name="kernel_side",
    stub="""
        kernel_side = ...
    """,
    solution_source="""
        kernel_side = 5  # 28 - 5 + 1 = 24, and 5 * 5 * 32 + 32 = 832
    """,
    hints=(
        "The output's side is 28 − f + 1.",
        "The parameters are f · f · 32 + 32, as there is one input channel.",
        "28 − f + 1 = 24.",
    ),
    diagnose=_diagnose_first_kernel,
    mistakes=(
        Mistake(3, "what the code said"),
        Mistake(25, "The side is what is asked for"),
        Mistake(4, "25 × 25"),
        Mistake(7, "1,600 parameters"),
        Mistake(2.5, "whole number"),
    ),
)


# --- wiring -----------------------------------------------------------------------------------------------------------


def _model(answer: object) -> object:
    """The learner's model, built by calling `answer`, or `Wrong`."""
    import keras

    built = call(answer)
    if isinstance(built, (list, tuple)):
        raise Wrong("A list of layers is no model yet. Put it into keras.Sequential(...), or use keras.Model(...).")
    if not isinstance(built, keras.Model):
        raise Wrong(f"A keras.Model is expected, but the function returned a {type(built).__name__}.")
    shapes = tuple(getattr(built, "input_shape", None) or ()), tuple(getattr(built, "output_shape", None) or ())
    if shapes[0] != (None, 28, 28, 1):
        raise Wrong(f"The model takes {shapes[0] or 'nothing yet'}. Begin with keras.Input((28, 28, 1)).")
    if shapes[1] != (None, 10):
        raise Wrong(
            f"The output has shape {shapes[1]}. Flatten what the blocks give, then one Dense layer with 10 units."
        )
    return built


def _probabilities(model: object) -> None:
    import keras

    x = np.random.default_rng(0).uniform(-3, 3, (4, 28, 28, 1)).astype("float32")
    said = keras.ops.convert_to_numpy(model(x, training=False))
    if (said < 0).any() or not np.allclose(said.sum(axis=1), 1, atol=1e-3):
        raise Wrong(
            "Its ten numbers are no probabilities: they must be positive and add up to 1. Which activation does it?"
        )


def _kinds(model: object, kind: str) -> list:
    return [layer for layer in model.layers if type(layer).__name__ == kind]


def _is_relu(layer: object) -> bool:
    return getattr(layer.activation, "__name__", "") == "relu"


def _diagnose_wire(answer: object) -> str:
    model = _model(answer)
    convs, pools = _kinds(model, "Conv2D"), _kinds(model, "MaxPooling2D")
    if len(convs) == 1:
        raise Wrong(
            f"Only one convolution is part of the model, that with {convs[0].filters} filters. Does the second block "
            "begin where the first ends, or at the input again? A block that leads nowhere is dropped without a word."
        )
    if [conv.filters for conv in convs] != [16, 32]:
        raise Wrong(f"Convolutions with 16, then 32 filters are wanted. Yours: {[conv.filters for conv in convs]}.")
    if any(tuple(conv.kernel_size) != (3, 3) for conv in convs):
        raise Wrong(f"Kernels of 3 × 3 are wanted. Yours: {[tuple(conv.kernel_size) for conv in convs]}.")
    if len(pools) != 2:
        raise Wrong(f"Each block ends in a max pooling of 2, so there are two of them. Yours has {len(pools)}.")
    if any(tuple(pool.pool_size) != (2, 2) or tuple(pool.strides) != (2, 2) for pool in pools):
        sizes = [f"{tuple(pool.pool_size)}, strides {tuple(pool.strides)}" for pool in pools]
        raise Wrong(f"Poolings over 2 × 2 are wanted. Yours: {'; '.join(sizes)}.")
    bends = _kinds(model, "ReLU") + [layer for layer in _kinds(model, "Activation") if _is_relu(layer)]
    if sum(not _is_relu(conv) for conv in convs) > len(bends):
        raise Wrong("A convolution has no ReLU: without a bend two convolutions could do no more than one.")
    if model.count_params() != 12_810:
        raise Wrong(
            f"Your model has {model.count_params():,} parameters. Unpadded it is 160 + 4,640 + 8,010 = 12,810: the "
            "last layer sees 5 · 5 · 32 = 800 numbers."
        )
    _probabilities(model)
    return (
        "160 + 4,640 + 8,010 = 12,810 parameters: a working digit reader with about an eighteenth of the lesson's "
        "weights."
    )


_WIRE = """
def my_model():
    import keras
    from keras import layers
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(16, 3, activation="relu")(inputs)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(32, 3, activation="relu")(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
"""

wire = Exercise(
    name="wire",
    answer_name="my_model",
    stub="""
        def my_model():
            return ...  # a keras.Model
    """,
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
    diagnose=_diagnose_wire,
    mistakes=(
        Mistake(_WIRE.replace("Conv2D(32, 3, activation=\"relu\")(x)", "Conv2D(32, 3, activation=\"relu\")(inputs)"),
                "begin where the first ends"),
        Mistake(_WIRE.replace("Dense(10, activation=\"softmax\")", "Dense(10)"), "no probabilities"),
        Mistake(_WIRE.replace("    x = layers.Flatten()(x)\n", ""), "Flatten what the blocks give"),
        Mistake(_WIRE.replace("Conv2D(32, 3, activation=\"relu\")", "Conv2D(32, 3)"), "no ReLU"),
        Mistake(_WIRE.replace("Conv2D(16, 3, activation=\"relu\")(inputs)", "ReLU()(layers.Conv2D(16, 3)(inputs))")
                .replace("Conv2D(32, 3, activation=\"relu\")", "Conv2D(32, 3)"), "no ReLU"),
        Mistake(_WIRE.replace("MaxPooling2D(2)", "MaxPooling2D(3, strides=2)", 1), "over 2 × 2"),
        Mistake(_WIRE.replace("Conv2D(16, 3,", "Conv2D(16, 3, padding=\"same\","), "5 · 5 · 32 = 800"),
        Mistake(_WIRE.replace("Conv2D(16", "Conv2D(32").replace("Conv2D(32, 3, activation=\"relu\")(x)",
                "Conv2D(16, 3, activation=\"relu\")(x)"), "16, then 32"),
        Mistake(_WIRE.replace("Conv2D(16, 3", "Conv2D(16, 5"), "3 × 3"),
        Mistake(_WIRE.replace("    x = layers.MaxPooling2D(2)(x)\n    x = layers.Flatten", "    x = layers.Flatten"),
                "two of them"),
        Mistake(_WIRE.replace("(28, 28, 1)", "(28, 28)").replace("2D(", "1D("), "keras.Input"),
        Mistake(lambda: [], "no model yet"),
    ),
)  # fmt: skip


# --- the loss ---------------------------------------------------------------------------------------------------------

_LOGITS = np.array([[2.0, -1.0, 0.5], [0.1, 0.2, 3.0], [-0.4, 1.5, 0.3]], "float32")
_CLASSES = np.array([0, 2, 0])


def _softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype("float32")


def _diagnose_loss_for(answer: object) -> str:
    import keras

    probabilities = _softmax(_LOGITS)
    right = -np.log(probabilities[np.arange(3), _CLASSES]).mean()
    for one_hot in (False, True):
        labels = np.eye(3, dtype="float32")[_CLASSES] if one_hot else _CLASSES
        form = "one-hot rows" if one_hot else "whole numbers"
        for activation in ("softmax", None):
            loss = call(answer, labels, activation)
            if isinstance(loss, str):
                raise Wrong(
                    f"A name such as {loss!r} cannot say whether the last layer gives probabilities or scores. Return "
                    "an object: keras.losses.…(from_logits=…)."
                )
            if not callable(loss):
                raise Wrong(f"A loss from keras.losses is expected, but this is a {type(loss).__name__}.")
            if isinstance(loss, type):
                raise Wrong(f"{loss.__name__} is the class. Add the brackets: keras.losses.{loss.__name__}(…).")
            said = _LOGITS if activation is None else probabilities
            case = f"labels as {form}, last activation {activation!r}"
            try:
                value = float(np.mean(keras.ops.convert_to_numpy(loss(labels, said))))
            except Exception as error:  # noqa: BLE001  each backend has its own words for shapes that do not match
                other = "CategoricalCrossentropy" if one_hot else "SparseCategoricalCrossentropy"
                raise Wrong(
                    f"For {case} the loss failed with {type(error).__name__}. Labels of shape {labels.shape} want "
                    f"{other}."
                ) from error
            _compare_loss(value, float(right), case, loss, activation)
    return "The form of the labels chooses the name, the last activation chooses from_logits. All four give 0.87 here."


def _compare_loss(value: float, right: float, case: str, loss: object, activation: str | None) -> None:
    if close(round(value, 4), round(right, 4)):
        return
    got = f"For {case} the loss is {value:.3f}, and should be {right:.3f}."
    loss = getattr(loss, "func", loss)  # of a functools.partial
    kind = getattr(loss, "__name__", type(loss).__name__)
    name = kind.replace("_", "").lower()
    if "crossentropy" not in name:
        raise Wrong(f"{got} A classifier wants a cross-entropy; {kind} is for measured amounts.")
    if name.startswith("binary"):
        raise Wrong(f"{got} BinaryCrossentropy asks ten yes-or-no questions. Here one class of several is true.")
    if activation is None:
        raise Wrong(
            f"{got} The last layer gives scores, not probabilities: say from_logits=True, and softmax is applied."
        )
    raise Wrong(f"{got} The last layer has a softmax already; with from_logits=True it is applied a second time.")


_LOSS = """
def loss_for(labels, last_activation):
    import keras
    kind = keras.losses.CategoricalCrossentropy if labels.ndim == 2 else keras.losses.SparseCategoricalCrossentropy
    return kind(from_logits=last_activation is None)
"""

loss_for = Exercise(
    name="loss_for",
    answer_name="loss_for",
    stub="""
        def loss_for(labels, last_activation):
            return ...  # a loss from keras.losses
    """,
    solution_source=_LOSS,
    hints=(
        "labels.ndim is 1 for whole numbers and 2 for one-hot rows.",
        "Whole numbers: keras.losses.SparseCategoricalCrossentropy(...). One-hot: the same without Sparse.",
        "Both take from_logits, which is True when no softmax has been applied: last_activation is None.",
    ),
    diagnose=_diagnose_loss_for,
    mistakes=(
        Mistake(_LOSS.replace("from_logits=last_activation is None", ""), "say from_logits=True"),
        Mistake(_LOSS.replace("from_logits=last_activation is None", "from_logits=True"), "a second time"),
        Mistake(
            "def loss_for(labels, last_activation):\n    import keras\n"
            "    return keras.losses.SparseCategoricalCrossentropy(from_logits=last_activation is None)",
            "want CategoricalCrossentropy",
        ),
        Mistake(
            "def loss_for(labels, last_activation):\n    import keras\n"
            "    return keras.losses.CategoricalCrossentropy(from_logits=last_activation is None)",
            "want SparseCategoricalCrossentropy",
        ),
        Mistake(lambda labels, last_activation: "sparse_categorical_crossentropy", "cannot say"),
        Mistake(
            "def loss_for(labels, last_activation):\n    from keras import losses as L\n"
            "    return L.categorical_crossentropy if labels.ndim == 2 else L.sparse_categorical_crossentropy",
            "say from_logits=True",
        ),
        Mistake(_LOSS.replace("return kind(from_logits=last_activation is None)", "return kind"), "Add the brackets"),
        Mistake(
            "def loss_for(labels, last_activation):\n    import keras\n"
            "    return lambda y, p: keras.ops.mean((keras.ops.one_hot(y, 3) - p) ** 2) if y.ndim == 1 else 0.0",
            "measured amounts",
        ),
    ),
)


# --- early stopping ---------------------------------------------------------------------------------------------------

_RUNS = (
    ([0.9, 0.6, 0.5, 0.52, 0.51, 0.53, 0.4], 3),
    ([0.9, 0.6, 0.5, 0.52, 0.51, 0.53, 0.4], 2),
    ([0.8, 0.7, 0.75, 0.74, 0.73, 0.6], 3),
    ([1.0, 0.9, 0.8, 0.7], 2),
    ([0.5, 0.6, 0.7], 1),
    ([1.0, 0.8, 0.9, 0.7, 0.75, 0.6, 0.65, 0.7], 2),
    ([0.5, 0.5, 0.5, 0.5], 2),
)


def _early_stop(
    losses: list[float], patience: int, *, previous: bool = False, slack: int = 0, reset: bool = True
) -> tuple[int, int]:
    """(epoch after which training ends, epoch with the best weights), both from 1."""
    best = waited = 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[epoch - 1 if previous else best]:
            waited = 0 if reset else waited
        else:
            waited += 1
        if losses[epoch] < losses[best]:
            best = epoch
        if waited >= patience + slack:
            return epoch + 1, best + 1
    return len(losses), best + 1


def _diagnose_early_stop(answer: object) -> str:
    got = [
        tuple(array(call(answer, list(run), patience), (2,), "The answer (stopped, best)")) for run, patience in _RUNS
    ]
    right = [_early_stop(*case) for case in _RUNS]
    wrong = [i for i in range(len(_RUNS)) if got[i] != right[i]]
    if not wrong:
        return "Compared with the best so far, not with the epoch before; and what is kept is the best, not the last."
    run, patience = _RUNS[wrong[0]]
    said = "({:g}, {:g})".format(*got[wrong[0]])
    case = f"For {run} and patience {patience} you got {said}, not {right[wrong[0]]}."
    if got == [(s - 1, b - 1) for s, b in right]:
        raise Wrong(f"{case} Your epochs are counted from 0. Keras' logs, and this course, count from 1.")
    if [b for _, b in got] == [s for s, _ in right] and [s for s, _ in got] == [s for s, _ in right]:
        raise Wrong(f"{case} The last epoch is not the best one: patience means that worse ones came after it.")
    if got == [_early_stop(*c, previous=True) for c in _RUNS]:
        raise Wrong(f"{case} You compare with the epoch before. Going down after a bad epoch is no gain: compare "
                    "with the best so far.")  # fmt: skip
    if got == [_early_stop(*c, slack=1) for c in _RUNS]:
        raise Wrong(f"{case} One epoch too late: it ends with the epoch that makes the count reach the patience.")
    if got == [_early_stop(*c, slack=-1) for c in _RUNS]:
        raise Wrong(f"{case} One epoch too early: the best epoch itself does not count as one without a gain.")
    if got == [_early_stop(*c, reset=False) for c in _RUNS]:
        raise Wrong(f"{case} You count all bad epochs of the run. Each new best sets the count back to 0.")
    if got == [(b, s) for s, b in right]:
        raise Wrong(f"{case} The two are swapped: the epoch that ends the run comes first.")
    if got == [(s, int(np.argmin(run)) + 1) for (s, _), (run, _) in zip(right, _RUNS, strict=True)]:
        raise Wrong(f"{case} You looked at epochs that never took place: the run had ended before them.")
    if got == [(s, b) if run != _RUNS[-1][0] else (4, 4) for (s, b), (run, _) in zip(right, _RUNS, strict=True)]:
        raise Wrong(f"{case} An equal loss is no improvement.")
    raise Wrong(
        f"{case} Keep the best loss so far and count the epochs since; end when the count reaches the patience."
    )


_EARLY = """
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
"""

early_stop = Exercise(
    name="early_stop",
    answer_name="early_stop",
    stub="""
        def early_stop(losses, patience):
            return ...  # (epoch after which training ends, epoch whose weights are kept), counted from 1
    """,
    solution_source=_EARLY,
    hints=(
        "Go through the losses once. Remember the place of the smallest so far.",
        "Count the epochs since that place; a new smallest sets the count back to 0.",
        "When the count equals patience, return (this epoch, best epoch). If it never does, the run ends by itself.",
    ),
    diagnose=_diagnose_early_stop,
    mistakes=(
        Mistake(_EARLY.replace("losses[best]:", "losses[epoch - 1]:"), "compare with the best so far"),
        Mistake(_EARLY.replace("waited == patience", "waited > patience"), "One epoch too late"),
        Mistake(_EARLY.replace("waited == patience", "waited >= patience - 1"), "One epoch too early"),
        Mistake(_EARLY.replace("best, waited = epoch, 0", "best = epoch"), "all bad epochs"),
        Mistake(lambda losses, patience: _early_stop(losses, patience)[::-1], "swapped"),
        Mistake(_EARLY.replace("best + 1", "epoch + 1").replace("len(losses), epoch + 1", "len(losses), len(losses)"),
                "not the best one"),
        Mistake(_EARLY.replace("epoch + 1, best + 1", "epoch, best").replace("len(losses), best + 1",
                "len(losses) - 1, best"), "counted from 0"),
        Mistake(lambda losses, patience: (_early_stop(losses, patience)[0], int(np.argmin(losses)) + 1),
                "never took place"),
        Mistake(lambda losses, patience: len(losses), "shape (2,)"),
    ),
)  # fmt: skip


# --- reading a confusion matrix ---------------------------------------------------------------------------------------

_MATRICES = (
    np.array([[8, 2, 0], [1, 5, 4], [0, 0, 10]]),
    np.array([[50, 0], [30, 20]]),
    np.array([[3, 1, 0, 0], [0, 9, 0, 3], [2, 2, 4, 0], [0, 0, 0, 6]]),
)


def _diagnose_recall(answer: object) -> str:
    got = [
        array(call(answer, matrix.copy()), (len(matrix),), f"The recall of {len(matrix)} classes")
        for matrix in _MATRICES
    ]
    right = [np.diag(m) / m.sum(axis=1) for m in _MATRICES]
    if all(close(g, r) for g, r in zip(got, right, strict=True)):
        return "The diagonal over its row: of all true 1s in the first matrix, half were called 1."
    case = f"For {_MATRICES[0].tolist()} you got {got[0].round(3).tolist()}, not {right[0].round(3).tolist()}."
    readings = (
        (lambda m: np.diag(m) / m.sum(axis=0), "That divides by the columns: of what was *called* 1, how much is 1. It "
         "is the precision. Recall divides by the row, all that *are* 1."),
        (lambda m: np.diag(m) / m.sum(), "That divides by all pictures. Divide each class by its own: the row's sum."),
        (lambda m: np.diag(m).astype(float), "Those are counts. Divide by how many pictures the class has."),
        (lambda m: 1 - np.diag(m) / m.sum(axis=1), "That is the part that was missed; recall is what was found."),
    )  # fmt: skip
    for how, message in readings:
        if all(close(g, how(m)) for g, m in zip(got, _MATRICES, strict=True)):
            raise Wrong(f"{case} {message}")
    raise Wrong(f"{case} Row = truth, column = answer: the diagonal element over the sum of its row.")


recall = Exercise(
    name="recall",
    answer_name="recall",
    stub="""
        def recall(matrix):
            return ...  # (classes,) array
    """,
    solution_source="""
        def recall(matrix):
            return np.diag(matrix) / matrix.sum(axis=1)
    """,
    hints=(
        "A row holds all pictures of one true class. Which element of it is right?",
        "np.diag(matrix) takes the diagonal; matrix.sum(axis=1) adds up each row.",
    ),
    diagnose=_diagnose_recall,
    mistakes=(
        Mistake(lambda matrix: np.diag(matrix) / matrix.sum(axis=0), "precision"),
        Mistake(lambda matrix: np.diag(matrix) / matrix.sum(), "divides by all pictures"),
        Mistake(lambda matrix: np.diag(matrix), "Those are counts"),
        Mistake(lambda matrix: 1 - np.diag(matrix) / matrix.sum(axis=1), "missed"),
        Mistake(lambda matrix: np.diag(matrix).sum() / matrix.sum(), "should have shape (3,)"),
        Mistake(lambda matrix: np.ones(len(matrix)), "Row = truth"),
    ),
)


# --- find the bug -----------------------------------------------------------------------------------------------------


def _diagnose_mended(answer: object) -> str:
    model = _model(answer)
    convs = _kinds(model, "Conv2D")
    count = model.count_params()
    if count == 108_810 or (len(convs) == 1 and convs[0].filters == 64):
        raise Wrong(
            f"Still {count:,} parameters, and no layer with 32 filters: the second block begins at the input again, so "
            "nothing leads from the first block to the output."
        )
    if len(convs) == 1:
        raise Wrong(
            f"One convolution is left, with {convs[0].filters} filters. Both blocks are wanted, one after the other."
        )
    if [conv.filters for conv in convs] == [64, 32]:
        raise Wrong("The blocks have changed places: 32 filters come first.")
    if [conv.filters for conv in convs] != [32, 64]:
        raise Wrong(
            f"Change the wiring only: convolutions with 32 and 64 filters. Yours: {[c.filters for c in convs]}."
        )
    if count != 34_826:
        raise Wrong(
            f"Your model has {count:,} parameters; with both blocks in a row it is 320 + 18,496 + 16,010 = 34,826."
        )
    _probabilities(model)
    return "34,826 parameters in place of 108,810: less than a third, and the second layer sees what the first found."


_MENDED = """
def mended_model():
    import keras
    from keras import layers

    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(32, 3, activation="relu")(inputs)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(64, 3, activation="relu")(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    outputs = layers.Dense(10, activation="softmax")(x)
    return keras.Model(inputs, outputs)
"""

mended = Exercise(
    name="mended",
    answer_name="mended_model",
    stub="""
        def mended_model():
            return ...  # broken_model() with one word changed
    """,
    solution_source=_MENDED,
    hints=(
        "Follow the arrows backwards from the output. Which layers do you meet, and which never?",
        "Look at the last brackets in the line of the second convolution: whose output does it take?",
        "layers.Conv2D(64, 3, activation='relu')(x) instead of (...)(inputs).",
    ),
    diagnose=_diagnose_mended,
    mistakes=(
        Mistake(_MENDED.replace('Conv2D(64, 3, activation="relu")(x)', 'Conv2D(64, 3, activation="relu")(inputs)'),
                "nothing leads from the first block"),
        Mistake(_MENDED.replace(
            '    x = layers.Conv2D(64, 3, activation="relu")(x)\n    x = layers.MaxPooling2D(2)(x)\n', ""),
            "Both blocks are wanted"),
        Mistake(_MENDED.replace("Conv2D(32", "Conv2D(9").replace("Conv2D(64", "Conv2D(32").replace("Conv2D(9",
                "Conv2D(64"), "changed places"),
        Mistake(_MENDED.replace("Conv2D(64", "Conv2D(32"), "Change the wiring only"),
        Mistake(_MENDED.replace('"relu")(x)', '"relu", padding="same")(x)'), "34,826"),
        Mistake(_MENDED.replace('Dense(10, activation="softmax")', "Dense(10)"), "no probabilities"),
    ),
)  # fmt: skip
