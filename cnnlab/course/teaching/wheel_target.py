"""The machines that a wheelhouse is for: the wheels they can use, their answers to a requirement's conditions."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

from packaging import tags
from packaging.markers import default_environment

from cnnlab.course.lessons import CourseError

_SYSTEMS = {
    "windows": {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows"},
    "macos": {"os_name": "posix", "sys_platform": "darwin", "platform_system": "Darwin"},
    "linux": {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux"},
}
PLATFORMS = ("windows", "macos-arm64", "macos-x86_64", "linux-x86_64", "linux-aarch64")
_OF_PIP = {
    r"win_amd64": "windows",
    r"macosx_\d+_\d+_(arm64|x86_64)": r"macos-\1",
    r"(?:many)?linux\w*?_(x86_64|aarch64)": r"linux-\1",
}


@dataclass(frozen=True)
class Target:
    """The machines that wheels are for.

    Attributes
    ----------
    python : ``"3.12"``
    platform : one of `PLATFORMS`; "" for this machine
    """

    python: str
    platform: str = ""

    def __str__(self) -> str:
        return f"Python {self.python} on {self.platform or 'this machine'}"

    @property
    def names(self) -> list[str]:
        """What the platform is called in the names of wheels, the newest first."""
        system, _, machine = self.platform.partition("-")
        if system == "windows":
            return ["win_amd64"]
        if system == "macos":
            return list(tags.mac_platforms((12, 0), machine))
        newer = [f"manylinux_2_{minor}_{machine}" for minor in range(28, 16, -1)]
        return [*newer, f"manylinux2014_{machine}", f"linux_{machine}"]

    @property
    def tags(self) -> frozenset[tags.Tag]:
        """The wheels that it can use."""
        if not self.platform:
            return frozenset(tags.sys_tags())
        version = tuple(map(int, self.python.split(".")))
        interpreter = f"cp{version[0]}{version[1]}"
        own = tags.cpython_tags(version, platforms=self.names)
        return frozenset([*own, *tags.compatible_tags(version, interpreter, self.names)])

    @property
    def environment(self) -> dict[str, str]:
        """What it answers to the conditions of a requirement."""
        if not self.platform:
            return dict(default_environment())
        system, _, machine = self.platform.partition("-")
        full = f"{self.python}.0"
        return {
            **default_environment(),
            **_SYSTEMS[system],
            "platform_machine": machine or "AMD64",
            "python_version": self.python,
            "python_full_version": full,
            "implementation_name": "cpython",
            "implementation_version": full,
            "platform_python_implementation": "CPython",
        }

    @property
    def of_pip(self) -> list[str]:
        """The options that make pip download for it."""
        chosen = [option for name in self.names for option in ("--platform", name)]
        return ["--only-binary", ":all:", "--implementation", "cp", "--python-version", self.python, *chosen]


def target(python: str | None = None, platform: str | None = None) -> Target:
    """Return the target that two words name.

    Parameters
    ----------
    python : ``"3.12"``; this Python when not given
    platform : one of `PLATFORMS`, or pip's own word such as ``win_amd64``; this machine when not given

    Examples
    --------
    >>> target("3.12", "win_amd64")
    Target(python='3.12', platform='windows')
    >>> target("3.12", "solaris")
    Traceback (most recent call last):
    cnnlab.course.lessons.CourseError: `--platform` must be one of windows, macos-arm64, macos-x86_64, linux-x86_64, \
linux-aarch64. Received: 'solaris'
    """
    here = "{}.{}".format(*sys.version_info)
    if python is not None and not re.fullmatch(r"3\.\d{1,2}", python, re.ASCII):
        raise CourseError(f"`--python` must be a version such as 3.12. Received: {python!r}")
    if platform is None:
        return Target(here) if python in (None, here) else Target(python, _this_platform())
    for pattern, name in _OF_PIP.items():
        if found := re.fullmatch(pattern, platform):
            platform = found.expand(name)
    if platform not in PLATFORMS:
        raise CourseError(f"`--platform` must be one of {', '.join(PLATFORMS)}. Received: {platform!r}")
    return Target(python or here, platform)


def _this_platform() -> str:
    found = default_environment()
    system = next((name for name, of in _SYSTEMS.items() if of["sys_platform"] == found["sys_platform"]), "linux")
    return system if system == "windows" else f"{system}-{found['platform_machine']}"
