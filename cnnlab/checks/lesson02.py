"""The exercises of lesson 02: output sizes, padding, Keras' uneven `same`, and how often a pixel is used."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cnnlab.arithmetic.shapes import same_padding
from cnnlab.checks.answers import Wrong, number, parts, read, whole
from cnnlab.checks.exercise import Exercise, Mistake
from cnnlab.checks.judging import ByCases, ByValue, Misreading, several
from cnnlab.checks.summary import Summary


def _size(n: int, f: int, s: int = 1, p: int = 0, d: int = 1) -> int:
    return (n + 2 * p - d * (f - 1) - 1) // s + 1


def _named(*names: str) -> Callable[..., str]:
    """The words of a case whose arguments have these names: "For (n=6, f=3)"."""
    return lambda *case: f"For ({', '.join(f'{name}={value}' for name, value in zip(names, case, strict=False))})"


# --- by hand ----------------------------------------------------------------------------------------------------------


def _two_sizes(answer: object) -> np.ndarray:
    sides = [number(side, "Each of the two sizes") for side in parts(answer, ("height", "width"))]
    for value in sides:
        if not value.is_integer():
            raise Wrong(
                f"Each of the two sizes should be a whole number, and you got {read(value)}. A window fits or it does "
                "not: round the quotient down, with // in Python."
            )
    return np.array(sides)


by_hand = Exercise(
    name="by_hand",
    answer_name="size",
    solution_source="size = (31, 43)  # (101 + 2 - 11) // 3 + 1 and (135 + 2 - 11) // 3 + 1",
    hints=(
        "Treat the two axes one after the other. How many pixels has each after the padding?",
        "101 + 2·1 = 103 rows. The first window starts at row 0, the last one may start at row 103 − 11 = 92.",
        "Starts 0, 3, 6, …, 90: that is ⌊92 / 3⌋ + 1 of them. The same with 135 for the width.",
    ),
    diagnose=ByValue(
        truth=(31, 43),
        misreadings={
            (43, 31): "Height and width are swapped. Height comes first, and 101 is less.",
            (
                93,
                127,
            ): "That is the size at stride 1. The windows start every 3 pixels: divide by the stride before you add 1.",
            (
                32,
                43,
            ): "You rounded up: 92 / 3 = 30.67 became 31. The formula rounds down, because the last window would "
            "hang over the border.",
            (
                31,
                42,
            ): "The padding was counted once, or is missing: one row is added above and one below, 101 + 2 = 103. "
            "Or the + 1 went inside the quotient: divide first, then add the first window.",
            (30, 42): "The + 1 is missing: the quotient counts the steps, and the first window stands before the first "
            "step.",
            (34, 45): "The kernel is missing: the last window must start 11 pixels before the end, so subtract f. "
            '(Padding "same" would give this size too, and here it is 1.)',
            (
                33,
                45,
            ): "That is the size divided by the stride. The kernel takes 11 pixels to start with, and the padding "
            "gives 2.",
            (10, 13): "Kernel and stride are swapped: the kernel is 11 wide, and the windows start every 3 pixels.",
        },
        otherwise="Put the numbers into ⌊(n + 2p − f) / s⌋ + 1, first n = 101, then n = 135, with p = 1, f = 11, "
        "s = 3.",
        praise="31 × 43. Height: ⌊92 / 3⌋ + 1 = 30 + 1; two padded rows are left over. Width: 126 / 3 = 42 exactly.",
        said="You got {} × {}",
        take=_two_sizes,
    ),
    mistakes=(
        Mistake((31, 42, 1), "Yours has 3"),
        Mistake((31.67, 43), "round the quotient down, with //"),
        Mistake((40, 50), "Put the numbers"),
        Mistake(31, "height, width"),
    ),
    why="The first window takes f of the padded pixels, and every further one needs s more. So the room left over, n "
    "+ 2p − f, holds as many steps as s fits into it, and the first window makes one more. A step that does not "
    "fit is not taken: hence the rounding down.",
)


# --- the formula ------------------------------------------------------------------------------------------------------


def _rounded(by: Callable[[float], float]) -> Callable:
    return lambda n, f, s=1, p=0, d=1: by((n + 2 * p - d * (f - 1) - 1) / s) + 1


_SIZES = ByCases(
    truth=_size,
    cases=[  # the simple ones come first, and the kernel does not fit into the last
        (6, 3),
        (6, 3, 1, 1),
        (7, 3, 2),
        (8, 3, 2),
        (224, 3, 2, 1),
        (9, 3, 1, 0, 2),
        (12, 4, 3, 2),
        (28, 5, 2, 2, 2),
        (5, 1, 4, 0, 3),
        (2, 3, 2),
    ],  # fmt: skip
    words=_named("n", "f", "s", "p", "d"),
    misreadings=(
        Misreading(
            _rounded(lambda steps: -(-steps // 1)),
            "the quotient was rounded up. Round down: a last window that hangs over the border is not computed.",
        ),
        Misreading(
            _rounded(round), "the quotient was rounded to the nearest. Round down, with //: half a window is no window."
        ),
        Misreading(
            _rounded(lambda steps: steps),
            "the quotient was not rounded. A window fits or it does not: round down, with // in Python.",
        ),
        Misreading(
            _rounded(int),
            "int() cuts towards 0, and here the quotient is −1/2: the kernel does not fit, so there is no output. "
            "Round down, with //, which makes −1 of it.",
        ),
        Misreading(
            lambda n, f, s=1, p=0, d=1: n + 2 * p - d * (f - 1),
            "the stride is forgotten: windows start only every s pixels.",
        ),
        Misreading(
            lambda n, f, s=1, p=0, d=1: (n + p - d * (f - 1) - 1) // s + 1,
            "the padding was counted once. p pixels are added on each of the two sides.",
        ),
        Misreading(lambda n, f, s=1, p=0, d=1: _size(n, f, s, 0, d), "the padding is ignored."),
        Misreading(
            lambda n, f, s=1, p=0, d=1: _size(n, f, s, p),
            "the dilation is ignored. A kernel of f taps with gaps spans d(f − 1) + 1 pixels.",
        ),
        Misreading(
            lambda n, f, s=1, p=0, d=1: (n + 2 * p - d * f) // s + 1,
            "the dilated kernel is taken as d·f pixels wide. Between f taps lie f − 1 gaps: it spans d(f − 1) + 1.",
        ),
        Misreading(
            lambda n, f, s=1, p=0, d=1: _size(n, f, s, p, d) - 1,
            "the + 1 is missing: the first window stands before the first step.",
        ),
        Misreading(
            lambda n, f, s=1, p=0, d=1: (n + 2 * p - d * (f - 1)) // s,
            "the + 1 went inside the quotient. Divide first, then add the first window.",
        ),
        Misreading(
            lambda n, f, s=1, p=0, d=1: (n + 2 * p - d * (f - 1)) // s + 1,
            "one pixel too much room: the kernel covers d(f − 1) + 1 pixels, and you took off d(f − 1).",
        ),
        Misreading(
            lambda n, f, s=1, p=0, d=1: (n + 2 * p - (f + d - 1)) // s + 1,
            "d − 1 pixels were added to the kernel once. There is such a gap between ALL taps: it spans d(f − 1) + 1.",
        ),
        Misreading(
            lambda n, f, s=1, p=0, d=1: n + 2 * p - d * (f - 1) - 1 // s + 1,
            "brackets are missing: // comes before −, so only the 1 was divided.",
        ),
        Misreading(
            lambda n, f, s=1, p=0, d=1: n // s,
            "that is the axis divided by the stride. The kernel takes pixels to start with, and the padding adds some.",
        ),
        Misreading(
            lambda n, f, s=1, p=0, d=1: -(-n // s),
            'that is ⌈n / s⌉, what padding "same" gives. Here the padding is p, and the kernel counts.',
        ),
    ),
    otherwise="Count by hand where the windows may start, compare with each part of the formula, and round the "
    "quotient down, with //.",
    praise="Right on ten settings. This one line answers for every convolution and pooling you will meet.",
)


output_size = Exercise(
    name="output_size",
    answer_name="my_output_size",
    solution_source="""
        def my_output_size(n, f, s=1, p=0, d=1):
            return (n + 2 * p - d * (f - 1) - 1) // s + 1
    """,
    hints=(
        "How far can the first window move before its last tap reaches the end of the padded axis?",
        "The padded axis has n + 2p pixels, the window spans d(f − 1) + 1. The difference is how far it can move.",
        "(n + 2 * p - d * (f - 1) - 1) // s steps, and one window before the first step.",
    ),
    diagnose=_SIZES,
    mistakes=(
        Mistake("def my_output_size(n, f):\n    return n - f + 1", "TypeError"),
        Mistake(lambda n, f, s=1, p=0, d=1: n, "Count by hand"),
        Mistake(lambda n, f, s=1, p=0, d=1: (n, n), "one number"),
    ),
    why="A kernel with gaps reaches over d(f − 1) + 1 pixels, though it has only f taps. What the padded side has "
    "beyond that is room to move, each step uses up s of it, and the first window is there before any step.",
)


# --- padding that keeps the size --------------------------------------------------------------------------------------


def _halves(total: int) -> tuple[int, int]:
    return total // 2, total - total // 2


_KEEP = ByCases(
    truth=lambda f, d=1: _halves(d * (f - 1)),
    cases=[(3,), (4,), (1, 1), (5, 1), (7, 1), (3, 2), (5, 3), (2, 1), (2, 3), (4, 3)],
    words=_named("f", "d"),
    misreadings=(
        Misreading(
            lambda f, d=1: _halves(f - 1),
            "the dilation is ignored. A kernel of 3 with d = 2 spans 5 pixels, so 4 are lost.",
        ),
        Misreading(
            lambda f, d=1: (d * (f - 1), d * (f - 1)), "that is the whole loss on each side, so the output grows by it."
        ),
        Misreading(
            lambda f, d=1: (d * (f - 1) / 2, d * (f - 1) / 2),
            "half a pixel cannot be added. An even kernel needs one pixel more on one side.",
        ),
        Misreading(
            lambda f, d=1: (d * (f - 1) // 2, d * (f - 1) // 2),
            "where the loss is odd, one pixel is missing: a 20-pixel axis gives only 19.",
        ),
        Misreading(
            lambda f, d=1: ((f - 1) // 2, (f - 1) // 2),
            "that is (f − 1)/2 on both sides, rounded: right for an odd kernel without gaps. An even one loses an odd "
            "number of pixels, and gaps make the kernel longer.",
        ),
        Misreading(
            lambda f, d=1: (f // 2, f // 2),
            "that is ⌊f/2⌋ on both sides: right for an odd kernel without gaps. A kernel of 4 loses 3 pixels, and gaps "
            "make the kernel longer.",
        ),
        Misreading(
            lambda f, d=1: (d * ((f - 1) // 2), d * (f - 1 - (f - 1) // 2)),
            "you shared the f − 1 gaps first and then multiplied by d. Work out the pixels first, then share them.",
        ),
        Misreading(
            lambda f, d=1: (round(d * (f - 1) / 2), d * (f - 1) - round(d * (f - 1) / 2)),
            "round() takes a half to the even neighbour: 1.5 becomes 2. Round down before, with //.",
        ),
        Misreading(
            lambda f, d=1: _halves(d * (f - 1))[::-1],
            "the right total, but the odd pixel goes after, as Keras does it.",
        ),
        Misreading(
            lambda f, d=1: (0, d * (f - 1)),
            "the right total, but share it evenly, so that windows stay centred on their pixel.",
        ),
        Misreading(
            lambda f, d=1: (d * (f - 1), 0),
            "the right total, all of it before. Share it evenly, so that windows stay centred on their pixel.",
        ),
        Misreading(
            lambda f, d=1: (d * f // 2, d * f // 2),
            "that is half of d·f on each side, too much for an even kernel. f taps have f − 1 gaps: d(f − 1) are lost.",
        ),
        Misreading(
            lambda f, d=1: (d * (f // 2), d * (f // 2)),
            "that is d·⌊f/2⌋ on each side, one step too much for an even kernel: a kernel of 4 loses 3 pixels, not 4.",
        ),
        Misreading(
            lambda f, d=1: _halves(d * f), "f taps have f − 1 gaps between them: d(f − 1) pixels are lost, not d·f."
        ),
        Misreading(
            lambda f, d=1: _halves(d * (f - 1) + 1),
            "that is the whole span. The window's own pixel stays: d(f − 1) are lost.",
        ),
    ),
    otherwise="At stride 1 the kernel takes d(f − 1) pixels off: so many must be added, half of them before, the rest "
    "after, and none can be negative.",
    praise="d(f − 1) pixels in all, half on each side: (f − 1)/2 for an odd kernel without gaps. Only at stride 1, "
    "though.",
    take=several("before", "after"),
)


padding_to_keep = Exercise(
    name="padding_to_keep",
    solution_source="""
        def padding_to_keep(f, d=1):
            total = d * (f - 1)
            return total // 2, total - total // 2
    """,
    hints=(
        "How many pixels shorter is the output than the input, without padding and at stride 1?",
        "d(f − 1) pixels are lost. Half of them go before and half after; f = 4 loses 3, which is 1 and 2.",
        "total = d * (f - 1); before is total // 2, and after is what remains.",
    ),
    diagnose=_KEEP,
    mistakes=(
        Mistake(lambda f, d=1: d * (f - 1) // 2, "in this order: (before, after)"),
        Mistake(lambda f, d=1: (-1, d * (f - 1) + 1), "negative"),
        Mistake(lambda f, d=1: ((f - 1) / 2, (f - 1) / 2), "At stride 1"),
        Mistake(lambda f, d=1: (1, 1), "At stride 1"),
    ),
    why="At stride 1 a kernel that reaches over d(f − 1) + 1 pixels takes d(f − 1) from the side length. Putting "
    "exactly as many back keeps the size. Half on each side keeps every output above the pixel it belongs to.",
)


# --- design -----------------------------------------------------------------------------------------------------------


def _diagnose_design(answer: object) -> str:
    strides, padding = (whole(value, "Each of the two numbers") for value in parts(answer, ("strides", "padding")))
    if strides < 1 or padding < 0:
        raise Wrong(f"You gave strides {strides} and padding {padding}. Strides start at 1 and padding at 0.")
    if (strides, padding) == (1, 3):
        raise Wrong("Strides and padding are swapped: you gave strides 1, padding 3. The answer is (strides, padding).")
    room = 30 + 2 * padding - 5
    got = room // strides + 1
    if got != 10:
        more = "larger" if got > 10 else "smaller"
        raise Wrong(
            f"strides {strides}, padding {padding}: ⌊{room} / {strides}⌋ + 1 = {got}, {more} than the 10 wanted."
        )
    if padding >= 5:
        raise Wrong(
            f"strides {strides}, padding {padding} gives 10, but the first window then lies on padding alone: with "
            "p ≥ f = 5 some outputs see nothing of the picture."
        )
    if room % strides:
        raise Wrong(
            f"strides {strides}, padding {padding} gives 10, but {room} / {strides} leaves {room % strides}: that many "
            "padded rows and columns are dropped again. Find the padding that leaves nothing."
        )
    return "30 + 2 − 5 = 27 pixels of room, nine steps of 3: ten windows, and the last one ends exactly at the border."


design = Exercise(
    name="design",
    answer_name="strides_and_padding",
    solution_source="strides_and_padding = (3, 1)  # (30 + 2 - 5) // 3 + 1 = 10, and 27 is a multiple of 3",
    hints=(
        "A third of the size: try a stride of 3 without padding first. What do you get?",
        "Ten windows are nine steps: 9·s must equal 30 + 2p − 5.",
        "With s = 3: 27 = 25 + 2p.",
    ),
    diagnose=_diagnose_design,
    mistakes=(
        Mistake((1, 3), "swapped"),
        Mistake((3, 0), "smaller"),
        Mistake((2, 0), "larger"),
        Mistake((3, 2), "leaves 2"),
        Mistake((5, 10), "padding alone"),
        Mistake((2.5, 0), "whole number"),
        Mistake((0, 1), "start at 1"),
        Mistake((3, -1), "padding at 0"),
        Mistake(3, "2 things are expected: strides, padding"),
    ),
    why="The number of windows fixes only how many steps fit, so several pairs give it. If the room is an exact "
    "multiple of the stride, the last window ends at the border and no pixel is dropped. Padding below f makes "
    "sure that each window holds some of the picture.",
)


# --- Keras' same ------------------------------------------------------------------------------------------------------

_SAME = ByCases(
    truth=same_padding,
    cases=[
        (5, 3),
        (6, 4),
        (7, 5, 1),
        (6, 3, 2),
        (7, 3, 2),
        (224, 3, 2),
        (224, 7, 2),
        (225, 3, 2),
        (10, 2, 3),
        (12, 5, 4),
        (7, 2, 5),
        (6, 1, 3),
        (9, 1, 2),
    ],  # fmt: skip
    words=_named("n", "f", "s"),
    misreadings=(
        Misreading(
            lambda n, f, s=1: ((f - 1) / 2, (f - 1) / 2),
            "that is the sentence, (f − 1)/2 on each side. It holds for an odd kernel at stride 1. Keras pads whole "
            "pixels, an odd one after, and with a stride it needs fewer.",
        ),
        Misreading(
            lambda n, f, s=1: ((f - 1) // 2, (f - 1) // 2),
            "that is (f − 1)/2 on both sides, rounded. It is Keras' rule only for an odd kernel at stride 1.",
        ),
        Misreading(
            lambda n, f, s=1: (f // 2, f // 2),
            "that is ⌊f/2⌋ on both sides, as Darknet pads. It is Keras' rule only for an odd kernel at stride 1.",
        ),
        Misreading(
            lambda n, f, s=1: _halves(f - 1),
            "the stride is forgotten. f − 1 pixels keep the size at stride 1; with a stride the last window may start "
            "earlier, and less is needed.",
        ),
        Misreading(
            lambda n, f, s=1: same_padding(n, f, s)[::-1],
            "the odd pixel went before. Keras puts it after: below or right.",
        ),
        Misreading(
            lambda n, f, s=1: (0, sum(same_padding(n, f, s))),
            "the right total, all of it after. Half goes before; only an odd pixel goes after.",
        ),
        Misreading(
            lambda n, f, s=1: _halves(max(f - s, 0)),
            "that is f − s in all, whatever n is. It holds only where n is a multiple of the stride.",
        ),
        Misreading(
            lambda n, f, s=1: _halves(max(((n - f) // s) * s + f - n, 0)),
            'that asks for ⌊(n − f) / s⌋ + 1 outputs, which is "valid". Keras\' same asks for ⌈n / s⌉.',
        ),
        Misreading(
            lambda n, f, s=1: _halves(abs((-(-n // s) - 1) * s + f - n)),
            "where the windows need less than there is you took off the minus sign. Nothing is padded then: max(…, 0).",
        ),
        Misreading(
            lambda n, f, s=1: (sum(same_padding(n, f, s)) // 2,) * 2,
            "half of the total on both sides, rounded down: an odd pixel is lost. It goes after.",
        ),
        Misreading(
            lambda n, f, s=1: (sum(same_padding(n, f, s)) / 2,) * 2,
            "half a pixel cannot be added. Where the total is odd, the odd pixel goes after.",
        ),
        Misreading(
            lambda n, f, s=1: (sum(same_padding(n, f, s)),) * 2,
            "that is the whole total on each side. Half of it goes before and the rest after.",
        ),
        Misreading(
            lambda n, f, s=1: _halves(max((n // s - 1) * s + f - n, 0)),
            "the wanted size was rounded down. Keras asks for ⌈n / s⌉ outputs: every pixel is reached.",
        ),
        Misreading(
            lambda n, f, s=1: _halves(max((n - 1) * s + f - n, 0)),
            "that is the padding that keeps n outputs in spite of the stride. Keras' same asks for ⌈n / s⌉ only.",
        ),
        Misreading(
            lambda n, f, s=1: (((n - 1) * s + f - n) / 2,) * 2,
            "that is the formula for p with m = n, which keeps the size. Keras' same asks for m = ⌈n / s⌉ outputs, and "
            "whole pixels.",
        ),
        Misreading(
            lambda n, f, s=1: _halves((-(-n // s) - 1) * s + f - n),
            "it came out negative. Where the windows need less than there is, nothing is padded: take max(…, 0).",
        ),
    ),
    otherwise="First the wanted size m = ⌈n / s⌉, then the total (m − 1)s + f − n, then the two halves.",
    praise="(224, 3, 2) pads 0 before and 1 after, as Keras does. A framework that pads 1 and 1 has the same output "
    "size, and other numbers in it.",
    take=several("before", "after"),
)


same_pads = Exercise(
    name="same_pads",
    solution_source="""
        def same_pads(n, f, s=1):
            outputs = -(-n // s)  # ceil of n / s
            total = max((outputs - 1) * s + f - n, 0)
            return total // 2, total - total // 2
    """,
    hints=(
        "Start from the output: Keras wants m = ⌈n / s⌉ of them. In Python that is -(-n // s).",
        "The last window starts at (m − 1)s and needs f pixels, so it ends at (m − 1)s + f. There are n: what lacks?",
        "total = max((m - 1) * s + f - n, 0); before is total // 2, and after is the rest.",
    ),
    diagnose=_SAME,
    mistakes=(
        Mistake(lambda n, f, s=1: (f, f), "First the wanted size"),
        Mistake(lambda n, f, s=1: 1, "in this order: (before, after)"),
        Mistake(lambda n, f: ((f - 1) // 2, f // 2), "TypeError"),
    ),
    why="Keras first fixes the outputs, ⌈n / s⌉, and asks how many pixels they need: the last window begins at "
    "(outputs − 1) · s and is one reach long. What is missing is padded. An odd pixel cannot be halved, and "
    "Keras' rule puts it at the end.",
)


# --- usage ------------------------------------------------------------------------------------------------------------


def _usage_of(starts: Callable[[int, int, int], range], covers: int | None = None) -> Callable:
    """A way to count: windows at ``starts(n, f, s)`` along each axis, each adding 1 to f (or `covers`) pixels."""

    def usage(height: int, width: int, f: int, s: int = 1) -> np.ndarray:
        counts = np.zeros((height, width), int)
        for top in starts(height, f, s):
            for left in starts(width, f, s):
                counts[top : top + (covers or f), left : left + (covers or f)] += 1
        return counts

    return usage


_usage = _usage_of(lambda n, f, s: range(0, n - f + 1, s))
_USAGE = ByCases(
    truth=_usage,
    cases=[(6, 6, 3), (7, 4, 3, 1), (6, 9, 3, 2), (5, 8, 2, 3)],
    words=_named("height", "width", "f", "s"),
    misreadings=(
        Misreading(
            lambda height, width, f, s=1: np.minimum(_usage(height, width, f, s), 1),
            "every pixel that is used has a 1: add to the count with +=, do not set it with =.",
        ),
        Misreading(
            lambda height, width, f, s=1: _usage(height, width, f),
            "the stride is forgotten: the windows start every s pixels.",
        ),
        Misreading(
            _usage_of(lambda n, f, s: range(0, n, s)),
            "windows that hang over the border are counted. The last start is at height − f.",
        ),
        Misreading(
            _usage_of(lambda n, f, s: range(0, n - f, s)),
            "the last start is missing: range(0, height - f + 1, s) includes height − f.",
        ),
        Misreading(
            _usage_of(lambda n, f, s: range((n - f) // s + 1)),
            "the number of windows is right, but they start at 0, 1, 2, …: window i starts at i·s.",
        ),
        Misreading(
            _usage_of(lambda n, f, s: range(0, n - f + 1, s), covers=1),
            "only the corner in which a window starts was counted. A window uses f × f pixels.",
        ),
        Misreading(
            lambda height, width, f, s=1: (
                _usage(height, height, f, s)[:, :width]
                if height >= width
                else np.pad(_usage(height, height, f, s), ((0, 0), (0, width - height)))
            ),
            "both axes run to the height. The starts from left to right follow from the width.",
        ),
        Misreading(
            _usage_of(lambda n, f, s: range(0, n - f + 1, f)),
            "the windows stand side by side, f pixels apart. They start every s pixels, and overlap where s < f.",
        ),
    ),
    otherwise="Go through all starts; each window adds 1 to the f × f pixels it covers.",
    praise="Corner 1, centre 9, and zeros where the stride leaves pixels out: you can now see what a layer overlooks.",
)


usage_map = Exercise(
    name="usage_map",
    solution_source="""
        def usage_map(height, width, f, s=1):
            counts = np.zeros((height, width), int)
            for top in range(0, height - f + 1, s):
                for left in range(0, width - f + 1, s):
                    counts[top : top + f, left : left + f] += 1
            return counts
    """,
    hints=(
        "Start from zeros of shape (height, width). Each window adds 1 to all pixels it covers.",
        "The windows start at rows 0, s, 2s, … up to height − f. Which range() gives these?",
        "for top in range(0, height - f + 1, s), the same for left, and counts[top : top + f, left : left + f] += 1.",
    ),
    diagnose=_USAGE,
    mistakes=(
        Mistake(lambda height, width, f, s=1: _usage(width, height, f, s), "swapped"),
        Mistake(lambda height, width, f, s=1: _usage(height, height, f, s), "should have shape"),
        Mistake(lambda height, width, f, s=1: np.zeros((height, width)), "Go through all starts"),
        Mistake(lambda height, width, f, s=1: 9, "should have shape"),
    ),
    why="A pixel is used once for each window that covers it. Near a border fewer windows can cover it, as none may "
    "begin outside; with a stride larger than the kernel, some pixels lie between two windows. The map is what "
    "the padding and stride do to every pixel's say.",
)

summary = Summary(usage_map, by_hand, output_size, padding_to_keep, same_pads, design)
