"""Text → sections: what a Darknet .cfg says, each value read and checked, nothing built yet.

A .cfg is a list of sections in the order in which the picture passes them. The first, ``[net]``, gives the picture's
size; each other is a layer. Lines starting with ``#`` or ``;`` are comments, and blanks inside a line mean nothing, as
in Darknet's own reader. Text that only steers training is read over, as when a network is run. Where Darknet ignores
what it does not know, this reader refuses it: an option misspelt is a network mistaken.
"""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from cnnlab.common.errors import cause
from cnnlab.detection.darknet.error import DarknetError
from cnnlab.detection.darknet.options import ALIASES, NOT_BUILT, SECTIONS, steers_training

MOST_BYTES = 1_000_000  # yolov3.cfg has 8,342
MOST_SECTIONS = 1_000  # yolov3.cfg has 108


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
    """

    kind: str
    line: int
    values: dict[str, object] = field(repr=False)
    lines: dict[str, int] = field(repr=False)

    def __getitem__(self, option: str) -> object:
        return self.values[option]

    def given(self, option: str) -> bool:
        """Whether the file itself gives `option`."""
        return option in self.lines


@dataclass(frozen=True)
class Config:
    """What a .cfg says: the ``[net]`` section, the layers in order, the file's name and its bytes."""

    net: Section
    layers: tuple[Section, ...]
    file: str
    data: bytes = field(repr=False)

    def error(self, why: str, section: Section, option: str = "") -> DarknetError:
        """A `DarknetError` about `section`, at the line of `option` where the file gives it."""
        return DarknetError(why, file=self.file, line=section.lines.get(option, section.line), section=section.kind)


def read(path: str | os.PathLike[str]) -> Config:
    """Read a .cfg file.

    Raises
    ------
    DarknetError
        If the file cannot be opened or is not a .cfg; see `parse`.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise DarknetError(f"cannot be read ({cause(error)})", file=path.name) from None
    # Comments were written in every encoding there is; what matters is ASCII. The bytes are kept for `export`.
    return replace(parse(data.decode("utf-8-sig", errors="replace"), path.name), data=data)


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
    cnnlab.detection.darknet.error.DarknetError: huge.cfg, line 2, [net]: `width` must be a whole number from 1 to 10000. Received: '1000000000'
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
    given: dict[str, str] = {}
    for number, bare in bare_lines:
        if not bare or bare[0] in "#;\0":
            continue
        if bare[0] == "[":
            if sections:
                _finish(sections[-1], given, file)
            sections.append(_opened(bare, number, len(sections), file))
            given = {}
        else:
            _add_option(bare, number, sections, given, file)
    if not sections:
        raise DarknetError("must begin with a [net] section; it has none", file=file)
    _finish(sections[-1], given, file)
    return Config(sections[0], tuple(sections[1:]), file, text.encode(errors="replace"))


def _opened(bare: str, number: int, before: int, file: str) -> Section:
    """The section that the line `bare` opens."""
    kind = bare[1:].removesuffix("]")
    if not bare.endswith("]") or not kind:
        raise DarknetError(f"a section is a name in brackets. Received: {bare[:40]!r}", file=file, line=number)
    kind = ALIASES.get(kind, kind)
    if kind not in SECTIONS:
        near = difflib.get_close_matches(kind[:40], SECTIONS, n=1)
        hint = f" Did you mean [{near[0]}]?" if near else ""
        raise DarknetError(
            f"is no section of Darknet's: this package knows {', '.join(SECTIONS)}.{hint}",
            file=file, line=number, section=kind[:40],
        )  # fmt: skip
    if (kind == "net") != (before == 0):
        raise DarknetError("the first section, and no other, must be [net]", file=file, line=number, section=kind)
    if before > MOST_SECTIONS:
        raise DarknetError(f"there are more than {MOST_SECTIONS:,} layers", file=file, line=number, section=kind)
    return Section(kind, number, {}, {})


def _add_option(bare: str, number: int, sections: list[Section], given: dict[str, str], file: str) -> None:
    """Note the line ``name=value`` for the section that is open."""
    if not sections:
        raise DarknetError(f"must begin with a [net] section. Received: {bare[:40]!r}", file=file, line=number)
    section = sections[-1]
    name, sign, value = bare.partition("=")
    if sign and steers_training(name, section.kind):
        return
    value = value.partition("#")[0].partition(";")[0]
    if not sign or not name or not value:
        raise DarknetError(
            f"a line must be an option, name=value. Received: {bare[:40]!r}",
            file=file, line=number, section=section.kind,
        )  # fmt: skip
    if name in given:
        raise DarknetError(
            f"`{name}` is given twice, here and in line {section.lines[name]}",
            file=file, line=number, section=section.kind,
        )  # fmt: skip
    known = SECTIONS[section.kind]
    if name not in known:
        near = difflib.get_close_matches(name[:40], known, n=1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        raise DarknetError(
            f"`{name[:40]}` is not an option that this package knows here.{hint}",
            file=file, line=number, section=section.kind,
        )  # fmt: skip
    given[name] = value
    section.lines[name] = number


def _finish(section: Section, given: dict[str, str], file: str) -> None:
    """Read the values of a section that is complete."""
    for name, option in SECTIONS[section.kind].items():
        if name not in given:
            if option.default is None:
                raise DarknetError(f"`{name}` is missing", file=file, line=section.line, section=section.kind)
            section.values[name] = option.default
            continue
        try:
            section.values[name] = option.read(given[name])
        except ValueError as error:
            raise DarknetError(
                f"`{name}` {error}. Received: {given[name][:40]!r}",
                file=file, line=section.lines[name], section=section.kind,
            ) from None  # fmt: skip
