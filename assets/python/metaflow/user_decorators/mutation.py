"""The two moments at which mutators change a flow: those of the flow first, then those of its steps."""

from __future__ import annotations

from .._worker.classes import SETTLED_CONFIGS
from ..decorators import own_flow_decorators, own_flow_mutators, steps_of
from .mutable_flow import MutableFlow
from .mutable_step import MutableStep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..flowspec import FlowSpec


def run_pre_mutate(flow: type[FlowSpec]) -> None:
    # From here on what is added and removed concerns this class alone, wherever it was declared.
    own_flow_decorators(flow)
    mutators = own_flow_mutators(flow)
    for mutator in list(mutators):
        mutator.external_init()
    _settle_configs(flow)
    # A mutator may add others, which then have their turn.
    for mutator in mutators:
        mutator.pre_mutate(_mutable_flow(flow, mutator, True))
    for function in _steps(flow):
        for mutator in function.config_decorators:
            mutator.external_init()
    for function in _steps(flow):
        for mutator in function.config_decorators:
            mutator.pre_mutate(_mutable_step(flow, function, mutator, True))


def run_mutate(flow: type[FlowSpec]) -> None:
    for mutator in own_flow_mutators(flow):
        mutator.mutate(_mutable_flow(flow, mutator, False))
    for function in _steps(flow):
        for mutator in function.config_decorators:
            # One that came by `--with` has seen nothing yet.
            mutator.external_init()
            mutator.mutate(_mutable_step(flow, function, mutator, False))


def _settle_configs(flow: type[FlowSpec]) -> None:
    """Mutators find the values of configs where the class has the configs themselves."""
    from .. import user_configs

    if not user_configs.in_use():
        return
    from ..user_configs.config_options import configs_of
    from ..user_configs.config_parameters import handed_out_configs

    configs = configs_of(flow)
    setattr(flow, SETTLED_CONFIGS, dict(configs))
    values = handed_out_configs()
    for attribute, config in configs:
        setattr(flow, attribute, values[config.name])


def _steps(flow: type[FlowSpec]) -> list[Callable]:
    return sorted(steps_of(flow), key=lambda function: function.__name__)


def _mutable_flow(flow: type[FlowSpec], mutator: Any, pre_mutate: bool) -> MutableFlow:
    return MutableFlow(flow, pre_mutate, mutator.statically_defined, _origin(mutator))


def _mutable_step(flow: type[FlowSpec], function: Callable, mutator: Any, pre_mutate: bool) -> MutableStep:
    return MutableStep(flow, function, pre_mutate, mutator.statically_defined, _origin(mutator))


def _origin(mutator: Any) -> list[str]:
    """Who is to be named for what this mutator inserts, and who inserted that one."""
    return [mutator.decorator_name, *(mutator.inserted_by or ())]
