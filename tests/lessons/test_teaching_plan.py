"""docs/teaching.md tells a teacher what each lesson takes, and the lessons, the README and the notebooks agree."""

from __future__ import annotations

import re

from lesson_files import NAMES, ROOT, exercises, notebook

from cnnlab.course.progress import described

TEXT = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
ROWS = {
    row[0]: row[1:] for row in re.findall(r"^\| (\d\d) \| .+? \| (\d+) min \| (.+?) \| (\d+) \| (\d+) \|", TEXT, re.M)
}


def test_the_table_says_what_the_lessons_say():
    times, found = described(ROOT), {}
    for name in NAMES:
        cells = [cell.source for cell in notebook(name).cells if cell.cell_type == "markdown"]
        minutes = re.search(r"\*\*Time:\*\*\D*?(\d+)\s+minutes", "\n".join(cells))[1]
        predictions = sum(source.count("**Predict") for source in cells)
        found[name[:2]] = (minutes, times[name][1], str(predictions), str(len(exercises(name))))
    assert found == ROWS
