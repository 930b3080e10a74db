"""A step as a mutator sees it."""

from __future__ import annotations

from ..decorators import DuplicateStepDecoratorException, StepDecorator
from ..exception import MetaflowException
from .common import built_in, find_step_decorator, full_name, matches, step_decorator_from_spec, was_given
from .user_step_decorator import StepMutator, UserStepDecoratorBase

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ..flowspec import FlowSpec
    from .mutable_flow import MutableFlow


class MutableStep:
    """The decorators of one step, to be looked at and changed."""

    # What to do with a decorator that is there already.
    IGNORE = 1
    ERROR = 2
    OVERRIDE = 3

    def __init__(
        self,
        flow_spec: type[FlowSpec],
        step: Callable,
        pre_mutate: bool = False,
        statically_defined: bool = False,
        inserted_by: list[str] | None = None,
    ) -> None:
        self._flow_cls = flow_spec
        self._my_step = step
        self._pre_mutate = pre_mutate
        self._statically_defined = statically_defined
        self._inserted_by = inserted_by

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

    def has_decorator(self, name: str) -> bool:
        return bool(self.get_decorator_specs(name))

    def get_decorator_specs(self, name: str) -> list[tuple[str, str, list[Any], dict[str, Any]]]:
        """Those of the decorators with this name, or with this full name when it has a period."""
        return [spec for spec in self.decorator_specs if matches(spec[0], spec[1], name)]

    def add_decorator(
        self,
        deco_type: Any,
        deco_args: list[Any] | None = None,
        deco_kwargs: dict[str, Any] | None = None,
        duplicates: int = IGNORE,
    ) -> Any:
        """Add a decorator, named by what flows import, by its class, or by a text as for `--with`.

        The new decorator is the answer; None when there was one already and `duplicates` wants to keep that.
        """
        args, kwargs = deco_args or [], deco_kwargs or {}
        if isinstance(deco_type, str):
            decorator, has_arguments = step_decorator_from_spec(deco_type)
            if has_arguments and (args or kwargs):
                raise MetaflowException(f"The decorator '{deco_type}' has arguments already; give no further ones.")
            if isinstance(decorator, UserStepDecoratorBase):
                decorator = type(decorator)(*args, **kwargs) if args or kwargs else decorator
                return self._add_user_decorator(decorator, duplicates)
            kind = type(decorator)
            kwargs = kwargs or {key: decorator.attributes[key] for key in decorator._user_defined_attributes}
        elif isinstance(deco_type, type) and issubclass(deco_type, UserStepDecoratorBase):
            return self._add_user_decorator(deco_type(*args, **kwargs), duplicates)
        else:
            kind = built_in(deco_type, StepDecorator)
            if kind is None:
                raise TypeError(f"add_decorator takes a step decorator or the name of one, not {deco_type!r}")
        if args:
            raise MetaflowException(f"The step decorator {kind.name} takes keyword arguments only.")
        return self._add_built_in(kind(kwargs, self._statically_defined, self._inserted_by), duplicates)

    def _add_user_decorator(self, decorator: Any, duplicates: int) -> Any:
        if isinstance(decorator, StepMutator):
            self._only_before("Adding", decorator.decorator_name)
        added = decorator.add_or_raise(self._my_step, self._statically_defined, duplicates, self._inserted_by)
        if added is not None:
            added.external_init()
        return added

    def _add_built_in(self, decorator: Any, duplicates: int) -> Any:
        step = self._my_step
        if duplicates not in (self.IGNORE, self.ERROR, self.OVERRIDE):
            raise ValueError(f"Invalid duplicates value: {duplicates}")
        if not decorator.allow_multiple and any(other.name == decorator.name for other in step.decorators):
            if duplicates == self.ERROR and self._statically_defined:
                raise DuplicateStepDecoratorException(decorator.name, step)
            if duplicates != self.OVERRIDE:
                return None
            step.decorators = [other for other in step.decorators if other.name != decorator.name]
        step.decorators.append(decorator)
        return decorator

    def _only_before(self, what: str, name: str) -> None:
        if not self._pre_mutate:
            raise MetaflowException(
                f"{what} the step mutator '{name}' is possible in *pre_mutate* only, and not in *mutate* "
                f"(in {' from '.join(self._inserted_by or ())})."
            )

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
                            self._only_before("Removing", decorator.decorator_name)
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
