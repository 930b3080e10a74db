"""`logs show` and `logs scrub`: what tasks have printed."""

from __future__ import annotations

from . import terminal
from .kinds import INTEGER
from .options import Argument, Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from .state import State
    from .tasks import StoredTask


def show(
    state: State, input_path: str, stdout: bool, stderr: bool, both: bool, timestamps: bool, attempt: int | None
) -> int:
    from ..exception import CommandException
    from .tasks import find

    tasks = [attempts[-1] for attempts in find(state.root(), state.flow.name, input_path)]
    if not tasks:
        raise CommandException("No Tasks found at the given path -- either none exist or none have started yet")
    for task in tasks:
        state.echo(
            f"Dumping logs of run_id=*{task.run_id}* step=*{task.step}* task_id=*{task.task_id}*", colour="magenta"
        )
        for stream in _streams(stdout, stderr, both):
            state.echo(stream, bold=True)
            for time, message in merged(task.logs(stream, attempt)):
                if timestamps:
                    local = time.astimezone().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
                    terminal.write(f"{local} ", end="", colour="magenta", raw=True)
                terminal.write(message.decode("utf-8", errors="replace"), raw=True)
    return 0


def _streams(stdout: bool, stderr: bool, both: bool) -> list[str]:
    """The streams that are asked for; both, unless one is named."""
    chosen = [name for name, wanted in (("stdout", stdout), ("stderr", stderr)) if wanted]
    return chosen or (["stdout", "stderr"] if both else [])


def merged(texts: list[bytes]) -> Iterator[tuple[datetime, bytes]]:
    """The lines of several logs by time (UTC); what has no time stands last."""
    return iter(sorted((line for text in texts for line in _lines(text)), key=lambda line: line[0]))


def _lines(text: bytes) -> Iterator[tuple[datetime, bytes]]:
    import re
    from datetime import datetime, timezone

    stamp = re.compile(rb"(?:\[!)?\[MFLOG\|0\|(.+?)Z\|.+?\|.+?\](.*)")
    for line in text.splitlines():
        match = stamp.match(line)
        time = datetime(3000, 1, 1)
        if match is not None:
            time, line = datetime.strptime(match.group(1).decode(), "%Y-%m-%dT%H:%M:%S.%f"), match.group(2)
        yield time.replace(tzinfo=timezone.utc), line


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

    chosen: list[StoredTask] = []
    for attempts in find(state.root(), state.flow.name, input_path):
        upto = [one for one in attempts if attempt is None or one.attempt <= attempt]
        if attempt is not None and latest:
            upto = [one for one in upto if one.attempt == attempt]
        chosen += upto[-1:] if latest else upto
    chosen = [task for task in chosen if include_not_done or task.is_done]
    if not chosen:
        raise CommandException(
            "No Tasks found at the given path -- either none exist or they have not finished yet.\n"
            "If you know the task has finished, you can supply --include-not-done to force scrub it."
        )
    for task in chosen:
        failures = []
        for stream in _streams(stdout, stderr, both):
            try:
                task.scrub(stream)
            except OSError:
                failures.append(stream)
        if failures:
            text = f"Failed to scrub {task.pathspec} - attempt {task.attempt} : *{','.join(failures)}*"
            terminal.write(text, err=True)
        else:
            state.echo(f"Logs have been scrubbed for {task.pathspec} - attempt {task.attempt}")
    return 0


def _choice(verb: str) -> list[Option]:
    return [
        Option("--stdout/--no-stdout", default=False, show_default=True, help=f"{verb} stdout of the task."),
        Option("--stderr/--no-stderr", default=False, show_default=True, help=f"{verb} stderr of the task."),
        Option("--both/--no-both", default=True, show_default=True, help=f"{verb} both stdout and stderr."),
        Option("--attempt", kind=INTEGER, help=f"{verb} this attempt; by default, the latest one."),
    ]


_PATH = "The format for input-path is either <run_id>/<step_name> or <run_id>/<step_name>/<task_id>."

COMMANDS = {
    "show": Command(
        show,
        f"Show stdout/stderr produced by a task or all tasks in a step. {_PATH}",
        [
            *_choice("Show"),
            Option("--timestamps/--no-timestamps", default=False, show_default=True, help="Show timestamps."),
        ],
        [Argument("input-path")],
    ),
    "scrub": Command(
        scrub,
        f"Scrub stdout/stderr produced by a task or all tasks in a step. {_PATH}",
        [
            *_choice("Scrub"),
            Option("--latest/--all", default=True, help="Scrub the latest attempt, or all of them."),
            Option("--include-not-done", flag=True, help="Scrub also what has not finished as it should."),
        ],
        [Argument("input-path")],
    ),
}
