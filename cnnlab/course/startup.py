"""What a lesson does before its first line."""

from __future__ import annotations

import ctypes
import os
import sys

from cnnlab.common.quiet import no_stderr


def load_keras() -> None:
    """Import Keras and its backend without the lines that TensorFlow would put, in red, under the cell.

    ``TF_CPP_MIN_LOG_LEVEL`` and ``TF_ENABLE_ONEDNN_OPTS`` are set unless you have set them. They do not silence what
    TensorFlow writes before its log is set up ("Could not find cuda drivers", tensorflow/tensorflow#100442), so the
    process's stderr is closed while the import lasts. An exception passes as always. Does nothing the second time.

    On Linux the C library is told to keep the memory that is freed, see `_keep_freed_memory`.

    Examples
    --------
    >>> load_keras()
    >>> "keras" in sys.modules
    True
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    if "keras" not in sys.modules:
        _keep_freed_memory()
        with no_stderr():
            import keras  # noqa: F401


_TOP_PAD, _TRIM_THRESHOLD, _MMAP_THRESHOLD = -2, -1, -3  # glibc's malloc.h


def _keep_freed_memory() -> None:
    """Let up to 512 MB of freed memory stay in the process, and take arrays of up to 32 MB from there, under glibc.

    A training takes and frees the same arrays at every step. Given back to the system each time, they come back as
    empty pages that must be filled with zeros: a third of the time of lesson 14.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # macOS, musl, Windows
        return
    mallopt(_MMAP_THRESHOLD, 32 << 20)  # bytes; the most that glibc allows
    mallopt(_TRIM_THRESHOLD, 512 << 20)
    mallopt(_TOP_PAD, 64 << 20)
