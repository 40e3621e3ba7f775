"""What every test may rely on: no network, quiet TensorFlow, no data folder but its own, an explorer's error raised."""

from __future__ import annotations

import gc
import os

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ["CNNLAB_OFFLINE"] = "1"
os.environ["CNNLAB_STRICT"] = "1"
os.environ.pop("CNNLAB_DATA", None)


def pytest_collection_finish(session):
    """Keep the collected tests out of the garbage collector's sight: it would look at all of them, again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def weightless():
    """Within the test, weights have shapes and no numbers: a large network is built in a tenth of the time."""
    import keras

    with keras.StatelessScope(initialize_variables=False):
        yield
    keras.utils.clear_session(free_memory=False)  # or the next scope would give those weights their numbers


@pytest.fixture
def hurried(monkeypatch):
    """The downloader's time limits, shorter, so that the tests need not wait."""
    from cnnlab.data import download

    monkeypatch.setattr(download, "CONNECT_TIMEOUT", 0.3)
    monkeypatch.setattr(download, "READ_TIMEOUT", 0.3)
    monkeypatch.setattr(download, "PATIENCE", 0.5)


def pytest_terminal_summary(terminalreporter):
    """Say how the mutation run went: the checks' own figure of merit."""
    properties = [dict(report.user_properties) for report in terminalreporter.getreports("passed")]
    counts = [found["mutants"] for found in properties if "mutants" in found]
    if counts:
        mutants, equivalent = (sum(column) for column in zip(*counts, strict=True))
        terminalreporter.write_line(
            f"Mutation run: {len(counts)} exercises, {mutants:,} mutants of their solutions, "
            f"{mutants - equivalent:,} refused, {equivalent} equivalent (tests/answers says why)."
        )
