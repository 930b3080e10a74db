"""What the code of a step has looked at: artifacts of its inputs, parameters, keys of configs.

An artifact that passes through untouched is no read. What is noted here is reported with the end of the task; what it
is used for is the engine's business.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..user_configs.config_parameters import ConfigValue


class Reads:
    """Of one attempt. The dictionaries are ordered sets."""

    def __init__(self) -> None:
        # (index of the input, name)
        self.artifacts: dict[tuple[int, str], None] = {}
        # The same, of names that the input does not have.
        self.absent: dict[tuple[int, str], None] = {}
        # Collections of which only the item of this task was looked at: its position.
        self.items: dict[tuple[int, str], int] = {}
        # Names of artifacts that had values of the user's in place of those of the inputs.
        self.given: dict[str, None] = {}
        # What a join that merges all of its inputs has left in them; None if it does not.
        self.left: list[str] | None = None
        self.parameters: dict[str, None] = {}
        # Attribute and value of each config that was handed out; in a join, each input hands out its own.
        self.configs: list[tuple[str, Any]] = []
        # What decorators, mutators and the constants that the code has used have read of them: expressions and digests.
        self.beside: dict[str, str] = {}

    def report(self) -> dict[str, Any]:
        """The `reads` of docs/WORKER.md."""
        configs = dict(self.beside)
        if self.configs:
            from ..user_configs.config_reads import digests_of

            for name, value in self.configs:
                configs.update(digests_of(name, value))
        return {
            "artifacts": _by_name(self.artifacts),
            "absent": _by_name(self.absent),
            # A control task has no item of its own.
            "items": [
                [*key, position]
                for key, position in self.items.items()
                if key in self.artifacts and position is not None
            ],
            "given": list(self.given),
            "left": self.left,
            "parameters": list(self.parameters),
            "configs": configs,
        }

    def config(self, name: str, value: ConfigValue | Any) -> None:
        """The value of a config is handed out: from here on it notes which of its keys are read."""
        from ..user_configs.config_parameters import ConfigValue

        if isinstance(value, ConfigValue):
            value.__watch__()
        self.configs.append((name, value))


def _by_name(keys: dict[tuple[int, str], None]) -> dict[str, list[int]]:
    """A join may have read one name of ten thousand inputs."""
    inputs: dict[str, list[int]] = {}
    for index, name in keys:
        inputs.setdefault(name, []).append(index)
    return inputs
