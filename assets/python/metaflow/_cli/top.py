"""The options before the command, and the table of commands."""

from __future__ import annotations

import os
import sys

from .kinds import PAIRS, Choice
from .options import Command, Context, Group, Option, option_from

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flowspec import FlowSpec
    from .state import State

_ELSEWHERE = "elsewhere"

# Name -> (module that has the command, line in the list of commands), in the order of that list. A module's COMMANDS
# has the command under its own name or, for a group, the subcommands.
_TABLE = {
    "check": ("check", "Validate the flow; what happens without a command."),
    "dump": ("dump", "Print artifacts of a task, or of all tasks of a step."),
    "help": ("show", "List the commands and the options before them."),
    "init": ("elsewhere", "Initialize a run."),
    "output-dot": ("show", "Print the graph for Graphviz."),
    "output-raw": ("show", "Print the graph as the engine sees it."),
    "resume": ("execute", "Go on where an earlier run of the flow stopped."),
    "run": ("execute", "Run the flow on this machine."),
    "show": ("show", "Describe the flow and its steps."),
    "spin": ("execute", "Run one step again, on what an earlier run has stored."),
    "version": ("show", "Print the version."),
    "logs": ("logs", "What tasks wrote to stdout and stderr."),
    "tag": ("tag", "Tags of runs."),
    "card": ("card", "Cards of tasks."),
    "package": ("package", "The code package: what another machine would need of the flow."),
    "batch": (_ELSEWHERE, "AWS Batch: not offered."),
    "kubernetes": (_ELSEWHERE, "Kubernetes: not offered."),
    "step-functions": (_ELSEWHERE, "AWS Step Functions: not offered."),
    "argo-workflows": (_ELSEWHERE, "Argo Workflows: not offered."),
    "airflow": (_ELSEWHERE, "Airflow: not offered."),
}
_GROUPS = {"logs": "show", "tag": None, "card": None, "package": None}
_HIDDEN = frozenset(("init",))


def _options() -> list[Option]:
    from ..metaflow_config import from_conf

    return [
        Option(
            "--quiet/--not-quiet",
            help="Leave out the banner and the lines about progress.",
            default=False,
            show_default=True,
        ),
        Option(
            "--metadata",
            kind=Choice(("local", "service", "spin")),
            default=from_conf("DEFAULT_METADATA", "local"),
            show_default=True,
            help="Where runs are registered.",
        ),
        Option(
            "--environment",
            kind=Choice(("local", "pypi", "conda", "uv")),
            default=from_conf("DEFAULT_ENVIRONMENT", "local"),
            show_default=True,
            help="What provides the packages of steps.",
        ),
        Option("--force-rebuild-environments/--no-force-rebuild-environments", default=False, hidden=True),
        Option(
            "--datastore",
            kind=Choice(("local", "s3", "azure", "gs", "spin")),
            default=from_conf("DEFAULT_DATASTORE", "local"),
            show_default=True,
            help="What artifacts are stored in.",
        ),
        Option("--datastore-root", help="Directory of the store."),
        Option(
            "--package-suffixes",
            default=from_conf("DEFAULT_PACKAGE_SUFFIXES", ".py,.R,.RDS"),
            show_default=True,
            help="Suffixes of files that belong to the code, separated by commas.",
        ),
        Option(
            "--with",
            "decospecs",
            multiple=True,
            help="A decorator for every step, as NAME:ATTRIBUTE=VALUE; may be repeated.",
        ),
        Option(
            "--pylint/--no-pylint",
            default=True,
            show_default=True,
            help="Let Pylint look at the flow, where it is installed.",
        ),
        Option(
            "--event-logger",
            kind=Choice(("nullSidecarLogger", "debugLogger")),
            default=from_conf("DEFAULT_EVENT_LOGGER", "nullSidecarLogger"),
            show_default=True,
            help="Where events are logged.",
        ),
        Option(
            "--monitor",
            kind=Choice(("nullSidecarMonitor", "debugMonitor")),
            default=from_conf("DEFAULT_MONITOR", "nullSidecarMonitor"),
            show_default=True,
            help="Where measurements go.",
        ),
        Option("--local-config-file", hidden=True),
        Option("--mode", kind=Choice(("spin",)), help="`spin`: the command is about spun tasks and their store."),
    ]


