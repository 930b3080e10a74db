"""What is done when the run is over: `runtime_finished` of the steps' decorators, then the functions of `@exit_hook`.

In a process of its own, and whatever goes wrong here changes nothing about the run.
"""

from __future__ import annotations

import subprocess
import sys

from ..exception import MetaflowException
from .lifecycle import is_overridden
from .process import flush

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .loading import Loaded


def run(loaded: Loaded, spec: dict[str, Any]) -> dict[str, Any]:
    """Call everything; the answer is the `done` message of a process that has nothing to report."""
    ended = spec["ended"]
    _finish_decorators(loaded, None if ended["ok"] else MetaflowException(ended["error"]))
    pathspec = f"{loaded.flow.name}/{spec['run_id']}"
    for name in _functions(type(loaded.flow), ended["ok"]):
        _call(loaded.file, name, pathspec)
    return {"t": "done", "ok": True, "success": True, "exit": 0}


def _finish_decorators(loaded: Loaded, exception: MetaflowException | None) -> None:
    for function in loaded.flow:
        for decorator in function.decorators:
            try:
                if decorator.runtime_finished_ctx is not None:
                    decorator.runtime_finished_ctx(function.__name__, exception)
                elif is_overridden(decorator, "runtime_finished"):
                    decorator.runtime_finished(exception)
            except Exception as error:
                print(f"@{decorator.name}: runtime_finished of the step {function.__name__} failed: {error}")


def _functions(flow: type, is_ok: bool) -> list[str]:
    from ..decorators import flow_decorators

    hooks = [decorator for decorator in flow_decorators(flow) if decorator.name == "exit_hook"]
    return [name for hook in hooks for name in (hook.success_hooks if is_ok else hook.error_hooks)]


def _call(file: str, name: str, pathspec: str) -> None:
    command = [sys.executable, "-m", "metaflow.plugins.exit_hook.exit_hook_script", file, name, pathspec]
    flush()
    try:
        # What it writes on stderr is shown as it comes.
        said = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"[exit_hook] Hook '{name}' failed with error: {error}")
    else:
        print(said.decode(errors="replace").strip())
