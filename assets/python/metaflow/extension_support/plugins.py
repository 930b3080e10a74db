"""The classes that extensions add to, take from or put in the place of ours, by category."""

from __future__ import annotations

import os

from . import _state, alias_submodules, get_modules, lazy_load_aliases, load_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def loaded() -> list[Any]:
    """The modules in which extensions list their plugins. One that cannot be imported disables them all, aloud."""
    if _state.plugins is None:
        # Known at once: what the modules import may ask for plugins again.
        _state.plugins = []
        try:
            found = get_modules("plugins")
        except Exception as error:
            import traceback

            print(f"WARNING: the plugins of extension packages are left out, since they cannot be imported: {error}")
            traceback.print_exc()
            return _state.plugins
        for each in found:
            lazy_load_aliases(alias_submodules(each.module, each.tl_package, "plugins"))
        _state.plugins = [each.module for each in found]
    return _state.plugins


def serializers() -> list[Any]:
    """The serializers for artifacts that extensions bring, the first to be asked first."""
    if _state.serializers is None:
        _state.serializers = []
        found = []
        packages = {
            name: each.package_name
            for each in get_modules("plugins")
            for name, _ in getattr(each.module, "ARTIFACT_SERIALIZERS_DESC", ())
        }
        for name, path in resolve("artifact_serializer", {}).items():
            module, _, attribute = path.rpartition(".")
            try:
                kind = getattr(load_module(module), attribute)
                _set_up(kind)
            except Exception as error:
                import warnings

                warnings.warn(f"The serializer {path} is left out: {error}", RuntimeWarning, stacklevel=2)
                continue
            _state.sources[kind] = packages[name]
            found.append(kind)
        # Of equal ones the last to be listed comes first.
        found.reverse()
        _state.serializers = sorted(found, key=lambda kind: kind.PRIORITY)
    return _state.serializers


def source_of(serializer: Any) -> str:
    """The package that a serializer comes from."""
    return _state.sources[serializer]


def _set_up(kind: Any) -> None:
    # The argument may be left out by subclasses.
    if kind.setup_imports.__code__.co_argcount > 1:
        kind.setup_imports(None)
    else:
        kind.setup_imports()


def resolve(category: str, ours: dict[str, str]) -> dict[str, str]:
    """Name -> path of the class, for what is enabled: ours, and those of extensions, which count more."""
    available = dict(ours)
    enabled: list[str] | None = None
    toggled: list[str] = []
    upper = category.upper()
    for module in loaded():
        for name, path in getattr(module, f"{upper}S_DESC", ()):
            available[name] = _absolute(path, module.__package__)
        enabled = getattr(module, f"ENABLED_{upper}", enabled)
        toggled += getattr(module, f"TOGGLE_{upper}", ())
    configured = os.environ.get(f"METAFLOW_ENABLED_{upper}")
    if enabled is None and configured:
        import json

        enabled = json.loads(configured)
    names: dict[str, None] = {}
    for name in [*available, *toggled] if enabled is None else enabled:
        if name.startswith("-"):
            names.pop(name[1:], None)
        else:
            names[name.lstrip("+")] = None
    unknown = [name for name in names if name not in available]
    if unknown:
        raise ValueError(f"The extensions enable {', '.join(unknown)} as {category}, but none of them has it.")
    return {name: available[name] for name in names}


def _absolute(path: str, package: str) -> str:
    """A path that begins with points is counted from the package of the module that lists it."""
    depth = len(path) - len(path.lstrip("."))
    if depth == 0:
        return path
    parts = package.split(".")
    if depth > len(parts):
        raise ValueError(f"The path '{path}' leads out of {package}.")
    return ".".join((*parts[: len(parts) - depth + 1], path[depth:]))
