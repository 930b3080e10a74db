"""The decorators that flows may use, with the defaults of their attributes, as `_graph_info` records them.

Remote and scheduling decorators are known here so that flows which use them load; what they ask for is recorded.
"""

from __future__ import annotations

from .decorators import FlowDecorator, StepDecorator, UnknownStepDecoratorException, flow_decorator, step_decorator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_CONDA = {"packages": {}, "libraries": {}, "python": None, "disabled": None}
_PYPI = {"packages": {}, "python": None, "disabled": None}

STEP_DEFAULTS: dict[str, dict[str, Any]] = {
    "batch": {
        "cpu": None,
        "gpu": None,
        "memory": None,
        "image": None,
        "queue": None,
        "iam_role": None,
        "execution_role": None,
        "shared_memory": None,
        "max_swap": None,
        "swappiness": None,
        "inferentia": None,
        "trainium": None,
        "efa": None,
        "host_volumes": None,
        "efs_volumes": None,
        "use_tmpfs": False,
        "aws_batch_tags": None,
        "tmpfs_tempdir": True,
        "tmpfs_size": None,
        "tmpfs_path": "/metaflow_temp",
        "ephemeral_storage": None,
        "log_driver": None,
        "log_options": None,
        "executable": None,
        "privileged": False,
    },
    "card": {
        "type": "default",
        "options": {},
        "scope": "task",
        "rank": None,
        "timeout": 45,
        "id": None,
        "save_errors": True,
        "customize": False,
        "refresh_interval": 5,
    },
    "catch": {"var": None, "print_exception": True},
    "conda": _CONDA,
    "environment": {"vars": {}},
    "kubernetes": {
        "cpu": "1",
        "memory": "4096",
        "disk": "10240",
        "image": None,
        "image_pull_policy": None,
        "image_pull_secrets": None,
        "service_account": None,
        "secrets": None,
        "node_selector": None,
        "namespace": None,
        "gpu": None,
        "gpu_vendor": None,
        "tolerations": None,
        "labels": None,
        "annotations": None,
        "use_tmpfs": None,
        "tmpfs_tempdir": True,
        "tmpfs_size": None,
        "tmpfs_path": "/metaflow_temp",
        "persistent_volume_claims": None,
        "shared_memory": None,
        "port": None,
        "compute_pool": None,
        "executable": None,
        "hostname_resolution_timeout": 600,
        "qos": "burstable",
        "extended_resources": {},
        "security_context": None,
    },
    "parallel": {},
    "pypi": _PYPI,
    "pytorch_parallel": {"master_port": None},
    "resources": {"cpu": "1", "gpu": None, "disk": None, "memory": "4096", "shared_memory": None},
    "retry": {"times": "3", "minutes_between_retries": "2"},
    "secrets": {"sources": [], "role": None, "allow_override": False},
    "timeout": {"seconds": 0, "minutes": 0, "hours": 0},
}

_SENSOR = {
    "timeout": 3600,
    "poke_interval": 60,
    "mode": "reschedule",
    "exponential_backoff": True,
    "pool": None,
    "soft_fail": False,
    "name": None,
    "description": None,
}

FLOW_DEFAULTS: dict[str, dict[str, Any]] = {
    "airflow_external_task_sensor": {
        **_SENSOR,
        "external_dag_id": None,
        "external_task_ids": None,
        "allowed_states": ["success"],
        "failed_states": None,
        "execution_delta": None,
        "check_existence": True,
    },
    "airflow_s3_key_sensor": {
        **_SENSOR,
        "bucket_key": None,
        "bucket_name": None,
        "wildcard_match": False,
        "aws_conn_id": None,
        "verify": None,
    },
    "conda_base": _CONDA,
    "exit_hook": {"on_success": [], "on_error": [], "options": {}},
    "project": {"name": None, "production": False, "branch": None},
    "pypi_base": _PYPI,
    "schedule": {"cron": None, "weekly": False, "daily": True, "hourly": False, "timezone": None},
    "trigger": {"event": None, "events": [], "options": {}},
    "trigger_on_finish": {"flow": None, "flows": [], "options": {}},
}

_REPEATABLE = frozenset(("card", "exit_hook", "airflow_external_task_sensor", "airflow_s3_key_sensor"))

_classes: dict[str, type] = {}


def _class_of(name: str, base: type, defaults: dict[str, Any]) -> type:
    if name not in _classes:
        members = {"name": name, "defaults": defaults, "allow_multiple": name in _REPEATABLE}
        _classes[name] = type(name.title().replace("_", "") + "Decorator", (base,), members)
    return _classes[name]


def find(name: str) -> Callable | None:
    """The decorator of that name, as flows import it."""
    if name in STEP_DEFAULTS:
        return step_decorator(_class_of(name, StepDecorator, STEP_DEFAULTS[name]))
    if name in FLOW_DEFAULTS:
        return flow_decorator(_class_of(name, FlowDecorator, FLOW_DEFAULTS[name]))
    return None


def from_spec(spec: str) -> StepDecorator:
    """The decorator that `--with name:attribute=value,...` asks for."""
    name, _, rest = spec.partition(":")
    if name not in STEP_DEFAULTS:
        raise UnknownStepDecoratorException(name, sorted(STEP_DEFAULTS))
    return _class_of(name, StepDecorator, STEP_DEFAULTS[name])(_parse_attributes(rest))


def _parse_attributes(text: str) -> dict[str, Any]:
    """Attributes are separated by those commas that a name and an equals sign follow."""
    if not text:
        return {}
    import json
    import re

    attributes = {}
    for part in re.split(r",(?=[\s\w]+=)", text):
        key, _, value = part.partition("=")
        value = value.strip()
        try:
            parsed = json.loads(value.replace('\\"', '"'))
        except ValueError:
            parsed = _number_or_text(value)
        attributes[key.strip()] = parsed
    return attributes


def _number_or_text(value: str) -> Any:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value
