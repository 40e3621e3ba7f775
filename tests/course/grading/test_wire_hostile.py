"""What the judging side makes of messages that no process with answers sends: it says so, and allocates little."""

from __future__ import annotations

import contextlib
import io
import json
import struct
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest

from cnnlab.course.grading.wire import channel as wire
from cnnlab.course.grading.wire import plain
from cnnlab.course.grading.wire.channel import Channel, Gone
from cnnlab.course.grading.wire.plain import Nonsense, TooMuch


def frame(message: object, raw: bytes = b"", *, length: int | None = None, size: int | None = None) -> bytes:
    tree = message if isinstance(message, bytes) else json.dumps(message).encode()
    lengths = len(tree) if length is None else length, len(raw) if size is None else size
    return struct.pack("<4sII", b"cnn1", *lengths) + tree + raw


def value(tree: object, raw: bytes = b"") -> bytes:
    return frame({"number": 1, "value": tree}, raw)


def nested(levels: int) -> list:
    tree: list = []
    for _ in range(levels):
        tree = ["list", [tree] if tree else []]
    return tree


def judge(*messages: bytes) -> Channel:
    return Channel(io.BytesIO(b"".join(messages)), io.BytesIO(), describes=False)


def ask(*messages: bytes, arguments: tuple = ()) -> object:
    return judge(*messages).call(1, arguments, {})


