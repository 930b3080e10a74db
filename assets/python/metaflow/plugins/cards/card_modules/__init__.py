"""The modules in which card types and components are looked for."""

from __future__ import annotations

from ...._cards.base import MetaflowCardComponent
from ...._cards.card import MetaflowCard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["MetaflowCard", "MetaflowCardComponent"]


def __getattr__(name: str) -> Any:
    if name == "MF_EXTERNAL_CARDS":
        from ...._cards.kinds import external_cards

        return list(external_cards().values())
    if name == "_get_external_card_packages":
        from ...._cards.extensions import packages

        return lambda: list(packages())
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
