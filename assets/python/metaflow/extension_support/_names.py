"""What the modules of extensions define, by extension point."""

from __future__ import annotations

import os

from . import alias_submodules, get_modules, lazy_load_aliases, load_globals, load_module, multiload_globals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def exceptions(names: dict[str, Any]) -> None:
    multiload_globals(get_modules("exceptions"), names)


def config(names: dict[str, Any]) -> None:
    """Values, and decorators for all steps where the user names none himself."""
    specs: list[str] = []
    for found in get_modules("config"):
        values: dict[str, Any] = {}
        load_globals(found.module, values)
        specs += values.pop("TOGGLE_DECOSPECS", ())
        for option in values.pop("DEBUG_OPTIONS", ()):
            name = f"DEBUG_{option.upper()}"
            names[name] = os.environ.get(f"METAFLOW_{name}", "").lower() not in ("", "0", "false")
        names.update(values)
    if specs and not names.get("DEFAULT_DECOSPECS") and not os.environ.get("METAFLOW_DEFAULT_DECOSPECS"):
        names["DEFAULT_DECOSPECS"] = " ".join(specs)


def toplevel(names: dict[str, Any]) -> None:
    """Names of `metaflow` itself. Replacements of our modules first: the names may come from them."""
    found = get_modules("toplevel")
    for variable in ("module_overrides", "toplevel"):
        for each in found:
            name = getattr(each.module, variable, None)
            if name is None:
                continue
            module = load_module(f"metaflow_extensions.{each.tl_package}.toplevel.{name}")
            if variable == "toplevel":
                load_globals(module, names)
            lazy_load_aliases(alias_submodules(module, each.tl_package, None))