LIES = {
    "no message": b"Hello, this is a print!\n",
    "lengths of gigabytes": frame({}, length=2**31, size=2**31),
    "a tree of gigabytes": frame({}, length=2**32 - 1),
    "a tree that is a little too long": frame({}, length=plain.MAX_TREE + 1),
    "bytes that are a little too many": frame({}, size=plain.MAX_RAW + 1),
    "no JSON": frame(b"{]"),
    "no text": frame(b"\xff\xfe{}"),
    "10,000 lists deep": frame(b"[" * 10_000 + b"]" * 10_000),
    "no dict": frame([1]),
    "nothing": frame({}),
    "an answer to another question": frame({"number": 2, "value": 3}),
    "an answer before the question": frame({"number": 0, "value": 3}),
    "no value": frame({"number": 1}),
    "no such kind": value(["pickle", "cos\nsystem\n"]),
    "a method of the reader's": value(["kind", "channel", 1]),
    "dunder": value(["_class__", 1]),
    "no tag": value([]),
    "a tag that is none": value([[1], 2]),
    "a dict for a tree": value({"a": 1}),
    "entries that are none": value(["list", "abc"]),
    "a dict of triples": value(["dict", [[1, 2, 3]]]),
    "keys that are lists": value(["dict", [[["list", []], 1]]]),
    "a set of lists": value(["set", [["list", []]]]),
    "bytes from elsewhere": value(["array", "<f8", [2], 0, 16], b"12345678"),
    "text from elsewhere": value(["bytes", 4, 8], b"12345678"),
    "text from before": value(["bytes", -8, 4], b"12345678"),
    "keys that may collide": value(["set", list(range(plain.MAX_KEYS + 1))]),
    "negative bytes": value(["array", "<f8", [1], -8, 8], b"12345678"),
    "more entries than bytes": value(["array", "<f8", [2**40], 0, 8], b"12345678"),
    "a negative side": value(["array", "<f8", [-1], 0, 8], b"12345678"),
    "the same bytes twice": value(["list", [["array", "|u1", [4], 0, 4]] * 2], b"1234"),
    "a text of the same bytes": value(["list", [["bytes", 0, 4], ["bytearray", 2, 2]]], b"1234"),
    "too deep": value(nested(plain.MAX_DEPTH + 2)),
    "objects in bytes": value(["array", "|O", [1], 0, 8], b"12345678"),
    "a dtype with fields": value(["array", "f8,f8", [1], 0, 16], b"1234567812345678"),
    "no characters": value(["array", "<U1", [1], 0, 4], b"\xff\xff\xff\x7f"),
    "entries without bytes": value(["array", "<U0", [10**9], 0, 0]),
    "objects of another number": value(["objects", [10**9], []]),
    "a scalar of no bytes": value(["scalar", "<f8", ""]),
    "a dtype of a module": value(["scalar", "float8_/../x", "00"]),
    "a class of a module": value(["class", "Popen"]),
    "a number of a million digits": value(["int", "0x" + "f" * 1_000_000]),
    "a decimal that is no number of any use": value(["decimal", "1e999999999"]),
    "a range without end": value(["range", 0, 10**12, 1]),
    "a range of words": value(["range", "a", "b"]),
    "a kind that nobody knows": value(["kind", "pickle", "abc"]),
    "an argument that was not given": value(["argument", 7]),
    "what we were not given to keep": value(["yours", 12]),
    "an object without a name": value(["object", "", "m", "x", 1, [], ["dict", []]]),
    "an object with a name of a million": value(["object", "x" * 10**6, "m", "x", 1, [], ["dict", []]]),
    "a name with half a character": value(["object", "\ud800", "m", "x", 1, [], ["dict", []]]),
    "an object with a text of a million": value(["object", "x", "m", "x" * 10**6, 1, [], ["dict", []]]),
    "like what is not known": value(["like", "x", "m", "x", ["array", "<f8", [0], 0, 0]]),
    "too many objects": value(["list", [["object", "x", "m", "x", 1, [], ["dict", []]]] * 1_001]),
    "a generator that draws from nowhere": value(["rng", ["dict", [["state", 1]]]]),
    "a question for nobody": frame({"ask": "system", "number": 5, "values": ["list", ["ls"]]}),
    "a question that is none": frame({"ask": ["call"], "number": 5, "values": ["list", []]}),
    "a call of what was not handed over": frame(
        {"ask": "call", "number": 5, "values": ["list", [99, "__call__", ["list", []], ["dict", []]]]}
    ),
    "a call with too little": frame({"ask": "call", "number": 5, "values": ["list", [1]]}),
    "an exception that is none": frame({"number": 1, "raised": 3}),
    "an exception without a name": frame({"number": 1, "raised": [[], "x"]}),
    "an exception with a text that is none": frame({"number": 1, "raised": [["ValueError"], 3]}),
    "a change of what was not given": frame({"number": 1, "value": 1, "changed": [[4, [1, 0, 0]]]}),
    "changes that are none": frame({"number": 1, "value": 1, "changed": 7}),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lie_is_nonsense(lie):
    tracemalloc.start()
    try:
        with pytest.raises(Nonsense):
            ask(lie)
        assert tracemalloc.get_traced_memory()[1] < 64_000_000
    finally:
        tracemalloc.stop()


MANY = {  # each tree has 1,001 entries, its own list being one
    "numbers": ["list", [0] * 1000],
    "lists": ["list", [["list", [0] * 9]] * 100],
    "pairs": ["list", [["dict", [[n, 0] for n in range(12)]]] * 40],
    "sets": ["list", [["set", []]] * 1000],
    "ranges": ["list", [["range", 0, 1, 1]] * 250],
    "fractions": ["list", [["fraction", 1, 2]] * 333 + [0]],
    "views": ["list", [["view", "dict_keys", [0] * 9]] * 100],
    "attributes": ["list", [["object", "x", "m", "x", 1, [], ["dict", [["name", 1]]]]] * 250],
}


@pytest.mark.parametrize("tree", MANY.values(), ids=MANY)
def test_the_reader_counts_as_the_writer_does(monkeypatch, tree):
    monkeypatch.setattr(plain, "MAX_ENTRIES", 1_000)
    with pytest.raises(Nonsense, match="too many entries"):
        ask(value(tree))


LARGEST = {
    "ranges": [range(n) for n in range(225)],  # 1 + 225 × 4 = 901
    "fractions": [Fraction(1, n) for n in range(1, 301)],  # 1 + 300 × 3
    "pairs": [{n: n} for n in range(300)],
    "views": [{1: 2}.items()] * 225,
    "arrays": [np.arange(n) for n in range(900)],
    "texts": [b"abc", bytearray(b"de")] * 450,
    "numbers": [2**70] * 900,
}


@pytest.mark.parametrize("given", LARGEST.values(), ids=LARGEST)
def test_what_the_writer_lets_pass_the_reader_takes(monkeypatch, given):
    monkeypatch.setattr(plain, "MAX_ENTRIES", 901)
    child = Channel(io.BytesIO(), io.BytesIO(), describes=True)
    assert repr(plain.decode(plain.encode(given, child), judge())) == repr(given)
    with pytest.raises(plain.TooLarge, match="values"):
        plain.encode([*given, 0], child)


def test_the_deepest_that_the_writer_lets_pass_the_reader_takes():
    given: list = [0]
    for _ in range(plain.MAX_DEPTH - 1):
        given = [given]
    child = Channel(io.BytesIO(), io.BytesIO(), describes=True)
    assert plain.decode(plain.encode(given, child), judge()) == given
    with pytest.raises(plain.TooLarge, match="levels"):
        plain.encode([given], child)


@pytest.mark.parametrize("cut", [0, 3, 11, 12, 20])
def test_the_end_in_the_middle_of_a_message_is_an_end(cut):
    with pytest.raises(Gone):
        ask(value(["list", [1, 2]])[:cut])


def test_an_attribute_of_a_function_of_the_judges_cannot_be_had():
    for method in ("__globals__", "__getattribute__", "__getitem__", "__reduce__", "__array__"):
        asked = ["list", [1, method, ["list", ["__class__"]], ["dict", []]]]
        with pytest.raises(Nonsense, match="no function"):
            ask(frame({"ask": "call", "number": 9, "values": asked}), arguments=(len,))


def test_a_function_that_was_handed_over_is_called_and_then_forgotten():
    asked = frame({"ask": "call", "number": 9, "values": ["list", [1, "__call__", ["list", ["abc"]], ["dict", []]]]})
    channel = judge(asked, value(["argument", 0]), asked)
    assert channel.call(1, (len,), {}) is len
    sent = channel.writer.getvalue()
    assert b'{"number":9,"value":3,"changed":[]}' in sent
    channel.forget()
    with pytest.raises(Nonsense, match="not given"):
        channel.call(1, (), {})


def test_calls_within_calls_come_to_an_end():
    asked = frame({"ask": "call", "number": 9, "values": ["list", [1, "__call__", ["list", []], ["dict", []]]]})
    channel = judge(*[asked] * 500)

    def again():
        return channel.call(5, (), {})

    with pytest.raises(Gone):
        channel.call(1, (again,), {})
    assert b"RecursionError" in channel.writer.getvalue()


def test_time_runs_while_a_question_is_written_too():
    events: list[str] = []

    class Writer(io.BytesIO):
        def write(self, data):
            events.append("write")
            return super().write(data)

    @contextlib.contextmanager
    def clock():
        events.append("start")
        yield
        events.append("stop")

    channel = Channel(io.BytesIO(value(3)), Writer(), describes=False)
    channel.waiting = clock()
    assert channel.call(1, ("x" * 100_000,), {}) == 3
    assert events == ["start", "write", "stop"]


def test_what_is_sent_in_all_is_bounded(monkeypatch):
    monkeypatch.setattr(wire, "MAX_RECEIVED", 5_000_000)
    one = ["array", "<f8", [100_000], 0, 800_000]
    channel = judge(*(frame({"number": n, "value": one}, bytes(800_000)) for n in range(1, 12)))
    for _ in range(6):
        channel.call(1, (), {})
    with pytest.raises(TooMuch, match="more than 5 MB"):
        channel.call(1, (), {})
    assert judge(value(one, bytes(800_000))).call(1, (), {}).shape == (100_000,)


@pytest.mark.parametrize(
    "value",
    [
        [0] * (plain.MAX_ENTRIES + 1),
        np.zeros(plain.MAX_RAW // 8 + 1),
        "x" * plain.MAX_TREE,
        {n: 0 for n in range(plain.MAX_KEYS + 1)},
        range(plain.MAX_KEYS + 1),
        1 << plain.MAX_BITS,
        [len] * 0 + [lambda: 0 for _ in range(plain.MAX_OBJECTS + 1)],
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_too_large_is_refused_where_it_is(value):
    child = Channel(io.BytesIO(), io.BytesIO(), describes=True)
    with pytest.raises(plain.TooLarge, match="too large to be checked"):
        plain.encode(value, child)


def test_a_list_that_holds_itself_is_too_large():
    endless: list = []
    endless.append(endless)
    with pytest.raises(plain.TooLarge, match="levels"):
        plain.encode(endless, Channel(io.BytesIO(), io.BytesIO(), describes=True))
