"""`logs show` and `logs scrub`: what tasks have printed."""

from __future__ import annotations

from . import terminal
from .kinds import INTEGER
from .options import Argument, Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .state import State
    from .tasks import StoredTask


def show(
    state: State, input_path: str, stdout: bool, stderr: bool, both: bool, timestamps: bool, attempt: int | None
) -> int:
    from datetime import timezone

    from ..client import logs
    from ..exception import CommandException
    from .tasks import find

    tasks = find(state.root(), state.flow.name, input_path)
    if not tasks:
        raise CommandException("No Tasks found at the given path: there are none, or none has begun")
    for task in tasks:
        state.echo(
            f"Dumping logs of run_id=*{task.run_id}* step=*{task.step}* task_id=*{task.task_id}*", colour="magenta"
        )
        number = task.attempts[-1] if attempt is None else attempt
        for stream in _streams(stdout, stderr, both):
            state.echo(stream, bold=True)
            for time, text in logs.merged([logs.read(path) for path in logs.paths(task.directory, stream, number)]):
                if timestamps:
                    local = time.replace(tzinfo=timezone.utc).astimezone().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
                    terminal.write(f"{local} ", end="", colour="magenta", raw=True)
                terminal.write(text.decode("utf-8", errors="replace").rstrip("\n"), raw=True)
    return 0


def _streams(stdout: bool, stderr: bool, both: bool) -> list[str]:
    """The streams that are asked for; both, unless one is named."""
    chosen = [name for name, wanted in (("stdout", stdout), ("stderr", stderr)) if wanted]
    return chosen or (["stdout", "stderr"] if both else [])


def scrub(
    state: State,
    input_path: str,
    stdout: bool,
    stderr: bool,
    both: bool,
    attempt: int | None,
    latest: bool,
    include_not_done: bool,
) -> int:
    from ..exception import CommandException
    from .tasks import find

    chosen: list[tuple[StoredTask, int]] = []
    for task in find(state.root(), state.flow.name, input_path):
        if latest:
            numbers = task.attempts[-1:] if attempt is None else [attempt] if attempt in task.attempts else []
        else:
            numbers = [number for number in task.attempts if attempt is None or number <= attempt]
        chosen += [(task, number) for number in numbers if include_not_done or task.is_done(number)]
    if not chosen:
        raise CommandException(
            "No Tasks found at the given path: there are none, or none that has finished.\n"
            "With --include-not-done, tasks that have not finished are scrubbed, too."
        )
    for task, number in chosen:
        failures = [stream for stream in _streams(stdout, stderr, both) if not _redact(task, number, stream)]
        if failures:
            terminal.write(
                f"Failed to scrub {task.pathspec} - attempt {number} : *{','.join(failures)}*",
                err=True,
            )
        else:
            state.echo(f"Logs have been scrubbed for {task.pathspec} - attempt {number}")
    return 0


def _redact(task: StoredTask, attempt: int, stream: str) -> bool:
    """Replace what was logged by a mark; whether that was possible."""
    import os

    from ..client import logs

    for source, path in zip(logs.SOURCES, logs.paths(task.directory, stream, attempt)):
        if not os.path.exists(path):
            continue
        try:
            with open(f"{path}.new", "w", encoding="utf-8") as file:
                file.write(f"[REDACTED {source} {stream}]")
            os.replace(f"{path}.new", path)
        except OSError:
            return False
    return True


def _choice(verb: str) -> list[Option]:
    return [
        Option("--stdout/--no-stdout", default=False, show_default=True, help=f"{verb} stdout of the task."),
        Option("--stderr/--no-stderr", default=False, show_default=True, help=f"{verb} stderr of the task."),
        Option("--both/--no-both", default=True, show_default=True, help=f"{verb} both stdout and stderr."),
        Option("--attempt", kind=INTEGER, help=f"{verb} this attempt; by default, the latest one."),
    ]


_PATH = "INPUT-PATH is RUN/STEP or RUN/STEP/TASK."

COMMANDS = {
    "show": Command(
        show,
        f"Print what a task, or all tasks of a step, wrote to stdout and stderr. {_PATH}",
        [
            *_choice("Show"),
            Option(
                "--timestamps/--no-timestamps", default=False, show_default=True, help="Begin lines with their time."
            ),
        ],
        [Argument("input-path")],
    ),
    "scrub": Command(
        scrub,
        f"Make illegible what a task, or all tasks of a step, wrote to stdout and stderr. {_PATH}",
        [
            *_choice("Scrub"),
            Option("--latest/--all", default=True, help="Scrub the latest attempt, or all of them."),
            Option("--include-not-done", flag=True, help="Scrub also what has not finished as it should."),
        ],
        [Argument("input-path")],
    ),
}
