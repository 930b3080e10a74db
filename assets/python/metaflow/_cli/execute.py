"""`run`, `resume` and `spin`: the command line is judged here, and carried out by the flowdev binary."""

from __future__ import annotations

import os

from . import binary, check
from .kinds import INTEGER
from .options import Argument, Command, Context, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from .state import State

_LOG_SIZE = Option(
    "--max-log-size",
    kind=INTEGER,
    default=10,
    show_default=True,
    help="Megabytes of a task's stdout and stderr that are kept; what exceeds them is left out.",
)

_FILES = [
    Option("--run-id-file", help="A file to write the id of the run to."),
    Option(
        "--runner-attribute-file",
        help="A file for the id of the run and for where it is registered.",
    ),
]


def _run_options() -> list[Option]:
    return [
        Option("--tag", "tags", multiple=True, help="A tag for the run; may be repeated."),
        Option(
            "--max-workers",
            kind=INTEGER,
            default=16,
            show_default=True,
            help="How many tasks run at once, at most.",
        ),
        Option(
            "--max-num-splits",
            kind=INTEGER,
            default=100,
            show_default=True,
            help="How many tasks a foreach may split into.",
        ),
        _LOG_SIZE,
        Option("--with", "decospecs", multiple=True, help="A decorator for every step; may be repeated."),
        *_FILES,
    ]


class Execute(Command):
    """A command whose options include the flow's parameters; those that a run has already are not required."""

    def __init__(
        self,
        action: Callable[..., list[str]],
        help: str,
        options: list[Option],
        arguments: list[Argument] | None = None,
        starts: bool = False,
    ) -> None:
        super().__init__(None, help, options, arguments)
        self.line = action
        self.starts = starts

    def run(self, context: Context, words: list[str], state: State) -> NoReturn:
        from .flow_parameters import options_of

        parameters = options_of(state.flow, self.options, required=self.starts)
        full = Command(None, self.help, [*parameters, *self.options], self.arguments)
        values = full.values(Context(full, context.path, context.prefix, context.parent), words)
        given = {option.parameter: values.pop(option.dest) for option in parameters}
        line = self.line(state, **values)
        line += [f"--parameter={name}={text}" for name, texts in given.items() for text in texts]
        binary.become(line)


def _run(state: State, user_namespace: str | None, **values: Any) -> list[str]:
    line = _line(state, "run", values)
    if user_namespace is not None:
        line.append(f"--namespace={user_namespace}")
    return line


def _resume(state: State, step_to_rerun: str | None, **values: Any) -> list[str]:
    from ..exception import CommandException

    origin, run_id = values.pop("origin_run_id"), values.pop("run_id")
    clone_only, reentrant = values.pop("clone_only"), values.pop("reentrant")
    if values.pop("resume_identifier") or reentrant:
        raise CommandException(
            "--reentrant and --resume-identifier are for schedulers that start one resume on several machines; "
            "flowdev resumes a run on one: leave them out."
        )
    line = _line(state, "resume", values)
    if clone_only:
        line.append("--clone-only")
    if step_to_rerun is not None:
        if step_to_rerun not in state.flow._graph:
            names = ",".join(node.name for node in state.flow._graph)
            raise CommandException(f"There is no step {step_to_rerun} in the flow; its steps are: {names}")
        line.insert(2, step_to_rerun)
    if run_id is not None:
        if run_id.lstrip("-").isdigit():
            raise CommandException(f"run-id {run_id} cannot be an integer")
        line.append(f"--run-id={run_id}")
    if origin is not None:
        line.append(f"--origin-run-id={origin}")
    return line


def _spin(
    state: State,
    pathspec: str,
    skip_decorators: bool,
    artifacts_module: str | None,
    persist: bool,
    max_log_size: int,
    run_id_file: str | None,
    runner_attribute_file: str | None,
) -> list[str]:
    from ..exception import CommandException

    parts = pathspec.split("/")
    flow = state.flow.name
    if not all(parts) or len(parts) > 4:
        raise CommandException(
            f"'{pathspec}' names no step: write STEP, RUN/STEP, RUN/STEP/TASK, {flow}/RUN/STEP or {flow}/RUN/STEP/TASK."
        )
    if len(parts) == 4 and parts[0] != flow:
        raise CommandException(f"'{pathspec}' is about the flow '{parts[0]}', and this one is '{flow}'.")
    if len(parts) > 2 and parts[0] == flow:
        parts = parts[1:]
    step = parts[0] if len(parts) == 1 else parts[1]
    if step not in state.flow._graph:
        raise CommandException(f"Step '{step}' not found in flow '{flow}'; `show` lists its steps.")
    values = {
        "max_log_size": max_log_size,
        "run_id_file": run_id_file,
        "runner_attribute_file": runner_attribute_file,
    }
    line = _line(state, "spin", values)
    line.insert(2, "/".join(parts))
    if skip_decorators:
        line.append("--skip-decorators")
    line.append("--persist" if persist else "--no-persist")
    if artifacts_module is not None:
        line.append(f"--artifacts-module={artifacts_module}")
    return line


