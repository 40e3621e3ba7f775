"""A notebook taken apart: headings, words, predictions, exercises; and the checks that it imports."""

from __future__ import annotations

import pytest
from lesson_files import NAMES, ROOT, checks, exercises
from notebook_cells import code, markdown

from cnnlab.course.lesson_checks import checks_of, exercises_of
from cnnlab.course.lessons import CourseError, Lesson
from cnnlab.course.teaching.questions import questions
from cnnlab.course.teaching.reading import lesson_notebook, pieces
from cnnlab.course.teaching.rendering import Picture, Printed, shown


def kinds(*cells: dict) -> list[tuple[str, str]]:
    return [(piece.kind, piece.source) for piece in pieces({"cells": list(cells)})]


def test_markdown_falls_into_its_blocks():
    source = """## Stride
A row
of 7.

$$p

= 1$$

- one

  still one
- two

| a |
|---|

```python
x = 1

y = 2
```
> said

And **Predict.** How many?"""
    assert kinds(markdown(source)) == [
        ("heading", "Stride"),
        ("text", "A row\nof 7."),
        ("formula", "$$p\n\n= 1$$"),
        ("list", "- one\n\n  still one\n- two"),
        ("table", "| a |\n|---|"),
        ("listing", "```python\nx = 1\n\ny = 2\n```\n> said"),
        ("text", "And"),
        ("predict", "How many?"),
    ]


def test_what_only_a_kernel_needs_is_left_out():
    cells = [
        code("load_keras()", "bootstrap"),
        code('SEED = 0  # "full"', "parameters"),
        code("import numpy as np\nfrom cnnlab import (\n    conv,\n)"),
        markdown("[next](03.ipynb)", "navigation"),
        markdown("# Title\n\n<!-- navigation -->\n[a](b) ·\n[c](d)\n\nWhy?"),
        code("check.size(size)"),
    ]
    assert kinds(*cells) == [("heading", "Title"), ("text", "Why?"), ("check", "check.size(size)")]


@pytest.mark.parametrize(
    ("words", "question", "title"),
    [
        ("### Exercise: by hand\n\nHow many?\n\n| a |\n|---|", "How many?\n\n| a |\n|---|", "Exercise: by hand"),
        ("**Exercise 2.** How many?", "How many?", "Exercise 2"),
        ("Long words.\n\nNow yours: how many?", "Now yours: how many?", ""),
    ],
)
def test_an_exercise_takes_its_question_with_it(words, question, title):
    [*_, found] = pieces({"cells": [markdown("## Part"), markdown(words), code("n = ...", "exercise-n")]})
    assert (found.kind, found.name, found.source, found.title, found.stub) == (
        "exercise",
        "n",
        question,
        title,
        "n = ...",
    )


def test_an_exercise_keeps_its_name_across_code_that_stands_between():
    cells = [
        markdown("### Exercise: mend it\n\nLook:"),
        code("print(1)"),
        markdown("Mend it."),
        code("x = ...", "exercise-x"),
    ]
    assert [(p.kind, p.title) for p in pieces({"cells": cells})][-1] == ("exercise", "Exercise: mend it")


def test_jupyters_own_slide_types_count_as_tags():
    cell = {**markdown("Words."), "metadata": {"slideshow": {"slide_type": "notes"}}}
    assert pieces({"cells": [cell]})[0].tags == {"notes"}


def test_outputs_are_pictures_with_their_words_and_text_without_colours():
    html = (
        '<div class="cnnlab-twin"><img alt="Two &amp; two" width="80" height="40" src="data:image/png;base64,AA"></div>'
    )
    outputs = [
        {"output_type": "display_data", "data": {"text/html": [html], "text/plain": "x"}},
        {"output_type": "execute_result", "data": {"text/html": "<b>4</b>", "text/plain": "\x1b[31m4\x1b[0m\n"}},
        {"output_type": "display_data", "data": {"image/png": "QQ\n", "text/plain": "<Figure>"}},
        {"output_type": "error", "ename": "ValueError", "evalue": "bad", "traceback": []},
        {"output_type": "stream", "name": "stdout", "text": "\n"},
    ]
    assert list(shown(outputs)) == [
        Picture("Two & two", 80, 40, "data:image/png;base64,AA", explorer=True),
        Printed("4"),
        Picture("<Figure>", 640, 360, "data:image/png;base64,QQ"),
        Printed("bad"),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_lesson_gives_all_that_it_asks(name):
    notebook = lesson_notebook(Lesson(ROOT, name))
    assert checks_of(notebook) is checks(name)
    asked = questions(pieces(notebook), exercises_of(checks_of(notebook)))
    predicted = sum(cell["source"].count("**Predict") for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    assert sum(one.kind == "predict" for one in asked) == predicted
    assert sum(one.kind == "exercise" for one in asked) == len(exercises(name))
    assert [one.number for one in asked] == list(range(1, len(asked) + 1))
    assert sum(not one.results and not one.solution for one in asked) <= 1  # lesson 08 asks what it answers much later


def test_without_checks_it_says_so():
    with pytest.raises(CourseError, match="The lesson has no checks: no cell says"):
        checks_of({"cells": [code("%matplotlib inline\ncheck = 1"), code("import numpy as np")]})
    with pytest.raises(CourseError, match=r"cannot be imported: no_such_module\.checks"):
        checks_of({"cells": [code("from no_such_module import checks as check")]})
