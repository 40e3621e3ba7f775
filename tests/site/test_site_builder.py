"""What the builder makes of the course, tried on small pieces: no site is needed."""

from __future__ import annotations

import mathml


def test_a_formula_becomes_mathml():
    assert mathml.mathml("x^2", "inline", None).startswith("<math")
