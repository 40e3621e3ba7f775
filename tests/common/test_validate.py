import numpy as np
import pytest

from cnnlab.common.validate import check_choice, check_int, check_number, check_rank, ints, pair


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_check_int_gives_a_plain_int(value):
    assert check_int(value, "n") == 3
    assert type(check_int(value, "n")) is int


@pytest.mark.parametrize("value", [True, np.True_, 3.0, np.float64(3), "3", None, [3]])
def test_check_int_refuses_what_is_not_a_whole_number(value):
    with pytest.raises(TypeError, match=r"^`n` must be a whole number >= 1. Received: "):
        check_int(value, "n", minimum=1)


@pytest.mark.parametrize(
    ("bounds", "rule"), [((1, None), " >= 1"), ((None, -1), " <= -1"), ((1, 3), " from 1 to 3"), ((4, None), " >= 4")]
)
def test_check_int_names_its_bounds(bounds, rule):
    with pytest.raises(ValueError, match=f"^`n` must be a whole number{rule}. Received: 0$"):
        check_int(0, "n", *bounds)


@pytest.mark.parametrize("value", [True, np.True_, "1", b"1", None, [1.0], np.ones(1), 1j])
def test_check_number_refuses_what_is_not_one_real_number(value):
    with pytest.raises(TypeError, match=r"^`x` must be a finite number. Received: "):
        check_number(value, "x")


@pytest.mark.parametrize(
    ("bounds", "inside", "outside", "rule"),
    [
        ({}, [-1e300, 0, np.float32(2)], [np.nan, np.inf, -np.inf], "a finite number"),
        ({"minimum": 0}, [0, 5], [-0.1, np.inf], "a finite number >= 0"),
        ({"maximum": 1}, [-5, 1], [1.1, -np.inf], "a finite number <= 1"),
        ({"minimum": 0, "maximum": 0.9}, [0, 0.9], [-0.1, 1, np.nan], "a number from 0 to 0.9"),
        ({"minimum": 0, "below": 1}, [0, 0.99], [1], "a number from 0 to below 1"),
        ({"above": 0, "unit": "seconds"}, [0.1], [0, np.inf], "a number of seconds > 0"),
    ],
)
def test_check_number_keeps_to_its_bounds(bounds, inside, outside, rule):
    for value in inside:
        assert check_number(value, "x", **bounds) == value
        assert type(check_number(value, "x", **bounds)) is float
    for value in outside:
        with pytest.raises(ValueError, match=f"^`x` must be {rule}. Received: "):
            check_number(value, "x", **bounds)


def test_ints_repeats_one_number_and_checks_a_sequence():
    assert ints(2, "strides", 3) == (2, 2, 2)
    assert ints(np.array([1, 2]), "strides", 2) == (1, 2)
    assert pair((3, 5), "kernel_size") == (3, 5)
    with pytest.raises(ValueError, match="`strides` must be one whole number or 2 of them"):
        ints((1, 2, 3), "strides", 2)
    with pytest.raises(ValueError, match="`strides` must be a whole number >= 1. Received: 0"):
        ints((1, 0), "strides", 2)
    with pytest.raises(TypeError, match="`strides`"):
        ints("12", "strides", 2)


@pytest.mark.parametrize(
    ("array", "error", "words"),
    [
        ([1, 2], ValueError, r"`image` must have shape \(H, W\) or \(H, W, C\). Received: shape \(2,\)"),
        ([[1, 2], [3]], ValueError, "rows of different lengths"),
        ([["a", "b"]], TypeError, "`image` must hold real numbers. Received: dtype <U1"),
        ([[1j]], TypeError, "complex128"),
        ([[None]], TypeError, "object"),
    ],
)
def test_check_rank_errors(array, error, words):
    with pytest.raises(error, match=words):
        check_rank(array, "image", {2: "(H, W)", 3: "(H, W, C)"})


def test_check_choice_names_the_nearest():
    assert check_choice("same", "padding", ("valid", "same")) == "same"
    with pytest.raises(ValueError, match="Did you mean 'same'"):
        check_choice("Same", "padding", ("valid", "same"))
    with pytest.raises(ValueError, match=r"^`padding` must be one of 'valid', 'same'. Received: 7$"):
        check_choice(7, "padding", ("valid", "same"))
