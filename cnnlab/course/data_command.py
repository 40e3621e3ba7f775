"""``cnnlab data``: which data files there are and where they lie, and fetching them for a room without a network."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from tqdm import tqdm

from cnnlab.data import datasets


def list_files(announce: Callable[[str], object]) -> int:
    """Say of each data file its size, where it lies or would come from, and what is wrong with it. Returns 0."""
    rows = datasets.available()
    width = max((len(row.name) for row in rows), default=0)
    for row in rows:
        where = f"{row.place}: {row.path}" if row.path else f"{row.place}, from {row.url}"
        size = f"{row.bytes / 1e6:8.1f} MB"
        trouble = f" ({row.trouble})" if row.trouble else ""
        announce(f"{row.name:{width}}  {size}  {where}{trouble}")
    return 0


def get_files(
    names: Sequence[str],
    to: str | os.PathLike[str] | None,
    announce: Callable[[object], object],
    complain: Callable[[Exception, int], int],
) -> int:
    """Fetch data files one by one, with a progress bar.

    Parameters
    ----------
    names : as `list_files` says them
    to : the folder to put them in; None for the data folder or the cache
    announce : gets the path of each file that is there
    complain : gets an error and the exit status that it means, which it returns

    Returns
    -------
    int
        The exit status: 0, or 1 if a file could not be had, or 2 for a name that is none, after which nothing is tried.
    """
    status = 0
    for name in names:
        with tqdm(desc=name, unit="B", unit_scale=True, disable=None, leave=False) as bar:

            def show(so_far: int, total: int, bar: tqdm = bar) -> None:
                bar.total = total
                bar.update(so_far - bar.n)

            try:
                path = datasets.fetch(name, to=to, progress=show)
            except ValueError as error:
                return complain(error, 2)
            except datasets.DataError as error:
                status = complain(error, 1)
                continue
        announce(path)
    return status
