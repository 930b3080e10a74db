"""What every command begins with: the banner, and what the options before the command mean."""

from __future__ import annotations

import os

from .errors import UsageError
from .prepare import prepare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .options import Context
    from .state import State


def start(state: State, context: Context, rest: list[str]) -> None:
    """Prepare the process for the command whose words are `rest`."""
    from .. import __version__, _roots
    from ..util import resolve_identity

    identity = resolve_identity()
    state.echo(f"Metaflow {__version__} executing *{state.flow.name}* for *{identity}*", colour="magenta")
    _refuse_remote(state)
    if state.values["datastore_root"]:
        _roots.choose(state.values["datastore_root"])
    if state.is_spin and rest[:1] not in (["run"], ["resume"], ["spin"]):
        # The client reads what was spun.
        os.environ["METAFLOW_DEFAULT_METADATA"] = "spin"
    if rest[:1] == ["resume"] and state.gives_configs:
        raise UsageError("--config and --config-value are not for 'resume': its origin's configs count", context)
    prepare(state, context, rest)


def _refuse_remote(state: State) -> None:
    from ..exception import CommandException

    for option, offered in (
        ("metadata", ("local", "spin")),
        ("datastore", ("local", "spin")),
        ("environment", ("local",)),
    ):
        value = state.values[option]
        if value not in offered:
            raise CommandException(
                f"flowdev has no {option} of type '{value}': leave --{option} (and METAFLOW_DEFAULT_{option.upper()}) "
                f"at '{offered[0]}', or run the flow with Metaflow itself."
            )
