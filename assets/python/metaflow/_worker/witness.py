"""Whether a large object that a task took from its template is still as it was, without looking at its data.

A forked task shares the template's memory until it writes to it; the kernel then gives it a page of its own, and says
so in `/proc/self/pagemap`. An array of gigabytes is thus known to be unchanged in a few milliseconds, where pickling
and hashing it would take seconds. Every doubt counts as a change: then the object is pickled, as any other.
"""

from __future__ import annotations

import _pickle
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Below this, pickling is cheap enough.
MIN_SIZE = 1 << 20
# What is not in large buffers has to be pickled again to be compared.
_MAX_SKELETON = 4 << 20
_MIN_BUFFER = 1 << 16

PAGE = os.sysconf("SC_PAGE_SIZE")
_ENTRY = 8
# In the highest byte of a little-endian entry: bit 63, the page is in memory; bit 56, no other process has it.
_PRESENT = 0x80
_EXCLUSIVE = 0x01
# The values of that byte that a page has which is in memory, and not only in that of this process.
_SHARED = bytes(flags for flags in range(256) if flags & (_PRESENT | _EXCLUSIVE) == _PRESENT)


class Shape:
    """What an object looked like in the template: all of it but its large buffers, and where those are."""

    def __init__(self, skeleton: bytes, buffers: list[tuple[int, int, bytes, bytes]]) -> None:
        self.skeleton = skeleton
        # Address, length, and copies of the first and the last part, which lie on pages shared with other objects.
        self.buffers = buffers


class _Probe:
    """Two pages that show whether the kernel keeps its promise here."""

    def __init__(self) -> None:
        import mmap

        self.memory = mmap.mmap(-1, 2 * PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.memory[:] = b"\1" * (2 * PAGE)

    def holds(self) -> bool:
        """The page that is only read is shared, and the one that is written is not."""
        self.memory[PAGE] = 2
        address = address_of(memoryview(self.memory))
        return _is_shared(address, PAGE) and not _is_shared(address + PAGE, PAGE)


_probe: _Probe | None = None
# A process forked by the task shares the pages that the task has written, which then look untouched.
_has_forked = False


def dissect(value: object) -> tuple[bytes, list[memoryview]] | None:
    """An object without its large buffers, and those; None where it has none, or cannot be taken apart."""
    if "numpy" not in sys.modules:
        return None
    views: list[memoryview] = []

    def keep(buffer: Any) -> bool:
        view = buffer.raw()
        if view.nbytes < _MIN_BUFFER:
            return True
        views.append(view)
        return False

    try:
        skeleton = _pickle.dumps(value, 5, buffer_callback=keep)
    except Exception:
        # The user's classes need not be picklable in this way.
        return None
    return (skeleton, views) if views and len(skeleton) <= _MAX_SKELETON else None


def shape_of(skeleton: bytes, views: list[memoryview]) -> Shape | None:
    """In the template: what `dissect` found, as it is to be compared later; None where it would not help."""
    global _probe
    if not sys.platform.startswith("linux"):
        return None
    if _probe is None:
        _probe = _Probe()
    buffers = []
    for view in views:
        address, length = address_of(view), view.nbytes
        start, inner = _whole_pages(address, length)
        head, tail = start - address, start + inner - address
        buffers.append((address, length, bytes(view[:head]), bytes(view[tail:])))
    return Shape(skeleton, buffers)


def watch_forks() -> None:
    """At the start of a task."""
    if _probe is None:
        return

    def forks() -> None:
        global _has_forked
        _has_forked = True

    os.register_at_fork(before=forks)


def is_unchanged(value: object, shape: Shape) -> bool:
    """In the task: whether the object is for certain what it was in the template."""
    try:
        if _probe is None or not _may_trust(_probe):
            return False
        parts = dissect(value)
        now = shape_of(*parts) if parts is not None else None
        if now is None or now.skeleton != shape.skeleton or now.buffers != shape.buffers:
            return False
        return all(_is_shared(*_whole_pages(address, length)) for address, length, _, _ in shape.buffers)
    except Exception:
        # No such file in /proc, an object that no longer can be pickled, ...: whatever it is, it is no certainty.
        return False


def _may_trust(probe: _Probe) -> bool:
    if _has_forked:
        return False
    for tid in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{tid}/children") as children:
            if children.read().strip():
                return False
    try:
        # Where the kernel merges equal pages of different processes, a written page may be a shared one.
        with open("/sys/kernel/mm/ksm/run") as run:
            if run.read().strip() != "0":
                return False
    except FileNotFoundError:
        pass
    return probe.holds()


def address_of(view: memoryview) -> int:
    """Where a buffer begins."""
    return sys.modules["numpy"].frombuffer(view, dtype="u1").__array_interface__["data"][0]


def _whole_pages(address: int, length: int) -> tuple[int, int]:
    """Start and length of the pages that lie in the buffer as a whole."""
    start = -(-address // PAGE) * PAGE
    end = (address + length) // PAGE * PAGE
    return start, max(0, end - start)


def _is_shared(start: int, length: int) -> bool:
    """Whether all pages of the range are in memory, and in that of another process too."""
    fd = os.open("/proc/self/pagemap", os.O_RDONLY)
    try:
        wanted = length // PAGE * _ENTRY
        offset = start // PAGE * _ENTRY
        while wanted:
            entries = os.pread(fd, min(wanted, 1 << 20), offset)
            if not entries or len(entries) % _ENTRY:
                return False
            # What is left without these is of other pages.
            if entries[_ENTRY - 1 :: _ENTRY].translate(None, _SHARED):
                return False
            offset += len(entries)
            wanted -= len(entries)
    finally:
        os.close(fd)
    return True
