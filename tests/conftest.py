"""What every test may rely on: no network, quiet TensorFlow, no data folder but its own."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ["CNNLAB_OFFLINE"] = "1"
os.environ.pop("CNNLAB_DATA", None)