def _line(state: State, verb: str, values: dict[str, Any]) -> list[str]:
    """The binary's command line, as far as it is the same for all three verbs."""
    tags = values.pop("tags", ())
    if tags:
        from ..tagging_util import validate_tags

        validate_tags(tags)
    decospecs = _decospecs(state, values.pop("decospecs", None))
    check.before_run(state)
    _export_user()
    line = [verb, binary.flow_file(), "--console", "metaflow", "--class", state.flow.name]
    if state.is_quiet:
        line.append("--quiet")
    for spec in decospecs:
        line.append(f"--with={spec}")
    for tag in tags:
        line.append(f"--tag={tag}")
    for name, value in values.items():
        if value is not None:
            line.append(f"--{name.replace('_', '-')}={value}")
    if state.values["datastore_root"]:
        line.append(f"--datastore-root={os.path.abspath(state.values['datastore_root'])}")
    from ..user_configs import frozen

    files, texts = frozen(state.config_files, state.config_values)
    for name, path in files:
        line += ["--config", name, path]
    for name, text in texts:
        line += ["--config-value", name, text]
    for name, value in state.flow_options.items():
        for item in value if isinstance(value, tuple) else (value,):
            if item is not None:
                text = str(item).lower() if isinstance(item, bool) else item
                line.append(f"--flow-option={name}={text}")
    return line


def _export_user() -> None:
    """The binary takes the user's name from variables only; a configuration file may have it, too."""
    from ..metaflow_config import from_conf

    user = from_conf("USER")
    if user:
        os.environ.setdefault("METAFLOW_USER", user)


def _decospecs(state: State, own: tuple[str, ...] | None) -> list[str]:
    """Decorators of `--with`: those of the command first, then those before it. All have to exist."""
    from ..metaflow_config import DEFAULT_DECOSPECS

    specs = list(state.values["decospecs"])
    if own is not None:
        specs = [*own, *DEFAULT_DECOSPECS.split(), *specs]
    if specs:
        from ..user_decorators.common import step_decorator_from_spec

        for spec in specs:
            step_decorator_from_spec(spec)
    return specs


def _spin_options() -> list[Option]:
    from ..metaflow_config import from_conf

    return [
        Option(
            "--skip-decorators/--no-skip-decorators",
            default=False,
            show_default=True,
            help="Run the step without its decorators.",
        ),
        Option(
            "--artifacts-module",
            help="A Python file with a dictionary ARTIFACTS, whose values replace those of the step's inputs.",
        ),
        Option(
            "--persist/--no-persist",
            default=from_conf("SPIN_PERSIST", False),
            show_default=True,
            help="Whether to keep the artifacts of the spun step.",
        ),
        _LOG_SIZE,
        *_FILES,
    ]


COMMANDS = {
    "run": Execute(
        _run,
        "Run the flow on this machine.",
        [
            *_run_options(),
            Option(
                "--namespace",
                "user_namespace",
                help="The namespace of the run, instead of your own: what the client finds "
                "in the tasks of this run. An empty text is the global namespace: --namespace=",
            ),
        ],
        starts=True,
    ),
    "resume": Execute(
        _resume,
        "Go on where an earlier run of the flow stopped.",
        [
            *_run_options(),
            Option("--origin-run-id", help="The run to go on from; the latest of this store if none is named."),
            Option("--run-id", hidden=True),
            Option("--clone-only/--no-clone-only", hidden=True, default=False),
            Option("--reentrant/--no-reentrant", hidden=True, default=False),
            Option("--resume-identifier", hidden=True),
        ],
        [Argument("step-to-rerun", required=False)],
    ),
    "spin": Execute(
        _spin,
        "Run one step again, on what an earlier run has stored.",
        _spin_options(),
        [Argument("pathspec")],
    ),
}
