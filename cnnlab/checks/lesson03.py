"""The exercises of lesson 03: pooling by hand, in code, its sizes, its gradient, and what it cannot see."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnlab.arithmetic.pooling import pool2d, pool2d_backward
from cnnlab.checks.answers import Wrong, array, number, parts, read, show
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByValue, Case, InTurn, Misreading
from cnnlab.checks.summary import Summary

# --- by hand ----------------------------------------------------------------------------------------------------

_HAND = np.array([[2, 9, 4, 3], [3, 0, 6, 5], [7, 1, 0, 8], [2, 6, 3, 1]])


def _four(answer: object) -> np.ndarray:
    """`answer` as a (2, 2) array, or `Wrong` with what its shape comes from."""
    shape = array(answer, None).shape
    if shape == (3, 3):
        raise Wrong(
            "You got 3 × 3 numbers: your window moves by one pixel. Without `strides` it moves by the pool size, 2."
        )
    if shape == ():
        raise Wrong("One number for the whole picture is global pooling. A 2 × 2 window fits four times: four numbers.")
    return array(answer, (2, 2))


def _by_hand(op: str, asked: str, praise: str, *more: Misreading) -> ByValue:
    """The diagnosis of `_HAND` pooled by `op`; `asked` says what is wanted of each window."""
    pooled = {name: pool2d(_HAND, 2, op=name) for name in ("max", "average", "min")}
    words = {"max": "maxima", "average": "averages", "min": "minima"}

    def first_difference(values: np.ndarray) -> str:
        row, column = np.argwhere(~np.isclose(values, pooled[op]))[0]
        window = _HAND[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].ravel().tolist()
        return (
            f"Row {row}, column {column} should not be {read(values[row, column])}: that window holds "
            f"{', '.join(map(str, window))}, and its {asked} is asked for."
        )

    return ByValue(
        truth=pooled[op],
        misreadings=(
            Misreading(
                4 * pooled["average"],
                "These are the sums of the windows. An average is the sum divided by the number of pixels, 4.",
            ),
            Misreading(_HAND[::2, ::2], "You took the top left pixel of each window. Pooling looks at all four."),
            Misreading(
                pooled[op].T, "Rows and columns are swapped: the first row belongs to the two windows at the top."
            ),
            *(
                Misreading(values, f"These are the {words[name]} of the windows. The question asks for {op} pooling.")
                for name, values in pooled.items()
                if name != op
            ),
            *more,
        ),
        otherwise=first_difference,
        praise=praise,
        said="",
        take=_four,
    )


max_by_hand = Exercise(
    name="max_by_hand",
    answer_name="maxima",
    solution_source="maxima = [[9, 6], [7, 8]]",
    hints=(
        "The window is 2 × 2 and moves by 2. So it lands four times, and the lines in the comment part the windows.",
        "The first window holds 2, 9, 3 and 0. Which of the four is the largest? That is the top left of the answer.",
    ),
    diagnose=_by_hand(
        "max",
        "largest number",
        "Four windows, four winners. Twelve numbers are gone, and nothing says where in its window a winner stood.",
    ),
    mistakes=(
        Mistake(pool2d(_HAND, 2, strides=1).tolist(), "moves by one pixel"),
        Mistake(9, "global pooling"),
        Mistake([[9, 6], [7, 6]], "0, 8, 3, 1"),
        Mistake([9, 6, 7, 8], "shape (2, 2)"),
        Mistake([[0, 0], [0, 0]], "should not be 0"),
    ),
    why="The maximum asks whether something strong is anywhere in the window, and not where. The other three values "
    "can change freely below it without any effect: that is both what pooling tolerates and what it forgets.",
)

average_by_hand = Exercise(
    name="average_by_hand",
    answer_name="averages",
    solution_source="averages = [[3.5, 4.5], [4, 3]]",
    hints=(
        "Add the four numbers of a window, then divide by 4.",
        "The first window: 2 + 9 + 3 + 0 = 14, and 14 / 4 = 3.5. Of the other three, two come out whole.",
    ),
    diagnose=_by_hand(
        "average",
        "average",
        "Every pixel counts for a quarter: nothing wins, and nothing is lost altogether.",
        *(
            Misreading(values, "You rounded to whole numbers. An average keeps its fraction: 14 / 4 is 3.5.")
            for values in ([[3, 4], [4, 3]], [[4, 4], [4, 3]], [[4, 5], [4, 3]])
        ),
    ),
    mistakes=(
        Mistake(pool2d(_HAND, 2, strides=1, op="average").tolist(), "moves by one pixel"),
        Mistake([[3.5, 4.5], [4, 4]], "0, 8, 3, 1"),
        Mistake([[0, 0], [0, 0]], "should not be 0"),
    ),
    why="Every pixel of the window has the same weight, a quarter. So an average is a convolution with four weights "
    "of 1/4 and a stride of 2, whose weights are never learned. Its values need not occur in the picture at all.",
)

# --- in code ----------------------------------------------------------------------------------------------------


def _pooling_cases() -> list[tuple[np.ndarray, int, int]]:
    rng = np.random.default_rng(3)
    return [
        (rng.integers(1, 10, (4, 7, 2)), 2, 2),
        (rng.integers(1, 10, (8, 5, 3)), 3, 2),  # the rows leave a remainder, the columns none
        (rng.integers(1, 10, (5, 7, 2)), 2, 3),
        (rng.integers(-9, 0, (4, 4, 2)), 2, 2),
        (rng.normal(size=(7, 6, 2)), 3, 1),
    ]


class _ByWindow(ByCases):
    """Cases told by the first window whose answer is wrong."""

    def differ(self, case: Case, got: np.ndarray, right: np.ndarray) -> str:
        image, pool_size, strides = case.args
        if got.shape != right.shape:
            return (
                f"An image of shape {image.shape} with pool_size {pool_size} and strides {strides} gave {got.shape}, "
                f"not {right.shape}"
            )
        row, column, channel = np.argwhere(~np.isclose(got, right))[0]
        window = image[row * strides :, column * strides :, channel][:pool_size, :pool_size]
        mine, largest = read(got[row, column, channel]), read(right[row, column, channel])
        return (
            f"With pool_size {pool_size} and strides {strides}, row {row}, column {column}, channel {channel} looks at "
            f"{show(window)}: you got {mine}, not {largest}"
        )


def _of_size(count: Callable[[int, int, int], int]) -> Callable:
    """A pooling whose output has ``count(n, pool_size, strides)`` rows and columns; its numbers do not matter."""
    return lambda image, *window: np.zeros((*(count(n, *window) for n in image.shape[:2]), image.shape[2]))


_WHOLE_CHANNELS = "the channels were pooled too. Each channel is pooled by itself."

_SIZE = _ByWindow(
    truth=pool2d,
    cases=_pooling_cases(),
    misreadings=(
        Misreading(lambda *case: pool2d(*case).max(axis=-1), _WHOLE_CHANNELS),
        Misreading(lambda *case: pool2d(*case).max(axis=-1, keepdims=True), _WHOLE_CHANNELS),
        Misreading(_of_size(lambda n, size, strides: n - size + 1), "the stride was forgotten, the window moved by 1."),
        Misreading(
            _of_size(lambda n, size, strides: (n - size) // size + 1),
            "the window moved by its own size and not by `strides`.",
        ),
        Misreading(
            _of_size(lambda n, size, strides: -(-(n - size) // strides) + 1),
            "rounded up. A last window that does not fit is dropped.",
        ),
        Misreading(
            _of_size(lambda n, size, strides: -(-n // strides)),
            "that is one output for every `strides`-th pixel, as image[::strides, ::strides] has them. Only windows "
            "that fit count: (n - pool_size) // strides + 1.",
        ),
        Misreading(
            _of_size(lambda n, size, strides: n // strides),
            "n // strides forgets the window. Its last place is at n - pool_size, and the first is at 0: "
            "(n - pool_size) // strides + 1.",
        ),
        Misreading(
            _of_size(lambda n, size, strides: (n - size) // strides),
            "one row and one column are missing. The first window stands at the edge before any step: + 1.",
        ),
        Misreading(lambda *case: pool2d(*case).transpose(1, 0, 2), "height and width are swapped."),
    ),
    otherwise="Along each axis (n - pool_size) // strides + 1 windows fit, and the channels stay.",
    take=lambda result, right, what: array(result, None, what, finite=False),
    same=lambda got, right: got.shape == right.shape,
)
_LARGEST = _ByWindow(
    truth=pool2d,
    cases=_pooling_cases(),
    misreadings=(
        Misreading(
            lambda *case: np.maximum(pool2d(*case), 0),
            "a search for the largest must not start from 0, which may not be in the window at all. Here all are "
            "negative.",
        ),
        Misreading(
            lambda *case: 0 * pool2d(*case),
            "every output is 0. The array of zeros was returned before anything was written into it.",
        ),
        Misreading(
            lambda *case: pool2d(*case, op="average"),
            "these are averages. Max pooling keeps the largest number of each window.",
        ),
        Misreading(
            lambda *case: pool2d(*case, op="min"),
            "these are minima. Max pooling keeps the largest number of each window.",
        ),
        Misreading(
            lambda *case: np.broadcast_to(pool2d(*case).max(axis=-1, keepdims=True), pool2d(*case).shape),
            "every channel got the maximum over all channels. Each channel is pooled by itself.",
        ),
        Misreading(
            lambda image, size, strides: image[::strides, ::strides][
                tuple(map(slice, pool2d(image, size, strides).shape))
            ],
            "you took the top left pixel of each window: that is subsampling. Max pooling looks at the whole window.",
        ),
        Misreading(
            lambda image, size, strides: pool2d(image, size, 1)[tuple(map(slice, pool2d(image, size, strides).shape))],
            "the output has the right size, and the windows move by 1. Window (i, j) begins at (i * strides, "
            "j * strides).",
        ),
        Misreading(
            lambda image, size, strides: np.array(
                [
                    [
                        image[i * strides : (i + 1) * strides, j * strides : (j + 1) * strides].max(axis=(0, 1))
                        for j in range(pool2d(image, size, strides).shape[1])
                    ]
                    for i in range(pool2d(image, size, strides).shape[0])
                ]
            ),
            "your windows are `strides` wide. Window (i, j) begins at (i * strides, j * strides) and is pool_size "
            "wide.",
        ),
        Misreading(
            lambda *case: np.trunc(pool2d(*case)), "whole numbers came out: what stands behind the point was cut off."
        ),
        Misreading(
            lambda *case: pool2d(np.abs(case[0]), *case[1:]),
            "that is the largest size, without the sign. Of −7 and −2 the larger is −2.",
        ),
    ),
    otherwise="The largest of those numbers is asked for.",
    praise="Any size, any stride, any number of channels, negative numbers too: this is max pooling, whole.",
)


max_pool = Exercise(
    name="max_pool",
    solution_source="""
    def max_pool(image, pool_size, strides):
        height, width, channels = image.shape
        rows = (height - pool_size) // strides + 1
        columns = (width - pool_size) // strides + 1
        out = np.zeros((rows, columns, channels), dtype=image.dtype)
        for i in range(rows):
            for j in range(columns):
                top, left = i * strides, j * strides
                out[i, j] = image[top : top + pool_size, left : left + pool_size].max(axis=(0, 1))
        return out
    """,
    hints=(
        "You need the output's size first: (n - pool_size) // strides + 1 along each axis. Then two loops, over the "
        "output's rows and columns.",
        "Output (i, j) looks at the window whose top left pixel is (i * strides, j * strides): "
        "image[top : top + pool_size, left : left + pool_size], of shape (pool_size, pool_size, C).",
        "window.max() mixes the channels into one number. window.max(axis=(0, 1)) keeps one number a channel.",
    ),
    diagnose=InTurn(_SIZE, _LARGEST),
    mistakes=(
        Mistake(
            lambda image, pool_size, strides: image[pool_size - 1 :: strides, pool_size - 1 :: strides],
            "The largest of those numbers",
        ),
        Mistake(lambda image, pool_size, strides: image.max(), "the channels stay"),
    ),
    why="Each channel answers a question of its own, so its maximum must not be mixed with another's: only the rows "
    "and columns shrink. A window begins at every multiple of the stride and must lie inside, which gives the same "
    "count as for a convolution without padding.",
)


def _min_pool_cases() -> list[tuple[np.ndarray, int]]:
    rng = np.random.default_rng(4)
    return [(rng.integers(1, 10, (4, 6)), 2), (rng.integers(-9, 10, (8, 7)), 3), (rng.normal(size=(5, 4)), 2)]


_MINIMA = ByCases(
    truth=lambda image, size: pool2d(image, size, op="min"),
    cases=_min_pool_cases(),
    misreadings=(
        Misreading(
            lambda image, size: pool2d(-image, size),
            "the size is right and the sign is not: turn the maxima back with a second minus.",
        ),
        Misreading(
            lambda image, size: pool2d(image.max() - image, size),
            "you subtracted from the largest pixel and pooled. Turn it back: subtract what comes out from it, too.",
        ),
        Misreading(
            lambda image, size: np.abs(pool2d(-image, size)),
            "a minus sign was taken off, also where a pixel is negative. Use a second minus.",
        ),
        Misreading(pool2d, "these are the maxima: what went into max pooling was not turned over."),
        Misreading(
            lambda image, size: -pool2d(image, size),
            "these are the maxima with a minus sign. The minus has to be there before pooling too: the smallest number "
            "becomes the largest only once the signs are turned.",
        ),
        *(
            Misreading(
                lambda image, size, constant=constant: constant - pool2d(image, size),
                f"you subtracted the maxima from {constant}. Only the result was turned over; the pixels that went in "
                "have to be turned over first.",
            )
            for constant in (255, 1)
        ),
        Misreading(
            lambda image, size: pool2d(255 - image, size),
            "what went in was turned over, 255 − x, and what came out was not: 255 minus that.",
        ),
        Misreading(lambda image, size: 0 * pool2d(image, size), "every output is 0."),
        Misreading(
            lambda image, size: np.full(pool2d(image, size).shape, image.min()),
            "that is the smallest number of the whole picture, everywhere. Each window has its own smallest.",
        ),
        Misreading(
            lambda image, size: pool2d(image, size, op="average"),
            "these are averages. A minimum is asked for, and average pooling is not needed for it.",
        ),
    ),
    otherwise="The smallest number of each window is asked for.",
    praise="min(a, b) = −max(−a, −b): turn over, pool, turn back. That is why Keras has no MinPooling layer.",
)

min_pool = Exercise(
    name="min_pool",
    solution_source="""
    from cnnlab import pooling


    def min_pool(image, pool_size):
        return -pooling.pool2d(-image, pool_size)
    """,
    hints=(
        "Of 3, 7 and 5 the smallest is 3. Write a minus before each: −3, −7, −5. Which is the largest now?",
        "Negate the picture, pool the maximum, negate the result.",
    ),
    diagnose=_MINIMA,
    mistakes=(
        Mistake(lambda image, pool_size: image.min(), "should have shape"),
        Mistake(lambda image, pool_size: 7 - pool2d(image, pool_size), "The smallest number of each window"),
    ),
    why="Multiplying by −1 reverses the order, so that the smallest number becomes the largest. The maximum of what "
    "is turned over is the minimum turned over, and a second change of sign turns it back.",
)

# --- sizes and counts -------------------------------------------------------------------------------------------


def _chain(n: int, step: Callable[[int], int]) -> tuple[int, ...]:
    sizes = []
    for _ in range(3):
        n = step(n)
        sizes.append(n)
    return tuple(sizes)


def _first_wrong_size(values: np.ndarray) -> str:
    sizes = (64, 31, 15, 7)
    before, value = next(
        (n, value) for n, value, right in zip(sizes, values, sizes[1:], strict=False) if value != right
    )
    last = "" if before == 64 else f"{before} is right. The next window slides over those {before}, not over 64: "
    return f"{last}⌊({before} − 3) / 2⌋ + 1 is not {read(value)}: round the quotient down, then add 1."


overlapping_sizes = Exercise(
    name="overlapping_sizes",
    answer_name="sizes",
    solution_source="sizes = (31, 15, 7)",
    hints=(
        "The formula is that of lesson 02, without padding: ⌊(n − pool size) / stride⌋ + 1.",
        "(64 − 3) / 2 = 30.5, rounded down 30, plus 1: 31. Go on with n = 31.",
    ),
    diagnose=ByValue(
        truth=(31, 15, 7),
        misreadings={
            _chain(64, lambda n: -(-(n - 3) // 2) + 1): "You rounded up. 64 − 3 = 61, 61 / 2 = 30.5: the half window "
            "does not fit and is dropped. ⌊30.5⌋ + 1 = 31.",
            _chain(64, lambda n: (n - 3) // 2): "The + 1 is missing: the first window stands at the edge before any "
            "step.",
            _chain(64, lambda n: n - 2): "The stride was forgotten. The window of 3 moves by 2, not by 1.",
            _chain(64, lambda n: n // 3): "Your window moves by its own size, 3. Here `strides` is given: 2.",
            _chain(64, lambda n: (n - 3) / 2 + 1): "There is no half a pixel: 30.5 steps are 30 steps. Round each "
            "quotient down.",
        },
        otherwise=_first_wrong_size,
        praise="31, 15, 7: overlapping windows follow the formula of lesson 02, with pool size for kernel size.",
        said="",
        take=lambda answer: array(answer, (3,), "The three sizes"),
    ),
    mistakes=(
        Mistake((31, 31, 31), "those 31"),
        Mistake((31, 15, 8), "those 15"),
        Mistake((31, 15, 6), "(15 − 3) / 2⌋ + 1 is not 6"),
        Mistake((0, 0, 0), "(64 − 3) / 2⌋ + 1 is not 0"),
        Mistake((30, ...), "is not 30"),
        Mistake((31, 15), "shape (3,)"),
    ),
    why="The count of windows never asks whether they overlap: a window takes 3 pixels, each further one 2 more. "
    "Rounding down drops a row that is not enough for a step, and each layer starts from what the one before it "
    "left.",
)


def _two_counts(answer: object) -> np.ndarray:
    names = ("learned numbers", "output values")
    return np.array([number(part, f"The {name}") for part, name in zip(parts(answer, names), names, strict=True)])


def _learned(counts: np.ndarray) -> str:
    params, values = counts
    if params in (9, 9 * 96, 9 * 96 + 96, 9 * 96 * 96, 9 * 96 * 96 + 96):
        return (
            f"{params:,.0f} would be the weights of a convolution with 3 × 3 windows. A maximum has nothing to set: "
            "the layer learns no number at all."
        )
    if params != 0:
        return (
            f"{read(params)} learned numbers? Write down what the layer would have to remember: nothing but its "
            "settings."
        )
    return f"0 learned numbers is right. The output is 27 × 27 × 96; that is not {read(values)} values."


pool_layer = Exercise(
    name="pool_layer",
    answer_name="counts",
    solution_source="counts = (0, 27 * 27 * 96)",
    hints=(
        "What would gradient descent change in `max(a, b, c, d)`? For the second number: height times width times "
        "channels of the output.",
        "The first is 0. One side of the output is ⌊(55 − 3) / 2⌋ + 1 = 27, and pooling keeps the 96 channels apart.",
    ),
    diagnose=ByValue(
        truth=(0, 27 * 27 * 96),
        misreadings={
            (0, 27 * 27): "27 × 27 = 729 is one channel; all 96 channels come out.",
            (0, 53 * 53 * 96): "53 × 53 forgets the stride: ⌊(55 − 3) / 2⌋ + 1 = 27.",
            (0, 18 * 18 * 96): "18 × 18 moves the window by its own size; strides is 2 here.",
            (0, 28 * 28 * 96): "28 × 28 rounds up: (55 − 3) / 2 = 26 steps, and the first window: 27.",
            (0, 55 * 55 * 96): "55 × 55 × 96 values go in. How many come out?",
            (0, 0): "But values do come out: the layer's output has height, width and channels.",
        },
        otherwise=_learned,
        praise="Nothing to learn, 69,984 values out: pooling costs no memory for weights, only room for its output.",
        said="0 learned numbers is right",
        take=_two_counts,
        same=np.array_equal,
    ),
    mistakes=(
        Mistake((9, 27 * 27 * 96), "weights of a convolution"),
        Mistake((864, 27 * 27 * 96), "weights of a convolution"),
        Mistake((27 * 27 * 96, 0), "nothing but its settings"),
        Mistake((0, 1_000), "that is not 1,000 values"),
        Mistake((0, 27, 27, 96), "2 things are expected"),
        Mistake((96, 27 * 27 * 96), "nothing but its settings"),
    ),
    why="A maximum has nothing to choose, so there is nothing to learn and to store: the rule is fixed before "
    "training. Each of the channels is pooled by itself, so there are as many outputs as windows, times the "
    "channels.",
)

# --- the gradient -----------------------------------------------------------------------------------------------

_PIXELS = np.array([[1, 8, 2], [3, 4, 5], [9, 0, 7]])
_SENT = np.array([[1, 2], [3, 4]])


_RECEIVED = pool2d_backward(_PIXELS, _SENT, 2, 1)
_SHARED = pool2d_backward(_PIXELS, _SENT, 2, 1, op="average")
_NOT_ADDED = "The 8 wins both windows at the top. What it receives is added, 1 + 2 = 3, not overwritten."


def _first_wrong_pixel(values: np.ndarray) -> str:
    row, column = np.argwhere(~np.isclose(values, _RECEIVED))[0]
    return (
        f"Row {row}, column {column} holds the pixel {_PIXELS[row, column]}. It should receive "
        f"{read(_RECEIVED[row, column])}, the sum over the windows it wins; you have {read(values[row, column])}."
    )


where_it_goes = Exercise(
    name="where_it_goes",
    answer_name="gradient",
    solution_source="gradient = [[0, 3, 0], [0, 0, 0], [3, 0, 4]]",
    hints=(
        "First find the winner of each of the four windows. The top left window holds 1, 8, 3, 4.",
        "The winners are 8, 8, 9 and 7. Each receives what its output sends back; who wins twice adds up.",
    ),
    diagnose=ByValue(
        truth=_RECEIVED,
        misreadings=(
            Misreading(np.where(_PIXELS == 8, 2, _RECEIVED), _NOT_ADDED),
            Misreading(np.where(_PIXELS == 8, 1, _RECEIVED), _NOT_ADDED),
            Misreading(
                _SHARED,
                "You shared each gradient among four pixels. That is average pooling; a maximum sends all to the "
                "winner.",
            ),
            Misreading(
                4 * _SHARED,
                "Every pixel of a window got the whole gradient. Only the winner decides the output, so only it gets "
                "it.",
            ),
            Misreading(
                np.where(_RECEIVED > 0, _PIXELS, 0),
                "The places are right, the numbers are the pixels. What goes there is the gradient that was sent back.",
            ),
            Misreading(_RECEIVED > 0, "The places are right. A winner receives the gradient of its output, not 1."),
            Misreading(
                np.pad(_SENT, ((0, 1), (0, 1))),
                "You sent each gradient to the top left pixel of its window. It goes to the largest pixel.",
            ),
            Misreading(
                np.zeros((3, 3)),
                "All zero: then nothing before the pooling layer could learn. The winner of each window gets "
                "something.",
            ),
            Misreading(_RECEIVED.T, "Rows and columns are swapped: the gradient has the layout of the pixels."),
        ),
        otherwise=_first_wrong_pixel,
        praise="Three winners share everything, the 8 collects twice, and six pixels learn nothing from this step.",
        said="",
        take=lambda answer: array(answer, (3, 3), "The gradient"),
    ),
    mistakes=(Mistake([[0, 3, 0], [0, 0, 0], [3, 0, 3]], "the pixel 7"), Mistake([[1, 2], [3, 4]], "shape (3, 3)")),
    why="A slope says how the output changes if one input changes a little. Only the winner passes a small change on; "
    "any other pixel of the window could move without being noticed, so its slope is 0. A pixel that wins in two "
    "windows is noticed twice.",
)

# --- is max pooling always better? ------------------------------------------------------------------------------


def _invisible(answer: object) -> str:
    picture = array(answer, (4, 4), "The picture")
    if picture.min() < 0 or picture.max() > 9:
        raise Wrong("Use numbers from 0 (black) to 9 (white) only.")
    largest, average = pool2d(picture, 2), pool2d(picture, 2, op="average")
    if np.ptp(picture) == 0:
        raise Wrong("Your page is empty: all 16 numbers are equal, and no pooling could see a drawing on it.")
    if np.ptp(largest) > 0:
        bright = " A light mark on a dark page always survives max pooling; try it the other way round."
        dark_page = np.median(picture) < picture.max()
        raise Wrong(f"Max pooling still sees something: {read(largest)}.{bright if dark_page else ''}")
    if np.ptp(average) == 0:
        raise Wrong(
            f"Max pooling sees an empty page, but so does average pooling: each window averages {read(average[0, 0])}. "
            "Draw so that the windows hold different amounts of ink."
        )
    return (
        f"Max pooling sees {show(largest)}, an empty page; average pooling sees {show(average)}. Where thin dark lines "
        "matter, max pooling is the wrong choice."
    )


invisible_to_max = Exercise(
    name="invisible_to_max",
    answer_name="picture",
    solution_source="picture = [[9, 0, 9, 9], [9, 0, 9, 9], [9, 0, 9, 9], [9, 0, 9, 9]]",
    hints=(
        "Max pooling keeps the largest number of each window. What must every window hold so that all four maxima are "
        "equal?",
        "Begin with a white page, all 9, and draw a dark line one pixel wide. Each window must keep one white pixel.",
    ),
    diagnose=_invisible,
    mistakes=(
        Mistake(np.full((4, 4), 9), "page is empty"),
        Mistake([[0, 0, 0, 0], [0, 9, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], "light mark on a dark page"),
        Mistake([[9, 0, 9, 0]] * 4, "so does average pooling"),
        Mistake([[0, 0, 9, 9], [0, 0, 9, 9], [9, 9, 9, 9], [9, 9, 9, 9]], "still sees"),
        Mistake([[255, 0, 255, 255]] * 4, "from 0 (black) to 9"),
        Mistake(np.zeros((4, 4)), "page is empty"),
    ),
    why="On a light page every window holds light paper, and the maximum looks no further than that. The dark mark "
    "only lowers some of the other values. The minimum or the average does see it, so the choice depends on which "
    "side is the message.",
)

summary = Summary(
    max_by_hand, average_by_hand, max_pool, min_pool, overlapping_sizes, pool_layer, where_it_goes, invisible_to_max
)
