"""`package`: flows run where they are, so that there is no code package to look into."""

from __future__ import annotations

from .kinds import INTEGER
from .options import Argument, Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .state import State


def _refuse(state: State, **_values: object) -> int:
    from ..exception import CommandException

    raise CommandException("flowdev runs flows where their files are: it makes no code packages.")


_TIMEOUT = Option("--timeout", kind=INTEGER, default=60, help="Seconds that it may take.")

COMMANDS = {
    "info": Command(_refuse, "What is in a package, in short.", [_TIMEOUT]),
    "list": Command(
        _refuse,
        "The files of a package.",
        [Option("--archive/--no-archive", default=False, show_default=True, help="Paths within the archive.")],
    ),
    "save": Command(_refuse, "Write a package to a file.", [], [Argument("path")]),
}
