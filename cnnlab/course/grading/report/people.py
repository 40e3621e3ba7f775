"""Learners as the report names them."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from cnnlab.course.grading.records import Learner
from cnnlab.course.grading.report.strangers import plain_line


class People:
    """Names of a class as HTML; of two learners with one name each gets the key beside it.

    Examples
    --------
    >>> people = People([Learner("a1", "Ada"), Learner("a2", "Ada"), Learner("bo", "Bo")])
    >>> people.name("a2"), people.name("bo")
    ('Ada (a2)', 'Bo')
    """

    def __init__(self, learners: Sequence[Learner]) -> None:
        shown = {learner.key: plain_line(learner.name) or learner.key for learner in learners}
        counts = Counter(shown.values())
        self._names = {
            key: html.escape(name if counts[name] == 1 else f"{name} ({plain_line(key)})")
            for key, name in shown.items()
        }

    def name(self, key: str) -> str:
        """Return a learner's name."""
        return self._names[key]

    def link(self, key: str) -> str:
        """Return a learner's name as a link to the learner's page; letters of any direction stay by themselves."""
        return f'<a href="learners/{quote(key, safe="")}.html"><bdi>{self._names[key]}</bdi></a>'

    def listed(self, keys: Iterable[str]) -> str:
        """Return names as links in a row."""
        return ", ".join(map(self.link, keys))
