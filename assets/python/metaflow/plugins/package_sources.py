"""`@package_sources`: further files for the code package of a flow."""

from __future__ import annotations

import os

from ..exception import MetaflowException
from ..metaflow_config import DEFAULT_PACKAGE_SUFFIXES
from ..packaging_sys import ContentType
from ..packaging_sys.walk import files_below, has_suffix, suffixes_of
from ..user_decorators.user_flow_decorator import FlowMutator
from .package_suffixes_mutator import directory_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class package_sources(FlowMutator):
    """Names files and directories, relative to the flow's file, that a code package is to have as well."""

    def init(self, sources: Any, arcname: Any = None, suffixes: Any = None) -> None:
        if isinstance(sources, (str, os.PathLike)) or _is_pair(sources):
            sources = (sources,)
        pairs = [source if _is_pair(source) else (source, None) for source in sources]
        if arcname is not None:
            if len(pairs) != 1:
                raise MetaflowException("package_sources takes arcname with one source only.")
            pairs = [(pairs[0][0], arcname)]
        self._sources = [(os.fspath(path), None if name is None else _checked(name)) for path, name in pairs]
        self._suffixes = suffixes_of(DEFAULT_PACKAGE_SUFFIXES if suffixes is None else suffixes)

    def add_to_package(self) -> Iterator[tuple[str, str, ContentType]]:
        """Each file, with its name in the package."""
        for source, name in self._sources:
            path = os.path.realpath(os.path.join(directory_of(self._flow_cls), source))
            if not os.path.exists(path):
                raise MetaflowException(f"package_sources: there is no {source}.")
            name = name or os.path.basename(path)
            found = [(path, name)]
            if os.path.isdir(path):
                found = [(file, os.path.join(name, inner)) for file, inner in files_below(path)]
            for file, inner in found:
                if has_suffix(os.path.basename(file), self._suffixes):
                    yield file, inner, ContentType.USER_CONTENT


def _is_pair(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], (str, os.PathLike))


def _checked(name: Any) -> str:
    text = os.fspath(name)
    path = os.path.normpath(text)
    if path == "." or os.path.isabs(path) or ".." in text.replace("\\", "/").split("/"):
        raise MetaflowException("package_sources: arcname is a path inside the package.")
    return path
