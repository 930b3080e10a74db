"""Card types of extension packages: `CARDS` in `metaflow_extensions.<organisation>.plugins.cards`.

A regular package has the list itself; in a namespace package a module `mfextinit_*.py` has it, or each subpackage.
A module that cannot be imported leaves its types unknown, nothing more: the flow may not use them.
"""

from __future__ import annotations

import os
import sys

from .card import MetaflowCard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any

_ROOT = "metaflow_extensions"


def load() -> dict[str, Any]:
    """Type -> class."""
    found: dict[str, Any] = {}
    for module in _modules():
        cards = getattr(module, "CARDS", None)
        if not isinstance(cards, list):
            continue
        for card in cards:
            if isinstance(card, type) and issubclass(card, MetaflowCard) and card.type:
                found[card.type] = card
    return found


def _modules() -> Iterator[ModuleType]:
    root = _import(_ROOT)
    if root is None:
        return
    for organisation in _subpackages(root):
        package = _import(f"{_ROOT}.{organisation}.plugins.cards", f"{organisation}/plugins/cards", root)
        if package is None:
            continue
        if getattr(package, "__file__", None):
            yield package
            continue
        inits = [name for name in _names(package) if name.startswith("mfextinit_") and name.endswith(".py")]
        names = [name[:-3] for name in inits] or list(_subpackages(package, regular=True))
        for name in names:
            module = _import(f"{package.__name__}.{name}")
            if module is not None:
                yield module


def _names(package: ModuleType) -> list[str]:
    names: set[str] = set()
    for directory in package.__path__:
        try:
            names.update(os.listdir(directory))
        except OSError:
            # An entry of the path need not exist.
            continue
    return sorted(names)


def _subpackages(package: ModuleType, regular: bool = False) -> Iterator[str]:
    needed = "__init__.py" if regular else ""
    for name in _names(package):
        if name.isidentifier() and any(os.path.exists(os.path.join(d, name, needed)) for d in package.__path__):
            if any(os.path.isdir(os.path.join(directory, name)) for directory in package.__path__):
                yield name


def _import(name: str, below: str = "", root: ModuleType | None = None) -> ModuleType | None:
    if root is not None and not any(os.path.isdir(os.path.join(directory, below)) for directory in root.__path__):
        return None
    try:
        __import__(name)
    except Exception as error:
        # Said where somebody looks for it: other flows of the environment do not care.
        if os.environ.get("METAFLOW_DEBUG_EXT"):
            sys.stderr.write(f"The cards of {name} are not available: {type(error).__name__}: {error}\n")
        return None
    return sys.modules[name]
