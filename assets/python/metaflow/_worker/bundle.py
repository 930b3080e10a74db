"""The code of the worker's modules in one file, so that a start reads one instead of fifty.

Python looks in several places for each module and checks the age of its compiled form, which is a quarter of the time
that importing the worker takes. The file lies with the compiled forms, in a directory that is never written again once
it is complete; one that somebody works on (`FLOWDEV_ASSETS`) has none.

`main` imports this module before the package itself: nothing of the package can be imported here.
"""

from __future__ import annotations

import marshal
import os
import sys
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader, spec_from_file_location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType
    from typing import Any

# Name -> where it is below the package, its code. A module that is in use has been taken out.
_bundled: dict[str, tuple[str, CodeType]] = {}


def path(package: str) -> str:
    """Where the bundle of this version of Python is."""
    return os.path.join(package, "__pycache__", f"worker.{sys.implementation.cache_tag}.bundle")


def use(package: str) -> None:
    """From here on modules come from the bundle, where there is one."""
    if "FLOWDEV_ASSETS" in os.environ:
        return
    try:
        with open(path(package), "rb") as file:
            data = file.read()
    except OSError:
        return
    if not data.startswith(MAGIC_NUMBER):
        return
    for name, (below, code) in marshal.loads(memoryview(data)[len(MAGIC_NUMBER) :]).items():
        _bundled[name] = (os.path.join(package, below), code)
    sys.meta_path.insert(0, _Finder)


def write(package: str, names: Iterable[str]) -> None:
    """Make the bundle of these modules, which have been imported."""
    bundled = {}
    for name in names:
        spec = sys.modules[name].__spec__
        bundled[name] = (os.path.relpath(spec.origin, package), spec.loader.get_code(name))
    to = path(package)
    staging = f"{to}.{os.getpid()}"
    with open(staging, "wb") as file:
        file.write(MAGIC_NUMBER + marshal.dumps(bundled))
    os.rename(staging, to)


class _Finder:
    """Part of the import system: knows the bundled modules alone."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        if name not in _bundled:
            return None
        file, _code = _bundled[name]
        within = [os.path.dirname(file)] if os.path.basename(file) == "__init__.py" else None
        return spec_from_file_location(name, file, loader=_Loader(name, file), submodule_search_locations=within)


class _Loader(SourceFileLoader):
    """As for any module in a file, but for where its code comes from."""

    def get_code(self, fullname: str) -> Any:
        _file, code = _bundled.pop(fullname, (None, None))
        return code or super().get_code(fullname)
