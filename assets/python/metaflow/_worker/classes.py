"""The flow's class, looked at and prepared for a task: its parameters, its constants, and their protection.

Parameters and constants become read-only properties while a task runs, as in Metaflow: an assignment would be lost.
"""

from __future__ import annotations

from types import FunctionType, MethodType

from ..flowspec import EPHEMERAL, FlowSpec
from ..parameters import Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# Where a class keeps its configs once mutators are to find the values in their place: attribute -> config.
SETTLED_CONFIGS = "__settled_configs__"

# Where a class keeps what its constants have read of configs, by their names.
CONSTANT_READS = "__constant_reads__"

# Where a class keeps the names of its parameters once `protect` has put properties in their place.
PROTECTED_PARAMETERS = "__protected_parameters__"

_BASE = frozenset(dir(FlowSpec))


def class_names(flow: type[FlowSpec]) -> list[str]:
    """The names that the flow's own classes define, those of Python and of `FlowSpec` left out; sorted."""
    return [name for name in dir(flow) if not name.startswith("__") and name not in _BASE]


def parameters_of(flow: type[FlowSpec]) -> list[tuple[str, Parameter]]:
    """Attribute names and parameters, by attribute name; first the configs whose attributes hold values by now."""
    settled = vars(flow).get(SETTLED_CONFIGS, {})
    found = [(name, value) for name, value in _attributes(flow) if isinstance(value, Parameter) and name not in settled]
    return [*settled.items(), *found]


def constants_of(flow: type[FlowSpec]) -> list[tuple[str, Any]]:
    """The class attributes that are constants of the flow: public, and neither method, property nor class."""
    settled = vars(flow).get(SETTLED_CONFIGS, {})
    return [
        (name, value)
        for name, value in _attributes(flow)
        if not isinstance(value, (MethodType, FunctionType, property, type, Parameter)) and name not in settled
    ]


def leftovers_of(flow: type[FlowSpec]) -> list[tuple[str, Any]]:
    """Class attributes with a leading underscore: no constants, yet stored with each task."""
    return [
        (name, value)
        for name in class_names(flow)
        if name.startswith("_") and name not in EPHEMERAL
        for value in (getattr(flow, name),)
        if not isinstance(value, (MethodType, FunctionType, property, type, Parameter))
    ]


def _attributes(flow: type[FlowSpec]) -> Iterator[tuple[str, Any]]:
    for name in class_names(flow):
        if name.startswith("_"):
            continue
        try:
            yield name, getattr(flow, name)
        except AttributeError:
            # A descriptor that has no value on the class.
            continue


def _refuse(_flow: FlowSpec, _value: object) -> None:
    raise AttributeError("Flow level attributes and Parameters are not modifiable")


def protect(flow: type[FlowSpec]) -> tuple[list[str], list[str]]:
    """Turn parameters and constants into properties; answers the names of both."""
    parameters = [name for name, _ in parameters_of(flow)]
    constants = constants_of(flow)
    for name, parameter in parameters_of(flow):
        setattr(flow, name, property(_parameter_getter(name, parameter), _refuse))
    for name, value in constants:
        setattr(flow, name, property(_constant_getter(flow, name, value), _refuse))
    setattr(flow, PROTECTED_PARAMETERS, parameters)
    return parameters, [name for name, _ in constants]


def _constant_getter(flow: type[FlowSpec], name: str, value: Any) -> Any:
    reads = vars(flow).get(CONSTANT_READS, {}).get(name)
    if not reads:
        return lambda _flow: value

    def get(flow: FlowSpec) -> Any:
        flow.__dict__["__mf__"].reads.beside.update(reads)
        return value

    return get


def _parameter_getter(name: str, parameter: Parameter) -> Any:
    return lambda flow: parameter._load(flow.__dict__["__mf__"], name)
