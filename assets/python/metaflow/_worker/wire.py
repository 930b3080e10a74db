"""Frames on a Unix socket: a big-endian length, then one JSON object; descriptors travel beside the bytes.

Knows nothing of the messages' meaning. JSON goes through the C scanner and encoder that back the `json` module, whose
own import (with `re`) would be the larger part of the worker's start-up.
"""

from __future__ import annotations

import _socket
import os
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LENGTH = struct.Struct(">I")
_READ_SIZE = 1 << 16
_MAX_FDS = 64
_INT = struct.Struct("i")

try:
    from _json import encode_basestring, make_encoder, make_scanner
except ImportError:  # an interpreter without the C accelerator
    make_scanner = None


class _ScannerContext:
    """What the C scanner reads its settings from."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float

    def __init__(self) -> None:
        self.memo: dict[str, str] = {}


def decode(text: str) -> Any:
    """One JSON value; the text must not be surrounded by blanks."""
    if make_scanner is None:
        import json

        return json.loads(text)
    return make_scanner(_ScannerContext())(text, 0)[0]


def _refuse(value: object) -> None:
    raise TypeError(f"{type(value).__name__} has no place in a message")


def encode(value: object) -> str:
    """JSON of plain data. Numbers that JSON does not know (NaN, infinities) become null."""
    try:
        return _encode(value)
    except ValueError:
        return _encode(_finite(value))


def _encode(value: object) -> str:
    if make_scanner is None:
        import json

        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    encoder = make_encoder(None, _refuse, encode_basestring, None, ":", ",", False, False, False)
    return "".join(encoder(value, 0))


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def frame_of(message: dict[str, Any]) -> bytes:
    """The bytes of a message."""
    # A lone surrogate (from undecodable bytes in a path or a text) has no UTF-8 form.
    body = encode(message).encode("utf-8", "replace")
    return _LENGTH.pack(len(body)) + body


class Channel:
    """One end of a control socket."""

    def __init__(self, fd: int) -> None:
        os.set_inheritable(fd, False)
        self._socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, fd)
        self._buffer = bytearray()
        self._fds: list[int] = []
        # The frame that was taken last, to be handed on as it is.
        self.frame = b""

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, message: dict[str, Any]) -> None:
        self.send_frame(frame_of(message))

    def send_frame(self, frame: bytes, fds: list[int] | None = None) -> None:
        """Send a whole frame, with descriptors that go with its first byte."""
        sent = 0
        if fds:
            packed = b"".join(map(_INT.pack, fds))
            sent = self._socket.sendmsg([frame], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, packed)])
        # An empty send would fail where the other side has taken all of the frame, and closed.
        if sent < len(frame):
            self._socket.sendall(frame[sent:])

    def fill(self) -> bool:
        """Read what has arrived; False when the other side has closed."""
        data, ancillary, _flags, _address = self._socket.recvmsg(
            _READ_SIZE, _socket.CMSG_SPACE(_MAX_FDS * _INT.size), getattr(_socket, "MSG_CMSG_CLOEXEC", 0)
        )
        for level, kind, payload in ancillary:
            if level == _socket.SOL_SOCKET and kind == _socket.SCM_RIGHTS:
                usable = len(payload) - len(payload) % _INT.size
                for (fd,) in _INT.iter_unpack(payload[:usable]):
                    os.set_inheritable(fd, False)
                    self._fds.append(fd)
        self._buffer += data
        return bool(data)

    def take(self) -> dict[str, Any] | None:
        """The next whole frame, if it is here."""
        buffer = self._buffer
        if len(buffer) < _LENGTH.size:
            return None
        end = _LENGTH.size + _LENGTH.unpack_from(buffer)[0]
        if len(buffer) < end:
            return None
        self.frame = bytes(buffer[:end])
        del buffer[:end]
        return decode(str(memoryview(self.frame)[_LENGTH.size :], "utf-8"))

    def wait(self, kind: str) -> bool:
        """Wait for a message; False when the other side has closed before."""
        while True:
            message = self.take()
            if message is not None and message["t"] == kind:
                return True
            if message is None and not self.fill():
                return False

    def take_fds(self, count: int) -> list[int]:
        """The descriptors that came with the frame being handled."""
        fds, self._fds = self._fds[:count], self._fds[count:]
        if len(fds) != count:
            sys.stderr.write(f"worker: {count} descriptors announced, {len(fds)} arrived\n")
        return fds

    def close(self) -> None:
        self._socket.close()
        for fd in self._fds:
            os.close(fd)
        self._fds = []
