"""The flows that both engines run, one file a topic. Each has a tuple CASES."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Case:
    """One flow, and how it is run."""

    name: str
    flow: str  # the class
    text: str  # the file
    commands: tuple[tuple[str, ...], ...] = (("run",),)  # each makes a run; all are compared
    top: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    files: dict[str, str | bytes] = field(default_factory=dict)
    program: str = ""  # run beside the flow when the commands are done: what it prints is compared, too
