"""Models that are built to be counted."""

import keras
import pytest


@pytest.fixture
def weightless():
    """Within the test, weights have shapes and no numbers: a large network is built in a tenth of the time."""
    with keras.StatelessScope(initialize_variables=False):
        yield
    keras.utils.clear_session(free_memory=False)  # or the next scope would give those weights their numbers
