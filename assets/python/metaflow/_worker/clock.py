"""Where the time of a task goes: one phase at a time, so that nothing is counted twice."""

from __future__ import annotations

from time import perf_counter

_phase = "step"
_since = 0.0
_spent: dict[str, float] = {}


def start() -> None:
    """At the start of a task."""
    global _since
    _spent.clear()
    _since = perf_counter()
    enter("step")


def enter(phase: str) -> str:
    """The time from now on is this phase's; answers the phase that was before, to be entered again."""
    global _phase, _since
    now = perf_counter()
    before = _phase
    _spent[before] = _spent.get(before, 0.0) + now - _since
    _phase, _since = phase, now
    return before


def milliseconds() -> dict[str, float]:
    """What has been spent so far, by phase."""
    enter(_phase)
    return {phase: 1000.0 * seconds for phase, seconds in _spent.items()}
