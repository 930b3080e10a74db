"""A step as a mutator sees it."""

from __future__ import annotations

from ..decorators import DuplicateStepDecoratorException, StepDecorator
from .common import find_step_decorator, full_name, step_decorator_from_spec, was_given
from .mutable import Mutable
from .user_step_decorator import StepMutator, UserStepDecoratorBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ..flowspec import FlowSpec
    from .mutable_flow import MutableFlow


class MutableStep(Mutable):
    """The decorators of one step, to be looked at and changed."""

    _WHAT = "step"
    _BUILT_IN = StepDecorator
    _USERS = UserStepDecoratorBase
    _from_spec = staticmethod(step_decorator_from_spec)

    def __init__(
        self,
        flow_spec: type[FlowSpec],
        step: Callable,
        pre_mutate: bool = False,
        statically_defined: bool = False,
        inserted_by: list[str] | None = None,
    ) -> None:
        super().__init__(flow_spec, pre_mutate, statically_defined, inserted_by)
        self._my_step = step

    @property
    def flow(self) -> MutableFlow:
        """The flow of the step."""
        from .mutable_flow import MutableFlow

        return MutableFlow(self._flow_cls, self._pre_mutate, self._statically_defined, self._inserted_by)

    @property
    def decorator_specs(self) -> Iterator[tuple[str, str, list[Any], dict[str, Any]]]:
        """`(name, full name, positional arguments, keyword arguments)` of each decorator."""
        for decorator in self._my_step.decorators:
            yield (decorator.name, full_name(decorator), *decorator.get_args_kwargs())
        seen: set[int] = set()
        for decorator in (*self._my_step.wrappers, *self._my_step.config_decorators):
            if id(decorator) not in seen:
                seen.add(id(decorator))
                full = decorator.decorator_name
                yield (UserStepDecoratorBase.registry.short_name(full), full, *decorator.get_args_kwargs())

    def add_decorator(
        self,
        deco_type: Any,
        deco_args: list[Any] | None = None,
        deco_kwargs: dict[str, Any] | None = None,
        duplicates: int = Mutable.IGNORE,
    ) -> Any:
        """Add a decorator, named by what flows import, by its class, or by a text as for `--with`.

        The new decorator is the answer; None when there was one already and `duplicates` wants to keep that.
        """
        decorator = self._asked_for(deco_type, deco_args, deco_kwargs)
        if isinstance(decorator, UserStepDecoratorBase):
            return self._add_user_decorator(decorator, duplicates)
        step = self._my_step
        same = [] if decorator.allow_multiple else [one for one in step.decorators if one.name == decorator.name]
        if not self._may_add(bool(same), duplicates, DuplicateStepDecoratorException(decorator.name, step)):
            return None
        step.decorators = [other for other in step.decorators if other not in same]
        step.decorators.append(decorator)
        return decorator

    def _add_user_decorator(self, decorator: Any, duplicates: int) -> Any:
        if isinstance(decorator, StepMutator):
            self._only_before("Adding the step mutator", decorator.decorator_name)
        added = decorator.add_or_raise(self._my_step, self._statically_defined, duplicates, self._inserted_by)
        if added is not None:
            added.external_init()
        return added

    def remove_decorator(
        self, deco_name: str, deco_args: list[Any] | None = None, deco_kwargs: dict[str, Any] | None = None
    ) -> bool:
        """Remove the decorators of that name, or only those with these arguments; answers whether there was one."""
        step = self._my_step
        removed = False
        kind = find_step_decorator(deco_name)
        if kind is not None:
            for field in ("config_decorators", "wrappers"):
                kept = []
                for decorator in getattr(step, field):
                    same = decorator.decorator_name == kind.decorator_name
                    if same and was_given(decorator, deco_args, deco_kwargs):
                        if isinstance(decorator, StepMutator):
                            self._only_before("Removing the step mutator", decorator.decorator_name)
                        removed = True
                    else:
                        kept.append(decorator)
                setattr(step, field, kept)
        if removed:
            return True
        kept = [
            decorator
            for decorator in step.decorators
            if not (decorator.name == deco_name and was_given(decorator, deco_args, deco_kwargs))
        ]
        removed = len(kept) != len(step.decorators)
        step.decorators = kept
        return removed
