"""`card`: the cards of tasks, listed, fetched, opened, served, and made anew."""

from __future__ import annotations

import os

from . import terminal
from .kinds import INTEGER, Choice
from .options import Argument, Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..plugins.cards.card_datastore import CardDatastore
    from .state import State


class _Cards:
    """The cards of one task that a command is about."""

    def __init__(self, pathspec: str, paths: list[str], datastore: CardDatastore) -> None:
        self.pathspec = pathspec
        self.paths = paths
        self.datastore = datastore

    def plain(self) -> dict[str, Any]:
        """What `card list --as-json` says."""
        infos = self.datastore.get_card_names(self.paths)
        return {
            "pathspec": self.pathspec,
            "cards": [
                {"id": info.id, "hash": info.hash, "type": info.type, "filename": info.filename} for info in infos
            ],
        }

    def show(self, state: State) -> None:
        """The cards in words."""
        blocks = []
        for path in self.paths:
            info = self.datastore.info_from_path(path)
            lines = (
                f"Card Id: {info.id}",
                f"Card Type: {info.type}",
                f"Card Hash: {info.hash}",
                f"Card Path: {self.datastore.create_full_path(path)}",
            )
            blocks.append("\n\t".join(lines))
        state.echo("\n\t" + "\n\n\t".join(blocks) + "\n", raw=True)

    def show_choice(self, state: State, command: str) -> None:
        """That there are several, and how one of them is meant."""
        from ..plugins.cards.card_datastore import NUM_SHORT_HASH_CHARS

        self.show_count(state)
        self.show(state)
        hash = self.datastore.info_from_path(self.paths[0]).hash[:NUM_SHORT_HASH_CHARS]
        task = self.pathspec.partition("/")[2]
        state.echo(
            f"Say which one, as in:\n\t>>> python {state.program} card {command} {task} --hash {hash}\n", raw=True
        )

    def show_count(self, state: State) -> None:
        state.echo(f"Found {len(self.paths)} card matching for your query...", colour="green")


def _task(state: State, pathspec: str) -> Any:
    """The task that a step, a run and a step, or a run, a step and a task stand for."""
    from ..client import Flow, Step, Task
    from ..exception import CommandException, MetaflowNotFound
    from ..plugins.cards.exception import TaskNotFoundException

    flow = state.flow.name
    parts = pathspec.split("/")
    run_id = None
    task = None
    kinds = {1: "stepname", 2: "step_pathspec", 3: "task_pathspec"}
    if len(parts) not in kinds or not all(parts):
        raise CommandException(
            f"PATHSPEC is 'stepname', '<runid>/<stepname>' or '<runid>/<stepname>/<taskid>', and not '{pathspec}'"
        )
    try:
        if len(parts) == 1:
            run = Flow(flow).latest_run
            if run is not None:
                run_id = run.pathspec
                task = run[pathspec].task if pathspec in run else None
        elif len(parts) == 2:
            task = Step(f"{flow}/{pathspec}", _namespace_check=False).task
        else:
            task = Task(f"{flow}/{pathspec}", _namespace_check=False)
    except MetaflowNotFound:
        task = None
    if task is None:
        raise TaskNotFoundException(pathspec, kinds[len(parts)], run_id=run_id)
    return task


def _find(state: State, task: Any, chosen: dict[str, Any], is_silent: bool = False) -> _Cards:
    """The cards of a task that are chosen; raises when there are none."""
    from ..plugins.cards.card_resolver import resolve_paths_from_task, resumed_info
    from ..plugins.cards.exception import CardNotPresentException

    origin = resumed_info(task) if chosen["follow_resumed"] else None
    pathspec = origin or task.pathspec
    if not is_silent:
        resumed = " resumed from" if origin else ""
        state.echo(f"Resolving card{resumed}: {pathspec}", colour="green", raw=True)
    which = {"type": chosen["type"], "hash": chosen["hash"], "card_id": chosen["id"]}
    paths, datastore = resolve_paths_from_task(_root(state), pathspec, **which)
    if not paths:
        raise CardNotPresentException(
            pathspec, card_hash=chosen["hash"], card_type=chosen["type"], card_id=chosen["id"]
        )
    return _Cards(pathspec, paths, datastore)


def _root(state: State) -> str:
    """Where cards of this store are made; those of Metaflow's runs may be elsewhere."""
    from ..plugins.cards.card_datastore import CARD_SUFFIX, configured_root

    return configured_root() or os.path.join(os.path.abspath(state.root()), CARD_SUFFIX)


def view(state: State, pathspec: str, **chosen: Any) -> int:
    cards = _find(state, _task(state, pathspec), chosen)
    if len(cards.paths) > 1:
        cards.show_choice(state, "view")
        return 0
    import webbrowser

    webbrowser.open("file://" + os.path.abspath(cards.datastore.cache_locally(cards.paths[0])))
    return 0


def get(state: State, pathspec: str, path: str | None, **chosen: Any) -> int:
    cards = _find(state, _task(state, pathspec), chosen)
    if len(cards.paths) > 1:
        cards.show_choice(state, "get")
    elif path is not None:
        cards.datastore.cache_locally(cards.paths[0], path)
    else:
        print(cards.datastore.get_card_html(cards.paths[0]))
    return 0


