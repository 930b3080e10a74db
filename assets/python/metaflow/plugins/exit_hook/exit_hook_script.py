"""Calls a function about a run that is over: `python -m metaflow.plugins.exit_hook.exit_hook_script FILE NAME RUN`."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def main(flow_file: str, name: str, run_pathspec: str) -> None:
    """Call the function; it gets the run, if it takes an argument `run`."""
    from inspect import Parameter, signature

    function = find(flow_file, name)
    parameters = signature(function).parameters.values()
    if not any(each.name == "run" or each.kind is Parameter.VAR_KEYWORD for each in parameters):
        function()
        return
    from metaflow import Run
    from metaflow.exception import MetaflowException

    try:
        run = Run(run_pathspec, _namespace_check=False)
    except MetaflowException as error:
        print(error)
        run = None
    function(run=run)


def find(flow_file: str, name: str) -> Callable:
    """The function of that import path, else the one that the flow's file defines."""
    from importlib import import_module, util

    module, _, attribute = name.rpartition(".")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError):
        pass
    import os

    # What stands beside the flow's file is imported by it, as in the run.
    sys.path.insert(0, os.path.dirname(os.path.abspath(flow_file)))
    stem = os.path.splitext(os.path.basename(flow_file))[0]
    try:
        spec = util.spec_from_file_location(stem, flow_file)
        loaded = util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
        return getattr(loaded, name)
    except (AttributeError, OSError) as error:
        print(f"[exit_hook] There is no function '{name}', neither to import nor in {flow_file}: {error}")
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:4])
