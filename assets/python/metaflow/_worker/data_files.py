"""Files of the project that its modules read while they are imported: what was loaded is made of these, too."""

from __future__ import annotations

import builtins
import io
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .project import Project

    # When a file was changed last, in nanoseconds since 1970, and its bytes; None for one that was not there.
    State = tuple[int, int] | None


class DataFiles:
    """Notices what is opened until it is left; an audit hook of Python's would stay, and slow down the tasks."""

    def __init__(self) -> None:
        self._read: dict[str, State] = {}
        self._written: set[str] = set()

    def __enter__(self) -> DataFiles:
        self._original = original = io.open

        def open(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            try:
                stream = original(file, mode, *args, **kwargs)
            except FileNotFoundError:
                self._note(file, mode, None)
                raise
            self._note(file, mode, stream)
            return stream

        open.__module__, open.__qualname__, open.__doc__ = original.__module__, "open", original.__doc__
        builtins.open = io.open = self._own = open
        return self

    def __exit__(self, *_exception: object) -> None:
        for module in (builtins, io):
            if module.open is self._own:
                module.open = self._original

    def _note(self, file: Any, mode: str, stream: Any) -> None:
        # Some keep the function for later.
        if builtins.open is not self._own or not isinstance(file, (str, bytes, os.PathLike)):
            return
        path = os.path.abspath(os.fsdecode(file))
        if set(mode) & set("wax+"):
            self._written.add(path)
        elif path not in self._read:
            found = stream and os.fstat(stream.fileno())
            self._read[path] = found and (max(found.st_mtime_ns, 0), found.st_size)

    def of(self, project: Project, flow: str) -> dict[str, State]:
        """Those of the project, as they were then. What was written too is no input, and the flow file known anyway."""
        flow = os.path.realpath(flow)
        read = {path: state for path, state in self._read.items() if path not in self._written}
        return {path: state for path, state in read.items() if _is_data(path, project, flow)}


def _is_data(path: str, project: Project, flow: str) -> bool:
    real = os.path.realpath(path)
    return real != flow and project.owns(real) and os.sep + ".metaflow" not in real
