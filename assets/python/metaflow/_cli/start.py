"""What every command begins with: the banner, and what the options before the command mean."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .options import Context
    from .state import State


def start(state: State, context: Context, rest: list[str]) -> None:
    """Prepare the process for the command whose words are `rest`."""
    from .. import __version__
    from ..util import resolve_identity
    from . import roots

    identity = resolve_identity()
    state.echo(f"Metaflow {__version__} executing *{state.flow.name}* for *{identity}*", colour="magenta")
    _refuse_remote(state)
    if state.values["datastore_root"]:
        roots.choose(state.values["datastore_root"])
    _check_configs(state, context, rest)


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


def _check_configs(state: State, context: Context, rest: list[str]) -> None:
    from .errors import UsageError

    given = {name for name, _ in state.config_files}
    both = sorted(given.intersection(name for name, _ in state.config_values))
    if rest[:1] == ["resume"]:
        if given or state.config_values:
            raise UsageError("Cannot specify --config or --config-value with 'resume'", context)
        return
    if both:
        raise UsageError(
            f"Cannot provide both a value and a file for the same configuration. Found both for '{', '.join(both)}'",
            context,
        )
