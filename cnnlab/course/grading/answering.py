"""The process that runs a learner's answers: ``python -m cnnlab.course.grading.answering``, started by `judge`.

Nothing that happens here can be trusted, and nothing here decides anything: it runs cells, and hands over what they
leave behind when it is asked.
"""

from __future__ import annotations

import sys


def main(arguments: list[str]) -> None:
    """Give up what answers do not need, then serve the process that judges until it closes the pipe."""
    from cnnlab.course.grading.inside import enter

    reader, writer = enter()  # before NumPy, which starts threads
    if "--keras" in arguments:
        from cnnlab.course.startup import load_keras

        load_keras()
    from cnnlab.course.grading import wire_keras  # noqa: F401  registers what it knows
    from cnnlab.course.grading.wire import Channel

    _Session().serve(Channel(reader, writer, describes=True))


class _Session:
    """What the process that judges may ask for."""

    def __init__(self) -> None:
        from cnnlab.course.grading.cells import Cells

        self._new = Cells
        self.cells = Cells()

    def serve(self, channel) -> None:  # noqa: ANN001  its module imports NumPy
        from cnnlab.course.grading.wire import handler

        for request in (self.fresh, self.names, self.run, self.value, self.forget):
            handler(request.__name__)(request)
        channel.serve()

    def fresh(self, channel) -> None:
        self.cells = self._new()

    def names(self, channel, source: str) -> object:
        from cnnlab.course.grading.cells import names_of

        return names_of(source)

    def run(self, channel, label: str, source: str) -> dict:
        if "keras" in source and "keras" not in sys.modules:
            from cnnlab.course.startup import load_keras

            load_keras()
        return self.cells.run(label, source)

    def value(self, channel, name: str) -> tuple:
        return (self.cells.names[name],) if name in self.cells.names else ()

    def forget(self, channel) -> None:
        channel.forget()


if __name__ == "__main__":
    main(sys.argv[1:])
