"""The flow as its command needs it: configs have their values, mutators have done their work.

Commands that only read results take the flow as it is written; those that run it leave the rest to the workers.
"""

from __future__ import annotations

import os

from .errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .options import Context
    from .state import State

# They print what the flow is like, with all its decorators.
_LOOKING = frozenset(("", "check", "show", "output-raw", "output-dot", "package"))
# They need the parameters that the flow has in the end.
_RUNNING = frozenset(("run", "resume", "spin"))


def prepare(state: State, context: Context, words: list[str]) -> None:
    """For the command that `words` begin with; raises `UsageError` where configs are not as they should be."""
    from .. import user_decorators
    from ..parameters import UsageError as BadConfig

    verb = words[0] if words else ""
    if verb not in _LOOKING and verb not in _RUNNING:
        return
    kind = type(state.flow)
    try:
        _resolve_configs(state, context, words)
    except BadConfig as error:
        raise UsageError(error.message, context) from error
    user_decorators.pre_mutate(kind)
    if verb in _LOOKING:
        _finish(state)


def _resolve_configs(state: State, context: Context, words: list[str]) -> None:
    from .. import user_configs

    kind = type(state.flow)
    origin = None
    if words and words[0] in ("resume", "spin") and user_configs.in_use():
        origin = _origin(state, words)
    if origin is not None and words[0] == "resume":
        # The values are those of the run that is resumed.
        state.config_files, state.config_values = [], []
    user_configs.resolve(kind, dict(state.config_files), dict(state.config_values), origin)


def _origin(state: State, words: list[str]) -> dict[str, Any] | None:
    """The parameters of the run that is resumed or spun, as the workers are told of them."""
    from .. import _roots
    from ..client.manifest import Manifest
    from ..datastore.exceptions import DataException

    flow = state.flow.name
    root = state.values["datastore_root"] or _roots.local_root()
    run_id = _origin_run(words, flow) or _latest(root, flow)
    if run_id is None:
        if words[0] == "spin":
            return None
        from ..exception import CommandException

        raise CommandException("A previous run id was not found: name a run by --origin-run-id.")
    step = os.path.join(root, flow, run_id, "_parameters")
    try:
        tasks = sorted(os.listdir(step))
        manifest = Manifest(os.path.join(step, next(name for name in tasks if not name.startswith("_"))))
    except (OSError, StopIteration, DataException):
        # The engine says what is the matter with that run.
        return None
    return {
        "blobs": os.path.join(root, flow, "data"),
        "objects": {name: [sha] for name, sha in manifest.objects.items()},
    }


def _origin_run(words: list[str], flow: str) -> str | None:
    """The run that the command names, which is yet to be parsed: its options depend on what is found there."""
    if words[0] == "spin":
        parts = next((word.split("/") for word in words[1:] if not word.startswith("-")), [""])
        parts = parts[1:] if len(parts) > 2 and parts[0] == flow else parts
        return parts[0] if len(parts) > 1 else None
    for position, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name == "--origin-run-id":
            return value if equals else next(iter(words[position + 1 :]), None)
    return os.environ.get("METAFLOW_RESUME_ORIGIN_RUN_ID")


def _latest(root: str, flow: str) -> str | None:
    try:
        with open(os.path.join(root, flow, "latest_run"), encoding="utf-8") as file:
            return file.read().strip() or None
    except OSError:
        return None


def _finish(state: State) -> None:
    """What a worker does when it loads the flow: decorators of the command line, mutators, decorators' own checks."""
    from .. import user_decorators
    from .._worker.lifecycle import init_flow_decorators, init_step_decorators
    from .._worker.surroundings import Surroundings
    from ..metaflow_config import from_conf

    kind = type(state.flow)
    around = Surroundings(state.flow)
    init_flow_decorators(state.flow, around, state.flow_options)
    user_decorators.attach(kind, [*state.values["decospecs"], *from_conf("DEFAULT_DECOSPECS", "").split()])
    user_decorators.mutate(kind)
    init_step_decorators(state.flow, around)
    for notice in around.notices:
        state.echo(notice)
