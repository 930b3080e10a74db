"""What the commands are told: the flow, the options before the command, where results are."""

from __future__ import annotations

from . import terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..flowspec import FlowSpec


class State:
    """One use of the command line."""

    def __init__(self, flow: FlowSpec, program: str, values: dict[str, Any]) -> None:
        self.flow = flow
        self.program = program
        self.values = values
        # Options of flow decorators, by name, and configs, as (name, text) pairs; only what was given.
        self.flow_options: dict[str, Any] = {}
        self.config_files: list[tuple[str, str]] = []
        self.config_values: list[tuple[str, str]] = []
        # Whether they are on the command line, and not in variables.
        self.gives_configs = False

    @property
    def is_quiet(self) -> bool:
        return self.values["quiet"]

    @property
    def is_spin(self) -> bool:
        """Whether the command is about spun tasks, which have a store of their own."""
        return self.values["mode"] == "spin" or self.values["metadata"] == "spin" or self.values["datastore"] == "spin"

    def echo(self, text: str, err: bool = True, **style: Any) -> None:
        """A line for the user, which `--quiet` suppresses."""
        if not self.is_quiet:
            terminal.write(text, err=err, **style)

    def root(self) -> str:
        """The store that the command is about."""
        from .. import _roots

        if self.values["datastore_root"]:
            return self.values["datastore_root"]
        return _roots.spin_root() if self.is_spin else _roots.local_root()
