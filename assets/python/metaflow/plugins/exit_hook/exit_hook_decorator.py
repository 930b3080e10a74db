"""`@exit_hook`: functions that are called when the run is over."""

from __future__ import annotations

from metaflow._decorator_base import FlowDecorator
from metaflow.exception import MetaflowException

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class ExitHookDecorator(FlowDecorator):
    """Names functions for a good and for a bad end."""

    name = "exit_hook"
    allow_multiple = True
    defaults = {"on_success": [], "on_error": [], "options": {}}

    def flow_init(self, flow, graph, environment, flow_datastore, metadata, logger, echo, options) -> None:
        self.success_hooks, self.error_hooks = (
            [_name_of(one, when) for one in self.attributes[when]] for when in ("on_success", "on_error")
        )
        if not self.success_hooks and not self.error_hooks:
            raise MetaflowException("@exit_hook calls nothing: give functions as on_success or on_error.")


def _name_of(function: Any, when: str) -> str:
    if isinstance(function, str):
        return function
    if callable(function):
        return function.__name__
    raise MetaflowException(f"@exit_hook: {when} takes functions, or their names, not {function!r}.")
