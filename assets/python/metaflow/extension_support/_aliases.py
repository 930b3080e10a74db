"""Imports of our modules that give those of an extension; ours stay at hand with `_orig` in the name.

`metaflow.plugins.frameworks._orig.pytorch` is our `metaflow.plugins.frameworks.pytorch`, when `frameworks` is replaced.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Name of ours -> name of theirs.
_aliases: dict[str, str] = {}


def add(aliases: dict[str, Any]) -> None:
    for name, target in aliases.items():
        _aliases[name] = target if isinstance(target, str) else target.__name__


def find(name: str) -> ModuleSpec | None:
    """How to import a module that is replaced, part of a package that is, or the original of one."""
    parts = name.split(".")
    for end in range(len(parts), 1, -1):
        head = ".".join(parts[:end])
        target = _aliases.get(head)
        if target is None:
            continue
        rest = parts[end:]
        if rest[:1] == ["_orig"]:
            return _original(name, parts[1:end] + rest[1:])
        return ModuleSpec(name, _AliasLoader(".".join((target, *rest))), origin=target)
    return None


class _AliasLoader:
    """Gives a module that has another name."""

    def __init__(self, target: str) -> None:
        self._target = target

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        __import__(self._target)
        module = sys.modules[self._target]
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # It was executed under its own name; the import system has given it the spec of the alias.
        module.__spec__ = self._spec


def _original(name: str, parts: list[str]) -> ModuleSpec | None:
    path = os.path.join(_PACKAGE, *parts)
    directory = os.path.isdir(path)
    file = os.path.join(path, "__init__.py") if directory else f"{path}.py"
    if not os.path.exists(file):
        return None
    spec = ModuleSpec(name, SourceFileLoader(name, file), origin=file, is_package=directory)
    spec.has_location = True
    if directory:
        spec.submodule_search_locations = [path]
    return spec
