"""Large buffers of held objects, moved to huge pages.

A fork copies an entry for each page of memory: for gigabytes in pages of the usual size that takes tens of
milliseconds, and as long again when the child ends. In huge pages it is next to nothing.
"""

from __future__ import annotations

import _pickle

from . import witness

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HUGE = 2 << 20


def settle(value: Any) -> tuple[Any, witness.Shape | None]:
    """The object, or one equal to it whose buffers lie better, and its shape."""
    parts = witness.dissect(value)
    if parts is None:
        return value, None
    moved = _moved(*parts)
    # What does not come out as it went in stays what it was.
    again = None if moved is None else witness.dissect(moved)
    if again is not None and again[0] == parts[0]:
        return moved, witness.shape_of(*again)
    return value, witness.shape_of(*parts)


def _moved(skeleton: bytes, views: list[memoryview]) -> Any:
    import mmap

    advice = getattr(mmap, "MADV_HUGEPAGE", None)
    size = sum(_in_pages(view.nbytes) for view in views)
    if advice is None or size < _HUGE:
        return None
    # Not shared: what a task writes is its own.
    memory = mmap.mmap(-1, size + _HUGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    try:
        memory.madvise(advice)
    except OSError:
        # The system has no huge pages.
        return None
    whole = memoryview(memory)
    at = -witness.address_of(whole) % _HUGE
    parts = []
    for view in views:
        part = whole[at : at + view.nbytes]
        part[:] = view
        parts.append(part.toreadonly() if view.readonly else part)
        at += _in_pages(view.nbytes)
    return _pickle.loads(skeleton, buffers=parts)


def _in_pages(size: int) -> int:
    return -(-size // witness.PAGE) * witness.PAGE
