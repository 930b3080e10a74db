"""What happens when a flow file says `MyFlow()`: the worker takes note of it; outside a worker, flowdev takes over."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .flowspec import FlowSpec

# Flow objects constructed while the worker executes a flow file; None outside a worker.
found: list[FlowSpec] | None = None


def constructed(flow: FlowSpec) -> None:
    """Called at the end of `FlowSpec.__init__`; does not return."""
    if found is None:
        hand_over()
    found.append(flow)
    from .flowspec import FlowConstructed

    raise FlowConstructed(0)


def hand_over() -> Any:
    """`python flow.py ARGUMENTS` becomes `flowdev flow.py ARGUMENTS`, in this process's place."""
    import os
    import shutil
    import sys

    binary = os.environ.get("FLOWDEV_BIN") or shutil.which("flowdev")
    if binary is None:
        raise SystemExit(
            "flowdev, which runs this flow, was not found: put it on PATH, or name it in the variable FLOWDEV_BIN."
        )
    sys.stdout.flush()
    sys.stderr.flush()
    # The flow is to run in the Python that the user has started here.
    os.environ.setdefault("FLOWDEV_PYTHON", sys.executable)
    os.execv(binary, [binary, *sys.argv])
