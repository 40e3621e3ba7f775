"""``cnnlab slides``: a lesson as one page of slides that opens without a network, with reveal.js inside it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from cnnlab.course.lessons import CourseError, Lesson
from cnnlab.course.look import frame
from cnnlab.course.moving import moving
from cnnlab.course.teaching import rendering
from cnnlab.course.teaching.deck import Slide, deck
from cnnlab.course.teaching.own_files import write_page
from cnnlab.course.teaching.reading import lesson_notebook, pieces

_PACKAGE = "sphinx_revealjs"
# The speaker view is a window of its own that shows this same file twice.
_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-src 'self' file:"
)


def write_slides(lesson: Lesson, out: Path) -> Path:
    """Write ``NN_name.slides.html`` into a folder and return its path.

    Raises
    ------
    CourseError
        If the package that brings reveal.js is not installed, the lesson has no notebook, or the file is not one that
        this command has written.
    """
    script, style = reveal()
    slides = deck(pieces(lesson_notebook(lesson)), moving)
    return write_page(Path(out) / f"{lesson.name}.slides.html", page(lesson.title, slides, script, style))


def reveal() -> tuple[str, str]:
    """Return reveal.js with its speaker view, and its styles, from the installed package.

    The package is only looked up, not imported: it would load Sphinx.
    """
    found = find_spec(_PACKAGE)
    folder = Path(found.origin).parent / "_static" / "revealjs" if found and found.origin else None
    if folder is None or not folder.is_dir():
        raise CourseError("reveal.js is not installed. Type: pip install 'cnnlab[slides]'")
    scripts, styles = ("dist/reveal.js", "plugin/notes/notes.js"), ("dist/reset.css", "dist/reveal.css")
    return tuple(
        "\n".join((folder / name).read_text(encoding="utf-8") for name in names) for names in (scripts, styles)
    )


def page(title: str, slides: Sequence[Slide], script: str, style: str) -> str:
    """Return the slides as one page.

    Parameters
    ----------
    title : the lesson's
    slides : as `cnnlab.course.teaching.deck.deck` makes them
    script, style : of reveal.js
    """
    rows: list[list[str]] = []
    for number, slide in enumerate(slides):
        if slide.first or not rows:
            rows.append([])
        rows[-1].append(_section(slide, opening=not number))
    body = "\n".join(row[0] if len(row) == 1 else f"<section>{''.join(row)}</section>" for row in rows)
    own = (Path(__file__).parent / "slides.js").read_text(encoding="utf-8")
    script = re.sub(r"</(?=script)", r"<\\/", script)
    whole = f"""<div class="reveal"><div class="slides">
{body}
</div></div>
<p class="unseen" aria-live="polite"></p>
<script>{script}</script>
<script>{own}</script>"""
    return frame(title, whole, f"{style}\n{_style()}", _POLICY)


def _section(slide: Slide, opening: bool) -> str:
    level = "h1" if opening else "h2"
    above = f'<p class="above">{rendering.inline(slide.above)}</p>' if slide.above else ""
    parts = []
    for kind, elements in itertools.groupby(slide.elements, key=lambda e: _list_kind(e.html)):
        htmls = [_later(element) for element in elements]
        parts.append(f"<div class='items'>{''.join(htmls)}</div>" if kind else "".join(htmls))
    notes = rendering.prose("\n\n".join(slide.notes)) if slide.notes else ""
    aside = f'<aside class="notes">{notes}</aside>' if notes else ""
    look = "page opening" if opening else "page"
    heading = f"<header>{above}<{level}>{rendering.inline(slide.title)}</{level}></header>"
    body = f'<div class="body">{"".join(parts)}</div>'
    return f'<section><div class="{look}">{heading}{body}</div>{aside}</section>'


def _list_kind(text: str) -> bool:
    return text.startswith(("<ul", "<ol"))


def _later(element) -> str:
    look = "fragment" if element.later else ""
    look += " room" if element.picture else ""
    return f'<div class="{look.strip()}">{element.html}</div>' if look else element.html


def _style() -> str:
    from pygments.formatters import HtmlFormatter

    light, dark = (HtmlFormatter(style=name).get_style_defs(".highlight") for name in ("xcode", "monokai"))
    night = f":root:root {{ {_NIGHT} }}\n{dark}"
    own = (Path(__file__).parent / "slides.css").read_text(encoding="utf-8")
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{night}\n}}\n{own}"


_NIGHT = (
    "--text: #ececec; --back: #121212; --soft: #1f1f1f; --line: #fff4; --accent: #79b8ff; --ask: #e3b341; "
    "--ask-back: #2a2413; color-scheme: dark;"
)
