"""Values and calls across the wire: what arrives is what was sent, and its words in a check are the same."""

from __future__ import annotations

import collections
import datetime
import os
import re
import sys
import threading
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from cnnlab.checks.answers import Wrong, call, kind_of, number, show
from cnnlab.course.grading.wire import channel
from cnnlab.course.grading.wire.channel import Channel, handler
from cnnlab.course.grading.wire.plain import NotForAnswers, TooLarge


@pytest.fixture
def wire():
    """The judging side of a channel; the other side serves in a thread, and `given` is what its handler `get` gives."""
    down, up = os.pipe(), os.pipe()
    files = os.fdopen(up[0], "rb"), os.fdopen(down[1], "wb"), os.fdopen(down[0], "rb"), os.fdopen(up[1], "wb")
    judge, child = Channel(*files[:2], describes=False), Channel(*files[2:], describes=True)
    serving = threading.Thread(target=child.serve, daemon=True)
    serving.start()
    yield judge
    files[1].close()
    serving.join(10)
    for file in files:
        file.close()


GIVEN: dict[str, object] = {}


@handler("get")
def _get(channel, name):
    return GIVEN[name]


def across(wire, value):
    """`value` as it arrives at the side that judges."""
    GIVEN["it"] = value
    return wire.request("get", "it")


class Odd:
    def __repr__(self):
        return "Odd(3)"


Point = collections.namedtuple("Point", "x y")
SAME = [
    None, ..., True, False, 0, -1, 2**63, -(2**70), 0.1, -0.0, float("inf"), 1e-320, 1j, "", "a\0\ud800✔", b"\0\xff",
    [], [1, [2.5, "x"]], (1,), (), {1, 2}, frozenset({1}), {}, {"a": 1, 2: (3,), (4, 5): None}, {"a": ...},
    range(3, 9, 2), slice(None, 3), (slice(1, 2**70, 2), ...),
    Fraction(1, 3), Decimal("0.10"), np.int64(-1), np.float32(0.1), np.bool_(True), np.str_("x"), np.complex64(1j),
        np.float16(2), np.longdouble(1) / 3, dict, int, np.float32, list,
]  # fmt: skip


@pytest.mark.parametrize("value", SAME, ids=repr)
def test_plain_values_arrive_as_they_are(wire, value):
    there = across(wire, value)
    assert type(there) is type(value)
    assert there == value
    assert repr(there) == repr(value)


ARRAYS = [
    np.arange(6).reshape(2, 3), np.zeros(0), np.zeros((3, 0, 2)), np.array(3.5), np.array([True, False]),
    np.eye(3)[:, ::2],    np.array(["a", "ü✔"]), np.arange(3, dtype=">i2"), np.array([1j]),
    np.float32([np.nan, np.inf]), np.array([1, ..., "x"], object),
]  # fmt: skip


@pytest.mark.parametrize("value", ARRAYS, ids=lambda a: f"{a.dtype}{a.shape}")
def test_arrays_arrive_as_they_are(wire, value):
    there = across(wire, value)
    assert (there.shape, there.dtype) == (value.shape, value.dtype)
    assert there.flags.writeable
    assert there.tolist() == value.tolist() or np.isnan(value).any()


class Shape:
    def __array__(self, dtype=None, copy=None):
        return np.array([2.0, 3.0])


class Callable_:
    def __call__(self, x):
        return x + 1


class Half:
    def __float__(self):
        return 0.5


OTHERS = [
    object(), Odd(), Odd, print, len, np.add, np.linalg.norm, (i for i in range(3)), iter([1]), np, Point(1, 2),
    Shape(),    collections.OrderedDict(a=1), collections.Counter("ab"), collections.deque([1, 2]), {"a": 1}.keys(),
    {"a": 1}.values(),
    {"a": 1}.items(), datetime.date(2020, 1, 2), ValueError("x"), lambda x: x, Callable_(),
    Half(), Shape().__array__,
    np.array([np.datetime64("2020-01-02")]), np.datetime64("2020-01-02"), memoryview(b"a"), type,
    slice(3), NotImplemented,
    Ellipsis, zip([1]), map(len, []), str.upper, "a".upper, np.ma.array([1, 2]), bytearray(b"a"),
]  # fmt: skip


@pytest.mark.parametrize("value", OTHERS, ids=lambda v: type(v).__name__)
def test_other_things_are_called_by_the_same_words(wire, value):
    there = across(wire, value)

    def words(value):
        try:
            return number(value)
        except Wrong as wrong:
            return str(wrong)

    assert kind_of(there) == kind_of(value)
    assert words(there) == words(value)
    assert show(there) == show(value)
    assert callable(there) == callable(value)
    assert isinstance(there, type) == isinstance(value, type)
    assert isinstance(value, np.ndarray) or repr(type(there)) == repr(type(value))
    assert hasattr(there, "__len__") == hasattr(value, "__len__")
    assert np.iterable(there) == np.iterable(value)


