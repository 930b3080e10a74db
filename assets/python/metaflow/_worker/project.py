"""Which files are the user's project: beside the flow file, or below the working directory and not installed there."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class Project:
    """Around a flow file."""

    def __init__(self, directory: str, cwd: str) -> None:
        self._roots = tuple({os.path.realpath(root) + os.sep for root in (directory, cwd)})
        self._foreign = tuple({os.path.realpath(prefix) + os.sep for prefix in (sys.prefix, sys.base_prefix, _PACKAGE)})

    def owns(self, path: str) -> bool:
        """Whether a file, given by its real path, is part of it."""
        return path.startswith(self._roots) and not path.startswith(self._foreign) and "site-packages" not in path

    def files_of(self, names: Iterable[str]) -> list[str]:
        """The files of those of the loaded modules that are part of it, under the paths that they were imported from:
        a link may lead to another file later."""
        files = []
        for name in names:
            path = getattr(sys.modules.get(name), "__file__", None)
            if isinstance(path, str):
                if self.owns(os.path.realpath(path)):
                    files.append(os.path.abspath(path))
        return files

    def provides(self, module: str) -> bool:
        """Whether importing that module would execute a file of it."""
        from importlib.util import find_spec

        try:
            spec = find_spec(module.partition(".")[0])
        except (ImportError, ValueError):
            return False
        if spec is None:
            return False
        places = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
        return any(self.owns(os.path.realpath(place)) for place in places)


def forget(names: Iterable[str], directory: str) -> None:
    """Let go of libraries that were imported under the names of modules in this directory: when these were not there
    yet, or by other libraries."""
    for name in names:
        module = sys.modules.get(name)
        path = getattr(module, "__file__", None)
        if not isinstance(path, str) or path.startswith(directory + os.sep) or _is_given(name, module):
            continue
        for loaded in [loaded for loaded in sys.modules if loaded == name or loaded.startswith(name + ".")]:
            del sys.modules[loaded]


def _is_given(name: str, module: Any) -> bool:
    """Whether nothing beside a flow comes before it: this package, and what Python itself has imported at its start."""
    return name == "metaflow" or getattr(getattr(module, "__spec__", None), "origin", None) == "frozen"


def imported_since(mark: str) -> list[str]:
    """The names of the modules that were imported after the one that was the last then, newest first.

    In a forked process a look at all modules would copy the pages that they are on.
    """
    names = []
    for name in reversed(sys.modules):
        if name == mark:
            break
        names.append(name)
    return names


def last_imported() -> str:
    """The mark for `imported_since`."""
    return next(reversed(sys.modules))
