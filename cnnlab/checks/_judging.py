"""How a list of answers is compared with the right ones, and with those that a misreading would give."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnlab.checks._exercise import Wrong, close


def judge(got: Sequence, right: Sequence, cases: Sequence[str], misreadings: Sequence[tuple], last: str) -> None:
    """Raise `Wrong` for the first case that fails, with the misreading that explains every answer given.

    `misreadings` are pairs: the answers to all cases that somebody would give, and what to tell them.
    """
    wrong = [i for i in range(len(right)) if not close(got[i], right[i])]
    if not wrong:
        return
    first = wrong[0]
    said = f"{cases[first]} you got {short(got[first])}, not {short(right[first])}"
    for answers, message in misreadings:
        if all(close(mine, theirs) for mine, theirs in zip(got, answers, strict=True)):
            raise Wrong(f"{said}: {message}")
    raise Wrong(f"{said}. {last}")


def short(value: object) -> str:
    """Numbers as a learner reads them: rounded, and a large array by its shape.

    >>> short([0.1 + 0.2, 1])
    '[0.3, 1.0]'
    """
    values = np.asarray(value, dtype=float)
    if values.ndim == 0:
        return f"{float(values):.4g}"
    if values.size > 24:
        return f"an array of shape {values.shape}"
    return str(
        [[round(v, 4) + 0.0 for v in row] if isinstance(row, list) else round(row, 4) + 0.0 for row in values.tolist()]
    )
