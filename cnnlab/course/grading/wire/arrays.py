"""Arrays on the wire: the name of a dtype, a shape, bytes; each of them checked before anything is allocated."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

_DTYPE = re.compile(r"[<>|=]?([biufcSU]\d{1,7}|[mM]8(\[\d{0,7}[a-zA-Z]{1,2}\])?)")
_ML_DTYPES = re.compile(r"bfloat16|float8_\w{1,20}|u?int[24]")  # ml_dtypes', which come with every backend


def dtype_name(dtype: np.dtype) -> str | None:
    """A dtype's name on the wire; None for those that do not cross."""
    if dtype.kind in "biufcSUmM":
        return dtype.str
    return dtype.name if _ML_DTYPES.fullmatch(dtype.name) else None


def dtype_of(name: str) -> np.dtype:
    """The dtype of this name; ValueError where it is none that crosses."""
    if _DTYPE.fullmatch(name):
        return np.dtype(name)
    if not _ML_DTYPES.fullmatch(name):
        raise ValueError("no such dtype")
    import ml_dtypes

    return np.dtype(getattr(ml_dtypes, name))


def shape_of(shape: list[int]) -> tuple[int, ...]:
    """A shape as a tuple; ValueError where it is none."""
    if len(shape) > 32 or not all(type(side) is int and 0 <= side < 2**62 for side in shape):
        raise ValueError("no shape")
    return tuple(shape)


def array_of(data: Any, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """An array of its own from bytes, as many as its shape needs."""
    if math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError("shape and bytes differ")
    if not len(data):
        if math.prod(shape):
            raise ValueError("entries without bytes")
        return np.empty(shape, dtype)
    if dtype.kind == "b":
        return (np.frombuffer(data, np.uint8) != 0).reshape(shape)
    if dtype.kind == "U" and np.frombuffer(data, dtype.byteorder.replace("|", "=") + "u4").max() > 0x10FFFF:
        raise ValueError("no characters")
    return np.frombuffer(data, dtype).reshape(shape).copy()
