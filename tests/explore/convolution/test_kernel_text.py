"""Kernels as typed text: what is read, written and refused."""

from __future__ import annotations

import numpy as np
import pytest

from cnnlab import kernels
from cnnlab.explore.convolution.kernel_text import kernel_from_text, kernel_to_text


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("1 2\n3 4", [[1, 2], [3, 4]]),
        (" 1, 2 ;\t3,4 \n", [[1, 2], [3, 4]]),
        ("\N{MINUS SIGN}1 1/9 -0.5", [[-1, 1 / 9, -0.5]]),
        ("-3", [[-3]]),
    ],
)
def test_a_kernel_is_read_as_it_is_typed(text, rows):
    np.testing.assert_allclose(kernel_from_text(text), rows)


@pytest.mark.parametrize("name", kernels.names())
def test_a_kernel_survives_being_written_and_read(name):
    np.testing.assert_allclose(kernel_from_text(kernel_to_text(kernels.kernel(name))), kernels.kernel(name), atol=1e-6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 x 2", r"`kernel` must hold numbers .* Received: 'x'"),
        ("1 2; 3", r"rows of one length\. Received: rows of 2, 1 numbers"),
        ("", r"1 to 7 rows and columns\. Received: no numbers"),
        (" ; \n", "no numbers"),
        ("1 " * 8, "Received: 1 × 8"),
        ("1\n" * 8, "Received: 8 × 1"),
        ("1/0", "Received: '1/0'"),
        ("nan", "Received: 'nan'"),
        ("1e9", "Received: '1e9'"),
        ("99999", "Received: '99999'"),
    ],
)
def test_a_kernel_that_cannot_be_read_is_explained(text, message):
    with pytest.raises(ValueError, match=message):
        kernel_from_text(text)
