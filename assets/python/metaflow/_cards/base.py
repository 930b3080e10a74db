"""What all components share: an identity, and a rendering that cannot fail."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class MetaflowCardComponent:
    """Base class of all components, those of the user included."""

    # Whether the component is part of what a running task sends to update the page.
    REALTIME_UPDATABLE = False

    _component_id: str | None = None

    @property
    def component_id(self) -> str | None:
        """The name under which an update finds the component in the page."""
        return self._component_id

    @component_id.setter
    def component_id(self, value: str) -> None:
        if not isinstance(value, str):
            raise TypeError("the id of a component is a string")
        self._component_id = value

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Change what the component shows, where the kind of component allows it."""
        raise NotImplementedError

    def render(self) -> dict[str, Any] | str:
        """The component as plain JSON."""
        raise NotImplementedError


class UserComponent(MetaflowCardComponent):
    """Base class of the components that flows append to a card."""

    def update(self, *args: Any, **kwargs: Any) -> None:
        warn(f"`{type(self).__name__}` has no `update`: append a new one instead.")


def warn(message: str) -> None:
    """Tell the user what was ignored, without failing the task for it; like Metaflow on the standard output."""
    sys.stdout.write(f"[@card WARNING] {message}\n")


def new_id(component: object) -> str:
    """An id such as `markdown_3fa2c1`."""
    return f"{type(component).__name__.lower()}_{os.urandom(3).hex()}"


def with_default_component_id(render: Callable) -> Callable:
    """For a `render` that needs an id."""

    def with_id(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.component_id is None:
            self.component_id = new_id(self)
        return render(self, *args, **kwargs)

    return with_id


def log(headline: str, detail: str = "") -> dict[str, Any]:
    """How an error shows in a card."""
    return {"type": "log", "data": f"{headline}\n\n{detail}"}


def render(component: MetaflowCardComponent) -> dict[str, Any] | str:
    """The JSON of a component; one that fails is replaced by a note that says so."""
    if component.component_id is None:
        component.component_id = new_id(component)
    return safely(component, component.render)


def safely(component: object, function: Callable[[], Any]) -> dict[str, Any] | str:
    """What a function renders for a component, or a note about how it failed."""
    from .._worker import wire

    name = type(component).__name__
    try:
        rendered = function()
        if not isinstance(rendered, (dict, str)):
            kind = type(rendered).__name__
            return log(f"Render failed of component named `{name}`", f"It gave {kind}, not a dictionary or a text.")
        wire.encode(rendered)
    except Exception as error:
        from .._worker.errors import format_user

        return log(f"Render failed of component named `{name}`", format_user(error))
    return rendered


def render_safely(function: Callable) -> Callable:
    """For a component's own `render`: makes it give a note about its failure instead of raising."""

    def safe(self: Any, *args: Any, **kwargs: Any) -> dict[str, Any] | str:
        return safely(self, lambda: function(self, *args, **kwargs))

    return safe
