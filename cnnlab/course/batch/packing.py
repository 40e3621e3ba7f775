"""How a kernel of `cnnlab run` writes its messages: as Jupyter does, and half of a pair of surrogates as ``?``.

Jupyter's own way cannot send such a text, and the error that holds it is lost.
"""

from __future__ import annotations

from typing import Any

from jupyter_client.session import json_packer


def pack(message: Any) -> bytes:
    """A message as JSON in UTF-8."""
    try:
        return json_packer(message)
    except UnicodeEncodeError:
        return json_packer(_whole(message))


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {_whole(key): _whole(inside) for key, inside in value.items()}
    if isinstance(value, (list, tuple)):
        return [_whole(inside) for inside in value]
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
