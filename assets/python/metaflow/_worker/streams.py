"""Large blobs, unpickled while they are decompressed: neither what is stored nor the pickle is in memory as a whole."""

from __future__ import annotations

import io
import os
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_GZIP = b"\x1f\x8b"
# What is decompressed at once stays in the processor's cache until it is where it belongs.
_PIECE = 1 << 17
_BUFFER = 1 << 16


class _Inflating(io.RawIOBase):
    """The content of a file of gzip members in a row."""

    def __init__(self, file: io.FileIO, sha: str) -> None:
        self._file = file
        self._sha = sha
        self._piece = memoryview(bytearray(_PIECE))
        self._rest = self._piece[:0]
        self._member = zlib.decompressobj(31)
        self._is_between = True
        # Bytes that have come out.
        self.size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            if not self._rest:
                count = self._file.readinto(self._piece)
                if not count:
                    if self._is_between:
                        return 0
                    raise OSError(f"the blob {self._sha} is cut short")
                self._rest = self._piece[:count]
            if self._is_between:
                self._member = zlib.decompressobj(31)
            data = self._member.decompress(self._rest, len(buffer))
            self._is_between = self._member.eof
            left = len(self._member.unused_data) or len(self._member.unconsumed_tail)
            self._rest = self._rest[len(self._rest) - left :]
            if data:
                buffer[: len(data)] = data
                self.size += len(data)
                return len(data)


def unpickle(file: io.FileIO, sha: str, make: Callable[[Any], Any]) -> tuple[Any, int]:
    """The object of a blob, read by the unpickler that `make` makes for a stream, and the size of its pickle."""
    start = file.read(len(_GZIP))
    file.seek(0)
    if start != _GZIP:
        size = os.fstat(file.fileno()).st_size
        return make(io.BufferedReader(file, _BUFFER)).load(), size
    raw = _Inflating(file, sha)
    stream = io.BufferedReader(raw, _BUFFER)
    value = make(stream).load()
    # The checksum of the last member comes after its content.
    while stream.read(_BUFFER):
        pass
    return value, raw.size
