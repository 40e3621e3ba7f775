"""How long it takes to grade a class, lesson by lesson, and what a copy costs.

    python benchmarks/grade_class.py                       # 20 learners, lessons 02, 03 and 05, two at a time
    python benchmarks/grade_class.py --learners 60 --lessons 02 --jobs 1

The class is the generated one of the tests: right answers in several styles, misreadings, errors, open cells.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "course" / "grading")]

import generated_class  # noqa: E402  of the tests
from lesson_files import NAMES  # noqa: E402
from platform_trees import write_tree  # noqa: E402

from cnnlab.course.grading.grade import grade  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--learners", type=int, default=20, help="default: 20")
    parser.add_argument("--lessons", nargs="+", default=["02", "03", "05"], help="numbers (default: 02 03 05)")
    parser.add_argument("--jobs", type=int, default=2, help="at a time (default: 2)")
    options = parser.parse_args()
    people = generated_class.people(options.learners)
    print("lesson                              copies  seconds  each, on its own")
    for lesson in (name for name in NAMES if name[:2] in options.lessons):
        made = generated_class.make((lesson,), people)
        with tempfile.TemporaryDirectory() as folder:
            submissions = write_tree("moodle", Path(folder, "in"), made.submissions)
            begin = time.perf_counter()
            school = grade(submissions, [lesson], out=Path(folder, "out"), jobs=options.jobs)
            seconds = time.perf_counter() - begin
        each = sum(one.seconds for one in school.graded) / len(school.graded)
        print(f"{lesson:34}  {len(school.graded):6}  {seconds:7.0f}  {each:16.1f}", flush=True)


if __name__ == "__main__":
    main()
