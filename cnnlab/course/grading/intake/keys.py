"""People's names as strangers write them → a name to read, a key that is a safe file name, and when two are one name.

A name comes from a file, a folder or a list, in any script and with anything in it: a path, a word that Windows keeps
for itself, marks that turn the writing round, three hundred letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from cnnlab.data.pictures.names import unportable

_LONGEST_NAME = 100  # characters of a name as people read it
_LONGEST_KEY = 40  # characters of a key; a character takes four bytes at most, and file systems hold names of 255 bytes
_JOINERS = "\u200c\u200d"  # part of the writing in Persian, Hindi and others


def readable(name: str) -> str:
    """Return a name fit to be shown: composed letters, single spaces, nothing that is not seen, at most 100 characters.

    >>> readable(" Ada\\u202e\\tLove\\x00lace "), readable("Zoe\\u0308") == "Zoë"
    ('Ada Lovelace', True)
    """
    text = "".join(" " if c.isspace() else c for c in unicodedata.normalize("NFC", name[:1_000]))
    text = "".join(c for c in text if c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return " ".join(text.split())[:_LONGEST_NAME].strip()


def words(name: str) -> tuple[str, ...]:
    """Return the words of a name for comparing: without regard to upper and lower case, marks and punctuation.

    >>> words("Lovelace, Ada"), words("김민서"), words("O'Neil-Smith")
    (('lovelace', 'ada'), ('김민서',), ('oneil', 'smith'))
    """
    text = unicodedata.normalize("NFC", readable(name).casefold()).replace("'", "").replace("’", "")
    return tuple("".join(c if _of_a_word(c) else " " for c in text).split())


def squeezed(name: str) -> frozenset[str]:
    """Return a name without its spaces, in each of the orders that its first and last names may stand in.

    >>> sorted(squeezed("Ada King Lovelace"))
    ['adakinglovelace', 'kinglovelaceada', 'lovelaceadaking']
    """
    parts = words(name)
    return frozenset("".join(parts[n:] + parts[:n]) for n in range(len(parts)))


def is_korean(text: str) -> bool:
    """Whether text read as cp949 is Korean: other languages, read so, give syllables that EUC-KR does not have.

    >>> is_korean("김민서".encode("cp949").decode("cp949")), is_korean("佐藤".encode("cp932").decode("cp949"))
    (True, False)
    """
    foreign = [c for c in text if not c.isascii()]
    return sum("\uac00" <= c <= "\ud7a3" and len(c.encode("euc_kr")) == 2 for c in foreign) >= 0.7 * len(foreign)


def keys(people: Sequence[tuple[str, str]]) -> list[str]:
    """Return a key for each (name, number): unique whatever the case, and safe as a file name on every system.

    A key is made of the name; where two would be the same, all of them get their number behind it, or their place in
    the list where numbers do not tell them apart. So a key never changes hands when somebody joins the class.

    Examples
    --------
    >>> keys([("Ada Lovelace", "7"), ("../../Bo", "8"), ("ada lovelace", "9"), ("CON", ""), ("김민서", "")])
    ['ada-lovelace-7', 'bo', 'ada-lovelace-9', 'learner-con', '김민서']
    """
    made = [_plain(name) for name, _ in people]
    for ending in ([_plain(number, "") for _, number in people], [str(n) for n in range(1, len(people) + 1)]):
        counts = Counter(made)
        made = [
            f"{key}-{end}" if counts[key] > 1 and end else key for key, end in zip(made, ending, strict=True)
        ]  # what is added may meet a third one's name: hence
    taken: set[str] = set()
    for n, key in enumerate(made):
        number, free = 2, key
        while free in taken:
            free, number = f"{key}-{number}", number + 1
        taken.add(free)
        made[n] = free
    return made


def _plain(name: str, otherwise: str = "learner") -> str:
    text = unicodedata.normalize("NFC", readable(name).casefold())
    text = re.sub("-+", "-", "".join(c if _of_a_word(c) else "-" for c in text))[:_LONGEST_KEY].strip("-")
    if not any(c.isalnum() for c in text):
        return otherwise
    return f"{otherwise}-{text}" if otherwise and unportable(text) else text


def _of_a_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")
