"""The exercises of lesson 02: output sizes, padding, Keras' uneven `same`, and how often a pixel is used."""

from __future__ import annotations

import numpy as np

from cnnlab.checks._exercise import Exercise, Mistake, Wrong, array, call, close, number, show
from cnnlab.shapes import same_padding


def _whole(answer: object, what: str = "The answer") -> int:
    """`answer` as an int; a size that is not whole is named with what the formula does about it."""
    value = number(answer, what)
    if not np.isfinite(value):
        raise Wrong(f"{what} should be a whole number, but this is {value:g}.")
    if value != int(value):
        raise Wrong(
            f"{what} should be a whole number, but you got {value:g}. A window fits or it does not: "
            "round the quotient down, with // in Python."
        )
    return int(value)


def _size(n: int, f: int, s: int = 1, p: int = 0, d: int = 1) -> int:
    return (n + 2 * p - d * (f - 1) - 1) // s + 1


# --- by hand ----------------------------------------------------------------------------------------------------------

_HAND = {"n": (101, 141), "f": 7, "s": 3, "p": 2}


def _hand(how) -> tuple[int, int]:
    """Both axes of the by-hand exercise by the rule `how(n, f, s, p)`."""
    f, s, p = _HAND["f"], _HAND["s"], _HAND["p"]
    return how(_HAND["n"][0], f, s, p), how(_HAND["n"][1], f, s, p)


