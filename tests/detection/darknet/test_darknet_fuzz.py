"""Damaged files load or are refused with a `DarknetError`: nothing else happens, and nothing large is allocated.

The tests try a share of the damage; ``python benchmarks/darknet.py fuzz`` tries 12,000 pairs and measures each.
"""

import tracemalloc

import numpy as np
import pytest
from darknet_files import damaged

from cnnlab.detection.darknet import DarknetError, cfg, load_model, plan, weights

CHECKED, BUILT = 800, 30


def read_without_keras(files) -> bool:
    """Whether the pair is whole: everything up to the point where Keras would build."""
    try:
        made = plan.make(cfg.read(files[0]))
        read = list(weights.read(files[1], made))
    except DarknetError as error:
        if str(error).startswith(("bad.cfg", "bad.weights")):
            return False
        raise
    return all(np.isfinite(values).all() for _, arrays in read for values in arrays.values())


def test_a_damaged_pair_is_read_or_refused(tmp_path):
    whole = [read_without_keras(damaged(seed, tmp_path)) for seed in range(CHECKED)]
    assert 0.05 < np.mean(whole) < 0.5, "the damage should be neither harmless nor always fatal"


def test_refusing_takes_little_memory(tmp_path):
    huge = [
        ("[net]\nwidth=10000\nheight=10000\n[convolutional]\nfilters=1000000\n", b""),
        (
            "[net]\nwidth=8\nheight=8\n[convolutional]\nfilters=1000000\nsize=7\npad=1\n",
            b"\0\0\0\0\2\0\0\0" + b"\0" * 30,
        ),
        ("[net]\nwidth=8\nheight=8\nchannels=1024\n[connected]\noutput=1000000\n", b"\0\0\0\0\2\0\0\0" + b"\0" * 30),
        ("[net]\nwidth=8\nheight=8\n" + "[upsample]\nstride=1000\n" * 9, b""),
    ]
    tracemalloc.start()
    for text, data in huge:
        (tmp_path / "bad.cfg").write_text(text)
        (tmp_path / "bad.weights").write_bytes(data)
        with pytest.raises(DarknetError):
            load_model(tmp_path / "bad.cfg", tmp_path / "bad.weights")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6


def test_what_is_whole_can_be_built(tmp_path):
    built = 0
    for seed in range(CHECKED):
        files = damaged(seed, tmp_path)
        if read_without_keras(files):
            model = load_model(*files)
            assert model.count_params() == plan.make(cfg.read(files[0])).parameters
            built += 1
        if built == BUILT:
            return
    pytest.fail(f"only {built} pairs were whole")
