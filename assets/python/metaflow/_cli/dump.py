"""`dump`: the artifacts of tasks, as lines or as a pickle."""

from __future__ import annotations

from . import terminal
from .kinds import INTEGER
from .options import Argument, Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .state import State
    from .tasks import StoredTask

_INCLUDED = "<class 'metaflow.includefile.IncludedFile'>"


class TooLarge:
    """Stands for a value that is not shown."""

    def __str__(self) -> str:
        return "< artifact too large >"


def dump(state: State, input_path: str, private: bool, max_value_size: int, include: str, file: str | None) -> int:
    from ..exception import CommandException
    from .tasks import find

    tasks = [attempts[-1] for attempts in find(state.root(), state.flow.name, input_path)]
    tasks = [task for task in tasks if task.is_done]
    if not tasks and input_path.count("/") == 2:
        raise CommandException(f"There is no finished task {input_path} of the flow {state.flow.name}.")
    wanted = {name for name in include.split(",") if name}
    output = {}
    for task in tasks:
        state.echo(
            f"Dumping output of run_id=*{task.run_id}* step=*{task.step}* task_id=*{task.task_id}*", colour="magenta"
        )
        if file is None:
            rows = sorted(_rows(task, private, wanted, max_value_size), key=_key)
            for name, size, kind, value in rows:
                terminal.write(f"{name} [size: {size} type: {kind}] = {value}", raw=True)
            if not rows:
                terminal.write("")
        else:
            output[task.pathspec] = {name: value for name, _, _, value in _rows(task, private, wanted, None)}
    if file is not None:
        import pickle

        with open(file, "wb") as target:
            pickle.dump(output, target, protocol=pickle.HIGHEST_PROTOCOL)
        state.echo(f"Artifacts written to *{file}*")
    return 0


def _key(row: tuple) -> str:
    return row[0]


def _rows(task: StoredTask, private: bool, wanted: set[str], limit: int | None) -> Iterator[tuple[str, Any, Any, Any]]:
    """Name, size, type and value of each artifact that is asked for; a value above the limit stands aside."""
    objects, infos = task.manifest()
    for name, key in objects.items():
        if (wanted and name not in wanted) or (name.startswith("_") and not private):
            continue
        info = infos.get(name, {})
        size, kind = info.get("size", 0), info.get("type", "?")
        value: Any = None
        if kind == _INCLUDED:
            value = task.load(name, key)
            size = value.size
        if limit is not None and (size == 0 or size > limit):
            yield name, size, kind, TooLarge()
        elif kind == _INCLUDED:
            yield name, size, kind, value.decode(name)
        else:
            yield name, size, kind, task.load(name, key)


COMMANDS = {
    "dump": Command(
        dump,
        "Get data artifacts of a task or all tasks in a step. The format for input-path is either "
        "<run_id>/<step_name> or <run_id>/<step_name>/<task_id>.",
        [
            Option("--private/--no-private", default=False, show_default=True, help="Show also private attributes."),
            Option(
                "--max-value-size",
                kind=INTEGER,
                default=1000,
                show_default=True,
                help="Show only values that are smaller than this number. Set to 0 to see only keys.",
            ),
            Option("--include", default="", help="Include only artifacts in the given comma-separated list."),
            Option("--file", help="Serialize artifacts in the given file."),
        ],
        [Argument("input-path")],
    )
}
