"""How far a batch is: a bar on stderr where that is a terminal, and a line on stdout for whatever ends."""

from __future__ import annotations

import sys


def printable(text: str) -> str:
    """Return a text of a stranger's, such as a file's name, without what a terminal takes for a command.

    >>> printable("Ada\\x1b[2J.ipynb")
    'Ada�[2J.ipynb'
    """
    return "".join(character if character.isprintable() else "�" for character in text)


class Display:
    """A bar that is never in the way of the lines.

    Parameters
    ----------
    total : how many units there are
    unit : what is counted, such as ``"cell"``
    """

    def __init__(self, total: int, unit: str) -> None:
        from tqdm import tqdm

        # disable=None: no bar where stderr is a file or a pipe; the lines say it all there.
        self.bar = tqdm(total=total, unit=unit, disable=None, dynamic_ncols=True, leave=False)

    def line(self, text: str) -> None:
        """Print a line above the bar."""
        self.bar.write(text, file=sys.stdout)
        sys.stdout.flush()  # a log is read while the run goes on

    def advance(self, units: int, now: str = "") -> None:
        """Move the bar on; `now` is what it is at."""
        if now:
            self.bar.set_postfix_str(now, refresh=False)
        self.bar.update(units)

    def close(self) -> None:
        """Take the bar away."""
        self.bar.close()
