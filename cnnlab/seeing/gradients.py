"""Gradients on whichever backend Keras runs: the one place of the course that calls a backend by its name.

Keras has no public call for a gradient that works on all of them. Whatever is differentiated is written in `keras.ops`.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

_BACKENDS = ("tensorflow", "jax", "torch")


def gradient(function: Callable, x: object) -> tuple[float, object]:
    """The value of `function` at `x`, and its derivative with respect to every number in `x`.

    Parameters
    ----------
    function
        takes what `x` is, as backend tensors, and returns one number, computed with `keras.ops` and Keras layers alone
    x
        an array, or a list, tuple or dict of arrays or Keras variables (of a model's weights, say, for
        `keras.Model.stateless_call`); computed with as Keras' ``floatx``, float32 by default

    Returns
    -------
    value : float
    derivative
        float ndarrays with the structure and shapes of `x`; zeros where `function` does not use a number

    Raises
    ------
    ValueError
        If `function` returns anything but one number, or Keras runs on a backend without gradients.
    TypeError
        If `x` holds anything but real numbers.

    Examples
    --------
    >>> value, slope = gradient(lambda x: keras.ops.sum(x**2), np.array([1.0, -3.0]))
    >>> value, slope.tolist()
    (10.0, [2.0, -6.0])
    """
    backend = keras.backend.backend()
    if backend not in _BACKENDS:
        known = ", ".join(_BACKENDS)
        raise ValueError(f"`KERAS_BACKEND` must be one of {known}, to take gradients. Received: {backend!r}")
    tensors = keras.tree.map_structure(_tensor, x)
    differentiate = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}[backend]
    value, slopes = differentiate(lambda *args: _one_number(function(*args)), tensors)
    return float(keras.ops.convert_to_numpy(value)), keras.tree.map_structure(keras.ops.convert_to_numpy, slopes)


def _tensor(values: object) -> object:
    """`values` as a tensor of Keras' ``floatx``."""
    dtype = keras.config.floatx()
    if isinstance(values, keras.Variable) or keras.ops.is_tensor(values):
        return keras.ops.cast(values, dtype)
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"`x` must hold real numbers. Received: dtype {array.dtype}")
    return keras.ops.convert_to_tensor(array, dtype=dtype)


def _one_number(value: object) -> object:
    shape = tuple(keras.ops.shape(value))
    if shape:
        raise ValueError(f"`function` must return one number, of shape (). Received: shape {shape}")
    return keras.ops.cast(value, keras.config.floatx())  # a layer of half precision answers in its own


def _tensorflow(function: Callable, x: object) -> tuple[object, object]:
    import tensorflow as tf

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        keras.tree.map_structure(tape.watch, x)
        value = function(x)
    flat = keras.tree.flatten(x)
    slopes = tape.gradient(value, flat, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    # Looking up rows yields sparse slopes.
    return value, keras.tree.pack_sequence_as(x, [tf.convert_to_tensor(slope) for slope in slopes])


def _jax(function: Callable, x: object) -> tuple[object, object]:
    import jax

    return jax.value_and_grad(function)(x)


def _torch(function: Callable, x: object) -> tuple[object, object]:
    import torch

    flat = [tensor.detach().clone().requires_grad_() for tensor in keras.tree.flatten(x)]
    with torch.enable_grad():
        value = function(keras.tree.pack_sequence_as(x, flat))
        if not value.requires_grad:  # nothing of x was used
            return value, keras.tree.pack_sequence_as(x, [torch.zeros_like(tensor) for tensor in flat])
        slopes = torch.autograd.grad(value, flat, allow_unused=True)
    filled = [torch.zeros_like(t) if slope is None else slope for t, slope in zip(flat, slopes, strict=True)]
    return value.detach(), keras.tree.pack_sequence_as(x, filled)
