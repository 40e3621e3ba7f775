"""What is installed, compared with what a package says it needs: the packages' own metadata, no second list."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import metadata


def requirements(package: str) -> list:
    """The requirements of an installed package as ``packaging`` objects; none when it is not installed."""
    from packaging.requirements import Requirement

    try:
        return [Requirement(line) for line in metadata.requires(package) or ()]
    except metadata.PackageNotFoundError:
        return []


def belongs(requirement: object, extra: str) -> bool:
    """Whether `requirement` is asked for by `extra` (``""``: by cnnlab itself) on this Python."""
    marker = requirement.marker
    if not extra:
        return marker is None or marker.evaluate({"extra": ""})
    return marker is not None and marker.evaluate({"extra": extra}) and not marker.evaluate({"extra": ""})


def version(name: str) -> str:
    """Version of an installed distribution, or empty.

    >>> version("no-such-package")
    ''
    """
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def unmet(wanted: Iterable) -> list:
    """Those of the requirements `wanted` that are not installed, or in a version that is not allowed."""
    found = ((one, version(one.name)) for one in wanted)
    return [one for one, has in found if not has or not one.specifier.contains(has, prereleases=True)]


def command(wanted: Iterable) -> str:
    """What to type to install the requirements `wanted`.

    >>> from packaging.requirements import Requirement
    >>> command([Requirement("numpy>=1.26"), Requirement("tqdm")])
    'python -m pip install "numpy>=1.26" "tqdm"'
    """
    return "python -m pip install " + " ".join(f'"{one.name}{one.specifier}"' for one in wanted)
