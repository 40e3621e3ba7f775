"""Which backend Keras runs on here, found out in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from cnnlab.course.doctor import installed

TIMEOUT = 90.0  # seconds; a first import of TensorFlow from a cold disk takes up to a minute

# backend → what pip installs to give it a GPU
_TRAINABLE = {"tensorflow": "tensorflow[and-cuda]", "jax": "jax[cuda12]", "torch": "torch"}
_CHOOSE = "set KERAS_BACKEND to one of tensorflow, jax, torch that is installed"

# Prints one line of JSON. A GPU is counted by each backend's own public call, as Keras has none that works for all.
_PROBE = """
import json, keras
backend = keras.backend.backend()
version, gpus = "", 0
if backend == "tensorflow":
    import tensorflow
    version, gpus = tensorflow.__version__, len(tensorflow.config.list_physical_devices("GPU"))
elif backend == "jax":
    import jax
    version, gpus = jax.__version__, sum(device.platform != "cpu" for device in jax.devices())
elif backend == "torch":
    import torch
    version, gpus = torch.__version__, torch.cuda.device_count() or int(torch.backends.mps.is_available())
print(json.dumps({"name": backend, "version": version, "gpus": gpus}))
"""


@dataclass(frozen=True)
class Found:
    """The backend's `name` and `version` and how many `gpus` it sees; or the `trouble`, what was `said`, the `fix`."""

    name: str = ""
    version: str = ""
    gpus: int = 0
    trouble: str = ""
    said: str = ""
    fix: str = ""


def probe() -> Found:
    """Import Keras and its backend in another process, so that a broken or hanging one does no harm here."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROBE],
            env={**os.environ, **quiet},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        trouble = f"the import did not end within {TIMEOUT:g} s"
        return Found(trouble=trouble, fix="cnnlab doctor  (once more: the first import is the slowest)")
    if done.returncode:
        return _failed(done.returncode, done.stderr)
    found = Found(**json.loads(done.stdout.splitlines()[-1]))
    if not found.version:  # numpy and openvino run a model but cannot train one
        return Found(trouble=f"{found.name} cannot train a model", fix=_CHOOSE)
    return found


def _failed(status: int, stderr: str) -> Found:
    """What a failed import said last, and what to do about it."""
    if status < 0:
        return Found(trouble=f"the import was ended by signal {-status}", fix=_CHOOSE)
    named = os.environ.get("KERAS_BACKEND", "")
    if named not in ("", *_TRAINABLE):
        return Found(trouble=f"KERAS_BACKEND is {named!r}", fix=_CHOOSE)
    said = ([line.strip() for line in stderr.splitlines() if line.strip()] or ["the import failed without a word"])[-1]
    for name in ("keras", *_TRAINABLE):
        if said.endswith(f"No module named '{name}'"):
            wanted = [one for one in installed.requirements("cnnlab") if one.name == name][:1]
            command = installed.command(wanted) if wanted else f"python -m pip install {name}"
            return Found(trouble=f"{name} is not installed", fix=command)
    return Found(
        trouble="the import failed", said=said[:200], fix='python -c "import keras"  (shows the whole message)'
    )


def gpu_fix(name: str, system: str = sys.platform) -> str:
    """What to type when there is an NVIDIA driver and the backend `name` sees no GPU.

    >>> gpu_fix("tensorflow", system="linux")
    'python -m pip install "tensorflow[and-cuda]"'
    """
    if name == "tensorflow" and system == "win32":  # TensorFlow has no GPU support on native Windows
        return "python -m pip install torch  (the CUDA build), then set KERAS_BACKEND to torch"
    return f'python -m pip install "{_TRAINABLE[name]}"'
