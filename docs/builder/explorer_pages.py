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
from cnnlab.course.notebook import read_notebook
from cnnlab.explore.cells import from_source, named_in

ON_THE_FRONT_PAGE = "ShapeExplorer"
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
    classes: Mapping[str, Lesson | None] = field(default_factory=dict)


def export(lessons: Sequence[Lesson], source: Path, course: Path) -> Moving:
    """Export the explorers of `lessons` and one of each class into ``_moving/`` of the folder `source`.

    A class whose lessons are not among `lessons` is left out. Nothing is run but the explorers themselves.
    """
    cells = {code: f"{lesson.number}-{number}" for lesson in lessons for number, code in _cells(lesson)}
    classes: dict[str, Lesson | None] = {ON_THE_FRONT_PAGE: None}
    for lesson in all_lessons(course):
        for _, code in _cells(lesson):
            name = named_in(code)
            if name and not classes.get(name) and (lesson in lessons or name == ON_THE_FRONT_PAGE):
                classes[name] = lesson
    jobs = [(name, "") for name in classes] + [(key, code) for code, key in cells.items()]
    # TensorFlow and fork do not mix.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as workers:
        made = dict(zip((key for key, _ in jobs), workers.map(_element, jobs), strict=True))
    for key, element in made.items():
        if element:
            lay(source / FOLDER / f"{key}.html", element)
    return Moving(
        {code: key for code, key in cells.items() if made[key]},
        {name: lesson for name, lesson in classes.items() if made[name]},
    )


def _cells(lesson: Lesson) -> Iterator[tuple[int, str]]:
    """Yield number and source of each cell whose output is an explorer's twin."""
    for number, cell in enumerate(read_notebook(lesson.notebook)["cells"], start=1):
        outputs = cell.get("outputs", []) if cell["cell_type"] == "code" else []
        if any("cnnlab-twin" in "".join(output.get("data", {}).get("text/html", "")) for output in outputs):
            yield number, cell["source"]


def _element(job: tuple[str, str]) -> str:
    """The explorer of a cell, or of a class where there is no code; "" if its states cannot be listed here."""
    from cnnlab import explore

    name, code = job
    explorer = from_source(code) if code else getattr(explore, name)()
    if explorer is None or not explorer.listed:
        return ""
    try:
        return explorer.to_html()
    except ValueError as error:
        raise ValueError(f"{name}, which shows {type(explorer).__name__}: {error}") from None


def write_gallery(moving: Moving, source: Path) -> None:
    """Write the page of all explorers that move, ``explorers.md``, and a page for each into the folder `source`."""
    cards = []
    for name, lesson in moving.classes.items():
        title, says = _title(name), _summary(name)
        element = (source / FOLDER / f"{name}.html").read_text(encoding="utf-8")
        lay(source / "explorers" / f"{name}.md", _explorer_page(name, title, says, lesson))
        thumbnail = _thumbnail(element, source / "_extra" / "pictures" / f"{name}.webp")
        cards.append(
            f'<li><a href="explorers/{name}.html"><img alt="" width="{thumbnail[0]}" height="{thumbnail[1]}" '
            f'loading="lazy" src="pictures/{name}.webp"><b>{title}</b></a> {html.escape(says)}</li>'
        )
    pages = "\n".join(f"explorers/{name}" for name in moving.classes)
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


def _explorer_page(name: str, title: str, says: str, lesson: Lesson | None) -> str:
    where = f"It belongs to [lesson {lesson.title}](../lessons/{lesson.name}.ipynb). " if lesson else ""
    return (
        f"# {title}\n\n{says}\n\n{place(name)}\n\n{where}This page holds some of its states, drawn beforehand. In a "
        f"notebook all its controls move, and it takes your own numbers, pictures and models:\n\n"
        f"```python\nfrom cnnlab import explore\n\nexplore.{name}()\n```\n"
    )


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
