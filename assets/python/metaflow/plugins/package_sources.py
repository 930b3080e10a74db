"""`@package_sources`: further files for the code package of a flow."""

from __future__ import annotations

import os

from metaflow.exception import MetaflowException
from metaflow.user_decorators.user_flow_decorator import FlowMutator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_SUFFIXES = ".py,.R,.RDS"


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
        given = os.environ.get("METAFLOW_DEFAULT_PACKAGE_SUFFIXES", _SUFFIXES) if suffixes is None else suffixes
        texts = [text.strip() for text in (given.split(",") if isinstance(given, str) else given)]
        self._suffixes = tuple(f".{text.lstrip('.')}".lower() for text in texts if text)

    def add_to_package(self) -> Iterator[tuple[str, str]]:
        """Each file, with its name in the package."""
        import inspect

        flow_directory = os.path.dirname(os.path.abspath(inspect.getfile(self._flow_cls)))
        for source, name in self._sources:
            path = os.path.realpath(os.path.join(flow_directory, source))
            if not os.path.exists(path):
                raise MetaflowException(f"package_sources: there is no {source}.")
            name = name or os.path.basename(path)
            if os.path.isfile(path):
                if self._is_wanted(path):
                    yield path, name
                continue
            for directory, _, files in os.walk(path):
                for file in sorted(filter(self._is_wanted, files)):
                    full = os.path.join(directory, file)
                    yield full, os.path.join(name, os.path.relpath(full, path))

    def _is_wanted(self, path: str) -> bool:
        return path.lower().endswith(self._suffixes)


def _is_pair(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], (str, os.PathLike))


def _checked(name: Any) -> str:
    text = os.fspath(name)
    path = os.path.normpath(text)
    if path == "." or os.path.isabs(path) or ".." in text.replace("\\", "/").split("/"):
        raise MetaflowException("package_sources: arcname is a path inside the package.")
    return path
