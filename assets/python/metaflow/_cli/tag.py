"""`tag`: the tags of runs, shown and changed."""

from __future__ import annotations

from . import terminal
from .options import Argument, Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .state import State

# Columns of a table, and what is between them.
_LINE = 124
_GAP = 4


def add(state: State, run_id: str | None, user_namespace: str | None, tags: tuple[str, ...]) -> None:
    run = _find(state, run_id, _identity(user_namespace))
    run.add_tags(tags)
    state.echo("Operation successful. New tags:", err=False)
    _print_run(state, run)


def remove(state: State, run_id: str | None, user_namespace: str | None, tags: tuple[str, ...]) -> None:
    run = _find(state, run_id, _identity(user_namespace))
    run.remove_tags(tags)
    state.echo("Operation successful. New tags:")
    _print_run(state, run)


def replace(
    state: State,
    run_id: str | None,
    user_namespace: str | None,
    tags_to_add: tuple[str, ...],
    tags_to_remove: tuple[str, ...],
) -> None:
    if not tags_to_add and not tags_to_remove:
        raise _wrong("A replacement needs tags to add (--add) and tags to remove (--remove)")
    if not tags_to_remove:
        raise _wrong("Nothing is to be removed: that is what *tag add* does.")
    if not tags_to_add:
        raise _wrong("Nothing is to be added: that is what *tag remove* does.")
    run = _find(state, run_id, _identity(user_namespace))
    run.replace_tags(tags_to_remove, tags_to_add)
    state.echo("Operation successful. New tags:")
    _print_run(state, run)


def list_tags(
    state: State,
    run_id: str | None,
    list_all: bool,
    my_runs: bool,
    hide_system_tags: bool,
    group_by_tag: bool,
    group_by_run: bool,
    flat: bool,
    arg_run_id: str | None,
) -> None:
    if list_all and my_runs:
        raise _wrong("--all and --my-runs exclude each other.")
    if run_id is not None and arg_run_id is not None:
        raise _wrong("The run is named twice, by --run-id and as an argument: give it once")
    if group_by_run and group_by_tag:
        raise _wrong("--group-by-tag and --group-by-run exclude each other")
    if flat and (group_by_run or group_by_tag):
        raise _wrong("--flat and the --group-by-* options exclude each other")
    run_id = run_id if run_id is not None else arg_run_id
    runs = _all_runs(state, my_runs) if run_id is None or list_all or my_runs else [_find(state, run_id, None)]
    if flat:
        tags = sorted(set().union(*(run.user_tags if hide_system_tags else run.tags for run in runs)))
        for tag in tags:
            state.echo(tag, raw=True)
        return
    if group_by_tag:
        _print_by_tag(state, runs, hide_system_tags)
        return
    if group_by_run:
        groups = {run.pathspec: (run.user_tags, run.system_tags) for run in runs}
    else:
        user = frozenset().union(*(run.user_tags for run in runs))
        system = frozenset().union(*(run.system_tags for run in runs))
        groups = {",".join(run.pathspec for run in runs): (user, system)}
    if hide_system_tags:
        groups = {name: (user - system, frozenset()) for name, (user, system) in groups.items()}
    _print_groups(state, groups)


def _wrong(text: str) -> Exception:
    from ..exception import CommandException

    return CommandException(text)


def _identity(given: str | None) -> str:
    from ..util import resolve_identity

    return resolve_identity() if given is None else given


def _all_runs(state: State, mine: bool) -> list[Any]:
    from ..client import Flow, namespace
    from ..exception import MetaflowNotFound

    namespace(_identity(None) if mine else None)
    try:
        return list(Flow(state.flow.name).runs())
    except MetaflowNotFound:
        raise _wrong(f"Cannot list tags because the flow {state.flow.name} has never been run.") from None


def _find(state: State, run_id: str | None, wanted: str | None) -> Any:
    """The run with this id, which has to be in the namespace."""
    from ..client import Flow, Run, namespace
    from ..exception import MetaflowNamespaceMismatch, MetaflowNotFound

    name = state.flow.name
    namespace(wanted)
    try:
        flow = Flow(name)
    except MetaflowNotFound:
        raise _wrong(f"No run found for *{name}*. Please run the flow before tagging.") from None
    if run_id is None:
        latest = flow.latest_run
        last = "" if latest is None else f"\n*{name}*'s latest run in namespace *{wanted}* has id *{latest.id}*."
        raise _wrong(f"Name the run by --run-id.{last}")
    if "/" in run_id:
        raise _wrong(f"Run-id *{run_id}* is not a valid run-id")
    try:
        return Run(f"{name}/{run_id}")
    except MetaflowNotFound:
        raise _wrong(f"No run *{name}/{run_id}* found for flow *{name}*") from None
    except MetaflowNamespaceMismatch:
        raise _wrong(f"Run *{name}/{run_id}* for flow *{name}* does not belong to namespace *{wanted}*") from None


