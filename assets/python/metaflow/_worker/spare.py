"""A child forked ahead: it waits for its task, so that the fork is over when the task arrives.

A fork copies the page tables of the template, which takes tens of milliseconds when the template holds gigabytes.
"""

from __future__ import annotations

import _socket
import os

from .wire import Channel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Spare:
    """The template's end: a process, and the socket on which it waits. It ends when that socket closes."""

    def __init__(self, pid: int, link: Channel) -> None:
        self.pid = pid
        self._link = link

    def give(self, frame: bytes, fds: list[int]) -> bool:
        """Hand a task over; False when the process is no longer there to take it."""
        try:
            self._link.send_frame(frame, fds)
        except OSError:
            return False
        finally:
            self._link.close()
        return True

    def dismiss(self) -> None:
        """Let it go: it stands for a state of the template that is gone."""
        self._link.close()


def pair() -> tuple[Channel, Channel]:
    """The two ends between a template and its spare."""
    ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM)
    return Channel(ours.detach()), Channel(theirs.detach())


def wait(link: Channel) -> dict[str, Any]:
    """In the spare: the `task` message; ends the process when none is to come."""
    message = link.take()
    while message is None:
        if not link.fill():
            os._exit(0)
        message = link.take()
    return message
