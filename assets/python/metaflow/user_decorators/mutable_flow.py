"""A flow as a mutator sees it."""

from __future__ import annotations

from .._worker.classes import parameters_of
from ..decorators import (
    DuplicateFlowDecoratorException,
    FlowDecorator,
    own_flow_decorators,
    own_flow_mutators,
    steps_of,
)
from ..exception import MetaflowException
from ..parameters import Parameter
from .common import flow_decorator_from_spec, full_name, matches, was_given
from .mutable import Mutable
from .mutable_step import MutableStep
from .user_flow_decorator import FlowMutator
from .user_step_decorator import is_step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..flowspec import FlowSpec


class MutableFlow(Mutable):
    """The parameters, decorators and steps of a flow, to be looked at and changed. A step is an attribute, too."""

    _WHAT = "flow"
    _BUILT_IN = FlowDecorator
    _USERS = FlowMutator
    _from_spec = staticmethod(flow_decorator_from_spec)

    def __init__(
        self,
        flow_spec: type[FlowSpec],
        pre_mutate: bool = False,
        statically_defined: bool = False,
        inserted_by: list[str] | None = None,
    ) -> None:
        super().__init__(flow_spec, pre_mutate, statically_defined, inserted_by)

    @property
    def decorator_specs(self) -> Iterator[tuple[str, str, list[Any], dict[str, Any]]]:
        """`(name, full name, positional arguments, keyword arguments)` of each decorator of the flow."""
        for decorator in list(own_flow_decorators(self._flow_cls)):
            yield (decorator.name, full_name(decorator), *decorator.get_args_kwargs())
        for mutator in list(own_flow_mutators(self._flow_cls)):
            full = mutator.decorator_name
            yield (FlowMutator.registry.short_name(full), full, *mutator.get_args_kwargs())

    @property
    def configs(self) -> Iterator[tuple[str, Any]]:
        """Names and values of the flow's configs."""
        from .. import user_configs

        if user_configs.in_use():
            from ..user_configs.config_parameters import handed_out_configs

            yield from handed_out_configs().items()

    @property
    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Attribute names and parameters."""
        for name, parameter in parameters_of(self._flow_cls):
            if not parameter.IS_CONFIG_PARAMETER:
                yield name, parameter

    @property
    def steps(self) -> Iterator[tuple[str, MutableStep]]:
        """Names and steps."""
        for function in sorted(steps_of(self._flow_cls), key=lambda function: function.__name__):
            yield function.__name__, self._mutable(function)

    def _mutable(self, function: Any) -> MutableStep:
        return MutableStep(self._flow_cls, function, self._pre_mutate, self._statically_defined, self._inserted_by)

    def add_parameter(self, name: str, value: Parameter, overwrite: bool = False) -> None:
        """Add a parameter as the attribute `name`."""
        self._only_before("Adding the parameter", name)
        flow = self._flow_cls
        if hasattr(flow, name) and not overwrite:
            raise MetaflowException(
                f"Flow '{flow.__name__}' has a member '{name}' already; overwrite=True puts the parameter in its place."
            )
        if not isinstance(value, Parameter) or value.IS_CONFIG_PARAMETER:
            raise MetaflowException(f"add_parameter takes a Parameter or an IncludeFile, not {type(value).__name__}.")
        setattr(flow, name, value)

    def remove_parameter(self, parameter_name: str) -> bool:
        """Remove the parameter that has this name as an option; answers whether there was one."""
        self._only_before("Removing the parameter", parameter_name)
        flow = self._flow_cls
        for name, parameter in self.parameters:
            if parameter.name == parameter_name:
                # One of a base class is hidden: `dir` still lists it, and there is nothing to be found under it.
                if name in vars(flow):
                    delattr(flow, name)
                if hasattr(flow, name):
                    setattr(flow, name, _Removed())
                return True
        return False

    def add_decorator(
        self,
        deco_type: Any,
        deco_args: list[Any] | None = None,
        deco_kwargs: dict[str, Any] | None = None,
        duplicates: int = Mutable.IGNORE,
    ) -> Any:
        """Add a decorator or mutator, named by what flows import, by its class, or by a text `name:attribute=value`.

        The new decorator is the answer; None when there was one already and `duplicates` wants to keep that.
        """
        self._only_before("Adding the flow decorator", getattr(deco_type, "__name__", deco_type))
        decorator = self._asked_for(deco_type, deco_args, deco_kwargs)
        if isinstance(decorator, FlowMutator):
            return self._add_mutator(decorator, duplicates)
        decorators = own_flow_decorators(self._flow_cls)
        same = [] if decorator.allow_multiple else [other for other in decorators if other.name == decorator.name]
        if not self._may_add(bool(same), duplicates, DuplicateFlowDecoratorException(decorator.name)):
            return None
        decorators[:] = [other for other in decorators if other not in same]
        decorators.append(decorator)
        return decorator

    def _add_mutator(self, mutator: FlowMutator, duplicates: int) -> FlowMutator | None:
        mutators = own_flow_mutators(self._flow_cls)
        same = [other for other in mutators if other.decorator_name == mutator.decorator_name]
        if not self._may_add(bool(same), duplicates, DuplicateFlowDecoratorException(mutator.decorator_name)):
            return None
        mutator.statically_defined = self._statically_defined
        mutator.inserted_by = self._inserted_by
        mutator._flow_cls = self._flow_cls
        # Should this fail, nothing was changed.
        mutator.external_init()
        mutators[:] = [other for other in mutators if other not in same]
        mutators.append(mutator)
        return mutator

    def remove_decorator(
        self, deco_name: str, deco_args: list[Any] | None = None, deco_kwargs: dict[str, Any] | None = None
    ) -> bool:
        """Remove the decorators of that name, or only those with these arguments; answers whether there was one."""
        self._only_before("Removing the flow decorator", deco_name)
        for mutator in own_flow_mutators(self._flow_cls):
            full = mutator.decorator_name
            if matches(FlowMutator.registry.short_name(full), full, deco_name):
                raise MetaflowException(f"The mutator '{deco_name}' cannot be removed: mutators are at work already.")
        decorators = own_flow_decorators(self._flow_cls)
        kept = [
            decorator
            for decorator in decorators
            if not (decorator.name == deco_name and was_given(decorator, deco_args, deco_kwargs))
        ]
        removed = len(kept) != len(decorators)
        decorators[:] = kept
        return removed

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            value = getattr(self._flow_cls, name, None)
            if is_step(value):
                return self._mutable(value)
            if isinstance(value, Parameter):
                return value
            configs = vars(self._flow_cls).get("__settled_configs__", {})
            if name in configs:
                return value
        raise AttributeError(f"The flow has no step, parameter or config named '{name}'")


class _Removed:
    """In the place of a parameter that a base class has: no attribute at all, as far as anybody can see."""

    def __get__(self, instance: object, owner: type) -> Any:
        raise AttributeError("this parameter was removed by a mutator")
