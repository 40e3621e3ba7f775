"""What to ask of a classifier's answers: which classes it confuses, and where it is most wrong."""

from __future__ import annotations

import numpy as np

from cnnlab.common.validate import check_int, check_rank


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
            "`probabilities` must have a column for each class: of one sigmoid's p make np.hstack([1 - p, p]). "
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


def with_both_columns(outputs: np.ndarray) -> np.ndarray:
    """(N, classes) as they are; of (N, 1), a sigmoid's probability of the second class, both columns.

    >>> with_both_columns(np.array([[0.25]])).tolist()
    [[0.75, 0.25]]
    """
    return np.concatenate([1 - outputs, outputs], axis=1) if outputs.shape[1] == 1 else outputs


def _classes(values: object, name: str, classes: int) -> np.ndarray:
    values = check_rank(values, name, {1: "(N,)"})
    if values.dtype.kind not in "iu" and values.size:
        raise TypeError(f"`{name}` must hold whole numbers, one class each. Received: dtype {values.dtype}")
    if values.size and (values.min() < 0 or values.max() >= classes):
        raise ValueError(f"`{name}` must lie in 0 … {classes - 1}. Received: {values.min()} … {values.max()}")
    return values.astype(np.int64)
