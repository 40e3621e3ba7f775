"""What every family is built from: layers that check their input's size first, the classifier, a row of the zoo."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import NamedTuple

import keras

from cnnlab.arithmetic.padding import axis_geometry
from cnnlab.common.validate import check_number
from cnnlab.models.layers import GroupedConv2D

LAST = "channels_last"  # said to every layer that asks, whatever ~/.keras/keras.json holds


# What `build` was told about every kernel of the network; None leaves it to the layer. It concerns all layers and no
# family, so that it does not go through the arguments of every unit and stage.
_initializer: ContextVar[str | None] = ContextVar("initializer", default=None)


@contextmanager
def kernels_from(initializer: str | None) -> Iterator[None]:
    """Within it, `convolution` and `dense` fill their kernels from this initializer."""
    token = _initializer.set(initializer)
    try:
        yield
    finally:
        _initializer.reset(token)


class OutOfPixelsError(ValueError):
    """A layer's window does not fit what is left of the picture."""


class NeedsSizeError(ValueError):
    """A fully connected layer needs to know how many pixels it reads."""


class Top(NamedTuple):
    """The classifier asked for: how many `classes`, and the `activation` of the last layer."""

    classes: int
    activation: str | None


@dataclass(frozen=True)
class Architecture:
    """One name of the zoo: a family's function and the row of data that makes this network of it.

    Attributes
    ----------
    build : ``build(x, top, **row, **options)`` → the output, or a list of outputs; `top` is None for no classifier
    input_shape, classes : the network's own
    row : arguments that make this member of the family
    options : names of the arguments that a caller may set
    """

    build: Callable
    input_shape: tuple[int, int, int]
    classes: int
    row: Mapping[str, object] = field(default_factory=dict)
    options: tuple[str, ...] = ()


def _check_fit(x: keras.KerasTensor, window: int, strides: int, padding: str, argument: str, name: str) -> None:
    """Refuse a window larger than its input, by the layer's name and before Keras does."""
    for size in x.shape[1:-1]:
        if size is None:
            continue
        try:
            axis_geometry(size, window, strides, 1, padding, argument)
        except ValueError as error:
            seen = "×".join("?" if n is None else str(n) for n in x.shape[1:-1])
            raise OutOfPixelsError(f"layer `{name}` receives {seen} pixels, and {error}") from None


def convolution(
    x: keras.KerasTensor,
    filters: int,
    kernel_size: int,
    strides: int = 1,
    padding: str = "same",
    *,
    name: str,
    groups: int = 1,
    **arguments: object,
) -> keras.KerasTensor:
    """`keras.layers.Conv2D` on (N, H, W, C), after a look at whether its kernel fits; other `arguments` are Keras'."""
    _check_fit(x, kernel_size, strides, padding, "kernel_size", name)
    layer = keras.layers.Conv2D if groups == 1 else GroupedConv2D
    if (initializer := _initializer.get()) is not None:
        arguments["kernel_initializer"] = initializer
    arguments = {"strides": strides, "padding": padding, "groups": groups, "data_format": LAST, **arguments}
    return layer(filters, kernel_size, name=name, **arguments)(x)


def pooling(
    x: keras.KerasTensor, pool_size: int, strides: int, padding: str = "valid", *, name: str, op: str = "max"
) -> keras.KerasTensor:
    """Max or average pooling on (N, H, W, C), after a look at whether its window fits."""
    _check_fit(x, pool_size, strides, padding, "pool_size", name)
    layer = keras.layers.MaxPooling2D if op == "max" else keras.layers.AveragePooling2D
    return layer(pool_size, strides, padding=padding, data_format=LAST, name=name)(x)


def global_average(x: keras.KerasTensor, name: str = "avg_pool") -> keras.KerasTensor:
    """(N, H, W, C) → (N, C)."""
    return keras.layers.GlobalAveragePooling2D(data_format=LAST, name=name)(x)


def flatten(x: keras.KerasTensor, name: str = "flatten") -> keras.KerasTensor:
    """(N, H, W, C) → (N, H·W·C), which must be a known number because a Dense layer follows."""
    if None in x.shape[1:]:
        seen = "×".join("?" if n is None else str(n) for n in x.shape[1:])
        raise NeedsSizeError(f"layer `{name}` would feed {seen} numbers to a fully connected layer")
    return keras.layers.Flatten(data_format=LAST, name=name)(x)


def drop(x: keras.KerasTensor, rate: float, name: str = "dropout") -> keras.KerasTensor:
    """Drop this share of the values while training."""
    return keras.layers.Dropout(check_number(rate, "dropout", 0, below=1), name=name)(x)


def dense(x: keras.KerasTensor, units: int, activation: str | None, name: str) -> keras.KerasTensor:
    """`keras.layers.Dense` on the last axis."""
    initializer = _initializer.get() or "glorot_uniform"
    return keras.layers.Dense(units, activation=activation, kernel_initializer=initializer, name=name)(x)


def classifier(x: keras.KerasTensor, top: Top, name: str = "predictions") -> keras.KerasTensor:
    """The last fully connected layer: (N, C) → (N, classes)."""
    return dense(x, top.classes, top.activation, name)
