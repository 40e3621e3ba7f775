"""Tensors, models and losses across the wire; what is lent to an answer; and what a liar gets for its lies."""

from __future__ import annotations

import contextlib
import os
import threading
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from cnnlab.checks.answers import array, call, kind_of, number, parts
from cnnlab.course.grading.judging import lent  # noqa: F401  they register what they know
from cnnlab.course.grading.wire import keras_objects  # noqa: F401  they register what they know
from cnnlab.course.grading.wire.channel import Channel, Gone, handler
from cnnlab.course.grading.wire.plain import Nonsense, NotForAnswers, Packed, decode, encode

GIVEN: dict[str, object] = {}


@handler("get of Keras")
def _get(channel, name):
    return GIVEN[name]


@pytest.fixture
def wire():
    """The judging side of a channel whose other side serves in a thread, and is its attribute `other`."""
    down, up = os.pipe(), os.pipe()
    files = os.fdopen(up[0], "rb"), os.fdopen(down[1], "wb"), os.fdopen(down[0], "rb"), os.fdopen(up[1], "wb")
    judge = Channel(*files[:2], describes=False)
    judge.other = Channel(*files[2:], describes=True)

    def serve():
        with contextlib.suppress(Gone):  # in the middle of a lie
            judge.other.serve()

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    yield judge
    files[1].close()
    serving.join(10)
    for file in files:
        file.close()


def across(wire, value):
    """`value` as it arrives at the side that judges."""
    GIVEN["it"] = value
    return wire.request("get of Keras", "it")


# What an answer gives.


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "int32", "uint8", "bool"])
def test_a_tensor_arrives_as_one(wire, dtype):
    tensor = keras.ops.cast([[0, 1, 2], [3, 4, 5]], dtype)
    there = across(wire, tensor)
    assert type(there) is type(tensor)
    assert keras.backend.standardize_dtype(there.dtype) == dtype
    assert array(there, (2, 3)).tolist() == array(tensor, (2, 3)).tolist()


def test_a_symbolic_tensor_arrives_without_numbers(wire):
    there = across(wire, keras.Input((None, 10**9, 3), dtype="float16"))
    assert (there.shape, there.dtype, kind_of(there)) == ((None, None, 10**9, 3), "float16", "a KerasTensor")


def test_a_variable_is_read_as_a_number(wire):
    pair = across(wire, (keras.Variable(2.5), keras.Variable([1.0, 2.0])))
    assert number(pair[0]) == 2.5
    assert [number(value) for value in parts(array(pair[1], (2,)), ("a", "b"))] == [1, 2]
    assert kind_of(pair[0]) == "a Variable"


def _network():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "relu"), keras.layers.Dense(2)])


@pytest.fixture
def nothing_is_built(monkeypatch):
    """Nobody makes a layer or a model of a configuration."""
    tried = []

    def refused(*args, **kwargs):
        tried.append(args)
        raise OSError("something was built")

    for place, name in ((keras.saving, "deserialize_keras_object"), (keras.layers, "deserialize"),
                        (keras.Layer, "from_config"), (keras.Model, "from_config")):  # fmt: skip
        monkeypatch.setattr(place, name, refused)
    yield
    assert not tried


def test_a_model_stays_where_it_was_built_and_says_what_it_is_asked(wire, nothing_is_built):
    model = _network()
    there = across(wire, model)
    assert isinstance(there, keras.Model)
    assert (type(there).__name__, repr(there)) == ("Sequential", repr(model))
    assert there.count_params() == 4 * 3 + 3 + 3 * 2 + 2
    assert [tuple(weight.shape) for weight in there.weights] == [(4, 3), (3,), (3, 2), (2,)]
    assert there.input_shape == (None, 4)
    pictures = np.eye(4, dtype="float32")
    there.set_weights([np.full(weight.shape, 0.5) for weight in there.get_weights()])
    assert model.get_weights()[2].tolist() == [[0.5] * 2] * 3
    # 0.5 + 0.5 = 1 of each unit, so 3 · 0.5 + 0.5 of each of the last two
    assert array(there(pictures, training=False), (4, 2)).tolist() == [[2, 2]] * 4
    assert [type(layer).__name__ for layer in there.layers] == ["Dense", "Dense"]


def test_a_model_of_a_class_of_its_own_is_asked_too(wire):
    class Twice(keras.Model):
        def call(self, x):
            return 2 * x

    there = across(wire, Twice)()
    assert isinstance(there, keras.Model)
    assert array(there(np.float32([[1, 2]])), (1, 2)).tolist() == [[2, 4]]
    assert getattr(there, "input_shape", "none") == "none"
    with pytest.raises(ValueError, match="isn't built"):
        across(wire, keras.Sequential([keras.layers.Dense(2)])).count_params()
    with pytest.raises(AttributeError, match="cannot be set"):
        there.trainable = False


