"""Card types of extension packages: `CARDS` in `metaflow_extensions.<organisation>.plugins.cards`.

A regular package has the list itself; in a namespace package a module `mfextinit_*.py` has it, or each subpackage.
A module that cannot be imported leaves its types unknown, nothing more: the flow may not use them.
"""

from __future__ import annotations

import sys

from .. import extension_support
from .card import MetaflowCard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any


def load() -> dict[str, Any]:
    """Type -> class."""
    found: dict[str, Any] = {}
    for module in packages():
        cards = getattr(module, "CARDS", None)
        if not isinstance(cards, list):
            continue
        for card in cards:
            if isinstance(card, type) and issubclass(card, MetaflowCard) and card.type:
                found[card.type] = card
    return found


def packages() -> Iterator[ModuleType]:
    """The modules in which extensions list their cards."""
    for name in extension_support.module_names("plugins.cards"):
        module = _import(name)
        if module is None:
            continue
        if getattr(module, "__file__", None):
            yield module
            continue
        from pkgutil import iter_modules

        for _, below, is_package in iter_modules(module.__path__, f"{name}."):
            package = _import(below) if is_package else None
            if package is not None:
                yield package


def _import(name: str) -> ModuleType | None:
    try:
        __import__(name)
    except Exception as error:
        # Said where somebody looks for it: other flows of the environment do not care.
        extension_support._ext_debug(f"the cards of {name} are not available: {type(error).__name__}: {error}")
        return None
    return sys.modules[name]
