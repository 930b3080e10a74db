"""The stored output of tasks: lines with a stamp, of one or two files, in the order of their time."""

from __future__ import annotations

import heapq
import os
import re
from datetime import datetime

from .. import _remote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# What the engine caught, and what the task itself stored when it ran elsewhere.
SOURCES = ("runtime", "task")

_STAMP = re.compile(rb"(?:\[!)?\[MFLOG\|0\|(.+?)Z\|.+?\|.+?\](.*)")
_FORMAT = "%Y-%m-%dT%H:%M:%S.%f"
# Lines without a stamp come last.
_NEVER = datetime(3000, 1, 1)
_NEVER_STAMP = _NEVER.strftime(_FORMAT).encode()


def paths(task_directory: str, stream: str, attempt: int) -> list[str]:
    """The files that an attempt's output may be in."""
    return [os.path.join(task_directory, f"{attempt}.{source}_{stream}.log") for source in SOURCES]


def read(path: str) -> bytes:
    """A log; empty where there is none."""
    if _remote.is_remote(path):
        return _remote.read(path) or b""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def size(path: str) -> int | None:
    """Bytes that are stored."""
    if _remote.is_remote(path):
        return _remote.size(path)
    try:
        return os.path.getsize(path)
    except OSError:
        return None


def merged(logs: list[bytes]) -> Iterator[tuple[datetime, bytes]]:
    """Time (UTC) and text of each line."""
    # Sorting is stable, so lines of one instant stay as they were written.
    parts = (sorted(_lines(log), key=_stamp) for log in logs)
    for _, time, text in heapq.merge(*parts, key=_stamp):
        yield time, text


def _stamp(line: tuple[bytes, datetime, bytes]) -> bytes:
    return line[0]


def _lines(log: bytes) -> Iterator[tuple[bytes, datetime, bytes]]:
    pieces = log.split(b"\n")
    last = pieces.pop()
    for piece in [*(piece + b"\n" for piece in pieces), *([last] if last else [])]:
        match = _STAMP.match(piece)
        time = _time(match.group(1)) if match else None
        if match is None or time is None:
            yield _NEVER_STAMP, _NEVER, piece
        else:
            yield match.group(1), time, match.group(2)


def _time(stamp: bytes) -> datetime | None:
    try:
        text = stamp.decode()
        # What Metaflow writes, which this reads ten times faster than `strptime`.
        if len(text) == 26:
            return datetime.fromisoformat(text)
        return datetime.strptime(text, _FORMAT)
    except ValueError:
        return None
