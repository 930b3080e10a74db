"""How a process that is started says where its run is: by one JSON object in a named pipe."""

from __future__ import annotations

import json
import os
import select
import tempfile
import time
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .subprocess_manager import CommandManager

# Milliseconds between two looks whether the process is still there.
_LOOK = 50


class AttributePipe:
    """The reader's end of such a pipe."""

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def read(self, command: CommandManager, seconds: float) -> dict[str, Any]:
        """What the process says; RuntimeError if it ends before, or takes longer than this."""
        until = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        content = b""
        while True:
            # Asked before reading: what an ended process wrote is there by then.
            has_ended = command.has_ended
            if poll.poll(0 if has_ended else _LOOK):
                piece = self._piece()
                content += piece
                if piece:
                    continue
                if content:
                    # The writer has closed its end.
                    return json.loads(content)
            if has_ended:
                command.sync_output()
                raise RuntimeError(_message(f"No run was started, exit code {command.process.returncode}", command))
            if time.monotonic() >= until:
                raise RuntimeError(_message(f"No run was started within {seconds} seconds", command))

    def _piece(self) -> bytes:
        try:
            return os.read(self._descriptor, 1 << 16)
        except BlockingIOError:
            return b""


@contextmanager
def attribute_pipe() -> Iterator[AttributePipe]:
    """A new pipe in a directory of its own."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "attributes")
        os.mkfifo(path)
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            yield AttributePipe(path, descriptor)
        finally:
            os.close(descriptor)


def _message(what: str, command: CommandManager) -> str:
    parts = [f"{what}, by: '{' '.join(command.command)}'"]
    for stream in ("stdout", "stderr"):
        text = command.log(stream).strip()
        if text:
            parts.append(f"{stream.capitalize()}:\n{text}")
    return "\n\n".join(parts)
