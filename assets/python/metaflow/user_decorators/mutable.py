"""What a flow and a step have alike for a mutator: decorators to be looked at, and how another one is asked for."""

from __future__ import annotations

from ..exception import MetaflowException
from .common import built_in, matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ..flowspec import FlowSpec

    Spec = tuple[str, str, list[Any], dict[str, Any]]


class Mutable:
    """Something that has decorators, in the hands of a mutator."""

    # What to do with a decorator that is there already.
    IGNORE = 1
    ERROR = 2
    OVERRIDE = 3

    # What it is; the base classes of its built-in decorators and of those that users write; how a text names either.
    _WHAT: str
    _BUILT_IN: type
    _USERS: type
    _from_spec: Callable[[str], tuple[Any, bool]]

    def __init__(
        self, flow_spec: type[FlowSpec], pre_mutate: bool, statically_defined: bool, inserted_by: list[str] | None
    ) -> None:
        self._flow_cls = flow_spec
        self._pre_mutate = pre_mutate
        self._statically_defined = statically_defined
        self._inserted_by = inserted_by

    @property
    def decorator_specs(self) -> Iterator[Spec]:
        """`(name, full name, positional arguments, keyword arguments)` of each decorator."""
        raise NotImplementedError

    def has_decorator(self, name: str) -> bool:
        return bool(self.get_decorator_specs(name))

    def get_decorator_specs(self, name: str) -> list[Spec]:
        """Those of the decorators with this name, or with this full name when it has a period."""
        return [spec for spec in self.decorator_specs if matches(spec[0], spec[1], name)]

    def _only_before(self, what: str, name: object) -> None:
        if not self._pre_mutate:
            raise MetaflowException(
                f"{what} '{name}' is possible in *pre_mutate* only, and not in *mutate* "
                f"(in {' from '.join(self._inserted_by or ())})."
            )

    def _asked_for(self, deco_type: Any, deco_args: list[Any] | None, deco_kwargs: dict[str, Any] | None) -> Any:
        """The decorator that `add_decorator` is to add."""
        args, kwargs = deco_args or [], deco_kwargs or {}
        if isinstance(deco_type, str):
            decorator, has_arguments = self._from_spec(deco_type)
            if has_arguments and (args or kwargs):
                raise MetaflowException(f"The decorator '{deco_type}' has arguments already; give no further ones.")
            kind = type(decorator)
            if isinstance(decorator, self._USERS):
                return kind(*args, **kwargs) if args or kwargs else decorator
            kwargs = kwargs or {key: decorator.attributes[key] for key in decorator._user_defined_attributes}
        elif isinstance(deco_type, type) and issubclass(deco_type, self._USERS):
            return deco_type(*args, **kwargs)
        else:
            kind = built_in(deco_type, self._BUILT_IN)
            if kind is None:
                raise TypeError(f"add_decorator takes a {self._WHAT} decorator or the name of one, not {deco_type!r}")
        if args:
            raise MetaflowException(f"The {self._WHAT} decorator {kind.name} takes keyword arguments only.")
        return kind(kwargs, self._statically_defined, self._inserted_by)

    def _may_add(self, is_there: bool, duplicates: int, refusal: Exception) -> bool:
        """Whether a decorator is added where one of its kind may be already, in whose place it then is."""
        if duplicates not in (self.IGNORE, self.ERROR, self.OVERRIDE):
            raise ValueError(f"Invalid duplicates value: {duplicates}")
        if is_there and duplicates == self.ERROR and self._statically_defined:
            raise refusal
        return not is_there or duplicates == self.OVERRIDE
