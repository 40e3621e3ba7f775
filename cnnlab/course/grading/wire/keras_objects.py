"""Keras across the wire: tensors as arrays, models and losses as stand-ins that ask for what a check looks at.

A model that an answer builds stays in the process that built it. Its configuration names modules and functions, so
making it again from that would let a stranger choose what runs here; a stand-in asks for its weights or for what it
says of some pictures, and gets arrays. Only towards the answer does a model travel, as configuration and weights,
and back come its switches, its weights and that it was compiled. Whatever is said may be a lie; no lie does more than
an object in this process could that says the same.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnlab.course.grading.wire.channel import Channel, handler
from cnnlab.course.grading.wire.plain import Nonsense, register
from cnnlab.course.grading.wire.stand_in import MAX_NAME, MAX_REPR, SPECIAL, StandIn, across, has, shown, type_name

if TYPE_CHECKING:
    import keras

_MAX_AXES = 32


def _keras_of(value: object) -> Any:
    """Keras, if it has been imported and `value` may be one of its objects."""
    return None if isinstance(value, (np.ndarray, np.generic, StandIn, type)) else sys.modules.get("keras")


# Tensors.


def _tensor_to_wire(value: object, channel: Channel) -> dict[str, object] | None:
    keras = _keras_of(value)
    if keras is None or not keras.ops.is_tensor(value):
        return None
    try:
        array, dtype = keras.ops.convert_to_numpy(value), keras.backend.standardize_dtype(value.dtype)
        keras.ops.convert_to_tensor(array, dtype=dtype)  # as the other side will
    except Exception:  # noqa: BLE001  sparse, ragged, of texts: it stays what it is, an object
        return None
    return {"array": array, "dtype": dtype}


def _tensor_from_wire(sent: Any, channel: Channel) -> object:
    import keras

    array, dtype = sent["array"], sent["dtype"]
    if not isinstance(array, np.ndarray) or dtype not in (array.dtype.name, "bfloat16"):
        raise TypeError("no tensor")
    return keras.ops.convert_to_tensor(array, dtype=dtype)


def _symbolic_to_wire(value: object, channel: Channel) -> dict[str, object] | None:
    keras = _keras_of(value)
    if keras is None or not isinstance(value, keras.KerasTensor):
        return None
    return {"shape": tuple(value.shape), "dtype": value.dtype, "name": value.name}


def _symbolic_from_wire(sent: Any, channel: Channel) -> object:
    import keras

    shape = tuple(sent["shape"])
    if len(shape) > _MAX_AXES or not all(side is None or type(side) is int for side in shape):
        raise ValueError("no shape")
    return keras.KerasTensor(shape, dtype=sent["dtype"], name=type_name(sent["name"]))


# What an answer has built: layers, models, losses, optimizers, variables.


def _is_built(value: object, keras: Any) -> bool:
    built = (keras.layers.Layer, keras.losses.Loss, keras.optimizers.Optimizer, keras.metrics.Metric, keras.Variable)
    return isinstance(value, built)


def _object_to_wire(value: object, channel: Channel) -> dict[str, object] | None:
    keras = _keras_of(value)
    if keras is None or not channel.describes or not _is_built(value, keras):
        return None
    kind, is_model = type(value), isinstance(value, keras.Model)
    names = {"type": kind.__name__[:MAX_NAME], "module": str(kind.__module__)[:MAX_NAME], "shown": shown(value)}
    methods = [special for special in SPECIAL if has(kind, special)]
    return {**names, "handle": channel.keep(value), "methods": methods, "model": is_model}


def _object_from_wire(sent: Any, channel: Channel) -> object:
    handle, text = sent["handle"], sent["shown"]
    if type(handle) is not int or type(text) is not str or len(text) > MAX_REPR:
        raise ValueError("no object")
    methods = tuple(name for name in SPECIAL if name in sent["methods"])
    kind = _kind(type_name(sent["type"]), type_name(sent["module"]), methods, sent["model"] is True)
    stand_in = object.__new__(kind)  # nothing of Keras' own is set up
    for name, value in (("handle", handle), ("_channel", channel), ("_text", text)):
        object.__setattr__(stand_in, name, value)
    return stand_in


@functools.lru_cache(maxsize=64)
def _kind(name: str, module: str, methods: tuple[str, ...], is_model: bool) -> type:
    bases: tuple[type, ...] = (_BuiltElsewhere,)
    if is_model:
        import keras

        bases = (_BuiltElsewhere, keras.Model)
    return type(name, bases, {"__module__": module} | {method: _asked(method) for method in methods})


def _asked(method: str) -> Callable:
    return lambda self, *args, **kwargs: across(self._channel, self.handle, method)(self, *args, **kwargs)


class _BuiltElsewhere(StandIn):
    """Stands for a layer, a model, a loss or an optimizer: whatever is read of it is asked for.

    Names with an underscore are never asked for: NumPy would take an ``__array_interface__`` for an address in memory.
    """

    _channel: Channel
    _text: str

    def __getattribute__(self, name: str) -> object:
        if name == "handle" or (name.startswith("_") and name != "__name__"):
            return object.__getattribute__(self, name)
        return self._channel.request("keras.attribute", self.handle, name)

    def __getattr__(self, name: str) -> object:
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"`{name}` of an answer's object cannot be set from here")

    def __repr__(self) -> str:
        return self._text

    __str__ = __repr__
    __hash__, __eq__ = object.__hash__, object.__eq__


@handler("keras.attribute")
def _attribute(channel: Channel, handle: int, name: str) -> object:
    if not channel.describes:  # a check's objects are not looked into
        raise Nonsense("it read what it was not given")
    return getattr(channel.kept(handle), name)


# Models that a check hands to an answer.


def _model_to_wire(value: object, channel: Channel) -> dict[str, object] | None:
    keras = _keras_of(value)
    if keras is None or not isinstance(value, keras.Model):
        return None
    if channel.describes:
        compiling = vars(value).get("compile")
        if not isinstance(compiling, _Compiling):
            return None
        return compiling.state() | {"itself": _object_to_wire(value, channel)}
    config = json.dumps(keras.saving.serialize_keras_object(value))
    return {"config": config, "weights": value.get_weights(), **_switches(value)}


def _model_from_wire(sent: Any, channel: Channel) -> object:
    if not channel.describes:  # an answer handed back what it was lent: here it is one more object of its own
        return _object_from_wire(sent["itself"], channel)
    import keras

    from cnnlab.models.layers import LAYERS

    own = {keras.saving.get_registered_name(layer): layer for layer in LAYERS.values()}
    model = keras.saving.deserialize_keras_object(json.loads(sent["config"]), own)
    model.set_weights(sent["weights"])
    _switch(model, sent)
    model.compile = _Compiling(model)
    return model


def _model_update(mine: Any, sent: Any, channel: Channel) -> None:
    """Make of the check's model what the answer has made of its copy."""
    import keras

    mine.set_weights([weight for weight in sent["weights"] if isinstance(weight, np.ndarray)])
    _switch(mine, sent)
    if sent["compiled"]:
        loss = None if sent["loss"] is None else _loss_across()(sent["loss"])
        mine.compile(keras.optimizers.SGD(_rate_across()(sent["rate"])), loss)


