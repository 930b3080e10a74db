"""The file in which a task leaves its pickles: in memory as long as there is room for it, then on disk."""

from __future__ import annotations

import errno
import io
import os

from ..exception import MetaflowException

_FULL = frozenset((errno.ENOSPC, errno.EDQUOT))
_CHUNK = 1 << 20


class NoRoom(MetaflowException):
    """The file cannot be written; the attempt cannot be stored."""

    headline = "The artifacts cannot be stored"


class SpoolFile(io.RawIOBase):
    """The file at `path`; the one of the same name in the directory `overflow` once the first has no more room."""

    def __init__(self, path: str, overflow: str | None = None) -> None:
        self._path = path
        self._overflow = os.path.join(overflow, os.path.basename(path)) if overflow else None
        try:
            self._file = io.FileIO(path, "w")
        except OSError as error:
            raise self._no_room(error, 0) from error

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def write(self, data: memoryview) -> int | None:
        try:
            return self._file.write(data)
        except OSError as error:
            needed = self.tell() + len(data)
            if error.errno not in _FULL or self._overflow is None:
                raise self._no_room(error, needed) from error
        self._move(self._overflow, needed)
        return self.write(data)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()

    def _move(self, path: str, needed: int) -> None:
        """Go on in another file, which the engine looks for where the first is not there."""
        old, self._path, self._overflow = self._path, path, None
        left = self._file.tell()
        try:
            file = io.FileIO(path, "w")
            with open(old, "rb", buffering=0) as source:
                while left and (piece := memoryview(source.read(min(left, _CHUNK)))):
                    left -= len(piece)
                    while piece:
                        piece = piece[file.write(piece) :]
            self._file.close()
            self._file = file
            os.unlink(old)
        except OSError as error:
            raise self._no_room(error, needed) from error

    def _no_room(self, error: OSError, needed: int) -> NoRoom:
        if error.errno not in _FULL:
            return NoRoom(f"{self._path} cannot be written: {error.strerror}")
        # In a directory of the engine's own.
        place = os.path.dirname(os.path.dirname(self._path))
        there = f"{_size(needed)} or more are needed, and there is room for {_size(_room(self._path))}"
        return NoRoom(f"the file system of {place} is full: {there}")


def _room(path: str) -> int:
    """Bytes that a file can have where it is."""
    try:
        system = os.statvfs(os.path.dirname(path))
        return os.stat(path).st_size + system.f_bavail * system.f_frsize
    except OSError:
        return 0


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB"
