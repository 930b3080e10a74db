"""The parameters of a flow whose configs and mutators have a say in them, found out in a process of its own.

`python -m metaflow.runner.described FLOW.py ANSWER`: what configs are given stands in the standard input as JSON.
Mutators change the flow's class, and configs have their values once in a process: the caller's is kept out of that.
"""

from __future__ import annotations

import json
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flowspec import FlowSpec


def parameters_of(flow: type[FlowSpec]) -> list[dict[str, Any]]:
    """What is to be known of each parameter that is not a config."""
    from .._worker.classes import parameters_of

    return [
        {
            "name": parameter.name,
            "type_name": parameter.type_name,
            "multiple": parameter.multiple,
            "required": parameter.required and parameter.default is None,
        }
        for _, parameter in parameters_of(flow)
        if not parameter.IS_CONFIG_PARAMETER
    ]


def depends(flow: type[FlowSpec]) -> bool:
    """Whether configs or mutators have a say in this flow's parameters."""
    from .. import user_configs
    from .._worker.classes import parameters_of
    from ..decorators import flow_mutators, steps_of

    if flow_mutators(flow) or any(function.config_decorators for function in steps_of(flow)):
        return True
    return user_configs.in_use() and any(parameter.IS_CONFIG_PARAMETER for _, parameter in parameters_of(flow))


def main(file: str, answer: str) -> None:
    """Write the parameters, or why they cannot be known, to the file `answer`."""
    from .. import user_configs, user_decorators
    from ..exception import MetaflowException
    from .flow_file import flow_class

    given = json.load(sys.stdin)
    try:
        flow = flow_class(file)
        user_configs.resolve(flow, given["files"], given["values"], None)
        user_decorators.pre_mutate(flow)
        found: dict[str, Any] = {"parameters": parameters_of(flow)}
    except MetaflowException as error:
        found = {"error": str(error)}
    with open(answer, "w", encoding="utf-8") as target:
        json.dump(found, target)


if __name__ == "__main__":
    main(*sys.argv[1:])
