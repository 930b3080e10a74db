"""What happens when a flow file says `MyFlow()`: the worker notes it; elsewhere the command line is carried out."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .flowspec import FlowSpec

# Flow objects constructed while the worker executes a flow file; None outside a worker.
found: list[FlowSpec] | None = None


def constructed(flow: FlowSpec) -> None:
    """Called at the end of `FlowSpec.__init__`; does not return."""
    if found is None:
        from ._cli import main

        main(flow)
    found.append(flow)
    from .flowspec import FlowConstructed

    raise FlowConstructed(0)
