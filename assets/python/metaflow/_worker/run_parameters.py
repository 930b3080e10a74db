"""The pseudo task `_parameters`: values of parameters and constants, once for the whole run."""

from __future__ import annotations

import os

from ..flowspec import FlowSpec
from . import place
from .artifacts import Spool, Unpicklable
from .classes import constants_of, leftovers_of, parameters_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .loading import Loaded


def evaluate(loaded: Loaded, spec: dict[str, Any]) -> dict[str, Any]:
    """The `done` message of the `_parameters` task; a value that does not fit is its error."""
    done: dict[str, Any] = {
        "t": "done",
        "ok": True,
        "success": True,
        "exit": 0,
        "objects": {},
        "transition": None,
        "num_splits": None,
        "foreach_var": None,
        "foreach_stack": [],
        "iteration_stack": [],
        "error": None,
        "unpicklable": None,
        "meta": {},
    }
    try:
        only_given = spec["kind"] == "overrides"
        values = overrides_of(loaded.flow, spec) if only_given else artifacts_of(loaded.flow, spec)
        with Spool(spec["spool"], spec.get("overflow")) as spool:
            for name, value in values.items():
                done["objects"][name] = spool.write(name, value)
        if spec.get("digests"):
            from ..user_configs import digests_of_files

            done["digests"] = digests_of(loaded.flow, spec["digests"], spec.get("config_sources"))
            done["config_files"] = digests_of_files()
    except Unpicklable as problem:
        done["unpicklable"] = {"name": problem.name, "type": problem.type, "reason": problem.reason}
        done.update(ok=False, success=False, exit=1, objects={})
    except Exception as error:
        from .errors import describe_exception

        done.update(ok=False, success=False, exit=1, objects={}, error=describe_exception(error))
    return done


def config_value(name: str) -> Any:
    """The value of a config as it is stored: readers need nothing of ours to load it."""
    from ..user_configs.config_parameters import resolved_value

    return resolved_value(name)


def digests_of(flow: FlowSpec, keys: list[str], sources: dict[str, Any] | None) -> dict[str, str]:
    """What keys of configs hold, as tasks report it of what they have read; with `sources`, what these give now."""
    from ..user_configs import resolve
    from ..user_configs.config_reads import digest_at

    if sources is not None:
        resolve(type(flow), sources.get("files"), sources.get("values"))
    configs = {
        name: config_value(parameter.name)
        for name, parameter in parameters_of(type(flow))
        if parameter.IS_CONFIG_PARAMETER
    }
    return {key: digest_at(configs, key) for key in keys}


def with_cases(graph: dict[str, Any], cases: dict[str, Any]) -> dict[str, Any]:
    """The graph with the cases of its switches under keys of their own types, which JSON does not have."""
    for step, pairs in cases.items():
        graph["steps"][step]["switch_cases"] = {_key(key): target for key, target in pairs}
    return graph


def _key(key: Any) -> Any:
    if not isinstance(key, dict):
        return key
    import ast

    return ast.literal_eval(key["literal"])


def overrides_of(flow: FlowSpec, spec: dict[str, Any]) -> dict[str, Any]:
    """The artifacts of the parameters that are given; the others keep the values of an earlier run."""
    from ..parameters import context_for

    context = context_for(flow.name, spec.get("user") or "")
    given = {name.replace("-", "_").lower(): value for name, value in (spec.get("values") or {}).items()}
    configs = {}
    if spec.get("configs"):
        configs = {name: config_value(one.name) for name, one in parameters_of(type(flow)) if one.IS_CONFIG_PARAMETER}
    return configs | {
        name: parameter._stored(parameter.evaluate(given[parameter.option], os.environ, context), spec.get("files"))
        for name, parameter in parameters_of(type(flow))
        if not parameter.IS_CONFIG_PARAMETER and parameter.option in given
    }


def artifacts_of(flow: FlowSpec, spec: dict[str, Any]) -> dict[str, Any]:
    from ..parameters import UsageError, context_for

    kind = type(flow)
    context = context_for(flow.name, spec.get("user") or "")
    given = {name.replace("-", "_").lower(): value for name, value in (spec.get("values") or {}).items()}
    values: dict[str, Any] = {}
    for name, parameter in parameters_of(kind):
        if parameter.IS_CONFIG_PARAMETER:
            values[name] = config_value(parameter.name)
            continue
        text = given.pop(parameter.option, None)
        try:
            value = parameter.evaluate(text, os.environ, context)
            values[name] = parameter._stored(value, spec.get("files"))
        except Exception as error:
            if text is None:
                # Not what was given is wrong, then, but what the flow says.
                place.note(error, place.of_attribute(kind, name))
            raise
    if given:
        options = [parameter for _, parameter in parameters_of(kind) if not parameter.IS_CONFIG_PARAMETER]
        known = ", ".join(parameter.name for parameter in options) or "none"
        raise UsageError(f"The flow has no parameter *{next(iter(given))}*; it has: {known}.")
    values.update(constants_of(kind))
    values.update(leftovers_of(kind))
    values.update(
        {
            "name": flow.name,
            "_configs_processed": True,
            "_foreach_stack": [],
            "_graph_info": with_cases(spec["graph"], spec.get("cases") or {}),
            "_success": True,
            "_task_ok": True,
            "_transition": None,
        }
    )
    return values
