"""One card while its task runs: what `current.card["id"]` is."""

from __future__ import annotations

import os
import sys
import time

from .base import warn
from .kinds import Kind
from .store import ComponentStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from .._worker.wire import Channel
    from .render import Renderer

# Metaflow starts a process at each refresh and so waits five seconds between two; a message may come much oftener.
_METAFLOW_INTERVAL = 5
_INTERVAL = 0.25


class CardManager:
    """A card's components, and the messages about its state."""

    def __init__(self, attributes: dict[str, Any], kind: Kind, channel: Channel, renderer: Renderer) -> None:
        self._channel = channel
        self._renderer = renderer
        self._attributes = attributes
        self._uuid = os.urandom(16).hex()
        self.kind = kind
        self.type = str(attributes["type"])
        self.id = _checked_id(attributes["id"])
        # From `--with card:customize=True` it is a text.
        self.customize = str(attributes["customize"]) == "True"
        self._components = ComponentStore((), self.type, self.id)
        self._user_data: Any = None
        self._last_refresh: float | None = None
        self._last_layout: int | None = None
        self._render_seq = 0
        self._has_page = False

    @property
    def components(self) -> ComponentStore:
        """The components, as a list that is a mapping by id as well."""
        return self._components

    def replace(self, components: list[Any]) -> None:
        """Put other components in the place of all."""
        layout = self._components.layout
        self._components = ComponentStore(components, self.type, self.id)
        self._components.layout += layout + 1

    def append(self, component: Any, id: str | None = None) -> None:
        """Add a component at the end."""
        self._components.append(component, id)

    def extend(self, components: Iterable[Any]) -> None:
        """Add several components at the end."""
        self._components.extend(components)

    def clear(self) -> None:
        """Remove all components."""
        self._components.clear()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._components)

    def refresh(self, data: Any = None, force: bool = False) -> None:
        """Show the present state; calls that follow too fast on one another are dropped."""
        self._user_data = data
        interval = self._attributes["refresh_interval"]
        now = time.monotonic()
        live = self.kind.in_engine and interval == _METAFLOW_INTERVAL
        wait = _INTERVAL if live else float(interval)
        if self._last_refresh is not None and now - self._last_refresh < wait:
            return
        self._last_refresh = now
        if not self.kind.is_updatable:
            return
        is_first = self._render_seq == 0
        anew = force or self._last_layout != self._components.layout
        if anew:
            self._render_seq += 1
            self._last_layout = self._components.layout
        if self.kind.in_engine:
            self._send_state(final=False)
            return
        if anew:
            self._send_rendered("render_runtime", final=False)
        if not (anew and is_first):
            self._send_rendered("refresh", final=False)

    def finish(self) -> None:
        """Send the last state of a card that the engine makes; others are rendered when the task is stored."""
        if self.kind.in_engine:
            self._send_state(final=True)

    def render(self) -> None:
        """Render the page of the finished task, for the types that do so themselves."""
        if self.kind.in_engine:
            return
        self._send_rendered("render", final=True)
        if self.kind.is_updatable:
            self._send_rendered("refresh", final=True)

    def state(self, mode: str, final: bool) -> dict[str, Any]:
        """What card types get to see of the state, in `refresh` and its kin."""
        return {
            "user": self._plain_user_data(),
            "components": self._components.updates(),
            "render_seq": "final" if final else self._render_seq,
            "component_update_ts": self._components.layout_last_changed_on,
            "mode": mode,
        }

    def _plain_user_data(self) -> Any:
        import json

        try:
            return json.loads(json.dumps(self._user_data))
        except (TypeError, ValueError):
            warn("The data given to `refresh` has no form in JSON: it is ignored.")
            return {}

    def _send_state(self, final: bool) -> None:
        token = "final" if final else f"runtime-{self._components.layout_last_changed_on}"
        data = {"reload_token": token, "data": self._components.updates(), "created_on": time.time()}
        self._send(final, token=token, components=self._components.rendered(), data=data)

    def _send_rendered(self, mode: str, final: bool) -> None:
        components = [] if mode == "refresh" else self._components.rendered()
        result = self._renderer.render(self._attributes, self.kind, mode, components, self.state(mode, final))
        if result.problem is not None:
            # Where Metaflow says it.
            sys.stdout.write(f"Card render failed with error : \n\n{result.headline}:\n{result.problem}\n")
        if result.html is not None or result.data is not None or result.error is not None:
            self._send(final, html=result.html, data=result.data, error=result.error)

    def _send(self, final: bool, **what: Any) -> None:
        attributes = self._attributes
        first = not self._has_page and any(what.get(page) is not None for page in ("components", "html", "error"))
        self._has_page = self._has_page or first
        message = {
            "t": "card",
            "uuid": self._uuid,
            "type": self.type,
            "id": self.id,
            "options": attributes["options"] or {},
            "timeout": attributes["timeout"],
            "save_errors": bool(attributes["save_errors"]),
            "refresh_interval": attributes["refresh_interval"],
            "customize": self.customize,
            "editable": self.kind.is_editable,
            "updatable": self.kind.is_updatable,
            "rank": attributes["rank"],
            "final": final,
            "first": first,
            "layout": self._components.layout,
            "token": None,
            "components": None,
            "data": None,
            "error": None,
            "html": None,
            **what,
        }
        self._channel.send(message)


def _checked_id(name: str | None) -> str | None:
    if name is None:
        return None
    if isinstance(name, str) and name.isascii() and name.replace("_", "a").isalnum():
        return name
    warn(
        f"@card with id '{name}' doesn't match ^[a-zA-Z0-9_]+$: letters, digits and underscores are possible, and "
        "it is ignored."
    )
    return None
