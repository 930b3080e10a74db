"""A flow's class as the protocol's Description: what only the executed file can say."""

from __future__ import annotations

import os

from ..decorators import flow_decorators, flow_mutators, plain, steps_of
from ..extension_support import extension_info
from . import place
from .classes import constants_of, parameters_of
from .lifecycle import has_work, retry_counts, retry_minutes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..flowspec import FlowSpec
    from ..parameters import Parameter
    from .surroundings import Surroundings


def describe_flow(flow: type[FlowSpec], file: str, around: Surroundings) -> dict[str, Any]:
    return {
        "name": flow.__name__,
        "doc": dedent(flow.__doc__),
        "file": file,
        "decorators": [decorator.describe() for decorator in (*flow_decorators(flow), *flow_mutators(flow))],
        "steps": [_describe_step(function) for function in steps_of(flow)],
        "parameters": [_describe_parameter(name, parameter) for name, parameter in parameters_of(flow)],
        "constants": [{"name": name, "type": type(value).__name__} for name, value in constants_of(flow)],
        "tags": sorted(around.metadata.sticky_tags),
        "sys_tags": around.metadata.sticky_sys_tags,
        "notices": around.notices,
        "after_run": has_work(flow),
        "extensions": extension_info(),
    }


def _describe_step(function: Callable) -> dict[str, Any]:
    with place.at_step(function):
        return {
            "name": function.__name__,
            "doc": dedent(function.__doc__),
            "file": os.path.abspath(function.__code__.co_filename),
            "line": function.__code__.co_firstlineno,
            "start": function.is_start_step,
            "end": function.is_end_step,
            "node_info": plain(function.node_info),
            "decorators": [
                decorator.describe()
                for decorator in (*function.decorators, *function.wrappers, *function.config_decorators)
            ],
            "retry": retry_counts(function.decorators),
            "retry_minutes": retry_minutes(function.decorators),
            "environment": environment_of(function.decorators),
        }


def environment_of(decorators: list[Any]) -> dict[str, str]:
    """The variables that the step's decorators set."""
    variables = {}
    for decorator in decorators:
        if decorator.name == "environment":
            variables.update((str(name), str(value)) for name, value in decorator.attributes["vars"].items())
    return variables


def _describe_parameter(attribute: str, parameter: Parameter) -> dict[str, Any]:
    if parameter.IS_CONFIG_PARAMETER:
        return _describe_config(attribute, parameter)
    deploy_time = callable(parameter.default)
    return {
        "attr": attribute,
        "name": parameter.name,
        "type": parameter.type_name,
        "kind": type(parameter).__name__,
        "help": parameter.help,
        "required": parameter.required,
        "default": None if deploy_time else _json(parameter.default),
        "default_repr": _text_of(parameter.default),
        "deploy_time": deploy_time,
        "multiple": parameter.multiple,
        "separator": parameter.separator,
    }


def _describe_config(attribute: str, config: Parameter) -> dict[str, Any]:
    given = config.kwargs
    default = given["default"]
    return {
        "attr": attribute,
        "name": config.name,
        "type": "str",
        "kind": type(config).__name__,
        "help": given["help"],
        "required": given["required"],
        "default": None if callable(default) else _json(default),
        "default_repr": _text_of(default),
        "deploy_time": callable(default),
        "multiple": False,
        "separator": None,
    }


def _text_of(default: object) -> str:
    """A default as people see it: a function by its name."""
    return getattr(default, "__qualname__", "") if callable(default) else repr(default)


def _json(value: object) -> Any:
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _json(item) for key, item in value.items()}
    return repr(value)


def dedent(doc: str | None) -> str:
    """A docstring as the graph records it: without the indentation that its first indented line has."""
    if not doc:
        return ""
    indent = ""
    seen_text = False
    for line in doc.splitlines():
        if not line:
            continue
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        if indent or seen_text:
            break
        seen_text = True
    return doc.replace("\n" + indent, "\n").strip() if indent else doc
