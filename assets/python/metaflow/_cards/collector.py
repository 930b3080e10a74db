"""`current.card`: the cards of one step, and which of them takes components without being named."""

from __future__ import annotations

import os

from ..decorators import steps_of
from .base import warn
from .kinds import kind_of
from .manager import CardManager
from .store import WarningComponent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .._worker.wire import Channel
    from .render import Renderer
    from .store import ComponentStore


def load_kinds(flow: type) -> None:
    """Load the types of cards that a flow uses: once, for all of its tasks."""
    for function in steps_of(flow):
        for decorator in function.decorators:
            if decorator.name == "card":
                kind_of(decorator.attributes["type"])


class CardCollector:
    """All cards of the step; `append` and its kin act on the one that needs no id."""

    def __init__(self, decorators: list[Any], channel: Channel, renderer: Renderer) -> None:
        self._cards = [
            CardManager(decorator.attributes, kind_of(decorator.attributes["type"]), channel, renderer)
            for decorator in decorators
        ]
        self._warned: set[str] = set()
        self._by_id: dict[str, CardManager] = {}
        self._default: CardManager | None = None
        editable = [card for card in self._cards if card.kind.is_editable]
        if editable:
            self._by_id = {card.id: card for card in self._cards if card.id is not None}
            self._default = self._choose_default(editable)

    def _choose_default(self, editable: list[CardManager]) -> CardManager | None:
        if len(editable) == 1:
            return editable[0]
        names = [card.id for card in editable if card.id is not None]
        twice = sorted({name for name in names if names.count(name) > 1})
        for name in twice:
            warn(f"Several @card have the id '{name}', so that current.card['{name}'] means none of them.")
            del self._by_id[name]
        customized = [card for card in editable if card.customize]
        without_id = [card for card in editable if card.id is None]
        if len(customized) > 1:
            warn("Several @card of the step have customize=True, which only one may have: it is ignored.")
        for candidates in (customized, without_id):
            if len(candidates) == 1:
                return candidates[0]
        return None

    def _no_default(self, what: str) -> None:
        if what in self._warned:
            return
        self._warned.add(what)
        if len(self._cards) == 1:
            card = self._cards[0]
            reason = (
                f"Card of type `{card.type}` is not an editable card"
                if card.kind.is_known
                else f"Card of type `{card.type}` doesn't exist"
            )
        else:
            reason = "the step has several cards; give each @card an id and say current.card['id']"
        self._warn(f"`current.card.{what}` does nothing: {reason}.")

    def _warn(self, message: str) -> None:
        warn(message)
        if os.environ.get("METAFLOW_CARD_NO_WARNING", "").lower() in ("", "0", "false", "no"):
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
            self._warn(
                f"`current.card['{name}']` is not present: give that id to one of the step's @card. It is an empty "
                "list now."
            )
        return []

    def __setitem__(self, name: str, components: Any) -> None:
        card = self._by_id.get(name)
        if card is None:
            warn(f"`current.card['{name}']` is not present: give that id to one of the step's @card.")
        elif not isinstance(components, list):
            warn(f"`current.card['{name}']` is not set: it takes a list of components.")
        else:
            card.replace(components)

    @property
    def needs_rendering(self) -> bool:
        """Whether some card is rendered by its own class, once the task is stored."""
        return any(not card.kind.in_engine for card in self._cards)

    def finish(self) -> None:
        """Send the last state of the cards that the engine makes."""
        for card in self._cards:
            card.finish()

    def render(self) -> None:
        """Render the cards whose types do so themselves."""
        for card in self._cards:
            card.render()
