"""A flow's file as a module of the caller's process, imported to learn what the flow takes."""

from __future__ import annotations

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location

from .. import _launch
from ..exception import MetaflowException
from ..flowspec import FlowConstructed, FlowSpec


def flow_class(path: str) -> type[FlowSpec]:
    """The flow that the file defines; what its module raises passes through."""
    if not os.path.exists(path):
        raise FileNotFoundError(f"There is no flow file {path}.")
    name = os.path.splitext(os.path.basename(path))[0]
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise MetaflowException(f"{path} is not a Python file.")
    module = module_from_spec(spec)
    directory = os.path.dirname(path)
    is_new = directory not in sys.path
    if is_new:
        sys.path.insert(0, directory)
    # What the module defines may look its module up while it is executed, as dataclasses do.
    hidden = sys.modules.get(name)
    if hidden is None:
        sys.modules[name] = module
    found, _launch.found = _launch.found, []
    try:
        spec.loader.exec_module(module)
    except FlowConstructed:
        # A file that says `MyFlow()` without asking whether it is the program; what comes after it never runs.
        pass
    finally:
        _launch.found = found
        if hidden is None:
            sys.modules.pop(name, None)
        if is_new and directory in sys.path:
            sys.path.remove(directory)
    return _choose(module, path)


def _choose(module: object, path: str) -> type[FlowSpec]:
    classes = {
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, FlowSpec) and value.__module__ == module.__name__
    }
    # Others are there to be derived from.
    last = [kind for kind in classes if not any(kind in other.__mro__[1:] for other in classes)]
    if len(last) != 1:
        what = "No FlowSpec class" if not last else "Multiple FlowSpec classes"
        raise MetaflowException(f"{what} found in {path}")
    return last[0]
