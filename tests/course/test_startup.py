"""What a lesson does before its first line."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from types import SimpleNamespace

import pytest

from cnnlab.course import startup


def test_the_c_library_keeps_what_is_freed(monkeypatch):
    set_to = {}
    library = SimpleNamespace(mallopt=lambda what, value: set_to.update({what: value}))
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    startup._keep_freed_memory()
    assert set_to == {-3: 32 * 2**20, -1: 512 * 2**20, -2: 64 * 2**20}  # M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_TOP_PAD


@pytest.mark.parametrize("error", [AttributeError, OSError, TypeError])
def test_a_system_without_glibc_is_left_alone(monkeypatch, error):
    def missing(name):
        raise error

    monkeypatch.setattr(ctypes, "CDLL", missing)
    startup._keep_freed_memory()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is the C library of most Linux systems")
def test_freed_memory_comes_back_without_page_faults():
    code = """
import resource, sys
import numpy as np
from cnnlab.course.startup import _keep_freed_memory
if sys.argv[1] == "kept":
    _keep_freed_memory()
def take():
    for _ in range(50):
        kept = [np.ones(4_000_000) for _ in range(2)]  # 32 MB each, less a few bytes
take()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
take()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
    faults = {}
    for how in ("kept", "given back"):
        run = subprocess.run([sys.executable, "-c", code, how], capture_output=True, text=True, check=True)
        faults[how] = int(run.stdout)
    if not hasattr(ctypes.CDLL(None), "mallopt"):
        pytest.skip("not glibc")
    assert faults["kept"] < faults["given back"] / 10, faults
