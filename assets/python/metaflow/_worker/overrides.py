"""Artifacts that the user puts in place of those of the inputs, for one spin or one resume."""

from __future__ import annotations

from .classes import parameters_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flowspec import FlowSpec
    from .artifacts import TaskInput


def replace_artifacts(flow: type[FlowSpec], inputs: list[TaskInput], spec: dict[str, Any], is_join: bool) -> None:
    """Apply the artifacts module first, then single values, which are nearer to the user's hand."""
    module = spec.get("artifacts_module")
    if module:
        _from_module(_read_module(module), inputs, is_join)
    parameters = dict(parameters_of(flow))
    for name, text in (spec.get("set") or {}).items():
        parameter = parameters.get(name)
        if parameter is None or parameter.IS_CONFIG_PARAMETER:
            value = _literal(text)
        else:
            value = parameter.finish(parameter.convert(text))
        for source in inputs:
            source.replaced[name] = value


def _literal(text: str) -> Any:
    import ast

    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _read_module(path: str) -> dict[str, Any]:
    import runpy

    from ..exception import MetaflowException

    names = runpy.run_path(path)
    if not isinstance(names.get("ARTIFACTS"), dict):
        raise MetaflowException(f"{path} is expected to define a dictionary named ARTIFACTS.")
    return names["ARTIFACTS"]


def _from_module(artifacts: dict[str, Any], inputs: list[TaskInput], is_join: bool) -> None:
    for source in inputs:
        chosen = artifacts
        if is_join and any("/" in str(name) for name in artifacts):
            # For a join there is one dictionary for each input, by its pathspec.
            chosen = next((values for key, values in artifacts.items() if _means(key, source.pathspec)), {})
        source.replaced.update(chosen)


def _means(key: str, pathspec: str) -> bool:
    """`run/step/task`, with or without a flow in front or an attempt behind, names that task."""
    wanted = pathspec.split("/")
    parts = key.split("/")
    return wanted in (parts, parts[1:], parts[:-1]) or wanted[-3:] == parts[-3:]
