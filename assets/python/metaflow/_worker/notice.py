"""Sentences of the runtime for the user, apart from what the user's own code prints."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .wire import Channel

_channel: Channel | None = None


def connect(channel: Channel) -> None:
    """From now on sentences go to the engine, which knows who is to see them."""
    global _channel
    _channel = channel


def say(text: str) -> None:
    """Say a sentence; without an engine it is printed."""
    if _channel is None:
        print(text)
    else:
        _channel.send({"t": "log", "level": "info", "text": text})
