"""What is said of a row or a picture that is not as it should be."""

from __future__ import annotations

from dataclasses import dataclass

KEPT = "kept, but does not count"
KINDS = ("left out", KEPT, "clipped", "noted")  # how the rule of a problem begins


@dataclass(frozen=True)
class Problem:
    """A row or a picture that is not as it should be.

    Attributes
    ----------
    file : the label file or the picture, by its name with forward slashes
    where : ``"line 3"``, ``"object 2"``, ``"annotations[17]"``; empty where it is the whole file
    rule
        what became of it and why: ``"left out: …"``, ``"kept, but does not count: …"``, ``"clipped: …"`` or
        ``"noted: …"``
    """

    file: str
    where: str
    rule: str

    def __str__(self) -> str:
        place = ", ".join(filter(None, (self.file, self.where)))
        return f"{place}: {self.rule}" if place else self.rule


def counted(number: int, what: str, plural: str = "s") -> str:
    """A number with its noun.

    >>> counted(1, "row"), counted(1200, "row"), counted(2, "class", "es")
    ('1 row', '1,200 rows', '2 classes')
    """
    return f"{number:,} {what}{'' if number == 1 else plural}"
