"""What the process that judges may ask of the one that runs answers: run a cell, give a value."""

from __future__ import annotations

import sys
from typing import BinaryIO

from cnnlab.course.grading.judging import lent  # noqa: F401  each registers what it knows
from cnnlab.course.grading.judging.cells import Cells, names_of
from cnnlab.course.grading.wire import keras_objects  # noqa: F401  each registers what it knows
from cnnlab.course.grading.wire.channel import Channel
from cnnlab.course.startup import load_keras


class Session:
    """A namespace, and the requests that are served about it. Each takes the channel first, as every handler does."""

    def __init__(self) -> None:
        self.cells = Cells()

    def serve(self, reader: BinaryIO, writer: BinaryIO) -> None:
        """Serve until the other side has ended."""
        requests = (self.fresh, self.names, self.run, self.value, self.forget)
        Channel(reader, writer, describes=True, handlers={asked.__name__: asked for asked in requests}).serve()

    def fresh(self, channel: Channel) -> None:
        """Start a new namespace."""
        self.cells = Cells()

    def names(self, channel: Channel, source: str) -> tuple[list[str], list[str]] | None:
        """The names that a cell reads and those that it binds; see `cells.names_of`."""
        return names_of(source)

    def run(self, channel: Channel, label: str, source: str) -> dict[str, object]:
        """Run a cell; see `Cells.run`."""
        if "keras" in source and "keras" not in sys.modules:
            load_keras()
        return self.cells.run(label, source)

    def value(self, channel: Channel, name: str) -> tuple:
        """What a name stands for, as a tuple of one; an empty tuple where it stands for nothing."""
        return (self.cells.names[name],) if name in self.cells.names else ()

    def forget(self, channel: Channel) -> None:
        """Forget what was handed over."""
        channel.forget()
