"""Is this the same person? Distances between embeddings, the losses that shape them, mining, and how good it all is.

An *embedding* is the array of D numbers that a network makes of a picture; here N of them are an array (N, D), and
``labels`` says whose they are, (N,) whole numbers. Distances are squared, ``‖f(x₁) − f(x₂)‖²``, wherever nothing else
is said: two pictures are accepted as one person when theirs is at most a threshold τ. NumPy only; the network and its
training are in `cnnlab.tasks.verification_training`.

Which triplets to learn from is in `cnnlab.tasks.triplets`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnlab.common.validate import check_fraction, check_int, check_number, check_rank
from cnnlab.tasks.triplets import check_finite, check_square

# --- distances and losses ---------------------------------------------------------------------------------------------


def squared_distances(first: np.ndarray, second: np.ndarray | None = None) -> np.ndarray:
    """``‖a − b‖²`` of every row a of `first` with every row b of `second`.

    Parameters
    ----------
    first : shape (N, D)
    second : shape (M, D); None compares `first` with itself

    Returns
    -------
    ndarray
        Shape (N, M), float64, never negative; exactly 0 on the diagonal when `second` is None.

    Examples
    --------
    >>> squared_distances([[0, 0], [3, 4]], [[0, 0], [0, 1], [3, 4]])
    array([[ 0.,  1., 25.],
           [25., 18.,  0.]])
    """
    a = _embeddings(first, "first")
    b = a if second is None else _embeddings(second, "second")
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"`first` and `second` must have rows of one length. Received: {a.shape} and {b.shape}")
    # ‖a‖² − 2·a·b + ‖b‖²; rounding can leave a little less than 0.
    found = np.maximum((a * a).sum(axis=1)[:, None] - 2 * a @ b.T + (b * b).sum(axis=1), 0)
    if second is None:
        np.fill_diagonal(found, 0)
    return found


def contrastive_loss(first: np.ndarray, second: np.ndarray, same: np.ndarray, margin: float = 1.0) -> np.ndarray:
    """The loss of each pair: d² if it is one person, ``max(margin − d, 0)²`` if it is two; d is *not* squared.

    Parameters
    ----------
    first, second : shape (N, D); row i of one is compared with row i of the other
    same : shape (N,), whether a pair is one person: bools, or 0 and 1
    margin : from this distance on two people are far enough apart, > 0

    Returns
    -------
    ndarray
        Shape (N,), float64.

    Notes
    -----
    Hadsell, Chopra and LeCun, "Dimensionality Reduction by Learning an Invariant Mapping", 2006, equation 4, without
    its factor ½ and with 1 for pairs that belong together (there it is 0).

    Examples
    --------
    >>> contrastive_loss([[0, 0], [0, 0]], [[0, 0.5], [0, 0.5]], [True, False])
    array([0.25, 0.25])
    """
    a, b = _rows_alike(first=first, second=second)
    same, margin = _same(same, len(a)), check_number(margin, "margin", above=0)
    distance = np.sqrt(((a - b) ** 2).sum(axis=1))
    return np.where(same, distance, np.maximum(margin - distance, 0)) ** 2


def triplet_loss(anchors: np.ndarray, positives: np.ndarray, negatives: np.ndarray, margin: float = 0.2) -> np.ndarray:
    """The loss of each triplet: ``max(‖a − p‖² − ‖a − n‖² + margin, 0)``.

    Parameters
    ----------
    anchors, positives, negatives : shape (N, D); row i of each makes triplet i
    margin : how much further the negative must be than the positive, in squared distance, > 0

    Returns
    -------
    ndarray
        Shape (N,), float64; its mean is what a network is trained to make small.

    Notes
    -----
    Schroff, Kalenichenko and Philbin, "FaceNet: A Unified Embedding for Face Recognition and Clustering", 2015,
    equation 3.

    Examples
    --------
    >>> triplet_loss([[0, 0], [0, 0]], [[0, 1], [0, 1]], [[1, 1], [2, 0]], margin=1.5)  # 1 − 2 + 1.5; 1 − 4 + 1.5 < 0
    array([0.5, 0. ])
    """
    a, p, n = _rows_alike(anchors=anchors, positives=positives, negatives=negatives)
    margin = check_number(margin, "margin", above=0)
    return np.maximum(((a - p) ** 2).sum(axis=1) - ((a - n) ** 2).sum(axis=1) + margin, 0)


def spread(embeddings: np.ndarray) -> float:
    """How far embeddings lie from their middle: the root of the mean squared distance. 0 means that all are one point.

    Examples
    --------
    >>> spread([[0, 1], [0, -1]]), spread([[5, 5], [5, 5]])
    (1.0, 0.0)
    """
    found = _embeddings(embeddings, "embeddings")
    if not len(found):
        raise ValueError("`embeddings` must have at least one row. Received: none")
    return float(np.sqrt(((found - found.mean(axis=0)) ** 2).sum(axis=1).mean()))


# --- one person or two ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Roc:
    """What every threshold does: accept a pair as one person when its distance is at most the threshold.

    Attributes
    ----------
    thresholds : (T,) float64, ascending: −inf, which accepts nobody, then every distance that occurs
    false_accepts : (T,) the false accept rate: the part of the pairs of *two* people that is accepted, 0 to 1
    false_rejects : (T,) the false reject rate: the part of the pairs of *one* person that is not, 1 to 0
    """

    thresholds: np.ndarray
    false_accepts: np.ndarray
    false_rejects: np.ndarray


def pairs(embeddings: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of different rows: their squared distances, and whether they are one person.

    Returns
    -------
    distances, same : shape (N·(N − 1) / 2,), float64 and bool

    Examples
    --------
    >>> distances, same = pairs([[0.0], [1.0], [3.0]], [0, 0, 1])
    >>> distances, same
    (array([1., 9., 4.]), array([ True, False, False]))
    """
    distances, labels = check_square(squared_distances(embeddings), labels)
    i, j = np.triu_indices(len(labels), k=1)
    return distances[i, j], labels[i] == labels[j]


