"""Text → sections: what a Darknet .cfg says, each value read and checked, nothing built yet.

A .cfg is a list of sections in the order in which the picture passes them. The first, ``[net]``, gives the picture's
size; each other is a layer. Lines starting with ``#`` or ``;`` are comments, and blanks inside a line mean nothing, as
in Darknet's own reader. Text that only steers training is read over, as when a network is run. Where Darknet ignores
what it does not know, this reader refuses it: an option misspelt is a network mistaken.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from cnnlab.common.errors import cause
from cnnlab.detection.darknet.options import ALIASES, NOT_BUILT, SECTIONS, steers_training

MOST_BYTES = 1_000_000  # yolov3.cfg has 8,342
MOST_SECTIONS = 1_000  # yolov3.cfg has 108


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


@dataclass(frozen=True)
class Section:
    """One section of a .cfg.

    Attributes
    ----------
    kind : what stands in the brackets, short names (``[conv]``) in full
    line : where, from 1
    values : every option that changes what the network computes, with Darknet's default where the file is silent;
        ``section["filters"]`` reads it
    lines : line of each option that the file gives
    file : name of the file
    """

    kind: str
    line: int
    values: dict[str, object] = field(repr=False)
    lines: dict[str, int] = field(repr=False)
    file: str

    def __getitem__(self, option: str) -> object:
        return self.values[option]

    def error(self, why: str, option: str = "") -> DarknetError:
        """A `DarknetError` about this section, at the line of `option` where the file gives it."""
        return DarknetError(why, file=self.file, line=self.lines.get(option, self.line), section=self.kind)


@dataclass(frozen=True)
class Config:
    """What a .cfg says: the ``[net]`` section, the layers in order, the file's name and its bytes."""

    net: Section
    layers: tuple[Section, ...]
    file: str
    data: bytes = field(repr=False)


def read(path: str | os.PathLike[str]) -> Config:
    """Read a .cfg file.

    Raises
    ------
    DarknetError
        If the file cannot be opened or is not a .cfg; see `parse`.
    """
    data = first_bytes(Path(path), MOST_BYTES + 1)
    # Comments were written in every encoding there is; what matters is ASCII. The bytes are kept for `export`.
    return replace(parse(data.decode("utf-8-sig", errors="replace"), Path(path).name), data=data)


def first_bytes(path: Path, count: int) -> bytes:
    """The first `count` bytes of a file, or all of a shorter one; a `DarknetError` if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(count)
    except OSError as error:
        raise DarknetError(f"cannot be read ({cause(error)})", file=path.name) from None


def parse(text: str, file: str = "cfg") -> Config:
    """Read the text of a .cfg.

    Parameters
    ----------
    text : the file's content
    file : its name, for error messages

    Returns
    -------
    Config

    Raises
    ------
    DarknetError
        Naming file, line and section: for an unknown section or option, an option of the network given twice, a value
        out of range, and what this package does not compute.

    Examples
    --------
    >>> config = parse("[net]\\nwidth=32\\nheight=32\\n[convolutional]\\nfilters=8\\nsize=3\\npad=1\\n")
    >>> config.layers[0]["filters"], config.layers[0]["stride"], config.layers[0]["activation"]
    (8, 1, 'logistic')
    >>> parse("[net]\\nwidth=1000000000\\nheight=32", "huge.cfg")
    Traceback (most recent call last):
    cnnlab.detection.darknet.cfg.DarknetError: huge.cfg, line 2, [net]: `width` must be a whole number from 1 to 10000. Received: '1000000000'
    """  # noqa: E501
    if len(text) > MOST_BYTES:
        raise DarknetError(f"must have at most {MOST_BYTES:,} characters to be a .cfg", file=file)
    # Not splitlines(): that would also break at form feeds and other characters that Darknet reads as text.
    lines = text.replace("\r", "\n" if "\n" not in text else "").split("\n")
    bare_lines = [(number, "".join(line.split())) for number, line in enumerate(lines, start=1)]
    for number, bare in bare_lines:  # first: a recurrent network, for one, has a [net] without a picture
        kind = bare[1:-1] if bare[:1] == "[" else ""
        if kind in NOT_BUILT:
            raise DarknetError(NOT_BUILT[kind], file=file, line=number, section=kind)
    sections: list[Section] = []
    for number, bare in bare_lines:
        if not bare or bare[0] in "#;\0":
            continue
        error = partial(DarknetError, file=file, line=number)
        if bare[0] == "[":
            sections.append(Section(_kind(bare, len(sections), error), number, {}, {}, file))
        elif not sections:
            raise error(f"must begin with a [net] section. Received: {bare[:40]!r}")
        else:
            _add_option(bare, number, sections[-1], partial(error, section=sections[-1].kind))
    if not sections:
        raise DarknetError("must begin with a [net] section; it has none", file=file)
    for section in sections:
        for name, option in SECTIONS[section.kind].items():
            if name not in section.values and option.default is None:
                raise section.error(f"`{name}` is missing")
            section.values.setdefault(name, option.default)
    return Config(sections[0], tuple(sections[1:]), file, text.encode(errors="replace"))


Error = Callable[..., DarknetError]


def _kind(bare: str, before: int, error: Error) -> str:
    """The kind of the section that the line `bare` opens, behind `before` others."""
    kind = bare[1:].removesuffix("]")
    if not bare.endswith("]") or not kind:
        raise error(f"a section is a name in brackets. Received: {bare[:40]!r}")
    kind = ALIASES.get(kind, kind)
    error = partial(error, section=kind[:40])
    if kind not in SECTIONS:
        known = f"is no section of Darknet's: this package knows {', '.join(SECTIONS)}."
        raise error(known + _did_you_mean(kind, SECTIONS, "[{}]"))
    if (kind == "net") != (before == 0):
        raise error("the first section, and no other, must be [net]")
    if before > MOST_SECTIONS:
        raise error(f"there are more than {MOST_SECTIONS:,} layers")
    return kind


def _add_option(bare: str, number: int, section: Section, error: Error) -> None:
    """Read the line ``name=value`` into the section that is open."""
    name, sign, text = bare.partition("=")
    if sign and steers_training(name, section.kind):
        return
    text = text.partition("#")[0].partition(";")[0]
    if not sign or not name or not text:
        raise error(f"a line must be an option, name=value. Received: {bare[:40]!r}")
    if name in section.lines:
        raise error(f"`{name}` is given twice, here and in line {section.lines[name]}")
    known = SECTIONS[section.kind]
    if name not in known:
        what = f"`{name[:40]}` is not an option that this package knows here."
        raise error(what + _did_you_mean(name, known, "`{}`"))
    section.lines[name] = number
    try:
        section.values[name] = known[name].read(text)
    except ValueError as broken:
        raise error(f"`{name}` {broken}. Received: {text[:40]!r}") from None


def _did_you_mean(name: str, known: Iterable[str], form: str) -> str:
    near = difflib.get_close_matches(name[:40], known, n=1)
    return f" Did you mean {form.format(near[0])}?" if near else ""
