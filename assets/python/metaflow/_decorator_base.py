"""`Decorator`, `FlowDecorator`, `StepDecorator`: what every decorator is derived from, those of extensions too.

The names and arguments of the hooks are Metaflow's; when each of them runs is said in `_worker.lifecycle`.
"""

from __future__ import annotations

import sys

from .exception import InvalidDecoratorAttribute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Begins the keys that `**config` gives: the values are known when the configs are.
UNPACK_KEY = "_unpacked_delayed_"


class Decorator:
    """One use of a decorator."""

    name = "NONAME"
    defaults: dict[str, Any] = {}
    allow_multiple = False

    def __init__(
        self, attributes: dict[str, Any] | None = None, statically_defined: bool = False, inserted_by: Any = None
    ) -> None:
        self.attributes = dict(self.defaults)
        self.statically_defined = statically_defined
        self.inserted_by = inserted_by
        self._user_defined_attributes: set[str] = set()
        self._ran_init = False
        for key, value in (attributes or {}).items():
            if key in self.defaults:
                self._user_defined_attributes.add(key)
            elif not key.startswith(UNPACK_KEY):
                raise InvalidDecoratorAttribute(self.name, key, self.defaults)
            self.attributes[key] = value

    def init(self) -> None:
        """For subclasses: what depends on the final attributes."""

    def external_init(self) -> None:
        """Evaluate attributes that configs give, then `init`; once."""
        if self._ran_init:
            return
        # Without this module nobody can have made a value that is still to be evaluated.
        configs = sys.modules.get(f"{__package__}.user_configs.config_parameters")
        if configs is not None:
            unpacked, given = configs.unpack_delayed_evaluator(self.attributes)
            self._user_defined_attributes.update(given)
            self.attributes = configs.resolve_delayed_evaluator(unpacked, to_dict=True)
        self.init()
        self._ran_init = True

    @classmethod
    def extract_args_kwargs_from_decorator_spec(cls, deco_spec: str) -> tuple[list[Any], dict[str, Any]]:
        """The attributes that the text after the colon of a `--with` specification gives."""
        from ._decospecs import parse_attributes

        return [], parse_attributes(deco_spec)

    @classmethod
    def parse_decorator_spec(cls, deco_spec: str) -> Any:
        """A decorator from the text after the colon of a `--with` specification."""
        return cls(attributes=cls.extract_args_kwargs_from_decorator_spec(deco_spec)[1])

    def make_decorator_spec(self) -> str:
        """The `--with` specification that gives this decorator again."""
        from ._decospecs import format_spec

        self.external_init()
        return format_spec(self.name, self.attributes)

    def get_args_kwargs(self) -> tuple[list[Any], dict[str, Any]]:
        return [], dict(self.attributes)

    @property
    def system_ctx(self) -> Any:
        """What there is to know about the flow and the task, for the hooks whose names end in `_ctx`."""
        from .system_context import system_context

        return system_context

    def __str__(self) -> str:
        mode = "static" if self.statically_defined else "dynamic"
        if self.inserted_by:
            mode += f" (inserted by {' from '.join(self.inserted_by)})"
        attributes = "".join(f" {name}={value}" for name, value in self.attributes.items())
        return f"{self.name}<{mode}{attributes}>"

    def describe(self) -> dict[str, Any]:
        """The decorator as `_graph_info` records it."""
        return {
            "name": self.name,
            "attributes": plain(self.attributes),
            "statically_defined": self.statically_defined,
            "inserted_by": self.inserted_by,
        }


class FlowDecorator(Decorator):
    """Base class of what stands above a flow. When each hook runs is said in `_worker.lifecycle`."""

    # Options of the command line: name to the keyword arguments of the option.
    options: dict[str, dict[str, Any]] = {}

    # Where it is not None it replaces `flow_init`.
    flow_init_ctx: Callable | None = None

    def flow_init(
        self,
        flow: Any,
        graph: Any,
        environment: Any,
        flow_datastore: Any,
        metadata: Any,
        logger: Callable,
        echo: Callable,
        options: dict[str, Any],
    ) -> None:
        """The flow has all its decorators, and `options` has the values of this one's options."""

    def get_top_level_options(self) -> list[tuple[str, Any]]:
        """Options of the command line that the processes of tasks are to get."""
        return []

    def add_to_package(self) -> Any:
        """Further files for the code package."""
        return []


