"""Which modules from outside the project were imported, and from where; their versions are for the engine to find."""

from __future__ import annotations

import os
import sys

# Modules that were looked at already; those of the interpreter and of this package are nobody's libraries.
_looked_at: set[str] = set(sys.modules)
# Directory -> names of the modules in it.
_found: dict[str, list[str]] = {}


def imported() -> dict[str, list[str]]:
    """Top-level modules by the directory that they were found in, the standard library left out.

    A template knows what its forkserver has looked at, so that only what the flow itself adds takes time.
    """
    standard = (os.path.dirname(os.__file__), os.path.dirname(__file__))
    for name in [name for name in sys.modules if "." not in name and name not in _looked_at]:
        _looked_at.add(name)
        file = getattr(sys.modules[name], "__file__", None)
        if not isinstance(file, str):
            continue
        directory, base = os.path.split(file)
        if base.startswith("__init__."):
            directory = os.path.dirname(directory)
        if directory not in standard and os.path.basename(directory) != "lib-dynload":
            _found.setdefault(directory, []).append(name)
    return _found
