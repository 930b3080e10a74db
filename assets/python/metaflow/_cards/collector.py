"""`current.card`: the cards of one step, and what is put on them while it runs."""

from __future__ import annotations

import os
import time

from .base import MetaflowCardComponent, UserComponent, log, new_id, render, warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from .._worker.wire import Channel

# Card types that take components of the user.
_EDITABLE = frozenset(("default", "blank"))
_TYPES = _EDITABLE | {"default_json", "error", "taskspec_card"}

# Metaflow starts a process at each refresh and so waits five seconds between two; a message may come much oftener.
_METAFLOW_INTERVAL = 5
_INTERVAL = 0.25


class WarningComponent(MetaflowCardComponent):
    """A warning, on the card itself."""

    def __init__(self, message: str) -> None:
        self._message = message

    def render(self) -> dict[str, Any]:
        return log("@card WARNING", self._message)


class StubComponent(UserComponent):
    """What an unknown id stands for: it takes updates and shows nothing of them."""

    def __init__(self, name: str) -> None:
        self._name = name

    def update(self, *args: Any, **kwargs: Any) -> None:
        warn(f"There is no component with the id '{self._name}': its update is ignored.")

    def render(self) -> dict[str, Any]:
        return log(f"There is no component with the id '{self._name}'")


class ComponentStore:
    """The components of one card, in order, by id."""

    def __init__(self, components: Iterable[Any] = ()) -> None:
        self._components: dict[str, MetaflowCardComponent] = {}
        # Counts what changes the shape of the card; an update of a component does not.
        self.layout = 0
        self.extend(components)

    def append(self, component: Any, id: str | None = None) -> None:
        if not isinstance(component, MetaflowCardComponent):
            warn(f"{component!r} is no card component; it is left out.")
            return
        if id is not None:
            component.component_id = id
        elif component.component_id is None:
            component.component_id = new_id(component)
        self._components[component.component_id] = component
        self.layout += 1

    def extend(self, components: Iterable[Any]) -> None:
        for component in components:
            self.append(component)

    def clear(self) -> None:
        self._components.clear()

    def keys(self) -> list[str]:
        return list(self._components)

    def values(self) -> Iterable[MetaflowCardComponent]:
        return self._components.values()

    def __getitem__(self, key: str) -> MetaflowCardComponent:
        if key not in self._components:
            self.append(StubComponent(key), key)
        return self._components[key]

    def __setitem__(self, key: str, component: Any) -> None:
        if key in self._components:
            from ..exception import MetaflowException

            raise MetaflowException(f"The card has a component with the id '{key}' already; update that one instead.")
        self.append(component, key)

    def __delitem__(self, key: str) -> None:
        if key not in self._components:
            raise KeyError(f"there is no component with the id '{key}'; these exist: {', '.join(self._components)}")
        del self._components[key]
        self.layout += 1

    def __contains__(self, key: object) -> bool:
        return key in self._components

    def __iter__(self) -> Iterator[MetaflowCardComponent]:
        return iter(self._components.values())

    def __len__(self) -> int:
        return len(self._components)


class CardManager:
    """One card: what `current.card["id"]` is."""

    def __init__(self, attributes: dict[str, Any], channel: Channel) -> None:
        self._channel = channel
        self._attributes = attributes
        self._uuid = os.urandom(16).hex()
        self._components = ComponentStore()
        self._last_refresh: float | None = None
        self.type: str = attributes["type"]
        self.id = _checked_id(attributes["id"])
        self.customize = bool(attributes["customize"])
        self.editable = self.type in _EDITABLE

    @property
    def components(self) -> ComponentStore:
        return self._components

    def replace(self, components: list[Any]) -> None:
        layout = self._components.layout
        self._components = ComponentStore(components)
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

    def refresh(self, data: Any = None, force: bool = False) -> None:
        """Show the present state; calls that follow too fast on one another are dropped."""
        interval = self._attributes["refresh_interval"]
        now = time.monotonic()
        wait = _INTERVAL if interval == _METAFLOW_INTERVAL else float(interval)
        if self._last_refresh is not None and now - self._last_refresh < wait:
            return
        self._last_refresh = now
        self.send(final=False)

    def send(self, final: bool) -> None:
        """Tell the engine what is on the card."""
        attributes = self._attributes
        error = None if self.type in _TYPES else f"there is no card type '{self.type}'"
        self._channel.send(
            {
                "t": "card",
                "uuid": self._uuid,
                "type": self.type,
                "id": self.id,
                "options": attributes["options"] or {},
                "timeout": attributes["timeout"],
                "save_errors": bool(attributes["save_errors"]),
                "refresh_interval": attributes["refresh_interval"],
                "customize": self.customize,
                "editable": self.editable,
                "rank": attributes["rank"],
                "final": final,
                "layout": self._components.layout,
                "components": [render(component) for component in self._components],
                "error": error,
                "html": None,
            }
        )

    def __iter__(self) -> Iterator[MetaflowCardComponent]:
        return iter(self._components)


