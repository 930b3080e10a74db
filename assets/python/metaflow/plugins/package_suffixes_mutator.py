"""`@package_suffixes`: further kinds of files beside the flow that belong to its code package."""

from __future__ import annotations

from ..packaging_sys import ContentType
from ..packaging_sys.walk import files_below, has_suffix, suffixes_of
from ..user_decorators.user_flow_decorator import FlowMutator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def directory_of(flow: type) -> str:
    """Where the flow's file is."""
    import os
    import sys

    return os.path.dirname(os.path.abspath(getattr(sys.modules.get(flow.__module__), "__file__", None) or "flow.py"))


class package_suffixes(FlowMutator):
    """Adds files with these suffixes to the code package."""

    def init(self, suffixes: list[str] | str) -> None:
        self._suffixes = suffixes_of(suffixes)

    def add_to_package(self) -> Iterator[tuple[str, str, ContentType]]:
        for path, name in files_below(directory_of(self._flow_cls)):
            if has_suffix(name.rpartition("/")[2], self._suffixes):
                yield path, name, ContentType.USER_CONTENT
