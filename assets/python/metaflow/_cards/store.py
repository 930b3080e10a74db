"""The components of one card, in order, by id."""

from __future__ import annotations

import time

from .base import MetaflowCardComponent, UserComponent, log, new_id, render, warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


class WarningComponent(MetaflowCardComponent):
    """A warning, on the card itself."""

    def __init__(self, message: str) -> None:
        self._message = message

    def render(self) -> dict[str, Any]:
        return log("@card WARNING", self._message)


class StubComponent(UserComponent):
    """What an unknown id stands for: it takes updates and shows nothing of them."""

    def __init__(self, component_id: str) -> None:
        self._name = component_id

    def update(self, *args: Any, **kwargs: Any) -> None:
        warn(f"There is no component with the id '{self._name}': its update is ignored.")

    def render(self) -> dict[str, Any]:
        return log(f"There is no component with the id '{self._name}'")


class ComponentStore:
    """A list of components that is a mapping by id as well."""

    def __init__(
        self, components: Iterable[Any] = (), card_type: str | None = None, card_id: str | None = None
    ) -> None:
        self._components: dict[str, MetaflowCardComponent] = {}
        self._card = (card_id, card_type)
        # Counts what changes the shape of the card; an update of a component does not, nor does `clear`.
        self.layout = 0
        self.layout_last_changed_on = time.time()
        self.extend(components)

    def _changed(self) -> None:
        self.layout += 1
        self.layout_last_changed_on = time.time()

    def append(self, component: Any, id: str | None = None) -> None:
        if not isinstance(component, MetaflowCardComponent):
            warn(f"Component ({component}) is not a valid MetaflowCardComponent: it is left out.")
            return
        if id is not None:
            component.component_id = id
        elif component.component_id is None:
            component.component_id = new_id(component)
        self._components[component.component_id] = component
        self._changed()

    def extend(self, components: Iterable[Any]) -> None:
        for component in components:
            self.append(component)

    def clear(self) -> None:
        self._components.clear()

    def keys(self) -> list[str]:
        return list(self._components)

    def values(self) -> Iterable[MetaflowCardComponent]:
        return self._components.values()

    def rendered(self) -> list[Any]:
        """The JSON of all; those of the package are put into one section, as the page has them."""
        parts = [part for part in map(_json_of, self) if part is not None]
        if parts and any(isinstance(component, UserComponent) for component in self):
            return [{"type": "section", "contents": parts}]
        return parts

    def updates(self) -> dict[str, Any]:
        """The JSON by id of those that may change while the task runs."""
        found = ((id, _json_of(part)) for id, part in self._components.items() if part.REALTIME_UPDATABLE)
        return {id: part for id, part in found if part is not None}

    def __getitem__(self, key: str) -> MetaflowCardComponent:
        if key not in self._components:
            self.append(StubComponent(key), key)
        return self._components[key]

    def __setitem__(self, key: str, component: Any) -> None:
        if key in self._components:
            from ..plugins.cards.exception import ComponentOverwriteNotSupportedException

            raise ComponentOverwriteNotSupportedException(key, *self._card)
        self.append(component, key)

    def __delitem__(self, key: str) -> None:
        if key not in self._components:
            raise KeyError(f"there is no component with the id '{key}'; these exist: {', '.join(self._components)}")
        del self._components[key]
        self._changed()

    def __contains__(self, key: object) -> bool:
        return key in self._components

    def __iter__(self) -> Iterator[MetaflowCardComponent]:
        return iter(self._components.values())

    def __len__(self) -> int:
        return len(self._components)

    def __str__(self) -> str:
        return f"Components of the card: {', '.join(self._components)}"


def _json_of(component: MetaflowCardComponent) -> Any:
    """A component of the package says on the card that it failed; one that fails in a class of the user is left out."""
    if isinstance(component, UserComponent):
        return render(component)
    import json

    try:
        rendered = component.render()
        # Types of its own are as foreign to the page as what JSON has no word for.
        return json.loads(json.dumps(rendered)) if type(rendered) in (str, dict) else None
    except Exception:
        return None
