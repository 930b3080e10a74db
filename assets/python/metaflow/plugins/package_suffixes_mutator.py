"""`@package_suffixes`: further kinds of files beside the flow that belong to its code package."""

from __future__ import annotations

import os

from ..user_decorators.user_flow_decorator import FlowMutator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def suffixes_of(given: list[str] | str) -> tuple[str, ...]:
    """From a list, or a text with commas; the leading dots may be left out."""
    names = given.split(",") if isinstance(given, str) else given
    stripped = [name.strip() for name in names]
    return tuple((name if name.startswith(".") else "." + name).lower() for name in stripped if name)


def files_below(directory: str, suffixes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """`(path, path relative to the directory)` of the files with these suffixes; hidden directories are left out."""
    for path, directories, files in os.walk(directory, followlinks=True):
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        for name in sorted(files):
            if name.lower().endswith(suffixes):
                full = os.path.join(path, name)
                yield full, os.path.relpath(full, directory)


def directory_of(flow: type) -> str:
    """Where the flow's file is."""
    import sys

    return os.path.dirname(os.path.abspath(getattr(sys.modules.get(flow.__module__), "__file__", None) or "flow.py"))


class package_suffixes(FlowMutator):
    """Adds files with these suffixes to the code package."""

    def init(self, suffixes: list[str] | str) -> None:
        self._suffixes = suffixes_of(suffixes)

    def add_to_package(self) -> Iterator[tuple[str, str]]:
        if self._suffixes:
            yield from files_below(directory_of(self._flow_cls), self._suffixes)