def test_a_loss_says_its_name_its_settings_and_what_it_comes_to(wire):
    there = across(wire, keras.losses.CategoricalCrossentropy(label_smoothing=0.25))
    assert type(there).__name__ == "CategoricalCrossentropy"
    assert not hasattr(there, "__name__")
    assert there.get_config()["label_smoothing"] == 0.25
    loss = across(wire, keras.losses.MeanSquaredError())
    assert number(loss(np.float32([[0, 0]]), np.float32([[1, 3]]))) == 5  # (1 + 9) / 2
    assert across(wire, keras.losses.categorical_crossentropy).__name__ == "categorical_crossentropy"


def test_names_with_an_underscore_are_never_asked_for(wire):
    """NumPy would read memory at the address that an ``__array_interface__`` names."""
    asked = []

    class Trap(keras.layers.Layer):
        def __getattribute__(self, name):
            asked.append(name)
            return super().__getattribute__(name)

        __array_interface__ = {"shape": (4,), "typestr": "<f8", "data": (4096, False), "version": 3}

    there = across(wire, Trap())
    asked.clear()
    assert np.asarray(there).dtype == object
    for name in ("__array_interface__", "__array_struct__", "__dlpack__", "__tf_tensor__", "_trainable"):
        assert not hasattr(there, name)
    assert asked == []


def test_weights_that_are_said_to_be_huge_take_nothing_here(wire):
    class Liar(keras.Model):
        weights = [SimpleNamespace(shape=(10**9, 10**9), dtype="float32")]

        def count_params(self):
            return 10**18

    there = across(wire, Liar())
    assert there.count_params() == 10**18
    assert not hasattr(there.weights[0], "numpy")


# What a check gives.


def lend_and_call(wire, function, *args):
    """Call an answer's function, which is on the other side, with a check's arguments."""
    return call(across(wire, function), *args)


def test_a_lent_model_comes_back_with_what_was_done_to_it(wire):
    mine, copies, compiled = _network(), [], []
    mine.compile("adam", "mse")
    compile_it = mine.compile
    mine.compile = lambda optimizer, loss: (compiled.append(loss), compile_it(optimizer, loss))

    def answer(model):
        copies.append(model)
        model.layers[0].trainable = False
        model.layers[1].set_weights([np.ones((3, 2)), np.zeros(2)])
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay([10], [0.5, 0.25])
        model.compile(keras.optimizers.SGD(schedule), loss="mae", metrics=["accuracy"])
        return model

    before = mine.layers[0].get_weights()[0]
    assert lend_and_call(wire, answer, mine) is mine
    assert copies[0] is not mine
    assert np.array_equal(copies[0].layers[0].get_weights()[0], before)
    assert [layer.trainable for layer in mine.layers] == [False, True]
    assert len(mine.trainable_weights) == 2
    assert mine.layers[1].get_weights()[0].tolist() == [[1, 1]] * 3
    assert len(compiled) == 1
    rates = []
    for step in (0, 10, 11):
        mine.optimizer.iterations.assign(step)
        rates.append(float(keras.ops.convert_to_numpy(mine.optimizer.learning_rate)))
    assert rates == [0.5, 0.5, 0.25]
    loss = mine.compute_loss(y=keras.ops.zeros((1, 2)), y_pred=keras.ops.convert_to_tensor([[1.0, 4.0]]))
    assert float(keras.ops.convert_to_numpy(loss)) == 2.5  # the mean of 1 and 4


def test_the_switch_of_a_whole_model_rules_over_those_of_its_layers(wire):
    mine = _network()

    def answer(model):
        model.trainable = False
        model.layers[1].trainable = True
        return 1

    assert lend_and_call(wire, answer, mine) == 1
    assert mine.trainable_weights == []
    assert [layer.trainable for layer in (mine, *mine.layers)] == [False, False, True]


def test_a_model_that_is_left_alone_is_not_touched(wire, monkeypatch):
    mine = _network()
    monkeypatch.setattr(mine, "set_weights", lambda weights: pytest.fail("touched"))
    assert lend_and_call(wire, lambda model: model.count_params(), mine) == 23


def test_a_compilation_without_a_loss_and_none_at_all_are_told_apart(wire):
    losses = []
    for answer in (lambda model: model.compile("sgd"), lambda model: None):
        mine = _network()
        mine.compile = lambda optimizer, loss: losses.append(loss)
        across(wire, answer)(mine)
    assert losses == [None]


def test_a_model_made_for_an_answer_and_handed_back_is_asked_there(wire):
    there = lend_and_call(wire, lambda make: make(), lambda: _network())
    assert isinstance(there, keras.Model)
    assert there.count_params() == 23


