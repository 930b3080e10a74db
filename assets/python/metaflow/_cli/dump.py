"""`dump`: the artifacts of tasks, as lines or as a pickle."""

from __future__ import annotations

from . import terminal
from .kinds import INTEGER
from .options import Argument, Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..client.manifest import Manifest
    from .state import State


def dump(state: State, input_path: str, private: bool, max_value_size: int, include: str, file: str | None) -> int:
    from ..client.manifest import Manifest
    from ..exception import CommandException
    from .tasks import find

    tasks = [task for task in find(state.root(), state.flow.name, input_path) if task.is_done(task.attempts[-1])]
    if not tasks and input_path.count("/") == 2:
        raise CommandException(f"There is no finished task {input_path} of the flow {state.flow.name}.")
    wanted = {name for name in include.split(",") if name}
    output = {}
    for task in tasks:
        state.echo(
            f"Dumping output of run_id=*{task.run_id}* step=*{task.step}* task_id=*{task.task_id}*", colour="magenta"
        )
        manifest = Manifest(task.directory)
        names = [
            name
            for name in manifest.objects
            if (not wanted or name in wanted) and (private or not name.startswith("_"))
        ]
        if file is not None:
            output[task.pathspec] = {name: _load(manifest, name) for name in names}
            continue
        for name in sorted(names):
            size = manifest.size(name)
            shown = "< artifact too large >" if size == 0 or size > max_value_size else _load(manifest, name)
            terminal.write(f"{name} [size: {size} type: {manifest.type(name)}] = {shown}", raw=True)
        if not names:
            terminal.write("")
    if file is not None:
        import pickle

        with open(file, "wb") as target:
            pickle.dump(output, target, protocol=pickle.HIGHEST_PROTOCOL)
        state.echo(f"Artifacts written to *{file}*")
    return 0


def _load(manifest: Manifest, name: str) -> Any:
    """The value; of a file, its content."""
    from ..client.manifest import INCLUDED_FILE

    value = manifest.load(name)
    return value.decode(name) if manifest.type(name) == INCLUDED_FILE else value


COMMANDS = {
    "dump": Command(
        dump,
        "Print artifacts of a task, or of all tasks of a step. INPUT-PATH is "
        "<run_id>/<step_name> or <run_id>/<step_name>/<task_id>.",
        [
            Option(
                "--private/--no-private",
                default=False,
                show_default=True,
                help="Also those that begin with an underscore.",
            ),
            Option(
                "--max-value-size",
                kind=INTEGER,
                default=1000,
                show_default=True,
                help="Bytes above which a value is only named; 0 for names alone.",
            ),
            Option("--include", default="", help="Names of the artifacts that are wanted, separated by commas."),
            Option("--file", help="A file to write the artifacts to, as a pickle."),
        ],
        [Argument("input-path")],
    )
}