def _print_run(state: State, run: Any) -> None:
    _print_groups(state, {run.pathspec: (run.user_tags, run.system_tags)})


def _heading(state: State) -> None:
    state.echo("\nSystem tags and *tags*; only *tags* can be modified", err=False)
    state.echo("-" * 56 + "\n", err=False)


def _print_groups(state: State, groups: dict[str, tuple[Iterable[str], Iterable[str]]]) -> None:
    """Tags by run; quietly, one line for each run: runs ; system tags ; user tags."""
    _heading(state)
    for name, (user, system) in sorted(groups.items()):
        own = set(user) - set(system)
        if state.is_quiet:
            terminal.write(f"{name} ; {','.join(sorted(system))} ; {','.join(sorted(own))}", err=True, raw=True)
            continue
        if len(groups) > 1:
            state.echo(f"For run {name}", err=False)
        _print_columns(state, sorted({*own, *system}), own)


def _print_by_tag(state: State, runs: list[Any], hide_system_tags: bool) -> None:
    _heading(state)
    user: dict[str, list[str]] = {}
    system: dict[str, list[str]] = {}
    for run in runs:
        for tag in run.user_tags - run.system_tags:
            user.setdefault(tag, []).append(run.pathspec)
        for tag in () if hide_system_tags else run.system_tags:
            system.setdefault(tag, []).append(run.pathspec)
    for tag in sorted({*user, *system}):
        for kind, table in (("user", user), ("system", system)):
            if tag not in table:
                continue
            if state.is_quiet:
                terminal.write(f"{kind}:{tag} ; {','.join(table[tag])}", err=True, raw=True)
            else:
                state.echo(f"For tag {tag}" if kind == "system" else f"For tag *{tag}*", err=False)
                _print_columns(state, sorted(table[tag]), set())


def _print_columns(state: State, words: list[str], marked: set[str]) -> None:
    """Words in columns, read downwards; the marked ones are emphasized."""
    width = max(map(len, words), default=0)
    columns = max(_LINE // (width + _GAP), 1)
    height = -(-len(words) // columns)
    for row in range(height):
        cells = []
        for column in range(columns):
            position = row + column * height
            word = words[position] if position < len(words) else ""
            cell = f"{word:<{width}}"
            cells.append(f"*{cell}*" if word in marked else cell)
        state.echo((" " * _GAP).join(cells), err=False)
    state.echo("", err=False)


_RUN_ID = Option("--run-id", help="The run. [required]")
_NAMESPACE = Option(
    "--namespace",
    "user_namespace",
    help="Look for the run in this namespace instead of your own.",
)
_TAGS = Argument("tags", many=True)

COMMANDS = {
    "add": Command(add, "Add tags to a run.", [_RUN_ID, _NAMESPACE], [_TAGS]),
    "remove": Command(remove, "Remove tags from a run.", [_RUN_ID, _NAMESPACE], [_TAGS]),
    "replace": Command(
        replace,
        "Remove tags of a run and add others, in one go: what is in both stays.",
        [
            _RUN_ID,
            _NAMESPACE,
            Option("--add", "tags_to_add", multiple=True, help="A tag to add; may be repeated."),
            Option("--remove", "tags_to_remove", multiple=True, help="A tag to remove; may be repeated."),
        ],
    ),
    "list": Command(
        list_tags,
        "List tags of a run.",
        [
            Option("--run-id", help="The run whose tags are listed."),
            Option("--all", "list_all", flag=True, help="The tags of all runs."),
            Option(
                "--my-runs",
                flag=True,
                help="The tags of the runs in your own namespace.",
            ),
            Option("--hide-system-tags", flag=True, help="Leave out system tags."),
            Option("--group-by-tag", flag=True, help="Tags, each with its runs."),
            Option("--group-by-run", flag=True, help="Runs, each with its tags."),
            Option("--flat", flag=True, hidden=True, help="Each tag on a line of its own."),
        ],
        [Argument("arg-run-id", required=False)],
    ),
}
