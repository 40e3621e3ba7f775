"""The way through the course: links to the lessons around one, which work in JupyterLab, on GitHub and in Colab."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from cnnlab.course.lessons import Lesson

MARK = "<!-- navigation -->"
_COLAB = "https://colab.research.google.com"


def repository(course: Path) -> str:
    """Return the address in the course's pyproject.toml, ``[project.urls] Repository``; "" if none is set."""
    file = course / "pyproject.toml"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    # tomllib came with Python 3.11; one plain line does not need it.
    section = re.search(r"^\[project\.urls\][^\n]*\n(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    line = section and re.search(r"""^"?repository"?\s*=\s*["']([^"'\s]+)["']""", section[1], re.MULTILINE | re.I)
    return line[1].rstrip("/").removesuffix(".git") if line else ""


def colab(url: str, name: str) -> str:
    """Return where Colab opens a notebook; "" if the repository at `url` is not one that Colab can read.

    >>> colab("https://github.com/a/b", "index")
    'https://colab.research.google.com/github/a/b/blob/start/index.ipynb'
    >>> colab("https://git.example/a/b", "index")
    ''
    """
    github = _github(url)
    return f"{_COLAB}/github/{github}/blob/start/{name}.ipynb" if github else ""


def binder(url: str, lesson: Lesson) -> str:
    """Return where Binder opens a lesson; "" if the repository at `url` is not on GitHub, or has no ``binder/``."""
    github = _github(url)
    if not github or not (lesson.course / "binder").is_dir():
        return ""
    return f"https://mybinder.org/v2/gh/{github}/main?labpath=my-cnnlab%2F{lesson.name}.ipynb"


def links(lesson: Lesson, lessons: Sequence[Lesson]) -> str:
    """Return Markdown links to the lesson before, the index and the lesson after, each on a line of its own.

    Parameters
    ----------
    lesson : where the links stand
    lessons : all of the course, in order
    """
    return _joined(lesson, lessons, "{}.ipynb".format)


def navigation(lesson: Lesson, lessons: Sequence[Lesson], url: str) -> str:
    """Return what stands under a lesson's title: the links and, where Colab can read `url`, badges and its own links.

    A relative link leads from Colab to nowhere, so there each lesson links to Colab once more.
    """
    lines = [MARK, links(lesson, lessons)]
    if link := colab(url, lesson.name):
        lines.append(f"<br> [![Open in Colab]({_COLAB}/assets/colab-badge.svg)]({link})")
        if there := binder(url, lesson):
            lines.append(f"[![Open in Binder](https://mybinder.org/badge_logo.svg)]({there})")
        lines += ["<br> In Colab:", _joined(lesson, lessons, lambda name: colab(url, name))]
    return "\n".join(lines)


def _github(url: str) -> str:
    found = re.fullmatch(r"https://github\.com/([^/]+/[^/]+)", url)
    return found[1] if found else ""


def _joined(lesson: Lesson, lessons: Sequence[Lesson], address: Callable[[str], str]) -> str:
    at = list(lessons).index(lesson)
    parts = [f"[← {other.title}]({address(other.name)})" for other in lessons[max(at - 1, 0) : at]]
    parts.append(f"[All lessons]({address('index')})")
    parts += [f"[{other.title} →]({address(other.name)})" for other in lessons[at + 1 : at + 2]]
    return " ·\n".join(parts)