class StepDecorator(Decorator):
    """Base class of what stands above a step. When each hook runs is said in `_worker.lifecycle`."""

    # Each replaces the hook of the same name without `_ctx` where it is not None; the second to last one
    # replaces both `task_post_step` and `task_exception`.
    step_init_ctx: Callable | None = None
    package_init_ctx: Callable | None = None
    runtime_init_ctx: Callable | None = None
    runtime_task_created_ctx: Callable | None = None
    runtime_step_cli_ctx: Callable | None = None
    runtime_finished_ctx: Callable | None = None
    task_pre_step_ctx: Callable | None = None
    task_decorate_ctx: Callable | None = None
    task_step_completed_ctx: Callable | None = None
    task_finished_ctx: Callable | None = None

    def step_init(
        self,
        flow: Any,
        graph: Any,
        step_name: str,
        decorators: list[Any],
        environment: Any,
        flow_datastore: Any,
        logger: Callable,
    ) -> None:
        """The step has all its decorators."""

    def package_init(self, flow: Any, step_name: str, environment: Any) -> None:
        """A code package is about to be made."""

    def add_to_package(self) -> Any:
        """Further files for the code package."""
        return []

    def step_task_retry_count(self) -> tuple[int | None, int | None]:
        """Retries of the user's code, and further ones that only record the failure; (None, None) forbids all."""
        return 0, 0

    def runtime_init(self, flow: Any, graph: Any, package: Any, run_id: str) -> None:
        """The run has an id."""

    def runtime_task_created(
        self,
        task_datastore: Any,
        task_id: str,
        split_index: int | None,
        input_paths: list[str],
        is_cloned: bool,
        ubf_context: str | None,
    ) -> None:
        """A task of this step is there."""

    def runtime_finished(self, exception: BaseException | None) -> None:
        """The run is over."""

    def runtime_step_cli(
        self, cli_args: Any, retry_count: int, max_user_code_retries: int, ubf_context: str | None
    ) -> None:
        """Change variables and options of the task's process."""

    def task_pre_step(
        self,
        step_name: str,
        task_datastore: Any,
        metadata: Any,
        run_id: str,
        task_id: str,
        flow: Any,
        graph: Any,
        retry_count: int,
        max_user_code_retries: int,
        ubf_context: str | None,
        inputs: list[Any],
    ) -> None:
        """Just ahead of the step's code."""

    def task_decorate(
        self,
        step_func: Callable,
        flow: Any,
        graph: Any,
        retry_count: int,
        max_user_code_retries: int,
        ubf_context: str | None,
    ) -> Callable:
        """What runs in place of the step's code."""
        return step_func

    def task_post_step(
        self, step_name: str, flow: Any, graph: Any, retry_count: int, max_user_code_retries: int
    ) -> None:
        """The step's code has come to its end."""

    def task_exception(
        self,
        exception: BaseException,
        step_name: str,
        flow: Any,
        graph: Any,
        retry_count: int,
        max_user_code_retries: int,
    ) -> bool | None:
        """The step's code has raised; True says that the task goes on all the same."""

    def task_finished(
        self,
        step_name: str,
        flow: Any,
        graph: Any,
        is_task_ok: bool | None,
        retry_count: int,
        max_user_code_retries: int,
    ) -> None:
        """The task's artifacts are stored."""


def plain(value: object) -> Any:
    """Plain data as Metaflow records it; None becomes a text, and so does all that has no form in JSON."""
    if isinstance(value, (str, int, float)):
        return value
    if isinstance(value, dict):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if callable(value):
        return getattr(value, "__qualname__", str(value))
    return str(value)