def _config_options() -> list[Option]:
    return [
        Option(
            "--config",
            kind=PAIRS,
            nargs=2,
            multiple=True,
            variable="METAFLOW_FLOW_CONFIG",
            help="The file of a configuration: its name, then the path.",
        ),
        Option(
            "--config-value",
            kind=PAIRS,
            nargs=2,
            multiple=True,
            variable="METAFLOW_FLOW_CONFIG_VALUE",
            help="The value of a configuration: its name, then the text.",
        ),
    ]


class Top(Group):
    """The command line as a whole."""

    def __init__(self) -> None:
        super().__init__("", {}, _options())

    def find(self, name: str) -> Command | None:
        if name not in _TABLE:
            return None
        module, text = _TABLE[name]
        if module == _ELSEWHERE:
            from . import elsewhere

            return elsewhere.command(name)
        commands = _module(module).COMMANDS
        if name in _GROUPS:
            return Group(text, commands, _module(module).OPTIONS if name == "package" else [], _GROUPS[name])
        return commands[name]

    def listed(self) -> list[tuple[str, str]]:
        return [(name, text) for name, (_, text) in _TABLE.items() if name not in _HIDDEN]

    def run_for(self, flow: FlowSpec, words: list[str]) -> int | None:
        """Carry out a command line about this flow; the answer is the exit code."""
        from .state import State

        program = os.path.basename(sys.argv[0])
        context = Context(self, program, "METAFLOW")
        decorators = self._complete(flow)
        values, rest = self.parse(context, words)
        state = State(flow, program, values)
        state.flow_options = {name: values.pop(dest) for name, dest in decorators.items()}
        state.config_files = list(values.pop("config", ()))
        state.config_values = list(values.pop("config_value", ()))
        before = words[: len(words) - len(rest)]
        state.gives_configs = any(word.partition("=")[0] in ("--config", "--config-value") for word in before)
        from .start import start

        start(state, context, rest)
        if not rest:
            return _module("check").COMMANDS["check"].run(context.below(self, "check"), [], state)
        command = self.find(rest[0])
        if command is None:
            from .errors import UsageError

            raise UsageError(f"No such command '{rest[0]}'.", context)
        return command.run(context.below(command, rest[0]), rest[1:], state)

    def _complete(self, flow: FlowSpec) -> dict[str, str]:
        """Add the options that this flow has; answers those of its decorators as `_add_flow_options` does."""
        decorators = self._add_flow_options(flow)
        if _has_configs(flow):
            self.options += _config_options()
        return decorators

    def _add_flow_options(self, flow: FlowSpec) -> dict[str, str]:
        """Options that the flow's decorators have; answers their names, and where their values are found."""
        from ..decorators import flow_decorators
        from ..exception import MetaflowException

        taken = {option.dest: "the command line" for option in self.options}
        found: dict[str, str] = {}
        for decorator in flow_decorators(type(flow)):
            for name, attributes in (getattr(decorator, "options", None) or {}).items():
                option = option_from(name, attributes)
                if option.dest in taken:
                    if found.get(name) and taken[option.dest] == decorator.name:
                        continue
                    raise MetaflowException(
                        f"The decorator @{decorator.name} has an option --{name}, which {taken[option.dest]} has too."
                    )
                taken[option.dest] = decorator.name
                found[name] = option.dest
                self.options.insert(0, option)
        return found


def options_for(flow: FlowSpec) -> list[Option]:
    """The options before the command, for this flow."""
    top = Top()
    top._complete(flow)
    return top.options


def _has_configs(flow: FlowSpec) -> bool:
    from .._worker.classes import parameters_of

    return any(parameter.IS_CONFIG_PARAMETER for _, parameter in parameters_of(type(flow)))


def _module(name: str) -> Any:
    __import__(f"{__package__}.{name}")
    return sys.modules[f"{__package__}.{name}"]


__all__ = ["State", "Top"]
