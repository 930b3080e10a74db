"""The newest first, without reading what nobody comes to.

`created_at` stands inside each record, and tagging an old run makes it the newest. A record is written whole and at
once, though, so its file is never older than it says: the file's time bounds it from above, for the price of a `stat`.
"""

from __future__ import annotations

import heapq
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# Milliseconds by which the clock of a file system may be behind.
_SLACK = 1000
# A file system that knows whole seconds only, and of those perhaps only the even ones.
_COARSE = 2000
# Run ids are microseconds since 1970.
_CLOCK_DIGITS = 16


def newest_first(
    directory: str, names: list[str], read: Callable[[str], dict[str, Any] | None]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names and records of these children, by falling time; the order of `names` decides among equal times."""
    candidates = []
    for position, name in enumerate(names):
        path = f"{directory}/{name}/_meta/_self.json"
        try:
            modified = os.stat(path).st_mtime_ns
        except OSError:
            continue
        candidates.append((-_bound(name, modified), position, path))
    candidates.sort()
    waiting: list[tuple[int, int, dict[str, Any]]] = []
    trusted = True
    for bound, position, path in candidates:
        while trusted and waiting and waiting[0][0] < bound:
            yield names[waiting[0][1]], heapq.heappop(waiting)[2]
        record = read(path)
        if record is None:
            continue
        time = -(record.get("ts_epoch") or 0)
        # A file with a time that cannot be its own: then those of the others say nothing either.
        trusted = trusted and time >= bound
        heapq.heappush(waiting, (time, position, record))
    while waiting:
        yield names[waiting[0][1]], heapq.heappop(waiting)[2]


def _bound(name: str, modified: int) -> int:
    """No record under this name, in a file of that time, is newer than this (milliseconds)."""
    bound = modified // 1_000_000 + (_SLACK if modified % 1_000_000_000 else _COARSE)
    if len(name) == _CLOCK_DIGITS and name.isdigit():
        bound = max(bound, int(name) // 1000 + _SLACK)
    return bound