def _checked_id(name: str | None) -> str | None:
    if name is None or (name.isascii() and name.replace("_", "a").isalnum()):
        return name
    warn(f"The id '{name}' of a @card may have letters, digits and underscores only; it is ignored.")
    return None


class CardCollector:
    """All cards of the step; `append` and its kin act on the one that needs no id."""

    def __init__(self, decorators: list[Any], channel: Channel) -> None:
        self._cards = [CardManager(decorator.attributes, channel) for decorator in decorators]
        self._warned: set[str] = set()
        self._by_id: dict[str, CardManager] = {}
        twice = set()
        for card in self._cards:
            if card.id in self._by_id:
                twice.add(card.id)
            if card.id is not None:
                self._by_id[card.id] = card
        for name in sorted(twice):
            warn(f"Several @card have the id '{name}', so that current.card['{name}'] means none of them.")
            del self._by_id[name]
        self._default = self._choose_default()

    def _choose_default(self) -> CardManager | None:
        editable = [card for card in self._cards if card.editable]
        customized = [card for card in editable if card.customize]
        without_id = [card for card in editable if card.id is None]
        if len(editable) > 1 and len(customized) > 1:
            warn("Several @card of the step have customize=True, which only one may have.")
        for candidates in (editable, customized, without_id):
            if len(candidates) == 1:
                return candidates[0]
        return None

    def _no_default(self, what: str) -> None:
        if what in self._warned:
            return
        self._warned.add(what)
        if len(self._cards) == 1:
            kind = self._cards[0].type
            reason = (
                f"cards of type '{kind}' take no components" if kind in _TYPES else f"there is no card type '{kind}'"
            )
        else:
            reason = "the step has several cards; give each @card an id and say current.card['id']"
        self._warn(f"current.card.{what} does nothing: {reason}.")

    def _warn(self, message: str) -> None:
        warn(message)
        for card in self._cards:
            card.append(WarningComponent(message))

    def append(self, component: Any, id: str | None = None) -> None:
        """Add a component to the card."""
        if self._default is None:
            self._no_default("append")
        else:
            self._default.append(component, id)

    def extend(self, components: Iterable[Any]) -> None:
        """Add several components to the card."""
        if self._default is None:
            self._no_default("extend")
        else:
            self._default.extend(components)

    @property
    def components(self) -> ComponentStore | None:
        """The components of the card, by id."""
        if self._default is None:
            self._no_default("components")
            return None
        return self._default.components

    def clear(self) -> None:
        """Remove all components of the card."""
        if self._default is not None:
            self._default.clear()

    def refresh(self, data: Any = None, force: bool = False) -> None:
        """Show the present state of the card."""
        if self._default is not None:
            self._default.refresh(data, force)

    def get(self, type: str | None = None) -> list[CardManager]:
        """The cards of a type."""
        return [card for card in self._cards if card.type == type]

    def __getitem__(self, name: str) -> Any:
        card = self._by_id.get(name)
        if card is not None:
            return card
        if f"[{name}]" not in self._warned:
            self._warned.add(f"[{name}]")
            self._warn(f"current.card['{name}'] does not exist: give that id to one of the step's @card.")
        return []

    def __setitem__(self, name: str, components: Any) -> None:
        card = self._by_id.get(name)
        if card is None:
            warn(f"current.card['{name}'] does not exist: give that id to one of the step's @card.")
        elif not isinstance(components, list):
            warn(f"current.card['{name}'] takes a list of components.")
        else:
            card.replace(components)

    def finish(self) -> None:
        """Send the last state of every card."""
        for card in self._cards:
            card.send(final=True)
