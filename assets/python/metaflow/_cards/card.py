"""The base class of card types."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class MetaflowCard:
    """A type of card: made when its task has finished, it renders a page from what the task has left."""

    # The page may stay as it is until the task is over.
    RELOAD_POLICY_NEVER = "never"
    # The page is to be loaded anew whenever there is one.
    RELOAD_POLICY_ALWAYS = "always"
    # The page is to be loaded anew when `reload_content_token` changes.
    RELOAD_POLICY_ONCHANGE = "onchange"

    # Replaced in the page by the token of the state that it shows.
    RELOAD_POLICY_TOKEN = "[METAFLOW_RELOAD_TOKEN]"

    # The name that @card(type=...) gives.
    type: str | None = None

    ALLOW_USER_COMPONENTS = False
    RUNTIME_UPDATABLE = False
    RELOAD_POLICY = RELOAD_POLICY_NEVER
    scope = "task"
    # In `render`: what was last given to `refresh`, and the components that can be updated.
    runtime_data: Any = None

    def __init__(self, options: Any = None, components: Any = None, graph: Any = None, flow: Any = None) -> None:
        pass

    def _get_mustache(self) -> Any:
        """The module with which types fill templates; None where it is not installed."""
        try:
            import chevron
        except ImportError:
            return None
        return chevron

    def render(self, task: Any) -> str:
        """The page of a finished task."""
        raise TypeError(f"the card type `{type(self).type}` has no `render`")

    def render_runtime(self, task: Any, data: Any) -> str:
        """The page while the task runs."""
        raise NotImplementedError

    def refresh(self, task: Any, data: Any) -> Any:
        """What updates the page while the task runs."""
        raise NotImplementedError

    def reload_content_token(self, task: Any, data: Any) -> str:
        """Names the state that a page shows, for `RELOAD_POLICY_ONCHANGE`."""
        return "content-token"
