"""Which modules from outside the project were imported, and from where; their versions are for the engine to find, and
whether their files change."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .project import Project

_STANDARD = os.path.dirname(os.__file__) + os.sep
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_INSTALLED = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)

# Modules that were looked at already; those of the interpreter and of this package are nobody's libraries.
_looked_at: set[str] = set(sys.modules)
# Directory -> names of the modules in it.
_found: dict[str, list[str]] = {}


def imported() -> dict[str, list[str]]:
    """Top-level modules by the directory that they were found in, the standard library left out.

    A template knows what its forkserver has looked at, so that only what the flow itself adds takes time.
    """
    standard = (os.path.dirname(os.__file__), os.path.dirname(__file__))
    for name in [name for name in sys.modules if "." not in name and name not in _looked_at]:
        _looked_at.add(name)
        file = getattr(sys.modules[name], "__file__", None)
        if not isinstance(file, str):
            continue
        directory, base = os.path.split(file)
        if base.startswith("__init__."):
            directory = os.path.dirname(directory)
        if directory not in standard and os.path.basename(directory) != "lib-dynload":
            _found.setdefault(directory, []).append(name)
    return _found


def files_of(names: Iterable[str], project: Project | None = None) -> dict[str, list[str]]:
    """The files of these modules by directory, the standard library and those of the project left out."""
    paths = []
    for name in names:
        path = getattr(sys.modules.get(name), "__file__", None)
        if not isinstance(path, str) or _is_given(path):
            continue
        if project is None or not project.owns(os.path.realpath(path)):
            paths.append(path)
    return by_directory(paths)


def is_standard(name: str) -> bool:
    """Whether a module that was imported comes with Python, or with this package."""
    path = getattr(sys.modules.get(name), "__file__", None)
    return _is_given(path) if isinstance(path, str) else name in sys.builtin_module_names


def _is_given(path: str) -> bool:
    standard = path.startswith(_STANDARD) and not any(mark in path for mark in _INSTALLED)
    return standard or path.startswith(_PACKAGE)


def by_directory(paths: Iterable[str]) -> dict[str, list[str]]:
    """The same paths, shorter."""
    found: dict[str, list[str]] = {}
    for path in paths:
        directory, base = os.path.split(path)
        found.setdefault(directory, []).append(base)
    return found