def list_cards(state: State, pathspec: str | None, as_json: bool, file: str | None, **chosen: Any) -> int:
    if pathspec is None:
        return _list_run(state, as_json, file, chosen)
    cards = _find(state, _task(state, pathspec), chosen, is_silent=as_json)
    if as_json:
        _write_json(cards.plain(), file)
    else:
        cards.show_count(state)
        cards.show(state)
    return 0


def _list_run(state: State, as_json: bool, file: str | None, chosen: dict[str, Any]) -> int:
    """The cards of all tasks of the newest run."""
    from ..client import Flow
    from ..exception import CommandException
    from ..plugins.cards.exception import CardNotPresentException

    run = Flow(state.flow.name).latest_run
    if run is None:
        raise CommandException(f"There is no run of {state.flow.name} whose cards could be listed.")
    if not as_json:
        state.echo(f"Listing cards for run {run.pathspec}", colour="green", raw=True)
    found = []
    for step in run:
        is_named = False
        for task in step:
            try:
                cards = _find(state, task, chosen, is_silent=True)
            except CardNotPresentException:
                continue
            found.append(cards.plain())
            if as_json:
                continue
            if not is_named:
                state.echo(f"Step : {step.id}", colour="green", raw=True)
                is_named = True
            state.echo(f"\tTask: {cards.pathspec.rpartition('/')[2]}", colour="green", raw=True)
            cards.show(state)
    if not found:
        raise CardNotPresentException(
            run.pathspec, card_hash=chosen["hash"], card_type=chosen["type"], card_id=chosen["id"]
        )
    if as_json:
        _write_json(found, file)
    return 0


def _write_json(value: Any, file: str | None) -> None:
    import json

    if file is None:
        terminal.write(json.dumps(value, indent=4), raw=True)
        return
    with open(file, "w", encoding="utf-8") as target:
        json.dump(value, target)


def server(
    state: State, run_id: str | None, port: int, user_namespace: str | None, poll_interval: int, max_cards: int
) -> int:
    from ..util import resolve_identity
    from .card_server import Viewer, serve

    wanted = resolve_identity() if user_namespace is None else user_namespace
    viewer = Viewer(state.flow.name, _root(state), run_id, wanted, poll_interval, max_cards)
    return serve(state, viewer, port)


def create(state: State, **values: Any) -> int:
    from .card_create import create as make

    return make(state, _root(state), **values)


_CHOICE = [
    Option("--hash", help="Hash of the card: all of it, or its first characters."),
    Option("--type", help="Type of the card."),
    Option("--id", help="Id of the card."),
    Option(
        "--follow-resumed/--no-follow-resumed",
        default=True,
        show_default=True,
        help="For tasks that were cloned by a resume, use the cards of the tasks that they were cloned from.",
    ),
]

_FORMS = "PATHSPEC is <stepname>, <runid>/<stepname> or <runid>/<stepname>/<taskid>."

COMMANDS = {
    "create": Command(
        create,
        "Create a card of a finished task.",
        [
            Option("--type", default="default", show_default=True, help="Type of the card."),
            Option("--options", help="Options of the card, in JSON."),
            Option("--timeout", kind=INTEGER, help="Seconds that the card may take."),
            Option("--render-error-card", flag=True, help="Where the card fails, make one that says why."),
            Option("--id", help="Id of the card."),
            Option("--component-file", help="Components of the card, in a file of JSON."),
            Option("--mode", kind=Choice(("render", "render_runtime", "refresh")), default="render", show_default=True),
            Option("--data-file", hidden=True),
            Option("--card-uuid", hidden=True),
            Option("--delete-input-files", flag=True, hidden=True),
        ],
        [Argument("pathspec")],
    ),
    "get": Command(
        get,
        f"Get the HTML of a card, or save it to the file PATH. {_FORMS}",
        _CHOICE,
        [Argument("pathspec"), Argument("path", required=False)],
    ),
    "list": Command(
        list_cards,
        f"List the cards of a task, or of all tasks of the latest run. {_FORMS}",
        [
            *_CHOICE,
            Option("--as-json", flag=True, help="The list, as JSON."),
            Option("--file", help="Save the list to this file."),
        ],
        [Argument("pathspec", required=False)],
    ),
    "server": Command(
        server,
        "Run a local server of cards, for a browser.",
        [
            Option("--run-id", help="Run ID of the flow."),
            Option("--port", kind=INTEGER, default=8324, show_default=True, help="Port of the server."),
            Option("--namespace", "user_namespace", help="Namespace of the run."),
            Option(
                "--poll-interval",
                kind=INTEGER,
                default=5,
                show_default=True,
                help="Seconds between two looks at a running task.",
            ),
            Option(
                "--max-cards", kind=INTEGER, default=30, show_default=True, help="How many cards are shown at most."
            ),
        ],
    ),
    "view": Command(view, f"View a card in the browser. {_FORMS}", _CHOICE, [Argument("pathspec")]),
}
