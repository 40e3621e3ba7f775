"""The one exception of everything that reads Darknet's files."""

from __future__ import annotations


class DarknetError(ValueError):
    """A .cfg, a .weights or a .names file cannot be used. The message says where and why.

    Parameters
    ----------
    why : what is wrong, with the numbers
    file : name of the file, without its folder
    line : number of the line in it, from 1; 0 when no line is to blame
    section : kind of the section, such as ``"convolutional"``

    Examples
    --------
    >>> str(DarknetError("`filters` is missing", file="a.cfg", line=7, section="convolutional"))
    'a.cfg, line 7, [convolutional]: `filters` is missing'
    """

    def __init__(self, why: str, *, file: str = "", line: int = 0, section: str = "") -> None:
        where = [file] if file else []
        if line:
            where.append(f"line {line}")
        if section:
            where.append(f"[{section}]")
        super().__init__(f"{', '.join(where)}: {why}" if where else why)
