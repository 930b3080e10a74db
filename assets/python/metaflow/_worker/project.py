"""Which files are the user's project: beside the flow file, or below the working directory and not installed there."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

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
        """The files of those of the loaded modules that are part of it."""
        files = []
        for name in names:
            path = getattr(sys.modules.get(name), "__file__", None)
            if isinstance(path, str):
                path = os.path.realpath(path)
                if self.owns(path):
                    files.append(path)
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
