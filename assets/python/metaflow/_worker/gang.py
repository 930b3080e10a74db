"""Tasks beside a control task: the engine starts them when they are asked for, and says how they ended.

Only the control task of an unbounded foreach has an engine that listens to this.
"""

from __future__ import annotations

from ..exception import MetaflowInternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .wire import Channel


class Gang:
    """The tasks that a control task has asked for."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._running: list[str] = []
        self._ended: dict[str, bool] = {}

    def start(self, workers: list[dict[str, Any]]) -> None:
        """Ask for tasks of the same step: `id`, `index`, and `env` with variables of their own."""
        self._running += [worker["id"] for worker in workers]
        self._channel.send({"t": "workers", "workers": workers})

    def join(self) -> None:
        """Wait until all have ended; raises as soon as one has failed."""
        while self._running:
            for worker in self._running:
                if self._ended.get(worker) is False:
                    raise Exception(f"The worker task {worker} failed; its own log says why.")
            self._running = [worker for worker in self._running if worker not in self._ended]
            if self._running:
                self._listen()

    def _listen(self) -> None:
        message = self._channel.take()
        while message is None:
            if not self._channel.fill():
                raise MetaflowInternalError("The engine ended while the control task waited for its workers.")
            message = self._channel.take()
        if message["t"] == "ended":
            self._ended[message["id"]] = message["ok"]


_present: Gang | None = None


def enter(channel: Channel) -> None:
    """This process runs a control task."""
    global _present
    _present = Gang(channel)


def present() -> Gang:
    """The gang of the control task that runs in this process."""
    if _present is None:
        raise MetaflowInternalError("Only the control task of an unbounded foreach can start tasks.")
    return _present
