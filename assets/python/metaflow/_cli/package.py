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


_TIMEOUT = Option("--timeout", kind=INTEGER, default=60, help="Timeout for package operations in seconds.")

COMMANDS = {
    "info": Command(_refuse, "Output information about the code package.", [_TIMEOUT]),
    "list": Command(
        _refuse,
        "List all files included in the code package.",
        [Option("--archive/--no-archive", default=False, show_default=True, help="List paths as in the archive.")],
    ),
    "save": Command(_refuse, "Save the current code package to a file.", [], [Argument("path")]),
}
