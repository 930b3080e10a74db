"""What users derive mutators of flows from. A mutator attaches itself to the class and gives that class back."""

from __future__ import annotations

from ..exception import MetaflowException
from .common import Registry
from .user_step_decorator import run_init

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flowspec import FlowSpec
    from .mutable_flow import MutableFlow


def _is_flow(value: object) -> bool:
    from ..flowspec import FlowSpec

    return isinstance(value, type) and issubclass(value, FlowSpec)


class FlowMutator:
    """Changes a flow before it runs: its parameters, its decorators, those of its steps."""

    registry = Registry()
    decorator_name = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.decorator_name = f"{cls.__module__}.{cls.__name__}"
        for base in cls.__bases__:
            if base is not FlowMutator and issubclass(base, FlowMutator):
                cls.registry.retire(base.decorator_name)
        cls.registry.add(cls.decorator_name, cls)

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        mutator = object.__new__(cls)
        if args and _is_flow(args[0]):
            # Written without parentheses: `@MyMutator`.
            mutator.__init__(*args[1:], **kwargs)
            return mutator(args[0])
        return mutator

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.statically_defined = True
        self.inserted_by: list[str] | None = None
        self._flow_cls: type[FlowSpec] | None = None
        self._args: Any = list(args)
        self._kwargs = kwargs
        self._ran_init = False

    def __call__(self, flow: type[FlowSpec]) -> type[FlowSpec]:
        if not _is_flow(flow):
            raise MetaflowException(f"{self} belongs above a flow, that is, a class derived from FlowSpec.")
        from ..decorators import add_flow_mutator

        self._flow_cls = flow
        add_flow_mutator(flow, self)
        return flow

    def init(self, *args: Any, **kwargs: Any) -> None:
        """For subclasses: receives the arguments of the decorator, with the values of configs in them."""

    def external_init(self) -> None:
        """Give arguments that come from configs their values, and `init` all of them; once."""
        if self._ran_init:
            return
        run_init(self, FlowMutator.init)
        self._ran_init = True

    def pre_mutate(self, mutable_flow: MutableFlow) -> None:
        """Right after the configs have their values: the flow and its steps may be changed."""

    def mutate(self, mutable_flow: MutableFlow) -> None:
        """When the whole command line is known: the steps may be changed."""

    def add_to_package(self) -> Any:
        """Files for the code package of remote tasks."""
        return []

    def get_args_kwargs(self) -> tuple[list[Any], dict[str, Any]]:
        return list(self._args), dict(self._kwargs)

    def describe(self) -> dict[str, Any]:
        """The mutator as `_graph_info` records it."""
        return {
            "name": type(self).__name__,
            "attributes": {},
            "statically_defined": self.statically_defined,
            "inserted_by": self.inserted_by,
        }

    def __str__(self) -> str:
        return f"@{self.decorator_name}"