def roc(distances: np.ndarray, same: np.ndarray) -> Roc:
    """Both error rates at every threshold.

    Parameters
    ----------
    distances : shape (N,), of pairs, squared or not
    same : shape (N,), whether a pair is one person: bools, or 0 and 1; at least one of each

    Examples
    --------
    >>> curve = roc([0.1, 0.4, 0.3, 0.9], [True, True, False, False])
    >>> curve.thresholds, curve.false_accepts, curve.false_rejects
    (array([-inf,  0.1,  0.3,  0.4,  0.9]), array([0. , 0. , 0.5, 0.5, 1. ]), array([1. , 0.5, 0.5, 0. , 0. ]))
    """
    distances = check_finite(check_rank(distances, "distances", {1: "(N,)"}), "distances")
    same = _same(same, len(distances))
    if same.all() or not same.any():
        raise ValueError(f"`same` must hold pairs of one person and of two. Received: {same.sum()} of {len(same)} true")
    thresholds = np.unique(distances)
    accepted = [np.searchsorted(np.sort(distances[kind]), thresholds, side="right") for kind in (~same, same)]
    wrong, right = (np.concatenate([[0], count]) / count[-1] for count in accepted)
    return Roc(np.concatenate([[-np.inf], thresholds]), wrong, 1 - right)


def equal_error_rate(distances: np.ndarray, same: np.ndarray) -> float:
    """The error rate where false accepts and false rejects are equally frequent: 0 is perfect, 0.5 a coin.

    Parameters
    ----------
    distances, same : as of `roc`

    Returns
    -------
    float
        0 to 1. Between two thresholds both rates are taken as changing along a straight line.

    Examples
    --------
    >>> equal_error_rate([0.1, 0.4, 0.3, 0.9], [True, True, False, False])
    0.5
    >>> equal_error_rate([0.1, 0.2, 0.3, 0.9], [True, True, False, False])
    0.0
    """
    curve = roc(distances, same)
    ahead = curve.false_accepts - curve.false_rejects  # rises from −1 to 1
    k = int(np.argmax(ahead >= 0))
    part = -ahead[k - 1] / (ahead[k] - ahead[k - 1])
    return float(curve.false_accepts[k - 1] + part * (curve.false_accepts[k] - curve.false_accepts[k - 1]))


def threshold_for(distances: np.ndarray, same: np.ndarray, false_accept_rate: float) -> float:
    """The largest distance that may be accepted without more false accepts than wanted.

    Parameters
    ----------
    distances, same : as of `roc`
    false_accept_rate : at most this part of the pairs of two people is accepted, 0 to 1

    Returns
    -------
    float
        One of `distances`; −inf if even the smallest would accept too many.

    Examples
    --------
    >>> threshold_for([0.1, 0.4, 0.3, 0.9], [True, True, False, False], false_accept_rate=0.5)
    0.4
    """
    curve = roc(distances, same)
    allowed = curve.false_accepts <= check_fraction(false_accept_rate, "false_accept_rate")
    return float(curve.thresholds[np.flatnonzero(allowed)[-1]])


