"""The process that runs a learner's answers: ``python -m cnnlab.course.grading.judging.answering``, started by `judge`.

Nothing that happens here can be trusted, and nothing here decides anything: it runs cells, and hands over what they
leave behind when it is asked.
"""

from __future__ import annotations

import sys


def main(arguments: list[str]) -> None:
    """Give up what answers do not need, then serve the process that judges until it closes the pipe."""
    from cnnlab.course.grading.confined.inside import enter

    reader, writer = enter()  # before NumPy, which starts threads
    if "--keras" in arguments:
        from cnnlab.course.startup import load_keras

        load_keras()
    from cnnlab.course.grading.judging.session import Session

    Session().serve(reader, writer)


if __name__ == "__main__":
    main(sys.argv[1:])
