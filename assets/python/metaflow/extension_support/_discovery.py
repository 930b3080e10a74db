"""Which extension packages there are, what they contribute to, and in which order they count."""

from __future__ import annotations

import os
from collections import namedtuple

from . import EXT_PKG

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# A module that contributes to an extension point: of which package, of which organisation.
MFExtModule = namedtuple("MFExtModule", ("package_name", "tl_package", "module"))

# The directories below an organisation that mean something.
_POINTS = (
    "plugins.env_escape",
    "plugins.cards",
    "plugins.datatools",
    "plugins",
    "config",
    "exceptions",
    "toplevel",
    "cmd",
    "alias",
)


class Package:
    """One installed distribution, or one directory of the import path; `files` limits it to its own."""

    def __init__(self, name: str, version: str, root: str, files: frozenset[str] | None, needs: list[str]) -> None:
        self.name = name
        self.version = version
        self.root = root
        self.files = files
        self.needs = needs

    def contributions(self) -> Iterator[tuple[str, str, str]]:
        """Extension point, organisation, module."""
        for organisation in _directories(self.root):
            for point in _POINTS:
                parts = (organisation, *point.split("."))
                directory = os.path.join(self.root, *parts)
                module = self._config_module(directory, parts)
                if module is not None:
                    yield point, organisation, module

    def all_files(self) -> Iterator[tuple[str, str]]:
        """The package's files, each with its path below the root."""
        from ..packaging_sys.walk import files_below

        for path, name in files_below(self.root, hidden=True):
            if not name.endswith(".pyc") and (self.files is None or name.replace(os.sep, "/") in self.files):
                yield path, name

    def _config_module(self, directory: str, parts: tuple[str, ...]) -> str | None:
        """The module in which the directory says what it has."""
        try:
            names = sorted(os.listdir(directory))
        except OSError:
            return None
        if self.files is not None:
            names = [name for name in names if "/".join((*parts, name)) in self.files or not name.endswith(".py")]
        dotted = ".".join((EXT_PKG, *parts))
        found = [name[:-3] for name in names if name.startswith("mfextinit_") and name.endswith(".py")]
        if len(found) + ("__init__.py" in names) > 1:
            raise RuntimeError(
                f"The extension package {self.name} has more than one configuration file in {directory}."
            )
        if found:
            return f"{dotted}.{found[0]}"
        # Cards may stand in packages of their own below a directory that says nothing.
        return dotted if "__init__.py" in names or parts[1:] == ("plugins", "cards") else None


class Found:
    """All packages, the first to count first."""

    def __init__(self, packages: list[Package]) -> None:
        self.packages = packages
        # Extension point -> package, organisation, module.
        self.modules: dict[str, list[tuple[str, str, str]]] = {}
        for package in packages:
            for point, organisation, module in package.contributions():
                known = self.modules.setdefault(point, [])
                if all(module != other for _, _, other in known):
                    known.append((package.name, organisation, module))

    def described(self) -> dict[str, Any]:
        return {
            package.name: {"dist_version": package.version, "package_version": "<unk>", "extension_name": "<unk>"}
            for package in self.packages
        }


def look(places: list[str]) -> Found:
    """Installed distributions first, each after those that it needs, then directories of the import path."""
    installed: list[Package] = []
    loose: list[str] = []
    for place in places:
        found = _distributions(place)
        installed += found
        if not found:
            loose.append(os.path.realpath(place))
    packages = _in_order(installed)
    for number, place in enumerate(sorted(loose)):
        packages.append(Package(f"_pythonpath_{number}", "_local_", place, None, []))
    for package in packages:
        if os.path.exists(os.path.join(package.root, "__init__.py")):
            raise RuntimeError(f"{package.root} has to be without __init__.py: several packages share that name.")
    return Found(packages)


def _distributions(place: str) -> list[Package]:
    """The distributions whose files are in this directory."""
    parent = os.path.dirname(place)
    if not any(name.endswith((".dist-info", ".egg-info")) for name in _names(parent)):
        return []
    import re
    from importlib import metadata

    packages = []
    for distribution in metadata.distributions(path=[parent]):
        if EXT_PKG not in (distribution.read_text("top_level.txt") or "").split():
            continue
        files = [str(file) for file in distribution.files or () if file.parts[0] == EXT_PKG]
        if files:
            own = frozenset(file[len(EXT_PKG) + 1 :] for file in files)
            needs = [re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in distribution.requires or ()]
            packages.append(Package(distribution.metadata["Name"], distribution.version, place, own, needs))
    return packages


def _in_order(packages: list[Package]) -> list[Package]:
    waiting = sorted(packages, key=lambda package: package.name)
    ordered: list[Package] = []
    while waiting:
        names = {package.name for package in waiting}
        ready = [package for package in waiting if not names.intersection(package.needs)]
        if not ready:
            raise RuntimeError(f"The extension packages {', '.join(sorted(names))} need each other.")
        ordered += ready
        waiting = [package for package in waiting if package not in ready]
    return ordered


def _directories(root: str) -> list[str]:
    return [name for name in _names(root) if name.isidentifier() and os.path.isdir(os.path.join(root, name))]


def _names(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []
