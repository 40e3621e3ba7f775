"""How much a learner's answers may use."""

from __future__ import annotations

from dataclasses import dataclass

from cnnlab.common.validate import check_int, check_number

GIB = 1024**3
MB = 1_000_000


@dataclass(frozen=True)
class Limits:
    """How much a learner's answers to one lesson may use.

    Attributes
    ----------
    seconds : wall time for all of them, > 0
    memory : bytes of main memory, >= 64 MiB; Keras with TensorFlow takes 0.7 GiB before it has learned anything
    processes : at a time, >= 1; on Linux none can be started at all
    output : bytes of what is printed that are kept, >= 0
    files : bytes written to disk, >= 0
    """

    seconds: float = 60.0
    memory: int = 4 * GIB
    processes: int = 64
    output: int = MB
    files: int = 256 * MB

    def __post_init__(self) -> None:
        check_number(self.seconds, "seconds", above=0)
        for name, least in (("memory", 64 * 1024**2), ("processes", 1), ("output", 0), ("files", 0)):
            check_int(getattr(self, name), name, least)
