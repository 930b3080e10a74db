"""The threads of this process that libraries have started, and which library each of them runs.

Linux tells where the stack of a thread that sleeps in the kernel is; the addresses on it that lie in executable
mappings name the library. Knows files of /proc; not what is safe.
"""

from __future__ import annotations

import os
import struct
import time
from bisect import bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    class Region(NamedTuple):
        start: int
        end: int
        path: str


# What any thread has on its stack.
_SYSTEM = (
    *("libc.", "libc-", "libm.", "libm-", "libpthread.", "libpthread-", "ld-", "["),
    *("libgcc", "libstdc++", "libpython", "python"),
)

# Bytes of a stack that are read. A thread without work is not deep; at its beginning, some 4 kB of the C library's own
# data above its first frame, stands the address of the function that it was started with.
_STACK = 8192
# A pool that has just been used spins for some milliseconds before it sleeps, and only then can its stack be read.
_PATIENCE = 0.5

# What was found, by thread; of the process with this id, for its children have none of these threads.
_known: dict[str, str] = {}
_known_in = 0


class Unreadable(Exception):
    """This system does not show stacks."""


def others() -> list[str]:
    """Ids of the threads beside the main one; of no interest where there is no /proc, for nothing is forked there."""
    try:
        tids = os.listdir("/proc/self/task")
    except OSError:
        return []
    if len(tids) == 1:
        return []
    main = str(os.getpid())
    return [tid for tid in tids if tid != main]


def name(tid: str) -> str | None:
    """The name of a thread, None once it has ended."""
    try:
        with open(f"/proc/self/task/{tid}/comm") as comm:
            return comm.read().rstrip("\n")
    except OSError:
        return None


def libraries(tids: list[str]) -> dict[str, str]:
    """Paths of the libraries that these threads run: empty for one that never sleeps; one that has ended is left out.

    Raises `Unreadable`.
    """
    global _known_in
    if _known_in != os.getpid():
        _known.clear()
        _known_in = os.getpid()
    found = {tid: _known[tid] for tid in tids if tid in _known}
    left = [tid for tid in tids if tid not in found]
    if not left:
        return found
    regions = _executable()
    starts = [region[0] for region in regions]
    try:
        memory = os.open("/proc/self/mem", os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise Unreadable from error
    try:
        end = time.monotonic() + _PATIENCE
        while left:
            for tid in list(left):
                try:
                    library = _library(tid, regions, starts, memory)
                except FileNotFoundError:
                    if name(tid) is not None:
                        raise Unreadable from None
                    left.remove(tid)
                    continue
                except ProcessLookupError:
                    left.remove(tid)
                    continue
                except OSError as error:
                    raise Unreadable from error
                if library:
                    found[tid] = _known[tid] = library
                    left.remove(tid)
            if left and time.monotonic() >= end:
                found.update(dict.fromkeys(left, ""))
                break
            if left:
                time.sleep(0.002)
    finally:
        os.close(memory)
    return found


def _executable() -> list[Region]:
    regions = []
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        for line in maps:
            fields = line.split(None, 5)
            if "x" in fields[1] and len(fields) == 6:
                start, _, end = fields[0].partition("-")
                regions.append((int(start, 16), int(end, 16), fields[5].rstrip("\n")))
    return regions


def _library(tid: str, regions: list[Region], starts: list[int], memory: int) -> str:
    """The library with most addresses on the stack, of two the one nearer to the thread's beginning."""
    with open(f"/proc/self/task/{tid}/syscall") as file:
        fields = file.read().split()
    if len(fields) < 3:
        # It is running.
        return ""
    stack, at = int(fields[-2], 16), int(fields[-1], 16)
    data = os.pread(memory, _STACK, stack)
    counts: dict[str, int] = {}
    for (address,) in (*struct.iter_unpack("=Q", data[: len(data) // 8 * 8]), (at,)):
        index = bisect_right(starts, address) - 1
        if index >= 0 and address < regions[index][1]:
            path = regions[index][2]
            if not os.path.basename(path).startswith(_SYSTEM):
                # Old addresses stay on a stack: one that occurs again further out is the one that counts.
                counts[path] = counts.pop(path, 0) + 1
    # `max` takes the first of equals, and the outermost stands last.
    return max(reversed(list(counts)), key=counts.__getitem__, default="")


def loaded(prefixes: tuple[str, ...]) -> set[str]:
    """Paths of the loaded libraries whose names begin so."""
    return {path for _, _, path in _executable() if os.path.basename(path).startswith(prefixes)}
