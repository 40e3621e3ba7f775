"""A guess counts however it is written; a wrong one stays wrong; one that cannot be read is not judged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.explore.base.guess import judge, number, spoken, wanted

IOU = 20 / 76
PLACE = {"row": 2, "column": 4}
CORNERS = {"x1": 80, "y1": 28, "x2": 106, "y2": 49}
QUARTERS = ("top left", "top right", "bottom left", "bottom right", "none")


@pytest.mark.parametrize(
    ("guess", "answer"),
    [
        ("23,365", 23365), ("23 365", 23365), ("23\N{NARROW NO-BREAK SPACE}365", 23365), ("23'365", 23365),
        ("23_365", 23365), ("23365 parameters", 23365), ("23.365k", 23365), ("= 23,365.", 23365),
        ("4,608 + 18,432 + 325 = 23,365", 23365), ("102,764,544", 102_764_544), ("102 764 544", 102_764_544),
        ("1,971.75", 1971.75), ("1971.75", 1971.75), ("1971,75", 1971.75),
        (".6", 0.6), ("3/5", 0.6), ("3 / 5 = 0.6", 0.6), ("60%", 0.6), ("60 per cent", 0.6), ("0,6", 0.6),
        ("0.26", IOU), ("20/76", IOU), ("20/76 = 0.26", IOU), ("26%", IOU), ("26.3 %", IOU), ("IoU = 0.26", IOU),
        ("20 ÷ 76 ≈ 0.26", IOU), ("about 0.26", IOU), ("~0.26", IOU), ("2.6e-1", IOU),
        ("75", 75), ("5·5·3 = 75", 75), ("5·5·3", 75), ("5 x 5 x 3", 75), ("5×5×3=75", 75), ("5*5*3 = 75 products", 75),
        ("5²·3", 75), ("25 x 3", 75), ("75!", 75), ("I think 75", 75), ("75 (5·5·3)", 75), ("seven", 7),
        ("(9 - 5)/2 + 1 = 3", 3),
        ("-2", -2), ("\N{MINUS SIGN}2", -2), ("- 2", -2), ("minus 2", -2), ("\N{EN DASH}2", -2), ("+2", 2),
        ("\N{VULGAR FRACTION ONE HALF}", 0.5), ("\N{FULLWIDTH DIGIT SEVEN}", 7), ("0", 0), ("0.0", 0), ("-0.35", -0.35),
    ],
)  # fmt: skip
def test_a_right_number_counts_however_it_is_written(guess, answer):
    assert judge(guess, answer) is True


@pytest.mark.parametrize(
    ("guess", "answer"),
    [
        ("23,366", 23365), ("23.365", 23365), ("23", 23365), ("365", 23365), ("1e8", 102_764_544),
        ("102,764,545", 102_764_544), ("2", -2), ("-2", 2), ("minus 2", 2), ("0.3", IOU), ("0.27", IOU), ("26", IOU),
        ("0.26%", IOU), ("5·5·3 = 70", 75), ("5·5", 75), ("20/70", IOU), ("20/76 = 0.29", IOU), ("3/4", 0.6),
        ("75 - 1", 75), ("75/1000", 75), ("1,234", 1.23), ("5 x 5 x 3", 25), ("10 × 10", 10), ("1971.7", 1971.75),
    ],
)  # fmt: skip
def test_a_wrong_number_stays_wrong(guess, answer):
    assert judge(guess, answer) is False


@pytest.mark.parametrize(
    "guess",
    ["", "  ", "abc", "?", "three or 4", "3 or 4", "3, 4", "between 3 and 5", "conv2", "0/0", "1/0", "(", "5 +"]
    + ["9^9^9^9", "⌊5/2⌋", "23 36", "__import__('os')", "[1 for _ in range(9)]", "1 if 1 else 2"]
    + ["9" * 200, "(" * 90, "nan"],
)  # fmt: skip
def test_what_cannot_be_read_is_not_judged(guess):
    assert judge(guess, 75) is None
    assert judge(guess, IOU) is None


@pytest.mark.parametrize(
    ("guess", "verdict"),
    [
        ("3 × 5", True), ("3x5", True), ("3 x 5", True), ("(3, 5)", True), ("3 5", True), ("[3, 5]", True),
        ("3,5", True), ("3 by 5", True), ("3*5", True), ("3·5", True), ("3 rows, 5 columns", True),
        ("5 columns and 3 rows", True),
        ("height 3, width 5", True), ("width = 5, height = 3", True), ("output = 3 × 5", True), ("(3, 5).", True),
        ("(7 - 1)/2 × 5", True),
        ("5 × 3", False), ("3", False), ("15", False), ("3 rows and 3 columns", False), ("-3 × 5", False),
        ("3 × 5 × 1", None), ("three", False), ("none", None), ("rows", None),
    ],
)  # fmt: skip
def test_a_size_is_height_then_width_unless_named(guess, verdict):
    assert judge(guess, (3, 5)) is verdict


@pytest.mark.parametrize(
    ("guess", "verdict"),
    [("10", True), ("10 × 10", True), ("10 x 10", True), ("10, 10", True), ("10 10", True), ("5 + 5", True)]
    + [("100", False), ("10 × 9", False), ("9", False), ("1,010", False)],
)
def test_one_number_says_a_square(guess, verdict):
    assert judge(guess, (10, 10)) is verdict


def test_thousands_in_a_size():
    assert judge("1,024 × 1,024", (1024, 1024))
    assert judge("23,365", (23, 365))


@pytest.mark.parametrize(
    ("guess", "verdict"),
    [
        ("row 2, column 4", True), ("2, 4", True), ("2 4", True), ("(2, 4)", True), ("column 4, row 2", True),
        ("row = 2, column = 4", True), ("row: 2 column: 4", True), ("Row 2, Column 4", True), ("2 × 4", True),
        ("row 4, column 2", False), ("4, 2", False), ("column 2, row 4", False), ("2", None), ("row 2", None),
    ],
)  # fmt: skip
def test_a_place_has_named_numbers(guess, verdict):
    assert judge(guess, PLACE) is verdict


def test_names_may_hold_digits_and_one_number_is_no_place():
    for guess in ("80, 28, 106, 49", "x1 80, y1 28, x2 106, y2 49", "x1=80 y1=28 x2=106 y2=49", "[80 28 106 49]"):
        assert judge(guess, CORNERS) is True
    assert judge("80, 28, 49, 106", CORNERS) is False
    assert judge("1 2 3 4", CORNERS) is False
    assert judge("2", {"row": 2, "column": 2}) is None


@pytest.mark.parametrize(
    ("guess", "answer", "choices", "verdict"),
    [
        ("Higher ", "higher", ("higher", "lower"), True),
        ("higher.", "higher", ("higher", "lower"), True),
        ("lower", "higher", ("higher", "lower"), False),
        ("higher than the mean", "higher", ("higher", "lower"), True),
        ("I'd say lower", "higher", ("higher", "lower"), False),
        ("not higher", "higher", ("higher", "lower"), None),
        ("higher or lower", "higher", ("higher", "lower"), None),
        ("none fits", "none", ("none",), True),
        ("the top left quarter", "top left", QUARTERS, True),
        ("top", "top left", QUARTERS, None),
        ("a 7, I think", "7", tuple("0123456789"), True),
        ("17", "7", tuple("0123456789"), False),
        ("hihger", "higher", ("higher", "lower"), None),
        ("top-left", "top left", QUARTERS, True),
        ("the top left", "top left", QUARTERS, True),
        ("none", (2, 4), ("none",), False),
        ("2 × 4", "none", ("none",), False),
        ("4", "none", ("none",), False),
        ("nothing", "none", ("none",), None),
        ("7", "7", tuple("0123456789"), True),
        ("it is 7", "7", tuple("0123456789"), True),
        ("1", "7", tuple("0123456789"), False),
        ("1", "undefined", ("undefined",), False),
        ("", "none", ("none",), None),
        ("Ja", "yes", (), False),
    ],
)
def test_words_are_judged_among_those_that_may_be_typed(guess, answer, choices, verdict):
    assert judge(guess, answer, choices) is verdict


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (102_764_544, "102,764,544"),
        (23365.0, "23,365"),
        (1971.75, "1971.75"),
        (IOU, "0.26"),
        (-2, "-2"),
        ((10, 10), "10 × 10"),
        (PLACE, "row 2, column 4"),
        (0.0625, "0.0625"),
        ("none", "none"),
    ],
)
def test_the_answer_is_said_exactly(answer, says):
    assert spoken(answer) == says


def test_what_is_wanted_is_said_and_does_not_tell_the_answer():
    assert wanted(3) == "a number"
    assert wanted("none", ("none",)) == wanted((2, 4), ("none",))
    assert wanted("higher", ("higher", "lower")) == "one of the words higher, lower"
    assert wanted(PLACE) == "row, column: 2 numbers"


@given(st.integers(-(10**12), 10**12))
def test_every_whole_number_is_read_as_it_is_spoken(value):
    assert number(spoken(value)) == value
    assert judge(spoken(value), value) is True
    assert judge(spoken(value), value + 1) is False


@given(st.text(max_size=120))
def test_no_text_is_an_error(text):
    for answer in (3, 0.5, (2, 4), PLACE, "none"):
        assert judge(text, answer, ("none",)) in (True, False, None)
