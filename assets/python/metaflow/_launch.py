"""What happens when a flow file says `MyFlow()`: the worker takes note of it; outside a worker, flowdev takes over."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from .flowspec import FlowSpec

# Options of Metaflow's command line that have no value, and no meaning here.
_FLAGS = frozenset(("--quiet", "--not-quiet", "--pylint", "--no-pylint"))

# Flow objects constructed while the worker executes a flow file; None outside a worker.
found: list[FlowSpec] | None = None


def constructed(flow: FlowSpec) -> None:
    """Called at the end of `FlowSpec.__init__`; does not return."""
    if found is None:
        hand_over()
    found.append(flow)
    from .flowspec import FlowConstructed

    raise FlowConstructed(0)


def hand_over() -> NoReturn:
    """`python flow.py VERB ...` becomes `flowdev VERB flow.py ...`, in this process's place."""
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
    os.execv(binary, [binary, *arguments(sys.argv[0], sys.argv[1:])])


def arguments(file: str, given: list[str]) -> list[str]:
    """Metaflow's order of arguments (options, verb, options) in flowdev's (verb, file, options)."""
    # An option's value is no verb: `--with retry run`. Those without a value are known.
    position = 0
    while position < len(given) and given[position].startswith("-"):
        bare = given[position] in _FLAGS or "=" in given[position] or given[position] == "--help"
        position += 1 if bare else 2
    options = [option for option in given[:position] if option not in _FLAGS]
    if position >= len(given):
        # Without a verb Metaflow checks the flow.
        return ["check", file, *options]
    return [given[position], file, *options, *given[position + 1 :]]
