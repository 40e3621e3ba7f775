"""What every test of an explorer may rely on."""

import pytest


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    """An error in a control's callback is raised, not only shown."""
    monkeypatch.setenv("CNNLAB_STRICT", "1")
