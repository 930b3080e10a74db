"""What all components share: an identity, and a rendering that cannot fail."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class MetaflowCardComponent:
    """Base class of all components, those of the user included."""

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


class MetaflowCard:
    """Base class of card types. Types of the user's own are not rendered; the built-in ones are made by flowdev."""

    RELOAD_POLICY_NEVER = "never"
    RELOAD_POLICY_ALWAYS = "always"
    RELOAD_POLICY_ONCHANGE = "onchange"

    type: str | None = None
    ALLOW_USER_COMPONENTS = False
    RUNTIME_UPDATABLE = False
    RELOAD_POLICY = RELOAD_POLICY_NEVER
    scope = "task"
    runtime_data = None

    def __init__(self, options: Any = None, components: Any = None, graph: Any = None, flow: Any = None) -> None:
        pass

    def render(self, task: Any) -> str:
        """The card as a page of HTML."""
        raise NotImplementedError


def warn(message: str) -> None:
    """Tell the user what was ignored, without failing the task for it."""
    if os.environ.get("METAFLOW_CARD_NO_WARNING", "").lower() not in ("1", "true", "yes"):
        sys.stderr.write(f"[@card WARNING] {message}\n")


def new_id(component: object) -> str:
    """An id such as `markdown_3fa2c1`."""
    return f"{type(component).__name__.lower()}_{os.urandom(3).hex()}"


def log(headline: str, detail: str = "") -> dict[str, Any]:
    """How an error shows in a card."""
    return {"type": "log", "data": f"{headline}\n\n{detail}"}


def render(component: MetaflowCardComponent) -> dict[str, Any] | str:
    """The JSON of a component; one that fails is replaced by a note that says so."""
    from .._worker import wire

    kind = type(component).__name__
    if component.component_id is None:
        component.component_id = new_id(component)
    try:
        rendered = component.render()
        if not isinstance(rendered, (dict, str)):
            return log(f"The component `{kind}` rendered {type(rendered).__name__}, not a dictionary or a text")
        wire.encode(rendered)
    except Exception as error:
        from .._worker.errors import format_user

        return log(f"The component `{kind}` could not be rendered", format_user(error))
    return rendered
