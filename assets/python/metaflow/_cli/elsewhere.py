"""Commands of Metaflow that run flows on other machines: accepted, and answered by a sentence."""

from __future__ import annotations

from .options import Command, Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .state import State

_SENTENCES = {
    "init": "flowdev registers runs itself: start one with `run`",
}


class Elsewhere(Command):
    """A command that is not offered, whatever its options."""

    def __init__(self, name: str) -> None:
        super().__init__(None)
        self.name = name

    def run(self, context: Context, words: list[str], state: State) -> int:
        from ..exception import CommandException

        does = _SENTENCES.get(self.name, f"flowdev runs flows on this machine: for {self.name}, use Metaflow itself")
        raise CommandException(f"The command {self.name} is not offered. {does}.")


def command(name: str) -> Command:
    return Elsewhere(name)
