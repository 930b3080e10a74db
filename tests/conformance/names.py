"""All public names of the real Metaflow that have to work on one machine, by what they belong to: run by its Python, for
`covered.py`."""

from __future__ import annotations

import inspect
import json
from typing import Any

import metaflow
from metaflow import cards
from metaflow.client import core
from metaflow.metaflow_current import Current
from metaflow.plugins import FLOW_DECORATORS, STEP_DECORATORS
from metaflow.runner.metaflow_runner import ExecutingRun, ExecutingTask
from metaflow.user_decorators.mutable_flow import MutableFlow
from metaflow.user_decorators.mutable_step import MutableStep


def _members(*kinds: type) -> set[str]:
    return {name for kind in kinds for name in dir(kind) if not name.startswith("_")}


def _exported(module: Any) -> set[str]:
    return {name for name, value in vars(module).items() if not name.startswith("_") and not inspect.ismodule(value)}


def _arguments(kind: type) -> set[str]:
    return set(inspect.signature(kind.__init__).parameters) - {"self", "kwargs"}


FOUND = {
    "decorators of steps": {decorator.name for decorator in STEP_DECORATORS},
    "decorators of flows": {decorator.name for decorator in FLOW_DECORATORS},
    "metaflow": _exported(metaflow),
    "cards": _exported(cards),
    "Metaflow": _members(core.Metaflow),
    "Flow": _members(core.Flow),
    "Run": _members(core.Run),
    "Step": _members(core.Step),
    "Task": _members(core.Task),
    "DataArtifact": _members(core.DataArtifact),
    "current": _members(Current),
    "Runner": _members(metaflow.Runner, ExecutingRun, ExecutingTask),
    "MutableFlow": _members(MutableFlow),
    "MutableStep": _members(MutableStep),
    "Parameter": _arguments(metaflow.Parameter),
    "IncludeFile": _arguments(metaflow.IncludeFile),
    "Config": _arguments(metaflow.Config),
    "ConfigValue": _members(metaflow.ConfigValue),
}

if __name__ == "__main__":
    print(json.dumps({area: sorted(names) for area, names in FOUND.items()}))
