"""The exercises of lesson 16: masks scored, enlarged and flipped; captions shifted, scored and searched for."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable
from functools import partial

import numpy as np

from cnnlab.checks.answers import Wrong, array, call, parts, read, show, whole
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByValue, Case, Misreading
from cnnlab.checks.summary import Summary

# --- mean IoU ---------------------------------------------------------------------------------------------------------


def _ious(truth: np.ndarray, masks: np.ndarray, both_of: Callable = np.minimum) -> tuple[np.ndarray, ...]:
    """For each class the pixels in both, in the truth and in the prediction; `masks` is (H, W, C) from 0 to 1."""
    true = np.eye(masks.shape[-1])[truth]  # (H, W, C)
    return tuple(values.sum(axis=(0, 1)) for values in (both_of(true, masks), true, masks))


def _argmax(probabilities: np.ndarray) -> np.ndarray:
    """(H, W, C) masks of the most probable class."""
    return np.eye(probabilities.shape[-1])[probabilities.argmax(axis=-1)]


def _mean_iou(truth: np.ndarray, probabilities: np.ndarray, *, first: int = 0, absent: float | None = None) -> float:
    both, true, said = (counts[first:] for counts in _ious(truth, _argmax(probabilities)))
    either = true + said - both
    if absent is not None:
        return float(np.where(either > 0, both / np.maximum(either, 1), absent).mean())
    return float((both[either > 0] / either[either > 0]).mean())


def _over(part: Callable, chosen: Callable = _argmax) -> Callable:
    """A mean over the classes of `part` of the counts: (both, true, said) → numbers, and where they exist."""

    def how(truth: np.ndarray, probabilities: np.ndarray) -> float:
        top, bottom = part(*_ious(truth, chosen(probabilities)))
        return float(np.mean(top[bottom > 0] / bottom[bottom > 0]))

    return how


def _micro(truth: np.ndarray, probabilities: np.ndarray) -> float:
    both, true, said = (counts.sum() for counts in _ious(truth, _argmax(probabilities)))
    return float(both / (true + said - both))


def _in_truth(truth: np.ndarray, probabilities: np.ndarray) -> float:
    both, true, said = _ious(truth, _argmax(probabilities))
    return float((both / np.maximum(true + said - both, 1))[true > 0].mean())


def _probabilities(predicted: list, classes: int, doubt: tuple = ()) -> np.ndarray:
    """(H, W, C) probabilities: 0.7 for the class predicted, the rest shared; 0.4 at the places in `doubt`."""
    predicted = np.array(predicted)
    best = np.full(predicted.shape, 0.7)
    for place in doubt:
        best[place] = 0.4
    rest = (1 - best)[..., None] / (classes - 1)
    return np.where(np.eye(classes, dtype=bool)[predicted], best[..., None], rest)


def _map_case(truth: list, predicted: list, classes: int, doubt: tuple = ()) -> Case:
    words = f"For the truth {read(truth)} and the most probable classes {read(predicted)} of {classes}"
    return Case(np.array(truth), _probabilities(predicted, classes, doubt), words=words)


_MEAN_IOU = ByCases(
    truth=_mean_iou,
    cases=(
        _map_case([[0, 2, 2], [0, 0, 1]], [[0, 2, 0], [0, 0, 1]], 3),  # 3/4, 1, 1/2
        _map_case([[0, 0, 0, 0], [0, 1, 1, 0]], [[0, 0, 0, 1], [0, 1, 0, 0]], 3, doubt=((1, 1),)),  # class 2 in neither
        _map_case([[0, 4, 4], [0, 1, 4]], [[0, 4, 4], [2, 4, 4]], 5),  # class 2 only predicted, class 3 in neither
    ),
    misreadings=(
        Misreading(
            _over(lambda b, t, s: (np.array([b.sum()]), np.array([t.sum()]))),
            "that is the accuracy, the share of right pixels. It hardly notices small classes: take the IoU of each "
            "class, and then their mean.",
        ),
        Misreading(
            partial(_mean_iou, first=1), "the background, class 0, is left out. It is a class like the others here."
        ),
        Misreading(
            partial(_mean_iou, absent=0.0),
            "a class that is in neither was counted as 0. Nothing was there and nothing was said: leave it out.",
        ),
        Misreading(
            partial(_mean_iou, absent=np.nan),
            "a class that is in neither gives 0 / 0. Leave it out before you take the mean.",
        ),
        Misreading(
            _in_truth,
            "a class that is only in the prediction was left out. It has no pixel in common with the truth: its IoU is "
            "0, and it counts.",
        ),
        Misreading(
            _over(lambda b, t, s: (2 * b, t + s)),
            "that is the mean Dice, 2 · both / (truth + prediction). The IoU divides by the union.",
        ),
        Misreading(
            _over(lambda b, t, s: (b, t + s)),
            "you divided by both areas together. What they share was counted twice: the union is one less.",
        ),
        Misreading(
            _over(lambda b, t, s: (b, t)),
            "you divided by the area of the truth: that is the recall. Pixels that are claimed falsely cost nothing "
            "so.",
        ),
        Misreading(
            _over(lambda b, t, s: (b, s)),
            "you divided by the area of the prediction: that is the precision. Pixels that are missed cost nothing so.",
        ),
        Misreading(
            _micro,
            "you added up all classes before you divided, so that the largest class decides. Divide for each class, "
            "then take the mean.",
        ),
        Misreading(
            _over(lambda b, t, s: (b, t + s - b), lambda p: p),
            "you calculated with the probabilities themselves. Decide first: each pixel belongs to its most probable "
            "class (argmax).",
        ),
        Misreading(
            _over(lambda b, t, s: (b, t + s - b), lambda p: (p > 0.5).astype(float)),
            "you took the classes above 0.5. Where no class reaches it the pixel belongs to none: take the most "
            "probable class (argmax).",
        ),
        Misreading(
            lambda t, p: 0.0,
            "no pixel agrees at all. Did you take `max`, the largest probability, for `argmax`, the class that has it?",
        ),
    ),
    otherwise="For each class: pixels in both, divided by pixels in either. Then the mean over the classes that occur.",
    praise="Each class counts once, however small it is; and a class that nobody has seen or claimed says nothing.",
)

mean_iou = Exercise(
    name="mean_iou",
    answer_name="my_mean_iou",
    solution_source="""
        def my_mean_iou(truth, probabilities):
            predicted = probabilities.argmax(axis=-1)
            ious = []
            for k in range(probabilities.shape[-1]):
                both = np.sum((truth == k) & (predicted == k))
                either = np.sum((truth == k) | (predicted == k))
                if either:
                    ious.append(both / either)
            return np.mean(ious)
    """,
    hints=(
        "Make a label map first: which class is the most probable one at each pixel?",
        "(truth == k) & (predicted == k) are the pixels of class k in both; with | those in either.",
        "Go through all the classes, `range(probabilities.shape[-1])`. If no pixel is in either, go on to the next.",
    ),
    diagnose=_MEAN_IOU,
    mistakes=(
        Mistake(lambda truth, probabilities: 0.123, "divided by pixels in either"),
        Mistake(
            lambda truth, probabilities: [np.mean(truth == k) for k in range(probabilities.shape[-1])], "one number"
        ),
        Mistake(lambda truth, probabilities: (truth == probabilities).mean(), "raised"),
    ),
    why="The union holds every pixel that is right, missed or claimed falsely, so the IoU of a class is 1 only if its "
    "two masks are one. The mean gives a class of 20 pixels the same say as a background of 2,000. That is why "
    "nothing but background scores well by accuracy and badly by mean IoU.",
)


# --- Dice from IoU ----------------------------------------------------------------------------------------------------

dice = Exercise(
    name="dice",
    answer_name="my_dice",
    solution_source="""
        def my_dice(iou):
            return 2 * iou / (1 + iou)
    """,
    hints=(
        "Say the union is 1. Then the pixels in both are iou. How large are the two masks together?",
        "The two areas together count what they share twice: 1 + iou.",
        "Dice = 2 · both / (the two areas) = 2 · iou / (1 + iou).",
    ),
    diagnose=ByCases(
        truth=lambda iou: 2 * iou / (1 + iou),
        cases=[(0.5,), (0.2,), (0.9,), (0.0,), (1.0,)],
        words="For an IoU of {}".format,
        misreadings=(
            Misreading(
                lambda iou: iou / (2 - iou), "that is the way back, from Dice to IoU. Dice is never less than the IoU."
            ),
            Misreading(
                lambda iou: iou / (1 + iou),
                "the 2 is missing: two equal masks, with an IoU of 1, must have a Dice of 1.",
            ),
            Misreading(lambda iou: 2 * iou, "you did not divide by the two areas. They are 1 + iou."),
            Misreading(lambda iou: iou, "that is the IoU itself. The two agree only at 0 and at 1."),
            Misreading(
                lambda iou: (1 + iou) / 2, "half the way to 1 is no Dice: masks that share nothing must have 0."
            ),
            Misreading(
                lambda iou: 2 * iou / (1 - iou),
                "the areas together are the union and once more what they share: 1 + iou, not 1 − iou.",
            ),
            Misreading(
                lambda iou: 2 * iou / (1 + 2 * iou),
                "the union holds what they share once already. The two areas add it once more: 1 + iou, not 1 + 2 · "
                "iou.",
            ),
        ),
        otherwise="With a union of 1, `iou` is what the masks share, and 1 + iou are their two areas together.",
        praise="0.5 became 0.67 and 0.9 became 0.95. Dice looks better than IoU and says the same: of two predictions "
        "for one mask the same one is better.",
    ),
    mistakes=(
        Mistake(lambda iou: 0.4, "their two areas together"),
        Mistake(lambda iou: [2 * iou, 1 + iou], "one number"),
        Mistake(2 / 3, "A function is expected"),
    ),
    why="The two areas added up are the union plus the intersection, because what the masks share is in both of them. "
    "Divide both sides of Dice = 2 · I / (U + I) by U and only the IoU is left. The curve rises all the way, so "
    "both scores put two predictions in the same order.",
)


# --- transposed convolution -------------------------------------------------------------------------------------------


def _transposed(x, kernel, stride: int, *, lay: Callable = np.add, step: int | None = None, more: int = 0):
    """The outputs of a transposed convolution; `lay` puts a stamp on what is there, `step` is from stamp to stamp."""
    x, kernel = np.asarray(x, float), np.asarray(kernel, float)
    output = np.zeros((len(x) - 1) * stride + len(kernel) + more)
    for i, value in enumerate(x):
        at = slice(i * (stride if step is None else step), None)
        there = output[at][: len(kernel)]
        there[:] = lay(there, value * kernel)
    return output


def _forwards(x, kernel, stride: int) -> np.ndarray:
    return np.array([np.dot(x[i : i + len(kernel)], kernel) for i in range(0, len(x) - len(kernel) + 1, stride)])


def _same(x, kernel, stride: int) -> np.ndarray:
    before = max(len(kernel) - stride, 0) // 2
    return np.pad(_transposed(x, kernel, stride), (0, stride))[before : before + len(x) * stride]


def _take_row(result: object, right: np.ndarray, what: str) -> np.ndarray:
    values = array(result, None, what)
    if values.ndim != 1:
        raise Wrong(f"{what} should be a row of numbers, of shape {right.shape}. Yours has shape {values.shape}.")
    return values


_TRANSPOSED = ByCases(
    truth=_transposed,
    cases=[
        (np.array([5.0, 1.0, 3.0, 2.0]), np.array([1.0, 10.0, 4.0]), 2),
        (np.ones(5), np.ones(3), 2),
        (np.array([2.0, 3.0, -1.0]), np.array([1.0, 0.0, 2.0, 5.0]), 1),
        (np.array([4.0, 1.0]), np.array([3.0, 1.0, 2.0, 1.0]), 3),
        (np.array([2.0, 5.0, 3.0]), np.array([2.0, 1.0]), 3),  # between the stamps nothing is written
    ],
    words=lambda x, kernel, stride: f"For x = {read(x)}, the kernel {read(kernel)} and stride {stride}",
    misreadings=(
        Misreading(
            partial(_transposed, lay=lambda there, new: new),
            "where two stamps of the kernel overlap, the later one replaced the earlier one. They are added.",
        ),
        Misreading(
            lambda x, kernel, stride: (
                _transposed(x, kernel, stride)
                / np.maximum(_transposed(np.ones(len(x)), np.ones(len(kernel)), stride), 1)
            ),
            "you took the mean where stamps overlap. That would be even; the layer adds, and so its squares appear.",
        ),
        Misreading(
            lambda x, kernel, stride: _transposed(x, kernel[::-1], stride),
            "the kernel is turned round. x[i] · kernel[0] comes first, at place i · stride.",
        ),
        Misreading(
            lambda x, kernel, stride: _transposed(x, kernel, 1),
            "the stride is missing: from one stamp of the kernel to the next it is `stride` places.",
        ),
        Misreading(
            partial(_transposed, step=1),
            "the output is long enough, but the stamps lie too close: stamp i begins at place i · stride.",
        ),
        Misreading(
            lambda x, kernel, stride: _transposed(x, kernel, stride)[: len(x) * stride],
            "the end is cut off. The last stamp begins at (n − 1) · stride and is as long as the kernel.",
        ),
        Misreading(
            _same, "that is padding 'same': n · stride numbers, the rest cut from both ends. Here everything is kept."
        ),
        Misreading(
            lambda x, kernel, stride: np.append(_transposed(x, kernel, stride), np.zeros(stride)),
            "n · stride + k places are too many: the last stamp begins at (n − 1) · stride, and so the output ends "
            "after (n − 1) · stride + k.",
        ),
        Misreading(
            lambda x, kernel, stride: np.convolve(np.repeat(x, stride), kernel),
            "you repeated each number and then convolved. Between the numbers of x belong zeros, no copies.",
        ),
        Misreading(
            _forwards,
            "that is an ordinary convolution, which makes a row shorter. Here each x[i] lays down a whole kernel.",
        ),
    ),
    otherwise="Begin with zeros. Each x[i] adds x[i] · kernel to the places from i · stride on.",
    praise="With ones everywhere the output counts: 1 1 2 1 2 1 2 1 2 1 1. A stride of 2 does not divide a kernel of "
    "3, and that is the checkerboard.",
    take=_take_row,
)

transposed = Exercise(
    name="transposed",
    answer_name="my_transposed",
    solution_source="""
        def my_transposed(x, kernel, stride):
            output = np.zeros((len(x) - 1) * stride + len(kernel))
            for i in range(len(x)):
                output[i * stride : i * stride + len(kernel)] += x[i] * kernel
            return output
    """,
    hints=(
        "Where does the last stamp of the kernel begin, and where does it end? So long is the output.",
        "np.zeros((len(x) - 1) * stride + len(kernel)), then a loop over i.",
        "output[i * stride : i * stride + len(kernel)] += x[i] * kernel",
    ),
    diagnose=_TRANSPOSED,
    mistakes=(
        Mistake(lambda x, kernel, stride: np.zeros(3), "Each x[i] adds"),
        Mistake(lambda x, kernel, stride: np.outer(x, kernel), "a row of numbers"),
        Mistake(lambda x, kernel, stride: x.sum(), "a row of numbers"),
    ),
    why="An ordinary convolution gathers k numbers into one; the transposed one scatters one number over k places, "
    "with the same weights. How many stamps reach a place depends on whether the stride divides the kernel: 4 and 2 "
    "give 2 everywhere but at the ends, 3 and 2 give 1 and 2 in turn. Training begins with that pattern.",
)


# --- a size that fits -------------------------------------------------------------------------------------------------


def _fitting(n: int, levels: int, up: Callable = np.ceil) -> float:
    return up(n / 2**levels) * 2**levels


fitting_size = Exercise(
    name="fitting_size",
    answer_name="my_size",
    solution_source="""
        def my_size(n, levels):
            step = 2**levels
            return -(-n // step) * step
    """,
    hints=(
        "After one halving and one doubling an odd size has lost a pixel. Which sizes survive two halvings?",
        "`levels` halvings come out even for the multiples of 2 ** levels, and for no others.",
        "Divide by 2 ** levels, round up, multiply again. -(-n // step) rounds up.",
    ),
    diagnose=ByCases(
        truth=_fitting,
        cases=[(50, 3), (48, 3), (100, 4), (33, 5), (7, 1), (22, 2), (1, 2), (97, 3)],
        words="For a picture {} pixels wide and {} halvings".format,
        misreadings=(
            Misreading(
                partial(_fitting, up=np.floor),
                "you rounded down, and the picture would lose its edge: pad, do not cut.",
            ),
            Misreading(
                partial(_fitting, up=np.round),
                "you rounded to the nearest. The size must not be less than n: round up.",
            ),
            Misreading(
                lambda n, levels: (n // 2**levels + 1) * 2**levels,
                "a size that fits already needs no pixel more: 48 is 6 · 8.",
            ),
            Misreading(
                lambda n, levels: np.ceil(n / (2 * levels)) * 2 * levels,
                "you took multiples of 2 · levels. Halving three times is dividing by 2 · 2 · 2: 2 ** levels.",
            ),
            Misreading(
                lambda n, levels: n + n % 2,
                "that is even once. After the first halving the size may be odd again: 50, 25, 12.",
            ),
            Misreading(
                lambda n, levels: 2 ** np.ceil(np.log2(n)),
                "that is the next power of two. It fits, but a smaller size does as well: a multiple of 2 ** levels is "
                "enough.",
            ),
            Misreading(
                lambda n, levels: n + n % 2**levels,
                "you added the remainder. What is missing to the next multiple is 2 ** levels − remainder.",
            ),
            Misreading(
                lambda n, levels: -n % 2**levels, "that is how many pixels to add. The size itself is asked for."
            ),
            Misreading(lambda n, levels: np.ceil(n / 2**levels), "that is the size at the bottom, after all halvings."),
            Misreading(lambda n, levels: _fitting(n, levels + 1), "that is for one halving more."),
            Misreading(
                lambda n, levels: _fitting(n, levels - 1), "that is for one halving less: the last one is not even."
            ),
            Misreading(lambda n, levels: n, "nothing was added, and the halvings do not come out even."),
        ),
        otherwise="The smallest multiple of 2 ** levels that is not less than n.",
        praise="50 becomes 56 = 7 · 8 for three halvings, and 48 stays 48. Every skip meets its own size.",
        take=lambda size, right, what: whole(size, what),
    ),
    mistakes=(
        Mistake(lambda n, levels: 2 * n, "The smallest multiple"),
        Mistake(lambda n, levels: n / 2**levels, "whole number"),
        Mistake(lambda n, levels: (n, n), "one number"),
    ),
    why="A pooling rounds down, so an odd size loses a pixel that doubling does not bring back, and the two arrays at "
    "the skip cannot be joined. Only a size that can be halved once for every level survives: a multiple of "
    "2, 4, 8 and so on. Padding to the next one keeps every pixel.",
)


# --- a mask resized ---------------------------------------------------------------------------------------------------

_MASKS = (  # (labels, height, width); between 1 and 4, and between 0 and 4, lie labels that are no class
    (np.array([[1, 4, 0], [4, 0, 1]]), 4, 6),
    (np.array([[4, 0, 1, 1], [0, 1, 4, 0], [1, 4, 0, 4]]), 6, 8),
    (np.array([[0, 4, 4, 0, 1], [4, 1, 0, 1, 4], [0, 0, 4, 1, 1], [1, 4, 1, 0, 0]]), 7, 12),
    (np.kron([[0, 4, 1], [4, 1, 0]], np.ones((3, 3), int)), 2, 3),
    (np.array([[4, 1, 0], [1, 0, 4]]), 2, 3),
)


def _near(length: int, new: int) -> list[range]:
    """For each of `new` places, the source pixels among `length` that lie there or next to it by some convention."""
    at = [(i * length / new, (i + 1) * length / new) for i in range(new)]
    return [range(max(int(low - 0.5), 0), min(int(np.ceil(high - 0.5)), length - 1) + 1) for low, high in at]


def _resized(mask: np.ndarray, height: int, width: int) -> np.ndarray:
    rows, columns = np.arange(height) * len(mask) // height, np.arange(width) * mask.shape[1] // width
    return mask[rows[:, None], columns]


def _linear(mask: np.ndarray, height: int, width: int) -> np.ndarray:
    """Bilinear: each place is a mixture of up to four pixels."""
    for axis, new in enumerate((height, width)):
        place = np.clip((np.arange(new) + 0.5) * mask.shape[axis] / new - 0.5, 0, mask.shape[axis] - 1)
        low = np.floor(place).astype(int)
        high = np.minimum(low + 1, mask.shape[axis] - 1)
        share = np.expand_dims(place - low, 1 - axis)
        mask = (1 - share) * mask.take(low, axis) + share * mask.take(high, axis)
    return mask


_MOVED = (  # (what was done, what to say)
    (lambda m, h, w: np.resize(m, (h, w)), "np.resize writes the labels one after the other until the map is full; it "
     "does not know where they were."),
    (lambda m, h, w: _resized(m, h, w)[::-1], "the mask stands on its head."),
    (lambda m, h, w: _resized(m, h, w)[:, ::-1], "left and right have changed places."),
    (lambda m, h, w: np.full((h, w), m[0, 0]), "one pixel fills the whole map."),
    (lambda m, h, w: np.pad(m, ((0, max(h - len(m), 0)), (0, max(w - m.shape[1], 0))))[:h, :w], "the mask kept its "
     "size and the rest was filled or cut off."),
)  # fmt: skip


def _diagnose_resize(answer: object) -> str:
    for mask, height, width in _MASKS:
        case = f"A mask of {mask.shape[0]} × {mask.shape[1]} with the labels 0, 1 and 4, resized to {height} × {width}:"
        got = array(call(answer, mask, height, width), None, "The resized mask")
        if got.shape == (width, height) != (height, width):
            raise Wrong(f"{case} yours has {width} rows and {height} columns. The height comes first.")
        if got.shape == (height, width, 1):
            raise Wrong(f"{case} yours has an axis of channels behind the other two. Take it off again: [..., 0].")
        if got.shape != (height, width):
            raise Wrong(f"{case} yours has shape {got.shape}.")
        _check_labels(case, got)
        _check_places(case, got, mask)
    return "Each new pixel takes over one old label, whole. Nothing is mixed, so that no class appears from nowhere."


def _check_labels(case: str, got: np.ndarray) -> None:
    odd = got[got != np.round(got)]
    if odd.size:
        raise Wrong(
            f"{case} in yours stands {read(odd[0])}. No class has that number: two labels were mixed as if they were "
            "amounts. Take the nearest pixel's label instead."
        )
    strange = np.setdiff1d(got, (0, 1, 4))
    if strange.size:
        raise Wrong(
            f"{case} in yours stands class {int(strange[0])}, which the mask does not have. Rounding a mixture of two "
            "labels gives a third one. Take the nearest pixel's label instead."
        )


def _check_places(case: str, got: np.ndarray, mask: np.ndarray) -> None:
    height, width = got.shape
    rows, columns = _near(len(mask), height), _near(mask.shape[1], width)
    double = (height, width) == (2 * len(mask), 2 * mask.shape[1])  # there all conventions agree
    right = _resized(mask, height, width)
    for i, j in np.ndindex(got.shape):
        if (got[i, j] != right[i, j]) if double else got[i, j] not in mask[np.ix_(rows[i], columns[j])]:
            for how, says in _MOVED:
                if np.array_equal(got, how(mask, height, width)):
                    raise Wrong(f"{case} {says}")
            there = mask[rows[i][0], columns[j][0]] if not double else right[i, j]
            raise Wrong(
                f"{case} at row {i}, column {j} of yours stands {int(got[i, j])}. The mask has {there} there. Row i "
                f"lies at row i · {len(mask)} / {height} of the mask, and columns alike."
            )


resize_mask = Exercise(
    name="resize_mask",
    answer_name="my_resize",
    solution_source="""
        def my_resize(mask, height, width):
            rows = np.arange(height) * mask.shape[0] // height
            columns = np.arange(width) * mask.shape[1] // width
            return mask[rows[:, None], columns]
    """,
    hints=(
        "A label is a name that looks like a number. What lies half-way between class 1 and class 3?",
        'Nothing may be mixed: `interpolation="nearest"`, or pick rows and columns by their number.',
        "Row i of the result is row i * mask.shape[0] // height of the mask; columns alike.",
    ),
    diagnose=_diagnose_resize,
    mistakes=(
        Mistake(_linear, "two labels were mixed as if they were amounts"),
        Mistake(lambda m, h, w: np.round(_linear(m, h, w)).astype(int), "Rounding a mixture"),
        Mistake(lambda m, h, w: _linear(m, h, w).astype(int), "Rounding a mixture"),
        Mistake(lambda m, h, w: _resized(m, w, h), "The height comes first"),
        Mistake(lambda m, h, w: _resized(m, h, w)[..., None], "Take it off again"),
        Mistake(lambda m, h, w: m, "yours has shape"),
        Mistake(lambda m, h, w: m.repeat(2, 0).repeat(2, 1), "yours has shape"),
        Mistake(lambda m, h, w: np.roll(_resized(m, h, w), 1, axis=0), "of yours stands"),
        Mistake(lambda m, h, w: (_resized(m, h, w) > 0).astype(int), "of yours stands"),
        Mistake(lambda m, h, w: m.reshape(h, w), "raised"),
        *(Mistake(how, says) for how, says in _MOVED),
    ),
    why="Bilinear interpolation is made for amounts, of which there is something in between: half-way from dark to "
    "light lies grey. Between two classes there is nothing. So the picture may be resized smoothly, and its mask takes "
    "whole labels from the nearest pixel.",
)


# --- picture and mask flipped together --------------------------------------------------------------------------------

_CALLS = 400  # for a chance of 1/2, 240 or more of 400 come up once in 30,000 times
_PICTURE = np.random.default_rng(1).permutation(4 * 6 * 3).reshape(4, 6, 3) / 128
_LABELS = np.random.default_rng(2).permutation(4 * 6).reshape(4, 6)
_FLIPS = {"as it was": np.s_[:, :], "mirrored": np.s_[:, ::-1], "upside down": np.s_[::-1], "both": np.s_[::-1, ::-1]}


def _flip_of(result: np.ndarray, given: np.ndarray, what: str) -> str:
    for name, how in _FLIPS.items():
        if np.array_equal(result, given[how]):
            return name
    if given.ndim == 3 and any(np.array_equal(result[..., ::-1], given[how]) for how in _FLIPS.values()):
        raise Wrong("The colours of the picture have changed places: its last axis holds red, green and blue.")
    raise Wrong(f"{what} comes back with other numbers, or in an order that no flip makes.")


def _diagnose_flip(answer: object) -> str:
    tally: Counter[tuple[str, str]] = Counter()
    unasked = False
    for seed in range(_CALLS):
        rng = np.random.default_rng(seed)
        before = rng.bit_generator.state
        pair = parts(call(answer, _PICTURE, _LABELS, rng), ("image", "mask"))
        if np.shape(pair[0]) == _LABELS.shape and np.shape(pair[1]) == _PICTURE.shape:
            raise Wrong("You returned the mask first. Return the pair (image, mask).")
        picture, mask = array(pair[0], _PICTURE.shape, "The picture"), array(pair[1], _LABELS.shape, "The mask")
        tally[_flip_of(picture, _PICTURE, "The picture"), _flip_of(mask, _LABELS, "The mask")] += 1
        unasked = unasked or rng.bit_generator.state == before
    _check_pairs(tally)
    if unasked:
        raise Wrong("`rng` was not asked. With random numbers from elsewhere, the same seed gives another training.")
    share = tally["mirrored", "mirrored"]
    if not 0.4 * _CALLS < share < 0.6 * _CALLS:
        raise Wrong(f"In {share} of {_CALLS} calls picture and mask were mirrored. Half of them should be.")
    return f"In {share} of {_CALLS} calls both were mirrored, in the others neither. One coin decides for both."


def _check_pairs(tally: Counter) -> None:
    """Raise `Wrong` unless picture and mask always went the same way, and left-right."""
    pictures, masks = ({pair[k] for pair in tally} for k in (0, 1))
    if "upside down" in pictures & masks or "both" in pictures & masks:
        raise Wrong("Upside down was not asked for. Rows are axis 0, columns axis 1: left-right is [:, ::-1].")
    if "upside down" in pictures | masks or "both" in pictures | masks:
        which = "mask" if {"upside down", "both"} & masks else "picture"
        raise Wrong(f"The {which} was turned upside down and the other was not. Both are flipped along axis 1.")
    apart = sum(count for (picture, mask), count in tally.items() if picture != mask)
    if apart == _CALLS:
        raise Wrong("In every call exactly one of the two was mirrored: the test is the wrong way round for one.")
    if pictures == {"as it was"} and apart:
        raise Wrong("Only the mask was ever mirrored. It has to follow its picture, and the picture stayed.")
    if masks == {"as it was"} and apart:
        raise Wrong("Only the picture was ever mirrored. The mask says which class is where: it has to move along.")
    if apart:
        raise Wrong(
            f"In {apart} of {_CALLS} calls one of the two was mirrored and the other was not. That is what two coins "
            "do: draw once, and use the result for both."
        )
    if len(tally) == 1:
        never = "as it was" in pictures
        raise Wrong(
            f"Picture and mask were {'never' if never else 'always'} mirrored. A coin should decide: half the time."
        )


def _paired(image_flip: Callable, mask_flip: Callable, chance: float = 0.5) -> Callable:
    """A flip of both with one coin."""
    return lambda image, mask, rng: (image_flip(image), mask_flip(mask)) if rng.random() < chance else (image, mask)


def _mirror(array: np.ndarray) -> np.ndarray:
    return array[:, ::-1]


def _two_coins(image, mask, rng):
    return (_mirror(image) if rng.random() < 0.5 else image), (_mirror(mask) if rng.random() < 0.5 else mask)


def _global_coin(image, mask, rng):
    coin = np.random.default_rng(image.size).random() < 0.5  # stands for a generator that is not the one handed in
    _global_coin.calls = (getattr(_global_coin, "calls", 0) + 1) % 2
    return (_mirror(image), _mirror(mask)) if coin ^ bool(_global_coin.calls) else (image, mask)


flip_pair = Exercise(
    name="flip_pair",
    answer_name="my_flip",
    solution_source="""
        def my_flip(image, mask, rng):
            if rng.random() < 0.5:
                return image[:, ::-1], mask[:, ::-1]
            return image, mask
    """,
    hints=(
        "How often is the coin thrown? What if it shows heads once and tails once?",
        "Ask `rng.random() < 0.5` once, and do the same to both.",
        "if rng.random() < 0.5: return image[:, ::-1], mask[:, ::-1]. Otherwise return both as they are.",
    ),
    diagnose=_diagnose_flip,
    mistakes=(
        Mistake(_two_coins, "That is what two coins do"),
        Mistake(_paired(_mirror, lambda mask: mask), "Only the picture was ever mirrored"),
        Mistake(_paired(lambda image: image, _mirror), "Only the mask was ever mirrored"),
        Mistake(_paired(lambda i: i[::-1], lambda m: m[::-1]), "Upside down was not asked for"),
        Mistake(_paired(lambda i: i[::-1, ::-1], lambda m: m[::-1, ::-1]), "Upside down was not asked for"),
        Mistake(_paired(_mirror, lambda m: m[::-1]), "The mask was turned upside down"),
        Mistake(_paired(lambda i: i[::-1], _mirror), "The picture was turned upside down"),
        Mistake(_paired(lambda i: i[..., ::-1], lambda m: m[..., ::-1]), "The colours of the picture"),
        Mistake(_paired(_mirror, _mirror, 2.0), "always mirrored"),
        Mistake(_paired(_mirror, _mirror, -1.0), "never mirrored"),
        Mistake(_paired(_mirror, _mirror, 0.25), "Half of them should be"),
        Mistake(_paired(_mirror, lambda m: 1 - m), "an order that no flip makes"),
        Mistake(lambda image, mask, rng: (mask, image), "You returned the mask first"),
        Mistake(lambda image, mask, rng: image, "2 things are expected"),
        Mistake(_global_coin, "`rng` was not asked"),
        Mistake(
            lambda image, mask, rng: (_mirror(image), mask) if rng.random() < 0.5 else (image, _mirror(mask)),
            "exactly one of the two",
        ),
    ),
    why="A mask says of each place what stands there. Move the picture without it, and half of the training says "
    "that background is a circle. Nothing raises an error, the loss merely stays high; so look at pictures with their "
    "masks on them, after every step that changes either.",
)


# --- what the captioner reads, and what it must say -------------------------------------------------------------------

# <start> is 1, <end> is 2, <pad> is 0.
_TOKENS = (
    np.array([[1, 5, 9, 2]]),
    np.array([[1, 3, 8, 2, 0, 0], [1, 7, 8, 6, 4, 2]]),
    np.array([[1, 12, 5, 11, 2], [1, 4, 2, 0, 0], [1, 10, 3, 2, 0]]),
)


def _two_rows(result: object, case: Case) -> np.ndarray:
    """The pair as one array (2, N, T − 1)."""
    (n, length), names = case.args[0].shape, ("inputs", "targets")
    both = [
        array(entry, None, f"{case.words} the {name}") for entry, name in zip(parts(result, names), names, strict=True)
    ]
    for values, name in zip(both, names, strict=True):
        if values.shape == (n, length):
            raise Wrong(
                f"{case.words} the {name} have all {length} columns. Take one off: the inputs go without the last "
                "token, the targets without the first."
            )
        if values.shape == (n - 1, length):
            raise Wrong(
                f"{case.words} a whole caption is missing from the {name}. Cut columns, not rows: tokens[:, …]."
            )
        if values.shape != (n, length - 1):
            raise Wrong(f"{case.words} the {name} should have shape {(n, length - 1)}. Yours have {values.shape}.")
    return np.stack(both)


_SHIFTED = ByCases(
    truth=lambda tokens: (tokens[:, :-1], tokens[:, 1:]),
    cases=[Case(tokens, words=f"For the tokens {read(tokens)}") for tokens in _TOKENS],
    measure=_two_rows,
    take=lambda both, right, what: both,
    misreadings=(
        Misreading(
            lambda tokens: (tokens[:, 1:], tokens[:, :-1]),
            "inputs and targets have changed places. The captioner reads <start> and must say the first word.",
        ),
        Misreading(
            lambda tokens: (tokens[:, :-1], tokens[:, :-1]),
            "input and target are the same. Then the captioner learns to repeat what it reads: the target is the word "
            "after it.",
        ),
        Misreading(
            lambda tokens: (tokens[:, 1:], tokens[:, 1:]),
            "both begin with the first word. The inputs begin with <start>: without it the captioner has nothing to "
            "begin from, and it reads the word that it should say.",
        ),
        Misreading(
            lambda tokens: (tokens[:, :-1], np.pad(tokens[:, 2:], ((0, 0), (0, 1)))),
            "the targets are shifted by two. After <start> comes the first word, not the second.",
        ),
        Misreading(
            lambda tokens: (tokens[:, :-1], tokens[:, :0:-1]), "the targets are in reverse: [:, 1:] keeps their order."
        ),
        Misreading(
            lambda tokens: (tokens[:, :-1], np.roll(tokens, 1, axis=1)[:, :-1]),
            "the targets are shifted the wrong way: they hold the word before, not the word after.",
        ),
        Misreading(
            lambda tokens: (tokens[:, :-1], np.where(tokens[:, 1:] == 2, 0, tokens[:, 1:])),
            "<end> is missing from the targets. The captioner has to learn when to stop.",
        ),
    ),
    otherwise="The inputs are the tokens without the last column, the targets those without the first.",
    praise="At every place the captioner reads the true word before and must say the next one, all places at once.",
)

shifted = Exercise(
    name="shifted",
    answer_name="my_shift",
    solution_source="""
        def my_shift(tokens):
            return tokens[:, :-1], tokens[:, 1:]
    """,
    hints=(
        "The captioner has read <start>. What should it say? And after the first word?",
        "The target at a place is the token that comes next. The last token has none after it.",
        "tokens[:, :-1] and tokens[:, 1:]",
    ),
    diagnose=_SHIFTED,
    mistakes=(
        Mistake(lambda tokens: (tokens, tokens), "the inputs have all 4 columns"),
        Mistake(lambda tokens: (tokens[:, :-1], np.roll(tokens, -1, axis=1)), "the targets have all 4 columns"),
        Mistake(lambda tokens: (tokens[:-1], tokens[1:]), "Cut columns, not rows"),
        Mistake(lambda tokens: (tokens[:, 1:-1], tokens[:, 2:]), "should have shape (1, 3)"),
        Mistake(lambda tokens: (0 * tokens[:, 1:], tokens[:, 1:]), "the tokens without the last column"),
        Mistake(lambda tokens: tokens[:, 1:].ravel(), "2 things are expected"),
    ),
    why="Fed with its own words, a captioner that errs once would learn the rest from a sentence that nobody wrote. "
    "Fed with the true ones it learns every word in its right place, and all places can be computed in one step. The "
    "price shows later: when it speaks by itself it reads its own words, mistakes included.",
)


# --- the loss without the fillers -------------------------------------------------------------------------------------


def _log_loss(mask: Callable | None = None, log: Callable = np.log) -> Callable:
    """A mean over the places of which ``mask(probabilities, inputs, targets)`` is true, or over all."""

    def how(probabilities, inputs, targets):
        values = -log(_right_word(probabilities, targets))
        return values[np.ones_like(values, bool) if mask is None else mask(probabilities, inputs, targets)].mean()

    return how


def _right_word(probabilities: np.ndarray, words: np.ndarray) -> np.ndarray:
    return np.take_along_axis(probabilities, words[..., None], axis=-1)[..., 0]


def _loss_case(tokens: list, seed: int) -> Case:
    tokens, rng = np.array(tokens), np.random.default_rng(seed)
    inputs, targets = tokens[:, :-1], tokens[:, 1:]
    probabilities = 0.95 * rng.dirichlet(np.ones(7), targets.shape) + 0.05 / 7  # none is 0
    words = (
        f"For the targets {read(targets)}, with the probabilities {read(_right_word(probabilities, targets), 2)} there,"
    )
    return Case(probabilities, inputs, targets, words=words)


_RIGHT_LOSS = _log_loss(lambda p, i, t: t != 0)

_LOSS = ByCases(
    truth=_RIGHT_LOSS,
    cases=(
        _loss_case([[1, 6, 2, 0]], 2),
        _loss_case([[1, 5, 4, 2, 0, 0], [1, 3, 6, 5, 4, 2]], 1),
        _loss_case([[1, 4, 2, 0, 0], [1, 5, 3, 6, 2], [1, 2, 0, 0, 0]], 3),
    ),
    misreadings=(
        Misreading(
            _log_loss(), "the fillers were counted, too. The captioner would be praised for silence after the end."
        ),
        Misreading(
            _log_loss(lambda p, i, t: i != 0),
            "your mask comes from the inputs. Where the input is <end>, the target is a filler already: take the mask "
            "from the targets."
        ),
        Misreading(
            _log_loss(lambda p, i, t: p.argmax(axis=-1) != 0),
            "your mask comes from what the captioner says. It could escape every loss by saying <pad>: take the mask "
            "from the targets."
        ),
        Misreading(
            _log_loss(lambda p, i, t: t > 2),
            "<end> was left out with the fillers. It is a word that the captioner has to say in time."
        ),
        Misreading(
            lambda p, i, t: _RIGHT_LOSS(p, i, t) * np.mean(t != 0),
            "the fillers count nothing in the sum but are still among those it is divided by. Divide by the number of "
            "places that count."
        ),
        Misreading(
            lambda p, i, t: _RIGHT_LOSS(p, i, t) * np.sum(t != 0), "that is the sum. Divide by the number of places."
        ),
        Misreading(
            lambda p, i, t: np.mean([_RIGHT_LOSS(*row) for row in zip(p, i, t, strict=True)]),
            "you took the mean of each caption first, so that a word in a short caption weighs more. Every place "
            "counts the same."
        ),
        Misreading(lambda p, i, t: -_RIGHT_LOSS(p, i, t), "the minus is missing: ln of a probability is negative."),
        Misreading(lambda p, i, t: _RIGHT_LOSS(p, i, t) / np.log(2), "that is the logarithm to base 2. Take np.log."),
        Misreading(
            lambda p, i, t: _right_word(p, t)[t != 0].mean(),
            "that is the mean probability of the right words. The loss is the mean of −ln of it."
        ),
        Misreading(
            lambda p, i, t: -np.log(_right_word(p, t)[t != 0].mean()),
            "you took the logarithm of the mean. The mean of the logarithms is asked for: first ln, then the mean."
        ),
        Misreading(
            lambda p, i, t: -np.log(p.max(axis=-1))[t != 0].mean(),
            "you took the largest probability, whatever word it belongs to. That of the right word is asked for."
        ),
        Misreading(
            lambda p, i, t: -np.log(_right_word(p, i))[t != 0].mean(),
            "you looked up the probability of the word that was read. That of the target is asked for."
        ),
    ),
    otherwise="Look up the probability of the right word, take −ln, and the mean over the places with a target above "
    "0.",
    praise="Only places at which something is to be said were counted, <end> among them.",
)  # fmt: skip

masked_loss = Exercise(
    name="masked_loss",
    answer_name="my_loss",
    solution_source="""
        def my_loss(probabilities, inputs, targets):
            rows, places = np.nonzero(targets != 0)  # where something is to be said
            right = probabilities[rows, places, targets[rows, places]]
            return -np.log(right).mean()
    """,
    hints=(
        "At which places does the captioner have to say something? Look at the targets.",
        "rows, places = np.nonzero(targets != 0) says where these places are.",
        "There the right word is targets[rows, places]: look its probability up, take -np.log, and the mean.",
    ),
    diagnose=_LOSS,
    mistakes=(
        Mistake(lambda probabilities, inputs, targets: 1.0, "Look up the probability"),
        Mistake(lambda probabilities, inputs, targets: targets != 0, "one number"),
        Mistake(lambda probabilities, inputs, targets: -np.log(probabilities[targets]).mean(), "raised"),
    ),
    why="Captions differ in length, and only a full rectangle can be trained on; fillers complete it and mean nothing. "
    "What counts at a place is whether something is to be said there, and that is in the target. The inputs are one "
    "step behind: where they hold <end>, nothing is left to say.",
)


# --- attention --------------------------------------------------------------------------------------------------------


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max())
    return raised / raised.sum()


def _attend(scores: Callable, weigh: Callable = _softmax) -> Callable:
    def how(query, keys, values):
        weights = weigh(scores(query, keys))
        return weights, weights @ values

    return how


def _dots(query: np.ndarray, keys: np.ndarray) -> np.ndarray:
    return keys @ query


_RIGHT_ATTENTION = _attend(_dots)


def _weights_and_context(result: object, case: Case) -> np.ndarray:
    _, keys, values = case.args
    weights, context = (array(p, None, "The result", finite=False) for p in parts(result, ("weights", "context")))
    if (weights.shape, context.shape) == (values.shape[1:], keys.shape[:1]):
        raise Wrong("You returned the context first. Return the pair (weights, context).")
    if weights.shape != keys.shape[:1]:
        raise Wrong(
            f"{case.words} there should be {len(keys)} weights, one for each place. Yours have shape {weights.shape}."
        )
    if context.ndim != 1:
        raise Wrong(
            f"{case.words} the context should be one row of {values.shape[1]} numbers. Yours has shape "
            f"{context.shape}: add the weighted rows up."
        )
    return np.concatenate([weights, context])


_ATTENTION = ByCases(
    truth=_RIGHT_ATTENTION,
    cases=[
        Case(
            np.array([1.0, 2.0]),
            np.array([[1.0, 0.0], [0.5, -0.5], [0.0, 1.0]]),
            np.array([[10.0, 0.0], [0.0, 20.0], [4.0, 8.0]]),
            words="For query [1, 2], keys [[1, 0], [0.5, −0.5], [0, 1]] and values [[10, 0], [0, 20], [4, 8]] (the "
            "weights, then the context)",
        ),
        Case(
            np.array([0.5, -1.0, 2.0]),
            np.random.default_rng(4).normal(size=(5, 3)).round(2),
            np.random.default_rng(5).normal(size=(5, 4)).round(2),
            words="For 5 places with keys of 3 and values of 4 numbers (the weights, then the context)",
        ),
    ],
    measure=_weights_and_context,
    take=lambda both, right, what: both,
    misreadings=(
        Misreading(
            _attend(_dots, lambda s: s),
            "the softmax is missing. The dot products may be negative and do not add up to 1.",
        ),
        Misreading(
            _attend(_dots, lambda s: s / s.sum()),
            "you divided the dot products by their sum. Negative ones stay negative: take exp first, that is the "
            "softmax.",
        ),
        Misreading(_attend(_dots, np.exp), "the weights do not add up to 1. Divide by their sum."),
        Misreading(
            _attend(_dots, lambda s: 1 / (1 + np.exp(-s))),
            "that is a sigmoid for each place by itself. The places share one attention: softmax.",
        ),
        Misreading(
            _attend(_dots, lambda s: (s == s.max()).astype(float)),
            "all the weight lies on the best place. That is no softmax, and it has no gradient to learn from.",
        ),
        Misreading(
            _attend(lambda q, k: k @ q / np.sqrt(len(q))),
            "you divided by √D, as a transformer does. Here the dot products are taken as they are.",
        ),
        Misreading(
            _attend(lambda q, k: -((k - q) ** 2).sum(axis=1)),
            "you compared by distance. The dot product of the query with each key is asked for.",
        ),
        Misreading(
            _attend(lambda q, k: -k @ q), "the sign is turned round: the largest dot product gets the largest weight."
        ),
        Misreading(
            lambda q, k, v: (_softmax(k @ q), _softmax(k @ q) @ k),
            "the weights are right, but they weigh the keys. Keys say where to look, values what is there.",
        ),
        Misreading(
            lambda q, k, v: (_softmax(v @ q), _softmax(v @ q) @ v),
            "you compared the query with the values. It is compared with the keys.",
        ),
        Misreading(
            lambda q, k, v: (_softmax(k @ q), v.mean(axis=0)),
            "the weights are right and were not used: the context is a plain mean of the values.",
        ),
        Misreading(
            lambda q, k, v: (_softmax(k @ q), v[(k @ q).argmax()]),
            "the weights are right, but the context is the one best row. All rows count, each by its weight.",
        ),
    ),
    otherwise="Weights: softmax of keys @ query. Context: weights @ values.",
    praise="Places that suit the query get most of the weight, and all of them together get 1.",
)

attend = Exercise(
    name="attend",
    answer_name="my_attention",
    solution_source="""
        def my_attention(query, keys, values):
            scores = keys @ query
            weights = np.exp(scores) / np.sum(np.exp(scores))
            return weights, weights @ values
    """,
    hints=(
        "Compare the query with each key by a dot product: P numbers. `keys @ query` does it at once.",
        "Make the P numbers shares that add up to 1: the softmax of lesson 00.",
        "The context is the sum of the rows of `values`, each times its weight: weights @ values.",
    ),
    diagnose=_ATTENTION,
    mistakes=(
        Mistake(lambda q, k, v: (_softmax(k @ q) @ v, _softmax(k @ q)), "You returned the context first"),
        Mistake(lambda q, k, v: (_softmax(k @ q), _softmax(k @ q)[:, None] * v), "add the weighted rows up"),
        Mistake(lambda q, k, v: (_softmax(q), v[0]), "there should be 3 weights"),
        Mistake(lambda q, k, v: _softmax(k @ q), "2 things are expected"),
        Mistake(lambda q, k, v: (np.ones(len(k)) / len(k), v.mean(axis=0)), "softmax of keys @ query"),
    ),
    why="The dot product is large where query and key point the same way. The softmax turns these scores into shares, "
    "so that the context is a mean of the values, and it lets the gradient through to every place: the captioner "
    "learns where to look from nothing but the words it should have said.",
)


# --- greedy and beam --------------------------------------------------------------------------------------------------


def _caption(answer: object) -> str:
    """A caption in plain words, however it is written."""
    if isinstance(answer, (tuple, list)) and answer and all(isinstance(word, str) for word in answer):
        answer = " ".join(answer)
    if not isinstance(answer, str):
        raise Wrong(f'A caption is expected here, two words in quotes such as "green circle". This is {show(answer)}.')
    words = [
        word for word in answer.casefold().replace(",", " ").split() if word not in ("a", "<start>", "<end>", "end")
    ]
    return " ".join(words).strip(" .")


def _captions(name: str, truth: str, misreadings: dict[str, str], otherwise: str) -> ByValue:
    return ByValue(
        truth=truth,
        misreadings=misreadings,
        otherwise=otherwise,
        praise="",
        said=lambda caption: f"{name}: you gave “{caption}”",
        take=_caption,
        same=operator.eq,
    )


_RIGHT_FOUND = {"greedy": "red circle", "beam": "blue square", "probability": 0.35 * 0.60}
_FOUND = {
    "greedy": _captions(
        "greedy",
        "red circle",
        {
            "green triangle": "that is the most probable caption of all, and greedy search does not look for it. Its "
            "first word is red, with 0.40.",
            "blue square": "greedy search takes red first, because 0.40 is more than 0.35, and never goes back.",
            "red square": "after red it takes the most probable word, circle with 0.45.",
            "red triangle": "triangle is the most probable word after green. After red it is circle, with 0.45.",
            "red": "that is the first word. A second one follows.",
        },
        "the most probable first word, and then the most probable word after it.",
    ),
    "beam": _captions(
        "beam",
        "blue square",
        {
            "red circle": "that is the greedy one, with 0.40 · 0.45 = 0.18. The beam keeps blue as well: multiply "
            "there, too.",
            "green triangle": "that is the most probable caption of all, 0.25 · 0.95 = 0.2375. But green is the third "
            "of the first words, and a beam of 2 has dropped it by then.",
            "red square": "that is 0.40 · 0.35 = 0.14. Compare all six captions that begin with red or blue.",
            "blue circle": "that is 0.35 · 0.30 = 0.105. After blue, square is twice as probable.",
            "blue": "that is a first word that the beam keeps. A second one follows.",
        },
        "keep red and blue. Multiply on for the six captions that begin with one of them, and take the largest "
        "product.",
    ),
    "probability": ByValue(
        truth=0.21,
        misreadings={
            0.18: "that is the greedy caption's, 0.40 · 0.45.",
            0.2375: "that is green triangle's, which the beam has dropped.",
            0.95: "you added. Both words have to come: multiply their probabilities.",
            0.6: "that is the second word's alone. Multiply by the first word's.",
            0.475: "that is the mean of the two. Both words have to come: multiply.",
            0.35: "that is the first word's alone. Multiply by the second word's.",
            0.14: "that is red square's, 0.40 · 0.35.",
            round(float(np.log(0.21)), 6): "that is the logarithm of the probability. The probability itself is asked "
            "for.",
            21: "that is in per cent. A probability is at most 1.",
        },
        otherwise="multiply the first word's probability by that of the second word after it.",
        praise="",
        said="probability: you gave {}",
    ),
}  # fmt: skip


def _diagnose_found(answer: object) -> str:
    if not isinstance(answer, dict) or set(answer) != set(_FOUND):
        raise Wrong(f"The answer should be a dictionary with the keys {', '.join(_FOUND)}.")
    for name, diagnosis in _FOUND.items():
        diagnosis(answer[name])
    return (
        "Greedy: red circle, 0.18. A beam of 2: blue square, 0.21. Neither finds green triangle, 0.25 · 0.95 = 0.2375: "
        "it begins with too weak a word. A beam of 3 would."
    )


beam = Exercise(
    name="beam",
    answer_name="found",
    solution_source="""
        found = {
            "greedy": "red circle",  # 0.40, then 0.45
            "beam": "blue square",  # the best of 0.40 · (0.45, 0.35, 0.20) and 0.35 · (0.30, 0.60, 0.10)
            "probability": 0.35 * 0.60,
        }
    """,
    hints=(
        "Greedy decoding keeps one beginning, a beam of 2 keeps the two best. Which two first words are these?",
        "A caption's probability is the product: first word times the second word after it.",
        "The beam compares 0.40 times each number of red's row with 0.35 times each of blue's row.",
    ),
    diagnose=_diagnose_found,
    mistakes=(
        *(Mistake({**_RIGHT_FOUND, name: m.how}, m.says) for name, part in _FOUND.items() for m in part.misreadings),
        Mistake({**_RIGHT_FOUND, "greedy": "purple cross"}, "the most probable first word"),
        Mistake({**_RIGHT_FOUND, "beam": "blue triangle"}, "keep red and blue"),
        Mistake({**_RIGHT_FOUND, "beam": 0.21}, "two words in quotes"),
        Mistake({**_RIGHT_FOUND, "probability": 0.5}, "multiply the first word's"),
        Mistake({"greedy": "red circle"}, "dictionary with the keys"),
        Mistake(("red circle", "blue square", 0.21), "dictionary with the keys"),
    ),
    why="A first word that is the most probable one may be followed by nothing good, and greedy search cannot take "
    "it back. A beam puts the decision off by keeping several beginnings. It is no search through everything: what it "
    "drops early is lost, however well it would have gone on.",
)

summary = Summary(mean_iou, dice, transposed, fitting_size, resize_mask, flip_pair, shifted, masked_loss, attend, beam)
