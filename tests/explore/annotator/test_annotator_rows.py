"""The lines of a label file: boxes exact to the pixel, everything else as it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnlab.explore.annotator.rows import parse, row_of, written

SIZE = (100, 200)  # height, width


def test_a_row_says_the_centre_and_the_size_as_parts_of_the_picture():
    # centre (100, 50) of 200 × 100, 40 wide and 10 high: x from 80 to 120, y from 45 to 55
    (row,) = parse(b"1 0.5 0.5 0.2 0.1\n", SIZE, 2)
    assert (row.box, row.label, row.reason) == ((80.0, 45.0, 120.0, 55.0), 1, "")
    assert row_of((80, 45, 120, 55), 1, SIZE).text == "1 0.500000 0.500000 0.200000 0.100000"


def test_a_box_past_the_edge_is_shown_up_to_it_and_its_line_is_kept():
    # centre 190 of 200, 40 wide: x from 170 to 210, of which 200 is the last
    (row,) = parse(b"0 0.95 0.5 0.2 0.1", SIZE, 1)
    assert row.box == (170.0, 45.0, 200.0, 55.0)
    assert row.text == "0 0.95 0.5 0.2 0.1"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0 0.1 0.1 0.9 0.1 0.9 0.9", "7 columns, and a box has 5"),
        ("0 0.5 0.5 0.2 0.1 0.87", "6 columns, and a box has 5"),
        ("0", "1 column, and a box has 5"),
        ("# drawn by hand, mostly", "not all of it is numbers"),
        ("0 0.5 0.5 nan 0.1", "not all of it is finite numbers"),
        ("2 0.5 0.5 0.2 0.1", "class 2, and the classes are numbered 0 to 1"),
        ("-1 0.5 0.5 0.2 0.1", "class -1, and the classes are numbered 0 to 1"),
        ("0.5 0.5 0.5 0.2 0.1", "class 0.5, and the classes are numbered 0 to 1"),
        ("0 0.5 0.5 0 0.1", "no area inside the picture"),
        ("0 0.5 0.5 -0.2 -0.1", "no area inside the picture"),
        ("0 120 90 24 24", "no area inside the picture"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_what_is_no_box_is_kept_with_the_reason(line, reason):
    (row,) = parse(f"{line}\n".encode(), SIZE, 2)
    assert (row.box, row.reason) == (None, reason)
    assert written([row]) == f"{line}\n".encode()


@given(st.binary(max_size=200))
def test_any_bytes_are_written_back_as_they_were(data):
    back = written(parse(data, SIZE, 3))
    assert back == data + b"\n" * (not data.endswith(b"\n") and bool(data))


def test_marks_and_line_ends_of_other_systems_are_no_hindrance():
    rows = parse("\ufeff0 0.5 0.5 0.2 0.1\r\n1 0.5 0.5 0.1 0.2\r\n".encode(), SIZE, 2)
    assert [row.box for row in rows] == [(80.0, 45.0, 120.0, 55.0), (90.0, 40.0, 110.0, 60.0)]
    assert written(rows).startswith("\ufeff0 0.5".encode())


@given(
    st.integers(1, 50_000), st.integers(1, 50_000),
    st.tuples(*[st.floats(0, 1)] * 4), st.integers(0, 4),
)  # fmt: skip
def test_whole_pixels_come_back(height, width, parts, label):
    (x1, x2), (y1, y2) = (sorted(round(a * n) for a in ab) for ab, n in ((parts[:2], width), (parts[2:], height)))
    if x1 == x2 or y1 == y2:
        return
    (row,) = parse(written([row_of((x1, y1, x2, y2), label, (height, width))]), (height, width), 5)
    assert row.label == label
    assert np.abs(np.array(row.box) - (x1, y1, x2, y2)).max() < 1e-9
