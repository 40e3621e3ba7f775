"""The exercises of lesson 14: triplets and their loss, three bugs, a threshold, and one against many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from cnnlab.checks.answers import Wrong, array, kind_of, number, read
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, Case, Misreading
from cnnlab.checks.summary import Summary

# --- the triplet loss -------------------------------------------------------------------------------------------------


def _squared(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return ((left - right) ** 2).sum(axis=1)


def _hinge(near: np.ndarray, far: np.ndarray, margin: float) -> np.ndarray:
    return np.maximum(near - far + margin, 0)


def _triplet(
    a: np.ndarray, p: np.ndarray, n: np.ndarray, margin: float, *,
    apart: Callable = _squared, each: Callable = _hinge, gather: Callable = np.mean,
) -> float:  # fmt: skip
    return gather(each(apart(a, p), apart(a, n), margin))


def _triplets(seed: int, count: int, width: int) -> tuple[np.ndarray, ...]:
    """Embeddings (count, width) of anchors, positives and negatives, some of them in order and some not."""
    rng = np.random.default_rng(seed)
    anchors = rng.normal(size=(count, width))
    return anchors, anchors + rng.normal(0, 0.6, anchors.shape), anchors + rng.normal(0, 0.8, anchors.shape)


def _triplet_words(anchors: np.ndarray, positives: np.ndarray, negatives: np.ndarray, margin: float) -> str:
    if anchors.size > 4:
        return f"For {len(anchors)} triplets of {anchors.shape[1]} numbers each and margin {margin}"
    given = (("anchors", anchors), ("positives", positives), ("negatives", negatives))
    return f"For {', '.join(f'{name} {read(rows)}' for name, rows in given)} and margin {margin}"


def _rows(*rows: Sequence[float]) -> np.ndarray:
    return np.array(rows, float)


triplet = Exercise(
    name="triplet",
    answer_name="my_triplet_loss",
    solution_source="""
        def my_triplet_loss(anchors, positives, negatives, margin):
            near = ((anchors - positives) ** 2).sum(axis=1)
            far = ((anchors - negatives) ** 2).sum(axis=1)
            return np.maximum(near - far + margin, 0).mean()
    """,
    hints=(
        "Begin with the squared distance of each anchor from its positive: one number for each row.",
        "((anchors - positives) ** 2).sum(axis=1) is that column, and the negatives have one like it. Subtract, add "
        "the margin, and only then cut at 0.",
        "np.maximum(near - far + margin, 0).mean()",
    ),
    diagnose=ByCases(
        truth=_triplet,
        cases=(
            (_rows((0, 0)), _rows((0, 2)), _rows((2, 1)), 2.0),  # 4 − 5 + 2
            (_rows((0, 0)), _rows((1, 0)), _rows((0, 3)), 0.5),  # 1 − 9 + 0.5 is below 0
            (_rows((1, 1), (4, 0)), _rows((3, 1), (4, 1)), _rows((1, 2), (0, 0)), 0.25),  # 3.25 and 0
            (*_triplets(0, 6, 4), 0.2),
            (*_triplets(1, 5, 8), 2.5),
        ),
        words=_triplet_words,
        misreadings=(
            Misreading(
                partial(_triplet, apart=lambda x, y: np.sqrt(_squared(x, y))),
                "you took the distances themselves. In this formula they are squared: leave the root out.",
            ),
            Misreading(
                partial(_triplet, each=lambda near, far, m: np.maximum(near - far - m, 0)),
                "the margin was subtracted. It is added: the loss ends only where the negative is farther by it.",
            ),
            Misreading(
                partial(_triplet, each=lambda near, far, m: near - far + m),
                "the max(…, 0) is missing. A triplet that is in order would pay for one that is not.",
            ),
            Misreading(
                lambda a, p, n, m: max(_triplet(a, p, n, m, each=lambda near, far, m: near - far + m), 0.0),
                "you took the mean first and cut at 0 afterwards. Each triplet is cut by itself, or those in order "
                "cancel those that are not.",
            ),
            Misreading(
                partial(_triplet, each=lambda near, far, m: np.maximum(near - far, 0) + m),
                "you cut at 0 before the margin was added. A triplet in order would still cost the margin.",
            ),
            Misreading(
                partial(_triplet, each=lambda near, far, m: np.maximum(near - far, m)),
                "the margin stands in place of the 0. It is added inside: max(d(A,P) − d(A,N) + margin, 0).",
            ),
            Misreading(
                partial(_triplet, each=lambda near, far, m: np.minimum(near - far + m, 0)),
                "you took the smaller of the two, and got what is below 0. The larger is wanted: np.maximum.",
            ),
            Misreading(
                partial(_triplet, each=lambda near, far, m: _hinge(far, near, m)),
                "positive and negative are swapped: d(A,P) − d(A,N), not the reverse. Training would pull strangers "
                "together.",
            ),
            Misreading(
                partial(_triplet, gather=np.sum),
                "that is the sum over the batch. The mean is wanted: it does not grow with the batch.",
            ),
            Misreading(
                partial(_triplet, gather=np.max), "that is the worst triplet's loss. The mean over all is wanted."
            ),
            Misreading(
                partial(_triplet, gather=lambda losses: losses[losses > 0].sum() / max((losses > 0).sum(), 1)),
                "you took the mean over the triplets that still cost something. Here it goes over all, the zeros too.",
            ),
            Misreading(
                partial(_triplet, apart=lambda x, y: ((x - y) ** 2).mean(axis=1)),
                "the squares of one pair were averaged. A squared distance is their sum: .sum(axis=1).",
            ),
            Misreading(
                partial(_triplet, apart=lambda x, y: np.abs(x - y).sum(axis=1)),
                "you added the absolute differences. Square them: ‖x − y‖² is a sum of squares.",
            ),
            Misreading(
                partial(_triplet, apart=lambda x, y: (x - y).sum(axis=1) ** 2),
                "you added first and squared the sum. Square each difference, then add.",
            ),
            Misreading(
                partial(_triplet, apart=lambda x, y: ((x - y) ** 2).sum()),
                "the distances of the whole batch were added up before the max. Each row is a triplet: axis=1.",
            ),
            Misreading(
                lambda a, p, n, m: _triplet(p, a, n, m),
                "the negative was compared with the positive. Both distances begin at the anchor.",
            ),
            Misreading(
                lambda a, p, n, m: _triplet(a, p, n, 0.0),
                "the margin is missing. Without it the loss is 0 when all embeddings are one point.",
            ),
            Misreading(
                lambda a, p, n, m: _triplet(a, p, n, 0.2),
                "the margin is always 0.2. Take `margin`.",
            ),
            Misreading(
                partial(_triplet, each=lambda near, far, m: np.maximum(near + m, 0)),
                "the negative is missing: d(A,P) alone falls to 0 when all embeddings are one point.",
            ),
            Misreading(
                partial(_triplet, each=lambda near, far, m: _hinge(near, far, m) ** 2),
                "you squared what is left after the max. It counts as it is.",
            ),
            Misreading(
                partial(_triplet, each=lambda near, far, m: np.abs(near - far + m)),
                "the absolute value punishes triplets that are in order. Below 0 the loss is 0: np.maximum.",
            ),
            Misreading(
                partial(_triplet, each=lambda near, far, m: np.log1p(np.exp(near - far + m))),
                "that is the soft form, ln(1 + eˣ). The plain one is wanted: max(x, 0).",
            ),
            Misreading(
                partial(_triplet, gather=lambda losses: losses.mean() / 2),
                "that is half of it. The mean over the batch is all the dividing there is.",
            ),
        ),
        otherwise="One row is one triplet: squared distances, d(A,P) − d(A,N) + margin, cut at 0, mean over the rows.",
        praise="Right on five batches. A triplet whose negative is farther by the margin costs nothing, and teaches "
        "nothing.",
    ),
    mistakes=(
        Mistake(lambda a, p, n, m: 0.0, "cut at 0, mean over the rows"),
        Mistake(lambda a, p, n, m: _hinge(_squared(a, p), _squared(a, n), m), "should be one number"),
        Mistake(lambda a, p, n, m: _triplet(a, p, n, m) + 0.01, "cut at 0, mean over the rows"),
    ),
    why="The loss asks for an order and not for a place: the anchor's own person nearer than the stranger, by the "
    "margin. A triplet that has this order gives 0 and no gradient, so those that are still wrong get all of it. If "
    "all embeddings are one point, both distances are 0 and the loss is the margin exactly.",
)


# --- semi-hard triplets -----------------------------------------------------------------------------------------------


def _of_triplets(pick: Callable[..., bool]) -> Callable:
    """A miner: all (a, p, n) for which ``pick(same identity a p, same identity a n, near, far, margin, a, p)``."""

    def mined(distances: np.ndarray, labels: np.ndarray, margin: float) -> np.ndarray:
        found = [
            (a, p, n)
            for a, p, n in np.ndindex(*[len(labels)] * 3)
            if pick(labels[a] == labels[p], labels[a] == labels[n], distances[a, p], distances[a, n], margin, a, p)
        ]
        return np.array(found).reshape(-1, 3)

    return mined


def _valid(own: bool, foe: bool, a: int, p: int) -> bool:
    return own and not foe and a != p


_semi_hard = _of_triplets(lambda own, foe, near, far, m, a, p: _valid(own, foe, a, p) and near < far < near + m)


def _embedded(labels: Sequence[int], *places: Sequence[float], margin: float) -> Case:
    """A case from points on squared paper, whose squared distances no rounding touches."""
    at = np.array(places, float)
    distances = ((at[:, None] - at) ** 2).sum(axis=-1)
    return Case(distances, np.array(labels), margin, words=f"For labels {read(labels)} and margin {margin}")


def _found_triplets(result: object, right: np.ndarray, what: str) -> np.ndarray:
    """The triplets in a fixed order, or `Wrong`."""
    if isinstance(result, (list, tuple, set)) and not len(result):
        return np.zeros((0, 3))
    rows = array(sorted(result) if isinstance(result, set) else result, None, what)
    if rows.ndim != 2 or rows.shape[1] != 3:
        raise Wrong(f"{what} should be a list of triplets (a, p, n), but yours has shape {rows.shape}.")
    if not len(rows):
        return rows
    once, times = np.unique(rows, axis=0, return_counts=True)
    if times.max() > 1:
        raise Wrong(f"{what} holds {_triple(once[times.argmax()])} {times.max()} times. Once is enough.")
    return once


def _triple(row: np.ndarray) -> str:
    return f"({', '.join(read(entry) for entry in row)})"


class _Mined(ByCases):
    """Cases told by one triplet that is too many, or else by one that is missing."""

    def differ(self, case: Case, got: np.ndarray, right: np.ndarray) -> str:
        distances = case.args[0]
        mine, true = ({tuple(map(float, row)) for row in rows} for rows in (got, right))
        a, p, n = min(mine - true or true - mine)
        words = f"{case.words} {_triple((a, p, n))} is {'not one of them' if mine - true else 'missing'}"
        if {a, p, n} <= set(range(len(distances))):
            a, p, n = int(a), int(p), int(n)
            words += f" (d(a,p) = {read(distances[a, p])}, d(a,n) = {read(distances[a, n])})"
        return f"{words}; you found {len(got)} of {len(right)}" if mine <= true else words


semi_hard = Exercise(
    name="semi_hard",
    answer_name="my_semi_hard",
    solution_source="""
        def my_semi_hard(distances, labels, margin):
            found = []
            for a, p, n in np.ndindex(len(labels), len(labels), len(labels)):
                valid = a != p and labels[a] == labels[p] and labels[a] != labels[n]
                if valid and distances[a, p] < distances[a, n] < distances[a, p] + margin:
                    found.append((a, p, n))
            return found
    """,
    hints=(
        "Three loops over the pictures, a, p and n, visit every triplet. Which of them are valid at all?",
        "Valid: a and p are two pictures of one person, n is another person's. Then compare distances[a, n] with "
        "distances[a, p] and with distances[a, p] + margin.",
        "if a != p and labels[a] == labels[p] and labels[a] != labels[n] and "
        "distances[a, p] < distances[a, n] < distances[a, p] + margin: found.append((a, p, n))",
    ),
    diagnose=_Mined(
        truth=_semi_hard,
        cases=(
            _embedded((7, 7, 3, 3), (0, 0), (2, 0), (0, 2.5), (4.5, 0), margin=4.0),
            _embedded((0, 1, 0, 1, 0), (0, 0), (1, 1), (1.5, 0), (0, 2), (0, 1), margin=1.0),
            _embedded((2, 2, 2, 5, 5, 9), (0, 0), (1, 0), (0, 3), (1, 1), (3, 0), (2, 2), margin=3.0),
            _embedded((4, 1, 1, 4), (0, 0), (5, 0), (5, 1), (0, 1), margin=0.5),  # there is none
            _embedded((1, 8, 6, 1, 6, 8), (0, 0), (2, 1), (0, 2), (1, 1), (3, 1), (2, 3), margin=2.5),
        ),
        misreadings=(
            Misreading(
                _of_triplets(lambda own, foe, near, far, m, a, p: own and not foe and near < far < near + m),
                "a picture cannot be its own positive: its distance from itself is 0 and nothing is learned. a ≠ p.",
            ),
            Misreading(
                _of_triplets(lambda own, foe, near, far, m, a, p: _valid(own, foe, a, p)),
                "those are all valid triplets. Semi-hard are those with d(a,p) < d(a,n) < d(a,p) + margin.",
            ),
            Misreading(
                _of_triplets(lambda own, foe, near, far, m, a, p: own and not foe),
                "you compared labels only, and took pictures as their own positives. a ≠ p, and then look at the "
                "distances.",
            ),
            Misreading(
                _of_triplets(lambda own, foe, near, far, m, a, p: _valid(own, foe, a, p) and far < near + m),
                "the hard ones are in it too, whose negative is nearer than the positive: d(a,p) < d(a,n) is missing.",
            ),
            Misreading(
                _of_triplets(lambda own, foe, near, far, m, a, p: _valid(own, foe, a, p) and near < far),
                "the easy ones are in it too, which cost nothing: d(a,n) < d(a,p) + margin is missing.",
            ),
            Misreading(
                _of_triplets(lambda own, foe, near, far, m, a, p: _valid(own, foe, a, p) and far < near),
                "those are the hard ones: their negative is nearer than the positive. Semi-hard begin behind it.",
            ),
            Misreading(
                _of_triplets(lambda own, foe, near, far, m, a, p: _valid(own, foe, a, p) and far > near + m),
                "those are the easy ones: their loss is 0. Semi-hard lie within the margin.",
            ),
            Misreading(
                _of_triplets(lambda own, foe, near, far, m, a, p: _valid(own, foe, a, p) and near <= far <= near + m),
                "the ends are in it. Both comparisons are strict: at d(a,p) + margin the loss is 0 already.",
            ),
            Misreading(
                _of_triplets(lambda own, foe, near, far, m, a, p: _valid(own, foe, a, p) and near <= far < near + m),
                "equal distances are in it. The negative has to be farther than the positive: d(a,p) < d(a,n).",
            ),
            Misreading(
                _of_triplets(lambda own, foe, near, far, m, a, p: _valid(own, foe, a, p) and near < far <= near + m),
                "the upper end is in it. At d(a,n) = d(a,p) + margin the loss is 0: the comparison is strict.",
            ),
            Misreading(
                _of_triplets(lambda own, foe, near, far, m, a, p: own and a != p and near < far < near + m),
                "the negative may be anybody. It must be another person: labels[a] != labels[n].",
            ),
            Misreading(
                _of_triplets(lambda own, foe, near, far, m, a, p: not foe and a != p and near < far < near + m),
                "the positive may be anybody. It must be the anchor's person: labels[a] == labels[p].",
            ),
            Misreading(
                _of_triplets(lambda own, foe, near, far, m, a, p: a != p and near < far < near + m),
                "you looked at the distances and not at the labels. p is the anchor's person, n is another.",
            ),
            Misreading(
                _of_triplets(
                    lambda own, foe, near, far, m, a, p: _valid(own, foe, a, p) and a < p and near < far < near + m
                ),
                "each pair was taken once, with a < p. The other way round it is another triplet: the distances begin "
                "at another picture.",
            ),
            Misreading(
                lambda d, labels, m: _semi_hard(np.sqrt(d), labels, m),
                "you took the root of the distances. They are squared already, and so they are compared.",
            ),
            Misreading(
                lambda d, labels, m: _semi_hard(d, labels, m) + 1,
                "you counted from 1. The first picture is number 0.",
            ),
            Misreading(
                lambda d, labels, m: _semi_hard(d, labels, m)[:, [0, 2, 1]],
                "positive and negative are swapped: the order is (a, p, n).",
            ),
        ),
        otherwise="Go through all (a, p, n). Valid: a ≠ p, one person; n another. Then d(a,p) < d(a,n) < d(a,p) + "
        "margin.",
        praise="Right on five batches, one of them without any. Every triplet found costs something, and in none is "
        "the stranger the nearer one.",
        take=_found_triplets,
        same=np.array_equal,
    ),
    mistakes=(
        Mistake(lambda d, labels, m: [], "Go through all"),
        Mistake(lambda d, labels, m: [(0, 1, 2), (0, 1, 2)], "2 times"),
        Mistake(lambda d, labels, m: np.ones((3, 4)), "list of triplets (a, p, n)"),
        Mistake(lambda d, labels, m: len(_semi_hard(d, labels, m)), "list of triplets (a, p, n)"),
    ),
    why="An easy triplet costs nothing and teaches nothing. In a hard one the stranger is the nearer, and early in "
    "training the quickest way out of that is to map all pictures onto one point. In between, the order is right and "
    "the margin is not reached: to shrink all distances would only raise this loss.",
)


# --- find the bug: the label's sense ----------------------------------------------------------------------------------


def _near(d: np.ndarray, margin: float) -> np.ndarray:
    return d**2


def _far(d: np.ndarray, margin: float) -> np.ndarray:
    return np.maximum(margin - d, 0) ** 2


def _contrastive(
    d: np.ndarray, same: np.ndarray, margin: float, *,
    near: Callable = _near, far: Callable = _far, gather: Callable = np.mean,
) -> float:  # fmt: skip
    return gather(same * near(d, margin) + (1 - same) * far(d, margin))


def _pairs(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 2.5, count), rng.integers(0, 2, count)


contrastive = Exercise(
    name="contrastive",
    answer_name="my_contrastive_loss",
    solution_source="""
        def my_contrastive_loss(distances, same, margin):
            near, far = distances**2, np.maximum(margin - distances, 0) ** 2
            return np.mean(same * near + (1 - same) * far)
    """,
    hints=(
        "Two pictures of one person, with distance 0: what should they cost, and what does the code above ask for?",
        "`near` grows with the distance: it is the price of a pair that belongs together. Which factor picks those "
        "pairs, same or 1 - same?",
        "np.mean(same * near + (1 - same) * far)",
    ),
    diagnose=ByCases(
        truth=_contrastive,
        cases=(
            (np.array([0.5]), np.array([1]), 1.0),  # 0.25
            (np.array([0.25]), np.array([0]), 1.0),  # 0.75²
            (np.array([0.5, 3.0, 2.0]), np.array([0, 0, 1]), 1.5),  # (1 + 0 + 4) / 3
            (*_pairs(0, 8), 2.0),
            (*_pairs(1, 5), 0.5),
        ),
        words=lambda d, same, margin: (
            f"For distances {read(d, 2)}, same {read(same)}, margin {margin}"
            if len(d) < 6
            else f"For {len(d)} pairs, margin {margin}"
        ),
        misreadings=(
            Misreading(
                lambda d, same, m: _contrastive(d, 1 - same, m),
                "still the bug: strangers are pulled together, and one person's pictures pushed apart. `same` is 1 for "
                "one person, and such a pair pays for its distance.",
            ),
            Misreading(
                partial(_contrastive, far=lambda d, m: np.zeros_like(d)),
                "pairs of strangers cost nothing now. Then one point for all pictures is the best embedding.",
            ),
            Misreading(
                partial(_contrastive, near=lambda d, m: np.zeros_like(d)),
                "pairs of one person cost nothing now. Nothing pulls them together.",
            ),
            Misreading(
                lambda d, same, m: np.mean(_near(d, m) + _far(d, m)),
                "every pair pays for both. `same` chooses: a pair is one person's or it is not.",
            ),
            Misreading(
                partial(_contrastive, far=lambda d, m: (m - d) ** 2),
                "the max(…, 0) is gone: strangers farther apart than the margin are pulled back to it.",
            ),
            Misreading(
                partial(_contrastive, far=lambda d, m: np.maximum(d - m, 0) ** 2),
                "d − margin punishes strangers for being far apart. What is missing to the margin is margin − d.",
            ),
            Misreading(
                partial(_contrastive, far=lambda d, m: np.maximum(m - d**2, 0)),
                "the margin is taken from the squared distance. Here the missing distance is squared: "
                "max(margin − d, 0)².",
            ),
            Misreading(
                partial(_contrastive, far=lambda d, m: np.maximum(m - d, 0)),
                "the square of max(margin − d, 0) is gone.",
            ),
            Misreading(partial(_contrastive, near=lambda d, m: d), "the square of d is gone for one person's pairs."),
            Misreading(
                partial(_contrastive, near=lambda d, m: d, far=lambda d, m: np.maximum(m - d, 0)),
                "both squares are gone. The places of same and 1 − same are all there is to change.",
            ),
            Misreading(
                partial(_contrastive, gather=np.sum), "that is the sum over the pairs. The mean was right: keep it."
            ),
            Misreading(
                partial(_contrastive, gather=lambda losses: losses.mean() / 2),
                "that is half of it. Hadsell and others write ½ before both terms; the code above does not.",
            ),
            Misreading(
                lambda d, same, m: np.mean((2 * same - 1) * _near(d, m)),
                "you subtract the strangers' distances: without a margin they would be pushed apart for ever.",
            ),
            Misreading(
                lambda d, same, m: _contrastive(d, 1 - 2 * same, m),
                "the weights are no longer 0 and 1. Swap same and 1 − same, and change nothing else.",
            ),
            Misreading(
                lambda d, same, m: -_contrastive(d, 1 - same, m),
                "a minus turns the loss round, and then it has no lowest value. Swap same and 1 − same instead.",
            ),
            Misreading(
                partial(_contrastive, far=lambda d, m: np.maximum(1 - d, 0) ** 2),
                "the margin is always 1. Take `margin`.",
            ),
        ),
        otherwise="Swap same and 1 − same, and change nothing else.",
        praise="Right on five batches. With the sense flipped the loss falls in training too: only the distances of "
        "pairs show that it learns the wrong way round.",
    ),
    mistakes=(
        Mistake(lambda d, same, m: 0.0, "Swap same and 1 − same"),
        Mistake(lambda d, same, m: same * _near(d, m) + (1 - same) * _far(d, m), "should be one number"),
    ),
    why="Whoever belongs together pays for distance, strangers pay for closeness up to the margin. The paper that "
    "introduced this loss writes Y = 0 for one person, and many data sets write 1: the formula is copied and the sense "
    "is lost. Check it with one pair by hand: distance 0 and one person must cost 0.",
)


# --- find the bug: two encoders ---------------------------------------------------------------------------------------


def _encoder(inputs: tuple[int, ...]) -> Callable:
    """A function that makes a new encoder of `inputs` to 3 numbers."""

    def make_encoder() -> object:
        import keras

        return keras.Sequential([keras.Input(inputs), keras.layers.Flatten(), keras.layers.Dense(3, activation="tanh")])

    return make_encoder


def _siamese(make_encoder: Callable, *, apart: Callable | None = None) -> object:
    """One encoder for two pictures; `apart` makes a slip of what is done with the two embeddings."""
    import keras

    encoder = make_encoder()
    left, right = keras.Input(encoder.input_shape[1:]), keras.Input(encoder.input_shape[1:])
    one, other = encoder(left), encoder(right)
    ops = keras.ops
    return keras.Model([left, right], apart(ops, one, other) if apart else ops.sum((one - other) ** 2, axis=1))


def _two_encoders(make_encoder: Callable) -> object:
    """The bug: each picture has an encoder of its own."""
    import keras

    one, other = make_encoder(), make_encoder()
    left, right = keras.Input(one.input_shape[1:]), keras.Input(one.input_shape[1:])
    return keras.Model([left, right], keras.ops.sum((one(left) - other(right)) ** 2, axis=1))


def _said_of_pairs(model: object, case: Case) -> np.ndarray:
    """What the model says of five pairs, (5,), with weights drawn anew; `Wrong` where it is no such model."""
    import keras

    (make_encoder,) = case.args
    encoder = make_encoder()
    own, inputs = encoder.count_params(), encoder.input_shape[1:]
    if not isinstance(model, keras.Model):
        raise Wrong(f"A keras.Model is expected, but the function returned {kind_of(model)}.")
    if len(model.inputs or ()) != 2:
        raise Wrong("The model should take two pictures: keras.Model([left, right], ...).")
    has = model.count_params()
    if has == 2 * own:
        raise Wrong(
            f"Your model has {has} weights, {own} + {own}: two encoders that know nothing of each other. Call "
            "make_encoder once, and give both pictures to what it returns."
        )
    if has != own:
        raise Wrong(f"Your model has {has} weights. One encoder has {own}, and nothing else in the model has any.")
    rng = np.random.default_rng(own)
    model.set_weights([rng.normal(0, 0.4, weight.shape) for weight in encoder.get_weights()])
    pairs = [rng.normal(size=(5, *inputs)).astype("float32") for _ in range(2)]
    said = array(model(pairs), None, "What the model says of five pairs", finite=False)
    if said.shape not in ((5,), (5, 1)):
        raise Wrong(f"For five pairs the model should say five numbers, but it says an array of shape {said.shape}.")
    return said.ravel()


class _OfFivePairs(ByCases):
    """Cases told by the first pair on which two models differ."""

    def differ(self, case: Case, got: np.ndarray, right: np.ndarray) -> str:
        pair = int(np.argmax(~np.isclose(got, right, rtol=1e-4, atol=1e-5)))
        return f"{case.words} the model says {read(got[pair])} of a pair, not {read(right[pair])}"


siamese = Exercise(
    name="siamese",
    answer_name="my_siamese",
    solution_source="""
        import keras

        def my_siamese(make_encoder):
            encoder = make_encoder()
            left, right = keras.Input(encoder.input_shape[1:]), keras.Input(encoder.input_shape[1:])
            apart = encoder(left) - encoder(right)
            return keras.Model([left, right], keras.ops.sum(apart**2, axis=1))
    """,
    hints=(
        "How many weights has one encoder, and how many has the model? model.count_params() says it.",
        "make_encoder() makes a new network with new weights each time it is called. Call it once.",
        "encoder = make_encoder(), then encoder(left) - encoder(right).",
    ),
    diagnose=_OfFivePairs(
        truth=_siamese,
        cases=(
            Case(_encoder((6,)), words="With an encoder of 6 numbers"),
            Case(_encoder((5, 4, 1)), words="With an encoder of 5 × 4 pictures"),
        ),
        measure=_said_of_pairs,
        misreadings=(
            Misreading(
                partial(_siamese, apart=lambda ops, x, y: ops.sqrt(ops.sum((x - y) ** 2, axis=1))),
                "the root was taken. The squared distance is wanted; a root has no gradient at 0.",
            ),
            Misreading(
                partial(_siamese, apart=lambda ops, x, y: ops.sum(ops.abs(x - y), axis=1)),
                "the absolute differences were added. The squared distance is wanted, as before.",
            ),
            Misreading(
                partial(_siamese, apart=lambda ops, x, y: ops.sum(x - y, axis=1)),
                "the differences were not squared, and cancel each other.",
            ),
            Misreading(
                partial(_siamese, apart=lambda ops, x, y: ops.mean((x - y) ** 2, axis=1)),
                "the squares were averaged. The squared distance is their sum, as before.",
            ),
            Misreading(
                partial(_siamese, apart=lambda ops, x, y: ops.sum((x + y) ** 2, axis=1)),
                "the embeddings were added. Their difference is wanted.",
            ),
            Misreading(
                partial(_siamese, apart=lambda ops, x, y: ops.sum(x * y, axis=1)),
                "that is the inner product, which is large for one person. A distance is small.",
            ),
            Misreading(
                partial(_siamese, apart=lambda ops, x, y: ops.sum((x - x) ** 2 + 0 * y, axis=1)),
                "the first picture was compared with itself.",
            ),
            Misreading(
                partial(_siamese, apart=lambda ops, x, y: ops.sum(x**2 + 0 * y, axis=1)),
                "the second picture's embedding is missing.",
            ),
        ),
        otherwise="Call make_encoder once, and change nothing else: the sum of (encoder(left) - encoder(right))².",
        praise="One set of weights, whichever side a picture stands on: d(x, x) is 0 and d(x, y) is d(y, x), before "
        "any training.",
        same=partial(np.allclose, rtol=1e-3, atol=1e-4),
    ),
    mistakes=(
        Mistake(_two_encoders, "two encoders that know nothing of each other"),
        Mistake(lambda make_encoder: make_encoder(), "two pictures"),
        Mistake(
            """
            import keras

            def my_siamese(make_encoder):
                encoder = make_encoder()
                left, right = keras.Input(encoder.input_shape[1:]), keras.Input(encoder.input_shape[1:])
                apart = keras.ops.abs(encoder(left) - encoder(right))
                return keras.Model([left, right], keras.layers.Dense(1)(apart))
            """,
            "nothing else in the model has any",
        ),
        Mistake(partial(_siamese, apart=lambda ops, x, y: (x - y) ** 2), "array of shape (5, 3)"),
        Mistake(lambda make_encoder: 3, "A keras.Model is expected"),
        Mistake(partial(_siamese, apart=lambda ops, x, y: ops.sum((x - y) ** 2, axis=1) + 1), "Call make_encoder once"),
    ),
    why="Two pictures can only be compared if the same measure is put to both. With two encoders a picture may lie far "
    "from itself, and twice the weights learn from the same pairs. A Keras model that is called twice is one set of "
    "weights used twice, and its gradients from both sides add up.",
)


# --- find the bug: people who were seen in training -------------------------------------------------------------------


def _honest(pairs: np.ndarray, people: np.ndarray, train: np.ndarray, gather: Callable = np.any) -> np.ndarray:
    return ~gather(np.isin(people[pairs], people[train]), axis=1)


def _flags(result: object, right: np.ndarray, what: str) -> np.ndarray:
    """One True or False a pair, or `Wrong`."""
    flags = array(result, None, what)
    if flags.shape != right.shape or not np.isin(flags, (0, 1)).all():
        raise Wrong(f"{what} should be one True or False a pair, {len(right)} of them, but this is {read(flags)}.")
    return flags.astype(bool)


def _album(people: Sequence[int], pairs: Sequence[tuple[int, int]], train: Sequence[int]) -> Case:
    given = np.array(pairs), np.array(people), np.array(train)
    return Case(*given, words=f"With people {read(people)}, trained on pictures {read(train)},")


class _ByPair(ByCases):
    """Cases told by the first pair that is judged wrongly."""

    def differ(self, case: Case, got: np.ndarray, right: np.ndarray) -> str:
        pairs, people, _ = case.args
        wrong = int(np.argmax(got != right))
        pictures, persons = (" and ".join(map(str, row.tolist())) for row in (pairs[wrong], people[pairs[wrong]]))
        return (
            f"{case.words} the pair of pictures {pictures} shows people {persons}: you say {bool(got[wrong])}, not "
            f"{bool(right[wrong])}"
        )


honest = Exercise(
    name="honest",
    answer_name="my_honest",
    solution_source="""
        def my_honest(pairs, people, train):
            seen = np.isin(people[pairs], people[train])
            return ~seen.any(axis=1)
    """,
    hints=(
        "The code above asks whether a picture was in the training set. Who is on it? Was that person there, on "
        "another picture?",
        "people[pairs] are the persons of each pair, (M, 2), and people[train] are those the network has seen.",
        "~np.isin(people[pairs], people[train]).any(axis=1)",
    ),
    diagnose=_ByPair(
        truth=_honest,
        cases=(
            _album((4, 4, 4, 7, 7, 9), ((2, 3), (2, 5), (4, 5), (3, 4)), (0, 1)),
            _album((1, 0, 1, 0, 3, 2, 3, 2), ((4, 6), (4, 5), (0, 6), (6, 1), (2, 3), (7, 5)), (0, 3)),
            _album((5, 6, 5, 6, 8, 8), ((4, 5), (0, 2), (1, 4), (5, 2), (3, 2)), (1, 5)),
            _album((2, 1, 0, 2, 1, 0), ((0, 3), (1, 5), (4, 2)), (5, 4, 3)),  # everybody was there
        ),
        misreadings=(
            Misreading(
                lambda pairs, people, train: ~np.isin(pairs, train).any(axis=1),
                "still the bug: another picture of that person was trained on, and the network knows the person.",
            ),
            Misreading(
                partial(_honest, gather=np.all),
                "one of the two was seen in training. One is enough to make the pair easier: .any, not .all.",
            ),
            Misreading(
                lambda *case: ~_honest(*case),
                "that marks the pairs that are spoilt. True is for those in which nobody was seen: the ~ is missing.",
            ),
            Misreading(
                lambda pairs, people, train: ~np.isin(people[pairs[:, 0]], people[train]),
                "only the first picture of each pair was looked up. The second may show somebody seen in training.",
            ),
            Misreading(
                lambda pairs, people, train: ~np.isin(people[pairs[:, 1]], people[train]),
                "only the second picture of each pair was looked up. The first may show somebody seen in training.",
            ),
            Misreading(
                lambda pairs, people, train: ~np.isin(people[pairs], train).any(axis=1),
                "persons were compared with rows of pictures. `train` holds rows: people[train] are the persons.",
            ),
            Misreading(
                lambda pairs, people, train: ~np.isin(pairs, people[train]).any(axis=1),
                "rows of pictures were compared with persons. people[pairs] are the persons of the pairs.",
            ),
            Misreading(
                lambda pairs, people, train: people[pairs[:, 0]] != people[pairs[:, 1]],
                "those are the pairs of two persons. Asked is whether either was seen in training.",
            ),
            Misreading(
                lambda pairs, people, train: people[pairs[:, 0]] == people[pairs[:, 1]],
                "those are the pairs of one person. Asked is whether anybody in it was seen in training.",
            ),
            Misreading(
                lambda pairs, people, train: np.ones(len(pairs), bool),
                "no pair was refused, and the network knows some of these people.",
            ),
        ),
        otherwise="Look up who is on each picture: people[pairs] against people[train].",
        praise="Right on four albums. Only such pairs say how the network does on strangers, and strangers are whom it "
        "will meet.",
        take=_flags,
        same=np.array_equal,
    ),
    mistakes=(
        Mistake(lambda *case: np.flatnonzero(_honest(*case)), "one True or False a pair"),
        Mistake(
            lambda pairs, people, train: ~np.isin(people[pairs], people[train]),
            "one True or False a pair, 4 of them, but this is [[0, 1]",
        ),
        Mistake(lambda pairs, people, train: np.zeros(len(pairs), bool), "people[pairs] against people[train]"),
        Mistake(lambda *case: True, "but this is True or False"),
    ),
    why="A network that has seen a person in training has been told how that person differs from the others. A new "
    "picture of somebody known is then a test of memory, and the error rate flatters. So the split is made by person, "
    "and both persons of a test pair have to be new.",
)


# --- a threshold for a false accept rate ------------------------------------------------------------------------------


def _largest(
    distances: np.ndarray, same: np.ndarray, rate: float, *, among: Callable = lambda d, s: d[~s],
    passes: Callable = lambda share, rate: share <= rate, accepts: Callable = np.less_equal,
) -> float:  # fmt: skip
    """The largest distance at which the share of `among` that is accepted `passes`; 0, if there is none."""
    others = among(distances, same)
    good = [d for d in distances if passes(np.mean(accepts(others, d)), rate)]
    return max(good, default=0.0)


def _scored(seed: int, together: int, apart: int, rate: float) -> Case:
    """A case of pairs of one person and of two, shuffled."""
    rng = np.random.default_rng(seed)
    distances = np.concatenate([rng.gamma(3, 0.12, together), rng.gamma(6, 0.2, apart)]).round(3)
    same = np.arange(together + apart) < together
    order = rng.permutation(len(same))
    words = f"With {together} pairs of one person, {apart} of two, and a rate of {rate}"
    return Case(distances[order], same[order], rate, words=words)


def _decisions(tau: object, case: Case) -> np.ndarray:
    """τ, how many strangers too many it lets in, and how many pairs of one person it refuses."""
    distances, same, rate = case.args
    tau = number(tau, f"{case.words} the threshold")
    let_in = int((distances[~same] <= tau + 1e-6).sum())  # a float32 of a distance is that distance
    return np.array([tau, max(let_in - int(rate * (~same).sum() + 1e-9), 0), (distances[same] > tau + 1e-6).sum()])


class _AtThreshold(ByCases):
    """Cases told by whom the threshold lets in and whom it refuses."""

    def differ(self, case: Case, got: np.ndarray, right: np.ndarray) -> str:
        distances, same, rate = case.args
        tau, strangers, own = got[0], int((~same).sum()), int(same.sum())
        let_in = int((distances[~same] <= tau + 1e-6).sum())
        said = f"{case.words}, τ = {read(tau)} lets in {let_in} of {strangers} pairs of two people"
        if got[1]:
            return f"{said} ({let_in / strangers:.2f}, more than {rate})"
        return f"{said}, and refuses {int(got[2])} of {own} pairs of one person where {int(right[2])} would do"


def _at_share(distances: np.ndarray, share: float) -> float:
    """The distance below which `share` of them lie."""
    return float(np.sort(distances)[max(int(share * len(distances) + 1e-9) - 1, 0)])


threshold = Exercise(
    name="threshold",
    answer_name="my_threshold",
    solution_source="""
        def my_threshold(distances, same, rate):
            strangers = distances[~same]
            good = [d for d in distances if np.mean(strangers <= d) <= rate]
            return max(good)
    """,
    hints=(
        "Try one distance of the list as τ. Which pairs does the rate count, and which of them are accepted?",
        "distances[~same] are the pairs of two people, and np.mean(distances[~same] <= d) is the share of them that "
        "τ = d lets in.",
        "Keep every d for which that share is at most rate, and return the largest of them.",
    ),
    diagnose=_AtThreshold(
        truth=_largest,
        cases=(
            Case(
                np.array([0.9, 0.2, 1.4, 0.5, 0.7, 0.4, 0.1, 2.0]),
                np.array([False, True, False, True, False, True, False, False]),
                0.2,
                words="For distances [0.9, 0.2, 1.4, 0.5, 0.7, 0.4, 0.1, 2.0], of which 0.2, 0.5 and 0.4 are one "
                "person's, and a rate of 0.2",
            ),
            _scored(1, 12, 20, 0.1),
            _scored(2, 30, 25, 0.04),
            _scored(3, 25, 40, 0.0),
            _scored(4, 9, 50, 0.5),
            _scored(8, 40, 30, 0.25),
        ),
        measure=_decisions,
        misreadings=(
            Misreading(
                lambda d, same, rate: _at_share(d[same], rate),
                "the rate was taken from the pairs of one person. A false accept is a stranger let in: "
                "distances[~same].",
            ),
            Misreading(
                partial(_largest, among=lambda d, s: d[s]),
                "the share was counted among pairs of one person. A false accept is a stranger let in: "
                "distances[~same].",
            ),
            Misreading(
                partial(_largest, among=lambda d, s: d),
                "the share was counted among all pairs. The rate is one of strangers: divide by their number.",
            ),
            Misreading(
                lambda d, same, rate: _largest(d, ~same, rate, passes=lambda share, rate: 1 - share > rate),
                "at this τ that part of one person's pairs is refused: it is the false reject rate. Asked is how many "
                "strangers are let in.",
            ),
            Misreading(
                lambda d, same, rate: _at_share(d[~same], 1 - rate),
                "it lets in 1 − rate of the strangers. Small distances are accepted: count from the small end.",
            ),
            Misreading(
                lambda d, same, rate: d[~same].min(),
                "that is the smallest distance of two people, whatever the rate.",
            ),
            Misreading(lambda d, same, rate: d[same].max(), "that refuses no pair of one person, whatever the rate."),
            Misreading(
                lambda d, same, rate: d[~same].max(),
                "that is the largest distance of two people: everybody gets in.",
            ),
            Misreading(
                lambda d, same, rate: d.min(),
                "that is the smallest of all distances. The largest one at which the rate still holds is wanted.",
            ),
            Misreading(
                partial(_largest, accepts=np.less),
                "only pairs nearer than τ were counted. d ≤ τ accepts the pair at τ itself too.",
            ),
            Misreading(
                partial(_largest, passes=lambda share, rate: share < rate),
                "the rate may be reached: at most `rate`, share <= rate.",
            ),
            Misreading(
                lambda d, same, rate: np.quantile(d[~same], rate),
                "a quantile lies on one of the distances or between two, and at a rate of 0 it is the nearest pair of "
                "two people, which it lets in. Try the distances of the list instead.",
            ),
            Misreading(lambda d, same, rate: rate, "that is the rate itself. τ is a distance."),
        ),
        otherwise="Of all distances d for which np.mean(distances[~same] <= d) is at most rate, the largest.",
        praise="Right on six sets of pairs. The rate fixes τ, and what τ costs the right people is what remains to "
        "be improved.",
        take=lambda got, right, what: got,
        same=lambda got, right: np.array_equal(got[1:], right[1:]),
    ),
    mistakes=(
        Mistake(lambda d, same, rate: d[:2], "should be one number"),
        Mistake(lambda d, same, rate: d * 0, "should be one number"),
    ),
    why="Both errors hang on one number: a larger τ lets in more strangers and refuses fewer of the right people. So "
    "one of the two is fixed by what an error costs, and the other follows. The smaller the rate, the more pairs of "
    "strangers it takes to measure it: 1 in 1,000 cannot be seen in 200 pairs.",
)


# --- one against many -------------------------------------------------------------------------------------------------

false_alarm = Exercise(
    name="false_alarm",
    answer_name="my_false_alarm",
    solution_source="""
        def my_false_alarm(rate, people):
            return 1 - (1 - rate) ** people
    """,
    hints=(
        "Ask for the opposite: what is the probability that the stranger is taken for none of them?",
        "One comparison goes well with probability 1 - rate. How probable is it that all `people` of them go well?",
        "1 - (1 - rate) ** people",
    ),
    diagnose=ByCases(
        truth=lambda rate, people: 1 - (1 - rate) ** people,
        cases=((0.5, 2), (0.01, 10), (0.001, 1000), (0.05, 50), (0.02, 1), (0.0, 30)),
        words="With a rate of {} and {} enrolled".format,
        misreadings=(
            Misreading(
                lambda rate, people: rate * people,
                "the rates were added up. That counts a stranger twice who is taken for two people, and may exceed 1.",
            ),
            Misreading(
                lambda rate, people: min(rate * people, 1.0),
                "the rates were added up and cut at 1. A stranger who is taken for two people was counted twice.",
            ),
            Misreading(
                lambda rate, people: (1 - rate) ** people,
                "that is the probability that nothing goes wrong. Take it from 1.",
            ),
            Misreading(
                lambda rate, people: rate**people,
                "that is the probability of being taken for all of them. One is enough.",
            ),
            Misreading(
                lambda rate, people: 1 - rate**people,
                "that is 1 less the probability of being taken for all of them. The opposite of at least one is none: "
                "(1 − rate) ** people.",
            ),
            Misreading(lambda rate, people: rate, "that is one comparison. There are as many as people enrolled."),
            Misreading(lambda rate, people: rate / people, "with more people it becomes more probable, not less."),
            Misreading(
                lambda rate, people: 1 - (1 - rate) ** (people - 1),
                "one comparison is missing. The stranger is nobody enrolled, so all count.",
            ),
            Misreading(
                lambda rate, people: 1 - (1 - rate) ** (people + 1),
                "one comparison too many: the stranger is compared with each one enrolled, and with nobody else.",
            ),
            Misreading(
                lambda rate, people: 1 - np.exp(-rate * people),
                "that is the approximation for small rates. Asked is the exact form: (1 − rate) ** people.",
            ),
            Misreading(
                lambda rate, people: 1 - (1 - rate) * people,
                "1 − rate was multiplied by the number. Independent events that all happen are a power.",
            ),
            Misreading(
                lambda rate, people: people * rate * (1 - rate) ** (people - 1),
                "that is the probability of exactly one. More than one is a false alarm too.",
            ),
            Misreading(
                lambda rate, people: 1 - (1 - rate) ** (people * (people - 1) / 2),
                "that compares everybody with everybody. One stranger is compared with each one enrolled.",
            ),
            Misreading(
                lambda rate, people: 100 * (1 - (1 - rate) ** people),
                "that is in per cent. A probability from 0 to 1 is wanted.",
            ),
        ),
        otherwise="None of `people` comparisons goes wrong with probability (1 − rate) ** people. Take that from 1.",
        praise="A rate of 1 in 1,000 is good at one door with one name, and wrong for 63 strangers of 100 where 1,000 "
        "are enrolled.",
    ),
    mistakes=(
        Mistake(lambda rate, people: 0.5, "None of `people` comparisons"),
        Mistake(lambda rate, people: (rate, people), "should be one number"),
    ),
    why="Each comparison may go wrong by itself, and a stranger has to pass all of them without being taken for "
    "anybody. Probabilities of independent events multiply, so the share that passes falls as a power. One "
    "stranger's comparisons are not quite independent, so measured rates may lie lower.",
)


# --- who is it? -------------------------------------------------------------------------------------------------------


def _who(
    embedding: np.ndarray, table: np.ndarray, tau: float, *,
    apart: Callable = lambda x: (x**2).sum(axis=1), pick: Callable = np.argmin,
    accepts: Callable = lambda d, tau: d <= tau,
) -> int:  # fmt: skip
    distances = apart(table - embedding)
    best = int(pick(distances))
    return best if accepts(distances[best], tau) else -1


def _row(result: object, right: int, what: str) -> float:
    if isinstance(result, (list, tuple)) and len(result) == 2:
        raise Wrong(f"{what} should be the row alone, one number.")
    value = number(result, what)
    if not value.is_integer():
        raise Wrong(f"{what} should be a row of the table, 0, 1, 2, … or −1. You got {read(value)}.")
    return value


def _who_words(embedding: np.ndarray, table: np.ndarray, tau: float) -> str:
    away = ((table - embedding) ** 2).sum(axis=1)
    return f"At squared distances {read(away, 3)} and τ = {read(tau)}"


_STORE = np.random.default_rng(3).normal(size=(9, 16)) * 0.5

who = Exercise(
    name="who",
    answer_name="my_who",
    solution_source="""
        def my_who(embedding, table, tau):
            distances = ((table - embedding) ** 2).sum(axis=1)
            nearest = int(np.argmin(distances))
            return nearest if distances[nearest] <= tau else -1
    """,
    hints=(
        "One subtraction compares the new embedding with all rows of the table: table - embedding has shape (K, D).",
        "((table - embedding) ** 2).sum(axis=1) are K squared distances. Which is smallest? Is it small enough?",
        "np.argmin(distances) is the row; return it if distances[row] <= tau, and -1 otherwise.",
    ),
    diagnose=ByCases(
        truth=_who,
        cases=(
            (_rows(1, 1), _rows((4, 1), (1, 3), (2, 1)), 5.0),  # 9, 4 and 1
            (_rows(1, 1), _rows((4, 1), (1, 3), (3, 2)), 3.0),  # 9, 4 and 5: nobody
            (_rows(0, 0, 0), _rows((1, 1, 1), (2, 0, 0), (0, 3, 0), (2, 2, 0)), 3.0),  # 3 is just near enough
            (_rows(0, 2), _rows((1, 3), (0, 1), (5, 2), (2, 2)), 0.4),
            (_rows(0.5, 0), _rows((0, 0.5), (1.2, 0.0), (0.0, -0.6)), 0.6),  # 0.5, 0.49 and 0.61
            (_STORE[4] + 0.1, _STORE, 0.4),
            (_STORE[7] * 0.9, _STORE, 3.0),
            (-_STORE[2], _STORE, 2.0),
        ),
        words=_who_words,
        misreadings=(
            Misreading(
                partial(_who, accepts=lambda d, tau: True),
                "the nearest is named, however far. A stranger has a nearest row too: compare with tau, return −1.",
            ),
            Misreading(partial(_who, pick=np.argmax), "that is the farthest one. np.argmin, not np.argmax."),
            Misreading(
                partial(_who, pick=np.argmax, accepts=lambda d, tau: True),
                "that is the farthest one, and tau was not asked. np.argmin, and then compare.",
            ),
            Misreading(
                lambda e, table, tau: next(
                    (row for row, d in enumerate(((table - e) ** 2).sum(axis=1)) if d <= tau), -1
                ),
                "that is the first row that is near enough. Another may be nearer: look at all of them.",
            ),
            Misreading(
                partial(_who, accepts=lambda d, tau: d < tau),
                "a distance equal to tau is near enough: <=, as d ≤ τ.",
            ),
            Misreading(
                partial(_who, accepts=lambda d, tau: d > tau),
                "the comparison is turned round: a small distance is the same person.",
            ),
            Misreading(
                partial(_who, accepts=lambda d, tau: np.sqrt(d) <= tau),
                "the root of the distance was compared with tau, or the distance with tau². tau belongs to the squared "
                "distance already.",
            ),
            Misreading(
                partial(_who, apart=lambda x: np.abs(x).sum(axis=1)),
                "the absolute differences were added. Squares are wanted.",
            ),
            Misreading(
                partial(_who, apart=lambda x: (x**2).mean(axis=1)),
                "the squares were averaged. The squared distance is their sum.",
            ),
            Misreading(
                partial(_who, apart=lambda x: x.sum(axis=1) ** 2),
                "the differences were added before they were squared, and cancelled each other.",
            ),
            Misreading(
                lambda e, table, tau: (
                    int(np.argmax(table @ e)) if ((table[np.argmax(table @ e)] - e) ** 2).sum() <= tau else -1
                ),
                "the row with the largest inner product was taken. That is the nearest only if all rows have one "
                "length.",
            ),
            Misreading(lambda e, table, tau: _who(e, table, tau) + 1, "you counted from 1. The first row is number 0."),
            Misreading(
                lambda e, table, tau: max(_who(e, table, tau), 0),
                "0 is a person, the one in row 0. For a stranger return −1.",
            ),
        ),
        otherwise="The smallest of K squared distances decides: its row if it is at most tau, otherwise −1.",
        praise="Right on eight lookups. The encoder ran once for each person enrolled and once for the visitor; the "
        "rest is one subtraction.",
        take=_row,
    ),
    mistakes=(
        Mistake(lambda e, table, tau: 0, "The smallest of K squared distances"),
        Mistake(lambda e, table, tau: 0.25, "0, 1, 2, … or −1"),
        Mistake(lambda e, table, tau: ((table - e) ** 2).sum(axis=1), "should be one number"),
        Mistake(lambda e, table, tau: (_who(e, table, tau), 0.1), "the row alone"),
    ),
    why="Embeddings of the people enrolled do not change, so they are computed once and kept. The nearest row answers "
    "who it would be, and τ answers whether it is anybody at all: without it every stranger gets a name.",
)

summary = Summary(siamese, contrastive, triplet, semi_hard, threshold, honest, false_alarm, who)
