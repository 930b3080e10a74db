"""Which decorators there are, and where: ours, and those of extension packages. Loaded when a flow mentions them."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Name -> the module below `plugins` and the class. Those that end in `_internal` are for the runtime.
STEP_DECORATORS = {
    "batch": "aws.batch.batch_decorator.BatchDecorator",
    "card": "cards.card_decorator.CardDecorator",
    "catch": "catch_decorator.CatchDecorator",
    "conda": "pypi.conda_decorator.CondaStepDecorator",
    "environment": "environment_decorator.EnvironmentDecorator",
    "kubernetes": "kubernetes.kubernetes_decorator.KubernetesDecorator",
    "parallel": "parallel_decorator.ParallelDecorator",
    "pypi": "pypi.pypi_decorator.PyPIStepDecorator",
    "pytorch_parallel": "frameworks.pytorch.PytorchParallelDecorator",
    "resources": "resources_decorator.ResourcesDecorator",
    "retry": "retry_decorator.RetryDecorator",
    "secrets": "secrets.secrets_decorator.SecretsDecorator",
    "timeout": "timeout_decorator.TimeoutDecorator",
    "unbounded_test_foreach_internal": "test_unbounded_foreach_decorator.InternalTestUnboundedForeachDecorator",
}

FLOW_DECORATORS = {
    "airflow_external_task_sensor": "airflow.sensors.ExternalTaskSensorDecorator",
    "airflow_s3_key_sensor": "airflow.sensors.S3KeySensorDecorator",
    "conda_base": "pypi.conda_decorator.CondaFlowDecorator",
    "exit_hook": "exit_hook.exit_hook_decorator.ExitHookDecorator",
    "project": "project_decorator.ProjectDecorator",
    "pypi_base": "pypi.pypi_decorator.PyPIFlowDecorator",
    "schedule": "aws.step_functions.schedule_decorator.ScheduleDecorator",
    "trigger": "events_decorator.TriggerDecorator",
    "trigger_on_finish": "events_decorator.TriggerOnFinishDecorator",
}


def find(name: str) -> Callable | None:
    """The decorator of that name, as flows import it."""
    from .decorators import flow_decorator, step_decorator

    kind = step_class(name)
    if kind is not None:
        return step_decorator(kind)
    kind = flow_class(name)
    return None if kind is None else flow_decorator(kind)


def step_class(name: str) -> Any:
    """The class of a step decorator; None where there is none of that name."""
    return _class_of(name, "step_decorator", STEP_DECORATORS)


def flow_class(name: str) -> Any:
    """The class of a flow decorator; None where there is none of that name."""
    return _class_of(name, "flow_decorator", FLOW_DECORATORS)


def step_names() -> list[str]:
    return sorted(name for name in paths("step_decorator", STEP_DECORATORS) if not name.endswith("_internal"))


def flow_names() -> list[str]:
    return sorted(paths("flow_decorator", FLOW_DECORATORS))


def _class_of(name: str, category: str, builtin: dict[str, str]) -> Any:
    path = paths(category, builtin).get(name)
    if path is None:
        return None
    module, _, attribute = path.rpartition(".")
    __import__(module)
    return getattr(sys.modules[module], attribute)


def paths(category: str, builtin: dict[str, str]) -> dict[str, str]:
    """Name -> path of the class; extensions add to ours, replace and remove."""
    from .extension_support import present

    ours = {name: f"{__package__}.plugins.{path}" for name, path in builtin.items()}
    if not present():
        return ours
    from .extension_support.plugins import resolve

    return resolve(category, ours)
