"""`python -m metaflow`: what does not belong to a flow. Setting up clouds and the like is Metaflow's own affair."""

from __future__ import annotations

import sys

from ._cli import carry_out
from ._cli.options import Command, Context, Group


def version(state: None) -> None:
    from . import __version__

    print(__version__)


def status(state: None) -> None:
    from . import __version__, _roots
    from .util import resolve_identity

    print(f"Metaflow {__version__}, of flowdev, for {resolve_identity()}")
    print(f"Runs are in {_roots.local_root()}")


_COMMANDS: dict[str, Command] = {
    "status": Command(status, "Show who is working, and where runs are."),
    "version": Command(version, "Print the version."),
}


def main(words: list[str]) -> int:
    group = Group("The commands of flows are with the flows: python flow.py --help.", _COMMANDS)
    return carry_out(lambda: group.run(Context(group, "python -m metaflow", "METAFLOW"), words, None))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