class Noting:
    """What a check may lend: it notes what it is asked."""

    def __init__(self):
        self.noted = []

    def __call__(self, x):
        return self.note(x)

    def note(self, x, twice=False):
        self.noted.append(x)
        return 2 * x if twice else x

    def _secret(self):
        return "secret"


def test_a_lent_object_is_called_where_it_is(wire, monkeypatch):
    monkeypatch.setattr(lent, "_MODULES", set())
    mine = Noting()

    def answer(noting):
        return (
            type(noting).__name__,
            noting(2),
            noting.note(3, twice=True),
            hasattr(noting, "noted"),
            hasattr(noting, "_secret"),
        )

    lent.lend_objects_of(__name__)
    assert lend_and_call(wire, answer, mine) == ("Noting", 2, 6, False, False)
    assert mine.noted == [2, 3]


def test_an_object_of_another_module_is_not_lent(wire, monkeypatch):
    monkeypatch.setattr(lent, "_MODULES", {"somewhere", __name__[:-1]})
    with pytest.raises(NotForAnswers, match="SimpleNamespace cannot be handed to an answer"):
        across(wire, lambda noting: noting.note(1))(SimpleNamespace(note=Noting().note))
    assert across(wire, lambda noting: hasattr(noting, "note"))(Noting()) is False  # it can be called, and that is all


# Lies.


@pytest.mark.parametrize(
    "question",
    [
        ("keras.attribute", 1, "__globals__"),
        ("keras.attribute", 1, "note"),
        ("lent", 1, "_secret", (), {}),
        ("lent", 1, "__init__", (), {}),
        ("lent", 1, "__class__", (), {}),
        ("lent", 1, "note", [1], {}),
        ("lent", 2, "note", (1,), {}),
        ("lent", "1", "note", (1,), {}),
    ],
    ids=str,
)
def test_a_check_is_not_looked_into(wire, monkeypatch, question):
    monkeypatch.setattr(lent, "_MODULES", {__name__})
    answer = across(wire, lambda noting: wire.other.request(*question))
    with pytest.raises(Nonsense):
        answer(Noting())


def _sent(wire, tag, content):
    """What decoding gives on the judging side if the other sends this."""
    return decode(Packed(["kind", tag, encode(content, wire.other).tree], b""), wire)


CONFIG = '{"module": "builtins", "class_name": "eval", "config": {"expression": "1"}, "registered_name": null}'
BUILT = {
    "type": "Dense",
    "module": "keras.layers",
    "shown": "<Dense>",
    "handle": 1,
    "methods": ["__call__"],
    "model": True,
}


@pytest.mark.parametrize(
    ("tag", "content"),
    [
        ("model", {"config": CONFIG, "weights": [], "layers": [], "trained": []}),
        ("built", {**BUILT, "type": "x\0y"}),
        ("built", {**BUILT, "type": "\ud800"}),
        ("built", {**BUILT, "type": ["Dense"]}),
        ("built", {**BUILT, "module": "keras\0"}),
        ("built", {**BUILT, "handle": "1"}),
        ("built", {**BUILT, "shown": "x" * 10_000}),
        ("built", {**BUILT, "methods": 3}),
        ("tensor", {"array": [1, 2], "dtype": "float32"}),
        ("tensor", {"array": np.float64(1), "dtype": "float64"}),
        ("symbolic", {"shape": (1,) * 1000, "dtype": "float32"}),
        ("symbolic", {"shape": ("x",), "dtype": "float32"}),
        ("symbolic", {"shape": (1,), "dtype": "os.system"}),
        ("lent", {"type": "Noting", "shown": "", "handle": 1, "methods": ["note"]}),
    ],
)
def test_what_nobody_sends_is_refused(wire, nothing_is_built, tag, content):
    with pytest.raises(Nonsense):
        _sent(wire, tag, content)


def test_a_stand_in_has_no_method_but_the_known(wire):
    there = _sent(wire, "built", {**BUILT, "methods": ["__call__", "__del__", "__eq__", "__reduce__", "__class__"]})
    assert {"__del__", "__reduce__", "__class__"}.isdisjoint(vars(type(there)))
    assert there == there  # noqa: PLR0124  its own equality, which asks nobody


@pytest.mark.parametrize(
    "lie",
    [
        {"layers": [True] * 4},
        {"trained": [True]},
        {"weights": []},
        {"weights": [np.zeros((4, 3))] * 4},
        {"weights": ["a", "b", "c", "d"]},
        {"weights": None},
        {"compiled": 1, "loss": None, "rate": None, "layers": None},
    ],
    ids=str,
)
def test_a_lent_model_cannot_become_what_it_is_not(wire, monkeypatch, lie):
    def answer(model):
        honest = model.compile.state
        monkeypatch.setattr(model.compile, "state", lambda: honest() | lie, raising=False)

    with pytest.raises(Nonsense):
        across(wire, answer)(_network())
