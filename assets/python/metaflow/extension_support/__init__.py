"""Extension packages: modules below `metaflow_extensions.<organisation>`, found on the import path.

An extension adds decorators, cards, exceptions, configuration values and names of `metaflow` itself, and may put
modules of its own in the place of ours. Where there is none, that costs one look at the import path.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._discovery import MFExtModule

EXT_PKG = "metaflow_extensions"


class _State:
    """What is known of the extensions on the import path."""

    def __init__(self) -> None:
        # The import path at the last look.
        self.path: tuple[str, ...] | None = None
        # The directories named `metaflow_extensions` on it.
        self.places: list[str] = []
        self.found: Any = None
        # Extension point -> the names that its modules define; while they are imported, what there is so far.
        self.names: dict[str, dict[str, Any]] = {}
        # The modules in which extensions list their plugins.
        self.plugins: list[Any] | None = None
        # The serializers for artifacts that they bring, the first to be asked first.
        self.serializers: list[Any] | None = None
        # Serializer -> the package that has it.
        self.sources: dict[Any, str] = {}


_state = _State()


def present() -> bool:
    """Whether there is any extension on the import path as it is now."""
    path = tuple(sys.path)
    if path != _state.path:
        places = _places()
        if places != _state.places:
            _state.__init__()
            _state.places = places
        _state.path = path
    return bool(_state.places)


def _places() -> list[str]:
    # Not by `importlib.util`, whose import alone would cost more.
    for finder in sys.meta_path:
        find_spec = getattr(finder, "find_spec", None)
        spec = find_spec(EXT_PKG, None) if find_spec is not None else None
        if spec is not None:
            places = [place for place in spec.submodule_search_locations or () if os.path.isdir(place)]
            only = [place for place in os.environ.get("METAFLOW_EXTENSIONS_SEARCH_DIRS", "").split(os.pathsep) if place]
            return [place for place in places if not only or any(_is_below(place, one) for one in only)]
    return []


def _is_below(place: str, directory: str) -> bool:
    return os.path.realpath(place).startswith(os.path.realpath(directory) + os.sep)


def _found() -> Any:
    if _state.found is None:
        from . import _discovery

        _state.found = _discovery.look(_state.places)
    return _state.found


def get_modules(extension_point: str) -> list[MFExtModule]:
    """The modules that contribute to an extension point, in the order in which they count; they are imported."""
    if not present():
        return []
    from ._discovery import MFExtModule

    return [
        MFExtModule(package, organisation, load_module(name))
        for package, organisation, name in _found().modules.get(extension_point, ())
    ]


def module_names(extension_point: str) -> list[str]:
    """The names of those modules, none of which is imported."""
    if not present():
        return []
    return [name for _package, _organisation, name in _found().modules.get(extension_point, ())]


def load_module(module_name: str) -> Any:
    """Import a module of an extension."""
    __import__(module_name)
    return sys.modules[module_name]


def load_globals(module: Any, dst_globals: dict[str, Any], extra_indent: bool = False) -> None:
    """Add a module's names to others: all but those of Python's own and other modules."""
    for name, value in vars(module).items():
        if not name.startswith("__") and not isinstance(value, type(sys)):
            dst_globals[name] = value


def alias_submodules(
    module: Any, tl_package: str, extension_point: str | None, extra_indent: bool = False
) -> dict[str, Any]:
    """The modules of ours in whose place those of an extension stand: those it lists, and those it has imported."""
    ours = "metaflow" if extension_point is None else f"metaflow.{extension_point}"
    theirs = f"{EXT_PKG}.{tl_package}"
    if extension_point is not None:
        promoted = f"{theirs}.{extension_point}"
    else:
        promoted = theirs
    aliases: dict[str, Any] = {
        f"{ours}.{name}": f"{promoted}.{name}" for name in getattr(module, "__mf_promote_submodules__", ())
    }
    for name, value in vars(module).items():
        if isinstance(value, type(sys)) and (value.__package__ or "").startswith(theirs):
            aliases[f"{ours}.{name}"] = value.__name__
    return aliases


def lazy_load_aliases(aliases: dict[str, Any]) -> None:
    """From now on the imports of these modules give those of the extension."""
    from ._aliases import add

    add(aliases)


def multiload_globals(modules: list[MFExtModule], dst_globals: dict[str, Any]) -> None:
    for module in modules:
        load_globals(module.module, dst_globals)


def multiload_all(modules: list[MFExtModule], extension_point: str, dst_globals: dict[str, Any]) -> None:
    for module in modules:
        lazy_load_aliases(alias_submodules(module.module, module.tl_package, extension_point))
        load_globals(module.module, dst_globals)


def names_of(extension_point: str) -> dict[str, Any]:
    """What the extensions define for `config`, `exceptions` or `toplevel`."""
    if not present():
        return {}
    if extension_point not in _state.names:
        # Known at once: the modules import ours, which ask for these names again.
        _state.names[extension_point] = names = {}
        from . import _names

        getattr(_names, extension_point)(names)
    return _state.names[extension_point]


def serializers() -> list[Any]:
    """The classes that extensions bring for their kinds of artifacts; none, as a rule."""
    if not present():
        return []
    from .plugins import serializers

    return serializers()


def find_replacement(name: str) -> Any:
    """How to import a module of ours, where an extension has one for its place."""
    if not present():
        return None
    if name.startswith("metaflow.plugins."):
        from .plugins import loaded

        loaded()
    else:
        names_of("toplevel")
    from ._aliases import find

    return find(name)


def extension_info(packages: Any = None) -> dict[str, Any]:
    """The extensions as `_graph_info` records them."""
    return {"installed": _found().described() if present() else {}}


def package_files() -> list[tuple[str, str]]:
    """All files of the extension packages, each with its path below `metaflow_extensions`."""
    return [pair for package in _found().packages for pair in package.all_files()] if present() else []


def _ext_debug(*texts: object, **options: Any) -> None:
    if os.environ.get("METAFLOW_DEBUG_EXT"):
        options["file"] = sys.stderr
        print(f"{EXT_PKG}:", *texts, **options)
