"""What a learner's guess says, however it is written: ``23,365``, ``3/5``, ``5·5·3 = 75``, ``row 2, column 4``.

An answer is a number, a size (a tuple: height × width), numbers with names (a dict: ``{"row": 2, "column": 4}``), or a
word. A guess that cannot be read is None here and judged by nobody.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Mapping, Sequence

from cnnlab.plot import short_number

Answer = float | str | tuple[float, ...] | Mapping[str, float]

TOLERANCE = 0.00501  # half a hundredth: two decimals are as much as a learner is asked to write
_LONGEST = 100  # characters: no guess is longer, and no longer one is worth the parser's time
_NUMBER = r"[-+]?\s*(?:\d+\.?\d*|\.\d+)"
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:([,' _])\d{3})(?:\1\d{3})*(?!\d|[,' _]\d)")
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])(\d+),(\d+)(?![\d,])")
_TIMES = re.compile(r"(?<=[\d).])\s*[xX](?=\s*[-+\d(.])")
_BETWEEN = re.compile(r"[*,;]|\bby\b|\band\b")
_TOKEN = re.compile(r"(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|([^\W\d_]\w*)|([-+*/()^%])|[\s?!.,;:~≈'\"“”_]")
_COUNT = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SPELLED = {word: str(value) for value, word in enumerate(_COUNT)}
_SPELLED |= {"minus": "-", "plus": "+", "times": "*", "percent": "%", "k": "*1e3", "K": "*1e3", "thousand": "*1e3"}
_SPELLED |= {"M": "*1e6", "million": "*1e6"}
_SIGNS = str.maketrans({"−": "-", "–": "-", "×": "*", "✕": "*", "·": "*", "⋅": "*", "∙": "*", "÷": "/", "⁄": "/",
                        "²": "^2", "³": "^3", "≈": "=", "’": "'", "[": "(", "]": ")"})  # fmt: skip
_SIDES = (r"rows?|height|high|tall", r"columns?|cols?|width|wide")  # of a size


def judge(guess: str, answer: Answer, choices: Sequence[str] = ()) -> bool | None:
    """Whether `guess` says `answer`; None where it says nothing that can be read.

    Parameters
    ----------
    guess : what the learner typed
    answer : the truth
    choices : the words that may be typed

    Examples
    --------
    >>> [judge(text, 23365) for text in ("23,365", "23 365 parameters", "23.365k", "a lot")]
    [True, True, True, None]
    >>> judge("5·5·3 = 75", 75), judge("20/76 = 0.26", 20 / 76), judge("26%", 20 / 76), judge("2", -2)
    (True, True, True, False)
    >>> judge("10", (10, 10)), judge("4 × 2", (2, 4)), judge("column 4, row 2", {"row": 2, "column": 4})
    (True, False, True)
    """
    said = _choice(_word(guess), [_word(choice) for choice in choices])
    words = {_word(choice) for choice in choices}
    if isinstance(answer, str):
        if said == _word(answer):
            return True
        readable = not choices or said in words or number(guess) is not None or _parts(_plain(guess), 2) is not None
        return False if readable and said else None
    if said in words:
        return False
    if isinstance(answer, Mapping):
        numbers = _place(guess, tuple(answer))
        answer = tuple(answer.values())
    elif isinstance(answer, tuple):
        numbers = _size(guess, len(answer))
    else:
        value, answer = number(guess), (answer,)
        numbers = None if value is None else [value]
    if numbers is None:
        return None
    return all(abs(value - true) <= TOLERANCE for value, true in zip(numbers, answer, strict=True))


def spoken(answer: Answer) -> str:
    """The answer as a sentence says it, exact.

    >>> spoken(102_764_544), spoken((2, 4)), spoken({"row": 2, "column": 4}), spoken(1 / 3), spoken("none")
    ('102,764,544', '2 × 4', 'row 2, column 4', '0.33', 'none')
    """
    if isinstance(answer, str):
        return answer
    if isinstance(answer, Mapping):
        return ", ".join(f"{name} {_exact(value)}" for name, value in answer.items())
    return " × ".join(map(_exact, answer)) if isinstance(answer, tuple) else _exact(answer)


def wanted(answer: Answer, choices: Sequence[str] = ()) -> str:
    """What to type, for whoever typed something else."""
    words = (
        f"one of the words {', '.join(choices)}" if len(choices) > 1 else f"the word {choices[0]}" if choices else ""
    )
    if isinstance(answer, str) and words:  # must not tell that it is the word
        return f"{words}, or numbers" if len(choices) == 1 else words
    if isinstance(answer, Mapping):
        return f"{', '.join(answer)}: {len(answer)} numbers"
    kind = "height × width, such as 4 × 6" if isinstance(answer, tuple) else "a number"
    return f"{words}, or numbers" if words else kind


def number(text: str) -> float | None:
    """The one number that `text` says: what stands last where there are equals signs.

    >>> [number(text) for text in (".6", "3/5", "26 %", "1,971.75", "0,26", "minus 2", "- 2", "3 or 4", "conv2")]
    [0.6, 0.6, 0.26, 1971.75, 0.26, -2.0, -2.0, None, None]
    """
    for side in reversed(_plain(text).split("=")):
        side = _DECIMAL_COMMA.sub(r"\1.\2", _ungrouped(side))
        for line in (side, re.sub(r"\([^()]*\)\W*$", "", side)):  # what stands in brackets behind it explains it
            value = _value(line)
            if value is not None:
                return value
    return None


def _exact(value: float) -> str:
    return f"{int(value):,}" if float(value).is_integer() else short_number(value)


def _word(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().strip(" .!?'\"“”")
    return re.sub(r"[-_\s]+", " ", re.sub(r"^(?:it is|it's|the|an?)\s+", "", text))


def _choice(said: str, words: Sequence[str]) -> str:
    """The one word to choose that stands in a sentence, if it is one and is not denied."""
    found = [word for word in words if re.search(rf"\b{re.escape(word)}\b", said)]
    return found[0] if len(found) == 1 and not re.search(r"\bnot\b|n't|\d.*\d", said) else said


def _plain(text: str) -> str:
    """One spelling for each sign; empty if `text` is too long to be a guess."""
    text = unicodedata.normalize("NFKC", text.translate(_SIGNS)).translate(_SIGNS)
    return text.replace("per cent", "percent") if len(text) <= _LONGEST else ""


def _ungrouped(text: str) -> str:
    return _GROUPED.sub(lambda match: re.sub(r"\D", "", match[0]), text)


def _value(text: str) -> float | None:
    """The value of a line of arithmetic in which words may stand; None unless it is exactly one."""
    parts, end = [], 0
    text = _TIMES.sub("*", text)
    for token in _TOKEN.finditer(text):
        if token.start() != end:
            return None  # a sign that means nothing here
        end = token.end()
        digits, word, sign = token.groups()
        parts.append(repr(float(digits)) if digits else _SPELLED.get(word, "") if word else sign or "")
    if end != len(text):
        return None
    line = " ".join(parts).replace("^", "**").replace("%", "/ 100")
    try:
        return _evaluated(ast.parse(line.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError):
        return None


def _evaluated(node: ast.expr) -> float:
    """The value of a tree of + − · / and small powers."""
    if isinstance(node, ast.Constant):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = _evaluated(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        left, right = _evaluated(node.left), _evaluated(node.right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.Div):
            return left / right
        if isinstance(node.op, ast.Pow) and left >= 0:  # a float's power: too large is an OverflowError, at once
            return left**right
    raise ValueError("no arithmetic")


def _parts(text: str, count: int) -> list[float] | None:
    """`count` numbers with signs, commas, words or spaces between them."""
    side = _TIMES.sub("*", text.rpartition("=")[2]).strip(" .!?")
    if re.fullmatch(r"\([^()]*\)", side):
        side = side[1:-1]
    for line in (side, _ungrouped(side)):
        for parts in (_BETWEEN.split(line), line.split()):
            values = [_value(part) for part in parts]
            if len(values) == count and None not in values:
                return values
    return None


def _named(text: str, names: Sequence[str]) -> list[float] | None:
    """The numbers that stand after their names, or before them."""
    for pattern in (rf"\b(?:{{}})\b\s*[=:]?\s*({_NUMBER})", rf"({_NUMBER})\s*(?:{{}})\b"):
        found = [re.search(pattern.format(name), text, re.IGNORECASE) for name in names]
        if all(found):
            return [_value(match[1]) for match in found]
    return None


def _place(text: str, names: Sequence[str]) -> list[float] | None:
    """Numbers with names, or in their order without them."""
    text, names = _plain(text), list(map(re.escape, names))
    unnamed = re.sub(rf"\b(?:{'|'.join(names)})\b\s*=?", " ", text, flags=re.IGNORECASE)
    return _named(text, names) or _parts(unnamed, len(names))


def _size(text: str, count: int) -> list[float] | None:
    """Height and width, in this order unless they are named; one number is both."""
    text = _plain(text)
    numbers = (_named(text, _SIDES) if count == len(_SIDES) else None) or _parts(text, count)
    one = _parts(text, 1) if numbers is None else None
    return one * count if one else numbers