def test_a_function_is_called_where_it_is(wire):
    function = across(wire, lambda x, y=1: x * y)
    assert function(3, y=4) == 12
    assert across(wire, Callable_())(3) == 4
    assert list(across(wire, (i * i for i in range(4)))) == [0, 1, 4, 9]
    assert len(across(wire, collections.deque([1, 2]))) == 2


def test_a_function_of_the_judges_can_be_called_back(wire):
    function = across(wire, lambda score, image: [score(image), score(image * 2)])
    assert function(lambda image: float(image.sum()), np.ones(3)) == [3.0, 6.0]
    nested = across(wire, lambda f: lambda x: f(x) + 1)
    assert nested(lambda x: 2 * x)(5) == 11


class Own(ValueError):
    pass


@pytest.mark.parametrize(
    "error", [ValueError("a\nb"), KeyError("k"), Own("mine"), ZeroDivisionError("division by zero"), OSError(2, "no"),
              np.linalg.LinAlgError("singular"), UnicodeDecodeError("utf-8", b"a", 0, 1, "x"),
              StopIteration(3), SystemExit(1)]
)  # fmt: skip
def test_an_exception_arrives_with_its_name_its_text_and_its_kind(wire, error):
    def raises():
        raise error

    with pytest.raises(Exception, match=re.escape(str(error))) as caught:
        across(wire, raises)()
    assert type(caught.value).__name__ == type(error).__name__
    assert str(caught.value) == str(error)
    assert isinstance(caught.value, ValueError) == isinstance(error, ValueError)
    with pytest.raises(Wrong, match=f"Your function raised {type(error).__name__}: ") as wrong:
        call(across(wire, raises))
    assert str(error) in str(wrong.value)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="no groups of exceptions")
def test_a_group_of_exceptions_arrives_with_its_name_and_its_text(wire):
    group = ExceptionGroup("two things", [ValueError("a"), KeyError("b")])  # noqa: F821  from Python 3.11 on

    def raises():
        raise group

    function = across(wire, raises)
    with pytest.raises(Exception, match="two things") as caught:
        function()
    assert type(caught.value).__name__ == "ExceptionGroup"


def test_a_changed_argument_comes_back_changed(wire):
    def change(array, rows, table, rng):
        array += 1
        rows.append(4)
        rows[0][0] = 9
        table["b"] = 2
        return rng.random()

    array, inner, table, rng = np.arange(3), np.arange(2), {"a": 1}, np.random.default_rng(5)
    rows = [inner]
    assert across(wire, change)(array, rows, table, rng=rng) == np.random.default_rng(5).random()
    assert array.tolist() == [1, 2, 3]
    assert rows[0].tolist() == [9, 1]
    assert len(rows) == 2
    assert table == {"a": 1, "b": 2}
    again = np.random.default_rng(5)
    again.random()
    assert rng.bit_generator.state == again.bit_generator.state


def test_an_argument_that_is_returned_is_the_callers_own(wire):
    array, function = np.arange(3), len
    assert across(wire, lambda x: x)(array) is array
    assert across(wire, lambda x, y: (y, [x]))(array, function)[1][0] is array
    assert across(wire, lambda x: x[:])(array) is not array
    assert across(wire, lambda x, f: f)(array, function) is function


def test_what_a_check_must_not_hand_over_is_the_checks_fault(wire):
    with pytest.raises(NotForAnswers, match="Odd cannot be handed to an answer"):
        across(wire, lambda x: x)(Odd())


def test_of_a_judges_object_only_the_call_is_handed_over(wire):
    class Score(list):
        __call__ = len

    class Scores:
        def __len__(self):
            return 3

        def __call__(self, x):
            return x + 1

    score = across(wire, lambda score: [hasattr(score, "__len__"), score(4)])
    assert score(Scores()) == [False, 5]
    assert across(wire, lambda value: value)(Score([1])) == [1]


class Endless:
    def __len__(self):
        return 2

    def __iter__(self):
        return self

    def __next__(self):
        return 0


class EndlessRow:
    def __len__(self):
        return 2

    def __getitem__(self, place):
        return 0


@pytest.mark.parametrize("kind", [Endless, EndlessRow])
def test_reading_an_object_entry_by_entry_comes_to_an_end(wire, monkeypatch, kind):
    monkeypatch.setattr(channel, "MAX_ITEMS", 50)
    with pytest.raises(TooLarge, match="entry by entry.* more than 50"):
        list(across(wire, kind()))
    wire.forget()
    assert list(zip(across(wire, kind()), range(40), strict=False)) == [(0, n) for n in range(40)]
