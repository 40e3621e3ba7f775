"""Sizes and counts against brute force: windows listed one by one, weights counted in real arrays."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab import shapes

AXIS = {"n": st.integers(1, 40), "k": st.integers(1, 7), "s": st.integers(1, 5), "d": st.integers(1, 3)}


def starts_that_fit(n, k, s, d, before, after):
    """First pixels of every window that lies inside the padded axis, counted by trying all."""
    reach = d * (k - 1) + 1
    return [i for i in range(0, before + n + after, s) if i + reach <= before + n + after]


@given(**AXIS, before=st.integers(0, 4), after=st.integers(0, 4))
def test_output_size_counts_the_windows_that_fit(n, k, s, d, before, after):
    windows = starts_that_fit(n, k, s, d, before, after)
    if windows:
        assert shapes.output_size(n, k, s, (before, after), d) == len(windows)
    else:
        with pytest.raises(ValueError, match="does not fit"):
            shapes.output_size(n, k, s, (before, after), d)


@given(**AXIS)
def test_same_gives_ceil_with_the_least_padding_and_the_odd_pixel_after(n, k, s, d):
    before, after = shapes.same_padding(n, k, s, d)
    assert shapes.output_size(n, k, s, "same", d) == -(-n // s)
    assert after - before in (0, 1)
    if before + after:  # one pixel less would lose an output
        assert len(starts_that_fit(n, k, s, d, before, after - 1)) < -(-n // s)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((6, 3), 4),  # 6 - 3 + 1
        ((6, 3, 1, 1), 6),  # 6 + 2 - 3 + 1
        ((7, 3, 2), 3),  # floor(4 / 2) + 1
        ((8, 3, 2), 3),  # floor(5 / 2) + 1: the last pixel is dropped
        ((5, 3, 1, "valid", 2), 1),  # reach 5
        ((5, 3, 1, (0, 1), 2), 2),
        ((1, 1), 1),
    ],
)
def test_output_size_by_hand(args, expected):
    assert shapes.output_size(*args) == expected


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: shapes.output_size(5, 7), ValueError, "7 does not fit an input of 5 with padding 'valid': .* -1$"),
        (lambda: shapes.output_size(5, 4, 1, 0, 2), ValueError, r"^`kernel_size` 4 \(dilated by 2: 7\) does not fit"),
        (lambda: shapes.output_size(5, 7, strides=2), ValueError, "and strides 2: the output would be 0"),
        (lambda: shapes.output_size(0, 1), ValueError, "`n` must be a whole number >= 1. Received: 0"),
        (lambda: shapes.output_size(5, 0), ValueError, "`kernel_size`"),
        (lambda: shapes.output_size(5, 3, strides=-1), ValueError, "`strides`"),
        (lambda: shapes.output_size(5.0, 3), TypeError, "`n` must be a whole number"),
        (lambda: shapes.output_size(5, 3, dilation_rate=0), ValueError, "`dilation_rate`"),
        (lambda: shapes.output_size(5, 3, padding="vaild"), ValueError, "Did you mean 'valid'"),
        (lambda: shapes.output_size(5, 3, padding=-1), ValueError, "`padding` must be a whole number >= 0"),
        (lambda: shapes.output_size(5, 3, padding=(1, 2, 3)), ValueError, "`padding` must be one whole number or 2"),
        (lambda: shapes.output_size(5, 3, padding=0.5), TypeError, "`padding`"),
        (lambda: shapes.resolve_padding((1, 2), (5, 5), 3), ValueError, r"\(\(top, bottom\), \(left, right\)\)"),
        (lambda: shapes.resolve_padding(((1, 2),), (5, 5), 3), ValueError, "`padding`"),
        (lambda: shapes.resolve_padding(((1, 2), "ab"), (5, 5), 3), ValueError, "`padding`"),
        (lambda: shapes.resolve_padding(((1, 2), (3, -1)), (5, 5), 3), ValueError, "`padding`"),
        (lambda: shapes.conv_params(3, 4, 6, groups=3), ValueError, "`groups` must divide `in_channels`: 4 / 3"),
        (lambda: shapes.conv_params(3, 6, 4, groups=3), ValueError, "`groups` must divide `filters`"),
        (lambda: shapes.conv_params((1, 2, 3, 4), 6, 4), ValueError, "`kernel_size` must be one to three"),
        (lambda: shapes.conv_macs((5, 5), 7, 1, 1), ValueError, "does not fit"),
        (lambda: shapes.conv_macs(5, (3, 3, 3), 1, 1), ValueError, "`kernel_size` must be one whole number or 2"),
        (lambda: shapes.receptive_field([(3, 2, "same")]), ValueError, "only at stride 1"),
        (lambda: shapes.receptive_field([()]), ValueError, "layer 0"),
        (lambda: shapes.receptive_field([3, (3, 0)]), ValueError, r"`layers\[1\] stride`"),
        (lambda: shapes.receptive_field(["valid"]), TypeError, r"`layers\[0\] kernel`"),
        (lambda: shapes.padding_for_size(5, 3, target=0), ValueError, "`target`"),
        (lambda: shapes.dense_params(0, 5), ValueError, "`inputs`"),
    ],
)  # fmt: skip
def test_errors_name_argument_rule_and_value(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize(
    ("padding", "size", "expected"),
    [
        ("valid", (5, 6), ((0, 0), (0, 0))),
        ("same", (5, 6), ((1, 1), (1, 1))),
        (2, (5, 6), ((2, 2), (2, 2))),
        (((0, 1), (2, 3)), (5, 6), ((0, 1), (2, 3))),
        ([[0, 1], [2, 3]], (5, 6), ((0, 1), (2, 3))),
        (np.array([[0, 1], [2, 3]]), (5, 6), ((0, 1), (2, 3))),
        ((1, 0), (9,), ((1, 0),)),
        (((1, 0),), (9,), ((1, 0),)),
        (1, (3, 4, 5), ((1, 1),) * 3),
    ],
)
def test_resolve_padding_forms(padding, size, expected):
    assert shapes.resolve_padding(padding, size, 3) == expected


@given(n=st.integers(1, 30), k=st.integers(1, 7), s=st.integers(1, 4), target=st.integers(1, 30))
def test_padding_for_size_hits_the_target(n, k, s, target):
    total = round(2 * shapes.padding_for_size(n, k, s, target))
    if total >= 0:
        assert shapes.output_size(n, k, s, (total // 2, total - total // 2)) == target


@pytest.mark.parametrize(("rank", "groups", "bias"), [*itertools.product((1, 2, 3), (1, 2), (True, False))])
def test_conv_params_counts_real_weights(rank, groups, bias):
    kernel = np.zeros((3,) * rank + (6 // groups, 4))
    assert shapes.conv_params((3,) * rank, 6, 4, bias, groups) == kernel.size + (4 if bias else 0)


def test_conv_macs_counts_products_one_by_one():
    # 7 by 6, kernel 3 by 2, stride 2 and 1, padding 1: outputs 4 by 7; each of 4 filters sees 6 / 2 channels
    products = sum(3 * 2 * 3 for _ in itertools.product(range(4), range(7), range(4)))
    assert shapes.conv_macs((7, 6), (3, 2), 6, 4, strides=(2, 1), padding=1, groups=2) == products
    assert shapes.conv_macs(14, 5, 1, 16) == 10 * 10 * 25 * 16
    assert shapes.conv_macs((14,), 5, 1, 16) == 10 * 5 * 16
    assert shapes.conv_macs((14, 14, 14), 5, 1, 16) == 10**3 * 125 * 16


LAYER = st.tuples(
    st.integers(1, 4), st.integers(1, 3), st.tuples(st.integers(0, 2), st.integers(0, 2)), st.integers(1, 2)
)


@given(st.lists(LAYER, min_size=0, max_size=4))
def test_receptive_field_equals_the_pixels_traced_back(layers):
    field = shapes.receptive_field(layers)
    for output in (0, 3):
        seen = {output}
        for kernel, stride, (before, _), dilation in reversed(layers):
            seen = {i * stride - before + t * dilation for i in seen for t in range(kernel)}
        assert min(seen) == field.offset + output * field.stride
        assert max(seen) == min(seen) + field.size - 1
        assert (min(seen) + max(seen)) / 2 == field.centre + output * field.stride


def test_receptive_field_forms():
    assert shapes.receptive_field([]) == (1, 1, 0)
    assert shapes.receptive_field([3, (3,), (2, 2)]) == (6, 2, 0)
    assert shapes.receptive_field([(3, 1, "same"), (4, 1, "same")]) == (6, 1, -2)  # pads 1 and 1 before
    assert shapes.receptive_field([(3, 1, "valid", 2), (3, 1, 1, 2)]) == (9, 1, -1)
