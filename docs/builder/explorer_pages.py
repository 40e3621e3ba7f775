"""Which explorers move on the site: those of the lessons' cells, and one of each class for the gallery."""

from __future__ import annotations

import base64
import html
import io
import multiprocessing
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from moving import FOLDER, place
from sources import lay

from cnnlab.course.lessons import Lesson, all_lessons
from cnnlab.course.moving import NO_EXAMPLE, moving
from cnnlab.course.notebook import read_notebook
from cnnlab.explore.cells import named_in

ON_THE_FRONT_PAGE = "ShapeExplorer"
_OWN_EXAMPLE = re.compile(r"\bexplore\.\w+\((?:predict=True)?\)")
_IMAGE = re.compile(r"<img\b[^>]*>")
_WIDE = 560  # pixels of a card's picture: twice what is shown


@dataclass(frozen=True)
class Moving:
    """The explorers that have been exported.

    Attributes
    ----------
    cells : source of a lesson's cell → name of the file in ``_moving/`` that holds its explorer
    classes : class → the first lesson that shows one; its own example lies in ``_moving/CLASS.html``
    """

    cells: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, Lesson] = field(default_factory=dict)


def export(lessons: Sequence[Lesson], source: Path, course: Path) -> Moving:
    """Export the explorers of `lessons` and one of each class into ``_moving/`` of the folder `source`.

    A class whose lessons are not among `lessons` is left out. Nothing is run but the explorers themselves.
    """
    cells, classes = {}, {}
    for lesson in all_lessons(course):
        for number, code in _cells(lesson):
            name = named_in(code)
            if lesson in lessons:
                cells[code] = name if _OWN_EXAMPLE.search(code) and ".set(" not in code else f"{lesson.number}-{number}"
            if name and name not in NO_EXAMPLE and (lesson in lessons or name == ON_THE_FRONT_PAGE):
                classes.setdefault(name, lesson)
    jobs = {name: f"explore.{name}()" for name in classes} | {
        key: code for code, key in cells.items() if key not in classes
    }
    # TensorFlow and fork do not mix.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as workers:
        made = dict(zip(jobs, workers.map(_element, jobs, jobs.values()), strict=True))
    for key, element in made.items():
        if element:
            lay(source / FOLDER / f"{key}.html", element)
    return Moving(
        {code: key for code, key in cells.items() if made.get(key)},
        {name: lesson for name, lesson in classes.items() if made[name]},
    )


def _cells(lesson: Lesson) -> Iterator[tuple[int, str]]:
    """Yield number and source of each cell whose output is an explorer's twin."""
    for number, cell in enumerate(read_notebook(lesson.notebook)["cells"], start=1):
        outputs = cell.get("outputs", []) if cell["cell_type"] == "code" else []
        if any("cnnlab-twin" in "".join(output.get("data", {}).get("text/html", "")) for output in outputs):
            yield number, cell["source"]


def _element(key: str, code: str) -> str:
    """The explorer of a cell; "" if the cell alone does not tell which, or if it has nothing to move."""
    try:
        shown = moving(code)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None
    return f'{shown.html}<p class="cnnlab-note">{_elsewhere(shown.rest)}</p>' if shown else ""


def _elsewhere(rest: Sequence[str]) -> str:
    """What a notebook moves besides, as HTML: the lesson's text speaks of it too.

    >>> _elsewhere(["pads"])
    'Drawn beforehand. In the notebook any value can be set, and <code>pads</code> moves as well.'
    """
    names = [f"<code>{html.escape(name)}</code>" for name in rest]
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    more = f", and {listed} {'move' if len(names) > 1 else 'moves'} as well" if names else ""
    return f"Drawn beforehand. In the notebook any value can be set{more}."


def write_gallery(shown: Moving, source: Path) -> None:
    """Write the page of all explorers that move, ``explorers.md``, and a page for each into the folder `source`."""
    cards = []
    for name, lesson in shown.classes.items():
        title, says = _title(name), _summary(name)
        element = (source / FOLDER / f"{name}.html").read_text(encoding="utf-8")
        lay(source / "explorers" / f"{name}.md", _explorer_page(name, title, says, lesson))
        width, height = _thumbnail(element, source / "_extra" / "pictures" / f"{name}.webp")
        cards.append(
            f'<li><a href="explorers/{name}.html"><img alt="{_said(element)}" width="{width}" height="{height}" '
            f'loading="lazy" src="pictures/{name}.webp"><b>{title}</b></a> {html.escape(says)}</li>'
        )
    pages = "\n".join(f"explorers/{name}" for name in shown.classes)
    contents = f"```{{toctree}}\n:hidden:\n\n{pages}\n```\n" if pages else ""
    page = source / "explorers.md"
    text = page.read_text(encoding="utf-8")
    lay(page, f'{text}\n<ul class="gallery">\n{chr(10).join(cards)}\n</ul>\n\n{contents}')


def _title(name: str) -> str:
    """Return a class's name in words.

    >>> _title("GradCamExplorer"), _title("NmsStepper")
    ('Grad-CAM explorer', 'NMS stepper')
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()
    for said, meant in (("Grad cam", "Grad-CAM"), ("Nms", "NMS"), ("Pr ", "Precision-recall ")):
        words = words.replace(said, meant)
    return words


def _summary(name: str) -> str:
    from cnnlab import explore

    return getattr(explore, name).__doc__.strip().partition("\n\n")[0].replace("\n", " ").replace("`", "")


def _explorer_page(name: str, title: str, says: str, lesson: Lesson) -> str:
    return f"""\
# {title}

{says}

{place(name)}

It belongs to [lesson {lesson.title}](../lessons/{lesson.name}.ipynb). In a notebook it takes your own numbers, pictures
and models:

```python
from cnnlab import explore

explore.{name}()
```
"""


def _said(element: str) -> str:
    """The first line of what an element says of its picture, as HTML."""
    return re.search(r' alt="([^"\n]*)', _IMAGE.search(element)[0])[1]


def _thumbnail(element: str, file: Path) -> tuple[int, int]:
    """Write the picture that an element begins with, made small, and return the size at which it is shown."""
    from PIL import Image

    packed = re.search(r'src="data:image/\w+;base64,([^"]+)"', _IMAGE.search(element)[0])[1]
    with Image.open(io.BytesIO(base64.b64decode(packed))) as opened:
        small = opened.convert("RGB")
    small.thumbnail((_WIDE, _WIDE))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=85)
    lay(file, out.getvalue())
    return small.width // 2, small.height // 2
