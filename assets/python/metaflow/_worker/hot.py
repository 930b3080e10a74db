"""Artifacts that are held unpickled: every process forked from this one is born with them.

What a forkserver holds must not need code of the project, or a change of that code would make it another thing. A
process of the project may hold what needs the modules that it has imported.
"""

from __future__ import annotations

import sys
from _pickle import Unpickler

from .._frames import ForeachFrame
from . import forking, pages, witness

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .project import Project

# sha -> object. A forked task owns a private copy of all of them, but only one each.
_held: dict[str, Any] = {}
# What large ones among them looked like.
SHAPES: dict[str, witness.Shape] = {}


class NeedsProject(Exception):
    """The pickle names code of the project that this process does not have."""


class _Reader(Unpickler):
    def __init__(self, stream: Any, project: Project | None) -> None:
        super().__init__(stream)
        self._project = project

    def find_class(self, module: str, name: str) -> Any:
        if module == "__main__" and name == ForeachFrame.__name__:
            # Not the flow file's, whatever its pickles say.
            return ForeachFrame
        if module == "__main__":
            raise NeedsProject("a class of the flow file")
        if self._project is not None and module not in sys.modules and self._project.provides(module):
            raise NeedsProject(f"the module {module}")
        return super().find_class(module, name)


def take(sha: str) -> tuple[bool, Any]:
    """Whether it is held, and the object, which is handed out once."""
    if sha in _held:
        return True, _held.pop(sha)
    return False, None


def hold(blobs: str, shas: list[str], project: Project | None) -> dict[str, Any]:
    """Unpickle these; answers what is held of them with the bytes it was read from, and why others are not."""
    held: dict[str, int] = {}
    refused: dict[str, str] = {}
    unsafe = None
    for sha in shas:
        if sha not in _held:
            try:
                held[sha] = _hold(blobs, sha, project)
            except NeedsProject as reason:
                refused[sha] = f"it needs {reason}"
            except Exception as error:
                # Only an advance: the task that asks for it meets the error itself, and reports it with its place.
                refused[sha] = f"{type(error).__name__}: {error}"
            obstacle = forking.obstacle()
            if obstacle is not None:
                unsafe = [sha, obstacle]
                break
    return {"held": held, "refused": refused, "unsafe": unsafe}


def drop(shas: list[str]) -> None:
    """Forget these."""
    for sha in shas:
        _held.pop(sha, None)
        SHAPES.pop(sha, None)


def _hold(blobs: str, sha: str, project: Project | None) -> int:
    from .artifacts import unpickled

    value, size = unpickled(blobs, sha, lambda stream: _Reader(stream, project))
    if size >= witness.MIN_SIZE:
        value, shape = pages.settle(value)
        if shape is not None:
            SHAPES[sha] = shape
    _held[sha] = value
    return size
