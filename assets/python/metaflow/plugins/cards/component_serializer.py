"""`current.card` and what it is made of, under the names of Metaflow's classes."""

from ..._cards.collector import CardCollector as CardComponentCollector
from ..._cards.kinds import kind_of
from ..._cards.manager import CardManager as CardComponentManager
from ..._cards.store import ComponentStore, StubComponent, WarningComponent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "CardComponentCollector",
    "CardComponentManager",
    "ComponentStore",
    "StubComponent",
    "WarningComponent",
    "get_card_class",
]


def get_card_class(card_type: str) -> "Any":
    """The class of a card type; None if there is none."""
    return kind_of(card_type).load()