# --- one of K ---------------------------------------------------------------------------------------------------------


def identify(probes: np.ndarray, gallery: np.ndarray, threshold: float = np.inf) -> np.ndarray:
    """Which of the K known faces each probe is: the row of the nearest, or −1 if even that is too far away.

    Parameters
    ----------
    probes : shape (N, D)
    gallery : shape (K, D), one embedding for each known person, K >= 1
    threshold : the largest squared distance that is accepted; infinity accepts any

    Returns
    -------
    ndarray
        Shape (N,), int64.

    Examples
    --------
    >>> identify([[0.1], [0.9], [7.0]], [[0.0], [1.0]], threshold=0.5)
    array([ 0,  1, -1])
    """
    if np.isnan(threshold):
        raise ValueError(f"`threshold` must be a number. Received: {threshold}")
    distances = squared_distances(probes, gallery)
    if not distances.shape[1]:
        raise ValueError("`gallery` must have at least one row. Received: none")
    nearest = distances.argmin(axis=1)
    return np.where(distances.min(axis=1) <= threshold, nearest, -1)


def one_shot_accuracy(
    embeddings: np.ndarray, labels: np.ndarray, ways: int = 5, trials: int = 1000, seed: int = 0
) -> float:
    """How often the nearest of `ways` known people is the right one, when one picture of each is known.

    A trial draws `ways` people and a picture of each, and asks for *another* picture of one of them.

    Parameters
    ----------
    embeddings : shape (N, D)
    labels : shape (N,); people with a single picture take no part
    ways : K, the number of known people, >= 2
    trials : >= 1
    seed : of the drawing

    Returns
    -------
    float
        0 to 1; guessing gives 1 / `ways`. Where several are equally near, the trial counts as that part of a success.

    Examples
    --------
    >>> one_shot_accuracy([[0.0], [0.1], [5.0], [5.1]], [0, 0, 1, 1], ways=2)
    1.0
    >>> one_shot_accuracy([[0.0], [0.0], [0.0], [0.0]], [0, 0, 1, 1], ways=2)
    0.5
    """
    distances, labels = check_square(squared_distances(embeddings), labels)
    ways, trials = check_int(ways, "ways", 2), check_int(trials, "trials", 1)
    rng = np.random.default_rng(check_int(seed, "seed", 0))
    people, counts = np.unique(labels, return_counts=True)
    people = people[counts >= 2]
    if len(people) < ways:
        raise ValueError(f"`ways` must be at most the {len(people)} people with two pictures. Received: {ways}")
    rows = [rng.permuted(np.tile(np.flatnonzero(labels == one), (trials, 1)), axis=1)[:, :2] for one in people]
    rows = np.stack(rows, axis=1)  # (trials, people, 2): a picture that is known, and another
    known = rng.permuted(np.tile(np.arange(len(people)), (trials, 1)), axis=1)[:, :ways]
    trial = np.arange(trials)
    probe, gallery = rows[trial, known[:, 0], 1], rows[trial[:, None], known, 0]
    found = distances[probe[:, None], gallery]  # (trials, ways); the right one comes first
    nearest = found == found.min(axis=1, keepdims=True)
    return float((nearest[:, 0] / nearest.sum(axis=1)).mean())


# --- what comes in ----------------------------------------------------------------------------------------------------


def _embeddings(array: object, name: str) -> np.ndarray:
    return check_finite(check_rank(array, name, {2: "(N, D)"}), name)


def _rows_alike(**arrays: object) -> list[np.ndarray]:
    found = [_embeddings(array, name) for name, array in arrays.items()]
    if len({array.shape for array in found}) > 1:
        names = ", ".join(f"`{name}`" for name in arrays)
        received = ", ".join(str(array.shape) for array in found)
        raise ValueError(f"{names} must have one shape (N, D). Received: {received}")
    return found


def _same(same: object, count: int) -> np.ndarray:
    same = check_rank(same, "same", {1: "(N,)"})
    if len(same) != count:
        raise ValueError(f"`same` must have one entry for each of the {count} pairs. Received: {len(same)}")
    if not np.isin(same, (0, 1)).all():
        raise ValueError("`same` must hold True and False, or 1 and 0. Received: other numbers")
    return same.astype(bool)
