"""The base classes of card types and components."""

from ...._cards.base import MetaflowCardComponent, with_default_component_id
from ...._cards.base import new_id as create_component_id
from ...._cards.card import MetaflowCard

__all__ = ["MetaflowCard", "MetaflowCardComponent", "create_component_id", "with_default_component_id"]