_HAND_MISREADINGS = (
    (
        lambda n, f, s, p: n + 2 * p - f + 1,
        "That is the size at stride 1. The windows start every 3 pixels: divide by the stride before you add 1.",
    ),
    (
        lambda n, f, s, p: -(-(n + 2 * p - f) // s) + 1,
        "You rounded up: 98 / 3 = 32.67 became 33. The formula rounds down, because the last window would hang over "
        "the border.",
    ),
    (
        lambda n, f, s, p: (n + p - f) // s + 1,
        "The padding was counted once. Two rows are added above and two below: 101 + 4 = 105.",
    ),
    (lambda n, f, s, p: (n - f) // s + 1, "The padding is missing: 2 pixels on each side make 105 × 145 of 101 × 141."),
    (
        lambda n, f, s, p: (n + 2 * p - f) // s,
        "The + 1 is missing: the quotient counts the steps, and the first window stands before the first step.",
    ),
    (
        lambda n, f, s, p: (n + 2 * p) // s,
        "The kernel is missing: the last window must start 7 pixels before the end, so subtract f.",
    ),
)


def _diagnose_by_hand(answer: object) -> str:
    right = _hand(lambda n, f, s, p: _size(n, f, s, p))
    values = array(answer, (2,), "The size")
    height, width = (_whole(value, "Each of the two sizes") for value in values)
    if (height, width) == right:
        return "33 × 47. Height: ⌊98 / 3⌋ + 1 = 32 + 1; two padded rows are left over. Width: 138 / 3 = 46 exactly."
    if (height, width) == right[::-1]:
        raise Wrong(f"You gave {height} × {width}: height and width are swapped. Height comes first, and 101 is less.")
    for how, message in _HAND_MISREADINGS:
        if (height, width) == _hand(how):
            raise Wrong(f"You got {height} × {width}. {message}")
    raise Wrong(
        f"You got {height} × {width}. Put the numbers into ⌊(n + 2p − f) / s⌋ + 1, first n = 101, then n = 141, with "
        "p = 2, f = 7, s = 3."
    )


by_hand = Exercise(
    name="by_hand",
    answer_name="size",
    stub="""
        size = ...  # (height, width)
    """,
    solution_source="""
        size = (33, 47)  # (101 + 4 - 7) // 3 + 1 and (141 + 4 - 7) // 3 + 1
    """,
    hints=(
        "Treat the two axes one after the other. How many pixels has each after the padding?",
        "101 + 2·2 = 105 rows. The first window starts at row 0, the last one may start at row 105 − 7 = 98.",
        "Starts 0, 3, 6, …, 96: that is ⌊98 / 3⌋ + 1 of them. The same with 141 for the width.",
    ),
    diagnose=_diagnose_by_hand,
    mistakes=(
        Mistake((47, 33), "swapped"),
        Mistake((34, 47), "rounded up"),
        Mistake((99, 139), "stride 1"),
        Mistake((33, 46), "counted once"),
        Mistake((32, 46), "+ 1 is missing"),
        Mistake((32, 45), "padding is missing"),
        Mistake((35, 48), "kernel is missing"),
        Mistake((33.67, 47.33), "whole number"),
        Mistake((30, 40), "Put the numbers"),
        Mistake(33, "shape (2,)"),
    ),
)


# --- the formula ------------------------------------------------------------------------------------------------------

# (n, f, s, p, d); each misreading below goes wrong on at least one of them, and the simple ones come first.
_SIZES = ((6, 3, 1, 0, 1), (6, 3, 1, 1, 1), (7, 3, 2, 0, 1), (8, 3, 2, 0, 1), (224, 3, 2, 1, 1), (9, 3, 1, 0, 2),
          (12, 4, 3, 2, 1), (28, 5, 2, 2, 2), (5, 1, 4, 0, 3))  # fmt: skip
_SIZE_MISREADINGS = (
    (
        lambda n, f, s, p, d: -(-(n + 2 * p - d * (f - 1) - 1) // s) + 1,
        "the quotient was rounded up. Round down: a last window that hangs over the border is not computed.",
    ),
    (
        lambda n, f, s, p, d: round((n + 2 * p - d * (f - 1) - 1) / s) + 1,
        "the quotient was rounded to the nearest. Round down, with //: half a window is no window.",
    ),
    (lambda n, f, s, p, d: n + 2 * p - d * (f - 1), "the stride is forgotten: windows start only every s pixels."),
    (
        lambda n, f, s, p, d: (n + p - d * (f - 1) - 1) // s + 1,
        "the padding was counted once. p pixels are added on each of the two sides.",
    ),
    (lambda n, f, s, p, d: (n - d * (f - 1) - 1) // s + 1, "the padding is ignored."),
    (
        lambda n, f, s, p, d: (n + 2 * p - f) // s + 1,
        "the dilation is ignored. A kernel of f taps with gaps spans d(f − 1) + 1 pixels.",
    ),
    (
        lambda n, f, s, p, d: (n + 2 * p - d * f) // s + 1,
        "the dilated kernel is taken as d·f pixels wide. Between f taps lie f − 1 gaps: it spans d(f − 1) + 1.",
    ),
    (
        lambda n, f, s, p, d: (n + 2 * p - d * (f - 1) - 1) // s,
        "the + 1 is missing: the first window stands before the first step.",
    ),
    (
        lambda n, f, s, p, d: (n + 2 * p - d * (f - 1)) // s,
        "the + 1 went inside the quotient. Divide first, then add the first window.",
    ),
)


def _diagnose_output_size(answer: object) -> str:
    got = [_whole(call(answer, *case), f"The size for n, f, s, p, d = {case}") for case in _SIZES]
    right = [_size(*case) for case in _SIZES]
    wrong = [i for i in range(len(_SIZES)) if got[i] != right[i]]
    if not wrong:
        return "Right on nine settings. This one line answers for every convolution and pooling you will meet."
    case = f"For n, f, s, p, d = {_SIZES[wrong[0]]} you got {got[wrong[0]]}, not {right[wrong[0]]}"
    for how, message in _SIZE_MISREADINGS:
        if got == [how(*case) for case in _SIZES]:
            raise Wrong(f"{case}: {message}")
    raise Wrong(f"{case}. Count by hand where the windows may start, and compare with each part of the formula.")


output_size = Exercise(
    name="output_size",
    answer_name="my_output_size",
    stub="""
        def my_output_size(n, f, s=1, p=0, d=1):
            return ...
    """,
    solution_source="""
        def my_output_size(n, f, s=1, p=0, d=1):
            return (n + 2 * p - d * (f - 1) - 1) // s + 1
    """,
    hints=(
        "How far can the first window move before its last tap reaches the end of the padded axis?",
        "The padded axis has n + 2p pixels, the window spans d(f − 1) + 1. The difference is how far it can move.",
        "(n + 2 * p - d * (f - 1) - 1) // s steps, and one window before the first step.",
    ),
    diagnose=_diagnose_output_size,
    mistakes=(
        Mistake(lambda n, f, s=1, p=0, d=1: -(-(n + 2 * p - d * (f - 1) - 1) // s) + 1, "rounded up"),
        Mistake(lambda n, f, s=1, p=0, d=1: round((n + 2 * p - d * (f - 1) - 1) / s) + 1, "nearest"),
        Mistake(lambda n, f, s=1, p=0, d=1: (n + 2 * p - d * (f - 1) - 1) / s + 1, "//"),
        Mistake(lambda n, f, s=1, p=0, d=1: n + 2 * p - d * (f - 1), "stride is forgotten"),
        Mistake(lambda n, f, s=1, p=0, d=1: (n + p - d * (f - 1) - 1) // s + 1, "counted once"),
        Mistake(lambda n, f, s=1, p=0, d=1: (n - d * (f - 1) - 1) // s + 1, "padding is ignored"),
        Mistake(lambda n, f, s=1, p=0, d=1: (n + 2 * p - f) // s + 1, "dilation is ignored"),
        Mistake(lambda n, f, s=1, p=0, d=1: (n + 2 * p - d * f) // s + 1, "f − 1 gaps"),
        Mistake(lambda n, f, s=1, p=0, d=1: (n + 2 * p - d * (f - 1) - 1) // s, "+ 1 is missing"),
        Mistake(lambda n, f, s=1, p=0, d=1: (n + 2 * p - d * (f - 1)) // s, "inside the quotient"),
        Mistake("def my_output_size(n, f):\n    return n - f + 1", "TypeError"),
        Mistake(lambda n, f, s=1, p=0, d=1: n, "Count by hand"),
    ),
)


# --- padding that keeps the size --------------------------------------------------------------------------------------

_KERNELS = ((1, 1), (3, 1), (5, 1), (7, 1), (3, 2), (5, 3), (2, 1), (4, 1), (2, 3))  # (f, d)


def _diagnose_padding_to_keep(answer: object) -> str:
    got = []
    for f, d in _KERNELS:
        value = call(answer, f, d)
        if np.ndim(value) == 0:
            raise Wrong(f"For f = {f}, d = {d} you returned {show(value)}. Return two numbers, (before, after).")
        before, after = array(value, (2,), f"The padding for f = {f}, d = {d}")
        what = f"For f = {f}, d = {d}: each padding"
        if before != int(before) or after != int(after):
            raise Wrong(
                f"{what} should be a whole number, but you got {before:g}: half a pixel cannot be added. "
                "An even span needs one pixel more on one side."
            )
        got.append((int(before), int(after)))
    for (f, d), (before, after) in zip(_KERNELS, got, strict=True):
        need = d * (f - 1)
        said = f"For f = {f}, d = {d} you pad {before} + {after}"
        if min(before, after) < 0:
            raise Wrong(f"{said}, but padding cannot be negative.")
        if d > 1 and before + after == f - 1:
            raise Wrong(f"{said}: the dilation is ignored. The kernel spans {need + 1} pixels, so {need} are lost.")
        if (before, after) == (need, need) and need:
            raise Wrong(f"{said}: that is the whole loss of {need} on each side, so the output grows by {need}.")
        if before + after > need:
            raise Wrong(f"{said}. The output of a 20-pixel axis would be {20 + before + after - need}: too much.")
        if before + after < need:
            raise Wrong(
                f"{said}. The kernel takes {need} pixels off, so a 20-pixel axis gives only "
                f"{20 + before + after - need}."
            )
        if before > after:
            raise Wrong(f"{said}: the right total, but the odd pixel goes after, as Keras does it.")
        if after - before > 1:
            raise Wrong(f"{said}: the right total, but share it evenly, so that windows stay centred on their pixel.")
    return (
        "d(f − 1) pixels in all, half on each side: (f − 1)/2 for an odd kernel without gaps. Only at stride 1, though."
    )


padding_to_keep = Exercise(
    name="padding_to_keep",
    answer_name="padding_to_keep",
    stub="""
        def padding_to_keep(f, d=1):
            return ...  # (before, after)
    """,
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
    diagnose=_diagnose_padding_to_keep,
    mistakes=(
        Mistake(lambda f, d=1: ((f - 1) // 2, f - 1 - (f - 1) // 2), "dilation is ignored"),
        Mistake(lambda f, d=1: (d * (f - 1), d * (f - 1)), "grows by"),
        Mistake(lambda f, d=1: (d * (f - 1) / 2, d * (f - 1) / 2), "half a pixel"),
        Mistake(lambda f, d=1: (d * (f - 1) // 2, d * (f - 1) // 2), "only 19"),
        Mistake(lambda f, d=1: (d * (f - 1) - d * (f - 1) // 2, d * (f - 1) // 2), "goes after"),
        Mistake(lambda f, d=1: (0, d * (f - 1)), "evenly"),
        Mistake(lambda f, d=1: (d * f // 2, d * f // 2), "too much"),
        Mistake(lambda f, d=1: d * (f - 1) // 2, "two numbers"),
        Mistake(lambda f, d=1: (-1, d * (f - 1) + 1), "negative"),
    ),
)


# --- design -----------------------------------------------------------------------------------------------------------


def _diagnose_design(answer: object) -> str:
    values = array(answer, (2,), "The answer (strides, padding)")
    strides, padding = (_whole(value, "Each of the two numbers") for value in values)
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
    stub="""
        strides_and_padding = ...  # (strides, padding on each side)
    """,
    solution_source="""
        strides_and_padding = (3, 1)  # (30 + 2 - 5) // 3 + 1 = 10, and 27 is a multiple of 3
    """,
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
    ),
)


# --- Keras' same ------------------------------------------------------------------------------------------------------

_SAME = ((5, 3, 1), (7, 5, 1), (6, 4, 1), (6, 3, 2), (7, 3, 2), (224, 3, 2), (224, 7, 2), (225, 3, 2), (10, 2, 3),
         (12, 5, 4), (7, 2, 5), (6, 1, 3), (9, 1, 2))  # fmt: skip
_SAME_MISREADINGS = (
    (
        lambda n, f, s: ((f - 1) // 2, (f - 1) // 2),
        "that is (f − 1)/2 on both sides. It is Keras' rule only for an odd kernel at stride 1.",
    ),
    (
        lambda n, f, s: ((f - 1) // 2, f - 1 - (f - 1) // 2),
        "the stride is forgotten. f − 1 pixels keep the size at stride 1; with a stride the last window may start "
        "earlier, and less is needed.",
    ),
    (lambda n, f, s: same_padding(n, f, s)[::-1], "the odd pixel went before. Keras puts it after: below or right."),
    (
        lambda n, f, s: _split((n // s - 1) * s + f - n),
        "the wanted size was rounded down. Keras asks for ⌈n / s⌉ outputs: every pixel is reached.",
    ),
    (
        lambda n, f, s: _split((n - 1) * s + f - n),
        "that is the padding that keeps n outputs in spite of the stride. Keras' same asks for ⌈n / s⌉ only.",
    ),
    (
        lambda n, f, s: _split(((n + s - 1) // s - 1) * s + f - n, clip=False),
        "it came out negative. Where the windows need less than there is, nothing is padded: take max(…, 0).",
    ),
)


def _split(total: int, clip: bool = True) -> tuple[int, int]:
    total = max(total, 0) if clip else total
    return total // 2, total - total // 2


def _diagnose_same_pads(answer: object) -> str:
    got = []
    for case in _SAME:
        before, after = array(call(answer, *case), (2,), f"The padding for n, f, s = {case}")
        what = f"For n, f, s = {case}, each padding"
        got.append((_whole(before, what), _whole(after, what)))
    right = [same_padding(*case) for case in _SAME]
    wrong = [i for i in range(len(_SAME)) if got[i] != right[i]]
    if not wrong:
        return (
            "(224, 3, 2) pads 0 before and 1 after, as Keras does. A framework that pads 1 and 1 has the same output "
            "size, and other numbers in it."
        )
    case = f"For n, f, s = {_SAME[wrong[0]]} you pad {got[wrong[0]]}, Keras {right[wrong[0]]}"
    for how, message in _SAME_MISREADINGS:
        if got == [how(*case) for case in _SAME]:
            raise Wrong(f"{case}: {message}")
    raise Wrong(f"{case}. First the wanted size m = ⌈n / s⌉, then the total (m − 1)s + f − n, then the two halves.")


same_pads = Exercise(
    name="same_pads",
    answer_name="same_pads",
    stub="""
        def same_pads(n, f, s=1):
            return ...  # (before, after)
    """,
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
    diagnose=_diagnose_same_pads,
    mistakes=(
        Mistake(lambda n, f, s=1: ((f - 1) // 2, (f - 1) // 2), "only for an odd kernel at stride 1"),
        Mistake(lambda n, f, s=1: ((f - 1) // 2, f // 2), "stride is forgotten"),
        Mistake(
            "def same_pads(n, f, s=1):\n    t = max((-(-n // s) - 1) * s + f - n, 0)\n    return t - t // 2, t // 2",
            "went before",
        ),
        Mistake(
            "def same_pads(n, f, s=1):\n    t = max((n // s - 1) * s + f - n, 0)\n    return t // 2, t - t // 2",
            "rounded down",
        ),
        Mistake(
            "def same_pads(n, f, s=1):\n    t = (-(-n // s) - 1) * s + f - n\n    return t // 2, t - t // 2", "negative"
        ),
        Mistake(
            "def same_pads(n, f, s=1):\n    t = (n - 1) * s + f - n\n    return t // 2, t - t // 2", "⌈n / s⌉ only"
        ),
        Mistake(lambda n, f, s=1: ((f - 1) / 2, (f - 1) / 2), "whole number"),
        Mistake(lambda n, f, s=1: (f, f), "First the wanted size"),
        Mistake(lambda n, f, s=1: 1, "shape (2,)"),
    ),
)


# --- usage ------------------------------------------------------------------------------------------------------------

_MAPS = ((6, 6, 3, 1), (4, 7, 3, 1), (6, 9, 3, 2), (5, 8, 2, 3))  # (height, width, f, s)


def _usage(height: int, width: int, f: int, s: int, *, overhang: bool = False) -> np.ndarray:
    """(H, W) windows that use each pixel; `overhang` also counts windows that reach beyond the border."""
    counts = np.zeros((height, width), int)
    for top in range(0, height if overhang else height - f + 1, s):
        for left in range(0, width if overhang else width - f + 1, s):
            counts[top : top + f, left : left + f] += 1
    return counts


def _diagnose_usage_map(answer: object) -> str:
    for case in _MAPS:
        height, width, f, s = case
        result = np.asarray(call(answer, *case), dtype=float)
        said = f"For height {height}, width {width}, f {f}, s {s}"
        if height != width and result.shape == (width, height):
            raise Wrong(f"{said} your map has shape {result.shape}: height and width are swapped. Rows come first.")
        result = array(result, (height, width), f"{said}, the map")
        right = _usage(*case)
        if close(result, right):
            continue
        place = tuple(int(i) for i in np.argwhere(~np.isclose(result, right))[0])
        got = f"{said}, the pixel in row {place[0]}, column {place[1]} got {result[place]:g}, not {right[place]}"
        if close(result, np.minimum(right, 1)):
            raise Wrong(f"{got}. Every pixel that is used has a 1: add to the count with +=, do not set it with =.")
        if close(result, _usage(height, width, f, 1)):
            raise Wrong(f"{got}. The stride is forgotten: the windows start every {s} pixels.")
        if close(result, _usage(height, width, f, s, overhang=True)):
            raise Wrong(f"{got}. Windows that hang over the border are counted. The last start is at height − f.")
        if close(result, np.pad(_usage(height - 1, width - 1, f, s), ((0, 1), (0, 1)))):
            raise Wrong(f"{got}. The last start is missing: range(0, height - f + 1, s) includes height − f.")
        raise Wrong(f"{got}. Go through all starts; each window adds 1 to the f × f pixels it covers.")
    return "Corner 1, centre 9, and zeros where the stride leaves pixels out: you can now see what a layer overlooks."


usage_map = Exercise(
    name="usage_map",
    answer_name="usage_map",
    stub="""
        def usage_map(height, width, f, s=1):
            return ...
    """,
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
    diagnose=_diagnose_usage_map,
    mistakes=(
        Mistake(
            "def usage_map(height, width, f, s=1):\n"
            "    counts = np.zeros((height, width), int)\n"
            "    for top in range(0, height - f + 1, s):\n"
            "        for left in range(0, width - f + 1, s):\n"
            "            counts[top : top + f, left : left + f] = 1\n"
            "    return counts",
            "+=",
        ),
        Mistake(
            "def usage_map(height, width, f, s=1):\n"
            "    counts = np.zeros((height, width), int)\n"
            "    for top in range(height - f + 1):\n"
            "        for left in range(width - f + 1):\n"
            "            counts[top : top + f, left : left + f] += 1\n"
            "    return counts",
            "stride is forgotten",
        ),
        Mistake(
            "def usage_map(height, width, f, s=1):\n"
            "    counts = np.zeros((height, width), int)\n"
            "    for top in range(0, height, s):\n"
            "        for left in range(0, width, s):\n"
            "            counts[top : top + f, left : left + f] += 1\n"
            "    return counts",
            "hang over",
        ),
        Mistake(
            "def usage_map(height, width, f, s=1):\n"
            "    counts = np.zeros((height, width), int)\n"
            "    for top in range(0, height - f, s):\n"
            "        for left in range(0, width - f, s):\n"
            "            counts[top : top + f, left : left + f] += 1\n"
            "    return counts",
            "last start is missing",
        ),
        Mistake(
            "def usage_map(height, width, f, s=1):\n"
            "    counts = np.zeros((width, height), int)\n"
            "    for left in range(0, width - f + 1, s):\n"
            "        for top in range(0, height - f + 1, s):\n"
            "            counts[left : left + f, top : top + f] += 1\n"
            "    return counts",
            "swapped",
        ),
        Mistake(lambda height, width, f, s=1: np.zeros((height, width)), "Go through all starts"),
    ),
)
