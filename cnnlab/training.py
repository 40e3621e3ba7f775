"""Around ``model.fit``: the callbacks a training run wants, and what to ask of its predictions.

For the same numbers twice call ``keras.utils.set_random_seed(seed)`` before the model is built: it seeds Python, NumPy
and the backend. To watch a run, pass an `explore.TrainingMonitor` along with these callbacks.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cnnlab._validate import check_int, check_rank

if TYPE_CHECKING:
    import os

    import keras


def callbacks(
    file: str | os.PathLike, *, monitor: str = "val_loss", patience: int = 4, factor: float = 0.5
) -> list[keras.callbacks.Callback]:
    """Keep the best weights, slow down when stuck, stop when it no longer pays.

    Parameters
    ----------
    file : where the best model so far is kept; a name that ends in ``.keras``
    monitor : what is watched, a name from the logs of ``fit``; ``val_loss`` needs validation data
    patience : epochs without an improvement after which training ends and the best weights are put back, >= 2. The
        learning rate is lowered after half as many
    factor : what the learning rate is multiplied by then, between 0 and 1

    Returns
    -------
    list
        ``[ReduceLROnPlateau, ModelCheckpoint, EarlyStopping]``, for ``model.fit(callbacks=...)``. Make a new list for
        each run.

    Raises
    ------
    TypeError, ValueError
        If an argument breaks its rule.

    Examples
    --------
    >>> [type(one).__name__ for one in callbacks("best.keras")]
    ['ReduceLROnPlateau', 'ModelCheckpoint', 'EarlyStopping']
    >>> callbacks("best.h5")
    Traceback (most recent call last):
    ValueError: `file` must end in .keras, the format that holds a whole model. Received: 'best.h5'
    """
    import keras  # takes seconds; the rest of this module does without

    check_int(patience, "patience", minimum=2)
    if Path(file).suffix != ".keras":
        raise ValueError(f"`file` must end in .keras, the format that holds a whole model. Received: {str(file)!r}")
    if not 0 < factor < 1:
        raise ValueError(f"`factor` must lie between 0 and 1. Received: {factor!r}")
    return [
        keras.callbacks.ReduceLROnPlateau(monitor=monitor, factor=factor, patience=patience // 2),
        keras.callbacks.ModelCheckpoint(str(file), monitor=monitor, save_best_only=True),
        keras.callbacks.EarlyStopping(monitor=monitor, patience=patience, restore_best_weights=True),
    ]


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """How often each class was taken for each: row = the truth, column = what was said.

    Parameters
    ----------
    labels : (N,) true classes, whole numbers from 0 to `classes` − 1
    predicted : (N,) what the model said, in the same form: the ``argmax`` of its probabilities; of one sigmoid, whose
        ``argmax`` is always 0, ``(p > 0.5).astype(int)[:, 0]``
    classes : number of classes, >= 1

    Returns
    -------
    ndarray
        (classes, classes) of int64. The diagonal holds what is right; a row sums to the pictures of its class.

    Raises
    ------
    TypeError, ValueError
        If the two do not have one length, or hold anything but classes.

    Examples
    --------
    >>> confusion_matrix([0, 0, 1, 2], [0, 1, 1, 0], 3).tolist()
    [[1, 1, 0], [0, 1, 0], [1, 0, 0]]
    """
    check_int(classes, "classes", minimum=1)
    labels, predicted = _classes(labels, "labels", classes), _classes(predicted, "predicted", classes)
    if len(labels) != len(predicted):
        raise ValueError(
            f"`predicted` must have as many rows as `labels`. Received: {len(predicted)} and {len(labels)}"
        )
    return np.bincount(labels * classes + predicted, minlength=classes**2).reshape(classes, classes)


def worst_mistakes(labels: np.ndarray, probabilities: np.ndarray, count: int | None = None) -> np.ndarray:
    """Which pictures the model got wrong, those first whose true class it held least likely.

    That order is the order of their cross-entropy, −ln of the probability of the true class: the pictures that cost
    most.

    Parameters
    ----------
    labels : (N,) true classes
    probabilities : (N, classes), as ``model.predict`` gives them
    count : at most this many; None for all

    Returns
    -------
    ndarray
        Indices into `labels` of int64, (M,): empty if nothing is wrong.

    Raises
    ------
    TypeError, ValueError
        If the shapes do not match, a label is no class, a probability is not finite, or `count` is not a whole number
        >= 1.

    Examples
    --------
    >>> probabilities = [[0.9, 0.1], [0.7, 0.3], [0.99, 0.01], [0.2, 0.8]]
    >>> worst_mistakes([0, 1, 1, 1], probabilities).tolist()
    [2, 1]
    """
    probabilities = check_rank(probabilities, "probabilities", {2: "(N, classes)"})
    if probabilities.shape[1] == 1:
        raise ValueError(
            "`probabilities` must have a column a class: of one sigmoid's p make np.hstack([1 - p, p]). "
            f"Received: shape {probabilities.shape}"
        )
    labels = _classes(labels, "labels", probabilities.shape[1])
    if len(labels) != len(probabilities):
        raise ValueError(
            f"`probabilities` must have as many rows as `labels`. Received: {len(probabilities)} and {len(labels)}"
        )
    finite = np.isfinite(probabilities).all(axis=1)
    if not finite.all():
        row = int(np.argmin(finite))
        raise ValueError(f"`probabilities` must be finite. Received: row {row} is {probabilities[row].tolist()}")
    if count is not None:
        check_int(count, "count", minimum=1)
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    of_the_truth = probabilities[wrong, labels[wrong]]  # (M,)
    return wrong[np.argsort(of_the_truth, kind="stable")][:count]


def _classes(values: object, name: str, classes: int) -> np.ndarray:
    values = check_rank(values, name, {1: "(N,)"})
    if values.dtype.kind not in "iu" and values.size:
        raise TypeError(f"`{name}` must hold whole numbers, one class each. Received: dtype {values.dtype}")
    if values.size and (values.min() < 0 or values.max() >= classes):
        raise ValueError(f"`{name}` must lie in 0 … {classes - 1}. Received: {values.min()} … {values.max()}")
    return values.astype(np.int64)