class _Compiling:
    """Takes the place of a lent model's ``compile``, and remembers what it was last called with."""

    def __init__(self, model: keras.Model) -> None:
        self.model, self.compile = model, model.compile
        self.compiled, self.lost = 0, True
        self.asked = self.loss, self.rate  # once, so that they stay the same objects

    def __call__(self, optimizer: object = "rmsprop", loss: object = None, *args: object, **kwargs: object) -> None:
        self.compile(optimizer, loss, *args, **kwargs)
        self.compiled, self.lost = self.compiled + 1, loss is None

    def state(self) -> dict[str, object]:
        """What a check may look at."""
        loss, rate = self.asked
        compiled = {"compiled": self.compiled, "loss": None if self.lost else loss, "rate": rate}
        return {"weights": self.model.get_weights(), **_switches(self.model), **compiled}

    def loss(self, truth: object, said: object) -> object:
        """The loss that the model is compiled with now, whatever it was made of."""
        return self.model.compute_loss(y=truth, y_pred=said, training=False)

    def rate(self, step: int) -> object:
        """The optimizer's learning rate at a step."""
        import keras

        self.model.optimizer.iterations.assign(step)
        return keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)


def _switches(model: keras.Model) -> dict[str, object]:
    """What of a model trains: of its layers, outer ones first, and of its weights."""
    layers = [bool(layer.trainable) for layer in _layers(model)]
    return {"layers": layers, "trained": [bool(weight.trainable) for weight in model.weights]}


def _switch(model: keras.Model, sent: dict[str, Any]) -> None:
    for layer, on in zip(_layers(model), sent["layers"], strict=True):  # a model's switch sets those of its layers
        layer.trainable = on is True
    for weight, on in zip(model.weights, sent["trained"], strict=True):
        if weight.trainable != on:
            weight.trainable = on is True


def _layers(layer: Any) -> Iterator[Any]:
    """A model and its layers, a model within it before its own."""
    yield layer
    for inner in getattr(layer, "layers", ()):
        yield from _layers(inner)


@functools.cache
def _loss_across() -> type:
    import keras

    class Across(keras.losses.Loss):
        """A loss that the other side works out."""

        def __init__(self, ask: object) -> None:
            super().__init__()
            self.ask = ask

        def __call__(self, y_true: object, y_pred: object, sample_weight: object = None) -> object:
            return keras.ops.convert_to_tensor(self.ask(y_true, y_pred))

    return Across


@functools.cache
def _rate_across() -> type:
    import keras

    class Across(keras.optimizers.schedules.LearningRateSchedule):
        """A learning rate that the other side works out."""

        def __init__(self, ask: object) -> None:
            super().__init__()
            self.ask = ask

        def __call__(self, step: object) -> object:
            return keras.ops.convert_to_tensor(np.asarray(self.ask(int(step)), dtype="float32"))

    return Across


# In this order: a variable is a tensor to some backends, and a model that was lent is a model.
register("model", _model_to_wire, _model_from_wire, _model_update)
register("built", _object_to_wire, _object_from_wire)
register("symbolic", _symbolic_to_wire, _symbolic_from_wire)
register("tensor", _tensor_to_wire, _tensor_from_wire)
